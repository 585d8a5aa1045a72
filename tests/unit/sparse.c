/* SPDX-License-Identifier: MIT */
/*
 * sparse: loading, combining, writing, against sorting all cells by their
 * labels and walking them; every input also shuffled, on 1 and 4 threads, in
 * binary.
 */
#include <math.h>

#include "base/mem.h"
#include "matrix/digest.h"
#include "recpipe/matrix.h"
#include "matrix/sparse.h"
#include "matrix_check.h"
#include "recmat/recmat.h"

enum { MAX = 400 };

static struct rec_err err;
static struct rec_pool *pool[2];	/* 1 and 4 threads */
static char dir[] = "/tmp/sparse-unit-XXXXXX";
static char text_path[64], bin_path[64];

struct cell {
	char row[LABEL_MAX], col[LABEL_MAX];
	size_t nrow, ncol;
	float value;
	double time;	/* NaN: missing */
	int given;	/* value is written */
};

static int cmp_num(double a, double b)
{
	if (isnan(a) || isnan(b))
		return !isnan(a) - !isnan(b);
	return (a > b) - (a < b);
}

static int by_pair(const void *x, const void *y)
{
	const struct cell *a = x, *b = y;
	int c = rec_label_cmp(a->row, a->nrow, b->row, b->nrow);

	return c ? c : rec_label_cmp(a->col, a->ncol, b->col, b->ncol);
}

static int by_all(const void *x, const void *y)
{
	const struct cell *a = x, *b = y;
	int c = by_pair(x, y);

	if (c == 0)
		c = cmp_num(a->time, b->time);
	return c ? c : cmp_num((double)a->value, (double)b->value);
}

static void random_cells(struct cell *c, size_t n, uint64_t kinds, int with_times)
{
	static const float values[] = { 1, 0, -1.5f, 2.25f, 0.1f, 1e-3f, 4, 5 };

	for (size_t i = 0; i < n; i++) {
		c[i].nrow = random_label(c[i].row, kinds);
		c[i].ncol = random_label(c[i].col, kinds);
		c[i].time = with_times && (with_times > 1 || draw(4)) ? (double)draw(6) - 2 + .5 :
									NAN;
		c[i].given = !isnan(c[i].time) || draw(3);	/* a time needs a value before it */
		c[i].value = c[i].given ? values[draw(8)] : 1;
	}
}

static void shuffle(struct cell *c, size_t n)
{
	for (size_t i = n; i > 1; i--) {
		size_t j = draw(i);
		struct cell t = c[i - 1];

		c[i - 1] = c[j];
		c[j] = t;
	}
}

static void write_text(const struct cell *c, size_t n, const char *more)
{
	char *text = malloc(n * 160 + 200), *p = text;

	for (size_t i = 0; i < n; i++) {
		p += sprintf(p, "%s\t%s", c[i].row, c[i].col);
		if (c[i].given)
			p += sprintf(p, "\t%.9g", (double)c[i].value);
		if (!isnan(c[i].time))
			p += sprintf(p, "\t%.17g", c[i].time);
		*p++ = '\n';
	}
	p += sprintf(p, "%s", more);
	write_file(text_path, text, (size_t)(p - text));
	free(text);
}

static int load(struct rec_sparse *s, const char *path, const struct rec_load *how,
		struct rec_pool *p, struct rec_err *e)
{
	struct rec_in *in;

	MUST(rec_in_open(&in, path, &err), &err);
	return rec_sparse_load(s, in, how, p, e);
}

static void save(const struct rec_sparse *s, const char *path, bool binary, struct rec_pool *p)
{
	struct rec_out *out;

	MUST(rec_out_open(&out, path, &err), &err);
	MUST(rec_sparse_write(out, s, binary, "", NULL, p, &err), &err);
	MUST(rec_out_finish(out, &err), &err);
	MUST(rec_out_commit(out, &err), &err);
	rec_out_free(out);
}

