/* SPDX-License-Identifier: MIT */
/*
 * append.h - text put together piece by piece in an array of fixed size.
 *
 * snprintf returns the length that the whole text would have, also when it cut
 * the text. A sum of such lengths can pass the end of the array, and the next
 * piece is then written outside. The length that rec_append returns never
 * passes the end.
 */
#ifndef REC_BASE_APPEND_H
#define REC_BASE_APPEND_H

#include <stddef.h>

#include "base/err.h"

/*
 * Append to the at bytes in `to`. The array has room bytes, at least 1, and the
 * NUL is one of them. Text that does not fit is cut. Returns the new length,
 * which is below room.
 */
size_t rec_append(char *to, size_t room, size_t at, const char *fmt, ...) REC_PRINTF(4, 5);

#endif
