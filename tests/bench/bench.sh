#!/bin/sh
# SPDX-License-Identifier: MIT
# bench.sh [-j THREADS] [-k FACTORS] [-r RUNS] [-p] [ROWS ...] - time and
# memory of every stage beside what the machine could do.
#
# Default: 100000, 1000000 and 10000000 rows of rec-gen, users = rows / 50,
# items = rows / 200; all CPUs; 64 factors; 5 runs (3 from 10 million rows on)
# of which the median counts; warm page cache. -p leaves out the peers: pandas
# and scipy, implicit, run by $REC_PYTHON [python3] where they are installed.
# It is no test: it prints tables.
#
#   gen        rec-gen work: rows; least bytes: the text
#   load       text to a matrix in memory rows; text read, matrix written
#   merge      rec-cat --merge -b: text to recmat       the same
#   sweep      rec-als, one sweep (items and users), exact or three steps of
#              conjugate gradients: seconds.train of three sweeps less that of
#              one,
#              halved                                   pairs; operations of
#                                                       the method, factors
#                                                       read and written once
#   topn       rec-topn -n 20 for all users scores; 2 operations a factor and
#              score
#   eval       rec-eval recall@20 ndcg@20 rows of lists and truth; their bytes
#
# The bound of a stage is the larger of operations / (peak of multiply-adds)
# and least bytes / (rate of reading memory), both measured just before by
# tests/bench/bound with as many threads. CPU seconds (all of the command; of a
# sweep as above) far below seconds times threads: the machine was not free.
# Memory is the peak of the command (of `load`: growth over its start).
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
build=${REC_BUILD:-$top/build}
PATH=${REC_BIN:-$build/bin}:$PATH
LC_ALL=C
export PATH LC_ALL
python=${REC_PYTHON:-python3}
threads=$(getconf _NPROCESSORS_ONLN) k=64 runs='' peers=1

while getopts j:k:r:p option; do
	case $option in
	j) threads=$OPTARG ;;
	k) k=$OPTARG ;;
	r) runs=$OPTARG ;;
	p) peers= ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || set -- 100000 1000000 10000000

