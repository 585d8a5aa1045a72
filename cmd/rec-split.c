/* SPDX-License-Identifier: MIT */
/*
 * rec-split - interactions to train and held-out rows, to shards and parts;
 * filters; leak audit.
 *
 * Two ways through (cmd/split/ways.c): where a row's side follows from the row
 * alone it is passed on as it came; else the input is held as a matrix,
 * filtered, split, and written in canonical order. Shards, parts and the audit
 * have files of their own.
 */
#include <string.h>

#include "cmd/cli/cli.h"
#include "cmd/cli/load.h"
#include "cmd/split/audit.h"
#include "cmd/split/parts.h"
#include "cmd/split/shards.h"
#include "cmd/split/ways.h"

static const char *const repeats_names[] = { "drop", "keep", NULL };
static const char *const duplicates_names[] = { "keep", "sum", "max", "last", "fail", NULL };
static const char *const warm_names[] = { "none", "user", "item", "both", NULL };
static const char *const side_names[] = { "user", "item", NULL };

/*
 * Of options that are not given: out of range, so that --help shows no default.
 */
#define UNSET (-1e300)
#define MOST 1e15

static struct {
	const char *test, *valid, *input, *given, *audit, *to;
	double ratio, last_ratio, after, user_ratio, valid_user_ratio, valid_ratio, min_value,
		half_life, now;
	uint32_t leave, last, folds, fold, min_user, min_item, core, max_user, shards, parts,
		row_cost;
	bool binarize, transpose;
	unsigned duplicates, repeats, warm, by;
	struct cli_common common;
} o = { .ratio = -1,
	.last_ratio = -1,
	.user_ratio = -1,
	.valid_user_ratio = -1,
	.valid_ratio = -1,
	.half_life = -1,
	.after = UNSET,
	.min_value = UNSET,
	.now = UNSET,
	.row_cost = 32,
	.common = CLI_COMMON_INIT };

