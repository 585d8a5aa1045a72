#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# rec-lambda: events of every kind get the answers of the command line to the
# byte; errors and limits; the Runtime API, its streams and its faults. Under
# the emulator of AWS it is in tests/cloud/lambda.bats.

load helpers

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return 1
	command -v rec-lambda >/dev/null || return 0
	make_train 60 40 900 | cut -f1-3 >all.tsv
	rec-split --ratio 0.3 --test test.tsv <all.tsv | LC_ALL=C sort >train.tsv
	rec-als -q -k 8 <train.tsv >model.rec
	cut -f1 train.tsv | sort -u >users.txt
	cut -f2 train.tsv | sort -u >items.txt
	head -200 train.tsv | awk -F'\t' '{ print "new" $1 "\t" $2 "\t" $3 }' >strangers.tsv
	printf 'odd\tb\374r\nodd\ti1\nb\ti1\nb\ti2\n' >odd.tsv
	rec-als -q -k 2 <odd.tsv >odd.rec
}

setup() {
	cd "$BATS_FILE_TMPDIR" || return 1
	command -v rec-lambda >/dev/null || skip "rec-lambda was left out of this build"
	export PYTHONPATH=$ROOT/tests/lambda PYTHONDONTWRITEBYTECODE=1
	unset "${!AWS_LAMBDA_@}"
}

try() {
	rec-lambda -q -m model.rec --interactions train.tsv --try "$@"
}

@test "rec-lambda: lists, similar items and scores are those of the commands, in every kind of event" {
	rec-topn -q -m model.rec --interactions train.tsv <train.tsv >known
	rec-topn -q -m model.rec --interactions train.tsv <strangers.tsv >new
	rec-topn -q -m model.rec -n 5 --similar-items <items.txt >like
	rec-score -q -m model.rec --history train.tsv --interactions train.tsv <test.tsv >scored
	cat >make.py <<-'PY'
		import base64, json, sys, urllib.parse
		accept, tsv = "text/tab-separated-values", "text/plain"
		def direct(method, path, query, body):
		    e = {"path": path, "query": query, "accept": accept}
		    return dict(e, body=body) if body else e
		def http(method, path, query, body):
		    e = {"version": "2.0", "routeKey": "$default", "rawPath": "/live" + path, "rawQueryString": urllib.parse.urlencode(query),
		         "headers": {"accept": accept, "content-type": tsv}, "isBase64Encoded": False,
		         "requestContext": {"stage": "live", "http": {"method": method, "path": path}}}
		    return dict(e, body=base64.b64encode(body.encode()).decode(), isBase64Encoded=True) if body else e
		def rest(method, path, query, body):
		    return {"resource": "/{proxy+}", "httpMethod": method, "path": path, "headers": None, "multiValueHeaders": {"Accept": [accept], "Content-Type": [tsv]},
		            "multiValueQueryStringParameters": {k: [v] for k, v in query.items()} or None, "requestContext": {"stage": "live"}, "body": body, "isBase64Encoded": False}
		def balancer(method, path, query, body):
		    return {"requestContext": {"elb": {"targetGroupArn": "x"}}, "httpMethod": method, "path": path, "headers": {"accept": accept, "content-type": tsv},
		            "queryStringParameters": {k: urllib.parse.quote(v) for k, v in query.items()}, "body": body or "", "isBase64Encoded": False}
		kind = globals()[sys.argv[1]]
		def lists(path):
		    got = {}
		    for line in open(path):
		        user = line.split("\t")[0]
		        got[user] = got.get(user, "") + line
		    return got
		asked, want = [], []
		def ask(text, *request):
		    asked.append(json.dumps(kind(*request)))
		    want.append(text)
		known, new, like, history = lists("known"), lists("new"), lists("like"), lists("strangers.tsv")
		for user in known:
		    ask(known[user], "GET", "/topn", {"user": user}, None)
		for user in new:
		    ask(new[user], "POST", "/topn", {}, history[user])
		for item in like:
		    ask(like[item], "GET", "/similar", {"item": item, "n": "5"}, None)
		ask(open("new").read(), "POST", "/batch", {}, open("strangers.tsv").read())
		ask(open("known").read(), "POST", "/batch", {}, open("users.txt").read())
		ask(open("scored").read(), "POST", "/score", {}, open("test.tsv").read())
		assert len(asked) > 100
		if sys.argv[2] == "events":
		    print("\n".join(asked))
		    sys.exit()
		got = open("got").read()
		if sys.argv[1] != "direct":
		    out = ""
		    for line in got.splitlines():
		        a = json.loads(line)
		        assert a["statusCode"] == 200 and a["isBase64Encoded"] is False, a
		        assert a["headers"]["content-type"] == accept + "; charset=utf-8", a
		        out += a["body"]
		    got = out
		assert got == "".join(want), "another answer"
	PY
	for kind in direct http rest balancer; do
		python3 make.py $kind events >events
		try <events >got
		python3 make.py $kind compare || fail "$kind"
	done
}

