/* SPDX-License-Identifier: MIT */
#include "base/err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A message is one line, whatever bytes a label or a file name holds. */
static void make_one_line(struct rec_err *e, int wanted)
{
	size_t n = strlen(e->msg);

	if (wanted >= (int)sizeof e->msg)
		memcpy(e->msg + sizeof e->msg - 4, "...", 4);
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)e->msg[i] < 0x20 || e->msg[i] == 0x7f)
			e->msg[i] = '?';
}

static void fill(struct rec_err *e, enum rec_code code, const char *fmt, va_list ap)
{
	e->code = code;
	make_one_line(e, vsnprintf(e->msg, sizeof e->msg, fmt, ap));
}

int rec_err_set(struct rec_err *e, enum rec_code code, const char *fmt, ...)
{
	va_list ap;

	if (e->code != REC_OK)
		return -1;
	va_start(ap, fmt);
	fill(e, code, fmt, ap);
	va_end(ap);
	return -1;
}

static enum rec_code code_of(int errnum)
{
	switch (errnum) {
	case ENOMEM:
		return REC_ENOMEM;
	case ENOENT:
	case EACCES:
	case EISDIR:
	case ENOTDIR:
	case ELOOP:
	case ENAMETOOLONG:
	case EPERM:
	case EROFS:
	case ENXIO: return REC_EDATA;
	default:
		return REC_EIO;
	}
}

int rec_err_errno(struct rec_err *e, int errnum, const char *fmt, ...)
{
	char text[128];
	va_list ap;
	size_t n;

	if (e->code != REC_OK)
		return -1;
	va_start(ap, fmt);
	fill(e, code_of(errnum), fmt, ap);
	va_end(ap);
	if (strerror_r(errnum, text, sizeof text) != 0)
		snprintf(text, sizeof text, "error %d", errnum);
	n = strlen(e->msg);
	make_one_line(e, (int)n + snprintf(e->msg + n, sizeof e->msg - n, ": %s", text));
	return -1;
}

int rec_err_prefix(struct rec_err *e, const char *fmt, ...)
{
	char old[sizeof e->msg];
	va_list ap;
	size_t n;

	memcpy(old, e->msg, sizeof old);
	va_start(ap, fmt);
	fill(e, e->code, fmt, ap);
	va_end(ap);
	n = strlen(e->msg);
	make_one_line(e, (int)n + snprintf(e->msg + n, sizeof e->msg - n, "%s", old));
	return -1;
}

int rec_err_suffix(struct rec_err *e, const char *fmt, ...)
{
	size_t n = strlen(e->msg);
	va_list ap;

	va_start(ap, fmt);
	make_one_line(e, (int)n + vsnprintf(e->msg + n, sizeof e->msg - n, fmt, ap));
	va_end(ap);
	return -1;
}

const char *rec_version(void)
{
	return REC_VERSION;
}
