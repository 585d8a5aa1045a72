/* SPDX-License-Identifier: MIT */
/*
 * Numbers against the C library: parsing against strtof and strtod, printing
 * against the shortest of %.1g .. %.17g that reads back.
 */
#include "io/num.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "check.h"

static void check(int ok, const char *what, const char *text)
{
	CHECK(ok, "%s: '%s'", what, text);
}

static float float_of(uint32_t bits)
{
	float x;

	memcpy(&x, &bits, sizeof x);
	return x;
}

static double double_of(uint64_t bits)
{
	double x;

	memcpy(&x, &bits, sizeof x);
	return x;
}

static void parse_f32(const char *s)
{
	float x = 7, want = strtof(s, NULL);
	enum rec_num rc = rec_num_f32(s, strlen(s), &x);

	if (isfinite(want))
		check(rc == REC_NUM_OK && memcmp(&x, &(float){ want + 0.0f }, 4) == 0,
		      "float differs from strtof", s);
	else
		check(rc == REC_NUM_RANGE, "float should be out of range", s);
}

static void parse_f64(const char *s)
{
	double x = 7, want = strtod(s, NULL);
	enum rec_num rc = rec_num_f64(s, strlen(s), &x);

	if (isfinite(want))
		check(rc == REC_NUM_OK && memcmp(&x, &(double){ want + 0.0 }, 8) == 0,
		      "double differs from strtod", s);
	else
		check(rc == REC_NUM_RANGE, "double should be out of range", s);
}

static void parse_both(const char *s)
{
	parse_f32(s);
	parse_f64(s);
}

/* Digits that count, and none else: 0.00120 has 2. */
static int significant(const char *s)
{
	int n = 0, zeros = 0;

	for (; *s && *s != 'e'; s++) {
		if (*s < '0' || *s > '9' || (n == 0 && *s == '0'))
			continue;
		n++;
		zeros = *s == '0' ? zeros + 1 : 0;
	}
	return n - zeros;
}

static void print_f32(float x)
{
	char got[REC_NUM_MAX + 1], ref[64];
	float back = 0;
	size_t n = rec_num_put_f32(got, x);
	int digits = 1, mine;

	got[n] = '\0';
	check(rec_num_f32(got, n, &back) == REC_NUM_OK && back == x && strtof(got, NULL) == x,
	      "float does not read back", got);
	do
		snprintf(ref, sizeof ref, "%.*e", digits - 1, (double)x);
	while (strtof(ref, NULL) != x && digits++ < 9);
	mine = significant(got);
	check(mine <= significant(ref), "float is not the shortest", got);
	if (mine == significant(ref))
		check(strtod(got, NULL) == strtod(ref, NULL), "float is not the closest", got);
}

static void print_f64(double x)
{
	char got[REC_NUM_MAX + 1], ref[64];
	double back = 0;
	size_t n = rec_num_put_f64(got, x);
	int digits = 1;

	got[n] = '\0';
	check(rec_num_f64(got, n, &back) == REC_NUM_OK && back == x && strtod(got, NULL) == x,
	      "double does not read back", got);
	do
		snprintf(ref, sizeof ref, "%.*e", digits - 1, x);
	while (strtod(ref, NULL) != x && digits++ < 17);
	check(significant(got) <= significant(ref), "double is not the shortest", got);
}

static void prints(double x, const char *want32, const char *want64)
{
	char got[REC_NUM_MAX + 1];

	if (want32) {
		got[rec_num_put_f32(got, (float)x)] = '\0';
		check(strcmp(got, want32) == 0, want32, got);
	}
	if (want64) {
		got[rec_num_put_f64(got, x)] = '\0';
		check(strcmp(got, want64) == 0, want64, got);
	}
}

