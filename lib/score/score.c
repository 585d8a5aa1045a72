/* SPDX-License-Identifier: MIT */
/*
 * score.c - puts a scorer together: what kind each model is, the common labels
 * of items and the maps into them, offsets by candidate, tables by cosine,
 * fold-in. Everything here is done once; rows are scored in score/row.c.
 */
#include "score/score.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/num.h"
#include "matrix/label_index.h"
#include "score/private.h"
#include "score/similar.h"

/* Remember p (made by an allocation) for rec_scorer_free. */
static void *keep(struct rec_scorer_part *part, void *p)
{
	if (p)
		part->own[part->nown++] = p;
	return p;
}

static bool of_users(const struct rec_model *m)
{
	const char *side = rec_meta_get(&m->meta, "side");

	return m->has_similarity && side && strcmp(side, "user") == 0;
}

/* similar: a table of users is looked up like one of items. */
static int kind_of(struct rec_scorer_part *p, const struct rec_model *m, bool similar,
		   struct rec_err *e)
{
	if (m->has_factors)
		p->kind = REC_PART_FACTORS;
	else if (of_users(m) && !similar)
		p->kind = REC_PART_USERS;
	else if (m->has_similarity)
		p->kind = m->dense ? REC_PART_DENSE : REC_PART_SPARSE;
	else if (m->has_offset)
		p->kind = REC_PART_OFFSET;
	else
		return rec_err_set(e, REC_EDATA,
				   "no factors, no similarity and no offset in it: not a model");
	return 0;
}

static const struct rec_labels *candidates_of(const struct rec_scorer_part *p)
{
	switch (p->kind) {
	case REC_PART_FACTORS: return &p->model->item.row;
	case REC_PART_SPARSE:
	case REC_PART_DENSE: return p->turned ? &p->model->row : &p->model->col;
	case REC_PART_USERS: return &p->interactions->col;
	case REC_PART_OFFSET: break;
	}
	return &p->model->offset.row;
}

/* Items that a history may name; NULL where histories are not scored. */
static const struct rec_labels *history_of(const struct rec_scorer_part *p)
{
	if (p->kind == REC_PART_FACTORS)
		return &p->model->item.row;
	if (p->kind != REC_PART_SPARSE && p->kind != REC_PART_DENSE)
		return NULL;
	return p->turned ? &p->model->col : &p->model->row;
}

static bool same_labels(const struct rec_labels *a, const struct rec_labels *b)
{
	if (a->n != b->n)
		return false;
	if (a->n == 0 || (a->off == b->off && a->bytes == b->bytes))
		return true;
	return !memcmp(a->off, b->off, ((size_t)a->n + 1) * sizeof *a->off) &&
	       !memcmp(a->bytes, b->bytes, (size_t)a->off[a->n]);
}

/*
 * The union of all labels; borrowed where all sets are one, which is the common
 * case.
 */
static int join_items(struct rec_scorer *s, const struct rec_labels *more, struct rec_err *e)
{
	const struct rec_labels **set = rec_alloc(2 * s->nparts + 1, sizeof *set, e), *h;
	size_t n = 0, i;
	bool same = true;
	int rc = 0;

	if (!set)
		return -1;
	for (i = 0; i < s->nparts; i++) {
		set[n++] = candidates_of(&s->part[i]);
		if ((h = history_of(&s->part[i])))
			set[n++] = h;
	}
	if (more)
		set[n++] = more;
	for (i = 1; i < n; i++)
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
	if (rec_labels_map(&x, from, to, e))
		return -1;
	*map = keep(p, x);
	return 0;
}

static int map_part(struct rec_scorer *s, struct rec_scorer_part *p, struct rec_err *e)
{
	const struct rec_labels *c = candidates_of(p), *h = history_of(p);

	p->ncand = c->n;
	if (map_labels(p, &p->candidate_to_item, c, &s->items, e) ||
	    map_labels(p, &p->item_to_candidate, &s->items, c, e))
		return -1;
	return h ? map_labels(p, &p->item_to_row, &s->items, h, e) : 0;
}

