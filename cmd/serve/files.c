/* SPDX-License-Identifier: MIT */
/*
 * cmd/serve/files.c - room for connections among the files that this process
 * may open. Shells often allow 1024 where the system allows far more.
 */
#include <sys/resource.h>

#include "cmd/cli/say.h"
#include "cmd/serve/options.h"

/* Models that are opened anew while all connections are there, and the rest. */
enum { OTHER_FILES = 48, FILES_OF_A_THREAD = 8 };

uint32_t serve_connections(uint32_t want, unsigned threads)
{
	rlim_t others = OTHER_FILES + (rlim_t)threads * FILES_OF_A_THREAD;
	/* those above the limit are accepted, too (rec_worker_admit) */
	rlim_t need = (rlim_t)want + want / 8 + 16 + others;
	struct rlimit l;
	uint32_t can;

	if (getrlimit(RLIMIT_NOFILE, &l) != 0 || l.rlim_cur >= need)
		return want;
	l.rlim_cur = l.rlim_max < need ? l.rlim_max : need;
	if (setrlimit(RLIMIT_NOFILE, &l) != 0 && getrlimit(RLIMIT_NOFILE, &l) != 0)
		return want;
	if (l.rlim_cur >= need)
		return want;
	can = l.rlim_cur > others + 24 ? (uint32_t)((l.rlim_cur - others - 16) * 8 / 9) : 1;
	cli_note("%u connection%s at a time, not %u: the limit of open files is %llu", can,
		 cli_s(can), want, (unsigned long long)l.rlim_cur);
	return can;
}
