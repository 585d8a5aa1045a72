#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# rec-als: options, messages, the same bytes whatever way the same rows come,
# halves and parts, an objective that never rises.

load helpers

likes() {
	printf '%s\t%s\n' ann tea ann cake bob tea bob cake bob scones cy tea cy scones dan beer dan crisps eve beer eve crisps fay beer fay pie
}

ratings() {
	rec-gen --users 80 --items 50 --rows 1500 --times --explicit
}

# meta KEY FILE: a value of the model's metadata.
meta() {
	rec-cat --info "$2" | sed -n "s/^meta\.$1$TAB//p"
}

# The shape of a model is checked before anything is compared.
shape() {	# shape FILE USERS ITEMS COLUMNS
	[ "$(rec-cat --to factors --block user <"$1" | awk -F'\t' '{ print NF - 1 }' | uniq -c | xargs)" = "$2 $4" ] || fail "$1: users"
	[ "$(rec-cat --to factors --block item <"$1" | awk -F'\t' '{ print NF - 1 }' | uniq -c | xargs)" = "$3 $4" ] || fail "$1: items"
}

@test "rec-als: likes become a model that tells tea from beer" {
	likes | exits 0 rec-als -k 4 -o model.rec
	[ ! -s err ]
	shape model.rec 6 6 4
	printf 'you\ttea\n' | rec-topn -j 1 -m model.rec -n 2 | cut -f2 | sort | xargs >got
	[ "$(cat got)" = "cake scones" ] || fail "$(cat got)"
}

@test "rec-als: metadata of the defaults" {
	likes | rec-als -k 4 >model.rec
	for pair in algorithm=als loss=implicit factors=4 iterations=16 reg=0.01 reg-power=1 weights=none alpha=1 target=one solver=cholesky init-sd=0.1 seed=1 \
		users=6 items=6 cells=13 duplicates=sum; do
		[ "$(meta "${pair%%=*}" model.rec)" = "${pair#*=}" ] || fail "$pair: $(meta "${pair%%=*}" model.rec)"
	done
	# 14 * 13 / 36
	[ "$(meta unobserved model.rec)" = 5.055555555555555 ] || [ "$(meta unobserved model.rec)" = 5.055555555555556 ]
	[ "$(meta version model.rec)" = "$(cat "$ROOT/VERSION")" ]
	[ -z "$(meta mean model.rec)$(meta divisor model.rec)$(meta cg-steps model.rec)" ]
}

@test "rec-als: metadata of --explicit, --weights and --solver cg" {
	printf '%s\t%s\t%s\n' a x 1 a y 2 b x 3 b y 5 | rec-als -q --explicit -k 2 >model.rec
	[ "$(meta mean model.rec)" = 2.75 ]
	[ "$(meta bias model.rec),$(meta bias-reg model.rec),$(meta reg-power model.rec)" = 1,5,0.5 ]
	[ "$(meta value.min model.rec),$(meta value.max model.rec),$(meta duplicates model.rec)" = 1,5,last ]
	[ "$(meta reg model.rec | cut -c1-8)" = 1.922725 ] || fail "1.3 * sqrt(2.1875): $(meta reg model.rec)"
	shape model.rec 2 2 4
	printf '%s\t%s\t%s\n' a x 1 a y 2 b x 3 b y 5 | rec-als -q --explicit --no-bias -k 2 >model.rec
	[ "$(meta bias model.rec)$(meta bias-reg model.rec)" = 0 ]
	shape model.rec 2 2 2
	printf '%s\t%s\t%s\n' a x 1 a y 2 b x 3 b y -4 b z 0 | rec-als -q --weights linear --solver cg -k 2 >model.rec
	[ "$(meta divisor model.rec)" = 2.5 ] || fail "mean of 1 2 3 4: $(meta divisor model.rec)"
	[ "$(meta cg-steps model.rec),$(meta weights model.rec)" = 3,linear ]
}

