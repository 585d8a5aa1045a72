#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""crowd.py PORT|SOCKET PID WHAT - more clients than are welcome. Each WHAT prints one line; a fault is an assertion.

crowd: 10,000 at once, for a server with --max-connections 10000 and a minute for all that it waits for.
starved: no descriptor left, and the thread that accepts does not spin.
addresses: for a server with --max-per-address 8; own: for the same, from this machine's own address alone.
full: at a socket in the file system, whose buffer is small.
bodies: for a server with --max-body 1M --max-bodies 4M.
"""
import os
import re
import resource
import socket
import sys
import time

PORT, PID = sys.argv[1], int(sys.argv[2])
OK = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
NO_PORT_YET = 24  # IP_BIND_ADDRESS_NO_PORT: ports are taken by pair, so that they do not run out


def connect(source="127.0.0.1", timeout=20):
    if not PORT.isdigit():
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(timeout)
        s.connect(PORT)
        return s
    s = socket.socket()
    s.settimeout(timeout)
    s.setsockopt(socket.IPPROTO_IP, NO_PORT_YET, 1)
    s.bind((source, 0))
    s.connect(("127.0.0.1", int(PORT)))
    return s


def ask(s, target=b"/healthz"):
    """The body of an answer, on a connection that stays."""
    s.sendall(b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % target)
    got = b""
    while b"\r\n\r\n" not in got:
        more = s.recv(65536)
        assert more, got
        got += more
    head, body = got.split(b"\r\n\r\n", 1)
    assert head.startswith(b"HTTP/1.1 200 "), head
    n = int(re.search(rb"(?i)content-length: (\d+)", head).group(1))
    while len(body) < n:
        body += s.recv(65536)
    return body


def meter(s, name):
    return int(re.search(rb"(?m)^%s ([0-9]+)$" % name, ask(s, b"/metrics")).group(1))


def own_memory():
    """Bytes of the server, files that it maps not counted."""
    with open("/proc/%d/status" % PID) as f:
        return int(re.search(r"RssAnon:\s+(\d+) kB", f.read()).group(1)) << 10


def descriptors():
    return len(os.listdir("/proc/%d/fd" % PID))


def seconds_of_cpu():
    with open("/proc/%d/stat" % PID) as f:
        part = f.read().rsplit(")", 1)[1].split()
    return (int(part[11]) + int(part[12])) / os.sysconf("SC_CLK_TCK")


def until(what, test, seconds=20):
    end = time.monotonic() + seconds
    while not test():
        assert time.monotonic() < end, what
        time.sleep(0.05)


ALL, NEVER_READ, HALF_BODY, HALF_HEAD = 9980, 300, 700, 3000
BATCH = b"".join(b"u%d\ti1\n" % i for i in range(6800))
LARGE = b"POST /batch?n=40&keep-seen HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(BATCH)

# What they may take: 8 KiB each, parts of bodies, and a batch 12 times its lines; what may be left when they have gone.
MOST = ALL * 8192 + HALF_BODY * 16384 + NEVER_READ * 12 * len(BATCH)
LEFT = ALL * 6144


def come(i):
    s = connect("127.0.1.%d" % (i % 50 + 1))
    if i < NEVER_READ:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.sendall(LARGE + BATCH)
    elif i < NEVER_READ + HALF_BODY:
        s.sendall(LARGE + BATCH[:5000])
    elif i < NEVER_READ + HALF_BODY + HALF_HEAD:
        s.sendall(OK[:20 + i % 10])
    return s


def crowd():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    good = connect()
    ask(good, b"/topn?user=u1")
    before, files = own_memory(), descriptors()
    peaks, slowest = [], 0
    for turn in range(2):
        held = []
        for i in range(ALL):
            held.append(come(i))
            if i % 200 == 0:
                began = time.monotonic()
                ask(good, b"/topn?user=u1")
                slowest = max(slowest, time.monotonic() - began)
        until("not all are there", lambda: meter(good, b"rec_connections") == ALL + 1)
        for _ in range(50):  # new ones are answered, too
            began = time.monotonic()
            s = connect()
            ask(s, b"/topn?user=u2")
            s.close()
            slowest = max(slowest, time.monotonic() - began)
        peaks.append(own_memory() - before)
        # those above the limit are told so, the rest waits
        until("they are still there", lambda: meter(good, b"rec_connections") == ALL + 1)
        more = [connect("127.0.2.1") for _ in range(60)]
        for s in more:
            s.sendall(OK)
        got = [s.recv(1000) for s in more]
        assert sum(b" 200 OK" in x for x in got) == 10000 - ALL - 1, got
        assert sum(b" 503 " in x and b"Retry-After" in x for x in got) == 60 - (10000 - ALL - 1), got
        for s in more + held:
            s.close()
        until("they do not leave", lambda: meter(good, b"rec_connections") == 1)
        assert descriptors() == files, (descriptors(), files)
    # a page may stay where something small of the event loop lies, one a descriptor
    until("memory does not come back", lambda: own_memory() - before < LEFT)
    print("beyond a server at rest: %d MiB, then %d MiB with %d connections, %d MiB when they had left; the slowest answer took %.3f s" %
          (peaks[0] >> 20, peaks[1] >> 20, ALL, own_memory() - before >> 20, slowest))
    assert max(peaks) < MOST, MOST >> 20
    assert slowest < 3


def starved():
    """No descriptor for those who come: they wait, nothing spins, and they are answered when there are some again."""
    hard = resource.prlimit(PID, resource.RLIMIT_NOFILE)
    good = connect()
    ask(good)
    resource.prlimit(PID, resource.RLIMIT_NOFILE, (descriptors() + 10, hard[1]))
    held = [connect() for _ in range(40)]
    for s in held:
        s.sendall(OK)
    time.sleep(0.3)
    before = seconds_of_cpu()
    for _ in range(10):
        ask(good)
        time.sleep(0.1)
    spent = seconds_of_cpu() - before
    assert spent < 0.3, spent
    resource.prlimit(PID, resource.RLIMIT_NOFILE, hard)
    assert all(b" 200 OK" in s.recv(1000) for s in held)
    print("%d waited, %.2f s of CPU in a second" % (len(held), spent))


def first_word(s):
    """200, 503, or 0 where it was closed without a word."""
    try:
        s.sendall(OK)
        got = s.recv(1000)
    except OSError:
        return 0
    assert b" 503 " not in got or b"Retry-After" in got and b"too-many-of-one-address" in got, got
    return int(got.split()[1]) if got else 0


def own():
    """A proxy of this machine brings everybody."""
    held = [connect() for _ in range(100)]
    assert [first_word(s) for s in held] == [200] * 100
    return held


def addresses():
    held = {}
    for a in ("127.0.0.2", "127.0.0.3", "127.9.9.9"):
        held[a] = [connect(a) for _ in range(12)]
        words = [first_word(s) for s in held[a]]
        assert sorted(words) == [200] * 8 + [503] * 4, (a, words)
    # many more are closed without a word, and hold nothing
    more = [connect("127.0.0.2") for _ in range(40)]
    words = [first_word(s) for s in more]
    assert words.count(200) == 0 and words.count(0) >= 32, words
    others = own()
    good = others[0]
    crowded = meter(good, b"rec_connections_crowded_total")
    assert crowded == 3 * 4 + 40, crowded
    assert meter(good, b"rec_connections_refused_total") == 0
    for s in more + held["127.0.0.2"]:
        s.close()
    until("they do not leave", lambda: meter(good, b"rec_connections") == 100 + 2 * 8)
    again = [connect("127.0.0.2") for _ in range(8)]
    assert [first_word(s) for s in again] == [200] * 8
    print("3 addresses, %d refused" % crowded)


def full():
    """A refusal behind answers that are not read yet: it comes, too, where the socket is full."""
    for k in range(50):
        s = connect()
        s.sendall(OK * (k * 7) + b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 30 + b"BREW\r\n\r\n")
        s.shutdown(socket.SHUT_WR)
        time.sleep(0.05)
        got = b""
        for part in iter(lambda: s.recv(65536), b""):
            got += part
        assert b"HTTP/1.1 501 " in got and got.endswith(b"}}\n"), (k, got[-100:])
    print("no refusal is lost")


def bodies():
    """Bodies that never end, of many clients: together they get no more than was said."""
    good = connect()
    before = own_memory()
    head = b"POST /topn HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"
    held = []
    for _ in range(20):
        s = connect()
        s.sendall(head)
        held.append(s)
        try:
            s.sendall(b"u\ti1\n" * 180000)
        except OSError:  # refused in the middle of it
            pass
    # all come at once: where the bytes are too many, who sends the next is refused
    until("they are not refused", lambda: meter(good, b"rec_connections_refused_total") >= 16)
    grown = own_memory() - before
    assert grown < 12 << 20, grown
    for s in held:
        s.close()
    until("they do not leave", lambda: meter(good, b"rec_connections") == 1)
    body = b"u\ti1\n" * 100000
    for _ in range(10):  # what was answered counts no more
        good.sendall(b"POST /topn HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        got = good.recv(1000)
        assert b" 503 " not in got, got
    print("%d of 20 refused, %d MiB" % (meter(good, b"rec_connections_refused_total"), grown >> 20))


for what in sys.argv[3:]:
    globals()[what]()
