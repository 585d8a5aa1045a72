# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2015,SC2034,SC2154,SC2317
# fan/job.sh - steps: the command of each part, the check of its output, and the
# job that runs it. Belongs to rec-fan.

# words WORD...: the words of a job (rec-job(1)), each ended by a zero byte
words() { printf '%s\0' "$@"; }

# describe STEP: sets name, needs and ext (rec, or gz for text) of part $part,
# and input, output and remove of its job
describe() {
	ext=rec needs="in/data.rec $FILES" input=in/data.rec output='' remove=''
	text=out/$part.${RUN##*/}.gz	# named after this run: a part of a killed run may still be at work
	case $CMD in
	als)
		side=user
		[ $(($1 % 2)) = 0 ] || side=item
		name=$side.$((($1 + 1) / 2)) input=in/$side.$((part - 1)).rec
		needs="$input in/step.$(($1 - 1)).rec"
		[ -n "$LOCAL" ] || [ "$1" -lt 2 ] || remove=in/step.$(($1 - 2)).rec
		;;
	sim)
		name=sim
		[ -z "$SHARDS" ] || describe_sums "$1"
		[ -z "$WHOLE" ] || ext=gz output=$text
		;;
	topn) name=topn ;;
	eval) name=eval ext=gz output=$text ;;
	esac
}

# rec-sim over shards of the users: surveys, sums, and the model from all sums.
describe_sums() {
	input=in/user.$((part - 1)).rec
	case $1 in
	1) name=survey ext=gz needs=$input output=$text ;;
	2) name=sums needs="$input in/whole.tsv" ;;
	3) input=in/sums.rec needs="in/sums.rec in/whole.tsv" ;;
	esac
}

# The options that select a part of the step.
part_words() {
	case $CMD:$name in
	als:item.*) words arg=--half arg=item arg=--transposed arg=-m "arg=in/step.$((step - 1)).rec" ;;
	als:*) words arg=--half arg=user arg=-m "arg=in/step.$((step - 1)).rec" ;;
	sim:survey) words arg=--survey ;;
	sim:sums) words arg=-b arg=--partial arg=--whole arg=in/whole.tsv ;;
	sim:*)
		[ -z "$SHARDS" ] || words arg=--merge arg=--whole arg=in/whole.tsv
		if [ -n "$WHOLE" ]; then [ -z "$BINARY" ] || words arg=-b; else words arg=-b "arg=$SPREAD" "arg=$part/$PARTS"; fi
		;;
	topn:*) words arg=-b arg=--part "arg=$part/$PARTS" ;;
	eval:*) words arg=--per-user arg=--part "arg=$part/$PARTS" ;;
	esac
}

# Number of threads: processes on one machine share its CPUs, unless --threads
# is given.
thread_words() {
	[ -z "$THREADS" ] || return 0
	[ -z "$LOCAL" ] || { words arg=--threads=1; return; }
	k=0
	for s in "$RUN/host/$host"/slot.*; do k=$((k + 1)); done
	[ "$k" -eq 1 ] || words "share=$k"
}

write_job() {
	words "limit=$LIMIT" "run=rec-$CMD" "input=$input" &&
		{ [ -z "$output" ] || words "output=$output"; } &&
		{ [ -z "$remove" ] || words "remove=$remove"; } &&
		thread_words && part_words && cat "$RUN/words" && words end=
}

# Read a recmat file with every check. Sets rows (of all its blocks), blocks,
# and order of the last block. Only lines about a numbered block are used, and
# only their numbers, because metadata can hold anything.
look_at() {
	rows=0 blocks=0 order='' format=''
	"$BIN/rec-cat" -q --info <"$1" >"$job.info" 2>/dev/null || return 1
	while IFS=$TAB read -r key value; do
		case $key in
		format) format=$value ;;
		blocks) ! digits "$value" || blocks=$value ;;
		[0123456789]*.order) ! digits "${key%.order}" || order=$value ;;
		[0123456789]*.rows) ! digits "${key%.rows}" || ! digits "$value" || rows=$((rows + value)) ;;
		esac
	done <"$job.info"
	[ "$format" = recmat ]
}

