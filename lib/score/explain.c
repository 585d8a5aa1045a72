/* SPDX-License-Identifier: MIT */
/* score/explain.c - refusals, and the sum over models. */
#include "score/explain.h"

#include <math.h>
#include <string.h>

#include "score/kind.h"
#include "score/row.h"

int rec_scorer_can_explain(const struct rec_scorer *s, struct rec_err *e)
{
	if (s->similar)
		return rec_err_set(e, REC_EUSAGE,
				   "similar items have no reasons: they are like one item, and "
				   "there is no history");
	if (s->scale != REC_SCALE_RAW)
		return rec_err_set(e, REC_EUSAGE,
				   "scaled scores have no reasons: a scale looks at all items; "
				   "leave out --scale");
	for (size_t i = 0; i < s->nparts; i++)
		if (s->part[i].weight != 0 && s->part[i].neighbours)
			return rec_err_set(e, REC_EUSAGE,
					   "a similarity of users has no reasons: it scores by "
					   "neighbours, not by the history");
	return 0;
}

int rec_scorer_explain(const struct rec_scorer *s, struct rec_score_scratch *sc,
		       const struct rec_query *q, uint32_t item, double *term, struct rec_err *e)
{
	if (rec_scorer_can_explain(s, e) != 0)
		return -1;
	memset(term, 0, q->n * sizeof *term);
	for (size_t i = 0; i < s->nparts; i++) {
		const struct rec_scorer_part *p = &s->part[i];
		uint32_t c = rec_mapped(p->item_to_candidate, item);

		if (p->weight == 0 || c == REC_NONE || !p->kind->explain)
			continue;
		if (p->kind->explain(p, rec_score_scratch_part(sc, i), q, c, term, e) != 0)
			return -1;
	}
	return 0;
}

bool rec_explain_shares(double *term, uint32_t n)
{
	double sum = 0;

	for (uint32_t i = 0; i < n; i++)
		sum += term[i];
	if (sum == 0 || !isfinite(sum))
		return false;
	for (uint32_t i = 0; i < n; i++)
		term[i] = term[i] / sum;
	return true;
}
