#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# rec-sim: methods, options that can't work together, text and binary alike,
# threads, parts, ease. Formulas are checked in tests/unit/sim.c.

load helpers

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return 1
	make_train >train.tsv
	rec-gen --users 400 --items 700 --rows 12000 >wide.tsv
	rec-als -q -k 5 -i 2 <train.tsv >model.rec
	printf '%s\t%s\n' ann tea ann cake bob tea bob cake bob scones cy tea cy scones >likes.tsv
}

setup() {
	cd "$BATS_FILE_TMPDIR" || return 1
}

methods() {
	rec-sim --operands | tr ' ' '\n'
}

needs_blas() {
	rec-sim -q ease <likes.tsv >/dev/null 2>&1 || skip "no BLAS library here"
}

@test "rec-sim: help lists the methods, errors name them" {
	[ "$(methods | wc -l)" -eq 17 ]
	for m in $(methods); do
		rec-sim --help | sed '1,/^Methods/d' | grep -q "^  $m  *[^ ]" || fail "--help lacks $m"
	done
	list=$(methods | tr '\n' ' ' | sed 's/ $//')
	exits 2 rec-sim </dev/null
	says "rec-sim: which METHOD? one of: $list"
	exits 2 rec-sim kosine </dev/null
	says "rec-sim: unknown method 'kosine'; did you mean cosine? (all: $list)"
	for m in auto slim; do
		exits 2 rec-sim $m </dev/null
		says "rec-sim: unknown method '$m'; one of: $list"
	done
	exits 2 rec-sim cosine train.tsv </dev/null
	says "rec-sim: unexpected operand 'train.tsv'; reads stdin: rec-sim cosine < train.tsv"
}

@test "rec-sim: each method is in the manual page" {
	for m in $(methods); do
		grep -q "^\.It Cm $m\$" "$ROOT/man/rec-sim.1" || fail "the page lacks $m"
	done
}

@test "rec-sim: a table that can be checked by hand" {
	rec-sim jaccard <likes.tsv >got
	printf '%s\t%s\t%s\n' cake scones 0.33333334 cake tea 0.6666667 scones cake 0.33333334 scones tea 0.6666667 tea cake 0.6666667 tea scones 0.6666667 >want
	same want got
	rec-sim conditional <likes.tsv >got
	printf '%s\t%s\t%s\n' cake scones 0.5 cake tea 1 scones cake 0.5 scones tea 1 tea cake 0.6666667 tea scones 0.6666667 >want
	same want got
	# of two equal weights the one with the smaller label stays
	rec-sim jaccard -n 1 <likes.tsv >got
	printf '%s\t%s\t%s\n' cake tea 0.6666667 tea cake 0.6666667 tea scones 0.6666667 >want
	same want got
	rec-sim jaccard -n 1 --keep history <likes.tsv >got
	printf '%s\t%s\t%s\n' cake tea 0.6666667 scones tea 0.6666667 tea cake 0.6666667 >want
	same want got
}

@test "rec-sim: options that a method doesn't take are exit 2" {
	while read -r method option arg; do
		# shellcheck disable=SC2086
		exits 2 rec-sim -b "$method" --$option $arg </dev/null
		says "rec-sim: --$option cannot work with $method"
	done <<-'LIST'
		count shrink 1
		linear shrink 1
		jaccard weights log
		pearson weights log
		cosine reg 5
		cosine exponents 1,1,1
		cosine power 2
		cosine asymmetry 0.2
		cosine walk 1,1
		jaccard from-factors model.rec
		ease min-support 2
		popular neighbours 5
		popular center
		popular part 1/2
	LIST
}

