#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What an input looks like that is not rows of text: told by its first bytes,
# by every command that reads, also of side files.

load helpers
load samples

from() {	# from FILE COMMAND...: run with stdin from FILE
	local f=$1
	shift
	"$@" <"$f"
}

# looks_like FILE TEXT: every command says so of stdin, names no line, and
# fails.
looks_like() {
	for c in $(readers); do
		exits 1 from "$1" sample "$c" || return 1
		says "$c: <stdin>: this is $2" || return 1
		[ ! -e held.out ] || fail "$c left held.out" || return 1
	done
	for side in "rec-topn --seen" "rec-topn --candidates" "rec-topn --interactions"; do
		# shellcheck disable=SC2086
		exits 1 from train.tsv ${side% *} -q -m model.rec ${side#* } "$1" || return 1
		says "rec-topn: $1: this is $2" || return 1
	done
	exits 1 from lists.tsv rec-eval -q -t "$1" || return 1
	says "rec-eval: $1: this is $2" || return 1
	for c in rec-topn rec-score; do
		exits 1 from train.tsv "$c" -q -m "$1" || return 1
		says "$c: $1: this is $2" || return 1
	done
}

@test "looks: packed inputs are named, with the command that unpacks them" {
	looked=0
	for p in xz zstd bzip2 lz4; do
		command -v $p >/dev/null || continue
		looked=$((looked + 1))
		$p -c <train.tsv >packed
		looks_like packed "$p; unpack it first: $p -dc"
	done
	[ $looked -gt 0 ]
	gzip -c <train.tsv | gzip -c >packed
	looks_like packed "gzip within gzip; unpack it once: gzip -dc"
	{ printf 'PK\003\004\024\000\000\000'; head -c 200 model.rec; } >packed
	looks_like packed "zip (also xlsx, npz); unpack it first: unzip -p FILE; from a spreadsheet export CSV"
}

@test "looks: binary tables are named" {
	{ printf 'PAR1\025\004\025\000\025'; head -c 300 model.rec; } >table
	looks_like table "Parquet; turn it into text: duckdb -csv -noheader -c \"from 'FILE'\" | rec-cat --from csv"
	{ printf 'SQLite format 3\000\020\000'; head -c 300 model.rec; } >table
	looks_like table "SQLite; turn it into text: sqlite3 -csv FILE 'select ...' | rec-cat --from csv"
	rec-cat --block item --to npy model.rec >table
	looks_like table "npy; read it with rec-cat --from npy"
}

@test "looks: UTF-16 and UTF-32, with and without a byte order mark" {
	for code in UTF-16 UTF-16LE UTF-16BE UTF-32 UTF-32LE UTF-32BE; do
		iconv -f UTF-8 -t $code train.tsv >wide
		looks_like wide "$code; turn it into UTF-8: iconv -f $code -t UTF-8"
	done
	# few bytes, and letters beyond ASCII
	printf 'Jos\303\251\t\303\251t\303\251\nu2\ti2\n' >few
	iconv -f UTF-8 -t UTF-16LE few >wide
	looks_like wide "UTF-16LE; turn it into UTF-8: iconv -f UTF-16LE -t UTF-8"
}

@test "looks: JSON, XML, HTML, Matrix Market, CR for line ends" {
	todo="JSON; turn it into text: jq -r '[.user, .item, .rating] | @tsv'"
	for text in '{"user":"a","item":"b"}\n{"user":"c","item":"d"}\n' '[{"user":"a"}]' '[\n  {"user": "a"}\n]\n' '{\n\t"user": 1\n}\n' '["u1","i1",5]\n["u2","i1",4]\n' '\n [[1,2],[3,4]]'; do
		# shellcheck disable=SC2059
		printf "$text" >other
		looks_like other "$todo"
	done
	printf '<?xml version="1.0"?>\n<a>\n</a>\n' >other
	looks_like other "XML; turn it into text: a row is user TAB item"
	printf '<!DOCTYPE html>\n<html><body>404</body></html>\n' >other
	looks_like other "HTML; is it the page of a failed download?"
	rec-cat --to mtx train.tsv >other 2>/dev/null
	looks_like other "Matrix Market; read it with rec-cat --from mtx"
	tr '\n' '\r' <train.tsv >other
	looks_like other "text whose lines end in CR alone; turn them into newlines: tr '\\r' '\\n'"
}

@test "looks: fields that something else than TAB parts" {
	while IFS='~' read -r text what; do
		# shellcheck disable=SC2059
		printf "$text" >other
		for c in rec-split rec-als rec-sim rec-score rec-eval; do
			exits 1 from other sample "$c"
			says "$c: <stdin>:1: no TAB; $what"
		done
		exits 1 rec-cat other
		says "rec-cat: other: no line has a TAB; $what"
		for how in "" -b --info --verify "--labels row" "--to csv"; do
			# shellcheck disable=SC2086
			exits 1 from other rec-cat $how
			[ -n "$how" ] && [ "$how" != --info ] || [ "$how" != "--to csv" ] || says "rec-cat: <stdin>: no line has a TAB; $what"
		done
		for how in "" "--cold popular --interactions train.tsv" "--stream" "--stream --cold popular --interactions train.tsv"; do
			# shellcheck disable=SC2086
			exits 1 from other rec-topn -m model.rec $how
			one_line rec-topn
			mentions "a history is user TAB item; $what"
		done
	done <<-'LIST'
		1,31,2.5,1260759144\n1,1029,3.0,1260759179\n~CSV? see rec-cat --from csv
		userId,movieId\n1,31\n~CSV? see rec-cat --from csv
		"1","Heat, a film"\n"2","Casino"\n"3",x\n~CSV? see rec-cat --from csv
		1;31;2,5\n1;32;3,5\n~fields parted by ';'? see rec-cat --from csv -d ';'
		1::1193::5::978300760\n~fields parted by '::'? see rec-cat --from csv -d ::
		1|31|5\n~fields parted by '|'? see rec-cat --from csv -d '|'
		196 242 3 881250949\n186 302 3 891717742\n~fields parted by blanks? see rec-cat --from csv -d blanks
		1  31   2.5\n~fields parted by blanks? see rec-cat --from csv -d blanks
		301 1 0.5 7\n~fields parted by blanks? see rec-cat --from csv -d blanks
		q1 Q0 d1 1 0.5 run\n~a TREC run? see rec-cat --from trec-run
		u1 i1:3 i2:5\n~lines of item:value? see rec-cat --from libsvm
	LIST
}

@test "looks: labels, one a line, stay what they are" {
	while IFS= read -r text; do
		# shellcheck disable=SC2059
		printf "$text" >labels
		exits 0 rec-cat labels
		cmp out labels
		exits 0 rec-cat --from tsv labels
		cmp out labels
		[ ! -s err ]
		rec-cat -q -b labels | rec-cat -q --from recmat --labels row - | sort -u >again || true
		sort -u labels | cmp - again
	done <<-'LIST'
		u1\nu2\n
		John Smith\nJane Doe\n
		Heat\nGood, Bad and Ugly\nGood, Clean, Fun\n
		a-b\nc/d\n
		[x\n{y\n
		PAR1\nORC\n
	LIST
	# what is taken for another format all the same goes through by name
	printf 'Smith, John\nDoe, Jane\n' >labels
	exits 1 rec-cat labels
	says "rec-cat: labels: no line has a TAB; CSV? see rec-cat --from csv"
	rec-cat --from tsv labels | cmp - labels
	rec-cat --info --from tsv labels | grep -qx "rows${TAB}2"
	exits 0 rec-cat <<<'John Smith'
	says "rec-cat: <stdin>: no line has a TAB, all are taken as labels; fields parted by blanks? see rec-cat --from csv -d blanks"
}

@test "looks: rec-topn answers labels that it knows, whatever they look like" {
	sed 's/^u\([0-9]*\)/tea \1/' train.tsv >tea.tsv
	sed 's/^u\([0-9]*\)/tea, \1/' train.tsv >comma.tsv
	sed 's/^u\([0-9]*\)/{"u":\1}/' train.tsv >json.tsv
	for f in tea comma json; do
		rec-als -q -k 2 -i 1 <$f.tsv >$f.rec
		cut -f1 $f.tsv | sort -u | sed -n 2,3p >two
		exits 0 rec-topn -q -m $f.rec -n 2 <two
		[ "$(cut -f1 out | uniq | cmp - two)" = "" ]
		rec-topn -q --stream -m $f.rec -n 2 <two | cmp - out
	done
	exits 1 rec-topn -m tea.rec <<<'me 260'
	says "rec-topn: <stdin>: no line has a TAB, as in 'me 260'; a history is user TAB item; fields parted by blanks? see rec-cat --from csv -d blanks"
	exits 1 rec-topn --similar-items -m tea.rec <<<'me 260'
	mentions "a history is user TAB item"
	# strangers with two names are strangers, where popularity answers them
	exits 0 rec-topn -m model.rec --cold popular --interactions train.tsv -n 1 <<<'John Smith'
	[ "$(cut -f1 out)" = "John Smith" ]
}

@test "looks: lines with TAB are rows, whatever they begin with" {
	printf 'PAR1\ti1\n[1]\ti2\n{"a":1}\ti,3\n<html>\ta;b\n%%%%MatrixMarket\t1 2\nBZh9\tx\n\377\376\tq\n' >odd.tsv
	rec-cat odd.tsv | cmp - odd.tsv
	rec-cat -b odd.tsv | rec-cat | cmp - odd.tsv
	exits 0 rec-als -q -k 2 <odd.tsv
	exits 0 rec-split --ratio 0.5 --test held.out <odd.tsv
	# the line at fault is told, not the looks of the first one
	{ head -2 odd.tsv; printf 'u\ti\tx\n'; } >bad.tsv
	exits 1 rec-als -q <bad.tsv
	says "rec-als: <stdin>:3: field 3: 'x' is not a number"
}

@test "looks: a byte order mark is an error wherever a line begins" {
	{ cat train.tsv; printf '\357\273\277'; cat train.tsv; } >joined.tsv
	at=$(($(wc -l <train.tsv) + 1))
	todo="byte order mark; drop it: sed 's/^\\xef\\xbb\\xbf//'"
	for c in $(readers); do
		exits 1 from joined.tsv sample "$c"
		says "$c: <stdin>:$at: $todo"
		rm -f held.out
	done
	sed 's/^\xef\xbb\xbf//' joined.tsv | rec-cat | cmp - <(cat train.tsv train.tsv)
	cut -f2 train.tsv | sort -u >items
	for at in 1 3; do
		sed "${at}s/^/\xef\xbb\xbf/" items >marked
		for how in --allow --deny; do
			exits 1 from train.tsv rec-topn -q -m model.rec $how marked
			says "rec-topn: marked:$at: $todo"
		done
	done
	printf '%%%%MatrixMarket matrix coordinate real general\n2 2 1\n1 1 5\n' >m.mtx
	printf 'a\n\357\273\277b\n' >labels
	exits 1 rec-cat --from mtx --row-labels labels m.mtx
	says "rec-cat: labels:2: $todo"
	# inside a line it is a part of a label
	printf 'u\t\357\273\277i\n' >inside.tsv
	rec-cat inside.tsv | cmp - inside.tsv
}

@test "looks: label lists are no other format either" {
	cut -f2 train.tsv | sort -u >items
	tr '\n' '\r' <items >mac
	iconv -f UTF-8 -t UTF-16 items >wide
	gzip -c items | gzip -c >twice
	for how in --allow --deny; do
		exits 1 from train.tsv rec-topn -q -m model.rec $how mac
		says "rec-topn: mac: this is text whose lines end in CR alone; turn them into newlines: tr '\\r' '\\n'"
		exits 1 from train.tsv rec-topn -q -m model.rec $how wide
		says "rec-topn: wide: this is UTF-16; turn it into UTF-8: iconv -f UTF-16 -t UTF-8"
		exits 1 from train.tsv rec-topn -q -m model.rec $how twice
		says "rec-topn: twice: this is gzip within gzip; unpack it once: gzip -dc"
	done
}

@test "looks: a first line of column names is told, and what to do about it" {
	while IFS='|' read -r line; do
		# shellcheck disable=SC2059
		{ printf "$line\n"; cut -f1,2 train.tsv; } >headed.tsv
		for c in rec-cat rec-split rec-als; do
			exits 0 from headed.tsv sample "$c"
			case $c in rec-als) continue ;; esac	# sample runs it with -q
			# shellcheck disable=SC2059
			says "$c: <stdin>:1: $(printf "$line" | tr -d '\r' | sed "s/\(.*\)$TAB\(.*\)/'\1' '\2'/") reads like names of columns and was taken as a row; to drop it: tail -n +2, in joined files rec-cat --from csv -d '\\t' --quote none --header"
			rm -f held.out
		done
		exits 0 from headed.tsv rec-als -k 2 -i 1
		mentions "rec-als: <stdin>:1: '"
		exits 0 from train.tsv rec-topn -m model.rec --seen headed.tsv
		mentions "rec-topn: headed.tsv:1: '"
		exits 0 from headed.tsv rec-topn -m model.rec --stream
		mentions "rec-topn: <stdin>:1: '"
	done <<-'LIST'
		user\titem
		userId\tmovieId
		USER_ID\tITEM_ID
		user_id:token\titem_id:token
		visitorid\titemid
		CustomerID\tStockCode
		artistID\tuserID
		session_id\tproduct_id\r
	LIST
	printf 'user\titem\trating\nu1\ti1\t5\n' >headed.tsv
	for c in $(readers); do
		exits 1 from headed.tsv sample "$c"
		says "$c: <stdin>:1: field 3: 'rating' is not a number; names of columns? drop the line, or read the file with rec-cat --from csv -d '\\t' --header"
		rm -f held.out
	done
	# no such line
	for line in 'u\ti' 'alice\tbook' 'user1\titem1' 'user\ttea'; do
		# shellcheck disable=SC2059
		{ printf "$line\n"; cut -f1,2 train.tsv; } >plain.tsv
		exits 0 rec-cat plain.tsv
		[ ! -s err ] || fail "$line: $(cat err)"
	done
}

@test "looks: a stream is answered without waiting for more than its line" {
	mkfifo ask
	rec-topn -q --stream -m model.rec -n 1 <ask >answers &
	exec 7>ask
	user=$(head -1 train.tsv | cut -f1)
	printf '%s\n\n' "$user" >&7
	for _ in $(seq 200); do
		[ -s answers ] && break
		sleep 0.05
	done
	[ "$(head -1 answers | cut -f1)" = "$user" ]
	exec 7>&-
	wait
}

@test "looks: a model where rows are wanted says where it belongs" {
	for c in rec-cat rec-split rec-als rec-sim rec-score rec-topn; do
		exits 1 from model.rec sample "$c"
		one_line "$c"
		mentions "is dense, as in a model, and rows are wanted; a model is given by -m, one block of it by rec-cat --block "
		rm -f held.out
	done
}

@test "looks: values that another program wrote in its own way say what to do" {
	while IFS='~' read -r line message; do
		# shellcheck disable=SC2059
		printf "u1\ti1\t4\n$line\n" >other.tsv
		for c in rec-cat rec-als rec-split; do
			exits 1 from other.tsv sample "$c"
			says "$c: <stdin>:2: $message"
			rm -f held.out
		done
	done <<-'LIST'
		u1\ti2\t3,5~field 3: '3,5' is not a number; a decimal is written with a point, and without separators
		u1\ti2\t"5"~field 3: '"5"' is not a number; quoted? rec-cat --from csv -d '\t'
		u1\ti2\tNULL~field 3: 'NULL' is not a number; a missing one? rec-cat --from csv -d '\t' --empty 1 (or skip)
		u1\ti2\t\\N~field 3: '\N' is not a number; a missing one? rec-cat --from csv -d '\t' --empty 1 (or skip)
		u1\ti2\t\t7~field 3: empty; a missing one? rec-cat --from csv -d '\t' --empty 1 (or skip)
		u1\ti2\t3\tNaN~field 4: 'NaN' is not a number; a missing one? rec-cat --from csv -d '\t'
		u1\ti2\tgood~field 3: 'good' is not a number
	LIST
	# a first line whose third field is a word
	printf 'a\tb\tscore\nu1\ti1\t5\n' >other.tsv
	exits 1 from other.tsv rec-als -q
	says "rec-als: <stdin>:1: field 3: 'score' is not a number; names of columns? drop the line, or read the file with rec-cat --from csv -d '\\t' --header"
}
