/* SPDX-License-Identifier: MIT */
/*
 * als/fixed.c - stored factors to the table that rows are solved against, and
 * its Gramian.
 */
#include "als/fixed.h"

#include <stdlib.h>
#include <string.h>

#include "als/sum.h"
#include "base/mem.h"

/* A copy in padded stride, and the biases apart where there are some. */
static int pad(struct rec_als_fixed *q, const struct rec_als_opts *o, const struct rec_dense *d,
	       bool user, struct rec_err *e)
{
	uint32_t bias_at = o->factors + (user ? 1 : 0);
	float *table = rec_zalloc((size_t)d->row.n * o->kp, sizeof *table, e), *bias;

	q->own[0] = table;
	q->table = table;
	if (!table)
		return -1;
	for (uint32_t i = 0; i < d->row.n; i++)
		memcpy(table + (size_t)i * o->kp, d->val + (size_t)i * d->ncols,
		       o->factors * sizeof *table);
	if (!o->bias)
		return 0;
	bias = rec_alloc(d->row.n, sizeof *bias, e);
	q->own[1] = bias;
	q->bias = bias;
	if (!bias)
		return -1;
	for (uint32_t i = 0; i < d->row.n; i++) {
		bias[i] = d->val[(size_t)i * d->ncols + bias_at];
		table[(size_t)i * o->kp + o->factors] = 1;
	}
	return 0;
}

static int load_table(struct rec_als_fixed *q, const struct rec_als_opts *o,
		      const struct rec_dense *d, bool user, struct rec_err *e)
{
	if (!o->bias && o->factors == o->kp && (uintptr_t)d->val % 64 == 0) {
		q->table = d->val;
		return 0;
	}
	return pad(q, o, d, user, e);
}

int rec_als_gram(float **gram, const struct rec_als_opts *o, const float *table, uint32_t n,
		 const struct rec_run *run, struct rec_err *e)
{
	size_t size = (size_t)o->kp * o->kp;
	double *t = rec_alloc(size, sizeof *t, e);
	float *g = t ? rec_alloc(size, sizeof *g, e) : NULL;

	*gram = NULL;
	if (!g || rec_als_gramian(t, table, n, o->kp, run, e) != 0) {
		free(t);
		free(g);
		return -1;
	}
	for (size_t i = 0; i < size; i++)
		g[i] = (float)(o->unobserved * t[i]);
	free(t);
	*gram = g;
	return 0;
}

int rec_als_fixed_load(struct rec_als_fixed *q, const struct rec_als_opts *o,
		       const struct rec_dense *d, bool user, const struct rec_run *run,
		       struct rec_err *e)
{
	float *gram = NULL;

	*q = (struct rec_als_fixed){ .n = d->row.n, .catalogue = user ? o->users : o->items };
	if (load_table(q, o, d, user, e) != 0 ||
	    (!o->explicit_loss && rec_als_gram(&gram, o, q->table, q->n, run, e) != 0)) {
		rec_als_fixed_free(q);
		return -1;
	}
	q->gram = gram;
	q->own[2] = gram;
	return 0;
}

void rec_als_fixed_free(struct rec_als_fixed *q)
{
	for (int i = 0; i < 3; i++)
		free(q->own[i]);
	*q = (struct rec_als_fixed){ 0 };
}
