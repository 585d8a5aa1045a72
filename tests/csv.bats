#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# rec-cat --from csv: RFC 4180 whole, and what real exports hold beside it.

load helpers

# csv INPUT ARGUMENTS...: printf INPUT through rec-cat --from csv; rows as "a,b
# c,d " in the file rows, exit 0.
csv() {
	local input=$1
	shift
	# shellcheck disable=SC2059
	printf "$input" >in.csv
	exits 0 rec-cat --from csv "$@" in.csv || return 1
	tr '\t\n' ', ' <out >rows
}

gives() {
	[ "$(cat rows)" = "$1" ] || fail "rows are '$(cat rows)', not '$1'"
}

silent() {
	[ ! -s err ] || fail "stderr: $(cat err)"
}

# refuses INPUT MESSAGE ARGUMENTS...
refuses() {
	local input=$1 message=$2
	shift 2
	# shellcheck disable=SC2059
	printf "$input" >in.csv
	exits 1 rec-cat --from csv "$@" in.csv || return 1
	says "rec-cat: in.csv:$message"
}

@test "csv: a quoted field holds line breaks, delimiters and doubled quotes" {
	csv 'user,item,rating,review\n1,a,5,"great\nfilm"\n2,b,4,ok\n' -f user,item,rating
	gives "1,a,5 2,b,4 " && silent
	csv 'user,item,rating,review\r\n1,a,5,"great\r\nfilm\r\n\r\n""yes"", really"\r\n2,b,4,ok\r\n' -f user,item,rating
	gives "1,a,5 2,b,4 " && silent
	csv '"a,1","b ""c""",3\n"","x",2\n' --empty skip
	gives 'a,1,b "c",3 '
	csv '1::"a::b\nc"::5\n"2"::d::4\n' -d :: -f 1,3
	gives "1,5 2,4 "
	csv '"re\nview",1,a\n"",2,b\n"x""\n""",3,c' -f 2,3
	gives "1,a 2,b 3,c "
	csv 'a "quoted" word,b\n5" disc,c\n'
	gives 'a "quoted" word,b 5" disc,c '
	refuses '1,a,x\n2,"b\nc",y\n' "2: field 2: a label cannot hold TAB or line break; --replace-breaks ' ' puts a blank there" -f 1,2
	refuses '1,a,"\n\n","b\tc"\n' "3: field 4: a label cannot hold TAB or line break; --replace-breaks ' ' puts a blank there" -f 1,4
	csv '1,"b\nc\r\nd\te"\n' --replace-breaks ' '
	gives "1,b c d e "
	csv '1,"b\nc\r\nd\te"\n' --replace-breaks ''
	gives "1,bcde "
	exits 2 rec-cat --from csv --replace-breaks "$TAB" in.csv
	says "rec-cat: --replace-breaks: TEXT holds a TAB or line break itself"
}

@test "csv: errors name physical lines, and a quote the line where it opened" {
	refuses '1,a,"x\ny"\n2,b,z\n3,c\n' "4: 2 fields, but the first has 3 (line 1)" -f 1,2
	refuses '1,a,"x\ny",5\n2,b,"\n\n",bad\n' "5: field 4: 'bad' is not a number" -f 1,2,4
	refuses 'u,i,v\n1,a,1\n2,"b,1\n3,c,1\n4,d,1\n' "3: field 2: a quote is opened here and not closed; --quote none takes quotes as they are" -f u,i
	refuses '1,"a\nb"c,1\n' "2: field 2: text behind a closing quote (of a field that begins in line 1); a quote inside is doubled, --quote none takes them as they are"
	refuses '1,"a" ,1\n' "1: field 2: text behind a closing quote; a quote inside is doubled, --quote none takes them as they are"
	{
		printf 'u,i,v\n1,"a,1\n'
		seq 8000000 | sed 's/$/,x,1/'
	} >open.csv
	exits 1 rec-cat --from csv -f u,i open.csv
	says "rec-cat: open.csv:2: field 2: a quote is opened here and not closed within 64 MiB; --quote none takes quotes as they are"
	rm open.csv
}

