/* SPDX-License-Identifier: MIT */
/* score/kind.c - the kinds of model there are, and what their files share. */
#include "score/kind.h"

#include <stdlib.h>

#include "base/mem.h"

/* Each in the file of its name. */
extern const struct rec_model_kind rec_kind_factors, rec_kind_users, rec_kind_sparse,
	rec_kind_dense, rec_kind_offset;

/*
 * The first that takes a model has it: an offset is a model only where nothing
 * else is there, and a similarity of users is one of items where it is only
 * looked up (similar items).
 */
static const struct rec_model_kind *const kinds[] = {
	&rec_kind_factors, &rec_kind_users, &rec_kind_sparse, &rec_kind_dense, &rec_kind_offset,
};

const struct rec_model_kind *rec_kind_of(const struct rec_model *m, const struct rec_scorer_opts *o)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (kinds[i]->takes(m, o))
			return kinds[i];
	return NULL;
}

void *rec_part_own(struct rec_scorer_part *p, void *x, struct rec_err *e)
{
	if (!x)
		return NULL;
	if (rec_grow(&p->owned, &p->owned_cap, p->nowned + 1, sizeof *p->owned, e) != 0) {
		free(x);
		return NULL;
	}
	p->owned[p->nowned++] = x;
	return x;
}

uint32_t rec_part_user(const struct rec_scorer_part *p, const struct rec_query *q)
{
	return p->user_index ? rec_label_index_find(p->user_index, q->label, q->label_len) :
			       rec_labels_find(p->users, q->label, q->label_len);
}

void rec_part_add_offset(const struct rec_scorer_part *p, struct rec_score_sum *sum)
{
	for (uint32_t c = 0; p->offset && c < p->ncand; c++)
		sum->score[c] = sum->score[c] + p->offset[c];
}

void rec_part_add_offset_touched(const struct rec_scorer_part *p, struct rec_score_sum *sum)
{
	for (uint32_t i = 0; p->offset && i < sum->ntouched; i++) {
		uint32_t c = sum->touched[i];

		sum->score[c] = sum->score[c] + p->offset[c];
	}
}

void rec_part_touched(struct rec_scores *out, const struct rec_part_scratch *ps)
{
	out->hit = ps->sum.hit;
	out->touched = ps->sum.touched;
	out->n = ps->sum.ntouched;
}
