/* SPDX-License-Identifier: MIT */
/*
 * sim/select.c - the N largest of every line, and the kept cells as a matrix.
 */
#include "sim/select.h"

#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/mem.h"
#include "base/progress.h"

enum { BLOCK = 64 };

struct block {
	uint32_t *item;
	float *weight;
	size_t n, item_cap, weight_cap;
};

struct scratch {
	float *weight;
	uint32_t *at;
	uint64_t *key, *bits;
};

struct work {
	const struct rec_selection *how;
	rec_line_fn *fn;
	void *arg;
	const struct rec_run *run;
	struct scratch *scratch;	/* per thread */
	struct block *block;
	uint64_t *ptr;			/* cells of each line, then offsets */
	uint32_t first, end;		/* lines */
	uint32_t lines;			/* of a block */
	size_t done;			/* blocks of earlier groups */
	size_t keys;			/* room in a buffer of keys */
};

static uint64_t key_of(float weight, uint32_t item)
{
	return (uint64_t)(rec_bits32(weight) & 0x7fffffff) << 32 | (UINT32_MAX - item);
}

/* Put the keep largest of n distinct keys in front. */
static void front(uint64_t *key, size_t n, size_t keep)
{
	size_t lo = 0, hi = n;

	while (hi - lo > 1) {
		uint64_t a = key[lo], b = key[lo + (hi - lo) / 2], c = key[hi - 1];
		uint64_t pivot = a > b ? (b > c ? b : a > c ? c : a) : (a > c ? a : b > c ? c : b);
		size_t i = lo, j = hi - 1;

		for (;;) {
			while (key[i] > pivot)
				i++;
			while (key[j] < pivot)
				j--;
			if (i >= j)
				break;
			uint64_t t = key[i];
			key[i++] = key[j];
			key[j--] = t;
		}
		/*
		 * key[lo .. i - 1] >= pivot >= key[j + 1 .. hi - 1]; equal only
		 * where i = j is the pivot itself
		 */
		if (keep <= i)
			hi = i;
		else
			lo = i;
		if (keep <= lo || keep >= hi)
			break;
	}
}

/* The keep largest of the n items in at; returns how many that are. */
static uint32_t largest(struct scratch *s, uint32_t n, uint32_t keep)
{
	uint64_t floor = 0;
	size_t m = 0;

	if (n <= keep)
		return n;
	for (uint32_t i = 0; i < n; i++) {
		uint64_t k = key_of(s->weight[s->at[i]], s->at[i]);

		if (k < floor)
			continue;
		s->key[m++] = k;
		if (m == 2 * (size_t)keep) {
			front(s->key, m, keep);
			m = keep;
			floor = s->key[0];
			for (size_t j = 1; j < m; j++)
				if (s->key[j] < floor)
					floor = s->key[j];
		}
	}
	front(s->key, m, keep);
	for (uint32_t i = 0; i < keep; i++)
		s->at[i] = UINT32_MAX - (uint32_t)s->key[i];
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

static int append(struct work *w, struct block *b, const struct scratch *s, uint32_t line,
		  uint32_t n, struct rec_err *e)
{
	const struct rec_selection *how = w->how;
	size_t before = b->n;

	if (rec_grow(&b->item, &b->item_cap, b->n + n, sizeof *b->item, e) != 0 ||
	    rec_grow(&b->weight, &b->weight_cap, b->n + n, sizeof *b->weight, e) != 0)
		return -1;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t item = s->at[i];

		if (!how->rows && !how->columns && (item < how->from || item >= how->to))
			continue;
		b->item[b->n] = item;
		b->weight[b->n++] = s->weight[item];
	}
	w->ptr[line + 1] = b->n - before;
	return 0;
}

