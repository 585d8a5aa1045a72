/* SPDX-License-Identifier: MIT */
/*
 * Damage to recmat: small streams of every kind and order are cut at every
 * byte, and every bit of them is flipped; every reader of the library must fail
 * each time, without a crash, a leak (run with -fsanitize=address,undefined) or
 * an answer. With trust a flip may go unseen, but memory stays safe.
 *
 * Every reader gets every cut and every flip. Under a sanitizer, which is ten
 * times slower, the readers above that of blocks get one bit of each byte and
 * some of the cuts.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "load/load.h"
#include "recpipe/matrix.h"
#include "matrix/merge.h"
#include "matrix/sparse.h"
#include "model/model.h"
#include "recmat/recmat.h"
#include "rows/rows.h"

static unsigned long cuts, flips, failures;
static char path[] = "/tmp/recmat-damage-XXXXXX";
static int file;

/* A reader takes the input over and reads it to the end: 0 or -1. */
typedef int reader_fn(struct rec_in *in, bool trust, struct rec_err *e);

static int read_blocks(struct rec_in *in, bool trust, struct rec_err *e)
{
	struct rec_recmat *r = NULL;
	struct rec_block b;
	int rc = rec_recmat_open(&r, in, trust, NULL, e);

	if (rc == 0)
		rec_recmat_want_keys(r);
	while (rc == 0 && (rc = rec_recmat_next(r, &b, e)) == 1) {
		rec_block_free(&b);
		rc = 0;
	}
	rec_recmat_close(r);
	rec_in_close(in);
	return rc;
}

static int read_rows(struct rec_in *in, bool trust, struct rec_err *e)
{
	const struct rec_row *row;
	struct rec_rows *r;
	size_t n;
	int rc;

	if (rec_rows_open(&r, in, trust ? REC_ROWS_TRUST : 0, NULL, e) != 0) {
		rec_in_close(in);
		return -1;
	}
	while ((rc = rec_rows_next(r, &row, &n, e)) == 1)
		;
	rec_rows_close(r);
	return rc;
}

static int read_sparse(struct rec_in *in, bool trust, struct rec_err *e)
{
	struct rec_load how = { .repeats = REC_REPEATS_SUM, .times = true, .trust = trust };
	struct rec_sparse s;
	int rc = rec_sparse_load(&s, in, &how, NULL, e);

	if (rc == 0)
		rec_sparse_free(&s);
	return rc;
}

static int read_lists(struct rec_in *in, bool trust, struct rec_err *e)
{
	struct rec_lists l;
	int rc = rec_lists_load(&l, in, trust, NULL, e);

	if (rc == 0)
		rec_lists_free(&l);
	return rc;
}

static int read_model(struct rec_in *in, bool trust, struct rec_err *e)
{
	struct rec_model m;
	int rc = rec_model_load(&m, in, trust, NULL, e);

	if (rc == 0)
		rec_model_free(&m);
	return rc;
}

static int read_merge(struct rec_in *in, bool trust, struct rec_err *e)
{
	const struct rec_merge how = { .repeats = REC_REPEATS_SUM, .trust = trust };
	struct rec_merged m;
	int rc = rec_blocks_merge(&m, &in, 1, &how, NULL, e);

	if (rc == 0)
		rec_merged_free(&m);
	return rc;
}

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
enum { THOROUGH = 0 };
#else
enum { THOROUGH = 1 };
#endif

static const struct reader {
	const char *name;
	reader_fn *read;
	const char *streams;	/* that it reads when they are whole */
	bool pipe, every_cut;
} readers[] = {
	{ "blocks", read_blocks, "canonical ranked stream factors model joined optional keys empty",
	  false, true },
	{ "blocks of a pipe", read_blocks,
	  "canonical ranked stream factors model joined optional keys empty", true, true },
	{ "rows", read_rows, "canonical ranked stream joined optional keys empty", false, false },
	{ "sparse", read_sparse, "canonical ranked stream joined optional empty", false, false },
	{ "lists", read_lists, "canonical ranked empty", true, false },
	{ "model", read_model, "model similarity", false, false },
	{ "merge", read_merge, "canonical ranked stream factors model optional empty", false,
	  false },
};

