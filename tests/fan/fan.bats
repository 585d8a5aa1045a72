#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# rec-fan over hosts with a network, a home and an sshd of their own (net.sh):
# the bytes of one process, whatever happens to hosts. Needs root. `make
# check-fan` runs it; tests/fan.bats has the short form without hosts.

load ../helpers

ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
PATH="${REC_BIN:-$ROOT/build/bin}:$PATH"
net="$BATS_TEST_DIRNAME/net.sh"

# why_not: what is missing here, if anything.
why_not() {
	[ "$(id -u)" -eq 0 ] || { echo "needs root"; return; }
	for c in unshare nsenter ip ssh /usr/sbin/sshd rsync parallel setsid; do
		command -v "$c" >/dev/null || { echo "$c is not installed"; return; }
	done
	unshare -n -u -i -m -p -f --mount-proc true 2>/dev/null || echo "namespaces are not allowed here"
}

# isa NAME: NAME if this machine has it, else what it takes by itself
isa() {
	if instruction_sets | grep -qw "$1"; then echo "$1"; else echo -; fi
}

setup_file() {
	why_not >"$BATS_FILE_TMPDIR/why_not"
	[ ! -s "$BATS_FILE_TMPDIR/why_not" ] || return 0
	REC_NET_OWNER=$$ sh "$net" up 4 "$BATS_FILE_TMPDIR/net" plain plain "$(isa avx2)" -
	cd "$BATS_FILE_TMPDIR" || return 1
	rec-gen --users 2500 --items 1200 --rows 20000 --times --explicit >all.tsv
	rec-split -q --ratio 0.2 --test truth.tsv <all.tsv >train.tsv
	rec-cat --to recmat <train.tsv >train.rec
	# What faults are tried on: a half-step takes the two slow hosts about
	# a second.
	LONG_JOB="als -q -k 96 -i 2"
	echo "$LONG_JOB" >long.job
	# shellcheck disable=SC2086
	rec-$LONG_JOB <train.rec >long.rec
}

teardown_file() {
	sh "$net" down "$BATS_FILE_TMPDIR/net" 2>/dev/null || :
}

setup() {
	if [ -s "$BATS_FILE_TMPDIR/why_not" ]; then skip "$(cat "$BATS_FILE_TMPDIR/why_not")"; fi
	cd "$BATS_TEST_TMPDIR" || return 1
	in=$BATS_FILE_TMPDIR n=$BATS_FILE_TMPDIR/net
	# A lost host is told from a slow one within three seconds.
	export REC_SSH="ssh -F $n/ssh_config -o ServerAliveInterval=1 -o ServerAliveCountMax=2 -o ConnectTimeout=2"
	LONG_JOB=$(cat "$in/long.job") want=$in/long.rec
}

teardown() {
	[ -z "${driver:-}" ] || kill -9 -- "-$driver" 2>/dev/null || :
	[ ! -e troubled ] || sh "$net" reset "$n"
}

# trouble COMMAND ...: of net.sh; all is well again after the test
trouble() {
	: >troubled
	what=$1
	shift
	sh "$net" "$what" "$n" "$@"
}

# order FAULT HOST LINE: see host.sh
order() {
	: >troubled
	echo "$3" >"$n/$2/faults/$1"
}

# hosts N: the first N, in the file hosts
hosts() {
	head -n "$1" "$n/hosts" >hosts
}

# fan WORK ARGUMENTS...: rec-fan on the control side
fan() {
	work=$1
	shift
	timeout -k 5 100 sh "$net" run "$n" rec-fan --hosts hosts --work "$work" --timeout 60 "$@" 3>&-
}

# start ARGUMENTS...: rec-fan in the background, with the folder work; the
# files got.rec and err
start() {
	[ -s hosts ] || hosts 3
	# shellcheck disable=SC2086
	setsid sh "$net" run "$n" rec-fan --hosts hosts --work work --timeout 60 "$@" $LONG_JOB <"$in/train.rec" >got.rec 2>err 3>&- &
	driver=$!
}

# ends STATUS: the driver in the background ends with it, within a minute and a
# half
ends() {
	got=0
	for _ in $(seq 900); do
		kill -0 "$driver" 2>/dev/null || break
		sleep 0.1
	done
	! kill -0 "$driver" 2>/dev/null || fail "still running: $(tail -3 work/log.tsv) $(cat err)" || return 1
	wait "$driver" || got=$?
	driver=
	[ "$got" -eq "$1" ] || fail "exit $got, not $1: $(tail -5 err; tail -5 work/log.tsv)"
}

