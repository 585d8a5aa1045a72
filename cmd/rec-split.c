/* SPDX-License-Identifier: MIT */
/*
 * rec-split - interactions to train and held-out rows, to shards; filters; leak audit.
 *
 * Two ways through: where a row's side follows from the row alone it is passed on as it came (pass); else the input is held as a matrix, filtered,
 * split, and written in canonical order (hold).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/hash.h"
#include "base/mem.h"
#include "cli.h"
#include "eval/filter.h"
#include "eval/split.h"
#include "io/num.h"
#include "io/recmat.h"
#include "io/rows.h"
#include "matrix/collect.h"

static const char *const repeats_names[] = { "drop", "keep", NULL }, *const duplicates_names[] = { "keep", "sum", "max", "last", "fail", NULL },
			  *const warm_names[] = { "none", "user", "item", "both", NULL }, *const side_names[] = { "user", "item", NULL };

/* Of options that are not given: out of range, so that --help shows no default. */
#define UNSET (-1e300)
#define MOST 1e15

static struct {
	const char *test, *valid, *input, *given, *audit, *to;
	double ratio, last_ratio, after, user_ratio, valid_user_ratio, valid_ratio, min_value, half_life, now;
	uint32_t leave, last, folds, fold, min_user, min_item, core, max_user, shards;
	bool binarize;
	unsigned duplicates, repeats, warm, by;
	struct cli_common common;
} o = { .ratio = -1, .last_ratio = -1, .user_ratio = -1, .valid_user_ratio = -1, .valid_ratio = -1, .half_life = -1, .after = UNSET, .min_value = UNSET, .now = UNSET, .common = CLI_COMMON_INIT };

static const struct cli_opt opts[] = {
	CLI_FILE(0, "test", &o.test, "held-out rows"),
	CLI_FILE(0, "valid", &o.valid, "rows held out for validation"),
	CLI_DOUBLE(0, "ratio", "F", &o.ratio, 0, 1, "method: each pair is test with probability F, by hash"),
	CLI_U32(0, "leave", "K", &o.leave, 1, 4294967295, "method: K pairs of each user, by hash"),
	CLI_U32(0, "last", "K", &o.last, 1, 4294967295, "method: the K newest pairs of each user"),
	CLI_DOUBLE(0, "last-ratio", "F", &o.last_ratio, 0, 1, "method: the newest share F of each user's pairs"),
	CLI_DOUBLE(0, "after", "TIME", &o.after, -MOST, MOST, "method: rows at or after TIME"),
	CLI_U32(0, "folds", "K", &o.folds, 2, 1000000, "method: fold --fold of K"),
	CLI_U32(0, "fold", "I", &o.fold, 1, 1000000, "which fold is test, from 1 to K"),
	CLI_DOUBLE(0, "user-ratio", "F", &o.user_ratio, 0, 1, "method: share F of the users, whole"),
	CLI_DOUBLE(0, "valid-user-ratio", "F", &o.valid_user_ratio, 0, 1, "share of the users that go to --valid"),
	CLI_STRING(0, "given", "F|K|all-but-K", &o.given, "what of a held-out user's history goes to --input"),
	CLI_FILE(0, "input", &o.input, "given histories of held-out users"),
	CLI_DOUBLE(0, "valid-ratio", "F", &o.valid_ratio, 0, 1, "share of what is left for train that goes to --valid, by hash"),
	CLI_DOUBLE(0, "min-value", "X", &o.min_value, -MOST, MOST, "filter: drop rows with a smaller value"),
	CLI_FLAG(0, "binarize", &o.binarize, "filter: every value becomes 1"),
	CLI_CHOICE(0, "duplicates", "keep|sum|max|last|fail", &o.duplicates, duplicates_names, "filter: what becomes of a repeated pair"),
	CLI_DOUBLE(0, "half-life", "DAYS", &o.half_life, 1e-9, MOST, "filter: values halve every DAYS before --now"),
	CLI_DOUBLE(0, "now", "TIME", &o.now, -MOST, MOST, "the time that --half-life counts from"),
	CLI_U32(0, "min-user", "N", &o.min_user, 1, 4294967295, "filter: drop users with fewer pairs"),
	CLI_U32(0, "min-item", "N", &o.min_item, 1, 4294967295, "filter: drop items with fewer pairs"),
	CLI_U32(0, "core", "N", &o.core, 1, 4294967295, "filter: drop users and items with fewer pairs until none is left"),
	CLI_U32(0, "max-user", "N", &o.max_user, 1, 4294967295, "filter: of a user with more pairs keep N, by hash"),
	CLI_CHOICE(0, "repeats", "drop|keep", &o.repeats, repeats_names, "splits by time: test pairs that are already in train"),
	CLI_CHOICE(0, "warm-only", "user|item|both", &o.warm, warm_names, "drop held-out rows whose user, item is not in train"),
	CLI_U32(0, "shards", "N", &o.shards, 1, 65536, "part into N files by hash of a label"),
	CLI_CHOICE(0, "by", "user|item", &o.by, side_names, "whose label --shards hashes"),
	CLI_STRING(0, "to", "TEMPLATE", &o.to, "names of the shards, with one %d or %0Nd"),
	CLI_FILE(0, "audit", &o.audit, "stdin is test: compare with this train file; exit 3 on a leak"),
	CLI_COMMON(&o.common),
	CLI_END,
};

