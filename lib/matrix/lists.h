/* SPDX-License-Identifier: MIT */
/*
 * lists.h - ranked lists: for each row label, columns in rank order (score
 * descending, then label ascending), with their scores.
 */
#ifndef REC_MATRIX_LISTS_H
#define REC_MATRIX_LISTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/lang.h"
#include "base/pool.h"
#include "io/in.h"
#include "io/lost.h"
#include "io/out.h"
#include "matrix/labels.h"

REC_BEGIN_C

struct rec_lists {
	struct rec_labels row, col;
	uint64_t nnz;
	const uint64_t *ptr;	/* row.n + 1 */
	const uint32_t *col_idx;	/* rank order within a row */
	const float *score;
	/*
	 * The scores in double, where some differ in the input that are one
	 * float (or beyond it): entries are ranked, and are ties, by these.
	 * Else NULL.
	 */
	const double *exact;
	/*
	 * read lists: scores that are no floats; as times, those that are no
	 * doubles
	 */
	struct rec_lost lost;
	bool has_value;		/* read lists: some entry came with a value */
	/*
	 * read lists: some list of two and more has one value only, or no
	 * values were given
	 */
	bool no_scores;
	bool rating_like;	/* read lists: as of rec_sparse */
	char name[32];		/* read lists: of the first block of recmat; "" otherwise */
	void *own[4];
	struct rec_in *in;	/* kept open where mapped */
	struct rec_block *block;	/* kept where the lists lie in a block that was read */
};

void rec_lists_free(struct rec_lists *l);

/* The score of entry i, as it is ranked and told from others. */
static inline double rec_lists_score(const struct rec_lists *l, uint64_t i)
{
	return l->exact ? l->exact[i] : (double)l->score[i];
}

/*
 * Read lists (text in any order, or recmat of any order). A pair twice is an
 * error. Takes in over. Rank order is made from the scores as they were
 * written: scores of a list that differ in digits beyond a double are an error.
 * Ranked blocks keep their order among equal scores.
 */
REC_MUST int rec_lists_load(struct rec_lists *l, struct rec_in *in, bool trust,
			    struct rec_pool *pool, struct rec_err *e);

/* Keep the n best entries of each list. */
REC_MUST int rec_lists_cut(struct rec_lists *l, uint32_t n, struct rec_err *e);

/*
 * Write as text, or as one ranked block with end mark. Rows without entries are
 * left out, so are columns that no list holds.
 */
REC_MUST int rec_lists_write(struct rec_out *out, const struct rec_lists *l, bool binary,
			     struct rec_pool *pool, struct rec_err *e);

REC_END_C

#endif