# ends_well: exit 0 with the bytes of one process
ends_well() {
	ends 0 && same "$want" got.rec
}

# logged HOST TEXT: an attempt on HOST ended with a result that begins with TEXT
logged() {
	awk -F'\t' -v h="$1" -v t="$2" '$5 == h && index($8, t) == 1 { found = 1 } END { exit !found }' work/log.tsv || fail "no '$2' on $1 in the log:
$(cat work/log.tsv)"
}

# finished: step and part of what is done, by the log
finished() {
	awk -F'\t' '$2 != "ship" && $2 != "host" && $8 == "ok" { print $2, $3 }' work/log.tsv 2>/dev/null | sort
}

log_lines() {
	wc -l 2>/dev/null <work/log.tsv || echo 0
}

# --- The bytes of one process

@test "fan: als has the bytes of one process for 1, 2, 3 and 7 parts over 2 to 4 hosts of different instruction sets" {
	while read -r name options; do
		# shellcheck disable=SC2086
		rec-als -q $options <"$in/train.rec" >whole.rec
		for parts in 1 2 3 7; do
			hosts $((parts > 4 ? 4 : parts < 2 ? 2 : parts))
			# shellcheck disable=SC2086
			fan "$name.$parts" --parts "$parts" als -q $options <"$in/train.rec" >got.rec
			same whole.rec got.rec || fail "$name, $parts parts"
			[ "$(awk -F'\t' '$2 != "ship" && $8 == "ok"' "$name.$parts/log.tsv" | wc -l)" -eq $((4 * parts)) ]
		done
	done <<-END
		implicit -k 24 -i 2
		explicit -k 16 -i 2 --explicit
		cg -k 24 -i 2 --solver cg
	END
}

@test "fan: sim, also over shards, and topn have the bytes of one process for 1, 2, 3 and 7 parts" {
	rec-sim -q cosine -n 20 <"$in/train.rec" >cosine.tsv
	rec-sim -q -b cosine -n 20 <"$in/train.rec" >cosine.rec
	rec-als -q -k 16 -i 2 <"$in/train.rec" >model.rec
	rec-topn -q -m cosine.rec <"$in/train.rec" >near.tsv
	rec-topn -q -b -m model.rec -n 20 <"$in/train.rec" >ranked.rec
	for parts in 1 2 3 7; do
		hosts $((parts > 4 ? 4 : parts < 2 ? 2 : parts))
		fan "sim.$parts" --parts "$parts" sim -q cosine -n 20 <"$in/train.tsv" >got
		same cosine.tsv got
		fan "shards.$parts" --shards --parts "$parts" sim -q -b cosine -n 20 <"$in/train.tsv" >got
		same cosine.rec got
		! grep -q 'in/data' "shards.$parts/log.tsv" || fail "a host was sent the whole input"
		fan "near.$parts" --parts "$parts" topn -q -m cosine.rec <"$in/train.rec" >got
		same near.tsv got
		fan "ranked.$parts" --parts "$parts" topn -q -b -m model.rec -n 20 <"$in/train.tsv" >got
		same ranked.rec got
	done
}

@test "fan: eval has the bytes of one process for 1, 2, 3 and 7 parts" {
	rec-sim -q -b cosine <"$in/train.rec" >cosine.rec
	rec-topn -q -m cosine.rec <"$in/train.rec" >lists.tsv
	rec-eval -q -t "$in/truth.tsv" recall@10 ndcg@10 mrr <lists.tsv >whole.tsv
	for parts in 1 2 3 7; do
		hosts $((parts > 4 ? 4 : parts < 2 ? 2 : parts))
		fan "eval.$parts" --parts "$parts" eval -q -t "$in/truth.tsv" recall@10 ndcg@10 mrr <lists.tsv >got
		same whole.tsv got
	done
}

@test "fan: ease is solved on one host and has the bytes of one process" {
	rec-sim -q -b ease <"$in/train.rec" >whole.rec
	hosts 3
	fan work sim -q -b ease <"$in/train.rec" >got.rec
	same whole.rec got.rec
	[ "$(awk -F'\t' '$2 == "sim" && $8 == "ok" { print $5 }' work/log.tsv | wc -l)" -eq 1 ]
}

