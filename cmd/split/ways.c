/* SPDX-License-Identifier: MIT */
/*
 * cmd/split/ways.c - rows are passed on one by one (pass), or held as a matrix
 * (hold).
 */
#include "cmd/split/ways.h"

#include <stdlib.h>

#include "base/mem.h"
#include "cmd/cli/load.h"
#include "cmd/split/sink.h"
#include "cmd/split/times.h"
#include "io/num.h"
#include "matrix/collect.h"
#include "rows/write.h"

/* Outputs of a split by side. out is NULL for a side without a file. */
struct outputs {
	struct split_sink to[REC_DROPPED + 1];
	bool binary;
};

static int open_outputs(struct outputs *out, const struct split_files *files, struct rec_err *e)
{
	*out = (struct outputs){ .binary = files->binary };
	for (int side = REC_TRAIN; side <= REC_INPUT; side++)
		if (side == REC_TRAIN || files->path[side])
			if (split_sink_open(&out->to[side], files->path[side], files->binary, e) !=
			    0)
				return -1;
	return 0;
}

static void free_outputs(struct outputs *out)
{
	for (int side = REC_TRAIN; side <= REC_INPUT; side++)
		split_sink_free(&out->to[side]);
}

static const char *why_empty(const struct rec_split *s)
{
	if (s->method == REC_SPLIT_AFTER)
		return "is all of it dropped (see --repeats, --warm-only)?";
	if (s->count > 0 && s->method != REC_SPLIT_FOLDS)
		return "does every user have so few pairs?";
	return "try another --seed or a larger share";
}

static const char *why_no_train(const struct rec_split *s)
{
	if (s->method == REC_SPLIT_NONE)
		return "take a smaller --valid-ratio or another --seed";
	if (s->method == REC_SPLIT_FOLDS || s->method == REC_SPLIT_USERS ||
	    s->method == REC_SPLIT_RATIO)
		return "take a smaller share or another --seed";
	return "is all of it held out by --valid-ratio?";
}

static int check_not_empty(const uint64_t rows[], const struct rec_split *s,
			   const struct split_times *t, struct rec_err *e)
{
	bool splits = s->method != REC_SPLIT_NONE || s->valid_ratio > 0;
	uint64_t all = 0;

	for (int side = 0; side <= REC_DROPPED; side++)
		all += rows[side];
	if (all > 0 && s->method == REC_SPLIT_AFTER && (t->hi < s->after || t->lo >= s->after))
		return split_times_fail_after(t, s->after, t->lo >= s->after, e);
	if (all > 0 && splits && rows[REC_TRAIN] == 0)
		return rec_err_set(e, REC_EDATA, "no row of %llu is left for train; %s",
				   (unsigned long long)all, why_no_train(s));
	if (all > 0 && s->method != REC_SPLIT_NONE && rows[REC_TEST] == 0)
		return rec_err_set(e, REC_EDATA, "no row was held out for --test; %s",
				   why_empty(s));
	if (all > 0 && (s->valid_ratio > 0 || s->valid_users > 0) && rows[REC_VALID] == 0)
		return rec_err_set(
			e, REC_EDATA,
			"no row was held out for --valid; try another --seed or a larger share");
	return 0;
}

static void tell_rows(const uint64_t rows[])
{
	static const char *const key[] = { "rows.train", "rows.test", "rows.valid", "rows.input",
					   "rows.dropped" };
	uint64_t all = 0;

	for (int side = 0; side <= REC_DROPPED; side++) {
		cli_stat_u64(key[side], rows[side]);
		all += rows[side];
	}
	cli_stat_u64("rows", all);
	if (all == 0)
		cli_note("the input is empty: nothing to split");
	cli_verbose("rows: train %llu, test %llu, valid %llu, input %llu, dropped %llu",
		    (unsigned long long)rows[REC_TRAIN], (unsigned long long)rows[REC_TEST],
		    (unsigned long long)rows[REC_VALID], (unsigned long long)rows[REC_INPUT],
		    (unsigned long long)rows[REC_DROPPED]);
}

static void tell_counts(const struct rec_split_counts *c, const struct rec_split *s)
{
	if (c->users_short)
		cli_note(s->method == REC_SPLIT_USERS ?
				 "%llu held-out user%s with too few pairs left out (rows: %llu)" :
				 "%llu user%s with too few pairs left wholly in train",
			 (unsigned long long)c->users_short, cli_s(c->users_short),
			 (unsigned long long)c->rows_left_out);
	if (c->repeats_dropped)
		cli_note("%llu test row%s dropped whose pair is already in train (not with "
			 "--repeats keep)",
			 (unsigned long long)c->repeats_dropped, cli_s(c->repeats_dropped));
	if (c->cold_dropped)
		cli_note("%llu held-out row%s dropped by --warm-only",
			 (unsigned long long)c->cold_dropped, cli_s(c->cold_dropped));
}

