/* SPDX-License-Identifier: MIT */
/*
 * foreign/formats.h - the readers and writers that the table in foreign.c
 * lists. struct rec_foreign says what each of them does.
 */
#ifndef REC_FOREIGN_FORMATS_H
#define REC_FOREIGN_FORMATS_H

#include "foreign/foreign.h"

#define REC_READ_ROWS(name) \
	int name(struct rec_in *in, const struct rec_foreign_opts *o, rec_row_fn *fn, void *arg, \
		 struct rec_err *e)
#define REC_READ_DENSE(name) \
	int name(struct rec_foreign_dense *d, struct rec_in *in, const struct rec_foreign_opts *o, \
		 struct rec_err *e)
#define REC_WRITE_ROW(name) \
	int name(struct rec_out *out, const struct rec_foreign_opts *o, const struct rec_row *row, \
		 struct rec_err *e)
#define REC_WRITE_BLOCK(name) \
	int name(struct rec_out *out, const struct rec_foreign_opts *o, const struct rec_block *b, \
		 struct rec_err *e)

REC_READ_ROWS(rec_csv_read);
int rec_csv_begin(struct rec_out *out, const struct rec_foreign_opts *o, struct rec_err *e);
REC_WRITE_ROW(rec_csv_write);
REC_READ_ROWS(rec_mtx_read);
REC_WRITE_BLOCK(rec_mtx_write);
REC_READ_ROWS(rec_libsvm_read);
REC_WRITE_BLOCK(rec_libsvm_write);
REC_READ_ROWS(rec_labelled_read);
REC_WRITE_BLOCK(rec_labelled_write);
REC_READ_ROWS(rec_wide_read);
REC_WRITE_BLOCK(rec_wide_write);
REC_READ_ROWS(rec_trec_run_read);
REC_WRITE_BLOCK(rec_trec_run_write);
REC_READ_ROWS(rec_trec_qrels_read);
REC_WRITE_ROW(rec_trec_qrels_write);
REC_READ_DENSE(rec_npy_read);
REC_WRITE_BLOCK(rec_npy_write);
REC_READ_DENSE(rec_word2vec_read);
REC_WRITE_BLOCK(rec_word2vec_write);
REC_READ_DENSE(rec_factors_read);
REC_WRITE_BLOCK(rec_factors_write);

#endif
