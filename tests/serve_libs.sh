#!/bin/sh
# SPDX-License-Identifier: MIT
# serve_libs.sh CC DIR - build static zlib, libevent and jansson with the
# compiler CC: DIR/include, DIR/lib, DIR/lib/pkgconfig. For rec-serve and
# rec-lambda where the distribution doesn't carry them beside the native ones.
#
# The sources are the distribution's own, with its patches (tests/source.sh).
set -eu
[ $# -eq 2 ] || { echo "usage: serve_libs.sh CC DIR" >&2; exit 2; }
cc=$1 dir=$2
command -v "$cc" >/dev/null || { echo "serve_libs.sh: no compiler $cc" >&2; exit 1; }
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$dir/include" "$dir/lib/pkgconfig"
dir=$(cd "$dir" && pwd)
host=$("$cc" -dumpmachine)
ar=${cc%gcc}ar
command -v "$ar" >/dev/null || ar="ar"
jobs=$(nproc 2>/dev/null || echo 1)

# Fixes of security are among the patches.
unpack() {
	sh "$here/source.sh" "$1" "$dir/source-$1" || return 1
	cd "$dir/source-$1"
	for f in "$dir/source-$1.apt"/*.debian.tar.*; do
		[ ! -f "$f" ] || tar -x -f "$f"
	done
	[ ! -f debian/patches/series ] || sed 's/ *#.*//; /^$/d' debian/patches/series | while read -r p; do
		patch -s -p1 <"debian/patches/$p" || return 1
	done
}

libevent() {
	unpack libevent || return 1
	CC=$cc AR=$ar CFLAGS=-O2 sh ./configure --host="$host" --prefix="$dir" --disable-shared --enable-static \
		--disable-openssl --disable-samples --disable-libevent-regress --disable-debug-mode || return 1
	# a patched configure.ac is newer than what was made of it
	make -s -j "$jobs" AUTOCONF=: AUTOMAKE=: ACLOCAL=: AUTOHEADER=: install
}

# The package has no configure made; what that would find is what POSIX has.
jansson() {
	unpack jansson || return 1
	cd src
	sed 's/@json_inline@/inline/; s/@json_[a-z_]*@/1/' jansson_config.h.in >jansson_config.h
	for have in STDINT_H FCNTL_H SCHED_H UNISTD_H SYS_STAT_H SYS_TIME_H SYS_TYPES_H OPEN CLOSE READ GETTIMEOFDAY GETPID \
		SCHED_YIELD LOCALE_H LOCALECONV STRTOLL ATOMIC_BUILTINS SYNC_BUILTINS; do
		echo "#define HAVE_$have 1"
	done >jansson_private_config.h
	printf '#define USE_URANDOM 1\n#define INITIAL_HASHTABLE_ORDER 3\n' >>jansson_private_config.h
	rm -f ./*.o
	"$cc" -O2 -DHAVE_CONFIG_H -I. -c ./*.c || return 1
	"$ar" rcs "$dir/lib/libjansson.a" ./*.o || return 1
	cp jansson.h jansson_config.h "$dir/include"
	sed "s|@prefix@|$dir|; s|@exec_prefix@|$dir|; s|@libdir@|$dir/lib|; s|@includedir@|$dir/include|; s|@VERSION@|$(sed -n 's/^#define JANSSON_VERSION "\(.*\)"/\1/p' jansson.h)|" \
		../jansson.pc.in >"$dir/lib/pkgconfig/jansson.pc"
}

# library NAME FILE: where it is not there yet
library() {
	[ ! -s "$dir/lib/$2" ] || return 0
	("$1") >"$dir/$1.log" 2>&1 || { rm -f "$dir/lib/$2"; tail -5 "$dir/$1.log" >&2; exit 1; }
	rm -rf "$dir/source-$1"
}

sh "$here/zlib.sh" "$cc" "$dir"
library libevent libevent_extra.a
library jansson libjansson.a
