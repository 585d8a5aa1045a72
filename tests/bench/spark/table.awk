# SPDX-License-Identifier: MIT
# table.awk - of lines of set, k, what, whose and value (bench.sh): medians
# side by side, and MLlib divided by the others. A time limit, as >600, stays
# one.
function median(s,  v, n, i, j, t) {
	n = split(s, v, " ")
	for (i = 2; i <= n; i++)
		for (j = i; j > 1 && v[j - 1] + 0 > v[j] + 0; j--) {
			t = v[j]
			v[j] = v[j - 1]
			v[j - 1] = t
		}
	return v[int((n + 1) / 2)]
}

function number(x) {
	if (x == "" || x ~ /^>/)
		return x == "" ? "-" : x
	return sprintf(x >= 100 ? "%.0f" : x >= 10 ? "%.1f" : "%.3g", x)
}

function exact(x) {
	return x == "" ? "-" : sprintf("%.4f", x)
}

function over(a, b,  more) {
	if (a == "" || b + 0 == 0)
		return "-"
	more = sub(/^>/, "", a) ? ">" : ""
	return more sprintf("%.1f", a / b)
}

BEGIN {
	FS = "\t"
	line = "%-9s %4s  %-26s %9s %9s %9s %11s %12s\n"
	printf line, "set", "k", "", "MLlib", "ours", "plain", "MLlib/ours", "MLlib/plain"
}

{
	row = $1 FS $2 FS $3
	if (!(row in seen)) {
		seen[row] = 1
		name[++rows] = row
	}
	values[row, $4] = values[row, $4] " " $5
}

END {
	for (i = 1; i <= rows; i++) {
		split(name[i], f, FS)
		m = median(values[name[i], "MLlib"])
		o = median(values[name[i], "ours"])
		p = median(values[name[i], "plain"])
		if (f[3] ~ /@|objective/)
			printf line, f[1], f[2], f[3], exact(m), exact(o), exact(p), "", ""
		else if (f[3] !~ /BLAS/)
			printf line, f[1], f[2], f[3], number(m), number(o), number(p),
				over(m, o), over(m, p)
	}
	for (i = 1; i <= rows; i++) {
		split(name[i], f, FS)
		if (f[3] ~ /BLAS/)
			printf "\nMLlib on %s, k = %s, %s: native %s, vector %s, java %s",
				f[1], f[2], f[3], number(median(values[name[i], "native"])),
				number(median(values[name[i], "vector"])),
				number(median(values[name[i], "java"]))
	}
	print ""
}
