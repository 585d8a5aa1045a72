/* SPDX-License-Identifier: MIT */
/*
 * recpipe/pool.h - threads, and what long work is run with.
 *
 * A program makes one pool, puts it into a struct rec_run with the kernels of
 * the machine, and hands that to training, ranking and measuring. Nothing in
 * there changes a result: the same input, settings and seed give the same bytes
 * with one thread and with forty, with AVX-512 and with plain C.
 *
 *	struct rec_pool *pool;
 *	struct rec_run run = { 0 };
 *
 *	if (rec_pool_new(&pool, 8, &e) != 0 ||
 *	    rec_kernel_pick(&run.kernel, NULL, &e) != 0)
 *		...
 *	run.pool = pool;
 */
#ifndef RECPIPE_POOL_H
#define RECPIPE_POOL_H

#include <stddef.h>
#include <stdint.h>

#include <recpipe/err.h>

REC_BEGIN_C

/*
 * One pool serves a whole process. It holds n - 1 threads, which sleep between
 * runs; the thread that calls works with them as number 0. Wherever a function
 * takes a pool, NULL is one thread: the caller's.
 */
struct rec_pool;

/* n: threads in all, at least 1. More than there are cores is no faster. */
REC_MUST int rec_pool_new(struct rec_pool **pool, unsigned n, struct rec_err *e);

/* Ends the threads. Nothing may be running. Accepts NULL. */
void rec_pool_free(struct rec_pool *pool);

/* Threads in all; 1 for NULL. */
unsigned rec_pool_size(const struct rec_pool *pool);

/*
 * One task of many. It writes only what belongs to its number, or to scratch
 * that belongs to `thread` (0 .. rec_pool_size() - 1): so no result depends on
 * which thread ran it. Returns 0, or -1 with e filled; each thread has an e of
 * its own. It must not run the pool itself.
 */
typedef int rec_task(void *arg, size_t task, unsigned thread, struct rec_err *e);

/*
 * Run tasks 0 .. n - 1 and wait for them. Threads take the next number until
 * none is left, so tasks may take unequal time. After a failure no later task
 * starts. Of several failures the one with the lowest number is reported: the
 * message does not depend on the threads. From one thread at a time.
 */
REC_MUST int rec_pool_run(struct rec_pool *pool, size_t n, rec_task *task, void *arg,
			  struct rec_err *e);

/*
 * The hot loops, compiled for one instruction set. All sets give the same bits:
 * the order of every sum is part of the definition of the loop.
 */
struct rec_kernel;

/*
 * The loops of that name ("plain", "avx2", "avx512", "neon"), or the fastest
 * that this machine has where name is NULL or "". A name that is not known, or
 * a set that the machine lacks, is REC_EUSAGE. *k is constant and never freed.
 */
REC_MUST int rec_kernel_pick(const struct rec_kernel **k, const char *name, struct rec_err *e);

/* The names that this machine can run, the fastest first, then NULL. */
const char *const *rec_kernel_names(void);

/*
 * Who wants to know how far long work is. fn is called from one thread at a
 * time, up to some thousand times a second, with a word or two on what is done
 * (phase), steps done and in all, and a note or NULL. The strings last as long
 * as the call. fn NULL: nobody listens.
 */
struct rec_progress {
	void (*fn)(void *arg, const char *phase, uint64_t done, uint64_t total, const char *note);
	void *arg;
};

/* {0} with a kernel is valid: one thread, and nobody listens. */
struct rec_run {
	struct rec_pool *pool;			/* or NULL */
	const struct rec_kernel *kernel;	/* rec_kernel_pick */
	struct rec_progress progress;
};

REC_END_C

#endif
