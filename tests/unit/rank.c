/* SPDX-License-Identifier: MIT */
/*
 * base/best.c - best of many, scorer and lists against brute force in double on
 * small random models whose numbers are multiples of 1/4: sums are exact then,
 * so scores must be equal and ties are many. Every instruction set of this
 * machine.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/math.h"
#include "base/random.h"
#include "check.h"
#include "model/transform.h"
#include "score/scale.h"
#include "topn/topn.h"

enum { USERS = 40, ITEMS = 150, MOST = 2000 };

static uint64_t draws;

static uint32_t draw(uint32_t n)
{
	return (uint32_t)rec_below(rec_random(42, draws++), n);
}

static float quarter(void)
{
	return ((float)draw(9) - 4) / 4;
}

/* c000, c001, ... every step-th number */
static struct rec_labels make_labels(char c, uint32_t n, uint32_t step)
{
	uint64_t *off = malloc((n + 1) * sizeof *off);
	char *bytes = malloc((size_t)n * 4 + 8);
	struct rec_labels l = {
		.n = n, .off = off, .bytes = bytes, .own_off = off, .own_bytes = bytes
	};

	for (uint32_t i = 0; i <= n; i++)
		off[i] = 4 * (uint64_t)i;
	for (uint32_t i = 0; i < n; i++)
		snprintf(bytes + 4 * (size_t)i, 8, "%c%03u", c, i * step % 1000);
	return l;
}

static struct rec_labels borrow(const struct rec_labels *l)
{
	return (struct rec_labels){ .n = l->n, .off = l->off, .bytes = l->bytes };
}

static void test_best(void)
{
	static struct rec_best all[MOST], kept[MOST];

	for (unsigned round = 0; round < 200; round++) {
		uint32_t n = 1 + draw(MOST - 1), cap = 1 + draw(40), same = 0;
		struct rec_top t = { .entry = kept, .cap = cap, .room = rec_top_room(cap, MOST) };

		for (uint32_t i = 0; i < n; i++)
			all[i] = (struct rec_best){ i, (float)draw(1 + n / 4) };
		for (uint32_t i = 0; i < n; i++)
			rec_top_push(&t, i, all[i].score);
		rec_top_sort(&t);
		CHECK(t.n == (cap < n ? cap : n), "%u kept", t.n);
		/* entry i must have exactly i entries before it */
		for (uint32_t i = 0; i < t.n; i++) {
			uint32_t before = 0;

			for (uint32_t j = 0; j < n; j++)
				before += rec_best_before(all[j], kept[i]);
			same += before == i;
		}
		CHECK(same == t.n, "%u of %u in place", same, t.n);
	}
}

/* Orders that a sort by pivots may be slow at. */
static void test_sort(void)
{
	enum { N = 20000 };
	static struct rec_best entry[N];

	for (unsigned order = 0; order < 6; order++) {
		struct rec_top t = { .entry = entry, .cap = N, .room = N };
		uint32_t bad = 0;

		for (uint32_t i = 0; i < N; i++) {
			float up = (float)i, saw = (float)(i % 100);
			float pipe = (float)(i < N / 2 ? i : N - i);
			float score[6] = { up, -up, saw, pipe, -pipe, 1 };

			rec_top_push(&t, i, score[order]);
		}
		rec_top_sort(&t);
		for (uint32_t i = 1; i < N; i++)
			bad += !rec_best_before(entry[i - 1], entry[i]);
		CHECK(t.n == N && bad == 0, "order %u: %u of %u out of place", order, bad, t.n);
	}
}

/* A world: histories of users, and item models over it. */
struct world {
	struct rec_labels users, items;
	unsigned char holds[USERS][ITEMS];
	float value[USERS][ITEMS];
	struct rec_model factors, sparse, dense, offset;
	float s[ITEMS][ITEMS];
	unsigned char path[ITEMS][ITEMS];
};

static struct world w;

