/* SPDX-License-Identifier: MIT */
/*
 * peruser_read.c - text of --per-user back to results.
 *
 * The text is held whole. Users' line runs are found and sorted by label first,
 * because sums are taken in label order whatever the order of the parts; then
 * lines are parsed into the arrays of their user.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/label.h"
#include "base/mem.h"
#include "eval/names.h"
#include "eval/peruser.h"
#include "io/looks.h"
#include "io/num.h"
#include "rows/rows.h"

struct run {	/* the lines of one user */
	const char *p, *end;
	uint32_t label_len;
	bool history, listed;	/* it has such a line */
};

struct reader {
	const char *name;
	struct rec_buf text;
	const char *head, *head_end;	/* lines that the first part begins with */
	struct run *run;
	size_t runs, runs_cap;
	struct rec_names group, item;
	bool missing_said, items_said;	/* by the first lines */
	uint32_t histories;		/* users with a history line */
};

/*
 * What is summed stays far within a double: the largest square of a difference
 * of float32 numbers is below 1e78.
 */
static const double largest = 1e100;

static int fail(const struct reader *d, const char *at, struct rec_err *e, const char *what)
{
	uint64_t line = 1;

	for (const char *p = d->text.p; p < at; p++)
		line += *p == '\n';
	return rec_err_set(e, REC_EDATA, "%s:%llu: %s", d->name, (unsigned long long)line, what);
}

static int read_all(struct reader *d, struct rec_in *in, struct rec_err *e)
{
	if (rec_in_all(in, &d->text, e) != 0)
		return -1;
	if (rec_looks_check(in, d->text.p, d->text.n, e) != 0)
		return -1;
	if (d->text.n > 0 && d->text.p[d->text.n - 1] != '\n')
		return fail(d, d->text.p + d->text.n, e, "the text was cut off");
	return 0;
}

static bool starts(const char *p, const char *end, const char *with)
{
	size_t n = strlen(with);

	return (size_t)(end - p) >= n && memcmp(p, with, n) == 0;
}

/* The text ends with a newline. */
static const char *line_end(const char *p)
{
	while (*p != '\n')
		p++;
	return p;
}

/* Length of the field at p within a line that ends at end. */
static size_t field_len(const char *p, const char *end)
{
	const char *tab = memchr(p, '\t', (size_t)(end - p));

	return (size_t)((tab ? tab : end) - p);
}

/*
 * The next field of the line: 1 with *p after the TAB that follows it, or 0.
 */
static int next_field(const char **p, const char *end, const char **field, size_t *n)
{
	if (*p > end)
		return 0;
	*field = *p;
	*n = field_len(*p, end);
	*p += *n + 1;
	return 1;
}

static int take_head(struct reader *d, const char **at, const char *end, struct rec_err *e)
{
	const char *p = *at;

	if (!starts(p, end, "\trec-eval\t1\n"))
		return fail(d, p, e, "not what rec-eval --per-user writes");
	while (p < end && *p == '\t' && !starts(p, end, "\tend\t"))
		p = line_end(p) + 1;
	if (!d->head) {
		d->head = *at;
		d->head_end = p;
	} else if (p - *at != d->head_end - d->head ||
		   memcmp(*at, d->head, (size_t)(p - *at)) != 0) {
		return fail(d, *at, e,
			    "made with other options or other train data than the first part; such "
			    "parts cannot be merged");
	}
	*at = p;
	return 0;
}

/* One user's lines follow each other. */
static int take_user(struct reader *d, const char **at, const char *end, struct rec_err *e)
{
	const char *p = *at, *label = p;
	size_t n = field_len(p, line_end(p));

	if (n > REC_LABEL_MAX)
		return fail(d, p, e, "a user " REC_LABEL_TOO_LONG);
	do
		p = line_end(p) + 1;
	while (p < end && (size_t)(end - p) > n && memcmp(p, label, n) == 0 && p[n] == '\t');
	if (rec_grow(&d->run, &d->runs_cap, d->runs + 1, sizeof *d->run, e) != 0)
		return -1;
	d->run[d->runs++] = (struct run){ .p = label, .end = p, .label_len = (uint32_t)n };
	*at = p;
	return 0;
}

static int take_part(struct reader *d, const char **at, const char *end, struct rec_err *e)
{
	uint64_t users = 0, said;
	const char *p;

	if (take_head(d, at, end, e) != 0)
		return -1;
	for (; *at < end && **at != '\t'; users++)
		if (take_user(d, at, end, e) != 0)
			return -1;
	if (!starts(*at, end, "\tend\t"))
		return fail(d, *at, e, "the text was cut off: a part has no end line");
	p = *at + strlen("\tend\t");
	if (rec_num_u64(p, (size_t)(line_end(p) - p), &said) != REC_NUM_OK || said != users)
		return fail(d, *at, e, "the text was cut off: the end line counts other users");
	*at = line_end(p) + 1;
	return 0;
}

