#ifndef SERVER_ROUTE_FACTS_H
#define SERVER_ROUTE_FACTS_H

#include "registry/decide.h"
#include "server/network.h"
#include "server/route/index.h"
#include "server/supervise/supervisor.h"

/*
 * What decisions on a network are made from, besides the event: one maker for whoever asks, so that
 * the router and "module why" cannot differ.
 */

/* Whether the nick is one of our own identities, this network's (is_me) or that of another one of
 * the same IRC network. */
bool facts_is_ours(const struct network *n, const char *nick, bool is_me);
/* What is known of the network and of who asks. limited: a source that limits are for, no server
 * and none of us. */
void facts_begin(struct decide_facts *facts, const struct network *n, bool ours, bool limited);
/* Before each module's decision. module: NULL when there was never a file. host: where it runs
 * (command_index_host); NULL: the network is not known there. */
void facts_module(struct decide_facts *facts, const struct modhost *host,
                  const struct module_decl *module);
struct address;
/* Whether somebody who says that calls, or means to call, a command of the bot's own whose
 * arguments hold a password: no module gets to see it. The network's view is that of now
 * (network_refresh). */
bool facts_secret(const struct network *n, const struct address *said);
/* EVENT_BITs of what the module's file handles. */
uint32_t facts_handles(const struct module_decl *module);

#endif
