/* SPDX-License-Identifier: MIT */
/*
 * What the name of an output stands for: a descriptor of ours (/dev/stdout,
 * /dev/fd/N), something that is written in place (FIFO, device, socket), or a
 * regular file, which appears whole under its name in commit or not at all.
 */
#define _XOPEN_SOURCE 700	/* S_ISVTX */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "io/out_private.h"

enum { LINKS = 40 };

static int no_memory(struct rec_err *e)
{
	return rec_err_set(e, REC_ENOMEM, "out of memory (opening a file)");
}

static char *copy(const char *s, struct rec_err *e)
{
	char *p = strdup(s);

	if (!p)
		no_memory(e);
	return p;
}

/*
 * The descriptor that a name such as /dev/stdout or /dev/fd/5 stands for, or
 * -1.
 */
static int named_fd(const char *path)
{
	static const char *const dirs[] = { "/dev/fd/", "/proc/self/fd/" };

	if (strcmp(path, "/dev/stdout") == 0)
		return 1;
	if (strcmp(path, "/dev/stderr") == 0)
		return 2;
	for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) {
		const char *s = path + strlen(dirs[i]);
		size_t n = strlen(path);

		if (strncmp(path, dirs[i], strlen(dirs[i])) == 0 && n > strlen(dirs[i]) &&
		    strlen(s) <= 6 && strspn(s, "0123456789") == strlen(s))
			return atoi(s);
	}
	return -1;
}

static size_t folder_length(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (size_t)(slash - path) + 1 : 0;
}

/* The folder of path, with its slash, then name; to be freed. */
static char *beside(const char *path, const char *name, struct rec_err *e)
{
	size_t dir = folder_length(path);
	char *p = malloc(dir + strlen(name) + 1);

	if (!p) {
		no_memory(e);
		return NULL;
	}
	memcpy(p, path, dir);
	strcpy(p + dir, name);
	return p;
}

/*
 * What path stands for once its last component is no symbolic link any more,
 * whether that exists or not; to be freed.
 */
static char *resolve(const char *path, struct rec_err *e)
{
	char *p = copy(path, e);

	for (int i = 0; p; i++) {
		char link[PATH_MAX], *next;
		ssize_t n = readlink(p, link, sizeof link - 1);

		if (n < 0)	/* not a link, or not there */
			return p;
		if (i == LINKS) {
			rec_err_errno(e, ELOOP, "%s", path);
			free(p);
			return NULL;
		}
		link[n] = '\0';
		next = link[0] == '/' ? copy(link, e) : beside(p, link, e);
		free(p);
		p = next;
	}
	return NULL;
}

/* Something to tell temporary names apart; O_EXCL does the rest. */
static uint64_t scatter(const void *p)
{
	struct timespec t = { 0 };

	clock_gettime(CLOCK_REALTIME, &t);
	return rec_mix2(rec_mix2((uint64_t)t.tv_sec, (uint64_t)t.tv_nsec),
			rec_mix2((uint64_t)getpid(), (uint64_t)(uintptr_t)p));
}

/*
 * File systems allow names of 255 bytes, some of 143, and want whole characters
 * (UTF-8) in them; a path has its own bound. The temporary name is longer than
 * the one that it stands for by a dot and SUFFIX.
 */
enum { NAME = 120, SUFFIX = 7 };

static size_t fitting(const char *base, size_t folder)
{
	size_t n = strlen(base), room = PATH_MAX - 1 - (1 + SUFFIX);

	room = folder < room ? room - folder : 0;
	if (room > NAME)
		room = NAME;
	if (n <= room)
		return n;
	for (n = room; n > 0 && ((unsigned char)base[n] & 0xc0) == 0x80;)
		n--;
	return n;
}

char *rec_out_beside(const struct rec_out *out, unsigned i, struct rec_err *e)
{
	size_t folder = folder_length(out->final);
	const char *base = out->final + folder;
	char name[1 + NAME + SUFFIX + 1];

	snprintf(name, sizeof name, ".%.*s.%06x", (int)fitting(base, folder), base,
		 (unsigned)(rec_mix(scatter(out) + i) & 0xffffff));
	return beside(out->final, name, e);
}

