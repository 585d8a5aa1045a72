/* SPDX-License-Identifier: MIT */
/* cmd/cat/ranks.c - positions within rows. */
#include "cmd/cat/ranks.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/label.h"

static int add_hash(struct cat_ranks *r, uint64_t h, struct rec_err *e);

static int grow_seen(struct cat_ranks *r, struct rec_err *e)
{
	struct cat_ranks bigger = { .cap = r->cap ? 2 * r->cap : 1024 };

	bigger.seen = rec_zalloc(bigger.cap, sizeof *bigger.seen, e);
	if (!bigger.seen)
		return -1;
	for (size_t i = 0; i < r->cap; i++)
		if (r->seen[i] && add_hash(&bigger, r->seen[i], e) < 0)
			return -1;
	free(r->seen);
	r->seen = bigger.seen;
	r->cap = bigger.cap;
	return 0;
}

/* 1 new, 0 was there, -1 failed. */
static int add_hash(struct cat_ranks *r, uint64_t h, struct rec_err *e)
{
	if (2 * r->count >= r->cap && grow_seen(r, e) != 0)
		return -1;
	for (size_t i = h & (r->cap - 1);; i = (i + 1) & (r->cap - 1)) {
		if (r->seen[i] == h)
			return 0;
		if (r->seen[i] == 0) {
			r->seen[i] = h;
			r->count++;
			return 1;
		}
	}
}

int cat_ranks_next(struct cat_ranks *r, struct rec_row *row, struct rec_err *e)
{
	int fresh;

	if (r->n == 0 || row->row_len != r->label.n ||
	    memcmp(row->row, r->label.p, row->row_len) != 0) {
		fresh = add_hash(r, rec_hash(row->row, row->row_len, 0) | 1, e);
		if (fresh == 0)
			return rec_err_set(e, REC_EDATA,
					   "--rank: the rows of '%.*s' do not stand together",
					   REC_LABEL(row->row, row->row_len));
		r->label.n = r->n = 0;
		if (fresh < 0 || rec_buf_add(&r->label, row->row, row->row_len, e) != 0)
			return -1;
	}
	row->value = 1.0f / (float)++r->n;
	row->has = (row->has | REC_HAS_VALUE) & ~(unsigned)REC_LOST_VALUE;
	return 0;
}

void cat_ranks_free(struct cat_ranks *r)
{
	rec_buf_free(&r->label);
	free(r->seen);
	*r = (struct cat_ranks){ 0 };
}
