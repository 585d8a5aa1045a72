/* SPDX-License-Identifier: MIT */
/*
 * recmat.c - every reader of recmat. What the reader of blocks refuses, all
 * others refuse, except for blocks of keys, which only some want.
 *
 * And damage: the small streams of tests/vectors, of every kind and order, are
 * cut at every byte, and every bit of them is flipped; every reader fails each
 * time. With trust a flip may go unseen, but memory stays safe. Under a
 * sanitizer, which is ten times slower, the readers above that of blocks get
 * one bit of each byte and some of the cuts.
 */
#include <stdio.h>
#include <string.h>

#include "load/load.h"
#include "recpipe/matrix.h"
#include "matrix/merge.h"
#include "model/model.h"
#include "recmat/form.h"
#include "recmat/recmat.h"
#include "rows/rows.h"

#include "fuzz.h"

/* A reader takes the input over and reads it to the end: 0 or -1. */
typedef int reader_fn(struct rec_in *in, bool trust, struct rec_err *e);

static int every_block(struct rec_in *in, bool trust, bool keys, struct rec_err *e)
{
	struct rec_recmat *r = NULL;
	struct rec_block b;
	int rc = rec_recmat_open(&r, in, trust, NULL, e);

	if (rc == 0 && keys)
		rec_recmat_want_keys(r);
	while (rc == 0 && (rc = rec_recmat_next(r, &b, e)) == 1) {
		rec_block_free(&b);
		rc = 0;
	}
	rec_recmat_close(r);
	rec_in_close(in);
	return rc;
}

static int blocks_of(struct rec_in *in, bool trust, struct rec_err *e)
{
	return every_block(in, trust, false, e);
}

static int keys_of(struct rec_in *in, bool trust, struct rec_err *e)
{
	return every_block(in, trust, true, e);
}

static int rows_of(struct rec_in *in, bool trust, struct rec_err *e)
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

static int sparse_of(struct rec_in *in, bool trust, struct rec_err *e)
{
	struct rec_load how = { .repeats = REC_REPEATS_SUM, .times = true, .trust = trust };
	struct rec_sparse s;
	int rc = rec_sparse_load(&s, in, &how, NULL, e);

	if (rc == 0)
		rec_sparse_free(&s);
	return rc;
}

static int lists_of(struct rec_in *in, bool trust, struct rec_err *e)
{
	struct rec_lists l;
	int rc = rec_lists_load(&l, in, trust, NULL, e);

	if (rc == 0)
		rec_lists_free(&l);
	return rc;
}

static int model_of(struct rec_in *in, bool trust, struct rec_err *e)
{
	struct rec_model m;
	int rc = rec_model_load(&m, in, trust, NULL, e);

	if (rc == 0)
		rec_model_free(&m);
	return rc;
}

static int merge_of(struct rec_in *in, bool trust, struct rec_err *e)
{
	const struct rec_merge how = { .repeats = REC_REPEATS_SUM, .trust = trust };
	struct rec_merged m;
	int rc = rec_blocks_merge(&m, &in, 1, &how, NULL, e);

	if (rc == 0)
		rec_merged_free(&m);
	return rc;
}

static const struct reader {
	const char *name;
	reader_fn *read;
	const char *streams; /* that it reads when they are whole */
	bool pipe, every_cut;
} readers[] = {
	{ "blocks", blocks_of, "canonical ranked stream factors model joined optional keys empty",
	  false, true },
	{ "keys", keys_of, "keys", false, true },
	{ "blocks of a pipe", keys_of,
	  "canonical ranked stream factors model joined optional keys empty", true, true },
	{ "rows", rows_of, "canonical ranked stream joined optional keys empty", false, false },
	{ "sparse", sparse_of, "canonical ranked stream joined optional empty", false, false },
	{ "lists", lists_of, "canonical ranked empty", true, false },
	{ "model", model_of, "model similarity", false, false },
	{ "merge", merge_of, "canonical ranked stream factors model optional empty", false, false },
};

