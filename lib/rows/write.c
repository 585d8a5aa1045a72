/* SPDX-License-Identifier: MIT */
#include "rows/write.h"

#include <string.h>

#include "io/num.h"

enum { LOST = REC_LOST_VALUE | REC_LOST_TIME };

/* Field 3 or 4 as it was written; *end is what follows it. */
static const char *written(const struct rec_row *row, int field, const char **end)
{
	const char *p = row->col + row->col_len + 1, *q;

	for (q = p; *q != '\t' && *q != '\r' && *q != '\n';)
		q++;
	if (field == 4)
		for (p = ++q; *q != '\t' && *q != '\r' && *q != '\n';)
			q++;
	*end = q;
	return p;
}

const char *rec_row_field(const struct rec_row *row, int field, char buf[REC_NUM_MAX], size_t *n)
{
	const char *p, *end;

	if (row->has & (field == 3 ? REC_LOST_VALUE : REC_LOST_TIME)) {
		p = written(row, field, &end);
		*n = (size_t)(end - p);
		return p;
	}
	if (field == 3)
		*n = rec_num_put_f32(buf, row->has & REC_HAS_VALUE ? row->value : 1);
	else
		*n = rec_num_put_f64(buf, row->time);
	return buf;
}

size_t rec_row_max(const struct rec_row *row)
{
	size_t n = (size_t)row->row_len + row->col_len + 2 * REC_NUM_MAX + 4;
	const char *end;

	if (row->has & LOST) {
		written(row, row->has & REC_HAS_TIME ? 4 : 3, &end);
		n += (size_t)(end - row->col) - row->col_len;
	}
	return n;
}

/* A number as it was written. */
static char *put_written(char *out, const struct rec_row *row, int field)
{
	const char *end, *p = written(row, field, &end);

	memcpy(out, p, (size_t)(end - p));
	return out + (end - p);
}

size_t rec_row_put(char *out, const struct rec_row *row)
{
	char *p = out;

	memcpy(p, row->row, row->row_len);
	p += row->row_len;
	if (row->has & REC_HAS_COL) {
		*p++ = '\t';
		memcpy(p, row->col, row->col_len);
		p += row->col_len;
	}
	if (row->has & (REC_HAS_VALUE | REC_HAS_TIME)) {
		*p++ = '\t';
		if (row->has & REC_LOST_VALUE)
			p = put_written(p, row, 3);
		else
			p += rec_num_put_f32(p, row->has & REC_HAS_VALUE ? row->value : 1);
	}
	if (row->has & REC_HAS_TIME) {
		*p++ = '\t';
		if (row->has & REC_LOST_TIME)
			p = put_written(p, row, 4);
		else
			p += rec_num_put_f64(p, row->time);
	}
	*p++ = '\n';
	return (size_t)(p - out);
}

int rec_row_add(struct rec_buf *b, const struct rec_row *row, struct rec_err *e)
{
	if (rec_grow(&b->p, &b->cap, b->n + rec_row_max(row), 1, e) != 0)
		return -1;
	b->n += rec_row_put(b->p + b->n, row);
	return 0;
}

int rec_row_write(struct rec_out *out, const struct rec_row *row, struct rec_err *e)
{
	char *to;

	if (rec_out_room(out, rec_row_max(row), &to, e) != 0)
		return -1;
	rec_out_used(out, rec_row_put(to, row));
	return 0;
}
