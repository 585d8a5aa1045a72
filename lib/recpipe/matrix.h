/* SPDX-License-Identifier: MIT */
/*
 * recpipe/matrix.h - matrices whose rows and columns have labels: sparse ones
 * (interactions, similarities), dense ones (factors) and ranked lists.
 *
 * Labels are kept once, sorted; cells speak of them by index. So index order is
 * label order everywhere, two matrices are joined by a merge of two sorted
 * lists, and what a matrix is depends on its cells alone, never on the order in
 * which they came.
 *
 *	struct rec_sparse x = { 0 };
 *	struct rec_load how = { .repeats = REC_REPEATS_SUM };
 *	size_t len;
 *
 *	if (rec_sparse_load(&x, in, &how, pool, &e) != 0)
 *		...
 *	for (uint32_t u = 0; u < x.row.n; u++) {
 *		const char *user = rec_label(&x.row, u, &len);
 *
 *		for (uint64_t i = x.m.ptr[u]; i < x.m.ptr[u + 1]; i++)
 *			... x.m.col[i], x.m.val[i] ...
 *	}
 *	rec_sparse_free(&x);
 *
 * The structs are open, because whoever computes needs the arrays. Their
 * arrays are constant: they may lie in a file that is mapped. Any number of
 * threads may read a matrix at the same time.
 */
#ifndef RECPIPE_MATRIX_H
#define RECPIPE_MATRIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <recpipe/err.h>
#include <recpipe/pool.h>
#include <recpipe/recmat.h>
#include <recpipe/stream.h>

REC_BEGIN_C

/* -- labels ----------------------------------------------------------- */

/* No index: what a search gives where it finds nothing. */
#define REC_NONE UINT32_MAX

/* The labels of one side, ascending by their bytes, each once. */
struct rec_labels {
	uint32_t n;
	const uint64_t *off;	/* n + 1 offsets into bytes; off[0] is 0 */
	const char *bytes;	/* without NUL between them */
	/* what rec_labels_free releases; NULL where the memory is another's */
	void *own_off, *own_bytes;
};

void rec_labels_free(struct rec_labels *l);

/* Label i < l->n: *len bytes, no NUL after them. */
static inline const char *rec_label(const struct rec_labels *l, uint32_t i, size_t *len)
{
	*len = (size_t)(l->off[i + 1] - l->off[i]);
	return l->bytes + l->off[i];
}

/* The order of labels: by bytes, a prefix first. Below 0, 0, or above 0. */
int rec_label_cmp(const char *a, size_t na, const char *b, size_t nb);

/* The index of a label, by binary search, or REC_NONE. */
uint32_t rec_labels_find(const struct rec_labels *l, const char *label, size_t len);

/*
 * map[i] is the index in `to` of label i of `from`, or REC_NONE: how cells of
 * one matrix are found in another. from->n entries, which the caller releases
 * with free(). O(n + m).
 */
REC_MUST int rec_labels_map(uint32_t **map, const struct rec_labels *from,
			    const struct rec_labels *to, struct rec_err *e);

/* -- sparse ----------------------------------------------------------- */

/* Compressed rows: the cells of row i are ptr[i] .. ptr[i + 1] - 1. */
struct rec_csr {
	uint32_t nrows, ncols;
	uint64_t nnz;
	const uint64_t *ptr;	/* nrows + 1; ptr[0] is 0 */
	/*
	 * ascending in each row, each once; repeats are there only where
	 * REC_REPEATS_KEEP asked for them
	 */
	const uint32_t *col;
	const float *val;	/* finite */
	const double *time;	/* NaN where missing; NULL where there is none */
	/*
	 * The library's: where the arrays lie, where only some of them may be
	 * in memory at once, and what rec_csr_free releases.
	 */
	struct rec_far *far, *own_far;
	void *own[4];
};

void rec_csr_free(struct rec_csr *m);

