/* SPDX-License-Identifier: MIT */
/*
 * kernel.c - how fast the kernels run on one thread: bench/kernel [ISA ...],
 * about a second for each set.
 *
 * The peak is measured too: chains of multiply-adds that touch no memory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/random.h"
#include "kernel/kernel.h"

enum { ROWS = 20000, USERS = 96, PANELS = 64, TERMS = 4096 };

static float *panel, *table, *a, *out, *w, *x, *y;
static uint32_t *idx;
static const struct rec_kernel *k;
static uint32_t kp, m;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/*
 * Seconds of one call: the least of 120 batches of about 0.3 ms, so that a busy
 * machine disturbs little.
 */
static double seconds(void (*call)(void))
{
	double best = 1e9, t;
	unsigned n = 1;

	for (;; n *= 2) {
		t = now();
		for (unsigned i = 0; i < n; i++)
			call();
		if ((t = now() - t) > 3e-4)
			break;
	}
	for (int batch = 0; batch < 120; batch++) {
		t = now();
		for (unsigned i = 0; i < n; i++)
			call();
		t = (now() - t) / n;
		best = t < best ? t : best;
	}
	return best;
}

static float *floats(size_t n, uint64_t key)
{
	float *p = aligned_alloc(64, (n * sizeof *p + 63) / 64 * 64);

	if (p == NULL)
		exit(1);
	for (size_t i = 0; i < n; i++)
		p[i] = (float)rec_normal(rec_random(key, i)) * 0.1f;
	return p;
}

static void rank_update(void)
{
	k->rank_update(out, panel, w, m, kp);
}

static void copy(void)
{
	memcpy(out, a, (size_t)kp * kp * sizeof *a);
}

static void cholesky(void)
{
	copy();
	if (k->cholesky(out, kp) != 0)
		exit(1);
}

static void solve(void)
{
	memcpy(y, x, kp * sizeof *x);
	k->cholesky_solve(out, y, kp);
}

static void scores(void)
{
	k->scores(out, PANELS * 16, table, kp, USERS, panel, PANELS, kp);
}

static void outer_matvec(void)
{
	k->outer_matvec(y, table, idx, w, x, TERMS, kp);
}

/* The same terms as rows of 32. */
static void outer_short(void)
{
	for (uint32_t j = 0; j < TERMS; j += 32)
		k->outer_matvec(y, table, idx + j, w + j, x, 32, kp);
}

static void outer_panel(void)
{
	k->outer_matvec(y, panel, NULL, w, x, m, kp);
}

static void gather(void)
{
	k->gather(out, table, idx, 128, kp);
}

static void combine(void)
{
	k->combine(y, panel, w, m, kp);
}

static int nan_seen;

static void above(void)
{
	if (k->above((uint32_t *)(void *)out, table, 65536, 0.35f, &nan_seen) == 0)
		exit(1);
}

static void dots(void)
{
	y[0] = k->dot(table, panel, kp);
}

/*
 * Twelve chains of one register each with nothing to load: what the
 * multiply-add units give.
 */
#if defined(__x86_64__)
#include <immintrin.h>
#define CHAIN(i) s##i = FMA(s##i, b, c)
#define PEAK_BODY(vec, set1) \
	vec b = set1(w[12]), c = set1(w[13]), s0 = set1(w[0]), s1 = set1(w[1]), s2 = set1(w[2]), \
	    s3 = set1(w[3]), s4 = set1(w[4]), s5 = set1(w[5]), s6 = set1(w[6]), s7 = set1(w[7]), \
	    s8 = set1(w[8]), s9 = set1(w[9]), s10 = set1(w[10]), s11 = set1(w[11]); \
	for (int n = 0; n < 10000; n++) { \
		CHAIN(0), CHAIN(1), CHAIN(2), CHAIN(3), CHAIN(4), CHAIN(5), CHAIN(6), CHAIN(7), \
			CHAIN(8), CHAIN(9), CHAIN(10), CHAIN(11); \
	} \
	s0 += s1 + s2 + s3 + s4 + s5 + s6 + s7 + s8 + s9 + s10 + s11; \
	memcpy(out, &s0, sizeof s0);

__attribute__((target("avx2,fma"))) static void peak_avx2(void)
{
#define FMA _mm256_fmadd_ps
	PEAK_BODY(__m256, _mm256_set1_ps)
#undef FMA
}

__attribute__((target("avx512f"))) static void peak_avx512(void)
{
#define FMA _mm512_fmadd_ps
	PEAK_BODY(__m512, _mm512_set1_ps)
#undef FMA
}

