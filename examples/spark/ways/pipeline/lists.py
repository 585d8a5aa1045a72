# SPDX-License-Identifier: MIT
# Lists as a table that Spark keeps up to date; spark-pipeline.yml says how to run it.
import rec_spark as rec
from pyspark import pipelines as dp
from pyspark.sql import functions as F


@dp.materialized_view
def histories():
    words = F.split("value", "\t")
    text = spark.read.text(spark.conf.get("rec.histories"), lineSep="\n")
    return text.select(words[0].alias("user"), words[1].alias("item"))


@dp.materialized_view
def lists():
    return rec.topn(spark.read.table("histories"), spark.conf.get("rec.model"), ["-n", "20"])
