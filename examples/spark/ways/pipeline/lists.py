# SPDX-License-Identifier: MIT
# Lists as a table that Spark keeps up to date; spark-pipeline.yml says how to run it.
from pyspark import pipelines as dp
from pyspark.sql import functions as F
from rec_sql import topn_function

# Views say what is to be done and may ask Spark nothing: settings and files are
# asked for here.
path = spark.conf.get("rec.histories")
best = topn_function(spark, spark.conf.get("rec.model"), ["-n", "20"])


@dp.materialized_view
def histories():
    words = F.split("value", "\t")
    text = spark.read.text(path, lineSep="\n")
    return text.select(words[0].alias("user"), words[1].alias("item"))


@dp.materialized_view
def lists():
    had = spark.read.table("histories").groupBy("user").agg(F.collect_list("item").alias("items"))
    return had.select("user", best("user", "items").alias("list")).select("user", F.inline("list"))
