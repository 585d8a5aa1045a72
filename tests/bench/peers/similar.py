# SPDX-License-Identifier: MIT
"""similar.py implicit|sparse_dot_topn|scipy TRAIN N - the N items of largest cosine for each.

From memory to memory. Each asks for one more than N: an item is its own nearest. That one
is taken out behind the clock.
"""
import sys

import numpy as np
import scipy.sparse as sp

from common import THREADS, clock, matrix, tell


def implicit(m, n):
    from implicit.nearest_neighbours import CosineRecommender

    model = CosineRecommender(K=n + 1, num_threads=THREADS)
    with clock():
        model.fit(m, show_progress=False)
    return model.similarity


def unit(m):
    norm = np.sqrt(np.asarray(m.multiply(m).sum(axis=0)).ravel())
    return (m @ sp.diags((1 / np.maximum(norm, 1e-30)).astype(np.float32))).tocsr()


def sparse_dot_topn(m, n):
    from sparse_dot_topn import sp_matmul_topn

    with clock():
        w = unit(m)
        return sp_matmul_topn(w.T.tocsr(), w, top_n=n + 1, n_threads=THREADS)


def scipy(m, n, step=2048):
    kept = []
    with clock():
        w = unit(m)
        turned = w.T.tocsr()
        for first in range(0, turned.shape[0], step):
            part = (turned[first:first + step] @ w).tocsr()
            for row in range(part.shape[0]):
                at = slice(part.indptr[row], part.indptr[row + 1])
                index, value = part.indices[at], part.data[at]
                if len(value) > n + 1:
                    best = np.argpartition(value, -n - 1)[-n - 1:]
                    index, value = index[best], value[best]
                kept.append((index, value))
        ends = np.cumsum([0] + [len(index) for index, _ in kept])
        index, value = (np.concatenate(x) for x in zip(*kept))
        return sp.csr_matrix((value, index, ends), shape=(turned.shape[0],) * 2)


def main(party, train, n):
    job = {"implicit": implicit, "sparse_dot_topn": sparse_dot_topn, "scipy": scipy}[party]
    coo = job(matrix(train), int(n)).tocoo()
    other = (coo.row != coo.col) & (coo.data != 0)
    tell("text", f"{other.sum()} pairs, sum {coo.data[other].astype(np.float64).sum():.1f}")


main(*sys.argv[1:])
