#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The function of Cloud Run under functions-framework, the layer that calls it
# there: the answers of the command line, and what happens when something is
# wrong. The service is in cloudrun.bats.

load common

FUNCTION=$CLOUD/gcp/function

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return 1
	make_train 60 40 900 | LC_ALL=C sort >train.tsv
	rec-als -q -k 8 <train.tsv >als.rec
	rec-als -q -k 8 --explicit <train.tsv >explicit.rec
	rec-sim -q -b cosine -n 0 <train.tsv >sim.rec
	rec-cat --to recmat <train.tsv >train.rec
	# filters as they are here: they need not be static to run here
	REC_STATIC=$(dirname "$(command -v rec-topn)")
	for m in als explicit sim; do
		REC_STATIC=$REC_STATIC sh "$FUNCTION/package.sh" $m.rec $m train.rec 2>err || fail "$(cat err)"
	done
	printf 'a stranger\ti7\t4\na stranger\ti9\n' >history.tsv
	echo '{"user":"a stranger","history":[["i7",4],"i9"],"n":5}' >history.json
	printf 'u5\ti1\nu5\ti2\nu7\ti2\nu5\tno such item\n' >pairs.tsv
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	D=$BATS_FILE_TMPDIR
	needs curl
	needs_tool functions-framework
	FRAMEWORK=$(tool functions-framework)
}

# run_function FOLDER [NAME=VALUE...]: until it answers; BASE says where.
run_function() {
	local folder=$1
	shift
	port=$(free_port)
	BASE=http://127.0.0.1:$port
	start env "$@" "$FRAMEWORK" --target=recommend --source="$folder/main.py" --host 127.0.0.1 --port "$port"
	await answers
}
answers() {
	[ "$(curl -s -o /dev/null -w '%{http_code}' --max-time 5 "$BASE/")" = 404 ] || ! kill -0 "$STARTED" 2>/dev/null
}
# lines TARGET [curl argument...]
lines() {
	local target=$1
	shift
	ask -H 'Accept: text/tab-separated-values' "$@" "$BASE$target"
}
# is FILE: stdin is these bytes
is() {
	cat >got
	same got "$1"
}
# list_of_u5 MODEL [N]
list_of_u5() {
	grep "^u5$TAB" "$D/train.tsv" | rec-topn -q -m "$D/$1.rec" -n "${2:-3}"
}
# refused STATUS CODE curl-argument...: what is wrong is told as JSON
refused() {
	local status=$1 code=$2
	shift 2
	[ "$(ask -o body -w '%{http_code}' "$@")" = "$status" ] || fail "not $status: $(cat body)" || return 1
	[ "$(jq -r .error.code body)" = "$code" ] || fail "not $code: $(cat body)"
}
# coprocesses: their process ids, of all kinds
coprocesses() {
	local w
	for w in $(pgrep -P "$STARTED"); do pgrep -P "$w" rec-topn; done
}

# gone: each process of the file pids
gone() {
	local p
	while read -r p; do ! kill -0 "$p" 2>/dev/null || return 1; done <pids
}

# same_answers FOLDER MODEL: of each kind, for known users and a stranger
same_answers() {
	local m=$2 n=0
	rec-topn -q -m "$D/$m" -n 7 <"$D/train.tsv" >want.all
	for u in u1 u10 u5 u59 u60 u9; do
		grep "^$u$TAB" want.all >want || continue
		lines "/topn?user=$u&n=7" | is want
		n=$((n + 1))
	done
	[ $n -ge 5 ] || fail "$n users"
	rec-topn -q -m "$D/$m" -n 10 <"$D/history.tsv" >want
	lines /topn --data-binary @"$D/history.tsv" | is want
	head -5 want >want5
	lines /topn -H 'Content-Type: application/json' -d @"$D/history.json" | is want5
	rec-topn -q -m "$D/$m" -n 4 --similar-items <<<i5 >want
	lines '/similar?item=i5&n=4' | is want
	rec-score -q -m "$D/$m" --history "$D/train.tsv" <"$D/pairs.tsv" >want
	lines /score --data-binary @"$D/pairs.tsv" | is want
	rec-score -q -m "$D/$m" --history "$D/history.tsv" <<<"a stranger${TAB}i1" >want
	lines /score -H 'Content-Type: application/json' -d '{"user":"a stranger","history":[["i7",4],"i9"],"items":["i1"]}' | is want
}

