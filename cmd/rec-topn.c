/* SPDX-License-Identifier: MIT */
/*
 * rec-topn - ranks items for each row of stdin, leaving out what that row
 * already holds.
 *
 * Load: models, pairs to leave out or to choose from, stdin (but for --stream).
 * Put together: a scorer over the items of all models, the set of items that
 * may be listed, popularity. Then rows are answered (lib/topn/topn.h) and what
 * could not be done is told on stderr.
 */
#include <stdlib.h>
#include <string.h>

#include "base/label.h"
#include "base/mem.h"
#include "cmd/cli/cli.h"
#include "cmd/cli/load.h"
#include "cmd/cli/side.h"
#include "cmd/topn/tell.h"
#include "io/looks.h"
#include "recpipe/matrix.h"
#include "score/similar.h"
#include "topn/label_list.h"
#include "topn/topn.h"

static const char *const scale_names[] = { "raw", "zscore", "rank", NULL },
			 *const cold_names[] = { "drop", "popular", "fail", NULL },
			 *const fill_names[] = { "none", "popular", NULL };

static struct {
	struct cli_list models;
	const char *blend, *seen, *allow, *deny, *candidates, *interactions;
	unsigned scale, cold, fill;
	uint32_t top;
	bool keep_seen, fold_in, stream, similar, merge;
	struct cli_part part;
	struct cli_common common;
} o = { .top = 10, .common = CLI_COMMON_INIT };

static const struct cli_opt opts[] = {
	CLI_LIST('m', "model", "FILE", &o.models, "model to rank with; again for a blend"),
	CLI_STRING(0, "blend", "W1,W2,...", &o.blend, "weight of each model (default: 1 each)"),
	CLI_CHOICE(0, "scale", "raw|zscore|rank", &o.scale, scale_names,
		   "make scores of a row comparable between models before blending"),
	CLI_U32('n', "top", "N", &o.top, 1, 4294967295, "items per row"),
	CLI_FILE(0, "seen", &o.seen, "more pairs to leave out"),
	CLI_FLAG(0, "keep-seen", &o.keep_seen, "leave nothing out"),
	CLI_FLAG(0, "fold-in", &o.fold_in,
		 "factor models: solve every user from the history on stdin, stored ones too"),
	CLI_FILE(0, "allow", &o.allow, "list only items with these labels"),
	CLI_FILE(0, "deny", &o.deny, "list no item with these labels"),
	CLI_FILE(0, "candidates", &o.candidates, "for each row list only these items (pairs)"),
	CLI_CHOICE(0, "cold", "drop|popular|fail", &o.cold, cold_names,
		   "rows that no model can score"),
	CLI_CHOICE(0, "fill", "none|popular", &o.fill, fill_names, "complete short lists"),
	CLI_FILE(0, "interactions", &o.interactions,
		 "what users hold: for user-user models, and for popularity"),
	CLI_FLAG(0, "stream", &o.stream, "answer each row of grouped lines at once"),
	CLI_FLAG(0, "similar-items", &o.similar,
		 "rows of stdin are items: list the items most like them (rec-sim --side user: "
		 "users)"),
	CLI_PART(0, "part", &o.part, "answer part I of N of the rows"),
	CLI_FLAG(0, "merge", &o.merge,
		 "stdin is lists over disjoint parts of the items: write the best of all"),
	CLI_COMMON_AS(&o.common, CLI_BINARY_HELP, NULL, CLI_TRUST_HELP),
	CLI_END,
};

static const struct cli_spec spec = {
	.name = "rec-topn",
	.summary = "rank items for each row of stdin, leaving out what that row already holds",
	.synopsis = "rec-topn -m MODEL [options] < histories > lists\n       rec-topn --merge "
		    "[options] < lists > lists",
	.hint = "reads stdin: rec-topn -m model.rec < train.tsv",
	.opts = opts,
	.common = &o.common,
};

/*
 * All that is loaded and made; freed at the end, and by the system where the
 * command fails.
 */
