/* SPDX-License-Identifier: MIT */
/*
 * score/sparse.c - a sparse similarity of items: the candidates that some item
 * of the history has a cell for.
 */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "score/history.h"
#include "score/kind.h"
#include "score/similar.h"

struct sparse {
	struct rec_transform transform;
	/* borrowed; rows are items of part->known, columns candidates */
	struct rec_csr sim;
	/* similar items: rows of sim are columns of the model */
	bool transposed;
	/* similar items: 1 where a row of sim may lack cells; NULL: nowhere */
	const unsigned char *cut;
};

static bool takes(const struct rec_model *m, const struct rec_scorer_opts *o)
{
	(void)o;
	return m->has_similarity && !m->dense;
}

/* What is most like an item stands in its row or in its column. */
static int find_similar(struct rec_scorer_part *p, struct rec_err *e)
{
	struct sparse *s = p->own;
	struct rec_similar where;

	if (rec_similar_find(&where, p->model, e) != 0)
		return -1;
	s->transposed = where.columns;
	s->cut = where.cut ? rec_part_own(p, where.cut, e) : NULL;
	return where.cut && !s->cut ? -1 : 0;
}

static int open(struct rec_scorer_part *p, const struct rec_scorer_opts *o, struct rec_err *e)
{
	struct sparse *s = p->own;

	if (o->similar && p->weight != 0 && find_similar(p, e) != 0)
		return -1;
	p->candidates = s->transposed ? &p->model->row : &p->model->col;
	p->known = s->transposed ? &p->model->col : &p->model->row;
	p->needs_history = true;
	return 0;
}

static int transpose(struct rec_scorer_part *p, struct rec_err *e)
{
	struct rec_csr *sim = &((struct sparse *)p->own)->sim;
	bool ok = true;

	if (rec_csr_transpose(sim, &p->model->sim, p->run->pool, e) != 0)
		return -1;
	for (size_t i = 0; i < sizeof sim->own / sizeof *sim->own; i++)
		if (sim->own[i])
			ok = rec_part_own(p, sim->own[i], e) && ok;
	memset(sim->own, 0, sizeof sim->own);
	p->bytes += (sizeof *sim->col + sizeof *sim->val) * sim->nnz;
	return ok ? 0 : -1;
}

static int load(struct rec_scorer_part *p, const struct rec_scorer_opts *o, struct rec_err *e)
{
	struct sparse *s = p->own;

	(void)o;
	if (rec_transform_load(&s->transform, &p->model->meta, e) != 0)
		return -1;
	if (s->transposed)
		return transpose(p, e);
	s->sim = p->model->sim;
	memset(s->sim.own, 0, sizeof s->sim.own);
	return 0;
}

static int allow(struct rec_scorer_part *p, const struct rec_cut *c, struct rec_err *e)
{
	struct sparse *s = p->own;
	const struct rec_csr *m = &s->sim;
	uint64_t n = 0, *ptr;
	uint32_t *col;
	float *val;

	for (uint64_t t = 0; t < m->nnz; t++)
		n += c->old_to_new[m->col[t]] != REC_NONE;
	ptr = rec_cut_alloc(p, (size_t)m->nrows + 1, sizeof *ptr, e);
	col = rec_cut_alloc(p, (size_t)n, sizeof *col, e);
	val = rec_cut_alloc(p, (size_t)n, sizeof *val, e);
	if (!ptr || !col || !val)
		return -1;
	n = 0;
	for (uint32_t i = 0; i < m->nrows; i++) {
		ptr[i] = n;
		for (uint64_t t = m->ptr[i]; t < m->ptr[i + 1]; t++)
			if (c->old_to_new[m->col[t]] != REC_NONE) {
				col[n] = c->old_to_new[m->col[t]];
				val[n++] = m->val[t];
			}
	}
	ptr[m->nrows] = n;
	s->sim = (struct rec_csr){
		.nrows = m->nrows, .ncols = c->n, .nnz = n, .ptr = ptr, .col = col, .val = val
	};
	return 0;
}

static void scratch_free(struct rec_part_scratch *ps)
{
	rec_history_free(ps->own);
}

static int begin(const struct rec_scorer_part *p, struct rec_part_scratch *ps,
		 const struct rec_query *q, struct rec_err *e)
{
	const struct sparse *s = p->own;

	return rec_history_begin(ps->own, p, &s->transform, q, e);
}

static int like(const struct rec_scorer_part *p, struct rec_part_scratch *ps, uint32_t row,
		struct rec_err *e)
{
	const struct sparse *s = p->own;

