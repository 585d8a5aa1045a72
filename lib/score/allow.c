/* SPDX-License-Identifier: MIT */
/*
 * score/allow.c - models cut down to the candidates that may be listed at all,
 * so that a run over a share of the items costs about that share.
 *
 * Candidates are numbered anew, ascending as before; histories, users and
 * everything that a score is made of stay, and so do the bits of every score
 * that is left. Not cut: a single factor model (topn/tiles.c packs what may be
 * listed), a user-user similarity, and whatever is scaled over all items.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "score/private.h"

/* The candidates that stay: kept[new] = old; new_of[old] = new or REC_NONE. */
struct cut {
	uint32_t n, *kept, *new_of;
};

static void *keep(struct rec_scorer *s, struct rec_scorer_part *p, size_t n, size_t size,
		  struct rec_err *e)
{
	void *x = rec_alloc(n + 1, size, e);

	if (x) {
		p->own[p->nown++] = x;
		s->cut_bytes += (uint64_t)n * size;
	}
	return x;
}

static int cut_new(struct cut *c, const struct rec_scorer_part *p, const unsigned char *allowed,
		   struct rec_err *e)
{
	*c = (struct cut){ .kept = rec_alloc((size_t)p->ncand + 1, sizeof *c->kept, e),
			   .new_of = rec_alloc((size_t)p->ncand + 1, sizeof *c->new_of, e) };
	if (!c->kept || !c->new_of)
		return -1;
	for (uint32_t i = 0; i < p->ncand; i++) {
		c->new_of[i] = allowed[rec_mapped(p->candidate_to_item, i)] ? c->n : REC_NONE;
		if (c->new_of[i] != REC_NONE)
			c->kept[c->n++] = i;
	}
	return 0;
}

static int cut_sparse(struct rec_scorer *s, struct rec_scorer_part *p, const struct cut *c,
		      struct rec_err *e)
{
	const struct rec_csr *m = &p->sim;
	uint64_t n = 0, *ptr, t;
	uint32_t *col;
	float *val;

	for (t = 0; t < m->nnz; t++)
		n += c->new_of[m->col[t]] != REC_NONE;
	ptr = keep(s, p, (size_t)m->nrows + 1, sizeof *ptr, e);
	col = keep(s, p, (size_t)n, sizeof *col, e);
	val = keep(s, p, (size_t)n, sizeof *val, e);
	if (!ptr || !col || !val)
		return -1;
	n = 0;
	for (uint32_t i = 0; i < m->nrows; i++) {
		ptr[i] = n;
		for (t = m->ptr[i]; t < m->ptr[i + 1]; t++)
			if (c->new_of[m->col[t]] != REC_NONE) {
				col[n] = c->new_of[m->col[t]];
				val[n++] = m->val[t];
			}
	}
	ptr[m->nrows] = n;
	p->sim = (struct rec_csr){
		.nrows = m->nrows, .ncols = c->n, .nnz = n, .ptr = ptr, .col = col, .val = val
	};
	return 0;
}

static int cut_dense(struct rec_scorer *s, struct rec_scorer_part *p, const struct cut *c,
		     struct rec_err *e)
{
	uint32_t nrows = p->model->row.n;
	float *x = keep(s, p, (size_t)nrows * c->n, sizeof *x, e);

	if (!x)
		return -1;
	for (uint32_t i = 0; i < nrows; i++)
		for (uint32_t j = 0; j < c->n; j++)
			x[(size_t)i * c->n + j] = p->dense[(size_t)i * p->ncand + c->kept[j]];
	p->dense = x;
	return 0;
}

static int cut_factors(struct rec_scorer *s, struct rec_scorer_part *p, const struct cut *c,
		       struct rec_err *e)
{
	float *x = keep(s, p, (size_t)c->n * p->ld, sizeof *x, e);

	if (!x)
		return -1;
	for (uint32_t i = 0; i < c->n; i++)
		memcpy(x + (size_t)i * p->ld, p->table + (size_t)c->kept[i] * p->ld,
		       p->ld * sizeof *x);
	p->table = x;
	return 0;
}

/* Maps, offsets and flags by the new numbers. */
static int renumber(struct rec_scorer *s, struct rec_scorer_part *p, const struct cut *c,
		    struct rec_err *e)
{
	uint32_t *candidate_to_item = keep(s, p, c->n, sizeof *candidate_to_item, e),
		 *item_to_candidate = keep(s, p, s->items.n, sizeof *item_to_candidate, e);
	float *offset = p->offset ? keep(s, p, c->n, sizeof *offset, e) : NULL;
	unsigned char *usable = p->usable ? keep(s, p, c->n, 1, e) : NULL;

	if (!candidate_to_item || !item_to_candidate || (p->offset && !offset) ||
	    (p->usable && !usable))
		return -1;
	memset(item_to_candidate, 0xff, (size_t)s->items.n * sizeof *item_to_candidate);
	for (uint32_t i = 0; i < c->n; i++) {
		candidate_to_item[i] = rec_mapped(p->candidate_to_item, c->kept[i]);
		item_to_candidate[candidate_to_item[i]] = i;
		if (offset)
			offset[i] = p->offset[c->kept[i]];
		if (usable)
			usable[i] = p->usable[c->kept[i]];
	}
	p->candidate_to_item = candidate_to_item;
	p->item_to_candidate = item_to_candidate;
	p->offset = offset;
	p->usable = usable;
	p->ncand = c->n;
	return 0;
}

static int cut_part(struct rec_scorer *s, struct rec_scorer_part *p, const unsigned char *allowed,
		    struct rec_err *e)
{
	struct cut c = { 0 };
	int rc = cut_new(&c, p, allowed, e);

	if (rc == 0 && c.n <= p->ncand / 2) { /* else the copy costs more than it saves */
		if (p->kind == REC_PART_SPARSE)
			rc = cut_sparse(s, p, &c, e);
		else if (p->kind == REC_PART_DENSE)
			rc = cut_dense(s, p, &c, e);
		else if (p->kind == REC_PART_FACTORS)
			rc = cut_factors(s, p, &c, e);
		if (rc == 0)
			rc = renumber(s, p, &c, e);
		if (rc == 0 && p->kind == REC_PART_FACTORS)
			rc = rec_part_pack(p, s->run, e);
	}
	free(c.kept);
	free(c.new_of);
	return rc;
}

int rec_scorer_allow(struct rec_scorer *s, const unsigned char *allowed, struct rec_err *e)
{
	for (size_t i = 0; s->scale == REC_SCALE_RAW && i < s->nparts; i++) {
		struct rec_scorer_part *p = &s->part[i];

		if (p->kind == REC_PART_USERS ||
		    (p->kind == REC_PART_FACTORS && (!s->blend || s->similar)))
			continue;
		if (cut_part(s, p, allowed, e) != 0)
			return -1;
	}
	return 0;
}
