/* SPDX-License-Identifier: MIT */
/*
 * cmd/cli/help.c - --help, --version, --options and --operands, all from the
 * option table.
 */
#include "cmd/cli/help.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/mem.h"
#include "cmd/cli/end.h"
#include "cmd/cli/say.h"
#include "cmd/cli/table.h"
#include "io/num.h"
#include "io/out.h"
#include "kernel/kernel.h"

/* Print b and end the process; a failed write is a failure like any other. */
static _Noreturn void print_and_exit(struct rec_buf *b, struct rec_err *e)
{
	struct rec_out *out = NULL;
	int rc = e->code != REC_OK || rec_out_open(&out, NULL, e) != 0 ||
		 rec_out_write(out, b->p, b->n, e) != 0 || rec_out_finish(out, e) != 0;

	rec_out_free(out);
	rec_buf_free(b);
	exit(rc ? cli_fail(e) : CLI_OK);
}

/* columns: where text on an option begins; of the terminal */
enum { LEFT = 28, NARROW = 60, USUAL = 80, WIDE = 160 };

/* Columns of the terminal: COLUMNS, or what stdout says of itself. */
static size_t columns(void)
{
	const char *s = getenv("COLUMNS");
	uint64_t n = 0;
	struct winsize w;

	if (!s || rec_num_u64(s, strlen(s), &n) != REC_NUM_OK || n == 0)
		n = isatty(1) && ioctl(1, TIOCGWINSZ, &w) == 0 && w.ws_col > 0 ? w.ws_col : USUAL;
	return n < NARROW ? NARROW : n < WIDE ? n : WIDE;
}

/*
 * Append n bytes of words; the line holds `at` characters already. It, and
 * those that follow, go on at column `left`.
 */
static int put_words(struct rec_buf *b, const char *text, size_t n, size_t at, size_t left,
		     struct rec_err *e)
{
	const char *end = text + n;
	size_t right = columns(), pad = at < left ? left - at : 0;

	while (text < end) {
		size_t word = strcspn(text, " \n");

		if (at > left && at + pad + word > right) {
			if (rec_buf_add(b, "\n", 1, e) != 0)
				return -1;
			at = 0;
			pad = left;
		}
		if (rec_buf_printf(b, e, "%*s%.*s", (int)pad, "", (int)word, text) != 0)
			return -1;
		at += pad + word;
		pad = 1;
		text += word;
		text += strspn(text, " ");
	}
	return rec_buf_add(b, "\n", 1, e);
}

/*
 * Where a line that is too long goes on: below what follows the first blanks of
 * two and more, a colon, or the indentation.
 */
static size_t hanging(const char *line, size_t n)
{
	size_t left = strspn(line, " ");

	for (size_t i = left; i + 2 < n; i++) {
		if (line[i] == ':' && line[i + 1] == ' ')
			return i + 2;
		if (line[i] == ' ' && line[i + 1] == ' ')
			return i + strspn(line + i, " ");
	}
	return left;
}

/* Lines of text, each wrapped. */
static int put_lines(struct rec_buf *b, const char *text, struct rec_err *e)
{
	while (*text) {
		size_t n = strcspn(text, "\n"), hang = n > columns() ? hanging(text, n) : 0;

		if (hang >= columns() / 2)
			hang = strspn(text, " ");
		if (rec_buf_add(b, text, hang, e) != 0)
			return -1;
		if (n <= columns() ? rec_buf_printf(b, e, "%.*s\n", (int)n, text) != 0 :
				     put_words(b, text + hang, n - hang, hang, hang, e) != 0)
			return -1;
		text += n + (text[n] == '\n');
	}
	return 0;
}

static int one_option(struct rec_buf *b, const struct cli_opt *o, const char *def,
		      struct rec_err *e)
{
	size_t before = b->n;
	char text[512] = "   ";
	const char *rep = o->kind == CLI_KIND_LIST ? " (repeat)" : "";

