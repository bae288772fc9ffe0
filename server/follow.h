#ifndef SERVER_FOLLOW_H
#define SERVER_FOLLOW_H

#include "server/server.h"

/*
 * Takes edits of the registry and of the module folders over on networks where nothing happens. An
 * event looks for itself (network_refresh); without one, module hosts that are not wanted any more
 * would run on.
 */
struct follow;

struct follow *follow_new(struct server *server);
void follow_free(struct follow *follow); /* NULL is fine */
/* Something was changed: every network is refreshed soon, a few in each turn of the loop. */
void follow_soon(struct follow *follow); /* NULL is fine */

#endif