@test "rec-als: --reg-pairs own is kept by the model, and by what is made from it" {
	likes | rec-als -q -k 4 -i 1 --reg-pairs own >own.rec
	likes | rec-als -q -k 4 -i 1 >all.rec
	[ "$(meta reg-pairs own.rec),$(meta reg-pairs all.rec)" = own, ]
	likes | rec-als -q -k 4 -i 1 --reg-pairs all | cmp - all.rec
	! cmp -s own.rec all.rec || false
	# half-steps and fold-in regularise as training did
	likes | rec-als -q -k 4 -i 0 --reg-pairs own >start.rec
	likes | rec-als -q --half item -m start.rec >item.rec
	likes | rec-als -q --half user -m item.rec >user.rec
	[ "$(meta reg-pairs user.rec)" = own ]
	cmp <(rec-cat --from recmat --block user --to factors user.rec) <(rec-cat --block user --to factors own.rec)
	cmp <(likes | rec-topn -q --fold-in -m own.rec) <(likes | rec-topn -q -m own.rec)
	exits 2 rec-als --explicit --reg-pairs own </dev/null
	says "rec-als: --reg-pairs cannot work with --explicit"
	exits 2 rec-als --reg-pairs some </dev/null
	mentions "all, own"
}

@test "rec-als: usage errors" {
	exits 2 rec-als --explicit --weights log </dev/null
	says "rec-als: --weights cannot work with --explicit"
	exits 2 rec-als --explicit --unobserved 1 </dev/null
	says "rec-als: --unobserved cannot work with --explicit"
	exits 2 rec-als --bias-reg 1 </dev/null
	says "rec-als: --bias-reg needs --explicit"
	exits 2 rec-als --no-bias </dev/null
	says "rec-als: --no-bias needs --explicit"
	exits 2 rec-als --explicit --no-bias --bias-reg 2 </dev/null
	says "rec-als: --bias-reg cannot work with --no-bias"
	exits 2 rec-als --epsilon 2 </dev/null
	says "rec-als: --epsilon needs --weights log"
	exits 2 rec-als --cg-steps 2 </dev/null
	says "rec-als: --cg-steps needs --solver cg"
	exits 2 rec-als --part 1/2 </dev/null
	says "rec-als: --part needs --half"
	exits 2 rec-als -m x </dev/null
	says "rec-als: --model needs --half"
	exits 2 rec-als --half user </dev/null
	says "rec-als: --half needs --model"
	exits 2 rec-als --half user -m x --reg 1 </dev/null
	says "rec-als: --reg cannot work with --half: settings come from the model"
	exits 2 rec-als -k 0 </dev/null
	says "rec-als: --factors: 0 is not between 1 and 16384"
	exits 2 rec-als --solver sgd </dev/null
	says "rec-als: --solver: 'sgd' is none of cholesky, cg"
	exits 2 rec-als --reg -1 </dev/null
	says "rec-als: --reg: -1 is not between 0 and 1e+30"
	exits 2 rec-als --early-stop f </dev/null
	says "rec-als: unknown option '--early-stop' (see rec-als --help)"
}

@test "rec-als: input that gives no model" {
	exits 1 rec-als </dev/null
	says "rec-als: no interactions"
	exits 1 rec-als --explicit </dev/null
	says "rec-als: no interactions"
	printf 'a\tx\t0\nb\ty\t-3\n' >bad.tsv
	exits 1 rec-als <bad.tsv
	says "rec-als: no value is above 0: nothing to fit"
	printf 'a\tx\t0\nb\ty\t0\n' >bad.tsv
	exits 1 rec-als --target value <bad.tsv
	says "rec-als: every value is 0: nothing to fit"
	printf 'a\tx\t1\na\tx\t2\n' >bad.tsv
	exits 1 rec-als --duplicates fail <bad.tsv
	one_line rec-als
	exits 1 rec-als --explicit <bad.tsv
	one_line rec-als
	likes >likes.tsv
	exits 1 rec-als --init-from no-such-file <likes.tsv
	one_line rec-als
	mentions no-such-file
}

