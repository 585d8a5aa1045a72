#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What does nothing is said: files that have nothing to do with the others,
# models without content, empty inputs.

load helpers

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return 1
	rec-gen --users 60 --items 40 --rows 900 >train.tsv
	rec-als -q -k 4 -i 4 <train.tsv >model.rec
	rec-sim -q -b cosine <train.tsv >sim.rec
	rec-topn -q -m model.rec -n 5 <train.tsv >lists.tsv
	sed 's/$/.0/' train.tsv >float.tsv # items as pandas writes them
	sed 's/\ti/\tI/' train.tsv >case.tsv
	cut -f1,2 train.tsv | sed 's/$/ /' >blank.tsv
	sed 's/^u/U/' train.tsv >others.tsv # other users
	: >empty
	rec-cat -b </dev/null >empty.rec
}

setup() {
	cd "$BATS_FILE_TMPDIR" || return 1
}

@test "rec-topn: items of nobody in --seen, --candidates, --interactions, --allow are an error that shows one of each side" {
	while read -r file there; do
		for option in seen candidates "cold popular --interactions" "fill popular --interactions"; do
			# shellcheck disable=SC2086
			exits 1 rec-topn -m model.rec --$option $file.tsv <train.tsv
			says "rec-topn: --${option##*--} $file.tsv: no model holds any of its items: '${there/_/ }' there, 'i1' in the model"
		done
		cut -f2 $file.tsv | sort -u >labels
		exits 1 rec-topn -m model.rec --allow labels <train.tsv
		says "rec-topn: --allow labels: no model holds any of its items: '${there/_/ }' there, 'i1' in the model"
	done <<-'LIST'
		float i1.0
		case I1
		blank i1_
	LIST
	exits 1 rec-topn -m model.rec --stream --seen float.tsv <train.tsv
	says "rec-topn: --seen float.tsv: no model holds any of its items: 'i1.0' there, 'i1' in the model"
	printf 'i1\r\t\n' | tr '\t' x >cr # a carriage return that stayed
	exits 1 rec-topn -m model.rec --allow cr <train.tsv
	says "rec-topn: --allow cr: no model holds any of its items: 'i1\\rx' there, 'i1' in the model"
}

@test "rec-topn: --deny of strangers is said, and changes nothing" {
	rec-topn -q -m model.rec -n 3 <train.tsv >want
	cut -f2 float.tsv | sort -u >labels
	exits 0 rec-topn -m model.rec -n 3 --deny labels <train.tsv
	[ "$(head -1 err)" = "rec-topn: --deny labels: no model holds any of its items: 'i1.0' there, 'i1' in the model" ] || fail "$(cat err)"
	same want out
	printf 'i1\nnew\n' >labels
	exits 0 rec-topn -m model.rec -n 3 --deny labels <train.tsv
	[ "$(head -1 err)" = "rec-topn: 1 of 2 labels of labels is an item of no model; it is ignored" ] || fail "$(cat err)"
}

@test "rec-topn: users who aren't asked about: --seen is said, --candidates is an error" {
	exits 0 rec-topn -m model.rec --seen others.tsv <train.tsv
	[ "$(head -1 err)" = "rec-topn: --seen others.tsv: none of its users is asked about: 'U1' there, 'u1' on stdin" ] || fail "$(cat err)"
	exits 1 rec-topn -m model.rec --candidates others.tsv <train.tsv
	says "rec-topn: --candidates others.tsv: none of its users is asked about: 'U1' there, 'u1' on stdin"
	cat others.tsv train.tsv >both.tsv # more users than are asked about are no fault
	exits 0 rec-topn -m model.rec -n 1 --seen both.tsv <train.tsv
	[ "$(grep -c both.tsv err)" -eq 0 ] || fail "$(cat err)"
	rec-sim -q -b --side user cosine <train.tsv >users.rec
	exits 1 rec-topn -m users.rec --interactions others.tsv <train.tsv
	says "rec-topn: --interactions others.tsv: none of its users is in the model: 'U1' there, 'u1' in the model"
}

