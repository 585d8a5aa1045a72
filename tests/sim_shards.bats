#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# rec-sim over shards of the input: surveys, sums, the model of all sums equal
# to that of the whole data, refusals, damage.

load helpers

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return 1
	rec-gen --users 300 --items 600 --rows 7000 >whole.tsv
	printf 'zoe\tnone\t0\nzoe\ti3\t-1\n' >>whole.tsv	# an item and a user of whom no pair takes part
	for n in 1 2 3 7; do
		mkdir $n
		rec-split --shards $n --by user --to $n/shard.%d.tsv <whole.tsv
		: >$n/shard.empty.tsv
	done
	printf '%s\t%s\n' ann tea ann cake bob tea bob cake bob scones cy tea cy scones >likes.tsv
}

setup() {
	cd "$BATS_FILE_TMPDIR" || return 1
}

# survey N OPTIONS: of the shards of folder N into N/whole.tsv.
survey() {
	local n=$1
	shift
	for s in "$n"/shard.*.tsv; do rec-sim -q "$@" --survey <"$s"; done >"$n/whole.tsv"
}

# sums N ORDER OPTIONS: of the shards of folder N, by an order of sort.
sums() {
	local n=$1 order=$2
	shift 2
	for s in $(printf '%s\n' "$n"/shard.*.tsv | sort "$order"); do rec-sim -q "$@" --partial <"$s"; done
}

needs_blas() {
	rec-sim -q ease <likes.tsv >/dev/null 2>&1 || skip "no BLAS library here"
}

# equal OPTIONS: the sums of any shards, as recmat or text, give the model of
# the whole.
equal() {
	rec-sim -q -b -j 2 "$@" <whole.tsv >whole.rec
	for n in 1 2 3 7; do
		survey $n "$@"
		sums $n -s "$@" -b --whole $n/whole.tsv >sums.rec
		rec-sim -q -b -j 1 "$@" --merge <sums.rec >got
		same whole.rec got || fail "$n shards: $*"
		sums $n -r "$@" -b -j 1 --whole $n/whole.tsv | rec-sim -q -b -j 3 "$@" --merge --whole $n/whole.tsv >got
		same whole.rec got || fail "$n shards, other order, pipe: $*"
	done
	sums 3 -r "$@" --whole 3/whole.tsv | sort >sums.tsv
	rec-sim -q -b "$@" --merge --whole 3/whole.tsv <sums.tsv >got
	same whole.rec got || fail "text: $*"
}

@test "rec-sim --merge: the bytes of the whole for any number of shards, any order, text or recmat: methods that count" {
	equal cosine
	equal jaccard -n 0 --shrink 2
	equal dice -n 5 --min-sim 0.1
	equal overlap -n 5 --keep history
	equal count -n 0 --max-user 20 --seed 3 --duplicates max
	equal conditional -n 7 --min-support 2
	equal lift -n 9 --shrink 3
	equal llr -n 7 --normalize l2 --keep history
	equal cosine -n 9 --normalize l1 --center
	equal asymmetric --asymmetry 0.3 -n 11
	equal dot --weights none -n 3
	equal popular
}

@test "rec-sim --merge: the bytes of the whole: methods that weigh users" {
	equal linear
	equal linear --exponents 1.1,.75,.15 --power 0.8 -n 8 --min-support 2
	equal linear --exponents -0.5,.5,.5 -n 4
	equal linear --exponents 0,.5,.5 -n 6
	equal linear --exponents 9.5,.5,.5 -n 6
	equal p3alpha --walk 0.8,1 -n 5
	equal rp3beta --max-user 15 --normalize l1 -n 20
}

@test "rec-sim --merge: the bytes of the whole: ease" {
	needs_blas
	equal ease --reg 20
	equal ease -n 5 --keep history
}

@test "rec-sim --merge: every instruction set gives the same sums and model" {
	survey 2 linear
	sums 2 -s linear -b --whole 2/whole.tsv >want.sums
	rec-sim -q -b linear --merge <want.sums >want
	for isa in $(instruction_sets); do
		REC_ISA=$isa sums 2 -s linear -b --whole 2/whole.tsv >got.sums
		same want.sums got.sums
		REC_ISA=$isa rec-sim -q -b linear --merge <got.sums >got
		same want got
	done
}

@test "rec-sim --merge: text out, and parts of the rows" {
	sums 3 -s llr -b >sums.rec
	for args in "llr -n 4" "llr -n 4 --keep history" "llr -n 0" "jaccard -n 3 --normalize l1"; do
		# shellcheck disable=SC2086
		{
			rec-sim -q $args <whole.tsv >want
			rec-sim -q $args --merge <sums.rec >got
			same want got
			for i in 1 2 3 4 5 6; do rec-sim -q $args --merge --part $i/6 <sums.rec; done >got
			same want got
			rec-sim -q -b $args <whole.tsv >want
			for i in 1 2 3 4 5 6; do rec-sim -q -b $args --merge --part $i/6 <sums.rec; done | rec-cat --merge -b >got
			same want got
		}
	done
}

