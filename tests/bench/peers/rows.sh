# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2016,SC2034,SC2094,SC2153,SC2154
# rows.sh - the rows of the table: row_N runs the cases of row N, and party_N
# sets what one party of it runs.

ours() { command=(sh "$PEERS/ours.sh" "$@"); }
peer() { command=("$PYTHON" "$PEERS/$1.py" "${@:2}"); }

# ---- 1, 1b, 2: a sweep of implicit factorisation

sweeps() {
	local k=$1
	if [ "$party" = ours ]; then
		ours factors "$solver" "$train" "$k" "$low" "$high" ours.model
		judge=(py judge factors ours.model "$train" "$test")
	else
		peer factors "$party" "$solver" "$train" "$k" "$low" "$high" "$party.npz"
		judge=(py judge factors "$party.npz" "$train" "$test")
		blas=factor
	fi
}
party_1() { sweeps "${case##* }"; }
party_1b() { sweeps "${case##* }"; }
party_2() { sweeps "${case##* }"; }

# all_sweeps NAME LOW HIGH SOLVER K...
all_sweeps() {
	local name=$1 low=$2 high=$3 solver=$4 k
	shift 4
	for threads in $THREADS; do
		for k; do
			case="$name, k = $k"
			bound "$solver" "$train" "$k"
			in_turn ours implicit irspack
		done
	done
}

row_1() {
	local train=gowalla.rec test=gowalla.test.rec
	gowalla
	# shellcheck disable=SC2086
	all_sweeps gowalla 1 "$MOST" cg $K
}

row_1b() {
	local train=gen.$BIG.rec test=gen.$BIG.test.rec
	[ "$BIG" -gt 0 ] || return 0
	generated "$BIG"
	# shellcheck disable=SC2086
	all_sweeps "$BIG rows" 1 4 cg $K
}

row_2() {
	local train=gowalla.rec test=gowalla.test.rec k
	gowalla
	for k in $K; do
		[ -z "${QUICK:-}" ] || [ "$k" -le 128 ] || continue
		all_sweeps gowalla 1 "$((MOST / 2 + 1))" cholesky "$k"
	done
}

row_3() {
	case='gowalla, k = 256' threads=-
	without ours "rec-als has no ials++"
}

# ---- 4: ratings, the seconds that the same RMSE takes

# settings PARTY: sweeps that are tried, and regularisations; SGD needs more
settings() {
	case $1 in
	ours) echo "2 4 8 16:auto 0.15 0.3 0.6" ;;
	cmfrec) echo "2 4 8 16:0.005 0.01 0.02 0.05" ;;
	libmf) echo "5 10 20 40:0.01 0.02 0.05 0.1" ;;
	esac
}

# A line of the file plan: party, regularisation, sweeps
party_4() {
	local reg=$try_reg many=$try_sweeps
	[ -n "$reg" ] ||
		read -r reg many < <(awk -F'\t' -v p="$party" '$1 == p { print $2, $3 }' plan)
	if [ "$party" = ours ]; then
		ours explicit "$train" "$test" 50 "$many" "$reg"
	else
		peer explicit "$party" "$train" "$test" 50 "$many" "$reg"
		blas=factor
	fi
}

row_4() {
	local train=rated.$MIDDLE.rec test=rated.$MIDDLE.test.rec parties name='' text
	local try_reg='' try_sweeps=''
	rated "$MIDDLE"
	for threads in $THREADS; do
		case="$MIDDLE ratings, k = 50"
		plan
		parties=$(cut -f 1 plan | tr '\n' ' ')
		case="$MIDDLE ratings, k = 50, to rmse $(cat target)"
		# shellcheck disable=SC2086
		in_turn $parties
		while IFS=$'\t' read -r name text; do without "$name" "$text"; done <missing
	done
}