@test "rec-topn: single pairs of side files that name strangers are counted" {
	printf 'u1\ti1\nu1\tnew\nu2\tnewer\n' >some.tsv
	exits 0 rec-topn -m model.rec -n 1 --seen some.tsv <train.tsv
	[ "$(head -1 err)" = "rec-topn: 2 of 3 pairs of some.tsv name items that no model holds; they are ignored" ] || fail "$(cat err)"
	head -2 some.tsv >one.tsv
	exits 0 rec-topn -m model.rec -n 1 --candidates one.tsv --keep-seen <train.tsv
	[ "$(head -1 err)" = "rec-topn: 1 of 2 pairs of one.tsv names items that no model holds; it is ignored" ] || fail "$(cat err)"
	exits 0 rec-topn -m model.rec -n 1 --interactions train.tsv <train.tsv
	[ "$(head -1 err)" = "rec-topn: --interactions train.tsv: it is not used: it is for user-user models and for popularity (--cold, --fill)" ] ||
		fail "$(cat err)"
}

@test "rec-topn: empty files: nothing to choose from is an error, nothing to leave out is said" {
	for f in empty empty.rec; do
		for option in candidates allow "cold popular --interactions"; do
			# shellcheck disable=SC2086
			exits 1 rec-topn -m model.rec --$option $f <train.tsv
			says "rec-topn: --${option##*--} $f: the file is empty"
		done
		for option in seen deny; do
			exits 0 rec-topn -m model.rec -n 1 --$option $f <train.tsv
			[ "$(head -1 err)" = "rec-topn: --$option $f: the file is empty" ] || fail "$(cat err)"
		done
		exits 0 rec-topn -m model.rec <$f
		[ "$f" = empty.rec ] || [ ! -s out ]
		says "rec-topn: the input is empty: no user to answer"
		exits 0 rec-topn --merge <$f
		says "rec-topn: the input is empty: no lists to merge"
	done
	exits 0 rec-topn -m model.rec --stream </dev/null
	says "rec-topn: the input is empty: no user to answer"
}

@test "rec-topn: a model of another catalogue, interactions as model, a model where stdin is wanted" {
	exits 1 rec-topn -m sim.rec <float.tsv
	says "rec-topn: --model sim.rec: it holds no item of stdin's histories: 'i1' there, 'i1.0' on stdin
rec-topn: 60 of 60 users cannot be scored by any model: no list
rec-topn: no user was answered"
	exits 1 rec-topn -m train.tsv <train.tsv
	says "rec-topn: train.tsv was read as a similarity (history item, candidate, weight); none of its rows is an item of stdin ('u1' there, 'i1' on stdin). Is it an interactions file? Then make a model of it first (rec-als, rec-sim)
rec-topn: 60 of 60 users cannot be scored by any model: no list
rec-topn: no user was answered"
	exits 0 rec-topn -m model.rec -n 1 <sim.rec
	mentions "rec-topn: stdin is a similarity, as in a model, and was read as histories; a model is given by -m"
	exits 0 rec-als -k 2 -i 1 <sim.rec
	mentions "rec-als: stdin is a similarity, as in a model, and was read as interactions"
	exits 1 rec-topn -m model.rec <model.rec
	mentions "block 'user' is dense, as in a model"
	exits 2 rec-topn -m - <train.tsv
	says "rec-topn: stdin is wanted twice, as a model and as histories; it can be read once: give one of them as a file, or by <( )"
	for option in seen allow deny candidates interactions; do
		exits 2 rec-topn -m model.rec --$option - <train.tsv
		mentions "rec-topn: stdin is wanted twice, as "
	done
}

# Models that regularisation, weights or a start at 0 have emptied: empty.N.rec
emptied() {
	rec-als -q -k 4 --reg 0.3 <train.tsv >small.rec
	rec-als -q -k 4 --reg 30 <train.tsv >reg.rec
	rec-als -q -k 4 --unobserved 100000 <train.tsv >unobserved.rec
	rec-als -q -k 4 --init-sd 0 <train.tsv >start.rec
}

@test "rec-topn: a model whose vectors are 0 ranks nothing, and is not blamed on ids" {
	emptied
	for m in reg unobserved start; do
		exits 1 rec-topn -m $m.rec <train.tsv
		says "rec-topn: $m.rec: the model's vectors are 0: it ranks nothing; see --reg in rec-als(1)
rec-topn: 60 of 60 users cannot be scored by any model: no list
rec-topn: no user was answered"
		exits 1 rec-topn -m $m.rec --fold-in <train.tsv
		exits 1 rec-topn -m $m.rec --similar-items <<<i1
		mentions "the model's vectors are 0"
		exits 0 rec-topn -m $m.rec --cold popular --interactions train.tsv <train.tsv
		mentions "rec-topn: $m.rec: the model's vectors are 0: it ranks nothing"
		mentions "rec-topn: 60 of 60 users cannot be scored by any model: answered by popularity"
		exits 0 rec-topn -m $m.rec -m sim.rec <train.tsv # the other one ranks
		rec-topn -q -m sim.rec <train.tsv | cmp - out
		mentions "rec-topn: $m.rec: the model's vectors are 0"
	done
	exits 0 rec-topn -m small.rec <train.tsv
	grep -Eq '^rec-topn: small.rec: the model.s vectors are almost 0: no score is above [0-9.e-]+; see --reg in rec-als\(1\)$' err || fail "$(cat err)"
}

