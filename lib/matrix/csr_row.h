/* SPDX-License-Identifier: MIT */
/*
 * csr_row.h - the cells of a matrix, row by row, wherever they lie.
 *
 * The cells of a large matrix lie in a file, of which no more than a limit may
 * be resident (base/far.h). These functions hand cells out and tell the file
 * what is used; nothing else outside this room knows of it. Whoever works on a
 * matrix that may be large takes its cells here: read directly, they come out
 * right, but the limit is not kept.
 *
 * In memory they cost what reading ptr costs.
 */
#ifndef REC_MATRIX_CSR_ROW_H
#define REC_MATRIX_CSR_ROW_H

#include <stdint.h>

#include "matrix/csr.h"

/* Cells of a row, or of some rows one after the other; borrowed. */
struct rec_csr_cells {
	const uint32_t *col;
	const float *val;
	uint64_t n;
};

/*
 * n cells from the given one on are used next, by somebody who goes on in
 * order.
 */
void rec_csr_use(const struct rec_csr *m, uint64_t from, uint64_t n);

/* Rows first .. end - 1, for reading in order. */
static inline struct rec_csr_cells rec_csr_rows(const struct rec_csr *m, uint32_t first,
						uint32_t end)
{
	uint64_t from = m->ptr[first], n = m->ptr[end] - from;

	struct rec_csr_cells cells = { m->col + from, m->val + from, n };

	if (m->far)
		rec_csr_use(m, from, n);
	return cells;
}

static inline struct rec_csr_cells rec_csr_row(const struct rec_csr *m, uint32_t i)
{
	return rec_csr_rows(m, i, i + 1);
}

/*
 * Cells of a matrix of one's own (rec_csr_new, rec_csr_new_far), for writing in
 * order: n of them from the given one on.
 */
struct rec_csr_room {
	uint32_t *col;
	float *val;
};
struct rec_csr_room rec_csr_write(struct rec_csr *m, uint64_t from, uint64_t n);

/*
 * From now on, bytes of m that may be resident; nothing where it is in memory.
 */
void rec_csr_limit(struct rec_csr *m, uint64_t bytes);

/*
 * For work that takes rows out of order, and says afterwards what it used. A
 * row of n cells then costs rec_csr_touch(n) bytes, because the kernel maps
 * 64 KiB around a page that is touched. rec_csr_most is the number of cells
 * that may be worked on at once: those of half the limit.
 */
uint64_t rec_csr_touch(uint64_t n);
uint64_t rec_csr_most(const struct rec_csr *m);
void rec_csr_touched(const struct rec_csr *m, uint64_t bytes);

#endif
