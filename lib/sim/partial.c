/* SPDX-License-Identifier: MIT */
/*
 * sim/partial.c - sums over the users of a shard, whole or divided into groups
 * of items.
 */
#include "sim/partial.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "matrix/digest.h"
#include "recmat/meta.h"
#include "recmat/recmat.h"
#include "sim/linear.h"
#include "sim/method.h"
#include "sim/sums.h"
#include "sim/sums_write.h"
#include "sim/users.h"

/* OVERHEAD: bytes of buffers, stacks and libraries. OUTPUT: of an output. */
enum { OVERHEAD = 16 << 20, OUTPUT = 1 << 20 };

const char *rec_partial_refuses(const struct rec_sim_opts *o)
{
	if (o->side_user)
		return "--side user: a pair of users may lie in two shards";
	if (o->weights.kind == REC_WEIGH_VALUE)
		return o->method->zeros ? "means over all users are taken off the values, and such "
					  "sums are not exact" :
					  "sums of products of values are not exact";
	return o->weights.kind != REC_WEIGH_NONE ? "sums of weighted pairs are not exact" : NULL;
}

bool rec_partial_wants_whole(const struct rec_sim_opts *o)
{
	return rec_linear_user_power(o) != 0;
}

struct job {
	const struct rec_sparse *x;
	struct rec_sim_data d;
	struct rec_sums_source src;
};

/* -- data -- */

/* Refuse a shard that is larger than the whole. */
static int check_whole(const struct rec_survey *whole, const struct rec_sparse *x,
		       const struct rec_csr *pairs, struct rec_err *e)
{
	if (x->m.nrows <= whole->users && pairs->nnz <= whole->pairs &&
	    x->digest.cells <= whole->digest.cells)
		return 0;
	return rec_err_set(e, REC_EDATA,
			   "this shard has %" PRIu32 " users, %" PRIu64 " pairs, %" PRIu64
			   " rows; --whole says %" PRIu64 ", %" PRIu64 ", %" PRIu64
			   " of all: make it of all shards (rec-sim --survey)",
			   x->m.nrows, pairs->nnz, x->digest.cells, whole->users, whole->pairs,
			   whole->digest.cells);
}

/* The largest number of other cells that row i can have. */
static uint64_t most_cells(const void *job, uint32_t i)
{
	const struct rec_sim_data *d = &((const struct job *)job)->d;
	uint64_t n = 0;

	for (uint64_t c = d->t.ptr[i]; n < d->items && c < d->t.ptr[i + 1]; c++)
		n += d->x.ptr[d->t.col[c] + 1] - d->x.ptr[d->t.col[c]];
	return n;
}

static int prepare(struct job *j, struct rec_csr *pairs, struct rec_partial *p,
		   const struct rec_run *run, struct rec_err *e)
{
	struct rec_thinning thin = { .max = p->o->max_user, .seed = p->o->seed };
	struct rec_sim_data *d = &j->d;
	bool weighted = rec_partial_wants_whole(p->o);

	if (rec_weighting_pairs(pairs, j->x, &p->o->weights, false, &thin, e) != 0)
		return -1;
	p->thinned = thin.rows;
	if (p->o->whole && check_whole(p->o->whole, j->x, pairs, e) != 0)
		return -1;
	d->o = p->o;
	d->users = pairs->nrows;
	d->items = pairs->ncols;
	d->unit = true;
	d->x = (struct rec_csr){ .nrows = pairs->nrows,
				 .ncols = pairs->ncols,
				 .nnz = pairs->nnz,
				 .ptr = pairs->ptr,
				 .col = pairs->col,
				 .val = pairs->val };
	d->scale = weighted ? rec_survey_scale(p->o->whole, rec_linear_user_power(p->o)) : 0;
	if (rec_csr_transpose(&d->t, &d->x, run->pool, e) != 0 ||
	    (weighted && p->o->method->prepare(d, e) != 0))
		return -1;
	j->src = (struct rec_sums_source){ .item = &j->x->col,
					   .overlap = { .base = weighted ? REC_BASE_SUM :
									   REC_BASE_COUNT,
							.x = &d->x,
							.t = &d->t,
							.unit = true,
							.user = d->user },
					   .scale = d->scale,
					   .pairs = p->o->method->takes & REC_SIM_LIST,
					   .users = d->t.ptr };
	return rec_sums_most(&j->src, most_cells, j, e);
}

static void release(struct job *j)
{
	rec_csr_free(&j->d.x);
	rec_csr_free(&j->d.t);
	free(j->d.a);
	free(j->d.b);
	free(j->d.user);
	free(j->src.most);
}

/* -- metadata -- */

static int set_totals(struct rec_meta *m, const char *prefix, uint64_t users, uint64_t shards,
		      const struct rec_digest *d, struct rec_err *e)
{
	struct rec_meta own = { 0 };
	char key[32];
	int rc = rec_digest_meta(&own, d, e);

	if (rc == 0)
		rc = rec_meta_set_u64(&own, "users", users, e);
	if (rc == 0)
		rc = rec_meta_set_u64(&own, "shards", shards, e);
	for (size_t i = 0; rc == 0 && i < own.n; i++) {
		snprintf(key, sizeof key, "%s%s", prefix, own.entry[i].key);
		rc = rec_meta_set(m, key, own.entry[i].value, e);
	}
	rec_meta_free(&own);
	return rc;
}