@test "rec-topn: one score for all items is no order, in any batch, part or share of the items" {
	# vectors so small that every product is 0; and a user of them beside an honest one
	printf 'a\t1e-30\nb\t1\n' | rec-cat --from factors --block user -b >u.rec
	printf 'w\t1e-30\nx\t2e-30\ny\t3e-30\nz\t4e-30\n' | rec-cat --from factors --block item -b >i.rec
	cat u.rec i.rec >tiny.rec
	printf 'a\nb\n' >asked
	exits 0 rec-topn -m tiny.rec -n 2 <asked
	[ "$(cut -f1,2 out | xargs)" = "b z b y" ] || fail "$(cat out)"
	mentions "rec-topn: 1 of 2 users gets one score for all items: no list"
	for share in w x 'w\nx' 'x\ny\nz'; do
		# shellcheck disable=SC2059
		printf "$share\n" >share
		exits 0 rec-topn -m tiny.rec -n 2 --allow share <asked
		[ "$(cut -f1 out | sort -u)" = b ] || fail "$share: $(cat out)"
	done
	printf 'a\n' | exits 1 rec-topn -m tiny.rec
	says "rec-topn: 1 of 1 user gets one score for all items: no list
rec-topn: no user was answered"
	# popularity alike for all, a similarity of zeros
	printf 'x\t3\ny\t3\n' | rec-cat --from factors --block offset -b >even.rec
	exits 1 rec-topn -m even.rec <<<nobody
	mentions "rec-topn: 1 of 1 user gets one score for all items: no list"
	printf 'a\tx\t0\na\ty\t0\nb\tx\t1\n' >zeros.tsv
	printf 'u\ta\nv\tb\n' | exits 0 rec-topn -m zeros.tsv -n 5
	[ "$(cat out)" = "v${TAB}x${TAB}1" ] || fail "$(cat out)"
	mentions "rec-topn: 1 of 2 users gets one score for all items: no list"
}

@test "rec-topn, rec-score: items of dislikes or zeros alone have no score: not listed, as similar items don't list them" {
	{
		for u in 1 2 3 4 5 6; do
			for i in 1 2 3 4; do
				[ $(((u + i) % 4)) -eq 0 ] || printf 'A%s\ta%s\nB%s\tb%s\n' $u $i $u $i
			done
		done
		printf '%s\tbad\t-1\n' A1 A2 A3 B1 B2 B3
		printf 'A4\tzero\t0\n'
	} >likes.tsv
	for how in "" "--solver cg" "--weights linear" "--weights log"; do
		# shellcheck disable=SC2086
		rec-als -q -k 4 $how <likes.tsv >likes.rec
		grep '^A5' likes.tsv >a5.tsv
		rec-topn -q -m likes.rec -n 20 --keep-seen <a5.tsv | cut -f2 | sort | xargs >listed
		[ "$(cat listed)" = "a1 a2 a3 a4 b1 b2 b3 b4" ] || fail "$how: $(cat listed)"
		printf 'A5\tbad\nA5\tzero\nA5\ta1\n' | exits 0 rec-score -m likes.rec --cold drop
		[ "$(cut -f2 out)" = a1 ]
	done
	rec-topn -q -m likes.rec -n 20 <likes.tsv >whole
	for i in 1 2 3; do rec-topn -q -m likes.rec -n 20 --part $i/3 <likes.tsv; done | cmp - whole
	for share in 'a1\nbad\nzero' 'a2\na3\na4\nb1' 'b2\nb3\nb4'; do
		# shellcheck disable=SC2059
		printf "$share\n" >share
		rec-topn -q -m likes.rec -n 20 --allow share <likes.tsv
	done | rec-topn -q --merge -n 20 | cmp - whole
	rec-topn -q -m likes.rec -n 20 --fold-in <likes.tsv | cmp - whole
	LC_ALL=C sort -s -t"$TAB" -k1,1 likes.tsv | rec-topn -q -m likes.rec -n 20 --stream | cmp - whole
	rec-topn -q -m likes.rec -m likes.rec -n 20 <likes.tsv | cut -f1,2 >blend
	cut -f1,2 whole | cmp - blend
	rec-topn -q -m likes.rec -m likes.rec -n 20 --allow <(printf 'a1\nzero\n') <a5.tsv | cut -f2 >few
	[ "$(cat few)" = a1 ] || [ ! -s few ]
	rec-topn -q -m likes.rec -n 20 --fill popular --interactions likes.tsv <a5.tsv >filled
	[ "$(grep -cE 'bad|zero' filled)" -eq 0 ]
	# biases are something to go by
	rec-als -q -k 2 --explicit <likes.tsv >biased.rec
	rec-topn -q -m biased.rec -n 20 --keep-seen <a5.tsv | grep -q "${TAB}bad${TAB}"
}

