# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2015,SC2034,SC2154,SC2317
# fan/host.sh - hosts: how to reach them, what to send, which host gets a part,
# and when a host is dropped. Belongs to rec-fan.
#
# A host runs only the fixed lines below. They hold only $R, which is digits and
# a dot, and names of commands. rec-job reads the description of a part from its
# stdin. An answer of a host is compared, or shown through line_of.

# by_ssh SECONDS WORD...: run ssh with these words and this time limit (0: this
# process becomes ssh). $REC_SSH is split at blanks, as rsync does.
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

# said FILE: the last line of a failed command
said() { line_of "$(tail -n 1 "$1" | cut -c1-300)" | tr "$TAB" ' '; }

drop() {	# drop HOST WHY
	mkdir "$RUN/host/$1/drop" 2>/dev/null || return
	tick
	# the message comes first, because a job that finds no host ends the run
	log host - - "$1" "$now" 0 "dropped: $2"
	printf 'rec-fan: %s: dropped: %s\n' "$1" "$2" >&2
	note "$RUN/host/$1/bad" "$2"
}

# once HOST NAME COMMAND...: run it unless it has succeeded in this run; other
# jobs wait for it
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

# send HOST TO FILE...: by rsync, which first writes under another name
send() {
	tick
	sent=$now by='' where=$1 target=$2
	shift 2
	[ ! -e "$RUN/host/$where/suspect" ] || by=--checksum	# compare contents, not only size and time
	rsync -qLt $by --whole-file --timeout="$PATIENCE" -e "${REC_SSH:-ssh} $SSH_OPTIONS" -- "$@" "$where:$R/$target" </dev/null >"$job.err" 2>&1 || return 1
	bytes=0
	for sent_file; do
		measure "$sent_file"
		bytes=$((bytes + size))
	done
	case $target in */) target=${target}rec-$CMD ;; esac
	log ship "$target" - "$where" "$sent" "$bytes" ok
}

# On a new host: make the folder, send the commands for its kind of machine, and
# check that they run.
settle() {
	by_ssh "$PATIENCE" "$1" "exec sh -c 'mkdir -p $R/in $R/bin $R/out && uname -m'" </dev/null >"$job.out" 2>"$job.err" || return 1
	machine=$(tail -n 1 "$job.out") bin=$BIN
	case $machine in '' | *[!A-Za-z0-9_-]*) ;; *) [ ! -d "$BIN/$machine" ] || bin=$BIN/$machine ;; esac
	send "$1" bin/ "$bin/rec-job" "$bin/rec-$CMD" || return 1
	by_ssh "$PATIENCE" "$1" "exec sh -c '$R/bin/rec-job --version && $R/bin/rec-$CMD --version'" </dev/null >/dev/null 2>"$job.err"
}

# prepare HOST FILE...: send the files of a part
prepare() {
	[ -z "$LOCAL" ] || return 0
	to=$1
	shift
	once "$to" settle settle "$to" || return 1
	for need; do
		once "$to" "${need##*/}" send "$to" "$need" "$need" || return 1
	done
}

# Sets host and slot (HOST/slot.K). A part goes to the host that has its shard,
# if that slot is free, and not to the host where it failed, if there is
# another. Returns 1 if no host is left.
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
