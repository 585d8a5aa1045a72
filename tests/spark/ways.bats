#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The ways into Spark and Hadoop (examples/spark/ways): the bytes of the plain
# pipeline, and every fault within 30 s, by name, in what the driver sees.

load common
load cluster

WAYS=$EXAMPLES/ways

setup() {
	spark_or_skip
	odd_histories >histories.tsv
	rec-als -q -k 4 -i 2 <histories.tsv >model.rec
	rec-topn -q -m model.rec -n 7 <histories.tsv | sort >want
	[ -s want ]
	bin=$(dirname "$(command -v rec-topn)")
	FILES=$bin/rec-topn,$bin/rec-cat,$PWD/model.rec,$WAYS/carry.sh
}

# What is in no example: blanks, quotes, backslashes, other scripts; fields that
# a reader of CSV would change.
odd_histories() {
	rec-gen --users 60 --items 40 --rows 900 --explicit
	for user in 'a user' '"quoted"' "it's" 'back\slash' 'größe' '利用者' ' ' '#1' 'NULL' 'null' '\t' '$HOME' '`id`' ','; do
		printf '%s\t%s\t%s\n' "$user" i1 5 "$user" i2 1 "$user" '"an item", 品' 3
	done
}

# stand_ins: filters with faults, in this folder; FILES names them.
stand_ins() {
	make_filter() { { echo '#!/bin/sh'; cat; } >"$1"; chmod +x "$1"; }
	make_filter exits3 <<-'END'
		head -5; echo "exits3: giving up" >&2; exit 3
	END
	make_filter killed <<-'END'
		cat >/dev/null; kill -s KILL $$
	END
	make_filter noread <<-'END'
		echo 'u1	i1	1'
	END
	# it is told which filter to be, before it is one
	make_filter garbage <<-'END'
		echo welcome; exec "$@"
	END
	# these say that they read all
	says='n=$(($(wc -c))); for file; do :; done; printf "bytes.stdin\t%s\nbytes.out\t%s\n" $n "$1" >"$file"'
	make_filter words <<-END
		set -- 11 "\$@"; $says; printf 'u1\ti1\tmany\n'
	END
	make_filter late <<-END
		set -- 0 "\$@"; $says; exec >&-; sleep 13; echo "late: too late" >&2; exit 9
	END
	make_filter slow <<-'END'
		cat >/dev/null; exec sleep 50
	END
	cp exits3 noexec
	chmod -x noexec
	head -c $(($(wc -c <model.rec) / 2)) model.rec >cut.rec
	rec-gen --users 3000 --items 300 --rows 90000 | gzip | head -c 200000 >broken.gz
	printf 'u\351\ti1\nu1\ti1\n' >latin1.tsv
	local f
	for f in exits3 killed noread garbage words late slow cut.rec; do FILES=$FILES,$PWD/$f; done
}

# said: the lines of a driver that tell why, in out and err.
said() { cat out err | grep -vE '^\s+(at |File )' | tail -40; }

# fails CASE TEXT: it did, within 30 s, and TEXT reached the driver.
fails() {
	awk -F'\t' -v name="$1" -v text="$2" '$1 == name && $2 < 30 && index($3, "failed: ") == 1 && index($3, text) { ok = 1 }
		END { exit !ok }' out || fail "$1: not '$2' but: $(grep "^$1$TAB" out | cut -c 1-3000)"
}

# gives CASE RESULT: it went well.
gives() {
	grep -qxF "$1$TAB$(cut -f 2 <(grep "^$1$TAB" out))${TAB}ok: $2" out ||
		fail "$1: not '$2' but: $(grep "^$1$TAB" out | cut -c 1-3000)"
}

