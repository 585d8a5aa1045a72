#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# rec-fan: the bytes of one process from any number of parts, on this machine
# and on hosts of a stand-in for ssh, through faults and kills. Real hosts:
# tests/fan/fan.bats (make check-fan).

load helpers

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return 1
	rec-gen --users 1500 --items 700 --rows 20000 --explicit --times >all.tsv
	rec-split --ratio 0.2 --test truth.tsv <all.tsv >train.tsv
	rec-als -q -k 8 -i 3 <train.tsv >als.rec
	rec-topn -q -m als.rec -n 5 <train.tsv >topn.tsv
	rec-sim -q cosine <train.tsv >cosine.tsv
}

setup() {
	cd "$BATS_FILE_TMPDIR" || return 1
	rm -rf work hosts list final
}

# fan ARGUMENTS...: rec-fan in the folder work, within a minute
fan() {
	timeout 60 rec-fan --work work "$@"
}

# with_hosts NAME...: a list of stand-in hosts, two slots on the first
with_hosts() {
	rm -rf hosts
	for h; do
		mkdir -p "hosts/$h/faults"
		echo "$h"
	done | sed '1s/$/ 2/' >list
	export REC_FAKE_HOSTS=$PWD/hosts REC_SSH="sh $ROOT/tests/fan/ssh.sh"
}

# fault HOST NAME LINE: as tests/fan/host.sh reads it
fault() {
	echo "$3" >"hosts/$1/faults/$2"
}

parts_done() {	# lines of the log: finished parts of the steps named $1
	awk -F'\t' -v s="$1" '$2 ~ s && $2 != "ship" && $8 == "ok"' work/log.tsv | wc -l
}

@test "rec-fan: als is the model of one process, for any number of parts and any solver" {
	for opts in "" "--solver cg --weights log" "--explicit" "--target value --weights linear" "--solver cg --init-from als.rec"; do
		# shellcheck disable=SC2086
		rec-als -q -k 8 -i 3 $opts <train.tsv >want
		for n in 1 2 3 7; do
			rm -rf work
			# shellcheck disable=SC2086
			exits 0 fan --slots 2 --parts "$n" -q als -k 8 -i 3 -q $opts <train.tsv
			same want out || fail "als $opts in $n parts"
		done
	done
	rm -rf work
	exits 0 fan als -k 8 -i 0 <train.tsv
	rec-als -q -k 8 -i 0 <train.tsv >want
	same want out
}

@test "rec-fan: sim, topn and eval are those of one process" {
	rec-topn -q -b -m als.rec -n 5 --seen truth.tsv <train.tsv >lists.rec
	rec-sim -q jaccard -b <train.tsv >jaccard.rec
	rec-eval -q -t truth.tsv --train train.tsv --bootstrap 50 --seed 7 recall@5 ndcg@5 coverage@5 <topn.tsv >measures
	for n in 1 2 3 7; do
		rm -rf work
		exits 0 fan --parts "$n" topn -bn5 --model=als.rec --seen truth.tsv <train.tsv
		same lists.rec out
		rm -rf work
		exits 0 fan --parts "$n" topn -m als.rec -n 5 <train.tsv
		same topn.tsv out
		rm -rf work
		exits 0 fan --parts "$n" sim cosine <train.tsv
		same cosine.tsv out
		rm -rf work
		exits 0 fan --parts "$n" sim -b jaccard <train.tsv
		same jaccard.rec out
		rm -rf work
		exits 0 fan --parts "$n" eval -t truth.tsv --train train.tsv --bootstrap 50 --seed 7 recall@5 ndcg@5 coverage@5 <topn.tsv
		same measures out
	done
}

@test "rec-fan: sim over shards, where no host is sent the whole input" {
	with_hosts a b c
	for opts in "cosine -b" "linear --exponents 1,.7,.4 -n 20" "lift --keep history -n 7"; do
		# shellcheck disable=SC2086
		rec-sim -q $opts <train.tsv >want
		for n in 1 3; do
			rm -rf work
			# shellcheck disable=SC2086
			exits 0 fan --hosts list --shards --parts "$n" sim $opts <train.tsv
			same want out || fail "$opts in $n shards"
			! grep -q "data.rec" work/log.tsv || fail "$(cat work/log.tsv)"
		done
	done
	exits 2 fan --shards als <train.tsv
	says "rec-fan: --shards cannot work with als"
	exits 2 fan --shards sim ease <train.tsv
	says "rec-fan: --shards cannot work with ease"
}

