#!/bin/sh
# SPDX-License-Identifier: MIT
# standalone.sh - a cluster of Spark's own, and a job on it. The lines are for a
# shell, one host after the other; SPARK_HOME is set on each.
#
#	standalone.sh master              on one host: prints spark://HOST:7077
#	standalone.sh worker spark://...  on each worker
#	standalone.sh submit spark://... rec_spark.py als --input ... -- -k 64
#
# Paths of inputs and outputs are on a file system that all hosts see. For
# NAT, several networks or containers set SPARK_LOCAL_IP on each host.
set -eu
: "${SPARK_HOME:?is not set: the folder of Spark}"
verb=${1:?master, worker or submit}
shift
case $verb in
master) exec "$SPARK_HOME/bin/spark-class" org.apache.spark.deploy.master.Master --host "$(hostname -f)" ;;
worker) exec "$SPARK_HOME/bin/spark-class" org.apache.spark.deploy.worker.Worker "$@" ;;
submit)
	master=$1
	shift
	# Work folders of ended applications stay unless workers run with
	# SPARK_WORKER_OPTS=-Dspark.worker.cleanup.enabled=true
	exec "$SPARK_HOME/bin/spark-submit" --master "$master" \
		--archives "${ARCHIVE:-recpipe-cluster.tar.gz}#rec" \
		--conf spark.driver.maxResultSize=0 "$@"
	;;
*) echo "usage: standalone.sh master | worker URL | submit URL FILE ARGUMENTS..." >&2; exit 2 ;;
esac
