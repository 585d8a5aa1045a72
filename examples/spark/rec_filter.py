# SPDX-License-Identifier: MIT
"""A filter of recpipe in a task of Spark: run it, ship its files, feed it rows.

Everything that rec_spark.py does goes through run_filter(): a filter that
fails, that is killed, or that does not read what it was given, fails the task,
and its own words reach the exception of the driver.

Spark 3.5 and 4, Python 3.9 and later, pyarrow.
"""
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
import uuid
import zipimport

from pyspark.sql import functions as F


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
    roots = [os.getcwd()]       # YARN unpacks archives here, also those of a driver
    with contextlib.suppress(Exception):        # where there is no Spark
        roots.insert(0, _files().getRootDirectory())
    for root in roots:
        for folder in (os.path.join("bin", platform.machine()), "bin"):
            places.append(os.path.join(root, "rec", folder))
    places = [p for p in places if p]
    path = os.pathsep.join(places + [os.environ.get("PATH", os.defpath)])
    found = shutil.which(name, path=path)
    if found:
        return found
    here = socket.gethostname()
    for p in path.split(os.pathsep):
        if os.path.exists(os.path.join(p, name)):
            raise FilterFailed(f"{os.path.join(p, name)} on {here} is not executable: chmod +x")
    raise FilterFailed(
        f"{name} is not on {here}: ship the filters with --archives recpipe-cluster.tar.gz#rec, "
        f"install them there, or set spark.executorEnv.REC_BIN")


def _files():
    from pyspark import SparkFiles      # which a client of Spark Connect lacks
    return SparkFiles


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


def _spare_archives():
    """Let the next task of this worker begin sooner.

    Before a task PySpark calls importlib.invalidate_caches(). Since Python 3.10
    that reads the directory of each zip and jar in sys.path again, Spark's own
    among them: 0.1 to 0.2 s. A finder that is not there is made again when it
    is needed, from the directory that Python remembers.
    """
    for path, finder in list(sys.path_importer_cache.items()):
        if isinstance(finder, zipimport.zipimporter):
            del sys.path_importer_cache[path]


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


def figures_of(text):
    """`key TAB value` lines as a dict."""
    return dict(line.split("\t", 1) for line in text.splitlines() if "\t" in line)


def _figures(stats):
    with contextlib.suppress(OSError):
        with open(stats, encoding="utf-8") as f:
            return figures_of(f.read())
    return {}


def _wait(argv, stdin, stdout, stderr):
    try:
        p = subprocess.Popen(argv, stdin=stdin, stdout=stdout, stderr=stderr,
                             preexec_fn=_end_with_parent)
    except OSError as e:
        where = f"{argv[0]} on {socket.gethostname()}"
        raise FilterFailed(f"{where} cannot start: {e.strerror}") from None
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
        with open(name["in"], "rb") as i, open(name["out"], "wb") as o, \
                open(name["err"], "wb") as e:
            fed = os.fstat(i.fileno()).st_size
            status = _wait(argv + ["--stats", name["stats"]], i, o, e)
        told = _said(name["err"])
        what = f"{' '.join(argv)} on {socket.gethostname()}"
        if status:
            how = f"was killed by signal {-status}" if status < 0 else f"exited with {status}"
            raise FilterFailed(f"{what} {how}: {told or 'it said nothing'}")
        figures = _figures(name["stats"])
        if figures.get("bytes.stdin") != str(fed):
            read = figures.get("bytes.stdin", "none")
            raise FilterFailed(f"{what} exited with 0, but read {read} of the {fed} bytes of its "
                               f"input: {told or 'it said nothing'}")
        if report is not None:
            report.update(figures, said=told)
        elif told:
            print(told, file=sys.stderr)
        _spare_archives()
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
        tell(spark)
        self.run, self.step = run, step
        self.name = name or f"{digest_of(path)}-{os.path.basename(path)}"
        self.size = os.path.getsize(path)
        self.local = self.pieces = None
        if is_connect(spark):
            kept = _keep(path, self.name)
            spark.addArtifacts(kept, file=True)
        elif one_host(spark):
            self.local = path if run else _keep(path, self.name)
        else:
            self.pieces = [spark.sparkContext.broadcast(p) for p in pieces_of(path)]

    def path(self):
        """The file on this host; in a task."""
        if self.local:
            return self.local
        if self.pieces is None:
            return _files().get(self.name)
        folder = os.path.join(_files().getRootDirectory(), "rec-shipped")
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
        size = os.path.getsize(part)
        if size != self.size:
            raise FilterFailed(f"{self.name} arrived with {size} of {self.size} bytes")
        os.replace(part, path)
        for other in os.listdir(folder) if self.run else ():
            run, _, step = other.partition(".")
            if run == self.run and int(step.split(".")[0]) < self.step - 1:
                with contextlib.suppress(OSError):
                    os.unlink(os.path.join(folder, other))

    def unship(self):
        """On the driver: the file is forgotten everywhere."""
        for piece in self.pieces or ():
            piece.destroy()
        if self.local and not self.run:
            os.unlink(self.local)


