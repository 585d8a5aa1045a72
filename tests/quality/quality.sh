#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2094  # two stages of a pipe may read the same file
# quality.sh [--write] [ROW ...] - recompute rows of tests/quality/quality.tsv on real data with the eight commands alone, and compare.
#
# Data: REC_DATA, or ../shared/data beside the checkout; rows whose data are absent are skipped, by name. Without ROW all but gowalla-ease, which takes
# minutes and 7 GB. Columns of the table: row, metric, value to six digits, published value or target, whether the test set was looked at when choosing
# the settings, protocol and settings. --write replaces the values of the rows computed. Exit 1 where a value is not the one in the table.
set -eu
cd "$(dirname "$0")/../.."
root=$PWD
PATH=${REC_BIN:-$root/build/bin}:$PATH
data=${REC_DATA:-$root/../shared/data}
table=$root/tests/quality/quality.tsv
write=no
[ "${1:-}" = --write ] && { write=yes; shift; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
cd "$work"
: >got.tsv

# report ROW: rec-eval's lines on stdin, one "row metric value" each for plain metrics.
report() {
	awk -F'\t' -v row="$1" '$1 !~ /\// && $1 ~ /@|rmse|mae/ { printf "%s\t%s\t%.6f\n", row, $1, $2 }' | tee -a got.tsv
}

# lists MODEL HISTORIES: twenty items a row
lists() {
	rec-topn -q -b -m "$1" -n 20 <"$2"
}

# best METRIC: of "settings TAB value" lines the settings with the largest value (rmse: smallest)
best() {
	if [ "$1" = rmse ]; then sort -t"$(printf '\t')" -k2,2g; else sort -t"$(printf '\t')" -k2,2gr; fi | head -1 | cut -f1
}

value() {	# value METRIC: of rec-eval's lines
	awk -F'\t' -v m="$1" '$1 == m { print $2 }'
}

gowalla() {	# the split of NGCF, LightGCN and BARS
	[ -e g.rec ] || rec-cat --merge -b "$data/lightgcn-gowalla/train.tsv.gz" >g.rec
	[ -e gtest.rec ] || rec-cat --merge -b "$data/lightgcn-gowalla/test.tsv.gz" >gtest.rec
}

measure() {	# measure ROW MODEL: on Gowalla's test
	lists "$2" g.rec | rec-eval -q -t gtest.rec recall@20 ndcg@20 | report "$1"
}

gowalla_popular() { gowalla; rec-sim -q -b popular <g.rec >m.rec; measure gowalla-popular m.rec; }
gowalla_cosine() { gowalla; rec-sim -q -b cosine -n 100 --normalize l1 --center <g.rec >m.rec; measure gowalla-cosine m.rec; }
gowalla_linear() { gowalla; rec-sim -q -b linear --exponents 1.1,.75,.15 -n 0 <g.rec >m.rec; measure gowalla-linear m.rec; }
gowalla_als() { gowalla; rec-als -q -k 64 -i 8 --unobserved .01 --reg .005 <g.rec >m.rec; measure gowalla-als m.rec; }
gowalla_ease() { gowalla; rec-sim -q -b ease --reg 80 -n 0 <g.rec >m.rec; measure gowalla-ease m.rec; }

# A tenth of train by hash, to choose settings on: the test set is not touched.
inner_gowalla() {
	gowalla
	[ -e gin.rec ] || rec-split -q -b --ratio 0.1 --test gvalid.rec <g.rec >gin.rec
}

try() {	# try MODEL: ndcg@20 on the inner held-out pairs
	lists "$1" gin.rec | rec-eval -q -t gvalid.rec ndcg@20 | value ndcg@20
}

gowalla_als_chosen() {
	inner_gowalla
	for w in .005 .01 .02; do
		for reg in .003 .005 .01; do
			rec-als -q -k 64 -i 8 --unobserved $w --reg $reg <gin.rec >m.rec
			printf -- '--unobserved %s --reg %s\t%s\n' $w $reg "$(try m.rec)"
		done
	done >grid
	chosen=$(best ndcg@20 <grid)
	echo "  chosen inside train of 9: $chosen" >&2
	# shellcheck disable=SC2086
	rec-als -q -k 64 -i 8 $chosen <g.rec >m.rec
	measure gowalla-als-chosen m.rec
}

gowalla_linear_chosen() {
	inner_gowalla
	for e in 1,.5,.5 1,.5,.35 1,.6,.35 .85,.5,.35 1,.6,.25 1,.7,.2; do
		rec-sim -q -b linear --exponents $e -n 0 <gin.rec >m.rec
		printf '%s\t%s\n' $e "$(try m.rec)"
	done >grid
	chosen=$(best ndcg@20 <grid)
	echo "  chosen inside train of 6: $chosen" >&2
	rec-sim -q -b linear --exponents "$chosen" -n 0 <g.rec >m.rec
	measure gowalla-linear-chosen m.rec
}

# Five folds; in each the regularisation is chosen on a tenth of that fold's train. The mean over folds of each fold's RMSE.
folds() {	# folds ROW OPTION...
	row=$1
	shift
	: >folds.tsv
	for fold in 1 2 3 4 5; do
		rec-split -q -b --folds 5 --fold $fold --test ftest.rec <"$data/ml-latest-small/ratings.tsv.gz" >ftrain.rec
		rec-split -q -b --ratio 0.1 --test fvalid.rec <ftrain.rec >finner.rec
		for reg in .7 1 1.4 2; do
			rec-als -q --explicit --reg $reg "$@" <finner.rec >m.rec
			printf '%s\t%s\n' $reg "$(rec-score -q -b -m m.rec <fvalid.rec | rec-eval -q -t fvalid.rec rmse | value rmse)"
		done >grid
		chosen=$(best rmse <grid)
		rec-als -q --explicit --reg "$chosen" "$@" <ftrain.rec >m.rec
		rec-score -q -b -m m.rec <ftest.rec | rec-eval -q -t ftest.rec rmse | value rmse >>folds.tsv
		echo "  fold $fold: --reg $chosen, rmse $(tail -1 folds.tsv)" >&2
	done
	awk -v row="$row" '{ s += $1 } END { printf "%s\trmse\t%.6f\n", row, s / NR }' folds.tsv | tee -a got.tsv
}

ml_small_explicit() { folds ml-small-explicit -k 64 -i 16; }

# One component that a huge regularisation holds at zero leaves mean and biases.
ml_small_biases() {
	: >folds.tsv
	for fold in 1 2 3 4 5; do
		rec-split -q -b --folds 5 --fold $fold --test ftest.rec <"$data/ml-latest-small/ratings.tsv.gz" >ftrain.rec
		rec-als -q --explicit -k 1 --reg 1000000 <ftrain.rec >m.rec
		rec-score -q -b -m m.rec <ftest.rec | rec-eval -q -t ftest.rec rmse | value rmse >>folds.tsv
	done
	awk '{ s += $1 } END { printf "ml-small-biases\trmse\t%.6f\n", s / NR }' folds.tsv | tee -a got.tsv
}

# A fifth of the pairs by hash held out, defaults throughout: nothing was chosen.
defaults() {	# defaults ROW FILE
	rec-split -q -b --ratio 0.2 --test dtest.rec <"$2" >dtrain.rec
	rec-als -q <dtrain.rec >m.rec
	lists m.rec dtrain.rec | rec-eval -q -t dtest.rec ndcg@20 | report "$1-als"
	rec-sim -q -b cosine <dtrain.rec >m.rec
	lists m.rec dtrain.rec | rec-eval -q -t dtest.rec ndcg@20 | report "$1-cosine"
	rec-sim -q -b popular <dtrain.rec >m.rec
	lists m.rec dtrain.rec | rec-eval -q -t dtest.rec ndcg@20 | report "$1-popular"
}

online_retail() { defaults online-retail "$data/online-retail/ratings.tsv.gz"; }
lastfm() { defaults lastfm "$data/hetrec-lastfm/ratings.tsv.gz"; }
book_crossing() { defaults book-crossing "$data/book-crossing/ratings.tsv.gz"; }

bars_electronics() {
	rec-als -q <"$data/bars-amazon-electronics/train.tsv.gz" >m.rec
	rec-cat -b "$data/bars-amazon-electronics/train.tsv.gz" >dtrain.rec
	lists m.rec dtrain.rec | rec-eval -q -t "$data/bars-amazon-electronics/test.tsv.gz" ndcg@20 f1@20 | report bars-electronics-als
	rec-sim -q -b cosine <dtrain.rec >m.rec
	lists m.rec dtrain.rec | rec-eval -q -t "$data/bars-amazon-electronics/test.tsv.gz" ndcg@20 f1@20 | report bars-electronics-cosine
}

# Users that train never saw: all but one of their pairs are given, the one is to be found.
msweb() {
	rec-split -q -b --leave 1 --test one.rec <"$data/msweb/test.tsv.gz" >given.rec
	rec-als -q <"$data/msweb/train.tsv.gz" >m.rec
	lists m.rec given.rec | rec-eval -q -t one.rec ndcg@20 hit@20 | report msweb-als
	rec-sim -q -b cosine <"$data/msweb/train.tsv.gz" >m.rec
	lists m.rec given.rec | rec-eval -q -t one.rec ndcg@20 hit@20 | report msweb-cosine
}

jester() {
	rec-split -q -b --ratio 0.1 --test dtest.rec <"$data/jester5k/ratings.tsv.gz" >dtrain.rec
	rec-als -q --explicit <dtrain.rec >m.rec
	rec-score -q -b -m m.rec <dtest.rec | rec-eval -q -t dtest.rec rmse | report jester-explicit
}

all="gowalla_popular:lightgcn-gowalla gowalla_cosine:lightgcn-gowalla gowalla_linear:lightgcn-gowalla gowalla_als:lightgcn-gowalla
gowalla_als_chosen:lightgcn-gowalla gowalla_linear_chosen:lightgcn-gowalla ml_small_biases:ml-latest-small ml_small_explicit:ml-latest-small
online_retail:online-retail lastfm:hetrec-lastfm book_crossing:book-crossing bars_electronics:bars-amazon-electronics msweb:msweb jester:jester5k
gowalla_ease:lightgcn-gowalla"

for entry in $all; do
	name=${entry%%:*} set=${entry#*:}
	if [ $# -gt 0 ]; then
		case " $* " in *" $name "*) ;; *) continue ;; esac
	elif [ "$name" = gowalla_ease ]; then
		echo "SKIPPED: gowalla_ease (minutes, 7 GB): name it to run it"
		continue
	fi
	if [ ! -d "$data/$set" ]; then
		echo "SKIPPED: $name: no $data/$set"
		continue
	fi
	$name
done

if [ $write = yes ]; then
	awk -F'\t' -v OFS='\t' 'FILENAME == "got.tsv" { v[$1 FS $2] = $3; next } ($1 FS $2) in v { $3 = v[$1 FS $2] } 1' got.tsv "$table" >new.tsv
	cp new.tsv "$table"
fi
awk -F'\t' '
	FILENAME != "got.tsv" { want[$1 FS $2] = $3; target[$1 FS $2] = $4; next }
	{
		k = $1 FS $2
		state = !(k in want) ? "NOT IN THE TABLE" : want[k] == $3 ? "ok" : "DIFFERS from " want[k]
		printf "%-26s %-10s %s  target %-22s %s\n", $1, $2, $3, target[k], state
		bad += state != "ok"
	}
	END { exit bad > 0 }' "$table" got.tsv
