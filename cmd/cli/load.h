/* SPDX-License-Identifier: MIT */
/*
 * cmd/cli/load.h - inputs that several commands read alike: rows, matrices,
 * models. --trust is heeded everywhere.
 */
#ifndef REC_CMD_CLI_LOAD_H
#define REC_CMD_CLI_LOAD_H

#include "cmd/cli/cli.h"
#include "matrix/sparse.h"
#include "model/model.h"
#include "recpipe/matrix.h"
#include "rows/rows.h"

/*
 * The choices of --duplicates where a model is made, in the order of enum
 * rec_repeats.
 */
extern const char *const cli_repeats[];

/* Rows of stdin, one after the other; flags as for rec_rows_open. */
REC_MUST int cli_load_rows(struct rec_rows **rows, const char *what, unsigned flags,
			   const struct rec_run *run, struct rec_err *e);

/*
 * A whole matrix; s is left as it is where path is NULL. Times are kept where
 * repeats are told apart by them.
 */
REC_MUST int cli_load_pairs(struct rec_sparse *s, const char *path, const char *what,
			    enum rec_repeats repeats, const struct rec_run *run, struct rec_err *e);

/*
 * Every row, with its time: repeats are kept. path NULL is stdin.
 * compare_times: as in struct rec_load.
 */
REC_MUST int cli_load_all_rows(struct rec_sparse *s, const char *path, const char *what,
			       bool compare_times, const struct rec_run *run, struct rec_err *e);

/* Those of stdin without their digest, for what makes no model of them. */
REC_MUST int cli_load_rows_alone(struct rec_sparse *s, const struct rec_run *run,
				 struct rec_err *e);

/*
 * The interactions on stdin that a model is made of, with their counts in
 * --stats; the phase is "read".
 */
REC_MUST int cli_load_interactions(struct rec_sparse *x, enum rec_repeats repeats,
				   const struct rec_run *run, struct rec_err *e);

/*
 * The same without their digest, where the model has its metadata from
 * elsewhere. transposed: rows are items.
 */
REC_MUST int cli_load_pairs_alone(struct rec_sparse *x, enum rec_repeats repeats, bool transposed,
				  const struct rec_run *run, struct rec_err *e);

/*
 * Say how many numbers of text have more digits than are kept, where there are
 * any: for who makes them anything but text. Who loads by this file has it
 * said.
 */
void cli_tell_lost(const struct rec_lost *l);

/*
 * Say where `large` of n times are beyond REC_LARGE_TIME, and others are not.
 */
void cli_tell_mixed_times(uint64_t n, uint64_t large);

REC_MUST int cli_load_model(struct rec_model *m, const char *path, const struct rec_run *run,
			    struct rec_err *e);

/* A model in the middle of a sweep (rec_model_load_half). */
REC_MUST int cli_load_half_model(struct rec_model *m, const char *path, const struct rec_run *run,
				 struct rec_err *e);

/* Models that are scored together, with the weights of --blend. */
struct cli_models {
	size_t n;
	struct rec_model *model;
	const struct rec_model **list;	/* their addresses, as a scorer wants them */
	double *weight;			/* NULL: 1 each */
	bool explicit_loss;		/* of one of them */
};

/* blend: the text of --blend, or NULL. */
REC_MUST int cli_load_models(struct cli_models *ms, const struct cli_list *files, const char *blend,
			     const struct rec_run *run, struct rec_err *e);
void cli_free_models(struct cli_models *ms);

/*
 * Note of each factor model whose vectors are all, or all but, zero: what it
 * gives is no order of items. Whether all of the models are such.
 */
bool cli_note_empty_models(const struct cli_models *ms, const struct cli_list *files);

/* Bytes of all of them. */
uint64_t cli_models_bytes(const struct cli_models *ms);

#endif
