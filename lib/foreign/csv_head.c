/* SPDX-License-Identifier: MIT */
#include "foreign/csv_head.h"

#include <stdlib.h>
#include <string.h>

#include "base/label.h"
#include "io/looks_words.h"
#include "io/num.h"

enum { MOST_COLUMNS = 1000000 };

static bool is_name(const char *have, const char *name, size_t n)
{
	return strncmp(have, name, n) == 0 && (have[n] == '\0' || have[n] == ':');
}

/* "'a', 'b', 'c'", as many as fit. */
static const char *names_there(const struct rec_csv_head *h, char *text, size_t size)
{
	size_t at = 0;

	*text = '\0';
	for (size_t i = 0; i < h->named; i++) {
		const char *name = h->name[i].s;
		size_t n = h->name[i].n;

		if (at + n + 8 > size) {
			memcpy(text + at, ", ...", 6);
			break;
		}
		if (i > 0)
			at = (size_t)(stpcpy(text + at, ", ") - text);
		at = (size_t)(stpcpy(text + at, name) - text);
	}
	return text;
}

/* One entry of --columns: a number, a name of the header, or nothing. */
static int find_column(const struct rec_csv_head *h, const char *file, const char *s, size_t n,
		       size_t *column, struct rec_err *e)
{
	unsigned long long line = (unsigned long long)h->line;
	char there[300];
	uint64_t number;

	*column = 0;
	if (n == 0)
		return 0;
	if (rec_num_u64(s, n, &number) == REC_NUM_OK) {
		if (number < 1 || number > MOST_COLUMNS)
			return rec_err_set(e, REC_EUSAGE, "--columns: %.*s is not between 1 and %d",
					   REC_LABEL(s, n), MOST_COLUMNS);
		*column = (size_t)number;
		return 0;
	}
	for (size_t i = 0; h->is_header && i < h->n; i++)
		if (is_name(h->name[i].s, s, n)) {
			if (*column)
				return rec_err_set(e, REC_EDATA,
						   "%s:%llu: columns %zu and %zu are called "
						   "'%.*s'; choose by number",
						   file, line, *column, i + 1, REC_LABEL(s, n));
			*column = i + 1;
		}
	if (*column)
		return 0;
	return rec_err_set(e, REC_EDATA, "%s:%llu: no column is called '%.*s'; there are: %s", file,
			   line, REC_LABEL(s, n), names_there(h, there, sizeof there));
}

/*
 * No columns were chosen: take the first four, and report what is doubtful
 * about that.
 */
static int default_columns(struct rec_csv_head *h, const struct rec_record *rec, struct rec_err *e)
{
	struct rec_in *in = rec->line.held.in;
	size_t n = h->is_header ? h->named : h->n;

	for (size_t r = 0; r < REC_CSV_ROLES; r++)
		h->column[r] = r < n ? r + 1 : 0;
	if (h->is_header && n > 1 && *h->name[0].s == '\0')
		return rec_record_fail(rec, 1, e,
				       "the first column has no name, as pandas writes an index; "
				       "choose columns with --columns");
	if (n > REC_CSV_ROLES)
		rec_in_tell(in, h->line,
			    "%zu columns, the first four are taken as row, column, value, time; "
			    "see --columns",
			    n);
	else if (h->is_header && n == 3 && rec_looks_time(h->name[2].s, h->name[2].n))
		rec_in_tell(in, h->line,
			    "'%.60s' is taken as a value; if it is a time: --columns 1,2,,3",
			    h->name[2].s);
	return 0;
}

static int choose_columns(struct rec_csv_head *h, const struct rec_record *rec, const char *columns,
			  struct rec_err *e)
{
	const char *file = rec_in_name(rec->line.held.in);

	if (!columns)
		return default_columns(h, rec, e);
	for (size_t r = 0; *columns; r++) {
		size_t n = strcspn(columns, ",");

		if (r == REC_CSV_ROLES)
			return rec_err_set(e, REC_EUSAGE,
					   "--columns: at most row, column, value, time");
		if (find_column(h, file, columns, n, &h->column[r], e) != 0)
			return -1;
		columns += n + (columns[n] == ',');
	}
	return h->column[0] && h->column[1] ?
		       0 :
		       rec_err_set(e, REC_EUSAGE, "--columns: at least row and column");
}

static int keep_first(struct rec_csv_head *h, const struct rec_record *rec, struct rec_err *e)
{
	size_t at = 0;
	double x;

	h->line = rec->field[0].line;
	h->n = rec->n;
	if (rec_grow(&h->name, &h->cap, h->n, sizeof *h->name, e) != 0)
		return -1;
	for (size_t i = 0; i < rec->n; i++) {
		if (rec_buf_add(&h->text, rec->field[i].s, rec->field[i].n, e) != 0 ||
		    rec_buf_add(&h->text, "", 1, e) != 0)
			return -1;
		if (rec->field[i].n > 0)
			h->named = i + 1;
	}
	for (size_t i = 0; i < rec->n; i++) {
		size_t n = rec->field[i].n;

		h->name[i] = (struct rec_csv_name){
			h->text.p + at, n, rec_num_f64(h->text.p + at, n, &x) == REC_NUM_OK
		};
		at += n + 1;
	}
	return 0;
}

int rec_csv_head_take(struct rec_csv_head *h, const struct rec_record *rec, const char *columns,
		      struct rec_err *e)
{
	return keep_first(h, rec, e) != 0 ? -1 : choose_columns(h, rec, columns, e);
}

static bool is_same(const struct rec_record_field *f, const struct rec_csv_name *name)
{
	return f->n == name->n && memcmp(f->s, name->s, f->n) == 0;
}

bool rec_csv_head_again(const struct rec_csv_head *h, const struct rec_record *rec)
{
	if (rec->n != h->n)
		return false;
	for (size_t i = 0; i < h->n; i++)
		if (!is_same(&rec->field[i], &h->name[i]))
			return false;
	return true;
}

int rec_csv_head_count(const struct rec_csv_head *h, const struct rec_record *rec,
		       struct rec_err *e)
{
	size_t most = h->is_header ? h->named : h->n, n = rec->n;
	const char *what = h->is_header ? "the header has" : "the first has";

	while (n > most && rec->field[n - 1].n == 0)
		n--;
	if (n > most && n <= h->n)
		return rec_record_fail(rec, n, e,
				       "not empty, but the header (line %llu) has no name for it",
				       (unsigned long long)h->line);
	if (n > most)
		return rec_record_fail(rec, 0, e,
				       "%zu fields, but %s %zu (line %llu); a field that holds the "
				       "delimiter needs quotes",
				       rec->n, what, h->n, (unsigned long long)h->line);
	if (rec->n < h->named)
		return rec_record_fail(rec, 0, e, "%zu field%s, but %s %zu (line %llu)", rec->n,
				       rec->n == 1 ? "" : "s", what, h->n,
				       (unsigned long long)h->line);
	return 0;
}

int rec_csv_head_other(const struct rec_csv_head *h, const struct rec_record *rec,
		       const struct rec_record_field *row, const struct rec_record_field *col,
		       struct rec_err *e)
{
	int hits = 0;

	for (size_t i = 0; i < h->n; i++)
		if (h->name[i].n > 0 && !h->name[i].number)
			hits |= is_same(row, &h->name[i]) | is_same(col, &h->name[i]) << 1;
	if (hits != 3)
		return 0;
	return rec_record_fail(rec, 0, e,
			       "another header, with the columns in another order; give the files "
			       "one by one: each has its own then");
}

void rec_csv_head_free(struct rec_csv_head *h)
{
	free(h->name);
	rec_buf_free(&h->text);
}
