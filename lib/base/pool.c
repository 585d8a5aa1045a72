/* SPDX-License-Identifier: MIT */
#include "base/pool.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"

/*
 * The caller announces a run by raising `run` under the lock. Workers wake and
 * take task numbers under the lock: a task takes microseconds or more, so the
 * lock costs little. The last worker to finish wakes the caller. One mutex
 * guards everything.
 */
struct rec_pool {
	pthread_mutex_t lock;
	pthread_cond_t start, done;
	unsigned nthreads, started;
	pthread_t *threads;
	uint64_t run;		/* number of runs announced */
	unsigned busy;		/* workers that have not finished this run */
	bool quit;
	size_t next, ntasks;
	rec_task *task;
	void *arg;
	size_t failed;		/* lowest task that failed, SIZE_MAX if none */
	struct rec_err *err;
};

enum { STACK = 1 << 20 };	/* bytes of stack of a worker */

struct worker {
	struct rec_pool *pool;
	unsigned id;
};

static void note_failure(struct rec_pool *p, size_t task, const struct rec_err *e)
{
	if (task < p->failed) {
		p->failed = task;
		*p->err = *e;
	}
}

/* The lock is held on entry and on return. */
static void work(struct rec_pool *p, unsigned id)
{
	while (p->next < p->ntasks && p->failed == SIZE_MAX) {
		size_t t = p->next++;
		struct rec_err e = { 0 };
		int rc;

		pthread_mutex_unlock(&p->lock);
		rc = p->task(p->arg, t, id, &e);
		pthread_mutex_lock(&p->lock);
		if (rc != 0)
			note_failure(p, t, &e);
	}
}

static void *worker_main(void *arg)
{
	struct worker w = *(struct worker *)arg;
	struct rec_pool *p = w.pool;
	uint64_t seen = 0;

	free(arg);
	pthread_mutex_lock(&p->lock);
	for (;;) {
		while (p->run == seen && !p->quit)
			pthread_cond_wait(&p->start, &p->lock);
		if (p->quit)
			break;
		seen = p->run;
		work(p, w.id);
		if (--p->busy == 0)
			pthread_cond_signal(&p->done);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

static int start_worker(struct rec_pool *p, struct rec_err *e)
{
	struct worker *w = malloc(sizeof *w);
	pthread_attr_t attr;
	int rc = -1;

	if (!w)
		return rec_err_set(e, REC_ENOMEM, "out of memory (starting a thread)");
	*w = (struct worker){ p, p->started + 1 };
	if (pthread_attr_init(&attr) == 0) {
		/* a small stack is enough: tasks keep large data on the heap */
		pthread_attr_setstacksize(&attr, STACK);
		rc = pthread_create(&p->threads[p->started], &attr, worker_main, w);
		pthread_attr_destroy(&attr);
	}
	if (rc != 0) {
		free(w);
		return rec_err_set(e, REC_ENOMEM, "cannot start thread %u of %u (try -j 1)",
				   p->started + 2, p->nthreads);
	}
	p->started++;
	return 0;
}

int rec_pool_new(struct rec_pool **pool, unsigned n, struct rec_err *e)
{
	struct rec_pool *p = rec_zalloc(1, sizeof *p, e);

	*pool = NULL;
	if (!p)
		return -1;
	p->nthreads = n;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->start, NULL);
	pthread_cond_init(&p->done, NULL);
	p->threads = rec_zalloc(n, sizeof *p->threads, e);
	if (!p->threads)
		goto fail;
	while (p->started < n - 1)
		if (start_worker(p, e) != 0)
			goto fail;
	*pool = p;
	return 0;
fail:
	rec_pool_free(p);
	return -1;
}

void rec_pool_free(struct rec_pool *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->quit = true;
	pthread_cond_broadcast(&p->start);
	pthread_mutex_unlock(&p->lock);
	for (unsigned i = 0; i < p->started; i++)
		pthread_join(p->threads[i], NULL);
	pthread_cond_destroy(&p->start);
	pthread_cond_destroy(&p->done);
	pthread_mutex_destroy(&p->lock);
	free(p->threads);
	free(p);
}

unsigned rec_pool_size(const struct rec_pool *p)
{
	return p ? p->nthreads : 1;
}

static int run_alone(size_t n, rec_task *task, void *arg, struct rec_err *e)
{
	for (size_t t = 0; t < n; t++)
		if (task(arg, t, 0, e) != 0)
			return -1;
	return 0;
}

int rec_pool_run(struct rec_pool *p, size_t n, rec_task *task, void *arg, struct rec_err *e)
{
	if (!p || p->nthreads == 1 || n <= 1)
		return run_alone(n, task, arg, e);
	pthread_mutex_lock(&p->lock);
	p->next = 0;
	p->ntasks = n;
	p->task = task;
	p->arg = arg;
	p->failed = SIZE_MAX;
	p->err = e;
	p->busy = p->started;
	p->run++;
	pthread_cond_broadcast(&p->start);
	work(p, 0);
	while (p->busy > 0)
		pthread_cond_wait(&p->done, &p->lock);
	pthread_mutex_unlock(&p->lock);
	return p->failed == SIZE_MAX ? 0 : -1;
}

struct slicing {
	uint64_t n, step;
	rec_slice *slice;
	void *arg;
};

static int run_slice(void *arg, size_t task, unsigned thread, struct rec_err *e)
{
	const struct slicing *s = arg;
	uint64_t first = task * s->step, left = s->n - first;

	return s->slice(s->arg, first, first + (left < s->step ? left : s->step), thread, e);
}

int rec_pool_slices(struct rec_pool *pool, uint64_t n, uint64_t step, rec_slice *slice, void *arg,
		    struct rec_err *e)
{
	struct slicing s = { n, step, slice, arg };

	return rec_pool_run(pool, rec_slices(n, step), run_slice, &s, e);
}
