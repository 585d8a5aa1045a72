#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# sim of rec_spark.py, by columns and by shards: the bytes of one process of
# rec-sim, in local mode and on a cluster of two workers; the latter needs root.

load common
load cluster

teardown() {
	cluster_stop
}

setup() {
	spark_or_skip
	# Labels with blanks, quotes and letters beyond ASCII.
	rec-gen --users 300 --items 200 --rows 6000 --times |
		awk -F'\t' -v OFS='\t' '{ sub(/^u/, "Jos\303\251 \"O\047Hara\" #", $1); sub(/^i/, "th\303\251 vert, ", $2); print }' >all.tsv
}

# job NAME: stdin as NAME.py, which finds there: rec, spark, likes (the rows of
# all.tsv), and same(options, ...), which compares a model with the one of a
# single process.
job() {
	cat - >tail.py
	cat >head.py <<-END
		import subprocess, sys
		sys.path.insert(0, "$EXAMPLES")
		import rec_sim
		import rec_spark as rec
		from pyspark.sql import SparkSession

		spark = SparkSession.builder.getOrCreate()
		likes = spark.read.csv("file:$PWD/all.tsv", sep="\\t", quote="", schema="u string, i string, v double, t long")

		def same(options, by=None, want=None, **how):
		    figures = {}
		    model = rec.sim(likes, options.split(), by=by, figures=figures, **how)
		    with open("$PWD/all.tsv", "rb") as f:
		        one = subprocess.run(["rec-sim", "-q", "-b", *options.split()], stdin=f, stdout=subprocess.PIPE)
		    with open(model.path, "rb") as f:
		        if one.returncode or f.read() != one.stdout:
		            sys.exit("%s, by %s: the models differ" % (options, by))
		    if figures["by"] != (want or by):
		        sys.exit("%s went by %s" % (options, figures["by"]))
		    print("same", options, figures["by"], figures.get("groups"), flush=True)
		    return model
	END
	cat head.py tail.py >"$1.py"
}

@test "spark: sim has the bytes of one process, by columns and by shards" {
	job methods <<-'END'
		rec_sim.FAN = 2     # a tree of three levels
		for options in ("cosine -n 20 --normalize l1 --center", "linear", "llr -n 7 --keep history"):
		    for by in ("columns", "shards"):
		        same(options, by, parts=5).close()
		same("rp3beta --max-user 15 -n 20 --seed 3", "shards", parts=2)
		same("popular", "shards", parts=2)
		same("count --center --keep history", "shards", parts=2)
		same("pearson -n 10", want="columns", parts=1)
		rec_sim.LARGE = 1   # nothing is small
		same("jaccard -n 0 --duplicates max", want="shards", parts=1)
		same("cosine --weights log", want="columns", parts=2)
	END
	SPARK_TIMEOUT=500 spark_submit_local methods.py >out 2>err || fail "exit $?: $(spark_said out err)"
	[ "$(grep -c '^same ' out)" -eq 12 ]
	[ "$(grep -c '^same .* shards 5$' out)" -eq 3 ]
	grep -q '^same count --center --keep history shards 1$' out
}

@test "spark: weights of a model of sim are a DataFrame of item, other, weight" {
	job weights <<-'END'
		def write(model, name):
		    rows = model.weights
		    assert rows.dtypes == [("item", "string"), ("other", "string"), ("weight", "float")]
		    with open(name, "w", encoding="utf-8") as f:
		        f.writelines("%s\t%s\t%.9g\n" % tuple(row) for row in rows.collect())

		model = same("cosine -n 0", "columns", parts=1)
		write(model, "got")
		with open(model.path, "rb") as f:
		    block = rec.run_filter(["rec-cat", "--block", "similarity", "-b"], model.path)
		cells = [sum(len(c[2]) for c in rec_sim._cells(block, part, 3)) for part in range(3)]
		print("cells", sum(cells))
		try:
		    print(same("popular", "columns", parts=1).weights.count())
		except Exception as e:
		    print(e)
	END
	spark_submit_local weights.py >out 2>err || fail "exit $?: $(spark_said out err)"
	rec-sim -q cosine -n 0 <all.tsv >want.tsv
	[ "$(wc -l <want.tsv)" -gt 20000 ]
	grep -qx "cells $(wc -l <want.tsv)" out
	"$PYSPARK_PYTHON" -c 'if 1:
		import struct
		for line in open("want.tsv", encoding="utf-8"):
		    item, other, weight = line.rstrip("\n").split("\t")
		    print(item, other, "%.9g" % struct.unpack("f", struct.pack("f", float(weight))), sep="\t")' >want
	same want got
	grep -q "rec-cat: <stdin>: no block is called 'similarity'" out
}

