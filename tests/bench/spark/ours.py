# SPDX-License-Identifier: MIT
"""ours.py - seconds a sweep of rec_spark.als, or of lists, for bench.sh.

    spark-submit ours.py DATA --rank K --iterations FEW,MANY [--repeats N] [OPTION OF REC-ALS...]
    spark-submit ours.py DATA --lists MODEL [--repeats N] [OPTION OF REC-TOPN...]

As `mllib.py sweep`: after one that warms up, trainings of few and of many
sweeps by turns in one session. Prints `key<TAB>value`: seconds.sweep of each
turn, and beside it what each phase took of it (seconds.sweep.solve and the
like: seconds of the driver; filters: of the slowest filter of each half-step).
As `mllib.py rank`: lists of all users, from their text, to nowhere.
"""
import argparse
import os
import sys
import time

from pyspark.sql import SparkSession

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "..", "examples", "spark"))
import rec_spark as rec  # noqa: E402


def train(pairs, words, iterations):
    figures = {}
    start = time.perf_counter()
    rec.als(pairs, [*words, "-i", str(iterations)], figures=figures).close()
    figures["seconds"] = time.perf_counter() - start
    figures["seconds.filters"] = figures["filters.seconds.total"]
    return {k: v for k, v in figures.items() if k.startswith("seconds")}


def lists(pairs, model, words, repeats):
    for turn in range(repeats + 1):
        start = time.perf_counter()
        rec.topn(pairs, model, words).write.format("noop").mode("overwrite").save()
        if turn:
            print(f"seconds.rank\t{time.perf_counter() - start:.3f}", flush=True)


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1])
    parser.add_argument("input")
    parser.add_argument("--rank", type=int, default=64)
    parser.add_argument("--iterations", type=lambda s: [int(n) for n in s.split(",")])
    parser.add_argument("--lists")
    parser.add_argument("--repeats", type=int, default=1)
    o, words = parser.parse_known_args()
    spark = SparkSession.builder.appName("ours").getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    pairs = spark.read.text(o.input)
    if o.lists:
        lists(pairs, o.lists, words, o.repeats)
        return
    words += ["-k", str(o.rank), "-q"]
    few, many = o.iterations
    train(pairs, words, 1)
    for _ in range(o.repeats):
        a, b = train(pairs, words, few), train(pairs, words, many)
        for key in sorted(b):
            seconds = (b[key] - a.get(key, 0)) / (many - few)
            print(f"seconds.sweep{key[7:]}\t{seconds:.4f}", flush=True)
    spark.stop()


if __name__ == "__main__":
    main()
