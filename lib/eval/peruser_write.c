/* SPDX-License-Identifier: MIT */
/* peruser_write.c - results to text. */
#include <string.h>

#include "base/mem.h"
#include "eval/peruser.h"
#include "io/num.h"

static int add_text(struct rec_buf *b, const char *s, struct rec_err *e)
{
	return rec_buf_add(b, s, strlen(s), e);
}

static int add_label(struct rec_buf *b, const struct rec_labels *l, uint32_t i, struct rec_err *e)
{
	size_t n;
	const char *s = rec_label(l, i, &n);

	return rec_buf_add(b, s, n, e);
}

static int add_f64(struct rec_buf *b, double x, struct rec_err *e)
{
	char s[REC_NUM_MAX];

	return rec_buf_add(b, "\t", 1, e) != 0 ? -1 : rec_buf_add(b, s, rec_num_put_f64(s, x), e);
}

static int add_u64(struct rec_buf *b, uint64_t x, struct rec_err *e)
{
	char s[REC_NUM_MAX];

	return rec_buf_add(b, "\t", 1, e) != 0 ? -1 : rec_buf_add(b, s, rec_num_put_u64(s, x), e);
}

static int add_head(struct rec_buf *b, const struct rec_results *r, struct rec_err *e)
{
	if (rec_buf_printf(b, e, "\trec-eval\t1\n\tmissing\t%s\n",
			   r->skip_missing ? "skip" : "zero") != 0)
		return -1;
	if (r->listed_ptr && (add_text(b, "\titems", e) != 0 || add_u64(b, r->nitems, e) != 0 ||
			      add_text(b, "\n", e) != 0))
		return -1;
	for (size_t i = 0; i < r->n; i++)
		if (rec_buf_printf(b, e, "\tseries\t%s\t%d\t%u\t%u\t%s\n", r->series[i].name,
				   (int)r->series[i].agg, r->series[i].flags, r->series[i].k,
				   r->series[i].definition) != 0)
			return -1;
	return 0;
}

static int add_series(struct rec_buf *b, const struct rec_results *r, const struct rec_series *s,
		      uint32_t u, struct rec_err *e)
{
	if (s->state[u] == REC_ABSENT)
		return 0;
	if (add_label(b, &r->user, u, e) != 0 || add_text(b, "\t", e) != 0 ||
	    add_text(b, s->name, e) != 0 || add_f64(b, rec_series_user(s, u), e) != 0)
		return -1;
	if (s->state[u] == REC_MISSING && add_text(b, "\tmissing", e) != 0)
		return -1;
	if (s->count && (add_f64(b, s->value[u], e) != 0 || add_u64(b, s->count[u], e) != 0 ||
			 add_u64(b, s->of[u], e) != 0))
		return -1;
	return add_text(b, "\n", e);
}

/* What breaks the series down, and what the catalogue measures count. */
static int add_attributes(struct rec_buf *b, const struct rec_results *r, uint32_t u,
			  struct rec_err *e)
{
	if (r->history && (add_label(b, &r->user, u, e) != 0 || add_text(b, "\thistory", e) != 0 ||
			   add_u64(b, r->history[u], e) != 0 || add_text(b, "\n", e) != 0))
		return -1;
	for (uint64_t i = r->group_ptr ? r->group_ptr[u] : 0;
	     r->group_ptr && i < r->group_ptr[u + 1]; i++)
		if (add_label(b, &r->user, u, e) != 0 || add_text(b, "\tgroup\t", e) != 0 ||
		    add_label(b, &r->group, r->group_idx[i], e) != 0 || add_text(b, "\n", e) != 0)
			return -1;
	if (!r->listed_ptr || r->listed_ptr[u] == r->listed_ptr[u + 1])
		return 0;
	if (add_label(b, &r->user, u, e) != 0 || add_text(b, "\tlisted", e) != 0)
		return -1;
	for (uint64_t i = r->listed_ptr[u]; i < r->listed_ptr[u + 1]; i++) {
		if (add_text(b, "\t", e) != 0)
			return -1;
		if (r->listed[i] != REC_NONE && add_label(b, &r->item, r->listed[i], e) != 0)
			return -1;
	}
	return add_text(b, "\n", e);
}

int rec_peruser_write(struct rec_out *out, const struct rec_results *r, struct rec_err *e)
{
	struct rec_buf b = { 0 };
	uint64_t users = 0;
	int rc = add_head(&b, r, e);

	for (uint32_t u = 0; rc == 0 && u < r->user.n; u++) {
		size_t before = b.n;

		for (size_t i = 0; rc == 0 && i < r->n; i++)
			if (r->series[i].value)
				rc = add_series(&b, r, &r->series[i], u, e);
		if (rc == 0 && (b.n > before || r->listed_ptr))
			rc = add_attributes(&b, r, u, e);
		users += b.n > before;
		if (rc == 0 && b.n >= 1 << 16) {
			rc = rec_out_write(out, b.p, b.n, e);
			b.n = 0;
		}
	}
	if (rc == 0)
		rc = rec_buf_printf(&b, e, "\tend\t%llu\n", (unsigned long long)users);
	if (rc == 0)
		rc = rec_out_write(out, b.p, b.n, e);
	rec_buf_free(&b);
	return rc;
}
