#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The function of AWS Lambda, as packed, under the runtime interface emulator of
# AWS: answers of the command line to the byte, what goes wrong, cold and warm.
# Events and the Runtime API by themselves are in tests/lambda.bats.

load common

FUNCTION=$CLOUD/aws/lambda

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return 1
	command -v rec-lambda >/dev/null || return 0
	make_train 60 40 900 | cut -f1-3 | LC_ALL=C sort >train.tsv
	rec-als -q -k 8 <train.tsv >model.rec
	rec-als -q -k 4 --explicit <train.tsv >explicit.rec
	head -60 train.tsv | awk -F'\t' '{ print "new" $1 "\t" $2 "\t" $3 }' >strangers.tsv
	# what package.sh takes: here the program of this build, which is not static
	mkdir -p "static/$(uname -m)/bin"
	cp "$(command -v rec-lambda)" "static/$(uname -m)/bin"
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	command -v rec-lambda >/dev/null || skip "rec-lambda was left out of this build"
	needs zip unzip python3 curl
	DATA=$BATS_FILE_TMPDIR
}

# packed [ARGUMENT...]: the function, unpacked in the folder task
packed() {
	REC_STATIC=$DATA/static exits 0 sh "$FUNCTION/package.sh" "$@" "$DATA/model.rec" made "$DATA/train.tsv"
	rm -rf task
	mkdir task
	unzip -q -d task made/function.zip
}

# emulate [VARIABLE=VALUE...]: task under the emulator; URL is where it is asked.
# (With --help that program serves on every address.)
emulate() {
	needs_tool aws-lambda-rie
	local port api
	port=$(free_port)
	api=$(free_port)
	URL=http://127.0.0.1:$port/2015-03-31/functions/function/invocations
	RIE=(env LAMBDA_TASK_ROOT="$PWD/task" AWS_LAMBDA_FUNCTION_TIMEOUT=5 "$@" "$(tool aws-lambda-rie)"
		--runtime-interface-emulator-address "127.0.0.1:$port" --runtime-api-address "127.0.0.1:$api" "$PWD/task/bootstrap")
	start "${RIE[@]}"
	await bash -c "exec 3<>/dev/tcp/127.0.0.1/$port"
}

# invoke EVENT: the answer is in got, the status of HTTP in status; an EVENT that
# begins with @ is a file.
invoke() {
	curl -sS --max-time 30 -o got -w '%{http_code}' --data-binary "$1" "$URL" >status
}
answers() { # answers EVENT WANT
	invoke "$1"
	same got "$2" || fail "$1: $(head -c 500 got)"
}
error() { # error EVENT TYPE [MESSAGE]: under the emulator an error has status 200
	invoke "$1"
	python3 - "$2" "${3:-}" <<-'PY' || fail "$(cat status) $(head -c 500 got)"
		import json, sys
		a = json.load(open("got"))
		assert a["errorType"] == sys.argv[1] and sys.argv[2] in a["errorMessage"], a
	PY
}
line_event() { # line_event PATH FILE: an event with lines as its body
	python3 -c 'import json, sys; print(json.dumps({"path": sys.argv[1], "accept": "text/tab-separated-values", "body": open(sys.argv[2]).read()}))' "$@"
}

wanted() {
	rec-topn -q -m "$DATA/model.rec" --interactions "$DATA/train.tsv" <"$DATA/train.tsv" >known
	grep "^u1$TAB" known >want.user
	rec-topn -q -m "$DATA/model.rec" --interactions "$DATA/train.tsv" <"$DATA/strangers.tsv" >want.batch
	rec-topn -q -m "$DATA/model.rec" -n 5 --similar-items <<<i1 >want.similar
	cut -f1,2 "$DATA/train.tsv" | head -50 >pairs.tsv
	rec-score -q -m "$DATA/model.rec" --history "$DATA/train.tsv" --interactions "$DATA/train.tsv" <pairs.tsv >want.score
	head -1 "$DATA/strangers.tsv" | cut -f1 >one
	grep "^$(cat one)$TAB" "$DATA/strangers.tsv" >history.tsv
	grep "^$(cat one)$TAB" want.batch >want.history
	line_event /batch "$DATA/strangers.tsv" >batch.json
	line_event /score pairs.tsv >score.json
	line_event /topn history.tsv >history.json
	USER='{"path":"/topn?user=u1","accept":"text/tab-separated-values"}'
	SIMILAR='{"path":"/similar","query":{"item":"i1","n":5},"accept":"text/tab-separated-values"}'
}

