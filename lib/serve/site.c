/* SPDX-License-Identifier: MIT */
/*
 * serve/site.c - from files to what answers, as rec-topn and rec-score put it
 * together: the same labels, the same rule for repeats, so the same bytes.
 */
#include "serve/site.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "score/score.h"
#include "score/stream.h"
#include "topn/label_list.h"
#include "topn/popular.h"
#include "topn/topn.h"

/* Popularity: interactions, else a popular model, else what was seen. */
static const struct rec_sparse *popular_pairs(const struct rec_site *s)
{
	const struct rec_files *f = s->files;

	return f->has_interactions ? &f->interactions : f->has_seen ? &f->seen : NULL;
}

static const struct rec_model *popular_model(const struct rec_site *s)
{
	for (size_t i = 0; i < s->files->nmodels && !s->files->has_interactions; i++) {
		const struct rec_model *m = s->files->list[i];

		if (m->has_offset && !m->has_factors && !m->has_similarity)
			return m;
	}
	return NULL;
}

static bool knows_popular(const struct rec_site *s)
{
	return popular_model(s) || popular_pairs(s);
}

static int make_popular(struct rec_popular *p, const struct rec_site *s,
			const struct rec_labels *items, struct rec_err *e)
{
	const struct rec_model *m = popular_model(s);
	const struct rec_sparse *x = popular_pairs(s);

	if (m)
		return rec_popular_offset(p, &m->offset.row, m->offset.val, items, e);
	return x ? rec_popular_count(p, x, items, e) : 0;
}

static int mark(struct rec_site *s, const char *path, unsigned char value, struct rec_err *e)
{
	const struct rec_labels *items = &s->scorer.items;
	unsigned char *named = rec_zalloc((size_t)items->n + 1, 1, e);
	struct rec_label_tally t = { 0 };
	struct rec_in *in;
	int rc = -1;

	if (named && rec_in_open(&in, path, e) == 0)
		rc = rec_label_list_load(named, items, in, s->run.pool, &t, e);
	for (uint32_t i = 0; rc == 0 && i < items->n; i++)
		if (named[i])
			s->allowed[i] = value;
	free(named);
	if (rc == 0 && value && t.unknown == t.labels)
		return rec_err_set(e, REC_EDATA, "%s: no model holds any of its items", path);
	return rc;
}

static int make_allowed(struct rec_site *s, const struct rec_site_opts *o, struct rec_err *e)
{
	if (!o->allow && !o->deny)
		return 0;
	s->allowed = rec_zalloc((size_t)s->scorer.items.n + 1, 1, e);
	if (!s->allowed)
		return -1;
	if (!o->allow)
		memset(s->allowed, 1, s->scorer.items.n);
	if (o->allow && mark(s, o->allow, 1, e) != 0)
		return -1;
	return o->deny ? mark(s, o->deny, 0, e) : 0;
}

static struct rec_scorer_opts scorer_opts(const struct rec_site *s, const struct rec_site_opts *o)
{
	const struct rec_sparse *x = popular_model(s) ? NULL : popular_pairs(s);

	return (struct rec_scorer_opts){
		.model = s->files->list,
		.nmodels = s->files->nmodels,
		.weight = s->files->weight,
		.scale = o->scale,
		.fold_in = o->fold_in,
		.unknown_users = !s->first,
		.interactions = s->files->has_interactions ? &s->files->interactions : NULL,
		.more = x ? &x->col : NULL,
		.index = !s->first,
	};
}

/* Marks of items of the scorer to items of the other, which has fewer. */
static int allow_like(unsigned char **mark_like, const struct rec_site *s, struct rec_err *e)
{
	uint32_t *map;

	*mark_like = NULL;
	if (!s->allowed)
		return 0;
	if (rec_labels_map(&map, &s->like.items, &s->scorer.items, e) != 0)
		return -1;
	*mark_like = rec_zalloc((size_t)s->like.items.n + 1, 1, e);
	for (uint32_t i = 0; *mark_like && i < s->like.items.n; i++)
		(*mark_like)[i] = map[i] != REC_NONE && s->allowed[map[i]];
	free(map);
	return *mark_like ? 0 : -1;
}

