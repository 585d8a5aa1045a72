/* SPDX-License-Identifier: MIT */
/*
 * serve/site.c - files to what answers, as rec-topn and rec-score put it
 * together: the same labels, the same rule for repeats, so the same bytes.
 */
#include "serve/site.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/hash.h"
#include "base/mem.h"
#include "recpipe/load.h"
#include "score/score.h"
#include "score/stream.h"
#include "topn/label_list.h"
#include "topn/popular.h"
#include "topn/topn.h"

/* h with what is under a name; 0 where nothing is. path NULL: h. */
static uint64_t stamp_file(uint64_t h, const char *path)
{
	struct stat st;

	if (h == 0 || !path)
		return h;
	if (stat(path, &st) != 0)
		return 0;
	h = rec_mix2(rec_mix2(h, (uint64_t)st.st_dev), (uint64_t)st.st_ino);
	h = rec_mix2(rec_mix2(h, (uint64_t)st.st_size), (uint64_t)st.st_mtim.tv_sec);
	return rec_mix2(h, (uint64_t)st.st_mtim.tv_nsec) | 1;
}

uint64_t rec_site_stamp(const struct rec_site_opts *o)
{
	uint64_t h = 1;

	for (size_t i = 0; i < o->nmodels; i++)
		h = stamp_file(h, o->model[i]);
	h = stamp_file(h, o->interactions);
	h = stamp_file(h, o->seen);
	h = stamp_file(h, o->allow);
	h = stamp_file(h, o->deny);
	return stamp_file(h, o->titles);
}

static int load_models(struct rec_site *s, const struct rec_site_opts *o, struct rec_err *e)
{
	s->model = rec_zalloc(o->nmodels, sizeof *s->model, e);
	s->list = rec_zalloc(o->nmodels, sizeof *s->list, e);
	if (!s->model || !s->list)
		return -1;
	for (; s->nmodels < o->nmodels; s->nmodels++) {
		struct rec_model *m = &s->model[s->nmodels];
		const char *loss;
		struct rec_in *in;

		if (rec_in_open(&in, o->model[s->nmodels], e) != 0 ||
		    rec_model_load(m, in, o->trust, s->run.pool, e) != 0)
			return -1;
		s->list[s->nmodels] = m;
		loss = rec_meta_get(&m->meta, "loss");
		s->explicit_loss |= loss && strcmp(loss, "explicit") == 0;
	}
	if (!o->blend)
		return 0;
	s->weight = rec_alloc(s->nmodels, sizeof *s->weight, e);
	return s->weight ? rec_blend_parse(s->weight, s->nmodels, o->blend, e) : -1;
}

static int load_pairs(struct rec_sparse *x, bool *has, const char *path, enum rec_repeats repeats,
		      const struct rec_site *s, bool trust, struct rec_err *e)
{
	struct rec_load how = { .repeats = repeats,
				.times = repeats == REC_REPEATS_LAST,
				.trust = trust,
				.no_digest = true };
	struct rec_in *in;

	*has = path != NULL;
	if (!path)
		return 0;
	return rec_in_open(&in, path, e) == 0 ? rec_sparse_load(x, in, &how, s->run.pool, e) : -1;
}

static int load_files(struct rec_site *s, const struct rec_site_opts *o, struct rec_err *e)
{
	enum rec_repeats repeats;

	if (load_models(s, o, e) != 0)
		return -1;
	repeats = s->explicit_loss ? REC_REPEATS_LAST : REC_REPEATS_SUM;
	if (load_pairs(&s->interactions, &s->has_interactions, o->interactions, repeats, s,
		       o->trust, e) != 0 ||
	    load_pairs(&s->seen, &s->has_seen, o->seen, REC_REPEATS_MAX, s, o->trust, e) != 0)
		return -1;
	return o->titles ? rec_titles_load(&s->titles, o->titles, e) : 0;
}

/* Popularity: interactions, else a popular model, else what was seen. */
static const struct rec_sparse *popular_pairs(const struct rec_site *s)
{
	return s->has_interactions ? &s->interactions : s->has_seen ? &s->seen : NULL;
}

