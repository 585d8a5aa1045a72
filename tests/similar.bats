#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# rec-topn --similar-items: of every table that rec-sim makes the lists are
# those of the whole table (-n 0), or it is refused with what would do.

load helpers

METHODS="cosine jaccard dice overlap count conditional lift llr pearson adjusted-cosine asymmetric dot p3alpha rp3beta linear"

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return 1
	make_train 60 40 900 >train.tsv
	awk -F'\t' '!s[$1 FS $2]++ { print $1 "\t" $2 "\t" ($3 - 3) }' train.tsv >signed.tsv
	cut -f2 train.tsv | sort -u >items
	cut -f1 train.tsv | sort -u >users
	rec-als -q -k 5 -i 3 <train.tsv >als.rec
	printf '%s\t%s\n' ann tea ann cake bob tea bob cake bob scones cy tea cy scones dan beer dan crisps eve beer eve crisps >likes.tsv
}

setup() {
	cd "$BATS_FILE_TMPDIR" || return 1
}

# best N < table: of each row the N largest, ties by label: by sort and awk
# alone.
best() {
	sort -t"$TAB" -k1,1 -k3,3gr -k2,2 | awk -F'\t' -v n="$1" '$1 != was { was = $1; k = 0 } k++ < n'
}

# pairs FILE: without the scores, for tables whose scores are on another scale.
pairs() {
	cut -f1,2 "$1"
}

# exact_or_refused DATA N ARGS: lists of N from rec-sim ARGS are the best of
# ARGS -n 0, to the byte (after --normalize: in order), or stderr says how.
# Counts both.
exact_or_refused() {
	local data=$1 n=$2 got=0
	shift 2
	rec-sim -q -b "$@" <"$data" >cut.rec
	rec-topn -q -j 1 -m cut.rec --similar-items -n "$n" <items >lists 2>why || got=$?
	if [ $got -eq 0 ]; then
		right=$((right + 1))
		case "$*" in
		*normalize*) cmp <(pairs want) <(pairs lists) ;;
		*) cmp want lists ;;
		esac || fail "other lists: $* for $n of $data"
	else
		refused=$((refused + 1))
		grep -qE '(make it with rec-sim [a-z0-9-]+ --keep history|make it with a larger -n \(0 keeps all\))$' why || fail "$*: $(cat why)"
		case "$*" in # never without need
		*"--keep history -n 40"* | *"-n 0"*) fail "refused: $*" ;;
		esac
	fi
}

@test "similar: every method, --keep and --normalize: the lists of the whole table, or refused" {
	for m in $METHODS "linear --exponents 1,.7,.3" "asymmetric --asymmetry .3" "dot --weights none" "cosine --weights log"; do
		right=0 refused=0
		for z in none l1 l2; do
			for k in candidate history; do
				# shellcheck disable=SC2086
				rec-sim -q -b $m --keep $k --normalize $z -n 0 <train.tsv | rec-cat --block similarity | best 4 >want
				for n in 3 4 9 39; do
					# shellcheck disable=SC2086
					exact_or_refused train.tsv 4 $m --keep $k --normalize $z -n $n
				done
			done
		done
		# at the least: rows that were kept, whole tables, and (where
		# S_ij = S_ji) columns; tables cut to 3 are never enough for 4
		case $m in
		*.3* | conditional | p3alpha | rp3beta) [ "$right" -ge 12 ] || fail "$m: $right right, $refused refused" ;;
		*earson | adjusted*) [ "$right" -ge 6 ] || fail "$m: $right right, $refused refused" ;;
		*) [ "$right" -ge 14 ] || fail "$m: $right right, $refused refused" ;;
		esac
		[ "$refused" -ge 6 ] || fail "$m: $right right, $refused refused"
	done
}

@test "similar: signed weights: a dropped weight may be better than a kept one below 0" {
	for m in pearson adjusted-cosine dot "cosine --weights linear" "linear --weights linear"; do
		right=0 refused=0
		for k in candidate history; do
			# shellcheck disable=SC2086
			rec-sim -q -b $m --keep $k -n 0 <signed.tsv | rec-cat --block similarity >table
			for n in 1 2 5 39; do
				best $n <table >want
				for kept in 2 5 12 30 38; do
					# shellcheck disable=SC2086
					exact_or_refused signed.tsv $n $m --keep $k -n $kept
				done
			done
		done
		[ "$right" -ge 6 ] || fail "$m: $right right, $refused refused"
		[ "$refused" -ge 6 ] || fail "$m: $right right, $refused refused"
	done
}