@test "rec-als: values that overflow are an error that names the row, never a NaN" {
	printf '%s\t%s\t%s\n' a x 3e38 a y -3e38 b x 3e38 b y -3e38 >bad.tsv
	exits 1 rec-als --explicit --init-sd 1000000 --reg 0 -k 4 -o model.rec <bad.tsv
	says "rec-als: item 'x': no finite solution (values too large?)"
	[ ! -e model.rec ]
}

@test "rec-als: one line, one user, constant ratings, more factors than anything" {
	printf 'a\tx\n' | rec-als -k 100 >model.rec
	shape model.rec 1 1 100
	printf 'a\tx\na\ty\n' | rec-als -q --explicit -k 3 --reg 0 --bias-reg 0 >model.rec
	[ "$(rec-cat --to factors --block user <model.rec)" = "a${TAB}0${TAB}0${TAB}0${TAB}1${TAB}0" ]
	[ "$(meta mean model.rec)" = 1 ]
	likes | rec-als -k 70 --reg 0 --unobserved 0 >model.rec
	rec-cat --to factors --block item <model.rec | grep -Eq 'nan|inf' && fail "not finite"
	shape model.rec 6 6 70
}

@test "rec-als: values that look like ratings are pointed out once, not where an option says what they are" {
	ratings >r.tsv
	exits 0 rec-als -k 4 -i 1 <r.tsv
	says "rec-als: the values look like ratings and are taken as 1; see --explicit, and rec-split --min-value 4 --binarize"
	for how in --explicit '--weights none' '--weights log' '--target value' -q; do
		# shellcheck disable=SC2086
		exits 0 rec-als -k 4 -i 1 $how <r.tsv
		[ ! -s err ] || fail "$how: $(cat err)"
	done
}

@test "rec-als: same bytes for -j 1, 2, 7, shuffled lines, recmat" {
	ratings >r.tsv
	sort -t"$TAB" -k4 r.tsv >shuffled.tsv
	rec-cat --to recmat <r.tsv >r.rec
	rec-split --ratio 0.01 --test held.rec -b <r.tsv >/dev/null
	for how in '-k 20' '-k 20 --solver cg --weights log' '--explicit -k 15' '--explicit --no-bias -k 16 --solver cg' '-k 5 --target value --unobserved 0.02'; do
		# shellcheck disable=SC2086
		rec-als -q -j 1 -i 3 $how <r.tsv >one
		for j in 2 7; do
			# shellcheck disable=SC2086
			rec-als -q -j $j -i 3 $how <r.tsv >two
			same one two || fail "$how -j $j"
		done
		for f in shuffled.tsv r.rec; do
			# shellcheck disable=SC2086
			rec-als -q -j 2 -i 3 $how <$f >two
			same one two || fail "$how: $f"
		done
	done
	rec-als -q -j 1 -i 3 --seed 2 -k 20 <r.tsv >two
	rec-als -q -j 1 -i 3 -k 20 <r.tsv >one
	run ! cmp -s one two
}

@test "rec-als: same bytes for every instruction set" {
	ratings >r.tsv
	for how in '-k 20' '--explicit -k 33' '-k 64 --solver cg'; do
		# shellcheck disable=SC2086
		REC_ISA=plain rec-als -q -j 1 -i 2 $how <r.tsv >one
		for isa in $(instruction_sets); do
			# shellcheck disable=SC2086
			REC_ISA=$isa rec-als -q -j 2 -i 2 $how <r.tsv >two
			same one two || fail "$how: $isa"
		done
	done
}

