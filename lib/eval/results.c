/* SPDX-License-Identifier: MIT */
/* results.c - series of per-user values, and their sums. */
#include "eval/results.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void rec_results_free(struct rec_results *r)
{
	for (size_t i = 0; i < r->n; i++) {
		free(r->series[i].name);
		free(r->series[i].definition);
		free(r->series[i].value);
		free(r->series[i].count);
		free(r->series[i].of);
		free(r->series[i].state);
	}
	free(r->series);
	free(r->history);
	free(r->group_ptr);
	free(r->group_idx);
	free(r->listed_ptr);
	free(r->listed);
	rec_labels_free(&r->user);
	rec_labels_free(&r->group);
	rec_labels_free(&r->item);
	*r = (struct rec_results){ 0 };
}

static char *copy_text(const char *s, struct rec_err *e)
{
	size_t n = strlen(s) + 1;
	char *p = rec_alloc(n, 1, e);

	if (p)
		memcpy(p, s, n);
	return p;
}

int rec_results_add(struct rec_results *r, struct rec_series **out, const struct rec_series_is *is,
		    struct rec_err *e)
{
	struct rec_series *s;
	size_t users = r->user.n;

	if (rec_grow(&r->series, &r->cap, r->n + 1, sizeof *r->series, e) != 0)
		return -1;
	s = &r->series[r->n++];
	*s = (struct rec_series){ .agg = is->agg, .flags = is->flags, .k = is->k };
	if (!(s->name = copy_text(is->name, e)) ||
	    !(s->definition = copy_text(is->definition, e)) ||
	    !(s->state = rec_zalloc(users, 1, e)))
		return -1;
	if (is->agg == REC_AGG_MEAN || is->agg == REC_AGG_RATIO || is->agg == REC_AGG_ROOT)
		if (!(s->value = rec_zalloc(users, sizeof *s->value, e)))
			return -1;
	if (is->agg == REC_AGG_RATIO || is->agg == REC_AGG_ROOT)
		if (!(s->count = rec_zalloc(users, sizeof *s->count, e)) ||
		    !(s->of = rec_zalloc(users, sizeof *s->of, e)))
			return -1;
	*out = s;
	return 0;
}

int rec_results_groups(struct rec_results *r, const struct rec_sparse *groups, struct rec_err *e)
{
	uint32_t *map;
	uint64_t n = 0;

	if (rec_labels_copy(&r->group, &groups->col, NULL, e) != 0 ||
	    rec_labels_map(&map, &r->user, &groups->row, e) != 0)
		return -1;
	r->group_ptr = rec_zalloc((size_t)r->user.n + 1, sizeof *r->group_ptr, e);
	r->group_idx = rec_alloc(groups->m.nnz, sizeof *r->group_idx, e);
	if (!r->group_ptr || !r->group_idx) {
		free(map);
		return -1;
	}
	for (uint32_t u = 0; u < r->user.n; u++) {
		if (map[u] != REC_NONE)
			for (uint64_t i = groups->m.ptr[map[u]]; i < groups->m.ptr[map[u] + 1]; i++)
				r->group_idx[n++] = groups->m.col[i];
		r->group_ptr[u + 1] = n;
	}
	free(map);
	return 0;
}

double rec_series_user(const struct rec_series *s, uint32_t u)
{
	double x = s->value[u];

	if (s->agg == REC_AGG_MEAN)
		return x;
	x = s->count[u] ? x / s->count[u] : 0;
	return s->agg == REC_AGG_ROOT ? sqrt(x) : x;
}
