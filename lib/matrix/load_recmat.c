/* SPDX-License-Identifier: MIT */
/*
 * Blocks of a recmat stream into a loader.
 *
 * A block takes three passes by all threads: which rows and columns hold a
 * cell; numbers (or, in place, hashes) for their labels, each looked up once;
 * the cells. A stream whose one sparse block is canonical, without empty rows
 * and columns and negative zeros, is used in place: the cells are only read for
 * the digest, where that is wanted. So is one of lists in rank order, if
 * nothing in it says that scores differed before they were rounded. Memory
 * besides the block: 13 bytes a label of it.
 */
#include "matrix/load_recmat.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/hash.h"
#include "base/mem.h"
#include "io/num.h"
#include "matrix/block.h"
#include "matrix/digest.h"
#include "recmat/lone.h"

enum { CELLS_A_TASK = 1 << 15, LABELS_A_TASK = 1 << 12, GROUP = 64 };

struct side {
	const uint64_t *off;
	const char *bytes;
	uint64_t n;
	struct rec_intern *intern;	/* NULL: hashes alone */
	_Atomic unsigned char *used;	/* the row or column holds a cell */
	uint32_t *id;
	uint64_t *hash;
};

struct job {
	struct rec_loader *l;
	const struct rec_block *b;
	struct side row, col;
	struct side *side;		/* of label_task */
	_Atomic bool moves;		/* some cell cannot be used where it lies */
	bool in_place;
};

/*
 * Flags are read before they are set, so that a popular column isn't fought
 * for.
 */
static void mark(_Atomic unsigned char *flag)
{
	if (!atomic_load_explicit(flag, memory_order_relaxed))
		atomic_store_explicit(flag, 1, memory_order_relaxed);
}

/* Cells from .. to - 1 of the block are about to be used. */
static void walk(const struct rec_block *b, uint64_t from, uint64_t to)
{
	if (!b->far)
		return;
	rec_far_walk(b->far, b->col + from, (size_t)(to - from) * sizeof *b->col);
	rec_far_walk(b->far, b->val + from, (size_t)(to - from) * sizeof *b->val);
	rec_far_used(b->far, (to - from) * ((b->row ? sizeof *b->row : 0) +
					    (b->time ? sizeof *b->time : 0)));
}

/*
 * Whether some cell of a ranked block is not ranked by its value: it has none,
 * or it differs from the one before it in digits that are not there (see
 * score_of).
 */
static bool hidden_rank(const struct rec_block *b, uint64_t first, uint64_t last)
{
	uint32_t row = rec_csr_row_of(b->ptr, (uint32_t)b->rows, first);

	for (uint64_t c = first; c < last; c++) {
		while (b->ptr[row + 1] <= c)
			row++;
		if (isnan(b->val[c]) || (c > b->ptr[row] && b->val[c] == b->val[c - 1] &&
					 b->col[c] < b->col[c - 1]))
			return true;
	}
	return false;
}

static int scan_task(void *arg, uint64_t first, uint64_t last, unsigned thread,
		     struct rec_err *e)
{
	struct job *j = arg;
	const struct rec_block *b = j->b;
	bool moves = b->order == REC_RANKED && hidden_rank(b, first, last);

	(void)thread;
	(void)e;
	walk(b, first, last);
	for (uint64_t c = first; c < last; c++) {
		mark(&j->col.used[b->col[c]]);
		if (b->row)
			mark(&j->row.used[b->row[c]]);
		moves |= (b->val[c] == 0 && signbit(b->val[c])) ||
			 (b->time && b->time[c] == 0 && signbit(b->time[c]));
	}
	if (moves)
		atomic_store_explicit(&j->moves, true, memory_order_relaxed);
	return 0;
}

static bool is_used(const struct side *s, uint64_t i)
{
	return atomic_load_explicit(&s->used[i], memory_order_relaxed);
}