# faults WAY: the session of ways.py, and what all ways have in common. The
# first case starts Spark's workers; it counts for no limit.
faults() {
	stand_ins
	SPARK_TIMEOUT=500 spark_submit_local --files "$FILES" --py-files "$WAYS/$1.py,$EXAMPLES/rec_filter.py" \
		"$ROOT/tests/spark/ways.py" "$1" >out 2>err || fail "$(said)"
	fails 'exits 3' 'exits3: giving up'
	fails 'exits 3' 'exited with 3'
	fails 'killed' 'killed by signal 9'
	fails 'missing' 'missing'
	fails 'not executable' 'noexec'
	fails 'never reads' 'bytes of its input'
	fails 'model cut short' 'cut.rec: cut off'
	fails 'upstream raises' 'the upstream is broken'
	fails 'upstream is cut short' 'Unexpected end of input stream'
	fails 'cancelled' 'cancel'
	gives 'left after failures' '[]'
	# Spark does not end the filter of a TRANSFORM that is cancelled
	[ "$1" = transform ] || gives 'left after all' '[]'
	wait_until 10 nothing_runs_here
}

# No process is left that works below this folder.
nothing_runs_here() {
	local p
	for p in /proc/[0-9]*; do
		case $(cat "$p/comm" 2>/dev/null) in '' | bash | bats*) continue ;; esac
		case $(readlink "$p/cwd") in "$BATS_TEST_TMPDIR"*) fail "left: $(tr '\0' ' ' <"$p/cmdline")" || return 1 ;; esac
	done
}

@test "ways: carry.sh gives what the filter gives, and nothing of one that failed" {
	stand_ins
	cp "$WAYS/carry.sh" .
	ln -s "$bin/rec-topn" rec-topn
	exits 0 sh carry.sh ./rec-topn -q -m model.rec -n 7 <histories.tsv
	cmp <(sort out) want
	exits 0 sh carry.sh ./exits3 </dev/null
	[ ! -s out ]
	while IFS='|' read -r status command text; do
		# shellcheck disable=SC2086
		exits "$status" sh carry.sh $command <histories.tsv
		[ ! -s out ] || fail "$command: $(head -3 out)"
		mentions "$text"
		# shellcheck disable=SC2086
		exits "$status" sh carry.sh -m $command <histories.tsv
		[ "$(wc -l <out)" -eq 1 ]
		[ "$(head -c 1 out | od -An -tx1)" = ' 00' ]
		grep -aqF "$text" out
	done <<-'END'
		3|./exits3|exited with 3: exits3: giving up
		137|./killed|was killed by signal 9
		127|./missing|missing
		126|./noexec|Permission denied
		1|./noread|read none of the
		1|./garbage ./rec-topn -q -m model.rec|bytes, but
		1|./rec-topn -q -m cut.rec|cut.rec: cut off
	END
	[ -z "$(find . -name 'carry.??????')" ]
	# the caller goes away: so do the filter and its files
	sh -c 'sh carry.sh ./slow <histories.tsv & sleep 1; kill -s KILL $$' || true
	wait_until 5 nothing_runs_here
	[ -z "$(find . -name 'carry.??????')" ]
}

@test "ways: pipe.py, transform.py and map_partitions.py give the bytes of one process" {
	spark_submit_local --files "$FILES" "$WAYS/pipe.py" histories.tsv piped \
		./rec-topn -q -j 1 -m model.rec -n 7 >out 2>err || fail "$(said)"
	[ -e piped/_SUCCESS ]
	cmp <(cat piped/part-* | sort) want
	spark_submit_local --files "$FILES" "$WAYS/transform.py" histories.tsv transformed \
		./rec-topn -q -j 1 -m model.rec -n 7 >out 2>err || fail "$(said)"
	[ -e transformed/_SUCCESS ]
	cmp <(cat transformed/part-* | sort) want
	spark_submit_local --py-files "$EXAMPLES/rec_filter.py" "$WAYS/map_partitions.py" \
		histories.tsv sim.rec cosine -n 5 >out 2>err || fail "$(said)"
	rec-sim cosine -n 5 -q -b <histories.tsv >whole.rec
	same sim.rec whole.rec
	nothing_runs_here
}

