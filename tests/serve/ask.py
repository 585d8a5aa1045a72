#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ask.py PORT CONNECTIONS LIST - ask everything in LIST over so many kept connections at once, and compare.

A line of LIST is METHOD TAB TARGET TAB BODY TAB WANT [TAB TYPE]: BODY and WANT are files, BODY - for none; WANT - is not
compared; TYPE is the Content-Type. Answers are asked as lines of text, and must be 200 and the bytes of WANT. Prints how many
were the same. With REC_ROUNDS=N the list is asked N times.
"""
import http.client
import os
import sys
import threading


def read(path):
    with open(path, "rb") as f:
        return f.read()


def main():
    port, connections, path = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    jobs = [line.rstrip("\n").split("\t") for line in open(path)] * int(os.environ.get("REC_ROUNDS", "1"))
    lock, bad, good = threading.Lock(), [], [0]

    def work(number):
        c = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        for job in jobs[number::connections]:
            body = None if job[2] == "-" else read(job[2])
            head = {"Accept": "text/tab-separated-values"}
            if len(job) > 4:
                head["Content-Type"] = job[4]
            try:
                c.request(job[0], job[1], body, head)
                r = c.getresponse()
                got = r.read()
            except Exception as e:
                got, r = repr(e).encode(), None
                c.close()
            with lock:
                if r is None or r.status != 200 or (job[3] != "-" and got != read(job[3])):
                    bad.append((job, r and r.status, got[:200]))
                else:
                    good[0] += 1
        c.close()

    threads = [threading.Thread(target=work, args=(i,)) for i in range(connections)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    for x in bad[:5]:
        print(*x, file=sys.stderr)
    print(good[0], "same,", len(bad), "not")
    sys.exit(1 if bad else 0)


main()
