#!/bin/sh
# SPDX-License-Identifier: MIT
# demo.sh - suggestions in a browser, from data that every Debian or Ubuntu
# machine has: its own package index. Installs what is missing, builds, trains
# two models, and starts rec-serve on this machine alone.
#
# A package is a user; the packages it depends on or recommends are its items.
# On other systems it uses made-up data, and says so. Ctrl-C ends it; nothing
# is left behind but the build.
#
# PORT is where it answers: 8080 if that is not set, or any free port if 8080
# is taken. DEMO_SECONDS ends it after that time.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."

# Where it was installed, the commands are in PATH.
if [ -f tests/setup.sh ]; then
	sh tests/setup.sh build
	make -s -j "$(nproc)" all
	PATH=$PWD/build/bin:$PATH
fi
command -v rec-serve >/dev/null || { echo "demo: there is no rec-serve; it needs libevent-dev and libjansson-dev" >&2; exit 1; }

# A port in use is better told before the models are made. Without curl, any
# free port is taken.
taken() {
	command -v curl >/dev/null || return 0
	got=0
	curl -s -o /dev/null --max-time 2 "http://127.0.0.1:$1/healthz" || got=$?
	[ "$got" -ne 7 ]	# nobody listens
}
port=${PORT:-8080}
if taken "$port"; then
	if [ -z "${PORT:-}" ]; then port=0
	elif command -v curl >/dev/null; then echo "demo: port $port is in use" >&2; exit 1; fi
fi

work=$(mktemp -d)
server='' timer=''
end() {
	trap - EXIT INT TERM
	for p in $timer $server; do
		kill "$p" 2>/dev/null || true
		wait "$p" 2>/dev/null || true
	done
	rm -rf "$work"
}
trap end EXIT
trap 'echo; exit 0' INT
trap 'exit 143' TERM
cd "$work"

run() { printf '    $ %s\n' "$1"; eval "$1"; }	# a line of this file, shown and done

# shellcheck source=examples/serve/packages.sh disable=SC1091
. "$here/packages.sh"

echo "1. Data"
if command -v apt-cache >/dev/null; then
	if [ "$(apt-cache dumpavail 2>/dev/null | grep -c '^Package: ')" -lt 1000 ]; then
		{ [ "$(id -u)" -eq 0 ] && apt-get update -q; } >/dev/null 2>&1 || { command -v sudo >/dev/null && sudo apt-get update -q; } >/dev/null 2>&1 || true
	fi
	package_index | sort -u >all.tsv
fi
if [ ! -s all.tsv ] || [ "$(wc -l <all.tsv)" -lt 10000 ]; then
	user=u1
	echo "    This machine has no package index, so rec-gen MAKES UP data:"
	echo "    users u1, u2 ... and items i1, i2 ..."
	run 'rec-gen --users 2000 --items 800 --rows 60000 | cut -f 1,2 | sort -u >all.tsv'
	cut -f 2 all.tsv | sort -u | sed 's/^i\(.*\)/i\1	Thing number \1/' >titles.tsv
else
	user=gimp
	echo "    The package index of this machine. A user is a package; its items are the"
	echo "    packages that it depends on or recommends."
	package_titles >titles.tsv
fi
# Nothing can be learnt from items that one user has, or users with one item.
run 'rec-split -q --core 3 <all.tsv >train.tsv'
echo "    $(wc -l <train.tsv) pairs, $(wc -l <titles.tsv) titles"
[ -n "$(awk -v u="$user" '$1 == u { print; exit }' train.tsv)" ] || user=$(head -1 train.tsv | cut -f 1)

echo "2. Two models"
run 'rec-als -q -k 32 -i 8 <train.tsv >factors.rec'
run 'rec-sim -q -b cosine -n 100 <train.tsv >neighbours.rec'

echo "3. Answers of both together"
echo "    \$ rec-serve -m factors.rec -m neighbours.rec --interactions train.tsv --titles titles.tsv --listen 127.0.0.1:$port"
rec-serve -m factors.rec -m neighbours.rec --interactions train.tsv --titles titles.tsv \
	--listen "127.0.0.1:$port" 2>serve.err &
server=$!
url=
ready() {
	url=$(sed -n 's|^rec-serve: answers at |http://|p' serve.err)
	[ -n "$url" ] || return 1
	! command -v curl >/dev/null || curl -sf -o /dev/null --max-time 2 "$url/readyz"
}
tries=0
until ready; do
	tries=$((tries + 1))
	if [ $tries -gt 100 ] || ! kill -0 "$server" 2>/dev/null; then cat serve.err >&2; exit 1; fi
	sleep 0.1
done

cat <<-END

	Open this page:  $url/
	For one user:    $url/#user=$user
	For a program:   curl '$url/topn?user=$user&n=5'

	Ctrl-C ends it.
END
if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] && command -v xdg-open >/dev/null; then
	xdg-open "$url/#user=$user" >/dev/null 2>&1 &
fi
if [ -n "${DEMO_SECONDS:-}" ]; then
	sleep "$DEMO_SECONDS" &
	timer=$!
	wait "$timer"
else
	wait "$server"
fi
