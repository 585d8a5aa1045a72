# SPDX-License-Identifier: MIT
"""objective.py - the objectives of rec-als and of MLlib's ALS, of any factors.

    objective.py rec-als|mllib TRAIN USERS ITEMS W REG ALPHA LAMBDA

TRAIN is TSV of user and item (every value 1), USERS and ITEMS are .npy with
one row a label, and the labels beside them in .labels (rec-cat --to npy
--row-labels). Both are sums over the same pairs, with y = p.q:

    rec-als   sum over observed (y - 1)^2 + W sum over all y^2
              + REG [ sum of (n_u + W items) |p|^2 + sum of (n_i + W users) |q|^2 ]
    MLlib     sum over observed (1 + ALPHA) (y - 1)^2 + sum over others y^2
              + LAMBDA [ sum of n_u |p|^2 + sum of n_i |q|^2 ]

Put W = 1 / ALPHA and s = 1 + W. Factors times sqrt(s) turn the first sums into
each other: MLlib = ALPHA (s^2 rec-als - s W observed). So both have the same
minimum where LAMBDA = REG = 0, and else differ by the form of regularisation
alone: by n here, by n + W others there. They cost a row with as many pairs as
the mean the same if LAMBDA = REG s (ALPHA + 1 / density).

The first argument says whose factors they are: for the other formula they are
scaled as above. Prints both objectives, divided by the observed pairs.
"""
import sys

import numpy as np


def factors(path):
    with open(path[:-4] + ".labels", encoding="utf-8") as f:
        return {line.rstrip("\n"): i for i, line in enumerate(f)}, np.load(path).astype(np.float64)


def pairs(path, users, items):
    with open(path, encoding="utf-8") as f:
        both = [line.rstrip("\n").split("\t")[:2] for line in f]
    return np.array([users[u] for u, _ in both]), np.array([items[i] for _, i in both])


def main():
    whose, train = sys.argv[1:3]
    (users, p), (items, q) = factors(sys.argv[3]), factors(sys.argv[4])
    w, reg, alpha, lam = map(float, sys.argv[5:9])
    u, i = pairs(train, users, items)
    nu, ni = np.bincount(u, minlength=len(p)), np.bincount(i, minlength=len(q))
    y = np.concatenate([np.einsum("ij,ij->i", p[u[a:a + 65536]], q[i[a:a + 65536]])
                        for a in range(0, len(u), 65536)])
    squares = np.sum((p.T @ p) * (q.T @ q))     # of y, over all pairs
    pp, qq = np.sum(p * p, axis=1), np.sum(q * q, axis=1)

    def rec_als(s):     # of the factors times sqrt(s)
        norms = np.sum((nu + w * len(q)) * pp) + np.sum((ni + w * len(p)) * qq)
        return np.sum((s * y - 1) ** 2) + w * s * s * squares + reg * s * norms

    def mllib(s):
        fit = (1 + alpha) * np.sum((s * y - 1) ** 2) + s * s * (squares - np.sum(y * y))
        return fit + lam * s * (np.sum(nu * pp) + np.sum(ni * qq))

    ours = whose == "rec-als"
    print(f"objective.rec-als\t{rec_als(1 if ours else 1 / (1 + w)) / len(u):.6f}")
    print(f"objective.mllib\t{mllib(1 + w if ours else 1) / len(u):.6f}")


if __name__ == "__main__":
    main()
