/* SPDX-License-Identifier: MIT */
/*
 * matrix_check.h - what the tests of lib/matrix share: random labels, files,
 * labels compared.
 */
#ifndef TESTS_MATRIX_CHECK_H
#define TESTS_MATRIX_CHECK_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "check.h"
#include "io/in.h"
#include "io/out.h"
#include "matrix/csr.h"
#include "matrix/labels.h"

enum { LABEL_MAX = 48 };

/* Draws in a fixed order. */
static uint64_t draws;

static inline uint64_t draw(uint64_t n)
{
	return rec_mix(draws++) % n;
}

/*
 * A label that likes long common prefixes, prefixes of others and bytes beyond
 * ASCII; some are longer than the table of labels keeps in place.
 */
static inline size_t random_label(char out[LABEL_MAX], uint64_t kinds)
{
	static const char *const begin[] = { "",
					     "a",
					     "user0000",
					     "user00000",
					     "\xff",
					     "z z",
					     "a long label, of more than 16 bytes ",
					     "exactly 15 byte" };
	uint64_t x = draw(kinds);

	return (size_t)snprintf(out, LABEL_MAX, "%s%lx", begin[x % 8], (unsigned long)(x / 8));
}

static inline void write_file(const char *path, const char *text, size_t n)
{
	FILE *f = fopen(path, "wb");

	if (!f || fwrite(text, 1, n, f) != n || fclose(f) != 0) {
		printf("not ok can't write %s\n", path);
		exit(1);
	}
}

/* Bytes of a file, to be freed. */
static inline char *read_file(const char *path, size_t *n)
{
	FILE *f = fopen(path, "rb");
	char *p = malloc(1 << 24);

	if (!f || !p) {
		printf("not ok can't read %s\n", path);
		exit(1);
	}
	*n = fread(p, 1, 1 << 24, f);
	fclose(f);
	return p;
}

static inline int same_labels(const struct rec_labels *a, const struct rec_labels *b)
{
	if (a->n != b->n)
		return 0;
	for (uint32_t i = 0; i < a->n; i++) {
		size_t na, nb;
		const char *p = rec_label(a, i, &na), *q = rec_label(b, i, &nb);

		if (rec_label_cmp(p, na, q, nb) != 0)
			return 0;
	}
	return 1;
}

static inline int same_csr(const struct rec_csr *a, const struct rec_csr *b)
{
	return a->nrows == b->nrows && a->ncols == b->ncols && a->nnz == b->nnz &&
	       !a->time == !b->time &&
	       memcmp(a->ptr, b->ptr, (a->nrows + 1) * sizeof *a->ptr) == 0 &&
	       memcmp(a->col, b->col, a->nnz * sizeof *a->col) == 0 &&
	       memcmp(a->val, b->val, a->nnz * sizeof *a->val) == 0 &&
	       (!a->time || memcmp(a->time, b->time, a->nnz * sizeof *a->time) == 0);
}

#endif
