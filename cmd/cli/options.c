/* SPDX-License-Identifier: MIT */
/* cmd/cli/options.c - parsing by the option table. */
#include "cmd/cli/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/append.h"
#include "base/mem.h"
#include "cmd/cli/bus.h"
#include "cmd/cli/end.h"
#include "cmd/cli/files.h"
#include "cmd/cli/help.h"
#include "cmd/cli/near.h"
#include "cmd/cli/say.h"
#include "cmd/cli/signals.h"
#include "cmd/cli/table.h"
#include "io/lost.h"
#include "io/num.h"
#include "io/when.h"

static char **operands;
static size_t noperands;

enum { GUESS = 400 };	/* bytes of what cli_guess_long and its kin say */

static const struct cli_opt *find_long(const char *name, size_t n)
{
	const struct cli_opt *o = cli_option(name, n);
	char guess[GUESS];

	if (o)
		return o;
	cli_guess_long(guess, sizeof guess, name, n);
	cli_usage("unknown option '--%.*s'%s (see %s --help)", (int)n, name, guess,
		  cli_the_spec->name);
}

/* Of the argument "-xyz" the letter `key`. */
static const struct cli_opt *find_short(const char *arg, char key)
{
	char guess[GUESS];

	for (const struct cli_opt *o = cli_the_spec->opts; o->name; o++)
		if (o->key == key)
			return o;
	cli_guess_short(guess, sizeof guess, arg, key);
	cli_usage("unknown option '-%c'%s (see %s --help)", key, guess, cli_the_spec->name);
}

/*
 * Not a number: where it is one in another spelling (20%, 0,2), how to write
 * it.
 */
static _Noreturn void no_number(const struct cli_opt *o, const char *s)
{
	size_t n = strlen(s), comma = strcspn(s, ",");
	char text[64], point[64];
	double x;

	if (n > 1 && s[n - 1] == '%' && rec_num_f64(s, n - 1, &x) == REC_NUM_OK) {
		text[rec_num_put_f64(text, x / 100)] = '\0';
		cli_usage("--%s: '%s' is not a number; write %s", o->name, s, text);
	}
	snprintf(point, sizeof point, "%.*s.%s", (int)comma, s, s + comma + (s[comma] == ','));
	if (s[comma] && n < sizeof point && rec_num_f64(point, n, &x) == REC_NUM_OK)
		cli_usage("--%s: '%s' is not a number; write %s", o->name, s, point);
	cli_usage("--%s: '%s' is not a number%s", o->name, s,
		  o->kind == CLI_KIND_AUTO ? ", nor auto" : "");
}

static double number(const struct cli_opt *o, const char *s)
{
	double x;

	if (rec_num_f64(s, strlen(s), &x) != REC_NUM_OK)
		no_number(o, s);
	if (x < o->lo || x > o->hi)
		cli_usage("--%s: %s is not between %.10g and %.10g", o->name, s, o->lo, o->hi);
	return x;
}

/* As many numbers as arg names, with commas between them. */
static void numbers(const struct cli_opt *o, const char *s)
{
	unsigned n = rec_param_count(o->arg);
	double *x = o->to;

	for (unsigned i = 0; i < n; i++) {
		size_t len = strcspn(s, ",");

		if (rec_num_f64(s, len, &x[i]) != REC_NUM_OK || (s[len] == ',') != (i + 1 < n))
			cli_usage("--%s needs %u numbers with commas between them", o->name, n);
		if (x[i] < o->lo || x[i] > o->hi)
			cli_usage("--%s: %g is not between %g and %g", o->name, x[i], o->lo, o->hi);
		s += len + (s[len] == ',');
	}
}

static uint64_t whole_number(const struct cli_opt *o, const char *s)
{
	enum rec_num rc;
	uint64_t x;

	if (*s == '-' && rec_num_u64(s + 1, strlen(s + 1), &x) != REC_NUM_BAD && s[1])
		cli_usage("--%s: %s is below %.10g", o->name, s, o->lo);
	rc = rec_num_u64(s, strlen(s), &x);
	if (rc == REC_NUM_OK && (double)x >= o->lo && (double)x <= o->hi)
		return x;
	if (rc == REC_NUM_OK || rc == REC_NUM_RANGE)
		cli_usage("--%s: %s is not between %.10g and %.10g", o->name, s, o->lo, o->hi);
	cli_usage("--%s: '%s' is not a whole number (digits alone, from %.10g to %.10g)", o->name,
		  s, o->lo, o->hi);
}

