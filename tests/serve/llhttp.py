#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""llhttp.py PORT N - what rec-serve takes for requests, llhttp, the parser of Node, takes for the same: as many, each with the same method,
target and body. Odd heads of a table, then N changes of them, the same in each run.

What rec-serve understood is seen from its answers: they name the user, which stands in the target of a GET and is the whole body of a POST.
Where it refuses, llhttp may do as it likes. Prints how many heads there were, how many requests were answered, how many were refused that
llhttp takes.
"""
import json
import random
import re
import socket
import sys
from urllib.parse import unquote_plus

import httptools

PORT = int(sys.argv[1])
LAST = b"GET /topn?user=last HTTP/1.1\r\nHost: x\r\n\r\n"


class Reading:
    """The messages that llhttp finds."""

    def __init__(self, data):
        self.found, self.fault = [], None
        while data:
            parser = httptools.HttpRequestParser(self)
            self.parser = parser
            try:
                parser.feed_data(data)
                return
            except httptools.HttpParserUpgrade as e:  # rec-serve goes on with HTTP, as it may
                data = data[e.args[0]:]
            except httptools.HttpParserError as e:
                self.fault = repr(e)
                return

    def on_message_begin(self):
        self.url, self.body = b"", b""

    def on_url(self, part):
        self.url += part

    def on_body(self, part):
        self.body += part

    def on_message_complete(self):
        self.found.append((self.parser.get_method(), self.url, self.body))


def answers(data, methods):
    """Statuses, heads and bodies of what comes back; None for a request that did not get any."""
    s = socket.create_connection(("127.0.0.1", PORT), timeout=10)
    got = b""
    try:
        s.sendall(data)
        s.shutdown(socket.SHUT_WR)
        while True:
            more = s.recv(65536)
            if not more:
                break
            got += more
    except ConnectionError:
        pass
    s.close()
    out = []
    while got:
        head, _, got = got.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1."), (data, head)
        status = int(head.split()[1])
        if status == 100:
            continue
        length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        is_head = len(out) < len(methods) and methods[len(out)] == b"HEAD" and b"Connection: close" not in head
        assert length or not is_head or head.startswith(b"HTTP/1.0 "), (data, head)
        body = b"" if is_head else got[:int(length.group(1))] if length else got  # HTTP/1.0: to the end
        got = got[len(body):]
        out.append((status, head, body))
    return out


def understood(message):
    """The user that a request of these parts asks for."""
    method, url, body = message
    if method == b"POST":
        return body.partition(b"\n")[0].rstrip(b"\r").partition(b"\t")[0]
    query = dict(p.partition(b"=")[::2] for p in url.partition(b"?")[2].split(b"&"))
    return unquote_plus(query[b"user"].decode("latin-1"), "latin-1").encode("latin-1")


def compare(data):
    """How many requests were answered, and whether llhttp takes more than that."""
    reading = Reading(data)
    got = answers(data, [m[0] for m in reading.found])
    taken = 0
    for i, (status, head, body) in enumerate(got):
        if status >= 400 and b"Connection: close" in head:
            assert i == len(got) - 1, ("answered after a refusal", data)
            break
        assert i < len(reading.found), ("llhttp does not take it", reading.fault, data, head, body)
        method, url, _ = message = reading.found[i]
        assert method in (b"GET", b"HEAD", b"POST"), (message, data)
        taken += 1
        if status == 200 and body and url.startswith(b"/topn"):
            user = json.loads(body).get("user", "-")
            assert user == understood(message).decode("utf-8", "replace") or "\ufffd" in user, (user, message, data)
    return taken, len(reading.found) > taken


def get(target=b"/topn?user=one", version=b"HTTP/1.1", host=b"Host: x\r\n", fields=b"", method=b"GET"):
    return method + b" " + target + b" " + version + b"\r\n" + host + fields + b"\r\n"


def post(fields, body=b"body-of-it", target=b"/topn"):
    return get(target, fields=fields, method=b"POST") + body


CL = b"Content-Length: 10\r\n"
TE = b"Transfer-Encoding: chunked\r\n"
CHUNKED = b"a\r\nbody-of-it\r\n0\r\n\r\n"
TAKEN = [  # must be answered
    get(), get(method=b"HEAD"), get(version=b"HTTP/1.0"), get(version=b"HTTP/1.0", host=b""), get(b"/topn?user=%C3%A9"), get(b"/topn?user=a%20b"),
    get(b"/topn?user=a+b"), get(host=b"HOST: x\r\n"), get(host=b"host:x\r\n"), get(host=b"Host:  x \t\r\n"), get(host=b"Host:\r\n"),
    get(fields=b"A:\r\n"), get(fields=b"A: b: c\r\n"), get(fields=b"A: \x80\xff\r\n"), get(fields=b"A: b\tc\r\n"), get(fields=b"Content-Length: 0\r\n"),
    get(fields=b"!#$%&'*+-.^_`|~: x\r\n"), get(fields=b"Connection: keep-alive\r\n"), get(fields=b"Upgrade: x\r\nConnection: upgrade\r\n"),
    get(fields=b"Upgrade: h2c\r\n"), get(fields=b"A: " + b"x" * 3000 + b"\r\n"), get(b"/topn?user=" + b"x" * 3000), get(fields=b"A: b\r\n" * 200),
    get(fields=b"Content-Lengthy: 3\r\n"), get(fields=b"X-Transfer-Encoding: chunked\r\n"), get(b"/topn?user=%ff"), get(b"/?user=a"), get(b"/x//topn?user=a"),
    get(b"/topn?user=a?b"), get(b"/topn?user=a;b"), get(b"/../topn?user=a"),
    post(CL), post(b"Content-Length: 0000010\r\n"), post(b"Content-Length:10\r\n"), post(b"Content-Length:  10\t \r\n"), post(b"content-LENGTH: 10\r\n"),
    post(b"Content-Length: 0\r\n", b""), post(CL + b"Expect: 100-continue\r\n"), post(CL + b"Content-Encoding: identity\r\n"),
    post(CL, b"body\n\nGET "), post(b"Content-Length: %d\r\n" % len(LAST), LAST), post(CL + b"Connection: close\r\n"), post(CL) + post(CL),
]
ODD = [  # as it likes, but not otherwise than llhttp
    get(b"http://x/topn?user=one"), get(b"//topn?user=a"), get(b"//x:y?user=a"), get(b"*"), get(b"x:443", method=b"CONNECT"), get(b"/topn?user=a%00b"), get(b"/topn?user=a\x00b"),
    get(b"/topn?user=a#b"), get(b"/topn?user=\xc3\xa9"), get(b"/topn?user=a\tb"), get(b"/topn?user=a b"), get(b""), get(b"topn?user=a"),
    get(version=b"HTTP/0.9"), get(version=b"HTTP/1.2"), get(version=b"HTTP/2.0"), get(version=b"HTTP/1.10"), get(version=b"http/1.1"),
    get(version=b"HTTP/1,1"), get(version=b"HTTP/ 1.1"), get(version=b"HTTP/1.1 "), get(version=b""), b"GET /topn?user=one\r\n\r\n", b"GET /topn?user=one\n",
    get(method=b"get"), get(method=b"Get"), get(method=b"GE"), get(method=b"GETX"), get(method=b" GET"), get(method=b"BREW"), get(method=b"PUT"),
    get(method=b"PRI"), get(method=b"\x00GET"), get(method=b""), b"GET\t/topn?user=one\tHTTP/1.1\r\nHost: x\r\n\r\n", b"GET  /topn?user=one HTTP/1.1\r\nHost: x\r\n\r\n",
    b"\r\n" + get(), b"\r\n\r\n\r\n" + get(), b"\n" + get(), get() + b"\r\n" + get(), b"\xef\xbb\xbf" + get(), get().replace(b"\r\n", b"\n"),
    get().replace(b"\r\n", b"\r"), get().replace(b"\r\n", b"\r\r\n"), get().replace(b"\r\n", b"\n\r"), get(fields=b"A: b\n"), get(fields=b"A: b\r"),
    get(host=b""), get(host=b"Host: x\r\nHost: y\r\n"), get(host=b"Host: x, y\r\n"), get(host=b"Host : x\r\n"), get(host=b" Host: x\r\n"),
    get(fields=b" continued\r\n"), get(fields=b"A: b\r\n continued\r\n"), get(fields=b"A: b\r\n\tcontinued\r\n"), get(fields=b"A: b\r\n \r\n"),
    get(fields=b"A : b\r\n"), get(fields=b"A\t: b\r\n"), get(fields=b"A B: b\r\n"), get(fields=b": b\r\n"), get(fields=b"A\r\n"), get(fields=b"A\x00: b\r\n"),
    get(fields=b"A: \x00\r\n"), get(fields=b"A: \x01\r\n"), get(fields=b"A: \x0b\r\n"), get(fields=b"A: \x7f\r\n"), get(fields=b"\xc3\xa9: b\r\n"),
    get(fields=b"A: " + b"x" * 9000 + b"\r\n"), get(b"/" + b"x" * 9000), get(fields=CL) + b"body-of-it", get(fields=TE) + CHUNKED,
    post(b"", b""), post(b""), post(CL + CL), post(CL + b"Content-Length: 3\r\n"), post(b"Content-Length: 10, 10\r\n"), post(b"Content-Length: 3, 10\r\n"),
    post(b"Content-Length: +10\r\n"), post(b"Content-Length: -10\r\n"), post(b"Content-Length: 0xa\r\n"), post(b"Content-Length: 1 0\r\n"),
    post(b"Content-Length: \t10\r\n"), post(b"Content-Length: 10 \x0b\r\n"), post(b"Content-Length: 10.0\r\n"), post(b"Content-Length: 1e1\r\n"), post(b"Content-Length:\r\n"),
    post(b"Content-Length: 18446744073709551626\r\n"), post(b"Content-Length: 9223372036854775818\r\n"), post(b"Content-Length: \xd9\xa1\xd9\xa0\r\n"),
    post(b"Content-Length : 10\r\n"), post(b" Content-Length: 10\r\n"), post(b"Content-Length\x00: 10\r\n"), post(b"Content_Length: 10\r\n"),
    post(b"Content-Length: 10;\r\n"), post(b"Content-Length: \"10\"\r\n"), post(b"Content-Length:\r\n 10\r\n"),
    post(TE, CHUNKED), post(TE + CL, CHUNKED), post(CL + TE, CHUNKED), post(b"Transfer-Encoding: x\r\n", CHUNKED), post(b"Transfer-Encoding: identity\r\n" + CL),
    post(b"Transfer-Encoding : chunked\r\n" + CL, CHUNKED), post(b"Transfer-Encoding:\r\n chunked\r\n" + CL, CHUNKED), post(b"Transfer-Encoding: chunked, x\r\n", CHUNKED),
    post(TE, b"a;x=y\r\nbody-of-it\r\n0\r\n\r\n"), post(TE, b"a\r\nbody-of-it\r\n0\r\nContent-Length: 3\r\n\r\n"), post(TE, b"0xa\r\nbody-of-it\r\n0\r\n\r\n"),
    post(TE, b"a\nbody-of-it\n0\n\n"), post(TE, b"-1\r\nbody-of-it\r\n0\r\n\r\n"), post(CL + b"Expect: 100-continue, x\r\n"),
    post(CL, b"short"), post(CL, b"longer-than-it-is-said"), post(CL + b"Content-Encoding: gzip\r\n"),
]
WORDS = [b"\r\n", b"\n", b"\r", b"\0", b" ", b"\t", b":", b",", b"0", b"1", b"\x0b", b"\x7f", b"\xff", b"%00", b"%0d%0a", b"Host: y\r\n", CL, TE, b"chunked",
         b"Content-Length: 3\r\n", b"Transfer-Encoding:", b"HTTP/1.0", b"HTTP/1.1", b"GET ", b"POST ", b"HEAD ", b"Connection: close\r\n", b"\r\n\r\n", b" \r\n"]


def changed(rng):
    data = bytearray(rng.choice(TAKEN if rng.random() < 0.7 else ODD))
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(data) + 1)
        kind = rng.randrange(4)
        if kind == 0:
            data[at:at] = rng.choice(WORDS)
        elif kind == 1:
            del data[at:at + rng.randint(1, 4)]
        elif kind == 2:
            data[at:at + 1] = bytes([rng.randrange(256)])
        else:  # a line again, elsewhere
            lines = bytes(data).split(b"\r\n")
            data[at:at] = rng.choice(lines) + b"\r\n"
    return bytes(data)


for data in TAKEN:
    assert compare(data)[0] >= 1, ("not answered", data)
heads, taken, stricter = 0, 0, 0
rng = random.Random(1)
for data in TAKEN + ODD + [changed(rng) for _ in range(int(sys.argv[2]))]:
    n, more = compare(data + LAST)
    heads, taken, stricter = heads + 1, taken + n, stricter + more
print("%d heads, of %d a table; %d requests were answered; in %d llhttp takes more" % (heads, len(TAKEN) + len(ODD), taken, stricter))
