/* SPDX-License-Identifier: MIT */
/* cmd/cli/params.c - whether parameters go together. */
#include "cmd/cli/params.h"

#include <string.h>

#include "base/append.h"
#include "cmd/cli/say.h"
#include "cmd/cli/table.h"
#include "model/params.h"

bool cli_matters(const char *name)
{
	const struct cli_spec *s = cli_the_spec;

	for (const struct rec_param *p = s->params; p && p->name; p++)
		if (strcmp(p->name, name) == 0)
			return !rec_param_unmet(s->params, p, s->settings);
	return true;
}

/*
 * Where the default of the other would do, something was given that does not;
 * else something is missing.
 */
static _Noreturn void refuse(const struct rec_param *p, const struct rec_param_need *need)
{
	const struct cli_spec *s = cli_the_spec;
	const struct rec_param *other = rec_param_find(s->params, need->name);
	unsigned usual = other->kind == REC_PARAM_UNFLAG ? 0 : (unsigned)other->init[0];
	bool missing = !(need->values >> usual & 1);
	unsigned values = missing ? need->values : 1u << rec_param_number(other, s->settings);
	char words[80] = "";
	size_t n = 0;

	for (unsigned v = 0; other->arg && other->choices[v]; v++)
		if (values >> v & 1)
			n = rec_append(words, sizeof words, n, "%s%s", n ? " or " : " ",
				       other->choices[v]);
	cli_usage("--%s %s --%s%s", p->name, missing ? "needs" : "cannot work with", other->name,
		  words);
}

void cli_check_params(void)
{
	const struct cli_spec *s = cli_the_spec;

	for (const struct rec_param *p = s->params; p->name; p++) {
		const struct rec_param_need *need = rec_param_unmet(s->params, p, s->settings);

		if (need && p->help && cli_given(p->name))
			refuse(p, need);
	}
}
