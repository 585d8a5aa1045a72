/* SPDX-License-Identifier: MIT */
/*
 * summary.c - from per-user values to lines.
 *
 * Each line is a series over a selection of users (all, those of a history
 * bucket, those of a group). The selected values are packed into an array in
 * label order and only then summed, so that the sum depends on them alone: not
 * on parts, threads or users without a value.
 */
#include "eval/summary.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/blocks.h"
#include "base/mem.h"
#include "base/random.h"
#include "eval/catalogue.h"
#include "io/num.h"

/* Bounds of the history buckets: train pairs from low[i] to low[i + 1] - 1. */
static const uint32_t history_low[] = { 0, 1, 3, 10, 30, 100, 300, 1000 };
enum { BUCKETS = sizeof history_low / sizeof *history_low };

struct packed {		/* a series over a selection */
	double *x;		/* values, or sums of ratios */
	uint32_t *count;	/* of ratios */
	size_t n;		/* users with a value */
	uint64_t answered, of, counted;
	double sum, value;
};

struct selection {	/* which users, and how a line says so */
	const char *suffix;	/* of the name */
	const char *who;	/* "users with 3 to 9 pairs in train"; NULL for all */
};

struct maker {
	const struct rec_results *r;
	const struct rec_summary_opts *o;
	struct rec_pool *pool;
	struct rec_summary *s;
	unsigned char *selected;	/* a flag a user */
	struct selection sel;
};

void rec_summary_free(struct rec_summary *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->line[i].name);
		free(s->line[i].definition);
	}
	free(s->line);
	*s = (struct rec_summary){ 0 };
}

static void packed_free(struct packed *p)
{
	free(p->x);
	free(p->count);
}

/* Takes name and definition over on success. */
static int add_line(struct rec_summary *s, struct rec_buf *name, double value,
		    struct rec_buf *definition, struct rec_err *e)
{
	if (rec_buf_add(name, "", 1, e) != 0 || rec_buf_add(definition, "", 1, e) != 0 ||
	    rec_grow(&s->line, &s->cap, s->n + 1, sizeof *s->line, e) != 0)
		return -1;
	s->line[s->n++] = (struct rec_summary_line){ name->p, definition->p, value };
	*name = *definition = (struct rec_buf){ 0 };
	return 0;
}

static int add_number(struct rec_buf *b, double x, struct rec_err *e)
{
	char s[32];

	return rec_buf_add(b, s, rec_num_put_f64(s, x), e);
}

/*
 * Values of s for the selected users; those missing count as 0 or are left out.
 */
static int pack(struct packed *p, const struct rec_results *r, const struct rec_series *s,
		const unsigned char *selected, struct rec_err *e)
{
	*p = (struct packed){ .x = rec_alloc(r->user.n, sizeof(double), e),
			      .count = rec_alloc(r->user.n, sizeof(uint32_t), e) };
	if (!p->x || !p->count)
		return -1;
	for (uint32_t u = 0; u < r->user.n; u++) {
		if (!selected[u] || s->state[u] == REC_ABSENT)
			continue;
		p->answered += s->state[u] == REC_PRESENT;
		p->of += s->of ? s->of[u] : 1;
		if (s->state[u] == REC_MISSING && r->skip_missing)
			continue;
		p->x[p->n] = s->value[u];
		p->count[p->n++] = s->count ? s->count[u] : 1;
		p->counted += s->count ? s->count[u] : 1;
	}
	return 0;
}

static void sum_up(struct packed *p, const struct rec_series *s)
{
	p->sum = rec_blocks_sum(p->x, p->n);
	p->value = p->sum / (double)p->counted;
	if (s->agg == REC_AGG_ROOT)
		p->value = sqrt(p->value);
}

/* Mean over answered users beside the mean over all. */
static int say_answered(struct rec_buf *b, const struct packed *p, const struct rec_results *r,
			const struct rec_series *s, struct rec_err *e)
{
	if (s->flags & REC_SERIES_SHARE)
		return rec_buf_printf(b, e, "; pairs=%.0f/%llu", p->sum,
				      (unsigned long long)p->counted);
	if (s->agg != REC_AGG_MEAN)
		return rec_buf_printf(b, e, "; pairs=%llu/%llu", (unsigned long long)p->counted,
				      (unsigned long long)p->of);
	if (!(s->flags & REC_SERIES_ANSWERED))
		return rec_buf_printf(b, e, "; users=%llu", (unsigned long long)p->n);
	if (rec_buf_printf(b, e, "; answered=%llu/%llu", (unsigned long long)p->answered,
			   (unsigned long long)p->of) != 0)
		return -1;
	if (r->skip_missing || p->answered == 0)
		return 0;
	if (rec_buf_printf(b, e, "; over answered ") != 0)
		return -1;
	return add_number(b, p->sum / (double)p->answered, e);
}

