/* SPDX-License-Identifier: MIT */
/*
 * foreign [EXECUTIONS [SEED]] - texts and arrays of other people's formats,
 * changed at random, through the readers of rec-cat: whatever comes, a reader
 * gives rows that a pipe can hold, or says what is wrong in one line that names
 * the input. What csv reads it also writes and reads again.
 *
 * An execution is its number and the seed. Without arguments it takes a second
 * or two; under ASan and UBSan (tests/run.sh asan) it looks for what reads or
 * writes outside.
 */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/mem.h"
#include "foreign/foreign.h"
#include "io/looks.h"
#include "rows/rows.h"
#include "rows/write.h"

#define COUNT(list) (sizeof(list) / sizeof *(list))

#ifdef __SANITIZE_ADDRESS__
enum { EXECUTIONS = 12000 };
#else
enum { EXECUTIONS = 40000 };
#endif
enum { LARGEST = 1 << 14 };

static char path[] = "/tmp/rec-foreign-XXXXXX", written[64];
static int file;
static unsigned long executions, failures, whole, rows_seen;
static uint64_t seed = 1, number, draws;

static uint64_t draw(uint64_t n)
{
	return n ? rec_mix2(rec_mix2(seed, number), draws++) % n : 0;
}

static void broken(const char *format, const char *what, const char *message)
{
	if (failures++ < 20)
		printf("not ok foreign: execution %lu of seed %lu, %s: %s: %s\n",
		       (unsigned long)number, (unsigned long)seed, format, what, message);
}

/* -- what is changed -- */

struct text {
	char p[LARGEST];
	size_t n;
};

static const struct seed {
	const char *format, *text;
	size_t n;	/* 0: strlen */
} seeds[] = {
	{ "csv",
	  "user,item,rating,time\n1,\"tea "
	  "\"\"black\"\"\",5,7\n\"2\",\"a\nb\",4,\r\nuser,item,rating,time\n3,c,NULL,8\n",
	  0 },
	{ "csv",
	  "\xef\xbb\xbf"
	  "1::a::5::978300760\r\n2::\"b::c\"::4::9\r\n",
	  0 },
	{ "csv", "sep=;\n1;a;3\n2;b;4,5\n", 0 },
	{ "csv", "  1  32 3\n 2 \t 7 4 \n\n3 \"8 9\" 5", 0 },
	{ "csv", "u,i\r1,a\r2,\"x\ry\"\r", 0 },
	{ "mtx",
	  "%%MatrixMarket matrix coordinate real symmetric\n% by hand\n\n3 3 3\n1 1 5\n3 1 7.5\n2 "
	  "1 -1e3\n",
	  0 },
	{ "mtx", "%%MatrixMarket matrix coordinate pattern general\n2 3 2\n1 3\n2 1\n", 0 },
	{ "libsvm", "1 1:5 3:2.5 # best\n2 2:4\n# end\n3 1:1\n", 0 },
	{ "labelled", "u1 a:3 b:c:4\nu2\ta:5\nu3\n", 0 },
	{ "wide", "u1 a b c\nu2\td  e\r\nu3\n", 0 },
	{ "trec-run", "q1 Q0 d1 1 0.5 run\nq1 Q0 d2 2 0.25 run\n", 0 },
	{ "trec-qrels", "q1 0 d1 1\nq2 0 d2 0\n", 0 },
	{ "word2vec", "2 3\na 1 2 3\nb -1 .5 1e-7\n", 0 },
	{ "factors", "a\t1\t2\nb\t3\t4\n", 0 },
	{ "npy",
	  "\x93NUMPY\1\0\x46\0{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }          "
	  "\n\0\0\0\0\0\0\x80?\0\0\0@\0\0@@",
	  96 },
	{ "npy",
	  "\x93NUMPY\2\0\x44\0\0\0{'descr': '<f8', 'fortran_order': True, 'shape': (2, 1), }       "
	  "  \n\0\0\0\0\0\0\xf0?\0\0\0\0\0\0\0@",
	  96 },
	{ "tsv", "u1\ti1\t5\t7\nu2\ti2\nu 3\t\"i\"\t1e3\r\n", 0 },
	{ "tsv", "me 260\nu1\n", 0 },
};
static const char *const pieces[] = { ",",
				      ";",
				      "::",
				      "\t",
				      " ",
				      "  ",
				      "\"",
				      "\"\"",
				      "\n",
				      "\r\n",
				      "\r",
				      "\r\r\n",
				      "\n\n",
				      "\xef\xbb\xbf",
				      "#",
				      "%",
				      ":",
				      "1",
				      "0",
				      "-1",
				      "nan",
				      "NULL",
				      "1e39",
				      "1e400",
				      "18446744073709551616",
				      "4294967296",
				      "99999999999",
				      "3,5",
				      "{\"a\":1}",
				      "[",
				      "sep=",
				      "user,item",
				      "(2, 2)",
				      "(9999999999, 3)",
				      "(0,)",
				      "'<f8'",
				      "True",
				      "PAR1",
				      "\x1f\x8b",
				      "\xff\xfe",
				      "qid:3",
				      "general",
				      "symmetric",
				      "pattern" };

