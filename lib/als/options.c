/* SPDX-License-Identifier: MIT */
/*
 * als/options.c - the table of what a factorisation is made with, in the order
 * of rec-als --help.
 */
#include "als/options.h"

#include <float.h>
#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "kernel/kernel.h"

static const char *const targets[] = { "one", "value", NULL };
static const char *const counts[] = { "all", "own", NULL };
static const char *const losses[] = { "implicit", "explicit", NULL };
static const char *const solvers[] = { "cholesky", "cg", NULL };

#define AT(field, type) REC_PARAM_AT(struct rec_als_opts, field, type)
#define U32(field) .kind = REC_PARAM_U32, .at = AT(field, uint32_t)
#define F64(field) .kind = REC_PARAM_F64, .at = AT(field, double)
#define AUTO(field) .kind = REC_PARAM_AUTO, .at = AT(field, double), .init = { -1 }
#define CHOICE(field) .kind = REC_PARAM_CHOICE, .at = AT(field, unsigned)
#define RANGE(from, to) .lo = from, .hi = to

/* What else must be set for a row to matter. */
#define IMPLICIT { "explicit", 1 << 0 }
#define EXPLICIT { "explicit", 1 << 1 }
#define BIASES { "no-bias", 1 << 0 }
#define CG { "solver", 1 << REC_CG }
#define LOG { "weights", 1 << REC_TRANSFORM_LOG }
#define SCALED { "weights", 1 << REC_TRANSFORM_LINEAR | 1 << REC_TRANSFORM_LOG }

/* clang-format off */
const struct rec_param rec_als_params[] = {
	{ .letter = 'k', .name = "factors", .arg = "N", U32(factors), RANGE(1, 16384),
	  .init = { 64 },
	  .help = "number of components of a vector" },
	{ .letter = 'i', .name = "iterations", .arg = "N", U32(iterations), RANGE(0, 1000000),
	  .init = { 16 }, .unkept = true,	/* half-steps count it up */
	  .help = "number of sweeps; 0 writes the start values" },
	/* auto follows the deviation of the values, which are float32 */
	{ .name = "reg", .arg = "X|auto", AUTO(reg), RANGE(0, 1e30), .key_hi = 1e40,
	  .help = "regularisation; auto: 0.01, explicit 1.3 standard deviations of the values" },
	{ .name = "reg-power", .arg = "NU", F64(reg_power), RANGE(0, 10), .init = { -1 },
	  .help = "how fast regularisation grows with the pairs of a row (default 1, explicit "
		  "0.5)" },
	{ .name = "reg-pairs", .arg = "all|own", .kind = REC_PARAM_EITHER,
	  .at = AT(reg_own, bool), .choices = counts, .need = { IMPLICIT }, .rare = true,
	  .help = "what regularisation counts of a row: every pair, by its weight W if it was not "
		  "observed; or the observed pairs alone" },
	{ .name = "unobserved", .arg = "W|auto", AUTO(unobserved), RANGE(0, 1e30),
	  .need = { IMPLICIT },
	  .help = "weight with which every pair should score 0; auto: 14 * density" },
	{ .name = "weights", .arg = "none|linear|log", CHOICE(weights.kind),
	  .choices = rec_transform_names, .need = { IMPLICIT },
	  .help = "weight of an observed pair of value v: 1, |v| or ln(1 + |v| / epsilon), "
		  "scaled to mean --alpha" },
	{ .name = "alpha", .arg = "X", F64(weights.alpha), RANGE(1e-12, 1e12), .init = { 1 },
	  .need = { IMPLICIT }, .help = "mean weight of an observed pair" },
	{ .name = "epsilon", .arg = "X", F64(weights.epsilon), RANGE(1e-12, 1e12), .init = { 1 },
	  .need = { IMPLICIT, LOG },
	  .help = "scale of the values under --weights log" },
	{ .name = "target", .arg = "one|value", .kind = REC_PARAM_EITHER,
	  .at = AT(target_value, bool), .choices = targets, .need = { IMPLICIT },
	  .help = "what an observed pair should score: 1 (0 if its value is negative), or its "
		  "value" },
	{ .name = "explicit", .kind = REC_PARAM_FLAG, .at = AT(explicit_loss, bool), .key = "loss",
	  .choices = losses,
	  .help = "predict the values of observed pairs, with biases; ignore all other pairs" },
	{ .name = "bias-reg", .arg = "X", F64(bias_reg), RANGE(0, 1e30), .init = { 5 },
	  .need = { EXPLICIT, BIASES },
	  .help = "explicit: regularisation of biases" },
	{ .name = "no-bias", .kind = REC_PARAM_UNFLAG, .at = AT(bias, bool), .init = { 1 },
	  .key = "bias", .need = { EXPLICIT },
	  .help = "explicit: no biases" },
	{ .name = "solver", .arg = "cholesky|cg", CHOICE(solver), .choices = solvers,
	  .help = "solve each row exactly, or take a few steps of conjugate gradients from the "
		  "last sweep" },
	{ .name = "cg-steps", .arg = "N", U32(cg_steps), RANGE(1, 10000), .init = { 3 },
	  .need = { CG },
	  .help = "steps of cg for each row in each sweep" },
	{ .name = "init-sd", .arg = "X", F64(init_sd), RANGE(0, 1e6), .init = { 0.1 },
	  .help = "standard deviation of the start values, times sqrt(factors)" },
	/* in metadata alone; the seed is an option of all commands */
	{ .name = "seed", .kind = REC_PARAM_U64, .at = AT(seed, uint64_t), RANGE(0, 0x1p64),
	  .init = { 1 } },
	{ .name = "users", U32(users), RANGE(0, UINT32_MAX - 1) },
	{ .name = "items", U32(items), RANGE(0, UINT32_MAX - 1) },
	{ .name = "mean", F64(mean), RANGE(-FLT_MAX, FLT_MAX), .need = { EXPLICIT } },
	/* of float32 values, divided by an epsilon or not */
	{ .name = "divisor", F64(weights.divisor), RANGE(1e-60, 1e40),
	  .need = { IMPLICIT, SCALED } },
	{ .name = NULL }
};
/* clang-format on */

