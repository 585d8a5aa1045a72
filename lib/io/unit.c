/* SPDX-License-Identifier: MIT */
#include "io/unit.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/when.h"

static bool as_date(double t, bool with_time, double *seconds)
{
	int64_t n = t >= 0 && t < 1e15 && t == floor(t) ? (int64_t)t : -1, of_day = 0;

	if (n >= 0 && with_time) {
		int64_t clock = n % 1000000;

		if (clock / 10000 > 23 || clock / 100 % 100 > 59 || clock % 100 > 60)
			return false;
		of_day = clock / 10000 * 3600 + clock / 100 % 100 * 60 + clock % 100;
		n /= 1000000;
	}
	if (n < 19000101 || n > 21991231 || !rec_when_is_date(n / 10000, n / 100 % 100, n % 100))
		return false;
	*seconds = (double)(rec_when_days(n / 10000, n / 100 % 100, n % 100) * REC_WHEN_DAY +
			    of_day);
	return true;
}

static enum rec_unit unit_of(double t)
{
	static const struct {
		enum rec_unit unit;
		double a_second;
	} each[] = {
		{ REC_UNIT_S, 1 }, { REC_UNIT_MS, 1e3 }, { REC_UNIT_US, 1e6 }, { REC_UNIT_NS, 1e9 }
	};
	double s;

	if (as_date(t, false, &s))
		return REC_UNIT_DATE;
	if (as_date(t, true, &s))
		return REC_UNIT_DATETIME;
	for (size_t i = 0; i < sizeof each / sizeof *each; i++)
		/* 1973 to 2201 */
		if (t >= 1e8 * each[i].a_second && t < 7.3e9 * each[i].a_second)
			return each[i].unit;
	return t >= 1200 && t < 84500 ? REC_UNIT_DAYS : REC_UNIT_NONE;
}

enum rec_unit rec_unit_of(double lo, double hi)
{
	enum rec_unit u = unit_of(hi);

	return u == unit_of(lo) ? u : REC_UNIT_NONE;
}

const char *rec_unit_name(enum rec_unit u)
{
	static const char *const names[] = { "nothing known",
					     "days",
					     "seconds",
					     "milliseconds",
					     "microseconds",
					     "nanoseconds",
					     "dates written as numbers",
					     "dates written as numbers" };

	return names[u];
}

static double scale(enum rec_unit u)
{
	static const double of[] = { 1, 1, 1, 1e3, 1e6, 1e9, 1, 1 };

	return of[u];
}

double rec_unit_seconds(enum rec_unit u, double t)
{
	double s = 0;

	if (u == REC_UNIT_DATE || u == REC_UNIT_DATETIME)
		return as_date(t, u == REC_UNIT_DATETIME, &s) ? s : t;
	return u == REC_UNIT_DAYS ? t * REC_WHEN_DAY : t / scale(u);
}

static double date_number(double seconds, bool with_time)
{
	int64_t s = (int64_t)floor(seconds),
		days = s >= 0 ? s / REC_WHEN_DAY : -((-s + REC_WHEN_DAY - 1) / REC_WHEN_DAY),
		of_day = s - days * REC_WHEN_DAY;
	int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097, doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365,
		doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153, d = doy - (153 * mp + 2) / 5 + 1,
		m = mp < 10 ? mp + 3 : mp - 9;
	int64_t n = ((yoe + era * 400 + (m <= 2)) * 100 + m) * 100 + d;

	return (double)(with_time ? n * 1000000 + of_day / 3600 * 10000 + of_day / 60 % 60 * 100 +
					    of_day % 60 :
				    n);
}

double rec_unit_from_seconds(enum rec_unit u, double seconds)
{
	/* below the year 9999 */
	if ((u == REC_UNIT_DATE || u == REC_UNIT_DATETIME) && fabs(seconds) < 2.5e11)
		return date_number(seconds, u == REC_UNIT_DATETIME);
	return u == REC_UNIT_DAYS ? floor(seconds / REC_WHEN_DAY) : seconds * scale(u);
}
