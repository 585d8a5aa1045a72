/* SPDX-License-Identifier: MIT */
/*
 * Rows to recmat blocks of order stream, as they come.
 *
 * Rows gather as triples whose labels are numbered in the order they appear,
 * through a hash table a side. When ROWS triples or BYTES of labels are there,
 * the labels are sorted, the triples renumbered, and the block goes out. Memory
 * is bounded by one block (about 5 MB) plus the longest label. Cuts depend on
 * the rows alone. A label without a column takes part as a row that no triple
 * names.
 */
#include "recpipe/rows.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "recmat/form.h"
#include "recmat/recmat.h"

enum { ROWS = 1 << 16, BYTES = 4 << 20, SLOTS = 1 << 17 };

/* Labels of one side of the block, numbered as they appear. */
struct side {
	struct rec_buf bytes;
	uint64_t off[ROWS + 1];
	uint64_t hash[ROWS];
	uint32_t slot[SLOTS];	/* number + 1, or 0 */
	uint32_t used[ROWS];	/* slot of each number: what there is to clear */
	uint32_t n, last;	/* last: the label that came last, often the next again */
	/* sorted form */
	uint64_t sorted_off[ROWS + 1];
	struct rec_buf sorted;
	uint32_t rank[ROWS];
};

struct rec_stream_out {
	struct rec_out *out;
	struct side side[2];
	uint32_t row[ROWS], col[ROWS];
	float val[ROWS];
	double time[ROWS];
	uint32_t n;
	bool times;
	uint64_t blocks;
	const char *name;
};

void rec_stream_out_name(struct rec_stream_out *s, const char *name)
{
	s->name = name;
}

/*
 * A label on its way through the sort; key is its first eight bytes, zeros
 * after, as a number that sorts alike (labels hold no NUL).
 */
struct sort {
	uint64_t key;
	const char *p;
	size_t len;
	uint32_t number;
};

int rec_stream_out_new(struct rec_stream_out **s, struct rec_out *out, struct rec_err *e)
{
	*s = rec_zalloc(1, sizeof **s, e);
	if (!*s)
		return -1;
	(*s)->out = out;
	return 0;
}

void rec_stream_out_free(struct rec_stream_out *s)
{
	if (!s)
		return;
	for (int i = 0; i < 2; i++) {
		rec_buf_free(&s->side[i].bytes);
		rec_buf_free(&s->side[i].sorted);
	}
	free(s);
}

static bool is_label(const struct side *d, uint32_t i, const char *p, size_t len)
{
	return d->off[i + 1] - d->off[i] == len && memcmp(d->bytes.p + d->off[i], p, len) == 0;
}

/*
 * The number of a label, new or known. There is room: a block is written before
 * it holds ROWS labels of a side.
 */
static int number(struct side *d, uint32_t *x, const char *p, size_t len, struct rec_err *e)
{
	uint64_t h;
	uint32_t i;

	if (d->n > 0 && is_label(d, d->last, p, len)) {
		*x = d->last;
		return 0;
	}
	h = rec_hash(p, len, 0);
	for (i = (uint32_t)(h % SLOTS); d->slot[i] != 0; i = (i + 1) % SLOTS) {
		uint32_t k = d->slot[i] - 1;

		if (d->hash[k] == h && is_label(d, k, p, len)) {
			*x = d->last = k;
			return 0;
		}
	}
	if (rec_buf_add(&d->bytes, p, len, e) != 0)
		return -1;
	d->hash[d->n] = h;
	d->used[d->n] = i;
	d->slot[i] = d->n + 1;
	*x = d->last = d->n++;
	d->off[d->n] = d->bytes.n;
	return 0;
}

static int compare(const void *pa, const void *pb)
{
	const struct sort *a = pa, *b = pb;
	int d;

	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	d = memcmp(a->p, b->p, a->len < b->len ? a->len : b->len);
	return d ? d : (a->len > b->len) - (a->len < b->len);
}

