#!/bin/sh
# SPDX-License-Identifier: MIT
# shells.sh SHELL BIN DIR - DIR becomes a folder of commands like BIN whose
# drivers are run by SHELL (dash, bash, busybox). Tests take it as REC_BIN.
# Without SHELL on this machine it ends with 1.
set -eu
shell=$(command -v "$1") || exit 1
[ "$1" != busybox ] || shell="$shell sh"
bin=$(cd "$2" && pwd)
mkdir -p "$3"
for f in "$bin"/*; do
	to=$3/${f##*/}
	rm -rf "$to"
	case $(head -c 9 "$f") in
	'#!/bin/sh') { echo "#!$shell"; tail -n +2 "$f"; } >"$to"; chmod 755 "$to" ;;
	*) ln -s "$f" "$to" ;;
	esac
done
