#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# rec-split: methods against their definitions, filters, shards, audit.

load helpers

@test "split: --ratio parts every row to one side, by pair, near the share asked for" {
	make_train 200 100 8000 >all.tsv
	rec-split --ratio 0.2 --test test.tsv <all.tsv >train.tsv
	sort all.tsv >want
	sort train.tsv test.tsv | cmp - want
	n=$(wc -l <test.tsv)
	[ "$n" -gt 1450 ] && [ "$n" -lt 1750 ] || fail "$n rows of 8000"
	# Rows of the same pair stay together.
	sed "s/\$//" all.tsv | awk -F'\t' -v OFS='\t' '{ print; $4 += 5; print }' >twice.tsv
	rec-split --ratio 0.2 --test test2.tsv <twice.tsv >train2.tsv
	[ -z "$(comm -12 <(cut -f1,2 train2.tsv | sort -u) <(cut -f1,2 test2.tsv | sort -u))" ]
	[ "$(wc -l <test2.tsv)" -eq $((2 * n)) ]
}

@test "split: the hash of --ratio and --shards is the documented one" {
	python3 -c 'import sys' 2>/dev/null || skip "python3 is not installed"
	make_train 50 40 900 >all.tsv
	rec-split --ratio 0.3 --seed 7 --test test.tsv <all.tsv >train.tsv
	rec-split --shards 5 --by item --to 'part.%d' <all.tsv
	python3 "$ROOT/tests/oracle/split.py" all.tsv 7 0.3 5
	sort want.test | cmp - <(sort test.tsv)
	for i in 0 1 2 3 4; do
		cmp "want.$i" "part.$i"
	done
}

@test "split: a row stays on its side when others are added or reordered" {
	make_train 100 60 3000 >all.tsv
	head -2000 all.tsv >some.tsv
	for m in "--ratio 0.3" "--folds 4 --fold 2" "--user-ratio 0.3" "--after 1640000000 --repeats keep"; do
		# shellcheck disable=SC2086
		rec-split $m --test a.test <some.tsv >a.train
		# shellcheck disable=SC2086
		tac all.tsv | rec-split $m --test b.test >b.train
		[ -z "$(comm -13 <(sort b.test) <(sort a.test))" ] || fail "$m"
		[ -z "$(comm -13 <(sort b.train) <(sort a.train))" ] || fail "$m"
		[ -s a.test ]
	done
}

@test "split: folds are a partition" {
	make_train >all.tsv
	for i in 1 2 3; do
		rec-split --folds 3 --fold $i --test fold.$i <all.tsv >rest.$i
		sort fold.$i rest.$i | cmp - <(sort all.tsv)
	done
	sort fold.1 fold.2 fold.3 | cmp - <(sort all.tsv)
}

@test "split: draws are independent, and a split of a split is one" {
	make_train 300 100 9000 >all.tsv
	rec-split --ratio 0.5 --test a <all.tsv >b
	rec-split --ratio 0.5 --test c <b >d 2>err && fail "the same draw again must hold out nothing"
	mentions "no row was held out for --test; try another --seed or a larger share"
	rec-split --ratio 0.4 --test c <b >d
	share=$(awk -v c="$(wc -l <c)" -v b="$(wc -l <b)" 'BEGIN { print (c / b > 0.37 && c / b < 0.43) }')
	[ "$share" = 1 ] || fail "$(wc -l <c) of $(wc -l <b)"
	rec-split --ratio 0.5 --seed 2 --test c <b >d
	[ "$(wc -l <c)" -gt 1800 ]
}

