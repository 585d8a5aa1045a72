#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The filters of recpipe on Apache Spark: als, sim, topn, score, eval.

As a command (`spark-submit rec_spark.py --help`) and as a module:

    import rec_spark as rec

    model = rec.als(likes, ["-k", "64"])        # a DataFrame of user, item
    lists = rec.topn(likes, model, ["-n", "20"])  # user, item, score
    model.userFactors.show()                    # id, features
    model.save("hdfs:///models/likes.rec")

Spark schedules, stores, ships and retries; the filters compute. What comes out
has the bytes that one process of the filter writes. Options are those of the
filter, as on its command line. rec-spark(7) is the page.

Spark 3.5 and 4, Python 3.9 and later, pyarrow; nothing else. The filters are
looked for in REC_BIN, in an archive that was shipped as `rec`
(--archives recpipe-cluster.tar.gz#rec), and in PATH.
"""
import argparse
import contextlib
import ctypes
import hashlib
import mmap
import os
import platform
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import uuid

from pyspark import SparkFiles
from pyspark.sql import SparkSession, functions as F

__all__ = ["FilterFailed", "Model", "als", "evaluate", "filter_path", "lines",
           "run_filter", "save", "score", "ship", "sim", "table", "topn"]

PIECE = 32 << 20        # bytes of a file that are shipped, or sent, at once
BATCH = 4096            # rows of factors in a record batch
TOLD = 2000             # bytes of what a filter says that reach the driver

# Of recmat(5): kind, order, value type, rows, columns, cells, size and number
# of sections of a block; an entry of its section table.
HEAD, SECTION, DENSE = struct.Struct("<12xIIIQQQQI"), struct.Struct("<IIQQQ"), 2


class FilterFailed(RuntimeError):
    """A filter failed, could not start, or did not read what it was given."""


# ---- a filter in a task ----

def filter_path(name):
    """The file of a filter on this host."""
    if os.path.sep in name:
        return name
    places = [os.environ.get("REC_BIN")]
    with contextlib.suppress(Exception):        # outside a task of Spark
        archive = os.path.join(SparkFiles.getRootDirectory(), "rec")
        places += [os.path.join(archive, "bin", platform.machine()), os.path.join(archive, "bin")]
    places = [p for p in places if p]
    path = os.pathsep.join(places + [os.environ.get("PATH", os.defpath)])
    found = shutil.which(name, path=path)
    if found:
        return found
    there = [p for p in (os.path.join(p, name) for p in path.split(os.pathsep)) if os.path.exists(p)]
    if there:
        raise FilterFailed(f"{there[0]} on {socket.gethostname()} is not executable: chmod +x")
    raise FilterFailed(
        f"{name} is not on {socket.gethostname()}: ship the filters with --archives "
        f"recpipe-cluster.tar.gz#rec, install them there, or set spark.executorEnv.REC_BIN")


def threads():
    """The threads of a filter in a task: spark.task.cpus, as Spark says it."""
    n = os.environ.get("OMP_NUM_THREADS", "1")
    return n if n.isdigit() and int(n) > 0 else "1"


def scratch_folder():
    """A temporary folder where Spark keeps its own files; `with` removes it."""
    local = os.environ.get("SPARK_LOCAL_DIRS", "").split(",")[0]
    return tempfile.TemporaryDirectory(prefix="rec-", dir=local if os.path.isdir(local) else None)


def _end_with_parent():
    """In the child: end when the task ends, however it ends (Linux)."""
    with contextlib.suppress(Exception):
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)      # PR_SET_PDEATHSIG


def _said(path):
    with open(path, "rb") as f:
        f.seek(max(0, os.fstat(f.fileno()).st_size - TOLD))
        return f.read().decode("utf-8", "replace").strip()


def _contents(path):
    """A whole file, mapped; the file may go."""
    with open(path, "rb") as f:
        if os.fstat(f.fileno()).st_size == 0:
            return b""
        return mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)


def _pairs(text):
    """`key TAB value` lines as a dict."""
    return dict(line.split("\t", 1) for line in text.splitlines() if "\t" in line)


def _figures(stats):
    with contextlib.suppress(OSError):
        with open(stats, encoding="utf-8") as f:
            return _pairs(f.read())
    return {}


def _wait(argv, stdin, stdout, stderr):
    try:
        p = subprocess.Popen(argv, stdin=stdin, stdout=stdout, stderr=stderr,
                             preexec_fn=_end_with_parent)
    except OSError as e:
        raise FilterFailed(f"{argv[0]} on {socket.gethostname()} cannot start: {e.strerror}") from None
    try:
        return p.wait()
    finally:
        if p.poll() is None:    # this task was asked to end
            p.kill()
            p.wait()


def run_filter(argv, feed, report=None):
    """Run a filter of recpipe over the bytes of `feed`; what it writes, mapped.

    feed is an iterable of bytes-like pieces, or the name of a file. stdin,
    stdout and stderr are files, so nothing waits for anything, and only a whole
    output is read. Words that Shipped objects stand for become file names.
    FilterFailed holds the command, the status and the last words of the filter:
    for a status other than 0, a signal, and a filter that did not read all of
    its input. `report`, a dict, gets the figures of --stats, and what a
    successful filter said as "said"; without it, that goes to the stderr of the
    task.
    """
    argv = [filter_path(argv[0])] + [w.path() if isinstance(w, Shipped) else w for w in argv[1:]]
    with scratch_folder() as folder:
        name = {k: os.path.join(folder, k) for k in ("in", "out", "err", "stats")}
        if isinstance(feed, str):
            name["in"] = feed
        else:
            with open(name["in"], "wb") as f:
                f.writelines(feed)
        with open(name["in"], "rb") as i, open(name["out"], "wb") as o, open(name["err"], "wb") as e:
            fed = os.fstat(i.fileno()).st_size
            status = _wait(argv + ["--stats", name["stats"]], i, o, e)
        told = _said(name["err"])
        what = f"{' '.join(argv)} on {socket.gethostname()}"
        if status:
            how = f"was killed by signal {-status}" if status < 0 else f"exited with {status}"
            raise FilterFailed(f"{what} {how}: {told or 'it said nothing'}")
        figures = _figures(name["stats"])
        if figures.get("bytes.stdin") != str(fed):
            raise FilterFailed(f"{what} exited with 0, but read {figures.get('bytes.stdin', 'none')} "
                               f"of the {fed} bytes of its input: {told or 'it said nothing'}")
        if report is not None:
            report.update(figures, said=told)
        elif told:
            print(told, file=sys.stderr)
        return _contents(name["out"])


# ---- files on every host ----

class Shipped:
    """A file that tasks can open: put it among the words of a filter.

    It travels as a broadcast: executors that need it get it, from each other
    too, and unship() removes it everywhere. addFile would keep every version on
    every executor until the application ends, and an executor serves a changed
    file under an old name. Names here are never used again. With master
    local[N] tasks read the copy of the driver; under Spark Connect the file is
    an artifact of the session.
    """

    def __init__(self, spark, path, name=None, run=None, step=0):
        self.run, self.step = run, step
        self.name = name or f"{_digest(path)}-{os.path.basename(path)}"
        self.size = os.path.getsize(path)
        self.local = self.pieces = None
        if _is_connect(spark):
            kept = _keep(path, self.name)
            spark.addArtifacts(kept, file=True)
        elif _one_host(spark):
            self.local = path if run else _keep(path, self.name)
        else:
            self.pieces = [spark.sparkContext.broadcast(p) for p in _pieces(path)]

    def path(self):
        """The file on this host; in a task."""
        if self.local:
            return self.local
        if self.pieces is None:
            return SparkFiles.get(self.name)
        folder = os.path.join(SparkFiles.getRootDirectory(), "rec-shipped")
        path = os.path.join(folder, self.name)
        os.makedirs(folder, exist_ok=True)
        if not os.path.exists(path):
            self._write(folder, path)
        return path

    def _write(self, folder, path):
        handle, part = tempfile.mkstemp(dir=folder)
        with open(handle, "wb") as f:
            for piece in self.pieces:
                f.write(piece.value)
                vars(piece).pop("_value", None)     # else the task holds the whole file in memory
        if os.path.getsize(part) != self.size:
            raise FilterFailed(f"{self.name} arrived with {os.path.getsize(part)} of {self.size} bytes")
        os.replace(part, path)
        for other in os.listdir(folder) if self.run else ():
            run, _, step = other.partition(".")
            if run == self.run and int(step.split(".")[0]) < self.step - 1:
                with contextlib.suppress(OSError):
                    os.unlink(os.path.join(folder, other))

    def unship(self):
        """On the driver: executors forget the file."""
        for piece in self.pieces or ():
            piece.destroy()


def ship(spark, path):
    """Make a file known to tasks. path may be on any file system of Hadoop."""
    with scratch_folder() as folder:
        return Shipped(spark, _fetch(spark, path, folder))


def _is_connect(spark):
    return ".connect." in type(spark).__module__


def _one_host(spark):
    master = spark.sparkContext.master
    return master.startswith("local") and not master.startswith("local-cluster")


_kept = None    # the folder of this driver for files that lazy DataFrames need


def _keep(path, name):
    """A copy that stays while this driver lives, whoever changes the file."""
    global _kept
    if _kept is None:
        _kept = tempfile.TemporaryDirectory(prefix="rec-kept-")
    copy = os.path.join(_kept.name, name)
    if not os.path.exists(copy):
        shutil.copyfile(path, copy + ".part")
        os.replace(copy + ".part", copy)
    return copy


def _pieces(path):
    with open(path, "rb") as f:
        while True:
            piece = f.read(PIECE)
            if not piece:
                return
            yield piece


def _digest(path):
    h = hashlib.blake2b(digest_size=12)
    for piece in _pieces(path):
        h.update(piece)
    return h.hexdigest()


def _hadoop(spark, path):
    """The file system of a path, and the path, in the JVM of the driver."""
    jvm, conf = spark._jvm, spark._jsc.hadoopConfiguration()
    there = jvm.org.apache.hadoop.fs.Path(path)
    return there.getFileSystem(conf), there


def _is_local(path):
    return "://" not in path and not path.startswith("file:")


def _fetch(spark, path, folder):
    """A local file with the contents of path."""
    if _is_connect(spark) or _is_local(path) and os.path.exists(path):
        return path
    fs, there = _hadoop(spark, path)
    if not fs.exists(there):
        raise FileNotFoundError(f"{path}: no such file")
    local = os.path.join(folder, there.getName())
    fs.copyToLocalFile(False, there, spark._jvm.org.apache.hadoop.fs.Path("file://" + local), True)
    return local


def save(spark, local, path):
    """Copy a local file to a path of any file system; whole, or not at all."""
    if _is_connect(spark) or _is_local(path) and _one_host(spark):
        part = f"{path}.{uuid.uuid4().hex[:8]}.part"
        shutil.copyfile(local, part)
        os.replace(part, path)
        return
    fs, there = _hadoop(spark, path)
    part = there.suffix(f".{uuid.uuid4().hex[:8]}.part")
    fs.copyFromLocalFile(False, True, spark._jvm.org.apache.hadoop.fs.Path("file://" + local), part)
    if fs.exists(there):
        fs.delete(there, False)
    if not fs.rename(part, there):
        raise OSError(f"{path}: cannot rename {part.getName()} to it")


# ---- rows to text, text to rows ----

def lines(df, *columns):
    """A DataFrame of one column, `line`: the columns joined by TAB, with '\\n'.

    Without names, all columns; the only column of a text is the line already.
    A time becomes seconds since 1970. Spark joins the columns, so that a task
    writes whole buffers of Arrow and touches no row.
    """
    return df.select(_line(df, columns).alias("line"))


def _line(df, columns=()):
    types = dict(df.dtypes)
    words = []
    for name in columns or df.columns:
        col = F.col(f"`{name}`")
        if types[name] in ("date", "timestamp", "timestamp_ntz"):
            col = col.cast("timestamp").cast("double")
        words += [F.lit("\t"), col.cast("string")]
    return F.concat(*words[1:], F.lit("\n"))


def _first(df):
    """The first field of each row: the user."""
    if len(df.columns) == 1:
        return F.substring_index(F.col(f"`{df.columns[0]}`"), "\t", 1)
    return F.col(f"`{df.columns[0]}`")


def text(batches, column=0, fields=None):
    """The bytes of a column `line`, in pieces.

    A row with NULL, a field with a TAB or a line end would become other rows
    for the filter: they are errors. fields is the number of fields, where it is
    known.
    """
    import pyarrow as pa

    row = 0
    for batch in batches:
        col = batch.column(column)
        if len(col):
            if col.null_count:
                row += col.is_valid().to_pylist().index(False)
                raise FilterFailed(f"row {row + 1} of this partition holds NULL; leave such rows out")
            wide = pa.types.is_large_string(col.type) or pa.types.is_large_binary(col.type)
            _, offsets, data = col.buffers()
            ends = memoryview(offsets).cast("q" if wide else "i")
            piece = data[ends[col.offset]:ends[col.offset + len(col)]].to_pybytes()
            _check_rows(piece, col, row, fields)
            yield piece
        row += len(col)


def _check_rows(piece, col, row, fields):
    tabs = (fields - 1) * len(col) if fields else None
    if piece.count(b"\n") == len(col) and tabs in (None, piece.count(b"\t")):
        return
    for i, line in enumerate(col.to_pylist()):
        if line.count("\n") != 1 or fields and line.count("\t") != fields - 1:
            raise FilterFailed(f"row {row + i + 1} of this partition has a TAB or a line end inside a "
                               f"field, which a line of text cannot hold: {line[:80]!r}")


LISTS = "user string, item string, score double"


def table(data, names, number="score"):
    """Record batches of the lines that a filter wrote; `number` is a double."""
    import pyarrow as pa
    from pyarrow import csv

    if len(data) == 0:
        return
    types = {n: pa.float64() if n == number else pa.string() for n in names}
    try:
        if data.find(b"\r") < 0:    # which the reader takes for a line end
            yield from csv.read_csv(
                pa.BufferReader(pa.py_buffer(data)),
                csv.ReadOptions(column_names=names, use_threads=False),
                csv.ParseOptions(delimiter="\t", quote_char=False, double_quote=False,
                                 escape_char=False, ignore_empty_lines=False),
                csv.ConvertOptions(column_types=types, null_values=[], strings_can_be_null=False),
            ).to_batches()
            return
        rows = [line.decode().split("\t") for line in bytes(data).split(b"\n")[:-1]]
        if any(len(row) != len(names) for row in rows):
            raise ValueError(f"expected {len(names)} fields")
        columns = [pa.array(col).cast(types[n]) for n, col in zip(names, zip(*rows))]
        yield pa.RecordBatch.from_arrays(columns, names=names)
    except ValueError as e:     # pyarrow's errors, UnicodeDecodeError
        raise FilterFailed(f"what the filter wrote is not {', '.join(names)} in UTF-8: {e}") from None


def whole_lines(data):
    """A record batch of the lines that a filter wrote, as they are."""
    import pyarrow as pa

    if len(data):
        rows = bytes(data).split(b"\n")
        if rows.pop():
            raise FilterFailed("what the filter wrote does not end with a line end")
        yield pa.RecordBatch.from_arrays([pa.array(rows, pa.binary()).cast(pa.string())], names=["value"])


# ---- options of a filter ----

# What this module decides itself, or what a part cannot do.
OURS = {"output", "binary", "stats", "threads", "part", "estimate", "stream", "merge", "half",
        "transposed", "model", "columns", "survey", "partial", "whole", "from-factors", "per-user",
        "summarize", "compare", "truth", "objective", "help", "version"}


class Options:
    """The options of a filter, read by its own table (`rec-NAME --options`)."""

    def __init__(self, command, args):
        self.command = command
        self.words = []         # of (name, value, whether the value is a file); operands: ""
        known = self._known()
        args = list(args)
        while args:
            self._take(known, args.pop(0), args)
        for name, _, _ in self.words:
            if name in OURS:
                raise ValueError(f"{command} --{name} cannot be given here: Spark divides the work")
        self._check()

    def _known(self):
        table_ = self._run("--options").stdout.decode()
        known = {}
        for line in table_.splitlines():
            letter, name, argument = (line.split("\t") + ["", ""])[:3]
            known["--" + name] = known["-" + letter] = (name, argument)
        return known

    def _run(self, *words):
        return subprocess.run([filter_path(self.command), *words], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)

    def _take(self, known, word, rest):
        if not word.startswith("-") or word == "-":
            self.words.append(("", word, False))
            return
        key, given, value = word.partition("=")
        if not word.startswith("--"):
            key, given, value = word[:2], word[2:], word[2:]
        name, argument = known.get(key, (None, None))
        if name is None or argument and not given and not rest:
            self._refuse(word)
        if not argument and given:      # letters in one word
            rest.insert(0, "-" + value)
        elif argument and not given:
            value = rest.pop(0)
        self.words.append((name, value if argument else None, argument == "FILE"))

    def _refuse(self, *words):
        """The filter's own words for what is wrong."""
        told = self._run(*words).stderr.decode("utf-8", "replace").strip()
        raise ValueError(told.splitlines()[-1] if told else f"{self.command}: {' '.join(words)}")

    def _check(self):
        """Ask the filter, on empty input, whether the options go together."""
        if self._run("-q", *self.list(), *self._needed()).returncode == 2:
            self._refuse("-q", *self.list(), *self._needed())

    def _needed(self):
        return {"rec-topn": ["-m", os.devnull], "rec-score": ["-m", os.devnull],
                "rec-eval": ["-t", os.devnull]}.get(self.command, [])

    def get(self, name, default=None):
        return next((v for n, v, _ in reversed(self.words) if n == name), default)

    def __contains__(self, name):
        return any(n == name for n, _, _ in self.words)

    def operands(self):
        return [value for name, value, _ in self.words if not name]

    def list(self, only=None, spark=None):
        """As words again: options first. With spark, files are shipped."""
        words = []
        for name, value, is_file in self.words:
            if not name or only and name not in only:
                continue
            words.append(f"--{name}")
            if value is not None:
                words.append(ship(spark, value) if spark and is_file else value)
        return words if only else words + self.operands()


# ---- interactions to shards ----

def shards(df, count, sides=("user",)):
    """{side: RDD whose partition i holds the pieces of recmat of shard i of side}.

    Rows leave the JVM once, as text in buffers of Arrow; rec-split divides them
    by the hash of their label, and a shuffle moves blocks of recmat, not rows.
    Shards of items hold item and user, as `rec-als --transposed` wants it.
    """
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
                run_filter(["rec-split", "-q", "--no-sync", "--shards", str(count), "--by", side, "-b",
                            "--to", os.path.join(folder, side + ".%d")], rows)
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
            yield from _pieces(os.path.join(folder, "0"))
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
        return numbers.mapInArrow(_vectors(shipped, side, parts), "id string, features array<float>")

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


class _Als:
    def __init__(self, df, options, parts, checkpoint, every, resume, figures):
        self.spark = df.sparkSession
        if _is_connect(self.spark):
            raise ValueError("als needs RDDs, which Spark Connect does not have; use a classic session")
        self.df, self.options = df, Options("rec-als", options)
        self.parts = parts or max(1, self.spark.sparkContext.defaultParallelism)
        self.checkpoint, self.every, self.resume = checkpoint, every, resume
        self.figures = {} if figures is None else figures
        self.sweeps = int(self.options.get("iterations", 16))
        self.warm = self.options.get("solver") == "cg"
        self.run = uuid.uuid4().hex[:12]        # no name is used twice
        self.folder = tempfile.TemporaryDirectory(prefix="rec-als-")
        self.step = 0
        self.shipped = None

    def file(self, name):
        return os.path.join(self.folder.name, name)

    @contextlib.contextmanager
    def phase(self, name):
        began = time.monotonic()
        yield
        self.figures[f"seconds.{name}"] = self.figures.get(f"seconds.{name}", 0) + time.monotonic() - began

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
            told = self.collect(users.coalesce(1).mapPartitions(_task(words)), "start")
        if told:
            print(told, file=sys.stderr)
        done = self.last() if self.resume else 0
        if done and _settings(self.file("start")) != _settings(self.file("kept")):
            raise ValueError(f"{self.checkpoint} holds another job: {_difference(self.file('start'), self.file('kept'))}")
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
                else:
                    f.write(piece)
        for key in ("seconds.total", "memory.peak"):
            values = [float(t[key]) for t in told if key in t]
            self.figures[f"filters.{name}.{key}"] = max(values, default=0)
            self.figures[f"filters.{key}"] = self.figures.get(f"filters.{key}", 0) + max(values, default=0)
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
            self.collect(rdd.mapPartitions(_task(words)), "solved")
        with self.phase("join"):
            self.table[side] = self.written(f"{side}.{self.step}", ["rec-cat", "-q", "--merge", "-b"],
                                            self.file("solved"))
            if self.warm and self.step == 1:
                self.table[other] = self.written("user.0", ["rec-cat", "-q", "--block", "user", "-b"],
                                                 self.table[other])
        if old:
            old.unship()
            self.remove(old.step)

    def remove(self, step):
        """Files that were made before this step, save what is still a table."""
        for name in os.listdir(self.folder.name):
            number = name.rpartition(".")[2]
            if number.isdigit() and int(number) < step and self.file(name) not in self.table.values():
                os.unlink(self.file(name))

    def joined(self, name, *files):
        with open(self.file(name), "wb") as f:
            for file in files:
                f.writelines(_pieces(file))
        return self.file(name)

    def whole(self, name):
        return self.written(name, ["rec-cat", "-q", "--merge", "-b"],
                            self.joined("sides", self.table["user"], self.table["item"]))

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
            save(self.spark, self.whole("keep"), f"{self.checkpoint.rstrip('/')}/sweep-{sweep:06d}.rec")

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
        name = f"sweep-{max(sweeps):06d}.rec"
        kept = _fetch(self.spark, f"{self.checkpoint.rstrip('/')}/{name}", self.folder.name)
        shutil.copyfile(kept, self.file("kept"))
        return max(sweeps)


def _task(words):
    def task(pieces):
        report = {}
        yield from _sent(run_filter(words, pieces, report))
        yield report
    return task


def _sent(data):
    """Pieces that a task may send: one message holds less than 2 GiB."""
    for at in range(0, len(data), PIECE):
        yield data[at:at + PIECE]


def _settings(model):
    """The metadata of a model, without the sweeps that it took."""
    told = bytes(run_filter(["rec-cat", "--info"], model)).decode()
    return {k: v for k, v in _pairs(told).items() if k.startswith("meta.") and k != "meta.iterations"}


def _difference(a, b):
    a, b = _settings(a), _settings(b)
    key = next(k for k in sorted(a.keys() | b.keys()) if a.get(k) != b.get(k))
    return f"{key[5:]} is {a.get(key)} here and {b.get(key)} there"
