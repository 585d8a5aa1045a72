/* SPDX-License-Identifier: MIT */
/*
 * cmd/cli/near.c - what was meant by an option that a command does not have.
 *
 * First the table of what other tools call it: the first row that holds the
 * word and whose target this command has. Else the nearest names of its own.
 */
#include "cmd/cli/near.h"

#include <stdio.h>
#include <string.h>

#include "base/append.h"
#include "base/near.h"
#include "cmd/cli/say.h"
#include "cmd/cli/table.h"

/*
 * Words with blanks between them, and what they stand for:
 *	name		an option, where this command has it
 *	METHOD ...	an operand, where this command has it
 *	<		stdin, where this command reads it
 *	: text		anything else
 */
struct synonym {
	const char *words, *target;
	const char *command;	/* of this command alone, or NULL */
};

static const struct synonym synonyms[] = {
	{ "n num", ": the rank is -k, the number of sweeps -i", "rec-als" },
	{ "implicit implicit-prefs", ": implicit is what it does without --explicit", "rec-als" },
	{ "k n d rank dim dims dimension dimensions embedding embedding-size embedding-dim "
	  "emb-size latent latent-dim latent-factors num-factors n-factors "
	  "components n-components no-components vector-size hidden hidden-size",
	  "factors", NULL },
	{ "k rank factors n-factors latent dimensions", "dim", NULL },
	{ "n epoch epochs iter iters n-iter n-iters num-iter num-iters num-iterations n-iterations "
	  "max-iter max-iterations n-epochs num-epochs sweeps steps rounds",
	  "iterations", NULL },
	{ "l l2 lambda l2-reg lambda-reg regularization regularisation reg-param weight-decay "
	  "ridge penalty",
	  "reg", NULL },
	{ "confidence confidence-weight", "alpha", NULL },
	{ "negative negatives negative-weight unobserved-weight w0 alpha0 missing-weight",
	  "unobserved", NULL },
	{ "rating ratings predict", "explicit", NULL },
	{ "init warm-start initial resume checkpoint", "init-from", NULL },
	{ "loss cost-function", "objective", NULL },
	{ "k n num count limit topk top-n size length list-length recommendations "
	  "num-recommendations n-recommendations max",
	  "top", NULL },
	{ "k n num topk top-n top size knn nn neighbors n-neighbors num-neighbors max-neighbors "
	  "neighborhood",
	  "neighbours", NULL },
	{ "exclude blacklist blocklist denylist stoplist stop-list filter filter-items ignore hide "
	  "without",
	  "deny", NULL },
	{ "include whitelist allowlist only restrict items", "allow", NULL },
	{ "exclude-seen filter-seen remove-seen filter-already-liked-items filter-already-liked "
	  "exclude-known",
	  ": what the history on stdin holds is left out without it", "rec-topn" },
	{ "include-seen with-seen allow-seen no-filter no-exclude include-known", "keep-seen",
	  NULL },
	{ "known liked watched bought", "seen", NULL },
	{ "similar similar-to related item-item like", "similar-items", NULL },
	{ "fallback backfill popular popularity", "fill", NULL },
	{ "weights model-weights blend-weights", "blend", NULL },
	{ "m load model-file model-path", "model", NULL },
	{ "method algorithm algo similarity measure metric model type kind", "METHOD", NULL },
	{ "metric metrics measure measures", "METRICS", NULL },
	{ "cutoff cutoffs cut-off at k n topk top-k top",
	  ": a cut-off belongs to its measure: recall@20", "rec-eval" },
	{ "test ground-truth groundtruth qrels actual gold held-out holdout relevance labels",
	  "truth", NULL },
	{ "training", "train", NULL },
	{ "threshold min-rating rating-threshold positive min-value", "relevant", NULL },
	{ "threshold min-rating rating-threshold positive relevant", "min-value", NULL },
	{ "threshold cutoff min-similarity", "min-sim", NULL },
	{ "baseline other against", "compare", NULL },
	{ "ci confidence-interval interval intervals resample", "bootstrap", NULL },
	{ "gate assert min require", "fail-if", NULL },
	{ "p test-size test-ratio test-fraction fraction holdout held-out train-ratio train-size "
	  "size",
	  "ratio", NULL },
	{ "k kfold k-fold cv n-folds splits n-splits cross-validation", "folds", NULL },
	{ "loo leave-one-out leave-out leave-k-out leave-n-out", "leave", NULL },
	{ "time date since timestamp split-time cutoff", "after", NULL },
	{ "kcore k-core n-core min-core", "core", NULL },
	{ "decay time-decay recency", "half-life", NULL },
	{ "min-interactions user-core min-per-user min-user-count", "min-user", NULL },
	{ "train train-file", "output", "rec-split" },
	{ "validation val dev", "valid", NULL },
	{ "cap max-history max-items history", "max-user", NULL },
	{ "format output-format out-format to-format output-type", "to", NULL },
	{ "format input-format in-format from-format input-type type csv tsv", "from", NULL },
	{ "sep separator delim fs field-separator t", "delimiter", NULL },
	{ "fields cols usecols column select", "columns", NULL },
	{ "names column-names has-header", "header", NULL },
	{ "stat head describe summary", "info", NULL },
	{ "check validate test", "verify", NULL },
	{ "user n-users num-users", "users", NULL },
	{ "item n-items num-items products", "items", NULL },
	{ "n nnz size interactions num-rows n-rows num-interactions", "rows", NULL },
	{ "zipf exponent popularity", "skew", NULL },
	{ "timestamp timestamps time", "times", NULL },
	{ "k1 b bm25-k1 bm25-b", "bm25", NULL },
	{ "i f in input infile input-file file data dataset data-file path train training "
	  "train-file interactions history histories pairs lists users predictions",
	  "<", NULL },
	{ "out outfile out-file output-file output-path save save-model dest destination", "output",
	  NULL },
	{ "p t jobs job n-jobs cores n-cores workers n-workers num-workers cpus parallel processes "
	  "nproc num-threads n-threads",
	  "threads", NULL },
	{ "s random-state random-seed rng rng-seed", "seed", NULL },
	{ "memory max-memory ram memory-limit max-mem", "mem", NULL },
	{ "dry-run plan cost", "estimate", NULL },
	{ "silent s", "quiet", NULL },
	{ "debug progress log log-level verbosity", "verbose", NULL },
	{ "bin recmat format output-format", "binary", NULL },
	{ "metrics-file profile timing time", "stats", NULL },
	{ "gzip gz compress compression", ": a name that ends in .gz is compressed: -o FILE.gz",
	  NULL },
	{ "csv tsv format input-format sep separator delim delimiter header from columns",
	  ": other formats come in by rec-cat --from, such as rec-cat --from csv", NULL },
	{ "test test-size test-ratio ratio folds leave valid min-user min-item core",
	  ": rec-split does that", NULL },
	{ "top n topk top-n deny allow exclude seen", ": rec-topn does that", NULL },
	{ "truth metric metrics measure", ": rec-eval does that", NULL },
	{ "factors k rank epochs iterations reg", ": rec-als does that", NULL },
};

