#!/bin/sh
# SPDX-License-Identifier: MIT
#
# rec-fan - rec-als, rec-sim, rec-topn or rec-eval over many hosts or processes,
# with the bytes of one process.
#
# A run is a list of steps, and a step is a number of parts. als has a step for
# each half-step, the others have one step. A part is one command that reads
# files of the folder DIR (--work), or of its copy on a host, and writes one
# file. GNU parallel starts a job for each part, in order, as many at a time as
# there are slots. A job
#
#	waits until the step before it is collected,
#	takes a free slot of a host (mkdir is the lock), and sends the files that the part needs and the host lacks (rsync, once a host),
#	runs rec-job there (ssh), which reads the command and its time limit from stdin,
#	checks the output (exit status, end mark, CRCs, number of rows), gives it its name by mv, and adds a line to DIR/log.tsv,
#	tries a failed part again, on another host if it can. A host that cannot be reached, or fails twice in a row, is dropped.
#
# The job that ends the last part of a step collects the step. A file with its
# final name is whole, so a run that was killed can continue.
#
#	DIR/.rec-fan	the marker: this folder is rec-fan's. DIR/lock: the process that uses it (rec-job --claim)
#	DIR/job		the command; another command in the same folder is refused
#	DIR/in		input, shards, and the factors of each half-step, as they are sent
#	DIR/part	finished parts		DIR/done	collected steps
#	DIR/log.tsv	all attempts		DIR/run		slots and notes of one run; empty after it
#
# After it is claimed, DIR is the current folder, so no name in here depends on
# its place. Nothing from outside is evaluated: words of a job end in zero
# bytes, numbers go through `number` or `digits`, and text that is shown goes
# through line_of.
# shellcheck disable=SC1091,SC2015	# files that the Makefile puts in; a && b || c: c is for a failure of either
# shellcheck disable=SC2317	# functions that `once` and `make_file` call
me=rec-fan
LC_ALL=C
export LC_ALL
# The Makefile puts the files in here.
# shellcheck source=cmd/cli/driver.sh
. cli/driver.sh

usage() {
	cat <<'END'
rec-fan - run rec-als, rec-sim, rec-topn or rec-eval over many hosts
usage: rec-fan [--hosts FILE] --work DIR [options] als|sim|topn|eval
               [options of the command] < input > output

      --hosts FILE          hosts, one a line: NAME [SLOTS]; '#' begins a
                            comment (default: this machine)
      --work DIR            folder of the run; the same command with the same
                            DIR continues a stopped run
      --parts N             parts of each step (default: one a slot; on hosts
                            two, for als one)
      --slots N             parts at the same time on this machine, or on a host
                            without SLOTS [CPUs; hosts 1]
      --shards              sim: send no host the whole input; divide the users,
                            and merge their sums
      --timeout SECONDS     time for one part; then it is tried on another host
                            [3600]
      --tries N             how often each part is tried [3]
      --bin DIR             folder of the commands to send; DIR/MACHINE, if
                            there, for hosts whose uname -m prints MACHINE
                            (default: where rec-fan is)
  -o, --output FILE         write here instead of stdout; the file gets its name
                            when it is complete
  -v, --verbose             print a line on stderr for each part
  -q, --quiet               show no progress
  -h, --help                this text
  -V, --version             version

REC_SSH is the ssh command [ssh].
Manual: man rec-fan; overview: man 7 rec
END
}

# As the commands in C print their tables: key, name, value, choices.
options() {
	printf '%s\t%s\t%s\t\n' - hosts FILE - work DIR - parts N - slots N - shards '' - timeout SECONDS - tries N - bin DIR \
		o output FILE v verbose '' q quiet ''
}

# The words given, quoted for sh: to be read by people.
quote() {
	for word; do
		case $word in
		*[!A-Za-z0-9_./:=,%+@-]* | '') printf " '%s'" "$(printf '%s\n' "$word" | sed "s/'/'\\\\''/g")" ;;
		*) printf ' %s' "$word" ;;
		esac
	done
}

