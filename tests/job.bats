#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# rec-job: one command, as a job says that nothing can misread; it ends when it
# must. Claims of folders: tests/fan_keep.bats.

load helpers

# job STRING...: on stdout
job() { printf '%s\0' "$@"; }

@test "rec-job: help, version, wrong use" {
	exits 0 rec-job --help
	grep -q '^usage: rec-job ' out
	exits 0 rec-job --version
	[ "$(cat out)" = "rec-job (recpipe) $(cat "$ROOT/VERSION")" ]
	exits 4 sh -c 'rec-job --help >/dev/full'
	for o in $(rec-job --options | cut -f2); do grep -q "^\.It Fl -$o" "$ROOT/man/rec-job.1" || fail "the page lacks --$o"; done
	exits 2 rec-job --no-such-option
	says "rec-job: unknown option '--no-such-option' (see rec-job --help)"
	exits 2 rec-job a b c
	says "rec-job: takes at most DIR and NAME (see rec-job --help)"
	for bad in "" "work" "work x" "work 0" "work -1" "work 99999999999" "work 1 2"; do
		# shellcheck disable=SC2086
		exits 2 rec-job --claim $bad
		says "rec-job: --claim and --release need DIR and PID"
	done
	exits 255 rec-job nowhere </dev/null
	says "rec-job: nowhere: No such file or directory"
	exits 255 rec-job file/ </dev/null
	exits 1 rec-job --claim nowhere 5
	one_line rec-job
}

@test "rec-job: a job that is wrong or was cut off is not run" {
	job run=rec-gen arg=--users=5 arg=--items=5 arg=--rows=9 arg=--output=witness end= >whole
	for n in $(seq 0 $(($(wc -c <whole) - 1))); do
		head -c "$n" whole >cut
		exits 1 rec-job <cut
		[ ! -e witness ] || fail "run after $n bytes"
	done
	exits 0 rec-job <whole
	[ -s witness ]
	rm witness
	while IFS='|' read -r text message; do
		# shellcheck disable=SC2086
		job $text arg=--output=witness end= >bad
		exits 1 rec-job <bad
		says "rec-job: $message"
		[ ! -e witness ]
	done <<-'END'
		run=rec-gen what=x|the job holds an unknown line 'what'
		run=rec-gen x|the job holds an unknown line 'x'
		run=rec-gen =|the job holds an unknown line ''
		run=rec-gen end=|the job holds an unknown line 'end'
		arg=x|the job names no command
		run=sh|run=sh: not a command of recpipe
		run=rec-../../bin/sh|run=rec-../../bin/sh: not a command of recpipe
		run=rec-|run=rec-: not a command of recpipe
		run=/bin/sh|run=/bin/sh: not a command of recpipe
		run=rec-gen limit=0|limit=0: not a number from 1 to 100000000
		run=rec-gen limit=1x|limit=1x: not a number from 1 to 100000000
		run=rec-gen share=99999999999999999999|share=99999999999999999999: not a number from 1 to 100000000
		run=rec-gen input=/etc/passwd|input=/etc/passwd: not a file below the folder of the job
		run=rec-gen input=../x|input=../x: not a file below the folder of the job
		run=rec-gen output=a/../../x|output=a/../../x: not a file below the folder of the job
		run=rec-gen remove=a//b|remove=a//b: not a file below the folder of the job
		run=rec-gen remove=.|remove=.: not a file below the folder of the job
		run=rec-gen input=|input=: not a file below the folder of the job
	END
	{ job run=rec-gen arg="$(head -c 1100000 /dev/zero | tr '\0' x)" end=; } >long
	exits 1 rec-job <long
	says "rec-job: the job is longer than 1048576 bytes"
	head -c 4000 /dev/urandom >noise
	exits 1 rec-job <noise
	exits 1 rec-job </dev/null
	says "rec-job: the job was cut off: it has no end"
	exits 1 rec-job </
	exits 4 rec-job <&-
}

