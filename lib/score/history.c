/* SPDX-License-Identifier: MIT */
/* score/history.c - the history of a row in the numbers of one model. */
#include "score/history.h"

#include <stdlib.h>

#include "base/mem.h"

static int grow(struct rec_history *h, size_t n, struct rec_err *e)
{
	h->n = 0;
	if (rec_grow(&h->row, &h->row_cap, n, sizeof *h->row, e) != 0)
		return -1;
	return rec_grow(&h->weight, &h->weight_cap, n, sizeof *h->weight, e);
}

int rec_history_read(struct rec_history *h, const struct rec_scorer_part *p,
		     const struct rec_transform *t, const struct rec_query *q, struct rec_err *e)
{
	if (grow(h, (size_t)q->n + 1, e) != 0)
		return -1;
	for (uint32_t i = 0; i < q->n; i++) {
		uint32_t row = rec_mapped(p->item_to_row, q->item[i]);
		float weight;

		if (row == REC_NONE)
			continue;
		weight = t ? rec_transform_weight(t, q->value[i]) : q->value[i];
		if (t && weight == 0)
			continue;
		h->row[h->n] = row;
		h->weight[h->n++] = weight;
	}
	return 0;
}

int rec_history_begin(struct rec_history *h, const struct rec_scorer_part *p,
		      const struct rec_transform *t, const struct rec_query *q, struct rec_err *e)
{
	return rec_history_read(h, p, t, q, e) != 0 ? -1 : h->n > 0;
}

int rec_history_one(struct rec_history *h, uint32_t row, struct rec_err *e)
{
	if (grow(h, 1, e) != 0)
		return -1;
	h->row[0] = row;
	h->weight[0] = 1;
	h->n = 1;
	return 0;
}

void rec_history_free(struct rec_history *h)
{
	free(h->row);
	free(h->weight);
	*h = (struct rec_history){ 0 };
}
