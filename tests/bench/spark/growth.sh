#!/bin/bash
# SPDX-License-Identifier: MIT
# growth.sh [JOB ...] - what Spark itself costs as data and workers grow, beside
# the time of the filters. Jobs: als, sim, topn [als topn sim]. `growth.sh table
# FILE` and `growth.sh plot FILE >FILE.svg` show earlier results again.
#
# A standalone cluster for each number of workers, of one core each
# (tests/spark/cluster.bash: root, Linux), and beside it the plain filter with
# as many threads on the same machine. The columns of a job add up to `whole`:
#
#   start     of the driver's JVM and of the application, and its end
#   divide    rows to shards: read, rec-split, shuffle, join; and the start
#             values, which one task makes
#   ship      the other side of the factors to every executor
#   filters   rec-als --half, rec-sim: the slowest one of each step
#   spark     the rest of these steps: scheduling, Python workers, serialising,
#             a filter that waits for the others
#   join      rec-cat --merge of what came back
#   other     what the figures of the job do not name; of topn, all but start
#
# From the environment:
#   ROWS        of rec-gen ["1000000 4000000 16000000"], rows / 50 users and
#               rows / 200 items
#   WORKERS     ["1 2"]; no more than there are cores
#   K, ITERATIONS     of als [64, 4]; NEIGHBOURS of sim [50]
#   EXECUTOR    memory of the heap of each worker [3g]
#   REPEATS     runs, of which the median whole counts [1]
#   RESULTS     where results are added [build/growth-spark.tsv]
#   LIMIT       seconds for a command [3600]
#   REC_SPARK_VENVS, SPARK    as in tests/spark/common.bash
set -eu

HERE=$(cd "$(dirname "$0")" && pwd)
TOP=$(cd "$HERE/../../.." && pwd)
RESULTS=${RESULTS:-$TOP/build/growth-spark.tsv}
COLUMNS="start divide ship filters spark join other"

die() {
	echo "growth.sh: $*" >&2
	exit 1
}

# ---- results: job, rows, workers, whole, then COLUMNS, plain, MB

# middle: of the runs of one setting, that with the median of `whole`
middle() {
	sort -t $'\t' -k1,1 -k2,2n -k3,3n -k4,4g "$RESULTS" | awk -F'\t' '
		function out() { if (n) print line[int((n + 1) / 2)] }
		{ key = $1 FS $2 FS $3 }
		key != last { out(); n = 0; last = key }
		{ line[++n] = $0 }
		END { out() }'
}

table() {
	middle | awk -F'\t' -v columns="$COLUMNS" '
		BEGIN {
			n = split(columns, name, " ")
			printf "%-5s %9s %7s %8s", "job", "rows", "workers", "whole"
			for (i = 1; i <= n; i++) printf "%8s", name[i]
			printf "%9s %7s %10s\n", "filters%", "plain", "efficiency"
		}
		$3 == 1 { alone[$1, $2] = $4 }
		{
			printf "%-5s %9d %7d %8.1f", $1, $2, $3, $4
			for (i = 1; i <= n; i++) printf "%8.1f", $(4 + i)
			share = $8 > 0 ? sprintf("%.0f", 100 * $8 / $4) : "-"
			gain = "-"
			if ($3 > 1 && alone[$1, $2])
				gain = sprintf("%.2f", alone[$1, $2] / $3 / $4)
			printf "%9s %7.1f %10s\n", share, $(5 + n), gain
		}'
}

plot() {
	middle | awk -F'\t' '$1 == "als"' >"$1"
	[ -s "$1" ] || die "$RESULTS has no run of als"
	gnuplot -e "data='$1'" "$HERE/growth.gp"
}

case ${1:-} in
table) RESULTS=$2 table; exit ;;
plot) f=$(mktemp) && RESULTS=$2 plot "$f" && rm "$f"; exit ;;
esac

# ---- the cluster

