#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""runtime_api.py - the Runtime API of AWS Lambda for tests, on this machine alone: it says what the emulator does not show.

Chunks of a stream and when they came, trailers, whatever head and status a test wants. It answers as the documentation of custom
runtimes says, and checks what is sent: a request that is none ends the test.
"""
import base64
import json
import os
import queue
import socket
import subprocess
import threading
import time

ROOT = "/2018-06-01/runtime/"


class Closed(Exception):
    pass


class RuntimeApi:
    def __init__(self):
        self.events, self.answers = queue.Queue(), queue.Queue()
        self.number = 0
        self.next_status = 200
        self.keeps = True
        self.refuses = None
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.where = "127.0.0.1:%d" % self.socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def start(self, command, **env):
        self.process = subprocess.Popen(command, env=dict(os.environ, AWS_LAMBDA_RUNTIME_API=self.where, **env), stderr=subprocess.PIPE)
        return self.process

    def send(self, event, deadline=None, **head):
        """One event; its answer is for take()."""
        self.number += 1
        name = "00000000-0000-4000-8000-%012d" % self.number
        fields = {"Lambda-Runtime-Aws-Request-Id": name, "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:x:0:function:rec",
                  "Lambda-Runtime-Deadline-Ms": str(int(1000 * (time.time() + (3 if deadline is None else deadline))))}
        fields.update({k.replace("_", "-"): v for k, v in head.items()})
        self.events.put((fields, event if isinstance(event, bytes) else json.dumps(event).encode()))
        return name

    def take(self, timeout=20):
        return self.answers.get(timeout=timeout)

    def invoke(self, event, **more):
        name = self.send(event, **more)
        a = self.take()
        assert a["path"].startswith(ROOT + "invocation/" + name + "/"), a
        return a

    def end(self, want=0):
        """SIGTERM, and its exit status."""
        self.process.terminate()
        got = self.process.wait(20)
        said = self.process.stderr.read().decode()
        assert got == want, (got, said)
        return said

    # -- the other side ---------------------------------------------------

    def _accept(self):
        while True:
            c, _ = self.socket.accept()
            threading.Thread(target=self._serve, args=(c,), daemon=True).start()

    def _serve(self, c):
        f = c.makefile("rb")
        try:
            while self._one(c, f) and self.keeps:
                pass
        except (Closed, OSError):
            pass
        finally:
            f.close()
            c.close()

    def _line(self, f):
        line = f.readline(65536)
        if not line:
            raise Closed
        assert line.endswith(b"\r\n"), line
        return line[:-2].decode("latin-1")

    def _fields(self, f):
        fields = {}
        while True:
            line = self._line(f)
            if not line:
                return fields
            key, value = line.split(":", 1)
            assert key.lower() not in fields, line
            fields[key.lower()] = value.strip()

    def _chunks(self, f):
        chunks = []
        while True:
            n = int(self._line(f), 16)
            if n == 0:
                return chunks, self._fields(f)
            data = f.read(n)
            if len(data) < n:
                raise Closed
            assert self._line(f) == ""
            chunks.append((time.monotonic(), data))

    def _one(self, c, f):
        method, path, version = self._line(f).split(" ")
        assert version == "HTTP/1.1", version
        head = self._fields(f)
        assert head["host"] == self.where, head
        if method == "GET":
            assert path == ROOT + "invocation/next", path
            return self._next(c)
        assert method == "POST", method
        a = {"path": path, "head": head, "chunks": None, "trailers": {}, "cut": False}
        if "transfer-encoding" in head:
            assert "content-length" not in head
            a["begun"] = time.monotonic()
            if self.refuses is not None:  # before all of it is there
                c.sendall(self.refuses)
                time.sleep(0.2)
                raise Closed
            try:
                a["chunks"], a["trailers"] = self._chunks(f)
            except Closed:
                a["cut"], a["chunks"] = True, []
            a["body"] = b"".join(x[1] for x in a["chunks"])
        else:
            a["body"] = f.read(int(head["content-length"]))
        self.answers.put(a)
        c.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n" + b'{"status":"OK"}\n')
        return head.get("connection") != "close"

    def _next(self, c):
        fields, body = self.events.get()
        if self.next_status != 200:
            c.sendall(b"HTTP/1.1 %d No\r\nContent-Length: 0\r\n\r\n" % self.next_status)
            return True
        head = "".join("%s: %s\r\n" % x for x in fields.items() if x[1] is not None)
        # the real one sends long events in chunks
        if len(body) > 2048:
            c.sendall(("HTTP/1.1 200 OK\r\n%sTransfer-Encoding: chunked\r\n\r\n" % head).encode())
            for i in range(0, len(body), 65536):
                part = body[i:i + 65536]
                c.sendall(b"%x\r\n%s\r\n" % (len(part), part))
            c.sendall(b"0\r\n\r\n")
        else:
            c.sendall(("HTTP/1.1 200 OK\r\n%sContent-Length: %d\r\n\r\n" % (head, len(body))).encode() + body)
        return True


def error_of(answer):
    """Of an error, or of the trailers of a stream: its type and its message."""
    if answer["chunks"] is None:
        kind, body = answer["head"]["lambda-runtime-function-error-type"], answer["body"]
    else:
        kind, body = (answer["trailers"]["lambda-runtime-function-error-" + x] for x in ("type", "body"))
        body = base64.b64decode(body, validate=True)
    error = json.loads(body)
    assert set(error) == {"errorMessage", "errorType"} and error["errorType"] == kind, (kind, error)
    return kind, error["errorMessage"]
