# SPDX-License-Identifier: MIT
# numbers.bats - numbers keep their meaning: digits that do not fit, scores
# that differ as they are written, times and their units.

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

# The note for numbers.tsv by exact arithmetic, from what the numbers become
# through recmat (the file kept).
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
	exits 0 rec-split --ratio 0.5 --test held --seed 1 <t.tsv && sort out held | cmp - <(sort want) && says ""
	exits 0 rec-cat --to csv t.tsv && says "" && tr , '\t' <out | cmp - want
	cp out t.csv
	exits 0 rec-cat --from csv t.csv && says "" && cmp out want
	exits 0 rec-cat -b t.tsv
	says "rec-cat: 2 values and 1 time have more digits than are kept (first: t.tsv:1: '16777217' is read as 16777216)"
	exits 0 rec-sim cosine <t.tsv
	mentions "rec-sim: 2 values and 1 time have more digits than are kept (first: <stdin>:1: '16777217' is read as 16777216)"
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
	mentions "rec-cat: svm:1: '16777217' has more digits than are kept: it is read as 16777216"
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

# -- scores --

@test "scores: lists rank as their scores are written, however many digits that takes" {
	printf 'q1\ta\t1700000001\nq1\tb\t1700000060\nq1\tc\t1699990000\nq2\tb\t1700000200\nq2\ta\t1700000100\nq2\tc\t1699990000\n' >recent.tsv
	printf 'q1\tb\nq2\tb\n' >truth.tsv
	exits 0 rec-eval -t truth.tsv mrr@3 <recent.tsv && says "" && [ "$(cut -f2 out)" = 1 ]
	head -2 recent.tsv | rec-eval -q -t truth.tsv mrr@2 | cut -f2 >out && [ "$(cat out)" = 0.5 ]
	printf 'q1 Q0 b 1 0.92226214 x\nq1 Q0 a 2 0.92226213 x\n' | rec-cat --from trec-run >run.tsv
	printf 'q1\tb\n' >one.tsv
	[ "$(rec-eval -t one.tsv hit@1 mrr@1 <run.tsv | cut -f2 | xargs)" = "1 1" ]
	exits 0 rec-topn --merge -n 2 <run.tsv && same out run.tsv && says ""
	exits 0 rec-cat --to trec-run run.tsv && says ""
	[ "$(cat out)" = "q1 Q0 b 1 0.92226214 recpipe
q1 Q0 a 2 0.92226213 recpipe" ]
	# counts, 17 digits, nanoseconds, beyond and below float
	for pair in "16777216 16777217" "0.12345678901234567 0.12345678901234569" "1700000000000000000 1700000000000000300" "1e39 2e39" \
		"1e-60 1e-59" "-16777217 -16777216" "1e300 1.0000000000000002e300" "0 1e-300" "-1e39 -3e38" "3.4e38 1e39"; do
		printf 'q1\ta\t%s\nq1\tb\t%s\n' $pair >pair.tsv
		[ "$(rec-eval -t one.tsv mrr@2 <pair.tsv | cut -f2)" = 1 ] || fail "$pair"
		for ties in mean worst best; do
			[ "$(rec-eval -t one.tsv --ties $ties mrr@2 <pair.tsv | cut -f2)" = 1 ] || fail "$pair --ties $ties"
		done
		exits 0 rec-topn --merge -n 2 <pair.tsv && says "" && [ "$(cut -f2 out | xargs)" = "b a" ]
		[ "$(rec-eval -t one.tsv mrr@2 <out | cut -f2)" = 1 ] || fail "$pair again"
	done
	exits 1 rec-topn --merge -b <pair.tsv && says "rec-topn: a score is beyond what recmat holds (3.4e38); text holds it"
	printf 'q1\ta\t1e400\n' | exits 1 rec-eval -t one.tsv mrr@1 && says "rec-eval: <stdin>:1: field 3: '1e400' is out of range"
}

@test "scores: digits beyond a double are refused where they decide, and nothing else is" {
	printf 'q1\tb\n' >one.tsv
	while read -r x y; do
		printf 'q1\ta\t%s\nq1\tb\t%s\nq1\tc\t0\n' "$x" "$y" >pair.tsv
		exits 1 rec-eval -t one.tsv mrr@2 <pair.tsv
		says "rec-eval: <stdin>: user 'q1': the scores of items 'a' and 'b' differ in digits beyond a double; take off what they have in common, or give the order: rec-cat --rank"
		exits 1 rec-topn --merge <pair.tsv && mentions "items 'a' and 'b' differ in digits beyond a double"
		exits 1 rec-eval -t one.tsv --compare pair.tsv mrr@2 <one.tsv && mentions "pair.tsv: user 'q1'"
	done <<-'LIST'
		9007199254740993 9007199254740992
		1700000000000000100 1700000000000000101
		0.92226214000000001 0.92226214000000002
		0.12345678901234567890123 0.12345678901234567890124
		1e-400 2e-400
	LIST
	while read -r x y; do	# the same number, or the same double printed in other ways: a tie as any other
		printf 'q1\ta\t%s\nq1\tb\t%s\nq1\tc\t0\n' "$x" "$y" >pair.tsv
		exits 0 rec-eval -t one.tsv --ties mean mrr@1 <pair.tsv && says "" && [ "$(cut -f2 out)" = 0.5 ]
	done <<-'LIST'
		0.1 0.10000000000000001
		0.1 0.1000000000000000055511151231257827
		0.30000000000000004 0.3000000000000000444
		1700000000000000100 1700000000000000100
		1700000000000000100 17000000000000001e2
		0.5 0.50000000000000000000000000
	LIST
}

@test "scores: order and ties of hard numbers equal exact arithmetic, for any order of lines, threads and form" {
	command -v python3 >/dev/null || skip "python3 is not installed"
	for seed in 1 2 3 4; do
		python3 - $seed <<-'PY'
			import random, sys
			from decimal import Decimal
			random.seed(int(sys.argv[1]))
			def score(kind):
			    if kind == 0: return str(1700000000 + random.randint(0, 300))
			    if kind == 1: return '0.9222621%02d' % random.randint(0, 99)
			    if kind == 2: return repr(random.random())
			    if kind == 3: return '%.17g' % (1 - random.random() * 1e-12)
			    if kind == 4: return '%de%d' % (random.randint(1, 99), random.randint(-60, 36))
			    if kind == 5: return str(random.randint(2 ** 24 - 30, 2 ** 24 + 30))
			    return str(random.randint(-3, 3))
			lines, truth, order = [], [], []
			for u in range(300):
			    kind, entries = random.randrange(7), []
			    for i in random.sample(range(100), random.randint(2, 30)):
			        entries.append(('i%02d' % i, score(kind)))
			    lines += ['u%03d\t%s\t%s' % (u, i, s) for i, s in entries]
			    order += ['u%03d\t%s' % (u, i) for i, s in sorted(entries, key=lambda e: (-float(e[1]), e[0]))]
			    truth += ['u%03d\ti%02d\t%d' % (u, i, random.randint(1, 5)) for i in random.sample(range(100), 5)]
			random.shuffle(lines)
			for name, x in ('lists', lines), ('truth', truth), ('order', order):
			    open(name, 'w').write('\n'.join(x) + '\n')
		PY
		shuf --random-source=<(yes) lists >shuffled
		for j in 1 2 7; do
			exits 0 rec-topn --merge -n 30 -j "$j" <lists && cut -f1,2 out | cmp - order && mv out "merged.$j"
			exits 0 rec-topn --merge -n 30 -j "$j" <shuffled && cmp out "merged.$j" && cmp out merged.1
		done
		rec-topn --merge -n 30 -j 2 <merged.1 | cmp - merged.1
		rec-topn -q --merge -n 30 -b <lists >merged.rec
		rec-topn --merge -n 30 <merged.rec | cut -f1,2 | cmp - order
		rec-topn --merge -n 30 -b <merged.rec | cmp - merged.rec
		for ties in label mean worst best; do
			rec-eval -q -t truth --shallow --ties $ties ndcg@5 recall@3 mrr@10 map@10 <lists >want
			for j in 1 7; do
				rec-eval -q -t truth --shallow --ties $ties -j $j ndcg@5 recall@3 mrr@10 map@10 <shuffled | cmp - want
			done
		done
		cut -f1,2 truth >train	# the oracle wants one; what it says of it is not looked at
		for ties in label worst best; do
			python3 "$ROOT/tests/oracle/eval.py" lists truth train 5 $ties | grep -E '^(recall|mrr|map|ndcg|ndcg.gain=linear.)@5'"$TAB" | sort >oracle
			rec-eval -q -t truth --ties $ties recall@5 mrr@5 map@5 ndcg@5 'ndcg(gain=linear)@5' <lists | cut -f1,2 | sort >ours
			[ -s oracle ] && awk -F'\t' 'NR == FNR { w[$1] = $2; next } !($1 in w) || ($2 - w[$1]) ^ 2 > 1e-24 { print; exit 1 }' oracle ours
		done
		rec-eval -q -t truth --shallow --ties label ndcg@5 recall@3 mrr@10 map@10 <lists >want
		rec-eval -q -t truth --shallow --ties label ndcg@5 recall@3 mrr@10 map@10 <merged.rec | cmp - want
		rec-eval -q -t truth --shallow --ties label ndcg@5 recall@3 mrr@10 map@10 <merged.1 | cmp - want
	done
}

@test "scores: recmat of lists says what it loses and keeps the order" {
	printf 'q1\tb\t1700000060\nq1\ta\t1700000001\nq2\ta\t5\n' >lists.tsv
	exits 0 rec-topn --merge -b <lists.tsv
	mentions "rec-topn: 2 values have more digits than are kept (first: <stdin>:1: '1700000060' is read as 1700000000)"
	cp out lists.rec
	printf 'q1\tb\n' >one.tsv
	[ "$(rec-eval -t one.tsv mrr@2 <lists.rec | cut -f2)" = 1 ]
	[ "$(rec-eval -t one.tsv --ties worst mrr@2 <lists.rec | cut -f2)" = 1 ]
	[ "$(rec-topn -q --merge <lists.rec | cut -f1,2 | xargs)" = "q1 b q1 a q2 a" ]
}

@test "numbers: times read as values are named as such" {
	printf 'session,time,item\n1,1700000001,a\n1,1700000060,b\n' >clicks.csv
	exits 0 rec-cat --from csv -f session,item,time -b clicks.csv
	says "rec-cat: 2 values have more digits than are kept (first: clicks.csv:2: '1700000001' is read as 1700000000); a time belongs into the fourth column"
	exits 0 rec-cat --from csv -f session,item,,time -b clicks.csv && says ""
}
