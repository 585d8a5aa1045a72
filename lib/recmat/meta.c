/* SPDX-License-Identifier: MIT */
/*
 * Metadata: a sorted array of pairs. There are tens of keys, so insertion moves
 * the rest.
 */
#include "recmat/meta.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/num.h"

void rec_meta_free(struct rec_meta *m)
{
	for (size_t i = 0; i < m->n; i++) {
		free(m->entry[i].key);
		free(m->entry[i].value);
	}
	free(m->entry);
	*m = (struct rec_meta){ 0 };
}

/* Index of the first entry whose key is not below key. */
static size_t lower(const struct rec_meta *m, const char *key)
{
	size_t lo = 0, hi = m->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (strcmp(m->entry[mid].key, key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool is_there(const struct rec_meta *m, size_t i, const char *key)
{
	return i < m->n && strcmp(m->entry[i].key, key) == 0;
}

static bool key_ok(const char *key, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (key[i] == '\0' || !strchr("abcdefghijklmnopqrstuvwxyz0123456789._-", key[i]))
			return false;
	return n > 0;
}

static char *copy(const char *s, size_t n, struct rec_err *e)
{
	char *p = rec_alloc(n + 1, 1, e);

	if (p) {
		memcpy(p, s, n);
		p[n] = '\0';
	}
	return p;
}

static int insert(struct rec_meta *m, size_t i, const char *key, char *value, struct rec_err *e)
{
	char *k = copy(key, strlen(key), e);

	if (!k || rec_grow(&m->entry, &m->cap, m->n + 1, sizeof *m->entry, e) != 0) {
		free(k);
		return -1;
	}
	memmove(m->entry + i + 1, m->entry + i, (m->n - i) * sizeof *m->entry);
	m->entry[i] = (struct rec_meta_entry){ k, value };
	m->n++;
	return 0;
}

int rec_meta_set(struct rec_meta *m, const char *key, const char *value, struct rec_err *e)
{
	size_t i = lower(m, key);
	char *v;

	if (!key_ok(key, strlen(key)))
		return rec_err_set(e, REC_EDATA, "metadata: malformed key '%s'", key);
	if (strpbrk(value, "\t\n"))
		return rec_err_set(e, REC_EDATA, "metadata: the value of %s holds TAB or newline",
				   key);
	v = copy(value, strlen(value), e);
	if (!v)
		return -1;
	if (is_there(m, i, key)) {
		free(m->entry[i].value);
		m->entry[i].value = v;
		return 0;
	}
	if (insert(m, i, key, v, e) != 0) {
		free(v);
		return -1;
	}
	return 0;
}

int rec_meta_set_f64(struct rec_meta *m, const char *key, double value, struct rec_err *e)
{
	char s[REC_NUM_MAX + 1];

	s[rec_num_put_f64(s, value)] = '\0';
	return rec_meta_set(m, key, s, e);
}

int rec_meta_set_u64(struct rec_meta *m, const char *key, uint64_t value, struct rec_err *e)
{
	char s[REC_NUM_MAX + 1];

	s[rec_num_put_u64(s, value)] = '\0';
	return rec_meta_set(m, key, s, e);
}

const char *rec_meta_get(const struct rec_meta *m, const char *key)
{
	size_t i = lower(m, key);

	return is_there(m, i, key) ? m->entry[i].value : NULL;
}

int rec_meta_get_f64(const struct rec_meta *m, const char *key, double *x, struct rec_err *e)
{
	const char *s = rec_meta_get(m, key);

	if (!s)
		return 0;
	if (rec_num_f64(s, strlen(s), x) != REC_NUM_OK)
		return rec_err_set(e, REC_EDATA, "metadata: %s: '%s' is not a number", key, s);
	return 1;
}

int rec_meta_get_u64(const struct rec_meta *m, const char *key, uint64_t *x, struct rec_err *e)
{
	const char *s = rec_meta_get(m, key);

	if (!s)
		return 0;
	if (rec_num_u64(s, strlen(s), x) != REC_NUM_OK)
		return rec_err_set(e, REC_EDATA, "metadata: %s: '%s' is not a whole number", key,
				   s);
	return 1;
}

/* One line without its newline, appended: keys must ascend. */
static int parse_line(struct rec_meta *m, const char *line, size_t n, struct rec_err *e)
{
	const char *tab = memchr(line, '\t', n);
	size_t k = tab ? (size_t)(tab - line) : 0, v = n - k - 1;
	char *key, *value;

	if (!tab || !key_ok(line, k) || memchr(tab + 1, '\t', v) || memchr(tab + 1, '\0', v))
		return rec_err_set(e, REC_EDATA, "metadata: line %zu is malformed", m->n + 1);
	key = copy(line, k, e);
	value = copy(tab + 1, v, e);
	if (key && value && m->n && strcmp(m->entry[m->n - 1].key, key) >= 0)
		rec_err_set(e, REC_EDATA, "metadata: the keys do not ascend at %s", key);
	else if (key && value && rec_grow(&m->entry, &m->cap, m->n + 1, sizeof *m->entry, e) == 0) {
		m->entry[m->n++] = (struct rec_meta_entry){ key, value };
		return 0;
	}
	free(key);
	free(value);
	return -1;
}

int rec_meta_parse(struct rec_meta *m, const char *text, size_t n, struct rec_err *e)
{
	*m = (struct rec_meta){ 0 };
	while (n > 0) {
		const char *nl = memchr(text, '\n', n);
		size_t len = nl ? (size_t)(nl - text) : n;

		if (!nl)
			rec_err_set(e, REC_EDATA, "metadata: the last line has no newline");
		if (!nl || parse_line(m, text, len, e) != 0) {
			rec_meta_free(m);
			return -1;
		}
		text = nl + 1;
		n -= len + 1;
	}
	return 0;
}

int rec_meta_format(const struct rec_meta *m, struct rec_buf *b, struct rec_err *e)
{
	for (size_t i = 0; i < m->n; i++)
		if (rec_buf_printf(b, e, "%s\t%s\n", m->entry[i].key, m->entry[i].value) != 0)
			return -1;
	return 0;
}

/* 32 hexadecimal digits, lower case, as two numbers. */
static bool get_digest(const char *s, uint64_t x[2])
{
	if (strlen(s) != 32 || strspn(s, "0123456789abcdef") != 32)
		return false;
	x[0] = x[1] = 0;
	for (int i = 0; i < 32; i++)
		x[i / 16] = x[i / 16] << 4 | (uint64_t)(s[i] <= '9' ? s[i] - '0' : s[i] - 'a' + 10);
	return true;
}

static int add_digest(struct rec_meta *dst, const char *key, const char *a, const char *b,
		      struct rec_err *e)
{
	char sum[33];
	uint64_t x[2], y[2];

	if (!get_digest(a, x) || !get_digest(b, y))
		return rec_err_set(e, REC_EDATA, "metadata: %s: not 32 hexadecimal digits", key);
	snprintf(sum, sizeof sum, "%016" PRIx64 "%016" PRIx64, x[0] + y[0], x[1] + y[1]);
	return rec_meta_set(dst, key, sum, e);
}

static int add_count(struct rec_meta *dst, const struct rec_meta *src, const char *key,
		     struct rec_err *e)
{
	uint64_t a, b;

	if (rec_meta_get_u64(dst, key, &a, e) < 0 || rec_meta_get_u64(src, key, &b, e) < 0)
		return -1;
	if (__builtin_add_overflow(a, b, &a))
		return rec_err_set(e, REC_EDATA, "metadata: %s is too large", key);
	return rec_meta_set_u64(dst, key, a, e);
}

/* Both hold key. */
static int merge_key(struct rec_meta *dst, const struct rec_meta *src, const char *key,
		     const char *theirs, bool shards, struct rec_err *e)
{
	const char *ours = rec_meta_get(dst, key);

	if (shards && strcmp(key, "digest") == 0)
		return add_digest(dst, key, ours, theirs, e);
	if (shards &&
	    (strcmp(key, "cells") == 0 || strcmp(key, "shards") == 0 || strcmp(key, "users") == 0))
		return add_count(dst, src, key, e);
	if (strcmp(ours, theirs) != 0)
		return rec_err_set(e, REC_EDATA, "metadata: %s is %s in one part and %s in another",
				   key, ours, theirs);
	return 0;
}

int rec_meta_merge(struct rec_meta *dst, const struct rec_meta *src, struct rec_err *e)
{
	bool shards = rec_meta_get(dst, "shards") && rec_meta_get(src, "shards");

	for (size_t i = 0; i < dst->n; i++)
		if (!rec_meta_get(src, dst->entry[i].key))
			return rec_err_set(e, REC_EDATA, "metadata: one part has no %s",
					   dst->entry[i].key);
	for (size_t i = 0; i < src->n; i++) {
		const char *key = src->entry[i].key;

		if (!rec_meta_get(dst, key))
			return rec_err_set(e, REC_EDATA, "metadata: one part has no %s", key);
		if (merge_key(dst, src, key, src->entry[i].value, shards, e) != 0)
			return -1;
	}
	return 0;
}

int rec_meta_write(struct rec_out *out, const struct rec_meta *m, struct rec_pool *pool,
		   struct rec_err *e)
{
	struct rec_buf text = { 0 };
	struct rec_block b = { .kind = REC_META };
	int rc = rec_meta_format(m, &text, e);

	if (rc == 0) {
		b.meta = text.p;
		b.meta_len = text.n;
		rc = rec_recmat_write(out, &b, pool, e);
	}
	rec_buf_free(&text);
	return rc;
}
