/* SPDX-License-Identifier: MIT */
/*
 * spd.c - Cholesky and inverse by tiles.
 *
 * Row-major lower triangles are column-major upper ones to LAPACK: potrf("U")
 * leaves L where we read rows, trtri("U") its inverse, lauum("U") L'L.
 */
#include "blas/spd.h"

#include "base/progress.h"

struct tiles {
	float *a;
	uint32_t n, nt, k;	/* order, tiles a side, step */
	const struct rec_blas *b;
};

static float *tile(const struct tiles *t, uint32_t i, uint32_t j)
{
	return t->a + (uint64_t)i * REC_TILE * t->n + (uint64_t)j * REC_TILE;
}

/* Rows of tile row i; the last may be shorter. */
static int side(const struct tiles *t, uint32_t i)
{
	return (int)(t->n - i * REC_TILE < REC_TILE ? t->n - i * REC_TILE : REC_TILE);
}

/*
 * Tile task of a lower triangle of tiles, diagonal included: row r and column c
 * <= r.
 */
static void of_triangle(size_t task, uint32_t *r, uint32_t *c)
{
	uint32_t row = 0;

	while (task > row)
		task -= ++row;
	*r = row;
	*c = (uint32_t)task;
}

static int bad_pivot(const struct tiles *t, int info, struct rec_err *e)
{
	return rec_err_set(e, REC_EDATA, "the matrix is not positive definite at row %u",
			   t->k * REC_TILE + (uint32_t)info);
}

/*
 * -- Cholesky: factor tile k, k; solve below it; take the products off what is
 * to the right --
 */

/* Tile k, k by a LAPACK routine. */
static int on_diagonal(const struct tiles *t, rec_lapack_fn *fn, struct rec_err *e)
{
	int n = side(t, t->k), lda = (int)t->n, info = 0;

	fn("U", &n, tile(t, t->k, t->k), &lda, &info, 1);
	return info == 0 ? 0 : bad_pivot(t, info, e);
}

/* Tile k, j left of tile k, k: divided by it or multiplied with it. */
static int left_of(const struct tiles *t, uint32_t j, rec_triangle_fn *fn, int trans)
{
	int ld = (int)t->n;

	fn(REC_ROW_MAJOR, REC_LEFT, REC_LOWER, trans, REC_NON_UNIT, side(t, t->k), side(t, j), 1,
	   tile(t, t->k, t->k), ld, tile(t, t->k, j), ld);
	return 0;
}

static int solve_below(void *arg, size_t task, unsigned thread, struct rec_err *e)
{
	const struct tiles *t = arg;
	uint32_t i = t->k + 1 + (uint32_t)task;
	int ld = (int)t->n;

	(void)thread;
	(void)e;
	t->b->trsm(REC_ROW_MAJOR, REC_RIGHT, REC_LOWER, REC_TRANS, REC_NON_UNIT, side(t, i),
		   side(t, t->k), 1, tile(t, t->k, t->k), ld, tile(t, i, t->k), ld);
	return 0;
}

static int take_off(void *arg, size_t task, unsigned thread, struct rec_err *e)
{
	const struct tiles *t = arg;
	int ld = (int)t->n;
	uint32_t i, j;

	(void)thread;
	(void)e;
	of_triangle(task, &i, &j);
	i += t->k + 1;
	j += t->k + 1;
	if (i == j)
		t->b->syrk(REC_ROW_MAJOR, REC_LOWER, REC_NO_TRANS, side(t, i), side(t, t->k), -1,
			   tile(t, i, t->k), ld, 1, tile(t, i, i), ld);
	else
		t->b->gemm(REC_ROW_MAJOR, REC_NO_TRANS, REC_TRANS, side(t, i), side(t, j),
			   side(t, t->k), -1, tile(t, i, t->k), ld, tile(t, j, t->k), ld, 1,
			   tile(t, i, j), ld);
	return 0;
}

/*
 * -- the inverse of L: tiles below k, k; what they add to the tiles to their
 * left; tiles left of k, k; k, k itself --
 */

static int divide_below(void *arg, size_t task, unsigned thread, struct rec_err *e)
{
	const struct tiles *t = arg;
	uint32_t i = t->k + 1 + (uint32_t)task;
	int ld = (int)t->n;

	(void)thread;
	(void)e;
	t->b->trsm(REC_ROW_MAJOR, REC_RIGHT, REC_LOWER, REC_NO_TRANS, REC_NON_UNIT, side(t, i),
		   side(t, t->k), -1, tile(t, t->k, t->k), ld, tile(t, i, t->k), ld);
	return 0;
}

