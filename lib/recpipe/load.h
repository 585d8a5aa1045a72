/* SPDX-License-Identifier: MIT */
/*
 * recpipe/load.h - a model from a file, checked.
 *
 * The check is made once, here: that blocks and metadata agree, that every
 * setting is there and in its range, that sizes fit. So nobody who scores has
 * to ask again, and a file that lies is refused before anything is computed.
 *
 *	struct rec_model m = { 0 };
 *
 *	if (rec_in_open(&in, "model.rec", &e) != 0 ||
 *	    rec_model_load(&m, in, false, pool, &e) != 0)
 *		...
 */
#ifndef RECPIPE_LOAD_H
#define RECPIPE_LOAD_H

#include <stdbool.h>

#include <recpipe/err.h>
#include <recpipe/model.h>
#include <recpipe/pool.h>
#include <recpipe/stream.h>

REC_BEGIN_C

/*
 * Read recmat, or sparse text as a similarity. `in` is taken over, also on
 * failure. A file is mapped where that is possible: many processes then share
 * one copy, and a large model is there at once. It must not be changed in place
 * while it is mapped; the library replaces files, which is safe.
 *
 * Several streams, one after the other, are one model where their blocks have
 * the same names and disjoint rows: parts, joined by label.
 *
 * trust leaves the CRCs of sections out, for files that were checked before.
 */
REC_MUST int rec_model_load(struct rec_model *m, struct rec_in *in, bool trust,
			    struct rec_pool *pool, struct rec_err *e);

REC_END_C

#endif
