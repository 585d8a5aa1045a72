#!/bin/sh
# SPDX-License-Identifier: MIT
# fan.sh [-r RUNS] [-k FACTORS] [-i ITERATIONS] [-s USERS] [ROWS [USERS
# [ITEMS]]] - what rec-fan gains and costs.
#
# Default: 10000000 rows of rec-gen, 200000 users, 50000 items; 1 run; 64
# factors, 16 sweeps; lists for all users: some six minutes. Everything with
# one thread a process, so that two processes are all there is to gain. It is
# no test: it prints tables; but it ends with 1 where bytes differ.
#
#   one process   the command alone, -j 1
#   1, 2 slots    rec-fan --slots 1 and --slots 2 on this machine, the whole
#                 run: cutting, checking and joining included
#   efficiency    seconds of 1 slot / (2 * seconds of 2 slots); and the same
#                 with the command alone instead of 1 slot
#   cpu           CPU seconds of the runs: what parts do twice shows here, and
#                 a machine that is not free shows as less CPU than seconds
#
# Then: seconds of runs with next to no input; bytes sent to hosts (two folders
# on this machine, tests/fan/ssh.sh) beside what hosts lack; how even parts
# are.
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
PATH=${REC_BIN:-$top/build/bin}:$PATH
LC_ALL=C
export PATH LC_ALL
runs=1 k=64 iterations=16 sample=200000

while getopts r:k:i:s: option; do
	case $option in
	r) runs=$OPTARG ;;
	k) k=$OPTARG ;;
	i) iterations=$OPTARG ;;
	s) sample=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
rows=${1:-10000000} users=${2:-200000} items=${3:-50000}

here=$(mktemp -d "${TMPDIR:-/tmp}/bench-fan.XXXXXX")
trap 'rm -rf "$here"' EXIT
trap 'exit 1' HUP INT TERM
cd "$here"

die() {
	echo "fan.sh: $*" >&2
	exit 1
}

calculate() {
	awk "BEGIN { printf \"%.${2:-2}f\", $1 }"
}