static int block_task(void *arg, size_t task, unsigned thread, struct rec_err *e)
{
	struct work *w = arg;
	const struct rec_selection *how = w->how;
	struct scratch *s = &w->scratch[thread];
	uint32_t first, end;

	task += w->done;
	first = w->first + (uint32_t)task * w->lines;
	end = w->end - first > w->lines ? first + w->lines : w->end;
	for (uint32_t line = first; line < end; line++) {
		uint32_t n = 0, all;

		if (w->fn(w->arg, line, thread, s->weight, s->at, &n, e) != 0)
			return -1;
		all = n;
		if (how->keep)
			n = largest(s, n, how->keep);
		if (how->rows && (n < all || !how->ascending))
			rec_select_ascend(s->bits, s->at, n, how->items);
		if (append(w, &w->block[task], s, line, n, e) != 0)
			return -1;
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

	w->keys = 2 * (size_t)(w->how->keep < items ? w->how->keep : items);
	w->scratch = rec_zalloc(threads, sizeof *w->scratch, e);
	for (unsigned i = 0; w->scratch && i < threads; i++) {
		struct scratch *s = &w->scratch[i];

		s->weight = rec_alloc(items, sizeof *s->weight, e);
		s->at = rec_alloc(items + 1, sizeof *s->at, e);
		s->key = rec_alloc(w->keys, sizeof *s->key, e);
		s->bits = rec_zalloc(items / 64 + 1, sizeof *s->bits, e);
		if (!s->weight || !s->at || !s->key || !s->bits)
			return -1;
	}
	return w->scratch ? 0 : -1;
}

/*
 * The blocks end to end; each is released when it has been copied, so the cells
 * are never there twice in full.
 */
static int assemble(struct rec_csr *s, struct work *w, size_t nblocks, struct rec_err *e)
{
	uint32_t items = w->how->items;
	uint64_t at = 0, *ptr;

	for (size_t b = 0; b < nblocks; b++)
		at += w->block[b].n;
	if (rec_csr_new(s, items, items, at, 0, e) != 0)
		return -1;
	ptr = s->own[0];
	at = 0;
	for (size_t b = 0; b < nblocks; b++) {
		struct block *k = &w->block[b];

		if (k->n) {
			memcpy((uint32_t *)s->own[1] + at, k->item, k->n * sizeof *k->item);
			memcpy((float *)s->own[2] + at, k->weight, k->n * sizeof *k->weight);
		}
		at += k->n;
		free(k->item);
		free(k->weight);
		*k = (struct block){ 0 };
	}
	for (uint32_t i = 0; i < items; i++)
		ptr[i + 1] = ptr[i] + w->ptr[i + 1];
	return 0;
}

static int turn(struct rec_csr *s, struct rec_pool *pool, struct rec_err *e)
{
	struct rec_csr t;
	int rc = rec_csr_transpose(&t, s, pool, e);

	rec_csr_free(s);
	if (rc == 0)
		*s = t;
	return rc;
}

/*
 * A divisor of the group that leaves work for every thread, where there is one.
 */
static uint32_t lines_of_block(uint32_t group, unsigned threads)
{
	uint32_t n = group / threads < BLOCK ? group / threads : BLOCK;

	while (n > 1 && group % n != 0)
		n--;
	return n ? n : 1;
}

/* All blocks, group by group. */
static int run_blocks(struct work *w, size_t nblocks, struct rec_err *e)
{
	const struct rec_selection *how = w->how;
	size_t step = how->group ? how->group / w->lines : nblocks;

	for (; w->done < nblocks; w->done += step) {
		size_t n = nblocks - w->done < step ? nblocks - w->done : step;
		uint32_t first = w->first + (uint32_t)w->done * w->lines,
			 end = w->end - first > n * w->lines ? first + (uint32_t)n * w->lines :
							       w->end;

		if (how->group && how->before(w->arg, first, end, e) != 0)
			return -1;
		if (rec_pool_run(w->run->pool, n, block_task, w, e) != 0)
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
	size_t nblocks;
	int rc = -1;

	w.lines = how->group ? lines_of_block(how->group, threads) : BLOCK;
	nblocks = ((size_t)w.end - w.first + w.lines - 1) / w.lines;
	*s = (struct rec_csr){ 0 };
	w.block = rec_zalloc(nblocks, sizeof *w.block, e);
	w.ptr = rec_zalloc((size_t)how->items + 1, sizeof *w.ptr, e);
	if (w.block && w.ptr && new_scratch(&w, threads, e) == 0)
		rc = run_blocks(&w, nblocks, e);
	if (rc == 0)
		rc = assemble(s, &w, nblocks, e);
	free_scratch(&w, threads);
	for (size_t b = 0; w.block && b < nblocks; b++) {
		free(w.block[b].item);
		free(w.block[b].weight);
	}
	free(w.block);
	free(w.ptr);
	return rc == 0 && !how->rows ? turn(s, run->pool, e) : rc;
}