/* The offset block by candidate; items without an offset get 0. */
static int load_offset(struct rec_scorer_part *p, struct rec_err *e)
{
	const struct rec_dense *d = &p->model->offset;
	uint32_t *map, i;
	float *offset;

	if (!p->model->has_offset)
		return 0;
	if (rec_labels_map(&map, candidates_of(p), &d->row, e))
		return -1;
	if (!(offset = keep(p, rec_zalloc((size_t)p->ncand + 1, sizeof *offset, e)))) {
		free(map);
		return -1;
	}
	for (i = 0; i < p->ncand; i++)
		if (map[i] != REC_NONE)
			offset[i] = d->val[(size_t)map[i] * d->ncols];
	p->offset = offset;
	free(map);
	return 0;
}

/*
 * Rows of the item table divided by their norms (sums in double, in order);
 * rows of norm 0 have no direction.
 */
static int unit_table(struct rec_scorer_part *p, struct rec_err *e)
{
	float *table = keep(p, rec_zalloc((size_t)p->ncand * p->k + 1, sizeof *table, e));
	unsigned char *usable = keep(p, rec_zalloc((size_t)p->ncand + 1, 1, e));
	const float *v;
	double norm;
	uint32_t i, f;

	if (!table || !usable)
		return -1;
	for (i = 0; i < p->ncand; i++) {
		v = p->table + (size_t)i * p->ld;
		norm = 0;
		for (f = 0; f < p->k; f++)
			norm += (double)v[f] * (double)v[f];
		norm = sqrt(norm);
		usable[i] = norm > 0;
		for (f = 0; norm > 0 && f < p->k; f++)
			table[(size_t)i * p->k + f] = (float)((double)v[f] / norm);
	}
	p->table = table;
	p->ld = p->k;
	p->usable = usable;
	return 0;
}

static bool explicit_loss(const struct rec_model *m)
{
	const char *loss = rec_meta_get(&m->meta, "loss");

	return loss && !strcmp(loss, "explicit");
}

static int load_factors(struct rec_scorer_part *p, const struct rec_scorer_opts *o,
			const struct rec_run *run, struct rec_err *e)
{
	const struct rec_model *m = p->model;
	const char *bias = rec_meta_get(&m->meta, "bias");
	double mean = 0;

	if (m->item.row.n == 0)
		return rec_err_set(e, REC_EDATA,
				   "it holds no item factors, only those of users: a half-step of "
				   "rec-als; join it with the other half");
	if (m->user.row.n && m->user.ncols != m->item.ncols)
		return rec_err_set(e, REC_EDATA, "factors of users are %u, of items %u",
				   (unsigned)m->user.ncols, (unsigned)m->item.ncols);
	if (rec_meta_get_f64(&m->meta, "mean", &mean, e) < 0)
		return -1;
	p->mean = (float)mean;
	p->k = p->ld = m->item.ncols;
	p->table = m->item.val;
	p->bias = bias && !strcmp(bias, "1");
	if (p->bias && p->k < 2)
		return rec_err_set(e, REC_EDATA, "metadata say bias = 1, but factors are %u",
				   (unsigned)p->k);
	if (rec_model_is_part(m) && o->similar)
		return rec_err_set(
			e, REC_EDATA,
			"it holds a part of its items alone: the others cannot be compared");
	if (o->similar) {
		p->mean = 0;
		p->k -= p->bias ? 2 : 0;
		return unit_table(p, e);
	}
	if (p->mean == 0 && !p->bias && !m->has_offset && !explicit_loss(m) &&
	    rec_part_usable(p, run, e))
		return -1;
	if (rec_model_is_part(m) && o->fold_in)
		return rec_err_set(
			e, REC_EDATA,
			"it holds a part of its items alone: a history cannot be folded in");
	if (o->fold_in ||
	    (o->unknown_users && !rec_model_is_part(m) && rec_meta_get(&m->meta, "loss")))
		if (rec_foldin_new(&p->foldin, m, run, e))
			return -1;
	return o->index ? rec_label_index_new(&p->users, &m->user.row, run->pool, e) : 0;
}

struct pack_job {
	const struct rec_scorer_part *p;
	const struct rec_kernel *kernel;
	float *out;
};

enum { PACK_PANELS = 64 };

static int pack_task(void *arg, uint64_t first, uint64_t last, unsigned thread, struct rec_err *e)
{
	const struct pack_job *j = arg;

	(void)thread;
	(void)e;
	j->kernel->pack(j->out + (size_t)first * REC_LANES * j->p->k, j->p->table, j->p->ld,
			j->p->ncand, (uint32_t)first * REC_LANES, (uint32_t)(last - first),
			j->p->k);
	return 0;
}

