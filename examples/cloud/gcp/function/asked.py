# SPDX-License-Identifier: MIT
"""What a request asks for: the forms of rec-serve(1), as lines of a filter.

Labels are bytes. In a query they are written as %XX, in JSON as text.
"""
import json
import mmap
import re
import urllib.parse

NUMBER = re.compile(rb"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\Z")
# From here on a value, a float32, and a time, a float64, are infinite.
INFINITE = {"value": 3.4028235677973366e38, "time": float("inf")}


class Wrong(Exception):
    """A request that is refused: status of HTTP, code and reason."""

    def __init__(self, status, code, reason):
        super().__init__(reason)
        self.status, self.code = status, code


def bad(reason):
    return Wrong(400, "bad-request", reason)


def label(given, name):
    """A label as bytes."""
    if not isinstance(given, str):
        raise bad("%s: a label is text" % name)
    text = given.encode("utf-8", "surrogateescape")
    if not text or re.search(rb"[\t\n\0]|\r\Z", text):
        raise bad("%s: a label is not empty and has no TAB, newline or NUL" % name)
    return text


def number(text, name, where):
    """A value or a time as it is written in lines."""
    if not NUMBER.match(text) or abs(float(text)) >= INFINITE[name]:
        raise bad("%s, %s: '%s' is not a number" %
                  (where, name, text[:40].decode("utf-8", "replace")))
    return text


def query(text):
    """The parameters of a query (bytes), each at most once."""
    pairs = urllib.parse.parse_qsl(text.decode("utf-8", "surrogateescape"),
                                   keep_blank_values=True, errors="surrogateescape")
    found = dict(pairs)
    if len(found) < len(pairs):
        raise bad("a parameter stands there twice")
    return found


def document(body):
    """The object of JSON in a body."""
    def refuse(word):
        raise ValueError("%s is not a number of JSON" % word)

    try:
        found = json.loads(body, parse_constant=refuse)
    except (ValueError, RecursionError) as e:
        raise bad("the body is no JSON: %s" % e) from None
    if not isinstance(found, dict):
        raise bad("the body is no object of JSON")
    return found


def only(given, *names):
    for name in given:
        if name not in names:
            raise bad("'%s' is not known here; known are %s" % (name[:40], ", ".join(names)))


def wanted(given, most):
    """How many items a list is to have."""
    n = given.get("n", min(10, most))
    if isinstance(n, str) and n.isascii() and n.isdigit():
        n = int(n[:9])
    if type(n) is not int or not 1 <= n <= most:
        raise bad("n: a whole number from 1 to %d; REC_TOP allows more" % most)
    return n


def lines(body, most):
    """The rows of lines, as lists of fields that a filter takes."""
    rows = []
    for at, line in enumerate(body.split(b"\n"), 1):
        fields = line.rstrip(b"\r").split(b"\t")
        if fields == [b""]:
            continue
        if len(fields) > most or not all(fields) or b"\0" in line:
            raise bad("line %d: a line is user, item%s, with TABs between" %
                      (at, ", value, time" if most > 2 else ""))
        for field, name in zip(fields[2:], ("value", "time")):
            number(field, name, "line %d" % at)
        rows.append(fields)
    return rows


def entry(given):
    """An entry of a history of JSON: an item, an array or an object."""
    if isinstance(given, dict):
        only(given, "item", "value", "time")
        if "time" in given and "value" not in given:
            raise bad("history: a time needs a value before it")
        given = [given[k] for k in ("item", "value", "time") if k in given]
    elif not isinstance(given, list):
        given = [given]
    if not 1 <= len(given) <= 3:
        raise bad("history: an entry is an item, [item, value, time], or an object of them")
    fields = [label(given[0], "history")]
    for x, name in zip(given[1:], ("value", "time")):
        if isinstance(x, bool) or not isinstance(x, (int, float)):
            raise bad("history: a %s is a number" % name)
        fields.append(number(repr(x).encode(), name, "history"))
    return fields


def array(given, name):
    found = given.get(name, [])
    if not isinstance(found, list):
        raise bad("%s: an array is needed" % name)
    return found


class Histories:
    """Lines of `LC_ALL=C sort`, mapped: those of a user are found by halving."""

    def __init__(self, path):
        with open(path, "rb") as f:
            self.map = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)

    def _line(self, at):
        """The first line that begins at `at` or later."""
        if at == 0:
            return 0
        end = self.map.find(b"\n", at - 1)
        return len(self.map) if end < 0 else end + 1

    def of(self, user):
        """The lines of a user, without the user: item, value, time."""
        key, low, high = user + b"\t", 0, len(self.map)
        while low < high:
            middle = (low + high) // 2
            at = self._line(middle)
            if at < len(self.map) and self.map[at:at + len(key)] < key:
                low = at + 1
            else:
                high = middle
        at, found = self._line(low), []
        while self.map[at:at + len(key)] == key:
            end = self._line(at + 1)
            found.append(self.map[at + len(key):end].rstrip(b"\r\n").split(b"\t"))
            at = end
        return found
