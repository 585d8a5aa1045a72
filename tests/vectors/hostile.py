#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""hostile.py DIR - writes models whose metadata and blocks contradict each other, each a valid recmat stream; shares no code with the library."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from make import block, dense, end, labels, sparse, u32, u64  # noqa: E402

ALS = {"algorithm": "als", "alpha": "1", "factors": "2", "init-sd": "0.1", "items": "3", "iterations": "1", "loss": "implicit", "reg": "0.01", "reg-power": "1",
       "seed": "1", "solver": "cholesky", "target": "one", "unobserved": "0.1", "users": "2", "weights": "none"}
IMPLICIT = ("alpha", "target", "unobserved", "weights")
I, U = [b"a", b"b", b"c"], [b"u", b"v"]


def meta(keys):
    return block(3, [(10, b"".join(b"%s\t%s\n" % (k.encode(), v.encode()) for k, v in sorted(keys.items())))])


def without(keys, *names):
    return {k: v for k, v in keys.items() if k not in names}


def stream(*blocks):
    return b"".join(blocks) + end(len(blocks))


def user(k=2, rows=U, name=b"user"):
    return dense(rows, k, [.1 * (1 + x % 5) for x in range(k * len(rows))], name=name)


def item(k=2, rows=I, name=b"item"):
    return dense(rows, k, [.1 * (1 + x * x % 7) for x in range(k * len(rows))], name=name)


def als(keys=None, u=None, i=None, **change):
    return stream(meta({**(ALS if keys is None else keys), **{k.replace("_", "-"): v for k, v in change.items()}}), user() if u is None else u, item() if i is None else i)


EXPLICIT = {**without(ALS, *IMPLICIT), "loss": "explicit", "mean": "3", "bias": "1", "bias-reg": "5", "value.min": "1", "value.max": "5"}
WIDE = (1 << 32) - 2
EASE = {"algorithm": "ease", "history.weights": "none", "items": "3", "side": "item", "users": "2"}


def empty(name, cols):
    return block(2, labels(1, []) + [(8, b"")], vtype=1, rows=0, cols=cols, name=name)


def cells(name, flags=0):
    s = labels(1, I) + labels(3, I) + [(5, u64([0, 1, 2, 3])), (6, u32([1, 2, 0])), (8, b"\0\0\0\x3f" * 3)]
    return block(1, s, order=1, vtype=1, rows=3, cols=3, nnz=3, name=name, flags=flags)


def wrong(name, flags):
    return block(1, labels(1, U) + labels(3, I) + [(5, u64([0, 1, 2])), (6, u32([0, 1])), (8, b"\0\0\0\x3f" * 2)], order=1, vtype=1, rows=2, cols=3, nnz=2, name=name,
                 flags=flags)


