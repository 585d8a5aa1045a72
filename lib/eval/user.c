/* SPDX-License-Identifier: MIT */
/*
 * user.c - the values of one user.
 *
 * The user's relevant items are marked in scratch by truth column, so that each
 * list entry is one look-up; a list (the given one, the most popular unseen
 * items, the best reachable ones) is a row of struct rec_entry, from which
 * struct rec_ranking is prepared for the measures. A user writes its own
 * entries of the series only.
 */
#include "eval/user.h"

#include <stdlib.h>

#include "base/label.h"

enum { EVERYWHERE = -1 };	/* focus: all items; else a third */

struct user {
	struct rec_evaluation *v;
	struct rec_scratch *s;
	uint32_t u, list, train, candidates;	/* rows */
	uint32_t at;				/* among those measured */
	uint32_t relevant;			/* truth items */
	uint64_t candidates_all, candidates_relevant;
};

static int descending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x < y) - (x > y);
}

static bool seen(const struct user *x, uint32_t train_col)
{
	return train_col != REC_NONE && x->train != REC_NONE &&
	       x->s->seen_by[train_col] == x->u + 1;
}

/*
 * May the truth item of that column be recommended to the user at all? Without
 * train and candidates everything may.
 */
static bool reachable(const struct user *x, uint32_t truth_col)
{
	uint32_t t = x->v->in->train ? x->v->map.truth_train[truth_col] : REC_NONE;

	if (x->v->in->candidates && x->s->candidate_by[truth_col] != x->u + 1)
		return false;
	return !x->v->in->train || (t != REC_NONE && !seen(x, t));
}

static void mark(struct user *x)
{
	const struct rec_eval_input *in = x->v->in;
	const struct rec_csr *truth = &in->truth->m;

	for (uint64_t i = in->train && x->train != REC_NONE ? in->train->m.ptr[x->train] : 0;
	     x->train != REC_NONE && i < in->train->m.ptr[x->train + 1]; i++)
		x->s->seen_by[in->train->m.col[i]] = x->u + 1;
	for (uint64_t i = truth->ptr[x->u]; i < truth->ptr[x->u + 1]; i++) {
		if (!rec_eval_is_relevant(x->v, truth->val[i]))
			continue;
		x->s->gain_of[truth->col[i]] = truth->val[i];
		x->s->relevant[x->relevant++] = truth->col[i];
	}
}

static void unmark(struct user *x)
{
	for (uint32_t i = 0; i < x->relevant; i++)
		x->s->gain_of[x->s->relevant[i]] = 0;
}

/* Who the relevant items are ranked among, for auc. */
static void count_candidates(struct user *x)
{
	const struct rec_eval_input *in = x->v->in;
	const struct rec_csr *m;

	if (in->candidates && x->candidates != REC_NONE) {
		m = &in->candidates->m;
		for (uint64_t i = m->ptr[x->candidates]; i < m->ptr[x->candidates + 1]; i++) {
			uint32_t t = x->v->map.candidate_truth[m->col[i]];

			if (t != REC_NONE)
				x->s->candidate_by[t] = x->u + 1;
			x->candidates_all += !in->train ||
					     !seen(x, x->v->map.candidate_train[m->col[i]]);
		}
	} else if (!in->candidates && in->train) {
		m = &in->train->m;
		x->candidates_all =
			in->train->col.n -
			(x->train == REC_NONE ? 0 : m->ptr[x->train + 1] - m->ptr[x->train]);
	}
	for (uint32_t i = 0; i < x->relevant; i++)
		x->candidates_relevant += reachable(x, x->s->relevant[i]);
}

static uint32_t load_list(const struct user *x)
{
	const struct rec_lists *l = x->v->in->lists;
	uint32_t n = 0;

	for (uint64_t i = l->ptr[x->list]; i < l->ptr[x->list + 1]; i++) {
		uint32_t c = l->col_idx[i];

		x->s->entry[n++] = (struct rec_entry){ x->v->map.list_truth[c],
						       x->v->in->train ? x->v->map.list_train[c] :
									 REC_NONE,
						       rec_lists_score(l, i) };
	}
	return n;
}

static int by_popularity(const void *a, const void *b)
{
	const struct rec_entry *x = a, *y = b;

	if (x->score != y->score)
		return x->score < y->score ? 1 : -1;
	return (x->train > y->train) - (x->train < y->train);	/* train columns ascend by label */
}

/*
 * The most popular unseen items, of the candidates where there are any; items
 * that train doesn't hold are left out.
 */
