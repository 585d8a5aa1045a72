#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016
# completion.sh BINDIR - bash completion for every command, made from the option tables (COMMAND --options).
set -eu

echo '# bash completion for recpipe, made by cmd/completion.sh'
echo '_recpipe() {'
echo '	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words='
echo '	case ${COMP_WORDS[0]##*/}:$prev in'
for c in "$1"/rec-*; do
	"$c" --options | awk -F'\t' -v c="${c##*/}" '$4 != "" { printf "\t%s:--%s) words=\"%s\" ;;\n", c, $2, $4 }'
done
echo '	esac'
echo '	[ -n "$words" ] && { COMPREPLY=($(compgen -W "$words" -- "$cur")); return; }'
echo '	case $cur in -*) ;; *) COMPREPLY=($(compgen -f -- "$cur")); return ;; esac'
echo '	case ${COMP_WORDS[0]##*/} in'
for c in "$1"/rec-*; do
	printf '	%s) words="%s --help --version" ;;\n' "${c##*/}" "$("$c" --options | awk -F'\t' '{ printf "%s--%s", s, $2; s = " " }')"
done
echo '	esac'
echo '	COMPREPLY=($(compgen -W "$words" -- "$cur"))'
echo '}'
printf 'complete -o filenames -F _recpipe'
for c in "$1"/rec-*; do
	printf ' %s' "${c##*/}"
done
echo
