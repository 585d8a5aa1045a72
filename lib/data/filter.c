/* SPDX-License-Identifier: MIT */
/*
 * filter.c - two passes over cells: values first (min-value, binarize, repeats,
 * decay), then counts of pairs (min-user, min-item, core, max-user), which only
 * mark cells as gone; the matrix is built once at the end of each pass.
 */
#include "data/filter.h"

#include <math.h>
#include <stdlib.h>

#include "base/label.h"
#include "base/math.h"
#include "base/mem.h"
#include "matrix/thin.h"
#include "recpipe/matrix.h"

bool rec_filter_any(const struct rec_filter *f)
{
	return f->use_min_value || f->binarize || f->repeats != REC_REPEATS_KEEP ||
	       f->half_life > 0 || f->min_user > 1 || f->min_item > 1 || f->core > 1 ||
	       f->max_user > 0;
}

static double time_of(const struct rec_csr *m, uint64_t i)
{
	return m->time ? m->time[i] : (double)__builtin_nan("");
}

static uint64_t values(struct rec_cell *cell, const struct rec_csr *m, const struct rec_filter *f)
{
	uint64_t n = 0;

	for (uint32_t u = 0; u < m->nrows; u++)
		for (uint64_t i = m->ptr[u]; i < m->ptr[u + 1]; i++)
			if (!f->use_min_value || m->val[i] >= f->min_value)
				cell[n++] = (struct rec_cell){ u, m->col[i],
							       f->binarize ? 1 : m->val[i],
							       time_of(m, i) };
	return n;
}

/* Cells whose gone flag is not set; the flag array may be NULL. */
static uint64_t staying(struct rec_cell *cell, const struct rec_csr *m, const unsigned char *gone)
{
	uint64_t n = 0;

	for (uint32_t u = 0; u < m->nrows; u++)
		for (uint64_t i = m->ptr[u]; i < m->ptr[u + 1]; i++)
			if (!gone || !gone[i])
				cell[n++] = (struct rec_cell){ u, m->col[i], m->val[i],
							       time_of(m, i) };
	return n;
}

static int decay(struct rec_filter_counts *c, struct rec_cell *cell, uint64_t n,
		 const struct rec_sparse *m, const struct rec_filter *f, struct rec_err *e)
{
	for (uint64_t i = 0; i < n; i++) {
		bool timed = cell[i].time == cell[i].time;
		size_t nu, ni;
		float before = cell[i].value;
		const char *user, *item;

		if (timed)
			cell[i].value =
				(float)((double)cell[i].value *
					rec_pow(2, -(f->now - cell[i].time) / f->half_life));
		c->became_0 += before != 0 && cell[i].value == 0;
		c->after_now += cell[i].time > f->now;
		if (timed && isfinite(cell[i].value))
			continue;
		user = rec_label(&m->row, cell[i].row, &nu);
		item = rec_label(&m->col, cell[i].col, &ni);
		return rec_err_set(e, REC_EDATA,
				   timed ? "'%.*s' '%.*s': its value is beyond float32 at --now, "
					   "long before its time" :
					   "'%.*s' '%.*s': --half-life needs a time on every row",
				   REC_LABEL(user, nu), REC_LABEL(item, ni));
	}
	return 0;
}

static int value_pass(struct rec_sparse *out, struct rec_filter_counts *c,
		      const struct rec_sparse *m, const struct rec_filter *f, struct rec_pool *pool,
		      struct rec_err *e)
{
	struct rec_sparse combined = { 0 };
	struct rec_cell *cell = rec_alloc(m->m.nnz, sizeof *cell, e);
	struct rec_cell_array a = { &m->row, &m->col, cell, 0 };
	bool times = m->m.time != NULL;
	int rc;

	if (!cell)
		return -1;
	a.n = values(cell, &m->m, f);
	c->low_value = m->m.nnz - a.n;
	rc = rec_sparse_build(f->half_life > 0 ? &combined : out, &a, f->repeats, times, pool, e);
	if (rc == 0 && f->half_life > 0) {
		a = (struct rec_cell_array){ &combined.row, &combined.col, cell,
					     staying(cell, &combined.m, NULL) };
		rc = decay(c, cell, a.n, &combined, f, e);
		if (rc == 0)
			rc = rec_sparse_build(out, &a, REC_REPEATS_KEEP, times, pool, e);
	}
	rec_sparse_free(&combined);
	free(cell);
	return rc;
}

struct marks {
	const struct rec_sparse *m;
	unsigned char *gone;
	uint32_t *users, *items;	/* pairs that stay */
};

/*
 * First cell of a pair whose cells are not all gone. Repeats of a pair go
 * together.
 */
static bool is_pair(const struct marks *k, uint32_t u, uint64_t i)
{
	return !k->gone[i] && (i == k->m->m.ptr[u] || k->m->m.col[i] != k->m->m.col[i - 1]);
}