@test "rec-als: fold-in of the train histories gives the lists of the stored vectors" {
	ratings >r.tsv
	for how in '-k 20' '--weights log -k 7' '--explicit -k 9'; do
		# shellcheck disable=SC2086
		rec-als -q -i 3 $how <r.tsv >model.rec
		rec-topn -q -j 1 -m model.rec -n 10 <r.tsv >stored
		rec-topn -q -j 1 -m model.rec -n 10 --fold-in <r.tsv >solved
		same stored solved || fail "$how"
	done
}

@test "rec-als: --objective never rises, and is in --stats" {
	ratings >r.tsv
	for how in '-k 10' '-k 10 --weights linear --alpha 3' '--explicit -k 10' '--target value -k 10'; do
		# shellcheck disable=SC2086
		exits 0 rec-als -k 10 -i 5 $how --objective --stats stats <r.tsv
		grep "^rec-als: objective$TAB" err >lines
		[ "$(cut -f2,3 lines | xargs)" = "1 item 1 user 2 item 2 user 3 item 3 user 4 item 4 user 5 item 5 user" ] || fail "$(cat lines)"
		awk -F'\t' 'NR > 1 && $4 > last * 1.000001 { exit 1 } { last = $4 } END { if (NR != 10) exit 1 }' lines || fail "$how: $(cat lines)"
		[ "$(grep -c '^objective\.[1-5]\.\(item\|user\)	' stats)" -eq 10 ]
	done
}

@test "rec-als: a value of 0 adds nothing, a negative value pushes down" {
	likes | rec-als -k 4 --unobserved 0.1 >one
	(likes; printf 'ann\tscones\t0\n') | rec-als -q -k 4 --unobserved 0.1 >zero
	for side in user item; do
		rec-cat --to factors --block $side <one >a
		rec-cat --to factors --block $side <zero >b
		same a b
	done
	(likes; printf 'ann\tscones\t-1\n') | rec-als -q -k 4 --unobserved 0.1 >down
	printf 'ann\tscones\n' >pair
	[ "$(rec-score -m down <pair | awk -F'\t' '{ print ($3 < 0.3) }')" = 1 ] || fail "$(rec-score -m down <pair)"
	[ "$(rec-score -m one <pair | awk -F'\t' '{ print ($3 > 0.35) }')" = 1 ] || fail "$(rec-score -m one <pair)"
}

@test "rec-als: --duplicates" {
	printf '%s\t%s\t%s\t%s\n' a x 1 10 a x 5 30 a x 3 20 b x 2 5 b y 4 6 >r.tsv
	for pair in sum=9 max=5 last=5; do
		awk -F'\t' -v v="${pair#*=}" -v OFS='\t' '!($1 == "a") { print $1, $2, $3 } END { print "a", "x", v }' r.tsv >plain.tsv
		rec-als -q --weights linear -k 3 --duplicates "${pair%%=*}" <r.tsv | rec-cat --to factors --block item >one
		rec-als -q --weights linear -k 3 <plain.tsv | rec-cat --to factors --block item >two
		same one two || fail "$pair"
	done
}