all_kinds() {
	answers "$USER" want.user
	answers @history.json want.history
	answers "$SIMILAR" want.similar
	answers @score.json want.score
	answers @batch.json want.batch
}

# bats test_tags=short
@test "lambda: answers of every kind are those of the commands; errors have their types, and the next event its answer" {
	wanted
	packed
	emulate
	all_kinds
	# an unknown user: nothing, or an error where one is wanted
	invoke '{"path":"/topn?user=nobody","accept":"text/tab-separated-values"}'
	[ "$(cat status)" = 200 ] && [ ! -s got ]
	error '{"user":"nobody","cold":"fail"}' Rec.Cold "no model can score user 'nobody'"
	error 'garbage' Rec.BadEvent 'the event is no JSON'
	head -c 300 /dev/urandom >noise
	error @noise Rec.BadEvent
	# too large, both ways
	head -c 7000000 /dev/zero | tr '\0' ' ' >large
	error @large Rec.EventTooLarge 'Lambda takes 6291456'
	python3 -c 'import json; print(json.dumps({"path": "/batch", "query": {"n": 40, "keep-seen": True}, "body": "".join("w%d\ti1\n" % i for i in range(10000))}))' >many.json
	error @many.json Rec.AnswerTooLarge 'have it streamed'
	answers "$USER" want.user
	# as a function URL asks
	invoke "@$FUNCTION/events/url.json"
	python3 -c 'import json; a = json.load(open("got")); assert a["statusCode"] == 200 and json.loads(a["body"])["user"] == "u1", a'
	# what the commands refuse
	cp "$DATA/explicit.rec" task/model.rec
	emulate
	error '{"history":[["i1",1],["i1",2]]}' Rec.Impossible 'a pair is repeated'
}

# bats test_tags=short
@test "lambda: a model that is missing, cut or too large for the function: Lambda is told why" {
	packed
	head -c 3000 "$DATA/model.rec" >task/model.rec
	emulate
	error '{"user":"u1"}' Rec.Init 'model.rec: '
	[ "$(cat status)" = 502 ]
	rm task/model.rec
	emulate
	error '{"user":"u1"}' Rec.Init 'task/model.rec: No such file or directory'
	[ "$(cat status)" = 502 ]
	cp "$DATA/model.rec" task
	emulate REC_OPTIONS='--mem 20K'
	error '{"user":"u1"}' Rec.Init '--mem allows 20480'
	[ "$(cat status)" = 502 ]
	# histories that are named must be there
	emulate REC_INTERACTIONS=lost.rec
	error '{"user":"u1"}' Rec.Init 'lost.rec: No such file or directory'
}

@test "lambda: a process that is killed, idle or at work, and one that hangs: the next event is answered" {
	wanted
	packed
	emulate AWS_LAMBDA_FUNCTION_TIMEOUT=2
	runtime() { pgrep -P "$STARTED" -f task/rec-lambda; }
	answers "$USER" want.user
	first=$(runtime)
	kill -9 "$first"
	sleep 0.5
	invoke "$USER"
	[ "$(cat status)" != 200 ] || same got want.user
	answers "$USER" want.user
	second=$(runtime)
	[ "$second" != "$first" ]
	# it takes an event and does not answer it
	kill -STOP "$second"
	begun=$SECONDS
	invoke "$USER"
	grep -q 'Task timed out after 2.00 seconds' got || fail "$(cat got)"
	[ $((SECONDS - begun)) -le 5 ]
	kill -CONT "$second" 2>/dev/null || true
	answers "$USER" want.user
	# killed while it works
	(sleep 0.3; kill -9 "$(runtime)") 3>&- &
	kill -STOP "$(runtime)"
	invoke "$USER"
	! cmp -s got want.user || fail "an answer of a process that was killed"
	answers "$USER" want.user
}

@test "lambda: a batch that would pass the time of the function is refused before that" {
	rec-gen --users 300 --items 20000 --rows 60000 | cut -f1-3 >large.tsv
	rec-als -q -k 32 -i 1 <large.tsv >large.rec
	packed
	cp large.rec task/model.rec
	rm task/train.rec
	emulate AWS_LAMBDA_FUNCTION_TIMEOUT=1 REC_OPTIONS='--max-histories 100000 --reserve 0.9'
	invoke '{"path":"/healthz"}'
	cut -f2 large.tsv | sort -u | head -5000 >items.txt
	for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sed "s/.*/w$i&$TAB&/" items.txt; done >many.tsv
	python3 -c 'import json; print(json.dumps({"path": "/batch", "query": {"n": 1}, "accept": "text/tab-separated-values", "body": open("many.tsv").read()}))' >many.json
	error @many.json Rec.TooLate 'raise its Timeout'
	invoke '{"path":"/healthz"}'
	[ "$(cat got)" = ok ]
}

