/* SPDX-License-Identifier: MIT */
/*
 * sim/select.c - the N largest of every line, and the kept cells as a matrix.
 *
 * A group of lines is divided into slices, one task each. Every slice has its
 * own buffer of kept cells, so threads share none; end to end, in order of
 * lines, the buffers are the matrix. With groups of 100 lines, slices of 64:
 *
 *	lines    0 ..........  99 | 100 ......... 199 | 200 .. 249
 *	slices   0 .. 63, 64 .. 99 | 100 .. 163, 164 .. 199 | 200 .. 249
 *	buffers     0        1     |     2           3      |     4
 *
 * Without groups all lines are one group.
 */
#include "sim/select.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/pool.h"
#include "base/progress.h"
#include "sim/turn.h"

/*
 * Lines of a slice at most. It balances two costs that were not measured: each
 * slice is handed to a thread and has buffers of its own; and at the end
 * threads wait for the last slice, since lines differ in work.
 */
enum { SLICE = 64 };

struct scratch {
	uint64_t *key;
	/* to sort a row: its weights by item, a bit for each item, items */
	float *weight;
	uint64_t *bits;
	uint32_t *at;
};

struct work {
	const struct rec_selection *how;
	rec_line_fn *fn;
	void *arg;
	const struct rec_run *run;
	struct scratch *scratch;	/* per thread */
	struct rec_turn_slice *slice;	/* of all groups */
	uint64_t *ptr;			/* [i + 1]: cells of line i */
	uint32_t first, end;		/* lines */
	uint32_t group, step;		/* lines of a group, of a slice */
	uint32_t at;			/* first line of the group under way */
};

static size_t slices_of_group(const struct work *w)
{
	return rec_slices(w->group, w->step);
}

static struct rec_turn_slice *slice_of(const struct work *w, uint32_t line)
{
	uint32_t i = line - w->first;

	return &w->slice[i / w->group * slices_of_group(w) + i % w->group / w->step];
}

/* Largest first. */
static void sort_few(uint64_t *key, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		uint64_t k = key[i];
		size_t j = i;

		for (; j > 0 && key[j - 1] < k; j--)
			key[j] = key[j - 1];
		key[j] = k;
	}
}

static uint64_t median(uint64_t a, uint64_t b, uint64_t c)
{
	return a > b ? (b > c ? b : a > c ? c : a) : (a > c ? a : b > c ? c : b);
}

/*
 * Put the keep largest of n distinct keys in front. The pivot is neither the
 * largest nor the smallest of three, so both sides have some. No branch depends
 * on a key: it could not be predicted.
 */
static void front(uint64_t *key, size_t n, size_t keep)
{
	enum { FEW = 8 };

	while (n > FEW && keep > 0 && keep < n) {
		uint64_t pivot = median(key[0], key[n / 2], key[n - 1]);
		size_t m = 0;

		for (size_t i = 0; i < n; i++) {
			uint64_t k = key[i];

			key[i] = key[m];
			key[m] = k;
			m += k > pivot;
		}
		if (keep <= m) {
			n = m;
		} else {
			key += m;
			n -= m;
			keep -= m;
		}
	}
	if (n <= FEW)
		sort_few(key, n);
}

/* Put the keep largest of n keys in front; returns how many that are. */
static uint32_t largest(uint64_t *key, uint32_t n, uint32_t keep)
{
	uint64_t floor = 0;
	size_t m = 0;

	if (n <= keep)
		return n;
	for (uint32_t i = 0; i < n; i++) {
		uint64_t k = key[i];

		key[m] = k;
		m += k >= floor;
		if (m < 2 * (size_t)keep)
			continue;
		front(key, m, keep);
		m = keep;
		floor = key[0];
		for (size_t j = 1; j < m; j++)
			floor = key[j] < floor ? key[j] : floor;
	}
	front(key, m, keep);
	return keep;
}

void rec_select_ascend(uint64_t *bits, uint32_t *at, uint32_t n, uint32_t items)
{
	uint32_t k = 0;

	for (uint32_t i = 0; i < n; i++)
		bits[at[i] >> 6] |= (uint64_t)1 << (at[i] & 63);
	for (uint32_t w = 0; w <= items >> 6; w++) {
		uint64_t b = bits[w];

		for (bits[w] = 0; b; b &= b - 1)
			at[k++] = w << 6 | (uint32_t)__builtin_ctzll(b);
	}
}

static int reserve(struct rec_turn_slice *b, uint32_t n, struct rec_err *e)
{
	if (rec_grow(&b->item, &b->item_cap, b->n + n, sizeof *b->item, e) != 0)
		return -1;
	return rec_grow(&b->weight, &b->weight_cap, b->n + n, sizeof *b->weight, e);
}

/* Append a row, whose keys are in any order, by item. */
static int append_sorted(struct rec_turn_slice *b, struct scratch *s, uint32_t n, uint32_t items,
			 struct rec_err *e)
{
	if (reserve(b, n, e) != 0)
		return -1;
	for (uint32_t i = 0; i < n; i++) {
		s->at[i] = rec_cell_item(s->key[i]);
		s->weight[s->at[i]] = rec_cell_weight(s->key[i]);
	}
	rec_select_ascend(s->bits, s->at, n, items);
	for (uint32_t i = 0; i < n; i++) {
		b->item[b->n + i] = s->at[i];
		b->weight[b->n + i] = s->weight[s->at[i]];
	}
	b->n += n;
	return 0;
}

static int append(struct rec_turn_slice *b, const struct rec_selection *how, const uint64_t *key,
		  uint32_t n, struct rec_err *e)
{
	bool all = how->rows || how->columns;

	if (reserve(b, n, e) != 0)
		return -1;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t item = rec_cell_item(key[i]);

		if (!all && (item < how->from || item >= how->to))
			continue;
		b->item[b->n] = item;
		b->weight[b->n++] = rec_cell_weight(key[i]);
	}
	return 0;
}

