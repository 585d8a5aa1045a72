#!/bin/sh
# SPDX-License-Identifier: MIT
# demo.sh - install missing packages, build, and show the whole pipe on data
# that every Debian or Ubuntu machine has: its own package index.
#
# A package is a user; the packages it depends on or recommends are its items.
# The demo finds packages that go together, suggests packages for this machine,
# and measures how good the suggestions are. On other systems it uses made-up
# data, and says so.
set -eu
cd "$(dirname "$0")/.."

sh tests/setup.sh build
run() { printf '    $ %s\n' "$1"; eval "$1"; }	# a line of this file, shown and done
say() { printf '\n\033[1m%s\033[0m\n' "$*" | if [ -t 1 ]; then cat; else sed 's/\x1b\[[0-9]*m//g'; fi; }

say "1. Build"
make -s -j "$(nproc)" all
PATH=$PWD/build/bin:$PATH
echo "    The commands are in build/bin: $(cd build/bin && echo rec-*)"
echo "    To call them from your shell: export PATH=\$PWD/build/bin:\$PATH"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
root=$PWD
cd "$work"

# shellcheck source=examples/serve/packages.sh disable=SC1091
. "$root/examples/serve/packages.sh"

say "2. Data"
real=yes
if command -v apt-cache >/dev/null; then
	if [ "$(apt-cache dumpavail 2>/dev/null | grep -c '^Package: ')" -lt 1000 ]; then
		{ [ "$(id -u)" -eq 0 ] && apt-get update -q; } >/dev/null 2>&1 || { command -v sudo >/dev/null && sudo apt-get update -q; } >/dev/null 2>&1 || true
	fi
	package_index | sort -u >all.tsv
	apt-cache dumpavail 2>/dev/null | sed -n 's/^Package: //p' | sort -u >packages	# real ones: a name that is only provided can't be installed
fi
if [ ! -s all.tsv ] || [ "$(wc -l <all.tsv)" -lt 10000 ]; then
	real=no
	echo "    This machine has no package index, so rec-gen MAKES UP data:"
	echo "    users u1, u2 ... and items i1, i2 ..."
	run 'rec-gen --users 5000 --items 1500 --rows 120000 >all.tsv'
else
	echo "    The package index of this machine. A user is a package; its items are the"
	echo "    packages that it depends on or recommends. Some lines, user TAB item:"
fi
sed -n '1p;1000p;5000p' all.tsv | sed 's/^/    /'
# Nothing can be learnt from packages that only one other needs, or that need
# almost nothing.
run 'rec-split --core 3 <all.tsv >core.tsv'
rec-cat --info core.tsv | awk -F'\t' '/^(rows|columns|cells)/ { n[$1] = $2 } END { print "    " n["rows"] " users, " n["columns"] " items, " n["cells"] " pairs" }'

say "3. Which packages go together?"
echo "    Two items are neighbours if the same users have them (1: exactly the same"
echo "    users)."
run 'rec-sim cosine -b <core.tsv >neighbours.rec'
echo "    \$ echo ITEM | rec-topn -m neighbours.rec --similar-items -n 4"
if [ $real = yes ]; then show="libqt5widgets5 python3-numpy libgtk-3-0 ruby libssl3 r-base-core"; else show="i1 i2 i3 i4"; fi
for p in $show; do
	line=$(echo "$p" | rec-topn -q -m neighbours.rec --similar-items -n 4 2>/dev/null | awk -F'\t' '{ printf "%s%s (%.2f)", (NR > 1 ? ", " : ""), $2, $3 }')
	[ -z "$line" ] || printf '    %-18s %s\n' "$p" "$line"
done

say "4. Suggestions for this machine"
run 'rec-sim linear -b -n 200 <core.tsv >items.rec'
if [ $real = yes ] && command -v dpkg-query >/dev/null; then
	# One user, this machine; its history is what is installed.
	dpkg-query -W -f '${binary:Package}\n' | sed 's/:.*//' | sort -u | awk '{ print "this-machine\t" $1 }' >installed.tsv
	echo "    This machine is a new user. Its items are the $(wc -l <installed.tsv) installed packages."
	echo "    Eight packages that go with them:"
	run 'rec-topn -q -m items.rec -n 8 --allow packages <installed.tsv >suggested.tsv'
	awk -F'\t' '{ printf "    %-36s score %.2f\n", $2, $3 }' suggested.tsv
