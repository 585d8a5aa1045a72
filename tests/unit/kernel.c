/* SPDX-License-Identifier: MIT */
/*
 * kernel.c - every kernel of every instruction set that this machine runs: the
 * same bytes as "plain", and near the oracle in double.
 *
 * run_all() walks the sizes; each kernel has a function that makes its input
 * from (case number), runs one kernel set, and returns the bytes it wrote;
 * check_case() compares them. The oracle is asked once, on the output of plain.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../oracle/kernel.h"
#include "base/random.h"
#include "check.h"
#include "kernel/kernel.h"

enum { MAX_KP = 256, MAX_M = 200, ROWS = 300, OUT = MAX_KP * MAX_KP + 64 };

static struct {
	float *panel, *table, *w, *x, *a, *out, *want;
	uint32_t *idx;
} mem;

static void check(int ok, const char *isa, const char *what, uint32_t n, uint32_t m)
{
	CHECK(ok, "%s: %s, n or kp = %u, m = %u", isa, what, n, m);
}

static int near(double got, double want, double size, double terms)
{
	return fabs(got - want) <= (terms + 4) * 0x1p-23 * size + 1e-30;
}

static float *floats(size_t n)
{
	float *p = aligned_alloc(64, (n * sizeof *p + 63) / 64 * 64);

	if (p == NULL)
		exit(1);
	return p;
}

static void fill(float *x, size_t n, uint64_t key)
{
	for (size_t i = 0; i < n; i++)
		x[i] = (float)rec_normal(rec_random(key, i));
}

/* rows of kp floats, of which the last kp - k are zero padding */
static void fill_rows(float *x, uint32_t rows, uint32_t k, uint32_t kp, uint64_t key)
{
	fill(x, (size_t)rows * kp, key);
	for (size_t r = 0; r < rows; r++)
		for (uint32_t c = k; c < kp; c++)
			x[r * kp + c] = 0;
}

static const struct rec_kernel *plain, *sets[4];
static int nsets;

static void pick_sets(void)
{
	struct rec_err e = { 0 };

	for (const char *const *name = rec_kernel_names(); *name != NULL; name++) {
		if (rec_kernel_pick(&sets[nsets], *name, &e) != 0) {
			fprintf(stderr, "kernel: %s\n", e.msg);
			exit(1);
		}
		check(strcmp(sets[nsets]->isa, *name) == 0, *name, "name", 0, 0);
		if (strcmp(*name, "plain") == 0)
			plain = sets[nsets];
		nsets++;
	}
}

static void test_pick(void)
{
	static const char *const no_names[] = { " ",	      " plain", "plain ",      " plain ",
						"plain avx2", "lain",	"avx2 avx512", "avx51" };
	const struct rec_kernel *k;
	struct rec_err e = { 0 };

	check(rec_kernel_pick(&k, NULL, &e) == 0 && k == sets[0], "pick", "NULL gives the best", 0,
	      0);
	check(rec_kernel_pick(&k, "", &e) == 0 && k == sets[0], "pick",
	      "an empty name gives the best", 0, 0);
	for (size_t i = 0; i < sizeof no_names / sizeof *no_names; i++) {
		e = (struct rec_err){ 0 };
		check(rec_kernel_pick(&k, no_names[i], &e) == -1 && k == NULL &&
			      e.code == REC_EUSAGE &&
			      strstr(e.msg, "no instruction set '") == e.msg,
		      "pick", "no name", 0, 0);
	}
	e = (struct rec_err){ 0 };
	check(rec_kernel_pick(&k, "avx", &e) == -1 && k == NULL && e.code == REC_EUSAGE, "pick",
	      "unknown name", 0, 0);
	check(strcmp(e.msg, "no instruction set 'avx': plain, avx2, avx512, neon") == 0, "pick",
	      "unknown name, message", 0, 0);
	memset(&e, 0, sizeof e);
	check(rec_kernel_pick(&k,
			      plain == sets[nsets - 1] && strcmp(sets[0]->isa, "neon") != 0 ?
				      "neon" :
				      "avx512",
			      &e) == -1 &&
		      e.code == REC_EUSAGE && strstr(e.msg, "this machine does not run") != NULL,
	      "pick", "a set of another machine", 0, 0);
}

