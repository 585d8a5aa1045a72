#!/bin/sh
# SPDX-License-Identifier: MIT
# start.sh [OPTION...] - the custom handler: rec-serve at the port that the host
# names in FUNCTIONS_CUSTOMHANDLER_PORT. Settings of the app, all optional:
#
#	REC_MODEL	the model: a file here [model.rec], or az://CONTAINER/BLOB
#	REC_INTERACTIONS	histories of known users [train.rec, if it is here]
#	REC_MEMORY	what rec-serve may use [1G]; an instance has 2 GiB or more
#
# The host sends at most 100 MB and waits at most 230 s for an answer; it gives
# a handler 30 s to start. rec-serve refuses earlier, and says why.
set -eu
cd "$(dirname "$0")"
model=${REC_MODEL:-model.rec}
die() {
	echo "start: $*" >&2
	exit 1
}
case $model in
*://*)
	[ -x store/rec-get ] ||
		die "store/rec-get, which copies $model, is not here: package.sh adds it"
	to=${TMPDIR:-/tmp}/model.rec
	size=$(store/rec-get --size "$model") || die "$model: its size cannot be had"
	room=$(df -Pk "${to%/*}" | awk 'END { print $4 }')
	[ $((size / 1024)) -lt "$room" ] ||
		die "$model has $size bytes, and ${to%/*} has room for $room KiB"
	store/rec-get "$model" "$to" || die "$model did not come"
	model=$to
	;;
esac
[ -x ./rec-serve ] || die "rec-serve is not here, or not executable: package.sh adds it"
[ -f "$model" ] || die "$model is not here: REC_MODEL names the model"
interactions=${REC_INTERACTIONS:-train.rec}
if [ -f "$interactions" ]; then
	set -- --interactions "$interactions" "$@"
elif [ -n "${REC_INTERACTIONS:-}" ]; then
	die "$interactions is not here: REC_INTERACTIONS names the histories"
fi
exec ./rec-serve --no-watch -m "$model" --mem "${REC_MEMORY:-1G}" \
	--body-time 30 --answer-time 60 --drain-time 8 "$@"
