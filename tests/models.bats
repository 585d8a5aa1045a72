#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Models whose metadata and blocks contradict each other: every command refuses
# them when it loads them, says what contradicts what, and reads and asks for
# nothing beyond the file.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	python3 "$ROOT/tests/vectors/hostile.py" .
	printf 'u\ta\nu\tb\nv\tc\n' >x.tsv
}

# NAME TAB what is said of it, behind the name of the file.
faults() {
	cat <<'E1'
alpha	metadata: alpha is 1e200, not between 1e-12 and 1e+12
als-sim	metadata say als, but there are no blocks 'user' and 'item'; take blocks and metadata of one run
bias-number	metadata: bias is 2, not between 0 and 1
bias	metadata: bias goes with explicit loss, but loss is implicit
both	it holds factors and a similarity: keep one of them, each is a model
divisor	metadata: divisor is 0, not between 1e-60 and 1e+40
duplicates	metadata: duplicates is 'first', not sum, max, last or fail
epsilon	metadata: epsilon is 1e-300, not between 1e-12 and 1e+12
factors-zero	metadata: factors is 0, not between 1 and 16384
factors	metadata: factors is 4294967296, not between 1 and 16384
few-items	metadata: items is 2, but block 'item' has 3 rows; take blocks and metadata of one run
few-sim	metadata: items is 1, but the similarity has 3 rows; take blocks and metadata of one run
few-users	metadata: users is 1, but block 'user' has 2 rows; take blocks and metadata of one run
history-divisor	metadata of the model: history.divisor is not a positive number
history	metadata of the model: history.weights is 'cube', not none, linear or log
iterations	metadata: iterations is 18446744073709551615: no model was trained for so long
kind-item	block 'item' is sparse, but factors are dense (rec-cat --from factors reads them from text)
kind-user	block 'user' is sparse, but factors are dense (rec-cat --from factors reads them from text)
kind-offset	block 'offset' is not a dense block of one column
kind-similarity	block 'similarity' is dense and its columns have no labels, so nobody knows which items they are
loss-alone	metadata: loss belongs to als, but algorithm is missing
loss	metadata: loss is 'hinge', which is not known; was it made by a later version?
many-items	metadata: items is 4294967295, not between 0 and 4294967294
mean	metadata: mean is 1e300, not between -3.40282e+38 and 3.40282e+38
no-blocks	no model: neither factors nor similarity nor offset
no-columns	its factors have no columns; give vectors of one number at least
no-item	user factors without item factors; give both, as rec-als writes them
no-reg	metadata lack reg, which a model of rec-als has
optional-item	no model: neither factors nor similarity nor offset
optional-offset	no model: neither factors nor similarity nor offset
other	block 'other' is not part of a model
popular-sim	metadata say popular, which makes an offset alone, but the blocks are others; take blocks and metadata of one run
power	metadata: reg-power is 1000, not between 0 and 10
range-half	metadata: value.min and value.max are no range of values
range	metadata: value.min and value.max are no range of values
reg-negative	metadata: reg is -1, not between 0 and 1e+40
reg	metadata: reg is 1e300, not between 0 and 1e+40
side-factors	metadata: side is user, but there is no similarity; take blocks and metadata of one run
side	metadata: side is 'both', not item or user
sim-factors	metadata say ease, which makes a similarity, but the blocks are others; take blocks and metadata of one run
solver	metadata: solver is 'magic', which is not known; was it made by a later version?
steps	metadata: cg-steps is 4294967295, not between 1 and 10000
sums	block 'sums' holds sums of rec-sim --partial, which rec-sim METHOD --merge makes a model of
two	two similarities; keep one of them
unobserved	metadata: unobserved: 'nan' is not a number
wide-als	its factors have no rows: an empty part of a model; join it with the others (rec-cat --merge -b)
wide	its factors have no rows: an empty part of a model; join it with the others (rec-cat --merge -b)
width-bias	metadata say 2 factors and 2 biases, but block 'user' has 2 columns; take blocks and metadata of one run
width-no-bias	metadata say 2 factors, but block 'user' has 4 columns; take blocks and metadata of one run
width-user	block 'user' has 3 columns and block 'item' 2; take blocks and metadata of one run
width	metadata say 64 factors, but block 'user' has 2 columns; take blocks and metadata of one run
E1
}