@test "ways: pipe.py with faults" {
	faults pipe
	gives 'whole' 600
	gives 'empty partitions' 10
	gives 'no rows' 0
	gives 'large' 500000
	fails 'garbage' 'bytes, but'
	fails 'newline' 'not a line of UTF-8'
	fails 'not UTF-8' 'not a line of UTF-8'
	fails 'lone surrogate' 'surrogates not allowed'
}

@test "ways: transform.py with faults" {
	faults transform
	gives 'whole' 600
	gives 'empty partitions' 10
	gives 'no rows' 0
	gives 'large' 500000
	fails 'garbage' 'bytes, but'
	fails 'late' 'late: too late'
	fails 'wrong columns' 'not user, item, score'
	for bad in TAB CR newline null 'null word' 'not UTF-8'; do fails "$bad" 'a NULL, TAB, line end'; done
}

@test "ways: map_partitions.py with faults" {
	faults map_partitions
	gives 'no rows' 0
	gives 'large' 200500000	# 500000 lines of 401 bytes
}

# streaming ARGUMENTS...: hadoop_streaming.sh on the jars of Spark 3.5.
streaming() {
	timeout -k 5 120 sh "$WAYS/hadoop_streaming.sh" "$@" 3>&- 4>&-
}

# The jar, by Maven, kept beside Python's environments.
hadoop_or_skip() {
	local jars=${SPARK_VENV%/*}/jars
	[ "$SPARK" = 3.5 ] || skip "Hadoop Streaming does not depend on Spark: SPARK=3.5 runs it"
	export HADOOP_STREAMING=$jars/hadoop-streaming-3.3.4.jar
	[ -s "$HADOOP_STREAMING" ] || mvn -q dependency:copy -DoutputDirectory="$jars" \
		-Dartifact=org.apache.hadoop:hadoop-streaming:3.3.4 >mvn.log 2>&1 ||
		{ echo "# SKIPPED, no Hadoop Streaming: $(tail -1 mvn.log)" >&3; skip "no jar of Hadoop Streaming"; }
}

@test "ways: hadoop_streaming.sh gives the bytes of one process" {
	hadoop_or_skip
	streaming histories.tsv lists model.rec -n 7 >out 2>err || fail "$(said)"
	[ -e lists/_SUCCESS ]
	cmp <(cat lists/part-* | sort) want
	# most of the reducers have nothing to do
	head -1 histories.tsv >one.tsv
	REDUCERS=5 streaming one.tsv few model.rec >out 2>err || fail "$(said)"
	[ "$(find few -name 'part-*' | wc -l)" -eq 5 ]
	[ "$(cat few/part-* | wc -l)" -eq 10 ]
	wait_until 5 nothing_runs_here
}

@test "ways: hadoop_streaming.sh with faults" {
	hadoop_or_skip
	stand_ins
	mkdir bin
	for case in exits3 killed noread garbage; do	# shipped files are executable
		rm -f bin/rec-topn
		cp -p "$case" bin/rec-topn
		[ "$case" != garbage ] || printf '#!/bin/sh\necho welcome; exec %s "$@"\n' "$(command -v rec-topn)" >bin/rec-topn
		SECONDS=0
		! REC_BIN=$PWD/bin streaming histories.tsv lists model.rec >out 2>err || fail "$case: passed"
		[ "$SECONDS" -lt 30 ]
		[ ! -e lists/_SUCCESS ]
		case $case in
		exits3) text='exited with 3: exits3: giving up' ;;
		killed) text='was killed by signal 9' ;;
		noread) text='exited with 0, but read none of the' ;;
		garbage) text='bytes, but' ;;
		esac
		grep -qF "$text" err || fail "$case: $(said)"
		[ -z "$(find lists -name 'part-*')" ]
		rm -rf lists
	done
	wait_until 5 nothing_runs_here
}
