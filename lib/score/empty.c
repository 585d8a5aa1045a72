/* SPDX-License-Identifier: MIT */
/*
 * score/empty.c - what a model doesn't say: items whose vector is zero, rows
 * that get one score for everything, models without content.
 *
 * A vector of zeros is the solution for a row without any pair above 0, or
 * what regularisation has left. Its scores are all 0, which would put the item
 * above those that are scored below 0, and the user's list in label order.
 */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "score/private.h"

enum { TASK_ITEMS = 4096 };

static bool all_zero(const float *x, uint32_t k)
{
	for (uint32_t i = 0; i < k; i++)
		if (x[i] != 0)
			return false;
	return true;
}

struct marking {
	const struct rec_scorer_part *p;
	unsigned char *usable;
	unsigned char *found; /* by task: it holds a vector of zeros */
};

static int mark_items(void *arg, uint64_t first, uint64_t last, unsigned thread, struct rec_err *e)
{
	const struct marking *m = arg;
	unsigned char *found = &m->found[first / TASK_ITEMS];

	(void)thread;
	(void)e;
	for (uint64_t i = first; i < last; i++) {
		m->usable[i] = !all_zero(m->p->table + i * m->p->ld, m->p->k);
		*found |= !m->usable[i];
	}
	return 0;
}

int rec_part_usable(struct rec_scorer_part *p, const struct rec_run *run, struct rec_err *e)
{
	size_t tasks = rec_slices(p->ncand, TASK_ITEMS);
	struct marking m = { .p = p, .usable = rec_alloc((size_t)p->ncand + 1, 1, e) };
	bool some = false;
	int rc = -1;

	m.found = rec_zalloc(tasks + 1, 1, e);
	if (m.usable && m.found)
		rc = rec_pool_slices(run->pool, p->ncand, TASK_ITEMS, mark_items, &m, e);
	for (size_t i = 0; rc == 0 && i < tasks; i++)
		some |= m.found[i];
	free(m.found);
	if (some) {
		p->usable = m.usable;
		p->own[p->nown++] = m.usable;
	} else {
		free(m.usable);
	}
	return rc;
}

/*
 * Looks at the model's own table: that of the part may be cut to what may be
 * listed.
 */
static bool flat_factors(const struct rec_scorer *s, const struct rec_scorer_part *p,
			 const float *vector)
{
	const struct rec_dense *d = &p->model->item;
	float first = 0, x;
	uint32_t n = 0;

	if (p->model->has_offset)
		return false;
	for (uint32_t i = 0; i < d->row.n; i++) {
		const float *v = d->val + (size_t)i * d->ncols;

		if (p->usable && all_zero(v, p->k))
			continue;
		x = s->run->kernel->score(vector, v, p->k);
		if (n++ > 0 && x != first)
			return false;
		first = x;
	}
	return n > 1;
}

/* Whether the history leads to something, and every weight on the way is 0. */
static bool flat_history(const struct rec_scorer_part *p, const struct rec_part_scratch *ps)
{
	const struct rec_model *m = p->model;
	uint64_t cells = 0;

	if (m->has_offset)
		return false;
	for (uint32_t i = 0; i < ps->nhist; i++) {
		uint64_t row = ps->hist[i], at = m->dense ? row * m->col.n : m->sim.ptr[row];
		uint64_t n = m->dense ? m->col.n : m->sim.ptr[row + 1] - at;
		const float *val = (m->dense ? m->sim_dense.val : m->sim.val) + at;

		for (uint64_t t = 0; t < n; t++)
			if (val[t] != 0)
				return false;
		cells += n;
	}
	return cells > 0;
}

static bool flat_offset(const struct rec_dense *d)
{
	for (uint32_t i = 1; i < d->row.n; i++)
		if (d->val[(size_t)i * d->ncols] != d->val[0])
			return false;
	return d->row.n > 1;
}

static bool flat(const struct rec_scorer *s, const struct rec_scorer_part *p,
		 const struct rec_part_scratch *ps)
{
	switch (p->kind) {
	case REC_PART_FACTORS: return flat_factors(s, p, ps->vector);
	case REC_PART_SPARSE:
	case REC_PART_DENSE: return flat_history(p, ps);
	case REC_PART_USERS: return false;
	case REC_PART_OFFSET: break;
	}
	return flat_offset(&p->model->offset);
}

bool rec_scorer_flat(const struct rec_scorer *s, const struct rec_score_scratch *sc)
{
	bool live = false;

	for (size_t i = 0; i < s->nparts && !s->similar; i++) {
		if (!sc->part[i].live)
			continue;
		live = true;
		if (!flat(s, &s->part[i], &sc->part[i]))
			return false;
	}
	return live;
}

static double norm(const struct rec_dense *d, uint32_t row, uint32_t k)
{
	const float *x = d->val + (size_t)row * d->ncols;
	double sum = 0;

	for (uint32_t i = 0; i < k; i++)
		sum += (double)x[i] * (double)x[i];
	return sqrt(sum);
}

double rec_model_reach(const struct rec_model *m, double enough)
{
	const struct rec_dense *u = &m->user, *v = &m->item;
	const char *bias = rec_meta_get(&m->meta, "bias");
	uint32_t k = v->ncols - (bias && bias[0] == '1' && v->ncols > 2 ? 2 : 0);
	double user = u->row.n ? 0 : 1, item = 0, x;

	for (uint32_t i = 0; (i < u->row.n || i < v->row.n) && !(user * item >= enough); i++) {
		if (i < u->row.n && (x = norm(u, i, k)) > user)
			user = x;
		if (i < v->row.n && (x = norm(v, i, k)) > item)
			item = x;
	}
	return user * item;
}
