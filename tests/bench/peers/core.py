# SPDX-License-Identifier: MIT
"""core.py - what the kernels of $OPENBLAS_CORETYPE do on one thread.

GFLOP/s of a product of 2048 x 2048, and of the factorisation of 128 x 128; their names.
"""
import time

import numpy as np
import threadpoolctl
from scipy.linalg import lapack


def best(work, operations, times):
    rate = 0.0
    for _ in range(times):
        start = time.perf_counter()
        work()
        rate = max(rate, operations / (time.perf_counter() - start) / 1e9)
    return rate


rng = np.random.default_rng(1)
a = rng.standard_normal((2048, 2048)).astype(np.float32)
small = np.asfortranarray(a[:128, :128] @ a[:128, :128].T + 128 * np.eye(128, dtype=np.float32))
libraries = [x for x in threadpoolctl.threadpool_info() if x["internal_api"] == "openblas"]
names = sorted({x["architecture"] for x in libraries})
product = best(lambda: a @ a, 2.0 * 2048**3, 5)
factor = best(lambda: lapack.spotrf(small), 128**3 / 3, 200)
print(f"{product:.1f}\t{factor:.1f}\t{'+'.join(names)}")
