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

#ifdef __cplusplus

#include <atomic>

#define REC_BEGIN_C extern "C" {
#define REC_END_C }
#define REC_ATOMIC(type) std::atomic<type>

/* What inline functions here call. */
using std::atomic_fetch_add_explicit;
using std::memory_order_relaxed;

#else

#include <stdatomic.h>

#define REC_BEGIN_C
#define REC_END_C
#define REC_ATOMIC(type) _Atomic(type)

#endif

#endif
