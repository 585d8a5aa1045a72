/* SPDX-License-Identifier: MIT */
/*
 * topn/answer.c - one question from memory. Labels become indices of the
 * scorer, as a query wants them; what is asked of it is in topn.c and in the
 * room score, the same as for files.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/label.h"
#include "base/mem.h"
#include "base/search.h"
#include "recpipe/answer.h"
#include "score/explain.h"
#include "score/one.h"
#include "topn/topn.h"

/* Indices, ascending, each once. Memory stays for the next question. */
struct items {
	uint32_t *at, n;
	size_t cap;
};

struct rec_answerer {
	const struct rec_topn *t;
	const struct rec_scorer *s;
	struct rec_topn_scratch *scratch;
	struct rec_gather history;
	struct items out, candidates, allow;
	struct rec_buf label;		/* of the row, which may be borrowed for less long */
	struct rec_query q;		/* the row that was begun */
	uint32_t unknown;
	bool live;
	struct rec_top list;
	struct rec_answer_entry *entry;
	double *term;
	size_t list_cap, entry_cap, term_cap;
};

int rec_answerer_new(struct rec_answerer **out, const struct rec_topn *t, struct rec_err *e)
{
	struct rec_answerer *a;

	*out = NULL;
	if (rec_topn_keeps_seen(t))
		return rec_err_set(e, REC_EUSAGE,
				   "questions say for themselves whether a list may hold what is "
				   "in the history: make the topn without keep_seen");
	a = rec_zalloc(1, sizeof *a, e);
	if (!a)
		return -1;
	a->t = t;
	a->s = rec_topn_scorer(t);
	if (rec_topn_scratch_new(&a->scratch, t, e) != 0) {
		free(a);
		return -1;
	}
	*out = a;
	return 0;
}

void rec_answerer_free(struct rec_answerer *a)
{
	if (!a)
		return;
	rec_topn_scratch_free(a->scratch);
	rec_gather_free(&a->history);
	rec_buf_free(&a->label);
	free(a->out.at);
	free(a->candidates.at);
	free(a->allow.at);
	free(a->list.entry);
	free(a->entry);
	free(a->term);
	free(a);
}

