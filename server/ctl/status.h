#ifndef SERVER_CTL_STATUS_H
#define SERVER_CTL_STATUS_H

#include <jansson.h>

#include "server/ctl/table.h"

/* Parts of the answers on how things are. */
void show_registry(const struct screen *screen, const json_t *registry);
void show_networks(const struct screen *screen, const json_t *networks);

#endif
