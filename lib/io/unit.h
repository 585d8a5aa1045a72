/* SPDX-License-Identifier: MIT */
/*
 * unit.h - the unit that times are in, as their size tells it.
 */
#ifndef REC_IO_UNIT_H
#define REC_IO_UNIT_H

/*
 * Units that times come in. Dates are numbers that are read as digits:
 * 20220624.
 */
enum rec_unit {
	REC_UNIT_NONE,
	REC_UNIT_DAYS,
	REC_UNIT_S,
	REC_UNIT_MS,
	REC_UNIT_US,
	REC_UNIT_NS,
	REC_UNIT_DATE,
	REC_UNIT_DATETIME
};

/*
 * What times from lo to hi look like, between 1973 and 2200; NONE where it
 * can't be told.
 */
enum rec_unit rec_unit_of(double lo, double hi);

/* "milliseconds"; "dates written as numbers" */
const char *rec_unit_name(enum rec_unit u);

/* Seconds since 1970 of a time of that unit, and back. */
double rec_unit_seconds(enum rec_unit u, double t);
double rec_unit_from_seconds(enum rec_unit u, double seconds);

#endif
