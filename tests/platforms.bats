#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The same bytes on other platforms: static binaries (musl) and arm64
# (cross-compiled, under qemu) against the native build, by cmp, over all
# commands; and the archive of both.

load helpers

# Builds are kept under build/platforms, as tests/archive.sh has them, so that a
# second run is short.
setup_file() {
	export OTHER="$ROOT/build/platforms"
	STATIC_BIN=$OTHER/$(uname -m)/bin
	export STATIC_BIN
	mkdir -p "$OTHER"
	cd "$BATS_FILE_TMPDIR" || return 1
	make_train 120 50 2000 >all.tsv
	mkdir native
	cp all.tsv native
	(cd native && pipeline)
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	cp "$BATS_FILE_TMPDIR/all.tsv" .
}

# pipeline [RUNNER...]: every command over all.tsv, each result in a file;
# RUNNER stands before the path of each command.
pipeline() {
	local bin=${BIN:-$(dirname "$(command -v rec-gen)")}
	r() {
		local c=$1
		shift
		"${RUNNER[@]}" "$bin/$c" "$@"
	}
	RUNNER=("$@")
	r rec-gen --users 200 --items 60 --rows 2000 --explicit --times --dim 3 >gen.out
	r rec-split --ratio 0.25 --test ratio.test <all.tsv >ratio.train
	r rec-split --last 2 --test last.test <all.tsv >last.train
	r rec-split --leave 1 --core 2 --test leave.test <all.tsv >leave.train
	r rec-als -q -k 20 -i 3 <all.tsv >als.rec
	r rec-als -q -k 12 -i 3 --solver cg --weights log <all.tsv >cg.rec
	r rec-als -q -k 5 -i 3 --explicit <all.tsv >explicit.rec
	r rec-sim -q cosine -n 7 <last.train >cosine.tsv
	r rec-sim -q llr -n 7 <all.tsv >llr.tsv
	r rec-sim -q -b linear --exponents 1.1,.75,.15 --power 1.5 -n 0 <all.tsv >linear.rec
	r rec-sim -q -b pearson -n 9 --center <all.tsv >pearson.rec
	r rec-topn -q -m als.rec -n 6 <last.train >als.lists
	r rec-topn -q -m als.rec -n 6 --fold-in <last.train >fold.lists
	r rec-topn -q -b -m cosine.tsv -n 6 <last.train >cosine.lists
	r rec-topn -q -m als.rec -m cosine.tsv --blend 1,2 --scale zscore -n 6 <last.train >blend.lists
	r rec-score -q -m explicit.rec <ratio.test >explicit.scores
	r rec-eval -q -t last.test --train last.train recall@3,6 ndcg@6 map@6 mrr@6 novelty@6 <als.lists >als.measures
	r rec-eval -q -t ratio.test rmse mae <explicit.scores >explicit.measures
	r rec-eval -q -t last.test --bootstrap 40 --compare fold.lists recall@3 ndcg@6 <als.lists >compared.measures
	r rec-cat --info als.rec >als.info
	r rec-cat --merge -b ratio.train ratio.test >merged.rec
}

# as_native: what is here is what the native build made.
as_native() {
	for f in "$BATS_FILE_TMPDIR"/native/*; do
		same "$f" "${f##*/}" || fail "${f##*/} differs from the native build" || return 1
	done
	[ "$(ls "$BATS_FILE_TMPDIR/native")" = "$(ls)" ]
}

# needs TOOL PACKAGE: or the test is skipped.
needs() {
	command -v "$1" >/dev/null || skip "$1 is not installed (Debian: $2)"
}

arm() {
	make -s -C "$ROOT" B="$OTHER/aarch64" CC=aarch64-linux-gnu-gcc AR=aarch64-linux-gnu-ar CFLAGS="-O2 -s" \
		LDFLAGS=-static BLAS= SERVE=no "$@"
}