# tried PARTY REG SWEEPS: a line of the file tries with the RMSE; 1 if it cannot be had
tried() {
	local party=$1 try_reg=$2 try_sweeps=$3 command=() judge=() blas=''
	party_4
	env PEER_THREADS="$threads" OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS="$threads" \
		"${command[@]}" >told 2>log ||
		printf 'absent\tfailed: %s\n' "$(tail -n 1 log | cut -c 1-150)" >told
	if [ -n "$(value absent)" ]; then
		printf '%s\t%s\n' "$party" "$(value absent)" >>missing
		return 1
	fi
	printf '%s\t%s\t%s\t%s\n' "$party" "$2" "$3" "$(value text | sed 's/rmse //')" |
		tee -a tries >&2
}

# plan: for each party the fewest sweeps that reach the RMSE which all parties
# reach. All numbers of sweeps are tried with the regularisation that is best
# after the third of them. Files plan, target, missing. Settings see the test
# pairs, those of everybody alike.
plan() {
	local p reg sweeps some third
	: >tries
	: >missing
	for p in ours cmfrec libmf; do
		IFS=: read -r sweeps reg < <(settings "$p")
		third=$(echo "$sweeps" | cut -d ' ' -f 3)
		for some in $reg; do tried "$p" "$some" "$third" || continue 2; done
		reg=$(awk -F'\t' -v p="$p" '
			$1 == p && (best == "" || $4 < best) { best = $4; r = $2 }
			END { print r }' tries)
		for some in $sweeps; do
			[ "$some" = "$third" ] || tried "$p" "$reg" "$some" || continue 2
		done
	done
	awk -F'\t' '
		!($1 in best) || $4 < best[$1] { best[$1] = $4 }
		END {
			for (p in best) if (best[p] > worst) worst = best[p]
			printf "%.4f\n", worst + 0.0005
		}' tries >target
	# ours first: the others are divided by it
	sort -t $'\t' -k 1,1r -k 3,3n tries | awk -F'\t' -v target="$(cat target)" '
		$4 <= target && !seen[$1]++ { print $1 "\t" $2 "\t" $3 }' >plan
	sed 's/^/peers.sh: party, regularisation, sweeps: /' plan >&2
}

# ---- 5, 5b: 100 items for every user; 6: 10 for one

lists() {
	if [ "$party" = ours ]; then
		ours rank "$factors" gowalla.rec 100 lists.rec
		judge=(py judge lists lists.rec "$factors")
	else
		peer rank "$party" "$factors" gowalla.rec 100 "$party.npy"
		judge=(py judge lists "$party.npy" "$factors")
		blas=product
	fi
}
party_5() { lists; }
party_5b() { lists; }

# all_lists NAME FILE
all_lists() {
	local k factors users items
	for threads in $THREADS; do
		for k in $RANK_K; do
			model "$k"
			factors=$2.$k.rec
			case="gowalla, $1 factors, k = $k"
			users=$(of rows gowalla.rec) items=$(of columns gowalla.rec)
			bound topn "$users" "$items" "$k"
			in_turn ours implicit faiss numpy
		done
	done
}
row_5() { all_lists trained model; }
row_5b() { all_lists random start; }

party_6() {
	peer request "$party" model.64.rec gowalla.rec "request.$party.npy"
	[ "$party" = ours ] || blas=product
}
row_6() {
	model 64
	for threads in $THREADS; do
		case='gowalla, k = 64, n = 10'
		in_turn ours implicit
	done
}

# ---- 7: similar items

similar_text() {
	rec-cat -q similar.rec | awk -F'\t' '
		{ n++; sum += $3 }
		END { printf "text\t%d pairs, sum %.1f\n", n, sum }'
}
party_7() {
	if [ "$party" = ours ]; then
		ours similar gowalla.rec 100 similar.rec
		judge=(similar_text)
	else
		peer similar "$party" gowalla.rec 100
	fi
}
row_7() {
	gowalla
	for threads in $THREADS; do
		case='gowalla, n = 100'
		in_turn ours implicit sparse_dot_topn scipy
	done
}

# ---- 8, 9: text and recmat to a matrix

shape_text() {
	printf 'text\t%s x %s, %s pairs\n' "$(of rows matrix.rec)" "$(of columns matrix.rec)" \
		"$(of cells matrix.rec)"
}
party_8() {
	case $party in
	ours)
		ours text "$file" matrix.rec
		judge=(shape_text)
		;;
	cut) command=(sh -c 'cut -f 1,2 <"$1" >cut.out' - "$file") ;;
	*) peer text "$party" "$file" ;;
	esac
}

