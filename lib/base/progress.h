/* SPDX-License-Identifier: MIT */
/*
 * progress.h - long work tells how far it is; who listens is the caller's
 * business.
 */
#ifndef REC_BASE_PROGRESS_H
#define REC_BASE_PROGRESS_H

#include <stdint.h>

#include "recpipe/pool.h"

static inline void rec_progress_tell(const struct rec_progress *p, const char *phase, uint64_t done,
				     uint64_t total, const char *note)
{
	if (p && p->fn)
		p->fn(p->arg, phase, done, total, note);
}

#endif
