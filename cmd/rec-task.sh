#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2317 # what a trap calls is reached
# rec-task - make one part of a job, under any scheduler that hands out an index: rec-task(1).
#
# The command writes under a temporary name in the folder of the final one; when it has ended well that file is checked, flushed and renamed. So a final name
# holds a whole part or nothing, a part that is there is not made again, and of two copies at once the first to end clears the other's file away: the other
# finds the part made. Nothing is locked, because locks outlive hosts.
set -u

say() { printf 'rec-task: %s\n' "$*" >&2; }
usage() { say "$*"; exit 2; }
fail() { code=$1; shift; say "$*"; exit "$code"; }	# 1: for good, 4: may be retried

help() {
	cat <<'END'
rec-task - make one part of a job under any scheduler that hands out an index
usage: rec-task -n N -o TEMPLATE [options] [--] COMMAND [ARG ...]
       rec-task --collect -n N -o TEMPLATE [COMMAND [ARG ...]] > whole

  -n, --parts N             parts of the job (default: REC_COUNT, CLOUD_RUN_TASK_COUNT)
  -o, --output TEMPLATE     names of the parts, with one %d or %0Nd: 0, 1, ... N-1
  -i, --input TEMPLATE      stdin of the command: a file for each part, or one FILE for all
      --base 0|1            index of the first part (default: as the scheduler counts)
      --timeout SECONDS     end the command after that long; may be retried
      --trust               don't verify recmat, neither what is there nor what was made
      --collect             check that all parts are there, and join them
  -h, --help                this text
  -V, --version             version

In COMMAND and ARGs {i} is the part from 1, {i0} from 0, {n} the number of parts, {in} the input file, {out} the file to write
(without {out} it is stdout).

Manual: man rec-task; the map: man 7 rec
END
}

options() {	# as the commands in C print their tables: key, name, value, choices
	printf '%s\t%s\t%s\t%s\n' n parts N '' o output TEMPLATE '' i input TEMPLATE '' - base '0|1' '0 1' \
		- timeout SECONDS '' - trust '' '' - collect '' ''
}

# number WHAT TEXT LOW HIGH: sets $number. Leading zeros would be octal to the shell.
number() {
	number=$2
	while case $number in 0?*) ;; *) false ;; esac; do number=${number#0}; done
	case $number in '' | *[!0-9]*) usage "$1: '$2' is not a whole number" ;; esac
	if [ ${#number} -gt 7 ] || [ "$number" -lt "$3" ] || [ "$number" -gt "$4" ]; then usage "$1: $2 is not between $3 and $4"; fi
}

# named OPTION TEMPLATE PART: sets $named, TEMPLATE with the number in place of %d or %0Nd. It never reaches printf.
named() {
	pad=${2#*%}
	case $2 in *%*) ;; *) pad=% ;; esac
	case $pad in
	*%*) pad=bad ;;
	d*) pad='' ;;
	0[1-9]d*) pad=${pad#0} pad=${pad%%d*} ;;
	*) pad=bad ;;
	esac
	[ "$pad" != bad ] || usage "$1: TEMPLATE needs exactly one %d or %0Nd, such as part.%03d.rec"
	named=$3
	while [ ${#named} -lt "${pad:-0}" ]; do named=0$named; done
	after=${2#*%}
	named=${2%%\%*}$named${after#*d}
	case $named in -*) named=./$named ;; esac
}

parts='' output='' input='' base='' timeout='' trust=no collect=no
while [ $# -gt 0 ]; do
	taken=2
	case $1 in
	--) shift; break ;;
	--*=*) name=${1%%=*} value=${1#*=} taken=1 ;;
	--*) name=$1 value=${2-} ;;
	-??*) value=${1#-?} taken=1; name=${1%"$value"} ;;
	-?) name=$1 value=${2-} ;;
	*) break ;;
	esac
	case $name in
	-h | --help) help; exit ;;
	-V | --version) echo 'rec-task (recpipe) @VERSION@'; exit ;;
	--options) options; exit ;;
	--trust | --collect)
		[ $taken -eq 2 ] || usage "$name takes no value"
		taken=1 value=yes ;;
	-n | --parts) wants=N ;;
	-o | --output | -i | --input) wants=TEMPLATE ;;
	--base) wants='0|1' ;;
	--timeout) wants=SECONDS ;;
	*) usage "unknown option '$name' (see rec-task --help)" ;;
	esac
	[ $taken -le $# ] || usage "$name wants $wants"
	[ -n "$value" ] || usage "$name: an empty value"
	case $name in
	-n | --parts) number --parts "$value" 1 1000000; parts=$number ;;
	-o | --output) output=$value ;;
	-i | --input) input=$value ;;
	--base) number --base "$value" 0 1; base=$number ;;
	--timeout) number --timeout "$value" 1 9999999; timeout=$number ;;
	--trust) trust=yes ;;
	--collect) collect=yes ;;
	esac
	shift $taken
