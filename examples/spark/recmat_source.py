# SPDX-License-Identifier: MIT
"""spark.read.format("recmat"): recmat(5) files as DataFrames, and back.

For Spark 4.0 and later. recmat.py, numpy and pyarrow are needed; nothing has
to be shipped, the session takes both files along.

    from recmat_source import RecmatSource
    spark.dataSource.register(RecmatSource)

    items = spark.read.format("recmat").option("block", "item").load("model.rec")
        id string, features array<float>
    pairs = spark.read.format("recmat").load("pairs.rec")
        row string, col string, value float[, time double]

    df.write.format("recmat").mode("overwrite").save("pairs.rec")

Options of reading:
    block               the block, by name; may be left out if there is one name
                        alone. "metadata" gives key and value; "*" gives all
                        factors with the column block before the others
    kind                "dense" or "sparse": what a similarity kept whole, which
                        has row and column labels, is given as [sparse]
    rows_per_partition  of the DataFrame, about [16 MiB of numbers]
    trust               "true": skip the CRCs of sections

Options of writing, where columns count by their place, not by their name:
    block               (id, features): "user" or "item" in a model. Columns
                        (block, id, features) need none
    order               (row, col[, value[, time]]): "canonical", "ranked" for
                        lists, "stream" for events, where pairs may come again
    metadata.KEY        a line of metadata

A partition is a block, a range of its rows, or some small blocks. It reads its
own bytes alone; the one with the first row of a block also checks its CRCs. The
file must not change between planning and reading: that is an error.

The path is that of a file which driver and executors see: on this machine, or
in a store that pyarrow.fs opens by its URI (s3, gs, hdfs).

Tasks write parts into a hidden folder beside the target. At the end the driver
joins them into one file, which then gets its name: what fails or is killed
leaves nothing under it. The driver holds labels and row pointers; cells go
through unnamed temporary files.
"""
import contextlib
import os
import re
import shutil
import socket
import sys
import tempfile
import uuid

import pyspark
from pyspark import cloudpickle

try:
    from pyspark.sql.datasource import (DataSource, DataSourceArrowWriter,
                                        DataSourceReader, InputPartition,
                                        WriterCommitMessage)
except ImportError:
    raise ImportError(
        "format(\"recmat\") needs Spark 4.0 or later, and this is %s, which has "
        "no Python data sources. With it, read the text that 'rec-cat --block "
        "item model.rec' prints, or use recmat.py in mapInArrow."
        % pyspark.__version__) from None
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import types as T

try:
    import recmat
except ImportError:         # its place in the source, and where it is installed
    _here = os.path.dirname(os.path.abspath(__file__))
    sys.path += [os.path.join(_here, "..", "python"), os.path.join(_here, "..")]
    import recmat

# Executors get the code with the plan, so that they need no copy of it.
for _module in (recmat, sys.modules[__name__]):
    cloudpickle.register_pickle_by_value(_module)

PARTITION = 16 << 20        # bytes of numbers
BATCH = 1 << 20             # numbers of an Arrow batch
PART = 32 << 20             # bytes that a task holds before it writes a block
READ = {"path", "block", "kind", "rows_per_partition", "trust"}
WRITE = {"path", "block", "order"}
AGAIN = 'group the rows, or write them with option("order", "stream")'


class RecmatSource(DataSource):
    @classmethod
    def name(cls):
        return "recmat"

    def schema(self):
        return Choice(self.options).schema

    def reader(self, schema):
        return RecmatReader(Choice(self.options), schema)

    def writer(self, schema, overwrite):
        return RecmatWriter(self.options, schema, overwrite)


# -- where files are ---------------------------------------------------------


