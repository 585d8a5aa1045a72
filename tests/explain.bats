#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# rec-topn --explain: shares are those of the definition, and lists stay what
# they are.

load helpers

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return 1
	make_train 40 30 700 | cut -f1-3 >train.tsv
	rec-als -q -k 5 <train.tsv >model.rec
	rec-als -q -k 4 --weights linear --alpha 3 <train.tsv >linear.rec
	rec-als -q -k 4 --explicit <train.tsv >explicit.rec
	rec-sim -q cosine -n 12 <train.tsv >sim.tsv
	rec-sim -q -b cosine -n 12 <train.tsv >sim.rec
	rec-sim -q -b popular <train.tsv >popular.rec
	head -150 train.tsv >some.tsv
}

setup() {
	cd "$BATS_FILE_TMPDIR" || return 1
}

oracle() {
	python3 "$ROOT/tests/oracle/explain.py" "$@"
}

@test "explain: shares of factors are those of the oracle: implicit, weighted, explicit" {
	for m in model linear explicit; do
		rec-cat --info $m.rec >$m.info
		rec-cat --block item $m.rec >$m.items
		for how in '' --fold-in; do
			rec-topn -q -m $m.rec -n 4 $how <some.tsv >lists
			rec-topn -q -m $m.rec -n 4 $how --explain 3 <some.tsv >got
			cut -f1-3 got | uniq | cmp - lists
			oracle factors $m.info $m.items some.tsv lists >want
			oracle check got want 3
			rec-topn -q -m $m.rec -n 4 $how --explain 1000 <some.tsv >all
			oracle sum all
		done
	done
}

@test "explain: shares of a similarity are those of the oracle, sparse and dense" {
	rec-topn -q -m sim.rec -n 4 <some.tsv >lists
	rec-topn -q -m sim.rec -n 4 --explain 3 <some.tsv >got
	cut -f1-3 got | uniq | cmp - lists
	oracle similarity sim.tsv some.tsv lists >want
	oracle check got want 3
	rec-topn -q -m sim.rec -n 4 --explain 1000 <some.tsv >all
	oracle sum all
	rec-sim -q -b ease <train.tsv >ease.rec 2>err || skip "no OpenBLAS: $(cat err)"
	rec-sim -q ease <train.tsv >ease.tsv
	rec-topn -q -m ease.rec -n 4 <some.tsv >lists
	rec-topn -q -m ease.rec -n 4 --explain 3 <some.tsv >got
	oracle similarity ease.tsv some.tsv lists >want
	oracle check got want 3
}

@test "explain: terms of a blend add up by its weights, and --allow changes no reason" {
	rec-topn -q -m model.rec -m sim.rec --blend 0,1 -n 5 --explain 2 <some.tsv >got
	rec-topn -q -m sim.rec -n 5 --explain 2 <some.tsv | cmp - got
	rec-topn -q -m model.rec -m sim.rec --blend 2,0.5 -n 5 --explain 1000 <some.tsv >all
	oracle sum all
	cut -f2 all | sort -u | head -7 >allow.txt
	rec-topn -q -m model.rec -n 30 --explain 2 <some.tsv | grep -F -w -f allow.txt | awk -F'\t' 'NR == FNR { a[$1]; next } $2 in a' allow.txt - >want
	rec-topn -q -m model.rec -n 30 --explain 2 --allow allow.txt <some.tsv | cmp - want
}

@test "explain: entries without a reason are plain lines; -j, --stream and --part change nothing" {
	echo new >one.tsv
	rec-topn -q -m popular.rec -n 2 --explain 3 <one.tsv >got
	rec-topn -q -m popular.rec -n 2 <one.tsv | cmp - got
	LC_ALL=C sort some.tsv >sorted.tsv
	rec-topn -q -j 1 -m model.rec --explain 2 <sorted.tsv >one
	rec-topn -q -j 3 -m model.rec --explain 2 <sorted.tsv | cmp - one
	rec-topn -q -m model.rec --explain 2 --stream <sorted.tsv | cmp - one
	for i in 1 2; do rec-topn -q -m model.rec --explain 2 --part $i/2 <sorted.tsv; done | cmp - one
	for isa in $(instruction_sets); do
		REC_ISA=${isa%,} rec-topn -q -m model.rec --explain 2 <sorted.tsv | cmp - one
	done
}

@test "explain: what has no reasons is refused" {
	exits 2 rec-topn -b -m model.rec --explain 2 <some.tsv
	says "rec-topn: --explain cannot work with --binary: it writes text"
	exits 2 rec-topn -m model.rec --explain 2 --scale rank <some.tsv
	says "rec-topn: --explain cannot work with --scale: a scale looks at all items"
	exits 2 rec-topn -m model.rec --explain 2 --similar-items <some.tsv
	says "rec-topn: --explain cannot work with --similar-items: there is no history"
	rec-sim -q -b cosine --side user <train.tsv >users.rec
	exits 2 rec-topn -m users.rec --interactions train.tsv --explain 2 <some.tsv
	says "rec-topn: a similarity of users has no reasons: it scores by neighbours, not by the history"
	rec-cat --block item model.rec >items.txt
	rec-cat --from factors --block item -b items.txt >plain.rec
	rec-cat --block user model.rec >users.txt
	{ rec-cat --from factors --block user -b users.txt; cat plain.rec; } >both.rec
	exits 2 rec-topn -q -m both.rec --explain 2 <some.tsv
	says "rec-topn: reasons need fold-in: a whole model with the metadata that rec-als writes"
}
