#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The files of examples/serve do what they say: each is really run, on this
# machine alone. What needs a program that is not here says so.

load helpers

EX=$ROOT/examples/serve

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return 1
	command -v rec-serve >/dev/null || return 0
	rec-gen --users 300 --items 90 --rows 6000 | cut -f 1,2 | sort -u >train.tsv
	rec-als -q -k 8 <train.tsv >model.rec
	rec-serve -q -j 1 -m model.rec --interactions train.tsv --listen unix:direct.sock 3>&- &
	echo $! >pid
	for _ in $(seq 100); do [ ! -S direct.sock ] || return 0; sleep 0.05; done
	fail "no server"
}

teardown_file() {
	[ ! -s "$BATS_FILE_TMPDIR/pid" ] || kill "$(cat "$BATS_FILE_TMPDIR/pid")"
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	D=$BATS_FILE_TMPDIR
	command -v rec-serve >/dev/null || skip "rec-serve was left out of this build"
}

teardown() {
	[ ! -s "$BATS_TEST_TMPDIR/mine" ] || xargs kill 2>/dev/null <"$BATS_TEST_TMPDIR/mine" || true
}

# needs PROGRAM...: or the test is skipped, and says so.
needs() {
	local p
	for p in "$@"; do
		command -v "$p" >/dev/null || { echo "# SKIPPED, no $p: $BATS_TEST_DESCRIPTION" >&3; skip "no $p"; }
	done
}

# start COMMAND...: in the background; it is ended with the test.
start() {
	"$@" >started.out 2>&1 3>&- &
	STARTED=$!
	echo $STARTED >>mine
}

# await COMMAND...: until it succeeds, at most 20 s
await() {
	for _ in $(seq 200); do
		! "$@" >/dev/null 2>&1 || return 0
		sleep 0.1
	done
	fail "after 20 s: $*; $(head -c 2000 started.out)"
}