@test "fan: work is spread, and hosts are left as they were" {
	hosts 4
	# shellcheck disable=SC2086
	fan work --parts 8 $LONG_JOB <"$in/train.rec" >got.rec
	same "$in/long.rec" got.rec
	for h in h1 h2 h3 h4; do
		logged "$h" ok
		[ -z "$(sh "$net" on "$n" "$h" sh -c 'ls -A ~/.rec-fan /tmp' | grep -v ':$')" ] || fail "$h keeps $(sh "$net" on "$n" "$h" sh -c 'find ~/.rec-fan /tmp')"
	done
	[ "$(awk -F'\t' '$2 == "ship" && $3 ~ /^bin\//' work/log.tsv | wc -l)" -eq 4 ] || fail "commands are shipped once a host: $(cat work/log.tsv)"
}

# --- Hosts in trouble

@test "fan: a cable is pulled in the middle of a half-step" {
	start
	trouble busy h2 rec-als
	trouble link h2 down
	ends_well
	logged h2 lost
	logged h2 dropped
	mentions "h2: dropped"
}

@test "fan: a cable is out for a second" {
	start
	trouble busy h2 rec-als
	trouble link h2 down
	sleep 1
	trouble link h2 up
	ends_well
}

@test "fan: a host accepts connections and then hangs, from the beginning" {
	trouble freeze h2
	start
	ends_well
	logged h2 dropped
	mentions "h2: dropped"
}

@test "fan: a host hangs in the middle" {
	start
	trouble busy h1 rec-als
	trouble freeze h1
	ends_well
	logged h1 dropped
}

@test "fan: a part that never ends is tried elsewhere after --timeout" {
	order hang h2 "1 60 als:"
	start --timeout 6
	ends_well
	logged h2 timeout
}

@test "fan: a connection is lost in the middle of a part, and the host is used again" {
	order die h2 "1 0.1 als:"
	start
	ends_well
	logged h2 lost
	logged h2 ok
}

@test "fan: the disk of a host is full from the beginning" {
	trouble room h2 20
	start
	ends_well
	logged h2 dropped
}

@test "fan: the disk of a host fills up in the middle" {
	start
	trouble busy h1 rec-als
	trouble room h1 0
	ends_well
	logged h1 dropped
}

@test "fan: a worker is killed with -9" {
	start
	trouble kill h2 rec-als
	ends_well
	logged h2 "exit 137"
}

@test "fan: a part that arrives cut short or with a wrong bit is noticed and done again" {
	order cut h1 "1 - als:"
	order flip h3 "1 - als:"
	start
	ends_well
	logged h1 damaged
	logged h3 damaged
}

@test "fan: what a host was sent goes bad there" {
	order flip h2 "1 - in/user."
	order cut h3 "1 - in/step."
	start
	ends_well
	[ -d "$n/h2/faults/flip.1" ] && [ -d "$n/h3/faults/cut.1" ]
	logged h2 "exit 1"
	logged h3 "exit 1"
}

@test "fan: similarities and lists that arrive damaged are done again" {
	rec-sim -q cosine <"$in/train.rec" >whole.tsv
	hosts 3
	order flip h1 "1 - sim:sim:"
	order cut h2 "1 - sim:sim:"
	fan work sim -q cosine <"$in/train.rec" >got.tsv
	same whole.tsv got.tsv
	logged h1 damaged
	logged h2 damaged
}

# --- The driver in trouble

@test "fan: the driver is killed at ten moments; run again, it goes on, and no finished part is done twice" {
	LONG_JOB="als -q -k 32 -i 2" want=$PWD/want.rec
	# shellcheck disable=SC2086
	rec-$LONG_JOB <"$in/train.rec" >want.rec
	start
	ends_well
	all=$(wc -l <work/log.tsv) again=0
	for i in 0 1 2 3 4 5 6 7 8 9; do	# after so many tenths of what is logged: a clock would depend on the load
		rm -rf work
		start
		sleep 0.1
		until [ "$(log_lines)" -ge $((all * i / 10)) ]; do sleep 0.01; done
		# every other time what it started lives on
		if [ $((i % 2)) -eq 0 ]; then kill -9 -- "-$driver"; else kill -9 "$driver"; fi && { wait "$driver" || :; }
		[ ! -s got.rec ] || fail "$i/10: output of a killed run"
		finished >before
		[ ! -s before ] || again=$((again + 1))
		start
		ends_well || fail "killed at $i/10"
		finished >after
		comm -23 before after >lost
		[ ! -s lost ] || fail "$i/10: no longer finished: $(cat lost)"
		# A line of `before` that stands in `after` more often than
		# there was done twice.
		comm -13 before after | sort -u | comm -12 - before >twice
		[ ! -s twice ] || fail "$i/10: done twice: $(cat twice)
$(cat work/log.tsv)"
	done
	[ "$again" -ge 6 ] || fail "only $again of ten moments were in the middle of something"
	# shared connections end with their driver
	sleep 1
	run pgrep --ns "$(cat "$n/control")" --nslist net -af ControlMaster=yes
	[ -z "$output" ] || fail "left behind: $output"
}

