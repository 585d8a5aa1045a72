# SPDX-License-Identifier: MIT
"""Read and write recmat, the binary form of recpipe, with numpy.

One file, no dependency but numpy; copy it where you need it. The format is
described in recmat(5). Everything is checked on reading as the commands check
it, and what the page does not allow is a recmat.Error.

    import recmat

    for block in recmat.read("model.rec"):      # blocks of all streams
        print(block.kind, block.name, block.shape)

    model = recmat.read("model.rec")
    item = recmat.named(model, "item")          # factors, labels ascending
    item.values[item.row.find("tea")]           # float32, one row

    recmat.write("new.rec", [
        recmat.metadata({"algorithm": "als"}),
        recmat.dense(["a", "b"], [[1, 2], [3, 4]], name="item"),
    ])

Files are mapped, so a large model costs the memory of the pages that are
touched, and many processes share it. Arrays of a mapped file are read-only.
"""
import bisect
import collections
import io
import mmap
import os
import struct
import tempfile
import zlib

import numpy as np

__all__ = ["Block", "Entry", "Error", "File", "Labels", "dense", "keys",
           "metadata", "named", "pieces", "read", "sparse", "stream", "write"]

MAGIC = b"RECMAT\0\n"
SPARSE, DENSE, META, KEYS, END = 1, 2, 3, 4, 0xFFFFFFFF
KINDS = {SPARSE: "sparse", DENSE: "dense", META: "metadata", KEYS: "keys"}
ORDERS = {1: "canonical", 2: "ranked", 3: "stream"}
HEAD, HEAD_SIZE = "<8sHHIIIQQQQII32s28xI", 128
SECTION, SECTION_SIZE = "<IIQQQ", 32
SECTIONS = {1: "row label offsets", 2: "row labels", 3: "column label offsets",
            4: "column labels", 5: "row pointers", 6: "column indices",
            7: "row indices", 8: "values", 9: "times", 10: "metadata",
            11: "keys"}
LIMIT = 0xFFFFFFFE          # rows and columns
STREAM_CELLS = 65536        # cells of a block that stream() makes, at most
PIECE = 1 << 20             # bytes, or numbers, that are worked on at a time
# NaNs that stand for a value or a time that was not given; compared by bits.
NO_VALUE, NO_TIME = 0x7FC00000, 0x7FF8000000000000


class Error(ValueError):
    """A file that is damaged, cut off, or not recmat."""


class Labels:
    """The labels of one side: a sequence of bytes, ascending and unique.

    Nothing is copied: labels stay in the file until they are asked for.
    """

    def __init__(self, offsets, data):
        self.offsets, self.data = offsets, data

    def __len__(self):
        return len(self.offsets) - 1

    def __getitem__(self, i):
        if isinstance(i, slice):
            return [self[j] for j in range(*i.indices(len(self)))]
        n = len(self)
        if not -n <= i < n:
            raise IndexError(i)
        i %= n
        return bytes(self.data[int(self.offsets[i]):int(self.offsets[i + 1])])

    def find(self, label):
        """The position of a label (bytes, or str as UTF-8), or None."""
        label = _label(label)
        i = bisect.bisect_left(self, label)
        return i if i < len(self) and self[i] == label else None

    def text(self):
        """All labels as str; bytes that are not UTF-8 become surrogates."""
        return [b.decode("utf-8", "surrogateescape") for b in self]


class Block:
    """One block. Members that the kind does not have are None.

    kind    "sparse", "dense", "metadata", "keys"
    order   sparse: "canonical", "ranked" (lists), "stream" (as rows came)
    name    "" for interactions and lists; "user", "item", "similarity", ...
    optional    a reader that does not know the kind may skip the block
    row     Labels; col: Labels or None (factors have none)
    values  sparse: float32 [cells]; dense: float32 [rows, columns]. NaN in a
            block of order stream is a value that was not given: it counts as 1
    times   float64 [cells] or None; NaN is a time that was not given
    indptr  canonical, ranked: uint64 [rows + 1]
    index   sparse: uint32 [cells], the column of each cell
    row_index   stream: uint32 [cells], the row of each cell
    meta    metadata: dict of str
    keys    keys: uint64, none smaller than the one before it
    """

    def __init__(self, kind, **members):
        self.kind, self.name, self.order = kind, "", None
        self.optional = kind == "keys"
        self.row = self.col = self.values = self.times = None
        self.indptr = self.index = self.row_index = None
        self.meta = self.keys = None
        for key, value in members.items():
            if not hasattr(self, key):
                raise TypeError("a block has no member '%s'" % key)
            setattr(self, key, value)

    @property
    def shape(self):
        if self.kind == "metadata":
            return (0, 0)
        if self.kind == "keys":
            return (len(self.keys), 0)
        if self.kind == "dense":
            return self.values.shape
        return (len(self.row), len(self.col))

    def cells(self):
        """Row and column numbers and values of every cell of a sparse block.

        A value that was not given is 1.
        """
        if self.kind != "sparse":
            raise TypeError("a %s block has no cells" % self.kind)
        rows = self.row_index
        if rows is None:
            rows = np.repeat(np.arange(len(self.row), dtype=np.uint32),
                             np.diff(self.indptr.astype(np.int64)))
        values = np.where(np.isnan(self.values), np.float32(1), self.values)
        return rows, self.index, values


