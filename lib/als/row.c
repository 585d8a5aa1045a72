/* SPDX-License-Identifier: MIT */
/*
 * als/row.c - makes the equations of one row; als/exact.c and als/gradient.c
 * solve them.
 *
 * A row whose right side is zero has the solution zero. So has a row without
 * terms.
 */
#include "als/row.h"

#include <stdlib.h>
#include <string.h>

#include "als/equations.h"
#include "base/hash.h"
#include "base/math.h"
#include "base/mem.h"
#include "base/random.h"

/*
 * Bytes of a panel, for the first-level cache and for the second, and of
 * vectors that are asked for before their row comes. TURN_ROWS: vectors that
 * are turned at once.
 */
enum { PANEL = 32 << 10, CG_PANEL = 512 << 10, ASKED = 64 << 10, TURN_ROWS = 64 };

float rec_als_weight(const struct rec_als_opts *o, float value)
{
	double v = value < 0 ? -(double)value : (double)value;

	return o->weights.kind == REC_TRANSFORM_NONE ? (float)o->weights.alpha :
						       rec_transform_scaled(&o->weights, v);
}

double rec_als_reg(const struct rec_als_opts *o, uint64_t n, uint32_t others)
{
	double base = o->explicit_loss || o->reg_own ? 0 : o->unobserved * others;

	/* a row of values below 0 alone counts no pair */
	if (o->reg_own && n == 0)
		n = 1;
	return o->reg * rec_pow((double)n + base, o->reg_power);
}

