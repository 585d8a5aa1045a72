/* SPDX-License-Identifier: MIT */
/*
 * sim - item models against their definitions (tests/oracle/sim.h), the
 * identities between them, selection and normalisation against a sort of all
 * weights, and the promises: no influence of threads and parts.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../oracle/sim.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/random.h"
#include "blas/spd.h"
#include "check.h"
#include "recpipe/matrix.h"
#include "sim/cost.h"
#include "sim/factors.h"
#include "sim/methods.h"
#include "sim/sim.h"

static struct rec_run run;

/* Labels x00 .. x63 that need no memory of their own. */
static char label_bytes[2][SIM_MAX * 3];
static uint64_t label_off[SIM_MAX + 1];

static struct rec_labels labels(int side, int n)
{
	for (int i = 0; i < SIM_MAX; i++) {
		char *p = label_bytes[side] + 3 * i;

		p[0] = side ? 'i' : 'u';
		p[1] = (char)('0' + i / 10);
		p[2] = (char)('0' + i % 10);
		label_off[i + 1] = 3 * (uint64_t)(i + 1);
	}
	return (struct rec_labels){ .n = (uint32_t)n,
				    .off = label_off,
				    .bytes = label_bytes[side] };
}

enum values { ONES, POSITIVE, MIXED };

/*
 * Random interactions: about a third of the pairs, popular items more; every
 * user and item has one at least.
 */
static void make_data(struct rec_sparse *x, struct sim_oracle *o, int users, int items,
		      enum values kind, uint64_t seed)
{
	static struct rec_cell cell[SIM_MAX * SIM_MAX];
	struct rec_labels row = labels(0, users), col = labels(1, items);
	uint64_t n = 0;
	struct rec_err e = { 0 };

	*o = (struct sim_oracle){
		.users = users, .items = items, .power = 1, .asymmetry = 0.5, .reg = 10
	};
	for (int u = 0; u < users; u++)
		for (int i = 0; i < items; i++) {
			uint64_t r = rec_random(seed, (uint64_t)(u * SIM_MAX + i));
			float v = kind == ONES	   ? 1 :
				  kind == POSITIVE ? (float)(1 + r % 9) / 2 :
						     (float)(r % 9) - 4;

			if (rec_unit(rec_mix(r)) > 0.6 / (1 + 0.1 * i) && u != i % users &&
			    i != u % items)
				continue;
			cell[n++] = (struct rec_cell){ (uint32_t)u, (uint32_t)i, v, NAN };
			o->held[u][i] = true;
			o->v[u][i] = v;
		}
	MUST(rec_sparse_build(x, &(struct rec_cell_array){ &row, &col, cell, n }, REC_REPEATS_FAIL,
			      false, NULL, &e),
	     &e);
	if ((int)x->row.n != users || (int)x->col.n != items) {
		printf("make_data: a label without cells\n");
		exit(1);
	}
}

static struct rec_sim_opts defaults(const char *method)
{
	struct rec_sim_opts s;

	rec_sim_defaults(&s, rec_sim_method(method));
	s.neighbours = 0;
	s.reg = 10;
	return s;
}

static int number(const struct rec_labels *l, uint32_t i)
{
	const char *p = l->bytes + l->off[i];

	return 10 * (p[1] - '0') + p[2] - '0';
}

/* A model's weights by the numbers in its labels. */
static void unpack(float s[SIM_MAX][SIM_MAX], const struct rec_model *m)
{
	bool ascend = true;

	memset(s, 0, sizeof(float) * SIM_MAX * SIM_MAX);
	for (uint32_t i = 0; i < m->row.n; i++)
		for (uint64_t c = m->dense ? 0 : m->sim.ptr[i];
		     c < (m->dense ? m->col.n : m->sim.ptr[i + 1]); c++) {
			uint32_t j = m->dense ? (uint32_t)c : m->sim.col[c];

			s[number(&m->row, i)][number(&m->col, j)] =
				m->dense ? m->sim_dense.val[(uint64_t)i * m->col.n + j] :
					   m->sim.val[c];
			ascend &= m->dense || c == m->sim.ptr[i] ||
				  m->sim.col[c] > m->sim.col[c - 1];
		}
	CHECK(ascend, "columns do not ascend");
}

