/* SPDX-License-Identifier: MIT */
/* similar.c - how a similarity was cut, from its metadata and its cells. */
#include "model/similar.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/sim.h"

static bool is(const struct rec_model *m, const char *key, const char *value)
{
	const char *got = rec_meta_get(&m->meta, key);

	return got && strcmp(got, value) == 0;
}

bool rec_similar_told(const struct rec_model *m)
{
	return rec_meta_get(&m->meta, "keep") && rec_meta_get(&m->meta, "neighbours");
}

/* How many cells a line has that may have been cut; UINT64_MAX where none may. */
static int find_bound(uint64_t *bound, const struct rec_model *m, struct rec_err *e)
{
	uint64_t kept = 0, all = UINT64_MAX;

	if (rec_meta_get_u64(&m->meta, "neighbours", &kept, e) < 0 || rec_meta_get_u64(&m->meta, is(m, "side", "user") ? "users" : "items", &all, e) < 0)
		return -1;
	*bound = m->dense || kept == 0 || (all > 0 && kept >= all - 1) ? UINT64_MAX : kept;
	return 0;
}

/* Lines with bound cells and more in *cut, NULL where there are none. */
static int mark_lines(unsigned char **cut, const struct rec_csr *s, bool rows, uint64_t bound, struct rec_err *e)
{
	uint32_t lines = rows ? s->nrows : s->ncols;
	uint64_t *n = rec_zalloc((size_t)lines + 1, sizeof *n, e);
	bool any = false;

	*cut = n ? rec_zalloc((size_t)lines + 1, 1, e) : NULL;
	for (uint32_t i = 0; *cut && i < s->nrows; i++)
		for (uint64_t c = s->ptr[i]; c < s->ptr[i + 1]; c++)
			n[rows ? i : s->col[c]]++;
	for (uint32_t i = 0; *cut && i < lines; i++)
		any |= (*cut)[i] = n[i] >= bound;
	free(n);
	if (!*cut)
		return -1;
	if (any)
		return 0;
	free(*cut);
	*cut = NULL;
	return 0;
}

int rec_similar_find(struct rec_similar *x, const struct rec_model *m, struct rec_err *e)
{
	bool rows = is(m, "keep", "history");
	const char *method = rec_meta_get(&m->meta, "algorithm");
	uint64_t bound;

	*x = (struct rec_similar){ 0 };
	if (!rec_similar_told(m))
		return 0;
	if (find_bound(&bound, m, e) != 0)
		return -1;
	if (bound == UINT64_MAX)
		return 0;
	if (mark_lines(&x->cut, &m->sim, rows, bound, e) != 0)
		return -1;
	if (rows || !x->cut)
		return 0;
	x->columns = is(m, "normalize", "none") && rec_sim_is_symmetric(&m->meta);
	if (x->columns)
		return 0;
	free(x->cut);
	x->cut = NULL;
	return rec_err_set(e, REC_EUSAGE, "the table was cut by rec-sim -n %llu for each candidate, so what is most like an item may be missing; "
			   "make it with rec-sim %s --keep history", (unsigned long long)bound, method ? method : "METHOD");
}