@test "rec-fan: sim whose parts are rows, columns, or one" {
	for opts in "lift --keep history -n 7 --normalize l1" "cosine -n 0" "cosine --center -b" "pearson -n 9 -b" "llr --side user -b" "popular -b"; do
		rm -rf work
		# shellcheck disable=SC2086
		rec-sim -q $opts <train.tsv >want
		# shellcheck disable=SC2086
		exits 0 fan --parts 3 sim $opts <train.tsv
		same want out || fail "$opts"
	done
}

@test "rec-fan: ease is one step of one host, in text and binary" {
	rec-sim -q ease -n 20 <train.tsv >want
	exits 0 fan sim ease -n 20 <train.tsv
	says "rec-fan: ease is made on one host"
	same want out
	rm -rf work
	rec-sim -q -b ease <train.tsv >want
	exits 0 fan -o final sim -b ease <train.tsv
	same want final
	[ ! -s out ]
}

@test "rec-fan: hosts with different instruction sets give the bytes of one process" {
	with_hosts a b c
	for isa in $(instruction_sets); do
		for h in a b c; do
			[ -s "hosts/$h/env" ] || { echo "REC_ISA=$isa" >"hosts/$h/env"; break; }
		done
	done
	exits 0 fan --hosts list --parts 7 als -k 8 -i 3 <train.tsv
	same als.rec out
	[ "$(awk -F'\t' '$2 == "ship" && $3 == "in/step.1.rec"' work/log.tsv | sort -u -k5,5 | wc -l)" -eq 3 ] || fail "$(cat work/log.tsv)"
	[ ! -d hosts/a/home/.rec-fan ] || [ -z "$(ls hosts/a/home/.rec-fan)" ] || fail "left behind: $(find hosts/a/home)"
}

@test "rec-fan: faults of one host are worked around, and the host is named" {
	for f in "flip -" "cut -" "hang -" "crash - 0.05 topn:" "full - 4" "refuse -" "die 3 0.02 topn:"; do
		rm -rf work
		with_hosts a b c
		fault b "${f%% *}" "${f#* }"
		exits 0 fan --hosts list --parts 9 --timeout 4 --tries 6 topn -m als.rec -n 5 <train.tsv || fail "$f: $(cat err)"
		same topn.tsv out || fail "$f"
		case $f in hang* | crash* | refuse*) mentions "rec-fan: b: dropped: " || fail "$f" ;; esac
		awk -F'\t' '$5 == "b" && $8 != "ok"' work/log.tsv | grep -q . || fail "$f: nothing failed on b: $(cat work/log.tsv)"
	done
}

@test "rec-fan: a part that fails with every try ends the run, named, and no file is left" {
	with_hosts a b
	for h in a b; do fault $h die "- 0 :2/3"; done
	exits 4 fan --hosts list --parts 3 --timeout 5 -o final topn -m als.rec -n 5 <train.tsv
	grep -qE "^rec-fan: (topn part 2 of 3 failed in every try, the last on [ab]: |no host is left for part 2 of topn)" err || fail "$(cat err)"
	[ ! -e final ]
	rm -rf work
	with_hosts a b
	head -c 1000 als.rec >cut.rec
	exits 1 fan --hosts list --parts 3 -o final topn -m cut.rec -n 5 <train.tsv
	grep -qE "^rec-fan: topn part [123] of 3 failed in every try, the last on [ab]: exit 1: rec-topn: in/file.1: " err || fail "$(cat err)"
	[ ! -e final ]
	[ ! -s out ]
}

@test "rec-fan: no host left is exit 4" {
	with_hosts a b
	for h in a b; do fault $h refuse -; done
	exits 4 fan --hosts list -o final topn -m als.rec <train.tsv
	mentions "rec-fan: a: dropped: no answer after 'shipping: a: Permission denied (publickey).'"
	mentions "rec-fan: no host is left for part "
	[ ! -e final ]
}