# bats test_tags=short
@test "function: lists, similar items and scores are those of the commands, and 200 in a row" {
	run_function "$D/als" REC_PROCESSES=2
	same_answers als als.rec
	# several at a time, over two coprocesses
	for u in $(cut -f 1 want.all | uniq); do
		grep "^$u$TAB" want.all >"w.$u"
		printf 'GET\t/topn?user=%s&n=7\t-\tw.%s\n' "$u" "$u"
	done >list
	[ "$(wc -l <list)" -gt 40 ]
	python3 "$ROOT/tests/serve/ask.py" "${BASE##*:}" 8 list >out || fail "$(cat out)"
	rec-topn -q -m "$D/als.rec" -n 10 <"$D/history.tsv" >want
	python3 "$ROOT/tests/cloud/timed.py" warm 200 "$BASE/topn" want --body "$D/history.tsv" --type text/plain \
		--accept text/tab-separated-values >figures || fail "$(cat figures)"
	echo "# function, /topn by rec-topn --stream: $(cat figures)" >&3
	coprocesses >pids
	[ -s pids ]
	kill "$STARTED"
	wait "$STARTED" || true
	await gone
}

@test "function: the same for explicit factors and for similarities; scores in a row" {
	for m in explicit sim; do
		run_function "$D/$m"
		same_answers $m $m.rec
		rec-score -q -m "$D/$m.rec" --history "$D/train.tsv" <"$D/pairs.tsv" >want
		python3 "$ROOT/tests/cloud/timed.py" warm 200 "$BASE/score" want --body "$D/pairs.tsv" --type text/plain \
			--accept text/tab-separated-values >figures || fail "$(cat figures)"
		echo "# function, $m, /score by a rec-score each: $(cat figures)" >&3
		kill "$STARTED"
		wait "$STARTED" || true
	done
}

@test "function: requests and answers are those of rec-serve, lists of a known user with a history, too" {
	[ -n "$SERVE" ] || skip "rec-serve was left out of this build"
	run_function "$D/sim"
	port=$(free_port)
	start rec-serve -q -m "$D/sim.rec" --interactions "$D/train.rec" --listen "127.0.0.1:$port"
	await curl -sf "http://127.0.0.1:$port/readyz"
	echo '{"user":"u5","history":["i7","i9"],"n":6}' >both.json
	for target in '/topn?user=u5&n=3' '/topn?user=nobody' '/similar?item=i9&n=3' '/similar?item=nothing'; do
		ask "$BASE$target" | jq -S 'del(.history, .unknown)' >got
		ask "http://127.0.0.1:$port$target" | jq -S 'del(.history, .unknown)' >want
		same got want || fail "$target: $(cat got want)"
		lines "$target" | cmp - <(ask -H 'Accept: text/tab-separated-values' "http://127.0.0.1:$port$target")
	done
	lines /topn -H 'Content-Type: application/json' -d @both.json >mine
	ask -H 'Accept: text/tab-separated-values' -H 'Content-Type: application/json' -d @both.json "http://127.0.0.1:$port/topn" | is mine
	ask "$BASE/score" --data-binary @"$D/pairs.tsv" | jq -S . >mine
	ask "http://127.0.0.1:$port/score" --data-binary @"$D/pairs.tsv" | jq -S 'del(.scores[].cold)' | is mine
}

