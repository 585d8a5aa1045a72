/* SPDX-License-Identifier: MIT */
/*
 * append.h - text put together piece by piece in an array of fixed size.
 *
 * Sums of what snprintf returns pass the end of the array as soon as a piece
 * was cut, and the next one is then written outside. Here the length never
 * does.
 */
#ifndef REC_BASE_APPEND_H
#define REC_BASE_APPEND_H

#include <stddef.h>

#include "base/err.h"

/*
 * Append to the at bytes in `to`, which has room bytes, 1 or more, the NUL
 * included. The new length, below room: what does not fit is cut.
 */
size_t rec_append(char *to, size_t room, size_t at, const char *fmt, ...) REC_PRINTF(4, 5);

#endif
