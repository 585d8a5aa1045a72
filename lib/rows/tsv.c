/* SPDX-License-Identifier: MIT */
/*
 * Bytes below 11 are all that matters between labels: TAB, newline, NUL, and
 * rare control characters that are part of labels. They are found 64 at a time
 * as a mask of bits (after Langdale and Lemire 2019, "Parsing gigabytes of JSON
 * per second"), and the parser walks the bits.
 */
#include "rows/tsv.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/label.h"
#include "io/looks.h"
#include "io/looks_words.h"
#include "io/num.h"
#include "io/when.h"

enum { QUOTE = 40 };	/* most bytes of a field that a message shows */

struct scanner {
	const char *block;	/* 64 bytes */
	uint64_t mask;		/* those of them below 11 that were not yet seen */
};

#ifdef __SSE2__
static inline uint64_t low_bytes(const char *p)
{
	const __m128i most = _mm_set1_epi8('\n');
	uint64_t mask = 0;

	for (int i = 0; i < 4; i++) {
		__m128i x = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i));

		mask |= (uint64_t)(uint16_t)_mm_movemask_epi8(
				_mm_cmpeq_epi8(_mm_min_epu8(x, most), x))
			<< 16 * i;
	}
	return mask;
}
#else
/*
 * Eight bytes at a time: adding 0x75 carries into bit 7 from 11 on; the product
 * gathers the eight bits that stayed clear.
 */
static inline uint64_t low_bytes(const char *p)
{
	const uint64_t sevens = 0x7f7f7f7f7f7f7f7fu, ones = 0x0101010101010101u;
	uint64_t mask = 0, x;

	for (int i = 0; i < 8; i++) {
		memcpy(&x, p + 8 * i, sizeof x);
		x = ~(((x & sevens) + ones * 0x75) | x) & ~sevens;
		mask |= ((x >> 7) * 0x0102040810204080u >> 56) << 8 * i;
	}
	return mask;
}
#endif

/* The next TAB, newline or NUL. */
static inline const char *next_mark(struct scanner *s)
{
	const char *q;

	do {
		while (!s->mask) {
			s->block += 64;
			s->mask = low_bytes(s->block);
		}
		q = s->block + __builtin_ctzll(s->mask);
		s->mask &= s->mask - 1;
	} while ((unsigned char)*q - 1u < 8u);
	return q;
}

static __attribute__((cold, noinline)) int fail_nul(struct rec_err *e)
{
	return rec_err_set(e, REC_EDATA, "NUL byte");
}

static __attribute__((cold, noinline)) int fail_empty(int field, struct rec_err *e)
{
	return rec_err_set(e, REC_EDATA, "field %d: empty", field);
}

/*
 * Missing, quoted or comma'd values are what rec-cat reads, or what another
 * program should write.
 */
static __attribute__((cold, noinline)) int fail_number(int field, enum rec_num why, const char *p,
						       const char *q, struct rec_err *e)
{
	int n = q - p > QUOTE ? QUOTE : (int)(q - p);

	if (why == REC_NUM_EMPTY)
		fail_empty(field, e);
	else
		rec_err_set(e, REC_EDATA, "field %d: '%.*s%s' is %s", field, n, p,
			    q - p > QUOTE ? "..." : "",
			    why == REC_NUM_BAD ? "not a number" : "out of range");
	if (why != REC_NUM_RANGE && rec_looks_missing(p, (size_t)(q - p)))
		return rec_err_suffix(e, "; a missing one? rec-cat --from csv -d '\\t'%s",
				      field == 3 ? " --empty 1 (or skip)" : "");
	if (why == REC_NUM_BAD && rec_looks_comma(p, (size_t)(q - p)))
		return rec_err_suffix(
			e, "; a decimal is written with a point, and without separators");
	if (why == REC_NUM_BAD && rec_when_likely(p, (size_t)(q - p)))
		return rec_err_suffix(e, "; a date? rec-cat --from csv -d '\\t' --time-format "
					 "iso (or another format)");
	if (why == REC_NUM_BAD && *p == '"')
		return rec_err_suffix(e, "; quoted? rec-cat --from csv -d '\\t'");
	return -1;
}

static __attribute__((cold, noinline)) int fail_long(int field, struct rec_err *e)
{
	return rec_err_set(e, REC_EDATA, "field %d: " REC_LABEL_TOO_LONG, field);
}

static __attribute__((cold, noinline)) int fail_mark(struct rec_err *e)
{
	return rec_err_set(e, REC_EDATA, "%s", REC_LOOKS_MARK);
}

static __attribute__((cold, noinline)) int fail_no_tab(const char *p, size_t n, struct rec_err *e)
{
	const struct rec_looks *l = rec_looks_line(p, n);

	if (l)
		return rec_err_set(e, REC_EDATA, "no TAB; %s? %s", l->what, l->todo);
	return rec_err_set(e, REC_EDATA, "no TAB in '%.*s%s'; a line is row TAB column",
			   (int)(n < QUOTE ? n : QUOTE), p, n > QUOTE ? "..." : "");
}

