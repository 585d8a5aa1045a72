#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# rec_spark.py on a cluster of two workers, each with a network and folders of
# its own: als, topn, score and eval give the bytes of single processes, also
# when a worker is lost in the middle of a half-step. Needs root.

load common
load cluster

setup_file() {
	[ -z "$(spark_why_not)$(cluster_why_not)" ] || return 0
	cluster_start
}

teardown_file() {
	cluster_stop
}

setup() {
	spark_or_skip
	[ -z "$(cluster_why_not)" ] || skip "$(cluster_why_not)"
	# Labels with blanks, quotes and letters beyond ASCII.
	rec-gen --users 400 --items 150 --rows 6000 --explicit --times |
		awk -F'\t' -v OFS='\t' '{ sub(/^u/, "Jos\303\251 \"O\047Hara\" #", $1); sub(/^i/, "th\303\251 vert, ", $2); print }' >all.tsv
	rec-split --ratio 0.2 --test truth.tsv <all.tsv >train.tsv
}

teardown() {
	[ ! -e troubled ] || cluster_repair
}

# submit ARGUMENTS: rec_spark.py with the commands of folder bin on the workers.
submit() {
	cluster_submit --conf "spark.executorEnv.REC_BIN=${bin:-}" "$EXAMPLES/rec_spark.py" "$@"
}

# by_label FILE...: the lines of parts in the order of one process; a user is in
# one part, where his lines have their order.
by_label() {
	cat "$@" | sort -s -t "$TAB" -k1,1
}

# slow_bin: commands of which rec-als takes its time for a half-step, and leaves
# a file in halves/ when it begins.
slow_bin() {
	bin=$PWD/slow
	mkdir slow halves
	ln -s "$(dirname "$(command -v rec-als)")"/rec-* slow/
	rm slow/rec-als
	cat >slow/rec-als <<-END
		#!/bin/sh
		case \$* in
		*--half*)
			: >"$PWD/halves/\$\$.\$(date +%N)"
			[ ! -e "$PWD/stop" ] || { echo "rec-als: told to stop" >&2; exit 3; }
			sleep 0.5
			;;
		esac
		exec "$(command -v rec-als)" "\$@"
	END
	chmod 755 slow/rec-als
}

halves() {
	[ "$(find halves -type f | wc -l)" -ge "$1" ]
}

@test "spark: als, topn, score and eval on two workers give the bytes of single processes" {
	cat >job.py <<-END
		import shutil
		import sys
		sys.path.insert(0, "$EXAMPLES")
		import rec_spark as rec
		from pyspark.sql import SparkSession

		spark = SparkSession.builder.getOrCreate()
		read = lambda name: spark.read.text(name, lineSep="\n")
		train, truth = read("train.tsv"), read("truth.tsv")
		rec.als(train, ["-k", "8", "-i", "3"]).save("implicit.rec")
		rec.als(train, ["-k", "8", "-i", "3", "--solver", "cg", "--weights", "log"], parts=5).save("cg.rec")
		typed = spark.read.csv("train.tsv", sep="\t", quote="", schema="u string, i string, v float, t double")
		model = rec.als(typed, ["-k", "6", "-i2", "--explicit"], parts=3)
		model.save("explicit.rec")
		for side in ("user", "item"):
		    model.factors(side).write.parquet(side)
		rec.topn(train, ["implicit.rec", "cg.rec"], ["-n", "7", "--blend", "1,0.5"], as_text=True).write.text("lists")
		rec.score(truth, model, as_text=True).write.text("scores")
		lists = rec.topn(typed, "implicit.rec", ["-n7"])
		assert lists.dtypes == [("user", "string"), ("item", "string"), ("score", "double")], lists.dtypes
		with open("measures", "w") as f:
		    for line in rec.evaluate(lists, truth, ["recall@7", "ndcg@5", "coverage@7"], train):
		        print(*line, sep="\t", file=f)
		# the file of a model changes: each call goes with what was there
		shutil.copy("implicit.rec", "now.rec")
		before = rec.topn(train, "now.rec", ["-n", "3"], as_text=True)
		before.write.text("first")
		shutil.copy("cg.rec", "now.rec")
		rec.topn(train, "now.rec", ["-n", "3"], as_text=True).write.text("second")
		before.write.text("third")
		# a partition of which nothing can be scored is no failure
		pairs = typed.select("u", "i").limit(5)
		pairs = spark.createDataFrame([("nobody", "nothing")], "u string, i string").union(pairs)
		assert rec.score(pairs, model, ["--cold", "drop"]).count() == 5
		def shipped(_):
		    import os
		    from pyspark import SparkFiles
		    return [sorted(os.listdir(os.path.join(SparkFiles.getRootDirectory(), "rec-shipped")))]
		seen = spark.sparkContext.parallelize(range(8), 8).mapPartitions(shipped).collect()
		tables = [[n for n in names if n.count(".") == 2] for names in seen]
		# of three runs the last two each; a small one may have needed one worker
		assert any(tables) and max(map(len, tables)) <= 6, seen
		rows = {r.id: r.features for side in ("user", "item") for r in spark.read.parquet(side).collect()}
		with open("factors", "w") as f:
		    for label in sorted(rows, key=str.encode):
		        print(label, *("%.9g" % x for x in rows[label]), sep="\t", file=f)
	END
	cluster_submit --conf spark.executorEnv.REC_BIN="$(dirname "$(command -v rec-als)")" job.py >out 2>err || fail "$(spark_said out err)"
	rec-als -k 8 -i 3 <train.tsv | cmp - implicit.rec
	rec-als -k 8 -i 3 --solver cg --weights log <train.tsv | cmp - cg.rec
	rec-als -k 6 -i 2 --explicit <train.tsv | cmp - explicit.rec
	rec-topn -m implicit.rec -m cg.rec -n 7 --blend 1,0.5 <train.tsv | cmp - <(by_label lists/part-*)
	for name in first third; do rec-topn -m implicit.rec -n 3 <train.tsv | cmp - <(by_label $name/part-*); done
	rec-topn -m cg.rec -n 3 <train.tsv | cmp - <(by_label second/part-*)
	rec-score -m explicit.rec <truth.tsv | sort | cmp - <(sort scores/part-*)
	rec-topn -m implicit.rec -n 7 <train.tsv | rec-eval -t truth.tsv --train train.tsv recall@7 ndcg@5 coverage@7 | cmp - measures
	for side in user item; do rec-cat --block $side --to factors <explicit.rec; done | sort -t "$TAB" -k1,1 >plain
	diff <(cut -f1 plain) <(cut -f1 factors)
	"$PYSPARK_PYTHON" -c 'if 1:
		import struct
		single = lambda x: struct.pack("<f", float(x))
		for a, b in zip(open("plain", encoding="utf-8"), open("factors", encoding="utf-8")):
		    a, b = a.split("\t"), b.split("\t")
		    assert list(map(single, a[1:])) == list(map(single, b[1:])), a[0]'
}