/* Cells of one pair, sorted, to one by the rule; false where the rule can't. */
static int combine(struct cell *out, const struct cell *c, size_t n, enum rec_repeats rule)
{
	double sum = 0;
	float max = c[0].value;

	*out = c[0];
	out->time = c[n - 1].time;
	for (size_t i = 0; i < n; i++) {
		sum += (double)c[i].value;
		max = c[i].value > max ? c[i].value : max;
	}
	out->value = rule == REC_REPEATS_SUM ? (float)sum :
		     rule == REC_REPEATS_MAX ? max :
					       c[n - 1].value;
	return n == 1 ||
	       (rule != REC_REPEATS_FAIL && !(rule == REC_REPEATS_LAST && isnan(c[0].time)));
}

/*
 * Sorts c; the matrix as cells in canonical order; SIZE_MAX where the rule
 * can't take one, which is *bad.
 */
static size_t reference(struct cell *out, struct cell *c, size_t n, enum rec_repeats rule,
			struct cell *bad)
{
	size_t k = 0;

	qsort(c, n, sizeof *c, by_all);
	if (rule == REC_REPEATS_KEEP) {
		memcpy(out, c, n * sizeof *c);
		return n;
	}
	for (size_t i = 0, j; i < n; i = j) {
		for (j = i + 1; j < n && by_pair(&c[i], &c[j]) == 0;)
			j++;
		if (!combine(&out[k++], &c[i], j - i, rule)) {
			*bad = c[i];
			return SIZE_MAX;
		}
	}
	return k;
}

static int is_label(const struct rec_labels *l, uint32_t i, const char *p, size_t n)
{
	size_t len;
	const char *q = rec_label(l, i, &len);

	return rec_label_cmp(p, n, q, len) == 0;
}

static void compare(const struct rec_sparse *s, const struct cell *want, size_t n, bool times,
		    const char *what)
{
	uint64_t bad = 0;
	bool any_time = false;

	CHECK(s->m.nnz == n, "%s: %lu cells, not %zu", what, (unsigned long)s->m.nnz, n);
	CHECK(s->m.nrows == s->row.n && s->m.ncols == s->col.n, "%s: shape", what);
	if (s->m.nnz != n)
		return;
	for (size_t i = 0; i < n; i++)
		any_time |= !isnan(want[i].time);
	CHECK(!s->m.time == !(times && any_time), "%s: times", what);
	for (uint32_t r = 0; r < s->m.nrows; r++)
		for (uint64_t c = s->m.ptr[r]; c < s->m.ptr[r + 1]; c++) {
			const struct cell *w = &want[c];

			bad += !is_label(&s->row, r, w->row, w->nrow) ||
			       !is_label(&s->col, s->m.col[c], w->col, w->ncol) ||
			       s->m.val[c] != w->value ||
			       signbit(s->m.val[c]) != signbit(w->value + 0.0f) ||
			       (s->m.time && cmp_num(s->m.time[c], w->time) != 0);
		}
	CHECK(bad == 0, "%s: %lu wrong cells of %zu", what, (unsigned long)bad, n);
}

static int same(const struct rec_sparse *a, const struct rec_sparse *b)
{
	const struct rec_csr *m = &a->m, *n = &b->m;

	return same_labels(&a->row, &b->row) && same_labels(&a->col, &b->col) && m->nnz == n->nnz &&
	       !m->time == !n->time &&
	       memcmp(m->ptr, n->ptr, (m->nrows + (size_t)1) * sizeof *m->ptr) == 0 &&
	       memcmp(m->col, n->col, m->nnz * sizeof *m->col) == 0 &&
	       memcmp(m->val, n->val, m->nnz * sizeof *m->val) == 0 &&
	       (!m->time || memcmp(m->time, n->time, m->nnz * sizeof *m->time) == 0);
}

static int same_digest(const struct rec_sparse *a, const struct rec_sparse *b)
{
	return a->digest.sum[0] == b->digest.sum[0] && a->digest.sum[1] == b->digest.sum[1] &&
	       a->digest.cells == b->digest.cells;
}

/*
 * Written and read back as text and as recmat: the same matrix and, where no
 * cell was combined, the same digest.
 */
