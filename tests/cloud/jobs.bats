#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1083 # the tokens of rec-task
# Array jobs from objects to an object: the definitions for each platform, and
# the tasks as real processes, to which this file hands out the index as the
# platform does. One task is killed, one runs twice, one object is lost.

load common
load stores

# The command of the tasks. Part 2 is killed with all that belongs to its task
# when it runs for the first time, amid its output; both copies of part 3 run at
# the same time.
make_part() {
	mkdir -p bin tmp
	RUNS=$PWD/runs
	cat >bin/part <<-'END'
		#!/bin/sh
		echo "$1" >>"$RUNS"
		if [ "$1" = 2 ] && mkdir "$RUNS.killed" 2>/dev/null; then
			rec-sim -q -j 1 cosine -b --columns "$1/$2" | head -c 1000
			kill -KILL 0
		fi
		[ "$1" != 3 ] || sleep 1
		exec rec-sim -q -j 1 cosine -b --columns "$1/$2"
	END
	chmod +x bin/part
	rec-gen -b --users 100 --items 64 --rows 2000 >train.rec
	rec-sim -q cosine -b <train.rec >whole.rec
}

# again ALL|NOT12 COMMAND...: a task, tried again as the platform does it: after
# every failure, or not after 1 and 2. Nothing of this shell but what a task has.
again() {
	local rule=$1 status
	shift
	for _ in 1 2 3 4; do
		status=0
		env -i PATH="$PWD/bin:$PATH" TMPDIR="$PWD/tmp" RUNS="$RUNS" REC_RETRIES=2 "${SETTINGS[@]}" setsid -w "$@" </dev/null 2>>errors || status=$?
		case $rule:$status in *:0 | NOT12:[12]) break ;; esac
	done
	return $status
}
settings() {
	mapfile -t SETTINGS < <(env | grep -E '^(AWS_(ENDPOINT_URL|ACCESS_KEY_ID|SECRET_ACCESS_KEY|REGION)|STORAGE_EMULATOR_HOST|GOOGLE_OAUTH_ACCESS_TOKEN|AZURE_STORAGE_(SERVICE_ENDPOINT|SAS_TOKEN))=')
}

