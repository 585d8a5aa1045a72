#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# rec-cat: every format in and out, inspection, merging.

load helpers

@test "cat: sparse formats come back as they went" {
	make_train 40 30 500 >all.tsv
	cut -f1-3 all.tsv >values.tsv
	cut -f1,2 all.tsv | sort >pairs.tsv
	for f in csv labelled trec-qrels trec-run; do
		rec-cat --to $f values.tsv >there
		rec-cat --from $f there | sort | cmp - <(sort values.tsv) || fail $f
	done
	rec-cat --to wide values.tsv >there
	rec-cat --from wide there | sort | cmp - pairs.tsv
	rec-cat --to csv all.tsv | rec-cat --from csv | cmp - all.tsv
	rec-cat --to csv --header -d ';' all.tsv >there
	[ "$(head -1 there)" = "user;item;value;time" ]
	rec-cat --from csv --header -d ';' there | cmp - all.tsv
	rec-cat --to mtx --row-labels rows --col-labels cols values.tsv >there
	rec-cat --from mtx --row-labels rows --col-labels cols there | sort | cmp - <(sort values.tsv)
	rec-cat --labels row values.tsv | cmp - rows
	cut -f2 values.tsv | sort -u | cmp - cols
}

@test "cat: csv with quotes, names, several-byte delimiters, a byte order mark" {
	printf '"a ""b""",x,1\n' | rec-cat --from csv >out
	[ "$(cat out)" = "a \"b\"${TAB}x${TAB}1" ] || fail "$(cat out)"
	printf '1::1193::5::978300760\r\n' | rec-cat --from csv -d :: >out
	[ "$(cat out)" = "1${TAB}1193${TAB}5${TAB}978300760" ]
	printf '\357\273\277rating,user_id:token,item\n5,u,i\n' | rec-cat --from csv -f user_id,item,rating >out
	[ "$(cat out)" = "u${TAB}i${TAB}5" ] || fail "$(cat out)"
	printf 'i,u,9\n' | rec-cat --from csv -f 2,1 >out
	[ "$(cat out)" = "u${TAB}i" ]
	printf 'a|b|1\n' | rec-cat --from csv -d '|' >out
	[ "$(cat out)" = "a${TAB}b${TAB}1" ]
	printf 'q"x\ty\n' | rec-cat --to csv | cmp - <(printf '"q""x",y\n')
	while IFS='~' read -r input args message; do
		# shellcheck disable=SC2059,SC2086
		printf "$input" | exits 1 rec-cat --from csv $args
		says "rec-cat: <stdin>:$message"
	done <<-'LIST'
		a,b,x\n~~1: field 3: 'x' is not a number; names of columns? see --header
		a,b\nc\n~~2: 1 field, but the first has 2 (line 1)
		a,b\n~-f 1,3~1: 2 fields, but column 3 is wanted
		a;b\n~~1: one field; fields parted by ';'? see --delimiter ';'
		ab\n~~1: one field; is the delimiter right? see --delimiter
		a,"b\n~~1: field 2: a quote is opened here and not closed; --quote none takes quotes as they are
		"a"b,c\n~~1: field 1: text behind a closing quote; a quote inside is doubled, --quote none takes them as they are
		,b\n~~1: field 1: empty; --empty skip leaves such rows out
		h,i\na,b\n~-f h,nope~1: no column is called 'nope'; there are: h, i
	LIST
}

@test "cat: mtx of all kinds" {
	printf '%%%%MatrixMarket matrix coordinate pattern general\n%% comment\n\n2 3 2\n1 3\n2 1\n' | rec-cat --from mtx >out
	[ "$(tr '\t\n' ', ' <out)" = "1,3 2,1 " ]
	printf '%%%%MatrixMarket matrix coordinate integer symmetric\n3 3 2\n1 1 5\n3 1 7\n' | rec-cat --from mtx >out
	[ "$(tr '\t\n' ', ' <out)" = "1,1,5 3,1,7 1,3,7 " ]
	while IFS='~' read -r input message; do
		# shellcheck disable=SC2059
		printf "$input" | exits 1 rec-cat --from mtx
		says "rec-cat: $message"
	done <<-'LIST'
		~<stdin>: empty, not Matrix Market
		x\n~<stdin>:1: not '%%MatrixMarket matrix coordinate ...'
		%%%%MatrixMarket matrix coordinate complex general\n~<stdin>:1: values are none of real, integer, pattern
		%%%%MatrixMarket matrix coordinate real general\n2 2 2\n1 1 1\n~<stdin>: cut off: 1 of 2 entries
		%%%%MatrixMarket matrix coordinate real general\n2 2 1\n1 1 1\n2 2 2\n~<stdin>:4: more than the 1 entry announced
		%%%%MatrixMarket matrix coordinate real symmetric\n3 2 1\n3 1 1\n~<stdin>:2: symmetric, but not as many columns as rows
		%%%%MatrixMarket matrix coordinate real general\n2 2 1\n3 1 1\n~<stdin>:3: field 1: 3 is not between 1 and 2
		%%%%MatrixMarket matrix coordinate real general\n2 2 1\n1 1 nan\n~<stdin>:3: field 3: 'nan' is not a number
	LIST
}

