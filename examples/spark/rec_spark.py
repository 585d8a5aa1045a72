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
TOLD = 2000             # bytes of what a filter says that reach the driver


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
