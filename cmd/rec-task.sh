#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2317 # functions that traps call
# rec-task - run one part of a job, under any scheduler that gives each part an
# index: rec-task(1).
#
# The command writes into a temporary folder beside the final name. This run has
# made the folder, and nobody else can write there. When the command has
# succeeded, the file is checked, flushed and renamed. So a final name holds a
# whole part or nothing, and a finished part is not made again. Of two copies at
# the same time, the one that ends first removes the other's folder, and the
# other finds the part finished. There are no locks, because a lock stays when
# its host is lost.
me=rec-task
# The Makefile puts the file in here.
# shellcheck source=cmd/cli/driver.sh
. cli/driver.sh

help() {
	cat <<'END'
rec-task - run one part of a job under any scheduler that gives each part an
           index
usage: rec-task -n N -o TEMPLATE [options] [--] COMMAND [ARG ...]
       rec-task --collect -n N -o TEMPLATE [COMMAND [ARG ...]] > whole

  -n, --parts N             parts of the job (default: REC_COUNT,
                            CLOUD_RUN_TASK_COUNT)
  -o, --output TEMPLATE     names of the parts, with one %d or %0Nd, which
                            becomes 0, 1, ... N-1
  -i, --input TEMPLATE      stdin of COMMAND: a file for each part, or one FILE
                            for all
      --base 0|1            index of the first part (default: as the scheduler
                            counts)
      --timeout SECONDS     end COMMAND after this time; the part may be tried
                            again
      --trust               do not verify recmat, neither when it is found nor
                            when it was made
      --collect             check that all parts are there, and join them
  -h, --help                this text
  -V, --version             version

In COMMAND and ARGs, {i} is the part from 1, {i0} the part from 0, {n} the
number of parts, {in} the input file, {out} the file to write (without {out}
that is stdout).

Manual: man rec-task; overview: man 7 rec
END
}

options() {	# as the commands in C print their tables: key, name, value, choices
	printf '%s\t%s\t%s\t%s\n' n parts N '' o output TEMPLATE '' i input TEMPLATE '' - base '0|1' '0 1' \
		- timeout SECONDS '' - trust '' '' - collect '' ''
}

# named OPTION TEMPLATE PART: sets $named, TEMPLATE with the number in place of
# %d or %0Nd. It never reaches printf.
named() {
	pad=${2#*%}
	case $2 in *%*) ;; *) pad=% ;; esac
	case $pad in
	*%*) pad=bad ;;
	d*) pad='' ;;
	0[123456789]d*) pad=${pad#0} pad=${pad%%d*} ;;
	*) pad=bad ;;
	esac
	[ "$pad" != bad ] || bad_usage "$1: TEMPLATE needs exactly one %d or %0Nd, such as part.%03d.rec"
	named=$3
	while [ ${#named} -lt "${pad:-0}" ]; do named=0$named; done
	after=${2#*%}
	named=${2%%\%*}$named${after#*d}
	case $named in -*) named=./$named ;; esac
}

parts='' output='' input='' base='' timeout='' trust=no collect=no folder=''
unknown() { bad_usage "unknown option '$1' (see rec-task --help)"; }
table=$NL$(options)
while left=$# && [ "$left" -gt 0 ] || [ -n "$letters" ]; do
	next_option "$@"
	[ -n "$long" ] || break	# the first operand begins the command
	shift "$taken"
	[ -z "$arg" ] || [ -n "$value" ] || bad_usage "--$long: an empty value"
	case $long in
	--) break ;;
	help) help; exit ;;
	version) echo 'rec-task (recpipe) @VERSION@'; exit ;;
	options) options; exit ;;
	parts) number --parts "$value" 1 1000000; parts=$number ;;
	output) output=$value ;;
	input) input=$value ;;
	base) number --base "$value" 0 1; base=$number ;;
	timeout) number --timeout "$value" 1 9999999; timeout=$number ;;
	trust) trust=yes ;;
	collect) collect=yes ;;
	esac
done
[ -n "$output" ] || bad_usage "--output TEMPLATE is missing: it names the parts"
parts=${parts:-${REC_COUNT:-${CLOUD_RUN_TASK_COUNT:-}}}
[ -n "$parts" ] || bad_usage "--parts N is missing"
number --parts "$parts" 1 1000000
parts=$number
named --output "$output" 0

# is_recmat FILE: by its first bytes
is_recmat() { [ "$(dd if="$1" bs=6 count=1 2>/dev/null | tr -d '\0')" = RECMAT ]; }

# sound FILE NAME: is FILE, which is or will be NAME, whole? Only recmat can
# show that; if NAME ends in .rec, FILE must be recmat. If not, $why says why.
sound() {
	why=''
	[ $trust = no ] || return 0
	case $2 in *.rec | *.rec.gz) ;; *) is_recmat "$1" || return 0 ;; esac
	why=$(rec-cat --verify "$1" 2>&1)
	case $? in
	0) ;;
	1) return 1 ;;
	*) die 4 "$2 could not be verified: $why" ;;
	esac
	case $2:$why in *.rec:*' rows of text' | *.rec.gz:*' rows of text') why="$2 is not recmat (-b?)"; return 1 ;; esac
}

