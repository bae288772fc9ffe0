#ifndef MODULES_HOST_TIMERS_H
#define MODULES_HOST_TIMERS_H

#include "modules/host/context.h"
#include "modules/ipc/codec.h"

/*
 * The calls behind timers. The time itself is kept by the server, which sends an event when one is
 * due, so that a call is acknowledged, has a deadline and can be blamed like any other event.
 */

/* The server's event for a timer: calls what was set. One that is unknown, since it was set in an
 * earlier process, is over. */
void timers_run(struct host *host, const struct ipc_event *e);
void timers_free(struct host *host);

#endif
