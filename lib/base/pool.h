/* SPDX-License-Identifier: MIT */
/* base/pool.h - recpipe/pool.h, and work over a range cut into slices. */
#ifndef REC_BASE_POOL_H
#define REC_BASE_POOL_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "recpipe/pool.h"

/*
 * rec_pool_run over n things, `step` of them a task. Slice k holds the things
 * first = k * step .. last - 1. The last slice may be shorter.
 */
typedef int rec_slice(void *arg, uint64_t first, uint64_t last, unsigned thread,
		      struct rec_err *e);
REC_MUST int rec_pool_slices(struct rec_pool *pool, uint64_t n, uint64_t step, rec_slice *slice,
			     void *arg, struct rec_err *e);

/* Number of slices. */
static inline size_t rec_slices(uint64_t n, uint64_t step)
{
	return (size_t)(n / step + (n % step != 0));
}

#endif
