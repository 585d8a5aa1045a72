#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# format("recmat"): what Spark reads is what rec-cat says, what it writes are
# the bytes of the commands, and nothing is taken for whole that is not.

export SPARK=4
load common

# One session of Spark for all of it: source.py makes the files compared below.
setup_file() {
	[ -z "$(spark_why_not)" ] || return 0
	local d=$BATS_FILE_TMPDIR/spark
	mkdir "$d" && cd "$d" || return 1
	spark_conf "$d"
	make_data
	export PYTHONPATH=$EXAMPLES PYTHONDONTWRITEBYTECODE=1
	SPARK_TIMEOUT=600 spark_submit_local "$ROOT/tests/spark/source.py" "$d" >log 2>&1 ||
		echo "source.py failed: $(spark_said log)" >failed
}

# Labels with blanks, quotes, other letters; values, times, repeated pairs.
make_data() {
	rec-gen --users 60 --items 40 --rows 900 --times --explicit |
		sed "s/\ti/\tth\xc3\xa9 \"i/; s/^u1/\xe2\x98\x83 u'1/" >pairs.tsv
	rec-cat --merge -b pairs.tsv >pairs.rec
	rec-als -q -k 5 -i 2 <pairs.tsv >model.rec
	rec-topn -q -b -m model.rec -n 5 <pairs.tsv >lists.rec
	rec-sim -q -b cosine -n 4 <pairs.tsv >sim.rec
	rec-sim -q -b ease <pairs.tsv >ease.rec
	rec-gen --users 300 --items 90 --rows 20000 >many.tsv
	for _ in 1 2 3 4 5 6 7 8; do cat many.tsv; done | cut -f 1,2 | rec-cat -b >events.rec
	printf 'u\tcaf\xe9\nu\ttea\n' | rec-cat -b >latin1.rec
	cp pairs.rec old.rec
}

setup() {
	spark_or_skip
	cd "$BATS_FILE_TMPDIR/spark" || return 1
	[ ! -e failed ] || fail "$(cat failed)"
}

