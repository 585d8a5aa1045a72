/* SPDX-License-Identifier: MIT */
/* score/scale.c - sums run in ascending order of the candidates. */
#include "score/scale.h"

#include <math.h>

static void zscore(float *score, const unsigned char *hit, uint32_t n)
{
	double sum = 0, square = 0, mean, sd;
	uint32_t held = 0;

	for (uint32_t i = 0; i < n; i++)
		if (!hit || hit[i]) {
			sum += (double)score[i];
			held++;
		}
	mean = held ? sum / held : 0;
	for (uint32_t i = 0; i < n; i++)
		if (!hit || hit[i])
			square += ((double)score[i] - mean) * ((double)score[i] - mean);
	sd = held ? sqrt(square / held) : 0;
	for (uint32_t i = 0; i < n; i++)
		if (!hit || hit[i])
			score[i] = sd > 0 ? (float)(((double)score[i] - mean) / sd) : 0;
}

static void rank(float *score, const unsigned char *hit, uint32_t n, struct rec_best *entry)
{
	struct rec_top top = { .entry = entry, .cap = n, .room = n };
	uint32_t last;

	for (uint32_t i = 0; i < n; i++)
		if (!hit || hit[i])
			rec_top_push(&top, i, score[i]);
	rec_top_sort(&top);
	for (uint32_t first = 0; first < top.n; first = last) {
		double position;

		for (last = first + 1; last < top.n && entry[last].score == entry[first].score;)
			last++;
		/* the mean of the ranks first + 1 .. last */
		position = ((double)first + 1 + (double)last) / 2;
		for (uint32_t t = first; t < last; t++)
			score[entry[t].item] =
				(float)(((double)top.n + 1 - position) / (double)top.n);
	}
}

void rec_scale_apply(enum rec_scale scale, float *score, const unsigned char *hit, uint32_t n,
		     struct rec_best *room)
{
	if (scale == REC_SCALE_ZSCORE)
		zscore(score, hit, n);
	else if (scale == REC_SCALE_RANK)
		rank(score, hit, n, room);
}
