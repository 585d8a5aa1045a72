#!/bin/sh
# SPDX-License-Identifier: MIT
# bench.sh [STAGE ...] - Spark's MLlib, our filters on Spark, and the plain
# pipeline: same machine, cores, data and objective. `bench.sh table FILE`
# prints the tables of earlier results again.
#
# Stages, all but tune without an argument:
#   blas      which BLAS makes MLlib's ALS fastest here; the others use it
#   sweep     seconds a sweep: (trainings of MANY - of FEW sweeps) / difference,
#             in one session that is warm
#   job       the whole training as a command: a file of text to factors in
#             files; seconds and peak memory
#   rank      the factors in files to 20 items for each user: as text in files,
#             by a command (s/rank), and to nowhere in a session that is warm
#   quality   recall@20 and NDCG@20 on pairs held out, and the objectives
#   sim       all cosines of items: columnSimilarities() and rec-sim
#   tune      recall and NDCG of MLlib's ALS over a grid of settings
#
# From the environment:
#   SETS        gowalla, or rows of rec-gen ["gowalla 1000000 4000000 10000000"];
#               rec-gen makes rows / 50 users and rows / 200 items; a tenth of
#               the rows is held out
#   SIM_SETS    the same for sim ["100000 gowalla"]
#   K           factors ["64 128"]
#   REPEATS     runs, of which the median counts [3; above a million rows 1]
#   SWEEPS      FEW,MANY [2,6; above a million rows 1,3]
#   ITERATIONS  sweeps of job [10: the default of MLlib]
#   CORES       [2], MEMORY of each JVM [6g], LIMIT of seconds for a command
#               [3600] and for columnSimilarities() [600]
#   BLAS        native, vector or java, instead of trying all
#   RESULTS     where results are added, one a line [build/bench-spark.tsv]
#   REC_DATA    the folder of lightgcn-gowalla [../shared/data]
#   REC_SPARK_VENVS   as in tests/spark/common.bash; SPARK=3.5|4
#
# MLlib's ALS gets as many blocks as there are cores, no checkpoints, and the
# same heap. Its recommendForAllUsers() lists what a user already holds too;
# rec-topn leaves that out. For quality both models are ranked by rec-topn.
# The objectives differ in one thing, the form of regularisation, and
# objective.py says how: MLlib gets the alpha and regParam that are nearest to
# rec-als's W and reg. `best` are the settings that are good for MLlib itself.
# Memory is the largest sum of PSS of all processes at one moment (peak.py).
set -eu

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
PATH=${REC_BIN:-$top/build/bin}:$PATH
LC_ALL=C.UTF-8
export PATH LC_ALL
data=${REC_DATA:-$top/../shared/data}
results=${RESULTS:-$top/build/bench-spark.tsv}
mllib_alpha=80 mllib_lambda=3.2 mllib_iterations=4
cores=${CORES:-2} memory=${MEMORY:-6g} limit=${LIMIT:-3600}
python=${REC_SPARK_VENVS:-${XDG_CACHE_HOME:-$HOME/.cache}/recpipe/spark}/s35/bin/python
[ "${SPARK:-3.5}" = 3.5 ] || python=${python%s35/*}s4/bin/python
rec_spark=$top/examples/spark/rec_spark.py

die() {
	echo "bench.sh: $*" >&2
	exit 1
}

# ---- results: set, k, what, whose, value

# result WHAT WHOSE VALUE
result() {
	printf '%s\t%s\t%s\t%s\t%s\n' "$set" "$k" "$1" "$2" "$3" >>"$results"
	tail -n 1 "$results" | sed 's/^/bench.sh: /' >&2
}

# stat KEY: its last value in the file stats
stat() {
	awk -F'\t' -v key="$1" '$1 == key { v = $2 } END { print v }' stats
}

calculate() {
	awk "BEGIN { printf \"%.9g\\n\", $* }"
}

# ---- commands

# measured COMMAND...: stdin from the file in, stdout to the file out; the file
# stats has seconds, memory and what the command printed as key<TAB>value.
measured() {
	"$python" "$here/peak.py" -o peak -t "$limit" "$@" <in >out 2>log ||
		die "failed: $*: $(tail -n 20 log; cat peak)"
	cat out peak >stats
}

# java_options BLAS: the vector module serves MLlib's ranking whatever solves.
# Without checkpoints twenty sweeps of MLlib need a deep stack.
java_options() {
	module=--add-modules=jdk.incubator.vector
	no_native=-Ddev.ludovic.netlib.blas.nativeLib=none
	case $1 in
	native) set -- "$module" ;;
	vector) set -- "$module $no_native" ;;
	java) set -- "$no_native" ;;
	*) die "BLAS is native, vector or java, not $1" ;;
	esac
	echo "$1 -Xss16m"
}

# submit ARGUMENT...: spark-submit in local mode. OpenBLAS shall not start
# threads of its own beside those of Spark.
submit() {
	OPENBLAS_NUM_THREADS=1 measured "$SPARK_HOME/bin/spark-submit" --master "local[$cores]" \
		--driver-memory "$memory" --driver-java-options "$(java_options "$blas")" \
		--conf spark.ui.enabled=false "$@"
}

mllib() {
	submit "$here/mllib.py" "$@"
}

ours() {
	submit "$rec_spark" "$@"
}

# What users write for the other two. Here and in mllib.py the lines between
# `user code` and `end` are counted.

ours_als() {
	# user code: ours als
	ours als --input train.tsv --model ours.rec -- \
		-k "$k" -i "$iterations" --unobserved "$w" --reg "$reg"
	# end
}

ours_topn() {
	# user code: ours topn
	ours topn --input train.tsv --model ours.rec --output ours.lists --overwrite -- -n 20
	# end
}

ours_sim() {
	# user code: ours sim
	ours sim --input train.tsv --model ours.sim -- cosine -n 0
	# end
}

plain_als() {
	# user code: plain als
	measured rec-als -k "$k" -i "$iterations" --unobserved "$w" --reg "$reg" \
		-j "$cores" -o plain.rec
	# end
}

# The loss of MLlib divided by alpha: W is 1 / alpha, reg is regParam / alpha.
plain_als_as_mllib() {
	measured rec-als -q -k "$k" -i "$iterations" --reg-pairs own -o plain.rec \
		--unobserved "$(calculate "1 / $mllib_alpha")" \
		--reg "$(calculate "$mllib_lambda / $mllib_alpha")"
}

plain_topn() {
	# user code: plain topn
	measured rec-topn -m plain.rec -n 20 -j "$cores" -o plain.lists
	# end
}

plain_sim() {
	# user code: plain sim
	measured rec-sim cosine -n 0 -j "$cores" -b -o plain.sim
	# end
}

# ---- data and settings

# prepare SET: train.tsv, test.tsv and the settings of its objective.
prepare() {
	set=$1 rows=810128
	mkdir -p "$work/$set"
	cd "$work/$set"
	if [ "$set" = gowalla ]; then
		folder=$data/lightgcn-gowalla
		if [ ! -d "$folder" ]; then
			echo "bench.sh: no $folder: skipped (REC_DATA)" >&2
			return 1
		fi
		gzip -dc "$folder/train.tsv.gz" >train.tsv
		gzip -dc "$folder/test.tsv.gz" >test.tsv
		w=0.006
	else
		rows=$set
		rec-gen -q --users $((rows / 50)) --items $((rows / 200)) --rows "$rows" |
			rec-split -q --ratio 0.1 --test test.tsv |
			awk '{ print $0 "\t1" }' >train.tsv
		w=auto
	fi
	ln -sf train.tsv in
	reg=0.01
	rec-als -q -i 0 -k 1 --unobserved $w --stats stats <in >out
	density=$(calculate "$(stat pairs) / ($(stat users) * $(stat items))")
	[ $w != auto ] || w=$(calculate "14 * $density")
	alpha=$(calculate "1 / $w")
	lambda=$(calculate "$reg * (1 + $w) * ($alpha + 1 / $density)")
	repeats=${REPEATS:-3} sweeps=${SWEEPS:-2,6}
	[ "$rows" -le 1000000 ] || repeats=${REPEATS:-1} sweeps=${SWEEPS:-1,3}
	iterations=${ITERATIONS:-10}
	echo "bench.sh: $set: W $w, reg $reg; alpha $alpha, regParam $lambda" >&2
}

# mllib_settings: as options
mllib_settings() {
	echo "--rank $k --alpha $alpha --reg $lambda"
}

# repeatedly N COMMAND: N times
repeatedly() {
	n=$1
	shift
	while [ "$n" -gt 0 ]; do
		"$@"
		n=$((n - 1))
	done
}

# ---- stages

# Without BLAS set: seconds a sweep with each, and blas becomes the fastest.
stage_blas() {
	for blas in native vector java; do
		# shellcheck disable=SC2046
		mllib sweep train.tsv $(mllib_settings) --iterations "$sweeps"
		result "s/sweep by BLAS" $blas "$(stat seconds.sweep)"
	done
	blas=$(tail -n 3 "$results" | sort -t"$(printf '\t')" -k5,5g | head -n 1 | cut -f4)
}

stage_sweep() {
	# shellcheck disable=SC2046
	mllib sweep train.tsv $(mllib_settings) --iterations "$sweeps" --repeats "$repeats"
	each seconds.sweep "s/sweep" MLlib
	submit "$here/ours.py" train.tsv --rank "$k" --iterations "$sweeps" \
		--repeats "$repeats" --unobserved "$w" --reg "$reg"
	each_sum "s/sweep" ours
	for phase in solve filters ship join; do
		each "seconds.sweep.$phase" "s/sweep: $phase" ours
	done
	repeatedly "$repeats" plain_sweep
}

# each KEY WHAT WHOSE: a result of every line of this key
each() {
	awk -F'\t' -v key="$1" '$1 == key { print $2 }' stats >values
	while read -r value; do
		result "$2" "$3" "$value"
	done <values
}

# each_sum WHAT WHOSE: what the phases of a sweep add up to, for every turn. The
# difference of two whole trainings is less steady: it has two starts in it.
each_sum() {
	awk -F'\t' '
		$1 ~ /^seconds\.sweep\.(solve|ship|join)$/ { s[$1]++; sum[s[$1]] += $2; n = s[$1] > n ? s[$1] : n }
		END { for (i = 1; i <= n; i++) print sum[i] }' stats >values
	while read -r value; do
		result "$1" "$2" "$value"
	done <values
}

plain_sweep() {
	for i in ${sweeps%,*} ${sweeps#*,}; do
		rec-als -q -k "$k" -i "$i" --unobserved "$w" --reg "$reg" \
			-j "$cores" --stats stats <in >out
		stat seconds.train
	done >values
	result "s/sweep" plain "$(awk -v n="${sweeps%,*}" -v m="${sweeps#*,}" '
		{ s[NR] = $1 }
		END { print (s[2] - s[1]) / (m - n) }' values)"
}

# whole WHAT WHOSE: results of a command that was measured
whole() {
	result "s/$1" "$2" "$(stat seconds)"
	result "MB/$1" "$2" "$(calculate "$(stat memory.pss) / 1e6")"
}

mllib_als() {
	# shellcheck disable=SC2046
	mllib als train.tsv mllib.model $(mllib_settings) --iterations "$iterations"
}

stage_job() {
	repeatedly "$repeats" one_job
}

one_job() {
	mllib_als
	whole job MLlib
	for phase in session index train write; do
		result "s/job: $phase" MLlib "$(stat "seconds.$phase")"
	done
	ours_als
	whole job ours
	plain_als
	whole job plain
}

stage_rank() {
	[ -d mllib.model ] || mllib_als
	[ -s ours.rec ] || ours_als
	[ -s plain.rec ] || plain_als
	repeatedly "$repeats" one_rank
	mllib rank mllib.model --repeats "$repeats"
	each seconds.rank "s/rank: warm" MLlib
	submit "$here/ours.py" train.tsv --lists ours.rec --repeats "$repeats" -n 20
	each seconds.rank "s/rank: warm" ours
	cmp ours.rec plain.rec || die "$set, k = $k: the model from Spark has other bytes"
}

one_rank() {
	mllib topn mllib.model mllib.lists
	whole rank MLlib
	ours_topn
	whole rank ours
	plain_topn
	whole rank plain
}

# exported: mllib.model as mllib.rec
exported() {
	mkdir -p factors
	mllib export mllib.model factors
	model_of factors >mllib.rec
}

# model_of FOLDER: of user.tsv and item.tsv
model_of() {
	for side in user item; do
		rec-cat -q --from factors --block $side -b "$1/$side.tsv"
	done
}

# measures MODEL WHOSE: of lists by rec-topn
measures() {
	rec-topn -q -m "$1" -n 20 -j "$cores" -b <in |
		rec-eval -q -t test.tsv recall@20 ndcg@20 >out
	for m in recall@20 ndcg@20; do
		result "$m$note" "$2" "$(awk -F'\t' -v m=$m '$1 == m { print $2 }' out)"
	done
}

# objectives MODEL WHOSE FORM W REG ALPHA LAMBDA
objectives() {
	for side in user item; do
		rec-cat -q --block $side --to npy --row-labels $side.labels "$1" >$side.npy
	done
	"$python" "$here/objective.py" "$3" train.tsv user.npy item.npy "$4" "$5" "$6" "$7" >stats
	result "objective of rec-als$note" "$2" "$(stat objective.rec-als)"
	result "objective of MLlib$note" "$2" "$(stat objective.mllib)"
}

# both_measured: MLlib and rec-als trained with the settings as they are now
both_measured() {
	mllib_als
	exported
	plain_als
	measures mllib.rec MLlib
	measures plain.rec plain
	objectives mllib.rec MLlib mllib "$w" "$reg" "$alpha" "$lambda"
	objectives plain.rec plain rec-als "$w" "$reg" "$alpha" "$lambda"
}

stage_quality() {
	note=", same"
	both_measured
	[ "$set" = gowalla ] || return 0
	# Without regularisation the objectives are one.
	note=", reg 0" iterations=20
	(reg=0 lambda=0 && both_measured)
	# Each with its own: rec-als as in tests/quality/quality.tsv, chosen inside
	# train; MLlib by a grid on the test pairs, which is in its favour.
	note=", best" iterations=4
	plain_als
	measures plain.rec plain
	note=", MLlib's best" iterations=$mllib_iterations
	plain_als_as_mllib
	measures plain.rec plain
	alpha=$mllib_alpha lambda=$mllib_lambda iterations=$mllib_iterations
	mllib_als
	exported
	measures mllib.rec MLlib
}

# What `best` of MLlib was taken from: alpha as 1 / W, and regParam / alpha.
stage_tune() {
	grid=
	for a in 40 80 160 320; do
		for l in 0.03 0.1 0.3; do
			grid="$grid $a:$(calculate "$a * $l")"
		done
	done
	# shellcheck disable=SC2086
	mllib grid train.tsv grid --rank "$k" --iterations 4,10 ${GRID:-$grid}
	for folder in grid/*; do
		note=", MLlib $(basename "$folder")"
		model_of "$folder" >tuned.rec
		measures tuned.rec MLlib
	done
}

# All cosines. MLlib counts its cells (i < j); ours are written, both halves.
stage_sim() {
	mllib_sim
	ours_sim
	whole sim ours
	plain_sim
	whole sim plain
}

# A time limit is a result too.
mllib_sim() {
	if (limit=${LIMIT:-600} && mllib sim train.tsv) 2>sim.log; then
		whole sim MLlib
	else
		grep -q '^timeout' peak || die "$(cat sim.log)"
		cat peak >stats
		result s/sim MLlib ">$(stat timeout)"
	fi
}

# ---- tables

tables() {
	awk -f "$here/table.awk" "$results"
	printf '\n%-28s %9s %9s %9s\n' "lines of user code" MLlib ours plain
	for job in als topn sim; do
		printf '%-28s %9s %9s %9s\n' $job "$(user_code "$job" "$here/mllib.py")" \
			"$(user_code "ours $job" "$here/bench.sh")" \
			"$(user_code "plain $job" "$here/bench.sh")"
	done
}

# user_code NAME FILE: lines between `user code: ... NAME ...` and `end`
user_code() {
	awk -v name=" $1 " '
		/# user code:/ { on = index($0 " ", name) > 0; next }
		/# end$/ { on = 0 }
		on && NF && $1 !~ /^#/ { n++ }
		END { print n + 0 }' "$2"
}

# ---- main

[ "${1:-}" != table ] || { results=$2; tables; exit; }
SPARK_HOME=$("$python" -c 'import os, pyspark; print(os.path.dirname(pyspark.__file__))') ||
	die "no pyspark in ${python%/bin/python}: sh tests/setup.sh spark"
export SPARK_HOME PYSPARK_PYTHON="$python" SPARK_LOCAL_IP=127.0.0.1
stages=${*:-blas sweep job rank quality sim}
mkdir -p "$(dirname "$results")"
work=$(mktemp -d "${TMPDIR:-/tmp}/bench-spark.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
export SPARK_LOCAL_DIRS="$work/spark"

printf 'machine: %s, local[%s], heap %s, load %s; %s; Spark %s\n' \
	"$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" "$cores" "$memory" \
	"$(cut -d' ' -f1 /proc/loadavg)" "$(rec-als --version | head -n 1)" \
	"$("$python" -c 'import pyspark; print(pyspark.__version__)')"
for set in ${SETS:-gowalla 1000000 4000000 10000000}; do
	prepare "$set" || continue
	for k in ${K:-64 128}; do
		blas=${BLAS:-native}
		for stage in $stages; do
			case $stage in
			blas) [ -n "${BLAS:-}" ] || stage_blas ;;
			sweep | job | rank | quality | tune) "stage_$stage" ;;
			sim) ;;
			*) die "no stage $stage" ;;
			esac
		done
		rm -rf ./*.model ./*.rec ./*.lists
	done
	cd "$work"
	rm -rf "${work:?}/$set"
done
case " $stages " in
*" sim "*)
	for set in ${SIM_SETS:-100000 gowalla}; do
		prepare "$set" || continue
		k=- blas=${BLAS:-native}
		repeatedly "$repeats" stage_sim
	done
	;;
esac
tables
