#!/bin/sh
# SPDX-License-Identifier: MIT
# quality.sh [-u] [all | NAME ...] - recompute the rows of quality.tsv from
# real data with the commands themselves, and compare.
#
# A NAME is a shell pattern over the first column ('gowalla-als*'). Without one
# every row but ease (minutes, 7 GB) is computed; `all` takes ease too. -u
# writes what was computed into quality.tsv, with the digits that stand there.
# Data: $REC_DATA, or shared/data beside the checkout: gzip TSV, user item
# value [time], in one folder a set. Sets that are absent are skipped, and
# named.
#
# Prints: name, metric, value, target, and
#   ok        the committed value comes out again, and it reaches the target
#             (to the digits both have; X+-Y asks to be as near as Y)
#   BELOW     it comes out again, and is worse than the target
#   DIFFERS   it does not come out again (the committed one is added), or other
#             settings were chosen: exit 1
#
# Columns of quality.tsv: name, set, protocol, seed, settings, command, metric,
# value, target, source of the target. Lines of one name differ in the last
# four. Settings:
#   default       those of the command; the test side was not looked at
#   published     those of the source; the test side was not looked at by us
#   on test       chosen by looking at the test side, as those of the boards
#                 are
#   inside train  chosen on a part of train alone, by the grid below (function
#                 choose_NAME), each time anew; the winner must be the command
#                 that stands there. Folds choose each for itself; the commands
#                 that won are parted by |
# Protocols:
#   published    train.tsv.gz and test.tsv.gz of the set; all items ranked but
#                the user's in train; mean over all users
#   ratio        rec-split --ratio 0.2; core5-ratio: --core 5 before
#   all-but-1    test users are not in train: one pair of each, by hash, is to
#                be found from the others
#   folds        rec-split --folds 5, the mean over the five (settings, where
#                chosen, inside the train side of each fold)
# shellcheck disable=SC2317 # functions are called by the names that stand in the table
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
table=$top/tests/quality/quality.tsv
data=${REC_DATA:-$top/../shared/data}
PATH=${REC_BIN:-$top/build/bin}:$PATH
LC_ALL=C
export PATH LC_ALL

