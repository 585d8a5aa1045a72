/* SPDX-License-Identifier: MIT */
/*
 * Lines one by one, for a reader that answers before it asks for more: nothing
 * is read while a whole line is there. Memory: twice the longest line.
 */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "rows/private.h"
#include "rows/tsv.h"

enum { STEP = 64 << 10 };

/* Move what is left to the front, make room, read once. */
static int read_more(struct rec_rows *r, struct rec_err *e)
{
	size_t left = r->line_n - r->line_at;
	int64_t got;

	if (r->line_at > 0)
		memmove(r->line, r->line + r->line_at, left);
	r->line_at = 0;
	r->line_n = left;
	if (rec_grow(&r->line, &r->line_cap, left < STEP / 2 ? STEP : 2 * left + STEP, 1, e) != 0)
		return -1;
	got = rec_in_read(r->in, r->line + left, r->line_cap - left - 1 - REC_TSV_PAD, e);
	if (got < 0)
		return -1;
	r->line_n += (size_t)got;
	r->line_end = got == 0;
	if (r->line_end && left > 0)
		r->line[r->line_n++] = '\n';
	memset(r->line + r->line_n, 0, REC_TSV_PAD);
	return 0;
}

/* The next line, newline included: 1, 0, -1. */
static int next_line(struct rec_rows *r, const char **p, const char **end, struct rec_err *e)
{
	size_t searched = 0;

	for (;;) {
		size_t left = r->line_n - r->line_at;
		const char *q = left > searched ? memchr(r->line + r->line_at + searched, '\n',
							 left - searched) :
						  NULL;

		if (q) {
			*p = r->line + r->line_at;
			*end = q + 1;
			r->line_at = (size_t)(*end - r->line);
			return 1;
		}
		if (r->line_end)
			return 0;
		searched = left;
		if (read_more(r, e) != 0)
			return -1;
	}
}

int rec_rows_line(struct rec_rows *r, struct rec_row *row, struct rec_err *e)
{
	const char *p, *end;
	bool lost = false;
	size_t n;
	int rc;

	if (r->binary)
		return rec_err_set(e, REC_EDATA, "%s: recmat where lines of text are wanted",
				   rec_in_name(r->in));
	rc = next_line(r, &p, &end, e);
	if (rc != 1)
		return rc == 0 ? rec_rows_end(r, e) : rc;
	if (r->line_number++ == 0)
		rec_rows_first_line(r, p, end);
	*row = (struct rec_row){ .row = p, .value = 1, .time = NAN };
	if (*p == '\n' || (p[0] == '\r' && p[1] == '\n'))
		return 1;
	if (rec_tsv_parse(&p, end, r->flags, row, 1, &n, &lost, e) != 0)
		return rec_rows_bad_line(r, p, end, r->line_number, e);
	r->tab |= (row->has & REC_HAS_COL) != 0;
	if (lost) {
		if (rec_rows_tallies(r, e) != 0)
			return -1;
		rec_rows_note_lost(r->tally, row, 1);
		rec_rows_add_lost(r, row->row, r->line_number);
	}
	r->count++;
	return 1;
}
