# SPDX-License-Identifier: MIT
"""ease.py TRAIN REG - EASE by scipy: the Gram matrix, its inverse in place, the weights."""
import sys

import numpy as np
from scipy.linalg import lapack

from common import clock, matrix, tell

m = matrix(sys.argv[1])
with clock():
    g = np.asfortranarray((m.T @ m).toarray(), np.float32)
    g[np.diag_indices_from(g)] += np.float32(sys.argv[2])
    g, info = lapack.spotrf(g, lower=1, overwrite_a=1)
    assert info == 0, info
    g, info = lapack.spotri(g, lower=1, overwrite_c=1)
    assert info == 0, info
    diagonal = np.diag(g).copy()
    # The upper half, by blocks: there is no memory for one more matrix.
    for first in range(0, len(g), 1024):
        last = min(first + 1024, len(g))
        g[first:last, last:] = g[last:, first:last].T
        corner = np.tril(g[first:last, first:last])
        g[first:last, first:last] = corner + np.tril(corner, -1).T
    g /= -diagonal
    g[np.diag_indices_from(g)] = 0
total = sum(np.abs(g[:, c]).astype(np.float64).sum() for c in range(0, g.shape[1], 97))
tell("text", f"sum {total:.3f} of each 97th column")
