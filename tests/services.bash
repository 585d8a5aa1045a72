# SPDX-License-Identifier: MIT
# services.bash - for tests that start servers: each on this machine alone, and
# ended with its test.

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
