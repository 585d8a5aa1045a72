#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The files of examples/serve do what they say: each is really run, on this
# machine alone. What needs a program that is not here says so.

load helpers
load services

EX=$ROOT/examples/serve

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return 1
	command -v rec-serve >/dev/null || return 0
	rec-gen --users 300 --items 90 --rows 6000 | cut -f 1,2 | sort -u >train.tsv
	rec-als -q -k 8 <train.tsv >model.rec
	rec-serve -q -j 1 -m model.rec --interactions train.tsv --listen unix:direct.sock 3>&- &
	echo $! >pid
	for _ in $(seq 100); do [ ! -S direct.sock ] || return 0; sleep 0.05; done
	fail "no server"
}

teardown_file() {
	[ ! -s "$BATS_FILE_TMPDIR/pid" ] || kill "$(cat "$BATS_FILE_TMPDIR/pid")"
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	D=$BATS_FILE_TMPDIR
	command -v rec-serve >/dev/null || skip "rec-serve was left out of this build"
}

direct() {
	ask --unix-socket "$D/direct.sock" "$@"
}

@test "demo.sh: the package index in a page, and nothing left when it ends" {
	needs apt-cache curl
	mkdir tmp
	port=$(free_port)
	start env TMPDIR="$PWD/tmp" DISPLAY='' WAYLAND_DISPLAY='' PORT="$port" DEMO_SECONDS=60 sh "$EX/demo.sh"
	for _ in $(seq 600); do ! grep -q 'Ctrl-C' started.out || break; sleep 0.1; done
	grep -qx "Open this page:  http://127.0.0.1:$port/" started.out || fail "$(cat started.out)"
	ask "http://127.0.0.1:$port/" | cmp - "$ROOT/lib/serve/page.html"
	# what it says to try
	eval "$(sed -n 's/^For a program: *//p' started.out) -sS" >got
	[ "$(grep -o '"item":' got | wc -l)" -eq 5 ] || fail "$(cat got)"
	grep -q MAKES started.out || grep -q '"title":"[a-z0-9.+-]* - ' got || fail "$(cat got)"
	# a second one does not share the port
	PORT=$port exits 1 sh "$EX/demo.sh"
	says "demo: port $port is in use"
	kill $STARTED
	wait $STARTED || [ $? -eq 143 ]
	[ -z "$(ls tmp)" ] || fail "left: $(ls tmp)"
	! curl -s --max-time 2 "http://127.0.0.1:$port/healthz" || false
}

@test "demo.sh: without a package index it makes up data, and DEMO_SECONDS ends it" {
	needs curl
	mkdir tmp none
	for p in apt-cache apt-get sudo; do printf '#!/bin/sh\n' >none/$p; chmod 755 none/$p; done
	start env -u PORT PATH="$PWD/none:$PATH" TMPDIR="$PWD/tmp" DISPLAY='' WAYLAND_DISPLAY='' DEMO_SECONDS=2 sh "$EX/demo.sh"
	await grep -q 'Ctrl-C' started.out
	grep -qx '    This machine has no package index, so rec-gen MAKES UP data:' started.out
	url=$(sed -n 's/^Open this page:  //p' started.out)
	ask "${url}topn?user=u1&n=1" | grep -q '"title":"Thing number '
	wait $STARTED
	[ -z "$(ls tmp)" ] || fail "left: $(ls tmp)"
}

# units: both units in a folder, with the rec-serve that is tested.
units() {
	mkdir units
	cp "$EX/rec-serve.socket" units
	sed "s|/usr/local/bin/rec-serve|$(command -v rec-serve)|" "$EX/rec-serve.service" >units/rec-serve.service
	! cmp -s "$EX/rec-serve.service" units/rec-serve.service || false
}

@test "rec-serve.service: systemd reads both units without a word, and finds hardly a right too many" {
	needs systemd-analyze
	units
	cd units
	exits 0 systemd-analyze verify --man=no ./rec-serve.service ./rec-serve.socket
	[ ! -s out ] && [ ! -s err ] || fail "$(cat out err)"
	# 10 tenths, where the worst is 100
	exits 0 systemd-analyze security --no-pager --offline=yes --threshold=10 ./rec-serve.service
	grep -q 'Overall exposure level for rec-serve.service: 0' out || fail "$(cat out)"
}

