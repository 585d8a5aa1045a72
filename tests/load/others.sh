# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2153,SC2154
# others.sh - stages of load.sh with programs that are not of recpipe: another
# server, other clients, a profiler. Where one is missing, its stage says so.

skip() { say "stage $1 is left out: $2; sh tests/setup.sh load"; }

# ---- implicit behind FastAPI and uvicorn

# peer_command CPUS WORKERS: at $PORT. Two variables of machines where older OpenBLAS goes
# wrong would slow it; with a process a CPU, threads of BLAS would only wait.
peer_command() {
	peer=(env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
		PEER_MODEL="$file" PEER_TRAIN=train.rec PEER_THREADS="$threads" PYTHONPATH="$TOP/examples/python"
		PYTHONDONTWRITEBYTECODE=1 taskset -c "$1" "$python" -m uvicorn peer:app --app-dir "$HERE"
		--host 127.0.0.1 --port "$PORT" --workers "$2" --loop uvloop --http httptools
		--no-access-log --log-level warning)
}

serve_peer() {
	local i target
	peer_command "$1" "$2"
	"${peer[@]}" 2>peer.log &
	server=$!
	running="$running $server"
	read -r _ target <topn.ask
	# Each worker answers when it has loaded: wait for several in a row.
	for ((i = 0; i < 8; i++)); do
		until answers "$target"; do
			kill -0 "$server" 2>/dev/null || die "peer: $(tail -n 3 peer.log)"
			sleep 0.1
		done
	done
}

# answers TARGET: does $PORT answer with 200?
answers() {
	local line=
	exec 4<>"/dev/tcp/127.0.0.1/$PORT" || return 1
	printf 'GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' "$1" >&4
	read -r -t 20 line <&4 || true
	exec 4>&-
	case $line in *" 200 "*) ;; *) return 1 ;; esac
} 2>/dev/null

# choose_threads: does the peer answer faster with threads?
choose_threads() {
	local best=0 rate
	kind=topn
	for threads in 0 1; do
		serve_peer "$SERVER" 1
		ask -c 16
		stop
		rate=$(value rate told)
		figure peer handlers "answers/s $([ "$threads" = 1 ] && echo in threads || echo in the event loop)" "$rate"
		[ "$(reckon "$rate > $best")" = 0 ] || best=$rate chosen=$threads
	done
	threads=$chosen
}

# shared: MB of a server and its children, pages of several by their parts
shared() {
	local p files=()
	for p in $(family); do files+=("/proc/$p/smaps_rollup"); done
	MB Pss "${files[@]}"
}

# Both servers run, and are asked in turn; with one CPU each, and with both.
stage_peer() {
	local n cpus client_cpus users key ours peers threads chosen home=$PORT python=$CACHE/load/bin/python
	python=${LOAD_PYTHON:-$python}
	"$python" -c 'import implicit, fastapi, uvicorn, uvloop, httptools, orjson' 2>/dev/null ||
		{ skip peer "no implicit, fastapi, uvicorn, uvloop, httptools, orjson in $python"; return; }
	choose_threads
	for n in 1 2; do
		cpus=$SERVER client_cpus=$CLIENT
		[ "$n" = 1 ] || cpus=$SERVER,$CLIENT client_cpus=$SERVER,$CLIENT
		PORT=$home
		serve "$cpus" "$n"
		ours=$server
		PORT=$((home + 1))
		serve_peer "$cpus" "$n"
		peers=$server
		for kind in $PEER_KINDS; do
			if [ "$n" = 1 ]; then
				python3 "$HERE/agree.py" "$home" "$PORT" "$kind.ask" >agreed
				while IFS=$'\t' read -r key users; do
					figure peer agreement "$key" "$users"
				done <agreed
			fi
			for users in $PEER_USERS; do
				PORT=$home server=$ours
				ask -c "$users"
				result "peer$n" rec-serve "$users"
				PORT=$((home + 1)) server=$peers
				ask -c "$users"
				result "peer$n" implicit "$users"
			done
		done
		kind=memory
		figure peer "$n CPU" "MB of implicit" "$(server=$peers shared)"
		figure peer "$n CPU" "MB of rec-serve" "$(server=$ours shared)"
		stop
		PORT=$home
	done
	kind=start
	read -r _ target <topn.ask
	peer_command "$SERVER" 1
	TIMES=3 started implicit "${peer[@]}"
}

