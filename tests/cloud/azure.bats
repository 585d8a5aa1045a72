#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The function app of Azure under a stand-in for its host (azure_host.py), with
# requests as they are and wrapped in JSON; its files against their schemas.

load common

APP=$CLOUD/azure/functions
SCHEMAS=$TOOLS/schemas

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return 1
	command -v rec-serve >/dev/null || return 0
	make_train 60 40 900 | LC_ALL=C sort >train.tsv
	rec-als -q -k 8 --explicit <train.tsv >model.rec
	# rec-serve as it is here: it need not be static to run here
	bin=$(dirname "$(command -v rec-serve)")
	REC_STATIC=$bin sh "$APP/package.sh" model.rec proxy train.tsv 2>err || fail "$(cat err)"
	REC_STATIC=$bin sh "$APP/package.sh" --envelope model.rec envelope train.tsv 2>err || fail "$(cat err)"
	printf 'a stranger\ti7\t4\na stranger\ti9\n' >history.tsv
	echo '{"user":"a stranger","history":[["i7",4],"i9"],"n":5}' >history.json
	printf 'u5\ti1\nu5\ti2\nu7\ti2\nu5\tno such item\n' >pairs.tsv
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	D=$BATS_FILE_TMPDIR
	needs curl python3 jq
	command -v rec-serve >/dev/null || skip "rec-serve was left out of this build"
}

# run_host MODE [option...]: of the folder of that mode, until it answers
run_host() {
	local mode=$1
	shift
	port=$(free_port)
	BASE=http://127.0.0.1:$port
	: >started.out		# of a host before
	start python3 "$ROOT/tests/cloud/azure_host.py" "${FOLDER:-$D/$mode}" --port "$port" --key secret "$@"
	await grep -q 'is ready' started.out
}
stop_host() {
	kill "$STARTED"
	wait "$STARTED"
}
# handler: the process id of rec-serve
handler() {
	sed -n 's/^host: handler \([0-9]*\) is ready$/\1/p' started.out | tail -1
}
# another PID: a handler with another process id is ready
another() {
	[ "$(handler)" != "$1" ]
}
call() {
	ask -H 'x-functions-key: secret' "$@"
}
lines() {
	local target=$1
	shift
	call -H 'Accept: text/tab-separated-values' "$@" "$BASE$target"
}
is() {
	cat >got
	same got "$1"
}
list_of_u5() {
	grep "^u5$TAB" "$D/train.tsv" | rec-topn -q -m "$D/model.rec" -n "${1:-3}"
}
# status WANT curl-argument...: the body of the answer is left in body
status() {
	local want=$1
	shift
	[ "$(call -o body -w '%{http_code}' "$@")" = "$want" ] || fail "not $want: $(cat body)"
}
# refused STATUS curl-argument...: the reason is told as JSON
refused() {
	status "$@" && jq -e '.error | has("code") and has("reason")' body >/dev/null || fail "$(cat body)"
}

# bats test_tags=short
@test "azure: lists, similar items and scores are those of the commands in both modes, and 200 in a row" {
	for mode in proxy envelope; do
		run_host $mode
		rec-topn -q -m "$D/model.rec" -n 7 <"$D/train.tsv" >want.all
		for u in $(cut -f 1 want.all | uniq | awk 'NR % 12 == 1'); do
			grep "^$u$TAB" want.all >want
			lines "/topn?user=$u&n=7" | is want
		done
		rec-topn -q -m "$D/model.rec" -n 10 <"$D/history.tsv" >want
		lines /topn --data-binary @"$D/history.tsv" | is want
		head -5 want >want5
		lines /topn -H 'Content-Type: application/json' -d @"$D/history.json" | is want5
		rec-topn -q -m "$D/model.rec" -n 4 --similar-items <<<i5 | is <(lines '/similar?item=i5&n=4')
		rec-score -q -m "$D/model.rec" --history "$D/train.tsv" <"$D/pairs.tsv" | is <(lines /score --data-binary @"$D/pairs.tsv")
		python3 "$ROOT/tests/cloud/timed.py" warm 200 "$BASE/topn" want --body "$D/history.tsv" --type text/plain \
			--key secret --accept text/tab-separated-values >figures || fail "$(cat figures)"
		echo "# azure, $mode: $(cat figures), the stand-in for the host included" >&3
		stop_host
	done
}

