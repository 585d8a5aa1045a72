/* SPDX-License-Identifier: MIT */
/*
 * cmd/split/sink.h - writes rows of one side or shard, as text or as stream
 * blocks. {0} is a side without a file.
 */
#ifndef REC_CMD_SPLIT_SINK_H
#define REC_CMD_SPLIT_SINK_H

#include <stdbool.h>

#include "base/err.h"
#include "recmat/recmat.h"
#include "rows/rows.h"

struct split_sink {
	struct rec_out *out;		/* belongs to cli_out */
	struct rec_stream_out *stream;	/* recmat: stream blocks made of rows in any order */
};

REC_MUST int split_sink_open(struct split_sink *s, const char *path, bool binary,
			     struct rec_err *e);
REC_MUST int split_sink_row(struct split_sink *s, const struct rec_row *row, struct rec_err *e);
/* Write what is held after the last row. */
REC_MUST int split_sink_end(struct split_sink *s, struct rec_err *e);
void split_sink_free(struct split_sink *s);

#endif
