# SPDX-License-Identifier: MIT
"""rec-topn as a function of SQL, for Spark 4.1 and later.

    from rec_sql import topn_function

    spark.udf.register("rec_topn", topn_function(spark, "likes.rec", ["-n", "20"]))
    spark.sql('''SELECT user, inline(rec_topn(user, collect_list(item)))
                 FROM likes GROUP BY user''')          # user, item, score

The function takes a user and the items of his history, and gives his list, best
first. One filter answers all users of a partition. Nothing is asked of Spark, so
the function works in a view of Declarative Pipelines too (ways/pipeline/), where
mapInArrow does not.
"""
from typing import Iterator, Tuple

from pyspark.sql import types as T

import rec_spark as rec

LIST = T.ArrayType(T.StructType().add("item", "string").add("score", "double"))


def topn_function(spark, model, options=()):
    """A function of (user, array of items). Each user comes once: GROUP BY user.

    model and options are those of rec_spark.topn.
    """
    import pyarrow as pa
    from pyspark.sql.functions import arrow_udf

    words = rec.topn_words(spark, model, options)

    @arrow_udf(LIST)
    def rec_topn(batches: Iterator[Tuple[pa.Array, pa.Array]]) -> Iterator[pa.Array]:
        users = []

        def feed():
            for user, items in batches:
                users.append(user)
                yield from rec.text([_lines(user, items)], 0, 2)

        said = rec.run_filter(words + ["-j", rec.threads()], feed())
        yield from _lists(users, list(rec.table(said, ["user", "item", "score"])))

    return rec_topn


def _lines(user, items):
    """A batch of lines: user TAB item."""
    import pyarrow as pa
    import pyarrow.compute as pc

    users = user.take(pc.list_parent_indices(items))
    lines = pc.binary_join_element_wise(users, pc.list_flatten(items), "\t")
    lines = pc.binary_join_element_wise(lines, "", "\n")
    return pa.RecordBatch.from_arrays([lines], names=["line"])


def _lists(users, batches):
    """For each array of users one of lists; who has no list has an empty one."""
    import pyarrow as pa

    names = ["user", "item", "score"]
    kinds = pa.schema(list(zip(names, (pa.string(), pa.string(), pa.float64()))))
    rows = pa.Table.from_batches(batches, kinds).combine_chunks()
    first, last = {}, {}
    for at, user in enumerate(rows["user"].to_pylist()):    # a list stands together
        first.setdefault(user, at)
        last[user] = at + 1
    pairs = rows.select(["item", "score"]).to_struct_array().combine_chunks()
    for batch in users:
        take, ends = [], [0]
        for user in batch.to_pylist():
            take.extend(range(first.get(user, 0), last.get(user, 0)))
            ends.append(len(take))
        lists = pairs.take(pa.array(take, pa.int64()))
        yield pa.ListArray.from_arrays(pa.array(ends, pa.int32()), lists)