@test "csv: every row has as many fields as the header or the first row" {
	refuses 'user,title,rating\n1,Heat,5\n1,10,000 BC,3\n' "3: 4 fields, but the header has 3 (line 1); a field that holds the delimiter needs quotes" -f user,rating
	refuses 'user,item\n1,Good, Bad and Ugly\n' "2: 3 fields, but the header has 2 (line 1); a field that holds the delimiter needs quotes" -f user,item
	refuses 'user,item,rating\n1,a\n' "2: 2 fields, but the header has 3 (line 1)" -f user,item
	refuses '1,a,5\n1,b,c,4\n' "2: 4 fields, but the first has 3 (line 1); a field that holds the delimiter needs quotes" -f 1,3
	refuses '1::Heat::5\n2::A::B::4\n' "2: 4 fields, but the first has 3 (line 1); a field that holds the delimiter needs quotes" -d :: -f 1,2
	refuses '1;a;3,5\n' "1: field 3: '3,5' is not a number; a decimal is written with a point, and without separators" -d ';'
	refuses '1;a;1.234,5\n' "1: field 3: '1.234,5' is not a number; a decimal is written with a point, and without separators" -d ';'
	refuses 'u,i\n1,a\n\nx,y,z\n1,2,3\n' "4: 3 fields, but the header has 2 (line 1); a field that holds the delimiter needs quotes" --header
	# delimiters at the end, in both directions
	csv 'user,item,\n1,2,\n3,4\n5,6,,,\n' --header
	gives "1,2 3,4 5,6 " && silent
	csv 'user,item\n1,2,\n3,4,,\n' --header
	gives "1,2 3,4 " && silent
	csv '1,2,\n3,4\n' -f 1,2
	gives "1,2 3,4 "
	refuses 'user,item,\n1,2,5\n' "2: field 3: not empty, but the header (line 1) has no name for it" --header
	refuses '1,2,\n' "1: field 3: empty; --empty 1 takes a missing value as 1, --empty skip leaves the row out"
	# lines without any byte hold no row
	csv '\n1,a\n\n2,b\n\n'
	gives "1,a 2,b "
	csv '\r\nuser,item\r\n\r\n1,a\r\n' --header
	gives "1,a "
}

@test "csv: --quote none takes quotes as they are" {
	csv '1\t"weird al" yankovic\t3\n2\t"quoted"\t4\n3\t"\t5\n' -d '\t' --quote none
	gives '1,"weird al" yankovic,3 2,"quoted",4 3,",5 '
	rec-cat --to csv -d '\t' --quote none out >again.csv
	cmp in.csv again.csv
	printf 'a,b\tc\n' | exits 1 rec-cat --to csv --quote none
	says "rec-cat: the label 'a,b' holds the delimiter, which needs quotes (--quote double)"
	exits 2 rec-cat --quote none out
	says "rec-cat: --quote is for csv"
}

@test "csv: runs of blanks" {
	csv '1  32 3\n  2 \t 7   4  \n\n   \n3 8 5\n' -d blanks
	gives "1,32,3 2,7,4 3,8,5 " && silent
	csv ' user   item\n 1  "tea  pot"\n' -d blanks -f user,item
	gives "1,tea  pot "
	csv '1 "a\nb  c" 5\n' -d blanks -f 1,3
	gives "1,5 "
	refuses '1  32 3\n1 33\n' "2: 2 fields, but the first has 3 (line 1)" -d blanks
	exits 2 rec-cat --to csv -d blanks in.csv --from tsv
	says "rec-cat: --delimiter: blanks is for reading csv; one byte or more is written"
	exits 2 rec-cat --from csv -d '' in.csv
	says "rec-cat: --delimiter: empty; runs of blanks are --delimiter blanks"
}

@test "csv: a column left empty in --columns" {
	csv 'session,time,item\n1,1700000001,a\n1,1700000060,b\n' -f session,item,,time
	gives "1,a,1,1700000001 1,b,1,1700000060 " && silent
	csv '1,1700000001,a\n' -f 1,3,,2
	gives "1,a,1,1700000001 "
	csv 'u,i,v\n1,a,5\n' -f u,i,
	gives "1,a "
	exits 2 rec-cat --from csv -f ,2 in.csv
	says "rec-cat: --columns: at least row and column"
	csv 'user,item,timestamp\n1,a,1700000001\n' --header
	says "rec-cat: in.csv:1: 'timestamp' is taken as a value; if it is a time: --columns 1,2,,3"
	csv 'userId,movieId,rating,timestamp,extra\n1,a,5,7,x\n' --header
	says "rec-cat: in.csv:1: 5 columns, the first four are taken as row, column, value, time; see --columns"
	refuses ',user,item,rating\n0,u,a,5\n' "1: field 1: the first column has no name, as pandas writes an index; choose columns with --columns" --header
	csv ',user,item,rating\n0,u,a,5\n' -f user,item,rating
	gives "u,a,5 " && silent
}

