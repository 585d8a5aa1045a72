#!/bin/sh
# SPDX-License-Identifier: MIT
#$ -N rec-sim -t 1-16 -cwd
#PBS -N rec-sim -J 0-15
#BSUB -J rec-sim[1-16]
# array.sh - sixteen parts of rec-sim as an array job of Grid Engine (qsub
# array.sh), PBS (qsub array.sh) or LSF (bsub < array.sh).
#
# Tested: the script runs with the variable that each of the three sets, and the
# parts join to the bytes of one process (tests/examples.bats). Not tested: the
# directives, with a real scheduler.
cd "${PBS_O_WORKDIR:-.}" || exit 1
exec rec-task -n 16 -i train.rec -o sim.%02d.rec -- rec-sim cosine -b --columns '{i}/{n}'
