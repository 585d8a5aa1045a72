/* SPDX-License-Identifier: MIT */
/* cmd/cat/inspect.h - rec-cat --info, --verify and --labels. */
#ifndef REC_CMD_CAT_INSPECT_H
#define REC_CMD_CAT_INSPECT_H

#include <stdbool.h>

#include "base/err.h"
#include "io/in.h"
#include "io/out.h"
#include "kernel/kernel.h"

/*
 * flags: REC_ROWS_TRUST, REC_ROWS_ANYHOW. What in holds: key TAB value. Takes
 * in over, also on failure. Damage is an error.
 */
REC_MUST int cat_info(struct rec_out *out, struct rec_in *in, bool recmat, unsigned flags,
		      const struct rec_run *run, struct rec_err *e);

/*
 * Read everything with every check; one line "FILE: ok, ..." on success. Takes
 * in over.
 */
REC_MUST int cat_verify(struct rec_out *out, struct rec_in *in, bool recmat, unsigned flags,
			const struct rec_run *run, struct rec_err *e);

/*
 * The row or column labels, each once, in byte order, a line each. Takes in
 * over. block NULL: rows of a text or sparse stream.
 */
REC_MUST int cat_labels(struct rec_out *out, struct rec_in *in, bool recmat, bool columns,
			const char *block, unsigned flags, const struct rec_run *run,
			struct rec_err *e);

/*
 * The block called name (sparse, dense or meta) of a stream; NULL name: the
 * only one that is not meta. Free it before in is closed.
 */
struct rec_block;
REC_MUST int cat_find_block(struct rec_block *b, struct rec_in *in, const char *name, bool trust,
			    const struct rec_run *run, struct rec_err *e);

#endif
