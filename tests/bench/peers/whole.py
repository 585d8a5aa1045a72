# SPDX-License-Identifier: MIT
"""whole.py FILE K SWEEPS - the whole job in pandas and implicit.

Read, hold out a fifth, train, list 20 items for each user, measure. The clock is that of
the process, imports included, as that of the pipeline of ours.sh is.
"""
import sys

import numpy as np
import pandas as pd
import scipy.sparse as sp
from implicit.cpu.als import AlternatingLeastSquares

from common import REG, THREADS, UNOBSERVED, tell

path, k, sweeps = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
rows = pd.read_csv(path, sep="\t", header=None, usecols=[0, 1], names=["user", "item"], dtype=str,
                   keep_default_na=False)
users, user_labels = pd.factorize(rows["user"])
items, item_labels = pd.factorize(rows["item"])
shape = (len(user_labels), len(item_labels))
test = np.random.default_rng(1).random(len(rows)) < 0.2


def part(which):
    ones = np.ones(which.sum(), np.float32)
    return sp.csr_matrix((ones, (users[which], items[which])), shape=shape)


train, truth = part(~test), part(test)
als = AlternatingLeastSquares(
    factors=k, alpha=1 + 1 / UNOBSERVED, regularization=REG / UNOBSERVED, iterations=sweeps,
    num_threads=THREADS, random_state=1)
als.fit(train, show_progress=False)
asked = np.flatnonzero(np.diff(truth.indptr))
ids, _ = als.recommend(asked, train[asked], N=20)
lists = pd.DataFrame({"user": np.repeat(asked, 20), "item": ids.ravel(),
                      "rank": np.tile(np.arange(1, 21), len(asked))})
coo = truth.tocoo()
hits = lists.merge(pd.DataFrame({"user": coo.row, "item": coo.col}), on=["user", "item"])
size = np.diff(truth.indptr)[asked]
gain = (1 / np.log2(hits["rank"] + 1)).groupby(hits["user"]).sum()
best = np.cumsum(1 / np.log2(np.arange(2, 22)))
best = pd.Series(best[np.minimum(size, 20) - 1], index=asked)
tell("text", f"ndcg@20 {(gain / best).fillna(0).mean():.4f}")
