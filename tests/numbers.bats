# SPDX-License-Identifier: MIT
# numbers.bats - numbers keep their meaning: digits that do not fit, scores that differ as they are written, times and their units.

load helpers

# numbers.tsv: values and times of many shapes, 4000 rows. $1 seed.
make_numbers() {
	python3 - "$1" <<-'PY'
		import random, sys
		random.seed(int(sys.argv[1]))
		def value():
		    x, k = random.random(), random.randrange(8)
		    if k == 0: return repr(x * 10 ** random.randint(-3, 6))
		    if k == 1: return '%.9g' % (x * 10 ** random.randint(-3, 6))
		    if k == 2: return str(random.randint(0, 10 ** random.randint(1, 12)))
		    if k == 3: return '%.*f' % (random.randint(0, 12), x * 1000)
		    if k == 4: return str(random.randint(2 ** 24 - 20, 2 ** 24 + 20))
		    if k == 5: return '%.*e' % (random.randint(0, 20), x * 10 ** random.randint(-50, 30))
		    if k == 6: return '%+d.50' % random.randint(-10 ** 5, 10 ** 5)
		    return str(random.randint(-1, 5))
		def time():
		    t, k = 1.5e9 + 1e8 * random.random(), random.randrange(6)
		    if k == 0: return str(random.randint(0, 2 * 10 ** 9))
		    if k == 1: return '%.17g' % t
		    if k == 2: return '%.*f' % (random.randint(0, 30), t)
		    if k == 3: return str(17 * 10 ** 17 + random.randint(0, 3) * 100)
		    if k == 4: return '%d.%012d' % (random.randint(0, 2 * 10 ** 9), random.randint(0, 10 ** 12 - 1))
		    return str(random.randint(2 ** 53 - 9, 2 ** 53 + 9))
		with open('numbers.tsv', 'w') as out:
		    for i in range(4000):
		        print('u%d\ti%d\t%s\t%s' % (i % 97, i, value(), time()), file=out)
	PY
}

# The note for numbers.tsv by exact arithmetic, from what the numbers become through recmat (the file kept).
expected_note() {
	python3 - <<-'PY'
		from decimal import Decimal, getcontext
		getcontext().prec = 100
		def lost_time(text, kept):
		    d, x = Decimal(text), float(text)
		    if abs(x) > 2 ** 53:
		        return Decimal(kept) != d
		    n = len(d.normalize().as_tuple().digits)
		    return d != 0 and Decimal('%.*e' % (n - 1, x)) != d
		values = times = 0
		first = None
		for i, (a, b) in enumerate(zip(open('numbers.tsv'), open('kept')), 1):
		    a, b = a.split(), b.split()
		    assert a[:2] == b[:2] and float(a[3]) == float(b[3])
		    if Decimal(a[2]) != Decimal(b[2]):
		        values += 1
		        first = first or (i, a[2] if len(a[2]) <= 40 else a[2][:40] + '...', b[2])
		    times += lost_time(a[3], b[3])
		print("rec-cat: %d values and %d times have more digits than are kept (first: numbers.tsv:%d: '%s' is read as %s)" % (values, times, *first))
	PY
}

@test "numbers: text that passes keeps digits that do not fit; what becomes a matrix counts them" {
	printf 'u\ti\t16777217\t1700000000000000100\nu\tj\t1.50\t12.50\nv\ti\t0.92226214\t1\n' >t.tsv
	printf 'u\ti\t16777217\t1700000000000000100\nu\tj\t1.5\t12.5\nv\ti\t0.92226214\t1\n' >want
	exits 0 rec-cat t.tsv && cmp out want && says ""
	exits 0 rec-split --ratio 0.5 --test held t.tsv 2>/dev/null || true
	exits 0 rec-split --ratio 0.4 --test held --seed 4 <t.tsv && sort out held | cmp - want && says ""
	exits 0 rec-cat --to csv t.tsv && says "" && tr , '\t' <out | cmp - want
	exits 0 rec-cat --from csv out && says ""
	exits 0 rec-cat -b t.tsv
	says "rec-cat: 2 values and 1 time have more digits than are kept (first: t.tsv:1: '16777217' is read as 16777216)"
	exits 0 rec-sim cosine <t.tsv
	says "rec-sim: 2 values and 1 time have more digits than are kept (first: <stdin>:1: '16777217' is read as 16777216)"
	tail -n +2 t.tsv >one.tsv
	exits 0 rec-cat -b one.tsv
	says "rec-cat: one.tsv:2: '0.92226214' has more digits than are kept: it is read as 0.92226213"
	exits 0 rec-cat -q -b t.tsv && says ""
}

