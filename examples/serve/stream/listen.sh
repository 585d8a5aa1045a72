#!/bin/sh
# SPDX-License-Identifier: MIT
# listen.sh SOCKET MODEL [N] - lists of N items at a socket in the file system,
# a rec-topn --stream for each connection, by socat: what rec-topn.socket does
# where there is no systemd. Ctrl-C ends it.
#
# inetd does the same; a line of /etc/inetd.conf:
#
#	127.0.0.1:7070 stream tcp nowait nobody /usr/local/bin/rec-topn rec-topn -q --stream -m /srv/recpipe/model.rec
set -eu
[ $# -ge 2 ] || { echo "usage: listen.sh SOCKET MODEL [N]" >&2; exit 2; }
# socat has quotes of its own: these words go through the environment.
export MODEL="$2" N="${3:-10}"
# shellcheck disable=SC2016	# for the shell that socat starts
exec socat "UNIX-LISTEN:$1,fork,max-children=64,mode=660,unlink-early" \
	'SYSTEM:exec rec-topn -q --stream -j 1 -n \"$N\" -m \"$MODEL\"'
