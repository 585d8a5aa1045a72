/* SPDX-License-Identifier: MIT */
/*
 * load.h - what the loading of text, of recmat, and of cells that a caller made
 * have in common; private to this room.
 */
#ifndef REC_MATRIX_LOAD_H
#define REC_MATRIX_LOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "matrix/cells.h"
#include "matrix/intern.h"
#include "matrix/sparse.h"
#include "matrix/stow.h"

enum { REC_TALLY_VALUES = 20 };

/* What a thread has seen. */
struct rec_tally {
	_Alignas(64) struct rec_digest digest;
	bool has_value, negative;
	uint64_t times, large_times;		/* as in struct rec_sparse */
	bool ranked_ties;
	struct rec_beyond *beyond;		/* by ids, as they came */
	size_t nbeyond, beyond_cap;
	bool many;				/* more different values than fit */
	int nvalues;
	float value[REC_TALLY_VALUES];		/* different values, in any order */
};

struct rec_loader {
	const struct rec_load *how;
	bool times;			/* times are held */
	struct rec_intern *row, *col;
	struct rec_cells cells;
	struct rec_stow stow;		/* cells go here where memory is bounded */
	struct rec_tally *tally;	/* one a thread */
	struct rec_pool *pool;
};

/* A value that no thread need look for: note it among the different ones. */
void rec_tally_new_value(struct rec_tally *t, float value);

static inline void rec_tally_value(struct rec_tally *t, float value)
{
	bool known = t->many;

	for (int i = 0; i < t->nvalues && !known; i++)
		known = t->value[i] == value;
	if (!known)
		rec_tally_new_value(t, value);
	t->negative |= value < 0;
}

static inline void rec_tally_time(struct rec_tally *t, double time)
{
	t->times += time == time;
	t->large_times += time >= REC_LARGE_TIME || time <= -REC_LARGE_TIME;
}

/* A cell of one thread. */
REC_MUST static inline int rec_loader_add(struct rec_loader *l, unsigned thread, uint32_t row,
					  uint32_t col, float value, double time, struct rec_err *e)
{
	if (l->stow.spill)
		return rec_stow_add(&l->stow, thread, row, col, value, time, e);
	return rec_cells_add(&l->cells, thread, row, col, value, time, e);
}

/*
 * All threads' tallies of n threads to s: digest, has_value, rating_like,
 * negative; returns whether there was a time.
 */
bool rec_tally_sum(struct rec_sparse *s, const struct rec_tally *t, unsigned n);

/*
 * All blocks of a recmat stream. *done: s is complete, in place, and has taken
 * *in over (*in is NULL then).
 */
REC_MUST int rec_loader_recmat(struct rec_loader *l, struct rec_sparse *s, struct rec_in **in,
			       bool *done, struct rec_err *e);

/*
 * Say that a pair can't be combined. in: name of the input, may be NULL.
 * Returns -1.
 */
int rec_conflict_fail(const struct rec_conflict *c, const struct rec_labels *row,
		      const struct rec_labels *col, const char *in, const char *what,
		      struct rec_err *e);

#endif
