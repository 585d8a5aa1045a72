#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The EXAMPLES of rec-spark(7) run as they stand, with a pyspark of two cores.

load common

setup() {
	spark_or_skip
}

@test "spark: the examples of the manual page run" {
	command -v mandoc >/dev/null || skip "mandoc is not installed"
	mandoc -T ascii "$ROOT/man/rec-spark.7" | sed 's/.\x08//g' |
		awk '/^[A-Z]/ { on = $0 == "EXAMPLES" } on && /^           / { print substr($0, 12) }' >example.sh
	[ "$(grep -c rec_spark.py example.sh)" -eq 2 ]
	S=$EXAMPLES PATH=$SPARK_HOME/bin:$PATH timeout 300 sh -eu example.sh >out 2>err || fail "$(spark_said out err)"
	grep -q '^recall@20' out
}

@test "spark: the check of an installation in the manual page runs, and asks for all that is needed" {
	sed -n '/^from pyspark.sql import SparkSession/,/^\.Ed/p' "$ROOT/man/rec-spark.7" | sed '/^\.Ed/,$d' >check.py
	grep -q mapInArrow check.py
	spark_submit_local check.py >out 2>err || fail "$(spark_said out err)"
	grep -qx 45 out
}
