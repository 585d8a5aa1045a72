# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2015,SC2034,SC2154,SC2317
# fan_host.sh - hosts: how they are reached, what is sent to them, which one a part is given to, when one is dropped. Part of rec-fan.

# reach HOST SECONDS COMMAND: COMMAND for sh, in the home folder there; its stdin is empty
reach() {
	# shellcheck disable=SC2086
	timeout -k 5 "$2" $SSH "$1" "sh -c$(quote "$3")" </dev/null
}

# on HOST SECONDS COMMAND: in the folder of the run; 255 where that is gone
on() {
	if [ -n "$LOCAL" ]; then
		timeout -k 5 "$2" sh -c "$3" </dev/null
	else
		reach "$1" "$2" "cd $R || exit 255; $3"
	fi
}

drop() {	# drop HOST WHY
	mkdir "$RUN/once/$1.drop" 2>/dev/null || return
	tick
	# said before it is known: who finds no host left ends the run
	log host - - "$1" "$now" 0 "dropped: $2"
	printf 'rec-fan: %s: dropped: %s\n' "$1" "$2" >&2
	note "$RUN/bad/$1" "$2"
}

# once NAME COMMAND...: run it unless it has succeeded in this run; who comes meanwhile waits for it
once() {
	mark=$RUN/once/$1
	shift
	while [ ! -e "$mark" ]; do
		if mkdir "$mark.lock" 2>/dev/null; then
			"$@" && : >"$mark"
			rc=$?
			rmdir "$mark.lock"
			return $rc
		fi
		[ -d "$RUN/once" ] || return 1
		sleep 0.05
	done
}

# send HOST FILE TO: rsync writes under another name first
send() {
	tick
	sent=$now by=
	[ ! -e "$RUN/suspect/$1" ] || by=--checksum	# what is there is compared, not its size and time alone
	# shellcheck disable=SC2086
	rsync -qLt $by --whole-file --timeout="$PATIENCE" -e "$SSH" "$2" "$1:$R/$3" </dev/null >"$job.err" 2>&1 || return 1
	measure "$2"
	log ship "$3" - "$1" "$sent" "$size" ok
}

# The folder on a new host, the commands for its kind of machine, and whether they run there.
settle() {
	reach "$1" "$PATIENCE" "mkdir -p $R/in $R/bin $R/out && uname -m" >"$job.out" 2>"$job.err" || return 1
	bin=$BIN/$(cat "$job.out")
	[ -d "$bin" ] || bin=$BIN
	send "$1" "$bin/rec-$CMD" "bin/rec-$CMD" || return 1
	on "$1" "$PATIENCE" "bin/rec-$CMD --version && command -v timeout" >/dev/null 2>"$job.err"
}

# prepare HOST FILE...: what a part needs there
prepare() {
	[ -n "$LOCAL" ] && return 0
	to=$1
	shift
	once "$to" settle "$to" || return 1
	for need; do
		once "$to.$(echo "$need" | tr / .)" send "$to" "$W/$need" "$need" || return 1
	done
}

# Sets host and slot. A part goes where its shard is, if that slot is free; away from where it failed, if there is another host. 1: no host is left.
take_slot() {
	home=
	[ ! -e "$RUN/home/$part" ] || read -r home <"$RUN/home/$part"
	while [ -d "$RUN/slot" ]; do
		hosts=0 others=0
		for s in ${home:+"$RUN/slot/$home"} "$RUN"/slot/*; do
			h=${s##*/}
			h=${h%.*}
			[ -e "$RUN/bad/$h" ] && continue
			hosts=1
			[ "$h" = "$avoid" ] && continue
			others=1
			if mkdir "$s/busy" 2>/dev/null; then
				host=$h slot=${s##*/}
				return 0
			fi
		done
		[ "$hosts" = 1 ] || return 1
		[ "$others" = 1 ] || avoid=
		sleep 0.05
	done
	return 1
}
