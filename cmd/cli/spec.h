/* SPDX-License-Identifier: MIT */
/*
 * spec.h - what a command says of itself: its name, its synopsis, and one table
 * of options. The table drives parsing, ranges, --help, completion and the
 * check of the manual page.
 */
#ifndef REC_CMD_CLI_SPEC_H
#define REC_CMD_CLI_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/params.h"

/* Exit statuses: rec(7) says what each of them means. */
enum { CLI_OK = 0, CLI_FAILED = 1, CLI_USAGE = 2, CLI_GATE = 3, CLI_RESOURCE = 4 };

/* UNFLAG, AUTO, NUMBERS and EITHER come from enum rec_param_kind alone. */
enum cli_kind {
	CLI_KIND_FLAG,
	CLI_KIND_UNFLAG,
	CLI_KIND_U32,
	CLI_KIND_U64,
	CLI_KIND_SIZE,
	CLI_KIND_DOUBLE,
	CLI_KIND_TIME,
	CLI_KIND_AUTO,
	CLI_KIND_NUMBERS,
	CLI_KIND_STRING,
	CLI_KIND_FILE,
	CLI_KIND_CHOICE,
	CLI_KIND_EITHER,
	CLI_KIND_LIST,
	CLI_KIND_PART,
	CLI_KIND_END
};

/* The arguments of an option that may be repeated, in the order given. */
struct cli_list {
	const char **item;
	size_t n, cap;
};

/* I/N, 1 <= i <= n; n = 0 where the option was not given. */
struct cli_part {
	uint32_t i, n;
};

struct cli_opt {
	char key;			/* short name or 0 */
	const char *name, *arg;
	enum cli_kind kind;
	void *to;			/* its value; before parsing, the default */
	double lo, hi;			/* inclusive range of a number */
	const char *const *choices;
	const char *help;		/* NULL: --help and completion leave it out */
};

/* Rows of a table; the type of `to` is checked where the row is compiled. */
#define CLI_FLAG(k, name, to, help) \
	{ k, name, NULL, CLI_KIND_FLAG, (bool *){ to }, 0, 0, NULL, help }
#define CLI_U32(k, name, arg, to, lo, hi, help) \
	{ k, name, arg, CLI_KIND_U32, (uint32_t *){ to }, lo, hi, NULL, help }
#define CLI_U64(k, name, arg, to, lo, hi, help) \
	{ k, name, arg, CLI_KIND_U64, (uint64_t *){ to }, lo, hi, NULL, help }
#define CLI_SIZE(k, name, to, help) \
	{ k, name, "SIZE", CLI_KIND_SIZE, (uint64_t *){ to }, 0, 0, NULL, help }
#define CLI_DOUBLE(k, name, arg, to, lo, hi, help) \
	{ k, name, arg, CLI_KIND_DOUBLE, (double *){ to }, lo, hi, NULL, help }
/*
 * The value is a number as it was written, or the seconds since 1970 of a date
 * in ISO 8601. Set it to NaN before parsing, which means "not given".
 */
#define CLI_TIME(k, name, to, help) \
	{ k, name, "TIME", CLI_KIND_TIME, (double *){ to }, 0, 0, NULL, help }
#define CLI_STRING(k, name, arg, to, help) \
	{ k, name, arg, CLI_KIND_STRING, (const char **){ to }, 0, 0, NULL, help }
#define CLI_FILE(k, name, to, help) \
	{ k, name, "FILE", CLI_KIND_FILE, (const char **){ to }, 0, 0, NULL, help }
/* The value is an index into the choices, which end with NULL. */
#define CLI_CHOICE(k, name, arg, to, choices, help) \
	{ k, name, arg, CLI_KIND_CHOICE, (unsigned *){ to }, 0, 0, choices, help }
#define CLI_LIST(k, name, arg, to, help) \
	{ k, name, arg, CLI_KIND_LIST, (struct cli_list *){ to }, 0, 0, NULL, help }
#define CLI_PART(k, name, to, help) \
	{ k, name, "I/N", CLI_KIND_PART, (struct cli_part *){ to }, 0, 0, NULL, help }
#define CLI_END { 0, NULL, NULL, CLI_KIND_END, NULL, 0, 0, NULL, NULL }

/* Options of every command. */
struct cli_common {
	uint32_t threads;		/* 0: the CPUs this process may use */
	const char *output;
	bool binary;
	uint64_t seed;
	const char *stats;
	uint64_t mem;
	bool estimate, trust, no_sync, verbose, quiet;
};
#define CLI_COMMON_INIT { .seed = 1 }
#define CLI_COMMON(c) CLI_COMMON_AS(c, CLI_BINARY_HELP, CLI_SEED_HELP, CLI_TRUST_HELP)
#define CLI_BINARY_HELP "write recmat instead of text, in every output"
#define CLI_SEED_HELP "seed of everything random"
#define CLI_TRUST_HELP "skip the checksums of recmat sections"
/*
 * The same rows with other help for three options. Help of NULL: the option is
 * accepted, because every command accepts it, but has no effect here.
 */
#define CLI_COMMON_AS(c, binary_help, seed_help, trust_help) \
	CLI_U32('j', "threads", "N", &(c)->threads, 1, 1024, \
		"threads (default: the CPUs this process may use); the result is the same"), \
	CLI_FILE('o', "output", &(c)->output, \
		 "write here instead of stdout; the file gets its name when it is complete"), \
	CLI_FLAG('b', "binary", &(c)->binary, binary_help), \
	CLI_U64(0, "seed", "N", &(c)->seed, 0, 1.8446744073709552e19, seed_help), \
	CLI_FILE(0, "stats", &(c)->stats, \
		 "write rows, bytes, seconds, peak memory to FILE, as key TAB value"), \
	CLI_SIZE(0, "mem", &(c)->mem, "use at most this much memory (512M, 8G), or refuse"), \
	CLI_FLAG(0, "estimate", &(c)->estimate, \
		 "print the memory and work needed, and stop"), \
	CLI_FLAG(0, "trust", &(c)->trust, trust_help), \
	CLI_FLAG(0, "no-sync", &(c)->no_sync, \
		 "do not wait until files are on the disk; a power cut may then " \
		 "leave them empty"), \
	CLI_FLAG('v', "verbose", &(c)->verbose, \
		 "print settings, sizes and seconds on stderr"), \
	CLI_FLAG('q', "quiet", &(c)->quiet, "print only errors on stderr")
/* cli_parse adds -h/--help and -V/--version. */

struct cli_spec {
	const char *name;		/* "rec-als" */
	const char *summary;		/* one line for --help */
	const char *synopsis;		/* "rec-als [options] < interactions > model" */
	const char *operands;		/* their name ("METRICS"); NULL: none are allowed */
	const char *words;		/* for completion: operands, blanks between, or NULL */
	const char *hint;		/* beside an unexpected operand: "reads stdin: ..." */
	/*
	 * Parameters of the algorithm, or NULL, and the struct they are in:
	 * options that stand before opts. cli_parse sets their defaults.
	 */
	const struct rec_param *params;
	void *settings;
	const struct cli_opt *opts;
	struct cli_common *common;
	bool (*applies)(const char *);	/* whether -v says the value of an option; NULL: all */
	const char *extra;		/* more text for --help (a table of methods), or NULL */
};

#endif
