/* SPDX-License-Identifier: MIT */
/*
 * table.h - rows of floats of one width, in memory or in a temporary file of
 * which no more than a limit is resident (base/far.h). Only this module knows
 * which.
 *
 * A half-step goes through the rows of one table in order (rec_table_rows) and
 * looks rows of another one up in any order (rec_table_at). The second is all
 * resident then: rec_table_drop gives it back before its own rows are gone
 * through.
 */
#ifndef REC_MATRIX_TABLE_H
#define REC_MATRIX_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/far.h"

struct rec_table {	/* {0} is empty */
	float *p;		/* rows x width, aligned to 64 bytes */
	uint32_t rows, width;
	struct rec_far *far;	/* NULL in memory */
};

/* Not initialised (zeros in a file). spill NULL: in memory. */
REC_MUST int rec_table_new(struct rec_table *t, uint32_t rows, uint32_t width,
			   struct rec_spill *spill, struct rec_err *e);
void rec_table_free(struct rec_table *t);

/* Row i, in any order. */
static inline float *rec_table_at(const struct rec_table *t, uint32_t i)
{
	return t->p + (size_t)i * t->width;
}

/*
 * Rows first .. end - 1, for reading or writing by somebody who goes on in
 * order.
 */
static inline float *rec_table_rows(const struct rec_table *t, uint32_t first, uint32_t end)
{
	rec_far_used(t->far, (uint64_t)(end - first) * t->width * sizeof(float));
	return rec_table_at(t, first);
}

/* No row is used soon. */
void rec_table_drop(const struct rec_table *t);

/* Cut every row to its first `width` floats, in place. */
void rec_table_narrow(struct rec_table *t, uint32_t width);

#endif
