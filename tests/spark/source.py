# SPDX-License-Identifier: MIT
"""source.py FOLDER: reads and writes recmat with Spark; source.bats compares.

What is refused leaves its message in refused/NAME.
"""
import os
import sys

from pyspark.sql import SparkSession, functions as F

from recmat_source import RecmatSource

os.chdir(sys.argv[1])
os.makedirs("refused")
spark = SparkSession.builder.getOrCreate()
spark.dataSource.register(RecmatSource)


def read(path, **options):
    return spark.read.format("recmat").options(**options).load(path)


def write(df, path, mode="overwrite", **options):
    df.write.format("recmat").mode(mode).options(**options).save(path)


def meta(path):
    rows = read(path, block="metadata").collect()
    return {"metadata." + r.key: r.value for r in rows}


def refused(name, action):
    try:
        action()
    except Exception as e:
        with open("refused/" + name, "w", encoding="utf-8") as f:
            f.write(str(e))
        return
    raise SystemExit("accepted: " + name)


def text(df, path):
    """As TSV, with digits that give the same bits when they are read."""
    with open(path, "w", encoding="utf-8") as f:
        for row in df.collect():
            words = [w for c in row if c is not None
                     for w in (c if isinstance(c, list) else [c])]
            f.write("\t".join("%.17g" % w if isinstance(w, float) else w
                              for w in words) + "\n")


# A model, in one and in two writes; pairs with times, lists, similarities.
model = read("model.rec", block="*")
assert model.columns == ["block", "id", "features"], model.columns
write(model.repartition(5), "model.got", **meta("model.rec"))
for block in "user", "item":
    factors = read("model.rec", block=block)
    assert factors.dtypes == [("id", "string"), ("features", "array<float>")]
    write(factors.repartition(3), block + ".got", block=block)
text(read("model.rec", block="item", rows_per_partition=7), "item.text")

pairs = read("pairs.rec")
assert pairs.dtypes == [("row", "string"), ("col", "string"),
                        ("value", "float"), ("time", "double")], pairs.dtypes
write(pairs.repartition(7), "pairs.got")
text(pairs, "pairs.text")
cut = read("pairs.rec", rows_per_partition=100)
with open("partitions", "w") as f:
    f.write("%d %d %d\n" % (pairs.rdd.getNumPartitions(), cut.rdd.getNumPartitions(),
                            read("events.rec", rows_per_partition=70000).rdd.getNumPartitions()))
text(cut, "cut.text")
write(pairs.select("row", "col").repartition(3), "ones.got")

write(read("lists.rec").repartition(4, "row"), "lists.got", order="ranked")
write(read("lists.rec").repartition(6), "scattered.got", order="ranked")
write(read("sim.rec", block="similarity").repartition(3), "sim.got",
      block="similarity", **meta("sim.rec"))
ease = read("ease.rec", block="similarity")
assert ease.columns == ["row", "col", "value"]
text(ease, "ease.long")
text(read("ease.rec", block="similarity", kind="dense"), "ease.wide")

events = read("events.rec")
write(events, "events.got", order="stream")
write(events.repartition(4), "shuffled.got", order="stream")
write(events.select("row", "col").coalesce(1), "bare.got", order="stream")
text(events, "events.text")

# Numbers for labels, doubles for values, part of the times, nothing at all.
write(spark.createDataFrame([(10, 7, 2.5, None), (9, 7, 1.0, 12.5)],
                            "user long, item int, rating double, at double"), "numbers.got")
write(spark.createDataFrame([], "row string, col string"), "empty.got")
write(spark.createDataFrame([("b", [1.0, 2.0]), ("a", [3.0, 4.0])],
                            "id string, features array<double>"), "double.got", block="user")

# What Spark has a part in; source.bats has the rest, without Spark.
one = spark.createDataFrame([("u", "i", 1.0)], "row string, col string, value float")
refused("choose", lambda: read("model.rec"))
refused("latin1", lambda: read("latin1.rec").count())
refused("append", lambda: write(one, "old.rec", "append"))
refused("default", lambda: write(one, "old.rec", "errorifexists"))
refused("partition", lambda: one.write.format("recmat").mode("overwrite")
        .partitionBy("row").save("old.rec"))
refused("twice", lambda: write(model.union(model.limit(1)), "old.rec"))
refused("task", lambda: write(one.union(one.select(
    F.concat("row", F.lit("v")), "col", F.raise_error(F.lit("the upstream failed")).cast("float"))),
    "old.rec"))

# A file that changes after planning: the plan of `late` holds what was there.
with open("late.rec", "wb") as f:
    f.write(open("pairs.rec", "rb").read())
late = read("late.rec", rows_per_partition=100)
assert late.count() == pairs.count()
with open("late.rec", "wb") as f:
    f.write(open("pairs.got", "rb").read()[:-200])
refused("cut", late.count)
print("done")
