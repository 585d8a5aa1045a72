/* SPDX-License-Identifier: MIT */
/* cmd/topn/make.c - put together what answers the rows of rec-topn. */
#include "cmd/topn/make.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cmd/cli/side.h"
#include "score/allow.h"
#include "topn/label_list.h"

/* Whether a factor model may meet users that it does not hold. */
static int find_unknown_users(bool *unknown, const struct topn_options *o,
			      const struct topn_inputs *x, struct rec_err *e)
{
	*unknown = o->stream || o->explain;
	for (size_t i = 0; !*unknown && !o->similar && i < x->models.n; i++) {
		bool all;

		if (rec_model_holds(x->models.list[i], &x->histories.row, &all, e) != 0)
			return -1;
		*unknown = *unknown || !all;
	}
	return 0;
}

/* A model that is one of several parts of the items cannot fold users in. */
static void look_for_parts(struct topn_maker *m, const struct topn_options *o,
			   const struct topn_inputs *x, bool unknown_users)
{
	for (size_t i = 0; i < x->models.n; i++) {
		if (!rec_model_is_part(x->models.list[i]))
			continue;
		m->view.part_of_items = true;
		if (unknown_users && !o->fold_in)
			cli_note("%s holds a part of its items: users whom it does not hold cannot "
				 "be folded in",
				 o->models.item[i]);
	}
}

static int make_scorer(struct topn_maker *m, const struct topn_options *o,
		       const struct topn_inputs *x, const struct rec_run *run, struct rec_err *e)
{
	struct rec_scorer_opts so = {
		.model = x->models.list,
		.nmodels = x->models.n,
		.weight = x->models.weight,
		.scale = (enum rec_scale)o->scale,
		.fold_in = o->fold_in,
		.similar = o->similar,
		.interactions = o->interactions ? &x->interactions : NULL,
		.index = o->stream,
		.more = x->popular_from ? &x->popular_from->col : NULL,
	};

	if (find_unknown_users(&so.unknown_users, o, x, e) != 0)
		return -1;
	look_for_parts(m, o, x, so.unknown_users);
	return rec_scorer_new(&m->scorer, &so, run, e);
}

/* A file of labels. */
struct label_file {
	const char *option, *path;
	unsigned char value;		/* that items get which it names */
	bool fail;			/* where no model holds any of its items */
};

static int check_labels(const struct label_file *f, const struct rec_label_tally *t,
			const struct rec_labels *items, struct rec_err *e)
{
	struct cli_side side = { f->option, f->path, NULL, f->fail };

	if (t->labels == 0)
		return cli_side_unlike(&side, "the file is empty", "", 0, &(struct rec_labels){ 0 },
				       "", e);
	if (t->unknown == t->labels)
		return cli_side_unlike(&side, "no model holds any of its items", t->first,
				       t->first_len, items, "in the model", e);
	if (t->unknown)
		cli_note("%llu of %llu label%s of %s %s of no model; %s ignored",
			 (unsigned long long)t->unknown, (unsigned long long)t->labels,
			 cli_s(t->labels), f->path, t->unknown == 1 ? "is an item" : "are items",
			 t->unknown == 1 ? "it is" : "they are");
	return 0;
}

static int mark(unsigned char *allowed, const struct label_file *f, const struct rec_labels *items,
		const struct rec_run *run, struct rec_err *e)
{
	unsigned char *named = rec_zalloc((size_t)items->n + 1, 1, e);
	struct rec_label_tally t = { 0 };
	struct rec_in *in;
	int rc = -1;

	if (named && cli_in(&in, f->path, "labels", e) == 0)
		rc = rec_label_list_load(named, items, in, run->pool, &t, e);
	for (uint32_t i = 0; rc == 0 && i < items->n; i++)
		if (named[i])
			allowed[i] = f->value;
	free(named);
	return rc == 0 ? check_labels(f, &t, items, e) : -1;
}

/* --allow, then --deny. */
static int make_allowed(struct topn_maker *m, const struct topn_options *o,
			const struct rec_run *run, struct rec_err *e)
{
	const struct rec_labels *items = &m->scorer.items;
	/* Another part of the items may hold what none of this one is. */
	const struct label_file allow = { "allow", o->allow, 1, !m->view.part_of_items },
				deny = { "deny", o->deny, 0, false };

	if (!o->allow && !o->deny)
		return 0;
	m->allowed = rec_zalloc((size_t)items->n + 1, 1, e);
	if (!m->allowed)
		return -1;
	if (!o->allow)
		memset(m->allowed, 1, items->n);
	if ((o->allow && mark(m->allowed, &allow, items, run, e) != 0) ||
	    (o->deny && mark(m->allowed, &deny, items, run, e) != 0))
		return -1;
	return rec_scorer_allow(&m->scorer, m->allowed, e);
}

static int make_popular(struct topn_maker *m, const struct topn_options *o,
			const struct topn_inputs *x, struct rec_err *e)
{
	const struct rec_dense *d;

	if (!topn_wants_popular(o))
		return 0;
	if (x->popular_from)
		return rec_popular_count(&m->popular, x->popular_from, &m->scorer.items, e);
	d = &x->popular_model->offset;
	return rec_popular_offset(&m->popular, &d->row, d->val, &m->scorer.items, e);
}

static int make_pairs(struct topn_maker *m, const struct topn_options *o,
		      const struct topn_inputs *x, const struct rec_run *run, struct rec_err *e)
{
	const struct rec_labels *items = &m->scorer.items;
	bool index = o->stream;		/* its rows come in any order */

	if ((!o->stream &&
	     rec_pairs_new(&m->histories, &x->histories, items, false, run->pool, e) != 0) ||
	    (o->seen && rec_pairs_new(&m->seen, &x->seen, items, index, run->pool, e) != 0) ||
	    (o->candidates &&
	     rec_pairs_new(&m->candidates, &x->candidates, items, index, run->pool, e) != 0))
		return -1;
	return 0;
}

