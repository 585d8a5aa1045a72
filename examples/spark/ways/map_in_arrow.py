#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A filter over a DataFrame by mapInArrow(): lists for every user.

    PYTHONPATH=.. spark-submit --archives recpipe-cluster.tar.gz#rec \\
        map_in_arrow.py histories.tsv model.rec lists.parquet -n 20

The one way for DataFrames, in Spark 3.5 and 4, classic and Connect. Histories
are TSV of user and item, or Parquet with the columns user and item; the last
words are options of rec-topn. rec_spark.topn() is this with more cases; copy
this where another filter is wanted.

- An empty partition calls the function with no batch at all: start no filter.
- Never write all to a pipe and then read: both sides wait once pipes are full.
  run_filter() has files for stdin, stdout and stderr, and removes them.
- An exit status of 0 does not say that the input was read. run_filter() compares
  the bytes; this counts users on their way in, and what became of them.
- rec-topn fails if all its users are cold. One part of many may well be:
  --part 1/1 makes that no error.
- Spark sets OMP_NUM_THREADS to spark.task.cpus in Python workers. threads()
  takes it from there; more would start as many threads in every task as the
  host has cores.
- A DataFrame has no order. Lists come out of a task as rec-topn wrote them, best
  first; sort by user and score where a shuffle follows.
"""
import itertools
import sys

from pyspark.sql import SparkSession, functions as F

import rec_spark as rec


def lists(histories, model, options=(), parts=None, filter="rec-topn"):
    """(user, item, score) for each user of a DataFrame of user, item."""
    argv = [filter, "--part", "1/1", *options, "-m", rec.ship(histories.sparkSession, model)]
    # All rows of a user go to one partition; else he gets several lists.
    by_user = histories.repartition(*([parts] if parts else []), "user")
    rows = by_user.select("user", rec.line_of(by_user).alias("line"))
    fields = len(histories.columns)

    def answer(batches):
        import pyarrow.compute as pc

        def users(some):
            return {u for b in some for u in pc.unique(b.column(0)).to_pylist()}

        def feed():
            for batch in itertools.chain([first], batches):
                asked.update(users([batch]))
                yield from rec.text([batch], 1, fields)

        batches = (b for b in batches if b.num_rows)
        first = next(batches, None)
        if first is None:
            return
        asked, told = set(), {}
        out = rec.run_filter([*argv, "-j", rec.threads()], feed(), told)
        lists = list(rec.table(out, ["user", "item", "score"]))
        counts = len(asked), len(users(lists))
        if counts != (int(told["rows"]), int(told["rows.answered"])):
            raise rec.FilterFailed(f"{counts[0]} users were asked for and {counts[1]} came back; "
                                   f"the filter counts {told['rows']} and {told['rows.answered']}")
        yield from lists

    return rows.mapInArrow(answer, rec.LISTS)


def read(spark, path):
    """user and item of Parquet, or of TSV, with every byte as it stands."""
    if path.endswith(".parquet"):
        return spark.read.parquet(path).select("user", "item")
    words = F.split("value", "\t")
    return spark.read.text(path, lineSep="\n").select(
        words.getItem(0).alias("user"), words.getItem(1).alias("item"))


if __name__ == "__main__":
    source, model, target, *options = sys.argv[1:]
    spark = SparkSession.builder.appName("map_in_arrow").getOrCreate()
    lists(read(spark, source), model, options).write.parquet(target)
