# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# packages.sh - read by the demos: the package index of a Debian or Ubuntu.

# package TAB wanted package, one a line, from the index of the distribution.
package_index() {
	apt-cache dumpavail 2>/dev/null | awk '
		/^Package: / { p = $2 }
		/^(Depends|Pre-Depends|Recommends): / {
			sub(/^[^:]*: /, "")
			n = split($0, want, /, */)
			for (i = 1; i <= n; i++) {
				sub(/ *\|.*/, "", want[i]); sub(/[ (:].*/, "", want[i])	# the first alternative, without version or architecture
				if (want[i] != "" && want[i] != p) print p "\t" want[i]
			}
		}'
}

# package TAB package - what it is, one a line.
package_titles() {
	apt-cache dumpavail 2>/dev/null | awk '
		/^Package: / { p = $2 }
		/^Description(-en)?: / && !(p in seen) { seen[p]; sub(/^[^:]*: */, ""); gsub(/\t/, " "); print p "\t" p " - " $0 }'
}
