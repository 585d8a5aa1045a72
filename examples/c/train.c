/* SPDX-License-Identifier: MIT */
/*
 * train.c - train a model and rank with it, all in memory.
 *
 *	cc -o train train.c $(pkg-config --cflags --libs recpipe)
 *	./train interactions.tsv
 *
 * Prints the three best items for each user: user, item, score.
 */
#include <stdio.h>

#include <recpipe/als.h>
#include <recpipe/topn.h>

struct program {
	struct rec_run run;
	struct rec_sparse x;	/* rows are users, columns items */
	struct rec_model model;
	struct rec_scorer scorer;
	struct rec_pairs history;
	struct rec_topn *topn;
	struct rec_lists lists;
};

static int train(struct program *p, const char *path, struct rec_err *e)
{
	struct rec_load how = { .repeats = REC_REPEATS_SUM };
	struct rec_als_opts o;
	struct rec_in *in;

	if (rec_pool_new(&p->run.pool, 2, e) != 0 || rec_kernel_pick(&p->run.kernel, NULL, e) != 0)
		return -1;
	/* the matrix takes the stream over and closes it */
	if (rec_in_open(&in, path, e) != 0 || rec_sparse_load(&p->x, in, &how, p->run.pool, e) != 0)
		return -1;
	rec_als_defaults(&o);
	o.factors = 8;
	return rec_als_train(&p->model, &p->x, &o, NULL, &p->run, e);
}

static int rank(struct program *p, struct rec_err *e)
{
	const struct rec_model *models[] = { &p->model };
	struct rec_scorer_opts so = { .model = models, .nmodels = 1 };
	struct rec_topn_opts o = { .n = 3 };
	struct rec_topn_rows rows = { .history = &p->history };
	struct rec_topn_counts counts = { 0 };

	/* what a user has is left out, and is looked up by the user's label */
	if (rec_scorer_new(&p->scorer, &so, &p->run, e) != 0 ||
	    rec_pairs_new(&p->history, &p->x, &p->scorer.items, false, p->run.pool, e) != 0 ||
	    rec_topn_new(&p->topn, &p->scorer, &o, e) != 0)
		return -1;
	rows.last = p->x.row.n;
	return rec_topn_lists(&p->lists, p->topn, &rows, &counts, e);
}

static void print(const struct rec_lists *l)
{
	for (uint32_t u = 0; u < l->row.n; u++)
		for (uint64_t i = l->ptr[u]; i < l->ptr[u + 1]; i++) {
			size_t nuser, nitem;
			const char *user = rec_label(&l->row, u, &nuser);
			const char *item = rec_label(&l->col, l->col_idx[i], &nitem);

			printf("%.*s\t%.*s\t%.4f\n", (int)nuser, user, (int)nitem, item,
			       (double)l->score[i]);
		}
}

static void release(struct program *p)
{
	rec_lists_free(&p->lists);
	rec_topn_free(p->topn);
	rec_pairs_free(&p->history);
	rec_scorer_free(&p->scorer);
	rec_model_free(&p->model);
	rec_sparse_free(&p->x);
	rec_pool_free(p->run.pool);
}

int main(int argc, char **argv)
{
	struct program p = { 0 };
	struct rec_err e = { 0 };
	int rc = train(&p, argc > 1 ? argv[1] : "-", &e);

	if (rc == 0)
		rc = rank(&p, &e);
	if (rc == 0)
		print(&p.lists);
	else
		fprintf(stderr, "train: %s\n", e.msg);
	release(&p);
	return rc == 0 ? 0 : 1;
}
