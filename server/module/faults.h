#ifndef SERVER_MODULE_FAULTS_H
#define SERVER_MODULE_FAULTS_H

#include <jansson.h>

#include "conf/conf.h"
#include "server/server.h"
#include "server/supervise/supervisor.h"

/* What people are told of modules that fail. */

/* What the main file says of them. */
struct supervisor_limits module_limits(const struct conf_main *conf);
/* A module gets no event on the network any more. Tells those who run the bot. */
void server_module_quarantined(struct server *server, const char *network, const char *module,
                               const char *why);
/* An array with an object for each network on which the module had a fault; NULL: all modules. */
json_t *module_faults(const struct server *server, const char *network, const char *module);

#endif