# -- reading -----------------------------------------------------------------


def read(source, trust=False):
    """All blocks of a file (a path, mapped) or of a binary stream, as a list.

    Blocks of an unknown kind that are flagged optional are skipped. trust:
    skip the CRCs of sections, as --trust does; everything else is checked.
    """
    if hasattr(source, "read"):
        return _Reader("<stream>", memoryview(source.read()), trust).blocks()
    return File(source, trust).blocks()


def named(blocks, name):
    """The one block of that name."""
    found = [b for b in blocks if b.name == name and b.kind != "metadata"]
    if len(found) != 1:
        raise Error("%d blocks are called '%s'; one is wanted (rec-cat "
                    "--merge -b joins parts)" % (len(found), name))
    return found[0]


class Entry(collections.namedtuple("Entry", "number at header sections")):
    """A block that was not read: what its header and section table say.

    It can be pickled; two are equal if the blocks are, as far as CRCs tell.
    """

    kind = property(lambda e: KINDS.get(e.header["kind"]))
    name = property(lambda e: e.header["name"].decode("ascii"))
    order = property(lambda e: ORDERS.get(e.header["order"]))
    shape = property(lambda e: (e.header["rows"], e.header["cols"]))
    cells = property(lambda e: e.header["cells"])
    has_columns = property(lambda e: 3 in e.sections)
    has_times = property(lambda e: 9 in e.sections)


