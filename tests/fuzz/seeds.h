/* SPDX-License-Identifier: MIT */
/*
 * seeds.h - small files of every kind that the commands read as models, made by
 * the library from the same few pairs: factors of all losses and halves,
 * similarities sparse and dense, offsets, users, sums, surveys, text per user.
 */
#ifndef TESTS_FUZZ_SEEDS_H
#define TESTS_FUZZ_SEEDS_H

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "als/als.h"
#include "als/half.h"
#include "recpipe/eval.h"
#include "eval/peruser.h"
#include "matrix/sparse.h"
#include "model/model.h"
#include "sim/factors.h"
#include "sim/methods.h"
#include "sim/partial.h"
#include "sim/sim.h"

#include "recpipe/matrix.h"
#include "stream.h"

enum { USERS = 12, ITEMS = 10, MOST_SEEDS = 64 };
enum kind { KIND_MODEL, KIND_SUMS, KIND_SURVEY, KIND_PER_USER };

struct seed {
	const char *name;
	enum kind kind;
	unsigned char *p;
	size_t n;
	struct stream stream; /* of recmat */
};

static struct seed seeds[MOST_SEEDS];
static size_t nseeds;
static struct rec_run machine;
static struct rec_sparse pairs, survey_pairs;

static inline void need(int rc, const struct rec_err *e)
{
	if (rc != 0) {
		printf("FAILED models: no seeds: %s\n", e->msg);
		exit(1);
	}
}

/* -- the library's files are memory here -- */

struct memory {
	unsigned char *p; /* exactly n bytes, so that a sanitizer sees what is read behind them */
	size_t n;
};

static inline void memory_set(struct memory *m, const void *p, size_t n)
{
	free(m->p);
	m->p = n % 64 ? malloc(n) : aligned_alloc(64, n ? n : 64);
	m->n = n;
	if (!m->p)
		exit(1);
	if (n)
		memcpy(m->p, p, n);
}

static inline struct rec_in *memory_in(const struct memory *m, struct rec_err *e)
{
	struct rec_in *in = NULL;

	need(rec_in_memory(&in, "file", m->p, m->n, e), e);
	return in;
}

static inline void text_pairs(struct rec_sparse *s, unsigned odd, struct rec_err *e)
{
	struct rec_load how = { .repeats = REC_REPEATS_SUM };
	static char text[USERS * ITEMS * 20];
	struct memory m = { 0 };
	size_t n = 0;

	for (unsigned u = 0; u < USERS; u++)
		for (unsigned i = 0; i < ITEMS; i++)
			if ((u * 7 + i * 5 + u * i) % 3 == odd)
				n += (size_t)sprintf(text + n, "u%05u\ti%05u\t%u\n", u, i,
						     1 + (u + i) % 5);
	memory_set(&m, text, n);
	need(rec_sparse_load(s, memory_in(&m, e), &how, NULL, e), e);
	free(m.p);
}

/* -- adding seeds -- */

static char seed_path[] = "/tmp/fuzz-models-XXXXXX";

static inline struct rec_out *seed_out(struct rec_err *e)
{
	struct rec_out *out = NULL;

	need(rec_out_open(&out, seed_path, e), e);
	return out;
}

static inline void add_seed(const char *name, enum kind kind, struct rec_out *out,
			    struct rec_err *e)
{
	struct seed *s = &seeds[nseeds++];
	struct stat st;
	int fd;

	need(rec_out_finish(out, e), e);
	need(rec_out_commit(out, e), e);
	rec_out_free(out);
	fd = open(seed_path, O_RDONLY);
	if (fd < 0 || fstat(fd, &st) != 0 || st.st_size == 0 || st.st_size > MOST_BYTES / 2 ||
	    nseeds == MOST_SEEDS)
		need(-1, &(struct rec_err){ .msg = "a seed can't be read back" });
	*s = (struct seed){ .name = name, .kind = kind, .n = (size_t)st.st_size };
	s->p = malloc(s->n + 1);
	if (!s->p || read(fd, s->p, s->n) != st.st_size)
		exit(1);
	s->p[s->n] = '\0';
	close(fd);
	if (s->n >= 8 && memcmp(s->p, REC_FORM_MAGIC, 8) == 0)
		take_apart(&s->stream, s->p, s->n);
}

