#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What every command does alike, in loops over all of them: help, usage errors,
# inputs that are not what they should be, outputs that can't be written.

load helpers
load samples

# sample with its usual stdin and -o final.out: fails with STATUS, one line on
# stderr, and leaves no file under any final name.
fails_clean() {
	local want=$1 c=$2
	shift 2
	exits "$want" "$@" || return 1
	one_line "$c" || return 1
	[ ! -e final.out ] || fail "$c left final.out" || return 1
	[ ! -e held.out ] || fail "$c left held.out" || return 1
	[ -z "$(find . -name '.*.??????' -newer train.tsv -type f)" ] || fail "$c left a temporary file: $(ls -A)"
}

from() {	# from FILE COMMAND...: run with stdin from FILE
	local f=$1
	shift
	"$@" <"$f"
}

@test "all: --help and -h on stdout, exit 0, from the option table" {
	for c in $COMMANDS; do
		exits 0 "$c" --help
		grep -q "^usage: $c" out || fail "$c --help has no usage"
		grep -q -- '--output FILE' out || fail "$c --help lacks --output"
		[ ! -s err ]
		mv out long
		exits 0 "$c" -h
		same long out
	done
}

@test "all: --version names the release, the compiler and the instruction sets" {
	for c in $COMMANDS; do
		exits 0 "$c" --version
		[ "$(head -1 out)" = "$c (recpipe) $(cat "$ROOT/VERSION")" ] || fail "$c: $(head -1 out)"
		grep -q 'plain' out || fail "$c --version: no instruction sets"
	done
}

@test "all: unknown options, missing and superfluous values, values out of range: exit 2" {
	for c in $COMMANDS; do
		exits 2 "$c" --no-such-option </dev/null
		says "$c: unknown option '--no-such-option' (see $c --help)"
		exits 2 "$c" -Z </dev/null
		says "$c: unknown option '-Z' (see $c --help)"
		exits 2 "$c" --output </dev/null
		says "$c: --output needs FILE"
		exits 2 "$c" --binary=3 </dev/null
		says "$c: --binary takes no value"
		exits 2 "$c" -j 0 </dev/null
		says "$c: --threads: 0 is not between 1 and 1024"
		exits 2 "$c" -j x </dev/null
		says "$c: --threads: 'x' is not a whole number (digits alone, from 1 to 1024)"
		exits 2 "$c" --mem 12Q </dev/null
		says "$c: --mem: '12Q' is not a size (examples: 512M, 8G)"
	done
}

@test "all: an unexpected operand is exit 2 and says what to do" {
	for c in rec-gen rec-split rec-als rec-topn rec-score; do
		exits 2 sample "$c" stray.tsv </dev/null
		grep -q "^$c: unexpected operand 'stray.tsv'; " err || fail "$c: $(cat err)"
		one_line "$c"
	done
}

@test "all: REC_ISA that does not exist is exit 2" {
	for c in $COMMANDS; do
		REC_ISA=mmx exits 2 from "$(sample_stdin "$c")" sample "$c"
		mentions "REC_ISA"
		REC_ISA=' plain' exits 2 from "$(sample_stdin "$c")" sample "$c"
		says "$c: REC_ISA: no instruction set ' plain': plain, avx2, avx512, neon"
		one_line "$c"
	done
}

@test "all: -o writes the same bytes as stdout, and only a complete file" {
	for c in $COMMANDS; do
		from "$(sample_stdin "$c")" sample "$c" >plain.out
		from "$(sample_stdin "$c")" sample "$c" -o final.out >nothing
		same plain.out final.out
		[ ! -s nothing ]
		rm -f final.out held.out
	done
}