@test "rec-als: a model that came to nothing is said, with the option to change" {
	rec-gen --users 400 --items 200 --rows 8000 >even.tsv
	for reg in 0.1 0.3 1; do
		exits 0 rec-als -k 8 --reg $reg <even.tsv
		grep -Eq "^rec-als: the model's vectors are almost 0: no pair scores above [0-9.e-]+ of its target; make --reg smaller \(it is $reg; auto: 0.01\)$" err ||
			fail "$reg: $(cat err)"
		one_line rec-als
	done
	exits 0 rec-als -k 8 --reg 3 <even.tsv
	says "rec-als: the model's vectors are 0: make --reg smaller (it is 3; auto: 0.01)"
	exits 0 rec-als -k 8 --unobserved 10000 <even.tsv
	says "rec-als: the model's vectors are 0: make --unobserved smaller (it is 10000), or --reg (it is 0.01)"
	for i in 0 1 16; do
		exits 0 rec-als -k 8 -i $i --init-sd 0 <even.tsv
		says "rec-als: the model's vectors are 0: leave --init-sd 0 out: vectors that start at 0 stay there"
	done
	exits 0 rec-als -k 8 --target value --reg 1 <even.tsv
	mentions "no pair scores above"
	mentions "make --reg smaller (it is 1; auto: 0.01)"
	exits 0 rec-als -k 8 --reg 0.3 --mem 30M <even.tsv
	mentions "no pair scores above"
	# models that say something, and start values, are not spoken of
	for how in "" "--reg 0.03" "-i 0" "-i 1" "--solver cg" "--unobserved 0.01" "-k 1" "--weights linear" "--init-sd 1e-6"; do
		# shellcheck disable=SC2086
		exits 0 rec-als -k 8 $how <even.tsv
		[ ! -s err ] || fail "$how: $(cat err)"
	done
}

@test "rec-als: --explicit whose vectors vanish keeps its biases, and says so" {
	rec-gen --users 400 --items 200 --rows 8000 --explicit >ratings.tsv
	exits 0 rec-als -k 8 --explicit --reg 20 -o biases.rec <ratings.tsv
	grep -Eq "^rec-als: the model's vectors are almost 0, and predictions are mean and biases alone: make --reg smaller \(it is 20; auto: 1.08\)$" err ||
		fail "$(cat err)"
	exits 0 rec-topn -m biases.rec -n 3 <ratings.tsv
	mentions "rec-topn: biases.rec: its vectors are almost 0: items are in the order of their biases, the same for all; see --reg in rec-als(1)"
	exits 0 rec-als -k 8 --explicit --no-bias --reg 20 <ratings.tsv
	mentions "and predictions are the mean alone"
	exits 0 rec-als -k 8 --explicit <ratings.tsv
	says ""
	cut -f1,2 ratings.tsv | exits 0 rec-als -k 8 --explicit
	says "rec-als: all values are 1: nothing tells pairs apart, and the vectors are 0"
}

