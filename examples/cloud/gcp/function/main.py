# SPDX-License-Identifier: MIT
"""A function of Cloud Run: lists, similar items and scores from a model.

    GET  /topn?user=U&n=5       POST /topn, a history in the body
    GET  /similar?item=I&n=5
    POST /score, pairs in the body

Requests and answers have the forms of rec-serve(1); JSON lacks what it alone
counts. The answers are those of the command line, to the byte with
`Accept: text/tab-separated-values`:

    /topn       one `rec-topn --stream` a CPU, as long as the instance lives
    /similar    the same with --similar-items
    /score      one rec-score a request: it reads all before it writes. Where
                many scores are asked for, the service beside is faster

package.sh makes the folder to deploy, and says how. Settings, by environment:

    REC_MODEL       the model: a file [model.rec], or a URL that rec-get copies
    REC_HISTORIES   histories of known users, sorted [histories.tsv if there]
    REC_TOP         the longest list [20]
    REC_PROCESSES   coprocesses of a kind [the CPUs]
    REC_SECONDS     for a request: less than the platform's time-out [59, or a
                    second less than CLOUD_RUN_TIMEOUT_SECONDS]
    REC_MAX_BODY, REC_MAX_ANSWER    bytes [8388608, 33554432]
    REC_MEMORY      bytes of the instance [the limit of its control group]
"""
import json
import os
import subprocess
import sys
import tempfile
import time

import flask
import functions_framework

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import asked
import coprocess
from asked import Wrong

HERE = os.path.dirname(os.path.abspath(__file__))
PLATFORM = 32 << 20             # bytes of a request, and of an answer
PYTHON = 96 << 20               # memory of all but the filters
START = 240                     # seconds; the platform gives an instance as long


def stop(reason):
    raise SystemExit("recommend: " + reason)


def setting(name, default, most=None):
    text = os.environ.get(name, "").strip()
    try:
        value = type(default)(text) if text else default
    except ValueError:
        stop("%s: '%s' is not a number" % (name, text))
    if value <= 0 or (most and value > most):
        stop("%s: %s is not %s" % (name, text, "from 1 to %d" % most if most else "above 0"))
    return value


TOP = setting("REC_TOP", 20, 10000)
PROCESSES = setting("REC_PROCESSES", len(os.sched_getaffinity(0)), 1024)
SECONDS = setting("REC_SECONDS", max(0.5, setting("CLOUD_RUN_TIMEOUT_SECONDS", 60.0) - 1))
MAX_BODY = setting("REC_MAX_BODY", 8 << 20, PLATFORM)
MAX_ANSWER = setting("REC_MAX_ANSWER", PLATFORM, PLATFORM)


def filter_path(name):
    path = os.path.join(HERE, "bin", name)
    if not os.access(path, os.X_OK):
        stop("%s is not there, or not executable: make the folder by package.sh" % path)
    return path


def memory_limit():
    """Bytes that this instance may use, or None where nothing says it."""
    if os.environ.get("REC_MEMORY"):
        return setting("REC_MEMORY", 1)
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            with open(path) as f:
                text = f.read().strip()
        except OSError:
            continue
        if text.isdigit() and int(text) < 1 << 50:
            return int(text)
    return None


def rec_get(*words):
    """What rec-get writes; what goes wrong ends the instance."""
    try:
        got = subprocess.run([filter_path("rec-get"), *words], check=False, timeout=START,
                             capture_output=True)
    except subprocess.TimeoutExpired:
        stop("%s did not come within %d s" % (words[-1], START))
    if got.returncode:
        stop(got.stderr.decode("utf-8", "replace").strip() or "%s did not come" % words[-1])
    return got.stdout


def model_file():
    """The model on this machine, and the memory that it takes: /tmp is memory."""
    name = os.environ.get("REC_MODEL", "model.rec")
    if "://" not in name:
        path = os.path.join(HERE, name)
        if not os.path.isfile(path):
            stop("%s is not there: REC_MODEL names the model" % path)
        return path, 0
    size, limit, folder = int(rec_get("--size", name)), memory_limit(), tempfile.gettempdir()
    room = os.statvfs(folder)
    room = room.f_bavail * room.f_frsize
    if limit is not None:
        room = min(room, limit - PYTHON)
    if size > room:
        stop("%s has %d bytes, and %s has room for %d: /tmp is memory; deploy with more --memory, "
             "or mount the bucket" % (name, size, folder, max(0, room)))
    path = os.path.join(folder, "model.rec")
    rec_get(name, path)
    return path, size


