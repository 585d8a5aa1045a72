/* SPDX-License-Identifier: MIT */
/*
 * rows/blocks.h - blocks of recmat to rows; contracts of rec_rows_next and
 * rec_rows_each.
 */
#ifndef REC_ROWS_BLOCKS_H
#define REC_ROWS_BLOCKS_H

#include "rows/place.h"

REC_MUST int rec_rows_recmat_next(struct rec_rows *r, const struct rec_row **rows, size_t *n,
				  struct rec_err *e);
REC_MUST int rec_rows_recmat_each(struct rec_rows *r, rec_rows_visit *visit, void *arg,
				  struct rec_err *e);

#endif
