/* SPDX-License-Identifier: MIT */
#include "data/audit.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

/* Newest time of row u, -inf where there is none. */
static double newest(const struct rec_csr *m, uint32_t u)
{
	double t = -INFINITY;

	for (uint64_t i = m->ptr[u]; m->time && i < m->ptr[u + 1]; i++)
		if (m->time[i] > t)
			t = m->time[i];
	return t;
}

struct times {
	double own, all;	/* newest train time of the user, of all */
};

static void audit_time(struct rec_audit *a, double t, const struct times *newest_train)
{
	if (t != t)
		return;
	if (newest_train->own > -INFINITY) {
		a->timed++;
		a->older_than_own += t < newest_train->own;
	}
	a->older_than_any += t < newest_train->all;
}

static void audit_row(struct rec_audit *a, const struct rec_sparse *train,
		      const struct rec_sparse *test, uint32_t u, uint32_t train_user,
		      const uint32_t *item_map, double newest_of_all)
{
	const struct rec_csr *m = &test->m;
	struct times t = { train_user == REC_NONE ? -INFINITY : newest(&train->m, train_user),
			   newest_of_all };

	for (uint64_t i = m->ptr[u]; i < m->ptr[u + 1]; i++) {
		uint32_t item = item_map[m->col[i]];

		if (m->time)
			audit_time(a, m->time[i], &t);
		if (i > m->ptr[u] && m->col[i] == m->col[i - 1]) {
			a->repeats++;
			continue;
		}
		a->test_pairs++;
		a->cold_users += train_user == REC_NONE;
		a->cold_items += item == REC_NONE;
		a->shared_pairs += train_user != REC_NONE && item != REC_NONE &&
				   rec_csr_find(&train->m, train_user, item) != UINT64_MAX;
	}
}

static uint64_t count_pairs(const struct rec_csr *m)
{
	uint64_t n = 0;

	for (uint32_t u = 0; u < m->nrows; u++)
		for (uint64_t i = m->ptr[u]; i < m->ptr[u + 1]; i++)
			n += i == m->ptr[u] || m->col[i] != m->col[i - 1];
	return n;
}

int rec_audit(struct rec_audit *a, const struct rec_sparse *train, const struct rec_sparse *test,
	      struct rec_err *e)
{
	uint32_t *user_map = NULL, *item_map = NULL;
	double all = -INFINITY;
	int rc = -1;

	*a = (struct rec_audit){ 0 };
	a->train_pairs = count_pairs(&train->m);
	for (uint32_t u = 0; u < train->m.nrows; u++)
		all = fmax(all, newest(&train->m, u));
	if (rec_labels_map(&user_map, &test->row, &train->row, e) == 0 &&
	    rec_labels_map(&item_map, &test->col, &train->col, e) == 0) {
		for (uint32_t u = 0; u < test->m.nrows; u++)
			audit_row(a, train, test, u, user_map[u], item_map, all);
		rc = 0;
	}
	free(user_map);
	free(item_map);
	return rc;
}
