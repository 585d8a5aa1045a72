#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh [default|shells|asan|tsan] - install what is missing, build, run every
# test; ends with 'N passed, N failed, N skipped'.
#
# Steps: unit programs; bats files; the drivers under other shells; unit, fuzz
# and fault programs, the loop over all commands and rec-serve under ASan and
# UBSan; the threaded ones and rec-serve under TSan.
# A bats test counts one, a C program counts one. What is skipped is named at
# the end.
set -u
cd "$(dirname "$0")/.." || exit 1
sh tests/setup.sh test || exit 1

part=${1:-all}
jobs=$(nproc 2>/dev/null || echo 1)
side_by_side="--jobs $jobs --no-parallelize-within-files"
[ "$jobs" -gt 1 ] || side_by_side=	# which bats refuses
log=$(mktemp -d) || exit 1
ahead=	# builds that go on
trap 'for p in $ahead; do kill "$p" 2>/dev/null; done; rm -rf "$log"' EXIT
passed=0 failed=0 skipped=0
: >"$log/skips"
began=$(date +%s)

say() { printf '== %s (%s s)\n' "$*" $(($(date +%s) - began)); }

build() {	# build DIR [make arguments]: all commands and test programs
	dir=$1
	shift
	say "build $dir"
	# shellcheck disable=SC2086
	[ -z "$ahead" ] || wait $ahead
	if ! make -s -j "$jobs" B="$dir" "$@" all programs >"$log/build" 2>&1; then
		cat "$log/build"
		echo "FAILED: build $dir"
		failed=$((failed + 1))
		return 1
	fi
	grep -v '^make' "$log/build"
	return 0
}

begin() {	# begin DIR [make arguments]: the same with what the tests leave of the machine; build says what is wrong
	dir=$1
	shift
	nice -n 15 make -s B="$dir" "$@" all programs >/dev/null 2>&1 &
	ahead="$ahead $!"
}

program() {	# program FILE: a C test program
	if "$@" >"$log/out" 2>&1; then
		passed=$((passed + 1))
		tail -1 "$log/out"
	else
		cat "$log/out"
		echo "FAILED: $*"
		failed=$((failed + 1))
	fi
}

bats_files() {	# bats_files FILE...: TAP in, counts out
	# shellcheck disable=SC2086
	bats --tap $side_by_side "$@" >"$log/tap" 2>&1
	grep -E '^(ok|not ok|#|1\.\.)' "$log/tap" | grep -vE '^(ok|1\.\.)'
	passed=$((passed + $(grep -E '^ok ' "$log/tap" | grep -vcE '# skip')))
	skipped=$((skipped + $(grep -cE '^ok .*# skip' "$log/tap")))
	failed=$((failed + $(grep -cE '^not ok ' "$log/tap")))
	grep -E '^ok .*# skip' "$log/tap" | sed 's/^ok [0-9]* //' >>"$log/skips"
	grep -qE '^1\.\.[1-9]' "$log/tap" || { cat "$log/tap"; failed=$((failed + 1)); }
	[ "$(sed -n 's/^1\.\.//p' "$log/tap")" = "$(grep -cE '^(ok|not ok) ' "$log/tap")" ] || { echo "FAILED: bats ended early"; failed=$((failed + 1)); }
}

sanitized() {	# sanitized DIR PROGRAM...: those that were built
	dir=$1
	shift
	for p in "$@"; do
		case $p in *.o | *.d | *.so) continue ;; esac
		[ -x "$dir/$p" ] && program "$dir/$p"
	done
}

default_part() {
	build build || return
	say "unit, fuzz and fault programs"
	sanitized . build/tests/unit/* build/tests/fuzz/* build/tests/fault/*
	say "bats"
	[ "$part" != all ] || [ "$jobs" -eq 1 ] || { asan begin; tsan begin; }
	# The longest first, so that none of them is left alone at the end.
	long='tests/fault.bats tests/platforms.bats tests/house.bats tests/mem.bats tests/fan.bats tests/fan_safe.bats tests/fan_keep.bats'
	# shellcheck disable=SC2046,SC2086
	bats_files $long $(printf '%s\n' tests/*.bats | grep -vxF "$(printf '%s\n' $long)")
	# make check-cloud runs the rest of these
	say "clouds, the short form"
	bats_files --filter-tags short tests/cloud/*.bats
}

# The tests of the drivers with each other shell that there is.
shells_part() {
	[ "$part" = all ] || build build || return
	sh=$(readlink -f /bin/sh)
	for shell in dash bash busybox; do
		[ "${sh##*/}" != "$shell" ] || continue
		say "rec-fan and rec-task, run by $shell"
		if sh tests/shells.sh "$shell" build/bin "build/shells/$shell"; then
			REC_BIN=$PWD/build/shells/$shell bats_files tests/fan*.bats tests/task.bats
		else
			echo "drivers under $shell: it is not installed" >>"$log/skips"
			skipped=$((skipped + 1))
		fi
	done
}

asan() { "$1" build-asan CFLAGS='-O1 -g -fno-omit-frame-pointer' SAN='-fsanitize=address,undefined -fno-sanitize-recover=undefined'; }
tsan() { "$1" build-tsan CFLAGS='-O1 -g' SAN='-fsanitize=thread'; }

asan_part() {
	asan build || return
	say "ASan and UBSan"
	export ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1
	sanitized . build-asan/tests/unit/* build-asan/tests/fuzz/*
	REC_BIN=$PWD/build-asan/bin bats_files --filter-tags '!own-memory,!slow' tests/commands.bats tests/fault/asan.bats tests/serve.bats tests/lambda.bats
}

tsan_part() {
	tsan build || return
	say "TSan"
	sanitized build-tsan/tests/unit pool sparse rows lists als rank
	export TSAN_OPTIONS=exitcode=66
	REC_BIN=$PWD/build-tsan/bin bats_files --filter-tags '!own-memory,!slow' tests/threads.bats tests/serve.bats
}

case $part in
all) default_part; shells_part; asan_part; tsan_part ;;
default | shells | asan | tsan) "${part}_part" ;;
*) echo "usage: run.sh [default|shells|asan|tsan]" >&2; exit 2 ;;
esac

say "done"
sort "$log/skips" | uniq -c | sed 's/^ *[0-9]* /skipped: /'
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
