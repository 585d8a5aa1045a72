# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034,SC2154
# fan/list.sh - reads the list of hosts. Sets HOSTS (NAME/SLOTS, separated by
# blanks) and total, the number of slots. Belongs to rec-fan.

# A name is used as it is in file names and by ssh and rsync.
is_host() {
	case $1 in [.@+-]* | *[!ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._@+-]*) return 1 ;; esac
}

# take_host WHERE NAME SLOTS [MORE]: take the words of a line
take_host() {
	where=$1 name=$2 count=${3:-#}
	case $count in '#'*) count=${slots:-1} ;; *) case ${4:-#} in '#'*) ;; *) bad_usage "$where: '$4' is one field too many; a line is NAME [SLOTS]" ;; esac ;; esac
	is_host "$name" || bad_usage "$where: '$name' is not the name of a host: a name holds letters, digits and . _ - @ +"
	case " $HOSTS" in *" $name/"*) bad_usage "$where: $name appears twice" ;; esac
	number "$where: slots of $name" "$count" 1 1000
	HOSTS="$HOSTS$name/$number " total=$((total + number))
}

# Read each line, also a last one without newline, lines with CRLF, and a first
# line after a byte order mark.
read_hosts() {
	lines=0 cr=$(printf '\r') mark=$(printf '\357\273\277')
	while IFS= read -r line || [ -n "$line" ]; do
		lines=$((lines + 1)) line=${line%"$cr"}
		[ $lines -gt 1 ] || line=${line#"$mark"}
		set -f
		# shellcheck disable=SC2086
		set -- $line
		set +f
		case ${1:-#} in '#'*) ;; *) take_host "$hosts:$lines" "$@" ;; esac
	done <"$hosts"
	[ "$total" -gt 0 ] || bad_usage "$hosts: names no host"
}