class Store:
    """A path, on this machine or in a file system of pyarrow."""

    def __init__(self, path):
        self.path, self.fs = re.sub("^file:(//)?(?=/)", "", path), None
        # What messages say: keys and settings of a store stay out of them.
        self.text = re.sub("//[^/@]*@", "//", path.partition("?")[0])
        if re.match("[a-zA-Z][a-zA-Z0-9+.-]+:/", self.path):
            from pyarrow import fs
            uri = re.sub("^s3[an]:", "s3:", path)
            try:
                self.fs, self.path = fs.FileSystem.from_uri(uri)
            except (pa.ArrowException, OSError, ImportError) as e:
                raise ValueError("%s: pyarrow cannot open it (%s); name a path "
                                 "of this machine or a URI that pyarrow.fs "
                                 "knows" % (self.text, str(e).replace(
                                     uri, self.text))) from None
        else:
            self.path = os.path.realpath(self.path)

    def open(self, path=None):
        try:
            return (self.fs.open_input_file(path or self.path) if self.fs
                    else open(path or self.path, "rb", buffering=0))
        except FileNotFoundError:
            raise FileNotFoundError(
                "%s: there is no such file on %s; driver and executors must all "
                "see it" % (self.text, socket.gethostname())) from None

    def create(self, path):
        return self.fs.open_output_stream(path) if self.fs else open(path, "wb")

    def folder(self, path):
        if self.fs:
            self.fs.create_dir(path, recursive=True)
        else:
            os.makedirs(path, exist_ok=True)

    def remove(self, folder):
        if not self.fs:
            for _ in range(9):      # a task may be about to write into it
                shutil.rmtree(folder, ignore_errors=True)
            return
        from pyarrow import fs
        if self.fs.get_file_info(folder).type != fs.FileType.NotFound:
            self.fs.delete_dir(folder)

    def publish(self, blocks, folder):
        """One file of blocks, under its name when it is complete."""
        whole = folder + "/whole"
        if not self.fs:
            recmat.write(whole, blocks)         # which syncs it
            os.replace(whole, self.path)
            return
        with self.create(whole) as f:
            recmat.write(f, blocks)
        self.fs.move(whole, self.path)


def _check(options, known):
    for key in options:
        if key not in known and not key.startswith("metadata."):
            raise ValueError("recmat: there is no option '%s'; the options are "
                             "%s" % (key, ", ".join(sorted(known - {"path"}))))
    if not options.get("path"):
        raise ValueError("recmat: a path is needed, one file")


# -- reading -----------------------------------------------------------------

TEXT, NUMBER = T.StringType(), T.FloatType()
ARROW = {"string": pa.string(), "float": pa.float32(), "double": pa.float64(),
         "array<float>": pa.list_(pa.field("element", pa.float32()))}


class Choice:
    """Which blocks of a file are read, and as which columns."""

    def __init__(self, options):
        _check(options, READ)
        self.store = Store(options["path"])
        self.trust = options.get("trust", "false").lower() == "true"
        self.limit = int(options.get("rows_per_partition", 0))
        kind = options.get("kind")
        if kind not in (None, "dense", "sparse") or self.limit < 0:
            raise ValueError("recmat: kind is dense or sparse, and "
                             "rows_per_partition a number above 0")
        with self.store.open() as f:
            file = recmat.File(f, name=self.store.text)
            entries = file.entries()
            self.size = len(file.data)
        self.choose(entries, options.get("block"))
        self.schema = T.StructType()
        for name, kind in self.columns(kind):
            self.schema.add(name, kind)

    def fail(self, what):
        raise ValueError("%s: %s" % (self.store.text, what))

    def choose(self, entries, block):
        self.block = block
        if block == "metadata":
            self.entries = [e for e in entries if e.kind == "metadata"]
            return
        entries = [e for e in entries if e.kind in ("dense", "sparse")]
        names = list(dict.fromkeys(e.name for e in entries))
        if not names:
            self.fail("it holds no matrix, so that there are no columns")
        there = ", ".join("'%s'" % n for n in names)
        if block == "*":
            self.entries = [e for e in entries
                            if e.kind == "dense" and not e.has_columns]
        elif block is None and len(names) > 1:
            self.fail("it holds the blocks %s; choose one by option(\"block\", "
                      "\"%s\")" % (there, names[-1]))
        else:
            self.entries = [e for e in entries if block in (None, e.name)]
        if not self.entries:
            self.fail("it holds no %s; its blocks are %s"
                      % ("factors" if block == "*" else "block '%s'" % block,
                         there))

    def columns(self, kind):
        """Names and types; what the blocks have in common decides."""
        if self.block == "metadata":
            return [("key", TEXT), ("value", TEXT)]
        labelled = all(e.has_columns for e in self.entries)
        if kind == "sparse" and not labelled:
            self.fail("the block has no column labels, and cannot be read as "
                      "sparse")
        self.dense = kind == "dense" or not labelled
        if self.dense and any(e.kind != "dense" for e in self.entries):
            self.fail("a block is sparse, and cannot be read as dense")
        self.times = any(e.has_times for e in self.entries)
        if self.dense:
            block = [("block", TEXT)] if self.block == "*" else []
            return block + [("id", TEXT), ("features", T.ArrayType(NUMBER))]
        return ([("row", TEXT), ("col", TEXT), ("value", NUMBER)]
                + ([("time", T.DoubleType())] if self.times else []))


