/* SPDX-License-Identifier: MIT */
/*
 * answer - questions from memory against the lists of all rows at once and
 * against sums in double: every kind of model, every option of a question, and
 * threads that share what is asked.
 */
#include <math.h>
#include <pthread.h>
#include <string.h>

#include "base/random.h"
#include "check.h"
#include "recpipe/als.h"
#include "recpipe/answer.h"
#include "recpipe/sim.h"

enum { USERS = 60, ITEMS = 90, MOST = USERS * ITEMS, TOP = 7 };

static struct rec_err err;
static struct rec_run run;
static struct rec_sparse x;		/* histories: about a third of all pairs */
static struct rec_model models[5];
static const char *const names[] = { "implicit", "explicit", "sparse", "dense", "offset" };

static uint64_t draws;

static uint32_t draw(uint32_t n)
{
	return (uint32_t)rec_below(rec_random(7, draws++), n);
}

static struct rec_labels labels(char c, uint32_t n)
{
	uint64_t *off = malloc((n + 1) * sizeof *off);
	char *bytes = malloc((size_t)n * 3 + 8);

	for (uint32_t i = 0; i <= n; i++)
		off[i] = 3 * (uint64_t)i;
	for (uint32_t i = 0; i < n; i++)
		snprintf(bytes + 3 * (size_t)i, 8, "%c%02u", c, i % 100);
	return (struct rec_labels){
		.n = n, .off = off, .bytes = bytes, .own_off = off, .own_bytes = bytes
	};
}

static void make_data(void)
{
	static struct rec_cell cell[MOST];
	struct rec_labels u = labels('u', USERS), i = labels('i', ITEMS);
	uint64_t n = 0;

	for (uint32_t a = 0; a < USERS; a++)
		for (uint32_t b = 0; b < ITEMS; b++)
			if (draw(3) == 0)
				cell[n++] = (struct rec_cell){ a, b, (float)(1 + draw(5)), NAN };
	MUST(rec_sparse_build(&x, &(struct rec_cell_array){ &u, &i, cell, n }, REC_REPEATS_FAIL,
			      false, NULL, &err),
	     &err);
	rec_labels_free(&u);
	rec_labels_free(&i);
}

static void make_models(void)
{
	struct rec_als_opts a;
	struct rec_sim_opts s;
	uint64_t thinned;

	rec_als_defaults(&a);
	a.factors = 6;
	a.iterations = 4;
	MUST(rec_als_train(&models[0], &x, &a, NULL, &run, &err), &err);
	rec_als_defaults(&a);
	a.factors = 5;
	a.iterations = 4;
	a.explicit_loss = a.bias = true;
	MUST(rec_als_train(&models[1], &x, &a, NULL, &run, &err), &err);
	rec_sim_defaults(&s, rec_sim_method("cosine"));
	s.neighbours = 20;
	MUST(rec_sim_train(&models[2], &x, &s, &run, &thinned, &err), &err);
	rec_sim_defaults(&s, rec_sim_method("popular"));
	MUST(rec_sim_train(&models[4], &x, &s, &run, &thinned, &err), &err);
}

/* A dense one of the sparse one's weights, with an offset. */
static void make_dense(void)
{
	struct rec_model *m = &models[3];
	const struct rec_model *from = &models[2];
	uint32_t n = from->col.n;
	float *val = calloc((size_t)from->row.n * n, sizeof *val);

	for (uint32_t i = 0; i < from->row.n; i++)
		for (uint64_t t = from->sim.ptr[i]; t < from->sim.ptr[i + 1]; t++)
			val[(size_t)i * n + from->sim.col[t]] = from->sim.val[t];
	*m = (struct rec_model){ .has_similarity = true, .dense = true };
	m->row = (struct rec_labels){ from->row.n, from->row.off, from->row.bytes, NULL, NULL };
	m->col = (struct rec_labels){ n, from->col.off, from->col.bytes, NULL, NULL };
	m->sim_dense = (struct rec_dense){ .ncols = n, .val = val, .own = val };
	m->sim_dense.row = m->row;
}

/* One scene: models that are asked together. */
struct scene {
	const char *name;
	struct rec_scorer scorer;
	struct rec_popular popular;
	struct rec_pairs stored;
	struct rec_topn *topn;
};

