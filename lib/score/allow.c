/* SPDX-License-Identifier: MIT */
/* score/allow.c - candidates numbered anew, and what is by candidate. */
#include "score/allow.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "score/kind.h"

static int cut_new(struct rec_cut *c, const struct rec_scorer_part *p, const unsigned char *allowed,
		   struct rec_err *e)
{
	c->new_to_old = rec_alloc((size_t)p->ncand + 1, sizeof *c->new_to_old, e);
	c->old_to_new = rec_alloc((size_t)p->ncand + 1, sizeof *c->old_to_new, e);
	if (!c->new_to_old || !c->old_to_new)
		return -1;
	for (uint32_t i = 0; i < p->ncand; i++) {
		bool stays = allowed[rec_mapped(p->candidate_to_item, i)];

		c->old_to_new[i] = stays ? c->n : REC_NONE;
		if (stays)
			c->new_to_old[c->n++] = i;
	}
	return 0;
}

/* Maps and offsets by the new numbers. */
static int renumber(struct rec_scorer_part *p, uint32_t nitems, const struct rec_cut *c,
		    struct rec_err *e)
{
	uint32_t *to_item = rec_cut_alloc(p, c->n, sizeof *to_item, e);
	uint32_t *to_candidate = rec_cut_alloc(p, nitems, sizeof *to_candidate, e);
	float *offset = p->offset ? rec_cut_alloc(p, c->n, sizeof *offset, e) : NULL;

	if (!to_item || !to_candidate || (p->offset && !offset))
		return -1;
	memset(to_candidate, 0xff, (size_t)nitems * sizeof *to_candidate);
	for (uint32_t i = 0; i < c->n; i++) {
		to_item[i] = rec_mapped(p->candidate_to_item, c->new_to_old[i]);
		to_candidate[to_item[i]] = i;
		if (offset)
			offset[i] = p->offset[c->new_to_old[i]];
	}
	p->candidate_to_item = to_item;
	p->item_to_candidate = to_candidate;
	p->offset = offset;
	p->ncand = c->n;
	return 0;
}

static int cut_part(struct rec_scorer_part *p, uint32_t nitems, const unsigned char *allowed,
		    struct rec_err *e)
{
	struct rec_cut c = { 0 };
	int rc = cut_new(&c, p, allowed, e);

	if (rc == 0 && c.n <= p->ncand / 2) {	/* else the copy costs more than it saves */
		if (p->kind->allow)
			rc = p->kind->allow(p, &c, e);
		if (rc == 0)
			rc = renumber(p, nitems, &c, e);
	}
	free(c.new_to_old);
	free(c.old_to_new);
	return rc;
}

int rec_scorer_allow(struct rec_scorer *s, const unsigned char *allowed, struct rec_err *e)
{
	for (size_t i = 0; s->scale == REC_SCALE_RAW && i < s->nparts; i++)
		if (!s->part[i].whole && cut_part(&s->part[i], s->items.n, allowed, e) != 0)
			return -1;
	return 0;
}
