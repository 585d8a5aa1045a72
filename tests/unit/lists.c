/* SPDX-License-Identifier: MIT */
/*
 * lists: rank order, what counts as having no scores, writing, as text and as
 * recmat.
 */
#include <math.h>

#include "base/pool.h"
#include "recpipe/matrix.h"
#include "matrix_check.h"
#include "recmat/recmat.h"

static struct rec_err err;
static struct rec_pool *pool[2];	/* 1 and 4 threads */
static char dir[] = "/tmp/lists-unit-XXXXXX";
static char in_path[64], out_path[64];

static int load_path(struct rec_lists *l, const char *path, struct rec_pool *p, struct rec_err *e)
{
	struct rec_in *in;

	MUST(rec_in_open(&in, path, &err), &err);
	return rec_lists_load(l, in, false, p, e);
}

static int load(struct rec_lists *l, const char *text, struct rec_err *e)
{
	write_file(in_path, text, strlen(text));
	return load_path(l, in_path, pool[1], e);
}

static void save(const struct rec_lists *l, bool binary)
{
	struct rec_out *out;

	MUST(rec_out_open(&out, out_path, &err), &err);
	MUST(rec_lists_write(out, l, binary, pool[1], &err), &err);
	MUST(rec_out_finish(out, &err), &err);
	MUST(rec_out_commit(out, &err), &err);
	rec_out_free(out);
}

static void is_text(const struct rec_lists *l, const char *want)
{
	size_t n;
	char *got;

	save(l, false);
	got = read_file(out_path, &n);
	CHECK(n == strlen(want) && memcmp(got, want, n) == 0, "wrote\n%.*snot\n%s", (int)n, got,
	      want);
	free(got);
}

/* From text and from the recmat made of it. */
static void expect(const char *text, const char *want)
{
	struct rec_lists l, b;

	MUST(load(&l, text, &err), &err);
	is_text(&l, want);
	save(&l, true);
	MUST(load_path(&b, out_path, pool[1], &err), &err);
	is_text(&b, want);
	rec_lists_free(&b);
	rec_lists_free(&l);
}

static void test_order(void)
{
	expect("", "");
	expect("b\tx\t1\nb\ty\t2\na\tz\t-1\na\tzz\t0\na\ty\t-1\na\tx\t1e9\n",
	       "a\tx\t1000000000\na\tzz\t0\na\ty\t-1\na\tz\t-1\nb\ty\t2\nb\tx\t1\n");
	expect("a\tx\t-0\na\tw\t0\na\tb\t1\n", "a\tb\t1\na\tw\t0\na\tx\t0\n");
	expect("a\tx\nb\tx\n", "a\tx\t1\nb\tx\t1\n");
	expect("a\tx\t3\na\ty\t3\nb\tx\t2\nb\ty\t1\n", "a\tx\t3\na\ty\t3\nb\tx\t2\nb\ty\t1\n");
}

static void test_twice(void)
{
	struct rec_lists l;
	struct rec_err e = { 0 };
	char want[128];

	CHECK(load(&l, "b\tx\t1\na\tx\t2\na\tx\t3\n", &e) == -1 && l.row.n == 0,
	      "a pair twice is taken");
	snprintf(want, sizeof want, "%s: pair 'a' 'x' appears twice", in_path);
	CHECK(strcmp(e.msg, want) == 0, "'%s'", e.msg);
}

/*
 * Lists as rec-topn makes them: rows without entries and columns that no list
 * holds are left out.
 */
static void test_unused(void)
{
	static const uint64_t row_off[] = { 0, 1, 2, 3 }, col_off[] = { 0, 1, 2, 3, 4 },
			      ptr[] = { 0, 2, 2, 3 };
	static const uint32_t idx[] = { 3, 1, 1 };
	static const float score[] = { 5, 4, 1 };
	struct rec_lists l = { .row = { .n = 3, .off = row_off, .bytes = "abc" },
			       .col = { .n = 4, .off = col_off, .bytes = "wxyz" },
			       .nnz = 3,
			       .ptr = ptr,
			       .col_idx = idx,
			       .score = score };
	struct rec_lists got;
	float nan = NAN;
	struct rec_err e = { 0 };
	struct rec_out *out;

	is_text(&l, "a\tz\t5\na\tx\t4\nc\tx\t1\n");
	save(&l, true);
	MUST(load_path(&got, out_path, pool[0], &err), &err);
	CHECK(got.row.n == 2 && got.col.n == 2 && got.nnz == 3, "%u rows, %u columns", got.row.n,
	      got.col.n);
	is_text(&got, "a\tz\t5\na\tx\t4\nc\tx\t1\n");
	rec_lists_free(&got);
	l.nnz = 1;
	l.row.n = 1;
	l.score = &nan;
	MUST(rec_out_open(&out, out_path, &err), &err);
	CHECK(rec_lists_write(out, &l, false, NULL, &e) == -1, "NaN is written");
	rec_out_free(out);
}

