#ifndef SERVER_FACTS_H
#define SERVER_FACTS_H

#include "registry/decide.h"
#include "server/network.h"
#include "server/supervise/module_decl.h"

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
/* Before each module's decision. module: NULL when there was never a file. */
void facts_module(struct decide_facts *facts, const struct module_decl *module);

#endif