# array N FUNCTION: FUNCTION I runs the task of index I; that of 2 runs twice.
array() {
	local i pids=() bad=0
	for i in 0 1 2 2 $(seq 3 $(($1 - 1))); do
		"$2" "$i" 3>&- &
		pids+=($!)
		[ ${#pids[@]} -lt 4 ] || { wait "${pids[0]}" || bad=1; pids=("${pids[@]:1}"); }
	done
	for i in "${pids[@]}"; do wait "$i" || bad=1; done
	[ $bad -eq 0 ] || fail "$(cat errors)"
}

# whole_job N CLOUD TASK JOIN: the job as it goes; TASK I and JOIN run what the
# definition says.
whole_job() {
	local n=$1 u=$2 first
	settings
	rm -rf runs runs.killed
	array "$n" "$3"
	first=$(sort runs | uniq -c | awk '$1 > 1 { printf "%s%s", sep, $2; sep = " " }')
	[ "$first" = "2 3" ] || fail "run more than once: $first"
	[ "$(sort -u runs | wc -l)" -eq "$n" ]
	lose "$u/items.rec.parts/0000.rec"
	! "$4" || fail "joined without a part"
	grep -qF 'parts missing or damaged, counted from 0: 0' errors || fail "$(cat errors)"
	exits 1 rec-get "$u/items.rec"
	# a piece that another program has stored
	rec-put --trust "$u/items.rec.parts/0001.rec" -- head -c 500 whole.rec
	: >runs
	array "$n" "$3"
	[ "$(sort runs | xargs)" = "1 2" ] || fail "run again: $(xargs <runs)"
	"$4" || fail "$(cat errors)"
	rec-get "$u/items.rec" | cmp - whole.rec
	# of the task that was killed, and of no other
	[ "$(find tmp -mindepth 1 -maxdepth 1 -name 'task.*' | wc -l)" -eq 1 ] || fail "left: $(find tmp -maxdepth 1)"
}

# bats test_tags=short
@test "jobs: task.sh says how it is used, and what is wrong" {
	needs shellcheck
	shellcheck "$CLOUD/task.sh" "$CLOUD"/*/*.sh
	exits 0 "$CLOUD/task.sh" --help
	grep -q '^usage: task.sh -n N ' out
	while IFS='|' read -r args message; do
		# shellcheck disable=SC2086
		exits 2 env -u REC_COUNT "$CLOUD/task.sh" $args
		says "task.sh: $message"
	done <<-'END'
		-n|-n needs a value
		-x|unexpected '-x'; COMMAND comes after -- (see task.sh --help)
		-n 3 -- true|-o TEMPLATE is missing: the URLs of the parts, such as s3://bucket/run/%03d.rec
		-n 3 -o part.%d -- true|-o TEMPLATE is missing: the URLs of the parts, such as s3://bucket/run/%03d.rec
		-n 3 -o s3://b/%d/x -- true|-o: the number belongs into the last piece: 's3://b/%d/x'
		-o s3://b/%d -- true|-n N is missing: how many parts
		-n 3 -o s3://b/%d|no COMMAND (see task.sh --help)
		-n 3 -o s3://b/%d -- cmd {out}|{out}: COMMAND reads stdin and the files of -g, and writes stdout
		--collect -n 3 -o s3://b/%d -i s3://b/x|--collect takes no -i, -g, --timeout
		-n 3 -o s3://b/%d --to s3://b/x -- true|--to belongs to --collect
	END
	REC_INDEX=5 exits 2 "$CLOUD/task.sh" -n 3 -o s3://b/%d -- true
	says "rec-task: REC_INDEX: 5 is not between 0 and 2"
	for s in aws/batch.sh gcp/job.sh azure/batch.sh azure/job.sh; do
		exits 2 sh "$CLOUD/$s" 3
		mentions "usage: ${s#*/} N INPUT OUTPUT COMMAND..."
		exits 2 sh "$CLOUD/$s" 3 s3://b/x s3://b/y rec-sim
		mentions "set "
	done
}

# bats test_tags=short
@test "jobs: an array job from object to object is the bytes of one process, whatever happens to its tasks" {
	stand_in
	make_part
	u=gs://bucket
	rec-put $u/train.rec <train.rec
	task() { again NOT12 env JOB_COMPLETION_INDEX="$1" task.sh -n 4 -i $u/train.rec -o $u/items.rec.parts/%04d.rec -- part {i} {n}; }
	join() { again NOT12 task.sh --collect -n 4 -o $u/items.rec.parts/%04d.rec --to $u/items.rec; }
	whole_job 4 $u task join
	# files beside stdin; text; shards
	rec-topn -q -m whole.rec <train.rec >lists.want
	rec-split --shards 2 --by user --to shard.%d.tsv <train.rec
	for i in 0 1; do
		rec-put az://bucket/shard.$i.tsv -- cat shard.$i.tsv
		REC_INDEX=$i exits 0 task.sh -n 2 -i 'az://bucket/shard.{i0}.tsv' -g $u/items.rec -o s3://bucket/lists.%d.tsv -- rec-topn -q -m items.rec
	done
	exits 0 task.sh --collect -n 2 -o s3://bucket/lists.%d.tsv -- env LC_ALL=C sort -m -s -t "$TAB" -k 1,1
	same out lists.want
	# what cannot be had
	REC_INDEX=0 exits 1 task.sh -n 2 -i $u/none -o $u/x.%d -- cat
	mentions "$u/none: get: not there"
	REC_INDEX=0 exits 1 task.sh -n 2 -g $u/none -o $u/x.%d -- true
	REC_INDEX=0 exits 4 task.sh -n 2 -i $u/train.rec -o $u/x.%d --timeout 1 -- sleep 20
	! objects | grep -F 'bucket/x.' || false
}

@test "jobs: a task that is told to stop ends at once with 4, and all that it has started" {
	stand_in
	REC_INDEX=0 task.sh -n 2 -o gs://bucket/x.%d -- sh -c 'seq 5; touch started; sleep 77' 2>err &
	await sh -c 'ls tmp/task.*/run/started'
	kill $!
	status=0
	wait $! || status=$?
	[ $status -eq 4 ]
	! pgrep -f 'sleep 77' || false
	! objects | grep . || false
	[ -z "$(ls -A tmp)" ] || fail "$(find tmp)"
}

# The definition is registered and the jobs are submitted by the aws command;
# moto runs none of them, but says what they are.
@test "jobs: AWS Batch: an array job of S3 and a job that depends on it" {
	needs_tool moto_server aws
	needs jq
	emulators
	make_part
	PATH=$(dirname "$(tool aws)"):$PATH
	export AWS_DEFAULT_REGION=$AWS_REGION IMAGE=registry.example/recpipe:0.1.0 JOB_ROLE=arn:aws:iam::123456789012:role/r EXECUTION_ROLE=arn:aws:iam::123456789012:role/r
	ask -o /dev/null "$AWS_ENDPOINT_URL/moto-api/config" -d '{"batch":{"use_docker":false}}'
	{
		aws iam create-role --role-name r --assume-role-policy-document '{}'
		aws batch create-compute-environment --compute-environment-name hosts --type UNMANAGED --service-role "$JOB_ROLE"
		aws batch create-job-queue --job-queue-name recpipe --state ENABLED --priority 1 --compute-environment-order order=1,computeEnvironment=hosts
	} >made
	rec-put s3://bucket/train.rec <train.rec
	exits 0 sh "$CLOUD/aws/batch.sh" 5 s3://bucket/train.rec s3://bucket/items.rec part {i} {n}
	aws batch describe-jobs --jobs "$(cat out)" >join.json
	aws batch describe-jobs --jobs "$(jq -r '.jobs[0].dependsOn[0].jobId' join.json)" >array.json
	aws batch describe-job-definitions --job-definition-name recpipe >definition.json
	[ "$(jq '.jobs[0].arrayProperties.size' array.json)" = 5 ]
	jq -e '.jobDefinitions[0] | .type == "container" and .platformCapabilities == ["FARGATE"] and .retryStrategy.attempts == 4
		and ([.retryStrategy.evaluateOnExit[] | select(.onExitCode) | .onExitCode + (.action | ascii_downcase)] == ["1exit", "2exit", "*retry"])
		and .containerProperties.image == env.IMAGE and .containerProperties.jobRoleArn == env.JOB_ROLE' definition.json >/dev/null || fail "$(cat definition.json)"
	jq -e '.jobs[0].container.environment | any(.name == "AWS_REGION" and .value == "us-east-1")' array.json >/dev/null
	mapfile -t TASK < <(jq -r '.jobs[0].container.command[]' array.json)
	mapfile -t JOIN < <(jq -r '.jobs[0].container.command[]' join.json)
	task() { again NOT12 env AWS_BATCH_JOB_ARRAY_INDEX="$1" AWS_BATCH_JOB_ID=x "${TASK[@]}"; }
	join() { again NOT12 "${JOIN[@]}"; }
	whole_job 5 s3://bucket task join
}

# The flags are those that gcloud knows, where there is a gcloud; no job is run
# by it.
@test "jobs: Cloud Run: a job of as many tasks as parts, and one that joins" {
	needs_tool fake-gcs-server
	emulators
	make_part
	rec-put gs://bucket/train.rec <train.rec
	IMAGE=image:1 REGION=europe-west1 ACCOUNT=a@b DRY=1 exits 0 sh "$CLOUD/gcp/job.sh" 4 gs://bucket/train.rec gs://bucket/items.rec part {i} {n}
	python3 - >lines <<-'END'
		import shlex, sys
		jobs = [shlex.split(line) for line in open("out")]
		assert [j[3] for j in jobs] == ["deploy", "execute", "deploy", "execute"] and jobs[1][4:6] == ["recpipe", "--wait"]
		for j, tasks in (jobs[0], "4"), (jobs[2], "1"):
		    flags = dict(f[2:].split("=", 1) for f in j[5:])
		    assert flags["tasks"] == tasks and flags["image"] == "image:1" and flags["region"] == "europe-west1" and flags["service-account"] == "a@b"
		    mark, words = flags["args"][1:].split("^", 1)
		    print("\t".join([flags["command"]] + words.split(mark)))
		print("\t".join(f.split("=")[0] for f in jobs[0][5:]))
	END
	IFS=$TAB read -ra TASK < <(sed -n 1p lines)
	IFS=$TAB read -ra JOIN < <(sed -n 2p lines)
	task() { again ALL env CLOUD_RUN_TASK_INDEX="$1" CLOUD_RUN_TASK_COUNT=4 CLOUD_RUN_TASK_ATTEMPT=0 CLOUD_RUN_JOB=recpipe "${TASK[@]}"; }
	join() { again ALL env CLOUD_RUN_TASK_INDEX=0 CLOUD_RUN_TASK_COUNT=1 "${JOIN[@]}"; }
	whole_job 4 gs://bucket task join
	if command -v gcloud >/dev/null; then
		timeout 60 gcloud run jobs deploy --help >help 2>/dev/null || true
		for f in $(sed -n 3p lines); do grep -q -- "$f" help || fail "gcloud run jobs deploy has no $f"; done
	else
		echo "# SKIPPED, no gcloud: the flags of gcloud run jobs deploy" >&3
	fi
}

@test "jobs: Azure Batch: tasks with an index, and one that depends on all" {
	needs_tool azurite-blob
	emulators
	make_part
	rec-put az://bucket/train.rec <train.rec
	IMAGE=image:1 AZURE_STORAGE_ACCOUNT=devstoreaccount1 exits 0 sh "$CLOUD/azure/batch.sh" 4 az://bucket/train.rec az://bucket/items.rec part {i} {n}
	cp out tasks.json
	"$TOOLS/stores/bin/python" - >lines <<-'END'
		import json, shlex, sys
		tasks = json.load(open("tasks.json"))
		assert [t["id"] for t in tasks] == ["0", "1", "2", "3", "join"]
		assert tasks[4]["dependsOn"] == {"taskIdRanges": [{"start": 0, "end": 3}]}
		for t in tasks:
		    assert t["containerSettings"]["imageName"] == "image:1" and t["constraints"]["maxTaskRetryCount"] == 3
		    settings = [s["name"] + "=" + s["value"] for s in t["environmentSettings"] if s["name"] != "TMPDIR"]
		    print("\t".join(["env"] + settings + shlex.split(t["commandLine"])))
		try:
		    from azure.batch import models
		except ImportError:
		    print("no azure.batch", file=sys.stderr)
		else:	# a field that it does not know, it drops
		    for t in tasks:
		        assert models.TaskAddParameter.from_dict(t).serialize() == t, t
	END
	mapfile -t TASKS <lines
	task() { local line; IFS=$TAB read -ra line <<<"${TASKS[$1]}"; again ALL env AZ_BATCH_TASK_ID="$1" "${line[@]}"; }
	join() { task 4; }
	whole_job 4 az://bucket task join
}

# az is a stand-in: what it is asked to start, it starts.
@test "jobs: Container Apps, which hand out no index: an execution for each part" {
	needs_tool azurite-blob
	needs jq
	emulators
	make_part
	rec-put az://bucket/train.rec <train.rec
	settings
	cat >bin/az <<-'END'
		#!/bin/sh
		[ "$1 $2 $6" = "rest --method --query" ] || exit 2
		case $3:$5 in
		post:*/subscriptions/{subscriptionId}/resourceGroups/g/providers/Microsoft.App/jobs/recpipe/start?api-version=*)
			[ "$7 $8 $9 ${10}" = "name -o tsv --body" ] || exit 2
			n=$(($(ls -d execution.* 2>/dev/null | wc -l) + 1))
			mkdir execution.$n
			printf '%s' "${11}" | jq -e '.containers | length == 1' >/dev/null || exit 2
			printf '%s' "${11}" | jq -r '.containers[0] | (.env[] | .name + "=" + .value), .command[], .args[]' >execution.$n/line
			( # as the platform: up to three times again
				for try in 1 2 3 4; do
					tr '\n' '\0' <execution.$n/line | xargs -0 setsid -w env >/dev/null 2>>errors && { echo Succeeded >execution.$n/state; exit; }
				done
				echo Failed >execution.$n/state
			) >/dev/null 2>&1 &
			echo $n
			;;
		get:*/jobs/recpipe/executions/*) n=${5##*/}; cat "execution.${n%%\?*}/state" 2>/dev/null || echo Running ;;
		*) exit 2 ;;
		esac
	END
	chmod +x bin/az
	PATH=$PWD/bin:$PATH
	export GROUP=g JOB=recpipe IMAGE=image:1 AZURE_STORAGE_ACCOUNT=devstoreaccount1 EVERY=0.2 TMPDIR=$PWD/tmp RUNS
	exits 0 timeout 120 sh "$CLOUD/azure/job.sh" 4 az://bucket/train.rec az://bucket/items.rec part {i} {n}
	rec-get az://bucket/items.rec | cmp - whole.rec
	[ "$(sort runs | xargs)" = "1 2 2 3 4" ]
	lose az://bucket/items.rec.parts/0002.rec
	exits 1 timeout 120 sh "$CLOUD/azure/job.sh" 5 az://bucket/none az://bucket/items2.rec part {i} {n}
	says "job.sh: 5 of the executions failed; the same line makes what is missing"
	: >runs
	exits 0 timeout 120 sh "$CLOUD/azure/job.sh" 4 az://bucket/train.rec az://bucket/items.rec part {i} {n}
	[ "$(cat runs)" = 3 ]
	rec-get az://bucket/items.rec | cmp - whole.rec
}

