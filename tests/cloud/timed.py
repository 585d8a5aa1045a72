#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How long answers of a function take, and whether each is the right one.

    timed.py warm N URL WANT [--body FILE] [--type T] [--accept T] [--key K]
    timed.py cold N URL WANT [the same] -- COMMAND...

warm: N requests in a row over one connection. cold: N times, start COMMAND,
ask until it answers, and end it; the time is from its start to the answer.
Every answer must be the bytes of the file WANT. Prints p50, p99 and the largest
in milliseconds; exit 1 says which answer was wrong. Nothing waits longer than
20 s.
"""
import argparse
import http.client
import signal
import subprocess
import sys
import time
import urllib.parse

WAIT = 20


class Asker:
    def __init__(self, o):
        self.url = urllib.parse.urlsplit(o.url)
        with open(o.want, "rb") as f:
            self.want = f.read()
        self.body = None
        if o.body:
            with open(o.body, "rb") as f:
                self.body = f.read()
        self.headers = {k: v for k, v in (("Content-Type", o.type), ("Accept", o.accept),
                                     ("x-functions-key", o.key)) if v}
        self.connection = None

    def ask(self):
        """The answer; the connection is kept where the server keeps it."""
        if self.connection is None:
            self.connection = http.client.HTTPConnection(self.url.hostname, self.url.port,
                                                         timeout=WAIT)
        target = self.url.path + ("?" + self.url.query if self.url.query else "")
        self.connection.request("POST" if self.body is not None else "GET", target, self.body,
                                self.headers)
        r = self.connection.getresponse()
        got = r.read()
        if r.will_close:
            self.close()
        return r.status, got

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def check(self, i):
        status, got = self.ask()
        if status != 200 or got != self.want:
            sys.exit("timed: answer %d is %d, %r; not %r" % (i, status, got[:300], self.want[:300]))


def warm(asker, n):
    took = []
    for i in range(n):
        t = time.monotonic()
        asker.check(i)
        took.append(time.monotonic() - t)
    return took


def cold(asker, n, command):
    took = []
    for i in range(n):
        t = time.monotonic()
        with open("cold.err", "wb") as err:
            p = subprocess.Popen(command, stdout=err, stderr=err)
        try:
            while True:
                try:
                    asker.check(i)
                    break
                except (OSError, http.client.HTTPException):
                    asker.close()
                    if p.poll() is not None or time.monotonic() - t > WAIT:
                        with open("cold.err", "rb") as err:
                            sys.exit("timed: no answer: %s" % err.read()[-1000:])
                    time.sleep(0.002)
            took.append(time.monotonic() - t)
        finally:
            asker.close()
            p.send_signal(signal.SIGTERM)
            p.wait(WAIT)
    return took


def main():
    words = sys.argv[1:]
    command = words[words.index("--") + 1:] if "--" in words else []
    p = argparse.ArgumentParser()
    p.add_argument("how", choices=["warm", "cold"])
    p.add_argument("n", type=int)
    p.add_argument("url")
    p.add_argument("want")
    for name in ("--body", "--type", "--accept", "--key"):
        p.add_argument(name)
    o = p.parse_args(words[:words.index("--")] if command else words)
    asker = Asker(o)
    took = sorted(warm(asker, o.n) if o.how == "warm" else cold(asker, o.n, command))
    at = [took[min(len(took) - 1, len(took) * p // 100)] * 1e3 for p in (50, 99, 100)]
    print("%s, %d in a row: p50 %.1f ms, p99 %.1f ms, max %.1f ms" % (o.how, o.n, *at))


main()
