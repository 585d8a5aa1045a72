/* SPDX-License-Identifier: MIT */
/*
 * score/pair.c - the score of a single item for the row just begun: the chains
 * of operations of score/row.c, for one candidate.
 */
#include <assert.h>
#include <math.h>

#include "score/private.h"

static bool pair_sparse(const struct rec_scorer_part *p, const struct rec_part_scratch *ps,
			uint32_t c, float *sum)
{
	bool found = p->offset != NULL;
	uint32_t i;
	uint64_t t;

	*sum = 0;
	for (i = 0; i < ps->nhist; i++) {
		if (p->kind == REC_PART_DENSE) {
			*sum = fmaf(ps->weight[i], p->dense[(size_t)ps->hist[i] * p->ncand + c],
				    *sum);
			found = true;
		} else if ((t = rec_csr_find(&p->sim, ps->hist[i], c)) != UINT64_MAX) {
			*sum = fmaf(ps->weight[i], p->sim.val[t], *sum);
			found = true;
		}
	}
	return found;
}

static bool neighbour_holds(const struct rec_scorer_part *p, uint32_t v, uint32_t c, float w,
			    float *sum)
{
	uint32_t row = p->column_to_user[v];
	uint64_t t = row == REC_NONE ? UINT64_MAX : rec_csr_find(&p->interactions->m, row, c);

	if (t == UINT64_MAX || p->interaction_weight[t] == 0)
		return false;
	*sum = fmaf(w, p->interaction_weight[t], *sum);
	return true;
}

static bool pair_users(const struct rec_scorer_part *p, const struct rec_part_scratch *ps,
		       uint32_t c, float *sum)
{
	const struct rec_csr *m = &p->sim;
	const float *dense = p->model->dense ? p->dense + (size_t)ps->user * p->model->col.n : NULL;
	bool found = false;
	uint64_t t;
	uint32_t v;

	*sum = 0;
	if (dense)
		for (v = 0; v < p->model->col.n; v++)
			found |= neighbour_holds(p, v, c, dense[v], sum);
	else
		for (t = m->ptr[ps->user]; t < m->ptr[ps->user + 1]; t++)
			found |= neighbour_holds(p, m->col[t], c, m->val[t], sum);
	return found;
}

static bool pair_part(const struct rec_scorer *s, const struct rec_scorer_part *p,
		      const struct rec_part_scratch *ps, uint32_t item, float *score)
{
	uint32_t c = rec_mapped(p->item_to_candidate, item);

	if (!ps->live || c == REC_NONE)
		return false;
	switch (p->kind) {
	case REC_PART_OFFSET: *score = p->offset[c]; return true;
	case REC_PART_FACTORS:
		if (p->usable && !p->usable[c])
			return false;
		*score = s->run->kernel->score(ps->vector, p->table + (size_t)c * p->ld, p->k);
		break;
	case REC_PART_SPARSE:
	case REC_PART_DENSE:
		if (!pair_sparse(p, ps, c, score))
			return false;
		break;
	case REC_PART_USERS:
		if (!pair_users(p, ps, c, score))
			return false;
	}
	if (p->mean != 0)
		*score = *score + p->mean;
	if (p->offset)
		*score = *score + p->offset[c];
	return true;
}

bool rec_scorer_pair(const struct rec_scorer *s, struct rec_score_scratch *sc, uint32_t item,
		     float *score)
{
	bool found = false;
	float x, sum = 0;
	size_t i;

	assert(s->scale == REC_SCALE_RAW);
	if (item == REC_NONE)
		return false;
	if (!s->blend)
		return pair_part(s, &s->part[0], &sc->part[0], item, score);
	for (i = 0; i < s->nparts; i++)
		if (pair_part(s, &s->part[i], &sc->part[i], item, &x)) {
			sum = fmaf(s->part[i].weight, x, sum);
			found = true;
		}
	*score = sum;
	return found;
}

static float prior_part(const struct rec_scorer_part *p, const struct rec_part_scratch *ps,
			uint32_t item)
{
	uint32_t c = item == REC_NONE ? REC_NONE : rec_mapped(p->item_to_candidate, item);
	float x = p->mean;

	if (p->kind == REC_PART_FACTORS && p->bias && ps->vector)
		x = x + ps->vector[p->k - 1];
	if (p->kind == REC_PART_FACTORS && p->bias && c != REC_NONE)
		x = x + p->table[(size_t)c * p->ld + p->k - 2];
	if (p->offset && c != REC_NONE)
		x = x + p->offset[c];
	return x;
}

bool rec_scorer_knows(const struct rec_scorer *s, uint32_t item)
{
	for (size_t i = 0; i < s->nparts && item != REC_NONE; i++) {
		const struct rec_scorer_part *p = &s->part[i];

		if ((p->bias || p->offset) && rec_mapped(p->item_to_candidate, item) != REC_NONE)
			return true;
	}
	return false;
}

float rec_scorer_prior(const struct rec_scorer *s, struct rec_score_scratch *sc, uint32_t item)
{
	float sum = 0;
	size_t i;

	if (!s->blend)
		return prior_part(&s->part[0], &sc->part[0], item);
	for (i = 0; i < s->nparts; i++)
		sum = fmaf(s->part[i].weight, prior_part(&s->part[i], &sc->part[i], item), sum);
	return sum;
}
