/* SPDX-License-Identifier: MIT */
#include "io/looks_words.h"

#include <string.h>
#include <strings.h>

/*
 * Lower case without what parts words, up to a colon (RecBole's user_id:token);
 * 0 where it is too long for a name.
 */
static size_t plain_name(char to[40], const char *s, size_t n)
{
	size_t got = 0;

	*to = '\0';
	for (size_t i = 0; i < n && s[i] != ':'; i++) {
		if (strchr("_- .\"'", s[i]))
			continue;
		if (got == 39 || (unsigned char)s[i] > 126) {
			*to = '\0';
			return 0;
		}
		to[got++] = s[i] >= 'A' && s[i] <= 'Z' ? (char)(s[i] + 'a' - 'A') : s[i];
	}
	to[got] = '\0';
	return got;
}

/*
 * A word of the list (between blanks), with or without "s", "id", "ids",
 * "name", "no", "code", "key", "number", "title" after it.
 */
static bool among(const char *name, size_t n, const char *list)
{
	static const char *const behind[] = { "",    "s",     "id",   "ids",	"name",
					      "no",  "code",  "key",  "number", "title",
					      "idx", "index", "uuid", "hash" };

	for (size_t len; *list; list += len + (list[len] == ' ')) {
		len = strcspn(list, " ");
		if (n < len || memcmp(name, list, len) != 0)
			continue;
		for (size_t i = 0; i < sizeof behind / sizeof *behind; i++)
			if (strcmp(name + len, behind[i]) == 0)
				return true;
	}
	return false;
}

static const char user_words[] =
	"user customer cust client visitor viewer reader listener player member account person "
	"people session buyer shopper reviewer "
	"rater profile subscriber patient household learner student device cookie follower author "
	"owner basket order playlist query row source uid guid sid";
static const char item_words[] =
	"item product prod movie film book isbn asin song track artist album game article news sku "
	"stock business place venue "
	"location poi show anime series recipe job video content doc document page url title tag "
	"category brand offer ad listing "
	"event course question problem skill ingredient food dish drink wine app channel podcast "
	"episode image photo picture post tweet "
	"repo repository library paper friend followee merchant store shop provider service "
	"property car merchandise ean gtin upc "
	"hotel restaurant beer package pkg dependency col column target iid mid pid";

bool rec_looks_header(const char *row, size_t row_len, const char *col, size_t col_len)
{
	char a[40], b[40];
	size_t na = plain_name(a, row, row_len), nb = plain_name(b, col, col_len);

	if (na == 0 || nb == 0)
		return false;
	return (among(a, na, user_words) && among(b, nb, item_words)) ||
	       (among(a, na, item_words) && among(b, nb, user_words)) ||
	       (na > 3 && nb > 3 && strcmp(a + na - 2, "id") == 0 &&
		strcmp(b + nb - 2, "id") == 0 &&
		among(a, na, user_words) + among(b, nb, item_words) > 0);
}

bool rec_looks_missing(const char *s, size_t n)
{
	static const char *const missing[] = { "null", "\\N", "na", "n/a", "nan", "none" };

	if (n == 0)
		return true;
	for (size_t i = 0; i < sizeof missing / sizeof *missing; i++)
		if (n == strlen(missing[i]) && strncasecmp(s, missing[i], n) == 0)
			return true;
	return false;
}

bool rec_looks_comma(const char *s, size_t n)
{
	bool digit = false;

	for (size_t i = 0; i < n; i++) {
		if (!strchr("0123456789,.+-", s[i]) || s[i] == '\0')
			return false;
		digit |= s[i] >= '0' && s[i] <= '9';
	}
	return digit && memchr(s, ',', n);
}

bool rec_looks_name(const char *s, size_t n)
{
	static const char *const values[] = { "true", "false", "inf", "infinity" };
	char name[40];
	size_t letters = plain_name(name, s, n);

	for (size_t i = 0; i < sizeof values / sizeof *values; i++)
		if (strcmp(name, values[i]) == 0)
			return false;
	for (size_t i = 0; i < letters; i++)
		if (name[i] < 'a' || name[i] > 'z')
			return false;
	return letters > 0 && !rec_looks_missing(s, n);
}

bool rec_looks_time(const char *name, size_t n)
{
	char a[40];
	size_t na = plain_name(a, name, n);

	return na > 0 && (strstr(a, "time") || strstr(a, "date") || strcmp(a, "ts") == 0 ||
			  strcmp(a, "unix") == 0 || strcmp(a, "when") == 0);
}
