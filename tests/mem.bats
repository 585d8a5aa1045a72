#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# --mem: what does not fit into memory is worked from temporary files, with the
# same bytes, or refused with the size that would do.

load helpers

# 1.5 million pairs, 24 MB of memory with their transpose: the least --mem is
# about half of that.
setup_file() {
	cd "$BATS_FILE_TMPDIR" || return 1
	rec-gen --users 6000 --items 1500 --rows 1500000 --explicit --times >data.tsv
	rec-cat -b <data.tsv >stream.rec
	rec-cat --merge -b data.tsv >data.rec
	gzip -1 <data.tsv >data.gz
	rec-gen --users 2000 --items 1000 --rows 500000 --explicit >sim.tsv
	rec-cat -b <sim.tsv >sim.stream
	rec-cat --merge -b sim.tsv >sim.rec
	gzip -1 <sim.tsv >sim.gz
}

setup() {
	case ${REC_BIN:-} in *san/*) fail "the sanitizers take more memory than --mem leaves: no build for these tests" ;; esac
	cd "$BATS_TEST_TMPDIR" || return 1
	D=$BATS_FILE_TMPDIR
	mkdir tmp
	export TMPDIR=$PWD/tmp
}

# least OPTIONS...: the least --mem of rec-als for stdin.
least() {
	rec-als --estimate -k 4 -j 2 "$@" | sed -n "s/^bytes.least$TAB//p"
}

# stat KEY: of the file stats
stat_of() {
	sed -n "s/^$1$TAB//p" stats
}

# far MEM COMMAND...: stdin to the file got, from temporary files, of which
# none is left.
far() {
	local mem=$1
	shift
	"$@" -q --mem "$mem" --stats stats >got || fail "$* --mem $mem failed" || return 1
	[ "$(stat_of memory.temporary)" -gt 1000000 ] || fail "$*: no temporary file was used" || return 1
	[ -z "$(ls -A tmp)" ] || fail "left in TMPDIR: $(ls -A tmp)"
}

@test "mem: rec-als makes the same model in less memory, for every form of input and any -j" {
	rec-als -q -k 4 -i 1 <"$D/data.rec" >want
	m=$(least <"$D/data.rec")
	for j in 1 2 3; do
		far $((m + j * 1048576)) rec-als -k 4 -i 1 -j $j <"$D/data.rec" || return 1
		same got want
	done
	for f in data.tsv data.gz stream.rec; do
		far "$m" rec-als -k 4 -i 1 -j 2 <"$D/$f" || return 1
		same got want
		# shellcheck disable=SC2002
		cat "$D/$f" | far "$m" rec-als -k 4 -i 1 -j 2 || return 1
		same got want
	done
	# shellcheck disable=SC2002
	cat "$D/data.rec" | far "$m" rec-als -k 4 -i 1 -j 2
	same got want
	split -n l/3 "$D/data.tsv" part.
	for p in part.a?; do rec-cat --merge -b "$p"; done | far "$m" rec-als -k 4 -i 1 -j 2
	same got want
}

@test "mem: rec-als makes the same model in less memory, with every kind of fit" {
	while read -r options; do
		# shellcheck disable=SC2086
		rec-als -q -k 4 -i 2 -j 2 $options <"$D/data.rec" >want 2>want.err
		# shellcheck disable=SC2086
		far "$(least $options <"$D/data.rec")" rec-als -k 4 -i 2 -j 2 $options <"$D/data.rec" || return 1
		same got want || fail "$options"
	done <<-'LIST'
		--explicit
		--explicit --no-bias --solver cg
		--solver cg --weights log
		--weights linear --target value --objective
	LIST
}

@test "mem: factors that don't fit go to files too" {
	rec-gen --users 8000 --items 8000 --rows 1000000 -b >square.rec
	rec-als -q -k 100 -i 2 --solver cg <square.rec >want
	m=$(rec-als --estimate -k 100 -j 2 <square.rec | sed -n "s/^bytes.least$TAB//p")
	rec-als -v --mem "$m" -k 100 -i 2 -j 2 --solver cg --stats stats <square.rec >got 2>err
	mentions "works from files in $TMPDIR: pairs, factors"
	same got want
	[ "$(stat_of memory.peak)" -le "$m" ]
}

@test "mem: repeated pairs are combined, and refused, as in memory" {
	{ cat "$D/data.tsv"; head -200000 "$D/data.tsv" | awk -F'\t' -v OFS='\t' '{ print $1, $2, $3 + 0.1, $4 + NR % 3 - 1 }'; } >twice.tsv
	m=$(least <twice.tsv)
	for rule in sum max last; do
		rec-als -q -k 4 -i 1 --weights log --duplicates $rule -j 2 <twice.tsv >want
		far "$m" rec-als -k 4 -i 1 --weights log --duplicates $rule -j 2 <twice.tsv || return 1
		same got want
		[ "$(stat_of repeats)" -eq 200000 ]
	done
	exits 1 rec-als -q -k 4 -i 1 --duplicates fail <twice.tsv
	mv err want
	exits 1 rec-als -q -k 4 -i 1 --duplicates fail --mem "$m" -j 2 <twice.tsv
	same err want
	cut -f 1-3 twice.tsv >timeless.tsv
	exits 1 rec-als -q -k 4 -i 1 --duplicates last <timeless.tsv
	mv err want
	exits 1 rec-als -q -k 4 -i 1 --duplicates last --mem "$m" -j 2 <timeless.tsv
	same err want
	[ -z "$(ls -A tmp)" ]
}

@test "mem: below the least, rec-als refuses with a size that does; nothing is left" {
	rec-als -q -k 4 -i 1 <"$D/data.rec" >want
	exits 4 rec-als -k 4 -i 1 -j 2 --mem 8M -o model.rec <"$D/data.rec"
	grep -qE '^rec-als: needs [0-9]+ bytes, --mem allows 8388608; give --mem [0-9]+M or more$' err || fail "$(cat err)"
	[ ! -e model.rec ]
	m=$(sed 's/.*needs \([0-9]*\) bytes.*/\1/' err)
	far "$m" rec-als -k 4 -i 1 -j 2 <"$D/data.rec"
	same got want
	exits 4 rec-als -q -k 4 -i 1 -j 2 --mem $((m - 1)) <"$D/data.rec"
	rec-als -q -k 4 -i 1 --mem 1G --stats stats <"$D/data.rec" >got
	same got want
	[ "$(stat_of memory.temporary)" -eq 0 ]
}

