/* SPDX-License-Identifier: MIT */
/*
 * Models from files. Reading leaves the blocks where they lie (in a mapped file
 * that is how processes share a model); only parts that must be joined, and a
 * similarity in rank order, which scoring wants by column, get memory of their
 * own.
 */
#include "load/load.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "load/check.h"
#include "matrix/block.h"
#include "matrix/merge.h"

enum { ROWS = 256 };

struct entry {
	uint32_t col;
	float val;
};

static int by_column(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;

	return (a->col > b->col) - (a->col < b->col);
}

struct sorting {
	const struct rec_block *b;
	uint32_t *col;
	float *val;
	struct entry **scratch;	/* per thread, room for the longest row */
	uint64_t longest;
};

static int sort_rows(void *arg, uint64_t first, uint64_t last, unsigned thread,
		     struct rec_err *e)
{
	const struct sorting *s = arg;
	const struct rec_block *b = s->b;
	struct entry *t = s->scratch[thread];

	if (!t)
		t = s->scratch[thread] = rec_alloc((size_t)s->longest, sizeof *t, e);
	if (!t)
		return -1;
	for (uint64_t r = first; r < last; r++) {
		uint64_t from = b->ptr[r], n = b->ptr[r + 1] - from;

		for (uint64_t i = 0; i < n; i++)
			t[i] = (struct entry){ b->col[from + i], b->val[from + i] };
		qsort(t, (size_t)n, sizeof *t, by_column);
		for (uint64_t i = 0; i < n; i++) {
			s->col[from + i] = t[i].col;
			s->val[from + i] = t[i].val;
		}
	}
	return 0;
}

/*
 * A similarity that came in rank order, columns ascending. Pointers and labels
 * stay where they are.
 */
static int sort_similarity(struct rec_csr *m, const struct rec_block *b, struct rec_pool *pool,
			   struct rec_err *e)
{
	unsigned n = rec_pool_size(pool);
	struct sorting s = { .b = b, .scratch = rec_zalloc(n, sizeof *s.scratch, e) };
	int rc = -1;

	m->col = m->own[1] = s.col = rec_alloc(b->nnz, sizeof *s.col, e);
	m->val = m->own[2] = s.val = rec_alloc(b->nnz, sizeof *s.val, e);
	s.longest = rec_csr_longest(b->ptr, b->rows);
	if (s.scratch && s.col && s.val)
		rc = rec_pool_slices(pool, b->rows, ROWS, sort_rows, &s, e);
	for (unsigned i = 0; s.scratch && i < n; i++)
		free(s.scratch[i]);
	free(s.scratch);
	return rc;
}

static int set_similarity(struct rec_model *m, const struct rec_block *b, struct rec_pool *pool,
			  struct rec_err *e)
{
	if (m->has_similarity)
		return rec_err_set(e, REC_EDATA, "two similarities; keep one of them");
	m->has_similarity = true;
	m->dense = b->kind == REC_DENSE;
	m->row = rec_block_rows(b);
	m->col = rec_block_cols(b);
	if (m->dense) {
		m->sim_dense = rec_block_dense(b);
		return 0;
	}
	m->sim = (struct rec_csr){ .nrows = m->row.n,
				   .ncols = m->col.n,
				   .nnz = b->nnz,
				   .ptr = b->ptr,
				   .col = b->col,
				   .val = b->val };
	return b->order == REC_RANKED ? sort_similarity(&m->sim, b, pool, e) : 0;
}

static int set_block(struct rec_model *m, const struct rec_block *b, struct rec_pool *pool,
		     struct rec_err *e)
{
	enum rec_model_role role;

	if (rec_model_role(&role, b, e) != 0)
		return -1;
	switch (role) {
	case REC_ROLE_USER:
		m->user = rec_block_dense(b);
		break;
	case REC_ROLE_ITEM:
		m->item = rec_block_dense(b);
		m->has_factors = true;
		break;
	case REC_ROLE_OFFSET:
		m->offset = rec_block_dense(b);
		m->has_offset = true;
		break;
	case REC_ROLE_SIMILARITY:
		m->text |= b->name[0] == '\0';
		return set_similarity(m, b, pool, e);
	case REC_ROLE_NONE:
		break;
	}
	return 0;
}

static int set_blocks(struct rec_model *m, const struct rec_merged *x, struct rec_pool *pool,
		      struct rec_err *e)
{
	for (size_t i = 0; i < x->n; i++)
		if (set_block(m, &x->block[i], pool, e) != 0)
			return -1;
	m->text |= x->text;
	return rec_model_check(m, e);
}

static int load(struct rec_model *m, struct rec_in *in, const struct rec_merge *how,
		struct rec_pool *pool, struct rec_err *e)
{
	struct rec_merged *x = rec_zalloc(1, sizeof *x, e);
	size_t n = strlen(rec_in_name(in)) + 1;
	char *name = rec_alloc(n, 1, e);	/* the input may be gone when its name is wanted */
	int rc = -1;

	*m = (struct rec_model){ .name = name, .own = x };
	if (x && name) {
		memcpy(name, rec_in_name(in), n);
		rc = rec_blocks_merge(x, &in, 1, how, pool, e);
		if (rc == 0) {
			m->meta = x->meta;
			m->lost = x->lost;
			x->meta = (struct rec_meta){ 0 };
			rc = set_blocks(m, x, pool, e) == 0 ? 0 : rec_model_blame(m, e);
		}
	} else {
		rec_in_close(in);
	}
	if (rc != 0)
		rec_model_free(m);
	return rc;
}

int rec_model_load(struct rec_model *m, struct rec_in *in, bool trust, struct rec_pool *pool,
		   struct rec_err *e)
{
	return load(m, in,
		    &(struct rec_merge){ .repeats = REC_REPEATS_FAIL,
					 .trust = trust,
					 .text_name = "similarity" },
		    pool, e);
}

int rec_model_load_half(struct rec_model *m, struct rec_in *in, bool trust, struct rec_pool *pool,
			struct rec_err *e)
{
	return load(m, in,
		    &(struct rec_merge){ .repeats = REC_REPEATS_FAIL,
					 .trust = trust,
					 .text_name = "similarity",
					 .sweep = "iterations" },
		    pool, e);
}
