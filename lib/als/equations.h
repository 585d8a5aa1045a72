/* SPDX-License-Identifier: MIT */
/*
 * als/equations.h - the equations of one row, ready to be added up, and what a
 * thread needs to solve them; for row.c and its two solvers alone.
 */
#ifndef REC_ALS_EQUATIONS_H
#define REC_ALS_EQUATIONS_H

#include "als/row.h"
#include "kernel/kernel.h"

struct rec_als_scratch {
	uint32_t panel_rows, cg_rows, few;	/* rows of a panel; see below */
	float *matrix, *panel;
	float *work;			/* of row_products; vectors that are turned next */
	/* kp each, in one piece at rhs; y has few */
	float *rhs, *x, *r, *z, *p, *ap, *diag, *inverse, *y;
	uint32_t *idx;			/* the pairs that add to the fit */
	float *a, *b;			/* their terms */
	size_t idx_cap, a_cap, b_cap;
};

/* D, and its inverse, are in the scratch. */
struct rec_als_equations {
	const struct rec_als_opts *o;
	const struct rec_als_fixed *q;
	const struct rec_kernel *kn;
	struct rec_als_scratch *s;
	const uint32_t *idx, *next;
	uint32_t n, nnext;	/* terms; vectors that are asked for */
	bool ones;		/* every a is 1 */
	bool sound;		/* D is above 0, and every a: the inverse is there */
};

/*
 * The vectors of pairs first .. first + n - 1 into the panel, in the basis of
 * the fixed side.
 */
void rec_als_gather(const struct rec_als_equations *w, uint32_t first, uint32_t n);

/*
 * Add up the lower triangle of the matrix, without D, and the right side.
 * Either may be NULL.
 */
void rec_als_add_up(const struct rec_als_equations *w, float *matrix, float *rhs);

/* -- als/exact.c -- */

/* The most pairs of a row that gets a system of its own. */
uint32_t rec_als_few(uint32_t kp);

/* x: as in rec_als_solve. */
REC_MUST int rec_als_exact(const struct rec_als_equations *w, float *x, struct rec_err *e);

/* The matrix of the row times x = rhs, which stays. */
REC_MUST int rec_als_solve_for(const struct rec_als_equations *w, const float *rhs, float *x,
			       struct rec_err *e);

/* -- als/gradient.c -- */

REC_MUST int rec_als_gradient(const struct rec_als_equations *w, float *x, struct rec_err *e);

static inline bool rec_all_zero(const float *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (x[i] != 0)
			return false;
	return true;
}

/* x - x is 0 for a finite x, NaN for any other. */
static inline bool rec_all_finite(const float *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!(x[i] - x[i] == 0))
			return false;
	return true;
}

static inline int rec_als_no_solution(struct rec_err *e)
{
	return rec_err_set(e, REC_EDATA, "no finite solution (values too large?)");
}

#endif
