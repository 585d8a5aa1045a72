#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The house in order: rooms, symbols, manual pages, scripts.

load helpers

setup() {
	cd "$ROOT" || return 1
}

@test "house: a room includes only rooms above it in the list; als, sim and data are side by side" {
	# A public header has the rank of the room that it speaks for.
	run awk '
		BEGIN {
			n = split("base io recmat rows foreign matrix kernel blas data model als sim load score topn eval serve lambda", room)
			for (i = 1; i <= n; i++) rank[room[i]] = i
			rank["data"] = rank["als"] = rank["sim"]	# side by side
			n = split("err base pool base stream io recmat recmat rows rows matrix matrix model model load load als als eval eval sim sim score score topn topn answer topn", public)
			for (i = 1; i < n; i += 2) speaks[public[i]] = public[i + 1]
		}
		function where(path,  part) {
			split(path, part, "/")
			sub(/\.h$/, "", part[2])
			return part[1] == "recpipe" ? speaks[part[2]] : part[1]
		}
		/^#include ("|<recpipe)/ {
			split(FILENAME, file, "lib/"); here = where(file[2])
			split($2, file, /[<>"]/); there = where(file[2])
			if (!(there in rank) || !(here in rank)) { print FILENAME ": " $0 ": no such room"; bad = 1 }
			else if (rank[there] > rank[here] || (rank[there] == rank[here] && there != here)) { print FILENAME ": " $0; bad = 1 }
		}
		END { exit bad }' lib/*/*.[ch]
	[ "$status" -eq 0 ] || fail "$output"
}

@test "house: a command includes nothing of another; a file of cmd/cli only files below it in the list" {
	run awk '
		BEGIN {
			n = split("spec say table params signals bus stats hint files run need end near help options cli load side template site", file)
			for (i = 1; i <= n; i++) rank[file[i]] = i
		}
		FNR == 1 { here = FILENAME; sub(/^cmd\/(rec-)?/, "", here); sub(/[\/.].*/, "", here); own = FILENAME; sub(/.*\//, "", own); sub(/\..*/, "", own) }
		/^#include "cmd\// {
			split($2, q, /[\/".]/); there = q[3]; other = q[4]
			if (there != here && there != "cli") { print FILENAME ": " $0; bad = 1 }
			else if (here == "cli" && (!(own in rank) || !(other in rank) || rank[other] > rank[own])) { print FILENAME ": " $0; bad = 1 }
		}
		END { exit bad }' cmd/*.[ch] cmd/*/*.[ch]
	[ "$status" -eq 0 ] || fail "$output"
}

@test "house: commands ask for options that they have" {
	for f in cmd/rec-*.c cmd/*/*.c; do
		c=${f#cmd/}; c=rec-${c#rec-}; c=${c%%[./]*}
		[ "$c" != rec-cli ] || { ! grep -n 'cli_given("' "$f" || fail "$f"; continue; }
		grep -oE 'cli_given\("[^"]*"' "$f" | cut -d '"' -f 2 | sort -u >"$BATS_TEST_TMPDIR/asked" || true
		lost=$("$c" --options | cut -f 2 | sort | comm -23 "$BATS_TEST_TMPDIR/asked" -)
		[ -z "$lost" ] || fail "$f: $c has no option $lost"
	done
}

@test "house: only the rooms that read files and matrices know that their bytes may lie in a file" {
	# The others take cells by matrix/csr_row.h and rows of factors by matrix/table.h: a report that is forgotten is silent.
	run grep -nE 'rec_far_(used|walk|drop)' lib/{foreign,kernel,blas,data,model,als,sim,load,score,topn,eval,serve,lambda}/*.[ch] cmd/*.[ch] cmd/*/*.[ch]
	[ "$status" -eq 1 ] || fail "$output"
}

@test "house: the library never exits, prints, reads the environment or uses libm's elementary functions" {
	command -v nm >/dev/null || skip "nm is not installed"
	serve=$([ ! -e build/serve.a ] || echo build/serve.a)
	run sh -c "nm -A build/librec.a $serve | grep -E ' U (exit|_exit|abort|printf|puts|putchar|fprintf|vprintf|perror|fputs|fwrite|stdout|stderr|getenv|secure_getenv|log|log2|log10|log1p|logf|log2f|exp|exp2|expf|expm1|pow|powf|sin|cos|tan|sinf|cosf|tanh|erf|erfc|lgamma|rand|srand|random|drand48|strtok|setlocale)(@|$)'"
	[ "$status" -eq 1 ] || fail "$output"
	[ "$(nm build/librec.a | grep -c ' T rec_')" -gt 100 ]
}

@test "house: the library has no mutable globals" {
	command -v objdump >/dev/null || skip "objdump is not installed"
	# Constant tables that hold addresses lie in .data.rel.ro; what can
	# change lies in .data, .bss and their thread-local kin. OpenBLAS is
	# loaded once (lib/blas).
	serve=$([ ! -e build/serve.a ] || echo build/serve.a)
	run sh -c "objdump -h build/librec.a $serve | awk '/file format/ { f = \$1 } \$2 ~ /^\.t?(data|bss)\$/ && \$3 !~ /^0+\$/ && f !~ /^blas/ { print f, \$2, \$3 }'"
	[ -z "$output" ] || fail "$output"
	[ "$(objdump -h build/librec.a | grep -c 'file format')" -gt 20 ]
}

@test "house: manual pages pass mandoc -T lint" {
	command -v mandoc >/dev/null || skip "mandoc is not installed"
	run mandoc -T lint -W warning man/*.[1-9]
	[ "$status" -eq 0 ] || fail "$output"
	[ -z "$output" ] || fail "$output"
}

@test "house: manual pages name the package, and no option lost a dash by a slip of a macro" {
	command -v mandoc >/dev/null || skip "mandoc is not installed"
	for c in $COMMANDS $SERVE rec-fan rec-task; do "$c" --options | cut -f2; done | sort -u >"$BATS_TEST_TMPDIR/options"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/options")" -gt 100 ]
	for page in man/*.[1-9]; do
		grep -qx '\.Os recpipe' "$page" || fail "$page: .Os recpipe is missing"
		grep -qE '^\.Dd (January|February|March|April|May|June|July|August|September|October|November|December) [0-9]+, 20[0-9][0-9]$' "$page" || fail "$page: no date"
		mandoc -T ascii "$page" | sed 's/.\x08//g' >"$BATS_TEST_TMPDIR/text"
		# -merge, where --merge is an option of a command; and a
		# command's name behind a dash
		run grep -nE '(^|[^A-Za-z0-9-])-([a-z]+-[a-z-]+|rec-[a-z]+)' "$BATS_TEST_TMPDIR/text"
		[ -z "$output" ] || fail "$page: $output"
		grep -oE '(^|[^A-Za-z0-9-])-[a-z][a-z]+' "$BATS_TEST_TMPDIR/text" | sed 's/.*-//' | sort -u | comm -12 - "$BATS_TEST_TMPDIR/options" >"$BATS_TEST_TMPDIR/lost"
		[ ! -s "$BATS_TEST_TMPDIR/lost" ] || fail "$page: a dash is missing: $(cat "$BATS_TEST_TMPDIR/lost")"
	done
}

@test "house: README, pages and examples count the commands right" {
	[ "$(find build/bin -name 'rec-*' | wc -l)" -ge 10 ]
	! grep -niE '(eight|nine|[^a-z]8) commands' README.md man/*.[1-9] examples/*.sh || false
	! grep -n 'settings are untuned' README.md examples/*.sh || false
	for c in build/bin/rec-*; do grep -q "^| \`${c##*/}\` |" README.md || fail "README lacks ${c##*/}"; done
}

@test "house: the README's way from CSV files to titled lists and measures runs" {
	# the blocks of shell of two sections
	awk '/^## / { on = /CSV|good/ } on && /^```/ { shell = $0 == "```sh"; next } on && shell' \
		README.md >"$BATS_TEST_TMPDIR/first.sh"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/first.sh")" -eq 10 ]
	cd "$BATS_TEST_TMPDIR"
	{ echo userId,movieId,rating,timestamp; make_train 300 300 20000 | sed 's/\ti/\t/' | tr '\t' ,; } >ratings.csv
	{ echo movieId,title,genres; seq 300 | sed 's/.*/&,"Film &, The",Drama/'; } >movies.csv
	sh -eu first.sh >out 2>err || fail "$(cat err)"
	[ "$(grep -c '^[0-9.]* Film [0-9]*, The$' out)" -eq 3 ] || fail "$(cat out)"
	grep -q "^ndcg@20/ceiling$TAB" out || fail "$(cat out err)"
}

@test "house: every command has a manual page that names each of its options, and no others" {
	for c in $COMMANDS $SERVE; do
		[ -f "man/$c.1" ] || fail "no man/$c.1"
		"$c" --options | cut -f2 | sort >"$BATS_TEST_TMPDIR/table"
		{ grep -oE 'Fl -[a-z][a-z0-9-]*' "man/$c.1" | sed 's/Fl -//'; } | sort -u >"$BATS_TEST_TMPDIR/page"
		missing=$(comm -23 "$BATS_TEST_TMPDIR/table" "$BATS_TEST_TMPDIR/page")
		[ -z "$missing" ] || fail "man/$c.1 lacks: $missing"
		grep -E '^\.It ' "man/$c.1" | grep -oE 'Fl -[a-z][a-z0-9-]*' | sed 's/Fl -//' | sort -u >"$BATS_TEST_TMPDIR/items"
		extra=$(comm -13 "$BATS_TEST_TMPDIR/table" "$BATS_TEST_TMPDIR/items" | grep -vE '^(help|version)$' || true)
		[ -z "$extra" ] || fail "man/$c.1 has what $c lacks: $extra"
	done
}

@test "house: pages, README and help use one word for one thing, those of the glossary" {
	for w in pair row column history candidate part shard sweep half-step block limit fold-in; do
		grep -qx "\.It $w" man/rec.7 || fail "rec(7) does not explain '$w'"
	done
	for c in $COMMANDS $SERVE rec-fan rec-task; do "$c" --help >"$BATS_TEST_TMPDIR/$c.help"; done
	run grep -nE "half-sweep|[Bb]ut for|told|goes by|one behind the other|none but|n't\b" README.md man/*.[1-9] "$BATS_TEST_TMPDIR"/*.help
	[ -z "$output" ] || fail "$output"
}

@test "house: every command is on the map" {
	for c in $COMMANDS $SERVE; do
		grep -q "^\.It Xr $c 1" man/rec.7 || fail "rec(7) lacks $c"
	done
}

@test "house: the examples of the manual pages run" {
	command -v mandoc >/dev/null || skip "mandoc is not installed"
	# hosts that examples name
	mkdir -p "$BATS_TEST_TMPDIR/hosts/big" "$BATS_TEST_TMPDIR/hosts/small" "$BATS_TEST_TMPDIR/hosts/other"
	export REC_FAKE_HOSTS=$BATS_TEST_TMPDIR/hosts REC_SSH="sh $PWD/tests/fan/ssh.sh"
	for page in man/*.[17]; do
		[ "$page" != man/rec-spark.7 ] || continue	# tests/spark/page.bats: it needs Spark
		rm -rf "$BATS_TEST_TMPDIR/run"
		mkdir "$BATS_TEST_TMPDIR/run"
		# All literal blocks of EXAMPLES, as one script: later ones may
		# use files of earlier ones. As a reader sees them: indented by
		# 11.
		mandoc -T ascii "$page" | sed 's/.\x08//g' |
			awk '/^[A-Z]/ { on = $0 == "EXAMPLES" } on && /^           / { print substr($0, 12) }' >"$BATS_TEST_TMPDIR/example.sh"
		[ -s "$BATS_TEST_TMPDIR/example.sh" ] || fail "$page has no examples"
		(cd "$BATS_TEST_TMPDIR/run" && sh -eu ../example.sh >../out 2>../err) || fail "$page: $(cat "$BATS_TEST_TMPDIR/err")"
	done
}

@test "house: scripts pass shellcheck" {
	command -v shellcheck >/dev/null || skip "shellcheck is not installed"
	# shellcheck disable=SC2046
	run shellcheck .ci/run $(git ls-files '*.sh' 2>/dev/null || ls cmd/*.sh cmd/*/*.sh tests/*.sh examples/*.sh)
	[ "$status" -eq 0 ] || fail "$output"
	run shellcheck -x -S warning -s bash -e SC2030,SC2031,SC1091,SC2164,SC2238,SC2034,SC2120 tests/*.bats tests/fan/*.bats tests/spark/*.bats tests/spark/*.bash tests/cloud/*.bats tests/cloud/*.bash tests/helpers.bash tests/services.bash
	[ "$status" -eq 0 ] || fail "$output"
	run shellcheck -x -P SCRIPTDIR -e SC2034,SC1091 examples/cloud/rec-get examples/cloud/rec-put
	[ "$status" -eq 0 ] || fail "$output"
}

# completes EXPECTED WORD...: what bash offers for the last of these words, as
# it divides a line, in one line with commas between.
completes() {
	local want=$1
	shift
	run bash -c '. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _recpipe; IFS=,; echo "${COMPREPLY[*]}"' - "$BATS_TEST_TMPDIR/completion" "$@"
	[ "$status" -eq 0 ] && [ "$output" = "$want" ] || fail "$*: '$output', not '$want'"
}

@test "house: bash completion knows options, choices, methods, measures, and the commands behind rec-fan and rec-task" {
	sh cmd/cli/completion.sh "${REC_BIN:-$ROOT/build/bin}" >"$BATS_TEST_TMPDIR/completion"
	bash -n "$BATS_TEST_TMPDIR/completion"
	for c in $COMMANDS $SERVE rec-fan rec-task; do
		grep -q "^complete .* $c\\b" "$BATS_TEST_TMPDIR/completion" || fail "nothing for $c"
		for o in $("$c" --options | awk -F'\t' '$5 != "hidden" { print $2 }'); do
			run bash -c '. "$1"; COMP_WORDS=("$2" "--$3"); COMP_CWORD=1; _recpipe; printf "%s\n" "${COMPREPLY[@]}"' - "$BATS_TEST_TMPDIR/completion" "$c" "$o"
			grep -qx -- "--$o" <<<"$output" || fail "$c --$o: $output"
		done
	done
	mkdir "$BATS_TEST_TMPDIR/files"
	cd "$BATS_TEST_TMPDIR/files"
	touch 'two words.tsv' two.rec
	completes --factors rec-als --fac
	completes cholesky,cg rec-als --solver c
	completes cholesky,cg rec-als --solver ''
	completes cholesky,cg rec-als --solver =
	completes cg rec-als --solver = cg
	completes --solver=cg rec-als --solver=cg
	completes raw,zscore,rank rec-topn -m two.rec --scale ''
	completes raw,zscore,rank rec-topn --scale =
	completes zscore rec-topn --scale = z
	completes 'cosine,count,conditional' rec-sim co
	completes cosine rec-sim -b cos
	completes 'ndcg@10' rec-eval -t two.rec nd
	completes "$(rec-sim --operands | tr ' ' ,)" rec-sim ''
	completes 'two words.tsv,two.rec' rec-eval -t two
	completes 'two words.tsv,two.rec' rec-eval --truth = two
	completes --truth=two.rec rec-eval --truth=two.
	completes 'two words.tsv,two.rec' rec-cat tw
	completes 'two words.tsv,two.rec' rec-sim cosine '<' tw
	completes '' rec-als -k ''
	completes als rec-fan a
	completes --work rec-fan --wor
	completes --factors rec-fan --work d als --fac
	completes --parts,--part,--partial rec-fan --work d sim --part
	completes cholesky,cg rec-fan als --solver ''
	completes cosine,count,conditional rec-fan --work d sim co
	completes --collect rec-task --col
	completes 0,1 rec-task --base ''
	completes --columns rec-task -n 4 -o p%d -- rec-sim cosine --col
	completes cosine rec-task -n 4 -o p%d -- ./bin/rec-sim cos
}

# The string literals of C files, each behind its file and line. Help tables
# and what goes to stdout are among them.
literals() {
	awk '{ line = $0; sub(/\t\/\*.*/, "", line)
		if (line ~ /^[ \t]*(\/?\*|#include)/) next
		while (match(line, /"([^"\\]|\\.)*"/)) { print FILENAME ":" FNR ": " substr(line, RSTART, RLENGTH); line = substr(line, RSTART + RLENGTH) } }' "$@"
}

@test "house: messages have one verb for one thing, and their nouns a number" {
	literals cmd/*.c cmd/*/*.[ch] lib/*/*.c lib/*/*.h >"$BATS_TEST_TMPDIR/literals"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/literals")" -gt 1500 ]
	# appears twice, cannot, does not, needs. (A definition of rec-eval
	# keeps its words: it is output.)
	run grep -E "there twice|[a-z]n't|--%s wants|[^a-z]wants [A-Z-]" "$BATS_TEST_TMPDIR/literals"
	output=$(grep -vE "best reachable: truth that is unknown|train pairs can't be hit" <<<"$output" || true)
	[ -z "$output" ] || fail "$output"
	# "%u pairs" of 1 is wrong: "%u pair%s", n, cli_s(n), or REC_S(n)
	nouns='pairs|rows|users|items|lists|labels|lines|files|parts|shards|fields|numbers|entries|columns|candidates|factors|models|cells|values|times|blocks|threads'
	run grep -E "%(llu|lu|zu|u|\.0f) ([a-z-]+ )?($nouns)\\b" "$BATS_TEST_TMPDIR/literals"
	never_one='more than %u different labels|%llu rows for %llu users|needs %u numbers with commas|%llu items from ranks among %u sampled|from %u sampled items|has %.0f users of|columns, the first four|fields, but %s'
	output=$(grep -vE "$never_one" <<<"$output" || true)
	[ -z "$output" ] || fail "$output"
}

@test "house: code is at most 100 columns wide, comments 80, and no function of lib/ and cmd/ is longer than 60 lines" {
	run awk '
		function width(l,  i, n) {
			for (i = n = 0; i < length(l); i++) n += substr(l, i + 1, 1) == "\t" ? 8 - n % 8 : 1
			return n
		}
		FNR == 1 { inside = from = 0 }
		{
			bare = $0; gsub(/"([^"\\]|\\.)*"/, "", bare)
			comment = inside || bare ~ /^[ \t]*\/\*/
			if (inside ? bare ~ /\*\// : bare ~ /\/\*/ && bare !~ /\*\//) inside = !inside
			if (length($0) > 50 && width($0) > (comment ? 80 : 100)) { print FILENAME ":" FNR ": " width($0) " columns"; bad = 1 }
		}
		/^{/ { from = FNR }
		/^}/ { if (from && FILENAME !~ /^tests/ && FNR - from > 60) { print FILENAME ":" from ": a function of " FNR - from " lines"; bad = 1 } from = 0 }
		END { exit bad }' lib/*/*.[ch] cmd/*.[ch] cmd/*/*.[ch] tests/*/*.[ch] examples/c/*.c
	[ "$status" -eq 0 ] || fail "$output"
}

@test "house: no function of lib/ and cmd/ has more than seven parameters; the kernels may" {
	run awk '
		FNR == 1 || /;|^[}#]/ { head = "" }
		/^{/ && head ~ /\(/ {
			seen++
			gsub(/__attribute__\(\([^()]*\)\)/, "", head)
			name = head; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name)
			n = 1 + gsub(/,/, "", head)
			if (n > 7 && FILENAME !~ "^lib/kernel/") { print FILENAME ":" FNR ": " name ": " n " parameters"; bad = 1 }
		}
		/^[A-Za-z]/ && !/;/ { head = $0; next }
		{ head = /^[ \t]+[^ \t]/ && !/;/ ? head $0 : "" }
		END { print seen " functions"; exit bad || seen < 2000 }' lib/*/*.[ch] cmd/*.[ch] cmd/*/*.[ch]
	[ "$status" -eq 0 ] || fail "$output"
}

@test "house: comments keep clear of idioms that a reader has to look up" {
	run awk '
		FNR == 1 { inside = 0 }
		{
			bare = $0; gsub(/"([^"\\]|\\.)*"/, "", bare)
			comment = inside || bare ~ /\/\*/
			if (inside ? bare ~ /\*\// : bare ~ /\/\*/ && bare !~ /\*\//) inside = !inside
			if (comment && bare ~ /[^a-z](but for|whence|thereof|heretofore|lest) |[a-z] behind (the|it|them|that|each) /) {
				print FILENAME ":" FNR ": " $0; bad = 1
			}
		}
		END { exit bad }' lib/*/*.[ch] cmd/*.[ch] cmd/*/*.[ch]
	[ "$status" -eq 0 ] || fail "$output"
}

@test "house: the files and functions that CONTRIBUTING names are there" {
	grep -oE '`[a-z_]+\(\)`' CONTRIBUTING.md | tr -d '`()' | sort -u >"$BATS_TEST_TMPDIR/functions"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/functions")" -gt 25 ]
	while read -r f; do
		grep -qE "^([A-Za-z].*[ *])?$f\(" lib/*/*.[ch] cmd/*.c cmd/*/*.c || fail "no function $f"
	done <"$BATS_TEST_TMPDIR/functions"
	grep -oE '`(lib|cmd|man|tests|examples)/[a-z_/.0-9-]+`' CONTRIBUTING.md | tr -d '`' | sort -u >"$BATS_TEST_TMPDIR/paths"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/paths")" -gt 12 ]
	while read -r f; do
		[ -e "$f" ] || fail "no $f"
	done <"$BATS_TEST_TMPDIR/paths"
}

@test "house: each source file says its licence" {
	run grep -L 'SPDX-License-Identifier: MIT' lib/*/*.[ch] cmd/*.[ch] cmd/*/*.[ch] cmd/*.sh cmd/*/*.sh tests/*.sh tests/*/*.sh tests/*.bats tests/*/*.bats tests/*/*.[ch] man/*.[1-9] examples/*.sh examples/c/*.c
	[ -z "$output" ] || fail "$output"
}

# What another project's program would say: each header alone, all of them in
# one, in C and in C++.
headers_compile() {	# FOLDER LIST COMPILER...
	local d=$1 list=$2 h
	shift 2
	while read -r h; do
		printf '#include "%s"\n' "$h" >"$BATS_TEST_TMPDIR/one"
		"$@" -Wall -Wextra -Werror -fsyntax-only -I "$d" - <"$BATS_TEST_TMPDIR/one" || fail "$h alone, with $1"
	done <"$list"
	sed 's/.*/#include "&"/' "$list" >"$BATS_TEST_TMPDIR/all"
	"$@" -Wall -Wextra -Werror -fsyntax-only -I "$d" - <"$BATS_TEST_TMPDIR/all" || fail "all together, with $1"
	sed 's/.*/#include "&"/' "$list" | tac >"$BATS_TEST_TMPDIR/all"
	"$@" -Wall -Wextra -Werror -fsyntax-only -I "$d" - <"$BATS_TEST_TMPDIR/all" || fail "all in the opposite order, with $1"
}

@test "house: each public header compiles alone, with all others, and as C++; nothing else is installed" {
	d=$BATS_TEST_TMPDIR/root
	make -s install PREFIX=/usr DESTDIR="$d"
	(cd "$d/usr/include" && find . ! -type d | sed 's,^\./,,' | sort) >"$BATS_TEST_TMPDIR/list"
	diff "$BATS_TEST_TMPDIR/list" <(cd lib && ls recpipe/*.h)
	[ "$(wc -l <"$BATS_TEST_TMPDIR/list")" -ge 10 ]
	headers_compile "$d/usr/include" "$BATS_TEST_TMPDIR/list" cc -std=c11 -Wpedantic -x c
	headers_compile "$d/usr/include" "$BATS_TEST_TMPDIR/list" g++ -std=c++11 -Wpedantic -x c++
	run grep -vE '^#include <(recpipe/[a-z]+|std(bool|def|int))\.h>$' <(grep -h '#[[:blank:]]*include' lib/recpipe/*.h)
	[ -z "$output" ] || fail "$output"
	# The documentation of the library is in its headers: half of their lines, and more.
	run awk '
		FNR == 1 { inside = 0 }
		{ lines++ }
		inside || /\/\*/ { comments++ }
		/\/\*/ { inside = 1 }
		/\*\// { inside = 0 }
		END { print comments " comments in " lines " lines"; exit comments * 2 < lines }' lib/recpipe/*.h
	[ "$status" -eq 0 ] || fail "$output"
}

@test "house: librec.so exports what the public headers declare, and nothing else" {
	make -s lib
	awk -f lib/exports.awk lib/recpipe/*.h | sort >"$BATS_TEST_TMPDIR/declared"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/declared")" -gt 40 ]
	[ -z "$(uniq -d "$BATS_TEST_TMPDIR/declared")" ] || fail "declared twice: $(uniq -d "$BATS_TEST_TMPDIR/declared")"
	nm -D --defined-only build/librec.so | awk '$2 ~ /^[TRD]$/ { sub(/@.*/, "", $3); print $3 }' | sort >"$BATS_TEST_TMPDIR/exported"
	diff "$BATS_TEST_TMPDIR/declared" "$BATS_TEST_TMPDIR/exported"
	# The compiler's word: nothing else of the library can be seen from outside.
	readelf -sW build/librec.a | awk '$5 == "GLOBAL" && $6 == "DEFAULT" && $7 != "UND" { print $8 }' | sort >"$BATS_TEST_TMPDIR/visible"
	diff "$BATS_TEST_TMPDIR/declared" "$BATS_TEST_TMPDIR/visible"
	[ "$(readelf -d build/librec.so | sed -n 's/.*(SONAME).*\[\(.*\)\]/\1/p')" = "librec.so.$(sed 's/\..*//' VERSION)" ]
}

@test "house: no function, struct tag or macro is declared in two headers" {
	# v16_*.h are one header for each instruction set.
	run sh -c "for h in \$(ls lib/*/*.h | grep -v /v16_); do
		awk -f lib/exports.awk \$h | sort -u
		sed -nE 's/^(struct|union|enum) ([A-Za-z_0-9]+) \{.*/\1 \2/p; s/^#[[:blank:]]*define ([A-Za-z_0-9]+).*/macro \1/p' \$h | sort -u
	done | sort | uniq -d"
	[ -z "$output" ] || fail "$output"
	[ "$status" -eq 0 ]
}

@test "house: programs of another project link with the installed library, shared and static; uninstall removes everything" {
	d=$BATS_TEST_TMPDIR/root
	make -s install PREFIX=/usr DESTDIR="$d"
	[ -x "$d/usr/bin/rec-als" ] && [ -f "$d/usr/share/man/man7/rec.7" ]
	for c in $COMMANDS rec-fan rec-task; do	# bash-completion loads the file of the command's name
		[ -f "$d/usr/share/bash-completion/completions/$c" ] || fail "no completion of $c"
	done
	# Flags as pkg-config gives them, or as the file has them where there is no pkg-config.
	if command -v pkg-config >/dev/null; then
		export PKG_CONFIG_PATH=$d/usr/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$d
		shared=$(pkg-config --cflags --libs recpipe)
		static=$(pkg-config --static --cflags --libs recpipe)
	else
		shared="-I$d/usr/include -L$d/usr/lib -lrec"
		static="$shared -lz -lm -ldl -pthread"
	fi
	cd "$BATS_TEST_TMPDIR"
	make_train 30 20 300 >train.tsv
	rec-als -q -k 8 <train.tsv >model.rec
	rec-topn -q -n 3 -m model.rec <train.tsv | cut -f 1,2 >train.want
	printf 'u1\ti1\nnew\ti2\nnew\ti3\n\nu2\ti3\n' >histories
	rec-topn -q -n 5 --stream -m model.rec <histories >answer.want
	awk -F'\t' '$3 >= 3' train.tsv >filter.want
	# the first reason of each entry
	printf 'x\ti1\nx\ti2\n' | rec-topn -q -n 5 --explain 1 -m model.rec | cut -f 2 >ask.want
	printf 'x\ti1\nx\ti2\n' | rec-topn -q -n 5 --explain 1 -m model.rec | cut -f 4 >why.want
	for p in train answer filter ask why; do [ -s $p.want ]; done
	export LD_LIBRARY_PATH=$d/usr/lib
	for how in shared static; do
		flags=${!how}
		[ "$how" = shared ] || flags=${flags/-lrec/$d/usr/lib/librec.a}
		for p in train answer filter ask; do
			# shellcheck disable=SC2086
			cc -std=c11 -Wall -Wextra -Werror -o "$p" "$ROOT/examples/c/$p.c" $flags
			[ "$(readelf -d "$p" | grep -c 'NEEDED.*librec.so')" -eq "$([ $how = shared ] && echo 1 || echo 0)" ]
		done
		./train train.tsv | cut -f 1,2 >train.got
		./answer model.rec <histories >answer.got
		./filter 3 <train.tsv >filter.got
		./ask model.rec i1 i2 >asked
		cut -f 1 asked >ask.got
		cut -f 3 asked >why.got
		for p in train answer filter ask why; do same "$p.got" "$p.want"; done
		run bash -c './filter 3 <train.tsv >/dev/full'
		[ "$status" -eq 1 ] && [ "$output" = "filter: <stdout>: No space left on device" ] || fail "$output"
		run ./train nothing.tsv
		[ "$status" -eq 1 ] && [ "$output" = "train: nothing.tsv: No such file or directory" ] || fail "$output"
	done
	cd "$ROOT"
	make -s uninstall PREFIX=/usr DESTDIR="$d"
	[ -z "$(find "$d" -type f -o -type l)" ] || fail "left: $(find "$d" -type f)"
}

@test "house: install and uninstall honour BINDIR, LIBDIR, INCLUDEDIR, DATADIR, MANDIR; the compiler gets CPPFLAGS" {
	d=$BATS_TEST_TMPDIR/root
	dirs="PREFIX=/opt/p BINDIR=/opt/b LIBDIR=/opt/p/lib/arch INCLUDEDIR=/opt/i DATADIR=/opt/d MANDIR=/opt/m DESTDIR=$d"
	# shellcheck disable=SC2086
	make -s install $dirs
	[ -x "$d/opt/b/rec-als" ] && [ -f "$d/opt/p/lib/arch/librec.a" ] && [ -f "$d/opt/i/recpipe/als.h" ] && [ -L "$d/opt/p/lib/arch/librec.so" ] && [ -f "$d/opt/m/man1/rec-als.1" ]
	[ "$(sed -n 's/^libdir=//p' "$d/opt/p/lib/arch/pkgconfig/recpipe.pc")" = "\${prefix}/lib/arch" ]
	[ "$(sed -n 's/^includedir=//p' "$d/opt/p/lib/arch/pkgconfig/recpipe.pc")" = /opt/i ]
	# shellcheck disable=SC2086
	make -s uninstall $dirs
	[ -z "$(find "$d" -type f -o -type l)" ] || fail "left: $(find "$d" -type f -o -type l)"
	make -n B="$BATS_TEST_TMPDIR/b" CPPFLAGS=-DFROM_CPPFLAGS "$BATS_TEST_TMPDIR/b/lib/base/err.o" | grep -q -- -DFROM_CPPFLAGS
	! grep -n 'install -D' Makefile || false
}

@test "house: nothing was committed at the top by mistake" {
	git ls-files >"$BATS_TEST_TMPDIR/files" 2>/dev/null || cut -d ' ' -f 2 MANIFEST | sed 1d >"$BATS_TEST_TMPDIR/files"
	[ "$(grep -v / "$BATS_TEST_TMPDIR/files" | sort | xargs)" = ".clang-format .git-blame-ignore-revs .gitignore CONTRIBUTING.md LICENSE Makefile NEWS.md README.md VERSION" ]
}

@test "house: make dist works from a dist, and gives the same bytes whatever became of times and modes" {
	work=$BATS_TEST_TMPDIR
	mkdir "$work/first" "$work/second" "$work/third"
	sh tests/dist.sh "$work/first"
	name=recpipe-$(sed 's/ .*//;q' <(tar xzOf "$work"/first/*.tar.gz --wildcards '*/MANIFEST'))
	[ "$(ls "$work/first")" = "$name.tar.gz" ]
	(umask 077 && tar xzf "$work/first/$name.tar.gz" --no-same-permissions -C "$work/second")
	find "$work/second" -exec touch {} +
	(umask 077 && cd "$work/second/$name" && make -s dist)
	same "$work/first/$name.tar.gz" "$work/second/$name/$name.tar.gz"
	# what it holds: all that it names and no more, by one owner, of one
	# time, programs as programs
	tar tzvf "$work/first/$name.tar.gz" >"$work/list"
	[ "$(awk '{ print $2 }' "$work/list" | sort -u)" = 0/0 ]
	[ "$(awk '{ print $4, $5 }' "$work/list" | sort -u | wc -l)" -eq 1 ]
	diff <(sed '1d; s/^... //' "$work/second/$name/MANIFEST"; echo MANIFEST) <(tar tzf "$work/first/$name.tar.gz" | sed "s,^$name/,," | grep -vx MANIFEST; echo MANIFEST)
	grep -q '^-rwxr-xr-x .*/tests/run.sh$' "$work/list"
	[ "$(awk '{ print $1 }' "$work/list" | sort -u | tr '\n' ' ')" = "-rw-r--r-- -rwxr-xr-x " ]
	(cd "$work/second/$name" && make -n all >/dev/null)
	# in a clone: what is committed, whatever else lies there
	if [ "$(git rev-parse --show-toplevel 2>/dev/null)" = "$(pwd -P)" ]; then
		diff <(git ls-tree -r --name-only HEAD | sort) <(sed '1d; s/^... //' "$work/second/$name/MANIFEST")
		git clone -q . "$work/third/clone"
		echo more >>"$work/third/clone/README.md"
		echo new >"$work/third/clone/lib/new.c"
		sh "$work/third/clone/tests/dist.sh" "$work/third"
		same "$work/first/$name.tar.gz" "$work/third/$name.tar.gz"
	fi
	# a file that is gone is missed
	rm "$work/second/$name/LICENSE" "$work/second/$name/$name.tar.gz"
	cd "$work"	# `exits` leaves its files in the current folder
	exits 1 sh "$work/second/$name/tests/dist.sh" "$work/second"
	says "dist: LICENSE is missing; MANIFEST names it"
	[ "$(ls "$work/second")" = "$name" ]
}
