# SPDX-License-Identifier: MIT
# rounds.awk - the table of rounds.sh: awk -f rounds.awk kinds.tsv rounds.tsv.

BEGIN { FS = "\t" }

FNR == NR { words[$1] = $2; next }

{
	at = $4 FS $7			# kind, users
	if (!($1 in seen)) name[++rounds] = $1
	seen[$1] = 1
	if (!(at in line)) order[++n] = at
	line[at] = 1
	rate[at, $1] = $9
	p99[at, $1] = $12
}

function per_second(x) { return x < 1000 ? sprintf("%.0f", x) : sprintf("%.1f k", x / 1000) }

END {
	for (i = 1; i <= rounds; i++) printf "%d: %s\n", i, name[i]
	printf "\nanswers a second, and ms within which 99 of 100 came\n\n%-20s %6s", "asked for", "users"
	for (i = 1; i <= rounds; i++) printf " %17s", i
	printf " %13s\n", "last / first"
	for (j = 1; j <= n; j++) {
		split(order[j], f, FS)
		printf "%-20s %6s", (f[1] in words ? words[f[1]] : f[1]), f[2]
		for (i = 1; i <= rounds; i++)
			printf " %9s %7.3g", per_second(rate[order[j], name[i]]), p99[order[j], name[i]]
		first = rate[order[j], name[1]]
		last = rate[order[j], name[rounds]]
		printf " %13s\n", (first > 0 ? sprintf("%.1f", last / first) : "-")
	}
}
