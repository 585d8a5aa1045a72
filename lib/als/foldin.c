/* SPDX-License-Identifier: MIT */
/*
 * foldin.c - a user vector from a history: the user's row equations of training
 * against the stored item factors, by Cholesky.
 *
 * What is shared by all threads is made once: the padded item table (the stored
 * one where it can be used as it is) and the basis of its Gramian. Each thread
 * brings its scratch.
 */
#include "recpipe/als.h"

#include <stdlib.h>
#include <string.h>

#include "als/row.h"
#include "base/mem.h"

struct rec_foldin {
	struct rec_als_opts als;
	struct rec_als_fixed items;
	const struct rec_kernel *kernel;
};

struct rec_foldin_scratch {
	struct rec_als_scratch *row;
	float *x, *turned;		/* kp each; turned: from the basis of the equations */
};

int rec_foldin_new(struct rec_foldin **out, const struct rec_model *m, const struct rec_run *run,
		   struct rec_err *e)
{
	struct rec_foldin *f;

	*out = NULL;
	if (!m->has_factors)
		return rec_err_set(e, REC_EDATA,
				   "the model holds no factors to fold a history into");
	f = rec_zalloc(1, sizeof *f, e);
	if (!f)
		return -1;
	f->kernel = run->kernel;
	if (rec_als_opts_load(&f->als, &m->meta, e) != 0 ||
	    rec_als_opts_fit(&f->als, m, e) != 0 ||
	    rec_als_fixed_load(&f->items, &f->als, &m->item, false, run, e) != 0) {
		rec_foldin_free(f);
		return -1;
	}
	f->als.solver = REC_CHOLESKY;
	*out = f;
	return 0;
}

void rec_foldin_free(struct rec_foldin *f)
{
	if (!f)
		return;
	rec_als_fixed_free(&f->items);
	free(f);
}

int rec_foldin_scratch_new(struct rec_foldin_scratch **out, const struct rec_foldin *f,
			   struct rec_err *e)
{
	struct rec_foldin_scratch *s = rec_zalloc(1, sizeof *s, e);

	*out = NULL;
	if (!s)
		return -1;
	s->x = rec_alloc(2 * (size_t)f->als.kp, sizeof *s->x, e);
	s->turned = s->x ? s->x + f->als.kp : NULL;
	if (!s->x || rec_als_scratch_new(&s->row, &f->als, e) != 0) {
		rec_foldin_scratch_free(s);
		return -1;
	}
	*out = s;
	return 0;
}

void rec_foldin_scratch_free(struct rec_foldin_scratch *s)
{
	if (!s)
		return;
	rec_als_scratch_free(s->row);
	free(s->x);
	free(s);
}

int rec_foldin_solve(const struct rec_foldin *f, struct rec_foldin_scratch *s, const uint32_t *item,
		     const float *value, uint32_t n, float *user, struct rec_err *e)
{
	struct rec_als_pairs h = { .col = item, .val = value, .n = n };
	uint32_t k = f->als.factors;

	if (rec_als_solve(&f->als, &f->items, &h, s->row, f->kernel, s->x, e) != 0)
		return -1;
	if (f->items.basis)
		rec_als_turn_back(f->items.basis, s->turned, s->x, 1);
	memcpy(user, f->items.basis ? s->turned : s->x, k * sizeof *user);
	if (f->als.bias) {
		user[k] = 1;
		user[k + 1] = s->x[k];
	}
	return 0;
}

int rec_foldin_terms(const struct rec_foldin *f, struct rec_foldin_scratch *s, const uint32_t *item,
		     const float *value, uint32_t n, const struct rec_foldin_why *why,
		     struct rec_err *e)
{
	struct rec_als_pairs h = { .col = item, .val = value, .n = n, .term = why->term };

	memcpy(s->x, f->items.table + (size_t)why->item * f->als.kp, f->als.kp * sizeof *s->x);
	return rec_als_terms(&f->als, &f->items, &h, s->row, f->kernel, s->x, e);
}
