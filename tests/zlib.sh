#!/bin/sh
# SPDX-License-Identifier: MIT
# zlib.sh CC DIR - build a static zlib with the compiler CC:
# DIR/include/zlib.h, DIR/lib/libz.a. For compilers whose zlib the distribution
# doesn't carry beside the native one: other architectures, musl.
#
# The source is the distribution's own, fetched by apt (nothing is installed,
# no list of the system is touched) and kept beside DIR.
set -eu
[ $# -eq 2 ] || { echo "usage: zlib.sh CC DIR" >&2; exit 2; }
cc=$1 dir=$2
[ -s "$dir/lib/libz.a" ] && exit 0
command -v "$cc" >/dev/null || { echo "zlib.sh: no compiler $cc" >&2; exit 1; }
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
source=$dir/../zlib-source

fetch() {
	command -v apt-get >/dev/null || { echo "zlib.sh: no apt-get to fetch the source of zlib with" >&2; return 1; }
	rm -rf "$source.apt"
	mkdir -p "$source.apt/lists/partial" "$source.apt/cache/archives/partial" "$source.apt/parts" "$source"
	# what the system gets packages from, as sources
	for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
		[ ! -f "$f" ] || sed -n 's/^deb /deb-src /p' "$f" >>"$source.apt/parts/all.list"
	done
	for f in /etc/apt/sources.list.d/*.sources; do
		[ ! -f "$f" ] || sed 's/^Types:.*/Types: deb-src/' "$f" >"$source.apt/parts/$(basename "$f")"
	done
	set -- -q -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$source.apt/parts" -o Dir::State::Lists="$source.apt/lists" -o Dir::Cache="$source.apt/cache"
	if apt-get "$@" update && (cd "$source" && apt-get "$@" source --download-only zlib); then
		rm -rf "$source.apt"
	else
		echo "zlib.sh: apt can't fetch the source of zlib" >&2
		return 1
	fi
}

set -- "$source"/zlib_*.orig.tar.*
[ -f "$1" ] || { fetch >"$dir/log" 2>&1 || { tail -3 "$dir/log" >&2; exit 1; }; }
set -- "$source"/zlib_*.orig.tar.*

case $1 in *.bz2) unpack=bzip2 ;; *.xz) unpack=xz ;; *) unpack=gzip ;; esac
command -v $unpack >/dev/null || { echo "zlib.sh: no $unpack to unpack the source of zlib with; install it" >&2; exit 1; }
rm -rf "$dir/build"
mkdir "$dir/build"
"$unpack" -d -c "$1" | tar -x -C "$dir/build" --strip-components 1
{
	cd "$dir/build"
	CC=$cc CFLAGS=-O2 sh ./configure --static --prefix="$dir"
	make libz.a
	mkdir -p "$dir/include" "$dir/lib"
	cp zlib.h zconf.h "$dir/include"
	cp libz.a "$dir/lib"
} >"$dir/log" 2>&1 || { tail -5 "$dir/log" >&2; exit 1; }
rm -rf "$dir/build"