static const struct cli_spec spec = {
	.name = "rec-split",
	.summary = "part interactions into train and held-out rows, or into shards",
	.synopsis = "rec-split METHOD --test FILE [filters] [options] < interactions > train",
	.hint = "reads stdin: rec-split --ratio 0.2 --test test.tsv < ratings.tsv",
	.opts = opts,
	.common = &o.common,
};

/* Where rows of one side go, as text or as stream blocks. */
struct sink {
	struct rec_out *out;
	struct rec_stream_out *stream;
};

static int sink_open(struct sink *s, const char *path, struct rec_err *e)
{
	*s = (struct sink){ 0 };
	if (cli_out(&s->out, path, o.common.binary, e) != 0)
		return -1;
	return o.common.binary ? rec_stream_out_new(&s->stream, s->out, e) : 0;
}

static int sink_row(struct sink *s, const struct rec_row *row, struct rec_err *e)
{
	return s->stream ? rec_stream_out_row(s->stream, row, e) : rec_row_write(s->out, row, e);
}

static int sink_close(struct sink *s, struct rec_err *e)
{
	int rc = s->stream ? rec_stream_out_end(s->stream, e) : 0;

	rec_stream_out_free(s->stream);
	s->stream = NULL;
	return rc;
}

static int open_rows(struct rec_rows **rows, const struct rec_run *run, struct rec_err *e)
{
	struct rec_in *in;

	if (cli_in(&in, NULL, "interactions", e) != 0)
		return -1;
	if (rec_rows_open(rows, in, o.common.trust ? REC_ROWS_TRUST : 0, run->pool, e) != 0) {
		rec_in_close(in);
		return -1;
	}
	return 0;
}

/* The TEMPLATE parted: text before, width of the number, text behind. It never reaches printf. */
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

/* Each shard is an open file. */
static void raise_file_limit(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) == 0 && l.rlim_cur < l.rlim_max) {
		l.rlim_cur = l.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &l);
	}
}

static int open_shards(struct sink *sink, struct rec_err *e)
{
	struct template t = parse_template(o.to);
	struct rec_buf name = { 0 };
	int rc = 0;

	raise_file_limit();
	for (uint32_t i = 0; rc == 0 && i < o.shards; i++) {
		name.n = 0;
		rc = rec_buf_printf(&name, e, "%.*s%0*u%s", t.before, o.to, t.width, i, t.behind);
		if (rc == 0)
			rc = sink_open(&sink[i], name.p, e);
	}
	rec_buf_free(&name);
	return rc;
}

static int run_shards(const struct rec_run *run, struct rec_err *e)
{
	struct sink *sink = rec_zalloc(o.shards, sizeof *sink, e);
	struct rec_rows *rows = NULL;
	const struct rec_row *row;
	size_t n;
	int got = -1;

	if (sink && open_shards(sink, e) == 0 && open_rows(&rows, run, e) == 0)
		while ((got = rec_rows_next(rows, &row, &n, e)) == 1)
			for (size_t i = 0; i < n; i++) {
				uint32_t shard = o.by ? rec_shard(row[i].col, row[i].col_len, o.shards) : rec_shard(row[i].row, row[i].row_len, o.shards);

				if (sink_row(&sink[shard], &row[i], e) != 0)
					goto out;
			}
	if (got == 0)
		cli_stat_u64("rows", rec_rows_count(rows));
	for (uint32_t i = 0; got == 0 && i < o.shards; i++)
		got = sink_close(&sink[i], e);
	if (got == 0) {
		rec_rows_close(rows);
		free(sink);
		return cli_commit(e);
	}
out:
	for (uint32_t i = 0; sink && i < o.shards; i++)
		rec_stream_out_free(sink[i].stream);
	rec_rows_close(rows);
	free(sink);
	return -1;
}

