#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures from their definitions, slow and obvious: eval.py LISTS TRUTH TRAIN K TIES -> measure TAB value. TIES: label, worst or best."""
import math
import sys
from collections import Counter, defaultdict


def read(path):
    rows = defaultdict(dict)
    for line in open(path):
        f = line.rstrip("\n").split("\t")
        v = float(f[2]) if len(f) > 2 else 1.0
        rows[f[0]][f[1]] = max(v, rows[f[0]].get(f[1], v))
    return rows


def measures(ranked, score, rel, k, all_items):
    """ranked: items in order; rel: item -> gain."""
    top = ranked[:k]
    hits = [r for r, i in enumerate(top, 1) if i in rel]
    p, r = len(hits) / k, len(hits) / len(rel)
    ideal = sorted(rel.values(), reverse=True)[:k]
    dcg = lambda gains: sum(g / math.log2(n + 2) for n, g in enumerate(gains))
    m = {"recall": r, "precision": p, "f1": 2 * p * r / (p + r) if hits else 0, "hit": float(len(hits) > 0), "mrr": 1 / hits[0] if hits else 0,
         "map": sum((n + 1) / h for n, h in enumerate(hits)) / min(k, len(rel)),
         "ndcg": dcg([float(i in rel) for i in top]) / dcg([1.0] * len(ideal)),
         "ndcg(gain=linear)": dcg([rel.get(i, 0) for i in top]) / dcg(ideal),
         "ndcg(gain=exp)": dcg([2 ** rel.get(i, 0) - 1 for i in top]) / dcg([2 ** v - 1 for v in ideal])}
    if all_items is not None:
        yes, no = [i for i in all_items if i in rel], [i for i in all_items if i not in rel]
        if yes and no:
            m["auc"] = sum((score[a] > score[b]) + (score[a] == score[b]) / 2 for a in yes for b in no) / (len(yes) * len(no))
    return m


def main():
    lists, truth, train = (read(p) for p in sys.argv[1:4])
    k, ties = int(sys.argv[4]), sys.argv[5]
    rel = {u: {i: v for i, v in t.items() if v > 0} for u, t in truth.items()}
    users = sorted(u for u in rel if rel[u])
    pop = Counter(i for t in train.values() for i, v in t.items() if v > 0)
    items = {i for t in train.values() for i in t}
    order = {"label": lambda u, i: i, "worst": lambda u, i: rel[u].get(i, 0), "best": lambda u, i: -rel[u].get(i, 0)}[ties]
    total, auc_users = defaultdict(float), 0
    for u in users:
        s, mine = lists.get(u, {}), train.get(u, {})
        unseen = items - set(mine)
        whole = unseen if unseen <= set(s) else None
        auc_users += any(i in rel[u] for i in unseen) and any(i not in rel[u] for i in unseen)
        ranked = sorted(s, key=lambda i: (-s[i], order(u, i)))
        popular = sorted(unseen, key=lambda i: (-pop[i], i))
        possible = sorted((i for i in rel[u] if i in unseen), key=lambda i: -rel[u][i])
        for name, l, sc, w in (("", ranked, s, whole), ("/floor", popular, pop, None), ("/ceiling", possible, {}, None)):
            for m, x in (measures(l, sc, rel[u], k, w) if l else {}).items():
                total[m + name] += x
    for m in sorted(total):
        print(f"{m}\t{total[m] / (auc_users if m == 'auc' else len(users))!r}")
    pairs = [s - truth[u][i] for u in lists for i, s in lists[u].items() if i in truth.get(u, {})]
    print(f"rmse\t{math.sqrt(sum(d * d for d in pairs) / len(pairs))!r}\nmae\t{sum(map(abs, pairs)) / len(pairs)!r}")
    top = [i for u in users for i in sorted(lists.get(u, {}), key=lambda i: (-lists[u][i], i))[:k] if i in items]
    x, n = sorted(Counter(top)[i] for i in items), len(items)
    print(f"coverage\t{len(set(top)) / n!r}\ngini\t{sum((2 * i - n - 1) * c for i, c in enumerate(x, 1)) / (n * sum(x))!r}")
    print(f"novelty\t{sum(-math.log2(pop[i] / len(train)) for i in top if pop[i]) / sum(1 for i in top if pop[i])!r}")


main()
