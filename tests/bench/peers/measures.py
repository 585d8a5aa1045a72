# SPDX-License-Identifier: MIT
"""measures.py pandas|pytrec_eval|pytrec_eval-all|ranx LISTS TEST - recall@20 and ndcg@20.

From arrays of strings in memory to means.

pytrec_eval takes dicts. They are made before the clock runs, and with -all
behind its start. ranx has its own form (made before) and has compiled itself.
"""
import sys

import numpy as np

from common import THREADS, block, clock, tell


def pairs(path):
    b = block(path)
    rows, cols, values = b.cells()
    user, item = np.array(b.row.text(), object), np.array(b.col.text(), object)
    return user[rows], item[cols], values


def pandas(lists, truth):
    import pandas as pd

    lists = pd.DataFrame({"user": lists[0], "item": lists[1]})
    truth = pd.DataFrame({"user": truth[0], "item": truth[1]})
    with clock():
        top = lists.assign(rank=lists.groupby("user", sort=False).cumcount() + 1)
        hits = top[top["rank"] <= 20].merge(truth, on=["user", "item"])
        size = truth.groupby("user").size()
        recall = (hits.groupby("user").size() / size).fillna(0).mean()
        best = np.cumsum(1 / np.log2(np.arange(2, 22)))
        gain = (1 / np.log2(hits["rank"] + 1)).groupby(hits["user"]).sum()
        ndcg = (gain / pd.Series(best[np.minimum(size, 20) - 1], index=size.index)).fillna(0).mean()
    return recall, ndcg


def dicts(lists, truth):
    run, qrel = {}, {}
    for u, i, s in zip(lists[0], lists[1], lists[2].tolist()):
        run.setdefault(u, {})[i] = s
    for u, i in zip(truth[0], truth[1]):
        qrel.setdefault(u, {})[i] = 1
    return run, qrel


def trec(run, qrel):
    import pytrec_eval

    of = pytrec_eval.RelevanceEvaluator(qrel, {"recall.20", "ndcg_cut.20"}).evaluate(run)
    return [sum(u[m] for u in of.values()) / len(qrel) for m in ("recall_20", "ndcg_cut_20")]


def pytrec_eval(lists, truth):
    import pytrec_eval  # noqa: F401 (not timed)

    run, qrel = dicts(lists, truth)
    with clock():
        return trec(run, qrel)


def pytrec_eval_all(lists, truth):
    import pytrec_eval  # noqa: F401

    with clock():
        return trec(*dicts(lists, truth))


def ranx(lists, truth):
    import numba
    from ranx import Qrels, Run, evaluate

    numba.set_num_threads(THREADS)
    run, qrel = dicts(lists, truth)
    qrels, runs = Qrels(qrel), Run({u: run.get(u, {}) or {"none": 0.0} for u in qrel})
    names = ["recall@20", "ndcg@20"]
    evaluate(qrels, runs, names)    # compiles
    with clock():
        found = evaluate(qrels, runs, names)
    return [found[n] for n in names]


jobs = {"pandas": pandas, "pytrec_eval": pytrec_eval, "pytrec_eval-all": pytrec_eval_all,
        "ranx": ranx}
recall, ndcg = jobs[sys.argv[1]](pairs(sys.argv[2]), pairs(sys.argv[3]))
tell("text", f"recall@20 {recall:.6f} ndcg@20 {ndcg:.6f}")
