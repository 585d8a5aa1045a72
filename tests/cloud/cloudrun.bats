#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The service of Cloud Run, and the app of Azure Container Apps: the image of
# examples/serve/Containerfile without its build, run by runc with the words of
# service.yaml, in a network of its own.

load common

SERVICE=$CLOUD/gcp/service/service.yaml
SCHEMAS=$TOOLS/schemas
D=$BATS_FILE_TMPDIR
NET=rec-$$

image() {
	buildah --storage-driver vfs --root "$D/store" --runroot "$D/run" "$@"
}

# bundle: what runc needs, of the image, in the folder bundle
bundle() {
	local c
	c=$(image from --pull-never rec-serve)
	mkdir -p bundle/rootfs
	cp -a "$(image mount "$c")/." bundle/rootfs
	mkdir -p bundle/rootfs/data bundle/rootfs/proc bundle/rootfs/dev bundle/rootfs/sys
	image inspect --type image rec-serve | jq .OCIv1.config >image.json
	(cd bundle && runc spec)
	cp bundle/config.json spec.json
}

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return 1
	{ command -v rec-serve && command -v buildah && command -v runc && command -v ip && unshare -n true; } >/dev/null 2>&1 || return 0
	make -s -C "$ROOT" B=build-serve LDFLAGS=-static build-serve/bin/rec-serve >built 2>&1 || fail "$(cat built)"
	mkdir context data
	cp "$ROOT/build-serve/bin/rec-serve" context
	strip context/rec-serve
	sed -n '/^FROM scratch/,$p' "$ROOT/examples/serve/Containerfile" | sed 's|^COPY --from=build /build/bin/|COPY |' >context/Containerfile
	image bud --isolation chroot -q -t rec-serve context >built 2>&1 || fail "$(cat built)"
	make_train 60 40 900 | LC_ALL=C sort >train.tsv
	rec-als -q -k 8 <train.tsv >data/model.rec
	rec-cat --to recmat <train.tsv >data/train.rec
	chmod -R a+rX data .
	bundle
	printf 'a stranger\ti7\t4\na stranger\ti9\n' >history.tsv
	printf 'u5\ti1\nu5\ti2\nu7\ti2\nu5\tno such item\n' >pairs.tsv
}

teardown_file() {
	[ ! -d "$BATS_FILE_TMPDIR/store" ] || image rm -a >/dev/null 2>&1 || true
	[ ! -d "$BATS_FILE_TMPDIR/store" ] || image rmi -a -f >/dev/null 2>&1 || true
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	needs buildah runc ip nsenter curl jq
	command -v rec-serve >/dev/null || skip "rec-serve was left out of this build"
	[ -d "$D/bundle/rootfs" ] || { echo "# SKIPPED, no network namespaces: $BATS_TEST_DESCRIPTION" >&3; skip "no network namespaces"; }
	ip netns add "$NET"
	ip -n "$NET" link set lo up
}

teardown() {
	local c
	for c in $(runc --root runc list -q 2>/dev/null); do runc --root runc delete -f "$c"; done
	ip netns delete "$NET" 2>/dev/null || true
}

# inside COMMAND...: in the network of the test; runc itself needs this
# machine's mounts, which 'ip netns exec' would change.
inside() {
	nsenter --net="/run/netns/$NET" "$@"
}
# words_of FILE: the container of service.yaml or containerapp.yaml, as JSON
words_of() {
	"$SCHEMAS/bin/python" -c 'import json, sys, yaml
d = yaml.safe_load(open(sys.argv[1]))
t = d["spec" if "spec" in d else "properties"]["template"]
print(json.dumps((t.get("spec") or t)["containers"][0]))' "$1"
}
# configure PORT [WORD...]: bundle/config.json, as the platform runs the image:
# no rights, nothing to write, the model mounted, and the words of service.yaml;
# those given here come last, so they count.
configure() {
	local port=$1
	shift
	[ -x "$SCHEMAS/bin/python" ] || { echo "# SKIPPED, no $SCHEMAS (tests/setup.sh cloud): $BATS_TEST_DESCRIPTION" >&3; skip "no $SCHEMAS"; }
	words_of "${YAML:-$SERVICE}" >container.json
	mkdir -p bundle
	jq --slurpfile image "$D/image.json" --slurpfile c container.json --arg net "/run/netns/$NET" --arg root "$D/bundle/rootfs" \
		--arg data "${DATA:-$D/data}" --arg port "$port" --argjson more "$(for w in "$@"; do printf '%s\n' "$w"; done | jq -R . | jq -s .)" '
		$image[0] as $i | .root = {path: $root, readonly: true}
		| .process.args = $i.Entrypoint + $c[0].args + $more
		| .process.env = ($i.Env + if $port == "" then [] else ["PORT=" + $port] end)
		| .process.user = ($i.User | split(":") | {uid: .[0] | tonumber, gid: .[1] | tonumber})
		| .process.terminal = false | .process.noNewPrivileges = true
		| .process.capabilities = {bounding: [], effective: [], permitted: [], ambient: []}
		| del(.process.rlimits, .linux.resources)
		| .mounts |= map(select(.type != "cgroup"))
		| .mounts += [{destination: "/data", type: "bind", source: $data, options: ["rbind", "ro"]}]
		| .linux.namespaces |= (map(select(.type != "cgroup" and .type != "network")) + [{type: "network", path: $net}])' \
		"$D/spec.json" >bundle/config.json
}
# run_image: in the background, until it takes requests
run_image() {
	start runc --root runc run -b bundle box
	await inside curl -sf "http://127.0.0.1:$PORT/readyz"
}
call() {
	inside curl -sS --max-time 20 "$@"
}
lines() {
	local target=$1
	shift
	call -H 'Accept: text/tab-separated-values' "$@" "http://127.0.0.1:$PORT$target"
}
is() {
	cat >got
	same got "$1"
}
# ends_in STATUS: the container, within 20 s
ends_in() {
	local rc=0
	wait "$STARTED" || rc=$?
	[ $rc -eq "$1" ] || fail "exit $rc, not $1: $(cat started.out)"
}