static void round_trip(const struct rec_sparse *s, const struct rec_load *how, bool combined)
{
	for (int binary = 0; binary < 2; binary++)
		for (int p = 0; p < 2; p++) {
			struct rec_sparse b;

			save(s, bin_path, binary, pool[p]);
			MUST(load(&b, bin_path, how, pool[p], &err), &err);
			CHECK(same(s, &b), "%s differs", binary ? "recmat" : "text");
			if (!combined && (how->times || !s->m.time))
				CHECK(same_digest(s, &b), "digest of %s differs",
				      binary ? "recmat" : "text");
			rec_sparse_free(&b);
		}
}

static const char *const rule_name[] = { "sum", "max", "last", "fail", "keep" };

static void check_failure(const struct rec_err *e, const struct cell *bad, enum rec_repeats rule)
{
	char want[256];

	snprintf(want, sizeof want, "%s: pair '%s' '%s' appears twice%s", text_path, bad->row,
		 bad->col,
		 rule == REC_REPEATS_LAST ? ", and without a time --duplicates last cannot choose" :
					    "");
	CHECK(strcmp(e->msg, want) == 0 && e->code == REC_EDATA, "'%s', not '%s'", e->msg, want);
}

/* had_times: the input has them, whether they are asked for or not. */
static void test_rule(struct cell *c, size_t n, enum rec_repeats rule, bool times, bool had_times)
{
	struct rec_load how = { .repeats = rule, .times = times };
	struct cell *want = malloc((n + 1) * sizeof *want), bad;
	struct rec_sparse first = { 0 };
	size_t k;

	k = reference(want, c, n, rule, &bad);
	for (int round = 0; round < 3; round++) {
		struct rec_sparse s;
		struct rec_err e = { 0 };
		int rc;

		shuffle(c, n);
		write_text(c, n, "");
		rc = load(&s, text_path, &how, pool[round % 2], &e);
		CHECK((rc == 0) == (k != SIZE_MAX), "%s: %s", rule_name[rule],
		      rc ? e.msg : "no error");
		if (rc != 0) {
			check_failure(&e, &bad, rule);
			continue;
		}
		/* else sums run in another order */
		if (times || !had_times || rule == REC_REPEATS_MAX)
			compare(&s, want, k, times, rule_name[rule]);
		CHECK(s.repeats == (rule == REC_REPEATS_KEEP ? s.repeats : n - k), "%lu repeats",
		      (unsigned long)s.repeats);
		CHECK(s.digest.cells == n, "cells of the digest");
		if (round == 0) {
			first = s;
			continue;
		}
		CHECK(same(&first, &s) && same_digest(&first, &s),
		      "%s: another order or number of threads gives another matrix",
		      rule_name[rule]);
		rec_sparse_free(&s);
	}
	if (k != SIZE_MAX)
		round_trip(&first, &how, k != n || (had_times && !times));
	rec_sparse_free(&first);
	free(want);
}

/* rec_sparse_build from indices gives what loading the text gives. */
static void test_build(struct cell *c, size_t n, bool times)
{
	struct rec_load keep = { .repeats = REC_REPEATS_KEEP, .times = true };
	struct rec_sparse s, b, want;
	struct rec_cell *cell = malloc((n + 1) * sizeof *cell);
	size_t k = 0;

	write_text(c, n, "");
	MUST(load(&s, text_path, &keep, pool[1], &err), &err);
	for (uint32_t r = 0; r < s.m.nrows; r++)
		for (uint64_t i = s.m.ptr[r]; i < s.m.ptr[r + 1]; i++)
			if (draw(3))
				cell[k++] = (struct rec_cell){ r, s.m.col[i], s.m.val[i],
							       s.m.time ? s.m.time[i] : NAN };
	for (size_t i = 0; i < k; i++) {
		const struct rec_cell *x = &cell[i];
		size_t nr, nc;
		const char *row = rec_label(&s.row, x->row, &nr),
			   *col = rec_label(&s.col, x->col, &nc);

		c[i] = (struct cell){
			.nrow = nr, .ncol = nc, .value = x->value, .time = x->time, .given = 1
		};
		memcpy(c[i].row, row, nr);
		memcpy(c[i].col, col, nc);
	}
	write_text(c, k, "");
	keep.repeats = REC_REPEATS_SUM;
	keep.times = times;
	MUST(load(&want, text_path, &keep, pool[0], &err), &err);
	for (int p = 0; p < 2; p++) {
		MUST(rec_sparse_build(&b, &(struct rec_cell_array){ &s.row, &s.col, cell, k },
				      REC_REPEATS_SUM, times, pool[p], &err),
		     &err);
		CHECK(same(&b, &want) && same_digest(&b, &want), "built from cells");
		CHECK(b.repeats == want.repeats && b.negative == want.negative,
		      "what is known of it");
		rec_sparse_free(&b);
	}
	rec_sparse_free(&want);
	rec_sparse_free(&s);
	free(cell);
}

