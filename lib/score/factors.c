/* SPDX-License-Identifier: MIT */
/*
 * score/factors.c - factors: a product of two vectors. The user's is stored in
 * the model or folded in from the history; similar items compare an item's own
 * with the others by cosine.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/pool.h"
#include "recpipe/als.h"
#include "score/history.h"
#include "score/kind.h"

struct factors {
	struct rec_factor_table table;	/* n is ncand */
	const float *packed;		/* the table in panels; in a blend alone */
	bool bias;			/* the last two components are biases */
	bool fold_in;			/* users are folded in even where stored */
	bool similar;
	struct rec_foldin *foldin;	/* NULL: users that are not stored have no scores */
};

struct scratch {
	const float *vector;		/* of the row; NULL: it has none */
	float *folded;
	struct rec_foldin_scratch *foldin;
	struct rec_history history;
	double *term;			/* explain: of each pair of it */
	size_t term_cap;
};

static bool takes(const struct rec_model *m, const struct rec_scorer_opts *o)
{
	(void)o;
	return m->has_factors;
}

static int open(struct rec_scorer_part *p, const struct rec_scorer_opts *o, struct rec_err *e)
{
	struct factors *f = p->own;

	(void)e;
	f->fold_in = o->fold_in;
	f->similar = o->similar;
	p->candidates = p->known = &p->model->item.row;
	p->users = &p->model->user.row;
	p->whole = !p->blend || o->similar;
	return 0;
}

static int check(const struct rec_model *m, const struct rec_scorer_opts *o, struct rec_err *e)
{
	if (m->item.row.n == 0)
		return rec_err_set(e, REC_EDATA,
				   "it holds no item factors, only those of users: a half-step of "
				   "rec-als; join it with the other half");
	if (m->user.row.n && m->user.ncols != m->item.ncols)
		return rec_err_set(e, REC_EDATA, "factors of users are %u, of items %u",
				   (unsigned)m->user.ncols, (unsigned)m->item.ncols);
	if (rec_model_is_part(m) && o->similar)
		return rec_err_set(
			e, REC_EDATA,
			"it holds a part of its items alone: the others cannot be compared");
	if (rec_model_is_part(m) && o->fold_in)
		return rec_err_set(
			e, REC_EDATA,
			"it holds a part of its items alone: a history cannot be folded in");
	return 0;
}

static bool explicit_loss(const struct rec_model *m)
{
	const char *loss = rec_meta_get(&m->meta, "loss");

	return loss && strcmp(loss, "explicit") == 0;
}

/* Cosines: neither mean nor biases count. */
static int load_cosine(struct rec_scorer_part *p, struct rec_err *e)
{
	struct factors *f = p->own;
	unsigned char *usable;
	float *val;

	f->table.mean = 0;
	f->table.k -= f->bias ? 2 : 0;
	if (rec_factor_table_unit(&val, &usable, &f->table, e) != 0)
		return -1;
	f->table.val = rec_part_own(p, val, e);
	f->table.usable = rec_part_own(p, usable, e);
	f->table.ld = f->table.k;
	return f->table.val && f->table.usable ? 0 : -1;
}

/*
 * A vector of zeros is the solution for an item without any pair above 0, or
 * what regularisation has left. Where nothing is added to it its scores would
 * be 0: above those of items that are scored below 0. So it has none.
 */
static int mark_usable(struct rec_scorer_part *p, struct rec_err *e)
{
	struct factors *f = p->own;
	unsigned char *usable;

	if (f->table.mean != 0 || f->bias || p->model->has_offset || explicit_loss(p->model))
		return 0;
	if (rec_factor_table_usable(&usable, &f->table, p->run, e) != 0)
		return -1;
	f->table.usable = usable ? rec_part_own(p, usable, e) : NULL;
	return usable && !f->table.usable ? -1 : 0;
}

static int pack(struct rec_scorer_part *p, struct rec_err *e)
{
	struct factors *f = p->own;
	float *packed;

	if (rec_factor_table_pack(&packed, &f->table, p->run, e) != 0)
		return -1;
	f->packed = rec_part_own(p, packed, e);
	return f->packed ? 0 : -1;
}

static int load_users(struct rec_scorer_part *p, const struct rec_scorer_opts *o, struct rec_err *e)
{
	struct factors *f = p->own;
	const struct rec_model *m = p->model;
	bool can = o->unknown_users && !rec_model_is_part(m) && rec_meta_get(&m->meta, "loss");

	return o->fold_in || can ? rec_foldin_new(&f->foldin, m, p->run, e) : 0;
}

