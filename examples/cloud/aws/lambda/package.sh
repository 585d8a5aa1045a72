#!/bin/sh
# SPDX-License-Identifier: MIT
# package.sh [-m MACHINE] [--layer] MODEL FOLDER [INTERACTIONS] - the package of
# a function of AWS Lambda: FOLDER/function.zip with bootstrap, a static
# rec-lambda, the model and the histories. MACHINE is x86_64 or aarch64 [this
# one]; Lambda calls the other arm64, which costs less.
#
# --layer puts model and histories into FOLDER/model.zip, a layer: they change
# more often than the program, or serve several functions.
# MODEL may be s3://BUCKET/KEY: then an environment copies it when it begins,
# and the function's REC_MODEL is to hold it (template.yaml: Model, Bucket).
#
# The same files give the same bytes. REC_STATIC names a folder that has
# MACHINE/bin/rec-lambda; without it one is made.
#
# Not tried on AWS: tests/cloud/lambda.bats runs it under the emulator of AWS.
set -eu
LC_ALL=C TZ=UTC
export LC_ALL TZ
here=$(cd "$(dirname "$0")" && pwd)
die() { echo "package: $*" >&2; exit 1; }
usage() { echo "usage: package.sh [-m MACHINE] [--layer] MODEL FOLDER [INTERACTIONS]" >&2; exit 2; }

machine=$(uname -m) layer=no
while [ $# -gt 0 ]; do
	case $1 in
	-m) [ $# -gt 1 ] || usage; machine=$2; shift ;;
	--layer) layer=yes ;;
	-*) usage ;;
	*) break ;;
	esac
	shift
done
[ $# -eq 2 ] || [ $# -eq 3 ] || usage
case $machine in x86_64 | aarch64) ;; arm64) machine=aarch64 ;; *) die "$machine: Lambda has x86_64 and aarch64" ;; esac
model=$1 folder=$2 interactions=${3:-}
command -v zip >/dev/null || die "zip is not installed"

static=${REC_STATIC:-}
if [ -z "$static" ]; then
	top=$(cd "$here/../../../.." && pwd)
	[ -f "$top/tests/serve_static.sh" ] || die "set REC_STATIC: a folder with $machine/bin/rec-lambda ('make static-serve' in the source makes it)"
	static=$top/build-static-serve
	sh "$top/tests/serve_static.sh" "$static" "$machine" >&2 || die "a static rec-lambda for $machine cannot be made: see above"
fi
[ -x "$static/$machine/bin/rec-lambda" ] || die "$static/$machine/bin/rec-lambda is not there"

mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP
mkdir "$work/function" "$work/model"
files=$work/function
[ "$layer" = no ] || files=$work/model
cp "$here/bootstrap" "$static/$machine/bin/rec-lambda" "$work/function"
case $model in
s3://*)
	mkdir -p "$work/function/store/aws"
	cp "$here/../../rec-get" "$here/../../store.sh" "$work/function/store"
	cp "$here/../store.sh" "$work/function/store/aws"
	;;
*://*) die "$model: a function of Lambda takes a file or s3://BUCKET/KEY" ;;
*)
	rec-cat -q --verify "$model" >/dev/null || die "$model is not whole"
	cp "$model" "$files/model.rec"
	;;
esac
[ -z "$interactions" ] || rec-cat -q --to recmat -o "$files/train.rec" "$interactions" || die "$interactions cannot be read"

# archive FOLDER FILE: names in order, one time, modes that do not depend on the
# umask; Lambda starts bootstrap as another user.
archive() (
	cd "$1"
	find . -type d -exec chmod 755 {} + -o -type f -exec chmod 644 {} +
	for f in bootstrap rec-lambda store/rec-get; do [ ! -f "$f" ] || chmod 755 "$f"; done
	find . -exec touch -t 202001010000 {} +
	rm -f "$2.new.zip"
	find . -type f | sed 's,^\./,,' | sort | zip -q -X -9 -@ "$2.new.zip"
	mv "$2.new.zip" "$2"
)

# Lambda's limits: the unpacked package with its layers, and what is uploaded
# without S3.
unpacked=$(du -sk --apparent-size "$work" | cut -f 1)
[ "$unpacked" -le $((250 * 1024)) ] || die "$unpacked KiB: Lambda takes 250 MB with all layers. Put the model into S3 and give s3://BUCKET/KEY, or make an image"
archive "$work/function" "$folder/function.zip"
[ "$layer" = no ] || archive "$work/model" "$folder/model.zip"
for f in "$folder/function.zip" "$folder/model.zip"; do
	[ -f "$f" ] || continue
	size=$(wc -c <"$f")
	echo "package: $f, $size bytes" >&2
	[ "$size" -le $((50 << 20)) ] || echo "package: $f is above 50 MB: upload it through S3 ('sam deploy' does)" >&2
done
