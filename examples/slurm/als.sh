#!/bin/sh
# SPDX-License-Identifier: MIT
# als.sh N ITERATIONS TRAIN MODEL [rec-als options] - train a model on a Slurm
# cluster: every half-step is an array job of N parts that waits for the one
# before it. Prints the number of the last job.
#
#     sh examples/slurm/als.sh 16 10 train.rec model.rec -k 128
#
# MODEL has the bytes of one process. All jobs are submitted at once, and their
# files are kept in MODEL.work, so the same line makes only what is missing.
# Other options or data need another MODEL, or an empty MODEL.work. Parts are
# made of groups of 256 rows: if there are more parts than groups, some are
# empty.
set -eu
[ $# -ge 4 ] || { echo "usage: als.sh N ITERATIONS TRAIN MODEL [rec-als options]" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
n=$1 iterations=$2 train=$3 model=$4
shift 4
work=$model.work
mkdir -p "$work"
job() { sbatch --parsable --kill-on-invalid-dep=yes --output="$work/log" --open-mode=append "$@"; }

# Settings and start values; one part of one.
last=$(job --export="ALL,REC_INDEX=0" "$here/task.sh" -n 1 -i "$train" -o "$work/start%d.rec" -- rec-als -q "$@" -i 0)
from=$work/start0.rec
i=1
while [ "$i" -le "$iterations" ]; do
	for side in item user; do
		last=$(AFTER=$last sh "$here/parts.sh" "$n" "$train" "$work/$i.$side.rec" rec-als -q --half $side -m "$from" --part '{i}/{n}')
		from=$work/$i.$side.rec
	done
	i=$((i + 1))
done
job --dependency="afterok:$last" --wrap "rec-cat --merge -b -o '$model' '$work/$iterations.user.rec' '$work/$iterations.item.rec'"