static void test_format(void)
{
	prints(0, "0", "0");
	prints(-0.0, "0", "0");
	prints(1, "1", "1");
	prints(-1, "-1", "-1");
	prints(0.1, "0.1", "0.1");
	prints(-0.25, "-0.25", "-0.25");
	prints(4.5, "4.5", "4.5");
	prints(0.00012, "0.00012", "0.00012");
	prints(1e-5, "0.00001", "0.00001");
	prints(9.9e-6, "9.9e-06", "9.9e-06");
	prints(1.5e-7, "1.5e-07", "1.5e-07");
	prints(1e-10, "1e-10", "1e-10");
	prints(123456.7, "123456.7", "123456.7");
	prints(1700000050, "1700000000", "1700000050");
	prints(1700000050.125, NULL, "1700000050.125");
	prints(1e14, "100000000000000", "100000000000000");
	prints(999999999999999, NULL, "999999999999999");
	prints(1e15, "1e+15", "1e+15");
	prints(1.5e15, "1.5e+15", "1.5e+15");
	prints(9007199254740993.0, NULL, "9.007199254740992e+15");
	prints(1e38, "1e+38", "1e+38");
	prints(FLT_MAX, "3.4028235e+38", "3.4028234663852886e+38");
	prints(FLT_MIN, "1.1754944e-38", "1.1754943508222875e-38");
	prints(1e-45, "1e-45", "1e-45");
	prints(DBL_MAX, NULL, "1.7976931348623157e+308");
	prints(5e-324, NULL, "5e-324");
	prints(0.1 + 0.2, NULL, "0.30000000000000004");
	prints(1.0 / 3, "0.33333334", "0.3333333333333333");
	prints(16777216, "16777216", "16777216");
	prints(33554432, "33554432", "33554432");
}

static void bad(const char *s, size_t n, enum rec_num want)
{
	float f = 7;
	double d = 7;

	check(rec_num_f32(s, n, &f) == want && f == 7, "float: wrong answer to a bad number", s);
	check(rec_num_f64(s, n, &d) == want && d == 7, "double: wrong answer to a bad number", s);
}

static void test_bad(void)
{
	static const char *const texts[] = {
		"x7",	"7x", "nan",	      "NaN",   "inf", "-inf",  "infinity", "0x10",  "+",
		"-",	".",  "-.",	      "e5",    ".e5", "1e",    "1e+",	   "1e-",   "1e5.",
		"1e5x", " 1", "1 ",	      "1.2.3", "--1", "+-1",   "1,5",	   "1_000", "1e 5",
		"1d5",	"1f", "\xef\xbc\x91", "..",    "1..", "1e5e5", "1-",	   "1+1"
	};
	static const char *const good[] = { "1",
					    "+1",
					    "-1",
					    "1.",
					    ".5",
					    "-.5",
					    "+.5",
					    "0",
					    "-0",
					    "00",
					    "007",
					    "1e5",
					    "1E5",
					    "1e+5",
					    "1e-5",
					    "1.e5",
					    ".5e1",
					    "0.0",
					    "0e99999999999999999999",
					    "1e-99999999999999999999",
					    "-1e-400" };
	uint64_t u = 7;

	bad("", 0, REC_NUM_EMPTY);
	bad("1\0", 2, REC_NUM_BAD);
	bad("1e400", 5, REC_NUM_RANGE);
	bad("-1e400", 6, REC_NUM_RANGE);
	bad("1e99999999999999999999", 22, REC_NUM_RANGE);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		bad(texts[i], strlen(texts[i]), REC_NUM_BAD);
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		parse_both(good[i]);
	check(rec_num_u64("", 0, &u) == REC_NUM_EMPTY && rec_num_u64("-1", 2, &u) == REC_NUM_BAD &&
		      rec_num_u64("1.", 2, &u) == REC_NUM_BAD,
	      "u64", "bad");
	check(rec_num_u64("18446744073709551615", 20, &u) == REC_NUM_OK && u == UINT64_MAX, "u64",
	      "18446744073709551615");
	check(rec_num_u64("18446744073709551616", 20, &u) == REC_NUM_RANGE, "u64",
	      "18446744073709551616");
	check(rec_num_u64("99999999999999999999x", 21, &u) == REC_NUM_BAD, "u64",
	      "99999999999999999999x");
}

/*
 * Half way between floats, and a digit more or less far behind: double rounding
 * would show.
 */