@test "split: --leave and --last count pairs, ties in time do not follow labels or lines" {
	make_train 80 60 2000 >all.tsv
	rec-split --leave 2 --test test <all.tsv >train 2>err
	[ "$(cut -f1 test | sort | uniq -c | awk '$1 != 2' | wc -l)" -eq 0 ]
	short=$(cut -f1 all.tsv | sort | uniq -c | awk '$1 <= 2' | wc -l)
	[ "$short" -eq 0 ] || grep -qE "^rec-split: $short users? with too few pairs left wholly in train" err
	rec-split --last 1 --test test <all.tsv >train 2>err
	awk -F'\t' 'NR == FNR { if ($4 > t[$1]) t[$1] = $4; next } $4 != t[$1] { exit 1 }' all.tsv test
	# All times equal: the choice is a hash, not the first or last label.
	for u in $(seq 40); do for i in a b c d; do printf 'u%s\t%s\t1\t5\n' "$u" $i; done; done >ties.tsv
	rec-split --last 1 --test test <ties.tsv >train
	[ "$(cut -f2 test | sort | uniq -c | awk '$1 > 20' | wc -l)" -eq 0 ] || fail "$(cut -f2 test | sort | uniq -c)"
	[ "$(cut -f2 test | sort -u | wc -l)" -ge 3 ]
	printf 'a\tx\t1\n' | exits 1 rec-split --last 1 --test t
	says "rec-split: 'a' 'x': a split by time needs a time on every row (a fourth field; --ratio and --leave need none)"
}

@test "split: --after drops test pairs that are in train, or keeps them" {
	printf 'u\ta\t1\t10\nu\ta\t1\t30\nu\tb\t1\t40\nv\tb\t1\t20\n' >all.tsv
	exits 0 rec-split --after 25 --test test <all.tsv
	[ "$(cat test)" = "u${TAB}b${TAB}1${TAB}40" ] || fail "$(cat test)"
	says "rec-split: 1 test row dropped whose pair is already in train (not with --repeats keep)"
	[ "$(wc -l <out)" -eq 2 ]
	exits 0 rec-split --after 25 --repeats keep --test test <all.tsv
	[ "$(wc -l <test)" -eq 2 ]
	printf 'u\ta\t1\n' | exits 1 rec-split --after 25 --repeats keep --test t
	says "rec-split: <stdin>:1: no time (a fourth field), which --after needs"
}

@test "split: --user-ratio with --given parts each held-out user once" {
	make_train 200 60 5000 >all.tsv
	for g in 0.8 3 all-but-1; do
		rec-split --user-ratio 0.3 --valid-user-ratio 0.2 --given $g --input input --test test --valid valid <all.tsv >train 2>err
		sort train input test valid >got
		left=$(($(wc -l <all.tsv) - $(wc -l <got)))
		[ "$left" -eq 0 ] || grep -qE "held-out users? with too few pairs left out \(rows: $left\)" err
		[ -z "$(comm -12 <(cut -f1 train | sort -u) <(cut -f1 test valid input | sort -u))" ]
		[ "$(cut -f1 test valid | sort -u)" = "$(cut -f1 input | sort -u)" ] || fail "$g: users of test and input"
		case $g in
		3) cut -f1 input | sort | uniq -c | awk '$1 != 3 { exit 1 }' ;;
		all-but-1) cut -f1 test valid | sort | uniq -c | awk '$1 != 1 { exit 1 }' ;;
		esac
	done
}

@test "split: --valid-ratio takes from what is left for train" {
	make_train 200 60 5000 >all.tsv
	rec-split --leave 1 --test test --valid-ratio 0.1 --valid valid <all.tsv >train
	sort train test valid | cmp - <(sort all.tsv)
	[ "$(wc -l <valid)" -gt 380 ] && [ "$(wc -l <valid)" -lt 620 ]
	rec-split --leave 1 --test test2 <all.tsv >train2
	same test test2
}

@test "split: --warm-only drops held-out rows that train cannot know" {
	printf 'u\ta\nu\tb\nv\ta\nw\tc\n' >all.tsv
	for seed in $(seq 1 40); do
		rec-split -q --seed "$seed" --ratio 0.5 --warm-only both --test test <all.tsv >train 2>/dev/null || continue
		while IFS=$TAB read -r u i _; do
			cut -f1 train | grep -qx "$u" && cut -f2 train | grep -qx "$i" || fail "seed $seed: $u $i is cold"
		done <test
		seen=1
	done
	[ "${seen:-0}" = 1 ]
}

