/* SPDX-License-Identifier: MIT */
/*
 * recmat: the reader and the writer against tests/vectors (made by other code),
 * against malformed blocks, and against each other.
 */
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include "base/mem.h"
#include "check.h"
#include "recmat/recmat.h"
#include "rows/rows.h"
#include "recpipe/rows.h"

static struct rec_pool *pool;
static char dir[] = "/tmp/recmat-unit-XXXXXX";
static char path[64];

/* -- the blocks of tests/vectors/make.py -- */

static const uint64_t u_off[] = { 0, 3, 6 }, i_off[] = { 0, 3, 8, 10 };
static const char u_bytes[] = "annbob", i_bytes[] = "teatea 2\xc3\xa9";
static const double c_time[] = { 1700000050, NAN, .5 }, s_time[] = { NAN, 12, NAN };

#define SIDES \
	.rows = 2, .cols = 3, .row_off = u_off, .row_bytes = u_bytes, .col_off = i_off, \
	.col_bytes = i_bytes
static const struct rec_block canonical = { .kind = REC_SPARSE,
					    .order = REC_CANONICAL,
					    SIDES,
					    .nnz = 3,
					    .ptr = (const uint64_t[]){ 0, 2, 3 },
					    .col = (const uint32_t[]){ 0, 2, 1 },
					    .val = (const float[]){ 1, 2.5f, -3 },
					    .time = c_time };
static const struct rec_block ranked = { .kind = REC_SPARSE,
					 .order = REC_RANKED,
					 SIDES,
					 .nnz = 4,
					 .ptr = (const uint64_t[]){ 0, 3, 4 },
					 .col = (const uint32_t[]){ 2, 0, 1, 1 },
					 .val = (const float[]){ .75f, .5f, .5f, 1e-10f } };
static const struct rec_block stream = { .kind = REC_SPARSE,
					 .order = REC_STREAM,
					 SIDES,
					 .nnz = 3,
					 .row = (const uint32_t[]){ 1, 0, 1 },
					 .col = (const uint32_t[]){ 2, 0, 2 },
					 .val = (const float[]){ NAN, 4, 0 },
					 .time = s_time };
static const struct rec_block factors = { .kind = REC_DENSE,
					  .name = "user",
					  .rows = 2,
					  .cols = 3,
					  .row_off = u_off,
					  .row_bytes = u_bytes,
					  .val = (const float[]){ 1, 2, 3, -1, -2, .125f } };
static const struct rec_block meta = { .kind = REC_META,
				       .meta = "algorithm\tease\nseed\t1\n",
				       .meta_len = 22 };
static const struct rec_block kept = { .kind = REC_DENSE,
				       .name = "similarity",
				       .rows = 3,
				       .cols = 3,
				       .row_off = i_off,
				       .row_bytes = i_bytes,
				       .col_off = i_off,
				       .col_bytes = i_bytes,
				       .val = (const float[]){ 0, .5f, .25f, .5f, 0, 1, .25f, 1,
							       0 } };
static const struct rec_block weights = { .kind = REC_SPARSE,
					  .order = REC_RANKED,
					  .name = "similarity",
					  .rows = 3,
					  .cols = 3,
					  .row_off = i_off,
					  .row_bytes = i_bytes,
					  .col_off = i_off,
					  .col_bytes = i_bytes,
					  .nnz = 3,
					  .ptr = (const uint64_t[]){ 0, 2, 3, 3 },
					  .col = (const uint32_t[]){ 2, 1, 0 },
					  .val = (const float[]){ .75f, .5f, 1 } };
static const struct rec_block offset = { .kind = REC_DENSE,
					 .name = "offset",
					 .rows = 3,
					 .cols = 1,
					 .row_off = i_off,
					 .row_bytes = i_bytes,
					 .val = (const float[]){ 3, 2, 1 } };

static const struct vector {
	const char *name;
	const struct rec_block *block[4];
	/* one stream, all of it understood: our writer gives the same bytes */
	bool rewritten;
} vectors[] = {
	{ "empty", { NULL }, true },
	{ "canonical", { &canonical }, true },
	{ "ranked", { &ranked }, true },
	{ "stream", { &stream }, true },
	{ "factors", { &factors }, true },
	{ "similarity", { &weights }, true },
	{ "model", { &meta, &kept, &offset }, true },
	{ "joined", { &canonical, &stream, &ranked }, false },
	{ "optional", { &canonical }, false },
	{ "keys", { &canonical }, false },	/* nobody asks for them */
};