@test "rec-sim --partial: sums that can be checked by hand; lines may be added up on the way" {
	rec-sim count --partial <likes.tsv >got
	printf '%s\t%s\t%s\n' cake cake 2 cake scones 1 cake tea 2 scones cake 1 scones scones 2 scones tea 2 tea cake 2 tea scones 2 tea tea 3 >want
	same want got
	rec-sim -b count --partial <likes.tsv >sums.rec
	rec-cat sums.rec >got
	same want got
	# of users weighed: d(ann) = d(cy) = 2, d(bob) = 3; the bound is 3/2,
	# so 2^-51
	rec-sim linear --survey <likes.tsv >survey.tsv
	rec-sim linear --partial --whole survey.tsv <likes.tsv >got
	awk 'BEGIN { OFS = "\t"; h = 2^50; t = int(2^51 / 3 + 0.5)
		printf "cake\tcake\t2\t2\ncake\tscones\t1\t%.0f\ncake\ttea\t2\t%.0f\n", t, h + t }' >want
	awk -F'\t' '$1 == "cake" { printf "%s\t%s\t%s\t%.0f\n", $1, $2, $3, $4 }' got >first
	same want first
	# sums of two shards as one, in text
	survey 2 llr
	sums 2 -s llr >sums.tsv
	awk -F'\t' -v OFS='\t' '{ n[$1 OFS $2] += $3 } END { for (k in n) print k, n[k] }' sums.tsv >added.tsv
	[ "$(wc -l <added.tsv)" -lt "$(wc -l <sums.tsv)" ]
	rec-sim -q -b llr --merge --whole 2/whole.tsv <added.tsv >got
	rec-sim -q -b llr <whole.tsv >want
	same want got
}

@test "rec-sim --survey: lines that add up" {
	exits 0 rec-sim linear --survey <likes.tsv
	printf '%s\t%s\n' cells 7 >want
	grep -v '^digest' out | sed -n 1p >got
	same want got
	printf '%s\t%s\n' length.2 3 max-user.0 1 pairs 7 shards 1 users 3 >want
	sed 1,2d out >got
	same want got
	grep -qxE "digest${TAB}[0-9a-f]{32}" out
	[ "$(rec-sim -b cosine <likes.tsv | rec-cat --info | sed -n 's/^meta.digest.//p')" = "$(sed -n 's/^digest.//p' out)" ]
	exits 0 rec-sim linear --survey </dev/null
	grep -qx "users${TAB}0" out
}

@test "rec-sim --partial: an empty shard gives sums; all empty, or none that takes part, is exit 1 at the merge" {
	exits 0 rec-sim -b cosine --partial </dev/null
	rec-cat --verify out
	cp out empty.rec
	exits 1 rec-sim cosine --merge <empty.rec
	says "rec-sim: no interactions"
	printf 'u\ti\t0\nu\tj\t-1\n' >zeros.tsv
	rec-sim -b cosine --partial <zeros.tsv >zeros.rec
	exits 1 rec-sim cosine --merge <zeros.rec
	says "rec-sim: no value is above 0: nothing to fit"
	rec-sim -b cosine --partial <likes.tsv >likes.rec
	cat empty.rec likes.rec empty.rec >sums.rec
	rec-sim cosine --merge <sums.rec >got
	rec-sim cosine <likes.tsv >want
	same want got
}

@test "rec-sim: what can't be summed over shards is exit 2 with the reason" {
	while IFS='|' read -r args name reason; do
		for mode in survey partial merge; do
			# shellcheck disable=SC2086
			exits 2 rec-sim -b $args --$mode </dev/null
			says "rec-sim: --$mode cannot work with $name: $reason; --part over the whole data does it"
		done
	done <<-'LIST'
		pearson|pearson|means over all users are taken off the values, and such sums are not exact
		adjusted-cosine|adjusted-cosine|means over all users are taken off the values, and such sums are not exact
		dot|dot|sums of products of values are not exact
		cosine --weights log|cosine|sums of weighted pairs are not exact
		linear --weights bm25|linear|sums of weighted pairs are not exact
		popular --weights linear|popular|sums of weighted pairs are not exact
		jaccard --side user|jaccard|--side user: a pair of users may lie in two shards
	LIST
}

