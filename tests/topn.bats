#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# rec-topn: who is answered, what is left out, which scores, in which order.

load helpers

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return 1
	make_train >train.tsv
	rec-als -q -k 6 -i 3 <train.tsv >model.rec
	rec-als -q -k 3 -i 3 --explicit <train.tsv >explicit.rec
	rec-cat --block user model.rec >users.txt
	rec-cat --block item model.rec >items.txt
	# a similarity with ties: co-occurrence counts, some left out
	awk -F'\t' '{ u[$1] = u[$1] " " $2 }
		END { for (x in u) { n = split(u[x], a, " "); for (i = 1; i <= n; i++) for (j = 1; j <= n; j++) if (i != j) c[a[i] "\t" a[j]]++ }
		for (k in c) if (c[k] % 3) print k "\t" c[k] % 5 }' train.tsv >sim.tsv
	LC_ALL=C sort -s -t"$TAB" -k1,1 train.tsv >grouped.tsv
	head -300 train.tsv >some.tsv
	tail -600 train.tsv >rest.tsv
}

setup() {
	cd "$BATS_FILE_TMPDIR" || return 1
}

oracle() {
	python3 "$ROOT/tests/oracle/topn.py" "$@"
}

@test "rec-topn: factor lists are those of the oracle" {
	rec-topn -q -m model.rec -n 7 <some.tsv >got
	oracle factors users.txt items.txt some.tsv 7 >want
	oracle check got want
}

@test "rec-topn: explicit lists are those of the oracle, the mean added, and stderr says what they are" {
	rec-cat --block user explicit.rec >eu.txt
	rec-cat --block item explicit.rec >ei.txt
	mean=$(rec-cat --info explicit.rec | sed -n 's/^meta.mean\t//p')
	exits 0 rec-topn -m explicit.rec -n 7 <some.tsv
	mentions "rec-topn: explicit.rec: an explicit model ranks by predicted rating; lists are better made by an implicit model or rec-als --target value"
	oracle factors eu.txt ei.txt some.tsv 7 "$mean" >want
	oracle check out want
}

@test "rec-topn: similarity lists are those of the oracle, ties by label" {
	exits 0 rec-topn -m sim.tsv -n 9 <some.tsv
	oracle similarity sim.tsv some.tsv 9 >want
	oracle check out want
	cut -f1,3 out | uniq -d | grep -q . || fail "no ties in this test"
}

@test "rec-topn: a history item with value 0 is left out but adds nothing; a negative one likewise" {
	printf 'a\tx\t1\nb\ty\t1\nc\tz\t1\na\tb\t9\n' >s.tsv
	printf 'u\ta\t2\nu\tb\t0\nu\tc\t-1\n' | rec-topn -q -m s.tsv >out
	[ "$(cat out)" = "u${TAB}x${TAB}1" ]
}

