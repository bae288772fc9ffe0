#ifndef MODULES_HOST_HOST_H
#define MODULES_HOST_HOST_H

#include "modules/host/context.h"
#include "modules/ipc/cell.h"

/* A host takes frames one after another; what it says to them waits in its wire's `out`. */

enum host_step {
    HOST_ON,
    HOST_STOPPED, /* after STOP */
    HOST_CLOSED,  /* the server went away */
    HOST_FAILED   /* the server sent rubbish, or a module was refused: FAILED was written */
};

/* Says HOST_HELLO. The cell is the caller's. */
void host_init(struct host *host, struct ipc_cell *cell);
/* After anything but HOST_ON no more frames may be given. */
enum host_step host_frame(struct host *host, const struct frame *f);
/* Writes FAILED. module: IPC_NO_MODULE for the host itself. */
enum host_step host_fail(struct host *host, uint16_t module, const char *why);
/* The modules stay open. */
void host_free(struct host *host);

#endif