static void open_scene(struct scene *s, size_t from, size_t n, bool similar)
{
	const struct rec_model *list[] = { &models[from], &models[(from + 2) % 5] };
	const double weight[] = { 0.75, -0.5 };
	struct rec_scorer_opts so = { .model = list,
				      .nmodels = n,
				      .weight = n > 1 ? weight : NULL,
				      .unknown_users = true,
				      .similar = similar,
				      .index = true };
	struct rec_topn_opts to = { .n = TOP };

	s->name = n > 1 ? "blend" : names[from];
	MUST(rec_scorer_new(&s->scorer, &so, &run, &err), &err);
	MUST(rec_popular_count(&s->popular, &x, &s->scorer.items, &err), &err);
	MUST(rec_pairs_new(&s->stored, &x, &s->scorer.items, true, NULL, &err), &err);
	to.popular = &s->popular;
	MUST(rec_topn_new(&s->topn, &s->scorer, &to, &err), &err);
}

static void close_scene(struct scene *s)
{
	rec_topn_free(s->topn);
	rec_pairs_free(&s->stored);
	rec_popular_free(&s->popular);
	rec_scorer_free(&s->scorer);
}

/* The lists of all rows by rec_topn_lists, with these options. */
static void all_lists(struct rec_lists *l, const struct scene *s, const struct rec_topn_opts *o)
{
	struct rec_topn_rows rows = { .history = &s->stored, .last = x.row.n };
	struct rec_topn_counts counts = { 0 };
	struct rec_topn *t;

	MUST(rec_topn_new(&t, &s->scorer, o, &err), &err);
	MUST(rec_topn_lists(l, t, &rows, &counts, &err), &err);
	rec_topn_free(t);
}

static bool same_list(const struct rec_lists *l, uint32_t u, const struct rec_answer *a)
{
	if (l->ptr[u + 1] - l->ptr[u] != a->n)
		return false;
	for (uint32_t i = 0; i < a->n; i++)
		if (l->col_idx[l->ptr[u] + i] != a->entry[i].item ||
		    memcmp(&l->score[l->ptr[u] + i], &a->entry[i].score, sizeof(float)) != 0)
			return false;
	return true;
}

static struct rec_text text(const struct rec_labels *l, uint32_t i)
{
	struct rec_text t;

	t.p = rec_label(l, i, &t.n);
	return t;
}

/* The history of row u as a client would send it: in no order. */
static uint32_t history(struct rec_ask_pair *p, uint32_t u)
{
	uint32_t n = (uint32_t)(x.m.ptr[u + 1] - x.m.ptr[u]), turn = draw(n);

	for (uint32_t i = 0; i < n; i++) {
		uint64_t t = x.m.ptr[u] + (i + turn) % n;

		p[i] = (struct rec_ask_pair){ text(&x.col, x.m.col[t]), x.m.val[t], NAN };
	}
	return n;
}

/* Users by what is stored, and by what is sent. */
static void test_lists(const struct scene *s, struct rec_answerer *a)
{
	struct rec_ask_pair pair[ITEMS];
	struct rec_answer got;

	for (unsigned variant = 0; variant < 8; variant++) {
		struct rec_topn_opts o = { .n = variant & 1 ? 3 : 1000,
					   .keep_seen = variant & 2,
					   .fill = variant & 4,
					   .cold = variant & 4 ? REC_COLD_POPULAR : REC_COLD_DROP,
					   .popular = &s->popular };
		struct rec_lists l;

		all_lists(&l, s, &o);
		for (uint32_t u = 0; u < x.row.n; u++) {
			struct rec_ask ask = { .user = text(&x.row, u),
					       .n = o.n,
					       .keep_seen = o.keep_seen,
					       .cold = o.cold,
					       .fill = o.fill,
					       .stored = u % 2 ? &s->stored : NULL };

			ask.npairs = u % 2 ? 0 : history(pair, u);
			ask.pair = pair;
			MUST(rec_answer_list(a, &ask, &got, &err), &err);
			CHECK(same_list(&l, u, &got), "%s: user %u, variant %u", s->name,
			      (unsigned)u, variant);
		}
		rec_lists_free(&l);
	}
}

