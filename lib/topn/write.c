/* SPDX-License-Identifier: MIT */
/*
 * topn/write.c - all rows of a batch run: threads answer batches of rows, one
 * thread writes them in order.
 *
 * Rows are taken in waves of some batches; within a wave a batch is a task that
 * answers its rows and, for text, prints them into a buffer of its own; between
 * waves the buffers are written in order. So memory is bounded by the wave
 * (WAVE_BYTES of lists, but at least a batch a thread), whatever the number of
 * rows. For recmat the entries of a wave are appended to one ranked block.
 */
#include "topn/topn.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/progress.h"
#include "recpipe/matrix.h"

/*
 * WAVE_BYTES bounds the lists of a wave, and their text at ENTRY_TEXT bytes an
 * entry: two labels, a score, two TABs and a newline. WAVE_BATCHES: so many
 * that threads seldom wait for the last batch of a wave.
 */
enum { WAVE_BYTES = 64 * 1024 * 1024, WAVE_BATCHES = 64, ENTRY_TEXT = 32 };

struct slot {	/* of a task in a wave */
	struct rec_top *list;		/* of each row of the batch, n of them used */
	struct rec_best *entry;		/* room of all of these */
	uint32_t n;
	struct rec_buf text;
	struct rec_topn_counts counts;
};

/* Where a row of the histories stands in the other files, or REC_NONE. */
struct elsewhere {
	uint32_t seen, candidates;
};

struct worker {	/* of a thread */
	struct rec_topn_scratch *topn;
	struct rec_query *q;		/* of each row of a batch */
	struct elsewhere *elsewhere;	/* likewise */
	uint32_t *item;			/* what these queries point to */
	float *value;
	size_t item_cap, value_cap;
};

struct job {
	const struct rec_topn *t;
	const struct rec_run *run;
	const struct rec_labels *items;
	const struct rec_topn_rows *rows;
	bool text;			/* lists become lines; else they go to a block */
	uint32_t batch, nslots;
	uint32_t first;			/* row of the wave */
	struct slot *slot;
	struct worker *worker;
};

static uint32_t find_row(const struct rec_pairs *p, const struct rec_query *q)
{
	return p ? rec_pairs_row(p, q->label, q->label_len) : REC_NONE;
}

/* Begin the queries of n rows from first on. How many pairs they have. */
static size_t look_up(const struct rec_topn_rows *rows, struct worker *w, uint32_t first,
		      uint32_t n)
{
	size_t pairs = 0;

	for (uint32_t i = 0; i < n; i++) {
		struct rec_query *q = &w->q[i];
		struct elsewhere *at = &w->elsewhere[i];

		*q = (struct rec_query){ .has_candidates = rows->candidates };
		q->label = rec_label(&rows->history->x->row, first + i, &q->label_len);
		at->seen = find_row(rows->seen, q);
		at->candidates = find_row(rows->candidates, q);
		pairs += (size_t)rec_pairs_length(rows->history, first + i) +
			 rec_pairs_length(rows->seen, at->seen) +
			 rec_pairs_length(rows->candidates, at->candidates);
	}
	return pairs;
}

/* The queries of these rows. Histories are followed by the lists of others. */
static int gather(const struct rec_topn_rows *rows, struct worker *w, uint32_t first, uint32_t n,
		  struct rec_topn_counts *counts, struct rec_err *e)
{
	size_t pairs = look_up(rows, w, first, n), at = 0;

	if (rec_grow(&w->item, &w->item_cap, pairs + 1, sizeof *w->item, e) != 0 ||
	    rec_grow(&w->value, &w->value_cap, pairs + 1, sizeof *w->value, e) != 0)
		return -1;
	for (uint32_t i = 0; i < n; i++) {
		struct rec_query *q = &w->q[i];
		const struct elsewhere *x = &w->elsewhere[i];

		q->item = w->item + at;
		q->value = w->value + at;
		q->n = rec_pairs_items(rows->history, first + i, w->item + at, w->value + at);
		counts->unknown += rec_pairs_length(rows->history, first + i) - q->n;
		at += q->n;
		q->seen = w->item + at;
		q->nseen = rec_pairs_items(rows->seen, x->seen, w->item + at, NULL);
		at += q->nseen;
		q->candidate = w->item + at;
		q->ncandidates = rec_pairs_items(rows->candidates, x->candidates, w->item + at,
						 NULL);
		at += q->ncandidates;
	}
	return 0;
}