void rec_als_defaults(struct rec_als_opts *o)
{
	*o = (struct rec_als_opts){ 0 };
	rec_params_defaults(rec_als_params, o);
}

uint32_t rec_als_stride(uint32_t factors, bool bias)
{
	return (uint32_t)rec_round_up(factors + (bias ? 2 : 0), REC_LANES);
}

int rec_als_opts_save(struct rec_meta *m, const struct rec_als_opts *o, struct rec_err *e)
{
	return rec_meta_set(m, "algorithm", "als", e) != 0 ?
		       -1 :
		       rec_params_save(m, rec_als_params, o, 0, e);
}

int rec_als_opts_load(struct rec_als_opts *o, const struct rec_meta *m, struct rec_err *e)
{
	*o = (struct rec_als_opts){ 0 };
	if (rec_params_load(o, rec_als_params, m, "als", e) != 0)
		return -1;
	o->kp = rec_als_stride(o->factors, o->bias);
	return 0;
}

int rec_als_opts_fit(const struct rec_als_opts *o, const struct rec_model *m, struct rec_err *e)
{
	uint32_t want = o->factors + (o->bias ? 2 : 0);
	const struct rec_dense *side[] = { &m->user, &m->item };
	static const char *const name[] = { "user", "item" };

	for (int i = 0; i < 2; i++)
		if (side[i]->row.n > 0 && side[i]->ncols != want)
			return rec_err_set(
				e, REC_EDATA,
				"metadata say %" PRIu32 " factor%s%s, but block '%s' has %" PRIu32
				" column%s; take blocks and metadata of one run",
				o->factors, REC_S(o->factors), o->bias ? " and 2 biases" : "",
				name[i], side[i]->ncols, REC_S(side[i]->ncols));
	return 0;
}