@test "service: the image is one program; lists, similar items and scores are those of the commands; its probes" {
	PORT=8093
	[ "$(cd "$D/bundle/rootfs" && find . -type f | sort)" = ./rec-serve ]
	configure $PORT
	run_image
	[ "$(jq -r '.process.user.uid' bundle/config.json)" -eq 65534 ]
	for u in u1 u10 u60; do
		grep "^$u$TAB" "$D/train.tsv" | rec-topn -q -m "$D/data/model.rec" -n 7 >want
		lines "/topn?user=$u&n=7" | is want
	done
	rec-topn -q -m "$D/data/model.rec" <"$D/history.tsv" >want
	lines /topn --data-binary @"$D/history.tsv" | is want
	lines '/similar?item=i5&n=4' | is <(rec-topn -q -m "$D/data/model.rec" -n 4 --similar-items <<<i5)
	lines /score --data-binary @"$D/pairs.tsv" | is <(rec-score -q -m "$D/data/model.rec" --history "$D/train.tsv" <"$D/pairs.tsv")
	for probe in startupProbe livenessProbe; do
		call -f "http://127.0.0.1:$PORT$(jq -r ".$probe.httpGet.path" container.json)"
	done
	inside python3 "$ROOT/tests/cloud/timed.py" warm 200 "http://127.0.0.1:$PORT/topn" want --body "$D/history.tsv" --type text/plain \
		--accept text/tab-separated-values >figures || fail "$(cat figures)"
	echo "# service: $(cat figures)" >&3
	# as many at a time as containerConcurrency allows
	for u in $(cut -f 1 "$D/train.tsv" | uniq); do
		# who holds every item has no list
		grep "^$u$TAB" "$D/train.tsv" | rec-topn -q -m "$D/data/model.rec" >"w.$u" 2>/dev/null || continue
		printf 'GET\t/topn?user=%s\t-\tw.%s\n' "$u" "$u"
	done >list
	[ "$(wc -l <list)" -gt 50 ]
	REC_ROUNDS=20 inside python3 "$ROOT/tests/serve/ask.py" $PORT "$(grep -o 'containerConcurrency: [0-9]*' "$SERVICE" | cut -d ' ' -f 2)" list >out || fail "$(cat out)"
	runc --root runc kill box TERM
	ends_in 0
}

@test "service: SIGTERM lets a request in flight end, and takes no other" {
	PORT=8094
	configure $PORT
	run_image
	for i in $(seq 400); do sed "s/^/h$i./" "$D/history.tsv"; done >many.tsv
	rec-topn -q -m "$D/data/model.rec" <many.tsv >want
	[ "$(wc -c <want)" -gt 100000 ]
	inside curl -sS --max-time 20 --limit-rate 60000 --data-binary @many.tsv -H 'Accept: text/tab-separated-values' \
		"http://127.0.0.1:$PORT/batch" >got 3>&- &
	reader=$!
	await test -s got
	runc --root runc kill box TERM
	sleep 0.3
	! call -o body "http://127.0.0.1:$PORT/topn?user=u5" 2>err || grep -q '"error"' body
	wait $reader
	same got want
	ends_in 0
}

