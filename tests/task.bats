#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1083 # the tokens of rec-task
# rec-task: the index of every scheduler, parts that are whole or absent,
# statuses that tell for good from for now.

load helpers

INDEXES="REC_INDEX REC_COUNT SLURM_ARRAY_TASK_ID AWS_BATCH_JOB_ARRAY_INDEX JOB_COMPLETION_INDEX CLOUD_RUN_TASK_INDEX CLOUD_RUN_TASK_COUNT PBS_ARRAY_INDEX
	PBS_ARRAYID SGE_TASK_ID LSB_JOBINDEX PARALLEL_SEQ"

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	# shellcheck disable=SC2086
	unset $INDEXES	# the tests themselves may run under a scheduler
}

# leaves NAME...: the folder holds these files, hidden ones included, and the
# captured outputs.
leaves() {
	local want
	want=$(printf '%s\n' "$@" err out | sort | xargs)
	[ "$(find . -type f | sed 's|^\./||' | sort | xargs)" = "$want" ] || fail "left $(find . -type f), not $want"
}

# Wait until FILE has a line, at most 10 s.
await() {
	for _ in $(seq 200); do
		[ -s "$1" ] && return
		sleep 0.05
	done
	fail "no $1 after 10 s"
}

@test "rec-task: help, version, options: as the other commands print them" {
	exits 0 rec-task --help
	grep -q '^usage: rec-task -n N -o TEMPLATE' out
	cp out help
	exits 0 rec-task --version
	[ "$(cat out)" = "rec-task (recpipe) $(cat "$ROOT/VERSION")" ]
	exits 0 rec-task --options
	cut -f2 out | sort >table
	grep -oE -e '--[a-z]+ ' help | tr -d ' -' | grep -vxE 'help|version|collect' | sort -u >helped
	[ "$(grep -vx collect table | xargs)" = "$(xargs <helped)" ] || fail "$(cat table) / $(cat helped)"
	awk -F'\t' 'NF != 4 { exit 1 }' out
	for o in $(cat table); do grep -qE "^\.It Fl (. , Fl )?-$o( |\$)" "$ROOT/man/rec-task.1" || fail "the page lacks --$o"; done
	[ "$(grep -cE '^\.It Fl' "$ROOT/man/rec-task.1")" -eq $(($(wc -l <table) + 2)) ] || fail "the page has options that the table lacks"
}

@test "rec-task: usage errors are exit 2 and one line" {
	local cases='--no-such-option|unknown option '\''--no-such-option'\'' (see rec-task --help)
-Z|unknown option '\''-Z'\'' (see rec-task --help)
-o|-o needs TEMPLATE
--parts|--parts needs N
--trust=1|--trust takes no value
-n x -o %d|--parts: '\''x'\'' is not a whole number
---|unknown option '\''---'\'' (see rec-task --help)
--part 3|unknown option '\''--part'\'' (see rec-task --help)
--n 3|unknown option '\''--n'\'' (see rec-task --help)
--=3|unknown option '\''--'\'' (see rec-task --help)
-n3Z -o %d|--parts: '\''3Z'\'' is not a whole number
--help=x|unknown option '\''--help'\'' (see rec-task --help)
-n 0x10 -o %d|--parts: '\''0x10'\'' is not a whole number
-n 1e3 -o %d|--parts: '\''1e3'\'' is not a whole number
-n +3 -o %d|--parts: '\''+3'\'' is not a whole number
-n -3 -o %d|--parts: '\''-3'\'' is not a whole number
-n a[$(id>&2)] -o %d|--parts: '\''a[$(id>&2)]'\'' is not a whole number
--timeout=1s -o %d|--timeout: '\''1s'\'' is not a whole number
-n 0 -o %d|--parts: 0 is not between 1 and 1000000
-n 99999999999999999999 -o %d|--parts: 99999999999999999999 is not between 1 and 1000000
--timeout 0|--timeout: 0 is not between 1 and 9999999
--base 2|--base: 2 is not between 0 and 1
--output=|--output: an empty value
-n 3 true|--output TEMPLATE is missing: it names the parts
-o %d true|--parts N is missing
-n 3 -o %d|no COMMAND (see rec-task --help)
-n 3 -o %d true|no index: none of the variables in rec-task(1) is set; REC_INDEX=0 makes the first part'
	while IFS='|' read -r args message; do
		# shellcheck disable=SC2086
		exits 2 rec-task $args
		says "rec-task: $message"
	done <<<"$cases"
	leaves
}

