/* SPDX-License-Identifier: MIT */
/*
 * Lines and records of foreign text against slow readers that look at one byte
 * after the other: random texts with every line end, from files and from pipes
 * that give a few bytes at a time, some longer than what is read at once. And
 * labels of lengths that no test can hold.
 */
#include "foreign/line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/label.h"
#include "base/mem.h"
#include "check.h"
#include "foreign/record.h"
#include "rows/rows.h"

static char path[] = "/tmp/rec-unit-foreign-XXXXXX";
static int file;
static uint64_t key, draws;

static uint64_t draw(uint64_t n)
{
	return rec_mix2(key, draws++) % n;
}

static struct rec_in *open_text(const struct rec_buf *t, pid_t *child)
{
	struct rec_err e = { 0 };
	struct rec_in *in;
	char name[32];
	int fd[2];

	*child = 0;
	if (t->n > 100000 || draw(4) > 0) {
		if (ftruncate(file, 0) != 0 || pwrite(file, t->p, t->n, 0) != (ssize_t)t->n)
			exit(1);
		MUST(rec_in_open(&in, path, &e), &e);
		return in;
	}
	if (pipe(fd) != 0)
		exit(1);
	*child = fork();
	if (*child == 0) {
		close(fd[0]);
		for (size_t i = 0, step; i < t->n; i += step) {
			step = 1 + draw(40);
			step = step < t->n - i ? step : t->n - i;
			if (write(fd[1], t->p + i, step) != (ssize_t)step)
				_exit(0);
		}
		_exit(0);
	}
	close(fd[1]);
	snprintf(name, sizeof name, "/dev/fd/%d", fd[0]);
	MUST(rec_in_open(&in, name, &e), &e);
	close(fd[0]);
	return in;
}

static void close_text(struct rec_in *in, pid_t child)
{
	int status;

	rec_in_close(in);
	if (child)
		waitpid(child, &status, 0);
}

static void add(struct rec_buf *t, const char *s, size_t n)
{
	struct rec_err e = { 0 };

	MUST(rec_buf_add(t, s, n, &e), &e);
}

/* -- lines -- */

static void test_lines(uint64_t run)
{
	static const char *const ends[] = { "\n", "\r\n", "\r" };
	const char *end = ends[draw(3)];
	struct rec_buf text = { 0 }, want = { 0 }, got = { 0 };
	struct rec_foreign_line l = { 0 };
	size_t lines = 1 + draw(30), n;
	struct rec_err e = { 0 };
	bool last = draw(2);
	pid_t child;
	char *line;
	int rc;

	for (size_t i = 0; i < lines; i++) {
		size_t len = draw(run % 50 == 0 ? 300000 : 12);
		char c = (char)('a' + draw(26));

		len += i == 0;
		for (size_t k = 0; k < len; k++) {
			add(&text, &c, 1);
			add(&want, &c, 1);
		}
		add(&want, "\n", 1);
		if (i + 1 < lines || last || len == 0)
			add(&text, end, strlen(end));
	}
	l.held.in = open_text(&text, &child);
	l.marks = true;
	while ((rc = rec_line_next(&l, &line, &n, &e)) == 1) {
		CHECK(line[n] == '\0', "a NUL behind the line");
		add(&got, line, n);
		add(&got, "\n", 1);
	}
	CHECK(rc == 0, "%s", e.msg);
	CHECK(l.number == lines, "%lu lines, not %lu", (unsigned long)l.number,
	      (unsigned long)lines);
	CHECK(got.n == want.n && memcmp(got.p, want.p, got.n) == 0, "the same lines, run %lu",
	      (unsigned long)run);
	close_text(l.held.in, child);
	rec_line_free(&l);
	rec_buf_free(&text);
	rec_buf_free(&want);
	rec_buf_free(&got);
}

/* -- records -- */

static const char *const bits[] = { "a", "b", " ", ",", "\"\"", "\n", "\r\n", ";" };

