/* SPDX-License-Identifier: MIT */
/*
 * load FILE [threads [times]]: how long rec_sparse_load takes, its memory, then
 * writing and transposing.
 *     rec-gen --users 200000 --items 50000 --rows 10000000 > big.tsv &&
 *     build/tests/bench/load big.tsv 2
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "recpipe/matrix.h"
#include "matrix/sparse.h"

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void must(int rc, const struct rec_err *e)
{
	if (rc != 0) {
		fprintf(stderr, "load: %s\n", e->msg);
		exit(1);
	}
}

static long peak_kib(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return u.ru_maxrss;
}

static double write_to_null(const struct rec_sparse *s, bool binary, struct rec_pool *pool,
			    struct rec_err *e)
{
	struct rec_out *out;
	double t = now();

	must(rec_out_open(&out, "/dev/null", e), e);
	must(rec_sparse_write(out, s, binary, "", NULL, pool, e), e);
	must(rec_out_finish(out, e), e);
	rec_out_free(out);
	return now() - t;
}

int main(int argc, char **argv)
{
	unsigned threads = argc > 2 ? (unsigned)atoi(argv[2]) : 1;
	struct rec_load how = { .repeats = REC_REPEATS_SUM, .times = argc > 3 };
	struct rec_err e = { 0 };
	struct rec_sparse s;
	struct rec_csr t;
	struct rec_pool *pool;
	struct rec_in *in;
	double start, load;
	long before, after;

	if (argc < 2 || threads < 1) {
		fprintf(stderr, "usage: load FILE [threads [times]]\n");
		return 2;
	}
	must(rec_pool_new(&pool, threads, &e), &e);
	must(rec_in_open(&in, argv[1], &e), &e);
	before = peak_kib();
	start = now();
	must(rec_sparse_load(&s, in, &how, pool, &e), &e);
	load = now() - start;
	after = peak_kib();
	printf("rows\t%" PRIu64 "\nmatrix\t%" PRIu32 " x %" PRIu32 ", %" PRIu64 " cells, %" PRIu64
	       " repeats\n",
	       s.digest.cells, s.m.nrows, s.m.ncols, s.m.nnz, s.repeats);
	printf("load\t%.6f s, %.4f us a row\n", load,
	       1e6 * load / (double)(s.digest.cells ? s.digest.cells : 1));
	printf("peak\t%ld MiB, %.1f bytes a row\n", after >> 10,
	       1024.0 * (double)(after - before) / (double)(s.digest.cells ? s.digest.cells : 1));
	printf("write text\t%.3f s\n", write_to_null(&s, false, pool, &e));
	printf("write recmat\t%.3f s\n", write_to_null(&s, true, pool, &e));
	start = now();
	must(rec_csr_transpose(&t, &s.m, pool, &e), &e);
	printf("transpose\t%.3f s\n", now() - start);
	rec_csr_free(&t);
	rec_sparse_free(&s);
	rec_pool_free(pool);
	return 0;
}
