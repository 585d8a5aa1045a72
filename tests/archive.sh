#!/bin/sh
# SPDX-License-Identifier: MIT
# archive.sh DIR [FILE] - static binaries for x86-64 and arm64 into
# DIR/MACHINE/bin, and FILE, one archive of both for clusters whose hosts have
# nothing installed: `spark-submit --archives FILE#rec` unpacks it as rec/.
#
#	bin/MACHINE/rec-*   the commands; MACHINE as uname -m says it
#	bin/rec-*           start the one for the machine at hand
#	share/              the files of examples/spark, its manual page
#	VERSION, LICENSE
#
# archive.sh -m MACHINE DIR - only the binaries for this one.
#
# The same source and compilers give the same bytes: names sorted, one time (of
# the commit), owner 0. The machine's own architecture is built by static.sh,
# the other by a cross compiler (Debian: gcc-aarch64-linux-gnu and
# libc6-dev-arm64-cross, or gcc-x86-64-linux-gnu). Exit 3: what it takes is not
# there; 1: the build failed.
set -eu
LC_ALL=C
export LC_ALL
cd "$(dirname "$0")/.."
usage() { echo "usage: archive.sh [-m MACHINE] DIR [FILE]" >&2; exit 2; }
machines='aarch64 x86_64'
while getopts m: option; do
	case $option in
	m) machines=$OPTARG ;;
	*) usage ;;
	esac
done
shift $((OPTIND - 1))
case $# in 1 | 2) ;; *) usage ;; esac
dir=$1
jobs=$(nproc 2>/dev/null || echo 1)

# No symbols: they would hold the names of folders.
cflags='-O2 -s'

cross() {	# cross MACHINE
	case $1 in x86_64) to=x86_64-linux-gnu package=gcc-x86-64-linux-gnu ;; *) to=$1-linux-gnu package=gcc-$1-linux-gnu ;; esac
	command -v "$to-gcc" >/dev/null || { echo "archive: no compiler $to-gcc (Debian: $package)" >&2; return 3; }
	sh tests/zlib.sh "$to-gcc" "$dir/zlib-$1" || return 3
	make -s -j "$jobs" B="$dir/$1" CC="$to-gcc" AR="$to-ar" CFLAGS="$cflags -I$dir/zlib-$1/include" \
		LDFLAGS="-static -L$dir/zlib-$1/lib" BLAS= SERVE=no all
}

for machine in $machines; do
	rc=0
	if [ "$(uname -m)" = "$machine" ]; then
		CFLAGS=$cflags sh tests/static.sh "$dir/$machine" || rc=$?
	else
		cross "$machine" || rc=$?
	fi
	[ "$rc" -eq 0 ] || exit "$rc"
done
[ $# -eq 2 ] || exit 0

# --- The archive

tar=tar
command -v gtar >/dev/null && tar=gtar
$tar --version 2>/dev/null | grep -q 'GNU tar' || { echo "archive: needs GNU tar (tar or gtar)" >&2; exit 3; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP
root=$work/root
mkdir -p "$root/bin" "$root/share/recpipe" "$root/share/man/man7"
for machine in $machines; do
	mkdir "$root/bin/$machine"
	for c in cmd/rec-*.c; do
		c=${c#cmd/}
		case $c in rec-serve.c | rec-lambda.c) continue ;; esac	# no part of a job
		install -m 755 "$dir/$machine/bin/${c%.c}" "$root/bin/$machine"
		install -m 755 examples/spark/deploy/this_machine.sh "$root/bin/${c%.c}"
	done
done
cp -r examples/spark "$root/share/recpipe"
cp examples/python/recmat.py "$root/share/recpipe"
find "$root/share" -name __pycache__ -prune -exec rm -rf {} +
[ ! -f man/rec-spark.7 ] || cp man/rec-spark.7 "$root/share/man/man7"
cp VERSION LICENSE "$root"

if [ "$(git rev-parse --show-toplevel 2>/dev/null || true)" = "$(pwd -P)" ]; then
	time=$(git log -1 --format=%ct)
else
	time=$(sed -n '1s/.* //p' MANIFEST)
fi
chmod -R u=rwX,go=rX "$root"
(cd "$root" && find . | sed 's,^\./,,' | grep -vx . | sort) >"$work/names"
$tar -c -f "$work/tar" -C "$root" --format=ustar --owner=0 --group=0 --numeric-owner --mtime="@$time" \
	--no-recursion -T "$work/names"
gzip -9n <"$work/tar" >"$2.$$" || { rm -f "$2.$$"; exit 1; }
mv "$2.$$" "$2"