@test "mem: rec-sim makes the same similarities in less memory, by every way to sums and from every form of input" {
	while read -r options; do
		# shellcheck disable=SC2086
		rec-sim -q -j 2 $options <"$D/sim.rec" >want
		# shellcheck disable=SC2086
		m=$(rec-sim --estimate -j 2 $options <"$D/sim.rec" | sed -n "s/^bytes.least$TAB//p")
		# shellcheck disable=SC2086
		far "$m" rec-sim -j 2 $options <"$D/sim.rec" || return 1
		same got want || fail "$options"
		[ "$(stat_of memory.peak)" -le "$m" ] || fail "$options: $(stat_of memory.peak) bytes resident, --mem $m"
	done <<-'LIST'
		cosine -n 20
		cosine -n 20 --weights log -b --part 2/3
		llr -n 20 --max-user 300
		pearson -n 20 --center -b
		rp3beta -n 20 --weights bm25 --walk .8,.3 --normalize l1
		popular -b
	LIST
	rec-sim -q linear -n 20 --side user <"$D/sim.rec" >want
	for f in tsv gz stream; do
		# shellcheck disable=SC2002
		cat "$D/sim.$f" | far 22M rec-sim linear -n 20 --side user -j 3 || return 1
		same got want
	done
}

@test "mem: rec-sim tells how often the data pass by, and the least that does" {
	exits 0 rec-sim cosine --estimate -j 2 <"$D/sim.rec"
	[ "$(cut -f 1 out | xargs)" = "bytes operations bytes.least" ]
	m=$(sed -n "s/^bytes.least$TAB//p" out)
	exits 0 rec-sim cosine --estimate -j 2 --mem "$m" <"$D/sim.rec"
	passes=$(sed -n "s/^passes$TAB//p" out)
	[ "$passes" -gt 5 ]
	far "$m" rec-sim cosine -j 2 <"$D/sim.rec"
	[ "$(stat_of passes)" -eq "$passes" ]
	exits 4 rec-sim cosine -j 2 --mem $((m - 1)) <"$D/sim.rec"
	says "rec-sim: needs $m bytes, --mem allows $((m - 1)); give --mem $(((m + 1048575) / 1048576))M or more"
}

@test "mem: no room, and no folder, for temporary files" {
	shim=${REC_BIN:-$ROOT/build/bin}/../tests/fault/fail.so
	m=$(least <"$D/data.rec")
	if [ -e "$shim" ]; then
		for n in 1 2 3 9; do
			LD_PRELOAD=$shim REC_FAULT=space:$n exits 4 rec-als -q -k 4 -i 1 -j 1 --mem "$m" -o model.rec <"$D/data.tsv"
			one_line rec-als
			grep -qE "^rec-als: no room for [0-9]+ bytes: temporary file in $TMPDIR \(TMPDIR\): No space left on device$" err || fail "$(cat err)"
			[ ! -e model.rec ] && [ -z "$(ls -A tmp)" ]
		done
	fi
	mkdir small
	if mount -t tmpfs -o size=5m none small 2>/dev/null; then
		for f in data.rec data.tsv; do
			got=0
			TMPDIR=$PWD/small rec-als -q -k 4 -i 1 -j 2 --mem "$m" -o model.rec <"$D/$f" 2>err || got=$?
			[ "$got" -eq 4 ] && grep -q 'No space left on device$' err && [ -z "$(ls -A small)" ] || { umount small; fail "$f: exit $got: $(cat err)"; return 1; }
		done
		# shellcheck disable=SC2002
		cat "$D/data.rec" | TMPDIR=$PWD/small rec-als -q -k 4 -i 1 -j 2 --mem "$m" -o model.rec 2>err || got=$?
		umount small
		mentions 'No space left on device'
		[ ! -e model.rec ]
	fi
	TMPDIR=/nonexistent exits 1 rec-als -q -k 4 -i 1 -j 2 --mem "$m" <"$D/data.rec"
	says "rec-als: temporary file in /nonexistent (TMPDIR): No such file or directory"
}

@test "mem: what is resident stays within --mem, for three times as much data" {
	rec-gen --users 20000 --items 5000 --rows 6400000 -b >many.rec
	m=$(rec-als --estimate -k 4 -j 1 <many.rec | sed -n "s/^bytes.least$TAB//p")
	[ $((3 * m)) -lt $((8 * 6400000)) ]
	far "$m" rec-als -k 4 -i 1 -j 1 <many.rec
	[ "$(stat_of memory.peak)" -le "$m" ] || fail "$(stat_of memory.peak) bytes resident, --mem $m"
	rec-als -q -k 4 -i 1 <many.rec >want
	same got want
}
