#!/bin/sh
# SPDX-License-Identifier: MIT
# parts.sh N INPUT OUTPUT COMMAND... - run COMMAND in N parts as an array job,
# then a job that joins the parts to OUTPUT. Prints the number of the last job.
#
#     sh examples/slurm/parts.sh 16 train.rec items.rec \
#         rec-sim cosine -b --columns {i}/{n}
#     sh examples/slurm/parts.sh 16 train.rec lists.rec \
#         rec-topn -b -m items.rec -n 20 --part {i}/{n}
#
# COMMAND reads INPUT and writes recmat. The files are on a disk that all nodes
# share. Parts and logs are kept in OUTPUT.parts; if some tasks failed, run the
# same line again: it makes only what is missing. Another COMMAND or INPUT needs
# another OUTPUT, or an empty OUTPUT.parts.
# AFTER=JOB makes the array wait until that job has succeeded; sbatch reads
# SBATCH_* variables (sbatch(1)).
set -eu
[ $# -ge 4 ] || { echo "usage: parts.sh N INPUT OUTPUT COMMAND..." >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
n=$1 input=$2 output=$3
shift 3
parts=$output.parts
mkdir -p "$parts"

array=$(sbatch --parsable --array="0-$((n - 1))" ${AFTER:+"--dependency=afterok:$AFTER"} --kill-on-invalid-dep=yes --output="$parts/%a.log" --open-mode=append \
	"$here/task.sh" -n "$n" -i "$input" -o "$parts/%03d.rec" -- "$@")
# The same script without --array: the index is not asked for.
sbatch --parsable --dependency="afterok:$array" --kill-on-invalid-dep=yes --output="$parts/join.log" --open-mode=append \
	"$here/task.sh" --collect -n "$n" -o "$parts/%03d.rec" -- rec-cat --merge -b -o "$output"
