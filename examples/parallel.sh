#!/bin/sh
# SPDX-License-Identifier: MIT
# parallel.sh [HOSTS] - what rec-fan does, as plain lines of GNU parallel, on
# this machine or on the hosts of the file HOSTS (parallel's --sshloginfile).
#
# The data are made up, and each result is compared with that of one process.
# These lines are safe because:
#   - -o: a job that fails leaves no file under the final name, and parallel
#     says how many failed (set -e stops here);
#   - -b: the next command refuses a recmat file that was cut on its way;
#   - parts are joined by name, one by one, so a missing one is an error
#     (rec-task --collect does the same for numbered names);
#   - --retries stands alone: with --pipepart, parallel 20221122 loses blocks
#     and exits 0.
# Hosts need rsync and the commands in their PATH, but not parallel. A line of
# HOSTS such as `2/name` means two jobs at the same time. Set a short time limit
# for ssh, because a dead host otherwise blocks the run: PARALLEL_SSH="ssh -o
# ConnectTimeout=5 -o ServerAliveInterval=5 -o ServerAliveCountMax=2".
# shellcheck disable=SC2086,SC2046,SC1083 # $on and $(far ...) are several words; {} is parallel's
set -eu
PATH=$(cd "$(dirname "$0")/.." && pwd)/build/bin:$PATH

hosts=${1:+$(cd "$(dirname "$1")" && pwd)/$(basename "$1")}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
cd "$work"
# On hosts each run has its own folder, failed jobs get one more try, and files
# are sent. On this machine files stay in their place.
far() { [ -z "$hosts" ] || echo "$@"; }
if [ -n "$hosts" ]; then on="--sshloginfile $hosts --wd recpipe.$$ --cleanup --retries 2"; else on="--sshlogin 2/:"; fi
same() { cmp "$1" "$2" && echo "$3: the bytes of one process"; }

rec-gen --users 1500 --items 700 --rows 40000 -b >all.rec
rec-split -q -b --ratio 0.2 --test test.rec <all.rec >train.rec

# rec-sim: every job reads all interactions and makes one part of the columns.
parallel $on $(far --basefile train.rec --return sim.{}.rec) 'rec-sim cosine -q -j 1 -b --columns {}/3 -o sim.{}.rec <train.rec' ::: 1 2 3
rec-cat --merge -b -o sim.rec sim.1.rec sim.2.rec sim.3.rec
rec-sim cosine -q -b <train.rec >one.sim.rec
same sim.rec one.sim.rec "rec-sim by parts"

# rec-sim: every job reads one shard of the users and makes its sums, which are
# small and are merged.
rec-split -q -b --shards 3 --by user --to shard.%d.rec <train.rec
parallel $on $(far --transferfile shard.{}.rec --return sums.{}.rec) 'rec-sim cosine -q -j 1 -b --partial -o sums.{}.rec <shard.{}.rec' ::: 0 1 2
rec-cat -b -o sums.rec sums.0.rec sums.1.rec sums.2.rec
rec-sim cosine -q -b --merge <sums.rec >merged.rec
same merged.rec one.sim.rec "rec-sim by shards"

# rec-topn: every job answers one part of the users; the model is sent to every
# host once and mapped into memory there.
parallel $on $(far --basefile train.rec --basefile sim.rec --return top.{}.rec) 'rec-topn -q -j 1 -b -m sim.rec --part {}/3 -o top.{}.rec <train.rec' ::: 1 2 3
rec-cat --merge -b -o top.rec top.1.rec top.2.rec top.3.rec
rec-topn -q -b -m sim.rec <train.rec >one.top.rec
same top.rec one.top.rec "rec-topn by parts"

# rec-als: a half-step solves one side with the vectors of the other side. The
# next half-step starts from its joined parts.
rec-als -q -k 8 -i 0 <train.rec >start.rec
from=start.rec
for step in 1.item 1.user 2.item 2.user; do
	parallel $on $(far --basefile train.rec --basefile $from --return $step.{}.rec) \
		"rec-als -q -j 1 --half ${step#*.} -m $from --part {}/2 -o $step.{}.rec <train.rec" ::: 1 2
	rec-cat --merge -b -o $step.rec $step.1.rec $step.2.rec
	from=$step.rec
done
rec-cat --merge -b -o als.rec 2.user.rec 2.item.rec
rec-als -q -k 8 -i 2 <train.rec >one.als.rec
same als.rec one.als.rec "rec-als by half-steps"

# rec-eval: every job writes a line for each user and measure; the last step
# summarises them.
parallel $on $(far --basefile top.rec --basefile test.rec --return users.{}.tsv) \
	'rec-eval -q -j 1 --per-user --part {}/3 -t test.rec -o users.{}.tsv recall@10 ndcg@10 <top.rec' ::: 1 2 3
cat users.1.tsv users.2.tsv users.3.tsv >users.tsv
rec-eval -q --summarize <users.tsv >measures.tsv
rec-eval -q --per-user -t test.rec recall@10 ndcg@10 <one.top.rec >one.users.tsv
rec-eval -q --summarize <one.users.tsv >one.measures.tsv
same measures.tsv one.measures.tsv "rec-eval by parts"
