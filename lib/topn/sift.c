/* SPDX-License-Identifier: MIT */
/* topn/sift.c - rows and items in whole numbers. */
#include "topn/sift.h"

#include <math.h>
#include <stdlib.h>

#include "base/bits.h"
#include "base/mem.h"
#include "base/pool.h"

/*
 * kernel.sift wants |U| |V| < 2^15 for half a chunk, 32 elements. Each is kept
 * below these lengths; to round 32 elements adds at most sqrt(32) / 2 = 2.83 to
 * a length, and 254.9 * 127.9 < 2^15.
 */
enum { ITEM_MOST = 127, ITEM_LENGTH = 252, ROW_LENGTH = 125 };

/*
 * Below it squares lose digits, so that an element could be too large for its
 * scale. With it the vectors of a model that is so small become zeros.
 */
#define LEAST_SCALE 0x1p-60f

/* |v|^2 beyond this is not for us: sums of squares must stay finite. */
#define MOST_SQUARE 1e30f

enum { GROUP = 4, CHUNK = GROUP * REC_SIFT_CHUNK };

static float larger(float a, float b)
{
	return a > b ? a : b;
}

/*
 * A scale under which the extent fits, of 16 significant bits: times a whole
 * number of 7 bits it is a float without rounding.
 */
static float scale_of(const struct rec_extent *x, float most, float length)
{
	float scale = larger(sqrtf(x->most) / most, sqrtf(x->half) / length);

	scale = rec_float32((rec_bits32(scale * (1 + 0x1p-20f)) + 0xff) & ~UINT32_C(0xff));
	return larger(scale, LEAST_SCALE);
}

static int32_t whole(float x, int32_t most)
{
	int32_t i = (int32_t)lrintf(x);

	return i > most ? most : i < -most ? -most : i;
}

/* At least the length of a vector, from a sum of squares in float. */
static double length_above(float square, uint32_t k)
{
	double rounding = ((double)k + 16) * 0x1p-23, lost = sqrt((double)k) * 0x1p-74;

	return sqrt((double)square) * (1 + rounding) + lost;
}

struct making {
	struct rec_sift *s;
	unsigned char *unfit;		/* by block */
};

static const float *vector_of(const struct rec_sift *s, uint64_t i)
{
	return s->table->val + (size_t)s->row[i] * s->table->ld;
}

/* The rows lie anywhere: one is asked for while others are read. */
static void measure(const struct rec_sift *s, struct rec_extent *x, uint64_t first, uint64_t last)
{
	enum { AHEAD = 8 };

	for (uint64_t i = first; i < last; i++) {
		const float *next = vector_of(s, i + AHEAD < last ? i + AHEAD : first);

		for (uint32_t f = 0; f < s->table->k; f += REC_LANES)
			__builtin_prefetch(next + f);
		s->kernel->extend(x, vector_of(s, i), s->table->k);
	}
}

static int make_block(void *arg, uint64_t first, uint64_t last, unsigned thread, struct rec_err *e)
{
	const struct making *m = arg;
	const struct rec_sift *s = m->s;
	uint32_t k = s->table->k, block = (uint32_t)(first / REC_SIFT_BLOCK);
	size_t panel = (size_t)s->groups * GROUP * REC_LANES;
	struct rec_extent x = { 0 };
	float scale, error = 0;

	(void)thread;
	(void)e;
	measure(s, &x, first, last);
	if (!(x.all <= MOST_SQUARE)) {
		m->unfit[block] = 1;
		return 0;
	}
	scale = scale_of(&x, ITEM_MOST, ITEM_LENGTH);
	for (uint64_t i = first; i < last; i++)
		error = larger(s->kernel->coarse(s->item + i / REC_LANES * panel +
							 i % REC_LANES * GROUP,
						 vector_of(s, i), k, scale),
			       error);
	s->block[block] = (struct rec_sift_block){ scale, length_above(x.all, k),
						   length_above(error, k) };
	return 0;
}

