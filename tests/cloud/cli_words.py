#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Whether commands are ones that a CLI knows, by its own parser; nothing is run.

    cli_words.py gcloud SDK_ROOT <argv    the parser of the Google Cloud CLI
    cli_words.py az <argv                 that of the Azure CLI, whose Python runs
                                          this; it stops where it finds no login

argv has the words of a command on each line, in JSON. Prints what is wrong, a
line each, then how many commands there were; exit 1 where any is wrong.
"""
import contextlib
import io
import json
import os
import sys


def gcloud(root):
    sys.path[:0] = [os.path.join(root, "lib"), os.path.join(root, "lib", "third_party")]
    from googlecloudsdk import gcloud_main
    parser = gcloud_main.CreateCLI([])._CLI__parser

    def wrong(words):
        try:
            parser.parse_args(words)
        except SystemExit as e:
            return bool(e.code)
        return False
    return wrong


def az():
    from azure.cli.core import get_default_cli

    def wrong(words):
        try:
            return get_default_cli().invoke(words) == 2
        except SystemExit as e:
            return e.code == 2
    return wrong


def main(name, *rest):
    wrong = {"gcloud": gcloud, "az": az}[name](*rest)
    bad, seen = 0, set()
    for line in sys.stdin:
        words = json.loads(line)
        if words[0] != name or line in seen:
            continue
        seen.add(line)
        said = io.StringIO()
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
            is_wrong = wrong(words[1:])
        if is_wrong:
            bad += 1
            print("%s: %s" % (" ".join(words), " ".join(said.getvalue().split())[:300]))
    print("%d commands" % len(seen))
    return bad > 0


sys.exit(main(*sys.argv[1:]))
