#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# rec_stream.py: lists that follow new interactions, exactly once. What fails,
# and when, is the doing of a rec-topn of our own, so the stream is as shipped.

load common

SPARK_TIMEOUT=600	# where others work too, one run takes its time

# Six files: half of the rows, then a tenth each, in an order of the rows that
# mixes users. Labels with quotes, blanks and more than ASCII; values; two new
# items, one of a user who has nothing else; two lines that are no interaction.
setup_file() {
	[ -z "$(spark_why_not)" ] || return 0
	cd "$BATS_FILE_TMPDIR" || return 1
	make_train 90 60 2000 | cut -f 1-3 | sed "s/^u1$TAB/u \"1\"$TAB/; s/${TAB}i7$TAB/${TAB}í 7$TAB/" |
		awk '{ print (NR * 7919) % 2003 "\t" $0 }' | sort -n | cut -f 2- >rows
	mkdir in tricks wrap
	printf 'u5\tnew here\t4\nnobody\tnew too\n' >>rows
	head -1000 rows >in/0.tsv
	tail -n +1001 rows >rest
	split -n l/5 -a 1 --numeric-suffixes=1 --additional-suffix=.tsv rest in/
	cat in/*.tsv >all.tsv
	printf 'no TAB\nu5\ti1\tmany\n' >>in/5.tsv
	[ "$(names in)" = '0.tsv 1.tsv 2.tsv 3.tsv 4.tsv 5.tsv' ]
	rec-als -q -k 8 -i 5 --weights log <in/0.tsv >1.rec
	cat in/[0-4].tsv | rec-als -q -k 8 -i 4 --weights log --init-from 1.rec >2.rec
	# In the name of a model is its digest.
	for n in 1 2; do echo "00000$n-$(b2sum -l 96 $n.rec | cut -d ' ' -f 1).rec" >$n.name; done
	tricky_filter
}

# tricky_filter: wrap/rec-topn, which looks into the folder tricks first.
tricky_filter() {
	cat >wrap/rec-topn <<-END
		#!/bin/sh
		tricks=$BATS_FILE_TMPDIR/tricks real=$(command -v rec-topn)
	END
	cat >>wrap/rec-topn <<-'END'
		case $* in *--fold-in*/dev/null* | --options) exec "$real" "$@" ;; esac
		once() { mkdir "$tricks/$1.done" 2>/dev/null; }
		# kill.STREAM: in batch 3 of it, the driver: the JVM above us and its Python
		stream=$(cat "$tricks/kill" 2>/dev/null)
		if [ -e "$stream/choices/3" ] && once kill; then
		  p=$$
		  until [ "$(cat /proc/$p/comm)" = java ]; do p=$(sed -n 's/^PPid:\t//p' /proc/$p/status); done
		  for c in $(cat /proc/$p/task/*/children); do
		    tr '\0' ' ' </proc/$c/cmdline | grep -q 'rec_stream\.py' && kill -9 "$c"
		  done
		  kill -9 "$p"
		  sleep 20
		fi
		# a new model, while batch 4 is made
		if [ -e "$stream/choices/4" ] && once publish; then
		  mv "$stream/models/_next" "$stream/models/$(cat "$tricks/../2.name")"
		fi
		if [ -e "$tricks/fail" ]; then cat >/dev/null; echo 'half gone' >&2; exit 3; fi
		if [ -e "$tricks/deaf" ]; then echo 'u1	i1	1'; exit 0; fi
		if [ -e "$tricks/shot" ]; then kill -9 $$; fi
		if [ -e "$tricks/less" ]; then
		  "$real" "$@" >"$tricks/out.$$" || exit
		  grep -v '^u3	' "$tricks/out.$$"
		  exit 0
		fi
		exec "$real" "$@"
	END
	chmod +x wrap/rec-topn
}

setup() {
	spark_or_skip
	cd "$BATS_FILE_TMPDIR" || return 1
}

teardown() {
	rm -rf tricks/*
}

# names FOLDER: of the files in it, on one line.
names() {
	(cd "$1" && echo *)
}

# begin WORK: a stream whose first model is 1.rec.
begin() {
	mkdir -p "$1/models"
	cp 1.rec "$1/models/$(cat 1.name)"
}

# job: a job in Python from stdin, with what stream.py has.
job() {
	{ echo 'from stream import *'; cat; } >job.py
	REC_BIN=$PWD/wrap PYTHONPATH=$EXAMPLES:$ROOT/tests/spark \
		timeout -k 5 "${SPARK_TIMEOUT:-180}" "$PYSPARK_PYTHON" job.py >out 2>err 3>&- 4>&- ||
		fail "exit $?: $(spark_said out err)"
}

# plain MODEL FILE...: the lists of one process.
plain() {
	cat "${@:2}" | rec-topn -q -n 5 --fold-in -m "$1"
}

# figure WORK BATCH NAME
figure() {
	sed -n "s/.*\"$3\": \"\\{0,1\\}\\([^\",}]*\\).*/\\1/p" "$1/batches/$2.json"
}

