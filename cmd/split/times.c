/* SPDX-License-Identifier: MIT */
/* cmd/split/times.c - times and their units; see cmd/split/times.h. */
#include <stdbool.h>
#include <stdio.h>

#include "cmd/cli/cli.h"
#include "cmd/cli/load.h"
#include "cmd/split/times.h"
#include "io/num.h"
#include "io/unit.h"
#include "io/when.h"

struct number {
	char text[REC_NUM_MAX + 1];
};

static struct number text_of(double x)
{
	struct number n;

	n.text[rec_num_put_f64(n.text, x)] = '\0';
	return n;
}

struct split_times split_times_of(const struct rec_sparse *m)
{
	struct split_times t = { 0 };

	for (uint64_t i = 0; m->m.time && i < m->m.nnz; i++)
		split_times_add(&t, m->m.time[i]);
	return t;
}

void split_times_tell(const struct split_times *t)
{
	cli_tell_mixed_times(t->n, t->large);
}

/*
 * The unit of all times. If the smallest has no known unit (such as 0 for a
 * missing time), the unit of the largest.
 */
static enum rec_unit unit_of(const struct split_times *t)
{
	enum rec_unit u = rec_unit_of(t->lo, t->hi);

	return u == REC_UNIT_NONE && rec_unit_of(t->lo, t->lo) == REC_UNIT_NONE ?
		       rec_unit_of(t->hi, t->hi) :
		       u;
}

/* "; times look like ...: give --after ...", or an empty string. */
static void advice(char *out, size_t n, const struct split_times *t, double after)
{
	enum rec_unit theirs = unit_of(t), ours = rec_unit_of(after, after);
	double x = rec_unit_from_seconds(theirs, rec_unit_seconds(ours, after));

	out[0] = '\0';
	if (theirs == ours || theirs == REC_UNIT_NONE || ours == REC_UNIT_NONE)
		return;
	snprintf(out, n, "; times look like %s, --after like %s: give --after %s",
		 rec_unit_name(theirs), rec_unit_name(ours), text_of(x).text);
}

int split_times_fail_after(const struct split_times *t, double after, bool train_empty,
			   struct rec_err *e)
{
	const char *which = train_empty ? "is left for train" : "was held out for --test",
		   *where = train_empty ? "at or after" : "before";
	char more[160];

	advice(more, sizeof more, t, after);
	if (t->n == 1)
		return rec_err_set(e, REC_EDATA,
				   "no row %s: the only one (time %s) is %s --after %s%s", which,
				   text_of(t->lo).text, where, text_of(after).text, more);
	return rec_err_set(e, REC_EDATA,
			   "no row %s: all %llu are %s --after %s (times from %s to %s)%s", which,
			   (unsigned long long)t->n, where, text_of(after).text,
			   text_of(t->lo).text, text_of(t->hi).text, more);
}

static bool surely_no_seconds(enum rec_unit u)
{
	return u != REC_UNIT_NONE && u != REC_UNIT_S && u != REC_UNIT_DAYS;
}

int split_times_check_decay(const struct split_times *t, double now, double half_life,
			    struct rec_err *e)
{
	enum rec_unit theirs = unit_of(t), ours = rec_unit_of(now, now);

	if (t->n == 0)
		return 0;
	if (theirs == ours && surely_no_seconds(theirs))
		return rec_err_set(e, REC_EDATA,
				   "the times and --now look like %s, and --half-life counts days "
				   "of 86400 seconds; make them seconds: "
				   "rec-cat --time-format",
				   rec_unit_name(theirs));
	if (theirs != ours && theirs != REC_UNIT_NONE && ours != REC_UNIT_NONE &&
	    (surely_no_seconds(theirs) || surely_no_seconds(ours)))
		return rec_err_set(e, REC_EDATA,
				   "the times look like %s (%s to %s), --now %s like %s; "
				   "--half-life counts seconds since 1970, which "
				   "rec-cat --time-format makes of others",
				   rec_unit_name(theirs), text_of(t->lo).text, text_of(t->hi).text,
				   text_of(now).text, rec_unit_name(ours));
	if (now - t->lo < half_life / 100 && now >= t->lo)
		cli_note("the oldest time is %s seconds before --now, a hundredth of --half-life "
			 "or less: nothing decays; are times in seconds?",
			 text_of(now - t->lo).text);
	return 0;
}

void split_times_tell_two(const struct split_times *train, const struct split_times *test)
{
	enum rec_unit a = unit_of(train), b = unit_of(test);

	if (train->n > 0 && test->n > 0 && a != b && a != REC_UNIT_NONE && b != REC_UNIT_NONE)
		cli_note("the times of train look like %s, those of test like %s", rec_unit_name(a),
			 rec_unit_name(b));
}
