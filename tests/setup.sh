#!/bin/sh
# SPDX-License-Identifier: MIT
# setup.sh build|test|fan - on Debian or Ubuntu, install missing packages by
# apt, as root or with sudo, and print their names. Elsewhere only print them.
set -u

want="gcc make libc6-dev zlib1g-dev libopenblas-dev"
case ${1:-build} in test | fan) want="$want bats shellcheck mandoc parallel rsync binutils busybox file python3 bsdutils procps" ;; esac
# Without these, tests would be skipped: other platforms, other shells, formats
# that numpy and scipy read.
case ${1:-build} in test | fan)
	want="$want g++ busybox python3-numpy python3-scipy musl-tools"
	[ "$(uname -m)" = aarch64 ] || want="$want gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user-static"
	;;
esac
# Hosts in network namespaces, a Slurm of one's own.
case ${1:-build} in fan) want="$want openssh-server openssh-client iproute2 slurm-wlm munge" ;; esac

missing=
for p in $want; do
	dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing="$missing $p"
done
[ -z "$missing" ] && exit 0

# What counts is that the tools are there, however they came.
have() { command -v "$1" >/dev/null 2>&1; }
if ! have apt-get; then
	echo "setup: please install:$missing" >&2
	have cc && have make && exit 0
	exit 1
fi

as_root=
if [ "$(id -u)" -ne 0 ]; then
	have sudo || { echo "setup: not root and no sudo; please install:$missing" >&2; exit 1; }
	as_root=sudo
fi
echo "setup: installing by apt:$missing" >&2
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
get() { $as_root apt-get -q -o DPkg::Lock::Timeout=600 "$@"; }	# another run may be installing the same
# shellcheck disable=SC2086
if get install -y --no-install-recommends $missing >"$log" 2>&1 ||
	{ get update && get install -y --no-install-recommends $missing; } >"$log" 2>&1; then
	exit 0
fi
cat "$log" >&2
echo "setup: could not install:$missing" >&2
exit 1