static void make_factors(uint32_t k)
{
	float *u = malloc(USERS * k * sizeof *u), *v = malloc(ITEMS * k * sizeof *v);
	struct rec_err e = { 0 };

	w.factors = (struct rec_model){ .has_factors = true };
	for (uint32_t i = 0; i < USERS * k; i++)
		u[i] = quarter();
	for (uint32_t i = 0; i < ITEMS * k; i++)
		v[i] = quarter();
	w.factors.user =
		(struct rec_dense){ .row = borrow(&w.users), .ncols = k, .val = u, .own = u };
	w.factors.item =
		(struct rec_dense){ .row = borrow(&w.items), .ncols = k, .val = v, .own = v };
	if (rec_meta_set_f64(&w.factors.meta, "mean", 3.25, &e))
		abort();
}

static void make_similarity(void)
{
	struct rec_err e = { 0 };
	float *d = malloc(sizeof w.s), *o = malloc(ITEMS * sizeof *o);
	uint64_t n = 0, *ptr;
	uint32_t *col;
	float *val;

	for (uint32_t i = 0; i < ITEMS; i++)
		for (uint32_t j = 0; j < ITEMS; j++) {
			w.path[i][j] = draw(12) == 0;
			w.s[i][j] = w.path[i][j] ? quarter() : 0;
			n += w.path[i][j];
		}
	memcpy(d, w.s, sizeof w.s);
	w.sparse = (struct rec_model){ .has_similarity = true,
				       .row = borrow(&w.items),
				       .col = borrow(&w.items) };
	w.dense = (struct rec_model){ .has_similarity = true,
				      .dense = true,
				      .row = borrow(&w.items),
				      .col = borrow(&w.items) };
	w.dense.sim_dense = (struct rec_dense){
		.row = borrow(&w.items), .col = borrow(&w.items), .ncols = ITEMS, .val = d, .own = d
	};
	if (rec_csr_new(&w.sparse.sim, ITEMS, ITEMS, n, 0, &e))
		abort();
	ptr = w.sparse.sim.own[0];
	col = w.sparse.sim.own[1];
	val = w.sparse.sim.own[2];
	for (uint32_t i = ptr[0] = 0, t = 0; i < ITEMS; ptr[++i] = t)
		for (uint32_t j = 0; j < ITEMS; j++)
			if (w.path[i][j]) {
				col[t] = j;
				val[t++] = w.s[i][j];
			}
	w.offset = (struct rec_model){ .has_offset = true };
	for (uint32_t j = 0; j < ITEMS; j++)
		o[j] = quarter();
	w.offset.offset =
		(struct rec_dense){ .row = borrow(&w.items), .ncols = 1, .val = o, .own = o };
}

static void free_models(void)
{
	rec_meta_free(&w.factors.meta);
	free(w.factors.user.own);
	free(w.factors.item.own);
	rec_csr_free(&w.sparse.sim);
	free(w.dense.sim_dense.own);
	free(w.offset.offset.own);
}

static void make_histories(void)
{
	for (uint32_t u = 0; u < USERS; u++)
		for (uint32_t i = 0; i < ITEMS; i++) {
			w.holds[u][i] = u && draw(20) == 0;	/* user 0 holds nothing */
			w.value[u][i] = w.holds[u][i] ? (float)draw(4) : 0;
		}
}

/* The score of (u, j) under model m in double; false where it has none. */
static bool brute(const struct rec_model *m, uint32_t u, uint32_t j, double *score)
{
	bool path = false;

	*score = 0;
	if (m == &w.factors) {
		for (uint32_t f = 0; f < m->item.ncols; f++) {
			*score += (double)m->user.val[u * m->user.ncols + f] *
				  (double)m->item.val[j * m->item.ncols + f];
			/* a vector of zeros says nothing */
			path = path || m->user.val[u * m->user.ncols + f] != 0;
		}
		*score += 3.25;
		return path;
	}
	if (m == &w.offset) {
		*score = (double)m->offset.val[j];
		return true;
	}
	for (uint32_t i = 0; i < ITEMS; i++)
		if (w.value[u][i] > 0) {
			*score += (double)w.s[i][j];
			path = path || m == &w.dense || w.path[i][j];
		}
	return path;
}

