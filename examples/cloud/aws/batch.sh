#!/bin/sh
# SPDX-License-Identifier: MIT
# batch.sh N INPUT OUTPUT COMMAND... - run COMMAND in N parts as an array job of
# AWS Batch, then a job that joins the parts to OUTPUT. Prints the number of the
# last job.
#
#	export IMAGE=123456789012.dkr.ecr.eu-central-1.amazonaws.com/recpipe:0.1.0
#	export JOB_ROLE=arn:aws:iam::123456789012:role/recpipe-task
#	export EXECUTION_ROLE=arn:aws:iam::123456789012:role/recpipe-start
#	sh batch.sh 16 s3://bucket/train.rec s3://bucket/items.rec \
#	    rec-sim cosine -b --columns {i}/{n}
#
# COMMAND reads INPUT and writes recmat; GET="URL ..." are files it needs, too
# (task.sh -g). Parts are kept as OUTPUT.parts/NNN.rec; if tasks failed, run the
# same line again: it makes only what is missing. Another COMMAND or INPUT needs
# another OUTPUT.
#
# QUEUE is the job queue [recpipe], MACHINE X86_64 or ARM64 [X86_64]. JOB_ROLE
# reads and writes the bucket; EXECUTION_ROLE gets the image and writes logs.
# DRY=1 prints the commands and runs none.
#
# Batch tries a task again as batch.json says: not after 1 and 2, three times
# after anything else, also when its host is lost. An array has 2 to 10000
# tasks.
set -eu
[ $# -ge 4 ] || { echo "usage: batch.sh N INPUT OUTPUT COMMAND..." >&2; exit 2; }
for v in IMAGE JOB_ROLE EXECUTION_ROLE; do
	eval "[ -n \"\${$v:-}\" ]" || { echo "batch.sh: set $v (see the head of the script)" >&2; exit 2; }
done
here=$(cd "$(dirname "$0")" && pwd)
n=$1 input=$2 output=$3
shift 3
queue=${QUEUE:-recpipe}

aws_batch() {
	if [ -z "${DRY:-}" ]; then
		aws batch "$@" --output text
	else
		{ printf 'aws batch'; printf " '%s'" "$@"; echo; } >&2
		echo "<$1>"
	fi
}
# json WORD...: as a list of strings
json() {
	printf '["task.sh"'
	for word do printf ',"%s"' "$(printf %s "$word" | sed 's/[\\"]/\\&/g')"; done
	printf ']'
}

definition=$(sed "s|\"IMAGE\"|\"$IMAGE\"|; s|\"JOB_ROLE\"|\"$JOB_ROLE\"|; s|\"EXECUTION_ROLE\"|\"$EXECUTION_ROLE\"|
	s|\"MACHINE\"|\"${MACHINE:-X86_64}\"|" "$here/batch.json")
definition=$(aws_batch register-job-definition --cli-input-json "$definition" --query jobDefinitionArn)

region=${AWS_REGION:-${AWS_DEFAULT_REGION:-$(aws configure get region 2>/dev/null)}}	# of the bucket; not every host says it to its tasks
environment=",\"environment\":[{\"name\":\"AWS_REGION\",\"value\":\"$region\"}]"
parts=$output.parts/%04d.rec
get=''
for url in ${GET:-}; do get="$get -g $url"; done
# shellcheck disable=SC2086
array=$(aws_batch submit-job --job-name recpipe-parts --job-queue "$queue" --job-definition "$definition" \
	--array-properties "size=$n" \
	--container-overrides "{\"command\":$(json -n "$n" -i "$input" $get -o "$parts" -- "$@")$environment}" \
	--query jobId)
aws_batch submit-job --job-name recpipe-join --job-queue "$queue" --job-definition "$definition" --depends-on "jobId=$array" \
	--container-overrides "{\"command\":$(json --collect -n "$n" -o "$parts" --to "$output")$environment}" --query jobId
