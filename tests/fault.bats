#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Every call that can fail is made to fail, one after the other
# (tests/fault/sweep.c says what is asked of each run): memory, reads, writes,
# closes, opens, mappings, renames, links, syncs, threads; or SIGTERM arrives.
# The usual job of every command with all kinds, other jobs with fewer.

load helpers

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return 1
	prepare_samples
	rec-cat -b lists.tsv >lists.rec
	gzip -n <train.tsv >train.gz
	gzip -n <lists.tsv >lists.gz
}

# Each test in a folder of its own with the data, so that sweep can tell what
# is new; in memory where that can be: thousands of runs wait for their files.
setup() {
	SWEEP="${REC_BIN:-$ROOT/build/bin}/../tests/fault/sweep"
	[ -x "$SWEEP" ] || fail "tests/fault/sweep is not built (make programs)"
	export TMPDIR
	TMPDIR=$(mktemp -d /dev/shm/recpipe.XXXXXX 2>/dev/null) || TMPDIR=$BATS_TEST_TMPDIR
	mkdir "$TMPDIR/run"
	cp "$BATS_FILE_TMPDIR"/*.* "$TMPDIR/run"
	cd "$TMPDIR/run" || return 1
}

teardown() {
	[ "$TMPDIR" = "$BATS_TEST_TMPDIR" ] || rm -rf "$TMPDIR"
}

ALL="malloc read write writeio close open mmap rename link fsync term thread eintr short"
FILES="write close open rename link fsync term"

# sweep KINDS STDIN COMMAND...: all faults of these kinds; at least one of each
# kind of memory fault must have come. OLD=-k: with old files.
sweep() {
	local kinds=$1 stdin=$2
	shift 2
	# shellcheck disable=SC2086
	"$SWEEP" $OLD -i "$stdin" $kinds -- "$@" >swept 2>&1 || fail "$*: $(head -c 3000 swept)" || return 1
	! grep -E ': (malloc|open|term): 0 faults' swept || fail "$*: nothing was made to fail"
}

# The jobs of helpers.bash, which are shell functions, as command lines.
job() {
	case $1 in
	rec-cat) echo "rec-cat" ;;
	rec-gen) echo "rec-gen --users 20 --items 10 --rows 100" ;;
	rec-split) echo "rec-split --ratio 0.5 --test held.out" ;;
	rec-als) echo "rec-als -q -k 4 -i 2" ;;
	rec-sim) echo "rec-sim -q cosine" ;;
	rec-topn) echo "rec-topn -q -m model.rec -n 3" ;;
	rec-score) echo "rec-score -q -m model.rec" ;;
	rec-eval) echo "rec-eval -q -t truth.tsv recall@3 ndcg@5" ;;
	esac
}

@test "faults: the tools of this file work" {
	"$SWEEP"
	# A command that ignores a failed write is found out.
	exits 1 "$SWEEP" write -- sh -c 'printf x 2>/dev/null; exit 0'
	grep -q 'REC_FAULT=write:1: exit 0' out
}

@test "faults: every kind, text" {
	for c in $COMMANDS; do
		# shellcheck disable=SC2046
		OLD=-k sweep "$ALL" "$(sample_stdin "$c")" $(job "$c") -j 3 -o final.out
		grep -qE ': fsync: [2-9] faults' swept || fail "$c: files and folders are not synced: $(cat swept)"
		grep -qE ': link: [1-9] faults, [1-9] survived' swept || fail "$c: nothing instead of a link: $(cat swept)"
	done
}

@test "faults: every kind, recmat in and out, --stats" {
	for c in $COMMANDS; do
		in=$(sample_stdin "$c")
		b=-b
		[ "$c" = rec-eval ] && b=	# measures are text
		# shellcheck disable=SC2046,SC2086
		sweep "$ALL" "${in/tsv/rec}" $(job "$c") -j 3 $b
		# shellcheck disable=SC2046,SC2086
		sweep "malloc open write close rename fsync" "${in/tsv/rec}" $(job "$c") -j 1 $b -o final.out --stats /dev/null
	done
}

@test "faults: every kind, gzip in and out" {
	for c in $COMMANDS; do
		in=$(sample_stdin "$c")
		# shellcheck disable=SC2046
		sweep "$ALL" "${in/tsv/gz}" $(job "$c") -j 2 -o final.out.gz
	done
}

@test "faults: reads in the middle of the input" {
	export REC_FAULT_PIECES=700
	for c in $(readers); do
		in=$(sample_stdin "$c")
		for s in tsv gz rec; do
			# shellcheck disable=SC2046
			sweep "read eintr" "${in/tsv/$s}" $(job "$c") -j 1 -o final.out
		done
	done
}

@test "faults: two outputs, one of which fails" {
	for OLD in "" -k; do
		sweep "$FILES" train.tsv rec-split --ratio 0.4 --valid-ratio 0.3 --test held.out --valid valid.out -o final.out
		sweep "$FILES" train.tsv rec-split --shards 3 --by user --to 'shard.%d.gz'
		sweep "$FILES" train.rec rec-split --parts 2 --by item --to 'part.%d.tsv'
		sweep "$FILES" train.tsv rec-split -q --user-ratio 0.5 --given 0.5 --input given.out --test held.out -o final.out
	done
}

@test "faults: two outputs on a file system without hard links" {
	export REC_FAULT_NO_LINK=1
	OLD=-k sweep "$FILES" train.tsv rec-split --ratio 0.4 --valid-ratio 0.3 --test held.out --valid valid.out -o final.out
	grep -q 'rename: 6 faults' swept
	sweep "$FILES" train.tsv rec-split --ratio 0.4 --valid-ratio 0.3 --test held.out --valid valid.out -o final.out
	grep -q 'rename: 3 faults' swept
}

@test "faults: two outputs that nothing waits for" {
	for OLD in "" -k; do
		sweep "write close open rename link term" train.tsv rec-split --no-sync --ratio 0.4 --test held.out -o final.out
		! "$SWEEP" -i train.tsv fsync -- rec-split --no-sync --ratio 0.4 --test held.out -o final.out | grep -v ' 0 faults' || false
	done
}

@test "faults: bytes are on the disk before a file gets its name, and names before the run ends" {
	echo old >held.out
	mkdir there
	LD_PRELOAD=$(dirname "$SWEEP")/fail.so REC_FAULT_LOG=log rec-split --ratio 0.5 --test held.out -o there/final.out <train.tsv
	sed -E "s,$(pwd -P)/,,g; s/\.[0-9a-f]{6}\b/.X/g" log >got
	cat >want <<-'LIST'
		fsync .held.out.X
		fsync there/.final.out.X
		rename there/.final.out.X there/final.out
		link held.out .held.out.X
		rename .held.out.X held.out
		fsync there
		fsync .
		unlink .held.out.X
	LIST
	sed -i "s,^fsync $(pwd -P)\$,fsync .," got
	diff <(sort want) <(sort got)
	diff <(grep -v '^fsync .*X' want) <(grep -v '^fsync .*X' got)	# files are synced side by side
	[ "$(head -2 got | grep -c '^fsync .*X')" -eq 2 ]
	# shards: each file, the folder once
	rm log
	LD_PRELOAD=$(dirname "$SWEEP")/fail.so REC_FAULT_LOG=log rec-split --shards 40 --by user --to 'there/s.%02d' <train.tsv
	[ "$(grep -c '^fsync .*/\.s\.' log)" -eq 40 ]
	[ "$(grep -c '^fsync .*/there$' log)" -eq 1 ]
	[ "$(grep -n '^rename' log | head -1 | cut -d: -f1)" -eq 41 ]
	rm log
	LD_PRELOAD=$(dirname "$SWEEP")/fail.so REC_FAULT_LOG=log rec-split --no-sync --ratio 0.5 --test held.out <train.tsv >out
	[ "$(cut -d' ' -f1 log)" = rename ]
}

