/* SPDX-License-Identifier: MIT */
/* score/factor_table.c - tables of item vectors, made ready for use. */
#include "score/factor_table.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/pool.h"

/* What a thread takes at a time: enough to make up for asking. */
enum { TASK_ROWS = 4096, TASK_PANELS = 64 };

bool rec_vector_directed(const float *x, uint32_t k)
{
	uint32_t i = 0;

	while (i < k && x[i] == 0)
		i++;
	return i < k;
}

struct marking {
	const struct rec_factor_table *t;
	unsigned char *usable;
	unsigned char *found;		/* by task: it holds a vector of zeros */
};

static int mark_rows(void *arg, uint64_t first, uint64_t last, unsigned thread, struct rec_err *e)
{
	const struct marking *m = arg;
	unsigned char *found = &m->found[first / TASK_ROWS];

	(void)thread;
	(void)e;
	for (uint64_t i = first; i < last; i++) {
		m->usable[i] = rec_vector_directed(m->t->val + i * m->t->ld, m->t->k);
		*found |= !m->usable[i];
	}
	return 0;
}

int rec_factor_table_usable(unsigned char **usable, const struct rec_factor_table *t,
			    const struct rec_run *run, struct rec_err *e)
{
	size_t tasks = rec_slices(t->n, TASK_ROWS);
	struct marking m = { .t = t,
			     .usable = rec_alloc((size_t)t->n + 1, 1, e),
			     .found = rec_zalloc(tasks + 1, 1, e) };
	bool some = false;
	int rc = -1;

	if (m.usable && m.found)
		rc = rec_pool_slices(run->pool, t->n, TASK_ROWS, mark_rows, &m, e);
	for (size_t i = 0; rc == 0 && i < tasks; i++)
		some = some || m.found[i];
	free(m.found);
	*usable = some ? m.usable : NULL;
	if (!some)
		free(m.usable);
	return rc;
}

static double norm(const float *x, uint32_t k)
{
	double sum = 0;

	for (uint32_t f = 0; f < k; f++)
		sum += (double)x[f] * (double)x[f];
	return sqrt(sum);
}

int rec_factor_table_unit(float **val, unsigned char **usable, const struct rec_factor_table *t,
			  struct rec_err *e)
{
	*val = rec_zalloc((size_t)t->n * t->k + 1, sizeof **val, e);
	*usable = rec_zalloc((size_t)t->n + 1, 1, e);
	if (!*val || !*usable) {
		free(*val);
		free(*usable);
		return -1;
	}
	for (uint32_t i = 0; i < t->n; i++) {
		const float *x = t->val + (size_t)i * t->ld;
		double length = norm(x, t->k);

		(*usable)[i] = length > 0;
		for (uint32_t f = 0; length > 0 && f < t->k; f++)
			(*val)[(size_t)i * t->k + f] = (float)((double)x[f] / length);
	}
	return 0;
}

struct packing {
	const struct rec_factor_table *t;
	const struct rec_kernel *kernel;
	float *out;
};

static int pack_panels(void *arg, uint64_t first, uint64_t last, unsigned thread, struct rec_err *e)
{
	const struct packing *p = arg;
	const struct rec_factor_table *t = p->t;

	(void)thread;
	(void)e;
	p->kernel->pack(p->out + (size_t)first * REC_LANES * t->k, t->val, t->ld, t->n,
			(uint32_t)first * REC_LANES, (uint32_t)(last - first), t->k);
	return 0;
}

int rec_factor_table_pack(float **packed, const struct rec_factor_table *t,
			  const struct rec_run *run, struct rec_err *e)
{
	size_t panels = rec_slices(t->n, REC_LANES);
	struct packing p = { t, run->kernel,
			     rec_alloc(panels * REC_LANES * t->k + 1, sizeof *p.out, e) };

	*packed = NULL;
	if (!p.out)
		return -1;
	if (rec_pool_slices(run->pool, panels, TASK_PANELS, pack_panels, &p, e) != 0) {
		free(p.out);
		return -1;
	}
	*packed = p.out;
	return 0;
}
