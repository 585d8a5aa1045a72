#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What a beginner gets wrong, and what the commands say to it: what is wrong,
# and what to do next.

load helpers
load samples

# Lines of stdin, "ARGUMENTS|MESSAGE": `$1 ARGUMENTS` ends with exit 2 and says
# MESSAGE, with (see $1 --help) behind it where $2 is given.
refuses() {
	local c=$1 tail=${2:+ (see $1 --help)} args message
	while IFS='|' read -r args message; do
		# shellcheck disable=SC2086
		exits 2 $c $args </dev/null || return 1
		says "$c: $message$tail" || return 1
	done
}

@test "messages: an option that other tools call differently is named" {
	refuses rec-als help <<-'LIST'
		--rank 5|unknown option '--rank'; did you mean -k, --factors?
		--dim=5|unknown option '--dim'; did you mean -k, --factors?
		--embedding-size 5|unknown option '--embedding-size'; did you mean -k, --factors?
		--epochs 5|unknown option '--epochs'; did you mean -i, --iterations?
		--n_iter 5|unknown option '--n_iter'; did you mean -i, --iterations?
		--maxIter 5|unknown option '--maxIter'; did you mean -i, --iterations?
		--lambda 5|unknown option '--lambda'; did you mean --reg?
		--regularization 5|unknown option '--regularization'; did you mean --reg?
		--l2 5|unknown option '--l2'; did you mean --reg?
		--negative 5|unknown option '--negative'; did you mean --unobserved?
		--n_jobs 5|unknown option '--n_jobs'; did you mean -j, --threads?
		--random-state 5|unknown option '--random-state'; did you mean --seed?
		--train t|unknown option '--train'; it reads stdin: rec-als < train.tsv
		--input t|unknown option '--input'; it reads stdin: rec-als < train.tsv
		--test t|unknown option '--test'; rec-split does that
		--top 5|unknown option '--top'; rec-topn does that
		--csv|unknown option '--csv'; other formats come in by rec-cat --from, such as rec-cat --from csv
		--gzip|unknown option '--gzip'; a name that ends in .gz is compressed: -o FILE.gz
		-n 5|unknown option '-n'; the rank is -k, the number of sweeps -i
		-K 5|unknown option '-K'; did you mean -k, --factors?
		-rank 5|unknown option '-r'; did you mean -k, --factors?
		-verbose|unknown option '-e'; did you mean -v, --verbose?
	LIST
	refuses rec-topn help <<-'LIST'
		--topk 5|unknown option '--topk'; did you mean -n, --top?
		--k 5|unknown option '--k'; did you mean -n, --top?
		-k 5|unknown option '-k'; did you mean -n, --top?
		--num 5|unknown option '--num'; did you mean -n, --top?
		--exclude f|unknown option '--exclude'; did you mean --deny?
		--blacklist f|unknown option '--blacklist'; did you mean --deny?
		--filter f|unknown option '--filter'; did you mean --deny?
		--history f|unknown option '--history'; it reads stdin: rec-topn -m model.rec < train.tsv
		--filter_already_liked_items|unknown option '--filter_already_liked_items'; what the history on stdin holds is left out without it
	LIST
	refuses rec-sim help <<-'LIST'
		--method cosine|unknown option '--method'; METHOD comes without an option: rec-sim cosine < train.tsv
		--similarity cosine|unknown option '--similarity'; METHOD comes without an option: rec-sim cosine < train.tsv
		cosine -k 5|unknown option '-k'; did you mean -n, --neighbours?
		cosine --topk 5|unknown option '--topk'; did you mean -n, --neighbours?
		cosine --neighbors 5|unknown option '--neighbors'; did you mean -n, --neighbours?
	LIST
	refuses rec-eval help <<-'LIST'
		--test f|unknown option '--test'; did you mean -t, --truth?
		--metrics ndcg|unknown option '--metrics'; METRICS come without an option: rec-eval -t test.tsv recall@20 < lists.tsv
		--k 10|unknown option '--k'; a cut-off belongs to its measure: recall@20
	LIST
	refuses rec-split help <<-'LIST'
		--test-size 0.2|unknown option '--test-size'; did you mean --ratio?
		--cv 5|unknown option '--cv'; did you mean --folds?
		--train f|unknown option '--train'; did you mean -o, --output?
	LIST
	refuses rec-cat help <<-'LIST'
		--sep ,|unknown option '--sep'; did you mean -d, --delimiter?
		--output-format csv|unknown option '--output-format'; did you mean --to?
		--input-format csv|unknown option '--input-format'; did you mean --from?
	LIST
	refuses rec-gen help <<-'LIST'
		--n-users 5|unknown option '--n-users'; did you mean --users?
		--rank 5|unknown option '--rank'; did you mean --dim?
	LIST
	refuses rec-score help <<-'LIST'
		--train f|unknown option '--train'; it reads stdin: rec-score -m model.rec < pairs.tsv
	LIST
}