class _Reader:
    def __init__(self, name, data, trust):
        self.name, self.data, self.trust = name, data, trust
        self.at, self.number = 0, 1
        self.columns = (None, None)     # an entry, its column labels

    def fail(self, what):
        raise Error("%s: block %d: %s" % (self.name, self.number, what))

    def need(self, ok, what):
        if not ok:
            self.fail(what)

    def entries(self):
        """An Entry for each block; end marks are checked, sections not read."""
        if not len(self.data):
            raise Error("%s: the file is empty; even an empty stream has an "
                        "end mark" % self.name)
        self.at, self.number = 0, 1
        out, since, ended = [], 0, False
        while self.at < len(self.data):
            h = self.header()
            if h["kind"] == END:
                self.need(h["rows"] == since, "the end mark counts %d blocks, "
                          "there are %d" % (h["rows"], since))
                self.at += HEAD_SIZE
                since, ended = 0, True
                continue
            out.append(self.framed(h))
            self.at += h["size"]
            self.number += 1
            since, ended = since + 1, False
        if not ended:
            raise Error("%s: cut off: no end mark after block %d"
                        % (self.name, self.number - 1))
        return out

    def framed(self, h):
        e = Entry(self.number, self.at, h, self.table(h))
        if e.kind is None:
            self.need(h["flags"] & 1, "of a kind that is not known (%d)"
                      % h["kind"])
        else:
            self.frame(h, {kind: s[1] for kind, s in e.sections.items()})
        return e

    def entry(self, at, number):
        """The Entry at a place that another one named."""
        self.at, self.number = at, number
        return self.framed(self.header())

    def blocks(self):
        blocks = [self.block(e) for e in self.entries()]
        return [b for b in blocks if b is not None]

    def header(self):
        raw = bytes(self.data[self.at:self.at + HEAD_SIZE])
        if len(raw) < HEAD_SIZE:
            raise Error("%s: cut off within the header of block %d"
                        % (self.name, self.number))
        magic, version, flags, *f, name, crc = struct.unpack(HEAD, raw)
        self.need(magic == MAGIC, "not recmat: no magic")
        self.need(zlib.crc32(raw[:124]) == crc, "damaged: the CRC of the "
                  "header is wrong")
        self.need(version == 1, "version %d is not known" % version)
        keys = "kind order vtype rows cols cells size sections crc".split()
        h = dict(zip(keys, f), flags=flags, name=name.rstrip(b"\0"))
        self.need(flags in (0, 1) and raw[96:124] == bytes(28)
                  and len(h["name"]) < 32
                  and all(0x21 <= c <= 0x7e for c in h["name"]),
                  "damaged header")
        if h["kind"] == END:
            self.need(h["size"] == HEAD_SIZE and not any(
                h[k] for k in ("order", "vtype", "cols", "cells", "sections",
                               "crc", "flags", "name")), "damaged end mark")
        else:
            self.need(h["size"] % 64 == 0 and h["size"] >= HEAD_SIZE
                      and h["sections"] <= 256, "damaged header")
            if self.at + h["size"] > len(self.data):
                raise Error("%s: cut off within block %d"
                            % (self.name, self.number))
        return h

    def table(self, h):
        """{type: (where, bytes, CRC)} of the sections, their frame checked."""
        n, begin, end = h["sections"], self.at, self.at + h["size"]
        table_end = begin + HEAD_SIZE + _padded(SECTION_SIZE * n)
        trailer = end - _padded(4 * n)
        self.need(table_end <= trailer, "the sections do not fit")
        table = self.data[begin + HEAD_SIZE:table_end]
        self.need(zlib.crc32(table) == h["crc"],
                  "damaged: the CRC of the section table is wrong")
        self.zeros(table[SECTION_SIZE * n:])
        last = self.data[trailer:end]
        crcs = struct.unpack_from("<%dI" % n, last)
        self.zeros(last[4 * n:])
        out, at, last = {}, table_end, 0
        for i, crc in enumerate(crcs):
            kind, zero, start, size, more = struct.unpack_from(
                SECTION, table, SECTION_SIZE * i)
            self.need(kind > last and zero == 0 and more == 0
                      and begin + start == at and at + _padded(size) <= trailer,
                      "damaged section table")
            out[kind], at, last = (at, size, crc), at + _padded(size), kind
        self.need(at == trailer, "damaged section table")
        return out

    def verify(self, e):
        """The CRCs of a block, and its padding; a piece at a time."""
        self.number = e.number
        for kind, (begin, size, crc) in e.sections.items():
            stop, got = begin + _padded(size), 0
            for at in range(begin, stop, PIECE):
                got = zlib.crc32(self.data[at:min(at + PIECE, stop)], got)
            self.need(got == crc, "damaged: the CRC of the %s is wrong"
                      % SECTIONS.get(kind, "section of type %d" % kind))
            self.zeros(self.data[begin + size:stop])

    def zeros(self, data):
        self.need(not any(data), "damaged: padding is not zero")

    def block(self, e):
        """A block, after every check; None if it is of an unknown kind."""
        self.number = e.number
        if not self.trust:
            self.verify(e)
        s = {}
        for kind, (begin, size, _) in e.sections.items():
            s[kind] = self.data[begin:begin + size]
            self.zeros(self.data[begin + size:begin + _padded(size)])
        return self.known(e.header, s) if e.kind else None

    def rows(self, e, first, last):
        """Rows first to last - 1 of a factor, a matrix or lists, as a Block.

        Only their labels, pointers and cells are read, and the column labels,
        which are kept for the next call. Everything is checked but the CRCs,
        for which there is verify(). An order of stream has no rows.
        """
        self.number = e.number
        if e.kind not in ("dense", "sparse") or e.order == "stream":
            raise TypeError("block %d cannot be read by rows" % e.number)
        rows, cols = e.shape
        if not 0 <= first <= last <= rows:
            raise IndexError("rows %d to %d of %d" % (first, last, rows))
        s = self.label_rows(e, first, last)
        h = dict(e.header, rows=last - first)
        if e.kind == "dense":
            s[8] = self.items(e, 8, 4, first * cols, last * cols)
        else:
            s[5], a, b = self.pointers(e, 5, first, last, e.cells)
            h["cells"] = b - a
            for kind, size in ((6, 4), (8, 4), (9, 8)):
                if kind in e.sections:
                    s[kind] = self.items(e, kind, size, a, b)
        return self.made(h, s, self.column_labels(e))

    def row_labels(self, e):
        return self.labels(self.label_rows(e, 0, e.shape[0]), 1, e.shape[0])

    def column_labels(self, e):
        """None if it has none; those of the last block are kept."""
        if e.has_columns and self.columns[0] != e:
            s = {k: self.items(e, k, 1, 0, e.sections[k][1]) for k in (3, 4)}
            self.columns = (e, self.labels(s, 3, e.shape[1]))
        return self.columns[1] if e.has_columns else None

    def items(self, e, kind, size, first, last):
        """The bytes of some items of a section."""
        begin = e.sections[kind][0]
        return self.data[begin + first * size:begin + last * size]

    def pointers(self, e, kind, first, last, total):
        """Some row pointers, or label offsets, from 0 on; what they span."""
        x = np.frombuffer(self.items(e, kind, 8, first, last + 1), "<u8")
        a, b = int(x[0]), int(x[-1])
        self.need(b <= total and (first > 0 or a == 0)
                  and (last < e.shape[0] or b == total)
                  and bool(np.all(x[1:] >= x[:-1])),
                  "damaged %s" % SECTIONS[kind])
        return (x - x[0]).tobytes(), a, b

    def label_rows(self, e, first, last):
        """Label sections of some rows, which follow on the row before them."""
        more = min(first, 1)
        off, a, b = self.pointers(e, 1, first - more, last, e.sections[2][1])
        s = {1: off, 2: self.items(e, 2, 1, a, b)}
        if more and first < last:
            self.labels(s, 1, last - first + 1)
        if more:
            x = np.frombuffer(off, "<u8")[1:]
            s = {1: (x - x[0]).tobytes(), 2: s[2][int(x[0]):]}
        return s

    def frame(self, h, sizes):
        """Checks of a header that need no section but its length."""
        plain = h["kind"] in (META, KEYS)
        self.need(h["rows"] <= LIMIT and h["cols"] <= LIMIT,
                  "more than %d rows or columns" % LIMIT)
        self.need(h["vtype"] == (0 if plain else 1),
                  "value type %d is not known" % h["vtype"])
        self.need(h["order"] in ORDERS if h["kind"] == SPARSE
                  else h["order"] == 0, "order %d is not known" % h["order"])
        self.need((h["kind"] == SPARSE or not h["cells"])
                  and not (plain and h["cols"])
                  and not (h["kind"] == META and h["rows"])
                  and (h["kind"] != KEYS or h["flags"] & 1),
                  "damaged header")
        self.belong(h, sizes)
        rows, cols, cells = h["rows"], h["cols"], h["cells"]
        values = cells if h["kind"] == SPARSE else rows * cols
        for kind, size in ((1, 8 * (rows + 1)), (3, 8 * (cols + 1)),
                           (5, 8 * (rows + 1)), (6, 4 * cells), (7, 4 * cells),
                           (8, 4 * values), (9, 8 * cells), (11, 8 * rows)):
            self.need(sizes.get(kind, size) == size,
                      "the %s have the wrong length" % SECTIONS[kind])

    def known(self, h, s):
        """A block of a known kind, after every check of its contents."""
        self.frame(h, {kind: len(data) for kind, data in s.items()})
        return self.made(h, s, self.labels(s, 3, h["cols"]) if 3 in s else None)

    def made(self, h, s, col):
        block = {SPARSE: self.sparse, DENSE: self.dense, META: self.metadata,
                 KEYS: self.keys}[h["kind"]](h, s, col)
        block.name = h["name"].decode("ascii")
        block.optional = bool(h["flags"] & 1)
        return block

    def belong(self, h, s):
        """The sections that a block of this kind has and may have."""
        must, may = {META: ({10}, set()), KEYS: ({11}, set()),
                     DENSE: ({1, 2, 8}, {3, 4}),
                     SPARSE: ({1, 2, 3, 4, 6, 8}, {9})}[h["kind"]]
        if h["kind"] == SPARSE:
            must = must | {7 if ORDERS[h["order"]] == "stream" else 5}
        for kind in sorted(set(s) - must - may):
            self.fail("section type %d does not belong here" % kind)
        if (3 in s) != (4 in s):
            must = must | {3, 4}
        for kind in sorted(must - set(s)):
            self.fail("the %s are missing" % SECTIONS[kind])

    def metadata(self, h, s, _):
        meta, last = {}, ""
        text = bytes(s[10]).decode("utf-8", "surrogateescape")
        lines = text.split("\n")
        self.need(lines.pop() == "" and "\0" not in text,
                  "the metadata are not lines")
        for line in lines:
            key, tab, value = line.partition("\t")
            self.need(tab and "\t" not in value and _is_key(key)
                      and key > last, "damaged metadata at '%s'" % key)
            meta[key], last = value, key
        return Block("metadata", meta=meta)

    def keys(self, h, s, _):
        keys = self.array(s, 11, "<u8", h["rows"])
        self.need(bool(np.all(keys[1:] >= keys[:-1])), "keys descend")
        return Block("keys", keys=keys)

    def array(self, s, kind, dtype, n):
        dtype = np.dtype(dtype)
        self.need(len(s[kind]) == n * dtype.itemsize,
                  "the %s have the wrong length" % SECTIONS[kind])
        return np.frombuffer(s[kind], dtype)

    def labels(self, s, first, n):
        off = self.array(s, first, "<u8", n + 1)
        data = s[first + 1]
        self.need(off[0] == 0 and int(off[-1]) == len(data)
                  and bool(np.all(off[1:] > off[:-1])),
                  "damaged %s" % SECTIONS[first])
        raw = bytes(data)
        self.need(not any(c in raw for c in b"\t\n\0"),
                  "a label holds TAB, newline or NUL")
        self.need(_ascend(off, raw + bytes(8)), "labels do not ascend")
        return Labels(off, data)

    def finite(self, x, nothing):
        """Finite numbers; nothing: bits of the one NaN that is allowed."""
        for at in range(0, len(x), PIECE):
            part = x[at:at + PIECE]
            odd = part[~np.isfinite(part)]
            bits = odd.view("<u4" if x.itemsize == 4 else "<u8")
            self.need(not len(odd) or (nothing is not None
                                       and bool(np.all(bits == nothing))),
                      "a value or time is not finite")
        return x

    def dense(self, h, s, col):
        rows, cols = h["rows"], h["cols"]
        values = self.finite(self.array(s, 8, "<f4", rows * cols), None)
        return Block("dense", row=self.labels(s, 1, rows), col=col,
                     values=values.reshape(rows, cols))

    def sparse(self, h, s, col):
        rows, cols, n = h["rows"], h["cols"], h["cells"]
        order = ORDERS[h["order"]]
        b = Block("sparse", order=order, row=self.labels(s, 1, rows),
                  col=col, index=self.array(s, 6, "<u4", n))
        missing = NO_VALUE if order == "stream" else None
        b.values = self.finite(self.array(s, 8, "<f4", n), missing)
        if 9 in s:
            b.times = self.finite(self.array(s, 9, "<f8", n), NO_TIME)
        self.need(n == 0 or int(b.index.max()) < cols,
                  "a column index is too large")
        if order == "stream":
            b.row_index = self.array(s, 7, "<u4", n)
            self.need(n == 0 or int(b.row_index.max()) < rows,
                      "a row index is too large")
        else:
            b.indptr = self.array(s, 5, "<u8", rows + 1)
            self.need(b.indptr[0] == 0 and int(b.indptr[-1]) == n
                      and bool(np.all(b.indptr[1:] >= b.indptr[:-1])),
                      "damaged row pointers")
            self.order(b)
        return b

    def order(self, b):
        """Cells in the order that the block claims; some rows at a time."""
        for first, last in pieces(b.indptr, PIECE):
            ptr = b.indptr[first:last + 1].astype(np.int64)
            begin, n = ptr[0], ptr[-1] - ptr[0]
            index, v = (x[begin:begin + n] for x in (b.index, b.values))
            inner, at = np.ones(n, bool), ptr[:-1] - begin
            inner[at[at < n]] = False       # the first of its row
            up = index[1:] > index[:-1]
            if b.order == "ranked":
                up = v[1:] <= v[:-1]
                row = np.repeat(np.arange(last - first, dtype=np.uint64),
                                np.diff(ptr))
                pairs = np.sort(row << np.uint64(32) | index)
                self.need(bool(np.all(pairs[1:] != pairs[:-1])),
                          "a column appears twice in a row")
            self.need(bool(np.all(up | ~inner[1:])),
                      "cells are not in %s order" % b.order)