# Sets now: nanoseconds, as fine as date can.
tick() {
	now=$(date +%s%N)
	case $now in *[!0-9]*) now=${now%%[!0-9]*}000000000 ;; esac
}

# Sets size: bytes of a file.
measure() { size=$(($(wc -c <"$1"))); }

# note FILE TEXT: write FILE whole or not at all
note() {
	printf '%s\n' "$2" >"$RUN/note.$$" && mv -f "$RUN/note.$$" "$1"
}

# log STEP PART TRY HOST BEGAN BYTES RESULT
log() {
	tick
	printf '%s\t%s\t%s\t%s\t%s\t%d.%03d\t%s\t%s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$1" "$2" "$3" "$4" \
		$(((now - $5) / 1000000000)) $(((now - $5) / 1000000 % 1000)) "$6" "$7" >>log.tsv
}

# shellcheck source=cmd/fan/host.sh
. fan/host.sh
# shellcheck source=cmd/fan/job.sh
. fan/job.sh

if [ "${1:-}" = --job ] && [ -n "${REC_FAN_RUN:-}" ]; then	# run by GNU parallel, in the folder of the run
	digits "$2" && digits "$3" || exit 2
	export TMPDIR="$REC_FAN_TMPDIR"
	exec 2>&3	# messages of GNU parallel about failed jobs are not for the user
	do_job "$2" "$3"
	exit 0
fi

# ---- the command line: all of it is checked before anything is changed ----

hosts='' work='' parts='' slots='' SHARDS='' limit=3600 tries=3 bin='' to_file='' verbose=0 quiet=0 children='' child='' RUN='' SOCKETS=''

unknown() { bad_usage "unknown option '$1' (see rec-fan --help)"; }
table=$NL$(options)
while left=$# && [ "$left" -gt 0 ] || [ -n "$letters" ]; do
	next_option "$@"
	[ -n "$long" ] || break
	shift "$taken"
	case $arg in
	FILE) [ -n "$value" ] || bad_usage "--$long: an empty file name" ;;
	DIR) [ -n "$value" ] || bad_usage "--$long: an empty folder name" ;;
	esac
	case $long in
	--) break ;;
	hosts) hosts=$value ;;
	work) work=$value ;;
	parts) number --parts "$value" 1 10000; parts=$number ;;
	slots) number --slots "$value" 1 1000; slots=$number ;;
	shards) SHARDS=1 ;;
	timeout) number --timeout "$value" 1 100000000; limit=$number ;;
	tries) number --tries "$value" 1 1000; tries=$number ;;
	bin) bin=$value ;;
	output) to_file=$value ;;
	verbose) verbose=1 ;;
	quiet) quiet=1 ;;
	help) usage; exit ;;
	version) echo 'rec-fan (recpipe) @VERSION@'; exit ;;
	options) options; exit ;;
	esac
done
[ $# -gt 0 ] || bad_usage "which command? one of: als sim topn eval"
CMD=$1
shift
case $CMD in als | sim | topn | eval) ;; *) bad_usage "unknown command '$CMD'; one of: als sim topn eval" ;; esac
[ -z "$SHARDS" ] || [ "$CMD" = sim ] || bad_usage "--shards cannot work with $CMD"

