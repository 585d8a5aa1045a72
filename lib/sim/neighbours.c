/* SPDX-License-Identifier: MIT */
/* sim/neighbours.c - lines of overlaps, one a thread or in groups, weighed. */
#include "sim/neighbours.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "sim/groups.h"
#include "sim/select.h"

struct work {
	const struct rec_neighbours *how;
	bool rows;
	struct rec_accumulator *acc;	/* per thread */
	struct rec_group group;		/* or of a group of lines */
	struct rec_pair_tally *tally;	/* per thread */
	const struct rec_run *run;
};

static void add_tally(struct rec_pair_tally *sum, const struct rec_pair_tally *x)
{
	sum->pairs += x->pairs;
	sum->rare += x->rare;
	sum->zero += x->zero;
	sum->small += x->small;
}

/* A line for rec_select. With rows the line is the history item. */
static int weigh_line(void *arg, uint32_t line, unsigned thread, float *weight, uint32_t *at,
		      uint32_t *n, struct rec_err *e)
{
	const struct work *w = arg;
	const struct rec_neighbours *how = w->how;
	struct rec_accumulator *a = w->acc ? &w->acc[thread] : &w->group.acc[line - w->group.first];
	struct rec_pair_tally tally = { 0 };
	uint32_t kept = 0;
	bool finite = true;

	*n = 0;
	if (how->only && !how->only[line])
		return 0;
	if (w->acc)
		rec_overlap_line(a, &how->overlap, line);
	for (uint32_t k = 0; k < a->n; k++) {
		uint32_t s = a->met[k];
		struct rec_pair p;
		float f;

		if (s == line || a->count[s] < how->min_support) {
			tally.rare += s != line;
			continue;
		}
		p = rec_overlap_pair(a, s);
		f = (float)(w->rows ? how->weight(how->arg, line, s, &p) :
				      how->weight(how->arg, s, line, &p));
		finite &= isfinite(f) != 0;
		if (f == 0 || fabsf(f) < how->min_sim) {
			tally.zero += f == 0;
			tally.small += f != 0;
			continue;
		}
		weight[s] = f;
		at[kept++] = s;
	}
	tally.pairs = a->n - (a->n > 0);	/* except for the item itself */
	add_tally(&w->tally[thread], &tally);
	rec_overlap_clear(a);
	*n = kept;
	return finite ? 0 :
			rec_err_set(e, REC_EDATA, "the similarity of some pair is beyond float32");
}

static int sum_group(void *arg, uint32_t first, uint32_t end, struct rec_err *e)
{
	struct work *w = arg;

	return rec_group_sum(&w->group, first, end, w->run, e);
}

static int by_groups(struct rec_csr *s, struct rec_selection *sel, struct work *w,
		     const struct rec_run *run, struct rec_err *e)
{
	int rc = rec_group_new(&w->group, &w->how->overlap, w->how->group, e);

	sel->group = w->how->group;
	sel->before = sum_group;
	if (rc == 0)
		rc = rec_select(s, sel, weigh_line, w, run, e);
	rec_group_free(&w->group);
	return rc;
}

static int by_lines(struct rec_csr *s, const struct rec_selection *sel, struct work *w,
		    const struct rec_run *run, struct rec_err *e)
{
	unsigned threads = rec_pool_size(run->pool), i = 0;
	int rc = -1;

	w->acc = rec_zalloc(threads, sizeof *w->acc, e);
	while (w->acc && i < threads && rec_accumulator_new(&w->acc[i], &w->how->overlap, e) == 0)
		i++;
	if (i == threads)
		rc = rec_select(s, sel, weigh_line, w, run, e);
	for (i = 0; w->acc && i < threads; i++)
		rec_accumulator_free(&w->acc[i]);
	free(w->acc);
	return rc;
}

int rec_neighbours(struct rec_csr *s, const struct rec_neighbours *how, const struct rec_run *run,
		   struct rec_err *e)
{
	struct rec_selection sel = { .items = how->overlap.x->ncols,
				     .keep = how->keep,
				     .rows = !how->columns && (how->keep_history || how->keep == 0),
				     .from = how->from,
				     .to = how->to,
				     .columns = how->columns };
	unsigned threads = rec_pool_size(run->pool);
	struct work w = { .how = how,
			  .rows = sel.rows,
			  .run = run,
			  .tally = rec_zalloc(threads, sizeof *w.tally, e) };
	int rc = -1;

	*s = (struct rec_csr){ 0 };
	if (w.tally)
		rc = how->group ? by_groups(s, &sel, &w, run, e) : by_lines(s, &sel, &w, run, e);
	for (unsigned i = 0; w.tally && how->tally && i < threads; i++)
		add_tally(how->tally, &w.tally[i]);
	free(w.tally);
	return rc;
}
