#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The filters of recpipe on Apache Spark: als, sim, topn, score, eval.

As a command (`spark-submit rec_spark.py --help`) and as a module:

    import rec_spark as rec

    model = rec.als(likes, ["-k", "64"])          # a DataFrame of user, item
    lists = rec.topn(likes, model, ["-n", "20"])  # user, item, score
    model.userFactors.show()                      # id, features
    model.save("hdfs:///models/likes.rec")

Spark schedules, stores, ships and retries; the filters compute. What comes out
has the bytes that one process of the filter writes. Options are those of the
filter, as on its command line. rec-spark(7) is the page.

The files rec_*.py of this folder belong together; executors get them by
themselves. Spark 3.5 and 4, Python 3.9 and later, pyarrow; nothing else. The
filters are looked for in REC_BIN, in an archive that was shipped as `rec`
(--archives recpipe-cluster.tar.gz#rec), and in PATH.
"""
import argparse
import os
import sys
import time

from pyspark.sql import SparkSession, functions as F

from rec_als import Model, als, gathered
from rec_filter import (LISTS, FilterFailed, Options, Shipped, cores, figures_of,
                        filter_path, first_field, line_of, lines, run_filter, save,
                        scratch_folder, ship, table, tell, text, threads, whole_lines)
from rec_sim import Similarity, sim

__all__ = ["LISTS", "FilterFailed", "Model", "Options", "Shipped", "Similarity", "als", "cores",
           "evaluate", "figures_of", "filter_path", "first_field", "line_of", "lines",
           "run_filter", "save", "score", "ship", "sim", "table", "tell", "text", "threads",
           "topn", "topn_words", "whole_lines"]


# ---- topn, score ----

def topn(histories, model, options=(), parts=None, as_text=False):
    """The lists of rec-topn: a DataFrame of user, item, score, best first.

    histories  a DataFrame of user, item[, value[, time]], or of such lines
    model      a Model, a file on any file system, what ship() made of one, or a
               list of them (--blend)
    options    of rec-topn
    as_text    one column `value`: the lines of the filter, to the byte

    The rows of a user meet in one task; a task answers its users.
    """
    by_user = histories.repartition(parts or cores(histories.sparkSession), first_field(histories))
    words = topn_words(histories.sparkSession, model, options)
    return _ranked(words, by_user, as_text)


def topn_words(spark, model, options=()):
    """rec-topn for a task; its files are shipped."""
    # A part whose users are all cold is no failure; the whole of an input is.
    return _words(spark, ["rec-topn", "--part", "1/1"], model, options)


def score(pairs, model, options=(), as_text=False):
    """The scores of pairs by rec-score: a DataFrame of user, item, score.

    pairs is a DataFrame of user, item[, value[, time]], or of such lines; it is
    divided as it comes. The others as for topn.
    """
    words = _words(pairs.sparkSession, ["rec-score", "--chunk"], model, options)
    return _ranked(words, pairs, as_text)


def _words(spark, words, model, options):
    words = words + Options(words[0], options).list(spark=spark)
    for m in model if isinstance(model, (list, tuple)) else [model]:
        words += ["-m", _known(spark, m)]
    return words


def _ranked(words, df, as_text):
    fields = len(df.columns) if len(df.columns) > 1 else None
    schema = "value string" if as_text else LISTS
    return lines(df).mapInArrow(_ranker(words, fields, as_text), schema)


def _known(spark, model):
    """A Model, the name of a file, or what was shipped before: for tasks."""
    if isinstance(model, Shipped):
        return model
    return model.shipped() if isinstance(model, Model) else ship(spark, model)


def _ranker(words, fields, as_text):
    def rank(batches):
        with scratch_folder() as folder:
            rows = os.path.join(folder, "rows")
            with open(rows, "wb") as f:
                f.writelines(text(batches, 0, fields))
                if f.tell() == 0:       # an empty partition asks nothing
                    return
            said = run_filter(words + ["-j", threads()], rows)
        yield from whole_lines(said) if as_text else table(said, ["user", "item", "score"])
    return rank


# ---- eval ----

MEASURES = ["recall@10", "ndcg@10", "map@10", "hit@10", "mrr@10"]


def evaluate(lists, truth, measures=None, train=None, options=(), parts=None):
    """The measures of rec-eval: a list of (measure, value, definition).

    lists, truth and train are DataFrames as for topn. Users are divided, each
    with his lists and truth; train, from which floors, ceilings and the tail
    come, is gathered in one file and shipped.
    """
    spark = lists.sparkSession
    asked = Options("rec-eval", [*(measures or MEASURES), *options])
    words = ["rec-eval", "--per-user", *asked.list(only=PER_USER, spark=spark), *asked.operands()]
    parts = parts or cores(spark)
    with scratch_folder() as folder:
        if train is not None:
            words += ["--train", ship(spark, gathered(train, os.path.join(folder, "train.rec")))]
        both = _tagged(lists, "l").unionByName(_tagged(truth, "t"))
        per_user = both.repartition(parts, "user").mapInArrow(_measurer(words), "value string")
        rows = [r.value for r in per_user.collect()]
        last = ["rec-eval", "--summarize", *asked.list(only=SUMMARY)]
        told = bytes(run_filter(last, [(line + "\n").encode() for line in rows]))
    return [tuple(line.split("\t")) for line in told.decode().splitlines()]


# Options of rec-eval by the step that takes them.
PER_USER = {"relevant", "candidates", "missing", "ties", "shallow", "groups", "mem", "trust"}
SUMMARY = {"bootstrap", "significance", "fail-if", "seed"}


def _tagged(df, tag):
    return df.select(F.lit(tag).alias("tag"), first_field(df).cast("string").alias("user"),
                     line_of(df).alias("line"))


def _measurer(words):
    def measure(batches):
        import pyarrow.compute as pc

        with scratch_folder() as folder:
            name = {tag: os.path.join(folder, tag) for tag in "lt"}
            with open(name["l"], "wb") as lists, open(name["t"], "wb") as truth:
                for batch in batches:
                    for tag, f in (("l", lists), ("t", truth)):
                        f.writelines(text([batch.filter(pc.equal(batch.column(0), tag))], 2))
                if truth.tell() == 0:       # no user of this part counts
                    return
            said = run_filter([*words, "-t", name["t"], "-j", threads()], name["l"])
        yield from whole_lines(said)
    return measure


# ---- the command ----

EPILOG = """\
Options of the filter come after --, as on its own command line:
  spark-submit rec_spark.py als --input likes.tsv --model m.rec -- -k 64
  spark-submit rec_spark.py topn --input likes.tsv --model m.rec --output lists -- -n 20
Paths are of any file system that Spark knows. rec-spark(7) has the rest."""


VERBS = {   # verb: (what it makes, what --input is)
    "als": ("a model by rec-als", "interactions"),
    "sim": ("a model by rec-sim", "interactions"),
    "topn": ("lists by rec-topn", "histories"),
    "score": ("scores of pairs by rec-score", "pairs"),
    "eval": ("measures of lists by rec-eval", "lists"),
}


def _parser():
    how = {"epilog": EPILOG, "formatter_class": argparse.RawDescriptionHelpFormatter}
    p = argparse.ArgumentParser(prog="rec_spark.py", description=__doc__.split("\n", 1)[0], **how)
    verbs = p.add_subparsers(dest="verb", required=True, metavar="|".join(VERBS))
    for verb, (what, source) in VERBS.items():
        v = verbs.add_parser(verb, help=what, description=what, **how)
        v.add_argument("--input", required=True, metavar="PATH", help=source)
        v.add_argument("--format", default="text", help="text (lines of user, item, value, time), "
                       "table, parquet, csv or what else Spark reads [text]")
        v.add_argument("--columns", metavar="USER,ITEM,...", help="of a table, in this order")
        v.add_argument("--read", action="append", default=[], metavar="KEY=VALUE",
                       help="an option of the reader, such as header=true")
        v.add_argument("--parts", type=int, metavar="N", help="tasks [the cores that Spark has]")
        v.add_argument("--figures", metavar="FILE", help="write seconds by phase, key TAB value")
        _OPTIONS[verb](v)
    return p


def _model_options(v):
    v.add_argument("--model", required=True, metavar="PATH", help="the model, one file of recmat")


def _als_options(v):
    _model_options(v)
    for side in ("user", "item"):
        v.add_argument(f"--{side}-factors", metavar="PATH", help="also Parquet of id and features")
    v.add_argument("--checkpoint", metavar="PATH", help="a folder for the model of each sweep")
    v.add_argument("--every", type=int, default=1, metavar="N", help="only after N sweeps [1]")
    v.add_argument("--resume", action="store_true", help="go on from the last checkpoint")


def _sim_options(v):
    _model_options(v)
    v.add_argument("--weights", metavar="PATH", help="also Parquet of item, other, weight")
    v.add_argument("--by", choices=["columns", "shards"], help="each task has all interactions, "
                   "or those of its users [columns, unless they are large]")


def _list_options(v):
    v.add_argument("--model", required=True, action="append", metavar="PATH",
                   help="a model; may be repeated")
    v.add_argument("--output", required=True, metavar="PATH", help="a folder")
    v.add_argument("--output-format", default="text", metavar="FORMAT", help="[text]")
    v.add_argument("--overwrite", action="store_true", help="replace the folder")


def _eval_options(v):
    v.add_argument("--truth", required=True, metavar="PATH", help="held-out pairs")
    v.add_argument("--train", metavar="PATH", help="train pairs")
    v.add_argument("--output", metavar="PATH", help="a file for the measures [stdout]")


_OPTIONS = {"als": _als_options, "sim": _sim_options, "topn": _list_options,
            "score": _list_options, "eval": _eval_options}


def _read(spark, args, path):
    if args.format == "text":
        return spark.read.text(path, lineSep="\n")
    if args.format == "table":
        df = spark.table(path)
    else:
        asked = dict(o.split("=", 1) for o in args.read)
        df = spark.read.options(**asked).format(args.format).load(path)
    if args.columns:
        return df.select(*(f"`{c}`" for c in args.columns.split(",")))
    if not 2 <= len(df.columns) <= 4:
        raise ValueError(f"{path} has the columns {', '.join(df.columns)}; "
                         f"say by --columns which are user, item, value and time")
    return df


def _write(df, args):
    mode = "overwrite" if args.overwrite else "errorifexists"
    df.write.mode(mode).format(args.output_format).save(args.output)


def _tell_measures(spark, measures, path):
    said = "".join("\t".join(line) + "\n" for line in measures)
    if not path:
        print(said, end="")
        return
    with scratch_folder() as folder:
        local = os.path.join(folder, "measures")
        with open(local, "w", encoding="utf-8") as f:
            f.write(said)
        save(spark, local, path)


def _run(spark, args, options, figures):
    df = _read(spark, args, args.input)
    if args.verb == "als":
        model = als(df, options, args.parts, args.checkpoint, args.every, args.resume, figures)
        model.save(args.model)
        for side, path in (("user", args.user_factors), ("item", args.item_factors)):
            if path:
                model.factors(side).write.mode("overwrite").parquet(path)
    elif args.verb == "sim":
        model = sim(df, options, args.parts, args.by, figures)
        model.save(args.model)
        if args.weights:
            model.weights.write.mode("overwrite").parquet(args.weights)
    elif args.verb == "eval":
        train = _read(spark, args, args.train) if args.train else None
        names = options or None
        measures = evaluate(df, _read(spark, args, args.truth), names, train, parts=args.parts)
        _tell_measures(spark, measures, args.output)
    elif args.verb == "topn":
        _write(topn(df, args.model, options, args.parts, args.output_format == "text"), args)
    else:
        _write(score(df, args.model, options, args.output_format == "text"), args)


def main(argv):
    """The command: exit status 0; 1, failed; 2, wrong usage."""
    at = argv.index("--") if "--" in argv else len(argv)
    args, options, figures = _parser().parse_args(argv[:at]), argv[at + 1:], {}
    began = time.monotonic()
    spark = SparkSession.builder.appName(f"rec-{args.verb}").getOrCreate()
    figures["seconds.session"] = time.monotonic() - began
    try:
        _run(spark, args, options, figures)
    except (ValueError, OSError, FilterFailed) as e:
        print(f"rec_spark.py: {e}", file=sys.stderr)
        return 1
    finally:
        spark.stop()
    figures["seconds.total"] = time.monotonic() - began
    if args.figures:
        with open(args.figures, "w", encoding="utf-8") as f:
            f.writelines(f"{key}\t{value}\n" for key, value in figures.items())
    return 0


if __name__ == "__main__":
    import rec_spark    # by its name, which tasks know
    sys.exit(rec_spark.main(sys.argv[1:]))
