/* SPDX-License-Identifier: MIT */
/* serve/info.c - /model, /healthz, /readyz, /metrics. */
#include <string.h>

#include "recpipe/err.h"
#include "score/explain.h"
#include "serve/desk.h"
#include "serve/json.h"

static int put_meta(struct rec_buf *b, const struct rec_meta *m, struct rec_err *e)
{
	if (rec_json_raw(b, "{", e) != 0)
		return -1;
	for (size_t i = 0; i < m->n; i++) {
		const char *key = m->entry[i].key, *value = m->entry[i].value;

		if ((i && rec_json_raw(b, ",", e) != 0) ||
		    rec_json_string(b, key, strlen(key), e) != 0 || rec_json_raw(b, ":", e) != 0 ||
		    rec_json_string(b, value, strlen(value), e) != 0)
			return -1;
	}
	return rec_json_raw(b, "}", e);
}

static int put_count(struct rec_buf *b, const char *key, uint64_t n, struct rec_err *e)
{
	return rec_json_key(b, key, e) != 0 ? -1 : rec_json_u64(b, n, e);
}

static int put_flag(struct rec_buf *b, const char *key, bool x, struct rec_err *e)
{
	return rec_json_key(b, key, e) != 0 ? -1 : rec_json_bool(b, x, e);
}

static const char *form_of(const struct rec_model *m)
{
	return m->has_factors	  ? "factors" :
	       !m->has_similarity ? "offset" :
	       m->dense		  ? "dense similarity" :
				    "sparse similarity";
}

static int put_model(struct rec_buf *b, const struct rec_site *s, size_t i, struct rec_err *e)
{
	const struct rec_model *m = s->files->list[i];
	const char *form = form_of(m);

	if (rec_json_key(b, i ? ",{\"form" : "{\"form", e) != 0 ||
	    rec_json_string(b, form, strlen(form), e) != 0 ||
	    rec_json_key(b, ",\"weight", e) != 0 ||
	    rec_json_f64(b, s->files->weight ? s->files->weight[i] : 1, e) != 0 ||
	    put_count(b, ",\"users", m->has_factors ? m->user.row.n : 0, e) != 0 ||
	    rec_json_key(b, ",\"metadata", e) != 0 || put_meta(b, &m->meta, e) != 0)
		return -1;
	return rec_json_raw(b, "}", e);
}

static int put_defaults(struct rec_buf *b, const struct rec_counter *c, struct rec_err *e)
{
	const struct rec_form_defaults *d = &c->defaults;

	if (put_count(b, ",\"defaults\":{\"n", d->n, e) != 0 ||
	    put_count(b, ",\"k", d->k, e) != 0 ||
	    put_flag(b, ",\"keep-seen", d->keep_seen, e) != 0 ||
	    put_count(b, "},\"limits\":{\"n", d->most, e) != 0 ||
	    put_count(b, ",\"histories", d->most_rows, e) != 0 ||
	    put_count(b, ",\"body", c->most_body, e) != 0)
		return -1;
	return rec_json_raw(b, "}", e);
}

static int put_site(struct rec_buf *b, const struct rec_desk *d, struct rec_err *e)
{
	const struct rec_site *s = d->site;
	struct rec_err none = { 0 };
	const char *engine = d->counter->engine;

	if (rec_json_key(b, "{\"version", e) != 0 ||
	    rec_json_string(b, rec_version(), strlen(rec_version()), e) != 0 ||
	    rec_json_key(b, ",\"http", e) != 0 ||
	    rec_json_string(b, engine, strlen(engine), e) != 0 ||
	    rec_json_key(b, ",\"digest", e) != 0 ||
	    rec_buf_printf(b, e, "\"%016llx\"", (unsigned long long)s->files->digest) != 0 ||
	    put_count(b, ",\"opened", (uint64_t)s->opened, e) != 0 ||
	    put_count(b, ",\"items", s->scorer.items.n, e) != 0 ||
	    put_count(b, ",\"titles", s->files->titles.n, e) != 0 ||
	    put_flag(b, ",\"interactions", s->files->has_interactions, e) != 0 ||
	    put_flag(b, ",\"popularity", s->knows_popular, e) != 0 ||
	    put_flag(b, ",\"similar", s->similar != NULL, e) != 0 ||
	    put_flag(b, ",\"explain", rec_scorer_can_explain(&s->scorer, &none) == 0, e) != 0)
		return -1;
	return put_defaults(b, d->counter, e);
}

int rec_answer_model(struct rec_desk *d, const struct rec_request *q, struct rec_reply *r)
{
	struct rec_buf *b = &r->body;
	struct rec_err e = { 0 };

	(void)q;
	if (put_site(b, d, &e) != 0 || rec_json_key(b, ",\"models", &e) != 0 ||
	    rec_json_raw(b, "[", &e) != 0)
		return rec_reply_error(r, &e);
	for (size_t i = 0; i < d->site->files->nmodels; i++)
		if (put_model(b, d->site, i, &e) != 0)
			return rec_reply_error(r, &e);
	return rec_json_raw(b, "]}\n", &e) == 0 ? 0 : rec_reply_error(r, &e);
}

static int say(struct rec_reply *r, const char *text)
{
	struct rec_err e = { 0 };

	r->type = REC_TYPE_TEXT;
	return rec_json_raw(&r->body, text, &e) == 0 ? 0 : rec_reply_error(r, &e);
}

int rec_answer_health(struct rec_desk *d, const struct rec_request *q, struct rec_reply *r)
{
	(void)d;
	(void)q;
	return say(r, "ok\n");
}

int rec_answer_ready(struct rec_desk *d, const struct rec_request *q, struct rec_reply *r)
{
	(void)q;
	if (atomic_load(&d->counter->meters->draining))
		return rec_reply_fail(r, 503, "draining", "this server is ending");
	return say(r, "ready\n");
}

int rec_answer_metrics(struct rec_desk *d, const struct rec_request *q, struct rec_reply *r)
{
	struct rec_err e = { 0 };

	(void)q;
	r->type = REC_TYPE_PROMETHEUS;
	return rec_meters_print(&r->body, d->counter->meters, d->site, &e) == 0 ?
		       0 :
		       rec_reply_error(r, &e);
}