@test "models: metadata and blocks that contradict each other are refused by every command that loads a model, with the reason" {
	faults >list
	[ "$(wc -l <list)" -eq $(($(find . -name '*.rec' | wc -l) - $(find . -name 'good*.rec' | wc -l) - 1)) ] # users-alone: below
	while IFS=$TAB read -r name what; do
		rec-cat --verify "$name.rec" >/dev/null 2>&1 || fail "$name.rec is not valid recmat"
		exits 1 rec-topn -q -j1 -m "$name.rec" <x.tsv
		says "rec-topn: $name.rec: $what"
		exits 1 rec-score -q -j1 -m "$name.rec" <x.tsv
		says "rec-score: $name.rec: $what"
		exits 1 rec-als -q -j1 --half user -m "$name.rec" <x.tsv
		says "rec-als: $name.rec: $what"
		exits 1 rec-als -q -j1 -k 2 -i 1 --init-from "$name.rec" <x.tsv
		says "rec-als: --init-from: $name.rec: $what"
		exits 1 rec-sim -q -j1 cosine --from-factors "$name.rec"
		says "rec-sim: $name.rec: $what"
	done <list
}

@test "models: no command asks for memory that the file does not justify" {
	for m in wide wide-als; do
		for how in "rec-topn -m" "rec-score -m" "rec-topn --fold-in -m" "rec-als --half user -m" "rec-als -i 1 --init-from" "rec-sim cosine --from-factors"; do
			# shellcheck disable=SC2086
			(ulimit -v 400000 && exits 1 $how $m.rec -q -j1 <x.tsv)
			mentions "$m.rec: its factors have no rows"
		done
	done
}

@test "models: a model of users alone can't rank, score or tell items alike" {
	exits 1 rec-topn -q -j1 -m users-alone.rec <x.tsv
	says "rec-topn: users-alone.rec: it holds no item factors, only those of users: a half-step of rec-als; join it with the other half"
	exits 1 rec-score -q -j1 -m users-alone.rec <x.tsv
	mentions "users-alone.rec: it holds no item factors"
	exits 1 rec-sim -q -j1 cosine --from-factors users-alone.rec
	says "rec-sim: users-alone.rec: the model has no item factors; rec-als makes some"
	exits 1 rec-als -q -j1 --half user -m users-alone.rec <x.tsv
	says "rec-als: users-alone.rec: the model holds no item factors; solve those first"
	exits 0 rec-als -q -j1 --half item -m users-alone.rec -o half.rec <x.tsv
	exits 0 rec-sim -q -j1 cosine --side user --from-factors users-alone.rec
}

@test "models: what is right is taken, also by what knows no more than the blocks" {
	for m in good good-explicit good-sim good-bare; do
		exits 0 rec-topn -q -j1 -n 2 -m $m.rec <x.tsv
		[ -s out ] || fail "$m: no list"
	done
	printf 'a\n' | exits 0 rec-topn -q -j1 --similar-items -n 2 -m good-later.rec
	[ -s out ] || fail "good-later: no list"
	for m in good good-explicit; do
		exits 0 rec-als -q -j1 --half item -m $m.rec <x.tsv
		exits 0 rec-sim -q -j1 cosine --from-factors $m.rec
	done
	exits 0 rec-als -q -j1 -k 2 -i 1 --init-from good.rec <x.tsv
	exits 0 rec-als -q -j1 -k 2 -i 1 --explicit --init-from good-explicit.rec <x.tsv
	exits 1 rec-als -q -j1 -k 2 -i 1 --init-from good-bare.rec <x.tsv
	says "rec-als: --init-from: good-bare.rec: not a model of rec-als"
}

# NAME TAB what is said of the sums.
sum_faults() {
	cat <<'E1'
algorithm	not sums of rec-sim --partial but als
dense	block 'sums' does not hold sums of rec-sim --partial
digest	metadata: digest: not 32 hexadecimal digits
half	the sums of (i, j) are not those of (j, i): some are missing
kind	metadata: sums is 'mean', not items, count or weight
max	metadata: max-user: 'x' is not a whole number
none	item 'a' has 0 users of 3, by the sum of it and itself
over	the sums say that item 'b' shares more users with another item than it has; make them again
part	sums of 'a' and 'b': the value is no number of users below 2^24
rows	sums of 5 pairs of user and item, but only 4 rows were read; make them again
scale-far	metadata: scale is 1e300, not a whole number of bits
scale	metadata: scale is 1.5, not a whole number of bits
shards	sums of 1 shard; the whole has 2
users	item 'a' has 3 users of 2, by the sum of it and itself
whole	metadata: users is 3, whole.users 4, of the same data; make the sums again
E1
}

@test "models: rec-sim --merge refuses sums that contradict themselves" {
	sum_faults >list
	[ "$(wc -l <list)" -eq $(($(find . -name '*.sums' | wc -l) - 2)) ] # good, and single: below
	while IFS=$TAB read -r name what; do
		exits 1 rec-sim -q -j1 count --merge <"$name.sums"
		says "rec-sim: <stdin>: $what"
	done <list
	exits 1 rec-sim -q -j1 popular --merge -b <single.sums
	says "rec-sim: <stdin>: metadata say sums of single items, but there is one of 'a' and another; make them again"
	exits 0 rec-sim -q -j1 count --merge <good.sums
	[ "$(cat out)" = "a${TAB}b${TAB}2
b${TAB}a${TAB}2" ]
}
