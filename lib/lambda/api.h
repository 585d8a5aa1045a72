/* SPDX-License-Identifier: MIT */
/*
 * lambda/api.h - the Runtime API of AWS Lambda, as a client: fetch an event,
 * send its answer. One event at a time, which is how Lambda hands them out, so
 * every call waits until it is done.
 *
 *	next:	  GET  /2018-06-01/runtime/invocation/next
 *	answer:	  POST /2018-06-01/runtime/invocation/ID/response
 *	error:	  POST /2018-06-01/runtime/invocation/ID/error
 *		  POST /2018-06-01/runtime/init/error
 *
 * libevent speaks HTTP. Its client cannot send a body in chunks, so a stream
 * (lambda/stream.h) has a connection of its own.
 */
#ifndef REC_LAMBDA_API_H
#define REC_LAMBDA_API_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/mem.h"

struct rec_api;

enum { REC_INVOCATION_ID = 100 };	/* bytes; AWS has 36 */

struct rec_invocation {	/* {0}; the memory of the event stays */
	char id[REC_INVOCATION_ID + 1];
	double deadline;		/* seconds since 1970, or 0: not known */
	struct rec_buf event;
};

/*
 * where is AWS_LAMBDA_RUNTIME_API: HOST:PORT. No connection is made yet. An
 * event of more than most bytes is not read: rec_api_next fails then.
 */
REC_MUST int rec_api_open(struct rec_api **a, const char *where, size_t most, struct rec_err *e);
void rec_api_close(struct rec_api *a);	/* accepts NULL */

/* From now on this signal ends rec_api_next. */
REC_MUST int rec_api_end_on(struct rec_api *a, int signal, struct rec_err *e);

/* Wait for the next event, as long as it takes: 1; 0 where a signal came. */
REC_MUST int rec_api_next(struct rec_api *a, struct rec_invocation *v, struct rec_err *e);

/* Its answer, of n bytes. */
REC_MUST int rec_api_respond(struct rec_api *a, const struct rec_invocation *v, const char *p,
			     size_t n, struct rec_err *e);

/*
 * It failed, or, where v is NULL, the function cannot begin: type names the
 * kind of error, and the body is {"errorMessage":...,"errorType":...}.
 */
REC_MUST int rec_api_fail(struct rec_api *a, const struct rec_invocation *v, const char *type,
			  const char *p, size_t n, struct rec_err *e);

/* -- for stream.c ----------------------------------------------------- */

struct event_base;
struct event_base *rec_api_base(struct rec_api *a);
const char *rec_api_host(const struct rec_api *a, unsigned *port);

/* For a message: what the Runtime API said to a request for path. */
int rec_api_refused(struct rec_err *e, const char *path, int status);

#endif