static int add_left(void *arg, size_t task, unsigned thread, struct rec_err *e)
{
	const struct tiles *t = arg;
	uint32_t i = t->k + 1 + (uint32_t)(task / t->k), j = (uint32_t)(task % t->k);
	int ld = (int)t->n;

	(void)thread;
	(void)e;
	t->b->gemm(REC_ROW_MAJOR, REC_NO_TRANS, REC_NO_TRANS, side(t, i), side(t, j), side(t, t->k),
		   1, tile(t, i, t->k), ld, tile(t, t->k, j), ld, 1, tile(t, i, j), ld);
	return 0;
}

static int divide_left(void *arg, size_t task, unsigned thread, struct rec_err *e)
{
	const struct tiles *t = arg;

	(void)thread;
	(void)e;
	return left_of(t, (uint32_t)task, t->b->trsm, REC_NO_TRANS);
}

static int invert_self(const struct tiles *t, struct rec_err *e)
{
	int n = side(t, t->k), lda = (int)t->n, info = 0;

	t->b->trtri("U", "N", &n, tile(t, t->k, t->k), &lda, &info, 1, 1);
	return info == 0 ? 0 : bad_pivot(t, info, e);
}

/*
 * -- L'L: products of row k with itself onto the triangle above; row k times
 * tile k, k; k, k itself --
 */

static int add_above(void *arg, size_t task, unsigned thread, struct rec_err *e)
{
	const struct tiles *t = arg;
	int ld = (int)t->n;
	uint32_t i, j;

	(void)thread;
	(void)e;
	of_triangle(task, &i, &j);
	if (i == j)
		t->b->syrk(REC_ROW_MAJOR, REC_LOWER, REC_TRANS, side(t, i), side(t, t->k), 1,
			   tile(t, t->k, i), ld, 1, tile(t, i, i), ld);
	else
		t->b->gemm(REC_ROW_MAJOR, REC_TRANS, REC_NO_TRANS, side(t, i), side(t, j),
			   side(t, t->k), 1, tile(t, t->k, i), ld, tile(t, t->k, j), ld, 1,
			   tile(t, i, j), ld);
	return 0;
}

static int multiply_left(void *arg, size_t task, unsigned thread, struct rec_err *e)
{
	const struct tiles *t = arg;

	(void)thread;
	(void)e;
	return left_of(t, (uint32_t)task, t->b->trmm, REC_TRANS);
}

/* -- the sweeps -- */

static int cholesky_step(struct tiles *t, struct rec_pool *pool, struct rec_err *e)
{
	size_t below = t->nt - t->k - 1;

	if (on_diagonal(t, t->b->potrf, e) != 0 ||
	    rec_pool_run(pool, below, solve_below, t, e) != 0)
		return -1;
	return rec_pool_run(pool, below * (below + 1) / 2, take_off, t, e);
}

static int inverse_step(struct tiles *t, struct rec_pool *pool, struct rec_err *e)
{
	size_t below = t->nt - t->k - 1, left = t->k;

	if (rec_pool_run(pool, below, divide_below, t, e) != 0 ||
	    rec_pool_run(pool, below * left, add_left, t, e) != 0)
		return -1;
	if (rec_pool_run(pool, left, divide_left, t, e) != 0)
		return -1;
	return invert_self(t, e);
}

static int product_step(struct tiles *t, struct rec_pool *pool, struct rec_err *e)
{
	size_t left = t->k;

	if (rec_pool_run(pool, left * (left + 1) / 2, add_above, t, e) != 0 ||
	    rec_pool_run(pool, left, multiply_left, t, e) != 0)
		return -1;
	return on_diagonal(t, t->b->lauum, e);
}

typedef int step_fn(struct tiles *t, struct rec_pool *pool, struct rec_err *e);

int rec_spd_inverse(float *a, uint32_t n, const struct rec_blas *b, struct rec_pool *pool,
		    const struct rec_progress *progress, struct rec_err *e)
{
	static const struct {
		step_fn *step;
		const char *phase;
	} sweep[] = { { cholesky_step, "cholesky" },
		      { inverse_step, "inverse" },
		      { product_step, "product" } };
	struct tiles t = { .a = a, .n = n, .nt = (n + REC_TILE - 1) / REC_TILE, .b = b };

	for (size_t s = 0; s < sizeof sweep / sizeof *sweep; s++)
		for (t.k = 0; t.k < t.nt; t.k++) {
			rec_progress_tell(progress, sweep[s].phase, t.k, t.nt, NULL);
			if (sweep[s].step(&t, pool, e) != 0)
				return -1;
		}
	return 0;
}
