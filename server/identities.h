#ifndef SERVER_IDENTITIES_H
#define SERVER_IDENTITIES_H

#include <stdbool.h>

/*
 * The nicks of our own identities, over all networks: two of our connections may meet on one IRC
 * network, and must not take each other's words for commands. A place is the network's name as
 * RPL_ISUPPORT NETWORK gives it, or "host:port" where it gives none.
 */
struct identities;
struct identity_place;

struct identities *identities_new(void);
void identities_free(struct identities *ids);
/* Nicks are folded by the caller. The same one may be added more than once, and counts so. The
 * place is valid until the nick was removed from it. */
struct identity_place *identities_add(struct identities *ids, const char *place, const char *nick);
void identities_remove(struct identities *ids, struct identity_place *place, const char *nick);
bool identity_place_has(const struct identity_place *place, const char *nick);
/* More than one of us is there: otherwise whoever is not the one is none of us. */
bool identity_place_shared(const struct identity_place *place);

#endif
