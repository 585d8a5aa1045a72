/* SPDX-License-Identifier: MIT */
/* cmd/als/tell.c - what rec-als says on stderr. */
#include "cmd/als/tell.h"

#include <stdio.h>
#include <string.h>

#include "cmd/cli/side.h"
#include "matrix/csr_row.h"

struct values {
	uint64_t n, zeros;
	float lo, hi;
	bool sizes;	/* values other than 0 differ in size */
};

static struct values look(const struct rec_csr *m)
{
	struct values v = { .n = m->nnz, .lo = m->val[0], .hi = m->val[0] };
	float size = 0;

	for (uint32_t i = 0; i < m->nrows; i++) {
		struct rec_csr_cells row = rec_csr_row(m, i);

		for (uint64_t j = 0; j < row.n; j++) {
			float x = row.val[j], y = x < 0 ? -x : x;

			v.lo = x < v.lo ? x : v.lo;
			v.hi = x > v.hi ? x : v.hi;
			v.zeros += x == 0;
			v.sizes |= y != 0 && size != 0 && y != size;
			size = y != 0 ? y : size;
		}
	}
	return v;
}

/* "; 3 of 5 are 0: seen, not fitted", or an empty string. */
static const char *zeros(const struct values *v, char out[80])
{
	out[0] = '\0';
	if (v->zeros)
		snprintf(out, 80, "; %llu of %llu %s 0: seen, not fitted",
			 (unsigned long long)v->zeros, (unsigned long long)v->n,
			 v->zeros == 1 ? "is" : "are");
	return out;
}

void als_tell_values(const struct rec_sparse *x, const struct rec_als_opts *o)
{
	bool guess = !cli_given("weights");
	struct values v;
	char text[80];

	if (strcmp(x->name, "similarity") == 0)
		cli_note("stdin is a similarity, as in a model, and was read as interactions");
	if (o->explicit_loss || o->target_value || !x->has_value || x->m.nnz == 0)
		return;
	v = look(&x->m);
	if (!(v.hi > 0))	/* nothing to fit: training will say so */
		return;
	if (guess && v.sizes && x->rating_like && !x->negative)
		cli_note("the values look like ratings and are taken as 1; see --explicit, and "
			 "rec-split --min-value 4 --binarize%s",
			 zeros(&v, text));
	else if (guess && v.sizes)
		cli_note("the values (%.7g to %.7g) are taken as 1%s; --weights log makes them "
			 "count, --explicit predicts them%s",
			 v.lo, v.hi, v.lo < 0 ? ", those below 0 as dislikes" : "",
			 zeros(&v, text));
	else if (v.zeros)
		cli_note("%llu of %llu value%s %s 0: seen, not fitted", (unsigned long long)v.zeros,
			 (unsigned long long)v.n, cli_s(v.n), v.zeros == 1 ? "is" : "are");
}

static double setting(const struct rec_model *m, const char *key)
{
	struct rec_err e;
	double x = 0;

	return rec_meta_get_f64(&m->meta, key, &x, &e) > 0 ? x : 0;
}

/* Advice on which option to change; it depends on the options given. */
static const char *remedy(const struct rec_als_report *r, const struct rec_als_opts *o,
			  const struct rec_model *m, char out[200])
{
	double auto_reg = o->explicit_loss ? REC_ALS_REG_EXPLICIT * r->deviation :
					     REC_ALS_REG_IMPLICIT;
	bool is_auto = o->reg < 0;

	if (cli_given("init-sd") && o->init_sd < 1e-3 && !cli_given("init-from"))
		snprintf(out, 200, "leave --init-sd %g out: vectors that start at 0 stay there",
			 o->init_sd);
	else if (cli_given("unobserved"))
		snprintf(out, 200, "make --unobserved smaller (it is %g), or --reg (it is %g)",
			 setting(m, "unobserved"), setting(m, "reg"));
	else if (o->weights.kind == REC_TRANSFORM_LINEAR)
		snprintf(out, 200, "try --weights log or none, or make --reg smaller (it is %g)",
			 setting(m, "reg"));
	else if (is_auto)
		snprintf(out, 200, "make --reg smaller (auto is %.3g here)", auto_reg);
	else
		snprintf(out, 200, "make --reg smaller (it is %g; auto: %.3g)", setting(m, "reg"),
			 auto_reg);
	return out;
}

