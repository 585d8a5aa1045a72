/* SPDX-License-Identifier: MIT */
/*
 * pool.h - one pool of threads for a process.
 *
 * Work is a row of numbered tasks; threads take the next number until none is
 * left (dynamic scheduling). No result may depend on which thread ran a task: a
 * task writes only what belongs to its number, or to scratch that belongs to
 * its thread. The pool holds n - 1 threads; the caller is thread 0. Nested runs
 * are not allowed.
 */
#ifndef REC_BASE_POOL_H
#define REC_BASE_POOL_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/lang.h"

REC_BEGIN_C

struct rec_pool;

/* n >= 1 threads in all. */
REC_MUST int rec_pool_new(struct rec_pool **pool, unsigned n, struct rec_err *e);
void rec_pool_free(struct rec_pool *pool);
unsigned rec_pool_size(const struct rec_pool *pool);

/*
 * A task: 0, or -1 with e filled (each thread has its own e). thread is in 0 ..
 * rec_pool_size() - 1.
 */
typedef int rec_task(void *arg, size_t task, unsigned thread, struct rec_err *e);

/*
 * Run tasks 0 .. n-1 and wait for all. After a failure no later task starts; of
 * several failures the one with the lowest number is reported, so that the
 * message doesn't depend on threads. pool may be NULL: then the caller runs
 * them in order.
 */
REC_MUST int rec_pool_run(struct rec_pool *pool, size_t n, rec_task *task, void *arg,
			  struct rec_err *e);

/*
 * The same for n things of which a task takes `step`: slice number k has the
 * things first = k * step .. last - 1. The last slice may be shorter.
 */
typedef int rec_slice(void *arg, uint64_t first, uint64_t last, unsigned thread,
		      struct rec_err *e);
REC_MUST int rec_pool_slices(struct rec_pool *pool, uint64_t n, uint64_t step, rec_slice *slice,
			     void *arg, struct rec_err *e);

/* How many slices these are. */
static inline size_t rec_slices(uint64_t n, uint64_t step)
{
	return (size_t)(n / step + (n % step != 0));
}

REC_END_C

#endif
