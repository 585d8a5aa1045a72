#!/bin/sh
# SPDX-License-Identifier: MIT
#
# rec-fan - rec-als, rec-sim, rec-topn or rec-eval over many hosts or processes, with the bytes of one process.
#
# A run is a list of steps, and a step a number of parts: als has a step for each half-sweep, the others have one. A part is one command that reads files of
# the folder DIR (--work), or of its copy on a host, and writes one file. GNU parallel starts a job for each part, in order, as many at a time as there are
# slots. A job
#
#	waits until the step before is collected,
#	takes a free slot of a host (mkdir is the lock), and ships what the part needs and the host lacks (rsync, once a host),
#	runs the command there (ssh), its output into DIR/part under a temporary name, within a time limit,
#	checks what came: exit status, end mark, CRCs, number of rows; then mv gives it its name, and DIR/log.tsv a line,
#	tries again, elsewhere if it can, where something failed. A host that can't be reached, or fails twice running, is dropped.
#
# The job that ends the last part of a step collects the step. Whatever has its final name is whole, so a run that was killed goes on where it stopped.
#
#	DIR/job		what was asked for; another job in the same folder is refused
#	DIR/in		input, shards, and the factors of each half-sweep, as they are shipped
#	DIR/part	finished parts		DIR/done	collected steps
#	DIR/log.tsv	what ran where		DIR/run.PID	locks and notes of one run; gone after it
# shellcheck disable=SC1091,SC2015	# files that the Makefile puts in; a && b || c: c is for a failure of either
# shellcheck disable=SC2317	# functions that `once` and `make_file` call
set -u
LC_ALL=C
export LC_ALL

usage() {
	cat <<'END'
rec-fan - rec-als, rec-sim, rec-topn or rec-eval over many hosts, with the bytes of one process
usage: rec-fan [--hosts FILE] --work DIR [options] als|sim|topn|eval [options of the command] < input > output

      --hosts FILE          hosts to use, a line each: NAME [SLOTS]; '#' begins a comment (default: this machine)
      --work DIR            what a run keeps; the same command with the same DIR goes on where it was stopped
      --parts N             parts of each step (default: one a slot; on hosts two, for als one)
      --slots N             parts at a time on this machine, or on a host that gives no SLOTS [CPUs; hosts 1]
      --shards              sim: no host is sent all of the input; users are divided, and their sums added up
      --timeout SECONDS     time for one part, then it is tried elsewhere [3600]
      --tries N             how often a part is tried [3]
      --bin DIR             commands to ship, in a folder named as uname -m says if there is one (default: where rec-fan is)
  -o, --output FILE         write here instead of stdout; the file appears when it is complete
  -v, --verbose             a line on stderr for each part
  -q, --quiet               no progress
  -h, --help                this text
  -V, --version             version

REC_SSH is the ssh command [ssh]. Manual: man rec-fan
END
}

# What `rec-CMD --options` prints: short, long, argument, choices.
options() {
	printf -- '-\thosts\tFILE\t\n-\twork\tDIR\t\n-\tparts\tN\t\n-\tslots\tN\t\n-\tshards\t\t\n-\ttimeout\tSECONDS\t\n-\ttries\tN\t\n-\tbin\tDIR\t\n'
	printf 'o\toutput\tFILE\t\nv\tverbose\t\t\nq\tquiet\t\t\n'
}

say() { [ "${quiet:-0}" = 1 ] || printf 'rec-fan: %s\n' "$*" >&2; }
die() { status=$1; shift; printf 'rec-fan: %s\n' "$*" >&2; exit "$status"; }
bad_usage() { die 2 "$*"; }

# The words given, quoted for sh.
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

# note FILE TEXT: a file that is there whole or not at all
note() {
	printf '%s\n' "$2" >"$1.$$" && mv -f "$1.$$" "$1"
}

# log STEP PART TRY HOST BEGAN BYTES RESULT
log() {
	tick
	printf '%s\t%s\t%s\t%s\t%s\t%d.%03d\t%s\t%s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$1" "$2" "$3" "$4" \
		$(((now - $5) / 1000000000)) $(((now - $5) / 1000000 % 1000)) "$6" "$7" >>"$W/log.tsv"
}

# The Makefile puts the files in here.
# shellcheck source=cmd/fan_host.sh
. fan_host.sh
# shellcheck source=cmd/fan_job.sh
. fan_job.sh

