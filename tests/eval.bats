#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# rec-eval: values against hand and oracle, definitions, refusals, per-user
# lines and their summary, comparison, gates.

# shellcheck disable=SC2094 # truth is compared with itself

load helpers

# Two users with lists, one without, one list without truth.
small() {
	printf 'u1\ta\t5\nu1\tb\t4\nu1\tc\t3\nu2\tb\t2\nu2\ta\t1\nu2\td\t0.5\nu9\ta\t2\nu9\tb\t1\n' >lists
	printf 'u1\ta\nu1\tc\nu1\te\nu2\td\nu3\ta\n' >truth
	printf 'u1\td\nu2\tc\nu3\tb\nu3\tc\nu4\ta\nu4\tc\n' >train
}

# Random lists, truth and train of $1 with ties, negative and zero values, cold
# items, users without lists; $2 = whole: lists hold all unseen items.
random_data() {
	awk -v seed="$1" -v whole="${2:-}" 'BEGIN {
		srand(seed)
		for (u = 0; u < 60; u++) {
			split("", held)
			for (n = int(rand() * 13); n > 0; n--) {
				i = int(rand() * 27)
				if (!(i in held)) printf "u%d\ti%d\t%d\n", u, i, int(rand() * 4) >"train"
				held[i]
			}
			for (i = 0; i < 27; i++) if (!(i in held)) unseen[u, i]
			for (i = 0; u < 50 && i < 30; i++) if (rand() < 0.12) printf "u%d\ti%d\t%s\n", u, i, int(rand() * 9) / 2 - 1 >"truth"
			none[u] = rand() < 0.2
			for (i = 0; i < 30 && !none[u]; i++)
				if (whole ? i < 27 && !(i in held) : rand() < 0.4) printf "u%d\ti%d\t%s\n", u, i, int(rand() * 6) / 4 - 0.5 >"lists"
		}
	}'
}

value() {	# value NAME FILE
	awk -F'\t' -v n="$1" '$1 == n { print $2 }' "$2"
}

is() {	# is NAME VALUE: in the file out
	[ "$(value "$1" out)" = "$2" ] || fail "$1 is '$(value "$1" out)', not $2"
}

# near NAME VALUE: to 1e-12
near() {
	awk -v a="$(value "$1" out)" -v b="$2" 'BEGIN { d = a - b; exit !(a != "" && d < 1e-12 && d > -1e-12) }' || fail "$1 is '$(value "$1" out)', not near $2"
}

@test "rec-eval: values by hand, and the line says how many users were answered" {
	small
	exits 0 rec-eval -t truth recall@2,3 precision@3 f1@3 hit@1 mrr@3 map@3 ndcg@3 <lists
	is recall@2 0.1111111111111111
	is recall@3 0.5555555555555555
	near precision@3 0.33333333333333333
	near f1@3 0.38888888888888889
	near hit@1 0.33333333333333333
	near mrr@3 0.44444444444444444
	near map@3 0.29629629629629630	# (1 + 2/3) / 3, 1/3, 0
	near ndcg@3 0.40130602967804485	# 1.5 / (1 + 1/log2(3) + 1/2), 1/2, 0
	[ "$(sed -n 2p out)" = "recall@3${TAB}0.5555555555555555${TAB}mean over users of hits in the first 3 / |truth|; relevant=value>0; missing=zero; ties=label; answered=2/3; over answered 0.8333333333333333" ] ||
		fail "$(sed -n 2p out)"
	[ ! -s err ]
	exits 0 rec-eval -v -t truth --missing skip recall@3 <lists
	is recall@3 0.8333333333333333
	grep -q 'missing=skip; ties=label; answered=2/3$' out
	mentions "rec-eval: 1 of 3 lists belongs to users without truth and is left out"
}

@test "rec-eval: --relevant, and gains" {
	printf 'u\ta\t3\nu\tb\t2\nu\tc\t1\n' >lists
	printf 'u\ta\t1\nu\tb\t4\nu\tc\t0\nu\td\t-3\n' >truth
	exits 0 rec-eval -t truth recall@3 'ndcg(gain=linear)@3' <lists
	is recall@3 1
	near 'ndcg(gain=linear)@3' "$(awk 'BEGIN { l = log(2) / log(3); printf "%.16g", (1 + 4 * l) / (4 + l) }')"
	exits 0 rec-eval -t truth --relevant 2 recall@1,2 <lists
	is recall@1 0
	is recall@2 1
	grep -q 'relevant=value>=2;' out
}

