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
# shellcheck disable=SC2015	# a && b || c: c is for a failure of either
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
      --parts N             parts of each step (default: als a slot each, else two)
      --slots N             parts at a time on this machine, or on a host that gives no SLOTS [CPUs; hosts 1]
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
	printf -- '-\thosts\tFILE\t\n-\twork\tDIR\t\n-\tparts\tN\t\n-\tslots\tN\t\n-\ttimeout\tSECONDS\t\n-\ttries\tN\t\n-\tbin\tDIR\t\n'
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

# Seconds, with a fraction where date can.
now() {
	t=$(date +%s.%N)
	case $t in *[!0-9.]*) date +%s ;; *) echo "$t" ;; esac
}

size() { wc -c <"$1" | tr -d ' '; }

# note FILE TEXT: a file that is there whole or not at all
note() {
	printf '%s\n' "$2" >"$1.$$" && mv -f "$1.$$" "$1"
}

# log STEP PART TRY HOST BEGAN BYTES RESULT
log() {
	printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$1" "$2" "$3" "$4" \
		"$(echo "$5 $(now)" | awk '{ printf "%.3f", $2 - $1 }')" "$6" "$7" >>"$W/log.tsv"
}

# ---- the hosts ----

# reach HOST SECONDS COMMAND: COMMAND for sh, in the home folder there; its stdin is empty
reach() {
	# shellcheck disable=SC2086
	timeout -k 5 "$2" $SSH "$1" "sh -c$(quote "$3")" </dev/null
}

# on HOST SECONDS COMMAND: in the folder of the run; 255 where that is gone
on() {
	if [ -n "$LOCAL" ]; then
		timeout -k 5 "$2" sh -c "$3" </dev/null
	else
		reach "$1" "$2" "cd $R || exit 255; $3"
	fi
}

drop() {	# drop HOST WHY
	[ -e "$RUN/bad/$1" ] && return
	note "$RUN/bad/$1" "$2"
	log host - - "$1" "$(now)" 0 "dropped: $2"
	printf 'rec-fan: %s: dropped: %s\n' "$1" "$2" >&2
}

# once NAME COMMAND...: run it unless it has succeeded in this run; who comes meanwhile waits for it
once() {
	mark=$RUN/once/$1
	shift
	while [ ! -e "$mark" ]; do
		if mkdir "$mark.lock" 2>/dev/null; then
			"$@" && : >"$mark"
			rc=$?
			rmdir "$mark.lock"
			return $rc
		fi
		[ -d "$RUN/once" ] || return 1
		sleep 0.05
	done
}

# send HOST FILE TO: rsync writes under another name first
send() {
	began=$(now)
	by=
	[ ! -e "$RUN/suspect/$1" ] || by=--checksum	# what is there is compared, not its size and time alone
	# shellcheck disable=SC2086
	rsync -qLt $by --whole-file --timeout="$PATIENCE" -e "$SSH" "$2" "$1:$R/$3" </dev/null >"$job.err" 2>&1 || return 1
	log ship "$3" - "$1" "$began" "$(size "$2")" ok
}

# The folder on a new host, the commands for its kind of machine, and whether they run there.
settle() {
	reach "$1" "$PATIENCE" "mkdir -p $R/in $R/bin $R/out && uname -m" >"$job.out" 2>"$job.err" || return 1
	bin=$BIN/$(cat "$job.out")
	[ -d "$bin" ] || bin=$BIN
	send "$1" "$bin/rec-$CMD" "bin/rec-$CMD" || return 1
	on "$1" "$PATIENCE" "bin/rec-$CMD --version && command -v timeout" >/dev/null 2>"$job.err"
}

# prepare HOST FILE...: what a part needs there
prepare() {
	[ -n "$LOCAL" ] && return 0
	to=$1
	shift
	once "$to" settle "$to" || return 1
	for need; do
		once "$to.$(echo "$need" | tr / .)" send "$to" "$W/$need" "$need" || return 1
	done
}

# Sets host and slot. A part goes where its shard is, if that slot is free; away from where it failed, if there is another host. 1: no host is left.
take_slot() {
	home=$(cat "$RUN/home/$part" 2>/dev/null)
	while [ -d "$RUN/slot" ]; do
		hosts=0 others=0
		for s in ${home:+"$RUN/slot/$home"} "$RUN"/slot/*; do
			h=${s##*/}
			h=${h%.*}
			[ -e "$RUN/bad/$h" ] && continue
			hosts=1
			[ "$h" = "$avoid" ] && continue
			others=1
			if mkdir "$s/busy" 2>/dev/null; then
				host=$h slot=${s##*/}
				return 0
			fi
		done
		[ "$hosts" = 1 ] || return 1
		[ "$others" = 1 ] || avoid=
		sleep 0.05
	done
	return 1
}