# Is the received file whole, and of the expected kind? A part of a half-step
# must have the rows of its shard.
whole() {
	case $ext in
	gz) [ -s "$1" ] && gzip -t <"$1" 2>/dev/null ;;
	*)
		look_at "$1" || return 1
		[ "$CMD" = als ] || return 0
		read -r want <"in/$side.$((part - 1)).rows" && [ "$rows" = "$want" ]
		;;
	esac
}

# -- a job: part $part of step $step --

run_part() {
	if [ -n "$LOCAL" ]; then
		"$BIN/rec-job" . "$label" <"$job.job"
	else
		by_ssh "$LIMIT" "$host" "$R/bin/rec-job $R $label" <"$job.job"
	fi
}

# Run the part once. Sets result (ok, or what went wrong) and fatal (whether the
# command itself said that it would fail again).
attempt() {
	fatal=0 rc=0
	# shellcheck disable=SC2086
	if ! prepare "$host" $needs; then
		result="shipping: $(said "$job.err")"
		return
	fi
	label=$CMD:$name:$part/$PARTS	# shown in a list of processes on the host
	if ! write_job >"$job.job"; then
		result="the job cannot be written"
		return
	fi
	run_part >"$job.out" 2>"$job.err" || rc=$?
	case $rc in
	0) if whole "$job.out"; then result=ok; else measure "$job.out"; result="damaged: $size bytes came, not a whole part"; fi ;;
	1 | 2 | 3) fatal=1 result="exit $rc: $(said "$job.err")" ;;
	124) result="timeout: $LIMIT s" ;;
	255) result="lost: $(said "$job.err")" ;;
	*) result="exit $rc: $(said "$job.err")" ;;
	esac
}

# The command says that its input is bad. The copy on the host may be damaged,
# so it is sent again.
forget() {
	[ -z "$LOCAL" ] || return 0
	: >"$RUN/host/$host/suspect"
	for need in $needs; do
		rm -f "$RUN/host/$host/once.${need##*/}"
	done
}

# Judge the host after a failure: gone if it does not answer, bad if it fails
# twice in a row.
blame() {
	[ -z "$LOCAL" ] || return 0
	if ! answers "$host"; then
		drop "$host" "no answer after '$result'"
	elif [ -e "$RUN/host/$host/strike" ]; then
		drop "$host" "failed twice in a row: $result"
	fi
	: >"$RUN/host/$host/strike"
}

give_up() {	# give_up STATUS TEXT: end the run
	if note "$job.why" "$1 $(line_of "$2")" 2>/dev/null; then ln "$job.why" "$RUN/failed" 2>/dev/null; else say "$2"; fi
	exit 1
}

finished() {
	measure "$job.out"
	mv -f "$job.out" "part/$name.$part.$ext" || give_up 4 "cannot write into $work"
	rm -f "$RUN/host/$host/strike"
	note "$RUN/home/$part" "$slot"
	log "$name" "$part" "$try" "$host" "$began" "$size" ok
	[ "$VERBOSE" = 0 ] || printf 'rec-fan: %s part %s of %s: %s\n' "$name" "$part" "$PARTS" "$host" >&2
}

no_room() { ! head -c 65536 /dev/zero 2>/dev/null >"$job.room"; }