/* -- files -- */

static struct rec_buf slurp(const char *name)
{
	struct rec_buf b = { 0 };
	struct rec_err e = { 0 };
	char piece[65536];
	size_t n;
	FILE *f = fopen(name, "rb");

	if (!f) {
		perror(name);
		exit(1);
	}
	while ((n = fread(piece, 1, sizeof piece, f)) > 0)
		if (rec_buf_add(&b, piece, n, &e) != 0)
			die(&e);
	fclose(f);
	return b;
}

static void spill(const struct rec_buf *b)
{
	FILE *f = fopen(path, "wb");

	if (!f || fwrite(b->p, 1, b->n, f) != b->n || fclose(f) != 0) {
		perror(path);
		exit(1);
	}
}

static void write_blocks(const struct rec_block *const *b, size_t n)
{
	struct rec_err e = { 0 };
	struct rec_out *out;

	if (rec_out_open(&out, path, &e) != 0)
		die(&e);
	for (size_t i = 0; i < n; i++)
		if (rec_recmat_write(out, b[i], pool, &e) != 0)
			die(&e);
	if (rec_recmat_end(out, n, &e) != 0 || rec_out_finish(out, &e) != 0 ||
	    rec_out_commit(out, &e) != 0)
		die(&e);
	rec_out_free(out);
}

/*
 * A descriptor from which the bytes come as from a pipe; a child writes them.
 */
static pid_t pipe_of(const struct rec_buf *b, char name[32])
{
	int fd[2];
	pid_t child;

	if (pipe(fd) != 0 || (child = fork()) < 0) {
		perror("pipe");
		exit(1);
	}
	if (child == 0) {
		size_t at = 0;
		ssize_t n;

		close(fd[0]);
		while (at < b->n && (n = write(fd[1], b->p + at, b->n - at)) > 0)
			at += (size_t)n;
		_exit(0);
	}
	close(fd[1]);
	snprintf(name, 32, "/dev/fd/%d", fd[0]);
	return child;
}

static bool same(const void *a, const void *b, size_t n)
{
	return (!a && !b) || n == 0 || (a && b && memcmp(a, b, n) == 0);
}

static bool same_floats(const float *a, const float *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!(a[i] == b[i] || (isnan(a[i]) && isnan(b[i]))))
			return false;
	return true;
}

static bool same_times(const double *a, const double *b, size_t n)
{
	for (size_t i = 0; a && b && i < n; i++)
		if (!(a[i] == b[i] || (isnan(a[i]) && isnan(b[i]))))
			return false;
	return !a == !b;
}

static bool same_block(const struct rec_block *a, const struct rec_block *b)
{
	size_t cells = (size_t)(a->kind == REC_DENSE ? a->rows * a->cols : a->nnz);

	if (a->kind != b->kind || a->order != b->order || strcmp(a->name, b->name) != 0 ||
	    a->optional != b->optional || a->rows != b->rows || a->cols != b->cols ||
	    a->nnz != b->nnz || a->meta_len != b->meta_len)
		return false;
	if (a->kind == REC_META)
		return same(a->meta, b->meta, a->meta_len);
	return same(a->row_off, b->row_off, 8 * (a->rows + 1)) &&
	       same(a->row_bytes, b->row_bytes, a->row_off[a->rows]) &&
	       same(a->col_off, b->col_off, 8 * (a->cols + 1)) &&
	       (!a->col_off || same(a->col_bytes, b->col_bytes, a->col_off[a->cols])) &&
	       same(a->ptr, b->ptr, 8 * (a->rows + 1)) && same(a->col, b->col, 4 * a->nnz) &&
	       same(a->row, b->row, 4 * a->nnz) && same_floats(a->val, b->val, cells) &&
	       same_times(a->time, b->time, cells);
}

/*
 * Read all of a file: 0 where its blocks are as wanted (NULL: any); -1 with e.
 */
static int read_all(const char *name, const struct rec_block *const *want, size_t n, bool trust,
		    struct rec_err *e)
{
	struct rec_recmat *r = NULL;
	struct rec_in *in;
	struct rec_block b;
	size_t i = 0;
	int rc = -1;