if [ "${1:-}" = --job ]; then	# what GNU parallel runs
	# shellcheck disable=SC1091
	. "$RUN/vars"
	exec 2>&3	# what GNU parallel says of failed jobs is not for the user
	cd "$W" || exit 1
	job "$2" "$3"
	exit 0
fi

# ---- the command line ----

hosts='' work='' parts='' slots='' SHARDS='' limit=3600 tries=3 bin='' output='' verbose=0 quiet=0

number() {	# number OPTION VALUE LEAST
	case $2 in '' | *[!0-9]*) bad_usage "--$1: '$2' is not a whole number" ;; esac
	[ "$2" -ge "$3" ] || bad_usage "--$1: $2 is less than $3"
}

while [ $# -gt 0 ]; do
	case $1 in
	--*=*) opt=${1%%=*} value=${1#*=} n=1 ;;
	*) opt=$1 value=${2-} n=2 ;;
	esac
	case $opt in
	--hosts | --work | --parts | --slots | --timeout | --tries | --bin | --output | -o) [ $# -ge "$n" ] || bad_usage "$opt wants a value" ;;
	esac
	case $opt in
	--hosts) hosts=$value ;;
	--work) work=$value ;;
	--parts) number parts "$value" 1; parts=$value ;;
	--slots) number slots "$value" 1; slots=$value ;;
	--shards) SHARDS=1 n=1 ;;
	--timeout) number timeout "$value" 1; limit=$value ;;
	--tries) number tries "$value" 1; tries=$value ;;
	--bin) bin=$value ;;
	-o | --output) output=$value ;;
	-v | --verbose) verbose=1 n=1 ;;
	-q | --quiet) quiet=1 n=1 ;;
	-h | --help) usage; exit 0 ;;
	-V | --version) echo 'rec-fan (recpipe) @VERSION@'; exit 0 ;;
	--options) options; exit 0 ;;
	-*) bad_usage "unknown option '$opt' (see rec-fan --help)" ;;
	*) break ;;
	esac
	shift "$n"
done
[ $# -gt 0 ] || bad_usage "which command? one of: als sim topn eval"
CMD=$1
shift
case $CMD in als | sim | topn | eval) ;; *) bad_usage "unknown command '$CMD'; one of: als sim topn eval" ;; esac
[ -z "$SHARDS" ] || [ "$CMD" = sim ] || bad_usage "--shards can't work with $CMD"
[ -n "$work" ] || bad_usage "--work DIR is missing"
[ -z "$hosts" ] || [ -r "$hosts" ] || die 1 "$hosts: can't read"
for tool in parallel timeout gzip; do command -v "$tool" >/dev/null || die 1 "$tool is not installed"; done
[ -z "$hosts" ] || command -v rsync >/dev/null || die 1 "rsync is not installed"

self=$(command -v -- "$0") || die 1 "can't find myself"
case $self in /*) ;; *) self=$PWD/$self ;; esac
BIN=${bin:-$(dirname "$self")}
BIN=$(cd "$BIN" 2>/dev/null && pwd) || die 1 "$bin: no such folder"
for c in cat split eval "$CMD"; do [ -x "$BIN/rec-$c" ] || die 1 "$BIN/rec-$c: not there"; done

mkdir -p "$work" || die 1 "$work: can't make it"
W=$(cd "$work" && pwd)
mkdir -p "$W/in" "$W/part" "$W/done" "$W/out" || die 4 "can't write into $W"
ln -sfn "$BIN" "$W/bin" || die 4 "can't write into $W"

# One driver at a time; a lock whose owner is gone is taken over.
owner=$(cat "$W/lock" 2>/dev/null)
[ -z "$owner" ] || ! kill -0 "$owner" 2>/dev/null || die 1 "$work: in use by process $owner"
note "$W/lock" $$
rm -rf "$W"/run.*
RUN=$W/run.$$
mkdir -p "$RUN/slot" "$RUN/bad" "$RUN/strike" "$RUN/once" "$RUN/home" "$RUN/suspect" "$RUN/parallel" || die 4 "can't write into $W"

job=$RUN/main children=
leave() {
	status=$?
	trap '' INT TERM HUP
	# shellcheck disable=SC2086
	[ -z "$children" ] || { kill $children; kill $children; } 2>/dev/null	# the second one tells GNU parallel not to wait
	rm -rf "$RUN" "$W/lock"
	[ -z "${sockets:-}" ] || rm -rf "$sockets" "$W/sockets"
	exit "$status"
}
trap leave EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

# shellcheck source=cmd/fan_options.sh
. fan_options.sh

# ---- hosts and slots ----

LOCAL=1 SSH='' R='' total=0
if [ -n "$hosts" ]; then
	LOCAL=
	id=$(cat "$W/id" 2>/dev/null) || id=$(printf '%s %s' "$(uname -n)" "$W" | cksum | cut -d' ' -f1).$(date +%s)
	[ -e "$W/id" ] || note "$W/id" "$id"
	R=.rec-fan/$id
	old=$(cat "$W/sockets" 2>/dev/null)	# of a run that was killed
	case $old in */rec-fan.??????) rm -rf "$old" ;; esac
	sockets=$(mktemp -d "${TMPDIR:-/tmp}/rec-fan.XXXXXX") || die 4 "no temporary folder"
	note "$W/sockets" "$sockets"
	SSH="${REC_SSH:-ssh} -o BatchMode=yes -o ConnectTimeout=10 -o ServerAliveInterval=5 -o ServerAliveCountMax=3 -o ControlPath=$sockets/%C"
