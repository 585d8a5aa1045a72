/* SPDX-License-Identifier: MIT */
/* check.c - what must hold of a model, whoever wrote the file. */
#include "load/check.h"

#include <float.h>
#include <inttypes.h>
#include <string.h>

#include "als/options.h"
#include "model/transform.h"
#include "sim/methods.h"

/* What to do about blocks and metadata that contradict each other. */
#define OF_ONE_RUN "; take blocks and metadata of one run"

/* -- blocks by name -- */

/* What block b should be and is not, or NULL. */
static const char *fault_of(enum rec_model_role role, const struct rec_block *b)
{
	bool dense = b->kind == REC_DENSE;

	switch (role) {
	case REC_ROLE_USER:
	case REC_ROLE_ITEM:
		return dense ? NULL
			     : "is sparse, but factors are dense (rec-cat --from factors reads "
			       "them from text)";
	case REC_ROLE_OFFSET:
		return dense && b->cols == 1 ? NULL : "is not a dense block of one column";
	case REC_ROLE_SIMILARITY:
		if (!dense && b->kind != REC_SPARSE)
			return "is neither sparse nor dense";
		return dense && !b->col_off ? "is dense and its columns have no labels, so nobody "
					      "knows which items they are"
					    : NULL;
	case REC_ROLE_NONE: break;
	}
	return NULL;
}

int rec_model_role(enum rec_model_role *role, const struct rec_block *b, struct rec_err *e)
{
	static const char *const name[] = { [REC_ROLE_USER] = "user",
					    [REC_ROLE_ITEM] = "item",
					    [REC_ROLE_OFFSET] = "offset",
					    [REC_ROLE_SIMILARITY] = "similarity" };
	const char *fault = "is not part of a model";

	*role = REC_ROLE_NONE;
	/* a similarity that was converted from text */
	if (b->name[0] == '\0' && b->kind == REC_SPARSE) {
		*role = REC_ROLE_SIMILARITY;
		return 0;
	}
	for (int i = REC_ROLE_USER; i <= REC_ROLE_SIMILARITY; i++)
		if (strcmp(b->name, name[i]) == 0) {
			*role = (enum rec_model_role)i;
			fault = fault_of(*role, b);
		}
	if (!fault)
		return 0;
	*role = REC_ROLE_NONE;
	if (b->optional)
		return 0;
	if (strcmp(b->name, "sums") == 0)
		fault = "holds sums of rec-sim --partial, which rec-sim METHOD --merge makes a "
			"model of";
	return rec_err_set(e, REC_EDATA, "block '%s' %s", b->name, fault);
}

/* -- blocks against each other -- */

static int check_factors(const struct rec_model *m, struct rec_err *e)
{
	if (m->has_similarity)
		return rec_err_set(
			e, REC_EDATA,
			"it holds factors and a similarity: keep one of them, each is a model");
	if (m->user.val && m->user.ncols != m->item.ncols)
		return rec_err_set(e, REC_EDATA,
				   "block 'user' has %" PRIu32
				   " column%s and block 'item' %" PRIu32 OF_ONE_RUN,
				   m->user.ncols, m->user.ncols == 1 ? "" : "s", m->item.ncols);
	if (m->user.row.n == 0 && m->item.row.n == 0)
		return rec_err_set(e, REC_EDATA,
				   "its factors have no rows: an empty part of a model; join it "
				   "with the others (rec-cat --merge -b)");
	if (m->item.ncols == 0)
		return rec_err_set(
			e, REC_EDATA,
			"its factors have no columns; give vectors of one number at least");
	return 0;
}

static int check_blocks(const struct rec_model *m, struct rec_err *e)
{
	if (m->user.val && !m->has_factors)
		return rec_err_set(
			e, REC_EDATA,
			"user factors without item factors; give both, as rec-als writes them");
	if (!m->has_factors && !m->has_similarity && !m->has_offset)
		return rec_err_set(e, REC_EDATA,
				   "no model: neither factors nor similarity nor offset");
	return m->has_factors ? check_factors(m, e) : 0;
}

/* -- numbers that any model may have -- */

/* Key as a number from lo to hi: 1, 0 where it is not there, -1. */
static int get_number(const struct rec_meta *m, const char *key, double lo, double hi, double *x,
		      struct rec_err *e)
{
	int got = rec_meta_get_f64(m, key, x, e);

	if (got == 1 && !(*x >= lo && *x <= hi))
		return rec_err_set(e, REC_EDATA, "metadata: %s is %s, not between %g and %g", key,
				   rec_meta_get(m, key), lo, hi);
	return got;
}

static int check_count(const struct rec_meta *m, const char *key, uint64_t rows, const char *what,
		       struct rec_err *e)
{
	uint64_t n = 0;
	int got = rec_meta_get_u64(m, key, &n, e);