/* A line that ends at q (newline or NUL) without a TAB. */
static __attribute__((noinline)) int label_alone(struct rec_row *r, const char *p, const char *q,
						 unsigned flags, struct rec_err *e)
{
	const char *end = q > p && q[-1] == '\r' ? q - 1 : q;

	if (*q == '\0')
		return fail_nul(e);
	if (rec_looks_mark(p, (size_t)(q - p)))
		return fail_mark(e);
	if (end == p)
		return rec_err_set(e, REC_EDATA, "empty line");
	if (!(flags & REC_ROWS_LABELS))
		return fail_no_tab(p, (size_t)(end - p), e);
	if (end - p > REC_LABEL_MAX)
		return fail_long(1, e);
	*r = (struct rec_row){ .row = p, .row_len = (uint32_t)(end - p), .value = 1, .time = NAN };
	return 0;
}

static inline int take_time(struct rec_row *r, struct scanner *s, const char *p, unsigned flags,
			    const char **line_end, struct rec_err *e)
{
	const char *q = next_mark(s), *end;
	bool lost = false;
	enum rec_num rc;
	double time;

	*line_end = q;
	if (*q == '\0')
		return fail_nul(e);
	end = q - (*q == '\n' && q[-1] == '\r');
	rc = rec_num_time(p, (size_t)(end - p), &time, &lost);
	if (rc != REC_NUM_OK)
		return fail_number(4, rc, p, end, e);
	if (*q == '\t')
		return rec_err_set(e, REC_EDATA, "field 5: a line has at most 4 fields");
	if (flags & REC_ROWS_SCORES)
		return 0;
	r->time = time;
	r->has |= REC_HAS_TIME | (lost ? REC_LOST_TIME : 0);
	return 0;
}

/* A score in double beside its float. */
static __attribute__((noinline)) enum rec_num score(struct rec_row *r, const char *p, size_t n)
{
	bool value = false, time = false;
	enum rec_num rc = rec_num_time(p, n, &r->time, &time);

	if (rc == REC_NUM_OK && rec_num_value(p, n, &r->value, &value) == REC_NUM_RANGE) {
		r->value = r->time > 0 ? FLT_MAX : -FLT_MAX;
		value = true;
	}
	r->has |= (value ? REC_LOST_VALUE : 0) | (time ? REC_LOST_TIME : 0);
	return rc;
}

static inline enum rec_num value(struct rec_row *r, const char *p, size_t n, unsigned flags)
{
	bool lost = false;
	enum rec_num rc;

	if (flags & REC_ROWS_SCORES)
		return score(r, p, n);
	rc = rec_num_value(p, n, &r->value, &lost);
	r->has |= lost ? REC_LOST_VALUE : 0;
	return rc;
}

/* The fields after the second, from p. */
static inline int take_value(struct rec_row *r, struct scanner *s, const char *p, unsigned flags,
			     const char **line_end, struct rec_err *e)
{
	const char *q = next_mark(s), *end = q - (*q == '\n' && q[-1] == '\r');
	enum rec_num rc;

	*line_end = q;
	if (*q == '\0')
		return fail_nul(e);
	rc = value(r, p, (size_t)(end - p), flags);
	if (rc != REC_NUM_OK)
		return fail_number(3, rc, p, end, e);
	r->has |= REC_HAS_VALUE;
	return *q == '\n' ? 0 : take_time(r, s, q + 1, flags, line_end, e);
}

/* The line at p; *line_end is its newline. */
static inline int take_line(struct rec_row *r, struct scanner *s, const char *p, unsigned flags,
			    const char **line_end, struct rec_err *e)
{
	const char *q = next_mark(s), *col, *end;

	*line_end = q;
	if (*q != '\t')
		return label_alone(r, p, q, flags, e);
	if (__builtin_expect(rec_looks_mark(p, (size_t)(q - p)), 0))
		return fail_mark(e);
	if (q == p)
		return fail_empty(1, e);
	col = q + 1;
	*line_end = q = next_mark(s);
	if (*q == '\0')
		return fail_nul(e);
	end = q - (*q == '\n' && q[-1] == '\r');
	if (end <= col)
		return fail_empty(2, e);
	if (q - p > REC_LABEL_MAX && (col - p > REC_LABEL_MAX || end - col > REC_LABEL_MAX))
		return fail_long(col - p > REC_LABEL_MAX ? 1 : 2, e);
	*r = (struct rec_row){ .row = p,
			       .row_len = (uint32_t)(col - p - 1),
			       .col = col,
			       .col_len = (uint32_t)(end - col),
			       .value = 1,
			       .time = NAN,
			       .has = REC_HAS_COL };
	if (*q != '\n')
		return take_value(r, s, q + 1, flags, line_end, e);
	if (flags & REC_ROWS_SCORES)
		r->time = 1;
	return 0;
}

int rec_tsv_parse(const char **at, const char *end, unsigned flags, struct rec_tsv_rows *to,
		  struct rec_err *e)
{
	struct rec_row *rows = to->rows;
	const size_t max = to->max;
	const char *p = *at, *line_end;
	unsigned has = 0;
	struct scanner s = { p, low_bytes(p) };
	size_t i = 0;
	int rc = 0;

	for (; i < max && p < end; i++, p = line_end + 1) {
		rc = take_line(&rows[i], &s, p, flags, &line_end, e);
		if (rc != 0)
			break;
		has |= rows[i].has;
	}
	to->lost = (has & (REC_LOST_VALUE | REC_LOST_TIME)) != 0;
	to->n = i;
	*at = p;
	return rc;
}
