/* SPDX-License-Identifier: MIT */
/* als/basis.c - the eigenvectors of a Gramian as a basis. */
#include "als/basis.h"

#include <stdlib.h>

#include "als/eigen.h"
#include "base/mem.h"

/* Rounding makes some zeros negative. */
static void set_values(struct rec_als_basis *b, const double *value, uint32_t k)
{
	for (uint32_t c = 0; c < b->kp; c++)
		b->value[c] = value[c] > 0 ? (float)value[c] : 0;
	b->least = b->most = b->value[0];
	for (uint32_t c = 1; c < k; c++) {
		b->least = b->value[c] < b->least ? b->value[c] : b->least;
		b->most = b->value[c] > b->most ? b->value[c] : b->most;
	}
}

/* row: kp x kp floats, lost afterwards. */
static void pack(struct rec_als_basis *b, const double *vector, float *row)
{
	uint32_t kp = b->kp;

	for (size_t i = 0; i < (size_t)kp * kp; i++)
		row[i] = (float)vector[i];
	b->kn->pack(b->to, row, kp, kp, 0, kp / REC_LANES, kp);
	for (uint32_t r = 0; r < kp; r++)
		for (uint32_t c = 0; c < kp; c++)
			row[(size_t)r * kp + c] = (float)vector[(size_t)c * kp + r];
	b->kn->pack(b->from, row, kp, kp, 0, kp / REC_LANES, kp);
}

int rec_als_basis_new(struct rec_als_basis **out, double *gram, uint32_t k, uint32_t kp,
		      const struct rec_run *run, struct rec_err *e)
{
	struct rec_als_basis *b = rec_zalloc(1, sizeof *b, e);
	size_t size = (size_t)kp * kp;
	double *value = b ? rec_alloc(kp, sizeof *value, e) : NULL;
	double *vector = value ? rec_alloc(size, sizeof *vector, e) : NULL;
	int rc = -1;

	*out = NULL;
	if (vector) {
		b->kn = run->kernel;
		b->kp = kp;
		b->value = rec_alloc(kp, sizeof *b->value, e);
		b->to = rec_alloc(size, sizeof *b->to, e);
		b->from = rec_alloc(size, sizeof *b->from, e);
		if (b->value && b->to && b->from)
			rc = rec_eigen(value, vector, gram, kp, run, e);
	}
	if (rc == 0) {
		set_values(b, value, k);
		pack(b, vector, (float *)(void *)gram);
		*out = b;
	} else {
		rec_als_basis_free(b);
	}
	free(value);
	free(vector);
	return rc;
}

void rec_als_basis_free(struct rec_als_basis *b)
{
	if (!b)
		return;
	free(b->value);
	free(b->to);
	free(b->from);
	free(b);
}

void rec_als_turn(const struct rec_als_basis *b, float *out, const float *in, uint32_t n)
{
	b->kn->scores(out, b->kp, in, b->kp, n, b->to, b->kp / REC_LANES, b->kp);
}

void rec_als_turn_back(const struct rec_als_basis *b, float *out, const float *in, uint32_t n)
{
	b->kn->scores(out, b->kp, in, b->kp, n, b->from, b->kp / REC_LANES, b->kp);
}
