/* SPDX-License-Identifier: MIT */
/*
 * meta.h - metadata of a model: keys and values, sorted by key. Text form: key
 * TAB value NEWLINE, keys ascending by bytes and unique; keys are [a-z0-9._-]+,
 * values hold no TAB, newline or NUL. Numbers are printed by num.h, so that
 * equal runs give equal bytes.
 */
#ifndef REC_RECMAT_META_H
#define REC_RECMAT_META_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/lang.h"

REC_BEGIN_C

struct rec_meta_entry {
	char *key, *value;
};

struct rec_meta {
	struct rec_meta_entry *entry;
	size_t n, cap;
};

void rec_meta_free(struct rec_meta *m);

/* Set or replace. */
REC_MUST int rec_meta_set(struct rec_meta *m, const char *key, const char *value,
			  struct rec_err *e);
REC_MUST int rec_meta_set_f64(struct rec_meta *m, const char *key, double value, struct rec_err *e);
REC_MUST int rec_meta_set_u64(struct rec_meta *m, const char *key, uint64_t value,
			      struct rec_err *e);

/* The value, or NULL. */
const char *rec_meta_get(const struct rec_meta *m, const char *key);
/* A number: 1 found, 0 not there, -1 not a number (e says which key). */
REC_MUST int rec_meta_get_f64(const struct rec_meta *m, const char *key, double *x,
			      struct rec_err *e);
REC_MUST int rec_meta_get_u64(const struct rec_meta *m, const char *key, uint64_t *x,
			      struct rec_err *e);

REC_MUST int rec_meta_parse(struct rec_meta *m, const char *text, size_t n, struct rec_err *e);
/* Text form appended to *b. */
struct rec_buf;
REC_MUST int rec_meta_format(const struct rec_meta *m, struct rec_buf *b, struct rec_err *e);

/*
 * Join src into dst, as for parts or shards of one run: equal values stay;
 * digest, cells and users of shards by user (their `shards` key says so) add
 * up; anything else that differs is an error that names the key.
 */
REC_MUST int rec_meta_merge(struct rec_meta *dst, const struct rec_meta *src, struct rec_err *e);

REC_END_C

#endif
