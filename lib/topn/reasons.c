/* SPDX-License-Identifier: MIT */
/*
 * topn/reasons.c - the items of a history that weigh most in a score
 * (score/explain.h), and the lines of a list with them.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "io/num.h"
#include "rows/write.h"
#include "score/explain.h"
#include "topn/topn.h"

/* The larger share first; q's items ascend, so ties are in label order. */
static void offer(struct rec_reason *r, uint32_t *n, uint32_t k, struct rec_reason x)
{
	uint32_t at = *n;

	if (at == k && (k == 0 || !(x.share > r[k - 1].share)))
		return;
	at -= at == k;
	for (; at > 0 && x.share > r[at - 1].share; at--)
		r[at] = r[at - 1];
	r[at] = x;
	*n += *n < k;
}

int rec_topn_reasons(const struct rec_topn *t, struct rec_topn_scratch *sc,
		     const struct rec_query *q, const struct rec_topn_why *why, struct rec_err *e)
{
	*why->n = 0;
	if (rec_scorer_explain(rec_topn_scorer(t), rec_topn_score_scratch(sc), q, why->item,
			       why->term, e) != 0)
		return -1;
	if (!rec_explain_shares(why->term, q->n))
		return 0;
	for (uint32_t i = 0; i < q->n; i++)
		if (why->term[i] != 0)
			offer(why->reason, why->n, why->k,
			      (struct rec_reason){ q->item[i], why->term[i] });
	return 0;
}

static int add_reason(struct rec_buf *b, const struct rec_labels *items, const struct rec_reason *r,
		      struct rec_err *e)
{
	char number[REC_NUM_MAX];
	size_t len, digits = rec_num_put_f32(number, (float)r->share);
	const char *label = rec_label(items, r->item, &len);

	if (rec_buf_add(b, "\t", 1, e) != 0 || rec_buf_add(b, label, len, e) != 0 ||
	    rec_buf_add(b, "\t", 1, e) != 0)
		return -1;
	return rec_buf_add(b, number, digits, e);
}

/* A line for each reason; where there is none, the entry alone. */
static int add_entry(struct rec_buf *b, const struct rec_labels *items, const struct rec_row *row,
		     const struct rec_reason *r, uint32_t n, struct rec_err *e)
{
	for (uint32_t i = 0; i < n || i == 0; i++) {
		if (rec_row_add(b, row, e) != 0)
			return -1;
		b->n--;			/* the newline */
		if ((n > 0 && add_reason(b, items, &r[i], e) != 0) ||
		    rec_buf_add(b, "\n", 1, e) != 0)
			return -1;
	}
	return 0;
}

int rec_topn_print(struct rec_buf *b, const struct rec_topn *t, struct rec_topn_scratch *sc,
		   const struct rec_query *q, const struct rec_top *list, struct rec_err *e)
{
	const struct rec_labels *items = &rec_topn_scorer(t)->items;
	struct rec_row row = { .row = q->label,
			       .row_len = (uint32_t)q->label_len,
			       .has = REC_HAS_COL | REC_HAS_VALUE };

	for (uint32_t i = 0; i < list->n; i++) {
		const struct rec_reason *r = NULL;
		uint32_t n = 0;
		size_t len;

		row.col = rec_label(items, list->entry[i].item, &len);
		row.col_len = (uint32_t)len;
		row.value = list->entry[i].score;
		if (rec_topn_explain(t, sc, q, list->entry[i].item, &r, &n, e) != 0 ||
		    add_entry(b, items, &row, r, n, e) != 0)
			return -1;
	}
	return 0;
}
