#ifndef SERVER_CORE_MEMORY_H
#define SERVER_CORE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/proto/message.h"
#include "server/network.h"

/*
 * What the core commands remember of one network for a while: the rest of long answers, and who
 * waits for what a server says to a request of his. All of it is small and bounded.
 */
struct core_memory;
struct core_later;

void core_memory_free(struct core_memory *memory); /* NULL is fine */

struct core_who {
    const char *nick;
    const char *user;
    const char *host;
};
/* Keeps the text for that person, instead of what was kept for his nick before. */
void core_memory_keep(struct network *n, const struct core_who *who, const char *text, size_t len);
/* What was kept for the person, which the caller frees; NULL: nothing. The nick alone is not
 * enough: somebody else may have it by now. */
char *core_memory_take(struct network *n, const struct core_who *who);
/* Who had the nick has left it. */
void core_memory_forget(struct network *n, const char *nick);

/* A request about the channel was sent: a refusal within half a minute is the answer to `later`,
 * which is taken over. about: the nick or mask it concerns, or "". */
void core_memory_ask(struct network *n, const char *channel, const char *about,
                     struct core_later *later);
/* A numeric of the server, which may be a refusal. */
void core_memory_numeric(struct network *n, const struct irc_msg *msg);

#endif
