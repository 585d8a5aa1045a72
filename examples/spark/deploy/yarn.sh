#!/bin/sh
# SPDX-License-Identifier: MIT
# yarn.sh - a job on YARN; HADOOP_CONF_DIR is set. Nothing is installed on the
# hosts: the archive brings the commands, ENVIRONMENT brings Python with pyarrow
# (conda pack, venv-pack, or examples/cloud/aws/emr/python.sh; without it the
# hosts' python3 must have pyarrow).
#
#	yarn.sh rec_spark.py als --input hdfs:///likes --model hdfs:///likes.rec -- -k 64
#
# MODE=cluster puts the driver on a host of the cluster, too: then input and
# model are on a file system that all see. Memory of the commands is beside the
# heap: spark.executor.memoryOverhead.
set -eu
archives=${ARCHIVE:-recpipe-cluster.tar.gz}#rec
python=''
if [ -n "${ENVIRONMENT:-}" ]; then
	archives=$archives,$ENVIRONMENT#environment
	python=./environment/bin/python
	# Tasks run the Python that the driver names. A driver on this host has
	# another place for its own; one on the cluster takes that of here, too,
	# if nothing else is said.
	export PYSPARK_DRIVER_PYTHON="${PYSPARK_DRIVER_PYTHON:-${PYSPARK_PYTHON:-python3}}" PYSPARK_PYTHON=$python
fi
exec spark-submit --master yarn --deploy-mode "${MODE:-client}" \
	--archives "$archives" \
	${python:+--conf spark.yarn.appMasterEnv.PYSPARK_PYTHON=$python} \
	${python:+--conf spark.yarn.appMasterEnv.PYSPARK_DRIVER_PYTHON=$python} \
	--py-files "$(printf '%s,' "$(dirname "$1")"/rec_*.py | sed 's/,$//')" \
	--conf spark.driver.maxResultSize=0 \
	--conf "spark.executor.memoryOverhead=${OVERHEAD:-2g}" "$@"