/*
 * Asked together, rows have the lists and the errors that they have alone: some
 * that the models cannot score, some with a history that is none.
 */
static void test_together(const struct scene *s, struct rec_answerer *a)
{
	static struct rec_answer got[REC_ANSWER_LISTS];
	static struct rec_err e[REC_ANSWER_LISTS];
	struct rec_ask_pair twice[2] = { { text(&x.col, 3), 1, NAN }, { text(&x.col, 3), 2, NAN } };
	struct rec_ask ask[REC_ANSWER_LISTS];
	uint32_t n = REC_ANSWER_LISTS, fine = 0;
	struct rec_answerer *alone;

	MUST(rec_answerer_new(&alone, s->topn, &err), &err);
	for (uint32_t i = 0; i < n; i++) {
		ask[i] = (struct rec_ask){ .user = text(&x.row, i % x.row.n),
					   .stored = &s->stored,
					   .repeats = REC_REPEATS_LAST,
					   .cold = REC_COLD_FAIL,
					   .n = 7,
					   .keep_seen = i % 3 };
		if (i % 5 == 1)
			ask[i].user = (struct rec_text){ "nobody", 6 };
		if (i % 7 == 2)
			ask[i].pair = twice, ask[i].npairs = 2, ask[i].stored = NULL;
	}
	rec_answer_lists(a, ask, n, got, e);
	for (uint32_t i = 0; i < n; i++) {
		struct rec_err own = { 0 };
		struct rec_answer want;
		int rc = rec_answer_list(alone, &ask[i], &want, &own);

		CHECK((rc == 0) == (e[i].code == REC_OK) && strcmp(own.msg, e[i].msg) == 0,
		      "%s: row %u: '%s' and '%s'", s->name, (unsigned)i, own.msg, e[i].msg);
		CHECK(want.n == got[i].n && want.cold == got[i].cold &&
			      want.npairs == got[i].npairs && want.unknown == got[i].unknown &&
			      (want.n == 0 || memcmp(want.entry, got[i].entry,
						     want.n * sizeof *want.entry) == 0),
		      "%s: row %u together", s->name, (unsigned)i);
		fine += rc == 0;
	}
	CHECK(fine > 0 && fine < n, "%s: %u rows have lists", s->name, (unsigned)fine);
	rec_answerer_free(alone);
}

/* allow, deny and candidates cut the list that is made without them. */
static void test_limits(const struct scene *s, struct rec_answerer *a)
{
	struct rec_text some[ITEMS], other[ITEMS], none[ITEMS];
	struct rec_text_list allow = { 0, some }, candidates = { 0, other }, deny = { 0, none };
	unsigned char may[ITEMS] = { 0 };
	struct rec_answer_entry all[ITEMS];
	struct rec_answer got;

	for (uint32_t i = 0; i < s->scorer.items.n; i++) {
		bool x1 = draw(3) > 0, x2 = draw(3) > 0, x3 = draw(4) == 0;

		if (x1)
			some[allow.n++] = text(&s->scorer.items, i);
		if (x2)
			other[candidates.n++] = text(&s->scorer.items, i);
		if (x3)
			none[deny.n++] = text(&s->scorer.items, i);
		may[i] = x1 && x2 && !x3;
	}
	none[deny.n++] = (struct rec_text){ "no such item", 12 };
	for (uint32_t u = 0; u < x.row.n; u++) {
		struct rec_ask ask = { .user = text(&x.row, u),
				       .n = ITEMS,
				       .stored = &s->stored,
				       .keep_seen = u % 2 };
		uint32_t n = 0;

		MUST(rec_answer_list(a, &ask, &got, &err), &err);
		for (uint32_t i = 0; i < got.n; i++)
			if (may[got.entry[i].item])
				all[n++] = got.entry[i];
		ask.allow = &allow;
		ask.candidates = &candidates;
		ask.deny = &deny;
		MUST(rec_answer_list(a, &ask, &got, &err), &err);
		CHECK(got.n == n && memcmp(all, got.entry, n * sizeof *all) == 0, "%s: user %u",
		      s->name, (unsigned)u);
	}
}

