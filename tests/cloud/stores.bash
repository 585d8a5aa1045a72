# SPDX-License-Identifier: MIT
# stores.bash - for the tests that keep objects: the stand-in of the three
# protocols (store.py), and the emulators.

CLOUDS="s3://bucket gs://bucket az://bucket"

# The stand-in, and the settings for it.
stand_in() {
	needs python3 curl
	PORT=$(free_port)
	start python3 "$ROOT/tests/cloud/store.py" "$PORT"
	export PATH="$CLOUD:$PATH" TMPDIR=$PWD/tmp REC_RETRIES=1
	mkdir -p tmp
	export AWS_ENDPOINT_URL=http://127.0.0.1:$PORT AWS_ACCESS_KEY_ID=key AWS_SECRET_ACCESS_KEY=secret AWS_REGION=eu-central-1
	export STORAGE_EMULATOR_HOST=127.0.0.1:$PORT GOOGLE_OAUTH_ACCESS_TOKEN=token
	export AZURE_STORAGE_SERVICE_ENDPOINT=http://127.0.0.1:$PORT/account AZURE_STORAGE_SAS_TOKEN='?sv=1&sig=secret'
	await ask "http://127.0.0.1:$PORT/_"
	rec-gen -b --users 40 --items 60 --rows 400 >small.rec
}
objects() { ask "http://127.0.0.1:$PORT/_" | sort; }
faults() { printf '%s\n' "$@" | ask --data-binary @- "http://127.0.0.1:$PORT/_"; }
# lose URL: somebody else deletes the object
lose() {
	local key=${1#*://}
	case $1 in
	*) [ -z "${PORT:-}" ] || { ask -X DELETE "http://127.0.0.1:$PORT/_?$key"; return; } ;;&
	s3:*) "$(tool aws)" s3 rm --quiet "$1" ;;
	gs:*) ask -o /dev/null -X DELETE "$STORAGE_EMULATOR_HOST/storage/v1/b/bucket/o/$(printf %s "${key#*/}" | sed 's,/,%2F,g')" ;;
	az:*) ask -o /dev/null -X DELETE -H 'x-ms-version: 2021-12-02' "$AZURE_STORAGE_SERVICE_ENDPOINT/$key?${AZURE_STORAGE_SAS_TOKEN#\?}" ;;
	esac
}

# emulators: the three, and the settings for them; what is not there is left
# out, aloud
emulators() {
	needs curl python3
	export PATH="$CLOUD:$PATH" REC_RETRIES=2
	CLOUDS=''
	local p g a
	if tool moto_server >/dev/null; then
		p=$(free_port)
		start "$(tool moto_server)" -H 127.0.0.1 -p "$p"
		await ask "http://127.0.0.1:$p/moto-api/"
		export AWS_ENDPOINT_URL=http://127.0.0.1:$p AWS_ACCESS_KEY_ID=key AWS_SECRET_ACCESS_KEY=secret AWS_REGION=us-east-1
		ask -o /dev/null -X PUT --aws-sigv4 aws:amz:us-east-1:s3 -u key:secret "$AWS_ENDPOINT_URL/bucket"
		CLOUDS="s3://bucket"
	else
		echo "# SKIPPED, no moto_server: S3" >&3
	fi
	if tool fake-gcs-server >/dev/null; then
		g=$(free_port)
		start "$(tool fake-gcs-server)" -scheme http -host 127.0.0.1 -port "$g" -backend memory -public-host "127.0.0.1:$g"
		export STORAGE_EMULATOR_HOST=http://127.0.0.1:$g
		await ask "$STORAGE_EMULATOR_HOST/storage/v1/b?project=p"
		ask -o /dev/null "$STORAGE_EMULATOR_HOST/storage/v1/b?project=p" -H 'Content-Type: application/json' -d '{"name":"bucket"}'
		CLOUDS="$CLOUDS gs://bucket"
	else
		echo "# SKIPPED, no fake-gcs-server: Google Cloud Storage" >&3
	fi
	if tool azurite-blob >/dev/null && [ -x "$TOOLS/stores/bin/python" ]; then
		a=$(free_port)
		start "$(tool azurite-blob)" --silent --disableTelemetry --skipApiVersionCheck --inMemoryPersistence --blobHost 127.0.0.1 --blobPort "$a"
		export AZURE_STORAGE_SERVICE_ENDPOINT=http://127.0.0.1:$a/devstoreaccount1
		await ask "$AZURE_STORAGE_SERVICE_ENDPOINT"
		# The account and key that are published for the emulator.
		AZURE_STORAGE_SAS_TOKEN=$("$TOOLS/stores/bin/python" - "$AZURE_STORAGE_SERVICE_ENDPOINT" <<-'END'
			import datetime, sys
			from azure.storage.blob import BlobServiceClient, generate_container_sas
			a, k = "devstoreaccount1", "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
			BlobServiceClient(sys.argv[1], credential={"account_name": a, "account_key": k}).create_container("bucket")
			end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
			print(generate_container_sas(a, "bucket", account_key=k, permission="racwdl", expiry=end))
		END
		)
		export AZURE_STORAGE_SAS_TOKEN
		CLOUDS="$CLOUDS az://bucket"
	else
		echo "# SKIPPED, no azurite: Azure Blob" >&3
	fi
	[ -n "$CLOUDS" ] || skip "no emulator (tests/setup.sh cloud)"
}

# names CLOUD: of the objects there, as the cloud's own client sees them
names() {
	case $1 in
	s3:*) "$(tool aws)" s3api list-objects-v2 --bucket bucket --query 'Contents[].Key' --output text | tr '\t' '\n' | grep -vx None || true ;;
	gs:*) "$TOOLS/stores/bin/python" -c '
from google.cloud import storage
from google.auth.credentials import AnonymousCredentials
for b in storage.Client("p", AnonymousCredentials()).list_blobs("bucket"): print(b.name)' ;;
	az:*) "$TOOLS/stores/bin/python" -c '
import os
from azure.storage.blob import ContainerClient
for b in ContainerClient(os.environ["AZURE_STORAGE_SERVICE_ENDPOINT"], "bucket", os.environ["AZURE_STORAGE_SAS_TOKEN"]).list_blobs(): print(b.name)' ;;
	esac | sort
}
