#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# rec_stream.py with a broker of Kafka, and with the source `rate`. The broker
# and Spark's connector come from Maven; they are kept beside Python's
# environments.

load common
load cluster

BROKER=3.9.1		# of Kafka
PORT=${KAFKA_PORT:-19092}	# and the next one

setup() {
	spark_or_skip
	make_train 60 40 900 | cut -f 1-3 | sed "s/^u1$TAB/u \"1\"$TAB/; s/${TAB}i7$TAB/${TAB}í 7$TAB/" >rows
	head -500 rows >0.tsv
	tail -n +501 rows >1.tsv
	rec-als -q -k 8 -i 4 <rows >model.rec
}

teardown() {
	[ ! -e broker.pid ] || kill "$(cat broker.pid)" 2>/dev/null || true
}

stream() {
	spark_submit_local ${CONNECTOR:+--jars "$CONNECTOR"} "$EXAMPLES/rec_stream.py" "$@" >>out 2>>err ||
		fail "$*: $(spark_said out err)"
}

# fetched ARTIFACT FOLDER: the jars of an artifact and of what it needs
fetched() {
	[ ! -e "$2/whole" ] || return 0
	mkdir -p "$2" || return 1
	cat >"$2/pom.xml" <<-END
		<project xmlns="http://maven.apache.org/POM/4.0.0">
		  <modelVersion>4.0.0</modelVersion>
		  <groupId>jars</groupId><artifactId>jars</artifactId><version>1</version>
		  <dependencies><dependency>
		    <groupId>${1%%:*}</groupId><artifactId>$(cut -d: -f2 <<<"$1")</artifactId><version>${1##*:}</version>
		  </dependency></dependencies>
		</project>
	END
	mvn -B -q -f "$2/pom.xml" dependency:copy-dependencies -DincludeScope=runtime \
		-DoutputDirectory="$2" >mvn.log 2>&1 && : >"$2/whole"
}

# The connector of this Spark; Maven may not have it yet, then the first one of
# the same minor version.
kafka_or_skip() {
	local jars=${SPARK_VENV%/*}/jars scala=2.12 v connector
	[ "$SPARK" = 3.5 ] || scala=2.13
	v=$("$PYSPARK_PYTHON" -c 'import pyspark; print(pyspark.__version__)')
	for v in "$v" "${v%.*}.0"; do
		connector=$jars/connector-$v
		! fetched "org.apache.spark:spark-sql-kafka-0-10_$scala:$v" "$connector" || break
	done
	if [ ! -e "$connector/whole" ] || ! fetched "org.apache.kafka:kafka_2.13:$BROKER" "$jars/kafka"; then
		echo "# SKIPPED, no Kafka: $(grep -m 1 ERROR mvn.log)" >&3
		skip "no jars of Kafka"
	fi
	BROKER_PATH="$jars/kafka/*"
	# the rest is Spark's own already
	CONNECTOR=$(printf '%s\n' "$connector"/*kafka*.jar "$connector"/commons-pool2*.jar | paste -sd,)
}

# broker: one of Kafka on the loopback, with a topic of one partition
broker() {
	cat >broker.properties <<-END
		process.roles=broker,controller
		node.id=1
		controller.quorum.voters=1@127.0.0.1:$((PORT + 1))
		listeners=PLAINTEXT://127.0.0.1:$PORT,CONTROLLER://127.0.0.1:$((PORT + 1))
		advertised.listeners=PLAINTEXT://127.0.0.1:$PORT
		controller.listener.names=CONTROLLER
		listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
		log.dirs=$PWD/kafka
		offsets.topic.replication.factor=1
		transaction.state.log.replication.factor=1
	END
	java -Xmx256m -cp "$BROKER_PATH" kafka.tools.StorageTool format \
		-t AAAAAAAAAAAAAAAAAAAAAA -c broker.properties >broker.log 2>&1 || fail "$(cat broker.log)"
	java -Xmx256m -cp "$BROKER_PATH" kafka.Kafka broker.properties >>broker.log 2>&1 3>&- 4>&- &
	echo $! >broker.pid
	wait_until 60 broker_answers
}

broker_answers() {
	(exec 3<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null
}

# produce FILE: its lines are events of the topic
produce() {
	cat >produce.py <<-'END'
		import sys
		from pyspark.sql import SparkSession
		spark = SparkSession.builder.getOrCreate()
		spark.read.text(sys.argv[1], lineSep="\n").coalesce(1).write.format("kafka") \
		    .option("kafka.bootstrap.servers", sys.argv[2]).option("topic", "likes").save()
	END
	spark_submit_local --jars "$CONNECTOR" produce.py "$1" "127.0.0.1:$PORT" >>out 2>>err ||
		fail "$(spark_said out err)"
}

@test "kafka: the lists are those of the same events in files" {
	kafka_or_skip
	broker
	mkdir in
	stream publish files model.rec
	stream publish topic model.rec
	for n in 0 1; do
		cp $n.tsv in/
		stream run files --source in --once -- -n 7
		produce $n.tsv
		stream run topic --format kafka --option "kafka.bootstrap.servers=127.0.0.1:$PORT" \
			--option subscribe=likes --option startingOffsets=earliest --once -- -n 7
	done
	stream latest files files.tsv
	stream latest topic topic.tsv
	cmp files.tsv topic.tsv
	rec-topn -q --fold-in -m model.rec -n 7 <rows | sort | cmp - <(sort topic.tsv)
}

@test "kafka: the source rate needs no broker" {
	rec-gen --users 100 --items 1000 --rows 9000 | rec-als -q -k 4 -i 1 >rate.rec
	stream publish rate rate.rec
	spark_submit_local "$EXAMPLES/rec_stream.py" run rate --format rate --option rowsPerSecond=50 \
		--every '1 second' -- -n 3 >>out 2>>err &
	local driver=$!
	wait_until 120 [ -e rate/batches/3.json ]
	kill "$driver"
	wait "$driver" || true
	stream latest rate rate.tsv
	[ "$(wc -l <rate.tsv)" -gt 9 ]
}
