/* SPDX-License-Identifier: MIT */
/*
 * rec-gen - synthetic interactions of any size. Users are made in batches by
 * all threads, and written in order.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/progress.h"
#include "cmd/cli/cli.h"
#include "data/generate.h"
#include "io/num.h"
#include "recmat/recmat.h"
#include "recpipe/rows.h"
#include "rows/rows.h"
#include "rows/write.h"

static struct {
	uint64_t users, rows;
	uint32_t items, dim;
	double skew, noise;
	bool explicit_values, times;
	struct cli_common common;
} o = { .users = 1000, .items = 500, .dim = 8, .skew = 1, .noise = 0.1, .common = CLI_COMMON_INIT };

/* clang-format off */
static const struct cli_opt opts[] = {
	CLI_U64(0, "users", "N", &o.users, 1, 1e12, "number of users"),
	CLI_U32(0, "items", "N", &o.items, 1, 4294967294, "number of items"),
	CLI_U64(0, "rows", "N", &o.rows, 1, 1e15,
		"number of pairs, exactly (default: 20 a user, at most half of all pairs)"),
	CLI_DOUBLE(0, "skew", "X", &o.skew, 0, 10,
		"popularity: the item of rank r has weight (r + 1)^-X"),
	CLI_U32(0, "dim", "K", &o.dim, 0, 1000,
		"components of taste; with 0 only popularity matters"),
	CLI_DOUBLE(0, "noise", "X", &o.noise, 0, 1,
		"share of pairs that ignore taste; standard deviation of the noise in ratings"),
	CLI_FLAG(0, "explicit", &o.explicit_values, "write ratings from 0.5 to 5 as values"),
	CLI_FLAG(0, "times", &o.times, "write a time on every line"),
	CLI_COMMON_AS(&o.common, CLI_BINARY_HELP, CLI_SEED_HELP, NULL),
	CLI_END,
};
/* clang-format on */

static const struct cli_spec spec = {
	.name = "rec-gen",
	.summary = "synthetic interactions of any size with planted structure",
	.synopsis = "rec-gen [options] > interactions",
	.hint = "it reads nothing: rec-gen --users 1000 --rows 20000",
	.opts = opts,
	.common = &o.common,
};

enum { BATCH = 1024, TASKS = 16, ROWS = 1 << 17, LABEL_MAX = REC_NUM_MAX + 1 };

/*
 * A batch of users. Text is made in the tasks; for recmat the rows are handed
 * on one by one.
 */
struct batch {
	struct rec_gen *gen;
	uint64_t first;
	/* rows of users that come next, of which some are done */
	uint32_t count[BATCH], counted, at;
	const uint32_t *n;			/* of the users of this batch */
	uint32_t users, a_task;
	struct rec_gen_scratch **scratch;	/* one a thread */
	struct task {
		struct rec_gen_row *row;
		size_t cap;
		struct rec_buf text;
	} task[TASKS];
};

static size_t put_label(char *to, char side, uint64_t number)
{
	to[0] = side;
	return 1 + rec_num_put_u64(to + 1, number + 1);
}

/* Row g of a user; its item's label goes into item. */
static struct rec_row row_of(const struct rec_gen_row *g, const char *user, size_t user_len,
			     char item[LABEL_MAX])
{
	struct rec_row r = { .row = user,
			     .row_len = (uint32_t)user_len,
			     .col = item,
			     .value = g->value,
			     .time = g->time };

	r.col_len = (uint32_t)put_label(item, 'i', g->item);
	r.has = REC_HAS_COL | (o.explicit_values || o.times ? REC_HAS_VALUE : 0) |
		(o.times ? REC_HAS_TIME : 0);
	return r;
}

static int put_text(struct rec_buf *b, uint64_t user, const struct rec_gen_row *row, uint32_t n,
		    struct rec_err *e)
{
	char label[LABEL_MAX], item[LABEL_MAX];
	size_t len = put_label(label, 'u', user);

	for (uint32_t i = 0; i < n; i++) {
		struct rec_row r = row_of(&row[i], label, len, item);

		if (rec_row_add(b, &r, e) != 0)
			return -1;
	}
	return 0;
}

