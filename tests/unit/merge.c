/* SPDX-License-Identifier: MIT */
/*
 * Parts merged by label give the bytes of the whole; models load from parts,
 * from rank order and from text.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "check.h"
#include "load/load.h"
#include "matrix/merge.h"
#include "model/model.h"

static struct rec_pool *pool;
static char dir[] = "/tmp/merge-unit-XXXXXX";

static const char *file(const char *name)
{
	static char path[4][64];
	static int next;
	char *p = path[next++ % 4];

	snprintf(p, 64, "%s/%s", dir, name);
	return p;
}

static struct rec_buf slurp(const char *name)
{
	struct rec_buf b = { 0 };
	struct rec_err e = { 0 };
	char piece[4096];
	size_t n;
	FILE *f = fopen(file(name), "rb");

	while (f && (n = fread(piece, 1, sizeof piece, f)) > 0)
		if (rec_buf_add(&b, piece, n, &e) != 0)
			die(&e);
	if (f)
		fclose(f);
	return b;
}

static bool same_file(const char *a, const char *b)
{
	struct rec_buf x = slurp(a), y = slurp(b);
	bool same = x.n > 0 && x.n == y.n && memcmp(x.p, y.p, x.n) == 0;

	rec_buf_free(&x);
	rec_buf_free(&y);
	return same;
}

static struct rec_out *create(const char *name)
{
	struct rec_err e = { 0 };
	struct rec_out *out;

	if (rec_out_open(&out, file(name), &e) != 0)
		die(&e);
	return out;
}

static void done(struct rec_out *out)
{
	struct rec_err e = { 0 };

	if (rec_out_finish(out, &e) != 0 || rec_out_commit(out, &e) != 0)
		die(&e);
	rec_out_free(out);
}

static void put(const char *name, const char *text)
{
	struct rec_out *out = create(name);
	struct rec_err e = { 0 };

	if (rec_out_write(out, text, strlen(text), &e) != 0)
		die(&e);
	done(out);
}

static struct rec_in *opened(const char *name)
{
	struct rec_err e = { 0 };
	struct rec_in *in;

	if (rec_in_open(&in, file(name), &e) != 0)
		die(&e);
	return in;
}

/* -- blocks from short descriptions -- */

struct made {
	uint64_t off[2][8];
	char bytes[2][64];
};

static void labels(uint64_t *off, char *bytes, const char *words, uint64_t *n)
{
	*n = 0;
	off[0] = 0;
	bytes[0] = '\0';
	for (; *words; words += *words == ' ') {
		size_t len = strcspn(words, " ");

		strncat(bytes, words, len);
		off[*n + 1] = off[*n] + len;
		++*n;
		words += len;
	}
}

static struct rec_block block(struct made *m, enum rec_kind kind, enum rec_order order,
			      const char *name, const char *rows, const char *cols)
{
	struct rec_block b = {
		.kind = kind, .order = order, .row_off = m->off[0], .row_bytes = m->bytes[0]
	};

	snprintf(b.name, sizeof b.name, "%s", name);
	labels(m->off[0], m->bytes[0], rows, &b.rows);
	if (cols) {
		b.col_off = m->off[1];
		b.col_bytes = m->bytes[1];
		labels(m->off[1], m->bytes[1], cols, &b.cols);
	}
	return b;
}

static struct rec_block meta(const char *text)
{
	return (struct rec_block){ .kind = REC_META, .meta = text, .meta_len = strlen(text) };
}

static void write_blocks(const char *name, size_t n, const struct rec_block *b)
{
	struct rec_out *out = create(name);
	struct rec_err e = { 0 };

	for (size_t i = 0; i < n; i++)
		if (rec_recmat_write(out, &b[i], pool, &e) != 0)
			die(&e);
	if (rec_recmat_end(out, n, &e) != 0)
		die(&e);
	done(out);
}

