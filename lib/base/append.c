/* SPDX-License-Identifier: MIT */
#include "base/append.h"

#include <stdio.h>

size_t rec_append(char *to, size_t room, size_t at, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (at + 1 >= room) {
		to[room - 1] = '\0';
		return room - 1;
	}
	va_start(ap, fmt);
	n = vsnprintf(to + at, room - at, fmt, ap);
	va_end(ap);
	if (n < 0) {	/* the format cannot be printed: add nothing */
		to[at] = '\0';
		return at;
	}
	return (size_t)n < room - at ? at + (size_t)n : room - 1;
}
