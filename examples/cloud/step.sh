#!/bin/sh
# SPDX-License-Identifier: MIT
# step.sh - the steps of the Makefiles of the clouds. Each is a command of an
# official CLI, shown on stderr before it runs. With DRY=1 they are shown on
# stdout and nothing runs.
#
#	step.sh run COMMAND
#		runs it
#	step.sh make WHAT THERE CREATE REMOVE
#		makes WHAT by the command CREATE, unless a former run made
#		it; THERE succeeds if it is there. What is there and was not
#		made here is refused. REMOVE is kept in the file MADE before
#		CREATE runs: what a run that broke off left is removed too.
#	step.sh put WHAT THERE CREATE REMOVE
#		the same for a CREATE that also brings what is there up to
#		date: it runs each time.
#	step.sh remove
#		undoes all that MADE holds, the last first; what cannot be
#		removed stays in MADE, and the exit status is 1.
#
# Commands are strings for sh. MADE is a file of lines WHAT, THERE, REMOVE with
# TABs between; without it nothing can be removed, so keep it.
set -eu
: "${MADE:?step.sh: set MADE to the file that remembers what was made}"
tab=$(printf '\t')

show() {	# COMMAND
	if [ -n "${DRY:-}" ]; then printf '%s\n' "$1"; else printf '+ %s\n' "$1" >&2; fi
}
run() {		# COMMAND
	show "$1"
	[ -n "${DRY:-}" ] || sh -c "$1"
}
quietly() { sh -c "$1" >/dev/null 2>&1 </dev/null; }
remembers() { [ -f "$MADE" ] && cut -f 1 "$MADE" | grep -qxF -- "$1"; }
forget() {	# WHAT
	awk -F '\t' -v what="$1" '$1 != what' "$MADE" >"$MADE.part"
	mv "$MADE.part" "$MADE"
}

make_one() {	# VERB WHAT THERE CREATE REMOVE
	verb=$1
	shift
	if [ -z "${DRY:-}" ]; then
		case $* in *"$tab"*) echo "step.sh: a TAB in: $*" >&2; exit 2 ;; esac
		if remembers "$1"; then
			if [ "$verb" = make ] && quietly "$2"; then echo "step.sh: $1 is there" >&2; return 0; fi
		elif quietly "$2"; then
			echo "step.sh: $1 is there already, but was not made here:" \
				"choose another NAME=, or remove it yourself" >&2
			exit 1
		else
			mkdir -p "$(dirname "$MADE")"
			printf '%s\t%s\t%s\n' "$1" "$2" "$4" >>"$MADE"
		fi
	fi
	run "$3" && return
	echo "step.sh: $1 was not made; after 'make remove' nothing of this deployment is left" >&2
	exit 1
}

remove_all() {
	if [ ! -s "$MADE" ]; then
		echo "step.sh: nothing to remove: $MADE holds nothing" >&2
		return 0
	fi
	left=0
	awk '{ line[NR] = $0 } END { while (NR) print line[NR--] }' "$MADE" >"$MADE.order"
	while IFS=$tab read -r what there remove; do
		if run "$remove" </dev/null; then
			[ -n "${DRY:-}" ] || forget "$what"
		elif quietly "$there"; then
			echo "step.sh: $what is still there: see above, then 'make remove' again" >&2
			left=1
		else
			forget "$what"
		fi
	done <"$MADE.order"
	rm -f "$MADE.order"
	[ -n "${DRY:-}" ] || [ -s "$MADE" ] || rm -f "$MADE"
	return "$left"
}

verb=${1:-}
[ $# -eq 0 ] || shift
case $verb:$# in
run:1) run "$1" ;;
make:4 | put:4) make_one "$verb" "$@" ;;
remove:0) remove_all ;;
*) echo "usage: step.sh run COMMAND | make|put WHAT THERE CREATE REMOVE | remove" >&2; exit 2 ;;
esac