static int make_task(void *arg, size_t t, unsigned thread, struct rec_err *e)
{
	struct batch *b = arg;
	struct task *k = &b->task[t];
	uint32_t from = (uint32_t)t * b->a_task,
		 to = from + b->a_task < b->users ? from + b->a_task : b->users;
	size_t rows = 0;

	k->text.n = 0;
	for (uint32_t i = from; i < to; i++)
		rows += b->n[i];
	if (rec_grow(&k->row, &k->cap, rows, sizeof *k->row, e) != 0)
		return -1;
	rows = 0;
	for (uint32_t i = from; i < to; i++) {
		rec_gen_user(b->gen, b->scratch[thread], b->first + i, b->n[i], k->row + rows);
		if (!o.common.binary &&
		    put_text(&k->text, b->first + i, k->row + rows, b->n[i], e) != 0)
			return -1;
		rows += b->n[i];
	}
	return 0;
}

static int write_binary(struct batch *b, struct rec_stream_out *s, struct rec_err *e)
{
	for (uint32_t i = 0, row = 0; i < b->users; i++) {
		char user[LABEL_MAX], item[LABEL_MAX];
		size_t len = put_label(user, 'u', b->first + i);

		if (i % b->a_task == 0)
			row = 0;
		for (uint32_t j = 0; j < b->n[i]; j++, row++) {
			struct rec_row r = row_of(&b->task[i / b->a_task].row[row], user, len,
						  item);

			if (rec_stream_out_row(s, &r, e) != 0)
				return -1;
		}
	}
	return 0;
}

static int write_text(struct batch *b, struct rec_out *out, struct rec_err *e)
{
	for (size_t t = 0; t * b->a_task < b->users; t++)
		if (rec_out_write(out, b->task[t].text.p, b->task[t].text.n, e) != 0)
			return -1;
	return 0;
}

/*
 * As many of the users that are counted as come with ROWS rows, at least one: a
 * batch is bounded by rows, or by the items that one user can hold.
 */
static void next_batch(struct batch *b)
{
	uint64_t rows = 0;

	if (b->at == b->counted) {
		b->counted = o.users - b->first < BATCH ? (uint32_t)(o.users - b->first) : BATCH;
		b->at = 0;
		rec_gen_counts(b->gen, b->count, b->counted);
	}
	b->n = b->count + b->at;
	for (b->users = 0; b->at < b->counted && (b->users == 0 || rows + b->count[b->at] <= ROWS);
	     b->users++)
		rows += b->count[b->at++];
	b->a_task = (b->users + TASKS - 1) / TASKS;
}

static int generate(struct batch *b, struct rec_out *out, struct rec_stream_out *s,
		    const struct rec_run *r, struct rec_err *e)
{
	for (b->first = 0; b->first < o.users; b->first += b->users) {
		next_batch(b);
		if (rec_pool_run(r->pool, (b->users + b->a_task - 1) / b->a_task, make_task, b,
				 e) != 0)
			return -1;
		if ((s ? write_binary(b, s, e) : write_text(b, out, e)) != 0)
			return -1;
		rec_progress_tell(&r->progress, "users", b->first, o.users, NULL);
	}
	return s ? rec_stream_out_end(s, e) : 0;
}

static void free_batch(struct batch *b, unsigned threads)
{
	for (unsigned i = 0; b->scratch && i < threads; i++)
		rec_gen_scratch_free(b->scratch[i]);
	for (size_t t = 0; t < TASKS; t++) {
		free(b->task[t].row);
		rec_buf_free(&b->task[t].text);
	}
	free(b->scratch);
	rec_gen_free(b->gen);
	free(b);
}

static int new_batch(struct batch **out, unsigned threads, struct rec_err *e)
{
	struct rec_gen_opts g = { o.users,	     o.rows,  o.items,	    o.dim, o.skew, o.noise,
				  o.explicit_values, o.times, o.common.seed };
	struct batch *b = rec_zalloc(1, sizeof *b, e);

	if (!b)
		return -1;
	b->scratch = rec_zalloc(threads, sizeof(struct rec_gen_scratch *), e);
	if (b->scratch && rec_gen_new(&b->gen, &g, e) == 0) {
		unsigned i = 0;

		while (i < threads && rec_gen_scratch_new(&b->scratch[i], b->gen, e) == 0)
			i++;
		if (i == threads) {
			*out = b;
			return 0;
		}
	}
	free_batch(b, threads);
	return -1;
}

