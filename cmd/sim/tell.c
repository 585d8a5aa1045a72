/* SPDX-License-Identifier: MIT */
/* cmd/sim/tell.c - what rec-sim says on stderr. */
#include "cmd/sim/tell.h"

#include <math.h>
#include <stdio.h>

#include "cmd/cli/cli.h"
#include "matrix/csr_row.h"
#include "sim/methods.h"

/* -- values -- */

struct values {
	uint64_t n, zeros, negative;
	float lo, hi;
	bool sizes;	/* values above 0 differ */
};

static struct values look(const struct rec_csr *m)
{
	struct values v = { .n = m->nnz, .lo = INFINITY, .hi = -INFINITY };
	float first = 0;

	for (uint32_t i = 0; i < m->nrows; i++) {
		struct rec_csr_cells row = rec_csr_row(m, i);

		for (uint64_t j = 0; j < row.n; j++) {
			float x = row.val[j];

			v.lo = x < v.lo ? x : v.lo;
			v.hi = x > v.hi ? x : v.hi;
			v.zeros += x == 0;
			v.negative += x < 0;
			v.sizes |= x > 0 && first > 0 && x != first;
			first = x > 0 ? x : first;
		}
	}
	return v;
}

struct text {
	char s[192];
};

/*
 * before + "3 of 5 values are 0 and take no part ..."; empty if all take part.
 */
static struct text left_out(const struct values *v, bool negative_too, const char *before,
			    const char *values)
{
	uint64_t n = v->zeros + (negative_too ? v->negative : 0);
	const char *what = v->zeros == n ? "0" : v->zeros ? "0 or below" : "below 0";
	const char *hint = v->zeros ? " (where 0 means that the user has it: cut -f1,2)" : "";
	struct text t = { "" };

	if (n)
		snprintf(t.s, sizeof t.s, "%s%llu of %llu%s %s %s and take%s no part%s", before,
			 (unsigned long long)n, (unsigned long long)v->n, values,
			 n == 1 ? "is" : "are", what, n == 1 ? "s" : "", hint);
	return t;
}

void sim_tell_values(const struct rec_sparse *x, const struct rec_sim_opts *s)
{
	enum rec_weighting_kind kind = s->weights.kind;
	bool ones = kind == REC_WEIGH_NONE && !cli_given("weights");
	bool negative_too = kind != REC_WEIGH_LINEAR && kind != REC_WEIGH_VALUE;
	struct values v;

	if (!x->has_value || x->m.nnz == 0)
		return;
	if (kind == REC_WEIGH_VALUE && rec_sim_takes_zeros(s->method))
		return;
	v = look(&x->m);
	if (ones && v.sizes && x->rating_like)
		cli_note("the values look like ratings and are taken as 1; see --weights, pearson, "
			 "adjusted-cosine, and rec-split --min-value 4 --binarize%s",
			 left_out(&v, true, "; ", "").s);
	else if (ones && v.sizes && rec_sim_takes(s->method, REC_SIM_WEIGHTS))
		cli_note("the values (%.7g to %.7g) are taken as 1; --weights log makes them "
			 "count%s",
			 (double)v.lo, (double)v.hi, left_out(&v, true, "; ", "").s);
	else if (*left_out(&v, negative_too, "", "").s)
		cli_note("%s", left_out(&v, negative_too, "", " values").s);
}

/* -- the table -- */

static float largest(const struct rec_model *m)
{
	uint64_t n = m->dense ? (uint64_t)m->sim_dense.row.n * m->sim_dense.ncols : m->sim.nnz;
	const float *w = m->dense ? m->sim_dense.val : m->sim.val;
	float most = 0;

	for (uint64_t i = 0; i < n; i++)
		most = fabsf(w[i]) > most ? fabsf(w[i]) : most;
	return most;
}

/* Tell why the table has no weight at all. */
static void tell_empty(const struct rec_sim_opts *s, const struct rec_pair_tally *t, bool factors)
{
	const char *item = s->side_user ? "user" : "item", *user = s->side_user ? "item" : "user";
	bool by_pairs = !factors && !rec_sim_takes(s->method, REC_SIM_REG);
	unsigned long support = s->min_support;

	if (by_pairs && t->pairs == 0)
		cli_note("no two %ss share %s %s: the table is empty", item,
			 s->side_user ? "an" : "a", user);
	else if (by_pairs && t->rare == t->pairs)
		cli_note("no two %ss share %lu %ss or more, as --min-support requires: the table "
			 "is empty",
			 item, support, user);
	else if (by_pairs && t->small > 0 && t->rare > 0)
		cli_note("--min-support %lu and --min-sim %g leave no weight: the table is empty",
			 support, s->min_sim);
	else if (s->min_sim > 0 && (!by_pairs || t->small > 0))
		cli_note("--min-sim %g leaves no weight: the table is empty", s->min_sim);
	else if (s->shrink > 0)
		cli_note("all weights are 0 (--shrink %g is too large): the table is empty",
			 s->shrink);
	else
		cli_note("all weights are 0%s: the table is empty", rec_sim_takes_zeros(s->method) ?
			 " (values that do not differ tell nothing here)" : "");
}

void sim_tell_table(const struct rec_model *m, const struct rec_sim_opts *s,
		    const struct rec_pair_tally *t, bool factors)
{
	bool reg = rec_sim_takes(s->method, REC_SIM_REG),
	     linear = s->weights.kind == REC_WEIGH_LINEAR;
	float most;

	if (!m->has_similarity || s->parts > 1)
		return;
	if (!m->dense && m->sim.nnz > 0 && !reg)
		return;
	most = largest(m);
	if (most == 0)
		tell_empty(s, t, factors);
	else if (reg && most < 1e-3 && !s->normalize)
		cli_note("the weights are almost 0 (the largest is %.2g): make --reg smaller (it "
			 "is %g)%s",
			 (double)most, s->reg, linear ? ", or try --weights log or none" : "");
}