class File(_Reader):
    """A file whose blocks are read when they are asked for, by rows if wanted.

    source: a path, which is mapped, or a binary stream that can seek, of which
    nothing is held but what was asked for.

        f = recmat.File("model.rec")
        for e in f.entries():               # headers, tables and end marks
            print(e.kind, e.name, e.shape)
            f.verify(e)                     # the CRCs, a piece at a time
            block = f.rows(e, 0, 100)       # a Block of its first 100 rows
    """

    def __init__(self, source, trust=False, name=None):
        if hasattr(source, "read"):
            name = name or getattr(source, "name", "<stream>")
            data = _Ranges(source, name)
        else:
            name = name or os.fspath(source)
            data = _mapped(source)
        super().__init__(name, data, trust)


def _mapped(path):
    with open(path, "rb") as f:
        try:
            return memoryview(mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ))
        except (OSError, ValueError):       # empty, or a pipe
            return memoryview(f.read())


class _Ranges:
    """A stream that can seek, as bytes to cut pieces from."""

    AHEAD = 4096        # so that a header comes with its table

    def __init__(self, f, name):
        self.f, self.name = f, name
        self.size = f.seek(0, 2)
        self.at, self.held = 0, b""

    def __len__(self):
        return self.size

    def __getitem__(self, where):
        first, last, _ = where.indices(self.size)
        if last - first > self.AHEAD:
            return self.get(first, last)
        if first < self.at or last > self.at + len(self.held):
            self.at = first
            self.held = self.get(first, min(first + self.AHEAD, self.size))
        return self.held[first - self.at:max(last - self.at, 0)]

    def get(self, first, last):
        parts = []
        self.f.seek(first)
        while first < last:
            parts.append(self.f.read(last - first))
            if not parts[-1]:
                raise Error("%s: cut off at byte %d while it was read"
                            % (self.name, first))
            first += len(parts[-1])
        return parts[0] if len(parts) == 1 else b"".join(parts)