static int scan(struct job *j, struct rec_err *e)
{
	const struct rec_block *b = j->b;

	for (uint64_t i = 0; i < b->rows; i++)
		if (j->l->how->label_only || (b->ptr && b->ptr[i + 1] > b->ptr[i]))
			mark(&j->row.used[i]);
	return rec_pool_slices(j->l->pool, b->nnz, CELLS_A_TASK, scan_task, j, e);
}

/* Number labels from .. to-1, at most GROUP. */
static int number_labels(struct side *s, uint64_t from, uint64_t to, struct rec_err *e)
{
	struct rec_intern_key key[GROUP];
	size_t n = 0;

	for (uint64_t i = from; i < to; i++)
		if (is_used(s, i))
			key[n++] = (struct rec_intern_key){ .label = s->bytes + s->off[i],
							    .len = (uint32_t)(s->off[i + 1] -
									      s->off[i]) };
	if (rec_intern_keys(s->intern, key, n, e) != 0)
		return -1;
	n = 0;
	for (uint64_t i = from; i < to; i++)
		if (is_used(s, i)) {
			s->id[i] = key[n].id;
			s->hash[i] = key[n++].hash;
		}
	return 0;
}

static int label_task(void *arg, uint64_t first, uint64_t last, unsigned thread,
		      struct rec_err *e)
{
	struct side *s = ((struct job *)arg)->side;

	(void)thread;
	for (; first < last && s->intern; first += GROUP)
		if (number_labels(s, first, last - first < GROUP ? last : first + GROUP, e) != 0)
			return -1;
	for (; first < last; first++)
		s->hash[first] = rec_hash(s->bytes + s->off[first],
					 (size_t)(s->off[first + 1] - s->off[first]), 0);
	return 0;
}

static int label_side(struct job *j, struct side *s, struct rec_err *e)
{
	j->side = s;
	return rec_pool_slices(j->l->pool, s->n, LABELS_A_TASK, label_task, j, e);
}

static float value_at(const struct rec_block *b, uint64_t c)
{
	return isnan(b->val[c]) ? 1 : b->val[c] + 0.0f;
}

/*
 * The score in double of cell c, an entry of a list. A ranked block may hold
 * equal scores in another order than that of labels: then they differed before
 * they were rounded, and the later one gets the next smaller double. before:
 * the score of the cell before, NaN where it isn't known.
 */
static double score_of(const struct rec_block *b, uint32_t row, uint64_t c, double before,
		       bool *ranked_ties)
{
	uint64_t from = c;
	double score;

	if (b->order != REC_RANKED)
		return rec_num_as_written(value_at(b, c));
	while (from > b->ptr[row] && value_at(b, from - 1) == value_at(b, c) &&
	       (from == c || isnan(before)))
		from--;
	score = from < c && !isnan(before) ? before : rec_num_as_written(value_at(b, c));
	for (; from < c; from++)
		if (b->col[from + 1] < b->col[from]) {
			/* not -0 */
			score = rec_float64(
				rec_unkey64(rec_key64(rec_bits64(score)) - (score == 0 ? 2 : 1)));
			*ranked_ties = true;
		}
	return score;
}

static int cell_task(void *arg, uint64_t first, uint64_t last, unsigned thread,
		     struct rec_err *e)
{
	struct job *j = arg;
	const struct rec_block *b = j->b;
	struct rec_tally *t = &j->l->tally[thread];
	uint32_t row = b->ptr ? rec_csr_row_of(b->ptr, (uint32_t)b->rows, first) : 0;
	const bool sums = !j->l->how->no_sums;
	struct rec_digest_batch batch;
	double before = NAN;

