#ifndef SERVER_ADMIN_REPORT_H
#define SERVER_ADMIN_REPORT_H

#include "server/admin/admin.h"
#include "server/network.h"

/* Parts of the answers on how things are; new references. */
json_t *report_network(const struct network *n);
json_t *report_registry(const struct server *server);

#endif
