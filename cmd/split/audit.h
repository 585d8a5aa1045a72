/* SPDX-License-Identifier: MIT */
/* cmd/split/audit.h - rec-split --audit. */
#ifndef REC_CMD_SPLIT_AUDIT_H
#define REC_CMD_SPLIT_AUDIT_H

#include <stdbool.h>

#include "base/err.h"
#include "kernel/kernel.h"

/*
 * What the split claims of its times: no test row is older than the newest
 * train row of all, or of its user.
 */
struct split_claim {
	bool after_all, after_own;
};

/*
 * Compare stdin, as test, with the file train; what is found goes to output.
 * REC_EGATE, once that is complete, where test leaks.
 */
REC_MUST int split_audit(const char *train, const char *output, struct split_claim claim,
			 const struct rec_run *run, struct rec_err *e);

#endif
