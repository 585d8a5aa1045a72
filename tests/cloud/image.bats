#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# make image: both machines' images run array jobs from object to object. The
# one of this machine runs under runc in a network namespace of its own, that of
# the other under qemu and proot. Only root may do that.

load common
load stores

setup_file() {
	local p
	for p in buildah mmdebstrap runc ip jq proot qemu-aarch64-static aarch64-linux-gnu-gcc; do
		command -v $p >/dev/null || { echo "# SKIPPED, no $p: tests of the image" >&3; skip "no $p"; }
	done
	[ "$(id -u)" -eq 0 ] || { echo "# SKIPPED, not root: tests of the image" >&3; skip "wants root"; }
	[ "$(uname -m)" = x86_64 ] || { echo "# SKIPPED, not an x86-64: tests of the image" >&3; skip "wants x86-64"; }
	IMAGE_DIR=$ROOT/build-image VERSION=$(cat "$ROOT/VERSION")
	export IMAGE_DIR VERSION
	sh "$ROOT/examples/cloud/image/build.sh" "$IMAGE_DIR" >"$BATS_FILE_TMPDIR/digest" 3>&-
	for machine in amd64 arm64; do unpack $machine "$BATS_FILE_TMPDIR/$machine"; done
}

# unpack MACHINE DIR: its root file system, and config.json as the image has it
unpack() {
	local d m
	mkdir -p "$BATS_FILE_TMPDIR/oci" "$2/root"
	tar -xf "$IMAGE_DIR/recpipe.oci.tar" -C "$BATS_FILE_TMPDIR/oci"
	blob() { echo "$BATS_FILE_TMPDIR/oci/blobs/sha256/${1#*:}"; }
	d=$(jq -r '.manifests[0].digest' "$BATS_FILE_TMPDIR/oci/index.json")
	m=$(blob "$(jq -r --arg m "$1" '.manifests[] | select(.platform.architecture == $m) | .digest' "$(blob "$d")")")
	cp "$(blob "$(jq -r .config.digest "$m")")" "$2/config.json"
	for d in $(jq -r '.layers[].digest' "$m"); do tar -xzf "$(blob "$d")" -C "$2/root"; done
}

# The stand-in for the stores, in a network namespace that has loopback alone.
space() {
	NS=rec-image-$$
	ip netns add "$NS"
	ip -n "$NS" link set lo up
	PORT=8000
	start ip netns exec "$NS" python3 "$ROOT/tests/cloud/store.py" $PORT
	await ip netns exec "$NS" curl -sS "http://127.0.0.1:$PORT/_"
	SETTINGS=("AWS_ENDPOINT_URL=http://127.0.0.1:$PORT" AWS_ACCESS_KEY_ID=key AWS_SECRET_ACCESS_KEY=secret AWS_REGION=eu-central-1
		"STORAGE_EMULATOR_HOST=127.0.0.1:$PORT" GOOGLE_OAUTH_ACCESS_TOKEN=token REC_RETRIES=1
		"AZURE_STORAGE_SERVICE_ENDPOINT=http://127.0.0.1:$PORT/account" AZURE_STORAGE_SAS_TOKEN=sig=secret)
	rec-gen -b --users 100 --items 64 --rows 2000 >train.rec
	rec-sim -q cosine -b <train.rec >whole.rec
}
teardown() {
	[ -n "${NS:-}" ] || return 0
	# all that runs there is of this test
	ip netns pids "$NS" | xargs -r kill -KILL 2>/dev/null || true
	ip netns del "$NS" 2>/dev/null || true
}

