/* SPDX-License-Identifier: MIT */
/*
 * serve/site.h - what answers: models, scorers, the histories of known users,
 * titles. A site is read, checked, and constant from then on: any number of
 * threads ask it. It is counted, and goes with the last who holds it, so a
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
#include "recpipe/pool.h"
#include "serve/files.h"

struct rec_site {
	atomic_uint held;
	struct rec_run run;
	struct rec_files *files;	/* held */
	bool first;			/* rec_site_open_first: it is not whole */
	struct rec_pairs stored, left_out;	/* of interactions and seen */
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
	int64_t opened;			/* seconds since 1970 */
	double seconds;			/* that it took */
};

/* Read and check everything; held once. */
REC_MUST int rec_site_open(struct rec_site **s, const struct rec_site_opts *o, struct rec_err *e);

/*
 * The same in two steps, so that a server can answer early. What takes longest
 * is left out of a first site: the equations of histories, similar items,
 * popularity, the sieve of items (topn/sift.h). It lists for known users
 * (rec_site_lists_now), with the same bytes. rec_site_complete makes a whole
 * one of the same files. Where a first site could do nothing, it is whole at
 * once (s->first false).
 */
REC_MUST int rec_site_open_first(struct rec_site **s, const struct rec_site_opts *o,
				 struct rec_err *e);
REC_MUST int rec_site_complete(struct rec_site **whole, const struct rec_site *first,
			       const struct rec_site_opts *o, struct rec_err *e);
/* Whether s lists for a user by what a model stores of him. */
bool rec_site_lists_now(const struct rec_site *s, const char *user, size_t len);

/* One more holds it. Returns s. */
struct rec_site *rec_site_hold(struct rec_site *s);
/* One less; accepts NULL. */
void rec_site_let_go(struct rec_site *s);

/* Bytes that it holds, and so many threads that ask it. */
uint64_t rec_site_bytes(const struct rec_site *s, unsigned threads);

#endif