self=$(command -v -- "$0") || die 1 "cannot find myself"
case $self in /*) ;; *) self=$PWD/$self ;; esac
case ${bin:=${self%/*}} in /*) ;; *) bin=./$bin ;; esac
BIN=$(cd "$bin" 2>/dev/null && pwd && echo x) || die 1 "$bin: no such folder"
BIN=${BIN%"$NL"x}
for c in job cat split eval "$CMD"; do [ -x "$BIN/rec-$c" ] || die 1 "$BIN/rec-$c: does not exist"; done
for tool in parallel timeout gzip ${hosts:+rsync}; do command -v "$tool" >/dev/null || die 1 "$tool is not installed"; done

# shellcheck source=cmd/fan/options.sh
. fan/options.sh

unknown() { as_the_command "${2:-$1}"; }
wants() { as_the_command "$1"; }
table=$NL$("$BIN/rec-$CMD" --options) || die 1 "rec-$CMD --options failed"
left=$#	# words not read yet; the words already read follow them
while [ "$left" -gt 0 ] || [ -n "$letters" ]; do
	next_option "$@"
	shift "$taken"
	left=$((left - taken))
	case $long in
	'') [ -n "$METHOD" ] || METHOD=$value; set -- "$@" "=$value" ;;
	--) while [ "$left" -gt 0 ]; do [ -n "$METHOD" ] || METHOD=$1; set -- "$@" "=$1"; shift; left=$((left - 1)); done ;;
	help | version | options) exec "$BIN/rec-$CMD" "--$long" ;;
	*) refuse_some; heed; set -- "$@" "--$long${arg:+=$value}" ;;
	esac
done

[ -n "$work" ] || bad_usage "--work DIR is missing"

# The command itself checks its options. (Without input it does nothing else.)
why=$({ words "run=rec-$CMD"; words_for check "$@"; words end=; } | "$BIN/rec-job" 2>&1 >/dev/null)
[ $? -ne 2 ] || { why=${why##*"$NL"}; die 2 "${why#"rec-$CMD: "}"; }
[ "$CMD" != als ] || { number --iterations "$iterations" 0 999999999; iterations=$number; number --factors "$factors" 1 999999999; factors=$number; }
for word; do
	split_word "$word"
	[ "$arg" = FILE ] && [ "$long" != output ] || continue
	[ -r "$value" ] || die 1 "$value: cannot read"
	[ ! -d "$value" ] || die 1 "$value: is a folder"
done
case $CMD:$METHOD in
sim:ease | sim:popular) [ -z "$SHARDS" ] || bad_usage "--shards cannot work with $METHOD" ;;
esac

# ---- hosts and slots ----

# shellcheck source=cmd/fan/list.sh
. fan/list.sh
HOSTS='' total=0 LOCAL=1
if [ -n "$hosts" ]; then
	LOCAL=
	[ -r "$hosts" ] || die 1 "$hosts: cannot read"
	[ ! -d "$hosts" ] || die 1 "$hosts: is a folder"
	case ${REC_SSH:-ssh} in
	*[\"\'\\]* | *"$NL"*) bad_usage "REC_SSH is split at blanks and cannot hold quotes: '$REC_SSH'" ;;
	*[!\ "$TAB"]*) ;;
	*) bad_usage "REC_SSH holds no command" ;;
	esac
	read_hosts
else
	name=$(uname -n)
	is_host "$name" && [ -n "$name" ] || name=localhost
	number "CPUs of this machine" "${slots:-$(getconf _NPROCESSORS_ONLN)}" 1 999999
	HOSTS="$name/$number " total=$number
fi

# ---- the output: checked before hours of work ----

here=$PWD
case $to_file in
-) to_file= ;;
*/*) [ -d "${to_file%/*}/" ] || die 1 "$to_file: No such file or directory; make the folder first: mkdir -p ${to_file%/*}" ;;
esac
[ ! -d "$to_file" ] || die 1 "$to_file: is a folder"
if [ -z "$to_file" ] && [ -t 1 ]; then
	case $CMD$BINARY in als* | *-b) bad_usage "binary output to a terminal; use > FILE or -o FILE" ;; esac
