#!/bin/sh
# SPDX-License-Identifier: MIT
# this_machine.sh - stands in the archive under the name of each command, and
# becomes the one for the machine that it runs on. Python looks there itself
# (rec_filter.py); this is for rdd.pipe and SQL TRANSFORM: ./rec/bin/rec-topn
here=${0%/*} name=${0##*/} machine=$(uname -m)
[ -x "$here/$machine/$name" ] || { echo "$name: not built for $machine: no $here/$machine/$name" >&2; exit 126; }
exec "$here/$machine/$name" "$@"
