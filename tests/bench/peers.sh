#!/bin/bash
# SPDX-License-Identifier: MIT
# peers.sh - the speed of recpipe beside what people use instead: same machine,
# same data, same threads, in turn. `peers.sh report FOLDER` writes the tables of
# RESULTS.md from the results of a folder.
#
# A row of the table has parties: ours, and peers. Each is a process of its own;
# they take turns, A B C A B C, five times, three where one of them takes more
# than a minute. A result is a line of peers.tsv in RESULTS: row, case, threads,
# party, round, seconds, CPU seconds, peak of memory in bytes, load of the
# machine, text. Of a party that cannot be had, text says why.
#
# From the environment:
#   ROWS     rows of RESULTS.md ["1 1b 2 3 4 5 5b 6 7 8 9 10 11 13"], 12 with LONG=1
#   THREADS  ["1 2"]
#   RUNS     rounds [5]
#   RESULTS  folder to which results are added [build/peers]
#   BIG, MIDDLE   rows of rec-gen in rows 1b, 8, 9, 13 [10000000], and in rows
#            4 and 8 [1000000]
#   K        factors of rows 1 and 2 ["64 128 256"], RANK_K of row 5 ["64 128"]
#   REC_DATA the folder of lightgcn-gowalla [../shared/data]; where it is not, data
#            of rec-gen of the same size take its place
#   PEERS_WORK  a folder to keep data and models in [a temporary one]
#   QUICK=1  a short form: 2 threads, three rounds, no data of BIG rows
#   LONG=1   with row 12, EASE: 20 minutes
# shellcheck disable=SC1091,SC2034,SC2154 # the parts beside it set and use them
set -eu

HERE=$(cd "$(dirname "$0")" && pwd)
TOP=$(cd "$HERE/../.." && pwd)
PEERS=$HERE/peers
RESULTS=${RESULTS:-$TOP/build/peers}
BIN=${REC_BIN:-$TOP/build/bin}
BENCH=${REC_BUILD:-$TOP/build}/tests/bench
PYTHON=${REC_PEERS_VENV:-${XDG_CACHE_HOME:-$HOME/.cache}/recpipe/peers}/bin/python
PATH=$BIN:$PATH
export PATH LC_ALL=C PYTHONPATH="$TOP/examples/python"
export PYTHONDONTWRITEBYTECODE=1 PYTHONWARNINGS=ignore
DATA=${REC_DATA:-$TOP/../shared/data}
if [ -n "${QUICK:-}" ]; then
	: "${ROWS:=1 2 3 4 5 5b 6 7 8 9 10 11 13}" "${THREADS:=2}" "${RUNS:=3}" "${BIG:=0}"
	: "${RANK_K:=64}"
fi
ROWS=${ROWS:-1 1b 2 3 4 5 5b 6 7 8 9 10 11${LONG:+ 12} 13}
THREADS=${THREADS:-1 2}
RUNS=${RUNS:-5}
BIG=${BIG:-10000000}
MIDDLE=${MIDDLE:-1000000}
K=${K:-64 128 256}
MOST=$([ -n "${QUICK:-}" ] && echo 5 || echo 9)	# sweeps of gowalla, less one
RANK_K=${RANK_K:-64 128}

die() {
	echo "peers.sh: $*" >&2
	exit 1
}

say() { echo "peers.sh: $*" >&2; }

# ---- one process

# value KEY: of the file told
value() { awk -F'\t' -v key="$1" '$1 == key { v = $2 } END { print v }' told; }

# reckon EXPRESSION: of awk
reckon() { awk "BEGIN { printf \"%.6g\", ($1) }"; }

load_now() { cut -d ' ' -f 1 /proc/loadavg 2>/dev/null || echo -; }

# result PARTY ROUND SECONDS CPU PEAK TEXT: of $row, $case, $threads
result() {
	printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$row" "$case" "$threads" \
		"$1" "$2" "$3" "$4" "$5" "$(load_now)" "$6" | tee -a "$RESULTS/peers.tsv" >&2
}

