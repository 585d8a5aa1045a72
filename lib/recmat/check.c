/* SPDX-License-Identifier: MIT */
/*
 * What recmat(5) asks of the contents of a block beyond lengths and CRCs,
 * checked by all threads.
 *
 * Two passes: offsets and row pointers first, since nothing may be looked up
 * through them before; then labels, indices, rank order, values and times. A
 * pass is a list of jobs over an array each, cut into pieces; the pieces of all
 * jobs are the tasks of one pool run. The lowest failing piece of the first
 * failing job is reported, whatever the threads do. Memory: a bit per column
 * and thread for ranked blocks, else nothing.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/label.h"
#include "base/mem.h"
#include "base/search.h"
#include "recmat/form.h"
#include "recmat/meta.h"

enum { PIECE = 1 << 17, LABEL_PIECE = 1 << 14, JOBS = 6 };

struct check;

/* Items from .. to - 1 of an array are in order: 0 or -1. */
typedef int check_fn(const struct check *c, uint64_t from, uint64_t to, unsigned thread,
		     struct rec_err *e);

struct job {
	check_fn *fn;
	uint64_t n, piece;
};

struct check {
	const struct rec_block *b;
	uint64_t label_len[2];
	unsigned char **seen;	/* ranked: per thread, a bit a column, zero between rows */
	struct job job[JOBS];
	size_t njobs;
};

static void add_job(struct check *c, check_fn *fn, uint64_t n, uint64_t piece)
{
	if (n > 0)
		c->job[c->njobs++] = (struct job){ fn, n, piece };
}

static uint64_t pieces(const struct job *j)
{
	return (j->n + j->piece - 1) / j->piece;
}

static int run_piece(void *arg, size_t task, unsigned thread, struct rec_err *e)
{
	const struct check *c = arg;
	const struct job *j = c->job;
	uint64_t from, to;

	while (task >= pieces(j))
		task -= (size_t)pieces(j++);
	from = task * j->piece;
	to = from + j->piece < j->n ? from + j->piece : j->n;
	/*
	 * about: indices and pointers are smaller or equal, labels a little
	 * larger
	 */
	rec_far_used(c->b->far, (to - from) * sizeof(uint64_t));
	return j->fn(c, from, to, thread, e);
}

static int run_jobs(struct check *c, struct rec_pool *pool, struct rec_err *e)
{
	uint64_t n = 0;

	for (size_t i = 0; i < c->njobs; i++)
		n += pieces(&c->job[i]);
	return rec_pool_run(pool, (size_t)n, run_piece, c, e);
}

/* n + 1 offsets: from 0 to last, and none below the one before it. */
struct offsets {
	const char *what;
	const uint64_t *off;
	uint64_t n, last;
	bool labels;	/* of labels, which are not empty and not longer than REC_LABEL_MAX */
};

static int check_offsets(const struct offsets *o, uint64_t from, uint64_t to, struct rec_err *e)
{
	const uint64_t *off = o->off, last = o->last;
	const char *what = o->what;

	if ((from == 0 && off[0] != 0) || (to == o->n && off[o->n] != last))
		return rec_err_set(e, REC_EDATA, "%s do not span their section", what);
	for (uint64_t i = from; i < to; i++) {
		if (off[i + 1] < off[i] || off[i + 1] > last)
			return rec_err_set(e, REC_EDATA, "%s descend at %" PRIu64, what, i + 1);
		if (o->labels && (off[i + 1] == off[i] || off[i + 1] - off[i] > REC_LABEL_MAX))
			return rec_err_set(e, REC_EDATA,
					   "%s: label %" PRIu64 " is empty or too long", what,
					   i + 1);
	}
	return 0;
}

static int check_row_off(const struct check *c, uint64_t from, uint64_t to, unsigned thread,
			 struct rec_err *e)
{
	const struct offsets o = { "row label offsets", c->b->row_off, c->b->rows, c->label_len[0],
				   true };

	(void)thread;
	return check_offsets(&o, from, to, e);
}

static int check_col_off(const struct check *c, uint64_t from, uint64_t to, unsigned thread,
			 struct rec_err *e)
{
	const struct offsets o = { "column label offsets", c->b->col_off, c->b->cols,
				   c->label_len[1], true };

	(void)thread;
	return check_offsets(&o, from, to, e);
}

static int check_ptr(const struct check *c, uint64_t from, uint64_t to, unsigned thread,
		     struct rec_err *e)
{
	const struct offsets o = { "row pointers", c->b->ptr, c->b->rows, c->b->nnz, false };

	(void)thread;
	return check_offsets(&o, from, to, e);
}

static bool clean(const char *p, size_t n)
{
	return !memchr(p, '\t', n) && !memchr(p, '\n', n) && !memchr(p, '\0', n);
}

/* Byte order, a prefix first. */
static bool ascend(const char *a, size_t na, const char *b, size_t nb)
{
	int d = memcmp(a, b, na < nb ? na : nb);

	return d ? d < 0 : na < nb;
}

