#ifndef SERVER_MODULE_STORAGE_H
#define SERVER_MODULE_STORAGE_H

#include "modules/ipc/codec.h"
#include "registry/registry.h"
#include "server/module/storage_quota.h"
#include "server/supervise/supervisor.h"

/* Carries a module's storage call to Redis and the answer back; what would be over the quota is
 * refused. The ticket is answered exactly once. */
void module_storage_ask(struct registry *registry, struct storage_quota *quota,
                        const struct modhost_origin *from, const struct ipc_ask *ask,
                        struct ask_ticket *ticket);

#endif