@test "rec-sim: other options that can't work together are exit 2" {
	exits 2 rec-sim cosine --epsilon 2 </dev/null
	says "rec-sim: --epsilon needs --weights log"
	exits 2 rec-sim cosine --bm25 1,1 </dev/null
	says "rec-sim: --bm25 needs --weights bm25"
	exits 2 rec-sim cosine --alpha 2 </dev/null
	says "rec-sim: --alpha needs --weights linear or log"
	exits 2 rec-sim cosine -b --center --side user </dev/null
	says "rec-sim: --center cannot work with --side user"
	exits 2 rec-sim cosine --from-factors model.rec --weights log </dev/null
	says "rec-sim: --weights cannot work with --from-factors"
	exits 2 rec-sim linear --exponents 1,2 </dev/null
	says "rec-sim: --exponents needs 3 numbers with commas between them"
	exits 2 rec-sim linear --exponents 1,2,x </dev/null
	says "rec-sim: --exponents needs 3 numbers with commas between them"
	exits 2 rec-sim linear --exponents 1,2,3,4 </dev/null
	says "rec-sim: --exponents needs 3 numbers with commas between them"
	exits 2 rec-sim rp3beta --walk 1,11 </dev/null
	says "rec-sim: --walk: 11 is not between 0 and 10"
	exits 2 rec-sim cosine --weights bm25 --bm25 1,2 </dev/null
	says "rec-sim: --bm25: B is a share, not 2"
}

@test "rec-sim: a model that text can't hold is exit 2 before anything is read" {
	for args in popular "cosine --center" "cosine --weights log" "ease --weights linear" pearson adjusted-cosine dot; do
		# shellcheck disable=SC2086
		exits 2 rec-sim $args </dev/null
		says "rec-sim: a model with an offset or weighted histories does not go into text: use -b"
	done
}

@test "rec-sim: no interactions, and none that takes part, are exit 1" {
	exits 1 rec-sim cosine </dev/null
	says "rec-sim: no interactions"
	printf 'u\ti\t0\nu\tj\t-1\n' >zeros.tsv
	exits 1 rec-sim cosine <zeros.tsv
	says "rec-sim: no value is above 0: nothing to fit"
}

@test "rec-sim: pairs without a neighbour give an empty table, not an error" {
	printf 'u\ti\nv\tj\n' >apart.tsv
	exits 0 rec-sim cosine <apart.tsv
	[ ! -s out ]
	says "rec-sim: no two items share a user: the table is empty"
	exits 0 rec-sim cosine -b <apart.tsv
	rec-cat --verify out
	exits 0 rec-sim cosine --side user <apart.tsv
	says "rec-sim: no two users share an item: the table is empty"
}

@test "rec-sim: an empty table is said with the option that made it so" {
	printf '%s\t%s\n' u1 a u1 b u1 c u2 a u2 b u3 a u3 b >three.tsv
	printf '%s\t%s\t7\n' u1 a u1 b u2 a u2 b >equal.tsv
	rec-als -q -k 3 -i 2 <three.tsv >als.rec
	while IFS='|' read -r args text; do
		case $args in pearson*) in=equal.tsv ;; *) in=three.tsv ;; esac
		for form in "" -b; do
			# shellcheck disable=SC2086
			exits 0 rec-sim $args $form <$in
			says "rec-sim: $text: the table is empty"
		done
		# a part may well be empty
		case $args in
		*factors*) ;;
		*)
			# shellcheck disable=SC2086
			exits 0 rec-sim $args --part 1/2 <$in
			[ ! -s err ]
			;;
		esac
	done <<-'LIST'
		cosine --min-support 4|no two items share 4 users or more, as --min-support requires
		cosine -n 0 --min-support 4|no two items share 4 users or more, as --min-support requires
		jaccard --keep history --min-support 4|no two items share 4 users or more, as --min-support requires
		cosine --side user --min-support 9|no two users share 9 items or more, as --min-support requires
		cosine --min-sim 2|--min-sim 2 leaves no weight
		cosine --min-support 3 --min-sim 2|--min-support 3 and --min-sim 2 leave no weight
		linear --exponents 0,10,10 --power 100|all weights are 0
		cosine --from-factors als.rec --min-sim 3|--min-sim 3 leaves no weight
		cosine --from-factors als.rec --min-sim 3 -n 0|--min-sim 3 leaves no weight
	LIST
	exits 0 rec-sim pearson -b <equal.tsv
	says "rec-sim: all weights are 0 (values that do not differ tell nothing here): the table is empty"
	rec-sim -b count --partial <three.tsv >sums.rec
	exits 0 rec-sim cosine --min-support 4 --merge <sums.rec
	says "rec-sim: no two items share 4 users or more, as --min-support requires: the table is empty"
}

