#!/bin/sh
# SPDX-License-Identifier: MIT
# init.sh - an initialization action of Dataproc: the commands of
# recpipe-cluster.tar.gz on every node, in /usr/local/recpipe and in PATH. The
# cluster's metadata say where from:
#
#	gcloud dataproc clusters create ... --metadata=rec-from=gs://BUCKET/recpipe \
#	  --initialization-actions=gs://BUCKET/recpipe/init.sh
#
# It runs as root, also on nodes that join later. If it fails, so does the
# cluster. Serverless batches have no such thing: there the archive comes with
# the batch (Makefile).
set -eu
root=${REC_ROOT:-/usr/local/recpipe} bin=${REC_LINKS:-/usr/local/bin}
from=$(/usr/share/google/get_metadata_value attributes/rec-from) ||
	{ echo "init.sh: the cluster has no metadata rec-from=gs://BUCKET/FOLDER" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A file, not a pipe: a copy that breaks off must not be an archive that ends.
gcloud storage cp "$from/recpipe-cluster.tar.gz" "$work/archive"
mkdir -p "$root"
tar -x -z -f "$work/archive" -C "$root" --no-same-owner
ln -sf "$root/bin/$(uname -m)"/rec-* "$bin"
"$bin/rec-topn" --version
