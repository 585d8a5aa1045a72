/* SPDX-License-Identifier: MIT */
/*
 * sim/partial.c - sums over the users of a shard. The lines of all items are
 * computed and written block by block of rows.
 */
#include "sim/partial.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/progress.h"
#include "matrix/block.h"
#include "matrix/digest.h"
#include "recmat/meta.h"
#include "recmat/recmat.h"
#include "sim/linear.h"
#include "sim/method.h"
#include "sim/select.h"
#include "sim/users.h"

/*
 * LINES: lines a task. CELLS: cells a block, about. A larger block takes more
 * memory; a smaller one repeats the labels of its columns more often. LABEL:
 * therefore a block has at least so many cells for each label it carries.
 * EXACT: float32 counts exactly below this. OVERHEAD: bytes of buffers, stacks
 * and libraries.
 */
enum { LINES = 64, CELLS = 1 << 22, LABEL = 16, EXACT = 1 << 24, OVERHEAD = 16 << 20 };

const char *rec_partial_refuses(const struct rec_sim_opts *o)
{
	if (o->side_user)
		return "--side user: a pair of users may lie in two shards";
	if (o->weights.kind == REC_WEIGH_VALUE)
		return o->method->zeros ? "means over all users are taken off the values, and such "
					  "sums are not exact" :
					  "sums of products of values are not exact";
	return o->weights.kind != REC_WEIGH_NONE ? "sums of weighted pairs are not exact" : NULL;
}

bool rec_partial_wants_whole(const struct rec_sim_opts *o)
{
	return rec_linear_user_power(o) != 0;
}

/* The result of one task. */
struct piece {
	uint32_t *item;
	float *users;
	double *sum;
	size_t n, item_cap, users_cap, sum_cap;
	bool exact;		/* some sum has a value that users cannot hold */
};

struct job {
	const struct rec_sparse *x;
	struct rec_sim_data d;
	struct rec_overlap overlap;
	bool pairs, weighted;
	uint32_t from, to;		/* rows of the block */
	struct rec_accumulator *acc;	/* one a thread */
	uint64_t **bits;
	struct piece *piece;		/* one a task */
	uint64_t *ptr;			/* number of cells of row from + i in [i + 1] */
};

/* -- data -- */

/* Refuse a shard that is larger than the whole. */
static int check_whole(const struct rec_survey *whole, const struct rec_sparse *x,
		       const struct rec_csr *pairs, struct rec_err *e)
{
	if (x->m.nrows <= whole->users && pairs->nnz <= whole->pairs &&
	    x->digest.cells <= whole->digest.cells)
		return 0;
	return rec_err_set(e, REC_EDATA,
			   "this shard has %" PRIu32 " users, %" PRIu64 " pairs, %" PRIu64
			   " rows; --whole says %" PRIu64 ", %" PRIu64 ", %" PRIu64
			   " of all: make it of all shards (rec-sim --survey)",
			   x->m.nrows, pairs->nnz, x->digest.cells, whole->users, whole->pairs,
			   whole->digest.cells);
}

static int prepare(struct job *j, struct rec_csr *pairs, struct rec_partial *p,
		   const struct rec_run *run, struct rec_err *e)
{
	struct rec_thinning thin = { .max = p->o->max_user, .seed = p->o->seed };
	struct rec_sim_data *d = &j->d;

	if (rec_weighting_pairs(pairs, j->x, &p->o->weights, false, &thin, e) != 0)
		return -1;
	p->thinned = thin.rows;
	if (p->o->whole && check_whole(p->o->whole, j->x, pairs, e) != 0)
		return -1;
	d->o = p->o;
	d->users = pairs->nrows;
	d->items = pairs->ncols;
	d->unit = true;
	d->x = (struct rec_csr){ .nrows = pairs->nrows,
				 .ncols = pairs->ncols,
				 .nnz = pairs->nnz,
				 .ptr = pairs->ptr,
				 .col = pairs->col,
				 .val = pairs->val };
	j->weighted = rec_partial_wants_whole(p->o);
	j->pairs = p->o->method->takes & REC_SIM_LIST;
	d->scale = j->weighted ? rec_survey_scale(p->o->whole, rec_linear_user_power(p->o)) : 0;
	if (rec_csr_transpose(&d->t, &d->x, run->pool, e) != 0 ||
	    (j->weighted && p->o->method->prepare(d, e) != 0))
		return -1;
	j->overlap = (struct rec_overlap){ .base = j->weighted ? REC_BASE_SUM : REC_BASE_COUNT,
					   .x = &d->x,
					   .t = &d->t,
					   .unit = true,
					   .user = d->user };
	return 0;
}

