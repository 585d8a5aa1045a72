/* SPDX-License-Identifier: MIT */
/*
 * cmd/split/shards.c - sends each row of stdin to one of N files, by the fixed
 * hash of a label. Memory: a buffer a file.
 */
#include "cmd/split/shards.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/mem.h"
#include "cmd/cli/load.h"
#include "cmd/split/sink.h"
#include "cmd/cli/template.h"

struct shards {
	const struct split_shards *o;
	struct split_sink *sink;
};

static int open_shard(void *arg, uint32_t i, const char *name, struct rec_err *e)
{
	struct shards *s = arg;

	return split_sink_open(&s->sink[i], name, s->o->binary, e);
}

static int pass_rows(struct split_sink *sink, const struct split_shards *o, struct rec_rows *rows,
		     struct rec_err *e)
{
	const struct rec_row *row;
	size_t n;
	int got;

	while ((got = rec_rows_next(rows, &row, &n, e)) == 1)
		for (size_t i = 0; i < n; i++) {
			const struct rec_row *r = &row[i];
			uint32_t shard = o->by_item ? rec_shard(r->col, r->col_len, o->n) :
						      rec_shard(r->row, r->row_len, o->n);

			if (split_sink_row(&sink[shard], r, e) != 0)
				return -1;
		}
	return got;
}

int split_shards(const struct split_shards *o, const struct rec_run *run, struct rec_err *e)
{
	struct split_sink *sink = rec_zalloc(o->n, sizeof *sink, e);
	struct shards all = { o, sink };
	struct rec_rows *rows = NULL;
	int rc = -1;

	if (sink && cli_template_open(o->to, o->n, open_shard, &all, e) == 0 &&
	    cli_load_rows(&rows, "interactions", 0, run, e) == 0)
		rc = pass_rows(sink, o, rows, e);
	if (rc == 0)
		cli_stat_u64("rows", rec_rows_count(rows));
	if (rc == 0 && rec_rows_count(rows) == 0)
		cli_note("the input is empty: the shards are, too");
	if (rc == 0 && o->binary)
		cli_tell_lost(rec_rows_lost(rows));
	for (uint32_t i = 0; rc == 0 && i < o->n; i++)
		rc = split_sink_end(&sink[i], e);
	for (uint32_t i = 0; sink && i < o->n; i++)
		split_sink_free(&sink[i]);
	rec_rows_close(rows);
	free(sink);
	return rc == 0 ? cli_commit(e) : -1;
}
