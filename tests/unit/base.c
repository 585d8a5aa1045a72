/* SPDX-License-Identifier: MIT */
/*
 * base.c - XXH64 against the vectors of its specification, shards, messages,
 * buffers, keys of numbers, binary search, mappings.
 */
#include <fcntl.h>
#include <unistd.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/append.h"
#include "base/bits.h"
#include "base/far.h"
#include "base/hash.h"
#include "base/maps.h"
#include "base/mem.h"
#include "base/near.h"
#include "base/random.h"
#include "base/search.h"
#include "check.h"

static void hashes(void)
{
	CHECK(rec_hash("", 0, 0) == 0xef46db3751d8e999u, "XXH64 of nothing");
	CHECK(rec_hash("a", 1, 0) == 0xd24ec4f1a98c6e5bu, "XXH64 of a");
	CHECK(rec_hash("abc", 3, 0) == 0x44bc2cf5ad770999u, "XXH64 of abc");
	CHECK(rec_hash("\x9e", 1, 0) == 0x4fce394cc88952d8u, "XXH64 of one byte");
	CHECK(rec_hash("xxhash", 6, 20141025) == 0xb559b98d844e0635u, "XXH64 with a seed");
	CHECK(rec_hash("Call me Ishmael. Some years ago--never mind how long precisely-", 63, 0) ==
		      0x02a2e85470d6fd96u,
	      "XXH64 of 63 bytes");
}

/* The names that were meant by a word, with blanks between them. */
static const char *meant(const char *word)
{
	static const char *const names[] = { "top",	  "factors",   "iterations",
					     "init-sd",	  "init-from", "reg",
					     "reg-power", "keep-seen", "f1" };
	static char text[128];
	struct rec_near near;

	rec_near_begin(&near, word, strlen(word));
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		rec_near_try(&near, names[i]);
	*text = '\0';
	for (size_t i = 0; i < near.names; i++)
		strcat(strcat(text, i ? " " : ""), near.name[i]);
	return text;
}

