/* SPDX-License-Identifier: MIT */
#include "matrix/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

int rec_table_new(struct rec_table *t, uint32_t rows, uint32_t width, struct rec_spill *spill,
		  struct rec_err *e)
{
	size_t n = (size_t)rows * width;

	*t = (struct rec_table){ .rows = rows, .width = width };
	if (!spill) {
		t->p = rec_alloc_table(n, sizeof *t->p, e);
		return t->p ? 0 : -1;
	}
	if (rec_far_new(&t->far, spill, n * sizeof *t->p, e) != 0)
		return -1;
	t->p = (float *)(void *)t->far->p;
	return 0;
}

void rec_table_free(struct rec_table *t)
{
	if (t->far)
		rec_far_free(t->far);
	else
		free(t->p);
	*t = (struct rec_table){ 0 };
}

void rec_table_drop(const struct rec_table *t)
{
	if (t->far)
		rec_far_drop(t->far);
}

/* A narrow row ends before the next wide one begins. */
void rec_table_narrow(struct rec_table *t, uint32_t width)
{
	for (uint32_t i = 0; i < t->rows; i++) {
		const float *from = rec_table_rows(t, i, i + 1);

		memmove(t->p + (size_t)i * width, from, width * sizeof *from);
		rec_far_used(t->far, width * sizeof *from);
	}
	t->width = width;
}