/* Outputs of a split by side; a side without FILE has out NULL. */
struct outputs {
	struct sink to[REC_DROPPED + 1];
};

static int open_outputs(struct outputs *out, struct rec_err *e)
{
	const char *const path[] = { o.common.output, o.test, o.valid, o.input };

	*out = (struct outputs){ 0 };
	for (int side = REC_TRAIN; side <= REC_INPUT; side++)
		if (side == REC_TRAIN || path[side])
			if (sink_open(&out->to[side], path[side], e) != 0)
				return -1;
	return 0;
}

static void free_outputs(struct outputs *out)
{
	for (int side = REC_TRAIN; side <= REC_INPUT; side++)
		rec_stream_out_free(out->to[side].stream);
}

static int check_not_empty(const uint64_t rows[], const struct rec_split *s, struct rec_err *e)
{
	uint64_t all = 0;

	for (int side = 0; side <= REC_DROPPED; side++)
		all += rows[side];
	if (all > 0 && s->method != REC_SPLIT_NONE && rows[REC_TEST] == 0)
		return rec_err_set(e, REC_EDATA, "no row was held out for --test; %s", s->method == REC_SPLIT_AFTER ? "is all of it older, or dropped (see --repeats, --warm-only)?" :
				   s->count > 0 && s->method != REC_SPLIT_FOLDS ? "does every user have so few pairs?" : "try another --seed or a larger share");
	if (all > 0 && (s->valid_ratio > 0 || s->valid_users > 0) && rows[REC_VALID] == 0)
		return rec_err_set(e, REC_EDATA, "no row was held out for --valid; try another --seed or a larger share");
	return 0;
}

static void tell_rows(const uint64_t rows[])
{
	static const char *const key[] = { "rows.train", "rows.test", "rows.valid", "rows.input", "rows.dropped" };
	uint64_t all = 0;

	for (int side = 0; side <= REC_DROPPED; side++) {
		cli_stat_u64(key[side], rows[side]);
		all += rows[side];
	}
	cli_stat_u64("rows", all);
	cli_verbose("train %llu, test %llu, valid %llu, input %llu, dropped %llu rows", (unsigned long long)rows[REC_TRAIN],
		    (unsigned long long)rows[REC_TEST], (unsigned long long)rows[REC_VALID], (unsigned long long)rows[REC_INPUT],
		    (unsigned long long)rows[REC_DROPPED]);
}

static void tell_counts(const struct rec_split_counts *c, const struct rec_split *s)
{
	if (c->users_short)
		cli_note(s->method == REC_SPLIT_USERS ? "%llu held-out users have too few pairs and are left out (%llu rows)" :
							"%llu users have too few pairs and stay wholly in train",
			 (unsigned long long)c->users_short, (unsigned long long)c->rows_left_out);
	if (c->repeats_dropped)
		cli_note("%llu test rows whose pair is already in train are dropped (--repeats keep keeps them)", (unsigned long long)c->repeats_dropped);
	if (c->cold_dropped)
		cli_note("%llu held-out rows are dropped by --warm-only", (unsigned long long)c->cold_dropped);
}

/* Write the cells of each side of a held matrix. */
static int write_sides(struct outputs *out, const struct rec_sparse *m, const unsigned char *side, bool train_too, const struct rec_run *run,
		       struct rec_err *e)
{
	for (int which = train_too ? REC_TRAIN : REC_TEST; which <= REC_INPUT; which++) {
		struct rec_sparse part = { 0 };
		int rc;

		if (!out->to[which].out)
			continue;
		rec_stream_out_free(out->to[which].stream);	/* one canonical block instead */
		out->to[which].stream = NULL;
		rc = rec_split_take(&part, m, side, (enum rec_side)which, run->pool, e);
		if (rc == 0)
			rc = rec_sparse_write(out->to[which].out, &part, o.common.binary, "", NULL, run->pool, e);
		rec_sparse_free(&part);
		if (rc != 0)
			return -1;
	}
	return 0;
}

