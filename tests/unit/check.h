/* SPDX-License-Identifier: MIT */
/*
 * check.h - what all unit programs share: counted checks, and an end that says
 * how many there were. Checks may be made from any thread.
 */
#ifndef TESTS_CHECK_H
#define TESTS_CHECK_H

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"

enum { MOST_SHOWN = 30 };	/* failed checks that are printed */

static atomic_ulong checks, failures;

/* CHECK(ok), or CHECK(ok, "format", ...) with what was seen. */
#define CHECK(ok, ...)                                                      \
	do {                                                                \
		checks++;                                                   \
		if (!(ok) && failures++ < MOST_SHOWN) {                     \
			printf("%s:%d: %s:", __FILE__, __LINE__, #ok);      \
			printf(" " __VA_ARGS__);                            \
			putchar('\n');                                      \
		}                                                           \
	} while (0)

static inline _Noreturn void die(const struct rec_err *e)
{
	printf("FAILED before its end: %s\n", e->msg);
	exit(1);
}

/* A call without which the test makes no sense. */
#define MUST(call, e)                                                       \
	do {                                                                \
		if ((call) != 0) {                                          \
			printf("%s:%d: %s\n", __FILE__, __LINE__, #call);   \
			die(e);                                             \
		}                                                           \
	} while (0)

/* The last line; what main returns. */
static inline int finished(const char *name)
{
	if (failures > 0)
		printf("FAILED %s: %lu of %lu checks\n", name, (unsigned long)failures,
		       (unsigned long)checks);
	else
		printf("ok %s: %lu checks\n", name, (unsigned long)checks);
	return failures > 0;
}

#endif
