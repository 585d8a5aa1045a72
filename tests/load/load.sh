#!/bin/bash
# SPDX-License-Identifier: MIT
# load.sh [STAGE ...] - how rec-serve answers under load: data size, concurrent
# users, kinds of recommendation. `load.sh report FOLDER` draws the results of a
# folder (gnuplot) and writes its tables into RESULTS.md.
#
# Stages, all without an argument:
#   prepare  models and requests alone
#   users    closed loop: USERS ask again as soon as they have their answer
#   rate     open loop: requests are due at a rate, whatever the server does; from
#            a quarter of the most that stage users reached to a tenth above it
#   start    from the fork to the first answer, checked and --trust, median of 7
#   memory   with 256 connections, and of two processes on one model
#   peer     implicit behind FastAPI and uvicorn, in turn with rec-serve
#   cross    the client against vegeta (open loop) and wrk (closed loop)
#   flame    where the server's time goes (perf), drawn as SVG
#   soak     SOAK seconds at 80 % of the most, ten new models on the way
#
# From the environment:
#   MODELS   FAMILY:ITEMS:FACTORS, or similarity ["als:10000:64 als:gowalla:64
#            als:gowalla:128 als:200000:64 als:1000000:64 cosine:gowalla"]. ITEMS
#            is gowalla (40,981 items) or a number: then data of rec-gen, with
#            five times as many rows, at least LEAST_ROWS [1000000].
#   RATE_MODELS   of stage rate ["als:gowalla:64 als:200000:64 cosine:gowalla"]
#   START_MODELS  of start [MODELS and als:200000:128]
#   MODEL         of the other stages [als:gowalla:64]
#   KINDS    the first words of kinds.tsv [all]; PEER_KINDS of peer and cross
#            [topn fold10 similar], FLAME_KINDS [topn fold10]
#   USERS    [1 4 16 64 256 of als:gowalla:64, 1 16 64 of others, 1 4 16 of
#            batch]; PEER_USERS [1 16 64]
#   VEGETA_RATE   requests a second of cross, at most half of the most [2000]
#   RATES    shares of the most [0.25 0.5 0.75 0.9 1 1.1]
#   SECONDS_EACH  of a measurement [3]; TIMES of stage start [7]
#   SERVER, CLIENT    their CPUs, for taskset [the first, the last]
#   RESULTS  folder to which results are added [build/load]
#   PORT     this one and the next are used [18080]
#   LOAD_WORK  a folder to keep models in [a temporary one]
#   REC_DATA the folder of lightgcn-gowalla [../shared/data]; where it is not, 40000
#            takes the place of gowalla
#   QUICK=1  a short form of everything: does it work?
#
# Unless it is said, the server has one CPU and one thread, the client the other
# CPU. Both are on one machine: times are without a network.
# shellcheck disable=SC1091,SC2034,SC2154 # the parts beside it set and use them
set -eu

HERE=$(cd "$(dirname "$0")" && pwd)
TOP=$(cd "$HERE/../.." && pwd)
RESULTS=${RESULTS:-$TOP/build/load}
BIN=${REC_BIN:-$TOP/build/bin}
TESTS=${LOAD_PROGRAMS:-$TOP/build/tests/load}
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/recpipe
PATH=$BIN:$PATH:$CACHE/bin
export LC_ALL=C.UTF-8
PORT=${PORT:-18080}
DATA=${REC_DATA:-$TOP/../shared/data}
LEAST_ROWS=${LEAST_ROWS:-1000000}
real=gowalla
[ -d "$DATA/lightgcn-gowalla" ] || real=40000	# of rec-gen
if [ -n "${QUICK:-}" ]; then
	[ -n "${MODELS:-}" ] || : "${RATE_MODELS:=als:$real:64}" "${MODEL:=als:$real:64}"
	: "${MODELS:=als:10000:64 als:$real:64}" "${SECONDS_EACH:=1}" "${USERS:=1 16}" "${SOAK:=20}"
	: "${KINDS:=topn fold10 similar}" "${PEER_USERS:=1 16}" "${TIMES:=3}" "${FLAME_KINDS:=topn}"
