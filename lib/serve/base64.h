/* SPDX-License-Identifier: MIT */
/* serve/base64.h - RFC 4648, section 4: with padding, on one line. */
#ifndef REC_SERVE_BASE64_H
#define REC_SERVE_BASE64_H

#include <stddef.h>

#include "base/mem.h"

/* Append n bytes, encoded. */
REC_MUST int rec_base64_add(struct rec_buf *b, const char *p, size_t n, struct rec_err *e);

/*
 * Append what n characters stand for: 1; 0 where they are no base64, -1 where
 * there is no memory.
 */
REC_MUST int rec_base64_read(struct rec_buf *b, const char *p, size_t n, struct rec_err *e);

#endif
