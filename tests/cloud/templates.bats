#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Definitions and commands of examples/cloud against what the clouds' own programs
# know of them; each check is shown a slip that it must find.

load common
load fakes

EMR=$CLOUD/aws/emr

# bats test_tags=short
@test "templates: what is retired is in no example" {
	grep -v '^#' "$ROOT/tests/cloud/retired.tsv" >retired
	[ "$(wc -l <retired)" -ge 12 ]
	while IFS=$TAB read -r found example since instead source; do
		[ -n "$source" ] && [[ $since =~ ^20[0-9]{2}-[0-9]{2}-[0-9]{2}$ ]] || fail "no source or date: $found"
		grep -qE -- "$found" <<<"$example" || fail "$found does not find: $example"
		run grep -rnE --exclude-dir=__pycache__ -- "$found" "$CLOUD"
		[ "$status" -eq 1 ] || fail "retired since $since, take $instead: $output"
		# and it would
		{ cat "$CLOUD/gcp/Makefile"; printf '\t%s\n' "$example"; } >Makefile
		grep -qE -- "$found" Makefile
	done <retired
}

# bats test_tags=short
@test "templates: JSON is JSON, nothing is secret, and policies name no service as a whole" {
	find "$CLOUD" -name '*.json' >files
	[ "$(wc -l <files)" -ge 8 ]
	while read -r f; do jq -e . "$f" >/dev/null || fail "$f"; done <files
	# keys as AWS, Google and Azure make them; the one for emulators is known to all
	run grep -rnE 'A(KIA|SIA)[A-Z0-9]{16}|"private_key"|BEGIN [A-Z ]*PRIVATE KEY|AccountKey=[A-Za-z0-9+/]{40}|sig=[A-Za-z0-9%]{40}' "$CLOUD"
	[ "$status" -eq 1 ] || fail "$output"
	for f in "$CLOUD"/aws/roles/*.json; do
		jq -e '[.Statement[] | (.Action, .Resource // "x") | if type == "array" then .[] else . end | select(test("^\\*$|:\\*$"))] == []' "$f" >/dev/null || fail "$f allows all"
	done
	jq -e '[{"a": "s3:*"}] | [.[].a | select(test("^\\*$|:\\*$"))] == []' <<<null >/dev/null && fail "it finds nothing"
	return 0
}

# job [SED]: what the Makefile sends to EMR Serverless, with a slip, against the
# model of the service in botocore.
job() {
	sed -e 's/APPLICATION/00f1234567890abc/; s,ROLE,arn:aws:iam::123456789012:role/recpipe-spark-of-some-long-name,; s/BUCKET/rec-test/g' \
		-e "${1:-}" "$EMR/serverless.json" >job.json
	"$(dirname "$(tool moto_server)")/python" - <<-'END'
		import json, sys, botocore.session, botocore.validate
		model = botocore.session.get_session().get_service_model("emr-serverless").operation_model("StartJobRun")
		said = {"clientToken": "t" * 32, **json.load(open("job.json"))}
		report = botocore.validate.ParamValidator().validate(said, model.input_shape)
		sys.exit(report.generate_report() if report.has_errors() else 0)
	END
}

@test "templates: the job of EMR Serverless has the members of its API" {
	needs_tool moto_server
	exits 0 job
	exits 1 job 's/entryPointArguments/entryPointArgs/'
	mentions 'Unknown parameter in jobDriver.sparkSubmit: "entryPointArgs"'
	exits 1 job 's/: 120/: "long"/'
	mentions 'executionTimeoutMinutes'
}

@test "templates: templates of AWS pass cfn-lint, slips do not" {
	needs_tool cfn-lint
	lint() { "$(tool cfn-lint)" -r us-east-1 -- "$@" >out 2>err; }
	"$(tool cfn-lint)" --version | grep -q ' 1\.51\.0$' || fail "another version finds other slips: setup.sh pins 1.51.0"
	cat >good.yaml <<-'END'
		AWSTemplateFormatVersion: "2010-09-09"
		Transform: AWS::Serverless-2016-10-31
		Resources:
		  Function:
		    Type: AWS::Serverless::Function
		    Properties:
		      CodeUri: function.zip
		      Handler: bootstrap
		      Runtime: provided.al2023
		      Timeout: 10
		      MemorySize: 512
	END
	for slip in 's/Timeout: 10/Timeout: 3000/' 's/: 512/: 64/' 's/al2023/al2024/' 's/CodeUri/CodeUrl/'; do
		sed "$slip" good.yaml >bad.yaml
		! lint bad.yaml || fail "$slip is not found"
	done
	mapfile -t templates < <(find "$CLOUD" -name 'template*.y*ml')
	lint good.yaml "${templates[@]}" || fail "$(cat out)"
}

# what the Makefiles of a cloud run, with checks and removals: fake/argv
all_commands() {
	fakes
	local s
	for s in $ALL; do
		[ "${s%:*}" = "$1" ] || continue
		mk "$1" "${s#*:}" deploy invoke log measure >log 2>&1 || fail "$s: $(cat log)"
		mk "$1" "${s#*:}" remove >log 2>&1 || fail "$s: $(cat log)"
	done
}

@test "templates: gcloud's own parser takes every command, and finds a slip" {
	needs gcloud
	root=$(CLOUDSDK_CONFIG=$PWD/config gcloud info --format='value(installation.sdk_root)')
	export CLOUDSDK_CONFIG=$PWD/config CLOUDSDK_CORE_DISABLE_PROMPTS=1
	all_commands gcp
	exits 0 python3 "$ROOT/tests/cloud/cli_words.py" gcloud "$root" <fake/argv
	[ "$(sed 's/ commands//' out)" -ge 30 ] || fail "$(cat out)"
	sed 's/--max-idle/--max-idol/; s/--archives/--archive/' fake/argv >slips
	exits 1 python3 "$ROOT/tests/cloud/cli_words.py" gcloud "$root" <slips
	grep -qe ' --max-idol=' out && grep -qe ' --archive=' out && [ "$(wc -l <out)" -eq 3 ] || fail "$(cat out)"
}

@test "templates: az's own parser takes every command, and finds a slip" {
	needs_tool az
	export AZURE_CONFIG_DIR=$PWD/config AZURE_CORE_COLLECT_TELEMETRY=no AZURE_EXTENSION_USE_DYNAMIC_INSTALL=no
	python=$(dirname "$(tool az)")/python
	all_commands azure
	exits 0 "$python" "$ROOT/tests/cloud/cli_words.py" az <fake/argv
	[ "$(sed 's/ commands//' out)" -ge 25 ] || fail "$(cat out)"
	sed 's/--flexconsumption-location/--flex-location/; s/--access-mode/--mode/' fake/argv >slips
	exits 1 "$python" "$ROOT/tests/cloud/cli_words.py" az <slips
	grep -qe ' --flex-location ' out && grep -qe ' --mode ' out && [ "$(wc -l <out)" -eq 3 ] || fail "$(cat out)"
}

@test "templates: the module of Terraform is valid with its provider, and slips are found" {
	needs terraform
	plugins=
	for d in "${REC_TERRAFORM_PLUGINS:-}" /opt/tf-plugins /usr/local/share/terraform/plugins /usr/share/terraform/plugins; do
		[ -z "$d" ] || [ -n "$plugins" ] || ! compgen -G "$d/registry.terraform.io/hashicorp/aws/*" >/dev/null || plugins=$d
	done
	[ -n "$plugins" ] || { echo "# SKIPPED, no provider of Terraform (REC_TERRAFORM_PLUGINS): $BATS_TEST_DESCRIPTION" >&3; skip "no provider"; }
	printf 'provider_installation {\n  filesystem_mirror {\n    path = "%s"\n  }\n}\n' "$plugins" >rc
	export TF_CLI_CONFIG_FILE=$PWD/rc CHECKPOINT_DISABLE=1 TF_IN_AUTOMATION=1
	cp "$CLOUD"/aws/terraform/*.tf .
	exits 0 terraform fmt -check
	exits 0 terraform init -input=false -no-color
	exits 0 terraform validate -no-color
	for slip in 's/provided.al2023/provided.al2099/' 's/authorization_type/authorisation_type/' 's/aws_iam_role.spark\[0\].id/aws_iam_role.nobody.id/'; do
		sed "$slip" "$CLOUD/aws/terraform/main.tf" >main.tf
		exits 1 terraform validate -no-color
	done
}

@test "templates: moto takes what the Makefile for AWS sends, from deploy to remove" {
	needs zip
	needs_tool aws moto_server
	port=$(free_port)
	MOTO_IAM_LOAD_MANAGED_POLICIES=true start "$(tool moto_server)" -H 127.0.0.1 -p "$port"
	await ask "http://127.0.0.1:$port"
	export AWS_ENDPOINT_URL=http://127.0.0.1:$port AWS_ACCESS_KEY_ID=t AWS_SECRET_ACCESS_KEY=t AWS_DEFAULT_REGION=us-east-1 AWS_PAGER=
	PATH=$(dirname "$(tool aws)"):$PATH
	mkdir made
	touch made/recpipe-cluster.tar.gz made/recpipe-python.tar.gz
	mkdir -p made/lambda/build
	(cd made/lambda/build && echo >bootstrap && zip -q function.zip bootstrap)
	SUBNETS=$(aws ec2 describe-subnets --query 'Subnets[0].SubnetId' --output text)
	GROUPS_OF=$(aws ec2 describe-security-groups --query 'SecurityGroups[0].GroupId' --output text)
	for s in $ALL; do
		[ "${s%:*}" = aws ] || continue
		mk aws "${s#*:}" SUBNETS="$SUBNETS" GROUPS="$GROUPS_OF" deploy >log 2>&1 || fail "$s: $(tail -n 5 log)"
		[ "$s" != aws:lambda ] || continue	# it takes the stack, but makes no function of SAM
		mk aws "${s#*:}" invoke measure >log 2>&1 || fail "$s: $(tail -n 5 log)"
	done
	# it runs nothing; it knows what was sent
	grep -q 'CodeUri: s3://rec-test/lambda/' made/lambda/packaged.yaml
	[ "$(aws cloudformation describe-stacks --stack-name recpipe --query 'Stacks[0].Parameters[?ParameterKey==`Machine`].ParameterValue' --output text)" = arm64 ]
	id=$(aws emr list-clusters --query 'Clusters[0].Id' --output text)
	[ "$(aws emr list-steps --cluster-id "$id" --query 'length(Steps)')" -eq 3 ]
	[ "$(aws emr describe-cluster --cluster-id "$id" --query Cluster.ReleaseLabel --output text)" = emr-7.14.0 ]
	# a slip in a step is found before it is sent
	sed 's/"STREAMING"/"STREAM"/; s/BUCKET/x/' "$EMR/steps.json" >bad.json
	! aws emr add-steps --cluster-id "$id" --steps file://bad.json >out 2>err || false
	mentions 'is not supported'
	mk aws spark remove >log 2>&1 || fail "$(cat log)"
	[ "$(aws iam list-roles --query 'length(Roles)')" -eq 0 ]
	[ "$(aws s3api list-buckets --query 'length(Buckets)')" -eq 0 ]
	[ "$(aws emr list-clusters --active --query 'length(Clusters)')" -eq 0 ]
	[ "$(aws logs describe-log-groups --query 'length(logGroups)')" -eq 0 ]
	[ "$(aws batch describe-job-queues --query 'length(jobQueues)')" -eq 0 ]
	[ "$(aws batch describe-compute-environments --query 'length(computeEnvironments)')" -eq 0 ]
	! aws cloudformation describe-stacks --stack-name recpipe >out 2>err || false
	[ "$(aws emr-serverless list-applications --states CREATED STARTED STOPPED --query 'length(applications)')" -eq 0 ]
}