static int new_scratch(struct job *j, unsigned threads, struct rec_err *e)
{
	j->acc = rec_zalloc(threads, sizeof *j->acc, e);
	j->bits = rec_zalloc(threads, sizeof *j->bits, e);
	for (unsigned i = 0; j->acc && j->bits && i < threads; i++)
		if (rec_accumulator_new(&j->acc[i], &j->overlap, e) != 0 ||
		    !(j->bits[i] = rec_zalloc(j->d.items / 64 + 1, sizeof **j->bits, e)))
			return -1;
	return j->acc && j->bits ? 0 : -1;
}

static void release(struct job *j, unsigned threads)
{
	for (unsigned i = 0; j->acc && j->bits && i < threads; i++) {
		rec_accumulator_free(&j->acc[i]);
		free(j->bits[i]);
	}
	free(j->acc);
	free(j->bits);
	rec_csr_free(&j->d.x);
	rec_csr_free(&j->d.t);
	free(j->d.a);
	free(j->d.b);
	free(j->d.user);
}

/* -- lines -- */

static int add(struct piece *p, uint32_t item, double users, double sum, bool exact,
	       struct rec_err *e)
{
	if (rec_grow(&p->item, &p->item_cap, p->n + 1, sizeof *p->item, e) != 0 ||
	    rec_grow(&p->users, &p->users_cap, p->n + 1, sizeof *p->users, e) != 0 ||
	    rec_grow(&p->sum, &p->sum_cap, p->n + 1, sizeof *p->sum, e) != 0)
		return -1;
	p->item[p->n] = item;
	p->users[p->n] = (float)users;
	p->sum[p->n++] = exact ? sum : NAN;
	p->exact |= exact;
	return 0;
}

static int add_line(struct job *j, struct piece *p, uint32_t line, struct rec_accumulator *a,
		    uint64_t *bits, struct rec_err *e)
{
	double own = rec_sim_item_count(&j->d, line);
	int rc = 0;

	if (own == 0 || !j->pairs)
		return add(p, line, own, own, j->weighted || own >= EXACT, e);
	rec_overlap_line(a, &j->overlap, line);
	rec_select_ascend(bits, a->met, a->n, j->d.items);
	for (uint32_t k = 0; rc == 0 && k < a->n; k++) {
		uint32_t s = a->met[k];
		double users = a->count[s],
		       sum = j->weighted && s != line ? ldexp(a->xy[s], j->d.scale) : users;

		rc = add(p, s, users, sum, j->weighted || users >= EXACT, e);
	}
	rec_overlap_clear(a);
	return rc;
}

static int lines_task(void *arg, uint64_t first, uint64_t last, unsigned thread,
		      struct rec_err *e)
{
	struct job *j = arg;
	struct piece *p = &j->piece[first / LINES];

	for (uint64_t i = first; i < last; i++) {
		uint32_t line = j->from + (uint32_t)i;
		size_t before = p->n;

		if (add_line(j, p, line, &j->acc[thread], j->bits[thread], e) != 0)
			return -1;
		j->ptr[i + 1] = p->n - before;
	}
	return 0;
}

/* -- a block -- */

/* Copy the pieces one after another. Each is released when it is copied. */
static int assemble(struct rec_csr *m, struct job *j, size_t tasks, struct rec_err *e)
{
	uint64_t n = 0, at = 0, *ptr;
	bool exact = false;

	for (size_t k = 0; k < tasks; k++) {
		n += j->piece[k].n;
		exact |= j->piece[k].exact;
	}
	if (rec_csr_new(m, j->to - j->from, j->d.items, n, exact, e) != 0)
		return -1;
	ptr = m->own[0];
	for (uint32_t i = 0; i < m->nrows; i++)
		ptr[i + 1] = ptr[i] + j->ptr[i + 1];
	for (size_t k = 0; k < tasks; k++) {
		struct piece *p = &j->piece[k];

		if (p->n) {
			memcpy((uint32_t *)m->own[1] + at, p->item, p->n * sizeof *p->item);
			memcpy((float *)m->own[2] + at, p->users, p->n * sizeof *p->users);
			if (exact)
				memcpy((double *)m->own[3] + at, p->sum, p->n * sizeof *p->sum);
		}
		at += p->n;
		free(p->item);
		free(p->users);
		free(p->sum);
		*p = (struct piece){ 0 };
	}
	return 0;
}

/*
 * Set the labels of the rows and of the columns that have a cell. Columns get
 * new numbers.
 */
