/* SPDX-License-Identifier: MIT */
/*
 * part.c - a part of the users: where its borders are, which lists
 * belong to it, and what a run needs.
 */
#include "eval/part.h"

#include <stdlib.h>

#include "base/blocks.h"
#include "base/mem.h"
#include "eval/evaluation.h"

/* Rows of l before the label. */
static uint32_t rows_before(const struct rec_labels *l, const char *label, size_t len)
{
	uint32_t lo = 0, hi = l->n;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		size_t n;
		const char *x = rec_label(l, mid, &n);

		if (rec_label_cmp(x, n, label, len) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* The first list of user `row` of truth and of those after it. */
static uint32_t list_at(const struct rec_evaluation *v, uint32_t row)
{
	const struct rec_labels *truth = &v->in->truth->row;
	const char *label;
	size_t len;

	if (row == 0)
		return 0;
	if (row == truth->n)
		return v->in->lists->row.n;
	label = rec_label(truth, row, &len);
	return rows_before(&v->in->lists->row, label, len);
}

void rec_eval_range(struct rec_evaluation *v)
{
	v->first = v->o->first;
	v->last = v->o->last ? v->o->last : v->in->truth->row.n;
	v->list_first = list_at(v, v->first);
	v->list_last = list_at(v, v->last);
}

/*
 * Add to the block of each row of truth the cells that the same row has
 * elsewhere.
 */
static int add_cells(uint64_t *cost, const struct rec_labels *truth, const struct rec_labels *row,
		     const uint64_t *ptr, struct rec_err *e)
{
	uint32_t *map;

	if (rec_labels_map(&map, truth, row, e) != 0)
		return -1;
	for (uint32_t u = 0; u < truth->n; u++)
		if (map[u] != REC_NONE)
			cost[u / REC_BLOCK_ROWS] += ptr[map[u] + 1] - ptr[map[u]];
	free(map);
	return 0;
}

int rec_eval_part(uint32_t *first, uint32_t *last, const struct rec_eval_input *in, uint32_t i,
		  uint32_t n, struct rec_err *e)
{
	enum { USER = 8 };	/* what a user costs besides */
	const struct rec_labels *truth = &in->truth->row;
	uint64_t *cost = rec_zalloc((size_t)rec_blocks(truth->n) + 1, sizeof *cost, e);
	int rc = cost ? 0 : -1;

	for (uint32_t u = 0; rc == 0 && u < truth->n; u++)
		cost[u / REC_BLOCK_ROWS] += USER + in->truth->m.ptr[u + 1] - in->truth->m.ptr[u];
	if (rc == 0)
		rc = add_cells(cost, truth, &in->lists->row, in->lists->ptr, e);
	if (rc == 0 && in->train)
		rc = add_cells(cost, truth, &in->train->row, in->train->m.ptr, e);
	if (rc == 0 && in->candidates)
		rc = add_cells(cost, truth, &in->candidates->row, in->candidates->m.ptr, e);
	if (rc == 0)
		rec_blocks_balance(truth->n, cost, i, n, first, last);
	free(cost);
	return rc;
}

/*
 * Held and while it is read, of something that lies in a mapped file only the
 * maps of labels.
 */
struct bytes {
	uint64_t held, reading;
};

static struct bytes input_bytes(uint64_t cells, const struct rec_labels *row,
				const struct rec_labels *col, bool mapped)
{
	enum { READING = 24, HELD = 8 };	/* bytes of a cell */
	uint64_t labels = row->off[row->n] + col->off[col->n] + ((uint64_t)row->n * 2 + col->n) * 8;

	if (mapped)
		return (struct bytes){ 0, 0 };
	return (struct bytes){ HELD * cells + labels, READING * cells + 2 * labels };
}

static struct bytes matrix_bytes(const struct rec_sparse *m)
{
	return m ? input_bytes(m->m.nnz, &m->row, &m->col, m->in && !m->block) :
		   (struct bytes){ 0, 0 };
}

/*
 * Lists are read with their scores in double; what is mapped is copied to be
 * ranked.
 */
static struct bytes lists_bytes(const struct rec_lists *l)
{
	enum { READING = 16, HELD = 8, EXACT = 8 };
	bool mapped = l->in && !l->block;
	struct bytes b = input_bytes(l->nnz, &l->row, &l->col, mapped);

	b.reading += mapped ? 0 : READING * l->nnz;
	b.held += (mapped ? HELD : 0) * l->nnz + (l->exact ? EXACT : 0) * l->nnz;
	return b;
}

uint64_t rec_eval_bytes(const struct rec_eval_input *in, const struct rec_eval_opts *o,
			const struct rec_run *run)
{
	uint64_t users = o->last ? o->last - o->first : in->truth->row.n, items = in->truth->col.n,
		 known = in->train ? in->train->col.n : 0;
	uint64_t threads = run->pool ? rec_pool_size(run->pool) : 1,
		 series = o->n * (in->train ? 6 : 1) + (in->candidates ? o->n : 0);
	const struct bytes each[] = { lists_bytes(in->lists), matrix_bytes(in->truth),
				      matrix_bytes(in->train), matrix_bytes(in->candidates) };
	uint64_t held = 0, most = 0;

	/* read one after the other */
	for (size_t i = 0; i < sizeof each / sizeof *each; i++) {
		most = held + each[i].reading > most ? held + each[i].reading : most;
		held += each[i].held;
	}
	held += users * (series * 17 + 24) + (uint64_t)in->truth->row.n * 12 +
		threads * (items * 24 + known * 4) + known * 29;
	return held > most ? held : most;
}