static int describe(struct rec_meta *m, const struct job *j, const struct rec_partial *p,
		    struct rec_err *e)
{
	const struct rec_sim_opts *o = p->o;
	const struct rec_survey *w = o->whole;
	bool weighted = rec_partial_wants_whole(o);

	if (rec_meta_set(m, "algorithm", "sums", e) != 0 || rec_meta_set(m, "sums",
									 !j->src.pairs ? "items" :
									 weighted	? "weight" :
										       "count",
									 e) != 0)
		return -1;
	if (weighted && (rec_meta_set_f64(m, "user-power", rec_linear_user_power(o), e) != 0 ||
			    rec_meta_set_f64(m, "scale", j->d.scale, e) != 0))
		return -1;
	if (rec_meta_set_u64(m, "max-user", o->max_user, e) != 0 ||
	    (o->max_user && rec_meta_set_u64(m, "seed", o->seed, e) != 0))
		return -1;
	if (rec_meta_set(m, "duplicates", p->duplicates, e) != 0 ||
	    rec_meta_set(m, "version", p->version, e) != 0)
		return -1;
	if (w && set_totals(m, "whole.", w->users, w->shards, &w->digest, e) != 0)
		return -1;
	return set_totals(m, "", j->x->m.nrows, 1, &j->x->digest, e);
}

/* -- groups of items, and the users that each of them tells -- */

/* Keys of a group, in order, to `to`. Returns how many there are. */
static uint64_t keys_of(uint64_t *to, const uint64_t *key, uint64_t n, uint32_t group,
			uint32_t groups)
{
	uint64_t k = 0;

	for (uint64_t u = 0; u < n; u++)
		if (key[u] % groups == group)
			to[k++] = key[u];
	return k;
}

static int write_group(struct rec_out *out, struct job *j, struct rec_partial *p, uint32_t group,
		       const uint64_t *key, const struct rec_run *run, struct rec_err *e)
{
	const struct rec_labels *users = &j->x->row;
	struct rec_meta m = { 0 };
	struct rec_sums_output how = { .binary = p->binary, .meta = &m };
	uint64_t *own = rec_alloc((size_t)users->n + 1, sizeof *own, e);
	unsigned char *mine = NULL;
	int rc = own && describe(&m, j, p, e) == 0 ? 0 : -1;

	if (rc == 0 && p->groups > 1)
		rc = rec_sums_set_group(&m, group, p->groups, e);
	if (rc == 0 && p->groups > 1)
		rc = rec_sums_group(&mine, j->src.item, group, p->groups, e);
	if (rc == 0) {
		how.nkeys = keys_of(own, key, users->n, group, p->groups);
		how.key = own;
		how.mine = mine;
		rc = rec_sums_write(out, &how, &j->src, &p->cells, run, e);
	}
	rec_meta_free(&m);
	free(mine);
	free(own);
	return rc;
}

/* -- all of it -- */

int rec_partial_write(struct rec_out *const *out, const struct rec_sparse *x,
		      struct rec_partial *p, const struct rec_run *run, struct rec_err *e)
{
	struct job j = { .x = x };
	struct rec_csr pairs = { 0 };
	uint64_t *key = NULL;
	int rc = prepare(&j, &pairs, p, run, e);

	if (rc == 0)
		rc = rec_users_keys(&key, &x->row, e);
	for (uint32_t g = 0; rc == 0 && g < p->groups; g++)
		rc = write_group(out[g], &j, p, g, key, run, e);
	free(key);
	release(&j);
	rec_csr_free(&pairs);
	return rc;
}

void rec_partial_cost(struct rec_sim_cost *c, const struct rec_sparse *x,
		      const struct rec_sim_opts *o, uint32_t groups, unsigned threads)
{
	double n = x->m.ncols;

	c->operations = 0;
	for (uint32_t u = 0; groups && u < x->m.nrows; u++)
		c->operations += (double)(x->m.ptr[u + 1] - x->m.ptr[u]) *
				 (double)(x->m.ptr[u + 1] - x->m.ptr[u]);
	c->bytes = (uint64_t)(OVERHEAD + 4 * 8 * (double)x->m.nnz + 40 * (n + x->m.nrows) +
			      24 * (double)x->m.nrows);
	if (groups)
		c->bytes += groups * (uint64_t)OUTPUT +
			    rec_sums_write_bytes(x->m.ncols, c->operations,
						 rec_partial_wants_whole(o), threads);
}

int rec_partial_survey(struct rec_survey *s, const struct rec_sparse *x,
		       const struct rec_sim_opts *o, uint64_t *thinned, struct rec_err *e)
{
	struct rec_thinning thin = { .max = o->max_user, .seed = o->seed };
	struct rec_csr pairs;

	*s = (struct rec_survey){
		.shards = 1, .users = x->m.nrows, .digest = x->digest, .max_user = o->max_user
	};
	if (rec_weighting_pairs(&pairs, x, &o->weights, false, &thin, e) != 0)
		return -1;
	*thinned = thin.rows;
	rec_survey_lengths(s, &pairs);
	rec_csr_free(&pairs);
	return 0;
}
