/* SPDX-License-Identifier: MIT */
/*
 * err.h - how a call says that it failed.
 *
 * Fallible calls return 0 or -1 and fill a struct rec_err on the caller's
 * stack; the first failing call fills it, callers pass it up or put a prefix
 * before it. Iterators return 1 (got one), 0 (proper end), -1 (failed).
 */
#ifndef REC_BASE_ERR_H
#define REC_BASE_ERR_H

#include <stdarg.h>

#include "base/lang.h"

REC_BEGIN_C

#define REC_MUST __attribute__((warn_unused_result))
#define REC_PRINTF(f, a) __attribute__((format(printf, f, a)))

/* What kind of failure; the commands turn it into an exit status. */
enum rec_code {
	REC_OK = 0,
	REC_EDATA = 1,	/* bad input or impossible request: would fail again (exit 1) */
	REC_EUSAGE = 2,	/* options that can't work together, found late (exit 2) */
	REC_EGATE = 3,	/* a gate said no (exit 3) */
	REC_ENOMEM = 4,	/* no memory: may work elsewhere (exit 4) */
	REC_EIO = 5,	/* disk or I/O error: may work later (exit 4) */
};

/* "%u item%s", n, REC_S(n): the s of more than one, and of none. */
#define REC_S(n) ((n) == 1 ? "" : "s")

struct rec_err {
	enum rec_code code;
	/*
	 * one line, no newline, cut with "..." where too long; bytes below 0x20
	 * shown as '?'
	 */
	char msg[512];
};

/*
 * Fill e unless it holds an error already. Returns -1, so that `return
 * rec_err_set(...)` reads well.
 */
int rec_err_set(struct rec_err *e, enum rec_code code, const char *fmt, ...) REC_PRINTF(3, 4);

/*
 * As rec_err_set, with ": " and the text of errnum behind; ENOMEM gives
 * REC_ENOMEM; ENOENT, EACCES, EISDIR, ENOTDIR, ELOOP, ENAMETOOLONG, EPERM,
 * EROFS, ENXIO give REC_EDATA; all others REC_EIO.
 */
int rec_err_errno(struct rec_err *e, int errnum, const char *fmt, ...) REC_PRINTF(3, 4);

/* Put text before the message that e holds. Returns -1. */
int rec_err_prefix(struct rec_err *e, const char *fmt, ...) REC_PRINTF(2, 3);

/* Put text behind the message that e holds. Returns -1. */
int rec_err_suffix(struct rec_err *e, const char *fmt, ...) REC_PRINTF(2, 3);

REC_END_C

#endif