/*
 * Each kernel writes n floats of out from the prepared input; equal to plain's
 * in mem.want.
 */
#define EACH_SET(what, kp, m, n, call) \
	for (int s = nsets - 1; s >= 0; s--) { \
		const struct rec_kernel *k = sets[s]; \
		call; \
		if (k == plain) \
			memcpy(mem.want, mem.out, (n) * sizeof *mem.out); \
		else \
			check(memcmp(mem.want, mem.out, (n) * sizeof *mem.out) == 0, k->isa, what, \
			      kp, m); \
	}

static void test_dot_axpy(uint32_t n, uint32_t shift)
{
	const float *x = mem.panel + shift, *y = mem.table + 2 * shift + 1;
	double size, want;

	fill(mem.panel, n + 16, n);
	fill(mem.table, n + 40, n + 1);
	EACH_SET("dot", n, shift, 1, mem.out[0] = k->dot(x, y, n));
	want = oracle_dot(x, y, n, &size);
	check(near(mem.want[0], want, size, n), "plain", "dot against the oracle", n, shift);
	EACH_SET("axpy", n, shift, n + 8, {
		memcpy(mem.out, x, (n + 8) * sizeof *x);
		k->axpy(mem.out, 1.7f, y, n);
	});
	for (uint32_t i = 0; i < n + 8; i++)
		check(mem.want[i] == (i < n ? fmaf(1.7f, y[i], x[i]) : x[i]), "plain",
		      "axpy against fmaf", n, i);
}

/* Places 3 * i % 101 of 101, the first 20 of them hit before. */
static void test_scatter(uint32_t n, int numbered)
{
	enum { PLACES = 101 };
	unsigned char hit[PLACES];
	uint32_t list[PLACES + 1], m;

	fill(mem.panel, n + 1, n);
	fill(mem.table, PLACES, n + 1);
	for (uint32_t i = 0; i < n; i++)
		mem.idx[i] = numbered ? 3 * i % PLACES : i;
	for (int s = 0; s < nsets; s++) {
		const struct rec_kernel *k = sets[s];

		for (uint32_t i = 0; i < PLACES; i++)
			hit[i] = i < 20;
		memcpy(mem.out, mem.table, PLACES * sizeof *mem.out);
		memcpy(mem.want, mem.table, PLACES * sizeof *mem.want);
		for (uint32_t i = 0; i < n; i++)
			mem.want[mem.idx[i]] = fmaf(0.3f, mem.panel[i], mem.want[mem.idx[i]]);
		m = k->scatter(mem.out, hit, list, 0, 0.3f, numbered ? mem.idx : NULL, mem.panel,
			       n);
		check(memcmp(mem.out, mem.want, PLACES * sizeof *mem.out) == 0, k->isa,
		      "scatter against fmaf", n, numbered);
		for (uint32_t i = 0, at = 0; i < n; i++) {
			if (mem.idx[i] >= 20)
				check(at < m && list[at] == mem.idx[i], k->isa, "scatter's list", n,
				      at);
			at += mem.idx[i] >= 20;
			check(i + 1 < n || at == m, k->isa, "scatter's count", at, m);
			check(hit[mem.idx[i]], k->isa, "scatter's marks", n, i);
		}
	}
}