# ---- other clients

# vegeta_targets: of $kind.ask
vegeta_targets() {
	local what body
	while IFS=$'\t' read -r what body; do
		printf '{"method":"%s","url":"http://127.0.0.1:%s%s","header":{"Accept":["application/json"]%s}%s}\n' \
			"${what%% *}" "$PORT" "${what#* }" \
			"${body:+,\"Content-Type\":[\"application/json\"]}" \
			"${body:+,\"body\":\"$(printf %s "$body" | base64 -w 0)\"}"
	done < <(head -n 100 "$kind.ask")
}

# Never with -max-workers: it would send later what waits, and not count it.
cross_vegeta() {
	local rate=$1
	vegeta_targets >targets
	taskset -c "$CLIENT" vegeta attack -format=json -targets=targets -rate="$rate/1s" \
		-duration="${EACH}s" >vegeta.bin
	vegeta report -type=json vegeta.bin >vegeta.json
	python3 - "$rate" "$EACH" >told <<-'E'
		import json
		import sys

		r, rate, seconds = json.load(open("vegeta.json")), *map(float, sys.argv[1:])
		print("rate.planned\t%g" % rate)
		print("rate\t%.6g" % (r["requests"] / seconds))
		for ours, theirs in ("p50", "50th"), ("p90", "90th"), ("p99", "99th"), ("max", "max"):
		    print("ms.%s\t%.4g" % (ours, r["latencies"][theirs] / 1e6))
		print("answers.bad\t%d" % round(r["requests"] * (1 - r["success"])))
		print("unsent\t%d" % (round(rate * seconds) - r["requests"]))
		print("sent\t%.4f" % (r["requests"] / (rate * seconds)))
	E
	result cross.rate vegeta low
	figure cross vegeta "sent / planned" "$(value sent told)"
}

stage_cross() {
	local rate
	serve "$SERVER" 1
	for kind in $PEER_KINDS; do
		if command -v vegeta >/dev/null; then
			# one CPU sends so many by vegeta; of more it opens a connection for each that is late
			rate=$(reckon "$(most) / 2")
			[ "$rate" -lt "$VEGETA_RATE" ] || rate=$VEGETA_RATE
			ask -c 256 -r "$rate"
			result cross.rate client low
			figure cross client "sent / planned" "$(reckon "$(value sent told) / ($rate * $EACH)" 4)"
			cross_vegeta "$rate"
		else
			skip cross "no vegeta"
		fi
		if command -v wrk >/dev/null; then
			ask -c 64
			result cross.users client 64
			taskset -c "$CLIENT" wrk -t 1 -c 64 -d "${EACH}s" -s "$HERE/wrk.lua" \
				"http://127.0.0.1:$PORT" -- "$kind.ask" >wrk.log
			grep "$(printf '\t')" wrk.log >told
			result cross.users wrk 64
		else
			skip cross "no wrk"
		fi
	done
}

# ---- where the time goes

stage_flame() {
	local asking
	command -v perf >/dev/null || { skip flame "no perf"; return; }
	serve "$SERVER" 1
	for kind in $FLAME_KINDS; do
		ask -c 16 &
		asking=$!
		sleep 0.3
		if ! perf record -q -F 499 --call-graph dwarf,16384 -o perf.data -p "$server" -- sleep "$EACH" >perf.log 2>&1; then
			wait "$asking" || true
			skip flame "perf record does not work here: $(head -n 1 perf.log)"
			return
		fi
		wait "$asking"
		perf script --no-inline -i perf.data 2>/dev/null |
			python3 "$HERE/flame.py" "rec-serve, $model, $items: $(words "$kind"), 16 users" \
				>"$RESULTS/flame-$kind.svg"
		rm -f perf.data
		say "$RESULTS/flame-$kind.svg"
	done
}