static int load(struct rec_scorer_part *p, const struct rec_scorer_opts *o, struct rec_err *e)
{
	struct factors *f = p->own;
	const struct rec_dense *item = &p->model->item;
	const char *bias = rec_meta_get(&p->model->meta, "bias");
	double mean = 0;

	if (check(p->model, o, e) != 0 || rec_meta_get_f64(&p->model->meta, "mean", &mean, e) < 0)
		return -1;
	f->bias = p->biased = bias && strcmp(bias, "1") == 0;
	if (f->bias && item->ncols < 2)
		return rec_err_set(e, REC_EDATA, "metadata say bias = 1, but factors are %u",
				   (unsigned)item->ncols);
	f->table = (struct rec_factor_table){ .val = item->val,
					      .n = p->ncand,
					      .k = item->ncols,
					      .ld = item->ncols,
					      .mean = (float)mean };
	if (o->similar ? load_cosine(p, e) != 0 :
			 mark_usable(p, e) != 0 || load_users(p, o, e) != 0)
		return -1;
	return p->blend ? pack(p, e) : 0;
}

static int allow(struct rec_scorer_part *p, const struct rec_cut *c, struct rec_err *e)
{
	struct factors *f = p->own;
	struct rec_factor_table *t = &f->table;
	float *val = rec_cut_alloc(p, (size_t)c->n * t->ld, sizeof *val, e);
	unsigned char *usable = t->usable ? rec_cut_alloc(p, c->n, 1, e) : NULL;

	if (!val || (t->usable && !usable))
		return -1;
	for (uint32_t i = 0; i < c->n; i++) {
		uint32_t old = c->new_to_old[i];

		memcpy(val + (size_t)i * t->ld, t->val + (size_t)old * t->ld, t->ld * sizeof *val);
		if (usable)
			usable[i] = t->usable[old];
	}
	t->val = val;
	t->usable = usable;
	t->n = c->n;
	return pack(p, e);
}

static void free_part(struct rec_scorer_part *p)
{
	rec_foldin_free(((struct factors *)p->own)->foldin);
}

static int scratch_new(struct rec_part_scratch *ps, const struct rec_scorer_part *p,
		       struct rec_err *e)
{
	const struct factors *f = p->own;
	struct scratch *x = ps->own;

	x->folded = rec_zalloc(rec_round_up(f->table.ld, REC_LANES) + REC_LANES, sizeof *x->folded,
			       e);
	if (!x->folded)
		return -1;
	return f->foldin ? rec_foldin_scratch_new(&x->foldin, f->foldin, e) : 0;
}

static void scratch_free(struct rec_part_scratch *ps)
{
	struct scratch *x = ps->own;

	rec_foldin_scratch_free(x->foldin);
	rec_history_free(&x->history);
	free(x->folded);
	free(x->term);
}

/* x->vector from the history; NULL where the model knows none of it. */
static int fold_in(const struct rec_scorer_part *p, struct scratch *x, const struct rec_query *q,
		   struct rec_err *e)
{
	const struct factors *f = p->own;
	struct rec_history *h = &x->history;

	if (rec_history_read(h, p, NULL, q, e) != 0)
		return -1;
	if (h->n == 0)
		return 0;
	x->vector = x->folded;
	return rec_foldin_solve(f->foldin, x->foldin, h->row, h->weight, h->n, x->folded, e);
}

/*
 * A vector of zeros, of a user without any pair above 0, says nothing: its
 * scores are equal, and the list would be the first labels.
 */
static int begin(const struct rec_scorer_part *p, struct rec_part_scratch *ps,
		 const struct rec_query *q, struct rec_err *e)
{
	const struct factors *f = p->own;
	const struct rec_dense *users = &p->model->user;
	struct scratch *x = ps->own;
	uint32_t user = f->fold_in ? REC_NONE : rec_part_user(p, q);

	x->vector = NULL;
	if (user != REC_NONE)
		x->vector = users->val + (size_t)user * users->ncols;
	else if (f->foldin && fold_in(p, x, q, e) != 0)
		return -1;
	if (x->vector && !rec_vector_directed(x->vector, f->table.k))
		x->vector = NULL;
	return x->vector != NULL;
}

static int like(const struct rec_scorer_part *p, struct rec_part_scratch *ps, uint32_t row,
		struct rec_err *e)
{
	const struct rec_factor_table *t = &((const struct factors *)p->own)->table;
	struct scratch *x = ps->own;

	(void)e;
	x->vector = t->usable[row] ? t->val + (size_t)row * t->ld : NULL;
	return x->vector != NULL;
}

static void row(const struct rec_scorer_part *p, struct rec_part_scratch *ps,
		struct rec_scores *out)
{
	const struct factors *f = p->own;
	const struct rec_factor_table *t = &f->table;
	struct rec_score_sum *sum = &ps->sum;

	p->run->kernel->scores(sum->score, rec_round_up(t->n, REC_LANES),
			       ((const struct scratch *)ps->own)->vector, t->ld, 1, f->packed,
			       (uint32_t)rec_slices(t->n, REC_LANES), t->k);
	for (uint32_t c = 0; t->mean != 0 && c < t->n; c++)
		sum->score[c] = sum->score[c] + t->mean;
	rec_part_add_offset(p, sum);
	out->hit = t->usable;
}