@test "all: -o through a symlink replaces the target; into a FIFO it writes in place" {
	for c in $COMMANDS; do
		from "$(sample_stdin "$c")" sample "$c" >plain.out
		: >target
		ln -sf target link
		from "$(sample_stdin "$c")" sample "$c" -o link
		[ -L link ] || fail "$c replaced the link"
		same plain.out target
		rm -f fifo
		mkfifo fifo
		cat fifo >through &
		from "$(sample_stdin "$c")" sample "$c" -o fifo
		wait
		[ -p fifo ] || fail "$c replaced the FIFO"
		same plain.out through
		rm -f held.out
	done
}

@test "all: a name that ends in .gz is compressed" {
	for c in $COMMANDS; do
		from "$(sample_stdin "$c")" sample "$c" >plain.out
		from "$(sample_stdin "$c")" sample "$c" -o final.out.gz
		gzip -dc final.out.gz >unpacked
		same plain.out unpacked
		rm -f final.out.gz held.out
	done
}

@test "all: full disk is exit 4, on stdout and with -o, and no file is left" {
	for c in $COMMANDS; do
		got=0
		from "$(sample_stdin "$c")" sample "$c" >/dev/full 2>err || got=$?
		[ "$got" -eq 4 ] || fail "$c >/dev/full: exit $got"
		one_line "$c"
		mentions "No space left"
		[ ! -e held.out ] || fail "$c left held.out"
		exits 4 from "$(sample_stdin "$c")" sample "$c" -o /dev/full
		mentions "No space left"
		[ ! -e held.out ] || fail "$c left held.out"
	done
}

@test "all: closed stdout is exit 4 with one message" {
	for c in $COMMANDS; do
		got=0
		from "$(sample_stdin "$c")" sample "$c" >&- 2>err || got=$?
		[ "$got" -eq 4 ] || fail "$c >&-: exit $got: $(cat err)"
		one_line "$c"
		[ ! -e held.out ] || fail "$c left held.out"
	done
}

@test "all: closed stdin is a failure, never an empty input" {
	for c in $(readers); do
		got=0
		sample "$c" <&- >out 2>err || got=$?
		[ "$got" -ne 0 ] || fail "$c <&-: exit 0"
		one_line "$c"
	done
}

@test "all: a reader that goes away ends the command without a message" {
	rec-gen --users 2000 --items 300 --rows 100000 >big.tsv
	for c in $COMMANDS; do
		in=$(sample_stdin "$c")
		case $c in rec-cat | rec-split | rec-sim) in=big.tsv ;; esac
		from "$in" sample "$c" 2>err | head -1 >first || true
		[ ! -s err ] || fail "$c | head -1 says: $(cat err)"
		[ -s first ] || fail "$c | head -1: nothing"
	done
}

@test "readers: missing, unreadable and directory inputs given to options are exit 1" {
	mkdir -p folder
	for c in "rec-topn -m" "rec-score -m" "rec-eval recall@3 -t" "rec-topn -m model.rec --seen"; do
		name=${c%% *}
		# shellcheck disable=SC2086
		exits 1 from train.tsv $c no-such-file
		mentions "$name: no-such-file: No such file or directory; name a file that holds " && mentions ", or - for stdin" && one_line "$name"
		# shellcheck disable=SC2086
		exits 1 from train.tsv $c folder
		mentions "$name: folder: Is a directory; name a file that holds " && mentions ", or join those in it by rec-cat folder/*" && one_line "$name"
	done
	for c in $(readers); do
		got=0
		sample "$c" <folder >out 2>err || got=$?
		[ "$got" -eq 1 ] || fail "$c <folder: exit $got"
		says "$c: <stdin>: Is a directory"
	done
}

@test "readers: empty input gives a clear answer" {
	for c in rec-cat rec-topn rec-score rec-split; do
		exits 0 sample "$c" </dev/null
		[ ! -s out ] || fail "$c made output from nothing"
		rm -f held.out
	done
	for c in rec-als rec-sim rec-eval; do
		fails_clean 1 "$c" sample "$c" -o final.out </dev/null
	done
}

