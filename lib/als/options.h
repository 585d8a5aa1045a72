/* SPDX-License-Identifier: MIT */
/*
 * als/options.h - the settings of a factorisation (recpipe/als.h) go from the
 * options of rec-als through training into the metadata of the model, and come
 * back from there for half-steps and fold-in. One table (als/options.c) has a
 * row for each member.
 */
#ifndef REC_ALS_OPTIONS_H
#define REC_ALS_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "model/model.h"
#include "model/params.h"
#include "model/transform.h"
#include "recmat/meta.h"
#include "recpipe/als.h"

extern const struct rec_param rec_als_params[];

/* To and from metadata: what is read back is what was written, bit for bit. */
REC_MUST int rec_als_opts_save(struct rec_meta *m, const struct rec_als_opts *o, struct rec_err *e);
REC_MUST int rec_als_opts_load(struct rec_als_opts *o, const struct rec_meta *m, struct rec_err *e);

/*
 * Whether the factors of a model are as wide as its settings say; sides without
 * rows are not looked at.
 */
REC_MUST int rec_als_opts_fit(const struct rec_als_opts *o, const struct rec_model *m,
			      struct rec_err *e);

/*
 * Stride of tables in floats: room for the stored layout, so that a table can
 * be packed in place.
 */
uint32_t rec_als_stride(uint32_t factors, bool bias);

#endif