	if (o->key)
		snprintf(text, sizeof text, "-%c,", o->key);
	if (rec_buf_printf(b, e, "  %s --%s%s%s", text, o->name, o->arg ? " " : "",
			   o->arg ? o->arg : "") != 0)
		return -1;
	if (b->n - before + 2 > LEFT) {
		if (rec_buf_add(b, "\n", 1, e) != 0)
			return -1;
		before = b->n;
	}
	if (snprintf(text, sizeof text, "%s%s%s%s%s", o->help, rep, *def ? " [" : "", def,
		     *def ? "]" : "") >= (int)sizeof text)
		return rec_err_set(e, REC_EDATA, "help of --%s is too long", o->name);
	return put_words(b, text, strlen(text), b->n - before, LEFT, e);
}

/*
 * The options of this command, then those that all have. What is taken and does
 * nothing here isn't told.
 */
static int put_options(struct rec_buf *b, struct rec_err *e)
{
	const struct cli_spec *s = cli_the_spec;

	for (size_t i = 0; s->opts[i].name; i++) {
		if (s->opts[i].to == &s->common->threads &&
		    rec_buf_printf(b, e, "\nOptions of all commands:\n") != 0)
			return -1;
		if (s->opts[i].help && one_option(b, &s->opts[i], cli_default(&s->opts[i]), e) != 0)
			return -1;
	}
	return rec_buf_printf(b, e,
			      "  -h, --help                this text\n  -V, --version             "
			      "version and build\n");
}

void cli_help(void)
{
	const struct cli_spec *s = cli_the_spec;
	struct rec_buf b = { 0 };
	struct rec_err e = { 0 };
	char text[400];
	int rc;

	snprintf(text, sizeof text, "%s - %s\nusage: %s\n\n", s->name, s->summary, s->synopsis);
	rc = put_lines(&b, text, &e);
	if (rc == 0)
		rc = put_options(&b, &e);
	if (rc == 0 && s->extra)
		rc = rec_buf_add(&b, "\n", 1, &e) != 0 || put_lines(&b, s->extra, &e) != 0;
	if (rc == 0)
		rc = rec_buf_printf(&b, &e, "\nManual: man %s; overview: man 7 rec\n", s->name);
	print_and_exit(&b, &e);
}

void cli_print_version(void)
{
	struct rec_buf b = { 0 };
	struct rec_err e = { 0 };

	if (rec_buf_printf(&b, &e, "%s (recpipe) %s\n%s; instruction sets here:",
			   cli_the_spec->name, REC_VERSION,
#ifdef __clang__
			   "clang " __clang_version__
#else
			   "gcc " __VERSION__
#endif
			   ) == 0)
		for (const char *const *isa = rec_kernel_names(); *isa; isa++)
			if (rec_buf_printf(&b, &e, " %s", *isa) != 0)
				break;
	if (e.code == REC_OK && rec_buf_add(&b, "\n", 1, &e) != 0)
		exit(cli_fail(&e));
	print_and_exit(&b, &e);
}

void cli_print_operands(void)
{
	struct rec_buf b = { 0 };
	struct rec_err e = { 0 };

	if (cli_the_spec->words && rec_buf_printf(&b, &e, "%s\n", cli_the_spec->words) != 0)
		exit(cli_fail(&e));
	print_and_exit(&b, &e);
}

void cli_print_options(void)
{
	struct rec_buf b = { 0 };
	struct rec_err e = { 0 };

	for (const struct cli_opt *o = cli_the_spec->opts; o->name; o++) {
		if (rec_buf_printf(&b, &e, "%c\t%s\t%s\t", o->key ? o->key : '-', o->name,
				   o->arg ? o->arg : "") != 0)
			break;
		for (unsigned i = 0; o->choices && o->choices[i]; i++)
			if (rec_buf_printf(&b, &e, "%s%s", i ? " " : "", o->choices[i]) != 0)
				break;
		if (rec_buf_add(&b, o->help ? "\n" : "\thidden\n", o->help ? 1 : 8, &e) != 0)
			break;
	}
	print_and_exit(&b, &e);
}