/*
 * t becomes m with rows and columns exchanged: from the items of each user to
 * the users of each item. O(cells + rows + columns).
 */
REC_MUST int rec_csr_transpose(struct rec_csr *t, const struct rec_csr *m, struct rec_pool *pool,
			       struct rec_err *e);

/* Where column j stands in row i, by binary search, or UINT64_MAX. */
uint64_t rec_csr_find(const struct rec_csr *m, uint32_t i, uint32_t j);

/*
 * What becomes of a pair that comes more than once. Sums are taken in double in
 * the order of (time, value), where times are held, else of value, and rounded
 * once: so they do not depend on the order of the input. All but KEEP leave one
 * cell, with the latest time.
 */
enum rec_repeats {
	REC_REPEATS_SUM,	/* the sum of the values: events that count */
	REC_REPEATS_MAX,	/* the largest value */
	/*
	 * the value with the latest time, of those the largest: ratings that
	 * were changed. A repeated row without a time is an error.
	 */
	REC_REPEATS_LAST,
	REC_REPEATS_FAIL,	/* an error */
	REC_REPEATS_KEEP,	/* all, in the order of (time, value) */
};

/* How an input becomes a matrix. {0} sums repeats and drops times. */
struct rec_load {
	enum rec_repeats repeats;
	bool times;		/* keep times, which take 8 bytes a cell */
	/*
	 * Recommendation lists: times are the scores as doubles, as
	 * REC_ROWS_SCORES has it.
	 */
	bool scores;
	/*
	 * Times are compared, so a whole number above 2^53 whose digits do not
	 * fit is an error; else it is counted in `lost`.
	 */
	bool compare_times;
	bool label_only;	/* a line without TAB is a row without cells, no error */
	/* label_only: accept a text without any TAB that is another format */
	bool anyhow;
	bool trust;		/* recmat: CRCs of sections are not compared */
	/*
	 * digest.sum is not wanted and stays 0: its hashes take as long as all
	 * else that is done to a cell of a recmat file
	 */
	bool no_sums;
	/*
	 * digest, has_value, rating_like and negative are not wanted: a matrix
	 * that is used where it lies is read once less
	 */
	bool no_digest;
	const char *what;	/* in messages, such as "truth"; or NULL */
	/* The library's: NULL, false. */
	struct rec_spill *spill;
	bool ranked;		/* scores: recmat in rank order is used where it lies */
};

/*
 * A digest of the cells as they were read: equal inputs have equal ones,
 * whatever their order and form. Digests of parts add up, sum by sum.
 */
struct rec_digest {
	uint64_t sum[2];
	uint64_t cells;
};

struct rec_sparse {
	struct rec_labels row, col;	/* each has a cell, except for label_only */
	struct rec_csr m;
	/* What was noticed while it was read. */
	struct rec_digest digest;
	bool has_value;		/* some row came with a value; else all are 1 */
	bool rating_like;	/* at most 20 different values, none above 10 */
	bool negative;		/* some value is below 0 */
	/*
	 * How many rows had a time, and how many of these are so large that
	 * they are no seconds: where some are, two units may be mixed.
	 */
	uint64_t times, large_times;
	uint64_t repeats;	/* rows whose pair had come before */
	uint64_t label_only_rows;	/* rows without cells */
	struct rec_lost lost;	/* numbers with more digits than are kept */
	bool ranked_ties;	/* scores: equal ones stood out of label order */
	bool ranked;		/* rows are in rank order, as rec_load.ranked allows */
	char name[REC_NAME_MAX];	/* of the first block of recmat, or "" */
	/* the library's */
	struct rec_beyond *beyond;
	size_t nbeyond;
	const struct rec_looks *looks;
	struct rec_in *in;
	struct rec_block *block;
};

void rec_sparse_free(struct rec_sparse *s);

