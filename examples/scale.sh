#!/bin/sh
# SPDX-License-Identifier: MIT
# scale.sh [USERS ITEMS INTERACTIONS [HOSTS [CORES [GBIT]]]] - the time of a
# sweep of rec-als and of a ranking of all users, calculated from measured
# rates, with 64 factors, on HOSTS machines of CORES cores with links of GBIT
# Gbit/s.
# Without arguments it prints the table of rec-scale(7). Set the rates of your
# own machine by
#   NS_PAIR    nanoseconds of one core for one interaction in a half-step
#              (make bench-fan: als, one process)
#   SCORES     10^9 scores a second of one core
#              (make bench-fan: topn, one process)
set -eu

row() {	# USERS ITEMS INTERACTIONS HOSTS CORES GBIT
	awk -v users="$1" -v items="$2" -v pairs="$3" -v hosts="$4" -v cores="$5" -v gbit="$6" -v ns="${NS_PAIR:-98}" -v scores="${SCORES:-0.58}" '
	function bytes(x) { return x < 1e9 ? sprintf("%.0f MB", x / 1e6) : x < 1e12 ? sprintf("%.3g GB", x / 1e9) : sprintf("%.3g TB", x / 1e12) }
	function span(s) { return s < 100 ? sprintf("%.2g s", s) : s < 7200 ? sprintf("%.0f min", s / 60) : s < 172800 ? sprintf("%.0f h", s / 3600) : sprintf("%.0f days", s / 86400) }
	BEGIN {
		k = 64; label = 20			# bytes of a label and its place
		row = 16 + k / 4			# a row costs as much as so many interactions (rec-als(1), --row-cost)
		input = 2 * 8 * pairs / hosts		# shards of both sides
		user = users * (4 * k + label); item = items * (4 * k + label)
		solve = (2 * pairs + row * (users + items)) * ns / 1e9 / (hosts * cores)
		ship = (hosts + 1) * (user + item) / (gbit * 1e9 / 8)	# out of the driver to every host, and back in once
		rank = users * items / (scores * 1e9) / (hosts * cores)
		printf "%.0e\t%.0e\t%.0e\t%d x %d\t%s\t%s\t%s\t%s\t%s\t%s\n", users, items, pairs, hosts, cores, bytes(input), bytes(user > item ? user : item),
			bytes((hosts + 1) * (user + item)), span(solve), span(ship), span(rank)
	}'
}

printf 'users\titems\tpairs\thosts\tinput\ttable\tshipped\tsolving\tshipping\tranking\n'
if [ $# -ge 3 ]; then
	row "$1" "$2" "$3" "${4:-1}" "${5:-32}" "${6:-10}"
else
	row 2e5 5e4 1e7 1 2 10
	row 2e5 5e4 1e7 2 16 10
	row 1e6 1e5 1e8 4 32 10
	row 1e7 1e6 1e9 4 32 10
	row 1e8 1e6 1e10 8 64 25
	row 1e9 1e7 1e11 8 64 25
	row 1e9 1e7 1e11 100 64 25
fi