@test "rec-sim: ease whose weights are almost 0" {
	printf '%s\t%s\n' u1 a u1 b u1 c u2 a u2 b u3 a u3 b >three.tsv
	rec-sim -q ease <three.tsv >/dev/null 2>&1 || skip "no BLAS library here"
	for n in 0 3; do
		exits 0 rec-sim ease --reg 1e20 -n $n <three.tsv
		says "rec-sim: the weights are almost 0 (the largest is 3e-20): make --reg smaller (it is 1e+20)"
		exits 0 rec-sim ease --min-sim 5 -n $n <three.tsv
		says "rec-sim: --min-sim 5 leaves no weight: the table is empty"
	done
	# one outlier makes all others next to nothing
	{ for u in 1 2 3 4 5 6 7 8 9; do printf 'u%s\ta\t2\nu%s\tb\t3\n' $u $u; done; printf 'z\tc\t1e9\n'; } >outlier.tsv
	exits 0 rec-sim ease --weights linear -b <outlier.tsv
	mentions "rec-sim: the weights are almost 0 (the largest is "
	mentions "): make --reg smaller (it is 100), or try --weights log or none"
	exits 0 rec-sim ease --weights log -b <outlier.tsv
	[ ! -s err ]
}

@test "rec-sim: values that are taken as 1, and those that take no part, are said" {
	while IFS='|' read -r args values text; do
		# shellcheck disable=SC2086
		printf 'u1\ta\t%s\nu1\tb\t%s\nu2\ta\t%s\nu2\tb\t%s\n' $values >v.tsv
		# shellcheck disable=SC2086
		exits 0 rec-sim -b $args <v.tsv
		grep -v 'the table is empty' err >first || true
		[ "$(cat first)" = "${text:+rec-sim: $text}" ] || fail "$args $values: $(cat err)"
	done <<-'LIST'
		cosine|3 4 5 3|the values look like ratings and are taken as 1; see --weights, pearson, adjusted-cosine, and rec-split --min-value 4 --binarize
		cosine|0 5 0 8|the values look like ratings and are taken as 1; see --weights, pearson, adjusted-cosine, and rec-split --min-value 4 --binarize; 2 of 4 are 0 and take no part (where 0 means that the user has it: cut -f1,2)
		cosine|0 1 1 1|1 of 4 values is 0 and takes no part (where 0 means that the user has it: cut -f1,2)
		jaccard|-1 1 1 1|1 of 4 values is below 0 and takes no part
		jaccard|1 7 2 40|
		cosine|1 7 2 40|the values (1 to 40) are taken as 1; --weights log makes them count
		cosine --weights none|1 7 2 40|
		cosine --weights log|0 7 -2 40|2 of 4 values are 0 or below and take no part (where 0 means that the user has it: cut -f1,2)
		cosine --weights linear|0 7 -2 40|1 of 4 values is 0 and takes no part (where 0 means that the user has it: cut -f1,2)
		pearson|0 7 -2 40|
		cosine|1 1 1 1|
		cosine|7 7 7 7|
	LIST
}

@test "rec-sim: the same bytes for any order of lines, text or recmat, any number of threads and parts" {
	sort -R --random-source=train.tsv wide.tsv >shuffled.tsv
	rec-cat --to recmat <shuffled.tsv >wide.rec
	for args in "cosine" "cosine -n 0 --min-support 2" "llr -n 7 --keep history" "linear" "cosine -n 9 --normalize l1 --center" \
		"asymmetric --weights bm25 --asymmetry 0.3 --normalize l2" "rp3beta --max-user 20" "pearson --side user -n 5"; do
		# shellcheck disable=SC2086
		{
			rec-sim -q -b -j 1 $args <wide.tsv >a
			rec-sim -q -b -j 3 $args <shuffled.tsv >b
			same a b
			rec-sim -q -b -j 2 $args <wide.rec >b
			same a b
			for i in 1 2 3; do
				rec-sim -q -b -j 2 $args --part $i/3 <wide.tsv
			done >parts
			rec-cat --merge -b parts >b
			same a b
		}
	done
	rec-sim -q -j 1 cosine <wide.tsv >a
	for i in 1 2; do rec-sim -q cosine --part $i/2 <shuffled.tsv; done >b
	same a b
	rec-sim -q -b cosine <wide.tsv >model
	rec-cat --block similarity model >b
	same a b
}

