#ifndef SERVER_MODULE_SAY_H
#define SERVER_MODULE_SAY_H

#include "server/supervise/supervisor.h"

/* A module says something, on a network that is there: unless it may not, it is sent. */
void module_say(const struct modhost_origin *from, const struct ipc_say *said);

#endif
