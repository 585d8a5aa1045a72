#!/bin/sh
# SPDX-License-Identifier: MIT
# build.sh DIR - the image of Containerfile for x86-64 and arm64, as one archive
# of OCI with both: DIR/recpipe.oci.tar. Prints its digest. The version of
# recpipe is its tag. It goes to a registry by
#
#	skopeo copy --all oci-archive:DIR/recpipe.oci.tar \
#	    docker://registry.example/recpipe:0.1.0
#
# BASE names an image to build on, which is pulled; without it the base is made
# from packages of Debian (base.sh). MACHINES are those to build for
# ["x86_64 aarch64"].
#
# buildah(1) builds; its storage is in DIR, and no daemon runs. The binaries are
# static (tests/archive.sh, tests/serve_static.sh). All times are that of the commit, so the same
# source, compilers and packages give the same digest. Exit 3: a program that it
# needs is missing.
set -eu
[ $# -eq 1 ] || { echo "usage: build.sh DIR" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
mkdir -p "$1"
dir=$(cd "$1" && pwd)
machines=${MACHINES:-x86_64 aarch64}
[ -e "$top/tests/archive.sh" ] || { echo "build.sh: runs in the source tree of recpipe" >&2; exit 2; }
version=$(cat "$top/VERSION")
command -v buildah >/dev/null || { echo "build.sh: no buildah (Debian: buildah)" >&2; exit 3; }

time=$(git -C "$top" log -1 --format=%ct 2>/dev/null || sed -n '1s/.* //p' "$top/MANIFEST")
export SOURCE_DATE_EPOCH="$time"

quiet() { "$@" >"$dir/log" 2>&1 || { tail -5 "$dir/log" >&2; echo "build.sh: failed: $*" >&2; exit 1; }; }
builder() { quiet buildah --storage-driver vfs --root "$dir/storage" --runroot "$dir/run" "$@"; }
other_name() { case $1 in x86_64) name=amd64 ;; aarch64) name=arm64 ;; *) echo "build.sh: $1: not x86_64 or aarch64" >&2; exit 2 ;; esac; }

# --- What goes in

rm -rf "$dir/context"
for machine in $machines; do
	other_name "$machine"
	quiet sh "$top/tests/archive.sh" -m "$machine" "$dir/$machine"
	mkdir -p "$dir/context/bin/$name"
	quiet sh "$top/tests/serve_static.sh" "$dir/serve" "$machine"
	for c in "$dir/$machine/$machine"/bin/rec-* "$dir/serve/$machine/bin/rec-serve"; do
		install -m 755 "$c" "$dir/context/bin/$name"
	done
done
mkdir -p "$dir/context/cloud"
(cd "$top/examples/cloud" && for f in rec-get rec-put task.sh store.sh aws/store.sh gcp/store.sh azure/store.sh; do
	mkdir -p "$dir/context/cloud/${f%/*}" 2>/dev/null || :
	echo "$f"
done | tar -cf - -T -) | tar -xf - -C "$dir/context/cloud"
cp "$here/Containerfile" "$dir/context"
chmod -R u=rwX,go=rX "$dir/context"
find "$dir/context" -exec touch -h -d "@$time" {} +

# --- The images, and the index of both

rm -rf "$dir/storage" "$dir/run" "$dir/recpipe.oci.tar"
builder manifest create recpipe
for machine in $machines; do
	other_name "$machine"
	base=${BASE:-}
	if [ -z "$base" ]; then
		base=localhost/base:$name
		[ -e "$dir/base-$name.tar" ] || sh "$here/base.sh" "$machine" "$dir/base-$name.tar"
		builder from --name "base-$name" --arch "$name" scratch
		builder add "base-$name" "$dir/base-$name.tar" /
		builder commit --timestamp "$time" --rm "base-$name" "$base"
	fi
	builder bud --isolation chroot --arch "$name" --build-arg "BASE=$base" --build-arg "TARGETARCH=$name" --timestamp "$time" \
		--label "org.opencontainers.image.version=$version" -t "recpipe:$name" "$dir/context"
	builder manifest add recpipe "recpipe:$name"
done
builder manifest push --all recpipe "oci-archive:$dir/recpipe.oci.tar:$version"
tar -xOf "$dir/recpipe.oci.tar" index.json | tr ',' '\n' | sed -n 's/.*"digest": *"\([^"]*\)".*/\1/p' | head -1