static inline void add_model(const char *name, struct rec_model *m, bool binary, struct rec_err *e)
{
	struct rec_out *out = seed_out(e);

	need(rec_model_write(out, m, binary, NULL, e), e);
	add_seed(name, KIND_MODEL, out, e);
	rec_model_free(m);
}

static inline struct rec_als_opts als_opts(unsigned k, bool ratings, bool bias)
{
	struct rec_als_opts o;

	rec_als_defaults(&o);
	o.factors = k;
	o.iterations = 1;
	o.explicit_loss = ratings;
	o.bias = bias;
	return o;
}

static inline void als_seed(const char *name, const struct rec_als_opts *o, struct rec_err *e)
{
	struct rec_model m;

	need(rec_als_train(&m, &pairs, o, NULL, &machine, e), e);
	add_model(name, &m, true, e);
}

/* One half-step from factors, as the seed before it. */
static inline void half_seed(const char *name, const struct rec_als_opts *o, bool users,
			     uint32_t part, struct rec_err *e)
{
	uint64_t unknown;
	struct rec_als_half_opts h = {
		.users = users, .part = part, .parts = part, .unknown = &unknown
	};
	struct rec_model m, half;

	need(rec_als_train(&m, &pairs, o, NULL, &machine, e), e);
	need(rec_als_half(&half, &m, &pairs, &h, &machine, e), e);
	add_model(name, &half, true, e);
	rec_model_free(&m);
}

/*
 * What rec-cat --from factors makes: vectors of items alone, or of both sides,
 * and no metadata.
 */
static inline void bare_seed(const char *name, bool users, struct rec_err *e)
{
	struct rec_als_opts o = als_opts(3, false, false);
	struct rec_model m;

	need(rec_als_train(&m, &pairs, &o, NULL, &machine, e), e);
	rec_meta_free(&m.meta);
	if (!users)
		rec_dense_free(&m.user);
	add_model(name, &m, true, e);
}

static inline void als_seeds(struct rec_err *e)
{
	struct rec_als_opts implicit = als_opts(4, false, false), logs = implicit,
			    ratings = als_opts(4, true, true), plain = als_opts(3, true, false);

	logs.weights.kind = REC_TRANSFORM_LOG;
	logs.solver = REC_CG;
	als_seed("implicit", &implicit, e);
	als_seed("implicit log cg", &logs, e);
	als_seed("explicit with biases", &ratings, e);
	als_seed("explicit without", &plain, e);
	half_seed("half item", &implicit, false, 1, e);
	half_seed("half user", &ratings, true, 1, e);
	bare_seed("vectors of items", false, e);
	bare_seed("vectors of both", true, e);
	half_seed("empty part of a half", &implicit, true, 9, e);
}

static inline struct rec_sim_opts sim_opts(const char *method)
{
	struct rec_sim_opts o;

	rec_sim_defaults(&o, rec_sim_method(method));
	o.part = o.parts = 1;
	return o;
}

static inline void sim_seed(const char *name, const struct rec_sim_opts *o, bool binary,
			    struct rec_err *e)
{
	struct rec_model m;
	uint64_t thinned;

	need(rec_sim_train(&m, &pairs, o, &machine, &thinned, e), e);
	add_model(name, &m, binary, e);
}

/* Dense, from factors: as ease writes it, but without OpenBLAS. */
static inline void dense_seed(struct rec_err *e)
{
	struct rec_als_opts o = als_opts(4, false, false);
	struct rec_sim_opts dot = sim_opts("dot");
	struct rec_model m, d;

	dot.neighbours = 0;
	need(rec_als_train(&m, &pairs, &o, NULL, &machine, e), e);
	need(rec_sim_from_factors(&d, &m, &dot, &machine, e), e);
	add_model("dense", &d, true, e);
	rec_model_free(&m);
}

static inline void sim_seeds(struct rec_err *e)
{
	struct rec_sim_opts cosine = sim_opts("cosine"), user = cosine, centred = cosine,
			    logs = cosine, popular = sim_opts("popular");

	user.side_user = true;
	centred.center = true;
	logs.weights.kind = REC_WEIGH_LOG;
	sim_seed("cosine", &cosine, true, e);
	sim_seed("text", &cosine, false, e);
	sim_seed("users", &user, true, e);
	sim_seed("with offset", &centred, true, e);
	sim_seed("of weighted histories", &logs, true, e);
	sim_seed("popular", &popular, true, e);
	dense_seed(e);
}

