# SPDX-License-Identifier: MIT
# times.bats - times mean what they say: dates as options and as text, units
# that do not meet, empty sides of a split.

load helpers

@test "times: --after and --now take dates and numbers" {
	printf 'u\ta\t1\t1420070399\nu\tb\t1\t1420070400\nv\ta\t1\t1420106400\nv\tb\t1\t5\n' >t.tsv
	rec-split --after 1420070400 --test want.test <t.tsv >want
	for day in 2015-01-01 20150101T000000Z 2015-01-01T00:00:00Z "2015-01-01 00:00" 2015-01-01T01:00+01:00 2014-12-31T23:59:59.5 2015-001 2015-W01-4 1.4200704e9; do
		exits 0 rec-split --after "$day" --test test <t.tsv && cmp out want && cmp test want.test && says "" || fail "$day"
	done
	rec-split --after 2015-01-01T10:00:00Z --test test <t.tsv >out && [ "$(cat test)" = "v${TAB}a${TAB}1${TAB}1420106400" ]
	rec-split --half-life 30 --now 1420070400 <t.tsv >want 2>/dev/null
	rec-split --half-life 30 --now 2015-01-01 <t.tsv 2>/dev/null | cmp - want
	for bad in 2015-13-01 2015-02-29 yesterday "" 2015-01-01T25:00 2015-01-01x 1/2/2015 01.02.2015; do
		exits 2 rec-split --after "$bad" --test test <t.tsv
		says "rec-split: --after: '$bad' is neither a number nor a date (2015-01-01, 2015-01-01T10:00:00Z, also +02:00)"
	done
	exits 2 rec-split --now nan --half-life 3 <t.tsv && mentions "--now: 'nan' is neither a number nor a date"
	exits 2 rec-split --after 1700000000000000100 --test test <t.tsv
	says "rec-split: --after: '1700000000000000100' has more digits than a time can hold"
}

