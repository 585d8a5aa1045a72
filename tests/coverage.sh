#!/bin/sh
# SPDX-License-Identifier: MIT
# coverage.sh DIR - share of lines that unit, fuzz and most bats tests run, by
# room: builds with gcc and --coverage into DIR, runs them, sums up what gcov
# says of each source. Headers are not counted, and of the kernels, compiled
# once per instruction set, the set of which most was run.
set -eu
cd "$(dirname "$0")/.."
[ $# -eq 1 ] || { echo "usage: coverage.sh DIR" >&2; exit 2; }
dir=$1
mkdir -p "$dir"
find "$dir" -name '*.gcda' -exec rm -f {} +
make -s -j "$(nproc)" B="$dir" CC=gcc CFLAGS='-O1 -g' SAN='--coverage -fprofile-update=atomic' all programs

for p in "$dir"/tests/unit/* "$dir/tests/fuzz/run"; do
	case $p in *.o | *.d | *.gcno | *.gcda) continue ;; esac
	"$p" >"$dir/log" 2>&1 || { cat "$dir/log"; exit 1; }
done
REC_BIN=$PWD/$dir/bin
export REC_BIN
for f in als cat commands csv eval gen looks messages models numbers recmat same same_options score sim sim_shards similar split threads times topn; do
	bats --tap "tests/$f.bats" >"$dir/log" 2>&1 || { grep -v '^ok' "$dir/log"; exit 1; }
done

find "$dir/lib" "$dir/cmd" -name '*.gcda' -exec gcov -n {} + 2>/dev/null |
	awk -F "'" '/^File/ { file = $2 } /^Lines executed/ && file { print file, $0; file = "" }' |
	awk -F '[ :%]+' '
	$1 ~ /^(lib|cmd)\/.*\.c$/ {
		run = $4 * $6 / 100
		if (!($1 in of) || run > best[$1]) { of[$1] = $6; best[$1] = run }
	}
	END {
		for (f in of) {
			room = f
			if (!sub("^lib/", "", room)) room = "cmd/"
			sub("/.*", "", room)
			lines[room] += of[f]; ran[room] += best[f]; all += of[f]; sum += best[f]
		}
		for (r in lines) printf "%s\t%.1f %%\t%d lines\n", r, 100 * ran[r] / lines[r], lines[r] | "sort"
		close("sort")
		printf "all\t%.1f %%\t%d lines\n", 100 * sum / all, all
	}'
