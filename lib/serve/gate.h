/* SPDX-License-Identifier: MIT */
/*
 * serve/gate.h - what of HTTP/1.1 is let in. The library that parses requests
 * accepts more than a proxy in front of it might, and two readings of one head
 * are how requests are smuggled. So each head is looked at as bytes before the
 * library sees it, and passes only if it can be read in one way (RFC 9112):
 *
 *   lines end with CR LF; no other control byte but TAB within a value
 *   GET, HEAD or POST, one blank, a target that begins with '/', not with '//',
 *   one blank, HTTP/1.1 or HTTP/1.0
 *   a name is a token and ':' follows at once; no line continues another
 *   HTTP/1.1: one Host
 *   at most one Content-Length, digits alone; none but 0 with GET and HEAD
 *   no Transfer-Encoding: a body has a length (or, where that is allowed, comes
 *   in chunks without extensions and trailers)
 *   Expect: 100-continue, or none
 *
 * Pure: bytes in, a verdict out. It knows no socket.
 */
#ifndef REC_SERVE_GATE_H
#define REC_SERVE_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Why a request is refused: a status, a word and a reason for the client. */
struct rec_refusal {
	int status;
	const char *code, *reason;	/* constant */
};

/*
 * Look for the end of a head in n bytes, of which *seen were looked at before:
 * its length, or 0 where more is to come, or -1 where a line ends without CR
 * or a CR is alone.
 */
int64_t rec_gate_find(const char *p, size_t n, size_t *seen, struct rec_refusal *why);

/*
 * Check a whole head of n bytes, its empty line included. 0, and the length of
 * the body, which may be longer than anybody wants; or -1. With chunks, which
 * is for a client that is known, a POST may say Transfer-Encoding: chunked
 * instead of a length: the body is REC_GATE_CHUNKED then.
 */
#define REC_GATE_CHUNKED UINT64_MAX
int rec_gate_check(const char *head, size_t n, bool chunks, uint64_t *body,
		   struct rec_refusal *why);

/* How far a body in chunks has come. */
struct rec_chunks {	/* {0} to begin */
	unsigned state, digits;
	uint64_t left, total;		/* bytes of this chunk; of all so far */
	bool done;
};

/*
 * How many of the next n bytes belong to the body: all, or those to its end. -1
 * where they can be read in two ways (extensions, trailers, lines that end with
 * LF alone are refused), or where it has more than most bytes.
 */
int64_t rec_gate_chunks(struct rec_chunks *c, const char *p, size_t n, uint64_t most,
			struct rec_refusal *why);

#endif