static void train(float s[SIM_MAX][SIM_MAX], const struct rec_sparse *x,
		  const struct rec_sim_opts *o)
{
	struct rec_err e = { 0 };
	struct rec_model m;
	uint64_t thinned;

	MUST(rec_sim_train(&m, x, o, &run, &thinned, &e), &e);
	unpack(s, &m);
	rec_model_free(&m);
}

static double distance(float a[SIM_MAX][SIM_MAX], double b[SIM_MAX][SIM_MAX], int n, double scale)
{
	double worst = 0;

	for (int i = 0; i < n; i++)
		for (int j = 0; j < n; j++)
			worst = fmax(worst, fabs((double)a[i][j] * scale - b[i][j]) /
						    (1e-3 + fabs(b[i][j])));
	return worst;
}

static const char *const by_pairs[] = { "cosine",  "jaccard",	      "dice",	    "overlap",
					"count",   "conditional",     "lift",	    "llr",
					"pearson", "adjusted-cosine", "asymmetric", "dot",
					"linear",  "p3alpha",	      "rp3beta",    NULL };

static bool in(const char *name, const char *list)
{
	const char *p = strstr(list, name);

	return p && (p == list || p[-1] == ' ') &&
	       (p[strlen(name)] == ' ' || p[strlen(name)] == '\0');
}

/*
 * Every method against its formula, with and without shrinkage, and with other
 * parameters.
 */
static void test_formulas(void)
{
	static struct sim_oracle o;
	static float s[SIM_MAX][SIM_MAX];

	for (int kind = ONES; kind <= MIXED; kind++)
		for (size_t k = 0; by_pairs[k]; k++)
			for (int variant = 0; variant < 2; variant++) {
				bool values = in(by_pairs[k], "pearson adjusted-cosine dot");
				struct rec_sim_opts t = defaults(by_pairs[k]);
				struct rec_sparse x;

				make_data(&x, &o, 40, 23, kind, 5);
				if (variant) {
					t.shrink = o.shrink =
						rec_sim_takes(t.method, REC_SIM_SHRINK) ? 2.5 : 0;
					t.asymmetry = o.asymmetry = 0.3;
					t.exponents[0] = 1.1, t.exponents[1] = 0.75,
					t.exponents[2] = 0.15;
					t.power = o.power = 0.7;
					t.walk[0] = 0.8, t.walk[1] = 0.4;
				}
				o.c = t.exponents[0], o.a = t.exponents[1], o.b = t.exponents[2];
				o.walk_a = t.walk[0], o.walk_b = t.walk[1];
				for (int u = 0; u < o.users; u++)
					for (int i = 0; i < o.items; i++)
						o.held[u][i] &= values || o.v[u][i] > 0;
				oracle_weigh(&o, in(by_pairs[k], "dot") ? "value" : "none", 1, 1, 1,
					     1);
				oracle_similarity(&o, by_pairs[k]);
				train(s, &x, &t);
				CHECK(distance(s, o.s, o.items, 1) < 2e-6,
				      "%s, values %d, variant %d: off by %g", by_pairs[k], kind,
				      variant, distance(s, o.s, o.items, 1));
				rec_sparse_free(&x);
			}
}

static void test_weights(void)
{
	static const char *const kinds[] = { "none", "linear", "log", "tfidf", "bm25" },
				 *const methods[] = { "cosine", "asymmetric", "dot",
						      "linear", "p3alpha",    "rp3beta" };
	static struct sim_oracle o;
	static float s[SIM_MAX][SIM_MAX];
	struct rec_sparse x;

	make_data(&x, &o, 40, 23, POSITIVE, 7);
	for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
		for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
			struct rec_sim_opts t = defaults(methods[i]);

			t.weights = (struct rec_weighting){
				(enum rec_weighting_kind)k, 2, 0.5, { 1.5, 0.6 }, 0, NULL
			};
			o.c = t.exponents[0], o.a = t.exponents[1], o.b = t.exponents[2];
			t.walk[0] = o.walk_a = 0.9;
			o.walk_b = t.walk[1];
			oracle_weigh(&o, kinds[k], 2, 0.5, 1.5, 0.6);
			oracle_similarity(&o, methods[i]);
			train(s, &x, &t);
			CHECK(distance(s, o.s, o.items, 1) < 3e-6, "%s of %s: off by %g",
			      methods[i], kinds[k], distance(s, o.s, o.items, 1));
		}
	rec_sparse_free(&x);
}

