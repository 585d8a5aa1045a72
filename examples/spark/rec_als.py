# SPDX-License-Identifier: MIT
"""Interactions to shards of recmat, models, and rec-als on Spark (rec_spark.py)."""
import contextlib
import os
import shutil
import struct
import sys
import tempfile
import time
import uuid

from rec_filter import (PIECE, Options, Shipped, cores, fetch, figures_of, hadoop, is_connect,
                        lines, one_host, pieces_of, run_filter, save, scratch_folder, ship, tell,
                        text, threads)

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


def gathered(df, path):
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


class Run:
    """What als() and sim() share: files in self.folder on the driver, self.figures."""

    def file(self, name):
        return os.path.join(self.folder.name, name)

    @contextlib.contextmanager
    def phase(self, name):
        began = time.monotonic()
        yield
        self.add(f"seconds.{name}", time.monotonic() - began)

    def add(self, name, figure):
        self.figures[name] = self.figures.get(name, 0) + figure

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

    def written(self, name, argv, feed):
        with open(self.file(name + ".part"), "wb") as f:
            f.write(run_filter(argv, feed))
        os.replace(self.file(name + ".part"), self.file(name))
        return self.file(name)


class _Als(Run):
    """A run of als(); its files are in a folder of the driver."""

    def __init__(self, df, options, parts, checkpoint, every, resume, figures):
        self.spark = df.sparkSession
        if is_connect(self.spark):
            raise ValueError("als needs RDDs, which Spark Connect lacks; use a classic session")
        self.df, self.options = df, Options("rec-als", options)
        self.parts = parts or cores(self.spark)
        self.checkpoint, self.every, self.resume = checkpoint, every, resume
        self.figures = {} if figures is None else figures
        self.sweeps = int(self.options.get("iterations", 16))
        self.warm = self.options.get("solver") == "cg"
        self.run = uuid.uuid4().hex[:12]        # no name is used twice
        self.folder = tempfile.TemporaryDirectory(prefix="rec-als-")
        self.into = self.folder.name if one_host(self.spark) else None
        self.step = 0
        self.shipped = None

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
            told = self.collect(users.coalesce(1).mapPartitions(task_of(words, self.into)), "start")
        if told:
            print(told, file=sys.stderr)
        done = self.last() if self.resume else 0
        if done and _settings(self.file("start")) != _settings(self.file("kept")):
            difference = _difference(self.file("start"), self.file("kept"))
            raise ValueError(f"{self.checkpoint} holds another job: {difference}")
        # The first half-step, of items, takes both sides as they are.
        self.table = {"user": self.file("kept" if done else "start"), "item": None}
        return done

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
            self.collect(rdd.mapPartitions(task_of(words, self.into)), "solved")
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
        fs, there = hadoop(self.spark, self.checkpoint)
        names = [f.getPath().getName() for f in fs.listStatus(there)] if fs.exists(there) else []
        sweeps = [int(n[6:12]) for n in names if n.startswith("sweep-") and n.endswith(".rec")]
        sweeps = [n for n in sweeps if n <= self.sweeps]
        if not sweeps:
            return 0
        with scratch_folder() as folder:
            shutil.copyfile(fetch(self.spark, self.kept(max(sweeps)), folder), self.file("kept"))
        return max(sweeps)

    def kept(self, sweep):
        return f"{self.checkpoint.rstrip('/')}/sweep-{sweep:06d}.rec"


def task_of(words, into=None):
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
            yield from sent(out)
        yield report
    return task


def sent(data):
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
