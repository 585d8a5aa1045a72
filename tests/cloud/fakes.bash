# SPDX-License-Identifier: MIT
# fakes.bash - the Makefiles of the clouds on a cloud of names (fake_cli.py).

# CLOUD:SERVICE of all
ALL="aws:lambda aws:batch aws:spark aws:cluster gcp:function gcp:service gcp:spark gcp:cluster azure:functions azure:containerapp"

# mk CLOUD SERVICE TARGET...: make, with what it needs
mk() {
	local cloud=$1 service=$2
	shift 2
	case $cloud in
	aws) set -- BUCKET=rec-test IMAGE=registry/recpipe:1 SUBNETS=subnet-1 GROUPS=sg-1 MODEL=model.rec INTERACTIONS=train.rec "$@" ;;
	gcp) set -- PROJECT=rec-test BUCKET=rec-test MODEL=model.rec INTERACTIONS=train.rec "$@" ;;
	azure) set -- NAME=recommend MODEL=model.rec INTERACTIONS=train.rec ALLOW=192.0.2.1/32 "$@" ;;
	esac
	make -s -f "$CLOUD/$cloud/Makefile" OUT="$PWD/made" SERVICE="$service" "$@"
}

# fakes: aws, gcloud and az of a cloud of names, in the folder fake.
fakes() {
	export FAKE=$PWD/fake
	mkdir -p fake bin made
	# by its own path: what stands before it, such as pyenv, takes longer than it
	{ echo "#!$(python3 -c 'import sys; print(sys.executable)') -SE"; sed 1d "$ROOT/tests/cloud/fake_cli.py"; } >bin/aws
	cp bin/aws bin/gcloud
	cp bin/aws bin/az
	printf '#!/bin/sh\necho "curl $*" >>"$FAKE/calls"\n' >bin/curl
	printf '#!/bin/sh\n' >bin/sleep
	chmod +x bin/*
	PATH=$PWD/bin:$PATH
	cp "$CLOUD/gcp/service/service.yaml" made
	touch made/recpipe-cluster.tar.gz made/recpipe-python.tar.gz model.rec train.rec
}
