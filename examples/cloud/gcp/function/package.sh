#!/bin/sh
# SPDX-License-Identifier: MIT
# package.sh MODEL FOLDER [INTERACTIONS] - the folder of the function, ready to
# deploy: its Python, static filters, the model, and the histories of known
# users, as sorted text. Then:
#
#	gcloud run deploy recommend --source=FOLDER --function=recommend \
#	  --base-image=python313 --region=europe-west1 --memory=1Gi --cpu=1 \
#	  --concurrency=8 --timeout=10 --no-allow-unauthenticated \
#	  --set-env-vars=REC_SECONDS=9,REC_MEMORY=1073741824
#
# REC_STATIC names the folder of static rec-topn and rec-score; without it they
# are made. A folder may have 500 MB, 100 MB of them compressed. A larger model
# lies in a bucket: MODEL is its gs:// URL, and is to be in REC_MODEL, too; an
# instance copies it to /tmp, which is memory. Or the bucket is mounted
# (--add-volume, --add-volume-mount), and REC_MODEL is a file there.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
die() {
	echo "package: $*" >&2
	exit 1
}
if [ $# -ne 2 ] && [ $# -ne 3 ]; then
	echo "usage: package.sh MODEL FOLDER [INTERACTIONS]" >&2
	exit 2
fi
model=$1 folder=$2 interactions=${3:-}
static=${REC_STATIC:-}
if [ -z "$static" ]; then
	root=$(cd "$here/../../../.." && pwd)
	static=$root/build-static
	STATIC=${STATIC:-musl} sh "$root/tests/static.sh" "$static" >&2 ||
		die "static filters cannot be made: see above"
	static=$static/bin
fi
mkdir -p "$folder/bin"
for f in main.py asked.py coprocess.py requirements.txt .gcloudignore; do
	cp "$here/$f" "$folder"
done
for f in rec-topn rec-score; do
	[ -x "$static/$f" ] || die "$static/$f is not there: REC_STATIC names its folder"
	cp "$static/$f" "$folder/bin/$f"
	chmod 755 "$folder/bin/$f"
done
case $model in
*://*)
	mkdir -p "$folder/bin/gcp"
	cp "$here/../../rec-get" "$here/../../store.sh" "$folder/bin"
	cp "$here/../store.sh" "$folder/bin/gcp"
	;;
*)
	rec-cat -q --verify "$model" >&2 || die "$model is not whole"
	cp "$model" "$folder/model.rec"
	;;
esac
if [ -n "$interactions" ]; then
	# by a file between: a pipe hides that its first command failed
	rec-cat -q "$interactions" >"$folder/histories.part" || die "$interactions cannot be read"
	LC_ALL=C sort -o "$folder/histories.tsv" "$folder/histories.part"
	rm "$folder/histories.part"
fi
size=$(du -sk "$folder" | cut -f 1)
[ "$size" -le 488281 ] ||
	die "$folder has $size KiB, and the platform takes 500 MB: put the model into a bucket"
echo "package: $folder, $size KiB" >&2
