/* SPDX-License-Identifier: MIT */
/* cmd/cat/inputs.c - open the inputs and look at their first bytes. */
#include "cmd/cat/inputs.h"

#include <stdlib.h>

#include "base/mem.h"
#include "recmat/recmat.h"

/* What one input holds: 1 recmat, 0 text or a foreign format, -1 failed. */
static int look(struct rec_in *in, const struct cat_options *o, struct rec_err *e)
{
	int is = rec_recmat_is(in, e);

	if (is < 0)
		return -1;
	if (o->from && (is == 1) != (o->from == CAT_RECMAT))
		return rec_err_set(e, REC_EDATA, "%s: not %s%s", rec_in_name(in),
				   cat_formats[o->from], is ? " but recmat" : "");
	if (o->block && !is && o->from < CAT_RECMAT)
		return rec_err_set(e, REC_EUSAGE, "%s: text has no blocks for --block",
				   rec_in_name(in));
	return is;
}

int cat_inputs_open(struct cat_inputs *s, const struct cat_options *o, struct rec_err *e)
{
	char *none[] = { NULL };
	size_t n;
	char **path = cli_operands(&n);

	if (n == 0) {
		path = none;
		n = 1;
	}
	*s = (struct cat_inputs){ .in = rec_zalloc(n, sizeof *s->in, e),
				  .recmat = rec_zalloc(n, sizeof *s->recmat, e),
				  .all_recmat = true };
	if (!s->in || !s->recmat)
		return -1;
	while (s->n < n) {
		size_t i = s->n;
		int is;

		if (cli_in(&s->in[i], path[i], "rows", e) != 0)
			return -1;
		s->n++;
		is = look(s->in[i], o, e);
		if (is < 0)
			return -1;
		s->recmat[i] = is == 1;
		s->all_recmat &= is == 1;
	}
	return 0;
}

void cat_inputs_free(struct cat_inputs *s)
{
	for (size_t i = 0; i < s->n; i++)
		rec_in_close(s->in[i]);
	free(s->in);
	free(s->recmat);
}

struct rec_in *cat_take(struct cat_inputs *s, size_t i)
{
	struct rec_in *in = s->in[i];

	s->in[i] = NULL;
	return in;
}

int cat_need(uint64_t rows, uint64_t held, const struct rec_run *run, struct rec_err *e)
{
	/* bytes of a run that passes rows on, and of a thread then */
	enum { PASSING = 24 << 20, PASSING_THREAD = 4 << 20 };
	const struct cli_amount more[] = { { "rows", (double)rows }, { NULL, 0 } };

	return cli_need(PASSING + rec_pool_size(run->pool) * (uint64_t)PASSING_THREAD + held, more,
			e) < 0 ?
		       -1 :
		       0;
}
