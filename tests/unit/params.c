/* SPDX-License-Identifier: MIT */
/*
 * A table of parameters of every kind: defaults, needs, to metadata and back,
 * and what is refused there. Then what every table keeps to, rec-als's and
 * rec-sim's.
 */
#include <stdio.h>
#include <string.h>

#include "als/options.h"
#include "check.h"
#include "model/params.h"
#include "sim/options.h"

struct settings {
	uint32_t count;
	uint64_t seed;
	double width, share, list[3];
	bool flag, on, second;
	unsigned way;
};

static const char *const ways[] = { "walk", "run", "ride", NULL };
static const char *const answers[] = { "no", "yes", NULL };
static const char *const sides[] = { "left", "right", NULL };

#define AT(field, type) REC_PARAM_AT(struct settings, field, type)

static const struct rec_param table[] = {
	/* needs the row behind it, which needs one behind that */
	{ .name = "count", .arg = "N", .kind = REC_PARAM_U32, .at = AT(count, uint32_t), .lo = 1,
	  .hi = 9, .init = { 3 }, .need = { { "flag", 1 << 1 }, { "way", 1 << 0 | 1 << 2 } } },
	{ .name = "way", .arg = "WAY", .kind = REC_PARAM_CHOICE, .at = AT(way, unsigned),
	  .choices = ways, .init = { 1 }, .need = { { "flag", 1 << 1 } } },
	{ .name = "flag", .kind = REC_PARAM_FLAG, .at = AT(flag, bool), .key = "answer",
	  .choices = answers },
	{ .name = "no-on", .kind = REC_PARAM_UNFLAG, .at = AT(on, bool), .init = { 1 },
	  .key = "on" },
	{ .name = "share", .arg = "X", .kind = REC_PARAM_F64, .at = AT(share, double), .hi = 1,
	  .init = { 0.25 }, .need = { { "no-on", 1 << 0 } } },
	{ .name = "width", .arg = "X|auto", .kind = REC_PARAM_AUTO, .at = AT(width, double),
	  .hi = 10, .key_hi = 20, .init = { -1 } },
	{ .name = "list", .arg = "A,B,C", .kind = REC_PARAM_LIST, .at = AT(list[0], double),
	  .init = { 1, 0.5, 2 }, .hi = 4, .mask = 4 },
	{ .name = "side", .arg = "SIDE", .kind = REC_PARAM_EITHER, .at = AT(second, bool),
	  .choices = sides },
	{ .name = "seed", .kind = REC_PARAM_U64, .at = AT(seed, uint64_t), .hi = 0x1p64,
	  .init = { 7 }, .unkept = true },
	{ .name = NULL }
};

static struct rec_err err;

static void test_defaults(void)
{
	struct settings s = { 0 };
	char text[REC_PARAM_LIST_TEXT];

	rec_params_defaults(table, &s);
	CHECK(s.count == 3 && s.seed == 7 && s.width == -1 && s.share == 0.25 && s.way == 1,
	      "numbers and choices");
	CHECK(!s.flag && s.on && !s.second, "flags");
	CHECK(rec_param_count("A,B,C") == 3 && rec_param_count("N") == 1, "numbers of a list");
	rec_param_list_text(text, s.list, 3);
	CHECK(strcmp(text, "1,0.5,2") == 0, "list: %s", text);
}

static void test_needs(void)
{
	struct settings s = { 0 };
	const struct rec_param *count = rec_param_find(table, "count"),
			       *share = rec_param_find(table, "share");

	rec_params_defaults(table, &s);
	CHECK(strcmp(rec_param_unmet(table, count, &s)->name, "flag") == 0, "the first need");
	s.flag = true;
	CHECK(strcmp(rec_param_unmet(table, count, &s)->name, "way") == 0, "the second need");
	s.way = 2;
	CHECK(!rec_param_unmet(table, count, &s), "both needs are met");
	CHECK(!rec_param_unmet(table, share, &s), "--no-on is not given");
	s.on = false;
	CHECK(rec_param_unmet(table, share, &s), "--no-on is given");
	s.flag = false;
	rec_params_clear(table, &s);
	CHECK(s.count == 0 && s.way == 0 && s.share == 0 && s.width == -1 && s.seed == 7,
	      "what does not matter is 0, the rest stays");
}

