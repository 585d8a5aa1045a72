/* SPDX-License-Identifier: MIT */
/*
 * topn/answer.c - questions from memory, one or several. Labels become indices
 * of the scorer, as a query wants them; what is asked of it is in topn.c and in
 * the room score, the same as for files.
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

/* What the query of a row points into. */
struct row {
	struct rec_gather history;
	struct items out, candidates, allow;
	struct rec_buf label;		/* the caller's may be borrowed for less long */
	uint32_t unknown;
};

struct rec_answerer {
	const struct rec_topn *t;
	const struct rec_scorer *s;
	struct rec_topn_scratch *scratch;
	struct row *row;		/* by question: nrows of them are there */
	uint32_t nrows;
	struct rec_query q[REC_ANSWER_LISTS];	/* q[0]: the row that was begun, if live */
	struct rec_top list[REC_ANSWER_LISTS];
	uint32_t asked[REC_ANSWER_LISTS];	/* by query: the number of its question */
	bool live;
	struct rec_best *best;		/* of all lists */
	struct rec_answer_entry *entry;
	double *term;
	size_t row_cap, best_cap, entry_cap, term_cap;
};

_Static_assert(REC_ANSWER_LISTS <= (int)REC_TOPN_BATCH, "questions are one batch of rows");

/* So many rows are there. */
static int have_rows(struct rec_answerer *a, uint32_t n, struct rec_err *e)
{
	if (rec_grow(&a->row, &a->row_cap, n, sizeof *a->row, e) != 0)
		return -1;
	for (; a->nrows < n; a->nrows++)
		a->row[a->nrows] = (struct row){ 0 };
	return 0;
}

static int have_lists(struct rec_answerer *a, size_t entries, struct rec_err *e)
{
	return rec_grow(&a->best, &a->best_cap, entries, sizeof *a->best, e) != 0 ?
		       -1 :
		       rec_grow(&a->entry, &a->entry_cap, entries, sizeof *a->entry, e);
}

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
	if (rec_topn_scratch_new(&a->scratch, t, e) != 0 || have_rows(a, 1, e) != 0) {
		rec_answerer_free(a);
		return -1;
	}
	*out = a;
	return 0;
}

static void free_row(struct row *r)
{
	rec_gather_free(&r->history);
	rec_buf_free(&r->label);
	free(r->out.at);
	free(r->candidates.at);
	free(r->allow.at);
}