static int split_held(struct outputs *out, const struct rec_sparse *m, const struct rec_split *s, struct rec_split_counts *c, bool train_too,
		      const struct rec_run *run, struct rec_err *e)
{
	unsigned char *side = rec_alloc(m->m.nnz, 1, e);
	int rc = -1;

	if (side && rec_split_assign(side, c, s, m, e) == 0)
		rc = write_sides(out, m, side, train_too, run, e);
	free(side);
	return rc;
}

/* A held-out user's row, where part of them is given as input. (VALID may also be drawn row by row by --valid-ratio.) */
static bool waits(const struct rec_split *s, enum rec_side side)
{
	if (s->method != REC_SPLIT_USERS || s->given.kind == REC_GIVEN_NONE)
		return false;
	return side == REC_TEST || (side == REC_VALID && s->valid_users > 0);
}

/* The way for methods that see one row at a time. Rows of held-out users wait where part of them is given. */
static int pass_rows(struct outputs *out, struct rec_rows *rows, struct rec_collect *hold, const struct rec_split *s, uint64_t count[], struct rec_err *e)
{
	const struct rec_row *row;
	size_t n;
	int got;

	while ((got = rec_rows_next(rows, &row, &n, e)) == 1)
		for (size_t i = 0; i < n; i++) {
			enum rec_side side;

			if (s->method == REC_SPLIT_AFTER && !(row[i].has & REC_HAS_TIME))
				return rec_rows_fail(rows, i, 0, e, "no time, which --after needs");
			side = rec_split_row(s, &row[i]);
			if (waits(s, side)) {
				if (rec_collect_add(hold, &row[i], e) != 0)
					return -1;
				continue;
			}
			count[side]++;
			if (out->to[side].out && sink_row(&out->to[side], &row[i], e) != 0)
				return -1;
		}
	return got;
}

static int finish_held_users(struct outputs *out, const struct rec_collect *hold, const struct rec_split *s, uint64_t count[], const struct rec_run *run,
			     struct rec_err *e)
{
	struct rec_split_counts c = { 0 };
	struct rec_sparse m = { 0 };
	int rc;

	if (hold->n == 0)
		return 0;
	rc = rec_collect_build(&m, hold, REC_REPEATS_KEEP, run->pool, e);
	if (rc == 0)
		rc = split_held(out, &m, s, &c, false, run, e);
	rec_sparse_free(&m);
	for (int side = 0; side <= REC_DROPPED; side++)
		count[side] += c.rows[side];
	tell_counts(&c, s);
	return rc;
}

static int run_pass(const struct rec_split *s, const struct rec_run *run, struct rec_err *e)
{
	uint64_t count[REC_DROPPED + 1] = { 0 };
	struct rec_collect hold = { 0 };
	struct rec_rows *rows = NULL;
	struct outputs out;
	int rc = -1;

	cli_phase("split");
	if (open_outputs(&out, e) == 0 && open_rows(&rows, run, e) == 0)
		rc = pass_rows(&out, rows, &hold, s, count, e);
	if (rc == 0)
		rc = finish_held_users(&out, &hold, s, count, run, e);
	if (rc == 0)
		rc = check_not_empty(count, s, e);
	for (int side = REC_TRAIN; rc == 0 && side <= REC_INPUT; side++)
		rc = sink_close(&out.to[side], e);
	if (rc == 0)
		tell_rows(count);
	free_outputs(&out);
	rec_collect_free(&hold);
	rec_rows_close(rows);
	return rc == 0 ? cli_commit(e) : -1;
}

static int load(struct rec_sparse *m, const char *path, const char *what, const struct rec_run *run, struct rec_err *e)
{
	struct rec_load how = { .repeats = REC_REPEATS_KEEP, .times = true, .trust = o.common.trust, .what = what };
	struct rec_in *in;

	if (cli_in(&in, path, "interactions", e) != 0)
		return -1;
	return rec_sparse_load(m, in, &how, run->pool, e);
}

static void tell_filter(const struct rec_filter_counts *c)
{
	cli_stat_u64("filter.rows.in", c->rows_in);
	cli_stat_u64("filter.rows.out", c->rows_out);
	cli_verbose("filters: %llu of %llu rows stay; %llu below --min-value, %llu users and %llu items with too few pairs, %llu users thinned",
		    (unsigned long long)c->rows_out, (unsigned long long)c->rows_in, (unsigned long long)c->low_value, (unsigned long long)c->users_few,
		    (unsigned long long)c->items_few, (unsigned long long)c->users_thinned);
}

