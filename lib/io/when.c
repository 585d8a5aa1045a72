/* SPDX-License-Identifier: MIT */
/*
 * Days since 1970 from a date by counting in eras of 400 years that begin with
 * March (H. Hinnant, "chrono-compatible low-level date algorithms", 2013).
 */
#include "io/when.h"

#include <stdbool.h>
#include <string.h>

enum { DAY = REC_WHEN_DAY, YEAR_MOST = 9999 };

/* What was read of a moment; day of the month 0: none. */
struct moment {
	int64_t year, month, day, yday;		/* yday from 1; 0: month and day count */
	int64_t hour, minute, second, offset;	/* offset: seconds east of UTC */
	double fraction;
	bool noon, clock12;			/* %p said PM; %I was read */
	bool absolute;				/* %s: seconds holds all */
	double seconds;
};

struct text {
	const char *p, *end;
};

int64_t rec_when_days(int64_t y, int64_t m, int64_t d)
{
	int64_t era, of_era, of_year;

	y -= m <= 2;
	era = (y >= 0 ? y : y - 399) / 400;
	of_era = y - era * 400;
	of_year = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static bool leap(int64_t y)
{
	return y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
}

bool rec_when_is_date(int64_t y, int64_t m, int64_t d)
{
	static const char length[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return y >= 0 && y <= YEAR_MOST && m >= 1 && m <= 12 && d >= 1 &&
	       d <= length[m - 1] + (m == 2 && leap(y));
}

/*
 * A leap second is the first second of the next minute; 24:00 is the end of the
 * day.
 */
static int finish(const struct moment *m, double *t)
{
	int64_t hour = m->clock12 ? m->hour % 12 + (m->noon ? 12 : 0) : m->hour, days;

	if (m->absolute) {
		*t = m->seconds;
		return 0;
	}
	if (m->clock12 && (m->hour < 1 || m->hour > 12))
		return -1;
	if (hour > 24 || (hour == 24 && (m->minute || m->second || m->fraction > 0)) ||
	    m->minute > 59 || m->second > 60)
		return -1;
	if (m->yday) {
		if (m->yday > 365 + leap(m->year) || m->year > YEAR_MOST)
			return -1;
		days = rec_when_days(m->year, 1, 1) + m->yday - 1;
	} else {
		if (!rec_when_is_date(m->year, m->month, m->day))
			return -1;
		days = rec_when_days(m->year, m->month, m->day);
	}
	*t = (double)(days * DAY + hour * 3600 + m->minute * 60 + m->second - m->offset) +
	     m->fraction;
	return 0;
}

static bool digit(const struct text *x, size_t i)
{
	return i < (size_t)(x->end - x->p) && x->p[i] >= '0' && x->p[i] <= '9';
}

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

static size_t digits(const struct text *x)
{
	size_t n = 0;

	while (digit(x, n))
		n++;
	return n;
}

/* From least to most digits. */
static int number(struct text *x, size_t least, size_t most, int64_t *out)
{
	size_t n = 0;

	for (*out = 0; n < most && digit(x, n); n++)
		*out = 10 * *out + (x->p[n] - '0');
	x->p += n;
	return n >= least ? 0 : -1;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* Letters of either case. */
static bool take(struct text *x, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(x->end - x->p) < n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (lower(x->p[i]) != lower(word[i]))
			return false;
	x->p += n;
	return true;
}

static void skip_blanks(struct text *x)
{
	while (x->p < x->end && blank(*x->p))
		x->p++;
}

/* Digits after the point, rounded once. */
static int fraction(struct text *x, double *out)
{
	uint64_t m = 0;
	double scale = 1;

	if (!digit(x, 0))
		return -1;
	for (; digit(x, 0); x->p++)
		if (scale < 1e15) {
			m = 10 * m + (uint64_t)(*x->p - '0');
			scale *= 10;
		}
	*out = (double)m / scale;
	return 0;
}

static bool point(struct text *x)
{
	bool is = (size_t)(x->end - x->p) > 1 && (*x->p == '.' || *x->p == ',') && digit(x, 1);

	x->p += is;
	return is;
}

/* Z, UTC, GMT, +02:00, +0200, +02. */
static int zone(struct text *x, int64_t *offset)
{
	int64_t hour, minute = 0;
	bool west;

	*offset = 0;
	if (take(x, "UTC") || take(x, "GMT") || take(x, "Z"))
		return 0;
	if (x->p >= x->end || (*x->p != '+' && *x->p != '-'))
		return -1;
	west = *x->p++ == '-';
	if (number(x, 2, 2, &hour) != 0)
		return -1;
	if (x->p < x->end && *x->p == ':')
		x->p++;
	if (digit(x, 0) && number(x, 2, 2, &minute) != 0)
		return -1;
	if (x->p[-1] == ':' || hour > 18 || minute > 59)
		return -1;
	*offset = (hour * 3600 + minute * 60) * (west ? -1 : 1);
	return 0;
}

/* -- ISO 8601 -- */

/*
 * The Monday of week 1, which is that of January 4th; 1970-01-01 was a
 * Thursday.
 */
static int64_t first_monday(int64_t year)
{
	int64_t d = rec_when_days(year, 1, 4);

	return d - ((d + 3) % 7 + 7) % 7;
}

/* Behind "2022-W" or "2022W". */
static int week_date(struct text *x, struct moment *m)
{
	int64_t week, day = 1, first = first_monday(m->year), days;

	if (number(x, 2, 2, &week) != 0 || week < 1 || week > 53)
		return -1;
	if (x->p < x->end && *x->p == '-')
		x->p++;
	if (digit(x, 0) && (number(x, 1, 1, &day) != 0 || day < 1 || day > 7))
		return -1;
	days = first + (week - 1) * 7 + day - 1;
	if (days >= first_monday(m->year + 1))
		return -1;
	m->yday = 0;
	m->month = 1;
	m->day = 1;
	/* counted from the first of January */
	m->offset = -(days - rec_when_days(m->year, 1, 1)) * DAY;
	return 0;
}

static int iso_date(struct text *x, struct moment *m)
{
	size_t n = digits(x);
	bool dash;

	if ((n != 4 && n != 7 && n != 8) || number(x, 4, 4, &m->year) != 0)
		return -1;
	if (n == 8)
		return number(x, 2, 2, &m->month) != 0 || number(x, 2, 2, &m->day) != 0 ? -1 : 0;
	if (n == 7)
		return number(x, 3, 3, &m->yday) != 0 || m->yday == 0 ? -1 : 0;
	dash = x->p < x->end && *x->p == '-';
	x->p += dash;
	if (x->p < x->end && *x->p == 'W') {
		x->p++;
		return week_date(x, m);
	}
	if (!dash)
		return -1;
	if (digits(x) == 3)
		return number(x, 3, 3, &m->yday) != 0 || m->yday == 0 ? -1 : 0;
	if (number(x, 2, 2, &m->month) != 0)
		return -1;
	m->day = 1;
	if (x->p == x->end || *x->p != '-')
		return 0;
	x->p++;
	return number(x, 2, 2, &m->day);
}

static int iso_time(struct text *x, struct moment *m)
{
	bool colons;

	if (number(x, 2, 2, &m->hour) != 0)
		return -1;
	colons = x->p < x->end && *x->p == ':';
	x->p += colons;
	if (number(x, 2, 2, &m->minute) != 0)
		return -1;
	if (colons ? x->p < x->end && *x->p == ':' : digit(x, 0)) {
		x->p += colons;
		if (number(x, 2, 2, &m->second) != 0)
			return -1;
		if (point(x) && fraction(x, &m->fraction) != 0)
			return -1;
	}
	return 0;
}

int rec_when_iso(const char *s, size_t n, double *t)
{
	struct text x = { s, s + n };
	struct moment m = { 0 };
	int64_t offset = 0;

	if (iso_date(&x, &m) != 0)
		return -1;
	if (x.p < x.end && (*x.p == 'T' || *x.p == 't' || blank(*x.p))) {
		if (blank(*x.p))
			skip_blanks(&x);
		else
			x.p++;
		if (iso_time(&x, &m) != 0)
			return -1;
		skip_blanks(&x);
		if (x.p < x.end && zone(&x, &offset) != 0)
			return -1;
	}
	m.offset += offset;
	return x.p == x.end ? finish(&m, t) : -1;
}

/* -- formats -- */

static const char *const months[] = { "January",   "February", "March",	   "April",
				      "May",	   "June",     "July",	   "August",
				      "September", "October",  "November", "December" },
			 *const weekdays[] = { "Sunday",   "Monday", "Tuesday", "Wednesday",
					       "Thursday", "Friday", "Saturday" };

/* A name, whole or by its first three letters. */
static int name(struct text *x, const char *const *names, int n, int64_t *out)
{
	for (int i = 0; i < n; i++) {
		char three[4] = { names[i][0], names[i][1], names[i][2], '\0' };

		if (take(x, names[i]) || take(x, three)) {
			*out = i + 1;
			return 0;
		}
	}
	return -1;
}

static int epoch(struct text *x, struct moment *m)
{
	bool minus = x->p < x->end && *x->p == '-';
	int64_t s;
	double f = 0;

	x->p += minus;
	if (number(x, 1, 15, &s) != 0 || (point(x) && fraction(x, &f) != 0))
		return -1;
	m->absolute = true;
	m->seconds = minus ? -((double)s + f) : (double)s + f;
	return 0;
}

static int parse(const char *format, struct text *x, struct moment *m);

static int field(char c, char next, struct text *x, struct moment *m)
{
	int64_t any;

	switch (c) {
	case 'Y': return number(x, 4, 4, &m->year);
	case 'y':
		if (number(x, 1, 2, &m->year) != 0)
			return -1;
		m->year += m->year < 69 ? 2000 : 1900;
		return 0;
	case 'm': return number(x, 1, 2, &m->month);
	case 'e': case 'd':
		skip_blanks(x);
		return number(x, 1, 2, &m->day);
	case 'j': return number(x, 1, 3, &m->yday) != 0 || m->yday == 0 ? -1 : 0;
	case 'H': return number(x, 1, 2, &m->hour);
	case 'I':
		m->clock12 = true;
		return number(x, 1, 2, &m->hour);
	case 'p':
		m->noon = take(x, "PM");
		return m->noon || take(x, "AM") ? 0 : -1;
	case 'M': return number(x, 1, 2, &m->minute);
	case 'S':
		if (number(x, 1, 2, &m->second) != 0)
			return -1;
		return next != '.' && next != ',' && point(x) ? fraction(x, &m->fraction) : 0;
	case 'f': return fraction(x, &m->fraction);
	case 'b': case 'B': case 'h': return name(x, months, 12, &m->month);
	case 'a': case 'A': return name(x, weekdays, 7, &any);
	case 'z': return zone(x, &m->offset);
	case 'Z': return take(x, "UTC") || take(x, "GMT") || take(x, "Z") ? 0 : -1;
	case 's': return epoch(x, m);
	case 'F': return parse("%Y-%m-%d", x, m);
	case 'T': return parse("%H:%M:%S", x, m);
	case 'R': return parse("%H:%M", x, m);
	case 'D': return parse("%m/%d/%y", x, m);
	case '%': return take(x, "%") ? 0 : -1;
	default: skip_blanks(x); return 0;	/* n, t */
	}
}

static int parse(const char *format, struct text *x, struct moment *m)
{
	for (const char *f = format; *f; f++) {
		if (blank(*f)) {
			skip_blanks(x);
		} else if (*f != '%') {
			if (x->p >= x->end || *x->p != *f)
				return -1;
			x->p++;
		} else if (f++, field(*f, f[1], x, m) != 0) {
			return -1;
		}
	}
	return 0;
}

bool rec_when_likely(const char *s, size_t n)
{
	size_t digits = 0, signs = 0;
	double t;

	if (rec_when_iso(s, n, &t) == 0)
		return true;
	for (size_t i = 0; i < n; i++) {
		digits += s[i] >= '0' && s[i] <= '9';
		signs += s[i] == '-' || s[i] == '/' || s[i] == ':' || s[i] == '.' || s[i] == ' ';
	}
	return digits >= 6 && signs >= 2;
}

int rec_when_format(const char *format, const char *s, size_t n, double *t)
{
	struct text x = { s, s + n };
	struct moment m = { 0 };

	if (parse(format, &x, &m) != 0)
		return -1;
	skip_blanks(&x);
	return x.p == x.end ? finish(&m, t) : -1;
}

int rec_when_check(const char *format, struct rec_err *e)
{
	bool year = false, month = false, day = false;

	for (const char *f = format; *f; f++) {
		if (*f != '%')
			continue;
		f++;
		if (!*f || !strchr("YmdeHMSyjbBhaAIpfzZsFTRD%nt", *f))
			return rec_err_set(e, REC_EUSAGE,
					   "'%s': %%%.1s is unknown; there are %%Y %%m %%d %%H %%M "
					   "%%S %%b %%y %%j %%p %%f %%z %%s and more",
					   format, f);
		year |= strchr("YyFDs", *f) != NULL;
		month |= strchr("mbBhjFDs", *f) != NULL;
		day |= strchr("dejFDs", *f) != NULL;
	}
	if (!year || !month || !day)
		return rec_err_set(e, REC_EUSAGE,
				   "'%s' names no day; an example: %%Y-%%m-%%d %%H:%%M:%%S",
				   format);
	return 0;
}