done
[ -n "$output" ] || usage "--output TEMPLATE names the parts; it is needed"
parts=${parts:-${REC_COUNT:-${CLOUD_RUN_TASK_COUNT:-}}}
[ -n "$parts" ] || usage "--parts N is needed"
number --parts "$parts" 1 1000000
parts=$number
named --output "$output" 0

# is_recmat FILE: by its first bytes
is_recmat() { [ "$(dd if="$1" bs=6 count=1 2>/dev/null | tr -d '\0')" = RECMAT ]; }

# sound FILE NAME: FILE, which is or will be NAME, is whole as far as it can show that: recmat can, and where NAME ends in .rec nothing else will do.
# If not, $why says why.
sound() {
	why=''
	[ $trust = no ] || return 0
	case $2 in *.rec | *.rec.gz) ;; *) is_recmat "$1" || return 0 ;; esac
	why=$(rec-cat --verify "$1" 2>&1)
	case $? in
	0) ;;
	1) return 1 ;;
	*) fail 4 "$2 could not be verified: $why" ;;
	esac
	case $2:$why in *.rec:*' rows of text' | *.rec.gz:*' rows of text') why="$2 is not recmat (-b?)"; return 1 ;; esac
}

# there: the final file stands and is sound
there() {
	[ -e "$out" ] || return 1
	[ ! -d "$out" ] || fail 1 "$out: is a folder"
	sound "$out" "$out" || { say "$why; it is made again"; return 1; }
}

# The parts, checked, are the arguments of COMMAND; without one, recmat is merged and all else concatenated.
collect() {
	given=$# part=0 missing='' recmat=0
	while [ "$part" -lt "$parts" ]; do
		named --output "$output" "$part"
		why="$named is not a file"
		if [ -f "$named" ] && sound "$named" "$named"; then
			set -- "$@" "$named"
			[ "$given" -gt 0 ] || ! is_recmat "$named" || recmat=$((recmat + 1))
		else
			[ ! -e "$named" ] || say "$why"
			missing=$missing,$((part + ${base:-0}))
		fi
		part=$((part + 1))
	done
	[ -z "$missing" ] || fail 1 "parts missing or damaged, counted from ${base:-0}: ${missing#,}"
	[ "$given" -eq 0 ] || exec "$@"
	case $recmat in
	"$parts") exec rec-cat --merge -b "$@" ;;
	0) cat "$@" || fail 4 "the parts could not be copied" ;;
	*) fail 1 "some parts are recmat and some are not" ;;
	esac
	exit 0
}

# Sets $index and, unless --base did, $base. Two schedulers at once can't both be meant.
find_index() {
	index=${REC_INDEX:-} from=REC_INDEX first=0
	[ -n "$index" ] || for s in SLURM_ARRAY_TASK_ID:0 AWS_BATCH_JOB_ARRAY_INDEX:0 JOB_COMPLETION_INDEX:0 CLOUD_RUN_TASK_INDEX:0 \
		PBS_ARRAY_INDEX:0 PBS_ARRAYID:0 SGE_TASK_ID:1 LSB_JOBINDEX:1 PARALLEL_SEQ:1; do
		eval "value=\${${s%:*}:-}"
		case $s=$value in *= | SGE_*=undefined | LSB_*=0) continue ;; esac
		[ -z "$index" ] || usage "$from and ${s%:*} are both set: say which part it is with REC_INDEX"
		index=$value from=${s%:*} first=${s#*:}
	done
	[ -n "$index" ] || usage "no index: none of the variables in rec-task(1) is set; REC_INDEX=0 makes the first part"
	base=${base:-$first}
	number "$from" "$index" "$base" $((parts - 1 + base))
	part=$((number - base))
}