@test "rec-lambda: what a person types, as JSON" {
	cat >events <<-'END'
		{"user":"u1","n":2}
		{"item":"i1","n":2}
		{"pairs":[["u1","i1"]]}
		{"items":["i1","i2"],"user":"u1"}
		{"histories":[{"user":"u1"}],"n":1}
		{"user":"u1","item":"i1","k":1}
		{"history":["i1",["i2",2]],"n":1}
		{"path":"/topn?user=u1&n=2"}
		{"path":"/topn","query":{"user":"u1","n":2,"keep-seen":false}}
		{"path":"/similar","item":"i1","n":2}
		{"path":"/healthz"}
	END
	try <events >got
	[ "$(wc -l <got)" -eq 11 ]
	cmp <(sed -n 1p got) <(sed -n 8p got)
	cmp <(sed -n 1p got) <(sed -n 9p got)
	cmp <(sed -n 2p got) <(sed -n 10p got)
	[ "$(tail -1 got)" = ok ]
	sed -n 1p got | grep -q '^{"user":"u1","cold":false,.*"items":\[{"item":"i[0-9]*","score":'
	sed -n 2p got | grep -q '^{"item":"i1",.*"items":\[{"item":'
	sed -n 3p got | grep -q '^{"scores":\[{"user":"u1","item":"i1","score":'
	sed -n 4p got | grep -q '"item":"i2"'
	sed -n 5p got | grep -q '^{"lists":\[{"user":"u1"'
	sed -n 6p got | grep -q '"reasons":'
	sed -n 7p got | grep -q '"history":2'
}

@test "rec-lambda: what is wrong with an event is said" {
	error() { # error EVENT TYPE MESSAGE
		try <<<"$1" >got
		[ "$(cat got)" = "{\"errorMessage\":\"$3\",\"errorType\":\"Rec.$2\"}" ] || fail "$(cat got)"
	}
	error 'x' BadEvent "the event is no JSON: line 1: '[' or '{' expected near 'x'"
	error '[1]' BadEvent 'the event is no object of JSON: {\"user\": \"ann\"}'
	error '{}' BadRequest 'who is asked about? Give user=LABEL, or POST a history'
	error '{"user":"u1","n":"x"}' BadRequest 'n: a whole number is wanted'
	error '{"who":"u1"}' BadRequest "'who' is not known here; known are user, n, model, keep-seen, fill, cold, allow, deny, candidates, history"
	error '{"user":"nobody","cold":"fail"}' Cold "no model can score user 'nobody'"
	error '{"path":"/topn","body":"u1\n","n":1}' BadEvent 'body holds lines of text; with it an event has path, query and accept, and no other names'
	error '{"path":1}' BadEvent 'path is no string'
	error '{"path":"/topn","query":{"user":[["u1"]]}}' BadEvent "the parameter 'user' is no string and no whole number"
	error '{"path":"/nothing"}' NoSuchPath 'there is /topn, /similar, /score, /batch, /explain, /items, /model, /healthz, /readyz and /metrics'
	error '{"path":"/score"}' WrongMethod '/score takes POST'
	status() { # status EVENT STATUS CODE
		try <<<"$1" >got
		python3 - "$2" "$3" <<-'PY'
			import json, sys
			a = json.load(open("got"))
			assert (a["statusCode"], json.loads(a["body"])["error"]["code"]) == (int(sys.argv[1]), sys.argv[2]), a
		PY
	}
	status '{"rawPath":"/topn","requestContext":{"http":{"method":"PUT"}}}' 405 wrong-method
	status '{"rawPath":"/nothing","requestContext":{"http":{"method":"GET"}}}' 404 no-such-path
	status '{"rawPath":"/topn","rawQueryString":"user=nobody&cold=fail","requestContext":{"http":{"method":"GET"}}}' 404 cold
	status '{"rawPath":"/topn","requestContext":{"http":{"method":"POST"}},"body":"a","isBase64Encoded":true}' 400 bad-event
	status '{"httpMethod":"GET","requestContext":{}}' 400 bad-event
	status '{"httpMethod":"GET","path":"/topn","multiValueQueryStringParameters":{"user":["%zz"]},"requestContext":{"elb":{}}}' 400 bad-request
}