static void nearest(void)
{
	static const struct { const char *word, *names;
	} cases[] = {
		{ "factor", "factors" },
		{ "fatcors", "factors" },
		{ "Factors", "factors" },
		{ "it", "iterations" },
		{ "iteratoins", "iterations" },
		{ "init", "init-sd init-from" },
		{ "KEEP_SEEN", "keep-seen" },
		{ "rge", "reg" },
		{ "tip", "top" },
		{ "zz", "" },
		{ "", "" },
		{ "--", "" },
		{ "embedding", "" },
		{ "f", "" },
		{ "F1", "f1" },
		{ "a-word-of-more-than-forty-eight-letters-without-its-dashes-is-near-to-nothing",
		  "" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		CHECK(strcmp(meant(cases[i].word), cases[i].names) == 0, "'%s': '%s'",
		      cases[i].word, meant(cases[i].word));
	CHECK(rec_near_same("max-iter", 8, "maxIter", 7) &&
		      !rec_near_same("max-iter", 8, "maxite", 6) && !rec_near_same("-", 1, "", 0),
	      "names alike");
}

static void suffixes(void)
{
	struct rec_err e = { 0 };
	char text[600];

	CHECK(rec_err_set(&e, REC_EDATA, "a") == -1 && rec_err_suffix(&e, "; %s", "b") == -1 &&
		      strcmp(e.msg, "a; b") == 0,
	      "'%s'", e.msg);
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	CHECK(rec_err_suffix(&e, "; %s", text) == -1 && strncmp(e.msg, "a; b; xx", 8) == 0 &&
		      strcmp(e.msg + sizeof e.msg - 4, "...") == 0,
	      "'%s'", e.msg);
}

static void shards(void)
{
	unsigned count[7] = { 0 };
	char label[16];

	for (unsigned i = 0; i < 7000; i++)
		count[rec_shard(label, (size_t)snprintf(label, sizeof label, "u%u", i), 7)]++;
	for (unsigned s = 0; s < 7; s++)
		CHECK(count[s] > 850 && count[s] < 1150, "shards are even");
	CHECK(rec_shard("u1", 2, 1) == 0, "one shard");
}

static void messages(void)
{
	struct rec_err e = { 0 };
	char big[2000];

	CHECK(rec_err_set(&e, REC_EDATA, "a%s", "\tb\n") == -1 && strcmp(e.msg, "a?b?") == 0,
	      "one line");
	CHECK(rec_err_set(&e, REC_EIO, "later") == -1 && e.code == REC_EDATA,
	      "the first failure stays");
	rec_err_prefix(&e, "file: ");
	CHECK(strcmp(e.msg, "file: a?b?") == 0, "prefix");
	memset(big, 'x', sizeof big);
	big[sizeof big - 1] = '\0';
	e = (struct rec_err){ 0 };
	rec_err_set(&e, REC_EDATA, "%s", big);
	CHECK(strlen(e.msg) == sizeof e.msg - 1 && strcmp(e.msg + sizeof e.msg - 4, "...") == 0,
	      "long messages are cut");
	e = (struct rec_err){ 0 };
	rec_err_errno(&e, ENOENT, "f");
	CHECK(e.code == REC_EDATA && strcmp(e.msg, "f: No such file or directory") == 0, "ENOENT");
	e = (struct rec_err){ 0 };
	rec_err_errno(&e, ENOSPC, "f");
	CHECK(e.code == REC_EIO, "ENOSPC");
}

static void memory(void)
{
	struct rec_err e = { 0 };
	struct rec_buf b = { 0 };

	CHECK(rec_alloc(SIZE_MAX / 2, 4, &e) == NULL && e.code == REC_ENOMEM, "overflow");
	e = (struct rec_err){ 0 };
	for (int i = 0; i < 1000; i++)
		CHECK(rec_buf_printf(&b, &e, "%d,", i) == 0, "printf");
	CHECK(b.n == 3890 && strncmp(b.p, "0,1,2,", 6) == 0 && b.p[b.n] == '\0', "buffer");
	rec_buf_free(&b);
}

static void keys(void)
{
	static const double ascending[] = { -1e300, -2.5,   -1, -1e-300, -0.0,
					    0.0,    1e-300, 1,	2.5,	 1e300 };
	enum { N = sizeof ascending / sizeof *ascending };

	for (size_t i = 0; i < N; i++) {
		uint64_t key = rec_key64(rec_bits64(ascending[i]));
		float f = (float)ascending[i];

		CHECK(rec_float64(rec_unkey64(key)) == ascending[i] &&
			      rec_float32(rec_unkey32(rec_key32(rec_bits32(f)))) == f,
		      "%g and back", ascending[i]);
		CHECK(i == 0 || rec_key64(rec_bits64(ascending[i - 1])) < key, "%g ascends",
		      ascending[i]);
		CHECK(i == 0 || rec_key32(rec_bits32((float)ascending[i - 1])) <=
					rec_key32(rec_bits32(f)),
		      "%g ascends", ascending[i]);
	}
}

/*
 * Pieces in every room, one after the other: what fits is there, nothing is
 * written behind the room.
 */
static void appended(void)
{
	static const char whole[] = "one, two 2, three";

	for (size_t room = 1; room < sizeof whole + 3; room++) {
		char text[32];
		size_t n;

		memset(text, 'x', sizeof text);
		n = rec_append(text, room, 0, "%s", "one");
		n = rec_append(text, room, n, ", %s %d", "two", 2);
		n = rec_append(text, room, n, "%s", "");
		n = rec_append(text, room, n, ", three");
		CHECK(n == (room < sizeof whole ? room : sizeof whole) - 1 && text[n] == '\0' &&
			      memcmp(text, whole, n) == 0,
		      "room %zu: %zu", room, n);
		for (size_t i = room; i < sizeof text; i++)
			CHECK(text[i] == 'x', "room %zu: byte %zu", room, i);
	}
}

/* A temporary file is no child's, and what can't be made says where and why. */
static void spill_files(void)
{
	struct rec_spill here = { .dir = "/tmp" }, nowhere = { .dir = "/no/such/folder" };
	struct rec_err e = { 0 };
	int fd;

	CHECK(rec_spill_open(&here, &fd, &e) == 0 && (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0, "%s",
	      e.msg);
	close(fd);
	CHECK(rec_spill_open(&nowhere, &fd, &e) == -1 && fd == -1, "no folder");
	CHECK(strcmp(e.msg,
		     "temporary file in /no/such/folder (TMPDIR): No such file or directory") == 0,
	      "%s", e.msg);
}

static void searches(void)
{
	static const uint32_t x[] = { 1, 3, 3, 7 };
	static const uint64_t y[] = { 1, 3, 3, 7 };

	for (uint32_t v = 0; v < 9; v++) {
		uint64_t want = 0;

		while (want < 4 && x[want] < v)
			want++;
		CHECK(rec_search32(x, 0, 4, v) == want && rec_search64(y, 0, 4, v) == want,
		      "first that is at least %u", v);
	}
	CHECK(rec_search32(x, 2, 2, 0) == 2 && rec_search32(NULL, 0, 0, 5) == 0);
}

static void maps(void)
{
	static const char area[1000];
	struct rec_maps m = { NULL };
	struct rec_err e = { 0 };
	struct rec_map *a, *b = NULL, *none;

	CHECK(!rec_maps_hold(&m, area), "empty");
	CHECK(rec_maps_take(NULL, &none, &e) == 0 && !none, "nobody asks");
	rec_maps_set(none, area, 10);
	rec_maps_drop(none);
	CHECK(rec_maps_take(&m, &a, &e) == 0 && rec_maps_take(&m, &b, &e) == 0 && a != b, "two");
	CHECK(!rec_maps_hold(&m, area) && !rec_maps_hold(&m, NULL), "taken, but not mapped");
	rec_maps_set(a, area + 100, 100);
	rec_maps_set(b, area + 300, 1);
	CHECK(rec_maps_hold(&m, area + 100) && rec_maps_hold(&m, area + 199) &&
		      rec_maps_hold(&m, area + 300),
	      "inside");
	CHECK(!rec_maps_hold(&m, area + 99) && !rec_maps_hold(&m, area + 200) &&
		      !rec_maps_hold(&m, area + 301) && !rec_maps_hold(&m, NULL),
	      "outside");
	rec_maps_drop(a);
	CHECK(!rec_maps_hold(&m, area + 100) && rec_maps_hold(&m, area + 300), "one is gone");
	CHECK(rec_maps_take(&m, &none, &e) == 0 && none == a, "used again");
	rec_maps_free(&m);
	CHECK(!rec_maps_hold(&m, area + 300), "all are gone");
}

int main(void)
{
	hashes();
	nearest();
	suffixes();
	shards();
	messages();
	memory();
	keys();
	searches();
	appended();
	spill_files();
	maps();
	CHECK(rec_below(UINT64_MAX, 10) == 9 && rec_below(0, 10) == 0, "below");
	CHECK(rec_unit(0) > 0 && rec_unit(UINT64_MAX) < 1, "unit");
	return finished("base");
}
