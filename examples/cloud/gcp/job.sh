#!/bin/sh
# SPDX-License-Identifier: MIT
# job.sh N INPUT OUTPUT COMMAND... - run COMMAND in N parts as a Cloud Run job,
# then a job of one task that joins the parts to OUTPUT. Waits for both.
#
#	export IMAGE=europe-west1-docker.pkg.dev/project/repository/recpipe:0.1.0
#	sh job.sh 16 gs://bucket/train.rec gs://bucket/items.rec \
#	    rec-sim cosine -b --columns {i}/{n}
#
# COMMAND reads INPUT and writes recmat; GET="URL ..." are files it needs, too
# (task.sh -g). Parts are kept as OUTPUT.parts/NNN.rec; if tasks failed, run the
# same line again: it makes only what is missing. Another COMMAND or INPUT needs
# another OUTPUT.
#
# NAME is the name of the jobs [recpipe], REGION where they run (default:
# gcloud's own), ACCOUNT the service account, which reads and writes the bucket.
# DRY=1 prints the commands and runs none.
#
# Cloud Run does not look at the exit status: a task that cannot succeed is also
# tried --max-retries times. It runs x86-64 alone, and its file system is
# memory: what -g gets, and two parts of 32 MiB, count against --memory.
set -eu
[ $# -ge 4 ] || { echo "usage: job.sh N INPUT OUTPUT COMMAND..." >&2; exit 2; }
[ -n "${IMAGE:-}" ] || { echo "job.sh: set IMAGE (see the head of the script)" >&2; exit 2; }
n=$1 input=$2 output=$3
shift 3

run() {
	if [ -z "${DRY:-}" ]; then
		gcloud run jobs "$@" ${REGION:+--region="$REGION"}
	else
		printf 'gcloud run jobs'
		printf " '%s'" "$@" ${REGION:+--region="$REGION"}
		echo
	fi
}
# words WORD...: as one value of gcloud, with a mark between them that none holds
words() {
	mark='|'
	case $* in *"$mark"*) mark='~~' ;; esac
	printf '^%s^' "$mark"
	printf %s "$1"
	shift
	for word do printf '%s%s' "$mark" "$word"; done
}
job() {	# job NAME TASKS WORD...
	name=$1 tasks=$2
	shift 2
	run deploy "$name" --image="$IMAGE" --tasks="$tasks" --parallelism="$tasks" --max-retries=3 --task-timeout=4h \
		--cpu=2 --memory=4Gi ${ACCOUNT:+--service-account="$ACCOUNT"} --command=task.sh --args="$(words "$@")"
	run execute "$name" --wait
}

parts=$output.parts/%04d.rec
get=''
for url in ${GET:-}; do get="$get -g $url"; done
# shellcheck disable=SC2086
job "${NAME:-recpipe}" "$n" -n "$n" -i "$input" $get -o "$parts" -- "$@"
job "${NAME:-recpipe}-join" 1 --collect -n "$n" -o "$parts" --to "$output"
