# SPDX-License-Identifier: MIT
"""text.py pandas|polars|duckdb FILE - lines of user TAB item to a matrix of scipy in memory."""
import sys

import numpy as np
import scipy.sparse as sp

from common import THREADS, clock, tell


def csr(users, items, shape):
    return sp.csr_matrix((np.ones(len(users), np.float32), (users, items)), shape=shape)


def fields(path):
    with open(path, encoding="utf-8") as lines:
        return lines.readline().count("\t") + 1


def pandas(path):
    import pandas as pd

    with clock():
        rows = pd.read_csv(path, sep="\t", header=None, usecols=[0, 1], names=["user", "item"],
                           dtype=str, keep_default_na=False, quoting=3)
        users, user_labels = pd.factorize(rows["user"])
        items, item_labels = pd.factorize(rows["item"])
        return csr(users, items, (len(user_labels), len(item_labels)))


def polars(path):
    import polars as pl

    with clock():
        rows = pl.read_csv(path, separator="\t", has_header=False, columns=[0, 1], quote_char=None,
                           infer_schema=False)
        # Codes of a category, and the labels, which a matrix needs.
        sides = [s.cast(pl.Categorical(pl.Categories.random())) for s in rows.get_columns()]
        codes = [np.unique(s.to_physical().to_numpy(), return_inverse=True) for s in sides]
        return csr(codes[0][1], codes[1][1], (len(codes[0][0]), len(codes[1][0])))


def duckdb(path):
    import duckdb as db

    names = ["u", "i", "value", "time"][:fields(path)]
    columns = "{" + ", ".join(f"'{n}': 'VARCHAR'" for n in names) + "}"
    con = db.connect(config={"threads": THREADS})
    with clock():
        con.execute(f"CREATE TEMP TABLE rows AS SELECT u, i FROM read_csv('{path}', delim='\t', "
                    f"header=false, quote='', escape='', auto_detect=false, columns={columns})")
        for side in "ui":
            con.execute(f"CREATE TEMP TABLE of_{side} AS SELECT {side}, "
                        f"(row_number() OVER () - 1)::INTEGER AS n_{side} "
                        f"FROM (SELECT DISTINCT {side} FROM rows)")
        found = con.execute("SELECT n_u, n_i FROM rows JOIN of_u USING (u) "
                            "JOIN of_i USING (i)").fetchnumpy()
        shape = [con.execute(f"SELECT count(*) FROM of_{side}").fetchone()[0] for side in "ui"]
        return csr(found["n_u"], found["n_i"], shape)


m = {"pandas": pandas, "polars": polars, "duckdb": duckdb}[sys.argv[1]](sys.argv[2])
tell("text", f"{m.shape[0]} x {m.shape[1]}, {m.nnz} pairs")