static void test_halfway(void)
{
	char s[2000];

	for (uint64_t i = 0; i < 20000; i++) {
		uint32_t bits = (uint32_t)(rec_random(1, i) % 0x7f7fffff);
		double half = ((double)float_of(bits) + (double)float_of(bits + 1)) / 2;
		int n = snprintf(s, sizeof s, "%.160f", half);

		parse_f32(s);
		strcpy(s + n, "0000000000000000000000000001");
		parse_f32(s);
		snprintf(s, sizeof s, "%.20e", half);
		parse_f32(s);
		snprintf(s, sizeof s, "%.17e", nextafter(half, 0));
		parse_f32(s);
		snprintf(s, sizeof s, "%.17e", nextafter(half, 1e300));
		parse_f32(s);
	}
	/*
	 * the largest double's half-way point upwards, 309 digits, then digits
	 * that decide it
	 */
	snprintf(s, sizeof s, "%s",
		 "179769313486231580793728971405303415079934132710037826936173778980444968292764750"
		 "946649017977587207096330286416692887910946555547851"
		 "940402630657488671505820681908902000708383676273854845817711531764475730270069855"
		 "57136695962284291481986083493647529271907416844436551"
		 "0704342711559699508093042880");
	parse_f64(s);
	strcat(s, ".0");
	parse_f64(s);
	parse_f64("17976931348623158079372897140530341507993413271003782693617377898044496829276475"
		  "0946649017977587207096330286416692887910946555547851"
		  "94040263065748867150582068190890200070838367627385484581771153176447573027006985"
		  "557136695962284291481986083493647529271907416844436551"
		  "0704342711559699508093042879.99999999999999999999999999999");
	parse_f32("3.40282356e38");
	parse_f32("3.4028235677973366163753939545814e38");
	parse_f32("3.4028235677973366163753939545813e38");
	parse_f32("7.006492321624085354618e-46");
	parse_f32("7.006492321624085354619e-46");
}

static void test_long(void)
{
	size_t n = 3000000;
	char *s = malloc(n + 64);
	double x = 0;
	float f = 0;

	if (!s)
		exit(1);
	memset(s, '0', n);
	s[0] = '1';
	strcpy(s + n, "e-2999998");
	check(rec_num_f64(s, strlen(s), &x) == REC_NUM_OK && x == 10, "a long number",
	      "1000...e-2999998");
	memset(s, '0', n);
	s[1] = '.';
	strcpy(s + n, "25e2999999");
	check(rec_num_f32(s, strlen(s), &f) == REC_NUM_OK && f == 2.5f, "a long number",
	      "0.000...25e2999999");
	memset(s, '9', n);
	strcpy(s + n, "e-2999999");
	check(rec_num_f64(s, strlen(s), &x) == REC_NUM_OK && x == 10, "a long number",
	      "999...e-2999999");
	/* 1 + 2^-53 lies half way; a 1 after a thousand zeros more decides */
	s[0] = '\0';
	strcpy(s, "1.00000000000000011102230246251565404236316680908203125");
	check(rec_num_f64(s, strlen(s), &x) == REC_NUM_OK && x == 1, "half way to even", s);
	memset(s + strlen(s), '0', 1000);
	strcpy(s + 1055, "1");
	check(rec_num_f64(s, strlen(s), &x) == REC_NUM_OK && x == 1 + DBL_EPSILON,
	      "a digit far behind", "1.000...1");
	free(s);
}

static void test_random_text(void)
{
	char s[64];

	for (uint64_t i = 0; i < 200000; i++) {
		uint64_t r = rec_random(2, i), m = rec_random(3, i) >> (r & 63);
		int n, point;

		n = snprintf(s, sizeof s, "%" PRIu64, m);
		point = (int)(r >> 8 & 31);
		if (point < n) {
			memmove(s + point + 1, s + point, (size_t)(n - point) + 1);
			s[point] = '.';
		}
		parse_both(s);
		snprintf(s + strlen(s), 16, "e%d", (int)(r >> 16 & 127) - 64);
		parse_both(s);
	}
	for (int i = 0; i < 100000; i++) {	/* prices, ratings, seconds with a fraction */
		snprintf(s, sizeof s, "%d.%02d", i / 100, i % 100);
		parse_both(s);
		print_f32(strtof(s, NULL));
		print_f64(strtod(s, NULL));
		snprintf(s, sizeof s, "17000%05d.%03d", i, i % 1000);
		parse_both(s);
	}
}

