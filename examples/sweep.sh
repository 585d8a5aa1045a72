#!/bin/sh
# SPDX-License-Identifier: MIT
# sweep.sh [DIR [TRAIN VALID]] - try a grid of settings of rec-als with GNU
# parallel. The table is in DIR/table.txt, best first. Without TRAIN the data
# are made up.
#
#     K='32 64 128' REG='0.001 0.01 0.1' METRIC=ndcg@20 \
#         sh examples/sweep.sh out train.rec valid.rec
#
# A run that was stopped, or in which settings failed, continues when it is
# started again. The job log knows finished settings by their number, so a
# folder belongs to one grid. The table is measured on validation pairs: use it
# to choose. To report a figure, measure the winner once on pairs that had no
# part in the choice.
set -eu
PATH=$(cd "$(dirname "$0")/.." && pwd)/build/bin:$PATH
export K="${K:-16 32}" REG="${REG:-0.003 0.01 0.03}" METRIC="${METRIC:-ndcg@10}" DIR="${1:-sweep.run}"
export TRAIN="${2:-$DIR/train.rec}" VALID="${3:-$DIR/valid.rec}"
mkdir -p "$DIR"

if [ $# -lt 2 ] && [ ! -s "$VALID" ]; then
	rec-gen --users 3000 --items 1000 --rows 90000 -b >"$DIR/data.rec"
	rec-split -q -b --ratio 0.1 --test "$VALID" -o "$TRAIN" <"$DIR/data.rec"
fi
echo "rec-als K=$K REG=$REG METRIC=$METRIC TRAIN=$TRAIN VALID=$VALID" >"$DIR/grid.new"
if [ -e "$DIR/grid" ] && ! cmp -s "$DIR/grid" "$DIR/grid.new"; then
	echo "sweep.sh: $DIR belongs to another grid: $(cat "$DIR/grid")" >&2
	exit 1
fi
mv "$DIR/grid.new" "$DIR/grid"

# A job is three commands. Each writes its own file, and its status is checked.
# The last file is the result.
# shellcheck disable=SC2086,SC2016 # lists of values; variables of the job's shell
parallel -j "${JOBS:-2}" --joblog "$DIR/jobs.log" --resume-failed '
	rec-als -q -j 1 -k {1} --reg {2} -o "$DIR/{1}_{2}.model" <"$TRAIN" &&
	rec-topn -q -j 1 -b -n 20 -m "$DIR/{1}_{2}.model" -o "$DIR/{1}_{2}.lists" <"$TRAIN" &&
	rec-eval -q -j 1 -t "$VALID" -o "$DIR/{1}_{2}.tsv" "$METRIC" <"$DIR/{1}_{2}.lists" &&
	rm "$DIR/{1}_{2}.model" "$DIR/{1}_{2}.lists"' ::: $K ::: $REG || {
	echo "sweep.sh: some settings failed, see column 7 of $DIR/jobs.log; the same line tries them again" >&2
	exit 1
}

for k in $K; do
	for reg in $REG; do
		awk -F'\t' -v k="$k" -v reg="$reg" '{ print k "\t" reg "\t" $2; exit } END { exit NR == 0 }' "$DIR/${k}_$reg.tsv" || exit 1
	done
done >"$DIR/rows"
{
	echo "# rec-als learnt on $TRAIN, compared on $VALID (validation: choose here, report elsewhere); $(wc -l <"$DIR/rows") settings"
	printf 'k\treg\t%s\n' "$METRIC"
	LC_ALL=C sort -t "$(printf '\t')" -k 3,3gr -k 1,1n -k 2,2g "$DIR/rows"
} >"$DIR/table.part"
mv "$DIR/table.part" "$DIR/table.txt"
cat "$DIR/table.txt"
