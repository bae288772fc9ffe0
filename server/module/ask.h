#ifndef SERVER_MODULE_ASK_H
#define SERVER_MODULE_ASK_H

#include "modules/ipc/codec.h"
#include "server/server.h"
#include "server/supervise/supervisor.h"

/* Answers what a module asks: its storage, its session, its network's channels, its own definition.
 * The ticket is answered exactly once, now or later. */
void module_ask(struct server *server, const struct modhost_origin *from, const struct ipc_ask *ask,
                struct ask_ticket *ticket);

#endif