@test "split: filters, in their order" {
	printf 'u\ta\t5\nu\ta\t3\nu\tb\t1\nv\ta\t4\nw\tc\t4\n' >all.tsv
	[ "$(rec-split --min-value 3 <all.tsv | wc -l)" -eq 4 ]
	[ "$(rec-split --min-value 3 --binarize --duplicates sum <all.tsv | head -1)" = "u${TAB}a${TAB}2" ]
	[ "$(rec-split --duplicates max <all.tsv | head -1)" = "u${TAB}a${TAB}5" ]
	exits 1 rec-split --duplicates fail <all.tsv
	mentions "pair 'u' 'a' appears twice"
	[ "$(rec-split --min-user 2 <all.tsv | cut -f1 | sort -u)" = u ]
	[ "$(rec-split --min-item 2 <all.tsv | cut -f2 | sort -u)" = a ]
	exits 1 rec-split --core 3 <all.tsv
	says "rec-split: the filters leave no row of 5"
	printf 'u\ta\t8\t0\nu\tb\t8\t86400\n' >timed.tsv
	[ "$(rec-split --half-life 1 --now 86400 <timed.tsv | cut -f3 | tr '\n' ' ')" = "4 8 " ]
	make_train 50 60 2000 >many.tsv
	rec-split --max-user 10 <many.tsv >thin.tsv
	[ "$(cut -f1 thin.tsv | sort | uniq -c | awk '$1 > 10' | wc -l)" -eq 0 ]
	[ "$(cut -f1 thin.tsv | sort -u | wc -l)" -eq 50 ]
}

@test "split: --core leaves a core, and the largest one" {
	make_train 100 80 1200 >all.tsv
	rec-split --core 6 <all.tsv >core.tsv
	cut -f1 core.tsv | sort | uniq -c | awk '$1 < 6 { exit 1 }'
	cut -f2 core.tsv | sort | uniq -c | awk '$1 < 6 { exit 1 }'
	cp all.tsv r
	while :; do
		awk -F'\t' 'NR == FNR { u[$1]++; i[$2]++; next } u[$1] >= 6 && i[$2] >= 6' r r >r2
		cmp -s r r2 && break
		mv r2 r
	done
	sort r | cmp - <(sort core.tsv)
}

@test "split: --shards is a partition by label; TEMPLATE is checked and never reaches printf" {
	make_train >all.tsv
	rec-split --shards 3 --by user --to 'p%02d%s.tsv' <all.tsv 2>err && fail "two conversions passed"
	mentions "--to: TEMPLATE needs exactly one %d or %0Nd"
	for t in plain '%n' '%5d' '%d%d' '%%d'; do
		exits 2 rec-split --shards 3 --by user --to "$t" <all.tsv
	done
	rec-split --shards 3 --by user --to 'p.%02d.tsv' <all.tsv
	sort p.00.tsv p.01.tsv p.02.tsv | cmp - <(sort all.tsv)
	for a in 00 01 02; do
		for b in 00 01 02; do
			[ $a = $b ] || [ -z "$(comm -12 <(cut -f1 p.$a.tsv | sort -u) <(cut -f1 p.$b.tsv | sort -u))" ]
		done
	done
	rec-split --shards 2 --by item --to 'z.%d.gz' <all.tsv
	gzip -dc z.0.gz z.1.gz | sort | cmp - <(sort all.tsv)
}

@test "split: --audit finds what a split should not have" {
	printf 'u\ta\t1\t10\nu\tb\t1\t20\n' >train
	printf 'u\ta\t1\t30\nu\tc\t1\t15\nu\tc\t1\t16\nx\ta\t1\t40\n' >test
	exits 3 rec-split --audit train <test
	says "rec-split: 1 test pair is in train too"
	[ "$(cut -f1,2 out | tr '\t\n' '  ')" = "train-pairs 2 test-pairs 3 shared-pairs 1 cold-users 1 cold-items 1 repeats 1 timed 3 older-than-own 2 older-than-any 2 " ] || fail "$(cut -f1,2 out)"
	sed 1d test >test2
	exits 0 rec-split --audit train <test2
	exits 3 rec-split --audit train --last 1 <test2
	says "rec-split: 2 test rows are older than the newest train row of the user"
	exits 3 rec-split --audit train --after 12 <test2
	says "rec-split: 2 test rows are older than the newest train row"
}

