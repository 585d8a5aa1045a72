/* SPDX-License-Identifier: MIT */
#include "matrix/csr_row.h"

#include "base/far.h"

enum { CELL = sizeof(uint32_t) + sizeof(float), FAULT = 64 << 10 };

void rec_csr_use(const struct rec_csr *m, uint64_t from, uint64_t n)
{
	rec_far_walk(m->far, m->col + from, (size_t)n * sizeof *m->col);
	rec_far_walk(m->far, m->val + from, (size_t)n * sizeof *m->val);
}

struct rec_csr_room rec_csr_write(struct rec_csr *m, uint64_t from, uint64_t n)
{
	rec_far_used(m->own_far, n * CELL);
	/* the matrix is the caller's own, and so are its cells */
	return (struct rec_csr_room){ (uint32_t *)(uintptr_t)m->col + from,
				      (float *)(uintptr_t)m->val + from };
}

void rec_csr_limit(struct rec_csr *m, uint64_t bytes)
{
	rec_far_limit(m->far, bytes);
}

uint64_t rec_csr_touch(uint64_t n)
{
	return n * CELL < FAULT ? FAULT : n * CELL;
}

uint64_t rec_csr_most(const struct rec_csr *m)
{
	return m->far ? m->far->limit / (2 * CELL) : UINT64_MAX;
}

void rec_csr_touched(const struct rec_csr *m, uint64_t bytes)
{
	rec_far_used(m->far, bytes);
}