/* Write the cells of each side of a held matrix. */
static int write_sides(struct outputs *out, const struct rec_sparse *m, const unsigned char *side,
		       bool train_too, const struct rec_run *run, struct rec_err *e)
{
	for (int which = train_too ? REC_TRAIN : REC_TEST; which <= REC_INPUT; which++) {
		struct rec_sparse part = { 0 };
		int rc;

		if (!out->to[which].out)
			continue;
		split_sink_free(&out->to[which]);	/* replaced by one canonical block */
		rc = rec_split_take(&part, m, side, (enum rec_side)which, run->pool, e);
		if (rc == 0)
			rc = rec_sparse_write(out->to[which].out, &part, out->binary, "", NULL,
					      run->pool, e);
		rec_sparse_free(&part);
		if (rc != 0)
			return -1;
	}
	return 0;
}

/* Assign a side to each cell. Write all sides, or all except train. */
static int split_held(struct outputs *out, const struct rec_sparse *m, const struct rec_split *s,
		      struct rec_split_counts *c, bool train_too, const struct rec_run *run,
		      struct rec_err *e)
{
	unsigned char *side = rec_alloc(m->m.nnz, 1, e);
	int rc = -1;

	if (side && rec_split_assign(side, c, s, m, e) == 0)
		rc = write_sides(out, m, side, train_too, run, e);
	free(side);
	return rc;
}

/*
 * True if this is a row of a held-out user and some of that user's rows are
 * given as input: all rows of the user must be known first. (VALID may also be
 * drawn row by row by --valid-ratio; such rows do not wait.)
 */
static bool waits(const struct rec_split *s, enum rec_side side)
{
	if (s->method != REC_SPLIT_USERS || s->given.kind == REC_GIVEN_NONE)
		return false;
	return side == REC_TEST || (side == REC_VALID && s->valid_users > 0);
}

static int wide_time(const struct rec_rows *rows, size_t i, const struct rec_row *row,
		     struct rec_err *e)
{
	struct rec_lost l = { 0 };
	char buf[REC_NUM_MAX];
	size_t n;
	const char *s = rec_row_field(row, 4, buf, &n);

	rec_lost_time(&l, "", 0, 4, s, n, row->time);
	return rec_rows_fail(rows, i, 4, e, "'%s' %s", l.time.written, REC_LOST_WIDE);
}

/*
 * For methods that need only one row at a time. Rows of held-out users are held
 * if some of them are given as input.
 */
static int pass_rows(struct outputs *out, struct rec_rows *rows, struct rec_collect *hold,
		     const struct rec_split *s, uint64_t count[], struct split_times *times,
		     struct rec_err *e)
{
	const struct rec_row *row;
	size_t n;
	int got;

	while ((got = rec_rows_next(rows, &row, &n, e)) == 1)
		for (size_t i = 0; i < n; i++) {
			enum rec_side side;

			if (s->method == REC_SPLIT_AFTER && !(row[i].has & REC_HAS_TIME))
				return rec_rows_fail(
					rows, i, 0, e,
					"no time (a fourth field), which --after needs");
			if (s->method == REC_SPLIT_AFTER && (row[i].has & REC_LOST_TIME) &&
			    rec_time_is_wide(row[i].time))
				return wide_time(rows, i, &row[i], e);
			side = rec_split_row(s, &row[i]);
			if (s->method == REC_SPLIT_AFTER)
				split_times_add(times, row[i].time);
			if (waits(s, side)) {
				if (rec_collect_add(hold, &row[i], e) != 0)
					return -1;
				continue;
			}
			count[side]++;
			if (out->to[side].out && split_sink_row(&out->to[side], &row[i], e) != 0)
				return -1;
		}
	return got;
}

