/* SPDX-License-Identifier: MIT */
#ifdef __linux__
#define _DEFAULT_SOURCE	/* madvise */
#endif
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* LARGE: a page of the larger kind, and a table that is worth it. */
enum { ALIGN = 64, LARGE_PAGE = 2 << 20, LARGE_TABLE = 8 << 20 };

static int no_memory(size_t n, size_t size, struct rec_err *e)
{
	return rec_err_set(e, REC_ENOMEM, "out of memory (%zu x %zu bytes wanted)", n, size);
}

void *rec_alloc(size_t n, size_t size, struct rec_err *e)
{
	size_t bytes;
	void *p;

	if (__builtin_mul_overflow(n, size, &bytes) || bytes > SIZE_MAX - ALIGN) {
		no_memory(n, size, e);
		return NULL;
	}
	p = aligned_alloc(ALIGN, rec_round_up(bytes ? bytes : 1, ALIGN));
	if (!p)
		no_memory(n, size, e);
	return p;
}

void *rec_alloc_table(size_t n, size_t size, struct rec_err *e)
{
#ifdef MADV_HUGEPAGE
	size_t bytes;

	if (!__builtin_mul_overflow(n, size, &bytes) && bytes >= LARGE_TABLE &&
	    bytes <= SIZE_MAX - LARGE_PAGE) {
		void *p = aligned_alloc(LARGE_PAGE, rec_round_up(bytes, LARGE_PAGE));

		if (p)
			(void)madvise(p, bytes, MADV_HUGEPAGE);	/* a hint */
		else
			no_memory(n, size, e);
		return p;
	}
#endif
	return rec_alloc(n, size, e);
}

void *rec_zalloc(size_t n, size_t size, struct rec_err *e)
{
	void *p = rec_alloc(n, size, e);

	if (p)
		memset(p, 0, n * size);
	return p;
}

int rec_grow(void *p, size_t *cap, size_t want, size_t size, struct rec_err *e)
{
	size_t n = *cap, bytes;
	void *old, *new;

	if (want <= n)
		return 0;
	n += n / 2 + 8;
	if (n < want)
		n = want;
	if (__builtin_mul_overflow(n, size, &bytes))
		return no_memory(n, size, e);
	memcpy(&old, p, sizeof old);
	new = realloc(old, bytes);
	if (!new)
		return no_memory(n, size, e);
	memcpy(p, &new, sizeof new);
	*cap = n;
	return 0;
}

int rec_buf_add(struct rec_buf *b, const void *bytes, size_t n, struct rec_err *e)
{
	if (rec_grow(&b->p, &b->cap, b->n + n + 1, 1, e) != 0)
		return -1;
	if (n)
		memcpy(b->p + b->n, bytes, n);
	b->n += n;
	b->p[b->n] = '\0';
	return 0;
}

int rec_buf_printf(struct rec_buf *b, struct rec_err *e, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return rec_err_set(e, REC_EDATA, "cannot format a message");
	if (rec_grow(&b->p, &b->cap, b->n + (size_t)n + 1, 1, e) != 0)
		return -1;
	va_start(ap, fmt);
	vsnprintf(b->p + b->n, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->n += (size_t)n;
	return 0;
}

void rec_buf_free(struct rec_buf *b)
{
	free(b->p);
	*b = (struct rec_buf){ 0 };
}
