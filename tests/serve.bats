#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# rec-serve: the answers of the command line to the byte, from one connection
# and from many; clients that mean no good; new models under load; the end.

load helpers
load services

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return 1
	command -v rec-serve >/dev/null || return 0
	make_train 60 40 900 | cut -f1-3 >all.tsv
	rec-split --ratio 0.3 --test test.tsv <all.tsv | LC_ALL=C sort >train.tsv
	rec-als -q -k 8 <train.tsv >factors.rec
	rec-als -q -k 6 --explicit <train.tsv >explicit.rec
	rec-sim -q -b cosine -n 0 <train.tsv >cosine.rec
	rec-sim -q -b cosine -n 0 --center <train.tsv >offset.rec
	rec-sim -q -b cosine --side user <train.tsv >users.rec
	rec-sim -q -b popular <train.tsv >popular.rec
	rec-sim -q -b ease <train.tsv >ease.rec 2>/dev/null || rm -f ease.rec
	cut -f1 train.tsv | sort -u >users.txt
	cut -f2 train.tsv | sort -u >items.txt
	printf 'i1\tThe "first" item\ni2\tTea\n' >titles.tsv
	# strangers: half of the items of the first users, under other names
	head -200 train.tsv | awk -F'\t' '{ print "new" $1 "\t" $2 "\t" $3 }' >strangers.tsv
}

setup() {
	cd "$BATS_FILE_TMPDIR" || return 1
	command -v rec-serve >/dev/null || skip "rec-serve was left out of this build"
}

teardown() {
	[ ! -s pid ] || { kill "$(cat pid)" 2>/dev/null || true; rm -f pid; }
}

# serve ARGUMENT...: start; PORT and the file pid say where.
serve() {
	: >serve.err
	rec-serve --listen "${LISTEN:-127.0.0.1:0}" -j 2 "$@" >serve.out 2>serve.err 3>&- &
	echo $! >pid
	for _ in $(seq 100); do
		PORT=$(sed -n 's/^rec-serve: answers at .*:\([0-9]*\)$/\1/p; s/^rec-serve: answers at \(unix\):.*/\1/p' serve.err)
		[ -z "$PORT" ] || return 0
		sleep 0.05
	done
	fail "no server: $(cat serve.err)"
}

# ends: SIGTERM, and exit 0.
ends() {
	local got=0
	kill "$(cat pid)"
	wait "$(cat pid)" || got=$?
	rm -f pid
	[ "$got" -eq 0 ] || fail "exit $got: $(cat serve.err)"
}

ask() { # ask TARGET [curl argument...]: lines
	local target=$1
	shift
	curl -sS --max-time 20 -H 'Accept: text/tab-separated-values' "$@" "http://127.0.0.1:$PORT$target"
}

# each FILE PREFIX: PREFIX.LABEL for each label of the first field.
each() {
	awk -F'\t' -v p="$2" '{ f = p "." $1; print >>f; if ($1 != last) { if (last) close(p "." last); last = $1 } }' "$1"
}

# same_lists NAME MODEL-ARGUMENT...: known users by name, strangers by their
# histories, all in one batch, similar items, scores.
same_lists() {
	local name=$1
	shift
	rm -rf w && mkdir w
	rec-topn -q "$@" --interactions train.tsv <train.tsv >w/all
	# by users alone, nobody answers strangers
	rec-topn -q "$@" --interactions train.tsv <strangers.tsv >w/new || [ "$name" = users ]
	each w/all w/known
	each w/new w/new
	each strangers.tsv w/history
	{
		while read -r u; do
			[ -e "w/known.$u" ] || : >"w/known.$u"
			printf 'GET\t/topn?user=%s\t-\tw/known.%s\n' "$u" "$u"
		done <users.txt
		for h in w/history.*; do
			[ -e "w/new.${h#*.}" ] || : >"w/new.${h#*.}"
			printf 'POST\t/topn\t%s\tw/new.%s\n' "$h" "${h#*.}"
		done
		printf 'POST\t/batch\tstrangers.tsv\tw/new\nPOST\t/batch\tusers.txt\tw/all\n'
		rec-score -q "${scored[@]}" --history train.tsv --interactions train.tsv <test.tsv >w/scored && printf 'POST\t/score\ttest.tsv\tw/scored\n'
		if rec-topn -q "$@" -n 10 --similar-items <items.txt >w/like 2>/dev/null; then
			each w/like w/like
			while read -r i; do [ ! -e "w/like.$i" ] || printf 'GET\t/similar?item=%s\t-\tw/like.%s\n' "$i" "$i"; done <items.txt
			{ cat items.txt; echo nothing; } >w/asked
			rec-topn -q "$@" -n 40 --similar-items --cold popular --fill popular --interactions train.tsv <w/asked >w/filled
			each w/filled w/filled
			while read -r i; do printf 'GET\t/similar?item=%s&n=40&cold=popular&fill=popular\t-\tw/filled.%s\n' "$i" "$i"; done <w/asked
		fi
	} >w/list
	[ "$(wc -l <w/list)" -gt 60 ] || fail "$name: $(wc -l <w/list) questions"
	for n in 1 64; do
		python3 "$ROOT/tests/serve/ask.py" "$PORT" $n w/list >w/out || fail "$name, $n connections: $(cat w/out)"
	done
}