struct want {
	uint32_t item;
	double score;
};

static int by_rank(const void *pa, const void *pb)
{
	const struct want *a = pa, *b = pb;

	if (a->score != b->score)
		return a->score > b->score ? -1 : 1;
	return (a->item > b->item) - (a->item < b->item);
}

struct scene {
	const char *name;
	const struct rec_model *model[2];
	double weight[2];
	bool allow, seen, candidates, keep;
	uint32_t n;
};

static bool deny(uint32_t j)
{
	return j % 7 == 3;
}

static bool seen_elsewhere(uint32_t u, uint32_t j)
{
	return (u + j) % 11 == 0;
}

static bool is_candidate(uint32_t u, uint32_t j)
{
	return (u * 3 + j) % 4 == 0;
}

static uint32_t brute_list(const struct scene *sc, uint32_t u, struct want *list)
{
	uint32_t n = 0;

	for (uint32_t j = 0; j < ITEMS; j++) {
		double sum = 0, x;
		bool any = false;

		for (int m = 0; m < 2 && sc->model[m]; m++)
			if (brute(sc->model[m], u, j, &x)) {
				sum += sc->weight[m] * x;
				any = true;
			}
		if (!any || (sc->allow && deny(j)) || (sc->candidates && !is_candidate(u, j)))
			continue;
		if (!sc->keep && (w.holds[u][j] || (sc->seen && seen_elsewhere(u, j))))
			continue;
		list[n++] = (struct want){ j, sum };
	}
	qsort(list, n, sizeof *list, by_rank);
	return n < sc->n ? n : sc->n;
}

struct asked {
	struct rec_query q[USERS];
	uint32_t item[USERS][ITEMS], seen[USERS][ITEMS], candidate[USERS][ITEMS];
	float value[USERS][ITEMS];
};

static struct asked asked;

static void ask(const struct scene *sc)
{
	for (uint32_t u = 0; u < USERS; u++) {
		struct rec_query *q = &asked.q[u];

		*q = (struct rec_query){ .item = asked.item[u],
					 .value = asked.value[u],
					 .seen = asked.seen[u],
					 .candidate = asked.candidate[u] };
		q->label = rec_label(&w.users, u, &q->label_len);
		q->has_candidates = sc->candidates;
		for (uint32_t j = 0; j < ITEMS; j++) {
			if (w.holds[u][j]) {
				asked.item[u][q->n] = j;
				asked.value[u][q->n++] = w.value[u][j];
			}
			if (sc->seen && seen_elsewhere(u, j))
				asked.seen[u][q->nseen++] = j;
			if (sc->candidates && is_candidate(u, j))
				asked.candidate[u][q->ncandidates++] = j;
		}
	}
}

static void compare(const struct scene *sc, const struct rec_scorer *s, const struct rec_top *list,
		    struct rec_score_scratch *scratch, const char *isa)
{
	struct want want[ITEMS];
	struct rec_err e = { 0 };
	float x;

	for (uint32_t u = 0; u < USERS; u++) {
		uint32_t n = brute_list(sc, u, want), same = 0, pairs = 0;

		CHECK(list[u].n == n, "%s %s: user %u: %u entries, not %u", sc->name, isa, u,
		      list[u].n, n);
		if (rec_scorer_begin(s, scratch, &asked.q[u], &e) < 0)
			abort();
		for (uint32_t i = 0; i < n && i < list[u].n; i++) {
			same += list[u].entry[i].item == want[i].item &&
				(double)list[u].entry[i].score == want[i].score;
			pairs += rec_scorer_pair(s, scratch, want[i].item, &x) &&
				 x == list[u].entry[i].score;
		}
		CHECK(same == n, "%s %s: user %u: %u of %u entries", sc->name, isa, u, same, n);
		CHECK(pairs == n, "%s %s: user %u: %u of %u pairs", sc->name, isa, u, pairs, n);
	}
}