@test "spark: sim refuses what it cannot do, and hands on what rec-sim says" {
	mkdir bad
	ln -s "$(dirname "$(command -v rec-cat)")"/rec-* bad/
	rm bad/rec-sim
	cat >bad/rec-sim <<-END
		#!/bin/sh
		case \$* in *--groups*) echo "rec-sim: told to stop" >&2; exit 3 ;; esac
		exec $(command -v rec-sim) "\$@"
	END
	chmod +x bad/rec-sim
	job refusals <<-'END'
		def refused(options, by=None, parts=1):
		    try:
		        rec.sim(likes, options.split(), by=by, parts=parts)
		        print("made", options)
		    except Exception as e:
		        print(type(e).__name__ + ":", str(e))
		refused("pearson", "shards")
		refused("cosine", "rows")
		refused("cosin")
		refused("")
		refused("cosine --columns 1/2")
		refused("cosine --groups 2")
		refused("cosine --shrink")
		refused("cosine", "shards", 2)
		likes = likes.where("false")
		refused("cosine", "columns")
		refused("cosine", "shards")
	END
	REC_BIN=$PWD/bad spark_submit_local refusals.py >out 2>err || fail "exit $?: $(spark_said out err)"
	while IFS= read -r line; do
		grep -qF -- "$line" out || fail "'$line' is not in: $(spark_said out)"
	done <<-'LIST'
		ValueError: rec-sim: --survey cannot work with pearson: means over all users are taken off the values, and such sums are not exact; --part over the whole data does it
		ValueError: by is columns or shards, not rows
		ValueError: rec-sim: unknown method 'cosin'; did you mean cosine?
		ValueError: rec-sim: which METHOD?
		ValueError: rec-sim --columns cannot be given here: Spark divides the work
		ValueError: rec-sim --groups cannot be given here: Spark divides the work
		ValueError: rec-sim: --shrink needs
		exited with 3: rec-sim: told to stop
	LIST
	[ "$(grep -c 'rec-sim: no interactions' out)" -ge 2 ]
	[ "$(grep -c '^made' out)" -eq 0 ]
}

@test "spark: sim as a command, on two workers, gives the bytes of one process, also when a worker is lost" {
	[ -z "$(cluster_why_not)" ] || skip "$(cluster_why_not)"
	cluster_start
	mkdir slow began
	ln -s "$(dirname "$(command -v rec-cat)")"/rec-* slow/
	rm slow/rec-sim
	cat >slow/rec-sim <<-END
		#!/bin/sh
		case \$* in *--groups*) : >"$PWD/began/\$\$"; sleep 1 ;; esac
		exec $(command -v rec-sim) "\$@"
	END
	chmod +x slow/rec-sim
	rec-sim -q linear -n 30 -b <all.tsv >want.rec
	sim() {
		cluster_submit --conf "spark.executorEnv.REC_BIN=$PWD/slow" "$EXAMPLES/rec_spark.py" sim --input "file:$PWD/all.tsv" \
			--parts 8 --figures "$1.figures" --model "$PWD/$1.rec" "${@:2}" -- linear -n 30 >out 2>err
	}
	began() { [ "$(find began -type f | wc -l)" -ge "$1" ]; }
	sim columns --weights "file:$PWD/weights" || fail "exit $?: $(spark_said out err)"
	same want.rec columns.rec
	grep -qx "by${TAB}columns" columns.figures
	[ -e weights/_SUCCESS ]
	sim shards --by shards &
	driver=$!
	wait_until 150 began 3
	worker_kill 2
	[ "$(find began -type f | wc -l)" -lt 8 ]
	wait "$driver" || fail "exit $?: $(spark_said out err)"
	same want.rec shards.rec
	grep -qx "groups${TAB}8" shards.figures
}
