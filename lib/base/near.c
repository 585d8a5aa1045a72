/* SPDX-License-Identifier: MIT */
#include "base/near.h"

#include <string.h>

/*
 * Copy in lower case, without '-' and '_'. Returns the length, or 0 if that
 * exceeds REC_NEAR_WORD.
 */
static size_t squeeze(char to[REC_NEAR_WORD], const char *s, size_t n)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		if (s[i] == '-' || s[i] == '_')
			continue;
		if (len == REC_NEAR_WORD)
			return 0;
		to[len++] = s[i] >= 'A' && s[i] <= 'Z' ? (char)(s[i] - 'A' + 'a') : s[i];
	}
	return len;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * The number of changes, insertions, deletions and swaps of neighbours that
 * turn a into b. Only rows i - 2, i - 1 and i of the usual table are kept.
 */
static size_t distance(const char *a, size_t na, const char *b, size_t nb)
{
	size_t row[3][REC_NEAR_WORD + 1];

	for (size_t j = 0; j <= nb; j++)
		row[0][j] = j;
	for (size_t i = 1; i <= na; i++) {
		size_t *now = row[i % 3], *before = row[(i + 2) % 3], *two = row[(i + 1) % 3];

		now[0] = i;
		for (size_t j = 1; j <= nb; j++) {
			now[j] = least(before[j - 1] + (a[i - 1] != b[j - 1]),
				       least(before[j], now[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				now[j] = least(now[j], two[j - 2] + 1);
		}
	}
	return row[na % 3][nb];
}

void rec_near_begin(struct rec_near *near, const char *word, size_t n)
{
	*near = (struct rec_near){ .distance = 1 };
	near->len = squeeze(near->word, word, n);
	if (near->len / 3 > 1)
		near->distance = near->len / 3;
}

void rec_near_try(struct rec_near *near, const char *name)
{
	char other[REC_NEAR_WORD];
	size_t n = squeeze(other, name, strlen(name)), d;

	if (near->len == 0 || n == 0)
		return;
	d = distance(near->word, near->len, other, n);
	if (near->len < 3 && d > 0)	/* nearly every name is one change away */
		d = REC_NEAR_WORD;
	if (near->len > 1 && n > near->len && memcmp(near->word, other, near->len) == 0)
		d = 1;
	if (d > near->distance)
		return;
	if (d < near->distance)
		near->names = 0;
	near->distance = d;
	if (near->names < REC_NEAR_NAMES)
		near->name[near->names++] = name;
}

bool rec_near_same(const char *a, size_t na, const char *b, size_t nb)
{
	char x[REC_NEAR_WORD], y[REC_NEAR_WORD];
	size_t nx = squeeze(x, a, na), ny = squeeze(y, b, nb);

	return nx > 0 && nx == ny && memcmp(x, y, nx) == 0;
}