# bats test_tags=short
@test "function: the histories of a file are found by halving: each user's, and nobody else's" {
	printf 'a\tx\t1\nab\ty\nab c\tx\t2\t3\n\303\244\tx\n' | LC_ALL=C sort >odd.tsv
	printf 'only\tx\t5' >one.tsv		# no last newline
	cd "$FUNCTION"
	PYTHONDONTWRITEBYTECODE=1 python3 - "$D/train.tsv" "$BATS_TEST_TMPDIR/odd.tsv" "$BATS_TEST_TMPDIR/one.tsv" <<-'PY'
		import sys
		from asked import Histories
		n = 0
		for path in sys.argv[1:]:
		    want = {}
		    for line in open(path, "rb"):
		        user, *fields = line.rstrip(b"\n").split(b"\t")
		        want.setdefault(user, []).append(fields)
		    got = Histories(path)
		    for user in want:
		        n += 1
		        assert got.of(user) == want[user], (path, user, got.of(user))
		        for other in (user[:-1], user + b"0", user + b"\0", b"", b"\xff", b"\1"):
		            assert got.of(other) == want.get(other, []), (path, other)
		assert n > 60, n
	PY
}

# bats test_tags=short
@test "function: unknown users and items are cold, garbage is refused, and the coprocess stays" {
	run_function "$D/explicit" REC_PROCESSES=1
	[ "$(ask "$BASE/topn?user=nobody")" = '{"user":"nobody","cold":true,"items":[]}' ]
	[ "$(ask "$BASE/similar?item=nothing")" = '{"item":"nothing","cold":true,"items":[]}' ]
	[ -z "$(lines '/topn?user=nobody')" ]
	lines /topn?n=1 --data-binary @"$D/history.tsv" >/dev/null
	coprocesses | sort >before
	[ "$(wc -l <before)" -eq 2 ]
	refused 404 no-such-path "$BASE/nothing"
	refused 405 method -X DELETE "$BASE/topn"
	refused 405 method "$BASE/score"
	refused 415 encoding -H 'Content-Encoding: gzip' -d x "$BASE/topn"
	for target in /topn '/topn?user=' '/topn?user=a%09b' '/topn?user=a%00' '/topn?user=u5&n=0' '/topn?user=u5&n=21' \
		'/topn?user=u5&n=x' '/topn?user=u5&user=u6' '/topn?user=u5&what=1' /similar '/similar?item=%0A'; do
		refused 400 bad-request "$BASE$target" || fail "$target"
	done
	head -c 3000 /dev/urandom | tr -d '\n' >noise
	for body in 'a,b,c' "u1${TAB}i1${TAB}x" "u1${TAB}i1${TAB}nan" "u1${TAB}i1${TAB}1e39" "u1${TAB}i1${TAB}1${TAB}2${TAB}3" \
		"u1${TAB}${TAB}1" "u1${TAB}i1"$'\n'"u2${TAB}i1"; do
		printf '%s\n' "$body" >sent
		[ "$(ask -o body -w '%{http_code}' --data-binary @sent "$BASE/topn")" = 400 ] || [ "$body" = a,b,c ] || fail "$body: $(cat body)"
	done
	[ "$(ask -o body -w '%{http_code}' --data-binary @noise "$BASE/topn")" = 400 ] || jq -e .cold body
	for body in '' '[' '[]' '{"user":5}' '{"history":"i1"}' '{"history":[["i1","x"]]}' '{"history":[[]]}' '{"history":[["i1",1e400]]}' \
		'{"history":[["i1",NaN]]}' '{"user":"a\tb"}' '{"user":"u","n":true}' '{"us":1}' "$(printf '[%.0s' $(seq 100000))"; do
		printf '%s' "$body" >sent
		refused 400 bad-request -H 'Content-Type: application/json' --data-binary @sent "$BASE/topn" || fail "${body:0:50}"
	done
	for body in '{}' '{"pairs":[["u"]]}' '{"pairs":[["u",1]]}' '{"user":"u5","items":[]}' '{"pairs":[["u5","i1"]],"user":"u5"}'; do
		refused 400 bad-request -H 'Content-Type: application/json' -d "$body" "$BASE/score" || fail "$body"
	done
	# gzip and recmat begin so: to a coprocess they are labels
	printf '\037\213\010x\ti1\n' | lines /topn --data-binary @- >/dev/null
	coprocesses | sort | cmp before -
	lines '/topn?user=u5&n=3' | is <(list_of_u5 explicit)
}