@test "rec-sim: options of shards that can't work together are exit 2" {
	: >no.tsv
	while IFS='|' read -r args text; do
		# shellcheck disable=SC2086
		exits 2 rec-sim $args </dev/null
		says "rec-sim: $text"
	done <<-'LIST'
		cosine --survey --partial|--survey cannot work with --partial
		cosine --survey --merge|--survey cannot work with --merge
		cosine --whole no.tsv|--whole needs --partial or --merge
		cosine --partial --from-factors x|--partial cannot work with --from-factors
		cosine --partial --part 1/2|--partial cannot work with --part: make more shards, or --groups
		cosine --survey --part 1/2|--survey cannot work with --part: make more shards
		cosine --survey -b|--survey cannot work with --binary
		cosine --partial --columns 1/2|--partial cannot work with --columns: make more shards, or --groups
		cosine --partial --merge --part 1/2|--partial cannot work with --part: make more shards
		cosine --partial --merge --whole no.tsv|--whole cannot work with --partial --merge: sums are added up as they are
		cosine --survey --partial --merge|--survey cannot work with --merge
		cosine --groups 2 --to x.%d|--groups needs --partial
		cosine --merge --groups 2 --to x.%d|--groups needs --partial
		cosine --partial -b --groups 2|--groups needs --to
		cosine --partial -b --to x.%d|--to needs --groups
		cosine --partial -b --groups 2 --to x|--to: TEMPLATE needs exactly one %d or %0Nd, such as part.%03d.tsv
		cosine --partial --groups 2 --to x.%d|--groups needs -b: sums in text do not say of which items they are
		cosine --partial -b --groups 2 --to x.%d -o y|--groups cannot work with --output
		cosine --partial --merge -b --groups 2 --to x.%d|--groups cannot work with --merge: it divides the sums of a shard, and those of each group are then added up on their own
		ease --partial -b --groups 2 --to x.%d|--groups cannot work with ease
		cosine --survey --whole no.tsv|--survey cannot work with --whole
		linear --partial|--partial of linear needs --whole: weights of users are rounded by what all shards are (see --survey)
		p3alpha --partial|--partial of p3alpha needs --whole: weights of users are rounded by what all shards are (see --survey)
		popular --merge|a model with an offset or weighted histories does not go into text: use -b
	LIST
}

@test "rec-sim --merge: sums of another kind or of other options are refused by name" {
	rec-sim linear --survey <likes.tsv >survey.tsv
	rec-sim -b cosine --partial <likes.tsv >count.rec
	rec-sim -b linear --partial --whole survey.tsv <likes.tsv >weight.rec
	rec-sim -b popular --partial <likes.tsv >items.rec
	rec-sim -q -b cosine --partial --max-user 2 --seed 5 --duplicates max <likes.tsv >thin.rec
	while IFS='|' read -r file args text; do
		# shellcheck disable=SC2086
		exits 2 rec-sim -b $args --merge <"$file"
		says "rec-sim: $text"
	done <<-'LIST'
		weight.rec|cosine|these are sums of weights d^-1 of users; cosine needs counts: rec-sim cosine --partial
		count.rec|linear|these are counts of users; linear needs sums of weights d^-1: rec-sim linear --partial
		weight.rec|linear --exponents 0.5,1,1|these are sums of weights d^-1 of users; with these options linear needs d^-0.5
		items.rec|cosine|these are sums of single items; cosine needs those of pairs: rec-sim cosine --partial
		thin.rec|cosine|the sums were made with --max-user 2: give the same
		count.rec|cosine --max-user 2|the sums were made without --max-user
		thin.rec|cosine --max-user 2|the sums were made with --seed 5: give the same
		thin.rec|cosine --max-user 2 --seed 5 --duplicates sum|the sums were made with --duplicates max: give the same
		weight.rec|p3alpha --min-support 16777217|--min-support goes up to 16777216 here
	LIST
	# counts are one for all methods that count; popular takes any
	for m in jaccard dice llr; do
		rec-sim $m --merge <count.rec >got
		rec-sim $m <likes.tsv >want
		same want got
	done
	for f in count weight items; do
		rec-sim -b popular --merge <$f.rec >got
		rec-sim -b popular <likes.tsv >want
		same want got
	done
	rec-sim -q -b cosine --max-user 2 --seed 5 --merge <thin.rec >got
	rec-sim -q -b cosine --max-user 2 --seed 5 --duplicates max <likes.tsv >want
	same want got
	cat count.rec weight.rec >both.rec
	exits 1 rec-sim cosine --merge <both.rec
	mentions "the sums of one shard appear twice: digest "
	rec-sim -b cosine --partial <2/shard.0.tsv >a.rec
	rec-sim -b cosine --partial --duplicates max <2/shard.1.tsv >b.rec
	cat a.rec b.rec >both.rec
	exits 1 rec-sim cosine --merge <both.rec
	says "rec-sim: <stdin>: metadata: duplicates is sum in one part and max in another"
}