# bats test_tags=slow
@test "rec-serve: lists, similar items and scores of each kind of model are those of the commands, from 1 and 64 connections" {
	for m in factors explicit cosine ease offset popular users blend zscore; do
		case $m in
		ease) [ -e ease.rec ] || continue ;;
		esac
		case $m in
		blend) models=(-m factors.rec -m cosine.rec --blend "1.5,0.5") scored=("${models[@]}") ;;
		zscore) models=(-m factors.rec -m cosine.rec --scale zscore) scored=(-m nothing) ;;
		*) models=(-m "$m.rec") scored=("${models[@]}") ;;
		esac
		serve "${models[@]}" --interactions train.tsv
		same_lists $m "${models[@]}"
		ends
	done
}

@test "rec-serve: requests of several connections that are there at once are ranked together" {
	serve -m factors.rec --interactions train.tsv
	rec-topn -q -m factors.rec --interactions train.tsv <train.tsv >all
	rec-topn -q -m factors.rec --interactions train.tsv -n 3 <train.tsv >short
	python3 - "$PORT" "$(cat pid)" <<-'PY'
		import http.client, os, signal, sys, time
		port, pid = int(sys.argv[1]), int(sys.argv[2])
		def lists(path):
		    got = {}
		    for line in open(path, "rb"):
		        user = line.split(b"\t")[0].decode()
		        got[user] = got.get(user, b"") + line
		    return got
		want = {"": lists("all"), "&n=3": lists("short")}
		users = open("users.txt").read().split()[:50]
		def counter():
		    c = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
		    c.request("GET", "/metrics")
		    return int([x for x in c.getresponse().read().split(b"\n") if x.startswith(b"rec_lists_together_total ")][0].split()[1])
		# one at a time: each is alone
		one = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
		for u in users[:20]:
		    one.request("GET", "/topn?user=" + u, headers={"Accept": "text/tab-separated-values"})
		    assert one.getresponse().read() == want[""].get(u, b""), u
		like = {}
		for i in ("i1", "i2", "i3"):
		    one.request("GET", "/similar?item=" + i)
		    like[i] = one.getresponse().read()
		    assert b'"item":"%s"' % i.encode() in like[i], like
		assert counter() == 0, counter()
		# connections that are open already; what they ask is there when the server wakes
		all = [http.client.HTTPConnection("127.0.0.1", port, timeout=20) for _ in range(60)]
		for c in all:
		    c.request("GET", "/healthz")
		    assert c.getresponse().read() == b"ok\n"
		asked = []
		os.kill(pid, signal.SIGSTOP)
		task = "/proc/%d/task/" % pid
		end = time.monotonic() + 10
		while any(open(task + t + "/stat").read().rsplit(")", 1)[1].split()[0] != "T" for t in os.listdir(task)):
		    assert time.monotonic() < end, "it does not stop"
		    time.sleep(0.001)
		for i, c in enumerate(all):
		    u = users[i % len(users)]
		    if i % 10 == 9:
		        c.request("GET", "/topn?user=stranger&cold=fail")
		        asked.append((404, None))
		    elif i % 10 == 8:
		        c.request("GET", "/topn?user=" + u + "&model=2")
		        asked.append((400, None))
		    elif i % 10 in (4, 6):
		        item = "i%d" % (1 + i % 3)
		        c.request("GET", "/similar?item=" + item)
		        asked.append((200, like[item]))
		    else:
		        n = "&n=3" if i % 3 == 0 else ""
		        c.request("GET", "/topn?user=" + u + n, headers={"Accept": "text/tab-separated-values"})
		        asked.append((200, want[n].get(u, b"")))
		all[5].close()			# this one does not wait for its answer
		os.kill(pid, signal.SIGCONT)
		for i, (c, (status, body)) in enumerate(zip(all, asked)):
		    if i != 5:
		        r = c.getresponse()
		        got = r.read()
		        assert r.status == status and body in (None, got), (i, r.status, got)
		assert 30 <= counter() <= 60, counter()
	PY
	ends
}

