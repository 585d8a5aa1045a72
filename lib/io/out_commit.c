/* SPDX-License-Identifier: MIT */
/*
 * Files to the disk, and under their names: all or none.
 *
 *	for each	fsync, close
 *	for each	link(final, kept): a second name for an old file
 *			rename(temp, final)
 *	for each folder	fsync
 *	for each	unlink(kept)
 *
 * Whatever fails before the last step is undone by rename(kept, final), or by
 * unlink(final) where nothing stood there. Where a file system has no hard
 * links the old file is renamed itself: for a moment nothing is under its name,
 * which nothing but a kill or a power cut can make last.
 */
#define _XOPEN_SOURCE 700	/* sync */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/out_private.h"

/*
 * What can't be synced (some file systems of the network, of user space) need
 * not be.
 */
static int sync_descriptor(int fd)
{
	int rc;

	do
		rc = fsync(fd);
	while (rc != 0 && errno == EINTR);
	return rc != 0 && (errno == EINVAL || errno == ENOSYS || errno == ENOTSUP) ? 0 : rc;
}

static int sync_file(void *arg, size_t i, unsigned thread, struct rec_err *e)
{
	struct rec_out *out = ((struct rec_out *const *)arg)[i];

	(void)thread;
	if (!out->ended || out->fd < 0)
		return 0;
	if (sync_descriptor(out->fd) != 0)
		return rec_err_errno(e, errno, "%s", out->name);
	return rec_out_close(out, e);
}

int rec_out_sync(struct rec_out *const *outs, size_t n, struct rec_pool *pool, struct rec_err *e)
{
	return rec_pool_run(n > 1 ? pool : NULL, n, sync_file, (void *)(uintptr_t)outs, e);
}

/*
 * A folder that may be written but not read can't be opened: then everything is
 * waited for.
 */
static int sync_folder(const struct rec_out *out, const char *folder, struct rec_err *e)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;

	if (fd < 0 && errno == EACCES) {
		sync();
		return 0;
	}
	rc = fd < 0 ? -1 : sync_descriptor(fd);
	if (rc != 0)
		rec_err_errno(e, errno, "%s: its folder", out->name);
	if (fd >= 0)
		close(fd);
	return rc;
}

/* Each once where files of one folder follow each other. */
static int sync_folders(struct rec_out *const *outs, size_t n, struct rec_err *e)
{
	char *last = NULL;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		char *folder;

		if (!outs[i]->placed || !outs[i]->sync)
			continue;
		folder = rec_out_folder(outs[i]->final, e);
		if (!folder || !last || strcmp(folder, last) != 0)
			rc = folder ? sync_folder(outs[i], folder, e) : -1;
		free(last);
		last = folder;
	}
	free(last);
	return rc;
}

/*
 * The old file away from its name, to a name that is made for it, so that it
 * replaces nobody's.
 */
static int set_aside(const struct rec_out *out)
{
	int fd = open(out->kept, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600), why;

	if (fd < 0)
		return -1;
	if (close(fd) == 0 && rename(out->final, out->kept) == 0)
		return 0;
	why = errno;
	unlink(out->kept);
	errno = why;
	return -1;
}

/* A second name for the file that is to be replaced. */
static int keep_old(struct rec_out *out, struct rec_err *e)
{
	for (unsigned i = 0; i < REC_OUT_TRIES; i++) {
		free(out->kept);
		out->kept = rec_out_beside(out, i, e);
		if (!out->kept)
			return -1;
		if (link(out->final, out->kept) == 0 || (errno != EEXIST && set_aside(out) == 0))
			return 0;
		if (errno != EEXIST)
			break;
	}
	rec_err_errno(e, errno, "%s: cannot keep the old file until the new one is there",
		      out->name);
	free(out->kept);
	out->kept = NULL;
	return -1;
}

/*
 * Another output of this run may have got the name a moment ago: in a file
 * system that takes X and x for one name, say.
 */
static int check_target(struct rec_out *const *outs, size_t i, bool *there, struct rec_err *e)
{
	const struct rec_out *out = outs[i];
	struct stat st;

	*there = lstat(out->final, &st) == 0;
	if (!*there)
		return errno == ENOENT ? 0 : rec_err_errno(e, errno, "%s", out->name);
	if (S_ISDIR(st.st_mode))
		return rec_err_errno(e, EISDIR, "%s", out->name);
	for (size_t k = 0; k < i; k++)
		if (outs[k]->placed && outs[k]->made.st_ino == st.st_ino &&
		    outs[k]->made.st_dev == st.st_dev)
			return rec_err_set(e, REC_EUSAGE, "two outputs are one file: %s and %s",
					   outs[k]->name, out->name);
	return 0;
}

/*
 * The last step may fail for one file alone: without a sync nothing comes
 * after it.
 */
static bool may_be_undone(struct rec_out *const *outs, size_t i, size_t n)
{
	return outs[i]->sync || i + 1 < n;
}

static int place(struct rec_out *const *outs, size_t i, size_t n, struct rec_err *e)
{
	struct rec_out *out = outs[i];
	bool there;

	if (!out->temp_made)
		return 0;
	if (check_target(outs, i, &there, e) != 0 ||
	    (there && may_be_undone(outs, i, n) && keep_old(out, e) != 0))
		return -1;
	if (rename(out->temp, out->final) != 0)
		return rec_err_errno(e, errno, "%s", out->name);
	out->temp_made = false;
	out->placed = true;
	return 0;
}

/* rename(2) leaves two names of one file as they are: kept is unlinked then. */
static void undo(struct rec_out *out, struct rec_err *e)
{
	if (out->kept) {
		if (rename(out->kept, out->final) == 0)
			unlink(out->kept);
		else
			rec_err_prefix(e, "%s: what was there is %s now: ", out->name, out->kept);
	} else if (out->placed) {
		unlink(out->final);
	}
	out->placed = false;
}

static void forget_old(struct rec_out *out)
{
	if (out->kept)
		unlink(out->kept);
	free(out->kept);
	out->kept = NULL;
	out->placed = false;
}

int rec_out_commit_all(struct rec_out *const *outs, size_t n, struct rec_pool *pool,
		       struct rec_err *e)
{
	int rc = rec_out_sync(outs, n, pool, e);

	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = place(outs, i, n, e);
	if (rc == 0)
		rc = sync_folders(outs, n, e);
	for (size_t i = n; rc != 0 && i-- > 0;)
		undo(outs[i], e);
	for (size_t i = 0; rc == 0 && i < n; i++)
		forget_old(outs[i]);
	return rc;
}

int rec_out_commit(struct rec_out *out, struct rec_err *e)
{
	return rec_out_commit_all(&out, 1, NULL, e);
}