/* What DEFINITIONS of the models promise of each other, on 0/1 data. */
static void test_identities(void)
{
	static const struct {
		const char *method;
		double c, a, b, scale, walk_a, walk_b;
	} same[] = {
		{ "cosine", 0, 0.5, 0.5, 1, 1, 0 },    { "asymmetric", 0, 0.3, 0.7, 1, 1, 0 },
		{ "conditional", 0, 1, 0, 1, 1, 0 },   { "lift", 0, 1, 1, 1.0 / 40, 1, 0 },
		{ "count", 0, 0, 0, 1, 1, 0 },	       { "dot", 0, 0, 0, 1, 1, 0 },
		{ "p3alpha", 0.8, 0.8, 0, 1, 0.8, 0 }, { "rp3beta", 0.8, 0.8, 0.4, 1, 0.8, 0.4 },
		{ "cosine", 0, 0.5, 0.5, 1, 1, 0 },
	};
	static struct sim_oracle o;
	static float s[SIM_MAX][SIM_MAX], l[SIM_MAX][SIM_MAX];
	static double want[SIM_MAX][SIM_MAX];
	struct rec_sparse x;

	make_data(&x, &o, 40, 23, ONES, 9);
	for (size_t k = 0; k < sizeof same / sizeof *same; k++) {
		struct rec_sim_opts t = defaults(same[k].method), u = defaults("linear");

		t.asymmetry = 0.3;
		t.walk[0] = same[k].walk_a, t.walk[1] = same[k].walk_b;
		u.exponents[0] = same[k].c, u.exponents[1] = same[k].a, u.exponents[2] = same[k].b;
		train(s, &x, &t);
		train(l, &x, &u);
		for (int i = 0; i < o.items; i++)
			for (int j = 0; j < o.items; j++)
				want[i][j] = (double)l[i][j];
		CHECK(distance(s, want, o.items, same[k].scale) < 5e-7,
		      "%s is not linear(%g,%g,%g)", same[k].method, same[k].c, same[k].a,
		      same[k].b);
	}
	rec_sparse_free(&x);
}

static int user_pairs(const struct sim_oracle *o, int i, int j)
{
	int n = 0;

	for (int u = 0; u < o->users; u++)
		n += o->held[u][i] && o->held[u][j];
	return n;
}

/*
 * Is i among the n largest |weights| of its line, ties to the smaller number?
 * line(i) is at(i, j) for candidate j, at(j, i) for history item j.
 */
static bool among(float s[SIM_MAX][SIM_MAX], int items, int i, int j, bool rows, int n)
{
	int before = 0;

	for (int k = 0; k < items; k++) {
		float w = fabsf(rows ? s[i][k] : s[k][j]), mine = fabsf(s[i][j]);

		before += w > mine || (w == mine && w > 0 && k < (rows ? j : i));
	}
	return before < n;
}