@test "rec-lambda: lines that are no UTF-8 are in base64 where they must be" {
	rec-topn -q -m odd.rec --keep-seen <<<odd >want
	LC_ALL=C grep -q $'\374' want
	rec-lambda -q -m odd.rec --try <<<'{"path":"/topn?user=odd&keep-seen=1","accept":"text/tab-separated-values"}' >got
	same got want
	rec-lambda -q -m odd.rec --try <<<'{"rawPath":"/topn","rawQueryString":"user=odd&keep-seen=1","headers":{"Accept":"text/tab-separated-values"},"requestContext":{"http":{"method":"GET"}}}' >got
	python3 -c 'import base64, json; a = json.load(open("got")); assert a["isBase64Encoded"] is True; assert base64.b64decode(a["body"], validate=True) == open("want", "rb").read()'
}

@test "rec-lambda: events and answers that are too large, a balancer's at 1 MB" {
	try --max-event 1K <<<"{\"user\":\"$(head -c 2000 /dev/zero | tr '\0' u)\"}" >got
	[ "$(cat got)" = '{"errorMessage":"the event has 2011 bytes, and Lambda takes 1024; send less at a time","errorType":"Rec.EventTooLarge"}' ] || fail "$(cat got)"
	try --max-answer 1K <<<'{"path":"/batch","body":"u1\nu2\nu3\nu4\nu5\n","query":{"n":40}}' >got
	[ "$(cat got)" = '{"errorMessage":"the answer has more than 1024 bytes, which is what Lambda takes; ask for less, or have it streamed (--stream)","errorType":"Rec.AnswerTooLarge"}' ] || fail "$(cat got)"
	python3 - >events <<-'PY'
		import json
		body = "".join("v%d\ti1\n" % i for i in range(9000))
		for context in ({"elb": {}}, {"stage": "x"}):
		    print(json.dumps({"httpMethod": "POST", "path": "/batch", "headers": {"accept": "text/tab-separated-values"}, "requestContext": context, "body": body}))
	PY
	try <events >got
	python3 - <<-'PY'
		import json
		balancer, rest = (json.loads(x) for x in open("got"))
		assert balancer["statusCode"] == 413 and "1048576" in balancer["body"], balancer
		assert rest["statusCode"] == 200 and rest["body"].count("\n") == 90000
	PY
}

@test "rec-lambda: wrong usage, files that are missing or cut, too little memory" {
	exits 2 rec-lambda -m model.rec
	says "rec-lambda: AWS_LAMBDA_RUNTIME_API is not set: this runs inside AWS Lambda or its emulator; to try it here give --try"
	exits 2 rec-lambda --try
	says "rec-lambda: no model: give -m FILE"
	exits 2 rec-lambda -m model.rec --try -o x
	says "rec-lambda: --output has no use here: answers go to stdout"
	exits 2 rec-lambda -m model.rec --max-event 1G
	says "rec-lambda: --max-event is between 1 and 64M"
	exits 2 env AWS_LAMBDA_RUNTIME_API=here rec-lambda -m model.rec
	says "rec-lambda: AWS_LAMBDA_RUNTIME_API: 'here' is not HOST:PORT"
	exits 1 rec-lambda -m nothing.rec --try
	says "rec-lambda: nothing.rec: No such file or directory"
	head -c 3000 model.rec >cut.rec
	exits 1 rec-lambda -m cut.rec --try
	one_line rec-lambda
	mentions cut.rec
	exits 4 env AWS_LAMBDA_FUNCTION_MEMORY_SIZE=0 rec-lambda -m model.rec --try
	mentions "and this function has 0 MB; raise its MemorySize"
	exits 0 rec-lambda -m model.rec --estimate
	grep -q "^bytes${TAB}[0-9]" out
	# nobody there
	exits 4 env AWS_LAMBDA_RUNTIME_API=127.0.0.1:1 rec-lambda -m model.rec
	says "rec-lambda: the Runtime API does not answer (/2018-06-01/runtime/invocation/next)"
}