@test "rec-als: --weights linear stands an outlier, and leaves honest values as they were" {
	printf 'u1\ta\t1\nu1\tb\t-80995\nu2\ta\t1\nu2\tb\t1\nu3\tb\t1\nu3\ta\t2\n' >return.tsv
	exits 0 rec-als -k 2 --weights linear -o m.rec <return.tsv
	says "rec-als: 1 value carries 100 % of the sum of all and is left out of the mean that --weights linear divides by (now 1.2); see --weights log"
	[ "$(rec-cat --info m.rec | sed -n 's/^meta.divisor\t//p')" = 1.2 ]
	rec-topn -q -m m.rec --keep-seen -n 1 <return.tsv | cut -f1 | xargs >got
	[ "$(cat got)" = "u1 u2 u3" ]
	# two such rows among thousands: nine tenths of the quality stay (half without care)
	rec-gen --users 200 --items 100 --rows 4000 --explicit | cut -f1-3 >all.tsv
	rec-split -q --ratio 0.2 --test held.tsv <all.tsv >honest.tsv
	{ cat honest.tsv; printf 'u3\ti5\t80995\nu9\ti7\t-80995\n'; } >with.tsv
	rec-als -q -k 8 --weights linear <honest.tsv >honest.rec
	exits 0 rec-als -k 8 --weights linear -o with.rec <with.tsv
	mentions "rec-als: 2 values carry 93 % of the sum of all and are left out of the mean that --weights linear divides by (now 3.97082); see --weights log"
	for m in honest with; do
		rec-topn -q -m $m.rec -n 10 <honest.tsv | rec-eval -q -t held.tsv recall@10 | cut -f2 >$m.recall
	done
	awk 'NR == FNR { a = $1; next } { exit !($1 > 0.9 * a) }' honest.recall with.recall || fail "$(cat honest.recall with.recall)"
	# heavy tails are no outliers: the divisor is the mean
	awk 'BEGIN { for (i = 1; i <= 300; i++) printf "u%d\ti%d\t%d\n", i % 40, i % 23, 1 + 300 / i }' >tail.tsv
	exits 0 rec-als -k 2 --weights linear -o m.rec <tail.tsv
	says ""
}

@test "rec-als: what values are taken for, and how many are 0" {
	printf '1\ta\t0\n1\tb\t5\n2\ta\t0\n2\tb\t8\n2\tc\t0\n' >marks.tsv
	exits 0 rec-als -k 2 <marks.tsv
	says "rec-als: the values look like ratings and are taken as 1; see --explicit, and rec-split --min-value 4 --binarize; 3 of 5 are 0: seen, not fitted"
	exits 0 rec-als -k 2 --weights log <marks.tsv
	says "rec-als: 3 of 5 values are 0: seen, not fitted"
	printf '1\ta\t0\n1\tb\t1\n2\tb\t1\n' | exits 0 rec-als -k 2
	says "rec-als: 1 of 3 values is 0: seen, not fitted"
	printf '1\ta\t12\n1\tb\t352698\n2\tb\t1\n' >plays.tsv
	exits 0 rec-als -k 2 <plays.tsv
	says "rec-als: the values (1 to 352698) are taken as 1; --weights log makes them count, --explicit predicts them"
	sort -r plays.tsv | exits 0 rec-als -k 2
	says "rec-als: the values (1 to 352698) are taken as 1; --weights log makes them count, --explicit predicts them"
	printf '1\ta\t-2.5\n1\tb\t7.25\n2\tb\t1\n' | exits 0 rec-als -k 2
	says "rec-als: the values (-2.5 to 7.25) are taken as 1, those below 0 as dislikes; --weights log makes them count, --explicit predicts them"
	for how in "--weights none" "--weights linear" "--target value" --explicit; do
		# shellcheck disable=SC2086
		exits 0 rec-als -k 2 $how <plays.tsv
		[ "$(grep -c 'taken as' err)" -eq 0 ] || fail "$how: $(cat err)"
	done
	printf '1\ta\n1\tb\n2\tb\n1\ta\n' | exits 0 rec-als -k 2 # counted by repeats alone
	says ""
}

@test "rec-als: --init-from and --half with a model of another catalogue" {
	exits 1 rec-als -k 4 --init-from model.rec <others.tsv
	says "rec-als: --init-from model.rec: none of its users is in the input, and nothing else is looked at: 'u1' there, 'U1' in the input"
	exits 0 rec-als -k 4 --init-from model.rec <float.tsv
	rec-als -q -k 4 --solver cg <train.tsv >cg.rec
	exits 0 rec-als -k 4 --solver cg --init-from cg.rec <others.tsv # its items
	sed 's/^u/U/' float.tsv >strangers.tsv
	exits 1 rec-als -k 4 --solver cg --init-from cg.rec <strangers.tsv
	says "rec-als: --init-from cg.rec: none of its users or items is in the input: 'u1' there, 'U1' in the input"
	exits 1 rec-als --half user -m model.rec <float.tsv
	says "rec-als: --model model.rec: it holds no item of the input: 'i1' there, 'i1.0' in the input"
	exits 1 rec-als --half item -m model.rec <others.tsv
	says "rec-als: --model model.rec: it holds no user of the input: 'u1' there, 'U1' in the input"
	rec-als -q -k 4 -i 0 --init-sd 0 <train.tsv >zero.rec
	exits 0 rec-als --half item -m zero.rec <train.tsv
	says "rec-als: all vectors of this side are 0; see --reg and --init-sd in rec-als(1)"
	exits 2 rec-als --init-from - <train.tsv
	mentions "rec-als: --init-from: stdin is wanted twice, as interactions and as a model"
	exits 0 rec-als --half item -m model.rec <empty
	says "rec-als: the input is empty: the side has no rows"
}

