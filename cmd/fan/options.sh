# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2015,SC2034,SC2154,SC2317
# fan/options.sh - the options of the command, by the table of
# `rec-CMD --options`. Belongs to rec-fan.
#
# Each option is read once, into one word: --name, --name=value, or =operand.
# Options that rec-fan handles itself are removed or refused. The start, each
# part and the last command get the others as words of a job (rec-job(1)).
JOB_FILES=0 FILES='' BINARY='' THREADS='' WARM='' METHOD='' GIVEN='' iterations=16
SPREAD=--columns	# the neighbours of a candidate are chosen from its column
factors=64 base=16	# cost of a row in pairs: rec_als_row_cost

# The command itself reports an unknown option, and one without its value.
as_the_command() { die 2 "$("$BIN/rec-$CMD" "$1" </dev/null 2>&1 >/dev/null | tail -n 1 | sed "s/^rec-$CMD: //")"; }

# refuse_some: options that make no sense for a part, or that rec-fan itself
# uses to make parts
refuse_some() {
	case $CMD:$long in
	*:part | *:stats | *:estimate | *:stream | *:per-user | *:summarize | *:compare | als:half | als:model | als:transposed | als:objective | \
		sim:columns | sim:survey | sim:partial | sim:whole | sim:merge | sim:from-factors | topn:merge)
		bad_usage "--$long cannot work under rec-fan" ;;
	esac
	[ "$arg" != FILE ] || [ -n "$value" ] || bad_usage "--$long: an empty file name"
	[ "$arg:$value" != FILE:- ] || [ "$long" = output ] || bad_usage "--$long: stdin is the input"
}

# heed: options that rec-fan also uses
heed() {
	case $CMD:$long in
	*:output) to_file=$value ;;
	*:binary) BINARY=-b ;;
	*:quiet) quiet=1 ;;
	*:verbose) verbose=1 ;;
	*:threads) THREADS=1 ;;
	als:iterations) iterations=$value ;;
	als:solver) WARM='' base=16; [ "$value" != cg ] || WARM=1 base=8 ;;
	als:factors) factors=$value ;;
	sim:keep) SPREAD=--columns; [ "$value" != history ] || SPREAD=--part ;;
	esac
}

# split_word WORD: sets long, value and, by the table, arg of an option that was
# read. long is empty for an operand.
split_word() {
	long='' arg='' value=${1#*=}
	case $1 in
	--*) long=${1#--} long=${long%%=*}; in_table "$long" || : ;;
	esac
}

# is_for WHO: does WHO get this option? check: the command before anything is
# done; start: rec-als -i 0; part: each part; last: rec-eval --summarize
is_for() {
	case $1:$CMD:$long in
	*:output | *:verbose | *:quiet) return 1 ;;
	check:*) ;;
	*:binary | *:iterations) return 1 ;;
	last:eval:bootstrap | last:eval:seed | last:eval:fail-if | last:eval:json) ;;
	last:* | part:eval:bootstrap | part:eval:fail-if | part:eval:json) return 1 ;;
	part:als:threads | part:als:mem | part:als:duplicates | part:als:trust) ;;
	part:als:*) return 1 ;;
	esac
}

# words_for WHO WORD...: the words of its job
words_for() {
	who=$1 files=0
	shift
	for word; do
		split_word "$word"
		[ "$arg" != FILE ] || [ "$long" = output ] || files=$((files + 1))
		[ -n "$long" ] && is_for "$who" || continue
		case $who:$long:$arg in
		check:*:FILE)	# a pipe can be read only once
			if [ -f "$value" ]; then words "arg=--$long=$value"; else words "arg=--$long=/dev/null"; fi ;;
		*:FILE) words "arg=--$long=in/file.$files" ;;
		*) words "arg=$word" ;;
		esac
	done
	[ "$who$quiet" != start1 ] && [ "$who$quiet" != last1 ] || words arg=--quiet
	words arg=--
	for word; do
		case $word in =*) [ "$who" = last ] || words "arg=${word#=}" ;; esac
	done
}

# take_files WORD...: give the files of the options names under in/. A regular
# file is linked, a pipe is copied.
take_files() {
	for word; do
		split_word "$word"
		[ "$arg" = FILE ] && [ "$long" != output ] || continue
		JOB_FILES=$((JOB_FILES + 1))
		taken=in/file.$JOB_FILES
		case $value in /*) ;; *) value=$here/$value ;; esac
		if [ -f "$value" ]; then
			ln -sfn "$value" "$taken" || die 4 "cannot write into $work"
			[ ! -e job ] || [ -z "$(find -L "$taken" -newer job)" ] || die 1 "${word#*=}: changed since $work was begun; use another folder"
		elif [ ! -e "$taken" ]; then
			patiently cat "$value" >"$RUN/made" && mv "$RUN/made" "$taken" || die 1 "${word#*=}: cannot copy"
		fi
		FILES="$FILES $taken"
	done
}

# name_job WORD...: the command that the folder belongs to, with full file names
name_job() {
	GIVEN=
	for word; do
		split_word "$word"
		case $long:$arg in
		output:* | quiet:* | verbose:*) continue ;;
		:*) word=$value ;;
		*:FILE) case $value in /*) ;; *) word=--$long=$here/$value ;; esac ;;
		esac
		GIVEN="$GIVEN$(quote "$word")"
	done
}
