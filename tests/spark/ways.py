# SPDX-License-Identifier: MIT
"""ways.py WAY: one session of Spark, and what a way in does with each fault.

Prints lines of a case, its seconds, and its end: `ok: RESULT`, or `failed: `
with what the exception says to the driver. Run in a folder that holds the
stand-ins for filters which ways.bats makes; they are shipped, too.
"""
import os
import sys
import threading
import time

from pyspark import SparkFiles
from pyspark.sql import SparkSession

way = sys.argv[1]
spark = SparkSession.builder.appName(f"ways {way}").getOrCreate()
sc = spark.sparkContext
sc.setLogLevel("OFF")
ROWS = [f"u{u}\ti{i}" for u in range(60) for i in range(u % 7, 40, 5)]
COLUMNS = "user string, item string, value string"
TOPN = ["./rec-topn", "-q", "-j", "1", "-m", "model.rec"]
FILTERS = {
    "exits 3": ["./exits3"], "killed": ["./killed"], "missing": ["./missing"],
    "not executable": [os.path.abspath("noexec")], "garbage": ["./garbage", *TOPN],
    "never reads": ["./noread"], "model cut short": [*TOPN[:-1], "cut.rec"],
}


def view(rows):
    if not hasattr(rows, "createOrReplaceTempView"):
        rows = spark.createDataFrame([(r + "\t1").split("\t")[:3] for r in rows], COLUMNS)
    rows.createOrReplaceTempView("histories")


if way == "pipe":
    from pipe import pipe

    def run(rows, command):
        rdd = sc.parallelize(rows, 2) if isinstance(rows, list) else rows
        return pipe(rdd, command, {"PATH": "/usr/bin:/bin"})
elif way == "transform":
    from transform import transform

    def run(rows, command):
        view(rows)
        return transform(spark, command)
else:
    from map_partitions import each

    def run(rows, command):
        rdd = sc.parallelize(rows, 2) if isinstance(rows, list) else rows
        here = SparkFiles.getRootDirectory()        # local[N]: tasks are on this host
        command = [w if w[0] in "-/" or "." not in w else os.path.join(here, w) for w in command]
        return each(rdd, command)


def case(name, action, limit=45):
    began = time.monotonic()
    alarm = threading.Timer(limit, sc.cancelAllJobs)
    alarm.start()
    try:
        end = f"ok: {action()}"
    except Exception as e:
        end = f"failed: {e}"
    alarm.cancel()
    print(name, f"{time.monotonic() - began:.0f}", " ".join(end.split()), sep="\t", flush=True)


known = set()


def left():
    """Processes of the session that should be gone, and zombies."""
    found, parents = [], {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat") as f:
                name, rest = f.read().partition("(")[2].rsplit(")", 1)
            state, parent = rest.split()[:2]
            parents[pid] = parent
            if state == "Z":
                found.append((pid, name, "zombie"))
            elif not name.startswith(("java", "python", "bash", "timeout")):
                if os.readlink(f"/proc/{pid}/cwd").startswith(os.getcwd()):
                    with open(f"/proc/{pid}/cmdline") as f:
                        name = f.read().replace("\0", " ")
                    found.append((pid, name, f"child of {parent}"))
        except OSError:
            continue

    def ours(pid):
        return pid == str(os.getppid()) or pid in parents and ours(parents[pid])
    return [p for p in found if p[0] not in known and (p[2] != "zombie" or ours(p[0]))]


def nothing_left():
    end = time.monotonic() + 15
    while left() and time.monotonic() < end:
        time.sleep(0.2)
    return left()


def raises(row):
    if row == ROWS[300]:
        raise ValueError("the upstream is broken")
    return row


def big():
    """Two partitions of 100 MB, in rows of 400 bytes."""
    rows = spark.range(0, 500000, 1, 2)
    rows = rows.selectExpr("lpad(id, 199, 'u') user", "lpad(id, 198, 'i') item", "'1' value")
    if way == "transform":
        return rows
    return rows.rdd.map(lambda r: f"{r.user}\t{r.item}\t1")


def big_result():
    cat = ["./rec-cat", "-q", "-j", "1", "--from", "tsv"]
    out = run(big(), cat)
    if way == "map_partitions":
        return out.map(len).sum()
    return out.count()


def result(rows, command=TOPN):
    out = run(rows, command)
    return len(out.collect()) if way != "map_partitions" else sum(map(len, out.collect()))


known = {p[0] for p in left()}      # a zombie bash, which becomes a java that waits for no child
case("whole", lambda: result(ROWS))
for name, command in FILTERS.items():
    case(name, lambda: result(ROWS, command))
if way == "transform":
    udf = spark.udf.register("raises", lambda u, i: raises(f"{u}\t{i}") and u)
    case("upstream raises", lambda: result(
        spark.createDataFrame([(r + "\t1").split("\t") for r in ROWS], COLUMNS)
        .selectExpr("raises(user, item) user", "item", "value")))
    broken = spark.read.text("broken.gz").selectExpr(
        "split(value, '\t')[0] user", "split(value, '\t')[1] item", "'1' value")
else:
    case("upstream raises", lambda: result(sc.parallelize(ROWS, 2).map(raises)))
    broken = spark.read.text("broken.gz").rdd.map(lambda r: r.value)
case("upstream is cut short", lambda: result(broken))
if way == "transform":
    case("late", lambda: result(ROWS, ["./late"]))
    case("wrong columns", lambda: transform(spark, ["./words"]).count())
    for name, user in {"TAB": "a\tb", "CR": "a\rb", "newline": "a\nb", "null": None,
                       "null word": "\\N"}.items():
        odd = spark.createDataFrame([("u1", "i1", "1"), (user, "i1", "1")], COLUMNS)
        case(name, lambda: result(odd))
if way == "pipe":
    case("newline", lambda: result(["u1\ti1", "a\nb\ti1"]))
    case("lone surrogate", lambda: result(["u1\ti1", "\ud800\ti1"]))
if way != "map_partitions":
    latin = spark.read.text("latin1.tsv")
    latin = latin.selectExpr("value user", "value item", "'1' value") if way == "transform" \
        else latin.rdd.map(lambda r: r.value)
    case("not UTF-8", lambda: result(latin))
case("left after failures", nothing_left)
one = ["u1\ti1"]
case("empty partitions", lambda: result(sc.parallelize(one, 4) if way != "transform" else one))
case("no rows", lambda: result(sc.parallelize([], 3) if way != "transform"
                               else spark.createDataFrame([], COLUMNS)))
case("large", big_result, 150)


def cancelled():
    threading.Timer(3, sc.cancelAllJobs).start()
    return result(ROWS, ["./slow"])


case("cancelled", cancelled)
case("left after all", nothing_left)