static const struct rec_model *popular_model(const struct rec_site *s)
{
	for (size_t i = 0; i < s->nmodels && !s->has_interactions; i++) {
		const struct rec_model *m = s->list[i];

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
		.model = s->list,
		.nmodels = s->nmodels,
		.weight = s->weight,
		.scale = o->scale,
		.fold_in = o->fold_in,
		.unknown_users = true,
		.interactions = s->has_interactions ? &s->interactions : NULL,
		.more = x ? &x->col : NULL,
		.index = true,
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
	int rc = s->scorer.blend ? 0 : rec_clamp_train(&s->lo, &s->hi, &s->model[0].meta, e);

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

	if (s->nmodels < 2)
		return 0;
	s->alone = rec_zalloc(s->nmodels, sizeof *s->alone, e);
	if (!s->alone)
		return -1;
	for (size_t i = 0; i < s->nmodels; i++) {
		struct rec_scorer_opts so = scorer_opts(s, o);

		so.model = &s->list[i];
		so.nmodels = 1;
		so.weight = NULL;
		so.more = &s->scorer.items;
		if (rec_scorer_new(&s->alone[i].scorer, &so, &s->run, e) != 0 ||
		    rec_topn_new(&s->alone[i].topn, &s->alone[i].scorer, &to, e) != 0)
			return -1;
	}
	return 0;
}

static int make_scorers(struct rec_site *s, const struct rec_site_opts *o, struct rec_err *e)
{
	struct rec_scorer_opts so = scorer_opts(s, o);
	struct rec_topn_opts to = { .n = 1 };

	if (rec_scorer_new(&s->scorer, &so, &s->run, e) != 0 ||
	    make_popular(&s->popular, s, &s->scorer.items, e) != 0 ||
	    make_allowed(s, o, e) != 0 || make_bounds(s, e) != 0)
		return -1;
	if (s->has_interactions && rec_pairs_new(&s->stored, &s->interactions, &s->scorer.items,
						 true, s->run.pool, e) != 0)
		return -1;
	if (s->has_seen && rec_pairs_new(&s->left_out, &s->seen, &s->scorer.items, true,
					 s->run.pool, e) != 0)
		return -1;
	to.allowed = s->allowed;
	to.popular = knows_popular(s) ? &s->popular : NULL;
	s->knows_popular = to.popular;
	if (rec_topn_new(&s->topn, &s->scorer, &to, e) != 0)
		return -1;
	return make_alone(s, o, e) != 0 ? -1 : make_similar(s, o, e);
}

static uint64_t digest(const struct rec_site *s)
{
	uint64_t h = s->stamp;

	for (size_t i = 0; i < s->nmodels; i++)
		for (size_t k = 0; k < s->model[i].meta.n; k++) {
			const struct rec_meta_entry *m = &s->model[i].meta.entry[k];

			h = rec_hash(m->key, strlen(m->key), h);
			h = rec_hash(m->value, strlen(m->value), h);
		}
	return h;
}

static double now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int fill(struct rec_site *s, const struct rec_site_opts *o, struct rec_err *e)
{
	double began = now(CLOCK_MONOTONIC);
	struct rec_pool *pool = NULL;
	int rc;

	s->stamp = rec_site_stamp(o);	/* before: what changes meanwhile is another */
	if (rec_kernel_pick(&s->run.kernel, o->isa, e) != 0 ||
	    rec_pool_new(&pool, o->threads ? o->threads : 1, e) != 0)
		return -1;
	s->run.pool = pool;
	rc = load_files(s, o, e);
	if (rc == 0)
		rc = make_scorers(s, o, e);
	s->run.pool = NULL;	/* answers are made by one thread each */
	rec_pool_free(pool);
	s->digest = digest(s);
	s->opened = (int64_t)now(CLOCK_REALTIME);
	s->seconds = now(CLOCK_MONOTONIC) - began;
	return rc;
}

int rec_site_open(struct rec_site **out, const struct rec_site_opts *o, struct rec_err *e)
{
	struct rec_site *s = rec_zalloc(1, sizeof *s, e);

	*out = NULL;
	if (!s)
		return -1;
	atomic_init(&s->held, 1);
	if (fill(s, o, e) != 0) {
		rec_site_let_go(s);
		return -1;
	}
	*out = s;
	return 0;
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
	for (size_t i = 0; s->alone && i < s->nmodels; i++) {
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
	rec_sparse_free(&s->interactions);
	rec_sparse_free(&s->seen);
	rec_titles_free(&s->titles);
	for (size_t i = 0; i < s->nmodels; i++)
		rec_model_free(&s->model[i]);
	free(s->model);
	free(s->list);
	free(s->weight);
	free(s->allowed);
	free(s->allowed_like);
	free(s);
}

uint64_t rec_site_bytes(const struct rec_site *s, unsigned threads)
{
	uint64_t bytes = rec_topn_size(s->topn, threads);

	if (s->similar)
		bytes += rec_topn_size(s->similar, threads);
	for (size_t i = 0; i < s->nmodels; i++)
		bytes += rec_model_bytes(&s->model[i]) +
			 (s->alone ? rec_topn_size(s->alone[i].topn, threads) : 0);
	return bytes;
}
