/* SPDX-License-Identifier: MIT */
/*
 * data/audit.h - what a split given as two files holds that it should not.
 */
#ifndef REC_DATA_AUDIT_H
#define REC_DATA_AUDIT_H

#include <stdint.h>

#include "base/err.h"
#include "matrix/sparse.h"

/* Rows of test are matched with those of train by label. */
struct rec_audit {
	uint64_t train_pairs, test_pairs, shared_pairs;
	uint64_t cold_users, cold_items;	/* test pairs whose user, item is not in train */
	uint64_t repeats;			/* test rows that repeat a pair */
	/* test rows with a time whose user has train times */
	uint64_t timed;
	/* of those: older than the newest train row of that user */
	uint64_t older_than_own;
	/* test rows older than the newest train row of all */
	uint64_t older_than_any;
};
REC_MUST int rec_audit(struct rec_audit *a, const struct rec_sparse *train,
		       const struct rec_sparse *test, struct rec_err *e);

#endif
