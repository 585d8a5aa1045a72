/* SPDX-License-Identifier: MIT */
/*
 * For a reader that answers before it asks for more: nothing is read while a
 * whole line is held. Memory: twice the longest line.
 */
#include "rows/line.h"

#include <math.h>
#include <string.h>

#include "rows/explain.h"
#include "rows/tsv.h"

/* The parser reads that many bytes after the text, whatever they are. */
_Static_assert((int)REC_WINDOW_PAD > (int)REC_LINES_PAD,
	       "padding, and a newline that may be missing");

static int read_more(struct rec_rows *r, struct rec_err *e)
{
	struct rec_window *w = &r->held;

	if (rec_window_read(w, r->held_at, e) != 0)
		return -1;
	r->held_at = 0;
	if (w->end && w->n > 0)
		w->p[w->n++] = '\n';
	memset(w->p + w->n, 0, REC_LINES_PAD);
	return 0;
}

/* The next line, newline included: 1, 0, -1. */
static int next_line(struct rec_rows *r, const char **p, const char **end, struct rec_err *e)
{
	const struct rec_window *w = &r->held;
	size_t searched = 0;

	for (;;) {
		size_t left = w->n - r->held_at;
		const char *q = NULL;

		if (left > searched)
			q = memchr(w->p + r->held_at + searched, '\n', left - searched);
		if (q) {
			*p = w->p + r->held_at;
			*end = q + 1;
			r->held_at = (size_t)(*end - w->p);
			return 1;
		}
		if (w->end)
			return 0;
		searched = left;
		if (read_more(r, e) != 0)
			return -1;
	}
}

int rec_rows_text_line(struct rec_rows *r, struct rec_row *row, struct rec_err *e)
{
	struct rec_tsv_rows one = { .rows = row, .max = 1 };
	const char *p, *end;
	int rc = next_line(r, &p, &end, e);

	if (rc != 1)
		return rc == 0 ? rec_rows_end(r, e) : rc;
	if (r->line_number++ == 0)
		rec_rows_first_line(r, p, end);
	*row = (struct rec_row){ .row = p, .value = 1, .time = NAN };
	if (*p == '\n' || (p[0] == '\r' && p[1] == '\n'))
		return 1;
	if (rec_tsv_parse(&p, end, r->flags, &one, e) != 0)
		return rec_rows_bad_line(r, p, end, r->line_number, e);
	r->tab |= (row->has & REC_HAS_COL) != 0;
	if (one.lost) {
		if (rec_rows_tallies(r, e) != 0)
			return -1;
		rec_rows_note_lost(r->tally, row, 1);
		rec_rows_add_lost(r, row->row, r->line_number);
	}
	r->count++;
	return 1;
}
