#!/bin/bash
# SPDX-License-Identifier: MIT
# load.sh [STAGE ...] - how rec-serve answers under load: data size, concurrent
# users, kinds of recommendation. `load.sh table FILE` prints the tables of
# earlier results again, `load.sh plots FILE FOLDER` draws them (gnuplot, SVG).
#
# Stages, all without an argument:
#   users   closed loop: USERS ask again as soon as they have their answer
#   rate    open loop: requests are due at a rate, whatever the server does; from
#           a quarter of what stage users reached to a tenth above it
#   start   from the start of the process to its first answer, checked and --trust
#
# From the environment:
#   MODELS   FAMILY:ITEMS:FACTORS, or similarity ["als:10000:64 als:gowalla:64
#            als:gowalla:128 als:200000:64 als:1000000:64 cosine:gowalla"]. ITEMS
#            is gowalla (40,981 items) or a number: then data of rec-gen, with
#            five times as many rows, at least a million.
#   KINDS    ["topn fold1 fold10 fold100 similar score batch"]
#   USERS    ["1 4 16 64 256"]
#   SECONDS_EACH  of a measurement [3]
#   SERVER, CLIENT    their CPUs, for taskset [0, 1]
#   RESULTS  where results are added, one a line [build/load.tsv]
#   PORT     [18080]; LOAD_WORK a folder to keep models in
#   REC_DATA the folder of lightgcn-gowalla [../shared/data]
#
# The server has one CPU and one thread, the client the other CPU. Both are on
# one machine: times are without a network.
set -eu

HERE=$(cd "$(dirname "$0")" && pwd)
TOP=$(cd "$HERE/../.." && pwd)
RESULTS=${RESULTS:-$TOP/build/load.tsv}
BIN=${REC_BIN:-$TOP/build/bin}
PATH=$BIN:$PATH
CLIENT_PROGRAM=${CLIENT_PROGRAM:-$TOP/build/tests/load/client}
export LC_ALL=C.UTF-8
PORT=${PORT:-18080}
DATA=${REC_DATA:-$TOP/../shared/data}
EACH=${SECONDS_EACH:-3}

die() {
	echo "load.sh: $*" >&2
	exit 1
}

# ---- results: model, items, kind, stage, x (users or rate), then FIELDS

FIELDS="rate ms.p50 ms.p90 ms.p99 ms.p99.9 ms.max answers.bad unsent unanswered cpu MB.own MB.mapped"

# value KEY FILE
value() {
	awk -F'\t' -v key="$1" '$1 == key { v = $2 } END { print v }' "$2"
}

# result STAGE X: of the file told
result() {
	local f
	{
		printf '%s\t%s\t%s\t%s\t%s' "$model" "$items" "$kind" "$1" "$2"
		for f in $FIELDS; do printf '\t%s' "$(value "$f" told)"; done
		echo
	} >>"$RESULTS"
	tail -n 1 "$RESULTS" | cut -f 1-9 >&2
}

# ---- models

# data: train.tsv of $items
data() {
	if [ "$items" = gowalla ]; then
		[ -d "$DATA/lightgcn-gowalla" ] || die "no $DATA/lightgcn-gowalla (REC_DATA)"
		gzip -dc "$DATA/lightgcn-gowalla/train.tsv.gz" >train.tsv
	else
		local rows=$((items * 5))
		[ "$rows" -gt 1000000 ] || rows=1000000
		rec-gen -q --users $((rows / 40)) --items "$items" --rows "$rows" >train.tsv
	fi
	rec-cat -q -b --merge train.tsv -o train.rec
}

# prepare MODEL: model.rec and the requests of each kind
prepare() {
	local family factors
	IFS=: read -r family items factors <<<"$1"
	model=$family${factors:+ $factors}
	mkdir -p "$WORK/$items" && cd "$WORK/$items"
	[ -s train.rec ] || data
	file=$family$factors.rec
	if [ ! -s "$file" ]; then
		case $family in
		als) rec-als -q -k "$factors" -i 3 <train.rec -o "$file" ;;
		*) rec-sim -q "$family" -n 100 -b <train.rec -o "$file" ;;
		esac
	fi
	[ -s score.ask ] || requests
}