# ---- the steps ----

# describe STEP: sets name, needs and command of part $part; ext is rec, or gz for text
describe() {
	ext=rec
	case $CMD in
	als)
		side=user
		[ $(($1 % 2)) = 0 ] || side=item
		name=$side.$((($1 + 1) / 2))
		shard=in/$side.$((part - 1)).rec
		needs="$shard in/step.$(($1 - 1)).rec"
		command="limit bin/rec-als --half $side$([ $side = user ] || echo " --transposed") -m in/step.$(($1 - 1)).rec$JOBOPTS \$threads <$shard"
		[ -n "$LOCAL" ] || command="rm -f in/step.$(($1 - 2)).rec; $command"
		;;
	sim)
		name=sim
		needs=in/data.rec
		command="limit bin/rec-sim$JOBOPTS -b \$threads --part $part/$PARTS <in/data.rec"
		[ -z "$WHOLE" ] || ext=gz command="limit bin/rec-sim$JOBOPTS $BINARY \$threads -o out/whole.gz <in/data.rec && cat out/whole.gz && rm out/whole.gz"
		;;
	topn)
		name=topn
		needs="in/data.rec $FILES"
		command="limit bin/rec-topn$JOBOPTS -b \$threads --part $part/$PARTS <in/data.rec"
		;;
	eval)
		name=eval ext=gz
		needs="in/data.rec $FILES"
		command="limit bin/rec-eval$JOBOPTS --per-user \$threads --part $part/$PARTS -o out/$part.gz <in/data.rec && cat out/$part.gz && rm out/$part.gz"
		;;
	esac
	# a process left behind by a lost connection ends by itself
	command="limit() { timeout -k 5 $LIMIT \"\$@\"; }; $command"
}

# Is what came a whole file of the kind that was expected?
whole() {
	case $ext in
	gz) [ -s "$1" ] && gzip -t <"$1" 2>/dev/null ;;
	*)
		[ "$(head -c 6 "$1" | tr -d '\000')" = RECMAT ] || return 1
		"$BIN/rec-cat" -q --verify "$1" >/dev/null 2>&1 || return 1
		[ "$CMD" != als ] || same_rows "$1"
		;;
	esac
}

rows_of() { "$BIN/rec-cat" -q --info "$1" | awk -F'\t' '$1 ~ /^[0-9]*\.rows$/ { n += $2 } END { print n + 0 }'; }

# A part of a half-sweep has the rows of its shard.
same_rows() {
	[ "$(rows_of "$1")" = "$(cat "$W/in/$side.$((part - 1)).rows")" ]
}

# ---- a job: part $part of step $step ----

# Processes that share a machine share its CPUs, unless --threads says otherwise.
share_of() {
	k=0
	for s in "$RUN/slot/$1".*; do
		[ ! -d "$s" ] || k=$((k + 1))
	done
	if [ -n "$THREADS" ] || [ "$k" -eq 1 ] && [ -z "$LOCAL" ]; then
		printf 'threads=; '
	elif [ -n "$LOCAL" ]; then
		printf "threads='--threads 1'; "
	else
		# shellcheck disable=SC2016	# for the host to expand
		printf 'n=$(($(getconf _NPROCESSORS_ONLN) / %d)); threads="--threads $((n > 0 ? n : 1))"; ' "$k"
	fi
}

# Once. Sets result: ok, or what went wrong, and in fatal whether the command itself said that it would fail again.
attempt() {
	fatal=0 out=$job.out rc=0
	# shellcheck disable=SC2086
	if ! prepare "$host" $needs; then
		result="shipping: $(tail -1 "$job.err" | cut -c1-300)"
		return
	fi
	on "$host" "$LIMIT" "$(share_of "$host")$command" >"$out" 2>"$job.err" || rc=$?
	case $rc in
	0) if whole "$out"; then result=ok; else result="damaged: $(size "$out") bytes came, not a whole part"; fi ;;
	1 | 2 | 3) fatal=1 result="exit $rc: $(tail -1 "$job.err" | cut -c1-300)" ;;
	124) result="timeout: $LIMIT s" ;;
	255) result="lost: $(tail -1 "$job.err" | cut -c1-300)" ;;
	*) result="exit $rc: $(tail -1 "$job.err" | cut -c1-300)" ;;
	esac
}

