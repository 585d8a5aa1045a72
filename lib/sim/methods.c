/* SPDX-License-Identifier: MIT */
/*
 * sim/methods.c - the table of methods, one row each, and the measures.
 *
 * d_i: pairs of item i; c: users that hold both i and j; U: users; w_ui: weight
 * of a pair (1 unless --weights says otherwise); i the history item, j the
 * candidate.
 */
#include "sim/methods.h"

#include <math.h>
#include <string.h>

#include "base/math.h"
#include "base/mem.h"
#include "matrix/csr_row.h"
#include "sim/bar.h"
#include "sim/linear.h"
#include "sim/llr.h"
#include "sim/method.h"

/* -- what a formula takes of each item -- */

static double sum_of_squares(const struct rec_sim_data *d, uint32_t i)
{
	struct rec_csr_cells users;
	double sum = 0;

	if (d->unit)
		return rec_sim_item_count(d, i);
	users = rec_csr_row(&d->t, i);
	for (uint64_t c = 0; c < users.n; c++)
		sum += (double)users.val[c] * (double)users.val[c];
	return sum;
}

static int two_arrays(struct rec_sim_data *d, struct rec_err *e)
{
	d->a = rec_alloc(d->items, sizeof *d->a, e);
	d->b = rec_alloc(d->items, sizeof *d->b, e);
	return d->a && d->b ? 0 : -1;
}

static int prepare_asymmetric(struct rec_sim_data *d, struct rec_err *e)
{
	double alpha = d->o->method->takes & REC_SIM_ASYMMETRY ? d->o->asymmetry : 0.5;

	if (two_arrays(d, e) != 0)
		return -1;
	for (uint32_t i = 0; i < d->items; i++) {
		d->a[i] = rec_pow(sum_of_squares(d, i), alpha);
		d->b[i] = rec_pow(sum_of_squares(d, i), 1 - alpha);
	}
	return 0;
}

static double *row_means(const struct rec_csr *m, struct rec_err *e)
{
	double *mean = rec_alloc(m->nrows, sizeof *mean, e);

	for (uint32_t r = 0; mean && r < m->nrows; r++) {
		struct rec_csr_cells row = rec_csr_row(m, r);
		double sum = 0;

		for (uint64_t i = 0; i < row.n; i++)
			sum += (double)row.val[i];
		mean[r] = row.n > 0 ? sum / (double)row.n : 0;
	}
	return mean;
}

static int prepare_pearson(struct rec_sim_data *d, struct rec_err *e)
{
	return (d->item_mean = row_means(&d->t, e)) ? 0 : -1;
}

static int prepare_adjusted(struct rec_sim_data *d, struct rec_err *e)
{
	return (d->user_mean = row_means(&d->x, e)) ? 0 : -1;
}

/* -- measures -- */

static double ratio(double x, double y)
{
	return y != 0 ? x / y : 0;
}

static double cosine(const void *arg, uint32_t i, uint32_t j, const struct rec_pair *p)
{
	const struct rec_sim_data *d = arg;

	return ratio(p->xy, d->a[i] * d->b[j] + d->o->shrink);
}

static double jaccard(const void *arg, uint32_t i, uint32_t j, const struct rec_pair *p)
{
	const struct rec_sim_data *d = arg;

	return p->count /
	       (rec_sim_item_count(d, i) + rec_sim_item_count(d, j) - p->count + d->o->shrink);
}

static double dice(const void *arg, uint32_t i, uint32_t j, const struct rec_pair *p)
{
	const struct rec_sim_data *d = arg;

	return 2.0 * p->count /
	       (rec_sim_item_count(d, i) + rec_sim_item_count(d, j) + d->o->shrink);
}

static double overlap(const void *arg, uint32_t i, uint32_t j, const struct rec_pair *p)
{
	const struct rec_sim_data *d = arg;
	double di = rec_sim_item_count(d, i), dj = rec_sim_item_count(d, j);

	return p->count / ((di < dj ? di : dj) + d->o->shrink);
}

static double conditional(const void *arg, uint32_t i, uint32_t j, const struct rec_pair *p)
{
	const struct rec_sim_data *d = arg;

	(void)j;
	return p->count / (rec_sim_item_count(d, i) + d->o->shrink);
}

static double lift(const void *arg, uint32_t i, uint32_t j, const struct rec_pair *p)
{
	const struct rec_sim_data *d = arg;

	return (double)p->count * d->users /
	       (rec_sim_item_count(d, i) * rec_sim_item_count(d, j) + d->o->shrink);
}