/* A number, whatever its unit, or a date. */
static double time_of(const struct cli_opt *o, const char *s)
{
	bool lost = false;
	double x;

	if (rec_num_time(s, strlen(s), &x, &lost) == REC_NUM_OK) {
		if (lost && rec_time_is_wide(x))
			cli_usage("--%s: '%s' has more digits than a time can hold", o->name, s);
		return x;
	}
	if (rec_when_iso(s, strlen(s), &x) != 0)
		cli_usage("--%s: '%s' is neither a number nor a date (2015-01-01, "
			  "2015-01-01T10:00:00Z, also +02:00)",
			  o->name, s);
	return x;
}

/* Bytes with an optional suffix K, M, G or T (powers of 1024). */
static uint64_t size_of(const struct cli_opt *o, const char *s)
{
	static const char suffix[] = "KMGT";
	size_t n = strlen(s);
	const char *hit = n > 1 ? strchr(suffix, s[n - 1]) : NULL;
	unsigned shift = hit ? 10 * (unsigned)(hit - suffix + 1) : 0;
	double x;

	if (rec_num_f64(s, n - (hit != NULL), &x) != REC_NUM_OK || x <= 0)
		cli_usage("--%s: '%s' is not a size (examples: 512M, 8G)", o->name, s);
	x *= (double)(1ull << shift);
	if (x >= 0x1p62)
		cli_usage("--%s: %s is too large", o->name, s);
	return (uint64_t)x;
}

static unsigned choice(const struct cli_opt *o, const char *s)
{
	char all[GUESS] = "", guess[80];
	size_t n = 0;

	for (unsigned i = 0; o->choices[i]; i++) {
		if (strcmp(o->choices[i], s) == 0)
			return i;
		n = rec_append(all, sizeof all, n, "%s%s", i ? ", " : "", o->choices[i]);
	}
	cli_guess_choice(guess, sizeof guess, o->choices, s);
	cli_usage("--%s: '%s' is none of %s%s", o->name, s, all, guess);
}

static void add_to_list(struct cli_list *l, const char *s)
{
	struct rec_err e = { 0 };

	if (rec_grow(&l->item, &l->cap, l->n + 1, sizeof *l->item, &e) != 0)
		exit(cli_fail(&e));
	l->item[l->n++] = s;
}

static struct cli_part part(const struct cli_opt *o, const char *s)
{
	const char *slash = strchr(s, '/');
	uint64_t i, n;

	if (!slash || rec_num_u64(s, (size_t)(slash - s), &i) != REC_NUM_OK ||
	    rec_num_u64(slash + 1, strlen(slash + 1), &n) != REC_NUM_OK)
		cli_usage("--%s: '%s' is not I/N (such as 2/7)", o->name, s);
	if (i < 1 || i > n || n > 1000000)
		cli_usage("--%s: %s: I must be from 1 to N, and N at most 1000000", o->name, s);
	return (struct cli_part){ (uint32_t)i, (uint32_t)n };
}

/* --help, --version, --options and --operands end the process here. */
static void end_with_text(const char *name, size_t n, bool value)
{
	static const struct {
		const char *name;
		void (*print)(void);
	} texts[] = { { "help", cli_help },
		      { "version", cli_print_version },
		      { "options", cli_print_options },
		      { "operands", cli_print_operands } };

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		if (strlen(texts[i].name) != n || memcmp(texts[i].name, name, n) != 0)
			continue;
		if (value)
			cli_usage("--%s takes no value", texts[i].name);
		texts[i].print();
	}
}

