/* SPDX-License-Identifier: MIT */
/*
 * Puts blocks of the same name together by label.
 *
 * First all inputs are read. Then the blocks of each name are combined in one
 * of three ways. A single block stays where it is. Blocks that divide the rows
 * among them are copied row by row in label order: a plan names, for each row
 * of the result, the part that has it. All other blocks are taken apart into
 * cells, and rec_sparse_build makes a new matrix. Sets of labels are sorted, so
 * mapping an index keeps the order within a row, and the rank order too.
 */
#include "matrix/merge.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "matrix/block.h"
#include "matrix/merge_join.h"
#include "recmat/lone.h"
#include "recmat/meta.h"
#include "recpipe/matrix.h"

void rec_merged_free(struct rec_merged *m)
{
	rec_meta_free(&m->meta);
	free(m->block);
	rec_merge_keep_free(m->keep);
	*m = (struct rec_merged){ 0 };
}

/* -- reading -- */

static int add_part(struct rec_merge_keep *k, const struct rec_block *b, const char *file,
		    struct rec_err *e)
{
	if (rec_grow(&k->part, &k->cap, k->nparts + 1, sizeof *k->part, e) != 0)
		return -1;
	k->part[k->nparts++] = (struct rec_merge_part){ *b, file, k->sweep };
	return 0;
}

/*
 * The result gets the number of the latest sweep. That all parts of one name
 * are of the same sweep is checked when they are joined.
 */
static int level_sweeps(struct rec_merged *m, struct rec_meta *x, const char *key,
			struct rec_err *e)
{
	uint64_t theirs = 0, ours = 0;
	int got = key ? rec_meta_get_u64(x, key, &theirs, e) : 0;

	if (got < 1)
		return got;
	m->keep->sweep = theirs;
	got = rec_meta_get_u64(&m->meta, key, &ours, e);
	if (got < 1)
		return got;
	return theirs > ours ? rec_meta_set_u64(&m->meta, key, theirs, e) :
			       rec_meta_set_u64(x, key, ours, e);
}

static int add_meta(struct rec_merged *m, const struct rec_block *b, const char *sweep,
		    const struct rec_in *in, struct rec_err *e)
{
	struct rec_meta x;
	int rc;

	if (rec_meta_parse(&x, b->meta, b->meta_len, e) != 0)
		return -1;
	rc = level_sweeps(m, &x, sweep, e);
	if (rc == 0 && m->meta.n == 0) {
		m->meta = x;
		return 0;
	}
	if (rc == 0)
		rc = rec_meta_merge(&m->meta, &x, e);
	rec_meta_free(&x);
	return rc == 0 ? 0 : rec_err_prefix(e, "%s: ", rec_in_name(in));
}

static int read_blocks(struct rec_merged *m, struct rec_in *in, const struct rec_merge *how,
		       struct rec_pool *pool, struct rec_err *e)
{
	struct rec_recmat *r;
	struct rec_block b;
	int rc;

	if (rec_recmat_open(&r, in, how->trust, pool, e) != 0)
		return -1;
	while ((rc = rec_recmat_next(r, &b, e)) == 1) {
		bool meta = b.kind == REC_META;

		/* a canonical block has no place for a label without cells */
		rc = meta ? add_meta(m, &b, how->sweep, in, e) : rec_lone_check(&b, in, e);
		if (rc == 0 && !meta)
			rc = add_part(m->keep, &b, rec_in_name(in), e);
		if (meta || rc != 0)
			rec_block_free(&b);
		if (rc != 0)
			break;
	}
	rec_recmat_close(r);
	return rc;
}

/* The matrix takes over the input. */
static int read_text(struct rec_merged *m, struct rec_in **in, const struct rec_merge *how,
		     struct rec_pool *pool, struct rec_err *e)
{
	struct rec_load load = { .repeats = how->repeats,
				 .times = how->text_name && how->text_name[0] == '\0',
				 .trust = how->trust,
				 .no_sums = true };
	struct rec_in *taken = *in;
	struct rec_sparse *s;
	struct rec_block b;
	char *name;

	if (!how->text_name)
		return rec_err_set(e, REC_EDATA, "%s: not recmat", rec_in_name(*in));
	s = rec_merge_sparse(m->keep, e);
	name = rec_alloc(strlen(rec_in_name(taken)) + 1, 1, e);
	if (!s || !name) {
		free(name);
		return -1;
	}
	strcpy(name, rec_in_name(taken));
	if (rec_merge_keep_mem(m->keep, name, e) != 0)
		return -1;
	*in = NULL;
	if (rec_sparse_load(s, taken, &load, pool, e) != 0)
		return -1;
	m->text = true;
	rec_lost_add(&m->lost, &s->lost);
	if (s->m.nnz == 0)
		return 0;
	b = rec_csr_block(&s->row, &s->col, &s->m, how->text_name);
	return add_part(m->keep, &b, name, e);
}