static double sum(const void *arg, uint32_t i, uint32_t j, const struct rec_pair *p)
{
	(void)arg;
	(void)i;
	(void)j;
	return p->xy;
}

static double moments(const void *arg, uint32_t i, uint32_t j, const struct rec_pair *p)
{
	const struct rec_sim_data *d = arg;

	(void)i;
	(void)j;
	return ratio(p->xy, sqrt(p->xx) * sqrt(p->yy) + d->o->shrink);
}

static REC_WEIGH(weigh_cosine, cosine)
static REC_WEIGH(weigh_jaccard, jaccard)
static REC_WEIGH(weigh_dice, dice)
static REC_WEIGH(weigh_overlap, overlap)
static REC_WEIGH(weigh_conditional, conditional)
static REC_WEIGH(weigh_lift, lift)
static REC_WEIGH(weigh_sum, sum)
static REC_WEIGH(weigh_moments, moments)

/* -- their sieves: the bars of sim/bar.h -- */

static float factor_of_other(const void *arg, uint32_t s, bool rows)
{
	const struct rec_sim_data *d = arg;

	return (float)rec_bar_factor(rows ? d->b[s] : d->a[s]);
}

static float pairs_of_other(const void *arg, uint32_t s, bool rows)
{
	(void)rows;
	return (float)rec_sim_item_count(arg, s);
}

static float nothing(const void *arg, uint32_t s, bool rows)
{
	(void)arg;
	(void)s;
	(void)rows;
	return 0;
}

static uint32_t sift(const struct rec_line *l, double own, double each, double most, uint32_t *to)
{
	return rec_bar_sieve(l, &(struct rec_bar){ own, each, most }, to);
}

static uint32_t sift_cosine(const void *arg, const struct rec_line *l, float least, uint32_t *to)
{
	const struct rec_sim_data *d = arg;
	double t = rec_bar_bound((double)least),
	       own = rec_bar_factor(l->rows ? d->a[l->own] : d->b[l->own]);

	return sift(l, t * d->o->shrink, t * own, INFINITY, to);
}

static uint32_t sift_jaccard(const void *arg, const struct rec_line *l, float least, uint32_t *to)
{
	const struct rec_sim_data *d = arg;
	double t = rec_bar_bound((double)least);

	t /= 1 + t;
	return sift(l, t * (rec_sim_item_count(d, l->own) + d->o->shrink), t, INFINITY, to);
}

static uint32_t sift_dice(const void *arg, const struct rec_line *l, float least, uint32_t *to)
{
	const struct rec_sim_data *d = arg;
	double t = rec_bar_bound((double)least) / 2;

	return sift(l, t * (rec_sim_item_count(d, l->own) + d->o->shrink), t, INFINITY, to);
}

static uint32_t sift_overlap(const void *arg, const struct rec_line *l, float least, uint32_t *to)
{
	const struct rec_sim_data *d = arg;
	double t = rec_bar_bound((double)least);

	return sift(l, t * d->o->shrink, t, rec_sim_item_count(d, l->own), to);
}

static uint32_t sift_conditional(const void *arg, const struct rec_line *l, float least,
				 uint32_t *to)
{
	const struct rec_sim_data *d = arg;
	double t = rec_bar_bound((double)least), own = l->rows ? rec_sim_item_count(d, l->own) : 0;

	return sift(l, t * (own + d->o->shrink), l->rows ? 0 : t, INFINITY, to);
}

static uint32_t sift_lift(const void *arg, const struct rec_line *l, float least, uint32_t *to)
{
	const struct rec_sim_data *d = arg;
	double t = rec_bar_bound((double)least) / d->users;

	return sift(l, t * d->o->shrink, t * rec_sim_item_count(d, l->own), INFINITY, to);
}

static uint32_t sift_sum(const void *arg, const struct rec_line *l, float least, uint32_t *to)
{
	(void)arg;
	return sift(l, rec_bar_bound((double)least), 0, INFINITY, to);
}

/*
 * |weight| <= |xy| / sqrt(xx yy), so one of T or more has xy^2 >= T^2 xx yy,
 * which takes no root. Of rounding the same holds as in sim/bar.h, where the
 * product is not so small that it loses digits.
 */
