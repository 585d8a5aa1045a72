#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The page of rec-serve in a browser (Chromium and its driver, where they are),
# and what it asks: items by a part of their name, each model of a blend.

load helpers

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return 1
	command -v rec-serve >/dev/null || return 0
	rec-gen --users 300 --items 90 --rows 6000 | cut -f 1,2 | sort -u >train.tsv
	rec-als -q -k 8 <train.tsv >als.rec
	rec-sim -q -b cosine -n 0 <train.tsv >cosine.rec
	# ninety names: "green tea", "Green tea cup" ... in an order of their own
	cut -f 2 train.tsv | sort -u | awk -F'\t' '
		BEGIN {
			nc = split("Green Black White Red Blue Grey Old New Small", colour, " ")
			nt = split("tea|coffee|cup|pot|spoon|jar|kettle|lamp|chair|thé vert", thing, "|")
		}
		{ i = NR - 1; print $1 "\t" colour[i % nc + 1] " " thing[int(i / nc) + 1] }' >titles.tsv
	rec-serve -j 1 -m als.rec -m cosine.rec --blend 1,0.2 --interactions train.tsv --titles titles.tsv \
		--listen 127.0.0.1:0 2>serve.err 3>&- &
	echo $! >pid
	for _ in $(seq 100); do
		sed -n 's/^rec-serve: answers at .*:\([0-9]*\)$/\1/p' serve.err >port
		[ ! -s port ] || return 0
		sleep 0.05
	done
	fail "no server: $(cat serve.err)"
}

teardown_file() {
	[ ! -s "$BATS_FILE_TMPDIR/pid" ] || kill "$(cat "$BATS_FILE_TMPDIR/pid")"
}

setup() {
	cd "$BATS_FILE_TMPDIR" || return 1
	command -v rec-serve >/dev/null || skip "rec-serve was left out of this build"
	URL=http://127.0.0.1:$(cat port)
}

ask() {
	curl -sS --max-time 20 "$@"
}

# found PART N: the titles that /items gives, with `|` between
found() {
	ask -G --data-urlencode "q=$1" -d "n=$2" "$URL/items" | grep -o '"title":"[^"]*"' | cut -d'"' -f4 | paste -sd'|'
}

@test "page: items are found by a part of their title or label" {
	[ "$(found 'green te' 9)" = 'Green tea' ]
	# equal names in the order of their labels
	[ "$(found 'GREEN' 2)" = "$(grep -E 'Green (tea|cup|pot|jar)$' titles.tsv | head -2 | cut -f2 | paste -sd'|')" ]
	# a word that begins with it is before one that holds it, even a shorter one
	[[ "$(found 'la' 9)" == *' lamp|'* ]]
	[[ "$(found 'la' 20)" == *' lamp|Black '* ]]
	[ "$(found 'thé' 1 | cut -d' ' -f2-)" = 'thé vert' ]
	label=$(sed -n 5p titles.tsv | cut -f1)
	[ "$(found "$label" 1)" = "$(sed -n 5p titles.tsv | cut -f2)" ]
	[ "$(ask "$URL/items?q=nothing+like+it")" = '{"items":[]}' ]
	ask "$URL/items" | grep -qF '"reason":"which items? Give q=PART OF A NAME"'
	ask "$URL/items?q=" | grep -qF 'Give q='
	ask "$URL/items?q=tea&n=0" | grep -qF 'whole number from 1'
	# a name longer than what is looked for
	long=$(printf 'x%.0s' $(seq 3000))
	[ "$(ask "$URL/items?q=$long")" = '{"items":[]}' ]
}

@test "page: each model of a blend answers by itself" {
	lines() { ask -H 'Accept: text/tab-separated-values' "$URL/topn?user=u1&n=9${1:+&model=$1}"; }
	grep "^u1$TAB" train.tsv >history
	lines '' | cmp - <(rec-topn -q -m als.rec -m cosine.rec --blend 1,0.2 -n 9 <history)
	lines 1 | cmp - <(rec-topn -q -m als.rec -n 9 <history)
	lines 2 | cmp - <(rec-topn -q -m cosine.rec -n 9 <history)
	lines 3 | grep -qF '"reason":"model: there are 2"'
	lines 0 | grep -qF 'whole number from 1'
	ask -d '{"model": 2, "n": 9, "history": ["i1"]}' -H 'Content-Type: application/json' \
		-H 'Accept: text/tab-separated-values' "$URL/topn" >got
	cut -f 2- got | cmp - <(printf 'x\ti1\n' | rec-topn -q -m cosine.rec -n 9 | cut -f 2-)
}

@test "page: a person makes a history, sees lists and reasons, goes back, names a user" {
	for program in chromium chromedriver; do
		command -v $program >/dev/null || { echo "# SKIPPED, no $program" >&3; skip "no $program"; }
	done
	titles() { cut -f 2 | awk -F'\t' 'NR == FNR { t[$1] = $2; next } { printf "%s%s", (n++ ? "|" : ""), t[$1] } END { print "" }' titles.tsv -; }
	topn() { rec-topn -q -m als.rec -m cosine.rec --blend 1,0.2 -n 10 | titles; }
	label=$(sed -n "s/${TAB}Green tea\$//p" titles.tsv)
	printf '%s\tGreen tea\t%s\n' "$label" "$(printf 'x\t%s\n' "$label" | topn)" >want
	printf 'u2\t\t%s\n' "$(grep "^u2$TAB" train.tsv | topn)" >>want
	timeout 240 python3 "$ROOT/tests/serve/page.py" "$URL/" want 'green te' >out 2>&1 3>&- || fail "$(cat out)"
	[ "$(wc -l <out)" -eq 6 ]
}

@test "page: it is one file, asks nobody else, and fits what the server answers" {
	ask "$URL/" >page.html
	cmp page.html "$ROOT/lib/serve/page.html"
	! grep -nE '(src|href)="(https?:)?//' page.html || false
	! grep -noE 'https?://[^ "]*' page.html || false
}

@test "page: the description for programs (OpenAPI) is valid, and is what the server answers" {
	python=${REC_SERVE_VENV:-${XDG_CACHE_HOME:-$HOME/.cache}/recpipe/serve}/bin/python
	[ -x "$python" ] || { echo "# SKIPPED, no validator of OpenAPI: sh tests/setup.sh serve" >&3; skip "no $python"; }
	"$python" "$ROOT/tests/serve/openapi.py" "$ROOT/examples/serve/openapi.yaml" "$URL" u1 i1 >out 2>&1 || fail "$(cat out)"
	[ "$(cat out)" -gt 20 ]
}