@test "rec-sim --merge: a shard twice or missing, a survey of other data" {
	survey 3 cosine
	for i in 0 1 2; do rec-sim -q -b cosine --partial <3/shard.$i.tsv >s.$i; done
	cat s.0 s.1 s.2 s.1 >sums.rec
	exits 1 rec-sim cosine --merge <sums.rec
	says "rec-sim: <stdin>: the sums of one shard appear twice: digest $(rec-cat --info s.1 | sed -n 's/^meta.digest.//p')"
	cat s.0 s.1 >sums.rec
	exits 1 rec-sim cosine --merge --whole 3/whole.tsv <sums.rec
	says "rec-sim: <stdin>: sums of 2 shards; the whole has 4"
	for i in 0 1; do rec-sim -q -b cosine --partial --whole 3/whole.tsv <3/shard.$i.tsv; done >sums.rec
	exits 1 rec-sim cosine --merge <sums.rec
	says "rec-sim: <stdin>: sums of 2 shards; the whole has 4"
	rec-sim -b cosine --partial </dev/null >empty.rec
	cat s.0 s.1 empty.rec empty.rec >sums.rec
	exits 1 rec-sim cosine --merge --whole 3/whole.tsv <sums.rec
	says "rec-sim: <stdin>: the digest of the shards together is not that of the whole: other data, or one is missing"
	for i in 0 1; do rec-sim -q cosine --partial <3/shard.$i.tsv; done >sums.tsv
	exits 1 rec-sim cosine --merge --whole 3/whole.tsv <sums.tsv
	grep -qxE 'rec-sim: <stdin>: sums of [0-9]+ pairs of user and item; the whole has 7000: some are missing, or appear twice' err
	exits 2 rec-sim cosine --max-user 3 --merge --whole 3/whole.tsv <s.0
	says "rec-sim: --whole was made without --max-user"
	exits 2 rec-sim cosine --merge <sums.tsv
	says "rec-sim: sums in text do not say of how many users they are: give --whole, or sums of rec-sim --partial -b"
}

@test "rec-sim --whole: lines that are no survey are named" {
	rec-sim linear --survey <likes.tsv >survey.tsv
	for line in "users" "users${TAB}x" "users${TAB}-1" "colour${TAB}3" "length.3${TAB}1" "length.${TAB}1" "digest${TAB}12" "max-user.7${TAB}1" "users${TAB}18446744073709551615"; do
		{ cat survey.tsv; printf '%s\n' "$line"; } >bad.tsv
		exits 1 rec-sim linear --partial --whole bad.tsv <likes.tsv
		says "rec-sim: bad.tsv:8: not a line of a survey (rec-sim --survey), or one that does not go with those before it"
	done
	sed '/^shards/d' survey.tsv >bad.tsv
	exits 1 rec-sim linear --partial --whole bad.tsv <likes.tsv
	says "rec-sim: bad.tsv: not a whole survey: lines are missing"
	exits 1 rec-sim linear --partial --whole /dev/null <likes.tsv
	says "rec-sim: /dev/null: not a whole survey: lines are missing"
	exits 1 rec-sim linear --partial --whole no-such-file <likes.tsv
	says "rec-sim: no-such-file: No such file or directory; name a file that holds a survey, or - for stdin"
}

@test "rec-sim --merge: text that is no sums is exit 1" {
	rec-sim linear --survey <likes.tsv >survey.tsv
	rec-sim count --partial <likes.tsv >sums.tsv
	rec-sim linear --partial --whole survey.tsv <likes.tsv >weights.tsv
	while IFS='|' read -r change text; do
		sed "$change" sums.tsv >bad.tsv
		exits 1 rec-sim count --merge --whole survey.tsv <bad.tsv
		says "rec-sim: <stdin>: $text"
	done <<-'LIST'
		2s/1$/0.5/|sums of 'cake' and 'scones': the value is no number of users below 2^24
		2s/1$/0/|sums of 'cake' and 'scones': the value is no number of users below 2^24
		2s/1$/-1/|sums of 'cake' and 'scones': the value is no number of users below 2^24
		2s/1$/16777216/|sums of 'cake' and 'scones': the value is no number of users below 2^24
		2s/$/\t7/|sums of 'cake' and 'scones': the fourth field is not the exact number of users
		2d|the sums of (i, j) are not those of (j, i): some are missing
		2s/1$/2/|the sums of (i, j) are not those of (j, i): some are missing
		1d|item 'cake' has 0 users of 3, by the sum of it and itself
		1s/2$/4/|item 'cake' has 4 users of 3, by the sum of it and itself
		1s/2$/1/|sums of 6 pairs of user and item; the whole has 7: some are missing, or appear twice
		/^cake/d|the sums have no row of item 'cake'
	LIST
	exits 1 rec-sim linear --merge --whole survey.tsv <sums.tsv
	says "rec-sim: <stdin>: sums of 'cake' and 'scones': there is no sum of weights in the fourth field"
	exits 1 rec-sim count --merge --whole survey.tsv <weights.tsv
	says "rec-sim: <stdin>: sums of 'cake' and 'scones': the fourth field is not the exact number of users"
	sed '2s/\([0-9]*\)$/\1.5e-3/' weights.tsv >bad.tsv
	exits 1 rec-sim linear --merge --whole survey.tsv <bad.tsv
	mentions "sums of 'cake' and 'scones': the fourth field is not a whole number of units up to 2^53"
	printf 'a\tb\tc\n' >bad.tsv
	exits 1 rec-sim count --merge --whole survey.tsv <bad.tsv
	says "rec-sim: <stdin>:1: field 3: 'c' is not a number; names of columns? drop the line, or read the file with rec-cat --from csv -d '\t' --header"
}

