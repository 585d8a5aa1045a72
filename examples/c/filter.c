/* SPDX-License-Identifier: MIT */
/*
 * filter.c - a filter of one's own: rows whose value reaches a bound pass.
 *
 *	cc -o filter filter.c $(pkg-config --cflags --libs recpipe)
 *	./filter 4 < ratings.tsv | rec-als > model.rec
 *
 * Text and recmat come in, text goes out. The file may be larger than memory:
 * rows are parsed by all threads, and only those at work are held.
 */
#include <stdio.h>
#include <stdlib.h>

#include <recpipe/rows.h>

static int copy(struct rec_rows *in, struct rec_out *out, double least, struct rec_err *e)
{
	const struct rec_row *row;
	size_t n;
	int got;

	/* 1: rows, 0: the proper end, -1: failed */
	while ((got = rec_rows_next(in, &row, &n, e)) == 1)
		for (size_t i = 0; i < n; i++)
			if ((double)row[i].value >= least && rec_row_write(out, &row[i], e) != 0)
				return -1;
	return got;
}

static int filter(double least, struct rec_pool *pool, struct rec_out *out, struct rec_err *e)
{
	struct rec_in *in;
	struct rec_rows *rows;
	int rc;

	if (rec_in_open(&in, "-", e) != 0)
		return -1;
	if (rec_rows_open(&rows, in, 0, pool, e) != 0) {
		rec_in_close(in);
		return -1;
	}
	rc = copy(rows, out, least, e);
	rec_rows_close(rows);
	/* a full disk shows here at the latest, and is no success */
	return rc == 0 ? rec_out_finish(out, e) : -1;
}

int main(int argc, char **argv)
{
	struct rec_err e = { 0 };
	struct rec_pool *pool = NULL;
	struct rec_out *out = NULL;
	int rc = rec_pool_new(&pool, 2, &e);

	if (rc == 0)
		rc = rec_out_open(&out, "-", &e);
	if (rc == 0)
		rc = filter(argc > 1 ? atof(argv[1]) : 0, pool, out, &e);
	if (rc != 0)
		fprintf(stderr, "filter: %s\n", e.msg);
	rec_out_free(out);
	rec_pool_free(pool);
	return rc == 0 ? 0 : 1;
}