static struct work {
	struct cli_models models;
	struct rec_sparse in, seen, candidates, interactions;
	struct rec_pairs history_pairs, seen_pairs, candidate_pairs;
	const struct rec_sparse *popular_from;	/* counted for popularity */
	const struct rec_model *popular_model;	/* or its offset is */
	struct rec_popular popular;
	unsigned char *allowed;
	struct rec_rows *stream;
	struct rec_scorer scorer;
	struct rec_topn *topn;
	struct rec_topn_rows rows;
	struct rec_topn_counts counts;
	struct topn_view view;			/* for what is said */
	struct rec_lists lists;			/* of --merge */
} w;

static bool wants_popular(void)
{
	return o.fill || o.cold == REC_COLD_POPULAR;
}

/* The options before --merge in the table ask a model, but for --top. */
static void check_merge(void)
{
	for (const struct cli_opt *opt = opts; strcmp(opt->name, "merge") != 0; opt++)
		if (strcmp(opt->name, "top") != 0 && cli_given(opt->name))
			cli_usage("--merge cannot work with --%s: it takes lists, and no model",
				  opt->name);
}

static void check_options(void)
{
	if (o.merge) {
		check_merge();
		return;
	}
	if (o.models.n == 0)
		cli_usage("no model: give -m FILE");
	if (o.stream && o.common.binary)
		cli_usage("--stream cannot work with --binary: it writes text");
	if (o.stream && o.part.n)
		cli_usage("--stream cannot work with --part");
	if (o.stream && o.common.estimate)
		cli_usage("--stream cannot work with --estimate");
	if (o.keep_seen && o.seen)
		cli_usage("--keep-seen cannot work with --seen");
	if (o.similar && o.fold_in)
		cli_usage("--similar-items cannot work with --fold-in");
}

/*
 * The model that is popularity alone, if any; and what to say of explicit ones.
 */
static void look_at_models(void)
{
	bool said = o.similar;

	for (size_t i = 0; i < w.models.n; i++) {
		const struct rec_model *m = &w.models.model[i];
		const char *loss = rec_meta_get(&m->meta, "loss");

		if (!w.popular_model && m->has_offset && !m->has_factors && !m->has_similarity)
			w.popular_model = m;
		if (said || !loss || strcmp(loss, "explicit") != 0)
			continue;
		said = true;
		cli_note("%s: an explicit model ranks by predicted rating; lists are better made "
			 "by an implicit model or rec-als --target value",
			 o.models.item[i]);
	}
}

/*
 * A table that does not say how it was made is taken as it stands, for better
 * or worse.
 */
static void look_at_tables(void)
{
	for (size_t i = 0; o.similar && i < w.models.n; i++)
		if (w.models.model[i].has_similarity && !rec_similar_told(&w.models.model[i])) {
			cli_note("%s does not say how it was made: its rows are taken as they "
				 "stand, which is right for rec-sim -n 0 and --keep history (-b "
				 "writes how)",
				 o.models.item[i]);
			return;
		}
}

/* Where popularity comes from: interactions, a popular model, what was seen. */
static void find_popular(void)
{
	if (!wants_popular())
		return;
	if (o.interactions) {
		w.popular_from = &w.interactions;
		w.popular_model = NULL;
	} else if (!w.popular_model && o.seen) {
		w.popular_from = &w.seen;
	} else if (!w.popular_model) {
		cli_usage("popularity is not known: give --interactions FILE, --seen FILE or a "
			  "popular model with -m");
	}
}

static enum rec_repeats repeats(void)
{
	return w.models.explicit_loss ? REC_REPEATS_LAST : REC_REPEATS_SUM;
}

static int load_stdin(struct rec_run *run, struct rec_err *e)
{
	struct rec_load how = { .repeats = repeats(),
				.times = w.models.explicit_loss,
				.label_only = true,
				.anyhow = true,
				.trust = o.common.trust };
	const char *what = o.similar ? "items" : "histories";
	struct rec_in *in;

	if (o.stream)
		return cli_load_rows(&w.stream, what, REC_ROWS_LABELS | REC_ROWS_ANYHOW, run, e);
	if (cli_in(&in, NULL, what, e) != 0 || rec_sparse_load(&w.in, in, &how, run->pool, e) != 0)
		return -1;
	cli_tell_lost(&w.in.lost);
	return 0;
}

