/* SPDX-License-Identifier: MIT */
/*
 * lang.h - what lets a C++ program read these headers.
 *
 * Declarations stand between REC_BEGIN_C and REC_END_C. REC_ATOMIC names an
 * atomic type: std::atomic has the size and the form of C's, with the
 * compilers that build this library.
 */
#ifndef REC_BASE_LANG_H
#define REC_BASE_LANG_H

#include "recpipe/err.h"

#ifdef __cplusplus

#include <atomic>

#define REC_ATOMIC(type) std::atomic<type>

/* What inline functions here call. */
using std::atomic_fetch_add_explicit;
using std::memory_order_relaxed;

#else

#include <stdatomic.h>

#define REC_ATOMIC(type) _Atomic(type)

#endif

#endif