def ship(spark, path):
    """Make a file known to tasks. path may be on any file system of Hadoop."""
    with scratch_folder() as folder:
        return Shipped(spark, fetch(spark, path, folder))


def is_connect(spark):
    """Whether a session speaks to a Spark Connect server: there are no RDDs."""
    return ".connect." in type(spark).__module__


def cores(spark):
    """Tasks that make use of the cores that Spark has."""
    if is_connect(spark):
        return int(spark.conf.get("spark.sql.shuffle.partitions"))
    return max(1, spark.sparkContext.defaultParallelism)


def one_host(spark):
    """Whether tasks see the files of the driver: master local[N]."""
    master = spark.sparkContext.master
    return master.startswith("local") and not master.startswith("local-cluster")


def tell(spark):
    """Give the modules of this folder to the tasks of a session, once."""
    here = os.path.dirname(os.path.abspath(__file__))
    if vars(spark).get("_rec_told") or not os.path.isdir(here):     # in a zip: by --py-files
        return
    for name in sorted(os.listdir(here)):
        path = os.path.join(here, name)
        if not (name.startswith("rec_") and name.endswith(".py")):
            continue
        if is_connect(spark):
            spark.addArtifacts(path, pyfile=True)
        else:
            spark.sparkContext.addPyFile(path)
    spark._rec_told = True


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


def pieces_of(path):
    with open(path, "rb") as f:
        while True:
            piece = f.read(PIECE)
            if not piece:
                return
            yield piece


def digest_of(path):
    h = hashlib.blake2b(digest_size=12)
    for piece in pieces_of(path):
        h.update(piece)
    return h.hexdigest()


def hadoop(spark, path):
    """The file system of a path, and the path, in the JVM of the driver."""
    jvm, conf = spark._jvm, spark._jsc.hadoopConfiguration()
    there = jvm.org.apache.hadoop.fs.Path(path)
    return there.getFileSystem(conf), there


def _is_local(path):
    return "://" not in path and not path.startswith("file:")


def fetch(spark, path, folder):
    """A local file with the contents of path."""
    if is_connect(spark) or _is_local(path) and os.path.exists(path):
        return path
    fs, there = hadoop(spark, path)
    if not fs.exists(there):
        raise FileNotFoundError(f"{path}: no such file")
    local = os.path.join(folder, there.getName())
    fs.copyToLocalFile(False, there, spark._jvm.org.apache.hadoop.fs.Path("file://" + local), True)
    return local


def save(spark, local, path):
    """Copy a local file to a path of any file system; whole, or not at all."""
    if is_connect(spark) or _is_local(path) and one_host(spark):
        part = f"{path}.{uuid.uuid4().hex[:8]}.part"
        shutil.copyfile(local, part)
        os.replace(part, path)
        return
    fs, there = hadoop(spark, path)
    part = there.suffix(f".{uuid.uuid4().hex[:8]}.part")
    here = spark._jvm.org.apache.hadoop.fs.Path("file://" + os.path.abspath(local))
    fs.copyFromLocalFile(False, True, here, part)
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
    tell(df.sparkSession)
    return df.select(line_of(df, columns).alias("line"))


def line_of(df, columns=()):
    types = dict(df.dtypes)
    words = []
    for name in columns or df.columns:
        col = F.col(f"`{name}`")
        if types[name] in ("date", "timestamp", "timestamp_ntz"):
            col = col.cast("timestamp").cast("double")
        words += [F.lit("\t"), col.cast("string")]
    return F.concat(*words[1:], F.lit("\n"))


def first_field(df):
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
                raise FilterFailed(f"row {row + 1} of this partition holds NULL; leave it out")
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
            raise FilterFailed(f"row {row + i + 1} of this partition has a TAB or a line end in a "
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
        what = ", ".join(names)
        raise FilterFailed(f"what the filter wrote is not {what} in UTF-8: {e}") from None


def whole_lines(data):
    """A record batch of the lines that a filter wrote, as they are."""
    import pyarrow as pa

    if len(data):
        rows = bytes(data).split(b"\n")
        if rows.pop():
            raise FilterFailed("what the filter wrote does not end with a line end")
        value = pa.array(rows, pa.binary()).cast(pa.string())
        yield pa.RecordBatch.from_arrays([value], names=["value"])


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
