/* SPDX-License-Identifier: MIT */
/* score/kind.c - the kinds of model that there are. */
#include "score/kind.h"

/* Each in the file of its name. */
extern const struct rec_model_kind rec_kind_factors, rec_kind_users, rec_kind_sparse,
	rec_kind_dense, rec_kind_offset;

/*
 * The first that takes a model has it: an offset is a model only where nothing
 * else is there, and a similarity of users is one of items where it is only
 * looked up (similar items).
 */
static const struct rec_model_kind *const kinds[] = {
	&rec_kind_factors, &rec_kind_users, &rec_kind_sparse, &rec_kind_dense, &rec_kind_offset,
};

const struct rec_model_kind *rec_kind_of(const struct rec_model *m, const struct rec_scorer_opts *o)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (kinds[i]->takes(m, o))
			return kinds[i];
	return NULL;
}