try_part() {
	try=1 avoid='' fatals=0
	while [ "$try" -le "$TRIES" ]; do
		take_slot || { [ -d "$RUN" ] || exit 1; give_up 4 "no host is left for part $part of $name"; }
		tick
		began=$now
		attempt
		[ "$result" != ok ] || finished
		rmdir "$RUN/host/$slot/busy" 2>/dev/null
		[ "$result" != ok ] || return 0
		[ -d "$RUN" ] || exit 1
		rm -f "$job.out"
		! no_room || give_up 4 "no space left in $work"	# no host is to blame
		rm -f "$job.room"
		log "$name" "$part" "$try" "$host" "$began" 0 "$result"
		[ "$quiet" = 1 ] || say "$name part $part of $PARTS on $host, try $try: $result"
		fatals=$((fatals + fatal))
		# a command that refuses its input does so on every host: try
		# two hosts
		[ "$fatals" -lt 2 ] && [ "$fatals$LOCAL" != 11 ] || break
		if [ "$fatal" = 1 ]; then forget; else blame; fi
		avoid=$host
		# a part that never ran has not failed; the host will soon be
		# dropped
		case $LOCAL$result in lost* | shipping*) ;; *) try=$((try + 1)) ;; esac
	done
	status=4
	[ "$fatals" = 0 ] || status=1
	give_up "$status" "$name part $part of $PARTS failed in every try, the last on $host: $result"
}

# Parts 1 .. PARTS of the step named $1, as words.
parts_of() {
	i=1
	while [ "$i" -le "$PARTS" ]; do
		printf ' part/%s.%s.%s' "$1" "$i" "$ext"
		i=$((i + 1))
	done
}

# Join parts for the next half-step into one block, so that the processes of a
# host share the mapped file. If vectors start from their last value, add the
# vectors of the other side.
collect_als() {
	before=
	[ -z "$WARM" ] || before=in/own.$((step - 1)).rec
	# shellcheck disable=SC2046
	"$BIN/rec-cat" -q --merge -b $(parts_of "$name") >"$job.own" 2>"$job.err"
	case $? in
	0) ;;
	4) return 1 ;;
	*) give_up 4 "cannot join the parts of $name in $work: $(said "$job.err")" ;;
	esac
	mv -f "$job.own" "in/own.$step.rec" || return 1
	if [ -n "$before" ]; then cat "in/own.$step.rec" "$before" >"$job.step"; else ln "in/own.$step.rec" "$job.step"; fi || return 1
	mv -f "$job.step" "in/step.$step.rec" || return 1
	[ "$step" -lt 4 ] || rm -f "in/step.$((step - 3)).rec" "in/own.$((step - 3)).rec" "part/$side.$(((step + 1) / 2 - 1))".*
}

collect() {
	# shellcheck disable=SC2046
	case $CMD:$name in
	als:*) collect_als ;;
	sim:survey) cat $(parts_of survey) >"$job.own" && gzip -dc <"$job.own" >"$job.whole" && mv "$job.whole" in/whole.tsv ;;
	sim:sums) cat $(parts_of sums) >"$job.sums" && mv "$job.sums" in/sums.rec ;;
	esac && note "done/$step" "$name"
}

collect_if_last() {
	i=1
	while [ "$i" -le "$PARTS" ]; do
		[ -e "part/$name.$i.$ext" ] || return 0
		i=$((i + 1))
	done
	mkdir "$RUN/collect.$step" 2>/dev/null || return 0
	[ -e "done/$step" ] || collect || give_up 4 "cannot write into $work"
}

do_job() {	# do_job STEP PART
	step=$1 part=$2 job=$RUN/job.$1.$2
	[ ! -e "done/$step" ] || exit 0
	describe "$step"
	waited=0
	while [ ! -e "$RUN/ready" ] || [ "$step" -gt 1 ] && [ ! -e "done/$((step - 1))" ]; do
		[ -d "$RUN" ] && [ ! -e "$RUN/failed" ] || exit 1
		# as many jobs as there are slots may wait here; they look less
		# often the longer the step takes
		if [ $((waited += 1)) -lt 20 ]; then sleep 0.02; elif [ $waited -lt 100 ]; then sleep 0.05; else sleep 0.2; fi
	done
	[ -e "part/$name.$part.$ext" ] || try_part
	collect_if_last
}
