#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A small pipeline of every command with many threads: for TSan, which ends a
# command with its own status when it sees a race.

load helpers

@test "threads: every command with -j 4 gives what -j 1 gives" {
	export TSAN_OPTIONS=exitcode=66:halt_on_error=1
	for j in 1 4; do
		rec-gen -j $j --users 400 --items 90 --rows 6000 --times --explicit >all.$j
		rec-split -j $j --leave 1 --core 2 --test test.$j <all.$j >train.$j
		rec-cat -j $j -b --merge train.$j >rec.$j
		rec-als -q -j $j -k 8 -i 2 <rec.$j >als.$j
		rec-als -q -j $j -k 8 -i 2 --solver cg <train.$j >cg.$j
		rec-als -q -j $j -k 4 -i 2 --explicit <train.$j >explicit.$j
		rec-sim -q -j $j cosine -n 5 <train.$j >sim.$j
		rec-sim -q -j $j -b linear -n 0 <train.$j >linear.$j
		rec-topn -q -j $j -m als.$j -n 5 <train.$j >lists.$j
		rec-topn -q -j $j -m sim.$j -n 5 <rec.$j >simlists.$j
		rec-score -q -j $j -m explicit.$j <test.$j >score.$j
		rec-eval -q -j $j -t test.$j --train train.$j recall@5 ndcg@5 <lists.$j >eval.$j
	done
	for f in all test train rec als cg explicit sim linear lists simlists score eval; do
		same $f.1 $f.4
	done
}
