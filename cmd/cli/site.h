/* SPDX-License-Identifier: MIT */
/*
 * cmd/cli/site.h - what answers: the options that rec-serve and rec-lambda
 * share, and what is made of them.
 */
#ifndef REC_CMD_CLI_SITE_H
#define REC_CMD_CLI_SITE_H

#include "cmd/cli/cli.h"
#include "serve/form.h"
#include "serve/site.h"

struct cli_site {
	struct cli_list models;
	const char *blend, *interactions, *seen, *titles, *allow, *deny;
	unsigned scale, cold, fill;
	uint32_t top, explain, most, most_rows;
	bool keep_seen, fold_in;
};
#define CLI_SITE_INIT { .top = 10, .explain = 3, .most = 1000, .most_rows = 10000 }

extern const char *const cli_site_scales[], *const cli_site_colds[], *const cli_site_fills[];

/* clang-format off */
#define CLI_SITE(s) \
	CLI_LIST('m', "model", "FILE", &(s)->models, "the model; more than one for a blend"), \
	CLI_STRING(0, "blend", "W1,W2,...", &(s)->blend, \
		"weight of each model (default: 1 each)"), \
	CLI_CHOICE(0, "scale", "raw|zscore|rank", &(s)->scale, cli_site_scales, \
		"scale the scores of each model before blending"), \
	CLI_FLAG(0, "fold-in", &(s)->fold_in, \
		"factor models: compute every user's vector from the history, even if the " \
		"model has one"), \
	CLI_FILE(0, "interactions", &(s)->interactions, \
		"histories of known users; also for user-user models and for popularity"), \
	CLI_FILE(0, "seen", &(s)->seen, "more pairs that are not to be listed"), \
	CLI_FILE(0, "titles", &(s)->titles, \
		"what items are called: lines of label TAB title"), \
	CLI_FILE(0, "allow", &(s)->allow, "list only items with these labels"), \
	CLI_FILE(0, "deny", &(s)->deny, "list no item with these labels"), \
	CLI_U32('n', "top", "N", &(s)->top, 1, 4294967295, \
		"items in a list, if the request does not say"), \
	CLI_FLAG(0, "keep-seen", &(s)->keep_seen, \
		"list items that the user already holds, too, if the request does not say"), \
	CLI_CHOICE(0, "cold", "drop|popular|fail", &(s)->cold, cli_site_colds, \
		"what users get that no model can score, if the request does not say"), \
	CLI_CHOICE(0, "fill", "none|popular", &(s)->fill, cli_site_fills, \
		"complete short lists with popular items, if the request does not say"), \
	CLI_U32(0, "explain", "K", &(s)->explain, 1, 1000000, \
		"reasons of a score, if the request does not say")
#define CLI_SITE_MOST(s) \
	CLI_U32(0, "max-top", "N", &(s)->most, 1, 4294967295, \
		"the longest list, and the most reasons, that a request may ask for"), \
	CLI_U32(0, "max-histories", "N", &(s)->most_rows, 1, 4294967295, \
		"histories in a batch")
/* clang-format on */

/* Bad usage ends the process. where: "over HTTP", how answers go. */
void cli_site_check(const struct cli_site *s, const char *where);

struct rec_site_opts cli_site_opts(const struct cli_site *s, unsigned threads);
struct rec_form_defaults cli_site_defaults(const struct cli_site *s);

#endif
