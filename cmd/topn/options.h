/* SPDX-License-Identifier: MIT */
/* options.h - what rec-topn is asked for. */
#ifndef REC_CMD_TOPN_OPTIONS_H
#define REC_CMD_TOPN_OPTIONS_H

#include "cmd/cli/cli.h"
#include "topn/topn.h"

struct topn_options {
	struct cli_list models;
	const char *blend, *seen, *allow, *deny, *candidates, *interactions;
	unsigned scale, cold, fill;
	uint32_t top, explain;
	bool keep_seen, fold_in, stream, similar, merge;
	struct cli_part part;
	struct cli_common common;
};

/* Some rows or entries come from popularity. */
static inline bool topn_wants_popular(const struct topn_options *o)
{
	return o->fill || o->cold == REC_COLD_POPULAR;
}

#endif
