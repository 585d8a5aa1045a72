/* SPDX-License-Identifier: MIT */
/*
 * ask.c - a history in memory, a list and its reasons: no text in between.
 *
 *	cc -o ask ask.c $(pkg-config --cflags --libs recpipe)
 *	rec-als -k 32 train.tsv > model.rec
 *	./ask model.rec tea cake
 *
 * Prints the five items that go best with those that are named: item, score,
 * and the item of the history that weighs most in it.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <recpipe/answer.h>
#include <recpipe/load.h>

enum { MOST = 100 };

static int put(struct rec_answerer *a, const struct rec_scorer *s, const struct rec_answer *got,
	       struct rec_err *e)
{
	for (uint32_t i = 0; i < got->n; i++) {
		struct rec_reason why;
		const char *item, *because = "-";
		size_t n, nb = 1;
		uint32_t reasons;

		if (rec_answer_reasons(a, got->entry[i].item, 1, &why, &reasons, e) != 0)
			return -1;
		item = rec_label(&s->items, got->entry[i].item, &n);
		if (reasons)
			because = rec_label(&s->items, why.item, &nb);
		printf("%.*s\t%.9g\t%.*s\n", (int)n, item, (double)got->entry[i].score, (int)nb,
		       because);
	}
	return 0;
}

/* Ask for n items of a history. */
static int ask(const struct rec_topn *t, const struct rec_scorer *s, char **item, int n,
	       struct rec_err *e)
{
	struct rec_ask_pair had[MOST];
	struct rec_ask question = { .pair = had, .n = 5 };
	struct rec_answer got;
	struct rec_answerer *a;	/* a thread has its own */
	int rc = rec_answerer_new(&a, t, e);

	for (; question.npairs < (uint32_t)n && question.npairs < MOST; question.npairs++) {
		const char *label = item[question.npairs];

		had[question.npairs] = (struct rec_ask_pair){
			.item = { label, strlen(label) }, .value = 1, .time = NAN
		};
	}
	if (rc == 0)
		rc = rec_answer_list(a, &question, &got, e);
	if (rc == 0)
		rc = put(a, s, &got, e);
	rec_answerer_free(a);
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
	struct rec_topn_opts to = { .n = 5 };
	struct rec_scorer s = { 0 };	/* this and t are for all threads */
	struct rec_topn *t = NULL;
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
		rc = rec_topn_new(&t, &s, &to, &e);
	if (rc == 0)
		rc = ask(t, &s, argv + 2, argc - 2, &e);
	if (rc != 0)
		fprintf(stderr, "ask: %s\n", e.msg);
	rec_topn_free(t);
	rec_scorer_free(&s);
	rec_model_free(&m);
	return rc == 0 ? 0 : 1;
}
