# SPDX-License-Identifier: MIT
"""bounds.py FMA READ KIND [ARGUMENT ...] - seconds below which the machine cannot be.

The larger of operations / FMA (GFLOP/s of multiply-adds) and bytes / READ (GB/s
of reading memory).

    cg TRAIN K          each side: right-hand sides and three steps, 2 + 3 * 4
                        operations a pair and component; the Gram matrix; one
                        product of each table with a k x k matrix
    cholesky TRAIN K    each row by the smaller of a k x k system and one of
                        as many rows as it has pairs; the Gram matrix
    topn USERS ITEMS K  2 operations a component and score, in float
    bytes N             N bytes, read once
    ease ITEMS          a factorisation and an inverse, ITEMS^3 operations
"""
import sys

import numpy as np

from common import matrix, tell

fma, read, kind, *rest = sys.argv[1:]
operations, size = 0.0, 0.0
if kind in ("cg", "cholesky"):
    m, k = matrix(rest[0]), int(rest[1])
    rows = sum(m.shape)
    operations = rows * k * (k + 1.0)
    if kind == "cg":
        operations += 2 * 14.0 * m.nnz * k + rows * 2.0 * k * k
    else:
        for n in (np.diff(m.indptr), np.bincount(m.indices, minlength=m.shape[1])):
            n = n.astype(np.float64)
            rows_each = np.minimum(n * k * k + k**3 / 3, n * n * k + n**3 / 3)
            operations += rows_each.sum() + 4.0 * n.sum() * k
    size = 16.0 * m.nnz + 16.0 * k * rows
elif kind == "topn":
    users, items, k = (float(x) for x in rest)
    operations, size = 2 * users * items * k, 4 * k * (users + items)
elif kind == "bytes":
    size = float(rest[0])
elif kind == "ease":
    operations = float(rest[0]) ** 3
tell("seconds", max(operations / (float(fma) * 1e9), size / (float(read) * 1e9)))