static int say_interval(struct maker *m, struct rec_buf *b, const struct packed *p,
			const struct rec_series *s, struct rec_err *e)
{
	uint64_t key = rec_key(m->o->seed, "bootstrap");
	double lo, hi;

	if (m->o->bootstrap == 0)
		return 0;
	if (rec_bootstrap(&lo, &hi, p->x, s->count ? p->count : NULL, p->n,
			  &(struct rec_draws){ m->o->bootstrap, key, m->pool }, e) != 0)
		return -1;
	if (s->agg == REC_AGG_ROOT) {
		lo = sqrt(lo);
		hi = sqrt(hi);
	}
	if (rec_buf_printf(b, e, "; 95%% interval ") != 0 || add_number(b, lo, e) != 0 ||
	    rec_buf_printf(b, e, " to ") != 0 || add_number(b, hi, e) != 0)
		return -1;
	return rec_buf_printf(b, e, " (bootstrap of users, %u rounds, seed %llu)", m->o->bootstrap,
			      (unsigned long long)m->o->seed);
}

/* A main measure over all users must have something to measure. */
static int nothing(const struct rec_series *s, bool users, struct rec_err *e)
{
	return rec_err_set(
		e, REC_EDATA,
		users ? "%s: nothing to measure: no list belongs to a user of the truth" :
			"%s: nothing to measure in the truth",
		s->name);
}

/*
 * The definition, or for a part of the users which they are: the line over all
 * has the definition.
 */
static int say_what(struct maker *m, const struct rec_series *s, struct rec_buf *text,
		    struct rec_err *e)
{
	if (m->sel.who)
		return rec_buf_printf(text, e, "%s over the %s", s->name, m->sel.who);
	return rec_buf_printf(text, e, "%s", s->definition);
}

static int catalogue_text(struct maker *m, const struct rec_series *s, struct rec_buf *text,
			  double *value, struct rec_err *e)
{
	struct rec_catalogue c;

	if (rec_catalogue_count(&c, m->r, m->selected, s->k, e) != 0)
		return -1;
	if (c.lists == 0)
		return m->sel.who ? 0 : nothing(s, true, e);
	*value = s->agg == REC_AGG_GINI ? c.gini : c.coverage;
	if (say_what(m, s, text, e) != 0)
		return -1;
	return rec_buf_printf(text, e, "; items=%llu; listed=%llu; lists=%llu; unknown=%llu",
			      (unsigned long long)m->r->nitems, (unsigned long long)c.listed,
			      (unsigned long long)c.lists, (unsigned long long)c.unknown);
}

static int value_text(struct maker *m, const struct rec_series *s, struct rec_buf *text,
		      double *value, struct rec_err *e)
{
	struct packed p;
	int rc = pack(&p, m->r, s, m->selected, e);

	if (rc == 0 && !m->sel.who && s->flags & REC_SERIES_MAIN &&
	    (p.counted == 0 || p.answered == 0)) {
		rc = nothing(s, p.of > 0, e);
	} else if (rc == 0 && p.counted > 0) {
		sum_up(&p, s);
		*value = p.value;
		rc = say_what(m, s, text, e);
		if (rc == 0)
			rc = say_answered(text, &p, m->r, s, e);
		if (rc == 0)
			rc = say_interval(m, text, &p, s, e);
	}
	packed_free(&p);
	return rc;
}

/* One line over the selected users; none where nobody selected has a value. */
static int series_line(struct maker *m, const struct rec_series *s, struct rec_err *e)
{
	struct rec_buf name = { 0 }, text = { 0 };
	double value = 0;
	int rc = s->value ? value_text(m, s, &text, &value, e) :
			    catalogue_text(m, s, &text, &value, e);

	if (rc == 0 && text.n > 0)
		rc = rec_buf_printf(&name, e, "%s%s", s->name, m->sel.suffix);
	if (rc == 0 && text.n > 0)
		rc = add_line(m->s, &name, value, &text, e);
	rec_buf_free(&name);
	rec_buf_free(&text);
	return rc;
}