static void test_selection(void)
{
	static struct sim_oracle o;
	static float all[SIM_MAX][SIM_MAX], s[SIM_MAX][SIM_MAX];
	static const char *const methods[] = { "cosine", "adjusted-cosine", "count", "linear",
					       "jaccard" };
	struct rec_sparse x;

	make_data(&x, &o, 50, 60, POSITIVE, 11);
	for (size_t k = 0; k < sizeof methods / sizeof *methods; k++)
		for (int variant = 0; variant < 16; variant++) {
			struct rec_sim_opts t = defaults(methods[k]);
			unsigned wrong = 0;

			train(all, &x, &t);
			t.neighbours = variant & 4 ? 30 : 3;
			t.keep_history = variant & 1;
			t.min_support = variant & 2 ? 4 : 1;
			t.min_sim = variant & 8 ? 0.2 : 0;
			for (int i = 0; i < o.items; i++)
				for (int j = 0; j < o.items; j++)
					if (user_pairs(&o, i, j) < (int)t.min_support ||
					    fabsf(all[i][j]) < (float)t.min_sim)
						all[i][j] = 0;
			train(s, &x, &t);
			for (int i = 0; i < o.items; i++)
				for (int j = 0; j < o.items; j++)
					wrong += s[i][j] !=
						 (all[i][j] != 0 && among(all, o.items, i, j,
									  t.keep_history,
									  (int)t.neighbours) ?
							  all[i][j] :
							  0);
			CHECK(wrong == 0, "%s, variant %d: %u wrong cells", methods[k], variant,
			      wrong);
		}
	rec_sparse_free(&x);
}

static void test_normalize(void)
{
	static struct sim_oracle o;
	static float plain[SIM_MAX][SIM_MAX], s[SIM_MAX][SIM_MAX];
	struct rec_sparse x;

	make_data(&x, &o, 50, 60, POSITIVE, 13);
	for (int variant = 0; variant < 12; variant++) {
		struct rec_sim_opts t = defaults(variant & 1 ? "adjusted-cosine" : "cosine");
		double worst = 0;

		t.neighbours = variant & 2 ? 5 : 0;
		t.keep_history = variant >= 8;
		train(plain, &x, &t);
		t.normalize = variant & 4 ? REC_SIM_NORMALIZE_L2 : REC_SIM_NORMALIZE_L1;
		train(s, &x, &t);
		for (int i = 0; i < o.items; i++)
			for (int j = 0; j < o.items; j++) {
				double sum = 0;

				for (int k = 0; k < o.items; k++) {
					double w = (double)(t.keep_history ? plain[i][k] :
									     plain[k][j]);

					sum += variant & 4 ? w * w : fabs(w);
				}
				sum = variant & 4 ? sqrt(sum) : sum;
				worst = fmax(worst,
					     fabs((double)s[i][j] -
						  (sum > 0 ? (double)plain[i][j] / sum : 0)));
			}
		CHECK(worst < 1e-7, "variant %d: off by %g", variant, worst);
	}
	rec_sparse_free(&x);
}

static bool same_model(const struct rec_model *a, const struct rec_model *b)
{
	return a->sim.nrows == b->sim.nrows && a->sim.nnz == b->sim.nnz &&
	       memcmp(a->sim.ptr, b->sim.ptr, (a->sim.nrows + 1) * sizeof *a->sim.ptr) == 0 &&
	       memcmp(a->sim.col, b->sim.col, a->sim.nnz * sizeof *a->sim.col) == 0 &&
	       memcmp(a->sim.val, b->sim.val, a->sim.nnz * sizeof *a->sim.val) == 0;
}

/* Data of more than a part: 700 items. */
static void make_wide(struct rec_sparse *x)
{
	enum { USERS = 300, ITEMS = 700, EACH = 20 };
	static char bytes[2][ITEMS * 4];
	static uint64_t off[ITEMS + 1];
	static struct rec_cell cell[USERS * EACH + ITEMS];
	struct rec_labels row = { .n = USERS, .off = off, .bytes = bytes[0] },
			  col = { .n = ITEMS, .off = off, .bytes = bytes[1] };
	struct rec_err e = { 0 };
	uint64_t n = 0;

	for (int i = 0; i < ITEMS; i++) {
		for (int side = 0; side < 2; side++) {
			bytes[side][4 * i] = side ? 'i' : 'u';
			bytes[side][4 * i + 1] = (char)('0' + i / 100);
			bytes[side][4 * i + 2] = (char)('0' + i / 10 % 10);
			bytes[side][4 * i + 3] = (char)('0' + i % 10);
		}
		off[i + 1] = 4 * (uint64_t)(i + 1);
		cell[n++] = (struct rec_cell){ (uint32_t)i % USERS, (uint32_t)i, 1, NAN };
	}
	for (uint32_t u = 0; u < USERS; u++)
		for (uint32_t k = 0; k < EACH; k++) {
			uint32_t i = (uint32_t)(ITEMS * pow(rec_unit(rec_random(u, k)), 2));

			cell[n++] = (struct rec_cell){ u, i, (float)(1 + k % 5), NAN };
		}
	MUST(rec_sparse_build(x, &(struct rec_cell_array){ &row, &col, cell, n }, REC_REPEATS_SUM,
			      false, NULL, &e),
	     &e);
}

