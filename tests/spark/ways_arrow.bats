#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The ways in for DataFrames (examples/spark/ways: map_in_arrow.py, connect.py,
# pipeline/): the lists of one process, and each fault by name within 30 s.

load common

WAYS=$EXAMPLES/ways

setup() {
	spark_or_skip
	export PYTHONPATH=$WAYS:$EXAMPLES PYTHONDONTWRITEBYTECODE=1
	# labels that a reader of CSV would change
	{
		rec-gen --users 60 --items 40 --rows 900 | cut -f 1,2
		for user in 'a user' '"quoted"' "it's" 'back\slash' 'größe' ' ' 'NULL' ','; do
			printf '%s\t%s\n' "$user" i1 "$user" '"an item", 品'
		done
	} >histories.tsv
	rec-als -q -k 4 -i 2 <histories.tsv >model.rec
	rec-topn -q -m model.rec -n 7 <histories.tsv | sort >want
	[ "$(wc -l <want)" -gt 400 ]
	stand_ins
}

# Filters with faults, and a model that is one half.
stand_ins() {
	make_filter() { { echo '#!/bin/sh'; cat; } >"$1"; chmod +x "$1"; }
	make_filter exits3 <<-'END'
		head -5; echo "exits3: giving up" >&2; exit 3
	END
	make_filter killed <<-'END'
		cat >/dev/null; kill -s KILL $$
	END
	make_filter noread <<-'END'
		echo 'u1	i1	1'
	END
	make_filter garbage <<-END
		echo welcome; exec "$(command -v rec-topn)" "\$@"
	END
	# these say that they read all: the last word is the file of --stats
	# shellcheck disable=SC2016
	says='n=$(wc -c); for file; do :; done
		printf "bytes.stdin\t%d\nrows\t%s\nrows.answered\t%s\n" "$n"'
	make_filter words <<-END
		$says 1 1 >"\$file"; printf 'u1\ti1\tmany\n'
	END
	make_filter lies <<-END
		$says 7 1 >"\$file"; printf 'u1\ti1\t1\n'
	END
	cp exits3 noexec
	chmod -x noexec
	head -c $(($(wc -c <model.rec) / 2)) model.rec >cut.rec
}

# as_printed: scores as Python prints a double become those of rec-topn.
as_lists() {
	sort | "$PYSPARK_PYTHON" -c '
import sys
for line in sys.stdin:
    user, item, score = line.rstrip("\n").split("\t")
    print(user, item, repr(float(score)), sep="\t")' | sort
}

# fails CASE TEXT: it did, within 30 s, and the driver was told TEXT.
fails() {
	awk -F'\t' -v name="$1" -v text="$2" \
		'$1 == name && $2 < 30 && index($3, "failed: ") == 1 && index($3, text) { ok = 1 }
		END { exit !ok }' out || fail "$1: not '$2' but: $(grep "^$1$TAB" out | cut -c 1-2000)"
}

gives() {
	awk -F'\t' -v name="$1" -v text="ok: $2" '$1 == name && $3 == text { ok = 1 }
		END { exit !ok }' out || fail "$1: not '$2' but: $(grep "^$1$TAB" out | cut -c 1-2000)"
}

faults() {
	cmp <(as_lists <lists) <(as_lists <want)
	fails exits3 'exits3'
	fails exits3 'exited with 3: exits3: giving up'
	fails killed 'was killed by signal 9'
	fails missing 'missing'
	fails noexec 'noexec'
	fails garbage 'what the filter wrote is not user, item, score'
	fails noread 'bytes of its input'
	fails words 'what the filter wrote is not user, item, score'
	fails 'model cut short' 'cut.rec: cut off'
	fails 'upstream raises' 'the upstream is broken'
	fails null 'of this partition holds NULL'
	fails tab 'has a TAB or a line end in a field'
	gives 'empty partitions' 7
	gives 'no rows' 0
	gives 'cold partition' 7
	gives large 420
	! pgrep -f "^$PWD/" || fail "a filter is left"
}

@test "ways: map_in_arrow.py gives the lists of one process; faults are named" {
	spark_submit_local "$ROOT/tests/spark/ways_arrow.py" map_in_arrow "$(command -v rec-topn)" \
		>out 2>err || fail "$(spark_said out err)"
	faults
	fails lies 'users were asked for and 1 came back; the filter counts 7 and 1'
}