/* Takes m over. */
static int apply_filter(struct rec_sparse *m, const struct rec_filter *f, const struct rec_run *run, struct rec_err *e)
{
	struct rec_filter_counts c;
	struct rec_sparse out = { 0 };

	if (!rec_filter_any(f))
		return 0;
	cli_phase("filter");
	if (rec_filter(&out, &c, m, f, run->pool, e) != 0)
		return -1;
	rec_sparse_free(m);
	*m = out;
	tell_filter(&c);
	if (c.rows_in > 0 && c.rows_out == 0)
		return rec_err_set(e, REC_EDATA, "the filters leave no row of %llu", (unsigned long long)c.rows_in);
	return 0;
}

static int run_hold(const struct rec_split *s, const struct rec_filter *f, const struct rec_run *run, struct rec_err *e)
{
	struct rec_split_counts c = { 0 };
	struct rec_sparse m = { 0 };
	struct outputs out = { 0 };
	int rc;

	cli_phase("read");
	rc = open_outputs(&out, e);
	if (rc == 0)
		rc = load(&m, NULL, NULL, run, e);
	if (rc == 0)
		rc = apply_filter(&m, f, run, e);
	cli_phase("split");
	if (rc == 0)
		rc = split_held(&out, &m, s, &c, true, run, e);
	if (rc == 0)
		rc = check_not_empty(c.rows, s, e);
	if (rc == 0) {
		tell_counts(&c, s);
		tell_rows(c.rows);
	}
	free_outputs(&out);
	rec_sparse_free(&m);
	return rc == 0 ? cli_commit(e) : -1;
}

static int print_audit(struct rec_out *out, const struct rec_audit *a, struct rec_err *e)
{
	const struct {
		const char *key, *meaning;
		uint64_t n;
	} line[] = {
		{ "train-pairs", "pairs in train", a->train_pairs },
		{ "test-pairs", "pairs in test", a->test_pairs },
		{ "shared-pairs", "test pairs that are in train too", a->shared_pairs },
		{ "cold-users", "test pairs whose user is not in train", a->cold_users },
		{ "cold-items", "test pairs whose item is not in train", a->cold_items },
		{ "repeats", "test rows that repeat a pair", a->repeats },
		{ "timed", "test rows with a time, of users with times in train", a->timed },
		{ "older-than-own", "of those, older than the newest train row of their user", a->older_than_own },
		{ "older-than-any", "test rows older than the newest train row of all", a->older_than_any },
	};
	struct rec_buf b = { 0 };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof line / sizeof *line; i++)
		rc = rec_buf_printf(&b, e, "%s\t%llu\t%s\n", line[i].key, (unsigned long long)line[i].n, line[i].meaning);
	if (rc == 0)
		rc = rec_out_write(out, b.p, b.n, e);
	rec_buf_free(&b);
	return rc;
}

/* Shared pairs are a leak under any protocol; old test rows under a split by time, which --after or --last beside --audit declares. */
static int audit_verdict(const struct rec_audit *a, struct rec_err *e)
{
	if (a->shared_pairs > 0)
		return rec_err_set(e, REC_EGATE, "%llu test pairs are in train too", (unsigned long long)a->shared_pairs);
	if (cli_given("after") && a->older_than_any > 0)
		return rec_err_set(e, REC_EGATE, "%llu test rows are older than the newest train row", (unsigned long long)a->older_than_any);
	if ((o.last || o.last_ratio >= 0) && a->older_than_own > 0)
		return rec_err_set(e, REC_EGATE, "%llu test rows are older than the newest train row of their user", (unsigned long long)a->older_than_own);
	return 0;
}

static int run_audit(const struct rec_run *run, struct rec_err *e)
{
	struct rec_sparse train = { 0 }, test = { 0 };
	struct rec_audit a;
	struct rec_out *out;
	int rc;

	rc = cli_out(&out, o.common.output, false, e);
	if (rc == 0)
		rc = load(&train, o.audit, "train", run, e);
	if (rc == 0)
		rc = load(&test, NULL, "test", run, e);
	if (rc == 0)
		rc = rec_audit(&a, &train, &test, e);
	if (rc == 0)
		rc = print_audit(out, &a, e);
	rec_sparse_free(&train);
	rec_sparse_free(&test);
	if (rc == 0)
		rc = cli_commit(e);
	return rc == 0 ? audit_verdict(&a, e) : -1;
}