static void test_threads_and_parts(void)
{
	static const char *const methods[] = { "cosine", "linear", "pearson", "llr" };
	struct rec_pool *one = NULL, *three = NULL;
	struct rec_err e = { 0 };
	struct rec_sparse x;
	uint64_t thinned;

	make_wide(&x);
	MUST(rec_pool_new(&one, 1, &e), &e);
	MUST(rec_pool_new(&three, 3, &e), &e);
	for (size_t k = 0; k < 4; k++)
		for (int variant = 0; variant < 8; variant++) {
			struct rec_sim_opts t = defaults(methods[k]);
			struct rec_run r = run;
			struct rec_model a, b;
			uint32_t rows = 0;
			uint64_t cells = 0;

			t.neighbours = variant & 1 ? 7 : 0;
			t.keep_history = variant & 2;
			t.normalize = variant & 4 ? REC_SIM_NORMALIZE_L1 : REC_SIM_NORMALIZE_NONE;
			t.center = variant & 4;
			r.pool = one;
			MUST(rec_sim_train(&a, &x, &t, &r, &thinned, &e), &e);
			r.pool = three;
			MUST(rec_sim_train(&b, &x, &t, &r, &thinned, &e), &e);
			CHECK(same_model(&a, &b), "%s, variant %d: threads change the result",
			      methods[k], variant);
			rec_model_free(&b);
			for (t.part = 1, t.parts = 3; t.part <= t.parts; t.part++) {
				bool same = true;

				MUST(rec_sim_train(&b, &x, &t, &r, &thinned, &e), &e);
				for (uint64_t c = 0; c < b.sim.nnz; c++) {
					size_t n, n2;
					const char *p = rec_label(&b.col, b.sim.col[c], &n),
						   *q = rec_label(&a.col, a.sim.col[cells + c],
								  &n2);

					same &= b.sim.val[c] == a.sim.val[cells + c] &&
						memcmp(p, q, 4) == 0;
				}
				CHECK(same, "%s, variant %d, part %u differs from the whole",
				      methods[k], variant, t.part);
				rows += b.sim.nrows;
				cells += b.sim.nnz;
				rec_model_free(&b);
			}
			CHECK(rows == a.sim.nrows && cells == a.sim.nnz,
			      "%s, variant %d: parts hold %u rows of %u", methods[k], variant, rows,
			      a.sim.nrows);
			rec_model_free(&a);
		}
	rec_sparse_free(&x);
	rec_pool_free(one);
	rec_pool_free(three);
}

static void test_center_and_popular(void)
{
	static struct sim_oracle o;
	static float s[SIM_MAX][SIM_MAX];
	struct rec_sim_opts t = defaults("cosine"), p = defaults("popular");
	struct rec_err e = { 0 };
	struct rec_sparse x;
	struct rec_model m;
	uint64_t thinned;
	double worst = 0;

	make_data(&x, &o, 50, 60, POSITIVE, 17);
	t.center = true;
	t.neighbours = 5;
	MUST(rec_sim_train(&m, &x, &t, &run, &thinned, &e), &e);
	unpack(s, &m);
	CHECK(m.has_offset && m.offset.row.n == 60 && m.offset.ncols == 1,
	      "no offset of all items");
	for (int j = 0; j < o.items; j++) {
		double want = oracle_count(&o, j) / o.users;

		for (int i = 0; i < o.items; i++)
			want -= (double)s[i][j] * oracle_count(&o, i) / o.users;
		worst = fmax(worst, fabs((double)m.offset.val[j] - want));
	}
	CHECK(worst < 1e-7, "offset off by %g", worst);
	rec_model_free(&m);
	MUST(rec_sim_train(&m, &x, &p, &run, &thinned, &e), &e);
	CHECK(m.has_offset && !m.has_similarity, "popular is an offset alone");
	for (int j = 0; j < o.items; j++)
		CHECK((double)m.offset.val[j] == oracle_count(&o, j), "popular: item %d", j);
	rec_model_free(&m);
	rec_sparse_free(&x);
}