# in_image MACHINE VAR=VALUE ... -- COMMAND...: as its configuration says, and
# stdin and stdout as here
in_image() {
	local machine=$1 vars=() d
	shift
	while [ "$1" != -- ]; do vars+=("$1"); shift; done
	shift
	if [ "$machine" = arm64 ]; then
		mapfile -t -O ${#vars[@]} vars < <(jq -r '.config.Env[]' "$BATS_FILE_TMPDIR/arm64/config.json")
		ip netns exec "$NS" env -i "${SETTINGS[@]}" "${vars[@]}" proot -q qemu-aarch64-static -r "$BATS_FILE_TMPDIR/arm64/root" -b /proc -b /dev -w /tmp "$@"
		return
	fi
	d=$(mktemp -d "$BATS_TEST_TMPDIR/bundle.XXXXXX")
	(cd "$d" && runc spec)
	printf '%s\n' "${SETTINGS[@]}" "${vars[@]}" >"$d/vars"
	printf '%s\n' "$@" >"$d/args"
	jq --rawfile vars "$d/vars" --rawfile args "$d/args" --slurpfile image "$BATS_FILE_TMPDIR/amd64/config.json" --arg root "$BATS_FILE_TMPDIR/amd64/root" --arg ns "/run/netns/$NS" '
		.process.terminal = false | del(.process.rlimits) | del(.linux.resources)
		| .process.env = $image[0].config.Env + ($vars | rtrimstr("\n") | split("\n")) | .process.args = ($args | rtrimstr("\n") | split("\n"))
		| .process.cwd = $image[0].config.WorkingDir | .process.user = ($image[0].config.User | split(":") | {uid: (.[0] | tonumber), gid: (.[1] | tonumber)})
		| .root = {path: $root, readonly: true}
		| .mounts |= (map(select(.type != "cgroup")) + [{destination: "/tmp", type: "tmpfs", source: "tmpfs", options: ["mode=1777"]}])
		| .linux.namespaces |= (map(select(.type != "cgroup" and .type != "network")) + [{type: "network", path: $ns}])' "$d/config.json" >"$d/new"
	mv "$d/new" "$d/config.json"
	(cd "$d" && exec runc run "${d##*/}")
}

whole_job() {	# whole_job MACHINE CLOUD
	local u=$2
	in_image "$1" -- rec-put "$u/train.rec" <train.rec
	for i in 0 1 2; do
		in_image "$1" AWS_BATCH_JOB_ARRAY_INDEX=$i -- task.sh -n 3 -i "$u/train.rec" -o "$u/items/%02d.rec" -- rec-sim -q cosine -b --columns '{i}/{n}' 2>err || fail "$(cat err)"
	done
	in_image "$1" -- task.sh --collect -n 3 -o "$u/items/%02d.rec" --to "$u/items.rec"
	in_image "$1" -- rec-get "$u/items.rec" | cmp - whole.rec
	exits 1 in_image "$1" CLOUD_RUN_TASK_INDEX=0 CLOUD_RUN_TASK_COUNT=3 -- task.sh -i "$u/none" -o "$u/x.%d" -- cat
	mentions "$u/none: get: not there"
	exits 2 in_image "$1" REC_INDEX=7 -- task.sh -n 3 -o "$u/x.%d" -- true
	exits 4 in_image "$1" REC_INDEX=0 -- task.sh -n 3 -o "$u/x.%d" -- sh -c 'kill -KILL $$'
	exits 1 in_image "$1" -- rec-put "$u/cut.rec" < <(head -c 1000 train.rec)
	exits 1 in_image "$1" -- rec-get "$u/cut.rec"
	# a parted upload; the text of the commands in between
	rec-gen --users 3000 --items 400 --rows 700000 >big.tsv
	exits 0 in_image "$1" -- rec-put --chunk 5 --rows "$(wc -l <big.tsv)" "$u/big.tsv" <big.tsv
	in_image "$1" -- rec-get --chunk 5 "$u/big.tsv" | cmp - big.tsv
}

@test "image: one index with both machines, of small images without a user but nobody" {
	jq -e '[.[0].manifests[].platform.architecture] == ["amd64", "arm64"]' --slurp \
		"$BATS_FILE_TMPDIR/oci/blobs/sha256/$(jq -r '.manifests[0].digest | ltrimstr("sha256:")' "$BATS_FILE_TMPDIR/oci/index.json")" >/dev/null
	for m in amd64 arm64; do
		jq -e --arg m $m '.architecture == $m and .config.User == "65534:65534" and .config.StopSignal == "SIGTERM" and .config.Cmd == ["task.sh", "--help"]
			and .config.Labels["org.opencontainers.image.version"] == env.VERSION' "$BATS_FILE_TMPDIR/$m/config.json" >/dev/null || fail "$(cat "$BATS_FILE_TMPDIR/$m/config.json")"
		root=$BATS_FILE_TMPDIR/$m/root
		[ "$(grep -c BEGIN "$root/etc/ssl/certs/ca-certificates.crt")" -gt 100 ]
		case $m in amd64) want=x86-64 ;; *) want=aarch64 ;; esac
		for c in $COMMANDS rec-serve; do file "$root/usr/local/bin/$c" | grep -q "$want.*statically linked" || fail "$m: $c: $(file "$root/usr/local/bin/$c")"; done
		[ -z "$(find "$root" -xdev -type f -perm /6000)" ] || fail "$(find "$root" -type f -perm /6000)"
	done
	[ "$(wc -c <"$IMAGE_DIR/recpipe.oci.tar")" -lt 60000000 ]
}