#define WRITE(name, ...) \
	write_blocks(name, sizeof (struct rec_block[]){ __VA_ARGS__ } / sizeof(struct rec_block), \
		     (struct rec_block[]){ __VA_ARGS__ })

/* Merge two files into "merged"; -1 with e where that fails. */
static int merge(const char *a, const char *b, enum rec_repeats repeats, struct rec_err *e)
{
	struct rec_merge how = { .repeats = repeats, .text_name = "" };
	struct rec_in *in[2] = { opened(a), opened(b) };
	struct rec_merged m;
	struct rec_out *out;

	*e = (struct rec_err){ 0 };
	if (rec_blocks_merge(&m, in, 2, &how, pool, e) != 0)
		return -1;
	out = create("merged");
	CHECK(rec_merged_write(out, &m, pool, e) == 0, "%s", e->msg);
	done(out);
	rec_merged_free(&m);
	return 0;
}

static void merges(const char *a, const char *b, enum rec_repeats repeats, const char *whole)
{
	struct rec_err e;

	CHECK(merge(a, b, repeats, &e) == 0, "%s", e.msg);
	CHECK(same_file("merged", whole), "%s and %s do not give %s", a, b, whole);
	CHECK(merge(b, a, repeats, &e) == 0, "%s", e.msg);
	CHECK(same_file("merged", whole), "%s and %s do not give %s", b, a, whole);
}

static void refuses(const char *a, const char *b, const char *who, const char *message)
{
	struct rec_err e;
	size_t n = strlen(file(who));

	CHECK(merge(a, b, REC_REPEATS_FAIL, &e) == -1, "%s and %s merge", a, b);
	CHECK(strncmp(e.msg, file(who), n) == 0 && strcmp(e.msg + n, message) == 0,
	      "'%s' instead of '%s'", e.msg, message);
}

#define WITH(b, ...) ((b).val = (const float[]){ __VA_ARGS__ }, (b))

static void test_dense(void)
{
	struct made m[8];
	struct rec_block u1 = block(&m[0], REC_DENSE, 0, "user", "a c", NULL),
			 u2 = block(&m[1], REC_DENSE, 0, "user", "b", NULL);
	struct rec_block u = block(&m[2], REC_DENSE, 0, "user", "a b c", NULL),
			 i = block(&m[3], REC_DENSE, 0, "item", "x", NULL);
	struct rec_block s1 = block(&m[4], REC_DENSE, 0, "similarity", "x", "x y"),
			 s2 = block(&m[5], REC_DENSE, 0, "similarity", "y", "x y");
	struct rec_block s = block(&m[6], REC_DENSE, 0, "similarity", "x y", "x y"),
			 s3 = block(&m[7], REC_DENSE, 0, "similarity", "y", "x z");

	u1.cols = u2.cols = u.cols = i.cols = 2;
	WRITE("p1", meta("seed\t1\n"), WITH(u1, 1, 2, 5, 6));
	WRITE("p2", meta("seed\t1\n"), WITH(u2, 3, 4));
	WRITE("whole", meta("seed\t1\n"), WITH(u, 1, 2, 3, 4, 5, 6));
	merges("p1", "p2", REC_REPEATS_FAIL, "whole");
	WRITE("p1", WITH(u1, 1, 2, 5, 6), WITH(i, 7, 8));
	WRITE("p2", WITH(u2, 3, 4));
	WRITE("whole", WITH(u, 1, 2, 3, 4, 5, 6), WITH(i, 7, 8));
	merges("p1", "p2", REC_REPEATS_FAIL, "whole");
	refuses("p1", "whole", "whole", ": row 'a' of block 'user' appears twice");
	u2.cols = 1;
	WRITE("p2", WITH(u2, 3));
	refuses("p1", "p2", "p2", ": the columns of block 'user' are not those of the other parts");
	WRITE("p1", meta("seed\t2\n"), WITH(s1, 0, .5f));
	WRITE("p2", meta("seed\t1\n"), WITH(s2, .25f, 0));
	refuses("p1", "p2", "p2", ": metadata: seed is 2 in one part and 1 in another");
	WRITE("p1", WITH(s1, 0, .5f));
	WRITE("p2", WITH(s2, .25f, 0));
	WRITE("whole", WITH(s, 0, .5f, .25f, 0));
	merges("p1", "p2", REC_REPEATS_FAIL, "whole");
	WRITE("p2", WITH(s3, .25f, 0));
	refuses("p1", "p2", "p2",
		": the columns of block 'similarity' are not those of the other parts");
}