@test "numbers: what is lost is counted as exact arithmetic counts it, for any number of threads" {
	command -v python3 >/dev/null || skip "python3 is not installed"
	for seed in 1 2 3; do
		make_numbers "$seed"
		rec-cat -q -b numbers.tsv | rec-cat >kept
		expected_note >want
		for j in 1 2 7; do
			exits 0 rec-cat -j "$j" -b numbers.tsv && cmp err want
			exits 0 rec-cat -j "$j" --info numbers.tsv && cmp err want
		done
		for n in 1 2 3 4 5 6 7 8 9; do	# across pieces and regions of the reader
			cat numbers.tsv
		done | awk -F'\t' -v OFS='\t' '{ $2 = NR "-" $2 } 1' >many.tsv
		for j in 1 2 7; do
			exits 0 rec-cat -j "$j" -b many.tsv && mv err "note.$j"
			exits 0 rec-sim cosine -j "$j" --max-user 1 <many.tsv && sed 's/rec-sim/rec-cat/;s/<stdin>/many.tsv/' err | grep -v "no item" >"sim.$j"
			cmp note.1 "note.$j" && cmp note.1 <(grep digits "sim.$j")
		done
		rec-cat numbers.tsv >passed
		awk -F'\t' 'NR == FNR { v[FNR] = $3; t[FNR] = $4; next } v[FNR] + 0 != $3 + 0 || t[FNR] + 0 != $4 + 0 { exit 1 }' numbers.tsv passed
	done
}

@test "numbers: every format that enters keeps the digits of text, and says what recmat loses" {
	printf 'q1 Q0 b 1 0.92226214 x\nq1 Q0 a 2 0.92226213 x\n' >run
	exits 0 rec-cat --from trec-run run && says ""
	[ "$(cat out)" = "q1${TAB}b${TAB}0.92226214
q1${TAB}a${TAB}0.92226213" ]
	exits 0 rec-cat --from trec-run -b run
	says "rec-cat: run:1: '0.92226214' has more digits than are kept: it is read as 0.92226213"
	printf 'r 0 i 16777217\n' >qrels
	exits 0 rec-cat --from trec-qrels --to trec-qrels qrels && cmp out qrels && says ""
	printf 'r i:16777217 j:2\n' >svm
	exits 0 rec-cat --from libsvm svm && says "" && [ "$(cat out)" = "r${TAB}i${TAB}16777217
r${TAB}j${TAB}2" ]
	exits 0 rec-cat --from libsvm --to libsvm svm
	says "rec-cat: svm:1: '16777217' has more digits than are kept: it is read as 16777216"
	printf '%%%%MatrixMarket matrix coordinate real symmetric\n2 2 1\n2 1 16777217\n' >mtx
	exits 0 rec-cat --from mtx mtx && says "" && [ "$(cat out)" = "2${TAB}1${TAB}16777217
1${TAB}2${TAB}16777217" ]
	printf 'x\t16777217\t1\n' >factors
	exits 0 rec-cat --from factors --block item -b factors
	says "rec-cat: factors:1: '16777217' has more digits than are kept: it is read as 16777216"
	printf 'i,u,t,v\ni1,u1,1700000000000000100,0.1\n' >t.csv
	exits 0 rec-cat --from csv -f u,i,v,t t.csv && says "" && [ "$(cat out)" = "u1${TAB}i1${TAB}0.1${TAB}1700000000000000100" ]
	exits 0 rec-cat --from csv -f u,i,v,t -b t.csv
	says "rec-cat: t.csv:2: '1700000000000000100' has more digits than are kept: it is read as 1.7e+18"
}

@test "numbers: times that are whole numbers beyond 2^53 are refused where times are compared" {
	for s in 1 2 3; do printf 'u%s\ta\t1\t1700000000000000100\nu%s\tb\t1\t1700000000000000000\n' $s $s; done >ns.tsv
	says_wide="<stdin>:1: field 4: '1700000000000000100' has more digits than a time can hold, and times are compared; cut the last ones off: microseconds fit"
	for how in "--last 1" "--last-ratio 0.5" "--after 1700000000000" "--after 1700000000000 --repeats keep"; do
		# shellcheck disable=SC2086
		exits 1 rec-split $how --test held <ns.tsv
		says "rec-split: $says_wide" && [ ! -e held ]
	done
	exits 1 rec-split --half-life 30 --now 1e15 <ns.tsv && says "rec-split: $says_wide"
	exits 1 rec-split --duplicates last <ns.tsv && says "rec-split: $says_wide"
	printf 'u1\ta\t2\t1700000000000000200\n' >>ns.tsv
	exits 1 rec-als --explicit -k 2 <ns.tsv && says "rec-als: $says_wide"
	exits 1 rec-cat --merge --duplicates last ns.tsv && mentions "ns.tsv:1: field 4:"
	# what a double holds passes, and what compares no times counts
	sed 's/100$/000/;s/200$/000/' ns.tsv | head -4 >fits.tsv
	exits 0 rec-split --last 1 --test held <fits.tsv && says ""
	exits 0 rec-split --leave 1 --test held <ns.tsv
	says "rec-split: 4 times have more digits than are kept (first: <stdin>:1: '1700000000000000100' is read as 1.7e+18)"
	exits 0 rec-cat ns.tsv && says "" && sed 's/1700000000000000000/1.7e+18/' ns.tsv | cmp - out
}
