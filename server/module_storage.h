#ifndef SERVER_MODULE_STORAGE_H
#define SERVER_MODULE_STORAGE_H

#include "modules/ipc/codec.h"
#include "registry/registry.h"
#include "server/supervise/supervisor.h"

/* Carries a module's storage call to Redis and the answer back. The ticket is answered exactly
 * once. */
void module_storage_ask(struct registry *registry, const struct modhost_origin *from,
                        const struct ipc_ask *ask, struct ask_ticket *ticket);

#endif
