#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Lists by SQL: SELECT TRANSFORM ... USING a filter.

    spark-submit --files rec-topn,model.rec,carry.sh transform.py histories.tsv lists \\
        ./rec-topn -q -j 1 -m model.rec -n 20

Works in Spark Connect as well (4.x), with spark.addArtifacts(FILE, file=True)
for each file. The command runs in the folder of the shipped files, in every
mode, by bash -c; `set -o pipefail; sh ./carry.sh A | sh ./carry.sh B` chains
two. What TRANSFORM alone gets wrong:

- Fields are separated by \\001 unless ROW FORMAT says TAB, on both sides. With
  one of the two missing, columns shift and nothing fails.
- A TAB or a line end inside a field shifts columns or makes rows, NULL is
  written as \\N, and \\N read as NULL; bytes that are not UTF-8 become U+FFFD.
  So such rows are refused before.
- Too few fields give NULL, too many are cut, a word where a number should be is
  NULL. The column `more` and the last WHERE notice all three.
- If the filter ends later than 10 s after its stdout, its status is lost. The
  shell of carry.sh outlives the filter and holds stdout until then.
- What the filter says reaches the driver only if Spark has read it when it sees
  the status. carry.sh -m says it as a row, too.
- A filter that never reads and exits with 0 passes; carry.sh compares bytes.
- Spark does not end the filter of a job that is cancelled; it runs on to its own
  end. A LIMIT or take() above it leaves a process waiting until the executor
  ends: write or cache the lists, then LIMIT.
- Conditions in WHERE are kept; the same in SELECT are not computed where nobody
  asks for the column, as in a count().
"""
import shlex
import sys

from pyspark.sql import SparkSession

# $USING is the command as an SQL string. Without a value write '1'.
SQL = r"""
SELECT user, item, score
FROM (SELECT TRANSFORM(user, item, value)
          ROW FORMAT DELIMITED FIELDS TERMINATED BY '\t'
          USING $USING
          AS (user STRING, item STRING, score STRING, more STRING)
          ROW FORMAT DELIMITED FIELDS TERMINATED BY '\t'
      FROM (SELECT user, item, value FROM histories
            WHERE assert_true(
                user || item || value NOT RLIKE '[\\x00\t\n\r\uFFFD]' AND user <> '' AND item <> ''
                AND user <> '\\N' AND item <> '\\N',
                'a NULL, TAB, line end, \\N or no UTF-8 in: ' || to_json(struct(user, item, value)))
                IS NULL
            DISTRIBUTE BY user SORT BY user, item))
WHERE assert_true(
    user IS NOT NULL AND item IS NOT NULL AND try_cast(score AS DOUBLE) IS NOT NULL
    AND more IS NULL AND user || item NOT LIKE '%\uFFFD%',
    if(startswith(user, '\0'), substr(user, 2),
       'not user, item, score: ' || to_json(struct(user, item, score, more)))) IS NULL
"""


def transform(spark, command):
    """Rows of the view `histories` (user, item, value: strings) through a command."""
    using = "exec sh ./carry.sh -m " + shlex.join(command)
    using = "'" + using.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return spark.sql(SQL.replace("$USING", using))


if __name__ == "__main__":
    histories, lists, *command = sys.argv[1:]
    spark = SparkSession.builder.appName("transform").getOrCreate()
    field = "split(value, '\t')"
    (spark.read.text(histories, lineSep="\n")       # csv() would take quotes for its own
        .selectExpr(f"{field}[0] user", f"{field}[1] item", f"coalesce({field}[2], '1') value")
        .createOrReplaceTempView("histories"))
    out = transform(spark, command).selectExpr("concat_ws('\t', user, item, score) line")
    out.write.text(lists)       # whole if lists/_SUCCESS is there