/* clang-format off */
static const struct cli_opt opts[] = {
	CLI_FILE(0, "test", &o.test, "file for the test pairs"),
	CLI_FILE(0, "valid", &o.valid, "file for the validation pairs"),
	CLI_DOUBLE(0, "ratio", "F", &o.ratio, 0, 1,
		"method: hold out each pair with probability F, by hash"),
	CLI_U32(0, "leave", "K", &o.leave, 1, 4294967295,
		"method: hold out K pairs of each user, by hash"),
	CLI_U32(0, "last", "K", &o.last, 1, 4294967295,
		"method: hold out the K newest pairs of each user"),
	CLI_DOUBLE(0, "last-ratio", "F", &o.last_ratio, 0, 1,
		"method: hold out the newest share F of each user's pairs"),
	CLI_TIME(0, "after", &o.after,
		"method: hold out pairs at or after TIME, a date (2015-01-01) or a number in "
		"the unit of the times"),
	CLI_U32(0, "folds", "K", &o.folds, 2, 1000000, "method: hold out fold --fold of K"),
	CLI_U32(0, "fold", "I", &o.fold, 1, 1000000, "the fold that is test, from 1 to K"),
	CLI_DOUBLE(0, "user-ratio", "F", &o.user_ratio, 0, 1,
		"method: hold out a share F of the users with all their pairs"),
	CLI_DOUBLE(0, "valid-user-ratio", "F", &o.valid_user_ratio, 0, 1,
		"share of the users that go to --valid"),
	CLI_STRING(0, "given", "F|K|all-but-K", &o.given,
		"how many pairs of a held-out user go to --input"),
	CLI_FILE(0, "input", &o.input, "file for the given pairs of held-out users"),
	CLI_DOUBLE(0, "valid-ratio", "F", &o.valid_ratio, 0, 1,
		"share of the pairs left for train that goes to --valid, by hash"),
	CLI_DOUBLE(0, "min-value", "X", &o.min_value, -MOST, MOST,
		"filter: drop pairs with a smaller value"),
	CLI_FLAG(0, "binarize", &o.binarize, "filter: set every value to 1"),
	CLI_CHOICE(0, "duplicates", "keep|sum|max|last|fail", &o.duplicates, duplicates_names,
		"filter: how to combine a pair that appears more than once"),
	CLI_DOUBLE(0, "half-life", "DAYS", &o.half_life, 1e-9, MOST,
		"filter: halve each value for every DAYS before --now"),
	CLI_TIME(0, "now", &o.now,
		"the time from which --half-life counts: a date, or seconds since 1970"),
	CLI_U32(0, "min-user", "N", &o.min_user, 1, 4294967295,
		"filter: drop users with fewer pairs"),
	CLI_U32(0, "min-item", "N", &o.min_item, 1, 4294967295,
		"filter: drop items with fewer pairs"),
	CLI_U32(0, "core", "N", &o.core, 1, 4294967295,
		"filter: drop users and items with fewer pairs until all have N"),
	CLI_U32(0, "max-user", "N", &o.max_user, 1, 4294967295,
		"filter: keep only N pairs of a user with more, by hash"),
	CLI_CHOICE(0, "repeats", "drop|keep", &o.repeats, repeats_names,
		"with --after, --last, --last-ratio: test pairs that are in train as well"),
	CLI_CHOICE(0, "warm-only", "user|item|both", &o.warm, warm_names,
		"drop held-out pairs whose user, item or both are not in train"),
	CLI_U32(0, "shards", "N", &o.shards, 1, 65536,
		"write N files, divided by the hash of a label"),
	CLI_U32(0, "parts", "N", &o.parts, 1, 65536,
		"write N files, each a range of users or items, balanced by cost"),
	CLI_CHOICE(0, "by", "user|item", &o.by, side_names,
		"with --shards, --parts: divide users or items"),
	CLI_STRING(0, "to", "TEMPLATE", &o.to, "names of the files, with one %d or %0Nd"),
	CLI_U32(0, "row-cost", "N", &o.row_cost, 0, 1000000000,
		"with --parts: cost of a user or item; each pair costs 1"),
	CLI_FLAG(0, "transpose", &o.transpose,
		"with --parts --by item: write item TAB user, as rec-als --transposed reads "
		"it"),
	CLI_FILE(0, "audit", &o.audit,
		"compare the test set on stdin with this train file; exit 3 on a leak"),
	CLI_COMMON(&o.common),
	CLI_END,
};
/* clang-format on */

/* Options whose value matters to this run, for -v. */
static bool applies(const char *option)
{
	return (strcmp(option, "by") != 0 || o.shards || o.parts) &&
	       (strcmp(option, "row-cost") != 0 || o.parts);
}

static const struct cli_spec spec = {
	.name = "rec-split",
	.summary = "divide interactions into train and held-out pairs, shards or parts",
	.synopsis = "rec-split METHOD --test FILE [filters] [options] < interactions > train",
	.hint = "reads stdin: rec-split --ratio 0.2 --test test.tsv < ratings.tsv",
	.opts = opts,
	.common = &o.common,
	.applies = applies,
};

