/* SPDX-License-Identifier: MIT */
/* ease.c - the Gram matrix, its inverse, the weights. */
#include "sim/ease.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/progress.h"
#include "blas/spd.h"

/*
 * ROWS: of the Gram matrix that one task makes. PATCH: a patch of weights and
 * its mirror image take 16 KiB each, a first-level cache of 32 KiB in all: both
 * are written at once, one of them across rows.
 */
enum { ROWS = 64, PATCH = 64 };

void rec_ease_free(struct rec_ease *s)
{
	free(s->p);
	free(s->diag);
	*s = (struct rec_ease){ 0 };
}

/* -- Gram matrix -- */

struct gram {
	const struct rec_overlap *o;
	struct rec_accumulator *acc;	/* per thread */
	struct rec_ease *s;
	double reg;
	const struct rec_run *run;
};

static int gram_rows(void *arg, uint64_t first, uint64_t last, unsigned thread,
		     struct rec_err *e)
{
	const struct gram *g = arg;
	struct rec_accumulator *a = &g->acc[thread];
	uint32_t n = g->s->n;

	(void)e;
	for (uint32_t i = (uint32_t)first; i < last; i++) {
		float *row = g->s->p + (uint64_t)i * n;

		memset(row, 0, ((size_t)i + 1) * sizeof *row);
		rec_overlap_line(a, g->o, i);
		for (uint32_t k = 0; k < a->n; k++)
			if (a->met[k] < i)
				row[a->met[k]] = (float)(a->xy ? a->xy[a->met[k]] :
								 a->count[a->met[k]]);
		row[i] = (float)((a->xy ? a->xy[i] : a->count[i]) + g->reg);
		rec_overlap_clear(a);
	}
	if (thread == 0)
		rec_progress_tell(&g->run->progress, "gram", last, n, NULL);
	return 0;
}

static int gram(struct gram *g, struct rec_err *e)
{
	unsigned threads = rec_pool_size(g->run->pool), i = 0;
	int rc = -1;

	g->acc = rec_zalloc(threads, sizeof *g->acc, e);
	while (g->acc && i < threads && rec_accumulator_new(&g->acc[i], g->o, e) == 0)
		i++;
	if (i == threads)
		rc = rec_pool_slices(g->run->pool, g->s->n, ROWS, gram_rows, g, e);
	for (i = 0; g->acc && i < threads; i++)
		rec_accumulator_free(&g->acc[i]);
	free(g->acc);
	return rc;
}

/* -- inverse -- */

uint64_t rec_ease_room(unsigned threads)
{
	return ((uint64_t)64 + (uint64_t)144 * threads) << 20;
}

/* Nothing of it is touched, so this costs nothing. */
static int make_sure_of_room(unsigned threads, struct rec_err *e)
{
	void *buffers = rec_alloc(rec_ease_room(threads), 1, e);

	free(buffers);
	return buffers ? 0 : rec_err_prefix(e, "no room for the BLAS library: ");
}

static int take_diagonal(struct rec_ease *s, struct rec_err *e)
{
	for (uint32_t j = 0; j < s->n; j++) {
		s->diag[j] = s->p[(uint64_t)j * s->n + j];
		if (!(s->diag[j] > 0) || isinf(s->diag[j]))
			return rec_err_set(e, REC_EDATA,
					   "the inverse has no positive diagonal in float32: a "
					   "larger --reg is needed");
	}
	return 0;
}

