#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The same bytes as in same.bats, for the options that change how a command
# works: order of lines, threads, encoding, instruction set, parts.

load helpers

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return 1
	make_train 150 45 1800 >all.tsv
	# repeated pairs at other times, zeros and negative values
	{ cat all.tsv; awk -F'\t' -v OFS='\t' 'NR % 9 == 0 { print $1, $2, $3 % 3 - 1, $4 + 77 }' all.tsv; } >more.tsv
	rec-split -q --last 3 --test test.tsv --duplicates last <all.tsv >train.tsv
	rec-gen --seed 9 --users 150 --items 45 --rows 3000 >candidates.tsv
	cut -f1 all.tsv | sort -u | awk '{ print $1 "\tg" NR % 3 }' >groups.tsv
	cut -f2 train.tsv | sort -u >items.tsv
	awk 'NR % 4' items.tsv >allow.tsv
	awk -F'\t' '{ print $1 "\t" $2 }' test.tsv candidates.tsv | sort -u >with.tsv
	mkdir want
	cp ./*.tsv want
	(cd want && everything)
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	cp "$BATS_FILE_TMPDIR"/*.tsv .
}

# everything [OPTIONS OF ALL COMMANDS]: run the commands on the tables of the
# current folder, each result in a file of its own. IN: how a table comes.
everything() {
	splits "$@"
	models "$@"
	answers "$@"
	measures "$@"
}

splits() {
	rec-split "$@" -q --core 2 --half-life 9 --now 1700000000 --duplicates sum --leave 2 --test a.test <more.tsv >a.train
	rec-split "$@" -q --min-value 1 --binarize --duplicates max --min-user 2 --min-item 2 --max-user 6 <more.tsv >b.train
	rec-split "$@" -q --last-ratio 0.3 --warm-only both --test c.test --valid-ratio 0.3 --valid c.valid <more.tsv >c.train
	rec-split "$@" -q --after 1640000000 --warm-only item --test d.test <more.tsv >d.train
	rec-split "$@" -q --user-ratio 0.2 --valid-user-ratio 0.2 --given all-but-2 --input e.input --test e.test --valid e.valid --duplicates last <more.tsv >e.train
	rec-split "$@" -q --audit train.tsv --last 3 <test.tsv >audit.out
	rec-cat "$@" --merge --duplicates last more.tsv >merged
	rec-cat "$@" --to mtx --row-labels rows.labels --col-labels cols.labels train.tsv >train.mtx
	rec-cat "$@" --to trec-run train.tsv >train.run
}

models() {
	rec-als "$@" -q -k 9 -i 2 --weights linear --alpha 2 --unobserved 0.1 --reg 0.02 --reg-power 0.5 <more.tsv >linear.als
	rec-als "$@" -q -k 9 -i 2 --target value --solver cg --cg-steps 2 --duplicates max <more.tsv >target.als
	rec-als "$@" -q -k 9 -i 2 --explicit --no-bias --seed 3 <more.tsv >nobias.als
	rec-als "$@" -q -k 9 -i 1 --init-from linear.als --init-sd 0.5 --reg-pairs own <train.tsv >init.als
	rec-als "$@" -q --half item -m linear.als <more.tsv >half.als
	rec-als "$@" -q -k 4 -i 2 --objective <train.tsv 2>objective >als
	rec-als "$@" -q -k 4 -i 2 --explicit <train.tsv >explicit
	local m n=0
	for m in "cosine --weights tfidf --shrink 3" "asymmetric --weights bm25 --bm25 1,0.5 --asymmetry 0.3" "cosine --weights log --epsilon 2 --normalize l2" \
		"ease --weights linear --reg 9" "ease -n 5 --center" "dice --max-user 5 --seed 2" "jaccard --side user -n 6" "pearson --center --min-support 2" \
		"adjusted-cosine --keep history -n 4 --normalize l1" "dot --min-sim 2 -n 6" "rp3beta --walk 0.8,0.4" "linear --power 1.5 --weights log" \
		"lift --min-support 3" "overlap --keep history -n 3 --duplicates max" "popular --weights log" "llr -n 0"; do
		n=$((n + 1))
		# shellcheck disable=SC2086
		rec-sim "$@" -q -b $m <more.tsv >sim.$n
	done
	rec-sim "$@" -q -b cosine --from-factors als -n 7 --shrink 0.1 >factors.sim
	rec-sim "$@" -q -b dot --from-factors als --side user -n 3 >users.sim
}

answers() {
	local n
	for n in 1 3 5 8 9 12; do
		rec-topn "$@" -q -n 5 -m sim.$n <train.tsv >lists.$n
	done
	rec-topn "$@" -q -n 5 -m sim.7 --interactions train.tsv <train.tsv >lists.users
	rec-topn "$@" -q -n 5 -m als --candidates candidates.tsv --seen test.tsv <train.tsv >lists.candidates
	rec-topn "$@" -q -n 5 -m als --allow allow.tsv --keep-seen <train.tsv >lists.allow
	rec-topn "$@" -q -n 5 -m explicit --fold-in --deny allow.tsv <train.tsv >lists.deny
	rec-topn "$@" -q -n 30 -m sim.14 --fill popular --interactions more.tsv <train.tsv >lists.fill
	rec-topn "$@" -q -n 5 -m als -m sim.1 -m sim.15 --blend 1,-.5,0.1 --scale rank --cold popular <train.tsv >lists.rank
	rec-topn "$@" -q -n 5 -m als -m sim.2 --similar-items <items.tsv >lists.items
	rec-score "$@" -q -m als -m sim.1 --blend 2,.3 --history train.tsv --clamp -1:3 <test.tsv | sort >score.blend
	rec-score "$@" -q -m explicit --fold-in --history train.tsv --cold mean <test.tsv | sort >score.fold
	rec-score "$@" -q -m sim.7 --interactions train.tsv --cold drop <test.tsv | sort >score.users
}

measures() {
	rec-topn "$@" -q -n 45 -m als <train.tsv >whole
	rec-topn "$@" -q -n 45 --keep-seen --candidates with.tsv -m als <train.tsv >sampled
	rec-eval "$@" -q -t test.tsv --train train.tsv --groups groups.tsv --bootstrap 60 --relevant 3 recall@2,5 'ndcg(gain=linear)@5' f1@5 gini@5 novelty@5 auc \
		<whole >measures.groups
	rec-eval "$@" -q -t test.tsv --ties mean --missing skip --json precision@3 hit@3 map@5 mrr@5 <whole >measures.json
	rec-eval "$@" -q -t test.tsv --candidates with.tsv recall@5 ndcg@5 <sampled >measures.sampled
	for s in t wilcoxon randomization; do
		rec-eval "$@" -q -t test.tsv --compare lists.1 --significance $s ndcg@5 <lists.3
	done >measures.compared
	rec-eval "$@" -q -t test.tsv --per-user --train train.tsv ndcg@5 coverage@5 <whole >users.measures
	rec-eval "$@" -q --summarize <users.measures >measures.summary
	rec-eval "$@" -q -t test.tsv rmse mae <score.fold >measures.fold
}

# as_wanted WHAT: every result here is, byte by byte, what the plain run made.
as_wanted() {
	local f n=0
	for f in "$BATS_FILE_TMPDIR"/want/*; do
		case $f in *.tsv) continue ;; esac
		[ -e "${f##*/}" ] || fail "no ${f##*/}: $1" || return 1
		cmp "$f" "${f##*/}" || fail "${f##*/} differs: $1" || return 1
		n=$((n + 1))
	done
	[ $n -gt 60 ] || fail "only $n results"
}

