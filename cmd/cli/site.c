/* SPDX-License-Identifier: MIT */
/* cmd/cli/site.c - from options to a site. */
#include "cmd/cli/site.h"

#include <stdlib.h>

const char *const cli_site_scales[] = { "raw", "zscore", "rank", NULL };
const char *const cli_site_colds[] = { "drop", "popular", "fail", NULL };
const char *const cli_site_fills[] = { "none", "popular", NULL };

void cli_site_check(const struct cli_site *s, const char *where)
{
	const struct cli_common *c = cli_the_spec->common;

	if (s->models.n == 0)
		cli_usage("no model: give -m FILE");
	if (c->output)
		cli_usage("--output has no use here: answers go %s", where);
	if (c->binary)
		cli_usage("--binary has no use here: answers are JSON or lines of text");
	if (s->top > s->most || s->explain > s->most)
		cli_usage("--top and --explain cannot be above --max-top");
	if ((s->fill || s->cold == REC_COLD_POPULAR) && !s->interactions && !s->seen &&
	    s->models.n == 1)
		cli_usage("popularity is not known: give --interactions FILE, --seen FILE or a "
			  "popular model with -m");
}

struct rec_site_opts cli_site_opts(const struct cli_site *s, unsigned threads)
{
	return (struct rec_site_opts){ .model = s->models.item,
				       .nmodels = s->models.n,
				       .blend = s->blend,
				       .scale = (enum rec_scale)s->scale,
				       .fold_in = s->fold_in,
				       .interactions = s->interactions,
				       .seen = s->seen,
				       .allow = s->allow,
				       .deny = s->deny,
				       .titles = s->titles,
				       .trust = cli_the_spec->common->trust,
				       .threads = threads,
				       .isa = getenv("REC_ISA") };
}

struct rec_form_defaults cli_site_defaults(const struct cli_site *s)
{
	return (struct rec_form_defaults){ .n = s->top,
					   .k = s->explain,
					   .most = s->most,
					   .keep_seen = s->keep_seen,
					   .fill = s->fill,
					   .cold = (enum rec_cold)s->cold,
					   .cold_pair = REC_COLD_PAIR_MEAN,
					   .clamp = true,
					   .most_rows = s->most_rows };
}