@test "image: the same digest when all is made again" {
	exits 0 sh "$ROOT/examples/cloud/image/build.sh" "$PWD/again"
	same out "$BATS_FILE_TMPDIR/digest"
}

@test "image: x86-64 under runc: an array job on each cloud is the bytes of one process; statuses and signals come through" {
	space
	for u in $CLOUDS; do whole_job amd64 "$u"; done
	in_image amd64 REC_INDEX=0 -- task.sh -n 2 -o s3://bucket/t.%d -- sh -c 'echo 1; exec sleep 55' 2>err &
	await sh -c 'runc list -q | grep -q bundle && sleep 1'
	for c in $(runc list -q | grep '^bundle'); do runc kill "$c" TERM; done
	status=0
	wait $! || status=$?
	[ $status -eq 4 ] || fail "exit $status: $(cat err)"
}

@test "image: arm64 under qemu: the same bytes, and the same statuses" {
	space
	for u in $CLOUDS; do whole_job arm64 "$u"; done
	[ "$(in_image arm64 -- uname -m)" = aarch64 ]
}

@test "image: rec-serve answers in both" {
	space
	rec-als -q -k 8 -i 2 <train.rec >model.rec
	rec-topn -q --keep-seen -n 3 -m model.rec <train.rec | head -3 >want	# no history is known to it
	for m in amd64 arm64; do
		in_image $m -- rec-put s3://bucket/model.rec <model.rec
		in_image $m -- sh -c 'rec-get s3://bucket/model.rec model.rec && exec rec-serve -m model.rec' >served 2>&1 3>&- &
		await ip netns exec "$NS" curl -sSf http://127.0.0.1:8080/readyz || fail "$(cat served)"
		ip netns exec "$NS" curl -sS "http://127.0.0.1:8080/topn?user=$(head -1 want | cut -f 1)&n=3" >answer
		for i in $(cut -f 2 want); do grep -qF "\"$i\"" answer || fail "$(cat answer want)"; done
		status=0
		for p in $(ip netns pids "$NS"); do
			if tr '\0' ' ' <"/proc/$p/cmdline" | grep -qE '^(rec-serve|[^ ]*/qemu[^ ]* .*/rec-serve) -m'; then
				kill "$p"
				asked=$m
			fi
		done
		[ "${asked:-}" = $m ] || fail "$m: no rec-serve there"
		wait $! || status=$?
		[ $status -eq 0 ] || fail "$m: exit $status after SIGTERM: $(cat served)"
	done
}
