/* SPDX-License-Identifier: MIT */
/*
 * serve/files.h - what a site is made of: models, the histories of known users,
 * titles, as they lie in their files. They are checked, constant, and counted:
 * two sites may share them.
 */
#ifndef REC_SERVE_FILES_H
#define REC_SERVE_FILES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "recpipe/matrix.h"
#include "recpipe/model.h"
#include "recpipe/pool.h"
#include "recpipe/score.h"
#include "serve/titles.h"

/* The files, and what is said of them once. Strings are borrowed. */
struct rec_site_opts {
	const char *const *model;
	size_t nmodels;
	const char *blend;		/* "0.7,0.3", or NULL */
	enum rec_scale scale;
	bool fold_in;
	const char *interactions, *seen, *allow, *deny, *titles;	/* or NULL */
	bool trust;
	unsigned threads;		/* for reading */
	const char *isa;		/* instruction set, or NULL */
};

struct rec_files {
	atomic_uint held;
	struct rec_model *model;
	const struct rec_model **list;
	size_t nmodels;
	double *weight;			/* NULL: 1 each */
	bool explicit_loss;		/* of one of them */
	struct rec_sparse interactions, seen;
	bool has_interactions, has_seen;
	struct rec_titles titles;
	uint64_t digest;		/* of the files' stamps and of the metadata */
	uint64_t stamp;			/* of the files, before they were read */
};

/* Held once. pool: for reading. */
REC_MUST int rec_files_open(struct rec_files **f, const struct rec_site_opts *o,
			    struct rec_pool *pool, struct rec_err *e);

/* One more holds them. Returns f. */
struct rec_files *rec_files_hold(struct rec_files *f);
/* One less; accepts NULL. */
void rec_files_let_go(struct rec_files *f);

/*
 * A number that changes when another file stands under one of the names; 0
 * where one is missing: a new one may be on its way.
 */
uint64_t rec_files_stamp(const struct rec_site_opts *o);

#endif