work=$(mktemp -d "${TMPDIR:-/tmp}/bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
results=$work/results
: >"$results"
cd "$work"

die() {
	echo "bench.sh: $*" >&2
	exit 1
}

size() {
	wc -c <"$1" | tr -d ' '
}

# stat KEY: from the file stats
stat() {
	awk -F'\t' -v key="$1" '$1 == key { print $2 }' stats
}

# median: of the numbers on stdin
median() {
	sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

# repeat KEY COMMAND...: the median of that statistic over the runs; stdin is
# the file in, stdout the file out. The file cpu holds the median of CPU
# seconds.
repeat() {
	key=$1
	shift
	i=0
	: >seconds
	: >cpus
	while [ $i -lt "$runs" ]; do
		"$@" -q -j "$threads" --stats stats <in >out || die "$* failed"
		stat "$key" >>seconds
		sum "$(stat seconds.user) + $(stat seconds.system)" >>cpus
		i=$((i + 1))
	done
	median <cpus >cpu
	median <seconds
}

# result STAGE SECONDS UNITS UNIT OPERATIONS BYTES PEAK, and what the file cpu
# holds
result() {
	printf '%s\t%s' "$rows" "$1" >>"$results"
	shift
	printf '\t%s' "$@" "$(cat cpu)" >>"$results"
	echo >>"$results"
	tail -n 1 "$results" | cut -f1-3 | sed 's/^/bench.sh: /' >&2
}

sum() {
	awk "BEGIN { printf \"%.9g\\n\", $* }"
}

# ---- stages

gen() {
	: >in
	result gen "$(repeat seconds.generate rec-gen --users "$users" --items "$items" --rows "$rows")" "$rows" rows 0 "$(size out)" "$(stat memory.peak)"
	mv out all.tsv
}

load() {
	i=0
	: >seconds
	while [ $i -lt "$runs" ]; do
		"$build/tests/bench/load" all.tsv "$threads" >stats || die "load failed"
		stat load | sed 's/.* s, \([^ ]*\) us.*/\1/' >>seconds
		i=$((i + 1))
	done
	echo - >cpu
	result load "$(sum "$(median <seconds) * 1e-6 * $rows")" "$rows" rows 0 "$(sum "$(size all.tsv) + 8 * $rows")" "$(stat peak | awk '{ print $1 * 1048576 }')"
	ln -sf all.tsv in
	result merge "$(repeat seconds.total rec-cat --merge -b)" "$rows" rows 0 "$(sum "$(size all.tsv) + 8 * $rows")" "$(stat memory.peak)"
	mv out all.rec
}

# What the method needs, once for each side: the k x k matrix, and each row
# turned twice, when it is fixed and when it is solved. Conjugate gradients: half
# a product with the pairs, and one for each step. Exact: what costs less, half
# of q q' for each of n pairs with a factorisation of k x k, or the products of n
# vectors with one of n x n. Pairs that rec-gen draws twice count twice.
sweep() {
	pairs=$(stat pairs)
	turned="($users + $items) * (4 * $k * $k + $k * ($k + 1))"
	exact=$(awk -F'\t' -v k="$k" '
		{ row[$1]++; col[$2]++ }
		function cost(n) {
			many = n * k * (k + 1) + k * k * k / 3
			few = n * (n + 1) * k + n * n * n / 3
			return 2 * n * k + (few < many ? few : many)
		}
		END {
			for (i in row) sum += cost(row[i])
			for (i in col) sum += cost(col[i])
			printf "%.9g", sum
		}' all.tsv)
	for solver in cholesky cg; do
		one=$(repeat seconds.train rec-als -k "$k" -i 1 --solver $solver)
		cp cpu cpu.one
		three=$(repeat seconds.train rec-als -k "$k" -i 3 --solver $solver)
		sum "($(cat cpu) - $(cat cpu.one)) / 2" >cpu.sweep
		mv cpu.sweep cpu
		case $solver in
		cholesky) work_done="$turned + $exact" ;;
		cg) work_done="$turned + 2 * (2 + 3 * 4) * $pairs * $k" ;;
		esac
		result "sweep $solver" "$(sum "($three - $one) / 2")" "$pairs" pairs "$(sum "$work_done")" "$(sum "2 * 8 * $pairs + 24 * $k * ($users + $items)")" \
			"$(stat memory.peak)"
	done
}

rank_and_measure() {
	mv out model.rec
	result topn "$(repeat seconds.total rec-topn -b -n 20 -m model.rec)" "$(sum "$users * $items")" scores "$(sum "2 * $users * $items * $k")" \
		"$(sum "4 * $k * ($users + $items)")" "$(stat memory.peak)"
	mv out lists.rec
	rm -f in
	ln -s lists.rec in
	seconds=$(repeat seconds.total rec-eval -t test.rec recall@20 ndcg@20)
	result eval "$seconds" "$(sum "$(stat rows.lists) + $(stat rows.truth)")" rows 0 "$(sum "$(size lists.rec) + $(size test.rec)")" "$(stat memory.peak)"
}

# peer STAGE OF ARGUMENTS...: what peers.py prints as seconds, peak and name
peer() {
	stage=$1 of=$2
	shift 2
	"$python" "$top/tests/bench/peers.py" "$@" >stats 2>log || {
		echo "bench.sh: no $stage beside: $(tail -n 1 log)" >&2
		return 0
	}
	awk -F'\t' -v rows="$rows" -v of="$of" '$1 ~ /^seconds/ { sub(/^seconds */, "", $1); printf "%s\t%s\t%s\t%s\n", rows, of, ($1 == "" ? "" : $1), $2 }' stats >>peers
	sed -n 's/^peak\t//p' stats | awk -v rows="$rows" -v of="$of" '{ printf "%s\t%s\tpeak\t%s\n", rows, of, $1 }' >>peers
}

one_size() {
	rows=$1 users=$(($1 / 50)) items=$(($1 / 200))
	[ $items -ge 20 ] || die "$rows rows are too few: 4000 or more"
	runs=${wanted_runs:-$([ "$rows" -ge 10000000 ] && echo 3 || echo 5)}
	gen
	load
	quiet_split
	sweep
	rank_and_measure
	if [ -n "$peers" ]; then
		peer "pandas" load load all.tsv
		peer "implicit" als als train.tsv "$k" "$threads"
	fi
	rm -f ./*.rec ./*.tsv
}

# A tenth held out; in becomes train, and stats hold its pairs, users and items.
quiet_split() {
	rec-split -q -b --ratio 0.1 --test test.rec <all.rec >stream.rec
	rec-cat -q --merge -b <stream.rec >train.rec
	rec-cat -q <train.rec >train.tsv
	rm -f in
	ln -s train.rec in
	rec-als -q -i 0 -k 1 --stats stats <in >out
	users=$(stat users) items=$(stat items)
}

# ---- tables

tables() {
	awk -F'\t' -v fma="$fma" -v read="$read" '
		function human(x) { return x >= 1e12 ? sprintf("%.3g T", x / 1e12) : x >= 1e9 ? sprintf("%.3g G", x / 1e9) : x >= 1e6 ? sprintf("%.3g M", x / 1e6) : x >= 1e3 ? sprintf("%.3g k", x / 1e3) : sprintf("%.3g ", x) }
		function bound(ops, bytes, a, b) { a = fma ? ops / (fma * 1e9) : 0; b = bytes / (read * 1e9); return a > b ? a : b }
		BEGIN { line = "%-10s %-15s %10s %9s %16s %11s %10s %8s %9s %9s\n"; printf line, "rows", "stage", "seconds", "CPU s", "rate", "GFLOP/s", "bound s", "share", "peak MB", "bytes/row" }
		last != "" && $1 != last { print "" }
		{
			last = $1
			s = $3 + 0 > 0 ? $3 : 1e-9
			b = bound($6, $7)
			printf line, $1, $2, sprintf("%.4g", $3), ($9 == "-" ? "-" : sprintf("%.4g", $9)), human($4 / s) $5 "/s", ($6 > 0 ? sprintf("%.1f", $6 / s * 1e-9) : "-"), sprintf("%.3g", b), sprintf("%.1f%%", 100 * b / s), sprintf("%.1f", $8 / 1e6), sprintf("%.1f", $8 / $1)
		}' "$results"
	echo
	echo "Growth: nanoseconds a unit (a score for topn, a row or pair else)"
	awk -F'\t' '
		!($1 in column) { column[$1] = ++columns; rows[columns] = $1 }
		!($2 in order) { order[$2] = ++stages; stage[stages] = $2 }
		{ ns[$2, column[$1]] = $3 / $4 * 1e9 }
		END {
			printf "%-16s", "stage"
			for (c = 1; c <= columns; c++) printf "%14s", rows[c] " rows"
			printf "%16s\n", "last / first"
			for (i = 1; i <= stages; i++) {
				printf "%-16s", stage[i]
				for (c = 1; c <= columns; c++) printf "%14.4g", ns[stage[i], c]
				printf "%16.2f\n", ns[stage[i], columns] / ns[stage[i], 1]
			}
		}' "$results"
}

# Peers beside ours: seconds, and theirs divided by ours.
peer_table() {
	[ -s peers ] || return 0
	echo
	printf '%-10s %-34s %10s %10s %8s %9s %9s\n' rows "peer (its threads and BLAS as below)" "peer s" "ours s" times "peer MB" "ours MB"
	awk -F'\t' '
		NR == FNR { s[$1, $2] = $3; m[$1, $2] = $8; next }
		$3 == "peak" { next_peak[$1, $2] = $4; next }
		{ line[++n] = $0 }
		END {
			for (i = 1; i <= n; i++) {
				split(line[i], f, "\t")
				ours = f[2] == "load" ? "load" : f[3] ~ /top-n/ ? "topn" : f[3] ~ /cholesky/ ? "sweep cholesky" : "sweep cg"
				printf "%-10s %-34s %10.4g %10.4g %8.1f %9.1f %9.1f\n", f[1], f[3], f[4], s[f[1], ours], f[4] / s[f[1], ours], next_peak[f[1], f[2]] / 1e6, m[f[1], ours] / 1e6
			}
		}' "$results" peers
	"$python" "$top/tests/bench/peers.py" versions 2>/dev/null || true
}

[ -x "$build/tests/bench/bound" ] || die "no $build/tests/bench/bound: make bench-programs"
wanted_runs=$runs
"$build/tests/bench/bound" "$threads" >bound
fma=$(awk '$1 == "fma" { print $2 }' bound)
read=$(awk '$1 == "read" { print $2 }' bound)
printf 'machine: %s, %s threads, load %s; %s\n' "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" "$threads" "$(cut -d' ' -f1 /proc/loadavg)" \
	"$(rec-gen --version | tr '\n' ' ')"
printf 'bound: multiply-adds %s GFLOP/s, reading %s GB/s; k = %s\n\n' "${fma:-?}" "$read" "$k"
for rows; do
	one_size "$rows"
done
tables
peer_table
