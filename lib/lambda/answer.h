/* SPDX-License-Identifier: MIT */
/*
 * lambda/answer.h - an event in, what goes back to Lambda out: bytes alone, no
 * socket is known here. The event is opened (serve/envelope.h), the desk
 * answers as it does for rec-serve, and the answer is wrapped as it came.
 *
 * What Lambda would refuse or cut is refused before, with a reason: an event or
 * an answer that is too large, and a batch that would not end in time.
 */
#ifndef REC_LAMBDA_ANSWER_H
#define REC_LAMBDA_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#include "serve/desk.h"
#include "serve/envelope.h"

struct rec_lambda_limits {
	size_t event, answer;		/* bytes; of an answer in one piece */
	double reserve;			/* seconds before the deadline that are kept */
};

/* Bytes that Lambda takes of a balancer's answer, and of a stream. */
#define REC_BALANCER_ANSWER ((size_t)1 << 20)
#define REC_STREAM_ANSWER ((size_t)200 << 20)

struct rec_lambda {	/* {0} with desk and limits to begin */
	struct rec_desk *desk;		/* borrowed */
	struct rec_lambda_limits limits;
	/* of one event after the other */
	struct rec_envelope envelope;
	struct rec_reply reply;
	struct rec_buf payload;
	double deadline;
	size_t sent;			/* bytes of a stream */
	bool whole;			/* of an answer that is no batch: it was given */
	char type[64];			/* of an error */
};

/* What goes to Lambda; it stays until the next call. */
struct rec_payload {
	const char *p;
	size_t n;
	const char *error;		/* its type where it is one, "Rec.BadRequest"; or NULL */
};

/*
 * Ask an event, whatever is in it; deadline: seconds since 1970, or 0. Then
 * either rec_lambda_payload, or the functions of a stream.
 */
void rec_lambda_ask(struct rec_lambda *l, const char *event, size_t n, double deadline);

/* The whole answer. */
void rec_lambda_payload(struct rec_lambda *l, struct rec_payload *to);

/*
 * Whether it can be a stream: a balancer takes none, and an error that has no
 * status is sent as one.
 */
bool rec_lambda_can_stream(const struct rec_lambda *l);

/*
 * The next piece in l->reply.body: 1; 0 at the end; -1 with an error in
 * l->reply, which rec_lambda_error makes a payload of.
 */
REC_MUST int rec_lambda_piece(struct rec_lambda *l);

/*
 * The first bytes of a stream and its media type; those that come by HTTP have
 * their status and head there.
 */
REC_MUST const char *rec_lambda_prelude(struct rec_lambda *l, struct rec_payload *to,
					struct rec_err *e);

/* The error in l->reply as a payload. */
void rec_lambda_error(struct rec_lambda *l, struct rec_payload *to);

/* The event is done with; everything of it is released. */
void rec_lambda_rest(struct rec_lambda *l);
void rec_lambda_free(struct rec_lambda *l);

#endif