@test "recmat: a model read and written has the bytes of rec-als, metadata included" {
	same model.got model.rec
	for block in user item; do
		rec-cat --block $block model.rec >want
		rec-cat --block $block $block.got | cmp - want
	done
	rec-cat --block item model.rec >want
	rec-cat --from factors -b --block item <item.text | rec-cat --block item | cmp - want
	[ "$(cut -f1 want | grep -c '^thé "i')" -eq 40 ]
	cat user.got item.got >both.rec
	rec-topn -q -m both.rec -n 5 <pairs.tsv >lists.tsv
	rec-topn -q -m model.rec -n 5 <pairs.tsv | cmp - lists.tsv
}

@test "recmat: pairs with times, lists and similarities come back as they were, from any partitions" {
	same pairs.got pairs.rec
	same lists.got lists.rec
	same scattered.got lists.rec
	same sim.got sim.rec
	rec-cat --merge -b pairs.text | cmp - pairs.rec
	same pairs.text cut.text
	cut -f1,2 pairs.tsv | rec-cat --merge -b | cmp - ones.got
	# a partition a block; by rows; blocks of 65536 cells one by one
	[ "$(cat partitions)" = "1 10 3" ] || fail "$(cat partitions)"
}

@test "recmat: events keep their order and pairs that come again" {
	rec-cat events.rec >want
	same events.text <(sed 's/$/\t1/' want)
	rec-cat events.got | sed 's/\t1$//' | cmp - want
	rec-cat bare.got | cmp - want
	rec-cat shuffled.got | sed 's/\t1$//' | sort | cmp - <(sort want)
	[ "$(rec-cat --info bare.got | sed -n 's/^blocks\t//p')" -eq 3 ]
}

@test "recmat: a similarity kept whole is rows, columns and values, or factors" {
	rec-cat --block similarity ease.rec >wide
	factors() { rec-cat --from factors -b --block similarity | rec-cat --block similarity; }
	factors <ease.wide | cmp - wide
	[ "$(wc -l <ease.long)" -eq 1600 ]
	# the row of the table, its columns in the order of their labels
	awk -F'\t' '{ row[$1] = row[$1] "\t" $3 } END { for (i in row) print i row[i] }' ease.long | sort |
		factors | cmp - wide
}

@test "recmat: whole numbers are labels, doubles values; a time may be missing; no rows are a file" {
	[ "$(rec-cat numbers.got | tr '\t\n' ', ')" = "10,7,2.5 9,7,1,12.5 " ]
	[ "$(rec-cat --block user double.got | tr '\t\n' ', ')" = "a,3,4 b,1,2 " ]
	same empty.got "$ROOT/tests/vectors/empty.rec"
	rec-cat --verify ./*.got >verified
	[ "$(grep -c ': ok' verified)" -eq "$(find . -name '*.got' | wc -l)" ]
}

# told NAME TEXT: the message of a refusal.
told() {
	grep -qF -- "$2" "refused/$1" || fail "$1: $(tail -c 600 "refused/$1")"
}

nothing_left() {
	same old.rec pairs.rec
	[ -z "$(find . -maxdepth 1 -name '.*' ! -name . ! -name '.killed.*')" ] || fail "$(ls -A)"
}

@test "recmat: Spark is told why, a write that fails leaves what was there" {
	told choose "model.rec: it holds the blocks 'user', 'item'; choose one by option(\"block\", \"item\")"
	told latin1 "latin1.rec: block 1: the label b'caf\\xe9' is not UTF-8"
	told append 'written as a whole: .mode("overwrite")'
	told default 'cannot be written in the "ErrorIfExists" mode'
	told partition "partitioning or clustering columns do not match"
	told twice "appears twice"
	told task "the upstream failed"
	told cut "late.rec: it was changed or cut after the query was planned"
	nothing_left
}

# The source as Spark calls it, but in one process: rows(path, options) reads
# all partitions, put(columns) writes them.
alone() {
	cat <<-'PY'
		import os, sys, pyarrow as pa
		from pyspark.sql.pandas.types import from_arrow_schema
		from pyspark.sql.datasource import CaseInsensitiveDict
		from recmat_source import RecmatSource, recmat
		def plan(path, **options):
		    source = RecmatSource(CaseInsensitiveDict(path=path, **options))
		    reader = source.reader(source.schema())
		    return reader, reader.partitions()
		def rows(reader, partitions):
		    return sum(b.num_rows for p in partitions for b in reader.read(p))
		def put(columns, path="old.rec", parts=1, **options):
		    table = pa.table(columns)
		    source = RecmatSource(CaseInsensitiveDict(path=path, **options))
		    writer = source.writer(from_arrow_schema(table.schema), True)
		    try:
		        writer.commit([writer.write(iter(table.slice(i, table.num_rows // parts).to_batches()))
		                       for i in range(0, table.num_rows, table.num_rows // parts)])
		    except BaseException:
		        writer.abort([])
		        raise
	PY
}

@test "recmat: what cannot be read or written is refused, with the reason and what to do" {
	{ alone; cat <<-'PY'; } >alone.py
		def refused(name, action):
		    try:
		        action()
		    except Exception as e:
		        with open("refused/" + name, "w") as f:
		            f.write("%s: %s" % (type(e).__name__, e))
		        return
		    raise SystemExit("accepted: " + name)
		refused("none", lambda: plan("model.rec", block="items"))
		refused("option", lambda: plan("model.rec", blok="item"))
		refused("dense", lambda: plan("pairs.rec", kind="dense"))
		refused("sparse", lambda: plan("model.rec", block="item", kind="sparse"))
		refused("kind", lambda: plan("model.rec", block="item", kind="lists"))
		refused("missing", lambda: plan("nothing.rec"))
		refused("store", lambda: plan("nostore://there/model.rec"))
		refused("text", lambda: plan("pairs.tsv"))
		refused("empty", lambda: plan("/dev/null"))
		refused("nothing", lambda: plan("empty.got"))
		source = RecmatSource(CaseInsensitiveDict(path="model.rec", block="item"))
		refused("schema", lambda: source.reader(from_arrow_schema(pa.schema({"id": pa.string()}))))
		u, i, x = ["u", "v"], ["i", "i"], [1.0, 2.0]
		refused("folder", lambda: put({"row": u, "col": i}, "refused"))
		refused("nowhere", lambda: put({"row": u, "col": i}, "old.rec/new.rec"))
		refused("unnamed", lambda: put({"id": u, "features": [x, x]}))
		refused("both", lambda: put({"block": u, "id": u, "features": [x, x]}, block="user"))
		refused("columns", lambda: put({"row": u, "value": x}))
		refused("swapped", lambda: put({"value": x, "row": u, "col": i}))
		refused("place", lambda: put({"row": u, "col": i, "time": x}))
		refused("order", lambda: put({"row": u, "col": i}, order="sorted"))
		refused("unordered", lambda: put({"id": u, "features": [x, x]}, block="user", order="ranked"))
		refused("key", lambda: put({"row": u, "col": i}, **{"metadata.A B": "c"}))
		refused("null", lambda: put({"row": ["u", None], "col": i}))
		refused("value", lambda: put({"row": u, "col": i, "value": [1.0, None]}))
		refused("nan", lambda: put({"row": u, "col": i, "value": [1.0, float("nan")]}))
		refused("large", lambda: put({"row": u, "col": i, "value": [1.0, 1e39]}))
		refused("tab", lambda: put({"row": u, "col": ["i", "a\tb"]}))
		refused("blank", lambda: put({"row": u, "col": ["i", ""]}))
		refused("pair", lambda: put({"row": ["u", "u"], "col": i}))
		refused("pairs", lambda: put({"row": ["u", "u"], "col": i}, parts=2))
		refused("id", lambda: put({"id": ["u", "u"], "features": [x, x]}, block="user"))
		refused("ids", lambda: put({"id": ["u", "u"], "features": [x, x]}, block="user", parts=2))
		refused("width", lambda: put({"id": u, "features": [x, [1.0]]}, block="user"))
		refused("widths", lambda: put({"id": u, "features": [x, [1.0]]}, block="user", parts=2))
		refused("hole", lambda: put({"id": u, "features": [x, [1.0, None]]}, block="user"))
		def elsewhere(lost):
		    """A write on a cluster whose hosts do not share the path."""
		    s = from_arrow_schema(pa.schema({"row": pa.string(), "col": pa.string()}))
		    w = RecmatSource(CaseInsensitiveDict(path="old.rec")).writer(s, True)
		    try:
		        if lost == "folder":
		            os.rmdir(w.folder)
		        done = w.write(iter(pa.table({"row": u, "col": i}).to_batches()))
		        if lost == "part":
		            os.remove(done.path)
		        if lost == "rows":
		            done.rows += 1
		        w.commit([done])
		    finally:
		        w.abort([])
		for lost in "folder", "part", "rows":
		    refused("lost " + lost, lambda: elsewhere(lost))
	PY
	PYTHONPATH=$EXAMPLES "$PYSPARK_PYTHON" alone.py || fail "accepted"
	told none "model.rec: it holds no block 'items'; its blocks are 'user', 'item'"
	told option "there is no option 'blok'; the options are block, kind, rows_per_partition, trust"
	told dense "pairs.rec: a block is sparse, and cannot be read as dense"
	told sparse "model.rec: the block has no column labels, and cannot be read as sparse"
	told kind "kind is dense or sparse"
	told missing "nothing.rec: there is no such file on "
	told store "nostore://there/model.rec: pyarrow cannot open it"
	told text "pairs.tsv: block 1: not recmat: no magic"
	told empty "/dev/null: the file is empty"
	told nothing "empty.got: it holds no matrix"
	told schema "its columns are id:string,features:array<float>; leave .schema() out"
	told folder "it is a folder, and one file is written"
	told nowhere "Not a directory"
	told unnamed 'factors need a name: option("block", "item")'
	told both 'factors need a name: option("block", "item")'
	told columns "its columns are row:string,value:double; recmat takes (row, col[, value[, time]])"
	told swapped "its columns are value:double,row:string,col:string"
	told place "its columns are row:string,col:string,time:double"
	told order "order is canonical, ranked or stream"
	told unordered "factors have no order"
	told key "metadata 'a b' cannot be written"
	told null "the column 'row' holds a null, which is no label"
	told value "the column 'value' holds a null; say what counts instead"
	told nan "the column 'value' holds a number that is not finite"
	told large "the column 'value' holds a number that is not finite"
	told tab "the column 'col' holds 'a\tb'; a label is not empty and has no TAB, newline or NUL"
	told blank "the column 'col' holds ''; a label is not empty"
	told pair "the pair b'u', b'i' appears twice; group the rows"
	told pairs "the pair b'u', b'i' appears twice; group the rows"
	told id "the id 'u' appears twice"
	told ids "the id 'u' appears twice"
	told width "the column 'features' needs rows of the same length without nulls"
	told widths "rows of 'user' have "
	told hole "the column 'features' needs rows of the same length without nulls"
	told 'lost folder' "the folder of its parts is not to be seen on "
	told 'lost part' "a part that was written on "
	told 'lost rows' "a part has 2 rows, 3 were written"
	nothing_left
}

@test "recmat: every cut and every flipped bit of a file is refused, before and after planning" {
	rec-gen --users 9 --items 7 --rows 30 --times --explicit | rec-cat --merge -b >small.rec
	head -300 pairs.tsv | cut -f1,2 | rec-als -q -k 3 -i 1 >tiny.rec
	{ alone; cat <<-'PY'; } >alone.py
		n = 0
		def refused(action):
		    global n
		    try:
		        action()
		    except recmat.Error as e:
		        assert str(e).startswith("x.rec: "), e
		        n += 1
		        return
		    raise SystemExit("accepted")
		for name, options in (("small.rec", {}), ("small.rec", {"rows_per_partition": "4"}),
		                      ("tiny.rec", {"block": "*", "rows_per_partition": "5"})):
		    good = open(name, "rb").read()
		    def put(data):
		        with open("x.rec", "wb") as f:
		            f.write(data)
		    put(good)
		    planned = plan("x.rec", **options)
		    assert rows(*planned) > 10
		    for i in range(0, len(good), 16):
		        put(good[:i])
		        refused(lambda: rows(*plan("x.rec", **options)))
		        refused(lambda: rows(*planned))
		    # of a model only what is asked for is read
		    for i in range(0, len(good) if name == "small.rec" else 0, 11):
		        b = bytearray(good)
		        b[i] ^= 1 << i % 8
		        put(b)
		        refused(lambda: rows(*plan("x.rec", **options)))
		    put(good)
		    assert rows(*planned) > 10
		print(n)
	PY
	PYTHONPATH=$EXAMPLES "$PYSPARK_PYTHON" alone.py >seen || fail "$(cat seen)"
	[ "$(cat seen)" -gt 1000 ] || fail "$(cat seen)"
}

@test "recmat: another file of the same size under the old name is noticed by the tasks" {
	rec-als -q -k 5 -i 2 --seed 2 <pairs.tsv >other.rec
	[ "$(stat -c %s other.rec)" -eq "$(stat -c %s model.rec)" ]
	{ alone; cat <<-'PY'; } >alone.py
		import shutil
		shutil.copy("model.rec", "x.rec")
		planned = plan("x.rec", block="item")
		assert rows(*planned) == 40
		shutil.copy("other.rec", "x.rec")
		try:
		    rows(*planned)
		    raise SystemExit("accepted")
		except recmat.Error as e:
		    assert "it was changed or cut after the query was planned" in str(e), e
		assert rows(*plan("x.rec", block="item")) == 40
	PY
	PYTHONPATH=$EXAMPLES "$PYSPARK_PYTHON" alone.py
}

@test "recmat: memory stays small beside the file, when reading and when joining parts" {
	{ alone; cat <<-'PY'; } >alone.py
		import threading, time, numpy as np, pyarrow as pa
		from pyspark.sql import types as T
		high = 0    # MB of memory that is no file's
		def watch():
		    global high
		    while True:
		        with open("/proc/self/status") as f:
		            [kb] = [l.split()[1] for l in f if l.startswith("RssAnon")]
		        high = max(high, int(kb) >> 10)
		        time.sleep(.002)
		def peak():
		    global high
		    was, high = high, 0
		    return was
		threading.Thread(target=watch, daemon=True).start()
		schema = T.StructType().add("id", "string").add("features", T.ArrayType(T.FloatType()))
		writer = RecmatSource(CaseInsensitiveDict(path="big.rec", block="user")).writer(schema, True)
		def batches(first, n, k=64):
		    for a in range(first, first + n, 10000):
		        ids = pa.array(["user%d" % i for i in range(a, a + 10000)])
		        x = pa.array(np.full(10000 * k, 1, "f4"))
		        yield pa.RecordBatch.from_arrays([ids, pa.ListArray.from_arrays(
		            pa.array(np.arange(10001, dtype="i4") * k), x)], names=["id", "features"])
		time.sleep(.1)
		base = peak()
		parts = [writer.write(batches(first, 700000)) for first in (0, 700000)]
		task = peak() - base
		writer.commit(parts)
		join = peak() - base
		reader, partitions = plan("big.rec")
		assert len(partitions) == 22, len(partitions)
		assert rows(reader, partitions) == 1400000
		read = peak() - base
		print("%d MB of file; a task that writes %d MB, the driver %d MB, a task that reads %d MB"
		      % (os.path.getsize("big.rec") >> 20, task, join, read))
		os.remove("big.rec")
		assert max(task, join, read) < 280
	PY
	PYTHONPATH=$EXAMPLES "$PYSPARK_PYTHON" alone.py >seen || fail "$(cat seen)"
}

@test "recmat: a driver that is killed while it writes leaves nothing under the name" {
	cat >slow.py <<-'PY'
		import time
		from pyspark.sql import SparkSession
		from recmat_source import RecmatSource
		spark = SparkSession.builder.getOrCreate()
		spark.dataSource.register(RecmatSource)
		def slow(batches):
		    for b in batches:
		        yield b
		        time.sleep(100 if b.column(0)[0].as_py() == "3" else 0)
		(spark.range(4).selectExpr("cast(id as string) row", "'i' col").repartition(4)
		    .mapInArrow(slow, "row string, col string").coalesce(2)
		    .write.format("recmat").mode("overwrite").save("killed.rec"))
	PY
	export PYTHONPATH=$EXAMPLES
	setsid "$SPARK_HOME/bin/spark-submit" --master 'local[2]' slow.py >killed.log 2>&1 3>&- &
	local pid=$!
	for _ in $(seq 1200); do
		[ -z "$(find . -path './.killed.rec.*/*')" ] || break
		kill -0 "$pid" || break
		sleep 0.1
	done
	[ -n "$(find . -path './.killed.rec.*/*')" ] || fail "$(spark_said killed.log)"
	kill -9 -- -"$pid"
	wait "$pid" || true
	[ ! -e killed.rec ]
}

@test "recmat: Spark 3.5 is told that it has no data sources in Python" {
	[ -x "${SPARK_VENV%/*}/s35/bin/python" ] || skip "no pyspark 3.5"
	PYTHONPATH=$EXAMPLES exits 1 "${SPARK_VENV%/*}/s35/bin/python" -c 'import recmat_source'
	mentions 'format("recmat") needs Spark 4.0 or later, and this is 3.5.'
}