static int compare_items(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void sort_items(struct items *x)
{
	uint32_t n = 0;

	if (x->n > 1)
		qsort(x->at, x->n, sizeof *x->at, compare_items);
	for (uint32_t i = 0; i < x->n; i++)
		if (n == 0 || x->at[i] != x->at[n - 1])
			x->at[n++] = x->at[i];
	x->n = n;
}

/* Append the items that a list names. */
static int add_labels(struct items *x, const struct rec_scorer *s, const struct rec_text_list *l,
		      struct rec_err *e)
{
	if (rec_grow(&x->at, &x->cap, (size_t)x->n + l->n + 1, sizeof *x->at, e) != 0)
		return -1;
	for (uint32_t i = 0; i < l->n; i++) {
		uint32_t item = rec_scorer_item(s, l->label[i].p, l->label[i].n);

		if (item != REC_NONE)
			x->at[x->n++] = item;
	}
	return 0;
}

/* Append the items of a row of a file. */
static int add_row(struct items *x, const struct rec_pairs *p, uint32_t row, struct rec_err *e)
{
	if (rec_grow(&x->at, &x->cap, (size_t)x->n + rec_pairs_length(p, row) + 1, sizeof *x->at,
		     e) != 0)
		return -1;
	x->n += rec_pairs_items(p, row, x->at + x->n, NULL);
	return 0;
}

/* Keep in x what is in y, too. */
static void intersect(struct items *x, const struct items *y)
{
	uint32_t n = 0;

	for (uint32_t i = 0, j = 0; i < x->n; i++) {
		while (j < y->n && y->at[j] < x->at[i])
			j++;
		if (j < y->n && y->at[j] == x->at[i])
			x->at[n++] = x->at[i];
	}
	x->n = n;
}

static uint32_t row_of(const struct rec_pairs *p, const struct rec_text *user)
{
	return p && user->n ? rec_pairs_row(p, user->p, user->n) : REC_NONE;
}

/* A time that the rule for repeats does not look at is none (topn/stream.c). */
static double time_of(const struct rec_ask *ask, double time)
{
	return ask->repeats == REC_REPEATS_LAST ? time : NAN;
}

static int gather_stored(struct rec_answerer *a, const struct rec_ask *ask, struct rec_err *e)
{
	uint32_t row = row_of(ask->stored, &ask->user);
	const struct rec_csr *m = row == REC_NONE ? NULL : &ask->stored->x->m;

	for (uint64_t t = m ? m->ptr[row] : 0; m && t < m->ptr[row + 1]; t++) {
		uint32_t item = ask->stored->column_to_item[m->col[t]];
		double time = m->time ? m->time[t] : NAN;

		if (item == REC_NONE)
			a->unknown++;
		else if (rec_gather_add(&a->history, item, m->val[t], time_of(ask, time), e) != 0)
			return -1;
	}
	return 0;
}

static int gather(struct rec_answerer *a, const struct rec_ask *ask, struct rec_err *e)
{
	a->history.n = 0;		/* what a failure left */
	a->unknown = 0;
	if (gather_stored(a, ask, e) != 0)
		return -1;
	for (uint32_t i = 0; i < ask->npairs; i++) {
		const struct rec_ask_pair *p = &ask->pair[i];
		uint32_t item = rec_scorer_item(a->s, p->item.p, p->item.n);

		if (item == REC_NONE)
			a->unknown++;
		else if (rec_gather_add(&a->history, item, p->value, time_of(ask, p->time), e) != 0)
			return -1;
	}
	if (rec_gather_end(&a->history, ask->repeats, e) == 0)
		return 0;
	return rec_err_prefix(e, "%s '%.*s': ", a->s->similar ? "item" : "user",
			      REC_LABEL(ask->user.p, ask->user.n));
}

/* The row, as far as scores go; the label is copied. */
static int make_query(struct rec_answerer *a, const struct rec_ask *ask, struct rec_err *e)
{
	a->q = (struct rec_query){ .label = "" };
	a->live = false;
	a->label.n = 0;
	if (gather(a, ask, e) != 0 || rec_buf_add(&a->label, ask->user.p, ask->user.n, e) != 0)
		return -1;
	if (ask->user.n) {
		a->q.label = a->label.p;
		a->q.label_len = a->label.n;
	}
	a->q.n = a->history.nitems;
	a->q.item = a->history.item;
	a->q.value = a->history.value;
	return 0;
}

/* What lists leave out, and what alone may be in them. */
static int make_limits(struct rec_answerer *a, const struct rec_ask *ask, struct rec_err *e)
{
	const struct rec_pairs *seen = ask->keep_seen ? NULL : ask->seen;

	a->out.n = a->candidates.n = a->allow.n = 0;
	if ((seen && add_row(&a->out, seen, row_of(seen, &ask->user), e) != 0) ||
	    (ask->deny && add_labels(&a->out, a->s, ask->deny, e) != 0) ||
	    (ask->candidates && add_labels(&a->candidates, a->s, ask->candidates, e) != 0) ||
	    (ask->allow && add_labels(&a->allow, a->s, ask->allow, e) != 0))
		return -1;
	sort_items(&a->out);
	sort_items(&a->candidates);
	sort_items(&a->allow);
	if (ask->allow && ask->candidates)
		intersect(&a->allow, &a->candidates);
	a->q.keep_history = ask->keep_seen;
	a->q.nseen = a->out.n;
	a->q.seen = a->out.at;
	a->q.has_candidates = ask->allow || ask->candidates;
	a->q.ncandidates = ask->allow ? a->allow.n : a->candidates.n;
	a->q.candidate = ask->allow ? a->allow.at : a->candidates.at;
	return 0;
}

static int check(const struct rec_answerer *a, const struct rec_ask *ask, struct rec_err *e)
{
	if ((ask->fill || ask->cold == REC_COLD_POPULAR) && !rec_topn_knows_popular(a->t))
		return rec_err_set(e, REC_EUSAGE,
				   "popularity is not known: it needs interactions, or a popular "
				   "model");
	return 0;
}

int rec_answer_list(struct rec_answerer *a, const struct rec_ask *ask, struct rec_answer *answer,
		    struct rec_err *e)
{
	uint32_t room = rec_topn_room_for(a->t, ask->n);
	struct rec_topn_counts counts = { 0 };

	*answer = (struct rec_answer){ 0 };
	if (check(a, ask, e) != 0 || make_query(a, ask, e) != 0 || make_limits(a, ask, e) != 0 ||
	    rec_grow(&a->list.entry, &a->list_cap, (size_t)room + 1, sizeof *a->list.entry, e) != 0)
		return -1;
	rec_topn_ask(a->scratch, a->t, &(struct rec_topn_how){ ask->n, ask->cold, ask->fill });
	if (rec_topn_answer(a->t, a->scratch, &a->q, 1, &a->list, &counts, e) != 0 ||
	    rec_grow(&a->entry, &a->entry_cap, (size_t)a->list.n + 1, sizeof *a->entry, e) != 0)
		return -1;
	a->live = true;
	for (uint32_t i = 0; i < a->list.n; i++)
		a->entry[i] = (struct rec_answer_entry){ a->list.entry[i].item,
							 a->list.entry[i].score };
	*answer = (struct rec_answer){ .n = a->list.n,
				       .entry = a->entry,
				       .cold = counts.cold > 0,
				       .npairs = a->q.n,
				       .unknown = a->unknown };
	return 0;
}

int rec_answer_begin(struct rec_answerer *a, const struct rec_ask *ask, uint32_t *npairs,
		     struct rec_err *e)
{
	if (make_query(a, ask, e) != 0 ||
	    rec_scorer_begin(a->s, rec_topn_score_scratch(a->scratch), &a->q, e) < 0)
		return -1;
	a->live = true;
	if (npairs)
		*npairs = a->q.n;
	return 0;
}

static int nothing_begun(struct rec_err *e)
{
	return rec_err_set(e, REC_EUSAGE, "no row was begun");
}

int rec_answer_score(struct rec_answerer *a, const struct rec_text *item,
		     const struct rec_score_opts *o, struct rec_answer_score *score,
		     struct rec_err *e)
{
	uint32_t i = rec_scorer_item(a->s, item->p, item->n);
	unsigned fate;

	*score = (struct rec_answer_score){ 0 };
	if (!a->live)
		return nothing_begun(e);
	if (a->s->scale != REC_SCALE_RAW)
		return rec_err_set(e, REC_EUSAGE, "pairs cannot be scored with --scale: a scale "
						  "looks at all items");
	fate = rec_score_one(a->s, rec_topn_score_scratch(a->scratch), o, i, &score->score);
	if ((fate & REC_FATE_COLD) && o->cold == REC_COLD_PAIR_FAIL)
		return rec_err_set(e, REC_EDATA, REC_FATE_FAIL_COLD);
	if (!isfinite(score->score))
		return rec_err_set(e, REC_EDATA, REC_FATE_FAIL_NUMBER);
	score->cold = fate & REC_FATE_COLD;
	score->known = fate & REC_FATE_KNOWN;
	score->clamped = fate & REC_FATE_CLAMPED;
	return 0;
}

int rec_answer_reasons(struct rec_answerer *a, uint32_t item, uint32_t k, struct rec_reason *reason,
		       uint32_t *n, struct rec_err *e)
{
	*n = 0;
	if (!a->live)
		return nothing_begun(e);
	if (rec_grow(&a->term, &a->term_cap, (size_t)a->q.n + 1, sizeof *a->term, e) != 0)
		return -1;
	return rec_topn_reasons(a->t, a->scratch, &a->q,
				&(struct rec_topn_why){ item, k, a->term, reason, n }, e);
}