	if (rec_in_open(&in, name, e) != 0)
		return -1;
	if (rec_recmat_is(in, e) == 1 && rec_recmat_open(&r, in, trust, pool, e) == 0)
		while ((rc = rec_recmat_next(r, &b, e)) == 1) {
			if (want)
				CHECK(i < n && same_block(want[i], &b),
				      "%s: block %zu is not as written", name, i + 1);
			i++;
			rec_block_free(&b);
		}
	if (rc == 0 && want)
		CHECK(i == n, "%s: %zu blocks, %zu expected", name, i, n);
	rec_recmat_close(r);
	rec_in_close(in);
	return rc;
}

/* -- tests -- */

/* stdin that stands 3 bytes inside a file: its mapping is not aligned. */
static void test_unaligned(void)
{
	struct rec_buf a = slurp("tests/vectors/joined.rec"), b = { 0 };
	struct rec_err e = { 0 };
	int fd, old = dup(0);

	if (rec_buf_add(&b, "abc", 3, &e) != 0 || rec_buf_add(&b, a.p, a.n, &e) != 0)
		die(&e);
	spill(&b);
	fd = open(path, O_RDONLY);
	CHECK(lseek(fd, 3, SEEK_SET) == 3 && dup2(fd, 0) == 0, "stdin at 3");
	CHECK(read_all("-", (const struct rec_block *const[]){ &canonical, &stream, &ranked }, 3,
		       false, &e) == 0,
	      "%s", e.msg);
	if (old >= 0) {
		dup2(old, 0);
		close(old);
	}
	close(fd);
	rec_buf_free(&a);
	rec_buf_free(&b);
}

static void test_vectors(void)
{
	for (size_t v = 0; v < sizeof vectors / sizeof *vectors; v++) {
		const struct vector *x = &vectors[v];
		struct rec_err e = { 0 };
		char name[64], fd[32];
		struct rec_buf file, ours;
		size_t n = 0;

		while (x->block[n])
			n++;
		snprintf(name, sizeof name, "tests/vectors/%s.rec", x->name);
		file = slurp(name);
		CHECK(read_all(name, x->block, n, false, &e) == 0, "%s", e.msg);
		CHECK(read_all(name, x->block, n, true, &e) == 0, "%s", e.msg);
		pid_t child = pipe_of(&file, fd);
		CHECK(read_all(fd, x->block, n, false, &e) == 0, "%s", e.msg);
		close(atoi(fd + 8));
		waitpid(child, NULL, 0);
		if (x->rewritten) {
			write_blocks(x->block, n);
			ours = slurp(path);
			CHECK(ours.n == file.n && memcmp(ours.p, file.p, file.n) == 0,
			      "%s: our writer gives other bytes", name);
			rec_buf_free(&ours);
		}
		rec_buf_free(&file);
	}
}

/*
 * Keys for who asks: from a mapped file and from a pipe; the writer gives the
 * same bytes.
 */
static void keys_of(const char *name, const struct rec_block *want, struct rec_err *e)
{
	struct rec_recmat *r;
	struct rec_in *in;
	struct rec_block b;

	if (rec_in_open(&in, name, e) != 0 || rec_recmat_open(&r, in, false, pool, e) != 0)
		die(e);
	rec_recmat_want_keys(r);
	CHECK(rec_recmat_next(r, &b, e) == 1 && b.kind == REC_KEYS &&
		      strcmp(b.name, "users") == 0 && b.optional && b.rows == want->rows,
	      "%s", e->msg);
	CHECK(same(b.key, want->key, 8 * want->rows), "keys as written");
	rec_block_free(&b);
	CHECK(rec_recmat_next(r, &b, e) == 1 && same_block(&canonical, &b), "%s", e->msg);
	rec_block_free(&b);
	CHECK(rec_recmat_next(r, &b, e) == 0, "%s", e->msg);
	rec_recmat_close(r);
	rec_in_close(in);
}

