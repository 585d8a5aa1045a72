/* SPDX-License-Identifier: MIT */
/* cmd/cli/side.c - what is said of side files. */
#include "cmd/cli/side.h"

#include <stdio.h>
#include <string.h>

/* text is an error, or a note. */
static int speak(const struct cli_side *s, const char *text, struct rec_err *e)
{
	if (s->fail)
		return rec_err_set(e, REC_EDATA, "--%s %s: %s", s->option, s->file, text);
	cli_note("--%s %s: %s", s->option, s->file, text);
	return 0;
}

int cli_side_filled(const struct cli_side *s, struct rec_err *e)
{
	return s->file && s->x && s->x->row.n == 0 ? speak(s, "the file is empty", e) : 0;
}

int cli_side_unlike(const struct cli_side *s, const char *what, const char *label, size_t len,
		    const struct rec_labels *here, const char *where, struct rec_err *e)
{
	char there[REC_LABEL_SHOWN], like[REC_LABEL_SHOWN], text[500];
	uint32_t i = rec_labels_like(here, label, len);
	const char *mine;
	size_t n;

	rec_label_show(there, label, len);
	if (i == REC_NONE) {
		snprintf(text, sizeof text, "%s", what);
	} else {
		mine = rec_label(here, i, &n);
		snprintf(text, sizeof text, "%s: %s there, %s %s", what, there,
			 rec_label_show(like, mine, n), where);
	}
	return speak(s, text, e);
}

int cli_side_apart(const struct cli_side *s, const char *what, const struct rec_labels *there,
		   const struct rec_labels *here, const char *where, struct rec_err *e)
{
	size_t n;
	const char *first;

	if (!s->file || there->n == 0 || here->n == 0 || rec_labels_meet(there, here))
		return 0;
	first = rec_label(there, 0, &n);
	return cli_side_unlike(s, what, first, n, here, where, e);
}

void cli_side_count(const struct cli_side *s, const uint32_t *column_to_item, const char *what)
{
	const struct rec_csr *m = &s->x->m;
	uint64_t unknown = 0, all = m->nnz;

	for (uint64_t i = 0; s->file && i < all; i++)
		unknown += column_to_item[m->col[i]] == REC_NONE;
	if (unknown > 0)
		cli_note("%llu of %llu pair%s of %s name%s items %s; %s ignored",
			 (unsigned long long)unknown, (unsigned long long)all, cli_s(all), s->file,
			 cli_verb_s(unknown), what, unknown == 1 ? "it is" : "they are");
}
