#ifndef SERVER_AUTH_OWNERS_H
#define SERVER_AUTH_OWNERS_H

#include "server/network.h"

/* Tells the owners who are there: those who share a channel with the bot on the network and have
 * `owner` on it now. At most eight of them, found among the first few thousand members. */
void owners_tell(struct network *n, const char *text);

#endif