/* -- sums and surveys of two shards -- */

static struct rec_survey whole;

static inline void survey_seed(struct rec_err *e)
{
	struct rec_sim_opts o = sim_opts("p3alpha");
	struct rec_survey one[2];
	struct rec_out *out;
	uint64_t thinned;

	need(rec_partial_survey(&one[0], &pairs, &o, &thinned, e), e);
	need(rec_partial_survey(&one[1], &survey_pairs, &o, &thinned, e), e);
	out = seed_out(e);
	need(rec_survey_write(out, &one[0], e), e);
	need(rec_survey_write(out, &one[1], e), e);
	add_seed("survey", KIND_SURVEY, out, e);
}

static inline void sums_seed(const char *name, const char *method, bool binary, struct rec_err *e)
{
	struct rec_sim_opts o = sim_opts(method);
	struct rec_out *out = seed_out(e);

	o.whole = rec_partial_wants_whole(&o) ? &whole : NULL;
	for (int i = 0; i < 2; i++) {
		struct rec_partial p = {
			.o = &o, .duplicates = "sum", .version = "0", .binary = binary
		};

		need(rec_partial_write(out, i ? &survey_pairs : &pairs, &p, &machine, e), e);
	}
	add_seed(name, KIND_SUMS, out, e);
}

static inline void sums_seeds(struct rec_err *e)
{
	struct rec_in *in = NULL;

	survey_seed(e);
	need(rec_in_memory(&in, "survey", seeds[nseeds - 1].p, seeds[nseeds - 1].n, e), e);
	need(rec_survey_read(&whole, in, e), e);
	rec_in_close(in);
	sums_seed("sums", "cosine", true, e);
	sums_seed("sums of weights", "p3alpha", true, e);
	sums_seed("sums of items", "popular", true, e);
	sums_seed("sums in text", "cosine", false, e);
}

/* -- text per user -- */

static inline void per_user_seed(const char *name, const char *measures, bool rated,
				 struct rec_err *e)
{
	struct memory m = { 0 };
	struct rec_lists lists;
	struct rec_metrics ms = { 0 };
	struct rec_results r;
	struct rec_eval_notes notes;
	struct rec_out *out;
	char list[128], text[USERS * 5 * 20], *s = list, *one;
	size_t n = 0;

	for (unsigned u = 0; u < USERS; u++)
		for (unsigned i = 0; i < 5; i++)
			n += (size_t)sprintf(text + n, "u%05u\ti%05u\t%u\n", u, (u + 2 * i) % ITEMS,
					     9 - i);
	memory_set(&m, text, n);
	need(rec_lists_load(&lists, memory_in(&m, e), false, NULL, e), e);
	snprintf(list, sizeof list, "%s", measures);
	while ((one = strtok_r(s, " ", &s)))
		need(rec_metrics_parse(&ms, one, e), e);
	need(rec_evaluate(
		     &r,
		     &(struct rec_eval_input){ &lists, &pairs, rated ? NULL : &survey_pairs, NULL },
		     &(struct rec_eval_opts){ .metric = ms.m, .n = ms.n, .shallow = true },
		     &machine, &notes, e),
	     e);
	out = seed_out(e);
	need(rec_peruser_write(out, &r, e), e);
	add_seed(name, KIND_PER_USER, out, e);
	rec_results_free(&r);
	rec_metrics_free(&ms);
	rec_lists_free(&lists);
	free(m.p);
}

static inline void make_seeds(void)
{
	struct rec_err e = { 0 };
	int fd = mkstemp(seed_path);

	if (fd < 0)
		exit(1);
	close(fd);
	need(rec_kernel_pick(&machine.kernel, NULL, &e), &e);
	text_pairs(&pairs, 0, &e);
	text_pairs(&survey_pairs, 1, &e);
	als_seeds(&e);
	sim_seeds(&e);
	sums_seeds(&e);
	per_user_seed("ranking per user", "recall@3 ndcg@3 map@3 coverage@3 gini@3 novelty@3",
		      false, &e);
	per_user_seed("errors per user", "rmse mae", true, &e);
	unlink(seed_path);
}

#endif
