/* SPDX-License-Identifier: MIT */
/* cmd/cli/end.c - commit, failure, exit status. */
#include "cmd/cli/end.h"

#include <stdio.h>
#include <string.h>

#include "cmd/cli/files.h"
#include "cmd/cli/run.h"
#include "cmd/cli/say.h"
#include "cmd/cli/stats.h"

int cli_commit(struct rec_err *e)
{
	struct cli_used used;

	if (cli_finish_outputs(cli_pool(), e) != 0)
		return -1;
	cli_phase("end");
	cli_tell_work();
	used = cli_used();
	if (cli_finish_stats(&used, e) != 0 || cli_name_outputs(cli_pool(), e) != 0)
		return -1;
	cli_clear_progress();
	cli_free_outputs();
	cli_free_stats();
	cli_free_run();
	return 0;
}

static int status_of(enum rec_code code)
{
	switch (code) {
	case REC_EUSAGE: return CLI_USAGE;
	case REC_EGATE: return CLI_GATE;
	case REC_ENOMEM: case REC_EIO: return CLI_RESOURCE;
	default: return CLI_FAILED;
	}
}

static void say_within(const char *msg)
{
	char text[900];

	snprintf(text, sizeof text, "%s; --mem allows %llu: give more, or see --estimate", msg,
		 (unsigned long long)cli_the_spec->common->mem);
	cli_say(text);
}

int cli_fail(const struct rec_err *e)
{
	if (e->code == REC_ENOMEM && cli_the_spec->common->mem && !strstr(e->msg, "--mem"))
		say_within(e->msg);
	else
		cli_say(e->code == REC_OK ? "failed without a message" : e->msg);
	return status_of(e->code);
}
