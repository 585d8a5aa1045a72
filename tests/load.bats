#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# tests/load, which says how rec-serve answers under load: on a small model, with
# measurements of a third of a second, so that it goes on to work. No speed is
# asserted.

load helpers

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return 1
	command -v rec-serve >/dev/null && command -v cc >/dev/null || return 0
	local p
	for p in client start; do
		cc -std=c11 -D_POSIX_C_SOURCE=200809L -O1 -o "$p" "$ROOT/tests/load/$p.c" || return 1
	done
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	command -v rec-serve >/dev/null || skip "rec-serve was left out of this build"
	[ -x "$BATS_FILE_TMPDIR/start" ] || skip "no cc"
	command -v taskset >/dev/null || skip "no taskset"
	export LOAD_PROGRAMS=$BATS_FILE_TMPDIR LOAD_WORK=$BATS_FILE_TMPDIR/work RESULTS=$PWD/results
	export LEAST_ROWS=20000 MODELS=als:3000:32 SECONDS_EACH=0.3 KINDS="topn fold10" USERS=2 RATES=0.5 TIMES=1
	export LOAD_PYTHON=$PWD/none XDG_CACHE_HOME=$PWD/none
	# two ports in a row at which nobody answers
	PORT=$((19100 + 2 * (RANDOM % 50)))
	while (exec 3<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null || (exec 3<>"/dev/tcp/127.0.0.1/$((PORT + 1))") 2>/dev/null; do
		PORT=$((PORT + 2))
	done
	export PORT
}

load_sh() { bash "$ROOT/tests/load/load.sh" "$@"; }

# field NUMBER CONDITION: of the results
field() { awk -F'\t' "$2 { print \$$1 }" results/load.tsv; }

@test "load: users, rate, start and memory are measured, and a page gets the tables" {
	load_sh users rate start memory >out 2>err || fail "$(cat err)"
	[ "$(field 3 '$4 == "users"' | xargs)" = "topn fold10" ]
	[ "$(field 3 '$4 == "rate"' | xargs)" = "topn fold10" ]
	# answers came, and none of them was an error
	[ "$(field 8 '$4 == "users" && $8 > 0 && $9 > 0 && $14 == 0 && $16 == 0' | wc -l)" -eq 2 ]
	[ "$(field 8 '$4 == "rate" && $8 > 0 && $11 > 0 && $14 == 0 && $16 == 0' | wc -l)" -eq 2 ]
	[ "$(field 5 '$4 == "start" && $6 == "answered" && $7 > 0' | xargs)" = "checked --trust" ]
	# each of two processes is counted its part of the model
	[ "$(field 7 '$5 == "two processes" && $7 > 0' | wc -l)" -eq 4 ]
	one=$(field 7 '$5 == "one process" && $6 ~ /halves/')
	two=$(field 7 '$5 == "two processes" && $6 ~ /halves, process 2/')
	awk "BEGIN { exit !($two <= 0.75 * $one) }" || fail "$one MB alone, $two MB of two"

	cp "$ROOT/tests/load/RESULTS.md" page.md
	RESULTS_MD=page.md load_sh report results >/dev/null 2>err || fail "$(cat err)"
	grep -qE '^als 32 +3000  a known user +2 +[1-9][0-9]* ' page.md || fail "$(cat page.md)"
	grep -qE '^als 32 +3000 .* checked ' page.md
	grep -qF 'answers with an error: 0; requests without an answer: 0' page.md
	cp page.md again.md
	RESULTS_MD=again.md load_sh report results >/dev/null 2>&1
	same page.md again.md
}

@test "load: what is not there is left out, with a word" {
	mkdir bin	# no vegeta, wrk, perf
	for p in awk basename bash cat cp cut date dirname env getconf grep head mkdir mv nproc pgrep python3 \
		readlink rm sed shuf sleep sort stat tail taskset tee touch tr uname wc; do
		ln -s "$(type -P $p)" "bin/$p"
	done
	PATH=${REC_BIN:-$ROOT/build/bin}:$PWD/bin load_sh peer cross flame >out 2>err || fail "$(cat err)"
	mentions 'stage peer is left out: no implicit'
	mentions 'stage cross is left out: no vegeta'
	mentions 'stage cross is left out: no wrk'
	mentions 'stage flame is left out: no perf'
}

@test "load: the client counts answers with an error, and what had none" {
	rec-gen --users 30 --items 20 --rows 300 >train.tsv
	rec-als -q -k 4 <train.tsv >model.rec
	rec-serve -q -j 1 -m model.rec --interactions train.tsv --listen "127.0.0.1:$PORT" 2>serve.err 3>&- &
	server=$!
	until (exec 3<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null; do kill -0 $server || fail "$(cat serve.err)"; sleep 0.05; done
	printf 'GET /topn?user=u1&n=3\nGET /nothing\n' >ask
	run "$LOAD_PROGRAMS/client" -c 8 -r 100 -w 0.1 -d 0.4 "127.0.0.1:$PORT" ask
	[ "$status" -eq 1 ]
	# half of them, of 40, give or take what falls on an edge
	awk -F'\t' '{ v[$1] = $2 } END { exit !(v["answers"] >= 30 && v["answers"] <= 41 && 2 * v["answers.bad"] >= v["answers"] - 1 &&
		2 * v["answers.bad"] <= v["answers"] + 1) }' <<<"$output" || fail "$output"
	# The server stands still: what was due meanwhile waited.
	printf 'GET /topn?user=u1&n=3\n' >ask
	(sleep 0.3; kill -STOP $server; sleep 0.5; kill -CONT $server) &
	run "$LOAD_PROGRAMS/client" -c 4 -r 200 -w 0.1 -d 1 "127.0.0.1:$PORT" ask
	[ "$status" -eq 0 ] || fail "$output"
	awk -F'\t' '{ v[$1] = $2 } END { exit !(v["ms.max"] > 450 && v["ms.p90"] > 300) }' <<<"$output" || fail "$output"
	kill $server
	wait $server
}

@test "load: a stage that is none is refused" {
	exits 1 load_sh user
	says "load.sh: no stage 'user': prepare users rate start memory peer cross flame soak"
}
