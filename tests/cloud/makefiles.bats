#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The Makefiles of the clouds: what they would do, that each command is one of its
# CLI, where a deploy stops, and that remove leaves nothing.

load common
load fakes

# bats test_tags=short
@test "makefiles: DRY=1 shows every command and runs none" {
	fakes
	for s in $ALL; do
		rm -rf made
		exits 0 mk "${s%:*}" "${s#*:}" DRY=1 build package deploy invoke log measure remove
		[ ! -s err ] || [ "$(grep -cv 'nothing to remove' err)" -eq 0 ] || fail "$s: $(cat err)"
		case $s in aws:*) cli=aws ;; gcp:*) cli=gcloud ;; *) cli=az ;; esac
		[ "$(grep -c "^$cli " out)" -ge 6 ] || fail "$s: $(cat out)"
		[ ! -e fake/calls ] || fail "$s ran $(cat fake/calls)"
		[ ! -d made ] || fail "$s made $(find made)"
		mv out "shown.$s"
	done
}

# deployed_and_removed CLOUD SERVICE: with number FAIL_AT failing; in the file
# count, how many commands changed something.
deployed_and_removed() {
	rm -rf fake made/*.made
	mkdir fake
	local got=0
	mk "$@" deploy >log 2>&1 || got=$?
	if [ -n "${FAIL_AT:-}" ]; then
		[ "$got" -ne 0 ] || fail "$*: number $FAIL_AT failed, the deploy did not: $(cat log)"
		grep -q 'as asked' log || fail "$*: $(cat log)"
		[ "$(cat fake/count)" -eq "$FAIL_AT" ] || fail "$*: it went on after number $FAIL_AT: $(cat log)"
	else
		[ "$got" -eq 0 ] || fail "$*: $(cat log)"
		[ -n "$(ls fake/things)" ] || fail "$*: made nothing"
	fi
	cp fake/count count
	FAIL_AT='' exits 0 mk "$@" remove
	[ -z "$(ls fake/things)" ] || fail "$* left $(ls fake/things): $(cat err)"
	[ -z "$(find made -name "*.made")" ] || fail "$*: $(cat made/*.made)"
}

@test "makefiles: a deploy stops at the first command that fails, whichever; remove removes what was made, also when the answer was lost" {
	fakes
	for s in $ALL; do
		deployed_and_removed "${s%:*}" "${s#*:}"
		n=$(cat count)
		[ "$n" -ge 3 ]
		how=before
		for k in $(seq "$n"); do
			FAIL_AT=$k FAIL_HOW=$how deployed_and_removed "${s%:*}" "${s#*:}"
			case $how in before) how=after ;; *) how=before ;; esac
		done
	done
}

# bats test_tags=short
@test "makefiles: the same for one command of each cloud" {
	fakes
	for s in aws:spark gcp:cluster azure:containerapp; do
		FAIL_AT=4 FAIL_HOW=after deployed_and_removed "${s%:*}" "${s#*:}"
	done
}

# bats test_tags=short
@test "makefiles: what is there already is not taken over, and not removed" {
	fakes
	mkdir fake/things
	touch fake/things/bucket-rec-test
	! mk aws spark deploy >log 2>&1 || false
	grep -q '^step.sh: bucket rec-test is there already, but was not made here: ' log || fail "$(cat log)"
	! grep -q 's3 cp' fake/calls || false
	mk aws spark remove >log 2>&1
	[ -e fake/things/bucket-rec-test ]
	# a second deploy goes on with what the first one made
	rm fake/things/*
	! FAIL_AT=9 mk aws spark deploy >log 2>&1 || false
	exits 0 mk aws spark deploy
	[ "$(grep -c 's3 mb' fake/calls)" -eq 1 ]
	# what cannot be removed now stays known
	! FAIL_AT=$(($(cat fake/count) + 4)) mk aws spark remove >log 2>&1 || false
	grep -q "is still there: see above, then 'make remove' again" log || fail "$(cat log)"
	exits 0 mk aws spark remove
	[ -z "$(ls fake/things)" ]
}

# bats test_tags=short
@test "makefiles: what is missing is said before anything runs" {
	fakes
	! make -s -f "$CLOUD/aws/Makefile" deploy >out.log 2>err || false
	mentions "set BUCKET= to the name of a bucket that 'make deploy' makes"
	! make -s -f "$CLOUD/aws/Makefile" SERVICE=nothing deploy >out.log 2>err || false
	mentions "SERVICE is one of: "
	! make -s -f "$CLOUD/gcp/Makefile" deploy >out.log 2>err || false
	mentions "set PROJECT= to the project that pays"
	! make -s -f "$CLOUD/azure/Makefile" deploy >out.log 2>err || false
	mentions "set NAME= to a name that nobody has in Azure"
	[ ! -e fake/calls ]
	for c in aws gcp azure; do
		make -s -f "$CLOUD/$c/Makefile" >out.log
		for t in build package deploy invoke log measure remove; do grep -q "^$t " out.log || fail "$c lacks $t"; done
	done
	exits 2 env MADE=x sh "$CLOUD/step.sh" nothing
	! env -u MADE sh "$CLOUD/step.sh" run ls >out 2>err || false
	mentions 'set MADE'
}

# bats test_tags=short
@test "makefiles: the commands of rec-cloud(7) are commands of the Makefiles" {
	fakes
	mandoc -T ascii "$ROOT/man/rec-cloud.7" 2>/dev/null | sed 's/.\x08//g' | sed -n '/^ *make -f/,/^$/p' |
		sed -e ':a' -e '/\\$/N; s/ *\\\n */ /; ta' | grep 'make -f' >commands || { command -v mandoc >/dev/null || skip "mandoc is not installed"; fail "no commands"; }
	[ "$(wc -l <commands)" -ge 5 ] || fail "$(cat commands)"
	while read -r command; do
		(cd "$ROOT" && sh -c "$command DRY=1 OUT=$PWD/made -s") >shown 2>err </dev/null || fail "$command: $(cat err)"
		[ "$(wc -l <shown)" -ge 6 ] || fail "$command shows $(cat shown)"
	done <commands
}
