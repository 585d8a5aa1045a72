# SPDX-License-Identifier: MIT
# common.bash - loaded by the bats files of Spark, after which `setup` calls
# spark_or_skip. All that tests/helpers.bash has is there too.
#
#   SPARK=3.5|4       which Spark (3.5)
#   REC_SPARK_VENVS   the folder of s35 and s4; `sh tests/setup.sh spark` makes
#                     them (~/.cache/recpipe/spark)
#
# Set here: SPARK_VENV, SPARK_HOME, PYSPARK_PYTHON, SPARK_LOCAL_IP=127.0.0.1,
# PATH with the commands of build/bin, EXAMPLES (the folder examples/spark).

# shellcheck source=../helpers.bash
[ -z "${BATS_VERSION:-}" ] || source "${BASH_SOURCE[0]%/*}/../helpers.bash"

ROOT=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)
EXAMPLES=$ROOT/examples/spark
export SPARK=${SPARK:-3.5}
export PATH="${REC_BIN:-$ROOT/build/bin}:$PATH"
# Labels are UTF-8, in arguments too, which Java takes by the locale.
# The order of bytes stays.
export LC_ALL=C.UTF-8
# pyspark 4 warns of pandas 3, and what a driver's Python says goes to stdout.
export PYTHONWARNINGS=ignore::FutureWarning
# What the caller has set for a Spark of his own is not for these tests.
unset "${!SPARK_@}" "${!PYSPARK_@}" HADOOP_CONF_DIR YARN_CONF_DIR PYTHONPATH

case $SPARK in
3.5) SPARK_VENV=s35 ;;
4) SPARK_VENV=s4 ;;
*) echo "SPARK is 3.5 or 4, not $SPARK" >&2; exit 2 ;;
esac
export SPARK_VENV=${REC_SPARK_VENVS:-${XDG_CACHE_HOME:-$HOME/.cache}/recpipe/spark}/$SPARK_VENV
export PYSPARK_PYTHON=$SPARK_VENV/bin/python SPARK_LOCAL_IP=127.0.0.1
SPARK_HOME=$("$PYSPARK_PYTHON" -c 'import os, pyspark; print(os.path.dirname(pyspark.__file__))' 2>/dev/null)
export SPARK_HOME

# spark_why_not: what is missing here, if anything.
spark_why_not() {
	command -v java >/dev/null || { echo "java is not installed"; return; }
	[ -n "$SPARK_HOME" ] || { echo "no pyspark $SPARK in $SPARK_VENV: sh tests/setup.sh spark"; return; }
	command -v rec-als >/dev/null || echo "the commands are not built: make"
}

# spark_or_skip: first in `setup`. Enters the test's folder; skips and says why
# where there is no Spark.
spark_or_skip() {
	local why
	why=$(spark_why_not)
	if [ -n "$why" ]; then
		echo "# SKIPPED, no Spark: $why" >&3
		skip "$why"
	fi
	cd "$BATS_TEST_TMPDIR" || return 1
	spark_conf "$BATS_TEST_TMPDIR/spark"
}

# spark_conf DIR: defaults of every session begun from here on, by spark-submit
# or by python: no web pages, few partitions, all files below DIR.
spark_conf() {
	mkdir -p "$1/conf" "$1/tmp" || return 1
	export SPARK_CONF_DIR=$1/conf SPARK_LOCAL_DIRS=$1/tmp
	cat >"$1/conf/spark-defaults.conf" <<-END
		spark.ui.enabled                false
		spark.driver.memory             1g
		spark.sql.shuffle.partitions    4
		spark.sql.parquet.compression.codec     zstd
		spark.sql.warehouse.dir         $1/warehouse
		spark.driver.extraJavaOptions   -Djava.io.tmpdir=$1/tmp -Dderby.system.home=$1/tmp
	END
	cat >"$1/conf/log4j2.properties" <<-END
		rootLogger.level = warn
		rootLogger.appenderRef.stderr.ref = stderr
		appender.stderr.type = Console
		appender.stderr.name = stderr
		appender.stderr.target = SYSTEM_ERR
		appender.stderr.layout.type = PatternLayout
		appender.stderr.layout.pattern = %d{HH:mm:ss} %p %c{1}: %m%n%ex
	END
}

# spark_submit_local [OPTIONS...] FILE [ARGUMENTS...]: spark-submit with two
# cores of this machine, at most SPARK_TIMEOUT (180) seconds.
spark_submit_local() {
	timeout -k 5 "${SPARK_TIMEOUT:-180}" "$SPARK_HOME/bin/spark-submit" --master 'local[2]' "$@" 3>&- 4>&-
}

# spark_said FILE...: the end of what a driver wrote, without Java's traces. The
# driver's own Python writes all to stdout under spark-submit, errors too.
spark_said() {
	cat "$@" | grep -vE '^\s+(at |\.\.\. )' | tail -n 40
}
