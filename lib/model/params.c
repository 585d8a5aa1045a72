/* SPDX-License-Identifier: MIT */
/* model/params.c - what all tables of parameters share. */
#include "model/params.h"

#include <string.h>

#include "io/num.h"

static void *place(const struct rec_param *p, void *settings)
{
	return (char *)settings + p->at;
}

static const void *value(const struct rec_param *p, const void *settings)
{
	return (const char *)settings + p->at;
}

const struct rec_param *rec_param_find(const struct rec_param *table, const char *name)
{
	while (strcmp(table->name, name) != 0)
		table++;
	return table;
}

unsigned rec_param_number(const struct rec_param *p, const void *settings)
{
	const void *v = value(p, settings);

	switch (p->kind) {
	case REC_PARAM_CHOICE: return *(const unsigned *)v;
	case REC_PARAM_UNFLAG: return !*(const bool *)v;
	default: return *(const bool *)v;
	}
}

const struct rec_param_need *rec_param_unmet(const struct rec_param *table,
					     const struct rec_param *p, const void *settings)
{
	for (int i = 0; i < REC_PARAM_NEEDS && p->need[i].name; i++) {
		const struct rec_param *other = rec_param_find(table, p->need[i].name);

		if (!(p->need[i].values >> rec_param_number(other, settings) & 1))
			return &p->need[i];
	}
	return NULL;
}

unsigned rec_param_count(const char *arg)
{
	unsigned n = 1;

	for (const char *comma = strchr(arg, ','); comma; comma = strchr(comma + 1, ','))
		n++;
	return n;
}

void rec_param_list_text(char to[REC_PARAM_LIST_TEXT], const double *x, unsigned n)
{
	size_t at = 0;

	for (unsigned i = 0; i < n; i++) {
		if (i)
			to[at++] = ',';
		at += rec_num_put_f64(to + at, x[i]);
	}
	to[at] = '\0';
}

static void set_default(const struct rec_param *p, void *to)
{
	switch (p->kind) {
	case REC_PARAM_U32: *(uint32_t *)to = (uint32_t)p->init[0]; break;
	case REC_PARAM_U64: *(uint64_t *)to = (uint64_t)p->init[0]; break;
	case REC_PARAM_F64: case REC_PARAM_AUTO: *(double *)to = p->init[0]; break;
	case REC_PARAM_LIST: memcpy(to, p->init, rec_param_count(p->arg) * sizeof *p->init); break;
	case REC_PARAM_CHOICE: *(unsigned *)to = (unsigned)p->init[0]; break;
	case REC_PARAM_FLAG: case REC_PARAM_UNFLAG: case REC_PARAM_EITHER:
		*(bool *)to = p->init[0] != 0;
		break;
	}
}

void rec_params_defaults(const struct rec_param *table, void *settings)
{
	for (const struct rec_param *p = table; p->name; p++)
		set_default(p, place(p, settings));
}

void rec_params_clear(const struct rec_param *table, void *settings)
{
	for (const struct rec_param *p = table; p->name; p++) {
		struct rec_param zero = { .kind = p->kind, .arg = p->arg };

		if (rec_param_unmet(table, p, settings))
			set_default(&zero, place(p, settings));
	}
}

static const char *key_of(const struct rec_param *p)
{
	return p->key ? p->key : p->name;
}

static int save_one(struct rec_meta *m, const struct rec_param *p, const void *v, struct rec_err *e)
{
	char list[REC_PARAM_LIST_TEXT];
	unsigned word;

	switch (p->kind) {
	case REC_PARAM_U32: return rec_meta_set_u64(m, key_of(p), *(const uint32_t *)v, e);
	case REC_PARAM_U64: return rec_meta_set_u64(m, key_of(p), *(const uint64_t *)v, e);
	case REC_PARAM_F64: case REC_PARAM_AUTO:
		return rec_meta_set_f64(m, key_of(p), *(const double *)v, e);
	case REC_PARAM_LIST:
		rec_param_list_text(list, v, rec_param_count(p->arg));
		return rec_meta_set(m, key_of(p), list, e);
	default:
		word = p->kind == REC_PARAM_CHOICE ? *(const unsigned *)v : *(const bool *)v;
		return p->choices ? rec_meta_set(m, key_of(p), p->choices[word], e) :
				    rec_meta_set_u64(m, key_of(p), word, e);
	}
}

