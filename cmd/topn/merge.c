/* SPDX-License-Identifier: MIT */
/* cmd/topn/merge.c - lists over disjoint parts of the items become one. */
#include "cmd/topn/merge.h"

#include "cmd/cli/load.h"
#include "cmd/topn/tell.h"
#include "recpipe/matrix.h"

/*
 * Bytes that lists take while they are read (then as entries, later as columns
 * and scores), or packed for recmat.
 */
static uint64_t lists_bytes(const struct rec_lists *l, bool binary)
{
	enum { READING = 40, FLOATS = 8, DOUBLES = 16, PACKED = 4 };
	const uint64_t HELD = l->exact ? DOUBLES : FLOATS;
	uint64_t labels = l->row.off[l->row.n] + l->col.off[l->col.n] +
			  16 * ((uint64_t)l->row.n + l->col.n);
	uint64_t reading = (l->in && !l->block ? HELD : READING) * l->nnz,
		 writing = (HELD + (binary ? PACKED : 0)) * l->nnz;

	return 2 * labels + (reading > writing ? reading : writing);
}

/*
 * Recmat holds floats, in rank order; text is written with as many digits as a
 * double has.
 */
static void tell_lost_scores(const struct rec_lists *l, bool binary)
{
	struct rec_lost lost = l->lost;

	lost.times = 0;
	if (binary)
		cli_tell_lost(&lost);
	else if (l->lost.times)
		cli_note("%llu score%s more digits than a double (first: %s: '%s' is read as %s)",
			 (unsigned long long)l->lost.times, l->lost.times == 1 ? " has" : "s have",
			 l->lost.time.where, l->lost.time.written, l->lost.time.kept);
}

static int write_merged(struct rec_lists *l, const struct topn_options *o,
			const struct rec_run *run, struct rec_err *e)
{
	struct rec_topn_counts c = { 0 };
	struct rec_out *out;

	cli_phase("merge");
	if (rec_lists_cut(l, o->top, e) != 0 ||
	    cli_out(&out, o->common.output, o->common.binary, e) != 0 ||
	    rec_lists_write(out, l, o->common.binary, run->pool, e) != 0)
		return -1;
	c.rows = c.answered = l->row.n;
	c.entries = l->nnz;
	for (uint32_t i = 0; i < l->row.n; i++)
		c.shorter += l->ptr[i + 1] - l->ptr[i] < o->top;
	tell_lost_scores(l, o->common.binary);
	topn_count(&c);
	if (l->row.n == 0)
		cli_note("the input is empty: no lists to merge");
	else
		topn_tell_shorter(&c, o->top);
	return 0;
}

int topn_merge(const struct topn_options *o, const struct rec_run *run, struct rec_err *e)
{
	struct cli_amount more[] = { { "rows", 0 }, { "entries", 0 }, { NULL, 0 } };
	struct rec_lists l = { 0 };
	struct rec_in *in;
	int rc;

	cli_phase("load");
	/* Loaded, the entries of a row stand together, best first. */
	if (cli_in(&in, NULL, "lists", e) != 0 ||
	    rec_lists_load(&l, in, o->common.trust, run->pool, e) != 0)
		return -1;
	if (l.nnz && !l.has_value)
		return rec_err_set(
			e, REC_EDATA,
			"the lists have no scores; for lists in rank order: rec-cat --rank");
	more[0].n = l.row.n;
	more[1].n = (double)l.nnz;
	rc = cli_need(lists_bytes(&l, o->common.binary), more, e);
	if (rc == 0)
		rc = write_merged(&l, o, run, e);
	rec_lists_free(&l);
	return rc < 0 ? -1 : cli_commit(e);
}
