# SPDX-License-Identifier: MIT
"""ways_arrow.py map_in_arrow|connect: one session, and each fault of a filter.

Prints lines of a case, its seconds, and `ok: ROWS` or `failed: ` with what the
exception says to the driver. Runs in the folder that ways_arrow.bats made.
"""
import os
import sys
import time

from pyspark.sql import SparkSession, functions as F

import connect
import map_in_arrow

way = sys.argv[1]
if way == "connect":
    spark = SparkSession.builder.remote("local[2]").getOrCreate()
else:
    spark = SparkSession.builder.getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
TOPN = sys.argv[2]
histories = map_in_arrow.read(spark, os.path.abspath("histories.tsv"))


def result(df=histories, filter=TOPN, model="model.rec", parts=3, options=("-q", "-n", "7")):
    filter = filter if filter == TOPN else os.path.abspath(filter)
    if way == "connect":
        return connect.lists(df, model, filter, options, parts)
    return map_in_arrow.lists(df, model, options, parts, filter)


def case(name, action):
    began = time.monotonic()
    try:
        end = f"ok: {action().count()}"
    except Exception as e:
        end = f"failed: {e}"
    print(name, f"{time.monotonic() - began:.0f}", " ".join(end.split()), sep="\t", flush=True)


with open("lists", "w", encoding="utf-8") as f:
    for row in result().collect():
        f.write("\t".join(map(str, row)) + "\n")
for name in "exits3", "killed", "missing", "noexec", "garbage", "noread", "words", "lies":
    case(name, lambda: result(filter=name))
case("model cut short", lambda: result(model="cut.rec"))
raises = F.when(F.col("user") == "u17", F.raise_error(F.lit("the upstream is broken")))
case("upstream raises", lambda: result(histories.withColumn("user", F.coalesce(
    raises.cast("string"), "user"))))
case("null", lambda: result(histories.withColumn("item", F.lit(None).cast("string"))))
case("tab", lambda: result(histories.withColumn("item", F.lit("a\tb"))))
case("empty partitions", lambda: result(histories.where("user = 'u17'"), parts=9))
case("no rows", lambda: result(histories.where("false")))
case("cold partition", lambda: result(histories.where("user = 'u17'").unionByName(
    spark.createDataFrame([("nobody", "nothing")], "user string, item string")), parts=9))
case("large", lambda: result(
    spark.range(0, 60, 1, 2).join(spark.range(200000).withColumnRenamed("id", "i"))
    .selectExpr("'u' || id user", "'i' || i % 40 item"), options=("-q", "-n", "7", "--keep-seen")))
