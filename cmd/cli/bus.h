/* SPDX-License-Identifier: MIT */
/* bus.h - the end where a mapped input lost its pages. */
#ifndef REC_CMD_CLI_BUS_H
#define REC_CMD_CLI_BUS_H

#include "base/maps.h"

extern struct rec_maps cli_maps;	/* of inputs and temporary files */

void cli_catch_bus(void);

#endif
