/* SPDX-License-Identifier: MIT */
/*
 * als/gradient.c - the equations of one row by conjugate gradients (Hestenes
 * and Stiefel 1952; for ALS Takács, Pilászy and Tikk 2011), preconditioned by
 * D, from zero: the matrix is never formed.
 *
 * A step is one pass over the vectors. Where they take up to CG_PANEL bytes
 * they are gathered once; otherwise each step reads them from the table. To go
 * on from the last solution would spare half a pass, and cost more: it would
 * have to be turned into the new basis.
 */
#include <string.h>

#include "als/equations.h"

/* y = D x, then the vectors. */
static void multiply(const struct rec_als_equations *w, const float *table, const uint32_t *idx,
		     const float *x, float *y)
{
	w->kn->times(y, w->s->diag, x, w->o->kp);
	w->kn->outer_matvec(y, table, idx, w->s->a, x, w->n, w->o->kp);
}

/* z = r / D, or r. */
static void precondition(const struct rec_als_equations *w)
{
	if (w->sound)
		w->kn->times(w->s->z, w->s->r, w->s->inverse, w->o->kp);
	else
		memcpy(w->s->z, w->s->r, w->o->kp * sizeof *w->s->z);
}

/* From zero, where what is left of the right side is all of it. */
static void cg_steps(const struct rec_als_equations *w, const float *table, const uint32_t *idx,
		     float *x)
{
	const struct rec_kernel *kn = w->kn;
	struct rec_als_scratch *s = w->s;
	uint32_t kp = w->o->kp;
	float rz, first;

	memset(x, 0, kp * sizeof *x);
	memcpy(s->r, s->rhs, kp * sizeof *s->r);
	precondition(w);
	memcpy(s->p, s->z, kp * sizeof *s->p);
	first = rz = kn->dot(s->r, s->z, kp);
	for (uint32_t step = 0; step < w->o->cg_steps; step++) {
		float curvature, length, next;

		if (!(rz > 0x1p-40f * first))
			return;
		multiply(w, table, idx, s->p, s->ap);
		curvature = kn->dot(s->p, s->ap, kp);
		if (!(curvature > 0))
			return;
		length = rz / curvature;
		kn->axpy(x, length, s->p, kp);
		if (step + 1 == w->o->cg_steps)
			return;
		kn->axpy(s->r, -length, s->ap, kp);
		precondition(w);
		next = kn->dot(s->r, s->z, kp);
		kn->axpy(s->z, next / rz, s->p, kp);
		memcpy(s->p, s->z, kp * sizeof *s->p);
		rz = next;
	}
}

int rec_als_gradient(const struct rec_als_equations *w, float *x, struct rec_err *e)
{
	struct rec_als_scratch *s = w->s;
	const float *table = w->q->turned ? w->q->turned : w->q->table;
	uint32_t kp = w->o->kp;
	bool held = w->n <= s->cg_rows;

	if (held) {			/* gathered once, used by every step */
		memset(s->rhs, 0, kp * sizeof *s->rhs);
		rec_als_gather(w, 0, w->n);
		w->kn->combine(s->rhs, s->panel, s->b, w->n, kp);
	} else {
		rec_als_add_up(w, NULL, s->rhs);
	}
	if (rec_all_zero(s->rhs, kp)) {
		memset(x, 0, kp * sizeof *x);
		return 0;
	}
	cg_steps(w, held ? s->panel : table, held ? NULL : w->idx, x);
	return rec_all_finite(x, kp) ? 0 : rec_als_no_solution(e);
}