# bats test_tags=short
@test "azure: unknown users are cold; garbage, wrong paths and no key are refused in both modes" {
	for mode in proxy envelope; do
		run_host $mode
		status 200 "$BASE/topn?user=nobody"
		jq -e '.cold and .items == []' body
		status 200 "$BASE/similar?item=nothing"
		jq -e '.cold and .items == []' body
		status 404 "$BASE/api/topn?user=u5"	# routePrefix is empty
		status 404 "$BASE/batch"		# no function of the app
		status 404 -X DELETE "$BASE/topn"
		[ "$(ask -o body -w '%{http_code}' "$BASE/topn?user=u5")" = 401 ]
		for target in /topn '/topn?user=' '/topn?user=u5&n=0' '/topn?user=u5&n=1001' '/topn?user=u5&what=1' /similar; do
			refused 400 "$BASE$target" || fail "$mode: $target"
		done
		# what the page of package.sh warns of: a key in the query
		[ "$(ask -o body -w '%{http_code}' "$BASE/topn?user=u5&code=secret")" = 400 ]
		head -c 3000 /dev/urandom | tr -d '\0' >noise
		for body in 'a{b' '[' '{"user":5}' '{"history":[["i1",1e400]]}' @noise; do
			refused 400 -H 'Content-Type: application/json' --data-binary "$body" "$BASE/topn" || fail "$mode: $body"
		done
		refused 400 --data-binary "u1${TAB}i1${TAB}nan" "$BASE/topn"
		# the filter's own words: a pair twice, neither the last
		refused 422 --data-binary $'x\ti1\t1\nx\ti1\t2\n' "$BASE/topn"
		lines '/topn?user=u5&n=3' | is <(list_of_u5)
		grep -c 'is ready' started.out | grep -qx 1
		stop_host
	done
}

# bats test_tags=short
@test "azure: a handler that is killed or late is started anew in both modes, and the third time ends the host" {
	for mode in proxy envelope; do
		run_host $mode --seconds 2
		lines '/topn?user=u5&n=3' | is <(list_of_u5)
		pid=$(handler)
		kill -KILL "$pid"
		await another "$pid"
		lines '/topn?user=u5&n=3' | is <(list_of_u5)
		pid=$(handler)
		kill -STOP "$pid"
		status 500 "$BASE/topn?user=u5"
		grep -qx "host: handler $pid was late" started.out
		await another "$pid"
		lines '/topn?user=u5&n=3' | is <(list_of_u5)
		kill -KILL "$(handler)"
		rc=0
		wait "$STARTED" || rc=$?
		[ $rc -eq 1 ]
		tail -1 started.out | grep -qx 'host: the handler ended 3 times: this host ends'
	done
}

@test "azure: what is too large: rec-serve refuses it before the host does, and says so where it can" {
	head -c 8400000 /dev/zero | tr '\0' x >large
	run_host proxy
	refused 413 --data-binary @large "$BASE/topn"
	lines '/topn?user=u5&n=3' | is <(list_of_u5)
	stop_host
	# the host takes an envelope that was refused for a failure
	run_host envelope
	status 500 --data-binary @large "$BASE/topn"
	lines '/topn?user=u5&n=3' | is <(list_of_u5)
	stop_host
	# the host's own limit, 100 MB, by a smaller one
	run_host proxy --max-body 1000
	status 413 --data-binary @large "$BASE/topn"
	[ ! -s body ]
	stop_host
}

# ends_with [NAME=VALUE...]: the host of the folder f ends by itself; err is what
# it and the handler said
ends_with() {
	exits 1 timeout 20 env "$@" python3 "$ROOT/tests/cloud/azure_host.py" f --port "$(free_port)"
	mentions 'host: the handler ended 3 times: this host ends'
}

# bats test_tags=short
@test "azure: no model, or a part of one: the host ends, and the handler said why" {
	cp -r "$D/proxy" f
	rm f/model.rec
	ends_with A=
	mentions 'start: model.rec is not here: REC_MODEL names the model'
	head -c 1500 "$D/model.rec" >f/model.rec
	ends_with A=
	mentions 'rec-serve: model.rec'
}

@test "azure: a damaged model, too little memory, wrong settings: the host ends, and the handler said why" {
	cp -r "$D/proxy" f
	ends_with REC_MEMORY=10K
	mentions 'rec-serve: needs'
	printf X | dd of=f/model.rec bs=1 seek=1500 conv=notrunc status=none
	ends_with A=
	mentions 'rec-serve: model.rec'
	cp "$D/model.rec" f/model.rec
	ends_with REC_INTERACTIONS=none.rec
	mentions 'start: none.rec is not here'
	ends_with REC_MODEL=az://x/model.rec
	mentions 'start: store/rec-get, which copies az://x/model.rec, is not here'
}

