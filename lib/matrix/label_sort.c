/* SPDX-License-Identifier: MIT */
#include "matrix/label_sort.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "matrix/sort.h"

enum { BUCKETS = 256, SAMPLE = 16 * BUCKETS, LABELS_A_TASK = 1 << 14 };

struct entry {
	uint64_t key;	/* 8 bytes of the label, big-endian, to compare like the bytes */
	struct rec_label_ref label;
	uint32_t number;
};

static inline int entry_less(const struct entry *a, const struct entry *b)
{
	if (a->key != b->key)
		return a->key < b->key;
	return rec_label_cmp(a->label.p, a->label.len, b->label.p, b->label.len) < 0;
}

REC_SORT(sort_entries, struct entry, entry_less);

struct sorter {
	const struct rec_label_ref *label;
	uint32_t n;
	size_t ntasks;
	/*
	 * for each task: how many first bytes all its labels share with label 0
	 */
	uint32_t *task_common;
	uint32_t common;
	struct entry border[BUCKETS - 1];
	unsigned nborders;
	unsigned char *bucket_of;	/* n */
	/*
	 * for each task: number of labels in each bucket, then the place of the
	 * next
	 */
	uint32_t (*place)[BUCKETS];
	uint32_t start[BUCKETS + 1];
	struct entry *entry;		/* n entries, by bucket */
	struct entry **scratch;		/* for each thread: space for the largest bucket */
	uint32_t *rank;
	uint64_t *off;
	char *bytes;
};

/*
 * The 8 bytes from skip on. A shorter label is filled with zeros: no label
 * holds a zero byte.
 */
static uint64_t key_at(const struct rec_label_ref *r, uint32_t skip)
{
	unsigned char b[8] = { 0 };
	uint64_t k = 0;

	memcpy(b, r->p + skip, r->len - skip < 8 ? r->len - skip : 8);
	for (int i = 0; i < 8; i++)
		k = k << 8 | b[i];
	return k;
}

/* Number of bytes, at most n, that a and b have in common at the beginning. */
static uint32_t common_prefix(const struct rec_label_ref *a, const struct rec_label_ref *b,
			      uint32_t n)
{
	uint32_t i = 0;

	if (n > b->len)
		n = b->len;
	while (i < n && a->p[i] == b->p[i])
		i++;
	return i;
}

static void task_range(const struct sorter *s, size_t task, uint32_t *from, uint32_t *to)
{
	uint64_t end = (task + 1) * (uint64_t)LABELS_A_TASK;

	*from = (uint32_t)(task * LABELS_A_TASK);
	*to = end < s->n ? (uint32_t)end : s->n;
}

static int common_task(void *arg, size_t task, unsigned thread, struct rec_err *e)
{
	struct sorter *s = arg;
	uint32_t from, to, n = s->label[0].len;

	(void)thread;
	(void)e;
	task_range(s, task, &from, &to);
	for (uint32_t i = from; i < to; i++)
		n = common_prefix(&s->label[0], &s->label[i], n);
	s->task_common[task] = n;
	return 0;
}

