#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1083 # the tokens of rec-task
# A Slurm of its own: munged, slurmctld and two slurmd on this machine, own
# ports, own key, ended by process id. Needs root, slurm-wlm and munge; `make
# check-slurm`.

load ../helpers

EXAMPLES=$ROOT/examples/slurm

why_not() {
	[ "$(id -u)" -eq 0 ] || { echo "needs root"; return; }
	for c in munged slurmctld slurmd sbatch setpriv; do
		PATH=$PATH:/usr/sbin command -v $c >/dev/null || { echo "$c is not installed (sh tests/setup.sh fan)"; return; }
	done
	id munge >/dev/null 2>&1 || echo "there is no user munge"
}

# started PIDFILE COMMAND...: in the background, its process id in PIDFILE; the
# descriptors of bats are closed, or bats would wait for them.
started() {
	local pidfile=$1
	shift
	"$@" >>"$D/$1.out" 2>&1 3>&- 4>&- 5>&- &
	echo $! >"$pidfile"
	disown	# or bash says that it was killed
}

slurmd_up() {	# slurmd_up NODE
	started "$D/$1.pid" slurmd -D -N "$1"
}

up() {
	export D=$BATS_FILE_TMPDIR/slurm PATH=$PATH:/usr/sbin SLURM_CONF=$BATS_FILE_TMPDIR/slurm/slurm.conf
	local port=$((20000 + $$ % 10000))
	mkdir -p "$D/munge" "$D/state"
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "$D" "$D/munge"	# munged, another user, must get there
	dd if=/dev/urandom of="$D/munge/key" bs=1024 count=1 2>/dev/null
	chmod 400 "$D/munge/key"
	chown -R munge: "$D/munge"
	started "$D/munged.pid" setpriv --reuid munge --regid munge --clear-groups munged --foreground --force --socket="$D/munge/socket" \
		--key-file="$D/munge/key" --pid-file="$D/munge/pid" --log-file="$D/munge/log" --seed-file="$D/munge/seed"
	cat >"$SLURM_CONF" <<-END
		ClusterName=rec
		SlurmctldHost=localhost(127.0.0.1)
		SlurmctldPort=$port
		SlurmUser=root
		SlurmdUser=root
		AuthType=auth/munge
		AuthInfo=socket=$D/munge/socket,cred_expire=5
		CredType=cred/munge
		ProctrackType=proctrack/linuxproc
		TaskPlugin=task/none
		SelectType=select/cons_tres
		SelectTypeParameters=CR_Core
		MpiDefault=none
		ReturnToService=2
		KillWait=2
		MinJobAge=300
		StateSaveLocation=$D/state
		SlurmdSpoolDir=$D/spool%n
		SlurmctldPidFile=$D/slurmctld.own
		SlurmdPidFile=$D/slurmd.%n.own
		SlurmctldLogFile=$D/slurmctld.log
		SlurmdLogFile=$D/slurmd.%n.log
		JobCompType=jobcomp/none
		AccountingStorageType=accounting_storage/none
		JobAcctGatherType=jobacct_gather/none
		SchedulerParameters=sched_interval=1,batch_sched_delay=0,sched_min_interval=0
		NodeName=n1 NodeHostname=localhost NodeAddr=127.0.0.1 Port=$((port + 1)) CPUs=1 RealMemory=500
		NodeName=n2 NodeHostname=localhost NodeAddr=127.0.0.1 Port=$((port + 2)) CPUs=1 RealMemory=500
		PartitionName=main Nodes=n1,n2 Default=YES MaxTime=10 State=UP
	END
	started "$D/slurmctld.pid" slurmctld -D -c
	slurmd_up n1
	slurmd_up n2
	for _ in $(seq 150); do
		[ "$(sinfo -h -t idle -o %D 2>/dev/null)" = 2 ] && return
		sleep 0.2
	done
	tail -5 "$D"/*.log "$D"/*.out >&2
	return 1
}

down() {
	local p
	scancel --user=root 2>/dev/null
	for f in n1 n2 slurmctld munged; do
		[ -s "$D/$f.pid" ] || continue
		p=$(cat "$D/$f.pid")
		kill "$p" 2>/dev/null || continue
		for _ in $(seq 50); do
			kill -0 "$p" 2>/dev/null || continue 2
			sleep 0.1
		done
		kill -9 "$p" 2>/dev/null
	done
	return 0
}

setup_file() {
	[ -z "$(why_not)" ] || return 0
	up || { down; return 1; }
	cd "$BATS_FILE_TMPDIR" || return 1
	rec-gen --users 700 --items 600 --rows 14000 -b >train.rec
	rec-sim cosine -q -b <train.rec >items.want
}

teardown_file() {
	[ -n "${D:-}" ] || return 0
	down
}

setup() {
	local why
	why=$(why_not)
	[ -z "$why" ] || skip "$why"
	cd "$BATS_FILE_TMPDIR" || return 1
}

# ends JOB [SECONDS]: wait until the job is over; prints its state.
ends() {
	local state
	for _ in $(seq $((${2:-30} * 5))); do
		state=$(scontrol -o show job "$1" | grep -o 'JobState=[A-Z_]*' | cut -d= -f2 | sort -u | xargs)
		case " $state " in *' PENDING '* | *' RUNNING '* | *' COMPLETING '* | *' CONFIGURING '* | *' REQUEUED '*) sleep 0.2 ;; *) echo "$state"; return ;; esac
	done
	scontrol -o show job "$1" >&2
	squeue >&2
	echo "still $state"
}

@test "slurm: rec-sim and rec-topn as array and join: the bytes of one process, on both nodes; again: nothing is made" {
	job=$(sh "$EXAMPLES/parts.sh" 2 train.rec items.rec rec-sim cosine -q -b --columns {i}/{n})
	[ "$(ends "$job")" = COMPLETED ] || fail "$(cat items.rec.parts/*.log)"
	same items.want items.rec
	AFTER=$job sh "$EXAMPLES/parts.sh" 2 train.rec lists.rec rec-topn -q -b -m items.rec --part {i}/{n} >job
	again=$(sh "$EXAMPLES/parts.sh" 2 train.rec items.rec sh -c 'echo started >witness; exit 1')
	[ "$(ends "$(cat job)")" = COMPLETED ] || fail "$(cat lists.rec.parts/*.log)"
	rec-topn -q -b -m items.want <train.rec >lists.want
	same lists.want lists.rec
	before=$(stat -c '%i %y' items.rec.parts/*.rec)
	[ "$(ends "$again")" = COMPLETED ] || fail "$(cat items.rec.parts/*.log)"
	[ ! -e witness ] && [ "$(stat -c '%i %y' items.rec.parts/*.rec)" = "$before" ]
	same items.want items.rec
	[ "$(scontrol -o show job | grep -o ' NodeList=n[12]' | sort -u | xargs)" = "NodeList=n1 NodeList=n2" ]
}

@test "slurm: rec-als, every half-step an array job: the bytes of one process" {
	rec-als -q -k 4 -i 2 <train.rec >model.want
	job=$(sh "$EXAMPLES/als.sh" 2 2 train.rec model.rec -k 4)
	[ "$(ends "$job" 60)" = COMPLETED ] || fail "$(cat model.rec.work/log model.rec.work/*/*.log)"
	same model.want model.rec
}

