# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154
# data.sh - data and models of peers.sh, made once in the folder where it works.

# made FILE: is it there?
made() { [ -s "$1" ]; }

# gowalla: gowalla.tsv, gowalla.rec and gowalla.test.rec
gowalla() {
	made gowalla.rec || {
		if [ -d "$DATA/lightgcn-gowalla" ]; then
			gzip -dc "$DATA/lightgcn-gowalla/train.tsv.gz" >gowalla.tsv
			rec-cat -q --merge -b "$DATA/lightgcn-gowalla/test.tsv.gz" >gowalla.test.rec
		else
			say "no $DATA/lightgcn-gowalla: rec-gen takes its place"
			rec-gen -q --users 29858 --items 40981 --rows 1027370 |
				rec-split -q -b --ratio 0.2 --test gowalla.test >gowalla.train
			rec-cat -q --merge -b gowalla.test >gowalla.test.rec
			rec-cat -q gowalla.train >gowalla.tsv
		fi
		rec-cat -q --merge -b gowalla.tsv >gowalla.rec
	}
}

# generated ROWS: gen.ROWS.tsv, .rec and .test.rec
generated() {
	local n=$1
	made "gen.$n.rec" || {
		rec-gen -q --users $((n / 50)) --items $((n / 200)) --rows "$n" >"gen.$n.all.tsv"
		rec-split -q -b --ratio 0.1 --test "gen.$n.test" <"gen.$n.all.tsv" >"gen.$n.train"
		mv "gen.$n.all.tsv" "gen.$n.tsv"
		rec-cat -q --merge -b "gen.$n.test" >"gen.$n.test.rec"
		rec-cat -q --merge -b "gen.$n.train" >"gen.$n.rec"
		rm "gen.$n.test" "gen.$n.train"
	}
}

# rated ROWS: rated.ROWS.rec and .test.rec, with values
rated() {
	local n=$1
	made "rated.$n.rec" || {
		rec-gen -q --explicit --users $((n / 50)) --items $((n / 200)) --rows "$n" |
			rec-split -q -b --ratio 0.1 --test rated.test >rated.train
		rec-cat -q --merge -b rated.test >"rated.$n.test.rec"
		rec-cat -q --merge -b rated.train >"rated.$n.rec"
		rm rated.test rated.train
	}
}

# model K: model.K.rec of gowalla as the lists of row 5 have it; start.K.rec with
# factors that are random normal
model() {
	gowalla
	set -- "$1" rec-als -q -k "$1" --reg 0.003 --unobserved 0.01
	made "model.$1.rec" || "${@:2}" -i 5 <gowalla.rec >"model.$1.rec"
	made "start.$1.rec" || "${@:2}" -i 0 <gowalla.rec >"start.$1.rec"
}

# of rows|columns|cells FILE: how many a matrix has
of() { rec-cat --info "$2" | awk -F'\t' -v key="1.$1" '$1 == key { print $2 }'; }

# size FILE: bytes
size() { wc -c <"$1" | tr -d ' '; }
