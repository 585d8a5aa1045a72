/* SPDX-License-Identifier: MIT */
/* part.h - a share of the users, and the memory that an evaluation takes. */
#ifndef REC_EVAL_PART_H
#define REC_EVAL_PART_H

#include "base/err.h"
#include "kernel/kernel.h"
#include "recpipe/eval.h"

/*
 * Users *first .. *last - 1 of truth are part i of n: borders fall on blocks of
 * 256, and parts hold about as many pairs of truth, lists, train and
 * candidates. What a run over such a part checks and tells of its lists is that
 * of its users; lists of users without truth fall to the parts between whose
 * users they stand.
 */
REC_MUST int rec_eval_part(uint32_t *first, uint32_t *last, const struct rec_eval_input *in,
			   uint32_t i, uint32_t n, struct rec_err *e);

/*
 * Memory that rec_evaluate and its inputs take, about: the larger of what
 * reading took and what measuring will. Mapped files apart.
 */
uint64_t rec_eval_bytes(const struct rec_eval_input *in, const struct rec_eval_opts *o,
			const struct rec_run *run);

struct rec_evaluation;

/* Set the rows of truth and of the lists that v->o asks for. */
void rec_eval_range(struct rec_evaluation *v);

#endif
