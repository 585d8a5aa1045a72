/* SPDX-License-Identifier: MIT */
/*
 * sim/options.c - the table of the parameters of item models, in the order of
 * rec-sim --help.
 */
#include "sim/options.h"

static const char *const keeps[] = { "candidate", "history", NULL };
static const char *const normalizes[] = { "none", "l1", "l2", NULL };
static const char *const sides[] = { "item", "user", NULL };

#define AT(field, type) REC_PARAM_AT(struct rec_sim_opts, field, type)
#define U32(field) .kind = REC_PARAM_U32, .at = AT(field, uint32_t)
#define F64(field) .kind = REC_PARAM_F64, .at = AT(field, double)
#define LIST(field) .kind = REC_PARAM_LIST, .at = AT(field[0], double)
#define CHOICE(field) .kind = REC_PARAM_CHOICE, .at = AT(field, unsigned)
#define EITHER(field) .kind = REC_PARAM_EITHER, .at = AT(field, bool)
#define RANGE(from, to) .lo = from, .hi = to

/* What else must be set for a row to matter. */
#define LOG { "weights", 1 << REC_WEIGH_LOG }
#define SCALED { "weights", 1 << REC_WEIGH_LINEAR | 1 << REC_WEIGH_LOG }
#define BM25 { "weights", 1 << REC_WEIGH_BM25 }

/* clang-format off */
const struct rec_param rec_sim_params[] = {
	{ .letter = 'n', .name = "neighbours", .arg = "N", U32(neighbours),
	  RANGE(0, UINT32_MAX - 1), .init = { 100 }, .mask = REC_SIM_LIST,
	  .help = "neighbours kept of each candidate or history item (see --keep); 0: all "
		  "(ease, linear: 0)" },
	{ .name = "keep", .arg = "candidate|history", EITHER(keep_history), .choices = keeps,
	  .mask = REC_SIM_LIST,
	  .help = "keep N of each candidate (column), or of each history item (row)" },
	{ .name = "normalize", .arg = "none|l1|l2", CHOICE(normalize), .choices = normalizes,
	  .mask = REC_SIM_LIST,
	  .help = "then divide each column (row) by the sum of |weights|, or the root of the "
		  "sum of squares" },
	{ .name = "min-sim", .arg = "X", F64(min_sim), RANGE(0, 1e30), .mask = REC_SIM_LIST,
	  .help = "drop weights with a smaller absolute value" },
	{ .name = "min-support", .arg = "N", U32(min_support), RANGE(1, UINT32_MAX - 1),
	  .init = { 1 }, .mask = REC_SIM_SUPPORT | REC_SIM_DATA,
	  .help = "drop pairs of items that fewer users share" },
	/* rec_weighting_save keeps it and its scale, for the history too */
	{ .name = "weights", .arg = "none|linear|log|tfidf|bm25", CHOICE(weights.kind),
	  .choices = rec_weighting_names, .mask = REC_SIM_WEIGHTS | REC_SIM_DATA, .unkept = true,
	  .help = "weight of a pair of value v: 1, v, ln(1 + v / epsilon), tf-idf, BM25 (dot: "
		  "v itself)" },
	{ .name = "alpha", .arg = "X", F64(weights.alpha), RANGE(1e-12, 1e12), .init = { 1 },
	  .need = { SCALED }, .mask = REC_SIM_WEIGHTS | REC_SIM_DATA, .unkept = true,
	  .help = "--weights linear, log: mean of the weights" },
	{ .name = "epsilon", .arg = "X", F64(weights.epsilon), RANGE(1e-12, 1e12), .init = { 1 },
	  .need = { LOG }, .mask = REC_SIM_WEIGHTS | REC_SIM_DATA, .unkept = true,
	  .help = "--weights log: scale of the values" },
	{ .name = "bm25", .arg = "K1,B", LIST(weights.bm25), RANGE(0, 1e6), .init = { 1.2, 0.75 },
	  .need = { BM25 }, .mask = REC_SIM_WEIGHTS | REC_SIM_DATA,
	  .help = "--weights bm25: saturation, and how much the length counts" },
	{ .name = "shrink", .arg = "X", F64(shrink), RANGE(0, 1e30), .mask = REC_SIM_SHRINK,
	  .help = "number X added to the denominator of the formula" },
	{ .name = "reg", .arg = "X", F64(reg), RANGE(1e-12, 1e30), .init = { 100 },
	  .mask = REC_SIM_REG,
	  .help = "ease: number L added to the diagonal" },
	{ .name = "exponents", .arg = "C,A,B", LIST(exponents), RANGE(-10, 10),
	  .init = { 1, 0.5, 0.5 }, .mask = REC_SIM_LINEAR,
	  .help = "linear: exponents of the pair counts of users, history items, candidates" },
	{ .name = "power", .arg = "P", F64(power), RANGE(1e-3, 1e3), .init = { 1 },
	  .mask = REC_SIM_LINEAR,
	  .help = "linear: power P of each weight" },
	{ .name = "asymmetry", .arg = "A", F64(asymmetry), RANGE(0, 1), .init = { 0.5 },
	  .mask = REC_SIM_ASYMMETRY,
	  .help = "asymmetric: exponent A of the history item; 0.5 is cosine" },
	{ .name = "walk", .arg = "A,B", LIST(walk), RANGE(0, 10), .init = { 1, 0.6 },
	  .mask = REC_SIM_WALK,
	  .help = "p3alpha, rp3beta: power A of each step; rp3beta: penalty B of popular "
		  "candidates" },
	{ .name = "center", .kind = REC_PARAM_FLAG, .at = AT(center, bool),
	  .mask = REC_SIM_LIST | REC_SIM_DATA,
	  .help = "score = S (x - mean) + mean, with the mean of each item over all users; "
		  "needs -b" },
	{ .name = "side", .arg = "item|user", EITHER(side_user), .choices = sides,
	  .mask = REC_SIM_LIST,
	  .help = "weights of pairs of items, or of users (for rec-topn --interactions)" },
	{ .name = "max-user", .arg = "N", U32(max_user), RANGE(1, UINT32_MAX - 1),
	  .mask = REC_SIM_DATA,
	  .help = "use only N pairs of a user with more, by hash (default: all)" },
	/* in metadata alone; the seed is an option of all commands */
	{ .name = "seed", .kind = REC_PARAM_U64, .at = AT(seed, uint64_t), RANGE(0, 0x1p64),
	  .init = { 1 }, .mask = REC_SIM_DATA },
	{ .name = NULL }
};
/* clang-format on */