static void tell_empty(const struct rec_als_report *r, const struct rec_als_opts *o,
		       const struct rec_model *m)
{
	char what[200];

	if (o->explicit_loss && r->deviation == 0)
		cli_note("all values are %g: nothing tells pairs apart, and the vectors are 0",
			 setting(m, "mean"));
	else if (r->reached <= 0)
		cli_note("the model's vectors are 0%s: %s",
			 o->explicit_loss && o->bias ?
				 ", and predictions are mean and biases alone" :
				 "",
			 remedy(r, o, m, what));
	else if (o->explicit_loss)
		cli_note("the model's vectors are almost 0, and predictions are %s alone: %s",
			 o->bias ? "mean and biases" : "the mean", remedy(r, o, m, what));
	else
		cli_note("the model's vectors are almost 0: no pair scores above %.2g of its "
			 "target; %s",
			 r->reached, remedy(r, o, m, what));
}

void als_tell_report(const struct rec_als_report *r, const struct rec_als_opts *o,
		     const struct rec_model *m)
{
	uint64_t n = r->outliers.n;

	if (n > 0)
		cli_note("%llu value%s carr%s %.0f %% of the sum of all and %s left out of the "
			 "mean that --weights linear divides by (now %g); see --weights log",
			 (unsigned long long)n, cli_s(n), n == 1 ? "ies" : "y",
			 100 * r->outliers.share, n == 1 ? "is" : "are", setting(m, "divisor"));
	if (r->empty)
		tell_empty(r, o, m);
}

/* Cholesky solves items first, so it reads only the users' start vectors. */
int als_check_init(const struct rec_model *init, const char *file, const struct rec_sparse *x,
		   const struct rec_als_opts *o, struct rec_err *e)
{
	bool users_alone = o->iterations > 0 && o->solver == REC_CHOLESKY;
	struct cli_side side = { "init-from", file, NULL, true };

	if (!users_alone && rec_labels_meet(&x->col, &init->item.row))
		return 0;
	return cli_side_apart(
		&side,
		users_alone ? "none of its users is in the input, and nothing else is looked at" :
			      "none of its users or items is in the input",
		&init->user.row, &x->row, "in the input", e);
}

static bool all_zero(const struct rec_dense *d)
{
	for (uint64_t i = 0; i < (uint64_t)d->row.n * d->ncols; i++)
		if (d->val[i] != 0)
			return false;
	return d->row.n > 0;
}

int als_tell_half(const struct rec_model *m, const struct rec_model *from, const char *file,
		  const struct rec_sparse *x, const struct rec_als_half_opts *h, struct rec_err *e)
{
	bool users = h->users;
	uint64_t unknown = *h->unknown;
	const struct rec_labels *others = users == h->transposed ? &x->row : &x->col;
	struct cli_side side = { "model", file, NULL, true };

	if (x->m.nnz == 0) {
		cli_note("the input is empty: the side has no rows");
		return 0;
	}
	if (unknown > 0 && cli_side_apart(&side,
					  users ? "it holds no item of the input" :
						  "it holds no user of the input",
					  users ? &from->item.row : &from->user.row, others,
					  "in the input", e) != 0)
		return -1;
	if (unknown > 0)
		cli_note("left out %llu pair%s whose %s the model does not hold",
			 (unsigned long long)unknown, cli_s(unknown), users ? "item" : "user");
	if (all_zero(users ? &m->user : &m->item))
		cli_note("all vectors of this side are 0; see --reg and --init-sd in rec-als(1)");
	return 0;
}