@test "rec-serve.service: no system call that it is denied" {
	needs systemd-analyze strace curl
	# what systemd says the groups of SystemCallFilter= hold, groups in
	# groups, too
	calls() { systemd-analyze syscall-filter "@$1" | sed '1d; s/^ *//; /^#/d' | while read -r c; do case $c in @*) calls "${c#@}" ;; *) echo "$c" ;; esac; done; }
	grep -qx 'SystemCallFilter=@system-service' "$EX/rec-serve.service"
	grep -qx 'SystemCallFilter=~@privileged @resources' "$EX/rec-serve.service"
	{ calls privileged; calls resources; } | sort -u >denied
	{ calls default; calls system-service; } | sort -u | comm -23 - denied >allowed
	[ "$(wc -l <allowed)" -gt 200 ]
	port=$(free_port)
	start strace -f -qq -o trace rec-serve -j 2 -m "$D/model.rec" --interactions "$D/train.tsv" --listen "127.0.0.1:$port"
	await curl -sf "http://127.0.0.1:$port/readyz"
	ask "http://127.0.0.1:$port/topn?user=u1" "http://127.0.0.1:$port/metrics" "http://127.0.0.1:$port/model" >/dev/null
	ask --data-binary @"$D/train.tsv" "http://127.0.0.1:$port/batch" >/dev/null
	server=$(head -1 trace | cut -d ' ' -f 1)
	kill -HUP "$server"
	await grep -q 'a new model answers' started.out
	kill "$server"
	wait $STARTED
	sed -nE 's/^[0-9]+ +([a-z_0-9]+)\(.*/\1/p' trace | sort -u >made
	[ "$(wc -l <made)" -gt 30 ]
	comm -23 made allowed >refused
	[ ! -s refused ] || fail "$(cat refused)"
}

@test "rec-serve.socket: systemd hands over the socket; the service has no network, and answers the same" {
	needs systemd-socket-activate curl
	# PrivateNetwork=yes, where the kernel lets us
	alone=
	! unshare -n true 2>/dev/null || alone='unshare -n'
	port=$(free_port)
	# shellcheck disable=SC2086
	start systemd-socket-activate -l "127.0.0.1:$port" $alone rec-serve -m "$D/model.rec" --interactions "$D/train.tsv"
	await grep -q 'Listening on' started.out
	# the first connection starts the server, and waits for it
	ask "http://127.0.0.1:$port/topn?user=u1" >got
	direct 'http://x/topn?user=u1' | cmp - got
	grep -qx "rec-serve: answers at 127.0.0.1:$port" started.out || fail "$(cat started.out)"
	# by the signals that ExecReload= and the stop send
	kill -HUP $STARTED
	await grep -q 'a new model answers' started.out
	ask "http://127.0.0.1:$port/topn?user=u1" | cmp - got
	kill $STARTED
	wait $STARTED
}

# Behind a proxy: URL is where it answers; its certificate is cert.pem.
certificate() {
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
		-keyout key.pem -out cert.pem 2>/dev/null
}
through() {
	ask --cacert cert.pem "$@"
}

# both PATH CURL-OPTION...: the proxy answers with the status and the bytes of
# rec-serve.
both() {
	local path=$1
	shift
	direct -o want.body -w '%{http_code} %{content_type}\n' "$@" "http://x$path" >want
	through -o got.body -w '%{http_code} %{content_type}\n' "$@" "$URL$path" >got
	cmp want got && cmp want.body got.body || fail "$path: $(cat got)"
}

