# SPDX-License-Identifier: MIT
# split.py FILE SEED RATIO SHARDS - the side of each row by the definition in rec-split(1): writes want.test and want.0 .. want.N-1. XXH64 from its specification.
import sys

M = (1 << 64) - 1
P1, P2, P3, P4, P5 = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5


def rotl(x, r):
    return ((x << r) | (x >> (64 - r))) & M


def rnd(acc, lane):
    return rotl((acc + lane * P2) & M, 31) * P1 & M


def xxh64(data, seed):
    n, i = len(data), 0
    if n >= 32:
        acc = [(seed + P1 + P2) & M, (seed + P2) & M, seed, (seed - P1) & M]
        while i + 32 <= n:
            for k in range(4):
                acc[k] = rnd(acc[k], int.from_bytes(data[i + 8 * k:i + 8 * k + 8], "little"))
            i += 32
        h = (rotl(acc[0], 1) + rotl(acc[1], 7) + rotl(acc[2], 12) + rotl(acc[3], 18)) & M
        for a in acc:
            h = ((h ^ rnd(0, a)) * P1 + P4) & M
    else:
        h = (seed + P5) & M
    h = (h + n) & M
    while i + 8 <= n:
        h = (rotl(h ^ rnd(0, int.from_bytes(data[i:i + 8], "little")), 27) * P1 + P4) & M
        i += 8
    if i + 4 <= n:
        h = (rotl(h ^ (int.from_bytes(data[i:i + 4], "little") * P1 & M), 23) * P2 + P3) & M
        i += 4
    while i < n:
        h = rotl(h ^ (data[i] * P5 & M), 11) * P1 & M
        i += 1
    h = (h ^ (h >> 33)) * P2 & M
    h = (h ^ (h >> 29)) * P3 & M
    return h ^ (h >> 32)


def mix(x):
    x = (x + 0x9E3779B97F4A7C15) & M
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 & M
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB & M
    return x ^ (x >> 31)


name, seed, ratio, shards = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
key = xxh64(b"ratio %g" % ratio, mix(seed))
test = open("want.test", "wb")
parts = [open("want.%d" % i, "wb") for i in range(shards)]
for line in open(name, "rb"):
    user, item = line.split(b"\t")[:2]
    h = mix(mix(xxh64(user, key)) ^ xxh64(item, key))
    if ((h >> 12) + 0.5) * 2.0 ** -52 < ratio:
        test.write(line)
    parts[xxh64(item, 0) * shards >> 64].write(line)
