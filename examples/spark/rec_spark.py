#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The filters of recpipe on Apache Spark: als, sim, topn, score, eval.

As a command (`spark-submit rec_spark.py --help`) and as a module:

    import rec_spark as rec

    model = rec.als(likes, ["-k", "64"])          # a DataFrame of user, item
    lists = rec.topn(likes, model, ["-n", "20"])  # user, item, score
    model.userFactors.show()                      # id, features
    model.save("hdfs:///models/likes.rec")

Spark schedules, stores, ships and retries; the filters compute. What comes out
has the bytes that one process of the filter writes. Options are those of the
filter, as on its command line. rec-spark(7) is the page.

Two files: this one and rec_filter.py; executors get both by themselves. Spark
3.5 and 4, Python 3.9 and later, pyarrow; nothing else. The filters are looked
for in REC_BIN, in an archive that was shipped as `rec`
(--archives recpipe-cluster.tar.gz#rec), and in PATH.
"""
import argparse
import contextlib
import json
import os
import shutil
import struct
import sys
import tempfile
import time
import uuid

from pyspark.sql import SparkSession, functions as F

from rec_filter import *        # noqa: F403  run_filter, ship, lines ... are part of this module
from rec_filter import PIECE, _fetch, _hadoop

BATCH = 4096            # rows of factors in a record batch

# Of recmat(5): kind, order, value type, rows, columns, cells, size and number
# of sections of a block; an entry of its section table.
HEAD, SECTION, DENSE = struct.Struct("<12xIIIQQQQI"), struct.Struct("<IIQQQ"), 2


# ---- interactions to shards ----

def shards(df, count, sides=("user",)):
    """{side: RDD whose partition i holds the pieces of recmat of shard i of side}.

    Rows leave the JVM once, as text in buffers of Arrow; rec-split divides them
    by the hash of their label, and a shuffle moves blocks of recmat, not rows.
    Shards of items hold item and user, as `rec-als --transposed` wants it.
    """
    tell(df.sparkSession)
    fields = len(df.columns) if len(df.columns) > 1 else None
    cut = lines(df).mapInArrow(_cutter(count, sides, fields),
                               "side string, shard int, task int, data binary").rdd
    cut.persist(_storage())
    return cut, {side: cut.filter(lambda r, side=side: r.side == side)
                 .map(lambda r: (r.shard, (r.task, bytes(r.data))))
                 .partitionBy(count, int)
                 .mapPartitions(_joiner(side)).persist(_storage()) for side in sides}


def _storage():
    from pyspark import StorageLevel
    return StorageLevel.MEMORY_AND_DISK


def _cutter(count, sides, fields):
    def cut(batches):
        import pyarrow as pa
        from pyspark import TaskContext

        with scratch_folder() as folder:
            rows = os.path.join(folder, "rows")
            with open(rows, "wb") as f:
                f.writelines(text(batches, 0, fields))
                if f.tell() == 0:
                    return
            for side in sides:
                run_filter(["rec-split", "-q", "--no-sync", "--shards", str(count), "--by", side,
                            "-b", "--to", os.path.join(folder, side + ".%d")], rows)
                for i in range(count):
                    with open(os.path.join(folder, f"{side}.{i}"), "rb") as f:
                        data = f.read()
                    yield pa.RecordBatch.from_pydict({
                        "side": pa.array([side]), "shard": pa.array([i], pa.int32()),
                        "task": pa.array([TaskContext.get().partitionId()], pa.int32()),
                        "data": pa.array([data], pa.binary())})
    return cut


def _joiner(side):
    def join(pairs):
        pieces = [piece for _, piece in sorted((value for _, value in pairs), key=lambda v: v[0])]
        with scratch_folder() as folder:
            turned = ["--transpose"] if side == "item" else []
            run_filter(["rec-split", "-q", "--no-sync", "--parts", "1", "--by", side, *turned, "-b",
                        "--to", os.path.join(folder, "%d")], pieces)
            yield from pieces_of(os.path.join(folder, "0"))
    return join


# ---- models ----

class Model:
    """A model in a file of the driver. It is there until close(), or with the driver."""

    def __init__(self, spark, path, folder=None):
        self.spark, self.path, self._folder = spark, path, folder
        self._shipped = None

    @property
    def userFactors(self):
        """DataFrame of id and features, as ALSModel has it; ids are strings."""
        return self.factors("user")

    @property
    def itemFactors(self):
        return self.factors("item")

    def factors(self, side):
        """The vectors of a side, `user` or `item`: id string, features array<float>."""
        sc = self.spark.sparkContext
        parts = max(1, min(sc.defaultParallelism, os.path.getsize(self.path) >> 20))
        shipped = self.shipped()
        numbers = self.spark.range(0, parts, 1, parts)
        return numbers.mapInArrow(_vectors(shipped, side, parts),
                                  "id string, features array<float>")

    def shipped(self):
        if self._shipped is None:
            self._shipped = ship(self.spark, self.path)
        return self._shipped

    def save(self, path):
        """Write the model to a path of any file system."""
        save(self.spark, self.path, path)

    def close(self):
        if self._shipped is not None:
            self._shipped.unship()
        if self._folder is not None:
            self._folder.cleanup()


def _vectors(shipped, side, parts):
    def read(batches):
        for batch in batches:
            for part in batch.column(0).to_pylist():
                block = run_filter(["rec-cat", "--block", side, "-b"], shipped.path())
                yield from _dense(block, part, parts)
    return read


def _dense(data, part, parts):
    """Batches of id and features: a part of the rows of the dense block in data.

    data is what rec-cat wrote and checked, laid out as recmat(5) says. The
    numbers are not copied.
    """
    import pyarrow as pa

    at = 0
    while True:
        kind, _, _, rows, width, _, size, sections = HEAD.unpack_from(data, at)
        if kind == DENSE:
            break
        at += size
    start = {kind: at + begin for kind, _, begin, _, _ in
             SECTION.iter_unpack(data[at + 128:at + 128 + SECTION.size * sections])}
    whole = pa.py_buffer(data)
    for first in range(rows * part // parts, rows * (part + 1) // parts, BATCH):
        n = min(BATCH, rows * (part + 1) // parts - first)
        ends = struct.unpack_from(f"<{n + 1}Q", data, start[1] + 8 * first)
        near = pa.array([e - ends[0] for e in ends], pa.int32())
        labels = whole.slice(start[2] + ends[0], ends[n] - ends[0])
        ids = pa.StringArray.from_buffers(n, near.buffers()[1], labels)
        ids.validate(full=True)     # UTF-8
        numbers = whole.slice(start[8] + 4 * width * first, 4 * width * n)
        floats = pa.Array.from_buffers(pa.float32(), width * n, [None, numbers])
        ends = pa.array(range(0, width * n + 1, width), pa.int32())
        yield pa.RecordBatch.from_arrays([ids, pa.ListArray.from_arrays(ends, floats)],
                                         names=["id", "features"])


# ---- als ----

def als(interactions, options=(), parts=None, checkpoint=None, every=1, resume=False, figures=None):
    """Train by rec-als: Model with the bytes of `rec-als options < interactions`.

    interactions  a DataFrame of user, item[, value[, time]], in this order, or
                  of one column that holds such lines
    options       of rec-als: ["-k", "64", "--reg", "0.02"]
    parts         shards of each side [the cores that Spark has]
    checkpoint    a folder on any file system: the model after each `every`
                  sweeps; with resume, the last of them is gone on from
    figures       a dict: gets seconds by phase

    One task reads all pairs once, for the start values and what depends on the
    whole (its memory: `--mem` bounds it). Then each half-step is one job: task i
    solves shard i of a side from the shipped vectors of the other side.
    """
    return _Als(interactions, options, parts, checkpoint, every, resume, figures).train()


MERGE = ["rec-cat", "-q", "--merge", "-b"]
JOIN = 64 << 20         # bytes of a table from which on one block is made of its
                        # parts: tasks of a host then share it, mapped


class _Als:
    """A run of als(); its files are in a folder of the driver."""

    def __init__(self, df, options, parts, checkpoint, every, resume, figures):
        self.spark = df.sparkSession
        if is_connect(self.spark):
            raise ValueError("als needs RDDs, which Spark Connect lacks; use a classic session")
        self.df, self.options = df, Options("rec-als", options)
        self.parts = parts or max(1, self.spark.sparkContext.defaultParallelism)
        self.checkpoint, self.every, self.resume = checkpoint, every, resume
        self.figures = {} if figures is None else figures
        self.sweeps = int(self.options.get("iterations", 16))
        self.warm = self.options.get("solver") == "cg"
        self.run = uuid.uuid4().hex[:12]        # no name is used twice
        self.folder = tempfile.TemporaryDirectory(prefix="rec-als-")
        self.into = self.folder.name if one_host(self.spark) else None
        self.step = 0
        self.shipped = None

    def file(self, name):
        return os.path.join(self.folder.name, name)

    @contextlib.contextmanager
    def phase(self, name):
        began = time.monotonic()
        yield
        self.add(f"seconds.{name}", time.monotonic() - began)

    def add(self, name, figure):
        self.figures[name] = self.figures.get(name, 0) + figure

    def train(self):
        cut, sides = shards(self.df, self.parts, ("user", "item"))
        try:
            with self.phase("shards"):
                self.figures["shards"] = sides["user"].count() and sides["item"].count()
            cut.unpersist()
            first = self.start(sides["user"])
            for sweep in range(first + 1, self.sweeps + 1):
                for side in ("item", "user"):
                    self.half(side, sides[side])
                self.keep(sweep)
            self.finish()
        finally:
            for rdd in (cut, *sides.values()):
                rdd.unpersist()
            if self.shipped:
                self.shipped.unship()
        return Model(self.spark, self.file("model"), self.folder)

    def start(self, users):
        """The start values, or what a checkpoint holds; how many sweeps that is."""
        words = ["rec-als", *self.options.list(spark=self.spark), "-i", "0", "-j", threads()]
        with self.phase("start"):
            told = self.collect(users.coalesce(1).mapPartitions(_task(words, self.into)), "start")
        if told:
            print(told, file=sys.stderr)
        done = self.last() if self.resume else 0
        if done and _settings(self.file("start")) != _settings(self.file("kept")):
            difference = _difference(self.file("start"), self.file("kept"))
            raise ValueError(f"{self.checkpoint} holds another job: {difference}")
        # The first half-step, of items, takes both sides as they are.
        self.table = {"user": self.file("kept" if done else "start"), "item": None}
        return done

    def written(self, name, argv, feed):
        with open(self.file(name + ".part"), "wb") as f:
            f.write(run_filter(argv, feed))
        os.replace(self.file(name + ".part"), self.file(name))
        return self.file(name)

    def collect(self, rdd, name):
        """Pieces of an RDD into a file, in order; what the tasks said."""
        told = []
        with open(self.file(name), "wb") as f:
            for piece in rdd.collect():
                if isinstance(piece, dict):
                    told.append(piece)
                elif isinstance(piece, str):
                    f.writelines(pieces_of(piece))
                    os.unlink(piece)
                else:
                    f.write(piece)
        for key in ("seconds.total", "memory.peak"):
            longest = max((float(t[key]) for t in told if key in t), default=0)
            self.figures[f"filters.{name}.{key}"] = longest
            self.add(f"filters.{key}", longest)
        return "\n".join(t["said"] for t in told if t.get("said"))

    def half(self, side, rdd):
        """Solve a side from the other one."""
        other = "user" if side == "item" else "item"
        self.step += 1
        with self.phase("ship"):
            table_ = self.table[other]
            if self.warm and self.table[side]:  # cg starts from the last vectors of the side
                table_ = self.joined(f"both.{self.step}", table_, self.table[side])
            old, self.shipped = self.shipped, Shipped(
                self.spark, table_, f"{self.run}.{self.step}.{other}", self.run, self.step)
        words = ["rec-als", "-q", "--half", side, *(["--transposed"] if side == "item" else []),
                 "-m", self.shipped, "-j", threads(),
                 *self.options.list(only=("mem", "duplicates", "trust"))]
        with self.phase("solve"):
            self.collect(rdd.mapPartitions(_task(words, self.into)), "solved")
        with self.phase("join"):
            self.table[side] = self.file(f"{side}.{self.step}")
            os.rename(self.file("solved"), self.table[side])
            if os.path.getsize(self.table[side]) > JOIN:
                self.written(f"{side}.{self.step}", MERGE, self.table[side])
            if self.warm and self.step == 1:
                block = ["rec-cat", "-q", "--block", "user", "-b"]
                self.table[other] = self.written("user.0", block, self.table[other])
        if old:
            old.unship()
            self.remove(old.step)

    def remove(self, step):
        """Files that were made before this step, save what is still a table."""
        for name in os.listdir(self.folder.name):
            number, file = name.rpartition(".")[2], self.file(name)
            if number.isdigit() and int(number) < step and file not in self.table.values():
                os.unlink(file)

    def joined(self, name, *files):
        with open(self.file(name), "wb") as f:
            for file in files:
                f.writelines(pieces_of(file))
        return self.file(name)

    def whole(self, name):
        sides = self.joined("sides", self.table["user"], self.table["item"])
        return self.written(name, MERGE, sides)

    def finish(self):
        with self.phase("join"):
            if self.step:
                self.whole("model")
            else:
                os.rename(self.table["user"], self.file("model"))

    # -- checkpoints --

    def keep(self, sweep):
        if not self.checkpoint or sweep % self.every and sweep != self.sweeps:
            return
        with self.phase("checkpoint"):
            save(self.spark, self.whole("keep"), self.kept(sweep))

    def last(self):
        """Fetch the newest checkpoint as the file kept; its sweeps, 0 without one."""
        if not self.checkpoint:
            raise ValueError("resume needs checkpoint")
        fs, there = _hadoop(self.spark, self.checkpoint)
        names = [f.getPath().getName() for f in fs.listStatus(there)] if fs.exists(there) else []
        sweeps = [int(n[6:12]) for n in names if n.startswith("sweep-") and n.endswith(".rec")]
        sweeps = [n for n in sweeps if n <= self.sweeps]
        if not sweeps:
            return 0
        with scratch_folder() as folder:
            shutil.copyfile(_fetch(self.spark, self.kept(max(sweeps)), folder), self.file("kept"))
        return max(sweeps)

    def kept(self, sweep):
        return f"{self.checkpoint.rstrip('/')}/sweep-{sweep:06d}.rec"


def _task(words, into=None):
    """A task that runs a filter over its pieces, and sends what it wrote.

    Where driver and tasks are on one host the output is left in the folder
    `into`, and only its name is sent: 8 MB take 0.15 s through Spark.
    """
    def task(pieces):
        report = {}
        out = run_filter(words, pieces, report)
        if into:
            handle, name = tempfile.mkstemp(dir=into)
            with open(handle, "wb") as f:
                f.write(out)
            yield name
        else:
            yield from _sent(out)
        yield report
    return task


def _sent(data):
    """Pieces that a task may send: one message holds less than 2 GiB."""
    for at in range(0, len(data), PIECE):
        yield data[at:at + PIECE]


def _settings(model):
    """The metadata of a model, without the sweeps that it took."""
    told = figures_of(bytes(run_filter(["rec-cat", "--info"], model)).decode())
    return {k: v for k, v in told.items() if k.startswith("meta.") and k != "meta.iterations"}


def _difference(a, b):
    a, b = _settings(a), _settings(b)
    key = next(k for k in sorted(a.keys() | b.keys()) if a.get(k) != b.get(k))
    return f"{key[5:]} is {a.get(key)} here and {b.get(key)} there"


# ---- sim ----

LARGE = 512 << 20       # bytes of interactions that every task may hold (sim)
FAN = 16                # sums that are added up at once
GROUPS = 100            # most groups of items


class Similarity(Model):
    """A model of rec-sim."""

    @property
    def weights(self):
        """DataFrame of item, other, weight: what `other` gets from a user's `item`."""
        parts = max(1, min(_tasks(self.spark), os.path.getsize(self.path) >> 20))
        numbers = self.spark.range(0, parts, 1, parts)
        return numbers.mapInArrow(_weights(self.shipped(), parts),
                                  "item string, other string, weight float")


def sim(interactions, options, parts=None, by=None, figures=None):
    """A model by rec-sim: Similarity with the bytes of `rec-sim options -b < interactions`.

    interactions  a DataFrame of user, item[, value[, time]], or of such lines
    options       of rec-sim, with the method: ["cosine", "-n", "50"]
    parts         tasks of a step [the cores that Spark has]
    by            "columns": each task has all interactions, and makes the
                  weights of its share of the candidates
                  "shards": each task has the interactions of its share of the
                  users, and makes sums that are added up in a tree; for methods
                  that count (rec-shards(7)), and more to compute and to move
                  [columns, and shards where the interactions take more than
                  LARGE bytes and the method can]
    figures       a dict: gets seconds by phase, and what was done
    """
    return _Sim(interactions, options, parts, by, figures).make()


class _SimOptions(Options):
    def _needed(self):
        return ["-b"]           # some models have no text

    def _check(self):
        for name in ("groups", "to"):
            if name in self:
                raise ValueError(f"rec-sim --{name} cannot be given here: Spark divides the work")
        super()._check()


class _Sim:
    """A run of sim(); its files are in a folder of the driver."""

    file, phase, add, collect, written = _Als.file, _Als.phase, _Als.add, _Als.collect, _Als.written

    def __init__(self, df, options, parts, by, figures):
        self.spark, self.df = df.sparkSession, df
        self.options = _SimOptions("rec-sim", options)
        self.words = ["rec-sim", "-b", *self.options.list()]
        self.parts = parts or _tasks(self.spark)
        self.figures = {} if figures is None else figures
        self.folder = tempfile.TemporaryDirectory(prefix="rec-sim-")
        self.run = uuid.uuid4().hex[:12]        # no name is used twice
        self.by = self.way(by)

    def refused(self, *words):
        """Why the filter takes no such words beside the options; None: it does."""
        p = self.options._run("-q", *self.options.list(), *words)
        return p.stderr.decode("utf-8", "replace").strip() if p.returncode == 2 else None

    def way(self, by):
        """by, or None where the size decides; ValueError where it cannot be."""
        if by not in (None, "columns", "shards"):
            raise ValueError(f"by is columns or shards, not {by}")
        refused = self.refused("--survey")
        if is_connect(self.spark):
            if by == "shards":
                raise ValueError("sums over shards need RDDs, which Spark Connect lacks; "
                                 "use a classic session, or by=\"columns\"")
            return "columns"
        if by == "shards" and refused:
            raise ValueError(refused)
        return "columns" if refused else by

    def undivided(self):
        """Whether the table of weights is made as a whole: of an inverse, with sums of columns."""
        return "ease" in self.options.operands() or \
            "center" in self.options and self.options.get("keep") == "history"

    def make(self):
        if is_connect(self.spark):
            with self.phase("shards"):
                _gathered(self.df, self.file("all"))
            self.by_columns()
        else:
            self.from_blocks()
        self.figures["by"] = self.by
        return Similarity(self.spark, self.file("model"), self.folder)

    def from_blocks(self):
        """Rows leave the JVM once, as blocks of recmat in shards; their size may decide."""
        cut, sides = shards(self.df, 1 if self.by == "columns" else self.parts)
        try:
            with self.phase("shards"):
                size = cut.map(lambda r: len(r.data)).sum()
                self.by = self.by or ("columns" if size <= LARGE else "shards")
                if self.by == "columns":
                    self.fetch(cut, self.file("all"))
            self.figures["bytes.interactions"] = size
            if self.by == "columns":
                self.by_columns()
            else:
                self.by_shards(sides["user"])
        finally:
            for rdd in (cut, *sides.values()):
                rdd.unpersist()

    def fetch(self, cut, name):
        with open(name, "wb") as f:
            for row in cut.toLocalIterator(prefetchPartitions=True):
                f.write(row.data)

    # -- columns: every task has all interactions --

    def by_columns(self):
        share = self.share()
        parts = self.parts if share else 1
        with self.phase("ship"):
            shipped = self.shipped("all")
        numbers = self.spark.range(0, parts, 1, parts)
        rows = numbers.mapInArrow(_column_task(self.words, shipped, share, parts),
                                  "report string, data binary")
        try:
            with self.phase("compute"):
                told = self.collect(_Pieces(rows), "pieces")
        finally:
            shipped.unship()
        self.finish(told, parts)

    def share(self):
        """The option that divides the work; None: the method cannot be divided."""
        if not self.refused("-b", "--columns", "1/2"):
            return "--columns"
        rows = self.options.get("keep") == "history" and not self.undivided()
        return "--part" if rows else None

    def finish(self, told, parts):
        if told:
            print("\n".join(dict.fromkeys(told.splitlines())), file=sys.stderr)
        with self.phase("join"):
            if parts > 1:
                self.written("model", MERGE, self.file("pieces"))
            else:
                os.rename(self.file("pieces"), self.file("model"))

    # -- shards: sums over users, added up in a tree --

    def by_shards(self, users):
        words, sources, whole = self.words, self.parts, None
        groups = 1 if self.undivided() else min(self.parts, GROUPS)
        if self.refused("-b", "--partial"):     # it weighs users, by what all of them are
            with self.phase("survey"):
                survey = ["rec-sim", "-q", *self.options.list(), "--survey", "-j", threads()]
                self.collect(users.mapPartitions(_task(survey)), "survey")
            whole = self.shipped("survey", 1)
        own = words + ["--whole", whole] if whole else words
        sums = users.mapPartitions(_sums_task(own, groups))
        while sources > FAN:            # sum s of a group goes to sum s / FAN
            sources = -(-sources // FAN)
            sums = _met(sums, groups * sources, FAN, sources).mapPartitions(_add_task(words))
        models = _met(sums, groups, FAN, 1).mapPartitions(_merge_task(words, self.parts))
        try:
            with self.phase("compute"):
                told = self.collect(models, "pieces")
        finally:
            if whole:
                whole.unship()
        self.figures.update({"shards": self.parts, "groups": groups})
        self.finish(told, groups)

    def shipped(self, name, step=0):
        return Shipped(self.spark, self.file(name), f"{self.run}.{step}.{name}", self.run, step)


def _tasks(spark):
    """Tasks that make use of the cores that Spark has."""
    if is_connect(spark):
        return int(spark.conf.get("spark.sql.shuffle.partitions"))
    return max(1, spark.sparkContext.defaultParallelism)


class _Pieces:
    """Rows of report and data, to be collected as the pieces of an RDD are."""

    def __init__(self, df):
        self.df = df

    def collect(self):
        for row in self.df.collect():
            yield json.loads(row.report) if row.report else row.data


def _column_task(words, shipped, share, parts):
    def task(batches):
        import pyarrow as pa

        for batch in batches:
            for part in batch.column(0).to_pylist():
                which = [share, f"{part + 1}/{parts}"] if share else []
                report = {}
                data = run_filter([*words, *which, "-j", threads()], shipped.path(), report)
                for piece in _sent(data):
                    yield pa.RecordBatch.from_pydict({"report": pa.array([None], pa.string()),
                                                      "data": pa.array([piece], pa.binary())})
                yield pa.RecordBatch.from_pydict({"report": pa.array([json.dumps(report)]),
                                                  "data": pa.array([None], pa.binary())})
    return task


# What moves between the steps of a tree: ((group, number of the sums), (number
# of the piece, piece)).

def _met(sums, count, fan, sources):
    """The sums that are added up together, in one of `count` partitions."""
    return sums.map(lambda s: ((s[0][0], s[0][1] // fan), (s[0][1], *s[1]))) \
        .partitionBy(count, lambda key: key[0] * sources + key[1])


def _sums_task(words, groups):
    def task(pieces):
        from pyspark import TaskContext

        shard = TaskContext.get().partitionId()
        with scratch_folder() as folder:
            files = [os.path.join(folder, str(g)) for g in range(groups)]
            to = ["--groups", str(groups), "--to", os.path.join(folder, "%d")] if groups > 1 else []
            data = run_filter([*words, "--partial", *to, "-j", threads()], pieces)
            for group, file in enumerate(files):
                for n, piece in enumerate(pieces_of(file) if to else _sent(data)):
                    yield (group, shard), (n, piece)
    return task


def _add_task(words):
    def task(values):
        with scratch_folder() as folder:
            key, feed = _kept_pieces(values, folder)
            if key is None:
                return
            data = run_filter([*words, "--partial", "--merge", "-j", threads()], feed)
        for n, piece in enumerate(_sent(data)):
            yield key, (n, piece)
    return task


def _merge_task(words, shards_):
    def task(values):
        report = {}
        with scratch_folder() as folder:
            _, feed = _kept_pieces(values, folder)
            data = run_filter([*words, "--merge", "-j", threads()], feed, report)
        if report.get("shards") != str(shards_):
            raise FilterFailed(f"sums of {report.get('shards')} of {shards_} shards arrived")
        yield from _sent(data)
        yield report
    return task


def _kept_pieces(values, folder):
    """The key of a partition, and its pieces, which lie in files, in order."""
    key = None
    for key, (source, n, piece) in values:
        with open(os.path.join(folder, f"{source:08d}.{n:08d}"), "wb") as f:
            f.write(piece)
    return key, (piece for name in sorted(os.listdir(folder))
                 for piece in pieces_of(os.path.join(folder, name)))


# -- weights --

SPARSE = 1


def _weights(shipped, parts):
    def read(batches):
        import pyarrow as pa

        for batch in batches:
            for part in batch.column(0).to_pylist():
                data = run_filter(["rec-cat", "--block", "similarity", "-b"], shipped.path())
                for columns in _cells(data, part, parts):
                    yield pa.RecordBatch.from_arrays(columns, names=["item", "other", "weight"])
    return read


def _cells(data, part, parts):
    """item, other and weight, from what rec-cat wrote and checked: blocks of recmat(5).

    They are of order stream and of 65536 cells, and divided among the parts; of
    a dense block the rows are divided. The numbers are not copied.
    """
    import pyarrow as pa

    at, number, whole = 0, 0, pa.py_buffer(data)
    while at < len(data):
        kind, _, _, rows, width, cells, size, sections = HEAD.unpack_from(data, at)
        table_ = data[at + 128:at + 128 + SECTION.size * sections]
        start = {k: at + begin for k, _, begin, _, _ in SECTION.iter_unpack(table_)}
        if kind == SPARSE and number % parts == part:
            item, other = (_labels(whole, start, side, n) for side, n in ((1, rows), (3, width)))
            yield [item.take(_numbers(whole, start[7], pa.uint32(), cells)),
                   other.take(_numbers(whole, start[6], pa.uint32(), cells)),
                   _numbers(whole, start[8], pa.float32(), cells)]
        elif kind == DENSE:
            item, other = (_labels(whole, start, side, n) for side, n in ((1, rows), (3, width)))
            for row in range(rows * part // parts, rows * (part + 1) // parts):
                yield _not_zero(item[row], other, _numbers(
                    whole, start[8] + 4 * width * row, pa.float32(), width))
        at, number = at + size, number + 1


def _not_zero(item, other, weight):
    import pyarrow as pa
    import pyarrow.compute as pc

    some = pc.not_equal(weight, pa.scalar(0, pa.float32()))
    weight = weight.filter(some)
    return [pa.repeat(item, len(weight)), other.filter(some), weight]


def _labels(whole, start, side, n):
    import pyarrow as pa

    ends = whole.slice(start[side], 8 * n + 8)
    labels = pa.LargeStringArray.from_buffers(n, ends, whole.slice(start[side + 1]))
    labels.validate(full=True)      # UTF-8
    return labels.cast(pa.string())


def _numbers(whole, at, type_, n):
    import pyarrow as pa

    return pa.Array.from_buffers(type_, n, [None, whole.slice(at, 4 * n)])


# ---- topn, score ----

def topn(histories, model, options=(), parts=None, as_text=False):
    """The lists of rec-topn: a DataFrame of user, item, score, best first.

    histories  a DataFrame of user, item[, value[, time]], or of such lines
    model      a Model, a file on any file system, or a list of them (--blend)
    options    of rec-topn
    as_text    one column `value`: the lines of the filter, to the byte

    The rows of a user meet in one task; a task answers its users.
    """
    by_user = histories.repartition(parts or _cores(histories), first_field(histories))
    # A part whose users are all cold is no failure; the whole of an input is.
    return _ranked(["rec-topn", "--part", "1/1"], by_user, model, options, as_text)


def score(pairs, model, options=(), as_text=False):
    """The scores of pairs by rec-score: a DataFrame of user, item, score.

    pairs is a DataFrame of user, item[, value[, time]], or of such lines; it is
    divided as it comes. The others as for topn.
    """
    return _ranked(["rec-score"], pairs, model, options, as_text)


def _cores(df):
    if is_connect(df.sparkSession):
        return int(df.sparkSession.conf.get("spark.sql.shuffle.partitions"))
    return max(1, df.sparkSession.sparkContext.defaultParallelism)


def _ranked(words, df, model, options, as_text):
    spark = df.sparkSession
    models = model if isinstance(model, (list, tuple)) else [model]
    words = words + Options(words[0], options).list(spark=spark)
    for m in models:
        words += ["-m", m.shipped() if isinstance(m, Model) else ship(spark, m)]
    fields = len(df.columns) if len(df.columns) > 1 else None
    schema = "value string" if as_text else LISTS
    return lines(df).mapInArrow(_ranker(words, fields, as_text), schema)


def _ranker(words, fields, as_text):
    def rank(batches):
        with scratch_folder() as folder:
            rows = os.path.join(folder, "rows")
            with open(rows, "wb") as f:
                f.writelines(text(batches, 0, fields))
                if f.tell() == 0:       # an empty partition asks nothing
                    return
            said = run_filter(words + ["-j", threads()], rows)
        yield from whole_lines(said) if as_text else table(said, ["user", "item", "score"])
    return rank


# ---- eval ----

MEASURES = ["recall@10", "ndcg@10", "map@10", "hit@10", "mrr@10"]


def evaluate(lists, truth, measures=None, train=None, options=(), parts=None):
    """The measures of rec-eval: a list of (measure, value, definition).

    lists, truth and train are DataFrames as for topn. Users are divided, each
    with his lists and truth; train, from which floors, ceilings and the tail
    come, is gathered in one file and shipped.
    """
    spark = lists.sparkSession
    asked = Options("rec-eval", [*(measures or MEASURES), *options])
    words = ["rec-eval", "--per-user", *asked.list(only=PER_USER, spark=spark), *asked.operands()]
    parts = parts or _cores(lists)
    with scratch_folder() as folder:
        if train is not None:
            words += ["--train", ship(spark, _gathered(train, os.path.join(folder, "train.rec")))]
        both = _tagged(lists, "l").unionByName(_tagged(truth, "t"))
        per_user = both.repartition(parts, "user").mapInArrow(_measurer(words), "value string")
        rows = [r.value for r in per_user.collect()]
        last = ["rec-eval", "--summarize", *asked.list(only=SUMMARY)]
        told = bytes(run_filter(last, [(line + "\n").encode() for line in rows]))
    return [tuple(line.split("\t")) for line in told.decode().splitlines()]


# Options of rec-eval by the step that takes them.
PER_USER = {"relevant", "candidates", "missing", "ties", "shallow", "groups", "mem", "trust"}
SUMMARY = {"bootstrap", "significance", "fail-if", "seed"}


def _tagged(df, tag):
    return df.select(F.lit(tag).alias("tag"), first_field(df).cast("string").alias("user"),
                     line_of(df).alias("line"))


def _measurer(words):
    def measure(batches):
        import pyarrow.compute as pc

        with scratch_folder() as folder:
            name = {tag: os.path.join(folder, tag) for tag in "lt"}
            with open(name["l"], "wb") as lists, open(name["t"], "wb") as truth:
                for batch in batches:
                    for tag, f in (("l", lists), ("t", truth)):
                        f.writelines(text([batch.filter(pc.equal(batch.column(0), tag))], 2))
                if truth.tell() == 0:       # no user of this part counts
                    return
            said = run_filter([*words, "-t", name["t"], "-j", threads()], name["l"])
        yield from whole_lines(said)
    return measure


def _gathered(df, path):
    """All rows of df in one file of recmat on the driver, made by one task."""
    fields = len(df.columns) if len(df.columns) > 1 else None
    pieces = lines(df).coalesce(1).mapInArrow(_gatherer(fields), "data binary")
    with open(path, "wb") as f:
        for row in pieces.collect():
            f.write(row.data)
    return path


def _gatherer(fields):
    def gather(batches):
        import pyarrow as pa

        with scratch_folder() as folder:
            run_filter(["rec-split", "-q", "--no-sync", "--parts", "1", "--by", "user", "-b",
                        "--to", os.path.join(folder, "%d")], text(batches, 0, fields))
            for piece in pieces_of(os.path.join(folder, "0")):
                yield pa.RecordBatch.from_arrays([pa.array([piece], pa.binary())], names=["data"])
    return gather


# ---- the command ----

EPILOG = """\
Options of the filter come after --, as on its own command line:
  spark-submit rec_spark.py als --input likes.tsv --model m.rec -- -k 64
  spark-submit rec_spark.py topn --input likes.tsv --model m.rec --output lists -- -n 20
Paths are of any file system that Spark knows. rec-spark(7) has the rest."""


VERBS = {   # verb: (what it makes, what --input is)
    "als": ("a model by rec-als", "interactions"),
    "sim": ("a model by rec-sim", "interactions"),
    "topn": ("lists by rec-topn", "histories"),
    "score": ("scores of pairs by rec-score", "pairs"),
    "eval": ("measures of lists by rec-eval", "lists"),
}


def _parser():
    how = {"epilog": EPILOG, "formatter_class": argparse.RawDescriptionHelpFormatter}
    p = argparse.ArgumentParser(prog="rec_spark.py", description=__doc__.split("\n", 1)[0], **how)
    verbs = p.add_subparsers(dest="verb", required=True, metavar="|".join(VERBS))
    for verb, (what, source) in VERBS.items():
        v = verbs.add_parser(verb, help=what, description=what, **how)
        v.add_argument("--input", required=True, metavar="PATH", help=source)
        v.add_argument("--format", default="text", help="text (lines of user, item, value, time), "
                       "table, parquet, csv or what else Spark reads [text]")
        v.add_argument("--columns", metavar="USER,ITEM,...", help="of a table, in this order")
        v.add_argument("--read", action="append", default=[], metavar="KEY=VALUE",
                       help="an option of the reader, such as header=true")
        v.add_argument("--parts", type=int, metavar="N", help="tasks [the cores that Spark has]")
        v.add_argument("--figures", metavar="FILE", help="write seconds by phase, key TAB value")
        _OPTIONS[verb](v)
    return p


def _model_options(v):
    v.add_argument("--model", required=True, metavar="PATH", help="the model, one file of recmat")


def _als_options(v):
    _model_options(v)
    for side in ("user", "item"):
        v.add_argument(f"--{side}-factors", metavar="PATH", help="also Parquet of id and features")
    v.add_argument("--checkpoint", metavar="PATH", help="a folder for the model of each sweep")
    v.add_argument("--every", type=int, default=1, metavar="N", help="only after N sweeps [1]")
    v.add_argument("--resume", action="store_true", help="go on from the last checkpoint")


def _sim_options(v):
    _model_options(v)
    v.add_argument("--weights", metavar="PATH", help="also Parquet of item, other, weight")
    v.add_argument("--by", choices=["columns", "shards"], help="each task has all interactions, "
                   "or those of its users [columns, unless they are large]")


def _list_options(v):
    v.add_argument("--model", required=True, action="append", metavar="PATH",
                   help="a model; may be repeated")
    v.add_argument("--output", required=True, metavar="PATH", help="a folder")
    v.add_argument("--output-format", default="text", metavar="FORMAT", help="[text]")
    v.add_argument("--overwrite", action="store_true", help="replace the folder")


def _eval_options(v):
    v.add_argument("--truth", required=True, metavar="PATH", help="held-out pairs")
    v.add_argument("--train", metavar="PATH", help="train pairs")


_OPTIONS = {"als": _als_options, "sim": _sim_options, "topn": _list_options,
            "score": _list_options, "eval": _eval_options}


def _read(spark, args, path):
    if args.format == "text":
        return spark.read.text(path, lineSep="\n")
    if args.format == "table":
        df = spark.table(path)
    else:
        asked = dict(o.split("=", 1) for o in args.read)
        df = spark.read.options(**asked).format(args.format).load(path)
    if args.columns:
        return df.select(*(f"`{c}`" for c in args.columns.split(",")))
    if not 2 <= len(df.columns) <= 4:
        raise ValueError(f"{path} has the columns {', '.join(df.columns)}; "
                         f"say by --columns which are user, item, value and time")
    return df


def _write(df, args):
    mode = "overwrite" if args.overwrite else "errorifexists"
    df.write.mode(mode).format(args.output_format).save(args.output)


def _run(spark, args, options, figures):
    df = _read(spark, args, args.input)
    if args.verb == "als":
        model = als(df, options, args.parts, args.checkpoint, args.every, args.resume, figures)
        model.save(args.model)
        for side, path in (("user", args.user_factors), ("item", args.item_factors)):
            if path:
                model.factors(side).write.mode("overwrite").parquet(path)
    elif args.verb == "sim":
        model = sim(df, options, args.parts, args.by, figures)
        model.save(args.model)
        if args.weights:
            model.weights.write.mode("overwrite").parquet(args.weights)
    elif args.verb == "eval":
        train = _read(spark, args, args.train) if args.train else None
        names = options or None
        for line in evaluate(df, _read(spark, args, args.truth), names, train, parts=args.parts):
            print("\t".join(line))
    elif args.verb == "topn":
        _write(topn(df, args.model, options, args.parts, args.output_format == "text"), args)
    else:
        _write(score(df, args.model, options, args.output_format == "text"), args)


def main(argv):
    """The command: exit status 0; 1, failed; 2, wrong usage."""
    at = argv.index("--") if "--" in argv else len(argv)
    args, options, figures = _parser().parse_args(argv[:at]), argv[at + 1:], {}
    began = time.monotonic()
    spark = SparkSession.builder.appName(f"rec-{args.verb}").getOrCreate()
    figures["seconds.session"] = time.monotonic() - began
    try:
        _run(spark, args, options, figures)
    except (ValueError, OSError, FilterFailed) as e:
        print(f"rec_spark.py: {e}", file=sys.stderr)
        return 1
    finally:
        spark.stop()
    figures["seconds.total"] = time.monotonic() - began
    if args.figures:
        with open(args.figures, "w", encoding="utf-8") as f:
            f.writelines(f"{key}\t{value}\n" for key, value in figures.items())
    return 0


if __name__ == "__main__":
    import rec_spark    # by its name, which tasks know
    sys.exit(rec_spark.main(sys.argv[1:]))