/*
 * Similar items have a scorer of their own. Models that say nothing of them are
 * no error: questions get the reason.
 */
static int make_similar(struct rec_site *s, const struct rec_site_opts *o, struct rec_err *e)
{
	struct rec_scorer_opts so = scorer_opts(s, o);
	struct rec_topn_opts to = { .n = 1,
				    .popular = knows_popular(s) ? &s->popular_like : NULL };

	so.similar = true;
	so.fold_in = so.unknown_users = false;
	so.interactions = NULL;
	if (rec_scorer_new(&s->like, &so, &s->run, &s->why_not) != 0) {
		if (s->why_not.code != REC_ENOMEM)
			return 0;
		*e = s->why_not;
		return -1;
	}
	if (allow_like(&s->allowed_like, s, e) != 0 ||
	    make_popular(&s->popular_like, s, &s->like.items, e) != 0)
		return -1;
	to.allowed = s->allowed_like;
	return rec_topn_new(&s->similar, &s->like, &to, e);
}

static int make_bounds(struct rec_site *s, struct rec_err *e)
{
	int rc = s->scorer.blend ? 0 : rec_clamp_train(&s->lo, &s->hi, &s->files->model[0].meta, e);

	s->clamp = rc > 0;
	return rc < 0 ? -1 : 0;
}

/*
 * Of a blend each model by itself. Its items are those of all, so that
 * histories, marks and popularity serve both.
 */
static int make_alone(struct rec_site *s, const struct rec_site_opts *o, struct rec_err *e)
{
	struct rec_topn_opts to = { .n = 1,
				    .allowed = s->allowed,
				    .popular = knows_popular(s) ? &s->popular : NULL };

	if (s->files->nmodels < 2)
		return 0;
	s->alone = rec_zalloc(s->files->nmodels, sizeof *s->alone, e);
	if (!s->alone)
		return -1;
	for (size_t i = 0; i < s->files->nmodels; i++) {
		struct rec_scorer_opts so = scorer_opts(s, o);

		so.model = &s->files->list[i];
		so.nmodels = 1;
		so.weight = NULL;
		so.more = &s->scorer.items;
		if (rec_scorer_new(&s->alone[i].scorer, &so, &s->run, e) != 0 ||
		    rec_topn_new(&s->alone[i].topn, &s->alone[i].scorer, &to, e) != 0)
			return -1;
	}
	return 0;
}

/* The rows of x, if there is such a file, with items as the scorer has them. */
static int index_pairs(struct rec_pairs *p, bool has, const struct rec_sparse *x,
		       const struct rec_site *s, struct rec_err *e)
{
	return has ? rec_pairs_new(p, x, &s->scorer.items, true, s->run.pool, e) : 0;
}

static int make_scorers(struct rec_site *s, const struct rec_site_opts *o, struct rec_err *e)
{
	struct rec_scorer_opts so = scorer_opts(s, o);
	struct rec_topn_opts to = { .n = 1, .few = s->first };
	const struct rec_files *f = s->files;

	if (rec_scorer_new(&s->scorer, &so, &s->run, e) != 0 ||
	    (!s->first && make_popular(&s->popular, s, &s->scorer.items, e) != 0) ||
	    make_allowed(s, o, e) != 0 || make_bounds(s, e) != 0)
		return -1;
	if (index_pairs(&s->stored, f->has_interactions, &f->interactions, s, e) != 0 ||
	    index_pairs(&s->left_out, f->has_seen, &f->seen, s, e) != 0)
		return -1;
	to.allowed = s->allowed;
	to.popular = knows_popular(s) ? &s->popular : NULL;
	s->knows_popular = to.popular;
	if (rec_topn_new(&s->topn, &s->scorer, &to, e) != 0)
		return -1;
	if (s->first)
		return 0;
	return make_alone(s, o, e) != 0 ? -1 : make_similar(s, o, e);
}