def pieces(indptr, cells):
    """Ranges of rows that have at most so many cells each, or are one row."""
    first, rows = 0, len(indptr) - 1
    while first < rows:
        end = np.uint64(int(indptr[first]) + cells)
        last = int(np.searchsorted(indptr, end, "right")) - 1
        last = min(max(last, first + 1), first + cells, rows)
        yield first, last
        first = last


# The first n bytes of eight, as a number.
_FIRST = np.array([(1 << 64) - (1 << (64 - 8 * n)) for n in range(9)], np.uint64)


def _ascend(off, raw):
    """Whether labels ascend and none appears twice.

    Eight bytes are compared at a time, as a number: labels hold no NUL, so
    that what is missing of a shorter one counts as zeros. raw: the bytes and
    eight more.
    """
    eight = np.ndarray((len(raw) - 7,), ">u8", raw, strides=(1,))

    def number(i, at):
        begin = off[i].astype(np.int64) + at
        n = np.clip(off[i + 1].astype(np.int64) - begin, 0, 8)
        return eight[np.minimum(begin, len(eight) - 1)].astype(np.uint64) & _FIRST[n]

    for first in range(0, len(off) - 2, PIECE):
        i, at = np.arange(first, min(first + PIECE, len(off) - 2)), 0
        while len(i):       # pairs of neighbours that are equal so far
            a, b = number(i, at), number(i + 1, at)
            if np.any(a > b) or np.any((a == b) & (a & np.uint64(255) == 0)):
                return False
            i, at = i[a == b], at + 8
    return True


