/* SPDX-License-Identifier: MIT */
/*
 * cmd/split/sink.c - writes rows of one side or shard, as text or stream
 * blocks.
 */
#include "cmd/split/sink.h"

#include "cmd/cli/cli.h"
#include "recpipe/rows.h"
#include "rows/write.h"

int split_sink_open(struct split_sink *s, const char *path, bool binary, struct rec_err *e)
{
	*s = (struct split_sink){ 0 };
	if (cli_out(&s->out, path, binary, e) != 0)
		return -1;
	return binary ? rec_stream_out_new(&s->stream, s->out, e) : 0;
}

int split_sink_row(struct split_sink *s, const struct rec_row *row, struct rec_err *e)
{
	return s->stream ? rec_stream_out_row(s->stream, row, e) : rec_row_write(s->out, row, e);
}

int split_sink_end(struct split_sink *s, struct rec_err *e)
{
	int rc = s->stream ? rec_stream_out_end(s->stream, e) : 0;

	split_sink_free(s);
	return rc;
}

void split_sink_free(struct split_sink *s)
{
	rec_stream_out_free(s->stream);
	s->stream = NULL;
}
