#!/bin/sh
# SPDX-License-Identifier: MIT
# package.sh [--envelope] MODEL FOLDER [INTERACTIONS] - the folder of the
# function app, ready to deploy: host.json, a folder for each function, a static
# rec-serve as custom handler, the model, the histories. Then, on Flex
# Consumption:
#
#	az functionapp create --name APP --resource-group GROUP --storage-account STORE \
#	  --flexconsumption-location westeurope --runtime custom \
#	  --instance-memory 2048
#	cd FOLDER && func azure functionapp publish APP --custom
#
# Not tried against Azure: the host is stood in for (tests/cloud/azure.bats).
#
# host.json hands requests over as they are (enableProxyingHttpRequest); with
# --envelope it is host-envelope.json: requests come wrapped in JSON, as an app
# wants it that has other bindings, too. Clients send the key of the function in
# the head, x-functions-key: in the query, as ?code=, rec-serve refuses it.
#
# REC_STATIC names the folder of a static rec-serve; without it one is made.
# MODEL may be az://CONTAINER/BLOB: then an instance copies it when it starts;
# the settings of the app are to hold it as REC_MODEL, and the name of the
# account as AZURE_STORAGE_ACCOUNT; the identity of the app is to have the role
# Storage Blob Data Reader.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
die() {
	echo "package: $*" >&2
	exit 1
}
host=host.json
[ "${1:-}" != --envelope ] || { host="host-envelope.json"; shift; }
if [ $# -ne 2 ] && [ $# -ne 3 ]; then
	echo "usage: package.sh [--envelope] MODEL FOLDER [INTERACTIONS]" >&2
	exit 2
fi
model=$1 folder=$2 interactions=${3:-}
static=${REC_STATIC:-}
if [ -z "$static" ]; then
	root=$(cd "$here/../../../.." && pwd)
	make -s -C "$root" B=build-serve LDFLAGS=-static build-serve/bin/rec-serve >&2 ||
		die "a static rec-serve cannot be made: see above"
	static=$root/build-serve/bin
fi
mkdir -p "$folder"
for f in topn similar score start.sh local.settings.json .funcignore; do
	cp -R "$here/$f" "$folder"
done
cp "$here/$host" "$folder/host.json"
[ -x "$static/rec-serve" ] || die "$static/rec-serve is not there: REC_STATIC names its folder"
cp "$static/rec-serve" "$folder/rec-serve"
chmod 755 "$folder/rec-serve" "$folder/start.sh"
case $model in
*://*)
	mkdir -p "$folder/store/azure"
	cp "$here/../../rec-get" "$here/../../store.sh" "$folder/store"
	cp "$here/../store.sh" "$folder/store/azure"
	;;
*)
	rec-cat -q --verify "$model" >&2 || die "$model is not whole"
	cp "$model" "$folder/model.rec"
	;;
esac
if [ -n "$interactions" ]; then
	rec-cat -q --to recmat -o "$folder/train.rec" "$interactions" ||
		die "$interactions cannot be read"
fi
echo "package: $folder, $(du -sk "$folder" | cut -f 1) KiB" >&2