@test "messages: a synonym is named only where its option exists" {
	for c in $COMMANDS; do
		"$c" --options | cut -f2 >table
		for word in rank epochs lambda topk k n exclude include method metric test train input format sep jobs seed memory threshold history csv init ratings weights d f t s; do
			grep -qx "$word" table && continue
			exits 2 "$c" "--$word" </dev/null
			grep -oE "mean .*" err | grep -oE -- '--[a-z-]+' | sed 's/^--//' | grep -v '^help$' >named || true
			while read -r name; do
				grep -qx -- "$name" table || fail "$c has no --$name: $(cat err)"
			done <named
		done
	done
}

@test "messages: an option with a slip names the nearest" {
	refuses rec-als help <<-'LIST'
		--factor 5|unknown option '--factor'; did you mean -k, --factors?
		--fatcors 5|unknown option '--fatcors'; did you mean -k, --factors?
		--init 5|unknown option '--init'; did you mean --init-from?
		--bias|unknown option '--bias'; did you mean --bias-reg?
		--cg_steps 3|unknown option '--cg_steps'; did you mean --cg-steps?
		--zzz|unknown option '--zzz'
	LIST
	exits 2 rec-als --help=full
	says "rec-als: --help takes no value"
	exits 2 rec-als --version=1
	says "rec-als: --version takes no value"
}

@test "messages: values say what is allowed, and how to write it" {
	refuses rec-als <<-'LIST'
		-k -5|--factors: -5 is below 1
		-k 0|--factors: 0 is not between 1 and 16384
		-k 99999999999999999999999|--factors: 99999999999999999999999 is not between 1 and 16384
		-k 1e3|--factors: '1e3' is not a whole number (digits alone, from 1 to 16384)
		-k 64.0|--factors: '64.0' is not a whole number (digits alone, from 1 to 16384)
		--reg 20%|--reg: '20%' is not a number; write 0.2
		--reg 0,5|--reg: '0,5' is not a number; write 0.5
		--reg none|--reg: 'none' is not a number, nor auto
		--solver CG|--solver: 'CG' is none of cholesky, cg; did you mean cg?
		--solver lu|--solver: 'lu' is none of cholesky, cg
		--weights lin|--weights: 'lin' is none of none, linear, log; did you mean linear?
	LIST
	refuses rec-split <<-'LIST'
		--ratio 20% --test x|--ratio: '20%' is not a number; write 0.2
		--ratio 20 --test x|--ratio: 20 is not between 0 and 1
	LIST
	exits 2 rec-cat --to json
	says "rec-cat: --to: 'json' is none of $(rec-cat --options | awk -F'\t' '$2 == "to" { gsub(/ /, ", ", $4); print $4 }')"
	exits 4 rec-als --mem 1K <train.tsv
	grep -qE '^rec-als: needs [0-9]+ bytes, --mem allows 1024; give --mem [1-9][0-9]*M or more$' err || fail "$(cat err)"
	rec-als -q -k 4 -i 1 --mem "$(sed 's/.*give --mem \([0-9]*M\).*/\1/' err)" <train.tsv >enough.rec
	[ -s enough.rec ]
}

@test "messages: measures, by capitals, slips, other names, commas, files" {
	rec-eval -t truth.tsv ndcg@5 recall@5 <lists.tsv >small
	rec-eval -t truth.tsv NDCG@5 Recall@5 <lists.tsv | cmp - small
	all='(all: recall precision f1 hit mrr map ndcg auc rmse mae coverage gini novelty)'
	while IFS='|' read -r measure message; do
		# shellcheck disable=SC2086
		exits 2 rec-eval -t truth.tsv $measure <lists.tsv
		says "rec-eval: ${message/ALL/$all}"
	done <<-'LIST'
		ndgc@5|'ndgc@5' names no measure; did you mean ndcg@5? ALL
		ndcg10|'ndcg10' names no measure; did you mean ndcg@10? ALL
		P_5|'P_5' names no measure; did you mean precision@5? ALL
		hit-rate@5|'hit-rate@5' names no measure; did you mean hit@5? ALL
		ndcg@5,recall@5|ndcg@5,recall@5: measures are separated by blanks: ndcg@5 recall@5
		ndcg,recall|'ndcg,recall' names no measure; measures are separated by blanks, such as recall@10 ndcg@10
		lists.tsv|unexpected operand 'lists.tsv'; reads stdin: rec-eval -t test.tsv recall@20 < lists.tsv
		missing.tsv|unexpected operand 'missing.tsv'; reads stdin: rec-eval -t test.tsv recall@20 < lists.tsv
		some/file|unexpected operand 'some/file'; reads stdin: rec-eval -t test.tsv recall@20 < lists.tsv
	LIST
	exits 1 rec-eval -t truth.tsv recall@50 <lists.tsv
	says "rec-eval: recall@50: the longest list has 5 entries; make longer lists (rec-topn -n 50), or allow it by --shallow"
	exits 3 rec-eval -t truth.tsv ndcg@5 --fail-if 'ndcg@5<1' <lists.tsv
	says "rec-eval: gate 'ndcg@5<1' holds: ndcg@5 is $(cut -f2 small | head -1)"
}

