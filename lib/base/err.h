/* SPDX-License-Identifier: MIT */
/*
 * base/err.h - recpipe/err.h, and what only the library needs to say an error.
 */
#ifndef REC_BASE_ERR_H
#define REC_BASE_ERR_H

#include <stdarg.h>

#include "recpipe/err.h"

/* "%u item%s", n, REC_S(n): the s of more than one, and of none. */
#define REC_S(n) ((n) == 1 ? "" : "s")

/* Put text after the message that e holds. Returns -1. */
int rec_err_suffix(struct rec_err *e, const char *fmt, ...) REC_PRINTF(2, 3);

#endif