static void load_string(struct rec_sparse *s, const char *text, const struct rec_load *how)
{
	write_file(text_path, text, strlen(text));
	MUST(load(s, text_path, how, pool[1], &err), &err);
}

static void test_flags(void)
{
	struct rec_load how = { .repeats = REC_REPEATS_SUM };
	struct rec_sparse s;

	load_string(&s, "", &how);
	CHECK(s.m.nnz == 0 && s.row.n == 0 && s.col.n == 0 && !s.has_value && !s.rating_like &&
		      s.digest.cells == 0,
	      "empty input");
	round_trip(&s, &how, false);
	rec_sparse_free(&s);
	load_string(&s, "a\tx\na\tx\na\ty\n", &how);
	CHECK(!s.has_value && !s.rating_like && s.repeats == 1 && s.m.val[0] == 2, "no values");
	rec_sparse_free(&s);
	load_string(&s, "a\tx\t5\nb\tx\t4.5\n", &how);
	CHECK(s.has_value && s.rating_like && !s.negative, "ratings");
	rec_sparse_free(&s);
	load_string(&s, "a\tx\t5\nb\tx\t5\n", &how);
	CHECK(s.has_value && !s.rating_like, "all equal");
	rec_sparse_free(&s);
	load_string(&s, "a\tx\t5\nb\tx\t11\n", &how);
	CHECK(!s.rating_like, "beyond 10");
	rec_sparse_free(&s);
	load_string(&s, "a\tx\t-0\nb\tx\t-1\n", &how);
	CHECK(s.negative && !signbit(s.m.val[0]), "negative; -0 is 0");
	rec_sparse_free(&s);
}

static void test_label_only(void)
{
	struct rec_load how = { .repeats = REC_REPEATS_SUM, .label_only = true };
	struct rec_sparse s;
	char *text;
	size_t n;

	load_string(&s, "c\nb\tx\na\nb\nc\n", &how);
	CHECK(s.row.n == 3 && s.col.n == 1 && s.m.nnz == 1 && s.label_only_rows == 2 &&
		      s.m.ptr[1] == 0 && s.m.ptr[2] == 1,
	      "rows without cells");
	round_trip(&s, &how, false);
	save(&s, bin_path, false, pool[1]);
	text = read_file(bin_path, &n);
	CHECK(n == 10 && memcmp(text, "a\nb\tx\t1\nc\n", n) == 0,
	      "text of rows without cells: %.*s", (int)n, text);
	free(text);
	rec_sparse_free(&s);
}

static void test_messages(void)
{
	struct rec_load how = { .repeats = REC_REPEATS_FAIL, .what = "truth" };
	struct rec_sparse s;
	struct rec_err e = { 0 };
	char want[128];
	const char *text = "u2\ti1\nu1\ti2\nu1\ti3\nu2\ti1\nu1\ti2\n",
		   *large = "u\ti\t3e38\nu\ti\t3e38\n";

	write_file(text_path, text, strlen(text));
	CHECK(load(&s, text_path, &how, pool[1], &e) == -1 && s.row.n == 0,
	      "a pair twice is taken");
	snprintf(want, sizeof want, "%s: truth: pair 'u1' 'i2' appears twice", text_path);
	CHECK(strcmp(e.msg, want) == 0, "'%s'", e.msg);
	e = (struct rec_err){ 0 };
	how = (struct rec_load){ .repeats = REC_REPEATS_SUM };
	write_file(text_path, large, strlen(large));
	CHECK(load(&s, text_path, &how, pool[1], &e) == -1, "a sum beyond float32 is taken");
	snprintf(want, sizeof want, "%s: pair 'u' 'i' has a sum beyond what a 32-bit float holds",
		 text_path);
	CHECK(strcmp(e.msg, want) == 0, "'%s'", e.msg);
}

