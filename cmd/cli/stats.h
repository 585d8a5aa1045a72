/* SPDX-License-Identifier: MIT */
/* stats.h - what a run took: the phases of its work, the lines of --stats. */
#ifndef REC_CMD_CLI_STATS_H
#define REC_CMD_CLI_STATS_H

#include "base/err.h"
#include "io/out.h"

/* A phase of work begins; the one before ends. name must stay valid. */
void cli_phase(const char *name);

/* A line of --stats. */
void cli_stat_u64(const char *key, uint64_t x);
void cli_stat_f64(const char *key, double x);
void cli_stat_text(const char *key, const char *value);

/* The clock of the whole run starts. */
void cli_start_stats(void);

/* With -v, once the last phase has begun: sizes, seconds, memory. */
void cli_tell_work(void);

/* Append what the process knows of itself, and write all lines to out. */
struct cli_used {
	unsigned threads;
	const char *isa;
	uint64_t temporary;	/* bytes of temporary files, at most */
};
REC_MUST int cli_write_stats(struct rec_out *out, const struct cli_used *used, struct rec_err *e);
void cli_free_stats(void);

#endif
