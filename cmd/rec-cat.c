/* SPDX-License-Identifier: MIT */
/*
 * rec-cat - the door: converts, inspects, verifies, concatenates, merges.
 *
 * A conversion goes one of three ways: rows one by one, or one dense matrix
 * (cmd/cat/convert.c); or, recmat to recmat, whole blocks as they are
 * (cmd/cat/merge.c).
 */
#include <string.h>

#include "cmd/cat/convert.h"
#include "cmd/cat/inspect.h"
#include "cmd/cat/merge.h"
#include "cmd/cat/times.h"

static const char *const label_sides[] = { "none", "row", "col", NULL };
static const char *const duplicates_names[] = { "fail", "sum", "max", "last", NULL };
static const char *const quote_names[] = { "double", "none", NULL };
static const char *const empty_names[] = { "fail", "1", "skip", NULL };

static struct cat_options o = { .tag = "recpipe", .common = CLI_COMMON_INIT };

/* clang-format off */
static const struct cli_opt opts[] = {
	CLI_CHOICE(0, "from", "FORMAT", &o.from, cat_formats,
		"format of the input; auto tells text, gzip and recmat apart by their first "
		"bytes"),
	CLI_CHOICE(0, "to", "FORMAT", &o.to, cat_formats,
		"format of the output; auto is tsv, or recmat with -b"),
	CLI_STRING('d', "delimiter", "DELIM", &o.delimiter,
		"csv, wide: one or more bytes between fields, such as ::; \\t is TAB, blanks "
		"is any run of them"),
	CLI_STRING('f', "columns", "COLS", &o.columns,
		"csv: the columns of row, column, value, time by number or name, such as "
		"2,1,3 or user,item,,date"),
	CLI_FLAG(0, "header", &o.header, "csv: the first line names the columns"),
	CLI_CHOICE(0, "quote", "double|none", &o.quote, quote_names,
		"csv: fields may be in double quotes, or a quote is a byte like any other"),
	CLI_CHOICE(0, "empty", "fail|1|skip", &o.empty, empty_names,
		"csv: a missing value (empty, NULL, NA ...) is an error, is 1, or removes "
		"the line"),
	CLI_STRING(0, "replace-breaks", "TEXT", &o.breaks,
		"csv: put TEXT where a label holds a TAB or a line break; otherwise that is "
		"an error"),
	CLI_STRING(0, "time-format", "FORMAT", &o.time_format,
		"convert times to seconds since 1970, from ms, us, ns, days, or, in csv, iso "
		"or a form such as '%d/%m/%Y %H:%M'"),
	CLI_FLAG(0, "rank", &o.rank,
		"replace values by 1/position in the row, for lists in rank order without "
		"scores"),
	CLI_STRING(0, "block", "NAME", &o.block,
		"select this block of a model, or name a dense block"),
	CLI_FLAG(0, "merge", &o.merge, "join parts or shards to one canonical matrix or one model"),
	CLI_CHOICE(0, "duplicates", "fail|sum|max|last", &o.duplicates, duplicates_names,
		"--merge: how to combine a pair that appears more than once"),
	CLI_FLAG(0, "info", &o.info, "print what the input holds, as key TAB value"),
	CLI_FLAG(0, "verify", &o.verify, "read everything with every check; exit 1 on damage"),
	CLI_CHOICE(0, "labels", "row|col", &o.labels, label_sides,
		"print the row or column labels, in byte order"),
	CLI_FILE(0, "row-labels", &o.row_labels,
		"mtx, npy, libsvm: row labels, one a line; read with --from, written with "
		"--to"),
	CLI_FILE(0, "col-labels", &o.col_labels, "mtx, npy, libsvm: column labels"),
	CLI_STRING(0, "tag", "TEXT", &o.tag, "trec-run: the last field"),
	CLI_COMMON_AS(&o.common, CLI_BINARY_HELP, NULL, CLI_TRUST_HELP),
	CLI_END,
};
/* clang-format on */

static const struct cli_spec spec = {
	.name = "rec-cat",
	.summary = "convert, inspect, verify, concatenate and merge matrices and models",
	.synopsis = "rec-cat [options] [FILE ...]",
	.operands = "FILE",
	.opts = opts,
	.common = &o.common,
	.extra = "formats: tsv recmat csv mtx npy libsvm labelled wide word2vec trec-run "
		 "trec-qrels factors\n",
};

static int inspect(struct cat_inputs *inputs, const struct rec_run *run, struct rec_err *e)
{
	struct cat_look look = { .flags = (o.common.trust ? REC_ROWS_TRUST : 0) |
					  (o.from == CAT_TSV ? REC_ROWS_ANYHOW : 0),
				 .run = run };
	struct rec_out *out;
	int rc = cli_out(&out, o.common.output, false, e);

	for (size_t i = 0; rc == 0 && i < inputs->n; i++) {
		look.in = cat_take(inputs, i);
		look.recmat = inputs->recmat[i];
		rc = o.info   ? cat_info(out, &look, e) :
		     o.verify ? cat_verify(out, &look, e) :
				cat_labels(out, &look, o.labels == 2, o.block, e);
	}
	return rc;
}

