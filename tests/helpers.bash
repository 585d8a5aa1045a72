# SPDX-License-Identifier: MIT
# helpers.bash - loaded by every bats file: where the commands are, small data,
# and assertions that say what they saw.

bats_require_minimum_version 1.5.0

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export PATH="${REC_BIN:-$ROOT/build/bin}:$PATH" LC_ALL=C
TAB=$'\t'
unset PARALLEL_SEQ PARALLEL_JOBSLOT PARALLEL_PID # of the GNU parallel that runs these files side by side
COMMANDS="rec-cat rec-gen rec-split rec-als rec-sim rec-topn rec-score rec-eval"
SERVE=$(command -v rec-serve >/dev/null && echo rec-serve rec-lambda)	# where they were built

# Data under REC_DATA or beside the checkout; empty where there is none.
data_dir() {
	local d=${REC_DATA:-$ROOT/../shared/data}
	[ -d "$d" ] && printf '%s' "$d"
}

# Every test works in a folder of its own.
setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
}

# Interactions for tests: small, with structure, values and times. $1 users, $2
# items, $3 rows.
make_train() {
	rec-gen --users "${1:-60}" --items "${2:-40}" --rows "${3:-900}" --times --explicit
}

# fail TEXT: end the test with a message.
fail() {
	printf '%s\n' "$*" >&2
	return 1
}

# same A B: the files are equal, byte by byte, and not empty.
same() {
	[ -s "$1" ] || fail "$1 is empty" || return 1
	cmp "$1" "$2"
}

# exits STATUS COMMAND...: the command ends with STATUS; stdout and stderr are
# left in the files out and err.
exits() {
	local want=$1 got=0
	shift
	"$@" >out 2>err || got=$?
	[ "$got" -eq "$want" ] || fail "exit $got, not $want: $*
stderr: $(head -c 500 err)"
}

# says TEXT: the file err holds exactly this line (and no other).
says() {
	[ "$(cat err)" = "$1" ] || fail "stderr is '$(head -c 600 err)', not '$1'"
}

# mentions TEXT: the file err holds TEXT somewhere.
mentions() {
	grep -qF -- "$1" err || fail "stderr '$(head -c 600 err)' does not mention '$1'"
}

# one_line: the file err is exactly one line that begins with the name of the
# command.
one_line() {
	[ "$(wc -l <err)" -eq 1 ] || fail "$1: stderr is not one line: '$(head -c 600 err)'" || return 1
	grep -q "^$1: " err || fail "$1: stderr does not begin with its name: '$(cat err)'"
}

# instruction_sets: those this machine has.
instruction_sets() {
	rec-gen --version | sed -n 's/.*instruction sets here: //p'
}

# The data of the looped tests, in the current folder: train.tsv train.rec
# model.rec sim.rec lists.tsv truth.tsv
prepare_samples() {
	make_train >all.tsv
	rec-split --ratio 0.3 --test truth.tsv <all.tsv >train.tsv
	rec-cat --to recmat <train.tsv >train.rec
	rec-als -q -k 4 -i 2 <train.tsv >model.rec
	rec-sim -q -b cosine <train.tsv >sim.rec
	rec-topn -q -j 1 -m model.rec -n 5 <train.tsv >lists.tsv
}

# sample COMMAND: run its main job on the prepared data; stdin is the caller's
# (sample_stdin names the file that suits it). Further arguments are passed on.
sample() {
	local c=$1
	shift
	case $c in
	rec-cat) rec-cat "$@" ;;
	rec-gen) rec-gen --users 20 --items 10 --rows 100 "$@" ;;
	rec-split) rec-split --ratio 0.5 --test held.out "$@" ;;
	rec-als) rec-als -q -k 4 -i 2 "$@" ;;
	rec-sim) rec-sim -q cosine "$@" ;;
	rec-topn) rec-topn -q -m model.rec -n 3 "$@" ;;
	rec-score) rec-score -q -m model.rec "$@" ;;
	rec-eval) rec-eval -q -t truth.tsv recall@3 ndcg@5 "$@" ;;
	esac
}

sample_stdin() {
	case $1 in
	rec-gen) echo /dev/null ;;
	rec-eval) echo lists.tsv ;;
	*) echo train.tsv ;;
	esac
}

# A python3 that has numpy and scipy: the first in PATH may be another than the
# one that the system's packages are for. Nothing where there is none.
numpy_python() {
	local p
	for p in python3 /usr/bin/python3; do
		"$p" -c 'import numpy, scipy' 2>/dev/null && { command -v "$p"; return; }
	done
}

# Commands that read stdin.
readers() {
	echo rec-cat rec-split rec-als rec-sim rec-topn rec-score rec-eval
}