# expand ARG: sets $word, ARG with its tokens replaced, from left to right
expand() {
	word='' rest=$1
	while case $rest in *'{'*) ;; *) false ;; esac; do
		word=$word${rest%%'{'*} rest=${rest#*'{'}
		case $rest in
		'i}'*) word=$word$((part + 1)) ;;
		'i0}'*) word=$word$part ;;
		'n}'*) word=$word$parts ;;
		'in}'*) [ -n "$in" ] || usage "{in} wants --input"; word=$word$in ;;
		'out}'*) word=$word$tmp own=yes ;;
		*) word=$word'{'; continue ;;
		esac
		rest=${rest#*'}'}
	done
	word=$word$rest
}

# family PID: it and all its descendants
family() {
	echo "$1"
	ps -A -o pid= -o ppid= 2>/dev/null | awk -v top="$1" '
		{ up[$1] = $2 }
		END { for (p in up) { a = up[p]; for (n = 0; n < 99 && a in up && a != top; n++) a = up[a]; if (a == top) print p } }'
}

stop() {
	trap '' INT TERM HUP
	# shellcheck disable=SC2046
	[ -z "${!:-}" ] || { kill -s TERM $(family "$!"); wait "$!"; } 2>/dev/null
	rm -f "$tmp"
	fail 4 "part $((part + 1)) of $parts was told to stop; it may be retried"
}

# start COMMAND...: stdin, stdout and the limit as asked for
start() {
	[ -z "$timeout" ] || set -- timeout -k 10 "$timeout" "$@"
	(true 3<&0) 2>/dev/null || exec </dev/null
	exec 3<&0	# what runs in the background would get /dev/null
	[ -z "$in" ] || exec 3<"$in"
	if [ $own = yes ]; then rm -f "$tmp"; "$@" <&3 3<&- & else "$@" <&3 3<&- >"$tmp" & fi
	exec 3<&-
}

# commit: the temporary file gets the final name. 1 or 4 where it can't, and $why.
commit() {
	[ -e "$tmp" ] || { why="the command did not write {out}"; return 1; }
	sound "$tmp" "$out" || return 1
	why="$out could not be flushed and renamed"
	sync "$tmp" && mv -f "$tmp" "$out" || return 4
	sync "$dir" 2>/dev/null	# not every file system can
	rm -f "$dir/.$file.task."*	# left by copies that were killed, or in use by copies that are now superfluous
	return 0
}

# ended STATUS: what the command failed with; sets $why. 1 or 4: our own 4, a limit, a signal, and what it was on a full disk.
ended() {
	why="exit $1"
	case $1 in 4 | 124 | 12[89] | 1[3-9]? | 2??) return 4 ;; esac
	[ "$(df -P -k "$dir" 2>/dev/null | awk 'NR == 2 { print $4 }')" = 0 ] || return 1
	why="$why, no space left in $dir"
	return 4
}

one_part() {
	find_index
	named --output "$output" "$part"
	out=$named in=$input own=no
	case $input in *%*) named --input "$input" "$part"; in=$named ;; esac
	case $in in -*) in=./$in ;; esac
	! there || exit 0

	dir=./ file=${out##*/}
	case $out in */*) dir=${out%/*}/ ;; esac
	if [ ! -d "$dir" ] || [ ! -w "$dir" ]; then fail 1 "$out: $dir is no folder to write in"; fi
	[ -z "$in" ] || [ -r "$in" ] || fail 1 "$in: not there, or not readable"
	[ -z "$timeout" ] || command -v timeout >/dev/null || fail 1 "--timeout needs timeout(1)"
	tmp=$dir.$file.task.$(uname -n).$$
	case $file in *.gz) tmp=$tmp.gz ;; esac	# a command that writes {out} itself goes by that
	for a do expand "$a"; set -- "$@" "$word"; shift; done

	trap stop INT TERM HUP
	true >"$tmp" || fail 4 "$dir: can't be written"
	start "$@"
	wait "$!" 2>/dev/null	# the shell would say "Killed" too
	status=$?
	if [ $status -eq 0 ]; then commit; else ended $status; fi
	status=$?
	[ $status -ne 0 ] || exit 0
	rm -f "$tmp"
	because=$why
	! there || exit 0	# another copy was first
	[ $status -eq 4 ] && fail 4 "part $((part + 1)) of $parts: $1: $because; it may be retried"
	fail 1 "part $((part + 1)) of $parts: $1: $because; it would fail again"
}

if [ $collect = yes ]; then collect "$@"; fi
[ $# -gt 0 ] || usage "no COMMAND (see rec-task --help)"
one_part "$@"