def share(held):
    """Options that keep a coprocess within its share of the memory."""
    limit = memory_limit()
    if limit is None:
        return []
    each = (limit - PYTHON - held) // (2 * PROCESSES)
    if each < 1 << 20:
        stop("%d bytes of memory are too few: Python takes about %d, a model in /tmp %d, "
             "coprocesses are %d; deploy with more --memory" % (limit, PYTHON, held, 2 * PROCESSES))
    return ["--mem", str(each)]


def begin():
    """Open everything once, all checks on; what is wrong ends the instance."""
    model, held = model_file()
    topn = [filter_path("rec-topn"), "-q", "-j", "1", "--stream", "-m", model, "-n", str(TOP)]
    topn += share(held)
    score = [filter_path("rec-score"), "-q", "-j", "1", "--chunk", "-m", model]
    first = coprocess.Coprocess(topn)
    try:
        first.ask(b"", time.monotonic() + START)
    except coprocess.Late:
        stop("%s was not open after %d s" % (model, START))
    except coprocess.Ended as e:
        stop(str(e))
    first.stop()        # the server forks after this: each worker has its own
    needs = subprocess.run(score, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    path = os.path.join(HERE, os.environ.get("REC_HISTORIES", "histories.tsv"))
    if not os.path.isfile(path) and os.environ.get("REC_HISTORIES"):
        stop("%s is not there: REC_HISTORIES names the histories" % path)
    known = asked.Histories(path) if os.path.isfile(path) and os.path.getsize(path) else None
    topn.append("--trust")      # checked above
    return (known, coprocess.Pool(topn, PROCESSES),
            coprocess.Pool(topn + ["--similar-items"], PROCESSES),
            score + ["--trust"], needs.returncode == 2)


KNOWN, TOPN, SIMILAR, SCORE, SCORE_NEEDS_HISTORY = begin()


def history_of(user, more):
    """Lines of a user: the history that is known, then that of the request."""
    return (KNOWN.of(user) if KNOWN and user != b"-" else []) + more


def question(label, fields):
    """The lines that ask about a user or an item."""
    if not fields:
        return label + b"\n"
    return b"".join(b"\t".join([label, *f]) + b"\n" for f in fields)


def parameters(body, is_json):
    """What query and object of JSON say, and rows of lines, if it is lines."""
    given = asked.query(flask.request.query_string)
    if not is_json:
        return given, asked.lines(body, 4 if flask.request.path == "/topn" else 2)
    found = asked.document(body)
    if set(given) & set(found):
        raise asked.bad("a parameter stands in the query and in the body")
    return {**given, **found}, []


def topn(body, is_json, deadline):
    given, rows = parameters(body, is_json)
    asked.only(given, "user", "history", "n")
    if rows:
        users = {fields[0] for fields in rows}
        if len(users) > 1 or "user" in given:
            raise asked.bad("the lines of one user are asked for; the service beside has /batch")
        user = users.pop()
        more = [fields[1:] for fields in rows if len(fields) > 1]
    else:
        more = [asked.entry(x) for x in asked.array(given, "history")]
        if given.get("user") is None and not more:
            raise asked.bad("who is asked for? ?user=LABEL, or a history in the body")
        user = asked.label(given["user"], "user") if given.get("user") is not None else b"-"
    n = asked.wanted(given, TOP)
    text = TOPN.ask(question(user, history_of(user, more)), deadline)
    return text, n, {"user": None if user == b"-" else user.decode("utf-8", "replace")}


def similar(body, is_json, deadline):
    given, _ = parameters(body, is_json)
    asked.only(given, "item", "n")
    if "item" not in given:
        raise asked.bad("which item is asked for? ?item=LABEL")
    item, n = asked.label(given["item"], "item"), asked.wanted(given, TOP)
    return SIMILAR.ask(item + b"\n", deadline), n, {"item": item.decode("utf-8", "replace")}


def pairs_of(given, rows):
    """The pairs to score, and the history that the request holds."""
    asked.only(given, "user", "items", "history", "pairs")
    if rows:
        if given or any(len(fields) < 2 for fields in rows):
            raise asked.bad("a line is user TAB item, and nothing else is said")
        return rows, []
    if "pairs" in given:
        asked.only(given, "pairs")
        rows = array_of_pairs(asked.array(given, "pairs"))
    more = [asked.entry(x) for x in asked.array(given, "history")]
    if not rows:
        user = asked.label(given["user"], "user") if given.get("user") is not None else b"-"
        rows = [[user, asked.label(x, "items")] for x in asked.array(given, "items")]
    if not rows:
        raise asked.bad("which pairs? \"pairs\": [[user, item], ...], or \"user\" and \"items\"")
    return rows, more


def array_of_pairs(given):
    if any(not isinstance(p, list) or len(p) != 2 for p in given):
        raise asked.bad("pairs: a pair is [user, item]")
    return [[asked.label(x, "pairs") for x in p] for p in given]


def score(body, is_json, deadline):
    rows, more = pairs_of(*parameters(body, is_json))
    held = {user: history_of(user, more) for user in {fields[0] for fields in rows}}
    histories = b"".join(question(u, f) for u, f in sorted(held.items()) if f)
    argv, files = SCORE, {}
    if histories:
        argv, files = SCORE + ["--history", "HISTORIES"], {"HISTORIES": histories}
    elif SCORE_NEEDS_HISTORY:
        raise Wrong(422, "no-history", "this model scores by histories: send one")
    text = b"".join(b"\t".join(fields) + b"\n" for fields in rows)
    return coprocess.once(argv, text, deadline, **files), None, {}


def as_json(text, about):
    """Lines as the object that rec-serve answers; scores keep their digits."""
    rows = [line.split(b"\t") for line in text.splitlines()]

    def text_of(x):
        return json.dumps(x.decode("utf-8", "replace"), ensure_ascii=False)

    if not about:
        return '{"scores":[%s]}\n' % ",".join(
            '{"user":%s,"item":%s,"score":%s}' % (text_of(u), text_of(i), s.decode())
            for u, i, s in rows)
    head = ",".join("%s:%s" % (json.dumps(k), json.dumps(v, ensure_ascii=False))
                    for k, v in about.items())
    return '{%s,"cold":%s,"items":[%s]}\n' % (head, "false" if rows else "true", ",".join(
        '{"item":%s,"score":%s}' % (text_of(i), s.decode()) for _, i, s in rows))


def reply(text, kind, status=200):
    body = text if isinstance(text, bytes) else text.encode("utf-8", "replace")
    if len(body) > MAX_ANSWER:
        raise Wrong(413, "answer-too-large", "the answer has %d bytes, and %d are allowed: ask for "
                    "less at once" % (len(body), MAX_ANSWER))
    return flask.Response(body, status, {"Content-Type": kind + "; charset=utf-8",
                                         "X-Content-Type-Options": "nosniff"})


def body_of(request):
    if (request.content_length or 0) > MAX_BODY:
        raise Wrong(413, "too-large", "the body has more than %d bytes" % MAX_BODY)
    if request.headers.get("Content-Encoding"):
        raise Wrong(415, "encoding", "a body is not compressed")
    body = request.stream.read(MAX_BODY + 1)
    if len(body) > MAX_BODY:
        raise Wrong(413, "too-large", "the body has more than %d bytes" % MAX_BODY)
    return body


PATHS = {"/topn": (topn, ("GET", "POST")), "/similar": (similar, ("GET",)),
         "/score": (score, ("POST",))}


def answer(request, deadline):
    if request.path not in PATHS:
        raise Wrong(404, "no-such-path", "there is " + ", ".join(PATHS))
    work, methods = PATHS[request.path]
    if request.method not in methods:
        raise Wrong(405, "method", "%s takes %s" % (request.path, " and ".join(methods)))
    text, n, about = work(body_of(request), request.mimetype == "application/json", deadline)
    if n is not None:
        text = b"".join(text.splitlines(True)[:n])
    if "text/tab-separated-values" in request.headers.get("Accept", ""):
        return reply(text, "text/tab-separated-values")
    return reply(as_json(text, about), "application/json")


@functions_framework.http
def recommend(request):
    """The function. What is wrong is told as JSON, as rec-serve does."""
    try:
        return answer(request, time.monotonic() + SECONDS)
    except coprocess.Late:
        wrong = Wrong(504, "late", "no answer within %g s" % SECONDS)
    except coprocess.Ended as e:
        # 1 and 2: what was asked for; else memory, or a signal
        if e.status in (1, 2):
            wrong = Wrong(422, "refused", str(e))
        else:
            wrong = Wrong(503, "filter-ended", "%s; ask again" % e)
            print("recommend: %s" % e, file=sys.stderr)
    except Wrong as e:
        wrong = e
    body = json.dumps({"error": {"code": wrong.code, "reason": str(wrong)}},
                      ensure_ascii=False, separators=(",", ":"))
    return reply(body + "\n", "application/json", wrong.status)
