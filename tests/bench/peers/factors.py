# SPDX-License-Identifier: MIT
"""factors.py implicit|irspack cg|cholesky TRAIN K LOW HIGH OUT - seconds a sweep.

Those of HIGH sweeps less those of LOW, divided.

The objective is that of ours.sh: observed pairs 1, all pairs UNOBSERVED, the
same regularisation for every row. implicit has weight 1 for all pairs, so
everything is divided by UNOBSERVED there.
"""
import sys
import time

import numpy as np

from common import REG, THREADS, UNOBSERVED, matrix, tell


def implicit(m, solver, k, sweeps):
    from implicit.cpu.als import AlternatingLeastSquares

    als = AlternatingLeastSquares(
        factors=k, alpha=1 + 1 / UNOBSERVED, regularization=REG / UNOBSERVED, iterations=sweeps,
        use_cg=solver == "cg", num_threads=THREADS, random_state=1)
    start = time.perf_counter()
    als.fit(m, show_progress=False)
    seconds = time.perf_counter() - start
    # Its target is 1 + UNOBSERVED, in these units.
    return seconds, als.user_factors, als.item_factors / np.float32(1 + UNOBSERVED)


def irspack(m, solver, k, sweeps):
    from irspack import IALSRecommender

    als = IALSRecommender(
        m, n_components=k, alpha0=UNOBSERVED, reg=REG, nu=0.0, nu_star=None, max_cg_steps=3,
        solver_type=solver.upper(), n_threads=THREADS, train_epochs=sweeps)
    start = time.perf_counter()
    als.learn()
    seconds = time.perf_counter() - start
    return seconds, als.get_user_embedding(), als.get_item_embedding()


def main(party, solver, train, k, low, high, out):
    m = matrix(train)
    train_with = {"implicit": implicit, "irspack": irspack}[party]
    few, *_ = train_with(m, solver, int(k), int(low))
    many, user, item = train_with(m, solver, int(k), int(high))
    tell("seconds", (many - few) / (int(high) - int(low)))
    np.savez(out, user=user, item=item)


main(*sys.argv[1:])
