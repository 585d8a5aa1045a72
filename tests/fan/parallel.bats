#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# examples/parallel.sh over hosts, each with a home of its own and no shared
# disk (ssh.sh).

load ../helpers

EX=$ROOT/examples

needs() {
	command -v "$1" >/dev/null || skip "$1 is not installed"
}

# hosts N: folders of N made-up hosts for tests/fan/ssh.sh, and their list for
# parallel.
hosts() {
	local h
	export REC_FAKE_HOSTS=$PWD/hosts PARALLEL_SSH="sh $ROOT/tests/fan/ssh.sh"
	for h in $(seq -f h%g "$1"); do
		mkdir -p "hosts/$h/faults"
		echo "PATH=${REC_BIN:-$ROOT/build/bin}:/usr/bin:/bin" >"hosts/$h/env"
		echo "1/$h" >>list
	done
}

RESULTS='rec-sim by parts: the bytes of one process
rec-sim by shards: the bytes of one process
rec-topn by parts: the bytes of one process
rec-als by half-steps: the bytes of one process
rec-eval by parts: the bytes of one process'

@test "parallel.sh: over ssh, without a shared disk, with one failure of a host; nothing stays there" {
	needs parallel
	needs rsync
	hosts 2
	echo '1 1 GNU_Parallel_worker' >hosts/h2/faults/fail	# host.sh: one such command fails with 1
	exits 0 sh "$EX/parallel.sh" list
	[ "$(cat out)" = "$RESULTS" ] || fail "$(cat out err)"
	[ -d hosts/h2/faults/fail.1 ]	# it did
	[ "$(cat hosts/*/log | wc -l)" -gt 20 ]
	[ -z "$(find hosts/*/home -type f)" ] || fail "left $(find hosts/*/home -type f)"
}

@test "parallel.sh: a job that fails everywhere stops the script before anything is joined" {
	needs parallel
	needs rsync
	hosts 2
	mkdir bin
	printf '#!/bin/sh\ncase "$*" in *--columns*) echo "no luck" >&2; exit 1 ;; esac\nexec "%s/rec-sim" "$@"\n' "${REC_BIN:-$ROOT/build/bin}" >bin/rec-sim
	chmod +x bin/rec-sim
	for h in h1 h2; do sed -i "s|PATH=|PATH=$PWD/bin:|" hosts/$h/env; done
	! sh "$EX/parallel.sh" list >out 2>err || false
	[ ! -s out ] || fail "$(cat out)"
	mentions "no luck"
}