@test "csv: header lines that come again" {
	csv 'user,item\n1,tea\nuser,item\n1,cake\n"user","item"\r\n2,tea\n\357\273\277user,item\n2,cake\n' -f user,item
	gives "1,tea 1,cake 2,tea 2,cake "
	says "rec-cat: in.csv: 3 lines left out that repeat the header"
	csv '\357\273\277"user",item,\r\n1,tea,\r\n\357\273\277user,"item",\r\n2,tea,\r\n' --header
	gives "1,tea 2,tea "
	says "rec-cat: in.csv: 1 line left out that repeats the header"
	refuses 'user,item\n1,tea\nitem,user\ncake,1\n' "3: another header, with the columns in another order; give the files one by one: each has its own then" --header
	csv '0,1\n1,0\n0,1\n1,1\n' --header
	gives "1,0 1,1 "
	# no header was asked for
	csv 'user,item\n1,tea\n'
	gives "user,item 1,tea "
	says "rec-cat: in.csv:1: 'user' 'item' reads like names of columns and was taken as a row; see --header"
	csv 'userId,movieId,5\nuserId,movieId,5\n'
	says "rec-cat: in.csv:1: 'userId' 'movieId' reads like names of columns and was taken as a row, as were more such lines; see --header"
	refuses '1, 2, 3\n' "1: field 3: ' 3' is not a number; blanks beside a delimiter belong to the field, but --delimiter ', ' takes one with it"
	csv '1, 2, 3\n' -d ', '
	gives "1,2,3 "
	refuses '1,2,5%%\n' "1: field 3: '5%' is not a number"
	for empty in '' '\n\n' 'user,item\n'; do
		csv "$empty" --header
		gives "" && says "rec-cat: the input is empty: no rows"
	done
	refuses 'userId,movieId,rating\n1,31,2.5\n' "1: field 3: 'rating' is not a number; names of columns? see --header"
	# each operand has its own
	printf 'user,item\n1,tea\n' >a.csv
	printf 'item,user\ncake,1\n' >b.csv
	exits 0 rec-cat --from csv -f user,item a.csv b.csv
	[ "$(tr '\t\n' ', ' <out)" = "1,tea 1,cake " ] && silent
}

@test "csv: a byte order mark is skipped at the start of a file and of a joined one" {
	csv '\357\273\2771,a\n\357\273\2772,b\n3,\357\273\277c\n'
	rec-cat out | cmp - <(printf '1\ta\n2\tb\n3\t\357\273\277c\n')
	printf '\357\273\277u\ti\n' | rec-cat --from csv -d '\t' | cmp - <(printf 'u\ti\n')
	todo="byte order mark; drop it: sed 's/^\\xef\\xbb\\xbf//'"
	for f in wide libsvm mtx trec-run trec-qrels word2vec factors; do
		printf '\357\273\277u1 0 i1 3\n' | exits 1 rec-cat --from $f
		says "rec-cat: <stdin>:1: $todo"
	done
	printf 'u1 i1\n\357\273\277u2 i2\n' | exits 1 rec-cat --from wide
	says "rec-cat: <stdin>:2: $todo"
}

