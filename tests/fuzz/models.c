/* SPDX-License-Identifier: MIT */
/*
 * models.c - hostile models: valid streams whose metadata, shapes, names, kinds
 * and numbers were changed (mutate.h), driven through what the commands call:
 * rec-topn, rec-score, rec-als --init-from and --half, rec-sim --from-factors
 * and --merge, rec-eval --summarize. Each execution makes one file, loads it,
 * and uses it where it loads.
 *
 *	models [N | Ns] [SEED] [FIRST]
 *
 * runs N executions, or N seconds, from number FIRST of SEED on. An execution
 * depends on its number and seed alone; one that crashes is named. A finding is
 * a crash, a message of a sanitizer, a failure without a message, or more
 * memory wanted at once than LIMIT, for files of at most a quarter of a MiB:
 * the largest honest need is that of the Gramian of as many factors as mutate.h
 * makes. Run it with -fsanitize=address,undefined; without, LIMIT is one of
 * addresses.
 */
#include <signal.h>
#include <sys/resource.h>
#include <time.h>

#include "eval/summary.h"
#include "score/stream.h"
#include "sim/sums_check.h"
#include "sim/sums_load.h"
#include "topn/topn.h"

#include "load/load.h"
#include "mutate.h"
#include "seeds.h"

enum { LIMIT = 48 << 20 };

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>

/* More at once fails, which is told below as want of memory. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1:max_allocation_size_mb=48:quarantine_size_mb=4:detect_"
	       "leaks=1";
}
#endif

static uint64_t seed = 1, number, loaded, used, findings;
static const char *base;
static struct memory file, good_file, rows_text;
static struct rec_out *sink;
static struct rec_model good;

static void name_execution(void)
{
	char text[160];
	int n = snprintf(text, sizeof text, "execution %llu of seed %llu, from '%s'\n",
			 (unsigned long long)number, (unsigned long long)seed, base ? base : "");

	if (write(2, text, (size_t)n) != n)
		_exit(1);
}

static void crashed(int sig)
{
	name_execution();
	signal(sig, SIG_DFL);
	raise(sig);
}

/*
 * What a call said: a finding where it wants memory, or does not say why it
 * failed.
 */
static bool went_well(int rc, struct rec_err *e)
{
	if (rc == 0)
		return true;
	if (e->code == REC_ENOMEM || e->code == REC_EIO || e->msg[0] == '\0') {
		findings++;
		printf("%s\n", e->msg[0] ? e->msg : "no message");
		name_execution();
	}
	return false;
}

/* -- consumers of a model -- */

static void ranks(struct rec_topn *t, struct rec_pairs *h, struct rec_err *e)
{
	struct rec_topn_rows rows = { .history = h, .last = pairs.row.n };
	struct rec_topn_counts counts = { 0 };

	if (draw(4) == 0 && !went_well(rec_topn_part(t, &rows, 1 + (uint32_t)draw(2), 2, e), e))
		return;
	used += went_well(rec_topn_write(t, &rows, sink, draw(2), &counts, e), e);
}

static void scores(const struct rec_scorer *s, struct rec_pairs *h, struct rec_err *e)
{
	struct rec_score_opts o = { .cold = (enum rec_cold_pair)draw(2),
				    .history = draw(2) ? h : NULL };
	struct rec_score_counts counts = { 0 };
	struct rec_rows *in;
	int clamp = draw(2) ? rec_clamp_train(&o.lo, &o.hi, &s->part[0].model->meta, e) : 0;

	if (clamp < 0 && !went_well(clamp, e))
		return;
	o.clamp = clamp > 0;
	if (!went_well(rec_rows_open(&in, memory_in(&rows_text, e), 0, NULL, e), e))
		return;
	used += went_well(rec_score_stream(s, &o, in, sink, draw(32) == 0, &counts, e), e);
	rec_rows_close(in);
}

static void scorer(const struct rec_model *m, struct rec_err *e)
{
	const struct rec_model *both[] = { m, &good };
	double weight[] = { 0.5, 2 };
	struct rec_scorer_opts o = { .model = both,
				     .nmodels = 1 + (draw(4) == 0),
				     .weight = draw(4) ? NULL : weight,
				     .fold_in = draw(3) == 0,
				     .unknown_users = draw(2),
				     .similar = draw(5) == 0,
				     .interactions = draw(3) ? &pairs : NULL,
				     .index = draw(2) };
	struct rec_topn_opts to = { .n = 1 + (uint32_t)draw(5), .keep_seen = draw(4) == 0 };
	bool ranking = draw(2);
	struct rec_pairs h = { 0 };
	struct rec_topn *t = NULL;
	struct rec_scorer s;

	o.scale = ranking && draw(4) == 0 ? (enum rec_scale)draw(3) : REC_SCALE_RAW;
	o.similar = o.similar && ranking && !o.fold_in;
	if (!went_well(rec_scorer_new(&s, &o, &machine, e), e))
		return;
	if (went_well(rec_pairs_new(&h, &pairs, &s.items, !ranking, NULL, e), e)) {
		if (!ranking)
			scores(&s, &h, e);
		else if (went_well(rec_topn_new(&t, &s, &to, e), e))
			ranks(t, &h, e);
	}
	rec_topn_free(t);
	rec_pairs_free(&h);
	rec_scorer_free(&s);
}