/* Scores are those of lists; reasons add up. */
static void test_scores(const struct scene *s, struct rec_answerer *a)
{
	struct rec_score_opts o = { .cold = REC_COLD_PAIR_FAIL };
	struct rec_answer_entry all[ITEMS];
	struct rec_reason reason[ITEMS];
	struct rec_answer got;

	for (uint32_t u = 0; u < x.row.n; u++) {
		struct rec_ask ask = {
			.user = text(&x.row, u), .n = ITEMS, .stored = &s->stored, .keep_seen = true
		};

		MUST(rec_answer_list(a, &ask, &got, &err), &err);
		memcpy(all, got.entry, got.n * sizeof *all);
		MUST(rec_answer_begin(a, &ask, NULL, &err), &err);
		for (uint32_t i = 0; i < got.n; i++) {
			struct rec_text item = text(&s->scorer.items, all[i].item);
			struct rec_answer_score one;
			uint32_t n;
			double sum = 0;

			MUST(rec_answer_score(a, &item, &o, &one, &err), &err);
			CHECK(one.score == all[i].score, "%s", s->name);
			MUST(rec_answer_reasons(a, all[i].item, ITEMS, reason, &n, &err), &err);
			for (uint32_t k = 0; k < n; k++) {
				sum += reason[k].share;
				CHECK(k == 0 || reason[k].share <= reason[k - 1].share, "order");
			}
			CHECK(n == 0 || fabs(sum - 1) < 1e-9 * (1 + fabs(reason[0].share)),
			      "%s: shares add up to %g", s->name, sum);
			CHECK(n > 0 || strcmp(s->name, "offset") == 0 ||
				      strcmp(s->name, "dense") == 0,
			      "%s: no reason", s->name);
		}
	}
}

/* Many at once are those one by one, up to the first that fails. */
static void test_many_scores(const struct scene *s, struct rec_answerer *a)
{
	struct rec_score_opts o = { .cold = REC_COLD_PAIR_MEAN };
	struct rec_ask ask = { .user = text(&x.row, 1), .n = 1, .stored = &s->stored };
	struct rec_text item[3 * ITEMS];
	struct rec_answer_score many[3 * ITEMS], one;
	uint32_t n = 0, done;
	struct rec_err e = { 0 };

	for (uint32_t i = 0; i < 3 * s->scorer.items.n; i++)
		item[n++] = i % 7 == 6 ? (struct rec_text){ "no such item", 12 } :
					 text(&s->scorer.items, i % s->scorer.items.n);
	MUST(rec_answer_begin(a, &ask, NULL, &err), &err);
	MUST(rec_answer_scores(a, item, n, &o, many, &done, &err), &err);
	CHECK(done == n, "%s: %u scores", s->name, (unsigned)done);
	for (uint32_t i = 0; i < n; i++) {
		MUST(rec_answer_score(a, &item[i], &o, &one, &err), &err);
		CHECK(one.score == many[i].score && one.cold == many[i].cold &&
			      one.known == many[i].known,
		      "%s: score %u", s->name, (unsigned)i);
	}
	o.cold = REC_COLD_PAIR_FAIL;
	for (n = 0; n < 3 * s->scorer.items.n && !many[n].cold;)
		n++;
	CHECK(rec_answer_scores(a, item, 3 * s->scorer.items.n, &o, many, &done, &e) == -1 &&
		      done == n && e.code == REC_EDATA,
	      "%s: item %u failed, not %u: %s", s->name, (unsigned)done, (unsigned)n, e.msg);
}

static void test_refusals(const struct scene *s, struct rec_answerer *a)
{
	struct rec_ask_pair twice[2] = { { text(&x.col, 3), 1, NAN }, { text(&x.col, 3), 2, NAN } };
	struct rec_ask ask = { .npairs = 2, .pair = twice, .repeats = REC_REPEATS_LAST, .n = 2 };
	struct rec_text item = text(&x.col, 1);
	struct rec_answer_score one;
	struct rec_answer got;
	struct rec_err e = { 0 };

	CHECK(rec_answer_list(a, &ask, &got, &e) == -1 && e.code == REC_EDATA, "%s", e.msg);
	e = (struct rec_err){ 0 };
	CHECK(rec_answer_score(a, &item, &(struct rec_score_opts){ 0 }, &one, &e) == -1 &&
		      e.code == REC_EUSAGE,
	      "%s", e.msg);
	twice[0].time = 1;
	twice[1].time = 2;
	e = (struct rec_err){ 0 };
	CHECK(rec_answer_list(a, &ask, &got, &e) == 0 && got.npairs == 1, "%s: %s", s->name, e.msg);
}