static void test_keys(void)
{
	static const uint64_t key[] = { 3, 3, UINT64_MAX }, wrong[] = { 3, 4, 2 };
	const struct rec_block b = { .kind = REC_KEYS, .name = "users", .rows = 3, .key = key },
			       bad = { .kind = REC_KEYS, .name = "users", .rows = 3, .key = wrong };
	struct rec_buf file = slurp("tests/vectors/keys.rec"), ours;
	struct rec_err e = { 0 };
	struct rec_recmat *r;
	struct rec_in *in;
	struct rec_block got;
	char fd[32];
	pid_t child = pipe_of(&file, fd);

	keys_of("tests/vectors/keys.rec", &b, &e);
	keys_of(fd, &b, &e);
	close(atoi(fd + 8));
	waitpid(child, NULL, 0);
	write_blocks((const struct rec_block *const[]){ &b, &canonical }, 2);
	ours = slurp(path);
	CHECK(ours.n == file.n && memcmp(ours.p, file.p, file.n) == 0,
	      "our writer gives other bytes");
	rec_buf_free(&ours);
	rec_buf_free(&file);
	write_blocks((const struct rec_block *const[]){ &bad }, 1);
	if (rec_in_open(&in, path, &e) != 0 || rec_recmat_open(&r, in, false, pool, &e) != 0)
		die(&e);
	rec_recmat_want_keys(r);
	CHECK(rec_recmat_next(r, &got, &e) == -1 && strstr(e.msg, ": block 1: keys descend at 2"),
	      "%s", e.msg);
	rec_recmat_close(r);
	rec_in_close(in);
}

/*
 * The file at path is refused, and the message behind its name is exactly this.
 */
static void refused(const char *want, bool trust)
{
	struct rec_err e = { 0 };
	size_t n = strlen(path);

	CHECK(read_all(path, NULL, 0, trust, &e) == -1, "accepted: %s", want);
	CHECK(e.code == REC_EDATA && strncmp(e.msg, path, n) == 0 && strcmp(e.msg + n, want) == 0,
	      "'%s' instead of '%s'", e.msg, want);
}

static void refused_block(const struct rec_block *b, const char *want)
{
	write_blocks(&b, 1);
	refused(want, false);
	refused(want, true);
}

static void test_contents(void)
{
	struct rec_block b;

#define BAD(from, field, value, message)           \
	do {                                       \
		b = from;                          \
		b.field = value;                   \
		refused_block(&b, ": block 1: " message); \
	} while (0)
	BAD(canonical, row_bytes, "bobann", "row labels do not ascend at 2");
	BAD(canonical, row_bytes, "annann", "row labels do not ascend at 2");
	BAD(canonical, row_bytes, "an\tbob", "a row label holds TAB, newline or NUL");
	BAD(canonical, col_bytes, "teatea\0002\xc3\xa9",
	    "a column label holds TAB, newline or NUL");
	BAD(kept, col_bytes, "teatea\n2\xc3\xa9", "a column label holds TAB, newline or NUL");
	BAD(canonical, row_off, ((const uint64_t[]){ 0, 0, 6 }),
	    "row label offsets: label 1 is empty or too long");
	BAD(canonical, row_off, ((const uint64_t[]){ 0, 7, 6 }), "row label offsets descend at 1");
	BAD(canonical, row_off, ((const uint64_t[]){ 1, 3, 6 }),
	    "row label offsets do not span their section");
	BAD(canonical, ptr, ((const uint64_t[]){ 0, 2, 2 }),
	    "row pointers do not span their section");
	BAD(canonical, ptr, ((const uint64_t[]){ 0, UINT64_MAX, 3 }), "row pointers descend at 1");
	BAD(canonical, col, ((const uint32_t[]){ 0, 3, 1 }),
	    "row 1: column indices do not ascend, or one is beyond the columns");
	BAD(canonical, col, ((const uint32_t[]){ 2, 0, 1 }),
	    "row 1: column indices do not ascend, or one is beyond the columns");
	BAD(canonical, col, ((const uint32_t[]){ 0, 2, UINT32_MAX }),
	    "row 2: column indices do not ascend, or one is beyond the columns");
	BAD(canonical, val, ((const float[]){ 1, NAN, 1 }), "a value is not finite");
	BAD(stream, val, ((const float[]){ 1, INFINITY, 1 }), "a value is not finite");
	BAD(factors, val, ((const float[]){ 1, 2, 3, 4, 5, NAN }), "a value is not finite");
	BAD(canonical, time, ((const double[]){ 1, -INFINITY, 1 }), "a time is not finite");
	BAD(stream, time, ((const double[]){ 1, 2, -NAN }), "a time is not finite");
	BAD(stream, row, ((const uint32_t[]){ 0, 2, 0 }), "an index is beyond the labels");
	BAD(stream, col, ((const uint32_t[]){ 0, 3, 0 }), "an index is beyond the labels");
	BAD(ranked, col, ((const uint32_t[]){ 1, 0, 1, 1 }),
	    "row 1: not in rank order, a column twice, or one beyond the columns");
	BAD(ranked, col, ((const uint32_t[]){ 2, 0, 1, 3 }),
	    "row 2: not in rank order, a column twice, or one beyond the columns");
	BAD(ranked, val, ((const float[]){ .5f, .75f, .5f, 1 }),
	    "row 1: not in rank order, a column twice, or one beyond the columns");
	BAD(meta, meta, "algorithm\tease\nalgo\t1\n", "metadata: the keys do not ascend at algo");
	BAD(meta, meta_len, 21, "metadata: the last line has no newline");
	BAD(canonical, order, (enum rec_order)4, "order 4 is not understood");
}