static uint32_t load_floor(const struct user *x)
{
	const struct rec_evaluation *v = x->v;
	const struct rec_sparse *c = v->in->candidates;
	uint32_t n = 0;

	if (!c) {
		for (uint32_t i = 0; i < v->in->train->col.n && n < v->want.floor_length; i++) {
			uint32_t t = v->popular.order[i];

			if (!seen(x, t))
				x->s->entry[n++] = (struct rec_entry){ v->map.train_truth[t], t,
								       v->popular.popularity[t] };
		}
		return n;
	}
	for (uint64_t i = x->candidates == REC_NONE ? 0 : c->m.ptr[x->candidates];
	     x->candidates != REC_NONE && i < c->m.ptr[x->candidates + 1]; i++) {
		uint32_t t = v->map.candidate_train[c->m.col[i]];

		if (t != REC_NONE && !seen(x, t))
			x->s->entry[n++] = (struct rec_entry){ v->map.candidate_truth[c->m.col[i]],
							       t, v->popular.popularity[t] };
	}
	qsort(x->s->entry, n, sizeof *x->s->entry, by_popularity);
	return n;
}

static int by_gain(const void *a, const void *b)
{
	const struct rec_entry *x = a, *y = b;

	if (x->score != y->score)
		return x->score < y->score ? 1 : -1;
	return (x->truth > y->truth) - (x->truth < y->truth);
}

/* The relevant items that can be recommended, best first. */
static uint32_t load_ceiling(const struct user *x)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < x->relevant; i++) {
		uint32_t c = x->s->relevant[i];

		if (reachable(x, c))
			x->s->entry[n++] = (struct rec_entry){ c, x->v->map.truth_train[c],
							       x->s->gain_of[c] };
	}
	qsort(x->s->entry, n, sizeof *x->s->entry, by_gain);
	return n;
}

static bool in_focus(const struct user *x, uint32_t train_col, int focus)
{
	return focus == EVERYWHERE ||
	       (train_col != REC_NONE && x->v->popular.third[train_col] == focus);
}

/*
 * Gains within entries from .. to - 1 in order, skip flags with them.
 * Insertion: ties are short.
 */
static void order_gains(struct rec_scratch *s, uint32_t from, uint32_t to, bool best)
{
	for (uint32_t i = from + 1; i < to; i++) {
		double gain = s->gain[i];
		unsigned char skip = s->skip[i];
		uint32_t j = i;

		for (; j > from && (best ? s->gain[j - 1] < gain : s->gain[j - 1] > gain); j--) {
			s->gain[j] = s->gain[j - 1];
			s->skip[j] = s->skip[j - 1];
		}
		s->gain[j] = gain;
		s->skip[j] = skip;
	}
}

static void make_groups(struct rec_scratch *s, uint32_t n, enum rec_ties ties)
{
	uint32_t tied = 0, groups = 0;

	for (uint32_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && s->entry[end].score == s->entry[i].score; end++)
			;
		s->tied[tied++] = end;
		if (end > i + 1 && (ties == REC_TIES_BEST || ties == REC_TIES_WORST))
			order_gains(s, i, end, ties == REC_TIES_BEST);
		if (ties == REC_TIES_MEAN)
			s->group[groups++] = end;
		else
			for (uint32_t j = i; j < end; j++)
				s->group[groups++] = j + 1;
	}
}

/*
 * The n entries as a ranked list, with the truth in focus alone. r->relevant is
 * 0 where there is none.
 */
static void prepare(struct rec_ranking *r, const struct user *x, uint32_t n, enum rec_ties ties,
		    int focus)
{
	struct rec_scratch *s = x->s;

	*r = (struct rec_ranking){ .n = n,
				   .gain = s->gain,
				   .group = s->group,
				   .tied = s->tied,
				   .skip = s->skip,
				   .ideal = s->ideal };
	for (uint32_t i = 0; i < x->relevant; i++) {
		uint32_t c = s->relevant[i];

		if (!in_focus(x, x->v->in->train ? x->v->map.truth_train[c] : REC_NONE, focus))
			continue;
		s->ideal[r->relevant++] = s->gain_of[c];
		r->candidates_relevant += reachable(x, c);
	}
	qsort(s->ideal, r->relevant, sizeof *s->ideal, descending);
	r->candidates_other = x->candidates_all - x->candidates_relevant;
	for (uint32_t i = 0; i < n; i++) {
		double gain = s->entry[i].truth == REC_NONE ? 0 : s->gain_of[s->entry[i].truth];

		s->skip[i] = !x->v->in->candidates && s->entry[i].train == REC_NONE;
		s->skip[i] |= seen(x, s->entry[i].train);
		if (gain > 0 && !in_focus(x, s->entry[i].train, focus)) {
			gain = 0;
			s->skip[i] = 1;
		}
		s->gain[i] = gain;
	}
	make_groups(s, n, ties);
	r->discount = x->v->want.discount;
	r->discount_sum = x->v->want.discount_sum;
}

