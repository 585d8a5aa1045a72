#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""New interactions in, fresh lists out: recpipe on Structured Streaming.

(Not DStreams, which are deprecated since Spark 3.4.)

    spark-submit rec_stream.py publish WORK model.rec
    spark-submit rec_stream.py run WORK --source FOLDER -- -n 20
    spark-submit rec_stream.py latest WORK lists.tsv
    spark-submit rec_stream.py retrain WORK         # while the stream runs

`run` takes lines of user TAB item[ TAB value[ TAB time]] from any source of
Structured Streaming, and for each batch of them makes new lists, by fold-in, of
the users concerned. The newest model is taken at the head of a batch. All is in
one folder of any file system of Hadoop:

    WORK/checkpoint/        Spark's: which rows are those of batch n
    WORK/models/            000001-DIGEST.rec and so on; the last is the newest
    WORK/choices/7          the model of batch 7
    WORK/events/batch=7/    its rows: user, item, value, time, rejected
    WORK/lists/batch=7/     lists of its users: user, item, score, model; a row
                            without item says that the user has none any more
    WORK/batches/7.json     its figures
    WORK/*/upto=99/         batches 0 to 99 in one (--compact)
    WORK/compacted/99.json  says that they are whole

Exactly once: Spark writes down which rows batch n has before it runs, and gives
the same rows again after a crash. Everything that batch n writes is named by n.
The choice of its model is written before all else, its figures after all else,
both by rename. While there are no figures there is no batch 7 for any reader,
and a replay writes the same again over what is there; once there are, a replay
does nothing.

What a batch costs beside its own rows: it reads the histories of its users,
which are in all events. Compacted events are divided into files by the hash of
the user, about BUCKET rows each, and a batch opens those of its users alone;
the batches since then it reads whole. A batch with as many users as there are
files reads everything, once, two columns of Parquet.
"""
import argparse
import functools
import itertools
import json
import os
import re
import sys
import time

from pyspark.sql import DataFrame, Observation, SparkSession, functions as F

import rec_spark as rec
from rec_filter import PIECE, digest_of, fetch, hadoop

BUCKET = 1 << 18        # rows of a file of compacted events, about
EVENTS = "user string, item string, value string, time string, rejected string"
LISTS = "user string, item string, score double"
MODEL = re.compile(r"(\d{6,})-([0-9a-f]{24})\.rec")
NUMBER = "^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?$"
# How a record of a source is a line, if --line does not say it.
LINE = {"kafka": "CAST(value AS STRING)",
        "rate": "concat('u', value % 100, '\t', 'i', value * 7919 % 1000)"}


# ---- the folder of a stream ----

class Work:
    """The folder of a stream: records by name, and which batches are whole."""

    def __init__(self, spark, root):
        self.spark = spark
        self.fs, there = hadoop(spark, root)
        self.root = self.fs.makeQualified(there).toString()     # with its scheme
        _tell(spark)

    def path(self, name):
        return f"{self.root}/{name}"

    def _there(self, name):
        return self.spark._jvm.org.apache.hadoop.fs.Path(self.path(name))

    def exists(self, name):
        return self.fs.exists(self._there(name))

    def names(self, folder):
        if not self.exists(folder):
            return []
        names = (s.getPath().getName() for s in self.fs.listStatus(self._there(folder)))
        return sorted(n for n in names if n[0] not in "._")

    def numbers(self, folder, pattern):
        found = (re.fullmatch(pattern, n) for n in self.names(folder))
        return sorted(int(m.group(1)) for m in found if m)

    def read(self, name):
        """The text of a record, or None."""
        if not self.exists(name):
            return None
        stream = self.fs.open(self._there(name))
        try:
            return self.spark._jvm.org.apache.commons.io.IOUtils.toString(stream, "UTF-8")
        finally:
            stream.close()

    def write(self, name, text):
        """Write a record: it is there whole, or not at all."""
        folder, _, last = name.rpartition("/")
        part = f"{folder}/_{last}"      # readers skip what begins with _
        stream = self.fs.create(self._there(part), True)
        stream.write(bytearray(text.encode()))
        stream.close()
        self.fs.delete(self._there(name), False)
        if not self.fs.rename(self._there(part), self._there(name)):
            raise OSError(f"{self.path(name)}: cannot rename {part} to it")

    def save(self, df, name, *by):
        """Write a table, over what is there."""
        # zstd is smaller than snappy, Spark's own choice.
        to = df.write.mode("overwrite").partitionBy(*by).option("compression", "zstd")
        to.parquet(self.path(name))

    def remove(self, name):
        self.fs.delete(self._there(name), True)

    def whole(self):
        """(the last compacted batch or -1, its buckets, whole batches after it)."""
        # In this order: compaction writes its own record before it removes
        # those of the batches in it.
        after = self.numbers("batches", r"(\d+)\.json")
        last = max(self.numbers("compacted", r"(\d+)\.json"), default=-1)
        buckets = json.loads(self.read(f"compacted/{last}.json"))["buckets"] if last >= 0 else 1
        return last, buckets, [n for n in after if n > last]

    def folders(self, table, upto, after):
        """The folders of a table that hold these batches."""
        return ([self.path(f"{table}/upto={upto}")] if upto >= 0 else []) + \
            [self.path(f"{table}/batch={n}") for n in after]

    def newest_model(self):
        names = [n for n in self.names("models") if MODEL.fullmatch(n)]
        if not names:
            raise FileNotFoundError(f"{self.path('models')} holds no model: "
                                    f"rec_stream.py publish {self.root} model.rec")
        return max(names, key=lambda n: (int(n.split("-")[0]), n))


def _tell(spark):
    """Give this module to the tasks of a session; rec_spark does so for its own."""
    rec.tell(spark)
    if not vars(spark).get("_rec_stream_told"):
        spark.sparkContext.addPyFile(os.path.abspath(__file__))
        spark._rec_stream_told = True


def rows_of(work, upto, after, buckets=None):
    """A DataFrame of all rows of these batches; of the compacted, of buckets alone."""
    found = []
    if upto >= 0:
        old = work.spark.read.schema(EVENTS + ", bucket int")
        old = old.parquet(work.path(f"events/upto={upto}"))
        if buckets is not None:
            old = old.where(F.col("bucket").isin(buckets))
        found.append(old.drop("bucket"))
    if after:
        found.append(work.spark.read.schema(EVENTS).parquet(*work.folders("events", -1, after)))
    return functools.reduce(DataFrame.unionByName, found)


def events(work, upto, after, buckets=None):
    """The same without lines that were rejected."""
    rows = rows_of(work, upto, after, buckets).where("rejected IS NULL")
    return rows.select("user", "item", "value", "time")


def latest(spark, root):
    """The last lists of all users: a DataFrame of user, item, score, model, batch.

    Of batches that are whole; in the order of user, score from the best, item.
    """
    work = Work(spark, root)
    last, _, after = work.whole()
    lists = _latest(work, last, after).where("item IS NOT NULL")
    return lists.orderBy("user", F.desc("score"), "item")


def _latest(work, upto, after):
    schema = LISTS + ", model string, batch bigint"
    folders = work.folders("lists", upto, after)
    if not folders:
        raise FileNotFoundError(f"{work.root} has no whole batch yet")
    lists = work.spark.read.schema(schema).parquet(*folders)
    newest = lists.groupBy("user").agg(F.max("batch").alias("batch"))
    return lists.join(newest, ["user", "batch"]).select("user", "item", "score", "model", "batch")


def write_latest(spark, root, path):
    """One file of the last lists, as rec-topn writes them, in the order of users."""
    lists = rec.lines(latest(spark, root), "user", "item", "score")
    with rec.scratch_folder() as folder:
        rec.save(spark, gather(lists, os.path.join(folder, "lists"), ["rec-cat", "-q"]), path)


def gather(lines, path, through=None):
    """A file of the driver with the bytes of `line`, partition by partition, each
    through a filter that writes numbers as the filters do."""
    def pieces(batches):
        import pyarrow as pa

        feed = rec.text(batches)
        if through:
            first = next(feed, None)
            feed = [rec.run_filter(through, itertools.chain([first], feed))] if first else []
        for piece in feed:
            for at in range(0, len(piece), PIECE):
                data = pa.array([piece[at:at + PIECE]], pa.binary())
                yield pa.RecordBatch.from_arrays([data], names=["data"])

    with open(path, "wb") as f:
        for row in lines.mapInArrow(pieces, "data binary").toLocalIterator():
            f.write(row.data)
    return path


# ---- lines to events ----

def parsed(lines):
    """Rows of user, item, value, time; of lines that no filter takes, `rejected`.

    One bad line would end the stream for good: the same batch again and again.
    So it is kept apart, and counted.
    """
    fields = F.split("line", "\t", -1)
    words = ("user", "item", "value", "time")
    # A record of Kafka may hold several lines. split() mends what is not UTF-8,
    # so that is looked at before.
    each = F.explode(F.split("line", "\r?\n|\r$")).alias("line")
    rows = (lines.select(each, _utf8(F.col("line")).alias("utf8")).where("line != ''")
            .select("line", "utf8", F.size(fields).alias("n"),
                    *(F.get(fields, F.lit(i)).alias(name) for i, name in enumerate(words))))
    good = (F.expr("n BETWEEN 2 AND 4 AND user != '' AND item != '' AND utf8") &
            ~F.col("line").rlike("[\0\r]") & _number("value", 3.4e38) & _number("time", 1.7e308))
    return rows.select(*(F.when(good, F.col(name)).alias(name) for name in words),
                       F.when(~good, F.col("line")).alias("rejected"))


def _number(name, most):
    number = f"{name} RLIKE '{NUMBER}' AND abs(try_cast({name} AS DOUBLE)) <= {most}"
    return F.expr(f"{name} IS NULL OR {number}")


def _utf8(line):
    if hasattr(F, "is_valid_utf8"):     # Spark 4; there, decode fails
        return F.is_valid_utf8(line)
    return F.encode(F.decode(line.cast("binary"), "UTF-8"), "UTF-8") == line.cast("binary")


# ---- lists in a task ----

FIGURES = ("users", "lists", "cold", "empty", "pairs", "unknown")


def answered(words):
    """For mapInArrow over user, line: a row an entry, one without item for a user
    without list, and in the first row of a task its FIGURES."""
    def answer(batches):
        import pyarrow as pa
        import pyarrow.compute as pc

        asked, figures = [], {"pairs": 0}

        def feed():
            for batch in batches:
                asked.append(pc.unique(batch.column(0)).cast(pa.string()))
                figures["pairs"] += batch.num_rows
                yield from rec.text([batch], 1)

        with rec.scratch_folder() as folder:
            rows = os.path.join(folder, "rows")
            with open(rows, "wb") as f:
                f.writelines(feed())
            if not figures["pairs"]:
                return
            report = {}
            out = rec.run_filter(words + ["-j", rec.threads()], rows, report)
        users = pc.unique(pa.chunked_array(asked))
        kinds = [("user", pa.string()), ("item", pa.string()), ("score", pa.float64())]
        lists = pa.Table.from_batches(rec.table(out, ["user", "item", "score"]), pa.schema(kinds))
        silent = users.filter(pc.invert(pc.is_in(users, value_set=pc.unique(lists["user"]))))
        figures.update(users=len(users), lists=len(users) - len(silent),
                       cold=int(report["rows.cold"]), empty=int(report["rows.empty"]),
                       unknown=int(report["pairs.unknown"]))
        _check(figures, report, len(pc.unique(lists["user"])))
        if report["said"]:
            print(report["said"], file=sys.stderr)
        yield from _with_figures(pa.concat_tables([lists, _nothing(silent, lists.schema)]), figures)
    return answer


def _check(figures, report, seen):
    """Users out and users that the filter counts as cold or empty = users in."""
    users, lists = figures["users"], figures["lists"]
    said = int(report["rows"]), int(report["rows.answered"])
    none = figures["cold"] + figures["empty"]
    # By --cold popular a user is cold and has a list.
    if said != (users, lists) or seen != lists or users - lists > none:
        raise rec.FilterFailed(
            f"rec-topn was asked for {users} users and wrote {seen} lists, {lists} of them asked "
            f"for; it counts {said[0]} users, {said[1]} lists, {none} cold or with nothing left")


def _nothing(users, schema):
    import pyarrow as pa

    none = [pa.nulls(len(users), field.type) for field in list(schema)[1:]]
    return pa.Table.from_arrays([users, *none], schema=schema)


def _with_figures(table, figures):
    import pyarrow as pa

    for name in FIGURES:
        numbers = pa.array([figures[name]] + [0] * (table.num_rows - 1), pa.int64())
        table = table.append_column(name, numbers)
    yield from table.to_batches(max_chunksize=1 << 16)


# ---- the stream ----

class Stream:
    """What happens to a batch."""

    def __init__(self, spark, root, options=(), compact=0, refresh=False, parts=None):
        self.spark, self.work = spark, Work(spark, root)
        self.options = rec.Options("rec-topn", options).list(spark=spark)
        self.compact_every, self.refresh = compact, refresh
        self.parts = parts or spark.sparkContext.defaultParallelism
        self.model = self.shipped = None
        last, _, after = self.work.whole()
        if (last >= 0 or after) and not self.work.exists("checkpoint/metadata"):
            raise FileNotFoundError(f"{root} has batches but no checkpoint, without which a stream "
                                    f"cannot go on: begin in a new folder")

    def batch(self, df, n):
        """For foreachBatch."""
        began = time.monotonic()
        last, buckets, after = self.work.whole()
        if n in after:
            return say(f"batch {n} is whole already")
        if n <= max([last, *after]):
            raise ValueError(f"{self.work.root}: batch {n} comes after {max([last, *after])}; "
                             f"is the checkpoint that of these lists?")
        if self.compact_every and len(after) >= self.compact_every:
            last, buckets, after = compact(self.work)
        self.choose(n)
        try:
            figures = self.answer(df, n, last, buckets, after)
        except Exception:
            say(f"batch {n} failed with model {self.model}, and has it when it is tried again; for "
                f"the newest instead remove {self.work.path(f'choices/{n}')}")
            raise
        figures = {"batch": n, **figures, "model": self.model,
                   "seconds": round(time.monotonic() - began, 3)}
        self.work.write(f"batches/{n}.json", json.dumps(figures) + "\n")
        say("batch {batch}: {events} events, {rejected} rejected, of {users} users; {lists} lists, "
            "{cold} cold, {empty} with nothing left; {unknown} of {pairs} pairs of their histories "
            "name items that {model} does not hold; {seconds} s".format(**figures))

    def choose(self, n):
        """The model of batch n: that of its record, else the newest."""
        record = self.work.read(f"choices/{n}")
        name = record.strip() if record else self.work.newest_model()
        if name != self.model:
            shipped = rec.ship(self.spark, self.work.path(f"models/{name}"))
            if shipped.name.split("-")[0] != MODEL.fullmatch(name).group(2):
                raise ValueError(f"{self.work.path(f'models/{name}')} has changed under its name; "
                                 f"rec_stream.py publish gives a new model a new one")
            if self.shipped:
                self.shipped.unship()
            self.model, self.shipped = name, shipped
        if not record:
            self.work.write(f"choices/{n}", name + "\n")

    def answer(self, df, n, last, buckets, after):
        """Events and lists of batch n; figures."""
        self.work.save(parsed(df), f"events/batch={n}")
        fresh = self.spark.read.schema(EVENTS).parquet(self.work.path(f"events/batch={n}"))
        counts = fresh.agg(F.count("*").alias("events"), F.count("rejected").alias("rejected"),
                           F.count_distinct("user").alias("wanted")).first().asDict()
        wanted = counts.pop("wanted")
        users = fresh.where("user IS NOT NULL").select("user").distinct()
        mine = None
        if self.refresh and self.new_model(n):
            users = events(self.work, last, [*after, n]).select("user").distinct()
            wanted = users.count()
        elif buckets > 1:
            mine = [r[0] for r in users.select(_bucket(buckets)).distinct().collect()]
        history = events(self.work, last, [*after, n], mine)
        line = F.concat(F.concat_ws("\t", "user", "item", "value", "time"), F.lit("\n"))
        words = ["rec-topn", "-m", self.shipped, "--fold-in", "--part", "1/1", *self.options]
        seen = Observation()
        lists = (history.join(users, "user", "left_semi").select("user", line.alias("line"))
                 .repartition(self.parts, "user")
                 .mapInArrow(answered(words), LISTS + "".join(f", {f} bigint" for f in FIGURES))
                 .observe(seen, *(F.coalesce(F.sum(f), F.lit(0)).alias(f) for f in FIGURES))
                 .select("user", "item", "score",
                         F.lit(MODEL.fullmatch(self.model).group(2)).alias("model"),
                         F.lit(n).cast("bigint").alias("batch")))
        self.work.save(lists, f"lists/batch={n}")
        figures = {**counts, **seen.get}
        if figures["users"] != wanted:
            raise rec.FilterFailed(f"batch {n} has {wanted} users, tasks saw {figures['users']}")
        return figures

    def new_model(self, n):
        before = self.work.read(f"choices/{n - 1}")
        return before is not None and before.strip() != self.model


def say(text):
    print(f"rec_stream.py: {text}", file=sys.stderr, flush=True)


# ---- compaction ----

def _bucket(count):
    return F.pmod(F.hash("user"), F.lit(count)).alias("bucket")


def compact(work):
    """Put all whole batches into one; what whole() says then.

    For the stream alone, between batches. What was compacted before is removed,
    not what is compacted now: who reads it has until the next time.
    """
    last, _, after = work.whole()
    upto = after[-1]
    rows = rows_of(work, last, after)
    buckets = max(1, rows.count() // BUCKET)
    work.save(rows.withColumn("bucket", _bucket(buckets)).repartition(buckets, "bucket")
              .sortWithinPartitions("bucket", "user"), f"events/upto={upto}", "bucket")
    work.save(_latest(work, last, after).repartition("user")
              .sortWithinPartitions("user", F.desc("score"), "item"), f"lists/upto={upto}")
    work.write(f"compacted/{upto}.json", json.dumps({"upto": upto, "buckets": buckets}) + "\n")
    _sweep(work, last, upto)
    return upto, buckets, []


def _sweep(work, last, upto):
    """Remove what an earlier compaction replaced, and records of single batches."""
    lines = {}
    for name in work.names("batches"):
        for line in work.read(f"batches/{name}").splitlines():
            lines[json.loads(line)["batch"]] = line
    work.write(f"batches/upto-{upto}.json", "".join(f"{lines[n]}\n" for n in sorted(lines)))
    for name in work.names("batches"):
        if name != f"upto-{upto}.json":
            work.remove(f"batches/{name}")
    for n in work.numbers("choices", r"(\d+)"):
        if n < upto:
            work.remove(f"choices/{n}")
    for table in ("events", "lists"):
        for n in work.numbers(table, r"batch=(\d+)"):
            if n <= last:
                work.remove(f"{table}/batch={n}")
        for n in work.numbers(table, r"upto=(\d+)"):
            if n < last:
                work.remove(f"{table}/upto={n}")
    for n in work.numbers("compacted", r"(\d+)\.json"):
        if n < last:
            work.remove(f"compacted/{n}.json")


# ---- models ----

def publish(spark, root, path):
    """Make a model the newest of a stream: it gets a name that was never used."""
    work = Work(spark, root)
    with rec.scratch_folder() as folder:
        local = fetch(spark, path, folder)
        rec.run_filter(["rec-topn", "-q", "-n", "1", "-m", local], [])      # it is whole
        numbers = work.numbers("models", r"(\d{6,})-.*\.rec")
        name = f"{max(numbers, default=0) + 1:06d}-{digest_of(local)}.rec"
        work.fs.mkdirs(work._there("models"))
        rec.save(spark, local, work.path(f"models/{name}"))
    say(f"{path} is models/{name}")
    return name


def settings(model):
    """The options of rec-als that a model was made with, by its metadata."""
    told = rec.figures_of(bytes(rec.run_filter(["rec-cat", "--info"], model)).decode())
    meta = {key[5:]: value for key, value in told.items() if key.startswith("meta.")}
    if meta.get("algorithm") != "als":
        raise ValueError(f"{model} was not made by rec-als: there is nothing to start from")
    names = ("factors", "reg", "reg-power", "reg-pairs", "unobserved", "weights", "alpha",
             "epsilon", "target", "bias-reg", "solver", "cg-steps", "init-sd", "seed", "duplicates")
    words = [word for name in names if name in meta for word in (f"--{name}", meta[name])]
    words += ["--explicit"] * (meta["loss"] == "explicit")
    return words + ["--no-bias"] * (meta.get("bias") == "0")


def retrain(spark, root, options=(), parts=None):
    """Train from the newest model on all events of whole batches, and publish.

    Settings are those of that model if options do not say otherwise, and four
    sweeps. With parts, each half-step is a job of so many tasks; without, one
    process on the driver does it all, which is faster while one host is enough.
    """
    work = Work(spark, root)
    last, _, after = work.whole()
    if last < 0 and not after:
        raise FileNotFoundError(f"{root} has no whole batch yet")
    rows = events(work, last, after)
    lines = rows.select(F.concat_ws("\t", "user", "item", "value", "time").alias("value"))
    with rec.scratch_folder() as folder:
        old = work.newest_model()
        local = fetch(spark, work.path(f"models/{old}"), folder)
        words = [*settings(local), "-i", "4", *options, "--init-from", local]
        say(f"rec-als {' '.join(words[:-1])} models/{old}")
        if parts:
            model = rec.als(lines, words, parts)
            return publish(spark, root, model.path)
        new = os.path.join(folder, "new.rec")
        feed = gather(rec.lines(lines), os.path.join(folder, "events"))
        with open(new, "wb") as f:
            f.write(rec.run_filter(["rec-als", *words], feed))
        return publish(spark, root, new)


# ---- the command ----

def _parser():
    p = argparse.ArgumentParser(
        prog="rec_stream.py", description="Lists that follow new interactions.",
        epilog="Options of rec-topn (run) and rec-als (retrain) come after --.")
    verbs = p.add_subparsers(dest="verb", required=True, metavar="publish|run|latest|retrain")
    publish_ = verbs.add_parser("publish", help="make a model the newest")
    run_ = verbs.add_parser("run", help="answer new interactions, batch by batch")
    latest_ = verbs.add_parser("latest", help="the last list of each user, as text")
    retrain_ = verbs.add_parser("retrain", help="train from the newest model on all events")
    for v in (publish_, run_, latest_, retrain_):
        v.add_argument("work", metavar="WORK", help="folder of the stream, on any file system")
    publish_.add_argument("model", metavar="MODEL")
    latest_.add_argument("output", metavar="FILE", help="lines of user TAB item TAB score")
    retrain_.add_argument("--parts", type=int, metavar="N",
                          help="train in N tasks [in one process, on the driver]")
    run_.add_argument("--format", default="text",
                      help="a source of Structured Streaming: text, kafka, rate ... [text]")
    run_.add_argument("--source", metavar="PATH", help="the folder where files arrive, by rename")
    run_.add_argument("--option", action="append", default=[], metavar="KEY=VALUE",
                      help="of the source: maxFilesPerTrigger=1, kafka.bootstrap.servers=...")
    run_.add_argument("--schema", help="for sources that need one, such as parquet")
    run_.add_argument("--line", metavar="SQL",
                      help="what of a record is the line of user TAB item [TAB value [TAB time]]")
    run_.add_argument("--every", default="10 seconds", metavar="TIME",
                      help="begin a batch each TIME [10 seconds]")
    run_.add_argument("--once", action="store_true", help="take what is there, and end")
    run_.add_argument("--refresh", action="store_true",
                      help="the first batch with a new model answers all users")
    run_.add_argument("--compact", type=int, default=0, metavar="N",
                      help="put each N batches into one [0: never]")
    run_.add_argument("--parts", type=int, metavar="N",
                      help="tasks that rank [the cores that Spark has]")
    return p


def run(spark, args, options):
    """Start the stream; a StreamingQuery."""
    stream = Stream(spark, args.work, options, args.compact, args.refresh, args.parts)
    reader = spark.readStream.format(args.format)
    reader = reader.options(**dict(o.split("=", 1) for o in args.option))
    if args.schema:
        reader = reader.schema(args.schema)
    rows = reader.load(args.source) if args.source else reader.load()
    lines = rows.select(F.expr(args.line or LINE.get(args.format, "value")).alias("line"))
    when = {"availableNow": True} if args.once else {"processingTime": args.every}
    return (lines.writeStream.queryName("rec-stream").foreachBatch(stream.batch).trigger(**when)
            .option("checkpointLocation", stream.work.path("checkpoint")).start())


def main(argv):
    """The command: exit status 0, 1 when it failed, 2 for wrong usage."""
    at = argv.index("--") if "--" in argv else len(argv)
    args, options = _parser().parse_args(argv[:at]), argv[at + 1:]
    spark = SparkSession.builder.appName(f"rec-stream {args.verb}").getOrCreate()
    try:
        if args.verb == "publish":
            publish(spark, args.work, args.model)
        elif args.verb == "retrain":
            retrain(spark, args.work, options, args.parts)
        elif args.verb == "latest":
            write_latest(spark, args.work, args.output)
        else:
            run(spark, args, options).awaitTermination()
    except (ValueError, OSError, rec.FilterFailed) as e:
        say(e)
        return 1
    finally:
        spark.stop()
    return 0


if __name__ == "__main__":
    import rec_stream   # by its name, which tasks know
    sys.exit(rec_stream.main(sys.argv[1:]))
