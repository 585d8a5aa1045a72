/* SPDX-License-Identifier: MIT */
/*
 * Rows of text and recmat against a slow parser: mapped, through gzip and
 * through a pipe, for several numbers of threads, by batch, by visit and by
 * line.
 */
#include "rows/rows.h"

#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/random.h"
#include "check.h"
#include "io/looks.h"
#include "io/num.h"
#include "io/out.h"
#include "recmat/recmat.h"
#include "recpipe/rows.h"
#include "rows/write.h"

static char dir[] = "/tmp/rec-rows-XXXXXX";
static char plain[64], packed[64], binary[64];
static struct rec_pool *pools[4];	/* of 1, 2, 3 threads, and none */

/* What a reader gave, as text, and how it ended. */
struct answer {
	struct rec_buf text;
	uint64_t sum, rows;	/* of each: order doesn't count */
	pthread_mutex_t lock;
	struct rec_err err;
};

static uint64_t hash_row(const struct rec_row *row)
{
	char text[256], *p = rec_row_max(row) > sizeof text ? malloc(rec_row_max(row)) : text;
	uint64_t h;

	if (!p)
		exit(1);
	h = rec_hash(p, rec_row_put(p, row), 0);
	if (p != text)
		free(p);
	return h;
}

static int add_row(struct answer *a, const struct rec_row *row)
{
	a->rows++;
	a->sum += hash_row(row);
	if (rec_grow(&a->text.p, &a->text.cap, a->text.n + rec_row_max(row), 1, &a->err) != 0)
		return -1;
	a->text.n += rec_row_put(a->text.p + a->text.n, row);
	return 0;
}

static int sum_rows(void *arg, unsigned thread, const struct rec_row *rows, size_t n, size_t *bad,
		    struct rec_err *e)
{
	struct answer *a = arg;
	uint64_t sum = 0;

	(void)thread, (void)bad, (void)e;
	for (size_t i = 0; i < n; i++)
		sum += hash_row(&rows[i]);
	pthread_mutex_lock(&a->lock);
	a->sum += sum;
	a->rows += n;
	pthread_mutex_unlock(&a->lock);
	return 0;
}

enum how { BY_BATCH, BY_VISIT, BY_LINE };

static void read_rows(struct answer *a, struct rec_in *in, enum how how, unsigned flags,
		      struct rec_pool *pool)
{
	const struct rec_row *rows;
	struct rec_rows *r;
	struct rec_row row;
	size_t n;
	int rc;

	if (rec_rows_open(&r, in, flags, pool, &a->err) != 0) {
		rec_in_close(in);
		return;
	}
	if (how == BY_VISIT)
		rc = rec_rows_each(r, sum_rows, a, &a->err);
	else if (how == BY_LINE)
		while ((rc = rec_rows_line(r, &row, &a->err)) == 1)
			rc = row.row_len ? add_row(a, &row) : 0;
	else
		while ((rc = rec_rows_next(r, &rows, &n, &a->err)) == 1)
			for (size_t i = 0; i < n; i++)
				if (add_row(a, &rows[i]) != 0)
					exit(1);
	CHECK((rc < 0) == (a->err.code != REC_OK), "an error has a message");
	CHECK(rc < 0 || rec_rows_count(r) == a->rows, "rec_rows_count");
	rec_rows_close(r);
}

static struct answer read_file(const char *name, enum how how, unsigned flags,
			       struct rec_pool *pool)
{
	struct answer a = { .lock = PTHREAD_MUTEX_INITIALIZER };
	struct rec_in *in;

	if (rec_in_open(&in, name, &a.err) == 0)
		read_rows(&a, in, how, flags, pool);
	return a;
}

/* Through a pipe that gives a few bytes at a time. */
static struct answer read_pipe(const char *text, size_t n, enum how how, unsigned flags,
			       struct rec_pool *pool)
{
	struct answer a = { .lock = PTHREAD_MUTEX_INITIALIZER };
	struct rec_in *in;
	char name[32];
	int fd[2], status;
	pid_t child;