@test "rec-job: input, output, removal, threads; arguments as they are" {
	make_train 30 20 200 >train.tsv
	mkdir box
	cp train.tsv box/in.tsv
	touch box/old
	job run=rec-cat input=in.tsv output=o.gz remove=old limit=60 end= >j
	exits 0 rec-job box some:name:1/2 <j
	gzip -dc <out | cmp - train.tsv
	[ "$(ls box)" = in.tsv ] || fail "$(ls box)"
	job run=rec-cat input=none end= >j
	exits 1 rec-job box <j
	says "rec-job: none: No such file or directory"
	ln -s ../train.tsv box/link
	job run=rec-cat input=link end= >j
	exits 1 rec-job box <j	# a link may lead anywhere
	mkdir bin
	cp "$(command -v rec-job)" bin/
	printf '#!/bin/sh\nprintf "<%%s>" "$@"\nwc -c\n' >bin/rec-echo
	chmod +x bin/rec-echo
	# shellcheck disable=SC2016
	job run=rec-echo arg= 'arg= a  b ' 'arg=*' 'arg=$(id)' "arg=it's" arg=a=b "arg=$(printf 'line\nend')" arg=-- arg=end= end= >j
	exits 0 bin/rec-job <j
	# shellcheck disable=SC2016
	{ printf '<%s>' '' ' a  b ' '*' '$(id)' "it's" a=b "$(printf 'line\nend')" -- end=; echo 0; } >want
	same want out
	job run=rec-echo share=100000 end= >j
	exits 0 bin/rec-job <j
	[ "$(cat out)" = "<--threads=1>0" ]
	job run=rec-echo share=1 end= >j
	exits 0 bin/rec-job <j
	[ "$(cat out)" = "<--threads=$(getconf _NPROCESSORS_ONLN)>0" ]
	job run=rec-none end= >j
	exits 255 bin/rec-job <j
	mentions "bin/rec-none: cannot be run: No such file or directory"
	job run=rec-cat input=in.tsv output=o.tsv end= >j
	got=0
	rec-job box <j >/dev/full 2>err || got=$?
	[ $got -eq 4 ] && [ ! -e box/o.tsv ]
}

@test "rec-job: exit statuses, the limit, signals, a reader that went away" {
	mkdir bin
	cp "$(command -v rec-job)" bin/
	# shellcheck disable=SC2016
	printf '#!/bin/sh\nfor a; do :; done\neval "$a"\n' >bin/rec-sh
	chmod +x bin/rec-sh
	for s in 0 1 2 3 4 77; do
		job run=rec-sh "arg=exit $s" end= >j
		exits $s bin/rec-job <j
	done
	# shellcheck disable=SC2016
	job run=rec-sh 'arg=kill -KILL $$' end= >j
	exits 137 bin/rec-job <j
	job run=rec-sh limit=1 'arg=exec sleep 64.5' output=o end= >j
	exits 124 timeout 20 bin/rec-job <j
	job run=rec-sh limit=1 "arg=trap '' TERM; while :; do sleep 0.1; done" end= >j
	exits 124 timeout 20 bin/rec-job <j
	job run=rec-sh 'arg=exec sleep 64.5' end= >j
	for s in TERM INT HUP KILL; do
		env --default-signal bin/rec-job <j 3>&- &
		sleep 0.3
		kill -s $s $!
		got=0
		wait $! || got=$?
		[ $got -gt 128 ] || fail "$s: $got"
		[ "$(ps -A -o args= | grep -c '^sleep 64.[5]')" -eq 0 ] || fail "$s left the command"
	done
	# The reader goes; the command writes nothing, and yet ends.
	{ timeout 20 bin/rec-job <j || echo $? >status; } | sh -c 'exec sleep 0.3'
	[ "$(cat status)" -eq 141 ] || fail "$(cat status)"
	[ "$(ps -A -o args= | grep -c '^sleep 64.[5]')" -eq 0 ]
}
