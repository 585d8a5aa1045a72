/* SPDX-License-Identifier: MIT */
/*
 * change.c - changes of text: a byte, a field, a line, a piece that some format
 * gives a meaning, a part again or no more.
 */
#include <string.h>

#include "fuzz.h"

/* With blanks between. */
static const char values[] =
	"0 1 2 3 4 6 8 12 20 64 -1 0.5 1e-12 1e12 1e30 1e300 -1e300 1e-300 3.4e38 nan inf x "
	"1e39 1e400 16384 16385 65536 99999999999 4294967294 4294967295 4294967296 "
	"18446744073709551615 18446744073709551616 NULL True PAR1 sep= qid:3 "
	"als sums implicit explicit none linear log cholesky cg user item one value cosine popular "
	"ease p3alpha sum last count weight items general symmetric pattern rmse recall@3 "
	"0123456789abcdef0123456789abcdef";
static const char keys[] =
	"algorithm alpha bias bias-reg cells cg-steps digest divisor duplicates epsilon factors "
	"history.alpha history.divisor history.epsilon history.weights init-from init-sd items "
	"iterations loss max-user mean reg reg-pairs reg-power scale seed shards side solver sums "
	"target unobserved user-power users value.max value.min weights whole.cells whole.digest "
	"whole.shards whole.users history group groups listed missing series";

/* What divides, quotes or begins something. */
static const char *const pieces[] = {
	",",	     ";",      "::",	   "\t",	   " ",
	"  ",	     "\"",     "\"\"",	   "\n",	   "\r\n",
	"\r",	     "\r\r\n", "\n\n",	   "\xef\xbb\xbf", "#",
	"%",	     ":",      "3,5",	   "{\"a\":1}",	   "[",
	"user,item", "'",      "(2, 2)",   "(0,)",	   "(9999999999, 3)",
	"'<f8'",     "-",      "\x1f\x8b", "\xff\xfe",
};

/* The word of a list that some byte of it lies in: longer ones more often. */
static const char *pick(char word[MOST_WORD], const char *list, size_t bytes)
{
	size_t at = draw(bytes), n;

	while (at > 0 && list[at - 1] != ' ')
		at--;
	n = strcspn(list + at, " ");
	memcpy(word, list + at, n);
	word[n] = '\0';
	return word;
}

const char *some_word(char word[MOST_WORD])
{
	return draw(32) ? pick(word, values, sizeof values - 1) : "";
}

const char *some_key(char word[MOST_WORD])
{
	return pick(word, keys, sizeof keys - 1);
}

/* Puts n bytes of s in place of `cut` bytes at `at`, where there is room. */
static size_t splice(unsigned char *p, size_t n, size_t most, size_t at, size_t cut, const void *s,
		     size_t by)
{
	if (n - cut + by > most)
		return n;
	memmove(p + at + by, p + at + cut, n - at - cut);
	if (by)
		memcpy(p + at, s, by);
	return n - cut + by;
}

/* The part of p around `at` that lies between two bytes `end`. */
static size_t part_around(const unsigned char *p, size_t n, size_t *at, const char *ends)
{
	size_t from = *at, to = *at;

	while (from > 0 && !strchr(ends, p[from - 1]))
		from--;
	while (to < n && !strchr(ends, p[to]))
		to++;
	*at = from;
	return to - from;
}

static size_t repeat(unsigned char *p, size_t n, size_t most, size_t at, size_t part)
{
	unsigned char copy[512];

	part = part < sizeof copy ? part : sizeof copy;
	memcpy(copy, p + at, part);
	return splice(p, n, most, draw(4) ? at : draw(n + 1), 0, copy, part);
}

static size_t change_text(unsigned char *p, size_t n, size_t most)
{
	size_t at = draw(n + 1), left = n - at, cut = draw(8) ? draw(4) : draw(left + 1), part;
	char word[MOST_WORD];
	const char *piece = draw(2) ? ONE_OF(pieces) : draw(4) ? some_word(word) : some_key(word);
	unsigned char byte = (unsigned char)draw(256);

	cut = cut < left ? cut : left;
	switch (draw(10)) {
	case 0: return splice(p, n, most, at, left > 0, &byte, 1);
	case 1: return splice(p, n, most, at, cut, "", 0);
	case 2: return splice(p, n, most, at, 0, piece, strlen(piece));
	case 3: return splice(p, n, most, at, cut, piece, strlen(piece));
	case 4: return repeat(p, n, most, at, cut);
	case 5: return at;
	case 6:
		for (size_t i = draw(200); i > 0; i--)
			n = splice(p, n, most, at, 0, piece, strlen(piece));
		return n;
	case 7:
		part = part_around(p, n, &at, "\n");
		part += at + part < n;
		return draw(2) ? repeat(p, n, most, at, part) : splice(p, n, most, at, part, "", 0);
	default:
		part = part_around(p, n, &at, "\t\n, :");
		return splice(p, n, most, at, part, piece, strlen(piece));
	}
}

size_t change(unsigned char *p, size_t n, size_t most, const struct seed *other)
{
	size_t now = draw(16) ? change_stream(p, n, most, other) : SIZE_MAX;

	return now == SIZE_MAX ? change_text(p, n, most) : now;
}