# a port that nobody has
free_port() {
	python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

ask() {
	curl -sS --max-time 20 "$@"
}
direct() {
	ask --unix-socket "$D/direct.sock" "$@"
}

@test "demo.sh: the package index in a page, and nothing left when it ends" {
	needs apt-cache curl
	mkdir tmp
	port=$(free_port)
	start env TMPDIR="$PWD/tmp" DISPLAY='' WAYLAND_DISPLAY='' PORT="$port" DEMO_SECONDS=60 sh "$EX/demo.sh"
	for _ in $(seq 600); do ! grep -q 'Ctrl-C' started.out || break; sleep 0.1; done
	grep -qx "Open this page:  http://127.0.0.1:$port/" started.out || fail "$(cat started.out)"
	ask "http://127.0.0.1:$port/" | cmp - "$ROOT/lib/serve/page.html"
	# what it says to try
	eval "$(sed -n 's/^For a program: *//p' started.out) -sS" >got
	[ "$(grep -o '"item":' got | wc -l)" -eq 5 ] || fail "$(cat got)"
	grep -q MAKES started.out || grep -q '"title":"[a-z0-9.+-]* - ' got || fail "$(cat got)"
	# a second one does not share the port
	PORT=$port exits 1 sh "$EX/demo.sh"
	says "demo: port $port is in use"
	kill $STARTED
	wait $STARTED || [ $? -eq 143 ]
	[ -z "$(ls tmp)" ] || fail "left: $(ls tmp)"
	! curl -s --max-time 2 "http://127.0.0.1:$port/healthz"
}

@test "demo.sh: without a package index it makes up data, and DEMO_SECONDS ends it" {
	needs curl
	mkdir tmp none
	for p in apt-cache apt-get sudo; do printf '#!/bin/sh\n' >none/$p; chmod 755 none/$p; done
	start env -u PORT PATH="$PWD/none:$PATH" TMPDIR="$PWD/tmp" DISPLAY='' WAYLAND_DISPLAY='' DEMO_SECONDS=2 sh "$EX/demo.sh"
	await grep -q 'Ctrl-C' started.out
	grep -qx '    This machine has no package index, so rec-gen MAKES UP data:' started.out
	url=$(sed -n 's/^Open this page:  //p' started.out)
	ask "${url}topn?user=u1&n=1" | grep -q '"title":"Thing number '
	wait $STARTED
	[ -z "$(ls tmp)" ] || fail "left: $(ls tmp)"
}

# units: both units in a folder, with the rec-serve that is tested.
units() {
	mkdir units
	cp "$EX/rec-serve.socket" units
	sed "s|/usr/local/bin/rec-serve|$(command -v rec-serve)|" "$EX/rec-serve.service" >units/rec-serve.service
	! cmp -s "$EX/rec-serve.service" units/rec-serve.service
}

@test "rec-serve.service: systemd reads both units without a word, and finds hardly a right too many" {
	needs systemd-analyze
	units
	cd units
	exits 0 systemd-analyze verify --man=no ./rec-serve.service ./rec-serve.socket
	[ ! -s out ] && [ ! -s err ] || fail "$(cat out err)"
	# 10 tenths, where the worst is 100
	exits 0 systemd-analyze security --no-pager --offline=yes --threshold=10 ./rec-serve.service
	grep -q 'Overall exposure level for rec-serve.service: 0' out || fail "$(cat out)"
}

@test "rec-serve.service: no system call that it is denied" {
	needs systemd-analyze strace curl
	# what systemd says the groups of SystemCallFilter= hold, groups in
	# groups, too
	calls() { systemd-analyze syscall-filter "@$1" | sed '1d; s/^ *//; /^#/d' | while read -r c; do case $c in @*) calls "${c#@}" ;; *) echo "$c" ;; esac; done; }
	grep -qx 'SystemCallFilter=@system-service' "$EX/rec-serve.service"
	grep -qx 'SystemCallFilter=~@privileged @resources' "$EX/rec-serve.service"
	{ calls privileged; calls resources; } | sort -u >denied
	{ calls default; calls system-service; } | sort -u | comm -23 - denied >allowed
	[ "$(wc -l <allowed)" -gt 200 ]
	port=$(free_port)
	start strace -f -qq -o trace rec-serve -j 2 -m "$D/model.rec" --interactions "$D/train.tsv" --listen "127.0.0.1:$port"
	await curl -sf "http://127.0.0.1:$port/readyz"
	ask "http://127.0.0.1:$port/topn?user=u1" "http://127.0.0.1:$port/metrics" "http://127.0.0.1:$port/model" >/dev/null
	ask --data-binary @"$D/train.tsv" "http://127.0.0.1:$port/batch" >/dev/null
	server=$(head -1 trace | cut -d ' ' -f 1)
	kill -HUP "$server"
	await grep -q 'a new model answers' started.out
	kill "$server"
	wait $STARTED
	sed -nE 's/^[0-9]+ +([a-z_0-9]+)\(.*/\1/p' trace | sort -u >made
	[ "$(wc -l <made)" -gt 30 ]
	comm -23 made allowed >refused
	[ ! -s refused ] || fail "$(cat refused)"
}

@test "rec-serve.socket: systemd hands over the socket; the service has no network, and answers the same" {
	needs systemd-socket-activate curl
	# PrivateNetwork=yes, where the kernel lets us
	alone=
	! unshare -n true 2>/dev/null || alone='unshare -n'
	port=$(free_port)
	# shellcheck disable=SC2086
	start systemd-socket-activate -l "127.0.0.1:$port" $alone rec-serve -m "$D/model.rec" --interactions "$D/train.tsv"
	await grep -q 'Listening on' started.out
	# the first connection starts the server, and waits for it
	ask "http://127.0.0.1:$port/topn?user=u1" >got
	direct 'http://x/topn?user=u1' | cmp - got
	grep -qx "rec-serve: answers at 127.0.0.1:$port" started.out || fail "$(cat started.out)"
	# by the signals that ExecReload= and the stop send
	kill -HUP $STARTED
	await grep -q 'a new model answers' started.out
	ask "http://127.0.0.1:$port/topn?user=u1" | cmp - got
	kill $STARTED
	wait $STARTED
}