static void one_method_only(void)
{
	static const char *const method[] = { "ratio", "leave", "last", "last-ratio", "after", "folds", "user-ratio", "shards" };
	const char *first = NULL;

	for (size_t i = 0; i < sizeof method / sizeof *method; i++) {
		if (!cli_given(method[i]))
			continue;
		if (first)
			cli_usage("--%s can't work with --%s", first, method[i]);
		first = method[i];
	}
}

/* Option a makes sense with option b alone. */
static void needs(const char *a, const char *b)
{
	if (cli_given(a) && !cli_given(b))
		cli_usage("--%s needs --%s", a, b);
}

/* A split by time beside --audit says what the test set claims to be. */
static void check_audit_options(const struct rec_split *s, const struct rec_filter *f)
{
	if (o.test || o.valid || o.shards || rec_filter_any(f))
		cli_usage("--audit can't work with --test, --valid, --shards or filters");
	if (s->method != REC_SPLIT_NONE && s->method != REC_SPLIT_AFTER && s->method != REC_SPLIT_LAST && s->method != REC_SPLIT_LAST_RATIO)
		cli_usage("--audit can't work with a method but --after, --last and --last-ratio");
	if (o.common.binary || o.common.estimate)
		cli_usage("--audit can't work with --%s", o.common.binary ? "binary: it writes text" : "estimate");
}

static void check_options(const struct rec_split *s, const struct rec_filter *f)
{
	bool splits = s->method != REC_SPLIT_NONE;

	one_method_only();
	needs("fold", "folds");
	needs("folds", "fold");
	needs("valid-user-ratio", "user-ratio");
	needs("given", "user-ratio");
	needs("input", "given");
	needs("given", "input");
	if (cli_given("valid-ratio") && cli_given("valid-user-ratio"))
		cli_usage("--valid-ratio can't work with --valid-user-ratio");
	needs("half-life", "now");
	needs("now", "half-life");
	needs("to", "shards");
	needs("by", "shards");
	needs("shards", "to");
	needs("shards", "by");
	if (o.folds && o.fold > o.folds)
		cli_usage("--fold: %u is not between 1 and %u", o.fold, o.folds);
	if (cli_given("repeats") && s->method != REC_SPLIT_AFTER && s->method != REC_SPLIT_LAST && s->method != REC_SPLIT_LAST_RATIO)
		cli_usage("--repeats needs --after, --last or --last-ratio");
	if (o.audit) {
		check_audit_options(s, f);
		return;
	}
	if (o.shards) {
		if (o.test || o.valid || rec_filter_any(f) || o.common.output)
			cli_usage("--shards can't work with --test, --valid, --output or filters; filter first, in a pipe");
		return;
	}
	if (splits != (o.test != NULL))
		cli_usage(splits ? "a method needs --test FILE for the held-out rows" : "--test needs a method, such as --ratio 0.2");
	if ((s->valid_ratio > 0 || s->valid_users > 0) != (o.valid != NULL))
		cli_usage("--valid needs --valid-ratio or --valid-user-ratio, and they need it");
	if (!splits && s->valid_ratio <= 0 && !rec_filter_any(f))
		cli_usage("nothing to do: name a method, such as --ratio 0.2 --test FILE, or a filter");
	if (s->ratio + s->valid_users > 1)
		cli_usage("--user-ratio and --valid-user-ratio are more than 1 together");
}

static struct rec_split the_split(void)
{
	struct rec_split s = { .seed = o.common.seed, .after = o.after, .fold = o.fold, .keep_repeats = o.repeats == 1 };

	s.warm_user = o.warm == 1 || o.warm == 3;
	s.warm_item = o.warm == 2 || o.warm == 3;
	s.valid_ratio = o.valid_ratio > 0 ? o.valid_ratio : 0;
	s.valid_users = o.valid_user_ratio > 0 ? o.valid_user_ratio : 0;
	s.ratio = o.ratio >= 0 ? o.ratio : o.last_ratio >= 0 ? o.last_ratio : o.user_ratio >= 0 ? o.user_ratio : 0;
	s.count = o.leave ? o.leave : o.last ? o.last : o.folds;
	s.method = cli_given("ratio") ? REC_SPLIT_RATIO : o.leave ? REC_SPLIT_LEAVE : o.last ? REC_SPLIT_LAST : cli_given("last-ratio") ? REC_SPLIT_LAST_RATIO :
		   cli_given("after") ? REC_SPLIT_AFTER : o.folds ? REC_SPLIT_FOLDS : cli_given("user-ratio") ? REC_SPLIT_USERS : REC_SPLIT_NONE;
	if (o.given && rec_given_parse(&s.given, o.given) != 0)
		cli_usage("--given: '%s' is none of a share such as 0.8, a number, all-but-K", o.given);
	rec_split_prepare(&s);
	return s;
}

