# shellcheck shell=sh disable=SC2034,SC2154
# SPDX-License-Identifier: MIT
# store.sh - read by rec-get and rec-put: names of objects, requests by curl,
# and what their answers mean. What differs between the clouds stands in
# aws/store.sh, gcp/store.sh and azure/store.sh; each has
#
#	store_open              reads $bucket and $key, sets $object and $tag
#	store_login             writes the rights into the file $work/login
#	store_get               sets $get_url and $get_header, for a GET of the object
#	store_put FILE          a whole object, in one request
#	store_begin             an upload by parts, which nobody sees
#	store_part N FILE FROM  a part of it, which begins at byte FROM
#	store_finish N FILE FROM  its last part; now the object is there
#	store_abort             gives the upload up
#	store_clean PREFIX DAYS  what killed writers left, if it is older
set -u
unset CDPATH
(true 3<&0) 2>/dev/null || exec </dev/null
NL='
'
umask=$(umask)
work=''	# a folder of this run alone: the rights, a part or two, answers
busy=''	# the process that a signal must end
letters=abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789

line_of() { printf '%s' "$1" | tr '\001-\037\177' '?'; }
say() { printf '%s: %s\n' "$me" "$(line_of "$*")" >&2; }
die() { status=$1; shift; say "$*"; exit "$status"; }	# 1: would fail again, 4: may be tried again
bad_usage() { die 2 "$*"; }

# number WHAT TEXT LEAST MOST: sets $number
number() {
	case $2 in '' | *[!0123456789]* | 0?* | ????????????????*) bad_usage "$1: '$2' is not a whole number" ;; esac
	if [ "$2" -lt "$3" ] || [ "$2" -gt "$4" ]; then bad_usage "$1: $2 is not between $3 and $4"; fi
	number=$2
}

# coded TEXT: sets $coded, TEXT with all but letters, digits and -._~/ as %XX,
# byte by byte
coded() {
	coded='' rest=$1
	while [ -n "$rest" ]; do
		char=${rest%"${rest#?}"} rest=${rest#?}
		case $letters-._~/ in
		*"$char"*) coded=$coded$char ;;
		*) coded=$coded$(printf %s "$char" | od -An -v -tx1 | tr -d ' \n' | sed 's/../%&/g' | tr abcdef ABCDEF) ;;
		esac
	done
}

# take URL: which cloud, which bucket, which key
take() {
	url=$1
	case $url in *[[:cntrl:]]*) bad_usage "$url: a control character in the name" ;; esac
	case $url in
	s3://*) cloud=aws ;;
	gs://*) cloud=gcp ;;
	az://* | https://*.blob.core.windows.net/*) cloud=azure ;;
	*)
		other='az://CONTAINER/BLOB or https://ACCOUNT.blob.core.windows.net/CONTAINER/BLOB'
		bad_usage "$url: not s3://BUCKET/KEY, gs://BUCKET/NAME, $other"
		;;
	esac
	bucket=${url#*://} key=''
	case $url in https:*) host=${bucket%%/*} bucket=${bucket#*/} ;; *) host='' ;; esac
	case $bucket in */*) key=${bucket#*/} bucket=${bucket%%/*} ;; esac
	case $bucket in '' | [!a-z0-9\$]* | *[!a-z0-9._-]?*) bad_usage "$url: '$bucket' is no name of a bucket" ;; esac
	# shellcheck source=/dev/null
	. "$here/$cloud/store.sh"
}

open_store() {
	take "$1"
	case $key in '' | */) bad_usage "$url: the name of the object is missing" ;; esac
	make_work
	store_open
}

make_work() {
	command -v curl >/dev/null || die 1 "curl is not installed (7.75 or later is needed)"
	umask 077
	work=$(mktemp -d "${TMPDIR:-/tmp}/$me.XXXXXX") ||
		die 4 "${TMPDIR:-/tmp}: cannot make a temporary folder in it (TMPDIR=... names another)"
	logged=-9999
	trap clear_up EXIT
	trap 'stopped' INT TERM HUP
}
clear_up() { [ -z "$work" ] || rm -rf "$work"; }

# family PID: it and all its descendants
family() {
	echo "$1"
	ps -A -o pid= -o ppid= 2>/dev/null | awk -v top="$1" '
		{ up[$1] = $2 }
		END { for (p in up) { a = up[p]; for (n = 0; n < 99 && a in up && a != top; n++) a = up[a]; if (a == top) print p } }'
}

# end_family PID: ends them, and waits until PID is gone; at most 10 s until
# SIGKILL
end_family() {
	# shellcheck disable=SC2046
	{
		set -- "$1" $(family "$1")
		kill -s TERM "$@"
		(sleep 10; exec kill -s KILL "$@") &
		wait "$1"
		kill "$!"
	} 2>/dev/null
}

