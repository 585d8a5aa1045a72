# SPDX-License-Identifier: MIT
"""rec-sim on Spark (rec_spark.py): by columns of a shipped matrix, or by sums over shards."""
import json
import os
import sys
import tempfile
import uuid

from rec_als import DENSE, HEAD, MERGE, SECTION, Model, Run, gathered, sent, shards, task_of
from rec_filter import (FilterFailed, Options, Shipped, cores, is_connect, pieces_of, run_filter,
                        scratch_folder, threads)

# ---- sim ----

LARGE = 512 << 20       # bytes of interactions that every task may hold (sim)
FAN = 16                # sums that are added up at once
GROUPS = 100            # most groups of items


class Similarity(Model):
    """A model of rec-sim."""

    @property
    def weights(self):
        """DataFrame of item, other, weight: what `other` gets from a user's `item`."""
        parts = max(1, min(cores(self.spark), os.path.getsize(self.path) >> 20))
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


class _Sim(Run):
    """A run of sim(); its files are in a folder of the driver."""

    def __init__(self, df, options, parts, by, figures):
        self.spark, self.df = df.sparkSession, df
        self.options = _SimOptions("rec-sim", options)
        self.words = ["rec-sim", "-b", *self.options.list()]
        self.parts = parts or cores(self.spark)
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
                gathered(self.df, self.file("all"))
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
                self.collect(users.mapPartitions(task_of(survey)), "survey")
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
                for piece in sent(data):
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
                for n, piece in enumerate(pieces_of(file) if to else sent(data)):
                    yield (group, shard), (n, piece)
    return task


def _add_task(words):
    def task(values):
        with scratch_folder() as folder:
            key, feed = _kept_pieces(values, folder)
            if key is None:
                return
            data = run_filter([*words, "--partial", "--merge", "-j", threads()], feed)
        for n, piece in enumerate(sent(data)):
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
        yield from sent(data)
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