	batch.n = 0;
	walk(b, first, last);
	for (uint64_t c = first; c < last; c++) {
		bool given = !isnan(b->val[c]);
		float value = given ? b->val[c] + 0.0f : 1;
		double time = b->time ? b->time[c] + 0.0 : NAN;
		uint32_t col = b->col[c];

		if (b->row)
			row = b->row[c];
		else
			while (b->ptr[row + 1] <= c)
				row++;
		if (j->l->how->scores && !j->in_place)
			before = time = score_of(b, row, c, before, &t->ranked_ties);
		if (sums)
			rec_digest_add(&t->digest, &batch, j->row.hash[row], j->col.hash[col],
				       value, time);
		t->has_value |= given;
		rec_tally_time(t, time);
		rec_tally_value(t, value);
		if (!j->in_place && rec_loader_add(j->l, thread, j->row.id[row], j->col.id[col],
						   value, time, e) != 0)
			return -1;
	}
	if (sums)
		rec_digest_flush(&t->digest, &batch);
	else
		t->digest.cells += last - first;
	return 0;
}

/*
 * What is told of a matrix that is used in place. Its block is canonical: every
 * cell has a value, and the cells of a row stand together.
 */
static int look_task(void *arg, uint64_t first, uint64_t last, unsigned thread,
		     struct rec_err *e)
{
	struct job *j = arg;
	const struct rec_block *b = j->b;
	struct rec_tally *t = &j->l->tally[thread];
	const bool sums = !j->l->how->no_sums;
	uint32_t row = rec_csr_row_of(b->ptr, (uint32_t)b->rows, first);
	struct rec_digest_batch batch;
	float told = NAN;

	(void)e;
	batch.n = 0;
	walk(b, first, last);
	for (uint64_t c = first; c < last; row++) {
		uint64_t end = b->ptr[row + 1] < last ? b->ptr[row + 1] : last;
		uint64_t hash = sums ? j->row.hash[row] : 0;

		for (; c < end; c++) {
			float value = b->val[c];
			double time = b->time ? b->time[c] : NAN;

			if (value != told)
				rec_tally_value(t, told = value);
			if (b->time)
				rec_tally_time(t, time);
			if (sums)
				rec_digest_add(&t->digest, &batch, hash, j->col.hash[b->col[c]],
					       value, time);
		}
	}
	if (sums)
		rec_digest_flush(&t->digest, &batch);
	else
		t->digest.cells += last - first;
	t->has_value |= last > first;
	return 0;
}

static bool all_used(const struct side *s)
{
	for (uint64_t i = 0; i < s->n; i++)
		if (!is_used(s, i))
			return false;
	return true;
}

static int side_new(struct side *s, uint64_t n, const uint64_t *off, const char *bytes,
		    struct rec_intern *intern, struct rec_err *e)
{
	*s = (struct side){ .off = off, .bytes = bytes, .n = n, .intern = intern };
	s->used = rec_zalloc(n, 1, e);
	s->id = rec_alloc(n, sizeof *s->id, e);
	s->hash = rec_alloc(n, sizeof *s->hash, e);
	return s->used && s->id && s->hash ? 0 : -1;
}

static void side_free(struct side *s)
{
	free(s->used);
	free(s->id);
	free(s->hash);
}

/* A stream block holds a label that came alone as a row without a cell. */
static int check_lone(const struct job *j, struct rec_err *e)
{
	const struct rec_block *b = j->b;

	for (uint64_t i = 0; b->order == REC_STREAM && !j->l->how->label_only && i < b->rows; i++)
		if (!is_used(&j->row, i))
			return rec_lone_fail(b, i, e);
	return 0;
}

/*
 * only: the block is the only one, and may be used in place; *in_place says
 * whether it can.
 */
static int take_block(struct rec_loader *l, const struct rec_block *b, bool only, bool *in_place,
		      struct rec_err *e)
{
	struct job j = { .l = l, .b = b };
	int rc = -1;

	if (side_new(&j.row, b->rows, b->row_off, b->row_bytes, l->row, e) == 0 &&
	    side_new(&j.col, b->cols, b->col_off, b->col_bytes, l->col, e) == 0 &&
	    scan(&j, e) == 0 && check_lone(&j, e) == 0) {
		j.in_place = only && !j.moves && all_used(&j.row) && all_used(&j.col);
		if (j.in_place)
			j.row.intern = j.col.intern = NULL;
		*in_place = j.in_place;
		if (j.in_place && l->how->no_digest)
			rc = 0;
		else if ((j.in_place && l->how->no_sums) ||
			 (label_side(&j, &j.row, e) == 0 && label_side(&j, &j.col, e) == 0))
			rc = rec_pool_slices(l->pool, b->nnz, CELLS_A_TASK,
					     j.in_place && !l->how->scores ? look_task : cell_task,
					     &j, e);
	}
	side_free(&j.row);
	side_free(&j.col);
	return rc;
}

