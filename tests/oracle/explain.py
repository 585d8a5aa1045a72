#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""explain.py - what each item of a history adds to a score, by brute force in double. Nothing but the standard library.

usage: explain.py factors INFO ITEMS HISTORIES LISTS      INFO: rec-cat --info of the model; ITEMS: dense text
       explain.py similarity SIM HISTORIES LISTS          sparse text: history item, candidate, weight
       explain.py check EXPLAINED WANTED K                user, item, score, item, share: the K largest shares, within 2e-4
       explain.py sum EXPLAINED                           all shares of an entry add up to 1

The first two write user TAB item TAB item of the history TAB share for each of LISTS. Factors are taken apart by what the score
is: the equations are solved once for each item of the history alone, with the matrix of the whole history.
"""
import sys


def rows(path):
    r = {}
    for line in open(path, newline="\n"):
        f = line.rstrip("\n").split("\t")
        r.setdefault(f[0], {})[f[1]] = float(f[2]) if len(f) > 2 else 1.0
    return r


def solve(a, b):
    """Gauss with pivots."""
    n = len(b)
    m = [list(a[i]) + [b[i]] for i in range(n)]
    for c in range(n):
        p = max(range(c, n), key=lambda r: abs(m[r][c]))
        m[c], m[p] = m[p], m[c]
        for r in range(n):
            if r != c:
                f = m[r][c] / m[c][c]
                m[r] = [x - f * y for x, y in zip(m[r], m[c])]
    return [m[i][n] / m[i][i] for i in range(n)]


def dot(a, b):
    return sum(x * y for x, y in zip(a, b))


class Factors:
    def __init__(self, info, items):
        self.meta = {}
        for line in open(info):
            key, value = line.rstrip("\n").split("\t")
            if key.startswith("meta."):
                self.meta[key[5:]] = value
        self.y = {}
        for line in open(items):
            f = line.rstrip("\n").split("\t")
            self.y[f[0]] = [float(x) for x in f[1:]]
        self.explicit = self.meta["loss"] == "explicit"

    def number(self, key):
        return float(self.meta[key])

    def terms(self, history, item):
        """{history item: what it adds to the score of item}"""
        reg, power = self.number("reg"), self.number("reg-power")
        if self.explicit:  # vectors are (q, b, 1); the row is (p, b_u)
            t = {i: v[:-2] + [1.0] for i, v in self.y.items()}
            a = {i: 1.0 for i in history}
            b = {i: x - self.number("mean") - self.y[i][-2] for i, x in history.items() if i in t}
            k = len(t[item])
            lam = reg * len([i for i in history if i in t]) ** power
            diag = [lam] * (k - 1) + [self.number("bias-reg")]
            m = [[0.0] * k for _ in range(k)]
        else:
            t = self.y
            linear = self.meta["weights"] == "linear"
            a = {i: self.number("alpha") * (abs(x) / self.number("divisor") if linear else 1) for i, x in history.items()}
            b = {i: a[i] if x > 0 else 0.0 for i, x in history.items() if i in t}
            k = len(t[item])
            alpha0 = self.number("unobserved")
            lam = reg * (len([i for i in history if i in t]) + alpha0 * self.number("items")) ** power
            diag = [lam] * k
            m = [[alpha0 * sum(v[r] * v[c] for v in t.values()) for c in range(k)] for r in range(k)]
        for i in history:
            if i in t:
                for r in range(k):
                    for c in range(k):
                        m[r][c] += a[i] * t[i][r] * t[i][c]
        for r in range(k):
            m[r][r] += diag[r]
        return {i: dot(t[item], solve(m, [b[i] * x for x in t[i]])) for i in history if i in t}


class Similarity:
    def __init__(self, path):
        self.s = rows(path)

    def terms(self, history, item):
        return {i: self.s.get(i, {}).get(item, 0.0) if x > 0 else 0.0 for i, x in history.items()}


def explain(model, histories, lists):
    for line in open(lists):
        user, item = line.rstrip("\n").split("\t")[:2]
        terms = model.terms(histories[user], item)
        total = sum(terms.values())
        for i, x in terms.items():
            print(user, item, i, repr(x / total), sep="\t")


def check(explained, wanted, k):
    want, got, seen = {}, {}, 0
    for line in open(wanted):
        user, item, because, share = line.rstrip("\n").split("\t")
        want.setdefault((user, item), {})[because] = float(share)
    for line in open(explained):
        user, item, _, because, share = line.rstrip("\n").split("\t")
        got.setdefault((user, item), []).append((because, float(share)))
    assert set(got) == set(want), "not the same entries"
    for entry, reasons in got.items():
        w = want[entry]
        scale = max(1.0, max(abs(x) for x in w.values()))
        assert len(reasons) == min(k, len([x for x in w.values() if x != 0])), (entry, reasons, w)
        assert all(a[1] >= b[1] for a, b in zip(reasons, reasons[1:])), reasons
        for because, share in reasons:
            assert abs(w[because] - share) < 2e-4 * scale, (entry, because, share, w[because])
            seen += 1
        least = sorted(w.values(), reverse=True)[len(reasons) - 1]
        assert reasons[-1][1] > least - 2e-4 * scale, (entry, reasons[-1], least)
    print(seen, "reasons")


def whole(explained):
    total = {}
    for line in open(explained):
        user, item, _, _, share = line.rstrip("\n").split("\t")
        total.setdefault((user, item), []).append(float(share))
    for entry, shares in total.items():
        assert abs(sum(shares) - 1) < 1e-6 * (1 + sum(abs(x) for x in shares)), (entry, sum(shares))
    print(len(total), "entries")


def main(a):
    if a[0] == "factors":
        explain(Factors(a[1], a[2]), rows(a[3]), a[4])
    elif a[0] == "similarity":
        explain(Similarity(a[1]), rows(a[2]), a[3])
    elif a[0] == "check":
        check(a[1], a[2], int(a[3]))
    else:
        whole(a[1])


main(sys.argv[1:])
