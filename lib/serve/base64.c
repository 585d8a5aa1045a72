/* SPDX-License-Identifier: MIT */
/* serve/base64.c - three bytes as four characters, and back. */
#include "serve/base64.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int rec_base64_add(struct rec_buf *b, const char *p, size_t n, struct rec_err *e)
{
	if (rec_grow(&b->p, &b->cap, b->n + (n + 2) / 3 * 4 + 1, 1, e) != 0)
		return -1;
	for (size_t i = 0; i < n; i += 3) {
		size_t left = n - i;
		uint32_t x = (uint32_t)(unsigned char)p[i] << 16 |
			     (uint32_t)(left > 1 ? (unsigned char)p[i + 1] : 0) << 8 |
			     (uint32_t)(left > 2 ? (unsigned char)p[i + 2] : 0);

		b->p[b->n++] = digits[x >> 18];
		b->p[b->n++] = digits[x >> 12 & 63];
		b->p[b->n++] = left > 1 ? digits[x >> 6 & 63] : '=';
		b->p[b->n++] = left > 2 ? digits[x & 63] : '=';
	}
	return 0;
}

/* Four characters; how many of them are padding, or -1. */
static int read_four(const char *p, bool last, uint32_t *x)
{
	int padding = last ? (p[3] == '=') + (p[3] == '=' && p[2] == '=') : 0;

	*x = 0;
	for (int i = 0; i < 4; i++) {
		const char *at = i < 4 - padding && p[i] ? strchr(digits, p[i]) : NULL;

		if (!at && i < 4 - padding)
			return -1;
		*x = *x << 6 | (uint32_t)(at ? at - digits : 0);
	}
	return padding;
}

int rec_base64_read(struct rec_buf *b, const char *p, size_t n, struct rec_err *e)
{
	if (n % 4 != 0)
		return 0;
	if (rec_grow(&b->p, &b->cap, b->n + n / 4 * 3 + 1, 1, e) != 0)
		return -1;
	for (size_t i = 0; i < n; i += 4) {
		uint32_t x;
		int padding = read_four(p + i, i + 4 == n, &x);

		if (padding < 0)
			return 0;
		for (int k = 0; k < 3 - padding; k++)
			b->p[b->n++] = (char)(x >> (16 - 8 * k) & 0xff);
	}
	return 1;
}
