/* SPDX-License-Identifier: MIT */
/*
 * Lists are loaded as a matrix that refuses repeats; then the cells of every
 * row are put in rank order, in place where the arrays are ours. Rows are
 * independent, so threads take them in tasks. A recmat of lists that are in
 * rank order is used where it lies.
 */

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/label.h"
#include "base/mem.h"
#include "io/num.h"
#include "matrix/ordered.h"
#include "matrix/sort.h"
#include "matrix/sparse.h"
#include "recmat/recmat.h"
#include "recpipe/matrix.h"
#include "rows/write.h"

enum { ROWS_A_TASK = 256, CELLS_A_TEXT = 1 << 13 };

void rec_lists_free(struct rec_lists *l)
{
	rec_labels_free(&l->row);
	rec_labels_free(&l->col);
	for (int i = 0; i < 4; i++)
		free(l->own[i]);
	if (l->block)
		rec_block_free(l->block);
	free(l->block);
	if (l->in)
		rec_in_close(l->in);
	*l = (struct rec_lists){ 0 };
}

/* An entry whose score is a double: key is smaller for larger scores. */
struct entry {
	uint64_t key;
	uint32_t col;
	float score;
};

static inline int entry_less(const struct entry *a, const struct entry *b)
{
	return a->key != b->key ? a->key < b->key : a->col < b->col;
}

REC_SORT(sort_entries, struct entry, entry_less);

struct ranker {
	const struct rec_csr *m;
	uint32_t *col;
	float *score;
	double *exact;		/* NULL: the floats say all */
	void **scratch;		/* a thread: twice the longest row */
	uint64_t longest;
};

/*
 * A number that is smaller for larger scores, the column breaking ties. No
 * score is -0.
 */
static inline uint64_t rank_key(float score, uint32_t col)
{
	return (uint64_t)~rec_key32(rec_bits32(score + 0.0f)) << 32 | col;
}

static inline float key_score(uint64_t key)
{
	return rec_float32(rec_unkey32(~(uint32_t)(key >> 32)));
}

static void rank_exact(const struct ranker *r, uint64_t from, uint64_t n, unsigned thread)
{
	struct entry *x = r->scratch[thread];

	for (uint64_t i = from; i < from + n; i++)
		x[i - from] = (struct entry){ ~rec_key64(rec_bits64(r->exact[i] + 0.0)),
					      r->m->col[i], r->m->val[i] };
	sort_entries(x, x + r->longest, n);
	for (uint64_t i = from; i < from + n; i++, x++) {
		r->col[i] = x->col;
		r->score[i] = x->score;
		r->exact[i] = rec_float64(rec_unkey64(~x->key));
	}
}

static void rank_row(const struct ranker *r, uint64_t from, uint64_t n, unsigned thread)
{
	uint64_t *key = r->scratch[thread];

	for (uint64_t i = 0; i < n; i++)
		key[i] = rank_key(r->m->val[from + i], r->m->col[from + i]);
	rec_sort64(key, key + r->longest, n);
	for (uint64_t i = 0; i < n; i++) {
		r->col[from + i] = (uint32_t)key[i];
		r->score[from + i] = key_score(key[i]);
	}
}

static int rank_task(void *arg, uint64_t first, uint64_t last, unsigned thread,
		     struct rec_err *e)
{
	struct ranker *r = arg;
	const uint64_t *ptr = r->m->ptr;

	(void)e;
	for (uint64_t i = first; i < last; i++)
		(r->exact ? rank_exact : rank_row)(r, ptr[i], ptr[i + 1] - ptr[i], thread);
	return 0;
}

