#!/bin/bash
# SPDX-License-Identifier: MIT
# rounds.sh FOLDER COMMIT=WORDS ... - rec-serve of several commits, measured one
# after the other by the client of today: what each change brought. Results go
# to FOLDER/rounds.tsv, as lines of load.sh with WORDS before them.
#
# From the environment: KINDS, USERS, SECONDS_EACH, MODEL, LOAD_WORK, REC_DATA of
# load.sh. Commits are built in a folder that goes in the end.
set -eu

HERE=$(cd "$(dirname "$0")" && pwd)
TOP=$(cd "$HERE/../.." && pwd)
[ $# -gt 1 ] || {
	echo "usage: rounds.sh FOLDER COMMIT=WORDS ..." >&2
	exit 2
}
mkdir -p "$1"
to=$(cd "$1" && pwd)/rounds.tsv
shift
work=$(mktemp -d "${TMPDIR:-/tmp}/rounds.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# All are built first: nothing else runs while one is measured.
for round in "$@"; do
	commit=${round%%=*}
	git -C "$TOP" archive --prefix="$commit/" "$commit" | tar -xf - -C "$work"
	make -C "$work/$commit" -j"$(nproc)" all >"$work/make.log" 2>&1 || {
		cat "$work/make.log" >&2
		exit 1
	}
done
: >"$to"
for round in "$@"; do
	commit=${round%%=*}
	REC_BIN=$work/$commit/build/bin MODELS=${MODEL:-als:gowalla:64} USERS=${USERS:-1 64} \
		KINDS=${KINDS:-topn fold10 similar score batch} RESULTS=$work/$commit/results \
		bash "$HERE/load.sh" users
	awk -F'\t' -v OFS='\t' -v name="${round#*=}" '$4 == "users" { print name, $0 }' \
		"$work/$commit/results/load.tsv" >>"$to"
done