	if (pipe(fd) != 0)
		exit(1);
	child = fork();
	if (child == 0) {
		close(fd[0]);
		for (size_t i = 0, step; i < n; i += step) {
			step = 1 + rec_random(8, i) % 9000;
			step = step < n - i ? step : n - i;
			if (write(fd[1], text + i, step) != (ssize_t)step)
				_exit(0);	/* the reader found an error */
		}
		_exit(0);
	}
	close(fd[1]);
	snprintf(name, sizeof name, "/dev/fd/%d", fd[0]);
	if (rec_in_open(&in, name, &a.err) == 0)
		read_rows(&a, in, how, flags, pool);
	close(fd[0]);
	waitpid(child, &status, 0);
	return a;
}

static void save(const char *name, const void *p, size_t n)
{
	struct rec_err e = { 0 };
	struct rec_out *out;

	if (rec_out_open(&out, name, &e) || rec_out_write(out, p, n, &e) ||
	    rec_out_finish(out, &e) || rec_out_commit(out, &e))
		die(&e);
	rec_out_free(out);
}

/* The message without the file's name, which differs. */
static const char *tail_of(const struct answer *a)
{
	const char *p = strstr(a->err.msg, "plain");

	p = p ? p : strstr(a->err.msg, "packed");
	p = p ? p : strstr(a->err.msg, "/fd/");
	p = p ? strchr(p, ':') : NULL;
	return p ? p : a->err.msg;
}

static void compare(struct answer *a, const struct rec_buf *want, uint64_t sum, const char *message,
		    int ordered)
{
	CHECK(strcmp(tail_of(a), message) == 0, "wanted '%s', got '%s'", message, a->err.msg);
	if (ordered)
		CHECK(a->text.n == want->n &&
			      (want->n == 0 || memcmp(a->text.p, want->p, want->n) == 0),
		      "rows in order");
	else if (!*message)
		CHECK(a->sum == sum, "rows in any order");
	rec_buf_free(&a->text);
}

/*
 * Every way of reading text gives the rows of want (those before the error,
 * too), then the message.
 */
static void try_text(const char *text, size_t n, const struct rec_buf *want, uint64_t sum,
		     unsigned flags, const char *message)
{
	save(plain, text, n);
	save(packed, text, n);
	for (int how = BY_BATCH; how <= BY_LINE; how++)
		for (int i = 0; i < 4; i++) {
			struct answer a = read_file(plain, (enum how)how, flags, pools[i]);

			compare(&a, want, sum, message, how != BY_VISIT);
			a = read_file(packed, (enum how)how, flags, pools[i]);
			compare(&a, want, sum, message, how != BY_VISIT);
			if (i % 2 == 0) {
				a = read_pipe(text, n, (enum how)how, flags, pools[i]);
				compare(&a, want, sum, message, how != BY_VISIT);
			}
		}
}

static void expect(const char *text, size_t n, unsigned flags, const char *rows,
		   const char *message)
{
	struct rec_buf want = { .p = (char *)(uintptr_t)rows, .n = strlen(rows) };
	struct answer a;

	save(plain, text, n);
	a = read_file(plain, BY_BATCH, flags, NULL);
	try_text(text, n, &want, a.sum, flags, message);
	rec_buf_free(&a.text);
}

#define EXPECT(text, flags, rows, message) expect(text, sizeof text - 1, flags, rows, message)