@test "rec-serve: n, keep-seen, allow, deny, candidates, cold and fill are those of rec-topn" {
	serve -m cosine.rec --interactions train.tsv --seen test.tsv
	sed -n '1~3p' items.txt >allow.txt
	sed -n '1~4p' items.txt >deny.txt
	allow=$(sed 's/^/\&allow=/' allow.txt | tr -d '\n') deny=$(sed 's/^/\&deny=/' deny.txt | tr -d '\n')
	i=0
	while IFS='|' read -r parameters options; do
		# shellcheck disable=SC2086
		rec-topn -q -m cosine.rec --interactions train.tsv $options <train.tsv >all
		each all "w$((++i))"
		for u in $(sed -n '1~7p' users.txt); do
			[ -e "w$i.$u" ] || : >"w$i.$u"
			ask "/topn?user=$u$parameters" | cmp - "w$i.$u" || fail "$u $parameters"
		done
	done <<-EOF
		&n=3|-n 3 --seen test.tsv
		&n=1000|-n 1000 --seen test.tsv
		&keep-seen&n=20|-n 20 --keep-seen
		&keep-seen=false|--seen test.tsv
		$allow|--allow allow.txt --seen test.tsv
		$deny|--deny deny.txt --seen test.tsv
		$allow$deny&n=4|--allow allow.txt --deny deny.txt -n 4 --seen test.tsv
		&n=200&fill=popular|-n 200 --fill popular --seen test.tsv
	EOF
	[ "$i" -eq 8 ]
	awk -F'\t' '{ print $1 "\ti3\n" $1 "\ti7\n" $1 "\ti11" }' users.txt >candidates.tsv
	rec-topn -q -m cosine.rec --candidates candidates.tsv --seen test.tsv <train.tsv | grep -P '^u1\t' >want || true
	ask '/topn?user=u1&candidates=i3&candidates=i7&candidates=i11&candidates=no' | cmp - want
	echo stranger | rec-topn -q -m cosine.rec --interactions train.tsv --cold popular >want
	ask '/topn?user=stranger&cold=popular' | cmp - want
	[ -z "$(ask '/topn?user=stranger')" ]
	[ "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$PORT/topn?user=stranger&cold=fail")" = 404 ]
	ends
}

@test "rec-serve: options are what requests do not say; --allow and --deny hold for all" {
	head -20 items.txt >allow.txt
	serve -m factors.rec -n 4 --keep-seen --allow allow.txt --deny <(echo i1) --fold-in --interactions train.tsv
	rec-topn -q -m factors.rec -n 4 --keep-seen --allow allow.txt --deny <(echo i1) --fold-in <train.tsv >all
	while read -r u; do ask "/topn?user=$u"; done <users.txt | LC_ALL=C sort -s -t"$TAB" -k1,1 | cmp - all
	ends
}

