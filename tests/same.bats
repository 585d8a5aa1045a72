#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The same bytes: for any order of lines, number of threads, encoding between
# stages, instruction set, parts and shards. Over all commands, by cmp.

load helpers

# everything [OPTIONS OF ALL COMMANDS]: run every command on all.tsv and leave
# each result in a file of its own in the current folder.
everything() {
	rec-split "$@" --ratio 0.25 --test ratio.test <all.tsv | sort >ratio.train
	sort -o ratio.test ratio.test
	rec-split "$@" --last 2 --test last.test --valid-ratio 0.2 --valid last.valid <all.tsv >last.train
	rec-split "$@" --leave 1 --core 2 --test leave.test <all.tsv >leave.train
	rec-split "$@" --user-ratio 0.3 --given 0.5 --input users.input --test users.test --min-user 2 <all.tsv >users.train
	rec-cat "$@" --merge all.tsv >cat.merged
	rec-als "$@" -q -k 12 -i 3 <all.tsv >als.rec
	rec-als "$@" -q -k 12 -i 3 --solver cg --weights log <all.tsv >cg.rec
	rec-als "$@" -q -k 5 -i 3 --explicit <all.tsv >explicit.rec
	for m in cosine jaccard llr lift conditional; do
		rec-sim "$@" -q $m -n 7 <all.tsv >sim.$m
	done
	rec-sim "$@" -q -b linear --exponents 1.1,.75,.15 -n 0 <all.tsv >sim.linear
	rec-sim "$@" -q -b pearson -n 9 <all.tsv >sim.pearson
	rec-sim "$@" -q -b popular <all.tsv >sim.popular
	rec-topn "$@" -q -m als.rec -n 6 <last.train >topn.als
	rec-topn "$@" -q -m als.rec -n 6 --fold-in <last.train >topn.fold
	rec-topn "$@" -q -m sim.cosine -n 6 <last.train >topn.sim
	rec-topn "$@" -q -m als.rec -m sim.cosine --blend 1,2 --scale zscore -n 6 <last.train >topn.blend
	rec-score "$@" -q -m explicit.rec <all.tsv | sort >score.explicit
	rec-eval "$@" -q -t last.test --train last.train recall@3,6 ndcg@6 map@6 mrr@6 coverage@6 <topn.als >eval.als
	rec-eval "$@" -q -t last.test --per-user recall@3 ndcg@6 <topn.als >eval.users
}

setup() {
	mkdir -p "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/b"
	cd "$BATS_TEST_TMPDIR" || return 1
	make_train 300 60 3000 >all.tsv
	cp all.tsv a/all.tsv
}

# equal_folders: a and b hold the same files with the same bytes.
equal_folders() {
	for f in a/*; do
		[ "${f##*/}" = all.tsv ] || same "$f" "b/${f##*/}" || fail "${f##*/} differs: $1" || return 1
	done
	[ "$(ls a)" = "$(ls b)" ]
}

@test "same bytes: shuffled input lines" {
	(cd a && everything)
	sort -R all.tsv >b/all.tsv 2>/dev/null || shuf all.tsv >b/all.tsv
	! cmp -s all.tsv b/all.tsv || false
	(cd b && everything)
	equal_folders "shuffled lines"
}

@test "same bytes: -j 1, 2 and 7" {
	(cd a && everything -j 1)
	for j in 2 7; do
		rm -rf b && mkdir b && cp all.tsv b
		(cd b && everything -j $j)
		equal_folders "-j $j"
	done
}

@test "same bytes: every instruction set this machine has" {
	(cd a && REC_ISA=plain everything)
	for isa in $(instruction_sets); do
		[ "$isa" = plain ] && continue
		rm -rf b && mkdir b && cp all.tsv b
		(cd b && REC_ISA=$isa everything)
		equal_folders "REC_ISA=$isa"
	done
}