static int answer_task(void *arg, size_t task, unsigned thread, struct rec_err *e)
{
	struct job *j = arg;
	struct slot *s = &j->slot[task];
	struct worker *w = &j->worker[thread];
	uint32_t first = j->first + (uint32_t)task * j->batch, left = j->rows->last - first;

	s->n = left < j->batch ? left : j->batch;
	s->text.n = 0;
	if (gather(j->rows, w, first, s->n, &s->counts, e) != 0 ||
	    rec_topn_answer(j->t, w->topn, w->q, s->n, s->list, &s->counts, e) != 0)
		return -1;
	for (uint32_t i = 0; j->text && i < s->n; i++)
		if (rec_topn_print(&s->text, j->t, w->topn, &w->q[i], &s->list[i], e) != 0)
			return -1;
	return 0;
}

/*
 * Batches are halved down to 16 rows until every thread has 4 of them to take,
 * so that the last ones do not leave threads idle.
 */
static void plan(struct job *j, uint32_t nrows)
{
	uint64_t threads = rec_pool_size(j->run->pool), bytes;

	j->batch = REC_TOPN_BATCH;
	while (j->batch > 16 && nrows / j->batch < 4 * threads)
		j->batch /= 2;
	bytes = (uint64_t)j->batch * (rec_topn_room(j->t) + 1) *
		(sizeof(struct rec_best) + ENTRY_TEXT);
	j->nslots = WAVE_BATCHES;
	if (bytes * j->nslots > WAVE_BYTES)
		j->nslots = (uint32_t)(WAVE_BYTES / bytes);
	if (j->nslots < 2 * threads)
		j->nslots = (uint32_t)(2 * threads);
}

static int slot_new(struct slot *s, uint32_t batch, uint32_t room, struct rec_err *e)
{
	s->list = rec_zalloc(batch, sizeof *s->list, e);
	s->entry = rec_alloc((size_t)batch * room + 1, sizeof *s->entry, e);
	if (!s->list || !s->entry)
		return -1;
	for (uint32_t i = 0; i < batch; i++)
		s->list[i].entry = s->entry + (size_t)i * room;
	return 0;
}

static int worker_new(struct worker *w, const struct job *j, struct rec_err *e)
{
	w->q = rec_zalloc(j->batch, sizeof *w->q, e);
	w->elsewhere = rec_zalloc(j->batch, sizeof *w->elsewhere, e);
	return w->q && w->elsewhere ? rec_topn_scratch_new(&w->topn, j->t, e) : -1;
}

static int job_new(struct job *j, uint32_t nrows, struct rec_err *e)
{
	unsigned threads = rec_pool_size(j->run->pool);

	plan(j, nrows);
	j->slot = rec_zalloc(j->nslots, sizeof *j->slot, e);
	j->worker = rec_zalloc(threads, sizeof *j->worker, e);
	if (!j->slot || !j->worker)
		return -1;
	for (uint32_t i = 0; i < j->nslots; i++)
		if (slot_new(&j->slot[i], j->batch, rec_topn_room(j->t), e) != 0)
			return -1;
	for (unsigned i = 0; i < threads; i++)
		if (worker_new(&j->worker[i], j, e) != 0)
			return -1;
	return 0;
}

static void job_free(struct job *j)
{
	for (uint32_t i = 0; j->slot && i < j->nslots; i++) {
		free(j->slot[i].list);
		free(j->slot[i].entry);
		rec_buf_free(&j->slot[i].text);
	}
	for (unsigned i = 0; j->worker && i < rec_pool_size(j->run->pool); i++) {
		rec_topn_scratch_free(j->worker[i].topn);
		free(j->worker[i].q);
		free(j->worker[i].elsewhere);
		free(j->worker[i].item);
		free(j->worker[i].value);
	}
	free(j->slot);
	free(j->worker);
}

static void add_counts(struct rec_topn_counts *to, const struct rec_topn_counts *c)
{
	to->rows += c->rows;
	to->answered += c->answered;
	to->entries += c->entries;
	to->cold += c->cold;
	to->flat += c->flat;
	to->shorter += c->shorter;
	to->empty += c->empty;
	to->bare += c->bare;
	to->filled += c->filled;
	to->unknown += c->unknown;
}

/* All lists, as recmat wants them: rows before `row` are there. */
struct block {
	uint64_t *ptr;
	uint32_t *item;
	float *score;
	size_t item_cap, score_cap;
	uint64_t n;
	uint32_t row;
};

static int block_add(struct block *b, const struct slot *s, struct rec_err *e)
{
	for (uint32_t i = 0; i < s->n; i++) {
		const struct rec_top *list = &s->list[i];
		size_t want = (size_t)b->n + list->n + 1;

		if (rec_grow(&b->item, &b->item_cap, want, sizeof *b->item, e) != 0 ||
		    rec_grow(&b->score, &b->score_cap, want, sizeof *b->score, e) != 0)
			return -1;
		for (uint32_t t = 0; t < list->n; t++, b->n++) {
			b->item[b->n] = list->entry[t].item;
			b->score[b->n] = list->entry[t].score;
		}
		b->ptr[++b->row] = b->n;
	}
	return 0;
}