static void test_rank_update(uint32_t k_, uint32_t kp, uint32_t m, int weighted)
{
	const float *w = weighted ? mem.w : NULL;
	double size, want;

	fill_rows(mem.panel, m, k_, kp, kp + m);
	fill_rows(mem.a, kp, kp, kp, 5);
	EACH_SET("rank_update", kp, m, (size_t)kp * kp, {
		memset(mem.out, 0, (size_t)kp * kp * sizeof *mem.out);
		for (size_t r = 0; r < kp; r++)
			memcpy(mem.out + r * kp, mem.a + r * kp, (r + 1) * sizeof *mem.out);
		k->rank_update(mem.out, mem.panel, w, m, kp);
		for (size_t r = 0; r < kp; r++)
			for (size_t c = r + 1; c < kp; c++) {
				check(isfinite(mem.out[r * kp + c]), k->isa,
				      "rank_update, above the diagonal", kp, m);
				mem.out[r * kp + c] = 0;
			}
	});
	for (uint32_t r = 0; r < kp; r++)
		for (uint32_t c = 0; c <= r; c++) {
			want = oracle_rank_update(mem.a[(size_t)r * kp + c], mem.panel, w, m, kp, r,
						  c, &size);
			check(near(mem.want[(size_t)r * kp + c], want, size, m), "plain",
			      "rank_update against the oracle", kp, m);
		}
}

static void test_combine(uint32_t kp, uint32_t m)
{
	double size, want;

	fill_rows(mem.panel, m, kp, kp, 3 * kp + m);
	EACH_SET("combine", kp, m, kp, {
		memcpy(mem.out, mem.x, kp * sizeof *mem.out);
		k->combine(mem.out, mem.panel, mem.w, m, kp);
	});
	for (uint32_t c = 0; c < kp; c++) {
		want = mem.x[c];
		size = fabs(want);
		for (uint32_t j = 0; j < m; j++) {
			want += (double)mem.w[j] * mem.panel[j * kp + c];
			size += fabs((double)mem.w[j] * mem.panel[j * kp + c]);
		}
		check(near(mem.want[c], want, size, m), "plain", "combine against the oracle", kp,
		      m);
	}
}

/* A well-conditioned matrix in the lower triangle, other things above it. */
static void make_definite(float *a, uint32_t k_, uint32_t kp)
{
	fill_rows(mem.panel, MAX_M, k_, kp, kp);
	memset(a, 0, (size_t)kp * kp * sizeof *a);
	plain->rank_update(a, mem.panel, NULL, MAX_M, kp);
	for (size_t r = 0; r < kp; r++) {
		a[r * kp + r] += 40;
		for (size_t c = r + 1; c < kp; c++)
			a[r * kp + c] = 7e30f;
	}
}

static void test_cholesky(uint32_t k_, uint32_t kp)
{
	double *d = calloc((size_t)kp * kp, sizeof *d), b[MAX_KP];

	make_definite(mem.a, k_, kp);
	for (size_t i = 0; i < (size_t)kp * kp; i++)
		d[i] = mem.a[i];
	check(oracle_cholesky(d, kp) == 0, "oracle", "cholesky", kp, 0);
	EACH_SET("cholesky", kp, 0, (size_t)kp * kp, {
		memcpy(mem.out, mem.a, (size_t)kp * kp * sizeof *mem.a);
		check(k->cholesky(mem.out, kp) == 0, k->isa, "cholesky returns 0", kp, 0);
	});
	for (size_t r = 0; r < kp; r++)
		for (size_t c = 0; c <= r; c++)
			check(fabs(mem.want[r * kp + c] - d[r * kp + c]) < 1e-4 * d[c * kp + c],
			      "plain", "cholesky against the oracle", kp, 0);
	memcpy(mem.a, mem.want, (size_t)kp * kp * sizeof *mem.a);
	EACH_SET("cholesky_solve", kp, 0, kp, {
		memcpy(mem.out, mem.x, kp * sizeof *mem.x);
		k->cholesky_solve(mem.a, mem.out, kp);
	});
	for (uint32_t i = 0; i < kp; i++)
		b[i] = mem.x[i];
	oracle_cholesky_solve(d, b, kp);
	for (uint32_t i = 0; i < kp; i++)
		check(fabs(mem.want[i] - b[i]) < 2e-5, "plain", "cholesky_solve against the oracle",
		      kp, i);
	free(d);
}