@test "rec-sim --merge: recmat that is no sums, cut or damaged, is exit 1" {
	rec-sim -b cosine --partial <likes.tsv >sums.rec
	rec-sim -b cosine <likes.tsv >model.rec
	exits 1 rec-sim cosine --merge <model.rec
	says "rec-sim: <stdin>: not sums of rec-sim --partial but cosine"
	rec-cat -b likes.tsv >likes.rec
	exits 1 rec-sim cosine --merge <likes.rec
	says "rec-sim: <stdin>: block '' does not hold sums of rec-sim --partial"
	size=$(wc -c <sums.rec)
	for cut in 64 200 1000 $((size - 64)) $((size - 1)); do
		head -c "$cut" sums.rec >bad.rec
		exits 1 rec-sim cosine --merge <bad.rec
		[ ! -s out ]
	done
	for at in 20 300 700 1100 $((size - 300)); do
		{ head -c "$at" sums.rec; printf '\377'; tail -c +$((at + 2)) sums.rec; } >bad.rec
		cmp -s sums.rec bad.rec && continue
		exits 1 rec-sim cosine --merge <bad.rec
		[ ! -s out ]
	done
	exits 1 rec-topn -m sums.rec <likes.tsv
	says "rec-topn: sums.rec: block 'sums' holds sums of rec-sim --partial, which rec-sim METHOD --merge makes a model of"
}

@test "rec-sim --partial, --merge: --estimate and --mem" {
	sums 2 -s cosine -b >sums.rec
	exits 0 rec-sim cosine --partial --estimate <whole.tsv
	[ "$(cut -f1 out | tr '\n' ' ')" = "bytes operations " ]
	exits 0 rec-sim cosine --merge --estimate <sums.rec
	[ "$(cut -f1 out | tr '\n' ' ')" = "bytes operations " ]
	exits 4 rec-sim cosine --merge --mem 1M <sums.rec
	grep -qE '^rec-sim: needs [0-9]+ bytes, --mem allows 1048576; give --mem [0-9]+M or more$' err
	exits 4 rec-sim cosine --partial --mem 1M <whole.tsv
	grep -qE '^rec-sim: needs [0-9]+ bytes, --mem allows 1048576; give --mem [0-9]+M or more$' err
}

@test "rec-sim --part: more parts than blocks: the empty ones are valid, and all are the whole" {
	rec-als -q -k 5 -i 2 <whole.tsv >als.rec
	for args in "cosine -n 3" "linear" "jaccard -n 4 --keep history" "cosine -n 5 --normalize l1 --center" "cosine --from-factors als.rec -n 4" "dot --from-factors als.rec -n 0"; do
		# shellcheck disable=SC2086
		{
			rec-sim -q -b $args <whole.tsv >want
			for i in 1 2 3 4 5 6 7 8; do
				rec-sim -q -b $args --part $i/8 <whole.tsv >part.$i
				rec-cat --verify part.$i
			done
			cat part.* | rec-cat --merge -b >got
			same want got || fail "$args"
		}
	done
	rec-sim -q cosine -n 3 <whole.tsv >want
	for i in 1 2 3 4 5 6 7 8; do rec-sim -q cosine -n 3 --part $i/8 <whole.tsv >part.$i; done
	cat part.[1-8] >got
	same want got
	[ ! -s part.8 ]
}

# old FILE: the sums as they were before they told their users.
old() {
	rec-cat --merge -b "$1"
}

@test "rec-sim --merge: users whose rows lie in two shards are counted, and the merge refused" {
	printf 'u1\ta\nu1\tb\nu1\tc\nu2\ta\nu2\tb\n' >cut.tsv
	head -2 cut.tsv >cut.0
	tail -n +3 cut.tsv >cut.1
	for s in 0 1; do rec-sim jaccard --survey <cut.$s; done >cut.whole
	for args in "jaccard" "llr" "popular" "linear" "rp3beta"; do
		# shellcheck disable=SC2086
		{
			for s in 0 1; do rec-sim -b $args --partial --whole cut.whole <cut.$s; done >sums.rec
			exits 1 rec-sim -b $args --merge <sums.rec
			says "rec-sim: <stdin>: 1 user has rows in more than one shard; make the shards with rec-split --shards N --by user"
			[ ! -s out ]
			cat sums.rec | exits 1 rec-sim -b $args --merge --whole cut.whole
			says "rec-sim: <stdin>: 1 user has rows in more than one shard; make the shards with rec-split --shards N --by user"
		}
	done
	# files by day: everybody is everywhere, but for who came once; a value
	# of 0 is a row, too
	for d in 0 1 2 3; do awk -F'\t' -v d=$d 'NR % 4 == d' whole.tsv >day.$d; done
	for d in 0 1 2 3; do rec-sim -q -b cosine --partial <day.$d; done >sums.rec
	exits 1 rec-sim cosine --merge <sums.rec
	n=$(cat <(for d in 0 1 2 3; do cut -f1 day.$d | sort -u; done) | sort | uniq -d | wc -l)
	[ "$n" -gt 100 ]
	says "rec-sim: <stdin>: $n users have rows in more than one shard; make the shards with rec-split --shards N --by user"
	printf 'u1\tz\t0\n' | rec-sim -q -b count --partial >zero.rec 2>/dev/null
	rec-sim -b count --partial <cut.tsv | cat - zero.rec | exits 1 rec-sim count --merge
	mentions "1 user has rows in more than one shard"
}