# The command says that its input is bad: the copy there may be. What is there is sent again.
forget() {
	[ -z "$LOCAL" ] || return 0
	: >"$RUN/suspect/$host"
	for need in $needs; do
		rm -f "$RUN/once/$host.$(echo "$need" | tr / .)"
	done
}

# What a failure says about the host: gone if it doesn't answer, bad if it fails twice running.
blame() {
	[ -n "$LOCAL" ] && return
	if ! reach "$host" "$PATIENCE" : >/dev/null 2>&1; then
		drop "$host" "no answer after '$result'"
	elif [ -e "$RUN/strike/$host" ]; then
		drop "$host" "failed twice running: $result"
	fi
	: >"$RUN/strike/$host"
}

give_up() {	# give_up STATUS TEXT: end the run
	note "$job.why" "$1 $2"
	ln "$job.why" "$RUN/failed" 2>/dev/null
	exit 1
}

finished() {
	mv -f "$job.out" "$W/part/$name.$part.$ext"
	rm -f "$RUN/strike/$host"
	note "$RUN/home/$part" "$slot"
	log "$name" "$part" "$try" "$host" "$began" "$(size "$W/part/$name.$part.$ext")" ok
	[ "$VERBOSE" = 0 ] || printf 'rec-fan: %s part %s of %s: %s\n' "$name" "$part" "$PARTS" "$host" >&2
}

try_part() {
	try=1 avoid='' fatals=0
	while [ "$try" -le "$TRIES" ]; do
		take_slot || { [ -d "$RUN/slot" ] || exit 1; give_up 4 "no host is left for part $part of $name"; }
		began=$(now)
		attempt
		[ "$result" != ok ] || finished
		rmdir "$RUN/slot/$slot/busy" 2>/dev/null
		[ "$result" != ok ] || return 0
		[ -d "$RUN/slot" ] || exit 1
		rm -f "$job.out"
		log "$name" "$part" "$try" "$host" "$began" 0 "$result"
		say "$name part $part of $PARTS on $host, try $try: $result"
		fatals=$((fatals + fatal))
		# a command that refuses its input does so everywhere: two hosts are asked
		[ "$fatals" -lt 2 ] && [ "$fatals$LOCAL" != 11 ] || break
		if [ "$fatal" = 1 ]; then forget; else blame; fi
		avoid=$host
		# what never ran is not held against the part; the host is dropped for it soon enough
		case $LOCAL$result in lost* | shipping*) ;; *) try=$((try + 1)) ;; esac
	done
	status=4
	[ "$fatals" = 0 ] || status=1
	give_up "$status" "$name part $part of $PARTS failed with every try, the last on $host: $result"
}

# Parts 1 .. PARTS of the step named $1, as words.
parts_of() {
	i=1
	while [ "$i" -le "$PARTS" ]; do
		printf ' part/%s.%s.%s' "$1" "$i" "$ext"
		i=$((i + 1))
	done
}

# Joined parts are what the next half-sweep is given; with them, where vectors begin at their last value, those of the other side.
collect() {
	if [ "$CMD" = als ]; then
		before=
		[ -z "$WARM" ] || before=in/own.$((step - 1)).rec
		# shellcheck disable=SC2046
		cat $(parts_of "$name") >"$job.own" || give_up 4 "can't write into $W"
		"$BIN/rec-cat" -q --verify "$job.own" >/dev/null || give_up 4 "parts of $name were damaged in $W/part"
		mv -f "$job.own" "in/own.$step.rec"
		if [ -n "$before" ]; then cat "in/own.$step.rec" "$before" >"$job.step"; else ln "in/own.$step.rec" "$job.step"; fi || give_up 4 "can't write into $W"
		mv -f "$job.step" "in/step.$step.rec"
		[ "$step" -lt 4 ] || rm -f "in/step.$((step - 3)).rec" "in/own.$((step - 3)).rec" "part/$side.$(((step - 2) / 2 - 1))".*
	fi
	note "done/$step" "$name"
}

collect_if_last() {
	i=1
	while [ "$i" -le "$PARTS" ]; do
		[ -e "$W/part/$name.$i.$ext" ] || return 0
		i=$((i + 1))
	done
	mkdir "$RUN/collect.$step" 2>/dev/null || return 0
	[ -e "$W/done/$step" ] || collect
}

