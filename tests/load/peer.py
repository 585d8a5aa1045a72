# SPDX-License-Identifier: MIT
"""peer.py - what a user of implicit would write to answer over HTTP, for load.sh.

    PEER_MODEL=als64.rec PEER_TRAIN=train.rec uvicorn peer:app --workers 2

implicit does the work: recommend, similar_items, and recalculate_user for a
history in the request. FastAPI routes, orjson reads and writes, no model of
pydantic checks a body. Everything is in memory before the first request. With
PEER_THREADS=1 requests are worked on in FastAPI's threads, as its plain `def`
does, without it in the event loop; load.sh takes what is faster. Factors are
those of rec-als, so both servers rank by the same numbers.

GET /topn?user=&n=, POST /topn {"history": [...], "n": 10}, GET /similar?item=&n=
"""
import os

import numpy as np
import orjson
from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool
from implicit.cpu.als import AlternatingLeastSquares
from scipy.sparse import csr_matrix

import recmat

THREADS = os.environ.get("PEER_THREADS") == "1"
ROW = 10        # pairs of a history for which the regularisation is exact


def same_model(path):
    """implicit's ALS with the factors and the objective of a model of rec-als.

    rec-als weighs all pairs by W and observed ones by 1 more, implicit all by 1
    and observed ones by alpha in all: rec-als divided by W. Two things differ:
    what regularises grows with the pairs of a row in rec-als, and here is that
    of ROW pairs; and a vector is 1 + W times as long.
    """
    blocks = recmat.read(path)
    user, item = recmat.named(blocks, "user"), recmat.named(blocks, "item")
    meta = next(b.meta for b in blocks if b.kind == "metadata")
    w, reg = float(meta["unobserved"]), float(meta["reg"])
    als = AlternatingLeastSquares(
        factors=int(meta["factors"]), alpha=1 + 1 / w, num_threads=1,
        regularization=reg * (len(item.row) + ROW / w))
    als.user_factors = np.array(user.values, np.float32, order="C")
    als.item_factors = np.array(item.values, np.float32, order="C")
    return als, user.row, item.row


def histories(path, users, items):
    """A row of the matrix for each user of the model."""
    m = recmat.read(path)[0]
    column = np.array([item_at[label.decode()] for label in m.col], np.int32)
    assert len(m.row) == len(users)     # both ascend: the same users
    return csr_matrix((m.values, column[m.index], m.indptr.astype(np.int64)),
                      shape=(len(users), len(items)))


als, users, items = same_model(os.environ["PEER_MODEL"])
user_at = {label.decode(): i for i, label in enumerate(users)}
item_at = {label.decode(): i for i, label in enumerate(items)}
label = [item.decode() for item in items]
seen = histories(os.environ["PEER_TRAIN"], users, items)
als.YtY, als.item_norms     # computed at the first use, and kept
app = FastAPI(openapi_url=None)


def answer(ids, scores):
    scores = scores.tolist()
    return Response(
        orjson.dumps({"items": [{"item": label[i], "score": s} for i, s
                                in zip(ids.tolist(), scores) if i >= 0]}),
        media_type="application/json")


def known_user(u, n):
    return answer(*als.recommend(u, seen[u], N=n))


def history(asked):
    at = [item_at[i] for i in asked["history"] if i in item_at]
    row = csr_matrix((np.ones(len(at), np.float32), at, [0, len(at)]),
                     shape=(1, len(label)))
    return answer(*als.recommend(0, row, N=asked.get("n", 10),
                                 recalculate_user=True))


def similar_items(i, n):
    ids, scores = als.similar_items(i, N=n + 1)     # it is like itself, too
    others = ids != i
    return answer(ids[others][:n], scores[others][:n])


async def work(job, *args):
    return await run_in_threadpool(job, *args) if THREADS else job(*args)


@app.get("/topn")
async def get_topn(user: str, n: int = 10):
    if user not in user_at:
        raise HTTPException(404, "no such user")
    return await work(known_user, user_at[user], n)


@app.post("/topn")
async def post_topn(request: Request):
    return await work(history, orjson.loads(await request.body()))


@app.get("/similar")
async def get_similar(item: str, n: int = 10):
    if item not in item_at:
        raise HTTPException(404, "no such item")
    return await work(similar_items, item_at[item], n)
