/* SPDX-License-Identifier: MIT */
/* sim/sums.c - the sums of all shards, put together line by line. */
#include "sim/sums.h"

#include <math.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/label.h"
#include "base/mem.h"
#include "matrix/block.h"
#include "recmat/recmat.h"

void rec_sums_free(struct rec_sums *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->piece[i].item);
	for (size_t i = 0; i < s->nblocks; i++)
		rec_block_free(&s->block[i]);
	rec_meta_free(&s->meta);
	rec_labels_free(&s->item);
	rec_sparse_free(&s->text);
	free(s->pairs);
	free(s->mine);
	free((void *)s->over);
	free(s->first);
	free(s->place);
	free(s->piece);
	free(s->users);
	free(s->block);
	if (s->in)
		rec_in_close(s->in);
	*s = (struct rec_sums){ 0 };
}

static void add_cell(struct rec_accumulator *a, uint32_t item, double users, double sum)
{
	a->met[a->n] = item;
	a->n += a->count[item] == 0;
	a->count[item] = users < UINT32_MAX - a->count[item] ? a->count[item] + (uint32_t)users :
							       UINT32_MAX;
	if (a->xy)
		a->xy[item] += sum;
}

static void check_over(const struct rec_sums *s, const struct rec_accumulator *a, uint32_t line)
{
	uint32_t most = 0, lowest;

	for (uint32_t k = 0; k < a->n; k++)
		most = a->count[a->met[k]] > most ? a->count[a->met[k]] : most;
	lowest = most > a->count[line] ? atomic_load_explicit(s->over, memory_order_relaxed) : 0;
	while (line < lowest && !atomic_compare_exchange_weak(s->over, &lowest, line))
		;
}

int rec_sums_check_over(const struct rec_sums *s, struct rec_err *e)
{
	uint32_t item = atomic_load(s->over);
	size_t len;
	const char *label;

	if (item == REC_NONE)
		return 0;
	label = rec_label(&s->item, item, &len);
	return rec_err_set(e, REC_EDATA,
			   "%s%sthe sums say that item '%.*s' shares more users with another item "
			   "than it has; make them again",
			   s->in ? rec_in_name(s->in) : "", s->in ? ": " : "",
			   REC_LABEL(label, len));
}

void rec_sums_line(struct rec_accumulator *a, const void *sums, uint32_t line)
{
	const struct rec_sums *s = sums;

	for (uint64_t k = s->first[line]; k < s->first[line + 1]; k++) {
		const struct rec_sums_piece *p = &s->piece[s->place[k].piece];

		for (uint64_t c = p->ptr[s->place[k].row]; c < p->ptr[s->place[k].row + 1]; c++) {
			uint32_t item = p->item[p->idx[c]];
			double users = rec_sums_users(s, p, c, item == line);

			if (users > 0)
				add_cell(a, item, users,
					 s->weighted && item != line ? p->time[c] * s->unit :
								       users);
		}
	}
	check_over(s, a, line);
	for (uint32_t k = 0; s->weighted && k < a->n; k++)
		if (a->xy && a->met[k] != line && a->xy[a->met[k]] > s->limit)
			/*
			 * the sum is not exact: NaN makes the weight not
			 * finite, and such a weight is refused
			 */
			a->xy[a->met[k]] = NAN;
}

uint64_t rec_sums_cells(const struct rec_sums *s, uint32_t item)
{
	uint64_t n = 0;

	for (uint64_t k = s->first[item]; k < s->first[item + 1]; k++) {
		const struct rec_sums_place *at = &s->place[k];

		n += s->piece[at->piece].ptr[at->row + 1] - s->piece[at->piece].ptr[at->row];
	}
	return n;
}

int rec_sums_group(unsigned char **mine, const struct rec_labels *item, uint32_t group,
		   uint32_t groups, struct rec_err *e)
{
	unsigned char *m = rec_alloc((size_t)item->n + 1, 1, e);

	*mine = m;
	for (uint32_t i = 0; m && i < item->n; i++) {
		size_t len;
		const char *s = rec_label(item, i, &len);

		m[i] = rec_shard(s, len, groups) == group;
	}
	return m ? 0 : -1;
}
