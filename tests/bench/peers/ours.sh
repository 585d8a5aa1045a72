#!/bin/sh
# SPDX-License-Identifier: MIT
# ours.sh JOB ARGUMENT... - the jobs of peers.sh as commands of recpipe, for one
# row each. Where a job prints no `seconds`, those of its whole process count,
# start, reading and writing included. PEER_THREADS threads.
#
#   factors SOLVER TRAIN K LOW HIGH OUT   seconds.train of HIGH sweeps less that
#                                         of LOW, divided
#   explicit TRAIN TEST K SWEEPS REG      seconds.train; RMSE of the test pairs
#   rank MODEL TRAIN N OUT                all users
#   similar TRAIN N OUT
#   text FILE OUT
#   measures LISTS TEST
#   whole FILE K SWEEPS
#   ease TRAIN REG OUT
#   fan WORKERS TRAIN K SWEEPS            0: rec-als alone; each has one thread
set -eu

job=$1 threads=${PEER_THREADS:-1}
shift

tell() {
	printf '%s\t%s\n' "$@"
}

# stat KEY FILE
stat() {
	awk -F'\t' -v key="$1" '$1 == key { print $2 }' "$2"
}

# als SWEEPS OUT ARGUMENTS...: the objective of common.py; the file stats
als() {
	sweeps=$1 out=$2
	shift 2
	rec-als -q -j "$threads" -i "$sweeps" --reg 1 --reg-power 0 --unobserved 0.01 \
		--stats stats -o "$out" --no-sync "$@"
}

factors() {
	als "$4" "$6" -k "$3" --solver "$1" <"$2"
	few=$(stat seconds.train stats)
	als "$5" "$6" -k "$3" --solver "$1" <"$2"
	tell seconds "$(awk "BEGIN { print ($(stat seconds.train stats) - $few) / ($5 - $4) }")"
}

explicit() {
	rec-als -q -j "$threads" --explicit -k "$3" -i "$4" --reg "$5" --stats stats \
		-o explicit.rec --no-sync <"$1"
	tell seconds "$(stat seconds.train stats)"
	# shellcheck disable=SC2094 # both read it
	rec-score -q -b -m explicit.rec <"$2" | rec-eval -q -t "$2" rmse >rmse
	tell text "$(awk -F'\t' '$1 == "rmse" { printf "rmse %.4f", $2 }' rmse)"
}

rank() {
	rec-topn -q -j "$threads" -b -n "$3" -m "$1" -o "$4" --no-sync <"$2"
}

similar() {
	rec-sim cosine -q -j "$threads" -b -n "$2" -o "$3" --no-sync <"$1"
}

text() {
	rec-cat -q -j "$threads" --merge --duplicates sum -b -o "$2" --no-sync "$1"
}

measures() {
	rec-eval -q -j "$threads" -t "$2" recall@20 ndcg@20 <"$1" >measured
	tell text "$(printf 'recall@20 %.6f ndcg@20 %.6f' \
		"$(stat recall@20 measured)" "$(stat ndcg@20 measured)")"
}

whole() {
	rec-split -q -j "$threads" -b --ratio 0.2 --test whole.test <"$1" >whole.train
	als "$3" whole.model -k "$2" --solver cg <whole.train
	rec-topn -q -j "$threads" -b -m whole.model -n 20 <whole.train >whole.lists
	rec-eval -q -j "$threads" -t whole.test ndcg@20 <whole.lists >measured
	tell text "$(printf 'ndcg@20 %.4f' "$(stat ndcg@20 measured)")"
}

ease() {
	rec-sim ease -q -j "$threads" --reg "$2" -b -o "$3" --no-sync <"$1"
}

fan() {
	rm -rf fan.work
	workers=$1 train=$2
	set -- -q -j 1 -k "$3" -i "$4" --solver cg
	case $workers in
	0) rec-als "$@" <"$train" >fanned ;;
	*) rec-fan --work fan.work --slots "$workers" als "$@" <"$train" >fanned ;;
	esac
	tell text "checksum $(cksum <fanned | cut -d ' ' -f 1)"
}

case $job in
factors | explicit | rank | similar | text | measures | whole | ease | fan) "$job" "$@" ;;
*) echo "ours.sh: no job '$job'" >&2; exit 2 ;;
esac