/* All scenes one after the other, on one thread. */
static void *ask_all(void *arg)
{
	struct scene *s = arg;
	struct rec_answerer *a;
	struct rec_err e = { 0 };

	MUST(rec_answerer_new(&a, s->topn, &e), &e);
	test_lists(s, a);
	test_together(s, a);
	test_limits(s, a);
	test_scores(s, a);
	test_many_scores(s, a);
	test_refusals(s, a);
	rec_answerer_free(a);
	return NULL;
}

/* More threads than one ask the same scene: only answers are compared. */
static void *ask_some(void *arg)
{
	struct scene *s = arg;
	struct rec_answerer *a;
	struct rec_err e = { 0 };
	struct rec_topn_opts o = { .n = TOP };
	struct rec_lists l;

	all_lists(&l, s, &o);
	MUST(rec_answerer_new(&a, s->topn, &e), &e);
	for (uint32_t u = 0; u < x.row.n; u++) {
		struct rec_ask ask = { .user = text(&x.row, u), .n = TOP, .stored = &s->stored };
		struct rec_answer got;

		MUST(rec_answer_list(a, &ask, &got, &e), &e);
		CHECK(same_list(&l, u, &got), "%s: user %u on a thread", s->name, (unsigned)u);
	}
	rec_answerer_free(a);
	rec_lists_free(&l);
	return NULL;
}

static void test_threads(struct scene *s)
{
	pthread_t thread[4];

	for (int i = 0; i < 4; i++)
		if (pthread_create(&thread[i], NULL, ask_some, s) != 0)
			abort();
	for (int i = 0; i < 4; i++)
		pthread_join(thread[i], NULL);
}

static void test_similar(size_t model)
{
	struct scene s = { 0 };
	struct rec_sparse rows = x;
	uint64_t *empty = calloc((size_t)x.col.n + 1, sizeof *empty);
	struct rec_answerer *a;

	/* the rows that are asked are items */
	open_scene(&s, model, 1, true);
	rec_pairs_free(&s.stored);
	x.row = x.col;
	x.m = (struct rec_csr){ .ptr = empty };
	MUST(rec_pairs_new(&s.stored, &x, &s.scorer.items, true, NULL, &err), &err);
	MUST(rec_answerer_new(&a, s.topn, &err), &err);
	for (uint32_t i = 0; i < x.row.n; i++) {
		struct rec_ask ask = { .user = text(&x.row, i), .n = 3 };
		struct rec_topn_opts o = { .n = 3 };
		struct rec_answer got;
		struct rec_lists l;

		MUST(rec_answer_list(a, &ask, &got, &err), &err);
		all_lists(&l, &s, &o);
		CHECK(same_list(&l, i, &got), "similar to item %u", (unsigned)i);
		rec_lists_free(&l);
	}
	free(empty);
	rec_answerer_free(a);
	x = rows;
	close_scene(&s);
}

static void test_scene(size_t from, size_t n)
{
	struct scene s = { 0 };

	open_scene(&s, from, n, false);
	ask_all(&s);
	test_threads(&s);
	close_scene(&s);
}

int main(void)
{
	make_data();
	for (const char *const *isa = rec_kernel_names(); *isa; isa++) {
		MUST(rec_kernel_pick(&run.kernel, *isa, &err), &err);
		make_models();
		make_dense();
		for (size_t m = 0; m < 5; m++)
			test_scene(m, 1);
		test_scene(0, 2);
		test_scene(1, 2);
		test_similar(0);
		for (size_t m = 0; m < 5; m++) {
			rec_model_free(&models[m]);
			models[m] = (struct rec_model){ 0 };
		}
	}
	rec_sparse_free(&x);
	return finished("answer");
}
