/* SPDX-License-Identifier: MIT */
/* cmd/cli/hint.c - what to do about a file that cannot be opened. */
#include "cmd/cli/hint.h"

#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * The folder of a path into dir; false where there is none in it, or it is too
 * long.
 */
static bool folder_of(char *dir, size_t size, const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t n = slash ? (size_t)(slash - path) : 0;

	if (n == 0 || n >= size)
		return false;
	memcpy(dir, path, n);
	dir[n] = '\0';
	return true;
}

static int hint_output(struct rec_err *e, const char *path, bool is_folder)
{
	char dir[256];
	struct stat st;

	if (is_folder)
		return rec_err_suffix(e, "; name a file in it, such as %s/out", path);
	if (!folder_of(dir, sizeof dir, path))
		return -1;
	if (stat(dir, &st) != 0)
		return rec_err_suffix(e, "; make the folder first: mkdir -p %s", dir);
	return S_ISDIR(st.st_mode) && access(dir, W_OK) != 0 ?
		       rec_err_suffix(e, "; nothing can be written in %s", dir) :
		       -1;
}

int cli_hint_file(struct rec_err *e, const char *path, const char *what)
{
	struct stat st;
	bool is = stat(path, &st) == 0, is_folder = is && S_ISDIR(st.st_mode);

	if (!what)
		return hint_output(e, path, is_folder);
	if (!is)
		return rec_err_suffix(e, "; name a file that holds %s, or - for stdin", what);
	if (is_folder)
		return rec_err_suffix(
			e, "; name a file that holds %s, or join those in it by rec-cat %s/*", what,
			path);
	return access(path, R_OK) != 0 ?
		       rec_err_suffix(e, "; see who may read it: ls -l %s", path) :
		       -1;
}