@test "lambda: --stream: what a URL with RESPONSE_STREAM gets" {
	wanted
	packed
	emulate REC_OPTIONS=--stream
	all_kinds
	python3 -c 'import json; e = json.load(open("batch.json")); print(json.dumps({"version": "2.0", "rawPath": "/batch", "headers": {"accept": e["accept"]}, "body": e["body"], "requestContext": {"http": {"method": "POST"}}}))' >url.json
	invoke @url.json
	python3 - <<-'PY'
		import json
		prelude, body = open("got", "rb").read().split(b"\0" * 8, 1)
		assert json.loads(prelude)["statusCode"] == 200 and body == open("want.batch", "rb").read(), prelude
	PY
	error '{"user":"nobody","cold":"fail"}' Rec.Cold
}

@test "lambda: 200 in a row, and ten environments from nothing: p50 and p99" {
	wanted
	packed
	emulate
	printf '%s' "$USER" >user.json
	python3 "$ROOT/tests/cloud/timed.py" warm 200 "$URL" want.user --body user.json >took || fail "$(cat took)"
	echo "# lambda, a user's list: $(cat took)" >&3
	python3 "$ROOT/tests/cloud/timed.py" warm 200 "$URL" want.history --body history.json >took || fail "$(cat took)"
	echo "# lambda, a history's list: $(cat took)" >&3
	kill "$STARTED"
	wait "$STARTED" || true
	python3 "$ROOT/tests/cloud/timed.py" cold 10 "$URL" want.user --body user.json -- "${RIE[@]}" >took || fail "$(cat took)"
	echo "# lambda, the emulator's start, the runtime's and an answer: $(cat took)" >&3
	# nothing is left of them
	! pgrep -f "$PWD/task/rec-lambda" || false
}

@test "lambda: a model from S3 is copied once, when the environment begins; one that is lost or does not fit is said" {
	wanted
	store_server
	export AWS_ENDPOINT_URL=http://127.0.0.1:$STORE AWS_ACCESS_KEY_ID=key AWS_SECRET_ACCESS_KEY=secret AWS_REGION=eu-central-1 TMPDIR=$PWD/tmp
	mkdir tmp
	"$CLOUD/rec-put" s3://bucket/model.rec <"$DATA/model.rec"
	REC_STATIC=$DATA/static exits 0 sh "$FUNCTION/package.sh" s3://bucket/model.rec made "$DATA/train.tsv"
	mkdir task
	unzip -q -d task made/function.zip
	[ ! -e task/model.rec ]
	emulate REC_MODEL=s3://bucket/model.rec
	all_kinds
	same tmp/rec-1 "$DATA/model.rec"
	rm tmp/rec-1
	emulate REC_MODEL=s3://bucket/lost.rec
	error "$USER" Rec.Init 'rec-1: No such file or directory'
	grep -q '^bootstrap: s3://bucket/lost.rec: its size cannot be had' started.out || fail "$(cat started.out)"
	[ -z "$(ls -A tmp)" ]
}

# bats test_tags=short
@test "lambda: packages: the same bytes from the same files, programs as programs, a layer, limits" {
	needs shellcheck
	shellcheck "$FUNCTION/bootstrap" "$FUNCTION/package.sh"
	packed
	mv made first
	(umask 077 && packed)
	same first/function.zip made/function.zip
	[ "$(cd task && find . -type f | sort | xargs)" = "./bootstrap ./model.rec ./rec-lambda ./train.rec" ]
	zipinfo made/function.zip | grep -q '^-rwxr-xr-x.* bootstrap$'
	zipinfo made/function.zip | grep -q '^-rwxr-xr-x.* rec-lambda$'
	zipinfo made/function.zip | grep -q '^-rw-r--r--.* model.rec$'
	packed --layer
	[ "$(cd task && find . -type f | sort | xargs)" = "./bootstrap ./rec-lambda" ]
	[ "$(unzip -Z1 made/model.zip | sort | xargs)" = "model.rec train.rec" ]
	head -c 3000 "$DATA/model.rec" >cut.rec
	REC_STATIC=$DATA/static exits 1 sh "$FUNCTION/package.sh" cut.rec made
	mentions "package: cut.rec is not whole"
	REC_STATIC=$PWD exits 1 sh "$FUNCTION/package.sh" "$DATA/model.rec" made
	mentions "rec-lambda is not there"
	exits 1 sh "$FUNCTION/package.sh" -m riscv64 "$DATA/model.rec" made
	says "package: riscv64: Lambda has x86_64 and aarch64"
	REC_STATIC=$DATA/static exits 1 sh "$FUNCTION/package.sh" gs://bucket/x made
	mentions "takes a file or s3://BUCKET/KEY"
	exits 2 sh "$FUNCTION/package.sh"
}

