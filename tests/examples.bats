#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The examples run as they stand, stopped ones go on, and failures show.
# (demo.sh runs in a fresh system, c/ in house.bats, slurm/ in
# fan/slurm.bats; parallel.sh over ssh in fan/parallel.bats.)

load helpers

EX=$ROOT/examples

needs() {
	command -v "$1" >/dev/null || skip "$1 is not installed"
}

# await PATTERN: a file of that name is there; at most 20 s.
await() {
	for _ in $(seq 400); do
		compgen -G "$1" >/dev/null && return
		sleep 0.05
	done
	fail "no $1 after 20 s"
}

# killed COMMAND...: in a session of its own, ended by SIGKILL, all of it, as
# soon as $UNTIL is there.
killed() {
	setsid "$@" >/dev/null 2>&1 3>&- &
	local pid=$!
	await "$UNTIL"
	kill -9 -- -$pid
	wait $pid 2>/dev/null || true
}

@test "examples: no script combines --pipepart with --retries, nor uses parallel's --shard" {
	cd "$ROOT"
	for f in cmd/*.sh cmd/*/*.sh examples/*.sh examples/*/*.sh examples/*/Makefile tests/*.sh tests/*/*.sh man/*.[1-9] README.md; do
		sed 's/^[[:space:]]*#.*//' "$f" >"$BATS_TEST_TMPDIR/code"
		! { grep -q -e '--pipepart' "$BATS_TEST_TMPDIR/code" && grep -q -e '--retries' "$BATS_TEST_TMPDIR/code"; } || fail "$f: --pipepart and --retries"
		! grep -qE -e '--shard([^s]|$)' "$BATS_TEST_TMPDIR/code" || fail "$f: --shard"
	done
	printf 'parallel --pipepart -a x --shard 1\n' >"$BATS_TEST_TMPDIR/code"
	grep -qE -e '--shard([^s]|$)' "$BATS_TEST_TMPDIR/code"
}

RESULTS='rec-sim by parts: the bytes of one process
rec-sim by shards: the bytes of one process
rec-topn by parts: the bytes of one process
rec-als by half-steps: the bytes of one process
rec-eval by parts: the bytes of one process'

@test "parallel.sh: on this machine, the bytes of one process" {
	needs parallel
	exits 0 sh "$EX/parallel.sh"
	[ "$(cat out)" = "$RESULTS" ] || fail "$(cat out err)"
	[ ! -s err ] || fail "$(cat err)"
}

experiment() {
	make -s -j2 -f "$EX/experiment/Makefile" "$@"
}
FEW="als_4_0.01 als_8_0.01 linear_1_0.5_0.5 cosine_20 popular"