static void test_lines(void)
{
	EXPECT("", 0, "", "");
	EXPECT("a\tb", 0, "a\tb\n", "");
	EXPECT("a\tb\r", 0, "a\tb\n", "");
	EXPECT("a\tb\r\nc\td\t2.50\r\ne\tf\t3\t1700000050\r\n", 0,
	       "a\tb\nc\td\t2.5\ne\tf\t3\t1700000050\n", "");
	EXPECT("\x01\x02\tb\x0b\x08\t-0\n\xff\t\xc3\xa4 x\t1e-60\n", 0,
	       "\x01\x02\tb\x0b\x08\t0\n\xff\t\xc3\xa4 x\t1e-60\n", "");
	EXPECT("a\rb\tc\rd\n", 0, "a\rb\tc\rd\n", "");
	EXPECT("a\nb\r\nc\td\ne", REC_ROWS_LABELS, "a\nb\nc\td\ne\n", "");
	EXPECT("R\nRE\n", REC_ROWS_LABELS, "R\nRE\n", "");
	EXPECT("a\tb\nc\n", 0, "a\tb\n", ":2: no TAB in 'c'; a line is row TAB column");
	EXPECT("a,b\n", 0, "", ":1: no TAB; CSV? see rec-cat --from csv");
	EXPECT("a\tb\n\tc\n", 0, "a\tb\n", ":2: field 1: empty");
	EXPECT("\tc\n", REC_ROWS_LABELS, "", ":1: field 1: empty");
	EXPECT("a\t\n", 0, "", ":1: field 2: empty");
	EXPECT("a\t\r\n", 0, "", ":1: field 2: empty");
	EXPECT("a\t\t1\n", 0, "", ":1: field 2: empty");
	EXPECT("a\tb\t\n", 0, "",
	       ":1: field 3: empty; a missing one? rec-cat --from csv -d '\\t' --empty 1 (or "
	       "skip)");
	EXPECT("a\tb\t\r\n", 0, "",
	       ":1: field 3: empty; a missing one? rec-cat --from csv -d '\\t' --empty 1 (or "
	       "skip)");
	EXPECT("a\tb\t\t5\n", 0, "",
	       ":1: field 3: empty; a missing one? rec-cat --from csv -d '\\t' --empty 1 (or "
	       "skip)");
	EXPECT("a\tb\t1\t", 0, "",
	       ":1: field 4: empty; a missing one? rec-cat --from csv -d '\\t'");
	EXPECT("a\tb\tx7\n", 0, "", ":1: field 3: 'x7' is not a number");
	EXPECT("a\tb\t1e400\n", 0, "", ":1: field 3: '1e400' is out of range");
	EXPECT("a\tb\t1e39\n", 0, "", ":1: field 3: '1e39' is out of range");
	EXPECT("a\tb\t1\tinf\n", 0, "", ":1: field 4: 'inf' is not a number");
	EXPECT("a\tb\t1\t1e39\n", 0, "a\tb\t1\t1e+39\n", "");
	EXPECT("a\tb\t0123456789012345678901234567890123456789x\n", 0, "",
	       ":1: field 3: '0123456789012345678901234567890123456789...' is not a number");
	EXPECT("a\tb\t1\t2\t3\n", 0, "", ":1: field 5: a line has at most 4 fields");
	EXPECT("a\tb\t1\t2\t", 0, "", ":1: field 5: a line has at most 4 fields");
	EXPECT("a\0b\tc\n", 0, "", ":1: NUL byte");
	EXPECT("a\tb\0\n", 0, "", ":1: NUL byte");
	EXPECT("a\tb\t1\0\n", 0, "", ":1: NUL byte");
	EXPECT("a\tb\t1\t1\0", 0, "", ":1: NUL byte");
	EXPECT("\xef\xbb\xbf" "a\tb\n", 0, "", ":1: " REC_LOOKS_MARK);
	EXPECT("a\tb\n\xef\xbb\xbf" "c\td\n", 0, "a\tb\n", ":2: " REC_LOOKS_MARK);
	EXPECT("a\n\xef\xbb\xbf" "c\n", REC_ROWS_LABELS, "a\n", ":2: " REC_LOOKS_MARK);
	EXPECT("a\t\xef\xbb\xbf" "b\n", 0, "a\t\xef\xbb\xbf" "b\n", "");
	EXPECT("\xef\xbb\xbf", REC_ROWS_LABELS, "", ":1: " REC_LOOKS_MARK);
	EXPECT("a\t\xef\xbb\xbf\n", 0, "a\t\xef\xbb\xbf\n", "");
}

