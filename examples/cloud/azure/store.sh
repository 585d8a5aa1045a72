# shellcheck shell=sh disable=SC2034,SC2154
# SPDX-License-Identifier: MIT
# azure/store.sh - Azure Blob Storage, by curl.
#
# az://CONTAINER/BLOB with AZURE_STORAGE_ACCOUNT, or the whole address.
# AZURE_STORAGE_SERVICE_ENDPOINT names another server, account included.
#
# Rights: AZURE_STORAGE_SAS_TOKEN; the identity of a pod (AKS), of a function or
# Container App, what the az command knows, the identity of the machine, in this
# order. AZURE_CLIENT_ID chooses one of several identities. A key of the account
# is not taken: make a signature (SAS) of it.
#
# An upload by parts is seen by nobody until its list of blocks has come. Those
# of killed writers go after a week. Who writes a blob removes the blocks that
# others have sent for it: of two writers the one that ends later fails with 4.
rights='look at the roles of the identity: Storage Blob Data Contributor; or at the permissions of the SAS: rcw'
resource=https://storage.azure.com/

store_open() {
	tag=etag
	place=${AZURE_STORAGE_SERVICE_ENDPOINT:-}
	case $host in
	?*) place=https://$host ;;
	*)
		[ -n "$place" ] || [ -n "${AZURE_STORAGE_ACCOUNT:-}" ] || die 1 "$url: set AZURE_STORAGE_ACCOUNT to the name of the account"
		place=${place:-https://$AZURE_STORAGE_ACCOUNT.blob.core.windows.net}
		;;
	esac
	coded=$key
	case $host:$key in
	:*) ;;
	*[?#]*) bad_usage "${url%%[?#]*}: a ? or # in the address; a SAS goes into AZURE_STORAGE_SAS_TOKEN" ;;
	*' '*) bad_usage "$url: a blank in the address; write %20" ;;
	esac
	[ -n "$host" ] || coded "$key"
	object=${place%/}/$bucket/$coded
	sas=${AZURE_STORAGE_SAS_TOKEN:-}
	sas=${sas#\?}
}

store_login() {
	{
		config header 'x-ms-version: 2021-12-02'
		config header "x-ms-date: $(LC_ALL=C date -u '+%a, %d %b %Y %H:%M:%S GMT')"
		[ -n "$sas" ] || find_token
		[ -n "$sas" ] || config header "Authorization: Bearer $token"
	} >"$work/login"
}
find_token() {
	token=''
	from_pod || from_function || from_command || from_host ||
		die 1 "$url: no rights found: set AZURE_STORAGE_SAS_TOKEN, or az login, or give the job or machine an identity"
}
token_in() { token=$(printf %s "$text" | member access_token); [ -n "$token" ]; }
from_pod() {
	[ -n "${AZURE_FEDERATED_TOKEN_FILE:-}" ] || return 1
	authority=${AZURE_AUTHORITY_HOST:-https://login.microsoftonline.com/}
	text=$(from_machine "${authority%/}/${AZURE_TENANT_ID:-}/oauth2/v2.0/token" -d grant_type=client_credentials \
		-d client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer --data-urlencode "client_id=${AZURE_CLIENT_ID:-}" \
		--data-urlencode "scope=$resource.default" --data-urlencode "client_assertion@$AZURE_FEDERATED_TOKEN_FILE") && token_in
}
from_function() {
	[ -n "${IDENTITY_ENDPOINT:-}" ] && [ -n "${IDENTITY_HEADER:-}" ] || return 1
	config header "X-IDENTITY-HEADER: $IDENTITY_HEADER" >"$work/asked"
	asked="api-version=2019-08-01&resource=$resource${AZURE_CLIENT_ID:+&client_id=$AZURE_CLIENT_ID}"
	text=$(from_machine -K "$work/asked" "$IDENTITY_ENDPOINT?$asked") && token_in
}
from_command() {
	command -v az >/dev/null || return 1
	token=$(az account get-access-token --resource "$resource" --query accessToken -o tsv 2>/dev/null </dev/null) && [ -n "$token" ]
}
from_host() {
	machine=${AZURE_POD_IDENTITY_AUTHORITY_HOST:-http://169.254.169.254}
	asked="api-version=2018-02-01&resource=$resource${AZURE_CLIENT_ID:+&client_id=$AZURE_CLIENT_ID}"
	text=$(from_machine -H 'Metadata: true' "$machine/metadata/identity/oauth2/token?$asked") && token_in
}

store_get() { get_url=$object${sas:+?$sas} get_header='Accept-Encoding:'; }
store_put() {
	call PUT "$object${sas:+?$sas}" -T "$1" -H 'x-ms-blob-type: BlockBlob' -H 'Content-Type: application/octet-stream'
	[ "$code" = 201 ] || refused put
}
# Identifiers of all blocks of a blob have one length; those of two writers
# differ.
store_begin() {
	upload=$(od -An -N 12 -tx1 /dev/urandom | tr -d ' \n')
	: >"$work/parts"
}
store_part() {
	[ "$1" -le 50000 ] || die 1 "$url: more than 50000 parts: use a larger --chunk"
	block=$upload$(printf %06d "$1")	# 30 letters of those that base64 has
	call PUT "$object?comp=block&blockid=${block}00${sas:+&$sas}" -T "$2"
	[ "$code" = 201 ] || refused put
	printf '<Latest>%s00</Latest>' "$block" >>"$work/parts"
}
store_finish() {
	store_part "$1" "$2"
	printf '<?xml version="1.0" encoding="utf-8"?><BlockList>%s</BlockList>' "$(cat "$work/parts")" >"$work/list"
	call PUT "$object?comp=blocklist${sas:+&$sas}" -T "$work/list" -H 'x-ms-blob-content-type: application/octet-stream'
	case $code:$(header x-ms-error-code) in
	400:InvalidBlockList) die 4 "$url: put: another writer of this blob was first; it may be tried again" ;;
	esac
	[ "$code" = 201 ] || refused put
}
store_abort() { :; }
store_clean() { say "$url: nothing to do: Azure removes an upload that was not ended after a week"; }
