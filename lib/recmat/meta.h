/* SPDX-License-Identifier: MIT */
/*
 * recmat/meta.h - metadata as the text that a block holds, and joined; the rest
 * is in recpipe/recmat.h. Text: key TAB value NEWLINE, keys ascending.
 */
#ifndef REC_RECMAT_META_H
#define REC_RECMAT_META_H

#include <stddef.h>

#include "base/err.h"
#include "recpipe/recmat.h"

REC_MUST int rec_meta_parse(struct rec_meta *m, const char *text, size_t n, struct rec_err *e);
/* Text form appended to *b. */
struct rec_buf;
REC_MUST int rec_meta_format(const struct rec_meta *m, struct rec_buf *b, struct rec_err *e);

/* Write m as a block. */
REC_MUST int rec_meta_write(struct rec_out *out, const struct rec_meta *m, struct rec_pool *pool,
			    struct rec_err *e);

/*
 * Join src into dst, as for parts or shards of one run: equal values stay;
 * digest, cells and users of shards by user (their `shards` key says so) add
 * up; anything else that differs is an error that names the key.
 */
REC_MUST int rec_meta_merge(struct rec_meta *dst, const struct rec_meta *src, struct rec_err *e);

#endif