static int rank_all(struct ranker *r, struct rec_pool *pool, struct rec_err *e)
{
	size_t bytes = r->exact ? sizeof(struct entry) : sizeof(uint64_t);
	unsigned threads = rec_pool_size(pool);
	int rc = -1;

	r->longest = rec_csr_longest(r->m->ptr, r->m->nrows);
	r->scratch = rec_zalloc(threads, sizeof *r->scratch, e);
	if (!r->scratch)
		return -1;
	for (unsigned t = 0; t < threads; t++)
		if (!(r->scratch[t] = rec_alloc(2 * r->longest, bytes, e)))
			goto done;
	rc = rec_pool_slices(pool, r->m->nrows, ROWS_A_TASK, rank_task, r, e);
done:
	for (unsigned t = 0; t < threads; t++)
		free(r->scratch[t]);
	free(r->scratch);
	return rc;
}

/*
 * Take what s holds over; arrays that lie in a mapping are replaced by ours,
 * unless they are as they should be.
 */
static int take_matrix(struct rec_lists *l, struct rec_sparse *s, struct rec_err *e)
{
	l->row = s->row;
	l->col = s->col;
	l->in = s->in;
	l->block = s->block;
	l->nnz = s->m.nnz;
	l->rating_like = s->rating_like;
	memcpy(l->name, s->name, sizeof l->name);
	l->ptr = s->m.ptr;
	l->lost = s->lost;
	memcpy(l->own, s->m.own, sizeof l->own);
	if (s->lost.values > 0 || s->ranked_ties) {
		l->exact = l->own[3];
	} else {
		free(l->own[3]);
		l->own[3] = NULL;
	}
	if (s->ranked) {
		l->col_idx = s->m.col;
		l->score = s->m.val;
		return 0;
	}
	if (!l->own[1])
		l->own[1] = rec_alloc((size_t)l->nnz, sizeof *l->col_idx, e);
	if (!l->own[2])
		l->own[2] = rec_alloc((size_t)l->nnz, sizeof *l->score, e);
	l->col_idx = l->own[1];
	l->score = l->own[2];
	return l->own[1] && l->own[2] ? 0 : -1;
}

static const struct rec_beyond *find_beyond(const struct rec_sparse *s, uint32_t row, uint32_t col)
{
	size_t lo = 0, hi = s->nbeyond;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		const struct rec_beyond *b = &s->beyond[mid];

		if (b->row < row || (b->row == row && b->col < col))
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < s->nbeyond && s->beyond[lo].row == row && s->beyond[lo].col == col ?
		       &s->beyond[lo] :
		       NULL;
}

static int told_apart(const struct rec_lists *l, uint32_t row, uint32_t a, uint32_t b,
		      const char *name, struct rec_err *e)
{
	size_t nu, na, nb;
	const char *user = rec_label(&l->row, row, &nu), *x = rec_label(&l->col, a, &na),
		   *y = rec_label(&l->col, b, &nb);

	return rec_err_set(e, REC_EDATA,
			   "%s: user '%.*s': the scores of items '%.*s' and '%.*s' differ in "
			   "digits beyond a double; "
			   "take off what they have in common, or give the order: rec-cat --rank",
			   name, REC_LABEL(user, nu), REC_LABEL(x, na), REC_LABEL(y, nb));
}

/*
 * Neighbours of a list with one double, of which one has further digits: they
 * are a tie where the numbers as written are the same.
 */
static int check_beyond(const struct rec_lists *l, const struct rec_sparse *s, const char *name,
			struct rec_err *e)
{
	for (size_t k = 0; k < s->nbeyond; k++) {
		uint32_t row = s->beyond[k].row;

		if (k > 0 && s->beyond[k - 1].row == row)
			continue;
		for (uint64_t i = l->ptr[row] + 1; i < l->ptr[row + 1]; i++) {
			const struct rec_beyond *a, *b;

			if (l->exact[i] != l->exact[i - 1])
				continue;
			a = find_beyond(s, row, l->col_idx[i - 1]);
			b = find_beyond(s, row, l->col_idx[i]);
			if (a != b && (!a || !b || a->hash != b->hash))
				return told_apart(l, row, l->col_idx[i - 1], l->col_idx[i], name,
						  e);
		}
	}
	return 0;
}

static int rank_loaded(struct rec_lists *l, const struct rec_sparse *s, const char *name,
		       struct rec_pool *pool, struct rec_err *e)
{
	struct ranker r = { .m = &s->m,
			    .col = l->own[1],
			    .score = l->own[2],
			    .exact = l->exact ? l->own[3] : NULL };