# archive ARGUMENTS...: of tests/archive.sh, what it says in the file made; the
# test is skipped where it lacks something.
archive() {
	local rc=0
	sh "$ROOT/tests/archive.sh" "$@" >made 2>&1 || rc=$?
	[ "$rc" -ne 3 ] || skip "$(tail -1 made)"
	[ "$rc" -eq 0 ] || fail "$(tail -5 made)"
}

@test "static binaries: no shared library, the same bytes" {
	needs file file
	archive -m "$(uname -m)" "$OTHER"
	grep '^static: ' made
	rm made
	for c in $COMMANDS; do
		file "$STATIC_BIN/$c" | grep -q 'statically linked' || fail "$(file "$STATIC_BIN/$c")"
	done
	BIN="$STATIC_BIN" pipeline
	as_native
}

@test "static binaries: run in an empty root" {
	[ -x "$STATIC_BIN/rec-als" ] || skip "there are no static binaries (see the test before)"
	[ "$(id -u)" -eq 0 ] || skip "chroot wants root"
	mkdir -p root/bin
	cp "$STATIC_BIN/rec-als" root/bin
	chroot root /bin/rec-als -q -k 20 -i 3 <all.tsv >als.rec || fail "exit $?"
	same "$BATS_FILE_TMPDIR/native/als.rec" als.rec
}

@test "arm64: the kernels, under qemu" {
	needs aarch64-linux-gnu-gcc "gcc-aarch64-linux-gnu libc6-dev-arm64-cross"
	needs qemu-aarch64-static qemu-user-static
	arm LIBS="-lm -pthread" "$OTHER/aarch64/tests/unit/kernel" >made 2>&1 || fail "$(tail -5 made)"
	qemu-aarch64-static "$OTHER/aarch64/tests/unit/kernel" >out 2>&1 || fail "$(tail -5 out)"
	tail -1 out | grep '^ok kernel: '
	grep '^kernel: neon' out
}

@test "arm64: all commands, the same bytes, under qemu" {
	needs aarch64-linux-gnu-gcc "gcc-aarch64-linux-gnu libc6-dev-arm64-cross"
	needs qemu-aarch64-static qemu-user-static
	archive -m aarch64 "$OTHER"
	rm made
	file "$OTHER/aarch64/bin/rec-als" | grep -q 'ARM aarch64' || fail "not built for arm64"
	qemu-aarch64-static "$OTHER/aarch64/bin/rec-gen" --version | grep -q 'neon' || fail "no neon"
	BIN="$OTHER/aarch64/bin" pipeline qemu-aarch64-static
	as_native
}

@test "the archive for clusters: what it holds, the same bytes again, and those of the native build" {
	archive "$OTHER" "$PWD/one.tar.gz"
	archive "$OTHER" "$PWD/two.tar.gz"
	same one.tar.gz two.tar.gz
	tar tvzf one.tar.gz >list
	[ "$(awk '{ print $2 }' list | sort -u)" = 0/0 ]
	[ "$(awk '{ print $4, $5 }' list | sort -u | wc -l)" -eq 1 ]
	[ "$(awk '{ print $1 }' list | sort -u | xargs)" = "-rw-r--r-- -rwxr-xr-x drwxr-xr-x" ]
	mkdir rec run
	tar xzf one.tar.gz -C rec
	[ -f rec/share/recpipe/spark/rec_spark.py ] && [ -f rec/share/recpipe/recmat.py ]
	[ "$(cat rec/VERSION)" = "$(cat "$ROOT/VERSION")" ]
	for machine in x86_64 aarch64; do
		for c in $COMMANDS; do same "$OTHER/$machine/bin/$c" "rec/bin/$machine/$c"; done
	done
	file rec/bin/aarch64/rec-als | grep -q 'ARM aarch64, .*statically linked'
	file rec/bin/x86_64/rec-als | grep -q 'x86-64, .*statically linked'
	cd run
	cp ../all.tsv .
	BIN=../rec/bin pipeline
	as_native
	cd ..
	mv rec/bin/"$(uname -m)" rec/bin/other
	exits 126 rec/bin/rec-als --version
	says "rec-als: not built for $(uname -m): no rec/bin/$(uname -m)/rec-als"
}