/*
 * The chains of the contract, element by element: what plain itself must equal
 * to the bit.
 */
static void test_cholesky_chain(uint32_t kp)
{
	float *l = mem.want, *b = mem.w + MAX_KP;

	make_definite(mem.a, kp, kp);
	memcpy(l, mem.a, (size_t)kp * kp * sizeof *l);
	for (size_t c = 0; c < kp; c++)
		for (size_t r = c; r < kp; r++) {
			float s = l[r * kp + c];

			for (size_t i = 0; i < c; i++)
				s = fmaf(-l[r * kp + i], l[c * kp + i], s);
			l[r * kp + c] = r == c ? sqrtf(s) : s * (1 / l[c * kp + c]);
		}
	memcpy(mem.out, mem.a, (size_t)kp * kp * sizeof *l);
	check(plain->cholesky(mem.out, kp) == 0, "plain", "cholesky, chain", kp, 0);
	for (size_t r = 0; r < kp; r++)
		for (size_t c = 0; c <= r; c++)
			check(l[r * kp + c] == mem.out[r * kp + c] &&
				      l[r * kp + c] == mem.out[c * kp + r],
			      "plain", "cholesky by its definition", kp, 0);
	memcpy(b, mem.x, kp * sizeof *b);
	for (size_t r = 0; r < kp; r++) {
		for (size_t i = 0; i < r; i++)
			b[r] = fmaf(-l[r * kp + i], b[i], b[r]);
		b[r] *= 1 / l[r * kp + r];
	}
	for (size_t r = kp; r-- > 0;) {
		for (size_t i = kp - 1; i > r; i--)
			b[r] = fmaf(-l[i * kp + r], b[i], b[r]);
		b[r] *= 1 / l[r * kp + r];
	}
	memcpy(mem.a, mem.x, kp * sizeof *b);
	plain->cholesky_solve(mem.out, mem.a, kp);
	check(memcmp(mem.a, b, kp * sizeof *b) == 0, "plain", "cholesky_solve by its definition",
	      kp, 0);
}

static void test_cholesky_bad(uint32_t kp, uint32_t at, float pivot)
{
	for (int s = 0; s < nsets; s++) {
		make_definite(mem.a, kp, kp);
		mem.a[(size_t)at * kp + at] = pivot;
		check(sets[s]->cholesky(mem.a, kp) == at + 1, sets[s]->isa,
		      "cholesky names the bad pivot", kp, at);
	}
}

static void test_row_products(uint32_t k_, uint32_t kp, uint32_t np)
{
	float *work = floats(64 * (size_t)np);
	double size, want;

	fill_rows(mem.panel, np, k_, kp, kp + np);
	fill_rows(mem.a, np, np, np, 6);
	EACH_SET("row_products", kp, np, (size_t)np * np, {
		memset(mem.out, 0, (size_t)np * np * sizeof *mem.out);
		for (size_t r = 0; r < np; r++)
			memcpy(mem.out + r * np, mem.a + r * np, (r + 1) * sizeof *mem.out);
		k->row_products(mem.out, work, mem.panel, mem.x, np, kp);
		for (size_t r = 0; r < np; r++)
			for (size_t c = r + 1; c < np; c++)
				mem.out[r * np + c] = 0;
	});
	for (size_t r = 0; r < np; r++)
		for (size_t c = 0; c <= r; c++) {
			want = mem.a[r * np + c];
			size = fabs(want);
			for (uint32_t f = 0; f < kp; f++) {
				double x = (double)mem.x[f] * mem.panel[r * kp + f] *
					   mem.panel[c * kp + f];

				want += x;
				size += fabs(x);
			}
			check(near(mem.want[r * np + c], want, size, kp), "plain",
			      "row_products against the oracle", kp, np);
		}
	free(work);
}