static uint32_t larger(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

int rec_als_scratch_new(struct rec_als_scratch **out, const struct rec_als_opts *o,
			struct rec_err *e)
{
	struct rec_als_scratch *s = rec_zalloc(1, sizeof *s, e);
	uint32_t row = o->kp * (uint32_t)sizeof(float), side;

	*out = NULL;
	if (!s)
		return -1;
	s->panel_rows = PANEL / row < 16 ? 16 : PANEL / row > 256 ? 256 : PANEL / row;
	s->cg_rows = CG_PANEL / row < 64 ? 64 : CG_PANEL / row;
	s->few = rec_als_few(o->kp);
	side = larger(o->kp, s->few);
	s->matrix = rec_zalloc((size_t)side * side, sizeof(float), e);
	s->panel = rec_alloc((size_t)larger(s->cg_rows, s->few) * o->kp, sizeof(float), e);
	s->work = rec_alloc((size_t)TURN_ROWS * larger(s->few, o->kp), sizeof(float), e);
	s->rhs = rec_zalloc(8 * (size_t)o->kp + s->few, sizeof(float), e);
	if (!s->matrix || !s->panel || !s->work || !s->rhs) {
		rec_als_scratch_free(s);
		return -1;
	}
	s->x = s->rhs + o->kp;
	s->r = s->x + o->kp;
	s->z = s->r + o->kp;
	s->p = s->z + o->kp;
	s->ap = s->p + o->kp;
	s->diag = s->ap + o->kp;
	s->inverse = s->diag + o->kp;
	s->y = s->inverse + o->kp;
	*out = s;
	return 0;
}

uint64_t rec_als_scratch_bytes(const struct rec_als_opts *o)
{
	uint64_t row = o->kp * sizeof(float), few = rec_als_few(o->kp);
	uint64_t side = few > o->kp ? few : o->kp;
	uint64_t held = CG_PANEL / row < 64 ? 64 : CG_PANEL / row;

	return side * side * sizeof(float) + (held > few ? held : few) * row +
	       TURN_ROWS * side * sizeof(float) + 8 * row + (64 << 10);
}

void rec_als_scratch_free(struct rec_als_scratch *s)
{
	if (!s)
		return;
	free(s->matrix);
	free(s->panel);
	free(s->work);
	free(s->rhs);
	free(s->idx);
	free(s->a);
	free(s->b);
	free(s);
}

static int reserve(struct rec_als_scratch *s, uint32_t n, struct rec_err *e)
{
	if (rec_grow(&s->idx, &s->idx_cap, n, sizeof *s->idx, e) != 0 ||
	    rec_grow(&s->a, &s->a_cap, n, sizeof *s->a, e) != 0)
		return -1;
	return rec_grow(&s->b, &s->b_cap, n, sizeof *s->b, e);
}

static void explicit_terms(struct rec_als_equations *w, const struct rec_als_pairs *h)
{
	struct rec_als_scratch *s = w->s;

	for (uint32_t j = 0; j < h->n; j++) {
		double bias = w->q->bias ? w->q->bias[h->col[j]] : 0;

		s->a[j] = 1;
		s->b[j] = (float)((double)h->val[j] - w->o->mean - bias);
	}
	w->idx = h->col;
	w->n = h->n;
	w->ones = true;
}

/* Every pair has the same weight and is in the fit: true where that is so. */
static bool plain_terms(struct rec_als_equations *w, const struct rec_als_pairs *h)
{
	const struct rec_als_opts *o = w->o;
	struct rec_als_scratch *s = w->s;
	float alpha = (float)o->weights.alpha;
	bool all = o->weights.kind == REC_TRANSFORM_NONE && !o->target_value;

	for (uint32_t j = 0; all && j < h->n; j++) {
		if (!(h->val[j] > 0))
			return false;
		s->a[j] = s->b[j] = alpha;
	}
	w->idx = h->col;
	w->n = h->n;
	w->ones = alpha == 1;
	return all;
}

static void implicit_terms(struct rec_als_equations *w, const struct rec_als_pairs *h)
{
	const struct rec_als_opts *o = w->o;
	struct rec_als_scratch *s = w->s;
	float alpha = (float)o->weights.alpha;
	uint32_t n = 0;

	if (plain_terms(w, h))
		return;
	for (uint32_t j = 0; j < h->n; j++) {
		float v = h->val[j], a = alpha;

		if (!rec_als_in_fit(o, v))
			continue;
		if (o->weights.kind != REC_TRANSFORM_NONE)
			a = h->weight ? h->weight[j] : rec_als_weight(o, v);
		s->idx[n] = h->col[j];
		s->a[n] = a;
		s->b[n] = o->target_value ? a * v : v > 0 ? a : 0;
		n++;
	}
	w->idx = s->idx;
	w->n = n;
	w->ones = o->weights.kind == REC_TRANSFORM_NONE && alpha == 1;
}

static uint64_t count_pairs(const struct rec_als_opts *o, const struct rec_als_pairs *h)
{
	uint64_t n = 0;

	for (uint32_t j = 0; j < h->n; j++)
		n += rec_als_counts(o, h->val[j]);
	return n;
}

/*
 * D and its inverse; 0 on the padding. It is sound where no element is lost
 * beside the largest one.
 */
static void set_diag(struct rec_als_equations *w, float reg)
{
	uint32_t k = w->o->factors, kp = w->o->kp;
	const struct rec_als_basis *b = w->q->basis;
	float *d = w->s->diag, *inverse = w->s->inverse, least = reg, most = reg;

	for (uint32_t c = 0; c < k; c++)
		d[c] = b ? b->value[c] + reg : reg;
	for (uint32_t c = k; c < kp; c++)
		d[c] = 0;
	if (b) {
		least += b->least;
		most += b->most;
	}
	if (w->o->bias) {
		d[k] = (float)w->o->bias_reg;
		least = d[k] < least ? d[k] : least;
		most = d[k] > most ? d[k] : most;
	}
	w->sound = least > 0x1p-20f * most;
	if (!w->sound)
		return;
	w->kn->inverse(inverse, d, 0, kp);
	for (uint32_t c = k + w->o->bias; c < kp; c++)
		inverse[c] = 0;
}

void rec_als_gather(const struct rec_als_equations *w, uint32_t first, uint32_t n)
{
	const struct rec_als_fixed *q = w->q;
	uint32_t kp = w->o->kp, m;
	float *panel = w->s->panel;

	if (!q->basis || q->turned) {
		const float *table = q->turned ? q->turned : q->table;

		w->kn->gather(panel, table, w->idx + first, n, kp);
		if (first == 0 && n == w->n)
			w->kn->ask(table, w->next, w->nnext, kp);
		return;
	}
	for (uint32_t j = 0; j < n; j += m) {
		m = n - j < TURN_ROWS ? n - j : TURN_ROWS;
		w->kn->gather(w->s->work, q->table, w->idx + first + j, m, kp);
		rec_als_turn(q->basis, panel + (size_t)j * kp, w->s->work, m);
	}
}

void rec_als_add_up(const struct rec_als_equations *w, float *matrix, float *rhs)
{
	struct rec_als_scratch *s = w->s;
	uint32_t kp = w->o->kp;

	if (matrix)
		memset(matrix, 0, (size_t)kp * kp * sizeof *matrix);
	if (rhs)
		memset(rhs, 0, kp * sizeof *rhs);
	for (uint32_t j = 0; j < w->n; j += s->panel_rows) {
		uint32_t m = w->n - j < s->panel_rows ? w->n - j : s->panel_rows;

		rec_als_gather(w, j, m);
		if (matrix)
			w->kn->rank_update(matrix, s->panel, w->ones ? NULL : s->a + j, m, kp);
		if (rhs)
			w->kn->combine(rhs, s->panel, s->b + j, m, kp);
	}
}

/* w has o, q, kn and s. */
static int set_up(struct rec_als_equations *w, const struct rec_als_pairs *h, struct rec_err *e)
{
	if (reserve(w->s, h->n, e) != 0)
		return -1;
	if (w->o->explicit_loss)
		explicit_terms(w, h);
	else
		implicit_terms(w, h);
	set_diag(w, (float)rec_als_reg(w->o, count_pairs(w->o, h), w->q->catalogue));
	for (uint32_t j = 0; !w->ones && j < w->n; j++)
		w->sound = w->sound && w->s->a[j] > 0;
	return 0;
}

int rec_als_solve(const struct rec_als_opts *o, const struct rec_als_fixed *q,
		  const struct rec_als_pairs *h, struct rec_als_scratch *s,
		  const struct rec_kernel *kn, float *x, struct rec_err *e)
{
	uint32_t most = ASKED / (o->kp * (uint32_t)sizeof(float));
	struct rec_als_equations w = { .o = o,
			       .q = q,
			       .kn = kn,
			       .s = s,
			       .next = h->next,
			       .nnext = h->nnext < most ? h->nnext : most };

	if (set_up(&w, h, e) != 0)
		return -1;
	/* steps may lead anywhere without regularisation: exactly, then */
	return o->solver == REC_CG && w.sound ? rec_als_gradient(&w, x, e) :
						rec_als_exact(&w, x, e);
}

static double product(const float *a, const float *b, uint32_t n)
{
	double sum = 0;

	for (uint32_t i = 0; i < n; i++)
		sum += (double)a[i] * b[i];
	return sum;
}

int rec_als_terms(const struct rec_als_opts *o, const struct rec_als_fixed *q,
		  const struct rec_als_pairs *h, struct rec_als_scratch *s,
		  const struct rec_kernel *kn, float *y, struct rec_err *e)
{
	struct rec_als_equations w = { .o = o, .q = q, .kn = kn, .s = s };
	uint32_t n = 0;

	if (set_up(&w, h, e) != 0)
		return -1;
	if (q->basis)
		rec_als_turn(q->basis, s->rhs, y, 1);
	else
		memcpy(s->rhs, y, o->kp * sizeof *y);
	if (rec_als_solve_for(&w, s->rhs, s->x, e) != 0)
		return -1;
	if (q->basis)
		rec_als_turn_back(q->basis, y, s->x, 1);
	else
		memcpy(y, s->x, o->kp * sizeof *y);
	for (uint32_t j = 0; j < h->n; j++)
		h->term[j] = rec_als_in_fit(o, h->val[j]) ?
				     s->b[n++] * product(q->table + (size_t)h->col[j] * o->kp, y,
							 o->kp) :
				     0;
	return 0;
}

void rec_als_start(float *x, const struct rec_als_opts *o, bool user, const char *label, size_t len)
{
	uint64_t key = rec_hash(label, len,
				rec_key(o->seed, user ? "user factors" : "item factors"));
	double sd = o->init_sd / __builtin_sqrt((double)o->factors);

	memset(x, 0, o->kp * sizeof *x);
	for (uint32_t c = 0; c < o->factors; c++)
		x[c] = (float)(sd * rec_normal(rec_random(key, c)));
}

