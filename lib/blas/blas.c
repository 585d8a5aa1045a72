/* SPDX-License-Identifier: MIT */
/* blas.c - finding BLAS and LAPACK. */
#include "blas/blas.h"

#include <stdio.h>
#include <string.h>

#ifdef REC_BLAS_STATIC

void cblas_sgemm(int, int, int, int, int, int, float, const float *, int, const float *, int, float,
		 float *, int);
void cblas_ssyrk(int, int, int, int, int, float, const float *, int, float, float *, int);
void cblas_strsm(int, int, int, int, int, int, int, float, const float *, int, float *, int);
void cblas_strmm(int, int, int, int, int, int, int, float, const float *, int, float *, int);
void spotrf_(const char *, const int *, float *, const int *, int *, size_t);
void strtri_(const char *, const char *, const int *, float *, const int *, int *, size_t, size_t);
void slauum_(const char *, const int *, float *, const int *, int *, size_t);
extern void openblas_set_num_threads(int) __attribute__((weak));
extern char *openblas_get_config(void) __attribute__((weak));
extern char *openblas_get_corename(void) __attribute__((weak));

int rec_blas_open(struct rec_blas *b, struct rec_err *e)
{
	(void)e;
	*b = (struct rec_blas){ .gemm = cblas_sgemm,
				.syrk = cblas_ssyrk,
				.trsm = cblas_strsm,
				.trmm = cblas_strmm,
				.potrf = spotrf_,
				.trtri = strtri_,
				.lauum = slauum_ };
	if (openblas_set_num_threads)
		openblas_set_num_threads(1);
	snprintf(b->version, sizeof b->version, "%s",
		 openblas_get_config ? openblas_get_config() : "static");
	snprintf(b->core, sizeof b->core, "%s",
		 openblas_get_corename ? openblas_get_corename() : "unknown");
	return 0;
}

void rec_blas_close(struct rec_blas *b)
{
	*b = (struct rec_blas){ 0 };
}

#else

#include <dlfcn.h>

/* A routine from either library. */
static void *find(const struct rec_blas *b, const char *name)
{
	void *p = b->handle[0] ? dlsym(b->handle[0], name) : NULL;

	return p || !b->handle[1] ? p : dlsym(b->handle[1], name);
}

/* POSIX gives functions as void *; ISO C has no cast for that. */
static int take(const struct rec_blas *b, void *to, const char *name, struct rec_err *e)
{
	void *p = find(b, name);

	if (!p)
		return rec_err_set(e, REC_EDATA,
				   "the BLAS library lacks %s; OpenBLAS has it (Debian: apt "
				   "install libopenblas0)",
				   name);
	memcpy(to, &p, sizeof p);
	return 0;
}

/*
 * BLAS, and LAPACK where another library holds it, best first. Homebrew links
 * OpenBLAS into no folder that is searched.
 */
static const char *const libraries[][2] = {
#ifdef __APPLE__
	{ "libopenblas.dylib", NULL },
	{ "/opt/homebrew/opt/openblas/lib/libopenblas.dylib", NULL },
	{ "/usr/local/opt/openblas/lib/libopenblas.dylib", NULL },
#endif
	{ "libopenblas.so.0", NULL },
	{ "libblas.so.3", "liblapack.so.3" },
	{ "libopenblas.so", NULL },
};

static int open_library(struct rec_blas *b, struct rec_err *e)
{
	for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++) {
		const char *const *name = libraries[i];

		b->handle[0] = dlopen(name[0], RTLD_NOW | RTLD_LOCAL);
		b->handle[1] = b->handle[0] && name[1] ? dlopen(name[1], RTLD_NOW | RTLD_LOCAL) :
							 NULL;
		if (b->handle[0] && (b->handle[1] || !name[1])) {
			snprintf(b->version, sizeof b->version, "%s", name[0]);
			return 0;
		}
		rec_blas_close(b);
	}
#ifdef __APPLE__
	return rec_err_set(
		e, REC_EDATA,
		"no BLAS library here, libopenblas.dylib (Homebrew: brew install openblas)");
#else
	return rec_err_set(e, REC_EDATA,
			   "no BLAS library here, neither libopenblas.so.0 nor libblas.so.3 with "
			   "liblapack.so.3 (Debian: apt install libopenblas0)");
#endif
}

static void describe(struct rec_blas *b)
{
	char *(*config)(void), *(*core)(void);
	void (*set_threads)(int);
	void *p;

	snprintf(b->core, sizeof b->core, "unknown");
	if ((p = find(b, "openblas_get_config")) != NULL) {
		memcpy(&config, &p, sizeof p);
		snprintf(b->version, sizeof b->version, "%s", config());
	}
	if ((p = find(b, "openblas_get_corename")) != NULL) {
		memcpy(&core, &p, sizeof p);
		snprintf(b->core, sizeof b->core, "%s", core());
	}
	if ((p = find(b, "openblas_set_num_threads")) != NULL) {
		memcpy(&set_threads, &p, sizeof p);
		set_threads(1);
	}
}

int rec_blas_open(struct rec_blas *b, struct rec_err *e)
{
	*b = (struct rec_blas){ 0 };
	if (open_library(b, e) == 0 && take(b, &b->gemm, "cblas_sgemm", e) == 0 &&
	    take(b, &b->syrk, "cblas_ssyrk", e) == 0 && take(b, &b->trsm, "cblas_strsm", e) == 0 &&
	    take(b, &b->trmm, "cblas_strmm", e) == 0 && take(b, &b->potrf, "spotrf_", e) == 0 &&
	    take(b, &b->trtri, "strtri_", e) == 0 && take(b, &b->lauum, "slauum_", e) == 0) {
		describe(b);
		return 0;
	}
	rec_blas_close(b);
	return -1;
}

void rec_blas_close(struct rec_blas *b)
{
	for (int i = 0; i < 2; i++)
		if (b->handle[i])
			dlclose(b->handle[i]);
	*b = (struct rec_blas){ 0 };
}

#endif

const char *rec_blas_core(void)
{
#if defined(__x86_64__)
	__builtin_cpu_init();
	if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
	    __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
	    __builtin_cpu_supports("avx512cd"))
		return "SkylakeX";
#endif
	return NULL;
}
