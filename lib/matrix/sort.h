/* SPDX-License-Identifier: MIT */
/*
 * sort.h - a stable merge sort: O(n log n) always, and no call through a
 * pointer for a comparison. Numbers are sorted by rec_sort64. And a stable sort
 * by digits, for many elements with short keys.
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

/*
 * REC_SORT_DIGITS(name, type, key) defines `static type *name(type *a, type
 * *spare, uint32_t n, unsigned from, unsigned bits)`, which sorts by the bits
 * from, from + 1, ... (`bits` of them) of the uint64_t key(x) of a `const type
 * *`, the lowest digit first. Returns where the sorted elements are: a or
 * spare. Below REC_SORT_DIGITS_LEAST elements comparing is faster.
 */
enum { REC_SORT_DIGITS_LEAST = 256, REC_SORT_DIGIT = 11, REC_SORT_SMALL_DIGIT = 8 };

#define REC_SORT_DIGITS(name, type, key) \
	static type *name(type *a, type *spare, uint32_t n, unsigned from, unsigned bits) \
	{ \
		uint32_t place[1 << REC_SORT_DIGIT]; \
		const unsigned most = n < 1u << 13 ? REC_SORT_SMALL_DIGIT : REC_SORT_DIGIT, \
			       passes = (bits + most - 1) / most, \
			       digit = passes ? (bits + passes - 1) / passes : 0; \
		const uint32_t mask = (1u << digit) - 1; \
\
		for (unsigned shift = from; shift < from + bits; shift += digit) { \
			uint32_t at = 0; \
			type *t; \
\
			memset(place, 0, (mask + 1) * sizeof *place); \
			for (uint32_t i = 0; i < n; i++) \
				place[key(&a[i]) >> shift & mask]++; \
			for (uint32_t d = 0; d <= mask; d++) { \
				uint32_t count = place[d]; \
\
				place[d] = at; \
				at += count; \
			} \
			for (uint32_t i = 0; i < n; i++) \
				spare[place[key(&a[i]) >> shift & mask]++] = a[i]; \
			t = a; \
			a = spare; \
			spare = t; \
		} \
		return a; \
	} \
	struct name##_end /* so that a semicolon may follow */

#endif
