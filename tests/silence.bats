#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What does nothing is said: files that have nothing to do with the others, models without content, empty inputs.

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
	[ "$(head -1 err)" = "rec-topn: --interactions train.tsv: nothing uses it; it is for user-user models and for popularity (--cold, --fill)" ] ||
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
rec-topn: 60 of 60 users can be scored by no model: no list
rec-topn: no user was answered"
	exits 1 rec-topn -m train.tsv <train.tsv
	says "rec-topn: train.tsv was read as a similarity (history item, candidate, weight); none of its rows is an item of stdin ('u1' there, 'i1' on stdin). Is it an interactions file? Then make a model of it first (rec-als, rec-sim)
rec-topn: 60 of 60 users can be scored by no model: no list
rec-topn: no user was answered"
	exits 2 rec-topn -m - <train.tsv
	says "rec-topn: --model -: stdin is the histories; --model needs a file, or <( )"
	for option in seen allow deny candidates interactions; do
		exits 2 rec-topn -m model.rec --$option - <train.tsv
		says "rec-topn: --$option -: stdin is the histories; --$option needs a file, or <( )"
	done
	exits 2 rec-topn -m - --similar-items <train.tsv
	says "rec-topn: --model -: stdin is the items; --model needs a file, or <( )"
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
rec-topn: 60 of 60 users can be scored by no model: no list
rec-topn: no user was answered"
		exits 1 rec-topn -m $m.rec --fold-in <train.tsv
		exits 1 rec-topn -m $m.rec --similar-items <<<i1
		mentions "the model's vectors are 0"
		exits 0 rec-topn -m $m.rec --cold popular --interactions train.tsv <train.tsv
		mentions "rec-topn: $m.rec: the model's vectors are 0: it ranks nothing"
		mentions "rec-topn: 60 of 60 users can be scored by no model: answered by popularity"
		exits 0 rec-topn -m $m.rec -m sim.rec <train.tsv # the other one ranks
		rec-topn -q -m sim.rec <train.tsv | cmp - out
		mentions "rec-topn: $m.rec: the model's vectors are 0"
	done
	exits 0 rec-topn -m small.rec <train.tsv
	grep -Eq '^rec-topn: small.rec: the model.s vectors are all but 0: no score is above [0-9.e-]+; see --reg in rec-als\(1\)$' err || fail "$(cat err)"
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