static void test_elements(uint32_t kp)
{
	EACH_SET("times", kp, 0, kp, k->times(mem.out, mem.x, mem.table, kp));
	for (uint32_t c = 0; c < kp; c++)
		check(mem.want[c] == mem.x[c] * mem.table[c], "plain", "times", kp, c);
	EACH_SET("inverse", kp, 0, kp, k->inverse(mem.out, mem.x, 7, kp));
	for (uint32_t c = 0; c < kp; c++)
		check(mem.want[c] == 1 / (mem.x[c] + 7), "plain", "inverse", kp, c);
}

/* In double: element by element as the contract says. */
static void test_wide(uint32_t n, uint32_t m)
{
	enum { LD = 56, ROWS_OF = 40 };
	static double rows[LD * ROWS_OF], got[LD * ROWS_OF], want[LD * ROWS_OF];
	static double x[LD], c[ROWS_OF], s[ROWS_OF];

	for (uint32_t i = 0; i < LD * ROWS_OF; i++)
		rows[i] = rec_normal(rec_random(n + m, i));
	for (uint32_t i = 0; i < LD; i++)
		x[i] = rec_normal(rec_random(n, i));
	for (uint32_t i = 0; i < ROWS_OF; i++) {
		c[i] = cos(i);
		s[i] = sin(i);
	}
	for (int set = 0; set < nsets; set++) {
		const struct rec_kernel *k = sets[set];

		memcpy(got, x, sizeof x);
		memcpy(want, x, sizeof x);
		k->combine_f64(got, c, rows, LD, m, n);
		for (uint32_t j = 0; j < m; j++)
			for (uint32_t i = 0; i < n; i++)
				want[i] = want[i] + c[j] * rows[j * LD + i];
		check(memcmp(got, want, sizeof x) == 0, k->isa, "combine_f64", n, m);
		k->take_off_f64(got, 1.5, rows, -0.3, rows + LD, n);
		for (uint32_t i = 0; i < n; i++)
			want[i] = want[i] - (1.5 * rows[i] + -0.3 * rows[LD + i]);
		check(memcmp(got, want, sizeof x) == 0, k->isa, "take_off_f64", n, m);
		memcpy(got, rows, sizeof rows);
		memcpy(want, rows, sizeof rows);
		k->rotate_f64(got + (size_t)m * LD, LD, c, s, m, n);
		for (uint32_t j = 0; j < m; j++)
			for (uint32_t i = 0; i < n; i++) {
				double *row = &want[(m - j) * LD + i], *up = row - LD, z = *up;

				*up = c[j] * z - s[j] * *row;
				*row = s[j] * z + c[j] * *row;
			}
		check(memcmp(got, want, sizeof rows) == 0, k->isa, "rotate_f64", n, m);
	}
}

static void test_table(uint32_t k_, uint32_t kp, uint32_t m)
{
	double size, want;

	fill_rows(mem.table, ROWS, k_, kp, kp);
	for (uint32_t j = 0; j < m; j++)
		mem.idx[j] = (uint32_t)rec_below(rec_random(m, j), ROWS);
	EACH_SET("gather", kp, m, (size_t)m * kp, k->gather(mem.out, mem.table, mem.idx, m, kp));
	for (uint32_t j = 0; j < m; j++)
		check(memcmp(mem.want + (size_t)j * kp, mem.table + (size_t)mem.idx[j] * kp,
			     kp * sizeof(float)) == 0,
		      "plain", "gather", kp, m);
	for (int direct = 0; direct < 2; direct++) {
		const uint32_t *idx = direct ? NULL : mem.idx;

		EACH_SET("outer_matvec", kp, m, kp, {
			memset(mem.out, 0, kp * sizeof *mem.out);
			k->outer_matvec(mem.out, mem.table, idx, mem.w, mem.x, m, kp);
		});
		for (uint32_t c = 0; c < kp; c++) {
			want = oracle_outer_matvec(mem.table, idx, mem.w, mem.x, m, kp, c, &size);
			check(near(mem.want[c], want, size, kp + m), "plain",
			      "outer_matvec against the oracle", kp, m);
		}
	}
	memset(mem.out, 0, kp * sizeof *mem.out);
	for (uint32_t j = 0; j < m; j++) {
		const float *t = mem.table + (size_t)j * kp;

		plain->axpy(mem.out, mem.w[j] * plain->dot(t, mem.x, kp), t, kp);
	}
	check(memcmp(mem.out, mem.want, kp * sizeof *mem.out) == 0, "plain",
	      "outer_matvec is dot and axpy", kp, m);
}

