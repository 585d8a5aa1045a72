/* SPDX-License-Identifier: MIT */
/* score/similar.c - how a table was cut, from its metadata and its cells. */
#include "score/similar.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "sim/methods.h"

static bool is(const struct rec_model *m, const char *key, const char *value)
{
	const char *got = rec_meta_get(&m->meta, key);

	return got && strcmp(got, value) == 0;
}

bool rec_similar_told(const struct rec_model *m)
{
	return rec_meta_get(&m->meta, "keep") && rec_meta_get(&m->meta, "neighbours");
}

/* Cells of a line that may have been cut; UINT64_MAX where none may. */
static int find_bound(uint64_t *bound, const struct rec_model *m, struct rec_err *e)
{
	const char *lines = is(m, "side", "user") ? "users" : "items";
	uint64_t kept = 0, all = UINT64_MAX;

	if (rec_meta_get_u64(&m->meta, "neighbours", &kept, e) < 0)
		return -1;
	if (rec_meta_get_u64(&m->meta, lines, &all, e) < 0)
		return -1;
	*bound = kept == 0 || (all > 0 && kept >= all - 1) ? UINT64_MAX : kept;
	return 0;
}

/* Cells of each row, or of each column. */
static uint64_t *count_cells(const struct rec_csr *s, bool rows, struct rec_err *e)
{
	uint64_t *n = rec_zalloc((size_t)(rows ? s->nrows : s->ncols) + 1, sizeof *n, e);

	for (uint32_t i = 0; n && i < s->nrows; i++)
		for (uint64_t c = s->ptr[i]; c < s->ptr[i + 1]; c++)
			n[rows ? i : s->col[c]]++;
	return n;
}

/* Lines with bound cells and more in *cut, NULL where there are none. */
static int mark_cut(unsigned char **cut, const uint64_t *n, uint32_t lines, uint64_t bound,
		    struct rec_err *e)
{
	bool any = false;

	*cut = rec_zalloc((size_t)lines + 1, 1, e);
	if (!*cut)
		return -1;
	for (uint32_t i = 0; i < lines; i++)
		any |= (*cut)[i] = n[i] >= bound;
	if (any)
		return 0;
	free(*cut);
	*cut = NULL;
	return 0;
}

/* There is a weight of (j, i) wherever there is one of (i, j). */
static bool two_sided(const struct rec_model *m)
{
	return is(m, "min-sim", "0") || rec_sim_is_symmetric(&m->meta);
}

/* Row i has more cells than its column, although that was not cut. */
static bool longer(const struct rec_csr *s, uint32_t i, uint32_t column, const uint64_t *n,
		   const unsigned char *cut)
{
	return cut && !cut[column] && s->ptr[i + 1] - s->ptr[i] > n[column];
}

/*
 * A part of a table (rec-sim --part, --columns) may look like a whole one. But
 * in a whole one every item that has a row has a column; where no column was
 * cut, the other way round; and an item that some columns hold has as many
 * cells in its own column, unless that was cut. n: cells of each column.
 */
static int check_whole(const struct rec_model *m, const uint64_t *n, const unsigned char *cut,
		       uint64_t bound, struct rec_err *e)
{
	bool part = bound != UINT64_MAX && !cut && m->row.n != m->col.n;
	uint32_t *column;

	if (!two_sided(m))
		return 0;
	if (rec_labels_map(&column, &m->row, &m->col, e) != 0)
		return -1;
	for (uint32_t i = 0; i < m->row.n && !part; i++)
		part = column[i] == REC_NONE || longer(&m->sim, i, column[i], n, cut);
	free(column);
	if (!part)
		return 0;
	return rec_err_set(e, REC_EDATA,
			   "a part of a table (rec-sim --part or --columns): "
			   "join all parts first, with cat or rec-cat --merge -b");
}

/* Columns are what was cut. */
static int find_columns(struct rec_similar *x, const struct rec_model *m, const uint64_t *n,
			uint64_t bound, struct rec_err *e)
{
	const char *method = rec_meta_get(&m->meta, "algorithm");

	if (check_whole(m, n, x->cut, bound, e) != 0)
		return -1;
	if (!x->cut)
		return 0;
	x->columns = is(m, "normalize", "none") && rec_sim_is_symmetric(&m->meta);
	if (x->columns)
		return 0;
	return rec_err_set(
		e, REC_EUSAGE,
		"the table was cut by rec-sim -n %llu for each candidate, so what is most "
		"like an item may be missing; make it with rec-sim %s --keep history",
		(unsigned long long)bound, method ? method : "METHOD");
}

int rec_similar_find(struct rec_similar *x, const struct rec_model *m, struct rec_err *e)
{
	bool rows = is(m, "keep", "history");
	uint64_t bound, *n = NULL;
	int rc = -1;

	*x = (struct rec_similar){ 0 };
	if (!rec_similar_told(m) || m->dense)
		return 0;
	if (find_bound(&bound, m, e) == 0)
		n = count_cells(&m->sim, rows, e);
	if (n)
		rc = mark_cut(&x->cut, n, rows ? m->sim.nrows : m->sim.ncols, bound, e);
	if (rc == 0 && !rows)
		rc = find_columns(x, m, n, bound, e);
	free(n);
	if (rc == 0)
		return 0;
	free(x->cut);
	*x = (struct rec_similar){ 0 };
	return -1;
}