static int check_labels(const uint64_t *off, const char *bytes, uint64_t from, uint64_t to,
			const char *what, struct rec_err *e)
{
	if (!clean(bytes + off[from], (size_t)(off[to] - off[from])))
		return rec_err_set(e, REC_EDATA, "a %s label holds TAB, newline or NUL", what);
	for (uint64_t i = from ? from : 1; i < to; i++)
		if (!ascend(bytes + off[i - 1], (size_t)(off[i] - off[i - 1]), bytes + off[i],
			    (size_t)(off[i + 1] - off[i])))
			return rec_err_set(e, REC_EDATA, "%s labels do not ascend at %" PRIu64,
					   what, i + 1);
	return 0;
}

static int check_row_labels(const struct check *c, uint64_t from, uint64_t to, unsigned thread,
			    struct rec_err *e)
{
	(void)thread;
	return check_labels(c->b->row_off, c->b->row_bytes, from, to, "row", e);
}

static int check_col_labels(const struct check *c, uint64_t from, uint64_t to, unsigned thread,
			    struct rec_err *e)
{
	(void)thread;
	return check_labels(c->b->col_off, c->b->col_bytes, from, to, "column", e);
}

/* A piece of entries owns the rows that begin in it. */
static int check_canonical(const struct check *c, uint64_t from, uint64_t to, unsigned thread,
			   struct rec_err *e)
{
	const struct rec_block *b = c->b;
	uint64_t end = rec_search64(b->ptr, 0, b->rows, to);

	(void)thread;
	for (uint64_t r = rec_search64(b->ptr, 0, b->rows, from); r < end; r++) {
		uint64_t last = b->ptr[r + 1];
		bool bad = last > b->ptr[r] && b->col[last - 1] >= b->cols;

		for (uint64_t i = b->ptr[r] + 1; i < last; i++)
			bad |= b->col[i] <= b->col[i - 1];
		if (bad)
			return rec_err_set(
				e, REC_EDATA,
				"row %" PRIu64
				": column indices do not ascend, or one is beyond the columns",
				r + 1);
	}
	return 0;
}

static int check_rank_order(const struct rec_block *b, uint64_t r, unsigned char *seen)
{
	uint64_t from = b->ptr[r], to = b->ptr[r + 1], i;

	for (i = from; i < to; i++) {
		uint32_t j = b->col[i];

		if (j >= b->cols || seen[j / 8] & 1u << j % 8)
			break;
		seen[j / 8] |= (unsigned char)(1u << j % 8);
		/* equal ones may have differed before they were rounded */
		if (i > from && !(b->val[i] <= b->val[i - 1]))
			break;
	}
	for (uint64_t k = from; k < to && k <= i; k++)
		if (b->col[k] < b->cols)
			seen[b->col[k] / 8] = 0;
	return i < to ? -1 : 0;
}

static int check_ranked(const struct check *c, uint64_t from, uint64_t to, unsigned thread,
			struct rec_err *e)
{
	const struct rec_block *b = c->b;
	uint64_t end = rec_search64(b->ptr, 0, b->rows, to);

	if (!c->seen[thread]) {
		c->seen[thread] = rec_zalloc((size_t)(b->cols / 8 + 1), 1, e);
		if (!c->seen[thread])
			return -1;
	}
	for (uint64_t r = rec_search64(b->ptr, 0, b->rows, from); r < end; r++)
		if (check_rank_order(b, r, c->seen[thread]) != 0)
			return rec_err_set(
				e, REC_EDATA,
				"row %" PRIu64
				": not in rank order, a column twice, or one beyond the columns",
				r + 1);
	return 0;
}

static int check_triples(const struct check *c, uint64_t from, uint64_t to, unsigned thread,
			 struct rec_err *e)
{
	const struct rec_block *b = c->b;
	bool bad = false;

	(void)thread;
	for (uint64_t i = from; i < to; i++)
		bad |= b->row[i] >= b->rows || b->col[i] >= b->cols;
	if (bad)
		return rec_err_set(e, REC_EDATA, "an index is beyond the labels");
	return 0;
}

/*
 * Whether n numbers at p are finite, two in a word of 64 bits: one more on an
 * exponent of ones, which the others don't have, sets the bit above it, and the
 * next number is out of reach of the carry. Memory is the limit.
 */
static bool all_finite(const char *p, uint64_t n)
{
	enum { STEP = 8 };
	const uint64_t exponents = 0x7f8000007f800000u, one = 0x0080000000800000u;
	const uint64_t above = 0x8000000080000000u;
	uint64_t found = 0, i = 0;
	uint32_t x;

	for (; i + STEP <= n; i += STEP) {
		uint64_t w[STEP / 2];

		memcpy(w, p + 4 * i, sizeof w);
		for (unsigned j = 0; j < STEP / 2; j++)
			found |= (w[j] & exponents) + one;
	}
	for (; i < n; i++) {
		memcpy(&x, p + 4 * i, 4);
		found |= (x & exponents) + one;
	}
	return (found & above) == 0;
}