static uint32_t sift_moments(const void *arg, const struct rec_line *l, float least, uint32_t *to)
{
	const struct rec_accumulator *a = l->sums;
	double t = rec_bar_bound((double)least);
	uint32_t passed = 0;

	(void)arg;
	for (uint32_t k = 0; k < a->n; k++) {
		uint32_t s = a->met[k];
		double square = a->xy[s] * a->xy[s], product = a->xx[s] * a->yy[s];

		to[passed] = s;
		passed += !(square < t * t * product) | (product < 1e-200);
	}
	return passed;
}

static const struct rec_sim_measure
	by_cosine = { weigh_cosine, factor_of_other, sift_cosine },
	by_jaccard = { weigh_jaccard, pairs_of_other, sift_jaccard },
	by_dice = { weigh_dice, pairs_of_other, sift_dice },
	by_overlap = { weigh_overlap, pairs_of_other, sift_overlap },
	by_sum = { weigh_sum, nothing, sift_sum },
	by_condition = { weigh_conditional, pairs_of_other, sift_conditional },
	by_lift = { weigh_lift, pairs_of_other, sift_lift },
	by_moments = { weigh_moments, nothing, sift_moments };

/* -- the table -- */

#define COMMON (REC_SIM_LIST | REC_SIM_SUPPORT)

static const struct rec_sim_method methods[] = {
	{ "cosine", "sum_u w_ui w_uj / (sqrt(sum_u w_ui^2 * sum_u w_uj^2) + X)",
	  COMMON | REC_SIM_SHRINK | REC_SIM_WEIGHTS | REC_SIM_FACTORS, REC_SIM_SYMMETRIC, false,
	  false, 100, REC_BASE_COUNT, &by_cosine, prepare_asymmetric, 8 },
	{ "jaccard", "c / (d_i + d_j - c + X)", COMMON | REC_SIM_SHRINK, REC_SIM_SYMMETRIC, false,
	  false, 100, REC_BASE_COUNT, &by_jaccard, NULL, 8 },
	{ "dice", "2 c / (d_i + d_j + X)", COMMON | REC_SIM_SHRINK, REC_SIM_SYMMETRIC, false, false,
	  100, REC_BASE_COUNT, &by_dice, NULL, 8 },
	{ "overlap", "c / (min(d_i, d_j) + X)", COMMON | REC_SIM_SHRINK, REC_SIM_SYMMETRIC, false,
	  false, 100, REC_BASE_COUNT, &by_overlap, NULL, 8 },
	{ "count", "c", COMMON, REC_SIM_SYMMETRIC, false, false, 100, REC_BASE_COUNT, &by_sum,
	  NULL, 8 },
	{ "conditional", "c / (d_i + X)", COMMON | REC_SIM_SHRINK, REC_SIM_DIRECTED, false, false,
	  100, REC_BASE_COUNT, &by_condition, NULL, 8 },
	{ "lift", "c U / (d_i d_j + X)", COMMON | REC_SIM_SHRINK, REC_SIM_SYMMETRIC, false, false,
	  100, REC_BASE_COUNT, &by_lift, NULL, 8 },
	{ "llr", "2 sum over the 4 cells k of the table of i and j of k ln(k U / (row * column))",
	  COMMON, REC_SIM_SYMMETRIC, false, false, 100, REC_BASE_COUNT, &rec_llr, rec_llr_prepare,
	  96 },
	{ "pearson",
	  "sum (v_ui - m_i)(v_uj - m_j) / (sqrt(sum (v_ui - m_i)^2 * sum (v_uj - m_j)^2) + X), "
	  "users of both",
	  COMMON | REC_SIM_SHRINK, REC_SIM_SYMMETRIC, true, true, 100, REC_BASE_MOMENT,
	  &by_moments, prepare_pearson, 8 },
	{ "adjusted-cosine",
	  "sum (v_ui - m_u)(v_uj - m_u) / (sqrt(sum (v_ui - m_u)^2 * sum (v_uj - m_u)^2) + X), "
	  "users of both",
	  COMMON | REC_SIM_SHRINK, REC_SIM_SYMMETRIC, true, true, 100, REC_BASE_MOMENT,
	  &by_moments, prepare_adjusted, 8 },
	{ "asymmetric", "sum_u w_ui w_uj / ((sum_u w_ui^2)^A (sum_u w_uj^2)^(1-A) + X)",
	  COMMON | REC_SIM_SHRINK | REC_SIM_WEIGHTS | REC_SIM_ASYMMETRY, REC_SIM_OF_HALVES, false,
	  false, 100, REC_BASE_COUNT, &by_cosine, prepare_asymmetric, 8 },
	{ "dot", "sum_u v_ui v_uj (with --weights: of w)",
	  COMMON | REC_SIM_WEIGHTS | REC_SIM_FACTORS, REC_SIM_SYMMETRIC, true, false, 100,
	  REC_BASE_COUNT, &by_sum, NULL, 8 },
	{ "linear", "(d_i^-A d_j^-B sum_u d_u^-C w_ui w_uj)^P",
	  COMMON | REC_SIM_WEIGHTS | REC_SIM_LINEAR, REC_SIM_OF_EXPONENTS, false, false, 0,
	  REC_BASE_SUM, &rec_linear, rec_linear_prepare, 8 },
	{ "p3alpha", "sum_u (w_ui / sum_u w_ui)^A (w_uj / sum_j w_uj)^A",
	  COMMON | REC_SIM_WEIGHTS | REC_SIM_WALK, REC_SIM_DIRECTED, false, false, 100,
	  REC_BASE_SUM, &rec_linear, rec_p3alpha_prepare, 8 },
	{ "rp3beta", "p3alpha / d_j^B", COMMON | REC_SIM_WEIGHTS | REC_SIM_WALK, REC_SIM_DIRECTED,
	  false, false, 100, REC_BASE_SUM, &rec_linear, rec_rp3beta_prepare, 8 },
	{ "ease", "-P_ij / P_jj, P = (W'W + L I)^-1", REC_SIM_LIST | REC_SIM_WEIGHTS | REC_SIM_REG,
	  REC_SIM_DIRECTED, false, false, 0, REC_BASE_COUNT, NULL, NULL, 8 },
	{ "popular", "no similarity; every item scores sum_u w_uj", REC_SIM_WEIGHTS,
	  REC_SIM_DIRECTED, false, false, 0, REC_BASE_COUNT, NULL, NULL, 8 },
};