/* An empty line is an error, except for rec_rows_line, which hands it out. */
static void test_empty_line(void)
{
	static const char text[] = "a\tb\n\r\n\nc\td\n";
	struct rec_err e = { 0 };
	struct rec_rows *r;
	struct rec_row row;
	struct rec_in *in;

	save(plain, text, sizeof text - 1);
	for (int i = 0; i < 4; i++) {
		struct answer a = read_file(plain, i % 2 ? BY_VISIT : BY_BATCH,
					    i < 2 ? 0 : REC_ROWS_LABELS, pools[i]);

		CHECK(strcmp(tail_of(&a), ":2: empty line") == 0, "%s", a.err.msg);
		rec_buf_free(&a.text);
	}
	if (rec_in_open(&in, plain, &e) || rec_rows_open(&r, in, REC_ROWS_LABELS, NULL, &e))
		die(&e);
	CHECK(rec_rows_line(r, &row, &e) == 1 && row.row_len == 1 && row.has == REC_HAS_COL,
	      "a row");
	CHECK(rec_rows_line(r, &row, &e) == 1 && row.row_len == 0 && row.has == 0,
	      "an empty line with CR");
	CHECK(rec_rows_line(r, &row, &e) == 1 && row.row_len == 0 && row.has == 0, "an empty line");
	CHECK(rec_rows_line(r, &row, &e) == 1 && *row.row == 'c', "a row");
	CHECK(rec_rows_line(r, &row, &(struct rec_err){ 0 }) == 0, "the end");
	rec_rows_close(r);
}

/*
 * rec_rows_line gives a line before more input is there, also when it is short.
 */
static void test_no_wait(void)
{
	struct rec_err e = { 0 };
	struct rec_rows *r;
	struct rec_row row;
	struct rec_in *in;
	char name[32];
	int fd[2];

	if (pipe(fd) != 0 || write(fd[1], "R\n", 2) != 2)
		exit(1);
	snprintf(name, sizeof name, "/dev/fd/%d", fd[0]);
	alarm(20);
	if (rec_in_open(&in, name, &e) || rec_rows_open(&r, in, REC_ROWS_LABELS, NULL, &e))
		die(&e);
	CHECK(rec_rows_line(r, &row, &e) == 1 && row.row_len == 1 && *row.row == 'R' &&
		      row.has == 0,
	      "the first line");
	CHECK(write(fd[1], "\nuser\ti\t2\nno", 12) == 12, "write");
	CHECK(rec_rows_line(r, &row, &e) == 1 && row.row_len == 0, "an empty line");
	CHECK(rec_rows_line(r, &row, &e) == 1 && row.row_len == 4 && row.value == 2,
	      "the third line");
	close(fd[1]);
	CHECK(rec_rows_line(r, &row, &e) == 1 && row.row_len == 2, "the last line");
	CHECK(rec_rows_line(r, &row, &e) == 0, "the end");
	alarm(0);
	close(fd[0]);
	rec_rows_close(r);
}

/* Digits of the float lose nothing of the text. */
static bool is_shortest(float x, const char *text)
{
	char s[REC_NUM_MAX + 1];

	s[rec_num_put_f32(s, x)] = '\0';
	return strtod(s, NULL) == strtod(text, NULL);
}

/*
 * Lines of every shape; as they should come out in want. Labels avoid what ends
 * a field.
 */
