#ifndef SERVER_MODULE_SESSION_SWEEP_H
#define SERVER_MODULE_SESSION_SWEEP_H

#include "server/server.h"

/*
 * What modules keep in memory goes some time after them: when their file or their registration has
 * been away for as long as a module host may be idle (an hour where that has no end), or at most
 * twice as long.
 */
struct session_sweep;

struct session_sweep *session_sweep_new(struct server *server);
void session_sweep_free(struct session_sweep *sweep); /* NULL is fine */
/* Waits anew, for as long as the configuration says now. */
void session_sweep_wait(struct session_sweep *sweep);

#endif
