#ifndef MODULES_HOST_RUN_H
#define MODULES_HOST_RUN_H

#include "modules/ipc/cell.h"

/*
 * Serves the server on the two pipes until STOP, the end of the stream, or an error. Returns the
 * process's exit status: 0 after STOP; IPC_EXIT_CLOSED when the server went away; 1 when a module
 * was refused or the server sent rubbish (the last frame is FAILED then).
 */
int host_run(struct ipc_cell *cell);

#endif