	if ((!s->ranked && rank_all(&r, pool, e) != 0) || check_beyond(l, s, name, e) != 0)
		return -1;
	l->has_value = s->has_value;
	return 0;
}

int rec_lists_load(struct rec_lists *l, struct rec_in *in, bool trust, struct rec_pool *pool,
		   struct rec_err *e)
{
	struct rec_load how = { .repeats = REC_REPEATS_FAIL,
				.scores = true,
				.trust = trust,
				.no_sums = true,
				.ranked = true };
	char *name = strdup(rec_in_name(in));
	struct rec_sparse s = { 0 };
	int rc = -1;

	*l = (struct rec_lists){ 0 };
	if (!name) {
		rec_in_close(in);
		return rec_err_set(e, REC_ENOMEM, "out of memory");
	}
	if (rec_sparse_load(&s, in, &how, pool, e) == 0 && take_matrix(l, &s, e) == 0)
		rc = rank_loaded(l, &s, name, pool, e);
	free(s.beyond);
	free(name);
	if (rc != 0)
		rec_lists_free(l);
	return rc;
}

/* Entries that are used where they lie become ours. */
static int own_entries(struct rec_lists *l, struct rec_err *e)
{
	if (l->own[1])
		return 0;
	l->own[1] = rec_alloc((size_t)l->nnz, sizeof *l->col_idx, e);
	l->own[2] = rec_alloc((size_t)l->nnz, sizeof *l->score, e);
	if (!l->own[1] || !l->own[2])
		return -1;
	memcpy(l->own[1], l->col_idx, (size_t)l->nnz * sizeof *l->col_idx);
	memcpy(l->own[2], l->score, (size_t)l->nnz * sizeof *l->score);
	l->col_idx = l->own[1];
	l->score = l->own[2];
	return 0;
}

int rec_lists_cut(struct rec_lists *l, uint32_t n, struct rec_err *e)
{
	uint32_t *col;
	float *score;
	double *exact = l->own[3];
	uint64_t *ptr, to = 0;

	if (own_entries(l, e) != 0 || !(ptr = rec_alloc((size_t)l->row.n + 1, sizeof *ptr, e)))
		return -1;
	col = l->own[1];
	score = l->own[2];
	for (uint32_t i = 0; i < l->row.n; i++) {
		uint64_t from = l->ptr[i],
			 keep = l->ptr[i + 1] - from < n ? l->ptr[i + 1] - from : n;

		ptr[i] = to;
		memmove(col + to, col + from, (size_t)keep * sizeof *col);
		memmove(score + to, score + from, (size_t)keep * sizeof *score);
		if (l->exact)
			memmove(exact + to, exact + from, (size_t)keep * sizeof *exact);
		to += keep;
	}
	ptr[l->row.n] = to;
	free(l->own[0]);
	l->ptr = l->own[0] = ptr;
	l->nnz = to;
	return 0;
}

/* Scores with the digits that tell them apart. */
static int put_exact(struct rec_buf *b, const struct rec_lists *l, uint32_t row, uint64_t c,
		     struct rec_err *e)
{
	struct rec_row x = rec_text_cell(&l->row, row, &l->col, l->col_idx[c], 0);
	char text[REC_NUM_MAX + 1];
	size_t n = rec_num_put_f64(text, l->exact[c]);

	x.has = REC_HAS_COL;
	if (rec_row_add(b, &x, e) != 0)
		return -1;
	b->p[b->n - 1] = '\t';
	text[n++] = '\n';
	return rec_buf_add(b, text, n, e);
}

