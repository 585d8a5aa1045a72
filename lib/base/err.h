/* SPDX-License-Identifier: MIT */
/*
 * base/err.h - recpipe/err.h, and helpers for errors that only the library
 * needs.
 */
#ifndef REC_BASE_ERR_H
#define REC_BASE_ERR_H

#include <stdarg.h>

#include "recpipe/err.h"

/* Plural ending: "%u item%s", n, REC_S(n). */
#define REC_S(n) ((n) == 1 ? "" : "s")

/* Append text to the message in e. Returns -1. */
int rec_err_suffix(struct rec_err *e, const char *fmt, ...) REC_PRINTF(2, 3);

#endif
