#!/bin/sh
# SPDX-License-Identifier: MIT
# bootstrap.sh s3://BUCKET/recpipe - a bootstrap action of EMR on EC2: the
# commands of recpipe-cluster.tar.gz and the Python libraries of
# recpipe-python.tar.gz on every node, in /usr/local/recpipe; the commands are in
# PATH too. EMR runs it as the user hadoop, also on nodes that join later. If it
# fails, so does the node.
#
# EMR Serverless has no such thing: there the same archives come with the job
# (serverless.json).
set -eu
from=${1:?usage: bootstrap.sh s3://BUCKET/recpipe}
root=${REC_ROOT:-/usr/local/recpipe} bin=${REC_LINKS:-/usr/local/bin}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A file, not a pipe: a copy that breaks off must not be an archive that ends.
fetch() {	# fetch NAME DIR
	aws s3 cp --only-show-errors "$from/$1" "$work/$1"
	sudo mkdir -p "$2"
	sudo tar -x -z -f "$work/$1" -C "$2" --no-same-owner
	rm "$work/$1"
}
fetch recpipe-cluster.tar.gz "$root"
fetch recpipe-python.tar.gz "$root/environment"
sudo ln -sf "$root/bin/$(uname -m)"/rec-* "$bin"
"$bin/rec-topn" --version
"$root/environment/bin/python" -c 'import pyarrow, pandas'