@test "rec-sim: text and binary models give the same lists" {
	for args in "cosine -n 10" "linear" "llr"; do
		# shellcheck disable=SC2086
		rec-sim -q $args <train.tsv >items.tsv
		# shellcheck disable=SC2086
		rec-sim -q -b $args <train.tsv >items.rec
		rec-topn -q -j 1 -m items.tsv <train.tsv >a
		rec-topn -q -j 1 -m items.rec <train.tsv >b
		same a b
	done
}

@test "rec-sim: pearson, adjusted-cosine and dot score histories by their values, the others count items" {
	printf 'u\ti1\t4\nu\ti2\t0.5\nu\ti3\t-1\nu\ti4\t0\n' >history.tsv
	for args in pearson adjusted-cosine dot "dot --weights none" cosine "cosine --weights tfidf" count; do
		# shellcheck disable=SC2086
		rec-sim -q -b $args <train.tsv >items.rec
		case $args in pearson | adjusted-cosine | dot) values=1 ;; *) values=0 ;; esac
		rec-cat --block similarity items.rec | awk -F'\t' -v values=$values 'NR == FNR { v[$2] = values ? $3 : $3 > 0; next } $1 in v && v[$1] { s[$2] += v[$1] * $3 }
			END { for (j in s) if (!(j in v)) printf "%s %.3f\n", j, s[j] }' history.tsv - | sort >want
		rec-topn -q -n 1000 -m items.rec <history.tsv | awk '{ printf "%s %.3f\n", $2, $3 }' | sort >got
		same want got || fail "$args"
	done
}

@test "rec-sim: metadata name the method, its parameters, the digest; not the threads or the part" {
	rec-sim -q -b linear --exponents 1.1,.75,.15 --weights log --epsilon 2 --duplicates max <train.tsv >m.rec
	rec-cat --info m.rec >info
	while read -r key value; do
		grep -qx "meta.$key$TAB$value" info || fail "no $key $value in $(cat info)"
	done <<-LIST
		algorithm linear
		exponents 1.1,0.75,0.15
		power 1
		history.weights log
		history.epsilon 2
		users 60
		items 40
		neighbours 0
		side item
		duplicates max
		seed 1
		version $(cat "$ROOT/VERSION")
		cells 900
	LIST
	grep -q '^meta.digest' info
	grep -q '^meta.history.divisor' info
	! grep -qE '^meta.(threads|part)' info || false
}

@test "rec-sim: values that look like ratings get a hint, unless --weights says how to read them" {
	exits 0 rec-sim cosine <train.tsv
	says "rec-sim: the values look like ratings and are taken as 1; see --weights, pearson, adjusted-cosine, and rec-split --min-value 4 --binarize"
	exits 0 rec-sim cosine --weights none <train.tsv
	[ ! -s err ]
	exits 0 rec-sim -b pearson <train.tsv
	[ ! -s err ]
}

@test "rec-sim: --max-user takes the pairs that rec-split --max-user takes, and says how many users it thinned" {
	rec-split --max-user 6 <train.tsv >thin.tsv
	rec-sim -q cosine <thin.tsv >a
	exits 0 rec-sim cosine --max-user 6 --weights none <train.tsv
	same a out
	grep -qE '^rec-sim: --max-user thinned [0-9]+ users$' err
	rec-sim -q cosine --max-user 6 --seed 2 <train.tsv >b
	! cmp -s a b || false
}

@test "rec-sim: popular ranks by the number of users" {
	rec-sim -q -b popular <train.tsv >pop.rec
	cut -f2 train.tsv | sort | uniq -c | awk '{ print $2 "\t" $1 }' >counts
	printf 'nobody\n' | rec-topn -q -j 1 -m pop.rec -n 5 | cut -f2,3 >got
	sort -t"$TAB" -k2,2nr -k1,1 counts | head -5 >want
	same want got
}

