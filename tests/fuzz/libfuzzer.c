/* SPDX-License-Identifier: MIT */
/*
 * libfuzzer.c - one target under libFuzzer, named by the environment:
 *
 *	FUZZ=csv build-fuzz/tests/fuzz/libfuzzer [OPTION...] CORPUS...
 *
 * Half of the changes are libFuzzer's own, the others those of run.c: they
 * keep the CRCs of a stream right. Built with clang by `make fuzz`.
 */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"

static const struct target *target;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
size_t LLVMFuzzerMutate(uint8_t *p, size_t n, size_t most);
size_t LLVMFuzzerCustomMutator(uint8_t *p, size_t n, size_t most, unsigned seed);

void finding(const char *what, const char *message)
{
	fprintf(stderr, "fuzz %s: %s: %s\n", target->name, what, message);
	abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *name = getenv("FUZZ");

	(void)argc;
	(void)argv;
	target = target_find(name ? name : "");
	if (!target)
		need(-1, &(struct rec_err){ .msg = "FUZZ names no target" });
	read_corpus();
	return atexit(free_corpus);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	if (n <= MOST_BYTES)
		(void)read_bytes(target, p, n);
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *p, size_t n, size_t most, unsigned seed)
{
	draw_from(seed);
	if (draw(2))
		return LLVMFuzzerMutate(p, n, most);
	return change(p, n, most, &target->seed[draw(target->nseeds)]);
}