fi
add_host() {	# add_host NAME SLOTS
	k=1
	while [ "$k" -le "$2" ]; do
		mkdir "$RUN/slot/$1.$k" 2>/dev/null || bad_usage "$hosts: $1 is there twice"
		k=$((k + 1)) total=$((total + 1))
	done
}
if [ -z "$hosts" ]; then
	add_host "$(uname -n)" "${slots:-$(getconf _NPROCESSORS_ONLN)}"
else
	while read -r name count rest; do
		case $name in '' | '#'*) continue ;; */* | -*) bad_usage "$hosts: '$name' is not a host" ;; esac
		case $count in '' | '#'*) count=${slots:-1} rest='' ;; esac
		case $rest in '' | '#'*) ;; *) bad_usage "$hosts: $name: '$rest' is one field too many" ;; esac
		number "slots of $name" "$count" 1
		add_host "$name" "$count"
	done <"$hosts"
fi
[ "$total" -gt 0 ] || bad_usage "$hosts: no host in it"

# ---- the input, and what the steps need of it ----

# make FILE COMMAND...: FILE under DIR/in from the stdout of COMMAND, unless it is there
make_file() {
	[ ! -e "$W/in/$1" ] || return 0
	target=$W/in/$1
	shift
	"$@" >"$target.$$" 2>"$RUN/err" || {
		rc=$?
		rm -f "$target.$$"
		[ -s "$RUN/err" ] || die 4 "can't write $target"	# no room for the reason either
		die "$rc" "$(sed 's/^rec-[a-z]*: //' "$RUN/err")"
	}
	cat "$RUN/err" >&2
	mv "$target.$$" "$target"
}

PARTS=$parts
[ -n "$PARTS" ] || PARTS=$(cat "$W/parts" 2>/dev/null) || { PARTS=$((total * 2)); [ "$CMD" != als ] && [ -z "$LOCAL" ] || PARTS=$total; }
WHOLE=
case $CMD:$METHOD in
sim:ease | sim:popular)	# dense algebra is one step of one host; a count is soon done
	[ -z "$SHARDS" ] || bad_usage "--shards can't work with $METHOD"
	[ "$PARTS" = 1 ] || say "$METHOD is made on one host"
	PARTS=1 WHOLE=1
	;;
esac
[ ! -e "$W/parts" ] || [ "$(cat "$W/parts")" = "$PARTS" ] || die 1 "$work was begun with $(cat "$W/parts") parts"
asked="rec-fan @VERSION@ $CMD$GIVEN, $PARTS ${SHARDS:+shards and }parts, $iterations iterations"
[ ! -e "$W/job" ] || [ "$(cat "$W/job")" = "$asked" ] || die 1 "$work holds another job: $(cat "$W/job")"

# The input is kept as it came. One matrix with rows and columns in order is quicker to read, where it can be made (no repeated pairs).
read_input() {
	if [ ! -e "$W/in/raw" ]; then
		make_file raw cat
	elif [ ! -c /dev/stdin ]; then
		cmp -s - "$W/in/raw" || die 1 "the input is not the one that $work was begun with (or can't be read)"
	fi
	[ ! -e "$W/in/data.rec" ] || return 0
	if [ "$(head -c 6 "$W/in/raw" | tr -d '\000')" = RECMAT ] && look_at "$W/in/raw" && [ "$order" = canonical ] && [ "$blocks" = 1 ]; then
		ln "$W/in/raw" "$W/in/data.rec"
	elif "$BIN/rec-cat" --merge -b "$W/in/raw" >"$W/in/data.$$" 2>/dev/null; then
		mv "$W/in/data.$$" "$W/in/data.rec"
	else
		rm -f "$W/in/data.$$"
		make_file data.rec "$BIN/rec-cat" -b "$W/in/raw"
	fi
}

# shard SIDE [--transpose]: the input in PARTS shards, and how many rows each of them has
shard() {
	[ ! -e "$W/in/$1.$((PARTS - 1)).rows" ] || return 0
	job=$RUN/shard.$1
	"$BIN/rec-split" -q --parts "$PARTS" --row-cost $((base + factors / 4)) --by "$1" ${2:+"$2"} --to "$W/in/$1.%d.rec" -b <"$W/in/data.rec" >/dev/null 2>"$job.err" || return 1
	i=0
	while [ "$i" -lt "$PARTS" ]; do
		look_at "$W/in/$1.$i.rec" || return 1
		note "$W/in/$1.$i.rows" "$rows"	# the last one says that all are there
		i=$((i + 1))
	done
}

# Shards of users and of items, while the start values are made.
prepare_als() {
	if [ "$iterations" -gt 0 ]; then
		shard user &
		users=$!
		shard item --transpose &
		items=$!
	fi
	eval "make_file step.0.rec \"\$BIN/rec-als\" -i 0$START" <"$W/in/data.rec"
	[ "$iterations" -gt 0 ] || return 0
	wait "$users" || die 1 "shards of users: $(cat "$RUN/shard.user.err")"
	wait "$items" || die 1 "shards of items: $(cat "$RUN/shard.item.err")"
	[ -z "$WARM" ] || make_file own.0.rec "$BIN/rec-cat" --block user -b "$W/in/step.0.rec"
}

# Finished parts of an earlier run are looked at again: files can rot, and disks can have been full.
look_again() {
	step=$1
	if [ "$step" -lt "$STEPS" ] && [ -e "$W/done/$step" ]; then
		[ "$CMD" = als ] && [ ! -e "$W/done/$((step + 1))" ] && ! look_at "$W/in/step.$step.rec" || return
		rm -f "$W/done/$step"	# what was collected is damaged; its parts may be whole
	fi
	part=1
	while [ "$part" -le "$PARTS" ]; do
		describe "$step"
		file=$W/part/$name.$part.$ext
		if [ -e "$file" ] && ! whole "$file"; then
			tick
			log "$name" "$part" - - "$now" 0 "damaged in $W/part"
			rm -f "$file" "$W/done/$step"
		fi
		part=$((part + 1))
	done
}

STEPS=1
[ "$CMD" != als ] || STEPS=$((iterations * 2))
[ -z "$SHARDS" ] || STEPS=3
case $output in '' | /*) ;; *) output=$PWD/$output ;; esac
cd "$W" || exit 1
LIMIT=$limit TRIES=$tries VERBOSE=$verbose
PATIENCE=$((limit < 20 ? limit : 20))	# seconds for a host to answer
for v in W R RUN SSH LOCAL BIN CMD PARTS STEPS LIMIT TRIES PATIENCE JOBOPTS FILES BINARY THREADS WARM WHOLE SPREAD SHARDS VERBOSE quiet; do
	eval "printf '%s=%s\n' $v \"\$(quote \"\$$v\")\""
done | sed 's/= /=/' >"$RUN/vars"

# ---- run ----

progress() {	# until the run is over: parts done, hosts, rate, time left
	began=$(date +%s) first=''
	while sleep 1 && [ -d "$RUN/slot" ]; do
		[ $(($(date +%s) - began)) -ge 2 ] || continue
		collected=$(find "$W/done" -type f | wc -l)
		ends=$(awk -F'\t' '$8 == "ok" && $2 != "ship"' "$W/log.tsv" 2>/dev/null | wc -l)
		[ -n "$first" ] || first=$ends
		bad=$(find "$RUN/bad" -type f | wc -l)
		printf '\rrec-fan: step %d of %d, %s' "$((collected + 1))" "$STEPS" "$(echo "$ends $first $(($(date +%s) - began)) $((STEPS * PARTS)) $bad" | awk '{
			rate = ($1 - $2) / $3; left = rate > 0 ? ($4 - $1) / rate : 0
			printf "%d of %d parts, %.2f parts/s, %d s left%s   ", $1, $4, rate, left > 0 ? left : 0, $5 ? ", " $5 " hosts dropped" : "" }')" >&2
	done
}

# Parts that are not there yet, in order.
plan() {
	step=1
	while [ "$step" -le "$STEPS" ]; do
		look_again "$step"
		step=$((step + 1))
	done
	step=1
	while [ "$step" -le "$STEPS" ]; do
		part=1
		while [ "$part" -le "$PARTS" ] && [ ! -e "$W/done/$step" ]; do
			echo "$step $part"
			part=$((part + 1))
		done
		step=$((step + 1))
	done >"$RUN/plan"
}

# Jobs wait until what they need is prepared; meanwhile GNU parallel and the connections get going.
begin() {
	if [ -z "$LOCAL" ]; then	# one connection a host, shared by what follows; it ends with this process, however that ends
		mkfifo "$RUN/alive" || die 4 "can't write into $W"
		for s in "$RUN"/slot/*.1; do
			h=${s##*/}
			# shellcheck disable=SC2086
			$SSH -o ControlMaster=yes "${h%.*}" 'exec cat' <"$RUN/alive" >/dev/null 2>&1 &
			children="$children $!"
		done
		exec 4>"$RUN/alive"
	fi
	if [ -t 2 ] && [ "$quiet" = 0 ]; then
		progress 4>&- &
		children="$children $!"
	fi
	export RUN
	export PARALLEL_HOME="$RUN/parallel" PARALLEL_SHELL=/bin/sh PARALLEL=''
	parallel -u -j "$total" --halt now,fail=1 --colsep ' ' \
		"$(quote "$self") --job {1} {2}" :::: "$RUN/plan" </dev/null >"$RUN/out" 3>&2 4>&- 2>"$RUN/parallel.err" &
	jobs=$!
	children="$children $jobs"
}

