/* SPDX-License-Identifier: MIT */
/*
 * recpipe/topn.h - the best items of each row: what rec-topn does.
 *
 * Ranking is exact: every item is scored, or has a score that is surely too
 * low, and the n best stay. The order is
 * score descending, then label ascending, everywhere. A list depends on its row
 * and the models alone, so shares of the rows can be answered on different
 * machines and put together.
 *
 *	scorer (score.h) -> rec_topn_new -> lists in memory, to a file, or
 *	row by row over a pipe
 *
 * Memory does not grow with rows times items. The items of one model
 * of factors are packed once and scored in tiles that stay in the second-level
 * cache; all other models are scored row by row.
 */
#ifndef RECPIPE_TOPN_H
#define RECPIPE_TOPN_H

#include <stdbool.h>
#include <stdint.h>

#include <recpipe/err.h>
#include <recpipe/matrix.h>
#include <recpipe/rows.h>
#include <recpipe/score.h>
#include <recpipe/stream.h>

REC_BEGIN_C

/*
 * Items by popularity, for rows that no model can score and for lists that are
 * too short: descending, then by label. Those of popularity 0 are left out.
 */
struct rec_popular {
	uint32_t n;
	uint32_t *item;		/* indices into the labels of a scorer */
	float *score;
};

/* By the number of pairs of x with a value above 0. */
REC_MUST int rec_popular_count(struct rec_popular *p, const struct rec_sparse *x,
			       const struct rec_labels *items, struct rec_err *e);
void rec_popular_free(struct rec_popular *p);

/* What becomes of a row that no model can score: a user without a history. */
enum rec_cold {
	REC_COLD_DROP,		/* no list, and it is counted */
	REC_COLD_POPULAR,	/* the most popular items */
	REC_COLD_FAIL		/* an error */
};

struct rec_topn_opts {
	uint32_t n;		/* entries of a list */
	/*
	 * A list may hold what is in the history. Else it is left out, because
	 * a recommendation is for what is new.
	 */
	bool keep_seen;
	enum rec_cold cold;
	bool fill;		/* complete short lists from popular */
	/*
	 * Text: after each entry the items of the history that weigh most, at
	 * most so many, with their shares (answer.h). 0: none. The scorer has
	 * unknown_users, for models of factors.
	 */
	uint32_t explain;
	const struct rec_popular *popular;	/* for fill and REC_COLD_POPULAR */
	const unsigned char *allowed;	/* by item: 0 is never listed; NULL: all may */
	bool few;		/* a handful of rows: making tables for them would not pay */
};

/* What became of the rows: a person should hear of it. Added to. */
struct rec_topn_counts {
	uint64_t rows, answered, entries;
	uint64_t cold;		/* rows that no model could score, flat ones among them */
	uint64_t flat;		/* every item has one score: nothing to rank by */
	uint64_t shorter;	/* lists below n; neither empty nor cold */
	uint64_t empty;		/* scored, but nothing was left to list */
	uint64_t bare;		/* nothing was left out: nothing was known of the row */
	uint64_t filled;	/* entries from popularity */
	uint64_t unknown;	/* pairs of histories whose item no model holds */
};

struct rec_topn;

/* The scorer, popular and allowed are borrowed. */
REC_MUST int rec_topn_new(struct rec_topn **t, const struct rec_scorer *s,
			  const struct rec_topn_opts *o, struct rec_err *e);
void rec_topn_free(struct rec_topn *t);

/*
 * Which rows: first .. last - 1 of the histories, also those without cells, and
 * what other files say of them (NULL: nothing).
 */
struct rec_topn_rows {
	const struct rec_pairs *history, *seen, *candidates;
	uint32_t first, last;
};

/*
 * Set first and last to part i of n, 1 <= i <= n: parts begin at multiples of
 * 256 rows and take about the same time. All rows are part 1 of 1.
 */
REC_MUST int rec_topn_part(const struct rec_topn *t, struct rec_topn_rows *rows, uint32_t i,
			   uint32_t n, struct rec_err *e);

/*
 * Answer them all: lists in memory, 8 bytes an entry. Their labels are those of
 * the histories and of the scorer, borrowed, so both stay until the lists are
 * freed.
 */
REC_MUST int rec_topn_lists(struct rec_lists *l, const struct rec_topn *t,
			    const struct rec_topn_rows *rows, struct rec_topn_counts *counts,
			    struct rec_err *e);

/*
 * Answer them all, in the order of labels, as text or as one ranked block. Text
 * takes memory that does not grow with the rows; recmat 12 bytes an entry.
 */
REC_MUST int rec_topn_write(const struct rec_topn *t, const struct rec_topn_rows *rows,
			    struct rec_out *out, bool binary, struct rec_topn_counts *counts,
			    struct rec_err *e);

/*
 * Answer rows as they come over a pipe, text in and out. A row is lines of one
 * label, and ends at the next label, an empty line or the end. Its list is
 * written and flushed at once, and after an empty line an empty line: whoever
 * asks knows that this was all. seen and candidates of o are used, the rest of
 * it is not. in and out remain the caller's.
 */
REC_MUST int rec_topn_stream(const struct rec_topn *t, struct rec_rows *in,
			     const struct rec_topn_rows *o, enum rec_repeats repeats,
			     struct rec_out *out, struct rec_topn_counts *counts,
			     struct rec_err *e);

REC_END_C

#endif
