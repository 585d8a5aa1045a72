/* SPDX-License-Identifier: MIT */
/*
 * als/als.c - training: the settings are completed from the data, then items
 * and users are solved in turn.
 *
 * Memory: the matrix and its transpose, under logarithmic weights a float for
 * each pair of both, the two tables, the fixed one in the basis of its Gramian,
 * and the scratch of each thread.
 * At the end the tables are packed into the stored layout where they are.
 *
 * With job.spill the transpose lies in a temporary file, and so may the matrix.
 * Rows are read in order, block by block, and pages that were read are given
 * back (base/far.h). With spill_tables the tables lie in files too: of the side
 * that is being solved, only what is being written is in memory. The same code
 * computes the rows in the same order of sums, so the bytes are the same.
 */
#include "als/als.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "als/complete.h"
#include "als/objective.h"
#include "als/step.h"
#include "matrix/csr_far.h"
#include "matrix/csr_row.h"
#include "matrix/digest.h"

static int check_init(const struct rec_als_opts *o, const struct rec_model *init, struct rec_err *e)
{
	struct rec_als_opts g;

	if (!init)
		return 0;
	if (!init->has_factors)
		return rec_err_set(e, REC_EDATA, "the model to start from holds no factors");
	if (rec_als_opts_load(&g, &init->meta, e) != 0)
		return -1;
	if (g.bias != o->bias)
		return rec_err_set(e, REC_EDATA,
				   "the model to start from has %u factor%s%s, this run %u%s; "
				   "biases come with --explicit and go with --no-bias",
				   g.factors, REC_S(g.factors), g.bias ? " and biases" : "",
				   o->factors, o->bias ? " and biases" : "");
	if (g.factors != o->factors)
		return rec_err_set(
			e, REC_EDATA,
			"the model to start from has %u factor%s, this run %u; give -k %u",
			g.factors, REC_S(g.factors), o->factors, g.factors);
	return rec_als_opts_fit(&g, init, e);
}

/* What training holds. */
struct training {
	struct rec_als_opts o;		/* as given, then completed from the data */
	const struct rec_als_job *job;
	const struct rec_run *run;
	struct rec_csr t;		/* the transpose */
	struct rec_als_side user, item;
	struct rec_als_crew crew;
};

static int half_step(struct training *t, uint32_t iteration, bool users, struct rec_err *e)
{
	struct rec_als_side *s = users ? &t->user : &t->item, *other = users ? &t->item : &t->user;
	uint64_t sweep = (uint64_t)t->o.users + t->o.items;
	struct rec_als_tell tell = { .before = iteration * sweep + (users ? t->o.items : 0),
				     .total = t->o.iterations * sweep };
	struct rec_als_fixed q;
	double value;
	int rc;

	snprintf(tell.note, sizeof tell.note, "iteration %u/%u", iteration + 1, t->o.iterations);
	if (rec_als_side_fix(&q, other, &t->o, t->run, e) != 0)
		return -1;
	rc = rec_als_step(s, &q, &t->o, &t->crew, &tell, t->run, e);
	rec_als_fixed_free(&q);
	if (rc != 0 || !t->job->objective)
		return rc;
	if (rec_als_objective(&value, &t->o, &t->user, &t->item, t->run, e) != 0)
		return -1;
	if (t->job->objective_fn)
		t->job->objective_fn(t->job->objective_arg, iteration + 1, users ? "user" : "item",
				   value);
	return 0;
}

static int transpose(struct training *t, const struct rec_sparse *x, struct rec_err *e)
{
	struct rec_spill *spill = t->job->spill;

	if (!spill)
		return rec_csr_transpose(&t->t, &x->m, t->run->pool, e);
	return rec_csr_transpose_far(&t->t, &x->m, spill, t->job->transpose_limit, t->run->pool, e);
}

static int prepare(struct training *t, const struct rec_sparse *x, struct rec_err *e)
{
	const struct rec_model *init = t->job->init;

	if (rec_als_complete(&t->o, x, t->job->report, t->run, e) != 0)
		return -1;
	if (check_init(&t->o, init, e) != 0)
		return rec_model_blame(init, e);
	if ((t->o.iterations > 0 && transpose(t, x, e) != 0) ||
	    rec_als_crew_new(&t->crew, &t->o, t->run, e) != 0)
		return -1;
	t->user = (struct rec_als_side){ .user = true,
					 .label = &x->row,
					 .m = &x->m,
					 .init = init ? &init->user : NULL,
					 .spill = t->job->spill_tables ? t->job->spill : NULL };
	t->item = (struct rec_als_side){ .label = &x->col,
					 .m = &t->t,
					 .init = init ? &init->item : NULL,
					 .spill = t->user.spill,
					 .no_starts = t->o.iterations > 0 &&
						      t->o.solver == REC_CHOLESKY };
	return rec_als_side_new(&t->user, &t->o, t->run, e) != 0 ?
		       -1 :
		       rec_als_side_new(&t->item, &t->o, t->run, e);
}