static void block_free(struct block *b)
{
	free(b->ptr);
	free(b->item);
	free(b->score);
}

/* The lists own what the block held. Rows after the last one are empty. */
static void block_lists(struct rec_lists *l, struct block *b, const struct job *j)
{
	const struct rec_labels *rows = &j->rows->history->x->row;

	for (; b->row < rows->n; b->row++)
		b->ptr[b->row + 1] = b->n;
	*l = (struct rec_lists){ .nnz = b->n,
				 .ptr = b->ptr,
				 .col_idx = b->item,
				 .score = b->score,
				 .own = { b->ptr, b->item, b->score } };
	l->row = (struct rec_labels){ .n = rows->n, .off = rows->off, .bytes = rows->bytes };
	l->col = (struct rec_labels){ .n = j->items->n,
				      .off = j->items->off,
				      .bytes = j->items->bytes };
}

static int take_wave(struct job *j, size_t n, struct block *b, struct rec_out *out,
		     struct rec_topn_counts *counts, struct rec_err *e)
{
	for (size_t i = 0; i < n; i++) {
		struct slot *s = &j->slot[i];
		int rc = j->text ? rec_out_write(out, s->text.p, s->text.n, e) : block_add(b, s, e);

		if (rc != 0)
			return -1;
		add_counts(counts, &s->counts);
		s->counts = (struct rec_topn_counts){ 0 };
	}
	return 0;
}

static int run_waves(struct job *j, struct block *b, struct rec_out *out,
		     struct rec_topn_counts *counts, struct rec_err *e)
{
	uint32_t wave = j->nslots * j->batch, n;

	for (j->first = j->rows->first; j->first < j->rows->last; j->first += n) {
		size_t batches;

		n = j->rows->last - j->first < wave ? j->rows->last - j->first : wave;
		batches = rec_slices(n, j->batch);
		if (rec_pool_run(j->run->pool, batches, answer_task, j, e) != 0 ||
		    take_wave(j, batches, b, out, counts, e) != 0)
			return -1;
		rec_progress_tell(&j->run->progress, "rows",
				  (uint64_t)j->first + n - j->rows->first,
				  j->rows->last - j->rows->first, NULL);
	}
	return 0;
}

uint64_t rec_topn_write_size(const struct rec_topn *t, const struct rec_topn_rows *rows,
			     bool binary)
{
	enum { ENTRY_BLOCK = 12 };	/* 8, and 4 when columns are packed */
	struct job j = { .t = t, .run = rec_topn_scorer(t)->run };
	uint64_t n = rows->last - rows->first, slots, used;

	plan(&j, rows->last - rows->first);
	slots = (uint64_t)j.nslots * j.batch;
	used = slots < n ? slots : n;
	return slots * rec_topn_room(t) * sizeof(struct rec_best) +
	       rec_topn_depth(t) * (binary ? n * ENTRY_BLOCK : used * ENTRY_TEXT) +
	       (binary ? rows->history->x->row.n * sizeof(uint64_t) : 0);
}

/* b: to hold the lists; NULL: they go to out as text. */
static int answer_all(struct job *j, struct block *b, struct rec_out *out,
		      struct rec_topn_counts *counts, struct rec_err *e)
{
	const struct rec_scorer *s = rec_topn_scorer(j->t);
	int rc;

	j->run = s->run;
	j->items = &s->items;
	j->text = b == NULL;
	rc = job_new(j, j->rows->last - j->rows->first, e);
	if (rc == 0)
		rc = run_waves(j, b, out, counts, e);
	job_free(j);
	return rc;
}

int rec_topn_lists(struct rec_lists *l, const struct rec_topn *t, const struct rec_topn_rows *rows,
		   struct rec_topn_counts *counts, struct rec_err *e)
{
	struct job j = { .t = t, .rows = rows };
	struct block b = { .row = rows->first };

	*l = (struct rec_lists){ 0 };
	b.ptr = rec_zalloc((size_t)rows->history->x->row.n + 1, sizeof *b.ptr, e);
	if (!b.ptr || answer_all(&j, &b, NULL, counts, e) != 0) {
		block_free(&b);
		return -1;
	}
	block_lists(l, &b, &j);
	return 0;
}

int rec_topn_write(const struct rec_topn *t, const struct rec_topn_rows *rows, struct rec_out *out,
		   bool binary, struct rec_topn_counts *counts, struct rec_err *e)
{
	struct job j = { .t = t, .rows = rows };
	struct rec_lists l;
	int rc;

	if (!binary)
		return answer_all(&j, NULL, out, counts, e);
	if (rec_topn_lists(&l, t, rows, counts, e) != 0)
		return -1;
	rc = rec_lists_write(out, &l, true, rec_topn_scorer(t)->run->pool, e);
	rec_lists_free(&l);
	return rc;
}
