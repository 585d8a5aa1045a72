/* SPDX-License-Identifier: MIT */
/*
 * candidates.c - lists made of sampled candidates: the check, the number
 * sampled, and estimates of the unsampled values.
 */
#include "eval/candidates.h"

#include <stdlib.h>

#include "base/label.h"
#include "base/mem.h"
#include "eval/sampled.h"

enum { MAX_SAMPLED = 1000 };	/* the estimate solves a system of this size */
static const double gamma_of_estimate = 0.01;

struct check {
	const struct rec_evaluation *v;
	uint32_t *row;		/* candidates row of a list */
	uint32_t *column;	/* column of the lists of a candidate */
	uint32_t **mine;	/* by thread: list column whose candidate it is: row + 1 */
};

static int not_a_candidate(const struct rec_lists *l, uint32_t row, uint32_t col, struct rec_err *e)
{
	size_t nu, ni;
	const char *user = rec_label(&l->row, row, &nu), *item = rec_label(&l->col, col, &ni);

	return rec_err_set(e, REC_EDATA,
			   "the list of '%.*s' holds '%.*s', which is not among its candidates",
			   REC_LABEL(user, nu), REC_LABEL(item, ni));
}

static int check_block(void *arg, uint64_t first, uint64_t last, unsigned thread,
		       struct rec_err *e)
{
	const struct check *c = arg;
	const struct rec_lists *l = c->v->in->lists;
	const struct rec_csr *m = &c->v->in->candidates->m;
	uint32_t *mine = c->mine[thread];

	for (uint64_t i = first; i < last; i++) {
		uint32_t u = c->v->list_first + (uint32_t)i;
		uint32_t row = c->row[u];

		for (uint64_t k = row == REC_NONE ? 0 : m->ptr[row];
		     row != REC_NONE && k < m->ptr[row + 1]; k++)
			if (c->column[m->col[k]] != REC_NONE)
				mine[c->column[m->col[k]]] = u + 1;
		for (uint64_t k = l->ptr[u]; k < l->ptr[u + 1]; k++)
			if (mine[l->col_idx[k]] != u + 1)
				return not_a_candidate(l, u, l->col_idx[k], e);
	}
	return 0;
}

static int check_lists(const struct rec_evaluation *v, const struct rec_run *run, struct rec_err *e)
{
	const struct rec_lists *l = v->in->lists;
	unsigned threads = run->pool ? rec_pool_size(run->pool) : 1;
	struct check c = { .v = v, .mine = rec_zalloc(threads, sizeof *c.mine, e) };
	int rc = c.mine ? 0 : -1;

	if (rc == 0)
		rc = rec_labels_map(&c.row, &l->row, &v->in->candidates->row, e);
	if (rc == 0)
		rc = rec_labels_map(&c.column, &v->in->candidates->col, &l->col, e);
	for (unsigned t = 0; rc == 0 && t < threads; t++)
		if (!(c.mine[t] = rec_zalloc(l->col.n, sizeof **c.mine, e)))
			rc = -1;
	if (rc == 0)
		rc = rec_pool_slices(run->pool, v->list_last - v->list_first, REC_EVAL_BLOCK,
				     check_block, &c, e);
	for (unsigned t = 0; c.mine && t < threads; t++)
		free(c.mine[t]);
	free(c.mine);
	free(c.row);
	free(c.column);
	return rc;
}

/*
 * Relevant candidates of a truth row: both are in ascending label order, and so
 * are their columns once mapped.
 */
static uint32_t relevant_candidates(const struct rec_evaluation *v, uint32_t u, uint32_t row)
{
	const struct rec_csr *c = &v->in->candidates->m, *t = &v->in->truth->m;
	uint64_t j = t->ptr[u];
	uint32_t n = 0;

	for (uint64_t i = c->ptr[row]; i < c->ptr[row + 1]; i++) {
		uint32_t col = v->map.candidate_truth[c->col[i]];

		if (col == REC_NONE)
			continue;
		while (j < t->ptr[u + 1] && t->col[j] < col)
			j++;
		n += j < t->ptr[u + 1] && t->col[j] == col && rec_eval_is_relevant(v, t->val[j]);
	}
	return n;
}

