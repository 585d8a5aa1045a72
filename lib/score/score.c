/* SPDX-License-Identifier: MIT */
/*
 * score/score.c - puts a scorer together: the kind of each model, the common
 * labels of items and the maps into them, offsets by candidate. Everything here
 * is done once; rows are scored in score/row.c.
 */
#include "score/score.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/num.h"
#include "matrix/label_index.h"
#include "score/kind.h"

static bool same_labels(const struct rec_labels *a, const struct rec_labels *b)
{
	if (a->n != b->n)
		return false;
	if (a->n == 0 || (a->off == b->off && a->bytes == b->bytes))
		return true;
	return memcmp(a->off, b->off, ((size_t)a->n + 1) * sizeof *a->off) == 0 &&
	       memcmp(a->bytes, b->bytes, (size_t)a->off[a->n]) == 0;
}

/* The union of all labels; borrowed where all sets are one, the common case. */
static int join_items(struct rec_scorer *s, const struct rec_labels *more, struct rec_err *e)
{
	const struct rec_labels **set = rec_alloc(2 * s->nparts + 1, sizeof *set, e);
	size_t n = 0;
	bool same = true;
	int rc = 0;

	if (!set)
		return -1;
	for (size_t i = 0; i < s->nparts; i++) {
		set[n++] = s->part[i].candidates;
		if (s->part[i].known)
			set[n++] = s->part[i].known;
	}
	if (more)
		set[n++] = more;
	for (size_t i = 1; i < n; i++)
		same = same && same_labels(set[0], set[i]);
	if (same)
		s->items = (struct rec_labels){ .n = set[0]->n,
						.off = set[0]->off,
						.bytes = set[0]->bytes };
	else
		rc = rec_labels_union(&s->items, NULL, set, n, e);
	free(set);
	return rc;
}

/* *map stays NULL where both sets are the same. */
static int map_labels(struct rec_scorer_part *p, const uint32_t **map,
		      const struct rec_labels *from, const struct rec_labels *to, struct rec_err *e)
{
	uint32_t *x;

	if (same_labels(from, to))
		return 0;
	if (rec_labels_map(&x, from, to, e) != 0)
		return -1;
	*map = rec_part_own(p, x, e);
	return *map ? 0 : -1;
}

static int map_part(struct rec_scorer *s, struct rec_scorer_part *p, struct rec_err *e)
{
	p->ncand = p->candidates->n;
	if (map_labels(p, &p->candidate_to_item, p->candidates, &s->items, e) != 0 ||
	    map_labels(p, &p->item_to_candidate, &s->items, p->candidates, e) != 0)
		return -1;
	return p->known ? map_labels(p, &p->item_to_row, &s->items, p->known, e) : 0;
}

/* The offset block by candidate; items without an offset get 0. */
static int load_offset(struct rec_scorer_part *p, struct rec_err *e)
{
	const struct rec_dense *d = &p->model->offset;
	uint32_t *row;
	float *offset;

	if (!p->model->has_offset)
		return 0;
	if (rec_labels_map(&row, p->candidates, &d->row, e) != 0)
		return -1;
	offset = rec_part_own(p, rec_zalloc((size_t)p->ncand + 1, sizeof *offset, e), e);
	for (uint32_t c = 0; offset && c < p->ncand; c++)
		if (row[c] != REC_NONE)
			offset[c] = d->val[(size_t)row[c] * d->ncols];
	p->offset = offset;
	free(row);
	return offset ? 0 : -1;
}

static int load_part(struct rec_scorer *s, struct rec_scorer_part *p,
		     const struct rec_scorer_opts *o, struct rec_err *e)
{
	if (map_part(s, p, e) != 0)
		return -1;
	/* what is like an item is told by its weights alone */
	if ((!o->similar || !p->kind->like) && load_offset(p, e) != 0)
		return -1;
	if (p->kind->load && p->kind->load(p, o, e) != 0)
		return -1;
	if (!o->index || !p->users || o->similar)
		return 0;
	return rec_label_index_new(&p->user_index, p->users, s->run->pool, e);
}

static int blame(const struct rec_scorer_part *p, size_t i, struct rec_err *e)
{
	return p->model->name ? rec_model_blame(p->model, e) :
				rec_err_prefix(e, "model %zu: ", i + 1);
}

static int open_part(struct rec_scorer_part *p, const struct rec_scorer_opts *o, struct rec_err *e)
{
	p->kind = rec_kind_of(p->model, o);
	if (!p->kind)
		return rec_err_set(e, REC_EDATA,
				   "no factors, no similarity and no offset in it: not a model");
	p->own = rec_zalloc(1, p->kind->size, e);
	return p->own ? p->kind->open(p, o, e) : -1;
}

