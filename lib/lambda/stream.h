/* SPDX-License-Identifier: MIT */
/*
 * lambda/stream.h - an answer that is sent while it is made: a POST whose body
 * comes in chunks, on a connection of its own. An error that comes too late for
 * a status goes at the end, as trailers.
 */
#ifndef REC_LAMBDA_STREAM_H
#define REC_LAMBDA_STREAM_H

#include "lambda/api.h"

struct rec_stream;

/* The type of a stream that begins with status and head (rec_wrap_prelude). */
#define REC_TYPE_STREAM "application/vnd.awslambda.http-integration-response"

REC_MUST int rec_stream_open(struct rec_stream **s, struct rec_api *a,
			     const struct rec_invocation *v, const char *type, struct rec_err *e);

/*
 * A piece, which is on its way when this returns. n may be 0. After a failure
 * rec_stream_drop is all that is left.
 */
REC_MUST int rec_stream_write(struct rec_stream *s, const char *p, size_t n, struct rec_err *e);

/*
 * The end; s is freed in any case. type is NULL where all went well, else the
 * kind of error, and p has n bytes as for rec_api_fail.
 */
REC_MUST int rec_stream_close(struct rec_stream *s, const char *type, const char *p, size_t n,
			      struct rec_err *e);

/* Cut it: without its end nobody takes it as whole. */
void rec_stream_drop(struct rec_stream *s);

#endif
