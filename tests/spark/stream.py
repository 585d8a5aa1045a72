# SPDX-License-Identifier: MIT
"""What the jobs of stream.bats share: one session, a stream that takes what is there and ends."""
import os        # noqa: F401  for the jobs

from pyspark.sql import SparkSession

import rec_stream

spark = SparkSession.builder.master("local[2]").appName("stream.bats").getOrCreate()


def once(work, source="in", *more):
    """Run the stream over the files of source that are new, one a batch, to the end."""
    words = ["run", work, "--source", source, "--option", "maxFilesPerTrigger=1", "--once", *more]
    rec_stream.run(spark, rec_stream._parser().parse_args(words), ["-n", "5"]).awaitTermination()


def fails(text, act, *args):
    """act(*args) raises an exception that says text."""
    try:
        act(*args)
    except Exception as e:
        if text in str(e):
            return
        raise
    raise AssertionError(f"no exception, where '{text}' is due")


def dump(table, path):
    """The rows of a folder of Parquet as text, in one order."""
    rows = sorted(map(repr, spark.read.parquet(table).collect()))
    if not rows:
        raise AssertionError(f"{table} is empty")
    with open(path, "w", encoding="utf-8") as f:
        f.writelines(f"{row}\n" for row in rows)