# bats test_tags=short
@test "function: a filter that fails, is killed or is late is told, and the next request is answered" {
	run_function "$D/explicit" REC_PROCESSES=1 REC_SECONDS=1.5
	list_of_u5 explicit >want
	again() { lines '/topn?user=u5&n=3' | is want; }
	again
	# refused by the filter, with its words: a pair twice, neither the last
	refused 422 refused --data-binary $'x\ti1\t1\nx\ti1\t2\n' "$BASE/topn"
	jq -r .error.reason body | grep -q "^rec-topn: .*'x'"
	again
	# killed while it waits for a request
	coprocesses | xargs kill -KILL
	again
	# late: stopped, as if it never ended
	coprocesses | xargs kill -STOP
	refused 504 late "$BASE/topn?user=u5"
	[ "$(jq -r .error.reason body)" = "no answer within 1.5 s" ]
	again
	# killed while it works
	pid=$(coprocesses)
	kill -STOP "$pid"
	{ sleep 0.5; kill -KILL "$pid"; } &
	refused 503 filter-ended "$BASE/topn?user=u5"
	[ "$(jq -r .error.reason body)" = "rec-topn was killed by SIGKILL; ask again" ]
	again
	# rec-score, too: a filter that fails, and one that is late
	mv "$D/explicit/bin/rec-score" score
	printf '#!/bin/sh\necho "rec-score: no luck" >&2\nexit 4\n' >"$D/explicit/bin/rec-score"
	chmod 755 "$D/explicit/bin/rec-score"
	refused 503 filter-ended --data-binary @"$D/pairs.tsv" "$BASE/score"
	[ "$(jq -r .error.reason body)" = "rec-score: no luck; ask again" ]
	printf '#!/bin/sh\nexec sleep 30\n' >"$D/explicit/bin/rec-score"
	refused 504 late --data-binary @"$D/pairs.tsv" "$BASE/score"
	mv score "$D/explicit/bin/rec-score"
	lines /score --data-binary @"$D/pairs.tsv" | is <(rec-score -q -m "$D/explicit.rec" --history "$D/train.tsv" <"$D/pairs.tsv")
}

# bats test_tags=short
@test "function: what is too large, both ways, is refused before the platform refuses it" {
	run_function "$D/als" REC_MAX_BODY=1000 REC_MAX_ANSWER=300
	yes "x${TAB}i1" | head -c 1001 >large
	refused 413 too-large --data-binary @large "$BASE/topn"
	refused 413 too-large -H 'Transfer-Encoding: chunked' --data-binary @large "$BASE/topn"
	yes "u1${TAB}i1" | head -100 >many
	refused 413 answer-too-large --data-binary @many "$BASE/score"
	jq -r .error.reason body | grep -q '^the answer has [0-9]* bytes, and 300 are allowed: ask for less at once$'
	lines '/topn?user=u5&n=3' | is <(list_of_u5 als)
}

# fails_to_start FOLDER [NAME=VALUE...]: ends by itself; err is what it said
fails_to_start() {
	local folder=$1
	shift
	exits 1 timeout 20 env "$@" "$FRAMEWORK" --target=recommend --source="$folder/main.py" --host 127.0.0.1 --port "$(free_port)"
}

# bats test_tags=short
@test "function: an instance does not start without its model, nor with a part of it" {
	cp -r "$D/als" f
	rm f/model.rec
	fails_to_start f
	says "recommend: $PWD/f/model.rec is not there: REC_MODEL names the model"
	head -c 1500 "$D/als.rec" >f/model.rec
	fails_to_start f
	mentions "rec-topn: $PWD/f/model.rec"
}