static void make_text(struct rec_buf *text, struct rec_buf *want, uint64_t *sum, uint64_t rows)
{
	struct rec_err e = { 0 };

	*sum = 0;
	for (uint64_t i = 0; i < rows; i++) {
		uint64_t x = rec_random(1, i);
		char label[400], line[600], number[64];
		size_t n = x % 97 == 0 ? 300 : 1 + x % 12;
		struct rec_row row = { .row = label,
				       .row_len = (uint32_t)n,
				       .col = label + n,
				       .col_len = (uint32_t)(1 + (x >> 8) % 9),
				       .value = 1,
				       .has = REC_HAS_COL };

		for (size_t k = 0; k < n + 9; k++) {
			label[k] = (char)(1 + rec_random(x, k) % 255);
			if (label[k] == '\t' || label[k] == '\n' || label[k] == '\r')
				label[k] = '_';
		}
		n = (size_t)snprintf(line, sizeof line, "%.*s\t%.*s", (int)row.row_len, row.row,
				     (int)row.col_len, row.col);
		if (x >> 16 & 3) {
			snprintf(number, sizeof number, "%.*g", (int)(1 + (x >> 20) % 9),
				 (double)(float)(rec_unit(x) * 100));
			row.value = strtof(number, NULL);
			/* text would keep what recmat can't */
			if (!is_shortest(row.value, number))
				number[rec_num_put_f32(number, row.value)] = '\0';
			row.has |= REC_HAS_VALUE;
			n += (size_t)sprintf(line + n, "\t%s", number);
		}
		if ((x >> 16 & 3) == 3) {
			row.time = (double)(1700000000 + i);
			row.has |= REC_HAS_TIME;
			n += (size_t)sprintf(line + n, "\t%.1f", row.time);
		}
		n += (size_t)sprintf(line + n, x >> 30 & 1 ? "\n" : "\r\n");
		*sum += hash_row(&row);
		if (rec_buf_add(text, line, n, &e) ||
		    rec_buf_add(want, line, rec_row_put(line, &row), &e))
			die(&e);
	}
}

static size_t line_start(const struct rec_buf *b, uint64_t line)
{
	const char *p = b->p;

	while (--line > 0)
		p = strchr(p, '\n') + 1;
	return (size_t)(p - b->p);
}

static void test_many(void)
{
	static const uint64_t bad_lines[] = { 1, 2048, 2049, 33333, 50000 };
	struct rec_buf text = { 0 }, want = { 0 }, some;
	char message[64];
	uint64_t sum;

	make_text(&text, &want, &sum, 50000);
	try_text(text.p, text.n, &want, sum, 0, "");
	/* a second bad line further on is never told */
	for (size_t i = 0; i < sizeof bad_lines / sizeof *bad_lines; i++) {
		size_t at = line_start(&text, bad_lines[i]), last = line_start(&text, 50000);
		char was = text.p[at], was_last = text.p[last];

		text.p[last] = '\t';
		text.p[at] = '\t';
		some = (struct rec_buf){ .p = want.p, .n = line_start(&want, bad_lines[i]) };
		snprintf(message, sizeof message, ":%" PRIu64 ": field 1: empty", bad_lines[i]);
		try_text(text.p, text.n, &some, 0, 0, message);
		text.p[last] = was_last;
		text.p[at] = was;
	}
	rec_buf_free(&text);
	rec_buf_free(&want);
}

/* A label of 10 MB between short lines. */
static void test_long_line(void)
{
	enum { LONG = 10000000 };
	struct rec_buf text = { 0 };
	struct rec_err e = { 0 };
	struct answer a;

	for (int i = 0; i < 30000; i++)
		if (rec_buf_printf(&text, &e, "u%d\ti\t1\n", i) != 0)
			die(&e);
	if (rec_grow(&text.p, &text.cap, text.n + LONG + 100, 1, &e) != 0)
		die(&e);
	memset(text.p + text.n, 'x', LONG);
	text.n += LONG;
	if (rec_buf_printf(&text, &e, "\ty\t4\nz\tz\t0.5\n") != 0)
		die(&e);
	save(plain, text.p, text.n);
	a = read_file(plain, BY_BATCH, 0, NULL);
	try_text(text.p, text.n, &text, a.sum, 0, "");
	rec_buf_free(&a.text);
	rec_buf_free(&text);
}

static int refuse(void *arg, unsigned thread, const struct rec_row *rows, size_t n, size_t *bad,
		  struct rec_err *e)
{
	(void)arg, (void)thread;
	for (size_t i = 0; i < n; i++)
		if (rows[i].value == 13) {
			*bad = i;
			return rec_err_set(e, REC_EDATA, "thirteen");
		}
	return 0;
}

