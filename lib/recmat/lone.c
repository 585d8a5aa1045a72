/* SPDX-License-Identifier: MIT */
#include "recmat/lone.h"

#include <stdlib.h>

#include "base/label.h"
#include "base/mem.h"

int rec_lone_rows(const struct rec_block *b, uint32_t **row, uint64_t *n, struct rec_err *e)
{
	unsigned char *named = rec_zalloc(b->rows, 1, e);

	*row = NULL;
	*n = 0;
	if (!named)
		return -1;
	for (uint64_t i = 0; i < b->nnz; i++)
		named[b->row[i]] = 1;
	for (uint64_t i = 0; i < b->rows; i++)
		*n += !named[i];
	*row = rec_alloc(*n, sizeof **row, e);
	*n = 0;
	for (uint64_t i = 0; *row && i < b->rows; i++)
		if (!named[i])
			(*row)[(*n)++] = (uint32_t)i;
	free(named);
	return *row ? 0 : -1;
}

int rec_lone_fail(const struct rec_block *b, uint64_t row, struct rec_err *e)
{
	uint64_t n = b->row_off[row + 1] - b->row_off[row];

	return rec_err_set(e, REC_EDATA, "row '%.*s' has no cell",
			   REC_LABEL(b->row_bytes + b->row_off[row], n));
}

int rec_lone_check(const struct rec_block *b, const struct rec_in *in, struct rec_err *e)
{
	uint32_t *row;
	uint64_t n;
	int rc;

	if (b->kind != REC_SPARSE || b->order != REC_STREAM)
		return 0;
	rc = rec_lone_rows(b, &row, &n, e);
	if (rc == 0 && n > 0) {
		rec_lone_fail(b, row[0], e);
		rc = rec_err_prefix(e, "%s: ", rec_in_name(in));
	}
	free(row);
	return rc;
}
