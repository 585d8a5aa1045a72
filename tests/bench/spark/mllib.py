# SPDX-License-Identifier: MIT
"""mllib.py - what a user of Spark's MLlib would write, timed; for bench.sh.

    spark-submit mllib.py als      DATA MODEL   read, index, train, save the model
    spark-submit mllib.py topn     MODEL LISTS  20 items for each user, with their labels, as TSV
    spark-submit mllib.py sweep    DATA         seconds a sweep: two trainings in one session
    spark-submit mllib.py rank   MODEL          the same to nowhere, without labels, when it is warm
    spark-submit mllib.py export   MODEL DIR    factors as text: label, numbers (not timed)
    spark-submit mllib.py grid     DATA DIR ALPHA:REG...   the same of several trainings, in
                                                DIR/ALPHA:REG:SWEEPS
    spark-submit mllib.py sim      DATA         RowMatrix.columnSimilarities(), exact
    spark-submit mllib.py blas                  which BLAS the JVM has found

DATA is TSV: user, item, value. Prints `key<TAB>value`: seconds of the phases
and what it found. What stands between `user code` and `end` is what a user
writes; bench.sh counts its lines.

The blocks of ALS are as many as cores: its default of 10 x 10 is slower on
two. No checkpoints: runs are short. The master, memory and the like are
options of spark-submit.
"""
import argparse
import os
import time

# user code: als topn
from pyspark.ml.feature import IndexToString, StringIndexer, StringIndexerModel
from pyspark.ml.recommendation import ALS, ALSModel
from pyspark.sql import SparkSession
from pyspark.sql.functions import col, explode

# end

began = time.perf_counter()


def lap(name):
    """Print the seconds since the last lap."""
    global began
    now = time.perf_counter()
    print(f"seconds.{name}\t{now - began:.3f}", flush=True)
    began = now


def estimator(o, iterations, cores):
    # user code: als
    return ALS(
        userCol="u", itemCol="i", ratingCol="value", implicitPrefs=True,
        rank=o.rank, maxIter=iterations, alpha=o.alpha, regParam=o.reg,
        numUserBlocks=cores, numItemBlocks=cores, seed=1)
    # end


def read(spark, path):
    # user code: als
    return spark.read.csv(path, sep="\t", quote="", schema="user string, item string, value float")
    # end


def index(pairs):
    # user code: als
    indexer = StringIndexer(inputCols=["user", "item"], outputCols=["u", "i"]).fit(pairs)
    numbers = [col("u").cast("int"), col("i").cast("int"), "value"]
    return indexer, indexer.transform(pairs).select(numbers)
    # end


def als(spark, o):
    cores = spark.sparkContext.defaultParallelism
    # user code: als
    indexer, ratings = index(read(spark, o.input))
    # end
    lap("index")  # reads the file; the training reads it again
    # user code: als
    model = estimator(o, o.iterations[0], cores).fit(ratings)
    # end
    lap("train")
    # user code: als
    model.write().overwrite().save(o.output + "/als")
    indexer.write().overwrite().save(o.output + "/labels")
    # end
    lap("write")


def topn(spark, o):
    # user code: topn
    model = ALSModel.load(o.input + "/als")
    users, items = StringIndexerModel.load(o.input + "/labels").labelsArray
    # end
    lap("load")
    # user code: topn
    best = model.recommendForAllUsers(o.top)
    # end
    # user code: topn
    rows = best.select("u", explode("recommendations").alias("r")).select("u", "r.i", "r.rating")
    rows = IndexToString(inputCol="u", outputCol="user", labels=users).transform(rows)
    rows = IndexToString(inputCol="i", outputCol="item", labels=items).transform(rows)
    rows.select("user", "item", "rating").write.mode("overwrite").csv(o.output, sep="\t")
    # end
    lap("rank")


def rank(spark, o):
    model = ALSModel.load(o.input + "/als")
    for turn in range(o.repeats + 1):
        start = time.perf_counter()
        model.recommendForAllUsers(o.top).write.format("noop").mode("overwrite").save()
        if turn:    # the first one warms up
            print(f"seconds.rank\t{time.perf_counter() - start:.3f}", flush=True)