@test "rec-task: a template has one %d or %0Nd, and never reaches printf" {
	for t in part part.%s %d%d part.%5d part.%0d part.%00d part.%010d %%d %d% '%1$d'; do
		REC_INDEX=0 exits 2 rec-task -n 2 -o "$t" true
		says "rec-task: --output: TEMPLATE needs exactly one %d or %0Nd, such as part.%03d.rec"
	done
	REC_INDEX=0 exits 2 rec-task -n 2 -o %d -i 'in.%s' true
	says "rec-task: --input: TEMPLATE needs exactly one %d or %0Nd, such as part.%03d.rec"
	for i in 0 7 8 11; do
		REC_INDEX=$i exits 0 rec-task -n 12 -o 'a [b]*%02d\n' echo {i0}
		REC_INDEX=$i exits 0 rec-task -n 12 -o '-%d.x' echo {i0}
	done
	leaves 'a [b]*00\n' 'a [b]*07\n' 'a [b]*08\n' 'a [b]*11\n' -0.x -7.x -8.x -11.x
	[ "$(cat -- ./-11.x)" = 11 ]
	REC_INDEX=123 exits 0 rec-task -n 200 -o 'w.%02d' echo {i}
	[ "$(cat w.123)" = 124 ]
}

@test "rec-task: the index of every scheduler, counted from where it counts" {
	while read -r variable first; do
		rm -f p.*
		for i in 0 1 2; do
			exits 0 env "$variable=$((i + first))" rec-task -n 3 -o p.%d echo {i} {i0} {n}
		done
		[ "$(cat p.0 p.1 p.2 | xargs)" = "1 0 3 2 1 3 3 2 3" ] || fail "$variable: $(cat p.*)"
		exits 2 env "$variable=$((3 + first))" rec-task -n 3 -o p.%d true
		says "rec-task: $variable: $((3 + first)) is not between $first and $((2 + first))"
		exits 2 env "$variable=1x" rec-task -n 3 -o p.%d true
		says "rec-task: $variable: '1x' is not a whole number"
		rm -f p.*
		exits 0 env "$variable=03" rec-task -n 9 --base 1 -o p.%d echo {i}
		[ "$(cat p.2)" = 3 ]
		exits 0 env "$variable=008" rec-task -n 9 --base 0 -o p.%d echo {i}
		[ "$(cat p.8)" = 9 ]
	done <<-END
		REC_INDEX 0
		SLURM_ARRAY_TASK_ID 0
		AWS_BATCH_JOB_ARRAY_INDEX 0
		JOB_COMPLETION_INDEX 0
		CLOUD_RUN_TASK_INDEX 0
		PBS_ARRAY_INDEX 0
		PBS_ARRAYID 0
		SGE_TASK_ID 1
		LSB_JOBINDEX 1
		PARALLEL_SEQ 1
	END
}

@test "rec-task: outside an array Grid Engine and LSF set the variable all the same; two schedulers are refused; REC_INDEX wins" {
	SGE_TASK_ID=undefined exits 2 rec-task -n 2 -o p.%d true
	mentions "no index"
	LSB_JOBINDEX=0 exits 2 rec-task -n 2 -o p.%d true
	mentions "no index"
	SLURM_ARRAY_TASK_ID='' exits 2 rec-task -n 2 -o p.%d true
	mentions "no index"
	SLURM_ARRAY_TASK_ID=0 PARALLEL_SEQ=1 exits 2 rec-task -n 2 -o p.%d true
	says "rec-task: SLURM_ARRAY_TASK_ID and PARALLEL_SEQ are both set: say which part it is with REC_INDEX"
	leaves
	SGE_TASK_ID=undefined LSB_JOBINDEX=0 PARALLEL_SEQ=2 exits 0 rec-task -n 2 -o p.%d echo {i}
	SLURM_ARRAY_TASK_ID=7 PARALLEL_SEQ=2 REC_INDEX=0 exits 0 rec-task -n 2 -o p.%d echo {i}
	[ "$(cat p.0 p.1 | xargs)" = "1 2" ]
}

