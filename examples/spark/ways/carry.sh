#!/bin/sh
# SPDX-License-Identifier: MIT
# carry.sh [-m] COMMAND [ARG...] - run a filter of recpipe over the whole of
# stdin. Its output comes out only if it succeeded, read all of its input, and
# wrote nothing that it does not know of.
#
# Spark and Hadoop stream rows through a command and see the end of its output
# first, its exit status later or never, and what it says in no place that
# reaches the driver. So input and output are files here: nothing can deadlock,
# and all is known before the first byte goes on. The bytes are those of
# --stats. An empty input is an empty partition: no filter is run.
#
# The files lie in the folder of the task, which Spark and Hadoop remove; they
# need room there for the input and the output of a partition.
# -m: say what failed on stdout too, as one line behind a zero byte: pipe.py gets
# no stderr, and transform.py not always.
set -u
tell='' filter='' watch=''
if [ "${1:-}" = -m ]; then tell=1; shift; fi
command=$*

fail() {	# STATUS WHAT: end, with the last words of the filter
	said=$(tail -c 2000 "$folder/err" | tr -d '\000')
	said="$command on $(uname -n) $2: ${said:-it said nothing}"
	printf '%s\n' "$said" >&2
	[ -z "$tell" ] || printf '\000%s\n' "$(printf %s "$said" | tr '\n' ' ')"
	exit "$1"
}
figure() { sed -n "s/^$1	//p" "$folder/stats" 2>/dev/null | grep . || echo none; }
size() { echo $(($(wc -c <"$folder/$1"))); }

folder=$(mktemp -d "$PWD/carry.XXXXXX") || exit 1
trap '[ -z "$watch" ] || kill "$watch"; rm -rf "$folder"' EXIT
trap '[ -z "$filter" ] || kill "$filter"; exit 143' HUP INT PIPE TERM
cat >"$folder/in" 2>"$folder/err" || fail 4 "cannot keep its input"
[ -s "$folder/in" ] || exit 0

# In the background, so that a signal need not wait for the filter. It ends with
# this shell, and with the process that we work for, which Spark kills when a
# job is cancelled.
"$@" --stats "$folder/stats" <"$folder/in" >"$folder/out" 2>"$folder/err" &
filter=$!
while sleep 1 && kill -s 0 "$filter"; do
	if ! kill -s 0 $$ || ! kill -s 0 "$PPID"; then kill "$filter"; fi
done >/dev/null 2>&1 &
watch=$!
wait "$filter"
status=$? filter=''
[ "$status" -le 128 ] || fail "$status" "was killed by signal $((status - 128))"
[ "$status" -eq 0 ] || fail "$status" "exited with $status"

[ "$(figure bytes.stdin)" = "$(size in)" ] ||
	fail 1 "exited with 0, but read $(figure bytes.stdin) of the $(size in) bytes of its input"
[ "$(figure bytes.out)" = "$(size out)" ] ||
	fail 1 "wrote $(figure bytes.out) bytes, but $(size out) came: $(head -c 200 "$folder/out")"
cat "$folder/err" >&2
cat "$folder/out"
