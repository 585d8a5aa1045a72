#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Managed Spark: the definitions of examples/cloud/aws/emr and
# examples/cloud/gcp/dataproc, their own arguments and addresses, on a real Spark,
# YARN and Hadoop Streaming over a stand-in of the object store.

load common
load ../spark/common
load hadoop
load fakes

EMR=$CLOUD/aws/emr
args=()	# of spark-submit

# Made once for the tests that need them: the archives that the services get.
setup_file() {
	load common
	load ../spark/common
	load hadoop
	[ -z "$(spark_why_not; hadoop_why_not)" ] || return 0
	cd "$BATS_FILE_TMPDIR" || return 1
	sh "$ROOT/tests/archive.sh" -m "$(uname -m)" "$PWD/cluster" "$PWD/recpipe-cluster.tar.gz" >archive.log 2>&1 || fail "$(tail -n 5 archive.log)"
	version=$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
	sh "$EMR/python.sh" "$version" "$(uname -m)" recpipe-python.tar.gz >python.log 2>&1 || fail "$(tail -n 5 python.log)"
}

# A node manager that has lost its resource manager waits for it when it is asked
# to end.
teardown() {
	[ ! -s "$BATS_TEST_TMPDIR/yarn/mine" ] || xargs kill -9 2>/dev/null <"$BATS_TEST_TMPDIR/yarn/mine" || true
	[ ! -s "$BATS_TEST_TMPDIR/mine" ] || xargs kill 2>/dev/null <"$BATS_TEST_TMPDIR/mine" || true
}

# The store with all that the Makefile puts there, and what one process makes of it.
bucket() {
	hadoop_or_skip
	needs_tool moto_server aws
	spark_or_skip
	port=$(free_port)
	export STORE=http://127.0.0.1:$port
	start "$(tool moto_server)" -H 127.0.0.1 -p "$port"
	await ask "$STORE"
	export AWS_ENDPOINT_URL=$STORE AWS_ACCESS_KEY_ID=t AWS_SECRET_ACCESS_KEY=t AWS_DEFAULT_REGION=us-east-1
	PATH=$PATH:$(dirname "$(tool aws)")
	aws s3 mb s3://recpipe-test >/dev/null
	make_train 300 200 9000 | cut -f1,2 >likes.tsv
	rec-als -q -k 64 <likes.tsv >want.rec
	rec-topn -q -n 20 -m want.rec <likes.tsv | sort >want.lists
	mkdir -p up/likes up/recpipe
	cp likes.tsv up/likes/part-0
	cp "$BATS_FILE_TMPDIR"/recpipe-*.tar.gz "$EXAMPLES"/rec_*.py "$EXAMPLES"/ways/{carry,check}.sh up/recpipe
	aws s3 cp --quiet --recursive up s3://recpipe-test
	hadoop_conf "$PWD/yarn"
}

# node: a script that becomes its arguments on a node of EMR, as bootstrap.sh
# leaves it.
node_of_emr() {
	command -v sudo >/dev/null || { mkdir bin; printf '#!/bin/sh\nexec "$@"\n' >bin/sudo; chmod +x bin/sudo; PATH=$PATH:$PWD/bin; }
	cat >node <<-END
		mount -t tmpfs none /usr/local && mkdir /usr/local/bin &&
		sh $EMR/bootstrap.sh s3://recpipe-test/recpipe && exec "\$@"
	END
}

# lists_are URL: what one process makes.
lists_are() {
	aws s3 cp --quiet --recursive "$1" got
	[ -e got/_SUCCESS ]
	cat got/part-* | sort >got.lists
	same got.lists want.lists
}

# step N: the arguments of a step, in args.
step() {
	sed 's/BUCKET/recpipe-test/g' "$EMR/steps.json" >steps.json
	eval "args=($(jq -r ".[$1].Args | @sh" steps.json))"
}

