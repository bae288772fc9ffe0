#ifndef SERVER_AUTH_OWNERS_H
#define SERVER_AUTH_OWNERS_H

#include "registry/accounts.h"
#include "server/network.h"

/* Tells the owners who are there: those who share a channel with the bot on the network and have
 * `owner` on it now. At most eight of them, found among the first few thousand members. */
typedef void owner_fn(void *arg, const struct account *account);
/* told: one call for each of them. */
void owners_tell(struct network *n, const char *text, owner_fn *told, void *arg);
/* Tells one. */
void owner_tell(struct network *n, const char *nick, const char *text);

#endif
