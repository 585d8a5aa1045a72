# shellcheck shell=sh disable=SC2034,SC2154
# SPDX-License-Identifier: MIT
# aws/store.sh - Amazon S3, and what speaks its protocol, by curl with
# signatures of version 4.
#
# Rights: AWS_ACCESS_KEY_ID and its kin; the role of a task (ECS, Batch, EKS), of
# a web identity, what the aws command knows (profiles, SSO), the role of the
# machine, in this order. AWS_REGION, and AWS_ENDPOINT_URL_S3 or
# AWS_ENDPOINT_URL for another server.
#
# An upload by parts is seen by nobody until it is completed. Those of killed
# writers cost money until they are removed: rec-put --clean, or a rule of the
# bucket (AbortIncompleteMultipartUpload) does that.
rights='look at the rights of the role or key: s3:GetObject, s3:PutObject, s3:AbortMultipartUpload'

store_open() {
	tag=etag
	region=${AWS_REGION:-${AWS_DEFAULT_REGION:-}}
	[ -n "$region" ] || ! command -v aws >/dev/null || region=$(aws configure get region 2>/dev/null)
	[ -n "$region" ] || die 1 "$url: no region: set AWS_REGION to the one of the bucket"
	endpoint=${AWS_ENDPOINT_URL_S3:-${AWS_ENDPOINT_URL:-}}
	case $bucket:$endpoint in
	*:?*) place=${endpoint%/}/$bucket ;;
	*.*:) place=https://s3.$region.amazonaws.com/$bucket ;;	# no certificate is for two dots
	*) place=https://$bucket.s3.$region.amazonaws.com ;;
	esac
	coded "$key"
	object=$place/$coded
}

