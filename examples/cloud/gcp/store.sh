# shellcheck shell=sh disable=SC2034,SC2154
# SPDX-License-Identifier: MIT
# gcp/store.sh - Google Cloud Storage, by curl and its JSON interface.
#
# Rights: GOOGLE_OAUTH_ACCESS_TOKEN; what gcloud knows, with
# GOOGLE_APPLICATION_CREDENTIALS or without; the service account of the machine,
# job or pod, in this order. STORAGE_EMULATOR_HOST names another server, which
# is asked without rights.
#
# An upload by parts is seen by nobody byte its last part has come. Those of
# killed writers end by themselves after a week, and cost nothing.
rights='look at the roles of the account: roles/storage.objectUser, or objectCreator and objectViewer'

store_open() {
	tag=x-goog-generation
	endpoint=https://storage.googleapis.com
	case ${STORAGE_EMULATOR_HOST:-} in
	'') ;;
	http://* | https://*) endpoint=${STORAGE_EMULATOR_HOST%/} ;;
	*) endpoint=http://$STORAGE_EMULATOR_HOST ;;
	esac
	coded "$key"
	coded=$(printf %s "$coded" | sed 's,/,%2F,g')
	object=$endpoint/storage/v1/b/$bucket/o/$coded
	uploads="$endpoint/upload/storage/v1/b/$bucket/o?name=$coded"
}

store_login() {
	: >"$work/login"
	token=${GOOGLE_OAUTH_ACCESS_TOKEN:-}
	[ -n "$token" ] || [ -z "${STORAGE_EMULATOR_HOST:-}" ] || return 0
	[ -n "$token" ] || from_command || from_host ||
		die 1 "$url: no rights found: gcloud auth login, or give the job or machine a service account"
	config header "Authorization: Bearer $token" >"$work/login"
}
from_command() {
	command -v gcloud >/dev/null || return 1
	token=$(gcloud auth ${GOOGLE_APPLICATION_CREDENTIALS:+application-default} print-access-token 2>/dev/null </dev/null) && [ -n "$token" ]
}
from_host() {
	text=$(from_machine -H 'Metadata-Flavor: Google' \
		"http://${GCE_METADATA_HOST:-metadata.google.internal}/computeMetadata/v1/instance/service-accounts/default/token") || return 1
	token=$(printf %s "$text" | member access_token) && [ -n "$token" ]
}

store_get() { get_url="$object?alt=media" get_header='Accept-Encoding:'; }
store_put() {
	call POST "$uploads&uploadType=media" -T "$1" -H 'Content-Type: application/octet-stream'
	[ "$code" = 200 ] || refused put
}
store_begin() {
	: >"$work/empty"
	call POST "$uploads&uploadType=resumable" -T "$work/empty" -H 'X-Upload-Content-Type: application/octet-stream'
	[ "$code" = 200 ] || refused put
	upload=$(header location)
	[ -n "$upload" ] || die 4 "$url: put: an answer without Location"
}
store_part() {
	byte=$(($3 + $(size_of "$2") - 1))
	call PUT "$upload" -T "$2" -H "Content-Range: bytes $3-$byte/*"
	[ "$code" = 308 ] || refused put
	case $(header range) in
	*"-$byte") ;;
	*) die 4 "$url: put: only $(header range) of $((byte + 1)) bytes were kept; it may be tried again" ;;
	esac
}
store_finish() {
	total=$(($3 + $(size_of "$2")))
	call PUT "$upload" -T "$2" -H "Content-Range: bytes $3-$((total - 1))/$total"
	case $code in 200 | 201) ;; *) refused put ;; esac
}
store_abort() { call DELETE "$upload" -H 'Content-Length: 0'; }
store_clean() { say "$url: nothing to do: Google ends an upload after a week, and it is not charged"; }