/*
 * One byte of a vector changed: the message, and what --trust says (NULL:
 * accepts).
 */
static void damaged(const char *vector, size_t at, const char *message, const char *trusted)
{
	struct rec_buf b = slurp(vector);
	struct rec_err e = { 0 };

	b.p[at] ^= 1;
	spill(&b);
	refused(message, false);
	if (trusted)
		refused(trusted, true);
	else
		CHECK(read_all(path, NULL, 0, true, &e) == 0, "%s", e.msg);
	rec_buf_free(&b);
}

static void test_damage(void)
{
	const char *v = "tests/vectors/canonical.rec";
	struct rec_buf b = slurp(v);

	for (size_t n = 8; n < b.n; n += 61) {
		struct rec_buf cut = { .p = b.p, .n = n };

		spill(&cut);
		refused(n < b.n - 128 ? ": cut off: no end mark after block 0" :
					": cut off: no end mark after block 1",
			false);
	}
	damaged(v, 24, ": block 1: damaged: the CRC of the header is wrong",
		": block 1: damaged: the CRC of the header is wrong");
	damaged(v, 130, ": block 1: damaged: the CRC of the section table is wrong",
		": block 1: damaged: the CRC of the section table is wrong");
	damaged(v, 384, ": block 1: damaged: the CRC of the row label offsets is wrong",
		": block 1: row label offsets do not span their section");
	damaged(v, 448 + 6, ": block 1: damaged: the padding of the row labels is not zero",
		": block 1: damaged: the padding of the row labels is not zero");
	damaged(v, b.n - 128 - 64 - 128, ": block 1: damaged: the CRC of the values is wrong",
		NULL);
	damaged(v, b.n - 128 - 64, ": block 1: damaged: the CRC of the row label offsets is wrong",
		NULL);
	damaged(v, b.n - 128 - 1, ": block 1: damaged: the padding of the trailer is not zero",
		": block 1: damaged: the padding of the trailer is not zero");
	damaged(v, b.n - 128,
		": block 2: no recmat header here: damaged, or something else follows",
		": block 2: no recmat header here: damaged, or something else follows");
	damaged("tests/vectors/joined.rec", 1088 + 832,
		": block 2: damaged: the CRC of the times is wrong",
		": block 2: a time is not finite");
	rec_buf_free(&b);
}

static void test_end_mark(void)
{
	struct rec_buf a = slurp("tests/vectors/canonical.rec"),
		       m = slurp("tests/vectors/model.rec");
	struct rec_err e = { 0 };

	memcpy(a.p + a.n - 128, m.p + m.n - 128, 128);
	spill(&a);
	refused(": the end mark after block 1 counts 3 blocks, but 1 are there", false);
	if (rec_buf_add(&m, "x", 1, &e) != 0)
		die(&e);
	spill(&m);
	refused(": cut off: no end mark after block 3", false);
	rec_buf_free(&a);
	rec_buf_free(&m);
}

/* A header changed together with its CRC: what only a writer can get wrong. */
static void malformed(const char *vector, size_t at, char x, const char *message)
{
	struct rec_buf b = slurp(vector);
	uint32_t crc;

	b.p[at] = x;
	crc = (uint32_t)crc32(0, (const unsigned char *)b.p, 124);
	memcpy(b.p + 124, &crc, 4);
	spill(&b);
	refused(message, false);
	rec_buf_free(&b);
}