static struct rec_filter the_filter(void)
{
	static const enum rec_repeats rule[] = { REC_REPEATS_KEEP, REC_REPEATS_SUM, REC_REPEATS_MAX, REC_REPEATS_LAST, REC_REPEATS_FAIL };

	return (struct rec_filter){
		.use_min_value = cli_given("min-value"), .min_value = o.min_value, .binarize = o.binarize, .repeats = rule[o.duplicates],
		.half_life = o.half_life > 0 ? o.half_life * 86400 : 0, .now = o.now, .min_user = o.min_user, .min_item = o.min_item, .core = o.core,
		.max_user = o.max_user, .seed = o.common.seed,
	};
}

/* Bytes: of a run that passes rows on, of a thread and an output then; of a row that is held and of one that filters rebuild, of a label in the table. */
enum { PASSING = 8 << 20, PASSING_THREAD = 4 << 20, TEXT_OUTPUT = 2 << 20, BINARY_OUTPUT = 12 << 20, HELD_ROW = 60, FILTERED_ROW = 100, HELD_LABEL = 136 };

static uint64_t passing_bytes(const struct rec_run *run)
{
	uint64_t outputs = o.shards ? o.shards : 1 + (uint64_t)(o.test != NULL) + (o.valid != NULL) + (o.input != NULL);

	return PASSING + rec_pool_size(run->pool) * (uint64_t)PASSING_THREAD + outputs * (o.common.binary ? BINARY_OUTPUT : TEXT_OUTPUT);
}

static int count_rows(uint64_t *n, const struct rec_run *run, struct rec_err *e)
{
	struct rec_rows *rows = NULL;
	const struct rec_row *row;
	size_t some;
	int got = open_rows(&rows, run, e);

	if (got == 0)
		while ((got = rec_rows_next(rows, &row, &some, e)) == 1)
			;
	*n = rows ? rec_rows_count(rows) : 0;
	rec_rows_close(rows);
	return got;
}

/* Reads the input: rows that pass are counted, rows that would be held are held. */
static int estimate(bool held, bool filtered, const struct rec_run *run, struct rec_err *e)
{
	uint64_t bytes = passing_bytes(run), rows = 0;
	struct cli_amount amount[] = { { "rows", 0 }, { NULL, 0 } };
	struct rec_sparse m = { 0 };
	int rc = held ? load(&m, NULL, NULL, run, e) : count_rows(&rows, run, e);

	if (rc == 0 && held) {
		rows = m.digest.cells;
		bytes += rows * (filtered ? FILTERED_ROW : HELD_ROW) + ((uint64_t)m.row.n + m.col.n) * HELD_LABEL;
		bytes += m.row.n ? m.row.off[m.row.n] + m.col.off[m.col.n] : 0;
	}
	rec_sparse_free(&m);
	amount[0].n = (double)rows;
	if (rc == 0 && cli_need(bytes, amount, e) < 0)
		rc = -1;
	return rc == 0 ? cli_commit(e) : -1;
}

static int run(struct rec_err *e)
{
	struct rec_split s = the_split();
	struct rec_filter f = the_filter();
	struct rec_run *r;
	bool passes;

	check_options(&s, &f);
	if (cli_run(&r, e) != 0)
		return -1;
	passes = !o.audit && !rec_filter_any(&f) && (o.shards || rec_split_by_row(&s));
	if (o.common.estimate)
		return estimate(!passes || (o.given && s.method == REC_SPLIT_USERS), rec_filter_any(&f) || o.given, r, e);
	if (o.audit)
		return run_audit(r, e);
	if (o.shards)
		return run_shards(r, e);
	if (passes)
		return run_pass(&s, r, e);
	return run_hold(&s, &f, r, e);
}

int main(int argc, char **argv)
{
	struct rec_err e = { 0 };

	cli_parse(&spec, argc, argv);
	return run(&e) == 0 ? CLI_OK : cli_fail(&e);
}
