#!/bin/sh
# SPDX-License-Identifier: MIT
# yarn.sh - a job on YARN; HADOOP_CONF_DIR is set. Nothing is installed on the
# hosts: the archive brings the commands, ENVIRONMENT brings Python with pyarrow
# (conda pack, or venv-pack; without it the hosts' python3 must have pyarrow).
#
#	yarn.sh rec_spark.py als --input hdfs:///likes --model hdfs:///likes.rec -- -k 64
#
# Memory of the commands is beside the heap: spark.executor.memoryOverhead.
set -eu
archives=${ARCHIVE:-recpipe-cluster.tar.gz}#rec
[ -z "${ENVIRONMENT:-}" ] || archives=$archives,$ENVIRONMENT#environment
exec spark-submit --master yarn --deploy-mode "${MODE:-client}" \
	--archives "$archives" \
	${ENVIRONMENT:+--conf spark.executorEnv.PYSPARK_PYTHON=./environment/bin/python} \
	--py-files "$(printf '%s,' "$(dirname "$1")"/rec_*.py | sed 's/,$//')" \
	--conf spark.driver.maxResultSize=0 \
	--conf "spark.executor.memoryOverhead=${OVERHEAD:-2g}" "$@"