static bool wants_users(const struct rec_scorer *s)
{
	for (size_t i = 0; i < s->nparts; i++)
		if (s->part[i].neighbours)
			return true;
	return false;
}

/*
 * Interactions are those of others, some of whom must be neighbours; popularity
 * is of items of the models.
 */
static int check_interactions(const struct topn_maker *m, const struct topn_options *o,
			      const struct rec_sparse *x, struct rec_err *e)
{
	struct cli_side users = { "interactions", o->interactions, x, true };
	struct topn_side items = { .option = "interactions",
				   .file = o->interactions,
				   .x = x,
				   .fail_empty = true,
				   .fail_items = true,
				   .any_users = true };

	if (!wants_users(&m->scorer) && !topn_wants_popular(o)) {
		cli_note("--interactions %s: it is not used: it is for user-user models and for "
			 "popularity (--cold, --fill)",
			 o->interactions);
		return 0;
	}
	if (cli_side_filled(&users, e) != 0)
		return -1;
	for (size_t i = 0; i < m->scorer.nparts; i++)
		if (m->scorer.part[i].neighbours &&
		    cli_side_apart(&users, "none of its users is in the model", &x->row,
				   m->scorer.part[i].neighbours, "in the model", e) != 0)
			return -1;
	return topn_wants_popular(o) ? topn_check_side(&m->view, &items, e) : 0;
}

/* What the files of pairs have in common with the models and with stdin. */
static int check_sides(const struct topn_maker *m, const struct topn_options *o,
		       const struct topn_inputs *x, struct rec_err *e)
{
	const struct topn_side seen = { .option = "seen",
					.file = o->seen,
					.x = &x->seen,
					.pairs = &m->seen,
					.fail_items = true };
	const struct topn_side candidates = { .option = "candidates",
					      .file = o->candidates,
					      .x = &x->candidates,
					      .pairs = &m->candidates,
					      .fail_empty = true,
					      .fail_items = true,
					      .fail_users = true,
					      .popular = true };

	if (topn_check_side(&m->view, &seen, e) != 0 ||
	    topn_check_side(&m->view, &candidates, e) != 0)
		return -1;
	return o->interactions ? check_interactions(m, o, &x->interactions, e) : 0;
}

/* Which rows are answered. */
static int choose_rows(struct topn_maker *m, const struct topn_options *o,
		       const struct topn_inputs *x, struct rec_err *e)
{
	m->rows = (struct rec_topn_rows){
		.history = &m->histories,
		.seen = o->seen ? &m->seen : NULL,
		.candidates = o->candidates ? &m->candidates : NULL,
		.last = x->histories.row.n,
	};
	return o->part.n ? rec_topn_part(m->topn, &m->rows, o->part.i, o->part.n, e) : 0;
}

int topn_make(struct topn_maker *m, const struct topn_options *o, const struct topn_inputs *x,
	      const struct rec_run *run, struct rec_err *e)
{
	struct rec_topn_opts to = { .n = o->top,
				    .keep_seen = o->keep_seen,
				    .cold = (enum rec_cold)o->cold,
				    .fill = o->fill,
				    .explain = o->explain,
				    .popular = &m->popular };

	cli_phase("prepare");
	m->view = (struct topn_view){ .o = o, .x = x, .scorer = &m->scorer };
	if (make_scorer(m, o, x, run, e) != 0 || make_allowed(m, o, run, e) != 0 ||
	    make_popular(m, o, x, e) != 0 || make_pairs(m, o, x, run, e) != 0 ||
	    check_sides(m, o, x, e) != 0)
		return -1;
	topn_tell_text_models(&m->view);
	to.allowed = m->allowed;
	return rec_topn_new(&m->topn, &m->scorer, &to, e) == 0 ? choose_rows(m, o, x, e) : -1;
}

/*
 * Bytes of a matrix that was read: while it was, and later. One that lies in a
 * mapped file takes none.
 */
static uint64_t matrix_bytes(const struct rec_sparse *x, bool reading)
{
	return x->in && !x->block ? 0 : (reading ? 24 : x->m.time ? 16 : 8) * x->m.nnz;
}

uint64_t topn_bytes(const struct topn_maker *m, const struct topn_options *o,
		    const struct topn_inputs *x, const struct rec_run *run)
{
	const struct rec_sparse *read[] = { &x->seen, &x->candidates, &x->interactions,
					    &x->histories };	/* one after the other */
	uint64_t held = cli_models_bytes(&x->models), most = 0;

	for (size_t i = 0; i < sizeof read / sizeof *read; i++) {
		uint64_t reading = held + matrix_bytes(read[i], true);

		most = reading > most ? reading : most;
		held += matrix_bytes(read[i], false);
	}
	held += rec_topn_size(m->topn, rec_pool_size(run->pool)) + rec_scorer_bytes(&m->scorer);
	if (!o->stream)
		held += rec_topn_write_size(m->topn, &m->rows, o->common.binary);
	return held > most ? held : most;
}

void topn_maker_free(struct topn_maker *m)
{
	rec_topn_free(m->topn);
	rec_scorer_free(&m->scorer);
	rec_pairs_free(&m->histories);
	rec_pairs_free(&m->seen);
	rec_pairs_free(&m->candidates);
	rec_popular_free(&m->popular);
	free(m->allowed);
}