@test "split: options that cannot work together are errors" {
	while IFS='|' read -r args message; do
		# shellcheck disable=SC2086
		exits 2 rec-split $args </dev/null
		says "rec-split: $message"
	done <<-'LIST'
		--ratio 0.2 --leave 1 --test t|--ratio cannot work with --leave
		--ratio 0.2|a method needs --test FILE for the held-out rows
		--test t|--test needs a method, such as --ratio 0.2
		|nothing to do: name a method, such as --ratio 0.2 --test FILE, or a filter
		--folds 3 --test t|--folds needs --fold
		--folds 3 --fold 4 --test t|--fold: 4 is not between 1 and 3
		--ratio 0.2 --test t --valid v|--valid needs --valid-ratio or --valid-user-ratio, and they need it
		--user-ratio 0.2 --given 5 --test t|--given needs --input
		--user-ratio 0.2 --given x --input i --test t|--given: 'x' is none of a share such as 0.8, a number, all-but-K
		--ratio 0.2 --repeats keep --test t|--repeats needs --after, --last or --last-ratio
		--shards 3 --to p%d|--shards needs --by
		--parts 3 --to p%d|--parts needs --by
		--parts 3 --by user|--parts needs --to
		--parts 3 --shards 3 --by user --to p%d|--shards cannot work with --parts
		--parts 3 --ratio 0.1 --by user --to p%d|--ratio cannot work with --parts
		--parts 3 --by user --to p%d --core 2|--parts cannot work with --test, --valid, --output or filters; filter first, in a pipe
		--parts 3 --by user --to p%d%d|--to: TEMPLATE needs exactly one %d or %0Nd, such as part.%03d.tsv
		--parts 3 --by user --to p%d --transpose|--transpose needs --by item
		--shards 3 --by user --to p%d --row-cost 3|--row-cost needs --parts
		--audit f --parts 3 --by user --to p%d|--audit cannot work with --test, --valid, --parts or filters
		--audit f --test t|--audit cannot work with --test, --valid, --shards or filters
		--half-life 3 --ratio 0.1 --test t|--half-life needs --now
	LIST
}

@test "split: an interrupted run leaves no file under a final name" {
	mkfifo pipe
	rec-split --ratio 0.5 --test final.test -o final.train <pipe &
	pid=$!
	exec 7>pipe
	make_train >&7
	for _ in $(seq 500); do
		[ "$(find . -name '.final.t*' | wc -l)" -lt 2 ] || break
		sleep 0.02
	done
	[ "$(find . -name '.final.t*' | wc -l)" -eq 2 ]
	kill -TERM $pid
	got=0
	wait $pid || got=$?
	exec 7>&-
	[ "$got" -eq 143 ]
	[ -z "$(find . -name "*final*")" ] || fail "$(ls -A)"
}

@test "split: --half-life that lifts a value beyond float32 is an error" {
	printf 'a\tx\t5\t1000000000\n' >r.tsv
	exits 1 rec-split --half-life 1 --now 0 <r.tsv
	says "rec-split: 'a' 'x': its value is beyond float32 at --now, long before its time"
	[ ! -s out ]
}

@test "split: an audit takes no method but by time, and writes text" {
	printf 'a\tx\n' >r.tsv
	exits 2 rec-split --audit r.tsv --ratio 0.1 <r.tsv
	says "rec-split: --audit cannot work with a method but --after, --last and --last-ratio"
	exits 2 rec-split --audit r.tsv -b <r.tsv
	says "rec-split: --audit cannot work with --binary: it writes text"
}

@test "split: an empty held-out side says what may be wrong" {
	printf 'a\tx\t1\t5\n' >r.tsv
	exits 1 rec-split --ratio 0 --test t <r.tsv
	says "rec-split: no row was held out for --test; try another --seed or a larger share"
	exits 1 rec-split -q --last 1 --test t <r.tsv
	says "rec-split: no row was held out for --test; does every user have so few pairs?"
	exits 1 rec-split --after 6 --test t <r.tsv
	says "rec-split: no row was held out for --test: the only one (time 5) is before --after 6"
	[ ! -e t ]
}

