#!/bin/sh
# SPDX-License-Identifier: MIT
#SBATCH --requeue
# task.sh - the script of every task of an array: it runs rec-task with the
# arguments of sbatch. PATH must hold the commands.
#
#     sbatch --array=0-15 examples/slurm/task.sh -n 16 -i train.rec \
#         -o sim.%02d.rec -- rec-sim cosine -b --columns {i}/{n}
#
# Slurm itself starts a task again when its node is lost. This script also does
# so, three times at most, if rec-task says that another try may help (4).
rec-task "$@"
status=$?
if [ $status -eq 4 ] && [ "${SLURM_RESTART_COUNT:-0}" -lt 3 ]; then
	# By number and index: the last task of an array has the number of the
	# whole as its own. This ends the script.
	scontrol requeue "${SLURM_ARRAY_JOB_ID:-$SLURM_JOB_ID}${SLURM_ARRAY_TASK_ID:+_$SLURM_ARRAY_TASK_ID}" && sleep 60
fi
exit $status