# without PARTY WHY: a cell that says so
without() { result "$1" 0 - - - "$2"; }

# core WORK: kernels of OpenBLAS that suit it best here; nothing where those that
# it takes by itself do
core() { awk -F'\t' -v work="$1" '$1 == work { print $2 }' core; }

# in_turn PARTY...: rounds of $row, $case, $threads. party PARTY sets the array
# command, and perhaps blas (product, factor: whose kernels) and judge (a
# command, behind the clock of the first round, which prints text).
in_turn() {
	local round=1 rounds=$RUNS party command judge blas
	local gone=' '
	say "row $row: $case, $threads threads"
	while [ "$round" -le "$rounds" ]; do
		for party; do
			[[ $gone != *" $party "* ]] || continue
			command=() judge=() blas=''
			"party_$row" "$party"
			once || gone="$gone$party "
		done
		round=$((round + 1))
	done
}

# blas_threads: implicit, irspack and the job in numpy run threads of their own,
# and so BLAS is to have one
blas_threads() {
	case $party in
	faiss | scipy) echo "$threads" ;;
	*) echo 1 ;;
	esac
}

# once: the command of $party; 1 if it cannot be had
once() {
	local began took seconds cpu peak text kernels
	kernels=$([ -z "$blas" ] || core "$blas")
	began=$EPOCHREALTIME
	env -u OPENBLAS_CORETYPE ${kernels:+OPENBLAS_CORETYPE=$kernels} PEER_THREADS="$threads" \
		PEER_JUDGE="$([ "$round" -gt 1 ] || echo 1)" \
		OPENBLAS_NUM_THREADS="$(blas_threads)" OMP_NUM_THREADS="$threads" \
		POLARS_MAX_THREADS="$threads" NUMBA_NUM_THREADS="$threads" \
		time -q -f '%U %S %M' -o usage "${command[@]}" >told 2>log || {
		without "$party" "failed: $(tail -n 1 log | tr '\t' ' ' | cut -c 1-150)"
		return 1
	}
	took=$(reckon "$EPOCHREALTIME - $began")
	seconds=$took
	text=$(value absent)
	[ -z "$text" ] || { without "$party" "$text"; return 1; }
	[ -z "$(value seconds)" ] || seconds=$(value seconds)
	cpu=$(awk 'END { print $1 + $2 }' usage)
	peak=$(value peak)
	[ -n "$peak" ] || peak=$(awk 'END { print $3 * 1024 }' usage)
	text=$(value text)
	if [ "$round" -eq 1 ] && [ "${#judge[@]}" -gt 0 ]; then
		"${judge[@]}" >told 2>log || die "judge of $party: $(tail -n 1 log)"
		text=$(value text)
	fi
	[ "$rounds" -le 3 ] || [ "$(reckon "$took > 60")" = 0 ] || rounds=3
	result "$party" "$round" "$seconds" "$cpu" "$peak" "$text"
}

# bound KIND ARGUMENT...: a result of the party bound
bound() {
	local fma read
	read -r fma read <"bound.$threads"
	py bounds "$fma" "$read" "$@" >told 2>log || die "bounds.py: $(tail -n 1 log)"
	result bound 0 "$(value seconds)" - - ''
}

py() {
	local job=$1
	shift
	"$PYTHON" "$PEERS/$job.py" "$@"
}

. "$PEERS/data.sh"
. "$PEERS/rows.sh"

# ---- what the machine is