# -- making blocks -----------------------------------------------------------


def metadata(meta):
    """A block of metadata from a dict; values are written by str()."""
    return Block("metadata", meta={k: str(v) for k, v in meta.items()})


def keys(values, name="users"):
    """A block of numbers (uint64), which are sorted."""
    return Block("keys", name=name, keys=np.sort(np.asarray(values, "<u8")))


def dense(row, values, col=None, name=""):
    """Factors, an offset (one column) or a similarity kept whole (col).

    row, col: labels in any order, str or bytes; rows and columns are sorted by
    label. Labels are taken as they are. values: [rows, columns].
    """
    values = np.asarray(values, dtype="<f4")
    if values.ndim != 2 or values.shape[0] != len(row):
        raise ValueError("values of %d rows are needed, in two dimensions"
                         % len(row))
    if not isinstance(row, Labels):
        row, order = _sorted_labels(row)
        values = values[order]
    if col is not None:
        if len(col) != values.shape[1]:
            raise ValueError("%d column labels, %d columns"
                             % (len(col), values.shape[1]))
        col, order = _sorted_labels(col)
        values = values[:, order]
    return Block("dense", name=name, row=row, col=col, values=values)


def sparse(row, col, rows, columns, values=None, times=None, name="",
           ranked=False):
    """A matrix from labels and one (row number, column number) a cell.

    rows, columns: positions in row and col, which may come in any order. A
    pair may appear once. ranked: lists, best first in each row.
    """
    row, by_row = _sorted_labels(row)
    col, by_col = _sorted_labels(col)
    rows = inverse(by_row)[np.asarray(rows, np.int64)]
    columns = inverse(by_col)[np.asarray(columns, np.int64)]
    values = (np.ones(len(rows), "<f4") if values is None
              else np.asarray(values, "<f4"))
    keys = (columns, -values, rows) if ranked else (columns, rows)
    at = np.lexsort(keys)
    rows, columns = rows[at], columns[at]
    pairs = np.sort(rows.astype(np.uint64) << np.uint64(32)
                    | columns.astype(np.uint64))
    twice = np.flatnonzero(pairs[1:] == pairs[:-1])
    if len(twice):
        pair = int(pairs[twice[0]])
        raise ValueError("the pair %r, %r appears twice"
                         % (row[pair >> 32], col[pair & 0xFFFFFFFF]))
    count = np.bincount(rows, minlength=len(row)) if len(rows) else \
        np.zeros(len(row), np.int64)
    indptr = np.concatenate(([0], np.cumsum(count))).astype("<u8")
    return Block("sparse", name=name, order="ranked" if ranked else "canonical",
                 row=row, col=col, indptr=indptr, index=columns.astype("<u4"),
                 values=values[at],
                 times=None if times is None
                 else np.asarray(times, "<f8")[at])


