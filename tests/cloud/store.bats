#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016 # the inner shells expand them
# rec-get and rec-put: whole objects or none, whoever fails, and when. The short
# form asks tests/cloud/store.py, which works out each signature again; the long
# one the emulators of the three clouds.

load common
load stores

# a stream of several parts of 5 MiB
make_big() {
	rec-gen -b --users 600 --items 4000 --rows 500000 >one.rec
	cat one.rec one.rec one.rec >big.rec
	[ "$(wc -c <big.rec)" -gt 11000000 ]
}
# nothing is left of a run
no_files() { [ -z "$(ls -A tmp)" ] || fail "left: $(find tmp)"; }

# bats test_tags=short
@test "store: scripts pass shellcheck, and say how they are used" {
	needs shellcheck
	(cd "$CLOUD" && shellcheck -x rec-get rec-put store.sh ./*/store.sh)
	for c in rec-get rec-put; do
		exits 0 "$CLOUD/$c" --help
		grep -q "^usage: $c " out
		exits 2 "$CLOUD/$c"
		says "$c: no URL (see $c --help)"
		exits 2 "$CLOUD/$c" --none
		says "$c: unknown option '--none' (see $c --help)"
		exits 2 "$CLOUD/$c" http://bucket/x </dev/null
		says "$c: http://bucket/x: not s3://BUCKET/KEY, gs://BUCKET/NAME, az://CONTAINER/BLOB or https://ACCOUNT.blob.core.windows.net/CONTAINER/BLOB"
		exits 2 "$CLOUD/$c" s3://bucket </dev/null
		says "$c: s3://bucket: the name of the object is missing"
		exits 2 "$CLOUD/$c" s3:///x </dev/null
		exits 2 "$CLOUD/$c" s3://b..@x/x </dev/null
		exits 2 "$CLOUD/$c" "gs://bucket/a${TAB}b" </dev/null
		one_line "$c"
		exits 2 "$CLOUD/$c" 'https://a.blob.core.windows.net/c/b?sig=secret' </dev/null
		mentions AZURE_STORAGE_SAS_TOKEN
		! grep -q secret err || false
		exits 2 "$CLOUD/$c" gs://b1/x more more </dev/null
	done
	for wrong in '--range 5' '--range 5-4' '--range x-' '--part 3' '--part 3/2' '--part 0/2' '--chunk 0' '--range'; do
		# shellcheck disable=SC2086
		exits 2 "$CLOUD/rec-get" gs://b1/x $wrong
		one_line rec-get
	done
	exits 2 "$CLOUD/rec-put" --chunk 4 gs://b1/x
	says "rec-put: --chunk: 4 is not between 5 and 4000"
	exits 2 "$CLOUD/rec-put" --end x gs://b1/x -- true
	exits 2 "$CLOUD/rec-get" gs://b1/x file -- true
	exits 1 env -u AWS_REGION PATH="$PATH" "$CLOUD/rec-get" s3://bucket/x
	mentions "set AWS_REGION"
	exits 1 env AWS_REGION=x AWS_ENDPOINT_URL=http://127.0.0.1:1 "$CLOUD/rec-get" s3://bucket/x
	mentions "no rights found"
	exits 1 "$CLOUD/rec-get" az://bucket/x
	says "rec-get: az://bucket/x: set AZURE_STORAGE_ACCOUNT to the name of the account"
}

# bats test_tags=short
@test "store: objects go and come, in one piece or in parts, whatever their name" {
	stand_in
	make_big
	odd="a b/ü%41+~?&=[x]'\"\$*#\\.rec"
	for u in $CLOUDS; do
		exits 0 rec-put "$u/$odd" <small.rec
		[ ! -s err ]
		objects | grep -qF "bucket/$odd $(wc -c <small.rec)"
		exits 0 rec-get "$u/$odd"
		same out small.rec
		exits 0 rec-put --chunk 5 "$u/big.rec" -- cat big.rec
		rm -f got.rec
		exits 0 rec-get --chunk 5 "$u/big.rec" got.rec
		same got.rec big.rec
		[ "$(stat -c %a got.rec)" = "$(stat -c %a big.rec)" ]
		exits 0 rec-get --size "$u/big.rec"
		[ "$(cat out)" = "$(wc -c <big.rec)" ]
		exits 0 rec-get "$u/big.rec" -- wc -c
		[ "$(xargs <out)" = "$(wc -c <big.rec)" ]
		exits 0 rec-get --range 1000000-1000999 "$u/big.rec"
		cmp out <(tail -c +1000001 big.rec | head -c 1000)
		exits 0 rec-get --range 11000000- --chunk 1 "$u/big.rec"
		cmp out <(tail -c +11000001 big.rec)
		exits 1 rec-get --range 99999999- "$u/big.rec"
		says "rec-get: $u/big.rec: has only $(wc -c <big.rec) bytes"
		exits 0 rec-put "$u/empty" -- true
		exits 0 rec-get "$u/empty"
		[ ! -s out ]
		exits 0 rec-get "$u/empty" -- wc -c
		[ "$(xargs <out)" = 0 ]
		exits 0 rec-get --size "$u/empty"
		[ "$(cat out)" = 0 ]
		# what is not there is no empty input
		rm -f got
		for how in "" got "-- touch started"; do
			# shellcheck disable=SC2086
			exits 1 rec-get "$u/none" $how
			one_line rec-get
			mentions "$u/none: get: not there (404"
			[ ! -s out ] && [ ! -e got ] && [ ! -e started ]
		done
		exits 3 rec-get "$u/$odd" -- sh -c 'cat >/dev/null; exit 3'
		exits 0 rec-get "$u/big.rec" -- head -c 10
		cmp out <(head -c 10 big.rec)
		exits 1 rec-get "$u/big.rec" .
		exits 1 rec-get "$u/big.rec" no/such/x
		rec-get "$u/big.rec" 2>err | head -c 10 >/dev/null
		[ ! -s err ]
		exits 4 sh -c 'rec-get "$1" >/dev/full' - "$u/big.rec"
		exits 4 rec-put --chunk 5 "$u/killed" -- sh -c 'kill -KILL $$'
		mentions "sh was ended by signal 9; nothing was stored"
	done
	no_files
}

@test "store: parts of the lines are together the whole, once, wherever the borders fall" {
	stand_in
	awk 'BEGIN { for (i = 0; i < 400; i++) { s = i; for (j = (i * i) % 90; j > 0; j--) s = s "x"; print s } print ""; print ""; printf "no newline" }' >lines
	printf 'a\n%01000d\nb\n' 0 >long
	printf '\n\n\n' >blank
	for f in lines long blank; do
		rec-put gs://bucket/$f -- cat $f
		for n in 1 2 3 7; do
			for i in $(seq $n); do rec-get --part "$i/$n" gs://bucket/$f; done >joined
			same joined $f
		done
	done
	rec-get --part 2/3 gs://bucket/lines | head -1 | grep -qE '^[0-9]+x*$'
	rec-put gs://bucket/none -- true
	[ -z "$(rec-get --part 1/2 gs://bucket/none)" ]
}

# bats test_tags=short
@test "store: a writer that fails at any stage leaves nothing, and what was there before" {
	stand_in
	make_big
	for u in $CLOUDS; do
		rec-put "$u/old" -- echo before
		for at in 0 100 6000000 11000000; do
			exits 3 rec-put --chunk 5 "$u/old" -- sh -c 'head -c "$1" big.rec; exit 3' - $at
			says "rec-put: $u/old: sh: exit 3; nothing was stored"
			exits 4 rec-put --chunk 5 "$u/new" -- sh -c 'head -c "$1" big.rec; kill -KILL $$' - $at
			exits 1 rec-put --chunk 5 "$u/new.rec" < <(head -c $at big.rec)
			one_line rec-put
		done
		exits 1 rec-put --chunk 5 "$u/new.rec" -- head -c 6000000 big.rec	# says that it went well
		exits 127 rec-put "$u/new" -- no-such-command
		exits 1 rec-put "$u/new" </dev/null
		says "rec-put: $u/new: nothing came on stdin; nothing was stored"
		exits 1 rec-put "$u/new.rec" -- echo text
		says "rec-put: $u/new.rec: is text, and its name ends in .rec; nothing was stored"
		exits 2 rec-put "$u/new" < <(echo text)
		says "rec-put: $u/new: text on stdin does not show its end: give --rows, --end, or the command after --"
		exits 1 rec-put --rows 3 "$u/new" < <(printf '1\n2\n')
		says "rec-put: $u/new: 2 lines, not 3; nothing was stored"
		exits 1 rec-put --rows 2 "$u/new" < <(printf '1\n2\n3')
		says "rec-put: $u/new: the last line was cut off; nothing was stored"
		exits 1 rec-put --end DONE "$u/new" < <(printf '1\n2\nDON')
		says "rec-put: $u/new: the last line is not 'DONE'; nothing was stored"
		[ "$(objects | grep -v ^upload)" = "object bucket/old 7" ] || fail "$(objects)"
		[ "$u" = az://bucket ] || [ -z "$(objects | grep ^upload)" ] || fail "$(objects)"
		exits 0 rec-put --rows 2 "$u/old" < <(printf '1\n2\n')
		[ "$(rec-get "$u/old" | xargs)" = "1 2" ]
		exits 0 rec-put --end DONE "$u/old" < <(seq 1000000; echo DONE)
		rec-get "$u/old" | cmp - <(seq 1000000)
		exits 0 rec-put --trust "$u/old" -- head -c 100 big.rec
		rec-put "$u/old" -- echo before
		no_files
	done
}

@test "store: a writer that is told to stop gives its upload up; one that is killed leaves what nobody sees" {
	stand_in
	make_big
	for u in $CLOUDS; do
		for signal in TERM KILL; do
			rm -f sent
			rec-put --chunk 5 "$u/x.rec" -- sh -c 'head -c 11000000 big.rec; touch sent; exec sleep 30' 2>err &
			await test -e sent
			sleep 0.5
			kill -$signal $!
			status=0
			wait $! || status=$?
			if [ $signal = TERM ]; then
				[ $status -eq 4 ]
				says "rec-put: $u/x.rec: told to stop; nothing was stored; it may be tried again"
				no_files
			fi
			! objects | grep '^object' || false
		done
		rm -rf tmp/*
	done
	[ "$(objects | grep -c '^upload')" -eq 3 ]	# of Google and Azure, which end them themselves
	exits 0 rec-put --clean --older 4 s3://bucket/x
	says "rec-put: s3://bucket/x: 0 removed"
	exits 0 rec-put --clean s3://bucket/y
	[ "$(objects | grep -c '^upload')" -eq 3 ]
	for i in 1 2 3; do
		rec-put --chunk 5 "s3://bucket/x&$i.rec" -- sh -c 'head -c 11000000 big.rec; touch sent; exec sleep 3' & P=$!
		await test -e sent
		rm sent
		sleep 0.3
		kill -KILL $P
	done
	exits 0 rec-put --clean s3://bucket/x
	says "rec-put: s3://bucket/x: 4 removed"
	[ "$(objects | grep -c '^upload')" -eq 2 ]
	for u in gs://bucket az://bucket; do exits 0 rec-put --clean $u; one_line rec-put; done
}

@test "store: of two writers the last one whole wins; on Azure the later one is told" {
	stand_in
	make_big
	for u in $CLOUDS; do
		rm -f go
		status=0
		rec-put --chunk 5 "$u/x" -- sh -c 'head -c 11000000 big.rec; until [ -e go ]; do sleep 0.1; done; tail -c +11000001 big.rec' 2>err & P=$!
		sleep 1
		rec-put --chunk 5 "$u/x" -- cat big.rec small.rec
		rec-get "$u/x" | cmp - <(cat big.rec small.rec)
		touch go
		wait $P || status=$?
		if [ $u = az://bucket ]; then
			[ $status -eq 4 ]
			says "rec-put: $u/x: put: another writer of this blob was first; it may be tried again"
		else
			[ $status -eq 0 ]
			rec-get "$u/x" | cmp - big.rec
		fi
	done
}

@test "store: requests are tried again a few times; what goes wrong is said, and no piece passes for the whole" {
	stand_in
	make_big
	for u in $CLOUDS; do
		name=${u%%:*}
		rec-put --chunk 5 "$u/x.rec" -- cat big.rec
		faults 'GET x.rec 503 1' 'GET x.rec drop 1'
		REC_RETRIES=2 exits 0 rec-get --chunk 5 "$u/x.rec"
		same out big.rec
		faults 'GET x.rec short 1'
		exits 0 rec-get "$u/x.rec"
		same out big.rec
		faults 'GET x.rec 503 9'
		exits 4 rec-get "$u/x.rec"
		says "rec-get: $u/x.rec: get: 503; it may be tried again"
		faults 'GET x.rec drop 9'
		exits 4 rec-get "$u/x.rec" got.rec
		one_line rec-get
		mentions "no answer"
		faults 'GET x.rec 403 9'
		exits 1 rec-get "$u/x.rec"
		mentions "not allowed (403)"
		faults
	done
	u=gs://bucket
	# the second range fails, or is of another object
	(sleep 1; faults 'GET x.rec 503 9') & P=$!
	exits 4 rec-get --chunk 5 $u/x.rec -- sh -c 'head -c 100 >/dev/null; sleep 2; cat >/dev/null; touch whole'
	wait $P
	[ ! -e whole ]
	faults
	for u in $CLOUDS; do
		(sleep 1; faults 'GET x.rec other 9') & P=$!
		exits 4 rec-get --chunk 5 "$u/x.rec" -- sh -c 'head -c 100 >/dev/null; sleep 2; cat >/dev/null; touch whole'
		says "rec-get: $u/x.rec: was replaced while it was read; it may be tried again"
		wait $P
		faults
		[ ! -e whole ]
		faults 'PUT y.rec 503 1' 'POST name=y.rec 503 1' 'POST y.rec?upl 503 1'
		exits 0 rec-put --chunk 5 "$u/y.rec" -- cat big.rec
		rec-get "$u/y.rec" | cmp - big.rec
		faults 'PUT z.rec 503 9' 'POST name=z.rec 503 9' 'POST z.rec?upl 503 9'
		exits 4 rec-put --chunk 5 "$u/z.rec" -- cat big.rec
		says "rec-put: $u/z.rec: put: 503; it may be tried again"
		exits 4 rec-put "$u/z.rec" <small.rec
		faults
	done
	# the request that would make the object
	for what in 'POST z.rec?uploadId other 1' 'POST z.rec?uploadId 403 1' 'POST z.rec?uploadId drop 9'; do
		faults "$what"
		! rec-put --chunk 5 s3://bucket/z.rec -- cat big.rec 2>err || fail "$what"
		one_line rec-put
	done
	faults 'PUT z.rec?comp=blocklist 403 1'
	exits 1 rec-put --chunk 5 az://bucket/z.rec -- cat big.rec
	! objects | grep -F z.rec | grep -v '^upload' || false
	! objects | grep -F z.rec | grep -v blocks | grep -q nothing || false
	no_files
}

# bats test_tags=short
@test "store: rights come from the task, the pod, the machine, and stand in no list of processes" {
	stand_in
	here=http://127.0.0.1:$PORT
	mkdir bin
	printf '#!/bin/sh\nprintf "%%s\\n" "$*" >>"%s"\nexec %s "$@"\n' "$PWD/seen" "$(command -v curl)" >bin/curl
	chmod +x bin/curl
	PATH=$PWD/bin:$PATH
	printf jwt >jwt
	printf hand >hand
	try() { rec-put "$1/x.rec" <small.rec && rec-get "$1/x.rec" | cmp - small.rec; }
	try s3://bucket; try gs://bucket; try az://bucket
	[ "$(wc -l <seen)" -eq 6 ]
	! grep -E 'secret|token' seen || fail "$(cat seen)"
	unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY GOOGLE_OAUTH_ACCESS_TOKEN AZURE_STORAGE_SAS_TOKEN
	for c in aws gcloud az; do printf '#!/bin/sh\nexit 1\n' >bin/$c; chmod +x bin/$c; done
	: >seen
	AWS_CONTAINER_CREDENTIALS_FULL_URI=$here/role AWS_CONTAINER_AUTHORIZATION_TOKEN=hand try s3://bucket
	AWS_CONTAINER_CREDENTIALS_FULL_URI=$here/role AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=hand try s3://bucket
	AWS_WEB_IDENTITY_TOKEN_FILE=jwt AWS_ROLE_ARN=arn:aws:iam::1:role/x AWS_ENDPOINT_URL_STS=$here/sts try s3://bucket ||
		fail "$(cat seen)"
	AWS_EC2_METADATA_DISABLED=false AWS_EC2_METADATA_SERVICE_ENDPOINT=$here try s3://bucket
	! AWS_EC2_METADATA_DISABLED=true AWS_EC2_METADATA_SERVICE_ENDPOINT=$here rec-get s3://bucket/x.rec 2>err || false
	mentions "no rights found"
	# the emulator is asked without rights, Google itself with
	printf '#!/bin/sh\necho token\n' >bin/gcloud
	STORAGE_EMULATOR_HOST='' GCE_METADATA_HOST=127.0.0.1:$PORT sh -ec '
		me=test here=$1 umask=077
		. "$here/store.sh"
		take gs://bucket/x
		make_work
		store_open
		store_login
		grep -q "Bearer token" "$work/login"
		rm "$work/login"
		from_host && [ "$token" = token ]' - "$CLOUD"
	AZURE_FEDERATED_TOKEN_FILE=jwt AZURE_TENANT_ID=tenant AZURE_CLIENT_ID=c AZURE_AUTHORITY_HOST=$here/ try az://bucket
	IDENTITY_ENDPOINT=$here/identity IDENTITY_HEADER=hand try az://bucket
	AZURE_POD_IDENTITY_AUTHORITY_HOST=$here try az://bucket
	printf '#!/bin/sh\necho token\n' >bin/az
	try az://bucket
	printf '#!/bin/sh\n[ "$1" = configure ] && echo "{ \\"AccessKeyId\\": \\"key\\", \\"SecretAccessKey\\": \\"secret\\" }"\n' >bin/aws
	try s3://bucket
	! grep -E 'secret|hand|s3cr3t|to[+]k|Bearer' seen || fail "$(cat seen)"
	no_files
}

# bats test_tags=short
@test "store: --keep leaves an object that is there and whole" {
	stand_in
	for u in $CLOUDS; do
		exits 0 rec-put --keep "$u/x.rec" -- cat small.rec
		exits 0 rec-put --keep "$u/x.rec" -- touch started
		[ ! -e started ]
		rec-put --trust "$u/x.rec" -- head -c 100 small.rec
		exits 0 rec-put --keep --trust "$u/x.rec" -- touch started
		[ ! -e started ]
		exits 0 rec-put --keep "$u/x.rec" -- cat small.rec
		one_line rec-put
		mentions "it is made again"
		rec-get "$u/x.rec" | cmp - small.rec
	done
}

# --- The emulators

@test "store: the emulators hold what the official clients read, and give what they wrote" {
	emulators
	make_big
	for u in $CLOUDS; do
		rec-put --chunk 5 "$u/a b/ü.rec" -- cat big.rec
		rec-get --chunk 5 "$u/a b/ü.rec" | cmp - big.rec
		rec-put "$u/small" -- seq 5
		case $u in
		s3:*)
			needs_tool aws s5cmd
			"$(tool aws)" s3 cp --quiet "s3://bucket/a b/ü.rec" theirs
			S3_ENDPOINT_URL=$AWS_ENDPOINT_URL "$(tool s5cmd)" pipe s3://bucket/theirs <big.rec >/dev/null
			;;
		gs:*)
			"$TOOLS/stores/bin/python" - <<-'END'
				from google.cloud import storage
				from google.auth.credentials import AnonymousCredentials
				b = storage.Client("p", AnonymousCredentials()).bucket("bucket")
				b.blob("a b/ü.rec").download_to_filename("theirs")
				b.blob("theirs").upload_from_filename("big.rec")
			END
			;;
		az:*)
			needs_tool azcopy
			export AZCOPY_LOG_LOCATION=$PWD AZCOPY_JOB_PLAN_LOCATION=$PWD
			"$(tool azcopy)" copy "$AZURE_STORAGE_SERVICE_ENDPOINT/bucket/a%20b/%C3%BC.rec?$AZURE_STORAGE_SAS_TOKEN" theirs --from-to BlobLocal --skip-version-check >azcopy.out 2>&1 || fail "$(tail -5 azcopy.out)"
			"$(tool azcopy)" copy big.rec "$AZURE_STORAGE_SERVICE_ENDPOINT/bucket/theirs?$AZURE_STORAGE_SAS_TOKEN" --from-to LocalBlob --skip-version-check >azcopy.out 2>&1 || fail "$(tail -5 azcopy.out)"
			;;
		esac
		same theirs big.rec
		rec-get "$u/theirs" got
		same got big.rec
		rm theirs got
		[ "$(rec-get --part 2/2 "$u/small" | xargs)" = "4 5" ]
		[ "$(names "$u" | xargs)" = "a b/ü.rec small theirs" ] || fail "$(names "$u")"
	done
}

@test "store: on the emulators, too, a writer that fails or is killed at any stage leaves no object" {
	emulators
	make_big
	for u in $CLOUDS; do
		rec-put "$u/old" -- echo before
		for at in 0 100 6000000 11000000; do
			exits 3 rec-put --chunk 5 "$u/old" -- sh -c 'head -c "$1" big.rec; exit 3' - $at
			exits 4 rec-put --chunk 5 "$u/new" -- sh -c 'head -c "$1" big.rec; kill -KILL $$' - $at
			exits 1 rec-put --chunk 5 "$u/new.rec" < <(head -c $at big.rec)
			exits 1 rec-put --chunk 5 --rows 7 "$u/new" < <(head -c $at big.rec)
		done
		# rec-put itself, killed at any moment; then all of it, once
		for wait in 0.05 0.1 0.2 0.3 0.5 0.7 1; do
			rec-put --chunk 5 "$u/killed" -- cat big.rec 2>/dev/null &
			sleep $wait
			kill -KILL $! 2>/dev/null || true
			wait $! 2>/dev/null || true
			size=$(rec-get --size "$u/killed" 2>/dev/null) || continue
			[ "$size" = "$(wc -c <big.rec)" ] || fail "$u: $size bytes after $wait s"
			break
		done
		[ "$(names "$u" | grep -vx killed)" = old ] || fail "$(names "$u")"
		[ "$(rec-get "$u/old")" = before ]
		exits 1 rec-get "$u/new" -- touch started
		[ ! -e started ]
		rec-put --chunk 5 "$u/killed" -- cat big.rec
		rec-get "$u/killed" | cmp - big.rec
	done
	[ -z "${AWS_ENDPOINT_URL:-}" ] || exits 0 rec-put --clean --older 0 s3://bucket
	[ -z "${AWS_ENDPOINT_URL:-}" ] || [ "$("$(tool aws)" s3api list-multipart-uploads --bucket bucket --query 'length(Uploads || `[]`)')" = 0 ]
}