static void count(struct marks *k)
{
	const struct rec_csr *m = &k->m->m;

	for (uint32_t j = 0; j < m->ncols; j++)
		k->items[j] = 0;
	for (uint32_t u = 0; u < m->nrows; u++) {
		k->users[u] = 0;
		for (uint64_t i = m->ptr[u]; i < m->ptr[u + 1]; i++)
			if (is_pair(k, u, i)) {
				k->users[u]++;
				k->items[m->col[i]]++;
			}
	}
}

/*
 * Mark what belongs to users with fewer than min_user pairs or items with fewer
 * than min_item; returns how many users and items that were.
 */
static uint64_t remove_few(struct marks *k, uint32_t min_user, uint32_t min_item, uint64_t *users,
			   uint64_t *items)
{
	const struct rec_csr *m = &k->m->m;
	uint64_t before = *users + *items;

	count(k);
	for (uint32_t u = 0; u < m->nrows; u++)
		*users += k->users[u] > 0 && k->users[u] < min_user;
	for (uint32_t j = 0; j < m->ncols; j++)
		*items += k->items[j] > 0 && k->items[j] < min_item;
	for (uint32_t u = 0; u < m->nrows; u++)
		for (uint64_t i = m->ptr[u]; i < m->ptr[u + 1]; i++)
			if (k->users[u] < min_user || k->items[m->col[i]] < min_item)
				k->gone[i] = 1;
	return *users + *items - before;
}

/* Of user u keep the max pairs that rec_thin chooses. */
static void thin_user(struct marks *k, uint32_t u, uint32_t max, uint64_t seed,
		      struct rec_draw *draw)
{
	const struct rec_csr *m = &k->m->m;
	uint64_t from = m->ptr[u], to = m->ptr[u + 1];
	uint32_t n = 0;

	for (uint64_t i = from; i < to; i++)
		if (is_pair(k, u, i))
			draw[n++].cell = i - from;
	rec_thin(draw, n, max, k->m, u, seed);
	for (uint32_t d = max; d < n; d++)
		for (uint64_t first = from + draw[d].cell, i = first;
		     i < to && m->col[i] == m->col[first]; i++)
			k->gone[i] = 1;
}

static int thin(struct marks *k, uint32_t max, uint64_t seed, uint64_t *thinned, struct rec_err *e)
{
	uint32_t longest = 0;
	struct rec_draw *draw;

	count(k);
	for (uint32_t u = 0; u < k->m->m.nrows; u++)
		if (k->users[u] > longest)
			longest = k->users[u];
	draw = rec_alloc(longest, sizeof *draw, e);
	if (!draw)
		return -1;
	for (uint32_t u = 0; u < k->m->m.nrows; u++)
		if (k->users[u] > max) {
			thin_user(k, u, max, seed, draw);
			(*thinned)++;
		}
	free(draw);
	return 0;
}

static int mark(struct marks *k, struct rec_filter_counts *c, const struct rec_filter *f,
		struct rec_err *e)
{
	if (f->min_user > 1)
		remove_few(k, f->min_user, 0, &c->users_few, &c->items_few);
	if (f->min_item > 1)
		remove_few(k, 0, f->min_item, &c->users_few, &c->items_few);
	if (f->core > 1)
		while (remove_few(k, f->core, f->core, &c->users_few, &c->items_few) > 0)
			c->core_rounds++;
	return f->max_user > 0 ? thin(k, f->max_user, f->seed, &c->users_thinned, e) : 0;
}

static int count_pass(struct rec_sparse *out, struct rec_filter_counts *c,
		      const struct rec_sparse *m, const struct rec_filter *f, struct rec_pool *pool,
		      struct rec_err *e)
{
	struct marks k = { m, rec_zalloc(m->m.nnz, 1, e),
			   rec_alloc(m->m.nrows, sizeof(uint32_t), e),
			   rec_alloc(m->m.ncols, sizeof(uint32_t), e) };
	struct rec_cell *cell = rec_alloc(m->m.nnz, sizeof *cell, e);
	struct rec_cell_array a = { &m->row, &m->col, cell, 0 };
	int rc = -1;

	if (k.gone && k.users && k.items && cell && mark(&k, c, f, e) == 0) {
		a.n = staying(cell, &m->m, k.gone);
		rc = rec_sparse_build(out, &a, REC_REPEATS_KEEP, m->m.time != NULL, pool, e);
	}
	free(k.gone);
	free(k.users);
	free(k.items);
	free(cell);
	return rc;
}

int rec_filter(struct rec_sparse *out, struct rec_filter_counts *c, const struct rec_sparse *m,
	       const struct rec_filter *f, struct rec_pool *pool, struct rec_err *e)
{
	struct rec_sparse valued = { 0 };
	int rc;

	*c = (struct rec_filter_counts){ .rows_in = m->m.nnz };
	rc = value_pass(&valued, c, m, f, pool, e);
	if (rc == 0)
		rc = count_pass(out, c, &valued, f, pool, e);
	rec_sparse_free(&valued);
	c->rows_out = rc == 0 ? out->m.nnz : 0;
	return rc;
}
