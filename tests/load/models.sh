# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154
# models.sh - models and requests for load.sh, in a folder for each set of items.

# data: train.tsv and train.rec of $items
data() {
	if [ "$items" = gowalla ]; then
		[ -d "$DATA/lightgcn-gowalla" ] || die "no $DATA/lightgcn-gowalla (REC_DATA)"
		gzip -dc "$DATA/lightgcn-gowalla/train.tsv.gz" >train.tsv
	else
		local rows=$((items * 5))
		[ "$rows" -gt "$LEAST_ROWS" ] || rows=$LEAST_ROWS
		rec-gen -q --users $((rows / 40)) --items "$items" --rows "$rows" >train.tsv
	fi
	rec-cat -q -b --merge train.tsv -o train.rec
}

# prepare MODEL: $file, train.rec and the requests of each kind, in $PWD
prepare() {
	local family factors
	IFS=: read -r family items factors <<<"$1"
	model=$family${factors:+ $factors}
	file=$family$factors.rec
	mkdir -p "$WORK/$items"
	cd "$WORK/$items" || die "no folder $WORK/$items"
	[ -s train.rec ] || data
	if [ ! -s "$file" ]; then
		say "model $1"
		case $family in
		als) rec-als -q -k "$factors" -i 3 <train.rec -o "$file" ;;
		*) rec-sim -q "$family" -n 100 -b <train.rec -o "$file" ;;
		esac
	fi
	[ -s score.ask ] || requests
}

# requests: KIND.ask, 500 lines each
requests() {
	cut -f 1 train.tsv | sort -u | shuf -n 500 --random-source=train.rec >users
	cut -f 2 train.tsv | sort -u | shuf -n 20000 --random-source=train.rec >items
	awk -v n=500 '
		FNR == NR { user[nu++] = $1; next }
		{ item[ni++] = $1 }
		function pick() { return item[at++ % ni] }
		# ni may be small: an item stands once in a history
		function some(k,  s, i) {
			for (i = 0; i < k && i < ni; i++) s = s (i ? "," : "") "\"" pick() "\""
			return "[" s "]"
		}
		END {
			for (i = 0; i < n; i++) {
				print "GET /topn?user=" user[i % nu] "&n=10" >"topn.ask"
				print "GET /similar?item=" pick() "&n=10" >"similar.ask"
				for (k = 1; k <= 100; k *= 10)
					print "POST /topn\t{\"n\":10,\"history\":" some(k) "}" >("fold" k ".ask")
				b = ""
				for (k = 0; k < 100; k++)
					b = b (k ? "," : "") "{\"history\":" some(10) "}"
				print "POST /batch\t{\"n\":10,\"histories\":[" b "]}" >"batch.ask"
				print "POST /score\t{\"user\":\"" user[i % nu] "\",\"items\":" some(100) "}" >"score.ask"
			}
		}' users items
}
