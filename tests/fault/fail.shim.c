/* SPDX-License-Identifier: MIT */
/*
 * fail.shim.c - a preload library that makes the n-th call of one kind fail,
 * from the start of main on.
 *
 *	REC_FAULT=KIND:N	the N-th call of KIND fails, counted from 1 over
 *				all threads; N = 0 makes none fail
 *	REC_FAULT_FILE=FILE	is created when a call was made to fail, so that
 *				the caller knows when N is beyond the last one
 *	REC_FAULT_PIECES=BYTES	no file can be mapped and each read moves at
 *				most that many bytes, so that many can fail
 *	REC_FAULT_NO_LINK=1	no hard link can be made (EPERM), as in a file
 *				system that has none
 *	REC_FAULT_LOG=FILE	a line for each fsync, link, rename and unlink,
 *				with the names, in order
 *
 * KIND: malloc (malloc, calloc, realloc, aligned_alloc, posix_memalign:
 * ENOMEM), read (EIO), write (ENOSPC), writeio (EIO), close (EIO, of
 * descriptors that can be written; they are closed nevertheless, as Linux
 * does), open (EMFILE), mmap (ENOMEM), rename (EIO), link (EPERM), fsync (EIO),
 * thread (pthread_create: EAGAIN), space (posix_fallocate: ENOSPC). Two more
 * are no failures and must change nothing: eintr (the N-th read, write or fsync
 * is interrupted) and short (from the N-th on, each read or write moves 1 to 7
 * bytes). Four come from outside, or are bugs: term (SIGTERM arrives just
 * before the N-th call that makes, writes, closes, syncs, links, renames or
 * removes a file), bus and segv (the N-th read touches a page of a file that is
 * shorter, or no page at all), cut (the N-th file that is mapped is empty from
 * then on).
 *
 * Counted are calls that the dynamic linker sees: those of the program and of
 * zlib, and libc's own calls of malloc. Messages on descriptor 2 are let
 * through, else no test could see them.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
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
static bool no_link;
static const char *journal;
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

/* SIGTERM to the process, now. */
static void disturb(void)
{
	if (fails("term", 0))
		kill(getpid(), SIGTERM);
}

/*
 * A page that is there in no file: of a file without bytes, or of nothing.
 * Never the command's own.
 */
static void crash(void)
{
	if (fails("bus", 0)) {
		int fd = (int)syscall(SYS_memfd_create, "short", 0);
		volatile char *p = (char *)syscall(SYS_mmap, NULL, 4096, PROT_READ, MAP_PRIVATE, fd,
						   0);

		(void)*p;
	}
	if (fails("segv", 0)) {
		volatile char *volatile p = NULL;

		*p = 0;
	}
}

static void note(const char *call, const char *a, const char *b)
{
	char line[4096];
	int n, fd;

	if (!journal || !atomic_load(&armed))
		return;
	n = snprintf(line, sizeof line, "%s %s%s%s\n", call, a, *b ? " " : "", b);
	fd = (int)syscall(SYS_openat, AT_FDCWD, journal, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
			  0666);
	if (fd < 0)
		return;
	syscall(SYS_write, fd, line, (size_t)n);
	syscall(SYS_close, fd);
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

	no_link = getenv("REC_FAULT_NO_LINK") != NULL;
	journal = getenv("REC_FAULT_LOG");
	if (getenv("REC_FAULT_PIECES"))
		pieces = strtoul(getenv("REC_FAULT_PIECES"), NULL, 10);
	if (colon && (size_t)(colon - s) < sizeof k) {
		memcpy(k, s, (size_t)(colon - s));
		kind = k;
		wanted = strtoul(colon + 1, NULL, 10);
		file = getenv("REC_FAULT_FILE");
	}
	atomic_store(&armed, colon || journal);
	return program(argc, argv, envp);
}

int __libc_start_main(int (*f)(int, char **, char **), int argc, char **argv, void (*init)(void),
		      void (*fini)(void), void (*end)(void), void *stack);
int __libc_start_main(int (*f)(int, char **, char **), int argc, char **argv, void (*init)(void),
		      void (*fini)(void), void (*end)(void), void *stack)
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

static void cut(int fd)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (truncate(path, 0) != 0)
		abort();
}

void *mmap(void *at, size_t n, int prot, int flags, int fd, off_t off)
{
	REAL(mmap);
	if (pieces > 0 && fd >= 0 && atomic_load(&armed)) {
		errno = ENODEV;
		return MAP_FAILED;
	}
	if (fails("mmap", ENOMEM))
		return MAP_FAILED;
	at = real(at, n, prot, flags, fd, off);
	if (fd >= 0 && fails("cut", 0))
		cut(fd);
	return at;
}

/* Descriptors. */

ssize_t read(int fd, void *buf, size_t n)
{
	REAL(read);
	crash();
	if (fails("read", EIO) || fails("eintr", EINTR))
		return -1;
	return real(fd, buf, moved(pieces > 0 && n > pieces ? pieces : n));
}

ssize_t write(int fd, const void *buf, size_t n)
{
	REAL(write);
	if (fd == 2)
		return real(fd, buf, n);
	disturb();
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
		disturb();
	}
	return fails("open", EMFILE) ? -1 : real(path, flags, mode);
}

int close(int fd)
{
	int flags = fcntl(fd, F_GETFL), rc;
	bool written = flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;

	REAL(close);
	if (written)
		disturb();
	rc = real(fd);
	if (written && fails("close", EIO))
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
	disturb();
	note("rename", from, to);
	return fails("rename", EIO) ? -1 : real(from, to);
}

int link(const char *from, const char *to)
{
	REAL(link);
	disturb();
	note("link", from, to);
	if (no_link && atomic_load(&armed)) {
		errno = EPERM;
		return -1;
	}
	return fails("link", EPERM) ? -1 : real(from, to);
}

int unlink(const char *path)
{
	REAL(unlink);
	disturb();
	note("unlink", path, "");
	return real(path);
}

int fsync(int fd)
{
	char link[64], path[3072] = "";

	REAL(fsync);
	disturb();
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	if (journal && readlink(link, path, sizeof path - 1) > 0)
		note("fsync", path, "");
	return fails("fsync", EIO) || fails("eintr", EINTR) ? -1 : real(fd);
}

int pthread_create(pthread_t *t, const pthread_attr_t *attr, void *(*f)(void *), void *arg)
{
	REAL(pthread_create);
	return fails("thread", EAGAIN) ? EAGAIN : real(t, attr, f, arg);
}
