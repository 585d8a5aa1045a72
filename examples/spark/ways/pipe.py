#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Lists by rdd.pipe(): lines of text through a filter.

    spark-submit --files rec-topn,model.rec,carry.sh pipe.py histories.tsv lists \\
        ./rec-topn -q -j 1 -m model.rec -n 20

The first field of a line is the user; all lines of a user reach one process.
Where you have DataFrames, take map_in_arrow.py. What pipe() alone gets wrong:

- checkCode is False: a filter that fails half-way is taken for whole.
- What the filter says stays in the log of the executor; carry.sh -m brings it.
- A filter that never reads and exits with 0 passes; carry.sh compares bytes.
- An upstream that raises hangs the task for ever: pipe() then never closes the
  stdin of the filter. feed() keeps the error, whole() raises it.
- The environment of the filter is empty. env= is built here, on the driver:
  write down what holds on the executors. env=dict(os.environ) would send PATH
  and HOME of the driver's host. Without it the filters count the CPUs of the
  host: -j is spark.task.cpus, and so is OMP_NUM_THREADS, for rec-sim ease.
- Lines are UTF-8 here; other bytes arrive as U+FFFD, and are refused.
- A command is split into words and not run by a shell: for a|b write sh -c.
- Spark Connect has no RDD.
"""
import shlex
import sys

from pyspark import SparkFiles
from pyspark.sql import SparkSession, functions as F


class Guard:
    """Both ends of one pipe; in a task they are in the same Python process."""
    error = None
    done = False

    def feed(self, rows):
        try:
            for row in rows:
                line = str(row)
                if "\n" in line or "\ufffd" in line or not line.encode():
                    raise ValueError(f"not a line of UTF-8: {line[:80]!r}")
                yield line
            self.done = True
        except Exception as e:
            self.error = e

    def whole(self, lines):     # carry.sh writes its first line after feed() has ended
        for line in lines:
            if self.error or line.startswith("\0"):
                raise self.error or RuntimeError(line[1:])
            yield line
        if self.error or not self.done:
            raise self.error or RuntimeError("the filter ended before its input")


def pipe(lines, command, env):
    """An RDD of the lines that the command makes of each partition."""
    # With local[N] the shipped files lie where the driver says. Elsewhere there
    # is no such folder, and they lie in the working directory.
    run = 'cd "$FILES" 2>/dev/null; exec sh ./carry.sh -m "$@"'
    argv = ["sh", "-c", run, "sh", *command]
    env = {"FILES": SparkFiles.getRootDirectory(), **env}
    guard = Guard()
    return (lines.mapPartitions(guard.feed).pipe(shlex.join(argv), env, checkCode=True)
            .mapPartitions(guard.whole))


if __name__ == "__main__":
    histories, lists, *command = sys.argv[1:]
    spark = SparkSession.builder.appName("pipe").getOrCreate()
    cpus = spark.sparkContext.getConf().get("spark.task.cpus", "1")
    rows = spark.read.text(histories, lineSep="\n")     # else a CR in a label ends a line
    rows = rows.repartition(F.substring_index("value", "\t", 1)).rdd.map(lambda r: r.value)
    env = {"PATH": "/usr/local/bin:/usr/bin:/bin", "OMP_NUM_THREADS": cpus}
    pipe(rows, command, env).saveAsTextFile(lists)      # whole if lists/_SUCCESS is there