@test "rec-als: halves in parts, joined, are a sweep; with parts of shards too" {
	rec-gen --users 600 --items 300 --rows 9000 >train.tsv
	rec-als -j 1 -k 8 -i 1 <train.tsv >whole.rec
	rec-als -j 1 -k 8 -i 0 <train.tsv >start.rec
	for i in 1 2; do rec-als -j 1 --half item -m start.rec --part $i/2 <train.tsv || return 1; done >items.rec
	for i in 1 2 3; do rec-als -j 1 --half user -m items.rec --part $i/3 <train.tsv || return 1; done >users.rec
	cat users.rec items.rec | rec-cat --merge -b >joined.rec
	same whole.rec joined.rec
	awk '/1\t/' train.tsv >shard1	# users whose label ends in 1, and the rest
	awk '!/1\t/' train.tsv >shard2
	for i in 1 2; do rec-als -j 1 --half user -m items.rec <shard$i || return 1; done >users.rec
	cat users.rec items.rec | rec-cat --merge -b >joined.rec
	same whole.rec joined.rec
	for i in 1 2 3 4 5; do rec-als -j 1 --half user -m items.rec --part $i/5 <train.tsv || return 1; done >users.rec	# 3 blocks of rows: 2 parts are empty
	cat users.rec items.rec | rec-cat --merge -b >joined.rec
	same whole.rec joined.rec
	rec-als -j 1 --half user -m items.rec --part 5/5 <train.tsv >empty.rec
	[ "$(rec-cat --info empty.rec | grep -E '^[0-9]\.(name|rows|columns)' | cut -f2 | xargs)" = "user 0 8 item 0 8" ]
	[ "$(meta iterations empty.rec)" = 1 ]
	exits 1 rec-als --half item -m items.rec <train.tsv
	says "rec-als: items.rec: the model holds no user factors; solve those first"
	(cat train.tsv; printf 'new\tnothing\n') | exits 0 rec-als -j 1 --half user -m items.rec -o users.rec
	n=$(cut -f1 train.tsv | sort -u | wc -l)
	[ "$(meta users items.rec | head -1)" -eq "$n" ]
	[ "$(meta users users.rec | head -1)" -eq $((n + 1)) ] # the catalogue holds those whom training had not
	(cat train.tsv; sed 's/^/second/' train.tsv) >more.tsv
	for i in 1 2; do rec-als -j 1 --half user -m items.rec --part $i/2 <more.tsv || return 1; done >users.rec
	rec-cat --merge -b items.rec | rec-cat -b --block item >item.rec
	cat users.rec item.rec >refreshed.rec
	[ "$(cut -f1 more.tsv | sort -u | rec-topn -q -j 1 -n 3 -m refreshed.rec | cut -f1 | sort -u | wc -l)" -eq $((2 * n)) ]
	says "rec-als: left out 1 pair whose item the model does not hold"
}

# Training as rec-split --parts and --half spread it: fan PARTS SWEEPS FILE
# [start option...]; the model is left in fanned.rec.
fan() {
	local parts=$1 sweeps=$2 file=$3 i s
	shift 3
	rm -f u.* i.* user.* item.* own.*
	rec-split --parts "$parts" --by user --to u.%d.rec -b <"$file"
	rec-split --parts "$parts" --by item --to i.%d.rec -b --transpose <"$file"
	rec-als -q "$@" -i 0 <"$file" >start.rec
	rec-cat --block user -b start.rec >own.user
	rec-cat --block item -b start.rec >own.item
	cp start.rec given
	for s in $(seq "$sweeps"); do
		for i in $(seq 0 $((parts - 1))); do rec-als -j 1 --half item --transposed -m given <i.$i.rec >item.$i.rec || return 1; done
		cat item.*.rec own.user >given
		for i in $(seq 0 $((parts - 1))); do rec-als -j 1 --half user -m given <u.$i.rec >user.$i.rec || return 1; done
		cat user.*.rec item.*.rec >given
		cat user.*.rec >own.user
	done
	cat user.*.rec item.*.rec | rec-cat --merge -b >fanned.rec
}

