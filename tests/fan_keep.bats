#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# rec-fan and what it keeps: folders are claimed, locks hold, outputs are what
# they were asked to be, and signals leave nothing.

load helpers

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return 1
	rec-gen --users 60 --items 40 --rows 900 >t.tsv
	rec-als -q -k 4 -i 1 <t.tsv >als.rec
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	in=$BATS_FILE_TMPDIR
}

fan() { timeout 60 rec-fan "$@"; }

# state DIR: names, kinds, sizes and contents of all that is in it
state() {
	find "$1" -printf '%p %y %l %T@\n' | sort
	find "$1" -type f -exec cksum {} + | sort
}

# --- Folders and locks

@test "keep: a folder that is not rec-fan's is refused, and nothing in it is touched" {
	mkdir foreign marked
	echo x >foreign/run.sh
	echo y >foreign/bin
	mkdir foreign/run foreign/part
	echo z >foreign/run/notes
	state foreign >before
	for args in "als -i 1" "sim nosuch" "topn -m none"; do
		for w in foreign "$PWD/foreign" . link; do
			rm -f link
			ln -s foreign link
			# shellcheck disable=SC2086
			(cd foreign; [ "$w" = . ] || cd ..; ! timeout 20 rec-fan --work "$w" $args <"$in/t.tsv" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err")
			[ "$(wc -l <err)" -eq 1 ] || fail "$(cat err)"
			state foreign >after
			cmp before after || fail "$w, $args: $(diff before after)"
		done
	done
	exits 1 fan --work foreign als <"$in/t.tsv"
	says "rec-fan: foreign: holds files that are not rec-fan's; use a new or an empty folder"
	# A marker that rec-fan did not write, and a folder whose parts lead
	# elsewhere.
	for plant in "echo rec-fan >marked/.rec-fan; touch marked/x" "ln -s ../foreign/bin marked/.rec-fan" "mkdir marked/.rec-fan" "mkfifo marked/.rec-fan" \
		": >marked/.rec-fan; : >marked/x"; do
		rm -rf marked
		mkdir marked
		eval "$plant"
		exits 1 fan --work marked als <"$in/t.tsv"
		mentions "rec-fan: marked: "
		[ ! -e marked/in ] && [ ! -e marked/run ] || fail "$plant: touched"
	done
	state foreign >after
	cmp before after
	for sub in in part out run "done"; do
		rm -rf work
		exits 0 fan --work work -q als -k 4 -i 0 <"$in/t.tsv"
		rm -rf "work/$sub"
		ln -s ../foreign "work/$sub"
		exits 1 fan --work work -q als -k 4 -i 1 <"$in/t.tsv"
		says "rec-fan: work: $sub in it is not a folder"
		state foreign >after
		cmp before after || fail "$sub"
	done
	echo file >plain
	exits 1 fan --work plain als <"$in/t.tsv"
	says "rec-fan: plain: cannot make the folder"
	exits 1 fan --work plain/sub als <"$in/t.tsv"
	[ "$(cat plain)" = file ]
}

@test "keep: a new or an empty folder, also the current one or behind a link, is taken, and is nobody else's" {
	mkdir empty real
	chmod 777 empty
	ln -s real link
	exits 0 fan --work empty -q als -k 4 -i 1 <"$in/t.tsv"
	same "$in/als.rec" out
	[ "$(stat -c %a empty)" = 755 ]
	exits 0 fan --work link -q als -k 4 -i 1 <"$in/t.tsv"
	[ -e real/job ] && [ -L link ]
	(cd real && fan --work . -q als -k 4 -i 1 </dev/null >../out)
	same "$in/als.rec" out
	exits 0 fan --work deep/er/one -q als -k 4 -i 1 <"$in/t.tsv"
	[ "$(id -u)" -eq 0 ] || skip "needs root for another user's folder"
	mkdir other
	chown 65534 other
	exits 1 fan --work other als <"$in/t.tsv"
	says "rec-fan: other: belongs to another user; use a folder of your own"
	cp -r real copy
	chown -R 65534 copy
	exits 1 fan --work copy als -k 4 -i 1 <"$in/t.tsv"
	says "rec-fan: copy: belongs to another user; use a folder of your own"
	[ -z "$(ls -A other)" ]
}

@test "keep: of two drivers at the same moment one works; the other says who does, and what to do" {
	for i in 1 2 3 4; do
		rm -rf work
		[ $((i % 2)) -eq 0 ] || mkdir work
		for n in 1 2 3; do
			(
				got=0
				timeout 60 rec-fan --work work -q --slots 1 als -k 4 -i 3 <"$in/t.tsv" >"a.$n" 2>"err.$n" || got=$?
				echo "$got" >"status.$n"
			) 3>&- &
		done
		wait
		[ "$(cat status.? | sort | xargs)" = "0 1 1" ] || fail "$(cat status.? err.?)"
		[ "$(grep -hcE '^rec-fan: work: in use by process [0-9]+; wait until it has ended, or use another folder$' err.? | sort | xargs)" = "0 1 1" ] || fail "$(cat err.?)"
		[ "$(awk -F'\t' '{ print $2, $3 }' work/log.tsv | sort | uniq -d)" = "" ] || fail "done twice: $(cat work/log.tsv)"
		[ ! -e work/lock ] || fail "lock left"
	done
}

@test "keep: a lock of a killed driver is taken over, also where its number lives on; one of another host is not" {
	sleep 60 3>&- &
	other=$!
	exits 0 fan --work work -q als -k 4 -i 0 <"$in/t.tsv"
	boot=$(cat /proc/sys/kernel/random/boot_id)
	host=$(uname -n)
	for stale in "$host $boot 999999 5" "$host $boot $other 5" "$host $boot 1 5" "$host 00000000-0000 $other $(cut -d' ' -f22 /proc/$other/stat)"; do
		echo "$stale" >work/lock
		exits 0 fan --work work -q als -k 4 -i 0 </dev/null || fail "$stale"
		[ ! -e work/lock ] || fail "$stale: left"
	done
	echo "$host $boot $other $(cut -d' ' -f22 /proc/$other/stat)" >work/lock
	exits 1 fan --work work als -k 4 -i 0 </dev/null
	says "rec-fan: work: in use by process $other; wait until it has ended, or use another folder"
	cmp work/lock <(echo "$host $boot $other $(cut -d' ' -f22 /proc/$other/stat)")
	kill $other
	echo "elsewhere $boot 12 5" >work/lock
	exits 1 fan --work work als -k 4 -i 0 </dev/null
	says "rec-fan: work: in use by process 12 on host elsewhere; if that has ended, remove the file lock in it"
	# shellcheck disable=SC2016
	for evil in '$(touch PWNED)' '' "$host $boot -1 5" "$host $boot 99999999999999999999 5" 'a b 3' "$host $boot 12 5 6"; do
		printf '%s\n' "$evil" >work/lock
		exits 1 fan --work work als -k 4 -i 0 </dev/null
		says "rec-fan: work: the file lock in it cannot be read; remove it if no rec-fan works there"
	done
	rm work/lock
	ln -s "$PWD/victim" work/lock
	exits 1 fan --work work als -k 4 -i 0 </dev/null
	[ ! -e victim ] && [ ! -e PWNED ]
	rm work/lock
	exits 0 fan --work work -q als -k 4 -i 0 </dev/null
	[ "$(id -u)" -eq 0 ] || skip "needs root to be another user"
	command -v setpriv >/dev/null || skip "setpriv is not installed"
	# kill -0 of another user's process is refused, which does not mean
	# that it is gone
	mkdir -m 777 theirs
	chown 65534 theirs
	echo "$host $boot $$ $(cut -d' ' -f22 /proc/$$/stat)" >lock
	chmod 755 "$BATS_TEST_TMPDIR" "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR"/test 2>/dev/null || :
	setpriv --reuid 65534 --regid 65534 --clear-groups sh -c 'cd theirs && cp ../lock lock' 2>/dev/null || skip "another user cannot come here"
	rm theirs/lock
	exits 0 setpriv --reuid 65534 --regid 65534 --clear-groups env HOME=/nonexistent rec-job --claim theirs 999999
	cp lock theirs/lock
	exits 1 setpriv --reuid 65534 --regid 65534 --clear-groups rec-job --claim theirs 999999
	says "rec-job: theirs: in use by process $$; wait until it has ended, or use another folder"
}

# --- Outputs and ends

@test "keep: pipes and devices are written in place, files appear whole, for every command" {
	while read -r name args; do
		# shellcheck disable=SC2086
		rec-$args -q <"$in/t.tsv" >"want"
		for way in fifo null fd old link; do
			rm -rf work ff file link target
			case $way in
			fifo)
				mkfifo ff
				timeout 60 cat ff >got 3>&- &
				# shellcheck disable=SC2086
				exits 0 fan --work work -q --slots 2 -o ff $args <"$in/t.tsv"
				wait $!
				[ -p ff ] || fail "$name: the pipe is gone"
				mv got file ;;
			null)
				# shellcheck disable=SC2086
				exits 0 fan --work work -q --slots 2 -o /dev/null $args <"$in/t.tsv"
				[ -c /dev/null ] || fail "$name: /dev/null is gone"
				cp want file ;;
			fd)
				for fd in 3 4; do
					rm -rf work
					# shellcheck disable=SC2086
					eval "exits 0 fan --work work -q --slots 2 -o /dev/fd/$fd $args <'$in/t.tsv' $fd>file"
					same want file || fail "$name: /dev/fd/$fd"
				done ;;
			old | link)
				[ $way != old ] || echo old >file
				[ $way != link ] || { echo old >target; ln -s target file; }
				# shellcheck disable=SC2086
				exits 0 fan --work work -q --slots 2 $args -o file <"$in/t.tsv"
				[ $way != link ] || { [ -L file ] && same want target; } || fail "$name: the link is gone" ;;
			esac
			[ ! -s out ] || fail "$name, $way: something on stdout"
			same want file || fail "$name, $way"
		done
	done <<-END
		ease sim ease -b
		popular sim popular -b
		cut sim ease -n 5
		cosine sim cosine
		als als -k 4 -i 1
		topn topn -m $in/als.rec
	END
	[ -z "$(find . -maxdepth 1 -name '.*' -type f)" ] || fail "left: $(ls -A)"
	exits 4 fan --work work3 -q -o /dev/full sim popular -b <"$in/t.tsv"
	exits 1 fan --work work4 -q -o no/such/file sim popular -b <"$in/t.tsv"
	says "rec-fan: no/such/file: No such file or directory; make the folder first: mkdir -p no/such"
	exits 1 fan --work work4 -q sim -o . popular -b <"$in/t.tsv"
	says "rec-fan: .: is a folder"
	if command -v script >/dev/null; then
		got=0
		script -qec "rec-fan --work work4 als <'$in/t.tsv'" typed >/dev/null 2>&1 </dev/null || got=$?
		grep -q 'rec-fan: binary output to a terminal; use > FILE or -o FILE' typed && [ $got -eq 2 ] || fail "$got: $(cat typed)"
	fi
	[ ! -e work4 ]
	got=0
	fan --work work5 -q sim popular -b <"$in/t.tsv" >/dev/full 2>err || got=$?
	[ $got -eq 4 ]
}

