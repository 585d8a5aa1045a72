# SPDX-License-Identifier: MIT
# load.gp - plots of load.sh: gnuplot -e "results='FILE'; folder='FOLDER'".
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
kinds = "topn fold1 fold10 fold100 similar score batch"
title(k) = k eq "topn" ? "a known user" : k eq "fold1" ? "a history of 1" : \
	k eq "fold10" ? "a history of 10" : k eq "fold100" ? "a history of 100" : \
	k eq "similar" ? "similar items" : k eq "score" ? "100 scores" : "100 histories of 10"
# the lines of one model, set of items, kind and stage
rows(m, i, k, stage) = sprintf("< awk -F'\\t' '$1 == \"%s\" && $2 == \"%s\" && $3 == \"%s\" && $4 == \"%s\"' %s | sort -t '\t' -k5,5g", m, i, k, stage, results)

set output folder."/rate.svg"
set title "als of 64 factors, 40,981 items, one CPU: 99 of 100 answers come within"
set xlabel "requests due a second (open loop)"
set ylabel "ms"
set logscale xy
plot for [k in kinds] rows("als 64", "gowalla", k, "rate") using 5:9 with linespoints pt 7 ps 0.5 title title(k)

set output folder."/users.svg"
set title "als of 64 factors, 40,981 items, one CPU"
set xlabel "users, each of whom asks again as soon as the answer is there"
set ylabel "answers a second"
plot for [k in kinds] rows("als 64", "gowalla", k, "users") using 5:6 with linespoints pt 7 ps 0.5 title title(k)

set output folder."/items.svg"
set title "als of 64 factors, 16 users at once, one CPU"
set xlabel "items"
set ylabel "answers a second"
grown(k) = sprintf("< awk -F'\\t' '$1 == \"als 64\" && $3 == \"%s\" && $4 == \"users\" && $5 == 16 { sub(/gowalla/, 40981, $2); print $2 \"\\t\" $6 }' %s | sort -g", k, results)
plot for [k in kinds] grown(k) using 1:2 with linespoints pt 7 ps 0.5 title title(k)
