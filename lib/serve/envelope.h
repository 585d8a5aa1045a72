/* SPDX-License-Identifier: MIT */
/*
 * serve/envelope.h - a request that comes wrapped in JSON, as hosts of
 * functions hand it over, and its answer wrapped for them. Bytes in, a struct
 * rec_request out; a struct rec_reply in, bytes out: no socket is known here.
 *
 *	kind      comes as                          goes as
 *	direct    {"user":"ann","n":5}              the answer itself
 *	http      {"version":"2.0","rawPath":...}   {"statusCode":...,...}
 *	rest      {"httpMethod":...,"path":...}     the same
 *	balancer  with requestContext.elb           the same
 *	azure     {"Data":{"req":{...}},...}        {"Outputs":{"res":...},...}
 *
 * http is a function URL or an HTTP API of AWS (payload format 2.0), rest a
 * REST API (1.0), balancer an Application Load Balancer; direct is what a
 * person types or another program sends, described at rec_envelope_open.
 */
#ifndef REC_SERVE_ENVELOPE_H
#define REC_SERVE_ENVELOPE_H

#include <stdbool.h>
#include <stddef.h>

#include "serve/request.h"

enum rec_wrap { REC_WRAP_DIRECT, REC_WRAP_HTTP, REC_WRAP_REST, REC_WRAP_BALANCER, REC_WRAP_AZURE };

struct rec_envelope {	/* {0}; memory stays from one request to the next */
	enum rec_wrap wrap;
	bool many_values;	/* the head of the answer as multiValueHeaders */
	struct rec_request request;
	/* what the request points into */
	struct rec_buf target, accept, type, body;
	struct json_t *json;
};

/*
 * Open an event of AWS Lambda. 0; or -1 with an answer in r, and v->wrap says
 * how that is to be wrapped: direct where the event is none of the others.
 *
 * A direct event is an object. "path" is the path of rec-serve, with a query or
 * without; "query" an object of parameters; "accept" the media type wanted;
 * "body" lines of text. All other names are the body of JSON that a POST of
 * rec-serve takes. Where "path" is missing they say what is asked: pairs or
 * items /score, histories /batch, item with user or history /explain, item
 * alone /similar, anything else /topn.
 */
REC_MUST int rec_envelope_open(struct rec_envelope *v, const char *event, size_t n,
			       struct rec_reply *r);

/*
 * Open what the host of Azure Functions sends to a custom handler to which it
 * hands no requests as they are (enableProxyingHttpRequest is false). target is
 * that of its own request, whose path is the function's name. -1 with an answer
 * in r, which goes as it is where the envelope is wrong, for the host; where
 * v->wrap says azure, it is for who asked, and is wrapped.
 */
REC_MUST int rec_envelope_open_azure(struct rec_envelope *v, const char *target, const char *body,
				     size_t n, struct rec_reply *r);

/* The request is answered: forget it, and let go of much memory. */
void rec_envelope_rest(struct rec_envelope *v);
void rec_envelope_free(struct rec_envelope *v);

/*
 * Append the wrapped answer, in three steps, since a batch comes in pieces:
 * what stands before the body, the body, its end. Pieces are cut between lists,
 * so no character is divided. In_base64 is for a body that is no UTF-8, which
 * comes in one piece then; Azure has no such thing. Not for direct.
 */
REC_MUST int rec_wrap_begin(struct rec_buf *b, const struct rec_envelope *v,
			    const struct rec_reply *r, bool in_base64, struct rec_err *e);
REC_MUST int rec_wrap_add(struct rec_buf *b, const char *p, size_t n, bool in_base64,
			  struct rec_err *e);
REC_MUST int rec_wrap_end(struct rec_buf *b, const struct rec_envelope *v, struct rec_err *e);

/* What a stream of AWS begins with: status and head, without the body. */
REC_MUST int rec_wrap_prelude(struct rec_buf *b, const struct rec_reply *r, struct rec_err *e);

/*
 * An answer that is an error, as Lambda wants one that has no status:
 * {"errorMessage":REASON,"errorType":TYPE}. The type is made of the code, in
 * size bytes: "bad-request" is Rec.BadRequest.
 */
REC_MUST int rec_wrap_error(struct rec_buf *b, const struct rec_reply *r, char *type, size_t size,
			    struct rec_err *e);

/* Whether n bytes are UTF-8. */
bool rec_is_utf8(const char *p, size_t n);

#endif
