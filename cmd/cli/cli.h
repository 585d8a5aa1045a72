/* SPDX-License-Identifier: MIT */
/*
 * cli.h - what every command shares: one option table that drives parsing,
 * ranges, --help, completion and the check of the manual page; inputs, outputs
 * that are committed together, messages, statistics, exit status.
 *
 * A command is, in this order: options (static), table, spec, the work, run(),
 * main():
 *
 *	int main(int argc, char **argv)
 *	{
 *		struct rec_err e = { 0 };
 *
 *		cli_parse(&spec, argc, argv);
 *		return run(&e) == 0 ? CLI_OK : cli_fail(&e);
 *	}
 *
 * run() ends with cli_commit(): all outputs are complete before the first gets
 * its name.
 */
#ifndef REC_CMD_CLI_CLI_H
#define REC_CMD_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/far.h"
#include "io/in.h"
#include "io/out.h"
#include "kernel/kernel.h"

enum { CLI_OK = 0, CLI_FAILED = 1, CLI_USAGE = 2, CLI_GATE = 3, CLI_RESOURCE = 4 };

enum cli_kind {
	CLI_KIND_FLAG,
	CLI_KIND_U32,
	CLI_KIND_U64,
	CLI_KIND_SIZE,
	CLI_KIND_DOUBLE,
	CLI_KIND_TIME,
	CLI_KIND_AUTO,
	CLI_KIND_STRING,
	CLI_KIND_FILE,
	CLI_KIND_CHOICE,
	CLI_KIND_LIST,
	CLI_KIND_PART,
	CLI_KIND_END
};

/* A number or "auto". */
struct cli_auto {
	bool is_auto;
	double x;
};

/* Of an option that may be repeated: arguments in the order given. */
struct cli_list {
	const char **item;
	size_t n, cap;
};

/* I/N, 1 <= i <= n; n = 0 where the option was not given. */
struct cli_part {
	uint32_t i, n;
};

struct cli_opt {
	char key;		/* short name or 0 */
	const char *name, *arg;
	enum cli_kind kind;
	/*
	 * where it goes; the value there before parsing is the default that
	 * --help shows
	 */
	void *to;
	double lo, hi;		/* numbers: inclusive range */
	const char *const *choices;
	const char *help;	/* NULL: not offered by --help and completion */
};

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
 * to: a number as it is, or the seconds since 1970 of a date in ISO 8601; NaN
 * where not given
 */
#define CLI_TIME(k, name, to, help) \
	{ k, name, "TIME", CLI_KIND_TIME, (double *){ to }, 0, 0, NULL, help }
#define CLI_AUTO(k, name, arg, to, lo, hi, help) \
	{ k, name, arg, CLI_KIND_AUTO, (struct cli_auto *){ to }, lo, hi, NULL, help }
#define CLI_STRING(k, name, arg, to, help) \
	{ k, name, arg, CLI_KIND_STRING, (const char **){ to }, 0, 0, NULL, help }
#define CLI_FILE(k, name, to, help) \
	{ k, name, "FILE", CLI_KIND_FILE, (const char **){ to }, 0, 0, NULL, help }
/* to: unsigned index into the NULL-terminated choices */
#define CLI_CHOICE(k, name, arg, to, choices, help) \
	{ k, name, arg, CLI_KIND_CHOICE, (unsigned *){ to }, 0, 0, choices, help }
#define CLI_LIST(k, name, arg, to, help) \
	{ k, name, arg, CLI_KIND_LIST, (struct cli_list *){ to }, 0, 0, NULL, help }
#define CLI_PART(k, name, to, help) \
	{ k, name, "I/N", CLI_KIND_PART, (struct cli_part *){ to }, 0, 0, NULL, help }
#define CLI_END { 0, NULL, NULL, CLI_KIND_END, NULL, 0, 0, NULL, NULL }

/* Options that all commands share. */
struct cli_common {
	uint32_t threads;	/* 0: the CPUs this process may use */
	const char *output;
	bool binary;
	uint64_t seed;
	const char *stats;
	uint64_t mem;
	bool estimate, trust, no_sync, verbose, quiet;
};
#define CLI_COMMON_INIT { .seed = 1 }
#define CLI_COMMON(c) CLI_COMMON_AS(c, CLI_BINARY_HELP, CLI_SEED_HELP, CLI_TRUST_HELP)
#define CLI_BINARY_HELP "recmat instead of text, for every output"
#define CLI_SEED_HELP "seed of everything random"
#define CLI_TRUST_HELP "skip the CRCs of recmat sections"
/*
 * The same with other words on three of them; NULL: taken, but not offered,
 * because it does nothing here.
 */
