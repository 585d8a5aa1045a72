/* SPDX-License-Identifier: MIT */
/*
 * als/fixed.c - stored factors to the table that rows are solved against, and
 * the basis of its Gramian.
 */
#include "als/fixed.h"

#include <stdlib.h>
#include <string.h>

#include "als/sum.h"
#include "base/mem.h"
#include "base/pool.h"

enum { TURN_ROWS = 96 };		/* at a time, by a thread */

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

int rec_als_fixed_basis(struct rec_als_fixed *q, const struct rec_als_opts *o,
			const struct rec_run *run, struct rec_err *e)
{
	size_t size = (size_t)o->kp * o->kp;
	double *t;
	int rc;

	if (o->explicit_loss)
		return 0;
	t = rec_alloc(size, sizeof *t, e);
	if (!t)
		return -1;
	rc = rec_als_gramian(t, q->table, q->n, o->kp, run, e);
	for (size_t i = 0; rc == 0 && i < size; i++)
		t[i] *= o->unobserved;
	if (rc == 0)
		rc = rec_als_basis_new(&q->basis, t, o->factors, o->kp, run, e);
	free(t);
	return rc;
}

static int turn_rows(void *arg, uint64_t first, uint64_t last, unsigned thread, struct rec_err *e)
{
	struct rec_als_fixed *q = arg;

	(void)thread;
	(void)e;
	rec_als_turn(q->basis, rec_table_rows(&q->room, (uint32_t)first, (uint32_t)last),
		     q->table + first * q->basis->kp, (uint32_t)(last - first));
	return 0;
}

int rec_als_fixed_turn(struct rec_als_fixed *q, struct rec_spill *spill, const struct rec_run *run,
		       struct rec_err *e)
{
	if (!q->basis)
		return 0;
	if (rec_table_new(&q->room, q->n, q->basis->kp, spill, e) != 0 ||
	    rec_pool_slices(run->pool, q->n, TURN_ROWS, turn_rows, q, e) != 0)
		return -1;
	q->turned = q->room.p;
	return 0;
}

int rec_als_fixed_load(struct rec_als_fixed *q, const struct rec_als_opts *o,
		       const struct rec_dense *d, bool user, const struct rec_run *run,
		       struct rec_err *e)
{
	*q = (struct rec_als_fixed){ .n = d->row.n, .catalogue = user ? o->users : o->items };
	if (load_table(q, o, d, user, e) == 0 && rec_als_fixed_basis(q, o, run, e) == 0)
		return 0;
	rec_als_fixed_free(q);
	return -1;
}

void rec_als_fixed_free(struct rec_als_fixed *q)
{
	for (int i = 0; i < 2; i++)
		free(q->own[i]);
	rec_als_basis_free(q->basis);
	rec_table_free(&q->room);
	*q = (struct rec_als_fixed){ 0 };
}