MODELS = {
    "good": als(), "good-explicit": als(EXPLICIT, user(4), item(4)), "good-sim": stream(meta(EASE), cells(b"similarity")), "good-bare": stream(user(), item()),
    "good-later": stream(meta({"algorithm": "something-new", "items": "3"}), item()),
    "width": als(factors="64"), "width-user": als(u=user(3)), "width-bias": als(EXPLICIT), "width-no-bias": als(without({**EXPLICIT, "bias": "0"}, "bias-reg"), user(4), item(4)),
    "wide": stream(empty(b"item", WIDE)), "wide-als": als(factors="16384", u=empty(b"user", 16384), i=empty(b"item", 16384)), "no-columns": stream(item(0)),
    "users-alone": als(i=empty(b"item", 2)), "no-item": stream(meta(ALS), user()), "no-blocks": stream(meta(ALS)),
    "kind-item": stream(wrong(b"item", 0)), "kind-user": stream(wrong(b"user", 0), item()), "kind-offset": stream(dense(I, 2, [0] * 6, name=b"offset")), "kind-similarity": stream(dense(I, 3, [0] * 9, name=b"similarity")),
    "optional-item": stream(wrong(b"item", 1)), "optional-offset": stream(wrong(b"offset", 1)), "other": stream(item(name=b"other")), "sums": stream(cells(b"sums")),
    "both": stream(item(), cells(b"similarity")), "two": stream(cells(b"similarity"), cells(b"")), "sim-factors": stream(meta(EASE), item()),
    "als-sim": stream(meta(ALS), cells(b"similarity")), "popular-sim": stream(meta({**EASE, "algorithm": "popular"}), cells(b"similarity")),
    "few-users": als(users="1"), "few-items": als(items="2"), "many-items": als(items="4294967295"), "few-sim": stream(meta({**EASE, "items": "1"}), cells(b"similarity")),
    "side": stream(meta({**EASE, "side": "both"}), cells(b"similarity")), "side-factors": als(side="user"), "no-reg": als(without(ALS, "reg")), "reg": als(reg="1e300"),
    "reg-negative": als(reg="-1"), "alpha": als(alpha="1e200"), "divisor": als(weights="linear", divisor="0"), "epsilon": als(weights="log", divisor="1", epsilon="1e-300"),
    "unobserved": als(unobserved="nan"), "power": als(reg_power="1000"), "mean": als({**EXPLICIT, "mean": "1e300"}, user(4), item(4)), "bias": als(bias="1"),
    "bias-number": als({**EXPLICIT, "bias": "2"}, user(4), item(4)), "factors": als(factors="4294967296"), "factors-zero": als(factors="0"), "solver": als(solver="magic"),
    "loss": als(loss="hinge"), "loss-alone": stream(meta({"loss": "explicit", "mean": "3"}), item()), "iterations": als(iterations="18446744073709551615"),
    "steps": als(solver="cg", cg_steps="4294967295"), "duplicates": als(duplicates="first"), "range": als({**EXPLICIT, "value.min": "6"}, user(4), item(4)),
    "range-half": als(without(EXPLICIT, "value.max"), user(4), item(4)), "history": stream(meta({**EASE, "history.weights": "cube"}), cells(b"similarity")),
    "history-divisor": stream(meta({**EASE, "history.weights": "linear", "history.divisor": "-1"}), cells(b"similarity")),
}

# Sums of 3 users: all hold a, two of them b.
OF = {"algorithm": "sums", "cells": "5", "digest": "0" * 32, "duplicates": "sum", "max-user": "0", "shards": "1", "sums": "count", "users": "3"}


def sums(val=(3, 2, 2, 2), time=None, **change):
    keys = {**OF, **{k.replace("_", "-").replace("--", "."): v for k, v in change.items()}}
    return stream(meta(keys), sparse(1, I[:2], I[:2], [(5, u64([0, 2, 4])), (6, u32([0, 1, 0, 1]))], list(val), time, name=b"sums"))


SUMS = {
    "good": sums(), "kind": sums(sums="mean"), "single": sums(sums="items"), "scale": sums(sums="weight", scale="1.5", user_power="0.5"),
    "scale-far": sums(sums="weight", scale="1e300", user_power="0.5"), "over": sums(val=(3, 3, 3, 2)), "users": sums(users="2"), "rows": sums(cells="4"),
    "half": sums(val=(3, 2, 1, 2)), "part": sums(val=(3, 1.5, 1.5, 2)), "none": sums(val=(0, 2, 2, 2)), "digest": sums(digest="12"), "max": sums(max_user="x"),
    "whole": sums(whole__shards="1", whole__digest="0" * 32, whole__cells="5", whole__users="4"),
    "shards": sums(whole__shards="2", whole__digest="0" * 32, whole__cells="5", whole__users="3"), "algorithm": sums(algorithm="als"), "dense": stream(meta(OF), item(name=b"sums")),
}
if __name__ == "__main__":
    for kind, files in (("rec", MODELS), ("sums", SUMS)):
        for name, data in files.items():
            with open(os.path.join(sys.argv[1], name + "." + kind), "wb") as f:
                f.write(data)
