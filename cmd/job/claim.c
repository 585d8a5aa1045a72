/* SPDX-License-Identifier: MIT */
/*
 * cmd/job/claim.c - claims a work folder. A folder belongs to rec-fan if it
 * holds the marker that is written here. Only one driver uses it at a time.
 *
 *	.rec-fan	the marker; a process that changes the lock holds a
 *			system lock (fcntl) on the marker for that time
 *	lock		the driver that uses the folder: HOST BOOT PID START
 *
 * Because of the system lock, claims happen one after another, and two drivers
 * cannot both find the folder free. A driver that was killed leaves its lock,
 * but its process no longer exists. A new process with the same number has
 * another start time or another boot. Whether a driver on another host still
 * runs cannot be found out from here, so its lock stays until somebody removes
 * it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cmd/job/job.h"

#define MARKER ".rec-fan"
#define MARKED "the work folder of a run of rec-fan\n"

enum { FIELD = 96, LINE = 4 * FIELD };

struct owner {
	char host[FIELD], boot[FIELD], start[FIELD];
	int pid;
};

/*
 * Read the first n - 1 bytes of a small file as a string. Returns -1 if it
 * cannot be read or is not a regular file.
 */
static int slurp(int dir, const char *name, char *to, size_t n)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	ssize_t got = -1;
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		got = read(fd, to, n - 1);
	if (fd >= 0)
		close(fd);
	to[got > 0 ? got : 0] = '\0';
	return got < 0 ? -1 : 0;
}

/* The start time of process pid, in ticks since boot; "-" if unknown. */
static void start_of(char to[FIELD], int pid)
{
	char path[64], stat[1024], *p;

	snprintf(to, FIELD, "-");
	snprintf(path, sizeof path, "/proc/%d/stat", pid);
	if (slurp(AT_FDCWD, path, stat, sizeof stat) != 0 || !(p = strrchr(stat, ')')))
		return;
	/* The name may hold blanks, so fields are counted from its end. */
	for (int field = 2; p && field < 22; field++)
		p = strchr(p + 1, ' ');
	if (p)
		snprintf(to, FIELD, "%.*s", (int)strspn(p + 1, "0123456789"), p + 1);
}

static void describe(struct owner *o, int pid)
{
	struct utsname u;

	*o = (struct owner){ .pid = pid };
	snprintf(o->host, FIELD, "%.*s", FIELD - 1,
		 uname(&u) == 0 && u.nodename[0] ? u.nodename : "-");
	for (char *p = o->host; *p; p++)
		if (*p <= ' ' || *p > '~')
			*p = '?';
	if (slurp(AT_FDCWD, "/proc/sys/kernel/random/boot_id", o->boot, FIELD) != 0)
		snprintf(o->boot, FIELD, "-");
	o->boot[strcspn(o->boot, " \n")] = '\0';
	start_of(o->start, pid);
}

/* True if the process of this lock still runs. It must be of this host. */
static bool lives(const struct owner *o, const struct owner *self)
{
	char start[FIELD];

	if (strcmp(o->boot, self->boot) != 0)
		return false;
	start_of(start, o->pid);
	if (strcmp(start, "-") != 0 && strcmp(o->start, "-") != 0)
		return strcmp(start, o->start) == 0;
	return kill(o->pid, 0) == 0 || errno == EPERM;
}

/*
 * Returns 1 if o holds the lock, 0 if there is no lock, -1 if it cannot be
 * read.
 */
static int read_lock(int dir, struct owner *o)
{
	char line[LINE], rest;

	if (slurp(dir, "lock", line, sizeof line) != 0)
		return errno == ENOENT ? 0 : -1;
	_Static_assert(FIELD == 96, "widths of the format");
	if (sscanf(line, "%95s %95s %9d %95s%c", o->host, o->boot, &o->pid, o->start, &rest) != 5)
		return -1;
	return rest == '\n' && o->pid > 0 ? 1 : -1;
}

static int write_file(int dir, const char *name, const char *text, struct rec_err *e)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
	ssize_t n = (ssize_t)strlen(text);
	bool ok = fd >= 0 && write(fd, text, (size_t)n) == n;

	if (fd >= 0 && close(fd) != 0)
		ok = false;
	if (!ok) {
		rec_err_errno(e, errno ? errno : EIO, "cannot write %s", name);
		e->code = REC_EIO;
	}
	return ok ? 0 : -1;
}

static int write_lock(int dir, const struct owner *o, struct rec_err *e)
{
	char line[LINE];

	snprintf(line, sizeof line, "%s %s %d %s\n", o->host, o->boot, o->pid, o->start);
	unlinkat(dir, "lock.new", 0);
	if (write_file(dir, "lock.new", line, e) != 0)
		return -1;
	if (renameat(dir, "lock.new", dir, "lock") != 0)
		return rec_err_errno(e, errno, "cannot write lock");
	return 0;
}

/*
 * Returns 1 if the folder is empty or holds only the marker (perhaps
 * unfinished), 0 if it holds anything else, -1 if it cannot be read.
 */
