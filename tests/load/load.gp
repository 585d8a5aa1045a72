# SPDX-License-Identifier: MIT
# load.gp - plots of load.sh: gnuplot -e "results='FILE'; folder='FOLDER';
# kinds='FILE'" load.gp
#   rate.svg    the time of an answer against the rate at which requests are due
#   users.svg   answers a second against concurrent users
#   items.svg   answers a second as the catalogue grows
set terminal svg size 760,420 font "sans-serif,12" background "#ffffff"
set datafile separator "\t"
set key outside right top reverse Left samplen 2
set grid lc rgb "#cccccc"
set border 3
set xtics nomirror
set ytics nomirror
set style data linespoints

# Of lines that measure the same the last one counts: as in report.awk.
latest = "awk -F'\\t' '{ k = $1 FS $2 FS $3 FS $4 FS $5 FS $6; l[k] = $0 } END { for (k in l) print l[k] }' ".results
names = system("cut -f 1 ".kinds." | tr '\\n' ' '")
said(k) = system("awk -F'\\t' '$1 == \"".k."\" { print $2 }' ".kinds)
colour(i) = word("#1b6ca8 #7fb2d9 #2a9d5c #9bd3a8 #d1495b #8d6cab #e0a030", i)
# the lines that a condition of awk chooses, ascending by a field
rows(condition, field) = "< ".latest." | awk -F'\\t' '".condition."' | sort -t '\t' -k".field.",".field."g"
one(k, stage) = "$1 == \"als 64\" && ($2 == \"gowalla\" || $2 == 40000) && $3 == \"".k."\" && $4 == \"".stage."\""
shown(stage) = system("for k in ".names."; do ".latest." | awk -F'\\t' -v k=$k '$1 == \"als 64\" && $3 == k && $4 == \"".stage."\" { found = 1 } END { if (found) print k }'; done")
nth(k) = int(system("awk -F'\\t' '$1 == \"".k."\" { print NR }' ".kinds))

kinds_rate = shown("rate")
kinds_users = shown("users")

set output folder."/rate.svg"
set title "How long answers take: 99 of 100 come within this time\n{/*0.85 als of 64 factors, about 40,000 items, one CPU, open loop}"
set xlabel "requests due a second"
set ylabel "ms"
set logscale xy
if (words(kinds_rate) > 0) {
	plot for [k in kinds_rate] rows(one(k, "rate"), "7") using 7:11 lw 1.5 lc rgb colour(nth(k)) pt 7 ps 0.5 title said(k)
}

set output folder."/users.svg"
set title "How many answers a second\n{/*0.85 als of 64 factors, about 40,000 items, one CPU, closed loop}"
set xlabel "users, each of whom asks again as soon as the answer is there"
set ylabel "answers a second"
if (words(kinds_users) > 0) {
	plot for [k in kinds_users] rows(one(k, "users"), "6") using 6:8 lw 1.5 lc rgb colour(nth(k)) pt 7 ps 0.5 title said(k)
}

set output folder."/items.svg"
set title "How many answers a second, as the catalogue grows\n{/*0.85 als of 64 factors, 16 users at once, one CPU}"
set xlabel "items"
set format x "%.0s%c"
grown(k) = "< ".latest." | awk -F'\\t' '$1 == \"als 64\" && $3 == \"".k."\" && $4 == \"users\" && $6 == 16 { sub(/gowalla/, 40981, $2); print $2 \"\\t\" $8 }' | sort -g"
if (words(kinds_users) > 0) {
	plot for [k in kinds_users] grown(k) using 1:2 lw 1.5 lc rgb colour(nth(k)) pt 7 ps 0.5 title said(k)
}