@test "rec-sim: --side user is scored with --interactions" {
	rec-sim -q -b cosine --side user -n 20 <train.tsv >users.rec
	rec-topn -q -j 1 -m users.rec --interactions train.tsv -n 3 <train.tsv >got
	[ "$(cut -f1 got | sort -u | wc -l)" -gt 50 ]
}

@test "rec-sim: --from-factors reads no stdin; dense whole, sparse cut" {
	exits 0 rec-sim cosine --from-factors model.rec -n 3 </dev/null
	[ "$(wc -l <out)" -eq 120 ]
	rec-sim -q cosine --from-factors model.rec -n 0 -b </dev/null >m.rec
	rec-cat --info m.rec | grep -qx "2.kind${TAB}dense"
	for i in 1 2; do rec-sim -q dot --from-factors model.rec --side user -n 4 -b --part $i/2; done >parts
	rec-cat --merge -b parts >a
	rec-sim -q -j 1 dot --from-factors model.rec --side user -n 4 -b >b
	same a b
	exits 1 rec-sim cosine --from-factors train.tsv </dev/null
	says "rec-sim: train.tsv: the model has no item factors; rec-als makes some"
	exits 1 rec-sim cosine --from-factors no-such-file </dev/null
	says "rec-sim: no-such-file: No such file or directory; name a file that holds a model, or - for stdin"
}

@test "rec-sim: the same similarity of factors on every instruction set" {
	rec-sim -q cosine --from-factors model.rec -n 5 >want
	for isa in $(instruction_sets); do
		REC_ISA=$isa rec-sim -q cosine --from-factors model.rec -n 5 >got
		same want got
	done
}

@test "rec-sim: --estimate prints bytes and operations; --mem refuses with the size, exit 4" {
	exits 0 rec-sim ease --estimate <wide.tsv
	[ "$(cut -f1 out | tr '\n' ' ')" = "bytes operations bytes.least " ]
	[ "$(awk -F'\t' '/^operations/ { print ($2 > 300000000) }' out)" -eq 1 ]
	exits 0 rec-sim popular --estimate <wide.tsv
	exits 4 rec-sim ease --mem 1M <wide.tsv
	grep -qE '^rec-sim: needs [0-9]+ bytes, --mem allows 1048576; give --mem [0-9]+M or more$' err
	exits 0 rec-sim cosine --mem 1G <wide.tsv
}

@test "rec-sim: ease, text and dense recmat, threads, parts" {
	needs_blas
	rec-sim -q -b -j 1 ease --reg 20 <wide.tsv >a
	rec-sim -q -b -j 3 ease --reg 20 <wide.tsv >b
	same a b
	rec-cat --info a >info
	grep -qx "2.kind${TAB}dense" info
	grep -q '^meta.blas.version' info
	grep -q '^meta.blas.core' info
	for i in 1 2 3; do rec-sim -q -b ease --reg 20 --part $i/3 <wide.tsv; done >parts
	rec-cat --merge -b parts >b
	same a b
	rec-sim -q ease --reg 20 <wide.tsv >items.tsv
	rec-topn -q -j 1 -m a <wide.tsv >la
	rec-topn -q -j 1 -m items.tsv <wide.tsv >lb
	same la lb
	rec-sim -q -b ease --reg 20 -n 10 <wide.tsv >a
	for i in 1 2; do rec-sim -q -b ease --reg 20 -n 10 --part $i/2 <wide.tsv; done >parts
	rec-cat --merge -b parts >b
	same a b
}

@test "rec-sim: ease of a dense matrix with a row of zeros has no line for it in text" {
	needs_blas
	printf 'u\ta\nu\tb\nv\tc\n' >apart.tsv
	rec-sim -q ease --reg 1 <apart.tsv >got
	awk -F'\t' '{ printf "%s %s %.6f\n", $1, $2, $3 }' got >rounded
	printf 'a b 0.500000\nb a 0.500000\n' >want
	same want rounded
}

