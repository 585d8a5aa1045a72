/* SPDX-License-Identifier: MIT */
/*
 * recpipe/model.h - a model: what training gives, what scoring and ranking
 * take, and what a file of named blocks with metadata holds.
 *
 * There are two forms. Factors are a vector for each user and for each item,
 * and a score is their dot product. A similarity is a weight for each pair of a
 * history item (row) and a candidate (column), and a score is the sum of the
 * weights of the history. Either may have an offset, a number for each item
 * that is added to its scores; `popular` is an offset alone.
 *
 * The metadata say how the model was made. Those that others read:
 *
 *	algorithm	als, or the method of rec-sim
 *	loss		als: implicit or explicit
 *	mean		explicit: added to every dot product
 *	bias		explicit: 1 where the last two components are biases
 *	users items	size of the catalogue that it was trained on
 *	side		user: the similarity is one of users
 *	history.*	how a value of a history becomes a weight
 *
 * load.h reads a model. Training and loading fill it; it is constant then, and
 * any number of threads may use it.
 */
#ifndef RECPIPE_MODEL_H
#define RECPIPE_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include <recpipe/err.h>
#include <recpipe/matrix.h>
#include <recpipe/pool.h>
#include <recpipe/recmat.h>
#include <recpipe/stream.h>

REC_BEGIN_C

struct rec_model {
	char *name;		/* of the file it came from, in messages; or NULL */
	struct rec_meta meta;
	bool has_factors, has_similarity, has_offset;	/* what of this is there */
	/*
	 * Factors: row labels are users or items, columns components. With
	 * biases the last two components of a user are (1, b), of an item
	 * (b, 1): so a score is mean + dot product in any case.
	 */
	struct rec_dense user, item;
	/*
	 * The similarity: labels of history items and of candidates, and the
	 * weights in one of two forms. Columns ascend in each row of sim.
	 */
	struct rec_labels row, col;
	bool dense;			/* sim_dense holds it, else sim */
	struct rec_csr sim;
	struct rec_dense sim_dense;	/* has no labels of its own */
	struct rec_dense offset;	/* one column */
	/*
	 * It was read from text: a similarity and nothing else. Then lost are
	 * its numbers that have more digits than are kept.
	 */
	bool text;
	struct rec_lost lost;
	/* the library's */
	struct rec_in *in;
	void *own;
};

void rec_model_free(struct rec_model *m);

/*
 * Write a model: metadata, the blocks there are, the end mark. binary false
 * writes text, which holds a similarity alone: with an offset, or where the
 * history has weights of its own, that would be another model, and is
 * REC_EUSAGE.
 */
REC_MUST int rec_model_write(struct rec_out *out, const struct rec_model *m, bool binary,
			     struct rec_pool *pool, struct rec_err *e);

/*
 * How a value v becomes a weight, in training and in the histories that a model
 * scores. The divisor is the mean, over the pairs of training, of what alpha
 * multiplies: so alpha is the mean weight, whatever the unit of v.
 */
enum rec_transform_kind {
	REC_TRANSFORM_NONE,	/* 1 */
	REC_TRANSFORM_LINEAR,	/* alpha * v / divisor */
	REC_TRANSFORM_LOG,	/* alpha * ln(1 + v / epsilon) / divisor */
};

struct rec_transform {
	enum rec_transform_kind kind;
	double alpha, epsilon, divisor;
};

/*
 * Values that are so far from the others that a mean would be theirs alone: a
 * wrong unit, a cancelled bulk order, a robot.
 */
struct rec_outliers {
	uint64_t n;		/* 0: none, and nothing else is set */
	double share;		/* of the sum of all sizes */
	double rest;		/* sum of the sizes of the others */
};

REC_END_C

#endif