@test "rec-serve: JSON says the same, with titles; a label that is no UTF-8 is bytes in lines" {
	serve -m factors.rec --interactions train.tsv --titles titles.tsv
	curl -sS "http://127.0.0.1:$PORT/topn?user=u1&n=50&keep-seen" >json
	ask '/topn?user=u1&n=50&keep-seen' >lines
	python3 - json lines <<-'PY'
		import json, sys
		got = json.load(open(sys.argv[1]))
		want = [line.rstrip("\n").split("\t") for line in open(sys.argv[2])]
		assert got["user"] == "u1" and got["cold"] is False and got["history"] > 0
		assert [[e["item"], e["score"]] for e in got["items"]] == [[w[1], float(w[2])] for w in want]
		titles = {e["item"]: e["title"] for e in got["items"] if "title" in e}
		assert titles == {"i1": 'The "first" item', "i2": "Tea"}, titles
	PY
	# a history by JSON, in each of its forms, and by lines
	printf 'x\ti3\t2\nx\ti5\nx\ti9\t0.3\n' >h.tsv
	ask /topn --data-binary @h.tsv >want
	for h in '["i9",["i3",2],"i5"]' '[{"item":"i3","value":2},["i5"],["i9",0.3]]'; do
		h=${h/\"i9\",[/[\"i9\",0.3],[}
		ask /topn -H 'Content-Type: application/json' -d "{\"user\":\"x\",\"history\":$h}" | cmp - want
	done
	ask /topn -H 'Content-Type: application/json' -d '{"history":["i3"]}' | grep -q "^-${TAB}i"
	# what was just seen is left out at once, and a known user is still known
	first=$(ask '/topn?user=u1&n=1' | cut -f2)
	ask /topn -d "$(printf 'u1\t%s' "$first")" >after
	! grep -qP "\t$first\t" after || false
	[ "$(wc -l <after)" -eq 10 ]
	python3 "$ROOT/tests/serve/hostile.py" "$PORT" bytes_of_labels
	ends
}

@test "rec-serve: /score takes pairs, items of a history, and what to do with cold ones" {
	serve -m explicit.rec --interactions train.tsv
	for c in mean drop; do
		for k in train none; do
			{ cat test.tsv; printf 'stranger\ti1\nu1\tnothing\n'; } >pairs.tsv
			rec-score -q -m explicit.rec --history train.tsv --cold $c --clamp $k <pairs.tsv >want
			ask "/score?cold=$c&clamp=$k" --data-binary @pairs.tsv | cmp - want
		done
	done
	[ "$(curl -s -o /dev/null -w '%{http_code}' --data-binary @pairs.tsv "http://127.0.0.1:$PORT/score?cold=fail")" = 404 ]
	printf 'me\ti2\nme\ti4\n' | rec-score -q -m explicit.rec --history <(printf 'me\ti1\t5\nme\ti3\t2\n') >want
	ask /score -H 'Content-Type: application/json' -d '{"user":"me","history":[["i1",5],["i3",2]],"items":["i2","i4"]}' | cmp - want
	ask /score -H 'Content-Type: application/json' -d '{"pairs":[["u1","i2"],["u2","i2"]]}' | cmp - <(printf 'u1\ti2\nu2\ti2\n' | rec-score -q -m explicit.rec)
	ends
}

@test "rec-serve: /explain gives the reasons of rec-topn --explain" {
	for m in factors cosine; do
		serve -m $m.rec --interactions train.tsv
		rec-topn -q -m $m.rec -n 3 --explain 4 <train.tsv >why
		cut -f1,2 why | uniq | sed -n '1~5p' >entries
		while IFS=$TAB read -r u i; do
			ask "/explain?user=$u&item=$i&k=4" | cmp - <(grep -P "^$u\t$i\t" why) || fail "$m: $u $i"
		done <entries
		ends
	done
	serve -m users.rec --interactions train.tsv
	[ "$(curl -s -o out -w '%{http_code}' "http://127.0.0.1:$PORT/explain?user=u1&item=i1")" = 400 ]
	grep -q 'a similarity of users has no reasons' out
	ends
}

@test "rec-serve: /model, /healthz, /readyz and /metrics say what is there; no answer names a path" {
	serve -m "$PWD/factors.rec" --interactions "$PWD/train.tsv"
	for t in /topn?user=u1 /topn?user=nobody\&cold=fail /similar?item=i1 /nothing; do curl -sS "http://127.0.0.1:$PORT$t"; done >answers
	curl -sS "http://127.0.0.1:$PORT/model" >model.json
	cat model.json >>answers
	python3 -c 'import json; m = json.load(open("model.json")); assert m["http"].startswith("libevent 2.") and m["items"] == 40 and m["models"][0]["metadata"]["loss"] == "implicit", m'
	[ "$(curl -sS "http://127.0.0.1:$PORT/healthz")" = ok ]
	[ "$(curl -sS "http://127.0.0.1:$PORT/readyz")" = ready ]
	curl -sS "http://127.0.0.1:$PORT/metrics" >metrics
	grep -qx 'rec_requests_total{kind="topn",status="2xx"} 1' metrics
	grep -qx 'rec_requests_total{kind="topn",status="4xx"} 1' metrics
	grep -qx 'rec_answer_seconds_count{kind="topn"} 2' metrics
	grep -qE '^rec_model_info\{digest="[0-9a-f]{16}"\} 1$' metrics
	! grep -nE '^[^#]' metrics | grep -vE '^[0-9]+:[a-z_]+(\{[^}]*\})? [0-9.e+-]+$' || false
	! grep -F "$PWD" answers metrics || false
	ends
}

@test "rec-serve: a question that comes before the server is complete has the same answer" {
	printf '%s\n' $'GET\t/topn?user=u1' $'GET\t/topn?user=u2&n=30&keep-seen=1' $'GET\t/topn?user=u3&fill=popular&n=1000' \
		$'GET\t/topn?user=nobody&cold=popular' $'GET\t/topn?user=nobody' $'GET\t/topn?user=u1&deny=i1' $'GET\t/topn?user=u1&what=x' \
		$'POST\t/topn\tnew\\ti7\\nnew\\ti9\\n' $'POST\t/topn?user=u1\tu1\\ti7\\n' $'GET\t/similar?item=i1' \
		$'POST\t/score\tu1\\ti1\\nu2\\ti5\\nnobody\\ti5\\n' $'POST\t/batch\ta\\ti1\\nb\\ti7\\n' \
		$'GET\t/explain?user=u1&item=i7' $'GET\t/items?q=i1' $'GET\t/nothing' $'GET\t/healthz' $'POST\t/healthz' >early.tsv
	python3 "$ROOT/tests/serve/early.py" early.tsv rec-serve -q -j 2 -m factors.rec --interactions train.tsv \
		--listen unix:early.sock >early.out || fail "$(cat early.out)"
	grep -qx '17 lines, 0 bad' early.out
	# a model that stores nobody, a blend, and users that are always folded in
	head -4 early.tsv >few.tsv
	for m in "-m cosine.rec" "-m factors.rec -m cosine.rec" "-m factors.rec --fold-in"; do
		# shellcheck disable=SC2086
		python3 "$ROOT/tests/serve/early.py" few.tsv rec-serve -q -j 1 $m --interactions train.tsv \
			--listen unix:early.sock >early.out || fail "$m: $(cat early.out)"
	done
}

@test "rec-serve: requests that can be read in two ways, and questions that are none, are refused" {
	serve -m factors.rec --interactions train.tsv --idle-time 2 --head-time 1 --body-time 1 --answer-time 2 --max-head 1K --max-body 64K
	python3 "$ROOT/tests/serve/hostile.py" "$PORT" smuggling questions
	ends
	[ "$(wc -l <serve.err)" -eq 1 ] || fail "$(cat serve.err)"
}

@test "rec-serve: whatever head it takes, llhttp takes for the same request" {
	python=${REC_SERVE_VENV:-${XDG_CACHE_HOME:-$HOME/.cache}/recpipe/serve}/bin/python
	"$python" -c 'import httptools' 2>/dev/null || { echo "# SKIPPED, no llhttp: sh tests/setup.sh serve" >&3; skip "no httptools in $python"; }
	serve -m factors.rec
	"$python" "$ROOT/tests/serve/llhttp.py" "$PORT" 5000 >out 2>&1 || fail "$(tail -1 out)"
	ends
}

# bats test_tags=slow
@test "rec-serve: slow clients, pieces, pipelines, clients that never read or go away" {
	serve -m factors.rec --interactions train.tsv --idle-time 2 --head-time 1 --body-time 1 --answer-time 2 --max-head 1K --max-body 64K
	python3 "$ROOT/tests/serve/hostile.py" "$PORT" slow pieces pipelined expect head never_reads gone
	curl -sS "http://127.0.0.1:$PORT/metrics" >metrics
	[ "$(sed -n 's/^rec_connections //p' metrics)" -le 3 ] || fail "$(grep connections metrics)"
	ends
	serve -m factors.rec --max-connections 16
	python3 "$ROOT/tests/serve/hostile.py" "$PORT" many
	ends
}

# bats test_tags=own-memory
@test "rec-serve: 10,000 connections at once: others are answered, memory has a bound, and all of it comes back" {
	hard=$(ulimit -Hn)
	[ "$hard" = unlimited ] || [ "$hard" -ge 11500 ] || skip "a process may open $hard files, and 10,000 connections need 11500 (ulimit -Hn)"
	ulimit -Sn 1024	# rec-serve raises it
	serve -m factors.rec --interactions train.tsv --head-time 60 --body-time 60 --answer-time 60
	python3 "$ROOT/tests/serve/crowd.py" "$PORT" "$(cat pid)" crowd
	ends
	[ "$(wc -l <serve.err)" -eq 1 ] || fail "$(cat serve.err)"
}

@test "rec-serve: connections are no more than files allow; without a descriptor nothing spins" {
	(
		ulimit -n 100
		serve -m factors.rec -j 1
		grep -qx 'rec-serve: 24 connections at a time, not 10000: the limit of open files is 100' serve.err || fail "$(cat serve.err)"
		python3 "$ROOT/tests/serve/hostile.py" "$PORT" many
		ends
	)
	serve -m factors.rec -j 1
	python3 "$ROOT/tests/serve/crowd.py" "$PORT" "$(cat pid)" starved
	ends
}

@test "rec-serve: --max-per-address counts each client, not this machine's own address and not a socket in the file system" {
	serve -m factors.rec --max-per-address 8
	python3 "$ROOT/tests/serve/crowd.py" "$PORT" "$(cat pid)" addresses
	ends
	LISTEN=unix:here.sock serve -m factors.rec --max-per-address 8
	python3 "$ROOT/tests/serve/crowd.py" here.sock "$(cat pid)" own full
	ends
	[ -e /proc/net/if_inet6 ] || return 0	# IPv4 in IPv6's clothes
	LISTEN='[::]:0' serve -m factors.rec --max-per-address 8
	python3 "$ROOT/tests/serve/crowd.py" "$PORT" "$(cat pid)" addresses
	ends
}

# bats test_tags=own-memory
@test "rec-serve: --max-bodies bounds what all bodies take together" {
	exits 2 rec-serve -m factors.rec --max-bodies 1M
	says "rec-serve: --max-bodies cannot be below --max-body"
	serve -m factors.rec --max-body 1M --max-bodies 4M
	python3 "$ROOT/tests/serve/crowd.py" "$PORT" "$(cat pid)" bodies
	ends
}

@test "rec-serve: 100 new models under load: no failed request, no answer of two models" {
	rec-als -q -k 8 --seed 2 <train.tsv >other.rec
	cp factors.rec live.rec
	serve -m live.rec --interactions train.tsv
	rec-topn -q -m factors.rec <train.tsv >want1
	rec-topn -q -m other.rec <train.tsv >want2
	! cmp -s want1 want2 || false
	python3 - "$PORT" "$(cat pid)" <<-'PY'
		import http.client, os, shutil, signal, sys, threading, time
		port, pid = int(sys.argv[1]), int(sys.argv[2])
		want = [open("want1", "rb").read(), open("want2", "rb").read()]
		users = open("users.txt", "rb").read()
		stop, seen, faults = threading.Event(), [0, 0], []

		def swaps():
		    c = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
		    c.request("GET", "/metrics")
		    n = [x for x in c.getresponse().read().split(b"\n") if x.startswith(b"rec_swaps_total ")]
		    return int(n[0].split()[1])

		def ask():
		    c = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
		    while not stop.is_set():
		        try:
		            c.request("POST", "/batch", users, {"Accept": "text/tab-separated-values"})
		            got = c.getresponse().read()
		            seen[want.index(got)] += 1
		        except Exception as e:
		            faults.append(repr(e)[:200])
		            return

		threads = [threading.Thread(target=ask) for _ in range(8)]
		for t in threads:
		    t.start()
		for i in range(100):
		    shutil.copy("other.rec" if i % 2 == 0 else "factors.rec", "next.rec")
		    os.rename("next.rec", "live.rec")
		    os.kill(pid, signal.SIGHUP)
		    end = time.monotonic() + 10
		    while swaps() < i + 1:
		        assert time.monotonic() < end, "no swap"
		        time.sleep(0.01)
		stop.set()
		for t in threads:
		    t.join()
		assert not faults, faults
		assert min(seen) > 0, seen
	PY
	ends
}

@test "rec-serve: a file that changes takes over; a bad one is refused, counted, and the old one answers" {
	cp factors.rec live.rec
	rec-als -q -k 8 --seed 3 <train.tsv >other.rec
	serve -m live.rec --interactions train.tsv
	head -c 1000 factors.rec >next.rec
	mv next.rec live.rec
	for _ in $(seq 100); do grep -q refused serve.err && break; sleep 0.1; done
	grep -q '^rec-serve: the new model was refused, the old one answers: live.rec: ' serve.err || fail "$(cat serve.err)"
	ask '/topn?user=u1' | cmp - <(rec-topn -q -m factors.rec <train.tsv | grep -P '^u1\t')
	curl -sS "http://127.0.0.1:$PORT/metrics" | grep -qx 'rec_swap_failures_total 1'
	cp other.rec next.rec
	mv next.rec live.rec
	for _ in $(seq 100); do grep -q 'a new model answers' serve.err && break; sleep 0.1; done
	ask '/topn?user=u1' | cmp - <(rec-topn -q -m other.rec <train.tsv | grep -P '^u1\t')
	ends
}

@test "rec-serve: SIGTERM lets a batch end, takes no more connections, and exits 0" {
	serve -m factors.rec --interactions train.tsv
	seq 9000 | sed 's/.*/v&\ti1/' >many.tsv
	curl -sS --limit-rate 300K --max-time 20 -H 'Accept: text/tab-separated-values' --data-binary @many.tsv "http://127.0.0.1:$PORT/batch?n=10" >got &
	batch=$!
	sleep 0.5
	ends
	wait $batch
	[ "$(wc -l <got)" -eq 90000 ] || fail "$(wc -l <got) lines"
	! curl -s --max-time 2 "http://127.0.0.1:$PORT/healthz" || false
}

@test "rec-serve: a socket in the file system, LISTEN_FDS, PORT, and addresses that are none" {
	rec-serve -q -m factors.rec --listen unix:here.sock 3>&- &
	echo $! >pid
	for _ in $(seq 100); do [ ! -S here.sock ] || break; sleep 0.05; done
	[ "$(curl -sS --unix-socket here.sock http://x/healthz)" = ok ]
	kill "$(cat pid)"
	wait "$(cat pid)"
	[ ! -e here.sock ]
	python3 - <<-'PY'
		import os, socket, subprocess, time, urllib.request
		s = socket.socket()
		s.bind(("127.0.0.1", 0))
		s.listen(16)
		port = s.getsockname()[1]
		os.dup2(s.fileno(), 3)
		p = subprocess.Popen(["rec-serve", "-q", "-m", "factors.rec"], pass_fds=[3], env=dict(os.environ, LISTEN_FDS="1"))
		s.close()
		assert urllib.request.urlopen("http://127.0.0.1:%d/healthz" % port, timeout=10).read() == b"ok\n"
		p.terminate()
		assert p.wait(10) == 0
		s = socket.socket()
		s.bind(("127.0.0.1", 0))
		port = s.getsockname()[1]
		s.close()
		os.close(3)
		p = subprocess.Popen(["rec-serve", "-m", "factors.rec"], env=dict(os.environ, PORT=str(port)), stderr=subprocess.PIPE)
		line = p.stderr.readline()
		assert line == b"rec-serve: answers at 0.0.0.0:%d\n" % port, line
		assert urllib.request.urlopen("http://127.0.0.1:%d/healthz" % port, timeout=10).read() == b"ok\n"
		p.terminate()
		assert p.wait(10) == 0
	PY
	exits 2 rec-serve -m factors.rec --listen nowhere
	says "rec-serve: 'nowhere' is not HOST:PORT or unix:PATH"
	PORT=x exits 2 rec-serve -m factors.rec
	says "rec-serve: PORT: 'x' is not a whole number from 1 to 65535"
	exits 1 rec-serve -m nothing.rec
	says "rec-serve: nothing.rec: No such file or directory"
	exits 2 rec-serve
	says "rec-serve: no model: give -m FILE"
	exits 2 rec-serve -m factors.rec -o x
	says "rec-serve: --output has no use here: answers go over HTTP"
}

@test "rec-serve: where hosts of functions want it; what one host alone sets goes first" {
	asked() { # asked WANT VARIABLE=VALUE...
		local want=$1
		shift
		env "$@" rec-serve -m factors.rec 2>where.err 3>&- &
		echo $! >pid
		for _ in $(seq 100); do [ ! -s where.err ] || break; sleep 0.05; done
		[ "$(cat where.err)" = "rec-serve: answers at $want" ] || fail "$(cat where.err)"
		kill "$(cat pid)"
		wait "$(cat pid)"
		rm -f pid
	}
	a=$(free_port)
	b=$(free_port)
	asked "127.0.0.1:$a" FUNCTIONS_CUSTOMHANDLER_PORT="$a" AWS_LAMBDA_HTTP_ENDPOINT="127.0.0.1:$b" PORT="$b"
	asked "127.0.0.1:$a" AWS_LAMBDA_HTTP_ENDPOINT="127.0.0.1:$a" PORT="$b"
	AWS_LAMBDA_HTTP_ENDPOINT=here exits 2 rec-serve -m factors.rec
	says "rec-serve: AWS_LAMBDA_HTTP_ENDPOINT: 'here' is not HOST:PORT or unix:PATH"
	FUNCTIONS_CUSTOMHANDLER_PORT=x exits 2 rec-serve -m factors.rec
	says "rec-serve: FUNCTIONS_CUSTOMHANDLER_PORT: 'x' is not a whole number from 1 to 65535"
}

@test "rec-serve: --envelope azure: requests in the JSON of its host, the same answers" {
	serve -m factors.rec --interactions train.tsv --envelope azure
	rec-topn -q -m factors.rec --interactions train.tsv <train.tsv >all
	rec-topn -q -m factors.rec --interactions train.tsv <strangers.tsv >new
	rec-topn -q -m factors.rec -n 3 --similar-items <<<i1 >like
	printf 'odd\tb\374r\nodd\ti1\nb\ti1\nb\ti2\n' >odd.tsv
	rec-als -q -k 2 <odd.tsv >odd.rec
	python3 - "$PORT" <<-'PY'
		import http.client, json, sys
		c = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=20)
		lines = "text/tab-separated-values"
		def post(function, body):
		    c.request("POST", "/" + function, body, {"Content-Type": "application/json"})
		    r = c.getresponse()
		    return r.status, r.getheader("Content-Type"), r.read()
		def ask(function, method="GET", query="", **more):
		    req = {"Url": "http://localhost:7071/api/" + function + query, "Method": method, "Query": "{}",
		           "Headers": {"accept": [lines]}, "Params": {}, **more}
		    status, kind, got = post(function, json.dumps({"Data": {"req": req}, "Metadata": {"sys": {"MethodName": function}}}))
		    assert (status, kind) == (200, "application/json"), (status, kind, got)
		    got = json.loads(got)
		    assert set(got) == {"Outputs", "Logs", "ReturnValue"} and got["Logs"] == [] and set(got["Outputs"]) == {"res"}, got
		    res = got["Outputs"]["res"]
		    assert set(res) == {"statusCode", "headers", "body"} and res["headers"]["x-content-type-options"] == "nosniff", res
		    return res["statusCode"], res["headers"]["content-type"], res["body"]
		def lists(path):
		    got = {}
		    for line in open(path):
		        user = line.split("\t")[0]
		        got[user] = got.get(user, "") + line
		    return got
		tsv = lines + "; charset=utf-8"
		known, new = lists("all"), lists("new")
		history = lists("strangers.tsv")
		for user in sorted(known):
		    assert ask("topn", query="?user=" + user) == (200, tsv, known[user]), user
		    assert ask("topn", Params={"user": user}) == (200, tsv, known[user]), user
		for user in sorted(new):
		    assert ask("topn", "POST", Body=history[user]) == (200, tsv, new[user]), user
		assert ask("similar", query="?item=i1&n=3") == (200, tsv, open("like").read())
		# a body that the host takes for binary comes in base64
		import base64
		user = min(new)
		binary = {"Accept": [lines], "Content-Type": ["application/octet-stream"]}
		assert ask("topn", "POST", Headers=binary, Body=base64.b64encode(history[user].encode()).decode()) == (200, tsv, new[user])
		# a batch comes in pieces
		assert ask("batch", "POST", Body=open("strangers.tsv").read()) == (200, tsv, open("new").read())
		# errors of the request are its answer
		status, kind, body = ask("topn", query="?user=nobody&cold=fail")
		assert (status, kind, json.loads(body)["error"]["code"]) == (404, "application/json", "cold"), (status, body)
		assert ask("score")[0] == 405 and ask("topn", "PUT")[0] == 405 and ask("nothing")[0] == 404
		assert ask("topn", "POST", Body="x\ti1\ny\ti1\n")[0] == 400 and ask("topn", query="?user=%zz")[0] == 400
		# errors of the envelope are the host's: it makes 500 of them
		for body in ("", "{", "[]", "{}", '{"Data":{"req":1}}', '{"Data":{"req":{}}}', '{"Data":{"queue":{}}}',
		             '{"Data":{"req":{"Method":"POST","Url":"http://x/","Body":1}}}',
		             '{"Data":{"req":{"Method":"GET","Headers":{"Accept":1}}}}', '{"Data":{"req":{"Method":"GET","Params":[]}}}'):
		    status, kind, got = post("topn", body)
		    assert status == 400 and json.loads(got)["error"]["code"] == "bad-event", (body, status, got)
		# the host of Azure does not say how long a body is
		import socket
		inner = json.dumps({"Data": {"req": {"Url": "http://x/?user=" + min(known), "Method": "GET", "Headers": {"Accept": [lines]}}}}).encode()
		head = b"POST /topn HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n%s\r\n"
		def chunks(size):
		    return b"".join(b"%x\r\n%s\r\n" % (len(inner[i:i + size]), inner[i:i + size]) for i in range(0, len(inner), size)) + b"0\r\n\r\n"
		def raw(*parts):
		    s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 20)
		    for part in parts:
		        s.sendall(part)
		    r = http.client.HTTPResponse(s)
		    r.begin()
		    return s, r.status, r.read()
		for size in (1, 7, 1 << 20):
		    body = head % b"" + chunks(size)
		    for parts in ([body], [bytes([x]) for x in body] if size == 7 else [body[:-3], body[-3:]]):
		        s, status, got = raw(*parts)
		        assert status == 200 and json.loads(got)["Outputs"]["res"]["body"] == known[min(known)], (size, status, got)
		        s.sendall(body)	# the connection goes on where the body ended
		        r = http.client.HTTPResponse(s)
		        r.begin()
		        assert json.loads(r.read())["Outputs"]["res"]["body"] == known[min(known)]
		for bad in (head % b"Content-Length: 5\r\n" + chunks(9), head % b"Transfer-Encoding: chunked\r\n" + chunks(9), head % b"" + b"5;x=1\r\nhello\r\n0\r\n\r\n",
		            head % b"" + b"5\nhello\r\n0\r\n\r\n", head % b"" + b"5\r\nhelloo\r\n0\r\n\r\n", head % b"" + b"0\r\nX: y\r\n\r\n", head % b"" + b"\r\n", head % b"" + b"-1\r\n",
		            head % b"" + b"123456789\r\n", head.replace(b"POST", b"GET") % b"" + chunks(9), head.replace(b"chunked", b"gzip, chunked") % b"", head.replace(b"1.1", b"1.0") % b"" + chunks(9)):
		    s, status, got = raw(bad)
		    assert status in (400, 501), (bad, status, got)
		assert raw(head % b"" + b"7fffffff\r\n")[1] == 413
		# the host looks whether anybody is there
		c.request("GET", "/")
		r = c.getresponse()
		assert r.status == 200 and b"<html" in r.read()
	PY
	ends
	serve -m odd.rec --envelope azure
	python3 - "$PORT" <<-'PY'
		import http.client, json, sys
		c = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=20)
		req = {"Url": "http://x/?user=odd&keep-seen=1", "Method": "GET", "Headers": {"Accept": ["text/tab-separated-values"]}}
		c.request("POST", "/topn", json.dumps({"Data": {"req": req}}))
		res = json.loads(c.getresponse().read())["Outputs"]["res"]
		assert res["statusCode"] == 422 and "no UTF-8" in res["body"], res
	PY
	ends
}

@test "rec-serve: an address where another one answers is in use" {
	serve -m factors.rec
	exits 4 rec-serve -m factors.rec --listen "127.0.0.1:$PORT"
	mentions 'in use'
	[ "$(curl -sS "http://127.0.0.1:$PORT/readyz")" = ready ]
	ends
	serve -m factors.rec --listen "127.0.0.1:$PORT"
	ends
}

@test "rec-serve: threads that nobody asks let an old model go, too" {
	rec-als -q -k 8 <train.tsv -o idle.rec
	serve -m idle.rec
	grep -q '/idle.rec$' "/proc/$(cat pid)/maps"
	cp idle.rec next.rec
	mv next.rec idle.rec
	kill -HUP "$(cat pid)"
	for _ in $(seq 100); do
		! grep -q '/idle.rec (deleted)$' "/proc/$(cat pid)/maps" && grep -q 'a new model answers' serve.err && break
		sleep 0.1
	done
	! grep '/idle.rec (deleted)$' "/proc/$(cat pid)/maps" || false
	grep -q '/idle.rec$' "/proc/$(cat pid)/maps"
	ends
}
