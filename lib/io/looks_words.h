/* SPDX-License-Identifier: MIT */
/*
 * looks_words.h - what a field is where another one is wanted: a name of a
 * column, a missing value, a number with a decimal comma.
 */
#ifndef REC_IO_LOOKS_WORDS_H
#define REC_IO_LOOKS_WORDS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A row label and a column label that are words for users and for items, as in
 * the first line of a table ("userId", "movie_id"; any case).
 */
bool rec_looks_header(const char *row, size_t row_len, const char *col, size_t col_len);

/* Letters where a number is wanted, as names of columns are. */
bool rec_looks_name(const char *s, size_t n);

/*
 * Empty, or what databases and data frames write where a value is missing:
 * NULL, \N, NA, N/A, NaN, None, in any case.
 */
bool rec_looks_missing(const char *s, size_t n);

/* Digits with a comma among them ("3,5", "1.234,5"). */
bool rec_looks_comma(const char *s, size_t n);

/* A name of a column of times ("timestamp", "date", "unixReviewTime"). */
bool rec_looks_time(const char *name, size_t n);

#endif
