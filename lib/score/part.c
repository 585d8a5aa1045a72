/* SPDX-License-Identifier: MIT */
/* score/part.c - what the kinds share about one model of a scorer. */
#include "score/part.h"

#include <stdlib.h>

#include "base/mem.h"
#include "matrix/label_index.h"

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

void rec_part_touched(struct rec_scores *out, const struct rec_score_sum *sum)
{
	out->hit = sum->hit;
	out->touched = sum->touched;
	out->n = sum->ntouched;
}

void *rec_cut_alloc(struct rec_scorer_part *p, size_t n, size_t size, struct rec_err *e)
{
	void *x = rec_part_own(p, rec_alloc(n + 1, size, e), e);

	if (x)
		p->bytes += (uint64_t)n * size;
	return x;
}