static void count_sampled(struct rec_evaluation *v)
{
	const struct rec_csr *c = &v->in->candidates->m;

	v->sample.min = UINT32_MAX;
	for (uint32_t u = 0; u < v->in->truth->row.n; u++) {
		uint32_t row = v->map.candidates_row[u], relevant, others;

		if (row == REC_NONE)
			continue;
		relevant = relevant_candidates(v, u, row);
		others = (uint32_t)(c->ptr[row + 1] - c->ptr[row]) - relevant;
		v->sample.several += relevant != 1;
		v->sample.min = others < v->sample.min ? others : v->sample.min;
		v->sample.max = others > v->sample.max ? others : v->sample.max;
	}
	if (v->sample.min == UINT32_MAX)
		v->sample.min = 0;
}

/*
 * The measure of a list whose one relevant item has rank r of n. gain ends with
 * it.
 */
static double value_at(const struct rec_evaluation *v, const struct rec_metric *m,
		       const double *gain_end, const uint32_t *end, const unsigned char *skip,
		       uint64_t r, uint64_t n)
{
	static const double one = 1;
	struct rec_ranking x = { .n = (uint32_t)r,
				 .group = end,
				 .tied = end,
				 .skip = skip,
				 .relevant = 1,
				 .ideal = &one,
				 .discount = v->want.discount,
				 .discount_sum = v->want.discount_sum };

	if (!m->measure->cut)
		return (double)(n - r) / (double)(n - 1);
	if (r > m->k)
		return 0;
	x.gain = gain_end - r;
	return m->measure->fn(&x, m);
}

static int values_by_rank(const struct rec_evaluation *v, double *b, uint64_t n, struct rec_err *e)
{
	size_t most = (size_t)v->want.deepest + 1;
	double *gain = rec_zalloc(most, sizeof *gain, e);
	uint32_t *end = rec_alloc(most, sizeof *end, e);
	unsigned char *skip = rec_zalloc(most, 1, e);
	int rc = gain && end && skip ? 0 : -1;

	for (size_t i = 0; rc == 0 && i < most; i++)
		end[i] = (uint32_t)i + 1;
	if (rc == 0)
		gain[v->want.deepest] = 1;
	for (size_t i = 0; rc == 0 && i < v->o->n; i++)
		for (uint64_t r = 1; r <= n; r++)
			b[i * n + r - 1] = v->o->metric[i].measure->kind == REC_RANKING ?
						   value_at(v, &v->o->metric[i], gain + most, end,
							    skip, r, n) :
						   0;
	free(gain);
	free(end);
	free(skip);
	return rc;
}

static const char *why_not(const struct rec_evaluation *v)
{
	if (!v->in->train)
		return "no estimate of the unsampled values: it needs --train, for the number of "
		       "items";
	if (v->sample.several > 0)
		return "no estimate of the unsampled values: it needs exactly one relevant item "
		       "among the candidates of each list";
	if (v->sample.min != v->sample.max)
		return "no estimate of the unsampled values: it needs the same number of sampled "
		       "items for all";
	if (v->sample.max < 1 || v->sample.max > MAX_SAMPLED ||
	    v->sample.max >= v->sample.catalogue)
		return "no estimate of the unsampled values: it needs from 1 to 1000 sampled "
		       "items, and a larger catalogue";
	return NULL;
}

int rec_eval_candidates(struct rec_evaluation *v, const struct rec_run *run,
			struct rec_eval_notes *notes, struct rec_err *e)
{
	const struct rec_sparse *train = v->in->train;
	double *b;
	int rc;

	if (check_lists(v, run, e) != 0)
		return -1;
	count_sampled(v);
	if (!v->want.ranking)
		return 0;
	if (train)	/* the mean history is what sampling leaves out */
		v->sample.catalogue = train->col.n -
				      (train->row.n ? train->m.nnz / train->row.n : 0);
	if ((notes->uncorrected = why_not(v)) != NULL)
		return 0;
	b = rec_alloc(v->o->n * v->sample.catalogue, sizeof *b, e);
	v->sample.corrected = rec_alloc(v->o->n * (v->sample.max + 1), sizeof *v->sample.corrected,
					e);
	rc = b && v->sample.corrected ? values_by_rank(v, b, v->sample.catalogue, e) : -1;
	if (rc == 0)
		rc = rec_sampled_estimate(v->sample.corrected, b, (uint32_t)v->o->n,
					  v->sample.catalogue, v->sample.max, gamma_of_estimate, e);
	free(b);
	return rc;
}
