#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""peak.py - run a command; how long it took and the most memory that it and
all its descendants held at one moment.

    peak.py [-o FILE] [-t SECONDS] [-p PID]... COMMAND [ARGUMENT...]

Writes to FILE [stderr]: seconds, memory.pss, memory.rss (bytes), processes (at
that moment), samples, one `key<TAB>value` a line. PSS counts a shared page
once, whoever shares it; RSS counts it for each. Where one process alone had
more between two samples, as the kernel knows, that is the peak (some 13 MB at
least: what this program takes). -p adds the trees of processes that run
already, such as the daemons of a cluster. -t ends the command and all its
descendants after so many seconds: exit status 124, and a line
`timeout<TAB>SECONDS`. Else the status is the command's. Linux.

Reading the page tables of a JVM takes milliseconds in which it cannot map
memory, so the pause between two samples is 50 times what a sample took.
"""
import argparse
import ctypes
import os
import resource
import signal
import subprocess
import sys
import time

PR_SET_CHILD_SUBREAPER = 36


def children():
    """pid -> pids of its children, of everything that runs."""
    tree = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as f:
                    parent = int(f.read().rpartition(b")")[2].split()[1])
            except OSError:  # it ended
                continue
            tree.setdefault(parent, []).append(int(name))
    return tree


def descendants(roots):
    """Of each root itself and all below it; once, where one holds another."""
    tree, found = children(), set()
    rest = list(roots)
    while rest:
        pid = rest.pop()
        if pid not in found:
            found.add(pid)
            rest += tree.get(pid, [])
    return found


def memory(pid):
    """PSS and RSS of a process in bytes; 0 for one that ended."""
    pss = rss = 0
    try:
        with open(f"/proc/{pid}/smaps_rollup", "rb") as f:
            for line in f:
                if line.startswith(b"Pss:"):
                    pss = int(line.split()[1]) * 1024
                elif line.startswith(b"Rss:"):
                    rss = int(line.split()[1]) * 1024
    except OSError:
        pass
    return pss, rss


def sample(roots):
    pss = rss = count = 0
    for pid in descendants(roots):
        if pid != os.getpid():
            p, r = memory(pid)
            pss, rss, count = pss + p, rss + r, count + 1
    return pss, rss, count


def end_all():
    for pid in descendants([os.getpid()]):
        if pid != os.getpid():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


def interrupted(number, frame):
    end_all()
    sys.exit(128 + number)


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1])
    parser.add_argument("-o", dest="output")
    parser.add_argument("-t", dest="limit", type=float)
    parser.add_argument("-p", dest="pids", type=int, action="append", default=[])
    parser.add_argument("command", nargs=argparse.REMAINDER)
    o = parser.parse_args()
    # What loses its parent becomes our child, and so stays in the tree.
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, interrupted)
    roots = [os.getpid()] + o.pids
    best, best_rss, samples, timeout = (0, 0, 0), 0, 0, False
    began = time.perf_counter()
    child = subprocess.Popen(o.command)
    while child.poll() is None:
        before = time.perf_counter()
        now = sample(roots)
        samples += 1
        best, best_rss = max(best, now), max(best_rss, now[1])
        took = time.perf_counter() - before
        if o.limit and before - began > o.limit:
            timeout = True
            end_all()
        try:
            child.wait(min(max(0.02, 50 * took), 1))
        except subprocess.TimeoutExpired:
            pass
    seconds = time.perf_counter() - began
    alone = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    best, best_rss = max(best, (alone, alone, 1)), max(best_rss, alone)
    out = open(o.output, "w") if o.output else sys.stderr
    print(f"seconds\t{seconds:.3f}\nmemory.pss\t{best[0]}\nmemory.rss\t{best_rss}", file=out)
    print(f"processes\t{best[2]}\nsamples\t{samples}", file=out)
    if timeout:
        print(f"timeout\t{o.limit:g}", file=out)
    end_all()  # nothing that was started here goes on
    status = child.returncode
    sys.exit(124 if timeout else status if status >= 0 else 128 - status)


if __name__ == "__main__":
    main()