static bool is_explicit(const struct rec_model *m)
{
	const char *loss = rec_meta_get(&m->meta, "loss");

	return loss && strcmp(loss, "explicit") == 0;
}

/* As rec-als --init-from: the number of factors that the metadata say. */
static void starts(const struct rec_model *m, struct rec_err *e)
{
	const char *k = rec_meta_get(&m->meta, "factors");
	unsigned long factors = k ? strtoul(k, NULL, 10) : 0;
	struct rec_als_opts o = als_opts(factors >= 1 && factors <= 256 ? (unsigned)factors : 4,
					 is_explicit(m), draw(4) != 0);
	struct rec_als_job job = { .init = m };
	struct rec_model made;

	o.iterations = (uint32_t)draw(2);
	if (draw(4) == 0)
		o.solver = REC_CG;
	if (went_well(rec_als_train(&made, &pairs, &o, &job, &machine, e), e)) {
		used++;
		rec_model_free(&made);
	}
}

static void half(const struct rec_model *m, struct rec_err *e)
{
	uint64_t unknown = 0;
	struct rec_als_half_opts o = { .users = draw(2),
				       .transposed = draw(3) == 0,
				       .parts = 1 + (uint32_t)draw(2),
				       .unknown = &unknown };
	struct rec_model made;

	o.part = 1 + (uint32_t)draw(o.parts);
	if (went_well(rec_als_half(&made, m, &pairs, &o, &machine, e), e)) {
		used += went_well(rec_model_write(sink, &made, true, NULL, e), e);
		rec_model_free(&made);
	}
}

static void from_factors(const struct rec_model *m, struct rec_err *e)
{
	struct rec_sim_opts o = sim_opts(draw(2) ? "cosine" : "dot");
	struct rec_sim_cost cost;
	struct rec_model made;

	o.neighbours = (uint32_t)draw(4);
	o.side_user = draw(2);
	o.keep_history = draw(3) == 0;
	o.normalize = (enum rec_sim_normalize)draw(3);
	o.parts = 1 + (uint32_t)draw(2);
	o.part = 1 + (uint32_t)draw(o.parts);
	rec_sim_factors_cost(&cost, m, &o, 1);
	if (went_well(rec_sim_from_factors(&made, m, &o, &machine, e), e)) {
		used += went_well(rec_model_write(sink, &made, true, NULL, e), e);
		rec_model_free(&made);
	}
}

static void model(struct rec_err *e)
{
	bool halves = draw(4) == 0;
	struct rec_model m;
	int rc = (halves ? rec_model_load_half : rec_model_load)(&m, memory_in(&file, e),
								 draw(8) == 0, NULL, e);

	if (!went_well(rc, e))
		return;
	loaded++;
	switch (halves ? 6 : draw(8)) {
	case 0: starts(&m, e); break;
	case 1: from_factors(&m, e); break;
	case 2: used += went_well(rec_model_write(sink, &m, draw(2), NULL, e), e); break;
	case 6: half(&m, e); break;
	default: scorer(&m, e); break;
	}
	rec_model_free(&m);
}

/* -- sums, surveys, text per user -- */

static void sums(struct rec_err *e)
{
	static const char *const methods[] = { "cosine", "count", "p3alpha", "popular", "llr" };
	const char *method = ONE_OF(methods);
	struct rec_sim_opts o = sim_opts(method);
	struct rec_model made;
	struct rec_sums s;

	o.whole = draw(2) ? &whole : NULL;
	o.neighbours = o.neighbours && draw(2) ? 3 : 0;
	if (!went_well(rec_sums_load(&s, memory_in(&file, e), &o, draw(8) == 0, NULL, e), e))
		return;
	loaded++;
	if (went_well(rec_sim_merge(&made, &s, &o, &machine, e), e)) {
		used += went_well(rec_model_write(sink, &made, true, NULL, e), e);
		rec_model_free(&made);
	}
	rec_sums_free(&s);
}

static void survey(struct rec_err *e)
{
	struct rec_sim_opts o = sim_opts("p3alpha");
	struct rec_partial p = { .o = &o, .duplicates = "sum", .version = "0", .binary = true };
	struct rec_in *in = memory_in(&file, e);
	struct rec_survey s;
	bool read = went_well(rec_survey_read(&s, in, e), e);

	rec_in_close(in);
	loaded += read;
	if (!read || !went_well(rec_sums_check_whole(&s, &o, e), e))
		return;
	o.whole = &s;
	used += went_well(rec_partial_write(sink, &pairs, &p, &machine, e), e);
}