/*
 * Blocks that can't be used in place: two streams in one file, as `cat a.rec
 * b.rec` makes.
 */
static void test_blocks(struct cell *c, size_t n)
{
	struct rec_load keep = { .repeats = REC_REPEATS_KEEP, .times = true };
	struct rec_sparse half[2], whole, got;
	size_t na, nb;
	char *a, *b;

	write_text(c, n / 2, "");
	MUST(load(&half[0], text_path, &keep, pool[1], &err), &err);
	write_text(c + n / 2, n - n / 2, "");
	MUST(load(&half[1], text_path, &keep, pool[1], &err), &err);
	save(&half[0], bin_path, true, pool[1]);
	a = read_file(bin_path, &na);
	save(&half[1], bin_path, true, pool[1]);
	b = read_file(bin_path, &nb);
	a = realloc(a, na + nb + 1);
	memcpy(a + na, b, nb);
	write_file(bin_path, a, na + nb);
	write_text(c, n, "");
	MUST(load(&whole, text_path, &keep, pool[0], &err), &err);
	for (int p = 0; p < 2; p++) {
		MUST(load(&got, bin_path, &keep, pool[p], &err), &err);
		CHECK(same(&whole, &got) && same_digest(&whole, &got),
		      "two streams differ from the whole");
		rec_sparse_free(&got);
	}
	rec_sparse_free(&whole);
	rec_sparse_free(&half[0]);
	rec_sparse_free(&half[1]);
	free(a);
	free(b);
}

/*
 * A canonical file is used where it is mapped; its metadata is passed over;
 * digests of parts add up; a pipe gives the same.
 */
static void test_in_place(void)
{
	struct rec_load how = { .repeats = REC_REPEATS_FAIL, .times = true };
	struct rec_meta meta = { 0 };
	struct rec_sparse s, b, part;
	struct rec_digest sum = { 0 };
	struct rec_out *out;
	const char *text = "a\tx\t2\t10\nb\tx\nb\ty\t-1\n";

	load_string(&s, text, &how);
	MUST(rec_digest_meta(&meta, &s.digest, &err), &err);
	CHECK(strlen(rec_meta_get(&meta, "digest")) == 32 &&
		      strcmp(rec_meta_get(&meta, "cells"), "3") == 0,
	      "digest in metadata");
	MUST(rec_out_open(&out, bin_path, &err), &err);
	MUST(rec_sparse_write(out, &s, true, "", &meta, pool[1], &err), &err);
	MUST(rec_out_finish(out, &err), &err);
	MUST(rec_out_commit(out, &err), &err);
	CHECK(rec_out_bytes(out) > 0, "bytes");
	MUST(load(&b, bin_path, &how, pool[1], &err), &err);
	CHECK(b.in && !b.m.own[1], "not in place");
	CHECK(same(&s, &b) && same_digest(&s, &b) && b.has_value && b.negative, "in place differs");
	rec_out_free(out);
	rec_sparse_free(&b);
	how.times = false;
	MUST(load(&b, bin_path, &how, pool[1], &err), &err);
	CHECK(!b.m.time && same_digest(&s, &b), "without times");
	rec_sparse_free(&b);
	for (int i = 0; i < 3; i++) {
		static const char *const line[] = { "b\ty\t-1\n", "a\tx\t2\t10\n", "b\tx\t1\n" };

		load_string(&part, line[i], &how);
		sum.sum[0] += part.digest.sum[0];
		sum.sum[1] += part.digest.sum[1];
		sum.cells += part.digest.cells;
		rec_sparse_free(&part);
	}
	part.digest = sum;
	CHECK(same_digest(&s, &part), "digests of the parts do not add up");
	rec_meta_free(&meta);
	rec_sparse_free(&s);
}

/*
 * The block of a pipe is kept in memory; a dense block and a damaged file are
 * refused.
 */
