/* SPDX-License-Identifier: MIT */
/*
 * sim/sums_write.c - lines are added up by all threads, each task into a piece
 * of its own; the pieces of a block of rows become one sparse block.
 */
#include "sim/sums_write.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/label.h"
#include "base/mem.h"
#include "base/progress.h"
#include "matrix/block.h"
#include "matrix/sparse.h"
#include "recmat/recmat.h"
#include "sim/select.h"
#include "sim/sums.h"

/*
 * LINES: lines a task. CELLS: cells a block, about. A larger block takes more
 * memory; a smaller one repeats the labels of its columns more often. LABEL:
 * therefore a block has at least so many cells for each label it carries.
 */
enum { LINES = 64, CELLS = 1 << 22, LABEL = 16 };

/* The result of one task. */
struct piece {
	uint32_t *item;
	float *users;
	double *sum;
	size_t n, item_cap, users_cap, sum_cap;
	bool exact;		/* some sum has a value that users cannot hold */
};

struct job {
	const struct rec_sums_source *src;
	const unsigned char *mine;
	bool weighted;
	double units;			/* in a weight of 1: 2^scale */
	uint32_t from, to;		/* rows of the block */
	struct rec_accumulator *acc;	/* one a thread */
	uint64_t **bits;
	struct piece *piece;		/* one a task */
	uint64_t *ptr;			/* number of cells of row from + i in [i + 1] */
};

static bool whole_line(const struct job *j, uint32_t line)
{
	return j->src->pairs && (!j->mine || j->mine[line]);
}

static int new_scratch(struct job *j, unsigned threads, struct rec_err *e)
{
	j->acc = rec_zalloc(threads, sizeof *j->acc, e);
	j->bits = rec_zalloc(threads, sizeof *j->bits, e);
	for (unsigned i = 0; j->acc && j->bits && i < threads; i++)
		if (rec_accumulator_new(&j->acc[i], &j->src->overlap, e) != 0 ||
		    !(j->bits[i] = rec_zalloc(j->src->item->n / 64 + 1, sizeof **j->bits, e)))
			return -1;
	return j->acc && j->bits ? 0 : -1;
}

static void free_scratch(struct job *j, unsigned threads)
{
	for (unsigned i = 0; j->acc && j->bits && i < threads; i++) {
		rec_accumulator_free(&j->acc[i]);
		free(j->bits[i]);
	}
	free(j->acc);
	free(j->bits);
}

/* -- lines -- */

static int reserve(struct piece *p, size_t n, struct rec_err *e)
{
	n += p->n;
	if (rec_grow(&p->item, &p->item_cap, n, sizeof *p->item, e) != 0 ||
	    rec_grow(&p->users, &p->users_cap, n, sizeof *p->users, e) != 0)
		return -1;
	return rec_grow(&p->sum, &p->sum_cap, n, sizeof *p->sum, e);
}

/* There is room. sum: exact beyond what users can hold. */
static void add(struct piece *p, uint32_t item, double users, double sum, bool exact)
{
	p->item[p->n] = item;
	p->users[p->n] = (float)users;
	p->sum[p->n++] = exact ? sum : NAN;
	p->exact |= exact;
}

static int not_exact(const struct job *j, uint32_t i, uint32_t k, struct rec_err *e)
{
	size_t ni, nk;
	const char *a = rec_label(j->src->item, i, &ni), *b = rec_label(j->src->item, k, &nk);

	return rec_err_set(e, REC_EDATA,
			   "the sum of weights of '%.*s' and '%.*s' is beyond 2^53 units: no sums "
			   "of one survey are; make them again",
			   REC_LABEL(a, ni), REC_LABEL(b, nk));
}