/* --side user is the item model of the transposed data. */
static void test_side(void)
{
	static struct sim_oracle o, turned;
	static float s[SIM_MAX][SIM_MAX];
	struct rec_sim_opts t = defaults("cosine");
	struct rec_sparse x;

	make_data(&x, &o, 40, 23, ONES, 19);
	turned = (struct sim_oracle){ .users = o.items, .items = o.users };
	for (int u = 0; u < o.users; u++)
		for (int i = 0; i < o.items; i++)
			turned.held[i][u] = o.held[u][i];
	oracle_weigh(&turned, "none", 1, 1, 1, 1);
	oracle_similarity(&turned, "cosine");
	t.side_user = true;
	train(s, &x, &t);
	CHECK(distance(s, turned.s, turned.items, 1) < 1e-6, "off by %g",
	      distance(s, turned.s, turned.items, 1));
	rec_sparse_free(&x);
}

/* --max-user keeps the pairs with the smallest hash. */
static void test_max_user(void)
{
	static struct sim_oracle o;
	static float s[SIM_MAX][SIM_MAX];
	struct rec_sim_opts t = defaults("count");
	uint64_t key = rec_key(1, "max-user");
	struct rec_sparse x;

	make_data(&x, &o, 40, 23, ONES, 23);
	for (int u = 0; u < o.users; u++) {
		uint64_t hash[SIM_MAX], h = rec_hash(label_bytes[0] + 3 * u, 3, key);
		bool keep[SIM_MAX];

		for (int i = 0; i < o.items; i++)
			hash[i] = rec_mix2(h, rec_hash(label_bytes[1] + 3 * i, 3, key));
		for (int i = 0; i < o.items; i++) {
			int before = 0;

			for (int k = 0; k < o.items; k++)
				before += o.held[u][k] && hash[k] < hash[i];
			keep[i] = o.held[u][i] && before < 4;
		}
		memcpy(o.held[u], keep, sizeof keep);
	}
	oracle_similarity(&o, "count");
	t.max_user = 4;
	train(s, &x, &t);
	CHECK(distance(s, o.s, o.items, 1) == 0, "off by %g", distance(s, o.s, o.items, 1));
	rec_sparse_free(&x);
}

/*
 * Dunning's ratio at the examples that Mahout's tests print: 2.773 and 27.726;
 * and 0 where items are independent.
 */
static void test_llr(void)
{
	static const struct {
		int users, both, only_i, only_j;
		double want;
	} known[] = { { 2, 1, 0, 0, 2.772589 },
		      { 20, 10, 0, 0, 27.725887 },
		      { 40, 10, 10, 10, 0 } };
	static float s[SIM_MAX][SIM_MAX];

	for (size_t k = 0; k < 3; k++) {
		struct rec_labels row = labels(0, 40), col = labels(1, 3);
		struct rec_sim_opts t = defaults("llr");
		static struct rec_cell cell[200];
		struct rec_err e = { 0 };
		struct rec_sparse x;
		uint64_t n = 0;

		for (int u = 0; u < known[k].users; u++) {
			bool both = u < known[k].both, i = u < known[k].both + known[k].only_i;

			if (i)
				cell[n++] = (struct rec_cell){ (uint32_t)u, 0, 1, NAN };
			if (both || (!i && u < known[k].both + known[k].only_i + known[k].only_j))
				cell[n++] = (struct rec_cell){ (uint32_t)u, 1, 1, NAN };
			cell[n++] = (struct rec_cell){ (uint32_t)u, 2, 1, NAN };
		}
		MUST(rec_sparse_build(&x, &(struct rec_cell_array){ &row, &col, cell, n },
				      REC_REPEATS_FAIL, false, NULL, &e),
		     &e);
		train(s, &x, &t);
		CHECK(fabs((double)s[0][1] - known[k].want) < 1e-5, "%g, not %g", (double)s[0][1],
		      known[k].want);
		CHECK(s[0][2] == 0, "an item that everybody holds tells nothing, but %g",
		      (double)s[0][2]);
		rec_sparse_free(&x);
	}
}

