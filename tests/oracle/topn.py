#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""topn.py - lists and scores by brute force in double, from text alone: obvious and slow. Nothing but the standard library.

usage: topn.py factors USERS ITEMS HISTORIES N [MEAN]   dense text (label TAB v1 TAB v2 ...) of both sides
       topn.py similarity SIM HISTORIES N               sparse text: history item, candidate, weight
       topn.py users SIM INTERACTIONS HISTORIES N       sparse text: user, neighbour, weight
       topn.py cosine ITEMS N                           similar items of every item by cosine
       topn.py check LISTS WANTED                       the same rows, the same items but for near ties, scores within 1e-5
"""
import math
import sys


def sparse(path):
    rows = {}
    for line in open(path, encoding="latin-1", newline="\n"):
        f = line.rstrip("\r\n").split("\t")
        row = rows.setdefault(f[0], {})
        if len(f) > 1:
            row[f[1]] = row.get(f[1], 0.0) + (float(f[2]) if len(f) > 2 else 1.0)
    return rows


def dense(path):
    rows = {}
    for line in open(path, encoding="latin-1", newline="\n"):
        f = line.rstrip("\n").split("\t")
        rows[f[0]] = [float(x) for x in f[1:]]
    return rows


def put(row, scores, held, n):
    ranked = sorted((-s, i) for i, s in scores.items() if i not in held)
    for s, item in ranked[:n]:
        print(row, item, repr(-s), sep="\t")


def dot(a, b):
    return sum(x * y for x, y in zip(a, b))


def factors(users, items, histories, n, mean=0.0):
    p, q = dense(users), dense(items)
    for row, held in sorted(sparse(histories).items()):
        if row in p:
            put(row, {i: dot(p[row], v) + float(mean) for i, v in q.items()}, held, int(n))


def similarity(sim, histories, n):
    s = sparse(sim)
    for row, held in sorted(sparse(histories).items()):
        scores = {}
        for i, value in held.items():
            for j, w in s.get(i, {}).items() if value > 0 else ():
                scores[j] = scores.get(j, 0.0) + w
        put(row, scores, held, int(n))


def users(sim, interactions, histories, n):
    s, r = sparse(sim), sparse(interactions)
    for row, held in sorted(sparse(histories).items()):
        scores = {}
        for v, w in s.get(row, {}).items():
            for j, value in r.get(v, {}).items():
                if value > 0:
                    scores[j] = scores.get(j, 0.0) + w
        put(row, scores, held, int(n))


def cosine(items, n):
    q = {i: v for i, v in dense(items).items() if any(v)}
    norm = {i: math.sqrt(dot(v, v)) for i, v in q.items()}
    for i in sorted(q):
        put(i, {j: dot(q[i], q[j]) / norm[i] / norm[j] for j in q}, {i}, int(n))


def lists(path):
    rows = {}
    for line in open(path, encoding="latin-1", newline="\n"):
        row, item, score = line.rstrip("\n").split("\t")
        rows.setdefault(row, []).append((item, float(score)))
    return rows


def check(got, wanted):
    a, b = lists(got), lists(wanted)
    if list(a) != list(b):
        sys.exit(f"rows differ: {len(a)} got, {len(b)} wanted")
    for row, want in b.items():
        have = a[row]
        if len(have) != len(want):
            sys.exit(f"{row}: {len(have)} entries, not {len(want)}")
        near = 1e-5 * max(1.0, max(abs(s) for _, s in want))
        scores = dict(want)
        for (i, s), (j, t) in zip(have, want):
            if abs(s - t) > near or (i != j and i in scores and abs(scores[i] - t) > near):
                sys.exit(f"{row}: {i} {s!r}, not {j} {t!r}")
        for x, y in zip(have, have[1:]):
            if x[1] < y[1] or (x[1] == y[1] and x[0] > y[0]):
                sys.exit(f"{row}: {x} stands before {y}")
    print(f"same: {len(b)} rows, {sum(len(v) for v in b.values())} entries")


{"factors": factors, "similarity": similarity, "users": users, "cosine": cosine, "check": check}[sys.argv[1]](*sys.argv[2:])