@test "slurm: a task that fails for good: its own status, no join, no output; what is missing is made later" {
	job=$(sh "$EXAMPLES/parts.sh" 3 train.rec failed.rec sh -c '[ {i} -ne 2 ] || [ -e repaired ] || exit 3; exec rec-sim cosine -q -b --columns {i}/{n}')
	state=$(ends "$job")
	[ "$state" = CANCELLED ] || fail "the join is $state"
	[ ! -e failed.rec ]
	[ "$(cd failed.rec.parts && echo *.rec)" = "000.rec 002.rec" ]
	grep -qx 'rec-task: part 2 of 3: sh: exit 3; it would fail again' failed.rec.parts/1.log
	: >repaired
	before=$(stat -c '%i %y' failed.rec.parts/000.rec)
	job=$(sh "$EXAMPLES/parts.sh" 3 train.rec failed.rec sh -c '[ {i} -ne 2 ] || [ -e repaired ] || exit 3; exec rec-sim cosine -q -b --columns {i}/{n}')
	[ "$(ends "$job")" = COMPLETED ] || fail "$(cat failed.rec.parts/*.log)"
	same items.want failed.rec
	[ "$(stat -c '%i %y' failed.rec.parts/000.rec)" = "$before" ]
}

@test "slurm: a task that may be retried is put back into the queue, and its job comes out right" {
	job=$(sh "$EXAMPLES/parts.sh" 2 train.rec retried.rec sh -c '[ {i} -ne 2 ] || [ -e once ] || { : >once; exit 4; }; exec rec-sim cosine -q -b --columns {i}/{n}')
	state=$(ends "$job" 40)
	[ "$state" = COMPLETED ] || fail "$state: $(cat retried.rec.parts/*.log)"
	same items.want retried.rec
	grep -qx 'rec-task: part 2 of 2: sh: exit 4; it may be retried' retried.rec.parts/1.log
}

@test "slurm: a node dies: its task runs elsewhere while the first attempt goes on, and the result is right" {
	# The second part waits for the word, which comes when its second
	# attempt has begun: then there are two at once.
	job=$(sh "$EXAMPLES/parts.sh" 2 train.rec lost.rec \
		sh -c '[ {i} -ne 2 ] || { echo $SLURMD_NODENAME >>at; while [ ! -e word ]; do sleep 0.1; done; }; exec rec-sim cosine -q -b --columns {i}/{n}')
	for _ in $(seq 100); do [ -s at ] && break; sleep 0.1; done
	victim=$(cat at)
	kill -9 "$(cat "$D/$victim.pid")"
	scontrol update NodeName="$victim" State=DOWN Reason=test
	for _ in $(seq 300); do [ "$(wc -l <at)" -eq 2 ] && break; sleep 0.1; done
	: >word
	state=$(ends "$job")
	slurmd_up "$victim"
	[ "$state" = COMPLETED ] || fail "$state: $(cat lost.rec.parts/*.log)"
	same items.want lost.rec
	[ "$(sort -u at | wc -l)" -eq 2 ] || fail "attempts on $(xargs <at)"
	[ -z "$(ls -d lost.rec.parts/.*.task.* 2>/dev/null)" ] || fail "left $(ls -A lost.rec.parts)"
}