@test "rec-fan: killed at ten moments and begun again, the bytes are right and finished parts are not done again" {
	rec-als -q -k 24 -i 6 <train.tsv >want
	for i in 1 2 3 4 5 6 7 8 9 10; do
		setsid rec-fan --work work --slots 2 --parts 3 als -k 24 -i 6 <train.tsv >out 2>err 3>&- &
		sleep "0.$((i * 7 % 10))$i"
		kill -KILL -- "-$!" 2>/dev/null || :
		sleep 0.05
	done
	before=$(parts_done '^(user|item)')
	exits 0 fan --slots 2 --parts 3 als -k 24 -i 6 <train.tsv
	same want out
	[ "$(parts_done '^(user|item)')" -le 36 ] || fail "$before, then: $(cat work/log.tsv)"
	awk -F'\t' '$8 == "ok" && ++n[$2 "." $3] > 1 { twice++ } END { exit twice > 0 }' work/log.tsv || fail "done twice: $(cat work/log.tsv)"
	exits 0 fan --slots 2 --parts 3 als -k 24 -i 6 </dev/null
	same want out
}

@test "rec-fan: a finished part that was damaged since is done again" {
	exits 0 fan --parts 4 topn -m als.rec -n 5 <train.tsv
	head -c 3000 work/part/topn.2.rec >cut && mv cut work/part/topn.2.rec
	printf X | dd of=work/part/topn.3.rec bs=1 seek=5000 conv=notrunc 2>/dev/null
	exits 0 fan --parts 4 topn -m als.rec -n 5 <train.tsv
	same topn.tsv out
	[ "$(parts_done topn)" -eq 6 ] || fail "$(cat work/log.tsv)"
}

@test "rec-fan: another job, another input or a changed file in the same folder is refused" {
	exits 0 fan --parts 2 topn -m als.rec -n 5 <train.tsv
	exits 1 fan --parts 2 topn -m als.rec -n 6 <train.tsv
	mentions "rec-fan: work holds another job: "
	exits 1 fan --parts 3 topn -m als.rec -n 5 <train.tsv
	says "rec-fan: work was begun with 2 parts"
	exits 1 fan --parts 2 topn -m als.rec -n 5 <truth.tsv
	says "rec-fan: the input is not the one that work was begun with (or cannot be read)"
	cp als.rec other.rec
	rm -rf work
	exits 0 fan --parts 2 topn -m other.rec -n 5 <train.tsv
	sleep 0.02
	cp als.rec other.rec
	exits 1 fan --parts 2 topn -m other.rec -n 5 <train.tsv
	says "rec-fan: other.rec: changed since work was begun; use another folder"
}

@test "rec-fan: wrong use is told before anything is done" {
	exits 2 fan --bogus als
	says "rec-fan: unknown option '--bogus' (see rec-fan --help)"
	exits 2 rec-fan als
	says "rec-fan: --work DIR is missing"
	exits 2 fan
	says "rec-fan: which command? one of: als sim topn eval"
	exits 2 fan split
	says "rec-fan: unknown command 'split'; one of: als sim topn eval"
	exits 2 fan --parts 0 als
	says "rec-fan: --parts: 0 is not between 1 and 10000"
	exits 2 fan --parts x als
	says "rec-fan: --parts: 'x' is not a whole number"
	exits 2 fan als --half user <train.tsv
	says "rec-fan: --half cannot work under rec-fan"
	exits 2 fan als -k 0 <train.tsv
	says "rec-fan: --factors: 0 is not between 1 and 16384"
	exits 2 fan als --nonsense <train.tsv
	says "rec-fan: unknown option '--nonsense' (see rec-als --help)"
	exits 2 fan sim cosine --center <train.tsv
	says "rec-fan: a model with an offset or weighted histories does not go into text: use -b"
	exits 1 fan --hosts none als <train.tsv
	says "rec-fan: none: cannot read"
	echo '# nobody' >list
	exits 2 fan --hosts list als <train.tsv
	says "rec-fan: list: names no host"
	exits 1 fan topn -m none.rec <train.tsv
	says "rec-fan: none.rec: cannot read"
}

@test "rec-fan: options and version are those of the page and the release" {
	exits 0 rec-fan --version
	[ "$(cat out)" = "rec-fan (recpipe) $(cat "$ROOT/VERSION")" ]
	exits 0 rec-fan --help
	rec-fan --options | while IFS=$TAB read -r _ long _; do
		grep -q -- "--$long" out || fail "--help lacks --$long" || exit 1
		grep -q "Fl -$long" "$ROOT/man/rec-fan.1" || fail "the page lacks --$long" || exit 1
	done
}
