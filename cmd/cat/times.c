/* SPDX-License-Identifier: MIT */
/* cmd/cat/times.c - units and formats of times; see cmd/cat/times.h. */
#include "cmd/cat/times.h"

#include <stdio.h>
#include <string.h>

#include "cmd/cli/cli.h"
#include "io/num.h"
#include "io/unit.h"
#include "rows/write.h"

enum { DIGITS = 64 };	/* of a time that is read again, more than a double keeps */

static const struct {
	const char *name;
	enum rec_unit unit;
	int power;		/* of ten in a second */
} units[] = { { "s", REC_UNIT_NONE, 0 },
	      { "ms", REC_UNIT_MS, 3 },
	      { "us", REC_UNIT_US, 6 },
	      { "ns", REC_UNIT_NS, 9 },
	      { "days", REC_UNIT_DAYS, 0 } };

struct cat_times cat_times_of(const char *format, bool csv)
{
	struct cat_times t = { 0 };
	struct rec_err e = { 0 };

	if (!format)
		return t;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (strcmp(format, units[i].name) == 0) {
			t.unit = units[i].unit;
			return t;
		}
	if (strcmp(format, "iso") != 0 && !strchr(format, '%'))
		cli_usage("--time-format: '%s' is none of s, ms, us, ns, days, iso, nor a format "
			  "such as '%%Y-%%m-%%d %%H:%%M:%%S'",
			  format);
	if (strcmp(format, "iso") != 0 && rec_when_check(format, &e) != 0)
		cli_usage("--time-format: %s", e.msg);
	if (!csv)
		cli_usage("--time-format: times as text are read from csv: --from csv (-d '\\t' "
			  "where TABs separate the fields)");
	t.text = format;
	return t;
}

/*
 * A number whose digits a double does not hold: the point moves before it is
 * read.
 */
static bool move_point(struct rec_row *row, int power, bool *lost)
{
	char buf[REC_NUM_MAX], text[DIGITS + 8];
	size_t n;
	const char *s = rec_row_field(row, 4, buf, &n);

	if (n > DIGITS || memchr(s, 'e', n) || memchr(s, 'E', n))
		return false;
	return rec_num_time(text, (size_t)snprintf(text, sizeof text, "%.*se-%d", (int)n, s, power),
			    &row->time, lost) == REC_NUM_OK;
}

void cat_times_row(struct cat_times *t, struct rec_row *row)
{
	bool lost = row->has & REC_LOST_TIME, cut = false;
	int power = 0;

	if (!(row->has & REC_HAS_TIME) || t->unit == REC_UNIT_NONE)
		return;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (units[i].unit == t->unit)
			power = units[i].power;
	if (!lost || power == 0 || !move_point(row, power, &cut)) {
		cut = lost;
		row->time = rec_unit_seconds(t->unit, row->time);
	}
	row->has &= ~(unsigned)REC_LOST_TIME;
	t->cut += cut;
}

void cat_times_tell(const struct cat_times *t)
{
	if (t->cut)
		cli_note("%llu time%s more digits than seconds can hold (about a tenth of "
			 "a microsecond)",
			 (unsigned long long)t->cut, t->cut == 1 ? " has" : "s have");
}
