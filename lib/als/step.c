/* SPDX-License-Identifier: MIT */
/*
 * als/step.c - a half-step. Threads take tasks of 64 rows. One thread computes
 * a row and writes it to its own place, and the fixed side is only read, so the
 * result does not depend on which thread took which task.
 */
#include "als/step.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/label.h"
#include "base/mem.h"
#include "base/progress.h"
#include "matrix/csr_row.h"

/* Of one task: many more tasks than threads, so that all end together. */
enum { TASK_ROWS = 64, TASK_PAIRS = 1 << 16 };

struct starts {
	struct rec_als_side *s;
	const struct rec_als_opts *o;
	const uint32_t *map;	/* row of s->init, or REC_NONE; NULL where there is none */
};

/* The stored layout is (p, 1, b_u) of a user, (q, b_i, 1) of an item. */
static void start_from(float *x, struct rec_als_side *s, const struct rec_als_opts *o, uint32_t i,
		       const float *stored)
{
	memset(x, 0, o->kp * sizeof *x);
	memcpy(x, stored, o->factors * sizeof *x);
	if (o->bias)
		s->bias[i] = stored[o->factors + (s->user ? 1 : 0)];
}

static int start_rows(void *arg, uint64_t first, uint64_t last, unsigned thread,
		      struct rec_err *e)
{
	const struct starts *st = arg;
	struct rec_als_side *s = st->s;

	(void)thread;
	(void)e;
	for (uint32_t i = (uint32_t)first; i < last; i++) {
		float *x = rec_table_rows(&s->table, i, i + 1);
		size_t len;
		const char *label = rec_label(s->label, i, &len);

		if (st->map && st->map[i] != REC_NONE)
			start_from(x, s, st->o, i,
				   s->init->val + (size_t)st->map[i] * s->init->ncols);
		else
			rec_als_start(x, st->o, s->user, label, len);
		if (st->o->bias)
			x[st->o->factors] = 1;
	}
	return 0;
}

static int set_starts(struct rec_als_side *s, const struct rec_als_opts *o,
		      const struct rec_run *run, struct rec_err *e)
{
	struct starts st = { s, o, NULL };
	uint32_t *map = NULL;
	int rc;

	if (s->no_starts)
		return 0;
	if (s->init && rec_labels_map(&map, s->label, &s->init->row, e) != 0)
		return -1;
	st.map = map;
	rc = rec_pool_slices(run->pool, s->label->n, TASK_ROWS, start_rows, &st, e);
	free(map);
	return rc;
}

struct weigh {
	struct rec_als_side *s;
	const struct rec_als_opts *o;
};

static int weigh_pairs(void *arg, uint64_t first, uint64_t last, unsigned thread,
		       struct rec_err *e)
{
	const struct weigh *w = arg;

	(void)thread;
	(void)e;
	for (uint64_t j = first; j < last; j++)
		w->s->weight[j] = rec_als_weight(w->o, w->s->m->val[j]);
	return 0;
}

/*
 * Logarithms are slow and are kept for all sweeps. The other weights are
 * computed as they are used.
 */
static int set_weights(struct rec_als_side *s, const struct rec_als_opts *o,
		       const struct rec_run *run, struct rec_err *e)
{
	struct weigh w = { s, o };

	if (o->explicit_loss || o->weights.kind != REC_TRANSFORM_LOG || s->m->far)
		return 0;
	s->weight = rec_alloc(s->m->nnz, sizeof *s->weight, e);
	if (!s->weight)
		return -1;
	return rec_pool_slices(run->pool, s->m->nnz, TASK_PAIRS, weigh_pairs, &w, e);
}

int rec_als_side_new(struct rec_als_side *s, const struct rec_als_opts *o,
		     const struct rec_run *run, struct rec_err *e)
{
	s->bias = o->bias ? rec_zalloc(s->label->n, sizeof *s->bias, e) : NULL;
	if ((o->bias && !s->bias) ||
	    rec_table_new(&s->table, s->label->n, o->kp, s->spill, e) != 0 ||
	    set_starts(s, o, run, e) != 0 || set_weights(s, o, run, e) != 0) {
		rec_als_side_free(s);
		return -1;
	}
	return 0;
}

void rec_als_side_free(struct rec_als_side *s)
{
	free(s->weight);
	rec_table_free(&s->table);
	free(s->bias);
	*s = (struct rec_als_side){ 0 };
}

int rec_als_side_pack(struct rec_dense *d, struct rec_als_side *s, const struct rec_als_opts *o,
		      struct rec_err *e)
{
	uint32_t k = o->factors, ncols = k + (o->bias ? 2 : 0);

	*d = (struct rec_dense){ .ncols = ncols };
	if (rec_labels_copy(&d->row, s->label, NULL, e) != 0)
		return -1;
	for (uint32_t i = 0; o->bias && i < s->label->n; i++) {
		float *x = rec_table_rows(&s->table, i, i + 1);

		x[k] = s->user ? 1 : s->bias[i];
		x[k + 1] = s->user ? s->bias[i] : 1;
	}
	rec_table_narrow(&s->table, ncols);
	d->val = s->table.p;
	d->far = s->table.far;
	d->own = d->far ? NULL : s->table.p;
	s->table = (struct rec_table){ 0 };
	return 0;
}