static void per_user(struct rec_err *e)
{
	struct rec_summary_opts o = { .bootstrap = draw(8) ? 0 : 40, .seed = 1 };
	struct rec_in *in = memory_in(&file, e);
	struct rec_results r;
	struct rec_summary s;
	bool read = went_well(rec_peruser_read(&r, in, e), e);

	rec_in_close(in);
	if (!read)
		return;
	loaded++;
	if (went_well(rec_summarize(&s, &r, &o, NULL, e), e)) {
		used += went_well(rec_summary_write(sink, &s, draw(2), e), e);
		rec_summary_free(&s);
	}
	rec_results_free(&r);
}

/* -- executions -- */

static unsigned char bytes[MOST_BYTES]; /* zeros between executions */

static size_t changed_text(const struct seed *s)
{
	char *a = take(MOST_BYTES / 4), *b = take(MOST_BYTES / 4);
	const char *p = (const char *)s->p;
	size_t n = s->n;

	for (uint64_t k = 1 + draw(draw(2) ? 2 : 6); a && b && k > 0; k--) {
		char *to = p == a ? b : a;
		size_t now = change_text(to, MOST_BYTES / 4, p, n);

		if (now == SIZE_MAX)
			continue;
		p = to;
		n = now;
	}
	memcpy(bytes, p, n);
	return n;
}

static void execute(void)
{
	struct rec_err e = { 0 };
	const struct seed *s;
	size_t n, most = 0;

	draw_key = rec_mix2(seed, number);
	draws = 0;
	arena_used = 0;
	s = &seeds[draw(nseeds)];
	base = s->name;
	if (s->stream.n) {
		static struct stream t;

		t = s->stream;
		for (size_t i = 0; i < t.n;
		     i++) /* sizes are made anew, unless they are what is changed */
			t.piece[i].h.size = t.piece[i].h.nsections = 0;
		mutate(&t, &seeds[draw(nseeds)].stream);
		n = put_together(bytes, MOST_BYTES, &t);
		if (draw(50) == 0)
			n = draw((most = n) + 1);
	} else {
		n = changed_text(s);
	}
	memory_set(&file, bytes, n);
	memset(bytes, 0, most > n ? most : n);
	switch (s->kind) {
	case KIND_MODEL: model(&e); break;
	case KIND_SUMS: sums(&e); break;
	case KIND_SURVEY: survey(&e); break;
	case KIND_PER_USER: per_user(&e); break;
	}
}

/*
 * Every seed as it is must load: else nothing behind loading would be reached.
 */
static void check_seeds(void)
{
	for (size_t i = 0; i < nseeds; i++) {
		struct memory *to = i == 0 ? &good_file : &file;
		struct rec_err e = { 0 };
		struct rec_model m;

		if (seeds[i].kind != KIND_MODEL ||
		    strcmp(seeds[i].name, "empty part of a half") == 0)
			continue;
		memory_set(to, seeds[i].p, seeds[i].n);
		need(rec_model_load(i == 0 ? &good : &m, memory_in(to, &e), false, NULL, &e), &e);
		if (i > 0)
			rec_model_free(&m);
	}
}

static void bound_memory(void)
{
#if !defined(__SANITIZE_ADDRESS__)
	char text[64] = "";
	int fd = open("/proc/self/statm", O_RDONLY);
	rlim_t now;

	if (fd < 0 || read(fd, text, sizeof text - 1) <= 0)
		return;
	close(fd);
	now = strtoull(text, NULL, 10) * (rlim_t)sysconf(_SC_PAGESIZE);
	setrlimit(RLIMIT_AS, &(struct rlimit){ now + LIMIT + (16 << 20), RLIM_INFINITY });
#endif
}

int main(int argc, char **argv)
{
	static const char text[] =
		"u00001\ti00001\nu00001\ti00003\nu00002\ti00002\nzoe\ti00001\nu00003\tzebra\n";
	char none[] = "", *unit = none;
	uint64_t most = argc > 1 ? strtoull(argv[1], &unit, 10) : 40000,
		 first = argc > 3 ? strtoull(argv[3], NULL, 10) : 0;
	time_t end = *unit == 's' ? time(NULL) + (time_t)most : 0;
	struct rec_err e = { 0 };

	seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	memory_set(&rows_text, text, sizeof text - 1);
	need(rec_out_open(&sink, "/dev/null", &e), &e);
	make_seeds();
	check_seeds();
#if defined(__SANITIZE_ADDRESS__)
	__sanitizer_set_death_callback(name_execution);
#endif
	signal(SIGSEGV, crashed);
	signal(SIGBUS, crashed);
	signal(SIGABRT, crashed);
	signal(SIGFPE, crashed);
	bound_memory();
	for (number = first;
	     findings < 10 && (end ? number % 256 || time(NULL) < end : number - first < most);
	     number++)
		execute();
	rec_model_free(&good);
	free(file.p);
	free(good_file.p);
	free(rows_text.p);
	printf("%s models: %llu executions of seed %llu, %llu loaded, %llu used, %llu findings\n",
	       findings ? "FAILED" : "ok", (unsigned long long)(number - first),
	       (unsigned long long)seed, (unsigned long long)loaded, (unsigned long long)used,
	       (unsigned long long)findings);
	return findings != 0;
}
