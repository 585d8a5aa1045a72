/* SPDX-License-Identifier: MIT */
/*
 * apart: labels that don't meet, and values that stand apart, against sorting
 * and counting.
 */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "check.h"
#include "matrix/alike.h"
#include "model/outliers.h"

enum { MOST = 12 };

/* Labels from sorted strings, NULL at the end. */
static struct rec_labels labels_of(const char *const *text, uint64_t off[MOST + 1], char bytes[400])
{
	struct rec_labels l = { .off = off, .bytes = bytes };

	off[0] = 0;
	for (; text[l.n]; l.n++) {
		memcpy(bytes + off[l.n], text[l.n], strlen(text[l.n]));
		off[l.n + 1] = off[l.n] + strlen(text[l.n]);
	}
	return l;
}

static const char *like(const struct rec_labels *l, const char *label, const char *const *text)
{
	uint32_t i = rec_labels_like(l, label, strlen(label));

	return i == REC_NONE ? "nothing" : text[i];
}

static void test_like(void)
{
	static const char
		*const here[] = { " b", "B7", "b", "bc", "bcd", "i1", "i10", "tea", NULL },
		       *const none[] = { NULL };
	uint64_t off[MOST + 1], empty_off[MOST + 1];
	char bytes[400], empty_bytes[400];
	struct rec_labels l = labels_of(here, off, bytes),
			  empty = labels_of(none, empty_off, empty_bytes);

	CHECK(strcmp(like(&l, "i1.0", here), "i1") == 0);
	CHECK(strcmp(like(&l, "i1 ", here), "i1") == 0);
	CHECK(strcmp(like(&l, "I10", here), "i10") == 0);
	CHECK(strcmp(like(&l, "Tea\r", here), "tea") == 0);
	CHECK(strcmp(like(&l, "b7", here), "B7") == 0);
	CHECK(strcmp(like(&l, "bcde", here), "bcd") == 0);
	CHECK(strcmp(like(&l, " bc", here), "bc") == 0);
	CHECK(strcmp(like(&empty, "x", none), "nothing") == 0);
}

static void test_meet(void)
{
	static const char *const a[] = { "a", "b", "d", "x", NULL },
				 *const b[] = { "aa", "b", "c", "d", "y", NULL },
				 *const c[] = { "A", "aa", "e", NULL }, *const none[] = { NULL };
	uint64_t off[4][MOST + 1];
	char bytes[4][400];
	struct rec_labels la = labels_of(a, off[0], bytes[0]), lb = labels_of(b, off[1], bytes[1]),
			  lc = labels_of(c, off[2], bytes[2]),
			  le = labels_of(none, off[3], bytes[3]);

	CHECK(rec_labels_meet(&la, &lb) && rec_labels_common(&la, &lb) == 2);
	CHECK(!rec_labels_meet(&la, &lc) && rec_labels_common(&la, &lc) == 0);
	CHECK(rec_labels_common(&lb, &lc) == 1 && rec_labels_common(&la, &la) == 4);
	CHECK(!rec_labels_meet(&la, &le) && !rec_labels_meet(&le, &la));
}

static void test_show(void)
{
	char out[REC_LABEL_SHOWN], longest[500];

	CHECK(strcmp(rec_label_show(out, "b.0 ", 4), "'b.0 '") == 0);
	CHECK(strcmp(rec_label_show(out, "a\r", 2), "'a\\r'") == 0);
	CHECK(strcmp(rec_label_show(out, "\x01\\\x7f", 3), "'\\x01\\\\\\x7f'") == 0);
	CHECK(strcmp(rec_label_show(out, "caf\xc3\xa9", 5), "'caf\xc3\xa9'") == 0);
	memset(longest, '\x02', sizeof longest);
	for (size_t n = 0; n < sizeof longest; n++) {
		rec_label_show(out, longest, n);
		CHECK(strlen(out) < REC_LABEL_SHOWN);
		CHECK((strstr(out, "...'") != NULL) == (n > 40));
	}
}

static int by_size(const void *pa, const void *pb)
{
	double a = *(const double *)pa, b = *(const double *)pb;

	return (a > b) - (a < b);
}

/* By sorting all sizes. */
static struct rec_outliers slow(const float *v, size_t n)
{
	struct rec_outliers o = { 0 };
	double *size = malloc((n + 1) * sizeof *size), outside = 0, median;
	size_t k = 0;

	for (size_t i = 0; i < n; i++)
		if (v[i] != 0)
			size[k++] = v[i] < 0 ? -(double)v[i] : (double)v[i];
	qsort(size, k, sizeof *size, by_size);
	median = k ? size[(k - 1) / 2] : 0;
	for (size_t i = 0; i < n; i++) {
		double x = v[i] < 0 ? -(double)v[i] : (double)v[i];

		if (x > 100 * median) {
			outside += x;
			o.n++;
		} else {
			o.rest += x;
		}
	}
	free(size);
	if (!(outside > o.rest))
		return (struct rec_outliers){ 0 };
	o.share = outside / (outside + o.rest);
	return o;
}

static void test_outliers(void)
{
	static const double power[] = { 1, 1, 1, 1, 1, 1e2, 1e3, 1e5, 1e30, 1e-30 };
	enum { N = 300 };
	float v[N];
	uint32_t col[N] = { 0 };
	uint64_t ptr[4] = { 0 }, found = 0;
	struct rec_err e = { 0 };

	for (uint64_t t = 0; t < 4000; t++) {
		uint32_t n = (uint32_t)(rec_mix(t) % N);
		struct rec_csr m = {
			.nrows = 3, .ncols = 1, .nnz = n, .ptr = ptr, .col = col, .val = v
		};
		struct rec_outliers got, want;

		for (uint32_t i = 0; i < n; i++) {
			uint64_t h = rec_mix(t * N + i + 7);
			int size = (int)(h % 5), wild = (h >> 8) % 64 == 0;

			v[i] = (float)((h >> 16) % 3 == 0 ? -size : size) *
			       (float)power[wild ? (h >> 20) % 10 : 0];
		}
		ptr[1] = n / 3;
		ptr[2] = n / 2;
		ptr[3] = n;
		CHECK(rec_outliers_find(&got, &m, &e) == 0);
		want = slow(v, n);
		CHECK(got.n == want.n && got.share == want.share && got.rest == want.rest);
		found += got.n > 0;
	}
	CHECK(found > 100 && found < 3900);
}

int main(void)
{
	test_like();
	test_meet();
	test_show();
	test_outliers();
	return finished("apart");
}