def sweep(spark, o):
    """Trainings of few and of many sweeps by turns, the first unmeasured: the
    JVM compiles what is hot."""
    cores = spark.sparkContext.defaultParallelism
    ratings = index(read(spark, o.input))[1].cache()
    print(f"pairs\t{ratings.count()}")
    lap("index")
    few, many = o.iterations
    estimator(o, 1, cores).fit(ratings)
    lap("warm")
    for _ in range(o.repeats):
        seconds = []
        for iterations in (few, many):
            start = time.perf_counter()
            model = estimator(o, iterations, cores).fit(ratings)
            seconds.append(time.perf_counter() - start)
            model.userFactors.unpersist()
            model.itemFactors.unpersist()
        print(f"seconds.sweep\t{(seconds[1] - seconds[0]) / (many - few):.3f}", flush=True)


def export(spark, o):
    model = ALSModel.load(o.input + "/als")
    users, items = StringIndexerModel.load(o.input + "/labels").labelsArray
    sides = ("user", model.userFactors, users), ("item", model.itemFactors, items)
    for side, factors, labels in sides:
        write_factors(f"{o.output}/{side}.tsv", factors, labels)


def write_factors(path, factors, labels):
    with open(path, "w", encoding="utf-8") as f:
        for row in factors.toLocalIterator():
            f.write("\t".join([labels[row.id]] + [f"{x:.9g}" for x in row.features]) + "\n")


def grid(spark, o):
    cores = spark.sparkContext.defaultParallelism
    indexer, ratings = index(read(spark, o.input))
    ratings.cache()
    for setting in o.settings:
        o.alpha, o.reg = map(float, setting.split(":"))
        for iterations in o.iterations:
            model = estimator(o, iterations, cores).fit(ratings)
            folder = f"{o.output}/{setting}:{iterations}"
            os.makedirs(folder)
            write_factors(folder + "/user.tsv", model.userFactors, indexer.labelsArray[0])
            write_factors(folder + "/item.tsv", model.itemFactors, indexer.labelsArray[1])
            model.userFactors.unpersist()
            model.itemFactors.unpersist()
            lap(setting)


def sim(spark, o):
    from pyspark.mllib.linalg import Vectors
    from pyspark.mllib.linalg.distributed import RowMatrix
    from pyspark.sql.functions import collect_set

    # user code: sim
    indexer, ratings = index(read(spark, o.input))
    n = len(indexer.labelsArray[1])
    held = ratings.groupBy("u").agg(collect_set("i").alias("items"))
    rows = held.rdd.map(lambda r: Vectors.sparse(n, sorted(r["items"]), [1.0] * len(r["items"])))
    # end
    rows.cache()
    print(f"rows\t{rows.count()}\nitems\t{n}")
    lap("index")
    # user code: sim
    similar = RowMatrix(rows, numCols=n).columnSimilarities().entries
    # end
    print(f"cells\t{similar.count()}")  # one half: i < j
    lap("sim")


def blas(spark, o):
    found = getattr(getattr(spark._jvm.org.apache.spark.ml.linalg, "BLAS$"), "MODULE$")
    for kind in ("nativeBLAS", "javaBLAS"):
        name = getattr(found, kind)().getClass().getName()
        print(f"blas.{kind}\t{name.rpartition('.')[2]}")


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1])
    parser.add_argument("job", choices=["als", "topn", "rank", "sweep", "export", "grid", "sim", "blas"])
    parser.add_argument("input", nargs="?")
    parser.add_argument("output", nargs="?")
    parser.add_argument("settings", nargs="*")
    parser.add_argument("--rank", type=int, default=64)
    parser.add_argument("--iterations", type=lambda s: [int(n) for n in s.split(",")], default=[10])
    parser.add_argument("--alpha", type=float, default=1)
    parser.add_argument("--reg", type=float, default=0.1)
    parser.add_argument("--top", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=1)
    o = parser.parse_args()
    # user code: als topn sim
    spark = SparkSession.builder.appName("mllib").getOrCreate()
    # end
    spark.sparkContext.setLogLevel("ERROR")
    lap("session")
    globals()[o.job](spark, o)
    spark.stop()
    lap("stop")


if __name__ == "__main__":
    main()
