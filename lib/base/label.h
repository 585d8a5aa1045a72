/* SPDX-License-Identifier: MIT */
/*
 * base/label.h - the length limit of labels, and how much of a label a message
 * shows.
 */
#ifndef REC_BASE_LABEL_H
#define REC_BASE_LABEL_H

#include <stddef.h>

/*
 * Bytes of the longest label in any format. Messages print a label with a
 * length of type int, and recmat(5) has the same limit.
 */
enum { REC_LABEL_MAX = 0x7fffffff };
#define REC_LABEL_TOO_LONG "longer than 2 GiB"

/*
 * The arguments of "%.*s" for a label of n bytes at p, cut to REC_LABEL_CUT
 * bytes. A message has 512 bytes (recpipe/err.h); two labels of this length
 * leave enough of them to say what is wrong.
 */
enum { REC_LABEL_CUT = 100 };
#define REC_LABEL(p, n) rec_label_cut(n), (p)

static inline int rec_label_cut(size_t n)
{
	return n < REC_LABEL_CUT ? (int)n : (int)REC_LABEL_CUT;
}

#endif
