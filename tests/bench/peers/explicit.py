# SPDX-License-Identifier: MIT
"""explicit.py cmfrec|libmf TRAIN TEST K SWEEPS REG - seconds to fit ratings, and their RMSE.

What cmfrec regularises grows with the pairs of a row, as that of rec-als does by
default with its square root; that of libmf does for each pair.
"""
import sys

import numpy as np

from common import THREADS, absent, block, clock, matrix, same_labels, tell


def cmfrec(m, k, sweeps, reg):
    try:
        from cmfrec import CMF
    except ImportError as e:
        absent(e)
    model = CMF(k=k, lambda_=reg, scale_lam=True, method="als", use_cg=False, niter=sweeps,
                use_float=True, nthreads=THREADS, random_state=1, verbose=False)
    with clock():
        model.fit(m.tocoo())
    return lambda rows, cols: model.predict(rows, cols)


def libmf(m, k, sweeps, reg):
    try:
        from libmf import mf
    except (ImportError, OSError) as e:
        absent(e)
    coo = m.tocoo()
    # It takes bare pointers: fit of rows of numbers, predict of columns.
    triples = np.ascontiguousarray(np.column_stack([coo.row, coo.col, coo.data]), np.float32)
    model = mf.MF(k=k, nr_iters=sweeps, nr_threads=THREADS, eta=0.1, quiet=True,
                  lambda_p1=0.0, lambda_q1=0.0, lambda_p2=reg, lambda_q2=reg)
    with clock():
        model.fit(triples)
    return lambda rows, cols: model.predict(
        np.asfortranarray(np.column_stack([rows, cols]), np.float32))


def main(party, train, test, k, sweeps, reg):
    m, truth = matrix(train), block(test)
    rows, cols, values = truth.cells()
    users, items = block(train).row, block(train).col
    rows = same_labels(truth.row, users)[rows]
    cols = same_labels(truth.col, items)[cols]
    known = (rows >= 0) & (cols >= 0)
    predict = {"cmfrec": cmfrec, "libmf": libmf}[party](m, int(k), int(sweeps), float(reg))
    error = np.clip(predict(rows[known], cols[known]), m.data.min(), m.data.max()) - values[known]
    tell("text", f"rmse {np.sqrt(np.mean(error.astype(np.float64) ** 2)):.4f}")


main(*sys.argv[1:])