@test "messages: methods, by slips and files" {
	all=$(rec-sim </dev/null 2>&1 | sed 's/.*one of: //')
	while IFS='|' read -r method message; do
		# shellcheck disable=SC2086
		exits 2 rec-sim $method </dev/null
		says "rec-sim: ${message/ALL/$all}"
	done <<-'LIST'
		Cosine|unknown method 'Cosine'; did you mean cosine? (all: ALL)
		jacard|unknown method 'jacard'; did you mean jaccard? (all: ALL)
		svd|unknown method 'svd'; one of: ALL
		train.tsv|unexpected operand 'train.tsv'; reads stdin: rec-sim cosine < train.tsv
		cosine train.tsv|unexpected operand 'train.tsv'; reads stdin: rec-sim cosine < train.tsv
	LIST
}

@test "messages: files that aren't there, are folders, or can't be read; stdin twice" {
	mkdir -p folder
	exits 1 rec-topn -m none.rec <train.tsv
	says "rec-topn: none.rec: No such file or directory; name a file that holds a model, or - for stdin"
	exits 1 rec-topn -m folder <train.tsv
	says "rec-topn: folder: Is a directory; name a file that holds a model, or join those in it by rec-cat folder/*"
	exits 1 rec-als -q -o none/model.rec <train.tsv
	says "rec-als: none/model.rec: No such file or directory; make the folder first: mkdir -p none"
	exits 1 rec-als -q -o folder <train.tsv
	says "rec-als: folder: Is a directory; name a file in it, such as folder/out"
	exits 2 rec-topn -m - <model.rec
	says "rec-topn: stdin is wanted twice, as a model and as histories; it can be read once: give one of them as a file, or by <( )"
	exits 2 rec-eval -t - ndcg@5 <lists.tsv
	says "rec-eval: stdin is wanted twice, as lists and as truth; it can be read once: give one of them as a file, or by <( )"
	[ "$(id -u)" -ne 0 ] || return 0
	cp model.rec secret.rec
	chmod 0 secret.rec
	exits 1 rec-topn -m secret.rec <train.tsv
	says "rec-topn: secret.rec: Permission denied; see who may read it: ls -l secret.rec"
}

@test "messages: --help fits the terminal, and offers no option that does nothing" {
	for c in $COMMANDS; do
		for width in 60 80 120; do
			COLUMNS=$width "$c" --help >help
			[ "$(awk '{ print length }' help | sort -n | tail -1)" -le $width ] || fail "$c --help at $width: $(awk -v w=$width 'length > w' help)"
		done
		COLUMNS='' "$c" --help >help
		[ "$(awk '{ print length }' help | sort -n | tail -1)" -le 80 ] || fail "$c --help is wider than 80"
		# its own options first, then those of all
		own=$("$c" --options | awk -F'\t' '$2 == "threads" { exit } { print "--" $2 }')
		for o in $own; do
			[ "$(grep -n -m1 -- "$o\b" help | cut -d: -f1)" -lt "$(grep -n '^Options of all commands' help | cut -d: -f1)" ] || fail "$c: $o stands behind the common options"
		done
		"$c" --options | awk -F'\t' '$5 == "hidden" { print "--" $2 }' | while read -r o; do
			! grep -qE -- "^ .*$o( |\$)" help || fail "$c offers $o" || exit 1
		done
	done
	! rec-eval --help | grep -q -- --binary || false
	! rec-topn --help | grep -q -- --seed || false
	rec-eval --help | grep -q -- '--seed N .*--bootstrap'
	exits 2 rec-eval -b -t truth.tsv <lists.tsv
	says "rec-eval: --binary: measures are text; see --json"
}

@test "messages: -v says settings, sizes and seconds, in every command" {
	for c in $COMMANDS; do
		exits 0 sample "$c" -v <"$(sample_stdin "$c")"
		grep -qE "^$c: version [^ ]+, [0-9]+ threads?, [a-z0-9]+, seed 1" err || fail "$c: $(cat err)"
		grep -qE "^$c: seconds: ([a-z]+ [0-9.]+, )*in all [0-9.]+; at most [0-9]+M of memory$" err || fail "$c: $(cat err)"
		grep -qE "^$c: .*bytes.out [0-9]+" err || fail "$c: $(cat err)"
		sample "$c" <"$(sample_stdin "$c")" | cmp - out
		sample "$c" -v --stats stats <"$(sample_stdin "$c")" >out 2>err
		[ "$(grep -c '^seconds' stats)" -ge 3 ]
	done
	exits 0 rec-als -q -v -k 7 -i 3 --reg 0.5 <train.tsv
	mentions ", factors 7, iterations 3, reg 0.5, reg-power" || mentions ", factors 7, iterations 3, reg 0.5, reg-pairs all, unobserved auto, weights none, alpha 1, target one"
	exits 0 rec-sim -q -v cosine -n 3 <train.tsv
	mentions ", neighbours 3, keep candidate, normalize none,"
	! grep -q exponents err || false
}