static void test_streams(void)
{
	static const uint64_t off[] = { 0, 1 };
	static const float val = 1;
	struct rec_block dense = { .kind = REC_DENSE,
				   .name = "user",
				   .rows = 1,
				   .cols = 1,
				   .row_off = off,
				   .row_bytes = "a",
				   .val = &val };
	struct rec_load how = { .repeats = REC_REPEATS_SUM };
	struct rec_sparse s, b;
	struct rec_err e = { 0 };
	struct rec_out *out;
	char want[256], cmd[200], *bytes;
	size_t n;
	FILE *pipe;

	load_string(&s, "a\tx\t2\nb\tx\nb\ty\t-1\n", &how);
	save(&s, bin_path, true, pool[1]);
	snprintf(cmd, sizeof cmd, "cat %s", bin_path);
	pipe = popen(cmd, "r");
	CHECK(pipe && dup2(fileno(pipe), 0) == 0, "a pipe on descriptor 0");
	MUST(load(&b, "-", &how, pool[1], &err), &err);
	CHECK(b.block && !b.in && same(&s, &b) && same_digest(&s, &b), "a pipe differs");
	pclose(pipe);
	rec_sparse_free(&b);
	rec_sparse_free(&s);
	bytes = read_file(bin_path, &n);
	write_file(bin_path, bytes, n - 1);
	free(bytes);
	CHECK(load(&b, bin_path, &how, pool[1], &e) == -1 && strstr(e.msg, "cut off") && !b.in &&
		      !b.block,
	      "a cut file: %s", e.msg);
	e = (struct rec_err){ 0 };
	MUST(rec_out_open(&out, bin_path, &err), &err);
	MUST(rec_recmat_write(out, &dense, NULL, &err), &err);
	MUST(rec_recmat_end(out, 1, &err), &err);
	MUST(rec_out_finish(out, &err), &err);
	MUST(rec_out_commit(out, &err), &err);
	rec_out_free(out);
	CHECK(load(&b, bin_path, &how, pool[1], &e) == -1, "factors are taken");
	snprintf(want, sizeof want,
		 "%s: block 'user' is dense, as in a model, and rows are wanted; a model is given "
		 "by -m, one block of it by rec-cat --block user",
		 bin_path);
	CHECK(strcmp(e.msg, want) == 0, "'%s'", e.msg);
}

static void test_large(void)
{
	size_t n = 60000;
	struct cell *c = malloc((n + 1) * sizeof *c);

	for (size_t i = 0; i < n; i++) {
		c[i] = (struct cell){ .value = (float)draw(5),
				      .time = (double)draw(1000),
				      .given = 1 };
		c[i].nrow = (size_t)sprintf(c[i].row, "u%lu",
					    (unsigned long)(draw(10) ? draw(9000) : 5));
		c[i].ncol = (size_t)sprintf(c[i].col, "i%lu",
					    (unsigned long)(draw(3) ? draw(40) : draw(12000)));
	}
	test_rule(c, n, REC_REPEATS_SUM, true, true);
	test_rule(c, n, REC_REPEATS_MAX, false, true);
	test_rule(c, n, REC_REPEATS_KEEP, true, true);
	test_build(c, n, true);
	free(c);
}

int main(void)
{
	static struct cell c[MAX];

	MUST(rec_pool_new(&pool[0], 1, &err), &err);
	MUST(rec_pool_new(&pool[1], 4, &err), &err);
	if (!mkdtemp(dir))
		return 1;
	snprintf(text_path, sizeof text_path, "%s/in", dir);
	snprintf(bin_path, sizeof bin_path, "%s/out", dir);
	test_flags();
	test_label_only();
	test_messages();
	test_in_place();
	test_streams();
	for (int i = 0; i < 120; i++) {
		size_t n = draw(i % 3 ? 40 : MAX);
		int with_times = i % 4 > 2 ? 0 : 1 + i % 2;

		random_cells(c, n, 1 + draw(i % 2 ? 8 : 200), with_times);
		test_rule(c, n, (enum rec_repeats)(i % 5), i % 7 > 2, with_times);
		if (i % 6 == 0) {
			test_build(c, n, i % 4);
			test_blocks(c, n);
		}
	}
	test_large();
	unlink(text_path);
	unlink(bin_path);
	rmdir(dir);
	rec_pool_free(pool[0]);
	rec_pool_free(pool[1]);
	return finished("sparse");
}