@test "rec-sim --partial: 8 bytes a user" {
	for n in 1000 3000; do
		seq $n | awk '{ print "user" $1 "\ta\nuser" $1 "\tb" }' | rec-sim -b count --partial >many.$n
	done
	[ $(($(wc -c <many.3000) - $(wc -c <many.1000))) -le $((8 * 2000 + 64)) ]
}

@test "rec-sim --merge: sums that don't tell their users are said to, where there are several shards" {
	survey 2 cosine
	rec-sim -q cosine <whole.tsv >want
	for s in 0 1; do rec-sim -q cosine --partial <2/shard.$s.tsv; done >sums.tsv
	cat 2/shard.empty.tsv >/dev/null
	exits 0 rec-sim cosine --merge --whole 2/whole.tsv <sums.tsv
	says "rec-sim: 301 users of the shards are not named in the sums (text, or made by an older rec-sim): a user in two shards is not noticed"
	same want out
	for s in 0 1; do rec-sim -q -b cosine --partial <2/shard.$s.tsv >new.$s; old new.$s >old.$s; done
	cat old.0 new.1 >sums.rec
	exits 0 rec-sim cosine --merge <sums.rec
	says "rec-sim: $(cut -f1 2/shard.0.tsv | sort -u | wc -l) users of the shards are not named in the sums (text, or made by an older rec-sim): a user in two shards is not noticed"
	same want out
	cat new.0 new.1 >sums.rec
	exits 0 rec-sim cosine --merge <sums.rec
	[ ! -s err ]
	same want out
	exits 0 rec-sim cosine --merge <old.0
	[ ! -s err ]
}

@test "rec-sim: --whole that is smaller than the shard, or contradicts itself, is refused" {
	printf 'u%d\ti1\nu%d\ti2\n' 1 1 2 2 3 3 >all.tsv
	head -2 all.tsv | rec-sim linear --survey >small
	exits 1 rec-sim linear --partial --whole small <all.tsv
	says "rec-sim: this shard has 3 users, 6 pairs, 6 rows; --whole says 1, 2, 2 of all: make it of all shards (rec-sim --survey)"
	rec-sim linear --survey <all.tsv >whole
	sed 's/^users\t3$/users\t2/' whole >changed
	exits 1 rec-sim linear --partial --whole changed <all.tsv
	says "rec-sim: changed: there are more users in length.* than users; give the output of rec-sim --survey for each shard once"
	sed 's/^pairs\t6$/pairs\t60/' whole >changed
	exits 1 rec-sim linear --partial --whole changed <all.tsv
	says "rec-sim: changed: pairs are not what length.* add up to; give the output of rec-sim --survey for each shard once"
	exits 0 rec-sim linear --partial --whole whole <all.tsv
}

# -- sums added up in steps, and divided into groups of items --

# trees OPTIONS: seven shards added up as a tree, and as a chain, give the
# model of the whole.
trees() {
	local i
	rec-sim -q -b -j 2 "$@" <whole.tsv >whole.rec
	survey 7 "$@"
	for i in 0 1 2 3 4 5 6; do rec-sim -q -b "$@" --partial --whole 7/whole.tsv <7/shard.$i.tsv >t.$i; done
	rec-sim -q -b "$@" --partial --whole 7/whole.tsv <7/shard.empty.tsv >t.empty
	cat t.5 t.0 | rec-sim -b -j 1 "$@" --partial --merge >t.50
	cat t.1 t.empty t.6 >t.three
	rec-sim -b -j 3 "$@" --partial --merge <t.three >t.16
	cat t.50 t.3 t.16 | rec-sim -b "$@" --partial --merge >t.50316
	cat t.4 t.2 t.50316 | rec-sim -b -q "$@" --merge >got
	same whole.rec got || fail "tree: $*"
	cp t.empty t.chain
	for i in 6 5 4 3 2 1 0; do
		cat t.chain t.$i | rec-sim -b "$@" --partial --merge -o t.chain
	done
	rec-cat --verify t.chain
	rec-sim -b -q "$@" --merge --whole 7/whole.tsv <t.chain >got
	same whole.rec got || fail "chain: $*"
}