int rec_sift_new(struct rec_sift *s, const struct rec_factor_table *t, const uint32_t *row,
		 uint32_t n, const struct rec_run *run, struct rec_err *e)
{
	struct making m = { .s = s };
	bool fit = true;
	size_t bytes;

	*s = (struct rec_sift){ .kernel = run->kernel, .table = t, .row = row, .n = n };
	s->groups = t->k / GROUP + (t->k % GROUP != 0);
	s->length = s->groups + s->groups / REC_SIFT_CHUNK + (s->groups % REC_SIFT_CHUNK != 0);
	if (!run->kernel->sift || n == 0)
		return 0;
	bytes = (size_t)rec_sift_blocks(s) * REC_SIFT_BLOCK * s->groups * GROUP;
	s->item = rec_alloc(bytes, 1, e);
	s->block = rec_zalloc(rec_sift_blocks(s), sizeof *s->block, e);
	m.unfit = rec_zalloc(rec_sift_blocks(s), 1, e);
	if (!s->item || !s->block || !m.unfit) {
		free(m.unfit);
		rec_sift_free(s);
		return -1;
	}
	if (rec_pool_slices(run->pool, n, REC_SIFT_BLOCK, make_block, &m, e) != 0) {
		free(m.unfit);
		rec_sift_free(s);
		return -1;
	}
	for (uint32_t b = 0; b < rec_sift_blocks(s); b++)
		fit = fit && !m.unfit[b];
	free(m.unfit);
	if (!fit)
		rec_sift_free(s);
	return 0;
}

void rec_sift_free(struct rec_sift *s)
{
	free(s->item);
	free(s->block);
	s->item = NULL;
	s->block = NULL;
}

uint64_t rec_sift_size(const struct rec_sift *s)
{
	if (!s->item)
		return 0;
	return (uint64_t)rec_sift_blocks(s) *
	       (REC_SIFT_BLOCK * (uint64_t)s->groups * GROUP + sizeof *s->block);
}

/* A chunk of a row: the start of its sums, then its groups. */
static void put_chunk(int32_t *code, struct rec_sift_row *r, const float *u, uint32_t n)
{
	int32_t sum[2] = { 0, 0 };

	for (uint32_t f = 0; f < n; f += GROUP) {
		uint32_t bytes = 0;

		for (uint32_t i = 0; i < GROUP && f + i < n; i++) {
			double exact = u[f + i];
			int32_t x = whole((float)(exact / r->scale), REC_SIFT_QUERY);
			double near = r->scale * x;

			sum[i / 2] += x;
			bytes |= (uint32_t)(x & 0xff) << 8 * i;
			r->norm += exact * exact;
			r->length += near * near;
			r->error += (exact - near) * (exact - near);
		}
		code[1 + f / GROUP] = (int32_t)bytes;
	}
	code[0] = rec_sift_start(sum[0], sum[1]);
}

void rec_sift_row(const struct rec_sift *s, struct rec_sift_row *r, int32_t *code, const float *u)
{
	uint32_t k = s->table->k;
	struct rec_extent x = { 0 };

	*r = (struct rec_sift_row){ 0 };
	s->kernel->extend(&x, u, k);
	if (!(x.all <= MOST_SQUARE))
		return;
	r->sound = true;
	r->scale = scale_of(&x, REC_SIFT_QUERY, ROW_LENGTH);
	for (uint32_t c = 0; c < k; c += CHUNK, code += REC_SIFT_CHUNK + 1)
		put_chunk(code, r, u + c, k - c < CHUNK ? k - c : CHUNK);
	r->norm = sqrt(r->norm);
	r->length = sqrt(r->length);
	r->error = sqrt(r->error);
}

int32_t rec_sift_least(const struct rec_sift *s, const struct rec_sift_row *r, uint32_t block,
		       float bound)
{
	const struct rec_sift_block *b = &s->block[block];
	double mean = (double)s->table->mean, need = (double)bound - mean;
	/* the score is a chain of k roundings, and one more for the mean */
	double rounding = ((double)s->table->k + 4) *
			  (0x1p-23 * (r->norm * b->norm + fabs(mean)) + 0x1p-149);
	double off = r->error * b->norm + r->length * b->error, x;

	rounding += 1e-9 * (off + r->norm * b->norm);	/* of this function itself */
	if (need > r->norm * b->norm + rounding)
		return INT32_MAX;
	x = floor((need - off - rounding) / (r->scale * b->scale)) - 1;
	return x >= INT32_MAX ? INT32_MAX : x <= INT32_MIN ? INT32_MIN : (int32_t)x;
}

void rec_sift_block(const struct rec_sift *s, uint16_t *mask, const int32_t *code,
		    const int32_t *least, uint32_t m, uint32_t block)
{
	uint32_t first = block * REC_SIFT_BLOCK, n = s->n - first;
	uint32_t panels = n < REC_SIFT_BLOCK ? (n + REC_LANES - 1) / REC_LANES : REC_SIFT_PANELS;

	s->kernel->sift(mask, REC_SIFT_PANELS, code, least, m,
			s->item + (size_t)first * s->groups * GROUP, panels, s->groups);
}
