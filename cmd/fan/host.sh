# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2015,SC2034,SC2154,SC2317
# fan/host.sh - hosts: how they are reached, what is sent to them, which one a
# part is given to, when one is dropped. Part of rec-fan.
#
# What a host is asked to run is one of the fixed lines below. They hold nothing
# but $R, of digits and a dot, and names of commands; a part is described by the
# job that rec-job reads from its stdin. What a host answers is compared, or
# shown through line_of.

# by_ssh SECONDS WORD...: ssh with these words, its time limited (0: this
# process becomes it). $REC_SSH is split at blanks, as rsync does it.
by_ssh() {
	seconds=$1
	shift
	set -f
	# shellcheck disable=SC2086
	set -- ${REC_SSH:-ssh} $SSH_OPTIONS "$@"
	set +f
	[ "$seconds" != 0 ] || exec "$@"
	timeout -k 5 "$seconds" "$@"
}

answers() { by_ssh "$PATIENCE" "$1" : </dev/null >/dev/null 2>&1; }

# said FILE: the last line that a failed command wrote
said() { line_of "$(tail -n 1 "$1" | cut -c1-300)" | tr "$TAB" ' '; }

drop() {	# drop HOST WHY
	mkdir "$RUN/host/$1/drop" 2>/dev/null || return
	tick
	# said before it is known: who finds no host left ends the run
	log host - - "$1" "$now" 0 "dropped: $2"
	printf 'rec-fan: %s: dropped: %s\n' "$1" "$2" >&2
	note "$RUN/host/$1/bad" "$2"
}

# once HOST NAME COMMAND...: run it unless it has succeeded in this run; who
# comes meanwhile waits for it
once() {
	mark=$RUN/host/$1/once.$2
	shift 2
	while [ ! -e "$mark" ]; do
		if mkdir "$mark.lock" 2>/dev/null; then
			"$@" && : >"$mark"
			rc=$?
			rmdir "$mark.lock"
			return $rc
		fi
		[ -d "$RUN" ] || return 1
		sleep 0.05
	done
}

# send HOST TO FILE...: rsync writes under another name first
send() {
	tick
	sent=$now by='' where=$1 target=$2
	shift 2
	[ ! -e "$RUN/host/$where/suspect" ] || by=--checksum	# what is there is compared, not its size and time alone
	rsync -qLt $by --whole-file --timeout="$PATIENCE" -e "${REC_SSH:-ssh} $SSH_OPTIONS" -- "$@" "$where:$R/$target" </dev/null >"$job.err" 2>&1 || return 1
	bytes=0
	for sent_file; do
		measure "$sent_file"
		bytes=$((bytes + size))
	done
	case $target in */) target=${target}rec-$CMD ;; esac
	log ship "$target" - "$where" "$sent" "$bytes" ok
}

# The folder on a new host, the commands for its kind of machine, and whether
# they run there.
settle() {
	by_ssh "$PATIENCE" "$1" "exec sh -c 'mkdir -p $R/in $R/bin $R/out && uname -m'" </dev/null >"$job.out" 2>"$job.err" || return 1
	machine=$(tail -n 1 "$job.out") bin=$BIN
	case $machine in '' | *[!A-Za-z0-9_-]*) ;; *) [ ! -d "$BIN/$machine" ] || bin=$BIN/$machine ;; esac
	send "$1" bin/ "$bin/rec-job" "$bin/rec-$CMD" || return 1
	by_ssh "$PATIENCE" "$1" "exec sh -c '$R/bin/rec-job --version && $R/bin/rec-$CMD --version'" </dev/null >/dev/null 2>"$job.err"
}

# prepare HOST FILE...: what a part needs there
prepare() {
	[ -z "$LOCAL" ] || return 0
	to=$1
	shift
	once "$to" settle settle "$to" || return 1
	for need; do
		once "$to" "${need##*/}" send "$to" "$need" "$need" || return 1
	done
}

# Sets host and slot (HOST/slot.K). A part goes where its shard is, if that slot
# is free; away from where it failed, if there is another host. 1: no host is
# left.
take_slot() {
	home=
	[ ! -e "$RUN/home/$part" ] || read -r home <"$RUN/home/$part"
	while [ -d "$RUN" ]; do
		left=0 others=0
		for s in ${home:+"$RUN/host/$home"} "$RUN"/host/*/slot.*; do
			h=${s%/*}
			h=${h##*/}
			[ ! -e "$RUN/host/$h/bad" ] || continue
			left=1
			[ "$h" != "$avoid" ] || continue
			others=1
			if mkdir "$s/busy" 2>/dev/null; then
				host=$h slot=$h/${s##*/}
				return 0
			fi
		done
		[ "$left" = 1 ] || return 1
		[ "$others" = 1 ] || avoid=
		sleep 0.05
	done
	return 1
}