static int load(struct rec_run *run, struct rec_err *e)
{
	cli_phase("load");
	if (cli_load_models(&w.models, &o.models, o.blend, run, e) != 0)
		return -1;
	look_at_models();
	look_at_tables();
	w.view.empty_models = cli_note_empty_models(&w.models, &o.models);
	if (cli_load_pairs(&w.seen, o.seen, "pairs to leave out", REC_REPEATS_MAX, run, e) != 0 ||
	    cli_load_pairs(&w.candidates, o.candidates, "candidates", REC_REPEATS_MAX, run, e) !=
		    0 ||
	    cli_load_pairs(&w.interactions, o.interactions, "interactions", REC_REPEATS_SUM, run,
			   e) != 0)
		return -1;
	find_popular();
	return load_stdin(run, e);
}

static int make_scorer(struct rec_run *run, struct rec_err *e)
{
	struct rec_scorer_opts so = {
		.model = w.models.list,
		.nmodels = w.models.n,
		.weight = w.models.weight,
		.scale = (enum rec_scale)o.scale,
		.fold_in = o.fold_in,
		.similar = o.similar,
		.unknown_users = o.stream,
		.interactions = o.interactions ? &w.interactions : NULL,
		.index = o.stream,
		.more = w.popular_from ? &w.popular_from->col : NULL,
	};
	for (size_t i = 0; !o.stream && !o.similar && i < w.models.n; i++) {
		bool all;

		if (rec_model_holds(w.models.list[i], &w.in.row, &all, e) != 0)
			return -1;
		so.unknown_users = so.unknown_users || !all;
	}
	for (size_t i = 0; i < w.models.n; i++) {
		if (!rec_model_is_part(w.models.list[i]))
			continue;
		w.view.part_of_items = true;
		if (so.unknown_users && !o.fold_in)
			cli_note("%s holds a part of its items: users whom it does not hold cannot "
				 "be folded in",
				 o.models.item[i]);
	}
	return rec_scorer_new(&w.scorer, &so, run, e);
}

/*
 * Labels of a file: all unknown is an error where nothing else may be listed.
 */
static int check_labels(const char *option, const char *path, const struct rec_label_tally *t,
			bool fail, struct rec_err *e)
{
	struct cli_side side = { option, path, NULL, fail && !w.view.part_of_items };

	if (t->labels == 0)
		return cli_side_unlike(&side, "the file is empty", "", 0, &(struct rec_labels){ 0 },
				       "", e);
	if (t->unknown == t->labels)
		return cli_side_unlike(&side, "no model holds any of its items", t->first,
				       t->first_len, &w.scorer.items, "in the model", e);
	if (t->unknown)
		cli_note("%llu of %llu label%s of %s %s of no model; %s ignored",
			 (unsigned long long)t->unknown, (unsigned long long)t->labels,
			 cli_s(t->labels), path, t->unknown == 1 ? "is an item" : "are items",
			 t->unknown == 1 ? "it is" : "they are");
	return 0;
}

static int mark(unsigned char *allowed, const char *option, const char *path, unsigned char value,
		struct rec_run *run, struct rec_err *e)
{
	unsigned char *named = rec_zalloc((size_t)w.scorer.items.n + 1, 1, e);
	struct rec_label_tally t = { 0 };
	struct rec_in *in;
	uint32_t i;
	int rc = -1;

	if (named && cli_in(&in, path, "labels", e) == 0)
		rc = rec_label_list_load(named, &w.scorer.items, in, run->pool, &t, e);
	for (i = 0; rc == 0 && i < w.scorer.items.n; i++)
		if (named[i])
			allowed[i] = value;
	free(named);
	return rc == 0 ? check_labels(option, path, &t, value == 1, e) : -1;
}

/* --allow, then --deny. */
static int make_allowed(struct rec_run *run, struct rec_err *e)
{
	if (!o.allow && !o.deny)
		return 0;
	if (!(w.allowed = rec_zalloc((size_t)w.scorer.items.n + 1, 1, e)))
		return -1;
	if (!o.allow)
		memset(w.allowed, 1, w.scorer.items.n);
	if (o.allow && mark(w.allowed, "allow", o.allow, 1, run, e))
		return -1;
	return o.deny ? mark(w.allowed, "deny", o.deny, 0, run, e) : 0;
}

