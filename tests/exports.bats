#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# rec-cat --to: exports say what they lose, and libsvm is what others read.

load helpers

@test "exports: mtx, libsvm and npy write their label files, or say that labels are lost" {
	printf '10\t2\t5\n9\t10\t4\n9\t2\t3\n' >t.tsv
	for f in mtx libsvm; do
		exits 0 rec-cat --to $f t.tsv
		says "rec-cat: $f holds no labels: rows and columns become numbers in the order of the labels' bytes; --row-labels FILE and --col-labels FILE write them"
		mv out bare
		exits 0 rec-cat --to $f --row-labels rows t.tsv
		says "rec-cat: $f holds no labels of columns: columns become numbers in the order of the labels' bytes; --col-labels FILE writes them"
		exits 0 rec-cat --to $f --row-labels rows --col-labels cols t.tsv
		[ ! -s err ]
		same out bare
		rec-cat --from $f --row-labels rows --col-labels cols out | sort | cmp - <(sort t.tsv)
		# label files of one side
		rec-cat --from $f --col-labels cols out | cut -f1 | sort -u | cmp - <(printf '1\n2\n')
		exits 0 rec-cat -q --to $f t.tsv
		[ ! -s err ]
	done
	[ "$(cat out)" = "1 2:5
2 1:4 2:3" ] || fail "$(cat out)"
	rec-als -q -k 3 -i 1 <t.tsv >m.rec
	exits 0 rec-cat --block item --to npy m.rec
	says "rec-cat: npy holds no labels: rows become numbers in the order of the labels' bytes; --row-labels FILE writes them"
	exits 0 rec-cat --block item --to npy --row-labels rows m.rec
	[ ! -s err ]
	rec-cat --from npy --row-labels rows out | cmp - <(rec-cat --block item m.rec)
	# from another foreign format
	printf '10,2,5\n9,10,4\n' >t.csv
	rm rows cols
	exits 0 rec-cat --from csv --to mtx --row-labels rows --col-labels cols t.csv
	[ "$(cat rows cols | tr '\n' ' ')" = "10 9 10 2 " ]
	exits 2 rec-cat --from mtx --to libsvm --row-labels rows out
	says "rec-cat: --row-labels would be read for --from mtx and written for --to libsvm: convert in two steps"
}

@test "exports: dense blocks with labels of columns say so" {
	rec-gen --users 12 --items 6 --rows 40 >t.tsv
	rec-sim -q -b ease <t.tsv >ease.rec 2>/dev/null || skip "OpenBLAS is not installed"
	name=$(rec-cat --info ease.rec | sed -n 's/^[0-9]*\.name\t//p' | head -1)
	for f in npy factors word2vec; do
		exits 0 rec-cat --block "$name" --to $f ease.rec
		mentions "rec-cat: $f holds no labels"
		mentions "--col-labels FILE"
		exits 0 rec-cat -q --block "$name" --to $f --col-labels cols ease.rec
		cmp cols <(rec-cat --labels col --block "$name" ease.rec)
	done
}

@test "exports: values and times that a format can't hold are counted" {
	printf 'u\ta\t5\t7\nu\tb\t1\nv\ta\nv\tb\t2\t8\n' >t.tsv
	exits 0 rec-cat --to wide t.tsv
	[ "$(cat err)" = "rec-cat: wide holds no values: 2 values are left out
rec-cat: wide holds no times: 2 times are left out" ] || fail "$(cat err)"
	for f in trec-run trec-qrels labelled; do
		exits 0 rec-cat --to $f t.tsv
		says "rec-cat: $f holds no times: 2 times are left out"
	done
	exits 0 rec-cat --to mtx --row-labels r --col-labels c t.tsv
	says "rec-cat: mtx holds no times: 2 times are left out"
	for f in csv "csv --header" tsv recmat; do
		cut -f1,2 t.tsv >pairs.tsv
		# shellcheck disable=SC2086
		exits 0 rec-cat --to $f pairs.tsv
		[ ! -s err ] || fail "$f: $(cat err)"
	done
	printf 'u\ta\nu\tb\t1\n' >t.tsv
	exits 0 rec-cat --to wide t.tsv
	[ ! -s err ]
}

@test "exports: libsvm is read by a parser that wants sorted, unique, 1-based numbers" {
	command -v python3 >/dev/null || skip "python3 is not installed"
	make_train 40 30 500 | cut -f1-3 >t.tsv
	sed 's/^u/user "/; s/\ti/\tit:em #/' t.tsv >odd.tsv
	for t in t odd; do
		rec-cat --to libsvm --row-labels rows --col-labels cols $t.tsv >$t.svm
		python3 - $t.svm $t.tsv <<-'PY'
			import sys
			rows = [l.rstrip("\n") for l in open("rows")]
			cols = [l.rstrip("\n") for l in open("cols")]
			got = set()
			for number, line in enumerate(open(sys.argv[1])):
			    target, *cells = line.split("#")[0].split()
			    assert float(target) == number + 1
			    last = 0
			    for cell in cells:
			        index, value = cell.split(":")
			        index = int(index)
			        assert index > last, line
			        last = index
			        got.add((rows[number], cols[index - 1], float(value)))
			want = {(a, b, float(c)) for a, b, c in (l.rstrip("\n").split("\t") for l in open(sys.argv[2]))}
			assert got == want
		PY
		rec-cat --from libsvm --row-labels rows --col-labels cols $t.svm | sort | cmp - <(sort $t.tsv)
	done
	python3 -c 'import sklearn' 2>/dev/null || return 0
	python3 -c 'import sys, sklearn.datasets as d; x, y = d.load_svmlight_file(sys.argv[1]); d.dump_svmlight_file(x, y, "back.svm", zero_based=False)' t.svm
	rec-cat --from libsvm --row-labels rows --col-labels cols back.svm | sort | cmp - <(sort t.tsv)
}

@test "exports: libsvm and labelled read labels and numbers; comments and query ids are named" {
	printf 'u1 a:3 b:c:4\nu2\ta:5 #:1\n#c a:1\n' >l.svm
	for f in libsvm labelled; do
		exits 0 rec-cat --from $f l.svm
		cmp out <(printf 'u1\ta\t3\nu1\tb:c\t4\nu2\ta\t5\nu2\t#\t1\n#c\ta\t1\n')
	done
	rec-cat --to labelled out | cmp - <(printf '#c a:1\nu1 a:3 b:c:4\nu2 #:1 a:5\n')
	printf '# made by hand\n1 1:5 # best\n2 2:4\n' >n.svm
	exits 1 rec-cat --from libsvm n.svm
	says "rec-cat: n.svm:1: a comment; drop it: sed '/^#/d'"
	printf 'a\nb\n' >labels
	rec-cat --from libsvm --row-labels labels --col-labels labels n.svm | cmp - <(printf 'a\ta\t5\nb\tb\t4\n')
	printf '3 1:5\n' | exits 1 rec-cat --from libsvm --row-labels labels
	says "rec-cat: <stdin>:1: field 1: 3 is not between 1 and 2, the labels that there are"
	printf '1 0:5\n' | exits 1 rec-cat --from libsvm --row-labels labels --col-labels labels
	says "rec-cat: <stdin>:1: field 2: 0 is not between 1 and 2, the labels that there are"
	printf '2 qid:7 1:5\n' | exits 1 rec-cat --from libsvm
	says "rec-cat: <stdin>:1: field 2: query ids are not read; drop them: sed 's/ qid:[0-9]*//'"
}

@test "exports: lines without an item are counted, labels with blanks name a format that holds them" {
	printf 'u1 a\nu2\nu3 b\n' | exits 0 rec-cat --from wide
	says "rec-cat: <stdin>: 1 line left out: a row and no item"
	printf 'u1 a:1\nu2\nu3\n' | exits 0 rec-cat --from labelled
	says "rec-cat: <stdin>: 2 lines left out: a row and no item"
	printf 'u 1\ta\t5\n' >t.tsv
	for f in wide labelled trec-run trec-qrels; do
		exits 1 rec-cat --to $f t.tsv
		says "rec-cat: the label 'u 1' holds a blank or delimiter, which this format cannot; csv can"
	done
}
