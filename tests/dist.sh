#!/bin/sh
# SPDX-License-Identifier: MIT
# dist.sh DIR - recpipe-VERSION.tar.gz into DIR: of a clone what is committed,
# of an unpacked dist the files that its MANIFEST names. The same files give
# the same bytes, wherever and by whomever it is made: names sorted, one time
# (of the commit), owner 0, modes 644 and 755.
#
# MANIFEST, in the tarball only: a line `VERSION SECONDS`, then `MODE NAME` for
# each file. Wants GNU tar.
set -eu
LC_ALL=C
export LC_ALL
cd "$(dirname "$0")/.."
[ $# -eq 1 ] || { echo "usage: dist.sh DIR" >&2; exit 2; }
stop() { echo "dist: $*" >&2; exit 1; }
to=$(cd "$1" && pwd)
tar=tar
command -v gtar >/dev/null && tar=gtar
$tar --version 2>/dev/null | grep -q 'GNU tar' || stop "needs GNU tar (tar or gtar)"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP
here=$(pwd -P)
if [ "$(git rev-parse --show-toplevel 2>/dev/null || true)" = "$here" ]; then
	git ls-tree -r --full-tree HEAD >"$work/tree"
	! grep -vE '^100(644|755) ' "$work/tree" || stop "neither a plain file nor a program"
	printf '%s %s\n' "$(git show HEAD:VERSION)" "$(git log -1 --format=%ct)" >"$work/MANIFEST"
	sed 's/^100\([0-9]*\) [a-z]* [0-9a-f]*./\1 /' "$work/tree" | grep -vx '... MANIFEST' | sort -k 2 >>"$work/MANIFEST"
	mkdir "$work/committed"
	git archive --format=tar HEAD | $tar -x -f - -C "$work/committed"
	cd "$work/committed"
elif [ -s MANIFEST ]; then
	cp MANIFEST "$work/MANIFEST"
else
	stop "this is neither a clone (git says: $(git rev-parse --show-toplevel 2>&1 || true)) nor an unpacked dist (no MANIFEST)"
fi

read -r version time <"$work/MANIFEST"
name=recpipe-$version
mkdir "$work/$name"
sed 1d "$work/MANIFEST" >"$work/files"
while read -r mode file; do
	[ -f "$file" ] || stop "$file is missing; MANIFEST names it"
	case $file in */*) mkdir -p "$work/$name/${file%/*}" ;; esac
	cp "$file" "$work/$name/$file"
	chmod "$mode" "$work/$name/$file"
done <"$work/files"
cp "$work/MANIFEST" "$work/$name/MANIFEST"
chmod 644 "$work/$name/MANIFEST"

{ cut -d ' ' -f 2- "$work/files"; echo MANIFEST; } | sort | sed "s,^,$name/," >"$work/names"
$tar -c -f "$work/tar" -C "$work" --format=ustar --owner=0 --group=0 --numeric-owner --mtime="@$time" --no-recursion -T "$work/names"
gzip -9n <"$work/tar" >"$work/gz"
cp "$work/gz" "$to/.$name.tar.gz.$$" || { rm -f "$to/.$name.tar.gz.$$"; exit 1; }
mv "$to/.$name.tar.gz.$$" "$to/$name.tar.gz"