@test "readers: CRLF and a missing final newline change nothing" {
	for c in $(readers); do
		in=$(sample_stdin "$c")
		from "$in" sample "$c" >plain.out
		rm -f held.out
		sed 's/$/\r/' "$in" >crlf
		from crlf sample "$c" >crlf.out
		same plain.out crlf.out
		rm -f held.out
		printf %s "$(cat "$in")" >cut
		from cut sample "$c" >cut.out
		same plain.out cut.out
		rm -f held.out
	done
}

@test "readers: text that is not a matrix names line and field, exit 1, nothing written" {
	while IFS='|' read -r bad message; do
		{
			head -2 train.tsv
			# shellcheck disable=SC2059
			printf "$bad"
		} >bad.tsv
		for c in rec-cat rec-split rec-als rec-sim rec-score rec-eval rec-topn; do
			case $c:$bad in rec-topn:u1,i1* | rec-cat:u1,i1*) continue ;; esac
			fails_clean 1 "$c" from bad.tsv sample "$c" -o final.out
			says "$c: <stdin>:3: $message"
		done
	done <<-'LIST'
		u1\ti1\tx7\n|field 3: 'x7' is not a number
		u1\ti1\t1e400\n|field 3: '1e400' is out of range
		u1\ti1\tnan\n|field 3: 'nan' is not a number; a missing one? rec-cat --from csv -d '\t' --empty 1 (or skip)
		u1\ti1\tinf\n|field 3: 'inf' is not a number
		u1\ti1\t0x10\n|field 3: '0x10' is not a number
		u1\ti1\t1\t2z\n|field 4: '2z' is not a number
		u1\ti1\t1\t2\t3\n|field 5: a line has at most 4 fields
		u1\ti1\t\n|field 3: empty; a missing one? rec-cat --from csv -d '\t' --empty 1 (or skip)
		\ti1\t1\n|field 1: empty
		u1\t\t1\n|field 2: empty
		u1,i1,5\n|no TAB; CSV? see rec-cat --from csv
	LIST
}

@test "readers: a label that came alone is an error, in text and in recmat" {
	prepare_samples
	printf 'lonely\nu1\ti1\t1\nu2\ti1\t2\n' >lone.tsv
	rec-cat -b lone.tsv >lone.rec
	for c in rec-split rec-als rec-sim rec-score rec-eval; do
		exits 1 from lone.tsv sample "$c"
		says "$c: <stdin>:1: no TAB in 'lonely'; a line is row TAB column"
		exits 1 from lone.rec sample "$c"
		one_line "$c" && mentions "row 'lonely' has no cell" && mentions "<stdin>: "
	done
	exits 1 rec-cat --merge lone.rec
	says "rec-cat: lone.rec: row 'lonely' has no cell"
	rec-cat lone.rec | sort | cmp - <(sort lone.tsv)
	from lone.rec sample rec-topn | cut -f1 | uniq | xargs >out
	[ "$(cat out)" = "u1 u2" ]
}

@test "readers: a NUL byte and a byte order mark are errors with a line" {
	printf 'u1\ti1\nu2\ti\0002\n' >nul.tsv
	printf '\357\273\277u1\ti1\n' >bom.tsv
	for c in rec-cat rec-split rec-als rec-sim rec-score rec-eval rec-topn; do
		fails_clean 1 "$c" from nul.tsv sample "$c" -o final.out
		mentions "<stdin>:2: "
		mentions "NUL"
		fails_clean 1 "$c" from bom.tsv sample "$c" -o final.out
		mentions "<stdin>:1: "
		mentions "byte order mark"
	done
}

@test "readers: a line of 10 MB passes" {
	{
		printf 'u1\t'
		head -c 10000000 /dev/zero | tr '\0' x
		printf '\t2\n'
	} >long.tsv
	rec-cat <long.tsv >out
	same long.tsv out
	exits 0 rec-split --shards 1 --by user --to 'held.%d' <long.tsv
	same long.tsv held.0
	cat train.tsv long.tsv >with-long.tsv
	for c in rec-als rec-sim rec-topn rec-score; do
		exits 0 from with-long.tsv sample "$c" -o final.out
		[ -s final.out ]
		rm -f final.out
	done
}