/* Smallest and largest value, for readers that clamp predictions. */
static int save_range(struct rec_meta *m, const struct rec_csr *x, struct rec_err *e)
{
	float lo = x->val[0], hi = x->val[0];

	for (uint32_t i = 0; i < x->nrows; i++) {
		struct rec_csr_cells row = rec_csr_row(x, i);

		for (uint64_t j = 0; j < row.n; j++) {
			lo = row.val[j] < lo ? row.val[j] : lo;
			hi = row.val[j] > hi ? row.val[j] : hi;
		}
	}
	return rec_meta_set_f64(m, "value.min", lo, e) != 0 ?
		       -1 :
		       rec_meta_set_f64(m, "value.max", hi, e);
}

static int save_meta(struct rec_meta *m, const struct training *t, const struct rec_sparse *x,
		     struct rec_err *e)
{
	const char *start = t->job->init ? rec_meta_get(&t->job->init->meta, "digest") : NULL;

	if (rec_als_opts_save(m, &t->o, e) != 0 ||
	    rec_meta_set_u64(m, "iterations", t->o.iterations, e) != 0)
		return -1;
	if (t->o.explicit_loss && save_range(m, &x->m, e) != 0)
		return -1;
	if (t->job->init && rec_meta_set(m, "init-from", start ? start : "unknown", e) != 0)
		return -1;
	return rec_digest_meta(m, &x->digest, e);
}

static int train(struct rec_model *m, struct training *t, const struct rec_sparse *x,
		 struct rec_err *e)
{
	if (prepare(t, x, e) != 0)
		return -1;
	for (uint32_t i = 0; i < t->o.iterations; i++)
		if (half_step(t, i, false, e) != 0 || half_step(t, i, true, e) != 0)
			return -1;
	if (t->job->report)
		rec_als_reach(t->job->report, &t->o, &t->user, &t->item,
			      rec_als_enough(t->o.iterations));
	m->has_factors = true;
	if (rec_als_side_pack(&m->user, &t->user, &t->o, e) != 0 ||
	    rec_als_side_pack(&m->item, &t->item, &t->o, e) != 0)
		return -1;
	return save_meta(&m->meta, t, x, e);
}

int rec_als_train(struct rec_model *m, const struct rec_sparse *x, const struct rec_als_opts *o,
		  const struct rec_als_job *job, const struct rec_run *run, struct rec_err *e)
{
	static const struct rec_als_job plain = { 0 };
	struct training t = { .o = *o, .job = job ? job : &plain, .run = run };
	int rc;

	*m = (struct rec_model){ 0 };
	rc = train(m, &t, x, e);
	rec_als_crew_free(&t.crew);
	rec_als_side_free(&t.user);
	rec_als_side_free(&t.item);
	rec_csr_free(&t.t);
	if (rc != 0) {
		rec_model_free(m);
		*m = (struct rec_model){ 0 };
	}
	return rc;
}

/*
 * The Gramian, its basis and what each thread holds. While the Gramian is
 * summed (als/sum.c) there are 32 matrices of tasks and the result, and the
 * levels of the counter of each thread: 12 of them hold 8 million rows. Rows of
 * a task are 64.
 */
static uint64_t working_bytes(const struct rec_als_opts *o, uint64_t kp, unsigned threads)
{
	struct rec_als_opts with_stride = *o;
	uint64_t square = kp * kp, gramian = 0, thread = 64 * kp * sizeof(float);

	with_stride.kp = (uint32_t)kp;
	thread += rec_als_scratch_bytes(&with_stride);
	if (!o->explicit_loss) {
		gramian = square * (33 * sizeof(double) + 2 * sizeof(float));
		thread += square * 12 * sizeof(double);
	}
	return gramian + threads * thread;
}

/* Rows of the side that is turned into the basis of its Gramian. */
static uint64_t turned_rows(uint64_t users, uint64_t items, const struct rec_als_opts *o)
{
	return o->explicit_loss ? 0 : users > items ? users : items;
}

uint64_t rec_als_bytes(uint64_t users, uint64_t items, uint64_t pairs, const struct rec_als_opts *o,
		       unsigned threads)
{
	bool bias = o->explicit_loss && o->bias,
	     weights = !o->explicit_loss && o->weights.kind == REC_TRANSFORM_LOG;
	uint64_t kp = rec_als_stride(o->factors, bias);
	uint64_t tables = ((users + items) * (kp + bias) + turned_rows(users, items, o) * kp) *
			  sizeof(float);
	uint64_t transpose = pairs * 8 + items * 8 + (weights ? pairs * 8 : 0);

	return tables + transpose + working_bytes(o, kp, threads);
}

uint64_t rec_als_bytes_far(const struct rec_sparse *x, const struct rec_als_opts *o,
			   unsigned threads, bool spill_tables, uint64_t *tables)
{
	bool bias = o->explicit_loss && o->bias;
	uint64_t users = x->m.nrows, items = x->m.ncols, kp = rec_als_stride(o->factors, bias),
		 most = users > items ? users : items;
	uint64_t labels = (x->row.off ? x->row.off[users] : 0) +
			  (x->col.off ? x->col.off[items] : 0) + 8 * (users + items);

	*tables = (spill_tables ? most : users + items + turned_rows(users, items, o)) * kp *
			  sizeof(float) +
		  (users + items) * bias * sizeof(float);
	return *tables + 2 * labels + 8 * (users + 2 * items) + working_bytes(o, kp, threads);
}