/* True where `words` holds the word. */
static bool holds(const char *words, const char *word, size_t n)
{
	while (*words) {
		size_t len = strcspn(words, " ");

		if (rec_near_same(words, len, word, n))
			return true;
		words += len + (words[len] == ' ');
	}
	return false;
}

static const struct cli_opt *option(const char *name)
{
	return cli_option(name, strlen(name));
}

/* "-n, --top", appended. */
static size_t put_option(char *to, size_t size, size_t at, const struct cli_opt *o)
{
	return o->key ? rec_append(to, size, at, "-%c, --%s", o->key, o->name) :
			rec_append(to, size, at, "--%s", o->name);
}

/* Say the target of a row; false where this command has no such thing. */
static bool say_synonym(char *to, size_t size, const struct synonym *s)
{
	const struct cli_spec *spec = cli_the_spec;
	const struct cli_opt *o = option(s->target);
	char name[64];

	if (s->command && strcmp(s->command, spec->name) != 0)
		return false;
	if (*s->target == ':') {
		snprintf(to, size, "; %s", s->target + 2);
	} else if (*s->target == '<') {
		if (!spec->hint || spec->operands || !strstr(spec->hint, "stdin"))
			return false;
		snprintf(to, size, "; it %s", spec->hint);
	} else if (o) {
		put_option(name, sizeof name, 0, o);
		snprintf(to, size, "; did you mean %s?", name);
	} else {
		if (!spec->operands || strcmp(spec->operands, s->target) != 0)
			return false;
		snprintf(to, size, "; %s come%s without an option: %s", s->target,
			 strcmp(s->target, "METRICS") == 0 ? "" : "s", strchr(spec->hint, ':') + 2);
	}
	return true;
}

/* "; did you mean --a, --b or --c?" */
static void say_nearest(char *to, size_t size, const struct rec_near *near)
{
	size_t n = 0;

	for (size_t i = 0; i < near->names && n + 64 < size; i++) {
		n = rec_append(to, size, n, "%s",
			       i == 0		   ? "; did you mean " :
			       i + 1 < near->names ? ", " :
						     " or ");
		n = put_option(to, size, n, option(near->name[i]));
	}
	if (n)
		rec_append(to, size, n, "?");
}

static bool synonym(char *to, size_t size, const char *word, size_t n)
{
	for (size_t i = 0; i < sizeof synonyms / sizeof *synonyms; i++)
		if (holds(synonyms[i].words, word, n) && say_synonym(to, size, &synonyms[i]))
			return true;
	return false;
}

void cli_guess_long(char *to, size_t size, const char *word, size_t n)
{
	struct rec_near near;

	*to = '\0';
	if (synonym(to, size, word, n))
		return;
	rec_near_begin(&near, word, n);
	for (const struct cli_opt *o = cli_the_spec->opts; o->name; o++)
		rec_near_try(&near, o->name);
	say_nearest(to, size, &near);
}

/*
 * The letter in its other case; "-rank" for "--rank"; what other tools mean by
 * the letter.
 */
void cli_guess_short(char *to, size_t size, const char *arg, char key)
{
	char name[64];

	*to = '\0';
	if (strlen(arg) > 3)
		cli_guess_long(to, size, arg + 1, strlen(arg + 1));
	if (*to || (key == arg[1] && synonym(to, size, &key, 1)))
		return;
	for (const struct cli_opt *o = cli_the_spec->opts; o->name; o++)
		if (o->key && (o->key ^ key) == 0x20) {
			put_option(name, sizeof name, 0, o);
			snprintf(to, size, "; did you mean %s?", name);
		}
}

void cli_guess_choice(char *to, size_t size, const char *const *choices, const char *word)
{
	struct rec_near near;

	*to = '\0';
	rec_near_begin(&near, word, strlen(word));
	for (; *choices; choices++)
		rec_near_try(&near, *choices);
	if (near.names == 1)
		snprintf(to, size, "; did you mean %s?", near.name[0]);
}