int rec_part_pack(struct rec_scorer_part *p, const struct rec_run *run, struct rec_err *e)
{
	size_t panels = rec_slices(p->ncand, REC_LANES);
	struct pack_job j = { p, run->kernel,
			      keep(p, rec_alloc(panels * REC_LANES * p->k + 1, sizeof(float), e)) };

	if (!j.out)
		return -1;
	p->packed = j.out;
	return rec_pool_slices(run->pool, panels, PACK_PANELS, pack_task, &j, e);
}

static int load_users(struct rec_scorer_part *p, const struct rec_scorer_opts *o,
		      const struct rec_run *run, struct rec_err *e)
{
	const struct rec_csr *r = &p->interactions->m;
	uint32_t *map;
	uint64_t t;

	if (rec_labels_map(&map, &p->model->col, &p->interactions->row, e))
		return -1;
	p->column_to_user = keep(p, map);
	if (!(p->interaction_weight =
		      keep(p, rec_alloc((size_t)r->nnz + 1, sizeof *p->interaction_weight, e))))
		return -1;
	for (t = 0; t < r->nnz; t++)
		p->interaction_weight[t] = rec_transform_weight(&p->transform, r->val[t]);
	return o->index ? rec_label_index_new(&p->users, &p->model->row, run->pool, e) : 0;
}

/* Rows of the part are columns of the model. */
static int turn(struct rec_scorer *s, struct rec_scorer_part *p, struct rec_err *e)
{
	if (rec_csr_transpose(&p->sim, &p->model->sim, s->run->pool, e) != 0)
		return -1;
	for (size_t i = 0; i < sizeof p->sim.own / sizeof *p->sim.own; i++)
		keep(p, p->sim.own[i]);
	memset(p->sim.own, 0, sizeof p->sim.own);
	s->cut_bytes += 8 * p->sim.nnz;
	return 0;
}

static int load_part(struct rec_scorer *s, struct rec_scorer_part *p,
		     const struct rec_scorer_opts *o, struct rec_err *e)
{
	if (map_part(s, p, e))
		return -1;
	if ((!o->similar || p->kind == REC_PART_OFFSET) && load_offset(p, e))
		return -1;
	if (p->kind == REC_PART_FACTORS) {
		if (load_factors(p, o, s->run, e))
			return -1;
		return s->blend ? rec_part_pack(p, s->run, e) : 0;
	}
	if (p->turned) {
		if (turn(s, p, e) != 0)
			return -1;
	} else {
		p->sim = p->model->sim;
		memset(p->sim.own, 0, sizeof p->sim.own);
	}
	p->dense = p->model->sim_dense.val;
	if (rec_transform_load(&p->transform, &p->model->meta, e))
		return -1;
	return p->kind == REC_PART_USERS ? load_users(p, o, s->run, e) : 0;
}

static int blame(const struct rec_scorer_part *p, size_t i, struct rec_err *e)
{
	return p->model->name ? rec_model_blame(p->model, e) :
				rec_err_prefix(e, "model %zu: ", i + 1);
}

/* Of a table: where it says what is most like an item. */
static int find_similar(struct rec_scorer_part *p, struct rec_err *e)
{
	struct rec_similar where;

	if (p->weight == 0 || (p->kind != REC_PART_SPARSE && p->kind != REC_PART_DENSE))
		return 0;
	if (rec_similar_find(&where, p->model, e) != 0)
		return -1;
	p->turned = where.columns;
	p->cut = keep(p, where.cut);
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

		if (p->weight == 0 || p->kind == REC_PART_OFFSET)
			continue;
		users += of_users(p->model);
		items += !of_users(p->model);
		s->alone = p->weight == 1;
	}
	s->alone = s->alone && users + items == 1 && s->scale == REC_SCALE_RAW;
	if (users + items == 0)
		return rec_err_set(e, REC_EUSAGE,
				   "popularity says nothing of similar items: give a model of "
				   "rec-sim or rec-als");
	return users && items ? rec_err_set(e, REC_EUSAGE,
					    "some models are of items, and some of users (rec-sim "
					    "--side user): likeness of both is no one list") :
				0;
}