@test "rec-score: a model of another catalogue is an error, whatever is done with cold pairs" {
	rec-gen --users 60 --items 40 --rows 900 --explicit >ratings.tsv
	rec-als -q -k 3 -i 3 --explicit <ratings.tsv >explicit.rec
	sed 's/$/.0/' ratings.tsv | cut -f1,2 | sed 's/$/.0/' >pairs.tsv
	for m in model.rec explicit.rec; do
		for cold in mean drop; do
			exits 1 rec-score -m $m --cold $cold -o scored <pairs.tsv
			mentions "rec-score: no pair could be scored: the first is of item '$(head -1 pairs.tsv | cut -f2)', which $m does not hold; it holds 'i"
			[ ! -e scored ]
		done
	done
	exits 1 rec-score -m model.rec <others.tsv
	says "rec-score: no pair could be scored: the first is of user '$(head -1 others.tsv | cut -f1)', which model.rec does not hold; it holds '$(head -1 train.tsv | cut -f1)'"
	exits 1 rec-score -m sim.rec --history train.tsv <float.tsv
	mentions "rec-score: no pair could be scored: the first is of item"
	# known items of an explicit model are something to say of new users
	cut -f1,2 ratings.tsv | sed 's/^u/U/' | exits 0 rec-score -m explicit.rec
	says "rec-score: 900 of 900 pairs cannot be scored by any model: given what is known of them (--cold drop drops them)"
	# one known pair is enough
	(cat pairs.tsv; head -1 train.tsv) | exits 0 rec-score -m model.rec
	mentions "rec-score: 900 of 901 pairs cannot be scored by any model"
}

@test "rec-score: histories and interactions of strangers, empty inputs, stdin twice" {
	exits 1 rec-score -m sim.rec --history float.tsv <train.tsv
	says "rec-score: --history float.tsv: no model holds any of its items: 'i1.0' there, 'i1' in the model"
	exits 1 rec-score -m sim.rec --history others.tsv <train.tsv
	says "rec-score: --history others.tsv: none of its users is on stdin: 'U1' there, '$(head -1 train.tsv | cut -f1)' on stdin
rec-score: no pair could be scored: 900 of 900 have no score under any model"
	exits 0 rec-score -m model.rec --history others.tsv <train.tsv
	mentions "rec-score: --history others.tsv: none of its users is on stdin: 'U1' there"
	printf 'u1\ti1\nu1\tnew\n' >some.tsv
	exits 0 rec-score -m model.rec --history some.tsv <train.tsv
	mentions "rec-score: 1 of 2 pairs of some.tsv names items that no model holds; it is ignored"
	exits 1 rec-score -m model.rec --history empty <train.tsv
	says "rec-score: --history empty: the file is empty"
	rec-sim -q -b --side user cosine <train.tsv >users.rec
	exits 1 rec-score -m users.rec --interactions others.tsv <train.tsv
	says "rec-score: --interactions others.tsv: none of its users is in the model: 'U1' there, 'u1' in the model"
	exits 0 rec-score -m model.rec --interactions train.tsv <train.tsv
	mentions "rec-score: --interactions train.tsv: it is not used: it is for user-user models"
	for f in empty empty.rec; do
		exits 0 rec-score -m model.rec <$f
		says "rec-score: the input is empty: no pairs to score"
	done
	for option in model history interactions; do
		exits 2 rec-score -m model.rec --$option - <train.tsv
		mentions "rec-score: stdin is wanted twice, as "
	done
	rec-als -q -k 4 --reg 30 <train.tsv >zero.rec
	exits 1 rec-score -m zero.rec <train.tsv
	says "rec-score: zero.rec: the model's vectors are 0: it ranks nothing; see --reg in rec-als(1)
rec-score: no pair could be scored: 900 of 900 have no score under any model"
}

