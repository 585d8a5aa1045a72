/* SPDX-License-Identifier: MIT */
/*
 * serve/batch.c - /batch. The whole request is read and checked before the
 * first byte of the answer, so what is wrong with it is said with a status.
 */
#include "serve/batch.h"

#include <stdlib.h>

#include "base/mem.h"
#include "serve/json.h"

enum { PIECE_BYTES = 32 << 10, ENTRY_BYTES = 32 };

struct rec_batch {
	struct rec_desk *desk;		/* held */
	struct rec_form form;		/* taken over from the desk */
	size_t at;			/* the next history */
	bool lines, ended;
};

int rec_answer_batch(struct rec_desk *d, const struct rec_request *q, struct rec_reply *r)
{
	struct rec_err e = { 0 };
	struct rec_batch *b;

	if (rec_form_read(&d->form, REC_ASK_BATCH, q, &d->counter->defaults, r) != 0)
		return -1;
	if ((d->form.fill || d->form.cold == REC_COLD_POPULAR) && !d->site->knows_popular)
		return rec_reply_fail(r, 400, "bad-request",
				      "popularity is not known: it needs interactions, or a "
				      "popular model");
	b = rec_zalloc(1, sizeof *b, &e);
	if (!b)
		return rec_reply_error(r, &e);
	b->desk = rec_desk_hold(d);
	b->form = d->form;
	d->form = (struct rec_form){ 0 };
	/* its pairs hold what the lines said: half of the memory */
	free(b->form.row);
	b->form.row = NULL;
	b->form.nrows = b->form.row_cap = 0;
	b->lines = rec_wants_lines(q);
	r->type = b->lines ? REC_TYPE_TSV : REC_TYPE_JSON;
	r->batch = b;
	return 0;
}

static int add(struct rec_batch *b, struct rec_reply *r, const char *text)
{
	struct rec_err e = { 0 };

	if (b->lines || rec_json_raw(&r->body, text, &e) == 0)
		return 0;
	return rec_reply_error(r, &e);
}

/*
 * Histories of the next piece: as many as their lists, of so many entries, are
 * likely to fill it.
 */
static uint32_t piece_rows(const struct rec_batch *b)
{
	size_t left = b->form.nhistories - b->at, n = PIECE_BYTES / ENTRY_BYTES / b->form.n;

	n = n < 1 ? 1 : n < REC_DESK_TOGETHER ? n : REC_DESK_TOGETHER;
	return (uint32_t)(n < left ? n : left);
}

static int put_piece(struct rec_batch *b, uint32_t n, struct rec_reply *r)
{
	const struct rec_form *f = &b->form;

	if (n > 0 && rec_desk_ask(b->desk, f, &f->history[b->at], n, r) != 0)
		return -1;
	for (uint32_t i = 0; i < n; i++, b->at++)
		if ((b->at > 0 && add(b, r, ",\n") != 0) ||
		    rec_desk_put(b->desk, f, i, b->lines, r) != 0)
			return -1;
	return 0;
}

int rec_batch_next(struct rec_batch *b, struct rec_reply *r)
{
	if (b->ended)
		return 0;
	if (b->at == 0 && add(b, r, "{\"lists\":[") != 0)
		return -1;
	if (put_piece(b, piece_rows(b), r) != 0)
		return -1;
	if (b->at < b->form.nhistories)
		return 1;
	b->ended = true;
	if (add(b, r, "]}\n") != 0)
		return -1;
	return r->body.n > 0;
}

void rec_batch_close(struct rec_batch *b)
{
	if (!b)
		return;
	rec_form_free(&b->form);
	rec_desk_let_go(b->desk);
	free(b);
}