def stream(pairs, name=""):
    """Rows as they come: (row label, column label[, value[, time]]) each.

    A generator of blocks, so that neither side holds the whole input. None
    for a value or a time means that it was not given.
    """
    batch = []
    for p in pairs:
        batch.append(tuple(p) + (None,) * (4 - len(p)))
        if len(batch) == STREAM_CELLS:
            yield _stream_block(batch, name)
            batch = []
    if batch:
        yield _stream_block(batch, name)


def _stream_block(batch, name):
    row = [_label(p[0]) for p in batch]
    col = [_label(p[1]) for p in batch]
    rows, _ = _sorted_labels(sorted(set(row)))
    cols, _ = _sorted_labels(sorted(set(col)))
    row_at = {label: i for i, label in enumerate(rows)}
    col_at = {label: i for i, label in enumerate(cols)}
    times = None
    if any(p[3] is not None for p in batch):
        times = _or_nan([p[3] for p in batch], "<f8")
    return Block("sparse", name=name, order="stream", row=rows, col=cols,
                 row_index=np.array([row_at[r] for r in row], "<u4"),
                 index=np.array([col_at[c] for c in col], "<u4"),
                 values=_or_nan([p[2] for p in batch], "<f4"), times=times)


def _or_nan(x, dtype):
    """Numbers; None becomes the NaN that stands for "not given"."""
    a = np.array([0 if v is None else v for v in x], dtype)
    none = np.array([v is None for v in x], bool)
    bits = a.view("<u4" if a.itemsize == 4 else "<u8")
    bits[none] = NO_VALUE if a.itemsize == 4 else NO_TIME
    return a


def _label(label):
    if isinstance(label, str):
        label = label.encode("utf-8", "surrogateescape")
    if not isinstance(label, bytes):
        raise TypeError("a label is str or bytes, not %r" % (label,))
    if not label or any(c in label for c in b"\t\n\0"):
        raise ValueError("a label is not empty and holds no TAB, newline or "
                         "NUL: %r" % label)
    return label


def _sorted_labels(labels):
    """Labels ascending, and the old position of each."""
    if isinstance(labels, Labels):      # which are checked when written
        return labels, np.arange(len(labels))
    labels = [_label(x) for x in labels]
    order = sorted(range(len(labels)), key=labels.__getitem__)
    labels = [labels[i] for i in order]
    for a, b in zip(labels, labels[1:]):
        if a == b:
            raise ValueError("the label %r appears twice" % a)
    offsets = np.zeros(len(labels) + 1, "<u8")
    offsets[1:] = np.cumsum([len(x) for x in labels], dtype=np.uint64)
    return Labels(offsets, b"".join(labels)), np.array(order, np.int64)


def inverse(order):
    """For each old position the new one, where order has the old ones."""
    inverse = np.empty(len(order), np.int64)
    inverse[order] = np.arange(len(order))
    return inverse


def _is_key(key):
    return key != "" and all(c in "abcdefghijklmnopqrstuvwxyz0123456789._-"
                             for c in key)


# -- writing -----------------------------------------------------------------


def write(target, blocks):
    """Blocks (any iterable) and the end mark, to a path or a binary stream.

    Each block passes every check that read makes before it is written.
    A path appears when it is complete: the file is written under another name
    in the same folder, synced and renamed.
    """
    if hasattr(target, "write"):
        _write(target, blocks)
        return
    target = os.path.realpath(os.fspath(target))
    fd, name = tempfile.mkstemp(dir=os.path.dirname(target), prefix=".recmat.")
    try:
        with io.open(fd, "wb") as f:
            _write(f, blocks)
            f.flush()
            os.fsync(f.fileno())
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(name, 0o666 & ~mask)
        os.replace(name, target)
    except BaseException:
        os.unlink(name)
        raise


