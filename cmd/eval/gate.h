/* SPDX-License-Identifier: MIT */
/* gate.h - the conditions of rec-eval --fail-if. */
#ifndef REC_CMD_EVAL_GATE_H
#define REC_CMD_EVAL_GATE_H

#include "base/mem.h"
#include "cmd/cli/spec.h"
#include "eval/summary.h"

/* The end, with bad usage, where one of them is not understood. */
void eval_parse_gates(const struct cli_list *gates);

/* Append to said a message for each condition that holds of s. */
REC_MUST int eval_check_gates(struct rec_buf *said, const struct cli_list *gates,
			      const struct rec_summary *s, struct rec_err *e);

#endif