@test "similar: the other options of rec-sim" {
	right=0 refused=0
	while read -r args; do
		# shellcheck disable=SC2086
		rec-sim -q -b $args -n 0 <train.tsv | rec-cat --block similarity | best 5 >want
		# shellcheck disable=SC2086
		exact_or_refused train.tsv 5 $args -n 8
	done <<-'LIST'
		cosine --shrink 3
		cosine --min-sim .4
		jaccard --min-support 5
		llr --min-support 4 --keep history
		cosine --center
		lift --max-user 12
		linear --power 0.5
		linear --power 2 --keep history
		cosine --weights tfidf
		cosine --weights bm25 --keep history
		count --duplicates max
		conditional --shrink 2 --keep history
	LIST
	[ "$right" -eq 12 ] || fail "$right right, $refused refused"
}

@test "similar: ease" {
	rec-sim -q ease <likes.tsv >/dev/null 2>&1 || skip "no BLAS library here"
	rec-sim -q ease --reg 20 <train.tsv | best 5 >want
	right=0 refused=0
	for n in 0 5 20 39; do
		exact_or_refused train.tsv 5 ease --reg 20 --keep history -n $n
		exact_or_refused train.tsv 5 ease --reg 20 --keep candidate -n $n
	done
	[ "$right" -ge 4 ]
	[ "$refused" -ge 2 ]
}

@test "similar: tables made of factors, dense ones too, in which a 0 is no cell" {
	for m in cosine dot; do
		right=0 refused=0
		rec-sim -q $m --from-factors als.rec -n 0 | best 6 >want
		for k in candidate history; do
			for n in 0 6 20 39; do exact_or_refused /dev/null 6 $m --from-factors als.rec --keep $k -n $n; done
		done
		[ "$right" -ge 4 ] || fail "$m: $right right, $refused refused"
	done
	rec-sim -q cosine --from-factors als.rec -n 0 --min-sim 0.8 | best 9 >want
	rec-sim -q -b cosine --from-factors als.rec -n 0 --min-sim 0.8 >dense.rec
	rec-topn -q -m dense.rec --similar-items -n 9 <items >lists
	same want lists
}

@test "similar: the options of rec-topn leave items out, and what is listed stays exact" {
	rec-sim -q cosine -n 0 <train.tsv >whole.tsv
	rec-sim -q -b cosine -n 12 <train.tsv >cut.rec
	awk 'NR % 2' items >odd
	# a small share of the items is not all among the twelve best
	exits 1 rec-topn -q -m cut.rec --similar-items -n 12 --allow odd <items
	mentions "for certain; make it with a larger -n (0 keeps all)"
	awk -F'\t' 'NR == FNR { odd[$1]; next } $2 in odd' odd whole.tsv | best 3 >want
	rec-topn -q -m cut.rec --similar-items -n 3 --allow odd <items >got
	same want got
	awk -F'\t' 'NR == FNR { odd[$1]; next } !($2 in odd)' odd whole.tsv | best 2 >want
	rec-topn -q -m cut.rec --similar-items -n 2 --deny odd <items >got
	same want got
	awk '{ for (i = 1; i <= 40; i += 3) print $1 "\ti" i }' items >pairs.tsv
	awk -F'\t' 'NR == FNR { p[$1 FS $2]; next } ($1 FS $2) in p' pairs.tsv whole.tsv | best 2 >want
	exits 1 rec-topn -q -m cut.rec --similar-items -n 2 --candidates pairs.tsv <items
	mentions "of the 2 best it holds 1 for certain"
	rec-sim -q -b cosine -n 32 <train.tsv >more.rec
	rec-topn -q -m more.rec --similar-items -n 2 --candidates pairs.tsv <items >got
	same want got
	awk -F'\t' 'NR == FNR { p[$1 FS $2]; next } !(($1 FS $2) in p)' pairs.tsv whole.tsv | best 4 >want
	rec-topn -q -m cut.rec --similar-items -n 4 --seen pairs.tsv <items >got
	same want got
	sort -k1,1 pairs.tsv >grouped.tsv
	rec-topn -q -m cut.rec --similar-items -n 4 <pairs.tsv >got
	same want got
	rec-topn -q -m cut.rec --similar-items -n 4 --stream <grouped.tsv >got
	same want got
	exits 1 rec-topn -q -m cut.rec --similar-items -n 12 --seen pairs.tsv <items
	exits 1 rec-topn -q -m cut.rec --similar-items -n 13 <items
	[ "$(cat err)" = "rec-topn: 'i1': the table was cut by rec-sim -n, and of the 13 best it holds 12 for certain; make it with a larger -n (0 keeps all)" ]
	exits 1 rec-topn -q -m cut.rec --similar-items -n 13 -o never <items
	[ ! -e never ]
}