@test "rec-task: the number of parts from REC_COUNT or Cloud Run, and --parts before both" {
	REC_COUNT=4 REC_INDEX=1 exits 0 rec-task -o p.%d echo {n}
	CLOUD_RUN_TASK_COUNT=5 CLOUD_RUN_TASK_INDEX=2 exits 0 rec-task -o p.%d echo {n}
	CLOUD_RUN_TASK_COUNT=5 CLOUD_RUN_TASK_INDEX=3 exits 0 rec-task -n 6 -o p.%d echo {n}
	[ "$(cat p.1 p.2 p.3 | xargs)" = "4 5 6" ]
	REC_COUNT=many REC_INDEX=1 exits 2 rec-task -o p.%d echo {n}
	says "rec-task: --parts: 'many' is not a whole number"
}

@test "rec-task: arguments reach the command as they are, but for the tokens" {
	echo input >in.txt
	REC_INDEX=1 exits 0 rec-task -n 3 -i in.txt -o p.%d -- printf '<%s>' '' ' a  b ' '*' '{' '}{' '{x}' '{{i}}' '{i}{i0}/{n}' '{in}' -n -- $'line\nend\n' "\$HOME '\\n"
	printf '<%s>' '' ' a  b ' '*' '{' '}{' '{x}' '{2}' '21/3' 'in.txt' -n -- $'line\nend\n' "\$HOME '\\n" >want
	same want p.1
	REC_INDEX=0 exits 2 rec-task -n 3 -o p.%d echo {in}
	says "rec-task: {in} needs --input"
	# The first operand begins the command: its options are its own.
	REC_INDEX=2 exits 0 rec-task -n 3 -o p.%d echo -n 5 --output=x
	[ "$(cat p.2)" = "5 --output=x" ]
}

@test "rec-task: stdin is the part's file, one file for all, or what there is" {
	echo zero >in.0
	echo one >in.1
	REC_INDEX=1 exits 0 rec-task -n 2 -i in.%d -o a.%d cat
	REC_INDEX=1 exits 0 rec-task -n 2 -i in.0 -o b.%d sh -c 'cat; echo "$1"' - {in}
	echo piped | REC_INDEX=1 exits 0 rec-task -n 2 -o c.%d cat
	REC_INDEX=1 exits 0 rec-task -n 2 -o d.%d wc -c <&-
	[ "$(cat a.1 b.1 c.1 d.1 | xargs)" = "one zero in.0 piped 0" ] || fail "$(cat ?.1)"
	REC_INDEX=0 exits 1 rec-task -n 2 -i gone.%d -o e.%d cat
	says "rec-task: gone.0: does not exist, or cannot be read"
	REC_INDEX=0 exits 1 rec-task -n 2 -o gone/e.%d cat
	says "rec-task: gone/e.0: gone/ is not a folder that can be written"
	mkdir folder.0
	REC_INDEX=0 exits 1 rec-task -n 2 -o folder.%d cat
	says "rec-task: folder.0: is a folder"
}

@test "rec-task: a command that writes {out} itself, gzip by its name" {
	REC_INDEX=0 exits 0 rec-task -n 2 -o p.%d.tsv.gz -- rec-gen --users 20 --items 10 --rows 50 -o {out}
	gzip -t p.0.tsv.gz
	[ "$(gzip -dc p.0.tsv.gz | wc -l)" -eq 50 ]
	REC_INDEX=1 exits 0 rec-task -n 2 -o p.%d -- sh -c 'echo said; echo written >"$1"' - {out}
	[ "$(cat out)" = said ] && [ "$(cat p.1)" = written ]
	rm p.1
	REC_INDEX=1 exits 1 rec-task -n 2 -o p.%d -- test -n {out}
	says "rec-task: part 2 of 2: test: the command did not write {out}; it would fail again"
	leaves p.0.tsv.gz
}