@test "rec-eval: truth against itself is exactly 1" {
	random_data 5
	awk -F'\t' '$3 > 0' truth >positive
	exits 0 rec-eval -t positive recall@30 map@30 ndcg@30 'ndcg(gain=linear)@1,2,30' hit@1 mrr@1 precision@1 --shallow <positive
	[ "$(cut -f2 out | sort -u)" = 1 ] || fail "$(cut -f1,2 out)"
	exits 0 rec-eval -t positive --ties mean recall@30 map@30 ndcg@30 'ndcg(gain=linear)@1,2,30' hit@1 mrr@1 --shallow <positive
	[ "$(cut -f2 out | sort -u)" = 1 ] || fail "$(cut -f1,2 out)"
	exits 0 rec-eval -t positive <positive
	[ "$(cut -f1,2 out)" = "rmse${TAB}0
mae${TAB}0" ]
}

@test "rec-eval: equal to a slow oracle on random data with ties, k beyond the items, empty users" {
	command -v python3 >/dev/null || skip "python3 is not installed: rec-eval was not compared with its oracle"
	for seed in 1 2 3; do
		for kind in "" whole; do
			rm -f lists truth train
			random_data $seed $kind
			for ties in label worst best; do
				for k in 1 7 40; do
					m="recall@$k precision@$k f1@$k hit@$k mrr@$k map@$k ndcg@$k ndcg(gain=linear)@$k ndcg(gain=exp)@$k rmse mae"
					least=35
					[ $ties != label ] || { m="$m coverage@$k gini@$k novelty@$k"; least=$((least + 3)); }
					[ -z "$kind" ] || { m="$m auc"; least=$((least - 5)); }
					# shellcheck disable=SC2086
					exits 0 rec-eval -q -t truth --train train --shallow --ties $ties $m <lists
					python3 "$ROOT/tests/oracle/eval.py" lists truth train $k $ties >want
					sed "s/@$k//" out | awk -F'\t' -v least=$((least - 8)) '
						NR == FNR { want[$1] = $2; next }
						$1 in want { n++; d = $2 - want[$1]; if (d > 1e-9 || d < -1e-9) { print $1, $2, "oracle", want[$1]; bad = 1 } }
						END { if (n < least) { print n, "measures compared"; bad = 1 }; exit bad }' want - ||
						fail "seed $seed $kind ties $ties k $k"
				done
			done
		done
	done
}

@test "rec-eval: Gowalla's published row of the most popular items is the floor" {
	d=$(data_dir || true)/lightgcn-gowalla
	[ -d "$d" ] || skip "no data: set REC_DATA"
	gzip -dc "$d/test.tsv.gz" | head -1 | cut -f1 >user
	seq 20 | awk -v u="$(cat user)" '{ print u "\titem" $1 "\t" 100 - $1 }' >lists
	exits 0 rec-eval -t "$d/test.tsv.gz" --train "$d/train.tsv.gz" recall@20 ndcg@20 <lists
	[ "$(value recall@20/floor out | cut -c1-6)" = 0.0416 ]
	[ "$(value ndcg@20/floor out | cut -c1-7)" = 0.03168 ]
	grep -q 'answered=1/29858' out
}

@test "rec-eval: --train adds floor, ceiling, thirds, history and shares" {
	small
	exits 0 rec-eval -t truth --train train recall@3 coverage@3 novelty@3 <lists
	# pairs in train: c 3, a b d 1 each, e none; u1 holds d, u2 c, u3 b and
	# c
	near recall@3/floor 0.88888888888888888	# c a b for u1, a b d for u2, a d for u3
	near recall@3/ceiling 0.88888888888888888	# e can't be hit
	is recall@3/head 1	# c: u1
	is recall@3/middle 0.5	# a: u1, and u3 who has no list
	is recall@3/tail 1	# b d: u2
	is recall@3/history:1-2 0.5555555555555555
	is coverage@3 1
	is truth-in-train 0
	is listed-in-train 0
	grep -q "^recall@3/head.*answered=1/1; over answered 1$" out
	grep -q "^truth-in-train${TAB}0${TAB}share of relevant truth pairs that are pairs of train; pairs=0/5$" out
	printf 'u1\ta\nu1\tc\nu1\te\nu1\td\nu2\td\nu3\ta\n' >truth
	exits 0 rec-eval -t truth --train train recall@3 <lists
	is truth-in-train 0.16666666666666666
	near recall@3/ceiling 0.83333333333333333
}

@test "rec-eval: coverage, Gini and novelty count never-listed items of train" {
	printf 'u1\ta\t2\nu1\tb\t1\nu2\ta\t2\nu2\tz\t1\n' >lists
	printf 'u1\ta\nu2\tb\n' >truth
	printf 'u3\ta\nu3\tb\nu4\ta\nu4\tc\nu5\td\nu6\tb\n' >train
	exits 0 rec-eval -t truth --train train coverage@2 gini@2 novelty@2 gini@1 <lists
	is coverage@2 0.5
	near gini@2 0.58333333333333333	# counts 0 0 1 2
	near gini@1 0.75
	is novelty@2 1	# a a b, each held by 2 of 4 users
	grep -q '^coverage@2.*; items=4; listed=2; lists=2; unknown=1$' out
	grep -q '^novelty@2.*; pairs=3/4$' out
	exits 2 rec-eval -t truth coverage@2 <lists
	says "rec-eval: coverage@2 needs --train"
	exits 2 rec-eval -t truth --train train --ties mean gini@2 <lists
	says "rec-eval: --ties mean: gini@2 is defined for label order only"
}

@test "rec-eval: scored pairs: rmse and mae by default, unscored truth and extra pairs are counted" {
	printf 'u1\ta\t4\nu1\tb\t3\nu2\ta\t1\n' >truth
	printf 'u1\ta\t3\nu1\tb\t3\nu2\ta\t3\n' >pairs
	exits 0 rec-eval -t truth <pairs
	is rmse 1.2909944487358056
	is mae 1
	[ "$(sed -n 2p out)" = "mae${TAB}1${TAB}mean over pairs of |score - value|; pairs=3/3" ]
	printf 'u1\ta\t3\nu1\tz\t3\n' | exits 0 rec-eval -t truth mae
	is mae 1
	grep -q 'pairs=1/3$' out
	says "rec-eval: 1 scored pair is left out: the truth does not hold it"
	printf 'u7\ta\t3\n' | exits 1 rec-eval -q -t truth mae
	says "rec-eval: --truth truth: none of its users has a list: 'u1' there, 'u7' on stdin"
}

@test "rec-eval: default METRICS for lists, no deeper than they are" {
	small
	exits 0 rec-eval -t truth <lists
	[ "$(cut -f1 out | tr '\n' ' ')" = "recall@3 ndcg@3 map@3 hit@3 mrr@3 " ] || fail "$(cut -f1 out)"
	exits 0 rec-eval -t truth recall mrr --shallow <lists
	[ "$(cut -f1 out | tr '\n' ' ')" = "recall@10 mrr@10 " ]
}

@test "rec-eval: ties by label, expectation, worst, best" {
	printf 'u\ta\t2\nu\tb\t1\nu\tc\t1\nu\td\t1\nu\te\t0\n' >lists
	printf 'u\tc\nu\te\n' >truth
	for t in label:0 mean:0.16666666666666666 worst:0 best:0.5; do
		exits 0 rec-eval -t truth --ties ${t%:*} recall@2 mrr@4 <lists
		is recall@2 ${t#*:}
		grep -q "; ties=${t%:*};" out
	done
	exits 0 rec-eval -t truth --ties mean mrr@4 ndcg@4 map@4 hit@3 <lists
	near mrr@4 0.36111111111111111	# (1/2 + 1/3 + 1/4) / 3
	near hit@3 0.66666666666666666
}

@test "rec-eval: refusals" {
	small
	cut -f1,2 lists >ranks
	exits 1 rec-eval -t truth recall@2 <ranks
	says "rec-eval: the lists have no scores; for lists in rank order: rec-cat --rank"
	exits 1 rec-eval -t truth recall@4 <lists
	says "rec-eval: recall@4: the longest list has 3 entries; make longer lists (rec-topn -n 4), or allow it by --shallow"
	exits 0 rec-eval -t truth recall@4 --shallow <lists
	: >empty
	exits 1 rec-eval -t empty recall@2 <lists
	says "rec-eval: truth is empty"
	exits 1 rec-eval -t truth recall@2 <empty
	says "rec-eval: no lists: the input is empty"
	exits 2 rec-eval -t truth auc <lists
	says "rec-eval: auc needs --train or --candidates, to know what a whole list holds"
	sed '/u2.d/d' lists | exits 1 rec-eval -t truth --train train auc
	says "rec-eval: auc needs whole lists: that of 'u2' holds 2 of 3 candidates"
	printf 'u1\ta\t5\nu1\ta\t4\n' | exits 1 rec-eval -t truth recall@1
	mentions "u1"
	mentions "twice"
	one_line rec-eval
	printf 'u1\ta\t0\n' >nothing
	exits 1 rec-eval -t nothing recall@1 <lists
	says "rec-eval: recall@1: nothing to measure in the truth"
	printf 'x\ta\n' >others
	exits 1 rec-eval -t others recall@1 <lists
	says "rec-eval: --truth others: none of its users has a list: 'x' there, 'u1' on stdin"
	printf 'u1\ta\t1\nu1\tb\t1\nu2\ta\t2\nu2\tb\t1\n' >some
	exits 0 rec-eval -t truth recall@1 <some
	says "rec-eval: in 1 of 2 lists all scores are equal; the order is that of --ties"
}

@test "rec-eval: usage errors" {
	small
	exits 2 rec-eval recall@2 <lists
	says "rec-eval: -t TRUTH is missing"
	exits 2 rec-eval -t truth recal@2 <lists
	says "rec-eval: 'recal@2' names no measure; did you mean recall@2? (all: recall precision f1 hit mrr map ndcg auc rmse mae coverage gini novelty)"
	exits 2 rec-eval -t truth -b recall@2 <lists
	says "rec-eval: --binary: measures are text; see --json"
	exits 2 rec-eval -t truth --per-user --json <lists
	says "rec-eval: --per-user cannot work with --json"
	exits 2 rec-eval --summarize -t truth <lists
	says "rec-eval: --summarize cannot work with --truth"
	exits 2 rec-eval --summarize --part 1/2 <lists
	says "rec-eval: --summarize cannot work with --part"
	exits 2 rec-eval -t truth --part 1/2 recall@2 <lists
	says "rec-eval: --part needs --per-user; the parts together are summed up by --summarize"
	exits 2 rec-eval --summarize recall@2 <lists
	says "rec-eval: --summarize takes no METRICS: the input says what was measured"
	exits 2 rec-eval -t truth --significance t <lists
	says "rec-eval: --significance needs --compare"
	exits 2 rec-eval -t truth --fail-if 'recall@2=1' <lists
	says "rec-eval: --fail-if: 'recall@2=1' is not understood; an example: 'ndcg@10<0.3'"
	exits 2 rec-eval -t truth --relevant 0 <lists
	one_line rec-eval
	exits 2 rec-eval -t - recall@2 <lists
	says "rec-eval: stdin is wanted twice, as lists and as truth; it can be read once: give one of them as a file, or by <( )"
}

@test "rec-eval: --fail-if is exit 3, names what failed, and the output is complete" {
	small
	rec-eval -t truth --train train recall@3 hit@1 <lists >plain
	exits 3 rec-eval -t truth --train train recall@3 hit@1 --fail-if 'recall@3<0.6' --fail-if 'hit@1>=recall@3' --fail-if 'recall@3<recall@3/floor' <lists
	says "rec-eval: gate 'recall@3<0.6' holds: recall@3 is 0.5555555555555555; gate 'recall@3<recall@3/floor' holds: recall@3 is 0.5555555555555555"
	same plain out
	exits 0 rec-eval -t truth --train train recall@3 hit@1 --fail-if 'recall@3<0.5' --fail-if 'recall@3>0.6' <lists
	same plain out
	exits 3 rec-eval -t truth recall@3 -o file --fail-if 'recall@3<=1' <lists
	[ "$(cut -f1 file)" = recall@3 ]
	exits 2 rec-eval -t truth recall@3 --fail-if 'ndcg@3<0.5' <lists
	says "rec-eval: --fail-if: 'ndcg@3' is not a measure of this run"
	[ ! -s out ]
	exits 2 rec-eval -t truth recall@3 --fail-if 'recall@3<x' <lists
	says "rec-eval: --fail-if: 'x' is neither a number nor a measure of this run"
}

@test "rec-eval: --summarize of parts in any order gives the bytes of the whole" {
	random_data 9
	awk -F'\t' '!($1 in s) { s[$1]; print $1 "\tg" NR % 3; if (NR % 4 == 0) print $1 "\tall" }' truth >groups
	m="recall@5,10 ndcg(gain=linear)@10 map@7 rmse mae coverage@5 gini@10 novelty@10"
	for extra in "" "--missing skip" "--groups groups"; do
		# shellcheck disable=SC2086
		{
			rec-eval -q -t truth --train train $extra $m <lists >whole
			rec-eval -q -t truth --train train $extra --per-user $m <lists | rec-eval --summarize >again
		}
		same whole again
		: >parts
		for p in u4:z a:u2 u2:u4; do
			awk -F'\t' -v p=$p 'BEGIN { split(p, b, ":") } $1 >= b[1] && $1 < b[2]' truth >truth.part
			# shellcheck disable=SC2086
			awk -F'\t' -v p=$p 'BEGIN { split(p, b, ":") } $1 >= b[1] && $1 < b[2]' lists | rec-eval -q -t truth.part --train train $extra --shallow --per-user $m >>parts
		done
		rec-eval --summarize <parts >again
		same whole again
		rec-eval --summarize --bootstrap 50 --json -j 1 <parts >a
		# shellcheck disable=SC2086
		rec-eval -q -t truth --train train $extra --bootstrap 50 --json $m -j 2 <lists >b
		same a b
	done
}

@test "rec-eval: --per-user --part of whole inputs: the parts together, in any order, give the bytes of the whole" {
	rec-gen --users 1500 --items 60 --rows 24000 --times --explicit >all
	rec-split -q --ratio 0.3 --test truth <all >train
	rec-als -q -k 4 -i 2 --explicit <train >m.rec
	rec-topn -q -m m.rec -n 10 <train >lists.all
	awk -F'\t' '$1 !~ /7$/' lists.all >lists
	printf 'u7x\ti1\t2\nu7x\ti2\t1\n' >>lists
	cut -f1,2 lists >pairs
	awk -F'\t' 'NR % 2 { print $1 "\t" $2 }' truth >>pairs
	awk -F'\t' '!($1 in s) { s[$1]; print $1 "\tg" NR % 3; if (NR % 4 == 0) print $1 "\tall" }' truth >groups
	m="recall@5,10 ndcg(gain=linear)@10 map@7 rmse mae coverage@5 gini@10 novelty@10"
	for extra in "" "--missing skip --groups groups" "--candidates pairs"; do
		# shellcheck disable=SC2086
		rec-eval -q -t truth --train train $extra --bootstrap 50 $m <lists >whole
		for n in 1 2 3 7; do
			: >parts
			for i in $(seq $n -1 1); do
				# shellcheck disable=SC2086
				rec-eval -q -t truth --train train $extra --per-user --part "$i/$n" $m <lists >>parts
			done
			rec-eval --summarize --bootstrap 50 <parts >again
			same whole again
		done
		# shellcheck disable=SC2086
		rec-eval -q -t truth --train train $extra --per-user --part 50/50 $m <lists >empty
		[ "$(tail -n 1 empty)" = "${TAB}end${TAB}0" ]
		cat empty parts | rec-eval --summarize --bootstrap 50 >again
		same whole again
	done
	# lines of users are those of the whole, once each
	rec-eval -q -t truth --per-user recall@5 <lists | grep -v "^$TAB" >whole
	for i in 1 2 3; do rec-eval -q -t truth --per-user --part $i/3 recall@5 <lists | grep -v "^$TAB"; done >parts
	same whole parts
}

@test "rec-eval: what is wrong with a list is found by one of the parts" {
	rec-gen --users 700 --items 30 --rows 9000 --explicit >all
	rec-split -q --ratio 0.3 --test truth <all >lists
	cp lists pairs
	printf 'u30\tno-candidate\t1\n' >>lists
	failed=0
	for i in 1 2 3; do
		rec-eval -q -t truth --candidates pairs --per-user --part $i/3 recall@5 <lists >out 2>err && continue
		says "rec-eval: the list of 'u30' holds 'no-candidate', which is not among its candidates"
		failed=$((failed + 1))
	done
	[ $failed -eq 1 ]
}

@test "rec-eval: --per-user reads as user, measure, value" {
	small
	exits 0 rec-eval -t truth --per-user recall@3 <lists
	[ "$(grep -v "^$TAB" out)" = "u1${TAB}recall@3${TAB}0.6666666666666666
u2${TAB}recall@3${TAB}1
u3${TAB}recall@3${TAB}0${TAB}missing" ]
}

@test "rec-eval: --summarize refuses what can't be merged and what was cut" {
	small
	rec-eval -t truth --per-user recall@3 <lists >a
	cat a a | exits 1 rec-eval --summarize
	says "rec-eval: <stdin>: user 'u1' appears twice: parts must hold different users"
	rec-eval -t truth --per-user --ties best recall@3 <lists >b
	cat a b | exits 1 rec-eval --summarize
	says "rec-eval: <stdin>:8: made with other options or other train data than the first part; such parts cannot be merged"
	sed '$d' a | exits 1 rec-eval --summarize
	says "rec-eval: <stdin>:7: the text was cut off: a part has no end line"
	sed 5d a | exits 1 rec-eval --summarize
	says "rec-eval: <stdin>:6: the text was cut off: the end line counts other users"
	head -c 200 a | exits 1 rec-eval --summarize
	says "rec-eval: <stdin>:6: the text was cut off"
	exits 1 rec-eval --summarize <lists
	says "rec-eval: <stdin>:1: not what rec-eval --per-user writes"
	exits 1 rec-eval --summarize </dev/null
	says "rec-eval: <stdin>: empty; --summarize reads what --per-user writes"
	sed 's/0.6666666666666666/x/' a | exits 1 rec-eval --summarize
	says "rec-eval: <stdin>:4: a bad value"
}

# edited SED WHAT: text of --per-user, changed by SED, is refused for WHAT.
edited() {
	sed "$1" a >changed
	cmp -s a changed && fail "'$1' changes nothing"
	exits 1 rec-eval --summarize <changed
	grep -qxF -- "rec-eval: <stdin>$2" <(sed 's/<stdin>:[0-9]*:/<stdin>:N:/' err) || fail "'$1': '$(cat err)', not '$2'"
}

@test "rec-eval: --summarize refuses numbers that contradict the lines" {
	printf 'u%d\ti1\t1\nu%d\ti2\t1\n' 1 1 2 2 3 3 >truth
	printf 'u1\ti1\t3\nu1\ti3\t2\nu2\ti2\t2\nu2\ti1\t1\n' >lists
	printf 'u1\ti4\t1\nu2\ti4\t1\nu3\ti1\t1\nu3\ti2\t1\nu1\ti3\t1\n' >train
	rec-eval -q -t truth --train train --per-user recall@2 coverage@2 gini@2 novelty@2 <lists >a
	rec-eval --summarize <a >out
	edited 's/^\titems\t4$/\titems\t2/' ": items of train in lists: 3, but the first lines say 2; give all parts of one rec-eval --per-user"
	edited 's/^\titems\t4$/\titems\t-4/' ":N: items: not a number of items"
	edited 's/^\titems\t4$/\titems\t18446744073709551615/' ":N: items: not a number of items"
	edited '/^\titems\t4$/p' ":N: items is said twice"
	edited '/^\titems\t4$/d' ":N: a measure of the catalogue, but no line says how many items there are"
	edited 's/^\tmissing\tzero$/\tmissing\tperhaps/' ":N: missing is neither zero nor skip"
	edited 's/^\tmissing\tzero$/&\n&/' ":N: missing is said twice"
	edited 's/^\tmissing\tzero$/&\n\tother\t1/' ":N: not one of the first lines that rec-eval --per-user writes"
	edited '/^\tseries\tgini@2/p' ":N: a measure is named twice"
	edited 's/^\(\tseries\tgini@2\t4\t1\t\)2/\10/' ":N: a measure of the catalogue without its cut-off"
	edited 's/^\(\tseries\trecall@2\t0\t\)3/\17/' ":N: a series line with marks that cannot be"
	edited '/^u1\trecall@2\t/p' ":N: a measure appears twice for one user"
	edited '/^u1\thistory\t/p' ":N: a history appears twice for one user"
	edited '/^u1\thistory\t/d' ":N: other users have a history line, and this one has none"
	edited '/^u1\tlisted\t/p' ":N: a list appears twice for one user"
	edited 's/^u1\tlisted\ti1\ti3$/u1\tlisted\ti1\ti1/' ":N: an item appears twice in one list"
	edited 's/^\(u1\tnovelty@2\t.*\t\)2\t2$/\12\t1/' ":N: more pairs are counted than there are"
	edited 's/^\(u1\tnovelty@2\t.*\t\)2\t2$/\11\t2/' ":N: the value is not what its sum and count give"
	edited 's/^\(u1\tnovelty@2\t.*\t\)2\t2$/\10\t2/' ":N: a sum that the pairs cannot have"
	edited 's/^u3\trecall@2\t0\tmissing$/u3\trecall@2\t1\tmissing/' ":N: a missing list counts 0"
	edited 's/^u1\trecall@2\t.*/u1\trecall@2\t1e300/' ":N: a value that no measure has"
	edited 's/^\tend\t3$/\tend\t4/' ":N: the text was cut off: the end line counts other users"
	rec-eval -q -t truth --per-user rmse <lists >a
	edited 's/^\(u1\trmse\t\).*/\1-1\t-2\t2\t2/' ":N: a sum that the pairs cannot have"
	edited 's/^\tmissing\tzero$/&\n\titems\t1/; s/^u1\trmse/u1\tlisted\ti1\ti2\n&/' ": items of train in lists: 2, but the first lines say 1; give all parts of one rec-eval --per-user"
	edited 's/^u1\trmse/u1\tlisted\ti1\n&/' ":N: a list, but no line says how many items there are"
}

@test "rec-eval: same bytes for any order of the lines, any -j, text or binary" {
	random_data 4
	m="recall@5 ndcg@5 gini@5 rmse"
	# shellcheck disable=SC2086
	{
		rec-eval -q -j 1 -t truth --train train --bootstrap 40 $m <lists >a
		sort -r lists | rec-eval -q -j 2 -t truth --train train --bootstrap 40 $m >b
		sort -k2 truth >truth.2
		rec-cat -b lists >lists.rec
		rec-cat -b train >train.rec
		rec-eval -q -t truth.2 --train train.rec --bootstrap 40 $m <lists.rec >c
	}
	same a b
	same a c
}

@test "rec-eval: --groups: every measure per group, users without a group in none" {
	small
	printf 'u1\told\nu3\told\nu2\tnew\nu1\tall of them\nu2\tall of them\nu3\tall of them\nu7\tother\n' >groups
	exits 0 rec-eval -t truth --groups groups recall@3 hit@1 <lists
	is recall@3/group:new 1
	near recall@3/group:old 0.33333333333333333
	[ "$(value 'recall@3/group:all of them' out)" = "$(value recall@3 out)" ]
	grep -q "^hit@1/group:old${TAB}0.5${TAB}hit@1 over the users of group old; answered=1/2; over answered 1$" out
	[ "$(wc -l <out)" -eq 8 ]
}

@test "rec-eval: --candidates checks lists, counts ties worst, says how many were sampled" {
	printf 'u1\ta\t1\nu1\tb\t1\nu1\tc\t0\nu2\td\t3\nu2\tb\t2\nu2\te\t1\n' >lists
	printf 'u1\tb\nu2\td\n' >truth
	cut -f1,2 lists >candidates
	printf 'x\ta\nx\tb\nx\tc\nx\td\nx\te\n' >train
	exits 0 rec-eval -t truth --candidates candidates --train train recall@1 auc <lists
	is recall@1 0.5
	is auc 0.875
	grep -q '^recall@1.*; ties=worst; sampled=2; ' out
	says "rec-eval: --train train: none of its users is in the truth: 'x' there, 'u1' in the truth
rec-eval: no estimate of the unsampled values: it needs from 1 to 1000 sampled items, and a larger catalogue"
	exits 0 rec-eval -t truth --candidates candidates recall@1 <lists
	says "rec-eval: no estimate of the unsampled values: it needs --train, for the number of items"
	exits 0 rec-eval -t truth --candidates candidates --ties label recall@1 <lists
	is recall@1 0.5
	exits 2 rec-eval -t truth --candidates - recall@1 <lists
	says "rec-eval: stdin is wanted twice, as lists and as candidates; it can be read once: give one of them as a file, or by <( )"
	sed 2d candidates >fewer
	exits 1 rec-eval -t truth --candidates fewer recall@1 <lists
	says "rec-eval: the list of 'u1' holds 'b', which is not among its candidates"
}

@test "rec-eval: the estimate from sampled ranks comes close to the value over all items" {
	awk 'BEGIN {
		srand(3)
		for (i = 0; i < 400; i++) print "x" i "\ti" i >"train"
		for (u = 0; u < 1500; u++) {
			split("", score); split("", drawn)
			for (i = 0; i < 400; i++) score[i] = rand()
			hit = int(rand() * 400)
			score[hit] = 1 - (1 - score[hit]) * rand() * rand()
			print "u" u "\ti" hit >"truth"
			for (i = 0; i < 400; i++) print "u" u "\ti" i "\t" score[i] >"full"
			drawn[hit]
			for (n = 0; n < 60;) { i = int(rand() * 400); if (!(i in drawn)) { drawn[i]; n++ } }
			for (i in drawn) { print "u" u "\ti" i >"candidates"; print "u" u "\ti" i "\t" score[i] >"lists" }
		}
	}'
	exits 0 rec-eval -t truth recall@10 ndcg@10 <full
	mv out full.out
	exits 0 rec-eval -q -t truth --train train --candidates candidates recall@10 ndcg@10 <lists
	for m in recall@10 ndcg@10; do
		awk -v full="$(value $m full.out)" -v raw="$(value $m out)" -v est="$(value $m/corrected out)" 'BEGIN {
			d = est - full; if (d < 0) d = -d
			exit !(d < 0.03 && raw - full > 0.2) }' || fail "$m: $(value $m full.out), sampled $(value $m out), corrected $(value $m/corrected out)"
	done
}

@test "rec-eval: --compare with each test of significance" {
	random_data 11
	awk -F'\t' -v OFS='\t' '{ $3 = ($3 * 7919 + NR * 31) % 101 / 10; print }' lists >other
	for t in t wilcoxon randomization; do
		exits 0 rec-eval -q -t truth --compare other --significance $t recall@3 rmse <lists
		[ "$(cut -f1 out | tr '\n' ' ')" = "recall@3 recall@3/compared recall@3/difference recall@3/p rmse rmse/compared rmse/difference rmse/p " ]
		[ "$(value recall@3/compared out)" = "$(rec-eval -q -t truth recall@3 <other | cut -f2)" ]
		awk -F'\t' '{ v[$1] = $2 } END { d = v["recall@3"] - v["recall@3/compared"] - v["recall@3/difference"]
			exit !(d < 1e-15 && d > -1e-15 && v["recall@3/p"] > 0 && v["recall@3/p"] <= 1) }' out || fail "$(cat out)"
	done
	exits 0 rec-eval -q -t truth --compare lists recall@3 <lists
	is recall@3/p 1
	is recall@3/difference 0
	grep -q "two-sided p of the paired t test over users; t=0; users=" out
}

