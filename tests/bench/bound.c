/* SPDX-License-Identifier: MIT */
/*
 * bound.c - what the machine itself can do, for bench.sh to compare with: bound
 * [THREADS]. All threads at once, best of several runs:
 *     fma     float multiply-adds that touch no memory, 2 operations each,
 *             GFLOP/s
 *     read    reading memory that no cache holds (256 MiB a thread) from front
 *             to back, GB/s
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MAX_THREADS = 256, RUNS = 31, CHAINS = 12, STEPS = 2000000 };
#define BYTES ((size_t)256 << 20)

static unsigned threads;
static struct work {
	uint64_t *data;
	float in[16], out[16];
	uint64_t sum;
} work[MAX_THREADS];

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/*
 * Twelve chains of multiply-adds, enough to hide the latency. The start values
 * come from memory, so that nothing is computed in advance.
 */
#define CHAIN(i) s##i = FMA(s##i, b, c)
#define CHAINS_BODY(vec, set1) \
	vec b = set1(in[12]), c = set1(in[13]), s0 = set1(in[0]), s1 = set1(in[1]), \
	    s2 = set1(in[2]), s3 = set1(in[3]), s4 = set1(in[4]), s5 = set1(in[5]), \
	    s6 = set1(in[6]), s7 = set1(in[7]), s8 = set1(in[8]), s9 = set1(in[9]), \
	    s10 = set1(in[10]), s11 = set1(in[11]); \
	for (int n = 0; n < STEPS; n++) { \
		CHAIN(0), CHAIN(1), CHAIN(2), CHAIN(3), CHAIN(4), CHAIN(5), CHAIN(6), CHAIN(7), \
			CHAIN(8), CHAIN(9), CHAIN(10), CHAIN(11); \
	} \
	s0 = FMA(s0, s1, FMA(s2, s3, FMA(s4, s5, FMA(s6, s7, FMA(s8, s9, FMA(s10, s11, s0)))))); \
	memcpy(out, &s0, sizeof s0)

#if defined(__x86_64__)
#include <immintrin.h>
__attribute__((target("avx512f"))) static void chains_avx512(float *out, const float *in)
{
#define FMA _mm512_fmadd_ps
	CHAINS_BODY(__m512, _mm512_set1_ps);
#undef FMA
}

__attribute__((target("avx2,fma"))) static void chains_avx2(float *out, const float *in)
{
#define FMA _mm256_fmadd_ps
	CHAINS_BODY(__m256, _mm256_set1_ps);
#undef FMA
}

static unsigned lanes(void)
{
	return __builtin_cpu_supports("avx512f")			       ? 16 :
	       __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? 8 :
										 0;
}

static void chains(float *out, const float *in)
{
	if (lanes() == 16)
		chains_avx512(out, in);
	else if (lanes() == 8)
		chains_avx2(out, in);
}
#elif defined(__aarch64__)
#include <arm_neon.h>
#define FMA(a, b, c) vfmaq_f32(c, a, b)
static void chains(float *out, const float *in)
{
	CHAINS_BODY(float32x4_t, vdupq_n_f32);
}

static unsigned lanes(void)
{
	return 4;
}
#else
static void chains(float *out, const float *in)
{
	*out = *in;
}

static unsigned lanes(void)
{
	return 0;
}
#endif

static void *compute(void *arg)
{
	struct work *w = arg;

	chains(w->out, w->in);
	return NULL;
}

static void *read_all(void *arg)
{
	struct work *w = arg;
	uint64_t s[8] = { 0 };

	for (size_t i = 0; i < BYTES / sizeof *w->data; i += 8)
		for (int j = 0; j < 8; j++)
			s[j] += w->data[i + j];
	w->sum = s[0] ^ s[1] ^ s[2] ^ s[3] ^ s[4] ^ s[5] ^ s[6] ^ s[7];
	return NULL;
}

/* The shortest of RUNS runs on all threads. */
static double seconds(void *(*what)(void *))
{
	double best = 1e9;

	for (int run = 0; run < RUNS; run++) {
		pthread_t id[MAX_THREADS];
		double t = now();

		for (unsigned i = 0; i < threads; i++)
			if (pthread_create(&id[i], NULL, what, &work[i]) != 0)
				exit(1);
		for (unsigned i = 0; i < threads; i++)
			pthread_join(id[i], NULL);
		t = now() - t;
		best = t < best ? t : best;
	}
	return best;
}

int main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 1;

	threads = n < 1 ? 1 : n > MAX_THREADS ? MAX_THREADS : (unsigned)n;
	for (unsigned i = 0; i < threads; i++) {
		work[i].data = malloc(BYTES);
		if (work[i].data == NULL) {
			fprintf(stderr, "bound: no memory\n");
			return 1;
		}
		memset(work[i].data, 1 + (int)i, BYTES);
		for (int j = 0; j < 16; j++)
			work[i].in[j] = 1 - 0x1p-20f * (float)(j + 1);
	}
	printf("threads\t%u\n", threads);
	if (lanes() > 0)
		printf("fma\t%.1f\n", 2e-9 * lanes() * CHAINS * STEPS * threads / seconds(compute));
	printf("read\t%.1f\n", 1e-9 * (double)BYTES * threads / seconds(read_all));
	for (unsigned i = 0; i < threads; i++)
		free(work[i].data);
	return 0;
}