static int label(struct rec_sparse *s, const struct job *j, struct rec_err *e)
{
	unsigned char *row = rec_zalloc((size_t)j->d.items + 1, 1, e),
		      *col = rec_zalloc((size_t)j->d.items + 1, 1, e);
	uint32_t *to = rec_alloc(j->d.items, sizeof *to, e), *idx = s->m.own[1], n = 0;
	int rc = -1;

	if (row && col && to) {
		memset(row + j->from, 1, j->to - j->from);
		for (uint64_t c = 0; c < s->m.nnz; c++)
			col[idx[c]] = 1;
		for (uint32_t i = 0; i < j->d.items; i++)
			to[i] = col[i] ? n++ : 0;
		for (uint64_t c = 0; c < s->m.nnz; c++)
			idx[c] = to[idx[c]];
		s->m.ncols = n;
		rc = rec_labels_copy(&s->row, &j->x->col, row, e) == 0 ?
			     rec_labels_copy(&s->col, &j->x->col, col, e) :
			     -1;
	}
	free(row);
	free(col);
	free(to);
	return rc;
}

static int write_block(struct rec_out *out, const struct rec_sparse *s, bool binary,
		       struct rec_pool *pool, struct rec_err *e)
{
	struct rec_block b = rec_csr_block(&s->row, &s->col, &s->m, "sums");

	return binary ? rec_recmat_write(out, &b, pool, e) :
			rec_sparse_write(out, s, false, "", NULL, pool, e);
}

static int make_block(struct rec_out *out, struct job *j, struct rec_partial *p,
		      const struct rec_run *run, struct rec_err *e)
{
	size_t tasks = rec_slices(j->to - j->from, LINES);
	struct rec_sparse s = { .has_value = true };
	int rc = -1;

	j->piece = rec_zalloc(tasks, sizeof *j->piece, e);
	j->ptr = rec_zalloc((size_t)j->to - j->from + 1, sizeof *j->ptr, e);
	if (j->piece && j->ptr &&
	    rec_pool_slices(run->pool, j->to - j->from, LINES, lines_task, j, e) == 0 &&
	    assemble(&s.m, j, tasks, e) == 0 && label(&s, j, e) == 0)
		rc = write_block(out, &s, p->binary, run->pool, e);
	p->cells += s.m.nnz;
	for (size_t k = 0; j->piece && k < tasks; k++) {
		free(j->piece[k].item);
		free(j->piece[k].users);
		free(j->piece[k].sum);
	}
	free(j->piece);
	free(j->ptr);
	rec_sparse_free(&s);
	return rc;
}

/* The largest number of cells that row i can have. */
static uint64_t most_cells(const struct job *j, uint32_t i)
{
	uint64_t n = 1;

	for (uint64_t c = j->d.t.ptr[i]; j->pairs && n < j->d.items && c < j->d.t.ptr[i + 1]; c++)
		n += j->d.x.ptr[j->d.t.col[c] + 1] - j->d.x.ptr[j->d.t.col[c]];
	return n < j->d.items ? n : j->d.items;
}

/* Cells of a block: CELLS, or more if it carries many labels (see LABEL). */
static uint64_t block_cells(uint64_t items)
{
	return items * LABEL > CELLS ? items * LABEL : CELLS;
}

static int write_blocks(struct rec_out *out, struct job *j, struct rec_partial *p, uint64_t *blocks,
			const struct rec_run *run, struct rec_err *e)
{
	uint64_t most = block_cells(j->d.items);

	for (j->from = 0; j->from < j->d.items; j->from = j->to, ++*blocks) {
		uint64_t cells = 0;

		for (j->to = j->from; j->to < j->d.items && (j->to == j->from || cells < most);
		     j->to++)
			cells += most_cells(j, j->to);
		if (make_block(out, j, p, run, e) != 0)
			return -1;
		rec_progress_tell(&run->progress, "items", j->to, j->d.items, NULL);
	}
	return 0;
}

/* -- metadata -- */

static int set_totals(struct rec_meta *m, const char *prefix, uint64_t users, uint64_t shards,
		      const struct rec_digest *d, struct rec_err *e)
{
	struct rec_meta own = { 0 };
	char key[32];
	int rc = rec_digest_meta(&own, d, e);

	if (rc == 0)
		rc = rec_meta_set_u64(&own, "users", users, e);
	if (rc == 0)
		rc = rec_meta_set_u64(&own, "shards", shards, e);
	for (size_t i = 0; rc == 0 && i < own.n; i++) {
		snprintf(key, sizeof key, "%s%s", prefix, own.entry[i].key);
		rc = rec_meta_set(m, key, own.entry[i].value, e);
	}
	rec_meta_free(&own);
	return rc;
}

