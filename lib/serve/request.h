/* SPDX-License-Identifier: MIT */
/*
 * serve/request.h - a question and its answer, without any HTTP: what comes is
 * a target and bytes, what goes is a status and bytes. So they are tested and
 * fuzzed without a socket.
 */
#ifndef REC_SERVE_REQUEST_H
#define REC_SERVE_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"

/* What is asked; the order of the tables by it, and of /metrics. */
enum rec_endpoint {
	REC_ASK_TOPN,
	REC_ASK_SIMILAR,
	REC_ASK_SCORE,
	REC_ASK_BATCH,
	REC_ASK_EXPLAIN,
	REC_ASK_ITEMS,
	REC_ASK_MODEL,
	REC_ASK_HEALTH,
	REC_ASK_READY,
	REC_ASK_METRICS,
	REC_ASK_PAGE,
	REC_ASK_OTHER,			/* no such path */
	REC_ENDPOINTS
};

struct rec_request {
	bool post;			/* else GET (HEAD is a GET) */
	const char *target;		/* "/topn?user=ann", with NUL */
	const char *accept, *type;	/* fields of the head, or NULL */
	const char *body;
	size_t body_len;
};

struct rec_batch;

struct rec_reply {	/* {0} to begin; kept from one answer to the next */
	enum rec_endpoint endpoint;
	int status;
	const char *type;		/* constant */
	const char *allow;		/* 405: methods there are; else NULL */
	struct rec_buf body;
	struct rec_batch *batch;	/* more to come (serve/batch.h); or NULL */
};

/* Forget the answer, keep the memory; release it. */
void rec_reply_clear(struct rec_reply *r);
void rec_reply_free(struct rec_reply *r);

/*
 * The answer is an error: {"error":{"code":...,"reason":...}}. Returns -1. code
 * is constant; no path and no address of this machine is in a reason.
 */
int rec_reply_fail(struct rec_reply *r, int status, const char *code, const char *fmt, ...)
	REC_PRINTF(4, 5);

/* The same for a failed call of the library. */
int rec_reply_error(struct rec_reply *r, const struct rec_err *e);

#endif
