/* SPDX-License-Identifier: MIT */
/* Metadata: order, text form, numbers, and the merge of parts and shards. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "check.h"
#include "recmat/meta.h"

static struct rec_meta parsed(const char *text)
{
	struct rec_err e = { 0 };
	struct rec_meta m;

	CHECK(rec_meta_parse(&m, text, strlen(text), &e) == 0);
	return m;
}

static void reads_as(struct rec_meta *m, const char *want)
{
	struct rec_err e = { 0 };
	struct rec_buf b = { 0 };

	CHECK(rec_meta_format(m, &b, &e) == 0);
	CHECK(b.n == strlen(want) && memcmp(want, b.n ? b.p : "", b.n) == 0);
	rec_buf_free(&b);
	rec_meta_free(m);
}

static void test_set(void)
{
	struct rec_err e = { 0 };
	struct rec_meta m = { 0 };
	uint64_t n = 0;
	double x = 0;

	CHECK(rec_meta_set(&m, "seed", "1", &e) == 0);
	CHECK(rec_meta_set(&m, "algorithm", "als", &e) == 0);
	CHECK(rec_meta_set_f64(&m, "reg", 0.01, &e) == 0);
	CHECK(rec_meta_set_u64(&m, "items", UINT64_MAX, &e) == 0);
	CHECK(rec_meta_set(&m, "seed", "", &e) == 0);
	CHECK(strcmp(rec_meta_get(&m, "algorithm"), "als") == 0);
	CHECK(rec_meta_get(&m, "alg") == NULL && rec_meta_get(&m, "zzz") == NULL);
	CHECK(rec_meta_get_f64(&m, "reg", &x, &e) == 1 && x == 0.01);
	CHECK(rec_meta_get_u64(&m, "items", &n, &e) == 1 && n == UINT64_MAX);
	CHECK(rec_meta_get_f64(&m, "users", &x, &e) == 0);
	CHECK(rec_meta_get_f64(&m, "algorithm", &x, &e) == -1);
	CHECK(strcmp(e.msg, "metadata: algorithm: 'als' is not a number") == 0);
	e = (struct rec_err){ 0 };
	CHECK(rec_meta_get_u64(&m, "reg", &n, &e) == -1);
	CHECK(strcmp(e.msg, "metadata: reg: '0.01' is not a whole number") == 0);
	e = (struct rec_err){ 0 };
	CHECK(rec_meta_set(&m, "Seed", "1", &e) == -1 &&
	      strcmp(e.msg, "metadata: malformed key 'Seed'") == 0);
	CHECK(rec_meta_set(&m, "", "1", &e) == -1 && rec_meta_set(&m, "a", "1\t2", &e) == -1 &&
	      rec_meta_set(&m, "a", "1\n", &e) == -1);
	reads_as(&m, "algorithm\tals\nitems\t18446744073709551615\nreg\t0.01\nseed\t\n");
}

static void malformed(const char *text, size_t n, const char *message)
{
	struct rec_err e = { 0 };
	struct rec_meta m;

	CHECK(rec_meta_parse(&m, text, n, &e) == -1 && e.code == REC_EDATA &&
	      strcmp(e.msg, message) == 0 && m.n == 0);
}

static void test_parse(void)
{
	struct rec_meta m = parsed("a\t1\nb.c-d_e\t\nz\tx y\n");

	CHECK(m.n == 3 && strcmp(rec_meta_get(&m, "z"), "x y") == 0);
	reads_as(&m, "a\t1\nb.c-d_e\t\nz\tx y\n");
	m = parsed("");
	reads_as(&m, "");
	malformed("a\t1", 3, "metadata: the last line has no newline");
	malformed("a\t1\nb\n", 6, "metadata: line 2 is malformed");
	malformed("\t1\n", 3, "metadata: line 1 is malformed");
	malformed("a\t1\t2\n", 6, "metadata: line 1 is malformed");
	malformed("a\t1\0\n", 5, "metadata: line 1 is malformed");
	malformed("a\0b\t1\n", 6, "metadata: line 1 is malformed");
	malformed("b\t1\na\t1\n", 8, "metadata: the keys do not ascend at a");
	malformed("b\t1\nb\t1\n", 8, "metadata: the keys do not ascend at b");
}

static void merged(const char *a, const char *b, const char *want)
{
	struct rec_meta x = parsed(a), y = parsed(b);
	struct rec_err e = { 0 };

	CHECK(rec_meta_merge(&x, &y, &e) == 0);
	reads_as(&x, want);
	rec_meta_free(&y);
}

static void not_merged(const char *a, const char *b, const char *message)
{
	struct rec_meta x = parsed(a), y = parsed(b);
	struct rec_err e = { 0 };

	CHECK(rec_meta_merge(&x, &y, &e) == -1 && strcmp(e.msg, message) == 0);
	rec_meta_free(&x);
	rec_meta_free(&y);
}

#define D1 "ffffffffffffffff0000000000000001"
#define D2 "00000000000000020123456789abcdef"

static void test_merge(void)
{
	merged("a\t1\ndigest\t" D1 "\n", "a\t1\ndigest\t" D1 "\n", "a\t1\ndigest\t" D1 "\n");
	merged("cells\t5\ndigest\t" D1 "\nshards\t1\n", "cells\t6\ndigest\t" D2 "\nshards\t2\n",
	       "cells\t11\ndigest\t00000000000000010123456789abcdf0\nshards\t3\n");
	merged("shards\t1\nusers\t5\n", "shards\t1\nusers\t6\n", "shards\t2\nusers\t11\n");
	not_merged("users\t1\n", "users\t2\n", "metadata: users is 1 in one part and 2 in another");
	not_merged("reg\t1\n", "reg\t2\n", "metadata: reg is 1 in one part and 2 in another");
	not_merged("cells\t1\n", "cells\t2\n", "metadata: cells is 1 in one part and 2 in another");
	not_merged("reg\t1\n", "", "metadata: one part has no reg");
	not_merged("", "reg\t1\n", "metadata: one part has no reg");
	not_merged("digest\t" D1 "\nshards\t1\n", "digest\tx\nshards\t1\n",
		   "metadata: digest: not 32 hexadecimal digits");
	not_merged("cells\t18446744073709551615\nshards\t1\n", "cells\t1\nshards\t1\n",
		   "metadata: cells is too large");
}

int main(void)
{
	test_set();
	test_parse();
	test_merge();
	return finished("meta");
}
