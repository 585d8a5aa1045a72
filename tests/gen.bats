#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# rec-gen: exact numbers, distinct pairs, planted structure, the same bytes.

load helpers

@test "gen: --rows is exact, pairs are distinct, every user has a row" {
	while read -r users items rows; do
		rec-gen --users "$users" --items "$items" --rows "$rows" >all.tsv
		[ "$(wc -l <all.tsv)" -eq "$rows" ] || fail "$users x $items: $(wc -l <all.tsv) rows, not $rows"
		[ "$(sort -u all.tsv | wc -l)" -eq "$rows" ] || fail "$users x $items: repeats"
		want=$((rows < users ? rows : users))
		[ "$(cut -f1 all.tsv | sort -u | wc -l)" -le "$users" ]
		[ "$rows" -lt "$users" ] || [ "$(cut -f1 all.tsv | sort -u | wc -l)" -eq "$want" ] || fail "$users x $items: a user has no row"
	done <<-'LIST'
		1 1 1
		1 50 50
		50 1 50
		7 5 35
		7 5 34
		100 30 100
		100 30 2999
		1000 500 20000
		3000 10 100
	LIST
	exits 1 rec-gen --users 3 --items 4 --rows 13
	says "rec-gen: --rows 13 is more than 3 users x 4 items; give fewer rows, or more items"
}

@test "gen: the same bytes for any number of threads, other bytes for another seed" {
	rec-gen -j 1 --users 5000 --items 300 --rows 60000 --times --explicit >one.tsv
	rec-gen -j 5 --users 5000 --items 300 --rows 60000 --times --explicit >five.tsv
	same one.tsv five.tsv
	rec-gen -b -j 3 --users 5000 --items 300 --rows 60000 --times --explicit | rec-cat >binary.tsv
	same one.tsv binary.tsv
	rec-gen --seed 2 --users 5000 --items 300 --rows 60000 --times --explicit >two.tsv
	! cmp -s one.tsv two.tsv || false
}

@test "gen: the bytes are those of this release" {
	rec-gen --users 40 --items 30 --rows 300 --times --explicit | cksum >sum
	[ "$(cat sum)" = "$(cat "$ROOT/tests/vectors/gen.cksum")" ] || fail "$(cat sum): if rec-gen was changed on purpose, say so in NEWS.md and change tests/vectors/gen.cksum"
}

@test "gen: users are log-normal, items Zipf, ratings half stars, times rise" {
	rec-gen --users 4000 --items 500 --rows 80000 --times --explicit --dim 0 >all.tsv
	cut -f1 all.tsv | sort | uniq -c | sort -rn | awk '{ n[NR] = $1 } END { if (n[1] < 8 * n[int(NR / 2)] || n[1] > 500) exit 1 }'
	# Rank 1 against rank 10: a ratio of ten without taste, less the effect
	# of distinct pairs.
	cut -f2 all.tsv | sort | uniq -c | sort -rn | awk '{ n[NR] = $1 } END { r = n[1] / n[20]; if (r < 4 || r > 21) exit 1 }'
	awk -F'\t' '$3 < 0.5 || $3 > 5 || 2 * $3 != int(2 * $3) { exit 1 }' all.tsv
	awk -F'\t' '$1 == u && $4 <= t { exit 1 } { u = $1; t = $4 } $4 != int($4) || $4 < 1600000000 { exit 1 }' all.tsv
}

@test "gen: planted taste is found again, noise is not" {
	rec-gen --users 600 --items 200 --rows 12000 >taste.tsv
	rec-gen --users 600 --items 200 --rows 12000 --noise 1 >noise.tsv
	for d in taste noise; do
		rec-split --ratio 0.2 --test test.tsv <$d.tsv >train.tsv
		rec-als -q -k 8 <train.tsv >model.rec
		rec-topn -q -m model.rec -n 10 <train.tsv >lists.tsv
		rec-eval -q -t test.tsv --train train.tsv ndcg@10 <lists.tsv | awk -F'\t' '{ v[$1] = $2 } END { print v["ndcg@10"] / v["ndcg@10/floor"] }' >$d.lift
	done
	awk -v t="$(cat taste.lift)" -v n="$(cat noise.lift)" 'BEGIN { exit !(t > 1.3 && n < 1.1) }' || fail "over most-popular: $(cat taste.lift) with taste, $(cat noise.lift) without"
}

@test "gen: --estimate prints memory and rows without making any" {
	exits 0 rec-gen --users 1000000000 --items 1000 --rows 1000000000000 --estimate
	[ "$(cut -f1 out | tr '\n' ' ')" = "bytes rows " ]
}

@test "gen: memory follows items, not the rows of users that hold many" {
	for users in 100 1500; do
		rec-gen --users $users --items 1500 --rows $((users * 700)) --dim 0 --stats stats >/dev/null
		sed -n 's/^memory.peak.//p' stats
	done >peaks
	[ "$(tail -1 peaks)" -lt $((2 * $(head -1 peaks) + 8000000)) ] || fail "$(cat peaks)"
	exits 4 rec-gen --items 1000000 --dim 64 --mem 100M
	grep -qE '^rec-gen: needs [0-9]+ bytes, --mem allows 104857600; give --mem [0-9]+M or more$' err
}

# begun COMMAND...: what it says at once is left in err; then it is ended.
begun() {
	"$@" 2>err >/dev/null &
	local pid=$!
	for _ in $(seq 500); do
		[ ! -s err ] || break
		sleep 0.02
	done
	kill "$pid"
	wait "$pid" || true
}

@test "rec-gen: a size by a slip of the finger is said at once, or refused" {
	begun rec-gen --users 1000000000000
	says "rec-gen: 20000000000000 rows for 1000000000000 users: about 400 TB to write; give fewer --rows or --users"
	begun rec-gen --users 1000000000000 --items 3 --rows 1
	says "rec-gen: --users 1000000000000: all are visited for 1 row, minutes a billion; give fewer --users"
	exits 4 rec-gen --items 4294967294 --dim 1000
	grep -qE '^rec-gen: needs [0-9]{14} bytes for 4294967294 items, and this machine has [0-9]+; give fewer --items$' err || fail "$(cat err)"
	exits 0 rec-gen --users 1000 --rows 20000
	[ ! -s err ]
}
