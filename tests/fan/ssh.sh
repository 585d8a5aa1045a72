#!/bin/sh
# SPDX-License-Identifier: MIT
# ssh.sh [options] HOST COMMAND - an ssh for tests without root: HOST is a
# folder on this machine.
#
# REC_FAKE_HOSTS names a folder with one folder a host:
#   HOST/home       the home, where commands run (made when missing)
#   HOST/env        variables of its environment, NAME=VALUE a line without
#                   blanks (REC_ISA=plain); PATH is /usr/bin:/bin
#   HOST/log        one line a command
#   HOST/faults/    faults to order: those of host.sh, and refuse (`TIMES`: as
#                   a host that doesn't know the key)
# A host without a folder doesn't exist. As with ssh, a command goes on when
# its ssh is killed, and 255 says that the connection failed.
#
#   REC_SSH="sh tests/fan/ssh.sh" REC_FAKE_HOSTS=$PWD/hosts rec-fan --hosts
#   list ...
set -u
here=$(cd "$(dirname "$0")" && pwd)
host='' stdin=0

while [ $# -gt 0 ]; do	# as ssh does: options stand before the host and after it
	OPTIND=1
	while getopts 46AaB:b:Cc:D:E:e:F:fGgI:i:J:KkL:l:Mm:NnO:o:P:p:Q:qR:S:sTtVvW:w:XxYy o; do
		case $o in
		n) stdin=1 ;;
		O) exit 0 ;;	# there is no shared connection to speak to
		\?) exit 255 ;;
		*) ;;
		esac
	done
	shift $((OPTIND - 1))
	if [ -n "$host" ] || [ $# -eq 0 ]; then break; fi
	host=${1#*@}
	shift
done
dir=${REC_FAKE_HOSTS:?no folder of hosts}/$host
if [ -z "$host" ] || [ ! -d "$dir" ]; then
	echo "ssh: Could not resolve hostname $host: Name or service not known" >&2
	exit 255
fi
if [ -f "$dir/faults/refuse" ]; then
	times=''
	read -r times <"$dir/faults/refuse" || :
	case $times in '' | -) refused=yes ;; *) refused='' ;; esac
	while [ -z "$refused" ] && [ "$times" -gt 0 ]; do
		mkdir "$dir/faults/refuse.$times" 2>/dev/null && refused=yes
		times=$((times - 1))
	done
	if [ -n "$refused" ]; then
		echo "$host: Permission denied (publickey)." >&2
		exit 255
	fi
fi

mkdir -p "$dir/home" "$dir/faults" && dir=$(cd "$dir" && pwd) && cd "$dir/home" || exit 255
printf '%s\n' "$*" | tr '\n' ' ' >>"$dir/log"
echo >>"$dir/log"
[ -f "$dir/env" ] || : >"$dir/env"
exec 3<&0
[ "$stdin" -eq 0 ] || exec 3</dev/null
# shellcheck disable=SC2046
setsid env -i HOME="$dir/home" PATH=/usr/bin:/bin USER=root LOGNAME=root SHELL=/bin/sh $(cat "$dir/env") SSH_ORIGINAL_COMMAND="$*" \
	sh "$here/host.sh" "$dir" <&3 3<&- &
trap 'exit 255' HUP INT TERM
wait $!