static void test_metadata(void)
{
	struct rec_meta m = { 0 };
	struct settings s = { 0 }, t = { 0 };

	rec_params_defaults(table, &s);
	s.flag = s.second = true;
	s.on = false;
	s.way = 2;
	s.width = 0.1;
	MUST(rec_meta_set(&m, "algorithm", "test", &err), &err);
	MUST(rec_params_save(&m, table, &s, 0, &err), &err);
	CHECK(m.n == 7 && !rec_meta_get(&m, "share") && !rec_meta_get(&m, "seed") &&
		      !rec_meta_get(&m, "list"),
	      "%zu keys", m.n);
	CHECK(strcmp(rec_meta_get(&m, "answer"), "yes") == 0 &&
		      strcmp(rec_meta_get(&m, "on"), "0") == 0 &&
		      strcmp(rec_meta_get(&m, "way"), "ride") == 0 &&
		      strcmp(rec_meta_get(&m, "side"), "right") == 0,
	      "words");
	CHECK(rec_params_load(&t, table, &m, "test", &err) == -1 &&
		      strcmp(err.msg, "metadata lack list, which a model of rec-test has") == 0,
	      "%s", err.msg);
	err = (struct rec_err){ 0 };
	MUST(rec_params_save(&m, table, &s, 4, &err), &err);
	CHECK(strcmp(rec_meta_get(&m, "list"), "1,0.5,2") == 0, "list");
	t = (struct settings){ 0 };
	MUST(rec_params_load(&t, table, &m, "test", &err), &err);
	CHECK(t.flag && t.second && !t.on && t.way == 2 && t.count == 3 && t.width == 0.1 &&
		      t.share == 0 && t.seed == 0,
	      "what is read is what was written");
	rec_meta_free(&m);
}

static void refused(const char *key, const char *value, const char *message)
{
	struct rec_meta m = { 0 };
	struct settings s = { 0 };

	rec_params_defaults(table, &s);
	s.flag = true;
	s.way = 0;
	s.width = 1;
	MUST(rec_meta_set(&m, "algorithm", "test", &err), &err);
	MUST(rec_params_save(&m, table, &s, 4, &err), &err);
	MUST(rec_meta_set(&m, key, value, &err), &err);
	s = (struct settings){ 0 };
	CHECK(rec_params_load(&s, table, &m, "test", &err) == -1 && strcmp(err.msg, message) == 0,
	      "%s %s: %s", key, value, err.msg);
	err = (struct rec_err){ 0 };
	rec_meta_free(&m);
}

static unsigned needs_of(const struct rec_param *p)
{
	unsigned n = 0;

	while (n < REC_PARAM_NEEDS && p->need[n].name)
		n++;
	return n;
}

/* A need is a flag or choices of the same table, and is read first. */
static void check_needs(const struct rec_param *all, const struct rec_param *p)
{
	for (unsigned i = 0; i < needs_of(p); i++) {
		const struct rec_param *other = all;

		while (other->name && strcmp(other->name, p->need[i].name) != 0)
			other++;
		CHECK(other->name, "%s needs %s", p->name, p->need[i].name);
		CHECK(other->kind >= REC_PARAM_FLAG && needs_of(other) < needs_of(p),
		      "%s needs %s", p->name, p->need[i].name);
	}
}

static void check_table(const struct rec_param *all)
{
	for (const struct rec_param *p = all; p->name; p++) {
		bool flag = p->kind == REC_PARAM_FLAG || p->kind == REC_PARAM_UNFLAG,
		     words = p->kind == REC_PARAM_CHOICE || p->kind == REC_PARAM_EITHER;

		CHECK(!p->help || flag == !p->arg, "%s: an argument", p->name);
		CHECK(!words || p->choices, "%s: choices", p->name);
		CHECK(flag || words || p->lo < p->hi, "%s: range", p->name);
		CHECK(p->kind != REC_PARAM_EITHER || !p->choices[2], "%s: two choices", p->name);
		check_needs(all, p);
		for (const struct rec_param *q = all; q != p; q++)
			CHECK(strcmp(p->name, q->name) != 0 &&
				      (p->at != q->at || p->kind != q->kind) &&
				      (!p->letter || p->letter != q->letter),
			      "%s and %s", p->name, q->name);
	}
}

int main(void)
{
	check_table(table);
	check_table(rec_als_params);
	check_table(rec_sim_params);
	test_defaults();
	test_needs();
	test_metadata();
	refused("count", "10", "metadata: count is 10, not between 1 and 9");
	refused("count", "x", "metadata: count: 'x' is not a whole number");
	refused("share", "1.5", "metadata: share is 1.5, not between 0 and 1");
	refused("width", "21", "metadata: width is 21, not between 0 and 20");
	refused("on", "2", "metadata: on is 2, not between 0 and 1");
	refused("way", "fly",
		"metadata: way is 'fly', which is not known; was it made by a later version?");
	refused("algorithm", "als",
		"metadata: algorithm is 'als', which is not known; was it made by a later "
		"version?");
	return finished("params");
}