@test "fan: the disk of the driver is full; it says so, blames no host, and goes on when there is room" {
	hosts 3
	mkdir disk
	cat >room.sh <<-'END'
		size=$1
		shift
		mount -t tmpfs -o "size=$size" disk disk || exit 99
		status=0
		"$@" <"$in/train.rec" || status=$?
		[ "$status" -eq 4 ] || exit 98
		[ ! -e got.rec ] || exit 97
		mount -o remount,size=100m disk || exit 99
		exec "$@" <"$in/train.rec"
	END
	export in
	for size in 100k 3m 5m; do
		# shellcheck disable=SC2086
		timeout 60 sh "$net" run "$n" unshare -m sh room.sh $size rec-fan --hosts hosts --work disk/work -o got.rec $LONG_JOB 2>err 3>&- || fail "$size: exit $?: $(cat err)"
		same "$in/long.rec" got.rec
		rm got.rec
		grep -qE "^rec-fan: (cannot write|no space left in) " err || fail "$size: $(cat err)"
		! grep -q dropped err || fail "$size: $(cat err)"
	done
}

@test "fan: a finished part that rots in the folder is done again" {
	start
	until [ "$(finished | wc -l)" -ge 2 ]; do sleep 0.05; done
	kill -9 -- "-$driver" && { wait "$driver" || :; }
	sleep 1.5	# what was on its way arrives
	f=$(find work/part -type f | sort | tail -1)
	printf x | dd of="$f" bs=1 seek=$(($(wc -c <"$f") / 2)) conv=notrunc 2>/dev/null
	start
	ends_well
}

# --- No way out

@test "fan: a part that every host refuses ends the run; part and host are named, no file appears" {
	for h in h1 h2 h3; do order fail "$h" "- 1 als:user.1:2/3"; done
	hosts 3
	exits 1 fan work --parts 3 -o model.rec als -q -k 8 -i 2 <"$in/train.rec"
	[ ! -e model.rec ]
	[ -z "$(find . -maxdepth 1 -name '*model*')" ]
	grep -q '^rec-fan: user.1 part 2 of 3 failed in every try, the last on h[123]: exit 1: rec-test: made to fail$' err || fail "$(cat err)"
}

@test "fan: no host answers: exit 4" {
	hosts 2
	trouble link h1 down
	trouble link h2 down
	exits 4 fan work -o model.rec als -q -k 8 -i 2 <"$in/train.rec"
	mentions "h1: dropped"
	mentions "h2: dropped"
	mentions "no host is left for part"
	[ ! -e model.rec ]
	# and once they are back, the same command does it
	trouble link h1 up
	trouble link h2 up
	rec-als -q -k 8 -i 2 <"$in/train.rec" >whole.rec
	fan work -o model.rec als -q -k 8 -i 2 <"$in/train.rec"
	same whole.rec model.rec
}

@test "fan: hosts that refuse the key, show another key or don't exist are named and done without" {
	trouble deny h1
	# h2 is known with the key of somebody else
	ssh-keygen -q -t ed25519 -N '' -f other
	printf '10.99.0.3 %s\n' "$(cut -d' ' -f1,2 other.pub)" >known
	for i in 2 4 5; do printf '10.99.0.%s %s\n' "$i" "$(cut -d' ' -f1,2 "$n/host_key.pub")"; done >>known
	REC_SSH="$REC_SSH -o StrictHostKeyChecking=yes -o UserKnownHostsFile=$PWD/known"
	printf 'h1\nh2\nnowhere\nh3\nh4\n' >hosts
	start
	ends_well
	for h in h1 h2 nowhere; do
		logged "$h" dropped
		mentions "$h: dropped"
	done
	grep -q "^rec-fan: h1: dropped: .*Permission denied" err || fail "$(cat err)"
	grep -q "^rec-fan: h2: dropped: .*Host key verification failed" err || fail "$(cat err)"
	grep -q "^rec-fan: nowhere: dropped: .*Could not resolve hostname" err || fail "$(cat err)"
	logged h3 ok
	logged h4 ok
}