fi
case $to_file in '' | /*) ;; *) to_file=$here/$to_file ;; esac

# ---- the folder ----

case $work in /*) ;; *) work=./$work ;; esac
mkdir -p "$work" 2>/dev/null || die 1 "${work#./}: cannot make the folder"
cd "$work" && W=$(pwd -P) || die 1 "${work#./}: cannot enter the folder"
work=${work#./}

# End everything that was started, and remove the files of this run.
leave() {
	status=$?
	trap '' INT TERM HUP
	for pid in $children $child; do
		patience=100	# checks; GNU parallel waits for its jobs unless it gets a second signal
		while kill "$pid" 2>/dev/null && [ $((patience -= 1)) -gt 0 ]; do sleep 0.05; done
		[ "$patience" -gt 0 ] || kill -s KILL "$pid"
	done 2>/dev/null
	# A job may write its last word now. By another name nothing can come
	# into the folder while it is removed.
	[ -z "$RUN" ] || { mv "$RUN" "$RUN.gone" && rm -rf "$RUN.gone"; } 2>/dev/null || rm -rf "$RUN"
	[ -z "$SOCKETS" ] || rm -rf "$SOCKETS" sockets
	[ -z "$CLAIM" ] || "$BIN/rec-job" --release . $$ 2>/dev/null
	exit "$status"
}
trap leave EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

# Traps are set first, so a signal during the claim releases the folder. A
# refused claim has nothing to release.
CLAIM=1
claimed=$("$BIN/rec-job" --claim . $$ 2>&1) || { status=$?; CLAIM=''; die "$status" "$work${claimed#rec-job: .}"; }

rm -rf run/* out/*	# left by killed runs
RUN=$(mktemp -d run/XXXXXX) || die 4 "cannot write into $work"
mkdir "$RUN/host" "$RUN/home" "$RUN/parallel" || die 4 "cannot write into $work"
for h in $HOSTS; do
	name=${h%/*} k=${h#*/}
	mkdir "$RUN/host/$name" || die 4 "cannot write into $work"
	while [ "$k" -gt 0 ]; do
		mkdir "$RUN/host/$name/slot.$k" || die 4 "cannot write into $work"
		k=$((k - 1))
	done
done
job=$RUN/main

# Sets tmp: a folder with a short name, without bytes that mean something to a
# shell or to ssh.
plain_tmp() {
	tmp=${TMPDIR:-/tmp}
	case $tmp in [!/]* | *[!A-Za-z0-9_./-]* | ???????????????????????????????*) tmp=/tmp ;; esac
}