static bool format_is(const char *name)
{
	return strcmp(cat_formats[o.from], name) == 0 || strcmp(cat_formats[o.to], name) == 0;
}

/* A label file is read by --from, or written by --to. */
static void check_labels(const char *option, const char *file, unsigned side, const char *formats)
{
	const struct rec_foreign *from = cat_format(o.from), *to = cat_format(o.to);
	bool reads = from && from->reads_labels & side, writes = to && to->loses & side;

	if (file && !reads && !writes)
		cli_usage("--%s is for %s", option, formats);
	if (file && reads && writes)
		cli_usage("--%s would be read for --from %s and written for --to %s: convert in "
			  "two steps",
			  option, from->name, to->name);
}

/* An option that nobody would look at is a mistake. */
static void check_format_options(void)
{
	bool inspects = o.info || o.verify || o.labels;

	if (o.delimiter && !format_is("csv") && !format_is("wide"))
		cli_usage("--delimiter is for csv and wide");
	if (cli_given("tag") && !format_is("trec-run"))
		cli_usage("--tag is for trec-run");
	check_labels("row-labels", o.row_labels, REC_LOSES_ROWS, "mtx, npy and libsvm");
	check_labels("col-labels", o.col_labels, REC_LOSES_COLUMNS,
		     "mtx and libsvm, and for writing npy, word2vec and factors");
	if (inspects && (o.common.binary || o.to || o.common.estimate))
		cli_usage(
			"--info, --verify and --labels write text: no --binary, --to, --estimate");
	if (o.block && !rec_block_name_ok(o.block))
		cli_usage("--block: '%s' cannot be the name of a block: at most 31 printable "
			  "characters without blanks, such as item",
			  o.block);
	if (o.block && (o.info || o.verify || o.merge))
		cli_usage("--block cannot work with --info, --verify, --merge");
}

static void check_options(void)
{
	if (o.info + o.verify + o.merge + (o.labels > 0) > 1)
		cli_usage("--info, --verify, --labels and --merge cannot work with one another");
	if ((o.info || o.verify || o.labels || o.merge) && (o.from > CAT_RECMAT || o.rank))
		cli_usage("--from and --rank are for conversions");
	if (o.time_format && (o.info || o.verify || o.labels || o.merge))
		cli_usage("--time-format is for conversions");
	(void)cat_times_of(o.time_format, strcmp(cat_formats[o.from], "csv") == 0);
	if (cli_given("duplicates") && !o.merge)
		cli_usage("--duplicates needs --merge");
	if (o.common.binary && o.to && o.to != CAT_RECMAT)
		cli_usage("--binary cannot work with --to %s", cat_formats[o.to]);
	check_format_options();
	if ((o.columns || o.header) && !format_is("csv"))
		cli_usage("--columns and --header are for csv");
	if (cli_given("quote") && !format_is("csv"))
		cli_usage("--quote is for csv");
	if ((cli_given("empty") || o.breaks) && strcmp(cat_formats[o.from], "csv") != 0)
		cli_usage("--empty and --replace-breaks are for --from csv");
	if (o.breaks && (strchr(o.breaks, '\t') || strchr(o.breaks, '\n')))
		cli_usage("--replace-breaks: TEXT holds a TAB or line break itself");
}

typedef int way_fn(const struct cat_options *o, struct cat_inputs *inputs,
		   const struct rec_run *run, struct rec_err *e);

/* The way through that options and inputs ask for. */
static way_fn *the_way(const struct cat_inputs *inputs)
{
	bool whole_blocks = inputs->all_recmat && cat_to_recmat(&o) && !o.rank && !o.block &&
			    !o.time_format;

	if (o.merge)
		return o.common.estimate ? cat_estimate_merge : cat_merge;
	if (whole_blocks)
		return o.common.estimate ? cat_estimate_pass : cat_pass_blocks;
	return o.common.estimate ? cat_estimate_convert : cat_convert;
}

static int run(struct rec_err *e)
{
	struct cat_inputs inputs = { 0 };
	struct rec_run *r;
	int rc;

	check_options();
	if (cli_run(&r, e) != 0)
		return -1;
	cli_phase("convert");
	rc = cat_inputs_open(&inputs, &o, e);
	if (rc == 0)
		rc = o.info || o.verify || o.labels ? inspect(&inputs, r, e) :
						      the_way(&inputs)(&o, &inputs, r, e);
	cat_inputs_free(&inputs);
	return rc == 0 ? cli_commit(e) : -1;
}

int main(int argc, char **argv)
{
	struct rec_err e = { 0 };

	cli_parse(&spec, argc, argv);
	return run(&e) == 0 ? CLI_OK : cli_fail(&e);
}