# groups N OPTIONS: N groups, each added up and merged on its own, and the
# models joined: the model of the whole.
groups() {
	local n=$1 g i
	shift
	rec-sim -q -b "$@" <whole.tsv >whole.rec
	survey 3 "$@"
	rm -f g.*
	for i in 0 1 2 empty; do rec-sim -q -b -j 2 "$@" --partial --whole 3/whole.tsv --groups "$n" --to g.$i.%d <3/shard.$i.tsv; done
	for ((g = 0; g < n; g++)); do
		cat g.0.$g g.2.$g | rec-sim -b "$@" --partial --merge | cat g.1.$g - g.empty.$g | rec-sim -b -q "$@" --merge >g.model.$g
		rec-cat --verify g.model.$g
	done
	cat g.model.* | rec-cat --merge -b >got
	same whole.rec got || fail "$n groups: $*"
}

@test "rec-sim --partial --merge: sums of shards added up in any steps give the bytes of the whole" {
	trees cosine
	trees jaccard -n 0 --shrink 2
	trees llr -n 7 --normalize l2 --keep history
	trees cosine -n 9 --normalize l1 --center
	trees count -n 0 --max-user 20 --seed 3 --duplicates max
	trees linear
	trees linear --exponents -0.5,.5,.5 -n 4
	trees p3alpha --walk 0.8,1 -n 5
	trees rp3beta --max-user 15 --normalize l1 -n 20
	trees popular
}

@test "rec-sim --partial --merge: the total of two shards is what --partial makes of both, in text too" {
	cat 2/shard.0.tsv 2/shard.1.tsv >both.tsv
	for args in "cosine" "popular" "linear --whole 2/whole.tsv"; do
		# shellcheck disable=SC2086
		{
			survey 2 linear
			rec-sim -q ${args% --whole*} --partial --whole 2/whole.tsv <both.tsv >want
			for i in 0 1; do rec-sim -q -b ${args% --whole*} --partial --whole 2/whole.tsv <2/shard.$i.tsv; done >sums.rec
			rec-sim ${args% --whole*} --partial --merge <sums.rec >got
			same want got
			rec-sim -b ${args% --whole*} --partial --merge <sums.rec >added.rec
			rec-cat added.rec >got
			same want got
			[ "$(rec-cat --info added.rec | sed -n 's/^meta.shards.//p')" = 2 ]
			[ "$(rec-cat --info added.rec | sed -n 's/^meta.users.//p')" = "$(cut -f1 both.tsv | sort -u | wc -l)" ]
		}
	done
	# of every instruction set, any number of threads
	for isa in $(instruction_sets); do
		REC_ISA=$isa rec-sim -b -j 3 linear --partial --merge <sums.rec >got
		same added.rec got
	done
}

@test "rec-sim --groups: each group merged on its own, joined by rec-cat --merge, is the model of the whole" {
	groups 4 cosine
	groups 4 llr -n 7 --normalize l2 --keep history
	groups 2 cosine -n 9 --normalize l1 --center
	groups 3 jaccard -n 0 --shrink 2
	groups 5 linear
	groups 3 linear --exponents 0,.5,.5 -n 6 --power 0.8 --min-support 2
	groups 3 p3alpha --walk 0.8,1 -n 5
	groups 2 rp3beta --max-user 15 --normalize l1 -n 20
	groups 3 popular
	groups 1 dice -n 5 --min-sim 0.1
	groups 12 conditional -n 3
}

@test "rec-sim --groups: more groups than items; a piece of text holds the lines of its candidates" {
	rec-sim -b lift -n 2 <likes.tsv >want
	rec-sim -b lift -n 2 --partial --groups 20 --to many.%02d.rec <likes.tsv
	[ "$(printf '%s\n' many.*.rec | wc -l)" -eq 20 ]
	for f in many.*.rec; do rec-sim -b lift -n 2 --merge <"$f"; done | rec-cat --merge -b >got
	same want got
	for f in many.*.rec; do
		exits 0 rec-sim lift -n 2 --merge <"$f"
		[ ! -s err ]
		cat out
	done | sort >got
	rec-sim lift -n 2 <likes.tsv | sort >want
	same want got
	# one group is all items
	rec-sim -b lift --partial --groups 1 --to one.%d.rec <likes.tsv
	rec-sim -b lift --partial <likes.tsv >sums.rec
	same sums.rec one.0.rec
}