static void test_from_factors(void)
{
	enum { N = 50, K = 7 };
	static float val[N * K], s[SIM_MAX][SIM_MAX];
	static double want[SIM_MAX][SIM_MAX];
	struct rec_err e = { 0 };

	for (int i = 0; i < N * K; i++)
		val[i] = (float)rec_normal(rec_random(3, (uint64_t)i));
	for (int variant = 0; variant < 4; variant++) {
		struct rec_model from = { .has_factors = true }, m;
		struct rec_sim_opts t = defaults(variant & 1 ? "dot" : "cosine");
		int k = variant & 2 ? K - 2 : K;

		from.item = (struct rec_dense){ .row = labels(1, N), .ncols = K, .val = val };
		MUST(rec_meta_set(&from.meta, "bias", variant & 2 ? "1" : "0", &e), &e);
		t.shrink = variant & 1 ? 0 : 0.5;
		for (int i = 0; i < N; i++)
			for (int j = 0; j < N; j++) {
				double xy = 0, xx = 0, yy = 0;

				for (int c = 0; c < k; c++) {
					xy += (double)val[i * K + c] * (double)val[j * K + c];
					xx += (double)val[i * K + c] * (double)val[i * K + c];
					yy += (double)val[j * K + c] * (double)val[j * K + c];
				}
				want[i][j] = i == j	 ? 0 :
					     variant & 1 ? xy :
							   xy / (sqrt(xx * yy) + 0.5);
			}
		MUST(rec_sim_from_factors(&m, &from, &t, &run, &e), &e);
		CHECK(m.dense, "all of a table is dense");
		unpack(s, &m);
		CHECK(distance(s, want, N, 1) < 1e-4, "variant %d: off by %g", variant,
		      distance(s, want, N, 1));
		rec_model_free(&m);
		t.neighbours = 4;
		MUST(rec_sim_from_factors(&m, &from, &t, &run, &e), &e);
		CHECK(!m.dense && m.sim.nnz == 4 * N, "4 of each column, but %llu in all",
		      (unsigned long long)m.sim.nnz);
		for (int j = 0, wrong = 0; j < N; j++) {
			static float kept[SIM_MAX][SIM_MAX];

			unpack(kept, &m);
			for (int i = 0; i < N; i++)
				wrong += kept[i][j] !=
					 (among(s, N, i, j, false, 4) && i != j ? s[i][j] : 0);
			CHECK(wrong == 0, "variant %d, column %d", variant, j);
		}
		rec_model_free(&m);
		rec_meta_free(&from.meta);
	}
}

/* The inverse by tiles, over several tiles a side and a ragged edge. */
static void test_inverse(const struct rec_blas *b)
{
	enum { N = 2 * REC_TILE + 77 };
	struct rec_err e = { 0 };
	float *a = rec_zalloc((size_t)N * N, sizeof *a, &e),
	      *p = rec_alloc((size_t)N * N, sizeof *p, &e);
	double worst = 0;

	for (size_t i = 0; i < N; i++)
		for (size_t j = 0; j <= i; j++)
			a[i * N + j] = a[j * N + i] =
				i == j ? 8 : (float)(rec_unit(rec_random(i, j)) / 64);
	memcpy(p, a, (size_t)N * N * sizeof *a);
	MUST(rec_spd_inverse(p, N, b, run.pool, NULL, &e), &e);
	for (size_t i = 0; i < N; i += 13)
		for (size_t j = 0; j < N; j += 7) {
			double sum = 0;

			for (size_t k = 0; k < N; k++)
				sum += (double)a[i * N + k] *
				       (double)(k >= j ? p[k * N + j] : p[j * N + k]);
			worst = fmax(worst, fabs(sum - (i == j)));
		}
	CHECK(worst < 1e-5, "A times its inverse is off by %g", worst);
	a[300 * (size_t)N + 300] = -1;
	CHECK(rec_spd_inverse(a, N, b, run.pool, NULL, &e) == -1 &&
		      strstr(e.msg, "not positive definite at row 301"),
	      "message: %s", e.msg);
	free(a);
	free(p);
}

