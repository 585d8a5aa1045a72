#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2317 # a function that a trap calls
# task.sh - what a task of an array job runs: one part by rec-task(1), whose
# input and output are objects of S3, Google Cloud Storage or Azure Blob
# (rec-get, rec-put). And, after all tasks, what joins the parts.
#
#	task.sh -n 16 -i s3://b/train.rec -o s3://b/sim/%03d.rec -- \
#	    rec-sim cosine -b --columns {i}/{n}
#	task.sh --collect -n 16 -o s3://b/sim/%03d.rec --to s3://b/sim.rec
#
#	task.sh -n 16 -i s3://b/train.rec -g s3://b/sim.rec \
#	    -o s3://b/lists/%03d.rec -- \
#	    rec-topn -b -m sim.rec -n 20 --part {i}/{n}
#
# Which part it is says the scheduler: AWS Batch, Cloud Run, Kubernetes, ...
# (the table in rec-task(1)), else REC_INDEX. A part whose object is there and
# whole is not made again, so a job can be run again after anything: only what
# is missing is made. Two copies of a task at the same time do no harm.
#
# COMMAND runs in an empty folder below TMPDIR, which is removed. It reads the
# object of -i as it comes; the objects of -g are files there, whole before it
# starts. {i}, {i0} and {n} are replaced in COMMAND, -i and -g.
#
# Exit: 0 the object is there; 1 it would fail again; 2 wrong usage; 4 it may be
# tried again (a signal, no answer of the store, a full disk, COMMAND's own 4).
set -u
me=task.sh
here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
PATH=$here:$PATH
export PATH

say() { printf '%s: %s\n' "$me" "$*" >&2; }
bad_usage() { say "$*"; exit 2; }
help() {
	cat <<'END'
task.sh - one part of an array job, from objects to an object
usage: task.sh -n N [-i URL] [-g URL ...] -o TEMPLATE [options] -- COMMAND [ARG ...]
       task.sh --collect -n N -o TEMPLATE [--to URL] [-- COMMAND [ARG ...]]

  -n N               parts of the job (default: REC_COUNT, CLOUD_RUN_TASK_COUNT)
  -o TEMPLATE        URLs of the parts; the last piece holds one %d or %0Nd
  -i URL             stdin of COMMAND
  -g URL             a file that COMMAND needs, under the last piece of its name
      --timeout SECONDS  end COMMAND after this time; the part may be tried again
      --trust        do not verify recmat
      --collect      get all parts, verify and join them (rec-task --collect)
      --to URL       where the whole goes (default: stdout)
  -h, --help         this text

In COMMAND, -i and -g: {i} is the part from 1, {i0} from 0, {n} how many.
END
}

# --- What rec-task and rec-put run

case ${1:-} in
--part)	# --part TRUST PREFIX OUT ...: the object, by all that comes after
	trust=$2 url=$3/${4##*/} out=$4
	shift 4
	if [ -n "$trust" ]; then set -- --trust "$url" -- "$@"; else set -- "$url" -- "$@"; fi
	rec-put --keep "$@" && : >"$out"
	exit
	;;
--make)	# --make INPUT URL ... -- COMMAND ...
	input=$2
	shift 2
	while [ "$1" != -- ]; do
		rec-get "$1" "./${1##*/}" || exit
		shift
	done
	shift
	[ -n "$input" ] || exec "$@" </dev/null
	exec rec-get "$input" -- "$@"
	;;
--fetch)	# --fetch PREFIX OUT
	exec rec-get "$2/${3##*/}" "$3"
	;;
esac

# --- Options

parts=${REC_COUNT:-${CLOUD_RUN_TASK_COUNT:-}} input='' output='' timeout='' trust='' collect=no to='' files=''
while [ $# -gt 0 ]; do
	case $1 in
	-h | --help) help; exit ;;
	--collect) collect=yes; shift; continue ;;
	--trust) trust=--trust; shift; continue ;;
	-n | -i | -o | -g | --timeout | --to) if [ $# -lt 2 ] || [ -z "$2" ]; then bad_usage "$1 needs a value"; fi ;;
	--) shift; break ;;
	*) bad_usage "unexpected '$1'; COMMAND comes after -- (see task.sh --help)" ;;
	esac
	case $1 in
	-n) parts=$2 ;;
	-i) input=$2 ;;
	-o) output=$2 ;;
	-g)
		case $2 in *[[:space:]]*) bad_usage "-g: a blank in '$2'" ;; esac
		files="$files $2"
		;;
	--timeout) timeout=$2 ;;
	--to) to=$2 ;;
	esac
	shift 2
done
case $output in
*://*/*%*/*) bad_usage "-o: the number belongs into the last piece: '$output'" ;;
*://*/?*) prefix=${output%/*} base=${output##*/} ;;
*) bad_usage "-o TEMPLATE is missing: the URLs of the parts, such as s3://bucket/run/%03d.rec" ;;
esac
[ -n "$parts" ] || bad_usage "-n N is missing: how many parts"
[ $collect = yes ] || [ $# -gt 0 ] || bad_usage "no COMMAND (see task.sh --help)"
[ $collect = no ] || [ -z "$input$files$timeout" ] || bad_usage "--collect takes no -i, -g, --timeout"
[ $collect = yes ] || [ -z "$to" ] || bad_usage "--to belongs to --collect"
for a do
	case $a in *'{out}'* | *'{in}'*) bad_usage "$a: COMMAND reads stdin and the files of -g, and writes stdout" ;; esac
done

# --- The run

work=$(mktemp -d "${TMPDIR:-/tmp}/task.XXXXXX") || { say "${TMPDIR:-/tmp}: cannot make a temporary folder in it"; exit 4; }
child=''
trap 'rm -rf "$work"' EXIT
trap 'stop' INT TERM HUP
stop() {
	trap '' INT TERM HUP
	[ -z "$child" ] || { kill -s TERM "$child"; wait "$child"; } 2>/dev/null
	exit 4
}
# rec-task passes the signal on to all that it has started
run() {
	"$@" &
	child=$!
	wait "$child"
	status=$?
	child=''
	return "$status"
}
mkdir "$work/run"

if [ $collect = no ]; then
	# rec-task finds the index, makes the name of the part, replaces the
	# tokens, and keeps the time. Its own file says only that it is done.
	# shellcheck disable=SC2086
	cd "$work/run" && run rec-task -n "$parts" -o "$work/$base" --trust ${timeout:+--timeout "$timeout"} -- \
		"$here/task.sh" --part "$trust" "$prefix" '{out}' "$here/task.sh" --make "$input" $files -- "$@"
	exit
fi

part=0
while [ "$part" -lt "$parts" ]; do
	REC_INDEX=$part run rec-task --base 0 -n "$parts" $trust -o "$work/$base" -- "$here/task.sh" --fetch "$prefix" '{out}'
	status=$?
	case $status in 0 | 1) ;; *) exit $status ;; esac
	part=$((part + 1))
done
set -- rec-task --collect -n "$parts" $trust -o "$work/$base" "$@"
[ -z "$to" ] || set -- rec-put $trust "$to" -- "$@"
run "$@"
