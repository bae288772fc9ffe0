#ifndef SERVER_REGISTRATION_H
#define SERVER_REGISTRATION_H

#include "registry/registry.h"
#include "server/supervise/module_decl.h"

struct server;

/* What was written of each module, as long as the server runs: a later version of it replaces that,
 * and nothing that somebody else has written. */
struct registration;

/* Puts the module, as it is now, into the registry. done gets the server. */
void registration_begin(struct server *server, const struct module_decl *module,
                        registry_done_fn *done);
void registrations_free(struct registration **all);

#endif