@test "readers: gzip is read, also of several members; cut or damaged it is an error" {
	gzip -n <train.tsv >train.gz
	head -100 train.tsv | gzip -n >a.gz
	tail -n +101 train.tsv | gzip -n >b.gz
	cat a.gz b.gz >members.gz
	size=$(wc -c <train.gz)
	head -c $((size / 2)) train.gz >half.gz
	head -c $((size - 3)) train.gz >tail.gz
	{ head -c 200 train.gz; printf 'XY'; tail -c +203 train.gz; } >flip.gz
	for c in rec-cat rec-split rec-als rec-sim rec-topn rec-score; do
		from train.tsv sample "$c" >plain.out
		rm -f held.out
		from members.gz sample "$c" >gz.out
		same plain.out gz.out
		rm -f held.out
		for bad in half.gz tail.gz flip.gz; do
			fails_clean 1 "$c" from "$bad" sample "$c" -o final.out
			mentions "<stdin>: "
		done
	done
}

@test "readers: recmat cut and flipped at 20 places each is an error" {
	size=$(wc -c <train.rec)
	for c in rec-cat rec-split rec-als rec-sim rec-topn rec-score; do
		for i in $(seq 1 20); do
			head -c $((size * i / 21)) train.rec >cut.rec
			fails_clean 1 "$c" from cut.rec sample "$c" -o final.out
			at=$((size * i / 21))
			byte=$(tail -c +$((at + 1)) train.rec | head -c 1 | od -An -tu1)
			{
				head -c "$at" train.rec
				# shellcheck disable=SC2059
				printf "\\$(printf %03o $((byte ^ (1 << (i % 8)))))"
				tail -c +$((at + 2)) train.rec
			} >flip.rec
			fails_clean 1 "$c" from flip.rec sample "$c" -o final.out
		done
	done
}

@test "all: a terminated command removes its temporary files" {
	mkfifo slow
	for c in "rec-als -q -k 4 -i 2" "rec-cat" "rec-sim -q cosine" "rec-topn -q -m model.rec" "rec-split --leave 1 --test final.test"; do
		# shellcheck disable=SC2086
		$c -o final.out <slow &
		pid=$!
		exec 7>slow
		head -50 train.tsv >&7
		for _ in $(seq 100); do
			[ -n "$(find . -name '.final.out*')" ] && break
			sleep 0.02
		done
		kill -TERM $pid
		got=0
		wait $pid || got=$?
		exec 7>&-
		[ "$got" -eq 143 ] || fail "$c: exit $got"
		[ ! -e final.out ] || fail "$c left final.out"
		[ -z "$(find . -name '.final.*')" ] || fail "$c left $(find . -name '.final.*')"
	done
}

@test "all: --stats is key TAB value and names the work" {
	for c in $COMMANDS; do
		from "$(sample_stdin "$c")" sample "$c" --stats stats.tsv >/dev/null
		awk -F'\t' 'NF != 2 { exit 1 }' stats.tsv || fail "$c: $(cat stats.tsv)"
		for key in command version threads isa seed memory.peak seconds.total bytes.in bytes.stdin bytes.out; do
			grep -q "^$key$TAB" stats.tsv || fail "$c --stats has no $key"
		done
		rm -f held.out stats.tsv
	done
}

@test "all: binary output to a terminal is refused" {
	command -v script >/dev/null || skip "script(1) is not installed"
	script -qec "rec-cat -b <train.tsv" /dev/null >typed </dev/null || true
	grep -q "rec-cat: binary output to a terminal; use > FILE or -o FILE" typed || fail "$(cat typed)"
	script -qec "rec-als -k 2 <train.tsv" /dev/null >typed </dev/null || true
	grep -q "rec-als: binary output to a terminal; use > FILE or -o FILE" typed || fail "$(cat typed)"
}