static int describe(struct rec_meta *m, const struct job *j, const struct rec_partial *p,
		    struct rec_err *e)
{
	const struct rec_sim_opts *o = p->o;
	const struct rec_survey *w = o->whole;

	if (rec_meta_set(m, "algorithm", "sums", e) != 0 || rec_meta_set(m, "sums",
									 !j->pairs   ? "items" :
									 j->weighted ? "weight" :
										       "count",
									 e) != 0)
		return -1;
	if (j->weighted && (rec_meta_set_f64(m, "user-power", rec_linear_user_power(o), e) != 0 ||
			    rec_meta_set_f64(m, "scale", j->d.scale, e) != 0))
		return -1;
	if (rec_meta_set_u64(m, "max-user", o->max_user, e) != 0 ||
	    (o->max_user && rec_meta_set_u64(m, "seed", o->seed, e) != 0))
		return -1;
	if (rec_meta_set(m, "duplicates", p->duplicates, e) != 0 ||
	    rec_meta_set(m, "version", p->version, e) != 0)
		return -1;
	if (w && set_totals(m, "whole.", w->users, w->shards, &w->digest, e) != 0)
		return -1;
	return set_totals(m, "", j->x->m.nrows, 1, &j->x->digest, e);
}

static int write_meta(struct rec_out *out, const struct job *j, const struct rec_partial *p,
		      struct rec_pool *pool, struct rec_err *e)
{
	struct rec_meta m = { 0 };
	int rc = describe(&m, j, p, e);

	if (rc == 0)
		rc = rec_meta_write(out, &m, pool, e);
	rec_meta_free(&m);
	return rc;
}

/* -- users -- */

static int write_users(struct rec_out *out, const struct rec_labels *users, struct rec_pool *pool,
		       struct rec_err *e)
{
	struct rec_block b = {
		.kind = REC_KEYS, .name = "users", .optional = true, .rows = users->n
	};
	uint64_t *key;
	int rc = rec_users_keys(&key, users, e);

	b.key = key;
	if (rc == 0)
		rc = rec_recmat_write(out, &b, pool, e);
	free(key);
	return rc;
}

/* -- all of it -- */

int rec_partial_write(struct rec_out *out, const struct rec_sparse *x, struct rec_partial *p,
		      const struct rec_run *run, struct rec_err *e)
{
	unsigned threads = rec_pool_size(run->pool);
	struct job j = { .x = x };
	struct rec_csr pairs = { 0 };
	uint64_t blocks = 2;	/* for metadata and users */
	int rc = prepare(&j, &pairs, p, run, e);

	if (rc == 0)
		rc = new_scratch(&j, threads, e);
	if (rc == 0 && p->binary)
		rc = write_meta(out, &j, p, run->pool, e) == 0 ?
			     write_users(out, &x->row, run->pool, e) :
			     -1;
	if (rc == 0)
		rc = write_blocks(out, &j, p, &blocks, run, e);
	if (rc == 0 && p->binary)
		rc = rec_recmat_end(out, blocks, e);
	release(&j, threads);
	rec_csr_free(&pairs);
	return rc;
}

void rec_partial_cost(struct rec_sim_cost *c, const struct rec_sparse *x,
		      const struct rec_sim_opts *o, bool sums, unsigned threads)
{
	double cells = (double)block_cells(x->m.ncols) + x->m.ncols, n = x->m.ncols;

	c->operations = 0;
	for (uint32_t u = 0; sums && u < x->m.nrows; u++)
		c->operations += (double)(x->m.ptr[u + 1] - x->m.ptr[u]) *
				 (double)(x->m.ptr[u + 1] - x->m.ptr[u]);
	if (cells > c->operations + n)
		cells = c->operations + n;
	c->bytes = (uint64_t)(OVERHEAD + 4 * 8 * (double)x->m.nnz + 40 * (n + x->m.nrows) +
			      16 * (double)x->m.nrows);
	if (sums)
		c->bytes += (uint64_t)(40 * cells +
				       threads * n * (rec_partial_wants_whole(o) ? 17 : 9));
}

int rec_partial_survey(struct rec_survey *s, const struct rec_sparse *x,
		       const struct rec_sim_opts *o, uint64_t *thinned, struct rec_err *e)
{
	struct rec_thinning thin = { .max = o->max_user, .seed = o->seed };
	struct rec_csr pairs;

	*s = (struct rec_survey){
		.shards = 1, .users = x->m.nrows, .digest = x->digest, .max_user = o->max_user
	};
	if (rec_weighting_pairs(&pairs, x, &o->weights, false, &thin, e) != 0)
		return -1;
	*thinned = thin.rows;
	rec_survey_lengths(s, &pairs);
	rec_csr_free(&pairs);
	return 0;
}
