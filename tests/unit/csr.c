/* SPDX-License-Identifier: MIT */
/* csr: the transpose against a look at every cell. */
#include <math.h>

#include "base/mem.h"
#include "matrix/csr.h"
#include "matrix_check.h"

static struct rec_err err;
static struct rec_pool *pool;	/* 4 threads */

/* About one cell in `sparsity`, and some rows and columns without any. */
static void make(struct rec_csr *m, uint32_t nrows, uint32_t ncols, uint64_t sparsity, int times)
{
	uint64_t nnz = 0, *ptr;
	uint32_t *col;

	MUST(rec_csr_new(m, nrows, ncols, (uint64_t)nrows * ncols, times, &err), &err);
	ptr = m->own[0];
	col = m->own[1];
	for (uint32_t i = 0; i < nrows; i++) {
		for (uint32_t j = 0; j < ncols; j++)
			if (i % 7 != 3 && j % 5 != 2 && draw(sparsity) == 0) {
				((float *)m->own[2])[nnz] = (float)draw(100) - 50;
				if (times)
					((double *)m->own[3])[nnz] = draw(5) ? (double)draw(1000) :
									       NAN;
				col[nnz++] = j;
			}
		ptr[i + 1] = nnz;
	}
	m->nnz = nnz;
}

static void test(uint32_t nrows, uint32_t ncols, uint64_t sparsity, int times)
{
	struct rec_csr m, t, t4, back;
	uint64_t bad = 0, at = 0;

	make(&m, nrows, ncols, sparsity, times);
	MUST(rec_csr_transpose(&t, &m, NULL, &err), &err);
	MUST(rec_csr_transpose(&t4, &m, pool, &err), &err);
	MUST(rec_csr_transpose(&back, &t, pool, &err), &err);
	CHECK(same_csr(&t, &t4), "1 and 4 threads differ (%u x %u)", nrows, ncols);
	CHECK(same_csr(&m, &back), "the transpose of the transpose differs (%u x %u)", nrows,
	      ncols);
	CHECK(t.nrows == ncols && t.ncols == nrows && t.nnz == m.nnz, "shape");
	for (uint32_t j = 0; j < ncols && (uint64_t)nrows * ncols < 10000; j++) {
		bad += t.ptr[j] != at;
		for (uint32_t i = 0; i < nrows; i++)
			for (uint64_t c = m.ptr[i]; c < m.ptr[i + 1]; c++)
				if (m.col[c] == j) {
					bad += t.col[at] != i || t.val[at] != m.val[c] ||
					       (times && memcmp(&t.time[at], &m.time[c],
								sizeof *t.time) != 0);
					at++;
				}
	}
	CHECK(bad == 0, "%lu cells out of place (%u x %u)", (unsigned long)bad, nrows, ncols);
	rec_csr_free(&m);
	rec_csr_free(&t);
	rec_csr_free(&t4);
	rec_csr_free(&back);
}

int main(void)
{
	MUST(rec_pool_new(&pool, 4, &err), &err);
	for (int i = 0; i < 40; i++)
		test((uint32_t)draw(40), (uint32_t)draw(40), 1 + draw(10), (int)draw(2));
	test(1500, 700, 2, 1);	/* several parts */
	test(50, 20000, 2, 0);
	test(20000, 50, 2, 0);
	rec_pool_free(pool);
	return finished("csr");
}