@test "emr: bootstrap.sh on a node, then the steps on YARN: the bytes of one process" {
	[ "$(id -u)" -eq 0 ] || skip "a node with a file system of its own needs root"
	bucket
	node_of_emr
	yarn_start "$PWD/yarn" unshare -m sh ./node
	step 0
	spark_submit "${args[@]}" >out 2>err || fail "$(tail -n 3 err; yarn_words yarn)"
	aws s3 cp --quiet s3://recpipe-test/likes.rec got.rec
	same got.rec want.rec
	step 1
	spark_submit "${args[@]}" >out 2>err || fail "$(tail -n 3 err; yarn_words yarn)"
	lists_are s3://recpipe-test/lists
	# A step that fails is a failure of the step, and leaves no model.
	aws s3 rm --quiet s3://recpipe-test/likes.rec
	printf 'no-tab\n' | aws s3 cp --quiet - s3://recpipe-test/likes/part-0
	step 0
	! spark_submit "${args[@]}" >out 2>err || false
	! aws s3 ls s3://recpipe-test/likes.rec || false
	yarn_words yarn | grep -q 'no TAB' || fail "$(yarn_words yarn)"
}

@test "emr: the step of Hadoop Streaming, on a node that bootstrap.sh made: the bytes of one process" {
	[ "$(id -u)" -eq 0 ] || skip "a node with a file system of its own needs root"
	bucket
	node_of_emr
	aws s3 cp --quiet want.rec s3://recpipe-test/likes.rec
	step 2
	timeout 240 unshare -m sh ./node java -cp "$HADOOP_CONF_DIR:$SPARK_HOME/jars/*:$(echo "$JARS"/hadoop-streaming*.jar):$STORES" \
		org.apache.hadoop.streaming.HadoopStreaming -D mapreduce.framework.name=local "${args[@]}" \
		>out 2>err 3>&- || fail "$(tail -n 5 err)"
	lists_are s3://recpipe-test/lists-streaming
}

@test "emr serverless: the job, with its archives and nothing installed, on YARN: the bytes of one process" {
	bucket
	yarn_start "$PWD/yarn"
	# The environment of a driver has another name on YARN.
	sed 's/BUCKET/recpipe-test/g; s/spark.emr-serverless.driverEnv/spark.yarn.appMasterEnv/g' "$EMR/serverless.json" >job.json
	eval "args=($(jq -r '.jobDriver.sparkSubmit | .sparkSubmitParameters + " " + ([.entryPoint] + .entryPointArguments | @sh)' job.json))"
	spark_submit --deploy-mode cluster "${args[@]}" >out 2>err || fail "$(tail -n 3 err; yarn_words yarn)"
	aws s3 cp --quiet s3://recpipe-test/likes.rec got.rec
	same got.rec want.rec
}

# gs: with all that the Makefile puts there.
gs_bucket() {
	hadoop_or_skip
	needs_tool fake-gcs-server
	spark_or_skip
	port=$(free_port)
	export STORE=http://127.0.0.1:$port
	start "$(tool fake-gcs-server)" -scheme http -host 127.0.0.1 -port "$port" -backend memory -public-host "127.0.0.1:$port"
	await ask "$STORE/storage/v1/b?project=p"
	ask -X POST "$STORE/storage/v1/b?project=p" -H 'content-type: application/json' -d '{"name":"rec-test"}' >/dev/null
	make_train 300 200 9000 | cut -f1,2 >likes.tsv
	rec-als -q -k 64 <likes.tsv >want.rec
	gs_put likes.tsv likes/part-0
	for f in "$BATS_FILE_TMPDIR"/recpipe-cluster.tar.gz "$EXAMPLES"/rec_*.py "$CLOUD/gcp/dataproc/init.sh"; do
		gs_put "$f" "recpipe/${f##*/}"
	done
	hadoop_conf "$PWD/yarn"
}
gs_put() { curl -sSf --max-time 60 -T "$1" -X POST "$STORE/upload/storage/v1/b/rec-test/o?uploadType=media&name=${2//\//%2F}" >/dev/null; }
gs_get() { curl -sSf --max-time 60 "$STORE/storage/v1/b/rec-test/o/${1//\//%2F}?alt=media"; }