@test "rec-als: sweeps over parts of users and items, each a file of its own, are training in one process" {
	rec-gen --users 1500 --items 600 --rows 20000 --explicit --times | rec-cat --merge -b --duplicates last >train.rec
	for how in '' '--weights linear --target value' '--weights log --solver cg' '--explicit' '--explicit --solver cg --no-bias' '--solver cg --cg-steps 2'; do
		# shellcheck disable=SC2086
		rec-als -q -k 6 -i 3 $how <train.rec >whole.rec
		for parts in 1 2 3 7; do
			case $parts,$how in	# all of them for one kind, some for the others
			[13],?*) continue ;;
			esac
			# shellcheck disable=SC2086
			fan $parts 3 train.rec -k 6 $how
			same whole.rec fanned.rec || fail "$parts parts $how"
		done
	done
	for seed in 1 2; do rec-gen --users 600 --items 300 --rows 20000 --explicit --times --seed $seed; done >twice.tsv	# parts keep repeats, and half-steps combine them as the start values did
	[ "$(cut -f1,2 twice.tsv | sort -u | wc -l)" -lt 40000 ] || fail "no repeats"
	rec-als -q -k 6 -i 1 --duplicates max --weights linear <twice.tsv >whole.rec
	fan 2 1 twice.tsv -k 6 --duplicates max --weights linear
	same whole.rec fanned.rec
	rec-als -q -k 6 -i 1 --solver cg <train.rec >before.rec
	rec-als -q -k 6 -i 2 --solver cg --init-from before.rec <train.rec >whole.rec
	fan 3 2 train.rec -k 6 --solver cg --init-from before.rec
	same whole.rec fanned.rec
}

@test "rec-als: shards by hash do as well as ranges, of the side that is solved" {
	rec-gen --users 700 --items 300 --rows 9000 >train.tsv
	rec-als -j 1 -k 8 -i 2 <train.tsv >whole.rec
	rec-als -j 1 -k 8 -i 0 <train.tsv >given
	rec-split --shards 3 --by user --to u.%d.rec -b <train.tsv
	rec-split --shards 12 --by item --to i.%d.tsv <train.tsv
	for s in 1 2; do
		for i in i.*.tsv; do rec-als -j 1 --half item -m given <"$i" || return 1; done >items.rec
		for i in u.*.rec; do rec-als -j 1 --half user -m items.rec <"$i" || return 1; done >given
	done
	cat given items.rec | rec-cat --merge -b >joined.rec
	same whole.rec joined.rec
	cat given items.rec >parts.rec	# as it is, it ranks and scores like the whole
	rec-topn -j 1 -n 5 -m whole.rec <train.tsv >lists
	rec-topn -j 1 -n 5 -m parts.rec <train.tsv | cmp - lists
	rec-topn -j 1 -n 5 --fold-in -m parts.rec <train.tsv | cmp - lists
	rec-score -m whole.rec <train.tsv >scores
	rec-score -m parts.rec <train.tsv | cmp - scores
}

@test "rec-als: --half with a part that is empty, a part that is there twice, parts of different sweeps" {
	rec-gen --users 600 --items 300 --rows 9000 | rec-cat --merge -b --duplicates sum >train.rec
	rec-als -q -k 4 -i 0 <train.rec >start.rec
	for side in user item; do
		for flag in '' --transposed; do
			for empty in -b --; do
				rec-cat $empty </dev/null >none
				# shellcheck disable=SC2086
				exits 0 rec-als -j 1 --half $side $flag -m start.rec -o none.rec <none
				says "rec-als: the input is empty: the side has no rows"
				rec-cat --verify none.rec
				[ "$(rec-cat --info none.rec | grep -E '^[0-9]\.rows' | cut -f2 | sort -u)" = 0 ]
				rec-als -q --half $side -m start.rec <train.rec >full.rec
				cat none.rec full.rec none.rec | rec-cat --merge -b | cmp - full.rec
			done
		done
	done
	for i in 1 2; do rec-als -j 1 --half item -m start.rec --part $i/2 <train.rec >item.$i.rec; done
	cat item.1.rec item.2.rec item.1.rec >twice.rec
	exits 1 rec-als --half user -m twice.rec <train.rec
	one_line rec-als
	mentions "twice.rec: row '"
	mentions "' of block 'item' appears twice"
	for i in 1 2; do rec-als -j 1 --half user -m <(cat item.?.rec) --part $i/2 <train.rec >user.$i.rec; done
	rec-als -j 1 --half item -m <(cat user.?.rec) --part 1/2 <train.rec >newer.rec
	cat newer.rec item.2.rec >mixed.rec
	exits 1 rec-als --half user -m mixed.rec <train.rec
	says "rec-als: mixed.rec: block 'item': iterations is 2 in one part and 1 in another"
	exits 1 rec-topn -m mixed.rec <train.rec
	mentions "metadata: iterations is 2 in one part and 1 in another"
	rec-als -q -k 5 -i 0 <train.rec >other.rec
	cat item.1.rec other.rec >mixed.rec
	exits 1 rec-als --half user -m mixed.rec <train.rec
	mentions "metadata: factors is 4 in one part and 5 in another"
	rec-als -q -k 4 -i 2 --solver cg <train.rec >cg.rec
	rec-als -q --half item -m cg.rec <train.rec >item.rec
	exits 1 rec-als --half user -m item.rec <train.rec
	says "rec-als: item.rec: the model holds no user factors, from which conjugate gradients go on"
	exits 2 rec-als --transposed <train.rec
	says "rec-als: --transposed needs --half"
}

