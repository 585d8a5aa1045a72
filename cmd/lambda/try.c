/* SPDX-License-Identifier: MIT */
/* cmd/lambda/try.c - events from stdin: what Lambda would get, without it. */
#include <string.h>

#include "cmd/lambda/options.h"

/* An answer of lines may be empty; all else ends with a newline here. */
static int print(struct rec_out *out, const struct rec_payload *p, struct rec_err *e)
{
	if (p->n > 0 && rec_out_write(out, p->p, p->n, e) != 0)
		return -1;
	return p->n > 0 && p->p[p->n - 1] != '\n' ? rec_out_write(out, "\n", 1, e) : 0;
}

static int answer_all(struct rec_lambda *l, const struct rec_buf *events, struct rec_out *out,
		      struct rec_err *e)
{
	const char *p = events->p, *end = p + events->n;
	struct rec_payload payload;

	while (p < end) {
		const char *stop = memchr(p, '\n', (size_t)(end - p));
		size_t n = stop ? (size_t)(stop - p) : (size_t)(end - p);

		if (n > 0) {
			rec_lambda_ask(l, p, n, 0);
			rec_lambda_payload(l, &payload);
			if (print(out, &payload, e) != 0)
				return -1;
		}
		p += n + (stop != NULL);
	}
	return 0;
}

int lambda_try(struct rec_lambda *l, struct rec_err *e)
{
	struct rec_buf events = { 0 };
	struct rec_out *out;
	struct rec_in *in;
	int rc;

	if (cli_in(&in, NULL, "events, one a line", e) != 0)
		return -1;
	rc = rec_in_all(in, &events, e);
	rec_in_close(in);
	if (rc == 0)
		rc = cli_out(&out, NULL, false, e);
	if (rc == 0)
		rc = answer_all(l, &events, out, e);
	rec_buf_free(&events);
	return rc;
}
