# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2015,SC2034,SC2154,SC2317
# fan_options.sh - the options of the command that is fanned out, by the table of `rec-CMD --options`. Part of rec-fan.
#
# The options of the command: files are put into DIR/in, what rec-fan does itself is taken out or refused. JOBOPTS are those of the parts, START those of
# rec-als -i 0, LAST those of rec-eval --summarize.
table=$RUN/options
"$BIN/rec-$CMD" --options >"$table" || die 1 "rec-$CMD --options failed"
JOBOPTS='' START='' LAST='' GIVEN='' CHECK='' FILES='' BINARY='' THREADS='' WARM='' METHOD='' iterations=16 nfiles=0
SPREAD=--columns	# a candidate's neighbours are chosen from its column
factors=64 base=16	# what a row costs in pairs: rec_als_row_cost

# The line of the table for an option; sets long and arg
look_up() {
	line=$(awk -F'\t' -v o="$1" '(length(o) == 1 ? $1 : $2) == o && !found { print $2 " " ($3 == "" ? "-" : $3); found = 1 }' "$table")
	long=${line%% *} arg=${line#* }
}

# take_file PATH: its name under DIR/in in $taken. A regular file is linked, a pipe is copied.
take_file() {
	nfiles=$((nfiles + 1))
	taken=in/file.$nfiles
	[ "$1" != - ] || bad_usage "--$long: stdin is the input"
	[ -r "$1" ] || die 1 "$1: can't read"
	if [ -f "$1" ]; then
		ln -sfn "$(cd "$(dirname "$1")" && pwd)/$(basename "$1")" "$W/$taken"
		[ ! -e "$W/job" ] || [ -z "$(find -L "$1" -newer "$W/job")" ] || die 1 "$1: changed since $work was begun; use another folder"
	elif [ ! -e "$W/$taken" ]; then
		cat "$1" >"$W/$taken.$$" && mv "$W/$taken.$$" "$W/$taken" || die 1 "$1: can't copy"
	fi
	FILES="$FILES $taken"
}

# option LONG ARG-NAME VALUE
option() {
	long=$1
	[ "$1" != output ] || { output=$3; return; }
	GIVEN="$GIVEN --$1$([ "$2" = - ] || quote "$3")"
	case $CMD:$1 in
	*:part | *:stats | *:estimate | *:stream | *:per-user | *:summarize | *:compare | als:half | als:model | als:transposed | als:objective | sim:columns | sim:survey | sim:partial | sim:whole | sim:merge | sim:from-factors | topn:merge | *:help | *:version)
		bad_usage "--$1 can't work under rec-fan" ;;
	*:binary) BINARY=-b CHECK="$CHECK -b"; return ;;
	*:quiet) quiet=1; return ;;
	*:verbose) verbose=1; return ;;
	*:threads) THREADS=$3 ;;
	als:iterations) iterations=$3; return ;;
	als:solver) [ "$3" != cg ] || WARM=1 base=8 ;;
	als:factors) factors=$3 ;;
	sim:keep) [ "$3" != history ] || SPREAD=--part ;;
	eval:bootstrap | eval:fail-if) LAST="$LAST --$1$(quote "$3")" CHECK="$CHECK --$1$(quote "$3")"; return ;;
	eval:json) LAST="$LAST --$1"; return ;;
	esac
	words=--$1
	if [ "$2" = FILE ]; then
		take_file "$3"
		CHECK="$CHECK $words$(quote "$W/$taken")"
		START="$START $words$(quote "$W/$taken")"
		[ "$CMD" = als ] || JOBOPTS="$JOBOPTS $words $taken"
		return
	elif [ "$2" != - ]; then
		words="$words$(quote "$3")"
	fi
	START="$START $words" CHECK="$CHECK $words"
	case $CMD:$1 in
	als:threads | als:mem | als:duplicates | als:trust | sim:* | topn:* | eval:*) JOBOPTS="$JOBOPTS $words" ;;
	esac
}

only_operands=0
while [ $# -gt 0 ]; do
	word=$1
	shift
	case $only_operands$word in
	0--) only_operands=1 ;;
	0--*)
		look_up "$(echo "${word#--}" | cut -d= -f1)"
		[ -n "$long" ] || bad_usage "unknown option '${word%%=*}' (see rec-$CMD --help)"
		case $word in
		*=*) value=${word#*=} ;;
		*)
			value=
			if [ "$arg" != - ]; then
				[ $# -gt 0 ] || bad_usage "--$long wants a value"
				value=$1
				shift
			fi
			;;
		esac
		option "$long" "$arg" "$value"
		;;
	0-?*)
		letters=${word#-}
		while [ -n "$letters" ]; do
			rest=${letters#?}
			look_up "${letters%"$rest"}"
			[ -n "$long" ] || bad_usage "unknown option '-${letters%"$rest"}' (see rec-$CMD --help)"
			if [ "$arg" = - ]; then
				option "$long" - ''
				letters=$rest
				continue
			fi
			if [ -z "$rest" ]; then
				[ $# -gt 0 ] || bad_usage "-$letters wants a value"
				rest=$1
				shift
			fi
			option "$long" "$arg" "$rest"
			letters=
		done
		;;
	*)
		[ -n "$METHOD" ] || METHOD=$word
		GIVEN="$GIVEN$(quote "$word")" CHECK="$CHECK$(quote "$word")"
		JOBOPTS="$JOBOPTS$(quote "$word")"
		;;
	esac
done
case $iterations in '' | *[!0-9]*) bad_usage "--iterations: '$iterations' is not a whole number" ;; esac

# The command itself says what is wrong with its options, before anything is shipped. (Without input it does nothing else.)
eval "\"\$BIN/rec-$CMD\"$CHECK -o \"\$RUN/check\"" </dev/null >/dev/null 2>"$RUN/err"
[ $? -ne 2 ] || die 2 "$(sed "s/^rec-$CMD: //" "$RUN/err")"