static int make_popular(struct rec_err *e)
{
	const struct rec_dense *d;

	if (!wants_popular())
		return 0;
	if (w.popular_from)
		return rec_popular_count(&w.popular, w.popular_from, &w.scorer.items, e);
	d = &w.popular_model->offset;
	return rec_popular_offset(&w.popular, &d->row, d->val, &w.scorer.items, e);
}

static int make_pairs(struct rec_run *run, struct rec_err *e)
{
	const struct rec_labels *items = &w.scorer.items;

	if ((!o.stream && rec_pairs_new(&w.history_pairs, &w.in, items, false, run->pool, e)) ||
	    (o.seen && rec_pairs_new(&w.seen_pairs, &w.seen, items, o.stream, run->pool, e)) ||
	    (o.candidates &&
	     rec_pairs_new(&w.candidate_pairs, &w.candidates, items, o.stream, run->pool, e)))
		return -1;
	return 0;
}

static bool wants_users(void)
{
	for (size_t i = 0; i < w.scorer.nparts; i++)
		if (w.scorer.part[i].kind == REC_PART_USERS)
			return true;
	return false;
}

/*
 * Interactions are those of others, some of whom must be neighbours; popularity
 * is of items of the models.
 */
static int check_interactions(struct rec_err *e)
{
	const struct rec_sparse *x = &w.interactions;
	struct cli_side users = { "interactions", o.interactions, x, true };
	struct topn_side items = { "interactions", o.interactions, x,	 NULL, true,
				   true,	   false,	   true, false };

	if (!wants_users() && !wants_popular()) {
		cli_note("--interactions %s: nothing uses it; it is for user-user models and for "
			 "popularity (--cold, --fill)",
			 o.interactions);
		return 0;
	}
	if (cli_side_filled(&users, e) != 0)
		return -1;
	for (size_t i = 0; i < w.scorer.nparts; i++)
		if (w.scorer.part[i].kind == REC_PART_USERS &&
		    cli_side_apart(&users, "none of its users is in the model", &x->row,
				   &w.scorer.part[i].model->col, "in the model", e) != 0)
			return -1;
	return wants_popular() ? topn_check_side(&w.view, &items, e) : 0;
}

/* What the files of pairs have in common with the models and with stdin. */
static int check_sides(struct rec_err *e)
{
	struct topn_side seen = { "seen", o.seen, &w.seen, &w.seen_pairs, false,
				  true,	  false,  false,   false };
	struct topn_side candidates = {
		"candidates", o.candidates, &w.candidates, &w.candidate_pairs, true, true,
		true,	      false,	    true
	};

	if (topn_check_side(&w.view, &seen, e) != 0 ||
	    topn_check_side(&w.view, &candidates, e) != 0)
		return -1;
	return o.interactions ? check_interactions(e) : 0;
}

static int make(struct rec_run *run, struct rec_err *e)
{
	struct rec_topn_opts to = { .n = o.top,
				    .keep_seen = o.keep_seen,
				    .cold = (enum rec_cold)o.cold,
				    .fill = o.fill,
				    .popular = &w.popular };

	cli_phase("prepare");
	w.view.models = &w.models;
	w.view.files = &o.models;
	w.view.scorer = &w.scorer;
	w.view.in = o.stream ? NULL : &w.in;
	w.view.counts = &w.counts;
	w.view.top = o.top;
	w.view.similar = o.similar;
	w.view.popular = o.cold == REC_COLD_POPULAR;
	if (make_scorer(run, e) || make_allowed(run, e) ||
	    (w.allowed && rec_scorer_allow(&w.scorer, w.allowed, e)) || make_popular(e) ||
	    make_pairs(run, e))
		return -1;
	if (check_sides(e) != 0)
		return -1;
	topn_tell_text_models(&w.view);
	to.allowed = w.allowed;
	return rec_topn_new(&w.topn, &w.scorer, &to, e);
}

/*
 * A matrix that was read, while it was and later; one that lies in a mapped
 * file takes nothing.
 */
static uint64_t matrix_bytes(const struct rec_sparse *x, bool reading)
{
	return x->in && !x->block ? 0 : (reading ? 24 : x->m.time ? 16 : 8) * x->m.nnz;
}

