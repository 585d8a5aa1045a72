#!/bin/sh
# SPDX-License-Identifier: MIT
# serve_static.sh DIR [MACHINE...] - rec-serve and rec-lambda without shared
# libraries into DIR/MACHINE/bin, for images and functions; MACHINE as uname -m
# says it [x86_64 aarch64].
#
# This machine's own are made by the C compiler with -static and the system's
# libevent.a and libjansson.a, the other's by a cross compiler with libraries
# from the distribution's source (Debian: gcc-aarch64-linux-gnu and
# libc6-dev-arm64-cross, or gcc-x86-64-linux-gnu). The same source, compiler and
# libraries give the same bytes. Exit 3: what it takes is not there.
set -eu
[ $# -ge 1 ] || { echo "usage: serve_static.sh DIR [MACHINE...]" >&2; exit 2; }
mkdir -p "$1"
dir=$(cd "$1" && pwd)
shift
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- x86_64 aarch64
jobs=$(nproc 2>/dev/null || echo 1)

# build MACHINE CC AR CFLAGS LDFLAGS: no symbols, which would hold names of folders
build() {
	make -s -j "$jobs" B="$dir/$1" CC="$2" AR="$3" CFLAGS="-O2 -s $4" LDFLAGS="-static $5" BLAS= \
		"$dir/$1/bin/rec-serve" "$dir/$1/bin/rec-lambda" 2>"$dir/$1.log" || { tail -5 "$dir/$1.log" >&2; return 1; }
}

for machine; do
	if [ "$(uname -m)" = "$machine" ]; then
		build "$machine" "${CC:-cc}" ar '' ''
		continue
	fi
	case $machine in x86_64) to=x86_64-linux-gnu package=gcc-x86-64-linux-gnu ;; *) to=$machine-linux-gnu package=gcc-$machine-linux-gnu ;; esac
	command -v "$to-gcc" >/dev/null || { echo "serve_static: no compiler $to-gcc (Debian: $package)" >&2; exit 3; }
	sh tests/serve_libs.sh "$to-gcc" "$dir/libs-$machine" || exit 3
	(
		PKG_CONFIG_LIBDIR=$dir/libs-$machine/lib/pkgconfig PKG_CONFIG_PATH=''
		export PKG_CONFIG_LIBDIR PKG_CONFIG_PATH
		build "$machine" "$to-gcc" "$to-ar" "-I$dir/libs-$machine/include" "-L$dir/libs-$machine/lib"
	)
done