@test "rec-eval: --bootstrap: an interval around the value that depends on the seed alone" {
	random_data 12
	exits 0 rec-eval -q -t truth --bootstrap 200 recall@5 <lists
	sed -n 's/.*95% interval \(.*\) to \(.*\) (bootstrap of users, 200 rounds, seed 1)$/\1 \2/p' out >interval
	read -r lo hi <interval
	awk -v lo="$lo" -v x="$(value recall@5 out)" -v hi="$hi" 'BEGIN { exit !(lo < x && x < hi && hi - lo < 0.4) }' || fail "$(cat out)"
	mv out one
	exits 0 rec-eval -q -j 1 -t truth --bootstrap 200 recall@5 <lists
	same one out
	exits 0 rec-eval -q --seed 2 -t truth --bootstrap 200 recall@5 <lists
	cmp -s one out && fail "another seed, the same interval"
	true
}

@test "rec-eval: --json holds the same numbers, and labels that are no UTF-8" {
	small
	printf 'u1\tq"\\\351\nu2\t\303\251\n' >groups
	exits 0 rec-eval -t truth --groups groups --json recall@3 <lists
	grep -q '^{"measure": "recall@3", "value": 0.5555555555555555, "definition": "mean over users of hits in the first 3 / |truth|; ' out
	grep -qF '"recall@3/group:q\"\\\u00e9"' out || fail "$(cat out)"
	if command -v python3 >/dev/null; then
		python3 -c 'import json, sys; m = json.load(open("out"))["measures"]; sys.exit(len(m) != 3 or m[0]["value"] != 0.5555555555555555)' || fail "$(cat out)"
	fi
}