@test "rec-als: --init-from goes on where a model stopped, and takes new labels in" {
	ratings | cut -f1-3 >r.tsv
	for how in --explicit '--solver cg'; do
		# shellcheck disable=SC2086
		rec-als -q $how -k 6 -i 2 <r.tsv >two.rec
		# shellcheck disable=SC2086
		rec-als -q $how -k 6 -i 1 --init-from two.rec <r.tsv | rec-cat --to factors --block user >one
		# shellcheck disable=SC2086
		rec-als -q $how -k 6 -i 3 <r.tsv | rec-cat --to factors --block user >three
		same one three || fail "$how"
	done
	(cat r.tsv; printf 'zoe\tzebra\t4\n') | rec-als -q -k 6 -i 1 --solver cg --init-from two.rec >more.rec
	[ "$(rec-cat --to factors --block user <more.rec | wc -l)" -eq $((1 + $(wc -l <one))) ]
	exits 1 rec-als -q -k 7 --init-from two.rec <r.tsv
	says "rec-als: two.rec: the model to start from has 6 factors, this run 7; give -k 6"
	exits 1 rec-als -q -k 6 --explicit --init-from two.rec <r.tsv
	says "rec-als: two.rec: the model to start from has 6 factors, this run 6 and biases; biases come with --explicit and go with --no-bias"
}

@test "rec-als: --estimate and --mem" {
	likes >likes.tsv
	exits 0 rec-als --estimate <likes.tsv
	[ "$(cut -f1 out | xargs)" = "bytes operations bytes.least" ]
	[ "$(awk -F'\t' '{ print ($2 > 0) }' out | xargs)" = "1 1 1" ]
	exits 4 rec-als --mem 10K -o model.rec <likes.tsv
	one_line rec-als
	grep -Eq '^rec-als: needs [0-9]+ bytes, --mem allows 10240; give --mem [0-9]+M or more$' err
	[ ! -e model.rec ]
	rec-als -k 4 -i 0 <likes.tsv >start.rec
	exits 0 rec-als --estimate --half item -m start.rec <likes.tsv
	[ "$(cut -f1 out | xargs)" = "bytes operations" ]
	exits 4 rec-als --mem 10K --half item -m start.rec <likes.tsv
	one_line rec-als
}

@test "rec-als: --half and --init-from want a model of rec-als, and say which file is none" {
	likes >likes.tsv
	rec-sim -q -b cosine <likes.tsv >sim.rec
	rec-als -q -k 2 -i 1 <likes.tsv | rec-cat --block item - >item.txt
	rec-cat -b --from factors --block item item.txt >plain.rec
	for f in sim.rec plain.rec likes.tsv; do
		exits 1 rec-als --half user -m $f <likes.tsv
		says "rec-als: $f: not a model of rec-als"
		exits 1 rec-als -k 2 --init-from $f <likes.tsv
		says "rec-als: --init-from: $f: not a model of rec-als"
	done
}
