#!/bin/sh
# SPDX-License-Identifier: MIT
# host.sh DIR - the far end of ssh in tests: runs SSH_ORIGINAL_COMMAND, with
# the faults that were ordered.
#
# sshd calls it as ForceCommand (net.sh), ssh.sh calls it on this machine. A
# fault is a file in DIR/faults, named after it, that holds one line `TIMES
# ARGUMENT PATTERN`: how often it happens (- or nothing: always), its argument
# (- for the default), and what the command must contain (nothing: any command;
# flip and cut then leave rsync alone). What happened leaves
# DIR/faults/NAME.TIMES behind.
#
#   hang [60]   accepts the connection, answers nothing for so many seconds,
#               and loses it
#   slow [1]    waits so many seconds first
#   die [0.2]   kills everything that the command started after so many
#               seconds; the connection is lost
#   crash [0.2] the same, and from then on the host refuses every connection
#   (only known to ssh.sh)
#   fail [1]    doesn't run the command, and exits with this status
#   full [8]    no file can grow beyond so many KB: writes fail as on a full
#               disk
#   flip        turns a bit in the middle of each file that the command writes
#               below HOME, and of its output if that is 200 bytes or more
#   cut         cuts the second half off those files and that output
set -u
dir=$1
faults=$dir/faults
command=${SSH_ORIGINAL_COMMAND:-sh}
arg=''

armed() {	# armed FAULT DEFAULT: is it ordered for this command? Its argument is left in arg
	[ -f "$faults/$1" ] || return 1
	times='' arg='' pattern=''
	read -r times arg pattern <"$faults/$1" || :
	case $arg in '' | -) arg=$2 ;; esac
	case $pattern:$1:$command in
	:flip:rsync* | :cut:rsync*) return 1 ;;
	esac
	case $command in
	*"$pattern"*) ;;
	*) return 1 ;;
	esac
	case $times in '' | -) return 0 ;; esac
	while [ "$times" -gt 0 ]; do	# making a folder is one step: two commands at once can't take the same one
		mkdir "$faults/$1.$times" 2>/dev/null && return 0
		times=$((times - 1))
	done
	return 1
}

flip() {	# flip FILE: one bit of its middle byte
	at=$(($(wc -c <"$1") / 2))
	byte=$(od -An -tu1 -j "$at" -N 1 "$1" | tr -d ' ')
	# shellcheck disable=SC2059
	printf "\\$(printf %03o $((byte ^ 4)))" | dd of="$1" bs=1 seek="$at" conv=notrunc 2>/dev/null
}

cut_short() {	# cut_short FILE: its first half
	half=$(($(wc -c <"$1") / 2))
	dd if=/dev/null of="$1" bs=1 seek="$half" 2>/dev/null
}

damage() {	# damage flip|cut_short: run the command, then spoil what it wrote
	mkdir -p "$dir/spoil"
	out=$(mktemp "$dir/spoil/XXXXXX") || exit 255
	sleep 0.05	# file times tick slowly
	case $command in
	rsync*) sh -c "$command" ;;	# a dialogue: what it writes to files is spoilt
	*) sh -c "$command" >"$out.out" ;;
	esac
	status=$?
	find "$HOME" -type f -cnewer "$out" -size +1c ! -path "$dir/spoil/*" ! -path "$faults/*" | while IFS= read -r f; do "$1" "$f"; done
	if [ -f "$out.out" ]; then
		[ "$(wc -c <"$out.out")" -lt 200 ] || "$1" "$out.out"
		cat "$out.out"
	fi
	rm -f "$out" "$out.out"
	exit "$status"
}

full() {	# full KB: the command can't write more than that into one file; pipes of its own keep the files of the caller out of it
	mkdir -p "$dir/spoil"
	out=$(mktemp "$dir/spoil/XXXXXX") || exit 255
	{
		{
			# A write beyond the limit is an error, as on a full
			# disk, instead of a signal.
			(trap '' XFSZ && ulimit -f $(($1 * 2)) && exec sh -c "$command") 2>&1 >&4 4>&-
			echo $? >"$out"
		} | cat >&2
	} 4>&1 | cat
	read -r status <"$out"
	rm -f "$out"
	exit "$status"
}

die() {	# die SECONDS: the command runs so long in a session of its own
	exec 3<&0
	setsid sh -c "$command" <&3 3<&- &
	pid=$!
	sleep "$1"
	kill -s KILL -- "-$pid" # dash does not know kill -9 --
	exit 255
}

if armed slow 1; then sleep "$arg"; fi
if armed hang 60; then
	sleep "$arg"
	exit 255
fi
if armed fail 1; then
	echo "rec-test: made to fail" >&2
	exit "$arg"
fi
if armed full 8; then full "$arg"; fi
if armed crash 0.2; then
	echo - >"$faults/refuse"
	die "$arg"
fi
if armed die 0.2; then die "$arg"; fi
if armed flip ''; then damage flip; fi
if armed cut ''; then damage cut_short; fi
exec sh -c "$command"