/* An error that the caller finds names the line, and the first one wins. */
static void test_refused(void)
{
	struct rec_buf text = { 0 };
	struct rec_err e = { 0 };

	for (int i = 1; i <= 100000; i++)
		if (rec_buf_printf(&text, &e, "u%d\ti\t%d\n", i,
				   i == 60001 || i == 60002 || i > 99990 ? 13 : 1) != 0)
			die(&e);
	if (rec_buf_printf(&text, &e, "bad\n") != 0)
		die(&e);
	save(plain, text.p, text.n);
	save(packed, text.p, text.n);
	for (int i = 0; i < 8; i++) {
		const struct rec_row *rows;
		struct rec_rows *r;
		struct rec_in *in;
		size_t n, k = 0;
		int rc;

		e = (struct rec_err){ 0 };
		if (rec_in_open(&in, i < 4 ? plain : packed, &e) ||
		    rec_rows_open(&r, in, 0, pools[i % 4], &e))
			die(&e);
		CHECK(rec_rows_each(r, refuse, NULL, &e) == -1 && strstr(e.msg, ":60001: thirteen"),
		      "%s", e.msg);
		rec_rows_close(r);
		e = (struct rec_err){ 0 };
		if (rec_in_open(&in, i < 4 ? plain : packed, &e) ||
		    rec_rows_open(&r, in, 0, pools[i % 4], &e))
			die(&e);
		while ((rc = rec_rows_next(r, &rows, &n, &e)) == 1) {
			for (k = 0; k < n && rows[k].value != 13;)
				k++;
			if (k < n)
				break;
		}
		CHECK(rc == 1 && rec_rows_fail(r, k, 3, &e, "%d", 13) == -1 &&
			      strstr(e.msg, ":60001: field 3: 13"),
		      "%s", e.msg);
		rec_rows_close(r);
	}
	rec_buf_free(&text);
}

/* Lines before the cut of a gzip file come out, then the failure. */
static void test_cut_gzip(void)
{
	struct rec_buf text = { 0 }, want = { 0 };
	struct rec_err e = { 0 };
	struct answer a, b;
	uint64_t sum;

	make_text(&text, &want, &sum, 60000);
	save(packed, text.p, text.n);
	if (truncate(packed, (off_t)(text.n / 4)) != 0)
		die(&e);
	a = read_file(packed, BY_BATCH, 0, NULL);
	CHECK(strcmp(tail_of(&a), ": gzip stream is cut off") == 0, "%s", a.err.msg);
	CHECK(a.text.n > 1000 && memcmp(a.text.p, want.p, a.text.n) == 0, "rows before the cut");
	for (int i = 0; i < 3; i++) {
		b = read_file(packed, BY_BATCH, 0, pools[i]);
		CHECK(strcmp(a.err.msg, b.err.msg) == 0 && a.text.n == b.text.n,
		      "the same for any number of threads");
		rec_buf_free(&b.text);
	}
	rec_buf_free(&a.text);
	rec_buf_free(&text);
	rec_buf_free(&want);
}

static void test_stream_block(void)
{
	struct rec_buf text = { 0 }, want = { 0 };
	struct rec_err e = { 0 };
	struct rec_stream_out *s;
	const struct rec_row *rows;
	struct rec_rows *r;
	struct rec_out *out;
	struct rec_in *in;
	uint64_t sum;
	size_t n;
	int rc;

	make_text(&text, &want, &sum, 50000);
	save(plain, text.p, text.n);
	if (rec_in_open(&in, plain, &e) || rec_rows_open(&r, in, 0, NULL, &e) ||
	    rec_out_open(&out, binary, &e) || rec_stream_out_new(&s, out, &e))
		die(&e);
	while ((rc = rec_rows_next(r, &rows, &n, &e)) == 1)
		for (size_t i = 0; i < n; i++)
			if (rec_stream_out_row(s, &rows[i], &e) != 0)
				die(&e);
	if (rc != 0 || rec_stream_out_end(s, &e) || rec_out_finish(out, &e) ||
	    rec_out_commit(out, &e))
		die(&e);
	rec_stream_out_free(s);
	rec_out_free(out);
	rec_rows_close(r);
	for (int i = 0; i < 4; i++) {
		struct answer a = read_file(binary, BY_BATCH, 0, pools[i]);

		compare(&a, &want, sum, "", 1);
		a = read_file(binary, BY_VISIT, 0, pools[i]);
		compare(&a, &want, sum, "", 0);
	}
	rec_buf_free(&text);
	rec_buf_free(&want);
}

