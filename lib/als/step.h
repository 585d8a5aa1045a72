/* SPDX-License-Identifier: MIT */
/*
 * als/step.h - one side of a factorisation in memory, and the half-step that
 * solves all its rows.
 */
#ifndef REC_ALS_STEP_H
#define REC_ALS_STEP_H

#include "als/row.h"
#include "matrix/csr.h"
#include "matrix/labels.h"
#include "matrix/table.h"
#include "model/model.h"

struct rec_als_side {
	/* set before rec_als_side_new; all pointers are borrowed */
	bool user;
	const struct rec_labels *label;
	const struct rec_csr *m;	/* the pairs by row of this side */
	const struct rec_dense *init;	/* start vectors of the labels it holds; NULL: none */
	/*
	 * Nothing reads the start values, because the first half-step solves
	 * these rows by Cholesky. They are then not computed.
	 */
	bool no_starts;
	struct rec_spill *spill;	/* the table goes to a temporary file; NULL: memory */
	struct rec_table table;		/* label->n rows of kp floats, as in als/row.h */
	float *bias;			/* one a row, or NULL */
	/*
	 * rec_als_weight of each pair, or NULL where it is cheap, or m lies in
	 * a file
	 */
	float *weight;
};

/* Allocate; start values are of init where it has the label, else by hash. */
REC_MUST int rec_als_side_new(struct rec_als_side *s, const struct rec_als_opts *o,
			      const struct rec_run *run, struct rec_err *e);
void rec_als_side_free(struct rec_als_side *s);

/*
 * Stored layout into d, with a copy of the labels; takes the table of s over.
 */
REC_MUST int rec_als_side_pack(struct rec_dense *d, struct rec_als_side *s,
			       const struct rec_als_opts *o, struct rec_err *e);

/*
 * This side as what the other is solved against: table and bias borrowed, basis
 * made, table turned. Free with rec_als_fixed_free.
 */
REC_MUST int rec_als_side_fix(struct rec_als_fixed *q, const struct rec_als_side *s,
			      const struct rec_als_opts *o, const struct rec_run *run,
			      struct rec_err *e);

/* Scratch for every thread of the run. */
struct rec_als_crew {
	struct rec_als_scratch **scratch;
	float **rows;			/* of a task, in the basis that they are solved in */
	unsigned n;
};
REC_MUST int rec_als_crew_new(struct rec_als_crew *c, const struct rec_als_opts *o,
			      const struct rec_run *run, struct rec_err *e);
void rec_als_crew_free(struct rec_als_crew *c);

/*
 * What progress tells: rows done before this half-step, of how many, and a
 * note.
 */
struct rec_als_tell {
	uint64_t before, total;
	char note[64];
};

/* Solve every row of s against q. */
REC_MUST int rec_als_step(struct rec_als_side *s, const struct rec_als_fixed *q,
			  const struct rec_als_opts *o, struct rec_als_crew *crew,
			  const struct rec_als_tell *tell, const struct rec_run *run,
			  struct rec_err *e);

#endif
