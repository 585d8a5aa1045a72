# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2016,SC2034,SC2094,SC2154
# report.sh - tables and plots of load.sh.

TABLES="users factors rate start memory rounds peer agree implicit cross soak errors"

# words KIND: what is asked for
words() { awk -F'\t' -v k="$1" '$1 == k { print $2 }' "$HERE/kinds.tsv"; }

# machine [STAGES]: where and when, into the results; at the end how busy it is
machine() {
	if [ $# -gt 0 ]; then
		{
			echo "$(date -u +%F): $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc --all) CPUs, Linux $(uname -r)"
			rec-serve --version
			echo "stages $1: $EACH s a measurement; load before them $(cut -d ' ' -f 1 /proc/loadavg)"
		} >>"$RESULTS/machine"
		tail -n 4 "$RESULTS/machine" >&2
	else
		echo "load at their end, own share included: $(cut -d ' ' -f 1 /proc/loadavg)" >>"$RESULTS/machine"
	fi
}

# table NAME FOLDER
table() {
	case $1 in
	machine) cat "$2/machine" ;;
	rounds) [ ! -s "$2/rounds.tsv" ] || awk -f "$HERE/rounds.awk" "$HERE/kinds.tsv" "$2/rounds.tsv" ;;
	*) awk -v table="$1" -f "$HERE/report.awk" "$HERE/kinds.tsv" "$2/load.tsv" ;;
	esac
}

# plots FOLDER PAGE: those that are there
plots() {
	local name at
	at=$(realpath --relative-to="$(dirname "$2")" "$1")
	for name in rate users items $(sed 's/^/flame-/; s/\t.*//' "$HERE/kinds.tsv"); do
		[ -s "$1/$name.svg" ] || continue
		case $name in
		rate) echo "![the time of 99 of 100 answers, against the rate]($at/$name.svg)" ;;
		users) echo "![answers a second, against users]($at/$name.svg)" ;;
		items) echo "![answers a second, against items]($at/$name.svg)" ;;
		*) echo "![where the time goes: $(words "${name#flame-}")]($at/$name.svg)" ;;
		esac
	done
}

report_tables() {
	local t
	for t in $TABLES; do
		printf '\n-- %s\n' "$t"
		table "$t" "$1"
	done
}

# report FOLDER: plots, and in RESULTS.md what stands between `<!-- table NAME
# -->` and `<!-- end -->`
report() {
	local line name='' page=${RESULTS_MD:-$HERE/RESULTS.md}
	if command -v gnuplot >/dev/null; then
		gnuplot -e "results='$1/load.tsv'; folder='$1'; kinds='$HERE/kinds.tsv'" "$HERE/load.gp"
	else
		say "no plots: no gnuplot"
	fi
	while IFS= read -r line; do
		case $line in
		'<!-- table '*)
			name=${line#<!-- table } name=${name% -->}
			printf '%s\n' "$line"
			if [ "$name" = plots ]; then
				plots "$1" "$page"
			else
				printf '```\n%s\n```\n' "$(table "$name" "$1")"
			fi
			;;
		'<!-- end -->') name='' ;;
		esac
		[ -n "$name" ] || printf '%s\n' "$line"
	done <"$page" >"$page.new"
	mv "$page.new" "$page"
}
