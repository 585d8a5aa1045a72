#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# rec-fan in hostile surroundings: nothing from a file, an answer, a name or
# the environment is evaluated, split or followed. Folders, locks and outputs:
# tests/fan_keep.bats. rec-task: tests/task.bats.

load helpers

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return 1
	rec-gen --users 60 --items 40 --rows 900 >t.tsv
	rec-als -q -k 4 -i 1 <t.tsv >als.rec
	rec-sim -q cosine <t.tsv >cosine.tsv
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	in=$BATS_FILE_TMPDIR
	unset REC_SSH
}

fan() { timeout 60 rec-fan "$@"; }

# fake_hosts NAME...: stand-ins that tests/fan/ssh.sh reaches
fake_hosts() {
	local h
	for h; do mkdir -p "hosts/$h/faults"; done
	export REC_FAKE_HOSTS=$PWD/hosts REC_SSH="sh $ROOT/tests/fan/ssh.sh"
}

# asked_hosts: who was asked, by a stand-in for ssh that refuses everybody
note_hosts() {
	# shellcheck disable=SC2016
	printf '#!/bin/sh\nwhile [ $# -gt 1 ]; do case $1 in -o | -l) shift 2 ;; -*) shift ;; *) break ;; esac; done\nprintf "%%s\\n" "$1" >>"%s/asked"\nexit 255\n' "$PWD" >note
	chmod +x note
	export REC_SSH=$PWD/note
}

asked_hosts() { sort -u asked | xargs; }

# --- Nothing is evaluated

@test "safe: metadata of an input cannot pass for numbers of its blocks, and are not evaluated" {
	command -v python3 >/dev/null || skip "python3 is not installed"
	# shellcheck disable=SC2016
	for meta in 'x.rows\trows[$(touch PWNED)]' '1.rows\trows[$(touch PWNED)]' 'rows\t$(touch PWNED)' '1.order\tranked' 'blocks\t`touch PWNED`' \
		'9.rows\t99999999999999999999999' '2.rows\t08' 'format\ttext' '1.rows\t1\nx.rows\ta[`touch PWNED`]'; do
		python3 - "$meta" >hostile.rec <<-E
			import sys
			sys.path.insert(0, "$ROOT/tests/vectors")
			from make import *
			text = sys.argv[1].encode().decode("unicode_escape").encode() + b"\n"
			sys.stdout.buffer.write(block(3, [(10, text)]) + canonical + end(2))
		E
		rm -rf work
		exits 0 fan --work work --slots 1 -q als -i 0 -k 4 <hostile.rec
		rec-als -q -i 0 -k 4 <hostile.rec >want
		same want out
		rm -rf work
		exits 0 fan --work work --slots 2 -q als -i 1 -k 4 <hostile.rec
		rec-als -q -i 1 -k 4 <hostile.rec >want
		same want out
		[ -z "$(find . -name PWNED)" ] || fail "ran: $meta"
	done
}