@test "same bytes: text or recmat between every pair of stages" {
	rec-split --last 2 --test test.tsv <all.tsv >train.tsv
	rec-cat -b all.tsv >all.rec
	rec-split -b --last 2 --test test.rec <all.rec >train.rec
	rec-cat train.rec | cmp - train.tsv
	rec-cat test.rec | cmp - test.tsv
	for in in train.tsv train.rec; do
		for opt in "-k 12 -i 3" "-k 5 -i 2 --explicit" "-k 5 -i 2 --solver cg --weights linear"; do
			# shellcheck disable=SC2086
			rec-als -q $opt <$in >"als.$in.$opt"
			[ $in = train.tsv ] || same "als.train.tsv.$opt" "als.train.rec.$opt"
		done
	done
	rec-als -q -k 12 -i 3 <train.tsv >als.rec
	rec-sim -q cosine -n 7 <train.tsv >sim.tsv
	rec-sim -q -b cosine -n 7 <train.rec >sim.rec
	for m in als.rec sim.tsv sim.rec; do
		for in in train.tsv train.rec; do
			rec-topn -q -m $m -n 6 <$in >lists.tsv
			rec-topn -q -b -m $m -n 6 <$in >lists.rec
			rec-cat lists.rec | cmp - lists.tsv
			[ -e "lists.$m" ] || cp lists.tsv "lists.$m"
			same "lists.$m" lists.tsv
			for l in lists.tsv lists.rec; do
				for t in test.tsv test.rec; do
					rec-eval -q -t $t --train $in recall@3 ndcg@6 coverage@6 <$l >"eval.$l.$t"
					same eval.lists.tsv.test.tsv "eval.$l.$t"
				done
			done
			rm -f eval.*
		done
	done
	same lists.sim.tsv lists.sim.rec
	for in in test.tsv test.rec; do
		rec-score -q -m als.rec <$in | sort >score.tsv
		rec-score -q -b -m als.rec <$in | rec-cat | sort >score.rec
		same score.tsv score.rec
	done
}

@test "same bytes: parts are the whole" {
	make_train 1500 700 20000 >big.tsv
	rec-als -q -k 8 -i 2 <big.tsv >als.rec
	rec-sim -q -b cosine -n 20 <big.tsv >sim.rec
	rec-sim -q cosine -n 20 <big.tsv >sim.tsv
	rec-topn -q -m als.rec -n 5 <big.tsv >lists.tsv
	rec-topn -q -b -m als.rec -n 5 <big.tsv >lists.rec
	for n in 1 2 3 7; do
		for i in $(seq $n); do
			rec-topn -q -m als.rec -n 5 --part $i/$n <big.tsv >"lists.part.$i.tsv"
			rec-topn -q -b -m als.rec -n 5 --part $i/$n <big.tsv >"lists.part.$i.rec"
			rec-sim -q cosine -n 20 --part $i/$n <big.tsv >"sim.part.$i.tsv"
			rec-sim -q -b cosine -n 20 --part $i/$n <big.tsv >"sim.part.$i.rec"
		done
		cat lists.part.*.tsv | cmp - lists.tsv
		cat sim.part.*.tsv | cmp - sim.tsv
		cat lists.part.*.rec | rec-cat --merge -b >merged
		same lists.rec merged
		cat sim.part.*.rec | rec-cat --merge -b >merged
		same sim.rec merged
		rm ./*.part.*
	done
}

@test "same bytes: shards are the whole" {
	rec-als -q -k 8 -i 2 <all.tsv >als.rec
	rec-topn -q -m als.rec -n 5 <all.tsv >whole.tsv
	rec-cat --merge -b all.tsv >whole.rec
	rec-topn -q -b -m als.rec -n 5 <all.tsv >whole.lists
	for by in user item; do
		rec-split -b --shards 5 --by $by --to "$by.%02d.rec" <all.tsv
		rec-cat --merge -b $by.0?.rec >merged
		same whole.rec merged
		rec-als -q -k 8 -i 2 <merged >again.rec
		same als.rec again.rec
	done
	for s in user.0?.rec; do
		rec-topn -q -m als.rec -n 5 <"$s" >"$s.tsv"
		rec-topn -q -b -m als.rec -n 5 <"$s" >"$s.lists"
	done
	LC_ALL=C sort -m -s -t"$TAB" -k1,1 user.0?.rec.tsv | cmp - whole.tsv
	rec-cat --merge -b user.0?.rec.lists | cmp - whole.lists
	for s in user.0?.rec; do
		rec-topn -q -m als.rec -n 5 <"$s" >l
		rec-cat "$s" >truth
		rec-eval -q -t truth --per-user recall@3 ndcg@5 <l
	done >users
	rec-eval -q -t all.tsv recall@3 ndcg@5 <whole.tsv >measured
	rec-eval -q --summarize <users >summarized
	same measured summarized
}
