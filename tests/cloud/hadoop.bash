# SPDX-License-Identifier: MIT
# hadoop.bash - what EMR and Dataproc have around Spark, on this machine alone: a
# YARN of one node, and s3: and gs: as file systems on a stand-in of each store.
# For bats files that load ../spark/common before it.
#
#   hadoop_why_not          what is missing here, if anything
#   hadoop_conf DIR         s3: or gs: for all that comes, at STORE (a URL)
#   yarn_start DIR [NODE...] a resource manager, and a node manager that is begun
#                           by NODE..., in a file system of its own; DIR keeps
#                           their logs
#   spark_submit ...        as the service calls it: --master yarn
#
# A platform's own settings, such as memory, stand in spark-defaults.conf; what
# the definitions say comes on top.

JARS=$TOOLS/hadoop

hadoop_why_not() {
	[ -e "$JARS/ready" ] || { echo "no Hadoop in $JARS: tests/setup.sh cloud"; return; }
	case $SPARK in 3.5) ;; *) echo "the jars are for Spark 3.5" ;; esac
}

hadoop_or_skip() {
	local why
	why=$(spark_why_not; hadoop_why_not)
	[ -z "$why" ] || { echo "# SKIPPED, $why: $BATS_TEST_DESCRIPTION" >&3; skip "$why"; }
}

properties() {	# NAME VALUE...: as Hadoop's files have them
	echo '<configuration>'
	while [ $# -gt 0 ]; do
		echo "<property><name>$1</name><value>$2</value></property>"
		shift 2
	done
	echo '</configuration>'
}

hadoop_conf() {
	local d=$1 path
	mkdir -p "$d/conf" "$d/log" "$d/tmp"
	properties fs.defaultFS file:/// hadoop.tmp.dir "$d/tmp" \
		fs.s3.impl org.apache.hadoop.fs.s3a.S3AFileSystem \
		fs.AbstractFileSystem.s3.impl org.apache.hadoop.fs.s3a.S3A \
		fs.s3a.endpoint "$STORE" fs.s3a.path.style.access true fs.s3a.connection.ssl.enabled false \
		fs.s3a.access.key t fs.s3a.secret.key t fs.s3a.endpoint.region us-east-1 \
		fs.gs.impl com.google.cloud.hadoop.fs.gcs.GoogleHadoopFileSystem \
		fs.AbstractFileSystem.gs.impl com.google.cloud.hadoop.fs.gcs.GoogleHadoopFS \
		fs.gs.storage.root.url "$STORE/" fs.gs.project.id p \
		fs.gs.auth.service.account.enable false fs.gs.auth.null.enable true >"$d/conf/core-site.xml"
	STORES=$(echo "$JARS"/{hadoop-aws,aws-java,wildfly,gcs-}*.jar | tr ' ' :)
	path=$(echo "$SPARK_HOME"/jars/{hadoop-client-api,hadoop-client-runtime,slf4j-api,log4j-,commons-logging,jakarta.xml,jaxb,activation,istack}*.jar | tr ' ' :)
	HADOOP_PATH=$d/conf:$(echo "$JARS"/hadoop-client-minicluster*.jar):$path:$(echo "$JARS"/bc*.jar | tr ' ' :):$STORES
	cp "$SPARK_CONF_DIR/log4j2.properties" "$d/conf"
	cat >>"$SPARK_CONF_DIR/spark-defaults.conf" <<-END
		spark.driver.extraClassPath     $STORES
		spark.executor.extraClassPath   $STORES
		spark.executor.instances        2
		spark.executor.memory           512m
		spark.yarn.appMasterEnv.SPARK_LOCAL_IP  127.0.0.1
		spark.yarn.submit.file.replication      1
	END
	export HADOOP_CONF_DIR=$d/conf YARN_CONF_DIR=$d/conf SPARK_DIST_CLASSPATH=$STORES
}

yarn_start() {
	local d=$1 port=() name
	shift
	for _ in 1 2 3 4 5 6 7 8; do port+=("127.0.0.1:$(free_port)"); done
	name=yarn.resourcemanager
	properties $name.hostname 127.0.0.1 $name.address "${port[0]}" $name.scheduler.address "${port[1]}" \
		$name.resource-tracker.address "${port[2]}" $name.admin.address "${port[3]}" $name.webapp.address "${port[4]}" \
		$name.scheduler.class org.apache.hadoop.yarn.server.resourcemanager.scheduler.fifo.FifoScheduler \
		yarn.nodemanager.hostname 127.0.0.1 yarn.nodemanager.bind-host 127.0.0.1 \
		yarn.nodemanager.address "${port[5]}" yarn.nodemanager.localizer.address "${port[6]}" \
		yarn.nodemanager.webapp.address "${port[7]}" yarn.nodemanager.local-dirs "$d/local" \
		yarn.nodemanager.log-dirs "$d/containers" yarn.nodemanager.resource.memory-mb 16384 \
		yarn.nodemanager.resource.cpu-vcores 8 yarn.nodemanager.vmem-check-enabled false \
		yarn.nodemanager.disk-health-checker.enable false yarn.nodemanager.delete.debug-delay-sec 600 \
		yarn.scheduler.minimum-allocation-mb 256 >"$d/conf/yarn-site.xml"
	manager() {	# NAME CLASS [NODE...]
		local log=$d/log/$1 class=org.apache.hadoop.yarn.server.$2
		shift 2
		"$@" java --add-opens=java.base/java.lang=ALL-UNNAMED -Xmx400m -cp "$HADOOP_PATH" "$class" >"$log" 2>&1 3>&- 4>&- &
		echo $! >>"$d/mine"
	}
	manager resources resourcemanager.ResourceManager
	manager node nodemanager.NodeManager "$@"
	for _ in $(seq 300); do
		! ask "http://${port[4]}/ws/v1/cluster/metrics" 2>/dev/null | grep -q '"activeNodes":1' || return 0
		sleep 0.2
	done
	fail "no YARN after 60 s: $(tail -n 3 "$d"/log/*)"
}

# The words of a container's processes, for what fail says.
yarn_words() {
	find "$1/containers" -name 'std*' -size +0 -exec tail -n 8 {} +
}

spark_submit() {
	timeout -k 5 240 "$SPARK_HOME/bin/spark-submit" --master yarn "$@" 3>&- 4>&-
}