@test "spark: a worker is killed in the middle of a half-step; the model is the same" {
	slow_bin
	: >troubled
	submit als --input train.tsv --model model.rec -- -k 8 -i 4 >out 2>err &
	driver=$!
	wait_until 150 halves 5
	worker_kill 2
	wait $driver || fail "exit $?: $(spark_said out err)"
	grep -q 'Lost executor' err || fail "no executor was lost: $(spark_said err)"
	rec-als -k 8 -i 4 <train.tsv | cmp - model.rec
}

@test "spark: the link of a worker is cut in the middle of a half-step; the model is the same" {
	slow_bin
	: >troubled
	submit als --input train.tsv --model model.rec -- -k 8 -i 4 >out 2>err &
	driver=$!
	wait_until 150 halves 5
	worker_cut 2
	wait $driver || fail "exit $?: $(spark_said out err)"
	grep -q 'Lost executor' err || fail "no executor was lost: $(spark_said err)"
	rec-als -k 8 -i 4 <train.tsv | cmp - model.rec
}

@test "spark: als that failed goes on from its checkpoint; another job does not" {
	slow_bin
	submit als --input train.tsv --model model.rec --checkpoint "file://$PWD/kept" -- -k 8 -i 5 >out 2>err &
	driver=$!
	wait_until 150 [ -e kept/sweep-000002.rec ]
	: >stop
	! wait $driver || false
	spark_said out err | grep -q 'exited with 3: rec-als: told to stop' || fail "$(spark_said out err)"
	[ ! -e model.rec ]
	[ ! -e kept/sweep-000005.rec ]
	rm -rf stop halves && mkdir halves
	rec-als -k 8 -i 2 <train.tsv | cmp - kept/sweep-000002.rec
	submit als --input train.tsv --model model.rec --checkpoint "file://$PWD/kept" --resume -- -k 8 -i 5 >out 2>err || fail "$(spark_said out err)"
	rec-als -k 8 -i 5 <train.tsv | cmp - model.rec
	[ "$(find halves -type f | wc -l)" -le 12 ]	# three sweeps of two sides and two parts
	! submit als --input train.tsv --model other.rec --checkpoint "file://$PWD/kept" --resume -- -k 8 -i 5 --reg 0.5 >out 2>err || false
	spark_said out err | grep -q "kept holds another job: reg is 0.5 here and 0.01 there" || fail "$(spark_said out err)"
}
