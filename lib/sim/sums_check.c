/* SPDX-License-Identifier: MIT */
/* sim/sums_check.c - checks that the cells of sums do not contradict. */
#include "sim/sums_check.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/label.h"
#include "base/mem.h"
#include "sim/linear.h"

static bool is_count(double x, double least)
{
	return x >= least && x <= UINT32_MAX && x == floor(x);
}

/* Returns what is wrong with cell c, or NULL. */
static const char *fault_of(const struct rec_sums *s, const struct rec_sums_piece *p, uint64_t c,
			    bool diagonal)
{
	double users = (double)p->val[c], time = p->time ? p->time[c] : NAN;

	if (diagonal || !s->weighted) {
		if (isnan(time))
			return is_count(users, diagonal ? 0 : 1) && users < REC_SUMS_EXACT ?
				       NULL :
				       "the value is no number of users below 2^24";
		return is_count(time, diagonal ? 0 : 1) && (double)(float)time == users ?
			       NULL :
			       "the fourth field is not the exact number of users";
	}
	if (isnan(time))
		return "there is no sum of weights in the fourth field";
	if (time < 1 || time > 0x1p53 || time != floor(time))
		return "the fourth field is not a whole number of units up to 2^53";
	return users >= 1 && users == floor(users) ? NULL : "the value is no number of users";
}

/* Whether the sums have the whole line of an item. */
static bool of_group(const struct rec_sums *s, uint32_t item)
{
	return !s->mine || s->mine[item];
}

struct checking {
	const struct rec_sums *s;
	/*
	 * for each piece: the sum over cells above the diagonal minus the sum
	 * over cells below it
	 */
	uint64_t *skew;
};

static int fault(const struct rec_sums_piece *p, uint32_t r, uint64_t c, const char *what,
		 struct rec_err *e)
{
	size_t ni, nj;
	const char *i = rec_label(&p->row, r, &ni), *j = rec_label(&p->col, p->idx[c], &nj);

	return rec_err_set(e, REC_EDATA, "sums of '%.*s' and '%.*s': %s", REC_LABEL(i, ni),
			   REC_LABEL(j, nj), what);
}

static int check_piece(void *arg, size_t k, unsigned thread, struct rec_err *e)
{
	const struct checking *w = arg;
	const struct rec_sums_piece *p = &w->s->piece[k];
	uint32_t *row;
	uint64_t skew = 0;
	const char *wrong = NULL;

	(void)thread;
	if (rec_labels_map(&row, &p->row, &w->s->item, e) != 0)
		return -1;
	for (uint32_t r = 0; !wrong && r < p->row.n; r++)
		for (uint64_t c = p->ptr[r]; !wrong && c < p->ptr[r + 1]; c++) {
			uint32_t i = row[r], j = p->item[p->idx[c]];
			uint64_t h = rec_mix((uint64_t)(i < j ? i : j) << 32 | (i < j ? j : i)), x;

			wrong = fault_of(w->s, p, c, i == j);
			if (!wrong && i != j && !of_group(w->s, i))
				wrong = "the first is not of this group";
			if (wrong) {
				fault(p, r, c, wrong, e);
				break;
			}
			x = h * (uint64_t)rec_sums_users(w->s, p, c, i == j) +
			    (w->s->weighted && i != j ? rec_mix(h) * (uint64_t)p->time[c] : 0);
			if (of_group(w->s, j))
				skew += i < j ? x : i > j ? -x : 0;
		}
	w->skew[k] = skew;
	free(row);
	return wrong ? -1 : 0;
}

static int check_symmetry(const struct rec_sums *s, struct rec_pool *pool, struct rec_err *e)
{
	struct checking w = { s, rec_zalloc(s->n, sizeof *w.skew, e) };
	uint64_t skew = 0;
	int rc = w.skew ? rec_pool_run(pool, s->n, check_piece, &w, e) : -1;

	for (size_t k = 0; rc == 0 && k < s->n; k++)
		skew += w.skew[k];
	free(w.skew);
	if (rc == 0 && skew != 0)
		return rec_err_set(e, REC_EDATA,
				   "the sums of (i, j) are not those of (j, i): some are missing");
	return rc;
}

/*
 * Number of users of an item, from the cells on the diagonal. *others counts
 * the item's other cells.
 */
static double pairs_of(const struct rec_sums *s, uint32_t item, uint64_t *others)
{
	double users = 0;

	for (uint64_t k = s->first[item]; k < s->first[item + 1]; k++) {
		const struct rec_sums_piece *p = &s->piece[s->place[k].piece];
		uint32_t r = s->place[k].row;

		*others += p->ptr[r + 1] - p->ptr[r];
		for (uint64_t c = p->ptr[r]; c < p->ptr[r + 1] && p->item[p->idx[c]] <= item; c++)
			if (p->item[p->idx[c]] == item) {
				users += rec_sums_users(s, p, c, true);
				--*others;
			}
	}
	return users;
}

static int count_pairs(struct rec_sums *s, struct rec_err *e)
{
	const char *kind = rec_meta_get(&s->meta, "sums");
	bool single = kind && strcmp(kind, "items") == 0;

	s->pairs = rec_zalloc((size_t)s->item.n + 1, sizeof *s->pairs, e);
	for (uint32_t i = 0; s->pairs && i < s->item.n; i++) {
		uint64_t others = 0;
		double users = pairs_of(s, i, &others);
		size_t len;
		const char *label = rec_label(&s->item, i, &len);

		if (single && others > 0)
			return rec_err_set(e, REC_EDATA,
					   "metadata say sums of single items, but there is one of "
					   "'%.*s' and another; make them again",
					   REC_LABEL(label, len));
		if (users > (double)s->all.users || (users == 0 && others > 0))
			return rec_err_set(e, REC_EDATA,
					   "item '%.*s' has %.0f users of %" PRIu64
					   ", by the sum of it and itself",
					   REC_LABEL(label, len), users, s->all.users);
		s->pairs[i + 1] = s->pairs[i] + (uint64_t)users;
	}
	return s->pairs ? 0 : -1;
}

int rec_sums_check_cells(struct rec_sums *s, const struct rec_sim_opts *o, struct rec_pool *pool,
			 struct rec_err *e)
{
	if (s->all.users > UINT32_MAX)
		return rec_err_set(e, REC_EDATA, "more than %" PRIu32 " users", UINT32_MAX);
	if (s->meta.n == 0)
		s->unit = ldexp(1, -rec_survey_scale(o->whole, rec_linear_user_power(o)));
	s->limit = s->unit * 0x1p53;
	if (s->weighted && o->min_support > REC_SUMS_EXACT)
		return rec_err_set(e, REC_EUSAGE, "--min-support goes up to %d here",
				   REC_SUMS_EXACT);
	s->over = rec_alloc(1, sizeof *s->over, e);
	if (!s->over || check_symmetry(s, pool, e) != 0 || count_pairs(s, e) != 0)
		return -1;
	atomic_init(s->over, REC_NONE);
	if (s->pairs[s->item.n] > s->all.digest.cells)
		return rec_err_set(e, REC_EDATA,
				   "sums of %" PRIu64 " pairs of user and item, but only %" PRIu64
				   " rows were read; make them again",
				   s->pairs[s->item.n], s->all.digest.cells);
	if (o->whole && s->pairs[s->item.n] != o->whole->pairs)
		return rec_err_set(e, REC_EDATA,
				   "sums of %" PRIu64
				   " pairs of user and item; the whole has %" PRIu64
				   ": some are missing, or appear twice",
				   s->pairs[s->item.n], o->whole->pairs);
	return 0;
}
