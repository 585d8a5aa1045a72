/* SPDX-License-Identifier: MIT */
/*
 * cmd/split/shards.c - rows of stdin to N files by the fixed hash of a label.
 * Memory: a buffer a file.
 */
#include "cmd/split/shards.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/hash.h"
#include "base/mem.h"
#include "cmd/cli/load.h"
#include "cmd/split/sink.h"

/*
 * The TEMPLATE parted: text before, width of the number, text behind. It never
 * reaches printf.
 */
struct template {
	const char *behind;
	int before, width;
};

static struct template parse_template(const char *t)
{
	const char *p = t ? strchr(t, '%') : NULL, *d = p ? p + 1 : NULL;
	struct template r = { 0 };

	if (d && *d == '0' && d[1] >= '1' && d[1] <= '9') {
		r.width = d[1] - '0';
		d += 2;
	}
	if (!d || *d != 'd' || strchr(d, '%'))
		cli_usage("--to: TEMPLATE needs exactly one %%d or %%0Nd, such as part.%%03d.tsv");
	r.before = (int)(p - t);
	r.behind = d + 1;
	return r;
}

int split_shard_name(struct rec_buf *name, const char *to, uint32_t i, struct rec_err *e)
{
	struct template t = parse_template(to);

	name->n = 0;
	return rec_buf_printf(name, e, "%.*s%0*u%s", t.before, to, t.width, i, t.behind);
}

void split_raise_file_limit(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) == 0 && l.rlim_cur < l.rlim_max) {
		l.rlim_cur = l.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &l);
	}
}

static int open_shards(struct split_sink *sink, const struct split_shards *o, struct rec_err *e)
{
	struct rec_buf name = { 0 };
	int rc = 0;

	split_raise_file_limit();
	for (uint32_t i = 0; rc == 0 && i < o->n; i++) {
		rc = split_shard_name(&name, o->to, i, e);
		if (rc == 0)
			rc = split_sink_open(&sink[i], name.p, o->binary, e);
	}
	rec_buf_free(&name);
	return rc;
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
	struct rec_rows *rows = NULL;
	int rc = -1;

	if (sink && open_shards(sink, o, e) == 0 &&
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
