/* SPDX-License-Identifier: MIT */
/*
 * fail.shim.c - a preload library that makes the n-th call of one kind fail, from the start of main on.
 *
 *	REC_FAULT=KIND:N	the N-th call of KIND fails (counted from 1, over all threads); N = 0 makes none fail
 *	REC_FAULT_FILE=FILE	is created when a call was made to fail, so that the caller knows when N is beyond the last one
 *	REC_FAULT_PIECES=BYTES	if set, no file can be mapped and each read moves at most that many bytes, so that there are many to fail
 *
 * KIND: malloc (malloc, calloc, realloc, aligned_alloc, posix_memalign: ENOMEM), read (EIO), write (ENOSPC), writeio (EIO), close (EIO, of
 * descriptors that can be written; they are closed nevertheless, as Linux does), open (EMFILE), mmap (ENOMEM), rename (EIO), thread
 * (pthread_create: EAGAIN), space (posix_fallocate: ENOSPC). Two more are no failures and must change nothing: eintr (the N-th read or write is interrupted) and short (from the N-th
 * on, each read or write moves 1 to 7 bytes).
 *
 * Counted are calls that the dynamic linker sees: those of the program and of zlib, and libc's own calls of malloc. Messages on descriptor 2
 * are let through, else no test could see them.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *kind = "";
static unsigned long wanted;
static const char *file;
static size_t pieces;
static atomic_ulong calls;
static atomic_bool armed;

/* The real function behind NAME, looked up at the first call. */
#define REAL(name) \
	static __typeof__(name) *real; \
	if (!real) \
		find(&real, sizeof real, #name)

static void find(void *real, size_t n, const char *name)
{
	void *p = dlsym(RTLD_NEXT, name);

	if (!p)
		abort();
	memcpy(real, &p, n);
}

static unsigned long count(const char *k)
{
	if (!atomic_load(&armed) || strcmp(k, kind) != 0)
		return 0;
	return atomic_fetch_add(&calls, 1) + 1;
}

static void report(void)
{
	int saved = errno;
	long fd;

	if (file) {
		fd = syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
		if (fd >= 0)
			syscall(SYS_close, (int)fd);
	}
	errno = saved;
}

/* Is this call of kind k the one that fails? Then errno is set. */
static bool fails(const char *k, int err)
{
	unsigned long n = count(k);

	if (n == 0 || n != wanted)
		return false;
	report();
	errno = err;
	return true;
}

/* How much a read or write of n bytes may move. */
static size_t moved(size_t n)
{
	unsigned long c = count("short");

	if (c == 0 || c < wanted || n <= 7)
		return n;
	report();
	return 1 + c % 7;
}

/* main, wrapped: what happens before it is not counted. */

static int (*program)(int, char **, char **);

static int armed_main(int argc, char **argv, char **envp)
{
	const char *s = getenv("REC_FAULT"), *colon = s ? strchr(s, ':') : NULL;
	static char k[32];

	if (getenv("REC_FAULT_PIECES"))
		pieces = strtoul(getenv("REC_FAULT_PIECES"), NULL, 10);
	if (colon && (size_t)(colon - s) < sizeof k) {
		memcpy(k, s, (size_t)(colon - s));
		kind = k;
		wanted = strtoul(colon + 1, NULL, 10);
		file = getenv("REC_FAULT_FILE");
		atomic_store(&armed, true);
	}
	return program(argc, argv, envp);
}

int __libc_start_main(int (*f)(int, char **, char **), int argc, char **argv, void (*init)(void), void (*fini)(void), void (*end)(void), void *stack);
int __libc_start_main(int (*f)(int, char **, char **), int argc, char **argv, void (*init)(void), void (*fini)(void), void (*end)(void), void *stack)
{
	REAL(__libc_start_main);
	program = f;
	return real(armed_main, argc, argv, init, fini, end, stack);
}

/* Memory. */

void *malloc(size_t n)
{
	REAL(malloc);
	return fails("malloc", ENOMEM) ? NULL : real(n);
}

/* dlsym may want memory itself while calloc is looked up. */
void *calloc(size_t n, size_t size)
{
	static _Alignas(max_align_t) char early[4096];
	static size_t used;
	static bool looking;
	static __typeof__(calloc) *real;

	if (!real && looking) {
		size_t want = (n * size + 15) & ~(size_t)15;
		void *p = early + used;

		if (want > sizeof early - used)
			abort();
		used += want;
		return p;
	}
	if (!real) {
		looking = true;
		find(&real, sizeof real, "calloc");
	}
	return fails("malloc", ENOMEM) ? NULL : real(n, size);
}

void *realloc(void *p, size_t n)
{
	REAL(realloc);
	return fails("malloc", ENOMEM) ? NULL : real(p, n);
}

void *aligned_alloc(size_t align, size_t n)
{
	REAL(aligned_alloc);
	return fails("malloc", ENOMEM) ? NULL : real(align, n);
}

int posix_memalign(void **p, size_t align, size_t n)
{
	REAL(posix_memalign);
	return fails("malloc", ENOMEM) ? ENOMEM : real(p, align, n);
}

void *mmap(void *at, size_t n, int prot, int flags, int fd, off_t off)
{
	REAL(mmap);
	if (pieces > 0 && fd >= 0 && atomic_load(&armed)) {
		errno = ENODEV;
		return MAP_FAILED;
	}
	return fails("mmap", ENOMEM) ? MAP_FAILED : real(at, n, prot, flags, fd, off);
}

/* Descriptors. */

ssize_t read(int fd, void *buf, size_t n)
{
	REAL(read);
	if (fails("read", EIO) || fails("eintr", EINTR))
		return -1;
	return real(fd, buf, moved(pieces > 0 && n > pieces ? pieces : n));
}

ssize_t write(int fd, const void *buf, size_t n)
{
	REAL(write);
	if (fd == 2)
		return real(fd, buf, n);
	if (fails("write", ENOSPC) || fails("writeio", EIO) || fails("eintr", EINTR))
		return -1;
	return real(fd, buf, moved(n));
}

int open(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode = 0;

	REAL(open);
	if (flags & O_CREAT) {
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
	}
	return fails("open", EMFILE) ? -1 : real(path, flags, mode);
}

int close(int fd)
{
	int flags = fcntl(fd, F_GETFL), rc;

	REAL(close);
	rc = real(fd);
	if (flags >= 0 && (flags & O_ACCMODE) != O_RDONLY && fails("close", EIO))
		return -1;
	return rc;
}

int posix_fallocate(int fd, off_t off, off_t n)
{
	REAL(posix_fallocate);
	return fails("space", ENOSPC) ? ENOSPC : real(fd, off, n);
}

int rename(const char *from, const char *to)
{
	REAL(rename);
	return fails("rename", EIO) ? -1 : real(from, to);
}

int pthread_create(pthread_t *t, const pthread_attr_t *attr, void *(*f)(void *), void *arg)
{
	REAL(pthread_create);
	return fails("thread", EAGAIN) ? EAGAIN : real(t, attr, f, arg);
}