update=
[ "${1:-}" != -u ] || { update=1; shift; }
work=$(mktemp -d "${TMPDIR:-/tmp}/quality.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
done_rows=$work/done
: >"$done_rows"
failed=0

die() {
	echo "quality.sh: $*" >&2
	exit 1
}

# quietly COMMAND...: its stderr is shown only if it fails.
quietly() {
	"$@" 2>"$work/log" || die "$* failed: $(cat "$work/log")"
}

# field NAME N: column N of a row.
field() {
	awk -F'\t' -v name="$1" -v n="$2" '$1 == name { print $n; exit }' "$table"
}

# ---- protocols: leave train, asked (histories to answer) and truth in the
# current folder

published() {
	quietly rec-cat --merge -b <"$1/train.tsv.gz" >train
	quietly rec-cat --merge -b <"$1/test.tsv.gz" >truth
	cp train asked
}

ratio() {
	quietly rec-split -b --ratio 0.2 --test truth <"$1/ratings.tsv.gz" >train
	cp train asked
}

core5_ratio() {
	quietly rec-split -b --core 5 --ratio 0.2 --test truth <"$1/ratings.tsv.gz" >train
	cp train asked
}

all_but_1() {
	quietly rec-cat --merge -b <"$1/train.tsv.gz" >train
	quietly rec-split -b --user-ratio 1 --given all-but-1 --input asked --test truth <"$1/test.tsv.gz" >rest
}

fold() {
	quietly rec-split -b --folds 5 --fold "$2" --test truth <"$1/ratings.tsv.gz" >train
}

# ---- measures: METRIC... of the model into the file measured, metric and value

# plain METRIC...: those without /floor, each once.
plain() {
	printf '%s\n' "$@" | sed 's|/.*||' | sort -u
}

# lists MODEL ASKED TRUTH METRIC...
lists() {
	model=$1 asked=$2 truth=$3
	shift 3
	quietly rec-topn -q -b -m "$model" -n 20 <"$asked" >lists
	# shellcheck disable=SC2046
	case "$*" in
	*/*) quietly rec-eval -q -t "$truth" --train train $(plain "$@") <lists >measured ;;
	*) quietly rec-eval -q -t "$truth" "$@" <lists >measured ;;
	esac
}

# ratings MODEL TRUTH METRIC...
ratings() {
	model=$1 truth=$2
	shift 2
	quietly rec-score -q -b -m "$model" <"$truth" >scored
	quietly rec-eval -q -t "$truth" "$@" <scored >measured
}

# ---- settings chosen inside train

# hold_out PARTS: a tenth of train into valid, the others into fit; the users
# of one of PARTS shards are asked.
hold_out() {
	quietly rec-split -b --valid-ratio 0.1 --valid held <train >stream
	quietly rec-cat --merge -b <stream >fit
	rm -f fit.* held.*
	quietly rec-split --shards "$1" --by user -b --to fit.%d <fit
	quietly rec-split --shards "$1" --by user -b --to held.%d <held
	best='' best_value=''
}

# better NEW OLD: whether NEW is larger, or there is no OLD
better() {
	awk -v a="$1" -v b="$2" 'BEGIN { exit !(b == "" || a + 0 > b + 0) }'
}

# try COMMAND...: keep it if its ndcg@20 on the users asked is the best so far.
try() {
	quietly "$@" <fit >candidate
	lists candidate fit.0 held.0 ndcg@20
	value=$(cut -f2 measured)
	printf 'inside train\t%s\tndcg@20\t%s\n' "$*" "$value" >&2
	! better "$value" "$best_value" || best=$* best_value=$value
}

choose_gowalla_als_train() {
	hold_out 4
	for unobserved in 0.003 0.006 0.012; do
		for reg in 0.003 0.01 0.03; do
			for sweeps in 4 8; do
				try rec-als -k 64 -i "$sweeps" --unobserved "$unobserved" --reg "$reg"
			done
		done
	done
}

choose_gowalla_linear_train() {
	hold_out 8
	for c in 0.5 0.7 0.9; do
		for a in 0.5 0.6 0.7; do
			for b in 0.25 0.35 0.45; do
				try rec-sim linear --exponents "$c,$a,$b" -n 0 -b
			done
		done
	done
	for power in 0.9 0.8; do
		exponents=$(echo "$best" | sed 's/.*--exponents \([^ ]*\).*/\1/')
		try rec-sim linear --exponents "$exponents" --power "$power" -n 0 -b
	done
}

# The rank and regularisation that suit a tenth of train best.
choose_ml_latest_als() {
	quietly rec-split -b --valid-ratio 0.1 --valid held <train >fit
	best='' best_value=''
	for k in 16 64; do
		for reg in 1 1.4 2; do
			quietly rec-als --explicit -k "$k" -i 16 --reg "$reg" <fit >candidate
			ratings candidate held rmse
			value=$(cut -f2 measured)
			printf 'fold %s inside train\t-k %s --reg %s\trmse\t%s\n' "$1" "$k" "$reg" "$value" >&2
			! better "-$value" "$best_value" || best="rec-als --explicit -k $k -i 16 --reg $reg" best_value=-$value
		done
	done
}

# ---- rows

# measure COMMAND METRIC...: train, and measure.
measure() {
	# shellcheck disable=SC2086
	quietly $1 <train >model
	shift
	case $1 in
	rmse | mae) ratings model truth "$@" ;;
	*) lists model asked truth "$@" ;;
	esac
}

# settings NAME FOLD: the command of a row into $command: as it stands, or as
# chosen inside train.
settings() {
	if [ "$(field "$1" 5)" = 'inside train' ]; then
		"choose_$(echo "$1" | tr - _)" "$2"
		command=$best
	else
		command=$(field "$1" 6)
	fi
}

