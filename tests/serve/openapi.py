# SPDX-License-Identifier: MIT
"""openapi.py SPEC URL USER ITEM: a description of OpenAPI, and a server.

The description is checked by openapi-spec-validator; then each of its
operations is asked of the server, rightly and wrongly, and what comes is checked
against the schema of its status. Prints the number of answers that were checked.
"""
import json
import sys
import urllib.error
import urllib.parse
import urllib.request

import yaml
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate


def ask(url, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"} if data else {})
    try:
        with urllib.request.urlopen(request, timeout=20) as r:
            return r.status, r.headers.get_content_type(), r.read().decode()
    except urllib.error.HTTPError as e:
        return e.code, e.headers.get_content_type(), e.read().decode()


def schema_of(spec, operation, status, kind):
    answers = operation["responses"]
    answer = answers.get(str(status), answers["default"])
    if "$ref" in answer:
        answer = spec["components"]["responses"][answer["$ref"].rsplit("/", 1)[1]]
    return answer["content"][kind]["schema"]


def requests(user, item):
    """(method, path, query or body, status)"""
    get = [("/topn", {"user": user, "n": 3, "model": 1, "keep-seen": "true", "deny": item}, 200),
           ("/topn", {"user": user, "n": "x"}, 400), ("/topn", {"user": "nobody", "cold": "fail"}, 404),
           ("/similar", {"item": item, "n": 2}, 200), ("/similar", {}, 400),
           ("/explain", {"user": user, "item": item, "k": 2}, 200), ("/explain", {"user": user}, 400),
           ("/items", {"q": item}, 200), ("/items", {"q": ""}, 400), ("/model", {}, 200),
           ("/healthz", {}, 200), ("/readyz", {}, 200), ("/metrics", {}, 200)]
    post = [("/topn", {"history": [item, [item, 2, 5], {"item": "new", "value": 1}], "n": 2}, 200),
            ("/topn", {"history": item}, 400),
            ("/score", {"user": user, "items": [item, "new"]}, 200),
            ("/score", {"pairs": [[user, item]], "cold": "drop"}, 200), ("/score", {}, 400),
            ("/batch", {"histories": [{"user": user}, {"history": [item]}], "n": 2}, 200),
            ("/batch", {"histories": 5}, 400),
            ("/explain", {"history": [item], "item": item}, 200)]
    return [("get", *r) for r in get] + [("post", *r) for r in post]


def main():
    path, url, user, item = sys.argv[1:]
    with open(path, encoding="utf-8") as f:
        spec = yaml.safe_load(f)
    validate(spec)
    asked, n = set(), 0
    for method, path, words, status in requests(user, item):
        operation = spec["paths"][path][method]
        asked.add(operation["operationId"])
        whole = url + path
        if method == "get" and words:
            whole += "?" + urllib.parse.urlencode(words)
        got, kind, text = ask(whole, words if method == "post" else None)
        assert got == status, (method, whole, words, got, text)
        value = json.loads(text) if kind == "application/json" else text
        schema = schema_of(spec, operation, status, kind)
        Draft202012Validator({**schema, "components": spec["components"]}).validate(value)
        n += 1
    every = {o["operationId"] for path in spec["paths"].values() for o in path.values()}
    assert asked == every, every - asked
    print(n)


if __name__ == "__main__":
    main()
