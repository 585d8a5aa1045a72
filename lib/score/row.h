/* SPDX-License-Identifier: MIT */
/*
 * score/row.h - scores of one row: begin it, then ask for all scores or for
 * single ones.
 *
 * A scratch belongs to one thread and holds the row that was begun last; the
 * scorer is only read. Everything here is about that row.
 */
#ifndef REC_SCORE_ROW_H
#define REC_SCORE_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "recpipe/score.h"
#include "score/factor_table.h"
#include "score/query.h"
#include "score/score.h"

/* Bytes of a scratch; it is made after rec_scorer_allow. */
uint64_t rec_score_scratch_size(const struct rec_scorer *s);

/* What is of model i, for explain.c. */
struct rec_part_scratch;
struct rec_part_scratch *rec_score_scratch_part(struct rec_score_scratch *sc, size_t i);

/*
 * Similar items: some table was cut (rec-sim -n) where this item stands. What
 * is above 0 is the best of it, and more may be missing.
 */
bool rec_scorer_is_cut(const struct rec_score_scratch *sc);

/*
 * Whether all that the models say of the row is one score for every item: then
 * there is no order. Items that rec_scorer_allow took away count, so that a row
 * is flat for all shares of the items or for none.
 */
bool rec_scorer_flat(const struct rec_scorer *s, const struct rec_score_scratch *sc);

/*
 * All scores of the row; they stay until the next call for this scratch. Of a
 * scorer that has a table (rec_scorer_table) use that, or pairs.
 */
void rec_scorer_row(const struct rec_scorer *s, struct rec_score_scratch *sc,
		    struct rec_scores *out);

/*
 * Whether something is known of the item of a pair without a score: a bias or
 * an offset.
 */
bool rec_scorer_knows(const struct rec_scorer *s, uint32_t item);

/*
 * What is known of a pair without a score: mean and biases of factors, offsets;
 * weighted as the blend is. item may be REC_NONE.
 */
float rec_scorer_prior(const struct rec_scorer *s, struct rec_score_scratch *sc, uint32_t item);

/*
 * Where all scores are products with one table, then + offset (a single factor
 * model): the table, whose rows are the candidates of part 0. NULL elsewhere.
 */
const struct rec_factor_table *rec_scorer_table(const struct rec_scorer *s);
/* Then: the vector of the row; NULL where it has none. */
const float *rec_scorer_vector(const struct rec_score_scratch *sc);

/*
 * rec_scorer_pair of n <= REC_LANES items (each may be REC_NONE) together: bit
 * i of the answer is set where item[i] has a score, which is in score[i] then.
 */
uint32_t rec_scorer_pairs(const struct rec_scorer *s, struct rec_score_scratch *sc,
			  const uint32_t *item, uint32_t n, float *score);

#endif
