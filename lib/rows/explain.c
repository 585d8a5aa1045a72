/* SPDX-License-Identifier: MIT */
#include "rows/explain.h"

#include <string.h>

#include "base/label.h"
#include "io/looks.h"
#include "io/looks_words.h"

const struct rec_looks *rec_rows_appear(const struct rec_rows *r)
{
	size_t n;
	const char *p = rec_in_head(r->in, &n);

	return r->binary || r->tab ? NULL : rec_looks_labels(p, n);
}

int rec_rows_end(const struct rec_rows *r, struct rec_err *e)
{
	const struct rec_looks *l = NULL;

	if ((r->flags & REC_ROWS_LABELS) && !(r->flags & REC_ROWS_ANYHOW))
		l = rec_rows_appear(r);
	return l && l->sure ? rec_looks_fail(r->in, l, e) : 0;
}

/*
 * Whether the first two of the *n fields of a line read like names of columns.
 */
static bool reads_like_header(const char *p, const char *end, int *n)
{
	const char *tab = memchr(p, '\t', (size_t)(end - p)), *q, *stop;

	*n = 1;
	if (!tab)
		return false;
	for (q = tab; q; q = memchr(q + 1, '\t', (size_t)(end - q - 1)))
		++*n;
	stop = *n > 2 ? memchr(tab + 1, '\t', (size_t)(end - tab - 1)) : end - (end[-1] == '\r');
	return rec_looks_header(p, (size_t)(tab - p), tab + 1, (size_t)(stop - tab - 1));
}

static bool has_third_name(const char *p, const char *end)
{
	for (int tabs = 0; tabs < 2; tabs++) {
		p = memchr(p, '\t', (size_t)(end - p));
		if (!p)
			return false;
		p++;
	}
	return rec_looks_name(p, strcspn(p, "\t\r\n"));
}

bool rec_rows_explain(const struct rec_rows *r, const char *line, const char *end, bool first,
		      struct rec_err *e)
{
	const char *newline = memchr(line, '\n', (size_t)(end - line));
	int fields;

	if (rec_looks_explain(r->in, e))
		return true;
	if (e->code != REC_EDATA || !strstr(e->msg, "field 3: ") ||
	    !strstr(e->msg, " is not a number"))
		return false;
	if (reads_like_header(line, newline ? newline : end, &fields) ||
	    (first && has_third_name(line, newline ? newline : end)))
		rec_err_suffix(e, "; names of columns? drop the line, or read the file with "
				  "rec-cat --from csv -d '\\t' --header");
	return false;
}

int rec_rows_bad_line(const struct rec_rows *r, const char *p, const char *end, uint64_t line,
		      struct rec_err *e)
{
	return rec_rows_explain(r, p, end, line == 1, e) ? -1 : rec_rows_at_line(r, line, e);
}

/*
 * A third name would stand where a value is read: that line is an error, which
 * rec_rows_explain explains.
 */
void rec_rows_first_line(const struct rec_rows *r, const char *p, const char *end)
{
	const char *newline = memchr(p, '\n', (size_t)(end - p)), *stop = newline ? newline : end,
		   *tab;
	int fields;

	if (!reads_like_header(p, stop, &fields) || fields > 2)
		return;
	tab = memchr(p, '\t', (size_t)(stop - p));
	stop -= stop[-1] == '\r';
	rec_in_tell(r->in, 1,
		    "'%.*s' '%.*s' reads like names of columns and was taken as a row; to drop it: "
		    "tail -n +2, "
		    "in joined files rec-cat --from csv -d '\\t' --quote none --header",
		    REC_LABEL(p, (size_t)(tab - p)), REC_LABEL(tab + 1, (size_t)(stop - tab - 1)));
}