static struct rec_series *series_of(const struct user *x, size_t metric, int variant)
{
	size_t i = x->v->series.of[metric * VARIANTS + (size_t)variant];

	return i == SIZE_MAX ? NULL : &x->v->r->series[i];
}

static void set(struct rec_series *s, uint32_t u, double value, enum rec_state state)
{
	if (value != value)	/* the measure has no value for this user */
		return;
	s->value[u] = value;
	s->state[u] = (unsigned char)state;
}

static void measure(const struct user *x, const struct rec_ranking *r, int variant,
		    enum rec_state state)
{
	for (size_t i = 0; i < x->v->o->n; i++) {
		const struct rec_metric *m = &x->v->o->metric[i];
		struct rec_series *s = m->measure->kind == REC_RANKING ? series_of(x, i, variant) :
									 NULL;

		if (s)
			set(s, x->at, m->measure->fn(r, m), state);
	}
}

static int check_whole(const struct user *x, const struct rec_ranking *r, struct rec_err *e)
{
	uint64_t listed = 0;
	size_t n;
	const char *label = rec_label(&x->v->in->truth->row, x->u, &n);

	for (uint32_t i = 0; i < r->n; i++)
		listed += !r->skip[i];
	if (listed >= x->candidates_all)
		return 0;
	return rec_err_set(e, REC_EDATA,
			   "auc needs whole lists: that of '%.*s' holds %llu of %llu candidate%s",
			   REC_LABEL(label, n), (unsigned long long)listed,
			   (unsigned long long)x->candidates_all, REC_S(x->candidates_all));
}

/*
 * Rank of the one relevant item among the sampled ones, the last of its ties;
 * candidates that the list leaves out rank last, all tied.
 */
static void estimate(const struct user *x, const struct rec_ranking *r, enum rec_state state)
{
	const struct rec_evaluation *v = x->v;
	uint32_t above = 0;
	bool found = false;

	for (uint32_t g = 0, s = 0; s < r->n && !found; s = r->tied[g++])
		for (uint32_t i = s; i < r->tied[g]; i++) {
			above += !(r->gain[i] > 0);
			found |= r->gain[i] > 0;
		}
	if (!found || above > v->sample.max)
		above = v->sample.max;
	for (size_t i = 0; i < v->o->n; i++) {
		struct rec_series *s = series_of(x, i, VARIANT_CORRECTED);

		if (s)
			set(s, x->at,
			    state == REC_MISSING ?
				    0 :
				    v->sample.corrected[i * (v->sample.max + 1) + above],
			    state);
	}
}

static int rank(const struct user *x, struct rec_err *e)
{
	const struct rec_evaluation *v = x->v;
	enum rec_state state = x->list == REC_NONE ? REC_MISSING : REC_PRESENT;
	uint32_t n = x->list == REC_NONE ? 0 : load_list(x);
	struct rec_ranking r;

	for (int third = 0; v->in->train && third < 3; third++) {
		prepare(&r, x, n, v->o->ties, third);
		if (r.relevant > 0)
			measure(x, &r, VARIANT_HEAD + third, state);
	}
	prepare(&r, x, n, v->o->ties, EVERYWHERE);
	if (v->want.auc && state == REC_PRESENT && check_whole(x, &r, e) != 0)
		return -1;
	measure(x, &r, VARIANT_MAIN, state);
	if (v->sample.corrected)
		estimate(x, &r, state);
	if (!v->in->train || (state == REC_MISSING && v->o->skip_missing))
		return 0;
	prepare(&r, x, load_floor(x), REC_TIES_LABEL, EVERYWHERE);
	measure(x, &r, VARIANT_FLOOR, REC_PRESENT);
	prepare(&r, x, load_ceiling(x), REC_TIES_LABEL, EVERYWHERE);
	measure(x, &r, VARIANT_CEILING, REC_PRESENT);
	return 0;
}

/* sum / count of users, `of` where some may be lost. */
static void set_ratio(struct rec_series *s, uint32_t u, double sum, uint32_t count, uint32_t of)
{
	s->value[u] = sum;
	s->count[u] = count;
	s->of[u] = of;
	s->state[u] = REC_PRESENT;
}

