/* SPDX-License-Identifier: MIT */
/*
 * score/stream.c - scoring of pairs as they come. A run of pairs of one user
 * looks the user up (or folds the history in) once.
 */
#include "score/stream.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/progress.h"
#include "io/num.h"
#include "recmat/recmat.h"
#include "recpipe/rows.h"
#include "rows/write.h"
#include "score/one.h"

/*
 * Pairs that a thread takes at a time: a user is looked up again where a task
 * begins, so it should be many; and a piece has some thousands for all threads.
 */
enum { TASK_ROWS = 512 };

/* A bit beside those of enum rec_fate: the user of the pair has a history. */
enum { HISTORY = 8 };

struct worker {
	struct rec_score_scratch *scratch;
	struct rec_query q;
	bool has_history;
	uint32_t *item;
	float *value;
	size_t item_cap, value_cap;
};

struct job {
	const struct rec_scorer *s;
	const struct rec_score_opts *o;
	struct rec_rows *in;
	struct rec_out *out;
	bool binary;
	struct rec_stream_out *stream;	/* binary */
	struct rec_score_counts *counts;
	struct worker *worker;		/* one a thread */
	/* of the piece at hand */
	const struct rec_row *rows;
	size_t n;
	float *score;			/* of each row */
	unsigned char *fate;
	size_t score_cap, fate_cap;
	struct rec_buf *text;		/* of each task; without binary */
	size_t ntext, text_cap;
};

int rec_clamp_parse(float *lo, float *hi, const char *text, struct rec_err *e)
{
	const char *colon = strchr(text, ':');

	if (!colon || rec_num_f32(text, (size_t)(colon - text), lo) != REC_NUM_OK ||
	    rec_num_f32(colon + 1, strlen(colon + 1), hi) != REC_NUM_OK || *lo > *hi)
		return rec_err_set(e, REC_EUSAGE, "--clamp: '%s' is not LO:HI, train or none",
				   text);
	return 0;
}

int rec_clamp_train(float *lo, float *hi, const struct rec_meta *m, struct rec_err *e)
{
	double l, h;
	int a = rec_meta_get_f64(m, "value.min", &l, e),
	    b = a < 0 ? -1 : rec_meta_get_f64(m, "value.max", &h, e);

	if (a < 0 || b < 0)
		return -1;
	if (!a || !b)
		return 0;
	*lo = (float)l;
	*hi = (float)h;
	return 1;
}

/* Begin the user of a pair: what q points to lies in the worker. */
static int begin(const struct job *j, struct worker *w, const struct rec_row *row,
		 struct rec_err *e)
{
	const struct rec_pairs *h = j->o->history;
	uint32_t r = h ? rec_pairs_row(h, row->row, row->row_len) : REC_NONE;
	size_t n = rec_pairs_length(h, r);

	if (rec_grow(&w->item, &w->item_cap, n + 1, sizeof *w->item, e) != 0 ||
	    rec_grow(&w->value, &w->value_cap, n + 1, sizeof *w->value, e) != 0)
		return -1;
	w->q = (struct rec_query){
		.label = row->row, .label_len = row->row_len, .item = w->item, .value = w->value
	};
	w->q.n = rec_pairs_items(h, r, w->item, w->value);
	w->has_history = r != REC_NONE;
	return rec_scorer_begin(j->s, w->scratch, &w->q, e) < 0 ? -1 : 0;
}

/* n <= REC_LANES rows of the user that was begun. */
static int score_rows(struct job *j, struct worker *w, size_t first, uint32_t n, struct rec_err *e)
{
	uint32_t item[REC_LANES];
	unsigned fate[REC_LANES];

	for (uint32_t i = 0; i < n; i++)
		item[i] = rec_scorer_item(j->s, j->rows[first + i].col, j->rows[first + i].col_len);
	rec_score_some(j->s, w->scratch, j->o, item, n, j->score + first, fate);
	for (uint32_t i = 0; i < n; i++) {
		if ((fate[i] & REC_FATE_COLD) && j->o->cold == REC_COLD_PAIR_FAIL)
			return rec_rows_fail(j->in, first + i, 0, e, REC_FATE_FAIL_COLD);
		if (!isfinite(j->score[first + i]))
			return rec_rows_fail(j->in, first + i, 0, e, REC_FATE_FAIL_NUMBER);
		j->fate[first + i] = (unsigned char)(fate[i] | (w->has_history ? HISTORY : 0));
	}
	return 0;
}

static bool dropped(const struct job *j, size_t i)
{
	return j->o->cold == REC_COLD_PAIR_DROP && (j->fate[i] & REC_FATE_COLD);
}

static struct rec_row scored(const struct job *j, size_t i)
{
	struct rec_row row = j->rows[i];

	row.value = j->score[i];
	row.has = (row.has | REC_HAS_VALUE) & ~(unsigned)REC_LOST_VALUE;
	return row;
}

static int print(const struct job *j, size_t i, struct rec_buf *b, struct rec_err *e)
{
	struct rec_row row = scored(j, i);

	return rec_row_add(b, &row, e);
}

static bool same_user(const struct rec_row *a, const struct rec_row *b)
{
	return a->row_len == b->row_len && memcmp(a->row, b->row, a->row_len) == 0;
}

/* Rows from i on that have its user, as many as are scored together. */
static uint32_t alike(const struct job *j, size_t i, size_t last)
{
	uint32_t n = 1;

	while (n < REC_LANES && i + n < last && same_user(&j->rows[i], &j->rows[i + n]))
		n++;
	return n;
}