else
	echo "    For user u1, who has $(grep -c '^u1	' core.tsv) items:"
	grep '^u1	' core.tsv | rec-topn -q -m items.rec -n 8 | awk -F'\t' '{ printf "    %s\n", $2 }'
fi

say "5. Is that good? Hide a tenth of the pairs, and let models find them"
run 'rec-split -q --ratio 0.1 --test test.tsv --warm-only both <core.tsv >train.tsv'
echo "    $(wc -l <train.tsv) pairs to learn from, $(wc -l <test.tsv) hidden pairs to find. recall@10 is the share"
echo "    of a user's hidden items among the ten that are suggested; ndcg@10 also counts"
echo "    how far up they are."
# The exponents that are best on a tenth of train; the test pairs have no
# influence.
rec-split -q --seed 2 --ratio 0.1 --test valid.tsv --warm-only both <train.tsv >fit.tsv
for e in 1,0.5,0.5 1,0.5,0.3 1,0.3,0.3; do
	rec-sim -q -b linear --exponents $e -n 200 <fit.tsv >try.rec
	rec-topn -q -m try.rec -n 10 <fit.tsv | rec-eval -q -t valid.tsv ndcg@10 | awk -F'\t' -v e=$e '{ print $2 "\t" e }'
done | sort -rn | head -1 | cut -f2 >exponents
echo "    Settings are the defaults, except: rec-als has 8 sweeps; the linear filter has"
echo "    200 neighbours and exponents $(cat exponents), the best of three on a tenth of the"
echo "    pairs to learn from."
echo "    Each model is trained and measured like this one:"
echo "    \$ rec-als -k 64 -i 8 <train.tsv >als.rec"
echo "    \$ rec-topn -m als.rec -n 10 <train.tsv | rec-eval -t test.tsv recall@10 ndcg@10"
measure() {	# measure NAME < lists
	rec-eval -q -t test.tsv recall@10 ndcg@10 | awk -F'\t' -v name="$1" '{ v[$1] = $2 } END { printf "    %-38s recall@10 %.4f   ndcg@10 %.4f\n", name, v["recall@10"], v["ndcg@10"] }'
}
# Ten random items for every package, to compare with.
rec-cat --labels col train.tsv >labels
cut -f1 test.tsv | sort -u | awk 'BEGIN { srand(1); while ((getline l < "labels") > 0) item[n++] = l }
	{ split("", seen); for (k = 10; k > 0; ) { i = int(rand() * n); if (!(i in seen)) { seen[i]; print $1 "\t" item[i] "\t" k-- } } }' | measure "random"
rec-sim -q -b popular <train.tsv >popular.rec
rec-topn -q -m popular.rec -n 10 <train.tsv | measure "most popular"
rec-sim -q -b cosine -n 100 <train.tsv >cosine.rec
rec-topn -q -m cosine.rec -n 10 <train.tsv | measure "cosine neighbours"
rec-als -q -k 64 -i 8 <train.tsv >als.rec
rec-topn -q -m als.rec -n 10 <train.tsv | measure "matrix factorisation (rec-als -k 64)"
rec-sim -q -b linear --exponents "$(cat exponents)" -n 200 <train.tsv >linear.rec
rec-topn -q -m linear.rec -n 10 <train.tsv | measure "linear filter (rec-sim linear)" | tee best
awk '{ for (i = 1; i < NF; i++) if ($i == "recall@10") printf "    So of 100 hidden items of a user, the ten suggestions hold %.0f on average.\n", 100 * $(i + 1) }' best

say "6. The same bytes in every run"
shuf train.tsv 2>/dev/null | rec-als -q -j 1 -k 64 -i 8 >again.rec
if cmp -s als.rec again.rec; then echo "    rec-als with shuffled lines and one thread makes the same $(wc -c <als.rec) bytes"; else echo "    DIFFERENT BYTES: please report this"; exit 1; fi

cd "$root"
say "Next: man ./man/rec.7 (overview), or build/bin/rec-als --help"
