/* SPDX-License-Identifier: MIT */
/*
 * als/gradient.c - the equations of one row by conjugate gradients (Hestenes
 * and Stiefel 1952; for ALS Takács, Pilászy and Tikk 2011), preconditioned by
 * D: the matrix is never formed.
 *
 * A step is one pass over the vectors. Where they take up to CG_PANEL bytes
 * they are gathered once; otherwise each step reads them from the table. The
 * last solution is where they begin, although it has to be turned into the new
 * basis: with little regularisation three steps from zero end 2 to 6 % above
 * the objective of exact rows, however many sweeps there are, and three from
 * there 0.01 %.
 */
#include <float.h>
#include <string.h>

#include "als/equations.h"

/* y = D x, then the vectors. */
static void multiply(const struct rec_als_equations *w, const float *table, const uint32_t *idx,
		     const float *x, float *y)
{
	w->kn->times(y, w->s->diag, x, w->o->kp);
	w->kn->outer_matvec(y, table, idx, w->s->a, x, w->n, w->o->kp);
}

/* z = r / D */
static void precondition(const struct rec_als_equations *w)
{
	w->kn->times(w->s->z, w->s->r, w->s->inverse, w->o->kp);
}

static void cg_steps(const struct rec_als_equations *w, const float *table, const uint32_t *idx,
		     float *x)
{
	const struct rec_kernel *kn = w->kn;
	struct rec_als_scratch *s = w->s;
	uint32_t kp = w->o->kp;
	float rz, first;

	multiply(w, table, idx, x, s->ap);
	memcpy(s->r, s->rhs, kp * sizeof *s->r);
	kn->axpy(s->r, -1, s->ap, kp);
	precondition(w);
	memcpy(s->p, s->z, kp * sizeof *s->p);
	first = rz = kn->dot(s->r, s->z, kp);
	for (uint32_t step = 0; step < w->o->cg_steps; step++) {
		float curvature, length, next;

		if (!(rz > 0x1p-40f * first && rz >= FLT_MIN))
			return;
		multiply(w, table, idx, s->p, s->ap);
		curvature = kn->dot(s->p, s->ap, kp);
		if (!(curvature >= FLT_MIN))
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

