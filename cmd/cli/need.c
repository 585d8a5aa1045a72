/* SPDX-License-Identifier: MIT */
/*
 * cmd/cli/need.c - --estimate and --mem: what a run needs is known before the
 * work begins.
 */
#include "cmd/cli/need.h"

#include <stdio.h>

#include "base/mem.h"
#include "cmd/cli/files.h"
#include "cmd/cli/say.h"

static int print(uint64_t bytes, const struct cli_amount *more, struct rec_err *e)
{
	struct rec_buf b = { 0 };
	struct rec_out *out;
	int rc = rec_buf_printf(&b, e, "bytes\t%llu\n", (unsigned long long)bytes);

	for (; rc == 0 && more && more->key; more++)
		rc = rec_buf_printf(&b, e, "%s\t%.0f\n", more->key, more->n);
	if (rc == 0)
		rc = cli_out(&out, cli_the_spec->common->output, false, e);
	if (rc == 0)
		rc = rec_out_write(out, b.p, b.n, e);
	rec_buf_free(&b);
	return rc;
}

/* So much memory, rounded up, as --mem takes it. */
static void put_size(char *to, size_t size, uint64_t bytes)
{
	const uint64_t mega = 1 << 20, giga = 1 << 30;

	if (bytes <= 9999 * mega)
		snprintf(to, size, "%lluM", (unsigned long long)((bytes + mega - 1) / mega));
	else
		snprintf(to, size, "%lluG",
			 (unsigned long long)(bytes / giga + (bytes % giga != 0)));
}

int cli_need(uint64_t bytes, const struct cli_amount *more, struct rec_err *e)
{
	const struct cli_common *c = cli_the_spec->common;
	char enough[32];

	if (c->estimate)
		return print(bytes, more, e) == 0 ? 1 : -1;
	if (!c->mem || bytes <= c->mem)
		return 0;
	put_size(enough, sizeof enough, bytes);
	return rec_err_set(e, REC_ENOMEM,
			   "needs %llu bytes, --mem allows %llu; give --mem %s or more",
			   (unsigned long long)bytes, (unsigned long long)c->mem, enough);
}
