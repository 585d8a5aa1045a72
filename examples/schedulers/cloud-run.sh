#!/bin/sh
# SPDX-License-Identifier: MIT
# cloud-run.sh IMAGE BUCKET - sixteen parts of rec-sim as a Cloud Run job; the
# number of parts comes from CLOUD_RUN_TASK_COUNT.
#
# Tested: the command line of the job, with the variables that Cloud Run sets
# (tests/examples.bats). Not tested: a run in the cloud. Cloud Run does not look
# at the exit status: a task that cannot succeed is also tried --max-retries
# times.
set -eu
[ $# -eq 2 ] || { echo "usage: cloud-run.sh IMAGE BUCKET" >&2; exit 2; }
gcloud run jobs create rec-sim --image="$1" --tasks=16 --parallelism=16 --max-retries=3 --task-timeout=1h \
	--add-volume="name=data,type=cloud-storage,bucket=$2" --add-volume-mount=volume=data,mount-path=/data \
	--command=sh --args="-c,cd /data && exec rec-task -i train.rec -o sim.%02d.rec -- rec-sim cosine -b --columns {i}/{n}"
gcloud run jobs execute rec-sim --wait
