#ifndef SERVER_ROUTE_FLOOD_GUARD_H
#define SERVER_ROUTE_FLOOD_GUARD_H

#include "registry/flood.h"
#include "server/network.h"
#include "server/supervise/supervisor.h"

/*
 * What sources may make the bot do: counts uses, tells a source once in private when a limit is
 * reached, and ignores one that goes beyond flood.source of the main file, for flood.ignore. An
 * ignore is written to the registry, where it is seen and lifted; while Redis is away it is kept in
 * memory. A command is a use when it is called, any other event when a module first answers it.
 */
struct flood_guard;

struct flood_guard *flood_guard_new(struct server *server);
void flood_guard_free(struct flood_guard *guard); /* NULL is fine */
/* Takes over what server->conf says now. */
void flood_guard_configure(struct flood_guard *guard);
/* What a source may make the bot do, over all modules. */
struct rate flood_guard_source(const struct flood_guard *guard);

/* The event's source makes the bot do something. False: that was too much. It has been told, its
 * events are ignored from now on, and nothing is to be done. */
bool flood_guard_use(struct network *n, const struct irc_event *event);
/* A limit has refused the event's command: says so, once. */
void flood_guard_tell(struct network *n, const struct irc_event *event, const struct flood_use *use,
                      const struct flood_hit *hit);

/* The module was given an event, no command, under this number: its first answer is a use, unless a
 * limit was reached since by the answers to others, or the source's own goes beyond what it may:
 * then flood_guard_answered is false, and nothing of what it says to this event may go out. */
void flood_guard_expect(struct network *n, const struct irc_event *event,
                        const struct module_decl *module, uint64_t number,
                        const struct flood_use *use);
bool flood_guard_answered(struct network *n, const struct module_decl *module, uint64_t number);
/* The network goes: nothing is expected from it any more. */
void flood_guard_forget(struct network *n);

#endif