@test "csv: missing values by rule" {
	for word in '' NULL null '\\N' NA N/A nan NaN None; do
		what="'${word/\\\\/\\}' is not a number"
		[ -n "$word" ] || what=empty
		refuses "1,a,5\n2,b,$word\n" "2: field 3: $what; --empty 1 takes a missing value as 1, --empty skip leaves the row out"
		csv "1,a,5\n2,b,$word\n3,c,4\n" --empty skip
		gives "1,a,5 3,c,4 "
		says "rec-cat: in.csv: 1 row left out for an empty field"
		csv "1,a,5\n2,b,$word\n3,c,$word\n" --empty 1
		gives "1,a,5 2,b 3,c "
		says "rec-cat: in.csv: 2 missing values taken as 1"
		# a time is what a row may lack
		csv "1,a,5,7\n2,b,4,$word\n"
		gives "1,a,5,7 2,b,4 " && silent
	done
	refuses '1,a,5\n,b,4\n' "2: field 1: empty; --empty skip leaves such rows out"
	refuses '1,a,5\n2,,4\n' "2: field 2: empty; --empty skip leaves such rows out" --empty 1
	csv '1,a,5\n,b,4\n2,,4\n' --empty skip
	gives "1,a,5 "
	says "rec-cat: in.csv: 2 rows left out for an empty field"
	# labels are labels
	csv 'NA,null\nNULL,NaN\n' --empty skip
	gives "NA,null NULL,NaN " && silent
	exits 2 rec-cat --empty skip in.csv
	says "rec-cat: --empty and --replace-breaks are for --from csv"
}

@test "csv: line ends of Windows and of the old Mac" {
	csv '1,a\r\n2,b\r\n' && gives "1,a 2,b "
	csv 'user,item\r1,a\r2,b\r' --header && gives "1,a 2,b "
	csv 'user,item\r1,a\r2,b' --header && gives "1,a 2,b "
	csv '1,a,"x\ry"\r2,b,z\r' -f 1,2 && gives "1,a 2,b "
	csv 'user,item\r1,a\ruser,item\r\n2,b\n' --header && gives "1,a 2,b "
	refuses '1,a,5\r2,b,4\r3,c,x\r' "3: field 3: 'x' is not a number"
	# of CR CR newline one CR is a part of the label
	csv '1,a\r\r\n2,b\r\r\n'
	cmp out <(printf '1\ta\r\n2\tb\r\n')
	printf 'u1 a b\ru2 c\r' | rec-cat --from wide | cmp - <(printf 'u1\ta\nu1\tb\nu2\tc\n')
	printf 'q 0 a 1\rq 0 b 2\r' | rec-cat --from trec-qrels | cmp - <(printf 'q\ta\t1\nq\tb\t2\n')
	# longer than what is read at once
	seq 100000 | sed 's/.*/u&,i&,3/' >lf.csv
	tr '\n' '\r' <lf.csv >cr.csv
	rec-cat --from csv lf.csv >want
	rec-cat --from csv cr.csv | cmp - want
	sed 's/$/\r/' lf.csv | rec-cat --from csv | cmp - want
	sed 's/$/,"a\nb"/' lf.csv | rec-cat --from csv -f 1,2,3 | cmp - want
	tr '\n' '\r' <lf.csv | sed 's/,3\r/,3,"a""\r"\r/g' | rec-cat --from csv -f 1,2,3 | cmp - want
}

@test "csv: exports as they come" {
	csv 'sep=;\r\nuser;item;rating\r\n1;a;5\r\n' -f user,item,rating && gives "1,a,5 "
	csv '\357\273\277sep=;\nuser;item\n1;a\n' --header && gives "1,a "
	csv 'sep=,\n1,a\n' && gives "1,a "
	csv 'sep=\t\n1\ta\n' && gives "1,a "
	refuses 'sep=;\n1,a\n' "1: 'sep=;' is not the delimiter that was asked for" -d ,
	# Book-Crossing
	csv '"User-ID";"ISBN";"Book-Rating"\r\n"276725";"034545104X";"0"\r\n' -d ';' -f User-ID,ISBN,Book-Rating && gives "276725,034545104X,0 "
	# MovieLens
	csv '1::1193::5::978300760\n' -d :: && gives "1,1193,5,978300760 "
	csv 'userId,movieId,rating,timestamp\n1,31,2.5,1260759144\n' --header && gives "1,31,2.5,1260759144 "
	# RecBole, RetailRocket, Last.fm 360K and 1K
	csv 'user_id:token\titem_id:token\trating:float\ttimestamp:float\n1\t2\t3\t4\n' -d '\t' -f user_id,item_id,rating,timestamp && gives "1,2,3,4 "
	csv 'timestamp,visitorid,event,itemid,transactionid\n1433221332117,257597,view,355908,\n' -f visitorid,itemid,,timestamp && gives "257597,355908,1,1433221332117 "
	csv '00c\tid\t"weird al" yankovic\t2137\n' -d '\t' --quote none -f 1,3,4 && gives '00c,"weird al" yankovic,2137 '
	silent
	refuses 'user;item\n1;a\n' "1: one field; fields parted by ';'? see --delimiter ';'" --header
	refuses 'user\titem\n1\ta\n' "1: one field; parted by TAB? see --delimiter '\\t'" -f user,item
	refuses '{"user":1,"item":2}\n' " this is JSON; turn it into text: jq -r '[.user, .item, .rating] | @tsv'"
	iconv -f UTF-8 -t UTF-16 <<<'1,a' >in.csv
	exits 1 rec-cat --from csv in.csv
	says "rec-cat: in.csv: this is UTF-16; turn it into UTF-8: iconv -f UTF-16 -t UTF-8"
	refuses 'user,item,rating\n1,a,5\n' "1: no column is called 'userId'; there are: user, item, rating" -f userId,item
}