# texts: rows that are files of text
texts() {
	local n
	gowalla
	echo gowalla gowalla
	for n in $MIDDLE $BIG; do
		[ "$n" -gt 0 ] || continue
		generated "$n" >&2
		echo "gen.$n" "$n rows"
	done
}
row_8() {
	local file name
	texts >texts
	for threads in $THREADS; do
		while read -r file name; do
			file=$file.tsv
			case=$name
			bound bytes "$(size "$file")"
			in_turn ours cut duckdb polars pandas </dev/null
		done <texts
	done
}

party_9() {
	local told='s/^load.\([0-9.]*\) s.*/seconds\t\1/p; s/^matrix./text\t/p' from=$file
	[ "$party" = recmat ] || from=$(basename "$file" .rec).tsv
	command=(sh -c '"$1" "$2" "$3" >loaded && sed -n "$4" loaded' -
		"$BENCH/load" "$from" "$threads" "$told")
}
row_9() {
	local file name
	texts >texts
	for threads in $THREADS; do
		while read -r file name; do
			case=$name
			rec-cat -q --merge --duplicates sum -b "$file.tsv" >"$file.whole.rec"
			ln -sf "$file.tsv" "$file.whole.tsv"
			file=$file.whole.rec
			bound bytes "$(size "$file")"
			in_turn recmat text </dev/null
		done <texts
	done
}

# ---- 10, 11: measures, and the whole job

party_10() {
	if [ "$party" = ours ]; then
		ours measures lists.100.rec gowalla.test.rec
	else
		peer measures "$party" lists.100.rec gowalla.test.rec
	fi
}
row_10() {
	model 64
	[ -s lists.100.rec ] || rec-topn -q -b -n 100 -m model.64.rec <gowalla.rec >lists.100.rec
	for threads in $THREADS; do
		case='gowalla, 100 items a user'
		bound bytes $(($(size lists.100.rec) + $(size gowalla.test.rec)))
		in_turn ours pandas pytrec_eval pytrec_eval-all ranx
	done
}

party_11() {
	if [ "$party" = ours ]; then
		ours whole gowalla.tsv 64 8
	else
		peer whole gowalla.tsv 64 8
		blas=product
	fi
}
row_11() {
	gowalla
	for threads in $THREADS; do
		case='gowalla, k = 64, 8 sweeps, n = 20'
		in_turn ours pandas+implicit
	done
}

# ---- 12: EASE, 13: workers

party_12() {
	if [ "$party" = ours ]; then
		ours ease gowalla.rec 80 ease.rec
		judge=(py judge ease ease.rec)
	else
		peer ease gowalla.rec 80
		blas=product
	fi
}
row_12() {
	gowalla
	for threads in $THREADS; do
		case='gowalla, reg 80'
		bound ease "$(of columns gowalla.rec)"
		in_turn ours scipy
	done
}

party_13() {
	ours fan "${party%% *}" "$train" 64 16
}
row_13() {
	local train=gowalla.rec
	gowalla
	case='gowalla, k = 64, cg, 16 sweeps'
	if [ "$BIG" -gt 0 ]; then
		generated "$BIG"
		train=gen.$BIG.rec case="$BIG rows, k = 64, cg, 16 sweeps"
	fi
	threads=1
	in_turn '2 workers' '1 worker' '0 workers'
}