fi
EACH=${SECONDS_EACH:-3}
VEGETA_RATE=${VEGETA_RATE:-2000}
TIMES=${TIMES:-7}
SOAK=${SOAK:-600}
RATE_MODELS=${RATE_MODELS:-${MODELS:-als:$real:64 als:200000:64 cosine:$real}}
MODEL=${MODEL:-${MODELS:-als:$real:64}}
MODEL=${MODEL%% *}
most_models="als:10000:64 als:$real:64 als:$real:128 als:200000:64 als:1000000:64 cosine:$real"
START_MODELS=${START_MODELS:-${MODELS:-$most_models als:200000:128}}
MODELS=${MODELS:-$most_models}
KINDS=${KINDS:-$(cut -f 1 "$HERE/kinds.tsv" | tr '\n' ' ')}
PEER_KINDS=${PEER_KINDS:-topn fold10 similar}
PEER_USERS=${PEER_USERS:-1 16 64}
FLAME_KINDS=${FLAME_KINDS:-topn fold10}
cpus=$(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status)
SERVER=${SERVER:-${cpus%%[-,]*}}
CLIENT=${CLIENT:-${cpus##*[-,]}}

die() {
	echo "load.sh: $*" >&2
	exit 1
}

say() { echo "load.sh: $*" >&2; }

. "$HERE/models.sh"
. "$HERE/stages.sh"
. "$HERE/others.sh"
. "$HERE/report.sh"

# ---- results, a line each: model, items, kind, stage, by, x, and then FIELDS,
# or one value

FIELDS="rate.planned rate ms.p50 ms.p90 ms.p99 ms.p99.9 ms.max answers.bad unsent unanswered cpu MB.own MB.mapped"

# value KEY FILE
value() {
	awk -F'\t' -v key="$1" '$1 == key { v = $2 } END { print v }' "$2"
}

# result STAGE BY X: of the file told
result() {
	local f
	{
		printf '%s\t%s\t%s\t%s\t%s\t%s' "$model" "$items" "$kind" "$1" "$2" "$3"
		for f in $FIELDS; do printf '\t%s' "$(value "$f" told)"; done
		echo
	} | tee -a "$RESULTS/load.tsv" | cut -f 1-6,8-11 >&2
}

# figure STAGE BY X VALUE
figure() {
	printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$model" "$items" "${kind:--}" "$@" |
		tee -a "$RESULTS/load.tsv" >&2
}

# reckon EXPRESSION: of awk
reckon() { awk "BEGIN { printf \"%.${2:-0}f\", $1 }"; }

# most: answers a second that stage users reached with this model and kind; it is
# measured where it was not
most() {
	local best
	best=$(awk -F'\t' -v m="$model" -v i="$items" -v k="$kind" '
		$1 == m && $2 == i && $3 == k && $4 == "users" && $8 > r { r = $8 } END { print r + 0 }' \
		"$RESULTS/load.tsv")
	if [ "$best" = 0 ]; then
		ask -c 64
		best=$(value rate told)
	fi
	echo "$best"
}

# ---- the server, the client

# serve CPUS THREADS [ARGUMENT...]: rec-serve at $PORT
serve() {
	local cpus=$1 threads=$2
	shift 2
	taskset -c "$cpus" rec-serve -q -j "$threads" -m "$file" --interactions train.rec \
		--listen "127.0.0.1:$PORT" "$@" 2>serve.log &
	server=$!
	running="$running $server"
	until (exec 3<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null; do
		kill -0 "$server" 2>/dev/null || die "rec-serve: $(cat serve.log)"
		sleep 0.02
	done
}

# stop: every process that was started and not yet ended
stop() {
	local p
	for p in $running; do
		kill "$p" 2>/dev/null || continue
		wait "$p" 2>/dev/null || true
	done
	running=''
}

# family: the server and its children
family() { echo "$server" "$(pgrep -P "$server" || true)"; }

# ticks: of the server and its children, in seconds
ticks() {
	local p
	for p in $(family); do cat "/proc/$p/stat"; done |
		awk -v hz="$(getconf CLK_TCK)" '{ t += $14 + $15 } END { print t / hz }'
}

# MB FIELD FILE...: of /proc/PID/status, smaps_rollup
MB() {
	local field=$1
	shift
	awk -v f="$field:" '$1 == f { kb += $2 } END { printf "%.1f", kb / 1000 }' "$@"
}

# ask OPTIONS...: the client; the file told has what it says, and the server's
# share of a CPU and its memory.
ask() {
	local before began p status=()
	before=$(ticks)
	began=$EPOCHREALTIME
	taskset -c "${client_cpus:-$CLIENT}" "$TESTS/client" -w 0.5 -d "$EACH" "$@" "127.0.0.1:$PORT" \
		"$kind.ask" >told 2>client.log || [ -s told ] || die "client: $(cat client.log)"
	for p in $(family); do status+=("/proc/$p/status"); done
	printf 'cpu\t%s\nMB.own\t%s\nMB.mapped\t%s\n' \
		"$(reckon "($(ticks) - $before) / ($EPOCHREALTIME - $began)" 2)" \
		"$(MB RssAnon "${status[@]}")" "$(MB RssFile "${status[@]}")" >>told
}

# ---- main

case ${1:-} in
report) [ -s "${2:-}/load.tsv" ] || die "usage: load.sh report FOLDER"; report "$2"; exit ;;
esac

all="prepare users rate start memory peer cross flame soak"
stages=${*:-$all}
for s in $stages; do
	case " $all " in *" $s "*) ;; *) die "no stage '$s': $all" ;; esac
done
wants() { case " $stages " in *" $1 "*) true ;; *) false ;; esac; }

[ -x "$BIN/rec-serve" ] || die "rec-serve is not built: make (it needs libevent-dev and libjansson-dev)"
for p in client start; do [ -x "$TESTS/$p" ] || die "no $TESTS/$p: make load"; done
mkdir -p "$RESULTS"
RESULTS=$(cd "$RESULTS" && pwd)
touch "$RESULTS/load.tsv"
WORK=${LOAD_WORK:-$(mktemp -d "${TMPDIR:-/tmp}/load.XXXXXX")}
mkdir -p "$WORK"
WORK=$(cd "$WORK" && pwd)
running='' failed=''
trap 'stop; [ -n "${LOAD_WORK:-}" ] || rm -rf "$WORK"' EXIT
trap 'exit 1' HUP INT TERM
machine "$stages"

for m in $MODELS $RATE_MODELS $START_MODELS $MODEL; do
	wants prepare || break
	prepare "$m"
done
# every STAGE MODEL...: each kind of each model
every() {
	local stage=$1 m
	wants "$stage" || return 0
	shift
	for m; do
		prepare "$m"
		serve "$SERVER" 1
		for kind in $KINDS; do "stage_$stage"; done
		stop
	done
}

# shellcheck disable=SC2086 # words
{
	every users $MODELS
	every rate $RATE_MODELS
}
for m in $START_MODELS; do
	wants start || break
	prepare "$m"
	stage_start
done
for s in memory peer cross flame soak; do
	wants "$s" || continue
	prepare "$MODEL"
	"stage_$s"
	stop
done
machine
report_tables "$RESULTS"
[ -z "$failed" ] || die "failed:$failed"