@test "cat: a sparse block of a model stays recmat with -b" {
	make_train | rec-sim -q cosine -b >model.rec
	rec-cat --block similarity model.rec >text
	rec-cat -b --block similarity model.rec >block.rec
	rec-cat --block similarity --to recmat model.rec | same block.rec -
	[ "$(rec-cat --info block.rec | sed -n 's/^format\t//p')" = recmat ]
	rec-cat block.rec | same text -
}

@test "cat: dense formats come back as they went" {
	make_train >all.tsv
	rec-als -q -k 5 -i 1 <all.tsv >model.rec
	rec-cat --block item model.rec >item.txt
	for f in factors word2vec; do
		rec-cat --block item --to $f model.rec >there
		rec-cat --from $f there | cmp - item.txt || fail $f
	done
	rec-cat --block item --to npy --row-labels labels model.rec >there
	rec-cat --from npy --row-labels labels there | cmp - item.txt
	rec-cat -b --block item model.rec >item.rec
	rec-cat -b --from factors --block item item.txt >again.rec
	same item.rec again.rec
	[ "$(rec-cat --info item.rec | sed -n 's/^1.kind\t//p')" = dense ]
	exits 2 rec-cat -b --from factors item.txt
	says "rec-cat: a dense block needs a name, such as --block item"
	exits 2 rec-cat -b --from factors --block '' item.txt
	says "rec-cat: a dense block needs a name, such as --block item"
	for name in 'my block' 01234567890123456789012345678901 $'caf\xc3\xa9' $'x\x7f'; do
		exits 2 rec-cat -b --from factors --block "$name" -o named.rec item.txt
		mentions "cannot be the name of a block: at most 31 printable characters without blanks, such as item"
		[ ! -e named.rec ]
	done
	exits 0 rec-cat -b --from factors --block 0123456789012345678901234567890 -o named.rec item.txt
	rec-cat --verify named.rec
	printf 'a\t1\t2\nb\t1\n' | exits 1 rec-cat --from factors
	says "rec-cat: <stdin>:2: 1 number, not 2"
	printf 'a\t1\na\t2\n' | exits 1 rec-cat --from factors
	says "rec-cat: row 'a' appears twice"
	head -c 100 there | exits 1 rec-cat --from npy
	says "rec-cat: <stdin>: npy: cut off"
}

@test "cat: NumPy and SciPy read what is written here, and the other way round" {
	python=$(numpy_python)
	[ -n "$python" ] || skip "numpy and scipy are not installed"
	make_train >all.tsv
	rec-als -q -k 5 -i 1 <all.tsv >model.rec
	rec-cat --block item --to npy model.rec >item.npy
	rec-cat --block item model.rec >item.txt
	rec-cat --to mtx all.tsv >all.mtx
	"$python" - <<-'PY'
		import numpy as np, scipy.io
		a = np.load("item.npy")
		b = np.array([l.split("\t")[1:] for l in open("item.txt")], dtype=np.float32)
		assert a.dtype == np.float32 and (a == b).all()
		m = scipy.io.mmread("all.mtx")
		rows = [l.split("\t") for l in open("all.tsv")]
		assert m.shape == (len({r[0] for r in rows}), len({r[1] for r in rows})) and m.nnz == len(rows)
		assert abs(m.sum() - sum(float(r[2]) for r in rows)) < 1e-6
		np.save("f8.npy", np.asfortranarray(a.astype(np.float64)))
		scipy.io.mmwrite("back.mtx", m)
	PY
	[ "$(rec-cat --from npy f8.npy | cut -f2- | sort)" = "$(cut -f2- item.txt | sort)" ]
	[ "$(rec-cat --from mtx back.mtx | cut -f3 | sort)" = "$(cut -f3 all.tsv | sort)" ]
}