@test "rec-sim: ease with --normalize and --center scores as the formula says" {
	needs_blas
	rec-sim -q -b ease --reg 5 --normalize l1 --center <train.tsv >m.rec
	rec-cat --block similarity m.rec | awk -F'\t' '{ for (j = 2; j <= NF; j++) s[j] += $j < 0 ? -$j : $j }
		END { for (j = 2; j <= NF; j++) if (s[j] < 0.99999 || s[j] > 1.00001) exit 1 }'
	rec-cat --info m.rec | grep -qx "3.name${TAB}offset"
}

@test "rec-sim: every method but ease runs where no BLAS is installed" {
	for m in $(methods); do
		[ $m = ease ] && continue
		LD_DEBUG=libs rec-sim -q -b $m <likes.tsv 2>&1 >/dev/null | grep -q 'openblas\|liblapack' && fail "$m loads BLAS"
		:
	done
}

@test "rec-sim: ease runs under a limit of address space, or refuses a tight one; it never waits for ever" {
	needs_blas
	(ulimit -v 700000 && timeout 20 rec-sim -q -j 1 ease <likes.tsv >got)
	[ "$(wc -l <got)" -eq 6 ]
	got=0
	(ulimit -v 250000 && timeout 20 rec-sim -q -j 2 ease <likes.tsv >got 2>err) || got=$?
	[ "$got" -eq 4 ] || fail "exit $got"
	mentions "rec-sim: no room for the BLAS library: "
	need=$(rec-sim ease -j 2 --estimate <wide.tsv | sed -n "s/^bytes$TAB//p")
	timeout 20 rec-sim -q -j 2 ease --mem "$need" -b <wide.tsv >got
	exits 4 timeout 20 rec-sim -q -j 2 ease --mem $((need - 1)) -b <wide.tsv
}

@test "rec-sim: parts of the columns, merged, are the whole; each has columns of its own" {
	make_train 700 900 20000 >many.tsv
	for opts in cosine "cosine -n 0" "linear --exponents 1,.7,.4 -n 30" "llr -n 5 --normalize l1" "cosine --center" "pearson" "jaccard --side user"; do
		# shellcheck disable=SC2086
		rec-sim -q $opts -b <many.tsv >want.rec
		for n in 1 2 3 9; do
			rm -f col.*
			for i in $(seq "$n"); do
				# shellcheck disable=SC2086
				rec-sim -q $opts -b --columns "$i/$n" <many.tsv >"col.$i"
			done
			rec-cat --merge -b col.* >got.rec
			same want.rec got.rec || fail "$opts in $n parts"
		done
	done
	for i in 1 2; do rec-sim -q cosine --columns "$i/2" <many.tsv | cut -f2 | sort -u >"columns.$i"; done
	[ -s columns.1 ] && [ -s columns.2 ] && [ -z "$(comm -12 columns.1 columns.2)" ]
	for i in 1 2; do rec-sim -q cosine --columns "$i/2" <many.tsv >"text.$i"; done
	rec-sim -q cosine <many.tsv | sort | cmp - <(sort text.1 text.2)
}

@test "rec-sim: a part of the columns given twice is refused by rec-cat, and what has no columns to divide by rec-sim" {
	make_train >train.tsv
	rec-sim -q cosine -b --columns 1/2 <train.tsv >a.rec
	exits 1 rec-cat --merge -b a.rec a.rec
	grep -qE "^rec-cat: .*pair '[^']*' '[^']*' appears twice$" err || fail "$(cat err)"
	exits 2 rec-sim cosine --columns 1/2 --part 1/2 <train.tsv
	says "rec-sim: --columns cannot work with --part"
	exits 2 rec-sim cosine --columns 1/2 --keep history <train.tsv
	says "rec-sim: --columns cannot work with --keep history: rows are chosen from; --part does it"
	exits 2 rec-sim ease --columns 1/2 <train.tsv
	says "rec-sim: --columns cannot work with ease"
	exits 2 rec-sim popular -b --columns 1/2 <train.tsv
	says "rec-sim: --columns cannot work with popular"
	exits 2 rec-sim cosine --partial -b --columns 1/2 <train.tsv
	says "rec-sim: --partial cannot work with --columns: make more shards, or --groups"
}