static struct rec_block sparse(struct rec_block b, uint64_t nnz, const uint64_t *ptr,
			       const uint32_t *col, const float *val)
{
	b.nnz = nnz;
	b.ptr = ptr;
	b.col = col;
	b.val = val;
	return b;
}

#define CELLS(b, n, p, c, ...) \
	sparse(b, n, (const uint64_t[])p, (const uint32_t[])c, (const float[]){ __VA_ARGS__ })
#define L(...) { __VA_ARGS__ }

static void test_ranked(void)
{
	struct made m[3];
	struct rec_block a = block(&m[0], REC_SPARSE, REC_RANKED, "", "u1 u3", "p r"),
			 b = block(&m[1], REC_SPARSE, REC_RANKED, "", "u2", "q r");
	struct rec_block w = block(&m[2], REC_SPARSE, REC_RANKED, "", "u1 u2 u3", "p q r");

	WRITE("p1", CELLS(a, 3, L(0, 2, 3), L(1, 0, 1), 2, 1, 5));
	WRITE("p2", CELLS(b, 2, L(0, 2), L(0, 1), 3, 3));
	WRITE("whole", CELLS(w, 5, L(0, 2, 4, 5), L(2, 0, 1, 2, 2), 2, 1, 3, 3, 5));
	merges("p1", "p2", REC_REPEATS_FAIL, "whole");
	refuses("p2", "p2", "p2", ": row 'u2' of block '' appears twice");
	a.order = REC_CANONICAL;
	WRITE("p1", CELLS(a, 2, L(0, 1, 2), L(0, 1), 2, 5));
	refuses("p2", "p1", "p1", ": block '' is of another kind or order than one before it");
}

static void test_cells(void)
{
	struct made m[5];
	struct rec_block a = block(&m[0], REC_SPARSE, REC_CANONICAL, "", "u1 u3", "p r"),
			 b = block(&m[1], REC_SPARSE, REC_STREAM, "", "u1 u2", "q r");
	struct rec_block w = block(&m[2], REC_SPARSE, REC_CANONICAL, "", "u1 u2 u3", "p q r"),
			 t = w;
	struct rec_err e;

	WRITE("p1", CELLS(a, 2, L(0, 1, 2), L(0, 1), 2, 5));
	b.row = (const uint32_t[]){ 1, 0, 1 };
	b.time = (const double[]){ 7, NAN, 9 };
	b = CELLS(b, 3, L(0), L(1, 0, 0), 4, NAN, 8);
	b.ptr = NULL;
	WRITE("p2", b);
	w.time = (const double[]){ NAN, NAN, 9, 7, NAN };
	WRITE("whole", CELLS(w, 5, L(0, 2, 4, 5), L(0, 1, 1, 2, 2), 2, 1, 8, 4, 5));
	merges("p1", "p2", REC_REPEATS_FAIL, "whole");
	put("text", "u1\tp\t1\nu2\tq\t1\t5\n");
	CHECK(merge("p2", "text", REC_REPEATS_FAIL, &e) == -1 && strstr(e.msg, "pair 'u2' 'q'"),
	      "%s", e.msg);
	t = block(&m[4], REC_SPARSE, REC_CANONICAL, "", "u1 u2", "p q r");
	t.time = (const double[]){ NAN, NAN, 9, 7 };
	WRITE("whole", CELLS(t, 4, L(0, 2, 4), L(0, 1, 1, 2), 1, 1, 9, 4));
	merges("p2", "text", REC_REPEATS_SUM, "whole");
	t = CELLS(t, 4, L(0, 2, 4), L(0, 1, 1, 2), 1, 1, 8, 4);
	WRITE("whole", t);
	merges("p2", "text", REC_REPEATS_LAST, "whole");
}

