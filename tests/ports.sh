#!/bin/sh
# SPDX-License-Identifier: MIT
# ports.sh - everything compiled and linked for macOS and FreeBSD, by zig's
# compiler and the system headers that it brings. Nothing is run: that needs
# such a machine. zlib is a stub for the linker. `zig` is the command [zig], or
# ZIG="python3 -m ziglang".
set -eu
ZIG=${ZIG:-zig}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/zlib"
cp /usr/include/zlib.h /usr/include/zconf.h "$tmp/zlib"
for f in inflateInit2_ inflate inflateEnd inflateReset deflateInit2_ deflate deflateEnd crc32 crc32_combine; do
	echo "int $f(void) { return 0; }"
done >"$tmp/zlib/z.c"
for target in aarch64-macos x86_64-macos x86_64-freebsd; do
	case $target in *macos) form=--format=darwin ;; *) form=--format=gnu ;; esac
	printf '#!/bin/sh\nexec %s cc -target %s "$@"\n' "$ZIG" "$target" >"$tmp/cc"
	printf '#!/bin/sh\nexec %s ar %s "$@"\n' "$ZIG" "$form" >"$tmp/ar"
	chmod +x "$tmp/cc" "$tmp/ar"
	"$tmp/cc" -c -o "$tmp/zlib/z.o" "$tmp/zlib/z.c"
	rm -f "$tmp/zlib/libz.a"
	"$tmp/ar" rcs "$tmp/zlib/libz.a" "$tmp/zlib/z.o"
	${MAKE:-make} -s B="$tmp/$target" CC="$tmp/cc" AR="$tmp/ar" WERROR=-Werror SERVE=no CPPFLAGS="-I$tmp/zlib" LDFLAGS="-L$tmp/zlib"
	echo "$target: compiled and linked"
done
