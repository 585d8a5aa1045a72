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
		    # two streams become one; a block of an unknown kind is left out
		    same = out.getvalue() == open(name, "rb").read()
		    assert same != (name in ("joined.rec", "optional.rec")), name
		    print(len(blocks))
	PY
	[ "$(wc -l <seen)" -eq 19 ] || fail "$(cat seen)"
}

@test "recmat.py: makes the vectors of recmat(5), byte for byte" {
	"$PYTHON" - <<-'PY'
		import recmat
		U, I = ["bob", "ann"], [b"tea 2", "\u00e9", "tea"]
		nan = float("nan")
		canonical = recmat.sparse(U, I, [1, 1, 0], [2, 1, 0], [1, 2.5, -3],
		                          [1700000050, nan, .5])
		recmat.write("canonical.rec", [canonical])
		recmat.write("ranked.rec", [recmat.sparse(
		    U, I, [0, 1, 1, 1], [0, 0, 1, 2], [1e-10, .5, .75, .5], ranked=True)])
		stream = list(recmat.stream(
		    [("bob", "\u00e9"), ("ann", "tea", 4, 12), ("bob", "\u00e9", 0)]))
		stream[0].col = canonical.col	# a column that no cell names
		stream[0].index = stream[0].index * 2
		recmat.write("stream.rec", stream)
		recmat.write("factors.rec", [recmat.dense(
		    U, [[-1, -2, .125], [1, 2, 3]], name="user")])
		recmat.write("similarity.rec", [recmat.sparse(
		    I, I, [2, 2, 0], [1, 0, 2], [.75, .5, 1], name="similarity", ranked=True)])
		recmat.write("model.rec", [
		    recmat.metadata({"seed": 1, "algorithm": "ease"}),
		    recmat.dense(I, [[0, 1, .5], [1, 0, .25], [.5, .25, 0]], col=I,
		                 name="similarity"),
		    recmat.dense(I, [[2], [1], [3]], name="offset")])
		recmat.write("keys.rec", [recmat.keys([2 ** 64 - 1, 3, 3]), canonical])
		recmat.write("empty.rec", [])
	PY
	[ "$(ls ./*.rec | wc -l)" -eq 8 ]
	for f in ./*.rec; do
		same "$f" "$ROOT/tests/vectors/$f"
	done
	# the flag of a block that may be skipped is kept
	"$PYTHON" - <<-'PY'
		import recmat
		[block] = recmat.read("canonical.rec")
		assert not block.optional
		block.optional = True
		recmat.write("flagged.rec", [block])
		assert recmat.read("flagged.rec")[0].optional
	PY
	! cmp -s flagged.rec canonical.rec || false
	rec-cat flagged.rec | cmp - <(rec-cat canonical.rec)
}

@test "recmat.py: blocks that the page does not allow are refused as rec-cat refuses them" {
	"$PYTHON" - "$ROOT/tests/vectors" <<-'PY' >refused
		import sys
		sys.path.insert(0, sys.argv[1])
		from make import U, I, block, canonical, end, labels, f32, f64, u32, u64
		import recmat
		one, cells = [(8, f32([1, 2]))], [(6, u32([0, 1])), (8, f32([1, 2]))]
		side, both = labels(1, U), labels(1, U) + labels(3, I)
		ptr = [(5, u64([0, 1, 2]))]
		def dense(sections, **field):
		    return block(2, sections, vtype=1, rows=2, cols=1, **field)
		def sparse(sections, order=1, **field):
		    return block(1, sections, vtype=1, rows=2, cols=3, nnz=2,
		                 order=order, **field)
		BAD = {
		    "extra section": dense(side + one + [(20, b"new")]),
		    "extra section of another kind": dense(side + [(5, u64([0, 1, 2]))] + one),
		    "no values": dense(side),
		    "half of the column labels": dense(side + labels(3, [b"x"])[:1] + one),
		    "too few values": dense(side + [(8, f32([1]))]),
		    "times without cells": dense(side + one + [(9, f64([1, 2]))]),
		    "order of a dense block": dense(side + one, order=1),
		    "order": sparse(both + ptr + cells, order=4),
		    "stream with pointers": sparse(both + ptr + cells, order=3),
		    "pointers descend": sparse(both + [(5, u64([0, 3, 2]))] + cells),
		    "index": sparse(both + ptr + [(6, u32([0, 3])), (8, f32([1, 2]))]),
		    "NaN in canonical": sparse(both + ptr + [(6, u32([0, 1])), (8, f32([1, None]))]),
		    "label order": sparse(labels(1, U[::-1]) + labels(3, I) + ptr + cells),
		    "value type": block(2, side + one, rows=2, cols=1),
		    "unknown kind": block(77, [(1, b"x")], rows=5),
		    "metadata with rows": block(3, [(10, b"a\t1\n")], rows=1),
		    "metadata descend": block(3, [(10, b"b\t1\na\t1\n")]),
		    "metadata without text": block(3, []),
		    "keys that are not optional": block(4, [(11, u64([1]))], rows=1),
		}
		for name, bad in BAD.items():
		    with open("bad.rec", "wb") as f:
		        f.write(canonical + bad + end(2))
		    with open(name.replace(" ", "-") + ".bad", "wb") as f:
		        f.write(canonical + bad + end(2))
		    try:
		        recmat.read("bad.rec")
		    except recmat.Error as e:
		        assert str(e).startswith("bad.rec: block 2: "), e
		        print(e)
		        continue
		    raise SystemExit("accepted: " + name)
		keys = block(4, [(11, u64([2, 1]))], flags=1, rows=2)
		with open("bad.rec", "wb") as f:
		    f.write(keys + end(1))
		try:
		    recmat.read("bad.rec")
		except recmat.Error as e:
		    assert str(e) == "bad.rec: block 1: keys descend", e
		    raise SystemExit(0)
		raise SystemExit("accepted: keys")
	PY
	grep -qx 'bad.rec: block 2: section type 20 does not belong here' refused
	grep -qx 'bad.rec: block 2: the values are missing' refused
	grep -qx 'bad.rec: block 2: the column labels are missing' refused
	grep -qx 'bad.rec: block 2: the values have the wrong length' refused
	[ "$(ls ./*.bad | wc -l)" -eq 19 ]
	for f in ./*.bad; do
		exits 1 rec-cat --verify "$f"
	done
	for f in unknown-kind.bad keys-that-are-not-optional.bad; do
		exits 1 rec-cat "$f"
	done
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

# Everything that a file holds, read by rows: what File gives, as read does.
by_rows() {
	cat <<-'PY'
		import io, pickle, sys, numpy as np, recmat
		def parts(f, e, step):
		    """The block e, put together from some rows at a time."""
		    if e.kind not in ("dense", "sparse") or e.order == "stream":
		        return f.block(e)
		    f.verify(e)
		    n = e.shape[0]
		    some = [f.rows(e, a, min(a + step, n)) for a in range(0, n, step)]
		    some = some or [f.rows(e, 0, 0)]
		    b = recmat.Block(e.kind, name=e.name, order=e.order, col=some[0].col)
		    labels = [label for s in some for label in s.row]
		    b.row = recmat.Labels(np.cumsum([0] + [len(x) for x in labels]), b"".join(labels))
		    b.values = np.concatenate([s.values for s in some])
		    if e.kind == "sparse":
		        b.index = np.concatenate([s.index for s in some])
		        count = np.concatenate([np.diff(s.indptr) for s in some])
		        b.indptr = np.cumsum(np.concatenate(([0], count)))
		        b.times = (np.concatenate([s.times for s in some]) if e.has_times else None)
		    return b
		def whole(source, step):
		    f, out = recmat.File(source), io.BytesIO()
		    blocks = [parts(f, pickle.loads(pickle.dumps(e)), step) for e in f.entries()]
		    recmat.write(out, [b for b in blocks if b is not None])
		    return out.getvalue()
	PY
}

@test "recmat.py: File reads by rows what read reads, and no more of the file than that takes" {
	make_train >all.tsv
	rec-cat --merge -b all.tsv >pairs.rec
	rec-als -q -k 5 -i 1 <all.tsv >als.rec
	rec-topn -q -b -m als.rec -n 5 <all.tsv >lists.rec
	cp "$ROOT"/tests/vectors/*.rec .
	{ by_rows; cat <<-'PY'; } >by_rows.py
		n = 0
		for name in sys.argv[1:]:
		    want = io.BytesIO()
		    recmat.write(want, recmat.read(name))
		    for step in (1, 2, 7, 1000):
		        for source in (name, open(name, "rb"), io.BytesIO(open(name, "rb").read())):
		            assert whole(source, step) == want.getvalue(), (name, step)
		            n += 1
		class Counted(io.BytesIO):
		    got = 0
		    def read(self, n=-1):
		        Counted.got += n
		        return super().read(n)
		labels = ["u%06d" % i for i in range(20000)]
		out = io.BytesIO()
		recmat.write(out, [recmat.dense(labels, np.ones((20000, 50)))])
		f = recmat.File(Counted(out.getvalue()))
		[e] = f.entries()
		assert e.shape == (20000, 50) and Counted.got < 20000, Counted.got
		Counted.got = 0
		assert f.rows(e, 700, 710).row[9] == b"u000709" and Counted.got < 20000, Counted.got
		for bad in ((-1, 2), (3, 2), (0, 20001)):
		    try:
		        f.rows(e, *bad)
		    except IndexError:
		        continue
		    raise SystemExit("accepted: rows %d to %d" % bad)
		print(n)
	PY
	"$PYTHON" by_rows.py ./*.rec >seen
	[ "$(cat seen)" -ge 132 ] || fail "$(cat seen)"
}

@test "recmat.py: by rows too, every cut and every flipped bit is refused" {
	{ by_rows; cat <<-'PY'; } >by_rows.py
		n = 0
		for name in sys.argv[1:]:
		    good = open(name, "rb").read()
		    spoilt = [good[:i] for i in range(0, len(good), 7)]
		    for i in range(len(good)):
		        b = bytearray(good)
		        b[i] ^= 1 << i % 8
		        spoilt.append(bytes(b))
		    for s in spoilt:
		        n += 1
		        try:
		            whole(io.BytesIO(s), 1)
		        except recmat.Error:
		            continue
		        raise SystemExit("%s: %d bytes are accepted" % (name, len(s)))
		# cut while it is read
		out = io.BytesIO()
		recmat.write(out, [recmat.dense(["%04d" % i for i in range(2000)], np.ones((2000, 3)))])
		f = recmat.File(out)
		[e] = f.entries()
		f.data.f.truncate(e.sections[8][0])
		try:
		    f.block(e)
		except recmat.Error as e:
		    assert str(e).startswith("<stream>: cut off at byte "), e
		    print(n)
	PY
	(cd "$ROOT/tests/vectors" && "$PYTHON" "$BATS_TEST_TMPDIR/by_rows.py" \
		model.rec canonical.rec ranked.rec stream.rec keys.rec factors.rec) >seen
	[ "$(cat seen)" -gt 5000 ] || fail "$(cat seen)"
}

@test "recmat.py: labels ascend by all of their bytes, and a pair that appears twice is named" {
	"$PYTHON" - <<-'PY'
		import random, recmat
		rng = random.Random(1)
		def label():
		    return bytes(rng.choice(b"\x01a\xff") for _ in range(rng.randint(1, 19)))
		n = 0
		for _ in range(3000):
		    some = [label() for _ in range(rng.randint(1, 4))]
		    if rng.random() < .7:
		        some.sort()
		    good = all(a < b for a, b in zip(some, some[1:]))
		    off = [sum(map(len, some[:i])) for i in range(len(some) + 1)]
		    labels = recmat.Labels(recmat.np.array(off, "<u8"), b"".join(some))
		    block = recmat.dense(labels, [[1]] * len(some))
		    try:
		        recmat.write(open("x.rec", "wb"), [block])
		        assert good, some
		    except recmat.Error as e:
		        assert not good and str(e).endswith("labels do not ascend"), (some, e)
		        n += 1
		assert 300 < n < 2700, n
		try:
		    recmat.sparse(["v", "u"], ["a", "b"], [0, 1, 0], [1, 1, 1])
		    raise SystemExit("accepted")
		except ValueError as e:
		    assert str(e) == "the pair b'v', b'b' appears twice", e
	PY
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
		def changed(block, **members):
		    for key, value in members.items():
		        setattr(block, key, value)
		    return block
		refused(lambda: changed(recmat.dense(["a"], [[1]]), values=numpy.ones((2, 1))))
		refused(lambda: changed(recmat.sparse(["a"], ["b"], [0], [0]), index=[1]))
		refused(lambda: changed(recmat.sparse(["a"], ["b", "c"], [0, 0], [0, 1]), index=[1, 0]))
		refused(lambda: changed(recmat.keys([1, 2]), keys=[2, 1]))
		refused(lambda: changed(recmat.keys([1, 2]), optional=False))
		refused(lambda: recmat.metadata({"A B": "c"}))
		refused(lambda: recmat.metadata({"a": "b\nc"}))
	PY
}