@test "function: an instance does not start with a damaged model, too little memory, wrong settings, without filters" {
	cp -r "$D/als" f
	printf X | dd of=f/model.rec bs=1 seek=1500 conv=notrunc status=none
	fails_to_start f
	mentions "rec-topn: $PWD/f/model.rec"
	cp "$D/als.rec" f/model.rec
	fails_to_start f REC_MEMORY=50000000
	mentions 'recommend: 50000000 bytes of memory are too few'
	rec-gen --users 9000 --items 500 --rows 30000 | rec-als -q -k 128 -i 1 >f/model.rec
	fails_to_start f REC_MEMORY=107000000 REC_PROCESSES=1
	mentions 'rec-topn: needs'
	cp "$D/als.rec" f/model.rec
	for setting in REC_TOP=0 REC_TOP=x REC_MAX_BODY=33554433 REC_SECONDS=-1 REC_HISTORIES=none.tsv; do
		fails_to_start f "$setting"
		one_line recommend
		mentions "${setting%%=*}"
	done
	rm f/bin/rec-topn
	fails_to_start f
	mentions 'make the folder by package.sh'
}

@test "function: a model of Cloud Storage is copied once when an instance starts; what does not fit is told before" {
	store_server
	mkdir tmp
	export STORAGE_EMULATOR_HOST=127.0.0.1:$STORE GOOGLE_OAUTH_ACCESS_TOKEN=token TMPDIR=$PWD/tmp
	"$CLOUD/rec-put" gs://models/model.rec <"$D/als.rec"
	REC_STATIC=$(dirname "$(command -v rec-topn)") sh "$FUNCTION/package.sh" gs://models/model.rec f "$D/train.rec"
	[ ! -e f/model.rec ]
	run_function f REC_MODEL=gs://models/model.rec
	lines '/topn?user=u5&n=3' | is <(list_of_u5 als)
	same tmp/model.rec "$D/als.rec"
	kill "$STARTED"
	wait "$STARTED" || true
	fails_to_start f REC_MODEL=gs://models/none.rec
	mentions 'recommend: rec-get: gs://models/none.rec'
	fails_to_start f REC_MODEL=gs://models/model.rec REC_MEMORY=100664000
	mentions "recommend: gs://models/model.rec has $(wc -c <"$D/als.rec") bytes, and $PWD/tmp has room for 704: /tmp is memory"
}

@test "function: cold, the instance and its first answer" {
	port=$(free_port)
	list_of_u5 als 5 >want
	python3 "$ROOT/tests/cloud/timed.py" cold 10 "http://127.0.0.1:$port/topn?user=u5&n=5" want --accept text/tab-separated-values -- \
		"$FRAMEWORK" --target=recommend --source="$D/als/main.py" --host 127.0.0.1 --port "$port" >figures || fail "$(cat figures)"
	echo "# function: $(cat figures)" >&3
}

@test "function: gcloud knows each flag of the command that package.sh names" {
	needs gcloud unshare
	unshare -n true 2>/dev/null || skip "no network namespaces"
	# without a network: a flag that is wrong ends it at once, and a right
	# command waits for the network
	sed -n 's/^#\t//p' "$FUNCTION/package.sh" | tr -d '\\\n' >command
	grep -q '^gcloud run deploy recommend --source=FOLDER' command
	try() { unshare -n timeout 8 sh -c "$1" >out 2>err; }
	export CLOUDSDK_CONFIG=$PWD/config CLOUDSDK_AUTH_DISABLE_CREDENTIALS=true CLOUDSDK_CORE_PROJECT=p CLOUDSDK_CORE_DISABLE_PROMPTS=1
	mkdir FOLDER
	cp "$FUNCTION/main.py" FOLDER
	rc=0
	try "$(cat command)" || rc=$?
	[ $rc -eq 124 ] || fail "$rc: $(cat err)"
	rc=0
	try "$(cat command) --concurency=8" || rc=$?
	[ $rc -eq 2 ] || fail "$rc: $(cat err)"
}