@test "stream: killed inside batch 3 and begun again, a new model before batch 5: the lists of plain runs" {
	begin w
	cp 2.rec w/models/_next
	echo "$PWD/w" >tricks/kill
	run_w() {
		REC_BIN=$PWD/wrap spark_submit_local "$EXAMPLES/rec_stream.py" run w --source in \
			--option maxFilesPerTrigger=1 --once -- -n 5 >out 2>err
	}
	status=0
	run_w || status=$?
	[ "$status" -eq 137 ] || fail "exit $status: $(spark_said out err)"
	[ "$(names w/batches)" = '0.json 1.json 2.json' ]
	[ "$(cat w/choices/3)" = "$(cat 1.name)" ]
	[ -e w/events/batch=3/_SUCCESS ] && [ ! -e w/lists/batch=3/_SUCCESS ] && [ -e w/lists/batch=2/_SUCCESS ]
	[ ! -e tricks/publish.done ]

	run_w || fail "$(spark_said out err)"
	[ "$(names w/batches)" = '0.json 1.json 2.json 3.json 4.json 5.json' ]
	[ "$(cat w/choices/[0-5] | sort | uniq -c | xargs)" = "5 $(cat 1.name) 1 $(cat 2.name)" ]
	[ "$(figure w 5 model)" = "$(cat 2.name)" ] && [ "$(figure w 4 model)" = "$(cat 1.name)" ]
	[ "$(cat w/batches/*.json | grep -o '"events": [0-9]*' | awk '{ n += $2 } END { print n }')" -eq "$(cat in/* | wc -l)" ]
	[ "$(figure w 5 rejected)" -eq 2 ] && [ "$(figure w 4 rejected)" -eq 0 ]
	[ "$(figure w 5 unknown)" -eq 2 ] && [ "$(figure w 5 cold)" -eq 1 ]
	grep -q '^rec_stream.py: batch 5: .* 2 rejected, .* 1 cold, .* 2 of [0-9]* pairs of their histories name items that' out

	spark_submit_local "$EXAMPLES/rec_stream.py" latest w lists.tsv >out 2>err || fail "$(spark_said out err)"
	# each user by the model of his last batch
	head -n -2 in/5.tsv | cut -f 1 | sort -u >last.users
	{
		plain 1.rec all.tsv | awk -F '\t' 'NR == FNR { u[$1]; next } !($1 in u)' last.users -
		plain 2.rec all.tsv | awk -F '\t' 'NR == FNR { u[$1]; next } $1 in u' last.users -
	} | LC_ALL=C sort -s -t "$TAB" -k 1,1 >want.tsv
	same want.tsv lists.tsv
	[ "$(cut -f 1 want.tsv | uniq | grep -cxFf last.users)" -gt 10 ]
	[ "$(cut -f 1 want.tsv | uniq | grep -cvxFf last.users)" -gt 10 ]
	! cmp -s want.tsv <(plain 1.rec all.tsv) || false
}

@test "stream: a batch that is played again changes nothing" {
	[ -e w/batches/5.json ] || fail "needs the test before"
	job <<-'END'
		import glob
		dump("w/events/batch=5", "events.before")
		dump("w/lists/batch=5", "lists.before")
		# The driver died when the batch was whole, but before Spark knew:
		forget = ["w/checkpoint/commits/5", "w/checkpoint/commits/.5.crc"]
		list(map(os.remove, forget))
		files = {f: os.stat(f).st_mtime_ns for f in glob.glob("w/*/*5*/*") + ["w/choices/5", "w/batches/5.json"]}
		assert len(files) > 4
		once("w")
		assert os.path.exists("w/checkpoint/commits/5")
		assert files == {f: os.stat(f).st_mtime_ns for f in files}
		# ... or before its figures were written:
		list(map(os.remove, forget + ["w/batches/5.json"]))
		once("w")
		assert [f for f in files if not os.path.exists(f)], "nothing was written again"
		dump("w/events/batch=5", "events.after")
		dump("w/lists/batch=5", "lists.after")
		rec_stream.write_latest(spark, "w", "lists.again")
		# A folder of lists is of no use with the checkpoint of others.
		os.rename("w/checkpoint", "w/other")
		fails("w has batches but no checkpoint", once, "w")
	END
	same events.before events.after
	same lists.before lists.after
	same want.tsv lists.again
	[ "$(figure w 5 rejected)" -eq 2 ] && [ "$(figure w 5 model)" = "$(cat 2.name)" ]
}

