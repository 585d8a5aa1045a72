/* SPDX-License-Identifier: MIT */
/*
 * check.c - inputs of which no measure can be taken, or which aren't
 * what they should be.
 */
#include "eval/check.h"

#include <string.h>

#include "io/num.h"
#include "recmat/recmat.h"

/* Whether every score is this one. */
static bool all_are(const struct rec_lists *l, double score)
{
	for (uint64_t i = 0; i < l->nnz; i++)
		if (rec_lists_score(l, i) != score)
			return false;
	return true;
}

static bool values_differ(const struct rec_csr *m)
{
	for (uint64_t i = 1; i < m->nnz; i++)
		if (m->val[i] != m->val[0])
			return true;
	return false;
}

/* No list ranks anything: what that may come from. */
static int no_scores(const struct rec_evaluation *v, struct rec_err *e)
{
	const struct rec_sparse *truth = v->in->truth;

	if (v->in->lists->has_value && !all_are(v->in->lists, 1))
		return rec_err_set(e, REC_EDATA,
				   "no scores: within a list they are all the same, such as %g, "
				   "and rank nothing; of a model whose vectors are 0? "
				   "see rec-als(1), Choosing settings",
				   (double)v->in->lists->score[0]);
	if (truth->has_value && !truth->rating_like && values_differ(&truth->m))
		return rec_err_set(e, REC_EDATA,
				   "no scores on stdin, but the truth has some: are -t and stdin "
				   "swapped? For lists in rank order: rec-cat --rank");
	return rec_err_set(e, REC_EDATA,
			   "the lists have no scores; for lists in rank order: rec-cat --rank");
}

/*
 * Lists that rank nothing: where no list of two and more has two values, the
 * values are no scores.
 */
static int check_scores(const struct rec_evaluation *v, struct rec_eval_notes *notes,
			struct rec_err *e)
{
	const struct rec_lists *l = v->in->lists;
	uint64_t longer = 0;

	for (uint32_t u = 0; u < l->row.n; u++) {
		if (l->ptr[u + 1] - l->ptr[u] < 2)
			continue;
		longer++;
		notes->tied_lists += rec_lists_score(l, l->ptr[u]) ==
				     rec_lists_score(l, l->ptr[u + 1] - 1);
	}
	return longer > 0 && notes->tied_lists == longer ? no_scores(v, e) : 0;
}

/*
 * Ratings on stdin, and as truth scores in rows that are nearly all of one
 * length.
 */
static bool looks_swapped(const struct rec_evaluation *v)
{
	const struct rec_sparse *t = v->in->truth;
	uint64_t longest = rec_csr_longest(t->m.ptr, t->row.n), full = 0;

	if (!v->in->lists->rating_like || t->rating_like || !t->has_value || t->row.n < 5)
		return false;
	for (uint32_t u = 0; u < t->row.n; u++)
		full += t->m.ptr[u + 1] - t->m.ptr[u] == longest;
	return longest > 1 && 10 * full >= 9 * (uint64_t)t->row.n;
}

/* What values of a truth, or scores, are like. */
struct span {
	double lo, hi, mean;
};

static struct span span_of(const float *x, uint64_t n)
{
	struct span s = { (double)x[0], (double)x[0], 0 };

	for (uint64_t i = 0; i < n; i++) {
		double y = (double)x[i];

		s.lo = y < s.lo ? y : s.lo;
		s.hi = y > s.hi ? y : s.hi;
		s.mean += y / (double)n;
	}
	return s;
}

static const char *rating_name(const struct rec_evaluation *v)
{
	size_t i = 0;

	while (v->o->metric[i].measure->kind != REC_RATING)
		i++;
	return v->o->metric[i].name;
}

/*
 * Scores that plainly are no ratings of this truth. Predictions have about the
 * mean of the training values; where only some of these are asked for their
 * mean may lie outside the truth's range, but not at half of what it should be,
 * nor at twice the largest.
 */
static int check_ratings(const struct rec_evaluation *v, struct rec_err *e)
{
	const struct rec_lists *l = v->in->lists;
	const struct rec_csr *m = &v->in->truth->m;
	struct span score = span_of(l->score, l->nnz), truth = span_of(m->val, m->nnz);
	bool low = score.mean < truth.lo &&
		   2 * score.mean<truth.mean, high = score.mean> truth.hi &&
		   score.mean > 2 * truth.hi && truth.hi > 0;

	if (strcmp(l->name, REC_SCORES_IMPLICIT) == 0)
		return rec_err_set(e, REC_EDATA,
				   "%s: stdin holds scores of an implicit model, which are not "
				   "ratings; rec-als --explicit predicts those",
				   rating_name(v));
	if (!v->in->truth->has_value)
		return rec_err_set(e, REC_EDATA, "%s: the truth has no values to predict",
				   rating_name(v));
	if (low || high)
		return rec_err_set(e, REC_EDATA,
				   "%s: the scores are not ratings of this truth: their mean is "
				   "%.3g, its values are from %g to %g",
				   rating_name(v), score.mean, truth.lo, truth.hi);
	return 0;
}

/* 2^value must not overflow. */
static int check_grades(const struct rec_evaluation *v, struct rec_err *e)
{
	const struct rec_csr *m = &v->in->truth->m;
	char text[REC_NUM_MAX + 1];
	float most = 0;

	for (uint64_t i = 0; i < m->nnz; i++)
		most = m->val[i] > most ? m->val[i] : most;
	text[rec_num_put_f32(text, most)] = '\0';
	for (size_t i = 0; i < v->o->n && most > REC_GAIN_EXP_MOST; i++)
		if (v->o->metric[i].gain == REC_GAIN_EXP)
			return rec_err_set(e, REC_EDATA,
					   "%s: truth holds the value %s, and 2^value is for "
					   "grades of at most %d; see gain=linear",
					   v->o->metric[i].name, text, REC_GAIN_EXP_MOST);
	return 0;
}

int rec_eval_check(struct rec_evaluation *v, struct rec_eval_notes *notes, struct rec_err *e)
{
	uint64_t longest = rec_csr_longest(v->in->lists->ptr, v->in->lists->row.n);

	if (v->in->truth->m.nnz == 0)
		return rec_err_set(e, REC_EDATA, "truth is empty");
	if (v->in->lists->nnz == 0)
		return rec_err_set(e, REC_EDATA, "no lists: the input is empty");
	v->longest = longest < UINT32_MAX ? (uint32_t)longest : UINT32_MAX;
	if ((v->want.ranking || v->want.deepest > 0) && check_scores(v, notes, e) != 0)
		return -1;
	notes->swapped = (v->want.ranking || v->want.deepest > 0) && looks_swapped(v);
	for (size_t i = 0; i < v->o->n; i++) {
		const struct rec_metric *m = &v->o->metric[i];

		if (m->k > v->longest && !v->o->shallow)
			return rec_err_set(e, REC_EDATA,
					   "%s: the longest list has %u entr%s; make longer lists "
					   "(rec-topn -n %u), or allow it by --shallow",
					   m->name, v->longest, v->longest == 1 ? "y" : "ies",
					   m->k);
		if (m->measure->needs_train && !v->in->train)
			return rec_err_set(e, REC_EUSAGE, "%s needs --train", m->name);
	}
	if (check_grades(v, e) != 0)
		return -1;
	if (v->want.auc && !v->in->train && !v->in->candidates)
		return rec_err_set(
			e, REC_EUSAGE,
			"auc needs --train or --candidates, to know what a whole list holds");
	return v->want.rating ? check_ratings(v, e) : 0;
}