@test "azure: a model of Azure Blob is copied when the handler starts; one that is not there, or too large, is told" {
	store_server
	mkdir tmp f
	export AZURE_STORAGE_SERVICE_ENDPOINT=http://127.0.0.1:$STORE/account AZURE_STORAGE_SAS_TOKEN='?sv=1&sig=secret' TMPDIR=$PWD/tmp
	"$CLOUD/rec-put" az://models/model.rec <"$D/model.rec"
	REC_STATIC=$(dirname "$(command -v rec-serve)") sh "$APP/package.sh" az://models/model.rec f "$D/train.tsv"
	[ ! -e f/model.rec ]
	export REC_MODEL=az://models/model.rec
	FOLDER=f run_host proxy
	lines '/topn?user=u5&n=3' | is <(list_of_u5)
	same tmp/model.rec "$D/model.rec"
	stop_host
	ends_with REC_MODEL=az://models/none.rec
	mentions 'start: az://models/none.rec: its size cannot be had'
	mkdir bin
	printf '#!/bin/sh\necho x; echo x x x 1 x\n' >bin/df
	chmod 755 bin/df
	ends_with PATH="$PWD/bin:$PATH"
	mentions "start: az://models/model.rec has $(wc -c <"$D/model.rec") bytes, and $PWD/tmp has room for 1 KiB"
}

@test "azure: cold, the handler and its first answer" {
	for mode in proxy envelope; do
		port=$(free_port)
		options=()
		if [ $mode = proxy ]; then
			rec-topn -q -m "$D/model.rec" -n 10 <"$D/history.tsv" >want
			set -- --body "$D/history.tsv" --type text/plain --accept text/tab-separated-values
		else
			printf '{"Data":{"req":{"Method":"GET","Url":"http://x/topn?user=u5"}},"Metadata":{}}' >sent
			start rec-serve -q -m "$D/model.rec" --interactions "$D/train.tsv" --envelope azure --listen unix:s
			await test -S s
			ask --unix-socket s --data-binary @sent -H 'Content-Type: application/json' http://x/topn >want
			grep -q '"statusCode":200' want
			set -- --body sent --type application/json
			options=(--envelope azure)
		fi
		FUNCTIONS_CUSTOMHANDLER_PORT=$port python3 "$ROOT/tests/cloud/timed.py" cold 10 "http://127.0.0.1:$port/topn" want "$@" -- \
			sh "$D/$mode/start.sh" "${options[@]}" >figures || fail "$(cat figures)"
		echo "# azure, $mode, the handler alone: $(cat figures)" >&3
	done
}

# wrong WHAT FILE...: what its schema finds
wrong() {
	"$SCHEMAS/bin/python" "$ROOT/tests/cloud/azure_schema.py" "$@"
}

@test "azure: the files have the names and types of their schemas, and slips are found" {
	[ -x "$SCHEMAS/bin/python" ] || { echo "# SKIPPED, no $SCHEMAS (tests/setup.sh cloud): $BATS_TEST_DESCRIPTION" >&3; skip "no $SCHEMAS"; }
	wrong function "$APP"/*/function.json
	wrong settings "$APP/local.settings.json"
	wrong host "$APP/host-envelope.json"
	# the published schema does not know the newer name of this option
	exits 1 wrong host "$APP/host.json"
	[ "$(sed 's/.*: customHandler/customHandler/' out)" = "customHandler: Additional properties are not allowed ('enableProxyingHttpRequest' was unexpected)" ]
	wrong app "$CLOUD/azure/containerapp.yaml"
	sed 's/functionTimeout/functionTimeOut/' "$APP/host-envelope.json" >host.json
	exits 1 wrong host host.json
	sed 's/httpTrigger/httptrigger/; s/"in"/"int"/' "$APP/topn/function.json" >function.json
	exits 1 wrong function function.json
	sed 's/false/"no"/' "$APP/local.settings.json" >settings.json
	exits 1 wrong settings settings.json
	for slip in 's/targetPort: 8080/targetPort: x/' 's/minReplicas/minReplica/' 's/type: Startup/type: Start/' 's/storageType: AzureFile/storageType: Azure/' \
		's/cpu: 0.5/cpu: "half"/'; do
		sed "$slip" "$CLOUD/azure/containerapp.yaml" >app.yaml
		exits 1 wrong app app.yaml
		[ "$(wc -l <out)" -eq 1 ] || fail "$slip: $(cat out)"
	done
}

@test "azure: the two host.json differ in how requests come, and in nothing else" {
	jq -S 'del(.customHandler.enableProxyingHttpRequest) | .customHandler.description.arguments = ["start.sh"]' "$APP/host-envelope.json" >a
	jq -S 'del(.customHandler.enableProxyingHttpRequest)' "$APP/host.json" | is a
}
