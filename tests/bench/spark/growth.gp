# SPDX-License-Identifier: MIT
# growth.gp - bars of what a job of rec-als on Spark takes, by growth.sh plot:
# gnuplot -e "data='FILE'"; the SVG comes on stdout.
set terminal svg size 760,420 font "sans-serif,12" background "#ffffff"
set datafile separator "\t"
set style data histograms
set style histogram rowstacked gap 1
set style fill solid 0.9 border -1
set boxwidth 0.7
set key outside right top reverse Left invert samplen 1
set ylabel "seconds"
set yrange [0:*]
set grid ytics lc rgb "#cccccc"
set xtics nomirror
set ytics nomirror
set border 3
set bmargin 4
set title "rec-als on Spark: where the time of a job goes"
label(row) = sprintf("%g M rows\n%d worker%s", column(2) / 1e6, column(3), column(3) > 1 ? "s" : "")
plot data using 5:xtic(label(0)) title "start of Spark" lc rgb "#999999", \
     '' using 6 title "divide into shards" lc rgb "#56b4e9", \
     '' using 8 title "filters" lc rgb "#009e73", \
     '' using 7 title "ship factors" lc rgb "#e69f00", \
     '' using 9 title "schedule, serialise" lc rgb "#d55e00", \
     '' using 10 title "join" lc rgb "#cc79a7", \
     '' using 11 title "other" lc rgb "#f0e442", \
     '' using 0:12 with points pt 7 ps 0.9 lc rgb "black" title "the filter without Spark"
