/* SPDX-License-Identifier: MIT */
/* cmd/eval/gate.c - conditions on the measures of a finished summary. */
#include "cmd/eval/gate.h"

#include <string.h>

#include "cmd/cli/say.h"
#include "io/num.h"

/*
 * "NAME<NUMBER": name, operator (<, <=, >, >=), number or the name of another
 * measure.
 */
struct gate {
	const char *name, *bound;
	size_t name_len, op_len;
	char op[3];
};

static struct gate parse_gate(const char *text)
{
	struct gate g = { .name = text, .name_len = strcspn(text, "<>") };

	g.op_len = text[g.name_len] == '\0' ? 0 : text[g.name_len + 1] == '=' ? 2 : 1;
	memcpy(g.op, text + g.name_len, g.op_len);
	g.bound = text + g.name_len + g.op_len;
	if (g.name_len == 0 || g.op_len == 0 || !*g.bound)
		cli_usage("--fail-if: '%s' is not understood; an example: 'ndcg@10<0.3'", text);
	return g;
}

void eval_parse_gates(const struct cli_list *gates)
{
	for (size_t i = 0; i < gates->n; i++)
		(void)parse_gate(gates->item[i]);
}

static int gate_bound(const struct gate *g, const struct rec_summary *s, double *bound,
		      struct rec_err *e)
{
	const struct rec_summary_line *line = rec_summary_find(s, g->bound, strlen(g->bound));

	if (line)
		*bound = line->value;
	else if (rec_num_f64(g->bound, strlen(g->bound), bound) != REC_NUM_OK)
		return rec_err_set(e, REC_EUSAGE,
				   "--fail-if: '%s' is neither a number nor a measure of this run",
				   g->bound);
	return 0;
}

static bool holds(const struct gate *g, double x, double bound)
{
	if (x == bound)
		return g->op_len == 2;
	return g->op[0] == '<' ? x < bound : x > bound;
}

int eval_check_gates(struct rec_buf *said, const struct cli_list *gates,
		     const struct rec_summary *s, struct rec_err *e)
{
	for (size_t i = 0; i < gates->n; i++) {
		struct gate g = parse_gate(gates->item[i]);
		const struct rec_summary_line *line = rec_summary_find(s, g.name, g.name_len);
		char x[REC_NUM_MAX + 1];
		double bound;

		if (!line)
			return rec_err_set(e, REC_EUSAGE,
					   "--fail-if: '%.*s' is not a measure of this run",
					   (int)g.name_len, g.name);
		if (gate_bound(&g, s, &bound, e) != 0)
			return -1;
		x[rec_num_put_f64(x, line->value)] = '\0';
		if (holds(&g, line->value, bound) &&
		    rec_buf_printf(said, e, "%sgate '%s' holds: %s is %s", said->n ? "; " : "",
				   gates->item[i], line->name, x) != 0)
			return -1;
	}
	return 0;
}