# there: does the final file exist, and is it sound?
there() {
	[ -e "$out" ] || return 1
	[ ! -d "$out" ] || die 1 "$out: is a folder"
	case $out in /dev/fd/* | /proc/*) false ;; *) [ -f "$out" ] ;; esac || die 1 "$out: is not a regular file"
	sound "$out" "$out" || { say "$why; it is made again"; return 1; }
}

# The checked parts become the arguments of COMMAND. Without COMMAND, recmat is
# merged and everything else concatenated.
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
	[ -z "$missing" ] || die 1 "parts missing or damaged, counted from ${base:-0}: ${missing#,}"
	[ "$given" -eq 0 ] || exec "$@"
	case $recmat in
	"$parts") exec rec-cat --merge -b "$@" ;;
	0) cat "$@" || die 4 "the parts could not be copied" ;;
	*) die 1 "some parts are recmat and some are not" ;;
	esac
	exit 0
}

# Sets $index and, unless --base did, $base. Variables of two schedulers are an
# error, because only one can be meant.
find_index() {
	index=${REC_INDEX:-} from=REC_INDEX first=0
	[ -n "$index" ] || for s in "SLURM_ARRAY_TASK_ID:0=${SLURM_ARRAY_TASK_ID:-}" "AWS_BATCH_JOB_ARRAY_INDEX:0=${AWS_BATCH_JOB_ARRAY_INDEX:-}" \
		"JOB_COMPLETION_INDEX:0=${JOB_COMPLETION_INDEX:-}" "CLOUD_RUN_TASK_INDEX:0=${CLOUD_RUN_TASK_INDEX:-}" \
		"PBS_ARRAY_INDEX:0=${PBS_ARRAY_INDEX:-}" "PBS_ARRAYID:0=${PBS_ARRAYID:-}" "SGE_TASK_ID:1=${SGE_TASK_ID:-}" \
		"LSB_JOBINDEX:1=${LSB_JOBINDEX:-}" "PARALLEL_SEQ:1=${PARALLEL_SEQ:-}"; do
		value=${s#*=} s=${s%%=*}
		case $s=$value in *= | SGE_*=undefined | LSB_*=0) continue ;; esac
		[ -z "$index" ] || bad_usage "$from and ${s%:*} are both set: say which part it is with REC_INDEX"
		index=$value from=${s%:*} first=${s#*:}
	done
	[ -n "$index" ] || bad_usage "no index: none of the variables in rec-task(1) is set; REC_INDEX=0 makes the first part"
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
		'in}'*) [ -n "$in" ] || bad_usage "{in} needs --input"; word=$word$in ;;
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
	die 4 "part $((part + 1)) of $parts was told to stop; it may be retried"
}

clear_up() { [ -z "$folder" ] || rm -rf "$folder"; }

# start COMMAND...: with the stdin, stdout and time limit of the options
start() {
	[ -z "$timeout" ] || set -- timeout -k 10 "$timeout" "$@"
	exec 3<&0	# a background command would get /dev/null
	[ -z "$in" ] || exec 3<"$in"
	if [ $own = yes ]; then rm -f "$tmp"; "$@" <&3 3<&- & else "$@" <&3 3<&- >"$tmp" & fi
	exec 3<&-
}

# commit: give the temporary file the final name. Returns 1 or 4 if that fails,
# and sets $why.
commit() {
	[ -e "$tmp" ] || { why="the command did not write {out}"; return 1; }
	sound "$tmp" "$out" || return 1
	why="$out could not be flushed and renamed"
	sync "$tmp" && mv -f "$tmp" "$out" || return 4
	sync "$dir" 2>/dev/null	# not every file system can
	rm -rf "$dir.$file.task."?????? 2>/dev/null	# of killed copies, or of copies that are no longer needed
	return 0
}

# ended STATUS: the command failed with STATUS. Sets $why and returns 1 or 4: 4
# for its own 4, the time limit, a signal, and any status on a full disk.
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
	if [ ! -d "$dir" ] || [ ! -w "$dir" ]; then die 1 "$out: $dir is not a folder that can be written"; fi
	[ -z "$in" ] || [ -r "$in" ] || die 1 "$in: does not exist, or cannot be read"
	[ -z "$in" ] || [ ! -d "$in" ] || die 1 "$in: is a folder"
	[ -z "$timeout" ] || command -v timeout >/dev/null || die 1 "--timeout needs timeout(1)"
	trap clear_up EXIT
	trap stop INT TERM HUP
	folder=$(mktemp -d "$dir.$file.task.XXXXXX" 2>/dev/null) || die 4 "$dir: cannot make a temporary folder in it"
	tmp=$folder/$file	# a command that writes {out} itself may look at the end of the name
	for a do expand "$a"; set -- "$@" "$word"; shift; done

	start "$@"
	wait "$!" 2>/dev/null	# the shell would also print "Killed"
	status=$?
	if [ $status -eq 0 ]; then commit; else ended $status; fi
	status=$?
	[ $status -ne 0 ] || exit 0
	rm -f "$tmp"
	because=$why
	! there || exit 0	# another copy was first
	[ $status -eq 4 ] && die 4 "part $((part + 1)) of $parts: $1: $because; it may be retried"
	die 1 "part $((part + 1)) of $parts: $1: $because; it would fail again"
}

if [ $collect = yes ]; then collect "$@"; fi
[ $# -gt 0 ] || bad_usage "no COMMAND (see rec-task --help)"
one_part "$@"
