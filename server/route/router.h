#ifndef SERVER_ROUTE_ROUTER_H
#define SERVER_ROUTE_ROUTER_H

#include "net/state/event.h"
#include "server/network.h"

/* The way of an event: facts, decision, module. Called with each event of a network, while the
 * state it is about still stands. False: its source is ignored, and nothing else may answer it. */
bool router_event(struct network *n, const struct irc_event *event);
/* A command that had to wait: decided anew, and run if it may. Nobody else sees the event. */
void router_command(struct network *n, const struct irc_event *event);

#endif
