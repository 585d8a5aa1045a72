/* SPDX-License-Identifier: MIT */
/*
 * cmd/cat/times.h - rec-cat --time-format: times in another unit, or as text,
 * to seconds since 1970.
 */
#ifndef REC_CMD_CAT_TIMES_H
#define REC_CMD_CAT_TIMES_H

#include <stdbool.h>
#include <stdint.h>

#include "io/unit.h"
#include "io/when.h"
#include "rows/rows.h"

struct cat_times {	/* {0}: times are taken as they are */
	const char *text;	/* iso or a format of io/when.h, which csv reads; else NULL */
	enum rec_unit unit;	/* of times that are numbers; NONE: as they are */
	uint64_t cut;		/* times whose digits beyond a double were cut off */
};

/*
 * What the argument of the option asks for (NULL: nothing). Ends the process
 * where it is none.
 */
struct cat_times cat_times_of(const char *format, bool csv);

/* The time of a row in seconds. */
void cat_times_row(struct cat_times *t, struct rec_row *row);

/* Say what was cut. */
void cat_times_tell(const struct cat_times *t);

#endif
