/* SPDX-License-Identifier: MIT */
/* cli_help.c - --help, --version, --options and --operands, all from the option table. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cli.h"
#include "cli_private.h"

/* Print b and end the process; a failed write is a failure like any other. */
static _Noreturn void print_and_exit(struct rec_buf *b, struct rec_err *e)
{
	struct rec_out *out = NULL;
	int rc = e->code != REC_OK || rec_out_open(&out, NULL, e) != 0 || rec_out_write(out, b->p, b->n, e) != 0 || rec_out_finish(out, e) != 0;

	rec_out_free(out);
	rec_buf_free(b);
	exit(rc ? cli_fail(e) : CLI_OK);
}

enum { LEFT = 28, RIGHT = 104 };	/* columns of the explaining text */

/* Append words, wrapped between LEFT and RIGHT; the line holds `at` characters already. */
static int wrapped(struct rec_buf *b, const char *text, size_t at, struct rec_err *e)
{
	int pad = at < LEFT ? LEFT - (int)at : 2;

	at += (size_t)pad;
	while (*text) {
		size_t word = strcspn(text, " ");

		if (at > LEFT && at + word > RIGHT) {
			if (rec_buf_add(b, "\n", 1, e) != 0)
				return -1;
			at = LEFT;
			pad = LEFT;
		}
		if (rec_buf_printf(b, e, "%*s%.*s", pad, "", (int)word, text) != 0)
			return -1;
		at += word + 1;
		pad = 1;
		text += word;
		text += strspn(text, " ");
	}
	return rec_buf_add(b, "\n", 1, e);
}

static int one_option(struct rec_buf *b, const struct cli_opt *o, const char *def, struct rec_err *e)
{
	size_t before = b->n;
	char text[512] = "   ";
	const char *rep = o->kind == CLI_KIND_LIST ? " (repeat)" : "";

	if (o->key)
		snprintf(text, sizeof text, "-%c,", o->key);
	if (rec_buf_printf(b, e, "  %s --%s%s%s", text, o->name, o->arg ? " " : "", o->arg ? o->arg : "") != 0)
		return -1;
	if (snprintf(text, sizeof text, "%s%s%s%s%s", o->help, rep, *def ? " [" : "", def, *def ? "]" : "") >= (int)sizeof text)
		return rec_err_set(e, REC_EDATA, "help of --%s is too long", o->name);
	return wrapped(b, text, b->n - before, e);
}

void cli_help(void)
{
	const struct cli_spec *s = cli_the_spec;
	struct rec_buf b = { 0 };
	struct rec_err e = { 0 };
	int rc = rec_buf_printf(&b, &e, "%s - %s\nusage: %s\n\n", s->name, s->summary, s->synopsis);

	for (size_t i = 0; rc == 0 && s->opts[i].name; i++)
		rc = one_option(&b, &s->opts[i], cli_defaults[i], &e);
	if (rc == 0)
		rc = rec_buf_printf(&b, &e, "  -h, --help                this text\n  -V, --version             version and build\n");
	if (rc == 0 && s->extra)
		rc = rec_buf_printf(&b, &e, "\n%s", s->extra);
	if (rc == 0)
		rc = rec_buf_printf(&b, &e, "\nManual: man %s; the map: man 7 rec\n", s->name);
	print_and_exit(&b, &e);
}

void cli_print_version(void)
{
	struct rec_buf b = { 0 };
	struct rec_err e = { 0 };

	if (rec_buf_printf(&b, &e, "%s (recpipe) %s\n%s; instruction sets here:", cli_the_spec->name, REC_VERSION,
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
		if (rec_buf_printf(&b, &e, "%c\t%s\t%s\t", o->key ? o->key : '-', o->name, o->arg ? o->arg : "") != 0)
			break;
		for (unsigned i = 0; o->choices && o->choices[i]; i++)
			if (rec_buf_printf(&b, &e, "%s%s", i ? " " : "", o->choices[i]) != 0)
				break;
		if (rec_buf_add(&b, "\n", 1, &e) != 0)
			break;
	}
	print_and_exit(&b, &e);
}
