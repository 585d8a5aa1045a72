#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The short form of tests/spark: rec_spark.py in one process of Spark. Skipped,
# loudly, where there is no pyspark; `make check-spark` has the rest.

load spark/common

setup() {
	spark_or_skip
	make_train 200 80 3000 | awk -F'\t' -v OFS='\t' '{ print "Jos\303\251 \"" $1 "\"", $2 }' >train.tsv
}

@test "spark: als, sim, topn, score and eval give the bytes of single processes" {
	rec-split --ratio 0.2 --test truth.tsv <train.tsv >part.tsv
	cat >job.py <<-END
		import sys
		sys.path.insert(0, "$EXAMPLES")
		import rec_spark as rec
		from pyspark.sql import SparkSession

		spark = SparkSession.builder.getOrCreate()
		read = lambda name: spark.read.text(name, lineSep="\n")
		train, truth = read("part.tsv"), read("truth.tsv")
		model = rec.als(train, ["-k", "8", "-i", "2"])
		model.save("als.rec")
		rec.sim(train, ["cosine", "-n", "20"]).save("sim.rec")
		rec.topn(train, model, ["-n", "7"], as_text=True).write.text("lists")
		rec.score(truth, model, as_text=True).write.text("scores")
		with open("measures", "w") as f:
		    for line in rec.evaluate(read("lists"), truth, ["recall@7", "ndcg@7"]):
		        print(*line, sep="\t", file=f)
	END
	spark_submit_local job.py >out 2>err || fail "$(spark_said out err)"
	rec-als -k 8 -i 2 <part.tsv | cmp - als.rec
	rec-sim cosine -n 20 -b <part.tsv | cmp - sim.rec
	rec-topn -m als.rec -n 7 <part.tsv >lists.tsv
	cat lists/part-* | sort -s -t "$TAB" -k1,1 | cmp - lists.tsv
	rec-score -m als.rec <truth.tsv | sort | cmp - <(sort scores/part-*)
	rec-eval -t truth.tsv recall@7 ndcg@7 <lists.tsv | cmp - measures
}

@test "spark: a command that fails, or reads nothing, fails the job with its own words" {
	mkdir bin
	ln -s "$(dirname "$(command -v rec-als)")"/rec-* bin/
	rm bin/rec-topn
	rec-als -k 4 -i 1 <train.tsv >model.rec
	for words in 'echo "rec-topn: no more" >&2; exit 3' 'echo a; exit 0' 'kill -9 $$'; do
		printf '#!/bin/sh\ncase " $* " in *" --options "* | *" -q "*) exec %s "$@" ;; esac\n%s\n' "$(command -v rec-topn)" "$words" >bin/rec-topn
		chmod 755 bin/rec-topn
		! REC_BIN=$PWD/bin spark_submit_local "$EXAMPLES/rec_spark.py" topn --input train.tsv --model model.rec --output lists >out 2>err || fail "$words: exit 0"
		case $words in
		*exit\ 3) spark_said out err | grep -q 'exited with 3: rec-topn: no more' ;;
		*exit\ 0) spark_said out err | grep -q 'exited with 0, but read none of the [0-9]* bytes' ;;
		*) spark_said out err | grep -q 'was killed by signal 9' ;;
		esac || fail "$words: $(spark_said out err)"
		[ ! -e lists/_SUCCESS ]
		rm -rf lists
	done
}
