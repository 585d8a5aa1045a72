# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154
# stages.sh - stages of load.sh that measure rec-serve alone.

# A hundred lists take long: of many users the last would wait for minutes.
stage_users() {
	local users few="1 16 64"
	[ "$model $items" != "als 64 $real" ] || few="1 4 16 64 256"
	[ "$kind" != batch ] || few="1 4 16"
	for users in ${USERS:-$few}; do
		ask -c "$users"
		result users rec-serve "$users"
	done
}

stage_rate() {
	local best share
	best=$(most)
	if [ "$(reckon "$best * $EACH")" -lt 50 ]; then
		say "$model $items $kind: $best answers a second are too few to measure at a rate"
		return
	fi
	for share in ${RATES:-0.25 0.5 0.75 0.9 1 1.1}; do
		ask -c 256 -r "$(reckon "$best * $share")"
		result rate rec-serve "$share"
	done
}

# median FILE: of its numbers
median() { sort -g "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

# started NAME COMMAND...: figures of stage start
started() {
	local name=$1 key i
	shift
	: >connected.ms
	: >answered.ms
	for ((i = 0; i < TIMES; i++)); do
		taskset -c "${start_cpus:-$SERVER}" "$TESTS/start" "127.0.0.1:$PORT" "$target" "$@" >told 2>start.log ||
			die "start: $(cat start.log)"
		for key in connected answered; do value "$key" told >>"$key.ms"; done
	done
	for key in connected answered; do figure start "$name" "$key" "$(median "$key.ms")"; done
}

# Files are in memory: a disk is not what is measured.
stage_start() {
	local ask target
	kind=start
	read -r _ target <topn.ask
	cat "$file" train.rec >/dev/null
	figure start size MB "$(reckon "$(stat -L -c %s "$file") / 1e6" 1)"
	ask=(rec-serve -q -j 1 -m "$file" --interactions train.rec --listen "127.0.0.1:$PORT")
	started checked "${ask[@]}"
	started --trust "${ask[@]}" --trust
}

# mapping PID: MB of memory that the process has of $file, and its share (PSS)
mapping() {
	awk -v name="/$(basename "$(readlink -f "$file")")" '
		/^[0-9a-f]+-[0-9a-f]+ / { on = substr($0, length($0) - length(name) + 1) == name }
		on && /^Rss:/ { rss += $2 }
		on && /^Pss:/ { pss += $2 }
		END { printf "%.2f %.2f\n", rss / 1000, pss / 1000 }' "/proc/$1/smaps"
}

stage_memory() {
	local asking first rss pss p n=0
	kind=topn
	serve "$SERVER" 1
	figure memory own "MB, before the first request" "$(MB RssAnon "/proc/$server/status")"
	ask -c 256 &
	asking=$!
	sleep "$(reckon "0.5 + $EACH / 2" 1)"
	figure memory own "MB, 256 connections asking" "$(MB RssAnon "/proc/$server/status")"
	figure memory open "descriptors, 256 connections asking" "$(descriptors)"
	wait "$asking"
	figure memory own "MB, after them" "$(MB RssAnon "/proc/$server/status")"
	# Another process on the same files; both have answered, so both have seen the
	# whole model.
	first=$server
	read -r rss pss < <(mapping "$first")
	figure memory "one process" "MB of the model in memory" "$rss"
	figure memory "one process" "MB of it, shared ones by halves" "$pss"
	PORT=$((PORT + 1))
	serve "$SERVER" 1
	ask -c 16
	PORT=$((PORT - 1))
	for p in "$first" "$server"; do
		n=$((n + 1))
		read -r rss pss < <(mapping "$p")
		figure memory "two processes" "MB of the model in memory of process $n" "$rss"
		figure memory "two processes" "MB of it, shared ones by halves, process $n" "$pss"
	done
}

descriptors() { find "/proc/$server/fd" -mindepth 1 | wc -l; }

# swaps: how many new models have answered
swaps() {
	local line
	exec 3<>"/dev/tcp/127.0.0.1/$PORT"
	printf 'GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' >&3
	while read -r line; do
		case $line in "rec_swaps_total "*) echo "${line#* }" | tr -d '\r' ;; esac
	done <&3
	exec 3>&-
}

# Ten parts; a new file and SIGHUP begin each but the first. Memory and
# descriptors are read at the end of parts: begin is the third, when new models
# have come twice.
stage_soak() {
	local rate asking part at began left own descriptors n
	kind=topn
	serve "$SERVER" 1
	rate=$(reckon "0.8 * $(most)")
	stop
	cp "$file" soak.rec
	file=soak.rec serve "$SERVER" 1
	taskset -c "$CLIENT" "$TESTS/client" -c 64 -w 1 -d "$SOAK" -r "$rate" "127.0.0.1:$PORT" topn.ask \
		>soak.told 2>client.log &
	asking=$!
	running="$running $asking"
	began=$(date +%s)
	for part in 1 2 3 4 5 6 7 8 9 10; do
		if [ "$part" -gt 1 ]; then
			cp "$file" soak.new
			mv soak.new soak.rec
			kill -HUP "$server"
		fi
		left=$(reckon "$began + $SOAK * $part / 10 - $(date +%s) - 0.5" 1)
		[ "${left#-}" != "$left" ] || sleep "$left"
		case $part in 3) at=begin ;; 5) at=middle ;; 10) at=end ;; *) continue ;; esac
		own[part]=$(MB RssAnon "/proc/$server/status")
		descriptors[part]=$(descriptors)
		figure soak own "MB, $at" "${own[part]}"
		figure soak open "descriptors, $at" "${descriptors[part]}"
	done
	wait "$asking" || true
	[ -s soak.told ] || die "soak: client: $(cat client.log)"
	{ cat soak.told; printf 'cpu\t%s\n' "$(reckon "$(ticks) / $SOAK" 2)"; } >told
	result soak rec-serve 0.8
	figure soak whole "seconds" "$SOAK"
	figure soak whole "new models" "$(swaps)"
	n=$(($(value answers.bad told) + $(value unanswered told)))
	figure soak whole "errors" "$n"
	[ "$n" -eq 0 ] || failed="$failed soak: $n errors;"
	! awk "BEGIN { exit !(${own[10]} > 1.05 * ${own[3]}) }" || failed="$failed soak: memory grew from ${own[3]} to ${own[10]} MB;"
	! awk "BEGIN { exit !(${descriptors[10]} > 1.05 * ${descriptors[3]}) }" || failed="$failed soak: descriptors;"
	rm -f soak.rec
}
