# SPDX-License-Identifier: MIT
"""peers.py - the same stages by what people use in Python, for bench.sh; prints `seconds NAME<TAB>s` and `peak<TAB>bytes`.

    peers.py load FILE                      pandas.read_csv, factorize both columns, scipy CSR
    peers.py als FILE FACTORS THREADS       implicit: a sweep by conjugate gradients and by Cholesky, top 20 for all users
    peers.py versions
"""
import os
import resource
import sys
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # what implicit asks for: it runs threads of its own


def matrix(path):
    import numpy as np
    import pandas as pd
    import scipy.sparse as sp

    rows = pd.read_csv(path, sep="\t", header=None, usecols=[0, 1], names=["user", "item"], dtype=str, keep_default_na=False)
    users, user_labels = pd.factorize(rows["user"])
    items, item_labels = pd.factorize(rows["item"])
    ones = np.ones(len(rows), np.float32)
    return sp.csr_matrix((ones, (users, items)), shape=(len(user_labels), len(item_labels)))


def peak():
    print(f"peak\t{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}")


def load(path):
    import pandas  # noqa: F401 (imports are not timed)
    import scipy.sparse  # noqa: F401

    start = time.perf_counter()
    matrix(path)
    print(f"seconds pandas + scipy load\t{time.perf_counter() - start}")
    peak()


def als(path, factors, threads):
    import implicit.cpu.als
    import numpy as np

    m = matrix(path)
    for name, use_cg in (("cg", True), ("cholesky", False)):
        model = implicit.cpu.als.AlternatingLeastSquares(factors=factors, use_cg=use_cg, iterations=3, num_threads=threads, random_state=1)
        times = []
        model.fit(m, show_progress=False, callback=lambda iteration, elapsed, loss: times.append(elapsed))
        print(f"seconds implicit sweep {name}\t{sorted(times)[1]}")
    start = time.perf_counter()
    model.recommend(np.arange(m.shape[0]), m, N=20)
    print(f"seconds implicit top-n\t{time.perf_counter() - start}")
    peak()


def versions():
    import importlib

    for name in ("pandas", "scipy", "numpy", "implicit"):
        try:
            print(name, importlib.import_module(name).__version__, end="  ")
        except ImportError:
            print(name, "absent", end="  ")
    print()
    try:
        import implicit.cpu.als  # noqa: F401
        import scipy.linalg  # noqa: F401
        import threadpoolctl

        for lib in threadpoolctl.threadpool_info():
            print(" ", lib.get("user_api"), lib.get("version"), lib.get("architecture"), lib.get("num_threads"), "threads")
    except ImportError:
        pass


if __name__ == "__main__":
    if sys.argv[1] == "load":
        load(sys.argv[2])
    elif sys.argv[1] == "als":
        als(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    else:
        versions()
