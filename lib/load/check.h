/* SPDX-License-Identifier: MIT */
/*
 * load/check.h - whether what was read is a model. It is asked once, when a
 * model is loaded, so that nobody who uses it has to ask again.
 *
 * What is true of a model that passed:
 *   - a block is of the kind that its name says; has_* are set for blocks that
 *     are there, and for no others
 *   - factors: no similarity beside them, both sides equally wide, and at least
 *     one row, so that the file holds as many numbers as a vector is wide
 *   - algorithm als: all settings are there and within the ranges of rec-als
 *     (rec_als_form_load), and blocks are as wide as they say
 *   - a method of rec-sim has what it makes: a similarity, or an offset alone
 *   - the catalogue has at least as many users and items as the blocks have
 *     rows
 *   - numbers that a reader uses are finite and fit where they go
 * Messages name what contradicts what. The caller puts the file before them.
 */
#ifndef REC_LOAD_CHECK_H
#define REC_LOAD_CHECK_H

#include "base/err.h"
#include "model/model.h"
#include "recmat/recmat.h"

/* What a block is to a model. */
enum rec_model_role {
	REC_ROLE_NONE,
	REC_ROLE_USER,
	REC_ROLE_ITEM,
	REC_ROLE_OFFSET,
	REC_ROLE_SIMILARITY,
};

/*
 * The role by name and kind of block. REC_ROLE_NONE: it is not part of a model
 * and has the flag `optional`. Without that flag it is an error.
 */
REC_MUST int rec_model_role(enum rec_model_role *role, const struct rec_block *b,
			    struct rec_err *e);

/* Whether blocks and metadata agree. */
REC_MUST int rec_model_check(const struct rec_model *m, struct rec_err *e);

#endif
