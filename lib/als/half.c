/* SPDX-License-Identifier: MIT */
/*
 * als/half.c - one half-step apart: rows of one side against the stored factors
 * of the other, for sweeps that run over many processes or hosts.
 *
 * What depends on all of the data (alpha0, divisor, mean, catalogue) comes from
 * the metadata of the model. So the input may be all rows, or a shard of them.
 * Borders of parts fall on blocks of 256 rows of the input, in the order of
 * labels, where the parts take about the same time (rec_blocks_balance).
 */
#include "recpipe/als.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "als/step.h"
#include "base/blocks.h"
#include "base/mem.h"

enum { TASK_PAIRS = 1 << 16 };	/* pairs that a thread renames at once */

struct half {
	struct rec_als_opts als;	/* of the model */
	struct rec_csr t;		/* transpose; empty where rows are of the solved side */
	struct rec_csr part;		/* the rows that are solved; columns of the fixed side */
	struct rec_labels label;	/* of those rows */
	struct rec_als_side side;
	struct rec_als_fixed fixed;
	struct rec_als_crew crew;
};

struct renaming {
	const uint32_t *from, *map;
	uint32_t *to;
	uint64_t n;
};

static int rename_columns(void *arg, uint64_t first, uint64_t last, unsigned thread,
			  struct rec_err *e)
{
	const struct renaming *r = arg;

	(void)thread;
	(void)e;
	for (uint64_t j = first; j < last; j++)
		r->to[j] = r->map[r->from[j]];
	return 0;
}

/* Rows first .. last - 1 of m, whose columns are renamed. */
struct cut {
	const struct rec_csr *m;
	uint32_t first, last;
	const uint32_t *map;	/* new name of a column; REC_NONE: left out */
	uint32_t ncols;		/* columns there are then */
};

/*
 * The columns of all rows are known: values stay where they are. c->m must
 * outlive out.
 */
static int cut_known_rows(struct rec_csr *out, const struct cut *c, const struct rec_run *run,
			  struct rec_err *e)
{
	const struct rec_csr *m = c->m;
	uint32_t nrows = c->last - c->first;
	uint64_t from = m->ptr[c->first], *ptr = rec_alloc((size_t)nrows + 1, sizeof *ptr, e);
	struct renaming r = { .from = m->col + from, .map = c->map, .n = m->ptr[c->last] - from };

	r.to = rec_alloc((size_t)r.n, sizeof *r.to, e);
	*out = (struct rec_csr){ .nrows = nrows,
				 .ncols = c->ncols,
				 .nnz = r.n,
				 .ptr = ptr,
				 .col = r.to,
				 .val = m->val + from,
				 .own = { ptr, r.to } };
	if (!ptr || !r.to)
		return -1;
	for (uint32_t i = 0; i <= nrows; i++)
		ptr[i] = m->ptr[c->first + i] - from;
	return rec_pool_slices(run->pool, r.n, TASK_PAIRS, rename_columns, &r, e);
}

/* Pairs in unknown columns are left out and counted. */
static int cut_rows(struct rec_csr *out, const struct cut *c, uint64_t *unknown, struct rec_err *e)
{
	const struct rec_csr *m = c->m;
	uint64_t nnz = 0, *ptr;
	uint32_t *col;
	float *val;

	for (uint64_t j = m->ptr[c->first]; j < m->ptr[c->last]; j++)
		nnz += c->map[m->col[j]] != REC_NONE;
	*unknown = m->ptr[c->last] - m->ptr[c->first] - nnz;
	if (rec_csr_new(out, c->last - c->first, c->ncols, nnz, 0, e) != 0)
		return -1;
	ptr = out->own[0];
	col = out->own[1];
	val = out->own[2];
	nnz = 0;
	for (uint32_t i = c->first; i < c->last; i++) {
		ptr[i - c->first] = nnz;
		for (uint64_t j = m->ptr[i]; j < m->ptr[i + 1]; j++) {
			if (c->map[m->col[j]] == REC_NONE)
				continue;
			col[nnz] = c->map[m->col[j]];
			val[nnz++] = m->val[j];
		}
	}
	ptr[c->last - c->first] = nnz;
	return 0;
}

