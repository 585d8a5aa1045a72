/* SPDX-License-Identifier: MIT */
/*
 * crc.h - the CRC-32 of zlib and gzip, quicker where the CPU multiplies without
 * carries.
 */
#ifndef REC_RECMAT_CRC_H
#define REC_RECMAT_CRC_H

#include <stddef.h>
#include <stdint.h>

/* Of n bytes after those that gave crc (0 for none): zlib's crc32. */
uint32_t rec_crc32(uint32_t crc, const void *p, size_t n);

#endif