/* Per-user differences of users that have a value in both. */
static int differences(struct packed *d, const struct maker *m, const struct rec_series *a,
		       const struct rec_series *b, struct rec_err *e)
{
	*d = (struct packed){ .x = rec_alloc(m->r->user.n, sizeof(double), e) };
	if (!d->x)
		return -1;
	for (uint32_t u = 0; u < m->r->user.n; u++) {
		bool use = a->state[u] != REC_ABSENT && b->state[u] != REC_ABSENT;

		if (m->r->skip_missing &&
		    (a->state[u] == REC_MISSING || b->state[u] == REC_MISSING))
			use = false;
		if (a->count && (a->count[u] == 0 || b->count[u] == 0))
			use = false;
		if (use && a->count)
			d->x[d->n++] = a->value[u] / a->count[u] - b->value[u] / b->count[u];
		else if (use)
			d->x[d->n++] = a->value[u] - b->value[u];
	}
	return 0;
}

static int test_text(struct rec_buf *b, const struct rec_tested *t, const struct maker *m,
		     const struct rec_series *s, struct rec_err *e)
{
	static const char *const what[] = { "paired t test", "Wilcoxon signed-rank test",
					    "paired randomization test" };
	static const char *const statistic[] = { "t=", "smaller rank sum ", "mean difference " };

	if (rec_buf_printf(b, e, "two-sided p of the %s over users%s; ", what[m->o->test],
			   s->count ? " (of each user's mean)" : "") != 0)
		return -1;
	if (rec_buf_printf(b, e, "%s", statistic[m->o->test]) != 0 ||
	    add_number(b, t->statistic, e) != 0)
		return -1;
	if (m->o->test == REC_TEST_T)
		return rec_buf_printf(b, e, "; users=%zu", t->n);
	if (m->o->test == REC_TEST_WILCOXON)
		return rec_buf_printf(b, e, "; users that differ=%zu; %s", t->n,
				      t->exact ? "exact" : "normal approximation");
	return rec_buf_printf(b, e, "; users=%zu; %d sign flips, seed %llu", t->n,
			      REC_RANDOMIZATIONS, (unsigned long long)m->o->seed);
}

/* Takes text over. */
static int named_line(struct maker *m, const struct rec_series *s, const char *suffix, double value,
		      struct rec_buf *text, struct rec_err *e)
{
	struct rec_buf name = { 0 };
	int rc = rec_buf_printf(&name, e, "%s/%s", s->name, suffix);

	if (rc == 0)
		rc = add_line(m->s, &name, value, text, e);
	rec_buf_free(&name);
	rec_buf_free(text);
	return rc;
}

static int p_line(struct maker *m, const struct rec_series *a, const struct rec_series *b,
		  struct rec_err *e)
{
	uint64_t key = rec_key(m->o->seed, "randomization");
	struct rec_buf text = { 0 };
	struct rec_tested t;
	struct packed d;
	int rc = differences(&d, m, a, b, e);

	if (rc == 0)
		rc = rec_test_paired(&t, m->o->test, d.x, d.n,
				     &(struct rec_draws){ REC_RANDOMIZATIONS, key, m->pool }, e);
	if (rc == 0)
		rc = test_text(&text, &t, m, a, e);
	if (rc == 0)
		rc = named_line(m, a, "p", t.p, &text, e);
	rec_buf_free(&text);
	packed_free(&d);
	return rc;
}

/*
 * The other lists' value is made as a line of its own summary, then the
 * difference, then p.
 */
static int compare_lines(struct maker *m, size_t i, struct rec_err *e)
{
	const struct rec_series *a = &m->r->series[i], *b = &m->o->compare->series[i];
	struct rec_summary_opts plain = *m->o;
	struct maker other = *m;
	struct rec_buf text = { 0 };
	double mine = m->s->line[m->s->n - 1].value, theirs;

	plain.compare = NULL;
	other.r = m->o->compare;
	other.o = &plain;
	other.sel.suffix = "/compared";
	if (series_line(&other, b, e) != 0)
		return rec_err_prefix(e, "--compare: ");
	theirs = m->s->line[m->s->n - 1].value;
	if (rec_buf_printf(&text, e, "%s less %s/compared", a->name, a->name) != 0 ||
	    named_line(m, a, "difference", mine - theirs, &text, e) != 0)
		return -1;
	return a->value ? p_line(m, a, b, e) : 0;
}

