# SPDX-License-Identifier: MIT
"""Filters of recpipe that stay: asked with lines, they answer with lines.

`rec-topn --stream` answers a history when an empty line follows, and writes an
empty line behind the answer. So one process serves request after request from
a model that it opened once. Python's standard library, nothing else.
"""
import contextlib
import os
import queue
import select
import signal
import subprocess
import tempfile
import time

PIECE = 64 << 10        # bytes written at once: what a pipe takes
TOLD = 2000             # bytes of a filter's last words that are passed on


class Late(Exception):
    """There was no answer in time."""


class Ended(Exception):
    """The filter ended instead of answering: its words, its exit status."""

    def __init__(self, words, status):
        super().__init__(words)
        self.status = status


def ended(argv, status, words):
    """An Ended from an exit status, as subprocess gives it, and stderr."""
    name = os.path.basename(argv[0])
    if status < 0:
        return Ended("%s was killed by %s" % (name, signal.Signals(-status).name), status)
    last = words.decode("utf-8", "replace").strip().split("\n")[-1]
    return Ended(last or "%s ended with exit status %d" % (name, status), status)


class Coprocess:
    """One process, started when it is first asked, and anew after its end."""

    def __init__(self, argv):
        self.argv, self.process = argv, None

    def _start(self, deadline):
        self.said = tempfile.TemporaryFile()
        try:
            self.process = subprocess.Popen(self.argv, stdin=subprocess.PIPE, bufsize=0,
                                            stdout=subprocess.PIPE, stderr=self.said)
        except OSError as e:
            self.said.close()
            raise Ended("%s cannot start: %s" % (self.argv[0], e.strerror), 4) from None
        os.set_blocking(self.process.stdin.fileno(), False)
        # The first bytes of an input say what it is: an empty line, that it is
        # text, whatever the first label begins with.
        self._talk(b"", deadline)

    def stop(self):
        """End the process, however it is; the next question starts another."""
        p, self.process = self.process, None
        if p is None:
            return None
        p.kill()                # nothing where it has ended by itself
        p.stdin.close()
        p.stdout.close()
        status = p.wait()
        with self.said as f:
            f.seek(max(0, f.seek(0, os.SEEK_END) - TOLD))
            return ended(self.argv, status, f.read())

    def ask(self, lines, deadline):
        """The lines that answer `lines` (bytes), by a time.monotonic()."""
        try:
            if self.process is None or self.process.poll() is not None:
                self.stop()
                self._start(deadline)
            return self._talk(lines, deadline)
        except BaseException:
            self.stop()         # what it still says would be the next one's answer
            raise

    def _talk(self, lines, deadline):
        to, come = self.process.stdin.fileno(), self.process.stdout.fileno()
        left, got = memoryview(lines + b"\n"), bytearray()
        poll = select.poll()
        poll.register(come, select.POLLIN)
        poll.register(to, select.POLLOUT)
        while not (got == b"\n" or got.endswith(b"\n\n")):
            wait = deadline - time.monotonic()
            if wait <= 0:
                raise Late()
            for fd, _ in poll.poll(wait * 1000):
                if fd == to:
                    left = self._send(to, left)
                    if not left:
                        poll.unregister(to)
                    continue
                piece = os.read(come, PIECE)
                if not piece:
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        self.process.wait(1)    # for a status of its own
                    raise self.stop()
                got += piece
        return bytes(got[:-1])

    @staticmethod
    def _send(to, left):
        try:
            return left[os.write(to, left[:PIECE]):]
        except BlockingIOError:
            return left
        except BrokenPipeError:
            return left[:0]     # the end of its output says why


class Pool:
    """So many coprocesses, each for one request at a time."""

    def __init__(self, argv, size):
        self.free = queue.LifoQueue()
        for _ in range(size):
            self.free.put(Coprocess(argv))

    def ask(self, lines, deadline):
        try:
            one = self.free.get(timeout=max(0, deadline - time.monotonic()))
        except queue.Empty:
            raise Late() from None
        try:
            return one.ask(lines, deadline)
        finally:
            self.free.put(one)


def once(argv, lines, deadline, **files):
    """The answer of a filter that reads all of its input before it ends.

    files: bytes by the word of argv that stands for their name; the filter
    reads each from a file that has no name elsewhere.
    """
    held = {}
    try:
        for word, text in files.items():
            held[word] = tempfile.TemporaryFile()
            held[word].write(text)
            held[word].seek(0)
        words = ["/dev/fd/%d" % held[w].fileno() if w in held else w for w in argv]
        done = subprocess.run(words, input=lines, capture_output=True, check=False,
                              timeout=max(0.001, deadline - time.monotonic()),
                              pass_fds=[f.fileno() for f in held.values()])
    except subprocess.TimeoutExpired:
        raise Late() from None
    finally:
        for f in held.values():
            f.close()
    if done.returncode:
        raise ended(argv, done.returncode, done.stderr)
    return done.stdout