# More sweeps than can be done before the last moment.
@test "keep: TERM, INT and HUP end all that was started, at any moment, and leave nothing" {
	rec-gen --users 3000 --items 2000 --rows 150000 >big.tsv
	mkfifo slow
	for s in TERM INT HUP; do
		case $s in TERM) moments="0.05 0.3 0.8 2 input" ;; *) moments="0.7 input" ;; esac
		for wait in $moments; do
			rm -rf work final
			mkdir tmp."$s"."$wait"
			if [ "$wait" = input ]; then stdin=slow; else stdin=big.tsv; fi
			[ "$wait" != input ] || sleep 30 >slow 3>&- &
			writer=$!
			TMPDIR=$PWD/tmp.$s.$wait setsid env --default-signal rec-fan --work work --slots 2 -q -o final als -k 64 -i 300 <$stdin >out 2>err 3>&- &
			driver=$!
			if [ "$wait" = input ]; then sleep 0.7; else sleep "$wait"; fi
			kill -s $s $driver
			got=0
			wait $driver || got=$?
			[ "$wait" != input ] || kill "$writer" 2>/dev/null || :
			case $got in 129 | 130 | 143) ;; *) fail "$s at $wait: exit $got: $(cat err)" ;; esac
			left=$(ps -A -o pid= -o sid= -o args= | awk -v s="$driver" '$2 == s && !/<defunct>/')
			[ -z "$left" ] || { sleep 0.3; left=$(ps -A -o pid= -o sid= -o args= | awk -v s="$driver" '$2 == s && !/<defunct>/'); }
			[ -z "$left" ] || fail "$s at $wait left: $left"
			[ ! -e final ] && [ -z "$(ls -A "tmp.$s.$wait")" ] || fail "$s at $wait left $(ls -A . tmp."$s"."$wait")"
			[ ! -e work ] || [ -z "$(ls -A work/run; ls work/lock 2>/dev/null)" ] || fail "$s at $wait left $(find work)"
		done
	done
	rec-als -q -k 64 -i 1 <big.tsv >want
	rm -rf work
	exits 0 fan --work work -q --slots 2 als -k 64 -i 1 <big.tsv
	same want out
}

