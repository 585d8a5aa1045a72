/* SPDX-License-Identifier: MIT */
/* cmd/split/audit.c - what a test set shares with its train set. */
#include "cmd/split/audit.h"

#include "base/mem.h"
#include "cmd/cli/load.h"
#include "cmd/cli/side.h"
#include "cmd/split/times.h"
#include "data/audit.h"

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
		{ "older-than-own", "of those, older than the newest train row of their user",
		  a->older_than_own },
		{ "older-than-any", "test rows older than the newest train row of all",
		  a->older_than_any },
	};
	struct rec_buf b = { 0 };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof line / sizeof *line; i++)
		rc = rec_buf_printf(&b, e, "%s\t%llu\t%s\n", line[i].key,
				    (unsigned long long)line[i].n, line[i].meaning);
	if (rc == 0)
		rc = rec_out_write(out, b.p, b.n, e);
	rec_buf_free(&b);
	return rc;
}

/*
 * Shared pairs are a leak under any protocol. Old test rows are a leak only if
 * the split claims to have none.
 */
static int verdict(const struct rec_audit *a, struct split_claim claim, struct rec_err *e)
{
	if (a->shared_pairs > 0)
		return rec_err_set(e, REC_EGATE, "%llu test pair%s in train too",
				   (unsigned long long)a->shared_pairs,
				   a->shared_pairs == 1 ? " is" : "s are");
	if (claim.after_all && a->older_than_any > 0)
		return rec_err_set(e, REC_EGATE, "%llu test row%s older than the newest train row",
				   (unsigned long long)a->older_than_any,
				   a->older_than_any == 1 ? " is" : "s are");
	if (claim.after_own && a->older_than_own > 0)
		return rec_err_set(e, REC_EGATE,
				   "%llu test row%s older than the newest train row of the user",
				   (unsigned long long)a->older_than_own,
				   a->older_than_own == 1 ? " is" : "s are");
	return 0;
}

/* Refuse empty inputs: nothing can leak, so their audit would always pass. */
static int check_inputs(const char *path, const struct rec_sparse *train,
			const struct rec_sparse *test, struct rec_err *e)
{
	struct cli_side side = { "audit", path, train, true };

	if (test->m.nnz == 0)
		return rec_err_set(e, REC_EDATA, "the input is empty: nothing to audit");
	if (cli_side_filled(&side, e) != 0)
		return -1;
	side.fail = false;
	if (rec_labels_meet(&train->row, &test->row) || rec_labels_meet(&train->col, &test->col))
		return 0;
	return cli_side_apart(&side, "no user and no item of it is on stdin", &train->row,
			      &test->row, "on stdin", e);
}

int split_audit(const char *train_path, const char *output, struct split_claim claim,
		const struct rec_run *run, struct rec_err *e)
{
	struct rec_sparse train = { 0 }, test = { 0 };
	struct rec_audit a;
	struct rec_out *out;
	int rc;

	rc = cli_out(&out, output, false, e);
	if (rc == 0)
		rc = cli_load_all_rows(&train, train_path, "train",
				       claim.after_all || claim.after_own, run, e);
	if (rc == 0)
		rc = cli_load_all_rows(&test, NULL, "test", claim.after_all || claim.after_own, run,
				       e);
	if (rc == 0) {
		struct split_times old = split_times_of(&train), new = split_times_of(&test);

		split_times_tell_two(&old, &new);
	}
	if (rc == 0)
		rc = check_inputs(train_path, &train, &test, e);
	if (rc == 0)
		rc = rec_audit(&a, &train, &test, e);
	if (rc == 0)
		rc = print_audit(out, &a, e);
	rec_sparse_free(&train);
	rec_sparse_free(&test);
	if (rc == 0)
		rc = cli_commit(e);
	return rc == 0 ? verdict(&a, claim, e) : -1;
}