static uint64_t memory(const struct rec_run *run)
{
	const struct rec_sparse *read[] = { &w.seen, &w.candidates, &w.interactions, &w.in };
	uint64_t held = cli_models_bytes(&w.models), most = 0;

	for (size_t i = 0; i < sizeof read / sizeof *read; i++) {	/* one after the other */
		most = held + matrix_bytes(read[i], true) > most ?
			       held + matrix_bytes(read[i], true) :
			       most;
		held += matrix_bytes(read[i], false);
	}
	held += rec_topn_size(w.topn, rec_pool_size(run->pool)) + w.scorer.cut_bytes;
	if (!o.stream)
		held += rec_topn_write_size(w.topn, &w.rows, o.common.binary);
	return held > most ? held : most;
}

static void count(void)
{
	const struct rec_topn_counts *c = &w.counts;

	cli_stat_u64("rows", c->rows);
	cli_stat_u64("rows.answered", c->answered);
	cli_stat_u64("rows.cold", c->cold);
	cli_stat_u64("entries", c->entries);
	cli_stat_u64("entries.filled", c->filled);
}

/* Which rows are answered. */
static int choose_rows(struct rec_err *e)
{
	w.rows = (struct rec_topn_rows){
		.history = &w.history_pairs,
		.seen = o.seen ? &w.seen_pairs : NULL,
		.candidates = o.candidates ? &w.candidate_pairs : NULL,
		.last = w.in.row.n,
	};
	return o.part.n ? rec_topn_part(w.topn, &w.rows, o.part.i, o.part.n, e) : 0;
}

static int answer(struct rec_err *e)
{
	struct rec_out *out;

	if (cli_out(&out, o.common.output, o.common.binary, e))
		return -1;
	cli_phase("rank");
	if (o.stream)
		return rec_topn_stream(w.topn, w.stream, &w.rows, repeats(), out, &w.counts, e);
	return rec_topn_write(w.topn, &w.rows, out, o.common.binary, &w.counts, e);
}

/*
 * Where no line has a TAB and no label is known, stdin is labels of strangers,
 * or another format. What surely is another format is refused even where
 * popularity answered; what may be one where nothing was answered.
 */
static int check_looks(struct rec_err *e)
{
	const struct rec_looks *l = o.stream ? rec_rows_looks(w.stream) : w.in.looks;
	const struct rec_topn_counts *c = &w.counts;
	const char *label = "";
	size_t n = 0;

	if (!l || c->rows == 0 || c->cold < c->rows || (c->answered && !l->sure))
		return 0;
	if (!l->lines)
		return rec_err_set(e, REC_EDATA, "<stdin>: this is %s; %s", l->what, l->todo);
	if (!o.stream)
		label = rec_label(&w.in.row, 0, &n);
	return rec_err_set(e, REC_EDATA,
			   "<stdin>: no line has a TAB%s%.*s%s; a history is user TAB item; %s? %s",
			   n ? ", as in '" : "", REC_LABEL(label, n), n ? "'" : "", l->what,
			   l->todo);
}

static void free_work(void)
{
	rec_topn_free(w.topn);
	rec_scorer_free(&w.scorer);
	rec_pairs_free(&w.history_pairs);
	rec_pairs_free(&w.seen_pairs);
	rec_pairs_free(&w.candidate_pairs);
	rec_popular_free(&w.popular);
	rec_rows_close(w.stream);
	rec_sparse_free(&w.in);
	rec_sparse_free(&w.seen);
	rec_sparse_free(&w.candidates);
	rec_sparse_free(&w.interactions);
	cli_free_models(&w.models);
	free(w.allowed);
}

static int rank_rows(struct rec_run *r, struct rec_err *e)
{
	struct cli_amount more[] = { { "rows", 0 }, { "items", 0 }, { NULL, 0 } };
	int rc;

	if (load(r, e) != 0 || make(r, e) != 0 || choose_rows(e) != 0)
		return -1;
	more[0].n = w.in.row.n;
	more[1].n = w.scorer.items.n;
	rc = cli_need(memory(r), more, e);
	if (rc == 0)
		rc = answer(e);
	if (rc < 0 || check_looks(e) != 0)
		return -1;
	if (rc == 0) {
		count();
		topn_tell(&w.view);
	}
	if (rc == 0 && w.stream)
		cli_tell_lost(rec_rows_lost(w.stream));
	if (w.counts.rows && !w.counts.answered && !o.part.n)
		return topn_fail_unanswered(&w.view, e);
	free_work();
	return cli_commit(e);
}

