/* SPDX-License-Identifier: MIT */
/*
 * when.h - dates and times of day as text to seconds since 1970. UTC, proleptic
 * Gregorian calendar, English names: neither locale nor time zone database
 * plays a part.
 */
#ifndef REC_IO_WHEN_H
#define REC_IO_WHEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * ISO 8601: 2022-06-24, 20220624, 2022-06, 2022-175 (day of the year),
 * 2022-W25-5; after it T or blanks and 21:20, 21:20:11, 21:20:11.5 (also with
 * a comma), 2120, 212011; after that, with blanks before it or not, Z, UTC,
 * GMT, +02:00, +0200 or +02. Without a zone it is UTC. 0, or -1 where s is none
 * of it.
 */
REC_MUST int rec_when_iso(const char *s, size_t n, double *t);

/* Whether a text that is no number may be a date: it has digits, and between or
 * beside them what dates are written with. For messages. */
bool rec_when_likely(const char *s, size_t n);

/*
 * By a format as strptime's: %Y %m %d %e %H %M %S %y %j %b %B %h %a %A %I %p %f
 * %z %Z %s %F %T %R %D %% %n %t. Blanks stand for any blanks, other bytes for
 * themselves. %S takes a fraction where no point or comma follows it in the
 * format; numbers may have fewer digits than usual. %Z takes Z, UTC and GMT. 0,
 * or -1 where s is not of the format or no date.
 */
REC_MUST int rec_when_format(const char *format, const char *s, size_t n, double *t);

/*
 * A format must name a day (%s, or year, month and day) and hold no unknown %.
 */
REC_MUST int rec_when_check(const char *format, struct rec_err *e);

enum { REC_WHEN_DAY = 86400 };	/* seconds */

/* Years 0 to 9999. */
bool rec_when_is_date(int64_t year, int64_t month, int64_t day);
/* Days since 1970-01-01 of a date. */
int64_t rec_when_days(int64_t year, int64_t month, int64_t day);

#endif