static void splice(struct text *t, size_t at, size_t cut, const char *s, size_t n)
{
	at = at < t->n ? at : t->n;
	cut = cut < t->n - at ? cut : t->n - at;
	if (t->n - cut + n > LARGEST)
		return;
	memmove(t->p + at + n, t->p + at + cut, t->n - at - cut);
	memcpy(t->p + at, s, n);
	t->n += n - cut;
}

static void change(struct text *t)
{
	size_t at = draw(t->n + 1), n = draw(8) == 0 ? draw(t->n + 1) : draw(4);
	const char *piece = pieces[draw(COUNT(pieces))];
	char copy[512], byte = (char)draw(256);

	switch (draw(7)) {
	case 0: splice(t, at, 1, &byte, 1); break;
	case 1: splice(t, at, n, "", 0); break;
	case 2: splice(t, at, 0, piece, strlen(piece)); break;
	case 3: splice(t, at, draw(4), piece, strlen(piece)); break;
	case 4:
		n = n < sizeof copy ? n : sizeof copy;
		n = n < t->n - at ? n : t->n - at;
		memcpy(copy, t->p + at, n);
		splice(t, draw(t->n + 1), 0, copy, n);
		break;
	case 5: t->n = at; break;
	default:
		for (size_t i = draw(200); i > 0; i--)
			splice(t, at, 0, piece, strlen(piece));
	}
}

/* -- what readers give -- */

struct rows {
	struct rec_buf text;
	const char *format;
	char name[40];	/* of the input */
};

static bool bad_label(const char *s, size_t n)
{
	return n == 0 || memchr(s, '\t', n) || memchr(s, '\n', n) || memchr(s, '\0', n);
}

static int keep_row(void *arg, const struct rec_row *row, struct rec_err *e)
{
	struct rows *r = arg;

	rows_seen++;
	if (bad_label(row->row, row->row_len) ||
	    (row->has & REC_HAS_COL && bad_label(row->col, row->col_len)))
		broken(r->format, "a row", "a label that no pipe can hold");
	if (!isfinite(row->value) || (row->has & REC_HAS_TIME && !isfinite(row->time)))
		broken(r->format, "a row", "a number that is not finite");
	return rec_row_add(&r->text, row, e);
}

static int read_tsv(struct rec_in *in, unsigned flags, struct rows *r, struct rec_err *e)
{
	const struct rec_row *row;
	struct rec_rows *rows;
	size_t n;
	int got;

	if (rec_rows_open(&rows, in, flags, NULL, e) != 0) {
		rec_in_close(in);
		return -1;
	}
	while ((got = rec_rows_next(rows, &row, &n, e)) == 1)
		for (size_t i = 0; i < n; i++)
			if (keep_row(r, &row[i], e) != 0)
				exit(1);
	rec_rows_close(rows);
	return got;
}