static int is_empty(int dir, struct rec_err *e)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), empty = 1;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (!d) {
		rec_err_errno(e, errno, "cannot be read");
		if (fd >= 0)
			close(fd);
		return -1;
	}
	for (struct dirent *f; empty && (f = readdir(d));)
		empty = strcmp(f->d_name, ".") == 0 || strcmp(f->d_name, "..") == 0 ||
			strcmp(f->d_name, MARKER) == 0;
	closedir(d);
	return empty;
}

/* Check that the folder belongs to this user. */
static int check_owner(int dir, struct stat *st, struct rec_err *e)
{
	if (fstat(dir, st) != 0)
		return rec_err_errno(e, errno, "cannot be looked at");
	if (st->st_uid != geteuid())
		return rec_err_set(e, REC_EDATA,
				   "belongs to another user; use a folder of your own");
	return 0;
}

static int foreign(struct rec_err *e)
{
	return rec_err_set(e, REC_EDATA,
			   "holds files that are not rec-fan's; use a new or an empty folder");
}

/*
 * Open and lock the marker. An empty folder becomes rec-fan's; any other folder
 * without a marker is refused.
 */
static int open_marker(int dir, int *fd, struct rec_err *e)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char text[sizeof MARKED + 1] = "";
	struct stat st;
	int empty = is_empty(dir, e), flags = O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;

	if (empty < 0)
		return -1;
	*fd = openat(dir, MARKER, empty ? flags | O_CREAT : flags, 0666);
	if (*fd < 0 && errno == ENOENT)
		return foreign(e);
	if (*fd < 0 || fstat(*fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid())
		return rec_err_set(e, REC_EDATA,
				   MARKER " in it is not rec-fan's; use a new or an empty folder");
	while (fcntl(*fd, F_SETLKW, &lock) != 0)
		if (errno != EINTR)
			return rec_err_errno(e, errno, "cannot be locked");
	if (read(*fd, text, sizeof text - 1) < 0)
		return rec_err_errno(e, errno, "cannot be read");
	if (strcmp(text, MARKED) == 0)
		return 0;
	if (*text || is_empty(dir, e) != 1)
		return foreign(e);
	if (write(*fd, MARKED, sizeof MARKED - 1) != (ssize_t)sizeof MARKED - 1)
		return rec_err_errno(e, errno ? errno : EIO, "cannot be written");
	return 0;
}

/*
 * Make the folders of a run. A link is refused: it could lead somewhere else.
 */
static int make_folders(int dir, struct rec_err *e)
{
	static const char *const names[] = { "in", "part", "done", "out", "run" };
	struct stat st;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (mkdirat(dir, names[i], 0777) != 0 && errno != EEXIST) {
			rec_err_errno(e, errno, "cannot make %s", names[i]);
			e->code = REC_EIO;
			return -1;
		}
		if (fstatat(dir, names[i], &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISDIR(st.st_mode))
			return rec_err_set(e, REC_EDATA, "%s in it is not a folder", names[i]);
	}
	return 0;
}

static int take_lock(int dir, int pid, struct rec_err *e)
{
	struct owner self, o;
	int locked = read_lock(dir, &o);

	describe(&self, pid);
	if (locked < 0)
		return rec_err_set(
			e, REC_EDATA,
			"the file lock in it cannot be read; remove it if no rec-fan works there");
	if (locked && strcmp(o.host, self.host) != 0)
		return rec_err_set(e, REC_EDATA,
				   "in use by process %d on host %s; if that has ended, "
				   "remove the file lock in it", o.pid, o.host);
	if (locked && o.pid != pid && lives(&o, &self))
		return rec_err_set(
			e, REC_EDATA,
			"in use by process %d; wait until it has ended, or use another folder",
			o.pid);
	return write_lock(dir, &self, e);
}

static int claim(int dir, int pid, struct rec_err *e)
{
	struct stat st;
	int fd = -1, rc = -1;

	if (check_owner(dir, &st, e) == 0 && open_marker(dir, &fd, e) == 0) {
		if ((st.st_mode & 022) && fchmod(dir, st.st_mode & 07755) != 0)
			rc = rec_err_set(e, REC_EDATA,
					 "others can write into it, which cannot be changed; use "
					 "another folder");
		else if (make_folders(dir, e) == 0)
			rc = take_lock(dir, pid, e);
	}
	if (fd >= 0)
		close(fd);	/* this also releases the system lock */
	return rc;
}

int job_claim(const char *path, int pid, struct rec_err *e)
{
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;

	if (dir < 0)
		return rec_err_errno(e, errno, "%s", path);
	rc = claim(dir, pid, e);
	close(dir);
	return rc == 0 ? 0 : rec_err_prefix(e, "%s: ", path);
}

int job_release(const char *path, int pid, struct rec_err *e)
{
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0, fd = -1;
	struct owner self, o;

	if (dir < 0)
		return rec_err_errno(e, errno, "%s", path);
	describe(&self, pid);
	if (open_marker(dir, &fd, e) != 0)
		rc = rec_err_prefix(e, "%s: ", path);
	else if (read_lock(dir, &o) == 1 && o.pid == pid && strcmp(o.host, self.host) == 0 &&
		 strcmp(o.boot, self.boot) == 0 && unlinkat(dir, "lock", 0) != 0)
		rc = rec_err_errno(e, errno, "%s/lock", path);
	if (fd >= 0)
		close(fd);
	close(dir);
	return rc;
}
