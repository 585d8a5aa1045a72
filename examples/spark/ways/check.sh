#!/bin/sh
# SPDX-License-Identifier: MIT
# check.sh - a mapper for Hadoop Streaming: passes lines on, and refuses one with
# a CR or without a TAB, which Hadoop Streaming would change without a word.
exec awk -F'\t' '/\r./ || NF < 2 { print "a CR, or no TAB, in: " $0 >"/dev/stderr"; exit 1 } 1'