static int all_users(struct maker *m, struct rec_err *e)
{
	memset(m->selected, 1, m->r->user.n);
	for (size_t i = 0; i < m->r->n; i++) {
		if (series_line(m, &m->r->series[i], e) != 0)
			return -1;
		if (m->o->compare && m->r->series[i].flags & REC_SERIES_MAIN &&
		    compare_lines(m, i, e) != 0)
			return -1;
	}
	return 0;
}

/* The main series over the selected users. */
static int selected_lines(struct maker *m, const char *suffix, const char *who, struct rec_err *e)
{
	m->sel = (struct selection){ suffix, who };
	for (size_t i = 0; i < m->r->n && memchr(m->selected, 1, m->r->user.n); i++)
		if (m->r->series[i].flags & REC_SERIES_MAIN &&
		    series_line(m, &m->r->series[i], e) != 0)
			return -1;
	return 0;
}

static int by_history(struct maker *m, struct rec_err *e)
{
	for (size_t b = 0; m->r->history && b < BUCKETS; b++) {
		uint32_t low = history_low[b], next = b + 1 < BUCKETS ? history_low[b + 1] : 0;
		char range[32], suffix[64], who[96];

		for (uint32_t u = 0; u < m->r->user.n; u++)
			m->selected[u] = m->r->history[u] >= low &&
					 (next == 0 || m->r->history[u] < next);
		if (next == 0)
			snprintf(range, sizeof range, "%u+", low);
		else if (next == low + 1)
			snprintf(range, sizeof range, "%u", low);
		else
			snprintf(range, sizeof range, "%u-%u", low, next - 1);
		snprintf(suffix, sizeof suffix, "/history:%s", range);
		snprintf(who, sizeof who, "users with %s pairs in train", range);
		if (selected_lines(m, suffix, who, e) != 0)
			return -1;
	}
	return 0;
}

static int one_group(struct maker *m, uint32_t g, struct rec_err *e)
{
	struct rec_buf suffix = { 0 }, who = { 0 };
	size_t n;
	const char *label = rec_label(&m->r->group, g, &n);
	int rc = -1;

	memset(m->selected, 0, m->r->user.n);
	for (uint32_t u = 0; u < m->r->user.n; u++)
		for (uint64_t i = m->r->group_ptr[u]; i < m->r->group_ptr[u + 1]; i++)
			m->selected[u] |= m->r->group_idx[i] == g;
	if (rec_buf_printf(&suffix, e, "/group:%.*s", (int)n, label) == 0 &&
	    rec_buf_printf(&who, e, "users of group %.*s", (int)n, label) == 0)
		rc = selected_lines(m, suffix.p, who.p, e);
	rec_buf_free(&suffix);
	rec_buf_free(&who);
	return rc;
}

static int by_group(struct maker *m, struct rec_err *e)
{
	for (uint32_t g = 0; m->r->group_ptr && g < m->r->group.n; g++)
		if (one_group(m, g, e) != 0)
			return -1;
	return 0;
}

int rec_summarize(struct rec_summary *s, const struct rec_results *r,
		  const struct rec_summary_opts *o, struct rec_pool *pool, struct rec_err *e)
{
	struct maker m = { .r = r,
			   .o = o,
			   .pool = pool,
			   .s = s,
			   .selected = rec_alloc(r->user.n, 1, e),
			   .sel = { "", NULL } };
	int rc = -1;

	*s = (struct rec_summary){ 0 };
	if (m.selected && all_users(&m, e) == 0 && by_history(&m, e) == 0 && by_group(&m, e) == 0)
		rc = 0;
	free(m.selected);
	if (rc != 0)
		rec_summary_free(s);
	return rc;
}

const struct rec_summary_line *rec_summary_find(const struct rec_summary *s, const char *name,
						size_t len)
{
	for (size_t i = 0; i < s->n; i++)
		if (strlen(s->line[i].name) == len && memcmp(s->line[i].name, name, len) == 0)
			return &s->line[i];
	return NULL;
}