@test "times: a threshold in another unit than the data is told with the number to give" {
	s="1690000000 1699900000 1699999000"
	scaled() { for x in $s; do printf 'u%s\ta\t1\t%s\n' "$x" "$(awk "BEGIN { printf \"%.0f\", $x * $1 }")"; done; }
	while read -r factor name want; do
		scaled "$factor" >t.tsv
		lo=$(rec-cat t.tsv | head -1 | cut -f4) hi=$(rec-cat t.tsv | tail -n 1 | cut -f4)
		for keep in drop keep; do
			exits 1 rec-split --after 1699500000 --repeats $keep --test t <t.tsv
			says "rec-split: no row is left for train: all 3 are at or after --after 1699500000 (times from $lo to $hi); times look like $name, --after like seconds: give --after $want"
			[ ! -e t ]
		done
		exits 0 rec-split --after "$want" --test t <t.tsv && [ "$(wc -l <t)" -eq 2 ] && rm t
	done <<-'LIST'
		1e3 milliseconds 1699500000000
		1e6 microseconds 1.6995e+15
		1e9 nanoseconds 1.6995e+18
	LIST
	scaled 1 >t.tsv
	exits 1 rec-split --after 1699500000000 --test t <t.tsv
	says "rec-split: no row was held out for --test: all 3 are before --after 1699500000000 (times from 1690000000 to 1699999000); times look like seconds, --after like milliseconds: give --after 1699500000"
	exits 1 rec-split --after 20231109 --test t <t.tsv
	says "rec-split: no row is left for train: all 3 are at or after --after 20231109 (times from 1690000000 to 1699999000); times look like seconds, --after like dates written as numbers: give --after 1699488000"
	printf 'u\ta\t1\t20230102\nu\tb\t1\t20240203\n' >d.tsv
	exits 1 rec-split --after 2023-06-01 --test t <d.tsv
	says "rec-split: no row was held out for --test: all 2 are before --after 1685577600 (times from 20230102 to 20240203); times look like dates written as numbers, --after like seconds: give --after 20230601"
	printf 'u\ta\t1\t20230102153000\nu\tb\t1\t20240203070809\n' >d.tsv
	exits 1 rec-split --after 2023-06-01T12:00 --test t <d.tsv && mentions "give --after 20230601120000"
	printf 'u\ta\t1\t19700\nu\tb\t1\t19800\n' >d.tsv
	exits 1 rec-split --after 2024-01-01 --test t <d.tsv && mentions "times look like days, --after like seconds: give --after 19723"
	printf 'u\ta\t1\t1\nu\tb\t1\t2\n' >d.tsv
	exits 1 rec-split --after 9 --test t <d.tsv
	says "rec-split: no row was held out for --test: all 2 are before --after 9 (times from 1 to 2)"
}

@test "times: times of two sizes are told where they are compared, for any order and threads" {
	printf 'u\ta\t1\t1690000000000\nu\tb\t1\t1699900000\nv\ta\t1\t1699999000\nv\tb\t1\t0\n' >t.tsv
	want="rec-split: 1 of 4 times is beyond 1e11, as milliseconds are, the others not: are all of one unit?"
	for how in "--last 1 --test t" "--last-ratio 0.5 --test t" "--after 1699900000 --test t" "--after 1699900000 --repeats keep --test t" "--duplicates last"; do
		for j in 1 2 7; do
			# shellcheck disable=SC2086
			exits 0 rec-split $how -j $j <t.tsv && says "$want"
			# shellcheck disable=SC2086
			tac t.tsv | exits 0 rec-split $how -j $j && says "$want"
			# shellcheck disable=SC2086
			rec-cat -b t.tsv | exits 0 rec-split $how -j $j && says "$want"
		done
	done
	exits 0 rec-split --leave 1 --test t <t.tsv && says ""
	printf 'u\tc\t1\t1800000000000\n' >new.tsv
	head -3 t.tsv | tail -n 2 >old.tsv
	exits 3 rec-split --audit old.tsv <old.tsv && mentions "are in train too"
	exits 0 rec-split --audit old.tsv <new.tsv
	says "rec-split: the times of train look like seconds, those of test like milliseconds"
}

@test "times: --half-life counts days in seconds, and says what comes of other units" {
	printf 'u\ta\t1\t1690000000000\nu\tb\t1\t1699900000000\n' >ms.tsv
	exits 1 rec-split --half-life 30 --now 1700000000000 <ms.tsv
	says "rec-split: the times and --now look like milliseconds, and --half-life counts days of 86400 seconds; make them seconds: rec-cat --time-format"
	exits 1 rec-split --half-life 30 --now 2023-11-14 <ms.tsv
	mentions "the times look like milliseconds (1690000000000 to 1699900000000), --now 1699920000 like seconds"
	printf 'u\ta\t1\t20230102\nu\tb\t1\t20231102\n' >d.tsv
	exits 1 rec-split --half-life 30 --now 20240102 <d.tsv
	mentions "the times and --now look like dates written as numbers"
	printf 'u\ta\t1\t19700\nu\tb\t1\t19750\n' >days.tsv
	exits 0 rec-split --half-life 30 --now 19760 <days.tsv
	says "rec-split: the oldest time is 60 seconds before --now, a hundredth of --half-life or less: nothing decays; are times in seconds?"
	printf 'u\ta\t1\t1690000000\nu\tb\t2\t1699900000\nv\tb\t0\t1699900000\n' >s.tsv
	exits 0 rec-split --half-life 0.01 --now 1700000000 <s.tsv
	says "rec-split: 1 of 3 values is 0 after --half-life"
	exits 0 rec-split --half-life 30 --now 1699000000 <s.tsv
	says "rec-split: 2 of 3 times are after --now: their values grow"
	exits 0 rec-split --half-life 30 --now 1700000000 <s.tsv && says ""
}

@test "split: an empty train side is an error as an empty held-out side is" {
	printf 'u\ta\t1\t1\nu\tb\t1\t2\nv\ta\t1\t3\nv\tb\t1\t4\n' >t.tsv
	for how in "--ratio 1" "--ratio 0.999999" "--user-ratio 1"; do
		# shellcheck disable=SC2086
		exits 1 rec-split $how --test t <t.tsv
		says "rec-split: no row of 4 is left for train; take a smaller share or another --seed" && [ ! -s out ] && [ ! -e t ]
	done
	exits 1 rec-split --user-ratio 1 --given 1 --input i --test t <t.tsv && mentions "no row of 4 is left for train"
	exits 1 rec-split --valid-ratio 1 --valid v <t.tsv
	says "rec-split: no row of 4 is left for train; take a smaller --valid-ratio or another --seed"
	exits 1 rec-split --last 1 --test t --valid-ratio 1 --valid v <t.tsv
	says "rec-split: no row of 4 is left for train; is all of it held out by --valid-ratio?"
	exits 1 rec-split --after 0 --test t <t.tsv
	says "rec-split: no row is left for train: all 4 are at or after --after 0 (times from 1 to 4)"
	exits 1 rec-split --last 1 --test t < <(cut -f1-3 t.tsv)
	says "rec-split: 'u' 'a': a split by time needs a time on every row (a fourth field; --ratio and --leave need none)"
	exits 0 rec-split --ratio 0.5 --test t </dev/null
	mentions "the input is empty"
}

@test "times: rec-cat --time-format reads dates as text and other units" {
	printf 'user,item,time\n1,a,2022-06-24 21:20:11\n1,b,2022-06-24T21:20:11.5+02:00\n2,a,\n2,b,2022-06-25\n' >iso.csv
	exits 0 rec-cat --from csv -f user,item,,time --time-format iso iso.csv && says ""
	[ "$(cat out)" = "1${TAB}a${TAB}1${TAB}1656105611
1${TAB}b${TAB}1${TAB}1656098411.5
2${TAB}a
2${TAB}b${TAB}1${TAB}1656115200" ]
	rec-cat --from csv -f user,item,,time --time-format iso -b iso.csv | rec-cat | cmp - out
	printf 'u;i;1;24/06/2022 9:20 PM\nv;i;1;01/01/1969 12:00 am\n' >eu.csv
	exits 0 rec-cat --from csv -d ';' --time-format '%d/%m/%Y %I:%M %p' eu.csv && [ "$(cut -f4 out | xargs)" = "1656105600 -31536000" ]
	printf 'u,i,1,Fri Jun 24 21:20:11 +0200 2022\n' >tw.csv
	exits 0 rec-cat --from csv --time-format '%a %b %d %H:%M:%S %z %Y' tw.csv && [ "$(cut -f4 out)" = 1656098411 ]
	exits 1 rec-cat --from csv --time-format '%Y-%m-%d' tw.csv
	says "rec-cat: tw.csv:1: field 4: 'Fri Jun 24 21:20:11 +0200 2022' is not a time of the format '%Y-%m-%d' (--time-format)"
	printf 'user,item,time\n1,a,2022-02-30\n' >bad.csv
	exits 1 rec-cat --from csv -f user,item,,time --time-format iso bad.csv
	says "rec-cat: bad.csv:2: field 3: '2022-02-30' is not a time of the format 'iso' (--time-format)"
	printf 'u\ti\t1\t1700000000123\nu\tj\t16777217\t1.7e12\nv\ti\n' >ms.tsv
	exits 0 rec-cat --time-format ms ms.tsv && says ""
	[ "$(cat out)" = "u${TAB}i${TAB}1${TAB}1700000000.123
u${TAB}j${TAB}16777217${TAB}1700000000
v${TAB}i" ]
	rec-cat -q -b ms.tsv | rec-cat --time-format ms -b | rec-cat --to csv >bin.csv
	rec-cat -q -b out | rec-cat --to csv | cmp - bin.csv
	printf 'u\ti\t1\t1700000000000000100\nu\tj\t1\t1700000000000000000\n' >ns.tsv
	exits 0 rec-cat --time-format ns ns.tsv && [ "$(cut -f4 out | tail -n 1)" = 1700000000 ]
	says "rec-cat: 1 time has more digits than seconds can hold (about a tenth of a microsecond)"
	printf 'u\ti\t1\t19723\n' >days.tsv
	[ "$(rec-cat --time-format days days.tsv | cut -f4)" = 1704067200 ]
	exits 2 rec-cat --time-format iso ms.tsv && mentions "times as text are read from csv"
	exits 2 rec-cat --time-format never ms.tsv && mentions "'never' is none of s, ms, us, ns, days, iso"
	exits 2 rec-cat --from csv --time-format '%Q' eu.csv && mentions "%Q is unknown"
	exits 2 rec-cat --from csv --time-format '%H:%M' eu.csv && mentions "names no day"
	printf 'u\ti\n' >none.tsv
	exits 0 rec-cat --time-format ms none.tsv && says "rec-cat: no row has a time for --time-format"
}

@test "times: dates by Python's formats and its own, on many" {
	command -v python3 >/dev/null || skip "python3 is not installed"
	for f in '%Y-%m-%d %H:%M:%S' '%d/%m/%Y' '%m/%d/%y %I:%M %p' '%a %b %d %H:%M:%S %z %Y' '%d %B %Y %H:%M:%S.%f' '%Y%m%d%H%M%S' '%Y-%j' '%b %d, %Y' '%d-%b-%Y %H:%M' iso; do
		python3 - "$f" <<-'PY'
			import random, sys
			from datetime import datetime, timedelta, timezone
			random.seed(7)
			f, epoch = sys.argv[1], datetime(1970, 1, 1, tzinfo=timezone.utc)
			with open('t.csv', 'w') as t, open('want', 'w') as want:
			    for i in range(3000):
			        zone = timezone(timedelta(minutes=random.choice([0, 60, -330, 765])) if f == 'iso' or '%z' in f else timedelta(0))
			        d = datetime(random.randint(1969, 2068), 1, 1, tzinfo=zone) + timedelta(days=random.randint(0, 364), seconds=random.randint(0, 86399), microseconds=random.choice([0, random.randint(0, 999999)]))
			        s = d.isoformat(random.choice('T ')) if f == 'iso' else d.strftime(f)
			        p = d if f == 'iso' else datetime.strptime(s, f)
			        p = p if p.tzinfo else p.replace(tzinfo=timezone.utc)
			        x = p - epoch
			        print('u|i%d|1|%s' % (i, s), file=t)
			        print('%.6f' % (x.days * 86400 + x.seconds + x.microseconds / 1e6), file=want)
		PY
		rec-cat --from csv -d '|' --time-format "$f" t.csv | awk -F'\t' 'NR == FNR { w[NR] = $1; next } { d = $4 - w[FNR]; if (d > 2e-6 || d < -2e-6) { print FNR, $4, w[FNR]; exit 1 } n++ } END { exit n != 3000 }' want - || fail "$f"
	done
}

@test "times: a date where a number is wanted is explained" {
	printf 'u\ta\t1\t2020-01-01\n' | exits 1 rec-als
	says "rec-als: <stdin>:1: field 4: '2020-01-01' is not a number; a date? rec-cat --from csv -d '\\t' --time-format iso (or another format)"
	printf 'u,i,t\n1,2,05/11/2020 10:00\n' | exits 1 rec-cat --from csv -f u,i,,t
	says "rec-cat: <stdin>:2: field 3: '05/11/2020 10:00' is not a number; a date? --time-format iso, or another format"
	printf 'u\ta\t1\t1.2.3\n' | exits 1 rec-als
	says "rec-als: <stdin>:1: field 4: '1.2.3' is not a number"
	printf 'u\ta\t1\t2020-01-01T10:00:00Z\n' | rec-cat --from csv -d '\t' --time-format iso >out
	[ "$(cat out)" = "u${TAB}a${TAB}1${TAB}1577872800" ]
}

@test "times: where the last of a pair counts, times of two sizes are told" {
	printf 'u\ta\t1\t1420070400000\nu\tb\t2\t1500000000\nv\ta\t3\t1600000000\nu\ta\t2\t1420070500\n' >mixed.tsv
	for order in cat tac; do
		$order mixed.tsv | exits 0 rec-als --explicit -k 1 -i 1
		mentions "rec-als: 1 of 4 times is beyond 1e11, as milliseconds are, the others not: are all of one unit?"
		$order mixed.tsv | rec-cat -b >mixed.rec
		exits 0 rec-als -j 3 --explicit -k 1 -i 1 <mixed.rec
		mentions "rec-als: 1 of 4 times is beyond 1e11, as milliseconds are, the others not: are all of one unit?"
		$order mixed.tsv | exits 0 rec-cat --merge --duplicates last
		says "rec-cat: 1 of 3 times is beyond 1e11, as milliseconds are, the others not: are all of one unit?"
	done
	exits 0 rec-cat --merge --duplicates max mixed.tsv
	[ ! -s err ]
	grep -v '00000$' mixed.tsv | exits 0 rec-als --explicit -k 1 -i 1
	! grep -q 'one unit' err || false
}