static void store(const struct cli_opt *o, const char *s)
{
	cli_mark_given(o);
	switch (o->kind) {
	case CLI_KIND_FLAG: *(bool *)o->to = true; break;
	case CLI_KIND_UNFLAG: *(bool *)o->to = false; break;
	case CLI_KIND_U32: *(uint32_t *)o->to = (uint32_t)whole_number(o, s); break;
	case CLI_KIND_U64: *(uint64_t *)o->to = whole_number(o, s); break;
	case CLI_KIND_SIZE: *(uint64_t *)o->to = size_of(o, s); break;
	case CLI_KIND_DOUBLE: *(double *)o->to = number(o, s); break;
	case CLI_KIND_TIME: *(double *)o->to = time_of(o, s); break;
	case CLI_KIND_AUTO: *(double *)o->to = strcmp(s, "auto") == 0 ? -1 : number(o, s); break;
	case CLI_KIND_NUMBERS: numbers(o, s); break;
	case CLI_KIND_FILE:
		if (!*s)
			cli_usage("--%s: an empty file name", o->name);
		*(const char **)o->to = s;
		break;
	case CLI_KIND_STRING: *(const char **)o->to = s; break;
	case CLI_KIND_CHOICE: *(unsigned *)o->to = choice(o, s); break;
	case CLI_KIND_EITHER: *(bool *)o->to = choice(o, s) == 1; break;
	case CLI_KIND_LIST: add_to_list(o->to, s); break;
	case CLI_KIND_PART: *(struct cli_part *)o->to = part(o, s); break;
	case CLI_KIND_END: break;
	}
}

/*
 * "--name", "--name=value", "--name value". Returns how many further arguments
 * were taken.
 */
static int parse_long(char **argv)
{
	const char *name = argv[0] + 2, *eq = strchr(name, '=');
	size_t n = eq ? (size_t)(eq - name) : strlen(name);
	const struct cli_opt *o;

	end_with_text(name, n, eq != NULL);
	o = find_long(name, n);
	if (!o->arg) {
		if (eq)
			cli_usage("--%s takes no value", o->name);
		store(o, NULL);
		return 0;
	}
	if (eq) {
		store(o, eq + 1);
		return 0;
	}
	if (!argv[1])
		cli_usage("--%s needs %s", o->name, o->arg);
	store(o, argv[1]);
	return 1;
}

/*
 * "-b", "-bv", "-k64", "-k 64". Returns how many further arguments were taken.
 */
static int parse_short(char **argv)
{
	for (const char *p = argv[0] + 1; *p; p++) {
		const struct cli_opt *o;

		if (*p == 'h')
			cli_help();
		if (*p == 'V')
			cli_print_version();
		o = find_short(argv[0], *p);
		if (!o->arg) {
			store(o, NULL);
			continue;
		}
		if (p[1]) {
			store(o, p + 1);
			return 0;
		}
		if (!argv[1])
			cli_usage("-%c needs %s", o->key, o->arg);
		store(o, argv[1]);
		return 1;
	}
	return 0;
}

void cli_unexpected(const char *operand)
{
	const struct cli_spec *s = cli_the_spec;

	if (s->hint)
		cli_usage("unexpected operand '%s'; %s", operand, s->hint);
	cli_usage("unexpected operand '%s' (see %s --help)", operand, s->name);
}

bool cli_is_file(const char *operand)
{
	static const char *const ends[] = { ".tsv", ".csv",  ".txt",	".rec",
					    ".gz",  ".json", ".parquet" };
	size_t n = strlen(operand);

	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		if (n > strlen(ends[i]) && strcmp(operand + n - strlen(ends[i]), ends[i]) == 0)
			return true;
	return strchr(operand, '/') || access(operand, F_OK) == 0;
}

void cli_parse(const struct cli_spec *spec, int argc, char **argv)
{
	bool options = true;

	cli_make_table(spec);
	cli_safe_descriptors();
	cli_catch_signals();
	cli_catch_bus();
	cli_keep_defaults();
	operands = argv;	/* they move to the front of argv as they are met */
	for (int i = 1; i < argc; i++) {
		char *a = argv[i];

		if (options && strcmp(a, "--") == 0)
			options = false;
		else if (options && a[0] == '-' && a[1] == '-')
			i += parse_long(argv + i);
		else if (options && a[0] == '-' && a[1])
			i += parse_short(argv + i);
		else if (!spec->operands)
			cli_unexpected(a);
		else
			operands[noperands++] = a;
	}
}

char **cli_operands(size_t *n)
{
	*n = noperands;
	return operands;
}