@test "rec-sim --groups: sums of a group are refused where all items are needed, and mixed" {
	for i in 0 1; do rec-sim -q -b cosine --partial --groups 3 --to m.$i.%d <2/shard.$i.tsv; done
	while IFS='|' read -r args text; do
		# shellcheck disable=SC2086
		exits 2 rec-sim -b $args <m.0.1
		says "rec-sim: $text"
		[ ! -s out ]
	done <<-'LIST'
		cosine --merge --part 1/2|--part needs the sums of all items; these are of group 1 of 3
		cosine --merge --columns 2/2|--columns needs the sums of all items; these are of group 1 of 3
		cosine --merge --center --keep history|--center with --keep history needs the sums of all items; these are of group 1 of 3
		ease --merge|ease needs the sums of all items; these are of group 1 of 3
		linear --merge|these are counts of users; linear needs sums of weights d^-1: rec-sim linear --partial
	LIST
	exits 2 rec-sim cosine --partial --merge <m.0.1
	says "rec-sim: sums of a group do not go into text: use -b"
	for mode in --merge "--partial --merge"; do
		# shellcheck disable=SC2086
		{
			cat m.0.1 m.1.2 | exits 1 rec-sim -b cosine $mode
			says "rec-sim: <stdin>: sums of group 1 and of group 2: merge each group on its own, and join the models with rec-cat --merge -b"
			rec-sim -b cosine --partial <2/shard.1.tsv | cat m.0.1 - | exits 1 rec-sim -b cosine $mode
			says "rec-sim: <stdin>: sums of group 1 and of all items: merge each group on its own, and join the models with rec-cat --merge -b"
		}
	done
	rec-sim -q -b cosine --partial --groups 4 --to m.1.%d <2/shard.1.tsv
	cat m.0.1 m.1.1 | exits 1 rec-sim -b cosine --merge
	says "rec-sim: <stdin>: metadata: groups is 3 in one part and 4 in another"
}

@test "rec-sim --partial --merge: the refusals of --merge hold in every step" {
	survey 3 cosine
	for i in 0 1 2; do rec-sim -q -b cosine --partial --whole 3/whole.tsv <3/shard.$i.tsv >s.$i; done
	rec-sim -q -b cosine --partial --whole 3/whole.tsv <3/shard.empty.tsv >s.3
	cat s.0 s.1 s.0 | exits 1 rec-sim -b cosine --partial --merge
	says "rec-sim: <stdin>: the sums of one shard appear twice: digest $(rec-cat --info s.0 | sed -n 's/^meta.digest.//p')"
	[ ! -s out ]
	cat s.0 s.1 | rec-sim -b cosine --partial --merge >s.01
	n=$(cut -f1 3/shard.0.tsv | sort -u | wc -l)
	cat s.01 s.0 | exits 1 rec-sim -b cosine --partial --merge
	says "rec-sim: <stdin>: $n users have rows in more than one shard; make the shards with rec-split --shards N --by user"
	exits 1 rec-sim -b cosine --merge <s.01
	says "rec-sim: <stdin>: sums of 2 shards; the whole has 4"
	cat s.01 s.2 s.3 | rec-sim -b cosine --partial --merge >s.all
	rec-sim -b cosine --merge <s.all >got
	rec-sim -q -b cosine <whole.tsv >want
	same want got
	# in a group, whose keys are some of the users'
	for i in 0 1; do rec-sim -q -b llr --partial --groups 2 --to twice.$i.%d <3/shard.0.tsv; done
	printf 'zzz\ti1\n' | rec-sim -q -b llr --partial --groups 2 --to third.%d
	for g in 0 1; do
		cat twice.0.$g twice.1.$g | exits 1 rec-sim -b llr --partial --merge
		mentions "the sums of one shard appear twice: digest "
		cat twice.0.$g third.$g | rec-sim -b llr --partial --merge | cat - twice.1.$g | exits 1 rec-sim -b llr --merge
		grep -qxE 'rec-sim: <stdin>: at least [0-9]+ users have rows in more than one shard; make the shards with rec-split --shards N --by user' err
		n=$((n - $(sed 's/.*at least \([0-9]*\).*/\1/' err)))
	done
	[ "$n" -eq 0 ]
	while IFS='|' read -r file args text; do
		# shellcheck disable=SC2086
		exits 2 rec-sim -b $args --partial --merge <"$file"
		says "rec-sim: $text"
	done <<-'LIST'
		s.0|linear|these are counts of users; linear needs sums of weights d^-1: rec-sim linear --partial
		s.0|cosine --max-user 2|the sums were made without --max-user
		likes.tsv|cosine|sums in text can be joined by cat; --partial --merge adds up those of rec-sim --partial -b
	LIST
	rec-sim -q -b cosine <likes.tsv | exits 1 rec-sim -b cosine --partial --merge
	says "rec-sim: <stdin>: not sums of rec-sim --partial but cosine"
	head -c 900 s.0 | exits 1 rec-sim -b cosine --partial --merge
	[ ! -s out ]
	exits 2 rec-sim -b cosine --partial --merge </dev/null
	exits 0 rec-sim cosine --partial --merge --estimate <s.0
	[ "$(cut -f1 out | tr '\n' ' ')" = "bytes operations " ]
	exits 4 rec-sim -b cosine --partial --merge --mem 1M <s.0
	grep -qE '^rec-sim: needs [0-9]+ bytes, --mem allows 1048576; give --mem [0-9]+M or more$' err
	# sums of older versions are added up, and what they do not tell stays untold
	for i in 0 1; do old s.$i; done | rec-sim -b cosine --partial --merge | cat - s.2 s.3 | exits 0 rec-sim -b cosine --merge
	says "rec-sim: $(cat 3/shard.0.tsv 3/shard.1.tsv | cut -f1 | sort -u | wc -l) users of the shards are not named in the sums (text, or made by an older rec-sim): a user in two shards is not noticed"
	same want out
}