/*
 * What a row costs beside its pairs, where a pair costs 1: building and solving
 * its equations against adding a pair to them. Measured with 16 to 128 factors
 * on AVX-512 between 11 and 64, noise included. Only how evenly parts take
 * their time depends on it.
 */
static uint64_t row_cost(enum rec_solver solver, uint32_t factors)
{
	return (solver == REC_CG ? 8 : 16) + factors / 4;
}

/* Which of the rows of m this part solves. */
static int choose_rows(uint32_t *first, uint32_t *last, const struct rec_csr *m,
		       const struct rec_als_opts *als, const struct rec_als_half_opts *o,
		       struct rec_err *e)
{
	uint64_t *cost;

	*first = 0;
	*last = m->nrows;
	if (m->nrows == 0 || o->parts == 1)
		return 0;
	if (rec_blocks_cost(&cost, m->ptr, m->nrows, row_cost(als->solver, als->factors),
			    e) != 0)
		return -1;
	rec_blocks_balance(m->nrows, cost, o->part, o->parts, first, last);
	free(cost);
	return 0;
}

static bool all_known(const uint32_t *map, uint32_t n)
{
	for (uint32_t j = 0; j < n; j++)
		if (map[j] == REC_NONE)
			return false;
	return true;
}

/* The rows that this part solves. */
static int take_rows(struct half *h, const struct rec_sparse *x, const struct rec_als_half_opts *o,
		     const struct rec_labels *others, const struct rec_run *run, struct rec_err *e)
{
	bool transpose = o->users == o->transposed;
	const struct rec_labels *rows = transpose ? &x->col : &x->row,
				*cols = transpose ? &x->row : &x->col;
	struct cut c = { .m = transpose ? &h->t : &x->m, .ncols = others->n };
	uint32_t *map = NULL;
	int rc;

	if (transpose && rec_csr_transpose(&h->t, &x->m, run->pool, e) != 0)
		return -1;
	if (choose_rows(&c.first, &c.last, c.m, &h->als, o, e) != 0 ||
	    rec_labels_cut(&h->label, rows, c.first, c.last, e) != 0)
		return -1;
	if (c.first == c.last)
		return rec_csr_new(&h->part, 0, others->n, 0, 0, e);
	if (rec_labels_map(&map, cols, others, e) != 0)
		return -1;
	c.map = map;
	rc = all_known(map, cols->n) ? cut_known_rows(&h->part, &c, run, e) :
				       cut_rows(&h->part, &c, o->unknown, e);
	free(map);
	return rc;
}

/*
 * Conjugate gradients go on from the vectors of the last sweep, so the model
 * must hold them. Before the first sweep these are the start values, which any
 * process can make.
 */
static int check_own(const struct half *h, const struct rec_model *from,
		     const struct rec_dense *own, const struct rec_als_half_opts *o,
		     struct rec_err *e)
{
	uint64_t n = 0;

	if (h->als.solver != REC_CG || own->row.n > 0)
		return 0;
	if (rec_meta_get_u64(&from->meta, "iterations", &n, e) < 0)
		return -1;
	if (n <= (o->users ? 1 : 0) && !rec_meta_get(&from->meta, "init-from"))
		return 0;
	return rec_err_set(e, REC_EDATA,
			   "the model holds no %s factors, from which conjugate gradients go on",
			   o->users ? "user" : "item");
}

/*
 * The input may have rows that training had not. The catalogue then grows,
 * because a model never holds more rows than it. It grows to the rows of the
 * whole input, so all parts say the same.
 */
