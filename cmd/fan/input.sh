# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2015,SC2034,SC2154,SC2317
# fan/input.sh - the input, what the steps need of it, and what an earlier run
# left of them. Part of rec-fan.

# make_file FILE COMMAND...: in/FILE from the stdout of COMMAND, unless it is
# there
make_file() {
	[ ! -e "in/$1" ] || return 0
	made=in/$1
	shift
	"$@" >"$RUN/made" 2>"$RUN/err" || {
		rc=$?
		[ -s "$RUN/err" ] || die 4 "cannot write $made in $work"	# no room for the reason either
		sed '$d' "$RUN/err" >&2	# notes
		die "$rc" "$(tail -n 1 "$RUN/err" | sed 's/^rec-[a-z]*: //')"
	}
	cat "$RUN/err" >&2
	mv "$RUN/made" "$made" || die 4 "cannot write $made in $work"
}

# The input is kept as it came. One matrix with rows and columns in order is
# quicker to read, where it can be made (no repeated pairs).
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

# shard SIDE [--transpose]: the input in PARTS shards, and how many rows each of
# them has
shard() {
	[ ! -e "in/$1.$((PARTS - 1)).rows" ] || return 0
	job=$RUN/shard.$1
	trap 'kill "$child" 2>/dev/null; exit 4' TERM
	from_stdin "$BIN/rec-split" -q --parts "$PARTS" --row-cost $((base + factors / 4)) --by "$1" ${2:+"$2"} --to "in/$1.%d.rec" -b <in/data.rec >/dev/null 2>"$job.err" || return 1
	i=0
	while [ "$i" -lt "$PARTS" ]; do
		look_at "in/$1.$i.rec" || return 1
		printf '%s\n' "$rows" >"$job.rows" && mv "$job.rows" "in/$1.$i.rows" || return 1	# the last one says that all are there
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
		children="$users $items $children"
	fi
	make_file step.0.rec run_job start
	[ "$iterations" -gt 0 ] || return 0
	wait "$users" || die 1 "shards of users: $(said "$RUN/shard.user.err")"
	wait "$items" || die 1 "shards of items: $(said "$RUN/shard.item.err")"
	children=${children#"$users $items"}
	[ -z "$WARM" ] || make_file own.0.rec patiently "$BIN/rec-cat" --block user -b in/step.0.rec
}

# Finished parts of an earlier run are looked at again: files can rot, and disks
# can have been full.
look_again() {
	step=$1
	if [ "$step" -lt "$STEPS" ] && [ -e "done/$step" ]; then
		[ "$CMD" = als ] && [ ! -e "done/$((step + 1))" ] && ! look_at "in/step.$step.rec" || return
		rm -f "done/$step"	# what was collected is damaged; its parts may be whole
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
