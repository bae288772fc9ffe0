#ifndef SERVER_CORE_MEMORY_H
#define SERVER_CORE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/proto/message.h"
#include "server/network.h"

/*
 * What the core commands remember of one network for a while: who waits for what a server says to
 * a request of his. It is small and bounded.
 */
struct core_memory;
struct core_later;

void core_memory_free(struct core_memory *memory); /* NULL is fine */

/* A request about the channel was sent: a refusal within half a minute is the answer to `later`,
 * which is taken over. about: the nick or mask it concerns, or "". */
void core_memory_ask(struct network *n, const char *channel, const char *about,
                     struct core_later *later);
/* A numeric of the server, which may be a refusal. */
void core_memory_numeric(struct network *n, const struct irc_msg *msg);

#endif