# Values of a row on stdout as metric, value, in a folder of their own; chosen
# settings as `command`.
compute() {
	name=$1 protocol=$(field "$1" 3) from=$data/$(field "$1" 2)
	# shellcheck disable=SC2046
	set -- $(awk -F'\t' -v name="$name" '$1 == name { print $7 }' "$table")
	case $protocol in
	folds)
		for i in 1 2 3 4 5; do
			fold "$from" $i
			settings "$name" $i
			measure "$command" "$@"
			cut -f1,2 measured
			printf 'command\t%s\n' "$command"
		done >values
		awk -F'\t' '$1 == "command" { c[$2]++ ? 0 : all = all (all == "" ? "" : " | ") $2; next } { n[$1]++; sum[$1] += $2 }
			END { for (m in sum) printf "%s\t%.17g\n", m, sum[m] / n[m]; printf "command\t%s\n", all }' values
		;;
	*)
		"$(echo "$protocol" | tr - _)" "$from"
		settings "$name" 1
		printf 'command\t%s\n' "$command"
		measure "$command" "$@"
		cut -f1,2 measured
		;;
	esac
}

# Compare the values in file $2 with the table's lines of row $1; remember the
# new ones.
judge() {
	awk -F'\t' -v name="$1" -v seen="$done_rows" '
		function digits(x) { return index(x, ".") ? length(x) - index(x, ".") : 0 }
		function rounded(x, n) { return sprintf("%.*f", n, x) }
		function worse(x, t, m, n, p) {
			if (split(t, p, "[+]-") == 2) return x - p[1] > p[2] || p[1] - x > p[2]
			n = digits(x) < digits(t) ? digits(x) : digits(t); x = rounded(x, n) + 0; t = rounded(t, n) + 0
			return m ~ /rmse|mae/ ? x > t : x < t
		}
		NR == FNR { got[$1] = $2; next }
		$1 != name { next }
		!told++ && got["command"] != $6 { bad = 1; printf "%s\tsettings\t%s\t-\tDIFFERS (%s)\n", name, got["command"], $6 }
		{
			x = $7 in got ? rounded(got[$7], $8 == "" ? 6 : digits($8)) : "none"
			printf "%s\t%s\t%s\t%s\n", name, $7, x, got["command"] >> seen
			word = x != $8 ? "DIFFERS (" $8 ")" : $9 != "-" && worse(x, $9, $7) ? "BELOW" : "ok"
			if (x != $8) bad = 1
			printf "%s\t%s\t%s\t%s\t%s\n", name, $7, x, $9, word
		}
		END { exit bad }' "$2" "$table"
}

wanted() {
	case $1 in *ease*) [ $# -gt 1 ] || return 1 ;; esac
	name=$1
	shift
	[ $# -gt 0 ] || return 0
	for pattern; do
		# shellcheck disable=SC2254
		case $name in $pattern) return 0 ;; esac
		[ "$pattern" != all ] || return 0
	done
	return 1
}

run_row() {
	if [ ! -d "$data/$(field "$1" 2)" ]; then
		echo "$1: SKIPPED, no $data/$(field "$1" 2); set REC_DATA" >&2
		return
	fi
	rm -rf "$work/row"
	mkdir "$work/row"
	cd "$work/row"
	start=$(date +%s)
	(compute "$1") >../values || die "$1: not computed"
	cd "$top"
	judge "$1" "$work/values" || failed=1
	echo "$1: $(($(date +%s) - start)) s" >&2
}

[ -d "$data" ] || {
	echo "quality.sh: SKIPPED: no data at $data; set REC_DATA to a folder of sets (see tests/quality/quality.sh)" >&2
	exit 0
}
names=$(awk -F'\t' 'NR > 1 && !seen[$1]++ { print $1 }' "$table")
count=0
for name in $names; do
	if wanted "$name" "$@"; then
		run_row "$name"
		count=$((count + 1))
	fi
done
[ $count -gt 0 ] || die "no row is called $*"
if [ -n "$update" ]; then
	awk -F'\t' -v OFS='\t' 'NR == FNR { value[$1, $2] = $3; command[$1] = $4; next } ($1, $7) in value { $8 = value[$1, $7]; $6 = command[$1] } 1' "$done_rows" "$table" >"$work/table"
	cp "$work/table" "$table"
fi
exit $failed
