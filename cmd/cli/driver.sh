# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2015,SC2034,SC2154
# cli/driver.sh - shared by rec-fan and rec-task: messages, numbers, and
# options, read as the commands in C read theirs. $me is the name of the driver.
set -u
unset CDPATH	# cd would print, and go to another folder
TAB='	' NL='
'
IFS=" $TAB$NL"
(true 3<&0) 2>/dev/null || exec </dev/null

# TEXT as one line without control bytes, so that names and answers in a message
# cannot control the terminal.
line_of() {
	case $1 in *[[:cntrl:]]*) printf '%s' "$1" | tr '\001-\010\012-\037\177' '?' ;; *) printf '%s' "$1" ;; esac
}
say() { printf '%s: %s\n' "$me" "$(line_of "$*")" >&2; }
die() { status=$1; shift; say "$*"; exit "$status"; }	# 1: would fail again, 4: may be tried again
bad_usage() { die 2 "$*"; }

# number WHAT TEXT LEAST MOST: sets $number. Every number from outside goes
# through here before it is used: only digits (written out, because ranges
# depend on the locale), no leading zeros, which would mean octal, and short
# enough for the shell.
number() {
	number=$2
	case $2 in '' | *[!0123456789]*) bad_usage "$1: '$2' is not a whole number" ;; esac
	while case $number in 0?*) ;; *) false ;; esac; do number=${number#0}; done
	if [ ${#number} -gt 9 ] || [ "$number" -lt "$3" ] || [ "$number" -gt "$4" ]; then bad_usage "$1: $2 is not between $3 and $4"; fi
}

# digits TEXT: is it a number of at most 15 digits, as our programs write it?
digits() {
	case $1 in '' | *[!0123456789]* | 0?* | ????????????????*) return 1 ;; esac
}

# in_table NAME: sets long and arg from the line of an option, short or long, in
# $table (the output of --options after a newline)
in_table() {
	case $1 in
	'' | - | *[!abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-]*) return 1 ;;
	?) line=${table#*"$NL$1$TAB"} long=${line%%"$TAB"*} ;;
	*) line=${table#*"$NL"?"$TAB$1$TAB"} long=$1 ;;
	esac
	[ "$line" != "$table" ] || return 1
	[ ${#1} -gt 1 ] || line=${line#*"$TAB"}
	arg=${line%%"$TAB"*}
}

# next_option WORD...: reads one option or operand, as cli_parse does. Sets long
# (empty: value is an operand; --: options end here), value, and taken, the
# number of words to shift. letters holds the rest of a word such as -bv. Only
# the first $left words may be read. The caller's functions unknown OPTION
# [WORD] and wants OPTION report errors.
letters=
next_option() {
	long='' arg='' value='' taken=0
	if [ -z "$letters" ]; then
		word=$1 taken=1
		shift
		case $word in
		--) long=-- ;;
		--*) long_option "$@" ;;
		-?*) letters=${word#-} ;;
		*) value=$word ;;
		esac
		[ -n "$letters" ] || return 0
	fi
	rest=${letters#?}
	letter=${letters%"$rest"} letters=$rest
	case $letter in h) long=help; return ;; V) long=version; return ;; esac
	in_table "$letter" || unknown "-$letter" "$word"
	[ -n "$arg" ] || return 0
	if [ -n "$rest" ]; then
		value=$rest letters=
	else
		[ "$taken" -lt "$left" ] || wants "-$letter"
		value=$1 taken=$((taken + 1))
	fi
}

long_option() {
	case $word in
	--help | --version | --options) long=${word#--}; return ;;
	esac
	name=${word#--} name=${name%%=*}
	[ ${#name} -gt 1 ] && in_table "$name" || unknown "--$name" "$word"
	case $word in
	*=*) [ -n "$arg" ] || bad_usage "--$long takes no value"; value=${word#*=}; return ;;
	esac
	[ -n "$arg" ] || return 0
	[ "$left" -gt 1 ] || wants "--$long"
	value=$1 taken=2
}

wants() { bad_usage "$1 needs $arg"; }