@test "rec-score, rec-eval: scores of an implicit model are not ratings" {
	rec-gen --users 60 --items 40 --rows 900 --explicit | cut -f1-3 >ratings.tsv
	rec-split -q --ratio 0.2 --test held.tsv <ratings.tsv >rated.tsv
	rec-als -q -k 4 <rated.tsv >implicit.rec
	rec-als -q -k 4 --explicit <rated.tsv >explicit.rec
	exits 0 rec-score -m implicit.rec -o scored.tsv <held.tsv
	mentions "rec-score: implicit.rec: scores of an implicit model are not ratings; rmse and mae are for rec-als --explicit"
	exits 0 rec-score -m explicit.rec -o predicted.tsv <held.tsv
	[ "$(grep -c 'no ratings' err)" -eq 0 ]
	rec-score -q -b -m implicit.rec <held.tsv >scored.rec
	rec-score -q -b -m explicit.rec <held.tsv >predicted.rec
	[ "$(rec-cat --info scored.rec | sed -n 's/^1.name\t//p')" = implicit-scores ]
	rec-cat scored.rec | cmp - scored.tsv
	for measure in rmse mae ""; do
		# shellcheck disable=SC2086
		exits 1 rec-eval -t held.tsv $measure <scored.rec
		says "rec-eval: ${measure:-rmse}: stdin holds scores of an implicit model, which are not ratings; rec-als --explicit predicts those"
		# shellcheck disable=SC2086
		exits 1 rec-eval -t held.tsv $measure <scored.tsv
		grep -Eq "^rec-eval: ${measure:-rmse}: the scores are not ratings of this truth: their mean is 0\.[0-9]+, its values are from [0-9.]+ to [0-9.]+$" err || fail "$(cat err)"
		# shellcheck disable=SC2086
		exits 0 rec-eval -t held.tsv $measure <predicted.rec
		# shellcheck disable=SC2086
		exits 0 rec-eval -t held.tsv $measure <predicted.tsv
	done
	exits 0 rec-eval -t held.tsv recall@3 ndcg@3 --shallow <scored.rec # as lists they are right
	exits 0 rec-eval -t held.tsv mae --compare predicted.tsv <predicted.tsv
	exits 1 rec-eval -t held.tsv mae --compare scored.rec <predicted.tsv
	mentions "rec-eval: --compare: mae: "
	# a truth without values
	cut -f1,2 held.tsv >pairs.tsv
	exits 1 rec-eval -t pairs.tsv rmse <predicted.tsv
	says "rec-eval: rmse: the truth has no values to predict"
	# honest predictions are never refused: a narrow truth, a single one, a bad model, other scales
	awk '$3 >= 5' held.tsv >best.tsv
	cut -f1,2 best.tsv | rec-score -q -m explicit.rec | exits 0 rec-eval -t best.tsv rmse
	head -1 held.tsv >one.tsv
	cut -f1,2 one.tsv | rec-score -q -m explicit.rec | exits 0 rec-eval -t one.tsv rmse
	awk -F'\t' -v OFS='\t' '{ print $1, $2, 3 }' held.tsv | exits 0 rec-eval -t held.tsv rmse
	awk -F'\t' -v OFS='\t' '{ print $1, $2, 20 * $3 - 60 }' held.tsv >percent.tsv
	awk -F'\t' -v OFS='\t' '{ print $1, $2, 15 * $3 - 40 }' predicted.tsv | exits 0 rec-eval -t percent.tsv rmse
	awk -F'\t' -v OFS='\t' '{ print $1, $2, 1000 * $3 }' predicted.tsv | exits 1 rec-eval -t held.tsv rmse
	mentions "rec-eval: rmse: the scores are not ratings of this truth: their mean is 3"
}