static void broken(const struct reader *r, const char *stream, const char *what, size_t at,
		   const char *message)
{
	failures++;
	printf("not ok recmat_damage: %s of %s, %s %zu: %s\n", r->name, stream, what, at, message);
}

/* Run a reader over the n bytes in the file. */
static int run(const struct reader *r, const char *bytes, size_t n, bool trust, struct rec_err *e)
{
	char name[32];
	struct rec_in *in;
	int fd[2], rc;

	*e = (struct rec_err){ 0 };
	snprintf(name, sizeof name, "%s", path);
	if (r->pipe) {
		if (pipe(fd) != 0 || write(fd[1], bytes, n) != (ssize_t)n || close(fd[1]) != 0) {
			perror("pipe");
			exit(1);
		}
		snprintf(name, sizeof name, "/dev/fd/%d", fd[0]);
	}
	rc = rec_in_open(&in, name, e);
	if (rc == 0)
		rc = r->read(in, trust, e);
	if (r->pipe)
		close(fd[0]);
	return rc;
}

static void put(const char *bytes, size_t n)
{
	if (ftruncate(file, (off_t)n) != 0 || pwrite(file, bytes, n, 0) != (ssize_t)n) {
		perror(path);
		exit(1);
	}
}

/*
 * A cut right behind an end mark leaves a whole stream, and no bytes are an
 * empty text.
 */
static bool whole(const char *bytes, size_t n)
{
	return n == 0 || (n >= 128 && memcmp(bytes + n - 128, "RECMAT\0\n", 8) == 0 &&
			  memcmp(bytes + n - 128 + 12, "\xff\xff\xff\xff", 4) == 0);
}

static void cut(const struct reader *r, const char *stream, const char *bytes, size_t n)
{
	struct rec_err e;

	put(bytes, n);
	for (size_t k = n - 1; k > 0; k--) {
		if (whole(bytes, k) || (!THOROUGH && !r->every_cut && k % 8 != 5 && k >= 16))
			continue;
		if (ftruncate(file, (off_t)k) != 0)
			exit(1);
		if (run(r, bytes, k, k % 2, &e) != -1 || e.code != REC_EDATA)
			broken(r, stream, "cut at", k, e.msg);
		cuts++;
	}
}

static void flip(const struct reader *r, const char *stream, char *bytes, size_t n)
{
	struct rec_err e;

	put(bytes, n);
	for (size_t bit = 0; bit < 8 * n; bit++) {
		size_t at = bit / 8;

		if (!THOROUGH && r != readers && bit % 8 != at % 8)
			continue;
		bytes[at] ^= (char)(1 << bit % 8);
		if (pwrite(file, bytes + at, 1, (off_t)at) != 1)
			exit(1);
		if (run(r, bytes, n, false, &e) != -1 || e.code != REC_EDATA)
			broken(r, stream, "flipped bit", bit, e.msg);
		if (r == readers && bit % 8 == at % 8 && run(r, bytes, n, true, &e) == -1 &&
		    e.code != REC_EDATA)
			broken(r, stream, "trusted flipped bit", bit, e.msg);
		flips++;
		bytes[at] ^= (char)(1 << bit % 8);
		if (pwrite(file, bytes + at, 1, (off_t)at) != 1)
			exit(1);
	}
}

static void damage(const struct reader *r, const char *stream)
{
	struct rec_err e;
	char name[64], bytes[8192];
	size_t n;
	FILE *f;

	snprintf(name, sizeof name, "tests/vectors/%s.rec", stream);
	f = fopen(name, "rb");
	if (!f) {
		perror(name);
		exit(1);
	}
	n = fread(bytes, 1, sizeof bytes, f);
	fclose(f);
	put(bytes, n);
	if (run(r, bytes, n, false, &e) != 0)
		broken(r, stream, "whole", n, e.msg);
	cut(r, stream, bytes, n);
	flip(r, stream, bytes, n);
}

int main(void)
{
	file = mkstemp(path);
	if (file < 0)
		return 1;
	for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
		char list[128], *s = list, *name;

		snprintf(list, sizeof list, "%s", readers[i].streams);
		while ((name = strtok_r(s, " ", &s)))
			damage(&readers[i], name);
	}
	unlink(path);
	if (failures == 0)
		printf("ok recmat_damage: %lu cuts, %lu flips\n", cuts, flips);
	return failures != 0;
}