# Shared connections: their names must be short, and blanks, quotes and % in
# them mean something to ssh. Those of a killed run are removed.
make_sockets() {
	old=$(head -n 1 sockets 2>/dev/null)
	case $old in
	*/rec-fan.*[!A-Za-z0-9]*) ;;
	*/rec-fan.??????) [ -L "$old" ] || { rm -f "$old"/*; rmdir "$old"; } 2>/dev/null ;;
	esac
	plain_tmp
	SOCKETS=$(mktemp -d "$tmp/rec-fan.XXXXXX") || die 4 "$tmp: cannot make a temporary folder in it"
	note sockets "$SOCKETS"
	SSH_OPTIONS="-o BatchMode=yes -o ConnectTimeout=10 -o ServerAliveInterval=5 -o ServerAliveCountMax=3 -o ControlPath=$SOCKETS/%C"
}

# The name of this run's folder on hosts: digits and a dot.
name_run() {
	id=$(head -n 1 id 2>/dev/null)
	digits "${id%.*}" && digits "${id#*.}" && [ "$id" != "${id%.*}" ] || id=
	[ -n "$id" ] || id=$(printf '%s %s' "$(uname -n)" "$W" | cksum | cut -d' ' -f1).$(date +%s)
	note id "$id"
	R=.rec-fan/$id
}

R='' SSH_OPTIONS=''
[ -n "$LOCAL" ] || { make_sockets; name_run; }

# ---- the input, and the files that the steps need ----

# shellcheck source=cmd/fan/input.sh
. fan/input.sh

# A shell gets no signal while it waits for a command in the foreground.
# patiently COMMAND... runs it in the background, from_stdin COMMAND... also
# lets it read stdin.
awaited() { child=$!; wait "$child"; set -- $?; child=; return "$1"; }
patiently() { "$@" & awaited; }
from_stdin() { { "$@" <&3 3<&- & } 3<&0; awaited; }
run_job() { "$BIN/rec-job" . <"$RUN/$1.job" & awaited; }

PARTS=$parts began_with=$(head -n 1 parts 2>/dev/null)
[ -z "$began_with" ] || digits "$began_with" || die 1 "$work/parts is damaged; use another folder"
: "${PARTS:=$began_with}"
[ -n "$PARTS" ] || { PARTS=$((total * 2)); [ "$CMD" != als ] && [ -z "$LOCAL" ] || PARTS=$total; }
WHOLE=
case $CMD:$METHOD in
sim:ease | sim:popular)	# dense algebra runs on one host; a count is quick
	[ "$PARTS" = 1 ] || [ "$quiet" = 1 ] || say "$METHOD is made on one host"
	PARTS=1 WHOLE=1
	;;
esac
[ "${began_with:-$PARTS}" = "$PARTS" ] || die 1 "$work was begun with $began_with parts"
name_job "$@"
asked="rec-fan @VERSION@ $CMD$GIVEN, $PARTS ${SHARDS:+shards and }parts, $iterations iterations"
[ ! -e job ] || [ "$(cat job)" = "$asked" ] || die 1 "$work holds another job: $(cat job)"
take_files "$@"

STEPS=1
[ "$CMD" != als ] || STEPS=$((iterations * 2))
[ -z "$SHARDS" ] || STEPS=3
PATIENCE=$((limit < 20 ? limit : 20))	# seconds for a host to answer
{
	words_for part "$@" >"$RUN/words" &&
		{ words run=rec-als input=in/data.rec arg=--iterations=0; words_for start "$@"; words end=; } >"$RUN/start.job" &&
		{ words run=rec-eval input=out/whole.gz arg=--summarize ${to_file:+"arg=--output=$to_file"}; words_for last "$@"; words end=; } >"$RUN/last.job"
} || die 4 "cannot write into $work"

# ---- run ----

progress() {	# shows finished parts, hosts, rate and time left until the run ends
	began=$(date +%s) first=''
	while sleep 1 && [ -d "$RUN" ]; do
		[ $(($(date +%s) - began)) -ge 2 ] || continue
		collected=$(find ./done -type f | wc -l)
		ends=$(awk -F'\t' '$8 == "ok" && $2 != "ship"' log.tsv 2>/dev/null | wc -l)
		[ -n "$first" ] || first=$ends
		bad=$(find "$RUN/host" -name bad | wc -l)
		printf '\rrec-fan: step %d of %d, %s' "$((collected + 1))" "$STEPS" "$(echo "$ends $first $(($(date +%s) - began)) $((STEPS * PARTS)) $bad" | awk '{
			rate = ($1 - $2) / $3; left = rate > 0 ? ($4 - $1) / rate : 0
			printf "%d of %d parts, %.2f parts/s, %d s left%s   ", $1, $4, rate, left > 0 ? left : 0, $5 ? ", " $5 " hosts dropped" : "" }')" >&2
	done
}

# Missing parts, in order.
plan() {
	step=1
	while [ "$step" -le "$STEPS" ]; do
		look_again "$step"
		step=$((step + 1))
	done
	step=1
	while [ "$step" -le "$STEPS" ]; do
		part=1
		while [ "$part" -le "$PARTS" ] && [ ! -e "done/$step" ]; do
			echo "$step $part"
			part=$((part + 1))
		done
		step=$((step + 1))
	done >"$RUN/plan" || die 4 "cannot write into $work"
}

# One connection for each host, shared by all later commands. It ends with this
# process in any case, because its pipe then ends.
connect() {
	mkfifo "$RUN/alive" || die 4 "cannot write into $work"
	for h in $HOSTS; do
		by_ssh 0 -o ControlMaster=yes "${h%/*}" 'exec cat' <"$RUN/alive" >/dev/null 2>&1 &
		children="$children $!"
	done
}

# GNU parallel and the connections start now; jobs wait until their files are
# prepared. Jobs get all their settings from the environment.
begin() {
	plain_tmp
	if [ -t 2 ] && [ "$quiet" = 0 ]; then
		progress 4>&- &
		children="$children $!"
	fi
	(
		REC_FAN=$self REC_FAN_RUN=$RUN LIMIT=$limit TRIES=$tries VERBOSE=$verbose
		# GNU parallel gives the name of its temporary folder to a
		# shell, so only jobs get the user's
		REC_FAN_TMPDIR=${TMPDIR:-/tmp} TMPDIR=$tmp PARALLEL_HOME=$RUN/parallel PARALLEL_SHELL=/bin/sh PARALLEL=''
		export REC_FAN REC_FAN_RUN REC_FAN_TMPDIR TMPDIR PARALLEL_HOME PARALLEL_SHELL PARALLEL RUN R LOCAL BIN CMD PARTS STEPS LIMIT TRIES PATIENCE FILES BINARY THREADS WARM \
			WHOLE SPREAD SHARDS VERBOSE SSH_OPTIONS quiet work
		# shellcheck disable=SC2016	# for the shell that GNU parallel starts
		exec parallel -u -j "$total" --halt now,fail=1 --colsep ' ' 'exec "$REC_FAN" --job {1} {2}' :::: "$RUN/plan" </dev/null >"$RUN/out" 3>&2 4>&- 2>"$RUN/parallel.err"
	) &
	jobs=$!
	children="$jobs $children"
}

end() {
	wait "$jobs"
	status=$?
	children=${children#"$jobs"}
	[ ! -t 2 ] || [ "$quiet" = 1 ] || printf '\r\033[K' >&2
	if [ -e "$RUN/failed" ]; then
		read -r status why <"$RUN/failed"
		digits "$status" || status=4
		die "$status" "$why"
	fi
	[ "$status" = 0 ] || ! no_room || die 4 "no space left in $work"
	[ "$status" = 0 ] || die 4 "GNU parallel ended with $status: $(said "$RUN/parallel.err")"
	[ -e "done/$STEPS" ] || die 4 "GNU parallel ended before all parts were made"
}

run_steps() {
	[ ! -s "$RUN/plan" ] || begin
	read_input
	note parts "$PARTS" && { [ -e job ] || note job "$asked"; } || die 4 "cannot write into $work"
	if [ "$CMD" = als ]; then
		prepare_als
	elif [ -n "$SHARDS" ]; then
		shard user || die 1 "shards of users: $(said "$RUN/shard.user.err")"
	fi
	: >"$RUN/ready"
	[ ! -s "$RUN/plan" ] || end
}

# Join the parts to the whole; the last command writes to stdout, or a complete
# FILE.
assemble() {
	part=1
	describe "$STEPS"
	set -- "$BIN/rec-cat" ${to_file:+-o "$to_file"}
	# shellcheck disable=SC2046
	case $CMD in
	als)
		if [ "$STEPS" = 0 ]; then patiently "$@" -b in/step.0.rec; return; fi
		patiently "$@" --merge -b "in/own.$STEPS.rec" "in/own.$((STEPS - 1)).rec"
		;;
	sim)
		if [ -n "$WHOLE" ]; then gzip -dc <part/sim.1.gz >out/whole && patiently "$@" ${BINARY:+-b} out/whole; return; fi
		if [ -n "$BINARY" ]; then patiently "$@" --merge -b $(parts_of sim); return; fi
		patiently "$BIN/rec-cat" --merge -b $(parts_of sim) >out/whole && patiently "$@" --block similarity out/whole
		;;
	topn) patiently "$@" --merge $BINARY $(parts_of topn) ;;
	eval) cat $(parts_of eval) >out/whole.gz && run_job last ;;
	esac
}

clean_hosts() {
	for h in $HOSTS; do
		h=${h%/*}
		[ -e "$RUN/host/$h/bad" ] || [ ! -e "$RUN/host/$h/once.settle" ] || by_ssh "$PATIENCE" "$h" "exec rm -rf $R" </dev/null >/dev/null 2>&1
	done
}

plan
if [ -z "$LOCAL" ] && [ -s "$RUN/plan" ]; then
	connect
	run_steps 4>"$RUN/alive"
else
	run_steps
fi
assemble
status=$?
[ "$status" -ne 0 ] || [ -n "$LOCAL" ] || clean_hosts
exit "$status"
