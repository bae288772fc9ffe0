#ifndef MODULES_HOST_LIFE_H
#define MODULES_HOST_LIFE_H

#include "modules/host/context.h"
#include "modules/ipc/codec.h"

/* The events of a module's life on a network: enabled and installed, disabled, removed,
 * config_changed. */

bool life_handles(const seshet_module *d, unsigned type);
/* type: one that it handles. */
void life_run(struct host *host, const struct host_module *m, const struct ipc_event *e);

/* What nobody has caused. */
extern const seshet_event life_nobody;

#endif