@test "ways: map_in_arrow.py as a command, from TSV and from Parquet" {
	spark_submit_local "$WAYS/map_in_arrow.py" histories.tsv model.rec lists -q -n 7 \
		>out 2>err || fail "$(spark_said out err)"
	cat >next.py <<-'PY'
		from pyspark.sql import SparkSession
		import map_in_arrow
		spark = SparkSession.builder.getOrCreate()
		map_in_arrow.read(spark, "histories.tsv").write.parquet("histories.parquet")
		histories = map_in_arrow.read(spark, "histories.parquet")
		again = map_in_arrow.lists(histories, "model.rec", ["-q", "-n", "7"])
		for name, df in ("lists.tsv", spark.read.parquet("lists")), ("again.tsv", again):
		    with open(name, "w", encoding="utf-8") as f:
		        for row in df.collect():
		            f.write("\t".join(map(str, row)) + "\n")
	PY
	spark_submit_local next.py >out 2>err || fail "$(spark_said out err)"
	cmp <(as_lists <lists.tsv) <(as_lists <want)
	cmp <(as_lists <again.tsv) <(as_lists <want)
}

# needs MODULE: skips where the Python of Spark has it not.
needs() {
	"$PYSPARK_PYTHON" -c "import $1" 2>/dev/null || skip "no $1 in $SPARK_VENV"
}

@test "ways: connect.py gives the lists of one process; faults are named" {
	[ "$SPARK" = 4 ] || skip "Spark Connect is tried with Spark 4: SPARK=4"
	needs grpc
	timeout -k 5 "${SPARK_TIMEOUT:-180}" "$PYSPARK_PYTHON" "$ROOT/tests/spark/ways_arrow.py" \
		connect "$(command -v rec-topn)" >out 2>err 3>&- || fail "$(spark_said out err)"
	faults
}

@test "ways: rec_topn in SQL gives the lists of one process, and fails with the filter" {
	[ "$SPARK" = 4 ] || skip "the functions came with Spark 4.1: SPARK=4"
	cat >sql.py <<-PY
		import sys
		from pyspark.sql import SparkSession
		import map_in_arrow
		sys.path.insert(0, "$EXAMPLES")
		from rec_sql import topn_function
		spark = SparkSession.builder.getOrCreate()
		likes = map_in_arrow.read(spark, "$PWD/histories.tsv")
		more = spark.createDataFrame([("nobody", "nothing")], "user string, item string")
		likes.union(more).createOrReplaceTempView("likes")
		spark.udf.register("rec_topn", topn_function(spark, sys.argv[1], ["-q", "-n", "20"]))
		rows = spark.sql("SELECT user, inline(rec_topn(user, collect_list(item))) FROM likes GROUP BY user")
		for row in rows.collect():
		    print(*row, sep="\t")
	PY
	spark_submit_local --py-files "$WAYS/map_in_arrow.py" sql.py model.rec >lists 2>err || fail "$(spark_said lists err)"
	rec-topn -q -m model.rec -n 20 <histories.tsv >want
	cmp <(as_lists <lists) <(as_lists <want)
	if spark_submit_local --py-files "$WAYS/map_in_arrow.py" sql.py cut.rec >out 2>err; then fail "a model that is cut is no failure"; fi
	grep -q 'cut.rec: cut off' out err || fail "$(spark_said out err)"
}

@test "ways: the pipeline keeps histories and lists as tables, and fails with the filter" {
	[ "$SPARK" = 4 ] || skip "Declarative Pipelines came with Spark 4.1: SPARK=4"
	needs yaml
	cp "$WAYS"/pipeline/* .
	sed -i "s,/data/,$PWD/,; s,file:///tmp/recommendations,file://$PWD/storage," spark-pipeline.yml
	pipeline() {
		timeout -k 5 "${SPARK_TIMEOUT:-180}" "$SPARK_HOME/bin/spark-pipelines" "$@" >out 2>err 3>&-
	}
	pipeline run || fail "$(spark_said out err)"
	cat >read.py <<-'PY'
		from pyspark.sql import SparkSession
		spark = SparkSession.builder.getOrCreate()
		for row in spark.read.parquet("spark/warehouse/lists").collect():
		    print(*row, sep="\t")
	PY
	spark_submit_local read.py >lists 2>err || fail "$(spark_said lists err)"
	rec-topn -q -m model.rec -n 20 <histories.tsv >want
	cmp <(as_lists <lists) <(as_lists <want)
	cp cut.rec model.rec
	rm -r spark/warehouse	# the catalog of a session ends with it
	if pipeline run; then fail "a model that is cut is no failure"; fi
	grep -q 'model.rec: cut off' out err || fail "$(spark_said out err)"
}
