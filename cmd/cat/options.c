/* SPDX-License-Identifier: MIT */
/* cmd/cat/options.c - the formats of rec-cat. */
#include "cmd/cat/options.h"

/* clang-format off */
const char *const cat_formats[] = {
	"auto", "tsv", "recmat",
	"csv", "mtx", "npy", "libsvm", "labelled", "wide", "word2vec",
	"trec-run", "trec-qrels", "factors", NULL
};
/* clang-format on */

const struct rec_foreign *cat_format(unsigned format)
{
	return format > CAT_RECMAT ? rec_foreign_find(cat_formats[format]) : NULL;
}