store_login() {
	id=${AWS_ACCESS_KEY_ID:-} secret=${AWS_SECRET_ACCESS_KEY:-} token=${AWS_SESSION_TOKEN:-}
	[ -n "$id" ] && [ -n "$secret" ] || from_task || from_web_identity || from_command || from_host ||
		die 1 "$url: no rights found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the task or machine a role"
	{
		config aws-sigv4 "aws:amz:$region:s3"
		config user "$id:$secret"
		[ -z "$token" ] || config header "x-amz-security-token: $token"
	} >"$work/login"
}
rights_in() {	# of JSON in $text
	id=$(printf %s "$text" | member AccessKeyId) secret=$(printf %s "$text" | member SecretAccessKey)
	token=$(printf %s "$text" | member "$1")
	[ -n "$id" ] && [ -n "$secret" ]
}
from_task() {
	uri=${AWS_CONTAINER_CREDENTIALS_FULL_URI:-}
	[ -z "${AWS_CONTAINER_CREDENTIALS_RELATIVE_URI:-}" ] || uri=http://169.254.170.2$AWS_CONTAINER_CREDENTIALS_RELATIVE_URI
	[ -n "$uri" ] || return 1
	token=${AWS_CONTAINER_AUTHORIZATION_TOKEN:-}
	[ -z "${AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE:-}" ] || token=$(cat "$AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
	if [ -n "$token" ]; then config header "Authorization: $token"; fi >"$work/asked"
	text=$(from_machine -K "$work/asked" "$uri") && rights_in Token
}
from_web_identity() {
	[ -n "${AWS_WEB_IDENTITY_TOKEN_FILE:-}" ] && [ -n "${AWS_ROLE_ARN:-}" ] || return 1
	text=$(from_machine "${AWS_ENDPOINT_URL_STS:-${AWS_ENDPOINT_URL:-https://sts.$region.amazonaws.com}}/" \
		-d Action=AssumeRoleWithWebIdentity -d Version=2011-06-15 --data-urlencode "RoleArn=$AWS_ROLE_ARN" \
		--data-urlencode "RoleSessionName=${AWS_ROLE_SESSION_NAME:-recpipe}" \
		--data-urlencode "WebIdentityToken@$AWS_WEB_IDENTITY_TOKEN_FILE") || return 1
	id=$(printf %s "$text" | element AccessKeyId) secret=$(printf %s "$text" | element SecretAccessKey)
	token=$(printf %s "$text" | element SessionToken)
	[ -n "$id" ] && [ -n "$secret" ]
}
from_command() {
	command -v aws >/dev/null && text=$(aws configure export-credentials 2>/dev/null) && rights_in SessionToken
}
from_host() {
	case ${AWS_EC2_METADATA_DISABLED:-} in [Tt][Rr][Uu][Ee]) return 1 ;; esac
	machine=${AWS_EC2_METADATA_SERVICE_ENDPOINT:-http://169.254.169.254}
	machine=${machine%/}/latest
	token=$(from_machine -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' "$machine/api/token") || return 1
	config header "X-aws-ec2-metadata-token: $token" >"$work/asked"
	role=$(from_machine -K "$work/asked" "$machine/meta-data/iam/security-credentials/") &&
		text=$(from_machine -K "$work/asked" "$machine/meta-data/iam/security-credentials/$role") && rights_in Token
}

store_hint() {
	right=$(header x-amz-bucket-region)
	[ -n "$right" ] || right=$(element Region <"$work/body")
	[ -z "$right" ] || [ "$right" = "$region" ] || printf '; the bucket is in %s: set AWS_REGION' "$right"
}

# s3 METHOD QUERY [FILE]: S3 compares the bytes of FILE with the signed hash.
s3() {
	hash=$(sha256sum "${3:-/dev/null}") || die 1 "sha256sum is needed"
	call "$1" "$object$2" ${3:+-T "$3"} -H "x-amz-content-sha256: ${hash%% *}"
}
store_get() {
	hash=$(sha256sum </dev/null)
	get_url=$object get_header="x-amz-content-sha256: ${hash%% *}"
}
store_put() { s3 PUT '' "$1"; [ "$code" = 200 ] || refused put; }
store_begin() {
	: >"$work/empty"
	s3 POST '?uploads=' "$work/empty"
	[ "$code" = 200 ] || refused put
	upload=$(element UploadId <"$work/body")
	[ -n "$upload" ] || die 4 "$url: put: an answer without UploadId"
	strict "$upload"
	upload=$coded
	: >"$work/parts"
}
store_part() {
	[ "$1" -le 10000 ] || die 1 "$url: more than 10000 parts: use a larger --chunk"
	s3 PUT "?partNumber=$1&uploadId=$upload" "$2"
	[ "$code" = 200 ] || refused put
	printf '<Part><PartNumber>%s</PartNumber><ETag>%s</ETag></Part>' "$1" "$(header etag)" >>"$work/parts"
}
store_finish() {
	store_part "$1" "$2"
	printf '<CompleteMultipartUpload>%s</CompleteMultipartUpload>' "$(cat "$work/parts")" >"$work/list"
	s3 POST "?uploadId=$upload" "$work/list"
	# After a long time S3 can answer 200 and put an error into the body.
	[ "$code" = 200 ] && grep -q '<CompleteMultipartUploadResult' "$work/body" && return 0
	[ "$code" != 200 ] || code=500
	[ "$code" != 404 ] || die 4 "$url: put: the upload is gone (ended by another, or already complete); it may be tried again"
	refused put
}
store_abort() { s3 DELETE "?uploadId=$upload"; }

# Uploads under PREFIX that began more than DAYS ago.
store_clean() {
	found=0 after='' marker=''
	before=$(date -u -d "@$(($(date +%s) - $2 * 86400))" +%Y-%m-%dT%H:%M:%S) || die 1 "date -d is needed"
	strict "$1"
	prefix=$coded more=true
	while [ "$more" = true ]; do
		object=$place/
		s3 GET "?${after:+key-marker=$after&}prefix=$prefix&${marker:+upload-id-marker=$marker&}uploads="
		[ "$code" = 200 ] || refused list
		elements <"$work/body" >"$work/left"
		more=$(sed -n 's/^IsTruncated>//p' "$work/left")
		strict "$(plain "$(sed -n 's/^NextKeyMarker>//p' "$work/left")")"
		after=$coded
		strict "$(plain "$(sed -n 's/^NextUploadIdMarker>//p' "$work/left")")"
		marker=$coded
		began=''
		while IFS= read -r line; do
			case $line in
			Key\>*) name=$(plain "${line#*>}") ;;
			UploadId\>*) strict "$(plain "${line#*>}")"; upload=$coded ;;
			Initiated\>*) began=${line#*>} ;;
			/Upload\>*) clean_one ;;
			esac
		done <"$work/left"
	done
	say "$url: $found removed"
}
plain() { printf %s "$1" | sed "s/&lt;/</g; s/&gt;/>/g; s/&quot;/\"/g; s/&apos;/'/g; s/&amp;/\&/g"; }
strict() { coded "$1"; coded=$(printf %s "$coded" | sed 's,/,%2F,g'); }
clean_one() {
	[ "$(printf '%s\n%s\n' "${began%%.*}" "$before" | sort | head -1)" != "$before" ] || return 0
	coded "$name"
	object=$place/$coded
	store_abort
	case $code in 204 | 404) found=$((found + 1)) ;; *) refused 'remove an upload' ;; esac
}
