/* SPDX-License-Identifier: MIT */
/* foreign_formats.h - the rows of the table in foreign.c: what each lib/io/foreign_NAME.c offers. */
#ifndef REC_IO_FOREIGN_FORMATS_H
#define REC_IO_FOREIGN_FORMATS_H

#include "io/foreign.h"

#define REC_FOREIGN_FORMATS

#endif