@test "rec-eval: files of strangers, empty files, lists and truth swapped" {
	rec-split -q --ratio 0.3 --test held.tsv <train.tsv >rest.tsv
	rec-als -q -k 4 <rest.tsv >rest.rec
	rec-topn -q -m rest.rec -n 5 <rest.tsv >best.tsv
	first=$(cut -f2 held.tsv | sort | head -1)
	for f in float case blank; do
		case $f in
		float) sed 's/$/.0/' held.tsv ;;
		case) sed "s/${TAB}i/${TAB}I/" held.tsv ;;
		blank) sed 's/$/ /' held.tsv ;;
		esac >other.tsv
		exits 1 rec-eval -t other.tsv recall@5 <best.tsv
		grep -Eq "^rec-eval: --truth other.tsv: none of its items is in a list: '[iI]1(\.0| )?' there, 'i1[0-9]*' on stdin$" err || fail "$(cat err)"
		exits 1 rec-eval -t held.tsv --train other.tsv recall@5 <best.tsv
		grep -Eq "^rec-eval: --train other.tsv: none of its items is in a list or in the truth: '[iI]1(\.0| )?' there, 'i1[0-9]*' on stdin$" err || fail "$(cat err)"
		exits 1 rec-eval -t held.tsv --candidates other.tsv recall@5 <best.tsv
		grep -Eq "^rec-eval: --candidates other.tsv: none of its items is in a list: '[iI]1(\.0| )?' there, 'i1[0-9]*' on stdin$" err || fail "$(cat err)"
	done
	sed 's/^u/U/' held.tsv >other.tsv
	for option in truth candidates compare groups; do
		exits 1 rec-eval -t held.tsv --$option other.tsv recall@5 <best.tsv
		[ "$option" = compare ] || grep -Eq "^rec-eval: --$option other.tsv: none of its users (has a list|is in the truth): 'U1' there, 'u1' (on stdin|in the truth)$" err || fail "$(cat err)"
	done
	exits 0 rec-eval -t held.tsv --train other.tsv recall@5 <best.tsv # other users than those of the truth may be meant
	says "rec-eval: --train other.tsv: none of its users is in the truth: 'U1' there, 'u1' in the truth"
	for option in train candidates groups; do
		exits 1 rec-eval -t held.tsv --$option empty recall@5 <best.tsv
		says "rec-eval: --$option empty: the file is empty"
	done
	# one user without a hit is no fault, nor is a part of the users
	printf 'u\ta\t2\nu\tb\t1\n' >two
	printf 'u\tc\n' >three
	exits 0 rec-eval -t three recall@2 <two
	says "rec-eval: --truth three: none of its items is in a list: 'c' there, 'a' on stdin"
	grep -q "^recall@2${TAB}0${TAB}" out
	exits 1 rec-eval -t best.tsv recall@5 <held.tsv
	says "rec-eval: no scores on stdin, but the truth has some: are -t and stdin swapped? For lists in rank order: rec-cat --rank"
	awk -F'\t' -v OFS='\t' '{ print $1, $2, NR % 5 + 1 }' held.tsv >rated.tsv
	rec-topn -q -m rest.rec -n 5 --keep-seen <rest.tsv >best.tsv
	exits 0 rec-eval -t best.tsv recall@5 <rated.tsv
	says "rec-eval: stdin holds ratings, and best.tsv scores in rows of one length: are -t and stdin swapped?"
	exits 0 rec-eval -t rated.tsv recall@5 <best.tsv
	says ""
}

@test "rec-eval: scores that rank nothing are not sent to rec-cat --rank" {
	printf 'a\tx\t0\na\ty\t0\nb\tx\t0\nb\ty\t0\n' >zeros.tsv
	printf 'a\tx\nb\ty\n' >truth.tsv
	exits 1 rec-eval -t truth.tsv recall@2 <zeros.tsv
	says "rec-eval: no scores: within a list they are all the same, such as 0, and rank nothing; of a model whose vectors are 0? see rec-als(1), Choosing settings"
	rec-cat -b zeros.tsv | exits 1 rec-eval -t truth.tsv recall@2
	mentions "such as 0, and rank nothing"
	cut -f1,2 zeros.tsv | exits 1 rec-eval -t truth.tsv recall@2
	says "rec-eval: the lists have no scores; for lists in rank order: rec-cat --rank"
}

@test "rec-cat, rec-split: an empty input passes, and is said; an audit of nothing is none" {
	for f in empty empty.rec; do
		for c in "rec-cat" "rec-cat -b" "rec-cat --merge" "rec-cat --merge -b" "rec-split --ratio 0.2 --test held" "rec-split --last 1 --test held" \
			"rec-split --min-user 2" "rec-split --shards 2 --by user --to s%d" "rec-split --parts 2 --by item --to p%d -b"; do
			# shellcheck disable=SC2086
			exits 0 $c <$f
			one_line "${c%% *}"
			grep -q "^rec-[a-z]*: the input is empty: " err || fail "$c: $(cat err)"
			# shellcheck disable=SC2086
			exits 0 $c -q <$f
			[ ! -s err ]
		done
		exits 1 rec-split --audit train.tsv <$f
		says "rec-split: the input is empty: nothing to audit"
		exits 1 rec-split --audit $f <train.tsv
		says "rec-split: --audit $f: the file is empty"
	done
	sed 's/^u/U/' float.tsv >strangers.tsv
	exits 0 rec-split --audit strangers.tsv <train.tsv
	says "rec-split: --audit strangers.tsv: no user and no item of it is on stdin: 'U1' there, 'u1' on stdin"
}