static double now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A model alone that stores vectors of users. */
static bool can_be_first(const struct rec_files *f, const struct rec_site_opts *o)
{
	return f->nmodels == 1 && f->model[0].has_factors && f->model[0].user.row.n > 0 &&
	       !o->fold_in;
}

bool rec_site_lists_now(const struct rec_site *s, const char *user, size_t len)
{
	const struct rec_dense *d = &s->files->model[0].user;
	uint32_t row = rec_labels_find(&d->row, user, len);

	return row != REC_NONE &&
	       rec_vector_directed(d->val + (size_t)row * d->ncols, d->ncols);
}

/* files: those of another site, or NULL. */
static int fill(struct rec_site *s, struct rec_files *files, const struct rec_site_opts *o,
		struct rec_err *e)
{
	double began = now(CLOCK_MONOTONIC);
	struct rec_pool *pool = NULL;
	int rc = 0;

	if (rec_kernel_pick(&s->run.kernel, o->isa, e) != 0 ||
	    rec_pool_new(&pool, o->threads ? o->threads : 1, e) != 0)
		return -1;
	s->run.pool = pool;
	if (files)
		s->files = rec_files_hold(files);
	else
		rc = rec_files_open(&s->files, o, pool, e);
	if (rc == 0) {
		s->first = s->first && can_be_first(s->files, o);
		rc = make_scorers(s, o, e);
	}
	s->run.pool = NULL;	/* answers are made by one thread each */
	rec_pool_free(pool);
	s->opened = (int64_t)now(CLOCK_REALTIME);
	s->seconds = now(CLOCK_MONOTONIC) - began;
	return rc;
}

static int site_new(struct rec_site **out, bool first, struct rec_files *files,
		    const struct rec_site_opts *o, struct rec_err *e)
{
	struct rec_site *s = rec_zalloc(1, sizeof *s, e);

	*out = NULL;
	if (!s)
		return -1;
	atomic_init(&s->held, 1);
	s->first = first;
	if (fill(s, files, o, e) != 0) {
		rec_site_let_go(s);
		return -1;
	}
	*out = s;
	return 0;
}

int rec_site_open(struct rec_site **s, const struct rec_site_opts *o, struct rec_err *e)
{
	return site_new(s, false, NULL, o, e);
}

int rec_site_open_first(struct rec_site **s, const struct rec_site_opts *o, struct rec_err *e)
{
	return site_new(s, true, NULL, o, e);
}

int rec_site_complete(struct rec_site **whole, const struct rec_site *first,
		      const struct rec_site_opts *o, struct rec_err *e)
{
	return site_new(whole, false, first->files, o, e);
}

struct rec_site *rec_site_hold(struct rec_site *s)
{
	atomic_fetch_add(&s->held, 1);
	return s;
}

void rec_site_let_go(struct rec_site *s)
{
	if (!s || atomic_fetch_sub(&s->held, 1) > 1)
		return;
	rec_topn_free(s->topn);
	rec_topn_free(s->similar);
	for (size_t i = 0; s->alone && i < s->files->nmodels; i++) {
		rec_topn_free(s->alone[i].topn);
		rec_scorer_free(&s->alone[i].scorer);
	}
	free(s->alone);
	rec_pairs_free(&s->stored);
	rec_pairs_free(&s->left_out);
	rec_popular_free(&s->popular);
	rec_popular_free(&s->popular_like);
	rec_scorer_free(&s->scorer);
	rec_scorer_free(&s->like);
	free(s->allowed);
	free(s->allowed_like);
	rec_files_let_go(s->files);
	free(s);
}

uint64_t rec_site_bytes(const struct rec_site *s, unsigned threads)
{
	uint64_t bytes = rec_topn_size(s->topn, threads);

	if (s->similar)
		bytes += rec_topn_size(s->similar, threads);
	for (size_t i = 0; i < s->files->nmodels; i++)
		bytes += rec_model_bytes(&s->files->model[i]) +
			 (s->alone ? rec_topn_size(s->alone[i].topn, threads) : 0);
	return bytes;
}
