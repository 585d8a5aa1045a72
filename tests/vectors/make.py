#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the test vectors of recmat(5) from the manual page alone: shares no code with the library."""
import os
import struct
import sys
import zlib

NAN32, NAN64 = struct.pack("<I", 0x7FC00000), struct.pack("<Q", 0x7FF8000000000000)


def pad(b):
    return b + bytes(-len(b) % 64)


def u32(xs):
    return struct.pack("<%dI" % len(xs), *xs)


def u64(xs):
    return struct.pack("<%dQ" % len(xs), *xs)


def f32(xs):
    return b"".join(NAN32 if x is None else struct.pack("<f", x) for x in xs)


def f64(xs):
    return b"".join(NAN64 if x is None else struct.pack("<d", x) for x in xs)


def labels(first, names):
    off = [0]
    for n in names:
        off.append(off[-1] + len(n))
    return [(first, u64(off)), (first + 1, b"".join(names))]


def head(kind, order=0, vtype=0, rows=0, cols=0, nnz=0, size=128, nsec=0, crc=0, name=b"", flags=0):
    h = b"RECMAT\0\n" + struct.pack("<HHIIIQQQQII32s28x", 1, flags, kind, order, vtype, rows, cols, nnz, size, nsec, crc, name)
    return h + u32([zlib.crc32(h)])


def block(kind, sections, **field):
    table, body, trailer = b"", b"", []
    at = 128 + len(pad(bytes(32 * len(sections))))
    for number, data in sections:
        table += struct.pack("<IIQQQ", number, 0, at + len(body), len(data), 0)
        body += pad(data)
        trailer.append(zlib.crc32(pad(data)))
    table, trailer = pad(table), pad(u32(trailer))
    size = at + len(body) + len(trailer)
    return head(kind, size=size, nsec=len(sections), crc=zlib.crc32(table), **field) + table + body + trailer


def sparse(order, rows, cols, where, val, time=None, name=b""):
    s = labels(1, rows) + labels(3, cols) + where + [(8, f32(val))] + ([(9, f64(time))] if time else [])
    return block(1, s, order=order, vtype=1, rows=len(rows), cols=len(cols), nnz=len(val), name=name)


def dense(rows, ncols, val, cols=None, name=b""):
    s = labels(1, rows) + (labels(3, cols) if cols else []) + [(8, f32(val))]
    return block(2, s, vtype=1, rows=len(rows), cols=ncols, name=name)


def end(n):
    return head(0xFFFFFFFF, rows=n)


U, I = [b"ann", b"bob"], [b"tea", b"tea 2", b"\xc3\xa9"]
canonical = sparse(1, U, I, [(5, u64([0, 2, 3])), (6, u32([0, 2, 1]))], [1, 2.5, -3], [1700000050, None, 0.5])
ranked = sparse(2, U, I, [(5, u64([0, 3, 4])), (6, u32([2, 0, 1, 1]))], [0.75, 0.5, 0.5, 1e-10])
stream = sparse(3, U, I, [(6, u32([2, 0, 2])), (7, u32([1, 0, 1]))], [None, 4, 0], [None, 12, None])
factors = dense(U, 3, [1, 2, 3, -1, -2, 0.125], name=b"user")
kept = dense(I, 3, [0, .5, .25, .5, 0, 1, .25, 1, 0], cols=I, name=b"similarity")
weights = sparse(2, I, I, [(5, u64([0, 2, 3, 3])), (6, u32([2, 1, 0]))], [0.75, 0.5, 1], name=b"similarity")
offset = dense(I, 1, [3, 2, 1], name=b"offset")
meta = block(3, [(10, b"algorithm\tease\nseed\t1\n")])
keys = block(4, [(11, u64([3, 3, 2**64 - 1]))], flags=1, rows=3, name=b"users")
unknown = block(77, [(1, b"what a later version may write"), (99, b"")], flags=1, rows=5, name=b"later")

VECTORS = {
    "empty": end(0), "canonical": canonical + end(1), "ranked": ranked + end(1), "stream": stream + end(1), "factors": factors + end(1),
    "similarity": weights + end(1), "model": meta + kept + offset + end(3), "joined": canonical + end(1) + stream + ranked + end(2), "optional": unknown + canonical + end(2),
    "keys": keys + canonical + end(2),
}
if __name__ == "__main__":
    for name, data in VECTORS.items():
        with open(os.path.join(sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__)), name + ".rec"), "wb") as f:
            f.write(data)