/*
 * A field into text; what it means, with a byte behind that no field holds,
 * into want.
 */
static void put_field(struct rec_buf *text, struct rec_buf *want, bool first, bool big)
{
	size_t n = big ? draw(200000) : draw(6);
	bool quoted = draw(2);

	if (quoted)
		add(text, "\"", 1);
	if (first) {	/* else the record might be a line without any byte */
		add(text, "x", 1);
		add(want, "x", 1);
	}
	for (size_t i = 0; i < n; i++) {
		const char *bit = quoted ? bits[draw(8)] : bits[draw(3)];

		add(text, bit, strlen(bit));
		add(want, bit, *bit == '"' ? 1 : strlen(bit));
	}
	if (quoted)
		add(text, "\"", 1);
	add(want, "\1", 1);
}

static void test_records(uint64_t run)
{
	struct rec_buf text = { 0 }, want = { 0 }, got = { 0 };
	struct rec_record r = { .delimiter = ",", .quotes = true };
	size_t records = 1 + draw(12);
	const char *end = draw(2) ? "\n" : "\r\n";
	uint64_t line[16], lines = 1, at = 0;
	struct rec_err e = { 0 };
	pid_t child;
	int rc;

	for (size_t i = 0; i < records; i++) {
		line[i] = lines;
		for (size_t k = 0, fields = 1 + draw(4); k < fields; k++) {
			if (k > 0)
				add(&text, ",", 1);
			put_field(&text, &want, k == 0, run % 100 == 0);
		}
		add(&want, "\2", 1);
		if (i + 1 < records || draw(2))
			add(&text, end, strlen(end));
		for (; at < text.n; at++)
			lines += text.p[at] == '\n';
	}
	r.line.held.in = open_text(&text, &child);
	r.line.marks = true;
	for (size_t i = 0; (rc = rec_record_next(&r, &e)) == 1; i++) {
		CHECK(i < records && r.field[0].line == line[i], "record %lu begins in line %lu",
		      (unsigned long)i, (unsigned long)r.field[0].line);
		for (size_t k = 0; k < r.n; k++) {
			add(&got, r.field[k].s, r.field[k].n);
			add(&got, "\1", 1);
		}
		add(&got, "\2", 1);
	}
	CHECK(rc == 0, "%s", e.msg);
	CHECK(got.n == want.n && memcmp(got.p, want.p, got.n) == 0, "the same fields, run %lu",
	      (unsigned long)run);
	close_text(r.line.held.in, child);
	rec_record_free(&r);
	rec_buf_free(&text);
	rec_buf_free(&want);
	rec_buf_free(&got);
}

/* -- lengths -- */

static void test_long_labels(void)
{
	struct rec_foreign_line l = { .number = 7 };
	struct rec_err e = { 0 };

	MUST(rec_in_open(&l.held.in, path, &e), &e);
	CHECK(rec_line_label(&l, 2, "a", 1, &e) == 0, "%s", e.msg);
	CHECK(rec_line_label(&l, 2, "a", (size_t)UINT32_MAX + 2, &e) == -1 &&
		      strstr(e.msg, ":7: field 2: longer than 2 GiB"),
	      "%s", e.msg);
	e = (struct rec_err){ 0 };
	CHECK(rec_line_label(&l, 2, "a", (size_t)REC_LABEL_MAX + 1, &e) == -1,
	      "just above the bound");
	CHECK(rec_label_cut((size_t)1 << 31) > 0 && rec_label_cut(((size_t)1 << 32) + 1) > 0 &&
		      rec_label_cut(3) == 3,
	      "what is shown of a label");
	rec_in_close(l.held.in);
}

int main(void)
{
	file = mkstemp(path);
	if (file < 0)
		return 1;
	for (uint64_t run = 0; run < 400; run++) {
		key = rec_mix(run);
		draws = 0;
		test_lines(run);
		test_records(run);
	}
	test_long_labels();
	unlink(path);
	return finished("foreign");
}