same_through_proxy() {
	local tsv='Accept: text/tab-separated-values' json='Content-Type: application/json'
	both /
	both '/topn?user=u1'
	[ "$(cat got)" = '200 application/json' ] && grep -q '"item"' got.body || fail "$(cat got got.body)"
	both '/topn?user=u1&n=20' -H "$tsv"
	both "/explain?user=u1&item=$(head -1 got.body | cut -f 2)"
	[ "$(cut -d ' ' -f 1 got)" = 200 ] || fail "$(cat got.body)"
	both '/similar?item=i1'
	both '/topn?deny=%69%31&deny=i%32' --data-binary $'x\ti7\nx\ti9\n'
	both /topn -H "$json" -d '{"history": ["i3", ["i4", 2]], "n": 5}'
	both /score -H "$tsv" --data-binary $'u1\ti1\nu2\ti5\n'
	both /batch -H "$tsv" --data-binary @"$D/train.tsv"
	[ "$(wc -l <got.body)" -gt 2000 ] || fail "$(wc -l <got.body) lines"
	both '/topn?user=nobody&cold=fail'
	both '/topn?user=u1&what=x'
	both /nothing
	both /healthz
	# what it does not need it does not get
	both '/topn?user=u1' -H "Cookie: $(printf 'x%.0s' $(seq 3000))" -H "Authorization: $(printf 'x%.0s' $(seq 3000))"
}

# What is too large is refused by one of the two; counts stay inside, whatever
# way they are asked for.
limits_of_proxy() {
	[ "$(through -o got.body -w '%{http_code}' "$URL/metrics")" = 404 ] || fail "metrics: $(cat got.body)"
	for path in //metrics /%6detrics '/metrics?x' '/metrics;x' /metrics/ /./metrics /x/../metrics /METRICS; do
		through --path-as-is "$URL$path" >got.body
		! grep rec_connections got.body || fail "$path"
	done
	head -c 9000000 /dev/zero | tr '\0' 'x' >large
	[ "$(through -H 'Expect:' -o /dev/null -w '%{http_code}' --data-binary @large "$URL/topn")" = 413 ]
	[[ "$(through --http1.1 -o got.body -w '%{http_code}' "$URL/topn?user=$(printf 'x%.0s' $(seq 9000))")" =~ ^4(00|14|31)$ ]]
}

# connections that rec-serve has accepted so far
accepted() {
	direct http://x/metrics | sed -n 's/^rec_connections_total //p'
}
kept_connections() {
	local before
	before=$(accepted)
	for _ in $(seq 20); do through -o /dev/null "$URL/topn?user=u1"; done
	# one more is the question itself
	[ $(($(accepted) - before)) -le 3 ] || fail "$(($(accepted) - before)) connections"
}

# A server that reads a request and closes; asked has a line for each.
closes() {
	start python3 -c '
import socket
s = socket.socket(socket.AF_UNIX)
s.bind("closes.sock")
s.listen(9)
while True:
    c, _ = s.accept()
    if c.recv(99999):
        with open("asked", "a") as f: f.write("1\n")
    c.close()'
	await test -S closes.sock
}

# one_post: a POST that gets no answer is not sent again
one_post() {
	: >asked
	[ "$(through -o /dev/null -w '%{http_code}' -d x "$URL/topn")" = 502 ]
	[ "$(wc -l <asked)" -eq 1 ] || fail "asked $(wc -l <asked) times"
}

# nginx_to SOCKET: nginx as the file says, in front of this socket
nginx_to() {
	port=$(free_port)
	plain=$(free_port)
	# a lower rate, for busy machines
	sed "s|server 127.0.0.1:8080;|server unix:$1;|; /\[::\]/d; s|rate=50r/s|rate=5r/s|
		s|listen 80;|listen 127.0.0.1:$plain;|; s|listen 443 |listen 127.0.0.1:$port |
		s|/etc/ssl/recommend.pem|$PWD/cert.pem|; s|/etc/ssl/private/recommend.key|$PWD/key.pem|" "$EX/nginx.conf" >rec-serve.conf
	mkdir -p temporary
	cat >nginx.conf <<-END
		daemon off;
		master_process off;
		pid $PWD/nginx.pid;
		error_log $PWD/nginx.err;
		events { }
		http {
			access_log off;
			client_body_temp_path temporary/1;
			proxy_temp_path temporary/2;
			fastcgi_temp_path temporary/3;
			uwsgi_temp_path temporary/4;
			scgi_temp_path temporary/5;
			include $PWD/rec-serve.conf;
		}
	END
	start "$nginx" -p "$PWD" -e "$PWD/nginx.err" -c "$PWD/nginx.conf"
	URL=https://localhost:$port
	await curl -s --cacert cert.pem -o /dev/null "$URL/"
}

