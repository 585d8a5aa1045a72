#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""hostile.py PORT WHAT - clients that mean no good, or do not know better. Each WHAT prints one line; a fault is an assertion.

The server is started with --idle-time 2 --head-time 1 --body-time 1 --answer-time 2 --max-head 1K --max-body 64K.
"""
import json
import socket
import sys
import time

PORT = int(sys.argv[1])
OK = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"


def connect():
    return socket.create_connection(("127.0.0.1", PORT), timeout=10)


def all_of(s):
    data = b""
    try:
        while True:
            more = s.recv(65536)
            if not more:
                break
            data += more
    except ConnectionResetError:
        pass
    return data


def say(data, end=True):
    """Send bytes, read until the server closes."""
    s = connect()
    s.sendall(data)
    if end:
        s.shutdown(socket.SHUT_WR)
    got = all_of(s)
    s.close()
    return got


def refused(name, data, *statuses):
    s = connect()
    s.sendall(data)
    got = all_of(s)  # the server closes
    s.close()
    status = int(got.split(b" ")[1]) if got else 0
    assert status in statuses, (name, got[:200])
    head, body = got.split(b"\r\n\r\n", 1)
    assert b"Connection: close" in head, (name, head)
    error = json.loads(body)["error"]
    assert error["code"] and error["reason"] and "/" + "tmp" not in error["reason"], (name, body)
    return status


def request(first=b"GET /healthz HTTP/1.1", fields=b"", body=b"", host=b"Host: x\r\n"):
    return first + b"\r\n" + host + fields + b"\r\n" + body


def smuggling():
    post = b"POST /topn HTTP/1.1"
    table = {
        "te beside cl": (request(post, b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"), 400, 501),
        "te": (request(post, b"Transfer-Encoding: chunked\r\n", b"0\r\n\r\n"), 501),
        "te in disguise": (request(post, b"tRANSFER-eNCODING: x\r\n", b""), 501),
        "two cl": (request(post, b"Content-Length: 3\r\nContent-Length: 3\r\n", b"abc"), 400),
        "cl list": (request(post, b"Content-Length: 3, 3\r\n", b"abc"), 400),
        "cl plus": (request(post, b"Content-Length: +3\r\n", b"abc"), 400),
        "cl minus": (request(post, b"Content-Length: -3\r\n", b"abc"), 400),
        "cl hex": (request(post, b"Content-Length: 0x3\r\n", b"abc"), 400),
        "cl blank inside": (request(post, b"Content-Length: 1 3\r\n", b"abc"), 400),
        "cl empty": (request(post, b"Content-Length:\r\n", b"abc"), 400),
        "cl huge": (request(post, b"Content-Length: 99999999999999999999\r\n", b"abc"), 400),
        "no cl": (request(post, b"", b""), 411),
        "get with body": (request(fields=b"Content-Length: 3\r\n", body=b"abc"), 400),
        "bare lf": (b"GET /healthz HTTP/1.1\nHost: x\n\n", 400),
        "bare lf in fields": (b"GET /healthz HTTP/1.1\r\nHost: x\nA: b\r\n\r\n", 400),
        "bare cr": (b"GET /healthz HTTP/1.1\r\nHost: x\rA: b\r\n\r\n", 400),
        "nul": (request(fields=b"A: b\0c\r\n"), 400),
        "control": (request(fields=b"A: b\x01c\r\n"), 400),
        "blank before colon": (request(fields=b"Content-Length : 0\r\n"), 400),
        "folded": (request(fields=b"A: b\r\n c\r\n"), 400),
        "value begins with a tab": (request(post, b"Content-Length: 3\r\nExpect:\t100-continue\r\n", b"abc"), 400),
        "no colon": (request(fields=b"nothing\r\n"), 400),
        "no host": (request(host=b""), 400),
        "two hosts": (request(fields=b"Host: y\r\n"), 400),
        "absolute target": (request(b"GET http://x/healthz HTTP/1.1"), 400),
        "host in target": (request(b"GET //x:y/healthz HTTP/1.1"), 400),
        "blank in target": (request(b"GET /topn?user=a b HTTP/1.1"), 400, 505),
        "raw utf-8 target": (request("GET /topn?user=é HTTP/1.1".encode()), 400),
        "two blanks": (request(b"GET  /healthz HTTP/1.1"), 400),
        "version": (request(b"GET /healthz HTTP/2.0"), 505),
        "old": (request(b"GET /healthz"), 400),
        "rubbish": (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400),
        "blank lines first": (b"\r\n\r\n" + OK, 400),
        "method": (request(b"BREW /healthz HTTP/1.1"), 501),
        "delete": (request(b"DELETE /topn HTTP/1.1"), 405),
        "connect": (request(b"CONNECT x:1 HTTP/1.1"), 501),
        "expect": (request(post, b"Content-Length: 3\r\nExpect: wonders\r\n", b"abc"), 417),
        "gzip": (request(post, b"Content-Length: 3\r\nContent-Encoding: gzip\r\n", b"abc"), 415),
        "head too large": (request(fields=b"A: " + b"x" * 2000 + b"\r\n"), 431),
        "first line too large": (request(b"GET /" + b"x" * 5000 + b" HTTP/1.1"), 431),
        "body too large": (request(post, b"Content-Length: 70000\r\n", b"x" * 1000), 413),
    }
    for name, (data, *statuses) in table.items():
        refused(name, data, *statuses)
        # what was refused hides nothing: a second request behind it is never answered
        assert say(data + OK).count(b"Content-Type") == 1, name
    print(len(table), "refused")


def questions():
    """Whole requests that ask nonsense: JSON with a code, and the connection goes on."""
    def ask(target, body=None, kind=b"application/json"):
        head = b"" if body is None else b"Content-Type: %s\r\nContent-Length: %d\r\n" % (kind, len(body))
        return request((b"GET " if body is None else b"POST ") + target + b" HTTP/1.1", head, body or b"")

    tsv = b"text/plain"
    table = [
        (ask(b"/nowhere"), 404), (ask(b"/topn"), 400), (ask(b"/topn?user="), 400), (ask(b"/topn?user=a&user=b"), 400),
        (ask(b"/topn?user=a%00b"), 400), (ask(b"/topn?user=a%09b"), 400), (ask(b"/topn?user=%zz"), 400), (ask(b"/topn?user=%4"), 400),
        (ask(b"/topn?user=a&n=0"), 400), (ask(b"/topn?user=a&n=-1"), 400), (ask(b"/topn?user=a&n=1e3"), 400),
        (ask(b"/topn?user=a&n=99999999999999999999"), 400), (ask(b"/topn?user=a&nonsense=1"), 400), (ask(b"/topn?user=a&cold=perhaps"), 400),
        (ask(b"/similar"), 400), (ask(b"/explain?user=u1"), 400), (ask(b"/score"), 405), (ask(b"/healthz", b"{}"), 405),
        (ask(b"/topn", b"{}"), 400), (ask(b"/topn", b"{"), 400), (ask(b"/topn", b"[]"), 400), (ask(b"/topn", b'"x"'), 400),
        (ask(b"/topn", b'{"history":[1]}'), 400), (ask(b"/topn", b'{"history":[["i1",1e999]]}'), 400), (ask(b"/topn", b'{"history":[["i1",1e300]]}'), 400),
        (ask(b"/topn", b'{"history":["i1\\u0000"]}'), 400), (ask(b"/topn", b'{"history":["i1\\n"]}'), 400), (ask(b"/topn", b'{"history":["\xff"]}'), 400),
        (ask(b"/topn", b'{"history":[],"history":[]}'), 400), (ask(b"/topn", b'{"history":["i1"],"n":"5"}'), 400), (ask(b"/topn", b"[" * 5000), 400),
        (ask(b"/topn", b"u\ti1\0", tsv), 400), (ask(b"/topn", b"u\ti1\tx\n", tsv), 400), (ask(b"/topn", b"u\ti1\t1\t2\t3\n", tsv), 400),
        (ask(b"/topn", b"u\ti1\nv\ti2\n", tsv), 400), (ask(b"/topn", b"\n", tsv), 400), (ask(b"/topn", b"", tsv), 400),
        (ask(b"/topn", b"\x1f\x8b\x08\x00rubbish", tsv), 400), (ask(b"/score", b"u1\n", tsv), 400), (ask(b"/score", b'{"pairs":[["a"]]}'), 400),
        (ask(b"/score", b'{"items":["i1"]}'), 400), (ask(b"/batch", b'{"histories":[{}]}'), 400), (ask(b"/batch", b'{"histories":{}}'), 400),
        (ask(b"/similar", b"i1\n", tsv), 415), (ask(b"/topn?user=nobody&cold=fail"), 404),
    ]
    s = connect()
    f = s.makefile("rb")
    for data, want in table:
        s.sendall(data)
        line = f.readline()
        length = 0
        for h in iter(f.readline, b"\r\n"):
            if h.lower().startswith(b"content-length:"):
                length = int(h.split(b":")[1])
        body = f.read(length)
        assert int(line.split()[1]) == want, (data, line, body)
        error = json.loads(body)["error"]
        assert error["code"] and error["reason"], body
    s.sendall(OK)
    assert b"200" in f.readline()
    print(len(table), "answered")


def bytes_of_labels():
    """Labels are bytes: what is no UTF-8 is answered, replaced in JSON, itself in lines."""
    got = say(request(b"GET /topn?user=%ff%fe HTTP/1.1", b"Connection: close\r\n"))
    assert "\ufffd\ufffd" == json.loads(got.split(b"\r\n\r\n", 1)[1])["user"], got
    body = b"\xff\ti1\n"
    got = say(request(b"POST /topn?n=1 HTTP/1.1", b"Accept: text/tab-separated-values\r\nConnection: close\r\nContent-Length: %d\r\n" % len(body), body))
    assert b"\r\n\r\n\xff\ti" in got, got
    print("bytes")


def slow():
    begin = time.monotonic()
    s = connect()
    for i in range(len(OK) - 1):  # byte by byte, never whole
        try:
            s.sendall(OK[i:i + 1])
        except OSError:
            break
        time.sleep(0.05)
        if time.monotonic() - begin > 5:
            raise AssertionError("a slow head was waited for")
    got = all_of(s)
    assert got.startswith(b"HTTP/1.1 408 "), got
    s = connect()
    s.sendall(request(b"POST /topn HTTP/1.1", b"Content-Length: 1000\r\n", b"u\ti"))
    got = all_of(s)
    assert got.startswith(b"HTTP/1.1 408 "), got
    s = connect()  # says nothing
    assert all_of(s) == b""
    assert time.monotonic() - begin < 12
    print("slow ones ended")


def pieces():
    """Bytes in any division are one request."""
    body = b"u\ti1\n"
    whole = request(b"POST /topn?n=2 HTTP/1.1", b"Accept: text/tab-separated-values\r\nContent-Length: %d\r\nConnection: close\r\n" % len(body), body)
    want = say(whole).split(b"\r\n\r\n", 1)[1]
    assert want.startswith(b"u\ti"), want
    for step in (1, 2, 3, 7, 50):
        s = connect()
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for i in range(0, len(whole), step):
            s.sendall(whole[i:i + step])
            time.sleep(0.001)
        assert all_of(s).split(b"\r\n\r\n", 1)[1] == want
    print("pieces")


def pipelined():
    n = 500
    ask = b"GET /topn?user=u1&n=3 HTTP/1.1\r\nHost: x\r\n\r\n"
    begin = time.monotonic()
    got = say(ask * n)
    assert got.count(b"HTTP/1.1 200 OK") == n, got.count(b"HTTP/1.1 200 OK")
    assert time.monotonic() - begin < 5
    got = say(ask * 3 + b"GET /x HTTP/1.1\r\n\r\n" + ask)  # the fourth has no Host
    assert got.count(b"HTTP/1.1 200 OK") == 3 and got.count(b"HTTP/1.1 400 ") == 1, got
    print(n, "pipelined")


def expect():
    s = connect()
    s.sendall(request(b"POST /topn HTTP/1.1", b"Content-Length: 5\r\nExpect: 100-continue\r\nConnection: close\r\n"))
    assert s.recv(100).startswith(b"HTTP/1.1 100 "), "no 100"
    s.sendall(b"u\ti1\n")
    assert b"200 OK" in all_of(s)
    print("expected")


def never_reads():
    """A batch whose answer nobody takes: it ends, others are answered meanwhile."""
    body = b"".join(b"u%d\ti1\n" % i for i in range(6800))  # 5 MB of lists: more than the kernel keeps
    s = connect()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.sendall(request(b"POST /batch?n=40&keep-seen HTTP/1.1", b"Content-Length: %d\r\n" % len(body), body))
    begin = time.monotonic()
    for _ in range(20):
        t = time.monotonic()
        assert b"200 OK" in say(OK)
        assert time.monotonic() - t < 1
        time.sleep(0.05)
    time.sleep(max(0, 4 - (time.monotonic() - begin)))
    time.sleep(1)
    late = [x for x in say(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").split(b"\n") if x.startswith(b"rec_connections ")]
    assert int(late[0].split()[1]) <= 2, late
    s.close()
    print("not waited for")


def gone():
    """Clients that go away at any point."""
    body = b"".join(b"u%d\ti1\n" % i for i in range(3000))
    whole = request(b"POST /batch?n=30 HTTP/1.1", b"Content-Length: %d\r\n" % len(body), body)
    for i in range(120):
        s = connect()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0" if i % 2 else b"\0" * 8)
        s.sendall(whole[:i * len(whole) // 119])
        if i > 100:
            s.recv(1 + i)
        s.close()
    assert b"200 OK" in say(OK)
    print("gone")


def head():
    """HEAD gets the length and no body, which would be taken for the next answer."""
    for target in (b"/healthz", b"/topn?user=u1", b"/nowhere"):
        body = say(request(b"GET " + target + b" HTTP/1.1")).split(b"\r\n\r\n", 1)[1]
        both = say(request(b"HEAD " + target + b" HTTP/1.1") + OK).split(b"\r\n\r\n")
        assert len(both) == 3 and both[1].startswith(b"HTTP/1.1 200 ") and both[2] == b"ok\n", both
        assert b"Content-Length: %d\r\n" % len(body) in both[0] + b"\r\n", (both, body)
    print("head")


def many():
    """More connections than are taken: 503 with Retry-After, and none of the others suffers."""
    held = []
    for _ in range(40):
        s = connect()
        s.sendall(OK)
        held.append(s)
    time.sleep(0.3)
    first = [s.recv(1000) for s in held]
    ok, busy = sum(b"200 OK" in x for x in first), [x for x in first if b" 503 " in x]
    assert ok >= 16 and busy and all(b"Retry-After" in x for x in busy), (ok, len(busy))
    assert ok + len(busy) == 40
    for s in held:
        s.close()
    time.sleep(0.3)
    assert b"200 OK" in say(OK)
    print("busy")


for what in sys.argv[2:]:
    globals()[what]()
