#!/bin/sh
# SPDX-License-Identifier: MIT
# base.sh MACHINE TAR - a base for the image from packages of Debian: busybox,
# curl, certificates, and the libraries of curl. MACHINE is x86_64 or aarch64;
# no program of it is run, so it may be another than this one.
#
# SUITE is the release [that of this machine, else bookworm]. Packages come
# through mmdebstrap(1), from where this machine gets its own; it needs no root
# where users may have namespaces. The same packages give the same bytes.
set -eu
[ $# -eq 2 ] || { echo "usage: base.sh MACHINE TAR" >&2; exit 2; }
case $1 in x86_64) machine=amd64 ;; aarch64) machine=arm64 ;; *) echo "base.sh: $1: not x86_64 or aarch64" >&2; exit 2 ;; esac
command -v mmdebstrap >/dev/null || { echo "base.sh: no mmdebstrap (Debian: mmdebstrap)" >&2; exit 3; }
suite=${SUITE:-}
# shellcheck disable=SC1091	# the machine's own
[ -n "$suite" ] || suite=$(. /etc/os-release 2>/dev/null && [ "${ID:-}" = debian ] && echo "${VERSION_CODENAME:-}") || suite=bookworm
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# What the hook does, in the folder $1: no package has run anything. What
# mmdebstrap took from this machine's /etc goes.
# shellcheck disable=SC2016
finish='
	cd "$1"
	for c in "[" awk base64 basename cat chmod cp cut date dd df dirname du env expr false find fold free grep gunzip gzip head hostname \
		id kill ln ls md5sum mkdir mkfifo mktemp mv nice nl nohup nproc od paste printf ps pwd readlink realpath rm rmdir sed seq \
		setsid sh sha256sum sleep sort split stat sync tac tail tar tee test timeout touch tr true uname uniq wc wget which xargs zcat; do
		[ -e "bin/$c" ] || [ -e "usr/bin/$c" ] || ln -s busybox "bin/$c"
	done
	mkdir -p proc sys etc/ssl/certs
	cat usr/share/ca-certificates/mozilla/*.crt > etc/ssl/certs/ca-certificates.crt
	echo "root:x:0:0:root:/:/bin/sh" > etc/passwd
	echo "nobody:x:65534:65534:nobody:/tmp:/bin/sh" >> etc/passwd
	echo "root:x:0:" > etc/group
	echo "nogroup:x:65534:" >> etc/group
	rm -rf usr/share/ca-certificates etc/ca-certificates etc/fstab etc/hostname etc/resolv.conf
'
exclude=''
for path in '/usr/share/*' '/var/*' '/usr/lib/*/gconv/*' '/usr/bin/openssl' '/usr/bin/c_rehash' '/usr/bin/debconf*' \
	'/usr/sbin/*' '/etc/debconf.conf' '/usr/lib/*/krb5/*' '/usr/lib/*/sasl2/*'; do
	exclude="$exclude --dpkgopt=path-exclude=$path"
done
set -f
# shellcheck disable=SC2086
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-0} mmdebstrap --format=tar --variant=extract --architectures="$machine" \
	--include=busybox-static,curl,ca-certificates $exclude --dpkgopt='path-include=/usr/share/ca-certificates/*' \
	--extract-hook="$finish" --skip=output/dev "$suite" "$2.part" >"$log" 2>&1 || { tail -5 "$log" >&2; rm -f "$2.part"; echo "base.sh: mmdebstrap failed" >&2; exit 1; }
# Nor does anything of apt and dpkg stay.
tar --delete -f "$2.part" ./etc/apt ./etc/dpkg ./var/cache ./var/lib ./var/log
mv "$2.part" "$2"
