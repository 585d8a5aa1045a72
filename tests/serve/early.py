#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""early.py TARGET-FILE COMMAND... - questions that come before a server is
complete. For each line METHOD TAB TARGET TAB BODY of the file: start the
command, ask that as soon as a connection is taken, again when the server is
surely complete, and end it. Says which lines were answered differently.

The command listens on a socket in the file system, early.sock."""
import os
import signal
import socket
import subprocess
import sys
import time


def ask(line):
    method, target, body = (line.split("\t") + ["", ""])[:3]
    body = body.encode().decode("unicode_escape").encode()
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(20)
        until = time.time() + 20
        while True:
            try:
                s.connect("early.sock")
                break
            except OSError:
                if time.time() > until:
                    raise
                time.sleep(0.0005)
        s.sendall(b"%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"
                  % (method.encode(), target.encode(), len(body), body))
        got = b""
        while piece := s.recv(1 << 16):
            got += piece
    return b"\r\n".join(x for x in got.split(b"\r\n") if not x.startswith(b"Date:"))


bad = 0
for line in open(sys.argv[1]).read().splitlines():
    server = subprocess.Popen(sys.argv[2:], stderr=subprocess.DEVNULL)
    try:
        first = ask(line)
        ask("GET\t/similar?item=i1")    # waits until it is complete
        later = ask(line)
    finally:
        server.send_signal(signal.SIGTERM)
        status = server.wait()
    if first != later or not first.startswith(b"HTTP/1.1 ") or status:
        bad += 1
        print(line, status, first, later, sep="\n")
    if os.path.exists("early.sock"):
        os.unlink("early.sock")
print("%d lines, %d bad" % (sum(1 for _ in open(sys.argv[1])), bad))
sys.exit(bad != 0)
