#!/bin/sh
# SPDX-License-Identifier: MIT
# ask.sh SOCKET < histories > lists - one connection, by socat. Lines of users
# go in, those of a user together; an empty line asks for a list at once.
# A program keeps the connection open and asks again and again.
set -eu
[ $# -eq 1 ] || { echo "usage: ask.sh SOCKET < histories" >&2; exit 2; }
# -t: how long to wait for lists after the last line went in
exec socat -t 60 - "UNIX-CONNECT:$1"
