# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2015,SC2034,SC2154,SC2317
# fan_job.sh - steps: what command makes a part of each, when a part is whole, and the job that gets one done. Part of rec-fan.

# describe STEP: sets name, needs and command of part $part; ext is rec, or gz for text
describe() {
	ext=rec
	case $CMD in
	als)
		side=user turned=
		[ $(($1 % 2)) = 0 ] || side=item turned=' --transposed'
		name=$side.$((($1 + 1) / 2))
		shard=in/$side.$((part - 1)).rec
		needs="$shard in/step.$(($1 - 1)).rec"
		command="limit bin/rec-als --half $side$turned -m in/step.$(($1 - 1)).rec$JOBOPTS \$threads <$shard"
		[ -n "$LOCAL" ] || command="rm -f in/step.$(($1 - 2)).rec; $command"
		;;
	sim)
		name=sim
		needs=in/data.rec
		[ -z "$SHARDS" ] || { describe_sums "$1"; return; }
		command="limit bin/rec-sim$JOBOPTS -b \$threads $SPREAD $part/$PARTS <in/data.rec"
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
	bounded
}

# A process that is left behind by a lost connection ends by itself.
bounded() {
	command="limit() { timeout -k 5 $LIMIT \"\$@\"; }; $command"
}

# rec-sim over shards of the users: what is to be known of the whole, sums, and the model from the sums of all.
describe_sums() {
	shard=in/user.$((part - 1)).rec
	sim="limit bin/rec-sim$JOBOPTS \$threads"
	case $1 in
	1) name=survey ext=gz needs=$shard command="$sim --survey -o out/$part.gz <$shard && cat out/$part.gz && rm out/$part.gz" ;;
	2) name=sums needs="$shard in/whole.tsv" command="$sim -b --partial --whole in/whole.tsv <$shard" ;;
	3) needs="in/sums.rec in/whole.tsv" command="$sim -b --merge --whole in/whole.tsv $SPREAD $part/$PARTS <in/sums.rec" ;;
	esac
	bounded
}

# What a recmat file holds; every check is made on the way. Sets rows (of all its blocks), blocks, and order of the last.
look_at() {
	rows=0 blocks=0 order='' format=''
	"$BIN/rec-cat" -q --info "$1" >"$job.info" 2>/dev/null || return 1
	while IFS='	' read -r key value; do
		case $key in
		format) format=$value ;;
		blocks) blocks=$value ;;
		*.order) order=$value ;;
		*.rows) rows=$((rows + value)) ;;
		esac
	done <"$job.info"
	[ "$format" = recmat ]
}

# Is what came a whole file of the kind that was expected? A part of a half-sweep has the rows of its shard.
whole() {
	case $ext in
	gz) [ -s "$1" ] && gzip -t <"$1" 2>/dev/null ;;
	*)
		look_at "$1" || return 1
		[ "$CMD" = als ] || return 0
		read -r want <"$W/in/$side.$((part - 1)).rows" && [ "$rows" = "$want" ]
		;;
	esac
}

# -- a job: part $part of step $step --

# Sets share: processes that share a machine share its CPUs, unless --threads says otherwise.
share_of() {
	k=0
	for s in "$RUN/slot/$1".*; do
		[ ! -d "$s" ] || k=$((k + 1))
	done
	if [ -n "$THREADS" ] || [ "$k" -eq 1 ] && [ -z "$LOCAL" ]; then
		share='threads=; '
	elif [ -n "$LOCAL" ]; then
		share="threads='--threads 1'; "
	else
		# shellcheck disable=SC2016	# for the host to expand
		share="k=$k; "'n=$(($(getconf _NPROCESSORS_ONLN) / k)); threads="--threads $((n > 0 ? n : 1))"; '
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
	share_of "$host"
	on "$host" "$LIMIT" "$share$command" >"$out" 2>"$job.err" || rc=$?
	case $rc in
	0) if whole "$out"; then result=ok; else measure "$out"; result="damaged: $size bytes came, not a whole part"; fi ;;
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
	if note "$job.why" "$1 $2" 2>/dev/null; then ln "$job.why" "$RUN/failed" 2>/dev/null; else printf 'rec-fan: %s\n' "$2" >&2; fi
	exit 1
}

finished() {
	measure "$job.out"
	mv -f "$job.out" "$W/part/$name.$part.$ext"
	[ ! -e "$RUN/strike/$host" ] || rm -f "$RUN/strike/$host"
	note "$RUN/home/$part" "$slot"
	log "$name" "$part" "$try" "$host" "$began" "$size" ok
	[ "$VERBOSE" = 0 ] || printf 'rec-fan: %s part %s of %s: %s\n' "$name" "$part" "$PARTS" "$host" >&2
}

try_part() {
	try=1 avoid='' fatals=0
	while [ "$try" -le "$TRIES" ]; do
		take_slot || { [ -d "$RUN/slot" ] || exit 1; give_up 4 "no host is left for part $part of $name"; }
		tick
		began=$now
		attempt
		[ "$result" != ok ] || finished
		rmdir "$RUN/slot/$slot/busy" 2>/dev/null
		[ "$result" != ok ] || return 0
		[ -d "$RUN/slot" ] || exit 1
		full=0
		head -c 65536 /dev/zero 2>/dev/null >"$job.room" || full=1
		rm -f "$job.out" "$job.room"
		[ "$full" = 0 ] || give_up 4 "no room left in $W"	# which is no host's fault
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

# Joined parts are what the next half-sweep is given, as one block: processes of a host then share the mapped file. With them, where vectors begin at their last value, those of the other side.
collect() {
	if [ "$CMD" = als ]; then
		before=
		[ -z "$WARM" ] || before=in/own.$((step - 1)).rec
		# shellcheck disable=SC2046
		"$BIN/rec-cat" -q --merge -b $(parts_of "$name") >"$job.own" 2>"$job.err"
		case $? in
		0) ;;
		4) give_up 4 "can't write into $W" ;;
		*) give_up 4 "can't join the parts of $name in $W: $(tail -1 "$job.err")" ;;
		esac
		mv -f "$job.own" "in/own.$step.rec"
		if [ -n "$before" ]; then cat "in/own.$step.rec" "$before" >"$job.step"; else ln "in/own.$step.rec" "$job.step"; fi || give_up 4 "can't write into $W"
		mv -f "$job.step" "in/step.$step.rec"
		[ "$step" -lt 4 ] || rm -f "in/step.$((step - 3)).rec" "in/own.$((step - 3)).rec" "part/$side.$(((step + 1) / 2 - 1))".*
	fi
	# shellcheck disable=SC2046
	case $name in
	survey) cat $(parts_of survey) >"$job.own" && gzip -dc <"$job.own" >"$job.whole" && mv "$job.whole" in/whole.tsv || give_up 4 "can't write into $W" ;;
	sums) cat $(parts_of sums) >"$job.sums" && mv "$job.sums" in/sums.rec || give_up 4 "can't write into $W" ;;
	esac
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
	waited=0
	while [ ! -e "$RUN/ready" ] || [ "$step" -gt 1 ] && [ ! -e "$W/done/$((step - 1))" ]; do
		[ -d "$RUN/slot" ] && [ ! -e "$RUN/failed" ] || exit 1
		# as many jobs as there are slots may wait here: the longer the step, the more rarely they look
		if [ $((waited += 1)) -lt 20 ]; then sleep 0.02; elif [ $waited -lt 100 ]; then sleep 0.05; else sleep 0.2; fi
	done
	[ -e "$W/part/$name.$part.$ext" ] || try_part
	collect_if_last
}
