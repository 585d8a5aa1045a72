#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The binary form as the commands show it: the manual's example, the test
# vectors, cuts, damage, labels alone, and parts merged.

load helpers

@test "recmat: the bytes of the manual's example" {
	printf 'ann\ttea\t1.5\n' | rec-cat -b | od -A x -t x1 >ours
	sed -n '/^000000 52 45/,/^000400/p' "$ROOT/man/recmat.5" >manual
	same ours manual
}

@test "recmat: the test vectors are what make.py writes, and verify" {
	command -v python3 >/dev/null || skip "no python3"
	mkdir made
	PYTHONDONTWRITEBYTECODE=1 python3 "$ROOT/tests/vectors/make.py" made
	[ "$(find made -name '*.rec' | wc -l)" -ge 9 ]
	for f in made/*.rec; do
		same "$f" "$ROOT/tests/vectors/${f#made/}"
	done
	exits 0 rec-cat --verify made/*.rec
}

@test "recmat: cut and damaged files are refused by name and block" {
	cp "$ROOT/tests/vectors/joined.rec" whole.rec
	head -c 2000 whole.rec >cut.rec
	exits 1 rec-cat cut.rec
	says 'rec-cat: cut.rec: cut off: no end mark after block 1'
	{ head -c 1920 whole.rec && printf x && tail -c +1922 whole.rec; } >flipped.rec
	exits 1 rec-cat flipped.rec
	says 'rec-cat: flipped.rec: block 2: damaged: the CRC of the times is wrong'
	exits 1 rec-cat <cut.rec
	says 'rec-cat: <stdin>: cut off: no end mark after block 1'
	exits 1 rec-cat - < <(cat cut.rec)
	says 'rec-cat: <stdin>: cut off: no end mark after block 1'
}

@test "recmat: text there and back, missing values, times and labels alone kept" {
	printf 'c\ty\t2\na\nb\tx\nb\tx\t0\t12.5\nb\tz z\t-1e-07\n' >t.tsv
	rec-cat -b t.tsv >t.rec
	rec-cat t.rec | sort >back
	sort t.tsv >want
	same back want
}

@test "recmat: streams concatenate, shards merge to the whole" {
	make_train >t.tsv
	rec-split -b --shards 3 --by item --to 's%d.rec' <t.tsv
	rec-cat --merge -b t.tsv >whole.rec
	rec-cat --merge -b s2.rec s0.rec s1.rec >merged.rec
	same merged.rec whole.rec
	cat s1.rec s2.rec s0.rec | rec-cat --merge -b >piped.rec
	same piped.rec whole.rec
	exits 1 rec-cat --merge -b whole.rec s1.rec
	grep -q "^rec-cat: pair '.*' appears twice$" err
	[ ! -s out ]
}
