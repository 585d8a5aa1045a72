#!/bin/sh
# SPDX-License-Identifier: MIT
# batch.sh N INPUT OUTPUT COMMAND... - tasks of Azure Batch on stdout, as
# `az batch task create --json-file` takes them: COMMAND in N parts, and one
# task that depends on all and joins the parts to OUTPUT.
#
#	export IMAGE=registry.azurecr.io/recpipe:0.1.0
#	export AZURE_STORAGE_ACCOUNT=account AZURE_CLIENT_ID=...
#	sh batch.sh 16 az://data/train.rec az://data/items.rec \
#	    rec-sim cosine -b --columns {i}/{n} > tasks.json
#	az batch job create --id recpipe --pool-id pool --uses-task-dependencies \
#	    --on-task-failure performExitOptionsJobAction
#	az batch task create --job-id recpipe --json-file tasks.json
#
# COMMAND reads INPUT and writes recmat; GET="URL ..." are files it needs, too
# (task.sh -g). Parts are kept as OUTPUT.parts/NNN.rec; if tasks failed, run the
# same lines again with a new job: it makes only what is missing. Another
# COMMAND or INPUT needs another OUTPUT.
#
# The pool runs containers, and has an identity that reads and writes the
# account; AZURE_CLIENT_ID is its client. Batch hands out no index: each task
# has REC_INDEX in its environment. It tries a task again three times, whatever
# its exit status, and runs it again when its node is lost; after 1 and 2 the
# task ends the job.
set -eu
[ $# -ge 4 ] || { echo "usage: batch.sh N INPUT OUTPUT COMMAND..." >&2; exit 2; }
for v in IMAGE AZURE_STORAGE_ACCOUNT; do
	eval "[ -n \"\${$v:-}\" ]" || { echo "batch.sh: set $v (see the head of the script)" >&2; exit 2; }
done
n=$1 input=$2 output=$3
shift 3

text() { printf '"%s"' "$(printf %s "$1" | sed 's/[\\"]/\\&/g')"; }
# line WORD...: a command line. Batch runs it without a shell, and knows double
# quotes alone: the rest is left to a shell.
line() {
	said='exec'
	for word do
		case $word in
		*[!abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789%{}/:.,_=-]*) said="$said '$(printf %s "$word" | sed "s/'/'\\\\''/g")'" ;;
		*) said="$said $word" ;;
		esac
	done
	text "/bin/sh -c $(text "$said")"
}
task() {	# task ID COMMANDLINE DEPENDS ENVIRONMENT
	printf '  {"id": "%s", "commandLine": %s,\n' "$1" "$2"
	printf '   "containerSettings": {"imageName": %s, "workingDirectory": "taskWorkingDirectory", "containerRunOptions": "--rm"},\n' "$(text "$IMAGE")"
	printf '   "environmentSettings": [%s{"name": "AZURE_STORAGE_ACCOUNT", "value": %s}, {"name": "AZURE_CLIENT_ID", "value": %s}, {"name": "TMPDIR", "value": "."}],\n' \
		"$4" "$(text "$AZURE_STORAGE_ACCOUNT")" "$(text "${AZURE_CLIENT_ID:-}")"
	printf '   %s"constraints": {"maxTaskRetryCount": 3, "maxWallClockTime": "PT4H"},\n' "$3"
	printf '   "exitConditions": {"exitCodes": [{"code": 1, "exitOptions": {"jobAction": "terminate"}}, {"code": 2, "exitOptions": {"jobAction": "terminate"}}]}}'
}

parts=$output.parts/%04d.rec
get=''
for url in ${GET:-}; do get="$get -g $url"; done
# shellcheck disable=SC2086
words=$(line task.sh -n "$n" -i "$input" $get -o "$parts" -- "$@")
i=0
echo '['
while [ "$i" -lt "$n" ]; do
	task "$i" "$words" '' "{\"name\": \"REC_INDEX\", \"value\": \"$i\"}, "
	echo ,
	i=$((i + 1))
done
task join "$(line task.sh --collect -n "$n" -o "$parts" --to "$output")" \
	"\"dependsOn\": {\"taskIdRanges\": [{\"start\": 0, \"end\": $((n - 1))}]}, " ''
printf '\n]\n'