@test "rec-task: a part that is there is not made again, and not touched" {
	REC_INDEX=1 exits 0 rec-task -n 2 -o p.%d.rec -- rec-gen -b --users 20 --items 10 --rows 50
	before=$(stat -c '%i %y %s' p.1.rec)
	REC_INDEX=1 exits 0 rec-task -n 2 -o p.%d.rec -- sh -c 'echo started >witness; rec-gen -b'
	[ ! -s err ] && [ ! -e witness ]
	[ "$(stat -c '%i %y %s' p.1.rec)" = "$before" ]
	leaves p.1.rec
}

@test "rec-task: a damaged recmat part is made again, under any name; --trust takes it" {
	for name in p.%d.rec p.%d.bin; do
		f=${name%\%*}0${name#*d}
		REC_INDEX=0 exits 0 rec-task -n 2 -o $name -- rec-gen -b --users 20 --items 10 --rows 50
		cp "$f" good
		head -c 800 good >"$f"
		REC_INDEX=0 exits 0 rec-task -n 2 --trust -o $name -- false
		REC_INDEX=0 exits 1 rec-task -n 2 -o $name -- false
		mentions "rec-task: rec-cat: $f: cut off"
		mentions "it is made again"
		REC_INDEX=0 exits 0 rec-task -n 2 -o $name -- rec-gen -b --users 20 --items 10 --rows 50
		same good "$f"
	done
	: >p.0.rec	# an empty file, as a crashed host may leave it
	REC_INDEX=0 exits 0 rec-task -n 2 -o p.%d.rec -- cat good
	same good p.0.rec
	# What was made must be sound as well.
	for make in 'head -c 800 good' 'rec-cat good' true; do
		REC_INDEX=1 exits 1 rec-task -n 2 -o p.%d.rec -- sh -c "$make"
		mentions "it would fail again"
	done
	mentions "rec-task: part 2 of 2: sh: p.1.rec is not recmat (-b?); it would fail again"
	leaves good p.0.rec p.0.bin
}

@test "rec-task: fails for good: 1. May be retried: 4. Nothing is left" {
	for s in 1 2 3 5 77 125; do
		REC_INDEX=1 exits 1 rec-task -n 2 -o p.%d -- sh -c "echo some; exit $s"
		says "rec-task: part 2 of 2: sh: exit $s; it would fail again"
	done
	REC_INDEX=1 exits 1 rec-task -n 2 -o p.%d -- no-such-command
	mentions "no-such-command: exit 127; it would fail again"
	echo text >not-executable
	REC_INDEX=1 exits 1 rec-task -n 2 -o p.%d -- ./not-executable
	mentions "./not-executable: exit 126; it would fail again"
	for s in 4 124 128 137 143 255; do
		REC_INDEX=1 exits 4 rec-task -n 2 -o p.%d -- sh -c "echo some; exit $s"
		says "rec-task: part 2 of 2: sh: exit $s; it may be retried"
	done
	for s in KILL TERM SEGV HUP; do
		# shellcheck disable=SC2016
		REC_INDEX=1 exits 4 rec-task -n 2 -o p.%d -- sh -c 'echo some; kill -s "$0" $$' $s
		mentions "it may be retried"
	done
	printf 'no TAB\n' >bad
	REC_INDEX=1 exits 1 rec-task -n 2 -i bad -o p.%d -- rec-sim cosine
	mentions "rec-sim: exit 1; it would fail again"
	leaves bad not-executable
}

@test "rec-task: --timeout ends the command and all that it started" {
	REC_INDEX=0 exits 4 rec-task -n 2 --timeout 1 -o p.%d -- sh -c "sleep 61.$$ | cat; echo not reached"
	says "rec-task: part 1 of 2: sh: exit 124; it may be retried"
	[ "$(ps -A -o args= | grep -cx "sleep 61.$$")" -eq 0 ]
	REC_INDEX=0 exits 0 rec-task -n 2 --timeout 60 -o p.%d -- echo quick
	leaves p.0
}

@test "rec-task: TERM, INT and HUP reach the command and its children: 4, nothing left" {
	for s in TERM INT HUP; do
		rm -f began
		# A shell in the background ignores INT unless it is told
		# otherwise, and all may ignore HUP (nohup).
		REC_INDEX=0 env --default-signal rec-task -n 2 -o p.%d -- sh -c "echo yes >began; sleep 62.$$ | cat; echo not reached" 2>err &
		task=$!
		await began
		sleep 0.2
		kill -s $s $task
		got=0
		wait $task || got=$?
		[ $got -eq 4 ] || fail "$s: exit $got: $(cat err)"
		says "rec-task: part 1 of 2 was told to stop; it may be retried"
		[ "$(ps -A -o args= | grep -cx "sleep 62.$$")" -eq 0 ] || fail "$s left a child"
	done
	: >out
	leaves began
}

@test "rec-task: after kill -9 nothing is under the final name; the next run makes it and clears up" {
	# shellcheck disable=SC2016
	REC_INDEX=0 rec-task -n 1 -o p.%d -- sh -c 'echo half; echo $$ >began; exec sleep 63.5' &
	task=$!
	await began
	sleep 0.1
	kill -9 $task
	wait $task || true
	kill -9 "$(cat began)"
	[ ! -e p.0 ]
	[ "$(find . -path './.p.0.task.*/p.0' -size +0 | wc -l)" -eq 1 ] || fail "$(ls -A)"
	mkdir .p.01.task.abcdef	# of another part
	echo other >.p.01.task.abcdef/p.01
	REC_INDEX=0 exits 0 rec-task -n 1 -o p.%d -- echo whole
	[ "$(cat p.0)" = whole ]
	leaves p.0 began .p.01.task.abcdef/p.01
}

@test "rec-task: two copies at once end with one right file, whichever is first" {
	# shellcheck disable=SC2016
	REC_INDEX=0 rec-task -n 1 -o p.%d -- sh -c 'echo yes >began; echo whole; while [ ! -e go ]; do sleep 0.05; done' 2>slow.err &
	task=$!
	await began
	REC_INDEX=0 exits 0 rec-task -n 1 -o p.%d -- echo whole
	before=$(stat -c '%i %y' p.0)
	: >go
	wait $task	# its file was cleared away; it finds the part made
	[ ! -s slow.err ] || fail "$(cat slow.err)"
	[ "$(stat -c '%i %y' p.0)" = "$before" ]
	# The same for a copy that fails after the other is done.
	rm -f p.0 go began
	REC_INDEX=0 rec-task -n 1 -o p.%d -- sh -c 'echo yes >began; while [ ! -e go ]; do sleep 0.05; done; exit 1' 2>slow.err &
	task=$!
	await began
	REC_INDEX=0 exits 0 rec-task -n 1 -o p.%d -- echo whole
	: >go
	wait $task
	[ "$(cat p.0)" = whole ]
	leaves p.0 began go slow.err
	# Many at once, really at once.
	rm -f p.0
	for _ in 1 2 3 4 5 6; do
		REC_INDEX=0 rec-task -n 1 -o p.%d.rec -- rec-gen -b --users 50 --items 40 --rows 500 2>>many.err &
	done
	for j in $(jobs -p); do wait "$j" || fail "a copy failed: $(cat many.err)"; done
	rec-gen -b --users 50 --items 40 --rows 500 | cmp - p.0.rec
	[ -z "$(ls -d .p.0.rec.task.* 2>/dev/null)" ] || fail "$(ls -A)"
}

@test "rec-task: nothing can be planted: what is written has a folder of its own, and a link is replaced, not followed" {
	echo precious >victim
	# The name that is written to cannot be known before, and nobody else
	# can write there.
	# shellcheck disable=SC2016
	for i in 0 1; do REC_INDEX=$i exits 0 rec-task -n 2 -o p.%d -- sh -c 'ls -dl "${1%/*}" >>../seen; stat -c %a "${1%/*}"; ls -A; [ ! -L "$1" ] || exit 9; echo x >"$1"' - {out} || return 1; mv out out.$i; done
	[ "$(grep -hx 700 out.? | wc -l)" -eq 2 ] || fail "$(cat out.?)"
	[ "$(grep -hoE '^\.p\..\.task\.[A-Za-z0-9]{6}$' out.? | sort -u | wc -l)" -eq 2 ] || fail "$(cat out.?)"
	rm -f p.? out.? ../seen
	mkdir evil
	ln -s "$PWD/evil" .p.0.task.abcdef
	ln -s "$PWD/victim" evil/p.0
	REC_INDEX=0 exits 0 rec-task -n 1 -o p.%d -- echo new
	[ "$(cat p.0)" = new ] && [ ! -L p.0 ] && [ "$(cat victim)" = precious ] && [ -L evil/p.0 ] && [ ! -e .p.0.task.abcdef ]
	# A final name that is a link to something that is no whole part: the
	# link goes, what it led to stays.
	ln -s victim q.0.rec
	REC_INDEX=0 exits 0 rec-task -n 1 -o q.%d.rec -- rec-gen -b --users 9 --items 5 --rows 20
	[ ! -L q.0.rec ] && [ "$(cat victim)" = precious ] && rec-cat --verify q.0.rec >/dev/null
	ln -s nowhere r.0
	REC_INDEX=0 exits 0 rec-task -n 1 -o r.%d -- echo new
	[ ! -L r.0 ] && [ ! -e nowhere ]
	# Modes are those of the user, also though the folder was closed.
	(umask 027; REC_INDEX=0 rec-task -n 1 -o s.%d -- echo new)
	[ "$(stat -c %a s.0)" = 640 ]
}

@test "rec-task: a final name that is a pipe or a device is refused at once" {
	mkfifo f.0
	mkdir -p dev
	REC_INDEX=0 exits 1 timeout 10 rec-task -n 1 -o f.%d -- echo x
	says "rec-task: f.0: is not a regular file"
	[ -p f.0 ]
	exits 1 timeout 10 rec-task --collect -n 1 -o f.%d
	mentions "rec-task: f.0 is not a file"
	REC_INDEX=1 exits 1 timeout 10 rec-task -n 3 -o /dev/fd/%d -- echo x
	mentions "is not a regular file"
}

@test "rec-task: blanks, quotes, commands, % and non-ASCII in names; nothing from the environment is evaluated" {
	# shellcheck disable=SC2016
	for odd in 'a b' "it's" 'say "x"' '$(touch PWNED)' '`touch PWNED`' ';touch PWNED' 'ä€' '*' '[a]' '\' '-rf' '#' '~' '&' "$(printf 'l\nb')"; do
		mkdir -- "./$odd"
		echo "in $odd" >"./$odd/in"
		TMPDIR=$PWD/$odd REC_INDEX=0 exits 0 rec-task -n 1 -i "./$odd/in" -o "$odd/$odd.%d" -- sh -c 'cat; printf %s "$1"' - "{in}"
		[ "$(cat "./$odd/$odd.0")" = "in $odd$TAB./$odd/in" ] || [ "$(cat "./$odd/$odd.0")" = "in $odd
./$odd/in" ] || fail "$odd: $(cat "./$odd/$odd.0")"
		exits 0 rec-task --collect -n 1 -o "$odd/$odd.%d"
		[ "$(find "./$odd" -mindepth 1 -printf x)" = xx ] || fail "$(find "./$odd")"
	done
	mkdir here
	cd here
	echo keep >precious
	for v in $INDEXES; do
		case $v in *COUNT) n='' ;; *) n='-n 3' ;; esac
		# shellcheck disable=SC2016
		for evil in 'a[$(touch PWNED)]' '$(touch PWNED)' '`touch PWNED`' '0;touch PWNED' '0 0' '-1' '0x1' '1e0' '٣' '²' '99999999999999999999' "$(printf '0\n1')"; do
			# shellcheck disable=SC2086
			exits 2 env "$v=$evil" LC_ALL=C.UTF-8 rec-task -o p.%d $n true
			[ "$(wc -l <err)" -eq 1 ] || fail "$v=$evil: $(cat err)"
			[ "$(echo *)" = "err out precious" ] || fail "$v=$evil: $(ls)"
		done
	done
	for v in tmp folder dir file out in own parts letters left table number base value long taken part index; do
		rm -f p.0
		exits 0 env "$v=$PWD/precious" REC_INDEX=0 CDPATH=/ IFS=p rec-task -n 1 -o p.%d echo yes
		[ "$(cat p.0 precious | xargs)" = "yes keep" ] || fail "$v"
	done
}