static void one_method_only(void)
{
	static const char *const method[] = { "ratio",	    "leave",  "last",
					      "last-ratio", "after",  "folds",
					      "user-ratio", "shards", "parts" };
	const char *first = NULL;

	for (size_t i = 0; i < sizeof method / sizeof *method; i++) {
		if (!cli_given(method[i]))
			continue;
		if (first)
			cli_usage("--%s cannot work with --%s", first, method[i]);
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
	if (o.test || o.valid || o.shards || o.parts || rec_filter_any(f))
		cli_usage("--audit cannot work with --test, --valid, --%s or filters",
			  o.parts ? "parts" : "shards");
	if (s->method != REC_SPLIT_NONE && s->method != REC_SPLIT_AFTER &&
	    s->method != REC_SPLIT_LAST && s->method != REC_SPLIT_LAST_RATIO)
		cli_usage("--audit cannot work with a method but --after, --last and --last-ratio");
	if (o.common.binary || o.common.estimate)
		cli_usage("--audit cannot work with --%s",
			  o.common.binary ? "binary: it writes text" : "estimate");
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
		cli_usage("--valid-ratio cannot work with --valid-user-ratio");
	needs("half-life", "now");
	needs("now", "half-life");
	if (!o.parts) {
		needs("to", "shards");
		needs("by", "shards");
	}
	needs("shards", "to");
	needs("shards", "by");
	needs("parts", "to");
	needs("parts", "by");
	needs("row-cost", "parts");
	needs("transpose", "parts");
	if (o.transpose && o.by != 1)
		cli_usage("--transpose needs --by item");
	if (o.folds && o.fold > o.folds)
		cli_usage("--fold: %u is not between 1 and %u", o.fold, o.folds);
	if (cli_given("repeats") && s->method != REC_SPLIT_AFTER && s->method != REC_SPLIT_LAST &&
	    s->method != REC_SPLIT_LAST_RATIO)
		cli_usage("--repeats needs --after, --last or --last-ratio");
	if (o.audit) {
		check_audit_options(s, f);
		return;
	}
	if (o.shards || o.parts) {
		if (o.test || o.valid || rec_filter_any(f) || o.common.output)
			cli_usage("--%s cannot work with --test, --valid, --output or filters; "
				  "filter first, in a pipe",
				  o.parts ? "parts" : "shards");
		return;
	}
	if (splits != (o.test != NULL))
		cli_usage(splits ? "a method needs --test FILE for the held-out rows" :
				   "--test needs a method, such as --ratio 0.2");
	if ((s->valid_ratio > 0 || s->valid_users > 0) != (o.valid != NULL))
		cli_usage("--valid needs --valid-ratio or --valid-user-ratio, and they need it");
	if (!splits && s->valid_ratio <= 0 && !rec_filter_any(f))
		cli_usage("nothing to do: name a method, such as --ratio 0.2 --test FILE, or a "
			  "filter");
	if (s->ratio + s->valid_users > 1)
		cli_usage("--user-ratio and --valid-user-ratio are more than 1 together");
}

static struct rec_split the_split(void)
{
	struct rec_split s = { .seed = o.common.seed,
			       .after = o.after,
			       .fold = o.fold,
			       .keep_repeats = o.repeats == 1 };

	s.warm_user = o.warm == 1 || o.warm == 3;
	s.warm_item = o.warm == 2 || o.warm == 3;
	s.valid_ratio = o.valid_ratio > 0 ? o.valid_ratio : 0;
	s.valid_users = o.valid_user_ratio > 0 ? o.valid_user_ratio : 0;
	s.ratio = o.ratio >= 0	    ? o.ratio :
		  o.last_ratio >= 0 ? o.last_ratio :
		  o.user_ratio >= 0 ? o.user_ratio :
				      0;
	s.count = o.leave ? o.leave : o.last ? o.last : o.folds;
	s.method = cli_given("ratio")	   ? REC_SPLIT_RATIO :
		   o.leave		   ? REC_SPLIT_LEAVE :
		   o.last		   ? REC_SPLIT_LAST :
		   cli_given("last-ratio") ? REC_SPLIT_LAST_RATIO :
		   cli_given("after")	   ? REC_SPLIT_AFTER :
		   o.folds		   ? REC_SPLIT_FOLDS :
		   cli_given("user-ratio") ? REC_SPLIT_USERS :
					     REC_SPLIT_NONE;
	if (o.given && rec_given_parse(&s.given, o.given) != 0)
		cli_usage("--given: '%s' is none of a share such as 0.8, a number, all-but-K",
			  o.given);
	rec_split_prepare(&s);
	return s;
}

static struct rec_filter the_filter(void)
{
	static const enum rec_repeats rule[] = { REC_REPEATS_KEEP, REC_REPEATS_SUM, REC_REPEATS_MAX,
						 REC_REPEATS_LAST, REC_REPEATS_FAIL };

	return (struct rec_filter){
		.use_min_value = cli_given("min-value"),
		.min_value = o.min_value,
		.binarize = o.binarize,
		.repeats = rule[o.duplicates],
		.half_life = o.half_life > 0 ? o.half_life * 86400 : 0,
		.now = o.now,
		.min_user = o.min_user,
		.min_item = o.min_item,
		.core = o.core,
		.max_user = o.max_user,
		.seed = o.common.seed,
	};
}

/*
 * Bytes: of a run that passes rows on, of a thread and an output then; of a row
 * that is held and of one that filters rebuild, of a label in the table.
 */
enum {
	PASSING = 8 << 20,
	PASSING_THREAD = 4 << 20,
	TEXT_OUTPUT = 2 << 20,
	BINARY_OUTPUT = 12 << 20,
	HELD_ROW = 60,
	FILTERED_ROW = 100,
	HELD_LABEL = 136
};

static uint64_t passing_bytes(const struct rec_run *run)
{
	uint64_t outputs = o.shards ? o.shards :
			   o.parts  ? 2 :
				      1 + (uint64_t)(o.test != NULL) + (o.valid != NULL) +
					      (o.input != NULL);

	return PASSING + rec_pool_size(run->pool) * (uint64_t)PASSING_THREAD +
	       outputs * (o.common.binary ? BINARY_OUTPUT : TEXT_OUTPUT);
}

static int count_rows(uint64_t *n, const struct rec_run *run, struct rec_err *e)
{
	struct rec_rows *rows = NULL;
	const struct rec_row *row;
	size_t some;
	int got = cli_load_rows(&rows, "interactions", 0, run, e);

	if (got == 0)
		while ((got = rec_rows_next(rows, &row, &some, e)) == 1)
			;
	*n = rows ? rec_rows_count(rows) : 0;
	rec_rows_close(rows);
	return got;
}

/*
 * Reads the input: rows that pass are counted, rows that would be held are
 * held.
 */
static int estimate(bool held, bool filtered, const struct rec_run *run, struct rec_err *e)
{
	uint64_t bytes = passing_bytes(run), rows = 0;
	struct cli_amount amount[] = { { "rows", 0 }, { NULL, 0 } };
	struct rec_sparse m = { 0 };
	int rc = held ? cli_load_all_rows(&m, NULL, NULL, false, run, e) :
			count_rows(&rows, run, e);

	if (rc == 0 && held) {
		rows = m.digest.cells;
		bytes += rows * (filtered ? FILTERED_ROW : HELD_ROW) +
			 ((uint64_t)m.row.n + m.col.n) * HELD_LABEL;
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
	const struct split_files files = { { o.common.output, o.test, o.valid, o.input },
					   o.common.binary };
	const struct split_shards shards = { o.shards, o.by == 1, o.to, o.common.binary };
	const struct split_parts parts = { o.parts,    o.by == 1, o.transpose,
					   o.row_cost, o.to,	  o.common.binary };
	const struct split_claim claim = { cli_given("after"), o.last || o.last_ratio >= 0 };
	struct rec_split s = the_split();
	struct rec_filter f = the_filter();
	struct rec_run *r;
	bool passes;

	check_options(&s, &f);
	if (cli_run(&r, e) != 0)
		return -1;
	passes = !o.audit && !o.parts && !rec_filter_any(&f) && (o.shards || rec_split_by_row(&s));
	if (o.common.estimate)
		return estimate(!passes || (o.given && s.method == REC_SPLIT_USERS),
				rec_filter_any(&f) || o.given || o.parts, r, e);
	if (o.audit)
		return split_audit(o.audit, o.common.output, claim, r, e);
	if (o.shards)
		return split_shards(&shards, r, e);
	if (o.parts)
		return split_parts(&parts, r, e);
	return passes ? split_pass(&files, &s, r, e) : split_hold(&files, &s, &f, r, e);
}

int main(int argc, char **argv)
{
	struct rec_err e = { 0 };

	cli_parse(&spec, argc, argv);
	return run(&e) == 0 ? CLI_OK : cli_fail(&e);
}