@test "all: two outputs in one file are refused, by whatever names, and the file stays as it was" {
	prepare_samples
	mkdir d
	for other in out.tsv ./out.tsv d/../out.tsv "$PWD/out.tsv" link; do
		ln -sf out.tsv link
		echo before >out.tsv
		for c in $COMMANDS; do
			exits 2 from "$(sample_stdin "$c")" sample "$c" -o out.tsv --stats "$other"
			one_line "$c" && mentions "two outputs are one file" && [ "$(cat out.tsv)" = before ]
		done
	done
	exits 2 from train.tsv rec-split --ratio 0.5 -o out.tsv --test ./out.tsv
	mentions "two outputs are one file" && [ "$(cat out.tsv)" = before ]
	from train.tsv rec-split --ratio 0.5 -o out.tsv --test d/out.tsv
	[ -s out.tsv ] && [ -s d/out.tsv ]
}

@test "all: a --stats file that can't be made is told before the work" {
	prepare_samples
	for c in $COMMANDS; do
		exits 1 from "$(sample_stdin "$c")" sample "$c" --stats missing/stats
		says "$c: missing/stats: No such file or directory; make the folder first: mkdir -p missing" && [ ! -s out ]
	done
}

@test "all: --estimate prints bytes first, a whole number, and leaves no output" {
	prepare_samples
	for c in $COMMANDS; do
		from "$(sample_stdin "$c")" sample "$c" -o final --estimate
		head -1 final | grep -qE "^bytes${TAB}[1-9][0-9]*$" || fail "$c: $(cat final)"
		[ ! -e held.out ] && [ "$(wc -l <final)" -le 3 ]
		from "$(sample_stdin "$c")" sample "$c" --estimate | cmp - final
		rm final
	done
}

# The sanitizers take more memory than --mem leaves: tests/run.sh leaves this
# one out there, and tests/fault/asan.bats makes memory fail instead.
# bats test_tags=own-memory
@test "all: lack of memory under --mem says so" {
	prepare_samples
	for c in rec-als rec-topn rec-score rec-eval; do
		exits 4 from "$(sample_stdin "$c")" sample "$c" --mem 200
		one_line "$c" && mentions "--mem"
	done
}

@test "all: names and labels in messages can't move the cursor or break the line" {
	exits 2 rec-als "$(printf 'a\nb\033[1m')"
	says "rec-als: unexpected operand 'a?b?[1m'; reads stdin: rec-als < train.tsv"
	printf 'a\033[1m\tx\t1\na\033[1m\tx\t1\n' >twice.tsv
	exits 1 rec-cat --merge twice.tsv
	says "rec-cat: twice.tsv: pair 'a?[1m' 'x' appears twice"
}

@test "readers: labels with blanks, quotes, UTF-8, numbers, dashes, control bytes pass every command unchanged" {
	printf 'u 1\ti"1"\t2\nu\303\251\t-x\t1\n#c\t007\t1\n-u\t7\t1\n-u\t7.0\t3\n--\t\377\376\t1\nu\\t\t\001\033[31m\t1\n "q"\t ,\t5\n-u\ti"1"\t2\nu 1\t007\t1\n' >odd.tsv
	sort odd.tsv >sorted.tsv
	rec-cat -b odd.tsv | rec-cat | cmp - odd.tsv
	rec-cat --merge odd.tsv | cmp - sorted.tsv
	rec-split --ratio 0.3 --test test.tsv <odd.tsv >train.tsv
	sort train.tsv test.tsv | cmp - sorted.tsv
	rec-als -q -k 2 -i 2 <odd.tsv >model.rec
	rec-cat --labels row odd.tsv >users
	rec-cat --labels row --block user model.rec | cmp - users
	rec-topn -q --keep-seen -n 9 -m model.rec <odd.tsv >lists.tsv
	[ "$(cut -f1 lists.tsv | uniq | cmp - users)" = "" ]
	cut -f2 lists.tsv | sort -u | cmp - <(rec-cat --labels col odd.tsv)
	rec-sim -q -n 0 count <odd.tsv | grep -q "^7${TAB}7.0${TAB}1$"
	rec-score -q -m model.rec <odd.tsv | cut -f1,2 | cmp - <(cut -f1,2 odd.tsv)
	rec-eval -q -t odd.tsv --shallow --per-user recall@9 <lists.tsv | grep -v "^$TAB" | cut -f1 | cmp - users
}