/*
 * Read all of in, which is taken over, also on failure. Text and recmat, in any
 * order of rows. An input without rows is an empty matrix and no error.
 *
 * Text takes at most 40 bytes a row while it is read (24 without times) and
 * the labels once. A canonical recmat file is mapped and used where it lies.
 */
REC_MUST int rec_sparse_load(struct rec_sparse *s, struct rec_in *in, const struct rec_load *how,
			     struct rec_pool *pool, struct rec_err *e);

/* A cell by indices into labels that the caller has. */
struct rec_cell {
	uint32_t row, col;
	float value;
	double time;		/* NaN where missing */
};

/* n cells in any order, and the labels of their rows and columns. */
struct rec_cell_array {
	const struct rec_labels *row, *col;
	const struct rec_cell *cell;
	uint64_t n;
};

/*
 * A matrix of cells, with copies of the labels that some cell names; the others
 * are left out, and indices close up. times: keep them.
 */
REC_MUST int rec_sparse_build(struct rec_sparse *s, const struct rec_cell_array *cells,
			      enum rec_repeats repeats, bool times, struct rec_pool *pool,
			      struct rec_err *e);

/*
 * Write as text, a line a cell, or (binary) as one canonical block of that name
 * with an end mark. meta goes before it as a block of its own; NULL or empty:
 * none.
 */
REC_MUST int rec_sparse_write(struct rec_out *out, const struct rec_sparse *s, bool binary,
			      const char *name, const struct rec_meta *meta, struct rec_pool *pool,
			      struct rec_err *e);

/* -- dense ------------------------------------------------------------ */

struct rec_dense {
	struct rec_labels row;
	struct rec_labels col;	/* n = 0 where columns have none, as of factors */
	uint32_t ncols;
	const float *val;	/* row.n x ncols, row by row, finite */
	/* the library's, as in rec_csr */
	struct rec_far *far;
	void *own;
};

void rec_dense_free(struct rec_dense *d);

/* -- ranked lists ----------------------------------------------------- */

/* For each row columns in rank order: the entries of row i are ptr[i] ... */
struct rec_lists {
	struct rec_labels row, col;
	uint64_t nnz;
	const uint64_t *ptr;	/* row.n + 1 */
	const uint32_t *col_idx;	/* best first, each once */
	const float *score;	/* descending; of equal ones the smaller label first */
	/*
	 * The scores as doubles, where some that differ in the input are one
	 * float: entries are ranked by these. Else NULL.
	 */
	const double *exact;
	/* What was noticed while they were read. */
	struct rec_lost lost;	/* scores; as times those that are no doubles */
	bool has_value;		/* some entry came with a score */
	bool rating_like;	/* as in rec_sparse */
	char name[REC_NAME_MAX];	/* of the first block of recmat, or "" */
	/* the library's */
	void *own[4];
	struct rec_in *in;
	struct rec_block *block;
};

void rec_lists_free(struct rec_lists *l);

/* The score of entry i by which it is ranked. */
static inline double rec_lists_score(const struct rec_lists *l, uint64_t i)
{
	return l->exact ? l->exact[i] : (double)l->score[i];
}

/*
 * Read lists, text in any order or recmat; in is taken over, also on failure.
 * A pair twice is an error. They are ranked by their scores as these were
 * written, of equal ones the smaller label first; a ranked block keeps the
 * order that it has.
 */
REC_MUST int rec_lists_load(struct rec_lists *l, struct rec_in *in, bool trust,
			    struct rec_pool *pool, struct rec_err *e);

/* Keep the n best entries of each list. */
REC_MUST int rec_lists_cut(struct rec_lists *l, uint32_t n, struct rec_err *e);

/*
 * Write as text, or (binary) as one ranked block with an end mark. Empty lists
 * and columns that no list holds are left out.
 */
REC_MUST int rec_lists_write(struct rec_out *out, const struct rec_lists *l, bool binary,
			     struct rec_pool *pool, struct rec_err *e);

REC_END_C

#endif
