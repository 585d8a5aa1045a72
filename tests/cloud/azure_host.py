#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A stand-in for the host of Azure Functions, for custom handlers on HTTP.

    azure_host.py FOLDER --port PORT [--key KEY] [--max-body BYTES] [--seconds S]

It does what the documentation of custom handlers says, and the source of the
host (version 4):

- reads host.json and NAME/function.json; the values of local.settings.json are
  the environment of the handler, with FUNCTIONS_CUSTOMHANDLER_PORT;
- starts the handler in FOLDER, and takes requests when it answers GET / with
  whatever status, at most 30 s later;
- a path is the prefix (api where host.json has none) and the function's name;
- with enableProxyingHttpRequest requests and answers go through as they are, an
  answer piece by piece; without it a function gets POST /NAME with a JSON of
  Data and Metadata, and answers 2xx with a JSON of Outputs; all else is 500;
- a body over 100 MB is 413, a function of authLevel "function" wants its key;
- an answer that takes longer than functionTimeout is 500, and the handler is
  ended and started anew; so is one that died. After the third time the host
  ends, with status 1.

It listens on 127.0.0.1 alone. --max-body and --seconds stand for 100 MB and
functionTimeout where a test cannot wait. It says on stderr what it does.
"""
import argparse
import glob
import http.client
import http.server
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
import uuid

INIT_SECONDS = 30
ERRORS = 3              # deaths of the handler that end the host
HOP = {"connection", "keep-alive", "transfer-encoding", "upgrade", "te", "trailer", "host"}


def say(text):
    print("host: " + text, file=sys.stderr, flush=True)


def seconds_of(text):
    h, m, s = text.split(":")
    return int(h) * 3600 + int(m) * 60 + int(s)


class App:
    """What the files of a function app say."""

    def __init__(self, folder):
        self.folder = folder
        host = self.load("host.json")
        handler = host["customHandler"]
        known = {"description", "enableProxyingHttpRequest"}
        if set(handler) - known:
            sys.exit("host: not stood in for: customHandler.%s" % (set(handler) - known).pop())
        self.proxying = handler.get("enableProxyingHttpRequest", False)
        self.prefix = host.get("extensions", {}).get("http", {}).get("routePrefix", "api")
        self.seconds = seconds_of(host.get("functionTimeout", "00:30:00"))
        d = handler["description"]
        first = d["defaultExecutablePath"]
        here = os.path.join(folder, first)
        self.argv = [here if os.path.exists(here) else first] + d.get("arguments", [])
        settings = "local.settings.json"
        there = os.path.exists(os.path.join(folder, settings))
        self.values = self.load(settings)["Values"] if there else {}
        self.routes = {}
        for path in sorted(glob.glob(os.path.join(folder, "*", "function.json"))):
            self.add(os.path.basename(os.path.dirname(path)), self.load(path)["bindings"])

    def load(self, name):
        with open(os.path.join(self.folder, name), encoding="utf-8") as f:
            return json.load(f)

    def add(self, name, bindings):
        trigger, = [b for b in bindings if b["type"] == "httpTrigger" and b["direction"] == "in"]
        output, = [b for b in bindings if b["type"] == "http" and b["direction"] == "out"]
        route = "/".join(x for x in (self.prefix, trigger.get("route", name)) if x)
        self.routes["/" + route] = {
            "name": name, "in": trigger["name"], "out": output["name"],
            "methods": [m.upper() for m in trigger.get("methods", [])],
            "open": trigger.get("authLevel", "function") == "anonymous"}


class Handler:
    """The process of the custom handler."""

    def __init__(self, app):
        self.app, self.errors = app, 0
        self.lock, self.ready = threading.Lock(), threading.Event()
        self.start()

    def start(self):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        env = dict(os.environ, **self.app.values, FUNCTIONS_CUSTOMHANDLER_PORT=str(self.port),
                   FUNCTIONS_HTTPWORKER_PORT=str(self.port),
                   FUNCTIONS_CUSTOMHANDLER_WORKER_ID=str(uuid.uuid4()))
        argv = [re.sub(r"%(\w+)%", lambda m: env.get(m[1], ""), w) for w in self.app.argv]
        self.process = subprocess.Popen(argv, cwd=self.app.folder, env=env,
                                        stdin=subprocess.DEVNULL)
        say("handler %d at port %d" % (self.process.pid, self.port))
        threading.Thread(target=self.watch, args=(self.process, self.port), daemon=True).start()

    def watch(self, process, port):
        end = time.monotonic() + INIT_SECONDS
        while process.poll() is None and time.monotonic() < end and not self.ready.is_set():
            try:
                c = http.client.HTTPConnection("127.0.0.1", port, timeout=INIT_SECONDS)
                c.request("GET", "/")
                c.getresponse().read()
                self.ready.set()
                say("handler %d is ready" % process.pid)
            except OSError:
                time.sleep(0.025)
        if not self.ready.is_set():
            process.kill()
        process.wait()
        self.died(process)

    def died(self, process):
        with self.lock:
            self.ready.clear()
            self.errors += 1
            say("handler %d ended with %d" % (process.pid, process.returncode))
            if self.errors >= ERRORS:
                say("the handler ended %d times: this host ends" % self.errors)
                os._exit(1)
            self.start()

    def connection(self, seconds):
        """To the handler, once it is ready."""
        if not self.ready.wait(min(seconds, INIT_SECONDS)):
            raise TimeoutError
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)

    def late(self):
        say("handler %d was late" % self.process.pid)
        self.process.kill()     # watch() starts another


class Requests(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True      # head and body are two writes

    def answer(self, status, head=(), body=b""):
        self.send_response_only(status)
        for name, value in head:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def body(self):
        """The body, or None where it was refused."""
        n = int(self.headers.get("Content-Length") or 0)
        if n <= self.server.max_body:
            return self.rfile.read(n)
        self.close_connection = True
        self.answer(413)
        return None

    def allowed(self, route, query):
        given = self.headers.get("x-functions-key") or dict(query).get("code")
        return route["open"] or not self.server.key or given == self.server.key

    def do_GET(self):
        body = self.body()
        if body is None:
            return
        url = urllib.parse.urlsplit(self.path)
        query = urllib.parse.parse_qsl(url.query, keep_blank_values=True)
        route = self.server.app.routes.get(url.path)
        if route is None or (route["methods"] and self.command not in route["methods"]):
            self.answer(404)
        elif not self.allowed(route, query):
            self.answer(401)
        else:
            self.call(route, url, query, body)

    do_POST = do_PUT = do_DELETE = do_GET

    def call(self, route, url, query, body):
        handler, seconds = self.server.handler, self.server.seconds
        try:
            connection = handler.connection(seconds)
            if self.server.app.proxying:
                self.proxy(connection, body)
            else:
                self.wrap(connection, route, url, query, body)
        except (TimeoutError, socket.timeout):
            handler.late()
            self.close_connection = True
            self.answer(500)
        except (OSError, http.client.HTTPException, ValueError, KeyError) as e:
            say("%s failed: %r" % (route["name"], e))
            self.close_connection = True
            self.answer(500)

    def proxy(self, connection, body):
        """The request and the answer as they are, the answer piece by piece."""
        head = {k: v for k, v in self.headers.items() if k.lower() not in HOP}
        head["x-ms-invocation-id"] = str(uuid.uuid4())
        connection.request(self.command, self.path, body or None, head)
        r = connection.getresponse()
        self.send_response_only(r.status)
        for name, value in r.getheaders():
            if name.lower() not in HOP:
                self.send_header(name, value)
        pieces = r.getheader("Content-Length") is None
        if pieces:
            self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while True:
            piece = r.read1(65536)
            if pieces:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            else:
                self.wfile.write(piece)
            if not piece:
                break

    def wrap(self, connection, route, url, query, body):
        """The request as JSON of Data and Metadata; Outputs is the answer."""
        heads = {}
        for name, value in self.headers.items():
            heads.setdefault(name, []).append(value)
        by_name = {}
        for name, value in query:       # several values are joined, as .NET does
            by_name[name] = by_name[name] + "," + value if name in by_name else value
        req = {"Url": "http://%s%s" % (self.headers.get("Host"), self.path),
               "Method": self.command, "Query": by_name, "Headers": heads, "Params": {},
               "Identities": []}
        if body:
            req["Body"] = body.decode("utf-8", "replace")
        sent = {"Data": {route["in"]: req}, "Metadata": {"sys": {"MethodName": route["name"]}}}
        # in chunks, as the host: it serialises while it sends
        connection.request("POST", "/" + route["name"], iter([json.dumps(sent).encode()]),
                           {"Content-Type": "application/json; charset=utf-8",
                            "X-Azure-Functions-InvocationId": str(uuid.uuid4())})
        r = connection.getresponse()
        got = r.read()
        if not 200 <= r.status < 300:
            raise ValueError("the handler answered %d, %r" % (r.status, got[:300]))
        got = json.loads(got)
        for line in got.get("Logs") or []:
            say("%s: %s" % (route["name"], line))
        # names of .NET have no case
        res = {k.lower(): v for k, v in got["Outputs"][route["out"]].items()}
        out = res.get("body", "")
        out = out if isinstance(out, str) else json.dumps(out)
        head = [(k, v) for k, v in (res.get("headers") or {}).items()]
        self.answer(int(res.get("statuscode") or 200), head, out.encode())

    def log_message(self, *_):
        pass


class Host(http.server.ThreadingHTTPServer):
    daemon_threads = True


def main():
    p = argparse.ArgumentParser()
    p.add_argument("folder")
    p.add_argument("--port", type=int, required=True)
    p.add_argument("--key")
    p.add_argument("--max-body", type=int, default=104857600)
    p.add_argument("--seconds", type=float)
    o = p.parse_args()
    host = Host(("127.0.0.1", o.port), Requests)
    host.app = App(os.path.abspath(o.folder))
    host.key, host.max_body = o.key, o.max_body
    host.seconds = o.seconds or host.app.seconds
    host.handler = Handler(host.app)

    def end(*_):
        host.handler.errors = -1000     # its end is no error now
        process = host.handler.process
        process.terminate()
        process.wait(10)
        os._exit(0)

    signal.signal(signal.SIGTERM, end)
    host.serve_forever()


main()