def _write(f, blocks):
    n = 0
    for n, block in enumerate(blocks, 1):
        _write_block(f, block, n)
    f.write(_header(END, rows=n, size=HEAD_SIZE))


def _padded(n):
    return n + -n % 64


def _header(kind, order=0, vtype=0, rows=0, cols=0, cells=0, size=0,
            sections=0, crc=0, name=b"", flags=0):
    raw = struct.pack(HEAD, MAGIC, 1, flags, kind, order, vtype, rows, cols, cells,
                    size, sections, crc, name, 0)[:124]
    return raw + struct.pack("<I", zlib.crc32(raw))


def _bytes_of(x, dtype, nothing=None):
    """The bytes of an array, which is copied only if they are not what it has.

    nothing: bits that a NaN is written with; None refuses it.
    """
    x = np.ascontiguousarray(x, dtype).reshape(-1)
    for at in range(0, len(x) if x.dtype.kind == "f" else 0, PIECE):
        odd = ~np.isfinite(x[at:at + PIECE])
        if not np.any(odd):
            continue
        if nothing is None or not np.all(np.isnan(x[at:at + PIECE][odd])):
            raise ValueError("a value or time is not finite")
        bits = "<u4" if x.itemsize == 4 else "<u8"
        if np.any(x.view(bits)[at:at + PIECE][odd] != nothing):
            x = x.copy()
            x.view(bits)[at:at + PIECE][odd] = nothing
    return memoryview(x).cast("B") if len(x) else memoryview(b"")


def _side(first, labels):
    return [(first, _bytes_of(labels.offsets, "<u8")),
            (first + 1, memoryview(labels.data))]


def _sections(b):
    """Type and bytes of every section, in order."""
    if b.kind == "metadata":
        text = b""
        for key in sorted(b.meta):
            value = b.meta[key].encode("utf-8", "surrogateescape")
            if not _is_key(key) or any(c in value for c in b"\t\n\0"):
                raise ValueError("metadata '%s' cannot be written" % key)
            text += key.encode() + b"\t" + value + b"\n"
        return [(10, memoryview(text))]
    if b.kind == "keys":
        return [(11, _bytes_of(b.keys, "<u8"))]
    s = _side(1, b.row) + (_side(3, b.col) if b.col is not None else [])
    if b.kind == "dense":
        return s + [(8, _bytes_of(b.values, "<f4"))]
    if b.order != "stream":
        s.append((5, _bytes_of(b.indptr, "<u8")))
    s.append((6, _bytes_of(b.index, "<u4")))
    if b.order == "stream":
        s.append((7, _bytes_of(b.row_index, "<u4")))
    s.append((8, _bytes_of(b.values, "<f4",
                           NO_VALUE if b.order == "stream" else None)))
    if b.times is not None:
        s.append((9, _bytes_of(b.times, "<f8", NO_TIME)))
    return s


def _write_block(f, b, number):
    name = b.name.encode("ascii")
    if len(name) > 31 or not all(0x21 <= c <= 0x7e for c in name):
        raise ValueError("the name '%s' is longer than 31 bytes, or holds "
                         "what is not printable or blank" % b.name)
    sections = _sections(b)
    kind = {v: k for k, v in KINDS.items()}[b.kind]
    order = {v: k for k, v in ORDERS.items()}.get(b.order, 0)
    rows, cols = b.shape
    h = {"kind": kind, "order": order,
         "vtype": int(kind in (SPARSE, DENSE)), "rows": rows, "cols": cols,
         "cells": len(b.index) if kind == SPARSE else 0, "name": name,
         "flags": int(b.optional)}
    check = _Reader("to be written", b"", False)
    check.number = number
    check.known(h, dict(sections))
    at = HEAD_SIZE + _padded(SECTION_SIZE * len(sections))
    table, crcs = b"", []
    for kind, data in sections:
        table += struct.pack(SECTION, kind, 0, at, len(data), 0)
        pad = bytes(-len(data) % 64)
        crcs.append(zlib.crc32(pad, zlib.crc32(data)))
        at += len(data) + len(pad)
    table += bytes(-len(table) % 64)
    trailer = struct.pack("<%dI" % len(crcs), *crcs)
    trailer += bytes(-len(trailer) % 64)
    f.write(_header(size=at + len(trailer), sections=len(sections),
                    crc=zlib.crc32(table), **h))
    f.write(table)
    for _, data in sections:
        f.write(data)
        f.write(bytes(-len(data) % 64))
    f.write(trailer)