class Piece(InputPartition):
    """What a task reads; value: [(entry, first row, last row + 1)]."""


class RecmatReader(DataSourceReader):
    def __init__(self, choice, schema):
        if schema.simpleString() != choice.schema.simpleString():
            choice.fail("its columns are %s; leave .schema() out"
                        % choice.schema.simpleString()[7:-1])
        self.choice, self.labels = choice, None
        self.arrow = pa.schema([(f.name, ARROW[f.dataType.simpleString()])
                                for f in choice.schema])

    def partitions(self):
        """Small blocks together, a large one by rows."""
        c, out, room = self.choice, [], 0
        if c.block == "metadata":
            return [Piece([(e, 0, 0) for e in c.entries])]
        with c.store.open() as f:
            file = recmat.File(f, name=c.store.text)
            for e in c.entries:
                for first, last, size in self.spans(file, e):
                    if not out or size > room:
                        out.append([])
                        room = self.limit(e)
                    out[-1].append((e, first, last))
                    room -= size
        return [Piece(p) for p in out]

    def limit(self, e):
        wide = 4 * e.shape[1] if self.choice.dense else 16
        return self.choice.limit or max(PARTITION // max(wide, 1), 1)

    def spans(self, file, e):
        """(first, last + 1, rows of the DataFrame) of pieces of a block."""
        rows, cols = e.shape
        if e.kind == "dense":
            each = 1 if self.choice.dense else max(cols, 1)
            step = max(self.limit(e) // each, 1)
            for first in range(0, rows, step):
                last = min(first + step, rows)
                yield first, last, (last - first) * each
        elif e.order == "stream" or e.cells <= self.limit(e):
            yield 0, rows, e.cells
        else:
            ptr = np.frombuffer(file.pointers(e, 5, 0, rows, e.cells)[0], "<u8")
            for first, last in recmat.pieces(ptr, self.limit(e)):
                yield first, last, int(ptr[last] - ptr[first])

    def read(self, partition):
        if not partition.value:
            return
        with self.choice.store.open() as f:
            file = recmat.File(f, self.choice.trust, self.choice.store.text)
            for e, first, last in partition.value:
                self.same(file, e)
                for block in self.blocks(file, e, first, last):
                    yield from self.batches(file, block)

    def same(self, file, e):
        """The block that was planned with still stands there."""
        size, was, got = len(file.data), self.choice.size, None
        if size == was:
            got = file.entry(e.at, e.number)
        if got != e:
            raise recmat.Error(
                "%s: it was changed or cut after the query was planned (%d "
                "bytes then, %d now); read it again, and give a new model a "
                "new name" % (self.choice.store.text, was, size))

    def blocks(self, file, e, first, last):
        """Some rows as blocks of the size of a batch."""
        if e.kind == "metadata" or e.order == "stream":
            yield file.block(e)
            return
        if first == 0 and not self.choice.trust:
            file.verify(e)
        if e.kind == "dense":
            step = max(BATCH // max(e.shape[1], 1), 1)
            cut = ((a, min(a + step, last)) for a in range(first, last, step))
        else:
            ptr = np.frombuffer(
                file.pointers(e, 5, first, last, e.cells)[0], "<u8")
            cut = ((first + a, first + b) for a, b in recmat.pieces(ptr, BATCH))
        for a, b in cut:
            yield file.rows(e, a, b)

    def batches(self, file, b):
        if b.kind == "metadata":
            columns = [list(b.meta), list(b.meta.values())]
            if any("\udc80" <= c <= "\udcff" for v in columns[1] for c in v):
                file.fail("metadata that are not UTF-8")
        elif self.choice.dense:
            rows, cols = b.shape
            ends = np.arange(rows + 1, dtype=np.int32) * np.int32(cols)
            columns = [self.text(file, b.row), pa.ListArray.from_arrays(
                pa.array(ends), pa.array(b.values.reshape(-1)))]
            if self.choice.block == "*":
                columns.insert(0, [b.name] * rows)
        else:
            columns = self.cells(file, b)
        arrays = [pa.array(c, t) if isinstance(c, list) else c.cast(t)
                  for c, t in zip(columns, self.arrow.types)]
        if len(arrays[0]):
            yield pa.RecordBatch.from_arrays(arrays, schema=self.arrow)

    def cells(self, file, b):
        if b.kind == "dense":
            rows, cols = b.shape
            row = np.repeat(np.arange(rows), cols)
            index, values = np.tile(np.arange(cols), rows), b.values.reshape(-1)
        else:
            row, index, values = b.cells()
        if self.labels is not b.col:        # which all rows of a block share
            self.labels, self.column = b.col, self.text(file, b.col)
        columns = [self.text(file, b.row).take(pa.array(row)),
                   self.column.take(pa.array(index)),
                   pa.array(values)]
        if self.choice.times:
            columns.append(pa.nulls(len(row), pa.float64()) if b.times is None
                           else pa.array(b.times, from_pandas=True))
        return columns

    def text(self, file, labels):
        """Labels as Arrow strings, where they lie."""
        a = pa.LargeStringArray.from_buffers(
            len(labels), pa.py_buffer(labels.offsets), pa.py_buffer(labels.data))
        try:
            a.validate(full=True)
        except pa.ArrowInvalid:
            for label in labels:
                try:
                    label.decode()
                except UnicodeDecodeError:
                    file.fail("the label %r is not UTF-8, which a column of "
                              "strings has to be; convert the text that the "
                              "file was made from, as by iconv" % label)
            raise
        return a


# -- writing -----------------------------------------------------------------


class Written(WriterCommitMessage):
    """What a task wrote: a file, and how many rows are in it."""

    def __init__(self, path, rows):
        self.path, self.rows, self.host = path, rows, socket.gethostname()


class RecmatWriter(DataSourceArrowWriter):
    def __init__(self, options, schema, overwrite):
        _check(options, WRITE)
        self.store = Store(options["path"])
        if not overwrite:
            self.fail("a recmat file is written as a whole: .mode(\"overwrite\")"
                      ", or another name")
        if not self.store.fs and os.path.isdir(self.store.path):
            self.fail("it is a folder, and one file is written")
        self.meta = {k[9:]: v for k, v in options.items()
                     if k.startswith("metadata.")}
        recmat.metadata(self.meta)
        self.layout(schema, options)
        folder, name = os.path.split(self.store.path)
        self.folder = "%s/.%s.%s" % (folder, name, uuid.uuid4().hex)
        self.store.folder(self.folder)

    def fail(self, what):
        raise ValueError("%s: %s" % (self.store.text, what))

    def layout(self, schema, options):
        """Which columns there are; they count by their place."""
        kinds = [self.kind(f) for f in schema]
        self.names = schema.fieldNames()
        self.order, self.block = options.get("order"), options.get("block")
        self.dense = kinds[-1:] == ["features"]
        self.named = self.dense and kinds == ["label", "label", "features"]
        if self.dense:
            ok = self.named or kinds == ["label", "features"]
            if self.order is not None:
                self.fail("factors have no order; leave the option out")
            if self.named == (self.block is not None):
                self.fail("factors need a name: option(\"block\", \"item\") or "
                          "a column block before the id, not both")
        else:
            ok = (kinds[:2] == ["label"] * 2
                  and all(k != "features" for k in kinds[2:])
                  and all(f.dataType.typeName() != "string" for f in schema[2:])
                  and len(kinds) <= 4)
            self.order = self.order or "canonical"
            if self.order not in recmat.ORDERS.values():
                self.fail("order is canonical, ranked or stream")
        for name, place in (("value", 2), ("time", 3)):
            if name in self.names and self.names.index(name) != place:
                ok = False
        if not ok:
            self.fail("its columns are %s; recmat takes (row, col[, value[, "
                      "time]]) or ([block, ]id, features), in this order, "
                      "where labels are strings or whole numbers and the "
                      "others numbers" % schema.simpleString()[7:-1])

    def kind(self, field):
        t = field.dataType
        if isinstance(t, (T.StringType, T.IntegralType)):
            return "label"
        if isinstance(t, T.ArrayType) and isinstance(t.elementType, T.NumericType):
            return "features"
        return "number" if isinstance(t, T.NumericType) else t.simpleString()

    # A task

    def write(self, iterator):
        self.rows = 0
        part = "%s/%s" % (self.folder, uuid.uuid4().hex)
        try:
            f = self.store.create(part)
        except FileNotFoundError:
            self.fail("the folder of its parts is not to be seen on %s; the path "
                      "has to be one that all hosts share" % socket.gethostname())
        with f:
            recmat.write(f, self.blocks(iterator))
        return Written(part, self.rows)

    def blocks(self, batches):
        """Blocks of a bounded size, each of them in order."""
        held, size = [], 0
        for b in batches:
            if b.num_rows:
                held.append(b)
                size += b.nbytes
                self.rows += b.num_rows
            if size >= PART:
                yield from self.block_of(held)
                size = 0
        if held:
            yield from self.block_of(held)

    def block_of(self, held):
        columns = [c.combine_chunks()
                   for c in pa.Table.from_batches(held).columns]
        held.clear()
        if not self.dense:
            yield from self.pairs(columns)
        elif not self.named:
            yield self.factors(columns, self.block)
        else:
            names = self.labels(columns[0], 0)
            for name in pc.unique(names).to_pylist():
                mask = pc.equal(names, name)
                yield self.factors([c.filter(mask) for c in columns[1:]],
                                   name.decode())

    def factors(self, columns, name):
        where = len(self.names) - 2
        ids, features = self.labels(columns[0], where), columns[1]
        wide = pc.unique(pc.list_value_length(features)).to_pylist()
        flat = features.flatten()
        if features.null_count or flat.null_count or len(wide) != 1:
            self.fail("the column '%s' needs rows of the same length without "
                      "nulls" % self.names[-1])
        values = self.numbers(flat, -1, pa.float32())
        at = pc.sort_indices(ids)
        self.once(ids.take(at))
        ids = _labels(ids.take(at))
        self.good(ids, where)
        return recmat.dense(ids, values.reshape(-1, wide[0])[np.asarray(at)],
                            name=name)

    def pairs(self, columns):
        ends, values, times = [self.labels(columns[i], i) for i in (0, 1)], None, None
        if len(columns) > 2:
            values = self.numbers(columns[2], 2, pa.float32())
        if len(columns) > 3 and columns[3].null_count < len(columns[3]):
            times = self.numbers(columns[3], 3, pa.float64())
        if self.order != "stream":
            (row, rows), (col, cols) = map(self.sides, ends, (0, 1))
            try:
                b = recmat.sparse(row, col, rows, cols, values, times,
                                  self.block or "", self.order == "ranked")
            except ValueError as e:
                self.fail("%s; %s" % (e, AGAIN))
            yield b
            return
        n = recmat.STREAM_CELLS
        for a in range(0, len(ends[0]), n):
            (row, rows), (col, cols) = map(
                self.sides, [end.slice(a, n) for end in ends], (0, 1))
            yield recmat.Block(
                "sparse", name=self.block or "", order="stream", row=row,
                col=col, row_index=rows, index=cols,
                values=(np.full(len(rows), np.nan) if values is None
                        else values[a:a + n]),
                times=None if times is None else times[a:a + n])

    def labels(self, column, place):
        if column.null_count:
            self.fail("the column '%s' holds a null, which is no label"
                      % self.names[place])
        return column.cast(pa.large_string()).cast(pa.large_binary())

    def sides(self, labels, place):
        """Labels once each, which are good ones, and which one each row has."""
        once, [numbers] = _numbered([labels])
        self.good(once, place)
        return once, numbers

    def good(self, labels, place):
        for label in labels if _bad(bytes(labels.data)) else labels[:1]:
            if not label or _bad(label):
                self.fail("the column '%s' holds %r; a label is not empty and "
                          "has no TAB, newline or NUL"
                          % (self.names[place], label.decode()))

    def numbers(self, column, place, kind):
        missing = self.order == "stream" or place == 3
        if column.null_count and not missing:
            self.fail("the column '%s' holds a null; say what counts instead, "
                      "as by df.fillna(1, \"%s\")"
                      % (self.names[place], self.names[place]))
        x = column
        if x.type != kind:
            x = x.cast(pa.float64(), safe=False).cast(kind, safe=False)
        if not pc.all(pc.is_finite(x)).as_py():
            self.fail("the column '%s' holds a number that is not finite"
                      % self.names[place])
        return x.to_numpy(zero_copy_only=False)     # a null becomes a NaN

    # The driver

    def abort(self, messages):
        self.store.remove(self.folder)

    def commit(self, messages):
        try:
            with contextlib.ExitStack() as stack:
                self.files = [self.part(m, stack) for m in messages if m]
                self.store.publish(self.joined(), self.folder)
        finally:
            self.store.remove(self.folder)

    def part(self, message, stack):
        """A part as (File, its entries), opened; it has all of its rows."""
        try:
            f = stack.enter_context(self.store.open(message.path))
        except FileNotFoundError:
            self.fail("a part that was written on %s is not to be seen on %s; "
                      "the path has to be one that all hosts share"
                      % (message.host, socket.gethostname()))
        file = recmat.File(f, name=message.path)
        entries = file.entries()
        rows = sum(e.shape[0] if self.dense else e.cells for e in entries)
        if rows != message.rows:
            self.fail("a part has %d rows, %d were written"
                      % (rows, message.rows))
        return file, entries

    def joined(self):
        """The blocks of the file: metadata, then one a name, or the stream."""
        if self.meta:
            yield recmat.metadata(self.meta)
        parts = [(f, e) for f, entries in self.files for e in entries]
        if self.order == "stream":
            for f, e in parts:
                yield f.block(e)
            return
        names = sorted({e.name for _, e in parts},
                       key=lambda n: (n != "user", n))      # as rec-als has it
        for name in names:
            some = [(f, e) for f, e in parts if e.name == name]
            yield self.one_dense(some) if self.dense else self.one_sparse(some)

    def one_dense(self, parts):
        labels = pa.concat_arrays([_array(f.row_labels(e)) for f, e in parts])
        at = pc.sort_indices(labels)
        labels = labels.take(at)
        self.once(labels)
        widths = {e.shape[1] for _, e in parts}
        if len(widths) > 1:
            self.fail("rows of '%s' have %s numbers"
                      % (parts[0][1].name, " and of ".join(map(str, widths))))
        place = recmat.inverse(np.asarray(at))
        values, n = _spool("<f4", len(labels), *widths), 0
        for f, e in parts:
            values[place[n:n + e.shape[0]]] = f.block(e).values
            n += e.shape[0]
        return recmat.dense(_labels(labels), values, name=parts[0][1].name)

    def once(self, labels):
        twice = pc.equal(labels[1:], labels[:-1])
        if pc.any(twice).as_py():
            label = labels[1:].filter(twice)[0].as_py()
            self.fail("the id '%s' appears twice"
                      % label.decode(errors="replace"))

    def one_sparse(self, parts):
        """Rows of all parts, put where they belong; then order within them."""
        row, rows = _numbered([_array(f.row_labels(e)) for f, e in parts])
        col, cols = _numbered([_array(f.column_labels(e)) for f, e in parts])
        count, seen = np.zeros((2, len(row)), np.int64)
        for (f, e), r in zip(parts, rows):
            ptr = np.frombuffer(f.pointers(e, 5, 0, e.shape[0], e.cells)[0], "<u8")
            count[r] += np.diff(ptr.astype(np.int64))
            seen[r] += 1
        ptr = np.concatenate(([0], np.cumsum(count)))
        free, n = ptr[:-1].copy(), int(ptr[-1])
        index, values, times = _spool("<u4", n), _spool("<f4", n), None
        if any(e.has_times for _, e in parts):
            times = _spool("<f8", n)
        for (f, e), r, c in zip(parts, rows, cols):
            b = f.block(e)
            p = b.indptr.astype(np.int64)
            at = np.repeat(free[r] - p[:-1], np.diff(p)) + np.arange(e.cells)
            index[at], values[at] = c[b.index], b.values
            if times is not None:
                times[at] = np.nan if b.times is None else b.times
            free[r] += np.diff(p)
        if np.any(seen > 1):
            self.sort((row, col), ptr, index, values, times)
        return recmat.Block("sparse", name=parts[0][1].name, order=self.order,
                            row=row, col=col, indptr=ptr, index=index,
                            values=values, times=times)

    def sort(self, labels, ptr, index, values, times):
        """Within each row; some rows at a time."""
        for first, last in recmat.pieces(ptr, BATCH):
            cut = slice(ptr[first], ptr[last])
            row = np.repeat(np.arange(first, last), np.diff(ptr[first:last + 1]))
            pairs = row.astype(np.uint64) << np.uint64(32) | index[cut]
            at = (np.lexsort((index[cut], -values[cut], row))
                  if self.order == "ranked" else np.argsort(pairs))
            for x in (index, values) + (() if times is None else (times,)):
                x[cut] = x[cut][at]
            pairs.sort()
            twice = pairs[1:][pairs[1:] == pairs[:-1]]
            if len(twice):
                pair = int(twice[0])
                self.fail("the pair %r, %r appears twice; %s"
                          % (labels[0][pair >> 32],
                             labels[1][pair & 0xFFFFFFFF], AGAIN))


def _bad(label):
    return any(c in label for c in b"\t\n\0")


def _spool(kind, *shape):
    """An array in an unnamed temporary file, for which there is room."""
    if 0 in shape:
        return np.zeros(shape, kind)
    with tempfile.TemporaryFile() as f:
        size = int(np.prod(shape, dtype=np.int64)) * np.dtype(kind).itemsize
        if hasattr(os, "posix_fallocate"):      # a full disk is an error here
            os.posix_fallocate(f.fileno(), 0, size)
        return np.memmap(f, kind, "w+", shape=shape)


def _array(labels):
    return pa.LargeBinaryArray.from_buffers(
        pa.large_binary(), len(labels),
        [None, pa.py_buffer(labels.offsets), pa.py_buffer(labels.data)])


def _labels(a):
    """Labels of a sorted array."""
    off = np.frombuffer(a.buffers()[1], "<i8", len(a) + 1, 8 * a.offset)
    data = memoryview(a.buffers()[2] or b"")[int(off[0]):int(off[-1])]
    return recmat.Labels((off - off[0]).astype("<u8"), data)


def _numbered(arrays):
    """Labels of all arrays; for each array, the number of each of its labels."""
    whole = pa.chunked_array(arrays).combine_chunks().dictionary_encode()
    at = pc.sort_indices(whole.dictionary)
    number = recmat.inverse(np.asarray(at))[np.asarray(whole.indices)]
    ends = np.cumsum([0] + [len(a) for a in arrays])
    return (_labels(whole.dictionary.take(at)),
            [number[a:b] for a, b in zip(ends, ends[1:])])
