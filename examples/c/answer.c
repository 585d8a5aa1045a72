/* SPDX-License-Identifier: MIT */
/*
 * answer.c - read a model and answer histories as they come.
 *
 *	cc -o answer answer.c $(pkg-config --cflags --libs recpipe)
 *	rec-als -k 32 train.tsv > model.rec
 *	printf 'ann\ttea\nann\tcake\n\n' | ./answer model.rec
 *
 * A history is lines of one user, up to the next user or an empty line. Its
 * list of five items is written at once, whether the model knows the user or
 * not.
 */
#include <stdio.h>

#include <recpipe/load.h>
#include <recpipe/topn.h>

static int answer(const struct rec_topn *t, struct rec_out *out, struct rec_err *e)
{
	struct rec_topn_rows nothing_else = { 0 };
	struct rec_topn_counts counts = { 0 };
	struct rec_in *in;
	struct rec_rows *rows;
	int rc;

	if (rec_in_open(&in, "-", e) != 0)
		return -1;
	if (rec_rows_open(&rows, in, REC_ROWS_LABELS, NULL, e) != 0) {
		rec_in_close(in);	/* rows take the stream over on success alone */
		return -1;
	}
	rc = rec_topn_stream(t, rows, &nothing_else, REC_REPEATS_SUM, out, &counts, e);
	rec_rows_close(rows);
	return rc;
}

static int serve(const struct rec_scorer *s, struct rec_err *e)
{
	struct rec_topn_opts o = { .n = 5 };
	struct rec_topn *t = NULL;
	struct rec_out *out = NULL;
	int rc = rec_topn_new(&t, s, &o, e);

	if (rc == 0)
		rc = rec_out_open(&out, "-", e);
	if (rc == 0)
		rc = answer(t, out, e);
	/* a full disk or a closed pipe shows here at the latest */
	if (rc == 0)
		rc = rec_out_finish(out, e);
	rec_out_free(out);
	rec_topn_free(t);
	return rc;
}

int main(int argc, char **argv)
{
	struct rec_run run = { 0 };	/* no pool: one thread */
	struct rec_model m = { 0 };
	const struct rec_model *models[] = { &m };
	struct rec_scorer_opts so = {
		.model = models, .nmodels = 1, .unknown_users = true, .index = true
	};
	struct rec_scorer s = { 0 };
	struct rec_err e = { 0 };
	struct rec_in *in;
	int rc = rec_in_open(&in, argc > 1 ? argv[1] : "model.rec", &e);

	if (rc == 0)
		rc = rec_model_load(&m, in, false, NULL, &e);
	if (rc == 0)
		rc = rec_kernel_pick(&run.kernel, NULL, &e);
	if (rc == 0)
		rc = rec_scorer_new(&s, &so, &run, &e);
	if (rc == 0)
		rc = serve(&s, &e);
	if (rc != 0)
		fprintf(stderr, "answer: %s\n", e.msg);
	rec_scorer_free(&s);
	rec_model_free(&m);
	return rc == 0 ? 0 : 1;
}
