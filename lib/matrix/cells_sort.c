/* SPDX-License-Identifier: MIT */
#include "matrix/cells_sort.h"

#include <math.h>

#include "base/bits.h"
#include "matrix/sort.h"

/*
 * A cell with a time. Halves of 64-bit numbers, so that it takes 20 bytes. Keys
 * of values and times compare as the numbers do.
 */
struct timed {
	uint32_t key[2], when[2];	/* low half, high half; when: 0 if the time is missing */
	uint32_t value;
};

static inline uint64_t join(const uint32_t half[2])
{
	return (uint64_t)half[1] << 32 | half[0];
}

static inline uint64_t key_of32(const uint32_t *x)
{
	return *x;
}

static inline uint64_t key_of64(const uint64_t *x)
{
	return *x;
}

static inline uint64_t key_of_timed(const struct timed *x)
{
	return join(x->key);
}

static inline int less32(const uint32_t *a, const uint32_t *b)
{
	return *a < *b;
}

/* A missing time comes before all others. */
static inline int timed_less(const struct timed *a, const struct timed *b)
{
	uint64_t x = join(a->key), y = join(b->key), s = join(a->when), t = join(b->when);

	if (x != y)
		return x < y;
	return s != t ? s < t : a->value < b->value;
}

REC_SORT(sort32, uint32_t, less32);
REC_SORT(sort_timed, struct timed, timed_less);
REC_SORT_DIGITS(digits32, uint32_t, key_of32);
REC_SORT_DIGITS(digits64, uint64_t, key_of64);
REC_SORT_DIGITS(digits_timed, struct timed, key_of_timed);

static unsigned bits_of(uint64_t n)
{
	return n > 1 ? 64 - (unsigned)__builtin_clzll(n - 1) : 0;
}

struct rec_cell_form rec_cell_form(const struct rec_cells *c, const struct rec_cells_shape *shape)
{
	static const size_t size[] = { [REC_CELL_KEY32] = sizeof(uint32_t),
				       [REC_CELL_KEY64] = sizeof(uint64_t),
				       [REC_CELL_VALUED] = sizeof(uint64_t),
				       [REC_CELL_TIMED] = sizeof(struct timed) };
	struct rec_cell_form f = { .col_bits = bits_of(shape->ncols) };
	bool one = true, any = false;

	f.times = c->times && shape->times;
	f.bits = f.col_bits + bits_of(rec_cell_local_rows(shape->row_ids));
	for (unsigned t = 0; t < c->nthreads; t++) {
		const struct rec_cell_lists *l = &c->list[t];

		if (l->width == 0)
			continue;
		f.times |= l->width > 3;
		one &= l->width == 2 && (!any || l->value == f.value);
		f.value = l->value;
		any = true;
	}
	if (f.times)
		f.kind = REC_CELL_TIMED;
	else if (one)
		f.kind = f.bits <= 32 ? REC_CELL_KEY32 : REC_CELL_KEY64;
	else
		f.kind = f.bits <= 32 ? REC_CELL_VALUED : REC_CELL_TIMED;
	f.size = size[f.kind];
	return f;
}

/* The key of a cell of a chunk. */
static inline uint64_t key_of(const struct rec_cell_form *f, const uint32_t *rank,
			      const uint32_t *w)
{
	return rec_cell_local(w[0]) << f->col_bits | rank[w[1]];
}

static inline uint32_t value_key(const struct rec_cell_chunk *k, const uint32_t *w)
{
	return rec_key32(k->width == 2 ? rec_bits32(k->value) : w[2]);
}

/* The time of a cell; its key is 0 if it is missing. */
static inline uint64_t time_key(const struct rec_cell_chunk *k, const uint32_t *w)
{
	double time = NAN;

	if (k->width == 5)
		memcpy(&time, w + 3, sizeof time);
	return isnan(time) ? 0 : rec_key64(rec_bits64(time));
}

static inline double key_time(uint64_t key)
{
	return key == 0 ? NAN : rec_float64(rec_unkey64(key));
}

/*
 * The cells of one chunk, as the form has them; returns the place after the
 * last.
 */
static void *gather(const struct rec_cell_form *f, const uint32_t *rank,
		    const struct rec_cell_chunk *k, const uint32_t *end, void *to)
{
	uint32_t *x32 = to;
	uint64_t *x64 = to;
	struct timed *timed = to;
	const unsigned width = k->width;

	switch (f->kind) {
	case REC_CELL_KEY32:
		for (const uint32_t *w = k->word; w < end; w += 2)
			*x32++ = (uint32_t)key_of(f, rank, w);
		return x32;
	case REC_CELL_KEY64:
		for (const uint32_t *w = k->word; w < end; w += 2)
			*x64++ = key_of(f, rank, w);
		return x64;
	case REC_CELL_VALUED:
		for (const uint32_t *w = k->word; w < end; w += width)
			*x64++ = key_of(f, rank, w) << 32 | value_key(k, w);
		return x64;
	default:
		for (const uint32_t *w = k->word; w < end; w += width) {
			uint64_t key = key_of(f, rank, w), when = time_key(k, w);

			*timed++ = (struct timed){ { (uint32_t)key, (uint32_t)(key >> 32) },
						   { (uint32_t)when, (uint32_t)(when >> 32) },
						   value_key(k, w) };
		}
		return timed;
	}
}

