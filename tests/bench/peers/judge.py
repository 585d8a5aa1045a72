# SPDX-License-Identifier: MIT
"""judge.py factors FILE TRAIN TEST | lists FILE MODEL | ease MODEL - behind the clock.

The same judge for all.

factors: the objective of the vectors, and ndcg@20 for the first 10,000 users of
TEST. lists: the mean score of all listed pairs, in double precision: exact lists
differ in no more than its last digits. ease: the sum that ease.py says.
"""
import sys

import numpy as np

import recmat
from common import REG, UNOBSERVED, block, factors, matrix, same_labels, tell


def objective(user, item, m):
    u, v = user.astype(np.float64), item.astype(np.float64)
    total = UNOBSERVED * np.sum((u.T @ u) * (v.T @ v)) + REG * (np.sum(u * u) + np.sum(v * v))
    rows = np.repeat(np.arange(m.shape[0]), np.diff(m.indptr))
    for first in range(0, m.nnz, 1 << 19):
        at = slice(first, first + (1 << 19))
        scores = np.einsum("ij,ij->i", user[rows[at]], item[m.indices[at]]).astype(np.float64)
        total += np.sum((scores - 1) ** 2)
    return total


def ndcg(user, item, m, train, test, n=20, most=10000):
    b, t = block(train), block(test)
    row, col = same_labels(t.row, b.row), same_labels(t.col, b.col)
    truth = matrix(test)
    asked = np.arange(min(most, truth.shape[0]))
    best = np.cumsum(1 / np.log2(np.arange(2, n + 2)))
    total = 0.0
    for first in range(0, len(asked), 500):
        part = asked[first:first + 500]
        part = part[row[part] >= 0]
        scores = user[row[part]] @ item.T
        for s, u in zip(scores, row[part]):
            s[m.indices[m.indptr[u]:m.indptr[u + 1]]] = -np.inf
        top = np.argpartition(scores, -n, axis=1)[:, -n:]
        top = np.take_along_axis(top, np.argsort(-np.take_along_axis(scores, top, 1), axis=1), 1)
        for ids, u in zip(top, part):
            relevant = truth.indices[truth.indptr[u]:truth.indptr[u + 1]]
            hit = np.isin(ids, col[relevant])
            total += np.sum(hit / np.log2(np.arange(2, n + 2))) / best[min(len(relevant), n) - 1]
    return total / len(asked)


def lists(path, model):
    user, item = factors(model)
    if path.endswith(".npy"):
        ids = np.load(path)
        rows, cols = np.repeat(np.arange(len(ids)), ids.shape[1]), ids.ravel()
    else:
        b, blocks = block(path), recmat.read(model)
        rows, cols, _ = b.cells()
        rows = same_labels(b.row, recmat.named(blocks, "user").row)[rows]
        cols = same_labels(b.col, recmat.named(blocks, "item").row)[cols]
    total = 0.0
    for first in range(0, len(rows), 1 << 19):
        at = slice(first, first + (1 << 19))
        u, v = user[rows[at]].astype(np.float64), item[cols[at]].astype(np.float64)
        total += np.sum(u * v)
    return f"mean score {total / len(rows):.7f} of {len(rows)} pairs"


if sys.argv[1] == "factors":
    u, v = factors(sys.argv[2])
    m = matrix(sys.argv[3])
    tell("text", f"objective {objective(u, v, m):.0f} ndcg@20 {ndcg(u, v, m, *sys.argv[3:5]):.4f}")
elif sys.argv[1] == "ease":
    g = recmat.named(recmat.read(sys.argv[2]), "similarity").values
    total = sum(np.abs(g[:, c]).astype(np.float64).sum() for c in range(0, g.shape[1], 97))
    tell("text", f"sum {total:.3f} of each 97th column")
else:
    tell("text", lists(*sys.argv[2:4]))