/*
 * Items of k floats, rows `stride` apart, packed; queries ldq apart, not
 * aligned; every score equals score() and the oracle.
 */
static void test_scores(uint32_t k_, uint32_t stride, uint32_t nrows, uint32_t r0, uint32_t npanels,
			uint32_t nu)
{
	static const uint32_t LDQ = MAX_KP + 3;
	size_t ldo = (npanels + 1) * 16, packed = (size_t)npanels * 16 * k_;
	const float *q = mem.panel + 1;
	double size, want;

	fill(mem.table, (size_t)nrows * stride, k_ + nrows);
	fill(mem.panel, (size_t)nu * LDQ + 1, nu);
	EACH_SET("pack", k_, nrows, packed,
		 k->pack(mem.out, mem.table, stride, nrows, r0, npanels, k_));
	memcpy(mem.a, mem.want, packed * sizeof *mem.a);
	for (uint32_t p = 0; p < npanels; p++)
		for (uint32_t f = 0; f < k_; f++)
			for (uint32_t l = 0; l < 16; l++) {
				uint32_t r = r0 + 16 * p + l;

				check(mem.a[((size_t)p * k_ + f) * 16 + l] ==
					      (r < nrows ? mem.table[(size_t)r * stride + f] : 0),
				      "plain", "pack", k_, r);
			}
	EACH_SET("scores", k_, nu, nu * ldo, {
		memset(mem.out, 0x55, nu * ldo * sizeof *mem.out);
		k->scores(mem.out, ldo, q, LDQ, nu, mem.a, npanels, k_);
	});
	for (uint32_t u = 0; u < nu; u++)
		for (uint32_t r = r0; r < nrows && r < r0 + 16 * npanels; r++) {
			const float *item = mem.table + (size_t)r * stride,
				    got = mem.want[u * ldo + r - r0];

			want = oracle_dot(q + (size_t)u * LDQ, item, k_, &size);
			check(near(got, want, size, k_), "plain", "scores against the oracle", k_,
			      nu);
			for (int s = 0; s < nsets; s++)
				check(sets[s]->score(q + (size_t)u * LDQ, item, k_) == got,
				      sets[s]->isa, "score equals scores", k_, nu);
		}
	for (uint32_t m = 1; m <= 16 && m <= nrows; m++) {
		uint32_t idx[16];

		for (uint32_t j = 0; j < m; j++)
			idx[j] = (j * 5 + nu) % nrows;
		for (int s = 0; s < nsets; s++) {
			mem.out[m] = 77;
			sets[s]->scores_at(mem.out, q, mem.table, stride, idx, m, k_);
			for (uint32_t j = 0; j < m; j++)
				check(mem.out[j] == plain->score(q, mem.table +
							(size_t)idx[j] * stride, k_),
				      sets[s]->isa, "scores_at equals score", k_, m);
			check(mem.out[m] == 77, sets[s]->isa, "scores_at writes m", k_, m);
		}
	}
}