/* Batches of any size give the lists that brute force gives. */
static void play(const struct scene *sc, const struct rec_run *run)
{
	static struct rec_best entry[USERS][ITEMS + 40];
	static unsigned char allowed[ITEMS];
	struct rec_top list[USERS];
	struct rec_scorer s;
	struct rec_scorer_opts so = { .model = sc->model,
				      .nmodels = sc->model[1] ? 2 : 1,
				      .weight = sc->weight };
	struct rec_topn_opts to = { .n = sc->n,
				    .keep_seen = sc->keep,
				    .allowed = sc->allow ? allowed : NULL };
	struct rec_topn_counts counts = { 0 };
	struct rec_topn *t;
	struct rec_topn_scratch *scratch;
	struct rec_score_scratch *pairs;
	struct rec_err e = { 0 };

	for (uint32_t j = 0; j < ITEMS; j++)
		allowed[j] = !deny(j);
	ask(sc);
	if (rec_scorer_new(&s, &so, run, &e) || rec_topn_new(&t, &s, &to, &e) ||
	    rec_topn_scratch_new(&scratch, t, &e) || rec_score_scratch_new(&pairs, &s, &e)) {
		fprintf(stderr, "%s: %s\n", sc->name, e.msg);
		exit(1);
	}
	for (uint32_t u = 0; u < USERS; u++)
		list[u].entry = entry[u];
	for (uint32_t u = 0, n; u < USERS; u += n) {
		n = 1 + draw(17);
		n = u + n > USERS ? USERS - u : n;
		if (rec_topn_answer(t, scratch, asked.q + u, n, list + u, &counts, &e)) {
			fprintf(stderr, "%s: %s\n", sc->name, e.msg);
			exit(1);
		}
	}
	CHECK(counts.rows == USERS, "%s", sc->name);
	compare(sc, &s, list, pairs, run->kernel->isa);
	rec_score_scratch_free(pairs);
	rec_topn_scratch_free(scratch);
	rec_topn_free(t);
	rec_scorer_free(&s);
}

static void test_scenes(const struct rec_run *run)
{
	const struct scene scene[] = {
		{ "factors", { &w.factors }, { 1 }, .n = 10 },
		{ "factors, everything", { &w.factors }, { 1 }, .n = 1000 },
		{ "factors, filters", { &w.factors }, { 1 }, .allow = true, .seen = true, .n = 7 },
		{ "factors, candidates",
		  { &w.factors },
		  { 1 },
		  .seen = true,
		  .candidates = true,
		  .n = 5 },
		{ "factors, keep", { &w.factors }, { 1 }, .keep = true, .n = 1 },
		{ "sparse", { &w.sparse }, { 1 }, .n = 10 },
		{ "sparse, everything", { &w.sparse }, { 1 }, .n = 1000 },
		{ "sparse, filters",
		  { &w.sparse },
		  { 1 },
		  .allow = true,
		  .seen = true,
		  .candidates = true,
		  .n = 9 },
		{ "dense", { &w.dense }, { 1 }, .n = 10 },
		{ "dense, filters", { &w.dense }, { 1 }, .allow = true, .seen = true, .n = 200 },
		{ "dense, candidates", { &w.dense }, { 1 }, .candidates = true, .n = 20 },
		{ "offset", { &w.offset }, { 1 }, .n = 12 },
		{ "blend", { &w.factors, &w.sparse }, { 0.5, 2 }, .n = 15 },
		{ "blend, filters",
		  { &w.sparse, &w.offset },
		  { 1, -0.25 },
		  .allow = true,
		  .seen = true,
		  .candidates = true,
		  .n = 15 },
		{ "blend, dense", { &w.dense, &w.factors }, { 4, 0.25 }, .n = 1000 },
		{ "weight", { &w.dense }, { -1 }, .n = 10 },
	};

	for (size_t i = 0; i < sizeof scene / sizeof *scene; i++)
		play(&scene[i], run);
}