/* In a stream a value may be missing. */
static bool all_finite_or_missing(const char *p, uint64_t n)
{
	bool bad = false;
	uint32_t x;

	for (uint64_t i = 0; i < n; i++) {
		memcpy(&x, p + 4 * i, 4);
		bad |= (x & 0x7f800000u) == 0x7f800000u && x != REC_FORM_NAN32;
	}
	return !bad;
}

static int check_values(const struct check *c, uint64_t from, uint64_t to, unsigned thread,
			struct rec_err *e)
{
	const char *p = (const char *)c->b->val + 4 * from;

	(void)thread;
	if (!(c->b->order == REC_STREAM ? all_finite_or_missing : all_finite)(p, to - from))
		return rec_err_set(e, REC_EDATA, "a value is not finite");
	return 0;
}

static int check_times(const struct check *c, uint64_t from, uint64_t to, unsigned thread,
		       struct rec_err *e)
{
	const char *p = (const char *)c->b->time;
	const uint64_t inf = 0x7ff0000000000000u;
	bool bad = false;
	uint64_t x;

	(void)thread;
	for (uint64_t i = from; i < to; i++) {
		memcpy(&x, p + 8 * i, 8);
		bad |= (x & inf) == inf && x != REC_FORM_NAN64;
	}
	if (bad)
		return rec_err_set(e, REC_EDATA, "a time is not finite");
	return 0;
}

static int check_meta(const struct rec_block *b, struct rec_err *e)
{
	struct rec_meta m = { 0 };
	int rc = rec_meta_parse(&m, b->meta, b->meta_len, e);

	rec_meta_free(&m);
	return rc;
}

/* An array of no items still has its one offset, which no piece looks at. */
static int check_empty(const struct check *c, struct rec_err *e)
{
	const struct rec_block *b = c->b;

	if ((b->rows == 0 && (b->row_off[0] != 0 || c->label_len[0] != 0)) ||
	    (b->col_off && b->cols == 0 && (b->col_off[0] != 0 || c->label_len[1] != 0)))
		return rec_err_set(e, REC_EDATA, "label offsets do not span their section");
	if (b->ptr && b->rows == 0 && (b->ptr[0] != 0 || b->nnz != 0))
		return rec_err_set(e, REC_EDATA, "row pointers do not span their section");
	return 0;
}

static int check_ranked_all(struct check *c, struct rec_pool *pool, struct rec_err *e)
{
	unsigned n = rec_pool_size(pool);
	int rc;

	c->seen = rec_zalloc(n, sizeof *c->seen, e);
	if (!c->seen)
		return -1;
	rc = run_jobs(c, pool, e);
	for (unsigned i = 0; i < n; i++)
		free(c->seen[i]);
	free(c->seen);
	return rc;
}

static int check_keys(const struct check *c, uint64_t from, uint64_t to, unsigned thread,
		      struct rec_err *e)
{
	const uint64_t *key = c->b->key;

	(void)thread;
	for (uint64_t i = from ? from : 1; i < to; i++)
		if (key[i] < key[i - 1])
			return rec_err_set(e, REC_EDATA, "keys descend at %" PRIu64, i);
	return 0;
}

int rec_form_check(const struct rec_block *b, const uint64_t label_len[2], struct rec_pool *pool,
		   struct rec_err *e)
{
	struct check c = { .b = b, .label_len = { label_len[0], label_len[1] } };
	bool ranked = b->kind == REC_SPARSE && b->order == REC_RANKED;

	if (b->kind == REC_META)
		return check_meta(b, e);
	if (b->kind == REC_KEYS) {
		add_job(&c, check_keys, b->rows, PIECE);
		return run_jobs(&c, pool, e);
	}
	if (check_empty(&c, e) != 0)
		return -1;
	add_job(&c, check_row_off, b->rows, PIECE);
	if (b->col_off)
		add_job(&c, check_col_off, b->cols, PIECE);
	if (b->ptr)
		add_job(&c, check_ptr, b->rows, PIECE);
	if (run_jobs(&c, pool, e) != 0)
		return -1;
	c.njobs = 0;
	add_job(&c, check_row_labels, b->rows, LABEL_PIECE);
	if (b->col_off)
		add_job(&c, check_col_labels, b->cols, LABEL_PIECE);
	add_job(&c, check_values, b->kind == REC_DENSE ? b->rows * b->cols : b->nnz, PIECE);
	if (b->kind == REC_SPARSE)
		add_job(&c,
			ranked		       ? check_ranked :
			b->order == REC_STREAM ? check_triples :
						 check_canonical,
			b->nnz, PIECE);
	if (b->time)
		add_job(&c, check_times, b->nnz, PIECE);
	return ranked ? check_ranked_all(&c, pool, e) : run_jobs(&c, pool, e);
}
