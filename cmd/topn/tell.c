/* SPDX-License-Identifier: MIT */
/* cmd/topn/tell.c - what rec-topn says on stderr. */
#include "cmd/topn/tell.h"

#include <stdio.h>
#include <string.h>

#include "base/label.h"
#include "cmd/cli/side.h"
#include "io/looks.h"

/*
 * Of a model: the labels that a history may name, or that it can list where it
 * works from none.
 */
static const struct rec_labels *items_of(const struct rec_scorer_part *p)
{
	return p->known ? p->known : p->candidates;
}

/* Whether some model holds one of these items. */
static bool models_hold(const struct topn_view *v, const struct rec_labels *items)
{
	for (size_t i = 0; i < v->scorer->nparts; i++) {
		const struct rec_scorer_part *p = &v->scorer->part[i];

		if (rec_labels_meet(items, items_of(p)) || rec_labels_meet(items, p->candidates))
			return true;
	}
	return false;
}

int topn_check_side(const struct topn_view *v, const struct topn_side *s, struct rec_err *e)
{
	struct cli_side side = { s->option, s->file, s->x, s->fail_empty };
	bool known;

	if (!s->file || s->x->row.n == 0)
		return cli_side_filled(&side, e);
	known = models_hold(v, &s->x->col) ||
		(s->popular && rec_labels_meet(&s->x->col, &v->scorer->items));
	side.fail = s->fail_items && !v->part_of_items;
	if (!known)
		return cli_side_apart(&side, "no model holds any of its items", &s->x->col,
				      items_of(&v->scorer->part[0]), "in the model", e);
	if (s->pairs)
		cli_side_count(&side, s->pairs->column_to_item, "that no model holds");
	side.fail = s->fail_users;
	if (v->o->stream || s->any_users)
		return 0;
	return cli_side_apart(&side,
			      v->o->similar ? "none of its rows is asked about" :
					      "none of its users is asked about",
			      &s->x->row, &v->x->histories.row, "on stdin", e);
}

/* What stdin's histories name; of similar items, whose lists are wanted. */
static const struct rec_labels *asked(const struct topn_view *v)
{
	return v->o->similar ? &v->x->histories.row : &v->x->histories.col;
}

void topn_tell_text_models(struct topn_view *v)
{
	char there[REC_LABEL_SHOWN], here[REC_LABEL_SHOWN];

	for (size_t i = 0; !v->o->stream && asked(v)->n > 0 && i < v->x->models.n; i++) {
		const struct rec_model *m = &v->x->models.model[i];
		const char *x, *y;
		size_t nx, ny;

		if (!m->text || !m->has_similarity || m->row.n == 0 ||
		    rec_labels_meet(asked(v), &m->row))
			continue;
		x = rec_label(&m->row, 0, &nx);
		y = rec_label(asked(v), rec_labels_like(asked(v), x, nx), &ny);
		cli_note("%s was read as a similarity (history item, candidate, weight); none of "
			 "its rows is an item of stdin (%s there, %s on stdin). "
			 "Is it an interactions file? Then make a model of it first (rec-als, "
			 "rec-sim)",
			 v->o->models.item[i], rec_label_show(there, x, nx),
			 rec_label_show(here, y, ny));
		v->text_model = true;
	}
}

static const char *who(const struct topn_view *v)
{
	return v->o->similar ? "item" : "user";
}

/* "3 of 5 users" */
static const char *share(char out[80], const struct topn_view *v, uint64_t n, uint64_t all)
{
	snprintf(out, 80, "%llu of %llu %s%s", (unsigned long long)n, (unsigned long long)all,
		 who(v), cli_s(all));
	return out;
}

/*
 * Where no model holds anything that stdin names: said, with a label of each
 * side. Whether it is items that are strange.
 */
static bool tell_strangers(const struct topn_view *v)
{
	const struct rec_model *first = v->x->models.list[0];
	const struct rec_labels *rows = &v->x->histories.row;
	const struct rec_labels *there = items_of(&v->scorer->part[0]),
				*here = v->o->stream ? NULL : asked(v);
	const char *what = v->o->similar ? "it holds no item of stdin" :
					   "it holds no item of stdin's histories";
	struct cli_side side = { .option = "model", .file = v->o->models.item[0], .fail = true };
	struct rec_err e = { 0 };

	if (here && here->n == 0 && first->has_factors) {	/* labels alone */
		there = &first->user.row;
		here = rows;
		what = "it holds no user of stdin";
	} else if (!here || models_hold(v, here)) {
		return false;
	}
	if (cli_side_apart(&side, what, there, here, "on stdin", &e) == 0)
		return false;
	cli_note("%s", e.msg);
	return here != rows || v->o->similar;
}

