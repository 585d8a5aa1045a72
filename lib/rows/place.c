/* SPDX-License-Identifier: MIT */
#include "rows/place.h"

#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "io/num.h"
#include "rows/write.h"

int rec_rows_scratch(struct rec_rows *r, struct rec_err *e)
{
	if (!r->scratch)
		r->scratch = rec_alloc((size_t)rec_pool_size(r->pool) * REC_ROWS_BATCH,
				       sizeof *r->scratch, e);
	return r->scratch ? rec_rows_tallies(r, e) : -1;
}

int rec_rows_tallies(struct rec_rows *r, struct rec_err *e)
{
	if (!r->tally)
		r->tally = rec_zalloc(rec_pool_size(r->pool), sizeof *r->tally, e);
	return r->tally ? 0 : -1;
}

void rec_rows_add_tally(struct rec_rows *r)
{
	for (unsigned i = 0; i < rec_pool_size(r->pool); i++) {
		r->count += r->tally[i].n;
		r->tab |= r->tally[i].tab;
		r->tally[i].n = 0;
	}
}

bool rec_rows_any_tab(const struct rec_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (rows[i].has & REC_HAS_COL)
			return true;
	return false;
}

void rec_rows_note_lost(struct rec_rows_tally *t, const struct rec_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool time = rows[i].has & REC_LOST_TIME;
		const bool is[REC_LOST_KINDS] = { rows[i].has & REC_LOST_VALUE, time,
						  time && rec_time_is_wide(rows[i].time) };

		for (int k = 0; k < REC_LOST_KINDS; k++) {
			if (!is[k])
				continue;
			if (t->lost[k]++ == 0 || rows[i].row < t->first[k].row)
				t->first[k] = rows[i];
		}
	}
}

/*
 * The first row of kind k that a thread saw in the region, or NULL; *n of all
 * threads.
 */
static const struct rec_row *first_lost(struct rec_rows *r, int k, uint64_t *n)
{
	const struct rec_row *first = NULL;

	*n = 0;
	for (unsigned t = 0; t < rec_pool_size(r->pool); t++) {
		struct rec_rows_tally *x = &r->tally[t];

		if (x->lost[k] > 0 && (!first || x->first[k].row < first->row))
			first = &x->first[k];
		*n += x->lost[k];
		x->lost[k] = 0;
	}
	return first;
}

void rec_rows_add_lost(struct rec_rows *r, const char *p, uint64_t line)
{
	struct rec_lost l = { 0 };
	uint64_t n[REC_LOST_KINDS];

	for (int k = 0; k < REC_LOST_KINDS; k++) {
		uint64_t at;
		const struct rec_row *row = first_lost(r, k, &n[k]);
		const char *s;
		char buf[REC_NUM_MAX];
		size_t len;

		if (!row)
			continue;
		at = line + rec_rows_newlines(p, row->row);
		s = rec_row_field(row, k == 0 || r->flags & REC_ROWS_SCORES ? 3 : 4, buf, &len);
		if (k == 0)
			rec_lost_value(&l, rec_in_name(r->in), at, s, len, row->value);
		else
			rec_lost_time(&l, rec_in_name(r->in), at, 4, s, len, row->time);
	}
	l.values = n[0];
	l.times = n[1];
	l.wide = n[2];
	rec_lost_add(&r->lost, &l);
}

uint64_t rec_rows_newlines(const char *p, const char *end)
{
	uint64_t n = 0;

	while (p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		n++;
		p++;
	}
	return n;
}

int rec_rows_at_line(const struct rec_rows *r, uint64_t line, struct rec_err *e)
{
	return rec_err_prefix(e, "%s:%" PRIu64 ": ", rec_in_name(r->in), line);
}

int rec_rows_in_block(const struct rec_rows *r, struct rec_err *e)
{
	return rec_err_prefix(e, "%s: block %" PRIu64 ": ", rec_in_name(r->in), r->blocks);
}