static int add_line(struct job *j, struct piece *p, uint32_t line, struct rec_accumulator *a,
		    uint64_t *bits, struct rec_err *e)
{
	const struct rec_sums_source *src = j->src;
	double own = (double)(src->users[line + 1] - src->users[line]);
	bool pairs = own > 0 && whole_line(j, line);
	int rc;

	if (pairs)
		rec_overlap_line(a, &src->overlap, line);
	rc = reserve(p, pairs ? a->n : 1, e);
	if (rc == 0 && !pairs)
		add(p, line, own, own, j->weighted || own >= REC_SUMS_EXACT);
	if (!pairs)
		return rc;
	rec_select_ascend(bits, a->met, a->n, src->item->n);
	for (uint32_t k = 0; rc == 0 && k < a->n; k++) {
		uint32_t s = a->met[k];
		double users = a->count[s],
		       sum = j->weighted && s != line ? a->xy[s] * j->units : users;

		if (isnan(sum))
			rc = not_exact(j, line, s, e);
		add(p, s, users, sum, j->weighted || users >= REC_SUMS_EXACT);
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

static void free_piece(struct piece *p)
{
	free(p->item);
	free(p->users);
	free(p->sum);
	*p = (struct piece){ 0 };
}

/* Copy the pieces one after another. Each is released when it is copied. */
static int assemble(struct rec_csr *m, struct job *j, size_t tasks, struct rec_err *e)
{
	uint64_t n = 0, at = 0, *ptr;
	bool exact = false;

	for (size_t k = 0; k < tasks; k++) {
		n += j->piece[k].n;
		exact |= j->piece[k].exact;
	}
	if (rec_csr_new(m, j->to - j->from, j->src->item->n, n, exact, e) != 0)
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
		free_piece(p);
	}
	return 0;
}

/*
 * Set the labels of the rows and of the columns that have a cell. Columns get
 * new numbers.
 */
static int label(struct rec_sparse *s, const struct job *j, struct rec_err *e)
{
	const struct rec_labels *item = j->src->item;
	unsigned char *col = rec_zalloc((size_t)item->n + 1, 1, e);
	uint32_t *to = rec_alloc(item->n, sizeof *to, e), *idx = s->m.own[1], n = 0;
	int rc = -1;

	if (col && to) {
		for (uint64_t c = 0; c < s->m.nnz; c++)
			col[idx[c]] = 1;
		for (uint32_t i = 0; i < item->n; i++)
			to[i] = col[i] ? n++ : 0;
		for (uint64_t c = 0; c < s->m.nnz; c++)
			idx[c] = to[idx[c]];
		s->m.ncols = n;
		rc = rec_labels_cut(&s->row, item, j->from, j->to, e) == 0 ?
			     rec_labels_copy(&s->col, item, col, e) :
			     -1;
	}
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

static int make_block(struct rec_out *out, struct job *j, bool binary, uint64_t *cells,
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
		rc = write_block(out, &s, binary, run->pool, e);
	*cells += s.m.nnz;
	for (size_t k = 0; j->piece && k < tasks; k++)
		free_piece(&j->piece[k]);
	free(j->piece);
	free(j->ptr);
	rec_sparse_free(&s);
	return rc;
}

/* Cells of a block: CELLS, or more if it carries many labels (see LABEL). */
static uint64_t block_cells(uint64_t items)
{
	return items * LABEL > CELLS ? items * LABEL : CELLS;
}

/* -- all of it -- */

int rec_sums_most(struct rec_sums_source *src, uint64_t (*cells)(const void *, uint32_t),
		  const void *arg, struct rec_err *e)
{
	uint32_t items = src->item->n;

	src->most = rec_alloc((size_t)items + 1, sizeof *src->most, e);
	for (uint32_t i = 0; src->most && i < items; i++) {
		uint64_t n = src->pairs ? 1 + cells(arg, i) : 1;

		src->most[i] = n < items ? n : items;
	}
	return src->most ? 0 : -1;
}

static int write_blocks(struct rec_out *out, struct job *j, bool binary, uint64_t *blocks,
			uint64_t *cells, const struct rec_run *run, struct rec_err *e)
{
	uint32_t items = j->src->item->n;
	uint64_t most = block_cells(items);

	for (j->from = 0; j->from < items; j->from = j->to, ++*blocks) {
		uint64_t n = 0;

		for (j->to = j->from; j->to < items && (j->to == j->from || n < most); j->to++)
			n += whole_line(j, j->to) ? j->src->most[j->to] : 1;
		if (make_block(out, j, binary, cells, run, e) != 0)
			return -1;
		rec_progress_tell(&run->progress, "items", j->to, items, NULL);
	}
	return 0;
}

static int write_keys(struct rec_out *out, const struct rec_sums_output *how,
		      struct rec_pool *pool, struct rec_err *e)
{
	struct rec_block b = { .kind = REC_KEYS,
			       .name = "users",
			       .optional = true,
			       .rows = how->nkeys,
			       .key = how->key };

	return rec_recmat_write(out, &b, pool, e);
}

int rec_sums_write(struct rec_out *out, const struct rec_sums_output *how,
		   const struct rec_sums_source *src, uint64_t *cells, const struct rec_run *run,
		   struct rec_err *e)
{
	unsigned threads = rec_pool_size(run->pool);
	struct job j = { .src = src,
			 .mine = how->mine,
			 .weighted = src->overlap.base != REC_BASE_COUNT,
			 .units = ldexp(1, src->scale) };
	uint64_t blocks = 2;	/* for metadata and users */
	int rc = new_scratch(&j, threads, e);

	if (rc == 0 && how->binary)
		rc = rec_meta_write(out, how->meta, run->pool, e) == 0 ?
			     write_keys(out, how, run->pool, e) :
			     -1;
	if (rc == 0)
		rc = write_blocks(out, &j, how->binary, &blocks, cells, run, e);
	if (rc == 0 && how->binary)
		rc = rec_recmat_end(out, blocks, e);
	free_scratch(&j, threads);
	return rc;
}

uint64_t rec_sums_write_bytes(uint32_t items, double cells, bool weighted, unsigned threads)
{
	double n = items, block = (double)block_cells(items) + n;

	if (block > cells + n)
		block = cells + n;
	return (uint64_t)(40 * block + 8 * n + threads * n * (weighted ? 17 : 9));
}

int rec_sums_set_group(struct rec_meta *m, uint32_t group, uint32_t groups, struct rec_err *e)
{
	return rec_meta_set_u64(m, "group", group, e) == 0 ?
		       rec_meta_set_u64(m, "groups", groups, e) :
		       -1;
}