@test "rec-lambda: the Runtime API: answers, errors, a long event, the end by SIGTERM" {
	rec-topn -q -m model.rec --interactions train.tsv -n 3 <train.tsv | grep "^u1$TAB" >want
	python3 - <<-'PY'
		from runtime_api import *
		api = RuntimeApi()
		api.start(["rec-lambda", "-m", "model.rec", "--interactions", "train.tsv"])
		event = {"path": "/topn", "query": {"user": "u1", "n": 3}, "accept": "text/tab-separated-values"}
		a = api.invoke(event)
		assert a["path"].endswith("/response") and a["body"] == open("want", "rb").read(), a
		assert a["chunks"] is None and "lambda-runtime-function-response-mode" not in a["head"]
		a = api.invoke(b"garbage")
		assert a["path"].endswith("/error") and error_of(a)[0] == "Rec.BadEvent", a
		for n in (0, 1, 2047, 2049, 100000, 3000000):	# bytes that mean nothing
		    a = api.invoke(json.dumps(event).encode() + b" " * n)
		    assert a["body"] == open("want", "rb").read(), (n, a["body"][:200])
		a = api.invoke(b" " * (7 << 20))
		assert error_of(a) == ("Rec.EventTooLarge", "the event has 7340032 bytes, and Lambda takes 6291456; send less at a time"), a
		counts = api.invoke({"path": "/metrics"})["body"].decode()
		for line in ('rec_requests_total{kind="topn",status="2xx"} 7', 'rec_requests_total{kind="other",status="4xx"} 2'):
		    assert line + "\n" in counts, counts
		a = api.invoke(event, Lambda_Runtime_Deadline_Ms=None)
		assert a["body"] == open("want", "rb").read(), a
		# a connection that is closed without a word, as after hours of sleep
		api.keeps = False
		for i in range(20):
		    assert api.invoke(event)["body"] == open("want", "rb").read(), i
		    time.sleep(0.01 * (i % 3))
		said = api.end()
		assert said.count("\n") == 2 and "Rec.BadEvent" in said and "Rec.EventTooLarge" in said, said
	PY
}

@test "rec-lambda: what cannot begin tells Lambda why; a Runtime API that talks nonsense ends it" {
	head -c 3000 model.rec >cut.rec
	python3 - <<-'PY'
		from runtime_api import *
		for model, word in (("nothing.rec", "No such file"), ("cut.rec", "cut.rec: ")):
		    api = RuntimeApi()
		    p = api.start(["rec-lambda", "-m", model])
		    a = api.take()
		    assert a["path"] == ROOT + "init/error", a
		    kind, message = error_of(a)
		    assert kind == "Rec.Init" and word in message, message
		    assert p.wait(20) == 1 and p.stderr.read().decode() == "rec-lambda: %s\n" % message
		api = RuntimeApi()
		p = api.start(["rec-lambda", "-m", "model.rec"], AWS_LAMBDA_FUNCTION_MEMORY_SIZE="0")
		assert "MemorySize" in error_of(api.take())[1] and p.wait(20) == 4
		for head, status, word in ((None, 200, "an event without an id"), ("../../x", 200, "an event without an id"), ("x" * 101, 200, "an event without an id"),
		                           ("x", 500, "answers 500"), ("x", 403, "answers 403")):
		    api = RuntimeApi()
		    api.next_status = status
		    p = api.start(["rec-lambda", "-m", "model.rec"])
		    api.send({}, Lambda_Runtime_Aws_Request_Id=head)
		    assert p.wait(20) == 4, head
		    said = p.stderr.read().decode()
		    assert word in said and said.count("\n") == 1, said
	PY
}