static unsigned bucket_of(const struct sorter *s, const struct rec_label_ref *r)
{
	struct entry x = { .key = key_at(r, s->common), .label = *r };
	unsigned lo = 0, hi = s->nborders;

	while (lo < hi) {
		unsigned mid = (lo + hi) / 2;

		if (entry_less(&x, &s->border[mid]))
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

static int classify_task(void *arg, size_t task, unsigned thread, struct rec_err *e)
{
	struct sorter *s = arg;
	uint32_t from, to;

	(void)thread;
	(void)e;
	task_range(s, task, &from, &to);
	memset(s->place[task], 0, sizeof s->place[task]);
	for (uint32_t i = from; i < to; i++) {
		s->bucket_of[i] = (unsigned char)bucket_of(s, &s->label[i]);
		s->place[task][s->bucket_of[i]]++;
	}
	return 0;
}

static int scatter_task(void *arg, size_t task, unsigned thread, struct rec_err *e)
{
	struct sorter *s = arg;
	uint32_t from, to;

	(void)thread;
	(void)e;
	task_range(s, task, &from, &to);
	for (uint32_t i = from; i < to; i++)
		s->entry[s->place[task][s->bucket_of[i]]++] = (struct entry){ .label = s->label[i],
									      .number = i };
	return 0;
}

static int bucket_task(void *arg, size_t task, unsigned thread, struct rec_err *e)
{
	struct sorter *s = arg;
	struct entry *x = s->entry + s->start[task];
	uint32_t n = s->start[task + 1] - s->start[task], skip = n ? x[0].label.len : 0;

	(void)e;
	for (uint32_t i = 1; i < n; i++)
		skip = common_prefix(&x[0].label, &x[i].label, skip);
	for (uint32_t i = 0; i < n; i++)
		x[i].key = key_at(&x[i].label, skip);
	sort_entries(x, s->scratch[thread], n);
	for (uint32_t i = 0; i < n; i++) {
		s->rank[x[i].number] = s->start[task] + i;
		s->off[s->start[task] + i + 1] = x[i].label.len;
	}
	return 0;
}

static int copy_task(void *arg, size_t task, unsigned thread, struct rec_err *e)
{
	struct sorter *s = arg;

	(void)thread;
	(void)e;
	for (uint32_t i = s->start[task]; i < s->start[task + 1]; i++)
		memcpy(s->bytes + s->off[i], s->entry[i].label.p, s->entry[i].label.len);
	return 0;
}

/*
 * Choose borders at even steps of a sorted sample. Few labels make one bucket.
 */
static int choose_borders(struct sorter *s, struct rec_err *e)
{
	struct entry *x;

	if (s->n < 2 * SAMPLE)
		return 0;
	x = rec_alloc(2 * SAMPLE, sizeof *x, e);
	if (!x)
		return -1;
	for (uint32_t i = 0; i < SAMPLE; i++) {
		x[i].label = s->label[(uint64_t)s->n * i / SAMPLE];
		x[i].key = key_at(&x[i].label, s->common);
	}
	sort_entries(x, x + SAMPLE, SAMPLE);
	s->nborders = BUCKETS - 1;
	for (unsigned b = 0; b < s->nborders; b++)
		s->border[b] = x[(b + 1) * (SAMPLE / BUCKETS)];
	free(x);
	return 0;
}

/*
 * Turn the counts of (task, bucket) into places. Returns the size of the
 * largest bucket.
 */
static uint32_t place_buckets(struct sorter *s)
{
	uint32_t at = 0, largest = 0;

	for (int b = 0; b < BUCKETS; b++) {
		s->start[b] = at;
		for (size_t t = 0; t < s->ntasks; t++) {
			uint32_t n = s->place[t][b];

			s->place[t][b] = at;
			at += n;
		}
		if (at - s->start[b] > largest)
			largest = at - s->start[b];
	}
	s->start[BUCKETS] = at;
	return largest;
}

static int allocate(struct sorter *s, struct rec_err *e)
{
	s->task_common = rec_alloc(s->ntasks, sizeof *s->task_common, e);
	s->bucket_of = rec_alloc(s->n, 1, e);
	s->place = rec_alloc(s->ntasks, sizeof *s->place, e);
	s->entry = rec_alloc(s->n, sizeof *s->entry, e);
	s->rank = rec_alloc(s->n, sizeof *s->rank, e);
	s->off = rec_alloc((size_t)s->n + 1, sizeof *s->off, e);
	return s->task_common && s->bucket_of && s->place && s->entry && s->rank && s->off ? 0 : -1;
}

static int to_buckets(struct sorter *s, struct rec_pool *pool, struct rec_err *e)
{
	uint32_t largest;

	if (rec_pool_run(pool, s->ntasks, common_task, s, e) != 0)
		return -1;
	s->common = s->n ? s->label[0].len : 0;
	for (size_t t = 0; t < s->ntasks; t++)
		if (s->task_common[t] < s->common)
			s->common = s->task_common[t];
	if (choose_borders(s, e) != 0 || rec_pool_run(pool, s->ntasks, classify_task, s, e) != 0)
		return -1;
	largest = place_buckets(s);
	for (unsigned t = 0; t < rec_pool_size(pool); t++)
		if (!(s->scratch[t] = rec_alloc(largest, sizeof **s->scratch, e)))
			return -1;
	return rec_pool_run(pool, s->ntasks, scatter_task, s, e);
}

static int sort_buckets(struct sorter *s, struct rec_pool *pool, struct rec_err *e)
{
	if (rec_pool_run(pool, BUCKETS, bucket_task, s, e) != 0)
		return -1;
	s->off[0] = 0;
	for (uint32_t i = 0; i < s->n; i++)
		s->off[i + 1] += s->off[i];
	s->bytes = rec_alloc(s->off[s->n], 1, e);
	return s->bytes ? rec_pool_run(pool, BUCKETS, copy_task, s, e) : -1;
}

int rec_label_sort(struct rec_labels *out, uint32_t **rank, const struct rec_label_ref *label,
		   uint32_t n, struct rec_pool *pool, struct rec_err *e)
{
	struct sorter *s = rec_zalloc(1, sizeof *s, e);
	unsigned threads = rec_pool_size(pool);
	int rc = -1;

	*out = (struct rec_labels){ 0 };
	*rank = NULL;
	if (!s)
		return -1;
	s->label = label;
	s->n = n;
	s->ntasks = rec_slices(n, LABELS_A_TASK);
	s->scratch = rec_zalloc(threads, sizeof *s->scratch, e);
	if (s->scratch && allocate(s, e) == 0 && to_buckets(s, pool, e) == 0 &&
	    sort_buckets(s, pool, e) == 0)
		rc = 0;
	for (unsigned t = 0; s->scratch && t < threads; t++)
		free(s->scratch[t]);
	free(s->scratch);
	free(s->task_common);
	free(s->bucket_of);
	free(s->place);
	free(s->entry);
	if (rc == 0) {
		*rank = s->rank;
		*out = (struct rec_labels){ .n = n,
					    .off = s->off,
					    .bytes = s->bytes,
					    .own_off = s->off,
					    .own_bytes = s->bytes };
	} else {
		free(s->rank);
		free(s->off);
		free(s->bytes);
	}
	free(s);
	return rc;
}
