#!/bin/sh
# SPDX-License-Identifier: MIT
# hadoop_streaming.sh HISTORIES LISTS MODEL [OPTION...] - lists of rec-topn by
# Hadoop Streaming. Histories have two fields or more; LISTS is a folder that
# must not be there; OPTIONs are those of rec-topn.
#
# HADOOP_STREAMING is the jar. With a Hadoop installation (hadoop in PATH) it is
# share/hadoop/tools/lib/hadoop-streaming-*.jar. Without one, the jars of Spark
# 3.5 in SPARK_HOME run the job on this host; then it is
# org.apache.hadoop:hadoop-streaming:3.3.4 from Maven. REC_BIN is the folder of
# the filters [that of rec-topn in PATH].
#
# The first field of a line, the user, is the key. All lines of a user reach one
# reducer, in no promised order, which rec-topn does not mind. A filter that
# fails, fails the job; what it said is in the log of the task. What Hadoop
# Streaming alone gets wrong:
#
# - A reducer that never reads and exits with 0 passes, _SUCCESS and all: the
#   counters say what was offered, not what was read. carry.sh compares bytes.
# - A line without a TAB gains one: `user` becomes `user<TAB>`. And a CR ends a
#   line in all that a mapper writes. check.sh refuses both; that it sees a CR at
#   all needs textinputformat.record.delimiter.
# - There is no shell: for a|b write sh -c 'a | b'.
# - Parts are sorted by user, each; LISTS as a whole is not.
set -eu
usage="usage: hadoop_streaming.sh HISTORIES LISTS MODEL [OPTION...]"
[ $# -ge 3 ] || { echo "$usage" >&2; exit 2; }
histories=$1 lists=$2 model=$3
shift 3
here=$(cd "$(dirname "$0")" && pwd)
topn=${REC_BIN:+$REC_BIN/rec-topn}
topn=${topn:-$(command -v rec-topn)} || { echo "no rec-topn in PATH: set REC_BIN" >&2; exit 1; }
: "${HADOOP_STREAMING:?it names the jar, see the head of this script}"

if command -v hadoop >/dev/null; then
	run() { hadoop jar "$HADOOP_STREAMING" "$@"; }
else
	run() {
		java -cp "${SPARK_HOME:?}/jars/*:$HADOOP_STREAMING" org.apache.hadoop.streaming.HadoopStreaming \
			-fs file:/// -D mapreduce.framework.name=local "$@"
	}
fi
run -files "$topn#rec-topn,$here/carry.sh#carry.sh,$here/check.sh#check.sh,$model#model.rec" \
	-D "mapreduce.job.reduces=${REDUCERS:-2}" -D "textinputformat.record.delimiter=
" -input "$histories" -output "$lists" -mapper "sh ./check.sh" \
	-reducer "sh ./carry.sh ./rec-topn -q -j 1 -m model.rec $*"