end() {
	wait "$jobs"
	status=$?
	[ ! -t 2 ] || [ "$quiet" = 1 ] || printf '\r\033[K' >&2
	if [ -e "$RUN/failed" ]; then
		read -r status why <"$RUN/failed"
		die "$status" "$why"
	fi
	[ "$status" = 0 ] || die 4 "GNU parallel ended with $status: $(tail -1 "$RUN/parallel.err")"
}

run_steps() {
	plan
	[ ! -s "$RUN/plan" ] || begin
	read_input
	note "$W/parts" "$PARTS"
	[ -e "$W/job" ] || note "$W/job" "$asked"
	if [ "$CMD" = als ]; then
		prepare_als
	elif [ -n "$SHARDS" ]; then
		shard user || die 1 "shards of users: $(cat "$RUN/shard.user.err")"
	fi
	: >"$RUN/ready"
	[ ! -s "$RUN/plan" ] || end
}

# The whole from its parts; the last command writes to stdout or, complete, to FILE.
assemble() {
	part=1
	describe "$STEPS"
	to=${output:+-o$(quote "$output")}
	case $CMD in
	als)
		if [ "$STEPS" = 0 ]; then eval "bin/rec-cat -b $to in/step.0.rec"; return; fi
		eval "bin/rec-cat --merge -b $to in/own.$STEPS.rec in/own.$((STEPS - 1)).rec"
		;;
	sim)
		if [ -n "$WHOLE" ]; then
			gzip -dc <part/sim.1.gz >out/whole || return 4
			if [ -n "$output" ]; then cp out/whole "$output.$$" && mv "$output.$$" "$output"; else cat out/whole; fi
			return
		fi
		if [ -n "$BINARY" ]; then eval "bin/rec-cat --merge -b $to $(parts_of sim)"; return; fi
		eval "bin/rec-cat --merge -b $(parts_of sim)" >out/whole && eval "bin/rec-cat --block similarity $to out/whole"
		;;
	topn) eval "bin/rec-cat --merge $BINARY $to $(parts_of topn)" ;;
	eval)
		# shellcheck disable=SC2046
		cat $(parts_of eval) >out/whole.gz && eval "bin/rec-eval --summarize$LAST $to" <out/whole.gz
		;;
	esac
}

clean_hosts() {
	[ -z "$LOCAL" ] || return 0
	for s in "$RUN"/slot/*.1; do
		h=${s##*/}
		h=${h%.*}
		[ -e "$RUN/bad/$h" ] || [ ! -e "$RUN/once/$h" ] || reach "$h" "$PATIENCE" "rm -rf $R" >/dev/null 2>&1
	done
}

run_steps
assemble
status=$?
[ "$status" -ne 0 ] || clean_hosts
exit "$status"
