/* SPDX-License-Identifier: MIT */
/*
 * pick.c - which kernels this machine can run.
 *
 * The Makefile defines REC_HAVE_<isa> for each set it compiled loops.c for. x86
 * is asked with cpuid; arm64 always has NEON.
 */
#include <string.h>

#include "kernel/kernel.h"

extern const struct rec_kernel rec_kernel_plain, rec_kernel_avx2, rec_kernel_avx512,
	rec_kernel_neon;

#ifdef REC_HAVE_avx2
static int has_avx2(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
#endif

#ifdef REC_HAVE_avx512
static int has_avx512(void)
{
	return has_avx2() && __builtin_cpu_supports("avx512f") &&
	       __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
	       __builtin_cpu_supports("avx512bw");
}
#endif

static int always(void)
{
	return 1;
}

/* Best first. */
static const struct {
	const struct rec_kernel *kernel;
	int (*runs)(void);
} SETS[] = {
#ifdef REC_HAVE_avx512
	{ &rec_kernel_avx512, has_avx512 },
#endif
#ifdef REC_HAVE_avx2
	{ &rec_kernel_avx2, has_avx2 },
#endif
#ifdef REC_HAVE_neon
	{ &rec_kernel_neon, always },
#endif
	{ &rec_kernel_plain, always },
};

enum { NSETS = sizeof SETS / sizeof SETS[0] };

int rec_kernel_pick(const struct rec_kernel **k, const char *name, struct rec_err *e)
{
	static const char *const known[] = { "plain", "avx2", "avx512", "neon" };

	*k = NULL;
	for (size_t i = 0; i < NSETS; i++) {
		if (name != NULL && *name != '\0' && strcmp(name, SETS[i].kernel->isa) != 0)
			continue;
		if (SETS[i].runs()) {
			*k = SETS[i].kernel;
			return 0;
		}
		if (name != NULL && *name != '\0')
			break;
	}
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(known[i], name) == 0)
			return rec_err_set(e, REC_EUSAGE,
					   "this machine does not run the instruction set '%s'",
					   name);
	return rec_err_set(e, REC_EUSAGE, "no instruction set '%s': plain, avx2, avx512, neon",
			   name);
}

/*
 * A machine that runs a set runs those after it, so the answer is the end of
 * one list.
 */
const char *const *rec_kernel_names(void)
{
	static const char *const names[] = {
#ifdef REC_HAVE_avx512
		"avx512",
#endif
#ifdef REC_HAVE_avx2
		"avx2",
#endif
#ifdef REC_HAVE_neon
		"neon",
#endif
		"plain", NULL,
	};
	size_t i = 0;

	while (!SETS[i].runs())
		i++;
	return names + i;
}