job() {
	step=$1 part=$2 job=$RUN/job.$1.$2
	[ ! -e "$W/done/$step" ] || exit 0
	describe "$step"
	while [ "$step" -gt 1 ] && [ ! -e "$W/done/$((step - 1))" ]; do
		[ -d "$RUN/slot" ] && [ ! -e "$RUN/failed" ] || exit 1
		sleep 0.02
	done
	[ -e "$W/part/$name.$part.$ext" ] || try_part
	collect_if_last
}

if [ "${1:-}" = --job ]; then	# what GNU parallel runs
	# shellcheck disable=SC1091
	. "$RUN/vars"
	exec 2>&3	# what GNU parallel says of failed jobs is not for the user
	cd "$W" || exit 1
	job "$2" "$3"
	exit 0
fi

# ---- the command line ----

hosts='' work='' parts='' slots='' limit=3600 tries=3 bin='' output='' verbose=0 quiet=0

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

children=
leave() {
	status=$?
	trap '' INT TERM HUP
	# shellcheck disable=SC2086
	[ -z "$children" ] || { kill $children; kill $children; } 2>/dev/null	# the second one tells GNU parallel not to wait
	rm -rf "$RUN" "$W/lock"
	[ -z "${sockets:-}" ] || rm -rf "$sockets"
	exit "$status"
}
trap leave EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

# The options of the command: files are put into DIR/in, what rec-fan does itself is taken out or refused. JOBOPTS are those of the parts, START those of
# rec-als -i 0, LAST those of rec-eval --summarize.
table=$RUN/options
"$BIN/rec-$CMD" --options >"$table" || die 1 "rec-$CMD --options failed"
JOBOPTS='' START='' LAST='' GIVEN='' CHECK='' FILES='' BINARY='' THREADS='' WARM='' METHOD='' iterations=16 nfiles=0

# The line of the table for an option; sets long and arg
look_up() {
	line=$(awk -F'\t' -v o="$1" '(length(o) == 1 ? $1 : $2) == o && !found { print $2 " " ($3 == "" ? "-" : $3); found = 1 }' "$table")
	long=${line%% *} arg=${line#* }
}

# take_file PATH: its name under DIR/in in $taken. A regular file is linked, a pipe is copied.
take_file() {
	nfiles=$((nfiles + 1))
	taken=in/file.$nfiles
	[ "$1" != - ] || bad_usage "--$long: stdin is the input"
	[ -r "$1" ] || die 1 "$1: can't read"
	if [ -f "$1" ]; then
		ln -sfn "$(cd "$(dirname "$1")" && pwd)/$(basename "$1")" "$W/$taken"
		[ ! -e "$W/job" ] || [ -z "$(find -L "$1" -newer "$W/job")" ] || die 1 "$1: changed since $work was begun; use another folder"
	elif [ ! -e "$W/$taken" ]; then
		cat "$1" >"$W/$taken.$$" && mv "$W/$taken.$$" "$W/$taken" || die 1 "$1: can't copy"
	fi
	FILES="$FILES $taken"
}

# option LONG ARG-NAME VALUE
option() {
	long=$1
	[ "$1" != output ] || { output=$3; return; }
	GIVEN="$GIVEN --$1$([ "$2" = - ] || quote "$3")"
	case $CMD:$1 in
	*:part | *:stats | *:estimate | *:stream | *:per-user | *:summarize | *:compare | als:half | als:model | als:objective | sim:partial | sim:merge | sim:from-factors | topn:merge | *:help | *:version)
		bad_usage "--$1 can't work under rec-fan" ;;
	*:binary) BINARY=-b CHECK="$CHECK -b"; return ;;
	*:quiet) quiet=1; return ;;
	*:verbose) verbose=1; return ;;
	*:threads) THREADS=$3 ;;
	als:iterations) iterations=$3; return ;;
	als:solver) [ "$3" != cg ] || WARM=1 ;;
	eval:bootstrap | eval:fail-if) LAST="$LAST --$1$(quote "$3")" CHECK="$CHECK --$1$(quote "$3")"; return ;;
	eval:json) LAST="$LAST --$1"; return ;;
	esac
	words=--$1
	if [ "$2" = FILE ]; then
		take_file "$3"
		CHECK="$CHECK $words$(quote "$W/$taken")"
		START="$START $words$(quote "$W/$taken")"
		[ "$CMD" = als ] || JOBOPTS="$JOBOPTS $words $taken"
		return
	elif [ "$2" != - ]; then
		words="$words$(quote "$3")"
	fi
	START="$START $words" CHECK="$CHECK $words"
	case $CMD:$1 in
	als:threads | als:mem | als:duplicates | als:trust | sim:* | topn:* | eval:*) JOBOPTS="$JOBOPTS $words" ;;
	esac
}