static void test_header(void)
{
	const char *v = "tests/vectors/canonical.rec";

	malformed("tests/vectors/optional.rec", 10, 0,
		  ": block 1: blocks of kind 77 are not understood");
	malformed(v, 8, 2, ": block 1: recmat version 2; version 1 is understood");
	malformed(v, 10, 2, ": block 1: a reserved field of the header is set");
	malformed(v, 100, 2, ": block 1: a reserved field of the header is set");
	malformed(v, 70, 'x', ": block 1: the name of the block is malformed");
	malformed(v, 20, 2, ": block 1: value type 2 is not understood");
	malformed(v, 31, 2, ": block 1: more than 4294967294 rows or columns");
	malformed(v, 24, 3, ": block 1: the row label offsets have the wrong length");
	malformed(v, 40, 4, ": block 1: the column indices have the wrong length");
	malformed(v, 47, 4, ": block 1: the size of the block is too small for its cells");
	malformed(v, 48, 1, ": block 1: malformed header");
	malformed(v, 48, 0, ": block 1: the column indices do not fit the block");
	malformed(v, 55, 1, ": cut off: no end mark after block 0");
	malformed(v, 56, 7, ": block 1: the padding of the section table is not zero");
	malformed(v, 59, 1, ": block 1: malformed header");
	malformed(v, 16, 3, ": block 1: section type 5 does not belong here");
	malformed(v, 12, 2, ": block 1: order 1 is not understood");
	malformed("tests/vectors/factors.rec", 40, 1, ": block 1: malformed header");
	malformed("tests/vectors/factors.rec", 12, 3, ": block 1: value type 1 is not understood");
	malformed("tests/vectors/empty.rec", 32, 1, ": malformed end mark after block 0");
}

/*
 * A block of more than one step of growth, through a pipe; and the same size
 * claimed by a header with nothing behind it.
 */
static void test_large(void)
{
	struct rec_block b = offset;
	struct rec_err e = { 0 };
	char fd[32];
	float *val;
	struct rec_buf file;
	pid_t child;

	b.cols = 6u << 20;
	val = rec_alloc(3 * b.cols, sizeof *val, &e);
	if (!val)
		die(&e);
	for (uint64_t i = 0; i < 3 * b.cols; i++)
		val[i] = (float)i;
	b.val = val;
	write_blocks((const struct rec_block *const[]){ &b }, 1);
	CHECK(read_all(path, (const struct rec_block *const[]){ &b }, 1, false, &e) == 0, "%s",
	      e.msg);
	file = slurp(path);
	child = pipe_of(&file, fd);
	CHECK(read_all(fd, (const struct rec_block *const[]){ &b }, 1, false, &e) == 0, "%s",
	      e.msg);
	close(atoi(fd + 8));
	waitpid(child, NULL, 0);
	file.n = 4096;
	spill(&file);
	refused(": cut off: no end mark after block 0", false);
	child = pipe_of(&file, fd);
	CHECK(read_all(fd, NULL, 0, false, &e) == -1 &&
		      strstr(e.msg, ": cut off: no end mark after block 0"),
	      "%s", e.msg);
	close(atoi(fd + 8));
	waitpid(child, NULL, 0);
	rec_buf_free(&file);
	free(val);
}