@test "similar: sums of tables: exact of whole ones, refused of cut ones" {
	rec-sim -q -b cosine -n 0 <train.tsv >a.rec
	rec-sim -q -b lift -n 0 <train.tsv >b.rec
	rec-sim -q -b cosine -n 39 --keep history <train.tsv >a39.rec
	rec-sim -q -b cosine -n 12 --keep history <train.tsv >a12.rec
	rec-sim -q -b popular <train.tsv >popular.rec
	rec-topn -q -m a.rec -m b.rec --scale rank --similar-items <items >want
	rec-topn -q -m a39.rec -m b.rec --scale rank --similar-items <items >got
	same want got
	for how in "-m a12.rec -m b.rec" "-m a12.rec --scale zscore" "-m a12.rec --blend 2" "-m b.rec -m a12.rec --blend 1,-1"; do
		# shellcheck disable=SC2086
		exits 1 rec-topn -q $how --similar-items <items
		says "rec-topn: 'i1': a table was cut by rec-sim -n, so scores of it cannot be scaled or added up; make it with -n 0"
	done
	for how in "-m popular.rec" "-m popular.rec --cold popular" "-m a.rec -m popular.rec --blend 0,1"; do
		# shellcheck disable=SC2086
		exits 2 rec-topn $how --similar-items <items
		says "rec-topn: popularity says nothing of similar items: give a model of rec-sim or rec-als"
	done
	rec-topn -q -m a.rec --similar-items <items >want
	for how in "-m a12.rec -m popular.rec --blend 1,0" "-m a12.rec -m b.rec --blend 1,0" "-m a12.rec -m popular.rec"; do
		# shellcheck disable=SC2086
		rec-topn -q $how --similar-items <items >got
		same want got || fail "$how"
	done
}

@test "similar: --side user: users like these" {
	awk -F'\t' '{ print $2 "\t" $1 }' train.tsv >turned.tsv
	for m in cosine conditional llr; do
		rec-sim -q $m -n 0 <turned.tsv | best 5 >want
		rec-sim -q -b $m --side user -n 0 <train.tsv >cut.rec
		rec-topn -q -m cut.rec --similar-items -n 5 <users >lists
		same want lists
		rec-sim -q -b $m --side user --keep history -n 5 <train.tsv >cut.rec
		rec-topn -q -m cut.rec --similar-items -n 5 <users >lists
		same want lists
	done
	rec-sim -q -b cosine <train.tsv >items.rec
	exits 2 rec-topn -m items.rec -m cut.rec --similar-items <users
	says "rec-topn: some models are of items, and some of users (rec-sim --side user): likeness of both is no one list"
}

@test "similar: parts and shards put together are the whole, and say how they were made" {
	rec-sim -q cosine -n 0 <train.tsv | best 4 >want
	for i in 1 2 3; do rec-sim -q -b cosine -n 6 --columns $i/3 <train.tsv; done | rec-cat --merge -b >cut.rec
	rec-topn -q -m cut.rec --similar-items -n 4 <items >lists
	same want lists
	for i in 1 2 3; do rec-sim -q -b cosine -n 6 --columns $i/3 <train.tsv; done >cut.rec
	rec-topn -q -m cut.rec --similar-items -n 4 <items >lists
	same want lists
	rec-split -q --shards 3 --by user --to shard.%d.tsv <train.tsv
	for i in 0 1 2; do rec-sim -q -b cosine --partial <shard.$i.tsv; done | rec-sim -q -b cosine -n 6 --merge >cut.rec
	rec-topn -q -m cut.rec --similar-items -n 4 <items >lists
	same want lists
	rec-sim -q -b conditional -n 6 <train.tsv >cut.rec
	exits 2 rec-topn -m cut.rec --similar-items -n 4 <items
	says "rec-topn: cut.rec: the table was cut by rec-sim -n 6 for each candidate, so what is most like an item may be missing; make it with rec-sim conditional --keep history"
}