static int load_parts(struct rec_scorer *s, const struct rec_scorer_opts *o, struct rec_err *e)
{
	size_t i;

	if (!(s->part = rec_zalloc(o->nmodels, sizeof *s->part, e)))
		return -1;
	s->nparts = o->nmodels;
	for (i = 0; i < s->nparts; i++) {
		s->part[i].model = o->model[i];
		s->part[i].weight = o->weight ? (float)o->weight[i] : 1;
		s->part[i].interactions = o->interactions;
		if (kind_of(&s->part[i], o->model[i], o->similar, e) ||
		    (o->similar && find_similar(&s->part[i], e)))
			return blame(&s->part[i], i, e);
		if (s->part[i].kind == REC_PART_USERS && !o->interactions)
			return rec_err_set(e, REC_EUSAGE,
					   "a user-user similarity is scored over interactions: "
					   "give --interactions FILE");
		s->blend = s->blend || s->nparts > 1 || s->part[i].weight != 1;
	}
	if ((o->similar && check_similar(s, e)) || join_items(s, o->more, e))
		return -1;
	for (i = 0; i < s->nparts; i++)
		if (load_part(s, &s->part[i], o, e))
			return e->code == REC_EDATA ? blame(&s->part[i], i, e) : -1;
	return o->index ? rec_label_index_new(&s->item_index, &s->items, s->run->pool, e) : 0;
}

int rec_scorer_new(struct rec_scorer *s, const struct rec_scorer_opts *o, const struct rec_run *run,
		   struct rec_err *e)
{
	*s = (struct rec_scorer){ .scale = o->scale,
				  .fold_in = o->fold_in,
				  .similar = o->similar,
				  .run = run,
				  .blend = o->scale != REC_SCALE_RAW };
	if (load_parts(s, o, e) == 0)
		return 0;
	rec_scorer_free(s);
	return -1;
}

void rec_scorer_free(struct rec_scorer *s)
{
	size_t i;
	uint32_t t;

	for (i = 0; s->part && i < s->nparts; i++) {
		rec_foldin_free(s->part[i].foldin);
		rec_label_index_free(s->part[i].users);
		for (t = 0; t < s->part[i].nown; t++)
			free(s->part[i].own[t]);
	}
	free(s->part);
	rec_label_index_free(s->item_index);
	rec_labels_free(&s->items);
	*s = (struct rec_scorer){ 0 };
}

uint32_t rec_scorer_item(const struct rec_scorer *s, const char *label, size_t len)
{
	return s->item_index ? rec_label_index_find(s->item_index, label, len) :
			       rec_labels_find(&s->items, label, len);
}

int rec_model_holds(const struct rec_model *m, const struct rec_labels *rows, bool *all,
		    struct rec_err *e)
{
	uint32_t *map, i;

	*all = true;
	if (!m->has_factors)
		return 0;
	if (rec_labels_map(&map, rows, &m->user.row, e))
		return -1;
	for (i = 0; i < rows->n; i++)
		*all = *all && map[i] != REC_NONE;
	free(map);
	return 0;
}

bool rec_model_is_part(const struct rec_model *m)
{
	double items = 0;
	struct rec_err e = { 0 };

	return m->has_factors && rec_meta_get_f64(&m->meta, "items", &items, &e) > 0 &&
	       items > m->item.row.n;
}

uint64_t rec_model_bytes(const struct rec_model *m)
{
	uint64_t bytes = 0;

	if (m->has_factors)
		bytes += sizeof(float) * ((uint64_t)m->user.row.n * m->user.ncols +
					  (uint64_t)m->item.row.n * m->item.ncols);
	if (m->has_similarity)
		bytes += m->dense ? sizeof(float) * (uint64_t)m->row.n * m->col.n :
				    (sizeof(float) + sizeof(uint32_t)) * m->sim.nnz;
	if (m->has_offset)
		bytes += sizeof(float) * (uint64_t)m->offset.row.n;
	return bytes;
}

int rec_blend_parse(double *weight, size_t n, const char *text, struct rec_err *e)
{
	const char *p = text, *comma;
	size_t i, len;

	for (i = 0;; i++) {
		comma = strchr(p, ',');
		len = comma ? (size_t)(comma - p) : strlen(p);
		if (i >= n || rec_num_f64(p, len, &weight[i]) != REC_NUM_OK)
			break;
		if (!comma)
			break;
		p = comma + 1;
	}
	if (comma || i + 1 != n || rec_num_f64(p, len, &weight[i]) != REC_NUM_OK)
		return rec_err_set(e, REC_EUSAGE,
				   "--blend: '%s' is not one number a model (%zu of them, with "
				   "commas between)",
				   text, n);
	return 0;
}
