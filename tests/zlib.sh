#!/bin/sh
# SPDX-License-Identifier: MIT
# zlib.sh CC DIR - build a static zlib with the compiler CC:
# DIR/include/zlib.h, DIR/lib/libz.a. For compilers whose zlib the distribution
# doesn't carry beside the native one: other architectures, musl.
#
# The source is the distribution's own (tests/source.sh), kept beside DIR.
set -eu
[ $# -eq 2 ] || { echo "usage: zlib.sh CC DIR" >&2; exit 2; }
cc=$1 dir=$2
[ -s "$dir/lib/libz.a" ] && exit 0
command -v "$cc" >/dev/null || { echo "zlib.sh: no compiler $cc" >&2; exit 1; }
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
source=$dir/../zlib-source

sh "$here/source.sh" zlib "$source"
rm -rf "$dir/build"
mv "$source" "$dir/build"
{
	cd "$dir/build"
	CC=$cc CFLAGS=-O2 sh ./configure --static --prefix="$dir"
	make libz.a
	mkdir -p "$dir/include" "$dir/lib"
	cp zlib.h zconf.h "$dir/include"
	cp libz.a "$dir/lib"
} >"$dir/log" 2>&1 || { tail -5 "$dir/log" >&2; exit 1; }
rm -rf "$dir/build"