int rec_ease_solve(struct rec_ease *s, const struct rec_overlap *o, double reg,
		   const struct rec_run *run, struct rec_err *e)
{
	struct gram g = { .o = o, .s = s, .reg = reg, .run = run };
	struct rec_blas b = { 0 };
	int rc = -1;

	*s = (struct rec_ease){ .n = o->x->ncols };
	s->p = rec_alloc((size_t)s->n * s->n, sizeof *s->p, e);
	s->diag = rec_alloc(s->n, sizeof *s->diag, e);
	if (!s->p || !s->diag || make_sure_of_room(rec_pool_size(run->pool), e) != 0 ||
	    rec_blas_open(&b, e) != 0) {
		rec_ease_free(s);
		return -1;
	}
	memcpy(s->version, b.version, sizeof s->version);
	memcpy(s->core, b.core, sizeof s->core);
	if (gram(&g, e) == 0) {
		rc = rec_spd_inverse(s->p, s->n, &b, run->pool, &run->progress, e);
		if (rc != 0)
			rec_err_prefix(e, "--reg %g is too small: ", reg);
	}
	if (rc == 0)
		rc = take_diagonal(s, e);
	rec_blas_close(&b);
	if (rc != 0)
		rec_ease_free(s);
	return rc;
}

/*
 * -- weights: patches of PATCH x PATCH below the diagonal and their mirror
 * images, each pair touched by one task --
 */

struct weights {
	struct rec_ease *s;
	float min_sim;
	bool mirror;	/* P itself above the diagonal, instead of B on both sides */
};

static float cut(float w, float min_sim)
{
	return fabsf(w) < min_sim ? 0 : w;
}

static void patch(const struct weights *w, uint32_t i0, uint32_t j0)
{
	uint32_t n = w->s->n, i1 = n - i0 > PATCH ? i0 + PATCH : n,
		 j1 = n - j0 > PATCH ? j0 + PATCH : n;

	for (uint32_t i = i0; i < i1; i++)
		for (uint32_t j = j0; j < j1 && j < i; j++) {
			float *below = w->s->p + (uint64_t)i * n + j,
			      *above = w->s->p + (uint64_t)j * n + i, p = *below;

			*above = w->mirror ? p : cut((0 - p) / w->s->diag[i], w->min_sim);
			if (!w->mirror)
				*below = cut((0 - p) / w->s->diag[j], w->min_sim);
		}
	for (uint32_t i = i0; i0 == j0 && i < i1; i++)
		w->s->p[(uint64_t)i * n + i] = 0;
}

static int patch_row(void *arg, size_t task, unsigned thread, struct rec_err *e)
{
	const struct weights *w = arg;

	(void)thread;
	(void)e;
	for (uint32_t j = 0; j <= task; j++)
		patch(w, (uint32_t)task * PATCH, j * PATCH);
	return 0;
}

int rec_ease_weights(struct rec_ease *s, float min_sim, const struct rec_run *run,
		     struct rec_err *e)
{
	struct weights w = { s, min_sim, false };

	return rec_pool_run(run->pool, rec_slices(s->n, PATCH), patch_row, &w, e);
}

struct lines {
	const struct rec_ease *s;
	bool rows;
	float min_sim;
};

/* Row `line` of P: column `line` of B, not yet divided. */
static int line_of_p(void *arg, uint32_t line, unsigned thread, uint64_t *key, uint32_t *n,
		     struct rec_err *e)
{
	const struct lines *l = arg;
	const float *p = l->s->p + (uint64_t)line * l->s->n;
	uint32_t kept = 0;

	(void)thread;
	(void)e;
	for (uint32_t i = 0; i < l->s->n; i++) {
		float w = (0 - p[i]) / l->s->diag[l->rows ? i : line];

		key[kept] = rec_cell_key(w, i);
		kept += i != line && w != 0 && fabsf(w) >= l->min_sim;
	}
	*n = kept;
	return 0;
}

int rec_ease_select(struct rec_csr *out, struct rec_ease *s, const struct rec_selection *how,
		    float min_sim, const struct rec_run *run, struct rec_err *e)
{
	struct weights w = { s, 0, true };
	struct lines l = { s, how->rows, min_sim };

	*out = (struct rec_csr){ 0 };
	if (rec_pool_run(run->pool, rec_slices(s->n, PATCH), patch_row, &w, e) != 0)
		return -1;
	return rec_select(out, how, line_of_p, &l, run, e);
}