/* Sort n cells in room->cell; the rooms may change places. */
static void sort(const struct rec_cell_form *f, size_t n, struct rec_cell_room *room)
{
	void *cell = room->cell, *spare = room->spare, *out;

	if (n < REC_SORT_DIGITS_LEAST || n > UINT32_MAX) {
		if (f->kind == REC_CELL_KEY32)
			sort32(cell, spare, n);
		else if (f->kind == REC_CELL_TIMED)
			sort_timed(cell, spare, n);
		else
			rec_sort64(cell, spare, n);
		return;
	}
	if (f->kind == REC_CELL_KEY32)
		out = digits32(cell, spare, (uint32_t)n, 0, f->bits);
	else if (f->kind == REC_CELL_TIMED)
		out = digits_timed(cell, spare, (uint32_t)n, 0, f->bits);
	else
		out = digits64(cell, spare, (uint32_t)n, f->kind == REC_CELL_VALUED ? 32 : 0,
			       f->bits);
	room->cell = out;
	room->spare = out == cell ? spare : cell;
}

void rec_cells_sort(const struct rec_cell_form *f, const struct rec_cells *c,
		    const uint32_t *col_rank, uint32_t b, struct rec_cell_room *room)
{
	void *to = room->cell;

	for (unsigned t = 0; t < c->nthreads; t++)
		for (const struct rec_cell_chunk *k = c->list[t].chunk[b]; k; k = k->next) {
			__builtin_prefetch(k->next);
			to = gather(f, col_rank, k, rec_cells_end(&c->list[t], b, k), to);
		}
	sort(f, (size_t)((char *)to - (char *)room->cell) / f->size, room);
}

static uint64_t put_keys(const struct rec_cell_form *f, const struct rec_cell_room *room,
			 uint64_t begin, uint64_t n, uint32_t *col, float *val)
{
	const uint32_t *x32 = (uint32_t *)room->cell + begin;
	const uint64_t *x64 = (uint64_t *)room->cell + begin;
	const uint64_t mask = (UINT64_C(1) << f->col_bits) - 1;
	uint64_t repeats = 0;

	if (f->kind == REC_CELL_KEY32)
		for (uint64_t i = 0; i < n; i++)
			col[i] = x32[i] & (uint32_t)mask;
	else
		for (uint64_t i = 0; i < n; i++)
			col[i] = (uint32_t)(x64[i] & mask);
	for (uint64_t i = 0; i < n; i++)
		val[i] = f->value;
	for (uint64_t i = 1; i < n; i++)
		repeats += col[i] == col[i - 1];
	return repeats;
}

static uint64_t put_valued(const struct rec_cell_form *f, const uint64_t *cell, uint64_t n,
			   uint32_t *col, float *val)
{
	const uint32_t mask = (uint32_t)((UINT64_C(1) << f->col_bits) - 1);
	uint64_t repeats = 0;

	for (uint64_t i = 0; i < n; i++) {
		col[i] = (uint32_t)(cell[i] >> 32) & mask;
		val[i] = rec_float32(rec_unkey32((uint32_t)cell[i]));
	}
	for (uint64_t i = 1; i < n; i++)
		repeats += col[i] == col[i - 1];
	return repeats;
}

static uint64_t put_timed(const struct rec_cell_form *f, const struct timed *cell, uint64_t n,
			  uint32_t *col, float *val, double *time)
{
	const uint64_t mask = (UINT64_C(1) << f->col_bits) - 1;
	uint64_t repeats = 0;

	for (uint64_t i = 0; i < n; i++) {
		col[i] = (uint32_t)(join(cell[i].key) & mask);
		val[i] = rec_float32(rec_unkey32(cell[i].value));
		if (time)
			time[i] = key_time(join(cell[i].when));
		repeats += i > 0 && col[i] == col[i - 1];
	}
	return repeats;
}

uint64_t rec_cells_put(const struct rec_cell_form *f, const struct rec_cell_room *room,
		       uint64_t begin, uint64_t n, uint32_t *col, float *val, double *time)
{
	uint64_t *valued = (uint64_t *)room->cell + begin, repeats;
	struct timed *timed = (struct timed *)room->cell + begin;

	if (f->kind == REC_CELL_KEY32 || f->kind == REC_CELL_KEY64) {
		repeats = put_keys(f, room, begin, n, col, val);
		for (uint64_t i = 0; time && i < n; i++)
			time[i] = NAN;
		return repeats;
	}
	if (f->kind == REC_CELL_VALUED) {
		repeats = put_valued(f, valued, n, col, val);
		if (repeats) {
			rec_sort64(valued, room->spare, n);
			repeats = put_valued(f, valued, n, col, val);
		}
		return repeats;
	}
	repeats = put_timed(f, timed, n, col, val, time);
	if (repeats) {
		sort_timed(timed, room->spare, n);
		repeats = put_timed(f, timed, n, col, val, time);
	}
	return repeats;
}