int rec_als_side_fix(struct rec_als_fixed *q, const struct rec_als_side *s,
		     const struct rec_als_opts *o, const struct rec_run *run, struct rec_err *e)
{
	*q = (struct rec_als_fixed){ .table = s->table.p,
				     .bias = s->bias,
				     .n = s->label->n,
				     .catalogue = s->user ? o->users : o->items };
	if (rec_als_fixed_basis(q, o, run, e) == 0 &&
	    rec_als_fixed_turn(q, s->spill, run, e) == 0) {
		if (q->turned)
			rec_table_drop(&s->table);
		return 0;
	}
	rec_als_fixed_free(q);
	return -1;
}

int rec_als_crew_new(struct rec_als_crew *c, const struct rec_als_opts *o,
		     const struct rec_run *run, struct rec_err *e)
{
	c->n = rec_pool_size(run->pool);
	c->scratch = rec_zalloc(c->n, sizeof(struct rec_als_scratch *), e);
	c->rows = rec_zalloc(c->n, sizeof *c->rows, e);
	for (unsigned i = 0; c->scratch && c->rows && i < c->n; i++) {
		c->rows[i] = rec_zalloc((size_t)TASK_ROWS * o->kp, sizeof **c->rows, e);
		if (!c->rows[i] || rec_als_scratch_new(&c->scratch[i], o, e) != 0)
			break;
	}
	if (c->scratch && c->rows && c->scratch[c->n - 1])
		return 0;
	rec_als_crew_free(c);
	return -1;
}

void rec_als_crew_free(struct rec_als_crew *c)
{
	for (unsigned i = 0; c->scratch && i < c->n; i++)
		rec_als_scratch_free(c->scratch[i]);
	for (unsigned i = 0; c->rows && i < c->n; i++)
		free(c->rows[i]);
	free(c->scratch);
	free(c->rows);
	*c = (struct rec_als_crew){ 0 };
}

struct step {
	struct rec_als_side *s;
	const struct rec_als_fixed *q;
	const struct rec_als_opts *o;
	struct rec_als_crew *crew;
	const struct rec_als_tell *tell;
	const struct rec_run *run;
	atomic_uint_fast64_t done;
};

/*
 * Row i, which is x in the basis of the fixed side; the rows of a task end at
 * `end`.
 */
static int solve_one(struct step *st, uint32_t i, uint32_t end, float *x, unsigned thread,
		     struct rec_err *e)
{
	struct rec_als_side *s = st->s;
	struct rec_csr_cells row = rec_csr_row(s->m, i);
	struct rec_als_pairs h = { row.col, row.val, s->weight ? s->weight + s->m->ptr[i] : NULL,
				   (uint32_t)row.n, NULL, NULL, 0 };
	const char *label;
	size_t len;

	if (i + 1 < end && !s->m->far) {
		h.next = s->m->col + s->m->ptr[i + 1];
		h.nnext = (uint32_t)(s->m->ptr[i + 2] - s->m->ptr[i + 1]);
	}
	if (st->o->bias)
		x[st->o->factors] = s->bias[i];
	if (rec_als_solve(st->o, st->q, &h, st->crew->scratch[thread], st->run->kernel, x, e) !=
	    0) {
		label = rec_label(s->label, i, &len);
		return rec_err_prefix(e, "%s '%.*s': ", s->user ? "user" : "item",
				      REC_LABEL(label, len));
	}
	if (st->o->bias) {
		s->bias[i] = x[st->o->factors];
		x[st->o->factors] = 1;
	}
	return 0;
}

static int solve_rows(void *arg, uint64_t first, uint64_t last, unsigned thread,
		      struct rec_err *e)
{
	struct step *st = arg;
	const struct rec_als_basis *b = st->q->basis;
	uint32_t n = (uint32_t)(last - first);
	float *rows = rec_table_rows(&st->s->table, (uint32_t)first, (uint32_t)last);
	float *x = b ? st->crew->rows[thread] : rows;
	uint64_t done;

	if (b && st->o->solver == REC_CG)
		rec_als_turn(b, x, rows, n);
	for (uint32_t i = 0; i < n; i++)
		if (solve_one(st, (uint32_t)first + i, (uint32_t)last, x + (size_t)i * st->o->kp,
			      thread, e) != 0)
			return -1;
	if (b)
		rec_als_turn_back(b, rows, x, n);
	done = atomic_fetch_add(&st->done, last - first) + (last - first);
	if (thread == 0)
		rec_progress_tell(&st->run->progress, "rows", st->tell->before + done,
				  st->tell->total, st->tell->note);
	return 0;
}

int rec_als_step(struct rec_als_side *s, const struct rec_als_fixed *q,
		 const struct rec_als_opts *o, struct rec_als_crew *crew,
		 const struct rec_als_tell *tell, const struct rec_run *run, struct rec_err *e)
{
	struct step st = { .s = s, .q = q, .o = o, .crew = crew, .tell = tell, .run = run };

	atomic_init(&st.done, 0);
	rec_table_drop(&s->table);	/* it was the fixed side before */
	return rec_pool_slices(run->pool, s->label->n, TASK_ROWS, solve_rows, &st, e);
}