static int by_label(const void *a, const void *b)
{
	const struct run *x = a, *y = b;

	return rec_label_cmp(x->p, x->label_len, y->p, y->label_len);
}

static int user_labels(struct reader *d, struct rec_results *r, struct rec_err *e)
{
	uint64_t bytes = 0, *off;
	char *text;

	if (d->runs >= REC_NONE)
		return rec_err_set(e, REC_EDATA, "%s: too many users", d->name);
	if (d->runs > 0)
		qsort(d->run, d->runs, sizeof *d->run, by_label);
	for (size_t i = 0; i < d->runs; i++) {
		bytes += d->run[i].label_len;
		if (i > 0 && by_label(&d->run[i - 1], &d->run[i]) == 0)
			return rec_err_set(
				e, REC_EDATA,
				"%s: user '%.*s' appears twice: parts must hold different users",
				d->name, REC_LABEL(d->run[i].p, d->run[i].label_len));
	}
	off = rec_alloc(d->runs + 1, sizeof *off, e);
	text = rec_alloc(bytes, 1, e);
	r->user = (struct rec_labels){
		.n = (uint32_t)d->runs, .off = off, .bytes = text, .own_off = off, .own_bytes = text
	};
	if (!off || !text)
		return -1;
	off[0] = 0;
	for (size_t i = 0; i < d->runs; i++) {
		memcpy(text + off[i], d->run[i].p, d->run[i].label_len);
		off[i + 1] = off[i] + d->run[i].label_len;
	}
	return 0;
}

/*
 * "series TAB name TAB agg TAB flags TAB k TAB definition", p after the first
 * TAB of the line.
 */
static int head_series(const struct reader *d, struct rec_results *r, const char *p,
		       const char *end, struct rec_err *e)
{
	const char *f[6];
	size_t n[6];
	uint64_t x[3];
	char name[512], definition[2048];
	struct rec_series *s;

	for (int i = 0; i < 6; i++)
		if (!next_field(&p, end, &f[i], &n[i]))
			return fail(d, f[0], e, "a series line with too few fields");
	for (int i = 0; i < 3; i++)
		if (rec_num_u64(f[2 + i], n[2 + i], &x[i]) != REC_NUM_OK || x[i] > REC_MAX_CUT)
			return fail(d, f[0], e, "a series line with a bad number");
	if (x[0] > REC_AGG_GINI || n[1] == 0 || n[1] >= sizeof name || n[5] >= sizeof definition ||
	    p <= end)
		return fail(d, f[0], e, "a series line that cannot be");
	if (x[1] > (REC_SERIES_MAIN | REC_SERIES_ANSWERED | REC_SERIES_SHARE) ||
	    ((x[1] & REC_SERIES_SHARE) && x[0] != REC_AGG_RATIO))
		return fail(d, f[0], e, "a series line with marks that cannot be");
	if (x[0] >= REC_AGG_COVERAGE && x[2] == 0)
		return fail(d, f[0], e, "a measure of the catalogue without its cut-off");
	snprintf(name, sizeof name, "%.*s", (int)n[1], f[1]);
	snprintf(definition, sizeof definition, "%.*s", (int)n[5], f[5]);
	for (size_t i = 0; i < r->n; i++)
		if (strcmp(r->series[i].name, name) == 0)
			return fail(d, f[0], e, "a measure is named twice");
	return rec_results_add(r, &s,
			       &(struct rec_series_is){ name, definition, (enum rec_agg)x[0],
							(unsigned)x[1], (uint32_t)x[2] },
			       e);
}

static bool is(const char *p, const char *end, const char *what)
{
	return (size_t)(end - p) == strlen(what) && memcmp(p, what, strlen(what)) == 0;
}

static int head_missing(struct reader *d, struct rec_results *r, const char *p, const char *end,
			struct rec_err *e)
{
	r->skip_missing = is(p, end, "skip");
	if (d->missing_said || (!r->skip_missing && !is(p, end, "zero")))
		return fail(d, p, e,
			    d->missing_said ? "missing is said twice" :
					      "missing is neither zero nor skip");
	d->missing_said = true;
	return 0;
}

static int head_items(struct reader *d, struct rec_results *r, const char *p, const char *end,
		      struct rec_err *e)
{
	if (d->items_said || rec_num_u64(p, (size_t)(end - p), &r->nitems) != REC_NUM_OK ||
	    r->nitems >= REC_NONE)
		return fail(d, p, e,
			    d->items_said ? "items is said twice" : "items: not a number of items");
	d->items_said = true;
	return 0;
}

