/* SPDX-License-Identifier: MIT */
/*
 * progress.h - long work reports how far it is; the caller decides what to do
 * with the report.
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