void rec_answerer_free(struct rec_answerer *a)
{
	if (!a)
		return;
	rec_topn_scratch_free(a->scratch);
	for (uint32_t i = 0; i < a->nrows; i++)
		free_row(&a->row[i]);
	free(a->row);
	free(a->best);
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

/* Labels that are looked up at a time. */
enum { PROBES = 64 };

static uint32_t at_most(uint32_t n, uint32_t most)
{
	return n < most ? n : most;
}

/* Append the items that a list names. */
static int add_labels(struct items *x, const struct rec_scorer *s, const struct rec_text_list *l,
		      struct rec_err *e)
{
	struct rec_label_probe p[PROBES];

	if (rec_grow(&x->at, &x->cap, (size_t)x->n + l->n + 1, sizeof *x->at, e) != 0)
		return -1;
	for (uint32_t from = 0, m; from < l->n; from += m) {
		m = at_most(l->n - from, PROBES);
		for (uint32_t i = 0; i < m; i++)
			p[i] = (struct rec_label_probe){ l->label[from + i].p, l->label[from + i].n,
							 REC_NONE };
		rec_scorer_items(s, p, m);
		for (uint32_t i = 0; i < m; i++)
			if (p[i].found != REC_NONE)
				x->at[x->n++] = p[i].found;
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

static int gather_stored(struct row *r, const struct rec_ask *ask, struct rec_err *e)
{
	uint32_t row = row_of(ask->stored, &ask->user);
	const struct rec_csr *m = row == REC_NONE ? NULL : &ask->stored->x->m;

	for (uint64_t t = m ? m->ptr[row] : 0; m && t < m->ptr[row + 1]; t++) {
		uint32_t item = ask->stored->column_to_item[m->col[t]];
		double time = m->time ? m->time[t] : NAN;

		if (item == REC_NONE)
			r->unknown++;
		else if (rec_gather_add(&r->history, item, m->val[t], time_of(ask, time), e) != 0)
			return -1;
	}
	return 0;
}

/* Pairs from .. from + m - 1, at most PROBES. */
static int gather_pairs(const struct rec_answerer *a, struct row *r, const struct rec_ask *ask,
			uint32_t from, uint32_t m, struct rec_err *e)
{
	const struct rec_ask_pair *pair = ask->pair + from;
	struct rec_label_probe p[PROBES];

	for (uint32_t i = 0; i < m; i++)
		p[i] = (struct rec_label_probe){ pair[i].item.p, pair[i].item.n, REC_NONE };
	rec_scorer_items(a->s, p, m);
	for (uint32_t i = 0; i < m; i++) {
		if (p[i].found == REC_NONE)
			r->unknown++;
		else if (rec_gather_add(&r->history, p[i].found, pair[i].value,
					time_of(ask, pair[i].time), e) != 0)
			return -1;
	}
	return 0;
}

static int gather(const struct rec_answerer *a, struct row *r, const struct rec_ask *ask,
		  struct rec_err *e)
{
	r->history.n = 0;		/* what a failure left */
	r->unknown = 0;
	if (gather_stored(r, ask, e) != 0)
		return -1;
	for (uint32_t i = 0; i < ask->npairs; i += PROBES)
		if (gather_pairs(a, r, ask, i, at_most(ask->npairs - i, PROBES), e) != 0)
			return -1;
	if (rec_gather_end(&r->history, ask->repeats, e) == 0)
		return 0;
	return rec_err_prefix(e, "%s '%.*s': ", a->s->similar ? "item" : "user",
			      REC_LABEL(ask->user.p, ask->user.n));
}

/* The row, as far as scores go; the label is copied. */
static int make_query(const struct rec_answerer *a, struct row *r, const struct rec_ask *ask,
		      struct rec_query *q, struct rec_err *e)
{
	*q = (struct rec_query){ .label = "" };
	r->label.n = 0;
	if (gather(a, r, ask, e) != 0 || rec_buf_add(&r->label, ask->user.p, ask->user.n, e) != 0)
		return -1;
	if (ask->user.n) {
		q->label = r->label.p;
		q->label_len = r->label.n;
	}
	q->n = r->history.nitems;
	q->item = r->history.item;
	q->value = r->history.value;
	return 0;
}

/* What lists leave out, and what alone may be in them. */
static int make_limits(const struct rec_answerer *a, struct row *r, const struct rec_ask *ask,
		       struct rec_query *q, struct rec_err *e)
{
	const struct rec_pairs *seen = ask->keep_seen ? NULL : ask->seen;

	r->out.n = r->candidates.n = r->allow.n = 0;
	if ((seen && add_row(&r->out, seen, row_of(seen, &ask->user), e) != 0) ||
	    (ask->deny && add_labels(&r->out, a->s, ask->deny, e) != 0) ||
	    (ask->candidates && add_labels(&r->candidates, a->s, ask->candidates, e) != 0) ||
	    (ask->allow && add_labels(&r->allow, a->s, ask->allow, e) != 0))
		return -1;
	sort_items(&r->out);
	sort_items(&r->candidates);
	sort_items(&r->allow);
	if (ask->allow && ask->candidates)
		intersect(&r->allow, &r->candidates);
	q->keep_history = ask->keep_seen;
	q->nseen = r->out.n;
	q->seen = r->out.at;
	q->has_candidates = ask->allow || ask->candidates;
	q->ncandidates = ask->allow ? r->allow.n : r->candidates.n;
	q->candidate = ask->allow ? r->allow.at : r->candidates.at;
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

/* A query for each question that can be one; how many there are. */
static uint32_t make_queries(struct rec_answerer *a, const struct rec_ask *ask, uint32_t n,
			     struct rec_err *e)
{
	uint32_t nq = 0;

	for (uint32_t i = 0; i < n; i++) {
		struct row *r = &a->row[i];
		struct rec_query *q = &a->q[nq];

		if (check(a, &ask[i], &e[i]) == 0 && make_query(a, r, &ask[i], q, &e[i]) == 0 &&
		    make_limits(a, r, &ask[i], q, &e[i]) == 0)
			a->asked[nq++] = i;
	}
	return nq;
}

/* Query j of the batch that was answered as number k of it. */
static void take(struct rec_answerer *a, uint32_t j, uint32_t k, uint32_t room,
		 struct rec_answer *answer)
{
	struct rec_answer_entry *entry = a->entry + (size_t)j * room;
	const struct rec_top *list = &a->list[j];

	for (uint32_t i = 0; i < list->n; i++)
		entry[i] = (struct rec_answer_entry){ list->entry[i].item, list->entry[i].score };
	*answer = (struct rec_answer){ .n = list->n,
				       .entry = entry,
				       .cold = rec_topn_was_cold(a->scratch, k),
				       .npairs = a->q[j].n,
				       .unknown = a->row[a->asked[j]].unknown };
}

/*
 * A batch fails as a whole, so where it does each row is ranked by itself, and
 * the error stays with its own.
 */
static void answer_queries(struct rec_answerer *a, uint32_t nq, uint32_t room,
			   struct rec_answer *answer, struct rec_err *e)
{
	struct rec_topn_counts counts = { 0 };
	struct rec_err any = { 0 };
	bool all = rec_topn_answer(a->t, a->scratch, a->q, nq, a->list, &counts, &any) == 0;

	for (uint32_t j = 0; j < nq; j++) {
		uint32_t i = a->asked[j];

		if (all || rec_topn_answer(a->t, a->scratch, &a->q[j], 1, &a->list[j], &counts,
					   &e[i]) == 0)
			take(a, j, all ? j : 0, room, &answer[i]);
	}
}

void rec_answer_lists(struct rec_answerer *a, const struct rec_ask *ask, uint32_t n,
		      struct rec_answer *answer, struct rec_err *e)
{
	uint32_t room = rec_topn_room_for(a->t, ask[0].n) + 1, nq;
	struct rec_err why = { 0 };
	bool bare = have_rows(a, n, &why) != 0 || have_lists(a, (size_t)n * room, &why) != 0;

	a->live = false;
	for (uint32_t i = 0; i < n; i++) {
		answer[i] = (struct rec_answer){ 0 };
		e[i] = why;
		a->list[i] = (struct rec_top){ .entry = a->best + (size_t)i * room };
	}
	if (bare)
		return;
	nq = make_queries(a, ask, n, e);
	rec_topn_ask(a->scratch, a->t,
		     &(struct rec_topn_how){ ask[0].n, ask[0].cold, ask[0].fill });
	answer_queries(a, nq, room, answer, e);
}

int rec_answer_list(struct rec_answerer *a, const struct rec_ask *ask, struct rec_answer *answer,
		    struct rec_err *e)
{
	struct rec_err own = { 0 };

	rec_answer_lists(a, ask, 1, answer, &own);
	a->live = own.code == REC_OK;
	if (a->live)
		return 0;
	if (e->code == REC_OK)		/* the first failure stays */
		*e = own;
	return -1;
}

int rec_answer_begin(struct rec_answerer *a, const struct rec_ask *ask, uint32_t *npairs,
		     struct rec_err *e)
{
	a->live = false;
	if (make_query(a, a->row, ask, a->q, e) != 0 ||
	    rec_scorer_begin(a->s, rec_topn_score_scratch(a->scratch), a->q, e) < 0)
		return -1;
	a->live = true;
	if (npairs)
		*npairs = a->q->n;
	return 0;
}

static int nothing_begun(struct rec_err *e)
{
	return rec_err_set(e, REC_EUSAGE, "no row was begun");
}

static int can_score(const struct rec_answerer *a, struct rec_err *e)
{
	if (!a->live)
		return nothing_begun(e);
	if (a->s->scale != REC_SCALE_RAW)
		return rec_err_set(e, REC_EUSAGE, "pairs cannot be scored with --scale: a scale "
						  "looks at all items");
	return 0;
}

/* One pair; fate and its score are what rec_score_some said. */
static int take_score(unsigned fate, float x, const struct rec_score_opts *o,
		      struct rec_answer_score *score, struct rec_err *e)
{
	*score = (struct rec_answer_score){ .score = x };
	if ((fate & REC_FATE_COLD) && o->cold == REC_COLD_PAIR_FAIL)
		return rec_err_set(e, REC_EDATA, REC_FATE_FAIL_COLD);
	if (!isfinite(x))
		return rec_err_set(e, REC_EDATA, REC_FATE_FAIL_NUMBER);
	score->cold = fate & REC_FATE_COLD;
	score->known = fate & REC_FATE_KNOWN;
	score->clamped = fate & REC_FATE_CLAMPED;
	return 0;
}

int rec_answer_scores(struct rec_answerer *a, const struct rec_text *item, uint32_t n,
		      const struct rec_score_opts *o, struct rec_answer_score *score,
		      uint32_t *done, struct rec_err *e)
{
	struct rec_label_probe p[REC_LANES];
	uint32_t at[REC_LANES];
	float x[REC_LANES];
	unsigned fate[REC_LANES];

	*done = 0;
	if (can_score(a, e) != 0)
		return -1;
	while (*done < n) {
		uint32_t m = at_most(n - *done, REC_LANES);

		for (uint32_t i = 0; i < m; i++)
			p[i] = (struct rec_label_probe){ item[*done + i].p, item[*done + i].n,
							 REC_NONE };
		rec_scorer_items(a->s, p, m);
		for (uint32_t i = 0; i < m; i++)
			at[i] = p[i].found;
		rec_score_some(a->s, rec_topn_score_scratch(a->scratch), o, at, m, x, fate);
		for (uint32_t i = 0; i < m; i++, ++*done)
			if (take_score(fate[i], x[i], o, &score[*done], e) != 0)
				return -1;
	}
	return 0;
}

int rec_answer_score(struct rec_answerer *a, const struct rec_text *item,
		     const struct rec_score_opts *o, struct rec_answer_score *score,
		     struct rec_err *e)
{
	uint32_t done;

	*score = (struct rec_answer_score){ 0 };
	return rec_answer_scores(a, item, 1, o, score, &done, e);
}

int rec_answer_reasons(struct rec_answerer *a, uint32_t item, uint32_t k, struct rec_reason *reason,
		       uint32_t *n, struct rec_err *e)
{
	*n = 0;
	if (!a->live)
		return nothing_begun(e);
	if (rec_grow(&a->term, &a->term_cap, (size_t)a->q->n + 1, sizeof *a->term, e) != 0)
		return -1;
	return rec_topn_reasons(a->t, a->scratch, a->q,
				&(struct rec_topn_why){ item, k, a->term, reason, n }, e);
}