@test "similar: a part of a table is right where it can be, else refused" {
	rec-gen --users 200 --items 700 --rows 9000 >many.tsv
	cut -f2 many.tsv | sort -u >all
	for m in "cosine -n 20" "conditional -n 20" "conditional -n 600" "cosine -n 0" "cosine -n 20 --keep history" "lift -n 2 --normalize l1" "cosine --min-sim .2"; do
		# shellcheck disable=SC2086
		{
			rec-sim -q -b $m -n 0 <many.tsv >whole.rec
			rec-topn -q -m whole.rec --similar-items -n 5 <all >want
			for part in part columns; do
				case "$part $m" in columns*history*) continue ;; esac
				for i in 1 2; do rec-sim -q -b $m --$part $i/2 <many.tsv >p.$i; done
				for i in 1 2; do
					if rec-topn -q -m p.$i --similar-items -n 5 <all >got 2>why; then
						awk 'NR == FNR { right[$0]; next } !($0 in right) { exit 1 }' want got || fail "$m --$part $i/2 alone"
					else
						grep -qE '(join all parts first, with cat or rec-cat --merge -b|--keep history|no item was answered)$' why || fail "$m --$part $i/2: $(cat why)"
					fi
				done
				# joined: the whole, or refused as that is
				cat p.1 p.2 >both
				rec-sim -q -b $m <many.tsv >one.rec
				if rec-topn -q -m one.rec --similar-items -n 5 <all >one 2>/dev/null; then
					rec-topn -q -m both --similar-items -n 5 <all >got
					same one got || fail "$m --$part joined"
				else
					exits 2 rec-topn -q -m both --similar-items -n 5 <all
				fi
			done
		}
	done
}

@test "similar: text says nothing of how it was made: its rows are taken as they stand, and stderr says so" {
	rec-sim -q conditional -n 0 <train.tsv | best 4 >want
	rec-sim -q conditional -n 4 --keep history <train.tsv >cut.tsv
	exits 0 rec-topn -m cut.tsv --similar-items -n 4 <items
	says "rec-topn: cut.tsv does not say how it was made: its rows are taken as they stand, which is right for rec-sim -n 0 and --keep history (-b writes how)"
	same want out
	rec-cat -b cut.tsv >cut.rec
	exits 0 rec-topn -m cut.rec --similar-items -n 4 <items
	mentions "cut.rec does not say how it was made"
	same want out
}

@test "similar: a part of the items of a factor model is refused" {
	rec-gen --users 50 --items 600 --rows 4000 >many.tsv
	rec-als -q -k 4 -i 1 <many.tsv >many.rec
	for i in 1 2; do rec-als -q --half item --part $i/2 -m many.rec <many.tsv >half.$i; done
	cut -f2 many.tsv | sort -u | rec-topn -q -m <(cat half.1 half.2) --similar-items >got
	cut -f2 many.tsv | sort -u | exits 1 rec-topn -m half.1 --similar-items
	says "rec-topn: half.1: it holds a part of its items alone: the others cannot be compared"
}

# real FOLDER CONDITION TABLES..: ten for every item of real data, compared
# with the whole table; and that with sort for some items.
real() {
	local d n
	d=$(data_dir)/$1 || skip "no data under ../shared/data"
	[ -s "$d/ratings.tsv.gz" ] || skip "no data in $d"
	gzip -dc "$d/ratings.tsv.gz" | awk -F'\t' "$2" >real.tsv
	cut -f2 real.tsv | sort -u >items
	sed -n '1~200p' items >some
	right=0 refused=0
	for args in "${@:3}"; do
		# shellcheck disable=SC2086
		rec-sim -q -b $args -n 0 <real.tsv >whole.rec
		rec-cat --block similarity whole.rec | awk -F'\t' 'NR == FNR { some[$1]; next } $1 in some' some - | best 10 >want
		rec-topn -q -m whole.rec --similar-items -n 10 <some >lists
		same want lists || fail "$args: the whole table"
		rec-topn -q -m whole.rec --similar-items -n 10 <items >want
		for n in 10 100; do
			# shellcheck disable=SC2086
			exact_or_refused real.tsv 10 $args -n $n
		done
	done
}

@test "similar: movies that go together, of ml-latest-small" {
	real ml-latest-small '$3 >= 4' "cosine" "llr" "conditional"
	[ "$right" -eq 4 ] || fail "$right right, $refused refused"
}

@test "similar: artists that go together, of hetrec-lastfm" {
	real hetrec-lastfm 1 "cosine --weights log" "lift --keep history"
	[ "$right" -eq 4 ] || fail "$right right, $refused refused"
}

@test "similar: articles that go together, of online-retail" {
	real online-retail 1 "jaccard" "linear --exponents 1,0.7,0.3 --keep history"
	[ "$right" -eq 4 ] || fail "$right right, $refused refused"
}