@test "csv: what is written reads back, and every row has as many fields" {
	printf 'a\tx\t1\t7\nb\ty\t2\n"q"\tz,\r\357\t3\nc\t\357\273\277d\n' >r.tsv
	rec-cat --to csv r.tsv >r.csv
	awk -F, '$1 == "b" && $0 != "b,y,2," { exit 1 }' r.csv || fail "$(cat r.csv)"
	rec-cat --from csv r.csv | cut -f1,2 | cmp - <(cut -f1,2 r.tsv)
	printf 'a\tx\nb\ty\t2\n' >r.tsv
	exits 1 rec-cat --to csv r.tsv
	says "rec-cat: 'b' 'y' has a value, rows before have none; --header writes all four fields for every row"
	rec-cat --to csv --header r.tsv | cmp - <(printf 'user,item,value,time\na,x,1,\nb,y,2,\n')
	rec-cat --to csv --header -f member,,score r.tsv | head -1 | cmp - <(printf 'member,item,score,time\n')
	for d in ',' ';' :: '|' '\t'; do
		printf 'a:\t:b\na;\t|c\n,::\t"\n"""\td"e\n' >r.tsv
		rec-cat --to csv -d "$d" r.tsv | rec-cat --from csv -d "$d" | cmp - r.tsv
	done
}

@test "csv: random records are read as Python's csv module reads them" {
	command -v python3 >/dev/null || skip "python3 is not installed"
	cat >random.py <<-'PY'
		import csv, io, random, subprocess, sys
		random.seed(int(sys.argv[1]))
		alphabet = ['a', 'b', ' ', '"', ',', ';', '\n', '\r\n', 'é', '::', '""', "'"]
		cases = 0
		for case in range(int(sys.argv[2])):
		    end = random.choice(['\n', '\r\n'])
		    fields = random.randint(2, 5)
		    rows = []
		    for _ in range(random.randint(1, 6)):
		        row = [''.join(random.choice(alphabet) for _ in range(random.randint(0, 6))) for _ in range(fields)]
		        row[0] = 'u%d' % random.randint(1, 9)
		        row[1] = random.choice(['i', 'i,', 'x"y', '"', ' i ', 'é;', ',,']) + str(random.randint(1, 9))
		        rows.append(row)
		    text = io.StringIO()
		    style = random.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])
		    csv.writer(text, lineterminator=end, quoting=style).writerows(rows)
		    text = text.getvalue()
		    if random.random() < .3:
		        text = text[:-len(end)]
		    data = text.encode()
		    want = [r for r in csv.reader(io.StringIO(text, newline='')) if r]
		    got = subprocess.run(['rec-cat', '-j', '1', '--from', 'csv', '-f', '1,2'], input=data, capture_output=True)
		    if got.returncode != 0 or got.stdout.decode() != ''.join('%s\t%s\n' % (r[0], r[1]) for r in want):
		        sys.exit('%r: %r, not %r: %s' % (data, got.stdout, want, got.stderr))
		    cases += 1
		print(cases)
	PY
	[ "$(python3 random.py 1 250)" = 250 ]
}
