/* SPDX-License-Identifier: MIT */
/*
 * fuzz.h - bytes that nobody meant, through every reader.
 *
 * A target is a format. Its reader takes any bytes, and a finding is a crash, a
 * message of a sanitizer, a failure that does not say why, memory wanted beyond
 * FUZZ_LIMIT, or what the target itself calls broken.
 *
 *   fuzz.c       the table of targets; draws; the corpus
 *   foreign.c    tsv and the formats of rec-cat
 *   recmat.c     every reader of recmat; every cut and every flipped bit
 *   models.c     models, sums, surveys and text per user, loaded and used
 *   serve.c      requests over HTTP, where rec-serve is built
 *   wire.c       the same, on a connection
 *   event.c      events of AWS Lambda, envelopes of Azure Functions
 *   change.c     changes of text; of a stream: change_stream.c, stream.h
 *   run.c       a fixed number of executions: what tests/run.sh runs
 *   libfuzzer.c  the same readers and changes under libFuzzer: make fuzz
 *
 * A seed is a file of tests/fuzz/corpus/TARGET: ok-NAME must be read to the
 * end, bad-NAME must be refused. A new fault that was mended leaves a file
 * there. Those of model, sums, survey and per-user come from the commands or
 * from tests/vectors/hostile.py.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "io/in.h"

#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined __SANITIZE_ADDRESS__ || __has_feature(address_sanitizer)
#define FUZZ_ASAN 1
#else
#define FUZZ_ASAN 0
#endif

enum {
	MOST_BYTES = 1 << 18, /* of an input */
	/*
	 * Of memory at once. The largest honest need is the Gramian of as many
	 * factors as an input of MOST_BYTES can hold.
	 */
	FUZZ_LIMIT = 48 << 20,
};

struct seed {
	char *name;
	unsigned char *p;
	size_t n;
	bool whole; /* must be read to the end */
};

struct target {
	const char *name;
	/* 0: read to the end, -1: refused */
	int (*read)(const struct target *t, const unsigned char *p, size_t n);
	unsigned long executions; /* of run.c */
	/* what run.c does beside it, or NULL: prints one line */
	void (*more)(void);
	struct seed *seed;
	size_t nseeds;
};

/* Ends with a NULL name. */
extern struct target targets[];

/* The target of this name with its seeds, or NULL. */
struct target *target_find(const char *name);
/* Read the seeds of all targets; ends the program where it can't. */
void read_corpus(void);
void free_corpus(void);

/* -- draws: of one key and a counter, so an execution can be repeated -- */

void draw_from(uint64_t key);
uint64_t draw(uint64_t n); /* 0 .. n-1; 0 for n = 0 */
#define COUNT(list) (sizeof(list) / sizeof *(list))
#define ONE_OF(list) ((list)[draw(COUNT(list))])

/* -- what is found: run.c counts it, libfuzzer.c ends the program -- */

void finding(const char *what, const char *message);

/*
 * What a call said: a finding where it wants memory, or does not say why it
 * failed in one line. True for rc 0.
 */
bool went_well(int rc, const struct rec_err *e);

/* Read these bytes; what the reader draws comes from them alone. */
int read_bytes(const struct target *t, const unsigned char *p, size_t n);

/* Ends the program: without this there is nothing to test. */
void need(int rc, const struct rec_err *e);

/* -- inputs -- */

/*
 * n bytes, as a mapped file called "input". They are a copy of exactly n bytes,
 * so that a sanitizer sees what is read behind them; it stays until the next
 * call with the same m.
 */
struct memory {
	unsigned char *p;
};
struct rec_in *memory_in(struct memory *m, const void *p, size_t n);

/* The same through a pipe, which holds at most 64 KiB, called "/dev/fd/N". */
struct rec_in *pipe_in(const void *p, size_t n);

/* A path in a folder of its own that goes away with the process. */
const char *scratch(void);

/* -- changes -- */

/*
 * Change p, n bytes of at most `most`, in place: a recmat stream remains one
 * with right CRCs in most cases, all else is text. `other` gives blocks.
 */
size_t change(unsigned char *p, size_t n, size_t most, const struct seed *other);

/* change_stream.c: SIZE_MAX where p is no stream. */
size_t change_stream(unsigned char *p, size_t n, size_t most, const struct seed *other);

/* Into word: what a value is replaced by; a key of metadata. */
enum { MOST_WORD = 64 };
const char *some_word(char word[MOST_WORD]);
const char *some_key(char word[MOST_WORD]);
/* A power of two, or a number beside one. */
uint64_t some_number(void);

/* -- readers -- */

int read_foreign(const struct target *t, const unsigned char *p, size_t n);
int read_recmat(const struct target *t, const unsigned char *p, size_t n);
int read_model(const struct target *t, const unsigned char *p, size_t n);
int read_sums(const struct target *t, const unsigned char *p, size_t n);
int read_survey(const struct target *t, const unsigned char *p, size_t n);
int read_per_user(const struct target *t, const unsigned char *p, size_t n);
int read_serve(const struct target *t, const unsigned char *p, size_t n);
int read_wire(const struct target *t, const unsigned char *p, size_t n);
int read_event(const struct target *t, const unsigned char *p, size_t n);
void damage_recmat(void);

/* serve.c: a finding where it is no JSON, or an error without its reason. */
void check_json(const char *p, size_t n, bool error);
/* serve.c: one of the desks that answer. */
struct rec_desk;
struct rec_desk *some_desk(void);

#endif
