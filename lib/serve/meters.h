/* SPDX-License-Identifier: MIT */
/*
 * serve/meters.h - what is counted while requests are answered, for /metrics.
 * All threads add to it; each number is whole by itself, and nothing is locked.
 */
#ifndef REC_SERVE_METERS_H
#define REC_SERVE_METERS_H

#include <stdatomic.h>
#include <stdbool.h>

#include "serve/request.h"
#include "serve/site.h"

enum { REC_METER_BUCKETS = 14, REC_METER_CLASSES = 6 };

struct rec_meters {	/* {0} to begin */
	atomic_ulong requests[REC_ENDPOINTS][REC_METER_CLASSES];	/* by status / 100 */
	/* answers that took at most so long; the last of any length */
	atomic_ulong bucket[REC_ENDPOINTS][REC_METER_BUCKETS + 1];
	atomic_ulong micros[REC_ENDPOINTS];	/* sum */
	atomic_ulong connections;		/* open now */
	atomic_ulong accepted;			/* since the start */
	atomic_ulong refused;			/* 503: too many connections, or bodies */
	atomic_ulong crowded;			/* too many of one address */
	atomic_ulong malformed;			/* 4xx and 501 before there was a request */
	atomic_ulong late;			/* 408, or closed for being slow */
	atomic_ulong together;			/* lists ranked with others */
	atomic_ulong swaps, bad_swaps;
	atomic_bool draining;			/* no new connection will be served */
};

/* An answer with this status took so many seconds. */
void rec_meters_count(struct rec_meters *m, enum rec_endpoint endpoint, int status, double seconds);

/* So many lists were ranked together. */
void rec_meters_together(struct rec_meters *m, uint32_t n);

/* Prometheus' text format, 0.0.4. */
REC_MUST int rec_meters_print(struct rec_buf *b, struct rec_meters *m, const struct rec_site *s,
			      struct rec_err *e);

#endif