/*
 * Many lists: what is loaded on 1 and 4 threads, from text and recmat, is in
 * rank order and the same.
 */
static void test_many(void)
{
	size_t cap = 1 << 20, n = 0;
	char *text = malloc(cap);
	struct rec_lists l[3];
	size_t bad = 0;

	for (int u = 0; u < 700; u++)
		for (uint64_t i = 0, k = draw(60); i < k; i++)
			n += (size_t)snprintf(text + n, cap - n, "u%d\ti%lu-%lu\t%d\n", u,
					      (unsigned long)draw(3), (unsigned long)i,
					      (int)draw(9) - 4);
	write_file(in_path, text, n);
	for (int p = 0; p < 2; p++)
		MUST(load_path(&l[p], in_path, pool[p], &err), &err);
	save(&l[0], true);
	MUST(load_path(&l[2], out_path, pool[1], &err), &err);
	for (int p = 1; p < 3; p++)
		CHECK(same_labels(&l[0].row, &l[p].row) && same_labels(&l[0].col, &l[p].col) &&
			      l[0].nnz == l[p].nnz &&
			      memcmp(l[0].ptr, l[p].ptr, (l[0].row.n + (size_t)1) * 8) == 0 &&
			      memcmp(l[0].col_idx, l[p].col_idx, l[0].nnz * 4) == 0 &&
			      memcmp(l[0].score, l[p].score, l[0].nnz * 4) == 0,
		      "lists differ (%d)", p);
	for (uint32_t r = 0; r < l[0].row.n; r++)
		for (uint64_t i = l[0].ptr[r] + 1; i < l[0].ptr[r + 1]; i++)
			bad += l[0].score[i] > l[0].score[i - 1] ||
			       (l[0].score[i] == l[0].score[i - 1] &&
				l[0].col_idx[i] <= l[0].col_idx[i - 1]);
	CHECK(bad == 0, "%zu entries out of order", bad);
	for (int p = 0; p < 3; p++)
		rec_lists_free(&l[p]);
	free(text);
}

/*
 * A recmat in rank order is used where it lies, and becomes ours when it is
 * cut; not so one whose order says more than its scores.
 */
static void test_where_it_lies(void)
{
	static const struct {
		const char *text, *cut;
		bool ours;
	} cases[] = {
		{ "a\tx\t3\na\ty\t3\na\tz\t1\nb\tz\t2\n", "a\tx\t3\na\ty\t3\nb\tz\t2\n",
		  false },
		{ "a\tz\t0.1000000001\na\ty\t0.1\nb\tx\t-1\n",
		  "a\tz\t0.1\na\ty\t0.09999999999999999\nb\tx\t-1\n", true },
		{ "a\tx\nb\tx\n", "a\tx\t1\nb\tx\t1\n", false },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct rec_lists l;

		MUST(load(&l, cases[i].text, &err), &err);
		save(&l, true);
		rec_lists_free(&l);
		MUST(load_path(&l, out_path, pool[1], &err), &err);
		CHECK((l.own[1] != NULL) == cases[i].ours, "case %zu", i);
		MUST(rec_lists_cut(&l, 2, &err), &err);
		is_text(&l, cases[i].cut);
		rec_lists_free(&l);
	}
}

int main(void)
{
	MUST(rec_pool_new(&pool[0], 1, &err), &err);
	MUST(rec_pool_new(&pool[1], 4, &err), &err);
	if (!mkdtemp(dir))
		return 1;
	snprintf(in_path, sizeof in_path, "%s/in", dir);
	snprintf(out_path, sizeof out_path, "%s/out", dir);
	test_order();
	test_twice();
	test_unused();
	test_many();
	test_where_it_lies();
	unlink(in_path);
	unlink(out_path);
	rmdir(dir);
	rec_pool_free(pool[0]);
	rec_pool_free(pool[1]);
	return finished("lists");
}