const struct rec_sim_method *rec_sim_method(const char *name)
{
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
		if (strcmp(methods[i].name, name) == 0)
			return &methods[i];
	return NULL;
}

const struct rec_sim_method *rec_sim_method_at(size_t i)
{
	return i < sizeof methods / sizeof *methods ? &methods[i] : NULL;
}

const char *rec_sim_name(const struct rec_sim_method *m)
{
	return m->name;
}

const char *rec_sim_formula(const struct rec_sim_method *m)
{
	return m->formula;
}

bool rec_sim_takes_zeros(const struct rec_sim_method *m)
{
	return m->zeros;
}

bool rec_sim_takes(const struct rec_sim_method *m, unsigned bits)
{
	return (bits & ~(m->takes | REC_SIM_DATA)) == 0;
}

static bool same_exponents(const char *list)
{
	const char *a = list ? strchr(list, ',') : NULL, *b = a ? strchr(a + 1, ',') : NULL;

	return b && strlen(b + 1) == (size_t)(b - a - 1) &&
	       strncmp(a + 1, b + 1, (size_t)(b - a - 1)) == 0;
}

bool rec_sim_is_symmetric(const struct rec_meta *made)
{
	const char *name = rec_meta_get(made, "algorithm"),
		   *share = rec_meta_get(made, "asymmetry");
	const struct rec_sim_method *m = name ? rec_sim_method(name) : NULL;

	switch (m ? m->symmetry : REC_SIM_DIRECTED) {
	case REC_SIM_SYMMETRIC:
		return true;
	case REC_SIM_OF_HALVES:
		return share && strcmp(share, "0.5") == 0;
	case REC_SIM_OF_EXPONENTS:
		return same_exponents(rec_meta_get(made, "exponents"));
	case REC_SIM_DIRECTED:
		break;
	}
	return false;
}

void rec_sim_defaults(struct rec_sim_opts *o, const struct rec_sim_method *m)
{
	*o = (struct rec_sim_opts){ .method = m, .part = 1, .parts = 1 };
	rec_params_defaults(rec_sim_params, o);
	o->neighbours = m->neighbours;
	o->weights.kind = m->values ? REC_WEIGH_VALUE : REC_WEIGH_NONE;
}

bool rec_sim_needs_binary(const struct rec_sim_opts *o)
{
	return o->center || rec_weighting_of_history(&o->weights) ||
	       !(o->method->takes & REC_SIM_LIST);
}