@test "cat: --rank turns positions into values that fall" {
	printf 'u\tb\nu\ta\nv\ta\nu\tc\n' >apart
	exits 1 rec-cat --rank apart
	says "rec-cat: --rank: the rows of 'u' do not stand together"
	[ "$(printf 'u\tb\nu\ta\nv\ta\n' | rec-cat --rank | tr '\t\n' ', ')" = "u,b,1 u,a,0.5 v,a,1 " ]
}

@test "cat: --info, --verify and --labels say what there is" {
	printf 'u\tb\t2\nu\ta\t4\nv\ta\n' >small.tsv
	rec-cat --merge -b small.tsv >small.rec
	rec-cat --info small.rec >info
	for line in "format recmat" "1.order canonical" "1.rows 2" "1.columns 2" "1.cells 3" "1.density 0.75" "1.value.max 4"; do
		grep -qx "${line/ /$TAB}" info || fail "no '$line' in $(cat info)"
	done
	rec-cat --info small.tsv | grep -qx "cells${TAB}3"
	[ "$(rec-cat --labels col small.tsv | tr '\n' ' ')" = "a b " ]
	[ "$(rec-cat --labels row small.rec | tr '\n' ' ')" = "u v " ]
	[ "$(rec-cat --verify small.rec small.tsv | tr '\n' ' ')" = "small.rec: ok, 1 blocks small.tsv: ok, 3 rows of text " ]
	head -c 300 small.rec >cut.rec
	exits 1 rec-cat --verify cut.rec
	[ ! -s out ]
	one_line rec-cat
	mentions "cut.rec"
}

@test "cat: concatenated streams are one stream; a missing end is an error" {
	make_train >all.tsv
	head -400 all.tsv >a.tsv
	tail -n +401 all.tsv >b.tsv
	rec-cat -b a.tsv >a.rec
	rec-cat -b b.tsv >b.rec
	cat a.rec b.rec | rec-cat | cmp - all.tsv
	rec-cat -b a.rec b.rec | rec-cat | cmp - all.tsv
	rec-cat a.tsv b.rec | cmp - all.tsv
	size=$(wc -c <a.rec)
	{ head -c $((size - 128)) a.rec; cat b.rec; } >lost-end.rec
	exits 1 rec-cat lost-end.rec
	one_line rec-cat
}

@test "cat: --merge of parts, whatever the order; repeated pairs by rule" {
	make_train >all.tsv
	rec-cat --merge -b all.tsv >whole.rec
	split -l 200 all.tsv part.
	# shellcheck disable=SC2046
	rec-cat --merge -b $(ls -r part.*) | cmp - whole.rec
	printf 'u\ta\t1\t5\nu\ta\t2\t4\n' >twice.tsv
	exits 1 rec-cat --merge twice.tsv
	mentions "pair 'u' 'a' appears twice"
	[ "$(rec-cat --merge --duplicates sum twice.tsv)" = "u${TAB}a${TAB}3${TAB}5" ]
	[ "$(rec-cat --merge --duplicates max twice.tsv)" = "u${TAB}a${TAB}2${TAB}5" ]
	[ "$(rec-cat --merge --duplicates last twice.tsv)" = "u${TAB}a${TAB}1${TAB}5" ]
}

@test "cat: a label without a pair passes in text and in recmat, not in other formats" {
	printf 'u\nv\ta\n' >l.tsv
	rec-cat l.tsv | cmp - l.tsv
	rec-cat -b l.tsv | rec-cat | sort | cmp - l.tsv
	exits 1 rec-cat --to csv l.tsv
	mentions "'u' is a label without a pair"
}

@test "cat: rows are not written in a dense format, nor are blocks of rows" {
	rec-gen --users 9 --items 5 --rows 20 >rows.tsv
	rec-sim -q -b count <rows.tsv >sim.rec
	for f in npy factors word2vec; do
		for in in "rows.tsv" "--block similarity sim.rec" "sim.rec" "/dev/null"; do
			# shellcheck disable=SC2086
			exits 2 rec-cat --to $f -o dense $in
			says "rec-cat: rows and columns cannot be written as $f, which is dense; of a model take one block: --block NAME"
			[ ! -e dense ]
		done
	done
	printf 'a\n' >label
	exits 1 rec-cat --from factors label
	says "rec-cat: label:1: no numbers"
}

