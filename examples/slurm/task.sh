#!/bin/sh
# SPDX-License-Identifier: MIT
#SBATCH --requeue
# task.sh - what Slurm starts for every index of an array: rec-task with the
# arguments of sbatch. rec-als, rec-sim ... and rec-task are found by PATH.
#
#     sbatch --array=0-15 examples/slurm/task.sh -n 16 -i train.rec -o
#     sim.%02d.rec -- rec-sim cosine -b --columns {i}/{n}
#
# Slurm itself tries a task again when its node is lost. Here it also does so,
# three times at most, when rec-task says that another try may help (4).
rec-task "$@"
status=$?
if [ $status -eq 4 ] && [ "${SLURM_RESTART_COUNT:-0}" -lt 3 ]; then
	# By number and index: the last task of an array has the number of the
	# whole as its own. This ends the script.
	scontrol requeue "${SLURM_ARRAY_JOB_ID:-$SLURM_JOB_ID}${SLURM_ARRAY_TASK_ID:+_$SLURM_ARRAY_TASK_ID}" && sleep 60
fi
exit $status
