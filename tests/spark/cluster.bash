# SPDX-License-Identifier: MIT
# cluster.bash - a standalone Spark cluster for tests (root, Linux): a master
# and workers as processes of their own, each worker with its own network and
# its own folders. Loaded after common.bash.
#
#   cluster_start [N]       a master and N workers (2) of one core, all ready
#   cluster_stop            ends everything, whatever happened before: belongs
#                           into teardown or teardown_file
#   cluster_submit ...      spark-submit to it, at most SPARK_TIMEOUT (300) s
#   cluster_run COMMAND...  a command in the driver's network, such as a python
#                           with SparkSession.builder.master($CLUSTER_MASTER)
#   worker_kill N           kill -9 of worker N and of its executors
#   worker_start N          after that: another in its place
#   worker_cut N            pulls the cable of worker N
#   worker_mend N           plugs it in again
#   cluster_repair          whatever happened: drivers are ended, all workers
#                           are there again
#   worker_logs N           the files with what its executors said
#   cluster_whole           all workers are there (true or false)
#   WORKER_MEMORY           of each worker [1g]
#   wait_until SECONDS COMMAND...     it succeeds, or fails after SECONDS
#   cluster_why_not         what is missing here, if anything
#
# All is below the folder CLUSTER (in that of the bats file if it is not set),
# so that setup_file can start what tests use. CLUSTER_HIDE has folders that the
# workers shall not see, such as that of the commands, with blanks between.
#
#       10.99.0.1 master, driver        10.99.0.2 worker 1
#         br0 ------------------- v1 -- eth0
#          |                             10.99.0.3 worker 2
#          +--------------------- v2 -- eth0
#
# No name is left in the system: the bridge lies in the network of master and
# driver, which is a namespace too, and namespaces live as long as the processes
# in them. So clusters do not meet, although all have these addresses. All ends
# with the process that called cluster_start, or after an hour.

CLUSTER=${CLUSTER:-${BATS_FILE_TMPDIR:-${TMPDIR:-/tmp}/recpipe.$$}/cluster}
CLUSTER_MASTER=spark://10.99.0.1:7077

cluster_why_not() {
	local c
	[ "$(id -u)" -eq 0 ] || { echo "a cluster needs root"; return; }
	for c in unshare nsenter ip timeout setsid; do
		command -v "$c" >/dev/null || { echo "$c is not installed"; return; }
	done
	unshare -n -m true 2>/dev/null || echo "namespaces are not allowed here"
}

wait_until() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || { echo "waited in vain for: $*" >&2; return 1; }
		sleep 0.2
	done
}

# --- Hosts: 0 is that of master and driver, then the workers

# cluster_on HOST COMMAND...: becomes the command in that host's network; on a
# worker with its view of files, in the folder /. Descriptors of bats stay here:
# it waits for them.
cluster_on() {
	local hold namespaces=-n
	hold=$(cat "$CLUSTER/$1/hold") || return 1
	[ "$1" -eq 0 ] || namespaces='-n -m'
	shift
	# shellcheck disable=SC2086
	exec nsenter $namespaces -t "$hold" -- "$@" 3>&- 4>&-
}

cluster_apart() {	# cluster_apart PID: it has left our network
	[ "$(readlink "/proc/$1/ns/net")" != "$(readlink /proc/self/ns/net)" ]
}

# cluster_host HOST: a network and a view of its own, held by a process.
cluster_host() {
	local h=$CLUSTER/$1
	mkdir -p "$h/work" "$h/tmp" || return 1
	unshare -n -m sleep 3600 >/dev/null 2>&1 </dev/null 3>&- 4>&- &
	echo $! >"$h/hold"
	disown $!
	wait_until 10 cluster_apart "$(cat "$h/hold")" || return 1
	readlink "/proc/$(cat "$h/hold")/ns/net" >"$h/net"
	(cluster_on "$1" ip link set lo up)
}

