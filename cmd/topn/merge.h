/* SPDX-License-Identifier: MIT */
/* merge.h - rec-topn --merge: the best of lists over parts of the items. */
#ifndef REC_CMD_TOPN_MERGE_H
#define REC_CMD_TOPN_MERGE_H

#include "cmd/topn/options.h"

REC_MUST int topn_merge(const struct topn_options *o, const struct rec_run *run, struct rec_err *e);

#endif
