/* SPDX-License-Identifier: MIT */
/*
 * sim/sums_load.c - reads blocks or text of sums into pieces, numbers their
 * items, and runs the checks of sim/sums_check.h.
 */
#include "sim/sums_load.h"

#include <stdlib.h>
#include <string.h>

#include "base/label.h"
#include "base/mem.h"
#include "recmat/recmat.h"
#include "recpipe/matrix.h"
#include "sim/linear.h"
#include "sim/sums_check.h"
#include "sim/users.h"

/* -- reading -- */

static int add_piece(struct rec_sums *s, const struct rec_sums_piece *p, struct rec_err *e)
{
	if (p->row.n == 0)
		return 0;
	if (rec_grow(&s->piece, &s->cap, s->n + 1, sizeof *s->piece, e) != 0)
		return -1;
	s->piece[s->n++] = *p;
	return 0;
}

static int keep_block(struct rec_sums *s, struct rec_block *b, struct rec_err *e)
{
	if (rec_grow(&s->block, &s->block_cap, s->nblocks + 1, sizeof *s->block, e) != 0)
		return -1;
	s->bytes += b->own ? rec_recmat_size(b) : 0;
	s->block[s->nblocks++] = *b;
	*b = (struct rec_block){ 0 };
	return 0;
}

static int take_keys(struct rec_sums *s, struct rec_block *b, struct rec_err *e)
{
	struct rec_users u = { b->key, b->rows };

	if (strcmp(b->name, "users") != 0)
		return 0;
	if (rec_grow(&s->users, &s->users_cap, s->nusers + 1, sizeof *s->users, e) != 0 ||
	    keep_block(s, b, e) != 0)
		return -1;
	s->users[s->nusers++] = u;
	return 0;
}

static int take_block(struct rec_sums *s, struct rec_block *b, struct rec_err *e)
{
	struct rec_sums_piece p = {
		.row = { .n = (uint32_t)b->rows, .off = b->row_off, .bytes = b->row_bytes },
		.col = { .n = (uint32_t)b->cols, .off = b->col_off, .bytes = b->col_bytes },
		.ptr = b->ptr,
		.idx = b->col,
		.val = b->val,
		.time = b->time
	};

	if (b->kind != REC_SPARSE || b->order != REC_CANONICAL || strcmp(b->name, "sums") != 0)
		return rec_err_set(e, REC_EDATA,
				   "block '%s' does not hold sums of rec-sim --partial", b->name);
	return keep_block(s, b, e) == 0 ? add_piece(s, &p, e) : -1;
}

static int read_recmat(struct rec_sums *s, const struct rec_sums_load *how, struct rec_pool *pool,
		       struct rec_err *e)
{
	struct rec_sums_shards seen = { 0 };
	struct rec_recmat *r;
	struct rec_block b = { 0 };
	int rc = rec_recmat_open(&r, s->in, how->trust, pool, e);

	if (rc == 0)
		rec_recmat_want_keys(r);
	while (rc == 0 && (rc = rec_recmat_next(r, &b, e)) == 1) {
		rc = b.kind == REC_META ? rec_sums_add_meta(s, &seen, &b, e) :
		     b.kind == REC_KEYS ? take_keys(s, &b, e) :
					  take_block(s, &b, e);
		rec_block_free(&b);
	}
	rec_recmat_close(r);
	free(seen.digest);
	return rc == 0 ? rec_sums_check_meta(s, how->o, how->some, e) : -1;
}

static int read_text(struct rec_sums *s, const struct rec_sums_load *load, struct rec_pool *pool,
		     struct rec_err *e)
{
	const struct rec_sim_opts *o = load->o;
	const struct rec_load how = { .repeats = REC_REPEATS_KEEP,
				      .times = true,
				      .trust = load->trust };
	struct rec_in *in = s->in;
	struct rec_sums_piece p;