@test "split: --estimate: a constant where rows pass, more with rows where they are held" {
	rec-gen --users 90 --items 50 --rows 2000 --times >r.tsv
	for how in "--ratio 0.1 --test t" "--folds 3 --fold 1 --test t" "--valid-ratio 0.1 --valid v" "--leave 1 --test t" "--core 2"; do
		# shellcheck disable=SC2086
		few=$(head -100 r.tsv | rec-split $how --estimate | sed -n 's/^bytes.//p')
		# shellcheck disable=SC2086
		exits 0 rec-split $how --estimate <r.tsv
		grep -q "^rows${TAB}2000$" out
		many=$(sed -n 's/^bytes.//p' out)
		case $how in
		--leave* | --core*) [ "$many" -gt "$few" ] ;;
		*) [ "$many" -eq "$few" ] ;;
		esac
	done
	[ ! -e t ] && [ ! -e v ]
}

@test "split: --parts are ranges of whole blocks by label whose merge is the whole, balanced by cost; some may be empty" {
	rec-gen --users 1500 --items 900 --rows 20000 --times --explicit >all.tsv
	rec-cat --merge -b --duplicates sum all.tsv >whole.rec
	rec-cat whole.rec >whole.tsv
	for n in 1 2 3 7; do
		for by in user item; do
			rec-split --parts $n --by $by --to p.%d.rec -b <whole.rec
			cat p.?.rec | rec-cat --merge -b | cmp - whole.rec
			rec-split --parts $n --by $by --to p.%d.tsv <whole.tsv
			for i in $(seq 0 $((n - 1))); do
				rec-cat p.$i.rec | cmp - p.$i.tsv
				side=$([ $by = user ] && echo 1 || echo 2)
				cut -f$side p.$i.tsv | sort -u >labels.$i
			done
			for i in $(seq 1 $((n - 1))); do	# blocks before others are whole
				[ ! -s labels.$i ] || [ $(($(wc -l <labels.$((i - 1))) % 256)) -eq 0 ]
			done
			for i in $(seq 0 $((n - 1))); do cat labels.$i; done | cmp - <(cut -f$side whole.tsv | sort -u)
			rm p.*
		done
		rec-split --parts $n --by item --transpose --to t.%d.rec -b <whole.rec
		cat t.?.rec | rec-cat --merge | awk -F'\t' -v OFS='\t' '{ t = $1; $1 = $2; $2 = t } 1' | sort | cmp - <(sort whole.tsv)
		rm t.*
	done
	# 900 items make 4 blocks: the last three of seven parts are empty, and
	# valid
	rec-split --parts 7 --by item --to e.%d.rec -b <whole.rec
	for i in 4 5 6; do
		rec-cat --verify e.$i.rec
		[ -z "$(rec-cat e.$i.rec)" ]
	done
	# one user with most of the pairs: a block of its own, unless rows are
	# what costs
	(cat all.tsv; seq -f "a%g" 30000 | sed "s/^/0${TAB}/") >skew.tsv
	rec-split --parts 2 --by user --row-cost 0 --to s.%d.tsv <skew.tsv
	[ "$(cut -f1 s.0.tsv | uniq | wc -l)" -eq 256 ]
	rec-split --parts 2 --by user --row-cost 1000 --to s.%d.tsv <skew.tsv
	[ "$(cut -f1 s.0.tsv | uniq | wc -l)" -eq 768 ]
	rec-split --parts 3 --by user --to n.%d.tsv -j 1 </dev/null
	[ -e n.2.tsv ] && [ ! -s n.0.tsv ]
	printf 'a\tx\t1\t5\na\tx\t1\t5\nb\ty\t2\n' >twice.tsv
	rec-split --parts 2 --by user --to r.%02d.tsv.gz <twice.tsv
	gzip -dc r.00.tsv.gz | cmp - twice.tsv
}