median() {
	sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

# cpu_so_far: into the variable cpu, CPU seconds of all that this script has
# started and waited for. (In a subshell that would be nothing.)
cpu_so_far() {
	times >clock
	cpu=$(awk 'NR == 2 { gsub(/[ms]/, " "); print $1 * 60 + $2 + $3 * 60 + $4 }' clock)
}

# timed OUT COMMAND...: medians over the runs in seconds and cpu; stdin is the
# file in
timed() {
	out=$1
	shift
	i=0
	: >all.seconds
	: >all.cpu
	while [ $i -lt "$runs" ]; do
		rm -rf work
		cpu_so_far
		cpu_before=$cpu
		began=$(date +%s.%N)
		"$@" <in >"$out" || die "$* failed"
		ended=$(date +%s.%N)
		calculate "$ended - $began" 3 >>all.seconds
		echo >>all.seconds
		cpu_so_far
		calculate "$cpu - $cpu_before" >>all.cpu
		echo >>all.cpu
		i=$((i + 1))
	done
	seconds=$(median <all.seconds) cpu=$(median <all.cpu)
}

# compare NAME COMMAND ARGUMENTS...: a row of the table for rec-COMMAND
compare() {
	name=$1 command=$2
	shift 2
	timed whole "rec-$command" -q -j 1 "$@"
	alone=$seconds alone_cpu=$cpu
	timed fanned rec-fan --work work --slots 1 "$command" -q -j 1 "$@"
	cmp whole fanned || die "$name: 1 slot: other bytes"
	one=$seconds one_cpu=$cpu
	timed fanned rec-fan --work work --slots 2 "$command" -q -j 1 "$@"
	cmp whole fanned || die "$name: 2 slots: other bytes"
	printf '%-12s %12.2f %10.2f %10.2f %12s %12s %10.1f %8.1f %8.1f\n' "$name" "$alone" "$one" "$seconds" "$(calculate "$one / (2 * $seconds)")" \
		"$(calculate "$alone / (2 * $seconds)")" "$alone_cpu" "$one_cpu" "$cpu"
}

# overhead NAME COMMAND ARGUMENTS...: with the file in as small as it is
overhead() {
	name=$1 command=$2
	shift 2
	timed whole "rec-$command" -q -j 1 "$@"
	alone=$seconds
	timed fanned rec-fan --work work --slots 2 "$command" -q -j 1 "$@"
	cmp whole fanned || die "$name: other bytes"
	printf '%-28s %12.2f %10.2f %8s\n' "$name" "$alone" "$seconds" "$(awk -F'\t' '$2 != "ship" && $2 != "host"' work/log.tsv | wc -l)"
}

load() {
	cut -d' ' -f1-3 /proc/loadavg 2>/dev/null || uptime | sed 's/.*average[s]*: //'
}

echo "# $(uname -m), $(getconf _NPROCESSORS_ONLN) CPUs, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo 2>/dev/null | head -1)"
echo "# $(rec-fan --version), commit $(git -C "$top" rev-parse --short HEAD 2>/dev/null || echo unknown), load at the beginning: $(load), median of $runs"
rec-gen --users "$users" --items "$items" --rows "$rows" >train.tsv
rec-cat --merge -b train.tsv >train.rec
awk -F'\t' -v n="$sample" '!($1 in in_sample) { in_sample[$1] = seen++ < n } in_sample[$1]' train.tsv | rec-cat -b >sample.rec
rm train.tsv
echo "# $rows rows, $users users, $items items, $k factors, $iterations sweeps, lists for $sample users"
echo

printf '%-12s %12s %10s %10s %12s %12s %10s %8s %8s\n' 'seconds' 'one process' '1 slot' '2 slots' 'efficiency' 'of alone' 'cpu: alone' '1 slot' '2 slots'
ln -sf train.rec in
compare als als -k "$k" -i "$iterations"
cp whole model.rec
compare 'als cg' als -k "$k" -i "$iterations" --solver cg
compare sim sim -b cosine
ln -sf sample.rec in
compare topn topn -b -m model.rec
echo

printf '%-28s %12s %10s %8s\n' 'next to no input: seconds' 'one process' '2 slots' 'parts'
rec-gen --users 40 --items 20 --rows 300 >tiny.tsv
ln -sf tiny.tsv in
rec-als -q -k 8 -i 1 <tiny.tsv >tiny.rec
rec-topn -q -m tiny.rec <tiny.tsv >tiny.lists
overhead 'als, 1 sweep' als -k 8 -i 1
overhead 'als, 16 sweeps' als -k 8 -i 16
overhead 'sim' sim cosine
overhead 'topn' topn -m tiny.rec
ln -sf tiny.lists in
overhead 'eval' eval -t tiny.tsv ndcg@10
echo

# Two hosts: folders of this machine. What goes to them in a half-step is the
# side that is held fixed.
mkdir -p hosts/a hosts/b
printf 'a\nb\n' >list
REC_SSH="sh $top/tests/fan/ssh.sh" REC_FAKE_HOSTS=$here/hosts
export REC_SSH REC_FAKE_HOSTS
ln -sf train.rec in
timed fanned rec-fan --hosts list --work work als -q -j 1 -k "$k" -i "$iterations"
cmp model.rec fanned || die "two hosts: other bytes"
echo "als over 2 hosts (folders of this machine): $seconds s"
rec-cat --info train.rec | awk -F'\t' '$1 ~ /^[0-9]+\.(rows|columns)$/ { sub(/.*\./, "", $1); print $1, $2 }' >sides
awk -F'\t' -v k="$k" -v hosts=2 -v iterations="$iterations" '
	FILENAME == "sides" { split($0, f, " "); n[f[1]] = f[2]; next }
	$2 == "ship" && $3 ~ /^bin/ { bin += $7 }
	$2 == "ship" && $3 ~ /^in\/(user|item)\./ { shards += $7 }
	$2 == "ship" && $3 ~ /^in\/step\.0/ { start += $7 }
	$2 == "ship" && $3 ~ /^in\/step\./ && $3 !~ /step\.0\./ { sent += $7 }
	$2 ~ /^(user|item)\./ && $8 == "ok" { back += $7 }
	END {
		each = 4 * k * (n["rows"] + n["columns"])	# vectors of both sides
		printf "  sent once: commands %d, shards %d, start values %d bytes\n", bin, shards, start
		# The users of the last sweep are given to nobody, and the
		# items of the first half-step come from start values.
		printf "  vectors of a sweep: %d bytes; a host lacks what the other one made: %d for both\n", each, each * (hosts - 1)
		printf "  sent a sweep: %.0f (%.2f of what is lacking), come back: %.0f bytes\n",
			sent / (iterations - 0.5), sent / (each * iterations - 4 * k * n["rows"]) / (hosts - 1), back / iterations
	}' sides work/log.tsv
echo

# Parts by cost, one after the other so that they do not disturb each other.
unset REC_SSH
rm -rf work
rec-fan --work work --slots 1 --parts 8 als -q -j 1 -k "$k" -i 1 <train.rec >fanned
echo "8 parts by cost on skewed data: slowest / mean seconds"
awk -F'\t' '$2 ~ /^(user|item)\./ && $8 == "ok" { s[$2] += $6; n[$2]++; if ($6 > max[$2]) max[$2] = $6 }
	END { for (step in s) printf "  %s: %.2f (mean %.2f s)\n", step, max[step] * n[step] / s[step], s[step] / n[step] }' work/log.tsv | sort
echo "# load at the end: $(load)"