static int score_task(void *arg, uint64_t first, uint64_t last, unsigned thread, struct rec_err *e)
{
	struct job *j = arg;
	struct worker *w = &j->worker[thread];
	struct rec_buf *text = &j->text[first / TASK_ROWS];

	text->n = 0;
	for (size_t i = first, end; i < last; i = end) {
		const struct rec_row *row = &j->rows[i];

		if ((i == first || !same_user(row - 1, row)) && begin(j, w, row, e) != 0)
			return -1;
		end = i + alike(j, i, last);
		if (score_rows(j, w, i, (uint32_t)(end - i), e) != 0)
			return -1;
		for (size_t r = i; r < end; r++)
			if (!j->binary && !dropped(j, r) && print(j, r, text, e) != 0)
				return -1;
	}
	return 0;
}

static int write_piece(struct job *j, struct rec_err *e)
{
	struct rec_score_counts *counts = j->counts;

	for (size_t i = 0; i < j->n; i++) {
		struct rec_row row = scored(j, i);

		counts->cold += (j->fate[i] & REC_FATE_COLD) != 0;
		counts->known += (j->fate[i] & REC_FATE_KNOWN) != 0;
		counts->clamped += (j->fate[i] & REC_FATE_CLAMPED) != 0;
		counts->with_history += (j->fate[i] & HISTORY) != 0;
		if (j->binary && !dropped(j, i) && rec_stream_out_row(j->stream, &row, e) != 0)
			return -1;
	}
	for (size_t i = 0; !j->binary && i < rec_slices(j->n, TASK_ROWS); i++)
		if (rec_out_write(j->out, j->text[i].p, j->text[i].n, e) != 0)
			return -1;
	counts->pairs += j->n;
	return 0;
}

static void keep_label(char *to, size_t *n, const char *label, size_t len)
{
	*n = len < REC_SCORE_LABEL ? len : REC_SCORE_LABEL;
	memcpy(to, label, *n);
}

/* The first pair, for messages. */
static void keep_first(struct rec_score_counts *c, const struct rec_row *row)
{
	keep_label(c->user, &c->user_len, row->row, row->row_len);
	keep_label(c->item, &c->item_len, row->col, row->col_len);
}

static int grow_arrays(struct job *j, struct rec_err *e)
{
	size_t tasks = rec_slices(j->n, TASK_ROWS);

	if (rec_grow(&j->score, &j->score_cap, j->n, sizeof *j->score, e) != 0 ||
	    rec_grow(&j->fate, &j->fate_cap, j->n, 1, e) != 0 ||
	    rec_grow(&j->text, &j->text_cap, tasks, sizeof *j->text, e) != 0)
		return -1;
	for (; j->ntext < tasks; j->ntext++)
		j->text[j->ntext] = (struct rec_buf){ 0 };
	return 0;
}

static int score_piece(struct job *j, struct rec_err *e)
{
	if (j->counts->pairs == 0 && j->n > 0)
		keep_first(j->counts, &j->rows[0]);
	if (grow_arrays(j, e) != 0 ||
	    rec_pool_slices(j->s->run->pool, j->n, TASK_ROWS, score_task, j, e) != 0 ||
	    write_piece(j, e) != 0)
		return -1;
	rec_progress_tell(&j->s->run->progress, "pairs", j->counts->pairs, 0, NULL);
	return 0;
}

static int score_pieces(struct job *j, struct rec_err *e)
{
	int got;

	while ((got = rec_rows_next(j->in, &j->rows, &j->n, e)) == 1)
		if (score_piece(j, e) != 0)
			return -1;
	if (got < 0)
		return -1;
	return j->binary ? rec_stream_out_end(j->stream, e) : 0;
}

static int job_new(struct job *j, struct rec_err *e)
{
	unsigned threads = rec_pool_size(j->s->run->pool);

	if (j->binary && rec_stream_out_new(&j->stream, j->out, e) != 0)
		return -1;
	if (j->binary && j->o->name)
		rec_stream_out_name(j->stream, j->o->name);
	j->worker = rec_zalloc(threads, sizeof *j->worker, e);
	for (unsigned i = 0; j->worker && i < threads; i++)
		if (rec_score_scratch_new(&j->worker[i].scratch, j->s, e) != 0)
			return -1;
	return j->worker ? 0 : -1;
}

static void job_free(struct job *j)
{
	for (unsigned i = 0; j->worker && i < rec_pool_size(j->s->run->pool); i++) {
		rec_score_scratch_free(j->worker[i].scratch);
		free(j->worker[i].item);
		free(j->worker[i].value);
	}
	for (size_t i = 0; i < j->ntext; i++)
		rec_buf_free(&j->text[i]);
	rec_stream_out_free(j->stream);
	free(j->text);
	free(j->worker);
	free(j->score);
	free(j->fate);
}

int rec_score_stream(const struct rec_scorer *s, const struct rec_score_opts *o,
		     struct rec_rows *in, struct rec_out *out, bool binary,
		     struct rec_score_counts *counts, struct rec_err *e)
{
	struct job j = { .s = s, .o = o, .in = in, .out = out, .binary = binary, .counts = counts };
	int rc = job_new(&j, e);

	if (rc == 0)
		rc = score_pieces(&j, e);
	job_free(&j);
	return rc;
}