static double peak(const char *isa)
{
	if (strcmp(isa, "avx512") == 0)
		return 10000.0 * 12 * 32 / seconds(peak_avx512) * 1e-9;
	return strcmp(isa, "avx2") == 0 ? 10000.0 * 12 * 16 / seconds(peak_avx2) * 1e-9 : 0;
}
#else
static double peak(const char *isa)
{
	(void)isa;
	return 0;
}
#endif

static void rate(const char *what, double flops, double top)
{
	printf("%s\t%u\t%s\t%.1f GFLOP/s", k->isa, kp, what, flops * 1e-9);
	if (top > 0)
		printf("\t%.0f%% of peak", 1e-7 * flops / top);
	putchar('\n');
}

static void bench_dense(double top)
{
	double t, n = kp;
	char label[64];

	for (m = 16; m <= 256; m *= 4) {
		snprintf(label, sizeof label, "rank_update m=%u", m);
		t = seconds(rank_update);
		memset(out, 0, (size_t)kp * kp * sizeof *out);
		rate(label, n * (n + 1) * m / t, top);
	}
	t = seconds(cholesky) - seconds(copy);
	rate("cholesky", n * n * n / 3 / t, top);
	printf("%s\t%u\tcholesky\t%.2f us\n", k->isa, kp, t * 1e6);
	printf("%s\t%u\tcholesky_solve\t%.2f us\n", k->isa, kp, seconds(solve) * 1e6);
	t = seconds(scores);
	rate("scores", 2.0 * USERS * PANELS * 16 * n / t, top);
	printf("%s\t%u\tscores\t%.2f G scores/s\n", k->isa, kp, USERS * PANELS * 16e-9 / t);
}

static void bench_vectors(void)
{
	m = 64;
	printf("%s\t%u\touter_matvec, table of %d rows\t%.1f ns/term\n", k->isa, kp, ROWS,
	       seconds(outer_matvec) / TERMS * 1e9);
	printf("%s\t%u\touter_matvec, the same by 32 terms\t%.1f ns/term\n", k->isa, kp,
	       seconds(outer_short) / TERMS * 1e9);
	printf("%s\t%u\touter_matvec, panel of 64\t%.1f ns/term\n", k->isa, kp,
	       seconds(outer_panel) / m * 1e9);
	printf("%s\t%u\tgather\t%.1f ns/row\n", k->isa, kp, seconds(gather) / 128 * 1e9);
	printf("%s\t%u\tcombine\t%.1f ns/row\n", k->isa, kp, seconds(combine) / m * 1e9);
	printf("%s\t%u\tdot\t%.1f ns\n", k->isa, kp, seconds(dots) * 1e9);
}

static void make_input(void)
{
	panel = floats((size_t)PANELS * 16 * 256, 1);
	table = floats((size_t)ROWS * 256, 2);
	w = floats(TERMS, 3);
	x = floats(256, 4);
	y = floats(256, 5);
	a = floats(256 * 256, 6);
	out = floats((size_t)USERS * PANELS * 16 + 256 * 256, 7);
	idx = malloc(TERMS * sizeof *idx);
	if (idx == NULL)
		exit(1);
	for (uint32_t i = 0; i < TERMS; i++)
		idx[i] = (uint32_t)rec_below(rec_random(8, i), ROWS);
}

static void bench(void)
{
	double top = peak(k->isa);

	if (top > 0)
		printf("%s\t-\tmultiply-add peak\t%.1f GFLOP/s\n", k->isa, top);
	for (kp = 64; kp <= 256; kp *= 2) {
		memset(a, 0, (size_t)kp * kp * sizeof *a);
		k->rank_update(a, panel, NULL, 512, kp);
		for (uint32_t i = 0; i < kp; i++)
			a[(size_t)i * kp + i] += 1;
		bench_dense(top);
		bench_vectors();
	}
	printf("%s\t-\tabove\t%.2f ns per 16\n", k->isa, seconds(above) / 4096 * 1e9);
}

int main(int argc, char **argv)
{
	const char *const *names = argc > 1 ? (const char *const *)argv + 1 : rec_kernel_names();
	struct rec_err e = { 0 };

	make_input();
	for (; *names != NULL; names++) {
		if (argc <= 1 && strcmp(*names, "plain") == 0)
			continue;
		if (rec_kernel_pick(&k, *names, &e) != 0) {
			fprintf(stderr, "kernel: %s\n", e.msg);
			return 2;
		}
		bench();
	}
	return 0;
}
