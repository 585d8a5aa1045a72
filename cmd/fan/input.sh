# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2015,SC2034,SC2154,SC2317
# fan/input.sh - the input, the files that the steps need, and the finished
# parts of an earlier run. Belongs to rec-fan.

# make_file FILE COMMAND...: make in/FILE from the stdout of COMMAND, unless it
# exists
make_file() {
	[ ! -e "in/$1" ] || return 0
	made=in/$1
	shift
	"$@" >"$RUN/made" 2>"$RUN/err" || {
		rc=$?
		[ -s "$RUN/err" ] || die 4 "cannot write $made in $work"	# the disk is full, so there is no reason to show
		sed '$d' "$RUN/err" >&2	# notes
		die "$rc" "$(tail -n 1 "$RUN/err" | sed 's/^rec-[a-z]*: //')"
	}
	cat "$RUN/err" >&2
	mv "$RUN/made" "$made" || die 4 "cannot write $made in $work"
}

# The input is kept as it is. If it has no repeated pairs, it is made into one
# sorted matrix, which is quicker to read.
read_input() {
	if [ ! -e in/raw ]; then
		make_file raw from_stdin cat
	elif [ ! -c /dev/stdin ]; then
		from_stdin cmp -s - in/raw || die 1 "the input is not the one that $work was begun with (or cannot be read)"
	fi
	[ ! -e in/data.rec ] || return 0
	if [ "$(head -c 6 in/raw | tr -d '\000')" = RECMAT ] && look_at in/raw && [ "$order" = canonical ] && [ "$blocks" = 1 ]; then
		ln in/raw in/data.rec || die 4 "cannot write into $work"
	elif patiently "$BIN/rec-cat" --merge -b in/raw >"$RUN/made" 2>/dev/null; then
		mv "$RUN/made" in/data.rec || die 4 "cannot write into $work"
	else
		make_file data.rec patiently "$BIN/rec-cat" -b in/raw
	fi
}

# shard SIDE [--transpose]: divide the input into PARTS shards, and count the
# rows of each
shard() {
	[ ! -e "in/$1.$((PARTS - 1)).rows" ] || return 0
	job=$RUN/shard.$1
	trap 'kill "$child" 2>/dev/null; exit 4' TERM
	from_stdin "$BIN/rec-split" -q --parts "$PARTS" --row-cost $((base + factors / 4)) --by "$1" ${2:+"$2"} --to "in/$1.%d.rec" -b <in/data.rec >/dev/null 2>"$job.err" || return 1
	i=0
	while [ "$i" -lt "$PARTS" ]; do
		look_at "in/$1.$i.rec" || return 1
		printf '%s\n' "$rows" >"$job.rows" && mv "$job.rows" "in/$1.$i.rows" || return 1	# the last file means that all are there
		i=$((i + 1))
	done
}

# Make shards of users and of items, and at the same time the start values.
prepare_als() {
	if [ "$iterations" -gt 0 ]; then
		shard user &
		users=$!
		shard item --transpose &
		items=$!
		children="$users $items $children"
	fi
	make_file step.0.rec run_job start
	[ "$iterations" -gt 0 ] || return 0
	wait "$users" || die 1 "shards of users: $(said "$RUN/shard.user.err")"
	wait "$items" || die 1 "shards of items: $(said "$RUN/shard.item.err")"
	children=${children#"$users $items"}
	[ -z "$WARM" ] || make_file own.0.rec patiently "$BIN/rec-cat" --block user -b in/step.0.rec
}

# Check finished parts of an earlier run again: a file may be damaged, or the
# disk may have been full.
look_again() {
	step=$1
	if [ "$step" -lt "$STEPS" ] && [ -e "done/$step" ]; then
		[ "$CMD" = als ] && [ ! -e "done/$((step + 1))" ] && ! look_at "in/step.$step.rec" || return
		rm -f "done/$step"	# the collected file is damaged; its parts may be whole
	fi
	part=1
	while [ "$part" -le "$PARTS" ]; do
		describe "$step"
		file=part/$name.$part.$ext
		if [ -e "$file" ] && ! whole "$file"; then
			tick
			log "$name" "$part" - - "$now" 0 "damaged in $work/part"
			rm -f "$file" "done/$step"
		fi
		part=$((part + 1))
	done
}
