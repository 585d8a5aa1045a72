#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The cluster that other tests use (cluster.bash): a job gives the right answer
# on two workers, and on what is left of them. Needs root.

load common
load cluster

setup_file() {
	[ -z "$(spark_why_not)$(cluster_why_not)" ] || return 0
	export CLUSTER_HIDE=$BATS_FILE_TMPDIR/hidden
	mkdir "$CLUSTER_HIDE"
	cluster_start
}

teardown_file() {
	cluster_stop
}

setup() {
	spark_or_skip
	[ -z "$(cluster_why_not)" ] || skip "$(cluster_why_not)"
	# Word counts by a shuffle, in Python. Tasks take a second and leave
	# a file each, by which we know that they are under way.
	cat >job.py <<-'END'
		import os, socket, sys, time
		from operator import add
		from pyspark.sql import SparkSession

		def words(n):
		    time.sleep(1)
		    with open(os.path.join(folder, "task.%d" % n), "w") as out:
		        print(os.getcwd(), file=out)
		    return [("abc"[i % 3], 1) for i in range(100 * n)]

		folder, tasks = sys.argv[1], int(sys.argv[2])
		spark = SparkSession.builder.appName("words").getOrCreate()
		counts = spark.sparkContext.parallelize(range(tasks), tasks).flatMap(words).reduceByKey(add, 2)
		for word, n in sorted(counts.collect()):
		    print(word, n, sep="\t")
		spark.stop()
	END
	mkdir tasks
}

teardown() {
	[ ! -e troubled ] || cluster_repair
}

# words TASKS: what the job has to print.
words() {
	awk -v n="$1" 'BEGIN { for (t = 0; t < n; t++) for (i = 0; i < 100 * t; i++) c[i % 3]++
		for (k = 0; k < 3; k++) printf "%s\t%d\n", substr("abc", k + 1, 1), c[k] }'
}

# under_way N: that many tasks have ended.
under_way() {
	[ "$(find tasks -name 'task.*' | wc -l)" -ge "$1" ]
}

# submit_in_background TASKS: the job; its driver is $driver.
submit_in_background() {
	: >troubled
	cluster_submit job.py "$PWD/tasks" "$1" >out 2>err &
	driver=$!
}

# ends_right TASKS: the job does, in spite of a lost executor.
ends_right() {
	wait "$driver" || fail "exit $?: $(spark_said out err)"
	diff <(words "$1") out
	grep -q 'Lost executor' err || fail "no executor was lost: $(spark_said err)"
}

@test "cluster: two workers, each in a network and folders of its own, give the right answer" {
	cluster_whole
	cluster_submit job.py "$PWD/tasks" 6 >out 2>err || fail "exit $?: $(spark_said out err)"
	diff <(words 6) out
	cut -d / -f 1- tasks/* | sort -u >folders
	[ "$(wc -l <folders)" -eq 2 ]
	grep -q "^$CLUSTER/1/work/app-" folders && grep -q "^$CLUSTER/2/work/app-" folders
	[ "$(sort -u "$CLUSTER"/[012]/net | wc -l)" -eq 3 ]
	[ -n "$(worker_logs 1)" ]
}

@test "cluster: workers do not see what is hidden from them" {
	echo secret >"$CLUSTER_HIDE/file"
	[ "$(cluster_run cat "$CLUSTER_HIDE/file")" = secret ]
	[ -z "$(cluster_on 1 ls -A "$CLUSTER_HIDE")" ]
}

@test "cluster: a worker is killed in the middle of a job; the job ends right" {
	submit_in_background 16
	wait_until 240 under_way 4
	worker_kill 2
	! under_way 16 || false
	ends_right 16
}

@test "cluster: the link of a worker is cut in the middle of a job; the job ends right" {
	submit_in_background 16
	wait_until 240 under_way 4
	worker_cut 2
	! under_way 16 || false
	ends_right 16
}

@test "cluster: after the end no process of it is left" {
	CLUSTER=$BATS_TEST_TMPDIR/other
	cluster_start 1
	cluster_whole
	pids=$(cluster_pids 0; cluster_pids 1)
	[ "$(wc -w <<<"$pids")" -ge 4 ]
	cluster_stop
	for p in $pids; do ! kill -0 "$p" 2>/dev/null || fail "$(ps -p "$p")"; done
	[ ! -e "$CLUSTER" ]
}
