#ifndef SERVER_IDENTITIES_H
#define SERVER_IDENTITIES_H

#include <stdbool.h>

/*
 * The nicks of our own identities, over all networks: two of our connections may meet on one IRC
 * network, and must not take each other's words for commands. A place is the network's name as
 * RPL_ISUPPORT NETWORK gives it, or "host:port" where it gives none.
 */
struct identities;

struct identities *identities_new(void);
void identities_free(struct identities *ids);
/* Nicks are folded by the caller. The same one may be added more than once, and counts so. */
void identities_add(struct identities *ids, const char *place, const char *nick);
void identities_remove(struct identities *ids, const char *place, const char *nick);
bool identities_has(const struct identities *ids, const char *place, const char *nick);

#endif
