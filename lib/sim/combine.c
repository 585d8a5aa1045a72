/* SPDX-License-Identifier: MIT */
/* sim/combine.c - a line of all shards is added up, and written as one. */
#include "sim/combine.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/sums_write.h"
#include "sim/users.h"

enum { OVERHEAD = 16 << 20 };	/* buffers, stacks, libraries */

static uint64_t cells_of(const void *sums, uint32_t item)
{
	return rec_sums_cells(sums, item);
}

static bool single(const struct rec_sums *s)
{
	const char *kind = rec_meta_get(&s->meta, "sums");

	return kind && strcmp(kind, "items") == 0;
}

int rec_combine_write(struct rec_out *out, const struct rec_sums *s, bool binary, uint64_t *cells,
		      const struct rec_run *run, struct rec_err *e)
{
	struct rec_csr items = { .ncols = s->item.n };	/* all that an accumulator asks for */
	struct rec_sums_source src = { .item = &s->item,
				       .overlap = { .base = s->weighted ? REC_BASE_SUM :
									  REC_BASE_COUNT,
						    .x = &items,
						    .line = rec_sums_line,
						    .source = s },
				       .scale = -ilogb(s->unit),
				       .pairs = !single(s),
				       .users = s->pairs };
	struct rec_sums_output how = { .binary = binary, .meta = &s->meta, .mine = s->mine };
	uint64_t *key = NULL;
	int rc;

	if (!binary && s->groups > 1)
		return rec_err_set(e, REC_EUSAGE, "sums of a group do not go into text: use -b");
	rc = rec_users_join(&key, &how.nkeys, s->users, s->nusers, e);
	how.key = key;
	if (rc == 0)
		rc = rec_sums_most(&src, cells_of, s, e);
	if (rc == 0)
		rc = rec_sums_write(out, &how, &src, cells, run, e);
	if (rc == 0)
		rc = rec_sums_check_over(s, e);
	free(src.most);
	free(key);
	return rc;
}

void rec_combine_cost(struct rec_sim_cost *c, const struct rec_sums *s, unsigned threads)
{
	double places = (double)(s->item.n ? s->first[s->item.n] : 0);

	c->operations = 0;
	for (uint32_t i = 0; i < s->item.n; i++)
		c->operations += (double)rec_sums_cells(s, i);
	c->bytes = OVERHEAD + s->bytes + (uint64_t)(40 * (double)s->item.n + 16 * places) +
		   8 * s->all.users +
		   rec_sums_write_bytes(s->item.n, c->operations, s->weighted, threads);
}