only_operands=0
while [ $# -gt 0 ]; do
	word=$1
	shift
	case $only_operands$word in
	0--) only_operands=1 ;;
	0--*)
		look_up "$(echo "${word#--}" | cut -d= -f1)"
		[ -n "$long" ] || bad_usage "unknown option '${word%%=*}' (see rec-$CMD --help)"
		case $word in
		*=*) value=${word#*=} ;;
		*)
			value=
			if [ "$arg" != - ]; then
				[ $# -gt 0 ] || bad_usage "--$long wants a value"
				value=$1
				shift
			fi
			;;
		esac
		option "$long" "$arg" "$value"
		;;
	0-?*)
		letters=${word#-}
		while [ -n "$letters" ]; do
			rest=${letters#?}
			look_up "${letters%"$rest"}"
			[ -n "$long" ] || bad_usage "unknown option '-${letters%"$rest"}' (see rec-$CMD --help)"
			if [ "$arg" = - ]; then
				option "$long" - ''
				letters=$rest
				continue
			fi
			if [ -z "$rest" ]; then
				[ $# -gt 0 ] || bad_usage "-$letters wants a value"
				rest=$1
				shift
			fi
			option "$long" "$arg" "$rest"
			letters=
		done
		;;
	*)
		[ -n "$METHOD" ] || METHOD=$word
		GIVEN="$GIVEN$(quote "$word")" CHECK="$CHECK$(quote "$word")"
		JOBOPTS="$JOBOPTS$(quote "$word")"
		;;
	esac
done
case $iterations in '' | *[!0-9]*) bad_usage "--iterations: '$iterations' is not a whole number" ;; esac

# The command itself says what is wrong with its options, before anything is shipped. (Without input it does nothing else.)
eval "\"\$BIN/rec-$CMD\"$CHECK -o \"\$RUN/check\"" </dev/null >/dev/null 2>"$RUN/err"
[ $? -ne 2 ] || die 2 "$(sed "s/^rec-$CMD: //" "$RUN/err")"

# ---- hosts and slots ----

LOCAL=1 SSH='' R='' total=0
if [ -n "$hosts" ]; then
	LOCAL=
	id=$(cat "$W/id" 2>/dev/null) || id=$(printf '%s %s' "$(uname -n)" "$W" | cksum | cut -d' ' -f1).$(date +%s)
	[ -e "$W/id" ] || note "$W/id" "$id"
	R=.rec-fan/$id
	sockets=$(mktemp -d "${TMPDIR:-/tmp}/rec-fan.XXXXXX") || die 4 "no temporary folder"
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
	"$@" >"$target.$$" 2>"$RUN/err" || { rc=$?; rm -f "$target.$$"; die "$rc" "$(sed 's/^rec-[a-z]*: //' "$RUN/err")"; }
	cat "$RUN/err" >&2
	mv "$target.$$" "$target"
}

PARTS=$parts
[ -n "$PARTS" ] || PARTS=$(cat "$W/parts" 2>/dev/null) || { PARTS=$((total * 2)); [ "$CMD" != als ] || PARTS=$total; }
WHOLE=
if [ "$CMD" = sim ] && [ "$METHOD" = ease ]; then	# dense algebra is one step of one host
	[ "$PARTS" = 1 ] || say "ease is solved on one host"
	PARTS=1 WHOLE=1
fi
[ ! -e "$W/parts" ] || [ "$(cat "$W/parts")" = "$PARTS" ] || die 1 "$work was begun with $(cat "$W/parts") parts"
asked="rec-fan @VERSION@ $CMD$GIVEN, $PARTS parts, $iterations iterations"
[ ! -e "$W/job" ] || [ "$(cat "$W/job")" = "$asked" ] || die 1 "$work holds another job: $(cat "$W/job")"

# The input is kept as it came. One matrix with rows and columns in order is quicker to read, where it can be made (no repeated pairs).
read_input() {
	if [ ! -e "$W/in/raw" ]; then
		make_file raw cat
	elif [ ! -c /dev/stdin ]; then
		cmp -s - "$W/in/raw" || die 1 "the input is not the one that $work was begun with (or can't be read)"
	fi
	[ ! -e "$W/in/data.rec" ] || return 0
	if "$BIN/rec-cat" --merge -b "$W/in/raw" >"$W/in/data.$$" 2>/dev/null; then
		mv "$W/in/data.$$" "$W/in/data.rec"
	else
		rm -f "$W/in/data.$$"
		make_file data.rec "$BIN/rec-cat" -b "$W/in/raw"
	fi
}