@test "jobs: Kubernetes: an indexed job and one that joins" {
	needs_tool moto_server
	needs jq
	emulators
	make_part
	rec-put s3://bucket/train.rec <train.rec
	for f in job join; do
		jq -e '.apiVersion == "batch/v1" and .kind == "Job" and (.spec.template.spec
			| .restartPolicy == "Never" and (.containers | length) == 1 and .containers[0].securityContext.runAsNonRoot)
			and ([.spec.podFailurePolicy.rules[] | select(.onExitCodes)] == [{action: "FailJob",
				onExitCodes: {containerName: .spec.template.spec.containers[0].name, operator: "In", values: [1, 2]}}])' \
			"$CLOUD/kubernetes/$f.json" >/dev/null || fail "$f.json"
	done
	jq -e '.spec | .completionMode == "Indexed" and .completions == 16 and .backoffLimitPerIndex > 0' "$CLOUD/kubernetes/job.json" >/dev/null
	mapfile -t TASK < <(jq -r '.spec.template.spec.containers[0].command[]' "$CLOUD/kubernetes/job.json")
	mapfile -t JOIN < <(jq -r '.spec.template.spec.containers[0].command[]' "$CLOUD/kubernetes/join.json")
	[ "${TASK[*]: -5}" = "rec-sim cosine -b --columns {i}/{n}" ]
	TASK=("${TASK[@]::${#TASK[@]}-5}" part {i} {n})
	task() { again NOT12 env JOB_COMPLETION_INDEX="$1" KUBERNETES_SERVICE_HOST=x "${TASK[@]}"; }
	join() { again NOT12 "${JOIN[@]}"; }
	whole_job 16 s3://bucket task join
}