	if (got != 1)
		return got;
	if (n > UINT32_MAX - 1)
		return rec_err_set(e, REC_EDATA,
				   "metadata: %s is %" PRIu64
				   ", but there are no more than %" PRIu32,
				   key, n, UINT32_MAX - 1);
	if (rows > n)
		return rec_err_set(e, REC_EDATA,
				   "metadata: %s is %" PRIu64 ", but %s has %" PRIu64
				   " row%s" OF_ONE_RUN,
				   key, n, what, rows, rows == 1 ? "" : "s");
	return 0;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* The catalogue is that of all parts: blocks may hold fewer. */
static int check_catalogue(const struct rec_model *m, bool side_user, struct rec_err *e)
{
	uint64_t similarity = larger(m->row.n, m->col.n);

	if (check_count(&m->meta, "users", m->user.row.n, "block 'user'", e) != 0 ||
	    check_count(&m->meta, "items", m->item.row.n, "block 'item'", e) != 0)
		return -1;
	if (check_count(&m->meta, "items", m->offset.row.n, "block 'offset'", e) != 0)
		return -1;
	return check_count(&m->meta, side_user ? "users" : "items", similarity, "the similarity",
			   e);
}

static int check_range(const struct rec_meta *m, struct rec_err *e)
{
	double lo = 0, hi = 0;
	int a = get_number(m, "value.min", -FLT_MAX, FLT_MAX, &lo, e),
	    b = a < 0 ? -1 : get_number(m, "value.max", -FLT_MAX, FLT_MAX, &hi, e);

	if (a < 0 || b < 0)
		return -1;
	if (a != b || lo > hi)
		return rec_err_set(e, REC_EDATA,
				   "metadata: value.min and value.max are no range of values");
	return 0;
}

static int check_side(const struct rec_model *m, bool *user, struct rec_err *e)
{
	const char *side = rec_meta_get(&m->meta, "side");

	*user = side && strcmp(side, "user") == 0;
	if (side && !*user && strcmp(side, "item") != 0)
		return rec_err_set(e, REC_EDATA, "metadata: side is '%s', not item or user", side);
	if (*user && !m->has_similarity)
		return rec_err_set(e, REC_EDATA,
				   "metadata: side is user, but there is no similarity" OF_ONE_RUN);
	return 0;
}

static int check_numbers(const struct rec_model *m, struct rec_err *e)
{
	double mean = 0;
	uint64_t bias = 0, iterations = 0;
	struct rec_transform t;

	if (get_number(&m->meta, "mean", -FLT_MAX, FLT_MAX, &mean, e) < 0 ||
	    check_range(&m->meta, e) != 0)
		return -1;
	if (rec_meta_get_u64(&m->meta, "bias", &bias, e) < 0 ||
	    rec_meta_get_u64(&m->meta, "iterations", &iterations, e) < 0)
		return -1;
	if (bias > 1 || (bias && m->has_factors && m->item.ncols < 3))
		return rec_err_set(e, REC_EDATA,
				   "metadata: bias is %" PRIu64 ", but factors have %" PRIu32
				   " columns; bias 1 needs 3 or more, 2 of them biases",
				   bias, m->item.ncols);
	if (iterations > UINT32_MAX)
		return rec_err_set(e, REC_EDATA,
				   "metadata: iterations is %" PRIu64
				   ": no model was trained for so long",
				   iterations);
	return rec_transform_load(&t, &m->meta, e);
}

/* -- what made it -- */

/* The rule by which a half-step puts repeated pairs together. */
static int check_duplicates(const struct rec_meta *m, struct rec_err *e)
{
	static const char *const known[] = { "sum", "max", "last", "fail" };
	const char *rule = rec_meta_get(m, "duplicates");
	size_t i = 0;

	while (rule && i < sizeof known / sizeof *known && strcmp(rule, known[i]) != 0)
		i++;
	return i < sizeof known / sizeof *known
		       ? 0
		       : rec_err_set(e, REC_EDATA,
				     "metadata: duplicates is '%s', not sum, max, last or fail",
				     rule);
}

static int check_als(const struct rec_model *m, struct rec_err *e)
{
	struct rec_als_opts o;

	if (!m->has_factors)
		return rec_err_set(
			e, REC_EDATA,
			"metadata say als, but there are no blocks 'user' and 'item'" OF_ONE_RUN);
	if (rec_als_opts_load(&o, &m->meta, e) != 0)
		return -1;
	if (!o.explicit_loss && (rec_meta_get(&m->meta, "bias") || rec_meta_get(&m->meta, "mean")))
		return rec_err_set(e, REC_EDATA,
				   "metadata: %s goes with explicit loss, but loss is implicit",
				   rec_meta_get(&m->meta, "bias") ? "bias" : "mean");
	return check_duplicates(&m->meta, e) == 0 ? rec_als_opts_fit(&o, m, e) : -1;
}

static int check_sim(const struct rec_model *m, const char *name, struct rec_err *e)
{
	bool list = rec_sim_takes(rec_sim_method(name), REC_SIM_LIST);

	if (!m->has_factors && (list ? m->has_similarity : m->has_offset && !m->has_similarity))
		return 0;
	return rec_err_set(e, REC_EDATA,
			   "metadata say %s, which makes %s, but the blocks are others" OF_ONE_RUN,
			   name, list ? "a similarity" : "an offset alone");
}

static int check_algorithm(const struct rec_model *m, struct rec_err *e)
{
	const char *name = rec_meta_get(&m->meta, "algorithm");

	if (name && strcmp(name, "als") == 0)
		return check_als(m, e);
	if (name && rec_sim_method(name))
		return check_sim(m, name, e);
	if (rec_meta_get(&m->meta, "loss"))
		return rec_err_set(e, REC_EDATA,
				   "metadata: loss belongs to als, but algorithm is %s",
				   name ? name : "missing");
	return 0;
}

int rec_model_check(const struct rec_model *m, struct rec_err *e)
{
	bool side_user = false;

	if (check_blocks(m, e) != 0 || check_algorithm(m, e) != 0 || check_numbers(m, e) != 0)
		return -1;
	return check_side(m, &side_user, e) == 0 ? check_catalogue(m, side_user, e) : -1;
}