/* -- models -- */

static int load(struct rec_model *m, const char *name, struct rec_err *e)
{
	*e = (struct rec_err){ 0 };
	return rec_model_load(m, opened(name), false, pool, e);
}

static void test_model(void)
{
	struct made m[6];
	struct rec_block u = block(&m[0], REC_DENSE, 0, "user", "a b", NULL),
			 i = block(&m[1], REC_DENSE, 0, "item", "x y", NULL);
	struct rec_block s = block(&m[2], REC_SPARSE, REC_RANKED, "similarity", "x y", "x y z"),
			 o = block(&m[3], REC_DENSE, 0, "offset", "x z", NULL);
	struct rec_block d = block(&m[4], REC_DENSE, 0, "similarity", "x y", "x y z"),
			 i2 = block(&m[5], REC_DENSE, 0, "item", "z", NULL);
	struct rec_model x;
	struct rec_err e;
	struct rec_out *out;

	u.cols = i.cols = i2.cols = 2;
	o.cols = 1;
	WRITE("whole",
	      meta("algorithm\tals\nalpha\t1\nfactors\t2\ninit-sd\t0."
		   "1\nitems\t2\nloss\timplicit\nreg\t0.01\nreg-power\t1\n"
		   "seed\t1\nsolver\tcholesky\ntarget\tone\nunobserved\t0."
		   "1\nusers\t2\nweights\tnone\n"),
	      WITH(u, 1, 2, 3, 4), WITH(i, 5, 6, 7, 8));
	CHECK(load(&x, "whole", &e) == 0, "%s", e.msg);
	CHECK(x.has_factors && !x.has_similarity && !x.has_offset && !x.text && x.user.ncols == 2 &&
		      x.item.row.n == 2 && x.item.val[3] == 8,
	      "factors");
	CHECK(strcmp(rec_meta_get(&x.meta, "algorithm"), "als") == 0, "metadata");
	out = create("again");
	CHECK(rec_model_write(out, &x, true, pool, &e) == 0, "%s", e.msg);
	done(out);
	CHECK(same_file("again", "whole"), "a model is written as it was");
	out = create("again");
	CHECK(rec_model_write(out, &x, false, pool, &e) == -1 && e.code == REC_EUSAGE &&
		      strcmp(e.msg, "factors do not go into text: use -b") == 0,
	      "%s", e.msg);
	rec_out_free(out);
	rec_model_free(&x);

	WRITE("joined", WITH(i2, 9, 10), WITH(u, 1, 2, 3, 4), WITH(i, 5, 6, 7, 8));
	CHECK(load(&x, "joined", &e) == 0 && x.item.row.n == 3 && x.item.val[5] == 10,
	      "item factors in two blocks: %s", e.msg);
	rec_model_free(&x);

	WRITE("sim", meta("history.weights\tlog\n"),
	      CELLS(s, 4, L(0, 3, 4), L(2, 0, 1, 0), 3, 2, 1, 9));
	CHECK(load(&x, "sim", &e) == 0 && x.has_similarity && !x.dense && x.sim.nnz == 4, "%s",
	      e.msg);
	CHECK(x.sim.col[0] == 0 && x.sim.col[1] == 1 && x.sim.col[2] == 2 && x.sim.val[0] == 2 &&
		      x.sim.val[2] == 3,
	      "columns ascend");
	out = create("again");
	CHECK(rec_model_write(out, &x, false, pool, &e) == -1 && e.code == REC_EUSAGE, "%s", e.msg);
	CHECK(strcmp(e.msg,
		     "a model that transforms the history (log) does not go into text: use -b") ==
		      0,
	      "%s", e.msg);
	rec_out_free(out);
	rec_model_free(&x);

	WRITE("dense", WITH(d, 0, 1, .5f, 2, 0, 0));
	CHECK(load(&x, "dense", &e) == 0 && x.has_similarity && x.dense && x.sim_dense.ncols == 3 &&
		      x.col.n == 3,
	      "%s", e.msg);
	out = create("text");
	CHECK(rec_model_write(out, &x, false, pool, &e) == 0, "%s", e.msg);
	done(out);
	rec_model_free(&x);
	put("want", "x\ty\t1\nx\tz\t0.5\ny\tx\t2\n");
	CHECK(same_file("text", "want"), "a dense similarity as text");
	CHECK(load(&x, "text", &e) == 0 && x.text && x.has_similarity && x.sim.nnz == 3 &&
		      x.row.n == 2,
	      "%s", e.msg);
	out = create("again");
	CHECK(rec_model_write(out, &x, false, pool, &e) == 0, "%s", e.msg);
	done(out);
	CHECK(same_file("again", "want"), "a similarity as text");
	rec_model_free(&x);

	WRITE("offset", WITH(o, 3, 1));
	CHECK(load(&x, "offset", &e) == 0 && x.has_offset && x.offset.row.n == 2, "%s", e.msg);
	out = create("again");
	CHECK(rec_model_write(out, &x, false, pool, &e) == -1 &&
		      strcmp(e.msg, "a model with an offset does not go into text: use -b") == 0,
	      "%s", e.msg);
	rec_out_free(out);
	rec_model_free(&x);
}

