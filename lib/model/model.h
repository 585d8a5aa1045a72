/* SPDX-License-Identifier: MIT */
/*
 * model.h - a model: a stream of named blocks with metadata, or a similarity in
 * text.
 *
 * Blocks: meta; "user" and "item" factors (dense, ncols components);
 * "similarity" (sparse canonical or ranked order by row, or dense with column
 * labels): row = history item i, column = candidate j; "offset" (dense, one
 * column): a number per item added to every score, alone for `popular`.
 * Metadata keys that readers use (others are for people):
 *   algorithm            als, or the method of rec-sim
 *   loss                 implicit or explicit (als)
 *   mean                 explicit: the train mean, added to every dot product.
 *                        With biases the last two components are (.., 1, b_u)
 *                        of a user and (.., b_i, 1) of an item, so a score is
 *                        mean + dot in any case; bias = 1 says so, 0 without
 *   users items          catalogue size of training (factor models: base of the
 *                        regularisation)
 *   factors reg ...      what fold-in needs, as rec-als names its options
 *   history.weights      none, linear or log: the transform of the history
 *                        before a similarity scores it; history.alpha,
 *                        history.epsilon, history.divisor
 *   side                 item or user (a user-user similarity is scored with
 *                        --interactions)
 */
#ifndef REC_MODEL_MODEL_H
#define REC_MODEL_MODEL_H

#include <stdbool.h>

#include "base/err.h"
#include "base/lang.h"
#include "io/in.h"
#include "io/lost.h"
#include "io/out.h"
#include "kernel/kernel.h"
#include "matrix/csr.h"
#include "matrix/dense.h"
#include "matrix/labels.h"
#include "recmat/meta.h"

REC_BEGIN_C

struct rec_model {
	/*
	 * of the file it was loaded from, for messages; NULL where it was made
	 */
	char *name;
	struct rec_meta meta;
	bool has_factors, has_similarity, dense, has_offset;
	bool text;			/* read from text: a bare similarity */
	struct rec_lost lost;		/* then: numbers that have more digits than are kept */
	struct rec_dense user, item;	/* has_factors */
	/* has_similarity: labels of history items and of candidates */
	struct rec_labels row, col;
	struct rec_csr sim;		/* has_similarity && !dense; columns ascend within a row */
	struct rec_dense sim_dense;	/* has_similarity && dense; its labels are row and col */
	struct rec_dense offset;	/* has_offset */
	/* what keeps the memory: private to model.c */
	struct rec_in *in;
	void *own;
};

void rec_model_free(struct rec_model *m);

/* Put the model's file before a message that e holds about it. Returns -1. */
int rec_model_blame(const struct rec_model *m, struct rec_err *e);

/*
 * Write in recmat: meta, then the blocks there are, then the end mark. Text
 * (binary false) only for a similarity without offset and history transform:
 * else REC_EUSAGE, and the message names -b.
 */
REC_MUST int rec_model_write(struct rec_out *out, const struct rec_model *m, bool binary,
			     struct rec_pool *pool, struct rec_err *e);

REC_END_C

#endif