static void write_block(const struct rec_block *b)
{
	struct rec_err e = { 0 };
	struct rec_out *out;

	if (rec_out_open(&out, binary, &e) || rec_recmat_write(out, b, NULL, &e) ||
	    rec_recmat_end(out, 1, &e) || rec_out_finish(out, &e) || rec_out_commit(out, &e))
		die(&e);
	rec_out_free(out);
}

/* Rows without cells at the front, in the middle, at the end. */
static void test_ptr_block(void)
{
	static const uint64_t row_off[] = { 0, 1, 2, 3, 4, 5, 6 }, col_off[] = { 0, 2, 4 },
			      ptr[] = { 0, 0, 2, 2, 2, 3, 3 };
	static const uint32_t col[] = { 0, 1, 1 };
	static const float val[] = { 5, 4, 0.5f };
	static const double times[] = { 7, NAN, 8.5 };
	struct rec_block b = { .kind = REC_SPARSE,
			       .order = REC_RANKED,
			       .rows = 6,
			       .cols = 2,
			       .nnz = 3,
			       .row_off = row_off,
			       .row_bytes = "abcdef",
			       .col_off = col_off,
			       .col_bytes = "i1i2",
			       .ptr = ptr,
			       .col = col,
			       .val = val,
			       .time = times };
	struct rec_buf with = {
		.p = (char *)(uintptr_t)"a\nb\ti1\t5\t7\nb\ti2\t4\nc\nd\ne\ti2\t0.5\t8.5\nf\n"
	};
	struct rec_buf without = {
		.p = (char *)(uintptr_t)"b\ti1\t5\t7\nb\ti2\t4\ne\ti2\t0.5\t8.5\n"
	};
	struct answer a, v;

	with.n = strlen(with.p);
	without.n = strlen(without.p);
	write_block(&b);
	for (int i = 0; i < 4; i++) {
		a = read_file(binary, BY_BATCH, REC_ROWS_LABELS, pools[i]);
		v = read_file(binary, BY_VISIT, REC_ROWS_LABELS, pools[i]);
		CHECK(a.rows == 7 && v.sum == a.sum, "rows with and without cells");
		compare(&a, &with, 0, "", 1);
		a = read_file(binary, BY_BATCH, 0, pools[i]);
		v = read_file(binary, BY_VISIT, 0, pools[i]);
		CHECK(a.rows == 3 && v.sum == a.sum, "rows with cells");
		compare(&a, &without, 0, "", 1);
	}
	a = read_file(binary, BY_LINE, 0, NULL);
	CHECK(strstr(a.err.msg, "recmat where lines of text are wanted") != NULL, "%s", a.err.msg);
}

