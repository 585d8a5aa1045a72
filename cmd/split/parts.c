/* SPDX-License-Identifier: MIT */
/*
 * cmd/split/parts.c - cuts the matrix on stdin into N files: contiguous ranges
 * of users or items, balanced by cost. Memory: the matrix (mapped if it is a
 * canonical file), its transpose if cut by item, and one part.
 */
#include "cmd/split/parts.h"

#include <stdlib.h>

#include "base/blocks.h"
#include "base/mem.h"
#include "cmd/cli/load.h"
#include "cmd/cli/template.h"
#include "data/ranges.h"

struct parts {
	const struct split_parts *o;
	struct rec_out **out;
};

static int open_part(void *arg, uint32_t i, const char *name, struct rec_err *e)
{
	struct parts *p = arg;

	return cli_out(&p->out[i], name, p->o->binary, e);
}

/*
 * Write one part. The rows of m are the users or items that the parts divide.
 */
static int write_part(struct rec_out *out, const struct split_parts *o, const struct rec_sparse *m,
		      uint32_t first, uint32_t last, const struct rec_run *run, struct rec_err *e)
{
	struct rec_sparse part, by_user = { 0 };
	bool back = o->by_item && !o->transpose;
	int rc = rec_split_rows(&part, m, first, last, e);

	if (rc == 0 && back)
		rc = rec_split_transpose(&by_user, &part, run->pool, e);
	if (rc == 0)
		rc = rec_sparse_write(out, back ? &by_user : &part, o->binary, "", NULL, run->pool,
				      e);
	rec_sparse_free(&part);
	rec_sparse_free(&by_user);
	return rc;
}

static int write_parts(struct rec_out **out, const struct split_parts *o,
		       const struct rec_sparse *m, const struct rec_run *run, struct rec_err *e)
{
	uint64_t *cost;
	int rc = rec_blocks_cost(&cost, m->m.ptr, m->m.nrows, o->row_cost, e);

	for (uint32_t i = 0; rc == 0 && i < o->n; i++) {
		uint32_t first, last;

		rec_blocks_balance(m->m.nrows, cost, i + 1, o->n, &first, &last);
		rc = write_part(out[i], o, m, first, last, run, e);
	}
	free(cost);
	return rc;
}

/* Load the matrix with the users or items that the parts divide as its rows. */
static int load(struct rec_sparse *m, bool by_item, const struct rec_run *run, struct rec_err *e)
{
	struct rec_sparse x = { 0 };

	cli_phase("read");
	if (cli_load_rows_alone(by_item ? &x : m, run, e) != 0)
		return -1;
	cli_stat_u64("rows", by_item ? x.digest.cells : m->digest.cells);
	if ((by_item ? &x : m)->m.nnz == 0)
		cli_note("the input is empty: the parts are, too");
	cli_phase("split");
	if (by_item && rec_split_transpose(m, &x, run->pool, e) != 0) {
		rec_sparse_free(&x);
		return -1;
	}
	rec_sparse_free(&x);
	return 0;
}

int split_parts(const struct split_parts *o, const struct rec_run *run, struct rec_err *e)
{
	struct rec_out **out = rec_zalloc(o->n, sizeof(struct rec_out *), e);
	struct parts all = { o, out };
	struct rec_sparse m = { 0 };
	int rc = -1;

	if (out && cli_template_open(o->to, o->n, open_part, &all, e) == 0 &&
	    load(&m, o->by_item, run, e) == 0)
		rc = write_parts(out, o, &m, run, e);
	rec_sparse_free(&m);
	free(out);
	return rc == 0 ? cli_commit(e) : -1;
}