@test "nginx.conf: the bytes of rec-serve, kept connections, its limits, no second POST, a rate" {
	nginx=$(PATH=$PATH:/usr/sbin command -v nginx || true)
	[ -n "$nginx" ] || needs nginx
	needs openssl curl
	certificate
	nginx_to "$D/direct.sock"
	[ ! -s nginx.err ] || fail "$(cat nginx.err)"
	same_through_proxy
	# a body in chunks, which rec-serve does not take, comes to it whole
	[ "$(direct -o /dev/null -w '%{http_code}' -H 'Transfer-Encoding: chunked' -d 'x' http://x/topn)" = 501 ]
	through -H 'Transfer-Encoding: chunked' --data-binary $'x\ti7\n' "$URL/topn" | cmp - <(direct --data-binary $'x\ti7\n' http://x/topn)
	limits_of_proxy
	kept_connections
	[ "$(ask -o /dev/null -w '%{http_code} %{redirect_url}' -H 'Host: recommend.example.com' "http://127.0.0.1:$plain/a?b")" = "301 https://recommend.example.com/a?b" ]
	# a burst of 100, and what the rate lets through
	grep -q 'rate=5r/s' rec-serve.conf
	seq 400 | sed "s|.*|url = $URL/healthz\noutput = /dev/null|" >many
	through -K many -w '%{http_code}\n' | sort | uniq -c >codes
	[ "$(awk '$2 == 200 { print $1 }' codes)" -ge 20 ] && [ "$(awk '$2 == 429 { print $1 }' codes)" -ge 50 ] || fail "$(cat codes)"
	kill $STARTED
	wait $STARTED || true
	closes
	nginx_to "$PWD/closes.sock"
	one_post
}

caddy_to() {
	port=$(free_port)
	{
		sed -n '1,/^{/p' "$EX/Caddyfile"
		echo "admin off"
		echo "auto_https disable_redirects"
		sed '1,/^{/d' "$EX/Caddyfile" | sed "s|^recommend.example.com {|https://localhost:$port {\nbind 127.0.0.1\ntls $PWD/cert.pem $PWD/key.pem|
			s|reverse_proxy 127.0.0.1:8080|reverse_proxy unix/$1|"
	} >Caddyfile
	start env HOME="$PWD" XDG_DATA_HOME="$PWD/data" XDG_CONFIG_HOME="$PWD/config" caddy run --adapter caddyfile --config Caddyfile
	URL=https://localhost:$port
	await curl -s --cacert cert.pem -o /dev/null "$URL/"
}

@test "Caddyfile: the bytes of rec-serve, kept connections, its limits, no second POST" {
	needs caddy openssl curl
	certificate
	exits 0 env HOME="$PWD" XDG_DATA_HOME="$PWD/data" XDG_CONFIG_HOME="$PWD/config" caddy validate --adapter caddyfile --config "$EX/Caddyfile"
	! grep -E '"level":"(warn|error)"' err || fail "$(cat err)"
	caddy_to "$D/direct.sock"
	same_through_proxy
	limits_of_proxy
	kept_connections
	kill $STARTED
	wait $STARTED || true
	closes
	caddy_to "$PWD/closes.sock"
	one_post
}

@test "Containerfile: an image of one program, run without rights, with nothing to write" {
	# REC_PODMAN: podman and what it takes on this machine; REC_DEBIAN: the
	# image to build in; REC_PODMAN_RUN: more options of run
	local podman=${REC_PODMAN:-podman} debian=${REC_DEBIAN:-docker.io/library/debian:12-slim}
	needs ${podman%% *} curl
	$podman image exists "$debian" || { echo "# SKIPPED, no image $debian: $BATS_TEST_DESCRIPTION" >&3; skip "no image $debian"; }
	mkdir recpipe data
	(cd "$ROOT" && tar c --exclude='./build*' --exclude=./.git .) | tar x -C recpipe
	$podman build -q --isolation chroot --network host --build-arg "DEBIAN=$debian" -t localhost/rec-serve-test \
		-f "$EX/Containerfile" recpipe >built 2>&1 || fail "$(tail -20 built)"
	cp "$D/model.rec" data
	rec-cat --to recmat <"$D/train.tsv" >data/train.rec
	chmod -R a+rX data
	port=$(free_port)
	# shellcheck disable=SC2086
	start $podman run --rm --name "rec-serve-$port" --read-only --cap-drop all --security-opt no-new-privileges \
		--network host -v "$PWD/data:/data:ro" ${REC_PODMAN_RUN:-} localhost/rec-serve-test \
		-m /data/model.rec --interactions /data/train.rec --listen "127.0.0.1:$port"
	await curl -sf "http://127.0.0.1:$port/readyz"
	ask "http://127.0.0.1:$port/topn?user=u1" | cmp - <(direct 'http://x/topn?user=u1')
	[ "$($podman top "rec-serve-$port" user | tail -1)" != root ]
	$podman stop "rec-serve-$port" >/dev/null
	wait $STARTED	# 0: requests in flight ended
	$podman rmi localhost/rec-serve-test >/dev/null
}

# The lists of two users, one after the other on a connection, and an empty
# line that asks for the first at once.
histories() {
	grep "^u1$TAB" "$D/train.tsv"
	echo
	grep "^u2$TAB" "$D/train.tsv"
}

@test "stream/listen.sh, ask.sh: a rec-topn for each connection, by socat" {
	needs socat
	cp "$D/model.rec" "a model.rec"
	start sh "$EX/stream/listen.sh" lists.sock "a model.rec" 4
	await test -S lists.sock
	histories | rec-topn -q --stream -m "$D/model.rec" -n 4 >want
	histories | sh "$EX/stream/ask.sh" lists.sock >got
	same got want
	# connections side by side, each with a list before its end
	python3 - "$D/train.tsv" <<-'PY' >got
		import socket, sys
		lines = {u: b"".join(l for l in open(sys.argv[1], "rb") if l.startswith(u)) for u in (b"u1\t", b"u2\t")}
		a, b = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
		for s in a, b: s.connect("lists.sock"); s.settimeout(20)
		for s, u in (b, b"u2\t"), (a, b"u1\t"): s.sendall(lines[u] + b"\n")
		for s in a, b:
		    f = s.makefile("rb")
		    for line in iter(f.readline, b"\n"): sys.stdout.write(line.decode())
	PY
	grep . want | cmp - got
	exits 2 sh "$EX/stream/listen.sh" lists.sock
	says "usage: listen.sh SOCKET MODEL [N]"
	exits 2 sh "$EX/stream/ask.sh"
	says "usage: ask.sh SOCKET < histories"
}

@test "stream/rec-topn.socket: systemd reads the units; a rec-topn for each connection as inetd does" {
	needs systemd-analyze systemd-socket-activate
	mkdir units
	cp "$EX/stream/rec-topn.socket" units
	sed "s|/usr/local/bin/rec-topn|$(command -v rec-topn)|" "$EX/stream/rec-topn@.service" >units/rec-topn@.service
	(cd units && systemd-analyze verify --man=no ./rec-topn@.service ./rec-topn.socket) >err 2>&1 || fail "$(cat err)"
	[ ! -s err ] || fail "$(cat err)"
	(cd units && systemd-analyze security --no-pager --offline=yes --threshold=10 ./rec-topn@.service) >err 2>&1 || fail "$(cat err)"
	# the command of the unit with the model that is here
	words=$(sed -n 's|^ExecStart=/usr/local/bin/||p' "$EX/stream/rec-topn@.service" | sed "s|/srv/recpipe/model.rec|$D/model.rec|")
	# shellcheck disable=SC2086
	start systemd-socket-activate -a --inetd -l "$PWD/lists.sock" $words
	await test -S lists.sock
	histories | rec-topn -q --stream -m "$D/model.rec" >want
	python3 - <(histories) <<-'PY' >got
		import socket, sys
		for turn in range(2):
		    s = socket.socket(socket.AF_UNIX)
		    s.connect("lists.sock")
		    s.settimeout(20)
		    s.sendall(open(sys.argv[1], "rb").read()) if not turn else s.sendall(b"")
		    s.shutdown(socket.SHUT_WR)
		    sys.stdout.write(s.makefile().read())
	PY
	same got want
}
