# SPDX-License-Identifier: MIT
"""request.py ours|implicit MODEL TRAIN OUT - 10 items for a known user, warm: median of 500.

ours is rec-topn --stream behind two pipes: the request is the lines of a user
and an empty one, the answer ends with an empty line. implicit is called in its
own process; nothing is sent.
"""
import os
import subprocess
import sys
import time

import numpy as np

from common import THREADS, block, factors, matrix, tell

USERS, WARM = 500, 100


def ours(model, train):
    b = block(train)
    items = b.col.text()
    asked = []
    for u in picked(len(b.row)):
        label = b.row[int(u)].decode()
        held = b.index[int(b.indptr[u]):int(b.indptr[u + 1])]
        asked.append("".join(f"{label}\t{items[i]}\n" for i in held).encode() + b"\n")
    command = ["rec-topn", "-q", "-j", str(THREADS), "-m", model, "-n", "10", "--stream",
               "--stats", "stream.stats"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as p:
        def answer(request):
            p.stdin.write(request)
            p.stdin.flush()
            lines = iter(p.stdout.readline, b"\n")
            return [line.split(b"\t")[1] for line in lines]

        yield from timed(answer, asked)
        p.stdin.close()
        p.stdout.read()
    with open("stream.stats", encoding="utf-8") as stats:
        kept = dict(line.rstrip("\n").split("\t", 1) for line in stats)
    tell("peak", kept["memory.peak"])


def implicit(model, train):
    from implicit.cpu.als import AlternatingLeastSquares

    m, labels = matrix(train), block(train).col
    user, item = factors(model)
    als = AlternatingLeastSquares(factors=user.shape[1], num_threads=THREADS)
    als.user_factors, als.item_factors = user, item
    for ids in timed(lambda u: als.recommend(u, m[u], N=10)[0], picked(len(user))):
        yield [labels[int(i)] for i in ids]


def picked(users):
    return [int(u) for u in np.random.default_rng(1).integers(0, users, USERS)]


def timed(answer, requests):
    for request in requests[:WARM]:
        answer(request)
    seconds, answers = [], []
    for request in requests:
        start = time.perf_counter()
        answers.append(answer(request))
        seconds.append(time.perf_counter() - start)
    tell("seconds", np.median(seconds))
    tell("p99", np.quantile(seconds, 0.99))
    yield from answers


def main(party, model, train, out):
    answers = list({"ours": ours, "implicit": implicit}[party](model, train))
    if not os.environ.get("PEER_JUDGE"):
        return
    answers = np.array(answers, dtype="S")
    np.save(out, answers)
    if party != "ours" and os.path.exists("request.ours.npy"):
        first = np.load("request.ours.npy")
        same = np.mean([len(set(a) & set(b)) / len(a) for a, b in zip(first, answers)])
        tell("text", f"{100 * same:.2f} % of the items that ours lists")


main(*sys.argv[1:])