static int read_dense(const struct rec_foreign *f, struct rec_in *in,
		      const struct rec_foreign_opts *o, struct rec_err *e)
{
	struct rec_foreign_dense d = { 0 };
	int rc = f->read_dense(&d, in, o, e);

	for (uint64_t i = 0; rc == 0 && i < d.nrows * d.ncols; i++)
		if (!isfinite(d.val[i]))
			broken(f->name, "a cell", "not finite");
	for (uint64_t i = 0; rc == 0 && i < d.nrows; i++)
		if (bad_label(d.labels.label[i], d.labels.len[i]))
			broken(f->name, "a label", "no pipe can hold it");
	rec_foreign_dense_free(&d);
	rec_in_close(in);
	return rc;
}

static void hear(void *arg, const char *text)
{
	(void)arg;
	if (strchr(text, '\n'))
		broken("told", "two lines", text);
}

static int read_file(const char *name, const char *format, const struct rec_foreign_opts *o,
		     unsigned flags, struct rows *r, struct rec_err *e)
{
	const struct rec_foreign *f = rec_foreign_find(format);
	struct rec_in *in;
	int rc;

	r->format = format;
	if (rec_in_open(&in, name, e) != 0)
		exit(1);
	rec_in_listen(in, hear, NULL);
	if (!f)
		return read_tsv(in, flags, r, e);
	if (f->shape == REC_SHAPE_DENSE)
		return read_dense(f, in, o, e);
	rc = f->read_rows(in, o, keep_row, r, e);
	rec_in_close(in);
	return rc;
}

/*
 * What csv read, as csv under a header, read again: the same rows, but that a
 * value of 1 may be written or not.
 */
static void write_again(const struct rows *r, const struct rec_foreign_opts *how)
{
	const struct rec_foreign *csv = rec_foreign_find("csv");
	struct rec_foreign_opts o = { .header = true,
				      .delimiter = draw(2) ? "::" : ",",
				      .empty = how->empty };
	struct rows once = { 0 }, again = { 0 };
	struct rec_err e = { 0 };
	struct rec_out *out;
	const struct rec_row *row;
	struct rec_rows *rows;
	struct rec_in *in;
	size_t n;

	if (rec_out_open(&out, written, &e) != 0 ||
	    rec_out_write(out, r->text.p, r->text.n, &e) != 0 || rec_out_finish(out, &e) != 0 ||
	    rec_out_commit(out, &e) != 0)
		exit(1);
	rec_out_free(out);
	if (rec_in_open(&in, written, &e) != 0 || rec_rows_open(&rows, in, 0, NULL, &e) != 0 ||
	    rec_out_open(&out, written, &e) != 0 || csv->begin(out, &o, &e) != 0)
		exit(1);
	while (rec_rows_next(rows, &row, &n, &e) == 1)
		for (size_t i = 0; i < n; i++) {
			struct rec_row full = row[i];

			full.has |= REC_HAS_VALUE;
			if (keep_row(&once, &full, &e) != 0 ||
			    csv->write_row(out, &o, &row[i], &e) != 0)
				exit(1);
		}
	rec_rows_close(rows);
	if (e.code == REC_OK && (rec_out_finish(out, &e) != 0 || rec_out_commit(out, &e) != 0))
		exit(1);
	rec_out_free(out);
	if (e.code == REC_OK && read_file(written, "csv", &o, 0, &again, &e) == 0 &&
	    (again.text.n != once.text.n || memcmp(again.text.p, once.text.p, once.text.n) != 0))
		broken("csv", "written and read", "other rows");
	rec_buf_free(&once.text);
	rec_buf_free(&again.text);
}

