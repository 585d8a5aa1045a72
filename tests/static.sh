#!/bin/sh
# SPDX-License-Identifier: MIT
# static.sh DIR - binaries without shared libraries into DIR/bin, and what they
# were made of. Tried in this order:
#
#	musl-gcc, with a zlib built for it: runs on any Linux of this architecture. musl can't open libraries, so `rec-sim ease` says that there is no BLAS.
#	the C compiler with -static, the system's libz.a, and its libopenblas.a where that links.
#
# STATIC=musl or STATIC=libc allows that one alone. CFLAGS are passed on. Exit
# 3: what it takes is not there; 1: the build failed.
set -eu
cd "$(dirname "$0")/.."
[ $# -eq 1 ] || { echo "usage: static.sh DIR" >&2; exit 2; }
dir=$1
cflags=${CFLAGS:--O2 -g}
jobs=$(nproc 2>/dev/null || echo 1)
mkdir -p "$dir"

# build COMPILER CFLAGS LDFLAGS BLAS
build() {
	# what an earlier run made with another compiler is of no use
	[ "$(cat "$dir/made" 2>/dev/null)" = "$*" ] || rm -rf "${dir:?}/bin" "${dir:?}/lib" "$dir/cmd" "$dir/librec.a"
	printf '%s' "$*" >"$dir/made"
	make -s -j "$jobs" B="$dir" CC="$1" CFLAGS="$2" LDFLAGS="$3" BLAS="$4" SERVE=no all
}

musl() {
	command -v musl-gcc >/dev/null || { echo "static: no musl-gcc (Debian: musl-tools)" >&2; return 3; }
	sh tests/zlib.sh musl-gcc "$dir/zlib" || return 3
	build musl-gcc "$cflags -I$dir/zlib/include" "-static -L$dir/zlib/lib" "" || return 1
	echo "static: musl-gcc, zlib from the distribution's source, no OpenBLAS (rec-sim ease is not there)"
}

# links FUNCTION LIBRARY...: is there a static library with it?
links() {
	printf 'void %s(void); int main(void) { %s(); return 0; }\n' "$1" "$1" >"$dir/try.c"
	shift
	"${CC:-cc}" -w -static -o "$dir/try" "$dir/try.c" "$@" 2>/dev/null
}

libc() {
	links zlibVersion -lz || { echo "static: no static libc and libz.a (Debian: libc6-dev zlib1g-dev)" >&2; return 3; }
	if links slauum_ -lopenblas -lm -pthread; then
		build "${CC:-cc}" "$cflags -DREC_BLAS_STATIC" -static -lopenblas || return 1
		echo "static: ${CC:-cc} -static, the system's libz.a and libopenblas.a"
	else
		build "${CC:-cc}" "$cflags" -static "" || return 1
		echo "static: ${CC:-cc} -static, the system's libz.a, no OpenBLAS (rec-sim ease wants the shared one)"
	fi
}

case ${STATIC:-} in
musl) musl ;;
libc) libc ;;
*)
	rc=0
	musl || rc=$?
	if [ "$rc" -eq 3 ]; then
		rc=0
		libc || rc=$?
	fi
	exit "$rc"
	;;
esac