static void audit(const struct user *x)
{
	const struct rec_evaluation *v = x->v;
	const struct rec_lists *l = v->in->lists;
	uint32_t old = 0, n = 0;

	for (uint32_t i = 0; i < x->relevant; i++)
		old += seen(x, v->map.truth_train[x->s->relevant[i]]);
	set_ratio(&v->r->series[v->series.truth_in_train], x->at, old, x->relevant, x->relevant);
	if (x->list == REC_NONE)
		return;
	old = 0;
	for (uint64_t i = l->ptr[x->list]; i < l->ptr[x->list + 1]; i++, n++)
		old += seen(x, v->map.list_train[l->col_idx[i]]);
	set_ratio(&v->r->series[v->series.listed_in_train], x->at, old, n, n);
}

static void novelty(const struct user *x)
{
	const struct rec_evaluation *v = x->v;
	const struct rec_lists *l = v->in->lists;

	for (size_t m = 0; m < v->o->n && x->list != REC_NONE; m++) {
		double sum = 0;
		uint32_t count = 0, of = 0;

		if (v->o->metric[m].measure->kind != REC_CATALOGUE ||
		    v->o->metric[m].measure->agg != REC_AGG_RATIO)
			continue;
		for (uint64_t i = l->ptr[x->list];
		     i < l->ptr[x->list + 1] && of < v->o->metric[m].k; i++, of++) {
			uint32_t t = v->map.list_train[l->col_idx[i]];

			if (t != REC_NONE && v->popular.information[t] >= 0) {
				sum += v->popular.information[t];
				count++;
			}
		}
		set_ratio(series_of(x, m, VARIANT_MAIN), x->at, sum, count, of);
	}
}

/* Scored pairs against all pairs of truth, in label order. */
static void rate(const struct user *x)
{
	const struct rec_evaluation *v = x->v;
	const struct rec_csr *truth = &v->in->truth->m;
	const struct rec_lists *l = v->in->lists;
	uint64_t from = truth->ptr[x->u], to = truth->ptr[x->u + 1];

	for (uint64_t i = x->list == REC_NONE ? 0 : l->ptr[x->list];
	     x->list != REC_NONE && i < l->ptr[x->list + 1]; i++) {
		uint32_t c = v->map.list_truth[l->col_idx[i]];

		if (c == REC_NONE)
			continue;
		x->s->scored[c] = rec_lists_score(l, i);
		x->s->scored_by[c] = x->u + 1;
	}
	for (size_t m = 0; m < v->o->n; m++) {
		const struct rec_measure *me = v->o->metric[m].measure;
		double sum = 0;
		uint32_t count = 0;

		if (me->kind != REC_RATING)
			continue;
		for (uint64_t i = from; i < to; i++) {
			if (x->s->scored_by[truth->col[i]] != x->u + 1)
				continue;
			sum += me->error(x->s->scored[truth->col[i]] - truth->val[i]);
			count++;
		}
		set_ratio(series_of(x, m, VARIANT_MAIN), x->at, sum, count, (uint32_t)(to - from));
	}
}

static int one_user(struct rec_evaluation *v, struct rec_scratch *s, uint32_t u, struct rec_err *e)
{
	struct user x = { .v = v,
			  .s = s,
			  .u = u,
			  .at = u - v->first,
			  .list = v->map.list_row[u],
			  .train = v->in->train ? v->map.train_row[u] : REC_NONE,
			  .candidates = v->in->candidates ? v->map.candidates_row[u] : REC_NONE };
	int rc = 0;

	if (v->in->train)
		v->r->history[x.at] = x.train == REC_NONE ?
					      0 :
					      (uint32_t)(v->in->train->m.ptr[x.train + 1] -
							 v->in->train->m.ptr[x.train]);
	if (v->want.rating)
		rate(&x);
	mark(&x);
	if (x.relevant > 0) {
		count_candidates(&x);
		if (v->in->train)
			audit(&x);
		if (v->want.novelty)
			novelty(&x);
		if (v->want.ranking)
			rc = rank(&x, e);
	}
	unmark(&x);
	return rc;
}

int rec_eval_users(void *arg, uint64_t first, uint64_t last, unsigned thread,
		   struct rec_err *e)
{
	struct rec_evaluation *v = arg;

	for (uint64_t i = first; i < last; i++)
		if (one_user(v, &v->scratch[thread], v->first + (uint32_t)i, e) != 0)
			return -1;
	return 0;
}
