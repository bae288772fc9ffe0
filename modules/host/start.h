#ifndef MODULES_HOST_START_H
#define MODULES_HOST_START_H

#include "modules/ipc/cell.h"

/* What the process does to itself before any module's code can run. Aborts on failure. */
void start_process(void);

/* Maps the shared page of IPC_FD_CELL. NULL when there is none. */
struct ipc_cell *start_cell(void);

#endif