static void not_a_model(const char *name, const char *message)
{
	struct rec_model x;
	struct rec_err e;
	size_t n = strlen(file(name));

	CHECK(load(&x, name, &e) == -1, "%s: loads", name);
	CHECK(strncmp(e.msg, file(name), n) == 0 && strcmp(e.msg + n, message) == 0,
	      "'%s' instead of '%s'", e.msg, message);
	CHECK(!x.own && !x.in && !x.meta.n, "a failed load leaves nothing");
}

static void test_no_model(void)
{
	struct made m[4];
	struct rec_block u = block(&m[0], REC_DENSE, 0, "user", "a b", NULL),
			 i = block(&m[1], REC_DENSE, 0, "item", "x", NULL);
	struct rec_block d = block(&m[2], REC_DENSE, 0, "similarity", "x", NULL);

	u.cols = i.cols = d.cols = 1;
	put("empty", "");
	not_a_model("empty", ": no model: neither factors nor similarity nor offset");
	WRITE("x", WITH(u, 1, 2));
	not_a_model("x", ": user factors without item factors; give both, as rec-als writes them");
	u.cols = 2;
	WRITE("x", WITH(u, 1, 2, 3, 4), WITH(i, 1));
	not_a_model("x", ": block 'user' has 2 columns and block 'item' 1; take blocks and "
			 "metadata of one run");
	WRITE("x", WITH(d, 1));
	not_a_model("x", ": block 'similarity' is dense and its columns have no labels, so nobody "
			 "knows which items they are");
	strcpy(u.name, "other");
	WRITE("x", WITH(u, 1, 2, 3, 4));
	not_a_model("x", ": block 'other' is not part of a model");
	WRITE("x", WITH(i, 1), WITH(i, 2));
	not_a_model("x", ": row 'x' of block 'item' appears twice");
}

int main(void)
{
	char remove[64];
	struct rec_err e = { 0 };

	if (!mkdtemp(dir))
		return 1;
	for (unsigned threads = 0; threads <= 3; threads += 3) {
		if (threads && rec_pool_new(&pool, threads, &e) != 0)
			die(&e);
		test_dense();
		test_ranked();
		test_cells();
		test_model();
		test_no_model();
	}
	rec_pool_free(pool);
	snprintf(remove, sizeof remove, "rm -r %s", dir);
	CHECK(system(remove) == 0, "rm");
	return finished("merge");
}