/* Many cells a row and many rows without cells, over the borders of tasks. */
static void test_large_block(void)
{
	enum { ROWS = 30000, COLS = 1000 };
	struct rec_err e = { 0 };
	uint64_t *off = rec_alloc(ROWS + 1, sizeof *off, &e),
		 *ptr = rec_alloc(ROWS + 1, sizeof *ptr, &e), nnz = 0;
	char *bytes = rec_alloc(ROWS, 5, &e);
	uint32_t *col = rec_alloc((size_t)ROWS * 20, sizeof *col, &e);
	float *val = rec_alloc((size_t)ROWS * 20, sizeof *val, &e);
	struct rec_block b = { .kind = REC_SPARSE,
			       .order = REC_CANONICAL,
			       .rows = ROWS,
			       .cols = COLS,
			       .row_off = off,
			       .row_bytes = bytes,
			       .col_off = off,
			       .col_bytes = bytes,
			       .ptr = ptr,
			       .col = col,
			       .val = val };
	char text[16];
	uint64_t rows = 0;

	if (!off || !ptr || !bytes || !col || !val)
		die(&e);
	for (uint64_t i = 0; i < ROWS; i++) {
		uint64_t x = rec_random(5, i), n = x % 3 ? 0 : x % 20;

		off[i] = 5 * i;
		snprintf(text, sizeof text, "%05d", (int)i);
		memcpy(bytes + 5 * i, text, 5);
		ptr[i] = nnz;
		rows += n ? n : 1;
		for (uint64_t k = 0; k < n; k++, nnz++) {
			col[nnz] = (uint32_t)(k * 50);
			val[nnz] = (float)k;
		}
	}
	off[ROWS] = 5 * ROWS;
	ptr[ROWS] = b.nnz = nnz;
	write_block(&b);
	for (int i = 0; i < 4; i++) {
		struct answer a = read_file(binary, BY_BATCH, REC_ROWS_LABELS, pools[i]),
			      v = read_file(binary, BY_VISIT, REC_ROWS_LABELS, pools[i]);

		CHECK(a.rows == rows && v.rows == rows && a.sum == v.sum, "all rows");
		rec_buf_free(&a.text);
		a = read_file(binary, BY_BATCH, 0, pools[i]);
		v = read_file(binary, BY_VISIT, 0, pools[i]);
		CHECK(a.rows == nnz && v.rows == nnz && a.sum == v.sum, "all cells");
		rec_buf_free(&a.text);
	}
	free(off);
	free(ptr);
	free(bytes);
	free(col);
	free(val);
}

/* Labels alone live in stream blocks as rows that no cell names. */
static void test_lone_rows(void)
{
	static const uint64_t row_off[] = { 0, 1, 2, 3 }, col_off[] = { 0, 1 };
	static const uint32_t row[] = { 2, 0 }, col[] = { 0, 0 };
	static const float val[] = { NAN, 3 };
	struct rec_block b = { .kind = REC_SPARSE,
			       .order = REC_STREAM,
			       .rows = 3,
			       .cols = 1,
			       .nnz = 2,
			       .row_off = row_off,
			       .row_bytes = "abc",
			       .col_off = col_off,
			       .col_bytes = "x",
			       .row = row,
			       .col = col,
			       .val = val };
	struct rec_buf want = { .p = (char *)(uintptr_t)"c\tx\na\tx\t3\nb\n", .n = 12 };
	struct answer a;

	write_block(&b);
	a = read_file(binary, BY_BATCH, REC_ROWS_LABELS, NULL);
	compare(&a, &want, 0, "", 1);
	a = read_file(binary, BY_VISIT, 0, NULL);
	CHECK(strstr(a.err.msg, "block 1: row 'b' has no cell") != NULL, "%s", a.err.msg);
	b = (struct rec_block){ .kind = REC_DENSE,
				.name = "user",
				.rows = 3,
				.cols = 1,
				.row_off = row_off,
				.row_bytes = "abc",
				.val = (float[]){ 1, 2, 3 } };
	write_block(&b);
	a = read_file(binary, BY_VISIT, 0, NULL);
	CHECK(strstr(a.err.msg, "block 1: 'user' is dense, as in a model, and rows are wanted; ") !=
		      NULL,
	      "%s", a.err.msg);
}

int main(void)
{
	struct rec_err e = { 0 };
	char command[64];

	if (!mkdtemp(dir))
		return 1;
	snprintf(plain, sizeof plain, "%s/plain", dir);
	snprintf(packed, sizeof packed, "%s/packed.gz", dir);
	snprintf(binary, sizeof binary, "%s/binary.rec", dir);
	for (unsigned i = 0; i < 3; i++)
		if (rec_pool_new(&pools[i], i + 1, &e) != 0)
			die(&e);
	test_lines();
	test_empty_line();
	test_no_wait();
	test_many();
	test_long_line();
	test_refused();
	test_cut_gzip();
	test_stream_block();
	test_ptr_block();
	test_large_block();
	test_lone_rows();
	for (int i = 0; i < 3; i++)
		rec_pool_free(pools[i]);
	snprintf(command, sizeof command, "rm -rf %s", dir);
	CHECK(system(command) == 0, "%s", command);
	return finished("rows");
}