@test "experiment: chooses on validation, measures the winner alone on test, in one table" {
	exits 0 experiment SWEEP="$FEW"
	[ ! -s err ] || fail "$(cat err)"
	same out run/table.txt
	[ "$(sed -n 1p out)" = "# validation: 5 models learnt on train, compared on a tenth of it held out; best ndcg@10 first" ]
	sed -n 3,7p out | cut -f1 | sort >names
	[ "$(xargs <names)" = "als_4_0.01 als_8_0.01 cosine_20 linear_1_0.5_0.5 popular" ]
	sed -n 3,7p out | cut -f2 >values
	sort -gr values | cmp - values
	winner=$(sed -n 3p out | cut -f1)
	[ "$(cd run/test && echo *.tsv)" = "$winner.tsv" ]
	mentions_line="# test: the winner $winner, learnt again on train and validation; winners measured on test so far: 1; floor: most popular"
	grep -qxF "$mentions_line" out || fail "$(cat out)"
	# The numbers are what the commands give by hand.
	rec-eval -q -t run/valid.rec ndcg@10 <"run/valid/$winner.lists" | cut -f2 | cmp - <(head -1 values)
	[ "$(rec-cat --info run/full.rec | awk '$1 ~ /cells/ { print $2 }')" -eq \
		$(($(rec-cat run/train.rec | wc -l) + $(rec-cat run/valid.rec | wc -l))) ]
	# Another metric, another model: what is there stays.
	before=$(stat -c '%n %i %y' run/valid/*_*.model run/train.rec)
	exits 0 experiment SWEEP="$FEW cosine_30" METRIC=recall@20
	[ "$(sed -n 2p out)" = "model${TAB}recall@20" ]
	rm run/valid/cosine_30.model
	[ "$(stat -c '%n %i %y' run/valid/*_*.model run/train.rec)" = "$before" ]
	! experiment SWEEP="$FEW" METRIC=map@3 >out 2>err || false
	mentions "map@3 is none of: ndcg@10 recall@20"
}

@test "experiment: killed in the middle it goes on: only what is missing is made, and the table is the same" {
	exits 0 experiment D=whole SWEEP="$FEW"
	# it can't be done before it is killed: one result goes into a FIFO
	# that nobody reads
	mkdir -p run/valid
	mkfifo run/valid/linear_1_0.5_0.5.tsv
	touch -d 2001-01-01 run/valid/linear_1_0.5_0.5.tsv
	UNTIL='run/valid/popular.tsv' killed make -s -j2 -f "$EX/experiment/Makefile" SWEEP="$FEW"
	rm run/valid/linear_1_0.5_0.5.tsv
	[ ! -e run/table.txt ]
	find run -type f ! -name '.*' ! -name '*.part' -exec stat -c '%n %i %y' {} + | sort >before
	[ "$(wc -l <before)" -ge 6 ]
	exits 0 experiment SWEEP="$FEW"
	# shellcheck disable=SC2046
	stat -c '%n %i %y' $(cut -d' ' -f1 before) | grep -v valid.table | sort | cmp - <(grep -v valid.table before)
	sed 's|whole/|run/|' whole/table.txt | cmp - run/table.txt
}

@test "experiment: a command that fails leaves no target, and no table" {
	! experiment -k SWEEP="$FEW als_0_0.01" >out 2>err || false
	mentions "rec-als: --factors: 0 is not between 1 and 16384"
	[ ! -e run/valid/als_0_0.01.model ] && [ ! -e run/table.txt ]
	[ "$(cd run/valid && echo *.tsv)" = "als_4_0.01.tsv als_8_0.01.tsv cosine_20.tsv linear_1_0.5_0.5.tsv popular.tsv" ]
}

@test "experiment: on a file of ratings" {
	make_train 200 100 4000 >ratings.tsv
	exits 0 experiment DATA=ratings.tsv SWEEP="cosine_20 popular"
	[ "$(rec-cat run/data.rec | sort | cksum)" = "$(sort ratings.tsv | cksum)" ]
	grep -q '^cosine_20	ndcg@10/floor	' out || grep -q '^popular	ndcg@10/floor	' out
}

@test "sweep.sh: one sorted table with its protocol; killed, it goes on with what is missing" {
	needs parallel
	export K='4 8' REG='0.01 0.1'
	exits 0 sh "$EX/sweep.sh" whole
	[ "$(sed -n 1p out)" = "# rec-als learnt on whole/train.rec, compared on whole/valid.rec (validation: choose here, report elsewhere); 4 settings" ]
	[ "$(sed -n 2p out)" = "k${TAB}reg${TAB}ndcg@10" ]
	[ "$(sed 1,2d out | cut -f1,2 | sort | xargs)" = "4 0.01 4 0.1 8 0.01 8 0.1" ]
	sed 1,2d out | cut -f3 | sort -gr | cmp - <(sed 1,2d out | cut -f3)
	same out whole/table.txt
	best=$(sed -n 3p out | cut -f1,2)
	rec-als -q -k "${best%"$TAB"*}" --reg "${best#*"$TAB"}" <whole/train.rec >m.rec
	rec-topn -q -n 20 -m m.rec <whole/train.rec | rec-eval -q -t whole/valid.rec ndcg@10 | cut -f2 | cmp - <(sed -n 3p out | cut -f3)
	mkdir part
	mkfifo part/8_0.01.tsv	# that nobody reads: it can't be done before it is killed
	JOBS=1 UNTIL='part/4_0.1.tsv' killed sh "$EX/sweep.sh" part whole/train.rec whole/valid.rec
	rm part/8_0.01.tsv
	[ ! -e part/table.txt ]
	logged=$(sed 1d part/jobs.log | cut -f1 | xargs)
	before=$(stat -c '%n %i %y' part/*.tsv | head -1)
	exits 0 sh "$EX/sweep.sh" part whole/train.rec whole/valid.rec
	sed 1,2d whole/table.txt | cmp - <(sed 1,2d part/table.txt)
	[ -z "$logged" ] || [ "$(stat -c '%n %i %y' part/*.tsv | head -1)" = "$before" ]
	[ "$(sed 1d part/jobs.log | cut -f1 | sort | xargs)" = "1 2 3 4" ]
	K=16 exits 1 sh "$EX/sweep.sh" part
	mentions "sweep.sh: part belongs to another grid: rec-als K=4 8 "
}

@test "sweep.sh: a setting that fails is named, gives no table, and is tried again" {
	needs parallel
	K='0 4' REG=0.01 exits 1 sh "$EX/sweep.sh"
	mentions "sweep.sh: some settings failed, see column 7 of sweep.run/jobs.log; the same line tries them again"
	[ ! -e sweep.run/table.txt ] && [ -s sweep.run/4_0.01.tsv ]
	before=$(stat -c '%i %y' sweep.run/4_0.01.tsv)
	K='0 4' REG=0.01 exits 1 sh "$EX/sweep.sh"
	[ "$(stat -c '%i %y' sweep.run/4_0.01.tsv)" = "$before" ]
	[ "$(awk -F'\t' '$7 != 0 && NR > 1' sweep.run/jobs.log | wc -l)" -eq 2 ]
}

# ends VARIABLE FIRST COMMAND...: the first part and the last, as a scheduler
# starts them, are those of good/.
ends() {
	local variable=$1 first=$2 i
	shift 2
	rm -f sim.*.rec
	for i in 0 15; do
		env "$variable=$((first + i))" "$@" || fail "$variable=$((first + i)): $*" || return 1
	done
	same good/sim.00.rec sim.00.rec && same good/sim.15.rec sim.15.rec && [ "$(echo sim.*)" = "sim.00.rec sim.15.rec" ]
}

# (What runs on object storage: tests/cloud/jobs.bats.)
@test "schedulers: what the scripts run makes the bytes of one process" {
	rec-gen -b --users 60 --items 40 --rows 900 >train.rec
	rec-sim cosine -q -b <train.rec >whole.rec
	for i in $(seq 0 15); do REC_INDEX=$i rec-task -n 16 -i train.rec -o sim.%02d.rec -- rec-sim cosine -b --columns '{i}/{n}'; done
	rec-task --collect -n 16 -o sim.%02d.rec | cmp - whole.rec
	mkdir good
	mv sim.*.rec good
	ends SGE_TASK_ID 1 sh "$EX/schedulers/array.sh"
	ends LSB_JOBINDEX 1 sh "$EX/schedulers/array.sh"
	ends PBS_ARRAY_INDEX 0 sh "$EX/schedulers/array.sh"
	ends SLURM_ARRAY_TASK_ID 0 sh "$EX/slurm/task.sh" -n 16 -i train.rec -o sim.%02d.rec -- rec-sim cosine -b --columns '{i}/{n}'
}

@test "scale.sh: its table is the one of the page, and takes other numbers" {
	exits 0 sh "$EX/scale.sh"
	expand -t 8,15,22,31,39,48,57,65,74 <out >table
	[ "$(wc -l <table)" -eq 8 ]
	while IFS= read -r line; do
		grep -qxF -- "$line" "$ROOT/man/rec-scale.7" || fail "not in the page: $line"
	done <table
	NS_PAIR=60 exits 0 sh "$EX/scale.sh" 2e7 2e5 2e9 6 16 10
	# (2 * 2e9 + 32 * 2.02e7) * 60 ns / 96 cores; 7 times 2.02e7 * 276
	# bytes at 1.25 GB/s
	tail -1 out | grep -q "2.9 s${TAB}31 s${TAB}" || fail "$(cat out)"
}
