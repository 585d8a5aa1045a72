#!/bin/sh
# SPDX-License-Identifier: MIT
# source.sh PACKAGE DIR - the source of a package of the distribution, unpacked
# into DIR. What was fetched stays in DIR.apt, and is not fetched again.
#
# apt fetches and verifies it. Nothing is installed, and no list of the system
# is touched.
set -eu
[ $# -eq 2 ] || { echo "usage: source.sh PACKAGE DIR" >&2; exit 2; }
package=$1 dir=$2 kept=$2.apt

fetch() {
	command -v apt-get >/dev/null || { echo "source.sh: no apt-get to fetch the source of $package with" >&2; return 1; }
	work=$kept.new
	rm -rf "$work"
	mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/parts" "$work/source"
	# what the system gets packages from, as sources
	for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
		[ ! -f "$f" ] || sed -n 's/^deb /deb-src /p' "$f" >>"$work/parts/all.list"
	done
	for f in /etc/apt/sources.list.d/*.sources; do
		[ ! -f "$f" ] || sed 's/^Types:.*/Types: deb-src/' "$f" >"$work/parts/$(basename "$f")"
	done
	set -- -q -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$work/parts" -o Dir::State::Lists="$work/lists" -o Dir::Cache="$work/cache"
	if apt-get "$@" update && (cd "$work/source" && apt-get "$@" source --download-only "$package"); then
		rm -rf "$kept"
		mv "$work/source" "$kept"
		rm -rf "$work"
	else
		echo "source.sh: apt can't fetch the source of $package" >&2
		return 1
	fi
}

mkdir -p "$(dirname "$dir")"
dir=$(cd "$(dirname "$dir")" && pwd)/$(basename "$dir")
kept=$dir.apt
set -- "$kept"/*.orig.tar.*
[ -f "$1" ] || { fetch >"$dir.log" 2>&1 || { tail -3 "$dir.log" >&2; exit 1; }; }
for f in "$kept"/*.orig.tar.*; do
	case $f in *.asc) ;; *) set -- "$f" ;; esac
done
case $1 in *.bz2) unpack=bzip2 ;; *.xz) unpack=xz ;; *) unpack=gzip ;; esac
command -v $unpack >/dev/null || { echo "source.sh: no $unpack to unpack the source of $package with; install it" >&2; exit 1; }
rm -rf "$dir"
mkdir "$dir"
"$unpack" -d -c "$1" | tar -x -C "$dir" --strip-components 1