@test "safe: what a host answers is shown or compared, never run or printed raw" {
	fake_hosts a b
	# A host that says that its kind of machine is a folder of ours, or
	# worse.
	mkdir -p bin hosts/a/path
	for f in "$(dirname "$(command -v rec-als)")"/rec-*; do ln -s "$f" bin/; done
	mkdir evil
	printf '#!/bin/sh\ntouch "%s/PWNED"\n' "$PWD" | tee evil/rec-als evil/rec-topn >evil/rec-job
	chmod +x evil/*
	for answer in '../evil' "$PWD/evil" '$(touch PWNED)' '`touch PWNED`;x' '-rf .'; do
		printf '#!/bin/sh\nprintf "%%s\\n" '"'%s'"'\n' "$answer" >hosts/a/path/uname
		chmod +x hosts/a/path/uname
		echo "PATH=$PWD/hosts/a/path:/usr/bin:/bin" >hosts/a/env
		cp -r hosts/a/path hosts/b/
		echo "PATH=$PWD/hosts/b/path:/usr/bin:/bin" >hosts/b/env
		printf 'a\nb\n' >list
		rm -rf work
		exits 0 fan --hosts list --work work --bin bin -q topn -m "$in/als.rec" <"$in/t.tsv"
		rec-topn -q -m "$in/als.rec" <"$in/t.tsv" >want
		same want out
		[ -z "$(find . -name PWNED)" ] || fail "ran: $answer"
	done
	# Words of a host on stderr: no escape reaches the terminal, no TAB or
	# newline the log.
	printf '#!/bin/sh\nprintf "\\033[31mred\\ta\\rb\\007\\n" >&2\nexit 1\n' | tee hosts/a/path/mkdir >hosts/b/path/mkdir
	chmod +x hosts/?/path/mkdir
	rm -rf work
	exits 4 fan --hosts list --work work topn -m "$in/als.rec" <"$in/t.tsv"
	mentions '?[31mred'
	! grep -q "$(printf '[\033\007\r]')" err work/log.tsv || fail "$(cat -v err)"
	awk -F'\t' 'NF != 8 { exit 1 }' work/log.tsv || fail "$(cat -A work/log.tsv)"
}

@test "safe: files of a work folder are read as data, or refused" {
	exits 0 fan --work work -q --parts 2 topn -m "$in/als.rec" <"$in/t.tsv"
	cp out want
	for evil in 'a[$(touch PWNED)]' '08' '-1' '2 2' '' '99999999999999999999'; do
		printf '%s\n' "$evil" >work/parts
		fan --work work -q topn -m "$in/als.rec" <"$in/t.tsv" >out 2>err && same want out || mentions "rec-fan: work"
		[ -z "$(find . -name PWNED)" ] || fail "ran: $evil"
	done
	echo 2 >work/parts
	fake_hosts a
	echo a >list
	for evil in '../../..' '1.2;touch PWNED' '1.2/../..' '1.'; do
		rm -rf work
		exits 0 fan --hosts list --work work -q topn -m "$in/als.rec" <"$in/t.tsv"
		printf '%s\n' "$evil" >work/id
		rm work/part/* work/done/*
		exits 0 fan --hosts list --work work -q topn -m "$in/als.rec" <"$in/t.tsv"
		same want out
		[ -z "$(find . -name PWNED)" ] || fail "ran: $evil"
		grep -qE '^[0-9]+\.[0-9]+$' work/id || fail "$(cat work/id)"
	done
	# Sockets of a run that was killed are removed; nothing else is.
	mkdir -p precious rec-fan.abcdef/deep
	echo keep | tee precious/file >rec-fan.abcdef/deep/file
	ln -s "$PWD/precious" rec-fan.abcdeg
	for evil in "$PWD/precious" "$PWD/rec-fan.abcdef" "$PWD/rec-fan.abcdeg" "$PWD/rec-fan./../pr" '*'; do
		printf '%s\n' "$evil" >work/sockets
		exits 0 fan --hosts list --work work -q topn -m "$in/als.rec" <"$in/t.tsv"
		[ -e precious/file ] && [ -e rec-fan.abcdef/deep/file ] || fail "removed by $evil"
	done
}

@test "safe: variables of the environment are neither run nor removed" {
	mkdir -p precious/work elsewhere/work
	echo keep >precious/file
	all=
	for v in sockets SOCKETS RUN W R work children child job JOBOPTS START CHECK LAST to_file HOSTS hosts LOCAL letters left table folder tmp; do
		all="$all $v=$PWD/precious"
	done
	# shellcheck disable=SC2086
	exits 0 env $all timeout 60 rec-fan --work work -q --slots 2 als -k 4 -i 1 <"$in/t.tsv"
	same "$in/als.rec" out
	[ "$(cat precious/file)" = keep ] && [ -d precious/work ] || fail "a variable was followed"
	rm -rf work
	# shellcheck disable=SC2016
	exits 0 env CDPATH="$PWD/elsewhere" IFS=x PARALLEL='--dry-run' ENV="$PWD/evil" GREP_OPTIONS=-v PS4='$(touch PWNED)' timeout 60 rec-fan --work work -q als -k 4 -i 1 <"$in/t.tsv"
	same "$in/als.rec" out
	[ ! -e PWNED ] && [ -e work/job ]
	# shellcheck disable=SC2016
	for evil in 'ssh -o "X y"' "ssh 'a b'" 'a\ b' "$(printf 'ssh\nx')" ' '; do
		echo a >list
		REC_SSH=$evil exits 2 fan --hosts list --work other als <"$in/t.tsv"
		[ ! -e other ]
	done
	# what REC_SSH holds is split, but nothing in it is expanded or run
	mkdir globs
	touch globs/a globs/b
	note_hosts
	# shellcheck disable=SC2016
	REC_SSH="$PWD/note -o $PWD/globs/* -o \$(touch>PWNED)" exits 4 fan --hosts list --work other als <"$in/t.tsv"
	[ ! -e PWNED ] && [ "$(asked_hosts)" = a ] || fail "$(cat asked)"
}

@test "safe: rec-fan --job is no door" {
	exits 2 rec-fan --job 1 1
	says "rec-fan: unknown option '--job' (see rec-fan --help)"
}

# --- Names

@test "safe: blanks, quotes, line breaks, commands, % and non-ASCII in the names of folders and files" {
	rec-sim -q ease -b <"$in/t.tsv" >ease.rec
	rec-topn -q -m "$in/als.rec" <"$in/t.tsv" >topn.tsv
	# shellcheck disable=SC2016
	for odd in ' it'"'"'s "x" $(touch PWNED) `touch PWNED`;touch PWNED {} %d 100% ä€ * [a] \ #x ~ ! & a:b ? ' "a${TAB}b" '$(touch PWNED)' '-rf' '--' '~' '%'; do
		mkdir -- "./$odd"
		cd -- "./$odd"
		cp "$in/als.rec" "./$odd.rec"
		TMPDIR=$PWD exits 0 fan --work "$odd" -o "$odd.out" -q --slots 2 als -k 4 -i 1 <"$in/t.tsv"
		same "$in/als.rec" "./$odd.out" || fail "als: $odd"
		TMPDIR=$PWD exits 0 fan --work "$PWD/abs $odd" -q --slots 2 topn -m "$odd.rec" <"$in/t.tsv"
		same ../topn.tsv out || fail "topn: $odd"
		exits 0 fan --work "ease $odd" --output="$odd.ease" -q sim -b ease <"$in/t.tsv"
		same ../ease.rec "./$odd.ease" || fail "ease: $odd"
		cd ..
		[ -z "$(find . -name PWNED)" ] || fail "ran: $odd"
	done
	# A line break cannot stand in the name of a host, but anywhere else.
	odd=$(printf 'a\n1.rows\trows[$(touch PWNED)]')
	mkdir "$odd" && cd "$odd"
	cp "$in/als.rec" "$odd"
	TMPDIR=$PWD exits 0 fan --work "w$odd" -q --slots 2 topn -m "$odd" <"$in/t.tsv"
	same ../topn.tsv out
	exits 1 fan --work "w$odd" -q --slots 2 topn -n 3 -m "$odd" <"$in/t.tsv"
	[ "$(wc -l <err)" -eq 1 ] || fail "$(cat err)"
}

@test "safe: names of folders on the way to hosts, and sockets whose names stay short and plain" {
	rec-topn -q -m "$in/als.rec" <"$in/t.tsv" >want
	for odd in "a b it's q\"x %h ä" "$(printf 'x%.0s' $(seq 90))"; do
		mkdir "$odd"
		cd "$odd"
		fake_hosts a b
		printf 'a 2\nb' >list
		mkdir tmp
		TMPDIR=$PWD/tmp exits 0 fan --hosts list --work "w $odd" -q topn -m "$in/als.rec" <"$in/t.tsv"
		same ../want out || fail "$odd"
		cd ..
	done
	# what ssh is told: one word, within the 108 bytes of a socket, of
	# which ssh adds 58
	# shellcheck disable=SC2016
	printf '#!/bin/sh\nfor a; do case $a in ControlPath=*) printf "%%s\\n" "$a" >>"%s/paths" ;; esac; done\nexit 255\n' "$PWD" >spy
	chmod +x spy
	echo a >list
	for t in 'a b' "it's" '%h' 'ä' relative "$(printf 'x%.0s' $(seq 90))"; do
		rm -rf work paths
		mkdir -p "tmp/$t"
		case $t in relative) t=tmp/relative ;; *) t=$PWD/tmp/$t ;; esac
		TMPDIR=$t REC_SSH=$PWD/spy exits 4 fan --hosts list --work work als <"$in/t.tsv"
		grep -vE '^ControlPath=/[A-Za-z0-9_./-]{1,48}/%C$' paths && fail "$(cat paths)"
		[ -s paths ] && [ ! -e "$(sed 's/^ControlPath=//; s|/%C$||; q' paths)" ]
	done
}

# --- Lists of hosts

@test "safe: a list of hosts may end without newline, hold CRLF, blanks, TABs, comments, empty lines, a byte order mark" {
	note_hosts
	while IFS='|' read -r text want; do
		rm -rf work asked
		# shellcheck disable=SC2059
		printf "$text" >list
		exits 4 fan --hosts list --work work als -i 1 <"$in/t.tsv"
		[ "$(asked_hosts)" = "$want" ] || fail "$text: asked '$(asked_hosts)'"
	done <<-'END'
		one|one
		one\ntwo\nthree|one three two
		one\r\ntwo 2\r\n|one two
		one\r\ntwo\r|one two
		  one  \n\ttwo\t2\t\n|one two
		# x\n\n \n\t\none # y\ntwo 2 # z\n#|one two
		\357\273\277one\n|one
		user@big 2\nhost-1.example.org\na_b+c 003|a_b+c host-1.example.org user@big
		a\na.1\na.drop\na.in.data.rec|a a.1 a.drop a.in.data.rec
	END
}

@test "safe: a wrong line of the list is named by its number, before anything is done" {
	note_hosts
	while IFS='|' read -r text message; do
		# shellcheck disable=SC2059
		printf -- "$text" >list
		exits 2 fan --hosts list --work work als -i 1 <"$in/t.tsv"
		says "rec-fan: $message"
		[ ! -e work ] && [ ! -e asked ] || fail "$text: begun"
	done <<-'END'
		one\ntwo 2 3\n|list:2: '3' is one field too many; a line is NAME [SLOTS]
		one\n\ntwo x|list:3: slots of two: 'x' is not a whole number
		one 0|list:1: slots of one: 0 is not between 1 and 1000
		one 1a[$(id)]|list:1: slots of one: '1a[$(id)]' is not a whole number
		one 99999999999999999999|list:1: slots of one: 99999999999999999999 is not between 1 and 1000
		one -1|list:1: slots of one: '-1' is not a whole number
		one\nONE\none\n|list:3: one appears twice
		a/b|list:1: 'a/b' is not the name of a host: a name holds letters, digits and . _ - @ +
		-oProxyCommand=x|list:1: '-oProxyCommand=x' is not the name of a host: a name holds letters, digits and . _ - @ +
		..|list:1: '..' is not the name of a host: a name holds letters, digits and . _ - @ +
		a;id|list:1: 'a;id' is not the name of a host: a name holds letters, digits and . _ - @ +
		$(id)|list:1: '$(id)' is not the name of a host: a name holds letters, digits and . _ - @ +
		*|list:1: '*' is not the name of a host: a name holds letters, digits and . _ - @ +
		a::b|list:1: 'a::b' is not the name of a host: a name holds letters, digits and . _ - @ +
		one\rtwo\r|list:1: 'one?two' is not the name of a host: a name holds letters, digits and . _ - @ +
		\n|list: names no host
	END
	mkdir folder
	exits 1 fan --hosts folder --work work als <"$in/t.tsv"
	says "rec-fan: folder: is a folder"
	exits 4 fan --hosts <(printf 'x\ny') --work work als <"$in/t.tsv"
	[ "$(asked_hosts)" = "x y" ]
}

# --- Options

@test "safe: options are those of the commands, in the forms that they take, and no others" {
	for bad in "--- 0.5" "--k 4" "-reg 0.5" "--fac 4" "--=4" "--factors" "-k" "-kx" "--explicit=1" "-Z" "-bZ" "--factors=" "-k 0" "--help=1" "-" "--seed x" "operand" "-- -k" "-k 4 -i" \
		"--solver lu" "--init-from="; do
		# shellcheck disable=SC2086
		exits 2 rec-als $bad <"$in/t.tsv"
		sed 's/^rec-als: /rec-fan: /' err >want
		# shellcheck disable=SC2086
		exits 2 fan --work work als $bad <"$in/t.tsv"
		same want err || fail "$bad: $(cat err)"
		[ ! -e work ] || fail "$bad: begun"
	done
	for good in "-k 4 -i 1" "--factors 4 --iterations=01" "-bqk4 -qi 1" "-k 08 -k 004 -i 08 -i 1" "-k 4 -i 1 --"; do
		rm -rf work
		# shellcheck disable=SC2086
		exits 0 fan --work work --slots 2 als $good <"$in/t.tsv"
		same "$in/als.rec" out || fail "$good"
	done
	rm -rf work
	exits 0 fan --work work sim -q -- cosine <"$in/t.tsv"
	same "$in/cosine.tsv" out
	rm -rf work
	exits 0 fan --work work sim cosine -q <"$in/t.tsv"
	same "$in/cosine.tsv" out
	rec-als --help >want
	exits 0 fan als -k 4 --help
	same want out
}

@test "safe: rec-fan's own options take the same forms" {
	while IFS='|' read -r bad message; do
		# shellcheck disable=SC2086
		exits 2 rec-fan $bad
		[ "$(sed 's/ (see rec-fan --help)$//' err)" = "rec-fan: $message" ] || fail "$bad: $(cat err)"
	done <<-'END'
		---|unknown option '---'
		--w work|unknown option '--w'
		--wor work|unknown option '--wor'
		--=x|unknown option '--'
		--shards=1|--shards takes no value
		-vZ|unknown option '-Z'
		--work|--work needs DIR
		-o|-o needs FILE
		--output=|--output: an empty file name
		--work=|--work: an empty folder name
		--parts 0|--parts: 0 is not between 1 and 10000
		--parts 1e3|--parts: '1e3' is not a whole number
		--slots +1|--slots: '+1' is not a whole number
		--timeout 99999999999999999999|--timeout: 99999999999999999999 is not between 1 and 100000000
		--tries=-1|--tries: '-1' is not a whole number
		--help=x|unknown option '--help'
		-|unknown command '-'; one of: als sim topn eval
		-- -v|unknown command '-v'; one of: als sim topn eval
	END
	exits 0 fan -qvoout --work=work --parts=08 --slots 002 --timeout 010 --tries=09 als -k 4 -i 01 <"$in/t.tsv"
	same "$in/als.rec" out
	[ "$(cat work/parts)" = 8 ]
	exits 0 fan --work work2 -o - -q -- als -k 4 -i 1 <"$in/t.tsv"
	same "$in/als.rec" out
}