@test "rec-lambda: --stream: pieces come while others are made; what fails later is said at the end" {
	rec-topn -q -m model.rec -n 40 --keep-seen <strangers.tsv >want
	python3 - <<-'PY'
		from runtime_api import *
		api = RuntimeApi()
		api.start(["rec-lambda", "-m", "model.rec", "--interactions", "train.tsv", "--stream"])
		tsv = "text/tab-separated-values"
		lines, want = open("strangers.tsv").read(), open("want", "rb").read()
		query = {"n": 40, "keep-seen": True}
		def streamed(a, kind):
		    assert a["path"].endswith("/response") and not a["cut"], a
		    assert a["head"]["lambda-runtime-function-response-mode"] == "streaming" and a["head"]["content-type"] == kind, a["head"]
		    return a["body"]
		a = api.invoke({"path": "/batch", "query": query, "accept": tsv, "body": lines})
		assert streamed(a, tsv + "; charset=utf-8") == want and not a["trailers"]
		# by HTTP: status and head, eight NULs, the body
		kind = "application/vnd.awslambda.http-integration-response"
		def http(method, path, query="", body=None):
		    return {"version": "2.0", "rawPath": path, "rawQueryString": query, "headers": {"accept": tsv}, "body": body, "requestContext": {"http": {"method": method}}}
		prelude, body = streamed(api.invoke(http("POST", "/batch", "n=40&keep-seen=1", lines)), kind).split(b"\0" * 8, 1)
		assert json.loads(prelude) == {"statusCode": 200, "headers": {"content-type": tsv + "; charset=utf-8", "x-content-type-options": "nosniff"}}, prelude
		assert body == want
		prelude, body = streamed(api.invoke(http("GET", "/nothing")), kind).split(b"\0" * 8, 1)
		assert json.loads(prelude)["statusCode"] == 404 and json.loads(body)["error"]["code"] == "no-such-path"
		# what has no status fails as without a stream; a balancer takes none
		assert error_of(api.invoke({"path": "/nothing"}))[0] == "Rec.NoSuchPath"
		a = api.invoke({"requestContext": {"elb": {}}, "httpMethod": "GET", "path": "/healthz"})
		assert a["chunks"] is None and json.loads(a["body"])["body"] == "ok\n", a
		# more than Lambda takes in one piece, and its first bytes come long before the last
		many = "".join("w%07d\ti1\n" % i for i in range(10000))
		a = api.invoke({"path": "/batch", "query": query, "body": many}, deadline=60)
		assert len(a["body"]) > 7 << 20 and len(json.loads(a["body"])["lists"]) == 10000, len(a["body"])
		times = [x[0] for x in a["chunks"]]
		assert len(times) > 100 and times[0] - a["begun"] < (times[-1] - a["begun"]) / 2, (len(times), times[0] - a["begun"], times[-1] - a["begun"])
		# a batch that is late before it begins, and one that is late on its way
		a = api.invoke({"path": "/batch", "body": "u1\n"}, deadline=0.2)
		assert error_of(a)[0] == "Rec.TooLate", a
		a = api.invoke({"path": "/batch", "query": query, "body": many}, deadline=0.32)
		assert error_of(a)[0] == "Rec.TooLate", a["trailers"]
		assert a["chunks"] is None or len(a["chunks"]) < len(times)
		# a stream that the Runtime API does not take: the next event is answered
		for refusal in (b"", b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n"):
		    api.refuses = refusal
		    api.send({"path": "/batch", "query": query, "body": many}, deadline=60)
		    api.send({"path": "/nothing"})
		    assert error_of(api.take())[0] == "Rec.NoSuchPath"
		api.refuses = None
		assert api.invoke({"path": "/batch", "query": query, "accept": tsv, "body": lines})["body"] == want
		said = api.end()
		assert "Rec.TooLate" in said and said.count("the Runtime API ") == 2, said
	PY
}

@test "rec-lambda: a batch that would pass the deadline ends before it" {
	rec-gen --users 300 --items 3000 --rows 30000 | cut -f1-3 >large.tsv
	rec-als -q -k 16 -i 2 <large.tsv >large.rec
	python3 - <<-'PY'
		from runtime_api import *
		api = RuntimeApi()
		api.start(["rec-lambda", "-m", "large.rec", "--reserve", "2.9", "--max-histories", "100000"])
		items = sorted(set(line.split()[1] for line in open("large.tsv")))
		event = {"path": "/batch", "query": {"n": 1}, "accept": "text/tab-separated-values",
		         "body": "".join("w%d\t%s\n" % (i, items[i % len(items)]) for i in range(100000))}
		begun = time.monotonic()
		a = api.invoke(event, deadline=3)
		took = time.monotonic() - begun
		assert error_of(a) == ("Rec.TooLate", "the time of this function is over before the answer is made; ask for less, or raise its Timeout"), a
		assert took < 2.9, took
		assert api.invoke({"path": "/healthz"})["body"] == b"ok\n"
		api.end()
	PY
}