/* The first line was compared as a whole. */
static int head_line(struct reader *d, struct rec_results *r, const char *p, const char *end,
		     struct rec_err *e)
{
	if (starts(p, end, "\tmissing\t"))
		return head_missing(d, r, p + 9, end, e);
	if (starts(p, end, "\titems\t"))
		return head_items(d, r, p + 7, end, e);
	if (starts(p, end, "\tseries\t"))
		return head_series(d, r, p + 1, end, e);
	return p == d->head ?
		       0 :
		       fail(d, p, e, "not one of the first lines that rec-eval --per-user writes");
}

static int parse_head(struct reader *d, struct rec_results *r, struct rec_err *e)
{
	for (const char *p = d->head; p < d->head_end;) {
		const char *end = line_end(p);

		if (head_line(d, r, p, end, e) != 0)
			return -1;
		p = end + 1;
	}
	for (size_t i = 0; !d->items_said && i < r->n; i++)
		if (r->series[i].agg >= REC_AGG_COVERAGE)
			return fail(d, d->head, e,
				    "a measure of the catalogue, but no line says how many items "
				    "there are");
	return 0;
}

/* The n bytes at p of user u, which are no longer than a label is. */
static int add_name(const struct reader *d, struct rec_names *to, const char *p, size_t n,
		    uint32_t u, struct rec_err *e)
{
	if (n > REC_LABEL_MAX)
		return fail(d, p, e, "a name " REC_LABEL_TOO_LONG);
	return rec_names_add(to, (struct rec_name){ p, (uint32_t)n, u }, e);
}

/*
 * The first number is what the others give, and counts don't contradict each
 * other.
 */
static int check_ratio(const struct reader *d, const struct rec_series *s, uint32_t u,
		       const char *first, size_t n, const char *at, struct rec_err *e)
{
	double mean;

	if (s->count[u] > s->of[u])
		return fail(d, at, e, "more pairs are counted than there are");
	if ((s->agg == REC_AGG_ROOT && s->value[u] < 0) || (s->count[u] == 0 && s->value[u] != 0))
		return fail(d, at, e, "a sum that the pairs cannot have");
	if (rec_num_f64(first, n, &mean) != REC_NUM_OK || mean != rec_series_user(s, u))
		return fail(d, at, e, "the value is not what its sum and count give");
	return 0;
}

static int parse_value(const struct reader *d, struct rec_series *s, uint32_t u, const char *p,
		       const char *end, struct rec_err *e)
{
	const char *f[4] = { 0 }, *at = p;
	size_t n[4] = { 0 };
	int fields = 0, want = s->count ? 4 : 1;
	uint64_t count = 0, of = 0;

	while (fields < 4 && next_field(&p, end, &f[fields], &n[fields]))
		fields++;
	if (s->state[u] != REC_ABSENT)
		return fail(d, at, e, "a measure appears twice for one user");
	s->state[u] = REC_PRESENT;
	if (!s->count && fields == 2 && n[1] == 7 && memcmp(f[1], "missing", 7) == 0) {
		s->state[u] = REC_MISSING;
		want = 2;
	}
	if (fields != want || p <= end ||
	    rec_num_f64(f[s->count ? 1 : 0], n[s->count ? 1 : 0], &s->value[u]) != REC_NUM_OK)
		return fail(d, at, e, "a bad value");
	if (!(s->value[u] >= -largest && s->value[u] <= largest) ||
	    (s->state[u] == REC_MISSING && s->value[u] != 0))
		return fail(d, at, e,
			    s->state[u] == REC_MISSING ? "a missing list counts 0" :
							 "a value that no measure has");
	if (!s->count)
		return 0;
	if (rec_num_u64(f[2], n[2], &count) != REC_NUM_OK ||
	    rec_num_u64(f[3], n[3], &of) != REC_NUM_OK || count > UINT32_MAX || of > UINT32_MAX)
		return fail(d, at, e, "a bad count");
	s->count[u] = (uint32_t)count;
	s->of[u] = (uint32_t)of;
	return check_ratio(d, s, u, f[0], n[0], at, e);
}

static int parse_history(struct reader *d, struct rec_results *r, uint32_t u, const char *p,
			 const char *end, struct rec_err *e)
{
	uint64_t x;

	if (!r->history && !(r->history = rec_zalloc(r->user.n, sizeof *r->history, e)))
		return -1;
	if (d->run[u].history || rec_num_u64(p, (size_t)(end - p), &x) != REC_NUM_OK ||
	    x > UINT32_MAX)
		return fail(d, p, e,
			    d->run[u].history ? "a history appears twice for one user" :
						"a bad history");
	r->history[u] = (uint32_t)x;
	d->run[u].history = true;
	d->histories++;
	return 0;
}

