/* SPDX-License-Identifier: MIT */
/* maps.c - where labels of one input stand in another. */
#include "eval/maps.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "eval/evaluation.h"

int rec_eval_maps_make(struct rec_eval_maps *m, const struct rec_eval_input *in, struct rec_err *e)
{
	const struct rec_labels *row = &in->truth->row, *col = &in->truth->col;

	if (rec_labels_map(&m->list_row, row, &in->lists->row, e) != 0 ||
	    rec_labels_map(&m->list_truth, &in->lists->col, col, e) != 0)
		return -1;
	if (in->train)
		if (rec_labels_map(&m->train_row, row, &in->train->row, e) != 0 ||
		    rec_labels_map(&m->list_train, &in->lists->col, &in->train->col, e) != 0 ||
		    rec_labels_map(&m->truth_train, col, &in->train->col, e) != 0 ||
		    rec_labels_map(&m->train_truth, &in->train->col, col, e) != 0)
			return -1;
	if (in->candidates)
		if (rec_labels_map(&m->candidates_row, row, &in->candidates->row, e) != 0 ||
		    rec_labels_map(&m->candidate_truth, &in->candidates->col, col, e) != 0)
			return -1;
	if (in->candidates && in->train)
		return rec_labels_map(&m->candidate_train, &in->candidates->col, &in->train->col,
				      e);
	return 0;
}

void rec_eval_maps_free(struct rec_eval_maps *m)
{
	free(m->list_row);
	free(m->train_row);
	free(m->candidates_row);
	free(m->list_truth);
	free(m->list_train);
	free(m->truth_train);
	free(m->candidate_truth);
	free(m->candidate_train);
	free(m->train_truth);
}

int rec_eval_same_pairs(bool *same, const struct rec_lists *l, const struct rec_sparse *truth,
			struct rec_err *e)
{
	unsigned char *there;

	*same = l->nnz == truth->m.nnz && l->row.n == truth->row.n && l->col.n == truth->col.n;
	for (uint32_t i = 0; *same && i <= l->row.n; i++)
		*same = l->row.off[i] == truth->row.off[i] && l->ptr[i] == truth->m.ptr[i];
	for (uint32_t i = 0; *same && i <= l->col.n; i++)
		*same = l->col.off[i] == truth->col.off[i];
	*same = *same && l->nnz > 0 &&
		memcmp(l->row.bytes, truth->row.bytes, l->row.off[l->row.n]) == 0 &&
		memcmp(l->col.bytes, truth->col.bytes, l->col.off[l->col.n]) == 0;
	if (!*same)
		return 0;
	there = rec_zalloc(l->col.n, 1, e);
	if (!there)
		return -1;
	for (uint32_t u = 0; *same && u < l->row.n; u++) {
		for (uint64_t i = l->ptr[u]; i < l->ptr[u + 1]; i++)
			there[l->col_idx[i]] = 1;
		for (uint64_t i = l->ptr[u]; i < l->ptr[u + 1]; i++) {
			*same = *same && there[truth->m.col[i]];
			there[truth->m.col[i]] = 0;
		}
		for (uint64_t i = l->ptr[u]; i < l->ptr[u + 1]; i++)
			there[l->col_idx[i]] = 0;
	}
	free(there);
	return 0;
}