static int finish_held_users(struct outputs *out, const struct rec_collect *hold,
			     const struct rec_split *s, uint64_t count[], const struct rec_run *run,
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

int split_pass(const struct split_files *files, const struct rec_split *s,
	       const struct rec_run *run, struct rec_err *e)
{
	uint64_t count[REC_DROPPED + 1] = { 0 };
	struct rec_collect hold = { 0 };
	struct rec_rows *rows = NULL;
	struct split_times times = { 0 };
	struct outputs out;
	int rc = -1;

	cli_phase("split");
	if (open_outputs(&out, files, e) == 0 &&
	    cli_load_rows(&rows, "interactions", 0, run, e) == 0)
		rc = pass_rows(&out, rows, &hold, s, count, &times, e);
	if (rc == 0)
		rc = finish_held_users(&out, &hold, s, count, run, e);
	split_times_tell(&times);
	if (rc == 0)
		rc = check_not_empty(count, s, &times, e);
	for (int side = REC_TRAIN; rc == 0 && side <= REC_INPUT; side++)
		rc = split_sink_end(&out.to[side], e);
	if (rc == 0)
		tell_rows(count);
	if (rc == 0 && (files->binary || hold.n > 0))
		cli_tell_lost(rec_rows_lost(rows));
	free_outputs(&out);
	rec_collect_free(&hold);
	rec_rows_close(rows);
	return rc == 0 ? cli_commit(e) : -1;
}

static void tell_filter(const struct rec_filter_counts *c)
{
	cli_stat_u64("filter.rows.in", c->rows_in);
	cli_stat_u64("filter.rows.out", c->rows_out);
	cli_verbose("filters: rows %llu of %llu; below --min-value %llu, too few pairs: users "
		    "%llu, items %llu; users thinned %llu",
		    (unsigned long long)c->rows_out, (unsigned long long)c->rows_in,
		    (unsigned long long)c->low_value, (unsigned long long)c->users_few,
		    (unsigned long long)c->items_few, (unsigned long long)c->users_thinned);
}

static void tell_decay(const struct rec_filter_counts *c)
{
	if (c->became_0)
		cli_note("%llu of %llu value%s %s 0 after --half-life",
			 (unsigned long long)c->became_0, (unsigned long long)c->rows_in,
			 cli_s(c->rows_in), c->became_0 == 1 ? "is" : "are");
	if (c->after_now)
		cli_note("%llu of %llu time%s %s after --now: %s", (unsigned long long)c->after_now,
			 (unsigned long long)c->rows_in, cli_s(c->rows_in),
			 c->after_now == 1 ? "is" : "are",
			 c->after_now == 1 ? "its value grows" : "their values grow");
}

/* Takes over m. */
static int apply_filter(struct rec_sparse *m, const struct rec_filter *f, const struct rec_run *run,
			struct rec_err *e)
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
	tell_decay(&c);
	if (c.rows_in > 0 && c.rows_out == 0)
		return rec_err_set(e, REC_EDATA, "the filters leave no row of %llu",
				   (unsigned long long)c.rows_in);
	return 0;
}

static bool compares_times(const struct rec_split *s, const struct rec_filter *f)
{
	bool by_time = s->method == REC_SPLIT_AFTER || s->method == REC_SPLIT_LAST ||
		       s->method == REC_SPLIT_LAST_RATIO;

	return by_time || f->half_life > 0 || f->repeats == REC_REPEATS_LAST;
}

int split_hold(const struct split_files *files, const struct rec_split *s,
	       const struct rec_filter *f, const struct rec_run *run, struct rec_err *e)
{
	struct rec_split_counts c = { 0 };
	struct rec_sparse m = { 0 };
	struct split_times times = { 0 };
	struct outputs out = { 0 };
	int rc;

	cli_phase("read");
	rc = open_outputs(&out, files, e);
	if (rc == 0)
		rc = cli_load_all_rows(&m, NULL, NULL, compares_times(s, f), run, e);
	if (rc == 0 && compares_times(s, f)) {
		times = split_times_of(&m);
		split_times_tell(&times);
	}
	if (rc == 0 && f->half_life > 0)
		rc = split_times_check_decay(&times, f->now, f->half_life, e);
	if (rc == 0)
		rc = apply_filter(&m, f, run, e);
	times = rc == 0 && s->method == REC_SPLIT_AFTER ? split_times_of(&m) : times;
	cli_phase("split");
	if (rc == 0)
		rc = split_held(&out, &m, s, &c, true, run, e);
	if (rc == 0)
		rc = check_not_empty(c.rows, s, &times, e);
	if (rc == 0) {
		tell_counts(&c, s);
		tell_rows(c.rows);
	}
	free_outputs(&out);
	rec_sparse_free(&m);
	return rc == 0 ? cli_commit(e) : -1;
}
