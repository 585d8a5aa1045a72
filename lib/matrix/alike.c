/* SPDX-License-Identifier: MIT */
/* alike.c - whether label sets meet, and labels for messages. */
#include "matrix/alike.h"

#include <stdio.h>
#include <string.h>

/* At most `enough` are counted. */
static uint32_t count_common(const struct rec_labels *a, const struct rec_labels *b,
			     uint32_t enough)
{
	uint32_t i = 0, j = 0, n = 0;

	while (i < a->n && j < b->n && n < enough) {
		size_t na, nb;
		const char *x = rec_label(a, i, &na), *y = rec_label(b, j, &nb);
		int order = rec_label_cmp(x, na, y, nb);

		n += order == 0;
		i += order <= 0;
		j += order >= 0;
	}
	return n;
}

bool rec_labels_meet(const struct rec_labels *a, const struct rec_labels *b)
{
	return count_common(a, b, 1) > 0;
}

uint32_t rec_labels_common(const struct rec_labels *a, const struct rec_labels *b)
{
	return count_common(a, b, UINT32_MAX);
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static size_t skip_blanks(const char *x, size_t n)
{
	size_t i = 0;

	while (i < n && x[i] == ' ')
		i++;
	return i;
}

static size_t common(const char *a, size_t na, const char *b, size_t nb)
{
	size_t i = skip_blanks(a, na), j = skip_blanks(b, nb), n = 0;

	for (; i + n < na && j + n < nb && lower(a[i + n]) == lower(b[j + n]); n++)
		;
	return n;
}

struct likeness {
	size_t same;	/* bytes at the beginning */
	bool whole;	/* that is all of the label */
	size_t differ;	/* in length */
};

static bool better(struct likeness a, struct likeness b)
{
	if (a.same != b.same)
		return a.same > b.same;
	if (a.whole != b.whole)
		return a.whole;
	return a.differ < b.differ;
}

uint32_t rec_labels_like(const struct rec_labels *l, const char *label, size_t len)
{
	struct likeness best = { 0, false, 0 };
	uint32_t at = REC_NONE;

	for (uint32_t i = 0; i < l->n; i++) {
		size_t n;
		const char *x = rec_label(l, i, &n);
		struct likeness y = { .same = common(x, n, label, len),
				      .differ = n > len ? n - len : len - n };

		y.whole = y.same + skip_blanks(x, n) == n;
		if (at != REC_NONE && !better(y, best))
			continue;
		at = i;
		best = y;
	}
	return at;
}

/* One byte as it is shown; returns how many that are. */
static size_t show(char *to, unsigned char c)
{
	const char *plain = strchr("\rr\\\\", c);

	if (c == '\r' || c == '\\') {
		to[0] = '\\';
		to[1] = plain[1];
		return 2;
	}
	if (c >= 0x20 && c != 0x7f) {
		to[0] = (char)c;
		return 1;
	}
	return (size_t)snprintf(to, 5, "\\x%02x", c);
}

char *rec_label_show(char out[REC_LABEL_SHOWN], const char *label, size_t len)
{
	size_t at = 1, i = 0;

	out[0] = '\'';
	for (; i < len && at + 4 <= REC_LABEL_SHOWN - 5; i++)
		at += show(out + at, (unsigned char)label[i]);
	if (i < len) {
		memcpy(out + at, "...", 3);
		at += 3;
	}
	out[at++] = '\'';
	out[at] = '\0';
	return out;
}