@test "stream: a filter that fails, is killed, does not read or leaves a user out fails the query; mended, the batch is made" {
	mkdir few
	cp in/[01].tsv few
	begin f
	job <<-'END'
		def trick(name):
		    open(f"tricks/{name}", "w").close()
		    return lambda: os.remove(f"tricks/{name}")
		os.rename("few/1.tsv", "1.tsv")
		once("f", "few")
		os.rename("1.tsv", "few/1.tsv")
		for name, text in (("fail", "exited with 3: half gone"), ("shot", "was killed by signal 9"),
		                   ("deaf", "exited with 0, but read none of the"), ("less", "rec-topn was asked for")):
		    mended = trick(name)
		    fails(text, once, "f", "few")
		    mended()
		assert [n for n in os.listdir("f/batches") if n[0] != "."] == ["0.json"]
		rec_stream.write_latest(spark, "f", "before.tsv")
		once("f", "few")
		rec_stream.write_latest(spark, "f", "after.tsv")
		# Other things that go wrong:
		fails("holds no model: rec_stream.py publish", once, "g", "few")
		fails("cannot be given here", rec_stream.Stream, spark, "f", ["--part", "1/2"])
		name = os.listdir("f/models")[0]
		with open(f"f/models/{name}", "r+b") as f:
		    f.truncate(3000)
		with open("few/2.tsv", "w") as f:
		    f.write("u1\ti1\n")
		fails("has changed under its name", once, "f", "few")
		fails("cut off", rec_stream.publish, spark, "f", f"f/models/{name}")
	END
	same before.tsv <(plain 1.rec in/0.tsv)
	same after.tsv <(plain 1.rec in/[01].tsv)
	grep -q 'batch 1 failed with model' err
}

@test "stream: retrain is rec-als on the same events; compacted batches and --refresh give the lists of plain runs" {
	begin c
	cp -r in c.in
	job <<-'END'
		rec_stream.BUCKET = 300     # rows a file: there are several
		once("c", "c.in", "--compact", "2")
		rec_stream.write_latest(spark, "c", "compact.tsv")
		rec_stream.retrain(spark, "c")
		rec_stream.retrain(spark, "c", ["-i", "1", "--reg", "0.05"], 2)
		with open("c.in/6.tsv", "w") as f:
		    f.write("u1\ti1\nu1\ti2\n")
		once("c", "c.in", "--refresh", "--compact", "2")
		rec_stream.write_latest(spark, "c", "refresh.tsv")
		print(spark.read.json("c/batches").count())
	END
	[ "$(cat out)" -eq 7 ]
	same compact.tsv <(plain 1.rec all.tsv)
	option() { rec-cat --info "$1" | sed -n "s/^meta.$2\t/--$2=/p"; }
	rec-als -q -k 8 -i 4 --weights log "$(option 1.rec reg)" "$(option 1.rec unobserved)" --init-from 1.rec <all.tsv >hand.rec
	same hand.rec c/models/000002-*.rec
	rec-als -q -k 8 -i 1 --weights log --reg 0.05 "$(option 1.rec unobserved)" --init-from hand.rec <all.tsv >hand2.rec
	same hand2.rec c/models/000003-*.rec
	same refresh.tsv <(plain hand2.rec all.tsv c.in/6.tsv)
	# What is compacted is there once more until the next time, and no longer.
	[ "$(names c/compacted)" = '3.json 5.json' ]
	[ "$(names c/events)" = 'batch=4 batch=5 batch=6 upto=3 upto=5' ]
	[ "$(names c/events/upto=5 | tr " " "\n" | grep -c bucket=)" -ge 4 ]
	[ "$(names c/lists)" = 'batch=4 batch=5 batch=6 upto=3 upto=5' ]
	[ "$(names c/batches)" = '6.json upto-5.json' ]
	[ "$(names c/choices)" = '5 6' ]
}
