#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# recmat.py and the commands read what the other writes, and refuse alike.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	PYTHON=$(numpy_python)
	[ -n "$PYTHON" ] || skip "numpy and scipy are not installed"
	export PYTHON PYTHONPATH="$ROOT/examples/python" PYTHONDONTWRITEBYTECODE=1
}

@test "recmat.py: reads every kind and order, and writes the same bytes" {
	make_train >all.tsv
	rec-cat -b all.tsv >our-stream.rec
	rec-cat --merge -b all.tsv >our-canonical.rec
	rec-als -q -k 5 -i 1 <all.tsv >als.rec
	rec-als -q -k 5 -i 1 --explicit <all.tsv >explicit.rec
	rec-sim -q -b cosine <all.tsv >sim.rec
	rec-sim -q -b ease --center <all.tsv >ease.rec
	rec-sim -q -b popular <all.tsv >popular.rec
	rec-topn -q -b -m als.rec -n 5 <all.tsv >lists.rec
	rec-sim -q -b cosine --partial <all.tsv >sums.rec
	cp "$ROOT"/tests/vectors/*.rec .
	"$PYTHON" - *.rec <<-'PY' >seen
		import io, sys, recmat
		for name in sys.argv[1:]:
		    out = io.BytesIO()
		    blocks = recmat.read(name)
		    recmat.write(out, blocks)
		    # two streams become one; optional blocks are left out
		    same = out.getvalue() == open(name, "rb").read()
		    assert same != (name in ("joined.rec", "keys.rec", "optional.rec", "sums.rec")), name
		    print(len(blocks))
	PY
	[ "$(wc -l <seen)" -eq 19 ] || fail "$(cat seen)"
}

@test "recmat.py: what rec-cat says as text is what it holds" {
	printf 'c\ty\t2\nb\tx\nb\tx\t0\t12.5\nb\tz z\t-1e-07\nd\t\xc3\xa9\t0.1\n' >t.tsv
	rec-cat -b t.tsv >t.rec
	rec-cat --merge -b --duplicates max t.tsv >m.rec
	rec-als -q -k 3 -i 1 <t.tsv >als.rec
	"$PYTHON" - <<-'PY'
		import numpy, recmat
		[b] = recmat.read("t.rec")
		rows, cols, values = b.cells()
		with open("stream.tsv", "wb") as f:
		    for i in range(len(values)):
		        f.write(b.row[rows[i]] + b"\t" + b.col[cols[i]] + b"\n")
		assert numpy.isnan(b.values).sum() == 1 and values[1] == 1
		assert numpy.isnan(b.times).sum() == 4 and 12.5 in b.times
		[m] = recmat.read("m.rec")
		assert m.order == "canonical" and m.shape == (3, 4)
		assert m.row.find("c") == 1 and m.row.find("bb") is None
		assert m.col[-1] == "\u00e9".encode() and m.col.text()[-1] == "\u00e9"
		model = recmat.read("als.rec")
		item = recmat.named(model, "item")
		assert model[0].meta["algorithm"] == "als" and item.shape == (4, 3)
		with open("item.txt", "wb") as f:
		    for label, row in zip(item.row, item.values):
		        f.write(label + b"".join(b"\t%.9g" % x for x in row) + b"\n")
	PY
	cut -f1,2 t.tsv | sort >want
	sort stream.tsv >got
	same got want
	rec-cat --from factors --block item -b item.txt >a.rec
	rec-cat --block item als.rec | rec-cat --from factors --block item -b >b.rec
	same a.rec b.rec
}

@test "recmat.py: what it writes is read by the commands" {
	make_train >all.tsv
	rec-cat --merge -b all.tsv >want.rec
	"$PYTHON" - <<-'PY'
		import numpy, recmat
		lines = [l.rstrip(b"\n").split(b"\t") for l in open("all.tsv", "rb")]
		recmat.write("stream.rec", recmat.stream(
		    (l[0], l[1], float(l[2]), float(l[3])) for l in lines))
		rows = list({l[0]: 0 for l in lines})
		cols = list({l[1]: 0 for l in lines})
		recmat.write("canonical.rec", [recmat.sparse(
		    rows, cols, [rows.index(l[0]) for l in lines],
		    [cols.index(l[1]) for l in lines],
		    [float(l[2]) for l in lines], [float(l[3]) for l in lines])])
		recmat.write("lists.rec", [recmat.sparse(
		    ["v", "u"], ["b", "a", "c"], [1, 1, 1, 0], [0, 1, 2, 2],
		    [1, 2, 2, 5], ranked=True)])
		rng = numpy.random.default_rng(1)
		recmat.write("model.rec", [
		    recmat.dense(rows, rng.normal(size=(len(rows), 4)), name="user"),
		    recmat.dense(cols, rng.normal(size=(len(cols), 4)), name="item")])
		recmat.write("empty.rec", [])
	PY
	rec-cat --verify ./*.rec >verified
	[ "$(grep -c ': ok' verified)" -eq 6 ] || fail "$(cat verified)"
	same canonical.rec want.rec
	rec-cat --merge -b stream.rec | cmp - want.rec
	[ "$(rec-cat lists.rec | tr '\t\n' ', ')" = "u,a,2 u,c,2 u,b,1 v,c,5 " ]
	rec-topn -q -n 3 --keep-seen -m model.rec <all.tsv >lists.tsv
	[ "$(cut -f1 lists.tsv | sort -u)" = "$(cut -f1 all.tsv | sort -u)" ]
	same empty.rec "$ROOT/tests/vectors/empty.rec"
}

@test "recmat.py: every cut, and a flipped bit of every byte, is refused" {
	cp "$ROOT"/tests/vectors/*.rec .
	"$PYTHON" - *.rec <<-'PY' >seen
		import io, sys, recmat
		n = 0
		for name in sys.argv[1:]:
		    whole = open(name, "rb").read()
		    spoilt = [whole[:i] for i in range(0, len(whole), 5)]
		    # a cut behind an end mark is a whole stream
		    spoilt = [s for s in spoilt if not (name == "joined.rec"
		              and s and s.endswith(whole[len(s) - 128:len(s)])
		              and s[-116:-112] == b"\xff" * 4)]
		    for i in range(0, len(whole)):
		        b = bytearray(whole)
		        b[i] ^= 1 << i % 8
		        spoilt.append(bytes(b))
		    for s in spoilt:
		        n += 1
		        try:
		            recmat.read(io.BytesIO(s))
		        except recmat.Error:
		            continue
		        raise SystemExit("%s: %d bytes are accepted" % (name, len(s)))
		print(n)
	PY
	[ "$(cat seen)" -gt 5000 ] || fail "$(cat seen)"
}

@test "recmat.py: what cannot be written is refused, and leaves nothing" {
	"$PYTHON" - <<-'PY'
		import os, numpy, recmat
		def refused(make):
		    try:
		        recmat.write("out.rec", [make()])
		    except (ValueError, TypeError):
		        assert os.listdir(".") == [], os.listdir(".")
		        return
		    raise SystemExit("accepted")
		refused(lambda: recmat.dense(["a", "a"], [[1], [2]]))
		refused(lambda: recmat.dense(["a\tb"], [[1]]))
		refused(lambda: recmat.dense([""], [[1]]))
		refused(lambda: recmat.dense([7], [[1]]))
		refused(lambda: recmat.dense(["a"], [[numpy.nan]]))
		refused(lambda: recmat.dense(["a"], [[1]], name="my block"))
		refused(lambda: recmat.dense(["a"], [[1]], name="b" * 32))
		refused(lambda: recmat.sparse(["a"], ["b"], [0, 0], [0, 0]))
		refused(lambda: recmat.metadata({"A B": "c"}))
		refused(lambda: recmat.metadata({"a": "b\nc"}))
	PY
}
