/* SPDX-License-Identifier: MIT */
/* cmd/topn/load.c - read what rec-topn works on. */
#include "cmd/topn/load.h"

#include <string.h>

#include "score/similar.h"

/* Find the model that is popularity alone; a note on the first explicit one. */
static void look_at_models(struct topn_inputs *x, const struct topn_options *o)
{
	bool said = o->similar;

	for (size_t i = 0; i < x->models.n; i++) {
		const struct rec_model *m = &x->models.model[i];
		const char *loss = rec_meta_get(&m->meta, "loss");

		if (!x->popular_model && m->has_offset && !m->has_factors && !m->has_similarity)
			x->popular_model = m;
		if (said || !loss || strcmp(loss, "explicit") != 0)
			continue;
		said = true;
		cli_note("%s: an explicit model ranks by predicted rating; lists are better made "
			 "by an implicit model or rec-als --target value",
			 o->models.item[i]);
	}
}

/* A table of similar items that does not say how it was made may lack some. */
static void look_at_tables(const struct topn_inputs *x, const struct topn_options *o)
{
	for (size_t i = 0; o->similar && i < x->models.n; i++)
		if (x->models.model[i].has_similarity && !rec_similar_told(&x->models.model[i])) {
			cli_note("%s does not say how it was made: its rows are taken as they "
				 "stand, which is right for rec-sim -n 0 and --keep history (-b "
				 "writes how)",
				 o->models.item[i]);
			return;
		}
}

/* Popularity comes from interactions, a popular model, or what was seen. */
static void find_popular(struct topn_inputs *x, const struct topn_options *o)
{
	if (!topn_wants_popular(o))
		return;
	if (o->interactions) {
		x->popular_from = &x->interactions;
		x->popular_model = NULL;
	} else if (!x->popular_model && o->seen) {
		x->popular_from = &x->seen;
	} else if (!x->popular_model) {
		cli_usage("popularity is not known: give --interactions FILE, --seen FILE or a "
			  "popular model with -m");
	}
}

enum rec_repeats topn_repeats(const struct topn_inputs *x)
{
	return x->models.explicit_loss ? REC_REPEATS_LAST : REC_REPEATS_SUM;
}

static int load_stdin(struct topn_inputs *x, const struct topn_options *o,
		      const struct rec_run *run, struct rec_err *e)
{
	struct rec_load how = { .repeats = topn_repeats(x),
				.times = x->models.explicit_loss,
				.label_only = true,
				.anyhow = true,
				.trust = o->common.trust,
				.no_sums = true };
	const char *what = o->similar ? "items" : "histories";
	struct rec_in *in;

	if (o->stream)
		return cli_load_rows(&x->stream, what, REC_ROWS_LABELS | REC_ROWS_ANYHOW, run, e);
	if (cli_in(&in, NULL, what, e) != 0 ||
	    rec_sparse_load(&x->histories, in, &how, run->pool, e) != 0)
		return -1;
	cli_tell_lost(&x->histories.lost);
	return 0;
}

int topn_load(struct topn_inputs *x, const struct topn_options *o, const struct rec_run *run,
	      struct rec_err *e)
{
	cli_phase("load");
	if (cli_load_models(&x->models, &o->models, o->blend, run, e) != 0)
		return -1;
	look_at_models(x, o);
	look_at_tables(x, o);
	x->empty_models = cli_note_empty_models(&x->models, &o->models);
	if (cli_load_pairs(&x->seen, o->seen, "pairs to leave out", REC_REPEATS_MAX, run, e) != 0 ||
	    cli_load_pairs(&x->candidates, o->candidates, "candidates", REC_REPEATS_MAX, run, e) !=
		    0 ||
	    cli_load_pairs(&x->interactions, o->interactions, "interactions", REC_REPEATS_SUM, run,
			   e) != 0)
		return -1;
	find_popular(x, o);
	return load_stdin(x, o, run, e);
}

void topn_inputs_free(struct topn_inputs *x)
{
	rec_rows_close(x->stream);
	rec_sparse_free(&x->histories);
	rec_sparse_free(&x->seen);
	rec_sparse_free(&x->candidates);
	rec_sparse_free(&x->interactions);
	cli_free_models(&x->models);
}
