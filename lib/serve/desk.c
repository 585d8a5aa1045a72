/* SPDX-License-Identifier: MIT */
/* serve/desk.c - which answer a request gets. */
#include "serve/desk.h"

#include <stdlib.h>
#include <string.h>

#include "base/label.h"
#include "base/mem.h"
#include "serve/json.h"

enum { GET = 1, POST = 2 };

static const struct endpoint {
	const char *path;
	enum rec_endpoint endpoint;
	unsigned methods;
	rec_answer_fn *answer;
} endpoints[] = {
	{ "/topn", REC_ASK_TOPN, GET | POST, rec_answer_topn },
	{ "/similar", REC_ASK_SIMILAR, GET | POST, rec_answer_similar },
	{ "/score", REC_ASK_SCORE, POST, rec_answer_score_pairs },
	{ "/batch", REC_ASK_BATCH, POST, rec_answer_batch },
	{ "/explain", REC_ASK_EXPLAIN, GET | POST, rec_answer_explain },
	{ "/items", REC_ASK_ITEMS, GET, rec_answer_items },
	{ "/model", REC_ASK_MODEL, GET, rec_answer_model },
	{ "/healthz", REC_ASK_HEALTH, GET, rec_answer_health },
	{ "/readyz", REC_ASK_READY, GET, rec_answer_ready },
	{ "/metrics", REC_ASK_METRICS, GET, rec_answer_metrics },
	{ "/", REC_ASK_PAGE, GET, rec_answer_page },
};

static const char *const methods[] = { "", "GET, HEAD", "POST", "GET, HEAD, POST" };

static const struct endpoint *find(const char *target)
{
	size_t n = strcspn(target, "?");

	for (size_t i = 0; i < sizeof endpoints / sizeof *endpoints; i++)
		if (strlen(endpoints[i].path) == n && memcmp(endpoints[i].path, target, n) == 0)
			return &endpoints[i];
	return NULL;
}

enum rec_endpoint rec_endpoint_of(const char *target)
{
	const struct endpoint *p = find(target);

	return p ? p->endpoint : REC_ASK_OTHER;
}

/* Each model by itself. */
static int open_alone(struct rec_desk *d, struct rec_err *e)
{
	const struct rec_site *s = d->site;

	d->alone = rec_zalloc(s->files->nmodels, sizeof *d->alone, e);
	if (!d->alone)
		return -1;
	for (size_t i = 0; i < s->files->nmodels; i++)
		if (rec_answerer_new(&d->alone[i], s->alone[i].topn, e) != 0)
			return -1;
	return 0;
}

int rec_desk_open(struct rec_desk **out, struct rec_site *s, const struct rec_counter *c,
		  struct rec_err *e)
{
	struct rec_desk *d = rec_zalloc(1, sizeof *d, e);

	*out = NULL;
	if (!d)
		return -1;
	d->held = 1;
	d->site = rec_site_hold(s);
	d->counter = c;
	if (rec_answerer_new(&d->topn, s->topn, e) != 0 ||
	    (s->similar && rec_answerer_new(&d->similar, s->similar, e) != 0) ||
	    (s->alone && open_alone(d, e) != 0)) {
		rec_desk_let_go(d);
		return -1;
	}
	*out = d;
	return 0;
}

struct rec_desk *rec_desk_hold(struct rec_desk *d)
{
	d->held++;
	return d;
}

void rec_desk_let_go(struct rec_desk *d)
{
	if (!d || --d->held > 0)
		return;
	rec_answerer_free(d->topn);
	rec_answerer_free(d->similar);
	for (size_t i = 0; d->alone && i < d->site->files->nmodels; i++)
		rec_answerer_free(d->alone[i]);
	free(d->alone);
	rec_form_free(&d->form);
	rec_desk_free_waiting(d);
	free(d->reason);
	rec_site_let_go(d->site);
	free(d);
}

bool rec_wants_lines(const struct rec_request *q)
{
	return q->accept && strstr(q->accept, "text/tab-separated-values");
}

void rec_desk_answer(struct rec_desk *d, const struct rec_request *q, struct rec_reply *r)
{
	const struct endpoint *p = find(q->target);

	rec_reply_clear(r);
	r->endpoint = p ? p->endpoint : REC_ASK_OTHER;
	r->status = 200;
	r->type = REC_TYPE_JSON;
	if (!p) {
		rec_reply_fail(r, 404, "no-such-path",
			       "there is /topn, /similar, /score, /batch, /explain, /items, "
			       "/model, /healthz, /readyz and /metrics");
		return;
	}
	if (!(p->methods & (q->post ? POST : GET))) {
		rec_reply_fail(r, 405, "wrong-method", "%s takes %s", p->path,
			       methods[p->methods]);
		r->allow = methods[p->methods];
		return;
	}
	p->answer(d, q, r);
}

bool rec_desk_can(struct rec_desk *d, const struct rec_request *q)
{
	struct rec_form *f = &d->form;
	struct rec_reply r = { 0 };
	bool can;

	switch (rec_endpoint_of(q->target)) {
	case REC_ASK_HEALTH:
	case REC_ASK_READY:
	case REC_ASK_METRICS:
	case REC_ASK_PAGE:
	case REC_ASK_ITEMS:
	case REC_ASK_OTHER:
		return true;
	case REC_ASK_TOPN:
		break;
	default:
		return !d->site->first;
	}
	if (!d->site->first)
		return true;
	can = rec_form_read(f, REC_ASK_TOPN, q, &d->counter->defaults, &r) == 0 && f->has_user &&
	      !f->has_history && !f->fill &&
	      rec_site_lists_now(d->site, f->user.p, f->user.n);
	rec_form_rest(f);
	rec_reply_free(&r);
	return can;
}
