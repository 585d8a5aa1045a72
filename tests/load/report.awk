# SPDX-License-Identifier: MIT
# report.awk - a table of load.sh: awk -v table=NAME -f report.awk kinds.tsv
# load.tsv. Of lines that measure the same the last one counts.

BEGIN { FS = "\t" }

FNR == NR { words[$1] = $2; next }

{
	key = $1 FS $2 FS $3 FS $4 FS $5 FS $6
	if (!(key in last)) order[++n] = key
	last[key] = $0
}

function size(items) { return items == "gowalla" ? 40981 : items }
function kind(k) { return k in words ? words[k] : k }
function ratio(a, b) { return b > 0 ? sprintf("%.1f", a / b) : "-" }

function time(ms) { return ms + 0 == 0 ? "-" : ms < 1000 ? sprintf("%.3g", ms) : sprintf("%.0f", ms) }

function per_second(n) { return n < 10 ? sprintf("%.2f", n) : sprintf("%.0f", n) }

function times() {
	printf "%9s %8s %8s %8s %8s %8s", per_second(f[8]), time(f[9]), time(f[10]), time(f[11]), time(f[12]), time(f[13])
}

# head: once, before the first line
function head(text) { if (!lines++) print text }

function users() {
	if (f[4] != "users") return
	head(sprintf("%-10s %8s  %-20s %6s %9s %8s %8s %8s %8s %8s %5s %7s", "model", "items", "asked for",
		"users", "answers/s", "p50 ms", "p90", "p99", "p99.9", "longest", "CPU", "own MB"))
	printf "%-10s %8s  %-20s %6s ", f[1], size(f[2]), kind(f[3]), f[6]
	times()
	printf " %5.2f %7.1f\n", f[17], f[18]
}

# What 128 factors cost, of models that are there with 64 as well.
function factors(  other, g) {
	if (f[4] != "users" || f[1] !~ / 64$/ || f[6] != 16) return
	other = f[1]
	sub(/64$/, "128", other)
	other = other FS f[2] FS f[3] FS f[4] FS f[5] FS f[6]
	if (!(other in last)) return
	split(last[other], g, FS)
	head(sprintf("%-8s  %-20s %15s %15s %10s", "items", "asked for", "answers/s at 64", "at 128", "64 / 128"))
	printf "%-8s  %-20s %15.0f %15.0f %10s\n", size(f[2]), kind(f[3]), f[8], g[8], ratio(f[8], g[8])
}

function rate() {
	if (f[4] != "rate") return
	head(sprintf("%-10s %8s  %-20s %6s %9s %9s %8s %8s %8s %8s %8s %7s", "model", "items", "asked for",
		"share", "due/s", "answers/s", "p50 ms", "p90", "p99", "p99.9", "longest", "unsent"))
	printf "%-10s %8s  %-20s %6s %9.0f ", f[1], size(f[2]), kind(f[3]), f[6], f[7]
	times()
	printf " %7d\n", f[15]
}

function start(  at, c, g) {
	if (f[4] != "start" || f[5] == "implicit" || f[6] != "answered") return
	at = f[1] FS f[2] FS f[3] FS f[4] FS
	split(last[at "size" FS "MB"], g, FS)
	split(last[at f[5] FS "connected"], c, FS)
	head(sprintf("%-10s %8s %9s  %-8s %14s %14s", "model", "items", "model MB", "", "ms: connected", "answered"))
	printf "%-10s %8s %9.1f  %-8s %14.1f %14.1f\n", f[1], size(f[2]), g[7], f[5], c[7], f[7]
}

# Lines of one figure.
function figures(stage) {
	if (f[4] != stage || f[8] != "") return
	head(sprintf("%-10s %8s", f[1], size(f[2])))
	printf "%-24s %-46s %10s\n", f[5], f[6], f[7]
}

function peer(  other, g) {
	if (f[4] !~ /^peer[12]$/ || f[5] != "rec-serve") return
	other = f[1] FS f[2] FS f[3] FS f[4] FS "implicit" FS f[6]
	if (!(other in last)) return
	split(last[other], g, FS)
	if (!lines)
		printf "%47s | %-27s | %-18s\n", "", "answers/s", "p99 ms"
	head(sprintf("%-10s %8s  %-14s %4s %6s | %9s %9s %7s | %9s %8s %7s", "model", "items", "asked for",
		"CPUs", "users", "rec-serve", "implicit", "ratio", "rec-serve", "implicit", "ratio"))
	printf "%-10s %8s  %-14s %4s %6s | %9.0f %9.0f %7s | %9.3g %8.3g %7s\n", f[1], size(f[2]), kind(f[3]),
		substr(f[4], 5), f[6], f[8], g[8], ratio(f[8], g[8]), f[11], g[11], ratio(g[11], f[11])
}

function agree() {
	if (f[4] != "peer" || f[5] != "agreement") return
	head(sprintf("%-16s %-36s %8s", "asked for", "of 200 lists of both", ""))
	sub(/^same.items$/, "share of items that both list", f[6])
	sub(/^same.lists$/, "share of lists with the same order", f[6])
	sub(/^score.difference$/, "largest difference of two scores", f[6])
	printf "%-16s %-36s %8s\n", kind(f[3]), f[6], f[7]
}

# What else was seen of the peer.
function implicit() {
	if (f[4] == "start" && f[5] == "implicit")
		f[6] = "ms from the fork, " f[6]
	else if (f[4] != "peer" || f[5] == "agreement")
		return
	head(sprintf("%-10s %8s", f[1], size(f[2])))
	printf "%-10s %-36s %10.0f\n", f[5], f[6], f[7]
}

function cross(  open, g) {
	if (f[4] !~ /^cross[.]/) return
	head(sprintf("%-16s %-24s %-8s %9s %9s %8s %8s %8s %8s %8s %14s", "asked for", "", "by", "due/s",
		"answers/s", "p50 ms", "p90", "p99", "p99.9", "longest", "sent / planned"))
	open = f[4] == "cross.rate"
	split(last[f[1] FS f[2] FS f[3] FS "cross" FS f[5] FS "sent / planned"], g, FS)
	printf "%-16s %-24s %-8s %9s ", kind(f[3]), open ? "open loop" : f[6] " users, closed loop",
		f[5], open ? sprintf("%.0f", f[7]) : "-"
	times()
	printf " %14s\n", open ? g[7] : "-"
}

function soak() {
	if (f[4] != "soak") return
	if (f[8] == "") { figures("soak"); return }
	head(sprintf("%-10s %8s", f[1], size(f[2])))
	printf "%-24s %-46s %10.0f\n", "answers", "a second", f[8]
	printf "%-24s %-46s %10.3g\n", "", "p50 ms", f[9]
	printf "%-24s %-46s %10.3g\n", "", "p99 ms", f[11]
	printf "%-24s %-46s %10.3g\n", "", "p99.9 ms", f[12]
	printf "%-24s %-46s %10.3g\n", "", "the longest, ms", f[13]
}

END {
	for (i = 1; i <= n; i++) {
		split(last[order[i]], f, FS)
		bad += f[14]
		lost += f[16]
		if (table == "users") users()
		else if (table == "factors") factors()
		else if (table == "rate") rate()
		else if (table == "start") start()
		else if (table == "memory") figures("memory")
		else if (table == "peer") peer()
		else if (table == "agree") agree()
		else if (table == "implicit") implicit()
		else if (table == "cross") cross()
		else if (table == "soak") soak()
		split("", f)
	}
	if (table == "errors")
		printf "answers with an error: %d; requests without an answer: %d\n", bad, lost
	else if (!lines)
		print "(not measured)"
}
