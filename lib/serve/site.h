/* SPDX-License-Identifier: MIT */
/*
 * serve/site.h - what answers: models, scorers, the histories of known users,
 * titles. A site is read whole, checked, and constant from then on: any number
 * of threads ask it. It is counted, and goes with the last who holds it, so a
 * new one may take over while requests end on the old one.
 */
#ifndef REC_SERVE_SITE_H
#define REC_SERVE_SITE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "recpipe/answer.h"
#include "recpipe/model.h"
#include "recpipe/pool.h"
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

struct rec_site {
	atomic_uint held;
	struct rec_run run;
	struct rec_model *model;
	const struct rec_model **list;
	size_t nmodels;
	double *weight;			/* NULL: 1 each */
	bool explicit_loss;		/* of one of them */
	struct rec_sparse interactions, seen;
	bool has_interactions, has_seen;
	struct rec_pairs stored, left_out;	/* of these two */
	struct rec_titles titles;
	/* by item of the scorer, and of `like`; NULL: all are */
	unsigned char *allowed, *allowed_like;
	struct rec_popular popular, popular_like;
	bool knows_popular;
	struct rec_scorer scorer, like;
	struct rec_topn *topn, *similar;
	/* of several models each by itself, over the same items; else NULL */
	struct rec_alone {
		struct rec_scorer scorer;
		struct rec_topn *topn;
	} *alone;
	/* why there are no similar items (then `similar` is NULL) */
	struct rec_err why_not;
	bool clamp;			/* the range of training is known */
	float lo, hi;
	uint64_t digest;		/* of the files' stamps and of the metadata */
	uint64_t stamp;			/* of the files, before they were read */
	int64_t opened;			/* seconds since 1970 */
	double seconds;			/* that it took */
};

/* Read and check everything; held once. */
REC_MUST int rec_site_open(struct rec_site **s, const struct rec_site_opts *o, struct rec_err *e);

/* One more holds it. Returns s. */
struct rec_site *rec_site_hold(struct rec_site *s);
/* One less; accepts NULL. */
void rec_site_let_go(struct rec_site *s);

/*
 * A number that changes when another file stands under one of the names; 0
 * where one is missing: a new one may be on its way.
 */
uint64_t rec_site_stamp(const struct rec_site_opts *o);

/* Bytes that it holds, and so many threads that ask it. */
uint64_t rec_site_bytes(const struct rec_site *s, unsigned threads);

#endif
