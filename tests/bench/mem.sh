#!/bin/sh
# SPDX-License-Identifier: MIT
# mem.sh [-j THREADS] [-k FACTORS] [-i ITERATIONS] [ROWS] - rec-als and rec-sim
# in memory, and with --mem at a quarter and an eighth of what that needs.
#
# Default: 20000000 rows of rec-gen, users = rows / 200, items = rows / 1000;
# all CPUs; 64 factors, 4 iterations. One run each, warm page cache. Where an
# eighth
# is less than the command needs at least, it gets that. Seconds of the whole
# command; those of its CPUs tell more where the machine is not free. Models
# are compared byte by byte. Temporary files go to TMPDIR [/tmp]. It is no
# test: it prints a table.
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
build=${REC_BUILD:-$top/build}
PATH=${REC_BIN:-$build/bin}:$PATH
LC_ALL=C
export PATH LC_ALL
threads=$(getconf _NPROCESSORS_ONLN) k=64 iterations=4

while getopts j:k:i: option; do
	case $option in
	j) threads=$OPTARG ;;
	k) k=$OPTARG ;;
	i) iterations=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
rows=${1:-20000000}

work=$(mktemp -d "${TMPDIR:-/tmp}/bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
cd "$work"

# line NAME MEM: the run whose statistics lie in stats, beside the one in first
line() {
	awk -F'\t' -v name="$1" -v mem="$2" '
		FILENAME == "first" { first[$1] = $2; next }
		{ now[$1] = $2 }
		function cpu(s) { return s["seconds.user"] + s["seconds.system"] }
		END {
			printf "%-18s %8s %8.2f %6.2f %8.2f %6.2f %8.1f %8.1f %7s\n", name, (mem == "" ? "-" : sprintf("%.1f", mem / 1e6)), now["seconds.total"],
				now["seconds.total"] / first["seconds.total"], cpu(now), cpu(now) / cpu(first), now["memory.peak"] / 1e6, now["memory.temporary"] / 1e6, now["passes"]
		}' first stats
}

# compare NAME COMMAND...: in memory, then with less
compare() {
	name=$1
	shift
	"$@" -q -j "$threads" --estimate <data.rec >estimate
	"$@" -q -j "$threads" --stats stats <data.rec >want
	cp stats first
	line "$name" ''
	for share in 4 8; do
		mem=$(awk -v share=$share '$1 == "bytes" { b = $2 / share } $1 == "bytes.least" { l = $2 } END { printf "%.0f\n", (b > l ? b : l) }' estimate)
		"$@" -q -j "$threads" --mem "$mem" --stats stats <data.rec >got
		cmp want got
		line "$name, 1/$share" "$mem"
	done
}

rec-gen -b --users $((rows / 200)) --items $((rows / 1000)) --rows "$rows" >stream.rec
rec-cat -q --merge -b <stream.rec >data.rec
rm stream.rec
printf '%s rows, %s threads, k = %s, %s iterations, load %s\n\n' "$rows" "$threads" "$k" "$iterations" "$(cut -d' ' -f1 /proc/loadavg)"
printf '%-18s %8s %8s %6s %8s %6s %8s %8s %7s\n' work "--mem MB" seconds ratio "CPU s" ratio "peak MB" "files MB" passes
compare als rec-als -k "$k" -i "$iterations"
compare 'als cg' rec-als -k "$k" -i "$iterations" --solver cg
compare 'sim cosine' rec-sim cosine -b
