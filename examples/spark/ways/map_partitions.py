#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Bytes by mapPartitions(): a shard of the users in, recmat out, untouched.

    spark-submit --py-files ../rec_filter.py --archives recpipe-cluster.tar.gz#rec \\
        map_partitions.py histories.tsv model.rec cosine -n 50

Text cannot hold recmat, so neither pipe() nor TRANSFORM can carry it. Here each
task hands its rows to `rec-sim --partial` and gives one value: the sums of its
shard, as bytes. Joined in any order, they make the model of the whole, with the
same bytes (rec-shards(7)). The pattern fits every filter that takes a shard:

- run_filter() uses files for stdin, stdout and stderr. Writing all to a pipe and
  then reading hangs once both are full.
- It raises for a status other than 0, a signal, and input that was not read;
  the driver's exception holds what the filter said.
- A value in Spark is at most 2 GB and in memory whole. Use more partitions, or
  let tasks write files and return their names.
- An empty partition is called too: start no filter there.
- mapPartitions has no RDD in Spark Connect; mapInArrow with a column `binary`
  does the same.
"""
import sys

from pyspark.sql import SparkSession, functions as F

import rec_filter as rec


def each(rows, argv):
    """An RDD with the output of the filter for each partition that has rows."""
    def run(part):
        first = next(part, None)
        if first is None:
            return
        feed = (f"{line}\n".encode() for line in [first, *part])
        yield bytes(rec.run_filter(argv, feed))
    return rows.mapPartitions(run)


if __name__ == "__main__":
    histories, model, *options = sys.argv[1:]
    sim = ["rec-sim", *options, "-q", "-j", rec.threads(), "-b"]
    spark = SparkSession.builder.appName("map_partitions").getOrCreate()
    rows = spark.read.text(histories, lineSep="\n")
    rows = rows.repartition(F.substring_index("value", "\t", 1)).rdd.map(lambda r: r.value)
    shards = each(rows, sim + ["--partial"]).collect()     # small beside the interactions
    with open(model, "xb") as f:
        f.write(rec.run_filter(sim + ["--merge"], shards))