#define CLI_COMMON_AS(c, binary_help, seed_help, trust_help) \
	CLI_U32('j', "threads", "N", &(c)->threads, 1, 1024, \
		"threads (default: the CPUs this process may use); never changes the result"), \
	CLI_FILE('o', "output", &(c)->output, \
		 "write here instead of stdout; the file appears when it is complete"), \
	CLI_FLAG('b', "binary", &(c)->binary, binary_help), \
	CLI_U64(0, "seed", "N", &(c)->seed, 0, 1.8446744073709552e19, seed_help), \
	CLI_FILE(0, "stats", &(c)->stats, \
		 "write rows, bytes, seconds, peak memory here: key TAB value"), \
	CLI_SIZE(0, "mem", &(c)->mem, "memory to stay within (512M, 8G), or refuse"), \
	CLI_FLAG(0, "estimate", &(c)->estimate, \
		 "print the memory and work needed, and stop"), \
	CLI_FLAG(0, "trust", &(c)->trust, trust_help), \
	CLI_FLAG(0, "no-sync", &(c)->no_sync, \
		 "do not wait until files are on the disk: a power cut may leave them " \
		 "empty"), \
	CLI_FLAG('v', "verbose", &(c)->verbose, \
		 "say settings, sizes and seconds on stderr"), \
	CLI_FLAG('q', "quiet", &(c)->quiet, "say nothing on stderr but errors")
/* (-h/--help, -V/--version are added by cli_parse) */

struct cli_spec {
	const char *name;	/* "rec-als" */
	const char *summary;	/* one line for --help */
	const char *synopsis;	/* "rec-als [options] < interactions > model" */
	/*
	 * name of operands in the synopsis ("METRICS"), or NULL: none are
	 * allowed
	 */
	const char *operands;
	/*
	 * those that operands can be, with blanks between them, for completion;
	 * or NULL
	 */
	const char *words;
	const char *hint;	/* for an unexpected operand: "reads stdin: rec-als < train.tsv" */
	const struct cli_opt *opts;
	struct cli_common *common;
	/* whether -v tells the value of an option (or NULL: all) */
	bool (*applies)(const char *option);
	const char *extra;	/* more text for --help (a table of methods), or NULL */
};

/*
 * Parse; --help, --version and bad usage end the process here. Descriptors 0-2
 * are made safe, SIGPIPE ends it, signals that end it remove temporary files
 * first.
 */
void cli_parse(const struct cli_spec *spec, int argc, char **argv);

/*
 * Operands in order; *n of them. Options and operands mix; "--" ends options.
 */
char **cli_operands(size_t *n);

/*
 * An operand that isn't wanted; the hint says what is. And whether an operand
 * names a file: it does, or looks as if it should.
 */
_Noreturn void cli_unexpected(const char *operand);
bool cli_is_file(const char *operand);

/* True where the option was given on the command line. */
bool cli_given(const char *name);

/*
 * Fail with exit 2: "rec-als: --x can't work with --y". Also as an error to be
 * passed up: code REC_EUSAGE.
 */
_Noreturn void cli_usage(const char *fmt, ...) REC_PRINTF(1, 2);

/*
 * Pool, kernels (REC_ISA), progress on a terminal, memory bound. One a process;
 * valid until exit.
 */
REC_MUST int cli_run(struct rec_run **run, struct rec_err *e);

/*
 * Open FILE, or stdin where path is NULL or "-" (once only; on a terminal one
 * line says what is awaited: what = "interactions").
 */
REC_MUST int cli_in(struct rec_in **in, const char *path, const char *what, struct rec_err *e);

/*
 * Open an output; path NULL or "-" is stdout. binary to a terminal is refused.
 * It is finished, committed and freed by cli_commit.
 */
REC_MUST int cli_out(struct rec_out **out, const char *path, bool binary, struct rec_err *e);

/*
 * Fail now where cli_out would fail for this output after hours of work: no
 * such folder, a folder in its place, no permission, binary to a terminal.
 * cli_run asks it for --output and --binary.
 */
REC_MUST int cli_expect_out(const char *path, bool binary, struct rec_err *e);

/*
 * What the work will need, once that is known: memory, and further whole
 * numbers, ended by a key NULL (or NULL). 1: --estimate was given, and is
 * answered: nothing is left but cli_commit. 0: go on. -1: more than --mem
 * allows.
 */
struct cli_amount {
	const char *key;
	double n;
};
REC_MUST int cli_need(uint64_t bytes, const struct cli_amount *more, struct rec_err *e);

/*
 * Where bytes go that --mem leaves no room for: temporary files in TMPDIR
 * [/tmp]. NULL where --mem was not given.
 */
struct rec_spill *cli_spill(void);

/*
 * Finish every output, have the files on the disk, write --stats, then give
 * every file its name: all or none.
 */
REC_MUST int cli_commit(struct rec_err *e);

/*
 * One line on stderr, "rec-x: ...", in one write; not with -q. cli_verbose only
 * with -v.
 */
void cli_note(const char *fmt, ...) REC_PRINTF(1, 2);
void cli_verbose(const char *fmt, ...) REC_PRINTF(1, 2);

/*
 * Number in messages: "%llu pair%s", n, cli_s(n) gives "1 pair", "2 pairs"; the
 * verb behind it: "name%s", cli_verb_s(n) gives "1 pair names", "2 pairs name".
 */
const char *cli_s(uint64_t n);
const char *cli_verb_s(uint64_t n);

/*
 * Statistics: a phase of work begins (the one before ends); a key of --stats.
 */
void cli_phase(const char *name);
void cli_stat_u64(const char *key, uint64_t x);
void cli_stat_f64(const char *key, double x);
void cli_stat_text(const char *key, const char *value);

/*
 * The message on stderr, temporary files removed; returns the exit status for
 * e->code.
 */
int cli_fail(const struct rec_err *e);

/* Version, such as "0.1.0". */
const char *cli_version(void);

#endif