/* Vectors and popularity of items, and the batch at hand. */
static double needed(const struct rec_run *r)
{
	return o.items * (4.0 * o.dim + 48) + (16 << 20) +
	       rec_pool_size(r->pool) * (1.0 * o.items + (4 << 20));
}

/*
 * Bytes that are written, about: two labels with their numbers, and what stands
 * after them.
 */
static double output_bytes(void)
{
	double digits = 4, values = (o.explicit_values || o.times ? 2.5 : 0) + (o.times ? 11 : 0);

	for (uint64_t n = o.users; n >= 10; n /= 10)
		digits++;
	for (uint64_t n = o.items; n >= 10; n /= 10)
		digits++;
	return (double)o.rows * (o.common.binary ? 8 + values : digits + 2 + values);
}

/* Six minutes of a CPU (0.35 us a user), whether they have rows or not. */
#define MANY_USERS 1000000000

/*
 * Sizes that a slip of the finger makes: said before the first of hours,
 * refused where this machine has no memory for it.
 */
static int check_sizes(const struct rec_run *r, struct rec_err *e)
{
	static const char unit[][3] = { "GB", "TB", "PB", "EB" };
	double bytes = output_bytes() / 1e9,
	       memory = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
	unsigned u = 0;

	if (memory > 0 && needed(r) > memory)
		return rec_err_set(e, REC_ENOMEM,
				   "needs %.0f bytes for %lu item%s, and this machine has %.0f; "
				   "give fewer --items",
				   needed(r), (unsigned long)o.items, cli_s(o.items), memory);
	if (bytes < 10 && o.users >= MANY_USERS)
		cli_note("--users %llu: all are visited for %llu row%s, minutes a billion; give "
			 "fewer --users",
			 (unsigned long long)o.users, (unsigned long long)o.rows, cli_s(o.rows));
	if (bytes < 10)
		return 0;
	for (; bytes >= 1000 && u + 1 < sizeof unit / sizeof *unit; u++)
		bytes /= 1000;
	cli_note("%llu rows for %llu users: about %.0f %s to write; give fewer --rows or --users",
		 (unsigned long long)o.rows, (unsigned long long)o.users, bytes, unit[u]);
	return 0;
}

static int run(struct rec_err *e)
{
	struct cli_amount amount[] = { { "rows", 0 }, { NULL, 0 } };
	struct rec_stream_out *s = NULL;
	struct batch *b = NULL;
	struct rec_run *r;
	struct rec_out *out;
	int rc;

	if (!o.rows) {
		double half = 0.5 * (double)o.users * o.items, twenty = 20 * (double)o.users;

		o.rows = (uint64_t)(half < 1 ? 1 : half < twenty ? half : twenty);
	}
	if (cli_run(&r, e) != 0)
		return -1;
	amount[0].n = (double)o.rows;
	rc = cli_need((uint64_t)needed(r), amount, e);
	if (rc != 0)
		return rc < 0 ? -1 : cli_commit(e);
	if (check_sizes(r, e) != 0)
		return -1;
	if (cli_out(&out, o.common.output, o.common.binary, e) != 0)
		return -1;
	cli_phase("generate");
	if (new_batch(&b, rec_pool_size(r->pool), e) != 0)
		return -1;
	rc = o.common.binary ? rec_stream_out_new(&s, out, e) : 0;
	if (rc == 0)
		rc = generate(b, out, s, r, e);
	rec_stream_out_free(s);
	free_batch(b, rec_pool_size(r->pool));
	cli_stat_u64("rows", o.rows);
	return rc == 0 ? cli_commit(e) : -1;
}

int main(int argc, char **argv)
{
	struct rec_err e = { 0 };

	cli_parse(&spec, argc, argv);
	return run(&e) == 0 ? CLI_OK : cli_fail(&e);
}
