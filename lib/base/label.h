/* SPDX-License-Identifier: MIT */
/* label.h - how long a label may be. */
#ifndef REC_BASE_LABEL_H
#define REC_BASE_LABEL_H

#include "base/lang.h"

REC_BEGIN_C

/*
 * Bytes of the longest label, in any form: messages print it with the length of
 * an int, recmat(5) holds no longer one.
 */
enum { REC_LABEL_MAX = 0x7fffffff };
#define REC_LABEL_TOO_LONG "longer than 2 GiB"

REC_END_C

#endif