@test "same bytes, options: shuffled lines, three threads" {
	for f in all more test train candidates with groups allow items; do
		sort -R "$f.tsv" -o "$f.tsv"
	done
	! cmp -s train.tsv "$BATS_FILE_TMPDIR/train.tsv" || false
	everything -j 3
	as_wanted "shuffled lines, -j 3"
}

@test "same bytes, options: tables in recmat" {
	for f in more test train candidates with groups items; do
		rec-cat -b $f.tsv >t
		mv t $f.tsv
	done
	everything -j 1
	as_wanted "tables in recmat"
}

@test "same bytes, options: tables in gzip" {
	for f in *.tsv; do
		gzip -c $f >t
		mv t $f
	done
	everything -j 2
	as_wanted "tables in gzip"
}

@test "same bytes, options: every instruction set" {
	for isa in $(instruction_sets); do
		REC_ISA=$isa everything -j 2
		as_wanted "REC_ISA=$isa"
	done
}

@test "same bytes, options: lists and scores in recmat between commands" {
	cp "$BATS_FILE_TMPDIR"/want/{als,explicit,sim.*} .
	answers -b
	for f in lists.*; do
		rec-cat $f | cmp - "$BATS_FILE_TMPDIR/want/$f"
	done
	rec-topn -b -q -n 45 -m als <train.tsv | rec-eval -q -t test.tsv --ties mean --missing skip --json precision@3 hit@3 map@5 mrr@5 |
		cmp - "$BATS_FILE_TMPDIR/want/measures.json"
	rec-score -b -q -m explicit --fold-in --history train.tsv --cold mean <test.tsv | rec-eval -q -t test.tsv rmse mae |
		cmp - "$BATS_FILE_TMPDIR/want/measures.fold"
	rec-score -b -q -m sim.7 --interactions train.tsv --cold drop <test.tsv | rec-cat | sort | cmp - "$BATS_FILE_TMPDIR/want/score.users"
}

@test "same bytes, options: parts" {
	make_train 700 600 9000 >big.tsv
	rec-als -q -k 3 -i 1 <big.tsv >als
	rec-sim -q -b cosine --weights tfidf -n 4 <big.tsv >sim
	for how in "-m sim --fill popular --interactions big.tsv" "-m als -m sim --scale zscore" "-m als --fold-in --keep-seen" "-m sim --similar-items"; do
		case $how in *similar*) cut -f2 big.tsv | sort -u >in ;; *) cp big.tsv in ;; esac
		# shellcheck disable=SC2086
		rec-topn -q -b -n 3 $how <in >whole
		# shellcheck disable=SC2086
		for i in 1 2 3; do rec-topn -q -b -n 3 $how --part $i/3 <in; done | rec-cat --merge -b | cmp - whole
	done
	for how in "cosine --weights tfidf" "jaccard --side user -n 5" "pearson --center -n 4" "linear --weights log" "cosine --from-factors als -n 5" \
		"ease -n 5 --normalize l1" "dice --keep history -n 3 --max-user 9"; do
		# shellcheck disable=SC2086
		rec-sim -q -b $how <big.tsv >whole
		# shellcheck disable=SC2086
		for i in 1 2 3; do rec-sim -q -b $how --part $i/3 <big.tsv; done | rec-cat --merge -b | cmp - whole || fail "$how"
	done
	for side in user item; do
		rec-als -q --half $side -m als <big.tsv >whole
		for i in 1 2 3; do rec-als -q --half $side -m als --part $i/3 <big.tsv; done | rec-cat --merge -b | cmp - whole
	done
}