static int slice_task(void *arg, uint64_t first, uint64_t last, unsigned thread, struct rec_err *e)
{
	struct work *w = arg;
	const struct rec_selection *how = w->how;
	struct scratch *s = &w->scratch[thread];
	uint32_t line = w->at + (uint32_t)first, end = w->at + (uint32_t)last;
	struct rec_turn_slice *to = slice_of(w, line);

	to->first = line;
	to->end = end;
	for (; line < end; line++) {
		uint32_t n = 0, all;
		size_t before;

		if (w->fn(w->arg, line, thread, s->key, &n, e) != 0)
			return -1;
		all = n;
		if (how->keep)
			n = largest(s->key, n, how->keep);
		before = to->n;
		if (how->rows && (n < all || !how->ascending) ?
			    append_sorted(to, s, n, how->items, e) :
			    append(to, how, s->key, n, e))
			return -1;
		w->ptr[line + 1] = to->n - before;
	}
	if (thread == 0)
		rec_progress_tell(&w->run->progress, "items", end - w->first, w->end - w->first,
				  NULL);
	return 0;
}

static void free_scratch(struct work *w, unsigned threads)
{
	for (unsigned i = 0; w->scratch && i < threads; i++) {
		free(w->scratch[i].weight);
		free(w->scratch[i].at);
		free(w->scratch[i].key);
		free(w->scratch[i].bits);
	}
	free(w->scratch);
}

static int new_scratch(struct work *w, unsigned threads, struct rec_err *e)
{
	size_t items = w->how->items;

	w->scratch = rec_zalloc(threads, sizeof *w->scratch, e);
	for (unsigned i = 0; w->scratch && i < threads; i++) {
		struct scratch *s = &w->scratch[i];

		s->key = rec_alloc(items + 1, sizeof *s->key, e);
		if (!s->key)
			return -1;
		if (!w->how->rows)
			continue;
		s->weight = rec_alloc(items, sizeof *s->weight, e);
		s->at = rec_alloc(items + 1, sizeof *s->at, e);
		s->bits = rec_zalloc(items / 64 + 1, sizeof *s->bits, e);
		if (!s->weight || !s->at || !s->bits)
			return -1;
	}
	return w->scratch ? 0 : -1;
}

/*
 * The buffers end to end. Each is released when it has been copied, so memory
 * never holds all kept cells twice.
 */
static int assemble(struct rec_csr *s, struct work *w, size_t nslices, struct rec_err *e)
{
	uint32_t items = w->how->items;
	uint64_t at = 0, *ptr;

	for (size_t k = 0; k < nslices; k++)
		at += w->slice[k].n;
	if (rec_csr_new(s, items, items, at, 0, e) != 0)
		return -1;
	ptr = s->own[0];
	at = 0;
	for (size_t k = 0; k < nslices; k++) {
		struct rec_turn_slice *b = &w->slice[k];

		if (b->n) {
			memcpy((uint32_t *)s->own[1] + at, b->item, b->n * sizeof *b->item);
			memcpy((float *)s->own[2] + at, b->weight, b->n * sizeof *b->weight);
		}
		at += b->n;
		free(b->item);
		free(b->weight);
		*b = (struct rec_turn_slice){ 0 };
	}
	for (uint32_t i = 0; i < items; i++)
		ptr[i + 1] = ptr[i] + w->ptr[i + 1];
	return 0;
}

/* Returns how many slices there are. */
static size_t divide(struct work *w, unsigned threads)
{
	uint32_t lines = w->end - w->first, each = w->how->group / threads;

	w->group = w->how->group ? w->how->group : lines ? lines : 1;
	w->step = !w->how->group || each > SLICE ? SLICE : each ? each : 1;
	return rec_slices(lines, w->group) * slices_of_group(w);
}

static int run_groups(struct work *w, struct rec_err *e)
{
	const struct rec_selection *how = w->how;
	uint32_t n;

	for (w->at = w->first; w->at < w->end; w->at += n) {
		n = w->end - w->at < w->group ? w->end - w->at : w->group;
		if (how->group && how->before(w->arg, w->at, w->at + n, e) != 0)
			return -1;
		if (rec_pool_slices(w->run->pool, n, w->step, slice_task, w, e) != 0)
			return -1;
	}
	return 0;
}

int rec_select(struct rec_csr *s, const struct rec_selection *how, rec_line_fn *fn, void *arg,
	       const struct rec_run *run, struct rec_err *e)
{
	bool some = how->rows || how->columns;	/* lines from .. to - 1 alone */
	struct work w = { .how = how,
			  .fn = fn,
			  .arg = arg,
			  .run = run,
			  .first = some ? how->from : 0,
			  .end = some ? how->to : how->items };
	unsigned threads = rec_pool_size(run->pool);
	size_t nslices = divide(&w, threads);
	int rc = -1;

	*s = (struct rec_csr){ 0 };
	w.slice = rec_zalloc(nslices, sizeof *w.slice, e);
	w.ptr = rec_zalloc((size_t)how->items + 1, sizeof *w.ptr, e);
	if (w.slice && w.ptr && new_scratch(&w, threads, e) == 0)
		rc = run_groups(&w, e);
	if (rc == 0)
		rc = how->rows ? assemble(s, &w, nslices, e) :
				 rec_turn(s, how->items, w.ptr, w.slice, nslices, run->pool, e);
	free_scratch(&w, threads);
	for (size_t k = 0; w.slice && k < nslices; k++) {
		free(w.slice[k].item);
		free(w.slice[k].weight);
	}
	free(w.slice);
	free(w.ptr);
	return rc;
}
