/* SPDX-License-Identifier: MIT */
/*
 * topn/stream.c - rows answered as they come. Memory is the model, the row at
 * hand and its list. The row at hand is answered, written and flushed when the
 * next line begins another row or is empty, and at the end of the input.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/label.h"
#include "base/mem.h"
#include "topn/topn.h"

struct stream {
	const struct rec_topn *t;
	const struct rec_scorer *s;
	const struct rec_topn_rows *rows;
	struct rec_rows *in;
	struct rec_out *out;
	enum rec_repeats repeats;
	struct rec_topn_counts *counts;
	struct rec_topn_scratch *scratch;
	struct rec_top list;
	bool open;			/* a row is at hand */
	struct rec_buf label, text;	/* of the row at hand, of its list */
	struct rec_gather history;
	uint32_t *seen, *candidate;
	size_t seen_cap, candidate_cap;
};

/* What p says of the row at hand: n items into *item, which grows. */
static int pairs_of(const struct rec_pairs *p, const struct stream *s, uint32_t **item, size_t *cap,
		    uint32_t *n, struct rec_err *e)
{
	uint32_t row = p ? rec_pairs_row(p, s->label.p, s->label.n) : REC_NONE;

	if (rec_grow(item, cap, (size_t)rec_pairs_length(p, row) + 1, sizeof **item, e) != 0)
		return -1;
	*n = rec_pairs_items(p, row, *item, NULL);
	return 0;
}

/* The row at hand, if any. */
static int answer(struct stream *s, struct rec_err *e)
{
	struct rec_query q = { .has_candidates = s->rows->candidates };

	if (!s->open)
		return 0;
	s->open = false;
	if (rec_gather_end(&s->history, s->repeats, e) != 0)
		return rec_err_prefix(e, "%s '%.*s': ", s->s->similar ? "item" : "user",
				      REC_LABEL(s->label.p, s->label.n));
	if (pairs_of(s->rows->seen, s, &s->seen, &s->seen_cap, &q.nseen, e) != 0 ||
	    pairs_of(s->rows->candidates, s, &s->candidate, &s->candidate_cap, &q.ncandidates, e) !=
		    0)
		return -1;
	q.label = s->label.p;
	q.label_len = s->label.n;
	q.n = s->history.nitems;
	q.item = s->history.item;
	q.value = s->history.value;
	q.seen = s->seen;
	q.candidate = s->candidate;
	s->text.n = 0;
	if (rec_topn_answer(s->t, s->scratch, &q, 1, &s->list, s->counts, e) != 0 ||
	    rec_topn_print(&s->text, s->t, s->scratch, &q, &s->list, e) != 0 ||
	    rec_out_write(s->out, s->text.p, s->text.n, e) != 0)
		return -1;
	return rec_out_flush(s->out, e);
}

static bool is_at_hand(const struct stream *s, const struct rec_row *row)
{
	return s->open && row->row_len == s->label.n &&
	       memcmp(row->row, s->label.p, s->label.n) == 0;
}

static int begin_row(struct stream *s, const struct rec_row *row, struct rec_err *e)
{
	s->open = true;
	s->label.n = 0;
	return rec_buf_add(&s->label, row->row, row->row_len, e);
}

static int add_line(struct stream *s, const struct rec_row *row, struct rec_err *e)
{
	uint32_t item;

	if (!is_at_hand(s, row) && (answer(s, e) != 0 || begin_row(s, row, e) != 0))
		return -1;
	if (!(row->has & REC_HAS_COL))
		return 0;
	item = rec_scorer_item(s->s, row->col, row->col_len);
	if (item == REC_NONE) {
		s->counts->unknown++;
		return 0;
	}
	/* a batch keeps times for this rule alone, so others do not see them */
	return rec_gather_add(&s->history, item, row->value,
			      s->repeats == REC_REPEATS_LAST ? row->time : NAN, e);
}

/* An empty line. */
static int end_group(struct stream *s, struct rec_err *e)
{
	if (answer(s, e) != 0 || rec_out_write(s->out, "\n", 1, e) != 0)
		return -1;
	return rec_out_flush(s->out, e);
}

static int run(struct stream *s, struct rec_err *e)
{
	struct rec_row row;
	int rc;

	while ((rc = rec_rows_line(s->in, &row, e)) > 0)
		if ((row.row_len ? add_line(s, &row, e) : end_group(s, e)) != 0)
			return -1;
	return rc < 0 ? -1 : answer(s, e);
}

int rec_topn_stream(const struct rec_topn *t, struct rec_rows *in, const struct rec_topn_rows *o,
		    enum rec_repeats repeats, struct rec_out *out, struct rec_topn_counts *counts,
		    struct rec_err *e)
{
	struct stream s = { .t = t,
			    .s = rec_topn_scorer(t),
			    .rows = o,
			    .in = in,
			    .out = out,
			    .repeats = repeats,
			    .counts = counts };
	int rc = -1;

	s.list.entry = rec_alloc((size_t)rec_topn_room(t) + 1, sizeof *s.list.entry, e);
	if (s.list.entry && rec_topn_scratch_new(&s.scratch, t, e) == 0)
		rc = run(&s, e);
	rec_topn_scratch_free(s.scratch);
	rec_buf_free(&s.label);
	rec_buf_free(&s.text);
	rec_gather_free(&s.history);
	free(s.list.entry);
	free(s.seen);
	free(s.candidate);
	return rc;
}
