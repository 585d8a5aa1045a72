/* SPDX-License-Identifier: MIT */
/* cmd/cli/table.c - what the option table of a command holds. */
#include "cmd/cli/table.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cli/say.h"
#include "io/num.h"

enum { MAX_OPTS = 80 };	/* rec-split has the most, 43 */

static struct {
	bool given;
	char text[CLI_VALUE_TEXT];	/* of the default */
} state[MAX_OPTS];

const struct cli_opt *cli_option(const char *name, size_t n)
{
	for (const struct cli_opt *o = cli_the_spec->opts; o->name; o++)
		if (strlen(o->name) == n && memcmp(o->name, name, n) == 0)
			return o;
	return NULL;
}

void cli_mark_given(const struct cli_opt *o)
{
	state[o - cli_the_spec->opts].given = true;
}

bool cli_given(const char *name)
{
	const struct cli_opt *o = cli_option(name, strlen(name));

	assert(o);
	return state[o - cli_the_spec->opts].given;
}

static void number_text(char *to, const struct cli_opt *o, double x)
{
	char text[REC_NUM_MAX + 1];

	if (x < o->lo || x > o->hi)	/* what stands for "not given" */
		return;
	text[rec_num_put_f64(text, x)] = '\0';
	snprintf(to, CLI_VALUE_TEXT, "%s", text);
}

static void string_text(char *to, const char *s)
{
	snprintf(to, CLI_VALUE_TEXT, "%s", s ? s : "");
}

static void auto_text(char *to, const struct cli_opt *o, const struct cli_auto *a)
{
	if (a->is_auto)
		string_text(to, "auto");
	else
		number_text(to, o, a->x);
}

void cli_value_text(char *to, const struct cli_opt *o)
{
	*to = '\0';
	switch (o->kind) {
	case CLI_KIND_U32: number_text(to, o, *(uint32_t *)o->to); break;
	case CLI_KIND_U64: number_text(to, o, (double)*(uint64_t *)o->to); break;
	case CLI_KIND_DOUBLE: number_text(to, o, *(double *)o->to); break;
	case CLI_KIND_AUTO: auto_text(to, o, o->to); break;
	case CLI_KIND_STRING: case CLI_KIND_FILE: string_text(to, *(const char **)o->to); break;
	case CLI_KIND_CHOICE: string_text(to, o->choices[*(unsigned *)o->to]); break;
	default: break;
	}
}

void cli_keep_defaults(void)
{
	for (size_t i = 0; cli_the_spec->opts[i].name; i++) {
		assert(i < MAX_OPTS);
		cli_value_text(state[i].text, &cli_the_spec->opts[i]);
	}
}

const char *cli_default(const struct cli_opt *o)
{
	return state[o - cli_the_spec->opts].text;
}