static void test_stream_out(void)
{
	enum { N = 70000 };
	struct rec_stream_out *s;
	struct rec_recmat *r;
	struct rec_err e = { 0 };
	struct rec_out *out;
	struct rec_in *in;
	struct rec_block b;
	uint64_t n = 0, bad = 0, rows = 0, blocks = 0;

	if (rec_out_open(&out, path, &e) != 0 || rec_stream_out_new(&s, out, &e) != 0)
		die(&e);
	for (int i = 0; i < N; i++) {
		char u[16], it[16];
		struct rec_row row = {
			.row = u, .col = it, .has = REC_HAS_COL, .value = (float)i, .time = i
		};

		row.row_len = (uint32_t)snprintf(u, sizeof u, "u%d", i / 7 % 1000);
		row.col_len = (uint32_t)snprintf(it, sizeof it, "%x", i * 257 % 65521);
		row.has |= (i % 3 ? REC_HAS_VALUE : 0) | (i >= 66000 && i % 2 ? REC_HAS_TIME : 0);
		if (rec_stream_out_row(s, &row, &e) != 0)
			die(&e);
	}
	if (rec_stream_out_row(s, &(struct rec_row){ .row = "alone", .row_len = 5 }, &e) != 0)
		die(&e);
	if (rec_stream_out_end(s, &e) != 0 || rec_out_finish(out, &e) != 0 ||
	    rec_out_commit(out, &e) != 0)
		die(&e);
	rec_stream_out_free(s);
	rec_out_free(out);
	if (rec_in_open(&in, path, &e) != 0 || rec_recmat_open(&r, in, false, pool, &e) != 0)
		die(&e);
	while (rec_recmat_next(r, &b, &e) == 1) {
		CHECK(b.order == REC_STREAM && !b.time == (blocks == 0),
		      "stream blocks with times where there are any");
		for (uint64_t k = 0; k < b.nnz; k++, n++) {
			const char *u = b.row_bytes + b.row_off[b.row[k]],
				   *it = b.col_bytes + b.col_off[b.col[k]];
			char wu[16], wi[16];
			int i = (int)n;

			snprintf(wu, sizeof wu, "u%d", i / 7 % 1000);
			snprintf(wi, sizeof wi, "%x", i * 257 % 65521);
			bad += memcmp(u, wu, strlen(wu)) != 0 ||
			       b.row_off[b.row[k] + 1] - b.row_off[b.row[k]] != strlen(wu);
			bad += memcmp(it, wi, strlen(wi)) != 0 ||
			       b.col_off[b.col[k] + 1] - b.col_off[b.col[k]] != strlen(wi);
			bad += i % 3 ? b.val[k] != (float)i : !isnan(b.val[k]);
			bad += b.time && (i >= 66000 && i % 2 ? b.time[k] != i : !isnan(b.time[k]));
		}
		rows += b.rows;
		blocks++;
		rec_block_free(&b);
	}
	CHECK(e.msg[0] == '\0', "%s", e.msg);
	CHECK(n == N && bad == 0 && blocks == 2, "%d rows as they came: %d, %d wrong", N, (int)n,
	      (int)bad);
	CHECK(rows == 1000 + 638 + 1, "a label alone is a row: %d rows", (int)rows);
	rec_recmat_close(r);
	rec_in_close(in);
}

/* What no reader takes is not written. */
static void test_names(void)
{
	static const char *const bad[] = { "my block",
					   " ",
					   "tab\there",
					   "\x7f",
					   "caf\xc3\xa9",
					   "01234567890123456789012345678901",
					   "0123456789012345678901234567890123456789" };
	static const char *const good[] = { "", "a", "0123456789012345678901234567890", "!~" };
	struct rec_err e = { 0 };
	struct rec_out *out = NULL;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct rec_block b = meta;

		e = (struct rec_err){ 0 };
		rec_block_name(&b, bad[i]);
		MUST(rec_out_open(&out, path, &e), &e);
		CHECK(!rec_block_name_ok(bad[i]) && rec_recmat_write(out, &b, pool, &e) == -1 &&
			      e.code == REC_EDATA,
		      "'%s' is written", bad[i]);
		CHECK(strncmp(e.msg, "a block cannot be named '", 24) == 0, "%s", e.msg);
		rec_out_free(out);
	}
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		struct rec_block b = meta;

		e = (struct rec_err){ 0 };
		rec_block_name(&b, good[i]);
		MUST(rec_out_open(&out, path, &e), &e);
		CHECK(rec_block_name_ok(good[i]) && rec_recmat_write(out, &b, pool, &e) == 0,
		      "'%s': %s", good[i], e.msg);
		rec_out_free(out);
	}
}

int main(void)
{
	struct rec_err e = { 0 };

	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof path, "%s/x.rec", dir);
	for (unsigned threads = 0; threads <= 4; threads += 4) {
		if (threads && rec_pool_new(&pool, threads, &e) != 0)
			die(&e);
		test_vectors();
	test_keys();
		test_unaligned();
		test_contents();
		test_damage();
		test_header();
		test_end_mark();
		test_large();
		test_stream_out();
		test_names();
	}
	rec_pool_free(pool);
	unlink(path);
	rmdir(dir);
	return finished("recmat");
}