static void test_print(void)
{
	for (uint64_t i = 0; i < 600000; i++) {
		uint32_t bits = (uint32_t)rec_random(4, i);
		float x = float_of(bits);

		if (isfinite(x))
			print_f32(x);
	}
	/* both sides of every power of two, where the spacing changes */
	for (uint32_t exponent = 0; exponent < 255; exponent++)
		for (uint32_t i = 0; i < 16; i++)
			print_f32(float_of((exponent << 23) + i - 8 * (exponent > 0)));
	for (uint32_t i = 0; i < 200000; i++)
		print_f32((float)i / 64);
	for (uint64_t i = 0; i < 30000; i++) {
		double x = double_of(rec_random(5, i));

		if (isfinite(x))
			print_f64(x);
		print_f64(rec_unit(rec_random(6, i)) * 2e9);
		print_f64((double)(rec_random(7, i) >> 11) / 1000);
	}
	for (uint64_t exponent = 0; exponent < 2047; exponent++)
		print_f64(double_of(exponent << 52));
}

/* text as a value and as a time: whether digits are lost. */
static void loses(const char *text, bool value, bool time)
{
	bool v = false, t = false;
	float f;
	double d;

	check(rec_num_value(text, strlen(text), &f, &v) == REC_NUM_OK && v == value,
	      "digits of a value", text);
	check(rec_num_time(text, strlen(text), &d, &t) == REC_NUM_OK && t == time,
	      "digits of a time", text);
}

static void test_lost(void)
{
	loses("0", false, false);
	loses("-0.000e99", false, false);
	loses("5", false, false);
	loses("0.1", false, false);
	loses("1.50000000000000000000", false, false);
	loses("16777216", false, false);
	loses("16777217", true, false);
	loses("-16777217", true, false);
	loses("1700000050", true, false);
	loses("1099511627776", true, false);	/* 2^40 fits, but is printed as 1099511600000 */
	loses("0.92226213", false, false);
	loses("0.92226214", true, false);
	loses("0.100000001", true, false);	/* printed with %.9g */
	loses("0.30000000000000004", true, false);
	loses("0.10000000000000001", true, false);	/* 0.1 printed with %.17g */
	loses("0.1000000000000000055511151231257827", true, false);
	loses("0.92226214000000001", true, true);
	loses("9007199254740992", true, false);
	loses("9007199254740993", true, true);
	loses("1700000000000000000", false, false);
	loses("1700000000000000100", true, true);
	loses("1700000000.1234567", true, false);
	loses("1700000000.12345678", true, true);
	loses("1e-60", true, false);
	loses("1e-46", true, false);
	loses("1e-45", false, false);
	loses("1.17549435e-38", true, false);
	loses("1.1754944e-38", false, false);
	loses("4.9e-324", true, false);
	loses("5e-324", true, false);
	loses("0.00000000000000000000000000000000000000000000000000000000000000000001000", true,
	      false);
	loses("12345678901234567890123", true, true);
	check(rec_num_hash("1.50", 4) == rec_num_hash("+0015e-1", 8), "the same number", "1.50");
	check(rec_num_hash("1.50", 4) != rec_num_hash("-1.5", 4) &&
		      rec_num_hash("1.5", 3) != rec_num_hash("15", 2),
	      "other numbers", "1.5");
	check(rec_num_hash("1700000000000000100", 19) != rec_num_hash("1700000000000000101", 19),
	      "other numbers", "1700000000000000101");
	check(rec_num_as_written(0.1f) == 0.1 && rec_num_as_written(1e9f) == 1e9,
	      "the double of the shortest text", "0.1");
}

/* Short ones have ways of their own: the same numbers as by the long way. */
static void test_short(void)
{
	for (uint64_t i = 0; i < 300000; i++) {
		size_t n = 1 + rec_random(8, i) % 16;
		enum rec_num want, got;
		double d = 0, time = 0;
		float f = 0, value = 0;
		bool lost = false;
		char s[20];

		for (size_t k = 0; k < n; k++)
			s[k] = (char)('0' + rec_random(9, 16 * i + k) % 10);
		if (i % 4 == 0)
			s[rec_random(10, i) % n] = i % 8 ? '.' : (char)rec_random(11, i);
		s[n] = '\0';
		want = rec_num_f64(s, n, &d);
		got = rec_num_time(s, n, &time, &lost);
		check(got == want && (got != REC_NUM_OK || time == d), "a time", s);
		want = rec_num_f32(s, n, &f);
		got = rec_num_value(s, n, &value, &lost);
		check(got == want && (got != REC_NUM_OK || value == f), "a value", s);
	}
}

int main(void)
{
	test_lost();
	test_short();
	test_format();
	test_bad();
	test_halfway();
	test_long();
	test_random_text();
	test_print();
	return finished("num");
}