static int parse_listed(struct reader *d, uint32_t u, const char *p, const char *end,
			struct rec_err *e)
{
	const char *f;
	size_t len;

	if (!d->items_said || d->run[u].listed)
		return fail(d, p, e,
			    d->items_said ? "a list appears twice for one user" :
					    "a list, but no line says how many items there are");
	d->run[u].listed = true;
	while (next_field(&p, end, &f, &len))
		if (add_name(d, &d->item, f, len, u, e) != 0)
			return -1;
	return 0;
}

/* One line of user u; p is after the label and its TAB. */
static int parse_line(struct reader *d, struct rec_results *r, uint32_t u, const char *p,
		      const char *end, struct rec_err *e)
{
	const char *name = p;
	size_t n;

	if (!next_field(&p, end, &name, &n) || p > end)
		return fail(d, name, e, "a line without a value");
	if (n == 7 && memcmp(name, "history", 7) == 0)
		return parse_history(d, r, u, p, end, e);
	if (n == 5 && memcmp(name, "group", 5) == 0)
		return add_name(d, &d->group, p, (size_t)(end - p), u, e);
	if (n == 6 && memcmp(name, "listed", 6) == 0)
		return parse_listed(d, u, p, end, e);
	for (size_t i = 0; i < r->n; i++)
		if (strlen(r->series[i].name) == n && memcmp(r->series[i].name, name, n) == 0 &&
		    r->series[i].value)
			return parse_value(d, &r->series[i], u, p, end, e);
	return fail(d, name, e, "a measure that the first lines do not name");
}

static int parse_users(struct reader *d, struct rec_results *r, struct rec_err *e)
{
	for (uint32_t u = 0; u < r->user.n; u++)
		for (const char *p = d->run[u].p; p < d->run[u].end;) {
			const char *end = line_end(p);

			if (p + d->run[u].label_len >= end)
				return fail(d, p, e, "a line without a value");
			if (parse_line(d, r, u, p + d->run[u].label_len + 1, end, e) != 0)
				return -1;
			p = end + 1;
		}
	for (uint32_t u = 0; d->histories > 0 && u < r->user.n; u++)
		if (!d->run[u].history)
			return fail(d, d->run[u].p, e,
				    "other users have a history line, and this one has none");
	return 0;
}

/* An item stands once in a list, and no more of them than there are. */
static int check_items(const struct reader *d, const struct rec_results *r, struct rec_err *e)
{
	uint32_t *in = rec_zalloc(r->item.n, sizeof *in, e);	/* user of its last list, plus 1 */
	int rc = in ? 0 : -1;

	if (in && r->item.n > r->nitems)
		rc = rec_err_set(e, REC_EDATA,
				 "%s: items of train in lists: %u, but the first lines say %llu; "
				 "give all parts of one rec-eval --per-user",
				 d->name, r->item.n, (unsigned long long)r->nitems);
	for (size_t i = 0; rc == 0 && i < d->item.n; i++) {
		if (r->listed[i] == REC_NONE)
			continue;
		if (in[r->listed[i]] == d->item.name[i].user + 1)
			rc = fail(d, d->item.name[i].p, e, "an item appears twice in one list");
		in[r->listed[i]] = d->item.name[i].user + 1;
	}
	free(in);
	return rc;
}

static int read_parts(struct reader *d, struct rec_results *r, struct rec_in *in, struct rec_err *e)
{
	const char *p, *end;

	if (read_all(d, in, e) != 0)
		return -1;
	if (d->text.n == 0)
		return rec_err_set(e, REC_EDATA,
				   "%s: empty; --summarize reads what --per-user writes", d->name);
	end = d->text.p + d->text.n;
	for (p = d->text.p; p < end;)
		if (take_part(d, &p, end, e) != 0)
			return -1;
	if (user_labels(d, r, e) != 0 || parse_head(d, r, e) != 0 || parse_users(d, r, e) != 0)
		return -1;
	if (d->group.n > 0 && rec_names_rows(&d->group, r->user.n, &r->group, &r->group_ptr,
					     &r->group_idx, e) != 0)
		return -1;
	if (!d->items_said)
		return 0;
	if (rec_names_rows(&d->item, r->user.n, &r->item, &r->listed_ptr, &r->listed, e) != 0)
		return -1;
	return check_items(d, r, e);
}

int rec_peruser_read(struct rec_results *r, struct rec_in *in, struct rec_err *e)
{
	struct reader d = { .name = rec_in_name(in) };
	int rc;

	*r = (struct rec_results){ 0 };
	if ((rc = read_parts(&d, r, in, e)) != 0)
		rec_results_free(r);
	rec_buf_free(&d.text);
	free(d.run);
	free(d.group.name);
	free(d.item.name);
	return rc;
}
