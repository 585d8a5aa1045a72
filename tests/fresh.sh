#!/bin/sh
# SPDX-License-Identifier: MIT
# fresh.sh [demo] [tests] - the two commands of the README on a machine that
# has nothing: a minimal chroot of this machine's Debian or Ubuntu release
# (SUITE=... for another), with the committed state cloned into it. Wants root
# and debootstrap; packages come from where this machine gets its own.
#
# Prints how long each took and its last line; exit 1 if one failed. The chroot
# and what was mounted in it go away in any case: the mounts live in a
# namespace of their own.
# LOG=DIR keeps what they printed.
# shellcheck disable=SC2016,SC1091	# for apt and for the inner shell; os-release is the machine's
set -eu
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- demo tests

stop() { echo "fresh.sh: $*" >&2; exit 1; }
[ "$(id -u)" -eq 0 ] || stop "wants root"
for c in debootstrap unshare chroot git apt-get; do command -v "$c" >/dev/null || stop "no $c here"; done
suite=${SUITE:-$(. /etc/os-release && echo "${VERSION_CODENAME:-}")}
[ -n "$suite" ] || stop "this machine's release has no name; SUITE=... gives one"
mirror=$(apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' | sed -n "s/^$suite main //p" | head -1)
[ -n "$mirror" ] || stop "apt has no source for $suite main"

work=$(mktemp -d)
trap 'rm -rf --one-file-system "$work"' EXIT
trap 'exit 1' INT TERM HUP
root=$work/root
seconds() { date +%s; }

began=$(seconds)
proxy=$(apt-config shell p Acquire::http::Proxy | sed "s/^p='\(.*\)'$/\1/")
http_proxy=${http_proxy:-$proxy} debootstrap --variant=minbase "$suite" "$root" "$mirror" >"$work/log" 2>&1 || { tail -5 "$work/log"; stop "debootstrap failed"; }
# The way to packages and names is the machine's own; nothing else of it is
# copied.
for f in sources.list sources.list.d apt.conf apt.conf.d preferences preferences.d keyrings trusted.gpg trusted.gpg.d; do
	[ ! -e "/etc/apt/$f" ] || { rm -rf "$root/etc/apt/$f"; cp -rL "/etc/apt/$f" "$root/etc/apt/$f"; }
done
[ ! -d /usr/share/keyrings ] || cp -rL /usr/share/keyrings "$root/usr/share"
for f in /etc/resolv.conf /etc/hosts /etc/ssl/certs/ca-certificates.crt; do
	[ ! -s "$f" ] || { mkdir -p "$root${f%/*}"; cp -L "$f" "$root$f"; }
done
git clone -q --no-hardlinks . "$root/root/recpipe"
echo "fresh: $suite, $(chroot "$root" dpkg-query -f . -W | wc -c) packages, $(git log -1 --format='%h %s'): $(($(seconds) - began)) s"

# inside SCRIPT: run in the chroot, with little in the environment, all its
# processes gone afterwards.
inside() {
	unshare --mount --pid --fork --kill-child sh -c '
		root=$1
		shift
		mount --make-rprivate / && mount -t proc proc "$root/proc" && mount --rbind /sys "$root/sys" && mount --rbind /dev "$root/dev" || exit 1
		exec chroot "$root" "$@"
	' sh "$root" env -i HOME=/root TERM=dumb PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
		http_proxy="${http_proxy:-}" https_proxy="${https_proxy:-}" no_proxy="${no_proxy:-}" sh -c "cd /root/recpipe && sh $1" </dev/null
}

failed=0
for step in "$@"; do
	case $step in
	demo) script=examples/demo.sh ;;
	tests) script=tests/run.sh ;;
	*) stop "no step '$step'" ;;
	esac
	began=$(seconds)
	if inside "$script" >"$work/log" 2>&1; then
		result=passed
	else
		result=FAILED
		failed=1
		tail -60 "$work/log"
	fi
	[ -z "${LOG:-}" ] || cp "$work/log" "$LOG/$step.log"
	[ "$step" = demo ] || grep -E '^(skipped|not ok|FAILED)' "$work/log" || true
	echo "fresh: sh $script: $result in $(($(seconds) - began)) s: $(tail -1 "$work/log")"
done
exit "$failed"