# cluster_pids HOST: its processes.
cluster_pids() {
	local net
	net=$(cat "$CLUSTER/$1/net" 2>/dev/null) || return 0
	[ "$net" != "$(readlink /proc/self/ns/net)" ] || return 0
	net=${net//[/\\[}
	find /proc/[0-9]*/ns/net -maxdepth 0 -lname "${net//]/\\]}" 2>/dev/null | cut -d / -f 3
}

# cluster_java HOST CLASS ARGUMENTS...: a daemon of Spark. The time after which
# a silent worker counts as lost must be the same for all: a worker reports
# every quarter of its own.
cluster_java() {
	local host=$1 class=$2 h=$CLUSTER/$1 ip=10.99.0.$(($1 + 1))
	shift 2
	(
		export SPARK_CONF_DIR=$CLUSTER/empty	# logs as Spark does by default
		export SPARK_LOCAL_IP=$ip SPARK_LOCAL_DIRS=$h/tmp TMPDIR=$h/tmp SPARK_DAEMON_MEMORY=512m
		export SPARK_DAEMON_JAVA_OPTS="-Dspark.worker.timeout=10 -Djava.io.tmpdir=$h/tmp"
		cluster_on "$host" "$SPARK_HOME/bin/spark-class" "org.apache.spark.deploy.$class" --host "$ip" "$@"
	) >>"$h/log" 2>&1 </dev/null &
	echo $! >"$h/pid"
	disown $!	# bash would report how it ends
}

# --- Workers

cluster_worker_host() {	# cluster_worker_host N
	local hide
	cluster_host "$1" || return 1
	(cluster_on 0 ip link add "v$1" type veth peer name eth0 netns "$(cat "$CLUSTER/$1/hold")") &&
		(cluster_on 0 ip link set "v$1" master br0 up) &&
		(cluster_on "$1" ip addr add "10.99.0.$(($1 + 1))/24" dev eth0) &&
		(cluster_on "$1" ip link set eth0 up) || return 1
	for hide in ${CLUSTER_HIDE:-}; do
		(cluster_on "$1" mount --bind "$CLUSTER/empty" "$hide") || return 1
	done
}

# worker_registered N TIMES: the master has seen it that often.
worker_registered() {
	[ "$(grep -c "Registering worker 10.99.0.$(($1 + 1)):" "$CLUSTER/0/log")" -ge "$2" ]
}

worker_launch() {
	cluster_java "$1" worker.Worker --cores 1 --memory "${WORKER_MEMORY:-1g}" --webui-port 0 --work-dir "$CLUSTER/$1/work" "$CLUSTER_MASTER"
}

worker_start() {
	local before
	before=$(grep -c "Registering worker 10.99.0.$(($1 + 1)):" "$CLUSTER/0/log")
	worker_launch "$1"
	wait_until 120 worker_registered "$1" $((before + 1))
}

worker_java() {	# worker_java N: its Java processes, the executors too
	local p
	for p in $(cluster_pids "$1"); do
		[ "$(cat "/proc/$p/comm" 2>/dev/null)" != java ] || echo "$p"
	done
}

worker_kill() {
	local p
	for p in $(worker_java "$1"); do kill -s KILL "$p"; done
}

worker_cut() {
	(cluster_on 0 ip link set "v$1" down)
}

worker_mend() {
	(cluster_on 0 ip link set "v$1" up)
}

worker_logs() {
	find "$CLUSTER/$1/work" -name stderr -o -name stdout
}

# --- The cluster

cluster_start() {
	local n=${1:-2} i
	[ ! -e "$CLUSTER/0" ] || { echo "there is a cluster in $CLUSTER" >&2; return 1; }
	mkdir -p "$CLUSTER/empty" || return 1
	cluster_watch $$
	cluster_host 0 &&
		(cluster_on 0 ip link add br0 type bridge) &&
		(cluster_on 0 ip addr add 10.99.0.1/24 dev br0) &&
		(cluster_on 0 ip link set br0 up) || return 1
	cluster_java 0 master.Master --port 7077 --webui-port 8080
	for ((i = 1; i <= n; i++)); do
		cluster_worker_host "$i" && worker_launch "$i" || return 1
	done
	for ((i = 1; i <= n; i++)); do
		wait_until 120 worker_registered "$i" 1 || { tail -n 20 "$CLUSTER"/*/log >&2; return 1; }
	done
}

cluster_repair() {
	local h n p
	for p in $(cluster_pids 0 | grep -vxFf "$CLUSTER/0/hold" -f "$CLUSTER/0/pid"); do
		kill -s KILL "$p" 2>/dev/null
	done
	for h in "$CLUSTER"/[1-9]*; do
		n=$(basename "$h")
		worker_mend "$n" || return 1
		[ -n "$(worker_java "$n")" ] || worker_start "$n" || return 1
	done
	wait_until 120 cluster_whole
}

# cluster_watch OWNER: ends the cluster after OWNER, should that not come to it.
cluster_watch() {
	# shellcheck disable=SC2016
	CLUSTER=$CLUSTER setsid bash -c '. "$1"; n=0
		while kill -0 "$2" && [ -e "$CLUSTER" ] && [ $((n += 1)) -lt 3600 ]; do sleep 1; done
		cluster_stop' - "${BASH_SOURCE[0]}" "$1" >/dev/null 2>&1 </dev/null 3>&- 4>&- &
}

# cluster_whole: the master knows as many workers as there are hosts for.
cluster_whole() {
	# shellcheck disable=SC2016
	(cluster_on 0 "$PYSPARK_PYTHON" -c 'if 1:
		import json, sys, urllib.request
		with urllib.request.urlopen("http://10.99.0.1:8080/json/", timeout=5) as page:
			sys.exit(json.load(page)["aliveworkers"] != int(sys.argv[1]))' \
		"$(find "$CLUSTER" -mindepth 1 -maxdepth 1 -name '[1-9]*' | wc -l)")
}

cluster_run() {
	(
		export SPARK_LOCAL_IP=10.99.0.1
		cluster_on 0 timeout -k 5 "${SPARK_TIMEOUT:-300}" "$@"
	)
}

cluster_submit() {
	cluster_run "$SPARK_HOME/bin/spark-submit" --master "$CLUSTER_MASTER" --executor-memory 512m "$@"
}

cluster_none() {
	local h
	for h in "$CLUSTER"/[0-9]*/net; do
		[ -z "$(cluster_pids "$(basename "${h%/net}")")" ] || return 1
	done
}

cluster_stop() {
	local h p
	for h in "$CLUSTER"/[0-9]*/net; do
		for p in $(cluster_pids "$(basename "${h%/net}")"); do kill -s KILL "$p" 2>/dev/null; done
	done
	wait_until 10 cluster_none
	rm -rf "$CLUSTER"
}
