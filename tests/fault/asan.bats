#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Memory that is refused, under AddressSanitizer: nothing is leaked, touched
# after its end or freed twice on the way out. Run by tests/run.sh with REC_BIN
# in a build with ASan. One thread: the sanitizer itself can't start one
# without memory.

load ../helpers

setup() {
	ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	export PATH="${REC_BIN:-$ROOT/build/bin}:$PATH" ASAN_OPTIONS="verify_asan_link_order=0:detect_leaks=1:allocator_may_return_null=1"
	cd "$BATS_TEST_TMPDIR" || return 1
	SWEEP="${REC_BIN:-$ROOT/build/bin}/../tests/fault/sweep"
	[ -x "$SWEEP" ] || fail "tests/fault/sweep is not built (make programs)"
	ldd "$(command -v rec-cat)" | grep -q libasan || fail "the commands are not built with AddressSanitizer (REC_BIN=build-asan/bin)"
	prepare_samples
}

# sweep STDIN COMMAND...
sweep() {
	local stdin=$1
	shift
	"$SWEEP" -i "$stdin" malloc -- "$@" >swept 2>&1 || fail "$*: $(head -c 3000 swept)" || return 1
	! grep -E ': malloc: 0 faults' swept || fail "$*: nothing was made to fail"
}

@test "faults: no leak when memory is refused: als, sim, split" {
	sweep train.tsv rec-als -q -k 4 -i 2 -j 1 -o final.out
	sweep train.tsv rec-sim -q cosine -j 1
	sweep train.rec rec-split --ratio 0.5 --test held.out -j 1
}

@test "faults: no leak when memory is refused: topn, score, eval" {
	sweep train.tsv rec-topn -q -m model.rec -n 3 -j 1
	sweep truth.tsv rec-score -q -m model.rec -j 1
	sweep lists.tsv rec-eval -q -t truth.tsv recall@3 ndcg@5 -j 1
}

@test "faults: no leak when memory is refused: cat, gen" {
	sweep train.tsv rec-cat --merge -b -j 1 -o final.out
	sweep /dev/null rec-gen --users 20 --items 10 --rows 100 -j 1
}