@test "lambda: a layer, and the static programs for both machines, have the same answers" {
	needs qemu-aarch64-static aarch64-linux-gnu-gcc
	[ "$(uname -m)" = x86_64 ] || skip "made for x86-64"
	wanted
	sh "$ROOT/tests/serve_static.sh" "$ROOT/build-static-serve" || { [ $? -ne 3 ] || skip "no static libraries of the other machine"; fail "no static programs"; }
	for machine in x86_64 aarch64; do
		REC_STATIC=$ROOT/build-static-serve exits 0 sh "$FUNCTION/package.sh" -m $machine --layer "$DATA/model.rec" made "$DATA/train.tsv"
		rm -rf task layer
		mkdir task layer
		unzip -q -d task made/function.zip
		unzip -q -d layer made/model.zip
		file task/rec-lambda | grep -q 'statically linked'
		if [ $machine = aarch64 ]; then
			file task/rec-lambda | grep -q aarch64
			mv task/rec-lambda task/program
			printf '#!/bin/sh\nexec qemu-aarch64-static "${0%%/*}/program" "$@"\n' >task/rec-lambda
			chmod 755 task/rec-lambda
		fi
		emulate REC_LAYERS="$PWD/layer"
		all_kinds
		kill "$STARTED"
		wait "$STARTED" || true
	done
}

@test "lambda: the template passes cfn-lint, which refuses what is wrong; events are what they say" {
	needs_tool cfn-lint
	lint() { "$(tool cfn-lint)" -r eu-west-1 -- "$1"; }
	lint "$FUNCTION/template.yaml"
	for wrong in 's/Timeout: 10/Timeout: 3000/' 's/Runtime: provided.al2023/Runtime: provided.al2099/' 's/CodeUri/CodeUrl/'; do
		sed "$wrong" "$FUNCTION/template.yaml" >bad.yaml
		! cmp -s bad.yaml "$FUNCTION/template.yaml" || fail "$wrong changes nothing"
		! lint bad.yaml >/dev/null || fail "cfn-lint lets pass: $wrong"
	done
	for f in "$FUNCTION"/events/*.json; do
		python3 -c 'import json, sys; print(json.dumps(json.load(open(sys.argv[1]))))' "$f" | rec-lambda -q -m "$DATA/model.rec" --interactions "$DATA/train.tsv" --try >got
		! grep -q '"errorType"' got || fail "$f: $(cat got)"
		case $f in
		*/url.json | */rest.json | */balancer.json) grep -q '^{"statusCode":200,' got || fail "$f: $(cat got)" ;;
		*) [ -s got ] ;;
		esac
	done
}

@test "lambda: rec-serve behind the managed runtime of Web Functions: its child has the port" {
	needs node rec-serve
	wanted
	mkdir web
	cp "$FUNCTION/web/index.js" web
	cp "$(command -v rec-serve)" web
	cp "$DATA/model.rec" web
	rec-cat -q --to recmat -o web/train.rec "$DATA/train.tsv"
	port=$(free_port)
	start env AWS_LAMBDA_HTTP_ENDPOINT="127.0.0.1:$port" node web/index.js
	await ask "http://127.0.0.1:$port/readyz"
	ask -H 'Accept: text/tab-separated-values' "http://127.0.0.1:$port/topn?user=u1" >got
	same got want.user
	kill "$STARTED"
	got=0
	wait "$STARTED" || got=$?
	[ "$got" -eq 0 ] || fail "exit $got: $(cat started.out)"
	! ask --max-time 2 "http://127.0.0.1:$port/readyz" 2>/dev/null || false
	rm web/model.rec
	start env AWS_LAMBDA_HTTP_ENDPOINT="127.0.0.1:$port" node web/index.js
	got=0
	wait "$STARTED" || got=$?
	[ "$got" -eq 1 ]
	grep -q 'model.rec: No such file' started.out
}
