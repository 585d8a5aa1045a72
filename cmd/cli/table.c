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

static struct cli_opt of_param(const struct rec_param *p, void *settings)
{
	static const enum cli_kind kinds[] = {
		[REC_PARAM_U32] = CLI_KIND_U32,	      [REC_PARAM_U64] = CLI_KIND_U64,
		[REC_PARAM_F64] = CLI_KIND_DOUBLE,    [REC_PARAM_AUTO] = CLI_KIND_AUTO,
		[REC_PARAM_LIST] = CLI_KIND_NUMBERS,  [REC_PARAM_FLAG] = CLI_KIND_FLAG,
		[REC_PARAM_UNFLAG] = CLI_KIND_UNFLAG, [REC_PARAM_CHOICE] = CLI_KIND_CHOICE,
		[REC_PARAM_EITHER] = CLI_KIND_EITHER,
	};

	return (struct cli_opt){ .key = p->letter,
				 .name = p->name,
				 .arg = p->arg,
				 .kind = kinds[p->kind],
				 .to = (char *)settings + p->at,
				 .lo = p->lo,
				 .hi = p->hi,
				 .choices = p->arg ? p->choices : NULL,
				 .help = p->help };
}

void cli_make_table(const struct cli_spec *spec)
{
	static struct cli_opt table[MAX_OPTS + 1];
	static struct cli_spec whole;
	size_t n = 0;

	if (spec->params)
		rec_params_defaults(spec->params, spec->settings);
	for (const struct rec_param *p = spec->params; p && p->name; p++)
		if (p->help)
			table[n++] = of_param(p, spec->settings);
	for (const struct cli_opt *o = spec->opts; o->name; o++) {
		assert(n < MAX_OPTS);
		table[n++] = *o;
	}
	whole = *spec;
	whole.opts = table;
	cli_the_spec = &whole;
}

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

static void auto_text(char *to, const struct cli_opt *o, double x)
{
	if (x < 0)
		string_text(to, "auto");
	else
		number_text(to, o, x);
}

static void list_text(char *to, const struct cli_opt *o)
{
	char text[REC_PARAM_LIST_TEXT];

	rec_param_list_text(text, o->to, rec_param_count(o->arg));
	snprintf(to, CLI_VALUE_TEXT, "%.*s", CLI_VALUE_TEXT - 1, text);
}

void cli_value_text(char *to, const struct cli_opt *o)
{
	*to = '\0';
	switch (o->kind) {
	case CLI_KIND_U32: number_text(to, o, *(uint32_t *)o->to); break;
	case CLI_KIND_U64: number_text(to, o, (double)*(uint64_t *)o->to); break;
	case CLI_KIND_DOUBLE: number_text(to, o, *(double *)o->to); break;
	case CLI_KIND_AUTO: auto_text(to, o, *(double *)o->to); break;
	case CLI_KIND_NUMBERS: list_text(to, o); break;
	case CLI_KIND_STRING: case CLI_KIND_FILE: string_text(to, *(const char **)o->to); break;
	case CLI_KIND_CHOICE: string_text(to, o->choices[*(unsigned *)o->to]); break;
	case CLI_KIND_EITHER: string_text(to, o->choices[*(bool *)o->to]); break;
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