stopped() {
	trap '' INT TERM HUP
	[ -z "$busy" ] || kill "$busy" 2>/dev/null
	left_over
	die 4 "$url: told to stop; $nothing"
}
left_over() { :; }	# rec-get and rec-put have their own
nothing='it may be tried again'

# patient: waits for the process that was started last, and returns its status.
# Traps run at once meanwhile, not when it has ended.
patient() {
	busy=$!
	wait "$busy"
	set -- "$?"
	busy=''
	return "$1"
}

# --- Requests

# config NAME VALUE: a line for curl. Rights stand in a file of ours, and in no
# list of processes.
config() { printf '%s = "%s"\n' "$1" "$(printf %s "$2" | sed 's/[\\"]/\\&/g')"; }

# Rights that a machine hands out end at some time, of which it says so minutes
# before: they are asked for again after four.
login() {
	now=$(date +%s)
	[ $((now - logged)) -ge 240 ] || return 0
	store_login || exit
	logged=$now
}

# call METHOD URL [ARG...]: sets $code, and the answer is in $work/head and in
# $work/body. curl tries again, with growing pauses, where that may help.
call() {
	method=$1 target=$2
	shift 2
	login
	case $method in HEAD) set -- -I "$@" ;; GET) ;; *) set -- -X "$method" "$@" ;; esac
	rm -f "$work/head" "$work/body"
	config url "$target" >"$work/target"	# it may hold a right, too
	curl -q -sS -g --path-as-is -K "$work/login" -K "$work/target" --retry "${REC_RETRIES:-5}" --retry-all-errors --retry-connrefused \
		--connect-timeout 10 --speed-limit 1000 --speed-time 60 -H 'Expect:' \
		-D "$work/head" -o "$work/body" -w '%{http_code}' "$@" >"$work/code" 2>"$work/why" &
	patient
	ended=$?
	code=$(cat "$work/code")
	[ -e "$work/body" ] || : >"$work/body"
	[ $ended -ne 23 ] || die 4 "$work: cannot be written; is it full? (TMPDIR=... names another folder)"
	why=$(sed -n 's/^curl: ([0-9]*) //p' "$work/why" | tail -1)
	case $ended in
	0) ;;
	1 | 2 | 3 | 48) die 1 "$url: $(tail -1 "$work/why") (curl 7.75 or later is needed)" ;;
	51 | 58 | 60 | 77 | 83 | 90 | 91) die 1 "$url: $why; certificates of authorities must be installed" ;;
	*) die 4 "$url: no answer: ${why:-curl ended with $ended}; it may be tried again" ;;
	esac
}

# from_machine URL [ARG...]: prints what the machine says of its rights; not
# through a proxy
from_machine() {
	curl -q -sSf --noproxy '*' --connect-timeout 2 --max-time 10 --retry 2 "$@" 2>/dev/null
}

# header NAME: of the last answer
header() {
	grep -i "^$1:" "$work/head" 2>/dev/null | tail -1 | sed 's/^[^:]*:[[:blank:]]*//' | tr -d '\r'
}
# member NAME: of flat JSON on stdin
member() {
	tr -d '\n' | sed -n 's/.*"'"$1"'"[[:blank:]]*:[[:blank:]]*"\{0,1\}\([^",}]*\).*/\1/p'
}
# elements: XML on stdin as lines of NAME>TEXT
elements() { tr -d '\n' | tr '<' '\n'; }
# element NAME: the text of the first
element() { elements | sed -n "s/^$1>//p" | head -1; }

# refused WHAT: says what the answer means, and ends.
refused() {
	reason=$(element Code <"$work/body")
	[ -n "$reason" ] || reason=$(member message <"$work/body")
	[ -n "$reason" ] || reason=$(header x-ms-error-code)
	reason="$code${reason:+ $(printf '%s' "$reason" | cut -c 1-200)}"
	case $code in
	404) die 1 "$url: $1: not there ($reason); look at the name" ;;
	401 | 403) die 1 "$url: $1: not allowed ($reason); $rights. Without the right to list, a missing object looks the same" ;;
	301 | 307 | 400) die 1 "$url: $1: refused ($reason)$(store_hint)" ;;
	408 | 409 | 412 | 429 | 5??) die 4 "$url: $1: $reason; it may be tried again" ;;
	*) die 1 "$url: $1: refused ($reason)" ;;
	esac
}
store_hint() { :; }

is_recmat() { [ "$(dd if="$1" bs=6 count=1 2>/dev/null | tr -d '\0')" = RECMAT ]; }
size_of() { wc -c <"$1" | tr -d ' '; }
