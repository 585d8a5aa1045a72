/* SPDX-License-Identifier: MIT */
#include "matrix/tally.h"

#include "base/label.h"

void rec_tally_new_value(struct rec_tally *t, float value)
{
	if (t->nvalues < REC_TALLY_VALUES)
		t->value[t->nvalues++] = value;
	else
		t->many = true;
}

bool rec_tally_sum(struct rec_sparse *s, const struct rec_tally *t, unsigned n)
{
	struct rec_tally all = { 0 };
	bool small = true;
	int values;

	for (unsigned i = 0; i < n; i++) {
		all.digest.sum[0] += t[i].digest.sum[0];
		all.digest.sum[1] += t[i].digest.sum[1];
		all.digest.cells += t[i].digest.cells;
		all.has_value |= t[i].has_value;
		all.times += t[i].times;
		all.large_times += t[i].large_times;
		all.negative |= t[i].negative;
		all.many |= t[i].many;
		all.halves |= t[i].halves;
		for (int k = 0; k < t[i].nvalues; k++) {
			rec_tally_value(&all, t[i].value[k]);
			small &= t[i].value[k] <= 10;
		}
	}
	values = all.nvalues + __builtin_popcountll(all.halves);
	small &= all.halves >> 21 == 0;	/* none above 10 */
	s->digest = all.digest;
	s->has_value = all.has_value;
	s->negative = all.negative;
	s->rating_like = all.has_value && !all.many && values <= REC_TALLY_VALUES && small &&
			 values > 1;
	s->times = all.times;
	s->large_times = all.large_times;
	return all.times > 0;
}

int rec_conflict_fail(const struct rec_conflict *c, const struct rec_labels *row,
		      const struct rec_labels *col, const char *in, const char *what,
		      struct rec_err *e)
{
	static const char *const text[] = {
		[REC_CONFLICT_TWICE] = "appears twice",
		[REC_CONFLICT_NO_TIME] =
			"appears twice, and without a time --duplicates last cannot choose",
		[REC_CONFLICT_RANGE] = "has a sum beyond what a 32-bit float holds",
	};
	size_t rn, cn;
	const char *r = rec_label(row, c->row, &rn), *k = rec_label(col, c->col, &cn);

	return rec_err_set(e, REC_EDATA, "%s%s%s%spair '%.*s' '%.*s' %s", in ? in : "",
			   in ? ": " : "", what ? what : "", what ? ": " : "",
			   REC_LABEL(r, rn), REC_LABEL(k, cn), text[c->kind]);
}