static void choose(struct rec_foreign_opts *o, const struct rec_label_list *labels)
{
	static const char *const delimiters[] = { NULL, NULL,	  NULL,	 ",", ";",
						  "::", "blanks", "\\t", "|" };
	static const char *const columns[] = { NULL,	  NULL,	       NULL,
					       "1,2",	  "2,1",       "1,2,,4",
					       "1,2,3,4", "user,item", "user,item,rating,time" };
	static const char *const breaks[] = { NULL, NULL, " ", "" };

	*o = (struct rec_foreign_opts){ .delimiter = delimiters[draw(COUNT(delimiters))],
					.columns = columns[draw(COUNT(columns))],
					.header = draw(2),
					.quote = draw(4) == 0 ? REC_QUOTE_NONE : REC_QUOTE_DOUBLE,
					.empty = (enum rec_empty)draw(3),
					.breaks = breaks[draw(COUNT(breaks))] };
	if (draw(3) == 0)
		o->row_labels = labels;
	if (draw(3) == 0)
		o->col_labels = labels;
}

/*
 * Through a pipe, which holds all of it; some through a file, which may be
 * mapped.
 */
static int read_text(const struct text *t, const char *format, const struct rec_foreign_opts *o,
		     struct rows *r, struct rec_err *e)
{
	unsigned flags = (unsigned)draw(8);
	int fd[2], rc;

	if (draw(64) == 0) {
		snprintf(r->name, sizeof r->name, "%s", path);
		if (ftruncate(file, 0) != 0 || pwrite(file, t->p, t->n, 0) != (ssize_t)t->n)
			exit(1);
		return read_file(path, format, o, flags, r, e);
	}
	if (pipe(fd) != 0 || write(fd[1], t->p, t->n) != (ssize_t)t->n || close(fd[1]) != 0)
		exit(1);
	snprintf(r->name, sizeof r->name, "/dev/fd/%d", fd[0]);
	rc = read_file(r->name, format, o, flags, r, e);
	close(fd[0]);
	return rc;
}

static void execute(const struct rec_label_list *labels)
{
	const struct seed *s = &seeds[draw(COUNT(seeds))];
	const char *format = draw(8) == 0 ? seeds[draw(COUNT(seeds))].format : s->format;
	struct rec_foreign_opts o;
	struct rec_err e = { 0 };
	struct rows r = { 0 };
	static struct text t;
	int rc;

	t.n = s->n ? s->n : strlen(s->text);
	memcpy(t.p, s->text, t.n);
	for (size_t i = draw(6); i > 0; i--)
		change(&t);
	choose(&o, labels);
	rc = read_text(&t, format, &o, &r, &e);
	if ((rc < 0) != (e.code != REC_OK) || (rc < 0 && (!*e.msg || strchr(e.msg, '\n'))))
		broken(format, "its end", e.msg);
	if (rc < 0 && e.code == REC_EDATA && !strstr(e.msg, r.name))
		broken(format, "a message without the input", e.msg);
	whole += rc == 0;
	if (rc == 0 && strcmp(format, "csv") == 0 && r.text.n > 0 && draw(32) == 0)
		write_again(&r, &o);
	rec_buf_free(&r.text);
}

int main(int argc, char **argv)
{
	char *label[] = { (char[]){ "a" }, (char[]){ "b c" }, (char[]){ "d" } };
	uint32_t len[] = { 1, 3, 1 };
	const struct rec_label_list labels = { .label = label, .len = len, .n = 3 };

	executions = argc > 1 ? strtoul(argv[1], NULL, 10) : EXECUTIONS;
	seed = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;
	file = mkstemp(path);
	snprintf(written, sizeof written, "%s.csv", path);
	if (file < 0)
		return 1;
	for (number = 0; number < executions; number++) {
		draws = 0;
		execute(&labels);
	}
	unlink(path);
	unlink(written);
	if (failures == 0)
		printf("ok foreign: %lu executions, %lu read to the end, %lu rows\n", executions,
		       whole, rows_seen);
	return failures != 0;
}
