/* SPDX-License-Identifier: MIT */
/* row_write.c - one row as it stands in a pipe: the only place that knows how a row is written as text. */
#include <string.h>

#include "io/num.h"
#include "io/rows.h"

size_t rec_row_max(const struct rec_row *row)
{
	return (size_t)row->row_len + row->col_len + 2 * REC_NUM_MAX + 4;
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
		p += rec_num_put_f32(p, row->has & REC_HAS_VALUE ? row->value : 1);
	}
	if (row->has & REC_HAS_TIME) {
		*p++ = '\t';
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