@test "service: unknown users are cold; garbage, slow and large requests are refused, and it answers on" {
	PORT=8095
	configure $PORT --body-time 1
	run_image
	status() { [ "$(call -o body -w '%{http_code}' "${@:2}")" = "$1" ] || fail "not $1: $(cat body)"; }
	status 200 "http://127.0.0.1:$PORT/topn?user=nobody"
	jq -e '.cold and .items == []' body
	head -c 3000 /dev/urandom >noise
	for body in 'a{b' '[' '{"user":5}' '{"history":[["i1",1e400]]}' @noise; do
		status 400 -H 'Content-Type: application/json' --data-binary "$body" "http://127.0.0.1:$PORT/topn"
	done
	status 400 "http://127.0.0.1:$PORT/topn?user=u5&n=1001"
	status 404 "http://127.0.0.1:$PORT/nothing"
	# a body that does not come
	inside python3 - $PORT <<-'PY'
		import socket, sys, time
		s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
		s.settimeout(10)
		s.sendall(b"POST /topn HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nu")
		t = time.monotonic()
		head = s.recv(100)
		assert head.startswith(b"HTTP/1.1 408 ") and 0.5 < time.monotonic() - t < 5, head
	PY
	# the largest body that service.yaml allows, of the shortest pairs: its
	# answer is below the platform's 32 MiB; one byte more is refused
	yes $'\1\t\2' | head -c $((1 << 20)) >large
	status 200 -H 'Accept: application/json' --data-binary @large "http://127.0.0.1:$PORT/score"
	bytes=$(wc -c <body)
	echo "# service: 1 MiB of pairs are answered with $bytes bytes" >&3
	[ "$bytes" -gt $((10 << 20)) ] && [ "$bytes" -lt $((32 << 20)) ]
	echo >>large
	status 413 --data-binary @large "http://127.0.0.1:$PORT/score"
	status 200 "http://127.0.0.1:$PORT/topn?user=u5"
	runc --root runc kill box TERM
	ends_in 0
}

@test "service: killed, it is started again; without a model, with a part of one or too little memory it says why" {
	PORT=8096
	configure $PORT
	run_image
	runc --root runc kill box KILL
	ends_in 137
	run_image
	lines '/topn?user=u5&n=7' | is <(grep "^u5$TAB" "$D/train.tsv" | rec-topn -q -m "$D/data/model.rec" -n 7)
	runc --root runc kill box TERM
	ends_in 0
	# whole but for its end, damaged, missing, more than --mem
	cp -r "$D/data" data
	DATA=$PWD/data configure $PORT
	head -c 1500 "$D/data/model.rec" >data/model.rec
	exits 1 runc --root runc run -b bundle box
	mentions 'rec-serve: /data/model.rec'
	cp "$D/data/model.rec" data/model.rec
	printf X | dd of=data/model.rec bs=1 seek=1500 conv=notrunc status=none
	exits 1 runc --root runc run -b bundle box
	mentions 'rec-serve: /data/model.rec'
	rm data/model.rec
	exits 1 runc --root runc run -b bundle box
	says 'rec-serve: /data/model.rec: No such file or directory'
	DATA=$D/data configure $PORT --mem 10K
	exits 4 runc --root runc run -b bundle box
	mentions 'rec-serve: needs'
}

@test "service: cold, the container and its first answer" {
	PORT=8097
	configure $PORT
	grep "^u5$TAB" "$D/train.tsv" | rec-topn -q -m "$D/data/model.rec" -n 7 >want
	inside python3 "$ROOT/tests/cloud/timed.py" cold 10 "http://127.0.0.1:$PORT/topn?user=u5&n=7" want --accept text/tab-separated-values -- \
		runc --root runc run -b bundle box >figures || fail "$(cat figures)"
	echo "# service, by runc: $(cat figures)" >&3
}

@test "container app: the same image with the words and the port of containerapp.yaml" {
	PORT=8080
	YAML=$CLOUD/azure/containerapp.yaml configure "$(grep -A 1 'name: PORT' "$CLOUD/azure/containerapp.yaml" | grep -o '[0-9]*')"
	run_image
	lines '/topn?user=u5&n=7' | is <(grep "^u5$TAB" "$D/train.tsv" | rec-topn -q -m "$D/data/model.rec" -n 7)
	for path in $(jq -r '.probes[].httpGet | select(.port == 8080).path' container.json); do call -f "http://127.0.0.1:$PORT$path"; done
	runc --root runc kill box TERM
	ends_in 0
}

@test "service: gcloud knows each field of service.yaml" {
	needs gcloud
	# without a network: a field that is wrong ends it at once, and right ones
	# wait for the network
	export CLOUDSDK_CONFIG=$PWD/config CLOUDSDK_AUTH_DISABLE_CREDENTIALS=true CLOUDSDK_CORE_PROJECT=p CLOUDSDK_CORE_DISABLE_PROMPTS=1
	replace() { unshare -n timeout 8 gcloud run services replace "$1" --region=europe-west1; }
	sed 's|PROJECT|my-project|g; s|REGION|europe-west1|g; s|BUCKET|my-models|g' "$SERVICE" >service.yaml
	exits 124 replace service.yaml
	for field in containerConcurrency startupProbe bucketName failureThreshold; do
		sed "s/$field:/wrong&/" service.yaml >slip.yaml
		! cmp -s slip.yaml service.yaml || fail "$field"
		[ $field != bucketName ] || continue	# a map of the driver's own
		exits 1 replace slip.yaml
		mentions "wrong$field"
	done
}