@test "keep: a signal at the moment when the folder is claimed leaves no lock" {
	mkdir bin foreign
	for c in rec-als rec-cat rec-split rec-eval; do ln -s "$(command -v $c)" bin/$c; done
	cat >bin/rec-job <<-END
		#!/bin/sh
		"$(command -v rec-job)" "\$@"
		rc=\$?
		[ "\$1" != --claim ] || kill -s TERM "\$3"
		exit \$rc
	END
	chmod +x bin/rec-job
	printf 'u\ta\nv\tb\n' >t.tsv
	exits 143 fan --bin bin --work work als -k 2 -i 1 <t.tsv
	[ -e work/.rec-fan ] && [ ! -e work/lock ] && [ -z "$(ls -A work/run)" ] || fail "left: $(find work)"
	echo mine >foreign/file
	got=0
	fan --bin bin --work foreign als -k 2 -i 1 <t.tsv >out 2>err || got=$?
	case $got in 1 | 143) ;; *) fail "exit $got: $(cat err)" ;; esac
	[ "$(ls -A foreign)" = file ] || fail "left: $(ls -A foreign)"
}

@test "keep: closed stdin, stdout and stderr" {
	got=0
	fan --work work -q als -k 4 -i 1 <&- >out 2>err || got=$?
	[ $got -eq 1 ] && [ -s err ] || fail "$got: $(cat err)"
	rm -rf work
	got=0
	fan --work work -q als -k 4 -i 1 <"$in/t.tsv" >&- 2>err || got=$?
	[ $got -eq 4 ] || fail "$got: $(cat err)"
	exits 0 fan --work work -q -o file als -k 4 -i 1 <"$in/t.tsv" >&- 2>&-
	same "$in/als.rec" file
}
