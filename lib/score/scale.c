/* SPDX-License-Identifier: MIT */
/*
 * score/scale.c - scores of one row under one model made comparable with those
 * of another. Sums run in ascending order of the candidates.
 */
#include "score/private.h"

static void zscore(float *score, const unsigned char *hit, uint32_t n)
{
	double sum = 0, square = 0, mean, sd;
	uint32_t i, held = 0;

	for (i = 0; i < n; i++)
		if (!hit || hit[i]) {
			sum += (double)score[i];
			held++;
		}
	mean = held ? sum / held : 0;
	for (i = 0; i < n; i++)
		if (!hit || hit[i])
			square += ((double)score[i] - mean) * ((double)score[i] - mean);
	sd = held ? sqrt(square / held) : 0;
	for (i = 0; i < n; i++)
		if (!hit || hit[i])
			score[i] = sd > 0 ? (float)(((double)score[i] - mean) / sd) : 0;
}

static void rank(float *score, const unsigned char *hit, uint32_t n, struct rec_best *entry)
{
	struct rec_top top = { .entry = entry, .cap = n, .room = n };
	uint32_t i, j, t;
	double position;

	for (i = 0; i < n; i++)
		if (!hit || hit[i])
			rec_top_push(&top, i, score[i]);
	rec_top_sort(&top);
	for (i = 0; i < top.n; i = j) {
		for (j = i + 1; j < top.n && entry[j].score == entry[i].score; j++)
			;
		position = ((double)i + 1 + (double)j) / 2; /* mean of the ranks i + 1 .. j */
		for (t = i; t < j; t++)
			score[entry[t].item] =
				(float)(((double)top.n + 1 - position) / (double)top.n);
	}
}

void rec_scale_apply(enum rec_scale scale, float *score, const unsigned char *hit, uint32_t n,
		     struct rec_best *scratch)
{
	if (scale == REC_SCALE_ZSCORE)
		zscore(score, hit, n);
	else if (scale == REC_SCALE_RANK)
		rank(score, hit, n, scratch);
}