# requests: KIND.ask, 500 lines each
requests() {
	cut -f 1 train.tsv | sort -u | shuf -n 500 --random-source=train.rec >users
	cut -f 2 train.tsv | sort -u | shuf -n 20000 --random-source=train.rec >items
	awk -v n=500 '
		FNR == NR { user[nu++] = $1; next }
		{ item[ni++] = $1 }
		function pick() { return item[at++ % ni] }
		function some(k,  s, i) {
			for (i = 0; i < k; i++) s = s (i ? "," : "") "\"" pick() "\""
			return "[" s "]"
		}
		END {
			for (i = 0; i < n; i++) {
				print "GET /topn?user=" user[i % nu] "&n=10" >"topn.ask"
				print "GET /similar?item=" pick() "&n=10" >"similar.ask"
				for (k = 1; k <= 100; k *= 10)
					print "POST /topn\t{\"n\":10,\"history\":" some(k) "}" >("fold" k ".ask")
				print "POST /score\t{\"user\":\"" user[i % nu] "\",\"items\":" some(100) "}" >"score.ask"
				b = ""
				for (k = 0; k < 100; k++)
					b = b (k ? "," : "") "{\"history\":" some(10) "}"
				print "POST /batch\t{\"n\":10,\"histories\":[" b "]}" >"batch.ask"
			}
		}' users items
}

# ---- the server

serve() {
	taskset -c "${SERVER:-0}" rec-serve -q -j 1 -m "$file" --interactions train.rec \
		--listen "127.0.0.1:$PORT" "$@" 2>serve.log &
	server=$!
	until (exec 3<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null; do
		kill -0 "$server" 2>/dev/null || die "rec-serve: $(cat serve.log)"
		sleep 0.002
	done
}

stop_server() {
	[ -n "${server:-}" ] || return 0
	kill "$server" 2>/dev/null || true
	wait "$server" 2>/dev/null || true
	server=
}

# ticks: of the server, in seconds
ticks() {
	awk -v hz="$(getconf CLK_TCK)" '{ print ($14 + $15) / hz }' "/proc/$server/stat"
}

# ask OPTIONS...: the client; the file told has what it says, and the server's
# share of a CPU and its memory.
ask() {
	local before after
	before=$(ticks)
	taskset -c "${CLIENT:-1}" "$CLIENT_PROGRAM" -w 0.5 -d "$EACH" "$@" "127.0.0.1:$PORT" "$kind.ask" >told 2>client.log ||
		[ -s told ] || die "client: $(cat client.log)"
	after=$(ticks)
	{
		awk "BEGIN { printf \"cpu\t%.2f\n\", ($after - $before) / ($EACH + 0.5) }"
		awk '/^RssAnon/ { printf "MB.own\t%.1f\n", $2 / 1000 } /^RssFile/ { printf "MB.mapped\t%.1f\n", $2 / 1000 }' \
			"/proc/$server/status"
	} >>told
}

# ---- stages

stage_users() {
	local users
	for users in ${USERS:-1 4 16 64 256}; do
		ask -c "$users"
		result users "$users"
	done
}

stage_rate() {
	local most share rate
	most=$(awk -F'\t' -v m="$model" -v i="$items" -v k="$kind" '
		$1 == m && $2 == i && $3 == k && $4 == "users" && $6 > r { r = $6 } END { print r + 0 }' "$RESULTS")
	[ "$most" != 0 ] || die "no result of stage users for $model $items $kind"
	for share in 0.25 0.5 0.75 0.9 1 1.1; do
		rate=$(awk "BEGIN { printf \"%.0f\", $most * $share }")
		ask -c 256 -r "$rate"
		result rate "$rate"
	done
}

# The first answer, by a connection of bash itself; the file is in memory.
stage_start() {
	local how began line
	for how in checked --trust; do
		cat "$file" train.rec >/dev/null
		began=$EPOCHREALTIME
		if [ "$how" = checked ]; then serve; else serve --trust; fi
		exec 3<>"/dev/tcp/127.0.0.1/$PORT"
		printf '%s HTTP/1.1\r\nHost: x\r\n\r\n' "$(head -n 1 topn.ask)" >&3
		read -r line <&3
		awk "BEGIN { printf \"ms.p50\t%.1f\n\", 1000 * ($EPOCHREALTIME - $began) }" >told
		exec 3>&-
		case $line in *200*) ;; *) die "start: $line" ;; esac
		kind=start
		result start "$how"
		stop_server
	done
}