static int run(const struct reader *r, const unsigned char *p, size_t n, bool trust,
	       struct rec_err *e)
{
	static struct memory m;

	*e = (struct rec_err){ 0 };
	return r->read(r->pipe ? pipe_in(p, n) : memory_in(&m, p, n), trust, e);
}

int read_recmat(const struct target *t, const unsigned char *p, size_t n)
{
	bool recmat = n >= 8 && memcmp(p, REC_FORM_MAGIC, 8) == 0;
	struct rec_err e;
	int blocks = run(readers, p, n, false, &e);

	(void)t;
	went_well(blocks, &e);
	for (size_t i = 1; i < COUNT(readers); i++) {
		const struct reader *r = &readers[i];

		if (r->pipe && n > 1 << 16)
			continue;
		if (went_well(run(r, p, n, false, &e), &e) && recmat && blocks != 0 &&
		    r->read != keys_of)
			finding(r->name, "reads what the reader of blocks refuses");
		if (draw(4) == 0)
			went_well(run(r, p, n, true, &e), &e);
	}
	return blocks;
}

/* -- damage -- */

static unsigned long cuts, flips;

static void broken(const struct reader *r, const struct seed *s, const char *what, size_t at,
		   const char *message)
{
	char text[200];

	snprintf(text, sizeof text, "%s of %s, %s %zu", r->name, s->name, what, at);
	finding(text, message);
}

/*
 * A cut right behind an end mark leaves a whole stream, and no bytes are an
 * empty text.
 */
static bool is_whole(const unsigned char *p, size_t n)
{
	return n == 0 ||
	       (n >= REC_FORM_HEAD && memcmp(p + n - REC_FORM_HEAD, REC_FORM_MAGIC, 8) == 0 &&
		memcmp(p + n - REC_FORM_HEAD + 12, "\xff\xff\xff\xff", 4) == 0);
}

static void cut(const struct reader *r, const struct seed *s)
{
	struct rec_err e;

	for (size_t n = s->n - 1; n > 0; n--) {
		if (is_whole(s->p, n) || (FUZZ_ASAN && !r->every_cut && n % 8 != 5 && n >= 16))
			continue;
		if (run(r, s->p, n, n % 2, &e) != -1 || e.code != REC_EDATA)
			broken(r, s, "cut at", n, e.msg);
		cuts++;
	}
}

static void flip(const struct reader *r, const struct seed *s)
{
	struct rec_err e;

	for (size_t bit = 0; bit < 8 * s->n; bit++) {
		size_t at = bit / 8;

		if (FUZZ_ASAN && r != readers && bit % 8 != at % 8)
			continue;
		s->p[at] ^= (unsigned char)(1 << bit % 8);
		if (run(r, s->p, s->n, false, &e) != -1 || e.code != REC_EDATA)
			broken(r, s, "flipped bit", bit, e.msg);
		if (r == readers && bit % 8 == at % 8 && run(r, s->p, s->n, true, &e) == -1 &&
		    e.code != REC_EDATA)
			broken(r, s, "trusted flipped bit", bit, e.msg);
		flips++;
		s->p[at] ^= (unsigned char)(1 << bit % 8);
	}
}

static bool lists(const char *names, const char *file)
{
	size_t n = strcspn(file, ".");

	for (const char *at = names; *at; at += strcspn(at, " "), at += *at == ' ')
		if (strcspn(at, " ") == n && memcmp(at, file, n) == 0)
			return true;
	return false;
}

void damage_recmat(void)
{
	const struct target *t = target_find("recmat");
	struct rec_err e;

	for (const struct reader *r = readers; r < readers + COUNT(readers); r++)
		for (size_t i = 0; i < t->nseeds; i++) {
			const struct seed *s = &t->seed[i];

			if (!lists(r->streams, s->name))
				continue;
			if (run(r, s->p, s->n, false, &e) != 0)
				broken(r, s, "whole", s->n, e.msg);
			cut(r, s);
			flip(r, s);
		}
	printf("ok fuzz recmat: %lu cuts, %lu flips\n", cuts, flips);
}
