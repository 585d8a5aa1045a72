#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016
# completion.sh BINDIR - bash completion for every command, made from the tables
# of COMMAND --options and COMMAND --operands.
set -eu

# One `case` over "command:option", from the lines "command:option TAB words" on
# stdin: sets words.
cases() {
	awk -F'\t' '{ printf "\t%s) words=\"%s\" ;;\n", $1, $2 }'
}

# The options of a command: name, and key if it has one; for an option with an
# argument also its name and choices.
table() {
	"$1" --options | awk -F'\t' -v c="${1##*/}" -v what="$2" '
		$5 == "hidden" { next }
		what == "options" { words = words s "--" $2; s = " "; next }
		{ name = c ":--" $2 ($1 == "-" ? "" : "|" c ":-" $1) }
		what == "choices" && $4 != "" { print name "\t" $4 }
		what == "values" && $3 != "" && $3 !~ /FILE|DIR|TEMPLATE/ && $4 == "" { print name "\t" }
		END { if (what == "options") print c "\t" words " --help --version" }'
}

all() {	# all WHAT: of every command
	for c in "$bin"/rec-*; do
		table "$c" "$1"
	done
}

operands() {
	for c in "$bin"/rec-sim "$bin"/rec-eval; do
		printf '%s\t%s\n' "${c##*/}" "$("$c" --operands)"
	done
	printf 'rec-fan\tals sim topn eval\n'
}

bin=$1
echo '# bash completion for recpipe, made by cmd/cli/completion.sh'
cat <<'END'
# The command whose words are completed: the one after rec-fan or rec-task, if
# it is typed already.
_recpipe_command() {
	local i word
	command=${COMP_WORDS[0]##*/}
	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		case $command:$word in
		rec-fan:als | rec-fan:sim | rec-fan:topn | rec-fan:eval) outer=rec-fan command=rec-$word; return ;;
		rec-task:rec-* | rec-task:*/rec-*) command=${word##*/}; return ;;
		esac
	done
}

# Each line of `compgen` is one word, even with blanks.
_recpipe_reply() {
	local word
	while IFS= read -r word; do
		COMPREPLY+=("$word")
	done < <(compgen "$@" -- "$cur")
}

_recpipe() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command outer='' words='' own='' prefix=''
	COMPREPLY=()
	_recpipe_command
	case $prev:$cur in	# bash reads --scale=raw as three words, unless = is no word break
	--*:=) cur='' ;;
	=:*) [ "$COMP_CWORD" -lt 2 ] || prev=${COMP_WORDS[COMP_CWORD-2]} ;;
	*:--*=*) prev=${cur%%=*} prefix=$prev= cur=${cur#*=} ;;
	*[\<\>]:*) _recpipe_reply -f; return ;;
	esac
	if _recpipe_value "$command:$prev" || { [ -n "$outer" ] && _recpipe_value "$outer:$prev"; }; then
		[ -z "$words" ] || _recpipe_reply ${prefix:+-P "$prefix"} -W "$words"
		return
	fi
	case $prefix$cur in
	-*)
		if [ -n "$prefix" ]; then
			_recpipe_reply -P "$prefix" -f
			return
		fi
		[ -z "$outer" ] || _recpipe_options "$outer"
		own=$words
		_recpipe_options "$command"
		_recpipe_reply -W "$own $words"
		return ;;
	esac
	case $prev in
	-[A-Za-z] | --[a-z]*) _recpipe_flag "$command:$prev" || { _recpipe_reply -f; return; } ;;
	esac
	if _recpipe_operands "$command"; then
		_recpipe_reply -W "$words"
	else
		_recpipe_reply -f
	fi
}
END
echo '_recpipe_value() {	# an option whose value is one of words, or no file'
echo '	case $1 in'
{ all choices; all values; } | cases
echo '	*) return 1 ;;'
echo '	esac'
echo '}'
echo '_recpipe_options() {'
echo '	case $1 in'
all options | cases
echo '	esac'
echo '}'
echo '_recpipe_operands() {'
echo '	case $1 in'
operands | cases
echo '	*) return 1 ;;'
echo '	esac'
echo '}'
echo '_recpipe_flag() {	# an option that takes no value'
echo '	case $1 in'
for c in "$bin"/rec-*; do
	"$c" --options | awk -F'\t' -v c="${c##*/}" '$3 == "" { printf "%s%s:--%s%s", s, c, $2, $1 == "-" ? "" : "|" c ":-" $1; s = "|" } END { if (s) print ") return 0 ;;" }'
done | sed 's/^/	/'
echo '	esac'
echo '	return 1'
echo '}'
printf 'complete -o filenames -F _recpipe'
for c in "$bin"/rec-*; do
	printf ' %s' "${c##*/}"
done
echo
