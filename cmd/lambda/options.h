/* SPDX-License-Identifier: MIT */
/* options.h - what rec-lambda is asked for. */
#ifndef REC_CMD_LAMBDA_OPTIONS_H
#define REC_CMD_LAMBDA_OPTIONS_H

#include "cmd/cli/cli.h"
#include "cmd/cli/site.h"
#include "lambda/answer.h"
#include "lambda/api.h"

struct lambda_options {
	struct cli_site site;
	bool stream, try_them;
	uint64_t event, answer;
	double reserve;
	struct cli_common common;
};

/* Answer events of the Runtime API until a signal comes. */
REC_MUST int lambda_run(struct rec_api *a, struct rec_lambda *l, bool stream, struct rec_err *e);

/* Answer the events on stdin, one a line, on stdout. */
REC_MUST int lambda_try(struct rec_lambda *l, struct rec_err *e);

/* The function cannot begin: say why to the Runtime API. */
void lambda_refuse(struct rec_api *a, const struct rec_err *why);

#endif