# shellcheck source=../../spark/common.bash disable=SC1091
. "$TOP/tests/spark/common.bash"
WORK=$(mktemp -d "${TMPDIR:-/tmp}/growth-spark.XXXXXX")
export WORKER_MEMORY=${EXECUTOR:-3g}
export CLUSTER=$WORK/cluster CLUSTER_MASTER SPARK_TIMEOUT=${LIMIT:-3600}
# shellcheck source=../../spark/cluster.bash disable=SC1091
. "$TOP/tests/spark/cluster.bash"
trap 'cluster_stop; rm -rf "$WORK"' EXIT
trap 'exit 1' HUP INT TERM
why=$(spark_why_not)
why=${why:-$(cluster_why_not)}
[ -z "$why" ] || die "$why"
mkdir -p "$(dirname "$RESULTS")"
cd "$WORK"
spark_conf "$WORK/spark"

K=${K:-64} ITERATIONS=${ITERATIONS:-4} NEIGHBOURS=${NEIGHBOURS:-50}
# What the filter gets, on Spark and alone.
options() {
	case $1 in
	als) echo "-k $K -i $ITERATIONS" ;;
	sim) echo "cosine -n $NEIGHBOURS" ;;
	topn) echo "-n 20" ;;
	*) die "no job $1" ;;
	esac
}

# submitted JOB ARGUMENT...: the job on the cluster; the file figures has what
# it says of itself, peak the time and the memory of all processes.
submitted() {
	rm -f figures
	# shellcheck disable=SC2016
	"$PYSPARK_PYTHON" "$HERE/peak.py" -p $$ -o peak \
		bash -c '. "$1"; shift; cluster_submit "$@"' - "$TOP/tests/spark/cluster.bash" \
		--driver-memory 2g --executor-memory "${EXECUTOR:-3g}" "$EXAMPLES/rec_spark.py" "$1" \
		--input "$WORK/train.tsv" --figures "$WORK/figures" "${@:2}" >log 2>&1 ||
		die "$1 failed: $(tail -n 20 log)"
}

# plainly JOB THREADS: seconds of the filter alone
plainly() {
	local words began
	read -ra words <<<"$(options "$1")"
	case $1 in
	sim) words+=(-b -o plain.sim) ;;
	als) words+=(-o plain.als) ;;
	topn) words+=(-m model.rec -o plain.topn) ;;
	esac
	began=$EPOCHREALTIME
	"rec-$1" -q -j "$2" "${words[@]}" <train.tsv
	awk "BEGIN { print $EPOCHREALTIME - $began }"
}

# one_run JOB ROWS WORKERS
one_run() {
	local words
	local more=() model=$WORK/$1.rec plain
	read -ra words <<<"$(options "$1")"
	[ "$1" != topn ] || { model=$WORK/model.rec more=(--output "$WORK/lists" --overwrite); }
	submitted "$1" --model "$model" "${more[@]}" -- "${words[@]}"
	plain=$(plainly "$1" "$3")
	cat figures peak | awk -F'\t' -v job="$1" -v rows="$2" -v workers="$3" -v plain="$plain" '
		{ v[$1] = $2 }
		function s(name) { return v["seconds." name] + 0 }
		END {
			start = v["seconds"] - s("total") + s("session")
			divide = s("shards") + s("start")
			filters = v["filters.seconds.total"] - v["filters.start.seconds.total"]
			steps = s("solve") + s("survey") + s("compute")
			other = v["seconds"] - start - divide - s("ship") - steps - s("join")
			printf "%s\t%d\t%d\t%.3f", job, rows, workers, v["seconds"]
			printf "\t%.3f\t%.3f\t%.3f", start, divide, s("ship")
			printf "\t%.3f\t%.3f", filters, steps - filters
			printf "\t%.3f\t%.3f", s("join"), other
			printf "\t%.3f\t%.0f\n", plain, v["memory.pss"] / 1e6
		}' >>"$RESULTS"
	tail -n 1 "$RESULTS" >&2
}

[ $# -gt 0 ] || set -- als topn sim
for rows in ${ROWS:-1000000 4000000 16000000}; do
	rec-gen -q --users $((rows / 50)) --items $((rows / 200)) --rows "$rows" -o train.tsv
	rec-als -q -k "$K" -i "$ITERATIONS" -o model.rec <train.tsv
	for workers in ${WORKERS:-1 2}; do
		cluster_start "$workers"
		for job; do
			for ((run = 0; run < ${REPEATS:-1}; run++)); do
				one_run "$job" "$rows" "$workers"
			done
		done
		cluster_stop
	done
done
table
