/* SPDX-License-Identifier: MIT */
/* cmd/split/audit.h - rec-split --audit. */
#ifndef REC_CMD_SPLIT_AUDIT_H
#define REC_CMD_SPLIT_AUDIT_H

#include <stdbool.h>

#include "base/err.h"
#include "kernel/kernel.h"

/*
 * What the split claims about times: no test row is older than the newest train
 * row of all users (after_all), or of the same user (after_own).
 */
struct split_claim {
	bool after_all, after_own;
};

/*
 * Compare the test set on stdin with the file train, and write the result to
 * output. If test leaks, fails with REC_EGATE after the output is complete.
 */
REC_MUST int split_audit(const char *train, const char *output, struct split_claim claim,
			 const struct rec_run *run, struct rec_err *e);

#endif