	ps->cut = s->cut && s->cut[row];
	return rec_history_one(ps->own, row, e) == 0 ? 1 : -1;
}

/*
 * With an offset the form is affine: an item that the history does not lead to
 * scores its offset alone.
 */
static void row(const struct rec_scorer_part *p, struct rec_part_scratch *ps,
		struct rec_scores *out)
{
	const struct rec_csr *m = &((const struct sparse *)p->own)->sim;
	const struct rec_history *h = ps->own;
	struct rec_score_sum *sum = &ps->sum;

	rec_score_sum_clear(sum);
	for (uint32_t c = 0; p->offset && c < p->ncand; c++)
		rec_score_sum_add(sum, c, 0, 0);
	for (uint32_t i = 0; i < h->n; i++) {
		uint64_t from = m->ptr[h->row[i]], n = m->ptr[h->row[i] + 1] - from;

		sum->ntouched = p->run->kernel->scatter(sum->score, sum->hit, sum->touched,
							sum->ntouched, h->weight[i], m->col + from,
							m->val + from, (size_t)n);
	}
	rec_part_add_offset_touched(p, sum);
	rec_part_touched(out, &ps->sum);
}

static bool pair(const struct rec_scorer_part *p, const struct rec_part_scratch *ps, uint32_t c,
		 float *score)
{
	const struct rec_csr *m = &((const struct sparse *)p->own)->sim;
	const struct rec_history *h = ps->own;
	bool found = p->offset != NULL;
	float sum = 0;

	for (uint32_t i = 0; i < h->n; i++) {
		uint64_t t = rec_csr_find(m, h->row[i], c);

		if (t == UINT64_MAX)
			continue;
		sum = fmaf(h->weight[i], m->val[t], sum);
		found = true;
	}
	*score = rec_part_with_offset(p, c, sum);
	return found;
}

static int explain(const struct rec_scorer_part *p, struct rec_part_scratch *ps,
		   const struct rec_query *q, uint32_t c, double *term, struct rec_err *e)
{
	const struct sparse *s = p->own;

	(void)ps;
	(void)e;
	for (uint32_t i = 0; i < q->n; i++) {
		uint32_t row = rec_mapped(p->item_to_row, q->item[i]);
		uint64_t t = row == REC_NONE ? UINT64_MAX : rec_csr_find(&s->sim, row, c);

		if (t != UINT64_MAX)
			term[i] += (double)p->weight *
				   rec_transform_weight(&s->transform, q->value[i]) *
				   s->sim.val[t];
	}
	return 0;
}

/*
 * The history leads somewhere, and every weight on the way is 0. Looks at the
 * cells of the model: those of the part may be cut.
 */
static bool flat(const struct rec_scorer_part *p, const struct rec_part_scratch *ps)
{
	const struct rec_csr *m = &p->model->sim;
	const struct rec_history *h = ps->own;
	uint64_t cells = 0;

	if (p->model->has_offset)
		return false;
	for (uint32_t i = 0; i < h->n; i++) {
		for (uint64_t t = m->ptr[h->row[i]]; t < m->ptr[h->row[i] + 1]; t++)
			if (m->val[t] != 0)
				return false;
		cells += m->ptr[h->row[i] + 1] - m->ptr[h->row[i]];
	}
	return cells > 0;
}

static int cost(struct rec_kind_cost *c, const struct rec_scorer_part *p,
		const struct rec_pairs *history, uint32_t nitems, struct rec_err *e)
{
	const struct rec_csr *m = &((const struct sparse *)p->own)->sim;

	(void)history;
	c->fixed = p->offset ? REC_COST_NEIGHBOUR * (uint64_t)p->ncand : 0;
	c->item = rec_alloc((size_t)nitems + 1, sizeof *c->item, e);
	for (uint32_t i = 0; c->item && i < nitems; i++) {
		uint32_t r = rec_mapped(p->item_to_row, i);

		c->item[i] = r == REC_NONE ? 0 : REC_COST_NEIGHBOUR * (m->ptr[r + 1] - m->ptr[r]);
	}
	return c->item ? 0 : -1;
}

const struct rec_model_kind rec_kind_sparse = {
	.name = "sparse similarity",
	.size = sizeof(struct sparse),
	.scratch_size = sizeof(struct rec_history),
	.takes = takes,
	.open = open,
	.load = load,
	.allow = allow,
	.scratch_free = scratch_free,
	.begin = begin,
	.like = like,
	.row = row,
	.pair = pair,
	.explain = explain,
	.flat = flat,
	.cost = cost,
};