char *rec_out_folder(const char *path, struct rec_err *e)
{
	return beside(path, ".", e);
}

static int make_temporary(struct rec_out *out, struct rec_err *e)
{
	if (!out->final[folder_length(out->final)])
		return rec_err_errno(e, *out->final ? EISDIR : ENOENT, "%s", out->name);
	for (unsigned i = 0; i < REC_OUT_TRIES; i++) {
		free(out->temp);
		out->temp = rec_out_beside(out, i, e);
		if (!out->temp)
			return -1;
		out->fd = open(out->temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		out->temp_made = out->fd >= 0;
		if (out->temp_made)
			return fstat(out->fd, &out->made) == 0 ?
				       0 :
				       rec_err_errno(e, errno, "%s", out->name);
		if (errno != EEXIST && errno != EINTR)
			break;
	}
	if (errno == EACCES || errno == EPERM || errno == EROFS)
		return rec_err_errno(e, errno, "%s: cannot make a temporary file beside it",
				     out->name);
	return rec_err_errno(e, errno, "%s", out->name);
}

static int open_in_place(struct rec_out *out, const char *path, struct rec_err *e)
{
	do
		out->fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	while (out->fd < 0 && errno == EINTR);
	return out->fd < 0 ? rec_err_errno(e, errno, "%s", out->name) : 0;
}

/*
 * A descriptor that we have: to open its name anew would begin at offset 0 of a
 * file, or fail.
 */
static int open_ours(struct rec_out *out, int fd, struct rec_err *e)
{
	out->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (out->fd < 0)
		return rec_err_errno(e, errno, "%s", out->name);
	out->known = fstat(out->fd, &out->st) == 0;
	return 0;
}

/* Whether the file may be replaced at all is known before the work. */
static int check_sticky(const struct rec_out *out, struct rec_err *e)
{
	uid_t me = geteuid();
	char *dir = rec_out_folder(out->final, e);
	struct stat st;
	bool sticky;

	if (!dir)
		return -1;
	sticky = me != 0 && stat(dir, &st) == 0 && (st.st_mode & S_ISVTX) && st.st_uid != me &&
		 out->st.st_uid != me;
	free(dir);
	return sticky ? rec_err_errno(e, EPERM,
				      "%s: in this folder (sticky) nobody can replace the file of "
				      "another user",
				      out->name) :
			0;
}

int rec_out_open_path(struct rec_out *out, const char *path, struct rec_err *e)
{
	int ours = named_fd(path);
	struct stat st;
	bool there;

	if (ours >= 0)
		return open_ours(out, ours, e);
	there = stat(path, &st) == 0;
	if (!there && errno != ENOENT)
		return rec_err_errno(e, errno, "%s", out->name);
	if (there && S_ISDIR(st.st_mode))
		return rec_err_errno(e, EISDIR, "%s", out->name);
	out->known = there;
	if (there)
		out->st = st;
	if (there && !S_ISREG(st.st_mode))
		return open_in_place(out, path, e);
	if (there && access(path, W_OK) != 0)	/* a rename wouldn't ask */
		return rec_err_errno(e, errno, "%s", out->name);
	out->final = resolve(path, e);
	if (!out->final || (there && check_sticky(out, e) != 0))
		return -1;
	return make_temporary(out, e);
}

static bool stat_directory(const char *path, struct stat *st)
{
	struct rec_err e = { 0 };
	char *dir = rec_out_folder(path, &e);
	bool ok = dir && stat(dir, st) == 0;

	free(dir);
	return ok;
}

bool rec_out_same(const struct rec_out *a, const struct rec_out *b)
{
	struct stat x, y;

	if (a->known && b->known && a->st.st_dev == b->st.st_dev && a->st.st_ino == b->st.st_ino)
		return !S_ISCHR(a->st.st_mode) && !S_ISBLK(a->st.st_mode);
	if (!a->final || !b->final ||
	    strcmp(a->final + folder_length(a->final), b->final + folder_length(b->final)) != 0)
		return false;
	return stat_directory(a->final, &x) && stat_directory(b->final, &y) &&
	       x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}