int rec_params_save(struct rec_meta *m, const struct rec_param *table, const void *settings,
		    unsigned bits, struct rec_err *e)
{
	for (const struct rec_param *p = table; p->name; p++)
		if (!p->unkept && (p->mask & ~bits) == 0 && !rec_param_unmet(table, p, settings) &&
		    !(p->rare && rec_param_number(p, settings) == 0) &&
		    save_one(m, p, value(p, settings), e) != 0)
			return -1;
	return 0;
}

static int lacks(const char *key, const char *algorithm, struct rec_err *e)
{
	return rec_err_set(e, REC_EDATA, "metadata lack %s, which a model of rec-%s has", key,
			   algorithm);
}

static int not_known(const char *key, const char *word, struct rec_err *e)
{
	return rec_err_set(
		e, REC_EDATA,
		"metadata: %s is '%s', which is not known; was it made by a later version?", key,
		word);
}

/* A number of the range that the row has in metadata. */
static int load_f64(double *x, const struct rec_param *p, const struct rec_meta *m,
		    struct rec_err *e)
{
	double hi = p->key_hi != 0 ? p->key_hi : p->hi;

	if (rec_meta_get_f64(m, key_of(p), x, e) < 0)
		return -1;
	if (!(*x >= p->lo && *x <= hi))
		return rec_err_set(e, REC_EDATA, "metadata: %s is %s, not between %g and %g",
				   key_of(p), rec_meta_get(m, key_of(p)), p->lo, hi);
	return 0;
}

static int load_u64(uint64_t *x, const char *key, double lo, double hi, const struct rec_meta *m,
		    struct rec_err *e)
{
	if (rec_meta_get_u64(m, key, x, e) < 0)
		return -1;
	if ((double)*x < lo || (double)*x > hi)
		return rec_err_set(e, REC_EDATA, "metadata: %s is %s, not between %.10g and %.10g",
				   key, rec_meta_get(m, key), lo, hi);
	return 0;
}

/* The number of a word among choices; without choices a flag is 0 or 1. */
static int load_word(uint64_t *number, const struct rec_param *p, const struct rec_meta *m,
		     struct rec_err *e)
{
	const char *word = rec_meta_get(m, key_of(p));

	if (!p->choices)
		return load_u64(number, key_of(p), 0, 1, m, e);
	for (*number = 0; p->choices[*number]; ++*number)
		if (strcmp(p->choices[*number], word) == 0)
			return 0;
	return not_known(key_of(p), word, e);
}

static int load_one(void *to, const struct rec_param *p, const struct rec_meta *m,
		    struct rec_err *e)
{
	uint64_t x = 0;

	switch (p->kind) {
	case REC_PARAM_F64: case REC_PARAM_AUTO:
		return load_f64(to, p, m, e);
	case REC_PARAM_LIST:
		return 0;
	case REC_PARAM_U32: case REC_PARAM_U64:
		if (load_u64(&x, key_of(p), p->lo, p->hi, m, e) != 0)
			return -1;
		if (p->kind == REC_PARAM_U32)
			*(uint32_t *)to = (uint32_t)x;
		else
			*(uint64_t *)to = x;
		return 0;
	default:
		if (load_word(&x, p, m, e) != 0)
			return -1;
		if (p->kind == REC_PARAM_CHOICE)
			*(unsigned *)to = (unsigned)x;
		else
			*(bool *)to = x == 1;
		return 0;
	}
}

static int count_needs(const struct rec_param *p)
{
	int n = 0;

	while (n < REC_PARAM_NEEDS && p->need[n].name)
		n++;
	return n;
}

int rec_params_load(void *settings, const struct rec_param *table, const struct rec_meta *m,
		    const char *algorithm, struct rec_err *e)
{
	const char *made = rec_meta_get(m, "algorithm");

	if (!made)
		return lacks("algorithm", algorithm, e);
	if (strcmp(made, algorithm) != 0)
		return not_known("algorithm", made, e);
	/* what a row needs has fewer needs itself, so it is there first */
	for (int needs = 0; needs <= REC_PARAM_NEEDS; needs++)
		for (const struct rec_param *p = table; p->name; p++) {
			if (p->unkept || count_needs(p) != needs ||
			    rec_param_unmet(table, p, settings))
				continue;
			if (!rec_meta_get(m, key_of(p)) && p->rare)
				continue;
			if (!rec_meta_get(m, key_of(p)))
				return lacks(key_of(p), algorithm, e);
			if (load_one(place(p, settings), p, m, e) != 0)
				return -1;
		}
	return 0;
}