# ---- tables, plots

table() {
	awk -F'\t' '
		$4 == "users" {
			if (!n++) printf "%-10s %8s %-8s %6s %9s %8s %8s %8s %8s %5s %7s\n", "model", "items",
				"kind", "users", "answers/s", "p50 ms", "p90", "p99", "p99.9", "CPU", "own MB"
			printf "%-10s %8s %-8s %6s %9.0f %8.3g %8.3g %8.3g %8.3g %5.2f %7.1f\n", $1, $2, $3, $5, $6,
				$7, $8, $9, $10, $15, $16
		}' "$RESULTS"
	awk -F'\t' '
		$4 == "rate" {
			if (!n++) printf "\n%-10s %8s %-8s %9s %9s %8s %8s %8s %8s %8s %7s\n", "model", "items",
				"kind", "due/s", "answers/s", "p50 ms", "p90", "p99", "p99.9", "max", "unsent"
			printf "%-10s %8s %-8s %9s %9.0f %8.3g %8.3g %8.3g %8.3g %8.3g %7s\n", $1, $2, $3, $5, $6,
				$7, $8, $9, $10, $11, $13
		}' "$RESULTS"
	awk -F'\t' '
		$4 == "start" {
			if (!n++) printf "\n%-10s %8s %-8s %s\n", "model", "items", "start", "ms to the first answer"
			printf "%-10s %8s %-8s %.1f\n", $1, $2, $5, $7
		}' "$RESULTS"
	awk -F'\t' '{ bad += $12; lost += $14 } END { printf "\nanswers with an error: %d; without an answer: %d\n", bad, lost }' "$RESULTS"
}

case ${1:-} in
table) RESULTS=$2 table; exit ;;
plots) gnuplot -e "results='$2'; folder='$3'" "$HERE/load.gp"; exit ;;
esac

# ---- main

[ -x "$BIN/rec-serve" ] || die "rec-serve is not built: make (it needs libevent-dev and libjansson-dev)"
[ -x "$CLIENT_PROGRAM" ] || die "no $CLIENT_PROGRAM: make load"
mkdir -p "$(dirname "$RESULTS")"
RESULTS=$(cd "$(dirname "$RESULTS")" && pwd)/$(basename "$RESULTS")
WORK=${LOAD_WORK:-$(mktemp -d "${TMPDIR:-/tmp}/load.XXXXXX")}
mkdir -p "$WORK"
WORK=$(cd "$WORK" && pwd)
trap 'stop_server; [ -n "${LOAD_WORK:-}" ] || rm -rf "$WORK"' EXIT
trap 'exit 1' HUP INT TERM
stages=${*:-users rate start}
echo "machine: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(rec-serve --version | head -n 1), load $(cut -d' ' -f1 /proc/loadavg)"
for m in ${MODELS:-als:10000:64 als:gowalla:64 als:gowalla:128 als:200000:64 als:1000000:64 cosine:gowalla}; do
	prepare "$m"
	case " $stages " in
	*" users "* | *" rate "*)
		serve
		for kind in ${KINDS:-topn fold1 fold10 fold100 similar score batch}; do
			case " $stages " in *" users "*) stage_users ;; esac
			case " $stages " in *" rate "*) stage_rate ;; esac
		done
		stop_server
		;;
	esac
	case " $stages " in *" start "*) stage_start ;; esac
done
table
