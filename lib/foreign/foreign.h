/* SPDX-License-Identifier: MIT */
/*
 * foreign.h - the formats that enter and leave through rec-cat alone.
 *
 * One table row a format. Readers hand on rows one at a time in input order, in
 * memory that does not grow with rows; errors name file, line and field. Text
 * formats accept CRLF and a missing final newline.
 *
 *   csv        records by foreign/record.h (quoted as in RFC 4180), columns by
 *              number or by name of the header; every row has as many fields
 *   mtx        Matrix Market coordinate: real, integer, pattern; general,
 *              symmetric. Labels are the 1-based indices, or those of label
 *              files
 *   labelled   row item:value item:value ... (also Mahout's row TAB item:value
 *              item:value)
 *   libsvm     the same in 1-based numbers, ascending, as scikit-learn's
 *              load_svmlight_file reads it; labels are read, too, or those of
 *              label files
 *   wide       row item item ...                     values 1
 *   trec-run   row Q0 item rank score tag
 *   trec-qrels row 0 item value
 *   npy        NumPy array, version 1 to 3, little-endian f4 or f8, C or
 *              Fortran order, one or two dimensions: dense. Labels are the
 *              0-based row numbers, or those of a file
 *   word2vec   "rows columns" line, then label v1 .. vk separated by blanks:
 *              dense
 *   factors    label TAB v1 TAB .. TAB vk: dense
 */
#ifndef REC_FOREIGN_FOREIGN_H
#define REC_FOREIGN_FOREIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "io/in.h"
#include "io/out.h"
#include "recmat/recmat.h"
#include "rows/rows.h"

enum rec_shape { REC_SHAPE_ROWS, REC_SHAPE_DENSE };
enum rec_quote { REC_QUOTE_DOUBLE, REC_QUOTE_NONE };
enum rec_empty { REC_EMPTY_FAIL, REC_EMPTY_ONE, REC_EMPTY_SKIP };

struct rec_foreign_opts {
	/*
	 * csv, wide, libsvm: NULL for the format's own (comma; runs of blanks
	 * and tabs); "blanks" for those of csv
	 */
	const char *delimiter;
	/*
	 * csv: "2,1,3" or "user_id,item_id,rating,timestamp": row, column[,
	 * value[, time]], an empty one is left out; NULL for 1,2,3,4 as far as
	 * there are
	 */
	const char *columns;
	/*
	 * csv: the first line names the columns (implied by names in columns);
	 * written too
	 */
	bool header;
	enum rec_quote quote;	/* csv */
	enum rec_empty empty;	/* csv: a value that is missing; SKIP also: a label */
	/* csv: what a TAB or line break in a label becomes; NULL: an error */
	const char *breaks;
	/* csv: iso, or a format of io/when.h; NULL: times are numbers */
	const char *time_format;
	/*
	 * csv, written without header: of the first row, which all have; 0 to
	 * begin
	 */
	unsigned *fields;
	const char *tag;	/* trec-run: last field */
	/*
	 * numbers that have more digits than are kept are added here, where not
	 * NULL
	 */
	struct rec_lost *lost;
	/* mtx, libsvm, npy (rows): labels instead of numbers; NULL for none */
	const struct rec_label_list *row_labels, *col_labels;
};

/* Labels in the order of a file, one a line. */
struct rec_label_list {
	char **label;
	uint32_t *len;
	uint64_t n;
	char *bytes;	/* owns all */
};
/* first TAB field of every line */
REC_MUST int rec_label_list_read(struct rec_label_list *l, struct rec_in *in, struct rec_err *e);
void rec_label_list_free(struct rec_label_list *l);

/* Takes a row; -1 with e filled ends the reading. */
typedef int rec_row_fn(void *arg, const struct rec_row *row, struct rec_err *e);

/* A dense matrix as it was read: rows in the order of the file. */
struct rec_foreign_dense {
	uint64_t nrows;
	uint32_t ncols;
	float *val;		/* nrows x ncols */
	struct rec_label_list labels;	/* nrows */
};
void rec_foreign_dense_free(struct rec_foreign_dense *d);

struct rec_foreign {
	const char *name;
	enum rec_shape shape;
	int (*read_rows)(struct rec_in *in, const struct rec_foreign_opts *o, rec_row_fn *fn,
			 void *arg, struct rec_err *e);
	int (*read_dense)(struct rec_foreign_dense *d, struct rec_in *in,
			  const struct rec_foreign_opts *o, struct rec_err *e);
	/*
	 * One of three writers. Rows as they come (begin may be NULL); a whole
	 * sparse block, canonical, or ranked where `ranked` says so (then its
	 * times are the scores, in double); a dense block.
	 */
	int (*begin)(struct rec_out *out, const struct rec_foreign_opts *o, struct rec_err *e);
	int (*write_row)(struct rec_out *out, const struct rec_foreign_opts *o,
			 const struct rec_row *row, struct rec_err *e);
	int (*write_matrix)(struct rec_out *out, const struct rec_foreign_opts *o,
			    const struct rec_block *b, struct rec_err *e);
	int (*write_dense)(struct rec_out *out, const struct rec_foreign_opts *o,
			   const struct rec_block *b, struct rec_err *e);
	bool ranked;
	unsigned loses;		/* REC_LOSES_...: what this format can't hold */
	/*
	 * of REC_LOSES_ROWS, REC_LOSES_COLUMNS: a label file may be given when
	 * reading
	 */
	unsigned reads_labels;
};

enum {	/* rec_foreign.loses: bit field */
	REC_LOSES_ROWS = 1,	/* labels of rows: they are numbers */
	REC_LOSES_COLUMNS = 2,
	REC_LOSES_VALUES = 4,
	REC_LOSES_TIMES = 8,
};

/*
 * NULL where the name is unknown. All of them: a NULL-named entry ends the
 * table.
 */
const struct rec_foreign *rec_foreign_find(const char *name);
extern const struct rec_foreign rec_foreign_table[];

#endif
