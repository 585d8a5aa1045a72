/* SPDX-License-Identifier: MIT */
/* run.h - what long work is run with. Nothing in here changes a result. */
#ifndef REC_KERNEL_RUN_H
#define REC_KERNEL_RUN_H

#include "base/lang.h"
#include "base/pool.h"
#include "base/progress.h"
#include "kernel/kernel.h"

REC_BEGIN_C

struct rec_run {
	struct rec_pool *pool;
	const struct rec_kernel *kernel;
	struct rec_progress progress;
	uint64_t mem;	/* bytes the command may use, 0 for no bound */
};

REC_END_C

#endif