@test "rec-task: a full disk may be retried, and leaves nothing" {
	[ "$(id -u)" -eq 0 ] || skip "needs root for a small file system"
	mkdir small
	mount -t tmpfs -o size=64k none small 2>/dev/null || skip "cannot mount here"
	got=0
	# A command of ours says 4 by itself; of another one the full disk
	# shows.
	{
		REC_INDEX=0 exits 4 rec-task -n 1 -o small/p.%d -- rec-gen &&
		mentions "rec-gen: exit 4; it may be retried" &&
		[ -z "$(ls -A small)" ] &&
		REC_INDEX=0 exits 4 rec-task -n 1 -o small/p.%d -- sh -c 'dd if=/dev/zero bs=1k count=100 2>/dev/null || exit 2' &&
		says "rec-task: part 1 of 1: sh: exit 2, no space left in small/; it may be retried" &&
		[ -z "$(ls -A small)" ]
	} || got=1
	umount small
	[ $got -eq 0 ]
}

@test "rec-task: --collect names what is missing or damaged, and joins what is whole" {
	make_train 300 700 9000 >train.tsv
	for i in 0 1 2; do REC_INDEX=$i exits 0 rec-task -n 3 -i train.tsv -o sim.%02d.rec -- rec-sim cosine -q -j 1 -b --columns {i}/{n}; done
	exits 0 rec-task --collect -n 3 -o sim.%02d.rec
	rec-sim cosine -q -b <train.tsv >whole.rec
	same whole.rec out
	exits 0 rec-task --collect -n 3 -o sim.%02d.rec -- echo --
	[ "$(cat out)" = "-- sim.00.rec sim.01.rec sim.02.rec" ]
	for i in 1 2 3; do LSB_JOBINDEX=$i exits 0 rec-task -n 3 -i train.tsv -o sim.%02d.tsv -- rec-sim cosine -q -j 1 --part {i}/{n}; done
	exits 0 rec-task --collect -n 3 -o sim.%02d.tsv
	rec-sim cosine -q <train.tsv >whole.tsv
	same whole.tsv out
	head -c 300 sim.01.rec >cut
	mv cut sim.01.rec
	rm sim.00.rec
	mkdir sim.03.rec
	exits 1 rec-task --collect -n 4 -o sim.%02d.rec
	mentions "rec-task: rec-cat: sim.01.rec: cut off"
	mentions "rec-task: sim.03.rec is not a file"
	[ "$(tail -1 err)" = "rec-task: parts missing or damaged, counted from 0: 0,1,3" ] || fail "$(cat err)"
	[ ! -s out ]
	exits 1 rec-task --collect --base 1 -n 4 -o sim.%02d.rec -- cat
	[ "$(tail -1 err)" = "rec-task: parts missing or damaged, counted from 1: 1,2,4" ] || fail "$(cat err)"
	cp sim.00.tsv mixed.0
	cp whole.rec mixed.1
	exits 1 rec-task --collect -n 2 -o mixed.%d
	says "rec-task: some parts are recmat and some are not"
}

@test "rec-task: --collect into a full device is 4" {
	for i in 0 1; do REC_INDEX=$i rec-task -n 2 -o p.%d echo {i}; done
	got=0
	rec-task --collect -n 2 -o p.%d >/dev/full 2>err || got=$?
	[ $got -eq 4 ] || fail "exit $got"
	mentions "rec-task: the parts could not be copied"
}