static uint64_t key_of(const char *p, size_t len)
{
	uint64_t key = 0;

	for (size_t i = 0; i < 8; i++)
		key = key << 8 | (i < len ? (unsigned char)p[i] : 0);
	return key;
}

static int sort_side(struct side *d, struct rec_err *e)
{
	struct sort *t = rec_alloc(d->n, sizeof *t, e);
	int rc = 0;

	if (!t)
		return -1;
	for (uint32_t i = 0; i < d->n; i++) {
		t[i] = (struct sort){ .p = d->bytes.p + d->off[i],
				      .len = (size_t)(d->off[i + 1] - d->off[i]),
				      .number = i };
		t[i].key = key_of(t[i].p, t[i].len);
	}
	qsort(t, d->n, sizeof *t, compare);
	d->sorted.n = 0;
	for (uint32_t i = 0; i < d->n && rc == 0; i++) {
		d->rank[t[i].number] = i;
		rc = rec_buf_add(&d->sorted, t[i].p, t[i].len, e);
		d->sorted_off[i + 1] = d->sorted.n;
	}
	free(t);
	return rc;
}

static void clear_side(struct side *d)
{
	for (uint32_t i = 0; i < d->n; i++)
		d->slot[d->used[i]] = 0;
	d->n = d->last = 0;
	d->bytes.n = 0;
}

static int write_block(struct rec_stream_out *s, struct rec_err *e)
{
	struct side *r = &s->side[0], *c = &s->side[1];
	struct rec_block b = {
		.kind = REC_SPARSE, .order = REC_STREAM, .rows = r->n, .cols = c->n, .nnz = s->n
	};

	if (sort_side(r, e) != 0 || sort_side(c, e) != 0)
		return -1;
	for (uint32_t i = 0; i < s->n; i++) {
		s->row[i] = r->rank[s->row[i]];
		s->col[i] = c->rank[s->col[i]];
	}
	b.row_off = r->sorted_off;
	b.row_bytes = r->sorted.p;
	b.col_off = c->sorted_off;
	b.col_bytes = c->sorted.p;
	b.row = s->row;
	b.col = s->col;
	b.val = s->val;
	b.time = s->times ? s->time : NULL;
	if (s->name)
		rec_block_name(&b, s->name);
	if (rec_recmat_write(s->out, &b, NULL, e) != 0)
		return -1;
	clear_side(r);
	clear_side(c);
	s->n = 0;
	s->times = false;
	s->blocks++;
	return 0;
}

/*
 * The missing value and time are one bit pattern each in recmat(5), whatever
 * NaN the machine makes.
 */
static void put_cell(struct rec_stream_out *s, const struct rec_row *row)
{
	const uint32_t no_value = REC_FORM_NAN32;
	const uint64_t no_time = REC_FORM_NAN64;

	if (row->has & REC_HAS_VALUE)
		s->val[s->n] = row->value;
	else
		memcpy(&s->val[s->n], &no_value, sizeof no_value);
	if (row->has & REC_HAS_TIME)
		s->time[s->n] = row->time;
	else
		memcpy(&s->time[s->n], &no_time, sizeof no_time);
	s->times |= (row->has & REC_HAS_TIME) != 0;
	s->n++;
}

int rec_stream_out_row(struct rec_stream_out *s, const struct rec_row *row, struct rec_err *e)
{
	uint32_t r, c;

	if (number(&s->side[0], &r, row->row, row->row_len, e) != 0)
		return -1;
	if (row->has & REC_HAS_COL) {
		if (number(&s->side[1], &c, row->col, row->col_len, e) != 0)
			return -1;
		s->row[s->n] = r;
		s->col[s->n] = c;
		put_cell(s, row);
	}
	if (s->n == ROWS || s->side[0].n == ROWS ||
	    s->side[0].bytes.n + s->side[1].bytes.n >= BYTES)
		return write_block(s, e);
	return 0;
}

int rec_stream_out_end(struct rec_stream_out *s, struct rec_err *e)
{
	if ((s->n > 0 || s->side[0].n > 0) && write_block(s, e) != 0)
		return -1;
	return rec_recmat_end(s->out, s->blocks, e);
}
