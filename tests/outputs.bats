#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Files that options name: all new or all old, whatever goes wrong and whatever
# ends the run; and a crash is told from an input that was cut short.

load helpers

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return 1
	prepare_samples
}

setup() {
	cp "$BATS_FILE_TMPDIR"/*.* "$BATS_TEST_TMPDIR"
	cd "$BATS_TEST_TMPDIR" || return 1
}

# wait_for COMMAND...: until it succeeds, at most ten seconds.
wait_for() {
	for _ in $(seq 500); do
		"$@" && return 0
		sleep 0.02
	done
	fail "waited in vain: $*"
}

# without_root COMMAND...: as nobody, where we are root. Folders above must let
# nobody in: see public_folder.
without_root() {
	if [ "$(id -u)" -eq 0 ]; then
		setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
	else
		"$@"
	fi
}

# A folder that everybody may enter, with copies of the commands named.
public_folder() {
	PUBLIC=$(mktemp -d "${TMPDIR:-/tmp}/recpipe.XXXXXX")
	chmod 755 "$PUBLIC"
	for c in "$@"; do cp "$(command -v "$c")" "$PUBLIC"; done
	cd "$PUBLIC" || return 1
}

teardown() {
	if [ -n "${PUBLIC:-}" ]; then
		cd /
		chmod -R u+w "$PUBLIC"
		rm -rf "$PUBLIC"
	fi
}

# The names here, but for what the tests themselves make.
names() {
	find . -mindepth 1 -maxdepth 1 ! -name out ! -name err ! -name before ! -name now -printf '%f\n' | sort
}

# blocked NAME COMMAND...: runs with stdin from the FIFO pipe; when all have
# opened their outputs, a folder takes the place of the file NAME.
blocked() {
	local name=$1 got=0
	shift
	rm -f pipe
	mkfifo pipe
	"$@" <pipe >out 2>err &
	local pid=$!
	exec 7>pipe
	# shellcheck disable=SC2317
	opened() { [ "$(find . -maxdepth 1 -name '.*.??????' | wc -l)" -eq 3 ]; }
	wait_for opened
	rm -f "$name"
	mkdir "$name"
	cat train.tsv >&7
	exec 7>&-
	wait $pid || got=$?
	rmdir "$name"
	rm pipe
	[ "$got" -eq 1 ] || fail "exit $got: $(cat err)"
	says "rec-split: $name: Is a directory"
}

@test "outputs: old files stay when one of three cannot get its name, whichever" {
	for bad in x.test x.valid x.train; do
		for f in x.test x.valid x.train; do echo "old $f" >$f; done
		names >before
		blocked $bad rec-split --ratio 0.4 --valid-ratio 0.5 --test x.test --valid x.valid -o x.train
		for f in x.test x.valid x.train; do
			[ $f = $bad ] || [ "$(cat $f)" = "old $f" ] || fail "$bad: $f is '$(head -c 99 $f)'"
		done
		names >now
		diff <(grep -vx $bad before) now || fail "$bad"
		# and no new one where there was none
		rm -f x.*
		names >before
		blocked $bad rec-split --ratio 0.4 --valid-ratio 0.5 --test x.test --valid x.valid -o x.train
		names | diff before -
	done
}

@test "outputs: shards: all old when the last fails" {
	for i in 0 1 2; do echo "old $i" >s.$i; done
	blocked s.2 rec-split --shards 3 --by user --to 's.%d'
	[ "$(cat s.0 s.1)" = "$(printf 'old 0\nold 1')" ]
	[ -z "$(find . -name '.s*')" ]
}

@test "outputs: one file under two names is refused up front, by whatever names" {
	mkdir d
	echo before >x
	ln x hard
	ln -s x soft
	ln -s soft softer
	ln -s "$PWD" d/here
	ln -s new dangling
	for other in x ./x d/../x "$PWD/x" d/here/x hard soft softer; do
		exits 2 from_train rec-split --ratio 0.5 -o x --test "$other"
		says "rec-split: two outputs are one file: x and $other" || says "rec-split: two outputs are one file: $other and x"
		exits 2 from_train rec-split --ratio 0.5 --valid-ratio 0.5 -o y --test x --valid "$other"
		one_line rec-split && mentions "two outputs are one file"
		[ "$(cat x)" = before ] && [ ! -e y ]
	done
	# names that are not there yet
	exits 2 from_train rec-split --ratio 0.5 -o new --test dangling
	mentions "two outputs are one file"
	exits 2 from_train rec-split --ratio 0.5 -o d/here/new --test new
	mentions "two outputs are one file"
	[ ! -e new ]
	# the shell's file is stdout's
	got=0
	rec-split --ratio 0.5 --test x <train.tsv >x 2>err || got=$?
	[ "$got" -eq 2 ]
	says "rec-split: two outputs are one file: <stdout> and x" || says "rec-split: two outputs are one file: x and <stdout>"
	# two writers into one FIFO would mix
	mkfifo fifo
	cat fifo >/dev/null &
	exits 2 from_train rec-split --ratio 0.5 -o fifo --test ./fifo
	mentions "two outputs are one file"
	wait
	exits 2 from_train rec-split --ratio 0.5 --test /dev/stdout
	mentions "two outputs are one file"
	# what is no file takes any number, and equal names in two folders are
	# two files
	exits 0 from_train rec-split --ratio 0.5 -o /dev/null --test /dev/null --stats /dev/null
	mkdir e
	echo before >x
	exits 0 from_train rec-split --ratio 0.5 -o x --test e/x
	[ -s x ] && [ -s e/x ] && [ "$(cat hard)" = before ]
	[ -z "$(find . -name '.*.??????')" ]
}

from_train() {
	"$@" <train.tsv
}

@test "outputs: a file that is read may be replaced" {
	for c in $COMMANDS; do
		in=$(sample_stdin "$c")
		sample "$c" <"$in" >want
		if [ "$c" != rec-gen ]; then
			cp "$in" both
			sample "$c" -o both <both
			same want both || fail "$c"
		fi
	done
	rec-topn -q -m model.rec -n 3 <train.tsv >want
	rec-topn -q -m model.rec -n 3 -o model.rec <train.tsv
	same want model.rec
}

@test "outputs: links stay links, and their targets are all old or all new" {
	mkdir far
	echo old >far/t
	ln -s far/t test
	ln -s far/new train
	rec-split --ratio 0.5 --test test -o train <train.tsv
	[ -L test ] && [ -L train ] && [ -s far/new ] && [ "$(head -c 3 far/t)" != old ]
	[ "$(ls -A far)" = "$(printf 'new\nt')" ]
	echo old >far/t
	rm far/new
	exits 1 rec-split --ratio 0.5 --test test -o train <<<"no TAB"
	[ "$(cat far/t)" = old ] && [ ! -e far/new ] && [ "$(ls -A far)" = t ]
}

@test "outputs: long names, also of more bytes than characters, and paths at their bound" {
	long=$(printf 'n%.0s' $(seq 255))
	utf8=$(printf 'ä%.0s' $(seq 127))
	for name in "$long" "$utf8" "a$utf8" "${long%n}.gz"; do
		name=${name:0:255}
		echo old >"$name"
		rec-gen --users 9 --items 9 --rows 20 -o "$name"
		[ "$(wc -c <"$name")" -gt 20 ]
		[ -z "$(find . -name '.*' ! -name .)" ]
		rm "$name"
	done
	exits 1 rec-gen --users 9 --items 9 --rows 20 -o "${long}x"
	says "rec-gen: ${long}x: File name too long"
	# a path of 4095 bytes
	d=$PWD
	while [ ${#d} -lt 3900 ]; do d=$d/$(printf 'd%.0s' $(seq 100)); done
	mkdir -p "$d"
	name=$(printf 'p%.0s' $(seq $((4095 - ${#d} - 1))))
	rec-gen --users 9 --items 9 --rows 20 -o "$d/$name"
	rec-gen --users 9 --items 9 --rows 30 -o "$d/$name"
	[ "$(wc -l <"$d/$name")" -eq 30 ]
	[ "$(ls -A "$d")" = "$name" ]
}

@test "outputs: folders that can't be written, and files that can't be replaced, are told before the work" {
	public_folder rec-gen
	mkdir shut
	echo old >shut/file
	chmod 666 shut/file
	chmod 555 shut
	exits 1 without_root ./rec-gen --users 9 --items 9 --rows 20 -o shut/new
	says "rec-gen: shut/new: Permission denied; nothing can be written in shut"
	if [ "$(id -u)" -eq 0 ]; then
		exits 1 without_root ./rec-gen --users 9 --items 9 --rows 20 -o shut/file
		one_line rec-gen && mentions "rec-gen: shut/file: cannot make a temporary file beside it: Permission denied"
		# of another user, in a folder like /tmp
		mkdir sticky
		chmod 1777 sticky
		echo old >sticky/file
		chmod 666 sticky/file
		exits 1 without_root ./rec-gen --users 9 --items 9 --rows 20 -o sticky/file
		says "rec-gen: sticky/file: in this folder (sticky) nobody can replace the file of another user: Operation not permitted"
		[ "$(cat sticky/file)" = old ] && [ "$(ls -A sticky)" = file ]
		exits 0 without_root ./rec-gen --users 9 --items 9 --rows 20 -o sticky/mine
		exits 0 without_root ./rec-gen --users 9 --items 9 --rows 20 -o sticky/mine
		# that may be written and entered, but not listed
		mkdir unlisted
		chown 65534 unlisted
		chmod 300 unlisted
		exits 0 without_root ./rec-gen --users 9 --items 9 --rows 20 -o unlisted/new
		[ -s unlisted/new ]
	fi
	[ "$(cat shut/file)" = old ] && [ "$(ls -A shut)" = file ]
	mkdir folder
	exits 1 ./rec-gen --users 9 --items 9 --rows 20 -o folder
	one_line rec-gen && mentions "rec-gen: folder: Is a directory"
	exits 1 ./rec-gen --users 9 --items 9 --rows 20 -o nowhere/file
	one_line rec-gen && mentions "rec-gen: nowhere/file: No such file or directory"
}

@test "outputs: /dev/full in any place is exit 4 and all files stay as they were" {
	for c in $COMMANDS; do
		echo old >final.out
		echo old >held.out
		exits 4 from_sample "$c" -o final.out --stats /dev/full
		says "$c: /dev/full: No space left on device"
		[ "$(cat final.out held.out)" = "$(printf 'old\nold')" ] || fail "$c: a file changed"
		exits 4 from_sample "$c" -o /dev/full --stats final.out
		says "$c: /dev/full: No space left on device"
		[ "$(cat final.out held.out)" = "$(printf 'old\nold')" ] || fail "$c: a file changed"
	done
	exits 4 from_train rec-split --ratio 0.5 -o final.out --test /dev/full
	says "rec-split: /dev/full: No space left on device"
	exits 4 from_train rec-split --ratio 0.4 --valid-ratio 0.5 -o final.out --test held.out --valid /dev/full
	says "rec-split: /dev/full: No space left on device"
	exits 4 from_train rec-split -q --user-ratio 0.5 --given 0.5 -o final.out --test held.out --input /dev/full
	says "rec-split: /dev/full: No space left on device"
	ln -s /dev/full shard.1
	echo old >shard.0
	exits 4 from_train rec-split --shards 2 --by user --to 'shard.%d'
	says "rec-split: shard.1: No space left on device"
	[ "$(cat shard.0)" = old ]
	exits 4 from_train rec-cat -q --to mtx -o final.out --row-labels held.out --col-labels /dev/full
	says "rec-cat: /dev/full: No space left on device"
	[ "$(cat final.out held.out)" = "$(printf 'old\nold')" ]
	[ -z "$(find . -name '.*.??????')" ]
}

from_sample() {
	local c=$1
	shift
	sample "$c" "$@" <"$(sample_stdin "$c")"
}

@test "outputs: a full file system, and a bound on the size of files, leave what was there" {
	# ulimit -f counts 1024 bytes; bats' own files are larger
	for c in rec-cat rec-gen rec-als; do
		echo old >final.out
		got=0
		(ulimit -f 1; from_sample "$c" -j 1 -o final.out >/dev/null 2>err) || got=$?
		[ "$c" != rec-gen ] || continue	# its sample is below that
		[ "$got" -eq 4 ] || fail "$c: exit $got: $(cat err)"
		says "$c: final.out: File too large"
		[ "$(cat final.out)" = old ]
	done
	[ -z "$(find . -name '.*.??????')" ]
	[ "$(id -u)" -eq 0 ] || return 0
	mkdir small
	mount -t tmpfs -o size=16k none small
	{
		echo old >small/test
		exits 4 from_train rec-split --ratio 0.01 --test small/test -o small/train &&
			says "rec-split: small/train: No space left on device" &&
			[ "$(cat small/test)" = old ] && [ "$(ls -A small)" = test ]
	} || got=bad
	umount small
	[ "$got" != bad ]
}

# killed SIGNAL NUMBER COMMAND...: ends it while it waits for stdin, with an output open: dies of that signal, says nothing, leaves nothing.
killed() {
	local signal=$1 number=$2 got=0
	shift 2
	rm -f pipe
	mkfifo pipe
	echo old >final.out
	"$@" -o final.out --stats final.stats <pipe >out 2>err &
	local pid=$!
	exec 7>pipe
	# shellcheck disable=SC2317
	opened() { [ -n "$(find . -maxdepth 1 -name '.final.*.??????')" ]; }
	wait_for opened
	kill "-$signal" $pid
	wait $pid 2>/dev/null || got=$?
	exec 7>&-
	[ "$got" -eq $((128 + number)) ] || fail "$1: SIG$signal: exit $got"
	[ ! -s err ] || fail "$1: SIG$signal: $(cat err)"
	[ "$(cat final.out)" = old ] && [ ! -e final.stats ] || fail "$1: SIG$signal: $(ls -A)"
}

@test "outputs: whatever signal ends a run, nothing is left but the old files" {
	for s in HUP:1 INT:2 QUIT:3 USR1:10 USR2:12 ALRM:14 TERM:15 XCPU:24; do
		# a background command ignores INT and QUIT, others may be ignored by what runs the tests (nohup: HUP, GNU parallel: ALRM)
		killed ${s%:*} ${s#*:} env --default-signal rec-split --ratio 0.5 --test held.out
		[ -z "$(find . -name '.*.??????')" ] || fail "SIG$s: $(ls -A)"
		[ ! -e held.out ] || fail "SIG$s left held.out"
	done
}

@test "outputs: a command that waits for the reader of a FIFO can be ended" {
	mkfifo fifo
	echo old >held.out
	for s in TERM:15 HUP:1 USR1:10; do
		env --default-signal rec-split --ratio 0.5 --test held.out -o fifo <train.tsv >out 2>err &
		pid=$!
		# shellcheck disable=SC2317
		asleep() { grep -q '^State:.S' /proc/$pid/status && [ "$(readlink /proc/$pid/exe)" = "$(realpath "$(command -v rec-split)")" ]; }
		wait_for asleep
		sleep 0.1
		kill -${s%:*} $pid
		got=0
		wait $pid 2>/dev/null || got=$?
		[ "$got" -eq $((128 + ${s#*:})) ] || fail "$s: exit $got: $(cat err)"
		[ "$(cat held.out)" = old ] && [ -p fifo ] && [ -z "$(find . -name '.*.??????')" ]
	done
}

@test "outputs: SIGBUS that is no cut input kills, and blames no file" {
	for c in $COMMANDS; do
		[ "$c" = rec-gen ] || killed BUS 7 sample_exec "$c"
		[ -z "$(find . -name '.*.??????')" ] || fail "$c: $(ls -A)"
	done
	# with a model mapped
	killed BUS 7 rec-topn -q -m model.rec
	# an address outside every input
	shim=${REC_BIN:-$ROOT/build/bin}/../tests/fault/fail.so
	for c in $(readers); do
		got=0
		(LD_PRELOAD=$shim REC_FAULT=bus:1 sample_exec "$c" -j 2 -o final.out <"$(sample_stdin "$c")" >out 2>err) 2>/dev/null || got=$?
		[ "$got" -eq 135 ] || fail "$c: exit $got"
		[ ! -s err ] || fail "$c: $(cat err)"
		[ "$(cat final.out)" = old ] && [ -z "$(find . -name '.*.??????')" ] || fail "$c: $(ls -A)"
	done
}

# sample as one process that can be sent a signal.
sample_exec() {
	case $1 in
	rec-cat) exec "$@" ;;
	rec-split) exec "$@" --ratio 0.5 --test held.out ;;
	rec-als) exec "$@" -q -k 4 -i 2 ;;
	rec-sim) exec "$@" -q cosine ;;
	rec-topn | rec-score) exec "$@" -q -m model.rec ;;
	rec-eval) exec "$@" -q -t truth.tsv recall@3 ;;
	esac
}

@test "outputs: no other crash is caught" {
	for s in SEGV:11 ABRT:6 FPE:8 ILL:4; do
		killed ${s%:*} ${s#*:} env --default-signal rec-cat
		rm -f .final.*
	done
	shim=${REC_BIN:-$ROOT/build/bin}/../tests/fault/fail.so
	got=0
	(LD_PRELOAD=$shim REC_FAULT=segv:1 rec-cat <train.tsv >out 2>err) 2>/dev/null || got=$?
	[ "$got" -eq 139 ] && [ ! -s err ]
}

@test "outputs: any input that is cut short while it is mapped is named" {
	shim=${REC_BIN:-$ROOT/build/bin}/../tests/fault/fail.so
	rec-cat -b lists.tsv >lists.rec
	rec-cat -b truth.tsv >truth.rec
	while read -r n in which command; do
		echo old >final.out
		rm -rf cut
		mkdir cut
		cp ./*.rec cut
		got=0
		# shellcheck disable=SC2086
		(cd cut && LD_PRELOAD=$shim REC_FAULT=cut:$n $command -q -j 2 -o ../final.out <$in >../out 2>../err) || got=$?
		[ "$got" -eq 4 ] || fail "$command: exit $got: $(cat err)"
		says "${command%% *}: $(pwd -P)/cut/$which: the file was cut short, or cannot be read any more, while it was in use"
		[ "$(cat final.out)" = old ] && [ -z "$(find . -name '.*.??????')" ] || fail "$command: $(ls -A)"
	done <<-'LIST'
		1 train.rec train.rec rec-cat
		1 train.rec train.rec rec-als -k 4 -i 2
		1 train.rec train.rec rec-sim cosine
		1 train.rec train.rec rec-split --leave 1 --test held.out
		1 train.rec model.rec rec-topn -m model.rec
		2 train.rec train.rec rec-topn -m model.rec
		1 truth.rec model.rec rec-score -m model.rec
		1 lists.rec lists.rec rec-eval -t truth.rec recall@3
		2 lists.rec truth.rec rec-eval -t truth.rec recall@3
	LIST
	# a temporary file, too
	got=0
	(TMPDIR=$PWD LD_PRELOAD=$shim REC_FAULT=cut:1 rec-als -q -j 1 -k 4 -i 2 --mem 64M -o final.out <train.tsv >out 2>err) || got=$?
	[ "$got" -eq 4 ] || fail "a temporary file: exit $got"
	grep -q "^rec-als: $(pwd -P)/.*: the file was cut short, or cannot be read any more, while it was in use$" err
	[ "$(cat final.out)" = old ] && [ -z "$(find . -name '.*.??????')" ]
}

# unread COMMAND...: COMMAND with a stdin that says nothing and does not end.
unread() {
	local got=0 writer
	rm -f never
	mkfifo never
	sleep 20 >never 3>&- &
	writer=$!
	timeout 10 "$@" <never >out 2>err || got=$?
	kill "$writer"
	return $got
}

@test "outputs: a name that cannot be an output fails before the work, not after it" {
	mkdir there
	: >file
	printf 'a\tb\t1\n' >m
	for out in missing/x there file/x; do
		for c in "rec-als -k 2" "rec-sim cosine" "rec-topn -m m" "rec-cat" "rec-eval -t m hit@1" "rec-score -m m" "rec-split --min-user 2"; do
			got=0
			# shellcheck disable=SC2086
			unread $c -o "$out" || got=$?
			case $got in 1 | 4) ;; *) fail "$c -o $out: exit $got: $(cat err)" ;; esac
			mentions "$out: "
		done
	done
	command -v script >/dev/null || return 0
	got=0
	unread script -qec "rec-als -k 2" typed || got=$?
	[ $got -eq 2 ] || fail "exit $got"
	grep -q 'rec-als: binary output to a terminal; use > FILE or -o FILE' typed
}
