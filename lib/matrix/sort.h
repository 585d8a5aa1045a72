/* SPDX-License-Identifier: MIT */
/*
 * sort.h - a stable merge sort: O(n log n) always, and no call through a
 * pointer for a comparison. Numbers are sorted by rec_sort64.
 *
 * For a struct, REC_SORT(name, type, less) defines `static void name(type *a,
 * type *scratch, size_t n)`, where less(x, y) of two `const type *` says
 * whether x comes before y. scratch has room for n. Short runs are sorted by
 * insertion, then merged.
 */
#ifndef REC_MATRIX_SORT_H
#define REC_MATRIX_SORT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { REC_SORT_RUN = 12 };

/* Ascending. scratch has room for n. */
void rec_sort64(uint64_t *a, uint64_t *scratch, size_t n);

#define REC_SORT(name, type, less) \
	static void name##_run(type *a, size_t n) \
	{ \
		for (size_t i = 1; i < n; i++) { \
			type x = a[i]; \
			size_t j = i; \
\
			for (; j > 0 && less(&x, &a[j - 1]); j--) \
				a[j] = a[j - 1]; \
			a[j] = x; \
		} \
	} \
\
	static void name##_merge(const type *a, const type *mid, const type *end, type *to) \
	{ \
		const type *b = mid; \
\
		if (b < end && !less(b, b - 1)) { /* in order already */ \
			memcpy(to, a, (size_t)(end - a) * sizeof *a); \
			return; \
		} \
		while (a < mid && b < end) { \
			int second = less(b, a); \
\
			*to++ = second ? *b : *a; \
			b += second; \
			a += !second; \
		} \
		memcpy(to, a, (size_t)(mid - a) * sizeof *a); \
		to += mid - a; \
		memcpy(to, b, (size_t)(end - b) * sizeof *b); \
	} \
\
	static void name(type *a, type *scratch, size_t n) \
	{ \
		type *from = a, *to = scratch, *t; \
\
		for (size_t i = 0; i < n; i += REC_SORT_RUN) \
			name##_run(a + i, n - i < REC_SORT_RUN ? n - i : REC_SORT_RUN); \
		for (size_t w = REC_SORT_RUN; w < n; w *= 2) { \
			for (size_t i = 0; i < n; i += 2 * w) { \
				size_t mid = n - i < w ? n : i + w, \
				       end = n - i < 2 * w ? n : i + 2 * w; \
\
				name##_merge(from + i, from + mid, from + end, to + i); \
			} \
			t = from; \
			from = to; \
			to = t; \
		} \
		if (from != a) \
			memcpy(a, from, n * sizeof *a); \
	} \
	struct name##_end /* so that a semicolon may follow */

#endif