/* rank: 1 for the best, ties share; zscore: mean 0, deviation 1. */
static void test_scale(void)
{
	float rank[] = { 5, 9, 1, 5 }, z[] = { 1, 2, 3, 99 }, flat[] = { 7, 7 };
	const unsigned char hit[] = { 1, 1, 1, 0 };
	struct rec_best scratch[4];

	rec_scale_apply(REC_SCALE_RANK, rank, NULL, 4, scratch);
	CHECK(rank[1] == 1 && rank[0] == 0.625f && rank[3] == 0.625f && rank[2] == 0.25f,
	      "%g %g %g %g", rank[0], rank[1], rank[2], rank[3]);
	rec_scale_apply(REC_SCALE_ZSCORE, z, hit, 4, scratch);
	CHECK(z[1] == 0 && z[0] == -z[2] && fabsf(z[2] - 1.2247449f) < 1e-6f && z[3] == 99,
	      "%g %g %g %g", z[0], z[1], z[2], z[3]);
	rec_scale_apply(REC_SCALE_ZSCORE, flat, NULL, 2, scratch);
	CHECK(flat[0] == 0 && flat[1] == 0, "%g %g", flat[0], flat[1]);
}

static void test_transform(void)
{
	struct rec_transform t = { REC_TRANSFORM_NONE, 2, 4, 0.5 };

	CHECK(rec_transform_weight(&t, 3) == 1 && rec_transform_weight(&t, 0) == 0 &&
		      rec_transform_weight(&t, -2) == 0,
	      "none");
	t.kind = REC_TRANSFORM_LINEAR;
	CHECK(rec_transform_weight(&t, 3) == 12 && rec_transform_weight(&t, -1) == -4, "linear");
	t.kind = REC_TRANSFORM_LOG;
	CHECK(fabs((double)rec_transform_weight(&t, 8) - 4 * rec_log(3)) < 1e-6 &&
		      rec_transform_weight(&t, -1) == 0,
	      "log");
}

static void test_gather(void)
{
	struct rec_gather g = { 0 };
	struct rec_err e = { 0 };

	if (rec_gather_add(&g, 7, 2, NAN, &e) || rec_gather_add(&g, 3, 1, 50, &e) ||
	    rec_gather_add(&g, 3, 4, 20, &e))
		abort();
	CHECK(rec_gather_end(&g, REC_REPEATS_SUM, &e) == 0 && g.nitems == 2 && g.item[0] == 3 &&
		      g.value[0] == 5 && g.item[1] == 7,
	      "sum");
	if (rec_gather_add(&g, 3, 1, 50, &e) || rec_gather_add(&g, 3, 4, 20, &e))
		abort();
	CHECK(rec_gather_end(&g, REC_REPEATS_LAST, &e) == 0 && g.nitems == 1 && g.value[0] == 1,
	      "last");
	if (rec_gather_add(&g, 3, 1, NAN, &e) || rec_gather_add(&g, 3, 4, 20, &e))
		abort();
	CHECK(rec_gather_end(&g, REC_REPEATS_LAST, &e) == -1 && e.code == REC_EDATA,
	      "last without time");
	rec_gather_free(&g);
}

int main(void)
{
	static const uint32_t rank[] = { 1, 5, 16, 33, 64 };
	const char *const *isa;
	struct rec_run run = { 0 };
	struct rec_err e = { 0 };

	test_best();
	test_sort();
	test_scale();
	test_transform();
	test_gather();
	w.users = make_labels('u', USERS, 1);
	w.items = make_labels('i', ITEMS, 3);
	make_histories();
	for (isa = rec_kernel_names(); *isa; isa++) {
		if (rec_kernel_pick(&run.kernel, *isa, &e)) {
			fprintf(stderr, "%s\n", e.msg);
			return 1;
		}
		for (size_t i = 0; i < sizeof rank / sizeof *rank; i++) {
			make_factors(rank[i]);
			make_similarity();
			test_scenes(&run);
			free_models();
		}
	}
	rec_labels_free(&w.users);
	rec_labels_free(&w.items);
	return finished("rank");
}