/*
 * Bytes that lists take while they are read (then as entries, later as columns
 * and scores), or packed for recmat.
 */
static uint64_t lists_bytes(void)
{
	enum { READING = 40, FLOATS = 8, DOUBLES = 16, PACKED = 4 };
	const struct rec_lists *l = &w.lists;
	const uint64_t HELD = l->exact ? DOUBLES : FLOATS;
	uint64_t labels = l->row.off[l->row.n] + l->col.off[l->col.n] +
			  16 * ((uint64_t)l->row.n + l->col.n);
	uint64_t reading = (l->in && !l->block ? HELD : READING) * l->nnz,
		 writing = (HELD + (o.common.binary ? PACKED : 0)) * l->nnz;

	return 2 * labels + (reading > writing ? reading : writing);
}

/*
 * Recmat holds floats, in rank order; text is written with as many digits as a
 * double has.
 */
static void tell_lost_scores(const struct rec_lists *l)
{
	struct rec_lost lost = l->lost;

	lost.times = 0;
	if (o.common.binary)
		cli_tell_lost(&lost);
	else if (l->lost.times)
		cli_note("%llu score%s more digits than a double (first: %s: '%s' is read as %s)",
			 (unsigned long long)l->lost.times, l->lost.times == 1 ? " has" : "s have",
			 l->lost.time.where, l->lost.time.written, l->lost.time.kept);
}

static int write_merged(struct rec_run *r, struct rec_err *e)
{
	const struct rec_lists *l = &w.lists;
	struct rec_out *out;

	cli_phase("merge");
	if (rec_lists_cut(&w.lists, o.top, e) != 0 ||
	    cli_out(&out, o.common.output, o.common.binary, e) != 0 ||
	    rec_lists_write(out, l, o.common.binary, r->pool, e) != 0)
		return -1;
	w.counts = (struct rec_topn_counts){ .rows = l->row.n,
					     .answered = l->row.n,
					     .entries = l->nnz };
	for (uint32_t i = 0; i < l->row.n; i++)
		w.counts.shorter += l->ptr[i + 1] - l->ptr[i] < o.top;
	tell_lost_scores(l);
	count();
	if (l->row.n == 0)
		cli_note("the input is empty: no lists to merge");
	else if (w.counts.shorter)
		cli_note("%llu of %llu list%s %s shorter than %lu",
			 (unsigned long long)w.counts.shorter, (unsigned long long)l->row.n,
			 cli_s(l->row.n), w.counts.shorter == 1 ? "is" : "are",
			 (unsigned long)o.top);
	return 0;
}

/*
 * Lists of disjoint parts of the items: all entries of a row stand together,
 * best first, once they are loaded.
 */
static int merge_lists(struct rec_run *r, struct rec_err *e)
{
	struct cli_amount more[] = { { "rows", 0 }, { "entries", 0 }, { NULL, 0 } };
	struct rec_in *in;
	int rc;

	cli_phase("load");
	if (cli_in(&in, NULL, "lists", e) != 0 ||
	    rec_lists_load(&w.lists, in, o.common.trust, r->pool, e) != 0)
		return -1;
	if (w.lists.nnz && !w.lists.has_value)
		return rec_err_set(e, REC_EDATA,
				   "no scores; for lists in rank order: rec-cat --rank");
	more[0].n = w.lists.row.n;
	more[1].n = (double)w.lists.nnz;
	rc = cli_need(lists_bytes(), more, e);
	if (rc == 0)
		rc = write_merged(r, e);
	rec_lists_free(&w.lists);
	return rc < 0 ? -1 : cli_commit(e);
}

static int run(struct rec_err *e)
{
	struct rec_run *r;

	check_options();
	if (cli_run(&r, e) != 0)
		return -1;
	return o.merge ? merge_lists(r, e) : rank_rows(r, e);
}

int main(int argc, char **argv)
{
	struct rec_err e = { 0 };

	cli_parse(&spec, argc, argv);
	return run(&e) == 0 ? CLI_OK : cli_fail(&e);
}
