/* SPDX-License-Identifier: MIT */
/*
 * recpipe/answer.h - questions from memory, one at a time or several: what a
 * server or a binding asks.
 *
 * A history is given as labels and values, and a list, scores or reasons come
 * back: the same as from rec-topn and rec-score, to the bit. A scorer and a
 * topn (score.h, topn.h) are made once and shared by all threads; each thread
 * has an answerer of its own, which keeps its memory from one question to the
 * next.
 *
 *	struct rec_ask_pair had[] = { { { "tea", 3 }, 1, NAN } };
 *	struct rec_ask ask = { .npairs = 1, .pair = had, .n = 10 };
 *	struct rec_answer got;
 *
 *	if (rec_answer_list(a, &ask, &got, &e) != 0)
 *		...
 *	for (uint32_t i = 0; i < got.n; i++)
 *		label = rec_label(&scorer.items, got.entry[i].item, &len);
 *
 * What is like an item is asked in the same way, of a topn whose scorer was
 * made for similar items: the label of the item stands in the place of the
 * user.
 */
#ifndef RECPIPE_ANSWER_H
#define RECPIPE_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <recpipe/err.h>
#include <recpipe/matrix.h>
#include <recpipe/score.h>
#include <recpipe/topn.h>

REC_BEGIN_C

/* A label: n bytes, no NUL after them. */
struct rec_text {
	const char *p;
	size_t n;
};

/* n labels, in any order; repeats count once. */
struct rec_text_list {
	uint32_t n;
	const struct rec_text *label;
};

/* A pair of a history. */
struct rec_ask_pair {
	struct rec_text item;
	float value;		/* finite; 1 where nothing is known of it */
	double time;		/* NaN where missing; REC_REPEATS_LAST compares it */
};

/* A question. {0} with an n asks for nobody. All is borrowed. */
struct rec_ask {
	/*
	 * A user of the models or of `stored`, or any other; of similar items
	 * the item. n = 0: nobody, only the history counts.
	 */
	struct rec_text user;
	uint32_t npairs;
	const struct rec_ask_pair *pair;	/* the history, in any order */
	/*
	 * Histories of users that are known: those of this user are put before
	 * `pair`. Of `seen` they are left out of lists, and not scored. Both
	 * over the items of the scorer; or NULL.
	 */
	const struct rec_pairs *stored, *seen;
	enum rec_repeats repeats;	/* of the pairs of a history; not KEEP */
	/* For lists; as in struct rec_topn_opts. */
	uint32_t n;
	bool keep_seen;
	enum rec_cold cold;
	bool fill;
	/*
	 * NULL: all items. A list holds only items that both name; labels that
	 * are no items are passed over.
	 */
	const struct rec_text_list *allow, *candidates;
	const struct rec_text_list *deny;	/* never listed; or NULL */
};

/* An entry of a list: the item is an index into the labels of the scorer. */
struct rec_answer_entry {
	uint32_t item;
	float score;
};

struct rec_answer {
	uint32_t n;
	const struct rec_answer_entry *entry;	/* best first, until the next question */
	bool cold;		/* no model can score the row */
	uint32_t npairs;	/* of the history: those of items that are known */
	uint32_t unknown;	/* and the others */
};

/* What a thread asks with. */
struct rec_answerer;

/*
 * t is borrowed and has keep_seen false: each question says it for itself.
 * Where it has no popular items, REC_COLD_POPULAR and fill are REC_EUSAGE.
 */
REC_MUST int rec_answerer_new(struct rec_answerer **a, const struct rec_topn *t,
			      struct rec_err *e);
void rec_answerer_free(struct rec_answerer *a);

/*
 * The list of one row. What rec-topn refuses is an error here, too: a score
 * that is not finite, a cold row under REC_COLD_FAIL, a table of similar items
 * that was cut where the list needs it.
 */
REC_MUST int rec_answer_list(struct rec_answerer *a, const struct rec_ask *ask,
			     struct rec_answer *answer, struct rec_err *e);

/* Questions that can be asked together. */
enum { REC_ANSWER_LISTS = 128 };

/*
 * The lists of n rows, 1 .. REC_ANSWER_LISTS, in less time than one after the
 * other: the items are read once for many of them. All ask for the same n, cold
 * and fill. answer[i] and e[i] are what rec_answer_list gives for ask[i]: e[i]
 * is set to REC_OK first, and where one row fails, the others have their lists
 * all the same. No row is begun then.
 */
void rec_answer_lists(struct rec_answerer *a, const struct rec_ask *ask, uint32_t n,
		      struct rec_answer *answer, struct rec_err *e);

/* -- scores of pairs -------------------------------------------------- */

/* A pair as rec-score has it. */
struct rec_answer_score {
	float score;		/* finite */
	bool cold;		/* no model scores it: score is what is known of it */
	bool known;		/* cold: the item has a bias or an offset */
	bool clamped;		/* it was below lo or above hi */
};

/*
 * Begin the row of `ask`: its user, history, stored and repeats. What follows
 * is about this row, until something else is asked. *npairs: items of the
 * history that are known; may be NULL.
 */
REC_MUST int rec_answer_begin(struct rec_answerer *a, const struct rec_ask *ask, uint32_t *npairs,
			      struct rec_err *e);

/*
 * The score of one item, which no model need hold. o: cold, clamp, lo and hi.
 * REC_COLD_PAIR_FAIL makes a cold pair an error, DROP is as MEAN: the caller
 * drops. Not for a scorer with a scale other than REC_SCALE_RAW.
 */
REC_MUST int rec_answer_score(struct rec_answerer *a, const struct rec_text *item,
			      const struct rec_score_opts *o, struct rec_answer_score *score,
			      struct rec_err *e);

/*
 * The scores of n items, in less time than one after the other. Where one
 * fails, *done is its number, those before it are there, and those after it are
 * not.
 */
REC_MUST int rec_answer_scores(struct rec_answerer *a, const struct rec_text *item, uint32_t n,
			       const struct rec_score_opts *o, struct rec_answer_score *score,
			       uint32_t *done, struct rec_err *e);

/* -- reasons ---------------------------------------------------------- */

/* An item of the history, and how much of the score comes from it. */
struct rec_reason {
	uint32_t item;
	double share;		/* of the row's own part of the score; all add up to 1 */
};

/*
 * Why the row that was begun, or listed last, has its score for an item: the k
 * items of the history that weigh most, the largest share first, of equal ones
 * the smaller label. *n of them are written to reason, which has room for k; 0
 * where nothing of the score comes from the history. explain.h of the room
 * score says what a share is.
 *
 * Several models: by the weights of the blend. REC_EUSAGE for a scale, for
 * similar items, and for similarities of users, which score by neighbours.
 */
REC_MUST int rec_answer_reasons(struct rec_answerer *a, uint32_t item, uint32_t k,
				struct rec_reason *reason, uint32_t *n, struct rec_err *e);

REC_END_C

#endif