/* -- one name -- */

static int same_sweep(const struct rec_merge_part *const *part, size_t n, const char *key,
		     struct rec_err *e)
{
	const struct rec_merge_part *first = NULL;

	for (size_t k = 0; k < n; k++) {
		if (part[k]->b.rows == 0)
			continue;
		if (first && part[k]->sweep != first->sweep)
			return rec_err_set(e, REC_EDATA,
					   "%s: block '%s': %s is %" PRIu64
					   " in one part and %" PRIu64 " in another",
					   part[k]->file, part[k]->b.name, key, first->sweep,
					   part[k]->sweep);
		first = part[k];
	}
	return 0;
}

static int combine(struct rec_block *b, const struct rec_merge_part **part, size_t n,
		   const struct rec_merge *how, struct rec_merge_keep *keep, struct rec_pool *pool,
		   struct rec_err *e)
{
	bool ranked = part[0]->b.order == REC_RANKED, stream = false;

	for (size_t k = 0; k < n; k++) {
		if (part[k]->b.kind != part[0]->b.kind ||
		    (part[k]->b.order == REC_RANKED) != ranked)
			return rec_err_set(
				e, REC_EDATA,
				"%s: block '%s' is of another kind or order than one before it",
				part[k]->file, part[k]->b.name);
		stream |= part[k]->b.order == REC_STREAM;
	}
	if (how->sweep && same_sweep(part, n, how->sweep, e) != 0)
		return -1;
	*b = part[0]->b;
	b->own = NULL;
	if (n == 1 && !stream)
		return 0;
	if (b->kind == REC_SPARSE && !ranked && (stream || b->name[0] == '\0'))
		return rec_merge_cells(b, part, n, how->repeats, keep, pool, e);
	/* parts that divide the columns have the same rows */
	if (b->kind == REC_SPARSE && !ranked && !rec_merge_in_order(part, n))
		return rec_merge_cells(b, part, n, REC_REPEATS_FAIL, keep, pool, e);
	return rec_merge_rows(b, part, n, keep, pool, e);
}

/* Combine the parts of each name. */
static int combine_all(struct rec_merged *m, const struct rec_merge *how, struct rec_pool *pool,
		       struct rec_err *e)
{
	struct rec_merge_keep *k = m->keep;
	const struct rec_merge_part **part = rec_alloc(k->nparts, sizeof *part, e);
	unsigned char *done = rec_zalloc(k->nparts, 1, e);
	int rc = part && done ? 0 : -1;

	m->block = rec_zalloc(k->nparts, sizeof *m->block, e);
	if (!m->block)
		rc = -1;
	for (size_t i = 0; rc == 0 && i < k->nparts; i++) {
		size_t n = 0;

		for (size_t j = i; !done[i] && j < k->nparts; j++)
			if (strcmp(k->part[i].b.name, k->part[j].b.name) == 0) {
				part[n++] = &k->part[j];
				done[j] = j > i;
			}
		if (n > 0)
			rc = combine(&m->block[m->n++], part, n, how, k, pool, e);
	}
	free(part);
	free(done);
	return rc;
}

static int read_all(struct rec_merged *m, const struct rec_merge *how, struct rec_pool *pool,
		    struct rec_err *e)
{
	for (size_t i = 0; i < m->keep->nin; i++) {
		int is = rec_recmat_is(m->keep->in[i], e);

		if (is < 0 || (is ? read_blocks(m, m->keep->in[i], how, pool, e) :
				    read_text(m, &m->keep->in[i], how, pool, e)) != 0)
			return -1;
	}
	return 0;
}

int rec_blocks_merge(struct rec_merged *m, struct rec_in *const *in, size_t n,
		     const struct rec_merge *how, struct rec_pool *pool, struct rec_err *e)
{
	struct rec_merge_keep *k = rec_zalloc(1, sizeof *k, e);

	*m = (struct rec_merged){ .keep = k };
	if (k)
		k->in = rec_alloc(n, sizeof *k->in, e);
	if (!k || !k->in) {
		for (size_t i = 0; i < n; i++)
			rec_in_close(in[i]);
		rec_merged_free(m);
		return -1;
	}
	memcpy(k->in, in, n * sizeof *k->in);
	k->nin = n;
	if (read_all(m, how, pool, e) == 0 && combine_all(m, how, pool, e) == 0)
		return 0;
	rec_merged_free(m);
	return -1;
}

int rec_merged_write(struct rec_out *out, const struct rec_merged *m, struct rec_pool *pool,
		     struct rec_err *e)
{
	if (m->meta.n && rec_meta_write(out, &m->meta, pool, e) != 0)
		return -1;
	for (size_t i = 0; i < m->n; i++)
		if (rec_recmat_write(out, &m->block[i], pool, e) != 0)
			return -1;
	return rec_recmat_end(out, m->n + (m->meta.n > 0), e);
}