	s->in = NULL;
	s->groups = 1;
	if (load->some) {
		rec_in_close(in);
		return rec_err_set(e, REC_EUSAGE,
				   "sums in text can be joined by cat; --partial --merge adds up "
				   "those of rec-sim --partial -b");
	}
	if (!o->whole) {
		rec_in_close(in);
		return rec_err_set(e, REC_EUSAGE,
				   "sums in text do not say of how many users they are: give "
				   "--whole, or sums of rec-sim --partial -b");
	}
	s->all = *o->whole;
	s->untold = s->all.shards > 1 ? s->all.users : 0;
	s->weighted = rec_linear_user_power(o) != 0;
	if (rec_sparse_load(&s->text, in, &how, pool, e) != 0)
		return -1;
	s->bytes = s->text.m.nnz * 16;
	p = (struct rec_sums_piece){ .row = s->text.row,
				     .col = s->text.col,
				     .ptr = s->text.m.ptr,
				     .idx = s->text.m.col,
				     .val = s->text.m.val,
				     .time = s->text.m.time };
	return add_piece(s, &p, e);
}

/* -- items -- */

static int unite(struct rec_sums *s, uint32_t **row, struct rec_err *e)
{
	const struct rec_labels **set = rec_alloc(s->n, sizeof *set, e);
	int rc = -1;

	for (size_t i = 0; set && i < s->n; i++)
		set[i] = &s->piece[i].row;
	if (set)
		rc = rec_labels_union(&s->item, row, set, s->n, e);
	free(set);
	return rc;
}

/* List the places of every item, in the order of the pieces. */
static int place_rows(struct rec_sums *s, uint32_t *const *row, struct rec_err *e)
{
	uint64_t all = 0;

	s->first = rec_zalloc((size_t)s->item.n + 2, sizeof *s->first, e);
	for (size_t i = 0; i < s->n; i++)
		all += s->piece[i].row.n;
	s->place = rec_alloc(all, sizeof *s->place, e);
	if (!s->first || !s->place)
		return -1;
	for (size_t i = 0; i < s->n; i++)
		for (uint32_t r = 0; r < s->piece[i].row.n; r++)
			s->first[row[i][r] + 2]++;
	for (uint32_t j = 0; j < s->item.n; j++)
		s->first[j + 2] += s->first[j + 1];
	for (size_t i = 0; i < s->n; i++)
		for (uint32_t r = 0; r < s->piece[i].row.n; r++)
			s->place[s->first[row[i][r] + 1]++] = (struct rec_sums_place){ (uint32_t)i,
										       r };
	return 0;
}

static int map_columns(struct rec_sums *s, struct rec_err *e)
{
	for (size_t i = 0; i < s->n; i++) {
		struct rec_sums_piece *p = &s->piece[i];

		if (rec_labels_map(&p->item, &p->col, &s->item, e) != 0)
			return -1;
		for (uint32_t c = 0; c < p->col.n; c++)
			if (p->item[c] == REC_NONE) {
				size_t len;
				const char *label = rec_label(&p->col, c, &len);

				return rec_err_set(e, REC_EDATA,
						   "the sums have no row of item '%.*s'",
						   REC_LABEL(label, len));
			}
	}
	return 0;
}

static int arrange(struct rec_sums *s, struct rec_err *e)
{
	uint32_t **row = rec_zalloc(s->n, sizeof *row, e);
	int rc = -1;

	if (row && unite(s, row, e) == 0 && place_rows(s, row, e) == 0)
		rc = map_columns(s, e);
	if (rc == 0 && s->groups > 1)
		rc = rec_sums_group(&s->mine, &s->item, (uint32_t)s->group, (uint32_t)s->groups, e);
	for (size_t i = 0; row && i < s->n; i++)
		free(row[i]);
	free(row);
	return rc;
}

int rec_sums_load(struct rec_sums *s, struct rec_in *in, const struct rec_sums_load *how,
		  struct rec_pool *pool, struct rec_err *e)
{
	size_t n = strlen(rec_in_name(in)) + 1;
	char *file = rec_alloc(n, 1, e);	/* the name outlives the input, for messages */
	int rc, is;

	*s = (struct rec_sums){ .in = in };
	if (!file) {
		rec_sums_free(s);
		return -1;
	}
	memcpy(file, rec_in_name(in), n);
	is = rec_recmat_is(in, e);
	rc = is < 0 ? -1 : is ? read_recmat(s, how, pool, e) : read_text(s, how, pool, e);
	if (rc == 0 && (rc = arrange(s, e)) == 0)
		rc = rec_sums_check_cells(s, how->o, pool, e);
	if (rc != 0) {
		if (e->code == REC_EDATA && strncmp(e->msg, file, n - 1) != 0)
			rec_err_prefix(e, "%s: ", file);
		rec_sums_free(s);
	}
	free(file);
	return rc;
}
