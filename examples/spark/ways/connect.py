#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Lists for every user under Spark Connect: the client has no JVM.

    python3 connect.py sc://HOST:15002 histories.tsv model.rec lists.parquet -n 20
    python3 connect.py 'local[2]' ...       # a server of its own, to try it

There is no SparkContext and no RDD, so that rdd.pipe(), broadcasts, addFile and
--archives are not to be had; mapInArrow is, and files travel as artifacts of
the session: addArtifacts(path, file=True) here, SparkFiles.get(name) in a task.

- rec_spark.ship() is that, under a name that has the digest of the file: an
  artifact cannot be replaced by another of its name.
- The filter travels the same way. It has to run on the hosts of the server: take
  a static one (`make static`) of their architecture, or leave `filter` as
  "rec-topn" where the filters are installed.
- Artifacts count as downloaded files, with no path to be trusted: only their
  name. SparkFiles.get() is for tasks; on the client it means nothing.
- The paths of tables are those of the server, the model's is the client's.
- An artifact is not removed before the session ends.
"""
import shutil
import sys

from pyspark.sql import SparkSession

import rec_spark as rec
from map_in_arrow import read


def lists(histories, model, filter, options=(), parts=None):
    spark = histories.sparkSession
    filter, words = rec.ship(spark, filter), ["-m", rec.ship(spark, model), "--part", "1/1"]

    def answer(batches):
        text = rec.text(batches, 0, 2)
        first = next(text, None)
        if first is None:
            return
        argv = [filter.path(), *words, *options, "-j", rec.threads()]
        yield from rec.table(rec.run_filter(argv, [first, *text]), ["user", "item", "score"])

    by_user = histories.repartition(*([parts] if parts else []), "user")
    return rec.lines(by_user).mapInArrow(answer, rec.LISTS)


if __name__ == "__main__":
    remote, source, model, target, *options = sys.argv[1:]
    spark = SparkSession.builder.remote(remote).getOrCreate()
    found = lists(read(spark, source), model, shutil.which("rec-topn"), options)
    found.write.parquet(target)
