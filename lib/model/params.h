/* SPDX-License-Identifier: MIT */
/*
 * model/params.h - the parameters of an algorithm as one table, a row each.
 *
 * A row says the name of a parameter, its type and place in a struct of
 * settings, its range, its default, what else must be set for it to matter, and
 * its help. Everything that deals with parameters follows the table: the
 * options of the command with --help and completion (cmd/cli/params.h), the
 * defaults of the library, the metadata of a model, written and read.
 */
#ifndef REC_MODEL_PARAMS_H
#define REC_MODEL_PARAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "recmat/meta.h"

enum rec_param_kind {
	REC_PARAM_U32,
	REC_PARAM_U64,
	REC_PARAM_F64,		/* a default out of range: the data or the settings decide */
	REC_PARAM_AUTO,		/* a double; below 0: "auto", until the data decide */
	REC_PARAM_LIST,		/* doubles, as many as arg names: "C,A,B" */
	REC_PARAM_FLAG,		/* a bool, true where the option is given */
	REC_PARAM_UNFLAG,	/* a bool, false where the option is given: --no-x */
	REC_PARAM_CHOICE,	/* an unsigned: index into choices */
	REC_PARAM_EITHER	/* a bool: the first or the second of two choices */
};

/*
 * Another parameter that a row needs: bit v of `values` is set where value v of
 * it will do. Of a flag, 0 is not given and 1 is given; of choices, v counts
 * them.
 */
struct rec_param_need {
	const char *name;
	unsigned values;
};

enum { REC_PARAM_NEEDS = 2, REC_PARAM_LIST_MAX = 3 };

struct rec_param {
	char letter;		/* short option, or 0 */
	const char *name;	/* of the option; NULL ends a table */
	const char *arg;	/* of the option in --help: "N"; NULL: it takes none */
	enum rec_param_kind kind;
	size_t at;		/* offset in the struct of settings: REC_PARAM_AT */
	double lo, hi;		/* inclusive range; of a list, of each number */
	double init[REC_PARAM_LIST_MAX];	/* the default */
	/*
	 * NULL-terminated; of a flag the words that metadata have for false and
	 * true
	 */
	const char *const *choices;
	/*
	 * A row whose needs are not met does not matter to a run: its option is
	 * refused, it is neither told nor kept.
	 */
	struct rec_param_need need[REC_PARAM_NEEDS];
	unsigned mask;		/* bits that the caller of rec_params_save must have */
	bool unkept;		/* not in metadata; or its owner keeps it otherwise */
	/*
	 * In metadata only where it is not 0, the default: a model of before it
	 * was an option reads as it did
	 */
	bool rare;
	const char *key;	/* in metadata; NULL: the name */
	double key_hi;		/* upper end of the range there; 0: hi */
	const char *help;	/* NULL: no option, in metadata alone */
};

/* Where a field of that type lies; another type does not compile. */
#define REC_PARAM_AT(settings, field, type) \
	(offsetof(settings, field) + 0 * sizeof((type *){ &((settings *)0)->field }))

/* The row of that name, which there is. */
const struct rec_param *rec_param_find(const struct rec_param *table, const char *name);

/* The value of a flag or of choices, as rec_param_need counts it. */
unsigned rec_param_number(const struct rec_param *p, const void *settings);

/* The first need of a row that settings do not meet; NULL: all are met. */
const struct rec_param_need *rec_param_unmet(const struct rec_param *table,
					     const struct rec_param *p, const void *settings);

/* Numbers of a list with that arg; and the list as text, of n numbers. */
unsigned rec_param_count(const char *arg);
enum { REC_PARAM_LIST_TEXT = 128 };
void rec_param_list_text(char to[REC_PARAM_LIST_TEXT], const double *x, unsigned n);

/* Every row gets its default. */
void rec_params_defaults(const struct rec_param *table, void *settings);

/* Rows that do not matter become 0, as they are where a model was read. */
void rec_params_clear(const struct rec_param *table, void *settings);

/* To metadata: the rows that matter, and whose mask is within `bits`. */
REC_MUST int rec_params_save(struct rec_meta *m, const struct rec_param *table,
			     const void *settings, unsigned bits, struct rec_err *e);

/*
 * From the metadata of a model that `algorithm` made: what was saved with all
 * bits, bit for bit. settings come as zeros. A key that is missing, malformed
 * or out of its range is an error. Lists are not read.
 */
REC_MUST int rec_params_load(void *settings, const struct rec_param *table,
			     const struct rec_meta *m, const char *algorithm, struct rec_err *e);

#endif