static int grow_catalogue(struct rec_meta *m, bool items, uint64_t catalogue, uint64_t rows,
			  struct rec_err *e)
{
	return rows > catalogue ? rec_meta_set_u64(m, items ? "items" : "users", rows, e) : 0;
}

static int copy_meta(struct rec_meta *to, const struct rec_meta *from, bool items,
		     struct rec_err *e)
{
	uint64_t n = 0;

	for (size_t i = 0; i < from->n; i++)
		if (rec_meta_set(to, from->entry[i].key, from->entry[i].value, e) != 0)
			return -1;
	if (rec_meta_get_u64(from, "iterations", &n, e) < 0)
		return -1;
	/* a sweep begins with the items */
	return items ? rec_meta_set_u64(to, "iterations", n + 1, e) : 0;
}

static int no_factors(const struct rec_model *from, const char *side, struct rec_err *e)
{
	rec_err_set(e, REC_EDATA, "the model holds no %s factors; solve those first", side);
	return rec_model_blame(from, e);
}

static int half_step(struct rec_model *m, struct half *h, const struct rec_model *from,
		     const struct rec_sparse *x, const struct rec_als_half_opts *o,
		     const struct rec_run *run, struct rec_err *e)
{
	const struct rec_dense *other = o->users ? &from->item : &from->user,
			       *same = o->users ? &from->user : &from->item;
	struct rec_als_tell tell = { .note = "" };

	if (rec_als_opts_load(&h->als, &from->meta, e) != 0 ||
	    rec_als_opts_fit(&h->als, from, e) != 0)
		return rec_model_blame(from, e);
	if (!from->has_factors || other->row.n == 0)
		return no_factors(from, o->users ? "item" : "user", e);
	if (check_own(h, from, same, o, e) != 0)
		return rec_model_blame(from, e);
	if (take_rows(h, x, o, &other->row, run, e) != 0 ||
	    rec_als_fixed_load(&h->fixed, &h->als, other, !o->users, run, e) != 0 ||
	    rec_als_fixed_turn(&h->fixed, NULL, run, e) != 0)
		return -1;
	h->side = (struct rec_als_side){ .user = o->users,
					 .label = &h->label,
					 .m = &h->part,
					 .init = same->row.n ? same : NULL,
					 .no_starts = h->als.solver == REC_CHOLESKY };
	if (rec_als_side_new(&h->side, &h->als, run, e) != 0)
		return -1;
	if (rec_als_crew_new(&h->crew, &h->als, run, e) != 0)
		return -1;
	tell.total = h->label.n;
	if (rec_als_step(&h->side, &h->fixed, &h->als, &h->crew, &tell, run, e) != 0)
		return -1;
	m->has_factors = true;
	if (rec_als_side_pack(o->users ? &m->user : &m->item, &h->side, &h->als, e) != 0)
		return -1;
	/* no rows; the columns must be those of what it will be joined with */
	(o->users ? &m->item : &m->user)->ncols = other->ncols;
	if (copy_meta(&m->meta, &from->meta, !o->users, e) != 0)
		return -1;
	return grow_catalogue(&m->meta, !o->users, o->users ? h->als.users : h->als.items,
			      o->users == o->transposed ? x->m.ncols : x->m.nrows, e);
}

int rec_als_half(struct rec_model *m, const struct rec_model *from, const struct rec_sparse *x,
		 const struct rec_als_half_opts *o, const struct rec_run *run, struct rec_err *e)
{
	struct half h = { 0 };
	int rc;

	*m = (struct rec_model){ 0 };
	*o->unknown = 0;
	rc = half_step(m, &h, from, x, o, run, e);
	rec_als_crew_free(&h.crew);
	rec_als_side_free(&h.side);
	rec_als_fixed_free(&h.fixed);
	rec_labels_free(&h.label);
	rec_csr_free(&h.part);
	rec_csr_free(&h.t);
	if (rc != 0) {
		rec_model_free(m);
		*m = (struct rec_model){ 0 };
	}
	return rc;
}