@test "all: options by =, values that begin with -, and -- work everywhere" {
	prepare_samples
	from train.tsv sample rec-als >plain
	rec-als --quiet --factors=4 -i2 --seed=1 -- <train.tsv | cmp - plain
	{ printf 'old\tx\t1\t-7\n' && cat train.tsv; } | rec-split --after=-5 --test=-5 >left
	[ -s ./-5 ] && [ "$(cut -f1 left)" = old ]
	rec-cat -- -5 | cmp - ./-5
	rec-topn -q --model=model.rec -n3 --blend=-1 <train.tsv >lists
	[ -s lists ]
}

@test "all: FILE of an option may be a pipe, or gzip" {
	prepare_samples
	awk '{ print $1 "\tg" length($1) }' truth.tsv | sort -u >groups
	rec-cat --labels col all.tsv | head -30 >labels
	rec-gen --seed 2 --users 60 --items 40 --rows 1200 >others.tsv
	for f in *.tsv *.rec groups labels; do gzip -kn "$f"; done
	rec-als -q -k 4 -i 1 --init-from model.rec <train.tsv >init
	rec-als -q --half user -m model.rec <train.tsv >half
	rec-sim -q cosine --from-factors model.rec >from
	rec-topn -q -m model.rec -n 3 --seen truth.tsv --allow labels --candidates others.tsv <train.tsv >topn
	rec-score -q -m sim.rec --history train.tsv <truth.tsv >score
	rec-eval -q -t truth.tsv --train train.tsv --groups groups --compare lists.tsv recall@3 <lists.tsv >eval
	rec-split --audit train.tsv <truth.tsv >audit
	for how in cat 'gzip -c'; do
		rec-als -q -k 4 -i 1 --init-from <($how model.rec) <train.tsv | cmp - init
		rec-als -q --half user -m <($how model.rec) <train.tsv | cmp - half
		rec-sim -q cosine --from-factors <($how model.rec) | cmp - from
		rec-topn -q -m <($how model.rec) -n 3 --seen <($how truth.tsv) --allow <($how labels) --candidates <($how others.tsv) < <($how train.tsv) | cmp - topn
		rec-score -q -m <($how sim.rec) --history <($how train.tsv) < <($how truth.tsv) | cmp - score
		rec-eval -q -t <($how truth.tsv) --train <($how train.tsv) --groups <($how groups) --compare <($how lists.tsv) recall@3 < <($how lists.tsv) | cmp - eval
		rec-split --audit <($how train.tsv) < <($how truth.tsv) | cmp - audit
	done
	rec-cat model.rec.gz -b | cmp - model.rec
}

@test "all: no progress on a terminal before two seconds have passed" {
	command -v script >/dev/null || skip "script(1) is not installed"
	prepare_samples
	for c in "rec-als -k 4 -i 2" "rec-sim cosine" "rec-topn -m model.rec"; do
		script -qec "bash -c '$c --stats stats <train.tsv >got'" /dev/null >shown </dev/null
		[ -s got ]
		# on a machine that is very busy they may have passed
		! grep -q "$(printf '\033')" shown || [ "$(sed -n "s/^seconds.total$TAB\([0-9]*\).*/\1/p" stats)" -ge 2 ] || fail "$c: $(cat shown)"
	done
}