static bool blends(const struct rec_scorer_opts *o)
{
	return o->nmodels > 1 || o->scale != REC_SCALE_RAW ||
	       (o->weight && (float)o->weight[0] != 1);
}

static int open_parts(struct rec_scorer *s, const struct rec_scorer_opts *o, struct rec_err *e)
{
	s->part = rec_zalloc(o->nmodels, sizeof *s->part, e);
	if (!s->part)
		return -1;
	s->nparts = o->nmodels;
	for (size_t i = 0; i < s->nparts; i++) {
		struct rec_scorer_part *p = &s->part[i];

		p->model = o->model[i];
		p->run = s->run;
		p->blend = s->blend;
		p->weight = o->weight ? (float)o->weight[i] : 1;
		if (open_part(p, o, e) != 0)
			return e->code == REC_ENOMEM ? -1 : blame(p, i, e);
	}
	return 0;
}

/*
 * Similar items: all tables are of items, or all of users; and whether there is
 * one alone, as it stands.
 */
static int check_similar(struct rec_scorer *s, struct rec_err *e)
{
	size_t users = 0, items = 0;

	for (size_t i = 0; i < s->nparts; i++) {
		const struct rec_scorer_part *p = &s->part[i];

		if (p->weight == 0 || !p->kind->like)
			continue;
		users += rec_model_of_users(p->model);
		items += !rec_model_of_users(p->model);
		s->alone = p->weight == 1;
	}
	s->alone = s->alone && users + items == 1 && s->scale == REC_SCALE_RAW;
	if (users + items == 0)
		return rec_err_set(e, REC_EUSAGE,
				   "popularity says nothing of similar items: give a model of "
				   "rec-sim or rec-als");
	if (users && items)
		return rec_err_set(e, REC_EUSAGE,
				   "some models are of items, and some of users (rec-sim --side "
				   "user): likeness of both is no one list");
	return 0;
}

static int make(struct rec_scorer *s, const struct rec_scorer_opts *o, struct rec_err *e)
{
	if (open_parts(s, o, e) != 0 || (o->similar && check_similar(s, e) != 0) ||
	    join_items(s, o->more, e) != 0)
		return -1;
	for (size_t i = 0; i < s->nparts; i++)
		if (load_part(s, &s->part[i], o, e) != 0)
			return e->code == REC_EDATA ? blame(&s->part[i], i, e) : -1;
	return o->index ? rec_label_index_new(&s->item_index, &s->items, s->run->pool, e) : 0;
}

int rec_scorer_new(struct rec_scorer *s, const struct rec_scorer_opts *o, const struct rec_run *run,
		   struct rec_err *e)
{
	*s = (struct rec_scorer){
		.scale = o->scale, .similar = o->similar, .run = run, .blend = blends(o)
	};
	if (make(s, o, e) == 0)
		return 0;
	rec_scorer_free(s);
	return -1;
}

static void free_part(struct rec_scorer_part *p)
{
	if (p->own && p->kind->free)
		p->kind->free(p);
	rec_label_index_free(p->user_index);
	for (size_t i = 0; i < p->nowned; i++)
		free(p->owned[i]);
	free(p->owned);
	free(p->own);
}

void rec_scorer_free(struct rec_scorer *s)
{
	for (size_t i = 0; i < s->nparts; i++)
		free_part(&s->part[i]);
	free(s->part);
	rec_label_index_free(s->item_index);
	rec_labels_free(&s->items);
	*s = (struct rec_scorer){ 0 };
}

uint64_t rec_scorer_bytes(const struct rec_scorer *s)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < s->nparts; i++)
		bytes += s->part[i].bytes;
	return bytes;
}

uint32_t rec_scorer_item(const struct rec_scorer *s, const char *label, size_t len)
{
	return s->item_index ? rec_label_index_find(s->item_index, label, len) :
			       rec_labels_find(&s->items, label, len);
}

void rec_scorer_items(const struct rec_scorer *s, struct rec_label_probe *p, size_t n)
{
	if (s->item_index) {
		rec_label_index_find_many(s->item_index, p, n);
		return;
	}
	for (size_t i = 0; i < n; i++)
		p[i].found = rec_labels_find(&s->items, p[i].label, p[i].len);
}

int rec_blend_parse(double *weight, size_t n, const char *text, struct rec_err *e)
{
	const char *p = text;

	for (size_t i = 0; i < n; i++) {
		const char *end = i + 1 < n ? strchr(p, ',') : p + strlen(p);

		if (!end || rec_num_f64(p, (size_t)(end - p), &weight[i]) != REC_NUM_OK)
			break;
		if (i + 1 == n)
			return 0;
		p = end + 1;
	}
	return rec_err_set(e, REC_EUSAGE,
			   "--blend: '%s' is not one number a model (%zu of them, with commas "
			   "between)",
			   text, n);
}