@test "rec-topn: similar items by cosine are those of the oracle" {
	cut -f1 items.txt | rec-topn -q --similar-items -m model.rec -n 5 >got
	oracle cosine items.txt 5 >want
	oracle check got want
	# rows of a similarity, the item itself and what the row holds left out
	printf 'a\tx\t1\na\ty\t2\na\tz\t3\na\ta\t9\n' >s.tsv
	printf 'a\tz\n' | rec-topn -q --similar-items -m s.tsv >got
	[ "$(cat got)" = "a${TAB}y${TAB}2
a${TAB}x${TAB}1" ]
}

@test "rec-topn: same bytes for -j 1, 2, 7, any line order, text and recmat in and out" {
	for m in model.rec sim.tsv; do
		rec-topn -q -j 1 -m $m -n 8 <train.tsv >one
		for j in 2 7; do
			rec-topn -q -j $j -m $m -n 8 <train.tsv >more
			same one more
		done
		sort -r train.tsv | rec-topn -q -m $m -n 8 >more
		same one more
		rec-cat -b train.tsv | rec-topn -q -m $m -n 8 >more
		same one more
		rec-topn -q -b -m $m -n 8 <train.tsv >one.rec
		rec-cat one.rec >more
		same one more
		rec-topn -q -b -j 7 -m $m -n 8 <train.tsv >more.rec
		same one.rec more.rec
	done
}

@test "rec-topn: same bytes for every instruction set" {
	for m in "-m model.rec" "-m sim.tsv" "-m model.rec -m sim.tsv --scale zscore" "-m model.rec --fold-in"; do
		# shellcheck disable=SC2086
		REC_ISA=plain rec-topn -q $m -n 8 <some.tsv >plain
		for isa in $(instruction_sets); do
			# shellcheck disable=SC2086
			REC_ISA=$isa rec-topn -q $m -n 8 <some.tsv >other
			same plain other
		done
	done
}

@test "rec-topn: --stream gives what the batch gives" {
	for m in "-m model.rec" "-m sim.tsv" "-m model.rec --fold-in" "-m sim.tsv --seen rest.tsv --fill popular" "-m sim.tsv -m model.rec --blend 1,50"; do
		# shellcheck disable=SC2086
		rec-topn -q $m -n 8 <train.tsv >batch
		# shellcheck disable=SC2086
		rec-topn -q $m -n 8 --stream <grouped.tsv >stream
		same batch stream
	done
	# repeated pairs, in any order
	printf 'u\ti1\t1\nu\ti2\t2\nu\ti1\t-1\n' >twice.tsv
	rec-topn -q -m sim.tsv <twice.tsv >batch
	rec-topn -q -m sim.tsv --stream <twice.tsv >stream
	same batch stream
}

@test "rec-topn: --stream answers at once, and an empty line with an empty line" {
	mkfifo ask answer
	rec-topn -q -m model.rec -n 2 --stream <ask >answer &
	exec 8>ask 9<answer
	printf 'u1\n\n' >&8
	for want in u1 u1 ""; do
		IFS=$'\t' read -r -t 20 row _ <&9
		[ "$row" = "$want" ] || fail "'$row', not '$want'"
	done
	printf '\nnobody\n\nu2\nu3\n' >&8
	for want in "" "" u2 u2; do	# an empty line alone, one after an unknown row, then u2 ends at the next label
		IFS=$'\t' read -r -t 20 row _ <&9
		[ "$row" = "$want" ] || fail "'$row', not '$want'"
	done
	exec 8>&-
	IFS=$'\t' read -r -t 20 row _ <&9
	[ "$row" = u3 ]
	exec 9<&-
	wait
}

# mapped PID FILE: wait until the process has the file mapped
mapped() {
	for _ in $(seq 200); do
		grep -q "/$2\$" "/proc/$1/maps" && return 0
		sleep 0.05
	done
	fail "$2 is not mapped"
}

@test "rec-topn: a model that is cut short while it is in use ends the command with one message and exit 4" {
	[ -r /proc/self/maps ] || skip "no /proc"
	[ ! -p ask ] || rm ask answer
	mkfifo ask answer
	cp model.rec mine.rec
	rec-topn -q -m mine.rec -n 2 --stream <ask >answer 2>err &
	pid=$!
	exec 8>ask 9<answer
	printf 'u1\n\n' >&8
	for _ in 1 2 3; do read -r -t 20 line <&9; done
	[ -z "$line" ]
	: >mine.rec
	printf 'u2\n\n' >&8
	status=0
	wait $pid || status=$?
	exec 8>&- 9<&-
	[ "$status" -eq 4 ]
	says "rec-topn: $(pwd -P)/mine.rec: the file was cut short, or cannot be read any more, while it was in use"
	# temporary outputs are removed
	mkdir empty
	cp model.rec mine.rec
	rec-topn -q -j 2 -m mine.rec -o empty/lists --stats empty/stats <ask 2>err &
	pid=$!
	exec 8>ask
	mapped $pid mine.rec
	[ -n "$(ls -A empty)" ]
	: >mine.rec
	cat train.tsv >&8
	exec 8>&-
	status=0
	wait $pid || status=$?
	[ "$status" -eq 4 ]
	says "rec-topn: $(pwd -P)/mine.rec: the file was cut short, or cannot be read any more, while it was in use"
	[ -z "$(ls -A empty)" ]
}

@test "rec-topn: --part outputs concatenated are the whole, also where there are more parts than blocks" {
	rec-gen --users 1500 --items 50 --rows 6000 >many.tsv
	rec-als -q -k 4 -i 1 <many.tsv >many.rec
	rec-sim -q cosine -n 9 <many.tsv >many.sim
	rec-gen --users 1500 --items 50 --rows 9000 --seed 2 >some.pairs
	for m in "-m many.rec" "-m many.sim --candidates some.pairs"; do
		# shellcheck disable=SC2086
		rec-topn -q $m -n 3 <many.tsv >whole
		# shellcheck disable=SC2086
		rec-topn -q -b $m -n 3 <many.tsv >whole.rec
		for n in 1 2 3 7 50; do
			: >parts
			: >parts.rec
			for i in $(seq $n); do
				# shellcheck disable=SC2086
				rec-topn -q $m -n 3 --part "$i/$n" <many.tsv >>parts
				# shellcheck disable=SC2086
				[ $n -gt 7 ] || rec-topn -q -b $m -n 3 --part "$i/$n" <many.tsv >>parts.rec
			done
			same whole parts
			[ $n -le 7 ] || continue
			rec-cat --merge -b parts.rec >merged
			same whole.rec merged
		done
	done
	exits 0 rec-topn -q -b -m many.rec --part 50/50 <many.tsv
	exits 0 rec-cat --verify out
}

@test "rec-topn: parts take about the same time, not the same number of rows" {
	# the first 256 users hold 20 items each, the other 1280 hold one
	awk 'BEGIN { for (u = 0; u < 1536; u++) for (i = 0; i < (u < 256 ? 20 : 1); i++) printf "u%04d\ti%02d\n", u, (u + i) % 40 }' >uneven.tsv
	rec-sim -q cosine -n 0 -b <uneven.tsv >uneven.rec
	rec-topn -q -m uneven.rec -n 3 --part 1/2 <uneven.tsv >first
	rec-topn -q -m uneven.rec -n 3 --part 2/2 <uneven.tsv >second
	[ "$(cut -f1 first | uniq | wc -l)" -lt 768 ]
	cat first second >parts
	rec-topn -q -m uneven.rec -n 3 <uneven.tsv >whole
	same whole parts
}

@test "rec-topn: what a row holds and --seen are left out, --keep-seen leaves nothing out" {
	rec-topn -q -m model.rec -n 1000 <some.tsv >lists
	cut -f1,2 some.tsv | sort >held
	cut -f1,2 lists | sort | comm -12 - held >both
	[ ! -s both ]
	rec-topn -q -m model.rec -n 1000 --seen rest.tsv <some.tsv >lists
	cut -f1,2 train.tsv | sort >held
	cut -f1,2 lists | sort | comm -12 - held >both
	[ ! -s both ]
	rec-topn -q -m model.rec -n 1000 --keep-seen <some.tsv >lists
	[ "$(wc -l <lists)" -eq $(($(cut -f1 some.tsv | sort -u | wc -l) * $(wc -l <items.txt))) ]
}

@test "rec-topn: a row without history is answered where the model holds it, and stderr says so" {
	exits 0 rec-topn -m model.rec -n 2 <<<u1
	[ "$(wc -l <out)" -eq 2 ]
	says "rec-topn: 1 of 1 user came without a history: the list may hold items that the user already has (see --seen)"
	grep "^u1$TAB" train.tsv >u1.tsv
	exits 0 rec-topn -m model.rec -n 2 --seen u1.tsv <<<u1
	says ""
}

@test "rec-topn: an unknown user is folded in from the history; the same history gives the same list" {
	grep "^u7$TAB" train.tsv | sed 's/^u7/stranger/' >stranger.tsv
	exits 0 rec-topn -m model.rec -n 5 <stranger.tsv
	grep "^u7$TAB" train.tsv | rec-topn -q -m model.rec -n 5 --fold-in | sed 's/^u7/stranger/' >want
	same out want
	rec-topn -q -m model.rec -n 5 <train.tsv >stored
	rec-topn -q -m model.rec -n 5 --fold-in <train.tsv >folded
	same stored folded
}

@test "rec-topn: unknown items in a history are ignored and counted" {
	{ cat stranger.tsv; printf 'stranger\tnever-seen\nstranger\tnor-this\n'; } >more.tsv
	rec-topn -q -m model.rec -n 5 <stranger.tsv >want
	exits 0 rec-topn -m model.rec -n 5 --stats stats <more.tsv
	says "rec-topn: 2 pairs of stdin name items that no model holds; they are ignored"
	same out want
	[ "$(grep -E '^(rows|pairs)' stats | tr '\t\n' '= ')" = "rows=1 rows.answered=1 rows.cold=0 rows.empty=0 pairs.unknown=2 " ]
}

@test "rec-topn: cold rows are dropped and counted, answered by popularity, or a failure" {
	printf 'u1\nnobody\n' >rows
	exits 0 rec-topn -m model.rec -n 2 --seen train.tsv <rows
	says "rec-topn: 1 of 2 users cannot be scored by any model: no list (--cold popular answers them)"
	[ "$(cut -f1 out | uniq)" = u1 ]
	exits 0 rec-topn -m model.rec -n 2 --cold popular --interactions train.tsv <rows
	mentions "rec-topn: 1 of 2 users cannot be scored by any model: answered by popularity"
	grep ^nobody out | cut -f2,3 >got
	cut -f2 train.tsv | sort | uniq -c | sort -k1,1nr -k2,2 | head -2 | awk '{ print $2 "\t" $1 }' >want
	same got want
	exits 1 rec-topn -m model.rec --cold fail <rows
	says "rec-topn: user 'nobody': no model can score it (--cold fail)"
	exits 2 rec-topn -m model.rec --cold popular <rows
	says "rec-topn: popularity is not known: give --interactions FILE, --seen FILE or a popular model with -m"
}

@test "rec-topn: no row answered at all is a failure" {
	exits 1 rec-topn -m model.rec -o lists.out <<<nobody
	says "rec-topn: --model model.rec: it holds no user of stdin: 'u1' there, 'nobody' on stdin
rec-topn: 1 of 1 user cannot be scored by any model: no list (--cold popular answers them)
rec-topn: no user was answered"
	[ ! -e lists.out ]
}

@test "rec-topn: an item without a path is not listed; short lists are counted, or filled below the last" {
	printf 'a\tx\t1\nb\ty\t1\n' >s.tsv
	printf 'p\ta\np\tb\np\tx\nq\ta\nq\tb\nr\tb\n' >pop.tsv
	exits 0 rec-topn -m s.tsv -n 3 <<<"u${TAB}a"
	[ "$(cat out)" = "u${TAB}x${TAB}1" ]
	says "rec-topn: 1 of 1 list is shorter than 3"
	exits 0 rec-topn -m s.tsv -n 3 --fill popular --interactions pop.tsv <<<"u${TAB}a"
	[ "$(cat out)" = "u${TAB}x${TAB}1
u${TAB}b${TAB}0" ]
	# an item that only the popularity knows is listed too; filled scores go on falling
	printf 'p\tc\n' >>pop.tsv
	exits 0 rec-topn -m s.tsv -n 3 --fill popular --interactions pop.tsv <<<"u${TAB}a"
	[ "$(cat out)" = "u${TAB}x${TAB}1
u${TAB}b${TAB}0
u${TAB}c${TAB}-1" ]
	says ""
}

@test "rec-topn: the offset of a popular model is a model, and the source of popularity" {
	printf 'x\t3\ny\t5\nz\t5\n' | rec-cat --from factors --block offset -b >pop.rec
	exits 0 rec-topn -m pop.rec -n 2 <<<"u${TAB}z"
	[ "$(cat out)" = "u${TAB}y${TAB}5
u${TAB}x${TAB}3" ]
	printf 'a\tx\t1\n' >s.tsv
	exits 0 rec-topn -m s.tsv -m pop.rec --blend 1,0 -n 3 --fill popular <<<"u${TAB}a"
	[ "$(cat out)" = "u${TAB}x${TAB}1
u${TAB}y${TAB}0
u${TAB}z${TAB}-1" ]
}

@test "rec-topn: --allow, --deny, --candidates" {
	rec-topn -q -m model.rec -n 1000 --keep-seen <some.tsv >all
	printf 'i3\ni5\tsome title\tof it\r\ni8\n' >allow
	for m in model.rec sim.tsv; do
		rec-topn -q -m $m -n 1000 --keep-seen <some.tsv >all
		rec-topn -q -m $m -n 1000 --keep-seen --allow allow <some.tsv >got
		awk -F'\t' '$2 == "i3" || $2 == "i5" || $2 == "i8"' all >want
		same got want
		rec-topn -q -m $m -n 1000 --keep-seen --allow allow --deny <(echo i5) <some.tsv >got
		awk -F'\t' '$2 == "i3" || $2 == "i8"' all >want
		same got want
		awk -F'\t' '(NR * 7) % 3 == 0 { print $1 "\t" $2 }' all | sort >pairs
		rec-topn -q -m $m -n 1000 --keep-seen --candidates pairs <some.tsv >got
		awk -F'\t' 'NR == FNR { k[$1 "\t" $2]; next } ($1 "\t" $2) in k' pairs all >want
		same got want
	done
	exits 0 rec-topn -m model.rec --seen train.tsv --deny <(printf 'i3\nnot-an-item\n') -n 1 <<<u1
	grep -q "^rec-topn: 1 of 2 labels of /dev/fd/[0-9]* is an item of no model; it is ignored$" err
	exits 1 rec-topn -m model.rec --allow <(printf 'i3\n\n') <<<u1
	grep -q "^rec-topn: /dev/fd/[0-9]*:2: field 1: empty label$" err
}

@test "rec-topn: a small share of the items by --allow gives their scores of the whole, for every kind of model" {
	cut -f2 train.tsv | sort -u | awk 'NR % 5 == 2' >few
	echo nothing >none
	rec-sim -q popular -b <train.tsv >popular.rec
	rec-sim -q pearson --center -b <train.tsv >center.rec
	rec-sim -q ease --reg 5 -b <train.tsv >dense.rec
	rec-sim -q cosine --side user -b <train.tsv >users.rec
	for m in "-m sim.tsv" "-m popular.rec" "-m center.rec" "-m dense.rec" "-m users.rec --interactions rest.tsv" "-m sim.tsv -m model.rec --blend 1,9" \
		"-m dense.rec -m explicit.rec -m center.rec" "-m sim.tsv -m model.rec --scale rank" "-m model.rec -m sim.tsv --fold-in"; do
		# shellcheck disable=SC2086
		rec-topn -q $m -n 1000 <train.tsv | awk -F'\t' 'NR == FNR { few[$1]; next } $2 in few' few - >want
		# shellcheck disable=SC2086
		rec-topn -q $m -n 1000 --allow few <train.tsv >got
		same want got
		# shellcheck disable=SC2086
		rec-topn -q $m -n 1000 --keep-seen --candidates rest.tsv <train.tsv | awk -F'\t' 'NR == FNR { few[$1]; next } $2 in few' few - >want
		# shellcheck disable=SC2086
		rec-topn -q $m -n 1000 --keep-seen --candidates rest.tsv --allow few <train.tsv >got
		same want got
		# shellcheck disable=SC2086
		exits 1 rec-topn -q $m --allow none <train.tsv
		mentions "rec-topn: --allow none: no model holds any of its items: 'nothing' there, 'i"
	done
}

@test "rec-topn: a blend is the weighted sum; a model that doesn't know an item gives it 0" {
	printf 'a\tx\t4\na\ty\t1\n' >s1.tsv
	printf 'a\ty\t8\na\tz\t2\n' >s2.tsv
	rec-topn -q -m s1.tsv -m s2.tsv --blend 0.5,0.25 <<<"u${TAB}a" >got
	[ "$(cat got)" = "u${TAB}y${TAB}2.5
u${TAB}x${TAB}2
u${TAB}z${TAB}0.5" ]
	rec-topn -q -m s1.tsv -m s2.tsv --scale rank <<<"u${TAB}a" >got
	[ "$(cat got)" = "u${TAB}y${TAB}1.5
u${TAB}x${TAB}1
u${TAB}z${TAB}0.5" ]
	rec-topn -q -m s1.tsv -m s2.tsv --scale zscore --blend 1,3 <<<"u${TAB}a" >got
	[ "$(cat got)" = "u${TAB}y${TAB}2
u${TAB}x${TAB}1
u${TAB}z${TAB}-3" ]
}

# Three shards of the items of train.tsv, of different sizes: labels in shard.1 ...
shards() {
	cut -f2 train.tsv | sort -u >items
	awk '{ print >("shard." (NR % 7 < 4 ? 1 : NR % 7 < 6 ? 2 : 3)) }' items
}

@test "rec-topn: --merge of lists over shards of the items (--allow) is the run over all, text or recmat, in any order" {
	shards
	for m in "-m model.rec" "-m model.rec --fold-in" "-m sim.tsv" "-m sim.tsv -m model.rec --blend 1,9" "-m sim.tsv --cold popular --interactions rest.tsv" \
		"-m model.rec -m sim.tsv --scale zscore" "-m sim.tsv --candidates rest.tsv --keep-seen"; do
		# shellcheck disable=SC2086
		rec-topn -q $m -n 8 <train.tsv >whole
		# shellcheck disable=SC2086
		rec-topn -q -b $m -n 8 <train.tsv >whole.rec
		: >lists
		: >lists.rec
		for i in 3 1 2; do
			# shellcheck disable=SC2086
			rec-topn -q $m -n 8 --allow shard.$i <train.tsv >>lists
			# shellcheck disable=SC2086
			rec-topn -q -b $m -n 8 --allow shard.$i <train.tsv >>lists.rec
		done
		for j in 1 2; do
			rec-topn -q --merge -j $j -n 8 <lists >merged
			same whole merged
		done
		sort -r lists | rec-topn -q --merge -n 8 >merged
		same whole merged
		rec-topn -q --merge -n 8 <lists.rec >merged
		same whole merged
		rec-topn -q --merge -b -n 8 <lists.rec >merged
		same whole.rec merged
		rec-topn -q --merge -b -n 8 <lists >merged
		same whole.rec merged
	done
}

@test "rec-topn: --merge of models with a part of the items each; users whom they don't hold are not folded in" {
	shards
	sort -k2,2 train.tsv | join -t"$TAB" -1 2 - shard.1 | awk -F'\t' -v OFS='\t' '{ print $2, $1, $3, $4 }' >cells.1
	sort -k2,2 train.tsv | join -t"$TAB" -1 2 - shard.2 | awk -F'\t' -v OFS='\t' '{ print $2, $1, $3, $4 }' >cells.2
	sort -k2,2 train.tsv | join -t"$TAB" -1 2 - shard.3 | awk -F'\t' -v OFS='\t' '{ print $2, $1, $3, $4 }' >cells.3
	: >items.half
	: >lists
	for i in 1 2 3; do
		rec-als -q --half item -m model.rec -o item.half.$i <cells.$i
		cat item.half.$i >>items.half
	done
	rec-als -q --half user -m items.half -o user.half <train.tsv
	for i in 1 2 3; do
		rec-cat --merge -b user.half item.half.$i >model.$i
		rec-topn -q -m model.$i -n 6 <train.tsv >>lists
	done
	rec-cat --merge -b user.half items.half >model.all
	rec-topn -q -m model.all -n 6 <train.tsv >whole
	rec-topn -q --merge -n 6 <lists >merged
	same whole merged
	# straight from the concatenated halves
	cat user.half item.half.3 >catenated
	rec-topn -q -m model.3 -n 6 <train.tsv >one
	rec-topn -q -m catenated -n 6 <train.tsv >two
	same one two
	head -1 shard.3 | sed "s/^/nobody$TAB/" | exits 1 rec-topn -m model.3
	[ "$(cat err)" = "rec-topn: model.3 holds a part of its items: users whom it does not hold cannot be folded in
rec-topn: 1 of 1 user cannot be scored by any model: no list (--cold popular answers them)
rec-topn: no user was answered" ] || fail "$(cat err)"
	exits 1 rec-topn --fold-in -m model.3 <train.tsv
	says "rec-topn: model.3: it holds a part of its items alone: a history cannot be folded in"
	exits 0 rec-topn -m model.3 -n 2 <train.tsv
	[ "$(head -1 err)" = "rec-topn: $(($(wc -l <train.tsv) - $(wc -l <cells.3))) pairs of stdin name items that no model holds; they are ignored" ]
	[ "$(grep -c 'came without a history' err)" -eq 0 ]
}

@test "rec-topn: --merge: users of some shards only, ties by label, nothing to merge, and what is refused" {
	printf 'b\ty\t2\na\tz\t1\na\tx\t1\n' >one
	printf 'a\ty\t1\nc\ty\t-3\na\tw\t0.5\n' >two
	cat one two | exits 0 rec-topn --merge -n 3
	[ "$(cat out)" = "a${TAB}x${TAB}1
a${TAB}y${TAB}1
a${TAB}z${TAB}1
b${TAB}y${TAB}2
c${TAB}y${TAB}-3" ]
	says "rec-topn: 2 of 3 lists are shorter than 3"
	cat two one | exits 0 rec-topn --merge --stats stats -n 1
	[ "$(cat out)" = "a${TAB}x${TAB}1
b${TAB}y${TAB}2
c${TAB}y${TAB}-3" ]
	[ ! -s err ]
	[ "$(sed -n 's/^entries\t//p' stats)" = 3 ]
	exits 0 rec-topn --merge </dev/null
	[ ! -s out ]
	says "rec-topn: the input is empty: no lists to merge"
	exits 0 rec-topn --merge -b </dev/null
	exits 0 rec-topn --merge <out
	[ ! -s out ]
	cat one one | exits 1 rec-topn --merge
	says "rec-topn: <stdin>: pair 'a' 'x' appears twice"
	cut -f1,2 one | exits 1 rec-topn --merge
	says "rec-topn: the lists have no scores; for lists in rank order: rec-cat --rank"
	for opt in --model=x --blend=1 --scale=rank --seen=x --keep-seen --fold-in --allow=x --deny=x --candidates=x --cold=fail --fill=popular --interactions=x \
		--stream --similar-items --part=1/2; do
		exits 2 rec-topn --merge $opt <one
		name=${opt%%=*}
		says "rec-topn: --merge cannot work with $name: it takes lists, and no model"
	done
	exits 0 rec-topn --merge --estimate <lists
	[ "$(cut -f1 out | tr '\n' ' ')" = "bytes rows entries " ]
}

@test "rec-topn: options that can't be" {
	exits 2 rec-topn </dev/null
	says "rec-topn: no model: give -m FILE"
	exits 2 rec-topn -m model.rec --stream -b </dev/null
	says "rec-topn: --stream cannot work with --binary: it writes text"
	exits 2 rec-topn -m model.rec --stream --part 1/2 </dev/null
	says "rec-topn: --stream cannot work with --part"
	exits 2 rec-topn -m model.rec --keep-seen --seen train.tsv </dev/null
	says "rec-topn: --keep-seen cannot work with --seen"
	exits 2 rec-topn -m model.rec --similar-items --fold-in </dev/null
	says "rec-topn: --similar-items cannot work with --fold-in"
	exits 2 rec-topn -m model.rec --blend 1,2 </dev/null
	says "rec-topn: --blend: '1,2' is not one number a model (1 of them, with commas between)"
	exits 2 rec-topn -m model.rec -m sim.tsv --blend 1,x </dev/null
	says "rec-topn: --blend: '1,x' is not one number a model (2 of them, with commas between)"
	exits 2 rec-topn -m model.rec -n 0 </dev/null
	says "rec-topn: --top: 0 is not between 1 and 4294967295"
}

@test "rec-topn: --mem is kept or refused with the size" {
	exits 4 rec-topn -m model.rec --mem 1K <train.tsv
	grep -Eq '^rec-topn: needs [0-9]+ bytes, --mem allows 1024; give --mem [0-9]+M or more$' err
	exits 0 rec-topn -q -m model.rec --mem 1G <train.tsv
	exits 0 rec-topn -m model.rec --estimate <train.tsv
	[ "$(cut -f1 out | tr '\n' ' ')" = "bytes rows items " ]
	[ "$(sed -n 's/^rows\t//p' out)" = 60 ]
}

# melt: label TAB v1 TAB v2 ... with the labels as columns, to pairs
melt() {
	awk -F'\t' 'NR == FNR { label[FNR] = $1; next } { for (i = 2; i <= NF; i++) print $1 "\t" label[i - 1] "\t" $i }' "$1" "$1"
}

@test "rec-topn: a dense similarity gives the lists of the oracle, and the bytes of the same matrix pair by pair" {
	rec-sim -q -b ease --reg 5 <train.tsv >ease.rec
	rec-cat --block similarity ease.rec >ease.txt
	melt ease.txt >ease.tsv
	rec-topn -q -m ease.rec -n 7 <some.tsv >dense
	oracle similarity ease.tsv some.tsv 7 >want
	oracle check dense want
	rec-topn -q -m ease.tsv -n 7 <some.tsv >sparse
	same dense sparse
	cut -f1,2 dense | rec-score -q -m ease.rec --history some.tsv >scored
	same dense scored
}

@test "rec-topn: a user-user similarity is scored over --interactions" {
	rec-sim -q -b --side user cosine <train.tsv >users.rec
	rec-cat --block similarity users.rec >users.tsv
	rec-topn -q -m users.rec --interactions train.tsv -n 7 <some.tsv >got
	oracle users users.tsv train.tsv some.tsv 7 >want
	oracle check got want
	LC_ALL=C sort -s -t"$TAB" -k1,1 some.tsv | rec-topn -q -m users.rec --interactions train.tsv -n 7 --stream >stream
	same got stream
	cut -f1,2 got | rec-score -q -m users.rec --interactions train.tsv >scored
	same got scored
	exits 2 rec-topn -m users.rec <some.tsv
	says "rec-topn: users.rec: a user-user similarity is scored over interactions: give --interactions FILE"
}

@test "rec-topn: the transform of the history and the offset are those of the model" {
	rec-sim -q -b --weights log cosine <train.tsv >log.rec
	div=$(rec-cat --info log.rec | sed -n 's/^meta.history.divisor\t//p')
	printf 'v\ti2\t3\n' | rec-topn -q -m log.rec -n 1000 >got
	rec-cat --block similarity log.rec | awk -F'\t' -v d="$div" '$1 == "i2" { print "v\t" $2 "\t" log(4) / d * $3 }' | sort -t"$TAB" -k3,3gr -k2,2 >want
	oracle check got want
	rec-sim -q -b --center --weights linear cosine <train.tsv >center.rec
	printf 'v\ti2\t3\n' | rec-topn -q -m center.rec -n 1000 >got
	rec-cat --block offset center.rec >offset.txt
	div=$(rec-cat --info center.rec | sed -n 's/^meta.history.divisor\t//p')
	rec-cat --block similarity center.rec | awk -F'\t' -v d="$div" 'NR == FNR { o[$1] = $2; next } $1 == "i2" { s[$2] = 3 / d * $3 } { known[$2] } END { for (i in known) if (i != "i2") print "v\t" i "\t" s[i] + o[i] }' offset.txt - |
		sort -t"$TAB" -k3,3gr -k2,2 >want
	oracle check got want
}

@test "rec-topn: a popular model answers everybody, also rows without history" {
	rec-sim -q -b popular <train.tsv >popular.rec
	rec-topn -q -m popular.rec -n 3 --seen train.tsv <<<stranger >got
	cut -f2 train.tsv | sort | uniq -c | sort -k1,1nr -k2,2 | head -3 | awk '{ print "stranger\t" $2 "\t" $1 }' >want
	same got want
}

@test "rec-topn: a model of weight 0 scores nothing, and is still the source of popularity" {
	make_train 40 20 300 >train.tsv
	rec-als -q -k 3 -i 2 <train.tsv >model.rec
	rec-sim -q -b popular <train.tsv >popular.rec
	{ cat train.tsv; echo nobody; } >asked.tsv
	rec-topn -q -m model.rec -m popular.rec --blend 1,0 --cold popular -n 3 <asked.tsv >lists.tsv
	rec-topn -q -m model.rec -n 3 <train.tsv >want.tsv
	echo nobody | rec-topn -q -m popular.rec -n 3 >>want.tsv
	sort -s -k1,1 want.tsv | cmp - lists.tsv
	exits 1 rec-topn -q -m model.rec --blend 0 <train.tsv
	says "rec-topn: no user was answered"
}

@test "rec-topn: a user without any pair above 0 is cold, stored or not: a vector of zeros ranks nothing" {
	printf 'a\tx\t1\na\ty\t1\nb\tx\t1\nb\tz\t1\nnone\tx\t0\nless\ty\t-2\n' >zero.tsv
	rec-als -q -k 2 -i 2 <zero.tsv >zero.rec
	printf 'none\tx\t0\nless\ty\t-2\nnew\tz\t0\na\tx\n' >asked.tsv
	for how in "" --fold-in; do
		# shellcheck disable=SC2086
		exits 0 rec-topn -m zero.rec -n 1 $how <asked.tsv
		[ "$(cut -f1 out)" = a ]
		says "rec-topn: 3 of 4 users cannot be scored by any model: no list (--cold popular answers them)"
	done
}

# same_lists OPTIONS... - on every instruction set the lists of stdin (the file
# asked) are those of plain C, which does not sift.
same_lists() {
	local isa
	REC_ISA=plain rec-topn -q "$@" <asked >plain
	[ -s plain ]
	for isa in $(instruction_sets | tr -d ,); do
		REC_ISA=$isa rec-topn -q "$@" <asked | cmp - plain || fail "$isa: rec-topn $*"
	done
}

@test "rec-topn: of many items, most of which are sifted out, the same lists are made" {
	rec-gen -q --users 900 --items 6000 --rows 60000 >many.tsv
	rec-als -q -k 20 -i 2 <many.tsv -o many.rec
	head -1500 many.tsv >asked
	cut -f 2 many.tsv | sort -u | awk 'NR % 3 == 0' >third
	for how in '-n 1' '-n 10' '-n 100' '-n 300' '-n 5990' '--keep-seen' '--deny third' '--allow third' '--fold-in' '--part 1/2'; do
		# shellcheck disable=SC2086 # options
		same_lists -m many.rec $how
	done
	cut -f 2 asked | sort -u | head -200 >items
	mv items asked
	same_lists -m many.rec --similar-items -n 15
}

@test "rec-topn: scores that tie, vectors of zeros, tiny and huge ones are sifted as others are" {
	local v
	seq -f 'i%05g' 0 5999 | awk 'NR % 40 == 1' >asked
	for v in 'int(rand() * 3) - 1' '(rand() - 0.5) * 1e-25' '(rand() - 0.5) * 1e-42' \
		'(rand() - 0.5) * (i % 9 ? 1 : 1000)' 'i % 2 ? 0 : rand()' '(rand() - 0.5) * 1e16'; do
		awk "BEGIN { srand(3); for (i = 0; i < 6000; i++) { printf \"i%05d\", i * 7 % 6000
			for (f = 0; f < 20; f++) printf \"\\t%.6g\", $v; print \"\" } }" |
			rec-cat -q --from factors --block item -b >vectors.rec
		for how in -n\ 1 -n\ 20; do
			# shellcheck disable=SC2086 # options
			same_lists -m vectors.rec --similar-items $how
		done
		cut -f 1,3 plain | uniq -d | grep -q . || [ "${v#int}" = "$v" ] || fail "no ties in this test"
	done
}