@test "cat: --estimate counts rows, and bytes that grow where rows are kept" {
	rec-gen --users 90 --items 50 --rows 2000 >rows.tsv
	rec-cat -b rows.tsv >rows.rec
	rec-als -q -k 3 -i 1 <rows.tsv >model.rec
	passing=$(rec-cat --estimate rows.tsv | sed -n 's/^bytes.//p')
	for how in "rows.tsv" "rows.rec" "-b rows.rec" "-b rows.tsv" "--to csv rows.tsv" "--to mtx rows.tsv" "--merge rows.tsv" "--merge -b rows.rec"; do
		# shellcheck disable=SC2086
		exits 0 rec-cat --estimate $how
		grep -q "^rows${TAB}2000$" out || fail "$how: $(cat out)"
		case $how in *merge* | *mtx*) [ "$(sed -n 's/^bytes.//p' out)" -gt "$passing" ] ;; esac
	done
	exits 0 rec-cat --estimate --block item model.rec
	grep -q "^rows${TAB}50$" out
}

@test "cat: options that cannot work together" {
	while IFS='|' read -r args message; do
		# shellcheck disable=SC2086
		exits 2 rec-cat $args </dev/null
		says "rec-cat: $message"
	done <<-'LIST'
		--info --verify|--info, --verify, --labels and --merge cannot work with one another
		--duplicates sum|--duplicates needs --merge
		-b --to csv|--binary cannot work with --to csv
		--header|--columns and --header are for csv
		--info --rank|--from and --rank are for conversions
		--from nope|--from: 'nope' is none of auto, tsv, recmat, csv, mtx, npy, libsvm, labelled, wide, word2vec, trec-run, trec-qrels, factors
	LIST
}

@test "cat: options that nobody would look at, and inputs that are not what --from says" {
	printf 'a\tx\n' >a.tsv
	rec-cat -b a.tsv >a.rec
	exits 2 rec-cat -d , a.tsv
	says "rec-cat: --delimiter is for csv and wide"
	exits 2 rec-cat --tag t a.tsv
	says "rec-cat: --tag is for trec-run"
	exits 2 rec-cat --row-labels l a.tsv
	says "rec-cat: --row-labels is for mtx, npy and libsvm"
	exits 2 rec-cat --col-labels l --from npy a.tsv
	says "rec-cat: --col-labels is for mtx and libsvm, and for writing npy, word2vec and factors"
	for how in --info --verify "--labels row"; do
		# shellcheck disable=SC2086
		exits 2 rec-cat $how -b a.tsv
		says "rec-cat: --info, --verify and --labels write text: no --binary, --to, --estimate"
	done
	exits 2 rec-cat --block item a.tsv
	says "rec-cat: a.tsv: text has no blocks for --block"
	exits 2 rec-cat --block item --info a.rec
	says "rec-cat: --block cannot work with --info, --verify, --merge"
	exits 1 rec-cat --from recmat a.tsv
	says "rec-cat: a.tsv: not recmat"
	exits 1 rec-cat --from tsv a.rec
	says "rec-cat: a.rec: not tsv but recmat"
	exits 1 rec-cat --from csv a.rec
	says "rec-cat: a.rec: not csv but recmat"
}

@test "cat: csv with a header reads back; columns of one name and empty values are errors" {
	printf 'a\tx\nb\t"y,"\t2\nb\tz\t3\t77\n' >r.tsv
	rec-cat --to csv --header r.tsv >r.csv
	[ "$(sed -n 2,3p r.csv)" = 'a,x,1,
b,"""y,""",2,' ]
	rec-cat --from csv --header r.csv | sed 's/^a\tx\t1$/a\tx/' | cmp - r.tsv
	printf 'u,i,u\na,x,b\n' >two.csv
	exits 1 rec-cat --from csv -f u,i two.csv
	says "rec-cat: two.csv:1: columns 1 and 3 are called 'u'; choose by number"
	printf 'a,x,,5\n' >empty.csv
	exits 1 rec-cat --from csv empty.csv
	says "rec-cat: empty.csv:1: field 3: empty; --empty 1 takes a missing value as 1, --empty skip leaves the row out"
}

@test "cat: a label file that names two rows alike is an error" {
	printf '%%%%MatrixMarket matrix coordinate real general\n3 3 1\n1 1 5\n' >m.mtx
	printf 'a\nb\na\n' >labels
	exits 1 rec-cat --from mtx --row-labels labels m.mtx
	says "rec-cat: labels: label 'a' appears twice"
}
