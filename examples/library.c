/* SPDX-License-Identifier: MIT */
/*
 * library.c - a program of your own on librec: read interactions, factorise,
 * say how large the model is.
 *
 *	cc -o library library.c $(pkg-config --static --cflags --libs recpipe)
 *	./library train.tsv
 */
#include <stdio.h>

#include "als/als.h"
#include "recpipe/matrix.h"
#include "matrix/sparse.h"

static int train(struct rec_sparse *x, struct rec_model *m, const char *path, struct rec_err *e)
{
	struct rec_load how = { .repeats = REC_REPEATS_SUM };
	struct rec_als_opts o;
	struct rec_run run = { 0 };	/* no pool: one thread */
	struct rec_in *in;

	if (rec_in_open(&in, path, e) != 0 || rec_sparse_load(x, in, &how, NULL, e) != 0)
		return -1;
	printf("%u rows, %u columns, %llu cells\n", x->row.n, x->col.n,
	       (unsigned long long)x->m.nnz);
	rec_als_defaults(&o);
	o.factors = 8;
	if (rec_kernel_pick(&run.kernel, NULL, e) != 0)
		return -1;
	return rec_als_train(m, x, &o, NULL, &run, e);
}

int main(int argc, char **argv)
{
	struct rec_sparse x = { 0 };
	struct rec_model m = { 0 };
	struct rec_err e = { 0 };
	int rc = train(&x, &m, argc > 1 ? argv[1] : "-", &e);

	if (rc == 0)
		printf("%u users and %u items with %u factors\n", m.user.row.n, m.item.row.n,
		       m.item.ncols);
	else
		fprintf(stderr, "library: %s\n", e.msg);
	rec_model_free(&m);
	rec_sparse_free(&x);
	return rc == 0 ? 0 : 1;
}
