# SPDX-License-Identifier: MIT
"""agree.py PORT PORT FILE [N] - do two servers on this machine list the same?

Asks both the first N [200] requests of FILE, a file of load.sh, and prints the
share of items that are in both lists, of lists that are equal in order, and the
largest difference of two scores of an item, as key TAB value.
"""
import http.client
import json
import sys


def ask(connection, line):
    what, _, body = line.partition("\t")
    method, _, target = what.partition(" ")
    connection.request(method, target, body or None,
                       {"Content-Type": "application/json"} if body else {})
    answer = connection.getresponse()
    text = answer.read()
    if answer.status != 200:
        raise SystemExit("agree.py: %s: status %d" % (what, answer.status))
    return [(i["item"], i["score"]) for i in json.loads(text)["items"]]


def main(one, other, path, n=200):
    servers = [http.client.HTTPConnection("127.0.0.1", int(port), timeout=20)
               for port in (one, other)]
    lists = items = both = equal = 0
    apart = 0.0
    with open(path, encoding="utf-8") as f:
        for _, line in zip(range(int(n)), f):
            a, b = (ask(s, line.rstrip("\n")) for s in servers)
            x, y = dict(a), dict(b)
            lists += 1
            items += max(len(x), len(y))
            both += len(x.keys() & y.keys())
            equal += [i for i, _ in a] == [i for i, _ in b]
            apart = max([apart] + [abs(x[i] - y[i]) for i in x if i in y])
    print("same.items\t%.4f" % (both / max(items, 1)))
    print("same.lists\t%.4f" % (equal / max(lists, 1)))
    print("score.difference\t%.2g" % apart)


if __name__ == "__main__":
    main(*sys.argv[1:])