@test "rec-eval: ndcg(gain=exp) counts 2^value - 1, and refuses what overflows" {
	printf 'u\ta\t3\nu\tb\t2\nu\tc\t1\n' >lists
	printf 'u\ta\t1\nu\tb\t3\nu\tc\t-2\nu\td\t0.5\n' >truth
	exits 0 rec-eval -t truth 'ndcg(gain=exp)@3' <lists && says ""
	want=$(awk 'BEGIN { l = log(2); a = 1 + 7 * l / log(3); b = 7 + l / log(3) + (sqrt(2) - 1) / 2; printf "%.15g", a / b }')
	awk -F'\t' -v want="$want" '{ exit ($2 - want) ^ 2 > 1e-28 }' out
	grep -q 'its best for min(3, |truth|) items; gain=2^value-1;' out
	printf 'u\ta\t1000\nu\tb\t999\n' >truth
	exits 0 rec-eval -t truth 'ndcg(gain=exp)@3' <lists && [ "$(cut -f2 out)" = 1 ]
	printf 'u\ta\t1001\n' >truth
	exits 1 rec-eval -t truth 'ndcg(gain=exp)@3' <lists
	says "rec-eval: ndcg(gain=exp)@3: truth holds the value 1001, and 2^value is for grades of at most 1000; see gain=linear"
	exits 2 rec-eval -t truth 'ndcg(gain=log)@3' <lists
	says "rec-eval: ndcg(gain=log)@3: the parameter of ndcg is gain=1, gain=linear or gain=exp"
}
