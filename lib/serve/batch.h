/* SPDX-License-Identifier: MIT */
/*
 * serve/batch.h - many histories in, their lists out, piece by piece: memory is
 * the request and one piece, and others are answered between two pieces.
 *
 * A batch ends at the desk where it began, so its lists are of one site.
 */
#ifndef REC_SERVE_BATCH_H
#define REC_SERVE_BATCH_H

#include "serve/desk.h"

/*
 * Append the next piece to r->body, which the caller has emptied: 1; 0 at the
 * end, where nothing was added; -1 with an error in r, which comes too late to
 * be sent: the connection is cut, and the client sees an answer without its
 * end.
 */
REC_MUST int rec_batch_next(struct rec_batch *b, struct rec_reply *r);
void rec_batch_close(struct rec_batch *b);	/* accepts NULL */

#endif