static void test_ease(void)
{
	static struct sim_oracle o;
	static float s[SIM_MAX][SIM_MAX], all[SIM_MAX][SIM_MAX];
	struct rec_sparse x;

	for (int variant = 0; variant < 4; variant++) {
		struct rec_sim_opts t = defaults("ease");
		unsigned wrong;

		make_data(&x, &o, 50, 60, POSITIVE, 29);
		t.weights = (struct rec_weighting){
			variant & 1 ? REC_WEIGH_LOG : REC_WEIGH_NONE, 2, 0.5, { 1.5, 0.6 }, 0, NULL
		};
		oracle_weigh(&o, variant & 1 ? "log" : "none", 2, 0.5, 1.5, 0.6);
		oracle_similarity(&o, "ease");
		train(all, &x, &t);
		CHECK(distance(all, o.s, o.items, 1) < 2e-4, "variant %d: off by %g", variant,
		      distance(all, o.s, o.items, 1));
		t.neighbours = 6;
		t.keep_history = variant & 2;
		train(s, &x, &t);
		wrong = 0;
		for (int i = 0; i < o.items; i++)
			for (int j = 0; j < o.items; j++)
				wrong += s[i][j] !=
					 (i != j && among(all, o.items, i, j, t.keep_history, 6) ?
						  all[i][j] :
						  0);
		CHECK(wrong == 0, "variant %d: %u wrong cells", variant, wrong);
		rec_sparse_free(&x);
	}
}

static void test_errors(void)
{
	struct rec_labels row = labels(0, 1), col = labels(1, 2);
	struct rec_cell cell[2] = { { 0, 0, -1, NAN }, { 0, 1, 0, NAN } };
	struct rec_sim_opts t = defaults("cosine");
	struct rec_err e = { 0 };
	struct rec_sparse x, empty = { 0 };
	struct rec_model m;
	uint64_t thinned;

	MUST(rec_sparse_build(&x, &(struct rec_cell_array){ &row, &col, cell, 2 }, REC_REPEATS_FAIL,
			      false, NULL, &e),
	     &e);
	CHECK(rec_sim_train(&m, &x, &t, &run, &thinned, &e) == -1 &&
		      strcmp(e.msg, "no value is above 0: nothing to fit") == 0,
	      "message: %s", e.msg);
	e = (struct rec_err){ 0 };
	t.weights.kind = REC_WEIGH_LINEAR;
	CHECK(rec_sim_train(&m, &x, &t, &run, &thinned, &e) == -1 &&
		      strstr(e.msg, "the mean weight is -1"),
	      "message: %s", e.msg);
	e = (struct rec_err){ 0 };
	CHECK(rec_sim_train(&m, &empty, &t, &run, &thinned, &e) == -1 &&
		      strcmp(e.msg, "no interactions") == 0,
	      "message: %s", e.msg);
	rec_sparse_free(&x);
}

int main(void)
{
	struct rec_err e = { 0 };
	struct rec_blas b;

	MUST(rec_pool_new(&run.pool, 2, &e), &e);
	MUST(rec_kernel_pick(&run.kernel, NULL, &e), &e);
	test_formulas();
	test_weights();
	test_identities();
	test_selection();
	test_normalize();
	test_threads_and_parts();
	test_center_and_popular();
	test_side();
	test_max_user();
	test_llr();
	test_from_factors();
	test_errors();
	setenv("OPENBLAS_NUM_THREADS", "1", 1);
	if (rec_blas_open(&b, &e) == 0) {
		test_inverse(&b);
		rec_blas_close(&b);
		test_ease();
	} else {
		printf("sim: ease skipped: %s\n", e.msg);
	}
	rec_pool_free(run.pool);
	return finished("sim");
}
