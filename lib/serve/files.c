/* SPDX-License-Identifier: MIT */
/*
 * serve/files.c - models, histories and titles from their files, by the rule
 * for repeats that rec-topn has, so that answers have the same bytes.
 */
#include "serve/files.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/hash.h"
#include "base/mem.h"
#include "recpipe/load.h"
#include "score/score.h"

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

uint64_t rec_files_stamp(const struct rec_site_opts *o)
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

static int load_models(struct rec_files *f, const struct rec_site_opts *o, struct rec_pool *pool,
		       struct rec_err *e)
{
	f->model = rec_zalloc(o->nmodels, sizeof *f->model, e);
	f->list = rec_zalloc(o->nmodels, sizeof *f->list, e);
	if (!f->model || !f->list)
		return -1;
	for (; f->nmodels < o->nmodels; f->nmodels++) {
		struct rec_model *m = &f->model[f->nmodels];
		const char *loss;
		struct rec_in *in;

		if (rec_in_open(&in, o->model[f->nmodels], e) != 0 ||
		    rec_model_load(m, in, o->trust, pool, e) != 0)
			return -1;
		f->list[f->nmodels] = m;
		loss = rec_meta_get(&m->meta, "loss");
		f->explicit_loss |= loss && strcmp(loss, "explicit") == 0;
	}
	if (!o->blend)
		return 0;
	f->weight = rec_alloc(f->nmodels, sizeof *f->weight, e);
	return f->weight ? rec_blend_parse(f->weight, f->nmodels, o->blend, e) : -1;
}

static int load_pairs(struct rec_sparse *x, bool *has, const char *path, enum rec_repeats repeats,
		      bool trust, struct rec_pool *pool, struct rec_err *e)
{
	struct rec_load how = { .repeats = repeats,
				.times = repeats == REC_REPEATS_LAST,
				.trust = trust,
				.no_digest = true };
	struct rec_in *in;

	*has = path != NULL;
	if (!path)
		return 0;
	return rec_in_open(&in, path, e) == 0 ? rec_sparse_load(x, in, &how, pool, e) : -1;
}

static int load_files(struct rec_files *f, const struct rec_site_opts *o, struct rec_pool *pool,
		      struct rec_err *e)
{
	enum rec_repeats repeats;

	if (load_models(f, o, pool, e) != 0)
		return -1;
	repeats = f->explicit_loss ? REC_REPEATS_LAST : REC_REPEATS_SUM;
	if (load_pairs(&f->interactions, &f->has_interactions, o->interactions, repeats, o->trust,
		       pool, e) != 0 ||
	    load_pairs(&f->seen, &f->has_seen, o->seen, REC_REPEATS_MAX, o->trust, pool, e) != 0)
		return -1;
	return o->titles ? rec_titles_load(&f->titles, o->titles, e) : 0;
}

static uint64_t digest(const struct rec_files *f)
{
	uint64_t h = f->stamp;

	for (size_t i = 0; i < f->nmodels; i++)
		for (size_t k = 0; k < f->model[i].meta.n; k++) {
			const struct rec_meta_entry *m = &f->model[i].meta.entry[k];

			h = rec_hash(m->key, strlen(m->key), h);
			h = rec_hash(m->value, strlen(m->value), h);
		}
	return h;
}

int rec_files_open(struct rec_files **out, const struct rec_site_opts *o, struct rec_pool *pool,
		   struct rec_err *e)
{
	struct rec_files *f = rec_zalloc(1, sizeof *f, e);

	*out = NULL;
	if (!f)
		return -1;
	atomic_init(&f->held, 1);
	f->stamp = rec_files_stamp(o);	/* before: what changes meanwhile is another */
	if (load_files(f, o, pool, e) != 0) {
		rec_files_let_go(f);
		return -1;
	}
	f->digest = digest(f);
	*out = f;
	return 0;
}

struct rec_files *rec_files_hold(struct rec_files *f)
{
	atomic_fetch_add(&f->held, 1);
	return f;
}

void rec_files_let_go(struct rec_files *f)
{
	if (!f || atomic_fetch_sub(&f->held, 1) > 1)
		return;
	rec_sparse_free(&f->interactions);
	rec_sparse_free(&f->seen);
	rec_titles_free(&f->titles);
	for (size_t i = 0; i < f->nmodels; i++)
		rec_model_free(&f->model[i]);
	free(f->model);
	free(f->list);
	free(f->weight);
	free(f);
}