static int format_cells(void *arg, uint64_t from, uint64_t to, struct rec_buf *b, struct rec_err *e)
{
	const struct rec_lists *l = *(const struct rec_lists *const *)arg;
	uint32_t row = rec_csr_row_of(l->ptr, l->row.n, from);

	for (uint64_t c = from; c < to; c++) {
		struct rec_row x;

		while (l->ptr[row + 1] <= c)
			row++;
		if (l->exact) {
			if (put_exact(b, l, row, c, e) != 0)
				return -1;
			continue;
		}
		x = rec_text_cell(&l->row, row, &l->col, l->col_idx[c], l->score[c]);
		if (rec_row_add(b, &x, e) != 0)
			return -1;
	}
	return 0;
}

/* The lists without empty rows and without columns that no list holds. */
struct packed {
	struct rec_labels row, col;
	uint64_t *ptr;
	uint32_t *col_idx;
};

static void packed_free(struct packed *p)
{
	rec_labels_free(&p->row);
	rec_labels_free(&p->col);
	free(p->ptr);
	free(p->col_idx);
}

static int pack_rows(struct packed *p, const struct rec_lists *l, struct rec_err *e)
{
	unsigned char *keep = rec_alloc(l->row.n, 1, e);
	uint32_t n = 0;
	int rc = -1;

	p->ptr = rec_zalloc((size_t)l->row.n + 1, sizeof *p->ptr, e);
	if (keep && p->ptr) {
		for (uint32_t i = 0; i < l->row.n; i++) {
			keep[i] = l->ptr[i + 1] > l->ptr[i];
			if (keep[i])
				p->ptr[++n] = l->ptr[i + 1];
		}
		rc = rec_labels_copy(&p->row, &l->row, keep, e);
	}
	free(keep);
	return rc;
}

static int pack_cols(struct packed *p, const struct rec_lists *l, struct rec_err *e)
{
	unsigned char *keep = rec_zalloc(l->col.n, 1, e);
	uint32_t n = 0, *rank = rec_alloc(l->col.n, sizeof *rank, e);
	int rc = -1;

	p->col_idx = rec_alloc((size_t)l->nnz, sizeof *p->col_idx, e);
	if (keep && rank && p->col_idx) {
		for (uint64_t c = 0; c < l->nnz; c++)
			keep[l->col_idx[c]] = 1;
		for (uint32_t j = 0; j < l->col.n; j++)
			rank[j] = keep[j] ? n++ : REC_NONE;
		for (uint64_t c = 0; c < l->nnz; c++)
			p->col_idx[c] = rank[l->col_idx[c]];
		rc = rec_labels_copy(&p->col, &l->col, keep, e);
	}
	free(keep);
	free(rank);
	return rc;
}

static int write_binary(struct rec_out *out, const struct rec_lists *l, struct rec_pool *pool,
			struct rec_err *e)
{
	struct packed p = { 0 };
	struct rec_block b = {
		.kind = REC_SPARSE, .order = REC_RANKED, .nnz = l->nnz, .val = l->score
	};
	int rc = -1;

	if (pack_rows(&p, l, e) == 0 && pack_cols(&p, l, e) == 0) {
		b.rows = p.row.n;
		b.cols = p.col.n;
		b.row_off = p.row.off;
		b.row_bytes = p.row.bytes;
		b.col_off = p.col.off;
		b.col_bytes = p.col.bytes;
		b.ptr = p.ptr;
		b.col = p.col_idx;
		rc = rec_recmat_write(out, &b, pool, e);
	}
	packed_free(&p);
	return rc == 0 ? rec_recmat_end(out, 1, e) : -1;
}

int rec_lists_write(struct rec_out *out, const struct rec_lists *l, bool binary,
		    struct rec_pool *pool, struct rec_err *e)
{
	for (uint64_t c = 0; c < l->nnz; c++)
		if (!isfinite(l->score[c]))
			return rec_err_set(e, REC_EDATA,
					   "a score is not a finite number; it cannot be ranked");
		else if (binary && l->exact && fabs(l->exact[c]) > (double)FLT_MAX)
			return rec_err_set(
				e, REC_EDATA,
				"a score is beyond what recmat holds (3.4e38); text holds it");
	if (binary)
		return write_binary(out, l, pool, e);
	return rec_text_write(out, l->nnz, CELLS_A_TEXT, format_cells, &l, pool, e);
}
