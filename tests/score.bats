#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# rec-score: pairs in, the same pairs with scores out.

load helpers

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return 1
	make_train >train.tsv
	rec-als -q -k 6 -i 3 <train.tsv >model.rec
	rec-als -q -k 3 -i 3 --explicit <train.tsv >explicit.rec
	awk -F'\t' '{ u[$1] = u[$1] " " $2 }
		END { for (x in u) { n = split(u[x], a, " "); for (i = 1; i <= n; i++) for (j = 1; j <= n; j++) if (i != j) c[a[i] "\t" a[j]]++ }
		for (k in c) if (c[k] % 3) print k "\t" c[k] / 7 }' train.tsv >sim.tsv
	head -300 train.tsv >some.tsv
}

setup() {
	cd "$BATS_FILE_TMPDIR" || return 1
}

@test "rec-score: scores are those of rec-topn, to the bit" {
	for m in "-m model.rec" "-m explicit.rec" "-m sim.tsv" "-m model.rec --fold-in" "-m model.rec -m sim.tsv --blend 3,0.25"; do
		# shellcheck disable=SC2086
		rec-topn -q $m -n 1000 <some.tsv >lists
		# shellcheck disable=SC2086
		cut -f1,2 lists | rec-score -q $m --history some.tsv --clamp none >got
		same lists got
	done
}

@test "rec-score: rows pass in the order they came, repeats and times kept" {
	printf 'u3\ti2\t5\t17\nu1\ti9\nu3\ti2\t4\t0.5\n' >pairs
	rec-score -q -m model.rec <pairs >got
	[ "$(cut -f1,2,4 got)" = "u3${TAB}i2${TAB}17
u1${TAB}i9
u3${TAB}i2${TAB}0.5" ]
	[ "$(sed -n 1p got | cut -f3)" = "$(sed -n 3p got | cut -f3)" ]
}

@test "rec-score: same bytes for -j 1, 2, 7, text and recmat, every instruction set" {
	for _ in 1 2 3 4 5 6 7 8; do cat train.tsv; done >pairs
	for m in "-m model.rec" "-m sim.tsv --history some.tsv" "-m explicit.rec"; do
		# shellcheck disable=SC2086
		rec-score -q -j 1 $m <pairs >one
		[ "$(wc -l <one)" -eq "$(wc -l <pairs)" ]
		for j in 2 7; do
			# shellcheck disable=SC2086
			rec-score -q -j $j $m <pairs >more
			same one more
		done
		# shellcheck disable=SC2086
		rec-cat -b pairs | rec-score -q -b $m >binary.rec
		rec-cat binary.rec >more
		same one more
		for isa in $(instruction_sets); do
			# shellcheck disable=SC2086
			REC_ISA=$isa rec-score -q $m <pairs >more
			same one more
		done
	done
}

@test "rec-score: cold pairs get what is known of them, are dropped, or are a failure" {
	printf 'u1\ti1\nu1\tnew\nnew\ti1\nnew\tnew\n' >pairs
	exits 0 rec-score -m explicit.rec --clamp none <pairs
	says "rec-score: 3 of 4 pairs cannot be scored by any model: given what is known of them (--cold drop drops them)"
	mean=$(rec-cat --info explicit.rec | sed -n 's/^meta.mean\t//p')
	bu=$(rec-cat --block user explicit.rec | awk -F'\t' '$1 == "u1" { print $NF }')
	bi=$(rec-cat --block item explicit.rec | awk -F'\t' '$1 == "i1" { print $(NF - 1) }')
	tail -3 out | awk -F'\t' -v m="$mean" -v bu="$bu" -v bi="$bi" '
		{ want = NR == 1 ? m + bu : NR == 2 ? m + bi : m; d = $3 - want; if (d > 1e-5 || d < -1e-5) { print $0, want; bad = 1 } } END { exit bad }'
	exits 0 rec-score -m explicit.rec --cold drop <pairs
	says "rec-score: 3 of 4 pairs cannot be scored by any model: dropped"
	[ "$(cut -f1,2 out)" = "u1${TAB}i1" ]
	exits 1 rec-score -m explicit.rec --cold fail -o scored <pairs
	says "rec-score: <stdin>:2: no model can score this pair (--cold fail)"
	[ ! -e scored ]
	exits 1 rec-score -m model.rec --cold drop <<<"new${TAB}new"
	says "rec-score: no pair could be scored: the first is of item 'new', which model.rec does not hold; it holds 'i10'"
	exits 0 rec-score -m model.rec --cold drop --chunk <<<"new${TAB}new"
	[ ! -s out ]
	mentions "rec-score: 1 of 1 pair cannot be scored by any model: dropped"
	exits 0 rec-score -q -m model.rec --chunk <<<"new${TAB}new"
	[ "$(cat out)" = "new${TAB}new${TAB}0" ]
	exits 1 rec-score -m explicit.rec --cold fail --chunk <<<"new${TAB}new"
}

@test "rec-score: --clamp" {
	printf 'a\tx\t-2\na\ty\t3\na\tz\t9\n' >s.tsv
	printf 'u\tx\nu\ty\nu\tz\n' >pairs
	echo "u${TAB}a" >history
	[ "$(rec-score -m s.tsv --history history --clamp 0:5 <pairs | cut -f3 | tr '\n' ' ')" = "0 3 5 " ]
	[ "$(rec-score -m s.tsv --history history <pairs | cut -f3 | tr '\n' ' ')" = "-2 3 9 " ]
	exits 2 rec-score -m s.tsv --history history --clamp 5:0 <pairs
	says "rec-score: --clamp: '5:0' is not LO:HI, train or none"
	exits 2 rec-score -m s.tsv --history history --clamp wide <pairs
	says "rec-score: --clamp: 'wide' is not LO:HI, train or none"
}

@test "rec-score: options that can't be, and what similarities need" {
	exits 2 rec-score </dev/null
	says "rec-score: no model: give -m FILE"
	exits 2 rec-score -m sim.tsv <train.tsv
	says "rec-score: sim.tsv: a similarity needs the histories of users: give --history FILE"
	exits 2 rec-score -m model.rec --fold-in <train.tsv
	says "rec-score: --fold-in needs --history FILE"
	exits 1 rec-score -m model.rec <<<u1
	says "rec-score: <stdin>:1: no TAB in 'u1'; a line is row TAB column"
}

@test "rec-score: --clamp train is the range of the training values, the default for explicit models" {
	rec-score -q -m explicit.rec --clamp none <train.tsv >free
	lo=$(cut -f3 train.tsv | sort -g | head -1) hi=$(cut -f3 train.tsv | sort -g | tail -1)
	awk -F'\t' -v OFS='\t' -v lo="$lo" -v hi="$hi" '{ if ($3 < lo) { $3 = lo; n++ } if ($3 > hi) { $3 = hi; n++ } print } END { exit !n }' free >want ||
		fail "no score beyond $lo .. $hi in this test"
	rec-score -q -m explicit.rec <train.tsv >got
	same want got
}
