/* SPDX-License-Identifier: MIT */
#include "io/lost.h"

#include <stdio.h>

#include "io/num.h"

/* A number as it was written, and where. */
struct written {
	const char *file;
	uint64_t line;
	const char *s;
	size_t n;
};

static void set(struct rec_lost_number *x, const struct written *w, int field, const char *kept,
		size_t nkept)
{
	int shown = w->n > 40 ? 40 : (int)w->n;

	if (field)
		snprintf(x->where, sizeof x->where, "%.160s:%llu: field %d", w->file,
			 (unsigned long long)w->line, field);
	else
		snprintf(x->where, sizeof x->where, "%.160s:%llu", w->file,
			 (unsigned long long)w->line);
	snprintf(x->written, sizeof x->written, "%.*s%s", shown, w->s, w->n > 40 ? "..." : "");
	snprintf(x->kept, sizeof x->kept, "%.*s", (int)nkept, kept);
}

void rec_lost_value(struct rec_lost *l, const char *file, uint64_t line, const char *s, size_t n,
		    float kept)
{
	const struct written w = { file, line, s, n };
	char text[REC_NUM_MAX];

	if (l->values++ == 0)
		set(&l->value, &w, 0, text, rec_num_put_f32(text, kept));
}

void rec_lost_time(struct rec_lost *l, const char *file, uint64_t line, int field, const char *s,
		   size_t n, double kept)
{
	const struct written w = { file, line, s, n };
	char text[REC_NUM_MAX];
	size_t len = rec_num_put_f64(text, kept);

	if (l->times++ == 0)
		set(&l->time, &w, 0, text, len);
	if (rec_time_is_wide(kept) && l->wide++ == 0)
		set(&l->wide_time, &w, field, text, len);
}

void rec_lost_add(struct rec_lost *l, const struct rec_lost *later)
{
	if (l->values == 0)
		l->value = later->value;
	if (l->times == 0)
		l->time = later->time;
	if (l->wide == 0)
		l->wide_time = later->wide_time;
	l->values += later->values;
	l->times += later->times;
	l->wide += later->wide;
}

int rec_lost_check_times(const struct rec_lost *l, struct rec_err *e)
{
	if (l->wide == 0)
		return 0;
	return rec_err_set(e, REC_EDATA, "%s: '%s' " REC_LOST_WIDE, l->wide_time.where,
			   l->wide_time.written);
}