static void use_in_place(struct rec_loader *l, struct rec_sparse *s, const struct rec_block *b)
{
	bool any_time = rec_tally_sum(s, l->tally, rec_pool_size(l->pool));

	s->row = rec_block_rows(b);
	s->col = rec_block_cols(b);
	s->m = (struct rec_csr){ .nrows = s->row.n,
				 .ncols = s->col.n,
				 .nnz = b->nnz,
				 .ptr = b->ptr,
				 .col = b->col,
				 .val = b->val };
	s->m.far = b->far;
	s->ranked = b->order == REC_RANKED;
	s->m.time = l->how->times && (any_time || l->how->no_digest) ? b->time : NULL;
	if (l->how->no_digest)
		s->digest = (struct rec_digest){ .cells = b->nnz };
	s->label_only_rows = rec_csr_empty_rows(&s->m);
}

/* The next sparse block: 1, 0, -1. */
static int next_sparse(struct rec_recmat *r, const struct rec_in *in, struct rec_block *b,
		       struct rec_err *e)
{
	int rc;

	while ((rc = rec_recmat_next(r, b, e)) == 1 && b->kind == REC_META)
		rec_block_free(b);
	if (rc == 1 && b->kind != REC_SPARSE) {
		rec_err_set(e, REC_EDATA,
			    "%s: block '%s' is dense, as in a model, and rows are wanted; a model "
			    "is given by -m, one block of it by rec-cat --block %s",
			    rec_in_name(in), b->name, b->name);
		rec_block_free(b);
		return -1;
	}
	return rc;
}

/*
 * All blocks but a first one that is the only one and may be used in place:
 * that is left in *only (its kind is 0 where there is none).
 */
static int take_blocks(struct rec_loader *l, struct rec_recmat *r, const struct rec_in *in,
		       struct rec_block *only, char name[REC_NAME_MAX], struct rec_err *e)
{
	struct rec_block b;
	bool first = true, in_place;
	int rc;

	while ((rc = next_sparse(r, in, &b, e)) == 1) {
		if (first)
			memcpy(name, b.name, REC_NAME_MAX);
		if (first && (b.order == REC_CANONICAL ||
			      (b.order == REC_RANKED && l->how->ranked))) {
			*only = b;
		} else {
			if (only->kind)
				rc = take_block(l, only, false, &in_place, e);
			rec_block_free(only);
			if (rc >= 0 && (rc = take_block(l, &b, false, &in_place, e)) < 0 &&
			    e->code == REC_EDATA)
				rec_err_prefix(e, "%s: ", rec_in_name(in));
			rec_block_free(&b);
		}
		first = false;
		if (rc < 0)
			break;
	}
	return rc;
}

int rec_loader_recmat(struct rec_loader *l, struct rec_sparse *s, struct rec_in **in, bool *done,
		      struct rec_err *e)
{
	struct rec_block *b = rec_zalloc(1, sizeof *b, e);
	struct rec_recmat *r = NULL;
	int rc = -1;

	if (b && rec_recmat_open(&r, *in, l->how->trust, l->pool, e) == 0) {
		rc = take_blocks(l, r, *in, b, s->name, e);
		if (rc == 0 && b->kind)
			rc = take_block(l, b, true, done, e);
	}
	rec_recmat_close(r);
	if (rc == 0 && *done) {
		use_in_place(l, s, b);
		s->block = b;
		if (!b->own) {
			s->in = *in;
			*in = NULL;
		}
		return 0;
	}
	if (b)
		rec_block_free(b);
	free(b);
	return rc;
}