# Shards of users and of items, the start values, and how many rows each shard has.
prepare_als() {
	eval "make_file step.0.rec \"\$BIN/rec-als\" -i 0$START" <"$W/in/data.rec"
	[ "$iterations" -gt 0 ] || return 0
	[ -z "$WARM" ] || make_file own.0.rec "$BIN/rec-cat" --block user -b "$W/in/step.0.rec"
	for s in user item; do
		i=$((PARTS - 1)) turned=
		[ $s = user ] || turned=--transpose
		[ -e "$W/in/$s.$i.rows" ] && continue
		"$BIN/rec-split" --parts "$PARTS" --by $s $turned --to "$W/in/$s.%d.rec" -b <"$W/in/data.rec" 2>"$RUN/err" >/dev/null || die 1 "$(cat "$RUN/err")"
		while [ "$i" -ge 0 ]; do
			rows_of "$W/in/$s.$i.rec" >"$RUN/rows.$i"
			i=$((i - 1))
		done
		i=0
		while [ "$i" -lt "$PARTS" ]; do
			mv "$RUN/rows.$i" "$W/in/$s.$i.rows"	# the last one says that all are there
			i=$((i + 1))
		done
	done
}

# Finished parts of an earlier run are looked at again: files can rot, and disks can have been full.
look_again() {
	step=$1
	[ -e "$W/done/$step" ] && [ "$CMD" = als ] && [ "$step" -lt "$STEPS" ] && return
	part=1
	while [ "$part" -le "$PARTS" ]; do
		describe "$step"
		file=$W/part/$name.$part.$ext
		if [ -e "$file" ] && ! whole "$file"; then
			log "$name" "$part" - - "$(now)" 0 "damaged in $W/part"
			rm -f "$file" "$W/done/$step"
		fi
		part=$((part + 1))
	done
}

read_input
STEPS=1
if [ "$CMD" = als ]; then
	STEPS=$((iterations * 2))
	prepare_als
fi
note "$W/parts" "$PARTS"
[ -e "$W/job" ] || note "$W/job" "$asked"
case $output in '' | /*) ;; *) output=$PWD/$output ;; esac
cd "$W" || exit 1
LIMIT=$limit TRIES=$tries VERBOSE=$verbose
PATIENCE=$((limit < 20 ? limit : 20))	# seconds for a host to answer
for v in W R RUN SSH LOCAL BIN CMD PARTS STEPS LIMIT TRIES PATIENCE JOBOPTS FILES BINARY THREADS WARM WHOLE VERBOSE quiet; do
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

run_steps() {
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
	[ -s "$RUN/plan" ] || return 0
	if [ -z "$LOCAL" ]; then	# one connection a host, shared by what follows
		for s in "$RUN"/slot/*.1; do
			h=${s##*/}
			# shellcheck disable=SC2086
			$SSH -o ControlMaster=yes -N "${h%.*}" </dev/null >/dev/null 2>&1 &
			children="$children $!"
		done
	fi
	if [ -t 2 ] && [ "$quiet" = 0 ]; then
		progress &
		children="$children $!"
	fi
	export RUN
	export PARALLEL_HOME="$RUN/parallel" PARALLEL_SHELL=/bin/sh PARALLEL=''
	parallel -u -j "$total" --halt now,fail=1 --colsep ' ' \
		"$(quote "$self") --job {1} {2}" :::: "$RUN/plan" </dev/null >"$RUN/out" 3>&2 2>"$RUN/parallel.err" &
	children="$children $!"
	wait $!
	status=$?
	[ ! -t 2 ] || [ "$quiet" = 1 ] || printf '\r\033[K' >&2
	if [ -e "$RUN/failed" ]; then
		read -r status why <"$RUN/failed"
		die "$status" "$why"
	fi
	[ "$status" = 0 ] || die 4 "GNU parallel ended with $status: $(tail -1 "$RUN/parallel.err")"
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
		eval "bin/rec-cat --merge -b $(parts_of sim)" >out/whole && eval "bin/rec-cat ${BINARY:---block similarity} $to out/whole"
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

[ "$STEPS" -eq 0 ] || run_steps
assemble
status=$?
[ "$status" -ne 0 ] || clean_hosts
exit "$status"