static bool pair(const struct rec_scorer_part *p, const struct rec_part_scratch *ps, uint32_t c,
		 float *score)
{
	const struct rec_factor_table *t = &((const struct factors *)p->own)->table;
	const struct scratch *x = ps->own;
	float product;

	if (t->usable && !t->usable[c])
		return false;
	product = p->run->kernel->score(x->vector, t->val + (size_t)c * t->ld, t->k);
	if (t->mean != 0)
		product = product + t->mean;
	*score = rec_part_with_offset(p, c, product);
	return true;
}

/* Users are (.., 1, b_u), items (.., b_i, 1): see model.h. */
static float prior(const struct rec_scorer_part *p, const struct rec_part_scratch *ps, uint32_t c)
{
	const struct factors *f = p->own;
	const struct rec_factor_table *t = &f->table;
	const float *vector = ((const struct scratch *)ps->own)->vector;
	float x = t->mean;

	if (f->bias && vector)
		x = x + vector[t->k - 1];
	if (f->bias && c != REC_NONE)
		x = x + t->val[(size_t)c * t->ld + t->k - 2];
	return x;
}

/* The candidate's row of the model, whose items are all there. */
static uint32_t item_row(const struct rec_scorer_part *p, uint32_t c)
{
	return rec_mapped(p->item_to_row, rec_mapped(p->candidate_to_item, c));
}

static int explain(const struct rec_scorer_part *p, struct rec_part_scratch *ps,
		   const struct rec_query *q, uint32_t c, double *term, struct rec_err *e)
{
	const struct factors *f = p->own;
	struct scratch *x = ps->own;
	struct rec_history *h = &x->history;

	if (!f->foldin)
		return rec_err_set(e, REC_EUSAGE,
				   "reasons need fold-in: a whole model with the metadata that "
				   "rec-als writes");
	if (rec_history_read(h, p, NULL, q, e) != 0 ||
	    rec_grow(&x->term, &x->term_cap, (size_t)h->n + 1, sizeof *x->term, e) != 0 ||
	    rec_foldin_terms(f->foldin, x->foldin, h->row, h->weight, h->n,
			     &(struct rec_foldin_why){ item_row(p, c), x->term }, e) != 0)
		return -1;
	for (uint32_t i = 0, j = 0; i < q->n && j < h->n; i++)
		if (rec_mapped(p->item_to_row, q->item[i]) == h->row[j])
			term[i] += (double)p->weight * x->term[j++];
	return 0;
}

/* Looks at the table of the model: that of the part may be cut. */
static bool flat(const struct rec_scorer_part *p, const struct rec_part_scratch *ps)
{
	const struct rec_dense *d = &p->model->item;
	const struct rec_factor_table *t = &((const struct factors *)p->own)->table;
	const float *vector = ((const struct scratch *)ps->own)->vector;
	float first = 0;
	uint32_t n = 0;

	for (uint32_t i = 0; i < d->row.n && !p->model->has_offset; i++) {
		const float *v = d->val + (size_t)i * d->ncols;
		float x;

		if (t->usable && !rec_vector_directed(v, t->k))
			continue;
		x = p->run->kernel->score(vector, v, t->k);
		if (n++ > 0 && x != first)
			return false;
		first = x;
	}
	return n > 1;
}

static const struct rec_factor_table *table(const struct rec_scorer_part *p)
{
	return &((const struct factors *)p->own)->table;
}

static const float *vector(const struct rec_part_scratch *ps)
{
	return ((const struct scratch *)ps->own)->vector;
}

/* Folding in n pairs builds k x k equations and solves them by Cholesky. */
static uint64_t fold_in_cost(const struct factors *f, uint64_t n)
{
	uint64_t k = f->table.k;

	return f->foldin && n > 0 ? n * k * k + k * k * k / 3 : REC_COST_NO_SCORES;
}

static int cost(struct rec_kind_cost *c, const struct rec_scorer_part *p,
		const struct rec_pairs *history, uint32_t nitems, struct rec_err *e)
{
	const struct factors *f = p->own;
	const struct rec_labels *rows = &history->x->row;
	uint32_t *row_to_user;

	(void)nitems;
	c->candidate = f->table.k;
	c->all = true;
	if (f->similar)
		return 0;
	if (rec_labels_map(&row_to_user, rows, p->users, e) != 0)
		return -1;
	c->row = rec_zalloc((size_t)rows->n + 1, sizeof *c->row, e);
	for (uint32_t r = 0; c->row && r < rows->n; r++)
		if (f->fold_in || row_to_user[r] == REC_NONE)
			c->row[r] = fold_in_cost(f, rec_pairs_length(history, r));
	free(row_to_user);
	return c->row ? 0 : -1;
}

const struct rec_model_kind rec_kind_factors = {
	.name = "factors",
	.size = sizeof(struct factors),
	.scratch_size = sizeof(struct scratch),
	.light = true,
	.takes = takes,
	.open = open,
	.load = load,
	.allow = allow,
	.free = free_part,
	.scratch_new = scratch_new,
	.scratch_free = scratch_free,
	.begin = begin,
	.like = like,
	.row = row,
	.pair = pair,
	.prior = prior,
	.explain = explain,
	.flat = flat,
	.table = table,
	.vector = vector,
	.cost = cost,
};
