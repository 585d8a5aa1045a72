#!/bin/sh
# SPDX-License-Identifier: MIT
# job.sh N INPUT OUTPUT COMMAND... - run COMMAND in N parts as executions of a
# Container Apps job, wait for them, then one that joins the parts to OUTPUT.
#
#	export GROUP=group JOB=recpipe IMAGE=registry.azurecr.io/recpipe:0.1.0
#	az containerapp job create -g "$GROUP" -n "$JOB" --environment ENVIRONMENT \
#	    --image "$IMAGE" --trigger-type Manual --replica-timeout 14400 \
#	    --replica-retry-limit 3 --cpu 2 --memory 4Gi --mi-user-assigned IDENTITY
#	export AZURE_STORAGE_ACCOUNT=account AZURE_CLIENT_ID=...
#	sh job.sh 16 az://data/train.rec az://data/items.rec \
#	    rec-sim cosine -b --columns {i}/{n}
#
# COMMAND reads INPUT and writes recmat; GET="URL ..." are files it needs, too
# (task.sh -g). Parts are kept as OUTPUT.parts/NNN.rec; if executions failed,
# run the same line again: it makes only what is missing. Another COMMAND or
# INPUT needs another OUTPUT. DRY=1 prints the commands and runs none.
#
# A job of Container Apps hands out no index, not even with a parallelism above
# 1. So each part is an execution of its own, with REC_INDEX in its environment;
# az rest starts it, because words with a dash cannot be given to az containerapp
# job start. The platform tries an execution again up to its
# --replica-retry-limit, whatever its exit status.
set -eu
[ $# -ge 4 ] || { echo "usage: job.sh N INPUT OUTPUT COMMAND..." >&2; exit 2; }
for v in GROUP JOB IMAGE AZURE_STORAGE_ACCOUNT; do
	eval "[ -n \"\${$v:-}\" ]" || { echo "job.sh: set $v (see the head of the script)" >&2; exit 2; }
done
n=$1 input=$2 output=$3
shift 3
at="https://management.azure.com/subscriptions/{subscriptionId}/resourceGroups/$GROUP/providers/Microsoft.App/jobs/$JOB"

# ask METHOD PATH QUERY [BODY]
ask() {
	if [ -z "${DRY:-}" ]; then
		az rest --method "$1" --url "$at$2?api-version=2024-03-01" --query "$3" -o tsv ${4:+--body "$4"}
	else
		{ printf 'az rest'; printf " '%s'" "$@"; echo; } >&2
		[ "$1" = post ] || echo Succeeded
	fi
}
text() { printf '"%s"' "$(printf %s "$1" | sed 's/[\\"]/\\&/g')"; }
variable() { printf '{"name":"%s","value":%s}' "$1" "$(text "$2")"; }

# execution INDEX WORD...: starts one, and adds its name to $started
execution() {
	index=$1 args=''
	shift
	for word do args=$args${args:+,}$(text "$word"); done
	started="$started $(ask post /start name "{\"containers\":[{\"name\":$(text "$JOB"),\"image\":$(text "$IMAGE"),
		\"command\":[\"task.sh\"],\"args\":[$args],\"resources\":{\"cpu\":2,\"memory\":\"4Gi\"},
		\"env\":[$(variable REC_INDEX "$index"),$(variable AZURE_STORAGE_ACCOUNT "$AZURE_STORAGE_ACCOUNT"),
		$(variable AZURE_CLIENT_ID "${AZURE_CLIENT_ID:-}")]}]}")"
}
# ended: waits until all have; fails if one did
ended() {
	bad=0
	for name in $started; do
		while
			state=$(ask get "/executions/$name" properties.status)
			case $state in Succeeded) false ;; Failed | Stopped | Degraded) bad=$((bad + 1)); false ;; esac
		do
			sleep "${EVERY:-15}"
		done
	done
	[ "$bad" -eq 0 ] || { echo "job.sh: $bad of the executions failed; the same line makes what is missing" >&2; exit 1; }
}

parts=$output.parts/%04d.rec
get=''
for url in ${GET:-}; do get="$get -g $url"; done
started='' i=0
while [ "$i" -lt "$n" ]; do
	# shellcheck disable=SC2086
	execution "$i" -n "$n" -i "$input" $get -o "$parts" -- "$@"
	i=$((i + 1))
done
ended
started=''
execution 0 --collect -n "$n" -o "$parts" --to "$output"
ended