/* Popularity is no answer where labels are wrong or a model is empty. */
static void tell_cold(const struct topn_view *v, const struct rec_topn_counts *c, bool strangers)
{
	uint64_t cold = c->cold - c->flat;
	bool popular = v->o->cold == REC_COLD_POPULAR;
	const char *fate = popular ? "answered by popularity" : "no list",
		   *hint = " (--cold popular answers them)";
	char n[80];

	if (c->flat)
		cli_note("%s get%s one score for all items: %s", share(n, v, c->flat, c->rows),
			 cli_verb_s(c->flat), fate);
	if (cold)
		cli_note("%s cannot be scored by any model: %s%s", share(n, v, cold, c->rows), fate,
			 popular || strangers || v->x->empty_models ? "" : hint);
}

void topn_count(const struct rec_topn_counts *c)
{
	cli_stat_u64("rows", c->rows);
	cli_stat_u64("rows.answered", c->answered);
	cli_stat_u64("rows.cold", c->cold);
	cli_stat_u64("rows.empty", c->empty);
	cli_stat_u64("entries", c->entries);
	cli_stat_u64("entries.filled", c->filled);
	cli_stat_u64("pairs.unknown", c->unknown);
}

void topn_tell_shorter(const struct rec_topn_counts *c, uint32_t top)
{
	if (c->shorter)
		cli_note("%llu of %llu list%s %s shorter than %lu", (unsigned long long)c->shorter,
			 (unsigned long long)c->answered, cli_s(c->answered),
			 c->shorter == 1 ? "is" : "are", (unsigned long)top);
}

void topn_tell(const struct topn_view *v, const struct rec_topn_counts *c)
{
	bool strangers = v->text_model || (c->rows > 0 && tell_strangers(v));
	char n[80];

	if (c->rows == 0)
		cli_note("the input is empty: no %s to answer", who(v));
	if (!v->o->stream && !v->o->similar && strcmp(v->x->histories.name, "similarity") == 0)
		cli_note("stdin is a similarity, as in a model, and was read as histories; a model "
			 "is given by -m");
	if (c->unknown && !strangers)
		cli_note("%llu pair%s of stdin name%s items that no model holds; %s ignored",
			 (unsigned long long)c->unknown, cli_s(c->unknown), cli_verb_s(c->unknown),
			 c->unknown == 1 ? "it is" : "they are");
	tell_cold(v, c, strangers);
	if (c->empty)
		cli_note("%s %s no item left to list", share(n, v, c->empty, c->rows),
			 c->empty == 1 ? "has" : "have");
	topn_tell_shorter(c, v->o->top);
	if (c->bare && !v->part_of_items)
		cli_note("%s came without a history: %s (see --seen)",
			 share(n, v, c->bare, c->rows),
			 c->bare == 1 ? "the list may hold items that the user already has" :
					"their lists may hold items that they already have");
}

int topn_check_looks(const struct topn_view *v, const struct rec_topn_counts *c, struct rec_err *e)
{
	const struct rec_looks *l = v->o->stream ? rec_rows_looks(v->x->stream) :
						   v->x->histories.looks;
	const char *label = "";
	size_t n = 0;

	if (!l || c->rows == 0 || c->cold < c->rows || (c->answered && !l->sure))
		return 0;
	if (!l->lines)
		return rec_err_set(e, REC_EDATA, "<stdin>: this is %s; %s", l->what, l->todo);
	if (!v->o->stream)
		label = rec_label(&v->x->histories.row, 0, &n);
	return rec_err_set(e, REC_EDATA,
			   "<stdin>: no line has a TAB%s%.*s%s; a history is user TAB item; %s? %s",
			   n ? ", as in '" : "", REC_LABEL(label, n), n ? "'" : "", l->what,
			   l->todo);
}

int topn_fail_unanswered(const struct topn_view *v, struct rec_err *e)
{
	return rec_err_set(e, REC_EDATA, "no %s was answered", who(v));
}