machine() {
	local t fma read model native
	model=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)
	{
		echo "$(date -u +%F): $model, $(getconf _NPROCESSORS_ONLN) CPUs, $(uname -sr)"
		rec-als --version | tr '\n' ' ' | sed 's/ $//'
		echo
		versions
		native=$(tr '\n' ' ' <"${PYTHON%/bin/python}/native" 2>/dev/null || true)
		echo "compiled for this machine: ${native:-none }(the others: wheels)"
		for t in $THREADS; do
			read -r fma read <"bound.$t"
			echo "threads: $t; multiply-adds $fma GFLOP/s, reading $read GB/s"
		done
		awk -F'\t' '{
			printf "OpenBLAS, kernels %s (%s): ", $1 == "" ? "as it comes" : $1, $4
			printf "product %s, factorisation of 128 x 128 %s", $2, $3
			print " GFLOP/s on one thread"
		}' core.seen
		echo "rows $ROWS; load before them $(load_now)"
	} >>"$RESULTS/machine"
}

# versions: of the peers
versions() {
	"$PYTHON" - <<-'END'
		import importlib.metadata as m
		names = """implicit irspack cmfrec libmf faiss-cpu sparse-dot-topn duckdb polars
		    pandas pytrec-eval-terrier ranx numpy scipy numba""".split()
		have = {d.metadata["Name"].lower().replace("_", "-"): d.version
		        for d in m.distributions()}
		print(", ".join(f"{n} {have.get(n, '(absent)')}" for n in names))
	END
}

# cores: which kernels of OpenBLAS are faster here, for large products and for
# small factorisations
cores() {
	local type found
	: >core.seen
	for type in '' Haswell Zen SkylakeX; do
		[ "$type" != SkylakeX ] || grep -qw avx512f /proc/cpuinfo || continue
		[ -z "$type" ] || grep -qw avx2 /proc/cpuinfo || continue
		found=$(env -u OPENBLAS_CORETYPE ${type:+OPENBLAS_CORETYPE=$type} \
			OPENBLAS_NUM_THREADS=1 "$PYTHON" "$PEERS/core.py") || die "core.py failed"
		printf '%s\t%s\n' "$type" "$found" >>core.seen
	done
	awk -F'\t' '
		$2 > p { p = $2; product = $1 }
		$3 > f { f = $3; factor = $1 }
		END { print "product\t" product; print "factor\t" factor }' \
		core.seen >core
}

bounds() {
	local t
	for t in $THREADS; do
		"$BENCH/bound" "$t" >bound
		awk '$1 == "fma" { f = $2 } $1 == "read" { r = $2 } END { print f, r }' \
			bound >"bound.$t"
	done
}

# ---- main

if [ "${1:-}" = report ]; then
	[ -s "${2:-}/peers.tsv" ] || die "usage: peers.sh report FOLDER"
	exec "$PYTHON" "$PEERS/report.py" "$2" "${RESULTS_MD:-$HERE/RESULTS.md}"
fi
[ $# -eq 0 ] || die "it takes no '$1': only report FOLDER"
[ -x "$BIN/rec-als" ] || die "nothing in $BIN: make"
for p in bound load; do [ -x "$BENCH/$p" ] || die "no $BENCH/$p: make bench-programs"; done
[ -x "$PYTHON" ] || die "no $PYTHON: sh tests/setup.sh peers"
[ -n "$(type -P time)" ] || die "no GNU time: sh tests/setup.sh peers"
for r in $ROWS; do
	[ "$(type -t "row_$r")" = function ] ||
		die "no row '$r': 1 1b 2 3 4 5 5b 6 7 8 9 10 11 12 13"
done
mkdir -p "$RESULTS"
RESULTS=$(cd "$RESULTS" && pwd)
WORK=${PEERS_WORK:-$(mktemp -d "${TMPDIR:-/tmp}/peers.XXXXXX")}
mkdir -p "$WORK"
trap '[ -n "${PEERS_WORK:-}" ] || rm -rf "$WORK"' EXIT
trap 'exit 1' HUP INT TERM
cd "$WORK"
bounds
cores
machine
for row in $ROWS; do
	"row_$row"
done
echo "load at their end, own share included: $(load_now)" >>"$RESULTS/machine"
"$PYTHON" "$PEERS/report.py" "$RESULTS" -
say "these are the tables; into RESULTS.md: bash tests/bench/peers.sh report $RESULTS"