static void test_above(uint32_t n, uint32_t shift, float bound, int with_nan)
{
	float *x = mem.panel + shift;
	uint32_t found = 0;

	fill(mem.panel, n + 32, n);
	if (n > 2)
		x[n / 2] = bound;
	for (uint32_t i = n; i < n + 16; i++)
		x[i] = NAN;	/* must not be looked at */
	if (n > 0 && with_nan)
		x[n - 1] = NAN;
	for (uint32_t i = 0; i < n; i++)
		if (x[i] > bound)
			mem.idx[found++] = i;
	for (int s = 0; s < nsets; s++) {
		uint32_t *got = (uint32_t *)(void *)mem.out;
		int nan = 0;
		uint32_t m = sets[s]->above(got, x, n, bound, &nan);

		check(m == found && memcmp(got, mem.idx, m * sizeof *got) == 0, sets[s]->isa,
		      "above", n, shift);
		check(nan == (n > 0 && with_nan), sets[s]->isa, "above, NaN", n, shift);
	}
}

static void run_sizes(void)
{
	static const uint32_t ks[] = { 1, 5, 16, 17, 64, 100, 128, 200, 256 };

	for (size_t i = 0; i < sizeof ks / sizeof ks[0]; i++) {
		uint32_t k = ks[i], kp = (k + 15) / 16 * 16;

		for (uint32_t m = 0; m <= 40; m += 1 + (m > 10) * 3) {
			test_rank_update(k, kp, m, m % 2);
			test_combine(kp, m);
			test_table(k, kp, m);
		}
		test_rank_update(k, kp, 64, 1);
		test_rank_update(k, kp, MAX_M, 0);
		test_rank_update(k, kp, MAX_M - 1, 1);
		test_combine(kp, MAX_M);
		test_table(k, kp, MAX_M);
		test_cholesky(k, kp);
		test_cholesky_chain(kp);
		test_elements(kp);
		for (uint32_t np = 16; np <= 96; np += 16)
			test_row_products(k, kp, np);
		for (uint32_t nu = 1; nu <= 40; nu += 1 + nu / 5) {
			test_scores(k, k, 100, 0, 5, nu);
			test_scores(k, k + 3, 100, 64, 3, nu);
		}
		test_scores(k, kp, 20, 32, 2, 3);
	}
}

int main(void)
{
	mem.panel = floats((size_t)MAX_M * MAX_KP + 64);
	mem.table = floats((size_t)ROWS * MAX_KP + 64);
	mem.w = floats(2 * MAX_KP);
	mem.x = floats(MAX_KP);
	mem.a = floats(OUT);
	mem.out = floats(OUT);
	mem.want = floats(OUT);
	mem.idx = malloc(4096 * sizeof *mem.idx);
	fill(mem.w, 2 * MAX_KP, 1);
	fill(mem.x, MAX_KP, 2);
	pick_sets();
	test_pick();
	for (uint32_t n = 0; n < 300; n += 1 + n / 40)
		for (uint32_t shift = 0; shift < 16; shift += 5)
			test_dot_axpy(n, shift);
	for (uint32_t n = 0; n < 200; n++)
		for (int nan = 0; nan < 2; nan++) {
			test_above(n, n % 7, 0.5f, nan);
			test_above(n, 1, -INFINITY, nan);
			test_above(n, 0, INFINITY, nan);
		}
	for (uint32_t n = 8; n <= 56; n += 8)
		for (uint32_t m = 1; m < 40; m += 3)
			test_wide(n, m);
	for (uint32_t n = 0; n <= 101; n++) {
		test_scatter(n, 0);
		test_scatter(n, 1);
	}
	for (uint32_t at = 0; at < 48; at += 5) {
		test_cholesky_bad(48, at, -1);
		test_cholesky_bad(48, at, NAN);
	}
	run_sizes();
	for (int s = 0; s < nsets; s++)
		printf("kernel: %s\n", sets[s]->isa);
	return finished("kernel");
}