@test "faults: memory, in jobs with other options" {
	rec-als -q -k 3 -i 1 --explicit <train.tsv >explicit.rec
	rec-sim -q -b pearson --center <train.tsv >center.rec
	rec-sim -q -b cosine --side user <train.tsv >users.rec
	rec-sim -q linear --survey <train.tsv >survey.tsv
	rec-sim -q linear --partial --whole survey.tsv <train.tsv >sums.tsv
	rec-sim -q llr --partial -b <train.tsv >sums.rec
	cut -f 2 train.tsv | sort -u | head -20 >items.txt
	cut -f 1,2 all.tsv | awk '!seen[$1]++ { print $1 "\tgroup" (NR % 3) }' >groups.tsv
	sort -R lists.tsv >other.tsv
	rec-eval -q -t truth.tsv --per-user recall@3 ndcg@5 <lists.tsv >perusers.tsv
	rec-score -q -m explicit.rec <truth.tsv >scored.tsv
	rec-gen --users 300 --items 300 --rows 4000 -b >more.rec
	rec-als -q -k 3 -i 1 <more.rec >start.rec
	for i in 1 2; do rec-als -q --half item -m start.rec --part $i/2 <more.rec || return 1; done >parts.rec
	for i in 2 1; do rec-als -q --half item -m start.rec --part $i/2 <more.rec || return 1; done >turned.rec
	awk -F'\t' -v OFS='\t' '{ print $2, $1, $3, $4 }' train.tsv >items-users.tsv
	rec-cat --to csv <train.tsv >train.csv
	rec-cat --to mtx --row-labels rows.txt --col-labels cols.txt <train.tsv >train.mtx
	while read -r in command; do
		case $in in \#* | "") continue ;; esac
		# shellcheck disable=SC2086
		sweep "malloc" "$in" $command
	done <<-'LIST'
		train.tsv rec-als -q -k 3 -i 1 --explicit
		train.tsv rec-als -q -k 3 -i 1 --solver cg --weights log --objective -o final.out
		train.tsv rec-als -q -k 4 -i 1 --init-from model.rec
		train.tsv rec-als -q --half user -m model.rec --part 1/1
		more.rec rec-als -q --half user -m parts.rec --part 1/2
		more.rec rec-als -q --half user -m turned.rec
		items-users.tsv rec-als -q --half item --transposed -m model.rec
		more.rec rec-split --parts 2 --by item --to part.%d.tsv
		train.tsv rec-split --parts 2 --by item --transpose --to part.%d.rec -b
		train.tsv rec-als -q -k 3 -i 1 --reg auto --duplicates max
		train.tsv rec-sim -q pearson --center -b
		train.tsv rec-sim -q linear --exponents 1,.7,.2 -n 0 -b --weights bm25
		train.tsv rec-sim -q llr --side user --part 1/1
		train.tsv rec-sim -q rp3beta --normalize l1 --keep history
		train.tsv rec-sim -q popular -b
		train.tsv rec-sim -q jaccard --max-user 5
		train.tsv rec-sim -q cosine --from-factors model.rec
		train.tsv rec-sim -q linear --survey
		train.tsv rec-sim -q linear --partial --whole survey.tsv -b
		sums.tsv rec-sim -q linear --merge --whole survey.tsv
		sums.rec rec-sim -q llr --merge -n 5 -b --part 1/1
		sums.rec rec-sim -q llr --partial --merge -b
		train.tsv rec-sim -q llr --partial -b --groups 2 --to part.%d.tsv
		train.tsv rec-topn -q -m model.rec -m sim.rec --blend 1,2 --scale zscore
		train.tsv rec-topn -q -m model.rec --fold-in --seen truth.tsv
		train.tsv rec-topn -q -m sim.rec --allow items.txt --fill popular --interactions train.tsv
		train.tsv rec-topn -q -m sim.rec --deny items.txt --cold popular --stream --interactions train.tsv
		train.tsv rec-topn -q -m explicit.rec --candidates truth.tsv
		train.tsv rec-topn -q -m center.rec -b
		train.tsv rec-topn -q -m users.rec --interactions train.rec
		items.txt rec-topn -q -m model.rec --similar-items
		truth.tsv rec-score -q -m explicit.rec --clamp 1:5
		truth.tsv rec-score -q -m sim.rec --history train.tsv --cold drop
		truth.tsv rec-score -q -m model.rec --fold-in --history train.tsv
		lists.tsv rec-eval -q -t truth.tsv --train train.tsv recall@3 ndcg@5 coverage@3 novelty@3
		lists.tsv rec-eval -q -t truth.tsv --per-user --train train.tsv recall@3 ndcg@5
		lists.tsv rec-eval -q -t truth.tsv --bootstrap 40 --compare other.tsv recall@3 --json
		lists.tsv rec-eval -q -t truth.tsv --compare other.tsv --significance wilcoxon recall@3
		lists.tsv rec-eval -q -t truth.tsv --groups groups.tsv recall@3 map@5
		perusers.tsv rec-eval -q --summarize
		scored.tsv rec-eval -q -t truth.tsv rmse mae
		all.tsv rec-split -q --last 2 --test held.out --valid-ratio 0.3 --valid valid.out
		all.tsv rec-split -q --leave 1 --core 2 --test held.out --warm-only both
		all.tsv rec-split -q --after 1640000000 --duplicates sum --test held.out --min-value 1 --binarize
		all.tsv rec-split -q --folds 3 --fold 1 --test held.out -o final.out
		all.tsv rec-split -q --user-ratio 0.5 --given 2 --input given.out --test held.out
		truth.tsv rec-split -q --audit train.tsv
		all.tsv rec-split --shards 3 --by item --to shard.%02d.gz
		train.tsv rec-cat --info model.rec
		train.tsv rec-cat --verify model.rec sim.rec train.rec
		train.tsv rec-cat --merge train.tsv truth.tsv
		train.tsv rec-cat --merge -b train.rec truth.tsv --duplicates max
		train.tsv rec-cat --labels col train.tsv sim.rec
		train.tsv rec-cat --block user model.rec
		train.tsv rec-cat --rank lists.tsv
		train.csv rec-cat --from csv --to libsvm
		train.csv rec-cat --from csv -b
		train.mtx rec-cat --from mtx --row-labels rows.txt --col-labels cols.txt
		train.tsv rec-cat --to npy --block item --row-labels labels.out model.rec
		train.tsv rec-cat --to word2vec --block item model.rec
		train.tsv rec-cat --to wide
		train.tsv rec-gen --users 20 --items 10 --rows 100 --explicit --times --dim 2 -b
	LIST
}