# submitted SERVICE: the words that the Makefile gives to gcloud after `pyspark`,
# as those of spark-submit, in args.
submitted() {
	fakes
	mk gcp "$1" invoke >log 2>&1 || fail "$(cat log)"
	PATH=${PATH#"$PWD/bin:"}
	grep '"submit", "pyspark"' fake/argv | jq -c '.[(index("pyspark") + 1):]' >words.json
	# options that both have keep their names; those of the service go
	eval "args=($(jq -r '(index("--")) as $stop | (.[1:$stop] | map(
		if test("^--(archives|py-files)=") then (index("=") as $i | .[:$i], .[$i + 1:])
		elif test("^--properties=") then (.[13:] | split(",")[] | "--conf", .)
		else empty end)) + [.[0]] + .[$stop + 1:] | @sh' words.json))"
}

@test "dataproc: the serverless batch, with its archive and nothing installed, on YARN: the bytes of one process" {
	gs_bucket
	yarn_start "$PWD/yarn"
	submitted spark
	spark_submit --deploy-mode cluster "${args[@]}" >out 2>err || fail "$(tail -n 3 err; yarn_words yarn)"
	gs_get likes.rec >got.rec
	same got.rec want.rec
}

@test "dataproc: init.sh on a node, then the job of a cluster, its driver on the node: the bytes of one process" {
	[ "$(id -u)" -eq 0 ] || skip "a node with a file system of its own needs root"
	gs_bucket
	# what a node has: the address of the archive, and gcloud
	mkdir -p google node.bin
	printf '#!/bin/sh\n[ "$1" = attributes/rec-from ] && echo gs://rec-test/recpipe\n' >google/get_metadata_value
	cat >node.bin/gcloud <<-END
		#!/bin/sh
		[ "\$1 \$2 \$3" = "storage cp gs://rec-test/recpipe/recpipe-cluster.tar.gz" ] || exit 1
		exec curl -sSf --max-time 60 -o "\$4" "$STORE/storage/v1/b/rec-test/o/recpipe%2Frecpipe-cluster.tar.gz?alt=media"
	END
	chmod +x google/* node.bin/*
	cat >node <<-END
		mount -t tmpfs none /usr/local && mkdir /usr/local/bin && mkdir -p /usr/share/google &&
		mount --bind $PWD/google /usr/share/google &&
		PATH=$PWD/node.bin:\$PATH sh $CLOUD/gcp/dataproc/init.sh && PATH=/usr/local/bin:\$PATH exec "\$@"
	END
	yarn_start "$PWD/yarn" unshare -m sh ./node
	submitted cluster
	timeout -k 5 240 unshare -m sh ./node "$SPARK_HOME/bin/spark-submit" --master yarn "${args[@]}" >out 2>err 3>&- 4>&- ||
		fail "$(tail -n 3 err; yarn_words yarn)"
	gs_get likes.rec >got.rec
	same got.rec want.rec
}

@test "yarn.sh: its driver here and on a node, with the archives of commands and of Python: the bytes of one process" {
	hadoop_or_skip
	spark_or_skip
	STORE=http://127.0.0.1:9 hadoop_conf "$PWD/yarn"	# no store is asked
	yarn_start "$PWD/yarn"
	make_train 300 200 9000 >likes.tsv
	rec-als -q -k 8 -i 4 <likes.tsv >want.rec
	for mode in client cluster; do
		# a driver on the cluster has not the Python of here
		[ "$mode" = client ] || export PYSPARK_DRIVER_PYTHON=/nowhere/python
		PATH=$SPARK_HOME/bin:$PATH MODE=$mode OVERHEAD=300m ARCHIVE=$BATS_FILE_TMPDIR/recpipe-cluster.tar.gz \
			ENVIRONMENT=$BATS_FILE_TMPDIR/recpipe-python.tar.gz timeout -k 5 240 sh "$EXAMPLES/deploy/yarn.sh" \
			"$EXAMPLES/rec_spark.py" als --input "file:$PWD/likes.tsv" --model "file:$PWD/$mode.rec" -- -k 8 -i 4 \
			>out 2>err 3>&- 4>&- || fail "$mode: $(tail -n 3 err; yarn_words yarn)"
		same "$mode.rec" want.rec
	done
	find yarn/local -path '*/recpipe-python.tar.gz/bin/python' | grep -q . || fail "no environment came"
}
