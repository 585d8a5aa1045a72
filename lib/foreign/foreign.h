/* SPDX-License-Identifier: MIT */
/*
 * foreign.h - the formats that only rec-cat reads and writes.
 *
 * One row of the table describes one format. Readers deliver rows one at a time
 * in input order, in memory that does not grow with the number of rows. Errors
 * name file, line and field. Text formats accept CRLF and a missing newline at
 * the end.
 *
 *   csv        records by foreign/record.h (quoted as in RFC 4180), columns by
 *              number or by name of the header; all rows have the same
 *              number of fields
 *   mtx        Matrix Market coordinate: real, integer, pattern; general,
 *              symmetric. Labels are the 1-based indices, or come from label
 *              files
 *   labelled   row item:value item:value ... (also Mahout's row TAB item:value
 *              item:value)
 *   libsvm     the same with ascending 1-based numbers, as scikit-learn's
 *              load_svmlight_file reads it; labels are accepted, too; label
 *              files may replace the numbers
 *   wide       row item item ...                     all values are 1
 *   trec-run   row Q0 item rank score tag
 *   trec-qrels row 0 item value
 *   npy        NumPy array, version 1 to 3, little-endian f4 or f8, C or
 *              Fortran order, one or two dimensions: dense. Labels are the
 *              0-based row numbers, or come from a file
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
	 * csv, wide, libsvm. NULL: the format's own (comma; runs of blanks and
	 * tabs). "blanks": runs of blanks and tabs in csv
	 */
	const char *delimiter;
	/*
	 * csv: row, column[, value[, time]] by number or name, such as "2,1,3"
	 * or "user_id,item_id,rating,timestamp". An empty entry is skipped.
	 * NULL: 1,2,3,4, as many as the file has
	 */
	const char *columns;
	/*
	 * csv: the first line names the columns (true also if columns has
	 * names). The writer then writes it
	 */
	bool header;
	enum rec_quote quote;	/* csv */
	enum rec_empty empty;	/* csv: meaning of a missing value; SKIP: of a label, too */
	/*
	 * csv: replacement for a TAB or line break in a label; NULL: such a
	 * label is an error
	 */
	const char *breaks;
	/* csv: iso, or a format of io/when.h; NULL: times are numbers */
	const char *time_format;
	/*
	 * csv, written without a header: number of fields of the first row,
	 * which all rows have; set it to 0 before the first
	 */
	unsigned *fields;
	const char *tag;	/* trec-run: last field */
	/*
	 * count numbers with more digits than are kept here; NULL: do not count
	 */
	struct rec_lost *lost;
	/*
	 * mtx, libsvm, npy (rows): labels that replace numbers; NULL for none
	 */
	const struct rec_label_list *row_labels, *col_labels;
};

/* Labels in the order of a file, one a line. */
struct rec_label_list {
	char **label;
	uint32_t *len;
	uint64_t n;
	char *bytes;	/* owned: holds the bytes of all labels */
};
/* The label is the first TAB field of each line. */
REC_MUST int rec_label_list_read(struct rec_label_list *l, struct rec_in *in, struct rec_err *e);
void rec_label_list_free(struct rec_label_list *l);

/* Takes a row. Returns -1 and fills e to stop the reading. */
typedef int rec_row_fn(void *arg, const struct rec_row *row, struct rec_err *e);

/* A dense matrix as it was read, with rows in file order. */
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
	 * A format has one of three writers: write_row, for rows in any order
	 * (begin may be NULL); write_matrix, for a whole sparse block;
	 * write_dense. A sparse block is canonical, or ranked if `ranked` is
	 * true; then its times are the scores, in double.
	 */
	int (*begin)(struct rec_out *out, const struct rec_foreign_opts *o, struct rec_err *e);
	int (*write_row)(struct rec_out *out, const struct rec_foreign_opts *o,
			 const struct rec_row *row, struct rec_err *e);
	int (*write_matrix)(struct rec_out *out, const struct rec_foreign_opts *o,
			    const struct rec_block *b, struct rec_err *e);
	int (*write_dense)(struct rec_out *out, const struct rec_foreign_opts *o,
			   const struct rec_block *b, struct rec_err *e);
	bool ranked;
	unsigned loses;		/* REC_LOSES_...: what this format cannot hold */
	/*
	 * those of REC_LOSES_ROWS and REC_LOSES_COLUMNS for which a label file
	 * may be given when reading
	 */
	unsigned reads_labels;
};

enum {	/* rec_foreign.loses: bit field */
	REC_LOSES_ROWS = 1,	/* labels of rows: it stores numbers */
	REC_LOSES_COLUMNS = 2,
	REC_LOSES_VALUES = 4,
	REC_LOSES_TIMES = 8,
};

/*
 * Returns NULL if the name is unknown. The table ends with an entry whose name
 * is NULL.
 */
const struct rec_foreign *rec_foreign_find(const char *name);
extern const struct rec_foreign rec_foreign_table[];

#endif
